//! App and hostname, and why a hostname cannot have a managed certificate (A40–A45, A56).

use jiff::Timestamp;

use crate::flow::chosen::{app_field, app_refusal, suggest_app};
use crate::flow::tags;
use crate::flow::target::app_id;
use crate::flow::{Field, FieldKind, Inputs, Key, Observed, Pick};
use crate::model::{Estate, Hostname};
use crate::rules::{Count, Rules};

pub(super) fn fields() -> Vec<Field> {
    vec![
        app_field(
            "The app or slot that the hostname is mapped to. The certificate goes into its webspace, or into the app alone.",
        ),
        Field::new(
            Key::Hostname,
            "Custom domain",
            "A hostname that is mapped to the app. One certificate is for one hostname, and there is one for each.",
            FieldKind::Pick { of: Pick::Hostname, or_new: false },
        ),
        tags::field(),
    ]
}

/// A hostname that nothing secures yet is what most people come for.
pub(super) fn suggest(estate: &Estate, inputs: &mut Inputs) {
    suggest_app(estate, inputs);
    inputs.withdraw(Key::Hostname);
    let Some(app) = app_id(inputs).and_then(|id| estate.app(&id)) else { return };
    let is_free = |host: &&Hostname| {
        !host.is_wildcard()
            && !estate.bindings.iter().any(|binding| binding.host == **host && binding.thumbprint.is_some())
    };
    if let Some(host) = app.custom_hostnames().find(is_free) {
        inputs.suggest(Key::Hostname, host.as_str());
    }
}

pub(super) fn host(inputs: &Inputs) -> Option<Hostname> {
    Hostname::parse(inputs.get(Key::Hostname)?).ok()
}

pub(super) fn refusals(
    observed: &Observed,
    inputs: &Inputs,
    rules: &Rules,
    now: Timestamp,
) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> =
        app_refusal(observed, inputs).into_iter().chain(tags::refusal(inputs, rules, now)).collect();
    let mut refuse = |key, why: String| refusals.push((key, why));
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
    let longest = rules.count(Count::ManagedHostnameLength, now);
    let length = i64::try_from(host.as_str().len()).unwrap_or(i64::MAX);
    if host.is_wildcard() {
        return Some(
            "no wildcard: a managed certificate is for one hostname; buy one, import one or upload one"
                .to_owned(),
        );
    }
    if !host.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
        return Some("only letters, digits, dashes and dots".to_owned());
    }
    if host.as_str().ends_with(".trafficmanager.net") {
        return Some("a name of Traffic Manager itself cannot have one".to_owned());
    }
    longest
        .filter(|longest| length > *longest)
        .map(|longest| format!("it has {length} characters, and at most {longest} are allowed"))
}

/// Why this app is not the one for the hostname.
fn elsewhere(host: &Hostname, observed: &Observed) -> Option<String> {
    let app = observed.app.here()?;
    if host.as_str().eq_ignore_ascii_case(&app.default_hostname) {
        return Some("Azure secures this name itself; choose a custom hostname".to_owned());
    }
    if !app.hostnames.contains(host) {
        return Some(format!("{host} is not mapped to {}: add it as a custom domain first", app.label()));
    }
    let managed = observed.managed.here()?;
    (!managed.home.serves(app)).then(|| {
        let (name, place) = (managed.id.name(), managed.home.words());
        format!("there is one certificate for each hostname, and {name} in {place} is it")
    })
}
