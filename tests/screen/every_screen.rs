//! Every screen of the program, for promises that hold on all of them: every size, every text, every look.

use crate::contoso::{Screen, seen_for_purchase};
use crate::pictures::picture;
use certdeck::app::key::{Key, KeyCode};
use certdeck::app::message::{AskId, Message};
use certdeck::flow::FlowName;
use certdeck::model::{EstateRows, PastChange, Problem};
use certdeck::ui::look::Look;
use certdeck::ui::roles::Roles;
use std::collections::BTreeMap;
use std::io::Write;

/// Keys that lead to each screen from the list; the first eight are the panes and their details.
const KEYS: &[&str] = &[
    "",
    "2",
    "3",
    "4",
    "<Enter>",
    "2<Enter>",
    "3<Enter>",
    "4<Enter>",
    "<Tab><Enter><Tab>",
    "/shop",
    "4z",
    "?",
    "?/bind",
    ":",
    ":ren",
    "a",
    "c",
    "C",
    "o",
    "p",
    "t",
    "m",
    "M",
    ":columns<Enter>",
    "3f",
    "4f",
    "e",
    "r",
    "3w",
    "d",
    "<Space><Space>d",
    ":cert-check<Enter>",
    ":cert-build<Enter>",
    ":cert-build<Enter><Enter>",
    "aj<Enter>",
    "4b",
    "4b<Enter>",
    "4,",
    "3x",
    "3l",
    "3r",
    "3A",
    "B",
    ":hostname<Enter>",
    ":quit<Enter>",
];

/// A wizard before its first change, with the question on screen.
fn asking() -> Screen {
    let mut screen = Screen::filled();
    screen.press(":purchase<Enter>fabrikam.com<Tab><Tab>fabrikam-www<PgDn>").settle(seen_for_purchase(None));
    screen.press("<Enter>");
    screen
}

/// Each screen by its name, made when it is asked for.
fn every_screen() -> Vec<(String, Box<dyn Fn() -> Screen>)> {
    let mut all: Vec<(String, Box<dyn Fn() -> Screen>)> = Vec::new();
    let flows = FlowName::ALL.iter().filter_map(|flow| Some(flow.definition().command?.name));
    let flows = flows.map(|name| format!(":{name}<Enter>"));
    for keys in KEYS.iter().map(|keys| (*keys).to_owned()).chain(flows) {
        let name = keys.clone();
        let made = move || {
            let mut screen = Screen::filled();
            screen.press(&keys);
            screen
        };
        all.push((name, Box::new(made)));
    }
    all.push(("asking".to_owned(), Box::new(asking)));
    all.push(("an error".to_owned(), Box::new(failed)));
    all.push(("while it reads".to_owned(), Box::new(|| Screen::start(|_| {}))));
    all
}

fn failed() -> Screen {
    let mut screen = Screen::start(|_| {});
    let problem = Problem::new("Read the certificates", "no network").remedy("Look at the cable.");
    screen.send(Message::EstateRead { ask: AskId(1), result: Err(problem) });
    screen
}

fn drawn(screen: &mut Screen, width: u16, height: u16) -> usize {
    screen.resize(width, height);
    let terminal = screen.terminal();
    let buffer = terminal.backend().buffer();
    assert_eq!((buffer.area.width, buffer.area.height), (width, height));
    buffer.content.iter().filter(|cell| !cell.symbol().trim().is_empty()).count()
}

/// Of the heights each width meets one, in turn; `CERTDECK_ALL_SIZES=1` draws all of them, which takes minutes.
#[test]
fn every_pane_and_detail_is_drawn_at_every_width_and_height() {
    const HEIGHTS: [u16; 7] = [1, 2, 10, 15, 24, 45, 80];
    let is_whole = std::env::var_os("CERTDECK_ALL_SIZES").is_some();
    for (nth, keys) in KEYS[..8].iter().enumerate() {
        let mut screen = Screen::filled();
        screen.press(keys);
        for width in 1..=250 {
            let turn = (usize::from(width) + nth) % HEIGHTS.len();
            for (place, height) in HEIGHTS.into_iter().enumerate() {
                if is_whole || place == turn {
                    assert!(drawn(&mut screen, width, height) > 0, "{keys} at {width}x{height} is empty");
                }
            }
        }
        for width in [20, 60, 80, 160, 250] {
            for height in
                (1..=100).filter(|height| is_whole || (usize::from(*height) + nth).is_multiple_of(8))
            {
                drawn(&mut screen, width, height);
            }
        }
    }
}

#[test]
fn every_dialog_and_every_page_of_the_wizard_is_drawn_at_forty_sizes() {
    for (nth, (name, made)) in every_screen().into_iter().enumerate() {
        let mut screen = made();
        let mut random = fastrand::Rng::with_seed(nth as u64);
        for _ in 0..40 {
            let (width, height) = (random.u16(1..=250), random.u16(1..=80));
            assert!(drawn(&mut screen, width, height) > 0, "{name:?} at {width}x{height} is empty");
        }
    }
}

/// What may not reach a terminal: controls, what turns the direction of text, what takes no room.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Texts of each kind that does harm in a terminal; more are read from the reference material where it is there.
fn hostile() -> Vec<String> {
    let own = [
        "\u{1b}[2J\u{1b}[H",
        "\u{1b}]52;c;aGk=\u{7}",
        "a\rb",
        "a\nb\tc",
        "\u{9b}31m",
        "user\u{202e}gnp.tset",
        "\u{2066}a\u{2069}",
        "z\u{200b}w\u{200d}j",
        "\u{feff}bom",
        "a\u{8}\u{8}b",
        "tag\u{e0041}",
        "a\u{ad}b",
        "\u{0}",
        "\u{1b}P+q\u{1b}\\",
        "Z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}",
    ];
    own.map(str::to_owned).into_iter().chain(brought()).collect()
}

fn brought() -> Vec<String> {
    let shared = std::env::var("CERTDECK_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let Ok(folder) = std::fs::read_dir(format!("{shared}/certificates/hostile")) else {
        // Past the harness, which would keep the words of a test that passes to itself.
        let words =
            "skipped: no hostile files (set CERTDECK_SHARED to the folder that holds certificates/hostile)\n";
        std::io::stderr().write_all(words.as_bytes()).unwrap();
        return Vec::new();
    };
    let mut texts = std::collections::BTreeSet::new();
    for path in folder.flatten().map(|entry| entry.path()) {
        if let Ok(value) = serde_json::from_slice(&std::fs::read(path).unwrap_or_default()) {
            collect(&value, &mut texts);
        }
    }
    let is_harmless = |text: &String| text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    texts.into_iter().filter(|text| text.len() < 400 && !is_harmless(text)).collect()
}

fn collect(value: &serde_json::Value, texts: &mut std::collections::BTreeSet<String>) {
    match value {
        serde_json::Value::String(text) => drop(texts.insert(text.clone())),
        serde_json::Value::Array(all) => all.iter().for_each(|one| collect(one, texts)),
        serde_json::Value::Object(all) => all.iter().for_each(|(name, one)| {
            texts.insert(name.clone());
            collect(one, texts);
        }),
        _ => {}
    }
}

/// What Azure says in names and words, as the client decodes it.
fn estate_of(text: &str) -> EstateRows {
    let text = certdeck::model::printable(text);
    let mut rows = crate::contoso::estate().into_rows();
    rows.subscriptions.iter_mut().for_each(|one| one.name = (&*text).into());
    for one in &mut rows.certificates {
        (one.issuer, one.subject) = ((&*text).into(), (&*text).into());
    }
    rows.orders.iter_mut().for_each(|one| one.domain = (&*text).into());
    rows.apps.iter_mut().for_each(|one| one.location = (&*text).into());
    rows
}

fn past(text: &str) -> PastChange {
    PastChange {
        at: crate::contoso::now(),
        what: text.to_owned(),
        target: text.to_owned(),
        outcome: text.to_owned(),
        reference: Some(text.to_owned()),
        request_id: Some(text.to_owned()),
    }
}

#[test]
fn no_text_from_outside_puts_a_hidden_character_on_any_screen() {
    let texts = hostile();
    for text in &texts {
        let mut screens = Vec::new();
        for keys in ["", "3", "<Enter>", "o", "p"] {
            let mut screen = Screen::start(|settings| settings.context = text.clone());
            screen.read({
                let mut estate = certdeck::model::Estate::default();
                estate.absorb(estate_of(text));
                estate
            });
            screen.press(keys);
            screens.push(screen);
        }
        let mut typed = Screen::filled();
        typed.press("/");
        typed.send(Message::Pasted(text.clone()));
        for c in text.chars() {
            typed.send(Message::KeyPressed(Key {
                code: KeyCode::Char(c),
                ctrl: false,
                alt: false,
                shift: false,
            }));
        }
        screens.push(typed);
        let mut form = Screen::filled();
        form.press(":purchase<Enter>");
        form.send(Message::Pasted(text.clone()));
        screens.push(form);
        let mut failed = Screen::start(|_| {});
        let problem = Problem::new(text.as_str(), text.as_str()).remedy(text.as_str());
        failed.send(Message::EstateRead { ask: AskId(1), result: Err(problem) });
        screens.push(failed);
        let mut told = Screen::filled();
        told.press("J");
        let ask = told.asked(|effect| match effect {
            certdeck::app::effect::Effect::ReadJournal { ask } => Some(*ask),
            _ => None,
        });
        let change = past(text);
        told.send(Message::JournalRead { ask, changes: vec![change] });
        screens.push(told);
        for (nth, screen) in screens.iter().enumerate() {
            for cell in &screen.terminal().backend().buffer().content {
                assert!(
                    !cell.symbol().chars().any(is_hidden),
                    "{text:?} on screen {nth}: {:?}",
                    cell.symbol()
                );
            }
        }
    }
    assert!(texts.len() >= 15);
}

/// The looks, each with the background that it is made for.
const LOOKS: &[(&str, &str, bool, bool)] = &[
    ("default", "#101418", true, true),
    ("light", "#fbfbf8", true, true),
    ("high-contrast", "#000000", true, true),
    ("mono", "#101418", false, true),
    ("ascii", "#101418", true, false),
];

#[test]
fn the_pictures_of_every_pane_in_every_look_are_those_of_the_program() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    let is_writing = std::env::var_os("CERTDECK_WRITE_DOCS").is_some();
    for (look, background, colours, unicode) in LOOKS {
        let roles = Roles::of(if *look == "ascii" { "default" } else { look }, &BTreeMap::new()).unwrap();
        for (pane, name) in (1..).zip(["private", "public", "orders", "bindings"]) {
            let mut screen = Screen::filled();
            screen.look = Look::of(roles, *colours, *unicode, !*unicode);
            screen.press(&pane.to_string());
            let drawn = picture(screen.terminal().backend().buffer(), background, *look == "light");
            let path = folder.join(format!("{name}-{look}.svg"));
            if is_writing {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &drawn).unwrap();
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                kept == drawn,
                "{} is not what the program draws: CERTDECK_WRITE_DOCS=1 cargo test --test screen pictures",
                path.display()
            );
        }
    }
}
