//! From a request to its URL, and the check that a link in an answer leads to the same service.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::cloud::{Cloud, host_of, same_origin};
use super::error::AzureError;
use super::request::{Plane, Request};

/// The characters that a path segment may contain unescaped; names with `#`, `,` and spaces exist.
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'(').remove(b')');

/// The host of a plane. A vault outside of the cloud's suffix is refused before a token is requested.
pub(crate) fn base(cloud: &Cloud, plane: &Plane) -> Result<Url, AzureError> {
    match plane {
        Plane::Arm => Ok(cloud.arm.clone()),
        Plane::Graph => cloud
            .graph
            .clone()
            .ok_or_else(|| AzureError::Setup(format!("the cloud {} names no Microsoft Graph", cloud.name))),
        Plane::Vault(uri) => {
            let refused = || AzureError::HostRefused {
                found: uri.clone(),
                expected: format!("a vault of this cloud (*{})", cloud.vault_suffix),
            };
            Url::parse(uri).ok().filter(|url| cloud.is_vault(url)).ok_or_else(refused)
        }
    }
}

/// The token audience of a plane.
pub(crate) fn audience(cloud: &Cloud, plane: &Plane) -> String {
    match plane {
        Plane::Arm => cloud.arm_audience.clone(),
        Plane::Graph => {
            cloud.graph.as_ref().map_or_else(String::new, |url| url.as_str().trim_end_matches('/').to_owned())
        }
        Plane::Vault(_) => cloud.vault_audience.clone(),
    }
}

pub(crate) fn of(cloud: &Cloud, request: &Request) -> Result<Url, AzureError> {
    join(base(cloud, &request.plane)?, request)
}

/// The request's path and query on a host.
pub(crate) fn join(mut url: Url, request: &Request) -> Result<Url, AzureError> {
    let segments: Vec<&str> = request.path.split('/').skip(1).collect();
    if segments.iter().any(|segment| matches!(*segment, "." | "..")) {
        return Err(AzureError::Setup(format!("'{}' is no path of a resource", request.path)));
    }
    let path: Vec<String> =
        segments.iter().map(|segment| utf8_percent_encode(segment, SEGMENT).to_string()).collect();
    url.set_path(&path.join("/"));
    let mut query: Vec<String> = request
        .query
        .iter()
        .map(|(key, value)| format!("{key}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    if !request.api_version.is_empty() {
        query.insert(0, format!("api-version={}", request.api_version));
    }
    url.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
    Ok(url)
}

/// A link in an answer (`nextLink`, `Location`, `Azure-AsyncOperation`): followed verbatim, and only if it
/// leads back to the sender of the answer, because the token is sent with it. Resource Manager may also name
/// one of its own regions, such as `westeurope.management.azure.com`.
pub(crate) fn follow(cloud: &Cloud, came_from: &Url, link: &str) -> Result<Url, AzureError> {
    let refused = |found: String| AzureError::HostRefused {
        found,
        expected: format!("an address of {}", host_of(came_from)),
    };
    let url = came_from.join(link).map_err(|_| refused("a link that is no URL".to_owned()))?;
    let stays = same_origin(&url, came_from) || (is_of(&cloud.arm, came_from) && is_of(&cloud.arm, &url));
    if stays && url.username().is_empty() && url.password().is_none() {
        Ok(url)
    } else {
        Err(refused(format!("{}://{}", url.scheme(), host_of(&url))))
    }
}

/// Whether a URL leads to Resource Manager itself or to a host below its domain, by the same scheme and port.
fn is_of(arm: &Url, url: &Url) -> bool {
    let (Some(domain), Some(host)) = (arm.domain(), url.domain()) else { return same_origin(arm, url) };
    let is_below = host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1);
    let same_door =
        arm.scheme() == url.scheme() && arm.port_or_known_default() == url.port_or_known_default();
    same_door && (host == domain || (is_below && domain.contains('.')))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cloud() -> Cloud {
        Cloud::known(&Url::parse("https://management.azure.com").unwrap()).unwrap()
    }

    #[test]
    fn names_with_odd_characters_stay_one_segment() {
        let request = Request::get("", "/subscriptions/s/certificates/AB##West US#,b?%2f", "2023-12-01")
            .with_query("$filter", "a eq 'b'");
        let url = of(&cloud(), &request).unwrap();
        assert_eq!(
            url.as_str(),
            "https://management.azure.com/subscriptions/s/certificates/AB%23%23West%20US%23%2Cb%3F%252f?api-version=2023-12-01&$filter=a%20eq%20%27b%27"
        );
        assert!(of(&cloud(), &Request::get("", "/subscriptions/../x", "1")).is_err());
    }

    #[test]
    fn a_link_to_another_host_is_refused() {
        let from = Url::parse("https://management.azure.com/subscriptions?api-version=1").unwrap();
        let follow = |from: &Url, link: &str| follow(&cloud(), from, link);
        assert_eq!(follow(&from, "/next?a=%2F").unwrap().as_str(), "https://management.azure.com/next?a=%2F");
        for link in [
            "https://evil.example/x",
            "http://management.azure.com/x",
            "//evil.example/x",
            "https://management.azure.com:444/x",
            "https://a@management.azure.com/",
            "https://evilmanagement.azure.com/x",
            "https://.management.azure.com/x",
            "https://westeurope.management.azure.com.evil.example/x",
            "http://westeurope.management.azure.com/x",
            "https://westeurope.management.azure.com:8443/x",
            "https://westeurope.management.usgovcloudapi.net/x",
            "https://azure.com/x",
        ] {
            assert!(matches!(follow(&from, link), Err(AzureError::HostRefused { .. })), "{link}");
        }
    }

    #[test]
    fn a_link_to_a_region_of_resource_manager_is_followed_and_back() {
        let arm = Url::parse("https://management.azure.com/subscriptions?api-version=1").unwrap();
        let regional =
            follow(&cloud(), &arm, "https://westeurope.management.azure.com/op?t=1&s=a%2Bb").unwrap();
        assert_eq!(regional.as_str(), "https://westeurope.management.azure.com/op?t=1&s=a%2Bb");
        assert!(follow(&cloud(), &regional, "https://management.azure.com/op").is_ok());
        let vault = Url::parse("https://kv.vault.azure.net/secrets").unwrap();
        assert!(
            follow(&cloud(), &vault, "https://westeurope.management.azure.com/op").is_err(),
            "a vault's token stays with the vault"
        );
        assert!(follow(&cloud(), &vault, "https://other.vault.azure.net/secrets").is_err());
        // A cloud at an IP address has no domain, so no host can be below it.
        let practice = Cloud { arm: Url::parse("https://127.0.0.1:8443").unwrap(), ..cloud() };
        assert!(follow(&practice, &practice.arm.clone(), "https://127.0.0.1:8444/x").is_err());
        let local = Cloud { arm: Url::parse("https://localhost:8443").unwrap(), ..cloud() };
        assert!(follow(&local, &local.arm.clone(), "https://evil.localhost:8443/x").is_err());
    }

    #[test]
    fn a_vault_outside_of_the_cloud_is_refused() {
        let request = Request::get("", "/secrets", "7.5")
            .on(Plane::Vault("https://kv.vault.azure.net.evil.example/".to_owned()));
        assert!(matches!(of(&cloud(), &request), Err(AzureError::HostRefused { .. })));
    }
}
