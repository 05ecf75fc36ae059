//! The words and codes of reports and checks, over estates as they may be.

#![allow(clippy::unwrap_used)]
use super::*;

fn due_in(days: i64) -> Due {
    Due {
        kind: "private",
        name: format!("in-{days}"),
        hosts: Vec::new(),
        expires: Some(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days)),
        breaks: None,
        who_acts: WhoActs::You,
        next: String::new(),
        used_by: Vec::new(),
        id: "/x\"y".to_owned(),
    }
}

#[test]
fn a_monitoring_system_hears_the_worst_of_it() {
    let args = Check { warn: span("30d").unwrap(), crit: span("1w").unwrap(), timeout: Duration::ZERO };
    let level = |days: &[i64]| {
        let all: Vec<Due> = days.iter().map(|days| due_in(*days)).collect();
        judge(&all, &Estate::default(), &args, Timestamp::UNIX_EPOCH).0
    };
    assert_eq!(
        [level(&[]), level(&[31]), level(&[20, 31]), level(&[7, 31]), level(&[-1])].map(Level::word),
        ["OK", "OK", "WARNING", "CRITICAL", "CRITICAL"]
    );
}

#[test]
fn a_binding_whose_certificate_is_not_known_is_never_ok_and_hides_nothing_worse() {
    let args = Check { warn: span("30d").unwrap(), crit: span("1w").unwrap(), timeout: Duration::ZERO };
    let unknown = || Due { kind: "binding", expires: None, who_acts: WhoActs::Unknown, ..due_in(0) };
    let judged = |rest: &[i64]| {
        let all: Vec<Due> = std::iter::once(unknown()).chain(rest.iter().map(|days| due_in(*days))).collect();
        judge(&all, &Estate::default(), &args, Timestamp::UNIX_EPOCH)
    };
    assert_eq!(
        [judged(&[]), judged(&[31]), judged(&[20]), judged(&[7])].map(|(level, _)| level.word()),
        ["UNKNOWN", "UNKNOWN", "WARNING", "CRITICAL"]
    );
    assert!(judged(&[31]).1.contains("no certificate that was read has the thumbprint"));
    assert!(unknown().is_within(span("1d").unwrap(), Timestamp::UNIX_EPOCH), "a report always has it");
}

#[test]
fn what_breaks_before_it_ends_is_warned_of_by_the_earlier_day() {
    let args = Check { warn: span("30d").unwrap(), crit: span("1w").unwrap(), timeout: Duration::ZERO };
    let breaks = |days| due_in(days).expires;
    let level = |breaks| {
        judge(&[Due { breaks, ..due_in(100) }], &Estate::default(), &args, Timestamp::UNIX_EPOCH).0.word()
    };
    assert_eq!(
        [level(None), level(breaks(40)), level(breaks(20)), level(breaks(5))],
        ["OK", "OK", "WARNING", "CRITICAL"]
    );
}

#[test]
fn who_acts_being_unknown_never_changes_the_level() {
    let args = Check { warn: span("30d").unwrap(), crit: span("1w").unwrap(), timeout: Duration::ZERO };
    for days in [5, 20, 40] {
        let of = |who_acts| {
            judge(&[Due { who_acts, ..due_in(days) }], &Estate::default(), &args, Timestamp::UNIX_EPOCH)
        };
        assert_eq!(of(WhoActs::Unknown).0, of(WhoActs::Azure).0);
        assert_eq!(of(WhoActs::Unknown).1.contains("who acts is unknown"), days < 30);
    }
}

#[test]
fn labels_cannot_break_out_of_the_text_format() {
    let mut out = Vec::new();
    prometheus(&[due_in(1)], 0, Timestamp::UNIX_EPOCH, &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().contains("id=\"/x\\\"y\"} 86400"));
}

/// Certificates from vaults, uploaded ones and revoked ones, with whatever a vault may answer.
fn generated(seed: u64) -> Estate {
    use crate::model::upkeep::{Account, ActionKind, Issuer, Kept, LifetimeAction, Operation, Told, Trigger};
    use crate::model::{
        PrivateCertificate, ResourceId, Revocation, SecretStatus, Text, Thumbprint, Upkeep, VaultSecret,
    };
    let mut random = fastrand::Rng::with_seed(seed);
    let group = ResourceId::parse("/subscriptions/s/resourceGroups/g").unwrap();
    let vault = group.resource("Microsoft.KeyVault/vaults", "kv");
    let on = |day: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day);
    let mut estate = Estate::default();
    for number in 0..40 {
        let name = format!("c{number}");
        let print = |nth: u32| Thumbprint::parse(&format!("{nth:040X}")).unwrap();
        let expires = on(random.i64(-5..60));
        let secret = VaultSecret {
            vault: vault.clone(),
            secret: name.as_str().into(),
            status: SecretStatus::Succeeded,
        };
        estate.certificates.push(PrivateCertificate {
            id: group.resource("Microsoft.Web/certificates", &name),
            location: Text::default(),
            home: crate::model::Home::Webspace(crate::model::Webspace::default()),
            thumbprint: Some(print(number)),
            subject: "CN=a".into(),
            hosts: Vec::new(),
            issuer: if random.bool() { "CN=a".into() } else { "Some CA".into() },
            issued: None,
            expires: Some(expires),
            vault: random.bool().then_some(secret),
            canonical_name: None,
            tags: crate::model::Tags::default(),
            own: crate::model::OwnSettings::default(),
        });
        if random.u8(..10) == 0 {
            let order = group.resource("Microsoft.CertificateRegistration/certificateOrders", "gone");
            estate.revocations.push(Revocation { at: on(0), order, thumbprint: print(number) });
        }
        let provider = ["DigiCert", "Test"][random.usize(..2)].to_owned();
        let issuer = match random.u8(..5) {
            0 => Issuer::Unknown,
            1 => Issuer::Own,
            2 => Issuer::Named { name: "ca".to_owned(), account: Account::Missing },
            3 => Issuer::Named { name: "ca".to_owned(), account: Account::Unreadable("no".to_owned()) },
            _ => Issuer::Named {
                name: "ca".to_owned(),
                account: Account::At { provider, is_enabled: random.bool() },
            },
        };
        let kind = [ActionKind::AutoRenew, ActionKind::EmailContacts, ActionKind::Other][random.usize(..3)];
        let error = (random.u8(..4) == 0).then(|| "The account is locked.".to_owned());
        let kept = Kept {
            version: Text::default(),
            thumbprint: Some(print(if random.u8(..5) == 0 { 1000 + number } else { number })),
            is_enabled: random.u8(..8) > 0,
            made: Some(on(random.i64(-10..1))),
            starts: Some(on(-100)),
            expires: Some(expires),
            is_self_signed: [None, Some(true), Some(false)][random.usize(..3)],
            issuer,
            actions: vec![LifetimeAction {
                kind,
                trigger: Some(Trigger::DaysBeforeExpiry(random.i64(1..90))),
            }],
            months: None,
            operation: random.bool().then(|| Operation { status: "completed".to_owned(), error }),
        };
        let told = match random.u8(..6) {
            0 => None,
            1 => Some(Told::Unreadable("no answer".to_owned())),
            2 => Some(Told::PlainSecret),
            _ => Some(Told::Certificate(Box::new(kept))),
        };
        estate.upkeep.extend(told.map(|told| Upkeep {
            vault: vault.clone(),
            name: name.into(),
            read_at: on(0),
            told,
        }));
    }
    estate.indexed()
}

#[test]
fn panes_details_lists_reports_and_checks_say_the_same_of_whatever_a_vault_answers() {
    use crate::app::pane::{PaneName, cells, facts};
    let (rules, now) = (rules().unwrap(), "1970-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let args = Check { warn: span("30d").unwrap(), crit: span("1w").unwrap(), timeout: Duration::ZERO };
    for seed in 0..50 {
        let estate = generated(seed);
        let all = due(&estate, &rules, now);
        let (mut yours, mut late) = (0, 0);
        for (place, certificate) in estate.certificates.iter().enumerate() {
            let own = all.iter().find(|one| one.id == certificate.id.as_str()).unwrap();
            let row = cells(PaneName::Private, &estate, &rules, place, now);
            assert_eq!(row[4].text, own.who_acts.words(), "{seed}: {}", certificate.id);
            let fact = facts(PaneName::Private, &estate, &rules, place, now);
            let fact = fact.iter().find(|fact| fact.label == "Who acts").unwrap();
            assert!(
                fact.value.starts_with(own.who_acts.words()) && own.next.starts_with(own.who_acts.words()),
                "{}",
                fact.value
            );
            if estate.is_revoked(certificate, now) {
                assert_eq!(
                    (row[3].text.as_str(), own.who_acts, own.day()),
                    ("revoked", WhoActs::You, own.day().min(Some(now)))
                );
            }
            yours += usize::from(own.who_acts == WhoActs::You && own.is_within(args.warn, now));
            late += usize::from(own.is_within(args.crit, now));
        }
        let (_, line) = judge(&all, &estate, &args, now);
        assert!(
            line.contains(&format!(" {yours} of them need you"))
                && line.contains(&format!("critical={late} ")),
            "{seed}: {line}"
        );
        let mut text = Vec::new();
        prometheus(&all, 0, now, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        for one in &all {
            let labels = format!("name=\"{}\",who_acts=\"{}\"", one.name, one.who_acts.words());
            assert!(text.contains(&labels), "{labels}");
        }
    }
}

#[test]
fn what_was_revoked_from_here_is_believed_only_where_the_cloud_agrees() {
    use crate::model::{Order, OrderStatus, ResourceId};
    let now = Timestamp::UNIX_EPOCH;
    let estate = (0..50).map(generated).find(|estate| !estate.revocations.is_empty()).unwrap();
    let revoked = |estate: &Estate, at: Timestamp| {
        estate.certificates.iter().filter(|one| estate.is_revoked(one, at)).count()
    };
    let count = estate.revocations.len();
    assert_eq!(revoked(&estate, now), count, "the order is gone");
    assert_eq!(revoked(&estate, now - SignedDuration::from_hours(1)), 0, "the grace of a rekey is not over");
    let order = |status, thumbprint| {
        Order {
        id: ResourceId::parse(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.CertificateRegistration/certificateOrders/gone",
        )
        .unwrap(),
        status,
        provisioning_state: String::new(),
        product: None,
        domain: String::new(),
        token: None,
        auto_renew: false,
        stored: Vec::new(),
        thumbprint,
        issued: None,
        expires: None,
        names: Vec::new(),
        term_ends: None,
        last_issued: None,
        next_auto_renewal: None,
        not_renewable: Vec::new(),
        serial: None,
        key_size: Some(2048),
        has_external_key: false,
        tags: crate::model::Tags::default(),
    }
    };
    let first = Some(estate.revocations[0].thumbprint.clone());
    for (status, thumbprint, left) in [
        (OrderStatus::Issued, first.clone(), count - 1),
        (OrderStatus::Issued, None, count),
        (OrderStatus::Revoked, first, count),
    ] {
        let mut with_order = estate.clone();
        with_order.orders.push(order(status.clone(), thumbprint));
        assert_eq!(revoked(&with_order.indexed(), now), left, "{status}");
    }
}
