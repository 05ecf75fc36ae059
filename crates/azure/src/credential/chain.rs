//! Who signs in: the ways to do so, in order, each with why it was not taken. The first that gives a token is
//! kept.
//!
//! What is not there is passed over. What was configured and then refused ends the search: nobody wants to
//! act as somebody else because a secret has expired.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

use super::super::challenge::Claims;
use super::super::error::AzureError;
use super::party::Wanted;
use super::{Access, ClientCertificate, Means, Token, application, person, sdk, tool};

/// One way to sign in. The two kinds are apart, so that a person who signed in here is never taken for whom a
/// tool of this machine is signed in as.
#[derive(Debug, Clone)]
pub enum Identity {
    Library(LibrarySignIn),
    Own(OwnSignIn),
}

/// What `azure_identity` does.
#[derive(Debug, Clone)]
pub enum LibrarySignIn {
    ClientSecret {
        tenant: String,
        client_id: String,
        secret: SecretString,
    },
    ClientCertificate {
        tenant: String,
        client_id: String,
        certificate: Arc<ClientCertificate>,
    },
    /// A pod or a pipeline whose own token is trusted.
    WorkloadIdentity {
        tenant: String,
        client_id: String,
        token_file: PathBuf,
    },
    /// What the machine itself is in Azure.
    ManagedIdentity {
        client_id: Option<String>,
        /// Where the metadata service is, if not at its usual address.
        host: Option<Url>,
    },
    /// Whoever ran `az login`.
    AzureCli {
        tenant: Option<String>,
    },
    /// Whoever ran `azd auth login`.
    AzureDeveloperCli {
        tenant: Option<String>,
    },
}

/// People who sign in with certdeck itself.
#[derive(Debug, Clone)]
pub enum OwnSignIn {
    /// Whoever ran `certdeck login`.
    SavedSignIn { tenant: Option<String>, client_id: Option<String> },
    /// The person at the terminal; whoever signed in before is not asked again.
    DeviceCode { tenant: Option<String>, client_id: Option<String> },
    /// The same with a browser that comes back to this port of the machine; 0 is any.
    Browser { tenant: Option<String>, client_id: Option<String>, port: u16 },
}

/// How a person is asked to sign in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Door {
    /// With a code that is typed on any machine.
    #[default]
    DeviceCode,
    /// With a browser that comes back to this port of the machine; 0 is any.
    Browser { port: u16 },
}

impl Door {
    /// Somebody who signs in so.
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
    pub fn name(&self) -> &'static str {
        match self {
            Self::Library(way) => way.name(),
            Self::Own(way) => way.name(),
        }
    }

    /// As whom a person signs in where this way has stopped working; nothing for what is no person, and for a
    /// person who was asked already. `usual` is how people are asked here.
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

/// A way that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub way: &'static str,
    pub why: String,
}

/// The ways to sign in, in order; those that cannot even be tried come with the reason.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    ways: Vec<Result<Identity, Tried>>,
    /// How people are asked where a way that is not their own sign-in needs one.
    door: Door,
}

impl Chain {
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

    #[must_use]
    pub fn then(mut self, identity: impl Into<Identity>) -> Self {
        self.ways.push(Ok(identity.into()));
        self
    }

    #[must_use]
    pub fn without(mut self, way: &'static str, why: impl Into<String>) -> Self {
        self.ways.push(Err(Tried { way, why: why.into() }));
        self
    }

    #[must_use]
    pub fn asking_by(self, door: Door) -> Self {
        Self { door, ..self }
    }

    pub fn ways(&self) -> impl Iterator<Item = &Result<Identity, Tried>> {
        self.ways.iter()
    }
}

/// Why a way gave no token.
#[derive(Debug)]
pub(super) enum Miss {
    /// It is not there: nobody is signed in that way.
    Absent(String),
    /// It is there and does not work.
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
    /// The way that worked; from then on no other is tried.
    chosen: Option<Identity>,
}

impl Signer {
    pub(super) fn new(chain: Chain, means: Means) -> Self {
        Self { chain, means, chosen: None }
    }

    pub(super) async fn acquire(&mut self, wanted: Wanted<'_>) -> Result<Access, AzureError> {
        let Some(chosen) = self.chosen.clone() else { return self.search(wanted).await };
        let miss = match self.fetch(&chosen, wanted, true).await {
            Ok(access) => return Ok(access),
            Err(miss) => miss,
        };
        // What worked before works no more. A person can sign in again here and now, and what waits for the
        // token goes on.
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

    /// A token that carries what a service wants in the place of one that it refused, by the way that worked
    /// before: quietly where that gives it, else by asking the person.
    pub(super) async fn satisfy(
        &mut self,
        audience: &str,
        refused: &Token,
        claims: &Claims,
    ) -> Result<Access, AzureError> {
        let Some(chosen) = self.chosen.clone() else { return Err(AzureError::NobodySignedIn(Vec::new())) };
        let more = |commands| AzureError::MoreWanted {
            way: chosen.name(),
            wants: claims.words().to_owned(),
            commands,
        };
        let way = match &chosen {
            Identity::Own(way) => {
                let (tenant, client_id) = way.party();
                let wanted = Wanted { audience, claims: Some(claims) };
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

    /// The same account in another tenant, without asking anybody; nothing for what is no person.
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

    /// Without asking anybody, and only in the way that worked before.
    pub(super) async fn acquire_quietly(&self, audience: &str) -> Result<Access, AzureError> {
        let Some(chosen) = &self.chosen else { return Err(AzureError::NobodySignedIn(Vec::new())) };
        let wanted = Wanted { audience, claims: None };
        self.fetch(chosen, wanted, false).await.map_err(|miss| miss.into_error(chosen.name()))
    }

    async fn search(&mut self, wanted: Wanted<'_>) -> Result<Access, AzureError> {
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

    /// Every way once, for looking at; nobody is asked.
    pub(super) async fn rehearse(&self, audience: &str) -> Vec<(&'static str, Result<Token, AzureError>)> {
        let mut outcomes = Vec::new();
        for way in &self.chain.ways {
            outcomes.push(match way {
                Ok(identity) => {
                    let way = identity.name();
                    let fetched = self.fetch(identity, Wanted { audience, claims: None }, false).await;
                    (way, fetched.map(|access| access.token).map_err(|miss| miss.into_error(way)))
                }
                Err(tried) => (tried.way, Err(AzureError::NobodySignedIn(vec![tried.clone()]))),
            });
        }
        outcomes
    }

    /// Claims are asked for where a person signs in; other ways answer them by `satisfy`.
    async fn fetch(&self, identity: &Identity, wanted: Wanted<'_>, may_ask: bool) -> Result<Access, Miss> {
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

/// Whether signing in again would help: not where the network is down.
fn asks_for_a_person(miss: &Miss) -> bool {
    matches!(miss, Miss::Absent(_) | Miss::Failed(AzureError::SignIn { .. }))
}
