//! Public certificates on screen: whom the pane asks, and what it says of those that were not asked.

use crate::contoso::{Screen, estate};
use certdeck::app::effect::Effect;
use certdeck::app::message::{AskId, Message};
use certdeck::model::{App, Estate, EstateRows, PublicCertificate, ResourceId};

fn asked(screen: &Screen) -> Option<(AskId, Vec<ResourceId>)> {
    screen.effects.iter().find_map(|effect| match effect {
        Effect::ReadPublic { ask, apps } => Some((*ask, apps.clone())),
        _ => None,
    })
}

fn answer(screen: &mut Screen, ask: AskId, apps: &[ResourceId], certificates: Vec<PublicCertificate>) {
    let mut part = Box::<EstateRows>::default();
    part.public_certificates = certificates;
    screen.send(Message::PublicRead { ask, apps: apps.to_vec(), part });
}

/// The contoso estate with so many more apps.
fn large(more: usize) -> Estate {
    let mut estate = estate().into_rows();
    let model = estate.apps[0].clone();
    let more = (0..more).map(|n| App {
        id: model.id.sibling("Microsoft.Web/sites", &format!("app-{n:04}")),
        ..model.clone()
    });
    estate.apps.extend(more);
    estate.public_certificates.clear();
    estate.indexed()
}

fn one_of(app: &ResourceId) -> PublicCertificate {
    PublicCertificate {
        id: app.child("publicCertificates", "partner"),
        app: app.clone(),
        ..estate().public_certificates[0].clone()
    }
}

#[test]
fn nobody_is_asked_before_the_pane_is_looked_at_and_then_every_app_once() {
    let mut screen = Screen::filled();
    assert_eq!(asked(&screen), None);
    screen.press("2");
    let (ask, apps) = asked(&screen).unwrap();
    assert_eq!(apps.len(), estate().apps.len());
    let (first, rest) = apps.split_at(1);
    answer(&mut screen, ask, first, vec![one_of(&first[0])]);
    assert_eq!(
        screen.app.pane().list.total(),
        1 + estate().public_certificates.iter().filter(|one| one.app != first[0]).count()
    );
    assert!(screen.text().contains(&format!("1 of {} apps answered", apps.len())), "{}", screen.text());
    answer(&mut screen, ask, rest, Vec::new());
    assert_eq!(screen.app.pane().list.total(), 1);
    assert_eq!(asked(screen.press("12")), None, "what is known is not asked again");
}

#[test]
fn of_many_apps_only_those_are_asked_that_the_filter_leaves_and_l_asks_the_rest() {
    let mut screen = Screen::start(|_| {});
    screen.read(large(2000));
    screen.press("2");
    assert_eq!(asked(&screen), None);
    assert!(screen.text().contains("L asks them all"), "{}", screen.text());
    screen.press("/group:nowhere<Enter>");
    assert_eq!(asked(&screen), None, "no app is in such a group");
    screen.press("/<C-u>app:app-00");
    assert_eq!(asked(&screen), None, "not while it is typed");
    screen.press("<Enter>");
    let (ask, apps) = asked(&screen).unwrap();
    assert_eq!(apps.len(), 100);
    answer(&mut screen, ask, &apps, vec![one_of(&apps[7])]);
    assert!(screen.text().contains("100 of 2"), "{}", screen.text());
    screen.press("<Esc>L");
    let (_, rest) = asked(&screen).unwrap();
    assert_eq!(rest.len(), screen.app.inventory.estate.apps.len() - 100);
    screen.press("L");
    assert!(screen.app.out.notice.as_ref().unwrap().text.contains("being asked"));
}

#[test]
fn a_refresh_keeps_the_rows_and_asks_for_them_anew() {
    let mut screen = Screen::start(|_| {});
    screen.read(large(0));
    screen.press("2");
    let (ask, apps) = asked(&screen).unwrap();
    answer(&mut screen, ask, &apps, vec![one_of(&apps[0])]);
    screen.press("<C-r>");
    screen.read(large(0));
    assert_eq!(screen.app.pane().list.total(), 1);
    let (ask, apps) = asked(&screen).expect("asked again");
    answer(&mut screen, ask, &apps, Vec::new());
    assert_eq!(screen.app.pane().list.total(), 0, "what is gone goes");
}

#[test]
fn the_parts_of_a_large_estate_show_as_they_come() {
    let mut screen = Screen::start(|_| {});
    let whole = estate();
    for (place, certificate) in whole.certificates.iter().enumerate() {
        let mut part = Box::<EstateRows>::default();
        part.certificates.push(certificate.clone());
        screen.send(Message::EstateProgressed { ask: AskId(1), part, note: String::new() });
        assert_eq!(screen.app.pane().list.total(), place + 1);
        assert!(screen.app.pane().list.visible().next().unwrap().1, "the cursor is at the top");
    }
    let counts = screen.app.inventory.findings.counts;
    screen.send(Message::EstateRead { ask: AskId(1), result: Ok(()) });
    assert_eq!(
        (screen.app.inventory.findings.counts, screen.app.inventory.estate.certificates.len()),
        (counts, whole.certificates.len())
    );
}
