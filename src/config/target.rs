//! Which cloud, as whom: the context that is meant, with the environment laid over it.

use std::path::{Path, PathBuf};

use url::Url;

use super::{Config, ConfigError, Context, CredentialName, Unshown, sign_in};
use crate::azure::graph::{self, Principals};
use crate::azure::{self, Chain, Door, Proxy, is_loopback};

/// Everything that is decided before a cloud is reached.
#[derive(Debug, Clone)]
pub struct Target {
    /// For the header: the context's name, or where the connection comes from.
    pub name: String,
    pub arm_endpoint: Url,
    pub authority: Option<Url>,
    pub ca_file: Option<PathBuf>,
    pub proxy: Option<Proxy>,
    pub tenant: Option<String>,
    /// The application that a person signs in to, where it is not Microsoft's own.
    pub client_id: Option<String>,
    /// By id or name; none: all.
    pub subscriptions: Vec<String>,
    /// How a person is asked to sign in.
    pub door: Door,
    pub principals: Principals,
    pub chain: Chain,
    pub read_only: bool,
    /// What the context says of it, if anything.
    pub production: Option<bool>,
    /// What the lists are filtered by at the start.
    pub scope: Option<String>,
    /// Whether its rows may be kept from one run to the next.
    pub keeps_rows: bool,
}

impl Target {
    /// Whether what interrupts has to be typed there: everywhere but in a practice cloud, unless the context
    /// says otherwise.
    pub fn is_production(&self, is_practice: bool) -> bool {
        self.production.unwrap_or(!is_practice)
    }
}

impl Config {
    /// Picks the context and lays the environment over it. `chosen` is the argument's; `var` reads the
    /// environment.
    pub fn target(
        &self,
        path: &Path,
        chosen: Option<&str>,
        var: impl Fn(&str) -> Option<String>,
    ) -> Result<Target, ConfigError> {
        let var = |name: &str| var(name).filter(|value| !value.is_empty());
        let name =
            chosen.map(str::to_owned).or_else(|| var("CERTDECK_CONTEXT")).or_else(|| self.context.clone());
        let mut context = match &name {
            Some(name) => self.contexts.get(name).cloned().ok_or_else(|| ConfigError::NoContext {
                name: name.clone(),
                path: path.to_owned(),
                known: self.contexts.keys().cloned().collect(),
            })?,
            None => Context::default(),
        };
        if let Some(text) = var("CERTDECK_CREDENTIAL") {
            let known = CredentialName::ALL.iter().copied().find(|known| known.as_str() == text);
            context.credential = Some(known.ok_or(ConfigError::NoSuchCredential(text))?);
        }
        let endpoint = var("CERTDECK_ARM_ENDPOINT").or_else(|| context.arm_endpoint.clone());
        let endpoint = endpoint.unwrap_or_else(|| context.cloud.arm_endpoint().to_owned());
        let arm_endpoint = address("arm_endpoint", &endpoint)?;
        let proxy = match &context.proxy {
            Some(Unshown(text)) => Some(proxy(text, "proxy in the settings", var)?),
            // What is on this machine is reached without any.
            None if is_loopback(&arm_endpoint) => None,
            None => proxy_of_environment(var)?,
        };
        let authority = var("CERTDECK_AUTHORITY").or_else(|| context.authority.clone());
        context.tenant = var("AZURE_TENANT_ID").or(context.tenant);
        let door = sign_in::door(&context, &var);
        let chain = sign_in::chain(&context, door, &var)?;
        Ok(Target {
            name: name.unwrap_or_else(|| arm_endpoint.host_str().unwrap_or_default().to_owned()),
            authority: authority.map(|text| address("authority", &text)).transpose()?,
            arm_endpoint,
            ca_file: var("CERTDECK_CA_FILE").map(PathBuf::from).or(context.ca_file),
            proxy,
            tenant: context.tenant,
            client_id: context.client_id.filter(|_| {
                matches!(context.credential, Some(CredentialName::DeviceCode | CredentialName::Browser))
            }),
            subscriptions: context.subscriptions,
            door,
            principals: Principals {
                app_service: object_id("principals.app_service", context.principals.app_service)?,
                certificate_registration: object_id(
                    "principals.certificate_registration",
                    context.principals.certificate_registration,
                )?,
            },
            chain,
            read_only: context.read_only,
            production: context.production,
            scope: context.scope,
            keeps_rows: true,
        })
    }
}

/// One of the directory's ids; the application id of a service, which is the same in every tenant, is none.
fn object_id(key: &'static str, text: Option<String>) -> Result<Option<String>, ConfigError> {
    let Some(text) = text else { return Ok(None) };
    let is_application = [graph::WEBSITES, graph::WEBSITES_US_GOVERNMENT, graph::CERTIFICATE_REGISTRATION];
    if text.len() != 36
        || uuid::Uuid::parse_str(&text).is_err()
        || is_application.iter().any(|id| id.eq_ignore_ascii_case(&text))
    {
        return Err(ConfigError::NoObjectId { key, text });
    }
    Ok(Some(text.to_ascii_lowercase()))
}

fn address(from: &'static str, text: &str) -> Result<Url, ConfigError> {
    if may_hold_a_login(text) {
        return Err(ConfigError::LoginInAddress { from });
    }
    let url = Url::parse(text).ok().filter(Url::has_host);
    let url = url.ok_or_else(|| ConfigError::BadAddress { from, text: text.to_owned() })?;
    if url.scheme() == "https" {
        Ok(url)
    } else {
        Err(ConfigError::InTheClear { from, text: text.to_owned() })
    }
}

/// Whether a user and a password may stand in an address, however it is written.
pub(super) fn may_hold_a_login(text: &str) -> bool {
    text.contains('@') || text.contains("%40")
}

/// Through a proxy all is TLS from here to Azure, so its own address may be plain.
fn proxy(text: &str, from: &str, var: impl Fn(&str) -> Option<String>) -> Result<Proxy, ConfigError> {
    let proxy =
        Proxy::parse(text, from).map_err(|why| ConfigError::BadProxy { from: from.to_owned(), why })?;
    Ok(proxy.except(azure::EXCEPTIONS.into_iter().find_map(var)))
}

/// The proxy that the environment names for https, as curl and Azure's own tools read it.
pub fn proxy_of_environment(var: impl Fn(&str) -> Option<String>) -> Result<Option<Proxy>, ConfigError> {
    let set = azure::VARIABLES
        .into_iter()
        .find_map(|name| Some((name, var(name).filter(|text| !text.trim().is_empty())?)));
    set.map(|(name, text)| proxy(&text, name, var)).transpose()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::azure::{Identity, OwnSignIn};

    fn parse(text: &str) -> Config {
        Config::parse(text, Path::new("config.toml")).unwrap()
    }

    fn target(config: &Config, environment: &[(&str, &str)]) -> Result<Target, ConfigError> {
        let var = |name: &str| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        config.target(Path::new("config.toml"), None, var)
    }

    #[test]
    fn the_environment_alone_reaches_a_practice_cloud() {
        let reached = target(
            &Config::default(),
            &[
                ("CERTDECK_ARM_ENDPOINT", "https://127.0.0.1:8443"),
                ("CERTDECK_CA_FILE", "/tmp/ca.pem"),
                ("AZURE_TENANT_ID", "t"),
                ("AZURE_CLIENT_ID", "c"),
                ("AZURE_CLIENT_SECRET", "s"),
            ],
        )
        .unwrap();
        assert_eq!(reached.arm_endpoint.as_str(), "https://127.0.0.1:8443/");
        assert_eq!(reached.chain.ways().next().unwrap().as_ref().unwrap().name(), "client secret");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = parse("context = \"a\"\n[contexts.a]\ntenant = \"file\"\ncloud = \"china\"");
        let reached = target(&config, &[("AZURE_TENANT_ID", "environment")]).unwrap();
        assert_eq!(reached.tenant.as_deref(), Some("environment"));
        assert!(reached.arm_endpoint.as_str().contains("chinacloudapi"));
    }

    #[test]
    fn object_ids_of_the_settings_are_those_of_the_tenant() {
        let of = |id: &str| {
            let config = parse(&format!("context = \"a\"\n[contexts.a.principals]\napp_service = \"{id}\""));
            target(&config, &[])
        };
        let known = of("F8DAEA97-62E7-4026-BECF-13C2EA98E8B4").unwrap().principals;
        assert_eq!(known.app_service.as_deref(), Some("f8daea97-62e7-4026-becf-13c2ea98e8b4"));
        for wrong in ["App Service", "f8daea97", graph::WEBSITES] {
            let words = of(wrong).unwrap_err().to_string();
            assert!(words.contains("principals.app_service") && words.contains(wrong), "{words}");
        }
    }

    #[test]
    fn every_context_that_is_not_practice_is_production_unless_it_says_otherwise() {
        let of = |line: &str| target(&parse(&format!("context = \"a\"\n[contexts.a]\n{line}")), &[]).unwrap();
        assert_eq!([of("").is_production(false), of("").is_production(true)], [true, false]);
        for (line, expected) in [("production = false", false), ("production = true", true)] {
            assert_eq!(
                [of(line).is_production(false), of(line).is_production(true)],
                [expected, expected],
                "{line}"
            );
        }
    }

    #[test]
    fn a_context_that_is_not_there_is_refused_with_those_that_are() {
        let config = parse("[contexts.a]\n[contexts.b]");
        let words = target(&config, &[("CERTDECK_CONTEXT", "c")]).unwrap_err().to_string();
        assert!(words.contains("it names a, b"), "{words}");
    }

    #[test]
    fn tokens_are_never_sent_in_the_clear() {
        assert!(matches!(
            target(&Config::default(), &[("CERTDECK_ARM_ENDPOINT", "http://127.0.0.1:1")]),
            Err(ConfigError::InTheClear { .. })
        ));
    }

    #[test]
    fn the_proxy_of_the_context_comes_before_the_environments_and_a_cloud_on_this_machine_has_none() {
        let environment =
            [("https_proxy", "user:secret9@low:1"), ("HTTPS_PROXY", "http://up:1"), ("NO_PROXY", "a.b")];
        let proxy =
            |config: &Config, environment: &[(&str, &str)]| target(config, environment).unwrap().proxy;
        let found = proxy(&Config::default(), &environment).unwrap();
        assert_eq!(
            (found.to_string().as_str(), found.from(), found.not_for()),
            ("http://low:1", "https_proxy", "a.b")
        );
        let config = parse("context = \"a\"\n[contexts.a]\nproxy = \"user:secret9@own:1\"");
        let found = proxy(&config, &environment).unwrap();
        assert_eq!(
            (found.to_string().as_str(), found.from(), found.signs_in()),
            ("http://own:1", "proxy in the settings", true)
        );
        let here = [
            ("CERTDECK_ARM_ENDPOINT", "https://127.0.0.1:8443"),
            ("HTTPS_PROXY", "http://user:sec/ret9@proxy"),
        ];
        assert!(proxy(&Config::default(), &here).is_none());
    }

    #[test]
    fn no_password_of_an_address_is_shown_however_it_is_written() {
        for text in [
            "https://user:secret9@host",
            "https:\\\\user:secret9@host",
            "user:secret9@host",
            "https://user:secret9%40host",
        ] {
            let config = parse(&format!("context = \"a\"\n[contexts.a]\narm_endpoint = {text:?}"));
            let words = target(&config, &[]).unwrap_err().to_string() + &config.contexts["a"].cloud_words();
            let variable =
                target(&Config::default(), &[("CERTDECK_ARM_ENDPOINT", text)]).unwrap_err().to_string();
            let authority =
                target(&Config::default(), &[("CERTDECK_AUTHORITY", text)]).unwrap_err().to_string();
            let words = [words, variable, authority].join("\n");
            assert!(!words.contains("secret9") && words.contains("arm_endpoint"), "{words}");
        }
        for text in ["http://user:sec/secret9@proxy", "user:secret9", "htp://user:secret9@proxy:1"] {
            let words = target(&Config::default(), &[("HTTPS_PROXY", text)]).unwrap_err().to_string();
            assert!(
                !words.contains("secret9") && words.contains("HTTPS_PROXY is not the address of a proxy"),
                "{words}"
            );
        }
    }

    #[test]
    fn people_are_asked_by_browser_where_one_is_in_front_of_them_and_as_the_context_says_otherwise() {
        let auto = parse("");
        assert_eq!(target(&auto, &[("DISPLAY", ":0")]).unwrap().door, Door::Browser { port: 0 });
        assert_eq!(
            target(&auto, &[("DISPLAY", ":0"), ("SSH_TTY", "/dev/pts/1")]).unwrap().door,
            Door::DeviceCode
        );
        let own = parse("context = \"a\"\n[contexts.a]\ncredential = \"browser\"\nclient_id = \"own\"");
        let reached = target(&own, &[]).unwrap();
        let way = reached.chain.ways().next().unwrap().as_ref().unwrap().clone();
        assert!(
            matches!(way, Identity::Own(OwnSignIn::Browser { client_id: Some(id), port: 0, .. }) if id == "own")
        );
        assert_eq!(reached.client_id.as_deref(), Some("own"));
        let code = parse("context = \"a\"\n[contexts.a]\ncredential = \"device-code\"");
        assert_eq!(target(&code, &[("DISPLAY", ":0")]).unwrap().door, Door::DeviceCode);
    }

    #[test]
    fn a_context_says_who_signs_in_and_the_environment_cannot_make_it_somebody_else() {
        let config = parse("context = \"a\"\n[contexts.a]\ncredential = \"azure-cli\"");
        let secret = [("AZURE_CLIENT_SECRET", "s"), ("AZURE_CLIENT_ID", "c"), ("AZURE_TENANT_ID", "t")];
        let ways =
            |target: Target| target.chain.ways().map(|way| way.as_ref().unwrap().name()).collect::<Vec<_>>();
        assert_eq!(ways(target(&config, &secret).unwrap()), ["Azure CLI"]);
        let told = [&secret[..], &[("CERTDECK_CREDENTIAL", "client-secret")]].concat();
        assert_eq!(ways(target(&config, &told).unwrap()), ["client secret"]);
        let words = target(&config, &[("CERTDECK_CREDENTIAL", "magic")]).unwrap_err().to_string();
        assert!(words.contains("device-code"), "{words}");
    }
}
