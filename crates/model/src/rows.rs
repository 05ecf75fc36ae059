//! The rows of an estate as plain lists: what readers tell in parts, and what is kept on disk.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    App, Binding, Estate, Export, Gap, Order, Plan, PrivateCertificate, PublicCertificate, ResourceGroup,
    Revocation, Subscription, Upkeep, Vault,
};

/// The rows of an estate, or of a part of one, in the order in which they came.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct EstateRows {
    /// The time of the reading, by the service's clock; the latest of all parts.
    pub as_of: Timestamp,
    /// The subscriptions that were read, limited to those of the context if it names some.
    pub subscriptions: Vec<Subscription>,
    /// The resource groups of these subscriptions.
    pub groups: Vec<ResourceGroup>,
    /// The App Service plans, whose tiers decide which bindings their apps can have.
    pub plans: Vec<Plan>,
    /// The apps and their slots; a slot is an element of its own.
    pub apps: Vec<App>,
    /// The private key certificates of webspaces and of single apps.
    pub certificates: Vec<PrivateCertificate>,
    /// The public certificates of the apps that were asked for them.
    pub public_certificates: Vec<PublicCertificate>,
    /// The App Service certificate orders; none in a national cloud.
    pub orders: Vec<Order>,
    /// Every hostname of every app, with or without a certificate.
    pub bindings: Vec<Binding>,
    /// The key vaults, as Resource Manager lists them, without their contents.
    pub vaults: Vec<Vault>,
    /// What could not be read; empty if the reading is complete.
    pub gaps: Vec<Gap>,
    /// How vaults renew the certificates that were imported from them; read after everything else, and stored
    /// in a separate file.
    #[serde(skip)]
    pub upkeep: Vec<Upkeep>,
    /// Files to which certdeck wrote certificates, newest last (A196).
    pub exports: Vec<Export>,
    /// The revocations that certdeck requested.
    pub revocations: Vec<Revocation>,
}

impl EstateRows {
    /// The estate of these rows.
    #[must_use]
    pub fn indexed(self) -> Estate {
        let mut estate = Estate::default();
        estate.absorb(self);
        estate
    }

    /// Adds the rows of another part after these.
    pub fn append(&mut self, part: Self) {
        self.as_of = self.as_of.max(part.as_of);
        self.subscriptions.extend(part.subscriptions);
        self.groups.extend(part.groups);
        self.plans.extend(part.plans);
        self.apps.extend(part.apps);
        self.certificates.extend(part.certificates);
        self.public_certificates.extend(part.public_certificates);
        self.orders.extend(part.orders);
        self.bindings.extend(part.bindings);
        self.vaults.extend(part.vaults);
        self.gaps.extend(part.gaps);
        self.upkeep.extend(part.upkeep);
        self.exports.extend(part.exports);
        self.revocations.extend(part.revocations);
    }
}
