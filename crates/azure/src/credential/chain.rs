//! Who signs in: the ways to sign in, in order, each with the reason why it was not used. The first one that
//! gives a token is kept.
//!
//! A way that is not available is skipped. A configured way that was refused ends the search: acting under
//! another identity because a secret has expired would be wrong.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

use super::super::challenge::Claims;
use super::super::error::AzureError;
use super::party::TokenRequest;
use super::{ClientCertificate, FetchedToken, Means, Token, application, person, sdk, tool};

/// One way to sign in. The two kinds are separate, so that a person who signed in here is never confused with
/// the account of another tool on this machine.
#[derive(Debug, Clone)]
pub enum Identity {
    /// By `azure_identity`: an application, a managed identity, or the account of another tool.
    Library(LibrarySignIn),
    /// By certdeck itself: a person.
    Own(OwnSignIn),
}

/// The ways that `azure_identity` provides.
#[derive(Debug, Clone)]
pub enum LibrarySignIn {
    /// An application that proves itself by a secret.
    ClientSecret {
        /// The id or a domain of the tenant.
        tenant: String,
        /// The application (client) id.
        client_id: String,
        /// The value of the secret.
        secret: SecretString,
    },
    /// An application that proves itself by a certificate.
    ClientCertificate {
        /// The id or a domain of the tenant.
        tenant: String,
        /// The application (client) id.
        client_id: String,
        /// The certificate with its key.
        certificate: Arc<ClientCertificate>,
    },
    /// A pod or a pipeline whose own token is trusted.
    WorkloadIdentity {
        /// The id or a domain of the tenant.
        tenant: String,
        /// The application (client) id.
        client_id: String,
        /// The file with the token that the cluster or the pipeline wrote.
        token_file: PathBuf,
    },
    /// The identity of the machine itself in Azure.
    ManagedIdentity {
        /// The client id of a user-assigned identity; `None` for the system-assigned one.
        client_id: Option<String>,
        /// The address of the metadata service, if not the usual one.
        host: Option<Url>,
    },
    /// The account that ran `az login`.
    AzureCli {
        /// The tenant to sign in to; `None` for the tool's own choice.
        tenant: Option<String>,
    },
    /// The account that ran `azd auth login`.
    AzureDeveloperCli {
        /// The tenant to sign in to; `None` for the tool's own choice.
        tenant: Option<String>,
    },
}

/// The ways of people who sign in with certdeck itself.
#[derive(Debug, Clone)]
pub enum OwnSignIn {
    /// The account that ran `certdeck login`.
    SavedSignIn {
        /// The tenant; `None` for that of the account.
        tenant: Option<String>,
        /// The application to sign in to; `None` for Microsoft's developer tools.
        client_id: Option<String>,
    },
    /// The person at the terminal; a saved sign-in is used first.
    DeviceCode {
        /// The tenant; `None` for that of the account.
        tenant: Option<String>,
        /// The application to sign in to; `None` for Microsoft's developer tools.
        client_id: Option<String>,
    },
    /// The same with a browser that returns to this port of the machine; 0 is any port.
    Browser {
        /// The tenant; `None` for that of the account.
        tenant: Option<String>,
        /// The application to sign in to; `None` for Microsoft's developer tools.
        client_id: Option<String>,
        /// The port on the loopback address; 0 selects a free one.
        port: u16,
    },
}

/// How a person is asked to sign in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Door {
    /// With a code that is typed on any machine.
    #[default]
    DeviceCode,
    /// With a browser that returns to this port of the machine; 0 is any port.
    Browser {
        /// The port on the loopback address; 0 selects a free one.
        port: u16,
    },
}

impl Door {
    /// The identity of a person who signs in this way.
    pub fn identity(self, tenant: Option<String>, client_id: Option<String>) -> Identity {
        match self {
            Self::DeviceCode => OwnSignIn::DeviceCode { tenant, client_id }.into(),
            Self::Browser { port } => OwnSignIn::Browser { tenant, client_id, port }.into(),
        }
    }
}

impl From<LibrarySignIn> for Identity {
    fn from(way: LibrarySignIn) -> Self {
        Self::Library(way)
    }
}

impl From<OwnSignIn> for Identity {
    fn from(way: OwnSignIn) -> Self {
        Self::Own(way)
    }
}

impl LibrarySignIn {
    /// The name in messages and in the output of `certdeck doctor`, such as `managed identity`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ClientSecret { .. } => "client secret",
            Self::ClientCertificate { .. } => "client certificate",
            Self::WorkloadIdentity { .. } => "workload identity",
            Self::ManagedIdentity { .. } => "managed identity",
            Self::AzureCli { .. } => "Azure CLI",
            Self::AzureDeveloperCli { .. } => "Azure Developer CLI",
        }
    }
}

impl OwnSignIn {
    /// The name in messages and in the output of `certdeck doctor`, such as `device code`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SavedSignIn { .. } => "saved sign-in",
            Self::DeviceCode { .. } => "device code",
            Self::Browser { .. } => "browser",
        }
    }

    /// The tenant and the client id.
    pub fn party(&self) -> (Option<&str>, Option<&str>) {
        let (Self::SavedSignIn { tenant, client_id }
        | Self::DeviceCode { tenant, client_id }
        | Self::Browser { tenant, client_id, .. }) = self;
        (tenant.as_deref(), client_id.as_deref())
    }

    fn door(&self, usual: Door) -> Door {
        match self {
            Self::SavedSignIn { .. } => usual,
            Self::DeviceCode { .. } => Door::DeviceCode,
            Self::Browser { port, .. } => Door::Browser { port: *port },
        }
    }
}

impl Identity {
    /// The name in messages and in the output of `certdeck doctor`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Library(way) => way.name(),
            Self::Own(way) => way.name(),
        }
    }

    /// The identity of a person who can sign in when this way has stopped working; `None` if it is no person,
    /// or was asked already. `usual` is how people are asked here.
    fn in_person(&self, usual: Door) -> Option<Self> {
        match self {
            Self::Library(
                LibrarySignIn::AzureCli { tenant } | LibrarySignIn::AzureDeveloperCli { tenant },
            ) => Some(usual.identity(tenant.clone(), None)),
            Self::Own(OwnSignIn::SavedSignIn { tenant, client_id }) => {
                Some(usual.identity(tenant.clone(), client_id.clone()))
            }
            Self::Own(OwnSignIn::DeviceCode { .. } | OwnSignIn::Browser { .. })
            | Self::Library(
                LibrarySignIn::ClientSecret { .. }
                | LibrarySignIn::ClientCertificate { .. }
                | LibrarySignIn::WorkloadIdentity { .. }
                | LibrarySignIn::ManagedIdentity { .. },
            ) => None,
        }
    }
}

/// A way that was not used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The name of the way ([`Identity::name`]).
    pub way: &'static str,
    /// The reason, in half a sentence.
    pub why: String,
}

/// The ways to sign in, in order; ways that cannot be tried carry the reason.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    ways: Vec<Result<Identity, Tried>>,
    /// How people are asked when a way that is not their own sign-in needs one.
    door: Door,
}

impl Chain {
    /// A chain with a single way, which a context or a command has chosen.
    pub fn just(identity: impl Into<Identity>) -> Self {
        Self { ways: vec![Ok(identity.into())], door: Door::default() }
    }

    /// An application with a secret.
    pub fn application(
        tenant: impl Into<String>,
        client_id: impl Into<String>,
        secret: impl Into<SecretString>,
    ) -> Self {
        Self::just(LibrarySignIn::ClientSecret {
            tenant: tenant.into(),
            client_id: client_id.into(),
            secret: secret.into(),
        })
    }

    /// Adds a way that is tried after the others.
    #[must_use]
    pub fn then(mut self, identity: impl Into<Identity>) -> Self {
        self.ways.push(Ok(identity.into()));
        self
    }

    /// Adds a way that cannot be tried, with the reason that is shown if no way works.
    #[must_use]
    pub fn without(mut self, way: &'static str, why: impl Into<String>) -> Self {
        self.ways.push(Err(Tried { way, why: why.into() }));
        self
    }

    /// Sets how a person is asked if the sign-in of another tool no longer works.
    #[must_use]
    pub fn asking_by(self, door: Door) -> Self {
        Self { door, ..self }
    }

    /// The ways in their order; an error is one that cannot be tried.
    pub fn ways(&self) -> impl Iterator<Item = &Result<Identity, Tried>> {
        self.ways.iter()
    }
}

/// Why a way gave no token.
#[derive(Debug)]
pub(super) enum Miss {
    /// The way is not available: there is no sign-in of that kind.
    Absent(String),
    /// The way is available but does not work.
    Failed(AzureError),
}

impl From<AzureError> for Miss {
    fn from(error: AzureError) -> Self {
        Self::Failed(error)
    }
}

impl Miss {
    pub(super) fn into_error(self, way: &'static str) -> AzureError {
        match self {
            Self::Absent(why) => AzureError::NobodySignedIn(vec![Tried { way, why }]),
            Self::Failed(error) => error,
        }
    }
}

#[derive(Debug)]
pub(super) struct Signer {
    chain: Chain,
    means: Means,
    /// The way that worked; afterwards no other is tried.
    chosen: Option<Identity>,
}

impl Signer {
    pub(super) fn new(chain: Chain, means: Means) -> Self {
        Self { chain, means, chosen: None }
    }

    pub(super) async fn acquire(&mut self, wanted: TokenRequest<'_>) -> Result<FetchedToken, AzureError> {
        let Some(chosen) = self.chosen.clone() else { return self.search(wanted).await };
        let miss = match self.fetch(&chosen, wanted, true).await {
            Ok(access) => return Ok(access),
            Err(miss) => miss,
        };
        // A way that worked has stopped working. A person can sign in again now, and the requests that wait
        // for the token continue.
        let may_ask = self.means.desk.is_some() && asks_for_a_person(&miss);
        match chosen.in_person(self.chain.door).filter(|_| may_ask) {
            Some(person) => {
                let access =
                    self.fetch(&person, wanted, true).await.map_err(|miss| miss.into_error(person.name()))?;
                self.chosen = Some(person);
                Ok(access)
            }
            None => Err(miss.into_error(chosen.name())),
        }
    }

    /// A token with the claims that a service requires instead of a refused one, by the way that worked
    /// before: without a prompt if possible, otherwise by asking the person.
    pub(super) async fn satisfy(
        &mut self,
        audience: &str,
        refused: &Token,
        claims: &Claims,
    ) -> Result<FetchedToken, AzureError> {
        let Some(chosen) = self.chosen.clone() else { return Err(AzureError::NobodySignedIn(Vec::new())) };
        let more = |commands| AzureError::MoreWanted {
            way: chosen.name(),
            wants: claims.words().to_owned(),
            commands,
        };
        let way = match &chosen {
            Identity::Own(way) => {
                let (tenant, client_id) = way.party();
                let wanted = TokenRequest { audience, claims: Some(claims) };
                match person::quietly(&self.means, tenant, client_id, wanted).await {
                    Ok(access) => return Ok(access),
                    Err(Miss::Failed(error)) => return Err(error),
                    Err(Miss::Absent(why)) => {
                        tracing::debug!(why, "a person is asked for what a service wants");
                    }
                }
                if self.means.desk.is_none() {
                    let tenant = tenant.map(|id| format!(" --tenant {id}")).unwrap_or_default();
                    return Err(more(vec![format!(
                        "certdeck login{tenant} --claims-challenge {}",
                        claims.encoded()
                    )]));
                }
                let why = format!("Azure asks for {}", claims.words());
                let asked =
                    person::ask(&self.means, tenant, client_id, wanted, way.door(self.chain.door), &why)
                        .await;
                return asked.map_err(|miss| miss.into_error(way.name()));
            }
            Identity::Library(way) => way,
        };
        match way {
            LibrarySignIn::AzureCli { .. } | LibrarySignIn::AzureDeveloperCli { .. } => {
                tool::borrow_again(&self.means, way, audience, refused, claims).await
            }
            LibrarySignIn::ManagedIdentity { .. } => match sdk::fetch(&self.means, way, audience).await {
                Ok(access) if access.token.expose() != refused.expose() => Ok(access),
                Ok(_) => Err(more(Vec::new())),
                Err(miss) => Err(miss.into_error(way.name())),
            },
            LibrarySignIn::ClientSecret { .. }
            | LibrarySignIn::ClientCertificate { .. }
            | LibrarySignIn::WorkloadIdentity { .. } => {
                let fetched = application::fetch(&self.means, way, audience, claims).await;
                fetched.unwrap_or_else(|| Err(more(Vec::new())))
            }
        }
    }

    /// The same account in another tenant, without asking a person; `None` if the identity is no person.
    pub(super) fn in_tenant(&self, tenant: &str) -> Option<Self> {
        let tenant = Some(tenant.to_owned());
        let identity: Identity = match self.chosen.as_ref()? {
            Identity::Library(LibrarySignIn::AzureCli { .. }) => LibrarySignIn::AzureCli { tenant }.into(),
            Identity::Library(LibrarySignIn::AzureDeveloperCli { .. }) => {
                LibrarySignIn::AzureDeveloperCli { tenant }.into()
            }
            Identity::Own(way) => {
                OwnSignIn::SavedSignIn { tenant, client_id: way.party().1.map(str::to_owned) }.into()
            }
            Identity::Library(
                LibrarySignIn::ClientSecret { .. }
                | LibrarySignIn::ClientCertificate { .. }
                | LibrarySignIn::WorkloadIdentity { .. }
                | LibrarySignIn::ManagedIdentity { .. },
            ) => return None,
        };
        Some(Self::new(Chain::just(identity), Means { desk: None, ..self.means.clone() }))
    }

    /// Without asking a person, and only by the way that worked before.
    pub(super) async fn acquire_quietly(&self, audience: &str) -> Result<FetchedToken, AzureError> {
        let Some(chosen) = &self.chosen else { return Err(AzureError::NobodySignedIn(Vec::new())) };
        let wanted = TokenRequest { audience, claims: None };
        self.fetch(chosen, wanted, false).await.map_err(|miss| miss.into_error(chosen.name()))
    }

    async fn search(&mut self, wanted: TokenRequest<'_>) -> Result<FetchedToken, AzureError> {
        let mut tried = Vec::new();
        for way in self.chain.ways.clone() {
            let identity = match way {
                Ok(identity) => identity,
                Err(skipped) => {
                    tried.push(skipped);
                    continue;
                }
            };
            match self.fetch(&identity, wanted, true).await {
                Ok(access) => {
                    self.chosen = Some(identity);
                    return Ok(access);
                }
                Err(Miss::Absent(why)) => tried.push(Tried { way: identity.name(), why }),
                Err(Miss::Failed(error)) => return Err(error),
            }
        }
        Err(AzureError::NobodySignedIn(tried))
    }

    /// Tries every way once, for showing; no person is asked.
    pub(super) async fn rehearse(&self, audience: &str) -> Vec<(&'static str, Result<Token, AzureError>)> {
        let mut outcomes = Vec::new();
        for way in &self.chain.ways {
            outcomes.push(match way {
                Ok(identity) => {
                    let way = identity.name();
                    let fetched = self.fetch(identity, TokenRequest { audience, claims: None }, false).await;
                    (way, fetched.map(|access| access.token).map_err(|miss| miss.into_error(way)))
                }
                Err(tried) => (tried.way, Err(AzureError::NobodySignedIn(vec![tried.clone()]))),
            });
        }
        outcomes
    }

    /// Claims are requested when a person signs in; the other ways handle them in `satisfy`.
    async fn fetch(
        &self,
        identity: &Identity,
        wanted: TokenRequest<'_>,
        may_ask: bool,
    ) -> Result<FetchedToken, Miss> {
        let means = &self.means;
        let way = match identity {
            Identity::Library(way) => return sdk::fetch(means, way, wanted.audience).await,
            Identity::Own(way) => way,
        };
        let (tenant, client_id) = way.party();
        let is_asked = may_ask && !matches!(way, OwnSignIn::SavedSignIn { .. });
        match person::quietly(means, tenant, client_id, wanted).await {
            Err(Miss::Absent(why)) if is_asked => {
                person::ask(means, tenant, client_id, wanted, way.door(self.chain.door), &why).await
            }
            other => other,
        }
    }
}

/// Whether signing in again would help: not if the network is down.
fn asks_for_a_person(miss: &Miss) -> bool {
    matches!(miss, Miss::Absent(_) | Miss::Failed(AzureError::SignIn { .. }))
}
