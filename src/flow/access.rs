//! Who may do what in a vault: what the two first-party principals need, what they have, and the smallest grant
//! that closes the gap, under access policies and under RBAC (A113–A120, C15–C17, trap E2).

use jiff::Timestamp;

use super::{Principal, Seen};
use crate::azure::{Request, roles, vaults};
use crate::model::{AccessPolicy, Problem, Vault};
use crate::rules::{Names, Rules};

/// A first-party principal and what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// `Microsoft.Azure.CertificateRegistration` writes the issued certificate to the vault (A119).
    Registrar,
    /// `Microsoft.Azure.WebSites` reads it for App Service (A116).
    Websites,
}

impl Party {
    pub fn words(self) -> &'static str {
        match self {
            Self::Registrar => "Microsoft.Azure.CertificateRegistration",
            Self::Websites => "Microsoft Azure App Service",
        }
    }

    fn limits(self) -> (Names, Names) {
        match self {
            Self::Registrar => (Names::RegistrarSecretPermissions, Names::RegistrarCertificatePermissions),
            Self::Websites => (Names::WebsitesSecretPermissions, Names::WebsitesCertificatePermissions),
        }
    }

    /// The built-in role that suffices (C15, C16), and those that include it.
    fn roles(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Registrar => {
                (roles::KEY_VAULT_SECRETS_OFFICER, &[roles::KEY_VAULT_SECRETS_OFFICER, roles::KEY_VAULT_ADMINISTRATOR])
            }
            Self::Websites => (
                roles::KEY_VAULT_CERTIFICATE_USER,
                &[
                    roles::KEY_VAULT_CERTIFICATE_USER,
                    roles::KEY_VAULT_SECRETS_USER,
                    roles::KEY_VAULT_SECRETS_OFFICER,
                    roles::KEY_VAULT_ADMINISTRATOR,
                ],
            ),
        }
    }

    /// The whole access policy that this principal needs.
    pub fn policy(self, object_id: &str, rules: &Rules, now: Timestamp) -> AccessPolicy {
        let (secrets, certificates) = self.limits();
        AccessPolicy {
            object_id: object_id.to_owned(),
            secrets: rules.names(secrets, now).to_vec(),
            certificates: rules.names(certificates, now).to_vec(),
        }
    }
}

/// How a principal stands towards a vault.
#[derive(Debug, Clone, PartialEq)]
pub enum Access {
    Granted,
    /// What is missing, in words, and the changes that would grant it.
    Missing {
        what: String,
        grant: Vec<Request>,
    },
    /// The principal or its roles could not be read; nothing is claimed.
    Unknown,
}

/// A firewall without an exception, which no grant can mend. `what` could not be done (C21).
pub fn closed_to_services(vault: &Vault, what: &str) -> Option<Problem> {
    (!vault.public_network && !vault.trusted_services).then(|| {
        Problem::new(what, "the vault's firewall closes it to Azure's own services too")
            .remedy("in the vault's networking, allow trusted Microsoft services to bypass the firewall")
            .code("C21")
    })
}

/// Judges one principal. `held_roles` are (principal, role definition) pairs on the vault.
pub fn judge(
    party: Party,
    principal: &Seen<Principal>,
    vault: &Vault,
    held_roles: &Seen<Vec<(String, String)>>,
    rules: &Rules,
    now: Timestamp,
) -> Access {
    let Some(principal) = principal.here() else { return Access::Unknown };
    if vault.rbac { by_role(party, principal, vault, held_roles) } else { by_policy(party, principal, vault, rules, now) }
}

fn by_role(party: Party, principal: &Principal, vault: &Vault, held: &Seen<Vec<(String, String)>>) -> Access {
    let Some(held) = held.here() else { return Access::Unknown };
    let (grant, enough) = party.roles();
    let has = held.iter().any(|(who, role)| {
        who.eq_ignore_ascii_case(&principal.object_id) && enough.iter().any(|wanted| role.to_ascii_lowercase().ends_with(*wanted))
    });
    if has {
        return Access::Granted;
    }
    Access::Missing {
        what: format!("{} lacks the role {} on the vault", party.words(), roles::role_words(grant)),
        grant: vec![roles::assign(&vault.id, &principal.object_id, grant)],
    }
}

fn by_policy(party: Party, principal: &Principal, vault: &Vault, rules: &Rules, now: Timestamp) -> Access {
    let wanted = party.policy(&principal.object_id, rules, now);
    let held = vault.policies.iter().find(|policy| policy.object_id.eq_ignore_ascii_case(&principal.object_id));
    let lacks = |wanted: &[String], held: Option<&Vec<String>>| -> Vec<String> {
        let held = held.map_or(&[][..], Vec::as_slice);
        wanted.iter().filter(|permission| !AccessPolicy::grants(held, permission)).cloned().collect()
    };
    let secrets = lacks(&wanted.secrets, held.map(|policy| &policy.secrets));
    let certificates = lacks(&wanted.certificates, held.map(|policy| &policy.certificates));
    let kinds = [("secret", secrets), ("certificate", certificates)];
    let missing: Vec<String> = kinds
        .iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(kind, list)| format!("{kind} permissions {}", list.join(", ")))
        .collect();
    if missing.is_empty() {
        return Access::Granted;
    }
    Access::Missing {
        what: format!("{} lacks {}", party.words(), missing.join(" and ")),
        grant: vec![vaults::grant(vault, &[wanted])],
    }
}
