//! What each method sends, shows, waits for and refuses.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::azure::exposure::Exposure;
use crate::flow::sample::{app, find, inputs, needed, order, stand};
use crate::model::EstateRows;

fn seen() -> Observed {
    Observed { order: Seen::Here(order(OrderStatus::PendingIssuance)), ..Observed::default() }
}

fn txt(place: &str, text: &str) -> Seen<Vec<(String, Vec<String>)>> {
    Seen::Here(vec![(place.to_owned(), vec![text.to_owned()])])
}

fn wildcard() -> Order {
    let mut order = order(OrderStatus::PendingIssuance);
    (order.product, order.domain) = (Some(ProductType::Wildcard), "*.contoso.com".to_owned());
    order
}

fn by(method: &str) -> Inputs {
    inputs().with(Key::Method, method)
}

#[test]
fn the_app_that_has_the_domain_answers_for_it_and_www_is_warned_about_a95_a105() {
    let observed = Observed { mapped_on: Seen::Here(vec![app(&["contoso.com"])]), ..seen() };
    let step = find(&stand(FlowName::Verify, &observed, &by("app-service")), StepId::EVIDENCE).clone();
    assert_eq!(step.plan().len(), 1);
    assert!(step.plan()[0].contains("/sites/shop/domainOwnershipIdentifiers/contoso-www"));
    assert!(step.facts.iter().any(|(_, fact)| fact.contains("leaves www.contoso.com out")));
}

#[test]
fn without_such_an_app_the_method_is_refused_with_the_reason_a97() {
    let observed = Observed { mapped_on: Seen::Here(Vec::new()), ..seen() };
    let steps = stand(FlowName::Verify, &observed, &by("app-service"));
    assert_eq!(needed(&steps[0]).0, Key::Method);
}

#[test]
fn a_txt_record_is_waited_for_and_shown_at_the_root_a100_c23() {
    let mut waiting = seen();
    waiting.txt = txt("contoso.com", "other");
    let steps = stand(FlowName::Verify, &waiting, &by("manual-txt"));
    let step = find(&steps, StepId::EVIDENCE);
    assert!(matches!(step.status, StepStatus::Waiting { .. }));
    assert!(step.facts.contains(&("Record value".to_owned(), "hFyZjnMp".to_owned())));
    waiting.txt = txt("contoso.com", "hFyZjnMp");
    let steps = stand(FlowName::Verify, &waiting, &by("manual-txt"));
    assert!(matches!(find(&steps, StepId::EVIDENCE).status, StepStatus::Done(_)));
    assert!(find(&steps, StepId::ASK_VERIFICATION).plan()[0].ends_with("/verifyDomainOwnership"));
}

#[test]
fn a_record_at_the_name_itself_counts_and_the_root_is_named_c23_c58() {
    let mut order = order(OrderStatus::PendingIssuance);
    order.domain = "www.example.or.jp".to_owned();
    let mut observed =
        Observed { order: Seen::Here(order), txt: txt("example.or.jp", "other"), ..Observed::default() };
    let steps = stand(FlowName::Verify, &observed, &by("manual-txt"));
    let StepStatus::Waiting { on, .. } = &find(&steps, StepId::EVIDENCE).status else {
        panic!("it is not waited for")
    };
    assert_eq!(on, "the TXT record at example.or.jp");
    observed.txt = txt("www.example.or.jp", "hFyZjnMp");
    let steps = stand(FlowName::Verify, &observed, &by("manual-txt"));
    let step = find(&steps, StepId::EVIDENCE);
    assert_eq!(step.status, StepStatus::Done("the record is visible at www.example.or.jp".to_owned()));
    assert!(
        step.facts.iter().any(|(label, words)| label == "Note" && words.contains("add it at example.or.jp")),
        "{step:?}"
    );
    let mails = Observed { mails: Seen::Here(Vec::new()), ..observed };
    let body = stand(FlowName::Verify, &mails, &by("mail"))[0].requests[0].body.clone().unwrap().shown();
    assert_eq!(body["name"], "example.or.jp");
}

#[test]
fn no_page_is_offered_for_a_wildcard_whatever_flow_asks_a101() {
    let app = app(&["contoso.com"]);
    for status in [OrderStatus::PendingIssuance, OrderStatus::PendingRekey] {
        let pending = Order { status, thumbprint: order(OrderStatus::Issued).thumbprint, ..wildcard() };
        let observed = Observed {
            order: Seen::Here(pending),
            mapped_on: Seen::Here(vec![app.clone()]),
            ..Observed::default()
        };
        for flow in [FlowName::Verify, FlowName::Renew, FlowName::Rekey] {
            for method in ["app-service", "manual-html"] {
                let inputs = by(method).with(Key::Current, crate::flow::sample::LEAF);
                let steps = stand(flow, &observed, &inputs);
                let (key, why) = needed(find(&steps, StepId::EVIDENCE));
                assert!(key == Key::Method && why.contains("wildcard"), "{flow:?} {method}: {why}");
                assert!(find(&steps, StepId::ASK_VERIFICATION).requests.is_empty());
            }
        }
    }
}

#[test]
fn a_page_is_not_suggested_for_a_wildcard() {
    let method = |order: Order| {
        let mut estate = EstateRows::default();
        estate.apps.push(app(&["contoso.com"]));
        estate.orders.push(order);
        let estate = estate.indexed();
        let mut inputs = inputs();
        suggest(&estate, &mut inputs);
        inputs.get(Key::Method).map(str::to_owned)
    };
    assert_eq!(method(order(OrderStatus::PendingIssuance)).as_deref(), Some("app-service"));
    assert_eq!(method(wildcard()).as_deref(), Some("manual-txt"));
}

#[test]
fn what_may_keep_the_authority_from_the_app_is_warned_of() {
    let warnings = |app: App, exposure: Exposure| -> Vec<String> {
        let observed =
            Observed { mapped_on: Seen::Here(vec![app]), exposure: Seen::Here(exposure), ..seen() };
        let steps = stand(FlowName::Verify, &observed, &by("app-service"));
        let step = find(&steps, StepId::EVIDENCE);
        assert_eq!(step.status, StepStatus::Ready, "a warning stops nothing");
        step.facts.iter().filter(|(label, _)| label == "Warning").map(|(_, words)| words.clone()).collect()
    };
    let open = app(&["contoso.com"]);
    assert_eq!(warnings(open.clone(), Exposure::default()), [""; 0]);
    let secure = App { https_only: true, state: "Stopped".into(), ..open.clone() };
    let closed =
        Exposure { is_private: true, restrictions: vec!["Deny Any".to_owned()], asks_for_sign_in: true };
    let all = warnings(secure, closed);
    for word in ["HTTPS Only", "stopped", "public network access", "Deny Any", "sign in"] {
        assert!(all.iter().any(|warning| warning.contains(word)), "{word} is missing in {all:?}");
    }
}

#[test]
fn the_page_has_every_name_that_a_document_gives_it() {
    let observed = Observed { mapped_on: Seen::Here(Vec::new()), ..seen() };
    let steps = stand(FlowName::Verify, &observed, &by("manual-html"));
    let facts = &find(&steps, StepId::EVIDENCE).facts;
    let pages: Vec<&str> =
        facts.iter().filter(|(label, _)| label == "Page").map(|(_, page)| page.as_str()).collect();
    let page = |name: &str| format!("http://contoso.com/.well-known/pki-validation/{name}.html");
    assert_eq!(pages, [page("godaddy"), page("starfield")]);
}

#[test]
fn the_html_page_is_blocked_by_https_only_a103() {
    let mut secure = app(&["contoso.com"]);
    secure.https_only = true;
    let observed = Observed { mapped_on: Seen::Here(vec![secure]), ..seen() };
    assert!(matches!(
        stand(FlowName::Verify, &observed, &by("manual-html"))[0].status,
        StepStatus::Blocked(_)
    ));
}

#[test]
fn a_mail_says_until_when_it_proves_the_domain_and_proves_nothing_from_then_on_c47() {
    let (inputs, seen) = (by("mail"), Observed { mails: Seen::Here(Vec::new()), ..seen() });
    let rules = crate::rules::Rules::load(crate::rules::Profile::Current).unwrap();
    let on = |day: &str| crate::flow::steps(FlowName::Verify, &seen, &inputs, &rules, day.parse().unwrap());
    let before = on("2028-03-14T12:00:00Z");
    let step = find(&before, StepId::EVIDENCE);
    assert_eq!(step.status, StepStatus::Ready);
    assert!(
        step.facts.iter().any(|(label, words)| label == "Until" && words.starts_with("2028-03-15")),
        "{:?}",
        step.facts
    );
    let after = on("2028-03-15T00:00:00Z");
    assert!(
        matches!(&find(&after, StepId::EVIDENCE).status, StepStatus::Blocked(problem) if problem.remedy.contains("another method"))
    );
}

#[test]
fn a_mail_is_sent_once_and_then_waited_for_a99() {
    let steps = stand(FlowName::Verify, &Observed { mails: Seen::Here(Vec::new()), ..seen() }, &by("mail"));
    assert!(steps[0].plan()[0].ends_with("/resendRequestEmails"));
    let sent = Observed { mails: Seen::Here(vec!["admin@contoso.com".to_owned()]), ..seen() };
    let steps = stand(FlowName::Verify, &sent, &by("mail"));
    assert!(steps[0].requests.is_empty() && steps[1].requests.is_empty());
    assert!(matches!(steps[2].status, StepStatus::Waiting { .. }));
}

#[test]
fn an_issued_order_says_certificate_is_domain_verified_a96() {
    let observed = Observed { order: Seen::Here(order(OrderStatus::Issued)), ..Observed::default() };
    let steps = stand(FlowName::Verify, &observed, &inputs());
    assert!(
        steps.iter().all(|step| step.status == StepStatus::Done("Certificate is Domain Verified".to_owned()))
    );
}

#[test]
fn names_that_were_not_issued_are_named_a105() {
    let mut issued = order(OrderStatus::Issued);
    issued.names = vec!["contoso.com".to_owned()];
    let observed = Observed { order: Seen::Here(issued), ..Observed::default() };
    let steps = stand(FlowName::Verify, &observed, &inputs());
    let facts = &find(&steps, StepId::ISSUED).facts;
    assert!(
        facts.iter().any(|(label, fact)| label == "Left out" && fact.contains("www.contoso.com")),
        "{facts:?}"
    );
}

#[test]
fn a_denied_order_is_a_dead_end_and_says_so_c35() {
    let observed = Observed { order: Seen::Here(order(OrderStatus::Denied)), ..Observed::default() };
    assert!(matches!(stand(FlowName::Verify, &observed, &by("mail"))[0].status, StepStatus::Blocked(_)));
}
