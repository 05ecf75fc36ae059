//! How a key vault renews one of its certificates before it ends: its policy, the issuer that the policy
//! names, and the last request for a version. It never reads a key or the value of a secret.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::client::Client;
use super::error::AzureError;
use super::request::{Plane, Request};
use super::{json, version, x509};
use certdeck_model::Thumbprint;
use certdeck_model::upkeep::{Account, ActionKind, Issuer, Kept, LifetimeAction, Operation, Trigger};

/// The newest version of a certificate with its policy and its last request; `None` if the vault has no such
/// certificate. The account of a named issuer has to be read separately (`account`).
pub async fn read(client: &Client, vault: &str, name: &str) -> Result<Option<Kept>, AzureError> {
    let what = format!("Read the certificate {name} and its policy");
    let Some(bundle) = client.read(&of_vault(vault, what, format!("/certificates/{name}"))).await? else {
        return Ok(None);
    };
    let mut kept = decode(&bundle);
    // The vault names the request of an issuer only while there is one; imported certificates have none.
    if kept.issuer != Issuer::Unknown || bundle.get("pending").is_some_and(Value::is_object) {
        let request = of_vault(
            vault,
            format!("Read the last request for {name}"),
            format!("/certificates/{name}/pending"),
        );
        kept.operation = client.read(&request).await?.as_ref().and_then(decode_operation);
    }
    Ok(Some(kept))
}

/// The thumbprints of the newest versions in a vault, by name: they tell whether a version is new.
pub async fn versions(client: &Client, vault: &str) -> Result<Vec<(String, Thumbprint)>, AzureError> {
    let request =
        of_vault(vault, "List the certificates of the vault".to_owned(), "/certificates".to_owned());
    client.list_as(&request, |one| Some((name(one)?.0, thumbprint(one)?))).await
}

/// The account at a CA of an issuer, by the issuer's name.
pub async fn account(client: &Client, vault: &str, issuer: &str) -> Result<Account, AzureError> {
    let request = of_vault(
        vault,
        format!("Read the issuer {issuer} of the vault"),
        format!("/certificates/issuers/{issuer}"),
    );
    let found = client.read(&request).await?;
    Ok(found.as_ref().and_then(decode_account).unwrap_or(Account::Missing))
}

fn of_vault(vault: &str, what: String, path: String) -> Request {
    Request::get(what, path, version::VAULT_DATA).on(Plane::Vault(vault.to_owned()))
}

/// The name and, if the id has one, the version.
fn name(value: &Value) -> Option<(String, String)> {
    let id = json::text(value, "/id")?;
    let mut parts = id.split("/certificates/").nth(1)?.split('/');
    Some((parts.next()?.to_owned(), parts.next().unwrap_or_default().to_owned()))
}

fn thumbprint(value: &Value) -> Option<Thumbprint> {
    let digest = URL_SAFE_NO_PAD.decode(json::text(value, "/x5t")?).ok()?;
    Some(Thumbprint::from_sha1(&digest.try_into().ok()?))
}

/// Reads a bundle: a version with the policy of its certificate.
pub fn decode(value: &Value) -> Kept {
    let actions = value.pointer("/policy/lifetime_actions").and_then(Value::as_array);
    Kept {
        version: name(value).unwrap_or_default().1.into(),
        thumbprint: thumbprint(value),
        is_enabled: value.pointer("/attributes/enabled").and_then(Value::as_bool) != Some(false),
        made: json::time(value, "/attributes/created"),
        starts: json::time(value, "/attributes/nbf"),
        expires: json::time(value, "/attributes/exp"),
        is_self_signed: json::text(value, "/cer")
            .and_then(|cer| x509::facts(&cer))
            .map(|facts| facts.is_self_signed),
        issuer: decode_issuer(json::text(value, "/policy/issuer/name")),
        actions: actions.into_iter().flatten().map(decode_action).collect(),
        months: value
            .pointer("/policy/x509_props/validity_months")
            .and_then(Value::as_i64)
            .filter(|months| *months > 0),
        operation: None,
    }
}

/// A policy without an issuer has no certificate signed.
fn decode_issuer(name: Option<String>) -> Issuer {
    match name {
        Some(name) if name.eq_ignore_ascii_case("Self") => Issuer::Own,
        Some(name) if !name.eq_ignore_ascii_case("Unknown") => {
            Issuer::Named { name, account: Account::Unreadable("it was not asked".to_owned()) }
        }
        _ => Issuer::Unknown,
    }
}

fn decode_action(value: &Value) -> LifetimeAction {
    let kind = match json::text(value, "/action/action_type") {
        Some(kind) if kind.eq_ignore_ascii_case("AutoRenew") => ActionKind::AutoRenew,
        Some(kind) if kind.eq_ignore_ascii_case("EmailContacts") => ActionKind::EmailContacts,
        _ => ActionKind::Other,
    };
    let number = |member: &str| value.pointer(&format!("/trigger/{member}")).and_then(Value::as_i64);
    let trigger = number("lifetime_percentage")
        .map(Trigger::Percentage)
        .or_else(|| number("days_before_expiry").map(Trigger::DaysBeforeExpiry));
    LifetimeAction { kind, trigger }
}

fn decode_operation(value: &Value) -> Option<Operation> {
    let message = json::text(value, "/error/message");
    let error = message.or_else(|| json::text(value, "/error/code"));
    Some(Operation { status: json::text(value, "/status")?, error })
}

fn decode_account(value: &Value) -> Option<Account> {
    let is_enabled = value.pointer("/attributes/enabled").and_then(Value::as_bool) != Some(false);
    Some(Account::At { provider: json::text(value, "/provider")?, is_enabled })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_bundle_tells_version_policy_and_trigger() {
        let kept = decode(
            &json!({"id": "https://kv.vault.azure.net/certificates/api/0123", "x5t": "npc1xFx5KwOz_8ymFIUrMu5xrWs",
            "attributes": {"enabled": true, "nbf": 1_514_790_000, "exp": 4_701_913_200_i64, "created": 1_514_790_001},
            "policy": {"issuer": {"name": "self"}, "x509_props": {"validity_months": 12}, "lifetime_actions": [
                {"trigger": {"days_before_expiry": 90}, "action": {"action_type": "AutoRenew"}}]}}),
        );
        assert_eq!((kept.version.as_str(), &kept.issuer, kept.months), ("0123", &Issuer::Own, Some(12)));
        assert_eq!(
            kept.actions,
            [LifetimeAction { kind: ActionKind::AutoRenew, trigger: Some(Trigger::DaysBeforeExpiry(90)) }]
        );
        assert_eq!(kept.thumbprint.unwrap().as_str(), "9E9735C45C792B03B3FFCCA614852B32EE71AD6B");
    }

    #[test]
    fn a_policy_that_says_nothing_is_never_taken_for_one_that_renews() {
        let kept = decode(&json!({"id": "https://kv.vault.azure.net/certificates/api/0123", "policy": {}}));
        assert_eq!((kept.issuer, kept.actions.len(), kept.is_self_signed), (Issuer::Unknown, 0, None));
        let action = decode_action(&json!({"action": {"action_type": "Polish"}, "trigger": null}));
        assert_eq!(action, LifetimeAction { kind: ActionKind::Other, trigger: None });
    }

    #[test]
    fn the_error_of_the_last_request_comes_in_the_words_of_the_ca() {
        let failed = json!({"status": "failed", "error": {"code": "BadParameter", "message": "The account is locked."}});
        assert_eq!(decode_operation(&failed).unwrap().error.as_deref(), Some("The account is locked."));
        assert_eq!(decode_operation(&json!({"status": "completed", "error": null})).unwrap().error, None);
        let account = decode_account(&json!({"provider": "DigiCert", "attributes": {"enabled": false}}));
        assert_eq!(account, Some(Account::At { provider: "DigiCert".to_owned(), is_enabled: false }));
    }
}
