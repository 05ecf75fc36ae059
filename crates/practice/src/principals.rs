//! The service principals of the practice tenant: those that a client can sign in as, and Microsoft's own.

use super::arm::authorization::BuiltInRole;

/// A service principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServicePrincipal {
    /// The application (client) id: the same in every tenant for Microsoft's own.
    pub app_id: &'static str,
    /// Its id in this tenant.
    pub object_id: &'static str,
    /// The name in answers of Microsoft Graph.
    pub display_name: &'static str,
    /// The name Microsoft gave it, for `servicePrincipalNames`.
    pub service_name: &'static str,
}

/// The identity of a client that signs in with `Connection::client_id`.
pub const CERTDECK: ServicePrincipal = ServicePrincipal {
    app_id: "5c0ffee0-ce47-4dec-a111-0123456789ab",
    object_id: "0b1ec71d-5c0f-4fee-b222-0123456789ab",
    display_name: "certdeck practice",
    service_name: "https://certdeck.contoso.example",
};

/// The same without any rights in the directory, as applications and managed identities are by default.
pub const PLAIN: ServicePrincipal = ServicePrincipal {
    app_id: "5c0ffee0-ce47-4dec-a112-0123456789ab",
    object_id: "0b1ec71d-5c0f-4fee-b223-0123456789ab",
    display_name: "certdeck practice without Graph",
    service_name: "https://plain.contoso.example",
};

/// Has the role Reader and no rights in the directory.
pub const READER: ServicePrincipal = ServicePrincipal {
    app_id: "5c0ffee0-ce47-4dec-a113-0123456789ab",
    object_id: "0b1ec71d-5c0f-4fee-b224-0123456789ab",
    display_name: "certdeck practice reader",
    service_name: "https://reader.contoso.example",
};

/// Microsoft.Azure.WebSites: reads vault secrets when a certificate is imported or synced.
pub const WEB_SITES: ServicePrincipal = ServicePrincipal {
    app_id: "abfa0a7c-a6b6-4736-8310-5855508787cd",
    object_id: "f8daea97-62e7-4026-becf-13c2ea98e8b4",
    display_name: "Microsoft Azure App Service",
    service_name: "Microsoft.Azure.WebSites",
};

/// Microsoft.Azure.CertificateRegistration: writes the certificate of an order into its vault.
pub const CERTIFICATE_REGISTRATION: ServicePrincipal = ServicePrincipal {
    app_id: "f3c21649-0979-4721-ac85-b0216b2cf413",
    object_id: "ed47c2a1-98b1-4d6a-8a3b-79e3b0d5c7f6",
    display_name: "Microsoft.Azure.CertificateRegistration",
    service_name: "Microsoft.Azure.CertificateRegistration",
};

pub(crate) const ALL: &[ServicePrincipal] = &[CERTDECK, PLAIN, READER, WEB_SITES, CERTIFICATE_REGISTRATION];

/// The rights of an identity that can sign in, besides its role assignments in a subscription.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignInAccount {
    pub(crate) principal: ServicePrincipal,
    /// Inherited by every subscription, as from the root management group.
    pub(crate) role: BuiltInRole,
    /// Whether Microsoft Graph answers it (`Application.Read.All`).
    pub(crate) reads_directory: bool,
}

/// The identities that can sign in.
pub(crate) const ACCOUNTS: &[SignInAccount] = &[
    SignInAccount { principal: CERTDECK, role: BuiltInRole::Owner, reads_directory: true },
    SignInAccount { principal: PLAIN, role: BuiltInRole::Owner, reads_directory: false },
    SignInAccount { principal: READER, role: BuiltInRole::Reader, reads_directory: false },
];

/// Finds an account by application id or object id.
pub(crate) fn account(id: &str) -> Option<&'static SignInAccount> {
    let is = |account: &&SignInAccount| {
        [account.principal.app_id, account.principal.object_id].iter().any(|own| own.eq_ignore_ascii_case(id))
    };
    ACCOUNTS.iter().find(is)
}
