//! Everything that was read in one look at the cloud, and the joins over it.
//! The service knows no "source" of a certificate and no "used by": both are derived here.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{
    App, Binding, Export, Order, Plan, PrivateCertificate, PublicCertificate, ResourceGroup, ResourceId, Source, SslState,
    Subscription, Thumbprint, Vault,
};

/// A part of the estate that could not be read, by name: shown, never an empty list instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What is missing, such as `certificate orders of Contoso Test`.
    pub what: String,
    pub why: String,
}

/// Who has to act before a certificate expires (A156).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhoActs {
    You,
    Azure,
}

impl WhoActs {
    pub fn words(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Azure => "Azure",
        }
    }
}

/// A snapshot: read once, shared, never changed.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    pub as_of: Timestamp,
    pub subscriptions: Vec<Subscription>,
    pub groups: Vec<ResourceGroup>,
    pub plans: Vec<Plan>,
    pub apps: Vec<App>,
    pub certificates: Vec<PrivateCertificate>,
    pub public_certificates: Vec<PublicCertificate>,
    pub orders: Vec<Order>,
    pub bindings: Vec<Binding>,
    pub vaults: Vec<Vault>,
    pub gaps: Vec<Gap>,
    /// Files that certificates were written to from here, newest last (A196).
    pub exports: Vec<Export>,
    index: Index,
}

#[derive(Debug, Clone, Default)]
struct Index {
    apps: HashMap<ResourceId, usize>,
    orders: HashMap<ResourceId, usize>,
    bindings_by_thumbprint: HashMap<Thumbprint, Vec<usize>>,
    certificates_by_thumbprint: HashMap<Thumbprint, Vec<usize>>,
    certificates_by_secret: HashMap<(ResourceId, String), Vec<usize>>,
    /// From vault and lower-case secret name to the order that stores its certificate there.
    orders_by_secret: HashMap<(ResourceId, String), ResourceId>,
}

/// How many rows of the indexed kinds there are.
#[derive(Debug, Default)]
struct Lengths {
    apps: usize,
    bindings: usize,
    certificates: usize,
    orders: usize,
}

impl Lengths {
    fn of(estate: &Estate) -> Self {
        Self {
            apps: estate.apps.len(),
            bindings: estate.bindings.len(),
            certificates: estate.certificates.len(),
            orders: estate.orders.len(),
        }
    }
}

impl Estate {
    /// Builds the indexes; call it once after the lists are filled.
    #[must_use]
    pub fn indexed(mut self) -> Self {
        self.index = Index::default();
        self.index_from(&Lengths::default());
        self
    }

    /// Takes in a part that was read later: rows that are not here yet, behind those that are. What it costs depends on
    /// the part alone, so an estate can grow by any number of them.
    pub fn absorb(&mut self, part: Self) {
        let before = Lengths::of(self);
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
        self.exports.extend(part.exports);
        self.index_from(&before);
    }

    /// Puts the public certificates of these apps in the place of those that are known of them, with what could not be
    /// read of them. Returns whether other rows changed their places.
    pub fn renew_public(&mut self, apps: &[ResourceId], part: Self) -> bool {
        let before = self.public_certificates.len();
        self.public_certificates.retain(|one| !apps.contains(&one.app));
        let moved = self.public_certificates.len() < before;
        self.absorb(part);
        moved
    }

    /// Indexes the rows behind these places.
    fn index_from(&mut self, before: &Lengths) {
        let index = &mut self.index;
        for (place, app) in self.apps.iter().enumerate().skip(before.apps) {
            index.apps.insert(app.id.clone(), place);
        }
        for (place, binding) in self.bindings.iter().enumerate().skip(before.bindings) {
            if let Some(thumbprint) = &binding.thumbprint {
                index.bindings_by_thumbprint.entry(thumbprint.clone()).or_default().push(place);
            }
        }
        for (place, certificate) in self.certificates.iter().enumerate().skip(before.certificates) {
            if let Some(thumbprint) = &certificate.thumbprint {
                index.certificates_by_thumbprint.entry(thumbprint.clone()).or_default().push(place);
            }
            if let Some(secret) = &certificate.vault {
                let key = (secret.vault.clone(), secret.secret.to_ascii_lowercase());
                index.certificates_by_secret.entry(key).or_default().push(place);
            }
        }
        for (place, order) in self.orders.iter().enumerate().skip(before.orders) {
            index.orders.insert(order.id.clone(), place);
            for stored in &order.stored {
                let key = (stored.secret.vault.clone(), stored.secret.secret.to_ascii_lowercase());
                index.orders_by_secret.insert(key, order.id.clone());
            }
        }
    }

    pub fn app(&self, id: &ResourceId) -> Option<&App> {
        self.index.apps.get(id).map(|place| &self.apps[*place])
    }

    pub fn order(&self, id: &ResourceId) -> Option<&Order> {
        self.index.orders.get(id).map(|place| &self.orders[*place])
    }

    /// The exports of an order, with whether each is out of date: the order has another certificate since.
    pub fn exports_of<'a>(&'a self, order: &'a Order) -> impl Iterator<Item = (&'a Export, bool)> {
        let own = self.exports.iter().filter(|export| export.order == order.id);
        own.map(|export| (export, order.thumbprint.as_ref().is_some_and(|now| *now != export.thumbprint)))
    }

    pub fn subscription_name<'a>(&'a self, id: &'a ResourceId) -> &'a str {
        let wanted = id.subscription_id();
        self.subscriptions
            .iter()
            .find(|subscription| subscription.id.subscription_id().eq_ignore_ascii_case(wanted))
            .map_or(wanted, |subscription| subscription.name.as_str())
    }

    /// Where a certificate came from; an order's is a vault secret that some order stores (API.md 16).
    pub fn source(&self, certificate: &PrivateCertificate) -> Source {
        if certificate.canonical_name.is_some() {
            return Source::Managed;
        }
        let Some(secret) = &certificate.vault else { return Source::Uploaded };
        let key = (secret.vault.clone(), secret.secret.to_ascii_lowercase());
        self.index.orders_by_secret.get(&key).map_or(Source::KeyVault, |order| Source::Order(order.clone()))
    }

    /// The bindings that a certificate serves: same thumbprint, within its webspace (A9, API.md 12.6).
    pub fn bindings_of<'a>(&'a self, certificate: &'a PrivateCertificate) -> impl Iterator<Item = &'a Binding> {
        let places = certificate.thumbprint.as_ref().and_then(|thumbprint| self.index.bindings_by_thumbprint.get(thumbprint));
        places.into_iter().flatten().map(|place| &self.bindings[*place]).filter(|binding| {
            binding.ssl != SslState::Disabled
                && self.app(&binding.app).is_none_or(|app| app.webspace.eq_ignore_ascii_case(&certificate.webspace))
        })
    }

    /// The certificate that secures a binding.
    pub fn certificate_of(&self, binding: &Binding) -> Option<&PrivateCertificate> {
        let thumbprint = binding.thumbprint.as_ref()?;
        let webspace = self.app(&binding.app).map(|app| app.webspace.as_str());
        let places = self.index.certificates_by_thumbprint.get(thumbprint)?;
        let mut same = places.iter().map(|place| &self.certificates[*place]);
        same.find(|certificate| webspace.is_none_or(|space| space.eq_ignore_ascii_case(&certificate.webspace)))
    }

    /// The site certificates that were imported from an order.
    pub fn imports_of<'a>(&'a self, order: &'a Order) -> impl Iterator<Item = &'a PrivateCertificate> {
        order.stored.iter().flat_map(|stored| {
            let key = (stored.secret.vault.clone(), stored.secret.secret.to_ascii_lowercase());
            let places = self.index.certificates_by_secret.get(&key);
            places.into_iter().flatten().map(|place| &self.certificates[*place])
        })
    }
}
