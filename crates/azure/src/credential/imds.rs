//! Managed identities: the identity of the machine itself in Azure, from the metadata service that only the
//! machine can reach, or from App Service's own endpoint if certdeck runs there.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, Request, Transport};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use reqwest::redirect;
use url::Url;

use super::super::cloud::host_of;

/// The link-local address of the metadata service on every virtual machine in Azure.
const USUAL: &str = "http://169.254.169.254/";
const PATH: &str = "/metadata/identity/oauth2/token";
/// An existing service answers in milliseconds; elsewhere packets to the address may simply be lost.
const PATIENCE: Duration = Duration::from_secs(1);

/// Checks that there is a metadata service; without one the library would wait for more than a minute.
pub(super) async fn find(host: Option<&Url>) -> Result<(), String> {
    match by_environment(&|name| std::env::var_os(name).is_some()) {
        Some(Ok(())) => return Ok(()),
        Some(Err(place)) => return Err(format!("the managed identity of {place} is not supported")),
        None => {}
    }
    // The rest of the address may contain a password.
    let shown = host.map_or_else(
        || USUAL.trim_end_matches('/').to_owned(),
        |url| format!("{}://{}", url.scheme(), host_of(url)),
    );
    let url = host.cloned().or_else(|| Url::parse(USUAL).ok()).and_then(|url| url.join(PATH).ok());
    let (Some(url), Ok(http)) = (url, plain(Some(PATIENCE))) else {
        return Err(format!("{shown} is no address"));
    };
    // Without its header a metadata service of Azure answers 400; those of other clouds answer otherwise.
    match http.get(url).send().await {
        Ok(answer) if answer.status().as_u16() == 400 => Ok(()),
        Ok(answer) => Err(format!(
            "what answers at {shown} ({}) is not Azure's metadata service",
            answer.status().as_u16()
        )),
        Err(_) => Err(format!("this machine has no identity in Azure: nothing answers at {shown}")),
    }
}

/// Where this program runs according to the environment, in the order of Azure's own libraries: App Service
/// has its own endpoint, which works. Environments that the library cannot use count as absent, so that the
/// next way is tried.
fn by_environment(is_set: &dyn Fn(&str) -> bool) -> Option<Result<(), &'static str>> {
    if is_set("IDENTITY_ENDPOINT") {
        return match (
            is_set("IDENTITY_HEADER"),
            is_set("IDENTITY_SERVER_THUMBPRINT"),
            is_set("IMDS_ENDPOINT"),
        ) {
            (true, true, _) => Some(Err("Service Fabric")),
            (true, false, _) => Some(Ok(())),
            (false, _, true) => Some(Err("Azure Arc")),
            (false, _, false) => None,
        };
    }
    let of_cloud_shell = if is_set("MSI_SECRET") { "Azure Machine Learning" } else { "Azure Cloud Shell" };
    is_set("MSI_ENDPOINT").then_some(Err(of_cloud_shell))
}

pub(super) fn credential(
    client_id: Option<&str>,
    host: Option<Url>,
) -> azure_core::Result<Arc<ManagedIdentityCredential>> {
    let failed =
        |why| azure_core::Error::with_message(azure_core::error::ErrorKind::Credential, format!("{why}"));
    let http = plain(None).map_err(failed)?;
    let transport: Arc<dyn HttpClient> = match host {
        Some(host) => Arc::new(Elsewhere { http, host }),
        None => Arc::new(http),
    };
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: client_id.map(|id| UserAssignedId::ClientId(id.to_owned())),
        client_options: ClientOptions {
            transport: Some(Transport::new(transport)),
            ..ClientOptions::default()
        },
    };
    ManagedIdentityCredential::new(Some(options))
}

/// The metadata service uses plain HTTP and is never behind a proxy. Only requests for its own tokens are
/// sent this way.
fn plain(patience: Option<Duration>) -> reqwest::Result<reqwest::Client> {
    let builder =
        reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).connect_timeout(PATIENCE);
    match patience {
        Some(patience) => builder.timeout(patience).build(),
        None => builder.timeout(Duration::from_secs(20)).build(),
    }
}

/// The library knows only one address; this type sends its requests to another.
#[derive(Debug)]
struct Elsewhere {
    http: reqwest::Client,
    host: Url,
}

#[async_trait]
impl HttpClient for Elsewhere {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let mut url = self.host.clone();
        url.set_path(request.url().path());
        url.set_query(request.url().query());
        let mut moved = request.clone();
        *moved.url_mut() = url;
        self.http.execute_request(&moved).await
    }
}

#[cfg(test)]
mod tests {
    use super::by_environment;

    #[test]
    fn what_the_library_cannot_use_is_told_from_app_service_and_from_a_machine() {
        let found = |set: &[&str]| by_environment(&|name| set.contains(&name));
        assert_eq!(found(&[]), None);
        assert_eq!(found(&["IDENTITY_ENDPOINT"]), None, "the metadata service is looked for");
        assert_eq!(found(&["IDENTITY_ENDPOINT", "IDENTITY_HEADER"]), Some(Ok(())));
        assert_eq!(found(&["IDENTITY_ENDPOINT", "IMDS_ENDPOINT"]), Some(Err("Azure Arc")));
        let fabric = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT"];
        assert_eq!(found(&fabric), Some(Err("Service Fabric")));
        assert_eq!(found(&["MSI_ENDPOINT"]), Some(Err("Azure Cloud Shell")));
        assert_eq!(found(&["MSI_ENDPOINT", "MSI_SECRET"]), Some(Err("Azure Machine Learning")));
    }
}
