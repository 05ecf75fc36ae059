//! What a row needs stands first: in the line at the bottom, above the list, in help; and what was said stays.

use crate::contoso::Screen;
use certdeck::app::effect::Effect;
use certdeck::app::message::Message;
use certdeck::model::PastChange;
use certdeck::tables::PaneName;

fn bottom(screen: &Screen) -> String {
    screen.text().lines().last().unwrap_or_default().trim().to_owned()
}

fn copied(screen: &Screen) -> String {
    let copy = screen.effects.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.clone()),
        _ => None,
    });
    copy.unwrap_or_else(|| panic!("{:?}", screen.effects))
}

/// The pane with the cursor on the row of this name.
fn on(pane: &str, name: &str) -> Screen {
    let mut screen = Screen::filled();
    screen.press(pane).press("g");
    for _ in 0..30 {
        let here = screen.text().lines().any(|line| line.starts_with("│▸") && line.contains(name));
        if here {
            return screen;
        }
        screen.press("j");
    }
    panic!("no row {name}: {}", screen.text());
}

#[test]
fn the_line_at_the_bottom_begins_with_what_the_row_needs() {
    for (pane, name, first) in [
        ("3", "pay-contoso", "w Continue: Store"),
        ("3", "contoso-wild", "w Continue: Verify"),
        ("3", "contoso-www", "r Renew"),
        ("1", "shop-2026", "r Renew"),
        ("4", "pay.contoso.com", "b Bind"),
        ("4", "api.contoso.com", "Enter Details"),
    ] {
        let bottom = bottom(&on(pane, name));
        assert!(bottom.starts_with(first), "{name}: {bottom}");
        let key = &first[..1];
        let of_key = bottom.split("  ").filter(|hint| hint.starts_with(&format!("{key} ")));
        assert_eq!(of_key.count(), usize::from(key != "E"), "{bottom}");
    }
}

/// What is left over is deleted, and a hostname that its certificate does not name gets another one.
#[test]
fn what_is_left_over_or_secured_by_the_wrong_names_begins_with_what_mends_it() {
    let mut screen = Screen::start(|_| {});
    let mut estate = crate::contoso::estate().into_rows();
    let names = estate.certificates.iter().position(|one| one.id.name() == "intranet").unwrap();
    estate.certificates[names].hosts = estate.certificates[0].hosts.clone();
    let mut older = estate.certificates[names].clone();
    older.id = older.id.group().resource("Microsoft.Web/certificates", "intranet-2025");
    (older.thumbprint, older.expires) = (None, older.issued);
    estate.certificates.push(older);
    screen.read(estate.indexed());
    for (pane, name, first) in [("1", "intranet-2025", "d Delete"), ("4", "intranet.contoso.net", "b Bind")] {
        screen.press(pane).press(&format!("/{name}<Enter>"));
        assert!(bottom(&screen).starts_with(first), "{name}: {}", screen.text());
    }
}

#[test]
fn what_is_refused_is_not_offered_as_what_the_row_needs() {
    let mut screen = Screen::start(|settings| settings.read_only = true);
    screen.read(crate::contoso::estate());
    screen.press("3");
    assert!(bottom(&screen).starts_with("Enter Details"), "{}", bottom(&screen));
}

#[test]
fn a_key_goes_from_one_urgent_row_to_the_next_by_impact() {
    let mut screen = Screen::filled();
    assert!(screen.text().lines().nth(2).unwrap().contains("blog-old: expired"), "{}", screen.text());
    screen.press("G");
    let mut went = Vec::new();
    for _ in 0..3 {
        screen.press("!");
        went.push(screen.app.selected().unwrap().name().to_owned());
    }
    assert_eq!(went[0], "blog-old", "what serves, and ended first");
    assert!(went[1] != went[0] && went[2] == went[0], "{went:?}");
}

#[test]
fn default_hostnames_are_folded_away_until_they_are_asked_for() {
    let mut screen = Screen::filled();
    screen.press("4");
    assert!(!screen.text().contains("azurewebsites.net"), "{}", screen.text());
    assert!(screen.text().contains("Bindings 7  1 of Azure's own hidden: z"), "{}", screen.text());
    screen.press("z");
    assert!(screen.text().contains("azurewebsites.net") && screen.text().contains("Bindings 8"));
    screen.press("z/azurewebsites");
    assert!(screen.text().contains("default hostnames too"), "{}", screen.text());
}

#[test]
fn the_rows_keep_what_was_folded_through_a_reading_and_a_scope() {
    let mut screen = Screen::filled();
    screen.press("4z<C-r>");
    screen.read(crate::contoso::estate());
    assert!(screen.text().contains("Bindings 8"), "{}", screen.text());
    screen.press("oshop<Enter>");
    assert!(screen.app.pane().scope != certdeck::app::scope::Scope::Everything);
    assert_eq!(screen.app.pane().folded, 0);
}

#[test]
fn what_was_said_can_be_read_again_with_its_time() {
    let mut screen = Screen::filled();
    screen.press("4").press("L").press("1").press("y").press("m");
    let text = screen.text();
    let said = screen.app.browser.pane == PaneName::Private;
    assert!(said && text.contains("Messages of this run") && text.contains("14:02:11"), "{text}");
    assert!(text.lines().filter(|line| line.contains("14:02:11")).count() >= 2, "{text}");
}

#[test]
fn what_is_not_possible_now_comes_last_in_help_and_after_its_equals_in_the_palette() {
    let mut screen = on("1", "blog-old");
    screen.resize(160, 200).press("?");
    let text = screen.text();
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(place("Everywhere") < place("Not possible now"), "{text}");
    assert!(place("Not possible now") < place("Not now:"), "{text}");
    screen.press("<Esc>:exp");
    let text = screen.text();
    let (explain, export) = (text.find("▸ explain"), text.find("  export"));
    assert!(explain.is_some() && explain < export, "{text}");
}

#[test]
fn a_column_is_shown_or_left_out_by_choice_and_the_room_decides_again() {
    let mut screen = Screen::filled();
    screen.press(":columns<Enter>");
    assert!(screen.text().contains("Columns of Private Key Certificates"), "{}", screen.text());
    // The second is Name: it goes, and comes back as the last.
    screen.press("<Down><Enter><Esc>");
    let heads = |screen: &Screen| screen.text().lines().nth(4).unwrap().to_owned();
    assert!(!heads(&screen).contains("Name"), "{}", heads(&screen));
    screen.press(":columns<Enter><Down><Enter><Esc>");
    assert!(heads(&screen).trim_end_matches([' ', '│']).ends_with("Name"), "{}", heads(&screen));
    screen.press(":columns<Enter><Enter>");
    assert!(heads(&screen).starts_with("│  Name"), "{}", heads(&screen));
}

#[test]
fn a_thumbprint_is_copied_with_two_keys_and_those_of_all_marked_rows_too() {
    let mut screen = Screen::filled();
    screen.press("gc<Enter>");
    let first = copied(&screen);
    assert!(first.len() == 40 && !first.contains('\n'), "{first}");
    screen.press("<Space><Space>c");
    assert!(screen.text().contains("Copy of 2 rows to the clipboard"), "{}", screen.text());
    screen.press("<Enter>");
    let both = copied(&screen);
    assert_eq!(both.lines().count(), 2, "{both}");
    assert!(both.starts_with(&first), "{both}");
}

#[test]
fn the_address_of_a_row_in_the_portal_can_be_copied_and_a_practice_cloud_has_none() {
    for (practice, has_address) in [(false, true), (true, false)] {
        let mut screen = Screen::start(|settings| settings.practice = practice);
        screen.read(crate::contoso::estate());
        screen.press("gc<End><Enter>");
        let id = screen.app.selected().unwrap().to_string();
        let address = format!("https://portal.azure.com/#resource{id}");
        assert_eq!(copied(&screen) == address, has_address, "{:?}", screen.effects);
    }
}

#[test]
fn the_journal_is_read_on_screen_filtered_by_typing_and_copied_by_the_line() {
    let change = |what: &str, outcome: &str| PastChange {
        at: "2026-11-22T14:00:00Z".parse().unwrap(),
        what: what.to_owned(),
        target: "PUT /subscriptions/s".to_owned(),
        outcome: outcome.to_owned(),
        reference: Some("CHG0042".to_owned()),
        request_id: None,
    };
    let mut screen = Screen::filled();
    screen.press("J");
    let ask = screen.asked(|effect| match effect {
        Effect::ReadJournal { ask } => Some(*ask),
        _ => None,
    });
    let changes = vec![change("Bind shop.contoso.com", "done"), change("Buy the order www", "refused")];
    screen.send(Message::JournalRead { ask, changes });
    let text = screen.text();
    assert!(
        text.contains("2026-11-22 14:00") && text.contains("done: Bind shop.contoso.com (CHG0042)"),
        "{text}"
    );
    screen.press("refused<Enter>");
    assert_eq!(
        copied(&screen),
        "2026-11-22T14:00:00Z refused: Buy the order www; PUT /subscriptions/s; reference CHG0042"
    );
}
