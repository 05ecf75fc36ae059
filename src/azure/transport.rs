//! The HTTPS connection: our own CA, no redirects, `*.localhost` on this machine, and what its errors mean.

use std::error::Error as StdError;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect;
use url::Url;

use super::cloud::is_localhost;
use super::error::AzureError;
use super::retry::Failure;

const CONNECT: Duration = Duration::from_secs(10);
/// Silence on an open connection; managed certificates have been seen to take 22 s to answer (API.md 3.4).
const SILENCE: Duration = Duration::from_secs(60);
const WHOLE: Duration = Duration::from_secs(180);

/// A client that verifies TLS always. Behind a loopback endpoint with a CA of its own only that CA counts, and no proxy.
pub fn open(ca_file: Option<&Path>, proxy: Option<&Url>, loopback: bool) -> Result<reqwest::Client, AzureError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("certdeck/", env!("CARGO_PKG_VERSION")))
        .https_only(true)
        // A followed redirect would send the body, passwords included, to wherever it leads (RELIABILITY.md 0.4).
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .timeout(WHOLE)
        .dns_resolver(Localhost);
    if loopback {
        builder = builder.no_proxy();
    } else if let Some(proxy) = proxy {
        // The one that is configured, instead of the environment's.
        let proxy =
            reqwest::Proxy::all(proxy.clone()).map_err(|why| AzureError::Setup(format!("the proxy cannot be used: {why}")))?;
        builder = builder.proxy(proxy.no_proxy(reqwest::NoProxy::from_env()));
    }
    if let Some(file) = ca_file {
        let unreadable =
            |why: &dyn std::fmt::Display| AzureError::Setup(format!("the CA file {} cannot be used: {why}", file.display()));
        let pem = std::fs::read(file).map_err(|why| unreadable(&why))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|why| unreadable(&why))?;
        if certificates.is_empty() {
            return Err(unreadable(&"it holds no certificate in PEM form"));
        }
        builder = if loopback { builder.tls_certs_only(certificates) } else { builder.tls_certs_merge(certificates) };
    }
    builder.build().map_err(|why| AzureError::Setup(format!("TLS cannot be set up: {}", innermost(&why))))
}

/// Names below `localhost` are this machine (RFC 6761); not every system resolver knows that.
#[derive(Debug)]
struct Localhost;

impl Resolve for Localhost {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Addrs = if is_localhost(name.as_str()) {
                Box::new(std::iter::once(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)))
            } else {
                let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
                Box::new(found.into_iter())
            };
            Ok(addresses)
        })
    }
}

/// What a failed try means, and for whether it may be repeated.
pub fn failure(host: &str, error: &reqwest::Error) -> (AzureError, Failure) {
    let host = host.to_owned();
    let why = innermost(error);
    // After the handshake the same errors mean that an answer was lost.
    if error.is_connect() && chain(error).any(is_about_tls) {
        return (AzureError::Tls { host, why }, Failure::NotSent);
    }
    if error.is_connect() {
        let why = match why.as_str() {
            _ if error.is_timeout() => format!("no connection within {} s", CONNECT.as_secs()),
            // The words of what makes the connection; its type is not to be had.
            "tunnel error: proxy authorization required" => "the proxy wants a user and a password (HTTP 407)".to_owned(),
            text if text.starts_with("tunnel error") => "the proxy does not let it through".to_owned(),
            _ => why,
        };
        return (AzureError::Unreachable { host, why }, Failure::NotSent);
    }
    let why = if error.is_timeout() { "the service did not answer in time".to_owned() } else { why };
    (AzureError::AnswerLost { host, why }, Failure::Lost)
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        let error = *error;
        // An io::Error hides what it wraps from `source`.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}

fn is_about_tls(cause: &(dyn StdError + 'static)) -> bool {
    cause.downcast_ref::<rustls::Error>().is_some()
}

/// The last cause says what happened; those above it only say where.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error).last().map_or_else(String::new, ToString::to_string)
}
