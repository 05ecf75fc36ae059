//! What a certificate policy asks for: checked as the vault does, and translated into a profile for the CA.

use serde_json::Value;

use super::{
    VaultRecord,
    secret::{PEM_TYPE, PFX_TYPE},
};
use crate::{
    ca::{
        CommercialCa, KeyCurve, KeySource, LeafProfile,
        particulars::{Particulars, SubjectName},
    },
    calendar::days,
    context::{CloudContext, text},
    reply::Fault,
};

/// A hundred years.
const LONGEST_MONTHS: i64 = 1200;

/// Refuses what no vault accepts, even if no certificate is made of it now.
pub(super) fn check(vault: &VaultRecord, wanted: &Value) -> Result<(), Fault> {
    let key = &wanted["key_props"];
    let hsm = text(key, "/kty").ends_with("-HSM");
    if hsm && text(&vault.resource, "/properties/sku/name").eq_ignore_ascii_case("standard") {
        return Err(bad("Keys in hardware (RSA-HSM, EC-HSM) need a vault of the SKU premium."));
    }
    if hsm && key["exportable"] == true {
        return Err(bad("Property policy.key_props.exportable has to be false for a key in hardware."));
    }
    match wanted["secret_props"]["contentType"].as_str() {
        None | Some(PFX_TYPE | PEM_TYPE) => {}
        Some(other) => return Err(invalid("secret_props.contentType", other)),
    }
    let months = months(wanted);
    if !(1..=LONGEST_MONTHS).contains(&months) {
        return Err(invalid("x509_props.validity_months", &months.to_string()));
    }
    let actions = wanted["lifetime_actions"].as_array();
    actions.into_iter().flatten().try_for_each(check_action)
}

/// An action has one trigger and one of two types. More days than a short-lived certificate has are accepted:
/// az's default policy has them.
fn check_action(action: &Value) -> Result<(), Fault> {
    let number = |name: &str| action["trigger"][name].as_i64();
    let fits = match (number("lifetime_percentage"), number("days_before_expiry")) {
        (Some(percentage), None) => (1..100).contains(&percentage),
        (None, Some(days)) => days > 0,
        _ => {
            return Err(bad(
                "A lifetime action has either lifetime_percentage or days_before_expiry as its trigger.",
            ));
        }
    };
    if !fits {
        return Err(bad("The trigger of a lifetime action lies outside of the certificate's life."));
    }
    match text(action, "/action/action_type") {
        "EmailContacts" | "AutoRenew" => Ok(()),
        other => Err(invalid("lifetime_actions.action.action_type", other)),
    }
}

fn months(wanted: &Value) -> i64 {
    wanted["x509_props"]["validity_months"].as_i64().filter(|months| *months != 0).unwrap_or(12)
}

/// The profile to sign; `key` is set when the policy reuses the key.
pub(super) fn profile(
    ctx: &CloudContext<'_>,
    wanted: &Value,
    key: Option<KeySource>,
) -> Result<LeafProfile, Fault> {
    let x509 = &wanted["x509_props"];
    let subject = text(x509, "/subject");
    let subject = SubjectName::parse(subject).ok_or_else(|| invalid("x509_props.subject", subject))?;
    let common_name = subject.common_name().unwrap_or_default().to_owned();
    let mut names = words(&x509["sans"]["dns_names"]);
    let particulars = Particulars {
        subject,
        emails: words(&x509["sans"]["emails"]),
        user_names: words(&x509["sans"]["upns"]),
        extended_usages: words(&x509["ekus"]),
        usages: words(&x509["key_usage"]),
    };
    if common_name.is_empty()
        && names.is_empty()
        && particulars.emails.is_empty()
        && particulars.user_names.is_empty()
    {
        return Err(bad("Property policy.x509_props has to have a subject with a CN, or alternative names."));
    }
    if let Some(word) = particulars.fault() {
        return Err(invalid("x509_props", word));
    }
    if names.is_empty() && is_host(&common_name) {
        names.push(common_name.clone());
    }
    let key = key.map_or_else(|| new_key(&wanted["key_props"]), Ok)?;
    Ok(LeafProfile {
        common_name,
        names,
        key,
        not_before: ctx.now,
        not_after: ctx.now + days(months(wanted) * 365 / 12),
        issuer: CommercialCa::DigiCert,
        particulars: Some(particulars),
    })
}

/// A common name can be any text; as an alternative name it has to be a DNS name.
fn is_host(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.*_".contains(&byte))
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// The key that a policy asks for.
fn new_key(wanted: &Value) -> Result<KeySource, Fault> {
    match wanted["kty"].as_str().unwrap_or("RSA") {
        "RSA" | "RSA-HSM" => {
            let bits = wanted["key_size"].as_u64().unwrap_or(2048);
            Ok(KeySource::NewRsa(u16::try_from(bits).unwrap_or_default()))
        }
        "EC" | "EC-HSM" => match wanted["crv"].as_str().unwrap_or("P-256") {
            "P-256K" | "SECP256K1" => Err(bad(
                "The practice cloud makes no keys on the curve P-256K, although Key Vault does: what it signs with does not know \
                 the curve. Use P-256, P-384 or P-521 here.",
            )),
            name => KeyCurve::named(name).map(KeySource::NewEc).ok_or_else(|| invalid("key_props.crv", name)),
        },
        other => Err(invalid("key_props.kty", other)),
    }
}

fn invalid(property: &str, value: &str) -> Fault {
    bad(&format!("Property policy.{property} has an invalid value: '{value}'."))
}

fn bad(message: &str) -> Fault {
    Fault::vault(400, "BadParameter", message, None)
}
