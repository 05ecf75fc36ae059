//! With many rows the long work is done beside the loop: what is shown meanwhile, and that nothing is lost.

use certdeck::app::effect::Effect;
use certdeck::app::key::Key;
use certdeck::app::message::{AskId, Message};
use certdeck::app::{App, Effects};
use certdeck::model::{Estate, EstateRows, Hostname, Thumbprint};
use certdeck::tables::PaneName;
use jiff::SignedDuration;

use crate::contoso::{Screen, estate};

/// The contoso estate and so many more certificates and bindings.
pub(crate) fn many(more: usize) -> Estate {
    let mut estate = estate().into_rows();
    let (certificate, binding) = (estate.certificates[0].clone(), estate.bindings[0].clone());
    let group = certificate.id.group();
    for number in 0..more {
        let mut one = certificate.clone();
        one.id = group.resource("Microsoft.Web/certificates", &format!("more-{number:05}"));
        let thumbprint = Thumbprint::parse(&format!("{:040X}", 1_000_000 + number)).ok();
        one.thumbprint.clone_from(&thumbprint);
        estate.certificates.push(one);
        let mut one = binding.clone();
        one.host = Hostname::parse(&format!("more-{number:05}.contoso.com")).unwrap();
        one.thumbprint = thumbprint;
        estate.bindings.push(one);
    }
    estate.indexed()
}

/// Ends what is built beside the loop, and gives what the loop wants then.
fn end_building(app: &mut App, effects: &Effects) -> Effects {
    let ask = effects.iter().rev().find_map(|effect| match effect {
        Effect::Build { ask } => Some(*ask),
        _ => None,
    });
    let built = Box::new(app.inventory.building.take().unwrap().build());
    app.update(Message::EstateBuilt { ask: ask.unwrap(), built })
}

fn part(ask: AskId, part: EstateRows) -> Message {
    Message::EstateProgressed { ask, part: Box::new(part), note: String::new() }
}

#[test]
fn keys_work_while_many_rows_are_filled_in_and_what_comes_meanwhile_waits() {
    let mut screen = Screen::start(|_| {});
    let ask = AskId(1);
    let effects = screen.app.update(part(ask, many(3_000).into_rows()));
    assert!(screen.text().contains("Sorting 3007 rows."), "{}", screen.text());
    // What comes now would change what is being sorted.
    let subscriptions = estate().into_rows().subscriptions;
    screen.app.update(part(ask, EstateRows { subscriptions, ..EstateRows::default() }));
    screen.app.update(Message::EstateRead { ask, result: Ok(()) });
    assert!(screen.app.update(Message::KeyPressed(Key::char('?'))).is_empty());
    assert!(screen.text().contains("Moving") || screen.text().contains("Acting"), "{}", screen.text());
    screen.app.update(Message::KeyPressed(Key::parse("<Esc>").unwrap()));

    let effects = end_building(&mut screen.app, &effects);
    assert!(screen.text().contains("blog-old") && screen.text().contains("reading"), "{}", screen.text());
    let effects = end_building(&mut screen.app, &effects);
    assert!(screen.text().contains("ok   "), "{}", screen.text());
    assert_eq!(screen.app.pane().list.total(), 3_007);
    assert_eq!(
        screen.app.inventory.estate.subscriptions.len(),
        2 * estate().subscriptions.len(),
        "nothing is lost"
    );
    assert!(effects.contains(&Effect::KeepEstate));
}

fn asked(effects: &Effects) -> Option<AskId> {
    effects.iter().find_map(|effect| match effect {
        Effect::ReadEstate { ask, .. } => Some(*ask),
        _ => None,
    })
}

#[test]
fn a_pane_with_many_rows_says_that_it_is_sorted_and_takes_the_order_that_was_chosen_meanwhile() {
    let mut screen = Screen::start(|_| {});
    screen.read(many(3_000));
    assert!(!screen.app.browser.panes[PaneName::Bindings.index()].is_stale, "it was filled before");
    let ask = asked(&screen.app.update(Message::KeyPressed(Key::parse("<C-r>").unwrap()))).unwrap();
    screen.app.update(part(ask, many(3_001).into_rows()));
    let effects = screen.app.update(Message::EstateRead { ask, result: Ok(()) });
    // The reading is there, and the pane of bindings is about to be filled.
    let effects = end_building(&mut screen.app, &effects);
    screen.app.update(Message::KeyPressed(Key::char('4')));
    assert!(screen.text().contains("Sorting 30"), "{}", screen.text());
    screen.app.update(Message::KeyPressed(Key::char('s')));
    let effects = end_building(&mut screen.app, &effects);
    let effects = end_building(&mut screen.app, &effects);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Build { .. })), "{effects:?}");
    assert!(screen.text().contains("App ▲"), "{}", screen.text());
    assert!(screen.app.pane().list.total() > 3_000);
}

#[test]
fn the_cursor_stays_on_its_certificate_when_a_refresh_of_many_rows_ends() {
    let mut screen = Screen::start(|_| {});
    screen.read(many(3_000));
    let before = screen.press("5j G k k").app.selected().cloned();
    screen.press("<C-r>");
    screen.read(many(3_001));
    assert_eq!(screen.app.selected().cloned(), before);
    assert!(screen.text().contains("2 new"), "{}", screen.text());
}

#[test]
fn a_refresh_that_begins_while_the_one_before_is_built_is_the_one_that_counts() {
    let mut screen = Screen::start(|_| {});
    screen.read(many(3_000));
    let effects = screen.app.update(Message::KeyPressed(Key::parse("<C-r>").unwrap()));
    let first = asked(&effects).unwrap();
    screen.app.update(part(first, many(3_001).into_rows()));
    let building = screen.app.update(Message::EstateRead { ask: first, result: Ok(()) });
    // A newer reading would be joined.
    screen.app.update(Message::Ticked(screen.app.clock.machine + SignedDuration::from_secs(10)));
    let second = asked(&screen.app.update(Message::KeyPressed(Key::parse("<C-r>").unwrap()))).unwrap();
    assert!(screen.app.inventory.building.is_none(), "{building:?}");
    screen.app.update(part(second, many(3_002).into_rows()));
    let effects = screen.app.update(Message::EstateRead { ask: second, result: Ok(()) });
    end_building(&mut screen.app, &effects);
    assert_eq!(screen.app.pane().list.total(), 3_009);
}
