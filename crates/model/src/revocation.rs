//! Certificates that were revoked by a command on this machine: with their order, or by a rekey. Certificate
//! authorities publish this in lists that Azure does not show, so it is remembered here, and trusted if the
//! cloud agrees.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Order, ResourceId, Thumbprint};

/// What a change will revoke, as a plan shows it before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revokes {
    /// The order whose current certificate is revoked.
    pub order: ResourceId,
    /// The certificate that is revoked.
    pub thumbprint: Thumbprint,
    /// How long the certificate stays valid after the change.
    pub grace: SignedDuration,
}

impl Revokes {
    /// `None` if the order has no certificate.
    pub fn by(order: &Order, grace: SignedDuration) -> Option<Self> {
        Some(Self { order: order.id.clone(), thumbprint: order.thumbprint.clone()?, grace })
    }

    /// The record, made when the change is about to be sent.
    pub fn at(&self, now: Timestamp) -> Revocation {
        let at = now.checked_add(self.grace).unwrap_or(now);
        Revocation { at, order: self.order.clone(), thumbprint: self.thumbprint.clone() }
    }
}

/// The record of a revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The moment from which the certificate is no longer trusted.
    pub at: Timestamp,
    /// The order that the certificate belonged to.
    pub order: ResourceId,
    /// The certificate that was revoked.
    pub thumbprint: Thumbprint,
}
