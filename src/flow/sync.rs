//! Sync (A155, A180–A185): have App Service read the vault now instead of within a day, and prove that it arrived: the
//! thumbprints of the site certificates, the bindings, and what the hostnames serve.
//!
//! A certificate is in step when it has the thumbprint of what its secret holds now, so syncing again sends nothing.
//! Where that cannot be seen from here, App Service is asked once, and its answer counts.

use jiff::SignedDuration;

use super::access::{Access, Party, judge};
use super::exports::going_stale;
use super::linked::{self, Linked, Standing};
use super::store::observe_access;
use super::target::{order_id, subscription_id};
use super::{Case, Field, FieldKind, Flow, FlowName, Inputs, Key, Observed, Pick, Seen, Step, StepId, StepStatus, Subject};
use crate::azure::{AzureError, Client, Request, certificates};
use crate::model::{Estate, PrivateCertificate, Problem, ResourceId};
use crate::rules::Limit;

const SCOPES: &[(&str, &str, &str)] = &[
    ("certificate", "One certificate", "This certificate in its webspace, with every hostname that it secures."),
    ("order", "One order", "Every certificate that was imported from the order, in whichever webspace."),
    ("all", "Every certificate from a vault", "All certificates of the subscription that come from a vault."),
];

/// The service moves bindings, and the front ends take them over, within moments.
const POLL: SignedDuration = SignedDuration::from_secs(5);

pub(super) static FLOW: Flow = Flow {
    name: "sync",
    title: "Sync",
    summary: "Bring what the vault holds now to the apps that use it.",
    done: "App Service has what the vault holds.",
    pages: &[FlowName::Sync],
    about: Subject::Renewable,
    leaves: Subject::Certificate,
    changes: "Has App Service read the vault's secret again; a newer certificate takes the place of the old one in every binding of the webspace. Grants App Service its permission on the vault where it is missing.",
    permissions: &[
        "Microsoft.Web/certificates/write",
        "Microsoft.KeyVault/vaults/deploy/action",
        "Microsoft.KeyVault/vaults/accessPolicies/write",
        "Microsoft.Authorization/roleAssignments/write",
        "data:certificates/get",
    ],
    checklist: &["A155", "A174", "A180-A185", "A192-A194"],
    keys: "1, y",
    fields: |_, inputs| fields(inputs),
    suggest,
    refusals: |observed, inputs, _, _| refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

fn fields(inputs: &Inputs) -> Vec<Field> {
    let field = |key, label, help, kind| Field { key, label, help, kind };
    let pick = |of| FieldKind::Pick { of, or_new: false };
    let what = match inputs.get(Key::Scope) {
        Some("all") => {
            field(Key::Subscription, "Subscription", "Its certificates from vaults are synced.", pick(Pick::Subscription))
        }
        Some("order") => field(Key::Order, "Order", "The certificates that were imported from it are synced.", pick(Pick::Order)),
        _ => field(Key::Certificate, "Certificate", "A certificate that was imported from a vault.", pick(Pick::Certificate)),
    };
    vec![field(Key::Scope, "What to sync", "One certificate, or several at once.", FieldKind::Choice(SCOPES)), what]
}

fn suggest(estate: &Estate, inputs: &mut Inputs) {
    let scope = match (inputs.get(Key::Certificate), inputs.get(Key::Order)) {
        (Some(_), _) => "certificate",
        (None, Some(_)) => "order",
        (None, None) => "all",
    };
    inputs.suggest(Key::Scope, scope);
    if let [only] = estate.subscriptions.as_slice() {
        inputs.suggest(Key::Subscription, only.id.subscription_id());
    }
}

/// The certificate that is meant, by id or name.
fn names(certificate: &PrivateCertificate, typed: &str) -> bool {
    certificate.id.as_str().eq_ignore_ascii_case(typed) || certificate.id.name().eq_ignore_ascii_case(typed)
}

/// Where to look: a whole id names its subscription.
fn subscription(inputs: &Inputs) -> Option<ResourceId> {
    let named = match inputs.get(Key::Scope)? {
        "certificate" => inputs.get(Key::Certificate).and_then(|typed| ResourceId::parse(typed).ok()),
        "order" => order_id(inputs),
        _ => None,
    };
    named.map(|id| ResourceId::subscription(id.subscription_id())).or_else(|| subscription_id(inputs))
}

fn refusals(observed: &Observed, inputs: &Inputs) -> Vec<(Key, String)> {
    let mut refusals = Vec::new();
    let mut refuse = |key, why: String| refusals.push((key, why));
    match inputs.get(Key::Scope) {
        Some("all") => {}
        Some("order") => {
            if order_id(inputs).is_none() {
                refuse(Key::Order, "choose the order".to_owned());
            } else if observed.order.is_absent() {
                refuse(Key::Order, "there is no such order in this resource group".to_owned());
            }
        }
        _ => match (inputs.get(Key::Certificate), observed.certificates.here()) {
            (None, _) => refuse(Key::Certificate, "choose the certificate".to_owned()),
            (Some(_), None) => {}
            (Some(typed), Some(all)) => match all.iter().find(|one| names(one, typed)) {
                None => refuse(Key::Certificate, "there is no such certificate in this subscription".to_owned()),
                Some(one) => refusals.extend(no_vault(one).map(|why| (Key::Certificate, why.to_owned()))),
            },
        },
    }
    if subscription(inputs).is_none() {
        refusals.push((Key::Subscription, "choose the subscription".to_owned()));
    }
    refusals
}

/// Why there is nothing that the certificate could be synced with.
fn no_vault(certificate: &PrivateCertificate) -> Option<&'static str> {
    match (&certificate.canonical_name, &certificate.vault) {
        (Some(_), _) => Some("Azure issues this managed certificate and renews it by itself: there is nothing to sync"),
        (None, None) => {
            Some("it was uploaded, so there is no vault to sync it with: bring the renewed file with 'replace' (r) instead")
        }
        (None, Some(_)) => None,
    }
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(subscription) = subscription(inputs) else { return Ok(seen) };
    let order = order_id(inputs);
    let scope = inputs.get(Key::Scope).unwrap_or_default();
    let found = Box::pin(linked::observe(client, &subscription, |certificate, of| match scope {
        "all" => true,
        "order" => of.is_some_and(|of| Some(&of.id) == order.as_ref()),
        _ => inputs.get(Key::Certificate).is_some_and(|typed| names(certificate, typed)),
    }))
    .await?;
    if let Some(order) = order.filter(|_| scope == "order") {
        let known = found.linked.iter().find_map(|one| one.order.clone());
        seen.order = match known {
            Some(order) => Seen::Here(order),
            None => crate::azure::orders::get(client, &order).await?.into(),
        };
    }
    observe_access(client, &mut seen).await?;
    seen.certificates = Seen::Here(found.all);
    seen.linked = Seen::Here(found.linked);
    Ok(seen)
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    vec![newest(case), access(case), sync(case), moved(case), served(case), stuck(case)]
}

fn linked<'a>(case: &Case<'a>) -> &'a [Linked] {
    case.observed.linked.here().map_or(&[], Vec::as_slice)
}

fn short(certificate: &PrivateCertificate) -> &str {
    certificate.thumbprint.as_ref().map_or("no certificate", |thumbprint| thumbprint.short())
}

/// `1 certificate`, `2 certificates`.
fn certificates_words(count: usize) -> String {
    if count == 1 { "1 certificate".to_owned() } else { format!("{count} certificates") }
}

fn standing_words(one: &Linked) -> String {
    match one.standing() {
        Standing::InStep => format!("in step: {}", short(&one.certificate)),
        Standing::Behind(newest) => format!("behind: it has {}, the vault has {}", short(&one.certificate), newest.short()),
        Standing::Unknown(why) => {
            format!("it has {}; whether the vault has a newer one cannot be seen: {why}", short(&one.certificate))
        }
        Standing::Troubled(status) => format!("at its last round, {} ({})", status.words(), status.as_wire()),
        Standing::Waits(on) => format!("waits for {on}"),
        Standing::Stuck(problem) => format!("cannot be synced: {}", problem.why),
    }
}

fn newest(case: &Case<'_>) -> Step {
    let hours = case.rules.number(Limit::SyncInterval, case.now).unwrap_or_default();
    let step = |status| {
        Step::new(StepId::Newest, "See what the vault holds", status).explained(format!(
            "A certificate in a vault is renewed there: an order's by Azure, any other by the vault's issuer or by a new version \
             that you import into the vault. App Service reads each vault every {hours} hours and moves the bindings by itself; \
             Sync has it done now."
        ))
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    if case.observed.linked.here().is_none() {
        return step(StepStatus::Waiting { on: "a look at the certificates".to_owned(), since: None, next_poll: POLL });
    }
    let all = linked(case);
    let waits = all.iter().find_map(|one| match one.standing() {
        Standing::Waits(on) => Some(on),
        _ => None,
    });
    let behind = all.iter().filter(|one| matches!(one.standing(), Standing::Behind(_))).count();
    let unseen = all.iter().filter(|one| matches!(one.standing(), Standing::Unknown(_))).count();
    let status = match (waits, all.len(), behind, unseen) {
        (_, 0, ..) => StepStatus::NotNeeded("no app has a certificate from there; import it first".to_owned()),
        (Some(on), ..) => StepStatus::Waiting { on, since: None, next_poll: POLL },
        (None, 1, 1, _) => StepStatus::Done("the vault has a newer certificate than App Service".to_owned()),
        (None, 1, 0, 1) => StepStatus::NotNeeded("whether the vault has a newer one cannot be seen from here".to_owned()),
        (None, 1, ..) => StepStatus::Done("the vault has nothing newer".to_owned()),
        (None, count, behind, 0) => StepStatus::Done(format!("{behind} of {count} certificates are behind their vaults")),
        (None, count, behind, unseen) => {
            StepStatus::Done(format!("{behind} of {count} certificates are behind, {unseen} cannot be seen"))
        }
    };
    all.iter().fold(step(status), |step, one| step.fact(one.certificate.id.name(), standing_words(one)))
}

/// The permission has to stay for every renewal to come, not only for this Sync (A174).
fn access(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::AppAccess, "Let App Service read the vault", status).explained(
            "App Service reads the secret at each Sync and each renewal; without the permission they fail silently (A174).",
        )
    };
    let mut grants: Vec<Request> = Vec::new();
    let mut missing = Vec::new();
    let mut is_unknown = false;
    for one in linked(case) {
        let Some(vault) = one.vault.here() else {
            is_unknown |= !one.vault.is_absent();
            continue;
        };
        match judge(Party::Websites, &case.observed.websites, vault, &one.roles, case.rules, case.now) {
            Access::Granted => {}
            Access::Unknown => is_unknown = true,
            Access::Missing { what, grant } => {
                let what = format!("{what} {}", vault.id.name());
                if !missing.contains(&what) {
                    missing.push(what);
                    grants.extend(grant);
                }
            }
        }
    }
    let status = match (linked(case).is_empty(), missing.is_empty(), is_unknown) {
        (true, ..) => StepStatus::NotNeeded("follows once there is something to sync".to_owned()),
        (_, false, _) => StepStatus::Ready,
        (_, true, true) => StepStatus::NotNeeded("the permissions could not be read from here".to_owned()),
        (_, true, false) => StepStatus::Done("App Service may read what it needs".to_owned()),
    };
    missing.into_iter().fold(step(status), |step, what| step.fact("Missing", what)).sending(grants)
}

/// What the requests are for, those that are sure to work first: one that Azure refuses ends the step.
fn wanting<'a>(case: &Case<'a>) -> Vec<(&'a Linked, Standing)> {
    let rank = |standing: &Standing| match standing {
        Standing::Behind(_) => Some(0),
        Standing::Unknown(_) => Some(1),
        Standing::Troubled(_) => Some(2),
        Standing::InStep | Standing::Waits(_) | Standing::Stuck(_) => None,
    };
    let mut wanting: Vec<_> =
        linked(case).iter().map(|one| (one, one.standing())).filter(|(_, standing)| rank(standing).is_some()).collect();
    wanting.sort_by_key(|(one, standing)| (rank(standing), one.secret.status.is_trouble()));
    wanting
}

fn sync(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::Sync, "Sync", status).explained(
            "App Service reads the secret again and, where it holds a newer certificate, puts it into every binding of the \
             webspace. No binding is removed, so nothing goes down (A181).",
        )
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let wanting = wanting(case);
    if wanting.is_empty() {
        let in_step = linked(case).iter().filter(|one| one.standing() == Standing::InStep).count();
        return step(match in_step {
            0 => StepStatus::NotNeeded("there is nothing that can be synced".to_owned()),
            count => StepStatus::Done(format!("{} in step with the vault", certificates_words(count))),
        });
    }
    let mut ready = step(StepStatus::Ready);
    if wanting.iter().all(|(_, standing)| matches!(standing, Standing::Unknown(_))) {
        ready = ready.accepted_means("App Service has read the vault again");
    }
    for (one, standing) in &wanting {
        let hosts: Vec<&str> = one.bound.iter().map(|bound| bound.binding.host.as_str()).collect();
        let moves = if hosts.is_empty() { "no hostname is bound to it".to_owned() } else { hosts.join(", ") };
        let change = match standing {
            Standing::Behind(newest) => format!("{} to {}; {moves}", short(&one.certificate), newest.short()),
            _ => format!("reads the vault again; {moves}"),
        };
        ready = ready.fact(one.certificate.id.name(), change);
    }
    let stale: Vec<String> = wanting
        .iter()
        .filter_map(|(one, _)| {
            Some(going_stale(&case.observed.exports, one.order.as_ref()?, one.order.as_ref()?.thumbprint.as_ref()))
        })
        .flatten()
        .collect();
    if !stale.is_empty() {
        ready = ready.fact("Exports", format!("a Sync does not reach them; export again and install anew: {}", stale.join(", ")));
    }
    ready.sending(wanting.iter().map(|(one, _)| certificates::sync(&one.certificate, &one.secret, one.plan.as_ref())).collect())
}

fn moved(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::Moved, "See that the bindings moved", status).explained(
            "Reads the bindings of all apps and slots of the webspace again: each has to name the certificate as it is now.",
        )
    };
    let left: Vec<&str> = linked(case).iter().flat_map(|one| &one.left_behind).map(|binding| binding.host.as_str()).collect();
    if !left.is_empty() {
        let on = format!("App Service to move {}; if that does not happen, bind it again (b)", left.join(", "));
        return step(StepStatus::Waiting { on, since: None, next_poll: POLL });
    }
    match linked(case).iter().map(|one| one.bound.len()).sum() {
        0 => step(StepStatus::NotNeeded("no hostname is bound".to_owned())),
        1 => step(StepStatus::Done("1 hostname is bound to it".to_owned())),
        count => step(StepStatus::Done(format!("{count} hostnames are bound to what App Service has now"))),
    }
}

fn served(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::Served, "See what the hostnames serve", status)
            .explained("A TLS handshake of certdeck's own with each hostname: the proof that the change arrived.")
    };
    let mut facts = Vec::new();
    let (mut proven, mut unreached, mut lagging) = (0, 0, None);
    for one in linked(case) {
        for bound in &one.bound {
            let host = bound.binding.host.as_str();
            let words = match &bound.served {
                Seen::Here(served) if Some(served) == one.certificate.thumbprint.as_ref() => {
                    proven += 1;
                    format!("serves {}", served.short())
                }
                Seen::Here(served) => {
                    lagging = Some(format!("the front end of {host}, which still serves {}", served.short()));
                    format!("still serves {}; a CDN or proxy before the app has a certificate of its own", served.short())
                }
                Seen::Absent | Seen::NotAsked => {
                    unreached += 1;
                    "could not be reached from here".to_owned()
                }
            };
            facts.push((host.to_owned(), words));
        }
    }
    let status = match (lagging, proven, unreached) {
        (Some(on), ..) => StepStatus::Waiting { on, since: None, next_poll: POLL },
        (None, 0, 0) => StepStatus::NotNeeded("no hostname is bound".to_owned()),
        (None, 0, _) => StepStatus::NotNeeded("no hostname could be reached from here".to_owned()),
        (None, 1, 0) => StepStatus::Done("it serves this certificate".to_owned()),
        (None, proven, 0) => StepStatus::Done(format!("all {proven} serve the certificate they are bound to")),
        (None, proven, unreached) => StepStatus::Done(format!("{proven} do; {unreached} could not be reached from here")),
    };
    facts.into_iter().fold(step(status), |step, (host, words)| step.fact(host, words))
}

/// Last, so that what can be synced is synced whatever is in the way of the rest.
fn stuck(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::Stuck, "See what stays behind", status)
            .explained("What no Sync can bring: the service's own words for it, and what to do.")
    };
    let problems: Vec<Problem> = linked(case)
        .iter()
        .filter_map(|one| if let Standing::Stuck(problem) = one.standing() { Some(problem) } else { None })
        .collect();
    match problems.as_slice() {
        [] => step(StepStatus::NotNeeded("nothing does".to_owned())),
        [only] => step(StepStatus::Blocked(only.clone())),
        several => {
            let why: Vec<String> = several.iter().map(|problem| format!("{}: {}", problem.what, problem.why)).collect();
            let mut remedies: Vec<&str> = several.iter().map(|problem| problem.remedy.as_str()).collect();
            remedies.dedup();
            let what = format!("Sync {}", certificates_words(several.len()));
            step(StepStatus::Blocked(Problem::new(what, why.join("; ")).remedy(remedies.join("; "))))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::linked::{Bound, Newest};
    use super::super::sample::{LEAF, find, id, imported, needed, order, plan, stand, stored, vault, with_principals};
    use super::*;
    use crate::model::{AccessPolicy, Binding, Hostname, OrderStatus, SecretStatus, SslState, Thumbprint};

    fn print(digit: &str) -> Thumbprint {
        Thumbprint::parse(&digit.repeat(40)).unwrap()
    }

    fn one(newest: Newest) -> Linked {
        let certificate = imported();
        let mut open = vault(false);
        let all = || vec!["all".to_owned()];
        open.policies = vec![AccessPolicy { object_id: "websites".to_owned(), secrets: all(), certificates: all() }];
        let binding = Binding {
            app: id("Microsoft.Web/sites/shop"),
            host: Hostname::parse("contoso.com").unwrap(),
            ssl: SslState::Sni,
            thumbprint: certificate.thumbprint.clone(),
            virtual_ip: None,
        };
        Linked {
            secret: certificate.vault.clone().unwrap(),
            bound: vec![Bound { binding, served: certificate.thumbprint.clone().into() }],
            certificate,
            order: None,
            newest,
            vault: Seen::Here(open),
            roles: Seen::NotAsked,
            plan: Some(plan("Standard").id),
            left_behind: Vec::new(),
        }
    }

    fn seen(linked: Vec<Linked>) -> Observed {
        let all = linked.iter().map(|one| one.certificate.clone()).collect();
        with_principals(Observed { certificates: Seen::Here(all), linked: Seen::Here(linked), ..Observed::default() })
    }

    fn inputs() -> Inputs {
        Inputs::default().with(Key::Subscription, "s").with(Key::Scope, "all")
    }

    fn steps_of(linked: Vec<Linked>) -> Vec<Step> {
        stand(FlowName::Sync, &seen(linked), &inputs())
    }

    #[test]
    fn a_certificate_behind_its_vault_is_imported_once_more_unchanged_a181() {
        let steps = steps_of(vec![one(Newest::Known(print("B")))]);
        let sync = find(&steps, StepId::Sync);
        assert_eq!(sync.status, StepStatus::Ready);
        let body = sync.requests[0].body.as_ref().unwrap().shown();
        assert_eq!(body["properties"]["keyVaultSecretName"], "contoso-www");
        assert!(sync.requests[0].path.ends_with("/certificates/contoso-www-web-WestEuropewebspace"));
        assert!(sync.facts[0].1.contains("contoso.com"), "the hostnames that move are named");
    }

    #[test]
    fn what_is_in_step_sends_nothing_and_is_proved_by_a_handshake_b3_2() {
        let steps = steps_of(vec![one(Newest::Known(Thumbprint::parse(LEAF).unwrap()))]);
        assert!(crate::flow::current(&steps).is_none(), "{steps:?}");
        let mut lagging = one(Newest::Known(Thumbprint::parse(LEAF).unwrap()));
        lagging.bound[0].served = Seen::Here(print("A"));
        let steps = steps_of(vec![lagging]);
        assert!(matches!(find(&steps, StepId::Served).status, StepStatus::Waiting { .. }));
    }

    #[test]
    fn what_cannot_be_seen_is_asked_for_once_and_the_answer_counts() {
        let steps = steps_of(vec![one(Newest::Unknown("no permission".to_owned()))]);
        let sync = find(&steps, StepId::Sync).clone();
        assert_eq!(sync.status, StepStatus::Ready);
        let now = super::super::sample::NOW.parse().unwrap();
        assert!(matches!(sync.clone().settling(Some(now), now).status, StepStatus::Done(_)));
        assert_eq!(sync.settling(None, now).status, StepStatus::Ready);
    }

    #[test]
    fn a_permission_that_was_taken_away_is_given_back_before_the_sync_a174() {
        let mut closed = one(Newest::Known(print("B")));
        closed.vault = Seen::Here(vault(false));
        let steps = steps_of(vec![closed]);
        let access = find(&steps, StepId::AppAccess);
        assert_eq!((&access.status, access.requests.len()), (&StepStatus::Ready, 1));
        assert_eq!(crate::flow::current(&steps).unwrap().id, StepId::AppAccess);
    }

    #[test]
    fn what_is_stuck_holds_nothing_else_up_and_has_words_and_a_remedy() {
        for status in [SecretStatus::CertificateOrderFailed, SecretStatus::ExternalPrivateKey, SecretStatus::KeyVaultDoesNotExist] {
            let mut stuck = one(Newest::Unknown(String::new()));
            stuck.secret.status = status.clone();
            if status == SecretStatus::KeyVaultDoesNotExist {
                stuck.vault = Seen::Absent;
            }
            let steps = steps_of(vec![stuck, one(Newest::Known(print("B")))]);
            assert_eq!(find(&steps, StepId::Sync).requests.len(), 1);
            let StepStatus::Blocked(problem) = &find(&steps, StepId::Stuck).status else { panic!("not blocked") };
            assert!(problem.why.contains(status.words()) && !problem.remedy.is_empty(), "{problem}");
            assert_eq!(problem.code.as_deref(), Some(status.as_wire()));
        }
    }

    #[test]
    fn every_status_that_is_trouble_has_plain_words_and_a_remedy() {
        for name in [
            "Initialized",
            "WaitingOnCertificateOrder",
            "Succeeded",
            "CertificateOrderFailed",
            "OperationNotPermittedOnKeyVault",
            "AzureServiceUnauthorizedToAccessKeyVault",
            "KeyVaultDoesNotExist",
            "KeyVaultSecretDoesNotExist",
            "UnknownError",
            "ExternalPrivateKey",
            "Unknown",
        ] {
            let status = SecretStatus::parse(name);
            assert_eq!(status.as_wire(), name);
            assert!(!status.words().is_empty());
            assert!(!status.is_trouble() || !status.remedy().is_empty(), "{name}");
        }
    }

    #[test]
    fn an_order_that_is_being_issued_is_waited_for_before_anything_is_read() {
        let mut waiting = one(Newest::Known(Thumbprint::parse(LEAF).unwrap()));
        waiting.order = Some(stored(order(OrderStatus::PendingRekey), SecretStatus::Succeeded));
        let steps = steps_of(vec![waiting]);
        assert!(matches!(&steps[0].status, StepStatus::Waiting { on, .. } if on.contains("Pending rekey")));
    }

    #[test]
    fn a_binding_that_was_left_behind_is_waited_for_by_name() {
        let mut left = one(Newest::Known(Thumbprint::parse(LEAF).unwrap()));
        left.left_behind = vec![Binding { thumbprint: Some(print("D")), ..left.bound[0].binding.clone() }];
        let steps = steps_of(vec![left]);
        assert!(matches!(&find(&steps, StepId::Moved).status, StepStatus::Waiting { on, .. } if on.contains("contoso.com")));
    }

    #[test]
    fn uploaded_and_managed_certificates_are_refused_with_the_way_that_fits() {
        let mut uploaded = imported();
        uploaded.vault = None;
        let observed =
            Observed { certificates: Seen::Here(vec![uploaded.clone()]), linked: Seen::Here(Vec::new()), ..Observed::default() };
        let by_name = inputs().with(Key::Scope, "certificate").with(Key::Certificate, uploaded.id.name());
        let steps = stand(FlowName::Sync, &observed, &by_name);
        assert!(needed(&steps[0]).1.contains("replace"));
        uploaded.canonical_name = Some("contoso.com".to_owned());
        let observed = Observed { certificates: Seen::Here(vec![uploaded]), ..observed };
        assert!(needed(&stand(FlowName::Sync, &observed, &by_name)[0]).1.contains("by itself"));
    }
}
