//! The api-version of every service, in one place.

use certdeck_model::ResourceId;

/// Subscriptions and tenants.
pub const SUBSCRIPTIONS: &str = "2022-12-01";
/// Resource groups, the list of all resources, and the registration of providers.
pub const GROUPS: &str = "2024-03-01";
/// App Service: plans, apps, slots, bindings, and certificates of webspaces.
pub const WEB: &str = "2023-12-01";
/// Certificates of one app: older versions do not have them.
pub const SITE_CERTIFICATES: &str = "2024-11-01";
/// Certificate orders and their stored certificates.
pub const ORDERS: &str = "2024-11-01";
/// App Service Domains.
pub const DOMAINS: &str = "2023-12-01";
/// Older ones retire on 2027-02-27 (C41; rule vault-oldest-version).
pub const VAULTS: &str = "2026-02-01";
/// The data plane of a vault.
pub const VAULT_DATA: &str = "7.4";
/// Management locks.
pub const LOCKS: &str = "2020-05-01";
/// Role assignments, and the permissions of the caller.
pub const ROLES: &str = "2022-04-01";
/// The endpoints of a cloud.
pub const METADATA: &str = "2022-09-01";
/// Queries to Resource Graph.
pub const RESOURCE_GRAPH: &str = "2022-10-01";
/// Microsoft Graph has its version in the path.
pub const GRAPH: &str = "";

/// Every service with the version that this build uses, for people.
pub const ALL: [(&str, &str); 9] = [
    ("Microsoft.Web", WEB),
    ("Microsoft.CertificateRegistration", ORDERS),
    ("Microsoft.DomainRegistration", DOMAINS),
    ("Microsoft.KeyVault", VAULTS),
    ("contents of vaults", VAULT_DATA),
    ("Microsoft.Authorization", ROLES),
    ("locks", LOCKS),
    ("Microsoft.Resources", GROUPS),
    ("Microsoft.ResourceGraph", RESOURCE_GRAPH),
];

/// The version for any resource of the estate.
pub fn of(id: &ResourceId) -> &'static str {
    let providers = [
        ("microsoft.certificateregistration", ORDERS),
        ("microsoft.domainregistration", DOMAINS),
        ("microsoft.keyvault", VAULTS),
        ("microsoft.web", WEB),
    ];
    if id.segment("sites").is_some() && id.segment("certificates").is_some() {
        return SITE_CERTIFICATES;
    }
    let path = id.as_str().to_ascii_lowercase();
    let provider =
        path.rsplit("/providers/").next().and_then(|rest| rest.split('/').next()).unwrap_or_default();
    providers.into_iter().find(|(known, _)| *known == provider).map_or(GROUPS, |(_, version)| version)
}
