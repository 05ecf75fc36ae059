//! The queue of requests: which may go next, and how answers change that. Pure; the caller passes the time.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::bucket::{Bucket, KeptShare, QuotaWindow, ReportedLimit, SentMark};
use super::circuit::{CircuitBreaker, CircuitOpen};
use super::errand::{CallUrgency, Errand, FailureDomain, QuotaKind};

/// The maximum of requests under way at one host, and how many of these are reserved for people.
const AT_ONCE: usize = 32;
const FOR_PEOPLE: usize = 4;
/// Of every limit a tenth is left to others.
const USUAL_SHARE: KeptShare = KeptShare { spare: 0.1, documented: 0.0 };
/// A window of Resource Graph is small, and each run of certdeck spends one query to find out what is left of it.
const SHARE_OF_QUERIES: KeptShare = KeptShare { spare: 0.25, documented: 15.0 };
/// Limits with fewer requests left may be one and the same limit: answers do not say which requests share it.
/// Treating them as one costs little, and prevents a request from using what an answer reported to another.
const PLENTY: f64 = 100.0;

pub(super) type QueueKey = (CallUrgency, u64);

#[derive(Debug)]
pub(super) struct WaitingRequest {
    counts: CounterKeys,
    pub bell: Arc<Notify>,
    /// When the request may go, if that depends on time alone.
    pub when: Option<Instant>,
    pub way: Option<CountedRequest>,
}

/// The counters of a request: looked up once, because the queue is walked for every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CounterKeys {
    limit: usize,
    host: usize,
}

/// A permitted request, as its limits count it.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountedRequest {
    counts: CounterKeys,
    at: Instant,
    own: SentMark,
    common: SentMark,
}

/// The result of a request, as far as it concerns other requests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RequestOutcome {
    Answered {
        status: u16,
        told: Option<ReportedLimit>,
        /// The pause that the service asks for.
        retry_after: Option<Duration>,
    },
    /// The request did not reach the service.
    NotSent { why: String },
    /// No answer arrived.
    Lost { why: String },
    /// The caller stopped waiting, or the answer could not be understood.
    GivenUp,
}

#[derive(Debug)]
pub(super) struct Queue {
    known: HashMap<(FailureDomain, QuotaKind), usize>,
    limits: Vec<Bucket>,
    /// All limits that have little left, counted together.
    common: Bucket,
    circuits: HashMap<FailureDomain, CircuitBreaker>,
    hosts: HashMap<String, usize>,
    /// Requests at each host.
    under_way: Vec<usize>,
    waiting: BTreeMap<QueueKey, WaitingRequest>,
    arrived: u64,
}

impl Queue {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            known: HashMap::new(),
            limits: Vec::new(),
            common: Bucket::new(now, USUAL_SHARE),
            circuits: HashMap::new(),
            hosts: HashMap::new(),
            under_way: Vec::new(),
            waiting: BTreeMap::new(),
            arrived: 0,
        }
    }

    /// Whether its place is in use; a person's request is always tried.
    pub(super) fn check(&mut self, errand: &Errand, now: Instant) -> Result<(), CircuitOpen> {
        if errand.is_awaited() {
            return Ok(());
        }
        self.circuits.entry(errand.place.clone()).or_default().check(now)
    }

    /// Closes the open circuits, each with one test request.
    pub(super) fn try_again(&mut self, now: Instant) {
        self.circuits.values_mut().for_each(|circuit| circuit.cut_short(now));
    }

    /// How long requests to its limit are held back.
    pub(super) fn held(&mut self, errand: &Errand, now: Instant) -> Duration {
        let limit = self.counts(errand, now).limit;
        self.limits[limit].held().map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    pub(super) fn arrive(&mut self, errand: &Errand, bell: Arc<Notify>, now: Instant) -> QueueKey {
        self.arrived += 1;
        let turn = (errand.urgency, self.arrived);
        let counts = self.counts(errand, now);
        self.waiting.insert(turn, WaitingRequest { counts, bell, when: None, way: None });
        turn
    }

    pub(super) fn leave(&mut self, turn: QueueKey) -> Option<WaitingRequest> {
        self.waiting.remove(&turn)
    }

    pub(super) fn find(&self, turn: QueueKey) -> Option<&WaitingRequest> {
        self.waiting.get(&turn)
    }

    /// Lets every request go that may, in order. The first of those that stay watches the time for all: it is
    /// woken, or if it is `asking`, the returned value tells it until when to wait.
    pub(super) fn let_go(&mut self, now: Instant, asking: Option<QueueKey>) -> Option<Instant> {
        let (mut first, mut earliest) = (None, None::<Instant>);
        // Hundreds of requests in a row may wait for the same.
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

    fn room(
        &mut self,
        counts: CounterKeys,
        urgency: CallUrgency,
        now: Instant,
    ) -> Result<(), Option<Instant>> {
        let of_person = urgency == CallUrgency::Person;
        let places = if of_person { AT_ONCE } else { AT_ONCE - FOR_PEOPLE };
        if self.under_way[counts.host] >= places {
            return Err(None);
        }
        let own = &mut self.limits[counts.limit];
        own.room(now, of_person)?;
        if own.holds_at_least(PLENTY) { Ok(()) } else { self.common.room(now, of_person) }
    }

    /// What is known of the limit of such requests.
    pub(super) fn window(&mut self, errand: &Errand, now: Instant) -> QuotaWindow {
        let limit = self.counts(errand, now).limit;
        let own = self.limits[limit].window(now);
        if self.limits[limit].holds_at_least(PLENTY) || self.common.is_lifted() {
            return own;
        }
        let common = self.common.window(now);
        let tighter = if common.room < own.room { common } else { own };
        QuotaWindow { is_apart: false, ..tighter }
    }

    fn send(&mut self, counts: CounterKeys, now: Instant) -> CountedRequest {
        self.under_way[counts.host] += 1;
        CountedRequest {
            counts,
            at: now,
            own: self.limits[counts.limit].send(now),
            common: self.common.send(now),
        }
    }

    /// A request is over.
    pub(super) fn end(
        &mut self,
        errand: &Errand,
        way: CountedRequest,
        outcome: RequestOutcome,
        now: Instant,
    ) {
        self.under_way[way.counts.host] -= 1;
        let counted = matches!(outcome, RequestOutcome::Answered { told: Some(_), .. });
        self.common.end(counted);
        self.limits[way.counts.limit].end(counted);
        match outcome {
            RequestOutcome::Answered { status, told, retry_after } => {
                self.hear(errand, way, status, told, retry_after, now);
                match status {
                    408 | 500.. => self.fail(errand, way, format!("HTTP {status}"), now),
                    // This says nothing about the state of the place.
                    429 => self.give_up(errand),
                    _ => self.circuits.entry(errand.place.clone()).or_default().answered(now),
                }
            }
            RequestOutcome::NotSent { why } => {
                self.common.give_back();
                self.limits[way.counts.limit].give_back();
                self.fail(errand, way, why, now);
            }
            RequestOutcome::Lost { why } => self.fail(errand, way, why, now),
            RequestOutcome::GivenUp => self.give_up(errand),
        }
    }

    /// The test request of a place was given up without a result.
    pub(super) fn give_up(&mut self, errand: &Errand) {
        if let Some(circuit) = self.circuits.get_mut(&errand.place) {
            circuit.given_up();
        }
    }

    fn hear(
        &mut self,
        errand: &Errand,
        way: CountedRequest,
        status: u16,
        told: Option<ReportedLimit>,
        retry_after: Option<Duration>,
        now: Instant,
    ) {
        let own = &mut self.limits[way.counts.limit];
        match (status, retry_after, told) {
            (429 | 503, Some(pause), _) => own.hold(now, pause),
            (_, _, Some(told)) => own.tell(now, way.own, told),
            // A refused token is not counted; a failure reports no limit.
            (401 | 429 | 500.., _, None) => {}
            (_, _, None) => own.be_silent(),
        }
        match told {
            Some(told) if told.left >= PLENTY => self.common.lift(),
            // Queries never have plenty: they use the common limit, but report nothing about it.
            Some(_) if errand.kind == QuotaKind::Query && self.common.is_lifted() => {}
            Some(told) => self.common.tell(now, way.common, ReportedLimit { resets: None, ..told }),
            None if matches!(status, 401 | 429 | 500..) => {}
            None => self.common.be_silent(),
        }
    }

    fn fail(&mut self, errand: &Errand, way: CountedRequest, why: String, now: Instant) {
        let mut circuit = self.circuits.remove(&errand.place).unwrap_or_default();
        circuit.failed(now, way.at, why, |moment| {
            self.circuits.values().any(|other| other.answered_since(moment))
        });
        self.circuits.insert(errand.place.clone(), circuit);
    }

    fn counts(&mut self, errand: &Errand, now: Instant) -> CounterKeys {
        let limit = *self.known.entry((errand.place.clone(), errand.kind)).or_insert_with(|| {
            let is_query = errand.kind == QuotaKind::Query;
            self.limits.push(Bucket::new(now, if is_query { SHARE_OF_QUERIES } else { USUAL_SHARE }));
            self.limits.len() - 1
        });
        let host = *self.hosts.entry(errand.place.host.clone()).or_insert_with(|| {
            self.under_way.push(0);
            self.under_way.len() - 1
        });
        CounterKeys { limit, host }
    }
}
