//! The two doors of a reading: the index of Resource Graph, whose window of queries is small, and ARM's own
//! lists, which have a limit for each subscription. A question belongs to one door at a time: it waits for the
//! index, and goes to the lists if they answer before the window has room for it, or if the index is silent.
//! Pure; the caller passes the time and what is known of the window.

use std::time::Duration;

use tokio::time::Instant;

use super::LONG_SILENT;
use super::index::{self, GraphQuery};
use super::kind::ResourceKind;
use crate::budget::QuotaWindow;

/// The number of queries under way at the same time.
const QUERIES_AT_ONCE: usize = 8;
/// What a page of a list takes while many are under way, until it was measured over so many of them.
const A_PAGE: Duration = Duration::from_millis(10);
const MEASURED: u32 = 20;
/// The rows of a page of a list, and how many such pages hold as much as one of the index.
const ROWS: usize = 100;
const PAGES_OF_PAGE: usize = index::MOST / ROWS;
/// The shortest and longest pause before the window is looked at again.
const SOON: Duration = Duration::from_millis(10);
const LATER: Duration = Duration::from_secs(1);

/// What a query is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IndexTopic {
    Kind(ResourceKind),
    /// Which of the subscriptions the index knows.
    Known,
}

/// A question that waits for the index. Subscriptions are given by their indices.
#[derive(Debug)]
pub(super) struct IndexAsk {
    pub topic: IndexTopic,
    pub question: GraphQuery,
    pub among: Vec<usize>,
    /// Whether its answer tells the total of the kind.
    pub is_first: bool,
    /// The number of pages that its answer takes, as far as is known.
    pub pages: usize,
}

/// A question that goes to the lists.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TurnedAsk {
    pub topic: IndexTopic,
    pub among: Vec<usize>,
}

/// A query that was sent.
#[derive(Debug)]
struct BegunQuery {
    number: u64,
    topic: IndexTopic,
    among: Vec<usize>,
    pages: usize,
}

/// How fast the lists answer while several are under way.
#[derive(Debug)]
pub(super) struct ListPace {
    a_page: Duration,
    pages: u32,
    since: Instant,
}

impl ListPace {
    pub(super) fn new(now: Instant) -> Self {
        Self { a_page: A_PAGE, pages: 0, since: now }
    }

    /// The first of several lists is requested.
    pub(super) fn begin(&mut self, now: Instant) {
        (self.pages, self.since) = (0, now);
    }

    /// One of them was read.
    pub(super) fn answered(&mut self, rows: usize, now: Instant) {
        self.pages = self.pages.saturating_add(u32::try_from(1 + rows / ROWS).unwrap_or(1));
        if self.pages >= MEASURED {
            self.a_page = now.saturating_duration_since(self.since) / self.pages;
        }
    }

    fn of(&self, pages: usize) -> Duration {
        self.a_page.saturating_mul(u32::try_from(pages).unwrap_or(u32::MAX))
    }
}

/// The questions for the index, and which of them are under way.
#[derive(Debug)]
pub(super) struct IndexPlan {
    waiting: Vec<IndexAsk>,
    begun: Vec<BegunQuery>,
    numbers: u64,
    /// How long the index may be silent while queries are under way: longer once it has answered.
    patience: Duration,
    /// When it last answered, or was asked after a pause.
    heard: Instant,
}

impl IndexPlan {
    pub(super) fn new(patience: Duration, now: Instant) -> Self {
        Self { waiting: Vec::new(), begun: Vec::new(), numbers: 0, patience, heard: now }
    }

    pub(super) fn add(&mut self, ask: IndexAsk) {
        self.waiting.push(ask);
    }

    /// Adds the rest of an answer that has begun: it goes before all others.
    pub(super) fn go_on(&mut self, ask: IndexAsk) {
        self.waiting.insert(0, ask);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.begun.is_empty()
    }

    /// Takes the questions to send now, each with a number: those that the window can carry to their end. If
    /// nothing else is to be done (`is_idle`), one that is larger than any window begins as well.
    pub(super) fn begin(&mut self, window: QuotaWindow, is_idle: bool, now: Instant) -> Vec<(u64, IndexAsk)> {
        if self.begun.is_empty() {
            self.heard = now;
        }
        let mut room = self.free(window);
        let mut begins = Vec::new();
        let mut at = 0;
        while let Some(ask) = self.waiting.get(at)
            && self.begun.len() < QUERIES_AT_ONCE
        {
            let is_last_resort = is_idle && self.begun.is_empty() && at + 1 == self.waiting.len();
            if number(ask.pages) <= room {
                room -= number(ask.pages);
                begins.push(self.send(at));
            } else if is_last_resort && window.room >= 1.0 {
                begins.push(self.send(0));
            } else {
                at += 1;
            }
        }
        begins
    }

    fn send(&mut self, at: usize) -> (u64, IndexAsk) {
        let ask = self.waiting.remove(at);
        self.numbers += 1;
        let (number, topic, among, pages) = (self.numbers, ask.topic, ask.among.clone(), ask.pages);
        self.begun.push(BegunQuery { number, topic, among, pages });
        (number, ask)
    }

    /// The index answered, well or not.
    pub(super) fn answered(&mut self, number: u64, now: Instant) {
        self.begun.retain(|one| one.number != number);
        self.heard = now;
        // It is there; a large page may take longer.
        self.patience = self.patience.max(LONG_SILENT);
    }

    /// Takes the next question that the lists answer before the window has room for it. `lists` returns how
    /// many lists it takes.
    pub(super) fn turn(
        &mut self,
        window: QuotaWindow,
        pace: &ListPace,
        lists: impl Fn(IndexTopic, &[usize]) -> usize,
    ) -> Option<TurnedAsk> {
        let wait = window.opens_in.filter(|_| window.is_apart)?;
        let free = self.free(window);
        let is_quicker = |ask: &IndexAsk| {
            let pages = lists(ask.topic, &ask.among) + (ask.pages - 1) * PAGES_OF_PAGE;
            number(ask.pages) > free && pace.of(pages) < wait
        };
        // What costs the index most for the fewest lists; what it has begun to answer comes last.
        let gain = |ask: &IndexAsk| (!ask.question.has_begun(), ask.pages * 1000 / ask.among.len().max(1));
        let turned = (0..self.waiting.len())
            .filter(|at| is_quicker(&self.waiting[*at]))
            .max_by_key(|at| gain(&self.waiting[*at]))?;
        let IndexAsk { topic, among, .. } = self.waiting.remove(turned);
        Some(TurnedAsk { topic, among })
    }

    /// Takes all questions if the index has been silent for too long; the queries under way are to be dropped.
    pub(super) fn give_up(&mut self, now: Instant) -> Vec<TurnedAsk> {
        let is_silent = now.saturating_duration_since(self.heard) >= self.patience;
        if self.begun.is_empty() || !is_silent {
            return Vec::new();
        }
        let begun = self.begun.drain(..).map(|one| TurnedAsk { topic: one.topic, among: one.among });
        let waiting = self.waiting.drain(..).map(|one| TurnedAsk { topic: one.topic, among: one.among });
        begun.chain(waiting).collect()
    }

    /// When to look again although nothing was answered.
    pub(super) fn wake(&self, window: QuotaWindow, now: Instant) -> Instant {
        let opens = window.opens_in.filter(|_| !self.waiting.is_empty()).unwrap_or(LATER);
        let opens = now + opens.clamp(SOON, LATER);
        let silent = (!self.begun.is_empty()).then(|| self.heard + self.patience);
        silent.map_or(opens, |silent| silent.min(opens))
    }

    /// The room that the pages to come of the queries under way leave.
    fn free(&self, window: QuotaWindow) -> f64 {
        window.room - self.begun.iter().map(|one| number(one.pages.saturating_sub(1))).sum::<f64>()
    }
}

fn number(pages: usize) -> f64 {
    u32::try_from(pages).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(room: f64, opens_in: u64) -> QuotaWindow {
        QuotaWindow { room, opens_in: Some(Duration::from_millis(opens_in)), is_apart: true }
    }

    fn ask(kind: ResourceKind, subscriptions: usize, pages: usize) -> IndexAsk {
        let question = GraphQuery::new(kind.query(), Vec::new());
        let among = (0..subscriptions).collect();
        IndexAsk { topic: IndexTopic::Kind(kind), question, among, is_first: pages == 1, pages }
    }

    /// A plan with small kinds and one of many pages, for so many subscriptions.
    fn plan(subscriptions: usize) -> (IndexPlan, Instant) {
        let now = Instant::now();
        let mut plan = IndexPlan::new(Duration::from_secs(1), now);
        plan.add(ask(ResourceKind::Certificates, subscriptions, 5));
        plan.add(ask(ResourceKind::Orders, subscriptions, 1));
        plan.add(ask(ResourceKind::Vaults, subscriptions, 1));
        (plan, now)
    }

    fn topics(begun: &[(u64, IndexAsk)]) -> Vec<IndexTopic> {
        begun.iter().map(|(_, ask)| ask.topic).collect()
    }

    fn one_a_subscription(_: IndexTopic, among: &[usize]) -> usize {
        among.len()
    }

    #[test]
    fn what_the_window_cannot_carry_to_its_end_is_listed_and_nothing_goes_through_both_doors() {
        let (mut plan, now) = plan(50);
        let pace = ListPace::new(now);
        let window = window(3.0, 4_500);
        let begun = plan.begin(window, true, now);
        assert_eq!(topics(&begun), [ResourceKind::Orders, ResourceKind::Vaults].map(IndexTopic::Kind));
        let turned = plan.turn(window, &pace, one_a_subscription).map(|turned| turned.topic);
        assert_eq!(turned, Some(IndexTopic::Kind(ResourceKind::Certificates)));
        assert_eq!(plan.turn(window, &pace, one_a_subscription), None);
        assert_eq!(plan.give_up(now + Duration::from_millis(999)), []);
        for (number, _) in &begun {
            plan.answered(*number, now);
        }
        assert!(plan.is_empty());
    }

    #[test]
    fn a_spent_window_holds_up_nothing_that_the_lists_answer_sooner() {
        let (mut few, now) = plan(50);
        let mut pace = ListPace::new(now);
        let spent = window(0.0, 4_000);
        assert!(few.begin(spent, false, now).is_empty());
        let turned = std::iter::from_fn(|| few.turn(spent, &pace, one_a_subscription)).count();
        assert_eq!((turned, few.is_empty()), (3, true));
        // Five hundred lists take longer than the window stays closed.
        let (mut many, _) = plan(500);
        assert_eq!(many.turn(spent, &pace, one_a_subscription), None);
        // As measured, they take less.
        pace.answered(50 * ROWS, now + Duration::from_millis(51));
        assert_eq!(std::iter::from_fn(|| many.turn(spent, &pace, one_a_subscription)).count(), 3);
    }

    #[test]
    fn an_index_that_is_silent_for_a_second_is_passed() {
        let (mut plan, now) = plan(500);
        let unknown = QuotaWindow { room: 1.0, opens_in: None, is_apart: true };
        assert_eq!(plan.begin(unknown, true, now).len(), 1);
        let closed = QuotaWindow { room: 0.0, ..unknown };
        assert_eq!(plan.turn(closed, &ListPace::new(now), one_a_subscription), None);
        assert_eq!(plan.wake(unknown, now), now + Duration::from_secs(1));
        assert_eq!(plan.give_up(now + Duration::from_secs(1)).len(), 3);
        assert!(plan.is_empty());
    }

    #[test]
    fn an_answer_that_is_larger_than_every_window_begins_when_nothing_else_is_to_be_done() {
        let now = Instant::now();
        let mut plan = IndexPlan::new(Duration::from_secs(1), now);
        plan.add(ask(ResourceKind::Certificates, 900, 40));
        assert!(plan.begin(window(11.0, 5_000), false, now).is_empty());
        assert_eq!(plan.begin(window(11.0, 5_000), true, now).len(), 1);
    }

    #[test]
    fn where_every_request_draws_on_one_limit_the_lists_are_no_way_round_it() {
        let (mut plan, _) = plan(2);
        let shared = QuotaWindow { is_apart: false, ..window(0.0, 1_000) };
        assert_eq!(plan.turn(shared, &ListPace::new(Instant::now()), one_a_subscription), None);
    }
}
