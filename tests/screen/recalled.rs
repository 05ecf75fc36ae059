//! The rows of an earlier run: painted before anything answers, with their age; then what changed since is
//! marked.

use std::net::TcpListener;
use std::sync::Arc;

use crate::cloud::Cloud;
use crate::contoso::{Screen, estate, now};
use crate::pty::Pty;
use certdeck::app::effect::Effect;
use certdeck::app::message::{AskId, Message};
use certdeck::model::{Estate, EstateRows, Problem, Text};
use certdeck::snapshot::{self, SnapshotHeading};
use certdeck::ui::look::Look;
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::Value;

/// As it was two hours ago: one certificate was not there, one had another issuer, one was there that is
/// gone.
fn earlier() -> Estate {
    let mut estate = estate().into_rows();
    estate.as_of = now() - SignedDuration::from_hours(2);
    let mut gone = estate.certificates.remove(0);
    gone.id = gone.id.child("old", "gone-2025");
    estate.certificates[0].issuer = Text::from("Another CA");
    estate.certificates.push(gone);
    estate.indexed()
}

fn asked(effect: &Effect) -> Option<AskId> {
    match effect {
        Effect::RecallEstate { ask } => Some(*ask),
        _ => None,
    }
}

fn recalled() -> Screen {
    let mut screen = Screen::start(|_| {});
    let ask = screen.asked(asked);
    screen.send(Message::EstateRecalled { ask, estate: Arc::new(earlier()) });
    screen
}

fn read(screen: &mut Screen, estate: Estate) {
    screen.send(Message::EstateProgressed {
        ask: AskId(1),
        part: Box::new(estate.into_rows()),
        note: String::new(),
    });
    screen.send(Message::EstateRead { ask: AskId(1), result: Ok(()) });
}

#[test]
fn the_rows_of_last_time_say_how_old_they_are_while_the_cloud_is_read() {
    let mut screen = recalled();
    assert_snapshot!("recalled", screen.text());
    screen.look = Look::new(false, false, true);
    assert_snapshot!("recalled_plain", screen.text());
}

#[test]
fn what_changed_since_is_said_once_and_marked_until_it_is_looked_at() {
    let mut screen = recalled();
    read(&mut screen, estate());
    assert!(screen.effects.contains(&Effect::KeepEstate), "{:?}", screen.effects);
    assert_snapshot!("recalled_then_read", screen.text());
    screen.resize(160, 45);
    assert_snapshot!("recalled_then_read_wide", screen.text());
    let marked = |screen: &mut Screen| {
        screen.text().lines().filter(|line| line.starts_with("│ +") || line.starts_with("│▸+")).count()
    };
    let before = marked(&mut screen);
    let new = estate().certificates[0].id.clone();
    while screen.app.selected() != Some(&new) {
        screen.press("j");
    }
    screen.press("<Enter><Esc>");
    assert_eq!(marked(&mut screen), before - 1, "{}", screen.text());
}

#[test]
fn rows_stay_readable_where_the_cloud_cannot_be_reached_and_the_reason_is_named() {
    let mut screen = recalled();
    let problem = Problem::new("Reach https://management.azure.com", "there is no sign-in");
    screen.send(Message::EstateRead { ask: AskId(1), result: Err(problem) });
    assert!(screen.text().contains("there is no sign-in"), "{}", screen.text());
    screen.press("<Esc>");
    assert_snapshot!("recalled_not_refreshed", screen.text());
}

#[test]
fn parts_that_were_read_before_many_rows_came_back_are_not_lost() {
    let mut screen = Screen::start(|_| {});
    let ask = screen.asked(asked);
    screen.send(Message::EstateProgressed { ask, part: Box::new(estate().into_rows()), note: String::new() });
    screen.send(Message::EstateRecalled { ask, estate: Arc::new(earlier()) });
    assert!(screen.app.inventory.is_recalled && screen.text().contains("gone-2025"), "{}", screen.text());
    screen.send(Message::EstateRead { ask, result: Ok(()) });
    assert!(!screen.app.inventory.is_recalled && screen.text().contains("shop-2026"), "{}", screen.text());
    assert_eq!(screen.app.inventory.estate.certificates.len(), estate().certificates.len());
}

#[test]
fn rows_that_come_too_late_are_dropped() {
    let mut screen = Screen::filled();
    screen.send(Message::EstateRecalled { ask: AskId(1), estate: Arc::new(earlier()) });
    assert!(!screen.app.inventory.is_recalled);
}

#[test]
fn what_is_kept_is_the_estate_and_no_word_of_it_is_lost() {
    let heading =
        SnapshotHeading { context: "practice".to_owned(), as_of: now(), practice: true, national: false };
    let kept = snapshot::decode(&snapshot::encode(&heading, &estate()).unwrap()).unwrap();
    let parts = |rows: &EstateRows| {
        let EstateRows {
            subscriptions,
            groups,
            plans,
            apps,
            certificates,
            public_certificates,
            orders,
            bindings,
            vaults,
            ..
        } = rows;
        format!(
            "{subscriptions:?}{groups:?}{plans:?}{apps:?}{certificates:?}{public_certificates:?}{orders:?}{bindings:?}{vaults:?}"
        )
    };
    assert_eq!(parts(&kept), parts(&estate()));
}

/// Names every member of what is kept, in order: a file of another shape must have another form.
fn members(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| self::members(&format!("{path}.{name}"), value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| members(&format!("{path}[]"), value, found)),
        _ if found.iter().any(|known| known == path) => {}
        _ => found.push(path.to_owned()),
    }
}

/// Where this differs, raise `snapshot::FORM` as well.
#[test]
fn the_form_of_what_is_kept_goes_with_its_shape() {
    let mut found = Vec::new();
    members("estate", &serde_json::to_value(estate().into_rows()).unwrap(), &mut found);
    assert_snapshot!("kept_shape", format!("form {}\n{}", snapshot::FORM, found.join("\n")));
}

#[test]
fn the_next_start_shows_the_rows_before_anything_answers() {
    let cache = tempfile::tempdir().unwrap();
    let mut cloud = Cloud::start();
    let mut environment = cloud.environment();
    environment.push(("XDG_CACHE_HOME", cache.path().display().to_string()));
    let program = [env!("CARGO_BIN_EXE_certdeck")];

    let mut first = Pty::start(&program, &environment);
    first.wait_until("the rows, read to the end", |screen| {
        screen.contains("shop-2026") && screen.contains("just now")
    });
    let kept = cache.path().join("certdeck/snapshots");
    crate::pty::wait_for_file(&kept);
    first.keys("q");
    assert_eq!(first.wait_exit(), 0);

    // Whoever connects there now waits for ever.
    let address = cloud.connection().arm.trim_start_matches("https://").trim_end_matches('/').to_owned();
    cloud.shut_down();
    let _deaf = TcpListener::bind(address).unwrap();
    let mut second = Pty::start(&program, &environment);
    second.wait_until("the rows of last time", |screen| {
        screen.contains("shop-2026") && screen.contains("as of")
    });
    assert!(second.screen().contains("reading"), "{}", second.screen());
    second.keys("q");
    assert_eq!(second.wait_exit(), 0);
}
