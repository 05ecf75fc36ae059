//! From settings to a client: which cloud, which CA, who signs in. Where the settings come from is not known here.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::client::Client;
use super::cloud::{Cloud, PUBLIC_ARM, host_of, is_loopback};
use super::credential::{Credential, Identity};
use super::error::AzureError;
use super::{address, send, transport, version};
use crate::azure::Request;

/// How to reach Azure. With nothing set: the public cloud, as whoever ran `az login`.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// Another cloud than the public one.
    pub arm_endpoint: Option<Url>,
    /// Instead of the sign-in endpoint that the cloud names.
    pub authority: Option<Url>,
    /// PEM certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    pub tenant: Option<String>,
    pub client_id: Option<String>,
    /// Together with tenant and client id: sign in as that application.
    pub client_secret: Option<SecretString>,
}

impl Client {
    /// Finds out about the cloud. Nobody signs in yet: that happens with the first request.
    pub async fn connect(connection: Connection) -> Result<Self, AzureError> {
        let arm = match connection.arm_endpoint {
            Some(arm) => arm,
            None => Url::parse(PUBLIC_ARM).map_err(|why| AzureError::Setup(why.to_string()))?,
        };
        for url in [Some(&arm), connection.authority.as_ref()].into_iter().flatten() {
            if url.scheme() != "https" || !url.username().is_empty() {
                return Err(AzureError::Setup(format!("the endpoint {}://{} is not plain https://", url.scheme(), host_of(url))));
            }
        }
        let http = transport::open(connection.ca_file.as_deref(), is_loopback(&arm))?;
        let identity = identity(connection.tenant, connection.client_id, connection.client_secret)?;
        let mut cloud = match Cloud::known(&arm) {
            Some(cloud) => cloud,
            None => describe(&http, &arm).await?,
        };
        if let Some(authority) = connection.authority {
            cloud.authority = authority;
        }
        let credential = Credential::new(identity, cloud.authority.clone(), http.clone());
        Ok(Self::new(cloud, http, credential))
    }
}

fn identity(tenant: Option<String>, client_id: Option<String>, secret: Option<SecretString>) -> Result<Identity, AzureError> {
    match (tenant, client_id, secret) {
        (Some(tenant), Some(client_id), Some(secret)) => Ok(Identity::ClientSecret { tenant, client_id, secret }),
        (tenant, _, None) => Ok(Identity::AzureCli { tenant }),
        (_, _, Some(_)) => Err(AzureError::Setup("a client secret needs the tenant id and the client id beside it".to_owned())),
    }
}

/// Asks an unknown cloud for its endpoints; no token goes there before it has named them.
async fn describe(http: &reqwest::Client, arm: &Url) -> Result<Cloud, AzureError> {
    let request = Request::get("Read the endpoints of the cloud", "/metadata/endpoints", version::METADATA);
    let url = address::join(arm.clone(), &request)?;
    let answer = send::unsigned(http, url).await?;
    if answer.is_success() { Cloud::decode(arm, &answer.body) } else { Err(AzureError::refused(answer.refusal())) }
}
