//! What a Sync sends, proves, waits for, and cannot bring.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::flow::Asked;
use crate::flow::linked::{Bound, Newest};
use crate::flow::proof::HostLook;
use crate::flow::sample::{
    LEAF, find, id, imported, needed, order, plan, stand, stored, vault, with_principals,
};
use crate::model::{
    AccessPolicy, Binding, Export, Hostname, OrderStatus, SecretStatus, SslState, Thumbprint,
};

fn print(digit: &str) -> Thumbprint {
    Thumbprint::parse(&digit.repeat(40)).unwrap()
}

fn look(binding: &Binding, serves: Option<&Thumbprint>) -> HostLook {
    HostLook::seen(binding.host.clone(), "20.1.1.1", serves.cloned())
}

fn known(print: Thumbprint) -> Newest {
    Newest::Known { thumbprint: print, names: Vec::new(), starts: None, ends: None }
}

fn one(newest: Newest) -> Linked {
    let certificate = imported();
    let mut open = vault(false);
    let all = || vec!["all".to_owned()];
    open.policies =
        vec![AccessPolicy { object_id: "websites".to_owned(), secrets: all(), certificates: all() }];
    let binding = Binding {
        app: id("Microsoft.Web/sites/shop"),
        host: Hostname::parse("contoso.com").unwrap(),
        ssl: SslState::Sni,
        thumbprint: certificate.thumbprint.clone(),
        virtual_ip: None,
    };
    Linked {
        secret: certificate.vault.clone().unwrap(),
        bound: vec![Bound { look: look(&binding, certificate.thumbprint.as_ref()), binding }],
        certificate,
        order: None,
        newest,
        vault: Seen::Here(open),
        roles: Seen::NotAsked,
        plan: Some(plan("Standard").id),
        left_behind: Vec::new(),
    }
}

fn seen(linked: Vec<Linked>) -> Observed {
    let all = linked.iter().map(|one| one.certificate.clone()).collect();
    with_principals(Observed {
        certificates: Seen::Here(all),
        linked: Seen::Here(linked),
        ..Observed::default()
    })
}

fn inputs() -> Inputs {
    Inputs::default().with(Key::Subscription, "s").with(Key::Scope, "all")
}

fn steps_of(linked: Vec<Linked>) -> Vec<Step> {
    stand(FlowName::Sync, &seen(linked), &inputs())
}

#[test]
fn a_certificate_behind_its_vault_is_imported_once_more_unchanged_a181() {
    let steps = steps_of(vec![one(known(print("B")))]);
    let sync = find(&steps, StepId::SYNC);
    assert_eq!(sync.status, StepStatus::Ready);
    let body = sync.requests[0].body.as_ref().unwrap().shown();
    assert_eq!(body["properties"]["keyVaultSecretName"], "contoso-www");
    assert!(sync.requests[0].path.ends_with("/certificates/contoso-www-web-WestEuropewebspace"));
    assert!(sync.facts[0].1.contains("contoso.com"), "the hostnames that move are named");
}

/// A13 of the trial by hand: the old certificate was ticked as the proof of a Sync that was yet to come.
#[test]
fn what_proves_a_sync_is_told_after_it_and_never_of_what_was_there_before() {
    let mut steps = steps_of(vec![one(known(print("B")))]);
    crate::flow::Pursuit::default().settle(&mut steps, crate::flow::sample::NOW.parse().unwrap());
    for id in [StepId::MOVED, StepId::SERVED] {
        assert!(!find(&steps, id).status.is_over(), "{:?}", find(&steps, id));
    }
}

#[test]
fn what_is_in_step_sends_nothing_and_is_proved_by_a_handshake_b3_2() {
    let steps = steps_of(vec![one(known(Thumbprint::parse(LEAF).unwrap()))]);
    assert!(crate::flow::current(&steps).is_none(), "{steps:?}");
    let mut lagging = one(known(Thumbprint::parse(LEAF).unwrap()));
    lagging.bound[0].look = look(&lagging.bound[0].binding, Some(&print("A")));
    let steps = steps_of(vec![lagging]);
    assert!(matches!(find(&steps, StepId::SERVED).status, StepStatus::Waiting { .. }));
}

#[test]
fn what_cannot_be_seen_is_asked_for_once_and_the_answer_counts() {
    let steps = steps_of(vec![one(Newest::Unknown("no permission".to_owned()))]);
    let sync = find(&steps, StepId::SYNC).clone();
    assert_eq!(sync.status, StepStatus::Ready);
    let now = crate::flow::sample::NOW.parse().unwrap();
    let after = |asked| {
        let mut step = sync.clone();
        step.settle(asked, now);
        step.status
    };
    assert!(matches!(after(Some(Asked::accepted(now))), StepStatus::Done(_)));
    assert_eq!(after(None), StepStatus::Ready);
}

#[test]
fn a_permission_that_was_taken_away_is_given_back_before_the_sync_a174() {
    let mut closed = one(known(print("B")));
    closed.vault = Seen::Here(vault(false));
    let steps = steps_of(vec![closed]);
    let access = find(&steps, StepId::APP_ACCESS);
    assert_eq!((&access.status, access.requests.len()), (&StepStatus::Ready, 1));
    assert_eq!(crate::flow::current(&steps).unwrap().id, StepId::APP_ACCESS);
}

#[test]
fn what_is_stuck_holds_nothing_else_up_and_has_words_and_a_remedy() {
    for status in [
        SecretStatus::CertificateOrderFailed,
        SecretStatus::ExternalPrivateKey,
        SecretStatus::KeyVaultDoesNotExist,
    ] {
        let mut stuck = one(Newest::Unknown(String::new()));
        stuck.secret.status = status.clone();
        if status == SecretStatus::KeyVaultDoesNotExist {
            stuck.vault = Seen::Absent;
        }
        let steps = steps_of(vec![stuck, one(known(print("B")))]);
        assert_eq!(find(&steps, StepId::SYNC).requests.len(), 1);
        let StepStatus::Blocked(problem) = &find(&steps, StepId::STUCK).status else { panic!("not blocked") };
        assert!(problem.why.contains(status.words()) && !problem.remedy.is_empty(), "{problem}");
        assert_eq!(problem.code.as_deref(), Some(status.as_wire()));
    }
}

#[test]
fn every_status_that_is_trouble_has_plain_words_and_a_remedy() {
    for name in [
        "Initialized",
        "WaitingOnCertificateOrder",
        "Succeeded",
        "CertificateOrderFailed",
        "OperationNotPermittedOnKeyVault",
        "AzureServiceUnauthorizedToAccessKeyVault",
        "KeyVaultDoesNotExist",
        "KeyVaultSecretDoesNotExist",
        "UnknownError",
        "ExternalPrivateKey",
        "Unknown",
    ] {
        let status = SecretStatus::parse(name);
        assert_eq!(status.as_wire(), name);
        assert!(!status.words().is_empty());
        assert!(!status.is_trouble() || !status.remedy().is_empty(), "{name}");
    }
}

#[test]
fn an_order_that_is_being_issued_is_waited_for_before_anything_is_read() {
    let mut waiting = one(known(Thumbprint::parse(LEAF).unwrap()));
    waiting.order = Some(stored(order(OrderStatus::PendingRekey), SecretStatus::Succeeded));
    let steps = steps_of(vec![waiting]);
    assert!(matches!(&steps[0].status, StepStatus::Waiting { on, .. } if on.contains("Pending rekey")));
}

#[test]
fn a_binding_that_was_left_behind_is_waited_for_by_name() {
    let mut left = one(known(Thumbprint::parse(LEAF).unwrap()));
    left.left_behind = vec![Binding { thumbprint: Some(print("D")), ..left.bound[0].binding.clone() }];
    let steps = steps_of(vec![left]);
    assert!(
        matches!(&find(&steps, StepId::MOVED).status, StepStatus::Waiting { on, .. } if on.contains("contoso.com"))
    );
}

#[test]
fn uploaded_and_managed_certificates_are_refused_with_the_way_that_fits() {
    let mut uploaded = imported();
    uploaded.vault = None;
    let observed = Observed {
        certificates: Seen::Here(vec![uploaded.clone()]),
        linked: Seen::Here(Vec::new()),
        ..Observed::default()
    };
    let by_name = inputs().with(Key::Scope, "certificate").with(Key::Certificate, uploaded.id.name());
    let steps = stand(FlowName::Sync, &observed, &by_name);
    assert!(needed(&steps[0]).1.contains("replace"));
    uploaded.canonical_name = Some("contoso.com".into());
    let observed = Observed { certificates: Seen::Here(vec![uploaded]), ..observed };
    assert!(needed(&stand(FlowName::Sync, &observed, &by_name)[0]).1.contains("by itself"));
}

#[test]
fn copies_that_a_sync_does_not_reach_are_named_before_it_is_sent_b3_18() {
    let mut behind = one(known(print("B")));
    let mut order = stored(order(OrderStatus::Issued), SecretStatus::Succeeded);
    order.thumbprint = Some(print("B"));
    let at = "2026-11-01T00:00:00Z".parse().unwrap();
    let of =
        |thumbprint, path: &str| Export { at, order: order.id.clone(), thumbprint, path: path.to_owned() };
    let exports = vec![of(Thumbprint::parse(LEAF).unwrap(), "/srv/old.pfx"), of(print("B"), "/srv/new.pfx")];
    behind.order = Some(order);
    let steps = stand(FlowName::Sync, &Observed { exports, ..seen(vec![behind]) }, &inputs());
    let facts = &find(&steps, StepId::SYNC).facts;
    let (_, words) = facts.iter().find(|(label, _)| label == "Exports").unwrap();
    assert!(words.ends_with("/srv/old.pfx of 2026-11-01") && !words.contains("new.pfx"), "{words}");
}

#[test]
fn a_sync_to_what_has_ended_interrupts_the_hostnames_that_move_and_any_other_adds() {
    let consent = |ends: &str| {
        let newest = Newest::Known {
            thumbprint: print("B"),
            names: Vec::new(),
            starts: None,
            ends: ends.parse().ok(),
        };
        find(&steps_of(vec![one(newest)]), StepId::SYNC).consent.clone()
    };
    assert_eq!(consent("2099-01-01T00:00:00Z"), Consent::Plain);
    let Consent::Interrupts { notice, names } = consent("2020-01-01T00:00:00Z") else {
        panic!("it interrupts")
    };
    assert!(notice.contains("ended on 2020-01-01") && names == ["contoso.com"], "{notice}");
}

#[test]
fn hostnames_that_a_new_certificate_does_not_secure_are_named_before_and_after() {
    let mut behind = one(known(print("B")));
    let www =
        Binding { host: Hostname::parse("www.contoso.com").unwrap(), ..behind.bound[0].binding.clone() };
    behind.bound.push(Bound { look: look(&www, None), binding: www.clone() });
    let names = vec![Hostname::parse("contoso.com").unwrap()];
    behind.newest = Newest::Known { thumbprint: print("B"), names, starts: None, ends: None };
    let steps = steps_of(vec![behind]);
    let facts = &find(&steps, StepId::SYNC).facts;
    let said = facts.iter().find(|(label, _)| label == "Stays behind").unwrap();
    assert!(said.1.starts_with("www.contoso.com:") && said.1.contains(&LEAF[..8]), "{said:?}");

    let mut done = one(known(Thumbprint::parse(LEAF).unwrap()));
    done.left_behind = vec![Binding { thumbprint: Some(print("D")), ..www }];
    let steps = steps_of(vec![done]);
    let StepStatus::Blocked(problem) = &find(&steps, StepId::MOVED).status else {
        panic!("it counts as moved: {steps:?}")
    };
    assert!(problem.why.contains("www.contoso.com stays on the old certificate DDDDDDDD"), "{problem}");
}
