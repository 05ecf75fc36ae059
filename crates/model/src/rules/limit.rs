//! The limits that code can ask the rules for, grouped by the kind of value. Each limit has entries in
//! `assets/rules.toml` for every day from the specification's on; loading the rules checks this, so every
//! query has an answer.

use super::dated::{Dated, Tables};
use super::span::Span;

/// A limit of the platform or of a certificate authority.
pub trait Limit: Copy + 'static {
    /// The type of the limit's value.
    type Value: Clone;
    /// Every limit of this kind, in the order of its table.
    const ALL: &'static [Self];

    /// Its name in `assets/rules.toml` and in messages.
    fn id(self) -> &'static str;

    #[doc(hidden)]
    fn entries(self, tables: &Tables) -> &Dated<Self::Value>;
}

macro_rules! limits {
    ($(#[$doc:meta])* $kind:ident -> $value:ty, in $table:ident {
        $($(#[$words:meta])* $limit:ident = $id:literal),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $kind {
            $($(#[$words])* $limit),*
        }

        impl Limit for $kind {
            type Value = $value;
            const ALL: &'static [Self] = &[$(Self::$limit),*];

            fn id(self) -> &'static str {
                match self {
                    $(Self::$limit => $id),*
                }
            }

            fn entries(self, tables: &Tables) -> &Dated<$value> {
                &tables.$table[self as usize]
            }
        }
    };
}

limits! {
    /// Lengths of time.
    Period -> Span, in periods {
        /// How long one certificate of an order is valid.
        OrderCertificateLifetime = "order-certificate-lifetime",
        /// How long a new order waits for the verification of its domain before it ends.
        OrderVerificationDeadline = "order-verification-deadline",
        /// What one payment for an order covers.
        OrderTerm = "order-term",
        /// How long before the end of the paid term a person can renew an order.
        OrderManualRenewal = "order-manual-renewal",
        /// How long before the end Azure renews an order by itself.
        OrderAutoRenewal = "order-auto-renewal",
        /// How long one proof of a domain serves for renewals and rekeys.
        OrderVerificationReuse = "order-verification-reuse",
        /// How long the issue takes at most once the domain is verified.
        OrderIssuance = "order-issuance",
        /// How long the old certificate stays valid after a rekey, unless its key is compromised.
        OrderRekeyGrace = "order-rekey-grace",
        /// How often App Service looks for a new certificate in a vault.
        SyncInterval = "sync-interval",
        /// The shortest time for which a vault keeps deleted secrets.
        VaultRetentionShortest = "vault-retention-shortest",
        /// The longest time for which a vault keeps deleted secrets.
        VaultRetentionLongest = "vault-retention-longest",
        /// How long a free managed certificate is valid, by the day of its issue.
        ManagedLifetime = "managed-lifetime",
        /// How long before its end Azure renews a managed certificate, by the day of its issue.
        ManagedRenewal = "managed-renewal",
        /// How long it takes at most until a permission that was granted is in force.
        GrantArrival = "grant-arrival",
        /// The pause between two tries with a permission that may not be in force yet.
        GrantArrivalPoll = "grant-arrival-poll",
        /// How long a certificate that browsers trust can be valid, by the day of its issue.
        PublicLifetime = "public-certificate-lifetime",
        /// The age from which the built-in public suffix list may be out of date.
        PublicSuffixListAge = "public-suffix-list-age",
    }
}

limits! {
    /// Counts; `None` if the platform sets no limit.
    Count -> Option<i64>, in counts {
        /// The orders that one subscription can have.
        OrderPurchaseLimit = "order-purchase-limit",
        /// The characters that the hostname of a managed certificate can have.
        ManagedHostnameLength = "managed-hostname-length",
        /// The private key certificates that one webspace can have.
        WebspaceCertificates = "webspace-certificates",
        /// The private key certificates that an app on a Flex Consumption plan can have.
        FlexCertificates = "flex-certificates",
        /// The tags that one resource can have.
        TagsOfResource = "tags-of-resource",
        /// The characters that the name of a tag can have.
        TagNameLength = "tag-name-length",
        /// The characters that the value of a tag can have.
        TagValueLength = "tag-value-length",
    }
}

limits! {
    /// Single words.
    Name -> String, in words {
        /// The domain that a CAA record must name so that an order can be issued.
        OrderCaaIssuer = "order-caa-issuer",
        /// `charged` or `free`: the cost of a manual renewal before the day of the automatic one.
        OrderEarlyRenewal = "order-early-renewal",
        /// The domain that a CAA record must name so that a managed certificate can be issued.
        ManagedCaaIssuer = "managed-caa-issuer",
        /// The oldest api-version that manages key vaults.
        VaultOldestVersion = "vault-oldest-version",
        /// The permission model of a new vault if the request does not state one.
        VaultModelUnsaid = "vault-model-unsaid",
        /// The oldest api-version that App Service answers.
        WebOldestVersion = "web-oldest-version",
    }
}

limits! {
    /// Lists; empty if there is no restriction.
    Names -> Vec<String>, in lists {
        /// The verification methods that leave `www` out of the certificate.
        OrderMethodsWithoutWww = "order-methods-without-www",
        /// The verification methods that no longer prove a domain.
        OrderMethodsEnded = "order-methods-ended",
        /// The file names below `/.well-known/pki-validation/` that the CA may request.
        OrderVerificationPages = "order-verification-pages",
        /// The permission models, `access-policy` or `rbac`, of vaults in which orders can be stored.
        OrderVaultModels = "order-vault-models",
        /// The secret permissions that `Microsoft.Azure.CertificateRegistration` needs in a vault.
        RegistrarSecretPermissions = "registrar-secret-permissions",
        /// The certificate permissions that `Microsoft.Azure.CertificateRegistration` needs in a vault.
        RegistrarCertificatePermissions = "registrar-certificate-permissions",
        /// The secret permissions that `Microsoft.Azure.WebSites` needs in a vault.
        WebsitesSecretPermissions = "websites-secret-permissions",
        /// The certificate permissions that `Microsoft.Azure.WebSites` needs in a vault.
        WebsitesCertificatePermissions = "websites-certificate-permissions",
        /// The common names of CAs that browsers stop trusting.
        HierarchiesEnding = "hierarchies-ending",
        /// The tiers of App Service plans whose apps can have no TLS binding.
        TiersWithoutBindings = "tiers-without-bindings",
        /// The tiers of App Service plans whose apps can have no custom hostname.
        TiersWithoutHostnames = "tiers-without-hostnames",
        /// The tiers of App Service plans whose apps can have no IP-based binding.
        TiersWithoutIpBindings = "tiers-without-ip-bindings",
        /// The domains over which a CNAME record may lead to the app of a managed certificate.
        ManagedDetours = "managed-detours",
        /// The kinds of hostname, `apex` or `subdomain`, whose app must be open to the public for a managed
        /// certificate.
        ManagedOpenToAll = "managed-open-to-all",
        /// The kinds of hostname that need a CNAME record to the app for a managed certificate.
        ManagedCnameOnly = "managed-cname-only",
        /// The versions that an app can have as its minimum TLS version, such as `1.2`.
        TlsVersions = "tls-versions",
        /// The TLS versions that are deprecated.
        TlsVersionsBroken = "tls-versions-broken",
        /// The TLS versions that the front ends refuse, regardless of the settings of the app.
        TlsVersionsRefused = "tls-versions-refused",
        /// The permission models, `access-policy` or `rbac`, of vaults that App Service imports from.
        ImportVaultModels = "import-vault-models",
        /// The sources, such as `order`, whose vault must be in the subscription of the app.
        ImportVaultScope = "import-vault-scope",
        /// The CAs with which Key Vault renews certificates.
        VaultRenewingProviders = "vault-renewing-providers",
        /// The changes for which Resource Manager requires a second factor from people.
        MfaForChanges = "mfa-for-changes",
        /// The ways to sign in, such as `device code`, that Microsoft blocks in many tenants.
        SignInBlocked = "sign-in-blocked",
        /// The api-versions with which the contents of vaults can be read.
        VaultDataVersions = "vault-data-versions",
        /// The characters that the name of a tag cannot contain.
        TagNameForbidden = "tag-name-forbidden",
    }
}
