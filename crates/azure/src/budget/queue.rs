//! Who may go next, and what the answers say about who may go after that. Pure; whoever asks brings the time.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::bucket::{Bucket, Sent, Told};
use super::circuit::{Circuit, Cut};
use super::errand::{Errand, Kind, Place, Urgency};

/// Requests under way at one host, and how many of these only people may use.
const AT_ONCE: usize = 32;
const FOR_PEOPLE: usize = 4;
/// The part of every limit that is left to people, and to whatever else signs in as the same.
const SPARE: f64 = 0.1;
/// Limits that have less left may be one and the same: an answer does not say who else draws on them. To
/// treat them as one costs little, and nobody takes what somebody else was told of.
const PLENTY: f64 = 100.0;

pub type Turn = (Urgency, u64);

#[derive(Debug)]
pub struct Waiting {
    counts: Counts,
    pub bell: Arc<Notify>,
    /// When it may go, as far as time alone decides.
    pub when: Option<Instant>,
    pub way: Option<Way>,
}

/// Where a request is counted: looked up once, as the queue is walked for every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    limit: usize,
    host: usize,
}

/// A request that was let go, as its limits count it.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    counts: Counts,
    at: Instant,
    own: Sent,
    common: Sent,
}

/// What became of a request, as far as it concerns others.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Answered {
        status: u16,
        told: Option<Told>,
        /// How long the service wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// Nothing of it reached the service.
    NotSent { why: String },
    /// No answer came.
    Lost { why: String },
    /// Nobody waits for it any more, or nobody could make sense of the answer.
    GivenUp,
}

#[derive(Debug)]
pub struct Queue {
    known: HashMap<(Place, Kind), usize>,
    limits: Vec<Bucket>,
    /// Of all limits together that have little left.
    common: Bucket,
    circuits: HashMap<Place, Circuit>,
    hosts: HashMap<String, usize>,
    /// Requests at each host.
    under_way: Vec<usize>,
    waiting: BTreeMap<Turn, Waiting>,
    arrived: u64,
}

impl Queue {
    pub fn new(now: Instant) -> Self {
        Self {
            known: HashMap::new(),
            limits: Vec::new(),
            common: Bucket::new(now),
            circuits: HashMap::new(),
            hosts: HashMap::new(),
            under_way: Vec::new(),
            waiting: BTreeMap::new(),
            arrived: 0,
        }
    }

    /// Whether its place answers at all; what a person asks for is always tried.
    pub fn check(&mut self, errand: &Errand, now: Instant) -> Result<(), Cut> {
        if errand.is_awaited() {
            return Ok(());
        }
        self.circuits.entry(errand.place.clone()).or_default().check(now)
    }

    /// What was left alone because it kept failing is tried again, each by one request.
    pub fn try_again(&mut self, now: Instant) {
        self.circuits.values_mut().for_each(|circuit| circuit.cut_short(now));
    }

    /// How long its limit is to be left alone.
    pub fn held(&mut self, errand: &Errand, now: Instant) -> Duration {
        let limit = self.counts(errand, now).limit;
        self.limits[limit].held().map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    pub fn arrive(&mut self, errand: &Errand, bell: Arc<Notify>, now: Instant) -> Turn {
        self.arrived += 1;
        let turn = (errand.urgency, self.arrived);
        let counts = self.counts(errand, now);
        self.waiting.insert(turn, Waiting { counts, bell, when: None, way: None });
        turn
    }

    pub fn leave(&mut self, turn: Turn) -> Option<Waiting> {
        self.waiting.remove(&turn)
    }

    pub fn find(&self, turn: Turn) -> Option<&Waiting> {
        self.waiting.get(&turn)
    }

    /// Lets everybody go who may, in their order. Whoever is first of those who stay keeps an eye on the time
    /// for all: their bell rings, or if it is `asking`, the answer says until when.
    pub fn let_go(&mut self, now: Instant, asking: Option<Turn>) -> Option<Instant> {
        let (mut first, mut earliest) = (None, None::<Instant>);
        // Hundreds in a row may wait for the same.
        let mut stuck = None;
        let mut waiting = std::mem::take(&mut self.waiting);
        for (turn, one) in waiting.iter_mut().filter(|(_, one)| one.way.is_none()) {
            let room = match stuck {
                Some((counts, urgency, when)) if (counts, urgency) == (one.counts, turn.0) => Err(when),
                _ => self.room(one.counts, turn.0, now),
            };
            let Err(when) = room else {
                one.way = Some(self.send(one.counts, now));
                one.bell.notify_one();
                continue;
            };
            (one.when, stuck) = (when, Some((one.counts, turn.0, when)));
            first.get_or_insert((*turn, one.bell.clone()));
            earliest = [earliest, one.when].into_iter().flatten().min();
        }
        self.waiting = waiting;
        match first {
            Some((turn, _)) if Some(turn) == asking => earliest,
            Some((_, bell)) => {
                bell.notify_one();
                None
            }
            None => None,
        }
    }

    fn room(&mut self, counts: Counts, urgency: Urgency, now: Instant) -> Result<(), Option<Instant>> {
        let (places, spare) = match urgency {
            Urgency::Person => (AT_ONCE, 0.0),
            Urgency::Look | Urgency::Background => (AT_ONCE - FOR_PEOPLE, SPARE),
        };
        if self.under_way[counts.host] >= places {
            return Err(None);
        }
        let own = &mut self.limits[counts.limit];
        own.room(now, spare)?;
        if own.holds_at_least(PLENTY) { Ok(()) } else { self.common.room(now, spare) }
    }

    fn send(&mut self, counts: Counts, now: Instant) -> Way {
        self.under_way[counts.host] += 1;
        Way { counts, at: now, own: self.limits[counts.limit].send(now), common: self.common.send(now) }
    }

    /// A request is over.
    pub fn end(&mut self, errand: &Errand, way: Way, outcome: Outcome, now: Instant) {
        self.under_way[way.counts.host] -= 1;
        let counted = matches!(outcome, Outcome::Answered { told: Some(_), .. });
        self.common.end(counted);
        self.limits[way.counts.limit].end(counted);
        match outcome {
            Outcome::Answered { status, told, retry_after } => {
                self.hear(errand, way, status, told, retry_after, now);
                match status {
                    408 | 500.. => self.fail(errand, way, format!("HTTP {status}"), now),
                    // It says nothing of how the others fare.
                    429 => self.give_up(errand),
                    _ => self.circuits.entry(errand.place.clone()).or_default().answered(now),
                }
            }
            Outcome::NotSent { why } => {
                self.common.give_back();
                self.limits[way.counts.limit].give_back();
                self.fail(errand, way, why, now);
            }
            Outcome::Lost { why } => self.fail(errand, way, why, now),
            Outcome::GivenUp => self.give_up(errand),
        }
    }

    /// The request that was to see whether a place answers again did not see it.
    pub fn give_up(&mut self, errand: &Errand) {
        if let Some(circuit) = self.circuits.get_mut(&errand.place) {
            circuit.given_up();
        }
    }

    fn hear(
        &mut self,
        errand: &Errand,
        way: Way,
        status: u16,
        told: Option<Told>,
        retry_after: Option<Duration>,
        now: Instant,
    ) {
        let own = &mut self.limits[way.counts.limit];
        match (status, retry_after, told) {
            (429 | 503, Some(pause), _) => own.hold(now, pause),
            (_, _, Some(told)) => own.tell(now, way.own, told),
            // A refused token is not counted; a failure says nothing.
            (401 | 429 | 500.., _, None) => {}
            (_, _, None) => own.be_silent(),
        }
        match told {
            Some(told) if told.left >= PLENTY => self.common.lift(),
            // Queries never have plenty: they add to what others say, and say nothing themselves.
            Some(_) if errand.kind == Kind::Query && self.common.is_lifted() => {}
            Some(told) => self.common.tell(now, way.common, Told { resets: None, ..told }),
            None if matches!(status, 401 | 429 | 500..) => {}
            None => self.common.be_silent(),
        }
    }

    fn fail(&mut self, errand: &Errand, way: Way, why: String, now: Instant) {
        let mut circuit = self.circuits.remove(&errand.place).unwrap_or_default();
        circuit.failed(now, way.at, why, |moment| {
            self.circuits.values().any(|other| other.answered_since(moment))
        });
        self.circuits.insert(errand.place.clone(), circuit);
    }

    fn counts(&mut self, errand: &Errand, now: Instant) -> Counts {
        let limit = *self.known.entry((errand.place.clone(), errand.kind)).or_insert_with(|| {
            self.limits.push(Bucket::new(now));
            self.limits.len() - 1
        });
        let host = *self.hosts.entry(errand.place.host.clone()).or_insert_with(|| {
            self.under_way.push(0);
            self.under_way.len() - 1
        });
        Counts { limit, host }
    }
}
