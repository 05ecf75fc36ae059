//! What keys do, without a terminal: keys and answers in, effects and state out.

use crate::contoso::{MAIN, Screen, estate, group, order, seen_for_purchase};
use certdeck::app::command::Place;
use certdeck::app::dialog::Dialog;
use certdeck::app::effect::{Effect, PracticeAct};
use certdeck::app::message::{AskId, Message};
use certdeck::app::wizard::Origin;
use certdeck::flow::{FlowName, Key, Observed, Seen, StepId};
use certdeck::model::{Estate, OrderStatus, Problem};
use certdeck::tables::PaneName;

const PURCHASE: &str = ":purchase<Enter>fabrikam.com<Tab><Tab>fabrikam-www<PgDn>";

/// A wizard that stands before buying.
fn ready_to_buy() -> Screen {
    let mut screen = Screen::filled();
    screen.press(PURCHASE).settle(seen_for_purchase(None));
    screen
}

fn fabrikam(status: OrderStatus) -> certdeck::model::Order {
    order(&group(MAIN, "web"), "fabrikam-www", "fabrikam.com", status)
}

#[test]
fn the_inventory_is_asked_for_at_once_and_again_on_refresh() {
    let mut screen = Screen::start(|_| {});
    assert_eq!(
        screen.effects,
        [Effect::ReadEstate { ask: AskId(1), by_hand: false }, Effect::RecallEstate { ask: AskId(1) }]
    );
    screen.press("<C-r>");
    assert_eq!(
        screen.effects,
        [Effect::Forget { ask: AskId(1) }, Effect::ReadEstate { ask: AskId(2), by_hand: true }]
    );
}

#[test]
fn a_late_answer_to_an_old_question_is_dropped() {
    let mut screen = Screen::start(|_| {});
    screen.press("<C-r>");
    let told = |ask| Message::EstateProgressed { ask, part: Box::new(estate()), note: String::new() };
    screen.send(told(AskId(1)));
    assert!(!screen.app.has_estate);
    screen.send(told(AskId(2)));
    assert!(screen.app.has_estate);
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
    assert_eq!(screen.app.dialogs.len(), 1);
    screen.press("c");
    assert!(matches!(&screen.effects[..], [Effect::Copy(text)] if text.contains("no network")));
    screen.press("<Enter>");
    assert!(screen.app.dialogs.is_empty());
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
        matches!(screen.app.dialogs.last(), Some(Dialog::Confirm(confirm)) if !confirm.on_yes && confirm.word.is_none())
    );
    screen.press("<Enter>");
    assert!(screen.app.dialogs.is_empty() && screen.effects.is_empty(), "{:?}", screen.effects);
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
    assert_eq!(screen.app.dialogs.len(), 1, "neither Enter nor y agrees");
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
    assert!(screen.effects.is_empty() && screen.app.dialogs.is_empty() && screen.app.wizard.is_none());
    screen.resize(80, 24);
    assert_eq!(
        (screen.app.selected().cloned(), screen.app.pane),
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
    assert_eq!((screen.app.pane, screen.app.pane().filter.text()), (PaneName::Private, "q2a:"));
    assert!(screen.app.dialogs.is_empty() && screen.effects.is_empty());
}

#[test]
fn a_key_whose_command_is_not_possible_says_why() {
    let mut screen = Screen::filled();
    screen.press("2e");
    assert!(screen.app.notice.as_ref().unwrap().text.contains("secures no hostname"));
    screen.press("4w");
    assert!(screen.app.notice.as_ref().unwrap().text.contains("choose one in Orders"));
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
fn buying_takes_the_typed_word_and_nothing_less() {
    let mut screen = ready_to_buy();
    screen.press("<Enter><Enter>");
    assert!(screen.effects.is_empty(), "Enter alone buys nothing");
    screen.press("yes<Enter>");
    assert!(screen.effects.is_empty());
    screen.press("<C-u>buy<Enter>");
    let [Effect::PerformStep { flow, inputs, step, .. }, Effect::Wake { .. }] = &screen.effects[..] else {
        panic!("{:?}", screen.effects)
    };
    assert_eq!((*flow, step.id), (FlowName::Purchase, StepId::Buy));
    assert_eq!(
        (inputs.get(Key::Domain), inputs.get(Key::Order)),
        (Some("fabrikam.com"), Some("fabrikam-www"))
    );
}

#[test]
fn enter_pressed_twice_sends_once() {
    let mut screen = ready_to_buy();
    screen.press("<Enter>buy<Enter><Enter><Enter>");
    let sent = screen.effects.iter().filter(|effect| matches!(effect, Effect::PerformStep { .. })).count();
    assert_eq!(sent, 1);
    assert!(screen.app.dialogs.is_empty());
}

#[test]
fn what_changed_while_the_question_was_on_screen_is_not_sent() {
    let mut screen = Screen::start(|_| {});
    let note = "1 of 2 subscriptions".to_owned();
    let (mut first, mut second) = (estate(), Estate::default());
    second.apps.push(first.apps.remove(2));
    second.apps[0].hostnames.push(crate::contoso::host("fabrikam.com"));
    screen.send(Message::EstateProgressed { ask: AskId(1), part: Box::new(first), note: note.clone() });
    screen.press(PURCHASE).settle(seen_for_purchase(None)).press("<Enter>");
    screen.send(Message::EstateProgressed { ask: AskId(1), part: Box::new(second), note });
    screen.send(Message::EstateRead { ask: AskId(1), result: Ok(()) });
    let group = screen.app.wizard.as_ref().unwrap().inputs.get(Key::ResourceGroup).map(str::to_owned);
    assert_eq!(group.as_deref(), Some("api"), "the inventory suggests the group of the domain's app");
    screen.press("buy<Enter>");
    assert!(
        !screen.effects.iter().any(|effect| matches!(effect, Effect::PerformStep { .. })),
        "{:?}",
        screen.effects
    );
    assert!(screen.app.notice.as_ref().unwrap().text.contains("nothing was sent"));
}

#[test]
fn a_failed_refresh_takes_no_keys_from_somebody_who_types() {
    let mut screen = Screen::start(|_| {});
    screen.press(":purchase<Enter>fabri");
    screen.send(Message::EstateRead { ask: AskId(1), result: Err(Problem::new("Read", "no network")) });
    assert!(screen.app.notice.as_ref().unwrap().text.contains("no network"));
    screen.press("kam.com");
    assert_eq!(screen.app.wizard.as_ref().unwrap().inputs.get(Key::Domain), Some("fabrikam.com"));
    screen.press("<Esc>p<Enter>");
    assert!(matches!(screen.app.dialogs.last(), Some(Dialog::Error(_))), "the reason stays to be read");
}

#[test]
fn enter_while_it_looks_goes_on_by_itself_when_the_answer_comes() {
    let mut screen = Screen::filled();
    screen.press(PURCHASE).press("<Enter>");
    assert!(screen.app.dialogs.is_empty());
    screen.settle(seen_for_purchase(None));
    assert!(matches!(screen.app.dialogs.last(), Some(Dialog::Confirm(_))));
}

#[test]
fn another_key_takes_the_early_enter_back() {
    let mut screen = Screen::filled();
    screen.press(PURCHASE).press("<Enter><Tab>");
    screen.settle(seen_for_purchase(None));
    assert!(screen.app.dialogs.is_empty());
}

#[test]
fn a_name_that_exists_is_refused_at_its_field_and_what_was_typed_stays() {
    let mut screen = Screen::filled();
    screen.press(":purchase<Enter>fabrikam.com<Tab><Tab>contoso-www<PgDn>").settle(seen_for_purchase(None));
    screen.press("<Enter>");
    assert!(screen.app.dialogs.is_empty(), "nothing to confirm");
    let wizard = screen.app.wizard.as_ref().unwrap();
    assert_eq!(wizard.focused_field().unwrap().key, Key::Order);
    assert!(wizard.refusal(Key::Order).unwrap().contains("press w in Orders"));
    assert_eq!(wizard.inputs.get(Key::Order), Some("contoso-www"));
}

#[test]
fn an_order_is_not_taken_over_by_typing_its_name_and_domain() {
    let mut screen = Screen::filled();
    let www = estate().orders[0].clone();
    screen
        .press(":purchase<Enter>contoso.com<Tab><Tab>contoso-www<PgDn>")
        .settle(seen_for_purchase(Some(www)));
    screen.press("<Enter>");
    let wizard = screen.app.wizard.as_ref().unwrap();
    assert_eq!((wizard.page(), wizard.focused_field().unwrap().key), (FlowName::Purchase, Key::Order));
}

#[test]
fn the_page_of_what_is_bought_has_nothing_to_change_and_buys_nothing() {
    let mut screen = Screen::filled();
    screen.press("3/old-contoso<Enter>w").settle(seen_for_purchase(Some(estate().orders[3].clone())));
    screen.press("<Tab><Tab><Tab>-2<Enter>");
    let wizard = screen.app.wizard.as_ref().unwrap();
    assert!(wizard.fields.is_empty() && wizard.inputs.get(Key::Order) == Some("old-contoso"));
    assert!(
        wizard.current().steps[0].facts.contains(&("Certificate name".to_owned(), "old-contoso".to_owned()))
    );
    assert!(!screen.effects.iter().any(|effect| matches!(effect, Effect::PerformStep { .. })));
}

#[test]
fn in_a_national_cloud_orders_say_why_they_cannot_be_had_a65() {
    let mut screen = Screen::start(|settings| settings.no_orders = Some(certdeck::flow::NO_ORDERS));
    screen.read(estate());
    for keys in [":purchase<Enter>", "<Esc>3w"] {
        screen.press(keys);
        let said = format!("{:?} {:?}", screen.app.notice, screen.app.dialogs);
        assert!(screen.app.wizard.is_none() && said.contains("national clouds"), "{keys}: {said}");
    }
    screen.press("<Esc>aj<Enter>");
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
    assert!(screen.effects.is_empty() && screen.app.notice.is_none());
    screen.send(Message::Practised { ask, result: Ok("published".to_owned()) });
    assert!(
        screen.effects.iter().any(|effect| matches!(effect, Effect::Observe { flow: FlowName::Verify, .. }))
    );
}

#[test]
fn what_was_typed_survives_leaving_and_coming_back() {
    let mut screen = Screen::filled();
    screen.press(":purchase<Enter>fabrikam.co<Esc>");
    assert!(screen.app.wizard.is_none());
    screen.press("4j:purchase<Enter>");
    assert_eq!(screen.app.wizard.as_ref().unwrap().inputs.get(Key::Domain), Some("fabrikam.co"));
}

#[test]
fn a_pasted_line_end_neither_submits_nor_leaves_the_field() {
    let mut screen = Screen::filled();
    screen.press(":purchase<Enter>");
    screen.send(Message::Pasted("fabrikam.com\r\n".into()));
    let wizard = screen.app.wizard.as_ref().unwrap();
    assert_eq!(wizard.inputs.get(Key::Domain), Some("fabrikam.com"));
    assert_eq!(wizard.focused_field().unwrap().key, Key::Domain);
}

#[test]
fn a_changed_field_is_looked_at_and_the_older_look_is_forgotten() {
    let mut screen = Screen::filled();
    screen.press(":purchase<Enter>fabrikam.com");
    let first = screen.asked(|effect| match effect {
        Effect::Observe { ask, .. } => Some(*ask),
        _ => None,
    });
    screen.press("<Tab>");
    assert_eq!(screen.effects[0], Effect::Forget { ask: first });
    assert!(
        matches!(&screen.effects[1], Effect::Observe { inputs, .. } if inputs.get(Key::Domain) == Some("fabrikam.com"))
    );
    let taken = Observed { group: Seen::Absent, ..Observed::default() };
    screen.send(Message::Observed { ask: first, result: Ok(Box::new(taken)) });
    assert!(!screen.app.wizard.as_ref().unwrap().current().was_seen, "the late answer is dropped");
}

#[test]
fn after_the_purchase_the_wizard_is_about_the_order_and_goes_on_to_store() {
    let mut screen = ready_to_buy();
    screen.press("<Enter>buy<Enter>");
    let ask = screen.asked(|effect| match effect {
        Effect::PerformStep { ask, .. } => Some(*ask),
        _ => None,
    });
    let seen = seen_for_purchase(Some(fabrikam(OrderStatus::PendingIssuance)));
    screen.send(Message::StepPerformed { ask, step: StepId::Buy, result: Ok(Box::new(seen)) });
    assert!(
        screen.effects.iter().any(|effect| matches!(effect, Effect::ReadEstate { .. })),
        "the panes are read again"
    );
    let wizard = screen.app.wizard.as_ref().unwrap();
    assert!(wizard.is_done(FlowName::Purchase));
    assert!(matches!(&wizard.origin, Origin::Order(id) if id.name() == "fabrikam-www"));
    screen.press("<Enter>");
    let wizard = screen.app.wizard.as_ref().unwrap();
    assert_eq!((wizard.page(), wizard.inputs.get(Key::Order)), (FlowName::Store, Some("fabrikam-www")));
}

#[test]
fn an_operation_goes_on_when_its_wizard_is_left_and_shows_where_it_stands_on_coming_back() {
    let mut screen = ready_to_buy();
    screen.press("<Enter>buy<Enter>");
    let ask = screen.asked(|effect| match effect {
        Effect::PerformStep { ask, .. } => Some(*ask),
        _ => None,
    });
    screen.press("<Esc>");
    assert!(!screen.effects.contains(&Effect::Forget { ask }), "leaving does not stop it");
    assert_eq!(screen.app.operations.running().count(), 1);
    let seen = seen_for_purchase(Some(fabrikam(OrderStatus::PendingIssuance)));
    screen.send(Message::StepPerformed { ask, step: StepId::Buy, result: Ok(Box::new(seen)) });
    assert_eq!(screen.app.operations.running().count(), 0);
    let mut with_it = estate();
    with_it.orders.push(fabrikam(OrderStatus::PendingIssuance));
    screen.read(with_it.indexed());
    screen.press("3/fabrikam<Enter>w");
    assert!(screen.app.wizard.as_ref().unwrap().is_done(FlowName::Purchase));
}

#[test]
fn a_failed_step_shows_the_error_and_looks_at_what_is_there() {
    let mut screen = ready_to_buy();
    screen.press("<Enter>buy<Enter>");
    let ask = screen.asked(|effect| match effect {
        Effect::PerformStep { ask, .. } => Some(*ask),
        _ => None,
    });
    screen.send(Message::StepPerformed {
        ask,
        step: StepId::Buy,
        result: Err(Problem::new("Buy", "ScopeLocked")),
    });
    assert!(matches!(screen.app.dialogs.last(), Some(Dialog::Error(_))));
    assert!(screen.effects.iter().any(|effect| matches!(effect, Effect::Observe { .. })));
}

#[test]
fn quitting_asks_only_while_something_runs_and_cancel_comes_first() {
    let mut screen = ready_to_buy();
    screen.press("<C-c>");
    assert_eq!(screen.effects, [Effect::Quit]);
    let mut screen = ready_to_buy();
    screen.press("<Enter>buy<Enter>").press("<C-c><Enter>");
    assert!(!screen.effects.contains(&Effect::Quit), "Enter is Cancel");
    screen.press("<C-c><C-c><Tab><Enter>");
    assert!(screen.effects.contains(&Effect::Quit));
}

#[test]
fn an_order_is_continued_at_the_first_page_that_is_not_done() {
    let mut screen = Screen::filled();
    screen.press("3/contoso-wild<Enter>w");
    let wild = estate().orders[1].clone();
    screen.settle(seen_for_purchase(Some(wild.clone())));
    assert_eq!(screen.app.wizard.as_ref().unwrap().page(), FlowName::Store);
    let mut vault = crate::contoso::vault(&group(MAIN, "web"), "kv-contoso");
    vault.policies = ["1", "2"]
        .map(|n| certdeck::model::AccessPolicy {
            object_id: format!("aaaaaaaa-0000-0000-0000-00000000000{n}"),
            secrets: vec!["all".into()],
            certificates: vec!["all".into()],
        })
        .into();
    screen.settle(crate::contoso::seen_for_store(wild, Some(vault)));
    let wizard = screen.app.wizard.as_ref().unwrap();
    assert_eq!(wizard.page(), FlowName::Verify, "{:?}", wizard.current().steps);
}

/// Step 2 of an order by TXT record, observed with these records.
fn verifying(txt: &[&str]) -> Screen {
    let mut screen = Screen::filled();
    screen.press("3/pay<Enter>:verify<Enter>").settle(Observed::default());
    screen.press("<Tab><Space><Space><Space><S-Tab>");
    let seen = Observed {
        order: Seen::Here(order(
            &group(MAIN, "api"),
            "pay-contoso",
            "pay.contoso.com",
            OrderStatus::PendingIssuance,
        )),
        txt: Seen::Here(vec![("contoso.com".to_owned(), txt.iter().map(ToString::to_string).collect())]),
        ..Observed::default()
    };
    screen.settle(seen);
    screen
}

#[test]
fn a_waiting_step_is_looked_at_again_when_its_time_comes_and_not_before() {
    let mut screen = verifying(&[]);
    let Some(Effect::Wake { after: wait, .. }) = screen.effects.last().cloned() else {
        panic!("{:?}", screen.effects)
    };
    screen.send(Message::Ticked(crate::contoso::now()));
    assert!(!screen.effects.iter().any(|effect| matches!(effect, Effect::Observe { .. })));
    screen.send(Message::Ticked(crate::contoso::now() + wait));
    assert!(
        screen.effects.iter().any(|effect| matches!(effect, Effect::Observe { flow: FlowName::Verify, .. }))
    );
}

#[test]
fn in_a_practice_cloud_the_owner_of_the_domain_can_be_played() {
    let mut screen = verifying(&[]);
    screen.press("<Tab><Tab><Tab>o<Enter>");
    let wanted = PracticeAct::PublishTxt { name: "contoso.com".into(), value: "k3v8m1q7x2".into() };
    assert!(
        matches!(&screen.effects[..], [Effect::Practise { act, .. }] if *act == wanted),
        "{:?}",
        screen.effects
    );
}

#[test]
fn after_the_binding_the_cursor_is_on_the_hostname_that_was_secured() {
    let mut screen = Screen::filled();
    screen.press("4/api.contoso<Enter>b");
    let estate = estate();
    screen.settle(Observed {
        app: Seen::Here(estate.apps[2].clone()),
        plan: Seen::Here(crate::contoso::plan(&group(MAIN, "api"))),
        certificates: Seen::Here(estate.certificates.clone()),
        binding: Seen::Here(estate.bindings[5].clone()),
        ..Observed::default()
    });
    screen.press("<Enter>");
    assert!(screen.app.wizard.is_none());
    assert_eq!(screen.app.selected().unwrap().name(), "api.contoso.com");
}

#[test]
fn a_command_run_by_name_is_on_top_the_next_time() {
    let mut screen = Screen::filled();
    screen.press(":orders<Enter>:<Enter>");
    assert_eq!(screen.app.pane, PaneName::Orders, "Enter on the empty line runs the last command again");
}

#[test]
fn only_choices_that_exist_are_offered_and_public_certificates_never_a7() {
    let mut screen = Screen::filled();
    screen.press("4/blog<Enter>b").settle(Observed::default());
    screen.press("<Tab><Tab><Tab><Enter>");
    let Some(Dialog::Choose(choose)) = screen.app.dialogs.last() else { panic!("no picker") };
    let labels: Vec<_> = choose.shown().map(|item| item.label.clone()).collect();
    assert!(
        labels.contains(&"blog-old".to_owned()) && !labels.iter().any(|label| label == "partner-root"),
        "{labels:?}"
    );
}

#[test]
fn a_new_resource_group_can_be_typed_into_its_picker() {
    let mut screen = Screen::filled();
    screen.press(":purchase<Enter>fabrikam.com<Tab><Tab>fabrikam-www<Tab><Tab><Enter>brand-new<Enter>");
    let mut seen = seen_for_purchase(None);
    seen.group = Seen::Absent;
    screen.settle(seen);
    let wizard = screen.app.wizard.as_ref().unwrap();
    assert_eq!(wizard.inputs.get(Key::ResourceGroup), Some("brand-new"));
    assert!(wizard.fields.iter().any(|field| field.key == Key::Location), "a new group needs a region");
    assert_eq!(
        wizard.focused_field().unwrap().key,
        Key::AutoRenew,
        "the focus stays on its field when another appears"
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
