//! Marks that act: one command, one look, one agreement for all marked rows.

use crate::contoso::Screen;
use certdeck::app::dialog::Dialog;
use certdeck::app::effect::Effect;
use certdeck::app::message::{AskId, Message};
use certdeck::azure::orders;
use certdeck::flow::{
    Consent, FlowName, Key, MarkedLook, MarkedOutcome, MarkedRow, Step, StepId, StepStatus,
};
use certdeck::model::Problem;

/// Marks the rows of these names in a pane.
fn marked(pane: &str, names: &[&str]) -> Screen {
    let mut screen = Screen::filled();
    screen.press(pane);
    for name in names {
        screen.press(&format!("/{name}<Enter>"));
        assert!(screen.app.selected().unwrap().name().contains(name), "{}", screen.text());
        screen.press("<Space>");
    }
    screen.press("<Esc>");
    screen
}

fn rows(screen: &Screen) -> (AskId, Vec<MarkedRow>) {
    let asked = screen.effects.iter().find_map(|effect| match effect {
        Effect::LookAtMarked { ask, rows } => Some((*ask, rows.clone())),
        _ => None,
    });
    asked.unwrap_or_else(|| panic!("{:?}\n{}", screen.effects, screen.text()))
}

fn ready(row: &MarkedRow, consent: Consent) -> MarkedLook {
    let request = orders::renew(&row.id, None);
    let step = Step::new(StepId::DELETE, format!("Delete {}", row.name), StepStatus::Ready);
    let steps = vec![step.sending(vec![request]).consent(consent)];
    MarkedLook::new(row.clone(), steps)
}

fn sent(screen: &Screen) -> Option<(AskId, Vec<String>)> {
    screen.effects.iter().find_map(|effect| match effect {
        Effect::PerformMarked { ask, agreed } => {
            Some((*ask, agreed.iter().map(|look| look.row.name.clone()).collect()))
        }
        _ => None,
    })
}

fn text(screen: &Screen) -> String {
    let text = screen.text().replace('│', " ");
    text.replace('•', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Two hostnames that are unbound with one agreement.
fn asked_to_unbind(production: bool) -> Screen {
    let mut screen = marked("4", &["www.contoso.com", "api.contoso.com"]);
    screen.app.settings.production = production;
    screen.press("d");
    let (ask, rows) = rows(&screen);
    assert!(rows.iter().all(|row| row.flow == FlowName::Unbind && row.inputs.get(Key::Hostname).is_some()));
    let looks = rows
        .iter()
        .map(|row| {
            let notice = format!("Browsers warn of {}.", row.name);
            ready(row, Consent::interrupting(notice, [row.name.clone()]))
        })
        .collect();
    screen.send(Message::MarkedSeen { ask, result: Ok(looks) });
    screen
}

#[test]
fn one_agreement_names_all_rows_and_begins_on_cancel_where_it_interrupts() {
    let mut screen = asked_to_unbind(false);
    let shown = text(&screen);
    for words in ["Unbind: 2 rows marked", "www.contoso.com", "api.contoso.com", "Browsers warn of"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    screen.press("<Enter>");
    assert!(sent(&screen).is_none(), "Enter alone sends nothing");
    let mut screen = asked_to_unbind(false);
    screen.press("<Tab><Enter>");
    assert_eq!(sent(&screen).unwrap().1, ["api.contoso.com", "www.contoso.com"], "in the order of the list");
}

#[test]
fn in_production_the_number_of_hostnames_is_typed() {
    let mut screen = asked_to_unbind(true);
    screen.press("<Enter>y<Enter>");
    assert!(sent(&screen).is_none());
    screen.press("<C-u>2<Enter>");
    assert!(sent(&screen).is_some(), "{}", screen.text());
}

#[test]
fn what_is_refused_is_left_out_by_name_with_the_reason() {
    let mut screen = marked("1", &["pay-2026", "shop-2026"]);
    screen.press("d");
    let (ask, rows) = rows(&screen);
    let used: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert!(!used.contains(&"shop-2026"), "it is in use: {used:?}");
    let gone = Consent::Typed { notice: "For good.".into(), word: "pay-2026".into() };
    let looks = rows.iter().map(|row| ready(row, gone.clone())).collect();
    screen.send(Message::MarkedSeen { ask, result: Ok(looks) });
    let shown = text(&screen);
    assert!(shown.contains("left out: shop-2026 (in use by"), "{shown}");
}

#[test]
fn where_no_marked_row_allows_it_nothing_is_asked_and_the_reasons_are_said() {
    let mut screen = marked("1", &["shop-2026"]);
    screen.press("y");
    assert!(!screen.effects.iter().any(|effect| matches!(effect, Effect::LookAtMarked { .. })));
    assert!(
        text(&screen).contains("No marked row allows it: shop-2026 (it was uploaded"),
        "{}",
        screen.text()
    );
}

#[test]
fn hostnames_of_one_order_are_renewed_by_it_once() {
    let mut screen = marked("4", &["www.contoso.com"]);
    screen.press("g/contoso.com<Enter>");
    while screen.app.selected().unwrap().name() != "contoso.com" {
        screen.press("j");
    }
    screen.press("<Space><Esc>r");
    let (_, rows) = rows(&screen);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((rows[0].flow, rows[0].inputs.get(Key::Order)), (FlowName::Renew, Some("contoso-www")));
}

#[test]
fn a_look_that_is_given_up_asks_nothing_later() {
    let mut screen = marked("4", &["www.contoso.com", "api.contoso.com"]);
    screen.press("d");
    let (asked, rows) = rows(&screen);
    screen.press("<Esc>");
    assert!(screen.effects.iter().any(|effect| matches!(effect, Effect::Forget { ask } if *ask == asked)));
    let looks = rows.iter().map(|row| ready(row, Consent::Plain)).collect();
    screen.send(Message::MarkedSeen { ask: asked, result: Ok(looks) });
    assert!(screen.app.layers.is_empty(), "{}", screen.text());
}

#[test]
fn what_was_done_is_unmarked_and_what_stopped_it_is_said_with_what_was_not_begun() {
    let mut screen = asked_to_unbind(false);
    screen.press("<Tab><Enter>");
    let (ask, _) = sent(&screen).unwrap();
    let api = screen.app.inventory.estate.bindings.iter().find(|one| one.host.as_str() == "api.contoso.com");
    let done = vec![api.unwrap().id()];
    let failed = Some(("www.contoso.com".to_owned(), Problem::new("Unbind", "Azure refused it")));
    let left = vec!["pay.contoso.com".to_owned()];
    let outcome = Box::new(MarkedOutcome { touched: done.clone(), done, failed, left });
    screen.send(Message::MarkedPerformed { ask, outcome });
    assert_eq!(screen.app.pane().list.marked(), 1, "the one that failed stays marked");
    let shown = text(&screen);
    assert!(
        shown.contains("Azure refused it. Before it 1 row was accepted; not begun: pay.contoso.com."),
        "{shown}"
    );
}

#[test]
fn marks_are_said_at_the_bottom_with_what_acts_on_them_and_read_only_offers_nothing() {
    let mut screen = marked("1", &["blog-old", "shop-2026"]);
    let bottom = screen.text().lines().last().unwrap().to_owned();
    assert!(
        bottom.contains("d Delete 2") && bottom.contains("y Sync 2") && bottom.contains("Unmark"),
        "{bottom}"
    );
    screen.app.settings.read_only = true;
    assert!(!screen.text().lines().last().unwrap().contains("Delete"));
    screen.press("d");
    assert!(screen.app.layers.is_empty() && text(&screen).contains("read-only"));
}

#[test]
fn a_command_about_one_row_says_so_while_others_are_marked() {
    let mut screen = marked("4", &["www.contoso.com", "api.contoso.com"]);
    screen.press("b");
    assert!(screen.app.wizard.is_some() && !matches!(screen.app.layers.top(), Some(Dialog::Looking(_))));
    assert!(screen.app.out.notice.as_ref().unwrap().text.contains("not about the 2 marked"));
}
