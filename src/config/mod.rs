//! The settings: defaults, then the file, then the environment, then arguments; unknown keys are refused with
//! their line. Here is what the file may say; `target` makes of it which cloud is meant, and `sign_in` as
//! whom.

mod edit;
mod sign_in;
mod target;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use strum::VariantArray;
use thiserror::Error;

use crate::azure::ProxyError;
use crate::file;
use crate::model::{printable, quoted, reason, shown, toml_refusal};
use crate::paths::is_absent;

pub use edit::use_context;
pub use sign_in::authorities;
pub use target::{Target, proxy_of_environment};

/// `config.example.toml`: every key with its meaning.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{} cannot be read: {}", shown(path), reason(why))]
    Unreadable { path: PathBuf, why: io::Error },
    #[error("{} is not valid: {words}", shown(path))]
    Invalid { path: PathBuf, words: String },
    #[error("there is no context '{}' in {}; {}", quoted(name), shown(path), listed(known))]
    NoContext { name: String, path: PathBuf, known: Vec<String> },
    #[error("{from}: '{}' is not an address; it looks like https://HOST:PORT", quoted(text))]
    BadAddress { from: &'static str, text: String },
    /// The text is not shown: the place of the password in it is not known.
    #[error(
        "{from}: an address must have neither a user nor a password in it; it looks like https://HOST:PORT"
    )]
    LoginInAddress { from: &'static str },
    #[error("{from} is not the address of a proxy: {why}. It looks like http://USER:PASSWORD@HOST:PORT")]
    BadProxy { from: String, why: ProxyError },
    #[error("{from}: {} would send tokens in the clear; use https", quoted(text))]
    InTheClear { from: &'static str, text: String },
    #[error(
        "{key}: '{}' is no object id; it looks like 11111111-1111-1111-1111-111111111111, and Entra ID shows it under the application's Enterprise application",
        quoted(text)
    )]
    NoObjectId { key: &'static str, text: String },
    #[error(
        "the variable {0} is not UTF-8 text: set it again in a UTF-8 locale; in a URL write other characters as %XX"
    )]
    NotText(String),
    #[error("signing in as an application needs {0} as well")]
    Incomplete(&'static str),
    #[error("the client certificate {}: {why}", shown(path))]
    BadCertificate { path: PathBuf, why: String },
    #[error("the CA file {} cannot be used: {why}", shown(path))]
    BadAuthorities { path: PathBuf, why: String },
    #[error("CERTDECK_CREDENTIAL: '{}' is no way to sign in; there are {ways}", quoted(.0), ways = CredentialName::words_of_all())]
    NoSuchCredential(String),
}

fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    if names.is_empty() { "it names none".to_owned() } else { format!("it names {}", names.join(", ")) }
}

/// The file as written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub context: Option<String>,
    /// Whether the rows are kept from one run to the next.
    pub cache: bool,
    pub ui: Ui,
    pub contexts: BTreeMap<String, Context>,
}

impl Default for Config {
    fn default() -> Self {
        Self { context: None, cache: true, ui: Ui::default(), contexts: BTreeMap::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ui {
    pub colours: bool,
    /// Not said: as the locale is.
    pub ascii: Option<bool>,
    pub plain: bool,
    /// The name of a look.
    pub look: String,
    /// What roles look like beside what the look says.
    pub roles: BTreeMap<String, String>,
    pub columns: PaneColumns,
    /// Filters by name, to choose from.
    pub filters: BTreeMap<String, String>,
    /// After which time the screen reads everything again by itself; never where nothing is said.
    #[serde(deserialize_with = "interval")]
    pub refresh: Option<SignedDuration>,
}

/// A length of time such as `5m`, of a minute at least.
fn interval<'de, D: Deserializer<'de>>(text: D) -> Result<Option<SignedDuration>, D::Error> {
    const SHORTEST: SignedDuration = SignedDuration::from_mins(1);
    let text = String::deserialize(text)?;
    let span: Option<SignedDuration> = text.parse().ok();
    match span {
        Some(span) if span >= SHORTEST => Ok(Some(span)),
        _ => Err(D::Error::custom("it is too short, or not written like 5m")),
    }
}

/// The columns of each pane that a person wants, in this order; as the room allows where there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaneColumns {
    pub private: Vec<String>,
    pub public: Vec<String>,
    pub orders: Vec<String>,
    pub bindings: Vec<String>,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            colours: true,
            ascii: None,
            plain: false,
            look: "default".to_owned(),
            roles: BTreeMap::new(),
            columns: PaneColumns::default(),
            filters: BTreeMap::new(),
            refresh: None,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum CloudName {
    #[default]
    Public,
    UsGovernment,
    China,
}

impl CloudName {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    fn arm_endpoint(self) -> &'static str {
        match self {
            Self::Public => "https://management.azure.com",
            Self::UsGovernment => "https://management.usgovcloudapi.net",
            Self::China => "https://management.chinacloudapi.cn",
        }
    }
}

/// How to sign in; `Auto` is every way that this machine has, in order.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum CredentialName {
    #[default]
    Auto,
    AzureCli,
    AzureDeveloperCli,
    ClientSecret,
    ClientCertificate,
    WorkloadIdentity,
    ManagedIdentity,
    DeviceCode,
    Browser,
}

impl CredentialName {
    pub const ALL: &[Self] = Self::VARIANTS;

    fn words_of_all() -> String {
        Self::ALL.iter().map(|way| way.as_str()).collect::<Vec<_>>().join(", ")
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Context {
    pub cloud: CloudName,
    pub arm_endpoint: Option<String>,
    pub authority: Option<String>,
    pub ca_file: Option<PathBuf>,
    pub proxy: Option<Unshown>,
    pub tenant: Option<String>,
    pub subscriptions: Vec<String>,
    pub credential: Option<CredentialName>,
    pub client_id: Option<String>,
    pub client_secret_file: Option<PathBuf>,
    pub client_certificate_file: Option<PathBuf>,
    pub federated_token_file: Option<PathBuf>,
    pub read_only: bool,
    pub production: Option<bool>,
    pub scope: Option<String>,
    pub principals: PrincipalIds,
}

/// A text that may have a password in it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Unshown(String);

impl std::fmt::Debug for Unshown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("•••")
    }
}

/// Object ids of Microsoft's two services in the tenant, for those who may not read the directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrincipalIds {
    pub app_service: Option<String>,
    pub certificate_registration: Option<String>,
}

impl Context {
    /// Which cloud it is, for a list of contexts.
    pub fn cloud_words(&self) -> String {
        match &self.arm_endpoint {
            Some(address) if target::may_hold_a_login(address) => {
                "an address with a user or a password".to_owned()
            }
            Some(address) => printable(address).into_owned(),
            None => self.cloud.as_str().to_owned(),
        }
    }

    /// What one has to know of it before working in it.
    pub fn marks(&self) -> Vec<&'static str> {
        let marks = [
            (self.production == Some(true), "production"),
            (self.production == Some(false), "not production"),
            (self.read_only, "read-only"),
        ];
        marks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, mark)| mark).collect()
    }
}

impl Config {
    /// Reads the file; one that is not there has every default.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        match file::read_text(path) {
            Ok(text) => Self::parse(&text, path),
            Err(error) if is_absent(&error) => Ok(Self::default()),
            Err(why) => Err(ConfigError::Unreadable { path: path.to_owned(), why }),
        }
    }

    /// Refuses a file that was named and does not exist: its defaults would lead to another cloud.
    pub fn require(path: &Path) -> Result<(), ConfigError> {
        path.metadata().map(drop).map_err(|why| ConfigError::Unreadable { path: path.to_owned(), why })
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::Invalid {
            path: path.to_owned(),
            words: toml_refusal(text, &error),
        })
    }

    /// Whether neither the file nor the environment names a cloud or an identity that signs in.
    pub fn is_blank(&self, var: impl Fn(&str) -> Option<String>) -> bool {
        const TELLING: [&str; 6] = [
            "CERTDECK_CONTEXT",
            "CERTDECK_ARM_ENDPOINT",
            "CERTDECK_CREDENTIAL",
            "AZURE_CLIENT_SECRET",
            "AZURE_CLIENT_CERTIFICATE_PATH",
            "AZURE_FEDERATED_TOKEN_FILE",
        ];
        self.contexts.is_empty() && TELLING.iter().all(|name| var(name).is_none_or(|value| value.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_mistake_in_the_settings_is_told_by_its_line_without_a_password_that_stands_there() {
        let refused = |text: &str| Config::parse(text, Path::new("config.toml")).unwrap_err().to_string();
        for line in [
            "proxy = http://user:secret9@proxy:8080",
            "proxy = \"http://user:secret9@proxy:8080",
            "read_only = \"http://user:secret9@proxy:8080\"",
            "cloud = \"http://user:secret9@proxy:8080\"",
            "proxy: \"http://user:secret9@proxy:8080\"",
            "proxy = [\"http://user:secret9@proxy:8080\"]",
        ] {
            let words = refused(&format!("[contexts.a]\n{line}\n"));
            assert!(
                words.contains("line 2") && !words.contains("secret9") && !words.contains("user"),
                "{words}"
            );
        }
        let words = refused("[contexts.a]\nproxi = \"http://user:secret9@proxy:8080\"\n");
        assert!(words.contains("unknown field `proxi`") && !words.contains("secret9"), "{words}");
        let debug = format!(
            "{:?}",
            Config::parse("[contexts.a]\nproxy = \"secret9@proxy\"", Path::new("config.toml")).unwrap()
        );
        assert!(!debug.contains("secret9"), "{debug}");
    }

    #[test]
    fn the_example_is_valid_as_it_stands_and_with_every_setting_switched_on() {
        let parse = |text: &str| Config::parse(text, Path::new("config.toml"));
        parse(EXAMPLE).unwrap();
        let on: Vec<&str> = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
            .collect();
        let config = parse(&on.join("\n")).unwrap();
        assert_eq!(config.context.as_deref(), Some("production"));
        let columns = PaneColumns {
            private: ["name", "expires", "who_acts", "issuer", "tags"].map(str::to_owned).into(),
            bindings: ["hostname", "app", "certificate", "expires"].map(str::to_owned).into(),
            ..PaneColumns::default()
        };
        let roles = BTreeMap::from([("soon".to_owned(), "bold magenta".to_owned())]);
        let filters = [("go daddy", "issuer:godaddy"), ("my team", "tags:team=shop")];
        let filters = filters.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        let refresh = Some(SignedDuration::from_mins(5));
        assert_eq!(config.ui, Ui { ascii: Some(false), columns, roles, filters, refresh, ..Ui::default() });
        let refused = parse("[ui]\nrefresh = \"5s\"").unwrap_err().to_string();
        assert!(refused.contains("too short"), "{refused}");
        let production = &config.contexts["production"];
        assert_eq!(production.credential, Some(CredentialName::Auto));
        assert!(production.production == Some(false) && !production.subscriptions.is_empty());
        assert!(config.contexts["practice"].ca_file.is_some());
    }

    #[test]
    fn every_way_to_sign_in_is_explained_in_the_example() {
        for way in CredentialName::ALL.iter().copied() {
            assert!(EXAMPLE.contains(&format!("\"{}\"", way.as_str())), "{}", way.as_str());
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let words = Config::parse("[ui]\ncolors = true\n", Path::new("config.toml")).unwrap_err().to_string();
        assert!(words.contains("line 2") && words.contains("colors"), "{words}");
    }

    #[test]
    fn nothing_configured_is_told_from_something() {
        assert!(Config::default().is_blank(|_| None));
        assert!(!Config::default().is_blank(|name| (name == "AZURE_CLIENT_SECRET").then(|| "s".to_owned())));
    }
}
