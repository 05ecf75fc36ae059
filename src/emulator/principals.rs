//! The service principals of the practice tenant: the one that certdeck signs in as, and Microsoft's own.

/// A service principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal {
    pub app_id: &'static str,
    /// Its id in this tenant.
    pub object_id: &'static str,
    pub display_name: &'static str,
    /// The name Microsoft gave it, for `servicePrincipalNames`.
    pub service_name: &'static str,
}

/// Who a client that signs in with `Connection::client_id` is.
pub const CERTDECK: Principal = Principal {
    app_id: "5c0ffee0-ce47-4dec-a111-0123456789ab",
    object_id: "0b1ec71d-5c0f-4fee-b222-0123456789ab",
    display_name: "certdeck practice",
    service_name: "https://certdeck.contoso.example",
};

/// Microsoft.Azure.WebSites: reads vault secrets when a certificate is imported or synced.
pub const WEB_SITES: Principal = Principal {
    app_id: "abfa0a7c-a6b6-4736-8310-5855508787cd",
    object_id: "f8daea97-62e7-4026-becf-13c2ea98e8b4",
    display_name: "Microsoft Azure App Service",
    service_name: "Microsoft.Azure.WebSites",
};

/// Microsoft.Azure.CertificateRegistration: writes the certificate of an order into its vault.
pub const CERTIFICATE_REGISTRATION: Principal = Principal {
    app_id: "f3c21649-0979-4721-ac85-b0216b2cf413",
    object_id: "ed47c2a1-98b1-4d6a-8a3b-79e3b0d5c7f6",
    display_name: "Microsoft.Azure.CertificateRegistration",
    service_name: "Microsoft.Azure.CertificateRegistration",
};

pub const ALL: &[Principal] = &[CERTDECK, WEB_SITES, CERTIFICATE_REGISTRATION];
