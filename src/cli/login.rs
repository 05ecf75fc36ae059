//! `certdeck login` and `certdeck logout`: a person signs in by device code, and the sign-in is kept for the next start.

use std::io::{self, Write};

use super::session::Session;
use super::{CliError, Exit, desk, words};
use crate::azure::{Chain, Claims, Client, Identity, SavedError, SignedIn, subscriptions};
use crate::model::Problem;

#[derive(Debug, clap::Args)]
pub struct Login {
    /// The directory to sign in to, by id or domain; by default the context's
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Put the code on the clipboard of this terminal (OSC 52)
    #[arg(long)]
    copy: bool,
    /// Ask even if somebody is signed in already, to sign in as somebody else
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
pub struct Logout {
    /// Only the sign-in to this directory, as it was named at login
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
}

pub async fn login(args: Login, session: &Session) -> Result<Exit, CliError> {
    let mut target = session.target()?;
    let tenant = args.tenant.or(target.tenant.take());
    if args.again {
        let asked = tenant.as_deref().unwrap_or("organizations");
        session.saved().forget(|one| one.tenant.eq_ignore_ascii_case(asked)).map_err(|error| unkept(&error))?;
    }
    target.chain = Chain::just(Identity::DeviceCode { tenant, client_id: target.client_id.clone() });
    let client = session.client(&target, Some(desk::open(args.copy))).await?;
    let refused = |error: crate::azure::AzureError| CliError::Cloud(error.problem("Sign in"));
    let who = match &args.claims_challenge {
        Some(claims) => client.sign_in_with(claims).await,
        None => client.sign_in().await,
    };
    let who = who.map_err(refused)?;
    let mut out = io::stdout();
    let tenant = who.tenant.map(|tenant| format!(" in the tenant {tenant}")).unwrap_or_default();
    let seen = seen(&client).await;
    writeln!(out, "{}{tenant}{seen}", who.name).map_err(CliError::Output)?;
    Ok(Exit::Done)
}

/// What the identity sees, as far as it can be read; signing in has worked all the same.
async fn seen(client: &Client) -> String {
    match subscriptions::list(client).await.map(|all| all.len()) {
        Ok(1) => ", who sees one subscription".to_owned(),
        Ok(count) => format!(", who sees {count} subscriptions"),
        Err(error) => {
            words(&error.problem("List the subscriptions").to_string());
            String::new()
        }
    }
}

pub fn logout(args: &Logout, session: &Session) -> Result<Exit, CliError> {
    let goes = |one: &SignedIn| args.tenant.as_ref().is_none_or(|tenant| one.tenant.eq_ignore_ascii_case(tenant));
    let gone = session.saved().forget(goes).map_err(|error| unkept(&error))?;
    if gone.is_empty() {
        words("nobody was signed in with certdeck login");
    }
    // What they saw goes with them.
    session.snapshots().forget().map_err(|why| CliError::machine("remove the rows that are kept".to_owned(), why))?;
    let mut out = io::stdout();
    gone.iter().try_for_each(|user| writeln!(out, "{user} is signed out here")).map_err(CliError::Output)?;
    Ok(Exit::Done)
}

fn unkept(error: &SavedError) -> CliError {
    CliError::Cloud(Problem::new("Change the sign-ins that are kept", error.to_string()))
}
