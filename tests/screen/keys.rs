//! What keys do, without a terminal: keys and answers in, effects and state out.

use crate::contoso::{Screen, estate, seen_for_purchase};
use crate::wizard_keys::{fabrikam, verifying};
use certdeck::app::command::Place;
use certdeck::app::dialog::Dialog;
use certdeck::app::effect::Effect;
use certdeck::app::message::{AskId, Message};
use certdeck::flow::{FlowName, Key, Observed, Seen};
use certdeck::model::{OrderStatus, Problem};
use certdeck::tables::PaneName;
use jiff::SignedDuration;

#[test]
fn the_inventory_is_asked_for_at_once() {
    let screen = Screen::start(|_| {});
    assert_eq!(
        screen.effects,
        [Effect::ReadEstate { ask: AskId(1), by_hand: false }, Effect::RecallEstate { ask: AskId(1) }]
    );
}

#[test]
fn a_refresh_joins_a_reading_that_makes_progress_and_takes_the_place_of_one_that_is_stuck() {
    let mut screen = Screen::start(|_| {});
    let told = |ask| {
        let part = Box::new(estate().into_rows());
        Message::EstateProgressed { ask, part, note: String::new() }
    };
    for _ in 0..3 {
        later(&mut screen, 9);
        screen.press("<C-r>");
        assert!(screen.effects.is_empty(), "{:?}", screen.effects);
        assert!(screen.app.out.notice.as_ref().unwrap().text.contains("being read"));
        screen.send(told(AskId(1)));
    }
    later(&mut screen, 10);
    screen.press("<C-r>");
    assert_eq!(
        screen.effects,
        [Effect::Forget { ask: AskId(1) }, Effect::ReadEstate { ask: AskId(2), by_hand: true }]
    );
}

#[test]
fn that_a_reading_goes_on_is_said_no_longer_than_it_is_so() {
    let mut screen = Screen::filled();
    screen.press("<C-r>");
    let ask = screen.asked(|effect| match effect {
        Effect::ReadEstate { ask, .. } => Some(*ask),
        _ => None,
    });
    screen.press("<C-r>");
    assert!(screen.app.out.notice.as_ref().unwrap().text.contains("being read"));
    let part = Box::new(estate().into_rows());
    screen.send(Message::EstateProgressed { ask, part, note: String::new() });
    screen.send(Message::EstateRead { ask, result: Ok(()) });
    assert!(screen.app.out.notice.is_none(), "{:?}", screen.app.out.notice);
}

fn later(screen: &mut Screen, seconds: i64) {
    screen.send(Message::Ticked(screen.app.clock.machine + SignedDuration::from_secs(seconds)));
}

#[test]
fn a_late_answer_to_an_old_question_is_dropped() {
    let mut screen = Screen::start(|_| {});
    later(&mut screen, 60);
    screen.press("<C-r>");
    let told =
        |ask| Message::EstateProgressed { ask, part: Box::new(estate().into_rows()), note: String::new() };
    screen.send(told(AskId(1)));
    assert!(!screen.app.inventory.has_estate);
    screen.send(told(AskId(2)));
    assert!(screen.app.inventory.has_estate);
}

#[test]
fn a_failed_refresh_keeps_the_rows_and_stays_until_dismissed() {
    let mut screen = Screen::filled();
    screen.press("<C-r>");
    let ask = screen.asked(|effect| match effect {
        Effect::ReadEstate { ask, .. } => Some(*ask),
        _ => None,
    });
    screen.send(Message::EstateRead { ask, result: Err(Problem::new("Read", "no network")) });
    assert_eq!(screen.app.pane().list.total(), 7);
    screen.press("jjx");
    assert_eq!(screen.app.layers.len(), 1);
    screen.press("c");
    assert!(matches!(&screen.effects[..], [Effect::Copy(text)] if text.contains("no network")));
    screen.press("<Enter>");
    assert!(screen.app.layers.is_empty());
}

/// The wizard of an unbinding, with the first binding of the estate looked at.
fn about_to_unbind(in_production: bool) -> (Screen, String) {
    let mut screen = Screen::start(|settings| settings.production = in_production);
    screen.read(estate());
    screen.press("4/tls:sni<Enter>d");
    let of = screen.app.wizard.as_ref().unwrap().inputs.get(Key::App).unwrap().to_owned();
    let host = screen.app.wizard.as_ref().unwrap().inputs.get(Key::Hostname).unwrap().to_owned();
    let app = estate().apps.iter().find(|app| app.id.as_str() == of).unwrap().clone();
    let binding = estate().bindings.iter().find(|one| one.host.as_str() == host).unwrap().clone();
    screen.observe(Observed { app: Seen::Here(app), binding: Seen::Here(binding), ..Observed::default() });
    (screen, host)
}

#[test]
fn an_unbinding_begins_on_cancel_so_that_enter_alone_sends_nothing_a4() {
    let (mut screen, _) = about_to_unbind(false);
    screen.press("<Enter>");
    assert!(
        matches!(screen.app.layers.top(), Some(Dialog::Confirm(confirm)) if !confirm.on_yes && confirm.word.is_none())
    );
    screen.press("<Enter>");
    assert!(screen.app.layers.is_empty() && screen.effects.is_empty(), "{:?}", screen.effects);
    screen.press("<Enter><Tab><Enter>");
    assert!(
        screen.effects.iter().any(|effect| matches!(effect, Effect::PerformStep { .. })),
        "{:?}",
        screen.effects
    );
}

#[test]
fn in_production_what_interrupts_takes_the_hostname_typed_a4() {
    let (mut screen, host) = about_to_unbind(true);
    screen.press("<Enter><Enter>y<Enter>");
    assert_eq!(screen.app.layers.len(), 1, "neither Enter nor y agrees");
    screen.press(&format!("<C-u>{host}<Enter>"));
    assert!(
        screen.effects.iter().any(|effect| matches!(effect, Effect::PerformStep { .. })),
        "{:?}",
        screen.effects
    );
}

#[test]
fn below_the_smallest_size_only_the_keys_that_leave_act_a5() {
    let mut screen = Screen::filled();
    let selected = screen.app.selected().cloned();
    screen.resize(40, 10);
    screen.press("jjd<Enter>:unbind<Enter>/x<Esc>4");
    screen.send(Message::Pasted("d".to_owned()));
    assert!(screen.effects.is_empty() && screen.app.layers.is_empty() && screen.app.wizard.is_none());
    screen.resize(80, 24);
    assert_eq!(
        (screen.app.selected().cloned(), screen.app.browser.pane),
        (selected, PaneName::Private),
        "nothing happened unseen"
    );
    screen.resize(59, 24);
    for (key, effect) in [("q", Effect::Quit), ("<C-c>", Effect::Quit), ("<C-z>", Effect::Suspend)] {
        assert_eq!(screen.press(key).effects, [effect], "{key}");
    }
}

#[test]
fn the_cursor_stays_on_its_resource_through_sort_filter_and_refresh() {
    let mut screen = Screen::filled();
    screen.press("jj");
    let selected = screen.app.selected().unwrap().clone();
    for keys in ["s", "S", "/contoso<Enter>", "<C-r>"] {
        screen.press(keys);
        assert_eq!(screen.app.selected(), Some(&selected), "after {keys}");
    }
    screen.read(estate());
    assert_eq!(screen.app.selected(), Some(&selected));
}

#[test]
fn esc_closes_then_clears_the_filter_and_never_quits() {
    let mut screen = Screen::filled();
    screen.press("/shop<Enter><Enter>");
    assert_eq!(screen.app.place(), Place::Detail);
    screen.press("<Esc>");
    assert_eq!((screen.app.place(), screen.app.pane().filter.text()), (Place::List, "shop"));
    screen.press("<Esc><Esc><Esc>");
    assert_eq!(screen.app.pane().filter.text(), "");
    assert!(screen.effects.is_empty());
    screen.press("q");
    assert_eq!(screen.effects, [Effect::Quit]);
}

#[test]
fn letters_typed_into_a_filter_run_no_command() {
    let mut screen = Screen::filled();
    screen.press("/q2a:");
    assert_eq!((screen.app.browser.pane, screen.app.pane().filter.text()), (PaneName::Private, "q2a:"));
    assert!(screen.app.layers.is_empty() && screen.effects.is_empty());
}

#[test]
fn a_key_whose_command_is_not_possible_says_why() {
    let mut screen = Screen::filled();
    screen.press("2e");
    assert!(screen.app.out.notice.as_ref().unwrap().text.contains("secures no hostname"));
    screen.press("4w");
    assert!(screen.app.out.notice.as_ref().unwrap().text.contains("choose one in Orders"));
}

#[test]
fn read_only_sends_nothing() {
    let mut screen = Screen::start(|settings| settings.read_only = true);
    screen.read(estate());
    for keys in [":purchase<Enter>", "<Esc>b", "3w"] {
        screen.press(keys);
        assert!(screen.app.wizard.is_none(), "{keys}");
    }
}

#[test]
fn in_a_national_cloud_orders_say_why_they_cannot_be_had_a65() {
    let mut screen = Screen::start(|settings| settings.no_orders = Some(certdeck::flow::NO_ORDERS));
    screen.read(estate());
    for keys in [":purchase<Enter>", "<Esc>3w"] {
        screen.press(keys);
        let said = format!("{:?} {:?}", screen.app.out.notice, screen.app.layers);
        assert!(screen.app.wizard.is_none() && said.contains("national clouds"), "{keys}: {said}");
    }
    screen.press("<Esc>a2");
    assert!(
        screen.app.wizard.is_none() && screen.text().contains("not sold in national clouds"),
        "{}",
        screen.text()
    );
}

#[test]
fn an_answer_of_the_practice_cloud_that_nobody_waits_for_is_dropped() {
    let mut screen = verifying(&[]);
    screen.press("<Tab><Tab><Tab>o<Enter>");
    let [Effect::Practise { ask, .. }] = screen.effects[..] else { panic!("{:?}", screen.effects) };
    screen.send(Message::Practised { ask: AskId(ask.0 + 1), result: Ok("another".to_owned()) });
    assert!(screen.effects.is_empty() && screen.app.out.notice.is_none());
    screen.send(Message::Practised { ask, result: Ok("published".to_owned()) });
    assert!(
        screen.effects.iter().any(|effect| matches!(effect, Effect::Observe { flow: FlowName::Verify, .. }))
    );
}

#[test]
fn a_command_run_by_name_is_on_top_the_next_time() {
    let mut screen = Screen::filled();
    screen.press(":orders<Enter>:<Enter>");
    assert_eq!(
        screen.app.browser.pane,
        PaneName::Orders,
        "Enter on the empty line runs the last command again"
    );
}

#[test]
fn nothing_is_asked_of_the_clock_while_nothing_moves() {
    let mut screen = Screen::filled();
    for keys in ["jjk", "3", "<Enter>", "<Esc>?", "<Esc>:purchase<Enter>"] {
        screen.press(keys);
        assert!(!screen.effects.iter().any(|effect| matches!(effect, Effect::Wake { .. })), "{keys}");
    }
}

mod any_keys {
    use super::*;
    use proptest::prelude::*;

    const ALPHABET: &[&str] = &[
        "j", "k", "g", "G", "<C-d>", "<C-u>", "<PgDn>", "<PgUp>", "<Tab>", "<S-Tab>", "1", "2", "3", "4",
        "<Enter>", "<Esc>", "/", "!", "s", "S", "<Space>", "a", "b", "w", "c", "p", "t", "o", "?", ":",
        "purchase", "store", "verify", "bind", "q", "<BS>", "<Left>", "<Right>", "<Home>", "<End>", "é",
        "日", "x", "<C-r>", "<C-w>", "contoso", "buy", "<Up>", "<Down>", "P",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_keys_and_no_answers_at_any_size_break_the_program_or_its_picture(
            keys in prop::collection::vec((0..ALPHABET.len(), 0u8..12), 0..60),
            (width, height) in (1u16..200, 1u16..60),
        ) {
            let mut screen = Screen::filled();
            screen.resize(width, height);
            for (key, event) in keys {
                match event {
                    0 => screen.send(Message::Pasted("two\nlines \u{1b}[2J".into())),
                    1 => screen.send(Message::Ticked(crate::contoso::now() + std::time::Duration::from_secs(60))),
                    2 => _ = screen.settle(seen_for_purchase(None)),
                    3 => _ = screen.settle(seen_for_purchase(Some(fabrikam(OrderStatus::PendingIssuance)))),
                    4 => _ = screen.settle(crate::contoso::seen_for_store(fabrikam(OrderStatus::Issued), None)),
                    5 => _ = screen.press("<C-r>"),
                    _ => _ = screen.press(ALPHABET[key]),
                }
                let text = screen.text();
                prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
            }
        }
    }
}
