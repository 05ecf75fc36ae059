//! `certdeck context ls|use|show`: the contexts of the settings file, like kubectl's.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::session::Session;
use super::table::{Format, OutputTable};
use super::{CliError, Exit, words};
use crate::azure::Proxy;
use crate::config::{Context, Target, use_context};
use crate::model;

#[derive(Debug, clap::Subcommand)]
pub(super) enum ContextCommand {
    /// List the contexts; the one in use is marked
    Ls {
        #[arg(short, long, value_enum, default_value_t)]
        output: Format,
    },
    /// Use this context from now on
    Use { name: String },
    /// Say what a context leads to; by default the one in use
    Show { name: Option<String> },
}

const COLUMNS: [(&str, &str); 7] = [
    ("current", ""),
    ("name", "Name"),
    ("cloud", "Cloud"),
    ("tenant", "Tenant"),
    ("credential", "Signs in by"),
    ("subscriptions", "Subscriptions"),
    ("marks", "Marks"),
];

pub(super) fn run(command: &ContextCommand, session: &Session) -> Result<Exit, CliError> {
    let mut out = io::stdout();
    match command {
        ContextCommand::Ls { output } => {
            let current = session.context_name();
            let rows = session
                .config
                .contexts
                .iter()
                .map(|(name, context)| row(name, context, current.as_deref() == Some(name)));
            let table = OutputTable::new(COLUMNS.into(), rows.collect());
            table.write(*output, &mut out).map_err(CliError::Output)?;
            if session.config.contexts.is_empty() {
                words(&format!(
                    "{} names no context; certdeck config init begins one",
                    model::shown(&session.config_path)
                ));
            }
        }
        ContextCommand::Use { name } => {
            use_context(&session.config_path, name)?;
            writeln!(out, "{name}").map_err(CliError::Output)?;
            if let Ok(other) = std::env::var("CERTDECK_CONTEXT")
                && !other.is_empty()
                && other != *name
            {
                words(&format!("CERTDECK_CONTEXT in the environment still says {other}"));
            }
        }
        ContextCommand::Show { name } => {
            let target = session.target_of(name.as_deref())?;
            let ways = target.chain.ways().map(|way| match way {
                Ok(identity) => identity.name().to_owned(),
                Err(skipped) => format!("not {}: {}", skipped.way, skipped.why),
            });
            let or = |value: Option<String>, usual: &str| value.unwrap_or_else(|| usual.to_owned());
            let lines = [
                ("context", target.name.clone()),
                ("cloud", target.arm_endpoint.to_string()),
                ("sign-in", or(target.authority.as_ref().map(ToString::to_string), "as the cloud says")),
                ("tenant", or(target.tenant.clone(), "that of the person who signs in")),
                ("signs in by", ways.collect::<Vec<_>>().join("; ")),
                (
                    "subscriptions",
                    if target.subscriptions.is_empty() {
                        "all".to_owned()
                    } else {
                        target.subscriptions.join(", ")
                    },
                ),
                ("proxy", or(target.proxy.as_ref().map(proxy_words), "none")),
                ("CA file", or(target.ca_file.as_deref().map(model::shown), "the system's")),
                ("changes", if target.read_only { "refused (read-only)" } else { "allowed" }.to_owned()),
                ("production", production(&target).to_owned()),
                ("scope", or(target.scope.clone(), "everything")),
            ];
            lines
                .iter()
                .try_for_each(|(label, value)| writeln!(out, "{label:<14} {value}"))
                .map_err(CliError::Output)?;
        }
    }
    Ok(Exit::Done)
}

/// `http://proxy:8080 with a user and a password, from HTTPS_PROXY`
pub(super) fn proxy_words(proxy: &Proxy) -> String {
    let login = if proxy.signs_in() { " with a user and a password" } else { "" };
    format!("{proxy}{login}, from {}", proxy.from())
}

fn production(target: &Target) -> &'static str {
    match target.production {
        Some(true) => "yes",
        Some(false) => "no",
        None => "yes, unless it is a practice cloud",
    }
}

fn row(name: &str, context: &Context, is_current: bool) -> Vec<Value> {
    let subscriptions =
        if context.subscriptions.is_empty() { "all".to_owned() } else { context.subscriptions.join(", ") };
    vec![
        json!(if is_current { "*" } else { "" }),
        json!(name),
        json!(context.cloud_words()),
        json!(context.tenant.as_deref().unwrap_or_default()),
        json!(context.credential.unwrap_or_default().as_str()),
        json!(subscriptions),
        json!(context.marks().join(", ")),
    ]
}
