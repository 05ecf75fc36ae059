//! What takes long once a reading is whole: joining it with what is known already, comparing it with the rows on
//! screen, judging it, and filling the pane that is open. It is done beside the loop, which only swaps.

use std::sync::Arc;

use jiff::Timestamp;

use super::pane::Pane;
use crate::health::findings::{Findings, Limits};
use crate::model::{Basis, Changes, Estate, PublicCertificate};
use crate::rules::Rules;

#[derive(Debug)]
pub struct Building {
    pub shown: Arc<Estate>,
    /// What a refresh brought; none where the rows on screen are the reading.
    pub incoming: Option<Box<Estate>>,
    pub rules: Arc<Rules>,
    pub now: Timestamp,
    /// The open pane, without rows.
    pub pane: Pane,
}

/// What the loop takes in the place of what it has.
#[derive(Debug)]
pub struct Built {
    pub estate: Arc<Estate>,
    /// None where nothing was shown before.
    pub changes: Option<Changes>,
    pub findings: Findings,
    pub pane: Pane,
}

impl Building {
    pub fn build(self) -> Built {
        let Self { shown, incoming, rules, now, mut pane } = self;
        let (estate, changes) = match incoming {
            None => (shown, None),
            Some(mut estate) => {
                estate.share_with(&shown);
                keep_public(&shown, &mut estate);
                keep_upkeep(&shown, &mut estate);
                let changes = Changes::between(&shown, &estate);
                (Arc::from(estate), Some(changes))
            }
        };
        let basis = Basis::new(&estate, &rules, now);
        let findings = Findings::of(&basis, Limits::USUAL);
        pane.fill(&basis);
        Built { estate, changes, findings, pane }
    }
}

/// The rows of apps that are still there stay until their apps are asked again.
fn keep_public(shown: &Estate, new: &mut Estate) {
    let is_known = |one: &PublicCertificate| new.public_certificates.iter().any(|other| other.id == one.id);
    let rows = shown.public_certificates.iter();
    let rows = rows.filter(|one| new.app(&one.app).is_some() && !is_known(one)).cloned().collect();
    let mut part = Estate::default();
    part.public_certificates = rows;
    new.absorb(part);
}

/// The answers of vaults stay until there are new ones.
fn keep_upkeep(shown: &Estate, new: &mut Estate) {
    let kept = new.kept_in_vaults().filter_map(|(_, secret)| shown.upkeep_of(secret).cloned()).collect();
    new.renew_upkeep(kept);
}
