//! Who may do what in a vault: what the two first-party principals need, what they have, and the smallest
//! grant that closes the gap, under access policies and under RBAC (A113–A120, C15–C17).

use jiff::Timestamp;

use super::by_hand::ByHand;
use super::{Case, Observed, Principal, Seen, Step, StepStatus};
use crate::azure::{Request, graph, roles, vaults};
use crate::model::{AccessPolicy, Problem, ResourceId, Vault};
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
    /// The resource provider whose registration brings it into a tenant.
    fn provider(self) -> &'static str {
        match self {
            Self::Registrar => "Microsoft.CertificateRegistration",
            Self::Websites => "Microsoft.Web",
        }
    }

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

    /// The built-in role that suffices (C15, C16).
    pub fn role(self) -> &'static str {
        self.roles().0
    }

    /// The built-in role that suffices, and those that include it.
    fn roles(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Registrar => (
                roles::KEY_VAULT_SECRETS_OFFICER,
                &[roles::KEY_VAULT_SECRETS_OFFICER, roles::KEY_VAULT_ADMINISTRATOR],
            ),
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
pub(super) enum Access {
    Granted,
    /// What is missing, in words, and the changes that would grant it: none where the object id is not known.
    Missing {
        what: String,
        grant: Vec<Request>,
        by_hand: ByHand,
    },
    /// The principal or its roles could not be read; nothing is claimed.
    Unknown {
        why: String,
        by_hand: ByHand,
    },
    /// The tenant has no such principal.
    NoPrincipal(Problem),
}

/// A firewall without an exception, which no grant can mend. `what` could not be done (C21).
pub(super) fn closed_to_services(vault: &Vault, what: &str) -> Option<Problem> {
    (!vault.public_network && !vault.trusted_services).then(|| {
        Problem::new(what, "the vault's firewall closes it to Azure's own services too")
            .remedy("in the vault's networking, allow trusted Microsoft services to bypass the firewall")
            .code("C21")
    })
}

/// Judges one principal by what was seen. `held_roles` are (principal, role definition) pairs on the vault.
pub(super) fn judge(
    case: &Case<'_>,
    party: Party,
    vault: &Vault,
    held_roles: &Seen<Vec<(String, String)>>,
) -> Access {
    let Observed { registrar, websites, .. } = case.observed;
    let principal = if party == Party::Registrar { registrar } else { websites };
    let by_hand = by_hand(case, party, vault);
    match principal {
        Seen::Absent => Access::NoPrincipal(no_principal(party, &vault.id)),
        Seen::NotAsked => unidentified(case, party, vault, by_hand),
        Seen::Here(principal) if vault.rbac => by_role(party, principal, vault, held_roles, by_hand),
        Seen::Here(principal) => by_policy(party, principal, vault, case.rules, case.now, by_hand),
    }
}

/// The commands that grant the principal what it needs.
fn by_hand(case: &Case<'_>, party: Party, vault: &Vault) -> ByHand {
    let app_id = match party {
        Party::Registrar => graph::CERTIFICATE_REGISTRATION,
        Party::Websites => case.observed.websites_app_id.unwrap_or(graph::WEBSITES),
    };
    ByHand::new(party, app_id, vault, &party.policy("", case.rules, case.now))
}

/// Its provider was never registered for a subscription of the tenant.
pub(super) fn no_principal(party: Party, vault: &ResourceId) -> Problem {
    let (name, provider) = (party.words(), party.provider());
    Problem::new(format!("Let {name} use {}", vault.name()), format!("the tenant has no service principal of {name}"))
        .remedy(format!(
            "register the resource provider, which brings it: az provider register --namespace {provider} --subscription {}",
            vault.subscription_id()
        ))
        .code("MissingSubscriptionRegistration")
}

/// Without an object id it is known only that a vault lacks the policy if no policy of it gives as much.
fn unidentified(case: &Case<'_>, party: Party, vault: &Vault, by_hand: ByHand) -> Access {
    let why = case.observed.directory.as_deref().unwrap_or("it was not asked");
    let why = format!("the object id of {} is not known: {why}", party.words());
    let wanted = party.policy("", case.rules, case.now);
    let gives = |policy: &AccessPolicy| missing(&wanted, Some(policy)).is_empty();
    if vault.rbac || vault.policies.iter().any(gives) {
        return Access::Unknown { why, by_hand };
    }
    let what = format!("{} lacks {}", party.words(), missing(&wanted, None).join(" and "));
    Access::Missing { what, grant: Vec::new(), by_hand }
}

fn by_role(
    party: Party,
    principal: &Principal,
    vault: &Vault,
    held: &Seen<Vec<(String, String)>>,
    by_hand: ByHand,
) -> Access {
    let Some(held) = held.here() else {
        return Access::Unknown {
            why: "the role assignments on the vault could not be read".to_owned(),
            by_hand,
        };
    };
    let (grant, enough) = party.roles();
    let has = held.iter().any(|(who, role)| {
        who.eq_ignore_ascii_case(&principal.object_id)
            && enough.iter().any(|wanted| role.to_ascii_lowercase().ends_with(*wanted))
    });
    if has {
        return Access::Granted;
    }
    Access::Missing {
        what: format!("{} lacks the role {} on the vault", party.words(), roles::role_words(grant)),
        grant: vec![roles::assign(&vault.id, &principal.object_id, grant)],
        by_hand,
    }
}

fn by_policy(
    party: Party,
    principal: &Principal,
    vault: &Vault,
    rules: &Rules,
    now: Timestamp,
    by_hand: ByHand,
) -> Access {
    let wanted = party.policy(&principal.object_id, rules, now);
    let held =
        vault.policies.iter().find(|policy| policy.object_id.eq_ignore_ascii_case(&principal.object_id));
    let missing = missing(&wanted, held);
    if missing.is_empty() {
        return Access::Granted;
    }
    let what = format!("{} lacks {}", party.words(), missing.join(" and "));
    Access::Missing { what, grant: vec![vaults::grant(vault, party.words(), &[wanted])], by_hand }
}

/// `secret permissions get, list`, for each kind of which something is missing.
fn missing(wanted: &AccessPolicy, held: Option<&AccessPolicy>) -> Vec<String> {
    let lacks = |wanted: &[String], held: Option<&Vec<String>>| -> Vec<String> {
        let held = held.map_or(&[][..], Vec::as_slice);
        wanted.iter().filter(|permission| !AccessPolicy::grants(held, permission)).cloned().collect()
    };
    let secrets = lacks(&wanted.secrets, held.map(|policy| &policy.secrets));
    let certificates = lacks(&wanted.certificates, held.map(|policy| &policy.certificates));
    let kinds = [("secret", secrets), ("certificate", certificates)];
    let missing = kinds.iter().filter(|(_, list)| !list.is_empty());
    missing.map(|(kind, list)| format!("{kind} permissions {}", list.join(", "))).collect()
}

/// A step that grants what is missing. What can be granted from here is ready as `ready` says; what cannot,
/// because an object id is not known, is blocked with the commands for an admin; what is not known is left to
/// the service to judge.
pub(super) fn granting(
    step: Step,
    accesses: impl IntoIterator<Item = Access>,
    ready: StepStatus,
    done: &str,
) -> Step {
    let (mut missing, mut grants, mut by_hand): (Vec<String>, Vec<Request>, ByHand) = Default::default();
    let (mut unknown, mut is_out_of_reach) = (None, false);
    for access in accesses {
        match access {
            Access::Granted => {}
            Access::NoPrincipal(problem) => return Step { status: StepStatus::Blocked(problem), ..step },
            Access::Unknown { why, by_hand: commands } => {
                by_hand.extend(commands);
                unknown = Some(why);
            }
            Access::Missing { what, .. } if missing.contains(&what) => {}
            Access::Missing { what, grant, by_hand: commands } => {
                by_hand.extend(commands);
                is_out_of_reach |= grant.is_empty();
                missing.push(what);
                grants.extend(grant);
            }
        }
    }
    let status = match (missing.is_empty(), unknown) {
        (true, None) => StepStatus::Done(done.to_owned()),
        (true, Some(why)) => {
            StepStatus::NotNeeded(format!("the permissions could not be read from here: {why}"))
        }
        (false, _) if grants.is_empty() && is_out_of_reach => {
            let why = format!(
                "{}; it cannot be granted from here, because the object id is not known",
                missing.join("; ")
            );
            StepStatus::Blocked(Problem::new(&*step.title, why).remedy(by_hand.remedy()))
        }
        (false, _) => ready,
    };
    let commands = if matches!(status, StepStatus::NotNeeded(_)) && !by_hand.is_empty() {
        by_hand.facts().to_vec()
    } else {
        Vec::new()
    };
    let mut step = Step { status, ..step };
    step.facts.extend(missing.into_iter().map(|what| ("Missing".to_owned(), what)));
    step.facts.extend(commands);
    step.sending(grants).by_hand(by_hand)
}
