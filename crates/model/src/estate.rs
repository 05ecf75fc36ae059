//! Everything that one reading of the cloud found, and the joins over it. The service reports neither the
//! source of a certificate nor what uses it: both are derived here.

use std::hash::{Hash, Hasher};
use std::ops::Deref;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::Caseless;
use super::places::Places;
use super::webspace::{HomeKey, WebspaceKey};
use super::{
    App, Binding, EstateRows, Export, Home, Hostname, Order, PrivateCertificate, Problem, ResourceId,
    Revocation, Source, SslState, Text, Thumbprint, Upkeep, VaultSecret,
};

/// A part of the estate that could not be read, by name: shown, never an empty list instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// What is missing, such as `certificate orders of Contoso Test`.
    pub what: String,
    /// Why it could not be read; its `what` says `Read` and the missing part.
    pub problem: Problem,
}

impl Gap {
    /// `problem` is the error of the reading.
    pub fn new(what: impl Into<String>, problem: Problem) -> Self {
        let what = what.into();
        let problem = Problem { what: format!("Read {what}"), ..problem };
        Self { what, problem }
    }

    /// Whether resources may exist that are not shown. Without a registered provider a subscription has none,
    /// which is worth knowing and no failure.
    pub fn hides_something(&self) -> bool {
        self.problem.code.as_deref() != Some("MissingSubscriptionRegistration")
    }
}

/// Who has to act before a certificate expires (A156).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhoActs {
    /// A person has to act.
    You,
    /// Azure acts by itself; a person has nothing to do.
    Azure,
    /// The facts that decide it were not read, or cannot be: never to be taken for Azure.
    Unknown,
}

impl WhoActs {
    /// The word that lists and reports show.
    pub fn words(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Azure => "Azure",
            Self::Unknown => "unknown",
        }
    }
}

/// What one or more readings found, with the joins over it. The rows can be read like those of [`EstateRows`];
/// only the methods here change them, so that no join goes stale.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    rows: EstateRows,
    index: Index,
}

impl Deref for Estate {
    type Target = EstateRows;

    fn deref(&self) -> &EstateRows {
        &self.rows
    }
}

/// Joins by index: no element is copied into it.
#[derive(Debug, Clone, Default)]
struct Index {
    /// Regions, webspaces, issuers, hosts and the apps of bindings repeat many times, and a refresh repeats
    /// everything.
    words: HashSet<Text>,
    subscriptions: Places,
    apps: Places,
    apps_by_webspace: Places,
    orders: Places,
    bindings_by_thumbprint: Places,
    bindings_by_app: Places,
    certificates_by_thumbprint: Places,
    certificates_by_names: Places,
    certificates_by_secret: Places,
    /// The order and the index among its stored certificates, for each of the next.
    stored: Vec<(usize, usize)>,
    stored_by_secret: Places,
    upkeep_by_secret: Places,
    /// Whether any order is revoked: mostly none is, and every row is asked.
    has_revoked_order: bool,
}

/// The key of a vault secret; ids and names differ in casing between answers.
type SecretKey<'a> = (&'a ResourceId, Caseless<'a>);

fn secret_key(secret: &VaultSecret) -> SecretKey<'_> {
    (&secret.vault, Caseless(&secret.secret))
}

/// The key of what certificates secure and where; none of a certificate whose names or home are unknown.
type NamesKey<'a> = (HomeKey<'a>, SameNames<'a>);

fn names_key(certificate: &PrivateCertificate) -> Option<NamesKey<'_>> {
    let names = Some(SameNames(&certificate.hosts)).filter(|names| !names.0.is_empty())?;
    Some((certificate.home.key()?, names))
}

/// Hostnames in any order, each of them once.
struct SameNames<'a>(&'a [Hostname]);

impl PartialEq for SameNames<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|name| other.0.contains(name))
    }
}

impl Eq for SameNames<'_> {}

impl Hash for SameNames<'_> {
    /// By the first name of the alphabet, so that the order does not count.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().min().hash(state);
    }
}

impl Estate {
    /// The rows without the joins, to be changed and [indexed](EstateRows::indexed) again.
    #[must_use]
    pub fn into_rows(self) -> EstateRows {
        self.rows
    }

    /// Adds a part that was read later: new rows are appended. The cost depends only on the part, so an
    /// estate can grow by any number of parts.
    pub fn absorb(&mut self, mut part: EstateRows) {
        let words = &mut self.index.words;
        part.apps.iter_mut().for_each(|app| app.share(words));
        part.certificates.iter_mut().for_each(|certificate| certificate.share(words));
        part.bindings.iter_mut().for_each(|binding| binding.share(words));
        self.rows.append(part);
        self.index_rest();
    }

    /// Replaces the public certificates of these apps, including what could not be read of them. Returns
    /// whether other rows changed their indices.
    pub fn renew_public(&mut self, apps: &[ResourceId], part: EstateRows) -> bool {
        let before = self.public_certificates.len();
        self.rows.public_certificates.retain(|one| !apps.contains(&one.app));
        let moved = self.public_certificates.len() < before;
        self.absorb(part);
        moved
    }

    /// Replaces the earlier answers of vaults.
    pub fn renew_upkeep(&mut self, part: Vec<Upkeep>) {
        for one in part {
            let key = (&one.vault, Caseless(&one.name));
            let place = self.index.upkeep_by_secret.get(key, self.kept_secrets()).next();
            if let Some(place) = place {
                self.rows.upkeep[place] = one;
            } else {
                self.rows.upkeep.push(one);
                self.index_rest();
            }
        }
    }

    /// Most rows of a refresh are unchanged: texts that occur in both use memory only once.
    pub fn share_with(&mut self, before: &Self) {
        let words = &mut self.index.words;
        // Cloning a row copies none of its texts.
        before.apps.iter().for_each(|app| app.clone().share(words));
        before.certificates.iter().for_each(|certificate| certificate.clone().share(words));
        before.bindings.iter().for_each(|binding| binding.clone().share(words));
    }

    /// Indexes the rows that are not indexed yet.
    fn index_rest(&mut self) {
        let mut index = std::mem::take(&mut self.index);
        index.subscriptions.grow(self.subscriptions.len(), self.subscription_ids());
        index.apps.grow(self.apps.len(), self.app_ids());
        index.apps_by_webspace.grow(self.apps.len(), self.webspaces());
        index.bindings_by_thumbprint.grow(self.bindings.len(), self.bound_thumbprints());
        index.bindings_by_app.grow(self.bindings.len(), self.bound_apps());
        index.certificates_by_thumbprint.grow(self.certificates.len(), self.thumbprints());
        index.certificates_by_names.grow(self.certificates.len(), self.names());
        index.certificates_by_secret.grow(self.certificates.len(), self.secrets());
        let new = self.orders.iter().enumerate().skip(index.orders.len());
        index.has_revoked_order |= new.clone().any(|(_, order)| order.status.is_revoked());
        index.stored.extend(new.flat_map(|(order, all)| (0..all.stored.len()).map(move |nth| (order, nth))));
        index.orders.grow(self.orders.len(), self.order_ids());
        index.stored_by_secret.grow(index.stored.len(), self.stored_secrets(&index.stored));
        index.upkeep_by_secret.grow(self.upkeep.len(), self.kept_secrets());
        self.index = index;
    }

    fn subscription_ids<'a>(&'a self) -> impl Fn(usize) -> Option<Caseless<'a>> {
        |place| Some(Caseless(self.subscriptions[place].id.subscription_id()))
    }

    fn app_ids<'a>(&'a self) -> impl Fn(usize) -> Option<&'a ResourceId> {
        |place| Some(&self.apps[place].id)
    }

    fn webspaces<'a>(&'a self) -> impl Fn(usize) -> Option<WebspaceKey<'a>> {
        |place| Some(self.apps[place].webspace.key())
    }

    fn order_ids<'a>(&'a self) -> impl Fn(usize) -> Option<&'a ResourceId> {
        |place| Some(&self.orders[place].id)
    }

    fn bound_thumbprints<'a>(&'a self) -> impl Fn(usize) -> Option<&'a Thumbprint> {
        |place| self.bindings[place].thumbprint.as_ref()
    }

    fn bound_apps<'a>(&'a self) -> impl Fn(usize) -> Option<&'a ResourceId> {
        |place| Some(&self.bindings[place].app)
    }

    fn names<'a>(&'a self) -> impl Fn(usize) -> Option<NamesKey<'a>> {
        |place| names_key(&self.certificates[place])
    }

    fn thumbprints<'a>(&'a self) -> impl Fn(usize) -> Option<&'a Thumbprint> {
        |place| self.certificates[place].thumbprint.as_ref()
    }

    fn secrets<'a>(&'a self) -> impl Fn(usize) -> Option<SecretKey<'a>> {
        |place| self.certificates[place].vault.as_ref().map(secret_key)
    }

    fn stored_secrets<'a>(&'a self, stored: &'a [(usize, usize)]) -> impl Fn(usize) -> Option<SecretKey<'a>> {
        |place| {
            let (order, nth) = stored[place];
            Some(secret_key(&self.orders[order].stored[nth].secret))
        }
    }

    fn kept_secrets<'a>(&'a self) -> impl Fn(usize) -> Option<SecretKey<'a>> {
        |place| Some((&self.upkeep[place].vault, Caseless(&self.upkeep[place].name)))
    }

    /// The app or slot with this id; `None` if it was not read.
    pub fn app(&self, id: &ResourceId) -> Option<&App> {
        self.index.apps.get(id, self.app_ids()).next().map(|place| &self.apps[place])
    }

    /// The order with this id; `None` if it was not read.
    pub fn order(&self, id: &ResourceId) -> Option<&Order> {
        self.index.orders.get(id, self.order_ids()).next().map(|place| &self.orders[place])
    }

    /// The apps and slots that can be bound to certificates of this home (A9, A10).
    pub fn apps_at<'a>(&'a self, home: &'a Home) -> impl Iterator<Item = &'a App> {
        let shared = home.webspace().into_iter();
        let shared = shared.flat_map(|space| self.index.apps_by_webspace.get(space.key(), self.webspaces()));
        let own = if let Home::App(id) = home { self.app(id) } else { None };
        shared.map(|place| &self.apps[place]).chain(own).filter(|app| home.serves(app))
    }

    /// The exports of an order, each with whether it is out of date because the order has had another
    /// certificate since.
    pub fn exports_of<'a>(&'a self, order: &'a Order) -> impl Iterator<Item = (&'a Export, bool)> {
        let own = self.exports.iter().filter(|export| export.order == order.id);
        own.map(|export| (export, order.thumbprint.as_ref().is_some_and(|now| *now != export.thumbprint)))
    }

    /// The display name of the subscription that the resource is in; its GUID if the subscription was not
    /// read.
    pub fn subscription_name<'a>(&'a self, id: &'a ResourceId) -> &'a str {
        let wanted = id.subscription_id();
        let found = self.index.subscriptions.get(Caseless(wanted), self.subscription_ids()).next();
        found.map_or(wanted, |place| self.subscriptions[place].name.as_str())
    }

    /// The source of a certificate; for an order's it is a vault secret that an order stores.
    pub fn source(&self, certificate: &PrivateCertificate) -> Source {
        if certificate.canonical_name.is_some() {
            return Source::Managed;
        }
        let Some(secret) = &certificate.vault else { return Source::Uploaded };
        let mut stored =
            self.index.stored_by_secret.get(secret_key(secret), self.stored_secrets(&self.index.stored));
        stored.next().map_or(Source::KeyVault, |place| {
            Source::Order(self.orders[self.index.stored[place].0].id.clone())
        })
    }

    /// Whether the certificate has been revoked before its end: its order is revoked, or certdeck revoked it
    /// and the cloud agrees, because the order is gone or has had another certificate since.
    pub fn is_revoked(&self, certificate: &PrivateCertificate, now: Timestamp) -> bool {
        let Some(own) = &certificate.thumbprint else { return false };
        let agrees = |one: &Revocation| {
            self.order(&one.order)
                .is_none_or(|order| order.status.is_revoked() || order.thumbprint.as_ref() != Some(own))
        };
        let with_order = || match self.source(certificate) {
            Source::Order(id) => self.order(&id).is_some_and(|order| order.status.is_revoked()),
            Source::Uploaded | Source::KeyVault | Source::Managed => false,
        };
        self.revocations.iter().any(|one| one.thumbprint == *own && one.at <= now && agrees(one))
            || (self.index.has_revoked_order && with_order())
    }

    /// How the vault renews the certificate that a secret belongs to, if that was read.
    pub fn upkeep_of(&self, secret: &VaultSecret) -> Option<&Upkeep> {
        let mut places = self.index.upkeep_by_secret.get(secret_key(secret), self.kept_secrets());
        places.next().map(|place| &self.upkeep[place])
    }

    /// The certificates whose renewal is decided by their vault: imported, and not from an order.
    pub fn kept_in_vaults(&self) -> impl Iterator<Item = (&PrivateCertificate, &VaultSecret)> {
        let from_vault = self.certificates.iter().filter_map(|one| Some((one, one.vault.as_ref()?)));
        from_vault.filter(|(one, _)| self.source(one) == Source::KeyVault)
    }

    /// The bindings that a certificate serves: same thumbprint, of an app that can be bound to it (A9).
    pub fn bindings_of<'a>(
        &'a self,
        certificate: &'a PrivateCertificate,
    ) -> impl Iterator<Item = &'a Binding> {
        let wanted = certificate.thumbprint.iter();
        let places =
            wanted.flat_map(|wanted| self.index.bindings_by_thumbprint.get(wanted, self.bound_thumbprints()));
        places
            .map(|place| &self.bindings[place])
            .filter(|binding| binding.ssl != SslState::Disabled && self.can_serve(certificate, binding))
    }

    /// The entries of an app or slot, with or without a certificate.
    pub fn bindings_of_app<'a>(&'a self, app: &'a ResourceId) -> impl Iterator<Item = &'a Binding> {
        self.index.bindings_by_app.get(app, self.bound_apps()).map(|place| &self.bindings[place])
    }

    /// The other certificates for exactly the same names, to which the same apps can be bound.
    pub fn twins_of<'a>(
        &'a self,
        certificate: &'a PrivateCertificate,
    ) -> impl Iterator<Item = &'a PrivateCertificate> {
        let places = names_key(certificate).into_iter();
        let places = places.flat_map(|key| self.index.certificates_by_names.get(key, self.names()));
        places
            .map(|place| &self.certificates[place])
            .filter(|other| other.id != certificate.id && other.home.is(&certificate.home))
    }

    /// Each place where certificates live, by the index of its first certificate, with how many it has;
    /// those whose webspace is unknown are left out.
    pub fn crowds(&self) -> Vec<(usize, usize)> {
        let mut crowds: HashMap<HomeKey<'_>, (usize, usize)> = HashMap::new();
        for (place, certificate) in self.certificates.iter().enumerate() {
            if let Some(key) = certificate.home.key() {
                crowds.entry(key).or_insert((place, 0)).1 += 1;
            }
        }
        let mut crowds: Vec<_> = crowds.into_values().collect();
        crowds.sort_unstable();
        crowds
    }

    /// The certificate that secures a binding.
    pub fn certificate_of(&self, binding: &Binding) -> Option<&PrivateCertificate> {
        let wanted = binding.thumbprint.as_ref()?;
        let places = self.index.certificates_by_thumbprint.get(wanted, self.thumbprints());
        places.map(|place| &self.certificates[place]).find(|certificate| self.can_serve(certificate, binding))
    }

    /// Whether a binding's app can be bound to the certificate, as far as the app could be read.
    fn can_serve(&self, certificate: &PrivateCertificate, binding: &Binding) -> bool {
        let home = &certificate.home;
        self.app(&binding.app).map_or_else(|| home.may_serve(&binding.app), |app| home.serves(app))
    }

    /// The bindings with a certificate that was not read.
    pub fn bindings_without_certificate(&self) -> impl Iterator<Item = &Binding> {
        let secured = self
            .bindings
            .iter()
            .filter(|binding| binding.ssl != SslState::Disabled && binding.thumbprint.is_some());
        secured.filter(|binding| self.certificate_of(binding).is_none())
    }

    /// Whether a hostname is the app's own under Azure's domain, which Azure's certificate secures.
    pub fn is_of_platform(&self, binding: &Binding) -> bool {
        if binding.ssl != SslState::Disabled {
            return false;
        }
        let own = self.app(&binding.app);
        own.is_some_and(|app| binding.host.as_str().eq_ignore_ascii_case(&app.default_hostname))
    }

    /// The site certificates that were imported from an order.
    pub fn imports_of<'a>(&'a self, order: &'a Order) -> impl Iterator<Item = &'a PrivateCertificate> {
        order.stored.iter().flat_map(|stored| {
            let places = self.index.certificates_by_secret.get(secret_key(&stored.secret), self.secrets());
            places.map(|place| &self.certificates[place])
        })
    }
}

#[cfg(test)]
mod tests;
