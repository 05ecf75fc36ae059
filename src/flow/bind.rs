//! Bind (A58, A214–A217): secure one hostname of an app with one certificate of its webspace, replacing what
//! is there without removing it, and see what the hostname really serves.

use jiff::{SignedDuration, Timestamp};

use super::chosen::{app_field, no_app, unnamed_app};
use super::consent;
use super::import_order::{observe_app, tier_problem};
use super::named::Named;
use super::outside;
use super::proof;
use super::target::{app_id, order_id};
use super::usage::HostUse;
use super::{
    Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Pick, Seen, Step,
    StepId, StepStatus, Subject, row,
};
use crate::azure::{AzureError, Client, orders, sites};
use crate::health::tls;
use crate::model::{
    App, Binding, Estate, Hostname, Plan, PrivateCertificate, Scope, SslState, Thumbprint, typed as shown,
};
use crate::rules::{Names, Rules};

const TYPES: &[(&str, &str, &str)] = &[
    ("sni", "SNI SSL", "Many certificates on one address. Every current browser supports it."),
    (
        "ip",
        "IP based SSL",
        "A dedicated inbound address for the app: A records must be changed to it. One per app.",
    ),
];

/// The front ends take a new binding within moments.
const POLL: SignedDuration = SignedDuration::from_secs(5);

pub(super) static FLOW: Flow = Flow {
    name: "bind",
    title: "Bind",
    summary: "Secure a hostname of an app with a certificate.",
    done: "The hostname is secured.",
    pages: &[FlowName::Bind],
    about: Subject::Binding,
    leaves: Subject::Binding,
    changes: "Sets the certificate and the TLS type of a hostname; a binding that is there is replaced in one write.",
    permissions: &["Microsoft.Web/sites/hostNameBindings/write"],
    checklist: &["A58", "A214-A217"],
    command: Some(FlowCommand::changing("bind", "Bind", "Secure a hostname of an app with a certificate.")),
    fits: row::any,
    keys: "b",
    fields: |_, inputs| fields(inputs),
    suggest,
    refusals,
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps,
};

impl StepId {
    pub const BIND: Self = Self("bind");
}

fn fields(inputs: &Inputs) -> Vec<Field> {
    let mut fields = vec![
        app_field("The app or slot that answers for the hostname."),
        Field::new(
            Key::Hostname,
            "Hostname",
            "A custom hostname that is mapped to the app.",
            FieldKind::Pick { of: Pick::Hostname, or_new: false },
        ),
        Field::new(
            Key::Certificate,
            "Certificate",
            "A private key certificate of the app, or of its webspace, that covers the hostname.",
            FieldKind::Pick { of: Pick::CoveringCertificate, or_new: false },
        ),
        Field::new(Key::SslType, "TLS/SSL type", "SNI SSL suits nearly everybody.", FieldKind::Choice(TYPES)),
    ];
    if inputs.get(Key::App).is_none() {
        fields.truncate(1);
    }
    fields
}

fn suggest(estate: &Estate, inputs: &mut Inputs) {
    inputs.suggest(Key::SslType, "sni");
    let order = order_id(inputs).and_then(|id| estate.order(&id));
    let named = |id: &str| {
        estate.certificates.iter().find(|certificate| certificate.id.as_str().eq_ignore_ascii_case(id))
    };
    let chosen = inputs.get(Key::Certificate).and_then(named);
    if let Some(certificate) = order.and_then(|order| estate.imports_of(order).next()).or(chosen) {
        inputs.suggest(Key::Certificate, certificate.id.as_str());
        if let Some(app) = app_id(inputs).and_then(|id| estate.app(&id))
            && let Some(host) = first_covered(app, certificate)
        {
            inputs.suggest(Key::Hostname, host.as_str());
        }
    } else if let Some(domain) = inputs.get(Key::Domain).and_then(|domain| Hostname::parse(domain).ok())
        && let Some(app) = app_id(inputs).and_then(|id| estate.app(&id))
        && let Some(host) = app.custom_hostnames().find(|host| domain.covers(host))
    {
        // The certificate of the order is imported, and not read yet.
        inputs.suggest(Key::Hostname, host.as_str());
    }
}

/// The first hostname of an app that a certificate covers.
pub fn first_covered<'a>(app: &'a App, certificate: &PrivateCertificate) -> Option<&'a Hostname> {
    app.custom_hostnames().find(|host| certificate.hosts.iter().any(|name| name.covers(host)))
}

fn wanted_state(inputs: &Inputs) -> SslState {
    if inputs.get(Key::SslType) == Some("ip") { SslState::IpBased } else { SslState::Sni }
}

/// The certificate that is meant, in whichever form, or the one imported from the order.
fn certificate<'a>(observed: &'a Observed, inputs: &Inputs) -> Option<&'a PrivateCertificate> {
    let all = observed.certificates.here()?;
    if let Some(typed) = inputs.get(Key::Certificate) {
        let named = Named::resource(typed)?;
        return all.iter().find(|one| named.is_certificate(one));
    }
    let stored = &observed.order.here()?.stored;
    all.iter().find(|one| {
        one.vault.as_ref().is_some_and(|secret| stored.iter().any(|stored| stored.secret.same_secret(secret)))
    })
}

/// Why a certificate would not help: browsers warn of an expired one as of none.
pub(super) fn expired(certificate: &PrivateCertificate, now: Timestamp) -> Option<String> {
    let expires = certificate.expires.filter(|expires| *expires <= now)?;
    Some(format!("{} expired on {}: renew it first (r)", certificate.id.name(), expires.strftime("%Y-%m-%d")))
}

/// Why a certificate would not secure a hostname.
pub fn misfits(
    certificate: &PrivateCertificate,
    host: Option<&Hostname>,
    now: Timestamp,
) -> impl Iterator<Item = String> {
    let left_out = host.filter(|host| !certificate.hosts.iter().any(|name| name.covers(host)));
    let other_names = left_out.map(|host| {
        let names: Vec<&str> = certificate.hosts.iter().map(Hostname::as_str).collect();
        format!("{} secures {}, not {host}", certificate.id.name(), names.join(", "))
    });
    other_names.into_iter().chain(expired(certificate, now))
}

pub(super) fn host(inputs: &Inputs) -> Option<Hostname> {
    Hostname::parse(inputs.get(Key::Hostname)?).ok()
}

/// What is wrong with app and hostname.
pub(super) fn host_refusals(observed: &Observed, inputs: &Inputs) -> Vec<(Key, String)> {
    let mut refusals = Vec::new();
    let mut refuse = |key, why: String| refusals.push((key, why));
    let app = match (app_id(inputs), &observed.app) {
        (None, _) => {
            let (key, why) = unnamed_app(inputs);
            refuse(key, why);
            None
        }
        (Some(_), Seen::Absent) => {
            refuse(Key::App, no_app(inputs));
            None
        }
        (Some(_), seen) => seen.here(),
    };
    match inputs.get(Key::Hostname).map(Hostname::parse) {
        None => refuse(Key::Hostname, "choose a hostname of the app".to_owned()),
        Some(Err(error)) => refuse(Key::Hostname, error.to_string()),
        Some(Ok(host)) => {
            if let Some(app) = app.filter(|app| !app.hostnames.contains(&host)) {
                let why = format!(
                    "{host} is not mapped to {}: add it as a custom domain first, or choose another",
                    app.label()
                );
                refuse(Key::Hostname, why);
            }
        }
    }
    refusals
}

fn refusals(observed: &Observed, inputs: &Inputs, rules: &Rules, now: Timestamp) -> Vec<(Key, String)> {
    let mut refusals = host_refusals(observed, inputs);
    let mut refuse = |key, why: String| refusals.push((key, why));
    match (&observed.certificates, certificate(observed, inputs)) {
        (Seen::NotAsked | Seen::Absent, _)
            if inputs.get(Key::Certificate).or(inputs.get(Key::Order)).is_none() =>
        {
            refuse(Key::Certificate, "choose a certificate that covers the hostname".to_owned());
        }
        (Seen::NotAsked | Seen::Absent, _) => {}
        (Seen::Here(_), None) => {
            refuse(Key::Certificate, no_certificate_at(observed, inputs));
        }
        (Seen::Here(_), Some(chosen)) => {
            for why in misfits(chosen, host(inputs).as_ref(), now) {
                refuse(Key::Certificate, why);
            }
        }
    }
    if wanted_state(inputs) == SslState::IpBased {
        let without = |plan: &&Plan| rules.lists(Names::TiersWithoutIpBindings, now, &plan.tier);
        if let Some(plan) = observed.plan.here().filter(without) {
            refuse(
                Key::SslType,
                format!("IP based SSL needs the Standard tier or higher; the plan is {}", plan.tier),
            );
        }
        // One address can present one certificate to clients without SNI (A214).
        if let Some(other) = observed.outside.ip_based().filter(|other| host(inputs).as_ref() != Some(*other))
        {
            refuse(
                Key::SslType,
                format!("an app has one IP based binding at most, and {other} has it: choose SNI SSL"),
            );
        }
    }
    refusals
}

/// What was looked for among the certificates that the app can be bound to.
fn no_certificate_at(observed: &Observed, inputs: &Inputs) -> String {
    let (typed, order) = (inputs.get(Key::Certificate), inputs.get(Key::Order));
    let what = match (typed, order) {
        (Some(typed), _) => format!("there is no certificate '{}'", shown(typed)),
        (None, Some(order)) => format!("no certificate of the order '{}' is", shown(order)),
        (None, None) => return "choose the certificate".to_owned(),
    };
    match observed.app.here() {
        Some(app) if app.scope == Scope::App => format!(
            "{} can be bound to its own certificates alone, and {what} among them: import or upload it for this app first",
            app.label()
        ),
        Some(app) => {
            format!(
                "{what} in {}, where {} finds its certificates: import it there first",
                app.home().words(),
                app.label()
            )
        }
        None => format!("{what} at the app"),
    }
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    if let Some(order) = order_id(inputs) {
        seen.order = orders::get(client, &order).await?.into();
    }
    let Some(app) = app_id(inputs) else { return Ok(seen) };
    observe_app(client, &app, &mut seen).await?;
    let Some(host) = host(inputs) else { return Ok(seen) };
    seen.see_binding(sites::binding_as_it_is(client, &Binding::id_of(&app, &host)).await?);
    let is_about_address =
        wanted_state(inputs) == SslState::IpBased || seen.outside.ip_based() == Some(&host);
    if seen.app.here().is_some() && is_about_address {
        seen.outside.by_address = sites::mapped_by_a(client, &app).await?;
    }
    let bound = seen.binding.here().filter(|binding| binding.ssl != SslState::Disabled);
    let place = seen.app.here().zip(bound).map(|(app, binding)| HostUse { app, binding }.place());
    if place.is_some() {
        seen.served_at = Seen::Here(tls::address(client.cloud(), &host).await);
    }
    let unbound = (is_about_address && place.is_none()).then_some((host, None));
    seen.outside.look(client, place.or(unbound).into_iter().collect()).await;
    Ok(seen)
}

fn steps(case: &Case<'_>) -> Vec<Step> {
    let mut steps = vec![tier(case), bind(case), served(case)];
    if wanted_state(case.inputs) == SslState::IpBased {
        steps.push(address(case));
    }
    steps
}

/// Whether DNS leads to the address that an IP based binding brought.
fn address(case: &Case<'_>) -> Step {
    let binding = case.observed.binding.here().filter(|binding| binding.ssl == SslState::IpBased);
    match (case.observed.app.here(), binding) {
        (Some(app), Some(binding)) => case.observed.outside.address_step(&[HostUse { app, binding }]),
        _ => outside::address(StepStatus::follows(Key::Hostname, "the hostname has its address")),
    }
}

fn tier(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::TIER, "Check the App Service plan", status)
            .explained("Custom TLS needs the Basic tier or higher.")
    };
    match (tier_problem(case, "Bind a certificate"), case.observed.plan.here()) {
        (Some(problem), _) => step(StepStatus::Blocked(problem)),
        (None, Some(plan)) => {
            step(StepStatus::Done(format!("{} is in the {} tier", plan.id.name(), plan.tier)))
        }
        (None, None) => step(match case.needs(&[Key::App]) {
            Some(status) => status,
            None => StepStatus::NotNeeded("the plan could not be read".to_owned()),
        }),
    }
}

fn bind(case: &Case<'_>) -> Step {
    let title =
        host(case.inputs).map_or_else(|| "Bind the certificate".to_owned(), |host| format!("Bind {host}"));
    let step = |status| {
        Step::new(StepId::BIND, title.clone(), status).explained(
            "Sets the certificate of the hostname. A binding that is there is replaced, never removed first, so nothing goes down.",
        )
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let (Some(app), Some(host), Some(chosen)) =
        (case.observed.app.here(), host(case.inputs), certificate(case.observed, case.inputs))
    else {
        return step(StepStatus::NeedsInput {
            key: Key::App,
            why: "choose app, hostname and certificate".to_owned(),
        });
    };
    let Some(thumbprint) = &chosen.thumbprint else {
        return step(StepStatus::Waiting {
            on: "the certificate to be issued".to_owned(),
            since: None,
            next_poll: POLL,
        });
    };
    let wanted = wanted_state(case.inputs);
    let current = case.observed.binding.here();
    if current.is_some_and(|binding| binding.ssl == wanted && binding.thumbprint.as_ref() == Some(thumbprint))
    {
        return step(StepStatus::Done(format!(
            "{host} is bound to {} by {}",
            chosen.id.name(),
            wanted.words()
        )))
        .fact("Thumbprint", thumbprint.as_str());
    }
    let mut ready = step(StepStatus::Ready)
        .fact("Certificate", format!("{} ({})", chosen.id.name(), thumbprint.short()))
        .fact("TLS/SSL type", wanted.words())
        .sending(vec![sites::bind(
            &Binding::id_of(&app.id, &host),
            wanted,
            thumbprint,
            case.observed.binding_as_it_is.as_ref(),
        )]);
    if let Some(old) = current.and_then(|binding| binding.thumbprint.as_ref()) {
        ready = ready.fact("Replaces", old.as_str());
    }
    let was = current.map_or(SslState::Disabled, |binding| binding.ssl);
    for (label, words) in case.observed.outside.warnings(app, &host, was, wanted) {
        ready = ready.fact(label, words);
    }
    let twice = |other: &&Binding| {
        other.host != host && other.thumbprint.as_ref() == Some(thumbprint) && other.ssl != wanted
    };
    if let Some(other) =
        case.observed.outside.bindings.iter().filter(|other| other.ssl != SslState::Disabled).find(twice)
    {
        let words = format!(
            "{} has it by {}: Azure advises against one certificate by both types in an app",
            other.host,
            other.ssl.words()
        );
        ready = ready.fact("Note", words);
    }
    match app.inbound_ip.as_deref() {
        // A166: what gives up an address asks for it by name.
        Some(address) if was == SslState::IpBased && wanted != SslState::IpBased => ready.consent(Consent::Typed {
            notice: format!(
                "This gives up the address {address}, which may never come back: A records and firewalls that name it break. IP based SSL keeps it."
            ),
            word: address.to_owned(),
        }),
        _ => ready.consent(replacing(case, current, chosen, &host)),
    }
}

/// Where the hostname serves a good certificate, one that browsers would refuse interrupts it.
fn replacing(
    case: &Case<'_>,
    current: Option<&Binding>,
    new: &PrivateCertificate,
    host: &Hostname,
) -> Consent {
    let serving = current
        .filter(|binding| binding.ssl != SslState::Disabled)
        .and_then(|binding| binding.thumbprint.as_ref());
    let old = case
        .observed
        .certificates
        .here()
        .into_iter()
        .flatten()
        .find(|one| one.thumbprint.as_ref() == serving);
    match consent::doubt(new, host, case.now) {
        Some(why) if serving.is_some() && consent::works(old, case.now) => Consent::interrupting(
            format!("Browsers warn of {host} from now on: {why}. What is bound now works."),
            [host.to_string()],
        ),
        _ => Consent::Plain,
    }
}

fn served(case: &Case<'_>) -> Step {
    let named = |step| {
        Step { title: "See what the hostname serves".to_owned(), ..step }.explained(
            "A TLS handshake of certdeck's own with the hostname: the proof that the change arrived.",
        )
    };
    let bound = case.observed.binding.here().and_then(|binding| binding.thumbprint.as_ref());
    let chosen =
        certificate(case.observed, case.inputs).and_then(|certificate| certificate.thumbprint.as_ref());
    let (Some(host), Some(bound)) = (host(case.inputs), bound.filter(|bound| Some(*bound) == chosen)) else {
        return named(proof::served(StepStatus::follows(Key::Hostname, "the hostname is bound")));
    };
    let is_own = |served: &Thumbprint| {
        case.observed
            .certificates
            .here()
            .into_iter()
            .flatten()
            .any(|one| one.thumbprint.as_ref() == Some(served))
    };
    let step = named(case.observed.outside.served_step(&[&host], bound, is_own));
    match case.observed.served_at.here() {
        Some(address) => {
            step.fact("See it", format!("openssl s_client -servername {host} -connect {address}"))
        }
        None => step,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{LEAF, app, bound, find, imported, inputs, needed, plan, stand};
    use super::*;
    use crate::flow::FlowName;
    use crate::flow::outside::Outside;

    fn seen() -> Observed {
        Observed {
            app: Seen::Here(app(&["contoso.com", "pay.contoso.com"])),
            plan: Seen::Here(plan("Basic")),
            certificates: Seen::Here(vec![imported()]),
            ..Observed::default()
        }
    }

    fn binding_to(host: &str) -> Inputs {
        let certificate = "contoso-www-web-WestEuropewebspace";
        inputs()
            .with(Key::App, "shop")
            .with(Key::Hostname, host)
            .with(Key::Certificate, certificate)
            .with(Key::SslType, "sni")
    }

    #[test]
    fn a_binding_is_replaced_in_one_write_and_never_removed_first_a164() {
        let observed =
            Observed { binding: Seen::Here(bound("contoso.com", SslState::Sni, &"A".repeat(40))), ..seen() };
        let steps = stand(FlowName::Bind, &observed, &binding_to("contoso.com"));
        let bind = find(&steps, StepId::BIND);
        assert_eq!(bind.plan().len(), 1);
        assert!(bind.facts.iter().any(|(label, _)| label == "Replaces"));
    }

    #[test]
    fn replacing_what_works_by_what_browsers_refuse_interrupts_and_anything_else_adds() {
        let old = |expires: &str| PrivateCertificate {
            thumbprint: Thumbprint::parse(&"A".repeat(40)).ok(),
            expires: expires.parse().ok(),
            id: imported().id.sibling("Microsoft.Web/certificates", "old"),
            ..imported()
        };
        let consent = |new: PrivateCertificate, old: PrivateCertificate, is_bound: SslState| {
            let certificates = Seen::Here(vec![new, old]);
            let binding = Seen::Here(bound("contoso.com", is_bound, &"A".repeat(40)));
            let steps = stand(
                FlowName::Bind,
                &Observed { certificates, binding, ..seen() },
                &binding_to("contoso.com"),
            );
            find(&steps, StepId::BIND).consent.clone()
        };
        let early = || PrivateCertificate { issued: "2099-01-01T00:00:00Z".parse().ok(), ..imported() };
        let (good, ended) = ("2098-01-01T00:00:00Z", "2020-01-01T00:00:00Z");
        let interrupts = consent(early(), old(good), SslState::Sni);
        assert!(
            matches!(&interrupts, Consent::Interrupts { names, .. } if names == &["contoso.com"]),
            "{interrupts:?}"
        );
        assert_eq!(consent(imported(), old(good), SslState::Sni), Consent::Plain, "the new one passes");
        assert_eq!(
            consent(early(), old(ended), SslState::Sni),
            Consent::Plain,
            "what was there served nobody"
        );
        assert_eq!(consent(early(), old(good), SslState::Disabled), Consent::Plain, "nothing was bound");
    }

    #[test]
    fn what_is_bound_is_done_and_proved_by_a_handshake() {
        let mut observed =
            Observed { binding: Seen::Here(bound("contoso.com", SslState::Sni, LEAF)), ..seen() };
        let looked =
            |print: &str| Outside::default().looked("contoso.com", "20.1.1.1", Thumbprint::parse(print).ok());
        observed.outside = looked(&"B".repeat(40));
        let waiting = stand(FlowName::Bind, &observed, &binding_to("contoso.com"));
        assert!(matches!(find(&waiting, StepId::SERVED).status, StepStatus::Waiting { .. }));
        observed.outside = looked(LEAF);
        let steps = stand(FlowName::Bind, &observed, &binding_to("contoso.com"));
        assert!(crate::flow::current(&steps).is_none());
    }

    #[test]
    fn a_certificate_that_does_not_cover_the_hostname_is_refused_with_its_names() {
        let steps = stand(FlowName::Bind, &seen(), &binding_to("pay.contoso.com"));
        let (key, why) = needed(find(&steps, StepId::BIND));
        assert_eq!(key, Key::Certificate);
        assert!(why.contains("secures contoso.com, not pay.contoso.com"), "{why}");
    }

    #[test]
    fn a_hostname_that_is_not_mapped_is_refused() {
        let steps = stand(FlowName::Bind, &seen(), &binding_to("www.contoso.com"));
        assert_eq!(needed(find(&steps, StepId::BIND)).0, Key::Hostname);
    }

    #[test]
    fn ip_based_needs_the_standard_tier_or_more_and_no_consumption_plan_a214() {
        for tier in ["Basic", "Dynamic", "FlexConsumption"] {
            let observed = Observed { plan: Seen::Here(plan(tier)), ..seen() };
            let steps = stand(FlowName::Bind, &observed, &binding_to("contoso.com").with(Key::SslType, "ip"));
            assert_eq!(needed(find(&steps, StepId::BIND)).0, Key::SslType, "{tier}");
        }
    }

    #[test]
    fn one_ip_based_binding_an_app_and_giving_it_up_takes_its_address_typed_a214_a166() {
        let mut observed = Observed { plan: Seen::Here(plan("Standard")), ..seen() };
        observed.outside.bindings = vec![bound("pay.contoso.com", SslState::IpBased, &"A".repeat(40))];
        let steps = stand(FlowName::Bind, &observed, &binding_to("contoso.com").with(Key::SslType, "ip"));
        let (key, why) = needed(find(&steps, StepId::BIND));
        assert!(key == Key::SslType && why.contains("pay.contoso.com has it"), "{why}");
        observed.binding = Seen::Here(bound("contoso.com", SslState::IpBased, LEAF));
        let steps = stand(FlowName::Bind, &observed, &binding_to("contoso.com"));
        assert!(
            matches!(&find(&steps, StepId::BIND).consent, Consent::Typed { word, .. } if word == "20.1.1.1")
        );
    }
}
