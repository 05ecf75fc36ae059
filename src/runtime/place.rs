//! What the screen needs of the outside to go elsewhere: opening another context, and being told to ask a
//! person.

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::mpsc::UnboundedReceiver;

use super::kept::KeptRows;
use super::world::Soon;
use crate::app::Settings;
use crate::app::effect::Opening;
use crate::app::message::Message;
use crate::app::place::TenantChoice;
use crate::azure::{SignIn, tenants};
use crate::model::{Problem, SignInAsk};

/// Where the screen is.
#[derive(Debug)]
pub(crate) struct OpenedPlace {
    pub settings: Settings,
    pub world: Soon,
    pub kept: KeptRows,
}

/// Goes elsewhere; what is there is not read yet.
pub(crate) type Opener =
    Arc<dyn Fn(Opening) -> BoxFuture<'static, Result<OpenedPlace, Problem>> + Send + Sync>;

/// What the person at the screen is told of a sign-in.
pub(crate) fn message(sign_in: SignIn) -> Message {
    match sign_in {
        SignIn::Asked(code) => Message::SignInAsked(SignInAsk::Code(code)),
        SignIn::Browser(page) => Message::SignInAsked(SignInAsk::Browser(page)),
        SignIn::Tool(command) => Message::SignInAsked(SignInAsk::Tool(command)),
        SignIn::Ended(outcome) => Message::SignInEnded(outcome.map_err(|error| error.problem("Sign in"))),
    }
}

/// A tenant as it is chosen; nothing for one in which nothing is seen.
pub(crate) fn tenant(other: tenants::Other) -> Option<TenantChoice> {
    let note = match other.subscriptions {
        Ok(0) => return None,
        Ok(1) => "one subscription".to_owned(),
        Ok(count) => format!("{count} subscriptions"),
        Err(_) => "wants a sign-in of its own".to_owned(),
    };
    let setting = other.tenant.setting().to_owned();
    Some(TenantChoice { name: other.tenant.name, setting, note })
}

/// The way out of the screen and into it again.
pub(crate) struct WayOut {
    pub opener: Opener,
    pub asked: UnboundedReceiver<SignIn>,
}

impl std::fmt::Debug for WayOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WayOut")
    }
}
