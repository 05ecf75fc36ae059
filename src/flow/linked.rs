//! Site certificates that come from a vault, each with everything that a Sync is judged by: what the vault
//! holds now, who may read it, which hostnames are bound, and what those really serve. Reads only.

use futures::stream::{self, StreamExt};
use jiff::Timestamp;

use super::Seen;
use super::consent::works;
use super::proof::HostLook;
use super::usage::HostUse;
use crate::azure::{AzureError, Client, certificates, orders, roles, sites, vault_certificates, vaults};
use crate::model::{
    Binding, DomainName, Hostname, Order, OrderStatus, PrivateCertificate, Problem, ResourceId, SecretStatus,
    SslState, Thumbprint, Vault, VaultCertificate, VaultSecret, day,
};

/// Handshakes and vaults looked at at the same time.
const AT_ONCE: usize = 16;

/// What the secret holds now, as far as it can be known without fetching a private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Newest {
    /// With the names that it secures and the time that it is valid, where they are told.
    Known { thumbprint: Thumbprint, names: Vec<Hostname>, starts: Option<Timestamp>, ends: Option<Timestamp> },
    /// With the reason.
    Unknown(String),
}

/// A hostname that the certificate secures, or that its last Sync left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    pub binding: Binding,
    pub look: HostLook,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    pub certificate: PrivateCertificate,
    pub secret: VaultSecret,
    /// The order that fills the secret, where one does.
    pub order: Option<Order>,
    pub newest: Newest,
    pub vault: Seen<Vault>,
    /// Role assignments on the vault, where it uses them.
    pub roles: Seen<Vec<(String, String)>>,
    /// Some plan of the webspace; no answer about the certificate names its own.
    pub plan: Option<ResourceId>,
    pub bound: Vec<Bound>,
    /// Hostnames bound to what it was before, which no certificate of the webspace is any more.
    pub left_behind: Vec<Binding>,
}

/// How a certificate stands towards its vault.
#[derive(Debug, Clone, PartialEq)]
pub enum VaultStanding {
    InStep,
    Behind(Thumbprint),
    /// Whether there is something newer cannot be seen; why.
    Unknown(String),
    /// App Service has this certificate, and could not read the vault when it last tried.
    Troubled(SecretStatus),
    /// The vault itself waits for something.
    Waits(String),
    /// No Sync can help.
    Stuck(Problem),
}

impl Linked {
    pub fn standing(&self) -> VaultStanding {
        let status = &self.secret.status;
        let what = format!("Sync {}", self.certificate.id.name());
        let stuck = |status: &SecretStatus| {
            VaultStanding::Stuck(
                Problem::new(&*what, status.words()).remedy(status.remedy()).code(status.as_wire()),
            )
        };
        if self.vault.is_absent() {
            return stuck(&SecretStatus::KeyVaultDoesNotExist);
        }
        if matches!(status, SecretStatus::CertificateOrderFailed | SecretStatus::ExternalPrivateKey) {
            return stuck(status);
        }
        if let Some(on) = self.order.as_ref().and_then(|order| waits(order, &self.secret)) {
            return VaultStanding::Waits(on);
        }
        match &self.newest {
            Newest::Known { thumbprint, .. } if self.certificate.thumbprint.as_ref() != Some(thumbprint) => {
                VaultStanding::Behind(thumbprint.clone())
            }
            Newest::Known { .. } if status.is_trouble() => VaultStanding::Troubled(status.clone()),
            Newest::Known { .. } => VaultStanding::InStep,
            Newest::Unknown(why) => VaultStanding::Unknown(why.clone()),
        }
    }
}

impl Linked {
    /// Hostnames that a Sync would leave on the certificate of now, because the newest one does not secure
    /// them: App Service moves a binding only where the new certificate covers it (Azure/AppService,
    /// announcement of 2021-11-22).
    pub fn would_stay(&self) -> Vec<&Hostname> {
        let Newest::Known { names, .. } = &self.newest else { return Vec::new() };
        let hosts = self.bound.iter().map(|bound| &bound.binding.host);
        hosts.filter(|host| !names.is_empty() && !names.iter().any(|name| name.covers(host))).collect()
    }

    /// The hostnames that a Sync would move to a certificate that is not valid now, with the reason, while
    /// what they have is.
    pub fn would_break(&self, now: Timestamp) -> Option<(String, Vec<&Hostname>)> {
        let (VaultStanding::Behind(_), Newest::Known { starts, ends, .. }) = (self.standing(), &self.newest)
        else {
            return None;
        };
        let why = match (starts.filter(|starts| *starts > now), ends.filter(|ends| *ends <= now)) {
            (_, Some(ends)) => format!("what the vault holds ended on {}", day(ends)),
            (Some(starts), None) => format!("what the vault holds is not valid before {}", day(starts)),
            (None, None) => return None,
        };
        let stay = self.would_stay();
        let hosts: Vec<&Hostname> =
            self.bound.iter().map(|bound| &bound.binding.host).filter(|host| !stay.contains(host)).collect();
        works(Some(&self.certificate), now).then_some((why, hosts))
    }

    /// Of those that were left behind, the ones that the certificate secures, which App Service may still
    /// move, and the ones that it does not.
    pub fn left_behind(&self) -> (Vec<&Binding>, Vec<&Binding>) {
        self.left_behind
            .iter()
            .partition(|binding| self.certificate.hosts.iter().any(|name| name.covers(&binding.host)))
    }
}

/// What has to happen to the order before its secret holds what it is to hold.
fn waits(order: &Order, secret: &VaultSecret) -> Option<String> {
    let stored = order.stored.iter().find(|stored| stored.secret.same_secret(secret))?;
    if matches!(order.status, OrderStatus::PendingIssuance | OrderStatus::PendingRekey) {
        return Some(format!("the order {} (status '{}')", order.id.name(), order.status));
    }
    // What is in trouble is shown as such by the certificate's own status.
    (!stored.secret.status.is_trouble() && stored.secret.status != SecretStatus::Succeeded)
        .then(|| format!("the vault {} to get the certificate", secret.vault.name()))
}

/// What was read of a subscription: all its certificates, and those from vaults that were chosen.
#[derive(Debug)]
pub struct Found {
    pub all: Vec<PrivateCertificate>,
    pub linked: Vec<Linked>,
    /// What the caller's roles kept back, each with what was to be done.
    pub left_out: Vec<(&'static str, AzureError)>,
}

/// Looks at every certificate from a vault that `is_meant`: of the subscription that `near` is in, or of its
/// resource group where the roles reach no further.
pub async fn observe(
    client: &Client,
    near: &ResourceId,
    is_meant: impl Fn(&PrivateCertificate, Option<&Order>) -> bool,
) -> Result<Found, AzureError> {
    let list_orders = async {
        // National clouds have no orders (A65).
        if client.cloud().national {
            return Ok((Vec::new(), None));
        }
        match orders::list(client, &ResourceId::subscription(near.subscription_id())).await {
            Ok(orders) => Ok((orders, None)),
            Err(error) if error.is_withheld() => Ok((Vec::new(), Some(error))),
            Err(error) => Err(error),
        }
    };
    let (mut all, (orders, no_orders), sites) =
        futures::try_join!(certificates::around(client, near), list_orders, sites::around(client, near))?;
    all.all.extend(certificates::of_apps(client, &sites.all).await?);
    let left_out = [
        ("List the certificates of the other resource groups", all.left_out),
        ("List the orders", no_orders),
        ("List the apps of the other resource groups", sites.left_out),
    ];
    let left_out = left_out.into_iter().filter_map(|(what, error)| Some((what, error?))).collect();
    let (all, sites) = (all.all, sites.all);
    let looks: Vec<_> = all
        .iter()
        .filter_map(|certificate| {
            let secret = certificate.vault.clone()?;
            let fills = |order: &&Order| order.stored.iter().any(|stored| stored.secret.same_secret(&secret));
            let order = orders.iter().find(fills);
            is_meant(certificate, order).then(|| look(client, certificate, secret, order, &sites, &all))
        })
        .collect();
    let looked: Vec<Result<Linked, AzureError>> = stream::iter(looks).buffered(AT_ONCE).collect().await;
    let linked = looked.into_iter().collect::<Result<_, _>>()?;
    Ok(Found { all, linked, left_out })
}

async fn look(
    client: &Client,
    certificate: &PrivateCertificate,
    secret: VaultSecret,
    order: Option<&Order>,
    sites: &[sites::Site],
    all: &[PrivateCertificate],
) -> Result<Linked, AzureError> {
    let vault: Seen<Vault> = match vaults::get(client, &secret.vault).await {
        Ok(vault) => vault.into(),
        // Who may not read the vault may still ask App Service to.
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 403) => Seen::NotAsked,
        Err(error) => return Err(error),
    };
    let mut held = Seen::NotAsked;
    if let Some(vault) = vault.here().filter(|vault| vault.rbac) {
        held = match roles::list(client, &vault.id).await {
            Ok(held) => Seen::Here(held),
            Err(error) if error.is_withheld() => Seen::NotAsked,
            Err(error) => return Err(error),
        };
    }
    let newest = newest(client, &secret, order, vault.here()).await;
    let near: Vec<&sites::Site> = sites.iter().filter(|site| certificate.home.serves(&site.app)).collect();
    let uses =
        near.iter().flat_map(|site| site.bindings.iter().map(|binding| HostUse { app: &site.app, binding }));
    let uses = uses.filter(|one| one.binding.ssl != SslState::Disabled);
    let (own, others): (Vec<HostUse<'_>>, Vec<HostUse<'_>>) = uses.partition(|one| {
        one.binding.thumbprint.is_some() && one.binding.thumbprint == certificate.thumbprint
    });
    let own: Vec<(Binding, Option<String>)> =
        own.iter().map(|one| (one.binding.clone(), one.address().map(str::to_owned))).collect();
    let bound = stream::iter(own)
        .map(|(binding, app)| async move {
            let look = HostLook::at(client, binding.host.clone(), app).await;
            Bound { binding, look }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let is_known = |binding: &Binding| {
        let mut here = all.iter().filter(|one| one.home.is(&certificate.home));
        here.any(|one| one.thumbprint == binding.thumbprint)
    };
    let strays: Vec<&Binding> =
        others.iter().map(|one| one.binding).filter(|binding| !is_known(binding)).collect();
    let left = left_behind(client, certificate, &secret, order, vault.here(), strays).await;
    Ok(Linked {
        plan: near.iter().find_map(|site| site.app.plan.clone()),
        left_behind: left,
        certificate: certificate.clone(),
        secret,
        order: order.cloned(),
        newest,
        vault,
        roles: held,
        bound,
    })
}

/// Which bindings to certificates that are not there any more were left by this one: those that it secures or
/// that its order was bought for, and those to an earlier version in its vault.
async fn left_behind(
    client: &Client,
    certificate: &PrivateCertificate,
    secret: &VaultSecret,
    order: Option<&Order>,
    vault: Option<&Vault>,
    strays: Vec<&Binding>,
) -> Vec<Binding> {
    let wanted = order
        .and_then(|order| Hostname::parse(&order.domain).ok())
        .map(|host| DomainName(host).secured_names());
    let wanted: Vec<Hostname> =
        wanted.into_iter().flatten().filter_map(|name| Hostname::parse(&name).ok()).collect();
    let is_covered =
        |binding: &Binding| certificate.hosts.iter().chain(&wanted).any(|name| name.covers(&binding.host));
    let (mut left, unsure): (Vec<&Binding>, Vec<&Binding>) =
        strays.into_iter().partition(|binding| is_covered(binding));
    if let Some(vault) = vault.filter(|_| !unsure.is_empty() && order.is_none()) {
        // Who may not list versions is told less.
        let earlier = vault_certificates::versions(client, vault, &secret.secret).await.unwrap_or_default();
        left.extend(
            unsure
                .into_iter()
                .filter(|binding| binding.thumbprint.as_ref().is_some_and(|print| earlier.contains(print))),
        );
    }
    left.into_iter().cloned().collect()
}

/// An order tells its thumbprint in ARM; of other certificates the vault is asked, and it may refuse.
async fn newest(
    client: &Client,
    secret: &VaultSecret,
    order: Option<&Order>,
    vault: Option<&Vault>,
) -> Newest {
    if let Some((order, thumbprint)) = order.and_then(|order| Some((order, order.thumbprint.clone()?))) {
        let names = order.names.iter().filter_map(|name| Hostname::parse(name).ok()).collect();
        return Newest::Known { thumbprint, names, starts: None, ends: order.expires };
    }
    let Some(vault) = vault else { return Newest::Unknown("the vault cannot be read from here".to_owned()) };
    match vault_certificates::current(client, vault, &secret.secret).await {
        Ok(Some((VaultCertificate { thumbprint: Some(thumbprint), starts, expires: ends, .. }, names))) => {
            Newest::Known { thumbprint, names, starts, ends }
        }
        Ok(_) => Newest::Unknown(
            "it is a plain secret, which is not fetched, because its private key would come with it"
                .to_owned(),
        ),
        Err(error) => Newest::Unknown(match error.refusal() {
            Some(refusal) if refusal.status == 403 => {
                "you may not read certificates in the vault (certificates/get)".to_owned()
            }
            _ => error.to_string(),
        }),
    }
}
