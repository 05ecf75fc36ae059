//! Certificates that were revoked at the wish of somebody at this machine: with their order, or by a rekey.
//! Certificate authorities tell it in lists that Azure shows nowhere, so it is remembered here, and believed
//! where the cloud agrees.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Order, ResourceId, Thumbprint};

/// What a change revokes, as a plan says it before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revokes {
    pub order: ResourceId,
    pub thumbprint: Thumbprint,
    /// How long the certificate stays valid after the change.
    pub grace: SignedDuration,
}

impl Revokes {
    /// Nothing where the order has no certificate.
    pub fn by(order: &Order, grace: SignedDuration) -> Option<Self> {
        Some(Self { order: order.id.clone(), thumbprint: order.thumbprint.clone()?, grace })
    }

    /// The change is about to be sent.
    pub fn at(&self, now: Timestamp) -> Revocation {
        let at = now.checked_add(self.grace).unwrap_or(now);
        Revocation { at, order: self.order.clone(), thumbprint: self.thumbprint.clone() }
    }
}

/// What is remembered of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// From when on nobody trusts the certificate.
    pub at: Timestamp,
    pub order: ResourceId,
    pub thumbprint: Thumbprint,
}
