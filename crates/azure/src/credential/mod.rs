//! Tokens: one for each audience, kept until shortly before it expires and renewed in the background while it
//! is still valid. Only one is fetched at a time; other callers wait for it.

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
use assertion::AssertionSigner;
use certdeck_model::{SignInReply, printable};
use chain::Signer;
use party::TokenRequest;

/// A token as it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Token(Arc<SecretString>);

impl Token {
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self(Arc::new(SecretString::from(text)))
    }
}

/// The identity in a token, as far as the token says; for showing only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// A person's sign-in name, or the id of an application.
    pub name: String,
    /// The object id in the tenant (`oid`); `None` if the token does not contain it.
    pub object_id: Option<String>,
    /// The id of the tenant (`tid`); `None` if the token does not contain it.
    pub tenant: Option<String>,
    /// Whether the person signed in with a second factor; `None` for other identities.
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
            name: name.unwrap_or_else(|| "an unnamed account".to_owned()),
            object_id: claim("oid"),
            tenant: claim("tid"),
            second_factor: is_person.then(|| has("amr", "mfa") || has("acrs", "p1")),
        }
    }
}

/// A new token from any way to sign in.
#[derive(Debug)]
struct FetchedToken {
    token: Token,
    lifetime: Duration,
}

/// How credentials reach the sign-in service, this machine and the person at it.
#[derive(Debug, Clone)]
pub(crate) struct Means {
    pub authority: Url,
    pub http: Http,
    /// The sign-ins of earlier starts.
    pub saved: Option<Saved>,
    /// Without one no person is asked.
    pub desk: Option<Desk>,
}

#[derive(Debug)]
struct HeldToken {
    token: Token,
    /// From then on a new token is fetched while this one is used.
    due: Instant,
    fresh_until: Instant,
}

/// Cheap to clone; clones share their tokens.
#[derive(Debug, Clone)]
pub(crate) struct Credential(Arc<CredentialState>);

#[derive(Debug)]
struct CredentialState {
    held: std::sync::Mutex<Tokens>,
    signer: Mutex<Signer>,
    desk: Option<Desk>,
    /// The host of the sign-in service, for showing.
    service: String,
}

#[derive(Debug, Default)]
struct Tokens {
    of: HashMap<String, HeldToken>,
    /// Audiences whose next token is being fetched in the background.
    renewing: HashSet<String>,
}

impl Credential {
    pub(crate) fn new(chain: Chain, means: Means) -> Self {
        let (desk, service) = (means.desk.clone(), host_of(&means.authority));
        Self(Arc::new(CredentialState {
            held: std::sync::Mutex::default(),
            signer: Mutex::new(Signer::new(chain, means)),
            desk,
            service,
        }))
    }

    /// The host of the sign-in service.
    pub(crate) fn service(&self) -> &str {
        &self.0.service
    }

    /// A token for the audience; this may take as long as a person takes to sign in.
    pub(crate) async fn token(&self, audience: &str) -> Result<Token, AzureError> {
        if let Some(token) = self.held(audience) {
            return Ok(token);
        }
        let mut signer = self.0.signer.lock().await;
        // Another task may have fetched it while it held the lock.
        if let Some(token) = self.held(audience) {
            return Ok(token);
        }
        // Boxed because it is rare and large: otherwise the future of every request would be as large.
        let access = Box::pin(signer.acquire(TokenRequest { audience, claims: None })).await?;
        let token = access.token.clone();
        self.keep(audience, access);
        Ok(token)
    }

    /// A new token that carries these claims, regardless of the token in use.
    pub(crate) async fn token_with(&self, audience: &str, claims: &Claims) -> Result<Token, AzureError> {
        let access =
            Box::pin(self.0.signer.lock().await.acquire(TokenRequest { audience, claims: Some(claims) }))
                .await?;
        let token = access.token.clone();
        self.keep(audience, access);
        Ok(token)
    }

    /// The same account in another tenant, if its sign-in is valid there; no person is asked. `None` if the
    /// identity is no person.
    pub(crate) async fn in_tenant(&self, tenant: &str) -> Option<Self> {
        let signer = self.0.signer.lock().await.in_tenant(tenant)?;
        let service = self.0.service.clone();
        Some(Self(Arc::new(CredentialState {
            held: std::sync::Mutex::default(),
            signer: Mutex::new(signer),
            desk: None,
            service,
        })))
    }

    /// Discards a token that a service refused, unless a newer one has replaced it.
    pub(crate) fn forget(&self, audience: &str, refused: &Token) {
        let mut tokens = self.tokens();
        if tokens.of.get(audience).is_some_and(|held| Arc::ptr_eq(&held.token.0, &refused.0)) {
            tokens.of.remove(audience);
        }
    }

    /// Gets a token with the claims that a service requires instead of the refused one; this may take as long
    /// as a person takes to sign in. Many requests may be refused at once: the person is asked only for the
    /// first.
    pub(crate) async fn satisfy(
        &self,
        audience: &str,
        refused: &Token,
        claims: &Claims,
    ) -> Result<(), AzureError> {
        let mut signer = self.0.signer.lock().await;
        if self.held(audience).is_some_and(|held| !Arc::ptr_eq(&held.0, &refused.0)) {
            return Ok(());
        }
        let access = Box::pin(signer.satisfy(audience, refused, claims)).await?;
        // Tokens for other services come from the earlier sign-in, and may be refused for the same reason.
        self.tokens().of.clear();
        self.keep(audience, access);
        Ok(())
    }

    /// Passes on the person's reply to a sign-in prompt.
    pub(crate) fn answer(&self, reply: SignInReply) {
        if let Some(desk) = &self.0.desk {
            desk.answer(reply);
        }
    }

    /// Tries every way to sign in, regardless of the results of the others; no person is asked.
    pub(crate) async fn rehearse(&self, audience: &str) -> Vec<(&'static str, Result<Who, AzureError>)> {
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

    /// Does not ask a person: the current token is still valid.
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

    fn keep(&self, audience: &str, access: FetchedToken) {
        let usable = usable(access.lifetime);
        let now = Instant::now();
        let held =
            HeldToken { token: access.token, due: now + usable - usable / 10, fresh_until: now + usable };
        let mut tokens = self.tokens();
        tokens.renewing.remove(audience);
        tokens.of.insert(audience.to_owned(), held);
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, Tokens> {
        // No code panics while holding the lock.
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
