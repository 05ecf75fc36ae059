//! Who may do what with the contents of a vault: access policies, role assignments, firewall.

use std::net::Ipv4Addr;

use serde_json::Value;

use super::VaultRecord;
use crate::{
    arm::authorization::{BuiltInRole, roles_of},
    context::{CloudContext, text},
    principals::{CERTIFICATE_REGISTRATION, WEB_SITES},
    reply::Fault,
};

/// The kinds of vault contents that certificates need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentKind {
    Keys,
    Secrets,
    Certificates,
}

impl ContentKind {
    /// Its name in access policies.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Secrets => "secrets",
            Self::Certificates => "certificates",
        }
    }
}

/// One permission as access policies name it: `secrets get`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VaultPermission(pub ContentKind, pub &'static str);

impl VaultPermission {
    /// The same as roles name it: `secrets/getSecret/action`.
    pub(crate) fn action(self) -> String {
        let Self(contents, verb) = self;
        match (contents, verb) {
            (ContentKind::Secrets, "list") => "secrets/readMetadata/action".to_owned(),
            (ContentKind::Secrets, "get" | "set") => format!("secrets/{verb}Secret/action"),
            (ContentKind::Certificates, "managecontacts") => "certificatecontacts/write".to_owned(),
            (ContentKind::Certificates, "listissuers" | "getissuers") => "certificatecas/read".to_owned(),
            (ContentKind::Certificates, "setissuers") => "certificatecas/write".to_owned(),
            (ContentKind::Certificates, "deleteissuers") => "certificatecas/delete".to_owned(),
            (_, "get" | "list") => format!("{}/read", contents.word()),
            (_, "delete") => format!("{}/delete", contents.word()),
            _ => format!("{}/{verb}/action", contents.word()),
        }
    }
}

/// The vault's decision about a principal's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessDecision {
    Granted,
    /// The principal has some permissions here, but not this one.
    Lacking,
    /// No policy and no role names the principal.
    Unknown,
    /// The firewall stops the principal before permissions are checked.
    Firewall,
}

/// What a built-in role allows on the data plane: verbs on secrets, verbs on certificates (C15, C16). Roles
/// of the control plane allow nothing here.
fn verbs_of(role: BuiltInRole) -> (&'static [&'static str], &'static [&'static str]) {
    match role {
        BuiltInRole::Owner
        | BuiltInRole::Contributor
        | BuiltInRole::Reader
        | BuiltInRole::UserAccessAdministrator
        | BuiltInRole::WebsiteContributor
        | BuiltInRole::KeyVaultContributor => (&[], &[]),
        BuiltInRole::KeyVaultAdministrator => (&["all"], &["all"]),
        BuiltInRole::KeyVaultSecretsOfficer => (&["all"], &[]),
        BuiltInRole::KeyVaultSecretsUser => (&["get", "list"], &[]),
        BuiltInRole::KeyVaultCertificatesOfficer => (&[], &["all"]),
        BuiltInRole::KeyVaultCertificateUser => (&["get", "list"], &["get", "list"]),
        BuiltInRole::KeyVaultReader => (&["list"], &["get", "list"]),
    }
}

/// Whether `principal` (an object id) has the permission in the vault.
pub(crate) fn check(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    principal: &str,
    permission: VaultPermission,
) -> Result<AccessDecision, Fault> {
    if !firewall_admits(vault, principal) {
        return Ok(AccessDecision::Firewall);
    }
    if vault.flag("enableRbacAuthorization") {
        return by_role(ctx, vault, principal, permission);
    }
    Ok(by_policy(vault, principal, permission))
}

fn by_policy(
    vault: &VaultRecord,
    principal: &str,
    VaultPermission(contents, verb): VaultPermission,
) -> AccessDecision {
    let policies = vault.resource["properties"]["accessPolicies"].as_array();
    let mut own = policies
        .into_iter()
        .flatten()
        .filter(|policy| text(policy, "/objectId").eq_ignore_ascii_case(principal))
        .peekable();
    if own.peek().is_none() {
        return AccessDecision::Unknown;
    }
    let granted = own.any(|policy| {
        let verbs = policy["permissions"][contents.word()].as_array();
        verbs
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(|word| word.eq_ignore_ascii_case("all") || word.eq_ignore_ascii_case(verb))
    });
    if granted { AccessDecision::Granted } else { AccessDecision::Lacking }
}

fn by_role(
    ctx: &CloudContext<'_>,
    vault: &VaultRecord,
    principal: &str,
    VaultPermission(contents, verb): VaultPermission,
) -> Result<AccessDecision, Fault> {
    let mut verdict = AccessDecision::Unknown;
    for role in roles_of(ctx, principal, &vault.id)? {
        let (secrets, certificates) = verbs_of(role);
        let verbs = match contents {
            ContentKind::Keys if role == BuiltInRole::KeyVaultAdministrator => secrets,
            ContentKind::Keys
                if [BuiltInRole::KeyVaultReader, BuiltInRole::KeyVaultCertificateUser].contains(&role) =>
            {
                certificates
            }
            ContentKind::Keys => &[],
            ContentKind::Secrets => secrets,
            ContentKind::Certificates => certificates,
        };
        if verbs.contains(&"all") || verbs.contains(&verb) {
            return Ok(AccessDecision::Granted);
        }
        if !(secrets.is_empty() && certificates.is_empty()) {
            verdict = AccessDecision::Lacking;
        }
    }
    Ok(verdict)
}

/// Every caller comes from the loopback address; Azure's own services pass when the vault trusts them (C21).
fn firewall_admits(vault: &VaultRecord, principal: &str) -> bool {
    let properties = &vault.resource["properties"];
    let acls = &properties["networkAcls"];
    let closed = text(properties, "/publicNetworkAccess").eq_ignore_ascii_case("Disabled");
    if !closed && !text(acls, "/defaultAction").eq_ignore_ascii_case("Deny") {
        return true;
    }
    let trusted = [WEB_SITES, CERTIFICATE_REGISTRATION]
        .iter()
        .any(|service| service.object_id.eq_ignore_ascii_case(principal));
    let bypass = acls["bypass"].as_str().unwrap_or("AzureServices");
    if trusted {
        return bypass.eq_ignore_ascii_case("AzureServices");
    }
    let rules = acls["ipRules"].as_array();
    !closed && rules.into_iter().flatten().any(|rule| covers_loopback(text(rule, "/value")))
}

/// Whether a rule (`127.0.0.1`, `127.0.0.0/8`) admits this machine.
fn covers_loopback(rule: &str) -> bool {
    let (address, length) = rule.split_once('/').unwrap_or((rule, "32"));
    let (Ok(address), Ok(length @ 0..=32)) = (address.parse::<Ipv4Addr>(), length.parse::<u32>()) else {
        return false;
    };
    let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
    address.to_bits() & mask == Ipv4Addr::LOCALHOST.to_bits() & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_admits_this_machine_when_it_covers_its_address() {
        for (rule, admits) in [
            ("127.0.0.1", true),
            ("127.0.0.0/8", true),
            ("0.0.0.0/0", true),
            ("192.0.2.0/24", false),
            ("x", false),
        ] {
            assert_eq!(covers_loopback(rule), admits, "{rule}");
        }
    }
}
