//! The row's whole story: what belongs to it is one key away, the coming months at a glance, and a bind that can be
//! taken back.

use std::sync::Arc;

use crate::contoso::Screen;
use certdeck::app::effect::Effect;
use certdeck::app::message::{AskId, Message};
use certdeck::azure::{Request, sites};
use certdeck::flow::{Consent, FlowName, Inputs, Key, MarkedLook, MarkedRow, Step, StepId, StepStatus};
use certdeck::model::{Binding, Estate, SslState};
use certdeck::tables::PaneName;

fn on(pane: &str, name: &str) -> Screen {
    let mut screen = Screen::filled();
    screen.press(&format!("{pane}/{name}<Enter>"));
    assert_eq!(screen.app.selected().unwrap().name(), name, "{}", screen.text());
    screen
}

fn here(screen: &Screen) -> (PaneName, String) {
    (screen.app.browser.pane, screen.app.selected().unwrap().name().to_owned())
}

#[test]
fn one_key_goes_to_what_belongs_to_a_row_and_another_comes_back() {
    let mut screen = on("1", "shop-2026");
    screen.press("f");
    assert_eq!(here(&screen), (PaneName::Bindings, "shop.contoso.com".to_owned()), "it has one hostname");
    screen.press("F");
    assert_eq!(here(&screen), (PaneName::Private, "shop-2026".to_owned()));
    screen.press("F");
    assert!(screen.app.out.notice.is_some(), "there is no further way back");
}

#[test]
fn where_several_rows_belong_to_one_they_are_offered_with_what_they_are() {
    let mut screen = on("3", "contoso-www");
    screen.press("f");
    let text = screen.text();
    for words in ["contoso-www-web", "certificate in web", "www.contoso.com", "hostname of shop, SNI SSL"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    screen.press("<Enter>");
    assert_eq!(here(&screen).0, PaneName::Private);
    screen.press("f");
    assert!(screen.text().contains("certificate order"), "from the certificate back to its order");
}

#[test]
fn a_row_that_nothing_belongs_to_says_so() {
    let mut screen = on("1", "pay-2026");
    screen.press("f");
    assert!(
        screen.app.out.notice.as_ref().unwrap().text.contains("no row of another pane"),
        "{}",
        screen.text()
    );
}

#[test]
fn the_coming_months_count_what_ends_and_lead_to_the_first_of_a_month() {
    let mut screen = Screen::filled();
    screen.press("M");
    let text = screen.text();
    let line = |month: &str| text.lines().find(|line| line.contains(month)).unwrap_or_default().to_owned();
    assert!(line("Nov 2026").contains("intranet"), "{text}");
    assert!(line("Dec 2026").contains("contoso-www-web") && line("Dec 2026").contains('#'), "{text}");
    let is_month = |line: &&str| line.contains(" 2026 ") || line.contains(" 2027 ");
    assert!(!text.lines().filter(is_month).any(|line| line.contains("blog-old")), "it has ended: {text}");
    screen.press("<Down><Enter>");
    let (pane, name) = here(&screen);
    let ends = screen.app.inventory.estate.certificates.iter().find(|one| one.id.name() == name);
    assert!(pane != PaneName::Private || ends.unwrap().expires.unwrap().to_string().starts_with("2026-12"));
    screen.press("F");
    assert_eq!(here(&screen).0, PaneName::Private);
}

/// Sends a change of this hostname as marks do, and has it accepted.
fn sent(screen: &mut Screen, host: &str, request: Request) {
    let row = MarkedRow {
        id: binding(screen, host).id(),
        name: host.to_owned(),
        flow: FlowName::Unbind,
        inputs: Inputs::default(),
    };
    let step = Step::new(StepId::UNBIND, format!("Unbind {host}"), StepStatus::Ready);
    let look = MarkedLook::new(row, vec![step.sending(vec![request]).consent(Consent::Plain)]);
    screen.press("4<Esc><Esc><Esc>");
    screen.press(&format!("/{host}<Enter><Space>d"));
    let ask = asked(screen);
    screen.send(Message::MarkedSeen { ask, result: Ok(vec![look]) });
    screen.press("<Enter>");
}

fn asked(screen: &Screen) -> AskId {
    screen.asked(|effect| match effect {
        Effect::LookAtMarked { ask, .. } => Some(*ask),
        _ => None,
    })
}

fn binding(screen: &Screen, host: &str) -> Binding {
    screen.app.inventory.estate.bindings.iter().find(|one| one.host.as_str() == host).unwrap().clone()
}

fn now_bound(screen: &mut Screen, host: &str, ssl: SslState) {
    let mut estate = screen.app.inventory.estate.as_ref().clone().into_rows();
    for one in estate.bindings.iter_mut().filter(|one| one.host.as_str() == host) {
        one.ssl = ssl;
        if ssl == SslState::Disabled {
            one.thumbprint = None;
        }
    }
    let mut changed = Estate::default();
    changed.absorb(estate);
    screen.app.inventory.estate = Arc::new(changed);
}

#[test]
fn what_a_hostname_was_bound_to_is_offered_again_in_a_form_that_is_agreed_to() {
    let host = "www.contoso.com";
    let mut screen = Screen::filled();
    screen.press(&format!("4/{host}<Enter>u"));
    assert!(screen.app.wizard.is_none(), "nothing was changed in this run");
    let before = binding(&screen, host);
    let request = sites::unbind(&before.id(), None);
    sent(&mut screen, host, request);
    screen.press("u");
    assert!(screen.app.wizard.is_none(), "it is bound as before, as far as is known");
    now_bound(&mut screen, host, SslState::Disabled);
    screen.press("<Esc><Esc>/www.contoso.com<Enter>");
    screen.press("u");
    let wizard = screen.app.wizard.as_ref().expect("the form of bind");
    assert_eq!(wizard.page(), FlowName::Bind);
    assert_eq!(wizard.inputs.get(Key::Hostname), Some(host));
    assert!(wizard.inputs.get(Key::Certificate).unwrap().ends_with("/contoso-www-web"));
    assert_eq!(wizard.inputs.get(Key::SslType), Some("sni"));
    assert!(!screen.effects.iter().any(|effect| matches!(effect, Effect::PerformStep { .. })));
}
