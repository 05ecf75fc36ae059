//! Create a free App Service managed certificate (A28–A58): every prerequisite of issuance and renewal is checked by name
//! first, because Azure tells of most of them only by failing.
//!
//! Done means that the subscription holds the managed certificate of this hostname, issued. A run that was broken off
//! while Azure was issuing asks again; Azure then has one certificate all the same, because it is named after the hostname.

use futures::future::try_join3;
use jiff::{SignedDuration, Timestamp};

use super::caa::{Authority, issuer_is_allowed};
use super::import_order::{observe_app, tier_problem};
use super::reach::{Reach, hops, is_apex, judge_exposure, judge_way};
use super::target::app_id;
use super::{Case, Field, FieldKind, Flow, FlowName, Inputs, Key, Observed, Pick, Seen, Step, StepId, StepStatus, Subject};
use crate::azure::{AzureError, Client, certificates, exposure, sites};
use crate::health::dns;
use crate::model::{App, Binding, Estate, Hostname, PrivateCertificate, Problem, ResourceId};
use crate::rules::{Limit, Rules};

/// Azure takes minutes, and says nothing of how many.
const POLL: SignedDuration = SignedDuration::from_secs(15);

/// After this time an operation that nobody hears of any more is given up, and asked for again.
const SETTLES: SignedDuration = SignedDuration::from_hours(6);

const DIGICERT: Authority =
    Authority { name: "DigiCert", certificates: "Managed certificates", issuer: Limit::ManagedCaaIssuer, asked: Key::Hostname };

pub(super) static FLOW: Flow = Flow {
    name: "managed",
    title: "Managed certificate",
    summary: "Create a free certificate that Azure renews by itself.",
    done: "The certificate is created.",
    pages: &[FlowName::Managed, FlowName::Bind],
    about: Subject::Hostname,
    leaves: Subject::Certificate,
    changes: "Creates a free managed certificate for one hostname, in the webspace of its app.",
    permissions: &["Microsoft.Web/certificates/write"],
    checklist: &["A13-A15", "A28-A58"],
    keys: "a, Create a free App Service managed certificate",
    fields: |_, _| fields(),
    suggest,
    refusals,
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

fn fields() -> Vec<Field> {
    let field = |key, label, help, kind| Field { key, label, help, kind };
    vec![
        field(
            Key::App,
            "App",
            "The app or slot that the hostname is mapped to. The certificate is for its webspace.",
            FieldKind::Pick { of: Pick::App, or_new: false },
        ),
        field(
            Key::Hostname,
            "Custom domain",
            "A hostname that is mapped to the app. One certificate is for one hostname, and there is one for each.",
            FieldKind::Pick { of: Pick::Hostname, or_new: false },
        ),
    ]
}

/// A hostname that nothing secures yet is what most people come for.
fn suggest(estate: &Estate, inputs: &mut Inputs) {
    if let [only] = estate.apps.as_slice() {
        inputs.suggest(Key::App, only.id.as_str());
    }
    inputs.withdraw(Key::Hostname);
    let Some(app) = app_id(inputs).and_then(|id| estate.app(&id)) else { return };
    let is_free = |host: &&Hostname| {
        !host.is_wildcard() && !estate.bindings.iter().any(|binding| binding.host == **host && binding.thumbprint.is_some())
    };
    if let Some(host) = app.custom_hostnames().find(is_free) {
        inputs.suggest(Key::Hostname, host.as_str());
    }
}

fn host(inputs: &Inputs) -> Option<Hostname> {
    Hostname::parse(inputs.get(Key::Hostname)?).ok()
}

fn refusals(observed: &Observed, inputs: &Inputs, rules: &Rules, now: Timestamp) -> Vec<(Key, String)> {
    let mut refusals = Vec::new();
    let mut refuse = |key, why: String| refusals.push((key, why));
    match (app_id(inputs), &observed.app) {
        (None, _) => refuse(Key::App, "choose the app".to_owned()),
        (Some(_), Seen::Absent) => refuse(Key::App, "there is no such app".to_owned()),
        _ => {}
    }
    match inputs.get(Key::Hostname).map(Hostname::parse) {
        None => refuse(Key::Hostname, "choose a hostname that is mapped to the app".to_owned()),
        Some(Err(error)) => refuse(Key::Hostname, error.to_string()),
        Some(Ok(host)) => {
            if let Some(why) = unfit(&host, rules, now).or_else(|| elsewhere(&host, observed)) {
                refuse(Key::Hostname, why);
            }
        }
    }
    refusals
}

/// Why no managed certificate can be for a name like this one.
fn unfit(host: &Hostname, rules: &Rules, now: Timestamp) -> Option<String> {
    let longest = rules.number(Limit::ManagedHostnameLength, now);
    let length = i64::try_from(host.as_str().len()).unwrap_or(i64::MAX);
    if host.is_wildcard() {
        return Some("no wildcard: a managed certificate is for one hostname (A40); buy one, import one or upload one".to_owned());
    }
    if !host.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
        return Some("only letters, digits, dashes and dots (A45)".to_owned());
    }
    if host.as_str().ends_with(".trafficmanager.net") {
        return Some("a name of Traffic Manager itself cannot have one (C9)".to_owned());
    }
    longest
        .filter(|longest| length > *longest)
        .map(|longest| format!("it has {length} characters, and at most {longest} are allowed (C9b)"))
}

/// Why this app is not the one for the hostname.
fn elsewhere(host: &Hostname, observed: &Observed) -> Option<String> {
    let app = observed.app.here()?;
    if host.as_str().eq_ignore_ascii_case(&app.default_hostname) {
        return Some("Azure secures this name itself; choose a custom hostname".to_owned());
    }
    if !app.hostnames.contains(host) {
        return Some(format!("{host} is not mapped to {}: add it as a custom domain first (A13)", app.label()));
    }
    let managed = observed.managed.here()?;
    (!managed.webspace.eq_ignore_ascii_case(&app.webspace)).then(|| {
        let (name, space) = (managed.id.name(), &managed.webspace);
        format!("there is one certificate for each hostname, and {name} in the webspace {space} is it (A56)")
    })
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(app) = app_id(inputs) else { return Ok(seen) };
    let others = observe_app(client, &app, &mut seen).await?;
    let (Some(host), Some(app)) = (host(inputs), seen.app.here()) else { return Ok(seen) };
    let here = seen.certificates.here().map_or(&[][..], Vec::as_slice);
    let find = |fits: &dyn Fn(&PrivateCertificate) -> bool| here.iter().chain(&others).find(|one| fits(one)).cloned();
    let managed = find(&|one| one.canonical_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(host.as_str())));
    let namesake = target(app, &host).and_then(|id| find(&|one| one.id == id));
    let dns = async { Ok((dns::way(client.cloud(), host.as_str()).await, dns::caa_issuers(client.cloud(), host.as_str()).await)) };
    let binding = Binding::id_of(&app.id, &host);
    let (exposure, binding, (way, caa)) =
        try_join3(exposure::get(client, &app.id), sites::binding_as_it_is(client, &binding), dns).await?;
    let by_traffic_manager = binding
        .is_some_and(|binding| binding.body.pointer("/properties/azureResourceType").is_some_and(|kind| kind == "TrafficManager"));
    seen.managed = managed.into();
    seen.namesake = namesake.into();
    seen.caa = caa;
    seen.reach = Seen::Here(Reach { way, exposure, by_traffic_manager });
    Ok(seen)
}

/// Where it goes: into the plan's group, under the hostname (API.md 3.4).
fn target(app: &App, host: &Hostname) -> Option<ResourceId> {
    Some(app.plan.as_ref()?.sibling("Microsoft.Web/certificates", host.as_str()))
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    vec![tier(case), eligible(case), way(case), caa(case), reachable(case), create(case)]
}

/// What a failed check stands in the way of: prerequisites hold for every renewal as well (A15, A31).
fn what(case: &Case<'_>) -> String {
    let host = host(case.inputs).map(|host| host.to_string()).unwrap_or_default();
    let verb = if case.observed.managed.here().is_some() { "Renew the" } else { "Create a" };
    format!("{verb} managed certificate for {host}")
}

fn tier(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::Tier, "Check the App Service plan", status)
            .explained("A managed certificate needs the Basic tier or higher, and an app outside of an App Service Environment.")
    };
    let (Some(app), None) = (case.observed.app.here(), case.needs(&[Key::App])) else {
        return step(follows(case, Key::App));
    };
    if let Some(problem) = tier_problem(case, &what(case)) {
        return step(StepStatus::Blocked(problem));
    }
    if app.in_environment {
        let problem = Problem::new(what(case), "the app is in an App Service Environment, which has no managed certificates")
            .remedy("buy a certificate, import one from a key vault, or upload one")
            .code("A44");
        return step(StepStatus::Blocked(problem));
    }
    match case.observed.plan.here() {
        Some(plan) => step(StepStatus::Done(format!("{} is in the {} tier", plan.id.name(), plan.tier)))
            .fact("Environment", "none: it is on the shared platform"),
        None => step(StepStatus::NotNeeded("the plan could not be read".to_owned())),
    }
}

/// A check that follows once the form is right.
fn follows(case: &Case<'_>, key: Key) -> StepStatus {
    case.needs(&[Key::App, Key::Hostname])
        .unwrap_or_else(|| StepStatus::NeedsInput { key, why: "the check follows once app and hostname are chosen".to_owned() })
}

fn eligible(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::Eligible, "Check the hostname", status).explained(
            "A managed certificate is for one mapped hostname of letters, digits, dashes and dots: no wildcard. There is one for each hostname.",
        )
    };
    let (Some(host), Some(app), None) = (host(case.inputs), case.observed.app.here(), case.needs(&[Key::App, Key::Hostname]))
    else {
        return step(follows(case, Key::Hostname));
    };
    let longest = case.rules.number(Limit::ManagedHostnameLength, case.now);
    let length = host.as_str().len();
    let step = step(StepStatus::Done(format!("{host} is mapped to {}", app.label())))
        .fact("Wildcard", "no")
        .fact("Characters", "letters, digits, dashes, dots")
        .fact("Length", longest.map_or_else(|| length.to_string(), |longest| format!("{length} of at most {longest}")));
    match case.observed.managed.here() {
        Some(managed) => step.fact("One for each", format!("it is {}", managed.id.name())),
        None => step.fact("One for each", "there is none for this hostname yet"),
    }
}

fn way(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::Way, "Follow the hostname in DNS", status).explained(
            "The authority proves the hostname by reaching the app over it. A root domain needs an A record with the app's address, \
             a subdomain a CNAME record straight to the app's own name. The same holds at every renewal. This machine's DNS is \
             asked; Azure asks the public one.",
        )
    };
    let seen = (host(case.inputs), case.observed.app.here(), case.observed.reach.here());
    let ((Some(host), Some(app), Some(reach)), None) = (seen, case.needs(&[Key::App, Key::Hostname])) else {
        return step(follows(case, Key::Hostname));
    };
    let Some(way) = reach.way.here() else {
        return step(StepStatus::NotNeeded("DNS could not be asked from here; Azure looks for itself".to_owned()));
    };
    let mut step = match judge_way(case, &host, app, way, &what(case)) {
        Ok(evidence) => step(StepStatus::Done(evidence)),
        Err(problem) => step(StepStatus::Blocked(problem)),
    };
    for (nth, hop) in hops(&host, way).into_iter().enumerate() {
        step = step.fact(format!("Hop {}", nth + 1), hop);
    }
    let own = app.default_hostname.as_str();
    match app.inbound_ip.as_deref().filter(|_| is_apex(&host)) {
        Some(address) => step.fact("Record needed", format!("{host} A {address}")),
        None => step.fact("Record needed", format!("{host} CNAME {own}")),
    }
}

fn caa(case: &Case<'_>) -> Step {
    let host = host(case.inputs).map_or_else(|| "the domain".to_owned(), |host| host.to_string());
    issuer_is_allowed(case, &DIGICERT, &host, &what(case))
}

fn reachable(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::Reachable, "Check who may reach the app", status).explained(
            "The authority fetches a token from the app. Restrictions used to stop it; since November 2025 the platform answers for \
             the app, so they are shown and no longer stand in the way.",
        )
    };
    let (Some(host), Some(reach), None) = (host(case.inputs), case.observed.reach.here(), case.needs(&[Key::App, Key::Hostname]))
    else {
        return step(follows(case, Key::Hostname));
    };
    let detours = case.rules.names(Limit::ManagedDetours, case.now);
    if reach.by_traffic_manager && is_apex(&host) && detours.is_empty() {
        let problem = Problem::new(what(case), "the root domain is integrated with Traffic Manager")
            .remedy("use another kind of certificate")
            .code("A48");
        return step(StepStatus::Blocked(problem));
    }
    let step = match judge_exposure(case, &host, reach, &what(case)) {
        Ok(evidence) => step(StepStatus::Done(evidence)),
        Err(problem) => step(StepStatus::Blocked(problem)),
    };
    if reach.by_traffic_manager {
        return step.fact("Traffic Manager", "only its Azure endpoints work, not nested or external ones (C9)");
    }
    step
}

fn create(case: &Case<'_>) -> Step {
    let renewal = case.rules.number(Limit::ManagedRenewal, case.now).unwrap_or_default();
    let step = |status| {
        Step::new(StepId::Create, "Create the certificate", status).explained(
            "Azure has it issued by DigiCert, free of charge, and renews it as long as all of the above holds. It takes some \
             minutes. It secures nothing before it is bound; that comes next.",
        )
    };
    let with_limits = |step: Step| {
        step.fact("Renewal", format!("by Azure, expected {renewal} days before it expires; bindings follow"))
            .fact("Cannot", "be exported, cover a wildcard, or identify a client by its thumbprint")
            .fact("Do not pin", "Azure may change it, its issuer and its root at any time; whoever has to pin takes another kind")
    };
    if let Some(status) = case.needs_any() {
        return with_limits(step(status));
    }
    let (Some(host), Some(app)) = (host(case.inputs), case.observed.app.here()) else {
        return with_limits(step(follows(case, Key::App)));
    };
    if let Some(managed) = case.observed.managed.here() {
        return with_limits(created(managed, renewal, step));
    }
    let (Some(plan), Some(id)) = (&app.plan, target(app, &host)) else {
        return step(StepStatus::Blocked(Problem::new(what(case), "the app has no App Service plan")));
    };
    let id = match case.observed.namesake.here() {
        // Another kind of certificate has the hostname for its name; it must not be written over.
        Some(_) => plan.sibling("Microsoft.Web/certificates", &format!("{host}-{}", app.webspace)),
        None => id,
    };
    with_limits(step(StepStatus::Ready).fact("Name", id.name()).fact("Webspace", &app.webspace))
        .settles_within(SETTLES)
        .sending(vec![certificates::manage(&id, &app.location, &host, is_apex(&host), plan)])
}

/// What there is of it: issued, with the day on which to expect the next one, or still being issued.
fn created(managed: &PrivateCertificate, renewal: i64, step: impl Fn(StepStatus) -> Step) -> Step {
    let Some(thumbprint) = &managed.thumbprint else {
        return step(StepStatus::Waiting { on: "Azure to issue the certificate".to_owned(), since: None, next_poll: POLL });
    };
    let done = format!("{} is in the webspace {}", managed.id.name(), managed.webspace);
    let step = step(StepStatus::Done(done)).fact("Thumbprint", thumbprint.as_str());
    let Some(expires) = managed.expires else { return step };
    let renewed = expires.checked_sub(SignedDuration::from_hours(24 * renewal)).unwrap_or(expires);
    step.fact("Expires", day(expires)).fact("Renewed", format!("expected on {}", day(renewed)))
}

fn day(when: Timestamp) -> String {
    when.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{LEAF, app, find, imported, inputs, needed, plan, stand, stand_under};
    use super::*;
    use crate::azure::exposure::Exposure;
    use crate::health::dns::Way;
    use crate::model::Thumbprint;
    use crate::rules::Profile;

    fn way(hops: &[&str], address: &str) -> Way {
        Way { hops: hops.iter().map(|hop| (*hop).to_owned()).collect(), addresses: vec![address.parse().unwrap()] }
    }

    fn seen(way: Way) -> Observed {
        Observed {
            app: Seen::Here(app(&["contoso.com", "www.contoso.com", "a_b.contoso.com", "*.contoso.com", "shop.azurewebsites.net"])),
            plan: Seen::Here(plan("Basic")),
            certificates: Seen::Here(Vec::new()),
            managed: Seen::Absent,
            namesake: Seen::Absent,
            caa: Seen::Here(Vec::new()),
            reach: Seen::Here(Reach { way: Seen::Here(way), exposure: Exposure::default(), by_traffic_manager: false }),
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
        let id = super::super::sample::id("Microsoft.Web/certificates/www.contoso.com");
        let expires = "2027-05-15T12:00:00Z".parse().ok();
        PrivateCertificate { id, vault: None, canonical_name: Some("www.contoso.com".to_owned()), expires, ..imported() }
    }

    fn blocked(steps: &[Step], id: StepId) -> &Problem {
        match &find(steps, id).status {
            StepStatus::Blocked(problem) => problem,
            other => panic!("{id:?} is not blocked: {other:?}"),
        }
    }

    #[test]
    fn a_subdomain_goes_by_cname_and_a_root_domain_by_a_token_over_http_c8() {
        let body = |steps: &[Step]| find(steps, StepId::Create).requests[0].body.as_ref().unwrap().shown();
        let steps = stand(FlowName::Managed, &subdomain(), &wanting("www.contoso.com"));
        assert_eq!(find(&steps, StepId::Create).plan().len(), 1);
        let sent = body(&steps);
        assert_eq!(
            (&sent["properties"]["canonicalName"], sent["properties"].get("domainValidationMethod")),
            (&"www.contoso.com".into(), None)
        );
        let steps = stand(FlowName::Managed, &seen(way(&[], "20.1.1.1")), &wanting("contoso.com"));
        assert_eq!(body(&steps)["properties"]["domainValidationMethod"], "http-token");
        assert!(find(&steps, StepId::Create).requests[0].path.ends_with("/Microsoft.Web/certificates/contoso.com"));
    }

    #[test]
    fn every_hop_of_a_detour_is_shown_and_stops_issuance_a51() {
        let steps = stand(
            FlowName::Managed,
            &seen(way(&["cdn.example", "shop.azurewebsites.net"], "20.1.1.1")),
            &wanting("www.contoso.com"),
        );
        let problem = blocked(&steps, StepId::Way);
        assert!(
            problem.why.contains("over cdn.example") && problem.remedy.contains("www.contoso.com CNAME shop.azurewebsites.net")
        );
        let facts = &find(&steps, StepId::Way).facts;
        assert_eq!(facts[0].1, "www.contoso.com CNAME cdn.example");
        assert_eq!(facts[2].1, "shop.azurewebsites.net A 20.1.1.1");
    }

    #[test]
    fn what_leads_elsewhere_or_nowhere_is_named_with_the_record_that_mends_it_a46_a50() {
        for (host, way, code, record) in [
            ("contoso.com", way(&[], "9.9.9.9"), "A46", "contoso.com A 20.1.1.1"),
            ("www.contoso.com", way(&[], "20.1.1.1"), "A50", "www.contoso.com CNAME shop.azurewebsites.net"),
            (
                "www.contoso.com",
                way(&["other.azurewebsites.net"], "9.9.9.9"),
                "A50",
                "www.contoso.com CNAME shop.azurewebsites.net",
            ),
            ("www.contoso.com", Way::default(), "A42", "www.contoso.com CNAME shop.azurewebsites.net"),
        ] {
            let steps = stand(FlowName::Managed, &seen(way), &wanting(host));
            let problem = blocked(&steps, StepId::Way);
            assert_eq!(problem.code.as_deref(), Some(code), "{host}: {problem}");
            assert!(problem.remedy.contains(record), "{problem}");
        }
    }

    #[test]
    fn traffic_manager_on_the_way_is_a_detour_by_the_seed_and_allowed_today_c9() {
        let observed = seen(way(&["contoso.trafficmanager.net", "shop.azurewebsites.net"], "20.1.1.1"));
        let today = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
        assert_eq!(find(&today, StepId::Create).status, StepStatus::Ready);
        let seed = stand_under(FlowName::Managed, &observed, &wanting("www.contoso.com"), Profile::Seed);
        assert_eq!(blocked(&seed, StepId::Way).code.as_deref(), Some("A51"));
    }

    #[test]
    fn restrictions_stopped_root_domains_once_and_are_only_told_today_a14_c9() {
        let mut observed = seen(way(&[], "20.1.1.1"));
        let exposure = Exposure { is_private: false, restrictions: vec!["Deny Any".to_owned()] };
        observed.reach = Seen::Here(Reach { exposure, ..observed.reach.here().unwrap().clone() });
        let today = stand(FlowName::Managed, &observed, &wanting("contoso.com"));
        assert!(matches!(&find(&today, StepId::Reachable).status, StepStatus::Done(words) if words.contains("Deny Any")));
        let seed = stand_under(FlowName::Managed, &observed, &wanting("contoso.com"), Profile::Seed);
        assert!(blocked(&seed, StepId::Reachable).code.as_deref().unwrap().contains("managed-open-to-all"));
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
            let (key, why) = needed(find(&steps, StepId::Create));
            assert!(key == Key::Hostname && why.contains(words), "{host}: {why}");
        }
    }

    #[test]
    fn tier_environment_and_caa_are_checked_before_anything_is_sent_a26_a44_a36() {
        let free = Observed { plan: Seen::Here(plan("Free")), ..subdomain() };
        blocked(&stand(FlowName::Managed, &free, &wanting("www.contoso.com")), StepId::Tier);
        let mut inside = subdomain();
        inside.app = Seen::Here(App { in_environment: true, ..app(&["www.contoso.com"]) });
        assert_eq!(
            blocked(&stand(FlowName::Managed, &inside, &wanting("www.contoso.com")), StepId::Tier).code.as_deref(),
            Some("A44")
        );
        let caa = Observed { caa: Seen::Here(vec!["letsencrypt.org".to_owned()]), ..subdomain() };
        let steps = stand(FlowName::Managed, &caa, &wanting("www.contoso.com"));
        assert!(blocked(&steps, StepId::CaaRecord).remedy.contains("0 issue digicert.com"));
    }

    #[test]
    fn what_exists_is_done_what_is_being_issued_is_waited_for_and_never_asked_for_twice_a56() {
        let mut observed = Observed { managed: Seen::Here(managed()), ..subdomain() };
        let steps = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
        assert!(crate::flow::current(&steps).is_none());
        let facts = &find(&steps, StepId::Create).facts;
        assert!(facts.contains(&("Thumbprint".to_owned(), LEAF.to_owned())));
        assert!(facts.contains(&("Renewed".to_owned(), "expected on 2027-03-31".to_owned())));
        observed.managed = Seen::Here(PrivateCertificate { thumbprint: None, ..managed() });
        let steps = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
        assert!(matches!(find(&steps, StepId::Create).status, StepStatus::Waiting { .. }));
        observed.managed = Seen::Here(PrivateCertificate { webspace: "other".into(), ..managed() });
        let steps = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
        assert!(needed(find(&steps, StepId::Create)).1.contains("one certificate for each hostname"));
    }

    #[test]
    fn a_certificate_that_exists_is_checked_for_its_renewal_too_a15() {
        let observed =
            Observed { managed: Seen::Here(managed()), ..seen(way(&["cdn.example", "shop.azurewebsites.net"], "20.1.1.1")) };
        let steps = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
        assert!(blocked(&steps, StepId::Way).what.starts_with("Renew the managed certificate"));
    }

    #[test]
    fn another_certificate_that_has_the_hostname_for_its_name_is_not_written_over() {
        let other = PrivateCertificate { thumbprint: Thumbprint::parse(&"A".repeat(40)).ok(), ..imported() };
        let observed = Observed { namesake: Seen::Here(other), ..subdomain() };
        let steps = stand(FlowName::Managed, &observed, &wanting("www.contoso.com"));
        assert!(find(&steps, StepId::Create).plan()[0].ends_with("/www.contoso.com-web-WestEuropewebspace"));
    }
}
