//! `certdeck explain HOSTNAME`: why a hostname serves what it serves, link by link; for people and for programs.

use std::io::{self, Write};
use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::reading::{self, Public};
use super::session::Session;
use super::{CliError, Exit, deadline};
use crate::azure::Deadline;
use crate::health::custody;
use crate::model::custody::{About, Custody, Link, Standing};
use crate::model::{Hostname, Thumbprint, quoted};

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// A hostname of an app, such as www.contoso.com
    hostname: String,
    #[arg(short, long, value_enum, default_value_t)]
    output: ExplainFormat,
    /// End after this time, such as 90s or 5m
    #[arg(long, value_name = "TIME", default_value = deadline::USUAL, value_parser = deadline::span)]
    timeout: Duration,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ExplainFormat {
    #[default]
    Text,
    Json,
}

/// Blocked where a link is broken, so that a script need not read the words.
pub(super) async fn run(args: &ExplainArgs, session: &Session) -> Result<Exit, CliError> {
    let host = Hostname::parse(&args.hostname).map_err(|why| CliError::Usage(why.to_string()))?;
    let client = session.reader(&session.target()?, Deadline::after(args.timeout)).await?;
    let estate = reading::estate(session, &client, Public::LeftOut).await?;
    let mut told = Custody { about: host.to_string(), chains: Vec::new() };
    for binding in estate.bindings.iter().filter(|binding| binding.host == host) {
        let about = About::Binding { app: binding.app.clone(), host: host.clone() };
        let one = custody::explain(&client, &about, client.now()).await;
        let one = one.map_err(|error| CliError::Cloud(error.problem(&format!("Explain {host}"))))?;
        told.chains.extend(one.chains);
    }
    if told.chains.is_empty() {
        let hint = if estate.gaps.is_empty() {
            "certdeck list bindings shows those of the apps"
        } else {
            "some parts of the estate could not be read (certdeck list bindings names them)"
        };
        return Err(CliError::Usage(format!("no app has the hostname {}: {hint}", quoted(&args.hostname))));
    }
    let mut out = io::stdout().lock();
    match args.output {
        ExplainFormat::Text => writeln!(out, "{}", told.text(client.now())),
        ExplainFormat::Json => writeln!(out, "{:#}", as_json(&told)),
    }
    .map_err(CliError::Output)?;
    let is_broken = told.chains.iter().any(|chain| chain.first_broken().is_some());
    Ok(if is_broken { Exit::Blocked } else { Exit::Done })
}

fn as_json(told: &Custody) -> Value {
    let chains = told.chains.iter().map(|chain| {
        let links: Vec<Value> = chain.links.iter().map(link).collect();
        json!({
            "hostname": chain.host.as_ref().map(Hostname::as_str),
            "verdict": chain.verdict(),
            "links": links,
        })
    });
    chains.collect()
}

fn link(one: &Link) -> Value {
    let (standing, why, remedy) = match &one.standing {
        Standing::Whole => ("ok", None, None),
        Standing::Broken { why, remedy } => ("broken", Some(why), Some(remedy)),
        Standing::Waiting(why) => ("waiting", Some(why), None),
        Standing::Unknown(why) => ("unknown", Some(why), None),
    };
    json!({
        "place": one.place.words(),
        "name": one.name,
        "thumbprint": one.thumbprint.as_ref().map(Thumbprint::as_str),
        "expires": one.expires.as_ref().map(Timestamp::to_string),
        "standing": standing,
        "why": why,
        "remedy": remedy,
    })
}
