//! Signs the certificates of a fleet on all processors at once, while the finished units are written.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use jiff::Timestamp;
use rcgen::KeyPair;

use super::{
    Fleet,
    layout::{FleetUnit, units},
};
use crate::{
    ca::{self, CaError, CommercialCa, LeafProfile, facts::CertificateFacts},
    material::{Base64Bytes, PoolLeaf},
    setting::Setting,
};

/// The number of finished units that may wait.
const AHEAD: usize = 8;

/// A unit with its certificates signed, in their order.
#[derive(Debug)]
pub(super) struct Stamped {
    pub number: usize,
    pub unit: FleetUnit,
    pub certificates: Vec<(PoolLeaf, CertificateFacts)>,
}

/// Calls `take` with every unit of the fleet, in no particular order, while the others are being signed.
pub(super) fn all<E: From<CaError>>(
    setting: &Setting,
    fleet: &Fleet,
    now: Timestamp,
    mut take: impl FnMut(Stamped) -> Result<(), E>,
) -> Result<(), E> {
    let keys = setting.keys.as_slice();
    let next = AtomicUsize::new(0);
    let (done, finished) = sync_channel(AHEAD);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (done, keys, next) = (done.clone(), keys, &next);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= units(fleet) || done.send(stamp(setting, keys, fleet, number, now)).is_err()
                    {
                        return;
                    }
                }
            });
        }
        drop(done);
        // Dropped on every way out, also after an error, so that no thread waits for a receiver.
        let finished: Receiver<Result<Stamped, CaError>> = finished;
        for stamped in &finished {
            take(stamped?)?;
        }
        Ok(())
    })
}

fn stamp(
    setting: &Setting,
    keys: &[Arc<KeyPair>],
    fleet: &Fleet,
    number: usize,
    now: Timestamp,
) -> Result<Stamped, CaError> {
    let unit = FleetUnit::new(fleet, number, now);
    let mut certificates = Vec::new();
    for (at, wanted) in unit.certificates.iter().enumerate() {
        let profile = LeafProfile {
            common_name: wanted.hosts.first().cloned().unwrap_or_default(),
            names: wanted.hosts.clone(),
            key: ca::KeySource::NewEc(ca::KeyCurve::P256),
            not_before: wanted.issued,
            not_after: wanted.expires,
            issuer: CommercialCa::Hybrid,
            particulars: None,
        };
        let pooled = at % keys.len().max(1);
        let key = keys.get(pooled).ok_or_else(|| CaError::Stored("the key pool is empty".to_owned()))?;
        let leaf = setting.ca.stamp(&profile, key)?;
        let facts = CertificateFacts::read(&leaf)?;
        certificates.push((PoolLeaf { leaf: Base64Bytes(leaf), pooled }, facts));
    }
    Ok(Stamped { number, unit, certificates })
}
