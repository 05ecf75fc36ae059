//! An App Service certificate order as the service reports it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Estate, ResourceId, Tags, Thumbprint, VaultSecret};

/// The state of an order (`status` in the answer).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OrderStatus {
    /// The purchase is accepted; the domain has to be verified before the certificate is issued.
    PendingIssuance,
    /// The authority has issued the certificate.
    Issued,
    /// The authority has revoked the certificate.
    Revoked,
    /// The order was cancelled; its certificates count as revoked.
    Canceled,
    /// The authority refused to issue, such as for a domain that was not verified in time.
    Denied,
    /// The certificate is being revoked.
    PendingRevocation,
    /// A new certificate was requested and is not issued yet; the domain may have to be verified again.
    PendingRekey,
    /// Azure's value `Unused`; certdeck treats it like an order that is not issued yet.
    Unused,
    /// The paid term has ended.
    Expired,
    /// The order was not sent to the authority, or the answer has no status.
    NotSubmitted,
    /// A value this version does not know, as the service wrote it.
    Other(String),
}

impl OrderStatus {
    const NAMES: [(&'static str, Self); 10] = [
        ("Pendingissuance", Self::PendingIssuance),
        ("Issued", Self::Issued),
        ("Revoked", Self::Revoked),
        ("Canceled", Self::Canceled),
        ("Denied", Self::Denied),
        ("Pendingrevocation", Self::PendingRevocation),
        ("PendingRekey", Self::PendingRekey),
        ("Unused", Self::Unused),
        ("Expired", Self::Expired),
        ("NotSubmitted", Self::NotSubmitted),
    ];

    /// Parses the value of the answer regardless of its casing; an unknown one becomes [`Self::Other`].
    pub fn parse(text: &str) -> Self {
        Self::NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map_or_else(|| Self::Other(text.to_owned()), |(_, status)| status.clone())
    }

    /// Whether only a new purchase helps.
    pub fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Revoked | Self::Canceled | Self::Denied | Self::PendingRevocation | Self::Expired
        )
    }
}

impl OrderStatus {
    /// Whether the certificates of the order are revoked, or are being revoked: the authority revokes all
    /// certificates of a revoked order.
    pub fn is_revoked(&self) -> bool {
        matches!(self, Self::Revoked | Self::Canceled | Self::PendingRevocation)
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PendingIssuance => "Pending issuance",
            Self::Issued => "Issued",
            Self::Revoked => "Revoked",
            Self::Canceled => "Canceled",
            Self::Denied => "Denied",
            Self::PendingRevocation => "Pending revocation",
            Self::PendingRekey => "Pending rekey",
            Self::Unused => "Unused",
            Self::Expired => "Expired",
            Self::NotSubmitted => "Not submitted",
            Self::Other(text) => text,
        })
    }
}

/// `keyVaultSecretStatus` of a site certificate, and `provisioningState` of an order's stored certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretStatus {
    /// The link exists, and the service waits to write the secret.
    Initialized,
    /// The vault is ready, and the order is not issued yet.
    WaitingOnCertificateOrder,
    /// The certificate is in the vault.
    Succeeded,
    /// The order failed, so the vault gets no certificate.
    CertificateOrderFailed,
    /// The certificate service (`Microsoft.Azure.CertificateRegistration`) has no permission to write
    /// secrets.
    OperationNotPermittedOnKeyVault,
    /// App Service (`Microsoft.Azure.WebSites`) has no permission to read the secret.
    AzureServiceUnauthorizedToAccessKeyVault,
    /// The vault was deleted; it may be recoverable.
    KeyVaultDoesNotExist,
    /// The secret was deleted; it may be recoverable.
    KeyVaultSecretDoesNotExist,
    /// The service failed and gives no reason.
    UnknownError,
    /// The key was made outside of Azure, so Azure has no PFX to store or to sync.
    ExternalPrivateKey,
    /// The answer has no status, or one that this version does not know.
    #[default]
    Unknown,
}

impl SecretStatus {
    /// Name in the API, value, meaning, and the remedy (empty: nothing to do).
    const ALL: [(&'static str, Self, &'static str, &'static str); 11] = [
        (
            "Initialized",
            Self::Initialized,
            "the vault is linked; the secret is filled when the order is issued",
            "",
        ),
        (
            "WaitingOnCertificateOrder",
            Self::WaitingOnCertificateOrder,
            "the vault waits for the order to be issued",
            "verify the domain of the order; the secret is filled once it is issued",
        ),
        ("Succeeded", Self::Succeeded, "the certificate is in the vault", ""),
        (
            "CertificateOrderFailed",
            Self::CertificateOrderFailed,
            "the order failed, so nothing reached the vault",
            "buy a new certificate and import that one; a failed order cannot be revived",
        ),
        (
            "OperationNotPermittedOnKeyVault",
            Self::OperationNotPermittedOnKeyVault,
            "the certificate service may not write secrets to the vault",
            "do Step 1: Store again: it shows and grants what is missing",
        ),
        (
            "AzureServiceUnauthorizedToAccessKeyVault",
            Self::AzureServiceUnauthorizedToAccessKeyVault,
            "App Service has no permission to read the vault",
            "give App Service the permission on the vault again, then sync",
        ),
        (
            "KeyVaultDoesNotExist",
            Self::KeyVaultDoesNotExist,
            "the vault no longer exists",
            "recover the deleted vault (az keyvault recover), or store the order in another vault, import it there and bind it",
        ),
        (
            "KeyVaultSecretDoesNotExist",
            Self::KeyVaultSecretDoesNotExist,
            "the secret no longer exists in the vault",
            "recover the deleted secret (az keyvault secret recover), or for an order do Step 1: Store again; then sync",
        ),
        (
            "UnknownError",
            Self::UnknownError,
            "the service reports an unknown error with the vault",
            "look whether the secret is a PFX without a password and the vault is open to trusted services; then sync again",
        ),
        (
            "ExternalPrivateKey",
            Self::ExternalPrivateKey,
            "the private key is kept outside of Azure",
            "put the renewed certificate and your key together as a PFX and upload that; Azure cannot sync it",
        ),
        ("Unknown", Self::Unknown, "the service does not say", ""),
    ];

    /// Parses the value of the answer regardless of its casing; an unknown one becomes [`Self::Unknown`].
    pub fn parse(text: &str) -> Self {
        Self::ALL
            .iter()
            .find(|(name, ..)| name.eq_ignore_ascii_case(text))
            .map_or(Self::Unknown, |(_, status, ..)| status.clone())
    }

    /// The value as the API writes it.
    pub fn as_wire(&self) -> &'static str {
        Self::ALL.iter().find(|(_, status, ..)| status == self).map_or("Unknown", |(name, ..)| name)
    }

    /// One plain sentence, without a full stop.
    pub fn words(&self) -> &'static str {
        Self::ALL.iter().find(|(_, status, ..)| status == self).map_or("", |(_, _, words, _)| words)
    }

    /// What has to be done about it; empty if nothing.
    pub fn remedy(&self) -> &'static str {
        Self::ALL.iter().find(|(_, status, ..)| status == self).map_or("", |(.., remedy)| remedy)
    }

    /// Whether the vault refused a delivery; once it accepts deliveries again, repeating it helps.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::OperationNotPermittedOnKeyVault
                | Self::AzureServiceUnauthorizedToAccessKeyVault
                | Self::KeyVaultDoesNotExist
                | Self::KeyVaultSecretDoesNotExist
        )
    }

    /// Whether no renewal reaches App Service without a person.
    pub fn is_yours(&self) -> bool {
        self.is_trouble() || *self == Self::ExternalPrivateKey
    }

    /// Whether a person has to act before the vault can do its part.
    pub fn is_trouble(&self) -> bool {
        !matches!(
            self,
            Self::Initialized
                | Self::WaitingOnCertificateOrder
                | Self::Succeeded
                | Self::ExternalPrivateKey
                | Self::Unknown
        )
    }
}

/// What is bought: S1 Standard or W1 Wildcard (A73).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProductType {
    /// For one name; for a registered domain also its `www` name.
    Standard,
    /// For all direct subdomains of a domain, and the domain itself.
    Wildcard,
}

impl ProductType {
    /// The value of `productType` in requests.
    pub fn as_wire(self) -> &'static str {
        match self {
            Self::Standard => "StandardDomainValidatedSsl",
            Self::Wildcard => "StandardDomainValidatedWildCardSsl",
        }
    }

    /// The word that lists show.
    pub fn words(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Wildcard => "wildcard",
        }
    }
}

/// The link from an order to the vault secret that holds its certificate: the result of Step 1: Store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCertificate {
    /// The name of the link, a child resource of the order (`certificates/NAME`).
    pub name: String,
    /// The secret, with the state of the delivery to it.
    pub secret: VaultSecret,
}

/// An order of the resource type `Microsoft.CertificateRegistration/certificateOrders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The id of the order, which also names the subscription that pays for it.
    pub id: ResourceId,
    /// The state of the order at the authority.
    pub status: OrderStatus,
    /// The state of the last change of the resource, such as `Succeeded`, `InProgress` or `Deleting`; empty
    /// if the answer has none.
    pub provisioning_state: String,
    /// Absent if the service names a product that this version does not know.
    pub product: Option<ProductType>,
    /// The requested common name, without `CN=`.
    pub domain: String,
    /// The token to publish as proof of the domain (`domainVerificationToken`); `None` if the answer has
    /// none.
    pub token: Option<String>,
    /// Whether Azure renews the order before the paid term ends, and charges another term.
    pub auto_renew: bool,
    /// The links to vault secrets; empty if the order was not stored yet.
    pub stored: Vec<StoredCertificate>,
    /// The thumbprint, issue date and expiry of the current certificate, once there is one. Since March 2026
    /// a paid year has two certificates, so this expiry is not the term's (C10).
    pub thumbprint: Option<Thumbprint>,
    /// The time from which the current certificate is valid (`notBefore`).
    pub issued: Option<Timestamp>,
    /// The end of the current certificate (`notAfter`), not of the paid term.
    pub expires: Option<Timestamp>,
    /// The subject alternative names that are really in the certificate, read from it.
    pub names: Vec<String>,
    /// End of the paid term (`expirationTime`).
    pub term_ends: Option<Timestamp>,
    /// The time of the last issue (`lastCertificateIssuanceTime`); `None` if nothing was issued yet.
    pub last_issued: Option<Timestamp>,
    /// The day on which Azure will renew the order by itself (`nextAutoRenewalTimeStamp`); `None` if it
    /// reports none.
    pub next_auto_renewal: Option<Timestamp>,
    /// Azure's codes for why the order cannot be renewed now, such as `ExpirationNotInRenewalTimeRange`;
    /// empty if it can.
    pub not_renewable: Vec<String>,
    /// The serial number of the certificate, as the service writes it; `None` if it reports none.
    pub serial: Option<String>,
    /// Bits; `None` if the service does not report it.
    pub key_size: Option<u32>,
    /// Its private key is not Azure's: the certificate was requested with the customer's own signing request.
    pub has_external_key: bool,
    /// The tags; they are sent back with every write of the whole resource.
    pub tags: Tags,
}

/// How far an order is on its three steps, from what is there and not from steps that were remembered
/// (A82, A92).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Its certificate has a key vault that works.
    pub stored: bool,
    /// The CA has seen that the domain is the buyer's.
    pub verified: bool,
    /// An app can be bound to it.
    pub imported: bool,
}

impl Progress {
    /// Step 1, 2 and 3.
    pub fn steps(self) -> [bool; 3] {
        [self.stored, self.verified, self.imported]
    }

    /// The number of steps that are done, from 0 to 3.
    pub fn done(self) -> usize {
        self.steps().into_iter().filter(|done| *done).count()
    }
}

impl Order {
    /// `estate` is where its imports are looked for.
    pub fn progress(&self, estate: &Estate) -> Progress {
        Progress {
            stored: self.stored.iter().any(|stored| !stored.secret.status.is_trouble()),
            verified: matches!(self.status, OrderStatus::Issued | OrderStatus::PendingRekey),
            imported: estate.imports_of(self).next().is_some(),
        }
    }
}
