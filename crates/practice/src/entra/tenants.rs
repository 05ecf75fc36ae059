//! The directories of the practice cloud: its own, and another one in which the person is a guest and no
//! application exists.

use serde_json::{Value, json};

/// A directory other than the practice cloud's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OtherTenant {
    pub id: &'static str,
    pub name: &'static str,
    pub domain: &'static str,
    /// The one subscription that trusts it.
    pub subscription: (&'static str, &'static str),
}

/// Where the person is a guest.
pub(crate) const GUEST: OtherTenant = OtherTenant {
    id: "fab21ca0-ce47-4dec-9001-0123456789ab",
    name: "Fabrikam",
    domain: "fabrikam.onmicrosoft.com",
    subscription: ("fab21ca0-5ab5-4dec-9002-0123456789ab", "Fabrikam Production"),
};

/// Whether the tenant in a path of the sign-in service, an id or a domain, is the guest's.
pub(crate) fn is_guests(tenant: &str) -> bool {
    [GUEST.id, GUEST.domain].iter().any(|known| known.eq_ignore_ascii_case(tenant))
}

/// A directory as ARM lists it.
pub(crate) fn described(id: &str, name: &str, domain: &str, is_home: bool) -> Value {
    json!({
        "id": format!("/tenants/{id}"),
        "tenantId": id,
        "countryCode": "US",
        "displayName": name,
        "domains": [domain],
        "defaultDomain": domain,
        "tenantCategory": if is_home { "Home" } else { "ProjectedBy" },
        "tenantType": "AAD",
    })
}
