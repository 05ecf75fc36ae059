//! Step 2: Verify (A94–A106): prove by one of the methods that the domain is yours, then ask and wait for the
//! issuance.

mod evidence;

use futures::future::join_all;
use jiff::SignedDuration;

use super::chosen::{app_field, order_refusal};
use super::target::{app_id, order_id, subscription_id};
use super::{
    Again, Case, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Seen, Step, StepId,
    StepStatus, Subject, row,
};
use evidence::evidence;

use crate::azure::{AzureError, Client, domains, exposure, orders, sites};
use crate::health::dns;
use crate::model::{App, DomainName, Estate, Hostname, Order, OrderStatus, Problem, ProductType, ResourceId};
use crate::rules::Period;

const METHODS: &[(&str, &str, &str)] = &[
    (
        "app-service",
        "App Service",
        "The domain is mapped to an app of the same subscription: nothing to do in DNS. Leaves www out.",
    ),
    ("domain", "Domain", "The domain was bought from Azure: Azure adds the TXT record for you. Keeps www."),
    ("mail", "Mail", "An e-mail to the domain's administrator asks for approval. Keeps www."),
    (
        "manual-txt",
        "Manual: DNS TXT record",
        "You add a TXT record with the token at the root of the domain.",
    ),
    (
        "manual-html",
        "Manual: HTML page",
        "You publish the token as a page. Standard certificates only; not with HTTPS Only. Leaves www out.",
    ),
];

/// Issuance takes 1 to 10 minutes; asking again earlier than this gains nothing.
const PATIENCE: SignedDuration = SignedDuration::from_mins(3);
const POLL: SignedDuration = SignedDuration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VerifyMethod {
    AppService,
    Domain,
    Mail,
    ManualTxt,
    ManualHtml,
}

impl VerifyMethod {
    /// Whether the certificate authority fetches a page from the app. A page shows who runs one host, so it
    /// cannot stand for a wildcard (A101; CA/Browser Forum ballot SC-45).
    fn is_by_page(self) -> bool {
        matches!(self, Self::AppService | Self::ManualHtml)
    }
}

fn method(inputs: &Inputs) -> Option<VerifyMethod> {
    Some(match inputs.get(Key::Method)? {
        "app-service" => VerifyMethod::AppService,
        "domain" => VerifyMethod::Domain,
        "mail" => VerifyMethod::Mail,
        "manual-txt" => VerifyMethod::ManualTxt,
        "manual-html" => VerifyMethod::ManualHtml,
        _ => return None,
    })
}

pub(super) static FLOW: Flow = Flow {
    name: "verify",
    title: "Step 2: Verify",
    summary: "Prove that the domain is yours, so that the certificate authority issues the certificate.",
    done: "Certificate is Domain Verified.",
    pages: FlowName::OF_AN_ORDER,
    about: Subject::Order,
    leaves: Subject::Order,
    changes: "Puts the verification token on the app or domain, or asks for mails, and asks the certificate authority to look.",
    permissions: &[
        "Microsoft.CertificateRegistration/certificateOrders/verifyDomainOwnership/action",
        "Microsoft.CertificateRegistration/certificateOrders/resendRequestEmails/action",
        "Microsoft.Web/sites/domainOwnershipIdentifiers/write",
        "Microsoft.DomainRegistration/domains/domainOwnershipIdentifiers/write",
    ],
    checklist: &["A94-A106"],
    command: Some(FlowCommand::changing("verify", "", "Step 2: Verify that the domain is yours.")),
    fits: row::of_an_order,
    keys: "3, w",
    fields: |_, inputs| fields(inputs),
    suggest,
    refusals: |observed, inputs, _, _| refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

impl StepId {
    pub const EVIDENCE: Self = Self("evidence");
    pub const ASK_VERIFICATION: Self = Self("ask-verification");
    pub const ISSUED: Self = Self("issued");
}

pub(super) fn fields(inputs: &Inputs) -> Vec<Field> {
    let mut fields = vec![Field::new(
        Key::Method,
        "Verification method",
        "How you show the certificate authority that the domain is yours.",
        FieldKind::Choice(METHODS),
    )];
    if method(inputs) == Some(VerifyMethod::AppService) {
        fields.push(app_field("The app that has the domain mapped; it will answer for the token."));
    }
    fields
}

pub(super) fn suggest(estate: &Estate, inputs: &mut Inputs) {
    let Some(order) = order_id(inputs).and_then(|id| estate.order(&id)) else { return };
    let mapped = estate.apps.iter().filter(|_| !is_wildcard(order)).find(|app| {
        app.id.subscription_id().eq_ignore_ascii_case(order.id.subscription_id())
            && app.hostnames.iter().any(|host| host.as_str() == order.domain)
    });
    match mapped {
        Some(app) => {
            inputs.suggest(Key::Method, "app-service");
            inputs.suggest(Key::App, app.id.as_str());
        }
        None => inputs.suggest(Key::Method, "manual-txt"),
    }
}

pub(super) fn refusals(observed: &Observed, inputs: &Inputs) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> = order_refusal(observed, inputs).into_iter().collect();
    let mut refuse = |key, why: String| refusals.push((key, why));
    let Some(order) = observed.order.here() else { return refusals };
    if order.status == OrderStatus::Issued {
        return refusals;
    }
    match method(inputs) {
        None => refuse(Key::Method, "choose how to verify the domain".to_owned()),
        Some(by_page) if by_page.is_by_page() && is_wildcard(order) => {
            let what = if by_page == VerifyMethod::AppService {
                "App Service verification shows a page"
            } else {
                "it is a page"
            };
            refuse(
                Key::Method,
                format!("{what}, and a page cannot prove a wildcard: use manual-txt, domain or mail"),
            );
        }
        Some(VerifyMethod::AppService) => match &observed.mapped_on {
            Seen::Here(apps) if apps.is_empty() => {
                let why = format!(
                    "no app in this subscription has {} mapped: map it first, or choose another method",
                    bare(order)
                );
                refuse(Key::Method, why);
            }
            Seen::Here(apps) => {
                if let Some(app) = app_id(inputs)
                    && !apps.iter().any(|mapped| mapped.id == app)
                {
                    let names: Vec<String> = apps.iter().map(App::label).collect();
                    refuse(
                        Key::App,
                        format!("{} is mapped to {}, not to this app", bare(order), names.join(", ")),
                    );
                }
            }
            Seen::NotAsked | Seen::Absent => {}
        },
        Some(VerifyMethod::Domain) if observed.domain.is_absent() => {
            let why = format!(
                "{} is no App Service Domain of this subscription: choose another method",
                root(order)
            );
            refuse(Key::Method, why);
        }
        Some(_) => {}
    }
    refusals
}

fn is_wildcard(order: &Order) -> bool {
    order.product == Some(ProductType::Wildcard) || order.domain.starts_with("*.")
}

/// Whether a proof may be asked for: the certificate authority has not issued what was ordered, renewed or
/// rekeyed.
pub(super) fn is_pending(order: &Order) -> bool {
    matches!(order.status, OrderStatus::PendingIssuance | OrderStatus::PendingRekey)
}

/// The domain that has to be shown to be ours, without a wildcard label.
fn bare(order: &Order) -> &str {
    order.domain.trim_start_matches("*.")
}

/// The hostname that an app must have mapped to answer for the order (A97).
fn mapped_name(order: &Order) -> Option<Hostname> {
    Hostname::parse(bare(order)).ok()
}

/// Where a token is placed, even for a subdomain (C23).
fn root(order: &Order) -> String {
    Hostname::parse(&order.domain)
        .map_or_else(|_| order.domain.clone(), |host| DomainName(host).root().to_owned())
}

/// Every name at which a token may be seen, the root first.
fn places(order: &Order) -> Vec<String> {
    let of = |host| DomainName(host).ancestors().into_iter().map(str::to_owned).collect();
    Hostname::parse(&order.domain).map_or_else(|_| vec![order.domain.clone()], of)
}

/// A look that the roles may keep back.
const FIND_APPS: &str = "Find the apps that have the domain";

pub(super) async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(id) = order_id(inputs) else { return Ok(seen) };
    seen.order = orders::get(client, &id).await?.into();
    let (Some(order), Some(subscription)) = (seen.order.here().cloned(), subscription_id(inputs)) else {
        return Ok(seen);
    };
    if !is_pending(&order) {
        return Ok(seen);
    }
    match method(inputs) {
        Some(VerifyMethod::AppService) => {
            let apps = find_mapped(client, &subscription, &order).await;
            let apps = seen.spare(FIND_APPS, apps)?;
            let first = || apps.as_ref().and_then(|apps| apps.first()).map(|app| app.id.clone());
            if let Some(app) = app_id(inputs).or_else(first) {
                let token = sites::claim_token(client, &app, id.name());
                let (token, exposure) = futures::try_join!(token, exposure::get(client, &app))?;
                (seen.ownership_token, seen.exposure) = (token.into(), Seen::Here(exposure));
            }
            seen.mapped_on = apps.map_or(Seen::NotAsked, Seen::Here);
        }
        Some(VerifyMethod::Domain) => {
            let found = domains::find(client, &subscription, &root(&order)).await;
            seen.domain =
                seen.spare("Find the App Service Domain", found)?.map_or(Seen::NotAsked, Seen::from);
            if let Some(domain) = seen.domain.here() {
                seen.ownership_token = domains::claim_token(client, domain, id.name()).await?.into();
            }
        }
        Some(VerifyMethod::Mail) => {
            let mails = orders::mails(client, &id, order.last_issued).await;
            seen.mails = seen.spare("Read which mails were sent", mails)?.map_or(Seen::NotAsked, Seen::Here);
        }
        Some(VerifyMethod::ManualTxt) => {
            let places = places(&order);
            let texts = join_all(places.iter().map(|place| dns::txt(client.cloud(), place))).await;
            let seen_at = |(place, texts): (String, Seen<Vec<String>>)| Some((place, texts.here()?.clone()));
            let found: Vec<_> = places.into_iter().zip(texts).filter_map(seen_at).collect();
            seen.txt = if found.is_empty() { Seen::Absent } else { Seen::Here(found) };
        }
        Some(VerifyMethod::ManualHtml) => {
            let apps = find_mapped(client, &subscription, &order).await;
            let apps = seen.spare(FIND_APPS, apps)?;
            if let Some(app) = apps.as_ref().and_then(|apps| apps.first()) {
                seen.exposure = Seen::Here(exposure::get(client, &app.id).await?);
            }
            seen.mapped_on = apps.map_or(Seen::NotAsked, Seen::Here);
        }
        None => {}
    }
    Ok(seen)
}

async fn find_mapped(
    client: &Client,
    subscription: &ResourceId,
    order: &Order,
) -> Result<Vec<App>, AzureError> {
    match mapped_name(order) {
        Some(name) => sites::find_mapped(client, subscription, &name).await,
        None => Ok(Vec::new()),
    }
}

pub(super) fn steps(case: &Case<'_>) -> Vec<Step> {
    let evidence_title = match method(case.inputs) {
        Some(VerifyMethod::AppService) => "Let the app prove the domain",
        Some(VerifyMethod::Domain) => "Let Azure add the TXT record",
        Some(VerifyMethod::Mail) => "Send the verification mail",
        Some(VerifyMethod::ManualTxt) => "Add the TXT record",
        Some(VerifyMethod::ManualHtml) => "Publish the HTML page",
        None => "Choose a method",
    };
    let order = case.observed.order.here();
    let over = order.map(|order| match &order.status {
        OrderStatus::Issued => Some(StepStatus::Done("Certificate is Domain Verified".to_owned())),
        status if status.is_over() => Some(StepStatus::Blocked(
            Problem::new(format!("Verify the order {}", order.id.name()), format!("its status is '{status}'"))
                .remedy("buy a new certificate; an order that was not verified in time cannot be revived and is not charged"),
        )),
        _ => None,
    });
    if let Some(Some(status)) = over {
        return [
            (StepId::EVIDENCE, evidence_title),
            (StepId::ASK_VERIFICATION, "Request verification"),
            (StepId::ISSUED, "Wait for the certificate"),
        ]
        .into_iter()
        .map(|(id, title)| Step::new(id, title, status.clone()))
        .map(|step| match order.filter(|_| step.id == StepId::ISSUED) {
            Some(order) => with_issued_names(step, order),
            None => step,
        })
        .collect();
    }
    let (Some(order), None) = (order, case.needs(&[Key::Order, Key::Method, Key::App])) else {
        let status = case
            .needs_any()
            .unwrap_or(StepStatus::NeedsInput { key: Key::Order, why: "choose the order".to_owned() });
        return vec![
            Step::new(StepId::EVIDENCE, evidence_title, status.clone()),
            Step::new(StepId::ASK_VERIFICATION, "Request verification", status.clone()),
            Step::new(StepId::ISSUED, "Wait for the certificate", status),
        ];
    };
    vec![evidence(case, order, evidence_title), ask(case, order), issued(case, order)]
}

/// What was really issued may be less than what was asked for: `www` falls away with some methods (A105).
pub(super) fn with_issued_names(step: Step, order: &Order) -> Step {
    if order.names.is_empty() {
        return step;
    }
    let wanted =
        Hostname::parse(&order.domain).map(|host| DomainName(host).secured_names()).unwrap_or_default();
    let lost: Vec<String> = wanted.into_iter().filter(|name| !order.names.contains(name)).collect();
    let step = step.fact("Secures", order.names.join(", "));
    if lost.is_empty() {
        step
    } else {
        step.fact("Left out", format!("{}: the verification method does not cover it", lost.join(", ")))
    }
}

fn ask(case: &Case<'_>, order: &Order) -> Step {
    let step = |status| {
        Step::new(StepId::ASK_VERIFICATION, "Request verification", status)
            .explained(
                "Asks the certificate authority to look for the proof now. The answer shows in the order after some minutes.",
            )
            .settles_within(PATIENCE)
            .again(Again::Helps)
    };
    if method(case.inputs) == Some(VerifyMethod::Mail) {
        return step(StepStatus::NotNeeded("following the link in the mail asks for it".to_owned()));
    }
    step(StepStatus::Ready).sending(vec![orders::verify(&order.id)])
}

fn issued(case: &Case<'_>, order: &Order) -> Step {
    let deadline = case.rules.span(Period::OrderVerificationDeadline, case.now);
    let longest = case.rules.span(Period::OrderIssuance, case.now);
    Step::new(
        StepId::ISSUED,
        "Wait for the certificate",
        StepStatus::Waiting {
            on: format!("the certificate authority (status {})", order.status),
            since: None,
            next_poll: POLL,
        },
    )
    .explained(format!(
        "Usually within {longest}. An order that is not verified within {deadline} is denied and not charged."
    ))
}

#[cfg(test)]
mod tests;
