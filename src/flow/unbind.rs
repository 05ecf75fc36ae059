//! Unbind (A159, A166): take the certificate off a hostname. The hostname stays mapped, and browsers warn
//! until it is bound again, so replacing a binding is always the better way to renew.

use super::bind::{host, host_refusals};
use super::outside;
use super::target::app_id;
use super::usage::HostUse;
use super::{
    Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Pick, Seen, Step,
    StepId, StepStatus, Subject, row,
};
use crate::azure::{AzureError, Client, sites};
use crate::model::{Binding, Estate, SslState};

pub(super) static FLOW: Flow = Flow {
    name: "unbind",
    title: "Unbind",
    summary: "Take the certificate off a hostname; the hostname stays mapped to the app.",
    done: "The hostname is unbound.",
    pages: &[FlowName::Unbind],
    about: Subject::Binding,
    leaves: Subject::Binding,
    changes: "Takes certificate and TLS type off a hostname of an app.",
    permissions: &["Microsoft.Web/sites/hostNameBindings/write"],
    checklist: &["A159-A160", "A166"],
    command: Some(FlowCommand::changing("unbind", "", "Take the certificate off a hostname.")),
    fits: row::bound,
    keys: "4, d",
    fields: |_, inputs| fields(inputs),
    suggest: |_: &Estate, _| {},
    refusals: |observed, inputs, _, _| host_refusals(observed, inputs),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps: |case| vec![unbind(case), address(case)],
};

impl StepId {
    pub const UNBIND: Self = Self("unbind");
}

fn fields(inputs: &Inputs) -> Vec<Field> {
    let field = |key, label, help, of| Field::new(key, label, help, FieldKind::Pick { of, or_new: false });
    let mut fields = vec![
        field(Key::App, "App", "The app or slot that answers for the hostname.", Pick::App),
        field(Key::Hostname, "Hostname", "The hostname to unbind.", Pick::Hostname),
    ];
    if inputs.get(Key::App).is_none() {
        fields.truncate(1);
    }
    fields
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(id) = app_id(inputs) else { return Ok(seen) };
    let Some(site) = sites::get(client, &id).await? else {
        return Ok(Observed { app: Seen::Absent, ..seen });
    };
    (seen.app, seen.outside.bindings) = (Seen::Here(site.app), site.bindings);
    let Some(host) = host(inputs) else { return Ok(seen) };
    seen.see_binding(sites::binding_as_it_is(client, &Binding::id_of(&id, &host)).await?);
    seen.outside.by_address = sites::mapped_by_a(client, &id).await?;
    let app = seen.app.here().and_then(|app| app.inbound_ip.clone());
    let mapped = seen.outside.by_address.iter().map(|host| (host.clone(), app.clone())).collect();
    seen.outside.look(client, mapped).await;
    Ok(seen)
}

fn unbind(case: &Case<'_>) -> Step {
    let title =
        host(case.inputs).map_or_else(|| "Unbind the hostname".to_owned(), |host| format!("Unbind {host}"));
    let step = |status| {
        Step::new(StepId::UNBIND, title.clone(), status).explained(
            "Browsers warn of the hostname afterwards, until it is bound again. To renew a certificate nothing has to be unbound: bind replaces.",
        )
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let (Some(app), Some(host), false) =
        (case.observed.app.here(), host(case.inputs), case.observed.binding == Seen::NotAsked)
    else {
        return step(StepStatus::follows(Key::Hostname, "the app is looked at"));
    };
    let Some(binding) = case.observed.binding.here().filter(|binding| binding.ssl != SslState::Disabled)
    else {
        return step(StepStatus::Done(format!("{host} is bound to no certificate")));
    };
    let ready = step(StepStatus::Ready)
        .fact("TLS/SSL type now", binding.ssl.words())
        .fact("Thumbprint", binding.thumbprint.as_ref().map(ToString::to_string).unwrap_or_default())
        .sending(vec![sites::unbind(&binding.id(), case.observed.binding_as_it_is.as_ref())]);
    let warnings = case.observed.outside.warnings(app, &host, binding.ssl, SslState::Disabled);
    let ready = warnings.into_iter().fold(ready, |step, (label, words)| step.fact(label, words));
    let ready = if app.https_only {
        ready.fact("Note", "the app is HTTPS only: visitors meet the warning, never plain HTTP")
    } else {
        ready
    };
    match binding.virtual_ip.as_deref().or(app.inbound_ip.as_deref()) {
        Some(address) if binding.ssl == SslState::IpBased => ready.consent(Consent::Typed {
            notice: format!(
                "This gives up the address {address}, which may never come back: A records and firewalls that name it break. Replacing the certificate with bind keeps it."
            ),
            word: address.to_owned(),
        }),
        _ => ready.consent(Consent::interrupting(
            format!("Browsers warn every visitor of {host} from now on."),
            [host.to_string()],
        )),
    }
}

/// Where visitors go once an address may have changed.
fn address(case: &Case<'_>) -> Step {
    let (observed, is_bound) =
        (case.observed, case.observed.binding.here().is_none_or(|binding| binding.ssl != SslState::Disabled));
    let Some(app) = observed.app.here() else {
        return outside::address(StepStatus::follows(Key::App, "the app is looked at"));
    };
    let mapped = observed
        .outside
        .bindings
        .iter()
        .filter(|binding| observed.outside.by_address.contains(&binding.host));
    let uses: Vec<HostUse<'_>> = mapped.map(|binding| HostUse { app, binding }).collect();
    if is_bound {
        return outside::address(StepStatus::follows(Key::Hostname, "the hostname is unbound"));
    }
    observed.outside.address_step(&uses)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::sample::{LEAF, app, bound, find, inputs, stand};
    use super::*;
    use crate::flow::outside::Outside;

    fn stands(ssl: SslState) -> Vec<Step> {
        let binding = bound("contoso.com", ssl, LEAF);
        let outside = Outside {
            bindings: vec![binding.clone()],
            by_address: vec![binding.host.clone()],
            ..Outside::default()
        };
        let observed = Observed {
            app: Seen::Here(app(&["contoso.com"])),
            binding: Seen::Here(binding),
            outside: outside.looked("contoso.com", "20.9.9.9", None),
            ..Observed::default()
        };
        stand(
            FlowName::Unbind,
            &observed,
            &inputs().with(Key::App, "shop").with(Key::Hostname, "contoso.com"),
        )
    }

    #[test]
    fn an_ip_based_binding_is_given_up_only_by_typing_its_address_a166() {
        let steps = stands(SslState::IpBased);
        let Consent::Typed { notice, word } = &find(&steps, StepId::UNBIND).consent else {
            panic!("no consent asked")
        };
        assert_eq!(word, "20.9.9.9");
        assert!(notice.contains("A records"));
    }

    #[test]
    fn unbinding_a_hostname_interrupts_it_and_names_it_a4() {
        let steps = stands(SslState::Sni);
        let Consent::Interrupts { notice, names } = &find(&steps, StepId::UNBIND).consent else {
            panic!("nothing is interrupted")
        };
        assert_eq!(names, &["contoso.com"]);
        assert!(notice.contains("warn every visitor"), "{notice}");
    }

    #[test]
    fn what_is_unbound_is_done_and_names_that_lead_elsewhere_are_told() {
        let steps = stands(SslState::Disabled);
        assert!(crate::flow::current(&steps).is_none());
        assert!(
            find(&steps, StepId::ADDRESS)
                .facts
                .iter()
                .any(|(_, words)| words.starts_with("contoso.com leads") && words.contains("20.1.1.1"))
        );
    }
}
