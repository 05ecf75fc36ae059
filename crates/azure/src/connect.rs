//! From settings to a client: the cloud, the CA, the identity. It does not know where the settings come from.

use url::Url;

use super::client::Client;
use super::clock::ServiceClock;
use super::cloud::{Cloud, PUBLIC_ARM, host_of, is_loopback};
use super::credential::{Chain, Credential, Desk, Means, Saved};
use super::error::AzureError;
use super::graph::Principals;
use super::proxy::Proxy;
use super::transport::Http;
use super::{address, send, version};
use crate::Request;

/// How to reach Azure, and who signs in there. The default is the public cloud without a sign-in.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// The ARM endpoint of another cloud than the public one.
    pub arm_endpoint: Option<Url>,
    /// Replaces the sign-in endpoint that the cloud names.
    pub authority: Option<Url>,
    /// Certificates (DER) to trust besides the system's; behind a loopback address, instead of them.
    pub authorities: Vec<Vec<u8>>,
    /// A cloud on this machine is always reached without a proxy.
    pub proxy: Option<Proxy>,
    /// By id or name; empty: all that the identity sees.
    pub subscriptions: Vec<String>,
    /// Object ids that need not be looked up in Graph.
    pub principals: Principals,
    /// The ways to sign in, in their order.
    pub chain: Chain,
    /// The file with the sign-ins of people.
    pub saved: Option<Saved>,
    /// Connects to the person who can be asked to sign in.
    pub desk: Option<Desk>,
}

impl Client {
    /// Reads the description of the cloud. The sign-in happens later, with the first request.
    pub async fn connect(connection: Connection) -> Result<Self, AzureError> {
        let arm = match connection.arm_endpoint {
            Some(arm) => arm,
            None => Url::parse(PUBLIC_ARM).map_err(|why| AzureError::Setup(why.to_string()))?,
        };
        for url in [Some(&arm), connection.authority.as_ref()].into_iter().flatten() {
            if url.scheme() != "https" || !url.username().is_empty() {
                return Err(AzureError::Setup(format!(
                    "the endpoint {}://{} is not plain https://",
                    url.scheme(),
                    host_of(url)
                )));
            }
        }
        let http = Http::open(&connection.authorities, connection.proxy.as_ref(), is_loopback(&arm))?;
        let mut cloud = match Cloud::known(&arm) {
            Some(cloud) => cloud,
            None => describe(&http, &arm).await?,
        };
        if let Some(authority) = connection.authority {
            cloud.authority = authority;
        }
        let means = Means {
            authority: cloud.authority.clone(),
            http: http.clone(),
            saved: connection.saved,
            desk: connection.desk,
        };
        let credential = Credential::new(connection.chain, means);
        let clock = if is_loopback(&arm) { ServiceClock::of_this_machine() } else { ServiceClock::default() };
        Ok(Self::new(cloud, http, credential, connection.subscriptions, connection.principals, clock))
    }
}

/// Requests the endpoints of an unknown cloud; no token is sent there before.
async fn describe(http: &Http, arm: &Url) -> Result<Cloud, AzureError> {
    let request = Request::get("Read the endpoints of the cloud", "/metadata/endpoints", version::METADATA);
    let url = address::join(arm.clone(), &request)?;
    let answer = send::unsigned(http, url).await?;
    if answer.is_success() {
        Cloud::decode(arm, &answer.body)
    } else {
        Err(AzureError::refused(answer.refusal()))
    }
}
