//! What a vault does by itself before a certificate ends: at the trigger of its policy it makes a new version
//! (AutoRenew) if the policy names an issuer that can sign. The issuer `Unknown` cannot, and EmailContacts
//! only sends a mail.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    VaultRecord,
    certificate::{self, CertificateRecord},
    make,
};
use crate::{
    ca::facts::CertificateFacts,
    calendar::days,
    context::{CloudContext, text},
    jobs::{self, moment},
    reply::Fault,
};

/// The time until the vault asks its CA again after a refusal.
const ASKS_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// A version that is due for renewal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DueRenewal {
    vault: String,
    name: String,
    version: String,
}

/// Schedules a check of the newest version at the trigger of its policy.
pub(super) fn schedule(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    one: &CertificateRecord,
) -> Result<(), Fault> {
    let Some(at) = trigger(one) else { return Ok(()) };
    plan(ctx, vault, one, at.max(ctx.now))
}

fn plan(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    one: &CertificateRecord,
    at: Timestamp,
) -> Result<(), Fault> {
    let Some(newest) = one.latest() else { return Ok(()) };
    let due =
        DueRenewal { vault: vault.name().to_owned(), name: one.name.clone(), version: newest.id.clone() };
    ctx.at(at, &jobs::ScheduledJob::KeyVault(super::VaultJob::Lifetime(due)))
}

/// Makes the new version, unless there is one already or the policy has changed.
pub(super) fn run(ctx: &CloudContext<'_>, due: &DueRenewal) -> Result<(), Fault> {
    let Some(vault) = VaultRecord::named(ctx, &due.vault)? else { return Ok(()) };
    let found = certificate::find(ctx, &vault, &due.name)?.filter(|one| one.deleted.is_none());
    let is_due = |one: &CertificateRecord| {
        one.latest().is_some_and(|newest| newest.id == due.version)
            && trigger(one).is_some_and(|at| at <= ctx.now)
    };
    match found.filter(is_due) {
        Some(one) if !make::again(ctx, &vault, &one)? => plan(ctx, &vault, &one, moment(ctx.now, ASKS_AGAIN)),
        _ => Ok(()),
    }
}

/// When the policy has the newest version renewed; `None` if it does not.
fn trigger(one: &CertificateRecord) -> Option<Timestamp> {
    if text(&one.policy, "/issuer/name").eq_ignore_ascii_case("Unknown") {
        return None;
    }
    let facts = CertificateFacts::read(&one.latest()?.der()).ok()?;
    let actions = one.policy["lifetime_actions"].as_array()?;
    let renews = actions.iter().find(|action| text(action, "/action/action_type") == "AutoRenew")?;
    let number = |name: &str| renews.pointer(&format!("/trigger/{name}")).and_then(Value::as_i64);
    match (number("lifetime_percentage"), number("days_before_expiry")) {
        (Some(percentage), _) => {
            let life = facts.not_after.as_second() - facts.not_before.as_second();
            Some(moment(facts.not_before, SignedDuration::from_secs(life / 100 * percentage)))
        }
        (None, Some(before)) => Some((facts.not_after - days(before)).max(facts.not_before)),
        (None, None) => None,
    }
}
