//! What keys do in the wizard: fields, pickers, steps that are agreed to, and leaving and coming back.

use crate::contoso::{MAIN, Screen, estate, group, order, seen_for_purchase};
use certdeck::app::dialog::Dialog;
use certdeck::app::effect::{Effect, PracticeAct};
use certdeck::app::message::{AskId, Message};
use certdeck::app::wizard::Origin;
use certdeck::flow::{FlowName, Key, Observed, RecordKind, Seen, StepId, WantedRecord};
use certdeck::model::{EstateRows, OrderStatus, Problem, Reread};

pub(crate) const PURCHASE: &str = ":purchase<Enter>fabrikam.com<Tab><Tab>fabrikam-www<PgDn>";

/// A wizard that stands before buying.
fn ready_to_buy() -> Screen {
    let mut screen = Screen::filled();
    screen.press(PURCHASE).settle(seen_for_purchase(None));
    screen
}

pub(crate) fn fabrikam(status: OrderStatus) -> certdeck::model::Order {
    order(&group(MAIN, "web"), "fabrikam-www", "fabrikam.com", status)
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
    assert_eq!((*flow, step.id), (FlowName::Purchase, StepId::BUY));
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
    assert!(screen.app.layers.is_empty());
}

#[test]
fn what_changed_while_the_question_was_on_screen_is_not_sent() {
    let mut screen = Screen::start(|_| {});
    let note = "1 of 2 subscriptions".to_owned();
    let (mut first, mut second) = (estate().into_rows(), EstateRows::default());
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
    assert!(screen.app.out.notice.as_ref().unwrap().text.contains("nothing was sent"));
}

#[test]
fn a_failed_refresh_takes_no_keys_from_somebody_who_types() {
    let mut screen = Screen::start(|_| {});
    screen.press(":purchase<Enter>fabri");
    screen.send(Message::EstateRead { ask: AskId(1), result: Err(Problem::new("Read", "no network")) });
    assert!(screen.app.out.notice.as_ref().unwrap().text.contains("no network"));
    screen.press("kam.com");
    assert_eq!(screen.app.wizard.as_ref().unwrap().inputs.get(Key::Domain), Some("fabrikam.com"));
    screen.press("<Esc>p<Enter>");
    assert!(matches!(screen.app.layers.top(), Some(Dialog::Error(_))), "the reason stays to be read");
}

#[test]
fn enter_while_it_looks_goes_on_by_itself_when_the_answer_comes() {
    let mut screen = Screen::filled();
    screen.press(PURCHASE).press("<Enter>");
    assert!(screen.app.layers.is_empty());
    screen.settle(seen_for_purchase(None));
    assert!(matches!(screen.app.layers.top(), Some(Dialog::Confirm(_))));
}

#[test]
fn another_key_takes_the_early_enter_back() {
    let mut screen = Screen::filled();
    screen.press(PURCHASE).press("<Enter><Tab>");
    screen.settle(seen_for_purchase(None));
    assert!(screen.app.layers.is_empty());
}

#[test]
fn a_name_that_exists_is_refused_at_its_field_and_what_was_typed_stays() {
    let mut screen = Screen::filled();
    screen.press(":purchase<Enter>fabrikam.com<Tab><Tab>contoso-www<PgDn>").settle(seen_for_purchase(None));
    screen.press("<Enter>");
    assert!(screen.app.layers.is_empty(), "nothing to confirm");
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
    assert!(wizard.form.fields.is_empty() && wizard.inputs.get(Key::Order) == Some("old-contoso"));
    assert!(
        wizard.current().steps[0].facts.contains(&("Certificate name".to_owned(), "old-contoso".to_owned()))
    );
    assert!(!screen.effects.iter().any(|effect| matches!(effect, Effect::PerformStep { .. })));
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
    screen.send(Message::StepPerformed { ask, step: StepId::BUY, result: Ok(Box::new(seen)) });
    assert!(
        screen.effects.iter().any(|effect| match effect {
            Effect::ReadTouched { places, .. } => places.iter().any(|place| place.name() == "fabrikam-www"),
            _ => false,
        }),
        "the order is read again, and nothing else"
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
    screen.send(Message::StepPerformed { ask, step: StepId::BUY, result: Ok(Box::new(seen)) });
    assert_eq!(screen.app.operations.running().count(), 0);
    let before = screen.app.inventory.estate.orders.len();
    let order = fabrikam(OrderStatus::PendingIssuance);
    let mut reread = Reread { resources: vec![order.id.clone()], ..Reread::default() };
    reread.rows.orders.push(order);
    screen.read_again(reread);
    assert_eq!(screen.app.inventory.estate.orders.len(), before + 1, "the others are as they were");
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
        step: StepId::BUY,
        result: Err(Problem::new("Buy", "ScopeLocked")),
    });
    assert!(matches!(screen.app.layers.top(), Some(Dialog::Error(_))));
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
pub(crate) fn verifying(txt: &[&str]) -> Screen {
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
    let wanted = PracticeAct::PublishRecord(WantedRecord::new("contoso.com", RecordKind::Txt, "k3v8m1q7x2"));
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
fn only_choices_that_exist_are_offered_and_public_certificates_never_a7() {
    let mut screen = Screen::filled();
    screen.press("4/blog<Enter>b").settle(Observed::default());
    let Some(Dialog::Choose(choose)) = screen.app.layers.top() else { panic!("no picker") };
    let labels: Vec<_> = choose.shown().map(|item| item.label.clone()).collect();
    assert!(
        labels[0] == "contoso-wildcard-2025-uploaded-by-hand"
            && !labels.iter().any(|label| label == "partner-root"),
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
    assert!(wizard.form.fields.iter().any(|field| field.key == Key::Location), "a new group needs a region");
    assert!(wizard.focused_field().is_none(), "nothing was missing when the group was typed");
    screen.press("<Enter>");
    let wizard = screen.app.wizard.as_ref().unwrap();
    assert_eq!(wizard.focused_field().unwrap().key, Key::Location, "Enter leads to what is missing now");
}

/// `:managed` on api.contoso.com, and another app chosen by these keys.
fn managed_for_another_app(keys: &str) -> Screen {
    let mut screen = Screen::filled();
    screen.press("4/api<Enter>:managed<Enter>");
    assert!(screen.text().contains("Managed certificate: api.contoso.com"), "{}", screen.text());
    for _ in 0..9 {
        if screen.app.wizard.as_ref().unwrap().focused_field().is_some_and(|field| field.key == Key::App) {
            break;
        }
        screen.press("<S-Tab>");
    }
    screen.press(&format!("<Enter>{keys}<Enter>"));
    screen
}

#[test]
fn another_app_brings_its_only_hostname_and_the_title_names_what_is_changed_now() {
    let screen = managed_for_another_app("blog");
    assert_eq!(screen.app.wizard.as_ref().unwrap().inputs.get(Key::Hostname), Some("blog.contoso.com"));
    assert!(screen.text().contains("Managed certificate: blog.contoso.com"), "{}", screen.text());
}

#[test]
fn another_app_with_several_hostnames_leaves_the_choice_and_none_of_the_app_before() {
    let screen = managed_for_another_app("shop");
    assert_eq!(screen.app.wizard.as_ref().unwrap().inputs.get(Key::Hostname), None);
    assert!(!screen.text().contains("api.contoso.com"), "{}", screen.text());
}

#[test]
fn what_was_typed_for_one_row_does_not_wander_to_another() {
    let mut screen = Screen::filled();
    screen.press("1g:managed<Enter>shop<Enter>");
    let app = |screen: &Screen| screen.app.wizard.as_ref().unwrap().inputs.get(Key::App).map(str::to_owned);
    let chosen = app(&screen);
    assert!(chosen.is_some(), "{}", screen.text());
    screen.press("<Esc><Esc>j:managed<Enter>");
    assert_eq!(app(&screen), None, "{}", screen.text());
    screen.press("<Esc><Esc>g:managed<Enter>");
    assert_eq!(app(&screen), chosen, "it waits where it was typed");
}

/// What is to be replaced may have expired; only what is to secure a hostname must not.
#[test]
fn the_expired_certificate_of_a_hostname_can_be_chosen_to_be_replaced() {
    let mut screen = Screen::filled();
    screen.press("4/blog<Enter>:replace<Enter><Esc><S-Tab><Enter>");
    let Some(Dialog::Choose(choose)) = screen.app.layers.top() else { panic!("{}", screen.text()) };
    let old = choose.shown().find(|item| item.label == "blog-old").unwrap();
    assert!(old.then.is_ok(), "{old:?}");
}
