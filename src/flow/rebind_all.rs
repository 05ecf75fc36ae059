//! Bind one renewed certificate to every hostname that it renews (B3-12): a plan first, then several apps at
//! a time, an end at the first error; running it again goes on with what is left.

use jiff::Timestamp;

use super::bind::expired;
use super::consent;
use super::proof;
use super::usage::{HostUse, Usage, certificate_refusal, no_certificate, some_of};
use super::{
    Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Pick, Seen, Step,
    StepId, StepStatus, Subject, row,
};
use crate::azure::{AzureError, Client, sites};
use crate::model::{Estate, Hostname, PrivateCertificate, ResourceId, SslState, Thumbprint};

const WHICH: &[(&str, &str, &str)] = &[
    (
        "renewed",
        "Those of older certificates",
        "Hostnames whose certificate this one renews: it has every name of that certificate, and expires later.",
    ),
    (
        "bound",
        "All with a certificate",
        "Every hostname it covers that has a certificate, also those that Azure renews.",
    ),
    ("all", "All it covers", "Every hostname it covers, also those that have no certificate yet."),
];

pub(super) static FLOW: Flow = Flow {
    name: "rebind-all",
    title: "Rebind all",
    summary: "Bind one certificate to every hostname of its webspace that it renews.",
    done: "Every hostname is bound to the certificate.",
    pages: &[FlowName::RebindAll],
    about: Subject::Certificate,
    leaves: Subject::Certificate,
    changes: "Sets the certificate of many hostnames; each binding keeps its TLS type and is replaced in one write.",
    permissions: &["Microsoft.Web/sites/hostNameBindings/write"],
    checklist: &["A154", "A163-A164"],
    command: Some(FlowCommand::changing(
        "rebind-all",
        "",
        "Bind one certificate to every hostname it renews.",
    )),
    fits: row::any,
    keys: "1, B",
    fields: |_, _| fields(),
    suggest: |_: &Estate, inputs| inputs.suggest(Key::Which, "renewed"),
    refusals: |observed, inputs, _, now| refusals(observed, inputs, now),
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps: |case| vec![rebind(case), served(case)],
};

fn fields() -> Vec<Field> {
    vec![
        Field::new(
            Key::Certificate,
            "Certificate",
            "The renewed certificate. It reaches every app and slot that can be bound to it.",
            FieldKind::Pick { of: Pick::Certificate, or_new: false },
        ),
        Field::new(
            Key::Which,
            "Hostnames",
            "Which of the hostnames that it covers.",
            FieldKind::Choice(WHICH),
        ),
        Field::new(
            Key::Only,
            "Limit to",
            "Hostnames with commas between; empty: all of the above. Rows marked in Bindings are filled in.",
            FieldKind::Text,
        ),
    ]
}

fn refusals(observed: &Observed, inputs: &Inputs, now: Timestamp) -> Vec<(Key, String)> {
    let mut refusals = Vec::new();
    let mut refuse = |key, why: String| refusals.push((key, why));
    if let Some((key, why)) = certificate_refusal(observed.usage.here(), inputs) {
        refuse(key, why);
    }
    match observed.usage.here().map(|usage| usage.named(inputs)) {
        Some(Ok(None)) => refuse(Key::Certificate, no_certificate(inputs)),
        Some(Ok(Some(chosen))) if chosen.thumbprint.is_none() => {
            refuse(Key::Certificate, "it is not issued yet".to_owned());
        }
        Some(Ok(Some(chosen))) => refusals.extend(expired(chosen, now).map(|why| (Key::Certificate, why))),
        Some(Err(_)) | None => {}
    }
    let mut refuse = |key, why: String| refusals.push((key, why));
    match only(inputs) {
        Err(why) => refuse(Key::Only, why),
        Ok(hosts) => {
            let uncovered = chosen(observed, inputs).zip(hosts).and_then(|((_, chosen), hosts)| {
                hosts.into_iter().find(|host| !chosen.hosts.iter().any(|name| name.covers(host)))
            });
            if let Some(host) = uncovered {
                refuse(Key::Only, format!("the certificate does not secure {host}"));
            }
        }
    }
    refusals
}

/// The hostnames that it is limited to, if it is.
fn only(inputs: &Inputs) -> Result<Option<Vec<Hostname>>, String> {
    let Some(typed) = inputs.get(Key::Only) else { return Ok(None) };
    let names = typed.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| Hostname::parse(name).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()
        .map(Some)
}

fn chosen<'a>(observed: &'a Observed, inputs: &Inputs) -> Option<(&'a Usage, &'a PrivateCertificate)> {
    let usage = observed.usage.here()?;
    Some((usage, usage.named(inputs).ok()??))
}

/// The hostnames to bind, with the certificate that each has now, where it is known.
fn left<'a>(
    usage: &'a Usage,
    chosen: &'a PrivateCertificate,
    inputs: &Inputs,
) -> Vec<(HostUse<'a>, Option<&'a PrivateCertificate>)> {
    let which = inputs.get(Key::Which).unwrap_or("renewed");
    let only = only(inputs).ok().flatten();
    let sites = usage.sites_at(&chosen.home);
    let all = sites.flat_map(|site| site.bindings.iter().map(|binding| HostUse { app: &site.app, binding }));
    let now = |one: &HostUse<'_>| {
        let mut near = usage.certificates.iter().filter(|other| other.home.is(&chosen.home));
        near.find(|other| other.thumbprint.is_some() && other.thumbprint == one.binding.thumbprint)
    };
    let fits = |(one, now): &(HostUse<'_>, Option<&PrivateCertificate>)| {
        let host = &one.binding.host;
        let is_meant = only.as_ref().is_none_or(|only| only.contains(host));
        let covers = |host: &Hostname| chosen.hosts.iter().any(|name| name.covers(host));
        let is_custom = one.app.custom_hostnames().any(|own| own == host);
        let is_bound = one.binding.ssl != SslState::Disabled;
        let renews = |old: &PrivateCertificate| old.hosts.iter().all(covers) && old.expires < chosen.expires;
        is_meant
            && is_custom
            && covers(host)
            && one.binding.thumbprint != chosen.thumbprint
            && match which {
                "all" => true,
                "bound" => is_bound,
                _ => is_bound && now.is_some_and(renews),
            }
    };
    all.map(|one| (one, now(&one))).filter(fits).collect()
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    if inputs.get(Key::Certificate).is_none() {
        return Ok(seen);
    }
    seen.usage = Usage::observe(client, inputs).await?.map_or(Seen::NotAsked, Seen::Here);
    let Some((usage, certificate)) = chosen(&seen, inputs) else { return Ok(seen) };
    let bindings: Vec<ResourceId> =
        left(usage, certificate, inputs).iter().map(|(one, _)| one.binding.id()).collect();
    let hosts = usage.uses(certificate).map(|one| one.place()).collect();
    if let Seen::Here(usage) = &mut seen.usage {
        usage.read_answers(client, bindings).await?;
    }
    seen.outside.look(client, hosts).await;
    Ok(seen)
}

fn rebind(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::REBIND, "Bind the hostnames", status).explained(
            "Each binding keeps its TLS type and is replaced in one write, so nothing goes down. Several apps are changed at a time; the first error stops, and doing this again goes on with what is left.",
        )
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let Some((usage, chosen)) = chosen(case.observed, case.inputs) else {
        return step(StepStatus::follows(Key::Certificate, "the cloud is looked at"));
    };
    let Some(thumbprint) = &chosen.thumbprint else {
        return step(StepStatus::follows(Key::Certificate, "the certificate is issued"));
    };
    let left = left(usage, chosen, case.inputs);
    if left.is_empty() {
        return step(match usage.uses(chosen).count() {
            0 => StepStatus::NotNeeded("there is no such hostname; 'Hostnames' chooses which".to_owned()),
            1 => StepStatus::Done("no other hostname; 1 is bound to it".to_owned()),
            many => StepStatus::Done(format!("no other hostname; {many} are bound to it")),
        });
    }
    let mut ready = step(StepStatus::Ready)
        .in_parallel()
        .fact("Certificate", format!("{} ({})", chosen.id.name(), thumbprint.short()));
    let by_azure: Vec<String> = left
        .iter()
        .filter(|(_, now)| now.is_some_and(|now| now.vault.is_some() || now.canonical_name.is_some()))
        .map(|(one, _)| one.binding.host.to_string())
        .collect();
    if !by_azure.is_empty() {
        ready = ready.fact(
            "Note",
            format!(
                "Azure renews the certificate of {} by itself; with this one, you do",
                some_of(&by_azure)
            ),
        );
    }
    for (one, now) in &left {
        let ssl = if one.binding.ssl == SslState::Disabled { SslState::Sni } else { one.binding.ssl };
        let was = now.map_or("no certificate", |now| now.id.name());
        ready = ready.fact("Hostname", format!("{}: instead of {was}, by {}", one.words(), ssl.words()));
        ready.requests.push(sites::bind(&one.binding.id(), ssl, thumbprint, usage.answer(one.binding)));
    }
    ready.consent(replacing(&left, chosen, case.now))
}

/// Hostnames that serve a good certificate are interrupted by one that browsers would refuse.
fn replacing(
    left: &[(HostUse<'_>, Option<&PrivateCertificate>)],
    new: &PrivateCertificate,
    now: Timestamp,
) -> Consent {
    let serving = left.iter().filter(|(one, _)| one.binding.ssl != SslState::Disabled);
    let worse = serving.filter(|(_, old)| consent::works(*old, now));
    let doubts: Vec<(String, String)> = worse
        .filter_map(|(one, _)| {
            Some((one.binding.host.to_string(), consent::doubt(new, &one.binding.host, now)?))
        })
        .collect();
    let why = doubts.first().map(|(_, why)| why.clone()).unwrap_or_default();
    let notice = format!("Browsers warn from now on where a good certificate was: {why}.");
    Consent::interrupting(notice, doubts.into_iter().map(|(host, _)| host))
}

fn served(case: &Case<'_>) -> Step {
    let about = chosen(case.observed, case.inputs).filter(|_| case.needs_any().is_none());
    let about = about.filter(|(usage, chosen)| left(usage, chosen, case.inputs).is_empty());
    let Some((usage, chosen, thumbprint)) =
        about.and_then(|(usage, chosen)| Some((usage, chosen, chosen.thumbprint.as_ref()?)))
    else {
        return proof::served(StepStatus::follows(Key::Certificate, "the hostnames are bound"));
    };
    let hosts: Vec<&Hostname> = usage.uses(chosen).map(|one| &one.binding.host).collect();
    let is_own =
        |served: &Thumbprint| usage.certificates.iter().any(|one| one.thumbprint.as_ref() == Some(served));
    case.observed.outside.served_step(&hosts, thumbprint, is_own)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{LEAF, app, bound, find, id, imported, inputs, needed, stand};
    use super::*;
    use crate::azure::sites::Site;
    use crate::model::{App, Binding};

    fn certificate(name: &str, digit: &str, hosts: &[&str], expires: &str) -> PrivateCertificate {
        PrivateCertificate {
            id: id(&format!("Microsoft.Web/certificates/{name}")),
            thumbprint: Thumbprint::parse(&digit.repeat(40)).ok(),
            hosts: hosts.iter().map(|host| Hostname::parse(host).unwrap()).collect(),
            expires: expires.parse().ok(),
            vault: None,
            ..imported()
        }
    }

    /// A wildcard that renews two certificates, may take a third's place, and covers a hostname without any.
    fn seen() -> Observed {
        let hosts = ["a.contoso.com", "b.contoso.com", "c.contoso.com", "d.contoso.com"];
        let slot = App { id: app(&[]).id.child("slots", "next"), ..app(&hosts[1..2]) };
        let in_slot = Binding { app: slot.id.clone(), ..bound(hosts[1], SslState::Sni, &"B".repeat(40)) };
        let bindings = vec![
            bound(hosts[0], SslState::IpBased, &"A".repeat(40)),
            bound(hosts[2], SslState::Sni, &"C".repeat(40)),
            bound(hosts[3], SslState::Disabled, ""),
        ];
        let certificates = vec![
            certificate("wildcard", "F", &["*.contoso.com"], "2027-06-01T00:00:00Z"),
            certificate("a", "A", &hosts[..1], "2026-12-01T00:00:00Z"),
            certificate("b", "B", &hosts[1..2], "2026-12-01T00:00:00Z"),
            certificate("c", "C", &["c.contoso.com", "c.fabrikam.com"], "2026-12-01T00:00:00Z"),
        ];
        let sites = vec![Site { app: app(&hosts), bindings }, Site { app: slot, bindings: vec![in_slot] }];
        Observed {
            usage: Seen::Here(Usage { certificates, sites, ..Usage::default() }),
            ..Observed::default()
        }
    }

    fn asked(which: &str) -> Inputs {
        inputs().with(Key::Certificate, "wildcard").with(Key::Which, which)
    }

    fn hosts(observed: &Observed, inputs: &Inputs) -> Vec<String> {
        let steps = stand(FlowName::RebindAll, observed, inputs);
        let plan = find(&steps, StepId::REBIND).plan();
        plan.iter().map(|line| line.rsplit('/').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn only_what_it_renews_is_taken_unless_more_is_asked_for_b3_12() {
        assert_eq!(
            hosts(&seen(), &asked("renewed")),
            ["a.contoso.com", "b.contoso.com"],
            "c would lose a name"
        );
        assert_eq!(hosts(&seen(), &asked("bound")), ["a.contoso.com", "c.contoso.com", "b.contoso.com"]);
        assert_eq!(hosts(&seen(), &asked("all")).len(), 4);
        assert_eq!(hosts(&seen(), &asked("all").with(Key::Only, "d.contoso.com, b.contoso.com")).len(), 2);
        let elsewhere = asked("all").with(Key::Only, "www.fabrikam.com");
        assert_eq!(
            needed(find(&stand(FlowName::RebindAll, &seen(), &elsewhere), StepId::REBIND)).0,
            Key::Only
        );
    }

    #[test]
    fn a_binding_keeps_its_type_and_an_app_with_its_slots_is_one_lane() {
        let steps = stand(FlowName::RebindAll, &seen(), &asked("renewed"));
        let rebind = find(&steps, StepId::REBIND);
        assert_eq!(
            rebind.requests[0].body.as_ref().unwrap().shown()["properties"]["sslState"],
            "IpBasedEnabled"
        );
        assert_eq!(rebind.lanes().iter().map(Vec::len).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn what_is_left_after_an_interruption_is_all_that_is_sent() {
        let mut observed = seen();
        if let Seen::Here(usage) = &mut observed.usage {
            usage.sites[0].bindings[0].thumbprint = Thumbprint::parse(&"F".repeat(40)).ok();
        }
        assert_eq!(hosts(&observed, &asked("renewed")), ["b.contoso.com"]);
        assert!(Thumbprint::parse(LEAF).is_ok());
    }

    #[test]
    fn an_expired_certificate_is_not_bound() {
        let mut observed = seen();
        if let Seen::Here(usage) = &mut observed.usage {
            usage.certificates[0].expires = "2026-01-01T00:00:00Z".parse().ok();
        }
        let steps = stand(FlowName::RebindAll, &observed, &asked("all"));
        assert!(needed(find(&steps, StepId::REBIND)).1.contains("expired on 2026-01-01"), "{steps:?}");
    }
}
