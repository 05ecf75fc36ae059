//! Sign-in by browser (RFC 8252 with PKCE, RFC 7636): the browser returns to a port of this machine, and its
//! code is only valid with a verifier that never left this process. If the browser runs on another machine,
//! the address that it returned to can be pasted.

use std::net::Ipv4Addr;
use std::time::Duration;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;
use url::form_urlencoded::parse;
use zeroize::Zeroizing;

use super::super::error::AzureError;
use super::desk::{Desk, PersonReplies, SignIn};
use super::party::{SignInParty, TokenRequest, failed};
use super::person::PromptEnd;
use super::sdk::sign_in;
use certdeck_model::{BrowserPage, SignInReply, said};

/// How long a sign-in may take.
const LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// A browser sends its request at once; other connections are closed after this long.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest request that is read; Entra's codes have some thousand characters.
const LARGEST: usize = 16 * 1024;

/// Shows the page, and waits until the browser returns or the person replies otherwise.
pub(super) async fn converse(
    party: &SignInParty<'_>,
    desk: &Desk,
    answers: &mut PersonReplies,
    wanted: TokenRequest<'_>,
    port: u16,
    why: &str,
) -> PromptEnd {
    let started = async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.map_err(|why| {
            sign_in(&format!("port {port} of this machine cannot be listened on: {}", why.kind()))
        })?;
        let port = listener.local_addr().map_err(|why| sign_in(&why.kind().to_string()))?.port();
        let attempt = BrowserSignIn::new(port)?;
        let address = attempt.address(party, wanted)?.to_string();
        let page = BrowserPage { address, port, expires: Timestamp::now() + LIFETIME, why: why.to_owned() };
        Ok::<_, AzureError>((listener, attempt, page))
    };
    let (listener, attempt, mut page) = match started.await {
        Ok(started) => started,
        Err(error) => return PromptEnd::Answer(Err(error)),
    };
    desk.tell(SignIn::Browser(page.clone()));
    let late = tokio::time::sleep(LIFETIME.unsigned_abs());
    tokio::pin!(late);
    let returned = loop {
        let next = tokio::select! {
            returned = attempt.returned(&listener) => break returned,
            () = &mut late => break Err(sign_in("the browser did not come back in time")),
            reply = answers.next() => reply,
        };
        match next {
            SignInReply::Pasted(text) => {
                if let Some(returned) = attempt.read(query_of(text.expose())) {
                    break returned;
                }
                "what was pasted is not the address at which the browser ended".clone_into(&mut page.why);
                desk.tell(SignIn::Browser(page.clone()));
            }
            SignInReply::GoOn | SignInReply::ByBrowser => {}
            other @ (SignInReply::GiveUp | SignInReply::ByCode) => return PromptEnd::Reply(other),
        }
    };
    PromptEnd::Answer(match returned {
        Ok(code) => attempt.redeem(party, wanted, &code).await,
        Err(error) => Err(error),
    })
}

/// The secrets of one sign-in, known only to this process.
struct BrowserSignIn {
    redirect: String,
    state: String,
    verifier: Zeroizing<String>,
}

impl BrowserSignIn {
    fn new(port: u16) -> Result<Self, AzureError> {
        // The name, not the number: public clients are registered with it, with any port (RFC 8252, 7.3).
        let redirect = format!("http://localhost:{port}");
        Ok(Self { redirect, state: (*random()?).clone(), verifier: random()? })
    }

    fn address(&self, party: &SignInParty<'_>, wanted: TokenRequest<'_>) -> Result<Url, AzureError> {
        let mut address = party.endpoint("authorize")?;
        address
            .query_pairs_mut()
            .append_pair("client_id", party.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("response_mode", "query")
            .append_pair("scope", &wanted.scope())
            .append_pair("state", &self.state)
            .append_pair("code_challenge", &BASE64URL.encode(Sha256::digest(self.verifier.as_bytes())))
            .append_pair("code_challenge_method", "S256")
            .append_pair("prompt", "select_account")
            .append_pair("claims", &wanted.claims());
        Ok(address)
    }

    /// Waits for the code from the browser. It accepts one connection at a time, and refuses requests that do
    /// not belong to this sign-in.
    async fn returned(&self, listener: &TcpListener) -> Result<Zeroizing<String>, AzureError> {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let answered = tokio::time::timeout(PATIENCE, async {
                let target = target(&mut stream).await?;
                let returned = target.strip_prefix("/?").and_then(|query| self.read(query));
                let (status, words) = match &returned {
                    Some(Ok(_)) => {
                        ("200 OK", "certdeck has what it needs. Close this page and go back to the terminal.")
                    }
                    Some(Err(_)) => {
                        ("200 OK", "The sign-in did not work. Go back to the terminal: it says why.")
                    }
                    None => ("404 Not Found", "This is no answer to a sign-in that certdeck waits for."),
                };
                say(&mut stream, status, words).await;
                returned
            });
            if let Ok(Some(returned)) = answered.await {
                return returned;
            }
        }
    }

    /// The result in a query of the redirect; `None` if it does not belong to this sign-in.
    fn read(&self, query: &str) -> Option<Result<Zeroizing<String>, AzureError>> {
        let value = |name: &str| {
            parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        if value("state")? != self.state {
            return None;
        }
        match (value("code"), value("error")) {
            (Some(code), None) => Some(Ok(Zeroizing::new(code))),
            (_, Some(error)) => Some(Err(sign_in(&said(&value("error_description").unwrap_or(error))))),
            (None, None) => None,
        }
    }

    async fn redeem(
        &self,
        party: &SignInParty<'_>,
        wanted: TokenRequest<'_>,
        code: &str,
    ) -> Result<Value, AzureError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", party.client_id),
            ("code", code),
            ("redirect_uri", &self.redirect),
            ("code_verifier", &self.verifier),
            ("scope", &wanted.scope()),
            ("claims", &wanted.claims()),
        ];
        let answer = party.post("token", &form).await?;
        if answer.is_success() { Ok(answer.body) } else { Err(failed(&answer)) }
    }
}

/// 256 random bits as text of 43 characters.
fn random() -> Result<Zeroizing<String>, AzureError> {
    let mut octets = Zeroizing::new([0_u8; 32]);
    rand::fill(octets.as_mut_slice()).map_err(|_| sign_in("this machine has no random numbers"))?;
    Ok(Zeroizing::new(BASE64URL.encode(octets.as_slice())))
}

/// The query of an address, or the text itself if only the query was copied.
fn query_of(text: &str) -> &str {
    let text = text.trim();
    text.split_once('?').map_or(text, |(_, query)| query).split('#').next().unwrap_or_default()
}

/// The target of a GET: path and query. `None` if the request is another one or too large.
async fn target(stream: &mut TcpStream) -> Option<Zeroizing<String>> {
    let mut read = Zeroizing::new(vec![0_u8; LARGEST]);
    let mut length = 0;
    while !read[..length].windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut read[length..]).await {
            Ok(more) if more > 0 => length += more,
            _ => return None,
        }
    }
    let head = std::str::from_utf8(&read[..length]).ok()?;
    let (method, rest) = head.lines().next()?.split_once(' ')?;
    let (target, version) = rest.split_once(' ')?;
    (method == "GET" && version.starts_with("HTTP/1.")).then(|| Zeroizing::new(target.to_owned()))
}

/// A plain page that loads nothing and must not be stored.
async fn say(stream: &mut TcpStream, status: &str, words: &str) {
    let page = format!("<!doctype html><meta charset=\"utf-8\"><title>certdeck</title><p>{words}</p>\n");
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         content-security-policy: default-src 'none'\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n",
        page.len()
    );
    let _ = stream.write_all(format!("{head}{page}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn attempt() -> BrowserSignIn {
        BrowserSignIn::new(8400).unwrap()
    }

    #[test]
    fn only_the_answer_to_this_sign_in_is_read() {
        let attempt = attempt();
        let state = &attempt.state;
        assert_eq!(state.len(), 43);
        let code = |query: &str| {
            attempt
                .read(query)
                .map(|read| read.map(|code| (*code).clone()).map_err(|error| error.to_string()))
        };
        assert_eq!(code(&format!("code=a%2Fb&state={state}&session_state=x")), Some(Ok("a/b".to_owned())));
        assert_eq!(code("code=a&state=guessed"), None);
        assert_eq!(code("code=a"), None);
        assert_eq!(code(&format!("state={state}")), None);
        let refused =
            code(&format!("error=access_denied&error_description=AADSTS65004%3A+declined&state={state}"));
        assert!(refused.unwrap().unwrap_err().contains("AADSTS65004"));
        let both = code(&format!("code=a&error=x&state={state}"));
        assert!(both.unwrap().is_err());
    }

    #[test]
    fn an_address_is_pasted_whole_or_in_part() {
        for text in ["http://localhost:8400/?code=a&state=b", "code=a&state=b", " ?code=a&state=b#frag\n"] {
            assert_eq!(query_of(text), "code=a&state=b", "{text}");
        }
    }

    #[test]
    fn two_sign_ins_share_nothing() {
        let (one, other) = (attempt(), attempt());
        assert!(one.state != other.state && one.verifier != other.verifier && *one.verifier != one.state);
    }
}
