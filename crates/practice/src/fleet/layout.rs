//! What belongs together: the estate is cut into units, each a resource group with one plan, its apps and its
//! certificates. A unit is a pure function of the fleet and its number.

use std::ops::Range;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use super::{Fleet, names};
use crate::{
    calendar::{MANAGED_LEAF_DAYS, ORDER_LEAF_DAYS, days},
    provider::REGIONS,
};

/// Apps on a plan, on average.
const APPS_OF_UNIT: usize = 12;

/// One resource group.
#[derive(Debug)]
pub(super) struct FleetUnit {
    pub subscription: usize,
    pub group: String,
    pub region: &'static str,
    pub plan: String,
    pub linux: bool,
    pub sku: &'static str,
    /// The name, and whether visitors without TLS are refused.
    pub apps: Vec<(String, bool)>,
    pub certificates: Vec<FleetCertificate>,
}

/// A private key certificate that is to be made.
#[derive(Debug)]
pub(super) struct FleetCertificate {
    pub name: String,
    pub hosts: Vec<String>,
    pub from: CertificateSource,
    pub issued: Timestamp,
    pub expires: Timestamp,
    /// The app of the unit that presents it, and the hostname.
    pub bound: Option<(usize, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CertificateSource {
    Upload,
    Vault,
    Managed,
}

/// The id of a subscription; it depends only on the seed and the number.
pub(super) fn subscription_id(fleet: &Fleet, number: usize) -> String {
    format!("{:08x}-f1ee-4000-8000-{:012x}", number + 1, fleet.seed & 0xffff_ffff_ffff)
}

/// How many units there are.
pub(super) fn units(fleet: &Fleet) -> usize {
    fleet.subscriptions.max(fleet.apps.div_ceil(APPS_OF_UNIT))
}

/// The subscription of a unit: each has at least one, and the first ones have the most, as in real estates.
fn owner(fleet: &Fleet, number: usize) -> usize {
    if number < fleet.subscriptions {
        return number;
    }
    let at = Rng::with_seed(fleet.seed ^ (number as u64) << 20).f64();
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // A rough share.
    let share = (at * at * fleet.subscriptions as f64) as usize;
    share.min(fleet.subscriptions - 1)
}

/// The items of `all` that belong to the unit.
fn share(all: usize, number: usize, units: usize) -> Range<usize> {
    all * number / units..all * (number + 1) / units
}

impl FleetUnit {
    pub(super) fn new(fleet: &Fleet, number: usize, now: Timestamp) -> Self {
        let random = &mut Rng::with_seed(fleet.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number as u64);
        let (team, stage) = (names::team(random), names::stage(random));
        let apps: Vec<(String, bool)> = share(fleet.apps, number, units(fleet))
            .map(|app| (format!("{}-{stage}-{app:05}", names::service(random)), random.u8(..4) > 0))
            .collect();
        let certificates = share(fleet.certificates, number, units(fleet));
        let certificates =
            certificates.map(|at| FleetCertificate::new(random, at, apps.len(), now)).collect();
        Self {
            subscription: owner(fleet, number),
            group: format!("rg-{team}-{stage}-{number:04}"),
            region: REGIONS[random.usize(..REGIONS.len())],
            plan: format!("plan-{team}-{stage}-{number:04}"),
            linux: random.u8(..3) == 0,
            sku: ["B1", "S1", "P1v3", "P1v3"][random.usize(..4)],
            apps,
            certificates,
        }
    }
}

impl FleetCertificate {
    fn new(random: &mut Rng, number: usize, apps: usize, now: Timestamp) -> Self {
        let service = names::service(random);
        let host = format!("{service}-{number}.{}", names::domain(random));
        let hosts = match random.u8(..10) {
            0 => vec![format!("*.{host}"), host.clone()],
            1 | 2 => vec![host.clone(), format!("www.{host}")],
            _ => vec![host.clone()],
        };
        let from = match random.u8(..100) {
            0..65 => CertificateSource::Upload,
            65..90 => CertificateSource::Vault,
            _ if apps > 0 => CertificateSource::Managed,
            _ => CertificateSource::Upload,
        };
        let (issued, expires) = life(random, from, now);
        let host = if hosts[0].starts_with("*.") && from != CertificateSource::Managed {
            format!("www.{host}")
        } else {
            host
        };
        let bound = apps > 0 && (from == CertificateSource::Managed || random.u8(..10) < 6);
        let hosts = if from == CertificateSource::Managed { vec![host.clone()] } else { hosts };
        Self {
            name: format!("{service}-{number:06}"),
            hosts,
            from,
            issued,
            expires,
            bound: bound.then(|| (random.usize(..apps), host)),
        }
    }
}

/// A validity period that includes now, with the limits of the day of issue; a few have ended.
fn life(random: &mut Rng, from: CertificateSource, now: Timestamp) -> (Timestamp, Timestamp) {
    let age = random.f64();
    // Managed certificates are renewed in time.
    let oldest = if from == CertificateSource::Managed { 0.7 } else { 1.03 };
    let at = |length: i64| now - SignedDuration::from_secs_f64(age * oldest * days(length).as_secs_f64());
    if from == CertificateSource::Managed {
        let length = MANAGED_LEAF_DAYS.at(now);
        return (at(length), at(length) + days(length));
    }
    let longest = ORDER_LEAF_DAYS.at(now - days(365));
    let allowed = ORDER_LEAF_DAYS.at(at(longest));
    let length = [longest, allowed][usize::from(random.bool())].min(allowed);
    let issued = at(length);
    (issued, issued + days(length))
}
