//! Site certificates that come from a vault, each with everything that a Sync is judged by: what the vault holds now, who
//! may read it, which hostnames are bound, and what those really serve (API.md 3.5). Reads only.

use futures::stream::{self, StreamExt};

use super::Seen;
use crate::azure::{AzureError, Client, certificates, orders, roles, sites, vault_certificates, vaults};
use crate::health::tls;
use crate::model::{
    Binding, Order, OrderStatus, PrivateCertificate, Problem, ResourceId, SecretStatus, SslState, Thumbprint, Vault,
    VaultCertificate, VaultSecret,
};

/// Handshakes and vaults looked at at the same time.
const AT_ONCE: usize = 16;

/// What the secret holds now, as far as it can be known without fetching a private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Newest {
    Known(Thumbprint),
    /// With the reason.
    Unknown(String),
}

/// A hostname that the certificate secures, or that its last Sync left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    pub binding: Binding,
    /// From a TLS handshake of our own.
    pub served: Seen<Thumbprint>,
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
    /// Hostnames that it covers, bound to a thumbprint that no certificate of the webspace has.
    pub left_behind: Vec<Binding>,
}

/// How a certificate stands towards its vault.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
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
    pub fn standing(&self) -> Standing {
        let status = &self.secret.status;
        let what = format!("Sync {}", self.certificate.id.name());
        let stuck = |status: &SecretStatus| {
            Standing::Stuck(Problem::new(&*what, status.words()).remedy(status.remedy()).code(status.as_wire()))
        };
        if self.vault.is_absent() {
            return stuck(&SecretStatus::KeyVaultDoesNotExist);
        }
        if matches!(status, SecretStatus::CertificateOrderFailed | SecretStatus::ExternalPrivateKey) {
            return stuck(status);
        }
        if let Some(on) = self.order.as_ref().and_then(|order| waits(order, &self.secret)) {
            return Standing::Waits(on);
        }
        match &self.newest {
            Newest::Known(newest) if self.certificate.thumbprint.as_ref() != Some(newest) => Standing::Behind(newest.clone()),
            Newest::Known(_) if status.is_trouble() => Standing::Troubled(status.clone()),
            Newest::Known(_) => Standing::InStep,
            Newest::Unknown(why) => Standing::Unknown(why.clone()),
        }
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
}

/// Looks at every certificate of the subscription that comes from a vault and that `is_meant`.
pub async fn observe(
    client: &Client,
    subscription: &ResourceId,
    is_meant: impl Fn(&PrivateCertificate, Option<&Order>) -> bool,
) -> Result<Found, AzureError> {
    let list_orders = async {
        // National clouds have no orders (A65).
        if client.cloud().national { Ok(Vec::new()) } else { orders::list(client, subscription).await }
    };
    let (mut all, orders, sites) =
        futures::try_join!(certificates::list(client, subscription), list_orders, sites::list(client, subscription))?;
    all.extend(certificates::of_apps(client, &sites).await?);
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
    Ok(Found { all, linked })
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
        held = Seen::Here(roles::list(client, &vault.id).await?);
    }
    let newest = newest(client, &secret, order, vault.here()).await;
    let near: Vec<&sites::Site> = sites.iter().filter(|site| certificate.home.serves(&site.app)).collect();
    let bindings = near.iter().flat_map(|site| &site.bindings).filter(|binding| binding.ssl != SslState::Disabled);
    let (own, others): (Vec<&Binding>, Vec<&Binding>) =
        bindings.partition(|binding| binding.thumbprint.is_some() && binding.thumbprint == certificate.thumbprint);
    let bound = stream::iter(own.into_iter().cloned())
        .map(|binding| async move {
            let served = tls::served_thumbprint(client.cloud(), &binding.host).await;
            Bound { binding, served }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let is_known = |binding: &Binding| {
        let mut here = all.iter().filter(|one| one.home.is(&certificate.home));
        here.any(|one| one.thumbprint == binding.thumbprint)
    };
    let is_covered = |binding: &Binding| certificate.hosts.iter().any(|name| name.covers(&binding.host));
    let left = others.into_iter().filter(|binding| is_covered(binding) && !is_known(binding));
    Ok(Linked {
        plan: near.iter().find_map(|site| site.app.plan.clone()),
        left_behind: left.cloned().collect(),
        certificate: certificate.clone(),
        secret,
        order: order.cloned(),
        newest,
        vault,
        roles: held,
        bound,
    })
}

/// An order tells its thumbprint in ARM; of other certificates the vault is asked, and it may refuse.
async fn newest(client: &Client, secret: &VaultSecret, order: Option<&Order>, vault: Option<&Vault>) -> Newest {
    if let Some(thumbprint) = order.and_then(|order| order.thumbprint.clone()) {
        return Newest::Known(thumbprint);
    }
    let Some(vault) = vault else { return Newest::Unknown("the vault cannot be read from here".to_owned()) };
    match vault_certificates::current(client, vault, &secret.secret).await {
        Ok(Some(VaultCertificate { thumbprint: Some(thumbprint), .. })) => Newest::Known(thumbprint),
        Ok(_) => {
            Newest::Unknown("it is a plain secret, which is not fetched, because its private key would come with it".to_owned())
        }
        Err(error) => Newest::Unknown(match error.refusal() {
            Some(refusal) if refusal.status == 403 => "you may not read certificates in the vault (certificates/get)".to_owned(),
            _ => error.to_string(),
        }),
    }
}
