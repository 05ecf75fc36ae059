//! What takes long with many rows: joining a reading with what is known already, comparing it with the rows on
//! screen, judging it, and filling the pane that is open. With few rows it is done at once, with many beside the
//! loop, which only swaps; what would change the estate meanwhile waits.

use std::sync::Arc;

use jiff::Timestamp;

use super::App;
use super::effect::Effect;
use super::inventory::Reading;
use super::message::{AskId, Message};
use super::pane::Pane;
use crate::health::findings::{Findings, Limits};
use crate::model::{Basis, Changes, Estate, EstateRows, PublicCertificate, Reread};
use crate::rules::Rules;
use crate::tables::PaneName;

/// So many rows are filled in at once.
pub(super) const FEW_ROWS: usize = 1_000;

/// What is to be built, and from what.
#[derive(Debug)]
pub struct Building {
    pub shown: Arc<Estate>,
    pub incoming: Incoming,
    pub rules: Arc<Rules>,
    pub now: Timestamp,
    /// The pane that is filled, without rows.
    pub pane: Pane,
    pub purpose: Purpose,
}

/// What takes the place of rows on screen.
#[derive(Debug)]
pub enum Incoming {
    /// Nothing: the rows on screen are the reading.
    Nothing,
    /// A whole reading.
    Whole(Box<Estate>),
    /// What a change can have touched.
    Touched(Box<Reread>),
}

/// What the building is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The rows of a pane that is looked at; the estate is judged already.
    Rows,
    /// Rows that came in, with more to come.
    Growth,
    /// A reading that is whole.
    Reading,
    /// What a change touched, read again.
    Touched,
}

/// What the loop takes in the place of what it has.
#[derive(Debug)]
pub struct Built {
    estate: Arc<Estate>,
    changes: Option<Changes>,
    findings: Option<Findings>,
    pane: Pane,
    purpose: Purpose,
}

impl Building {
    pub fn build(self) -> Built {
        let Self { shown, incoming, rules, now, mut pane, purpose } = self;
        let incoming = match incoming {
            Incoming::Nothing => None,
            Incoming::Whole(mut estate) => {
                estate.share_with(&shown);
                keep_public(&shown, &mut estate);
                keep_upkeep(&shown, &mut estate);
                Some(Arc::from(estate))
            }
            Incoming::Touched(reread) => Some(Arc::new(Estate::clone(&shown).with(*reread))),
        };
        let changes = incoming.as_ref().map(|estate| Changes::between(&shown, estate));
        let estate = incoming.unwrap_or(shown);
        let basis = Basis::new(&estate, &rules, now);
        let findings = (purpose != Purpose::Rows).then(|| Findings::of(&basis, Limits::USUAL));
        pane.fill(&basis);
        Built { estate, changes, findings, pane, purpose }
    }
}

/// The rows of apps that are still there stay until their apps are asked again.
fn keep_public(shown: &Estate, new: &mut Estate) {
    let is_known = |one: &PublicCertificate| new.public_certificates.iter().any(|other| other.id == one.id);
    let rows = shown.public_certificates.iter();
    let rows = rows.filter(|one| new.app(&one.app).is_some() && !is_known(one)).cloned().collect();
    new.absorb(EstateRows { public_certificates: rows, ..EstateRows::default() });
}

/// The answers of vaults stay until there are new ones.
fn keep_upkeep(shown: &Estate, new: &mut Estate) {
    let kept = new.kept_in_vaults().filter_map(|(_, secret)| shown.upkeep_of(secret).cloned()).collect();
    new.renew_upkeep(kept);
}

impl App {
    /// Gives the pane that is looked at the newest rows.
    pub(super) fn fill_pane(&mut self) {
        if self.pane().is_stale && self.inventory.built_as.is_none() {
            self.build(Purpose::Rows);
        }
    }

    /// Panes with many rows are filled before a person looks at them, one after the other, while nothing else
    /// is built.
    fn fill_another_pane(&mut self) {
        if self.inventory.built_as.is_some()
            || !self.inventory.is_whole
            || self.inventory.reading != Reading::Idle
        {
            return;
        }
        let is_long = |name: PaneName| name.table().count(&self.inventory.estate) > FEW_ROWS;
        let stale = self.browser.panes.iter().find(|pane| pane.is_stale && is_long(pane.name));
        if let Some(name) = stale.map(|pane| pane.name) {
            self.build_from(Incoming::Nothing, Purpose::Rows, name);
        }
    }

    /// Builds what is shown from the rows that are here.
    pub(super) fn build(&mut self, purpose: Purpose) {
        self.build_from(Incoming::Nothing, purpose, self.browser.pane);
    }

    /// `pane` is what is filled with it.
    pub(super) fn build_from(&mut self, incoming: Incoming, purpose: Purpose, pane: PaneName) {
        let building = Building {
            shown: self.inventory.estate.clone(),
            incoming,
            rules: self.settings.rules.clone(),
            now: self.clock.now,
            pane: self.browser.panes[pane.index()].without_rows(),
            purpose,
        };
        let rows = |estate: &Estate| PaneName::ALL.map(|name| name.table().count(estate)).into_iter().max();
        let estate = match &building.incoming {
            Incoming::Whole(estate) => estate.as_ref(),
            Incoming::Nothing | Incoming::Touched(_) => building.shown.as_ref(),
        };
        let rows = if purpose == Purpose::Rows { Some(pane.table().count(estate)) } else { rows(estate) };
        if rows.is_some_and(|rows| rows <= FEW_ROWS) {
            return self.take_built(building.build());
        }
        let ask = self.ask();
        self.inventory.built_as = Some(ask);
        self.inventory.building = Some(Box::new(building));
        self.emit(Effect::Build { ask });
    }

    /// Keeps what would change the estate until the building is over; returns what may go on.
    pub(super) fn defer(&mut self, message: Message) -> Option<Message> {
        let changes_estate = matches!(
            message,
            Message::EstateRecalled { .. }
                | Message::EstateProgressed { .. }
                | Message::EstateRead { .. }
                | Message::TouchedRead { .. }
                | Message::PublicRead { .. }
                | Message::UpkeepRead { .. }
        );
        if self.inventory.built_as.is_none() || !changes_estate {
            return Some(message);
        }
        self.inventory.deferred.push(message);
        None
    }

    /// Another reading begins: what is being built is of the one before.
    pub(super) fn abandon_building(&mut self) {
        if self.inventory.built_as.take().is_some() {
            self.inventory.building = None;
            for message in std::mem::take(&mut self.inventory.deferred) {
                self.take_answer(message);
            }
        }
    }

    pub(super) fn end_building(&mut self, asked: AskId, built: Built) {
        if self.inventory.built_as != Some(asked) {
            return;
        }
        self.inventory.built_as = None;
        self.take_built(built);
        for message in std::mem::take(&mut self.inventory.deferred) {
            self.take_answer(message);
        }
        self.fill_pane();
        self.fill_another_pane();
    }

    fn take_built(&mut self, built: Built) {
        let Built { estate, changes, findings, pane, purpose } = built;
        if let Some(changes) = changes {
            self.inventory.changes = changes;
            self.note_changes(&estate);
            self.inventory.public.forget_all_but(&estate);
            self.browser.forget_rows();
        }
        let old = std::mem::replace(&mut self.inventory.estate, estate);
        if let Some(findings) = findings {
            self.inventory.findings = findings;
            self.browser.mark_stale();
        }
        match purpose {
            Purpose::Reading => self.inventory.end_reading(self.clock.machine),
            Purpose::Touched => self.inventory.reading = Reading::Idle,
            Purpose::Rows | Purpose::Growth => {}
        }
        let name = pane.name;
        let rows = self.browser.panes[name.index()].take_rows(pane);
        if self.inventory.are_rows_whole(name) && self.browser.panes[name.index()].list.total() > 0 {
            self.browser.panes[name.index()].list.settle();
        }
        // To free as many rows takes its time too. The same estate is not kept from being changed in place.
        let old = if Arc::ptr_eq(&old, &self.inventory.estate) { Arc::default() } else { old };
        self.inventory.discarded = Some((old, Box::new(rows)));
        self.emit(Effect::Discard);
        if purpose != Purpose::Rows || name == self.browser.pane {
            self.see_rows();
        }
        if matches!(purpose, Purpose::Reading | Purpose::Touched) {
            self.emit(Effect::KeepEstate);
            self.want_public();
            self.want_upkeep();
        }
    }
}
