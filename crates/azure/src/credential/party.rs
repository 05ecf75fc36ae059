//! A person's side of the sign-in service: the directory, the application, and the resulting tokens.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::super::answer::ServiceAnswer;
use super::super::challenge::Claims;
use super::super::error::AzureError;
use super::super::transport::Http;
use super::super::{json, send};
use super::saved::{KeptSignIn, Saved, SignedIn};
use super::sdk::sign_in;
use super::{FetchedToken, Means, Token};
use certdeck_model::{printable, quoted};

/// The application id of Microsoft's own developer tools; every tenant knows it.
const TOOLS: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// Accepts any work or school account.
const ANY_TENANT: &str = "organizations";

/// The requirements for a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenRequest<'w> {
    pub audience: &'w str,
    /// The further claims that a service requires.
    pub claims: Option<&'w Claims>,
}

impl TokenRequest<'_> {
    /// The scopes for the audience, a refresh token, and the identity.
    pub(super) fn scope(self) -> String {
        format!("{}/.default openid profile offline_access", self.audience)
    }

    pub(super) fn claims(self) -> String {
        Claims::parameter(self.claims)
    }
}

/// The parties of a sign-in: the person's directory and the application that they sign in to.
#[derive(Debug)]
pub(super) struct SignInParty<'m> {
    http: &'m Http,
    pub authority: &'m Url,
    pub tenant: &'m str,
    pub client_id: &'m str,
}

impl<'m> SignInParty<'m> {
    pub(super) fn new(
        means: &'m Means,
        tenant: Option<&'m str>,
        client_id: Option<&'m str>,
    ) -> Result<Self, AzureError> {
        let tenant = tenant.unwrap_or(ANY_TENANT);
        if tenant.is_empty() || !tenant.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.') {
            return Err(AzureError::Setup(format!(
                "'{}' is neither the id nor a domain of a tenant",
                quoted(tenant)
            )));
        }
        Ok(Self {
            http: &means.http,
            authority: &means.authority,
            tenant,
            client_id: client_id.unwrap_or(TOOLS),
        })
    }

    /// Posts a form to an endpoint of the configured authority, never to one that a service named.
    pub(super) async fn post(
        &self,
        endpoint: &str,
        form: &[(&str, &str)],
    ) -> Result<ServiceAnswer, AzureError> {
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        send::form(self.http, self.endpoint(endpoint)?, Zeroizing::new(body.into_bytes())).await
    }

    pub(super) fn endpoint(&self, name: &str) -> Result<Url, AzureError> {
        let path = format!("/{}/oauth2/v2.0/{name}", self.tenant);
        self.authority.join(&path).map_err(|why| AzureError::Setup(why.to_string()))
    }

    /// The token of an answer and its owner; saves the refresh token.
    pub(super) fn take(
        &self,
        answer: &Value,
        saved: Option<&Saved>,
    ) -> Result<(FetchedToken, String), AzureError> {
        let access = access(answer)?;
        let claims = json::text(answer, "/id_token").as_deref().and_then(claims).unwrap_or_default();
        let claim =
            |name: &str| claims.get(name).and_then(Value::as_str).map(|text| printable(text).into_owned());
        let who = claim("preferred_username")
            .or_else(|| claim("name"))
            .unwrap_or_else(|| "an unnamed account".to_owned());
        if let (Some(saved), Some(refresh_token)) = (saved, json::text(answer, "/refresh_token")) {
            let who = SignedIn {
                user: who.clone(),
                authority: self.authority.as_str().to_owned(),
                tenant: self.tenant.to_owned(),
                client_id: self.client_id.to_owned(),
                at: Timestamp::now(),
            };
            let kept = KeptSignIn { who, refresh_token: refresh_token.into() };
            // If it cannot be saved, the person is only asked again.
            if let Err(error) = saved.keep(kept) {
                tracing::warn!(%error, "the sign-in is not kept");
            }
        }
        Ok((access, who))
    }
}

/// The token of an answer.
pub(super) fn access(answer: &Value) -> Result<FetchedToken, AzureError> {
    let token = json::text(answer, "/access_token").map(Zeroizing::new);
    let token = token.ok_or_else(|| sign_in("the sign-in service gave no token"))?;
    let lifetime = Duration::from_secs(answer.get("expires_in").and_then(Value::as_u64).unwrap_or(0));
    Ok(FetchedToken { token: Token::from(token.as_str()), lifetime })
}

/// The claims of a token about its owner. It came straight from the sign-in service over TLS, and nothing is
/// decided by it here.
pub(super) fn claims(token: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64URL.decode(token.split('.').nth(1)?).ok()?).ok()
}

/// The error in a refusal of the sign-in service.
pub(super) fn failed(answer: &ServiceAnswer) -> AzureError {
    match json::text(&answer.body, "/error_description") {
        Some(text) => sign_in(&text),
        None => AzureError::refused(answer.refusal()),
    }
}
