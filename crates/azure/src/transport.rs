//! The HTTPS connection: additional CAs, the configured proxy, no redirects, `*.localhost` on this machine,
//! and the meaning of its errors.

use std::error::Error as StdError;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderValue;
use reqwest::redirect;
use url::Url;

use super::cloud::{host_of, is_localhost};
use super::error::AzureError;
use super::proxy::Proxy;
use super::retry::TryFailure;
use certdeck_model::reason;

const CONNECT: Duration = Duration::from_secs(10);
/// The maximum silence on an open connection; managed certificates have taken 22 s to answer.
const SILENCE: Duration = Duration::from_secs(60);
const WHOLE: Duration = Duration::from_secs(180);

/// The connection to every service, and the proxy that it uses.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    through: Option<Arc<(Proxy, Matcher)>>,
}

impl Http {
    /// Always verifies TLS. Behind a loopback endpoint with its own CA only that CA is trusted, and no proxy
    /// is used. Without a proxy in the environment, one from the system's settings is used.
    pub(crate) fn open(
        authorities: &[Vec<u8>],
        proxy: Option<&Proxy>,
        loopback: bool,
    ) -> Result<Self, AzureError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("certdeck/", env!("CARGO_PKG_VERSION")))
            .https_only(true)
            // A followed redirect would send the body, passwords included, to another address.
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .timeout(WHOLE)
            .dns_resolver(Names);
        let proxy = proxy.filter(|_| !loopback);
        if loopback {
            builder = builder.no_proxy();
        } else if let Some(proxy) = proxy {
            builder = builder.proxy(configured(proxy)?);
        }
        if !authorities.is_empty() {
            let certificates = authorities
                .iter()
                .map(|der| reqwest::Certificate::from_der(der))
                .collect::<Result<Vec<_>, _>>();
            let certificates = certificates.map_err(|why| {
                AzureError::Setup(format!(
                    "the CA file holds a certificate that TLS cannot use: {}",
                    innermost(&why)
                ))
            })?;
            builder = if loopback {
                builder.tls_certs_only(certificates)
            } else {
                builder.tls_certs_merge(certificates)
            };
        }
        let client = builder
            .build()
            .map_err(|why| AzureError::Setup(format!("TLS cannot be set up: {}", innermost(&why))))?;
        Ok(Self { client, through: proxy.map(|proxy| Arc::new((proxy.clone(), proxy.matcher()))) })
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// The proxy that is used for this address, if any.
    fn proxy_to(&self, url: &Url) -> Option<&Proxy> {
        let (proxy, matcher) = self.through.as_deref()?;
        matcher.intercept(&url.as_str().parse().ok()?).map(|_| proxy)
    }

    /// The meaning of a failed try to reach `url`, and whether it may be repeated.
    pub(crate) fn failure(&self, url: &Url, error: &reqwest::Error) -> (AzureError, TryFailure) {
        failure(url, self.proxy_to(url), error)
    }
}

/// The same for an address that was reached through this proxy, or without one.
pub(crate) fn failure(url: &Url, proxy: Option<&Proxy>, error: &reqwest::Error) -> (AzureError, TryFailure) {
    let (host, why) = (host_of(url), innermost(error));
    // After the handshake the same errors mean that an answer was lost.
    if error.is_connect() && chain(error).any(is_about_tls) {
        let host = proxy.map_or_else(|| host.clone(), |proxy| format!("{host} through {}", named(proxy)));
        return (AzureError::Tls { host, why }, TryFailure::NotSent);
    }
    if error.is_connect() {
        let why =
            if error.is_timeout() { format!("no connection within {} s", CONNECT.as_secs()) } else { why };
        let (host, why) = match (proxy, proxy.and_then(|_| refused(&why))) {
            (Some(proxy), Some(says)) => (host, format!("{} {says}", named(proxy))),
            // The proxy itself could not be reached.
            (Some(proxy), None) => (named(proxy), why),
            (None, _) => (host, why),
        };
        return (AzureError::Unreachable { host, why }, TryFailure::NotSent);
    }
    let why = if error.is_timeout() { "the service did not answer in time".to_owned() } else { why };
    (AzureError::AnswerLost { host, why }, TryFailure::Lost)
}

/// The connection error inside a library's error, if there is one.
pub(crate) fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a reqwest::Error> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

/// Words for the errors of the proxy tunnel, whose type is not public.
fn refused(why: &str) -> Option<&'static str> {
    Some(match why.strip_prefix("tunnel error: ")? {
        "proxy authorization required" => "wants a user and a password (HTTP 407)",
        "unexpected end of file" => "ended the connection without an answer: it may be no proxy",
        _ => "does not let it through",
    })
}

/// The proxy and where it is configured, for a sentence.
fn named(proxy: &Proxy) -> String {
    format!("the proxy {proxy} (from {})", proxy.from())
}

fn configured(proxy: &Proxy) -> Result<reqwest::Proxy, AzureError> {
    let unusable =
        |why: &dyn std::fmt::Display| AzureError::Setup(format!("{} cannot be used: {why}", named(proxy)));
    let mut used = reqwest::Proxy::all(proxy.address().clone()).map_err(|why| unusable(&innermost(&why)))?;
    if let Some(login) = proxy.login() {
        let mut login =
            HeaderValue::from_str(login).map_err(|_| unusable(&"its user and password cannot be sent"))?;
        login.set_sensitive(true);
        used = used.custom_http_auth(login);
    }
    Ok(used.no_proxy(reqwest::NoProxy::from_string(proxy.not_for())))
}

/// Names below `localhost` are this machine (RFC 6761); not every system resolver knows that.
#[derive(Debug)]
struct Names;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Addrs = if is_localhost(name.as_str()) {
                Box::new(std::iter::once(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)))
            } else {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await;
                let found: Vec<SocketAddr> = found.map_err(|why| unresolved(&why))?.collect();
                Box::new(found.into_iter())
            };
            Ok(addresses)
        })
    }
}

fn unresolved(why: &std::io::Error) -> String {
    let why = reason(why);
    format!(
        "its name cannot be looked up: {}",
        why.strip_prefix("failed to lookup address information: ").unwrap_or(&why)
    )
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        let error = *error;
        // An io::Error does not return what it wraps from `source`.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}

fn is_about_tls(cause: &(dyn StdError + 'static)) -> bool {
    cause.downcast_ref::<rustls::Error>().is_some()
}

/// The last cause says what happened; those above it only say where.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error).last().map_or_else(String::new, |last| reason(&last))
}
