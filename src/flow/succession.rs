//! What renewal and rekey share: a new certificate takes the place of the one that the order has now.
//!
//! Nothing in the cloud says that a renewal was asked for by this run and not by an earlier one. So the
//! caller names the certificate that is to be replaced, by its thumbprint (`current`): while the order has
//! it, there is something to do; while the order is pending, it was asked for; and once the order has another
//! one, it happened. A run that is started again after a crash therefore finds what it asked for and never
//! renews twice, and a second renewal is one that names the certificate of the first.

use jiff::{SignedDuration, Timestamp};

use super::exports::going_stale;
use super::target::order_id;
use super::{Case, Field, FieldKind, Inputs, Key, Observed, Seen, Step, StepId, StepStatus, verify};
use crate::azure::{AzureError, Client, certificates, orders};
use crate::model::{Estate, Order, OrderStatus, PrivateCertificate, Problem, SecretStatus, Thumbprint, day};
use crate::rules::{Period, Rules};

const POLL: SignedDuration = SignedDuration::from_secs(10);

/// Where the order stands towards the certificate that is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It never had a certificate, or will not have one again.
    Barren,
    /// Which certificate is to be replaced is not said yet.
    Unnamed,
    /// It has the one that is to be replaced.
    Present,
    /// The certificate authority is at work, or waits for a proof of the domain.
    UnderWay,
    /// It has another one.
    Followed,
}

pub(super) fn stage(order: &Order, inputs: &Inputs) -> Stage {
    match (&order.status, &order.thumbprint) {
        (OrderStatus::PendingIssuance | OrderStatus::PendingRekey, Some(_)) => Stage::UnderWay,
        (OrderStatus::Issued, Some(now)) => match inputs.get(Key::Current).map(Thumbprint::parse) {
            Some(Ok(named)) if named == *now => Stage::Present,
            Some(Ok(_)) => Stage::Followed,
            Some(Err(_)) | None => Stage::Unnamed,
        },
        _ => Stage::Barren,
    }
}

/// The certificate that is to be replaced, and while the domain has to be proved again, the form of Step 2:
/// Verify.
pub(super) fn fields(observed: &Observed, inputs: &Inputs) -> Vec<Field> {
    let mut fields = vec![Field::new(
        Key::Current,
        "Replaces",
        "The thumbprint of the certificate that a new one is to replace; with it named, nothing is asked for twice.",
        FieldKind::Text,
    )];
    if observed.order.here().is_some_and(verify::is_pending) {
        fields.extend(verify::fields(inputs));
    }
    fields
}

/// Suggested once: what the order has after its renewal must not become what is to be renewed next.
pub(super) fn suggest(estate: &Estate, inputs: &mut Inputs) {
    let Some(order) = order_id(inputs).and_then(|id| estate.order(&id)) else { return };
    if inputs.get(Key::Current).is_none()
        && let Some(thumbprint) = &order.thumbprint
    {
        inputs.suggest(Key::Current, thumbprint.as_str());
    }
    if verify::is_pending(order) {
        verify::suggest(estate, inputs);
    }
}

pub(super) fn refusals(
    observed: &Observed,
    inputs: &Inputs,
    rules: &Rules,
    now: Timestamp,
) -> Vec<(Key, String)> {
    if order_id(inputs).is_none() {
        return vec![(Key::Order, "choose the order".to_owned())];
    }
    let order = match &observed.order {
        Seen::Absent => return vec![(Key::Order, super::chosen::no_order(inputs))],
        Seen::NotAsked => return Vec::new(),
        Seen::Here(order) => order,
    };
    let mut refusals = Vec::new();
    if let Some(now) = &order.thumbprint {
        match inputs.get(Key::Current) {
            None => {
                let why = format!(
                    "name the certificate that is to be replaced, so that it happens once; the order has {now} now"
                );
                refusals.push((Key::Current, why));
            }
            Some(typed) if Thumbprint::parse(typed).is_err() => {
                refusals.push((Key::Current, "a thumbprint has 40 hexadecimal digits".to_owned()));
            }
            Some(_) => {}
        }
    }
    if waits_for_proof(order, observed, rules, now) {
        refusals.extend(verify::refusals(observed, inputs));
    }
    refusals
}

pub(super) async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = verify::observe(client, inputs).await?;
    let Some(order) = seen.order.here().cloned() else { return Ok(seen) };
    let (history, all) =
        futures::join!(orders::actions(client, &order.id), certificates::around(client, &order.id));
    let all = all?;
    if let Some(error) = &all.left_out {
        seen.leave_out("List the certificates of the other resource groups", error);
    }
    let is_import = |one: &PrivateCertificate| {
        one.vault
            .as_ref()
            .is_some_and(|secret| order.stored.iter().any(|stored| stored.secret.same_secret(secret)))
    };
    let imports = all.all.into_iter().filter(is_import).collect();
    if let Some(history) = seen.spare("Read the history of the order", history)? {
        let proofs =
            history.iter().filter(|action| action.kind.eq_ignore_ascii_case("DomainValidationComplete"));
        seen.proven = proofs.filter_map(|action| action.at).max().into();
    }
    seen.certificates = Seen::Here(imports);
    Ok(seen)
}

/// Until when the last proof of the domain serves; none where there is no proof.
fn proof_ends(observed: &Observed, rules: &Rules, now: Timestamp) -> Option<Timestamp> {
    Some(*observed.proven.here()? + rules.span(Period::OrderVerificationReuse, now).duration())
}

/// Whether the certificate authority waits for a person (A170–A172). The order has no word for it: it is
/// pending, and its last proof no longer serves; or it stays pending for longer than it takes with a proof
/// that serves, so the authority wants another one, independent of what is known of its rules.
fn waits_for_proof(order: &Order, observed: &Observed, rules: &Rules, now: Timestamp) -> bool {
    verify::is_pending(order)
        && (proof_ends(observed, rules, now).is_none_or(|end| end < now) || is_overdue(observed, rules, now))
}

/// Whether nothing has happened for longer than an issuance takes: neither was it asked for from here, nor
/// was the domain proved. What another machine or Azure itself asked for may have begun at any time.
fn is_overdue(observed: &Observed, rules: &Rules, now: Timestamp) -> bool {
    let usual = rules.span(Period::OrderIssuance, now).duration();
    let last = observed.renewal_asked().into_iter().chain(observed.proven.here().copied()).max();
    last.is_none_or(|last| last + usual < now)
}

/// The steps after the request: the proof where one is asked for, the wait, and what came of it.
pub(super) fn follow_up(case: &Case<'_>) -> Vec<Step> {
    let order = case.observed.order.here();
    let mut steps = Vec::new();
    if order.is_some_and(|order| waits_for_proof(order, case.observed, case.rules, case.now)) {
        let why = proof_ends(case.observed, case.rules, case.now).filter(|end| *end >= case.now).map(|end| {
            format!("the last proof should serve until {}, but the order stays pending: the authority may want a new one", day(end))
        });
        let mut proof = verify::steps(case);
        proof.retain(|step| step.id != StepId::ISSUED);
        for (nth, step) in proof.into_iter().enumerate() {
            steps.push(match why.as_ref().filter(|_| nth == 0) {
                Some(why) => step.fact("Why", why.as_str()),
                None => step,
            });
        }
    }
    steps.push(issued(case, order));
    steps
}

fn issued(case: &Case<'_>, order: Option<&Order>) -> Step {
    let longest = case.rules.span(Period::OrderIssuance, case.now);
    let step = |status| {
        Step::new(StepId::ISSUED, "Wait for the new certificate", status).explained(format!(
            "Usually within {longest}. Leaving does no harm: the order goes on in Azure, and the same command finds it \
             again. If it stays pending for longer, the domain has to be verified again (Step 2: Verify)."
        ))
    };
    let Some(order) = order else {
        return step(StepStatus::NeedsInput { key: Key::Order, why: "choose the order".to_owned() });
    };
    match stage(order, case.inputs) {
        Stage::UnderWay => {
            let on = format!("the certificate authority (status {})", order.status);
            step(StepStatus::Waiting { on, since: None, next_poll: POLL })
        }
        Stage::Followed => {
            let now = order.thumbprint.as_ref().map(Thumbprint::short).unwrap_or_default();
            let expires = order.expires.map(|at| format!(", valid until {}", day(at))).unwrap_or_default();
            verify::with_issued_names(
                step(StepStatus::Done(format!("the order has {now} now{expires}"))),
                order,
            )
        }
        Stage::Present | Stage::Unnamed | Stage::Barren => step(StepStatus::NeedsInput {
            key: Key::Current,
            why: "follows once it was asked for".to_owned(),
        }),
    }
}

/// Whether the private key is the customer's own: the order was asked for with their signing request, and
/// says so itself or in a stored certificate.
pub(super) fn keeps_own_key(order: &Order) -> bool {
    order.has_external_key
        || order.stored.iter().any(|stored| stored.secret.status == SecretStatus::ExternalPrivateKey)
}

/// Why certdeck asks for nothing new there: without a signing request Azure would make the next key itself.
pub(super) fn own_key(what: &str, order: &Order) -> Problem {
    Problem::new(
        format!("{what} {}", order.id.name()),
        "its private key is not in Azure: the order was asked for with a signing request (CSR), and a new one takes another",
    )
    .remedy("do it in the Azure portal with a new signing request, and upload the certificate with its key (:upload)")
    .code("ExternalPrivateKey")
}

/// Why nothing can follow an order without a live certificate.
pub(super) fn barren(what: &str, order: &Order) -> Problem {
    let what = format!("{what} {}", order.id.name());
    if order.status == OrderStatus::PendingIssuance {
        return Problem::new(what, "it has no certificate yet").remedy("do Step 2: Verify first (w)");
    }
    Problem::new(what, format!("its status is '{}'", order.status))
        .remedy("buy a new certificate, import it and bind it; this order cannot be revived")
        .code("RegistrationStatusNotSupportedForRenewal")
}

/// What every new certificate brings with it, independent of who asked for it: key, exports, apps, and
/// whether the domain has to be proved again (A170, A196).
pub(super) fn consequences(case: &Case<'_>, order: &Order, step: Step) -> Step {
    let interval = case.rules.span(Period::SyncInterval, case.now);
    let step = step
        .fact(
            "Key",
            "changes: a new private key. Clients that pin the old key or certificate stop trusting it",
        )
        .fact("Exports", exports(case, order));
    let imports: Vec<&str> = case
        .observed
        .certificates
        .here()
        .into_iter()
        .flatten()
        .map(|certificate| certificate.id.name())
        .collect();
    let step = if imports.is_empty() {
        step.fact("Apps", "no app has imported it")
    } else {
        let words = format!(
            "{} follow by Sync, the next page, or by themselves within {interval}",
            imports.join(", ")
        );
        step.fact("Apps", words)
    };
    let serves = case.rules.span(Period::OrderVerificationReuse, case.now);
    let proof = match (case.observed.proven.here(), proof_ends(case.observed, case.rules, case.now)) {
        (Some(proven), Some(end)) if end > case.now => {
            format!("given on {}, serves until {}: nothing to verify", day(*proven), day(end))
        }
        (Some(proven), _) => format!(
            "given on {}, more than {serves} ago: the order will wait until {} is verified again",
            day(*proven),
            order.domain
        ),
        (None, _) => "none is known: the order may wait until the domain is verified again".to_owned(),
    };
    step.fact("Domain proof", proof)
}

/// Which copies a new certificate leaves behind.
pub(super) fn exports(case: &Case<'_>, order: &Order) -> String {
    match going_stale(&case.observed.exports, order, None).as_slice() {
        [] => "copies go stale; this machine knows of none".to_owned(),
        files => format!("go stale, so export and install again: {}", files.join(", ")),
    }
}
