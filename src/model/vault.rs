//! Key vaults as far as certificates need them: where they are and who may use them.

use super::ResourceId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessPolicy {
    pub object_id: String,
    /// As written by whoever set them: compare case-insensitively (API.md 3.3, trap E2).
    pub secrets: Vec<String>,
    pub certificates: Vec<String>,
}

impl AccessPolicy {
    /// Whether `held` grants `wanted`; `all` grants everything.
    pub fn grants(held: &[String], wanted: &str) -> bool {
        held.iter().any(|have| have.eq_ignore_ascii_case(wanted) || have.eq_ignore_ascii_case("all"))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault {
    pub id: ResourceId,
    pub location: String,
    /// `https://NAME.vault.azure.net/`, as the service hands it out.
    pub uri: String,
    pub tenant_id: String,
    /// `standard` or `premium`.
    pub sku: String,
    /// The permission model: role assignments if set, else access policies.
    pub rbac: bool,
    pub policies: Vec<AccessPolicy>,
    pub public_network: bool,
    pub trusted_services: bool,
    pub provisioning_state: String,
}
