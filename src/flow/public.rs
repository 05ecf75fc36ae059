//! Upload a public certificate (A148–A153): a `.cer` that an app's code loads to reach others. It secures no
//! hostname.

use futures::future::join;

use super::certificate_file::{self, CertificateFile};
use super::chosen::{app_field, app_refusal, suggest_app};
use super::import_order::tier_problem;
use super::load::{Load, READ_SETTINGS, SETTING};
use super::target::app_id;
use super::{
    Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Seen, Step, StepId,
    StepStatus, Subject, row,
};
use crate::azure::{AzureError, Client, plans, public_certificates, settings, sites};
use crate::model::{App, Estate, Problem, PublicCertificate, ResourceId, Thumbprint};
use crate::pki::{Certificate, Kind};

const FILES: &[&str] = &["cer", "crt", "pem", "der"];

pub(super) static FLOW: Flow = Flow {
    name: "public",
    title: "Upload public",
    summary: "Upload a public certificate that the code of an app loads.",
    done: "The certificate is in the app.",
    pages: &[FlowName::Public],
    about: Subject::App,
    leaves: Subject::PublicCertificate,
    changes: "Creates a public certificate of the app and, where wanted, the app setting that loads it.",
    permissions: &[
        "Microsoft.Web/sites/publicCertificates/write",
        "Microsoft.Web/sites/config/list/action",
        "Microsoft.Web/sites/config/write",
    ],
    checklist: &["A7", "A148-A153"],
    command: Some(FlowCommand::changing(
        "upload-public",
        "",
        "Upload a public certificate that an app's code loads.",
    )),
    fits: row::any,
    keys: "a, Upload a public certificate",
    fields: |_, _| fields(),
    suggest,
    refusals: |observed, inputs, _, _| refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

fn fields() -> Vec<Field> {
    vec![
        app_field("The app or slot whose code will load the certificate. Other apps do not see it."),
        Field::new(
            Key::File,
            "CER certificate file",
            "A certificate without a key, in DER or PEM. Enter shows the files.",
            FieldKind::File(FILES),
        ),
        Field::new(
            Key::Name,
            "Name",
            "What it is called within the app: letters, digits and dashes.",
            FieldKind::Text,
        ),
        Field::new(
            Key::Load,
            "Make it accessible",
            "Adds the thumbprint to the app setting WEBSITE_LOAD_CERTIFICATES. Changing a setting restarts the app.",
            FieldKind::Toggle,
        ),
    ]
}

fn suggest(estate: &Estate, inputs: &mut Inputs) {
    inputs.suggest(Key::Load, "yes");
    suggest_app(estate, inputs);
    let stem =
        inputs.get(Key::File).and_then(|file| file.rsplit('/').next()?.split('.').next().map(str::to_owned));
    if let Some(stem) = stem {
        let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        inputs.suggest(Key::Name, name.trim_matches('-'));
    }
}

fn refusals(observed: &Observed, inputs: &Inputs) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> = app_refusal(observed, inputs).into_iter().collect();
    let mut refuse = |key, why: &str| refusals.push((key, why.to_owned()));
    match &observed.file {
        _ if inputs.get(Key::File).is_none() => refuse(Key::File, "choose the certificate file"),
        Some(Err(unusable)) => refuse(Key::File, &unusable.why),
        Some(Ok(file)) => {
            if let Err(why) = certificate(file) {
                refuse(Key::File, why);
            }
        }
        None => {}
    }
    match inputs.get(Key::Name) {
        None => refuse(Key::Name, "give it a name"),
        Some(name)
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                || name.len() > 100 =>
        {
            refuse(Key::Name, "a name has up to 100 letters, digits, dashes, dots and underscores");
        }
        Some(_) => {}
    }
    refusals
}

/// The one certificate of a file that has nothing else in it.
fn certificate(file: &CertificateFile) -> Result<&Certificate, &'static str> {
    let contents = &file.contents;
    let has_key = !contents.keys.is_empty()
        || contents.container.as_ref().is_some_and(|inside| !inside.key_encryption.is_empty());
    match contents.certificates.as_slice() {
        _ if has_key => {
            Err("this file holds a private key; a public certificate must not: export the certificate alone")
        }
        [] => Err("there is no certificate in this file"),
        [only] if matches!(contents.kind, Kind::X509 | Kind::Pem) => Ok(only),
        [_] => Err("a .cer holds one certificate in DER or PEM; export it in that form"),
        _ => Err("this file holds several certificates, a .cer holds one: upload each by itself"),
    }
}

fn leaf(observed: &Observed) -> Option<&Certificate> {
    certificate(observed.file.as_ref()?.as_ref().ok()?).ok()
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed { file: certificate_file::look(inputs).await, ..Observed::default() };
    let Some(id) = app_id(inputs) else { return Ok(seen) };
    seen.app = sites::get(client, &id).await?.map(|site| site.app).into();
    let Some(app) = seen.app.here() else { return Ok(seen) };
    if let Some(plan) = &app.plan {
        seen.plan = plans::get(client, plan).await?.into();
    }
    let (certificates, settings) =
        join(public_certificates::list(client, &id), settings::list(client, &id)).await;
    seen.public_certificates = Seen::Here(certificates?);
    seen.settings = seen.spare(READ_SETTINGS, settings)?.map_or(Seen::NotAsked, Seen::Here);
    Ok(seen)
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    vec![read(case), upload(case), load(case)]
}

fn read(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::READ_FILE, "Read the file", status).explained(
            "A public certificate has no key: it is what others may know. DER and PEM are both taken.",
        )
    };
    if let Some(status) = case.needs(&[Key::File]) {
        return step(status);
    }
    let Some(leaf) = leaf(case.observed) else {
        return step(StepStatus::NeedsInput {
            key: Key::File,
            why: "choose the certificate file".to_owned(),
        });
    };
    let valid = format!("{} to {}", leaf.not_before, leaf.not_after_text());
    let step = step(StepStatus::Done(leaf.subject.clone()))
        .fact("Thumbprint", leaf.thumbprint.as_str())
        .fact("Subject", &leaf.subject)
        .fact("Issuer", &leaf.issuer)
        .fact("Valid", valid);
    if leaf.not_after < case.now {
        step.fact("Note", "it has expired; Azure takes it all the same")
    } else {
        step
    }
}

/// What is in the app already: the same certificate under any name, and the certificate that has the name.
fn there<'a>(
    case: &Case<'a>,
    id: &ResourceId,
    thumbprint: &Thumbprint,
) -> [Option<&'a PublicCertificate>; 2] {
    let find = |fits: &dyn Fn(&PublicCertificate) -> bool| {
        case.observed.public_certificates.here()?.iter().find(|one| fits(one))
    };
    [find(&|one| one.thumbprint.as_ref() == Some(thumbprint)), find(&|one| one.id == *id)]
}

fn upload(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::UPLOAD, "Upload the certificate", status)
            .explained("It appears in Public Certificates of this app. It can never secure a hostname; that takes a private key.")
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let (Some(app), Some(leaf), Some(name)) =
        (case.observed.app.here(), leaf(case.observed), case.inputs.get(Key::Name))
    else {
        return step(StepStatus::NeedsInput { key: Key::App, why: "choose app and file".to_owned() });
    };
    let id = app.id.child("publicCertificates", name);
    let [same, namesake] = there(case, &id, &leaf.thumbprint);
    if let Some(same) = same {
        return step(StepStatus::Done(format!("{} is in {}", same.id.name(), app.label())))
            .fact("Thumbprint", leaf.thumbprint.as_str());
    }
    if let Some(problem) = tier_problem(case, &format!("Upload to {}", app.label())) {
        return step(StepStatus::Blocked(problem));
    }
    let add = public_certificates::add(&id, &leaf.der, store(app));
    match namesake {
        None => step(StepStatus::Ready).sending(vec![add]),
        Some(old) => {
            // A changed certificate under an old name is refused, or silently ignored.
            let old = old.thumbprint.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
            step(StepStatus::Ready)
                .explained(format!(
                    "'{name}' is another certificate of this app ({old}). It is removed, then this one takes its name."
                ))
                .fact("Replaces", &*old)
                .fact("Note", "the old one is removed first: for a moment the app has neither")
                .sending(vec![public_certificates::remove(&id), add])
                .consent(Consent::interrupting(
                    format!("'{name}' of {} becomes another certificate. The old one is removed first: for a moment the code finds neither.", app.label()),
                    [name.to_owned()],
                ))
        }
    }
}

fn load(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::LOAD, "Make it accessible to the code", status).explained(
            "The app setting WEBSITE_LOAD_CERTIFICATES names what the code may load. All other settings are sent back as they are. The app restarts.",
        )
    };
    let (Some(app), Some(leaf)) = (case.observed.app.here(), leaf(case.observed)) else {
        return step(StepStatus::NeedsInput {
            key: Key::File,
            why: "follows once the certificate is uploaded".to_owned(),
        });
    };
    let Some(settings) = case.observed.settings.here() else {
        return step(Load::unseen(case.inputs.is_yes(Key::Load)));
    };
    let [same, _] = there(case, &app.id, &leaf.thumbprint);
    let store = same.map_or(store(app), |same| same.store.as_str());
    let step = |status| {
        step(status)
            .fact("Thumbprint", leaf.thumbprint.as_str())
            .fact("Path", path(app, store, &leaf.thumbprint))
    };
    let now = Load::of(settings);
    if now.allows(&leaf.thumbprint) {
        return step(StepStatus::Done(format!("{SETTING} = {}", now.words())));
    }
    if app.is_flex() {
        return step(StepStatus::NotNeeded(super::settings::NOT_ON_FLEX.to_owned()));
    }
    if !case.inputs.is_yes(Key::Load) {
        return step(StepStatus::NotNeeded("not asked for".to_owned()));
    }
    if same.is_none() {
        return step(StepStatus::NeedsInput {
            key: Key::File,
            why: "follows once the certificate is uploaded".to_owned(),
        });
    }
    let new = now.with(&leaf.thumbprint);
    if new.is_too_long() {
        let problem = Problem::new(format!("Set {SETTING}"), "its value is too long already")
            .remedy("set it to * by hand: then the code may load every certificate of the app");
        return step(StepStatus::Blocked(problem));
    }
    super::load::changing(step(StepStatus::Ready), app, settings, &now, &new)
}

/// The store of Windows that a new one goes to: in an App Service Environment that of the machine, which all
/// apps share (Azure/AppService, announcement of 2017-06-27).
fn store(app: &App) -> &'static str {
    if app.in_environment && !app.linux { "LocalMachineMy" } else { "CurrentUserMy" }
}

/// Where the code finds one that is in that store (A153).
fn path(app: &App, store: &str, thumbprint: &Thumbprint) -> String {
    match (app.linux, store.eq_ignore_ascii_case("LocalMachineMy")) {
        (true, _) => format!("/var/ssl/certs/{thumbprint}.der"),
        (false, true) => format!("Cert:\\LocalMachine\\My\\{thumbprint}"),
        (false, false) => {
            format!(
                "Cert:\\CurrentUser\\My\\{thumbprint} (in a Windows container: C:\\appservice\\certificates\\public\\{thumbprint}.der)"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{LEAF, app};
    use super::*;

    #[test]
    fn the_store_that_is_asked_for_is_the_one_that_the_code_is_told_a153() {
        let plain = app(&[]);
        let inside = App { in_environment: true, ..plain.clone() };
        let on_linux = App { linux: true, ..inside.clone() };
        let print = Thumbprint::parse(LEAF).unwrap();
        for (app, asked, told) in [
            (&plain, "CurrentUserMy", "Cert:\\CurrentUser\\My\\"),
            (&inside, "LocalMachineMy", "Cert:\\LocalMachine\\My\\"),
            (&on_linux, "CurrentUserMy", "/var/ssl/certs/"),
        ] {
            let request =
                public_certificates::add(&app.id.child("publicCertificates", "partner"), b"der", store(app));
            assert_eq!(request.body.unwrap().shown()["properties"]["publicCertificateLocation"], asked);
            assert!(path(app, store(app), &print).starts_with(told), "{}", path(app, store(app), &print));
        }
        // What was uploaded elsewhere is where it is.
        assert!(path(&inside, "CurrentUserMy", &print).starts_with("Cert:\\CurrentUser\\My\\"));
    }
}
