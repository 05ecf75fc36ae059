//! Replace an uploaded certificate by its renewal (A158–A166, B3-7): upload, bind in place of the old one
//! without removing anything, prove what is served, compare the inbound address, and delete the old one last.
//! No other order is possible: each step waits for the one before, and the old certificate goes only when
//! nothing uses it.
//!
//! Once the old one is gone, the new one in its resource group is the evidence that it was replaced.

use futures::future::try_join;
use jiff::Timestamp;

use super::consent;
use super::import_order::kept;
use super::load::Load;
use super::named::Named;
use super::usage::{HostUse, Usage, certificate_named, certificate_refusal, no_certificate};
use super::{
    Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Pick, Seen, Step,
    StepId, StepStatus, Subject, certificate_file, delete_private, outside, proof, row, upload,
};
use crate::azure::{AzureError, Client, plans, sites};
use crate::model::{App, Binding, Estate, Home, Hostname, PrivateCertificate, ResourceId, Thumbprint};
use crate::rules::Rules;

pub(super) static FLOW: Flow = Flow {
    name: "replace",
    title: "Replace",
    summary: "Renew an uploaded certificate: the new one takes the place of the old, and the inbound address stays.",
    done: "The certificate is replaced.",
    pages: &[FlowName::Replace],
    about: Subject::Certificate,
    leaves: Subject::Certificate,
    changes: "Creates a site certificate from a file, binds every hostname of the old one to it, lets code load it where it loaded the old one, and deletes the old one.",
    permissions: &[
        "Microsoft.Web/certificates/write",
        "Microsoft.Web/sites/certificates/write",
        "Microsoft.Web/sites/hostNameBindings/write",
        "Microsoft.Web/sites/config/list/action",
        "Microsoft.Web/sites/config/write",
        "Microsoft.Web/certificates/delete",
        "Microsoft.Web/sites/certificates/delete",
    ],
    checklist: &["A154", "A156", "A158-A166"],
    command: Some(FlowCommand::changing("replace", "", "Replace an uploaded certificate, without downtime.")),
    fits: row::uploaded,
    keys: "1, r",
    fields,
    suggest: |_: &Estate, _| {},
    refusals,
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

fn fields(observed: &Observed, inputs: &Inputs) -> Vec<Field> {
    let mut fields = vec![Field::new(
        Key::Certificate,
        "Certificate to replace",
        "An uploaded certificate. Its hostnames are bound to the new one, and then it is deleted.",
        FieldKind::Pick { of: Pick::Certificate, or_new: false },
    )];
    fields.extend(upload::fields(observed, inputs).into_iter().filter(|field| field.key != Key::App));
    fields.push(Field::new(
        Key::KeepOld,
        "Keep the old one",
        "The old certificate stays, bound to nothing. Delete it later: two of a name are easily confused.",
        FieldKind::Toggle,
    ));
    fields
}

/// What the flow is about, as far as it is known: the old certificate, and the new one where it is uploaded.
#[derive(Clone, Copy)]
struct Pair<'a> {
    usage: &'a Usage,
    old: Option<&'a PrivateCertificate>,
    new: Option<&'a PrivateCertificate>,
}

impl<'a> Pair<'a> {
    fn of(observed: &'a Observed, inputs: &Inputs) -> Option<Self> {
        let usage = observed.usage.here()?;
        let old = usage.named(inputs).ok()?;
        let leaf = upload::leaf(observed).map(|leaf| &leaf.thumbprint);
        let (_, typed) = certificate_named(inputs)?;
        let app = if let Named::Id(id) = &typed { id.site().map(Home::App) } else { None };
        // Of an old one that is gone nothing is known but its name: the new one is in the group that this
        // names, if any.
        let is_near = |one: &&PrivateCertificate| match (old, &app) {
            (Some(old), _) => one.home.is(&old.home),
            (None, Some(app)) => one.home.is(app),
            (None, None) => {
                typed.group().is_none_or(|group| one.id.resource_group().eq_ignore_ascii_case(group))
            }
        };
        let is_new = |one: &&PrivateCertificate| one.thumbprint.is_some() && one.thumbprint.as_ref() == leaf;
        Some(Self { usage, old, new: usage.certificates.iter().filter(is_new).find(is_near) })
    }

    fn home(&self) -> Option<&'a Home> {
        self.old.or(self.new).map(|one| &one.home)
    }

    /// The hostnames that still present the old one.
    fn left(&self) -> Vec<HostUse<'a>> {
        self.old.map(|old| self.usage.uses(old).collect()).unwrap_or_default()
    }

    /// The hostnames that present the new one.
    fn moved(&self) -> Vec<HostUse<'a>> {
        self.new.map(|new| self.usage.uses(new).collect()).unwrap_or_default()
    }

    /// Apps whose code names the old one.
    fn loaders(&self) -> Vec<&'a App> {
        let old = self.old.and_then(|old| old.thumbprint.as_ref());
        old.map(|old| self.usage.loaders(old).collect()).unwrap_or_default()
    }
}

fn refusals(observed: &Observed, inputs: &Inputs, rules: &Rules, now: Timestamp) -> Vec<(Key, String)> {
    let mut refusals = Vec::new();
    let mut refuse = |key, why: String| refusals.push((key, why));
    if let Some((key, why)) = certificate_refusal(observed.usage.here(), inputs) {
        refuse(key, why);
    }
    match observed.usage.here().map(|usage| usage.named(inputs)) {
        Some(Ok(Some(old))) if old.canonical_name.is_some() => {
            refuse(
                Key::Certificate,
                "Azure renews a managed certificate by itself: there is nothing to upload".to_owned(),
            );
        }
        Some(Ok(Some(old))) if old.vault.is_some() => {
            refuse(
                Key::Certificate,
                "it comes from a key vault: renew it there, or with its order, and sync".to_owned(),
            );
        }
        None | Some(Err(_) | Ok(Some(_))) => {}
        // Replaced already, if the new one is there; otherwise the name is a mistake.
        Some(Ok(None)) if Pair::of(observed, inputs).is_some_and(|pair| pair.new.is_some()) => {}
        Some(Ok(None)) if upload::leaf(observed).is_none() && inputs.get(Key::File).is_some() => {}
        Some(Ok(None)) => refuse(Key::Certificate, no_certificate(inputs)),
    }
    let about_app = |(key, _): &(Key, String)| *key == Key::App;
    let file =
        upload::refusals(observed, inputs, rules, now).into_iter().filter(|refusal| !about_app(refusal));
    refusals.extend(file);
    if let (Some(pair), Some(leaf)) = (Pair::of(observed, inputs), upload::leaf(observed))
        && refusals.iter().all(|(key, _)| *key != Key::Certificate)
        && let Some(why) = unfit(&pair, &leaf.thumbprint, &upload::hosts(observed))
    {
        refusals.push((Key::File, why));
    }
    refusals
}

/// Why the file cannot take the place of the old certificate.
fn unfit(pair: &Pair<'_>, new: &Thumbprint, names: &[Hostname]) -> Option<String> {
    let old = pair.old?;
    if old.thumbprint.as_ref() == Some(new) {
        return Some("this is the certificate that is there already: choose the renewed one".to_owned());
    }
    let covered = |host: &Hostname| names.iter().any(|name| name.covers(host));
    let left = pair.left().into_iter().find(|one| !covered(&one.binding.host))?;
    let names: Vec<&str> = names.iter().map(Hostname::as_str).collect();
    Some(format!(
        "it secures {}, but {} is bound to the old one and would be left without",
        names.join(", "),
        left.words()
    ))
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let usage = async {
        match inputs.get(Key::Certificate) {
            Some(_) => Usage::observe(client, inputs).await,
            None => Ok(None),
        }
    };
    let (usage, file) = try_join(usage, async { Ok(certificate_file::look(inputs).await) }).await?;
    let mut seen = Observed { file, usage: usage.map_or(Seen::NotAsked, Seen::Here), ..Observed::default() };
    upload::read_roots(client, &mut seen).await;
    let Some(pair) = Pair::of(&seen, inputs) else { return Ok(seen) };
    let Some(home) = pair.home().cloned() else { return Ok(seen) };
    let bindings: Vec<ResourceId> = pair.left().iter().map(|one| one.binding.id()).collect();
    let moved = pair.moved().iter().map(HostUse::place).collect();
    let old = pair.old.and_then(|old| old.thumbprint.clone());
    seen.inherited_tags = kept(pair.old);
    if let Seen::Here(usage) = &mut seen.usage {
        usage.read_answers(client, bindings).await?;
        usage.read_settings(client, &home).await;
        // The upload goes to the plan of an app that uses it, or of any that could.
        let users = old.iter().flat_map(|old| usage.sites_at(&home).filter(|site| uses(site, old)));
        let app = users.chain(usage.sites_at(&home)).next().map(|site| site.app.clone());
        seen.certificates =
            Seen::Here(usage.certificates.iter().filter(|one| one.home.is(&home)).cloned().collect());
        seen.app = app.into();
    }
    if let Some(plan) = seen.app.here().and_then(|app| app.plan.clone()) {
        seen.plan = plans::get(client, &plan).await?.into();
    }
    upload::read_namesake(client, inputs, &mut seen).await?;
    seen.outside.look(client, moved).await;
    Ok(seen)
}

fn uses(site: &sites::Site, thumbprint: &Thumbprint) -> bool {
    site.bindings.iter().any(|binding| binding.thumbprint.as_ref() == Some(thumbprint))
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    let mut steps = upload::steps(case);
    let pair = Pair::of(case.observed, case.inputs);
    steps.push(rebind(case, pair.as_ref()));
    steps.push(served(case, pair.as_ref()));
    steps.push(address(case, pair.as_ref()));
    steps.extend(load(case, pair.as_ref()));
    steps.push(delete(case, pair.as_ref()));
    steps
}

fn rebind(case: &Case<'_>, pair: Option<&Pair<'_>>) -> Step {
    let step = |status| {
        Step::new(StepId::REBIND, "Bind it in place of the old one", status).explained(
            "No downtime: each binding is replaced in one request. The TLS type and the inbound address stay.",
        )
    };
    let Some(pair) = pair.filter(|_| case.needs_any().is_none()) else {
        return step(StepStatus::follows(Key::File, "the new certificate is uploaded"));
    };
    let left = pair.left();
    if left.is_empty() {
        let moved = pair.moved().len();
        return step(StepStatus::Done(match moved {
            0 => "no hostname is bound to either".to_owned(),
            1 => "its hostname is bound to the new one".to_owned(),
            many => format!("{many} hostnames are bound to the new one"),
        }));
    }
    let facts = left.iter().map(|one| {
        let address =
            one.binding.virtual_ip.as_deref().or(one.app.inbound_ip.as_deref()).unwrap_or("unknown");
        ("Hostname", format!("{} by {}; inbound address now {address}", one.words(), one.binding.ssl.words()))
    });
    let facts: Vec<(&str, String)> = facts.collect();
    let Some(new) = pair.new.and_then(|new| new.thumbprint.as_ref()) else {
        let step = step(StepStatus::follows(Key::File, "the new certificate is uploaded"));
        return facts.into_iter().fold(step, |step, (label, value)| step.fact(label, value));
    };
    let bind = |binding: &Binding| sites::bind(&binding.id(), binding.ssl, new, pair.usage.answer(binding));
    let requests = left.iter().map(|one| bind(one.binding)).collect();
    let step =
        facts.into_iter().fold(step(StepStatus::Ready), |step, (label, value)| step.fact(label, value));
    step.sending(requests).in_parallel().consent(replacing(case, pair, &left))
}

/// A file that does not pass for a binding interrupts the hostnames whose certificate is good until now.
fn replacing(case: &Case<'_>, pair: &Pair<'_>, left: &[HostUse<'_>]) -> Consent {
    let Some(why) = upload::unfit_to_bind(case).filter(|_| consent::works(pair.old, case.now)) else {
        return Consent::Plain;
    };
    let notice = format!("Browsers warn from now on where a good certificate was: {why}.");
    Consent::interrupting(notice, left.iter().map(|one| one.binding.host.to_string()))
}

/// Whether the steps that come after the binding may be judged.
fn is_moved<'a, 'b>(case: &Case<'_>, pair: Option<&'b Pair<'a>>) -> Option<&'b Pair<'a>> {
    pair.filter(|pair| case.needs_any().is_none() && pair.new.is_some() && pair.left().is_empty())
}

fn served(case: &Case<'_>, pair: Option<&Pair<'_>>) -> Step {
    let moved = is_moved(case, pair).and_then(|pair| Some((pair, pair.new?.thumbprint.as_ref()?)));
    let Some((pair, new)) = moved else {
        return proof::served(StepStatus::follows(Key::File, "the hostnames are bound to the new one"));
    };
    let moved = pair.moved();
    let hosts: Vec<&Hostname> = moved.iter().map(|one| &one.binding.host).collect();
    let is_own = |served: &Thumbprint| {
        let here = |one: &PrivateCertificate| pair.home().is_some_and(|home| one.home.is(home));
        pair.usage.certificates.iter().any(|one| here(one) && one.thumbprint.as_ref() == Some(served))
    };
    case.observed.outside.served_step(&hosts, new, is_own)
}

fn address(case: &Case<'_>, pair: Option<&Pair<'_>>) -> Step {
    match is_moved(case, pair) {
        Some(pair) => case.observed.outside.address_step(&pair.moved()),
        None => outside::address(StepStatus::follows(Key::File, "the hostnames are bound to the new one")),
    }
}

/// Code that loaded the old certificate by its thumbprint would be left without one; there is no such step
/// where none does.
fn load(case: &Case<'_>, pair: Option<&Pair<'_>>) -> Option<Step> {
    let step = |status| {
        Step::new(StepId::LOAD, "Let the code load the new one", status).explained(
            "The app setting WEBSITE_LOAD_CERTIFICATES names the old thumbprint. The new one takes its place; all other settings are sent back as they are. The app restarts.",
        )
    };
    let (pair, loaders) = (pair?, pair?.loaders());
    if loaders.is_empty() {
        return None;
    }
    if is_moved(case, Some(pair)).is_none() {
        return Some(step(StepStatus::follows(Key::File, "the hostnames are bound to the new one")));
    }
    let (old, new) = (pair.old?.thumbprint.as_ref()?, pair.new?.thumbprint.as_ref()?);
    let mut ready =
        step(StepStatus::Ready).in_parallel().consent(super::load::restarting(loaders.iter().copied()));
    for app in loaders {
        let Some(settings) = pair.usage.settings_of(app) else { continue };
        let (now, then) = (Load::of(settings), Load::of(settings).instead(old, new));
        ready = ready.fact(app.label(), format!("{} \u{2192} {}", now.words(), then.words()));
        ready.requests.push(then.set(&app.id, settings));
    }
    Some(ready)
}

fn delete(case: &Case<'_>, pair: Option<&Pair<'_>>) -> Step {
    let step = |status| {
        Step::new(StepId::DELETE, "Delete the old certificate", status).explained(
            "Last of all, and only now that nothing uses it: two certificates of a name are easily confused.",
        )
    };
    let Some(pair) = is_moved(case, pair) else {
        return step(StepStatus::follows(Key::File, "the new one is bound and served"));
    };
    match pair.old {
        None => step(StepStatus::Done("deleted".to_owned())),
        Some(old) if case.inputs.is_yes(Key::KeepOld) => {
            step(StepStatus::NotNeeded(format!("{} stays, as asked", old.id.name())))
        }
        Some(old) => match pair.usage.in_use(old) {
            Some(_) => step(StepStatus::follows(Key::File, "nothing uses it")),
            None => delete_private::ready(step(StepStatus::Ready), old),
        },
    }
}
