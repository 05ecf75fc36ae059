//! How an app takes connections and what its code may load: HTTPS only (A218), the minimum TLS version (A219,
//! C32), and the certificates that it loads (A152). What is not asked for stays; every change is shown as old
//! and new.

use futures::future::join;
use jiff::Timestamp;

use super::chosen::{app_field, app_refusal};
use super::load::{Load, READ_SETTINGS, SETTING};
use super::target::app_id;
use super::usage::some_of;
use super::{
    Case, Consent, Field, FieldKind, Flow, FlowCommand, FlowName, Inputs, Key, Observed, Seen, Step, StepId,
    StepStatus, Subject, row,
};
use crate::azure::{AzureError, Client, settings, site_config, sites};
use crate::model::{App, Estate, SslState, Thumbprint};
use crate::rules::{Names, Rules};

/// The choice that changes nothing.
const KEPT: &str = "keep";
const KEEP: (&str, &str, &str) = (KEPT, "keep", "Nothing is changed.");

const HTTPS: &[(&str, &str, &str)] = &[
    KEEP,
    ("yes", "on", "Plain HTTP is redirected to HTTPS."),
    ("no", "off", "Plain HTTP is answered. A verification by HTML page needs that."),
];

const VERSIONS: &[(&str, &str, &str)] = &[
    KEEP,
    ("1.2", "TLS 1.2", "What Azure sets for new apps: every current browser and runtime."),
    ("1.3", "TLS 1.3", "The newest only: older clients, monitors and appliances are turned away."),
    ("1.1", "TLS 1.1", "Broken by today's standards; only for old clients that cannot be replaced."),
    ("1.0", "TLS 1.0", "Broken by today's standards; only for old clients that cannot be replaced."),
];

pub(super) static FLOW: Flow = Flow {
    name: "settings",
    title: "TLS settings",
    summary: "HTTPS only, the minimum TLS version, and the certificates that an app's code may load.",
    done: "The settings are applied.",
    pages: &[FlowName::Settings],
    about: Subject::App,
    leaves: Subject::App,
    changes: "Sets HTTPS only, the minimum TLS version and the app setting WEBSITE_LOAD_CERTIFICATES of an app, where asked.",
    permissions: &[
        "Microsoft.Web/sites/write",
        "Microsoft.Web/sites/config/read",
        "Microsoft.Web/sites/config/list/action",
        "Microsoft.Web/sites/config/write",
    ],
    checklist: &["A103", "A152", "A218-A220"],
    command: Some(FlowCommand::changing("settings", "", "HTTPS only, minimum TLS, certificates for code.")),
    fits: row::any,
    keys: "4, ,",
    fields: |observed, _| fields(observed),
    suggest: |_: &Estate, inputs| {
        inputs.suggest(Key::HttpsOnly, KEPT);
        inputs.suggest(Key::MinTls, KEPT);
    },
    refusals,
    observe: |client, inputs| Box::pin(observe(client, inputs)),
    steps: |case| vec![https_only(case), min_tls(case), load(case)],
};

impl StepId {
    pub const HTTPS_ONLY: Self = Self("https-only");
    pub const MIN_TLS: Self = Self("min-tls");
}

/// Code on Flex Consumption finds its certificates as files, one by one as each is made accessible to it
/// (C34).
pub(super) const NOT_ON_FLEX: &str = "apps on Flex Consumption do not use WEBSITE_LOAD_CERTIFICATES: each certificate is made accessible to code by itself";

fn fields(observed: &Observed) -> Vec<Field> {
    let https_only = observed.app.here().map(|app| word(app.https_only));
    let min_tls = observed.min_tls.here().map(|min| min.app.clone());
    vec![
        app_field("The app or slot."),
        Field::new(
            Key::HttpsOnly,
            "HTTPS only",
            "Whether plain HTTP is redirected to HTTPS.",
            FieldKind::Choice(HTTPS),
        )
        .present(https_only.map(|now| (KEPT, now)))
        .first(),
        Field::new(
            Key::MinTls,
            "Minimum TLS version",
            "The oldest version that clients may use.",
            FieldKind::Choice(VERSIONS),
        )
        .present(min_tls.map(|now| (KEPT, now))),
        Field::new(
            Key::LoadCertificates,
            "Load certificates",
            "For the app's code: +THUMBPRINT adds, -THUMBPRINT removes, * is all, none is none, a list replaces. Empty: keep.",
            FieldKind::Text,
        ),
    ]
}

/// The value that is asked for; `keep` asks for nothing.
fn asked(inputs: &Inputs, key: Key) -> Option<&str> {
    inputs.get(key).filter(|value| *value != KEPT)
}

fn refusals(observed: &Observed, inputs: &Inputs, rules: &Rules, now: Timestamp) -> Vec<(Key, String)> {
    let mut refusals: Vec<_> = app_refusal(observed, inputs).into_iter().collect();
    let mut refuse = |key, why: String| refusals.push((key, why));
    if let Some(version) =
        asked(inputs, Key::MinTls).filter(|version| !rules.lists(Names::TlsVersions, now, version))
    {
        let known = rules.names(Names::TlsVersions, now).join(", ");
        refuse(
            Key::MinTls,
            format!("App Service has {known}, not {version} ({})", rules.reference(Names::TlsVersions, now)),
        );
    }
    if let Some(why) =
        asked(inputs, Key::LoadCertificates).and_then(|typed| wanted(typed, &Load::default()).err())
    {
        refuse(Key::LoadCertificates, why);
    }
    if asked(inputs, Key::LoadCertificates).is_some() && observed.app.here().is_some_and(App::is_flex) {
        refuse(Key::LoadCertificates, NOT_ON_FLEX.to_owned());
    }
    refusals
}

/// What stands between commas; a thumbprint may have blanks in it, as Windows shows it, so that only what is
/// none is parted there.
fn words(typed: &str) -> Vec<&str> {
    let pieces = typed.split(',').map(str::trim).filter(|piece| !piece.is_empty());
    let parts = |piece: &'_ str| Thumbprint::parse(piece.trim_start_matches(['+', '-'])).is_err();
    pieces
        .flat_map(|piece| if parts(piece) { piece.split_whitespace().collect() } else { vec![piece] })
        .collect()
}

/// The value of the setting after what was typed: `+` and `-` change what is there now, anything else
/// replaces it.
fn wanted(typed: &str, now: &Load) -> Result<Load, String> {
    if typed.eq_ignore_ascii_case("none") {
        return Ok(Load::default());
    }
    let words = words(typed);
    if !words.iter().any(|word| word.starts_with(['+', '-'])) {
        let exact =
            |word: &str| Thumbprint::parse(word).map_or_else(|_| word.to_owned(), |print| print.to_string());
        let all = Load::parse(&words.into_iter().map(exact).collect::<Vec<_>>().join(","));
        return all.refusal().map_or(Ok(all), Err);
    }
    words.into_iter().try_fold(now.clone(), |load, word| {
        let parse = |text: &str| Thumbprint::parse(text).map_err(|error| error.to_string());
        match (word.strip_prefix('+'), word.strip_prefix('-')) {
            (Some(added), _) => Ok(load.with(&parse(added)?)),
            (_, Some(removed)) => Ok(load.without(&parse(removed)?)),
            _ => {
                Err(format!("'{}' has neither + nor - in front, and others have", crate::model::quoted(word)))
            }
        }
    })
}

async fn observe(client: &Client, inputs: &Inputs) -> Result<Observed, AzureError> {
    let mut seen = Observed::default();
    let Some(id) = app_id(inputs) else { return Ok(seen) };
    seen.app_as_it_is = sites::as_it_is(client, &id).await?;
    let Some(site) = seen.app_as_it_is.as_ref().and_then(|read| sites::decode(&read.body)) else {
        return Ok(Observed { app: Seen::Absent, ..seen });
    };
    (seen.app, seen.outside.bindings) = (Seen::Here(site.app), site.bindings);
    let (configuration, settings) =
        join(site_config::as_it_is(client, &id), settings::list(client, &id)).await;
    seen.config_as_it_is = configuration?;
    seen.min_tls = seen.config_as_it_is.as_ref().and_then(site_config::min_tls).into();
    seen.settings = seen.spare(READ_SETTINGS, settings)?.map_or(Seen::NotAsked, Seen::Here);
    Ok(seen)
}

fn https_only(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::HTTPS_ONLY, "HTTPS only", status).explained(
            "Redirects plain HTTP to HTTPS. Certificates are not touched, and no restart is needed.",
        )
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let Some(app) = case.observed.app.here() else {
        return step(StepStatus::follows(Key::App, "the app is looked at"));
    };
    let Some(wanted) = asked(case.inputs, Key::HttpsOnly) else {
        return step(StepStatus::NotNeeded(format!("stays {}", word(app.https_only))));
    };
    let wanted = matches!(wanted, "yes" | "on" | "true");
    if app.https_only == wanted {
        return step(StepStatus::Done(format!("it is {}", word(wanted))));
    }
    let ready = step(StepStatus::Ready)
        .explained(format!(
            "HTTPS only of {}: {} \u{2192} {}. Certificates are not touched, and no restart is needed.",
            app.label(),
            word(app.https_only),
            word(wanted)
        ))
        .fact("Now", word(app.https_only))
        .fact("Then", word(wanted))
        .sending(vec![site_config::set_https_only(&app.id, wanted, case.observed.app_as_it_is.as_ref())]);
    let is_bare = |host: &&crate::model::Hostname| {
        !case
            .observed
            .outside
            .bindings
            .iter()
            .any(|binding| binding.host == **host && binding.ssl != SslState::Disabled)
    };
    let bare: Vec<String> = app.custom_hostnames().filter(is_bare).map(ToString::to_string).collect();
    if !wanted {
        let notice =
            format!("It weakens {}: visitors who come by plain HTTP are answered unencrypted.", app.label());
        return ready.consent(Consent::interrupting(notice, [app.label()]));
    }
    if bare.is_empty() {
        return ready;
    }
    let notice = format!("Without a certificate, browsers will warn of {}: bind one first.", some_of(&bare));
    ready.fact("Note", notice.clone()).consent(Consent::interrupting(notice, bare))
}

fn word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn min_tls(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::MIN_TLS, "Minimum TLS version", status)
            .explained("The oldest version of TLS that clients may use.")
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let Some(app) = case.observed.app.here() else {
        return step(StepStatus::follows(Key::App, "the app is looked at"));
    };
    let now = case.observed.min_tls.here().map_or("unknown", |min| min.app.as_str());
    let wanted = asked(case.inputs, Key::MinTls);
    let Some(wanted) = wanted.filter(|wanted| *wanted != now) else {
        let retired = retirement(case, now).map(|words| format!("; {words}")).unwrap_or_default();
        let status = match wanted {
            Some(wanted) => StepStatus::Done(format!("it is {wanted}{retired}")),
            None => StepStatus::NotNeeded(format!("stays {now}{retired}")),
        };
        return with_retirement(case, now, step(status));
    };
    let ready = step(StepStatus::Ready)
        .explained(format!(
            "Minimum TLS version of {}: {now} \u{2192} {wanted}. {}",
            app.label(),
            outcome(now, wanted)
        ))
        .fact("Now", now)
        .fact("Then", wanted)
        .sending(vec![site_config::set_min_tls(&app.id, wanted, case.observed.config_as_it_is.as_ref())]);
    let ready = ready.consent(Consent::interrupting(outcome(now, wanted), [app.label()]));
    let ready = if case.rules.lists(Names::TlsVersionsBroken, case.now, wanted) {
        let reference = case.rules.reference(Names::TlsVersionsBroken, case.now);
        ready.fact("Note", format!("TLS {wanted} is broken ({reference})"))
    } else {
        ready
    };
    with_retirement(case, wanted, ready)
}

/// What a change of the minimum does to clients.
fn outcome(now: &str, wanted: &str) -> String {
    let number =
        |version: &str| version.split('.').map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<_>>>();
    match (number(now), number(wanted)) {
        (Some(was), Some(then)) if then < was => {
            format!(
                "It weakens the app: older clients, those that speak no more than TLS {wanted}, may connect again."
            )
        }
        _ => format!(
            "It interrupts older clients: those that speak less than TLS {wanted} can no longer connect."
        ),
    }
}

/// What becomes of an app that allows `version`, once the front ends refuse it (C46).
fn retirement(case: &Case<'_>, version: &str) -> Option<String> {
    let day = case.rules.listed_from(Names::TlsVersionsRefused, version)?;
    let is_refused = case.rules.lists(Names::TlsVersionsRefused, case.now, version);
    let when = if is_refused { format!("since {day}") } else { format!("from {day} on") };
    Some(format!("App Service refuses TLS {version} {when}"))
}

/// Says it of the app and of its deployment site. A warning and never a refusal: what the service takes is
/// for the service to say.
fn with_retirement(case: &Case<'_>, version: &str, step: Step) -> Step {
    let scm = case.observed.min_tls.here().and_then(|min| min.scm.as_deref());
    let both = [("Retired", version), ("Deployment site (SCM)", scm.unwrap_or_default())];
    both.into_iter().fold(step, |step, (label, version)| match retirement(case, version) {
        Some(words) => step.fact(label, format!("{words}, regardless of this setting: raise it")),
        None => step,
    })
}

fn load(case: &Case<'_>) -> Step {
    let step = |status| {
        Step::new(StepId::LOAD, "Certificates that code may load", status)
            .explained("The app setting WEBSITE_LOAD_CERTIFICATES. All other settings are sent back as they are. The app restarts.")
    };
    if let Some(status) = case.needs_any() {
        return step(status);
    }
    let Some(app) = case.observed.app.here() else {
        return step(StepStatus::follows(Key::App, "the app is looked at"));
    };
    let Some(settings) = case.observed.settings.here() else {
        return step(Load::unseen(asked(case.inputs, Key::LoadCertificates).is_some()));
    };
    let now = Load::of(settings);
    let then = asked(case.inputs, Key::LoadCertificates).and_then(|typed| wanted(typed, &now).ok());
    match then {
        None => step(StepStatus::NotNeeded(format!("stays {}", now.words()))),
        Some(then) if then == now => step(StepStatus::Done(format!("{SETTING}: {}", now.words()))),
        Some(then) => super::load::changing(step(StepStatus::Ready), app, settings, &now, &then),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{LEAF, app, find, inputs, needed, stand, stand_under};
    use super::*;
    use crate::azure::settings::AppSettings;
    use crate::azure::site_config::MinTls;
    use crate::rules::Profile;

    fn seen() -> Observed {
        let settings: AppSettings =
            [(SETTING.to_owned(), LEAF.into()), ("DB".to_owned(), "hunter2".into())].into_iter().collect();
        Observed {
            app: Seen::Here(app(&["contoso.com"])),
            min_tls: Seen::Here(MinTls { app: "1.0".to_owned(), scm: Some("1.1".to_owned()) }),
            settings: Seen::Here(settings),
            ..Observed::default()
        }
    }

    fn set(key: Key, value: &str) -> Inputs {
        inputs().with(Key::App, "shop").with(key, value)
    }

    #[test]
    fn what_is_not_asked_for_stays() {
        let steps = stand(FlowName::Settings, &seen(), &set(Key::HttpsOnly, "keep"));
        assert!(crate::flow::current(&steps).is_none() && steps.iter().all(|step| step.requests.is_empty()));
    }

    #[test]
    fn each_change_shows_old_and_new_and_what_it_will_break_a218_a219() {
        let https = stand(FlowName::Settings, &seen(), &set(Key::HttpsOnly, "yes"));
        let https = find(&https, StepId::HTTPS_ONLY);
        assert!(https.explanation.contains("off \u{2192} on"));
        assert!(
            https.facts.iter().any(|(label, words)| label == "Note" && words.contains("contoso.com")),
            "no certificate yet"
        );
        let tls = stand(FlowName::Settings, &seen(), &set(Key::MinTls, "1.1"));
        let tls = find(&tls, StepId::MIN_TLS);
        assert!(
            tls.explanation.contains("1.0 \u{2192} 1.1")
                && tls.facts.iter().any(|(label, _)| label == "Note")
        );
        assert!(tls.plan()[0].ends_with("/config/web"));
    }

    fn stops(observed: &Observed, inputs: &Inputs, id: StepId) -> (String, Vec<String>) {
        match find(&stand(FlowName::Settings, observed, inputs), id).consent.clone() {
            Consent::Interrupts { notice, names } => (notice, names),
            other => unreachable!("it interrupts nothing: {other:?}"),
        }
    }

    #[test]
    fn a_lower_tls_version_weakens_and_says_that_older_clients_may_connect_again_a10() {
        let at = |version: &str| Observed {
            min_tls: Seen::Here(MinTls { app: version.to_owned(), scm: None }),
            ..seen()
        };
        let (lower, names) = stops(&at("1.3"), &set(Key::MinTls, "1.2"), StepId::MIN_TLS);
        assert!(
            lower.contains("TLS 1.2") && lower.contains("weakens") && lower.contains("may connect again"),
            "{lower}"
        );
        assert_eq!(names, ["shop"]);
        let (higher, _) = stops(&at("1.1"), &set(Key::MinTls, "1.2"), StepId::MIN_TLS);
        assert!(higher.contains("can no longer connect") && !higher.contains("weakens"), "{higher}");
    }

    #[test]
    fn plain_http_weakens_a_bare_hostname_and_a_restart_interrupt() {
        let mut on = seen();
        if let Seen::Here(app) = &mut on.app {
            app.https_only = true;
        }
        let (notice, names) = stops(&on, &set(Key::HttpsOnly, "no"), StepId::HTTPS_ONLY);
        assert!(notice.contains("unencrypted") && names == ["shop"], "{notice}");
        let (notice, names) = stops(&seen(), &set(Key::HttpsOnly, "yes"), StepId::HTTPS_ONLY);
        assert!(notice.contains("browsers will warn") && names == ["contoso.com"], "{notice}");
        let (notice, names) = stops(&seen(), &set(Key::LoadCertificates, "*"), StepId::LOAD);
        assert!(notice.contains("The app restarts") && names == ["shop"], "{notice}");
    }

    #[test]
    fn tls_1_3_is_known_today_and_was_not_in_2022_c32() {
        let inputs = set(Key::MinTls, "1.3");
        assert_eq!(
            find(&stand(FlowName::Settings, &seen(), &inputs), StepId::MIN_TLS).status,
            StepStatus::Ready
        );
        let then = stand_under(FlowName::Settings, &seen(), &inputs, Profile::Seed);
        assert_eq!(needed(find(&then, StepId::MIN_TLS)).0, Key::MinTls);
    }

    #[test]
    fn an_app_or_deployment_site_at_an_old_version_is_told_from_when_it_is_refused_c46() {
        let said = |inputs: &Inputs, profile| {
            let steps = stand_under(FlowName::Settings, &seen(), inputs, profile);
            let facts = &find(&steps, StepId::MIN_TLS).facts;
            facts.iter().map(|(label, words)| format!("{label}: {words}")).collect::<Vec<_>>().join("\n")
        };
        for inputs in [set(Key::MinTls, "keep"), set(Key::MinTls, "1.0"), set(Key::MinTls, "1.1")] {
            let words = said(&inputs, Profile::Current);
            assert!(
                words.contains("Retired: App Service refuses TLS 1.") && words.contains("from 2027-05-31 on"),
                "{words}"
            );
            assert!(words.contains("Deployment site (SCM): App Service refuses TLS 1.1"), "{words}");
            assert!(!said(&inputs, Profile::Seed).contains("2027"), "not known in 2022");
        }
        let kept = stand(FlowName::Settings, &seen(), &set(Key::MinTls, "keep"));
        let StepStatus::NotNeeded(words) = &find(&kept, StepId::MIN_TLS).status else {
            unreachable!("nothing was asked for")
        };
        assert_eq!(words, "stays 1.0; App Service refuses TLS 1.0 from 2027-05-31 on");
        let raised = said(&set(Key::MinTls, "1.2"), Profile::Current);
        assert!(!raised.contains("Retired") && raised.contains("SCM"), "{raised}");
    }

    #[test]
    fn thumbprints_are_added_and_removed_and_nothing_else_of_the_settings_changes_a152() {
        let other = "AB".repeat(20);
        let value = |typed: &str| {
            let steps = stand(FlowName::Settings, &seen(), &set(Key::LoadCertificates, typed));
            let request = find(&steps, StepId::LOAD).requests.first().cloned()?;
            let sent: serde_json::Value = serde_json::from_slice(&request.body?.wire()).ok()?;
            assert_eq!(sent["properties"]["DB"], "hunter2");
            Some(sent["properties"][SETTING].as_str()?.to_owned())
        };
        assert_eq!(value(&format!("+{other}")).unwrap(), format!("{LEAF},{other}"));
        assert_eq!(value(&format!("-{LEAF}")).unwrap(), "");
        assert_eq!(value("*").unwrap(), "*");
        assert_eq!(value("none").unwrap(), "");
        assert_eq!(value(LEAF), None, "that is what it is");
        let odd = stand(FlowName::Settings, &seen(), &set(Key::LoadCertificates, "+nonsense"));
        assert_eq!(needed(find(&odd, StepId::LOAD)).0, Key::LoadCertificates);
    }
}
