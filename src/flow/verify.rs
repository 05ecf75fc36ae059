//! Step 2: Verify (A94–A106): prove by one of the methods that the domain is yours, then ask and wait for the issuance.

use jiff::SignedDuration;

use super::chosen::{app_field, order_refusal};
use super::target::{app_id, order_id, subscription_id};
use super::{Case, Field, FieldKind, Flow, FlowName, Inputs, Key, Observed, Seen, Step, StepId, StepStatus, Subject};
use crate::azure::{AzureError, Client, domains, orders, sites};
use crate::health::dns;
use crate::model::{App, DomainName, Estate, Hostname, Order, OrderStatus, Problem, ProductType, ResourceId};
use crate::rules::{Names, Period};

const METHODS: &[(&str, &str, &str)] = &[
    (
        "app-service",
        "App Service",
        "The domain is mapped to an app of the same subscription: nothing to do in DNS. Leaves www out.",
    ),
    ("domain", "Domain", "The domain was bought from Azure: Azure adds the TXT record for you. Keeps www."),
    ("mail", "Mail", "An e-mail to the domain's administrator asks for approval. Keeps www."),
    ("manual-txt", "Manual: DNS TXT record", "You add a TXT record with the token at the root of the domain."),
    (
        "manual-html",
        "Manual: HTML page",
        "You publish the token as a page. Standard certificates only; not with HTTPS Only. Leaves www out.",
    ),
];

/// The addresses that a verification mail may go to (C24).
const MAILBOXES: &str = "admin@, administrator@, hostmaster@, postmaster@ and webmaster@";

/// Issuance takes 1 to 10 minutes (API.md 5.7); asking again earlier than this gains nothing.
const PATIENCE: SignedDuration = SignedDuration::from_mins(3);
const POLL: SignedDuration = SignedDuration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    AppService,
    Domain,
    Mail,
    ManualTxt,
    ManualHtml,
}

fn method(inputs: &Inputs) -> Option<Method> {
    Some(match inputs.get(Key::Method)? {
        "app-service" => Method::AppService,
        "domain" => Method::Domain,
        "mail" => Method::Mail,
        "manual-txt" => Method::ManualTxt,
        "manual-html" => Method::ManualHtml,
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
    keys: "3, w",
    fields: |_, inputs| fields(inputs),
    suggest,
    refusals: |observed, inputs, _, _| refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

pub(super) fn fields(inputs: &Inputs) -> Vec<Field> {
    let mut fields = vec![Field {
        key: Key::Method,
        label: "Verification method",
        help: "How you show the certificate authority that the domain is yours.",
        kind: FieldKind::Choice(METHODS),
    }];
    if method(inputs) == Some(Method::AppService) {
        fields.push(app_field("The app that has the domain mapped; it will answer for the token."));
    }
    fields
}

pub(super) fn suggest(estate: &Estate, inputs: &mut Inputs) {
    let Some(order) = order_id(inputs).and_then(|id| estate.order(&id)) else { return };
    let mapped = estate.apps.iter().find(|app| {
        app.id.subscription_id().eq_ignore_ascii_case(order.id.subscription_id())
            && app.hostnames.iter().any(|host| host.as_str() == order.domain.trim_start_matches("*."))
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
        Some(Method::AppService) => match &observed.mapped_on {
            Seen::Here(apps) if apps.is_empty() => {
                let why = format!("no app in this subscription has {} mapped: map it first, or choose another method", bare(order));
                refuse(Key::Method, why);
            }
            Seen::Here(apps) => {
                if let Some(app) = app_id(inputs)
                    && !apps.iter().any(|mapped| mapped.id == app)
                {
                    let names: Vec<String> = apps.iter().map(App::label).collect();
                    refuse(Key::App, format!("{} is mapped to {}, not to this app", bare(order), names.join(", ")));
                }
            }
            Seen::NotAsked | Seen::Absent => {}
        },
        Some(Method::Domain) if observed.domain.is_absent() => {
            let why = format!("{} is no App Service Domain of this subscription: choose another method", root(order));
            refuse(Key::Method, why);
        }
        Some(Method::ManualHtml) if order.product == Some(ProductType::Wildcard) => {
            refuse(Key::Method, "the HTML page works for standard certificates only: use the TXT record".to_owned());
        }
        Some(_) => {}
    }
    refusals
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
    Hostname::parse(&order.domain).map_or_else(|_| order.domain.clone(), |host| DomainName(host).root())
}

pub(super) async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(id) = order_id(inputs) else { return Ok(seen) };
    seen.order = orders::get(client, &id).await?.into();
    let (Some(order), Some(subscription)) = (seen.order.here().cloned(), subscription_id(inputs)) else { return Ok(seen) };
    if order.status != OrderStatus::PendingIssuance {
        return Ok(seen);
    }
    match method(inputs) {
        Some(Method::AppService) => {
            let apps = find_mapped(client, &subscription, &order).await;
            let apps = seen.spare("Find the apps that have the domain", apps)?;
            let first = || apps.as_ref().and_then(|apps| apps.first()).map(|app| app.id.clone());
            if let Some(app) = app_id(inputs).or_else(first) {
                seen.ownership_token = sites::claim_token(client, &app, id.name()).await?.into();
            }
            seen.mapped_on = apps.map_or(Seen::NotAsked, Seen::Here);
        }
        Some(Method::Domain) => {
            let found = domains::find(client, &subscription, &root(&order)).await;
            seen.domain = seen.spare("Find the App Service Domain", found)?.map_or(Seen::NotAsked, Seen::from);
            if let Some(domain) = seen.domain.here() {
                seen.ownership_token = domains::claim_token(client, domain, id.name()).await?.into();
            }
        }
        Some(Method::Mail) => {
            let mails = orders::mails(client, &id, order.last_issued).await;
            seen.mails = seen.spare("Read which mails were sent", mails)?.map_or(Seen::NotAsked, Seen::Here);
        }
        Some(Method::ManualTxt) => seen.txt = dns::txt(client.cloud(), &root(&order)).await,
        Some(Method::ManualHtml) => {
            let apps = find_mapped(client, &subscription, &order).await;
            seen.mapped_on = seen.spare("Find the apps that have the domain", apps)?.map_or(Seen::NotAsked, Seen::Here);
        }
        None => {}
    }
    Ok(seen)
}

async fn find_mapped(client: &Client, subscription: &ResourceId, order: &Order) -> Result<Vec<App>, AzureError> {
    match mapped_name(order) {
        Some(name) => sites::find_mapped(client, subscription, &name).await,
        None => Ok(Vec::new()),
    }
}

pub(super) fn steps(case: &Case<'_>) -> Vec<Step> {
    let evidence_title = match method(case.inputs) {
        Some(Method::AppService) => "Let the app answer for the domain",
        Some(Method::Domain) => "Let Azure add the TXT record",
        Some(Method::Mail) => "Send the verification mail",
        Some(Method::ManualTxt) => "Add the TXT record",
        Some(Method::ManualHtml) => "Publish the HTML page",
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
            (StepId::Evidence, evidence_title),
            (StepId::AskVerification, "Ask for verification"),
            (StepId::Issued, "Wait for the certificate"),
        ]
        .into_iter()
        .map(|(id, title)| Step::new(id, title, status.clone()))
        .map(|step| match order.filter(|_| step.id == StepId::Issued) {
            Some(order) => with_issued_names(step, order),
            None => step,
        })
        .collect();
    }
    let (Some(order), None) = (order, case.needs(&[Key::Order, Key::Method, Key::App])) else {
        let status = case.needs_any().unwrap_or(StepStatus::NeedsInput { key: Key::Order, why: "choose the order".to_owned() });
        return vec![
            Step::new(StepId::Evidence, evidence_title, status.clone()),
            Step::new(StepId::AskVerification, "Ask for verification", status.clone()),
            Step::new(StepId::Issued, "Wait for the certificate", status),
        ];
    };
    vec![evidence(case, order, evidence_title), ask(case, order), issued(case, order)]
}

/// What was really issued may be less than what was asked for: `www` falls away with some methods (A105).
pub(super) fn with_issued_names(step: Step, order: &Order) -> Step {
    if order.names.is_empty() {
        return step;
    }
    let wanted = Hostname::parse(&order.domain).map(|host| DomainName(host).secured_names()).unwrap_or_default();
    let lost: Vec<String> = wanted.into_iter().filter(|name| !order.names.contains(name)).collect();
    let step = step.fact("Secures", order.names.join(", "));
    if lost.is_empty() {
        step
    } else {
        step.fact("Left out", format!("{}: the verification method does not cover it", lost.join(", ")))
    }
}

fn evidence(case: &Case<'_>, order: &Order, title: &str) -> Step {
    let step = |status| Step::new(StepId::Evidence, title, status);
    let name = order.id.name();
    let Some(token) = order.token.as_deref() else {
        return step(StepStatus::Waiting { on: "the verification token of the order".to_owned(), since: None, next_poll: POLL });
    };
    let placed = case.observed.ownership_token.here().is_some_and(|placed| placed == token);
    let without_www = www_warning(case, order);
    let step = match method(case.inputs) {
        Some(Method::AppService) => {
            let app = app_id(case.inputs).or_else(|| case.observed.mapped_on.here()?.first().map(|app| app.id.clone()));
            let status = if placed { StepStatus::Done("the app answers with the token".to_owned()) } else { StepStatus::Ready };
            let requests = app.map(|app| sites::claim(&app, name, token)).into_iter().collect();
            step(status)
                .explained(
                    "The domain is mapped to an app of the same subscription, so it is known to be yours: the app shows the token.",
                )
                .sending(if placed { Vec::new() } else { requests })
        }
        Some(Method::Domain) => {
            let status = if placed { StepStatus::Done("Azure added the TXT record".to_owned()) } else { StepStatus::Ready };
            let requests = case.observed.domain.here().map(|domain| domains::claim(domain, name, token)).into_iter().collect();
            step(status).explained("Azure writes the TXT record into the zone of your App Service Domain.").sending(if placed {
                Vec::new()
            } else {
                requests
            })
        }
        Some(Method::Mail) => mail(case, order, step),
        Some(Method::ManualTxt) => txt(case, order, token, step),
        Some(Method::ManualHtml) => html(case, order, token, step),
        None => step(StepStatus::NeedsInput { key: Key::Method, why: "choose how to verify the domain".to_owned() }),
    };
    match without_www {
        Some(warning) => step.fact("Note", warning),
        None => step,
    }
}

/// Certificate authorities give the proof by mail up (C47): until then it works, and says so.
fn mail(case: &Case<'_>, order: &Order, step: impl Fn(StepStatus) -> Step) -> Step {
    let reference = case.rules.reference(Names::OrderMethodsEnded, case.now);
    if case.rules.lists(Names::OrderMethodsEnded, case.now, "mail") {
        let why = "certificate authorities take no mail for a proof any more";
        let problem = Problem::new(format!("Verify {}", order.domain), why).remedy("choose another method").code(reference);
        return step(StepStatus::Blocked(problem));
    }
    let sent = case.observed.mails.here().and_then(|mails| mails.last());
    let resend = orders::resend_mail(&order.id, &root(order));
    let step = match sent {
        Some(address) => step(StepStatus::Done(format!("a mail was sent to {address}; its link has to be followed"))),
        None => step(StepStatus::Ready).sending(vec![resend]),
    };
    let step = step.explained(format!(
        "The domain's administrator gets a mail with a link to approve. The usual addresses are {MAILBOXES} the domain."
    ));
    match case.rules.listed_from(Names::OrderMethodsEnded, "mail") {
        Some(day) => step.fact("Until", format!("{day}: from then on certificate authorities take no mail for a proof")),
        None => step,
    }
}

fn txt(case: &Case<'_>, order: &Order, token: &str, step: impl Fn(StepStatus) -> Step) -> Step {
    let root = root(order);
    let status = match &case.observed.txt {
        Seen::Here(records) if records.iter().any(|record| record == token) => {
            StepStatus::Done(format!("the record is visible at {root}"))
        }
        Seen::Here(_) | Seen::NotAsked => {
            StepStatus::Waiting { on: format!("the TXT record at {root}"), since: None, next_poll: POLL }
        }
        Seen::Absent => StepStatus::NotNeeded("DNS cannot be looked up from here; the service looks for itself".to_owned()),
    };
    step(status)
        .explained("Add this record where the domain's DNS is managed, at the root (@), even for a subdomain. certdeck sees when it is there.")
        .fact("Domain", root.as_str())
        .fact("Record name", "@")
        .fact("Record type", "TXT")
        .fact("Record value", token)
}

fn html(case: &Case<'_>, order: &Order, token: &str, step: impl Fn(StepStatus) -> Step) -> Step {
    let https_only = case.observed.mapped_on.here().and_then(|apps| apps.iter().find(|app| app.https_only));
    let status = match https_only {
        Some(app) => StepStatus::Blocked(
            Problem::new(
                format!("Verify {} by an HTML page", bare(order)),
                format!("the app {} has HTTPS Only on, so the page cannot be fetched over plain HTTP", app.label()),
            )
            .remedy("switch HTTPS Only off for the time of the verification, or choose another method")
            .code("A103"),
        ),
        None => StepStatus::NotNeeded("certdeck cannot see the page; the certificate authority looks for it".to_owned()),
    };
    step(status)
        .explained("Publish a page whose only content is the token, over plain HTTP and without a redirect.")
        .fact("Page", format!("http://{}/.well-known/pki-validation/starfield.html", bare(order)))
        .fact("Content", token)
}

/// From December 2021 some methods cost the `www` name (A105, A106).
fn www_warning(case: &Case<'_>, order: &Order) -> Option<String> {
    let domain = DomainName(Hostname::parse(&order.domain).ok()?);
    let affected = case.rules.lists(Names::OrderMethodsWithoutWww, case.now, case.inputs.get(Key::Method)?);
    let mail_ended = case.rules.lists(Names::OrderMethodsEnded, case.now, "mail");
    let kept = if mail_ended { "Domain keeps it" } else { "Domain and Mail keep it" };
    (affected && order.product == Some(ProductType::Standard) && domain.is_naked())
        .then(|| format!("this method leaves www.{} out of the certificate; {kept} (A105)", domain.0))
}

fn ask(case: &Case<'_>, order: &Order) -> Step {
    let step = |status| {
        Step::new(StepId::AskVerification, "Ask for verification", status)
            .explained(
                "Asks the certificate authority to look for the proof now. The answer shows in the order after some minutes.",
            )
            .settles_within(PATIENCE)
    };
    if method(case.inputs) == Some(Method::Mail) {
        return step(StepStatus::NotNeeded("following the link in the mail asks for it".to_owned()));
    }
    step(StepStatus::Ready).sending(vec![orders::verify(&order.id)])
}

fn issued(case: &Case<'_>, order: &Order) -> Step {
    let deadline = case.rules.span(Period::OrderVerificationDeadline, case.now);
    let longest = case.rules.span(Period::OrderIssuance, case.now);
    Step::new(
        StepId::Issued,
        "Wait for the certificate",
        StepStatus::Waiting { on: format!("the certificate authority (status {})", order.status), since: None, next_poll: POLL },
    )
    .explained(format!("Usually within {longest}. An order that is not verified within {deadline} is denied and not charged."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{app, find, inputs, needed, order, stand};
    use super::*;
    use crate::flow::FlowName;

    fn seen() -> Observed {
        Observed { order: Seen::Here(order(OrderStatus::PendingIssuance)), ..Observed::default() }
    }

    fn by(method: &str) -> Inputs {
        inputs().with(Key::Method, method)
    }

    #[test]
    fn the_app_that_has_the_domain_answers_for_it_and_www_is_warned_about_a95_a105() {
        let observed = Observed { mapped_on: Seen::Here(vec![app(&["contoso.com"])]), ..seen() };
        let step = find(&stand(FlowName::Verify, &observed, &by("app-service")), StepId::Evidence).clone();
        assert_eq!(step.plan().len(), 1);
        assert!(step.plan()[0].contains("/sites/shop/domainOwnershipIdentifiers/contoso-www"));
        assert!(step.facts.iter().any(|(_, fact)| fact.contains("leaves www.contoso.com out")));
    }

    #[test]
    fn without_such_an_app_the_method_is_refused_with_the_reason_a97() {
        let observed = Observed { mapped_on: Seen::Here(Vec::new()), ..seen() };
        let steps = stand(FlowName::Verify, &observed, &by("app-service"));
        assert_eq!(needed(&steps[0]).0, Key::Method);
    }

    #[test]
    fn a_txt_record_is_waited_for_and_shown_at_the_root_a100_c23() {
        let mut waiting = seen();
        waiting.txt = Seen::Here(vec!["other".to_owned()]);
        let steps = stand(FlowName::Verify, &waiting, &by("manual-txt"));
        let step = find(&steps, StepId::Evidence);
        assert!(matches!(step.status, StepStatus::Waiting { .. }));
        assert!(step.facts.contains(&("Record value".to_owned(), "hFyZjnMp".to_owned())));
        waiting.txt = Seen::Here(vec!["hFyZjnMp".to_owned()]);
        let steps = stand(FlowName::Verify, &waiting, &by("manual-txt"));
        assert!(matches!(find(&steps, StepId::Evidence).status, StepStatus::Done(_)));
        assert!(find(&steps, StepId::AskVerification).plan()[0].ends_with("/verifyDomainOwnership"));
    }

    #[test]
    fn the_html_page_is_refused_for_wildcards_and_blocked_by_https_only_a101_a103() {
        let mut wildcard = order(OrderStatus::PendingIssuance);
        wildcard.product = Some(ProductType::Wildcard);
        let observed = Observed { order: Seen::Here(wildcard), ..Observed::default() };
        assert_eq!(needed(&stand(FlowName::Verify, &observed, &by("manual-html"))[0]).0, Key::Method);
        let mut secure = app(&["contoso.com"]);
        secure.https_only = true;
        let observed = Observed { mapped_on: Seen::Here(vec![secure]), ..seen() };
        assert!(matches!(stand(FlowName::Verify, &observed, &by("manual-html"))[0].status, StepStatus::Blocked(_)));
    }

    #[test]
    fn a_mail_says_until_when_it_proves_the_domain_and_proves_nothing_from_then_on_c47() {
        let (inputs, seen) = (by("mail"), Observed { mails: Seen::Here(Vec::new()), ..seen() });
        let rules = crate::rules::Rules::load(crate::rules::Profile::Current).unwrap();
        let on = |day: &str| crate::flow::steps(FlowName::Verify, &seen, &inputs, &rules, day.parse().unwrap());
        let before = on("2028-03-14T12:00:00Z");
        let step = find(&before, StepId::Evidence);
        assert_eq!(step.status, StepStatus::Ready);
        assert!(step.facts.iter().any(|(label, words)| label == "Until" && words.starts_with("2028-03-15")), "{:?}", step.facts);
        let after = on("2028-03-15T00:00:00Z");
        assert!(
            matches!(&find(&after, StepId::Evidence).status, StepStatus::Blocked(problem) if problem.remedy.contains("another method"))
        );
    }

    #[test]
    fn a_mail_is_sent_once_and_then_waited_for_a99() {
        let steps = stand(FlowName::Verify, &Observed { mails: Seen::Here(Vec::new()), ..seen() }, &by("mail"));
        assert!(steps[0].plan()[0].ends_with("/resendRequestEmails"));
        let sent = Observed { mails: Seen::Here(vec!["admin@contoso.com".to_owned()]), ..seen() };
        let steps = stand(FlowName::Verify, &sent, &by("mail"));
        assert!(steps[0].requests.is_empty() && steps[1].requests.is_empty());
        assert!(matches!(steps[2].status, StepStatus::Waiting { .. }));
    }

    #[test]
    fn an_issued_order_says_certificate_is_domain_verified_a96() {
        let observed = Observed { order: Seen::Here(order(OrderStatus::Issued)), ..Observed::default() };
        let steps = stand(FlowName::Verify, &observed, &inputs());
        assert!(steps.iter().all(|step| step.status == StepStatus::Done("Certificate is Domain Verified".to_owned())));
    }

    #[test]
    fn names_that_were_not_issued_are_named_a105() {
        let mut issued = order(OrderStatus::Issued);
        issued.names = vec!["contoso.com".to_owned()];
        let observed = Observed { order: Seen::Here(issued), ..Observed::default() };
        let steps = stand(FlowName::Verify, &observed, &inputs());
        let facts = &find(&steps, StepId::Issued).facts;
        assert!(facts.iter().any(|(label, fact)| label == "Left out" && fact.contains("www.contoso.com")), "{facts:?}");
    }

    #[test]
    fn a_denied_order_is_a_dead_end_and_says_so_c35() {
        let observed = Observed { order: Seen::Here(order(OrderStatus::Denied)), ..Observed::default() };
        assert!(matches!(stand(FlowName::Verify, &observed, &by("mail"))[0].status, StepStatus::Blocked(_)));
    }
}
