//! What a key press costs from the message to the drawn frame, in every pane, with 10,000 and 100,000 rows, and
//! how long the loop is held while a reading arrives. `cargo bench --bench keys` prints a table with the budget
//! of each line and fails where a median is above it.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod made;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use certdeck::app::effect::Effect;
use certdeck::app::key::Key;
use certdeck::app::keymap::Keymap;
use certdeck::app::message::{AskId, Message};
use certdeck::app::{App, Effects, Opens, Settings};
use certdeck::model::{Estate, EstateRows};
use certdeck::rules::{Profile, Rules};
use certdeck::ui::look::Look;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// Milliseconds for 10,000 and for 100,000 rows.
struct Budget {
    small: u64,
    large: u64,
}

const MOVING: Budget = Budget { small: 3, large: 5 };
const SLOW: Budget = Budget { small: 30, large: 120 };
const OTHER: Budget = Budget { small: 16, large: 120 };
const READING: Budget = Budget { small: 30, large: 100 };

impl Budget {
    fn of(&self, rows: usize) -> Duration {
        Duration::from_millis(if rows > 10_000 { self.large } else { self.small })
    }
}

struct Screen {
    app: App,
    terminal: Terminal<TestBackend>,
    look: Look,
    asked: Option<AskId>,
    built_as: Option<AskId>,
    /// How long the last work beside the loop took.
    built_in: Duration,
}

impl Screen {
    fn start() -> Self {
        let settings = Settings {
            context: "bench".to_owned(),
            practice: true,
            no_orders: None,
            read_only: false,
            production: false,
            scope: String::new(),
            contexts: Vec::new(),
            fixed: None,
            columns: [const { None }; 4],
            filters: Vec::new(),
            refresh: None,
            opens: Opens::Inventory,
            keymap: Keymap::new("").unwrap(),
            rules: Arc::new(Rules::load(Profile::Current).unwrap()),
        };
        let (app, effects) = App::new(settings, made::now());
        let terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let mut screen = Self {
            app,
            terminal,
            look: Look::default(),
            asked: None,
            built_as: None,
            built_in: Duration::ZERO,
        };
        screen.note(&effects);
        screen
    }

    fn note(&mut self, effects: &Effects) {
        let asked = effects.iter().find_map(|effect| match effect {
            Effect::ReadEstate { ask, .. } => Some(*ask),
            _ => None,
        });
        self.asked = asked.or(self.asked);
        let built_as = effects.iter().find_map(|effect| match effect {
            Effect::Build { ask } => Some(*ask),
            _ => None,
        });
        self.built_as = built_as.or(self.built_as);
        self.app.inventory.discarded = None;
    }

    /// How long the loop is held by one message and the frame after it.
    fn send(&mut self, message: Message) -> Duration {
        let begun = Instant::now();
        let effects = self.app.update(message);
        self.terminal.draw(|frame| certdeck::ui::view(&self.app, &self.look, frame)).unwrap();
        let took = begun.elapsed();
        self.note(&effects);
        // The runtime does this beside the loop, which takes what came of it as a message.
        match self.app.inventory.building.take() {
            Some(building) => {
                let begun = Instant::now();
                let (ask, built) = (self.built_as.unwrap(), Box::new(building.build()));
                self.built_in = begun.elapsed();
                took.max(self.send(Message::EstateBuilt { ask, built }))
            }
            None => took,
        }
    }

    fn press(&mut self, keys: &str) -> Duration {
        let keys = Key::parse_all(keys).unwrap();
        keys.into_iter().map(|key| self.send(Message::KeyPressed(key))).max().unwrap_or_default()
    }

    /// A reading that arrives in parts of a thousand; the longest that the loop was held.
    fn read(&mut self, parts: Vec<EstateRows>) -> Duration {
        let ask = self.asked.unwrap();
        let told = parts.into_iter().map(|part| {
            self.send(Message::EstateProgressed { ask, part: Box::new(part), note: String::new() })
        });
        let worst = told.max().unwrap_or_default();
        worst.max(self.send(Message::EstateRead { ask, result: Ok(()) }))
    }
}

/// The estate in parts as the inventory tells them.
fn parts(estate: &Estate) -> Vec<EstateRows> {
    const PART: usize = 1000;
    let (as_of, subscriptions) = (estate.as_of, estate.subscriptions.clone());
    let mut parts = vec![EstateRows { as_of, subscriptions, ..EstateRows::default() }];
    for apps in estate.apps.chunks(PART) {
        parts.push(EstateRows { apps: apps.to_vec(), ..EstateRows::default() });
    }
    for (certificates, bindings) in estate.certificates.chunks(PART).zip(estate.bindings.chunks(PART)) {
        let (certificates, bindings) = (certificates.to_vec(), bindings.to_vec());
        parts.push(EstateRows { certificates, bindings, ..EstateRows::default() });
    }
    parts
}

struct Table {
    rows: usize,
    is_kept: bool,
}

impl Table {
    fn line(&mut self, what: &str, mut took: Vec<Duration>, budget: &Budget) {
        took.sort();
        let (median, worst) = (took[took.len() / 2], took[took.len() - 1]);
        let limit = budget.of(self.rows);
        let is_kept = median <= limit;
        self.is_kept &= is_kept;
        let mark = if is_kept { "" } else { "  OVER" };
        println!(
            "{:>7} rows  {what:<34} median {:>8.2} ms  worst {:>8.2} ms  budget {:>4} ms{mark}",
            self.rows,
            median.as_secs_f64() * 1e3,
            worst.as_secs_f64() * 1e3,
            limit.as_millis()
        );
    }
}

fn measure(rows: usize) -> bool {
    let estate = made::estate(rows);
    let mut table = Table { rows, is_kept: true };
    let mut screen = Screen::start();
    let first = screen.read(parts(&estate));
    table.line("first reading, longest hold", vec![first], &READING);
    for (key, pane) in [("4", "Bindings"), ("3", "Orders"), ("2", "Public"), ("1", "Private")] {
        screen.built_in = Duration::ZERO;
        let held = screen.press(key);
        table.line(&format!("first switch to {pane}"), vec![held], &SLOW);
        table.line("  until its rows are there", vec![held + screen.built_in], &SLOW);
    }
    for (key, pane) in [("1", "Private"), ("4", "Bindings")] {
        screen.press(key);
        let again = |screen: &mut Screen, keys: &str, times: usize| -> Vec<Duration> {
            (0..times).map(|_| screen.press(keys)).collect()
        };
        let moved = again(&mut screen, "j", 50);
        table.line(&format!("{pane}: j"), moved, &MOVING);
        let bottom = (0..11).flat_map(|_| [screen.press("G"), screen.press("g")]).collect();
        table.line(&format!("{pane}: G, g"), bottom, &MOVING);
        let paged = again(&mut screen, "<PgDn>", 20);
        table.line(&format!("{pane}: PageDown"), paged, &MOVING);
        let switched = (0..11).flat_map(|_| [screen.press("3"), screen.press(key)]).collect();
        table.line(&format!("{pane}: there and back"), switched, &OTHER);
        let sorted = again(&mut screen, "s", 6);
        table.line(&format!("{pane}: s"), sorted, &SLOW);
        let turned = again(&mut screen, "S", 6);
        table.line(&format!("{pane}: S"), turned, &SLOW);
        screen.press("/");
        let filtered = ["w", "w", "w", "9", "9"].map(|letter| screen.press(letter)).to_vec();
        table.line(&format!("{pane}: a letter of a filter"), filtered, &OTHER);
        table.line(&format!("{pane}: filter cleared"), vec![screen.press("<Esc>")], &OTHER);
        for (keys, what) in [("<Enter>", "details"), ("?", "help"), (":", "palette"), ("p", "problems")] {
            let opened = (0..5).map(|_| {
                let took = screen.press(keys);
                screen.press("<Esc>");
                took
            });
            let opened = opened.collect();
            table.line(&format!("{pane}: {what}"), opened, &OTHER);
        }
        screen.press("o");
        screen.press("S u b s c r i p t i o n <Space> 1".replace(' ', "").as_str());
        table.line(&format!("{pane}: a scope"), vec![screen.press("<Enter>")], &SLOW);
        screen.press("o");
        table.line(&format!("{pane}: every scope again"), vec![screen.press("E<Enter>")], &SLOW);
    }
    screen.press("1");
    let refreshed = (0..3).map(|_| {
        screen.press("<C-r>");
        screen.read(parts(&estate))
    });
    let refreshed = refreshed.collect();
    table.line("a refresh, longest hold", refreshed, &READING);
    table.is_kept
}

fn main() -> ExitCode {
    // `cargo test` runs benches too, and means none of it.
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let kept = [10_000, 100_000].map(measure);
    if kept.into_iter().all(|kept| kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
