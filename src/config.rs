//! The settings: defaults, then the file, then the environment, then arguments; unknown keys are refused with their line.
//! Reads the file and nothing else; what a setting leads to is decided by whoever asks for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use secrecy::SecretString;
use serde::Deserialize;
use thiserror::Error;
use url::Url;

/// `config.example.toml`: every key with its meaning.
pub const EXAMPLE: &str = include_str!("../config.example.toml");

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{} cannot be read: {why}", path.display())]
    Unreadable { path: PathBuf, why: io::Error },
    #[error("{} is not valid: {words}", path.display())]
    Invalid { path: PathBuf, words: String },
    #[error("there is no context '{name}' in {}; {}", path.display(), listed(known))]
    NoContext { name: String, path: PathBuf, known: Vec<String> },
    #[error("{from}: '{text}' is not an address; it looks like https://HOST:PORT")]
    BadAddress { from: &'static str, text: String },
    #[error("{from}: {text} would send tokens in the clear; use https")]
    InTheClear { from: &'static str, text: String },
    #[error("signing in as an application needs {0} as well")]
    Incomplete(&'static str),
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "it names none".to_owned() } else { format!("it names {}", names.join(", ")) }
}

/// The file as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub context: Option<String>,
    pub ui: Ui,
    pub contexts: BTreeMap<String, Context>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ui {
    pub colours: bool,
    pub ascii: bool,
    pub plain: bool,
}

impl Default for Ui {
    fn default() -> Self {
        Self { colours: true, ascii: false, plain: false }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloudName {
    #[default]
    Public,
    UsGovernment,
    China,
}

impl CloudName {
    fn arm_endpoint(self) -> &'static str {
        match self {
            Self::Public => "https://management.azure.com",
            Self::UsGovernment => "https://management.usgovcloudapi.net",
            Self::China => "https://management.chinacloudapi.cn",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialName {
    AzureCli,
    ClientSecret,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Context {
    pub cloud: CloudName,
    pub arm_endpoint: Option<String>,
    pub authority: Option<String>,
    pub ca_file: Option<PathBuf>,
    pub tenant: Option<String>,
    pub credential: Option<CredentialName>,
    pub client_id: Option<String>,
    pub client_secret_file: Option<PathBuf>,
    pub read_only: bool,
}

/// Which cloud, as whom, with every layer applied.
#[derive(Debug, Clone)]
pub struct Target {
    /// For the header: the context's name, or where the connection comes from.
    pub name: String,
    pub arm_endpoint: Url,
    pub authority: Option<Url>,
    pub ca_file: Option<PathBuf>,
    pub tenant: Option<String>,
    pub credential: Credential,
    pub read_only: bool,
}

#[derive(Debug, Clone)]
pub enum Credential {
    AzureCli,
    ClientSecret { tenant: String, client_id: String, secret: SecretString },
}

impl Config {
    /// Reads the file; one that is not there has every default.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(why) => Err(ConfigError::Unreadable { path: path.to_owned(), why }),
        }
    }

    /// Refuses a file that somebody named and that is not there: its defaults would lead to another cloud.
    pub fn require(path: &Path) -> Result<(), ConfigError> {
        path.metadata().map(drop).map_err(|why| ConfigError::Unreadable { path: path.to_owned(), why })
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::Invalid { path: path.to_owned(), words: error.to_string() })
    }

    /// Picks the context and lays the environment over it. `chosen` is the argument's; `var` reads the environment.
    pub fn target(&self, path: &Path, chosen: Option<&str>, var: impl Fn(&str) -> Option<String>) -> Result<Target, ConfigError> {
        let var = |name: &str| var(name).filter(|value| !value.is_empty());
        let name = chosen.map(str::to_owned).or_else(|| var("CERTDECK_CONTEXT")).or_else(|| self.context.clone());
        let context = match &name {
            Some(name) => self.contexts.get(name).cloned().ok_or_else(|| ConfigError::NoContext {
                name: name.clone(),
                path: path.to_owned(),
                known: self.contexts.keys().cloned().collect(),
            })?,
            None => Context::default(),
        };
        let endpoint = var("CERTDECK_ARM_ENDPOINT").or(context.arm_endpoint);
        let endpoint = endpoint.unwrap_or_else(|| context.cloud.arm_endpoint().to_owned());
        let arm_endpoint = address("arm_endpoint", &endpoint)?;
        let authority = var("CERTDECK_AUTHORITY").or(context.authority);
        let tenant = var("AZURE_TENANT_ID").or(context.tenant);
        let secret = match (var("AZURE_CLIENT_SECRET"), context.client_secret_file) {
            (Some(secret), _) => Some(secret.into()),
            (None, Some(file)) if context.credential != Some(CredentialName::AzureCli) => Some(read_secret(&file)?),
            (None, _) => None,
        };
        let credential = match (context.credential, secret) {
            (Some(CredentialName::AzureCli), _) | (None, None) => Credential::AzureCli,
            (Some(CredentialName::ClientSecret), None) => {
                return Err(ConfigError::Incomplete("a secret: AZURE_CLIENT_SECRET or client_secret_file"));
            }
            (_, Some(secret)) => Credential::ClientSecret {
                tenant: tenant.clone().ok_or(ConfigError::Incomplete("a tenant: AZURE_TENANT_ID or tenant"))?,
                client_id: var("AZURE_CLIENT_ID")
                    .or(context.client_id)
                    .ok_or(ConfigError::Incomplete("an application id: AZURE_CLIENT_ID or client_id"))?,
                secret,
            },
        };
        Ok(Target {
            name: name.unwrap_or_else(|| arm_endpoint.host_str().unwrap_or_default().to_owned()),
            authority: authority.map(|text| address("authority", &text)).transpose()?,
            arm_endpoint,
            ca_file: var("CERTDECK_CA_FILE").map(PathBuf::from).or(context.ca_file),
            tenant,
            credential,
            read_only: context.read_only,
        })
    }
}

fn address(from: &'static str, text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).ok().filter(Url::has_host);
    let url = url.ok_or_else(|| ConfigError::BadAddress { from, text: text.to_owned() })?;
    if url.scheme() == "https" { Ok(url) } else { Err(ConfigError::InTheClear { from, text: text.to_owned() }) }
}

fn read_secret(file: &Path) -> Result<SecretString, ConfigError> {
    let text = fs::read_to_string(file).map_err(|why| ConfigError::Unreadable { path: file.to_owned(), why })?;
    Ok(zeroize::Zeroizing::new(text).trim().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use secrecy::ExposeSecret;

    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, Path::new("config.toml"))
    }

    fn target(config: &Config, environment: &[(&str, &str)]) -> Result<Target, ConfigError> {
        let var = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        config.target(Path::new("config.toml"), None, var)
    }

    #[test]
    fn the_example_is_valid_as_it_stands_and_with_every_setting_switched_on() {
        parse(EXAMPLE).unwrap();
        let on: Vec<&str> =
            EXAMPLE.lines().map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line)).collect();
        let config = parse(&on.join("\n")).unwrap();
        assert_eq!(config.context.as_deref(), Some("production"));
        assert_eq!(config.ui, Ui::default());
        assert_eq!(config.contexts["production"].credential, Some(CredentialName::AzureCli));
        assert!(config.contexts["practice"].ca_file.is_some());
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let words = parse("[ui]\ncolors = true\n").unwrap_err().to_string();
        assert!(words.contains("line 2") && words.contains("colors"), "{words}");
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
        let Credential::ClientSecret { secret, .. } = reached.credential else { unreachable!() };
        assert_eq!(secret.expose_secret(), "s");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = parse("context = \"a\"\n[contexts.a]\ntenant = \"file\"\ncloud = \"china\"").unwrap();
        let reached = target(&config, &[("AZURE_TENANT_ID", "environment")]).unwrap();
        assert_eq!(reached.tenant.as_deref(), Some("environment"));
        assert!(reached.arm_endpoint.as_str().contains("chinacloudapi"));
    }

    #[test]
    fn a_context_that_is_not_there_is_refused_with_those_that_are() {
        let config = parse("[contexts.a]\n[contexts.b]").unwrap();
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
}
