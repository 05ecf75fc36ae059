//! Reads the chain of custody of a hostname, a certificate or an order (B3-1): what each link has now, asked
//! of each link itself. What may not be read becomes a link that cannot be seen; no private key is ever
//! fetched.

use futures::stream::{self, StreamExt};
use jiff::Timestamp;

use super::tls;
use crate::azure::sites::Site;
use crate::azure::{AzureError, Client, certificates, orders, sites, upkeep, vault_certificates, vaults};
use crate::model::custody::{About, Custody, Evidence, Held};
use crate::model::upkeep::Kept;
use crate::model::{Binding, Hostname, Order, PrivateCertificate, ResourceId, Seen, SslState, VaultSecret};

/// Hostnames that are looked at at the same time.
const AT_ONCE: usize = 16;

pub async fn explain(client: &Client, about: &About, now: Timestamp) -> Result<Custody, AzureError> {
    let (about, evidence) = match about {
        About::Binding { app, host } => (host.to_string(), of_binding(client, app, host).await?),
        About::Certificate(id) => (id.name().to_owned(), of_certificate(client, id).await?),
        About::Order(id) => (id.name().to_owned(), of_order(client, id).await?),
    };
    let served = stream::iter(evidence).map(|one| with_served(client, one)).buffered(AT_ONCE);
    let mut chains: Vec<_> = served.map(|one| one.chain(now)).collect().await;
    // What is broken comes first.
    chains.sort_by_key(|chain| chain.first_broken().is_none());
    Ok(Custody { about, chains })
}

async fn with_served(client: &Client, mut evidence: Evidence) -> Evidence {
    if let Some((binding, _)) = &evidence.binding {
        evidence.served = tls::served(client.cloud(), &binding.host).await;
    }
    evidence
}

async fn of_binding(client: &Client, app: &ResourceId, host: &Hostname) -> Result<Vec<Evidence>, AzureError> {
    let (site, bindings, all) = futures::try_join!(
        sites::get(client, app),
        sites::bindings(client, app),
        certificates::around(client, app)
    )?;
    let mut all = all.all;
    all.extend(certificates::of_apps(client, site.as_slice()).await?);
    let (Some(site), Some(binding)) = (site, bindings.into_iter().find(|binding| binding.host == *host))
    else {
        return Ok(Vec::new());
    };
    let certificate = if binding.thumbprint.is_none() || binding.ssl == SslState::Disabled {
        Seen::NotAsked
    } else {
        let same = |one: &PrivateCertificate| one.thumbprint == binding.thumbprint && is_near(one, &site);
        all.into_iter().find(same).into()
    };
    let evidence = match certificate.here() {
        Some(certificate) => of_source(client, certificate).await?,
        None => Evidence::default(),
    };
    let app = site.app.label();
    Ok(vec![Evidence { certificate, binding: Some((binding, app)), ..evidence }])
}

async fn of_certificate(client: &Client, id: &ResourceId) -> Result<Vec<Evidence>, AzureError> {
    let (all, sites) = futures::try_join!(certificates::around(client, id), sites::around(client, id))?;
    let (mut all, sites) = (all.all, sites.all);
    if let Some(app) = id.site() {
        all.extend(certificates::of_app(client, &app).await?);
    }
    let Some(certificate) = all.iter().find(|one| one.id == *id) else { return Ok(Vec::new()) };
    let evidence = of_source(client, certificate).await?;
    Ok(of_hosts(&evidence, certificate, &all, &sites))
}

async fn of_order(client: &Client, id: &ResourceId) -> Result<Vec<Evidence>, AzureError> {
    let (order, all, sites) = futures::try_join!(
        orders::get(client, id),
        certificates::around(client, id),
        sites::around(client, id)
    )?;
    let (mut all, sites) = (all.all, sites.all);
    all.extend(certificates::of_apps(client, &sites).await?);
    let Some(order) = order else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for stored in &order.stored {
        let base = Evidence {
            held: held(client, &stored.secret, true).await?,
            order: Seen::Here(order.clone()),
            secret: Some(stored.secret.clone()),
            ..Evidence::default()
        };
        let imports = all
            .iter()
            .filter(|one| one.vault.as_ref().is_some_and(|secret| secret.same_secret(&stored.secret)));
        let before = found.len();
        found.extend(imports.flat_map(|certificate| of_hosts(&base, certificate, &all, &sites)));
        if found.len() == before {
            found.push(Evidence { certificate: Seen::Absent, ..base });
        }
    }
    if order.stored.is_empty() {
        found.push(Evidence { order: Seen::Here(order), ..Evidence::default() });
    }
    Ok(found)
}

/// One piece of evidence for each hostname that is bound to the certificate, or that its last Sync left
/// behind.
fn of_hosts(
    evidence: &Evidence,
    certificate: &PrivateCertificate,
    all: &[PrivateCertificate],
    sites: &[Site],
) -> Vec<Evidence> {
    let whole = Evidence { certificate: Seen::Here(certificate.clone()), ..evidence.clone() };
    let is_known = |binding: &Binding, site: &Site| {
        all.iter().any(|one| is_near(one, site) && one.thumbprint == binding.thumbprint)
    };
    let is_covered = |binding: &Binding| certificate.hosts.iter().any(|name| name.covers(&binding.host));
    let near = sites.iter().filter(|site| is_near(certificate, site));
    let bound = near.flat_map(|site| site.bindings.iter().map(move |binding| (binding, site))).filter(
        |(binding, site)| {
            binding.ssl != SslState::Disabled
                && binding.thumbprint.is_some()
                && (binding.thumbprint == certificate.thumbprint
                    || (is_covered(binding) && !is_known(binding, site)))
        },
    );
    let found: Vec<Evidence> = bound
        .map(|(binding, site)| Evidence {
            binding: Some((binding.clone(), site.app.label())),
            ..whole.clone()
        })
        .collect();
    if found.is_empty() { vec![whole] } else { found }
}

/// A certificate mostly belongs to a webspace, not to an app (A9).
fn is_near(certificate: &PrivateCertificate, site: &Site) -> bool {
    certificate.home.serves(&site.app)
}

/// Where the certificate comes from: its secret, what the vault holds, and the order that fills it.
async fn of_source(client: &Client, certificate: &PrivateCertificate) -> Result<Evidence, AzureError> {
    let Some(secret) = &certificate.vault else { return Ok(Evidence::default()) };
    let order = order_of(client, certificate, secret).await?;
    let held = held(client, secret, order.here().is_some()).await?;
    let kept = if matches!(held, Held::Certificate(_)) { kept(client, secret).await } else { None };
    Ok(Evidence { order, secret: Some(secret.clone()), held, kept, ..Evidence::default() })
}

/// The order that stores its certificate in the secret; orders lie beside the certificate or beside the
/// vault.
async fn order_of(
    client: &Client,
    certificate: &PrivateCertificate,
    secret: &VaultSecret,
) -> Result<Seen<Order>, AzureError> {
    // Orders are not sold in national clouds (A65).
    if client.cloud().national {
        return Ok(Seen::NotAsked);
    }
    let mut places = vec![certificate.id.subscription_id()];
    if !places[0].eq_ignore_ascii_case(secret.vault.subscription_id()) {
        places.push(secret.vault.subscription_id());
    }
    for place in places {
        let found = match orders::list(client, &ResourceId::subscription(place)).await {
            Ok(found) => found,
            Err(error) if error.is_withheld() || is_refused(&error) => continue,
            Err(error) => return Err(error),
        };
        if let Some(order) =
            found.into_iter().find(|one| one.stored.iter().any(|stored| stored.secret.same_secret(secret)))
        {
            return Ok(Seen::Here(order));
        }
    }
    Ok(Seen::NotAsked)
}

/// What the vault holds. Of an order's secret ARM tells the thumbprint; the secret itself would bring the
/// private key.
async fn held(client: &Client, secret: &VaultSecret, of_order: bool) -> Result<Held, AzureError> {
    let vault = match vaults::get(client, &secret.vault).await {
        Ok(Some(vault)) => vault,
        Ok(None) => return Ok(Held::NoVault),
        Err(error) if is_refused(&error) => return Ok(Held::Unseen("you may not read the vault".to_owned())),
        Err(error) => return Err(error),
    };
    if of_order {
        return Ok(Held::NotAsked);
    }
    Ok(match vault_certificates::current(client, &vault, &secret.secret).await {
        Ok(Some((certificate, _))) => Held::Certificate(Box::new(certificate)),
        Ok(None) => Held::Unseen(
            "it is a plain secret, which is not fetched, because its private key would come with it"
                .to_owned(),
        ),
        Err(error) if is_refused(&error) => {
            Held::Unseen("you may not read certificates in the vault (certificates/get)".to_owned())
        }
        Err(error) => Held::Unseen(error.to_string()),
    })
}

/// What the vault does before the certificate ends; nothing where that may not be read.
async fn kept(client: &Client, secret: &VaultSecret) -> Option<Box<Kept>> {
    let uri = format!("https://{}{}/", secret.vault.name(), client.cloud().vault_suffix);
    upkeep::read(client, &uri, &secret.secret).await.ok().flatten().map(Box::new)
}

fn is_refused(error: &AzureError) -> bool {
    error.refusal().is_some_and(|refusal| matches!(refusal.status, 401 | 403))
}
