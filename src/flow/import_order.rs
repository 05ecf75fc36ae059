//! Step 3: Import (A107–A111): from the vault into the webspace of an app, as a private key certificate.

use jiff::{SignedDuration, Timestamp};

use super::access::{Party, granting, judge};
use super::arrival::Sign;
use super::chosen::{app_field, no_app, order_refusal, unnamed_app};
use super::definition::GRAPH;
use super::destination::Destination;
use super::principals;
use super::succession::keeps_own_key;
use super::tags;
use super::target::{app_id, order_id};
use super::{
    Arrival, Case, Field, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Seen, Step, StepId, StepStatus,
    Subject, row,
};
use crate::azure::{AzureError, Client, certificates, orders, plans, sites, vaults};
use crate::model::{
    App, DomainName, Estate, Hostname, Order, OrderStatus, PrivateCertificate, Problem, ResourceId, Scope,
    SecretStatus, StoredCertificate, Tags,
};
use crate::rules::{Count, Names, Rules};

/// The vault gets the certificate within moments of the issuance.
const POLL: SignedDuration = SignedDuration::from_secs(10);

pub(super) static FLOW: Flow = Flow {
    name: "import-order",
    title: "Step 3: Import",
    summary: "Import the issued certificate from the vault for the app.",
    done: "The certificate is imported.",
    pages: FlowName::OF_AN_ORDER,
    about: Subject::Order,
    leaves: Subject::Certificate,
    changes: "Grants App Service its permission on the vault where it is missing, and creates a certificate in the app's webspace, or in the app.",
    permissions: &[
        "Microsoft.Web/certificates/write",
        "Microsoft.Web/sites/certificates/write",
        "Microsoft.KeyVault/vaults/deploy/action",
        "Microsoft.KeyVault/vaults/accessPolicies/write",
        "Microsoft.Authorization/roleAssignments/write",
        GRAPH,
    ],
    checklist: &["A107-A111"],
    command: Some(FlowCommand::changing(
        "import-order",
        "",
        "Step 3: Import the order's certificate into an app.",
    )),
    fits: row::of_an_order,
    keys: "3, w",
    fields: |_, _| fields(),
    suggest,
    refusals,
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

fn fields() -> Vec<Field> {
    let help = "The certificate is imported into this app's webspace, where every app of the same group, region and system can use it, or into the app alone.";
    vec![app_field(help), tags::field()]
}

fn suggest(estate: &Estate, inputs: &mut Inputs) {
    let Some(order) = order_id(inputs).and_then(|id| estate.order(&id)) else { return };
    let Ok(domain) = Hostname::parse(&order.domain) else { return };
    let secured: Vec<Hostname> =
        DomainName(domain).secured_names().iter().filter_map(|name| Hostname::parse(name).ok()).collect();
    let fits = |app: &&App| {
        app.id.subscription_id().eq_ignore_ascii_case(order.id.subscription_id())
            && app.hostnames.iter().any(|host| secured.iter().any(|name| name.covers(host)))
    };
    if let Some(app) = estate.apps.iter().find(fits) {
        inputs.suggest(Key::App, app.id.as_str());
    }
}

fn refusals(observed: &Observed, inputs: &Inputs, rules: &Rules, now: Timestamp) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> =
        order_refusal(observed, inputs).into_iter().chain(tags::refusal(inputs, rules, now)).collect();
    let mut refuse = |key, why: &str| refusals.push((key, why.to_owned()));
    match app_id(inputs) {
        None => {
            let (key, why) = unnamed_app(inputs);
            refuse(key, &why);
        }
        Some(_) if observed.app.is_absent() => refuse(Key::App, &no_app(inputs)),
        Some(app) if order_id(inputs).is_some_and(|order| !same_subscription(&order, &app)) => {
            let reference = rules.reference(Names::ImportVaultScope, now);
            refuse(
                Key::App,
                &format!(
                    "App Service imports the certificate of an order only into its own subscription: choose an app there ({reference})"
                ),
            );
        }
        Some(_) => {}
    }
    refusals
}

fn same_subscription(one: &ResourceId, other: &ResourceId) -> bool {
    one.subscription_id().eq_ignore_ascii_case(other.subscription_id())
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(order) = order_id(inputs) else { return Ok(seen) };
    seen.order = orders::get(client, &order).await?.into();
    if let Some(vault) =
        seen.order.here().and_then(|order| order.stored.first()).map(|stored| stored.secret.vault.clone())
    {
        seen.vault = vaults::get(client, &vault).await?.into();
        principals::observe(client, &mut seen).await?;
    }
    if let Some(app) = app_id(inputs) {
        observe_app(client, &app, &mut seen).await?;
    }
    Ok(seen)
}

/// Reads the app, its plan and the certificates that it can be bound to; gives those of the subscription's
/// other webspaces back.
pub(super) async fn observe_app(
    client: &Client,
    app: &ResourceId,
    seen: &mut Observed,
) -> Result<Vec<PrivateCertificate>, AzureError> {
    if let Some(site) = sites::get(client, app).await? {
        (seen.app, seen.outside.bindings) = (Seen::Here(site.app), site.bindings);
    } else {
        seen.app = Seen::Absent;
    }
    let Some(app) = seen.app.here() else { return Ok(Vec::new()) };
    if let Some(plan) = &app.plan {
        seen.plan = plans::get(client, plan).await?.into();
    }
    let mut listed = certificates::around(client, app.plan.as_ref().unwrap_or(&app.id)).await?;
    if app.scope == Scope::App {
        listed.all.extend(certificates::of_app(client, &app.id).await?);
    }
    let (shared, others) = listed.all.into_iter().partition(|certificate| certificate.home.serves(app));
    seen.certificates = Seen::Here(shared);
    if let Some(error) = listed.left_out {
        seen.leave_out("List the certificates of the other resource groups", &error);
    }
    Ok(others)
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    vec![in_vault(case), app_access(case), import(case)]
}

fn stored<'a>(case: &Case<'a>) -> Option<(&'a Order, &'a StoredCertificate)> {
    let order = case.observed.order.here()?;
    Some((order, order.stored.first()?))
}

fn in_vault(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::IN_VAULT, "Check that the certificate is in the vault", status)
            .explained("Azure writes the issued certificate into the vault; App Service takes it from there.")
    };
    let Some(order) = case.observed.order.here() else {
        return step(
            case.needs_any()
                .unwrap_or(StepStatus::NeedsInput { key: Key::Order, why: "choose the order".to_owned() }),
        );
    };
    let what = format!("Import the certificate of {}", order.id.name());
    // What another flow has just done may not show yet.
    let lacks = |part: &str, problem: Problem| match case.observed.unsettled(&order.id, part, case.now) {
        Some(asked) => StepStatus::Waiting {
            on: "what was just sent for the order to show".to_owned(),
            since: Some(asked.at),
            next_poll: POLL,
        },
        None => StepStatus::Blocked(problem),
    };
    let Some(stored) = order.stored.first() else {
        let problem =
            Problem::new(what, "the order is not stored in a vault yet").remedy("do Step 1: Store first");
        return step(lacks("certificates", problem));
    };
    if order.status != OrderStatus::Issued {
        return step(lacks(
            "verifyDomainOwnership",
            Problem::new(what, format!("the order is not issued; its status is '{}'", order.status))
                .remedy("do Step 2: Verify first"),
        ));
    }
    if keeps_own_key(order) {
        let key = "its private key is not in Azure, so the vault holds nothing that an app could use";
        return step(StepStatus::Blocked(
            Problem::new(what, key)
                .remedy("upload the certificate with its key (:upload)")
                .code("ExternalPrivateKey"),
        ));
    }
    match &stored.secret.status {
        SecretStatus::Succeeded => step(StepStatus::Done(format!("it is in {}", stored.secret.vault.name()))),
        status if status.is_trouble() => step(StepStatus::Blocked(
            Problem::new(what, status.words())
                .remedy("do Step 1: Store again: it shows and grants what is missing")
                .code(status.as_wire()),
        )),
        status => step(StepStatus::Waiting { on: status.words().to_owned(), since: None, next_poll: POLL }),
    }
}

fn app_access(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::APP_ACCESS, "Grant App Service access", status).explained(
            "App Service reads the secret at import and again at every renewal; the permission must stay.",
        )
    };
    let Some(vault) = case.observed.vault.here() else {
        return step(StepStatus::NotNeeded("follows once the order is stored".to_owned()));
    };
    let access = judge(case, Party::Websites, vault, &case.observed.vault_roles);
    granting(step(StepStatus::Ready), [access], StepStatus::Ready, "App Service may read the vault")
}

fn import(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::IMPORT, "Import the certificate", status).explained(
            "The certificate appears in Private Key Certificates. It secures nothing before it is bound.",
        )
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let (Some((order, stored)), Some(app)) = (stored(case), case.observed.app.here()) else {
        return step(StepStatus::NeedsInput {
            key: Key::App,
            why: "follows once the certificate is in the vault".to_owned(),
        });
    };
    if let Some(problem) = tier_problem(case, &format!("Import into {}", app.label())) {
        return step(StepStatus::Blocked(problem));
    }
    let existing = imported(case, stored);
    if let Some(certificate) = existing
        && certificate.thumbprint.is_some()
        && (certificate.thumbprint == order.thumbprint || order.thumbprint.is_none())
    {
        let thumbprint = certificate.thumbprint.as_ref().map(ToString::to_string).unwrap_or_default();
        return step(StepStatus::Done(format!(
            "{} is in {}",
            certificate.id.name(),
            certificate.home.words()
        )))
        .fact("Thumbprint", thumbprint);
    }
    let Some(destination) = Destination::of(app) else {
        return step(StepStatus::Blocked(Problem::new(
            format!("Import into {}", app.label()),
            "the app has no App Service plan",
        )));
    };
    if let Some(problem) =
        room_problem(case, &format!("Import into {}", app.label())).filter(|_| existing.is_none())
    {
        return step(StepStatus::Blocked(problem));
    }
    let id = existing
        .map_or_else(|| destination.within(order.id.name(), "-"), |certificate| certificate.id.clone());
    let tags = kept(existing).with(&tags::given(case.inputs));
    let access = app_access(case);
    let is_granted = matches!(access.status, StepStatus::Done(_));
    let arrival = is_granted.then(|| Arrival::new(case, Sign::Refusal));
    let ready = step(StepStatus::Ready)
        .fact("Webspace", app.home().label())
        .arriving(arrival)
        .by_hand(access.by_hand);
    let target = destination.target(&id, &tags).keeping(existing);
    ready.sending(vec![certificates::import(target, &stored.secret.vault, &stored.secret.secret)])
}

/// The tags that a certificate has already: a request that leaves them out would erase them.
pub(super) fn kept(existing: Option<&PrivateCertificate>) -> Tags {
    existing.map(|existing| existing.tags.clone()).unwrap_or_default()
}

fn imported<'a>(case: &Case<'a>, stored: &StoredCertificate) -> Option<&'a PrivateCertificate> {
    case.observed.certificates.here()?.iter().find(|certificate| {
        certificate.vault.as_ref().is_some_and(|secret| secret.same_secret(&stored.secret))
    })
}

/// Free and Shared plans can neither hold certificates for custom names nor bind them (A25, A26).
pub(super) fn tier_problem(case: &Case<'_>, what: &str) -> Option<Problem> {
    let plan = case.observed.plan.here()?;
    case.rules.lists(Names::TiersWithoutBindings, case.now, &plan.tier).then(|| {
        Problem::new(
            what,
            format!(
                "the App Service plan {} is in the {} tier, which supports no custom TLS",
                plan.id.name(),
                plan.tier
            ),
        )
        .remedy("scale the plan up to Basic or higher; that costs money, so do it knowingly")
        .code(case.rules.reference(Names::TiersWithoutBindings, case.now))
    })
}

/// Why no more certificates fit into the app, if it takes only so many of its own.
pub(super) fn room_problem(case: &Case<'_>, what: &str) -> Option<Problem> {
    let app = case.observed.app.here().filter(|app| app.is_flex())?;
    let most = case.rules.count(Count::FlexCertificates, case.now)?;
    let own = case.observed.certificates.here()?.iter().filter(|one| one.home.serves(app)).count();
    (i64::try_from(own).unwrap_or(i64::MAX) >= most).then(|| {
        let why = format!(
            "{} has {own} private certificates of its own, and on its plan an app has at most {most}",
            app.label()
        );
        Problem::new(what, why)
            .remedy("delete one that nothing uses first (delete-private)")
            .code(case.rules.reference(Count::FlexCertificates, case.now))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{
        app, find, imported, inputs, needed, order, plan, stand, stored, vault, with_principals,
    };
    use super::*;
    use crate::flow::FlowName;

    fn seen(status: OrderStatus, secret: SecretStatus) -> Observed {
        with_principals(Observed {
            order: Seen::Here(stored(order(status), secret)),
            vault: Seen::Here(vault(false)),
            app: Seen::Here(app(&["contoso.com"])),
            plan: Seen::Here(plan("Standard")),
            certificates: Seen::Here(Vec::new()),
            ..Observed::default()
        })
    }

    fn into_shop() -> Inputs {
        inputs().with(Key::App, "shop")
    }

    #[test]
    fn the_import_goes_to_the_plans_group_and_names_the_webspace_e6() {
        let steps =
            stand(FlowName::ImportOrder, &seen(OrderStatus::Issued, SecretStatus::Succeeded), &into_shop());
        let plan = find(&steps, StepId::IMPORT).plan();
        assert!(
            plan[0].ends_with("/Microsoft.Web/certificates/contoso-www-web-WestEuropewebspace"),
            "{plan:?}"
        );
        assert_eq!(find(&steps, StepId::APP_ACCESS).status, StepStatus::Ready);
    }

    #[test]
    fn an_import_that_is_there_is_done_and_one_that_lags_behind_is_repeated() {
        let mut observed = seen(OrderStatus::Issued, SecretStatus::Succeeded);
        observed.certificates = Seen::Here(vec![imported()]);
        assert!(matches!(
            find(&stand(FlowName::ImportOrder, &observed, &into_shop()), StepId::IMPORT).status,
            StepStatus::Done(_)
        ));
        let mut old = imported();
        old.thumbprint = crate::model::Thumbprint::parse(&"A".repeat(40)).ok();
        observed.certificates = Seen::Here(vec![old]);
        assert_eq!(
            find(&stand(FlowName::ImportOrder, &observed, &into_shop()), StepId::IMPORT).status,
            StepStatus::Ready
        );
    }

    #[test]
    fn an_order_that_is_not_issued_sends_back_to_verify() {
        let steps = stand(
            FlowName::ImportOrder,
            &seen(OrderStatus::PendingIssuance, SecretStatus::Initialized),
            &into_shop(),
        );
        let StepStatus::Blocked(problem) = &steps[0].status else { panic!("not blocked") };
        assert!(problem.remedy.contains("Step 2: Verify"));
    }

    #[test]
    fn an_order_whose_key_is_somebodys_own_is_not_waited_for() {
        let own = seen(OrderStatus::Issued, SecretStatus::ExternalPrivateKey);
        let StepStatus::Blocked(problem) = &stand(FlowName::ImportOrder, &own, &into_shop())[0].status else {
            panic!("not blocked")
        };
        assert!(problem.why.contains("not in Azure") && problem.remedy.contains(":upload"), "{problem}");
    }

    #[test]
    fn a_vault_in_trouble_is_named_in_plain_words() {
        let trouble = seen(OrderStatus::Issued, SecretStatus::KeyVaultDoesNotExist);
        let StepStatus::Blocked(problem) = &stand(FlowName::ImportOrder, &trouble, &into_shop())[0].status
        else {
            panic!()
        };
        assert_eq!(problem.code.as_deref(), Some("KeyVaultDoesNotExist"));
    }

    #[test]
    fn the_app_must_be_in_the_orders_subscription() {
        let elsewhere =
            inputs().with(Key::App, "/subscriptions/other/resourceGroups/g/providers/Microsoft.Web/sites/a");
        let steps =
            stand(FlowName::ImportOrder, &seen(OrderStatus::Issued, SecretStatus::Succeeded), &elsewhere);
        assert_eq!(needed(find(&steps, StepId::IMPORT)).0, Key::App);
    }

    #[test]
    fn free_and_shared_plans_are_refused_a26() {
        let mut observed = seen(OrderStatus::Issued, SecretStatus::Succeeded);
        observed.plan = Seen::Here(plan("Shared"));
        assert!(matches!(
            find(&stand(FlowName::ImportOrder, &observed, &into_shop()), StepId::IMPORT).status,
            StepStatus::Blocked(_)
        ));
    }
}
