//! Delete a private key certificate (A165, E4, E10): only once no hostname of any app or slot presents it and
//! no code loads it, and only by its exact name.

use super::load::Load;
use super::usage::{Usage, certificate_refusal, no_certificate};
use super::{
    Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Pick, Seen, Step,
    StepId, StepStatus, Subject, row,
};
use crate::azure::settings::AppSettings;
use crate::azure::{AzureError, Client, certificates};
use crate::model::{Estate, PrivateCertificate, Problem};

pub(super) static FLOW: Flow = Flow {
    name: "delete-private",
    title: "Delete certificate",
    summary: "Delete a private key certificate that nothing uses.",
    done: "The certificate is deleted.",
    pages: &[FlowName::DeletePrivate],
    about: Subject::Certificate,
    leaves: Subject::Certificate,
    changes: "Deletes a certificate from its webspace, for every app that shares it, or from the one app that has it.",
    permissions: &[
        "Microsoft.Web/certificates/delete",
        "Microsoft.Web/sites/certificates/delete",
        "Microsoft.Web/sites/config/list/action",
    ],
    checklist: &["A10", "A165"],
    command: Some(FlowCommand::changing("delete-private", "", "Delete a private certificate nothing uses.")),
    fits: row::unused,
    keys: "1, d",
    fields: |_, _| fields(),
    suggest: |_: &Estate, _| {},
    refusals: |observed, inputs, _, _| refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps: |case| vec![in_use_step(case, chosen(case.observed, case.inputs)), delete(case)],
};

fn fields() -> Vec<Field> {
    vec![Field::new(
        Key::Certificate,
        "Certificate",
        "It goes from its whole webspace, which every app of the same group, region and system shares, or from the one app that has it.",
        FieldKind::Pick { of: Pick::Certificate, or_new: false },
    )]
}

fn refusals(observed: &Observed, inputs: &Inputs) -> Vec<(Key, String)> {
    certificate_refusal(observed.usage.here(), inputs).into_iter().collect()
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut usage = match inputs.get(Key::Certificate) {
        Some(_) => Usage::observe(client, inputs).await?,
        None => None,
    };
    if let Some(usage) = &mut usage
        && let Some(home) = usage.named(inputs).ok().flatten().map(|one| one.home.clone())
    {
        usage.read_settings(client, &home).await;
    }
    Ok(Observed { usage: usage.map_or(Seen::NotAsked, Seen::Here), ..Observed::default() })
}

fn chosen<'a>(observed: &'a Observed, inputs: &Inputs) -> Option<&'a PrivateCertificate> {
    observed.usage.here()?.named(inputs).ok().flatten()
}

/// The blast radius (B3-8): everything that would break, by name.
pub(super) fn in_use_step(case: &Case<'_>, certificate: Option<&PrivateCertificate>) -> Step {
    let step = |status| {
        Step::new(StepId::IN_USE, "See what uses it", status).explained(
            "Looks at every app and slot that can be bound to it: hostnames that present it, and code that loads it. What you may not see, Azure checks: it deletes nothing that is bound.",
        )
    };
    if let Some(status) = case.needs(&[Key::Certificate]) {
        return step(status);
    }
    let Some(usage) = case.observed.usage.here() else {
        return step(StepStatus::follows(Key::Certificate, "the cloud is looked at"));
    };
    let Some(certificate) = certificate else { return step(StepStatus::NotNeeded("it is gone".to_owned())) };
    let uses = usage
        .uses(certificate)
        .map(|one| ("Secures".to_owned(), format!("{} by {}", one.words(), one.binding.ssl.words())));
    let mut facts: Vec<(String, String)> = uses.collect();
    let loaders = certificate.thumbprint.iter().flat_map(|thumbprint| usage.loaders(thumbprint));
    facts.extend(loaders.map(|app| ("Loaded by".to_owned(), format!("the code of {}", app.label()))));
    facts.extend(
        usage
            .twin(certificate)
            .map(|twin| ("The same".to_owned(), format!("also there as {}", twin.id.name()))),
    );
    facts.extend(open_questions(usage));
    let what = format!("Delete {}", certificate.id.name());
    let status = match usage.in_use(certificate) {
        Some(why) => StepStatus::Blocked(Problem::new(what, why).remedy(
            "bind these hostnames to another certificate first (replace, rebind-all or bind), or unbind them; take it out of WEBSITE_LOAD_CERTIFICATES with settings",
        )),
        None => StepStatus::Done(match usage.twin(certificate) {
            Some(twin) => format!("its bindings go on with {}, which is the same certificate", twin.id.name()),
            None => "no hostname is bound to it, and no code names it".to_owned(),
        }),
    };
    facts.into_iter().fold(step(status), |step, (label, value)| step.fact(label, value))
}

/// What could not be found out, or what may concern it without naming it.
fn open_questions(usage: &Usage) -> Vec<(String, String)> {
    let apps = |fits: &dyn Fn(&Seen<AppSettings>) -> bool| {
        let names: Vec<&str> =
            usage.settings.iter().filter(|(_, settings)| fits(settings)).map(|(app, _)| app.name()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let all = apps(&|settings| settings.here().is_some_and(|settings| Load::of(settings).is_all()));
    let unread = apps(&Seen::is_absent);
    let note = |words: String| ("Note".to_owned(), words);
    [
        all.map(|names| {
            note(format!("the code of {names} may load every certificate (WEBSITE_LOAD_CERTIFICATES = *)"))
        }),
        unread.map(|names| note(format!("the settings of {names} may not be read from here"))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn delete(case: &Case<'_>) -> Step {
    let certificate = chosen(case.observed, case.inputs);
    let step = |status| {
        Step::new(StepId::DELETE, "Delete the certificate", status)
            .explained("It disappears from Private Key Certificates of every app that could be bound to it.")
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let Some(usage) = case.observed.usage.here() else {
        return step(StepStatus::follows(Key::Certificate, "the cloud is looked at"));
    };
    match certificate {
        None => step(StepStatus::Done(no_certificate(case.inputs))),
        Some(certificate) if usage.in_use(certificate).is_some() => {
            step(StepStatus::follows(Key::Certificate, "nothing uses it"))
        }
        Some(certificate) => ready(step(StepStatus::Ready), certificate),
    }
}

/// The deletion itself, with what it means for a certificate of this kind. Nothing brings it back.
pub(super) fn ready(step: Step, certificate: &PrivateCertificate) -> Step {
    let name = certificate.id.name();
    let after = if certificate.canonical_name.is_some() {
        "Azure stops renewing it; a free managed certificate can be created again."
    } else if certificate.vault.is_some() {
        "The secret in the key vault stays, and it can be imported again."
    } else {
        "Azure gives no uploaded key back: without the PFX file it is lost."
    };
    let thumbprint = certificate.thumbprint.as_ref().map(ToString::to_string).unwrap_or_default();
    step.fact("Certificate", name)
        .fact("Thumbprint", thumbprint)
        .fact("Webspace", certificate.home.label())
        .sending(vec![certificates::delete(&certificate.id)])
        .consent(Consent::Typed {
            notice: format!(
                "This deletes {name} from {}, and cannot be undone. {after}",
                certificate.home.words()
            ),
            word: name.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{find, imported, inputs, needed, stand, usage};
    use super::*;

    fn asked() -> Inputs {
        inputs().with(Key::Certificate, imported().id.as_str())
    }

    fn steps(usage: Usage) -> Vec<Step> {
        stand(
            FlowName::DeletePrivate,
            &Observed { usage: Seen::Here(usage), ..Observed::default() },
            &asked(),
        )
    }

    #[test]
    fn what_is_in_use_is_not_deleted_and_everything_that_uses_it_is_named_e10() {
        let steps = steps(usage());
        let StepStatus::Blocked(problem) = &find(&steps, StepId::IN_USE).status else {
            panic!("not blocked")
        };
        assert!(
            problem.why.contains("contoso.com (shop)") && problem.remedy.contains("another certificate"),
            "{problem}"
        );
        assert!(find(&steps, StepId::DELETE).requests.is_empty());
        assert_eq!(needed(find(&steps, StepId::DELETE)).1, "follows once nothing uses it");
    }

    #[test]
    fn deleting_takes_the_exact_name_and_says_what_is_lost_a165() {
        let mut unused = usage();
        unused.sites[0].bindings.clear();
        let steps = steps(unused);
        let delete = find(&steps, StepId::DELETE);
        let Consent::Typed { notice, word } = &delete.consent else { panic!("no consent asked") };
        assert_eq!(word, imported().id.name());
        assert!(notice.contains("cannot be undone") && notice.contains("key vault stays"));
        assert_eq!(delete.plan(), [format!("DELETE {}", imported().id)]);
    }

    #[test]
    fn what_is_gone_is_done() {
        let gone = Usage { certificates: Vec::new(), ..usage() };
        assert!(crate::flow::current(&steps(gone)).is_none());
    }
}
