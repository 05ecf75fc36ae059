//! Key vaults as far as certificates need them: where they are and who may use them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ResourceId, Tags, Thumbprint};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPolicy {
    pub object_id: String,
    /// In the casing in which they were set: compare case-insensitively.
    pub secrets: Vec<String>,
    pub certificates: Vec<String>,
}

impl AccessPolicy {
    /// Whether `held` grants `wanted`; `all` grants everything.
    pub fn grants(held: &[String], wanted: &str) -> bool {
        held.iter().any(|have| have.eq_ignore_ascii_case(wanted) || have.eq_ignore_ascii_case("all"))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vault {
    pub id: ResourceId,
    pub location: String,
    /// `https://NAME.vault.azure.net/`, as the service returns it.
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
    pub tags: Tags,
}

/// A certificate in a vault, from its list and its policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultCertificate {
    pub name: String,
    /// Absent while it is being issued.
    pub thumbprint: Option<Thumbprint>,
    pub is_enabled: bool,
    pub starts: Option<Timestamp>,
    pub expires: Option<Timestamp>,
    pub subject: String,
    pub policy: Option<CertificatePolicy>,
}

/// How the vault makes and keeps a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificatePolicy {
    /// `application/x-pkcs12` or `application/x-pem-file`.
    pub content_type: String,
    /// `RSA`, `EC`, `RSA-HSM` …
    pub key_type: String,
    pub key_bits: Option<i64>,
    pub is_exportable: bool,
    /// Object identifiers of its extended key usage.
    pub purposes: Vec<String>,
    pub hosts: Vec<String>,
}
