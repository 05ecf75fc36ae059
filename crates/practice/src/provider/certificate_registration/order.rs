//! An App Service certificate order as it is stored, and as the API shows it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::names::{Product, VerificationMethod};
use crate::{
    ca::{
        Issued,
        facts::{CertificateFacts, order_block, without_zone},
    },
    calendar::{AUTO_RENEWAL_DAYS, MANUAL_RENEWAL_DAYS, days},
    context::CloudContext,
    id::ArmId,
    material::{Base64Bytes, Material},
    reply::Fault,
};

pub(crate) const KIND: &str = "Microsoft.CertificateRegistration/certificateOrders";
pub(crate) const KIND_KEY: &str = "microsoft.certificateregistration/certificateorders";

/// The state of an order, in the service's spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Pendingissuance,
    Issued,
    PendingRekey,
    Denied,
    Expired,
}

/// The state of the last change to the resource itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Provisioning {
    InProgress,
    Succeeded,
    Failed,
}

/// The events of an order's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    CertificateOrderCreated,
    DomainValidationComplete,
    SanDrop,
    CertificateIssued,
    CertificateOrderCanceled,
    CertificateExpired,
}

/// What the CA is currently asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingRequest {
    pub kind: PendingKind,
    pub since: Timestamp,
    pub key_size: u16,
    /// The customer's own signing request; the private key then never comes here.
    pub csr: Option<String>,
    /// How long the earlier certificate stays in force after a rekey.
    #[serde(default)]
    pub revoke_after_hours: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PendingKind {
    First,
    Rekey,
    /// Another certificate within the paid term.
    Reissue,
    /// Another year.
    Renewal,
}

/// A proof of ownership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnershipProof {
    pub method: VerificationMethod,
    pub at: Timestamp,
}

/// Where an order's certificate is stored, and the state of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub name: String,
    /// Id of the vault.
    pub vault: String,
    pub secret: String,
    /// One of the service's provisioning states of a key vault secret.
    pub state: String,
    #[serde(default)]
    pub tags: Value,
}

/// The certificate in force; Base64 DER.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Current {
    pub leaf: String,
    pub chain: Vec<String>,
    pub csr: String,
    pub issued_at: Timestamp,
    /// PKCS#8 in Base64; `None` when the key is the customer's own.
    key: Option<Hidden>,
}

/// Text that must not appear in logs.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

impl Current {
    pub(crate) fn new(issued: &Issued, at: Timestamp) -> Self {
        Self {
            leaf: BASE64.encode(&issued.leaf),
            chain: issued.chain.iter().map(|der| BASE64.encode(der)).collect(),
            csr: issued.csr.clone(),
            issued_at: at,
            key: issued.key.as_ref().map(|key| Hidden(BASE64.encode(key))),
        }
    }

    /// The leaf, DER.
    pub(crate) fn leaf(&self) -> Vec<u8> {
        der(&self.leaf)
    }

    /// Everything that a PFX contains, unless the customer holds the key.
    pub(crate) fn material(&self) -> Option<Material> {
        let chain = self.chain.iter().map(|one| Base64Bytes(der(one))).collect();
        self.key.as_ref().map(|key| Material { leaf: self.leaf(), chain, key: Zeroizing::new(der(&key.0)) })
    }

    /// The facts in the leaf.
    pub(crate) fn facts(&self) -> Result<CertificateFacts, Fault> {
        CertificateFacts::read(&der(&self.leaf)).map_err(broken)
    }
}

/// An order. Kept with the private parts, because it may hold a key; clients see [`OrderRecord::show`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OrderRecord {
    /// In Azure's casing.
    pub id: String,
    pub tags: Value,
    pub product: Product,
    pub common_name: String,
    pub key_size: u16,
    pub auto_renew: bool,
    pub validity_in_years: i64,
    pub token: String,
    pub status: Status,
    pub provisioning: Provisioning,
    pub created: Timestamp,
    /// The end of the paid term; certificates may end earlier (C10).
    pub term_end: Option<Timestamp>,
    pub stored: Vec<Stored>,
    pub current: Option<Current>,
    /// The earlier leaves, Base64 DER, oldest first.
    #[serde(default)]
    pub former: Vec<String>,
    pub pending: Option<PendingRequest>,
    pub proof: Option<OwnershipProof>,
    /// The owner approved a verification mail that was sent for the pending request.
    pub mail_approved: bool,
    pub history: Vec<(Event, Timestamp)>,
}

impl OrderRecord {
    /// The order at an id, in any casing; `None` if there is none.
    pub(crate) fn find(ctx: &CloudContext<'_>, id: &ArmId) -> Result<Option<Self>, Fault> {
        if id.kind() == KIND_KEY { ctx.private(id) } else { Ok(None) }
    }

    /// The order, or ARM's 404.
    pub(crate) fn need(ctx: &CloudContext<'_>, id: &ArmId) -> Result<Self, Fault> {
        Self::find(ctx, id)?.ok_or_else(|| Fault::not_found(id))
    }

    /// Saves the order and the resource that shows it.
    pub(crate) fn save(&self, ctx: &CloudContext<'_>) -> Result<(), Fault> {
        let id = self.resource_id();
        ctx.save_private(&id, self)?;
        ctx.save(&id, &self.show(ctx.now)?)
    }

    pub(crate) fn resource_id(&self) -> ArmId {
        ArmId::parse(&self.id)
    }

    /// `CN=contoso.com`
    pub(crate) fn distinguished_name(&self) -> String {
        format!("CN={}", self.common_name)
    }

    /// Puts a certificate in force; the earlier one is remembered.
    pub(crate) fn put_in_force(&mut self, issued: Current) {
        let before = self.current.replace(issued);
        self.former.extend(before.map(|before| before.leaf));
    }

    /// Every leaf that was ever issued for the order, DER.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = Vec<u8>> {
        self.former.iter().chain(self.current.iter().map(|current| &current.leaf)).map(|leaf| der(leaf))
    }

    /// Adds an event to the timeline.
    pub(crate) fn note(&mut self, event: Event, at: Timestamp) {
        self.history.push((event, at));
    }

    /// The reasons why the order cannot be renewed now; empty when it can.
    pub(crate) fn not_renewable(&self, now: Timestamp) -> Vec<&'static str> {
        let mut reasons = Vec::new();
        if self.status != Status::Issued {
            reasons.push("RegistrationStatusNotSupportedForRenewal");
        }
        let opens = self.term_end.map(|end| end - days(MANUAL_RENEWAL_DAYS.at(now)));
        if opens.is_none_or(|opens| now < opens) {
            reasons.push("ExpirationNotInRenewalTimeRange");
        }
        reasons
    }

    /// The resource as GET shows it.
    pub(crate) fn show(&self, now: Timestamp) -> Result<Value, Fault> {
        let mut stored = Map::new();
        for one in &self.stored {
            stored.insert(one.name.clone(), one.properties());
        }
        let mut properties = json!({
            "certificates": stored,
            "distinguishedName": self.distinguished_name(),
            "domainVerificationToken": self.token,
            "validityInYears": self.validity_in_years,
            "keySize": self.key_size,
            "productType": self.product.word(),
            "autoRenew": self.auto_renew,
            "provisioningState": self.provisioning,
            "status": self.status,
            "signedCertificate": null,
            "csr": null,
            "intermediate": null,
            "root": null,
            "serialNumber": null,
            "lastCertificateIssuanceTime": null,
            "expirationTime": self.term_end.map(without_zone),
            "isPrivateKeyExternal": false,
            "appServiceCertificateNotRenewableReasons": self.not_renewable(now),
            "nextAutoRenewalTimeStamp": null,
            "contact": null,
        });
        if let Some(current) = &self.current {
            let block = |text: &str| order_block(&der(text)).map_err(broken);
            properties["signedCertificate"] = block(&current.leaf)?;
            if let [intermediate, root] = current.chain.as_slice() {
                properties["intermediate"] = block(intermediate)?;
                properties["root"] = block(root)?;
            }
            properties["csr"] = current.csr.clone().into();
            properties["serialNumber"] = current.facts()?.serial_decimal.into();
            properties["lastCertificateIssuanceTime"] = without_zone(current.issued_at).into();
            properties["isPrivateKeyExternal"] = current.key.is_none().into();
        }
        if self.auto_renew && self.status == Status::Issued {
            let next = self.term_end.map(|end| end - days(AUTO_RENEWAL_DAYS));
            properties["nextAutoRenewalTimeStamp"] = json!(next.map(without_zone));
        }
        Ok(json!({
            "id": self.id,
            "name": self.resource_id().name(),
            "type": KIND,
            "location": "global",
            "tags": self.tags,
            "properties": properties,
        }))
    }
}

impl Stored {
    /// As an entry of the order's map, and as the properties of the child resource.
    pub(crate) fn properties(&self) -> Value {
        json!({
            // The service returns vault ids in lower case, regardless of how they were sent.
            "keyVaultId": self.vault.to_lowercase(),
            "keyVaultSecretName": self.secret,
            "provisioningState": self.state,
        })
    }

    /// The child resource.
    pub(crate) fn show(&self, order: &OrderRecord) -> Value {
        json!({
            "id": format!("{}/certificates/{}", order.id, self.name),
            "name": self.name,
            "type": format!("{KIND}/certificates"),
            "location": "global",
            "tags": self.tags,
            "properties": self.properties(),
        })
    }
}

fn der(text: &str) -> Vec<u8> {
    BASE64.decode(text).unwrap_or_default()
}

/// The practice cloud's own certificate cannot be read: an internal error.
fn broken(error: impl fmt::Display) -> Fault {
    Fault::arm(500, "InternalServerError", error.to_string())
}
