//! Which hostnames can have a managed certificate, and what each check says of those that cannot.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::azure::exposure::Exposure;
use crate::flow::sample::{LEAF, app, find, imported, inputs, needed, plan, stand, stand_under};
use crate::health::dns::Way;
use crate::model::{Home, Thumbprint, Webspace};
use crate::rules::Profile;

fn way(hops: &[&str], address: &str) -> Way {
    Way {
        hops: hops.iter().map(|hop| (*hop).to_owned()).collect(),
        addresses: vec![address.parse().unwrap()],
    }
}

fn seen(way: Way) -> Observed {
    Observed {
        app: Seen::Here(app(&[
            "contoso.com",
            "www.contoso.com",
            "a_b.contoso.com",
            "*.contoso.com",
            "shop.azurewebsites.net",
        ])),
        plan: Seen::Here(plan("Basic")),
        certificates: Seen::Here(Vec::new()),
        managed: Seen::Absent,
        namesake: Seen::Absent,
        caa: Seen::Here(Vec::new()),
        reach: Seen::Here(Reach {
            way: Seen::Here(way),
            exposure: Exposure::default(),
            by_traffic_manager: false,
            record: None,
        }),
        ..Observed::default()
    }
}

fn subdomain() -> Observed {
    seen(way(&["shop.azurewebsites.net"], "20.1.1.1"))
}

fn wanting(host: &str) -> Inputs {
    inputs().with(Key::App, "shop").with(Key::Hostname, host)
}

fn managed() -> PrivateCertificate {
    let id = crate::flow::sample::id("Microsoft.Web/certificates/www.contoso.com");
    let expires = "2027-05-15T12:00:00Z".parse().ok();
    PrivateCertificate {
        id,
        vault: None,
        canonical_name: Some("www.contoso.com".into()),
        expires,
        ..imported()
    }
}

fn blocked(steps: &[Step], id: StepId) -> &Problem {
    match &find(steps, id).status {
        StepStatus::Blocked(problem) => problem,
        other => panic!("{id:?} is not blocked: {other:?}"),
    }
}

#[test]
fn a_subdomain_goes_by_cname_and_a_root_domain_by_a_token_over_http_c8() {
    let body = |steps: &[Step]| find(steps, StepId::CREATE).requests[0].body.as_ref().unwrap().shown();
    let steps = stand(FlowName::Managed, &subdomain(), &wanting("www.contoso.com"));
    assert_eq!(find(&steps, StepId::CREATE).plan().len(), 1);
    let sent = body(&steps);
    assert_eq!(
        (&sent["properties"]["canonicalName"], sent["properties"].get("domainValidationMethod")),
        (&"www.contoso.com".into(), None)
    );
    let steps = stand(FlowName::Managed, &seen(way(&[], "20.1.1.1")), &wanting("contoso.com"));
    assert_eq!(body(&steps)["properties"]["domainValidationMethod"], "http-token");
    assert!(
        find(&steps, StepId::CREATE).requests[0].path.ends_with("/Microsoft.Web/certificates/contoso.com")
    );
}

#[test]
fn a_subdomain_with_an_a_record_is_warned_of_and_proved_over_http_c8() {
    let observed = seen(way(&[], "20.1.1.1"));
    let today = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
    let step = find(&today, StepId::WAY);
    assert!(matches!(step.status, StepStatus::Done(_)), "{step:?}");
    assert!(
        step.facts.iter().any(|(label, words)| label == "Warning" && words.contains("CNAME")),
        "{step:?}"
    );
    let body = find(&today, StepId::CREATE).requests[0].body.as_ref().unwrap().shown();
    assert_eq!(body["properties"]["domainValidationMethod"], "http-token");
    let seed = stand_under(FlowName::Managed, &observed, &wanting("www.contoso.com"), Profile::Seed);
    assert_eq!(blocked(&seed, StepId::WAY).code.as_deref(), Some("A50"));
}

#[test]
fn the_record_of_the_binding_says_how_it_is_proved_and_not_how_many_labels_the_name_has_c58() {
    let method = |record, way| {
        let mut observed = seen(way);
        observed.app = Seen::Here(app(&["example.or.jp"]));
        observed.reach = Seen::Here(Reach { record, ..observed.reach.here().unwrap().clone() });
        let steps = stand(FlowName::Managed, &observed, &wanting("example.or.jp"));
        let body = find(&steps, StepId::CREATE).requests[0].body.as_ref().unwrap().shown();
        body["properties"].get("domainValidationMethod").cloned()
    };
    assert_eq!(method(Some(Record::A), way(&[], "20.1.1.1")), Some("http-token".into()));
    assert_eq!(method(None, way(&[], "20.1.1.1")), Some("http-token".into()));
    assert_eq!(method(Some(Record::Cname), way(&["shop.azurewebsites.net"], "20.1.1.1")), None);
}

#[test]
fn every_hop_of_a_detour_is_shown_and_stops_issuance_a51() {
    let steps = stand(
        FlowName::Managed,
        &seen(way(&["cdn.example", "shop.azurewebsites.net"], "20.1.1.1")),
        &wanting("www.contoso.com"),
    );
    let problem = blocked(&steps, StepId::WAY);
    assert!(
        problem.why.contains("over cdn.example")
            && problem.remedy.contains("www.contoso.com CNAME shop.azurewebsites.net")
    );
    let facts = &find(&steps, StepId::WAY).facts;
    assert_eq!(facts[0].1, "www.contoso.com CNAME cdn.example");
    assert_eq!(facts[2].1, "shop.azurewebsites.net A 20.1.1.1");
}

#[test]
fn what_leads_elsewhere_or_nowhere_is_named_with_the_record_that_mends_it_a46_a50() {
    for (host, way, code, record) in [
        ("contoso.com", way(&[], "9.9.9.9"), "A46", "contoso.com A 20.1.1.1"),
        ("www.contoso.com", way(&[], "9.9.9.9"), "A46", "www.contoso.com A 20.1.1.1"),
        (
            "www.contoso.com",
            way(&["other.azurewebsites.net"], "9.9.9.9"),
            "A50",
            "www.contoso.com CNAME shop.azurewebsites.net",
        ),
        ("www.contoso.com", Way::default(), "A42", "www.contoso.com CNAME shop.azurewebsites.net"),
    ] {
        let steps = stand(FlowName::Managed, &seen(way), &wanting(host));
        let problem = blocked(&steps, StepId::WAY);
        assert_eq!(problem.code.as_deref(), Some(code), "{host}: {problem}");
        assert!(problem.remedy.contains(record), "{problem}");
    }
}

#[test]
fn traffic_manager_on_the_way_is_a_detour_by_the_seed_and_allowed_today_c9() {
    let observed = seen(way(&["contoso.trafficmanager.net", "shop.azurewebsites.net"], "20.1.1.1"));
    let today = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
    assert_eq!(find(&today, StepId::CREATE).status, StepStatus::Ready);
    let seed = stand_under(FlowName::Managed, &observed, &wanting("www.contoso.com"), Profile::Seed);
    assert_eq!(blocked(&seed, StepId::WAY).code.as_deref(), Some("A51"));
}

#[test]
fn restrictions_stopped_root_domains_once_and_are_only_told_today_a14_c9() {
    let mut observed = seen(way(&[], "20.1.1.1"));
    let exposure = Exposure { restrictions: vec!["Deny Any".to_owned()], ..Exposure::default() };
    observed.reach = Seen::Here(Reach { exposure, ..observed.reach.here().unwrap().clone() });
    let today = stand(FlowName::Managed, &observed, &wanting("contoso.com"));
    assert!(
        matches!(&find(&today, StepId::REACHABLE).status, StepStatus::Done(words) if words.contains("Deny Any"))
    );
    let seed = stand_under(FlowName::Managed, &observed, &wanting("contoso.com"), Profile::Seed);
    assert!(blocked(&seed, StepId::REACHABLE).code.as_deref().unwrap().contains("managed-open-to-all"));
}

#[test]
fn a_name_that_cannot_have_one_is_refused_at_its_field_a40_a45_a13_c9b() {
    let long = format!("{}.contoso.com", "a".repeat(60));
    for (host, words) in [
        ("*.contoso.com", "wildcard"),
        ("a_b.contoso.com", "letters, digits"),
        ("pay.contoso.com", "not mapped"),
        ("shop.azurewebsites.net", "Azure secures this name itself"),
        (long.as_str(), "at most 64"),
    ] {
        let steps = stand(FlowName::Managed, &subdomain(), &wanting(host));
        let (key, why) = needed(find(&steps, StepId::CREATE));
        assert!(key == Key::Hostname && why.contains(words), "{host}: {why}");
    }
}

#[test]
fn tier_environment_and_caa_are_checked_before_anything_is_sent_a26_a44_a36() {
    let free = Observed { plan: Seen::Here(plan("Free")), ..subdomain() };
    blocked(&stand(FlowName::Managed, &free, &wanting("www.contoso.com")), StepId::TIER);
    let mut inside = subdomain();
    inside.app = Seen::Here(App { in_environment: true, ..app(&["www.contoso.com"]) });
    assert_eq!(
        blocked(&stand(FlowName::Managed, &inside, &wanting("www.contoso.com")), StepId::TIER)
            .code
            .as_deref(),
        Some("A44")
    );
    let caa = Observed { caa: Seen::Here(vec!["letsencrypt.org".to_owned()]), ..subdomain() };
    let steps = stand(FlowName::Managed, &caa, &wanting("www.contoso.com"));
    assert!(blocked(&steps, StepId::CAA_RECORD).remedy.contains("0 issue digicert.com"));
}

#[test]
fn what_exists_is_done_what_is_being_issued_is_waited_for_and_never_asked_for_twice_a56() {
    let mut observed = Observed { managed: Seen::Here(managed()), ..subdomain() };
    let steps = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
    assert!(crate::flow::current(&steps).is_none());
    let facts = &find(&steps, StepId::CREATE).facts;
    assert!(facts.contains(&("Thumbprint".to_owned(), LEAF.to_owned())));
    assert!(facts.contains(&("Renewed".to_owned(), "expected on 2027-03-31".to_owned())));
    observed.managed = Seen::Here(PrivateCertificate { thumbprint: None, ..managed() });
    let steps = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
    assert!(matches!(find(&steps, StepId::CREATE).status, StepStatus::Waiting { .. }));
    observed.managed = Seen::Here(PrivateCertificate {
        home: Home::Webspace(Webspace::named(&managed().id, "other")),
        ..managed()
    });
    let steps = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
    assert!(needed(find(&steps, StepId::CREATE)).1.contains("one certificate for each hostname"));
}

#[test]
fn a_certificate_that_exists_is_checked_for_its_renewal_too_a15() {
    let observed = Observed {
        managed: Seen::Here(managed()),
        ..seen(way(&["cdn.example", "shop.azurewebsites.net"], "20.1.1.1"))
    };
    let steps = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
    assert!(blocked(&steps, StepId::WAY).what.starts_with("Renew the managed certificate"));
}

#[test]
fn another_certificate_that_has_the_hostname_for_its_name_is_not_written_over() {
    let other = PrivateCertificate { thumbprint: Thumbprint::parse(&"A".repeat(40)).ok(), ..imported() };
    let observed = Observed { namesake: Seen::Here(other), ..subdomain() };
    let steps = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
    assert!(find(&steps, StepId::CREATE).plan()[0].ends_with("/www.contoso.com-web-WestEuropewebspace"));
}
