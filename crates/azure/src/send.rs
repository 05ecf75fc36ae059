//! Sends one request until it is answered: token, tries, limits. It does not interpret the answer.

use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, IF_MATCH};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::answer::ServiceAnswer;
use super::budget::{Budget, CallUrgency, RequestOutcome};
use super::challenge::Claims;
use super::clock::ServiceClock;
use super::cloud::host_of;
use super::credential::{Credential, Token};
use super::error::AzureError;
use super::patience::Wait;
use super::request::{Method, Repeat};
use super::retry::{self, RetryAttempt, TryFailure};
use super::rows;
use super::transport::Http;
use certdeck_model::printable;

/// The largest body that is read; a page of a list is some hundred kilobytes.
const LARGEST: usize = 32 * 1024 * 1024;
/// How long one try of a read may take, even if bytes keep arriving.
const READ: Duration = Duration::from_secs(60);
/// How many different claims challenges one request answers before it gives up.
const MOST_CHALLENGES: usize = 2;

/// One request as it goes over the wire, the same for every try.
#[derive(Debug)]
pub(crate) struct WireCall {
    pub method: Method,
    pub url: Url,
    pub audience: String,
    pub body: Option<Zeroizing<Vec<u8>>>,
    pub repeat: Repeat,
    /// A POST that only queries counts as a read.
    pub read: bool,
    /// The ETag that the resource must still have.
    pub if_match: Option<String>,
    pub urgency: CallUrgency,
    /// After this moment the answer is not needed any more.
    pub until: Option<Instant>,
    /// The list of the answer whose rows stay text.
    pub rows: Option<&'static str>,
}

impl WireCall {
    pub(crate) fn get(url: Url, audience: String, urgency: CallUrgency) -> Self {
        let (method, repeat) = (Method::Get, Repeat::Safe);
        Self {
            method,
            url,
            audience,
            body: None,
            repeat,
            read: true,
            if_match: None,
            urgency,
            until: None,
            rows: None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Sender {
    pub http: Http,
    pub credential: Credential,
    /// One id for the whole process, so that Azure's logs show which requests belong together.
    pub correlation: Uuid,
    pub budget: Budget,
    pub clock: ServiceClock,
}

impl Sender {
    /// Sends until there is a final answer, regardless of its status. `waiting` is called for every pause.
    ///
    /// All requests pass here, so this future is boxed: the HTTP client and the sign-ins beneath it are
    /// compiled once, in this crate, and not in every program that awaits a request.
    pub(crate) fn send<'a>(
        &'a self,
        call: &'a WireCall,
        waiting: &'a mut (dyn FnMut(Wait) + Send),
    ) -> BoxFuture<'a, Result<ServiceAnswer, AzureError>> {
        Box::pin(self.send_until_answered(call, waiting))
    }

    async fn send_until_answered(
        &self,
        call: &WireCall,
        waiting: &mut (dyn FnMut(Wait) + Send),
    ) -> Result<ServiceAnswer, AzureError> {
        let request_id = Uuid::new_v4();
        let host = host_of(&call.url);
        let mut first_try = None;
        let mut signed_in_again = false;
        let mut met: Vec<Claims> = Vec::new();
        let mut tries = 0;
        loop {
            let token = self.token(call).await?;
            let permit = self.budget.admit(call, waiting).await?;
            // Waiting in the queue does not count as a try.
            let start = *first_try.get_or_insert_with(Instant::now);
            tries += 1;
            let attempt = self.try_once(call, &token, request_id).await;
            permit.end(self.outcome(&call.url, &attempt));
            let (outcome, failure) = match attempt {
                Ok(ServiceAnswer { status: 401, challenge: Some(claims), .. }) => {
                    // The new token was made for these claims; if it is refused again, the refusal is final.
                    if met.contains(&claims) || met.len() == MOST_CHALLENGES {
                        return Err(AzureError::Unsatisfied { host, wants: claims.words().to_owned() });
                    }
                    waiting(Wait {
                        pause: Duration::ZERO,
                        why: format!("Azure asks for {}", claims.words()),
                    });
                    self.credential.satisfy(&call.audience, &token, &claims).await?;
                    met.push(claims);
                    // The service has done nothing, and the time that a person took is no reason to give up.
                    (tries, first_try) = (0, None);
                    continue;
                }
                Ok(answer) if answer.status == 401 && !signed_in_again => {
                    // The token may just have expired; the service has done nothing, so any request may be
                    // sent again.
                    self.credential.forget(&call.audience, &token);
                    signed_in_again = true;
                    tries -= 1;
                    continue;
                }
                Ok(answer) if answer.status < 400 => {
                    // Without the query: links of operations contain signatures in it.
                    tracing::debug!(method = call.method.as_str(), path = call.url.path(), status = answer.status, ?answer.request_id);
                    return Ok(answer);
                }
                Ok(answer) => {
                    let failure = TryFailure::Status { code: answer.status, retry_after: answer.retry_after };
                    (Ok(answer), failure)
                }
                Err(TryError::Transport(error)) => {
                    let (error, failure) = self.http.failure(&call.url, &error);
                    if matches!(error, AzureError::Tls { .. }) {
                        return Err(error);
                    }
                    (Err(error), failure)
                }
                Err(TryError::Answer(error)) => return Err(error),
            };
            let attempt =
                RetryAttempt { read: call.read, repeat: call.repeat, tries, elapsed: start.elapsed() };
            let Some(pause) = retry::pause(attempt, failure, fastrand::f64()) else { return outcome };
            // The request would not be sent any more.
            if call.until.is_some_and(|until| Instant::now() + pause >= until) {
                return outcome;
            }
            tracing::debug!(host, status = ?failure, tries, ?pause, "sending again");
            waiting(Wait { pause, why: why(&host, failure) });
            tokio::time::sleep(pause).await;
        }
    }

    async fn token(&self, call: &WireCall) -> Result<Token, AzureError> {
        let token = self.credential.token(&call.audience);
        let Some(until) = call.until else { return token.await };
        timeout_at(until, token).await.unwrap_or_else(|_| {
            let message = format!(
                "{} gave no sign-in within the time that --timeout allows",
                self.credential.service()
            );
            Err(AzureError::SignIn { code: None, message })
        })
    }

    async fn try_once(
        &self,
        call: &WireCall,
        token: &Token,
        request_id: Uuid,
    ) -> Result<ServiceAnswer, TryError> {
        let method = match call.method {
            Method::Get => reqwest::Method::GET,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| {
            AzureError::SignIn { code: None, message: "the token is not one that can be sent".to_owned() }
        })?;
        bearer.set_sensitive(true);
        let mut request = self
            .http
            .client()
            .request(method, call.url.clone())
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/json")
            .header("x-ms-client-request-id", request_id.to_string())
            .header("x-ms-return-client-request-id", "true")
            .header("x-ms-correlation-request-id", self.correlation.to_string());
        if call.read {
            request = request.timeout(READ);
        }
        if let Some(etag) = &call.if_match {
            request = request.header(IF_MATCH, etag);
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(Bytes::from_owner(body.clone()));
        } else if call.method == Method::Post {
            // Some front ends answer 411 to a POST without a length.
            request = request.header(reqwest::header::CONTENT_LENGTH, "0");
        }
        let sent = Timestamp::now();
        let answer = request.send().await.map_err(TryError::Transport)?;
        self.clock.hear(answer.status(), answer.headers(), sent, Timestamp::now());
        receive(answer, call.rows).await
    }

    /// The outcome of a try for the budget, as far as it concerns other requests.
    fn outcome(&self, url: &Url, tried: &Result<ServiceAnswer, TryError>) -> RequestOutcome {
        match tried {
            Ok(answer) => RequestOutcome::Answered {
                status: answer.status,
                told: answer.told,
                retry_after: answer.retry_after,
            },
            Err(TryError::Transport(error)) => match self.http.failure(url, error) {
                (error, TryFailure::NotSent) => RequestOutcome::NotSent { why: error.to_string() },
                (error, _) => RequestOutcome::Lost { why: error.to_string() },
            },
            Err(TryError::Answer(_)) => RequestOutcome::GivenUp,
        }
    }
}

/// A read without a token, for the description of a cloud.
pub(crate) async fn unsigned(http: &Http, url: Url) -> Result<ServiceAnswer, AzureError> {
    once(http, &url, http.client().get(url.clone())).await
}

/// A form for the sign-in service; it may contain secrets, and is wiped.
pub(crate) async fn form(
    http: &Http,
    url: Url,
    form: Zeroizing<Vec<u8>>,
) -> Result<ServiceAnswer, AzureError> {
    let request = http.client().post(url.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    once(http, &url, request.body(Bytes::from_owner(form))).await
}

async fn once(http: &Http, url: &Url, request: reqwest::RequestBuilder) -> Result<ServiceAnswer, AzureError> {
    let answer = async {
        receive(request.header(ACCEPT, "application/json").send().await.map_err(TryError::Transport)?, None)
            .await
    };
    answer.await.map_err(|trouble| match trouble {
        TryError::Transport(error) => http.failure(url, &error).0,
        TryError::Answer(error) => error,
    })
}

enum TryError {
    Transport(reqwest::Error),
    Answer(AzureError),
}

impl From<AzureError> for TryError {
    fn from(error: AzureError) -> Self {
        Self::Answer(error)
    }
}

/// Reads an answer completely, within limits.
async fn receive(
    mut response: reqwest::Response,
    rows: Option<&'static str>,
) -> Result<ServiceAnswer, TryError> {
    let url = response.url().clone();
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    if (300..400).contains(&status) {
        let to = headers
            .get("location")
            .and_then(|value| value.to_str().ok())
            .and_then(|text| url.join(text).ok());
        let to = to.map_or_else(|| "an unnamed place".to_owned(), |to| printable(&host_of(&to)).into_owned());
        return Err(AzureError::Redirected { status, to }.into());
    }
    let malformed = |why: String| AzureError::Malformed { host: host_of(&url), why };
    // Allocates the full length at once: growing would leave copies that are not wiped.
    let length =
        response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.min(LARGEST)));
    while let Some(chunk) = response.chunk().await.map_err(TryError::Transport)? {
        if bytes.len() + chunk.len() > LARGEST {
            return Err(malformed(format!("it is larger than {} MiB", LARGEST / (1024 * 1024))).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    let read = match rows.filter(|_| status < 300) {
        Some(member) => rows::read(&bytes, member),
        None => serde_json::from_slice(&bytes).map(|body| (body, None)),
    };
    let (body, rows) = match read {
        Ok(read) => read,
        Err(_) if bytes.iter().all(u8::is_ascii_whitespace) => (Value::Null, None),
        // An error page of a proxy or gateway: only its status matters.
        Err(_) if status >= 400 && status != 404 => (Value::Null, None),
        Err(why) => return Err(malformed(format!("no JSON ({why})")).into()),
    };
    Ok(ServiceAnswer { rows, ..ServiceAnswer::new(status, &headers, body) })
}

/// The reason for the pause before the next try.
fn why(host: &str, failure: TryFailure) -> String {
    match failure {
        TryFailure::Status { code: 429, .. } => format!("Azure throttles {host}"),
        TryFailure::Status { code, .. } => format!("{host} answered {code}"),
        TryFailure::NotSent => format!("no connection to {host}"),
        TryFailure::Lost => format!("the answer of {host} was lost"),
    }
}
