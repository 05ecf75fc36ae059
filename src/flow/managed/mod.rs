//! Create a free App Service managed certificate (A28–A58): every prerequisite of issuance and renewal is
//! checked by name first, because Azure tells of most of them only by failing.
//!
//! Done means that the subscription holds the managed certificate of this hostname, issued. A run that was
//! broken off while Azure was issuing asks again; Azure then has one certificate all the same, because it is
//! named after the hostname.

mod form;
mod prerequisites;

use futures::future::try_join3;
use jiff::SignedDuration;

use super::destination::Destination;
use super::import_order::{observe_app, room_problem};
use super::reach::{Reach, Record, is_by_address};
use super::tags;
use super::target::app_id;
use super::{
    Case, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Seen, Step, StepId, StepStatus, Subject, row,
};
use form::host;
use prerequisites::{caa, eligible, follows, reachable, tier, way};

use crate::azure::{AzureError, Client, certificates, exposure, sites};
use crate::health::dns;
use crate::model::{App, Binding, Hostname, PrivateCertificate, Problem, ResourceId, day};
use crate::rules::Period;

/// Azure takes minutes, and says nothing of how many.
const POLL: SignedDuration = SignedDuration::from_secs(15);

/// After this time an operation without further news is given up, and asked for again.
const SETTLES: SignedDuration = SignedDuration::from_hours(6);

pub(super) static FLOW: Flow = Flow {
    name: "managed",
    title: "Managed certificate",
    summary: "Create a free certificate that Azure renews by itself.",
    done: "The certificate is created.",
    pages: &[FlowName::Managed, FlowName::Bind],
    about: Subject::Hostname,
    leaves: Subject::Certificate,
    changes: "Creates a free managed certificate for one hostname, in the webspace of its app or in the app.",
    permissions: &["Microsoft.Web/certificates/write", "Microsoft.Web/sites/certificates/write"],
    checklist: &["A13-A15", "A28-A58"],
    command: Some(FlowCommand::changing("managed", "", "Create a free managed certificate for a hostname.")),
    fits: row::any,
    keys: "a, Create a free App Service managed certificate",
    fields: |_, _| form::fields(),
    suggest: form::suggest,
    refusals: form::refusals,
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

impl StepId {
    pub const CREATE: Self = Self("create");
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(app) = app_id(inputs) else { return Ok(seen) };
    let others = observe_app(client, &app, &mut seen).await?;
    let (Some(host), Some(app)) = (host(inputs), seen.app.here()) else { return Ok(seen) };
    let here = seen.certificates.here().map_or(&[][..], Vec::as_slice);
    let find = |fits: &dyn Fn(&PrivateCertificate) -> bool| {
        here.iter().chain(&others).find(|one| fits(one)).cloned()
    };
    let managed = find(&|one| {
        one.canonical_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(host.as_str()))
    });
    let namesake = target(app, &host).and_then(|id| find(&|one| one.id == id));
    let dns = async {
        Ok((
            dns::way(client.cloud(), host.as_str()).await,
            dns::caa_issuers(client.cloud(), host.as_str()).await,
        ))
    };
    let binding = Binding::id_of(&app.id, &host);
    let (exposure, binding, (way, caa)) =
        try_join3(exposure::get(client, &app.id), sites::binding_as_it_is(client, &binding), dns).await?;
    let record = binding.as_ref().and_then(|binding| Record::of_binding(&binding.body));
    let by_traffic_manager = binding.is_some_and(|binding| {
        binding.body.pointer("/properties/azureResourceType").is_some_and(|kind| kind == "TrafficManager")
    });
    seen.managed = managed.into();
    seen.namesake = namesake.into();
    seen.caa = caa;
    seen.reach = Seen::Here(Reach { way, exposure, by_traffic_manager, record });
    Ok(seen)
}

/// Where it goes: under the hostname.
fn target(app: &App, host: &Hostname) -> Option<ResourceId> {
    Some(Destination::of(app)?.exactly(host.as_str()))
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

fn create(case: &Case<'_>) -> Step {
    let renewal = case.rules.span(Period::ManagedRenewal, case.now);
    let lives = case.rules.span(Period::ManagedLifetime, case.now);
    let step = |status| {
        Step::new(StepId::CREATE, "Create the certificate", status).explained(
            "Azure has it issued by DigiCert, free of charge, and renews it as long as all of the above holds. It takes some \
             minutes. It secures nothing before it is bound; that comes next.",
        )
    };
    let with_limits = |step: Step| {
        step.fact("Lives", lives.to_string())
            .fact("Renewal", format!("by Azure, expected {renewal} before it expires; bindings follow"))
            .fact("Cannot", "be exported, cover a wildcard, or identify a client by its thumbprint")
            .fact("Do not pin", "Azure may change it, its issuer and its root at any time; where pinning is needed, take another kind")
    };
    if let Some(status) = case.needs_any() {
        return with_limits(step(status));
    }
    let (Some(host), Some(app)) = (host(case.inputs), case.observed.app.here()) else {
        return with_limits(step(follows(case, Key::App)));
    };
    if let Some(managed) = case.observed.managed.here() {
        return with_limits(created(case, managed, step));
    }
    if let Some(problem) = room_problem(case, &what(case)) {
        return step(StepStatus::Blocked(problem));
    }
    let (Some(destination), Some(id)) = (Destination::of(app), target(app, &host)) else {
        return step(StepStatus::Blocked(Problem::new(what(case), "the app has no App Service plan")));
    };
    let id = match case.observed.namesake.here() {
        // Another kind of certificate has the hostname for its name; it must not be written over.
        Some(_) => destination.beside(host.as_str()),
        None => id,
    };
    with_limits(step(StepStatus::Ready).fact("Name", id.name()).fact("Webspace", app.home().label()))
        .settles_within(SETTLES)
        .sending(vec![certificates::manage(
            destination.target(&id, &tags::given(case.inputs)),
            &host,
            is_by_address(&host, case.observed.reach.here()),
        )])
}

/// What there is of it: issued, with the day on which to expect the next one, or still being issued.
fn created(case: &Case<'_>, managed: &PrivateCertificate, step: impl Fn(StepStatus) -> Step) -> Step {
    let Some(thumbprint) = &managed.thumbprint else {
        return step(StepStatus::Waiting {
            on: "Azure to issue the certificate".to_owned(),
            since: None,
            next_poll: POLL,
        });
    };
    let done = format!("{} is in {}", managed.id.name(), managed.home.words());
    let step = step(StepStatus::Done(done)).fact("Thumbprint", thumbprint.as_str());
    let (Some(expires), (_, Some(due))) = (managed.expires, case.rules.managed_renewal(managed, case.now))
    else {
        return step;
    };
    step.fact("Expires", day(expires)).fact("Renewed", format!("expected on {}", day(due)))
}

#[cfg(test)]
mod tests;
