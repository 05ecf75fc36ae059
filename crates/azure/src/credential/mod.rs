//! Tokens: one for each audience, kept until shortly before it expires and renewed in the background while it
//! is still good. Only one is fetched at a time; whoever asks meanwhile waits for that one.

mod application;
mod assertion;
mod browser;
mod chain;
mod desk;
mod device_code;
mod imds;
mod party;
mod person;
mod saved;
mod sdk;
mod tool;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

pub use assertion::ClientCertificate;
pub use chain::{Chain, Door, Identity, LibrarySignIn, OwnSignIn, Tried};
pub use desk::{Desk, SignIn};
pub use saved::{Saved, SavedError, SignedIn};

use super::challenge::Claims;
use super::cloud::host_of;
use super::error::AzureError;
use super::transport::Http;
use assertion::Signed;
use certdeck_model::{SignInReply, printable};
use chain::Signer;
use party::Wanted;

/// A token as it is sent.
#[derive(Debug, Clone)]
pub struct Token(Arc<SecretString>);

impl Token {
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self(Arc::new(SecretString::from(text)))
    }
}

/// Whom a token speaks for, as far as it says; for showing only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// A person's sign-in name, or the id of an application.
    pub name: String,
    pub object_id: Option<String>,
    pub tenant: Option<String>,
    /// Of a person: whether they gave a second factor.
    pub second_factor: Option<bool>,
}

impl Who {
    pub(super) fn of(token: &Token) -> Self {
        let claims = party::claims(token.expose()).unwrap_or_default();
        let claim =
            |name: &str| claims.get(name).and_then(Value::as_str).map(|text| printable(text).into_owned());
        let name = ["upn", "preferred_username", "unique_name", "app_displayname", "appid"]
            .into_iter()
            .find_map(claim);
        let has = |name: &str, value: &str| {
            claims.get(name).and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == value))
        };
        let is_person = claims.get("idtyp").is_some_and(|kind| kind == "user");
        Self {
            name: name.unwrap_or_else(|| "somebody".to_owned()),
            object_id: claim("oid"),
            tenant: claim("tid"),
            second_factor: is_person.then(|| has("amr", "mfa") || has("acrs", "p1")),
        }
    }
}

/// A token as it comes from wherever somebody signed in.
#[derive(Debug)]
struct Access {
    token: Token,
    lifetime: Duration,
}

/// How credentials reach the sign-in service, this machine and the person in front of it.
#[derive(Debug, Clone)]
pub struct Means {
    pub authority: Url,
    pub http: Http,
    /// The sign-ins of earlier times.
    pub saved: Option<Saved>,
    /// Without one nobody is asked.
    pub desk: Option<Desk>,
}

#[derive(Debug)]
struct Held {
    token: Token,
    /// From then on a new one is fetched while this one is used.
    due: Instant,
    fresh_until: Instant,
}

/// Cheap to clone; clones share their tokens.
#[derive(Debug, Clone)]
pub struct Credential(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    held: std::sync::Mutex<Tokens>,
    signer: Mutex<Signer>,
    desk: Option<Desk>,
    /// The host of the sign-in service, for showing.
    service: String,
}

#[derive(Debug, Default)]
struct Tokens {
    of: HashMap<String, Held>,
    /// Audiences whose next token is being fetched in the background.
    renewing: HashSet<String>,
}

impl Credential {
    pub fn new(chain: Chain, means: Means) -> Self {
        let (desk, service) = (means.desk.clone(), host_of(&means.authority));
        Self(Arc::new(Shared {
            held: std::sync::Mutex::default(),
            signer: Mutex::new(Signer::new(chain, means)),
            desk,
            service,
        }))
    }

    /// The host that signs in.
    pub fn service(&self) -> &str {
        &self.0.service
    }

    /// A token for the audience, which may take as long as a person takes to sign in.
    pub async fn token(&self, audience: &str) -> Result<Token, AzureError> {
        if let Some(token) = self.held(audience) {
            return Ok(token);
        }
        let mut signer = self.0.signer.lock().await;
        // Whoever had the lock may have fetched it.
        if let Some(token) = self.held(audience) {
            return Ok(token);
        }
        // Rare, and large: every request would carry the room for it otherwise.
        let access = Box::pin(signer.acquire(Wanted { audience, claims: None })).await?;
        let token = access.token.clone();
        self.keep(audience, access);
        Ok(token)
    }

    /// A new token that carries these claims, whatever is held.
    pub async fn token_with(&self, audience: &str, claims: &Claims) -> Result<Token, AzureError> {
        let access =
            Box::pin(self.0.signer.lock().await.acquire(Wanted { audience, claims: Some(claims) })).await?;
        let token = access.token.clone();
        self.keep(audience, access);
        Ok(token)
    }

    /// The same account in another tenant, as far as its sign-in is good there; nobody is asked. Nothing for
    /// what is no person.
    pub async fn in_tenant(&self, tenant: &str) -> Option<Self> {
        let signer = self.0.signer.lock().await.in_tenant(tenant)?;
        let service = self.0.service.clone();
        Some(Self(Arc::new(Shared {
            held: std::sync::Mutex::default(),
            signer: Mutex::new(signer),
            desk: None,
            service,
        })))
    }

    /// Forgets a token that a service refused, unless another one has taken its place already.
    pub fn forget(&self, audience: &str, refused: &Token) {
        let mut tokens = self.tokens();
        if tokens.of.get(audience).is_some_and(|held| Arc::ptr_eq(&held.token.0, &refused.0)) {
            tokens.of.remove(audience);
        }
    }

    /// Gets a token that carries what a service wants, in the place of the one that it refused; that may take
    /// as long as a person takes to sign in. Many requests may be refused at once: the person is asked for
    /// the first.
    pub async fn satisfy(&self, audience: &str, refused: &Token, claims: &Claims) -> Result<(), AzureError> {
        let mut signer = self.0.signer.lock().await;
        if self.held(audience).is_some_and(|held| !Arc::ptr_eq(&held.0, &refused.0)) {
            return Ok(());
        }
        let access = Box::pin(signer.satisfy(audience, refused, claims)).await?;
        // Those for other services are of the sign-in before, and may be refused for the same reason.
        self.tokens().of.clear();
        self.keep(audience, access);
        Ok(())
    }

    /// What the person who is asked to sign in says to it.
    pub fn answer(&self, reply: SignInReply) {
        if let Some(desk) = &self.0.desk {
            desk.answer(reply);
        }
    }

    /// Every way to sign in, one after the other, whatever the others gave; nobody is asked.
    pub async fn rehearse(&self, audience: &str) -> Vec<(&'static str, Result<Who, AzureError>)> {
        let tried = self.0.signer.lock().await.rehearse(audience).await;
        tried.into_iter().map(|(way, outcome)| (way, outcome.map(|token| Who::of(&token)))).collect()
    }

    fn held(&self, audience: &str) -> Option<Token> {
        let now = Instant::now();
        let mut tokens = self.tokens();
        let held = tokens.of.get(audience).filter(|held| now < held.fresh_until)?;
        let (token, due) = (held.token.clone(), now >= held.due);
        if due && tokens.renewing.insert(audience.to_owned()) {
            let (credential, audience) = (self.clone(), audience.to_owned());
            tokio::spawn(async move { credential.renew(&audience).await });
        }
        Some(token)
    }

    /// Nobody is asked for this: the token at hand is still good.
    async fn renew(&self, audience: &str) {
        let renewed = self.0.signer.lock().await.acquire_quietly(audience).await;
        match renewed {
            Ok(access) => self.keep(audience, access),
            Err(error) => {
                tracing::debug!(%error, "the token could not be renewed early");
                self.tokens().renewing.remove(audience);
            }
        }
    }

    fn keep(&self, audience: &str, access: Access) {
        let usable = usable(access.lifetime);
        let now = Instant::now();
        let held = Held { token: access.token, due: now + usable - usable / 10, fresh_until: now + usable };
        let mut tokens = self.tokens();
        tokens.renewing.remove(audience);
        tokens.of.insert(audience.to_owned(), held);
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, Tokens> {
        // Nothing panics while it is held.
        self.0.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A token is used until five minutes before its end, or a tenth of its life if that is less.
fn usable(lifetime: Duration) -> Duration {
    lifetime.saturating_sub((lifetime / 10).min(Duration::from_secs(300)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_left_before_it_expires() {
        assert_eq!(usable(Duration::from_secs(3600)), Duration::from_secs(3300));
        assert_eq!(usable(Duration::from_secs(5)), Duration::from_millis(4500));
    }
}
