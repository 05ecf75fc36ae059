//! Every finding of an estate in one pass, and how many resources stand how.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::crowds::crowded;
use super::judgement::{Judgement, Limits, Urgency, of_certificate, of_exports, of_gap, of_order, of_public};
use super::serving::{bound, of_app, of_binding};
use crate::model::{Basis, Binding, PrivateCertificate, ResourceId};

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum FindingOn {
    Private,
    Public,
    Order,
    Binding,
    App,
    /// The orders of a subscription together.
    Subscription,
    /// The certificates together that live in a webspace, or in one app.
    Webspace,
    /// A part of the estate that could not be read.
    Part,
}

impl FindingOn {
    /// As `report` and Prometheus name it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How one resource, or one part that was not read, stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub on: FindingOn,
    /// Its place in the estate's list of these; of a subscription the first order's, of a webspace the first
    /// certificate's.
    pub place: usize,
    /// None of a webspace, or of a part that was not read.
    pub id: Option<ResourceId>,
    pub judgement: Judgement,
}

impl Finding {
    /// Whether it is worth mending although nothing breaks.
    pub fn is_hygiene(&self) -> bool {
        self.judgement.urgency == Urgency::Note && self.on != FindingOn::Part
    }

    /// The row of a list that shows it best: its own, or one of those that it is about.
    pub fn row(&self, basis: &Basis<'_>) -> Option<ResourceId> {
        let estate = basis.estate;
        match self.on {
            FindingOn::App => bound(basis, &estate.apps[self.place]).next().map(Binding::id),
            FindingOn::Subscription => Some(estate.orders[self.place].id.clone()),
            FindingOn::Webspace => Some(estate.certificates[self.place].id.clone()),
            FindingOn::Private | FindingOn::Public | FindingOn::Order | FindingOn::Binding => self.id.clone(),
            FindingOn::Part => None,
        }
    }

    /// Whether it is about a certificate, or an order with its certificates, that no hostname is bound to.
    fn is_unused(&self, basis: &Basis<'_>) -> bool {
        let estate = basis.estate;
        let is_used = |one: &PrivateCertificate| estate.bindings_of(one).next().is_some();
        match self.on {
            FindingOn::Private => !is_used(&estate.certificates[self.place]),
            FindingOn::Order => !estate.imports_of(&estate.orders[self.place]).any(is_used),
            FindingOn::Public
            | FindingOn::Binding
            | FindingOn::App
            | FindingOn::Subscription
            | FindingOn::Webspace
            | FindingOn::Part => false,
        }
    }
}

/// How many certificates and orders are fine, whether something uses them or not, and how many findings there
/// are of each other urgency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub urgent: usize,
    pub soon: usize,
    pub unknown: usize,
    pub fine: usize,
}

impl Counts {
    fn add(&mut self, judgement: &Judgement, now: Timestamp) {
        match judgement.urgency {
            Urgency::Urgent => self.urgent += 1,
            Urgency::Soon => self.soon += 1,
            Urgency::Unknown => self.unknown += 1,
            Urgency::Note if judgement.day.is_none_or(|day| day <= now) => {}
            Urgency::Note | Urgency::Fine => self.fine += 1,
        }
    }
}

/// What is not fine, and the counts: first the parts that were not read, then the most urgent, of those what
/// serves, each by its day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    pub all: Vec<Finding>,
    pub counts: Counts,
}

impl Findings {
    pub fn of(basis: &Basis<'_>, limits: Limits) -> Self {
        let mut findings = Self::default();
        for finding in every(basis, limits) {
            findings.counts.add(&finding.judgement, basis.now);
            if finding.judgement.urgency > Urgency::Fine {
                findings.all.push(finding);
            }
        }
        // What could not be read may be the worst of all, so it comes first.
        let is_read = |one: &Finding| one.on != FindingOn::Part || one.judgement.urgency == Urgency::Note;
        // Then what serves, before what nothing uses.
        findings.all.sort_by_cached_key(|one| {
            (is_read(one), Reverse(one.judgement.urgency), one.is_unused(basis), one.judgement.day)
        });
        findings
    }
}

/// How every resource with an end stands, and what else there is to find, in the order of the estate.
pub fn every<'e>(basis: &Basis<'e>, limits: Limits) -> impl Iterator<Item = Finding> + use<'e> {
    let basis = *basis;
    let estate = basis.estate;
    let finding = |on, place, id: ResourceId, judgement| Finding { on, place, id: Some(id), judgement };
    let private = estate.certificates.iter().enumerate().filter_map(move |(place, one)| {
        Some(finding(FindingOn::Private, place, one.id.clone(), of_certificate(&basis, limits, one)?))
    });
    let public = estate.public_certificates.iter().enumerate().filter_map(move |(place, one)| {
        Some(finding(FindingOn::Public, place, one.id.clone(), of_public(&basis, limits, one)?))
    });
    let orders = estate.orders.iter().enumerate().flat_map(move |(place, one)| {
        let judgements = of_order(&basis, limits, one).into_iter().chain(of_exports(&basis, one));
        judgements.map(move |judgement| finding(FindingOn::Order, place, one.id.clone(), judgement))
    });
    let bindings = estate.bindings.iter().enumerate().filter_map(move |(place, one)| {
        let judgement = of_binding(&basis, one)?;
        Some(finding(FindingOn::Binding, place, one.id(), judgement))
    });
    let apps = estate.apps.iter().enumerate().flat_map(move |(place, one)| {
        of_app(&basis, one).map(move |judgement| finding(FindingOn::App, place, one.id.clone(), judgement))
    });
    let parts = estate.gaps.iter().enumerate().map(|(place, gap)| Finding {
        on: FindingOn::Part,
        place,
        id: None,
        judgement: of_gap(gap),
    });
    private.chain(public).chain(orders).chain(bindings).chain(apps).chain(crowded(&basis)).chain(parts)
}
