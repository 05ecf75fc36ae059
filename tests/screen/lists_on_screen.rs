//! Lists as a person sets them up: narrowed to a place, by a filter of the settings, read again by themselves, and
//! which part of them is on screen.

use crate::contoso::Screen;
use certdeck::app::effect::Effect;
use certdeck::app::message::{AskId, Message};
use certdeck::model::Problem;
use jiff::SignedDuration;

#[test]
fn the_panes_are_narrowed_to_a_group_a_region_or_a_tag_and_what_belongs_there_follows() {
    let estate = crate::contoso::estate();
    let (group, region) = (estate.apps[1].id.group(), estate.apps[1].location.clone());
    let count = |screen: &mut Screen, pane: &str| {
        screen.press(pane);
        screen.app.pane().list.len()
    };
    for (typed, private, bindings) in [
        (
            group.resource_group().to_owned(),
            estate.certificates.iter().filter(|one| one.id.group() == group).count(),
            estate.bindings.iter().filter(|one| one.app.group() == group).count(),
        ),
        (
            region.to_string(),
            estate.certificates.iter().filter(|one| one.location == region).count(),
            estate.bindings.iter().filter(|one| estate.app(&one.app).unwrap().location == region).count(),
        ),
    ] {
        let mut screen = Screen::filled();
        screen.press("4z");
        screen.press("o").press(&typed);
        assert!(screen.text().contains("group") || screen.text().contains("region"), "{}", screen.text());
        screen.press("<Enter>");
        assert!(private > 0 && bindings > 0, "{typed}: nothing to be found");
        assert_eq!((count(&mut screen, "1"), count(&mut screen, "4")), (private, bindings), "{typed}");
        assert!(screen.text().contains(&typed), "the title names it: {}", screen.text());
    }
}

#[test]
fn a_tag_of_a_certificate_or_of_a_resource_group_is_a_scope() {
    let mut rows = crate::contoso::estate().into_rows();
    let tags = |text: &str| certdeck::model::Tags::parse(text).unwrap();
    rows.certificates[0].tags = tags("team=shop");
    let group = rows.apps[0].id.group();
    rows.groups.retain(|one| one.id != group);
    rows.groups.push(certdeck::model::ResourceGroup {
        id: group.clone(),
        location: "westeurope".to_owned(),
        tags: tags("team=shop"),
    });
    let of_group = rows.bindings.iter().filter(|one| one.app.group() == group).count();
    let mut screen = Screen::start(|_| {});
    screen.read(rows.indexed());
    screen.press("4zoteam=shop<Enter>");
    assert_eq!(screen.app.pane().list.len(), of_group);
    screen.press("1");
    assert!(!screen.app.pane().list.is_empty() && screen.text().contains("team=shop"), "{}", screen.text());
}

#[test]
fn a_filter_of_the_settings_is_chosen_and_filters() {
    let mut screen = Screen::start(|settings| {
        settings.filters = vec![("uploads".to_owned(), "source:uploaded".to_owned())];
    });
    screen.read(crate::contoso::estate());
    let all = screen.app.pane().list.len();
    screen.press("'1");
    assert!(screen.text().contains("/source:uploaded"), "{}", screen.text());
    assert!((1..all).contains(&screen.app.pane().list.len()));
    screen.press("<Esc>");
    assert_eq!(screen.app.pane().list.len(), all);
    let mut without = Screen::filled();
    without.press("'");
    assert!(without.text().contains("the settings name no filter"), "{}", without.text());
}

#[test]
fn a_reading_that_cannot_reach_the_cloud_says_so_at_once_with_the_seconds_to_the_next_try() {
    let mut screen = Screen::start(|_| {});
    let (why, pause) = ("no connection to management.azure.com".to_owned(), SignedDuration::from_secs(8));
    screen.send(Message::ReadingWaits { ask: AskId(9), pause, why: why.clone() });
    assert!(!screen.text().contains("next try"), "an answer to another question");
    screen.send(Message::ReadingWaits { ask: AskId(1), pause, why });
    assert!(
        screen.text().contains("no connection to management.azure.com: next try in 8 s"),
        "{}",
        screen.text()
    );
    let later = screen.app.clock.machine + SignedDuration::from_secs(3);
    screen.send(Message::Ticked(later));
    assert!(screen.text().contains("next try in 5 s"), "{}", screen.text());
    assert!(screen.effects.iter().any(|effect| matches!(effect, Effect::Wake { .. })), "it counts down");
    screen.send(Message::EstateRead { ask: AskId(1), result: Ok(()) });
    assert!(!screen.text().contains("next try"));
}

#[test]
fn everything_is_read_again_by_itself_where_the_settings_say_so_and_a_failure_opens_no_box() {
    let reads = |screen: &Screen| {
        screen.effects.iter().find_map(|effect| match effect {
            Effect::ReadEstate { ask, by_hand: false } => Some(*ask),
            _ => None,
        })
    };
    let mut screen = Screen::start(|settings| settings.refresh = Some(SignedDuration::from_mins(5)));
    screen.read(crate::contoso::estate());
    let start = screen.app.clock.machine;
    screen.send(Message::Ticked(start + SignedDuration::from_secs(299)));
    assert_eq!(reads(&screen), None);
    screen.send(Message::Ticked(start + SignedDuration::from_mins(5)));
    let ask = reads(&screen).expect("it is due");
    screen.send(Message::EstateRead { ask, result: Err(Problem::new("Read", "no network")) });
    assert!(screen.app.layers.is_empty(), "it began by itself, so it takes no keys");
    assert!(screen.text().contains("not refreshed"), "{}", screen.text());
    screen.send(Message::Ticked(start + SignedDuration::from_mins(6)));
    assert_eq!(reads(&screen), None, "a failure is no reason for haste");
    screen.send(Message::Ticked(start + SignedDuration::from_mins(10)));
    assert!(reads(&screen).is_some());
}

#[test]
fn a_long_list_shows_which_part_of_it_is_on_screen() {
    let thumbs = |screen: &mut Screen| {
        let text = screen.text();
        text.lines().enumerate().filter(|(_, line)| line.ends_with('┃')).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let mut screen = Screen::filled();
    assert!(thumbs(&mut screen).is_empty(), "everything is on screen");
    screen.press("<C-r>").read(crate::many_rows::many(100));
    let top = thumbs(&mut screen);
    screen.press("G");
    let bottom = thumbs(&mut screen);
    assert!(!top.is_empty() && top.first() < bottom.first(), "{top:?} {bottom:?}\n{}", screen.text());
}

#[test]
fn who_is_signed_in_and_in_which_tenant_is_said_where_the_context_is_chosen() {
    let mut screen = Screen::start(|_| {});
    let (name, tenant) = ("admin@contoso.com".to_owned(), Some("contoso.onmicrosoft.com".to_owned()));
    let other = ("somebody.else@contoso.com".to_owned(), None);
    screen.send(Message::SignedIn { ask: AskId(1), name, tenant });
    screen.send(Message::SignedIn { ask: AskId(9), name: other.0, tenant: other.1 });
    screen.send(Message::EstateRead { ask: AskId(1), result: Ok(()) });
    let text = screen.press("C").text();
    assert!(text.contains("Signed in as admin@contoso.com in the tenant"), "{text}");
}
