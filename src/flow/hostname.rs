//! Add a hostname of one's own to an app: Azure maps it once DNS shows that it is yours. What Azure itself sees
//! of the records decides, not this machine's DNS.
//!
//! Done means that the app has the hostname. It has no certificate then; managed and bind come next.

use futures::try_join;
use jiff::SignedDuration;

use super::chosen::{app_field, app_refusal, suggest_app};
use super::reach::is_root;
use super::target::app_id;
use super::wanted_record::{RecordKind, WantedRecord};
use super::{
    Case, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Seen, Step, StepId,
    StepStatus, Subject, row,
};
use crate::azure::custom_hostnames::{self, HostnameAnalysis};
use crate::azure::{AzureError, Client, plans, sites};
use crate::model::{App, Binding, Hostname, Problem};
use crate::rules::Names;

/// How often Azure is asked again whether it sees the records. DNS takes minutes.
const POLL: SignedDuration = SignedDuration::from_secs(15);

pub(super) static FLOW: Flow = Flow {
    name: "hostname",
    title: "Add a hostname",
    summary: "Add a hostname of your own to an app, proved by a DNS record.",
    done: "The app answers for the hostname.",
    pages: &[FlowName::Hostname, FlowName::Managed, FlowName::Bind],
    about: Subject::App,
    leaves: Subject::Hostname,
    changes: "Maps one hostname to an app, without a certificate.",
    permissions: &["Microsoft.Web/sites/hostNameBindings/write"],
    checklist: &["A13", "A46"],
    command: Some(FlowCommand::changing("hostname", "", "Add a hostname of your own to an app.")),
    fits: row::any,
    keys: "`:hostname` in Bindings (4)",
    fields: |_, _| fields(),
    suggest: suggest_app,
    refusals: |observed, inputs, _, _| refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps: |case| vec![paid_plan(case), ownership(case), add(case)],
};

impl StepId {
    pub const PAID_PLAN: Self = Self("paid-plan");
    pub const OWNERSHIP: Self = Self("ownership");
    pub const ADD_HOSTNAME: Self = Self("add-hostname");
}

/// What was seen of a hostname that is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHostname {
    pub analysis: HostnameAnalysis,
    /// The value of the ownership record.
    pub ownership_id: Option<String>,
}

fn fields() -> Vec<Field> {
    vec![
        app_field("The app or slot that is to answer for the hostname."),
        Field::new(
            Key::Hostname,
            "Hostname",
            "A name of a domain of yours: www.contoso.com, contoso.com or *.contoso.com.",
            FieldKind::Text,
        ),
    ]
}

fn host(inputs: &Inputs) -> Option<Hostname> {
    Hostname::parse(inputs.get(Key::Hostname)?).ok()
}

fn refusals(observed: &Observed, inputs: &Inputs) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> = app_refusal(observed, inputs).into_iter().collect();
    match inputs.get(Key::Hostname).map(Hostname::parse) {
        None => refusals.push((Key::Hostname, "say which hostname the app is to answer for".to_owned())),
        Some(Err(error)) => refusals.push((Key::Hostname, error.to_string())),
        Some(Ok(host)) => {
            let own = observed.app.here().map(|app| app.default_hostname.as_str());
            if own.is_some_and(|own| own.eq_ignore_ascii_case(host.as_str())) {
                refusals.push((Key::Hostname, "this is the app's own name, which it has always".to_owned()));
            }
        }
    }
    refusals
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(id) = app_id(inputs) else { return Ok(seen) };
    let host = host(inputs);
    let analysis = async {
        match &host {
            Some(host) => custom_hostnames::analyze(client, &id, host).await,
            None => Ok(None),
        }
    };
    let (answer, analysis) = try_join!(sites::as_it_is(client, &id), analysis)?;
    let Some(answer) = answer else { return Ok(Observed { app: Seen::Absent, ..seen }) };
    let ownership_id = custom_hostnames::ownership_id(&answer.body);
    seen.app = sites::decode(&answer.body).map(|site| site.app).into();
    if let Some(plan) = seen.app.here().and_then(|app| app.plan.as_ref()) {
        seen.plan = plans::get(client, plan).await?.into();
    }
    seen.new_hostname = analysis.map(|analysis| NewHostname { analysis, ownership_id }).into();
    Ok(seen)
}

/// What a failed check stands in the way of.
fn what(case: &Case<'_>) -> String {
    let host = host(case.inputs).map_or_else(|| "the hostname".to_owned(), |host| host.to_string());
    format!("Add {host}")
}

fn follows(case: &Case<'_>) -> StepStatus {
    case.needs_any().unwrap_or_else(|| StepStatus::follows(Key::Hostname, "app and hostname are looked at"))
}

fn paid_plan(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::PAID_PLAN, "Check the App Service plan", status).explained(
            "The Free tier has no hostnames of one's own. Certificates need the Basic tier or higher.",
        )
    };
    if case.observed.app.here().is_none() {
        return step(follows(case));
    }
    let Some(plan) = case.observed.plan.here() else {
        return step(StepStatus::NotNeeded("the plan could not be read".to_owned()));
    };
    let (name, tier) = (plan.id.name(), &plan.tier);
    if !case.rules.lists(Names::TiersWithoutHostnames, case.now, tier) {
        return step(StepStatus::Done(format!("{name} is in the {tier} tier")));
    }
    let why =
        format!("the App Service plan {name} is in the {tier} tier, which has no hostnames of one's own");
    step(StepStatus::Blocked(
        Problem::new(what(case), why)
            .remedy("scale the plan up to Basic or higher; that costs money, so do it knowingly")
            .code(case.rules.reference(Names::TiersWithoutHostnames, case.now)),
    ))
}

fn ownership(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::OWNERSHIP, "Show in DNS that the hostname is yours", status).explained(
            "Azure maps a hostname that leads to the app by a CNAME record, or that has the ownership record (TXT). The \
             ownership record alone does, too: so a hostname can be added before its visitors move.",
        )
    };
    let seen = (host(case.inputs), case.observed.app.here(), case.observed.new_hostname.here());
    let ((Some(host), Some(app), Some(seen)), None) = (seen, case.needs_any()) else {
        return step(follows(case));
    };
    if app.hostnames.contains(&host) {
        return step(StepStatus::Done("Azure has checked it".to_owned()));
    }
    if seen.analysis.is_taken {
        return step(StepStatus::Blocked(taken(case, seen)));
    }
    let step = if seen.analysis.is_proved {
        step(StepStatus::Done("Azure sees the record".to_owned()))
    } else {
        let on = format!("a DNS record that shows that {host} is yours");
        step(StepStatus::Waiting { on, since: None, next_poll: POLL })
    };
    let wanted = wanted_records(&host, app, seen);
    let step = wanted.into_iter().fold(step, |step, (label, record)| step.wanting(label, record));
    found(&seen.analysis).into_iter().fold(step, |step, line| step.fact("Azure sees", line))
}

/// The records that lead visitors to the app and prove the hostname, each with what it is for.
fn wanted_records(host: &Hostname, app: &App, seen: &NewHostname) -> Vec<(&'static str, WantedRecord)> {
    let own = app.default_hostname.as_str();
    let proof = seen.ownership_id.as_deref().map(|id| {
        ("Ownership", WantedRecord::new(custom_hostnames::ownership_name(host), RecordKind::Txt, id))
    });
    let way = match app.inbound_ip.as_deref().filter(|_| is_root(host)) {
        Some(address) => ("Address", WantedRecord::new(host.as_str(), RecordKind::A, address)),
        None => ("Way", WantedRecord::new(host.as_str(), RecordKind::Cname, own)),
    };
    proof.into_iter().chain([way]).collect()
}

fn found(analysis: &HostnameAnalysis) -> Vec<String> {
    let all =
        [("CNAME", &analysis.cnames), ("A", &analysis.addresses), ("asuid TXT", &analysis.ownership_texts)];
    let told = all.into_iter().filter(|(_, values)| !values.is_empty());
    told.map(|(kind, values)| format!("{kind} {}", values.join(", "))).collect()
}

fn taken(case: &Case<'_>, seen: &NewHostname) -> Problem {
    let by = seen.analysis.taken_by.as_ref();
    let why = by.map_or_else(
        || "an app of another subscription has the hostname".to_owned(),
        |app| format!("the app {} has the hostname", app.site_label()),
    );
    Problem::new(what(case), why).remedy("remove it there first; a hostname belongs to one app")
}

fn add(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::ADD_HOSTNAME, "Add the hostname to the app", status).explained(
            "The app answers for the hostname from then on. Browsers warn until it has a certificate; that comes next.",
        )
    };
    let seen = (host(case.inputs), case.observed.app.here(), case.observed.new_hostname.here());
    let ((Some(host), Some(app), Some(_)), None) = (seen, case.needs_any()) else {
        return step(follows(case));
    };
    if app.hostnames.contains(&host) {
        return step(StepStatus::Done(format!("{} answers for {host}", app.label())));
    }
    step(StepStatus::Ready)
        .fact("App", app.label())
        .sending(vec![custom_hostnames::add(&Binding::id_of(&app.id, &host))])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{app, find, inputs, plan, stand};
    use super::*;

    fn stands(tier: &str, analysis: HostnameAnalysis) -> Vec<Step> {
        let observed = Observed {
            app: Seen::Here(app(&["shop.contoso.com"])),
            plan: Seen::Here(plan(tier)),
            new_hostname: Seen::Here(NewHostname { analysis, ownership_id: Some("A1B2".to_owned()) }),
            ..Observed::default()
        };
        stand(
            FlowName::Hostname,
            &observed,
            &inputs().with(Key::App, "shop").with(Key::Hostname, "*.contoso.com"),
        )
    }

    #[test]
    fn the_free_tier_has_no_hostnames_and_the_shared_tier_has() {
        let free = stands("Free", HostnameAnalysis::default());
        let StepStatus::Blocked(problem) = &find(&free, StepId::PAID_PLAN).status else {
            panic!("not blocked")
        };
        assert!(problem.why.contains("Free tier") && problem.remedy.contains("Basic"), "{problem}");
        let shared = stands("Shared", HostnameAnalysis::default());
        assert!(find(&shared, StepId::PAID_PLAN).status.is_over());
    }

    #[test]
    fn a_wildcard_waits_for_its_ownership_record_at_the_parent_and_says_what_azure_sees() {
        let seen = HostnameAnalysis { cnames: vec!["old.example".to_owned()], ..HostnameAnalysis::default() };
        let steps = stands("Standard", seen);
        let step = find(&steps, StepId::OWNERSHIP);
        assert!(matches!(step.status, StepStatus::Waiting { .. }), "{:?}", step.status);
        assert_eq!(step.wanted[0].to_string(), "asuid.contoso.com TXT A1B2");
        assert!(step.facts.iter().any(|(_, value)| value == "CNAME old.example"), "{:?}", step.facts);
    }
}
