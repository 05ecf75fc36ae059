//! Sync (A155, A180–A185): have App Service read the vault now instead of within a day, and prove that it
//! arrived: the thumbprints of the site certificates, the bindings, and what the hostnames serve.
//!
//! A certificate is in step when it has the thumbprint of what its secret holds now, so syncing again sends
//! nothing. Where that cannot be seen from here, App Service is asked once, and its answer counts.

mod form;
mod proof;

use jiff::SignedDuration;

use super::access::{Access, Party, granting, judge};
use super::arrival::Sign;
use super::definition::GRAPH;
use super::exports::going_stale;
use super::linked::{self, Linked, VaultStanding};
use super::principals;
use super::target::order_id;
use super::{
    Arrival, ByHand, Case, Consent, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Seen, Step, StepId,
    StepStatus, Subject, row,
};
use crate::azure::{AzureError, Client, certificates};
use crate::model::{Hostname, PrivateCertificate};
use crate::rules::Period;

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
        "Microsoft.Web/sites/certificates/write",
        "Microsoft.KeyVault/vaults/deploy/action",
        "Microsoft.KeyVault/vaults/accessPolicies/write",
        "Microsoft.Authorization/roleAssignments/write",
        "data:certificates/get",
        GRAPH,
    ],
    checklist: &["A155", "A174", "A180-A185", "A192-A194"],
    command: Some(FlowCommand::changing(
        "sync",
        "Sync",
        "Bring what the vault holds now to the apps that use it.",
    )),
    fits: row::with_a_vault,
    keys: "1, y",
    fields: |_, inputs| form::fields(inputs),
    suggest: form::suggest,
    refusals: |observed, inputs, _, _| form::refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

impl StepId {
    pub const NEWEST: Self = Self("newest");
    pub const SYNC: Self = Self("sync");
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(subscription) = form::subscription(inputs) else { return Ok(seen) };
    let order = order_id(inputs);
    let scope = inputs.get(Key::Scope).unwrap_or_default();
    let near = form::near(inputs).unwrap_or(subscription);
    let found = Box::pin(linked::observe(client, &near, |certificate, of| match scope {
        "all" => true,
        "order" => of.is_some_and(|of| Some(&of.id) == order.as_ref()),
        _ => form::names(certificate, inputs),
    }))
    .await?;
    if let Some(order) = order.filter(|_| scope == "order") {
        let known = found.linked.iter().find_map(|one| one.order.clone());
        seen.order = match known {
            Some(order) => Seen::Here(order),
            None => crate::azure::orders::get(client, &order).await?.into(),
        };
    }
    principals::observe(client, &mut seen).await?;
    found.left_out.iter().for_each(|(what, error)| seen.leave_out(what, error));
    seen.certificates = Seen::Here(found.all);
    seen.linked = Seen::Here(found.linked);
    Ok(seen)
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    vec![newest(case), access(case), sync(case), proof::moved(case), proof::served(case), proof::stuck(case)]
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
        VaultStanding::InStep => format!("in step: {}", short(&one.certificate)),
        VaultStanding::Behind(newest) => {
            format!("behind: it has {}, the vault has {}", short(&one.certificate), newest.short())
        }
        VaultStanding::Unknown(why) => {
            format!(
                "it has {}; whether the vault has a newer one cannot be seen: {why}",
                short(&one.certificate)
            )
        }
        VaultStanding::Troubled(status) => {
            format!("at its last round, {} ({})", status.words(), status.as_wire())
        }
        VaultStanding::Waits(on) => format!("waits for {on}"),
        VaultStanding::Stuck(problem) => format!("cannot be synced: {}", problem.why),
    }
}

fn newest(case: &Case<'_>) -> Step {
    let interval = case.rules.span(Period::SyncInterval, case.now);
    let step = |status| {
        Step::new(StepId::NEWEST, "See what the vault holds", status).explained(format!(
            "A certificate in a vault is renewed there: an order's by Azure, any other by the vault's issuer or by a new version \
             that you import into the vault. App Service reads each vault every {interval} and moves the bindings by itself; \
             Sync has it done now."
        ))
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    if case.observed.linked.here().is_none() {
        return step(StepStatus::Waiting {
            on: "a look at the certificates".to_owned(),
            since: None,
            next_poll: POLL,
        });
    }
    let all = linked(case);
    let waits = all.iter().find_map(|one| match one.standing() {
        VaultStanding::Waits(on) => Some(on),
        _ => None,
    });
    let behind = all.iter().filter(|one| matches!(one.standing(), VaultStanding::Behind(_))).count();
    let unseen = all.iter().filter(|one| matches!(one.standing(), VaultStanding::Unknown(_))).count();
    let status = match (waits, all.len(), behind, unseen) {
        (_, 0, ..) => {
            StepStatus::NotNeeded("no app has a certificate from there; import it first".to_owned())
        }
        (Some(on), ..) => StepStatus::Waiting { on, since: None, next_poll: POLL },
        (None, 1, 1, _) => StepStatus::Done("the vault has a newer certificate than App Service".to_owned()),
        (None, 1, 0, 1) => {
            StepStatus::NotNeeded("whether the vault has a newer one cannot be seen from here".to_owned())
        }
        (None, 1, ..) => StepStatus::Done("the vault has nothing newer".to_owned()),
        (None, count, behind, 0) => {
            StepStatus::Done(format!("{behind} of {count} certificates are behind their vaults"))
        }
        (None, count, behind, unseen) => {
            StepStatus::Done(format!("{behind} of {count} certificates are behind, {unseen} cannot be seen"))
        }
    };
    all.iter().fold(step(status), |step, one| step.fact(one.certificate.id.name(), standing_words(one)))
}

/// The permission has to stay for every renewal to come, not only for this Sync (A174).
fn access(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::APP_ACCESS, "Grant App Service access", status)
            .explained("App Service reads the secret at each Sync and each renewal; without the permission they fail silently.")
    };
    if linked(case).is_empty() {
        return step(StepStatus::NotNeeded("follows once there is something to sync".to_owned()));
    }
    // Where the app's own identity reads the vault, App Service's permissions do not count.
    let by_service = linked(case).iter().filter(|one| one.certificate.own.by_identity != Some(true));
    let accesses = by_service.filter(|one| !one.vault.is_absent()).map(|one| match one.vault.here() {
        None => Access::Unknown {
            why: format!("you may not read the vault {}", one.secret.vault.name()),
            by_hand: ByHand::default(),
        },
        Some(vault) => match judge(case, Party::Websites, vault, &one.roles) {
            Access::Missing { what, grant, by_hand } => {
                Access::Missing { what: format!("{what} {}", vault.id.name()), grant, by_hand }
            }
            other @ (Access::Granted | Access::Unknown { .. } | Access::NoPrincipal(_)) => other,
        },
    });
    granting(step(StepStatus::Ready), accesses, StepStatus::Ready, "App Service may read what it needs")
}

/// What the requests are for, those that are sure to work first: one that Azure refuses ends the step.
fn wanting<'a>(case: &Case<'a>) -> Vec<(&'a Linked, VaultStanding)> {
    let rank = |standing: &VaultStanding| match standing {
        VaultStanding::Behind(_) => Some(0),
        VaultStanding::Unknown(_) => Some(1),
        VaultStanding::Troubled(_) => Some(2),
        VaultStanding::InStep | VaultStanding::Waits(_) | VaultStanding::Stuck(_) => None,
    };
    let mut wanting: Vec<_> = linked(case)
        .iter()
        .map(|one| (one, one.standing()))
        .filter(|(_, standing)| rank(standing).is_some())
        .collect();
    wanting.sort_by_key(|(one, standing)| (rank(standing), one.secret.status.is_trouble()));
    wanting
}

fn sync(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::SYNC, "Sync", status).explained(
            "App Service reads the secret again and, where it holds a newer certificate, puts it into the bindings of the \
             webspace whose hostname it secures. No binding is removed, so nothing goes down.",
        )
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let wanting = wanting(case);
    if wanting.is_empty() {
        let in_step = linked(case).iter().filter(|one| one.standing() == VaultStanding::InStep).count();
        return step(match in_step {
            0 => StepStatus::NotNeeded("there is nothing that can be synced".to_owned()),
            count => StepStatus::Done(format!("{} in step with the vault", certificates_words(count))),
        });
    }
    let access = access(case);
    let is_granted = matches!(access.status, StepStatus::Done(_));
    let arrival = is_granted.then(|| Arrival::new(case, Sign::Refusal));
    let mut ready = step(StepStatus::Ready).arriving(arrival).by_hand(access.by_hand);
    if wanting.iter().all(|(_, standing)| matches!(standing, VaultStanding::Unknown(_))) {
        ready = ready.accepted_means("App Service has read the vault again");
    }
    for (one, standing) in &wanting {
        let hosts: Vec<&str> = one.bound.iter().map(|bound| bound.binding.host.as_str()).collect();
        let moves = if hosts.is_empty() { "no hostname is bound to it".to_owned() } else { hosts.join(", ") };
        let change = match standing {
            VaultStanding::Behind(newest) => {
                format!("{} to {}; {moves}", short(&one.certificate), newest.short())
            }
            _ => format!("reads the vault again; {moves}"),
        };
        ready = ready.fact(one.certificate.id.name(), change);
    }
    for (one, _) in &wanting {
        let stay: Vec<&str> = one.would_stay().into_iter().map(Hostname::as_str).collect();
        if !stay.is_empty() {
            ready = ready.fact(
                "Stays behind",
                format!(
                    "{}: the new certificate does not secure it, so it stays on {}, also once that is revoked or has expired",
                    stay.join(", "),
                    short(&one.certificate)
                ),
            );
        }
    }
    let stale: Vec<String> = wanting
        .iter()
        .filter_map(|(one, _)| {
            Some(going_stale(
                &case.observed.exports,
                one.order.as_ref()?,
                one.order.as_ref()?.thumbprint.as_ref(),
            ))
        })
        .flatten()
        .collect();
    if !stale.is_empty() {
        ready = ready.fact(
            "Exports",
            format!("a Sync does not reach them; export and install again: {}", stale.join(", ")),
        );
    }
    let breaks: Vec<(String, Vec<&Hostname>)> =
        wanting.iter().filter_map(|(one, _)| one.would_break(case.now)).collect();
    let why = breaks.first().map(|(why, _)| why.clone()).unwrap_or_default();
    let broken = breaks.iter().flat_map(|(_, hosts)| hosts.iter().map(ToString::to_string));
    let ready = ready.consent(Consent::interrupting(
        format!("Browsers warn from now on where a good certificate was: {why}."),
        broken,
    ));
    ready.sending(
        wanting
            .iter()
            .map(|(one, _)| certificates::sync(&one.certificate, &one.secret, one.plan.as_ref()))
            .collect(),
    )
}

#[cfg(test)]
mod tests;
