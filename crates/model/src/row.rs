//! A row of the estate: the one resource that a command or a flow is about.

use super::{Binding, Estate, Order, PrivateCertificate, PublicCertificate, ResourceId, Source};

/// A resource of the estate, borrowed from it.
#[derive(Debug, Clone, Copy)]
pub enum Row<'e> {
    /// A row of the private key certificates.
    Private(&'e PrivateCertificate),
    /// A row of the public certificates.
    Public(&'e PublicCertificate),
    /// A row of the certificate orders.
    Order(&'e Order),
    /// A row of the hostnames and their bindings.
    Binding(&'e Binding),
}

impl<'e> Row<'e> {
    /// The id of the resource; for a binding that of its `hostNameBindings` resource.
    pub fn id(self) -> ResourceId {
        match self {
            Self::Private(one) => one.id.clone(),
            Self::Public(one) => one.id.clone(),
            Self::Order(one) => one.id.clone(),
            Self::Binding(one) => one.id(),
        }
    }

    /// The private key certificate, or the one that secures the hostname.
    pub fn certificate(self, estate: &'e Estate) -> Option<&'e PrivateCertificate> {
        match self {
            Self::Private(one) => Some(one),
            Self::Binding(one) => estate.certificate_of(one),
            Self::Public(_) | Self::Order(_) => None,
        }
    }

    /// The order, or the one that the certificate comes from; none for what no order is behind.
    pub fn order(self, estate: &Estate) -> Option<ResourceId> {
        match self {
            Self::Order(one) => Some(one.id.clone()),
            Self::Private(one) => match estate.source(one) {
                Source::Order(order) => Some(order),
                Source::Uploaded | Source::KeyVault | Source::Managed => None,
            },
            Self::Public(_) | Self::Binding(_) => None,
        }
    }
}
