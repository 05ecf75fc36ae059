//! Key vaults as far as certificates need them: where they are and who may use them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ResourceId, Tags, Thumbprint};

/// The permissions of one identity in a vault that uses access policies; those for keys are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPolicy {
    /// The object id of the user, group or service principal in the tenant.
    pub object_id: String,
    /// In the casing in which they were set: compare case-insensitively.
    pub secrets: Vec<String>,
    /// The permissions for certificates, such as `get` or `import`.
    pub certificates: Vec<String>,
}

impl AccessPolicy {
    /// Whether `held` grants `wanted`; `all` grants everything.
    pub fn grants(held: &[String], wanted: &str) -> bool {
        held.iter().any(|have| have.eq_ignore_ascii_case(wanted) || have.eq_ignore_ascii_case("all"))
    }
}

/// A key vault, as Resource Manager describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vault {
    /// The id of the `Microsoft.KeyVault/vaults` resource.
    pub id: ResourceId,
    /// The region as the service writes it; empty if the answer has none.
    pub location: String,
    /// `https://NAME.vault.azure.net/`, as the service returns it.
    pub uri: String,
    /// The tenant that the vault trusts, a GUID.
    pub tenant_id: String,
    /// `standard` or `premium`.
    pub sku: String,
    /// The permission model: role assignments if set, else access policies.
    pub rbac: bool,
    /// The access policies; without effect while [`Self::rbac`] is set.
    pub policies: Vec<AccessPolicy>,
    /// Whether the vault accepts connections from every network.
    pub public_network: bool,
    /// Whether trusted Microsoft services reach the vault past its firewall (`bypass`).
    pub trusted_services: bool,
    /// The state of the last change of the vault, such as `Succeeded` or `RegisteringDns`; empty if the
    /// answer has none.
    pub provisioning_state: String,
    /// The tags of the vault.
    pub tags: Tags,
}

/// A certificate in a vault, from its list and its policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultCertificate {
    /// The name in the vault, which is also the name of its secret.
    pub name: String,
    /// Absent while it is being issued.
    pub thumbprint: Option<Thumbprint>,
    /// Whether the current version is enabled.
    pub is_enabled: bool,
    /// The time from which the current version is valid; `None` if the answer has none.
    pub starts: Option<Timestamp>,
    /// The time at which the current version ends; `None` if the answer has none.
    pub expires: Option<Timestamp>,
    /// The subject's distinguished name; empty if the answer has none.
    pub subject: String,
    /// The policy for its versions; `None` if it was not read.
    pub policy: Option<CertificatePolicy>,
}

/// How the vault makes and keeps a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificatePolicy {
    /// `application/x-pkcs12` or `application/x-pem-file`.
    pub content_type: String,
    /// `RSA`, `EC`, `RSA-HSM` …
    pub key_type: String,
    /// The size of the key in bits; `None` if the policy has none.
    pub key_bits: Option<i64>,
    /// Whether the private key can be read from the vault; App Service needs that.
    pub is_exportable: bool,
    /// Object identifiers of its extended key usage.
    pub purposes: Vec<String>,
    /// The DNS names that the policy requests for a new version.
    pub hosts: Vec<String>,
}
