//! A cloud: its endpoints, its audiences, and whether it is the practice cloud.

use std::net::{IpAddr, SocketAddr};

use serde_json::Value;
use url::Url;

use super::error::AzureError;
use super::request::{Plane, Request};
use super::{address, graph, json};

/// The control and network addresses of the practice cloud; only accepted behind a loopback address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Practice {
    /// The address of its control interface; the same host as ARM.
    pub control: Url,
    /// The address of its DNS server.
    pub dns: SocketAddr,
    /// The address at which it serves the hostnames of its apps by TLS.
    pub front_door: SocketAddr,
    /// Addresses of its zone that do not lead to the front door, with the sockets that they stand for.
    pub other_doors: Vec<(IpAddr, SocketAddr)>,
}

impl Practice {
    /// The socket for TLS connections to these addresses of the zone; usually the front door.
    pub fn door(&self, addresses: &[IpAddr]) -> SocketAddr {
        let other = self.other_doors.iter().find(|(address, _)| addresses.contains(address));
        other.map_or(self.front_door, |(_, door)| *door)
    }
}

/// The endpoints and audiences of one cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// The name as Azure's tools know it, such as `AzureCloud`; the host of ARM if its metadata has no name.
    pub name: String,
    /// The endpoint of Azure Resource Manager.
    pub arm: Url,
    /// The endpoint of the sign-in service.
    pub authority: Url,
    /// The audience of tokens for ARM, without a slash at its end.
    pub arm_audience: String,
    /// Microsoft Graph; its address is also its audience.
    pub graph: Option<Url>,
    /// The end of every vault's host, from the dot on; it may contain a port.
    pub vault_suffix: String,
    /// The audience of tokens for vaults.
    pub vault_audience: String,
    /// The other addresses of the practice cloud; `None` for every other cloud.
    pub practice: Option<Practice>,
    /// A national cloud, where App Service certificates cannot be bought (A65).
    pub national: bool,
}

/// Which of Microsoft's clouds it is, as far as the offers there depend on it (A65, A117).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CloudKind {
    Public,
    UsGovernment,
    China,
    Practice,
    /// A cloud at another address, such as Azure Stack.
    Other,
}

/// Name, ARM, sign-in, Graph, vault suffix, national.
const KNOWN: [(&str, &str, &str, &str, &str, bool); 3] = [
    (
        "AzureCloud",
        "https://management.azure.com/",
        "https://login.microsoftonline.com/",
        "https://graph.microsoft.com/",
        ".vault.azure.net",
        false,
    ),
    (
        "AzureUSGovernment",
        "https://management.usgovcloudapi.net/",
        "https://login.microsoftonline.us/",
        "https://graph.microsoft.us/",
        ".vault.usgovcloudapi.net",
        true,
    ),
    (
        "AzureChinaCloud",
        "https://management.chinacloudapi.cn/",
        "https://login.chinacloudapi.cn/",
        "https://microsoftgraph.chinacloudapi.cn/",
        ".vault.azure.cn",
        true,
    ),
];

/// The default ARM endpoint.
pub(crate) const PUBLIC_ARM: &str = KNOWN[0].1;

impl Cloud {
    /// The cloud that Microsoft runs at this ARM endpoint, if it is one of them.
    pub fn known(arm: &Url) -> Option<Self> {
        let (name, arm, authority, graph, suffix, national) = KNOWN
            .into_iter()
            .find(|cloud| Url::parse(cloud.1).is_ok_and(|known| same_origin(&known, arm)))?;
        Some(Self {
            name: name.to_owned(),
            arm: Url::parse(arm).ok()?,
            authority: Url::parse(authority).ok()?,
            arm_audience: arm.trim_end_matches('/').to_owned(),
            graph: Url::parse(graph).ok(),
            vault_suffix: suffix.to_owned(),
            vault_audience: format!("https://{}", suffix.trim_start_matches('.')),
            practice: None,
            national,
        })
    }

    /// Reads the answer of `GET {arm}/metadata/endpoints`: one object, or in older versions a list.
    pub fn decode(arm: &Url, answer: &Value) -> Result<Self, AzureError> {
        let one = json::elements(answer).first().unwrap_or(answer);
        let missing = |what: &str| AzureError::Malformed {
            host: host_of(arm),
            why: format!("its metadata does not name {what}; is it an Azure Resource Manager endpoint?"),
        };
        let url = |pointer: &str| json::text(one, pointer).and_then(|text| Url::parse(&text).ok());
        let suffix =
            json::text(one, "/suffixes/keyVaultDns").ok_or_else(|| missing("the vaults' DNS suffix"))?;
        let suffix = format!(".{}", suffix.trim_start_matches('.'));
        let audience = json::text(one, "/authentication/audiences/0").unwrap_or_else(|| arm.to_string());
        Ok(Self {
            name: json::text(one, "/name").unwrap_or_else(|| host_of(arm)),
            arm: arm.clone(),
            authority: url("/authentication/loginEndpoint").ok_or_else(|| missing("the sign-in endpoint"))?,
            arm_audience: audience.trim_end_matches('/').to_owned(),
            graph: url("/microsoftGraphResourceId"),
            vault_audience: format!("https://{}", suffix.trim_start_matches('.')),
            vault_suffix: suffix,
            practice: practice(arm, one),
            national: false,
        })
    }

    fn kind(&self) -> CloudKind {
        match self.name.as_str() {
            _ if self.practice.is_some() => CloudKind::Practice,
            "AzureCloud" => CloudKind::Public,
            "AzureUSGovernment" => CloudKind::UsGovernment,
            "AzureChinaCloud" => CloudKind::China,
            _ => CloudKind::Other,
        }
    }

    /// The URL of a request. Fails for a vault outside of this cloud.
    pub fn url(&self, request: &Request) -> Result<Url, AzureError> {
        address::of(self, request)
    }

    /// The audience that a service requires of a token.
    pub fn audience(&self, plane: &Plane) -> String {
        address::audience(self, plane)
    }

    /// The application id of App Service's own service principal in this cloud (A116, A117).
    pub fn websites_app_id(&self) -> &'static str {
        if self.kind() == CloudKind::UsGovernment { graph::WEBSITES_US_GOVERNMENT } else { graph::WEBSITES }
    }

    /// Whether a token for vaults may be sent to this URL.
    pub fn is_vault(&self, url: &Url) -> bool {
        let suffix = self.vault_suffix.to_ascii_lowercase();
        url.scheme() == "https"
            && url.username().is_empty()
            && host_of(url).strip_suffix(&suffix).is_some_and(|name| !name.is_empty())
    }
}

/// A cloud that calls itself a practice cloud is believed only on this machine.
fn practice(arm: &Url, metadata: &Value) -> Option<Practice> {
    let says = metadata.get("practiceCloud").filter(|_| is_loopback(arm))?;
    let address = |pointer: &str| json::text(says, pointer).and_then(|text| text.parse::<SocketAddr>().ok());
    let practice = Practice {
        control: json::text(says, "/control").and_then(|text| Url::parse(&text).ok())?,
        dns: address("/dns")?,
        front_door: address("/tlsFrontDoor")?,
        other_doors: other_doors(says),
    };
    let doors = practice.other_doors.iter().map(|(_, door)| *door);
    let is_here = doors.chain([practice.dns, practice.front_door]).all(|place| place.ip().is_loopback());
    (same_origin(&practice.control, arm) && is_here).then_some(practice)
}

fn other_doors(says: &Value) -> Vec<(IpAddr, SocketAddr)> {
    let doors = says.get("otherDoors").and_then(Value::as_object);
    let door =
        |(address, place): (&String, &Value)| Some((address.parse().ok()?, place.as_str()?.parse().ok()?));
    doors.into_iter().flatten().filter_map(door).collect()
}

pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin() && one.origin().is_tuple()
}

/// The host, and the port if it is not the usual one.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

/// Loopback by literal address or by a name below `localhost` (RFC 6761).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => is_localhost(name),
        None => false,
    }
}

pub(crate) fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn metadata() -> Value {
        json!({"name": "Practice", "authentication": {"loginEndpoint": "https://127.0.0.1:4443/", "audiences": ["https://management.azure.com/"]},
            "suffixes": {"keyVaultDns": ".vault.localhost:4443"}, "microsoftGraphResourceId": "https://127.0.0.1:4443/",
            "practiceCloud": {"control": "https://127.0.0.1:4443/_emulator", "dns": "127.0.0.1:5353", "tlsFrontDoor": "127.0.0.1:8443"}})
    }

    #[test]
    fn a_token_for_vaults_goes_only_below_the_suffix() {
        let cloud = Cloud::known(&url("https://management.azure.com")).unwrap();
        assert!(cloud.is_vault(&url("https://kv.vault.azure.net/")));
        for bad in [
            "https://kv.vault.azure.net.evil.com/",
            "http://kv.vault.azure.net/",
            "https://evilvault.azure.net/",
            "https://x@kv.vault.azure.net/",
            "https://kv.vault.azure.net:4443/",
        ] {
            assert!(!cloud.is_vault(&url(bad)), "{bad}");
        }
        let practice = Cloud::decode(&url("https://127.0.0.1:4443"), &metadata()).unwrap();
        assert!(practice.is_vault(&url("https://kv.vault.localhost:4443/")));
        assert_eq!((cloud.kind(), practice.kind()), (CloudKind::Public, CloudKind::Practice));
    }

    #[test]
    fn only_this_machine_can_be_the_practice_cloud() {
        assert!(Cloud::decode(&url("https://127.0.0.1:4443"), &metadata()).unwrap().practice.is_some());
        assert!(Cloud::decode(&url("https://azure.example:4443"), &metadata()).unwrap().practice.is_none());
        assert!(Cloud::decode(&url("https://127.0.0.1:9999"), &metadata()).unwrap().practice.is_none());
    }

    #[test]
    fn national_clouds_are_known_by_their_endpoint() {
        let cloud = Cloud::known(&url("https://management.usgovcloudapi.net/")).unwrap();
        assert!(cloud.national && cloud.websites_app_id() == graph::WEBSITES_US_GOVERNMENT);
        assert_eq!(cloud.kind(), CloudKind::UsGovernment);
        assert_eq!(Cloud::known(&url("https://management.azure.com.evil.example/")), None);
    }
}
