//! Delete a public certificate (E10): only once the app's code does not name it any more.

use futures::future::join;

use super::chosen::{app_field, app_refusal};
use super::load::{Load, READ_SETTINGS, SETTING};
use super::target::app_id;
use super::{
    Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Seen, Step, StepId,
    StepStatus, Subject, row,
};
use crate::azure::{AzureError, Client, public_certificates, settings, sites};
use crate::model::{Estate, Problem, PublicCertificate, Thumbprint};

pub(super) static FLOW: Flow = Flow {
    name: "delete-public",
    title: "Delete public",
    summary: "Delete a public certificate that no code loads.",
    done: "The public certificate is deleted.",
    pages: &[FlowName::DeletePublic],
    about: Subject::PublicCertificate,
    leaves: Subject::PublicCertificate,
    changes: "Deletes a public certificate of one app.",
    permissions: &["Microsoft.Web/sites/publicCertificates/delete", "Microsoft.Web/sites/config/list/action"],
    checklist: &["A152"],
    command: Some(FlowCommand::changing("delete-public", "", "Delete a public certificate no code loads.")),
    fits: row::any,
    keys: "2, d",
    fields: |_, _| fields(),
    suggest: |_: &Estate, _| {},
    refusals: |observed, inputs, _, _| refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps: |case| vec![in_use(case), delete(case)],
};

fn fields() -> Vec<Field> {
    vec![
        app_field("The app or slot that has it."),
        Field::new(Key::Name, "Name", "What it is called within the app.", FieldKind::Text),
    ]
}

fn refusals(observed: &Observed, inputs: &Inputs) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> = app_refusal(observed, inputs).into_iter().collect();
    let mut refuse = |key, why: &str| refusals.push((key, why.to_owned()));
    if inputs.get(Key::Name).is_none() {
        refuse(Key::Name, "say which of its public certificates");
    }
    refusals
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(id) = app_id(inputs) else { return Ok(seen) };
    seen.app = sites::get(client, &id).await?.map(|site| site.app).into();
    if seen.app.here().is_some() {
        let (certificates, settings) =
            join(public_certificates::list(client, &id), settings::list(client, &id)).await;
        seen.public_certificates = Seen::Here(certificates?);
        seen.settings = seen.spare(READ_SETTINGS, settings)?.map_or(Seen::NotAsked, Seen::Here);
    }
    Ok(seen)
}

fn chosen<'a>(case: &Case<'a>) -> Option<&'a PublicCertificate> {
    let typed = case.inputs.get(Key::Name)?;
    let (name, print) = (typed.rsplit('/').next().unwrap_or_default(), Thumbprint::parse(typed).ok());
    let is_meant = |one: &&PublicCertificate| {
        one.id.name().eq_ignore_ascii_case(name) || (print.is_some() && one.thumbprint == print)
    };
    case.observed.public_certificates.here()?.iter().find(is_meant)
}

/// What the code may load, if that names this certificate.
fn load<'a>(case: &Case<'a>) -> Option<(&'a PublicCertificate, Load)> {
    let certificate = chosen(case)?;
    Some((certificate, Load::of(case.observed.settings.here()?)))
}

fn is_named(case: &Case<'_>) -> bool {
    load(case).is_some_and(|(certificate, load)| {
        certificate.thumbprint.as_ref().is_some_and(|print| load.names(print))
    })
}

fn in_use(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::IN_USE, "See whether code loads it", status)
            .explained("The app setting WEBSITE_LOAD_CERTIFICATES names what the code of the app loads; other apps do not see it.")
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let Some(certificate) = chosen(case) else { return step(StepStatus::NotNeeded("it is gone".to_owned())) };
    if case.observed.settings.here().is_none() {
        let why = "whether code loads it cannot be seen from here: ask its developers";
        return step(StepStatus::NotNeeded(why.to_owned()));
    }
    let setting = load(case).map(|(_, load)| load).unwrap_or_default();
    let step = |status| step(status).fact("Setting", setting.words());
    if is_named(case) {
        let problem = Problem::new(
            format!("Delete {}", certificate.id.name()),
            format!("the code of {} loads it: {SETTING} names its thumbprint", certificate.app.name()),
        )
        .remedy("if the code needs it no more, take its thumbprint out of the setting first: the flow 'settings' does that");
        return step(StepStatus::Blocked(problem));
    }
    if setting.is_all() {
        return step(StepStatus::Done("no code names it".to_owned()))
            .fact("Note", "the code may load every certificate, so ask its developers");
    }
    step(StepStatus::Done("no code loads it".to_owned()))
}

fn delete(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::DELETE, "Delete the public certificate", status)
            .explained("It disappears from Public Certificates of this app.")
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let (Some(app), Some(_)) = (case.observed.app.here(), case.observed.public_certificates.here()) else {
        return step(StepStatus::NeedsInput {
            key: Key::App,
            why: "follows once the app is looked at".to_owned(),
        });
    };
    let Some(certificate) = chosen(case) else {
        let name = case.inputs.get(Key::Name).unwrap_or_default();
        return step(StepStatus::Done(format!("there is no public certificate '{name}' in {}", app.label())));
    };
    if is_named(case) {
        return step(StepStatus::NeedsInput {
            key: Key::Name,
            why: "follows once no code loads it".to_owned(),
        });
    }
    let name = certificate.id.name();
    let subject = certificate.subject.clone().unwrap_or_else(|| "unknown".to_owned());
    step(StepStatus::Ready)
        .fact("Subject", subject)
        .fact("Thumbprint", certificate.thumbprint.as_ref().map(ToString::to_string).unwrap_or_default())
        .sending(vec![public_certificates::remove(&certificate.id)])
        .consent(Consent::Typed {
            notice: format!(
                "This deletes {name} from {}. Code that trusts others by it fails then; the .cer file brings it back.",
                app.label()
            ),
            word: name.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::super::sample::{app, find, id, inputs, stand};
    use super::*;
    use crate::azure::settings::AppSettings;

    fn stands(setting: &str) -> Vec<Step> {
        let certificate = PublicCertificate {
            id: id("Microsoft.Web/sites/shop").child("publicCertificates", "partner"),
            app: id("Microsoft.Web/sites/shop"),
            thumbprint: Thumbprint::parse(&"AB".repeat(20)).ok(),
            store: "CurrentUserMy".to_owned(),
            subject: None,
            expires: None,
        };
        let settings: AppSettings = [(SETTING.to_owned(), setting.into())].into_iter().collect();
        let observed = Observed {
            app: Seen::Here(app(&[])),
            public_certificates: Seen::Here(vec![certificate]),
            settings: Seen::Here(settings),
            ..Observed::default()
        };
        stand(FlowName::DeletePublic, &observed, &inputs().with(Key::App, "shop").with(Key::Name, "Partner"))
    }

    #[test]
    fn what_code_names_is_not_deleted_e10() {
        let steps = stands(&"ab".repeat(20));
        let StepStatus::Blocked(problem) = &find(&steps, StepId::IN_USE).status else {
            panic!("not blocked")
        };
        assert!(problem.remedy.contains("settings"));
        assert!(find(&steps, StepId::DELETE).requests.is_empty());
    }

    #[test]
    fn what_no_code_names_goes_by_its_exact_name() {
        let steps = stands("*");
        assert!(find(&steps, StepId::IN_USE).facts.iter().any(|(label, _)| label == "Note"));
        let delete = find(&steps, StepId::DELETE);
        assert_eq!(delete.status, StepStatus::Ready);
        assert!(matches!(&delete.consent, Consent::Typed { word, .. } if word == "partner"));
    }
}
