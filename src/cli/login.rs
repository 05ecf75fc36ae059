//! `certdeck login` and `certdeck logout`: a person signs in by browser or by code, and the sign-in is kept
//! for the next start.

use std::io::{self, Write};

use jiff::Timestamp;

use super::session::Session;
use super::{CliError, Exit, desk, words};
use crate::azure::{Chain, Claims, Client, Door, SavedError, SignedIn, subscriptions, tenants};
use crate::model::Problem;
use crate::rules::{Names, Profile, Rules};

#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Login {
    /// The directory to sign in to, by id or domain; by default the context's
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Sign in with a browser, on this machine or through a tunnel: the default where this machine shows one
    #[arg(long, conflicts_with = "device_code")]
    browser: bool,
    /// Sign in with a code that is typed on any machine: the default elsewhere
    #[arg(long)]
    device_code: bool,
    /// The port of this machine that the browser comes back to, for a tunnel (ssh -L PORT:localhost:PORT
    /// HOST); implies --browser
    #[arg(long, value_name = "PORT", conflicts_with = "device_code")]
    port: Option<u16>,
    /// Put the code on the clipboard of this terminal (OSC 52)
    #[arg(long)]
    copy: bool,
    /// Ask even where an account is signed in already, to sign in as another one
    #[arg(long)]
    again: bool,
    /// Carry what a service asked for, in base64, as the message that named this command has it
    #[arg(long, value_name = "TEXT", value_parser = claims)]
    claims_challenge: Option<Claims>,
}

fn claims(text: &str) -> Result<Claims, &'static str> {
    Claims::decode(text).ok_or("it is no claims challenge: copy it whole from the message that names it")
}

#[derive(Debug, clap::Args)]
pub(super) struct Logout {
    /// Only the sign-in to this directory, as it was named at login
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
}

pub(super) async fn login(args: Login, session: &Session) -> Result<Exit, CliError> {
    let mut target = session.target()?;
    let tenant = args.tenant.or(target.tenant.take());
    let is_named = tenant.is_some();
    if args.again {
        let asked = tenant.as_deref().unwrap_or("organizations");
        session
            .saved()
            .forget(|one| one.tenant.eq_ignore_ascii_case(asked))
            .map_err(|error| unkept(&error))?;
    }
    let directory = tenant.clone().unwrap_or_else(|| "organizations".to_owned());
    let door = match args.port {
        Some(port) => Door::Browser { port },
        None if args.browser => Door::Browser { port: 0 },
        None if args.device_code => Door::DeviceCode,
        None => target.door,
    };
    may_be_blocked(door);
    target.chain = Chain::just(door.identity(tenant, target.client_id.clone())).asking_by(door);
    let client = session.client(&target, Some(desk::open(args.copy))).await?;
    let refused = |error: crate::azure::AzureError| CliError::Cloud(error.problem("Sign in"));
    let who = match &args.claims_challenge {
        Some(claims) => client.sign_in_with(claims).await,
        None => client.sign_in().await,
    };
    let who = who.map_err(refused)?;
    let mut out = io::stdout();
    let tenant = who.tenant.as_ref().map(|tenant| format!(" in the tenant {tenant}")).unwrap_or_default();
    let seen = seen(&client).await;
    writeln!(out, "{}{tenant}{seen}", who.name).map_err(CliError::Output)?;
    let is_kept = session
        .saved()
        .list()
        .is_ok_and(|all| all.iter().any(|one| one.tenant.eq_ignore_ascii_case(&directory)));
    if !is_kept {
        words(&format!(
            "the sign-in is not kept, so the next start asks again: {} cannot be written. Give access there, or name a directory that \
             can be written in XDG_STATE_HOME",
            session.paths.sign_ins().display()
        ));
        return Ok(Exit::Machine);
    }
    if !is_named {
        others(&client)
            .await
            .iter()
            .try_for_each(|line| writeln!(out, "{line}"))
            .map_err(CliError::Output)?;
    }
    Ok(Exit::Done)
}

/// Says before the code is shown that a policy may refuse it, and which way is left then (C53).
fn may_be_blocked(door: Door) {
    let Ok(rules) = Rules::load(Profile::Current) else { return };
    if door == Door::DeviceCode && rules.lists(Names::SignInBlocked, Timestamp::now(), "device code") {
        words(
            "many tenants block codes: if this one does, certdeck login --browser (over SSH with --port) or az login is the way",
        );
    }
}

/// The other tenants of the account in which it sees subscriptions, a line each, with how to go there. Those
/// that want a sign-in of their own are named on standard error.
async fn others(client: &Client) -> Vec<String> {
    let (others, all) = match tenants::others(client).await {
        Ok(found) => found,
        Err(error) => {
            words(&error.problem("List the tenants of the account").to_string());
            return Vec::new();
        }
    };
    if all > others.len() {
        words(&format!("the account is known in {all} more tenants; {} were looked at", others.len()));
    }
    let mut lines = Vec::new();
    for tenants::Other { tenant, subscriptions } in others {
        let (named, setting) = (format!("{} ({})", tenant.name, tenant.setting()), tenant.setting());
        match subscriptions {
            Ok(0) => {}
            Ok(count) => lines.push(format!(
                "also known in {named}, with {}; tenant = \"{setting}\" in a context leads there",
                counted(count)
            )),
            Err(_) => {
                words(&format!("{named} wants a sign-in of its own: certdeck login --tenant {setting}"));
            }
        }
    }
    lines
}

fn counted(subscriptions: usize) -> String {
    if subscriptions == 1 { "one subscription".to_owned() } else { format!("{subscriptions} subscriptions") }
}

/// What the identity sees, as far as it can be read; signing in has worked all the same.
async fn seen(client: &Client) -> String {
    match subscriptions::list(client).await.map(|all| all.len()) {
        Ok(count) => format!(", who sees {}", counted(count)),
        Err(error) => {
            words(&error.problem("List the subscriptions").to_string());
            String::new()
        }
    }
}

pub(super) fn logout(args: &Logout, session: &Session) -> Result<Exit, CliError> {
    let goes =
        |one: &SignedIn| args.tenant.as_ref().is_none_or(|tenant| one.tenant.eq_ignore_ascii_case(tenant));
    let gone = session.saved().forget(goes).map_err(|error| unkept(&error))?;
    if gone.is_empty() {
        words("there was no sign-in with certdeck login");
    }
    // What they saw goes with them.
    session
        .snapshots()
        .forget()
        .map_err(|why| CliError::machine("remove the rows that are kept".to_owned(), why))?;
    let mut out = io::stdout();
    gone.iter().try_for_each(|user| writeln!(out, "{user} is signed out here")).map_err(CliError::Output)?;
    Ok(Exit::Done)
}

fn unkept(error: &SavedError) -> CliError {
    CliError::Cloud(Problem::new("Change the sign-ins that are kept", error.to_string()))
}
