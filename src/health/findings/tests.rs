//! What is urgent, and that no resource is passed over.

#![allow(clippy::unwrap_used)]

use jiff::{SignedDuration, Timestamp};

use super::generated::{generated, on, order};
use super::*;
use crate::model::{
    Basis, Estate, EstateRows, Gap, OrderStatus, Problem, PublicCertificate, ResourceId, SecretStatus,
    StoredCertificate, VaultSecret, WhoActs,
};
use crate::rules::{Profile, Rules};

fn rules() -> Rules {
    Rules::load(Profile::Current).unwrap()
}

#[test]
fn every_resource_with_an_end_is_judged_and_by_the_earlier_of_its_days() {
    let rules = rules();
    for seed in 0..50 {
        let estate = generated(seed);
        let basis = Basis::new(&estate, &rules, Timestamp::UNIX_EPOCH);
        for one in &estate.certificates {
            let judged = of_certificate(&basis, Limits::USUAL, one).unwrap();
            let breaks = if basis.is_revoked(one) { Some(basis.now) } else { basis.turn(one).breaks_on() };
            assert_eq!(judged.day, one.expires.into_iter().chain(breaks).min());
            if basis.turn(one).is_alarm() {
                assert!(judged.urgency >= Urgency::Soon, "{}: {:?}", one.id, judged);
            }
        }
        let with_end = estate.certificates.len()
            + estate.public_certificates.iter().filter(|one| one.expires.is_some()).count()
            + estate.orders.iter().filter(|one| one.expires.is_some()).count();
        let judged = every(&basis, Limits::USUAL).filter(|one| one.judgement.expires.is_some()).count();
        assert_eq!(judged, with_end);
    }
}

#[test]
fn the_counts_are_those_of_the_list() {
    let rules = rules();
    for seed in 0..50 {
        let estate = generated(seed);
        let findings = Findings::of(&Basis::new(&estate, &rules, on(0)), Limits::USUAL);
        let of = |urgency| findings.all.iter().filter(|one| one.judgement.urgency == urgency).count();
        let counts = findings.counts;
        assert_eq!(
            (counts.urgent, counts.soon, counts.unknown, 0),
            (of(Urgency::Urgent), of(Urgency::Soon), of(Urgency::Unknown), of(Urgency::Fine))
        );
        let read = findings.all.iter().skip_while(|one| one.on == FindingOn::Part);
        assert!(read.is_sorted_by_key(|one| std::cmp::Reverse(one.judgement.urgency)));
    }
}

#[test]
fn the_limits_are_a_week_and_thirty_days_to_the_second() {
    let now = on(0);
    let judged = |days: i64, seconds: i64| {
        Limits::USUAL.urgency(on(days) + SignedDuration::from_secs(seconds), now).as_str()
    };
    assert_eq!(
        [judged(-400, 0), judged(0, 0), judged(7, 0), judged(7, 1)],
        ["urgent", "urgent", "urgent", "soon"]
    );
    assert_eq!([judged(30, 0), judged(30, 1), judged(400, 0)], ["soon", "ok", "ok"]);
}

#[test]
fn what_could_not_be_read_comes_first_then_the_most_urgent_each_by_its_day() {
    let rules = rules();
    let mut estate = EstateRows::default();
    let app = ResourceId::parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/a").unwrap();
    for day in [100, 20, 3, 2] {
        estate.public_certificates.push(PublicCertificate {
            id: app.child("publicCertificates", &format!("ends-{day}")),
            app: app.clone(),
            thumbprint: None,
            store: "CurrentUserMy".to_owned(),
            subject: None,
            expires: Some(on(day)),
        });
    }
    for code in ["MissingSubscriptionRegistration", "AuthorizationFailed"] {
        estate.gaps.push(Gap::new("orders", Problem::new("Read", "no").code(code)));
    }
    let estate = estate.indexed();
    let findings = Findings::of(&Basis::new(&estate, &rules, on(0)), Limits::USUAL);
    let listed = findings.all.iter().map(|one| {
        let name = one.id.as_ref().map_or("", ResourceId::name);
        (one.on.as_str(), one.judgement.urgency.as_str(), name)
    });
    assert_eq!(
        listed.collect::<Vec<_>>(),
        [
            ("part", "unknown", ""),
            ("public", "urgent", "ends-2"),
            ("public", "urgent", "ends-3"),
            ("public", "soon", "ends-20"),
            ("part", "note", ""),
        ]
    );
    assert_eq!(findings.counts, Counts { urgent: 2, soon: 1, unknown: 1, fine: 1 });
}

#[test]
fn what_breaks_does_so_before_its_end_and_an_end_is_no_break() {
    let judged = |day, expires| {
        let (urgency, cause, who) = (Urgency::Soon, Cause::NotRead, WhoActs::You);
        Judgement { urgency, cause, day, expires, who }.breaks()
    };
    assert_eq!(judged(Some(on(3)), Some(on(5))), Some(on(3)));
    assert_eq!(judged(Some(on(5)), Some(on(5))), None);
    assert_eq!(judged(Some(on(7)), Some(on(5))), None);
    assert_eq!(judged(Some(on(3)), None), Some(on(3)), "what has no end may break");
    assert_eq!(judged(None, None), None);
}

/// `report` and Prometheus write them, and scripts read them.
#[test]
fn the_names_for_scripts_are_these() {
    use FindingOn::{App, Binding, Order, Part, Private, Public, Subscription, Webspace};
    use Urgency::{Fine, Note, Soon, Unknown, Urgent};

    let named = [Private, Public, Order, Binding, Part].map(FindingOn::as_str);
    assert_eq!(named, ["private", "public", "order", "binding", "part"]);
    let named = [App, Subscription, Webspace].map(FindingOn::as_str);
    assert_eq!(named, ["app", "subscription", "webspace"]);
    let named = [Fine, Note, Unknown, Soon, Urgent].map(Urgency::as_str);
    assert_eq!(named, ["ok", "note", "unknown", "soon", "urgent"]);
}

#[test]
fn an_order_that_waits_for_its_proof_is_found_although_it_has_no_end() {
    let rules = rules();
    let id =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.CertificateRegistration/certificateOrders/o";
    let judged = |status| {
        let mut estate = EstateRows::default();
        estate.orders.push(order(ResourceId::parse(id).unwrap(), status, None));
        let estate = estate.indexed();
        let judged = of_order(&Basis::new(&estate, &rules, on(0)), Limits::USUAL, &estate.orders[0]);
        judged.map(|judged| (judged.urgency, judged.who))
    };
    assert_eq!(judged(OrderStatus::PendingIssuance), Some((Urgency::Soon, WhoActs::You)));
    assert_eq!(judged(OrderStatus::Issued), Some((Urgency::Note, WhoActs::You)), "it is in no vault");
    assert_eq!(judged(OrderStatus::Denied), Some((Urgency::Note, WhoActs::You)), "nothing depends on it");
    assert_eq!(judged(OrderStatus::Revoked), Some((Urgency::Urgent, WhoActs::You)));
}

#[test]
fn an_order_whose_secret_cannot_be_written_is_found_unless_an_import_tells_of_it() {
    let rules = rules();
    let (group, now) = ("/subscriptions/s/resourceGroups/g/providers", on(0));
    let judged = |status: SecretStatus| {
        let id = format!("{group}/Microsoft.CertificateRegistration/certificateOrders/o");
        let mut one = order(ResourceId::parse(&id).unwrap(), OrderStatus::Issued, None);
        (one.auto_renew, one.term_ends, one.expires) = (true, Some(on(300)), Some(on(300)));
        let vault = ResourceId::parse(&format!("{group}/Microsoft.KeyVault/vaults/v")).unwrap();
        let secret = VaultSecret { vault, secret: "o".into(), status };
        one.stored.push(StoredCertificate { name: "o".to_owned(), secret });
        let mut estate = EstateRows::default();
        estate.orders.push(one);
        let estate = estate.indexed();
        let judged = of_order(&Basis::new(&estate, &rules, now), Limits::USUAL, &estate.orders[0]).unwrap();
        (judged.urgency, judged.who)
    };
    assert_eq!(judged(SecretStatus::Succeeded).0, Urgency::Fine);
    assert_eq!(judged(SecretStatus::OperationNotPermittedOnKeyVault), (Urgency::Soon, WhoActs::You));
}

#[test]
fn what_was_revoked_from_here_is_believed_only_where_the_cloud_agrees() {
    let now = Timestamp::UNIX_EPOCH;
    let estate = (0..50).map(generated).find(|estate| !estate.revocations.is_empty()).unwrap();
    let revoked = |estate: &Estate, at: Timestamp| {
        estate.certificates.iter().filter(|one| estate.is_revoked(one, at)).count()
    };
    let count = estate.revocations.len();
    assert_eq!(revoked(&estate, now), count, "the order is gone");
    assert_eq!(revoked(&estate, now - SignedDuration::from_hours(1)), 0, "the grace of a rekey is not over");
    let gone = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CertificateRegistration/certificateOrders/gone";
    let order = |status, thumbprint| order(ResourceId::parse(gone).unwrap(), status, thumbprint);
    let first = Some(estate.revocations[0].thumbprint.clone());
    for (status, thumbprint, left) in [
        (OrderStatus::Issued, first.clone(), count - 1),
        (OrderStatus::Issued, None, count),
        (OrderStatus::Revoked, first, count),
    ] {
        let mut with_order = estate.clone().into_rows();
        with_order.orders.push(order(status.clone(), thumbprint));
        assert_eq!(revoked(&with_order.indexed(), now), left, "{status}");
    }
}
