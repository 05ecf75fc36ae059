//! Tokens: from a client secret or from the Azure CLI's sign-in, one for each audience, kept until shortly before they
//! expire. Only one is fetched at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::error::AzureError;
use crate::model::printable;

/// Who signs in.
#[derive(Debug, Clone)]
pub enum Identity {
    ClientSecret {
        tenant: String,
        client_id: String,
        secret: SecretString,
    },
    /// Whoever ran `az login`.
    AzureCli {
        tenant: Option<String>,
    },
}

/// A token as it is sent.
#[derive(Debug, Clone)]
pub struct Token(Arc<SecretString>);

impl Token {
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[derive(Debug)]
struct Held {
    token: Token,
    fresh_until: Instant,
}

#[derive(Debug)]
pub struct Credential {
    identity: Identity,
    authority: Url,
    http: reqwest::Client,
    held: Mutex<HashMap<String, Held>>,
}

impl Credential {
    pub fn new(identity: Identity, authority: Url, http: reqwest::Client) -> Self {
        Self { identity, authority, http, held: Mutex::default() }
    }

    /// A token for the audience. Whoever asks while one is being fetched waits for that one.
    pub async fn token(&self, audience: &str) -> Result<Token, AzureError> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.get(audience).filter(|held| Instant::now() < held.fresh_until) {
            return Ok(held.token.clone());
        }
        let (token, lifetime) = self.fetch(audience).await?;
        held.insert(audience.to_owned(), Held { token: token.clone(), fresh_until: Instant::now() + usable(lifetime) });
        Ok(token)
    }

    /// Forgets a token that a service refused, unless another one has taken its place already.
    pub async fn forget(&self, audience: &str, refused: &Token) {
        let mut held = self.held.lock().await;
        if held.get(audience).is_some_and(|held| Arc::ptr_eq(&held.token.0, &refused.0)) {
            held.remove(audience);
        }
    }

    async fn fetch(&self, audience: &str) -> Result<(Token, Duration), AzureError> {
        let scope = format!("{audience}/.default");
        // Made anew each time: it keeps a cache of its own that cannot be told of a refused token.
        let credential = self.credential().map_err(|error| sign_in(&error))?;
        let access = credential.get_token(&[&scope], None).await.map_err(|error| sign_in(&error))?;
        let lifetime = access.expires_on - azure_core::time::OffsetDateTime::now_utc();
        let token = Token(Arc::new(SecretString::from(access.token.secret())));
        Ok((token, lifetime.try_into().unwrap_or(Duration::ZERO)))
    }

    fn credential(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        match &self.identity {
            Identity::AzureCli { tenant } => {
                let options = AzureCliCredentialOptions { tenant_id: tenant.clone(), ..AzureCliCredentialOptions::default() };
                Ok(AzureCliCredential::new(Some(options))?)
            }
            Identity::ClientSecret { tenant, client_id, secret } => {
                let mut cloud = CustomConfiguration::default();
                cloud.authority_host = self.authority.to_string();
                let client_options = ClientOptions {
                    cloud: Some(Arc::new(cloud.into())),
                    transport: Some(Transport::new(Arc::new(self.http.clone()))),
                    retry: RetryOptions::exponential(ExponentialRetryOptions {
                        max_retries: 2,
                        ..ExponentialRetryOptions::default()
                    }),
                    ..ClientOptions::default()
                };
                let secret = Secret::new(secret.expose_secret().to_owned());
                let options = ClientSecretCredentialOptions { client_options };
                Ok(ClientSecretCredential::new(tenant, client_id.clone(), secret, Some(options))?)
            }
        }
    }
}

/// A token is used until five minutes before its end, or a tenth of its life if that is less.
fn usable(lifetime: Duration) -> Duration {
    lifetime.saturating_sub((lifetime / 10).min(Duration::from_secs(300)))
}

/// The service's sentence out of the library's: from the code on, without ids for support and links.
fn sign_in(error: &azure_core::Error) -> AzureError {
    let text = error.to_string();
    let Some(start) = text.find("AADSTS") else {
        let message = printable(text.lines().next().unwrap_or_default().trim()).into_owned();
        return AzureError::SignIn { code: None, message };
    };
    let sentence = &text[start..];
    let end = [" Trace ID", "\r", "\n", "\\r", "\\n", "\","].iter().filter_map(|mark| sentence.find(mark)).min();
    let sentence = &sentence[..end.unwrap_or(sentence.len())];
    let code: String = sentence.chars().take_while(char::is_ascii_alphanumeric).collect();
    AzureError::SignIn { code: Some(code), message: printable(sentence).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_left_before_it_expires() {
        assert_eq!(usable(Duration::from_secs(3600)), Duration::from_secs(3300));
        assert_eq!(usable(Duration::from_secs(5)), Duration::from_millis(4500));
        assert_eq!(usable(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn the_sign_in_services_sentence_is_found_in_the_librarys() {
        let text =
            "ClientSecretCredential authentication failed. AADSTS7000215: Invalid client secret provided. Trace ID: 1\r\n more";
        let error = azure_core::Error::with_message(azure_core::error::ErrorKind::Credential, text);
        let expected = AzureError::SignIn {
            code: Some("AADSTS7000215".to_owned()),
            message: "AADSTS7000215: Invalid client secret provided.".to_owned(),
        };
        assert_eq!(sign_in(&error), expected);
    }
}
