//! The limits that code can ask the rules for, grouped by the kind of value. Each limit has entries in
//! `assets/rules.toml` for every day from the specification's on; loading the rules checks this, so every
//! query has an answer.

use super::dated::{Dated, Tables};
use super::span::Span;

/// A limit of the platform or of a certificate authority.
pub trait Limit: Copy + 'static {
    type Value: Clone;
    const ALL: &'static [Self];

    /// Its name in `assets/rules.toml` and in messages.
    fn id(self) -> &'static str;

    #[doc(hidden)]
    fn entries(self, tables: &Tables) -> &Dated<Self::Value>;
}

macro_rules! limits {
    ($(#[$doc:meta])* $kind:ident -> $value:ty, in $table:ident { $($limit:ident = $id:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $kind {
            $($limit),*
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
        OrderCertificateLifetime = "order-certificate-lifetime",
        OrderVerificationDeadline = "order-verification-deadline",
        OrderTerm = "order-term",
        OrderManualRenewal = "order-manual-renewal",
        OrderAutoRenewal = "order-auto-renewal",
        OrderVerificationReuse = "order-verification-reuse",
        OrderIssuance = "order-issuance",
        OrderRekeyGrace = "order-rekey-grace",
        SyncInterval = "sync-interval",
        VaultRetentionShortest = "vault-retention-shortest",
        VaultRetentionLongest = "vault-retention-longest",
        ManagedLifetime = "managed-lifetime",
        ManagedRenewal = "managed-renewal",
        GrantArrival = "grant-arrival",
        GrantArrivalPoll = "grant-arrival-poll",
        PublicLifetime = "public-certificate-lifetime",
        PublicSuffixListAge = "public-suffix-list-age",
    }
}

limits! {
    /// Counts; `None` if the platform sets no limit.
    Count -> Option<i64>, in counts {
        OrderPurchaseLimit = "order-purchase-limit",
        ManagedHostnameLength = "managed-hostname-length",
        FlexCertificates = "flex-certificates",
        TagsOfResource = "tags-of-resource",
        TagNameLength = "tag-name-length",
        TagValueLength = "tag-value-length",
    }
}

limits! {
    /// Single words.
    Name -> String, in words {
        OrderCaaIssuer = "order-caa-issuer",
        OrderEarlyRenewal = "order-early-renewal",
        ManagedCaaIssuer = "managed-caa-issuer",
        VaultOldestVersion = "vault-oldest-version",
        VaultModelUnsaid = "vault-model-unsaid",
        WebOldestVersion = "web-oldest-version",
    }
}

limits! {
    /// Lists; empty if there is no restriction.
    Names -> Vec<String>, in lists {
        OrderMethodsWithoutWww = "order-methods-without-www",
        OrderMethodsEnded = "order-methods-ended",
        OrderVerificationPages = "order-verification-pages",
        OrderVaultModels = "order-vault-models",
        RegistrarSecretPermissions = "registrar-secret-permissions",
        RegistrarCertificatePermissions = "registrar-certificate-permissions",
        WebsitesSecretPermissions = "websites-secret-permissions",
        WebsitesCertificatePermissions = "websites-certificate-permissions",
        HierarchiesEnding = "hierarchies-ending",
        TiersWithoutBindings = "tiers-without-bindings",
        TiersWithoutHostnames = "tiers-without-hostnames",
        TiersWithoutIpBindings = "tiers-without-ip-bindings",
        ManagedDetours = "managed-detours",
        ManagedOpenToAll = "managed-open-to-all",
        ManagedCnameOnly = "managed-cname-only",
        TlsVersions = "tls-versions",
        TlsVersionsBroken = "tls-versions-broken",
        TlsVersionsRefused = "tls-versions-refused",
        ImportVaultModels = "import-vault-models",
        ImportVaultScope = "import-vault-scope",
        VaultRenewingProviders = "vault-renewing-providers",
        MfaForChanges = "mfa-for-changes",
        SignInBlocked = "sign-in-blocked",
        VaultDataVersions = "vault-data-versions",
        TagNameForbidden = "tag-name-forbidden",
    }
}
