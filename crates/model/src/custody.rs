//! The chain of custody of a hostname: order, vault secret, certificate in App Service, binding, served
//! certificate. It turns evidence into links; the first broken link is the reason for what a hostname serves.
//! It does no I/O.

mod words;

use jiff::Timestamp;

use super::upkeep::Kept;
use super::{
    Binding, Expiry, Hostname, Order, PrivateCertificate, ResourceId, SecretStatus, Seen, SslState,
    Thumbprint,
};
use super::{OrderStatus, VaultCertificate, VaultSecret};

/// The subject of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// All hostnames that use a certificate of the order.
    Order(ResourceId),
    /// All hostnames that use the certificate.
    Certificate(ResourceId),
    /// One hostname of one app.
    Binding {
        /// The app or slot that has the hostname.
        app: ResourceId,
        /// The hostname, as it is mapped to the app.
        host: Hostname,
    },
}

/// The stations of a certificate on its way from the issuer to the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The App Service certificate order that the certificate was issued for.
    Order,
    /// The secret or certificate in the key vault.
    Vault,
    /// The private key certificate in App Service.
    AppService,
    /// The hostname's binding in its app.
    Binding,
    /// The certificate that a TLS client gets from the hostname.
    Served,
}

impl Place {
    /// The name of the station, as the screen shows it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Order => "Order",
            Self::Vault => "Key vault",
            Self::AppService => "App Service",
            Self::Binding => "Binding",
            Self::Served => "Served",
        }
    }
}

/// The state of one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It has the certificate of the previous station, and that is valid.
    Whole,
    /// The link is a reason for a wrong or invalid certificate at the hostname.
    Broken {
        /// What is wrong, in half a sentence.
        why: String,
        /// What an admin has to do about it; may name keys of the screen.
        remedy: String,
    },
    /// Nothing is wrong, but something has to happen first.
    Waiting(String),
    /// It cannot be seen from here, and why.
    Unknown(String),
}

/// One station with what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The station that this link describes.
    pub place: Place,
    /// The resource that was looked at, with the facts that identify it, such as its app or its source.
    pub name: String,
    /// The certificate at this station; `None` if there is none or it cannot be seen.
    pub thumbprint: Option<Thumbprint>,
    /// The end of that certificate; `None` if it is not known.
    pub expires: Option<Timestamp>,
    /// Whether the station has the right certificate.
    pub standing: Standing,
}

/// The links of one hostname, or of a certificate that no hostname uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The hostname; `None` for a certificate that no hostname uses.
    pub host: Option<Hostname>,
    /// The links in the order of [`Place`]; stations that do not apply are left out.
    pub links: Vec<Link>,
}

/// The answer to a question about an order, a certificate or a hostname.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custody {
    /// The hostname, or the name of the order or the certificate.
    pub about: String,
    /// One chain for each hostname, the broken ones first; empty if the subject no longer exists.
    pub chains: Vec<Chain>,
}

/// The certificate that a TLS handshake brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The thumbprint of the leaf certificate.
    pub thumbprint: Thumbprint,
    /// The end of that certificate; `None` if it could not be decoded.
    pub expires: Option<Timestamp>,
    /// The hostnames in that certificate; empty if it could not be decoded.
    pub names: Vec<Hostname>,
}

/// The certificate in the vault, as far as it can be known without reading a private key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Held {
    /// The current version of the certificate in the vault.
    Certificate(Box<VaultCertificate>),
    /// The vault does not exist any more.
    NoVault,
    /// It could not be read; half a sentence says why.
    Unseen(String),
    /// It was not read, because the order already tells what it wrote, or because there is no vault.
    #[default]
    NotAsked,
}

/// Everything that was read about one hostname, from the source of its certificate to the served one.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The order that fills the secret; `NotAsked` if no order does, or none could be found.
    pub order: Seen<Order>,
    /// The secret that App Service reads, or that the order's certificate is stored in.
    pub secret: Option<VaultSecret>,
    /// What the vault holds now.
    pub held: Held,
    /// The policy of the certificate in the vault, and its last request.
    pub kept: Option<Box<Kept>>,
    /// The certificate in App Service; `Absent` if none has the thumbprint of the binding, or nothing was
    /// imported.
    pub certificate: Seen<PrivateCertificate>,
    /// The hostname's binding, with the name of its app.
    pub binding: Option<(Binding, String)>,
    /// The result of a TLS handshake with the hostname; `Absent` if none succeeded.
    pub served: Seen<Served>,
}

impl Evidence {
    /// Judges the evidence at `now`; the links follow the way of the certificate from the order to the
    /// visitor.
    pub fn chain(&self, now: Timestamp) -> Chain {
        let links =
            [self.order(now), self.vault(now), self.app_service(now), self.binding(), self.served(now)];
        Chain {
            host: self.binding.as_ref().map(|(binding, _)| binding.host.clone()),
            links: links.into_iter().flatten().collect(),
        }
    }

    fn order(&self, now: Timestamp) -> Option<Link> {
        let order = self.order.here()?;
        let standing = if order.status.is_over() {
            broken(
                format!("the order is over: its status is '{}'", order.status),
                "buy a new certificate and bind that (:purchase)",
            )
        } else if matches!(order.status, OrderStatus::PendingIssuance | OrderStatus::PendingRekey) {
            Standing::Waiting(format!(
                "its status is '{}': the domain may have to be verified (w)",
                order.status
            ))
        } else if self.secret.is_none() {
            broken("its certificate is in no key vault", "do Step 1: Store (w)")
        } else {
            valid(order.expires, now, "renew the order (r)")
        };
        Some(link(Place::Order, order.id.name(), order.thumbprint.as_ref(), order.expires, standing))
    }

    /// What the order wrote into its secret, or the current state of a vault's own certificate.
    fn vault(&self, now: Timestamp) -> Option<Link> {
        let secret = self.secret.as_ref()?;
        let policy = self.kept.as_ref().map(|kept| {
            let failure = kept.failure().map(|why| format!(", last request failed: {why}"));
            format!(" ({}{})", kept.policy_words(), failure.unwrap_or_default())
        });
        let name = format!("{}, {}{}", secret.vault.name(), secret.secret, policy.unwrap_or_default());
        let link =
            |thumbprint, expires, standing| Some(link(Place::Vault, &name, thumbprint, expires, standing));
        let of_order = self
            .order
            .here()
            .and_then(|order| order.stored.iter().find(|stored| stored.secret.same_secret(secret)));
        match (&self.held, of_order) {
            (Held::NoVault, _) => {
                let status = SecretStatus::KeyVaultDoesNotExist;
                link(None, None, broken(status.words(), status.remedy()))
            }
            (_, Some(stored)) if stored.secret.status.is_trouble() => {
                link(None, None, broken(stored.secret.status.words(), stored.secret.status.remedy()))
            }
            (_, Some(stored)) if stored.secret.status != SecretStatus::Succeeded => {
                link(None, None, Standing::Waiting(stored.secret.status.words().to_owned()))
            }
            // The order's own statement about what it wrote there.
            (_, Some(_)) => {
                let order = self.order.here()?;
                link(order.thumbprint.as_ref(), order.expires, Standing::Whole)
            }
            (Held::Certificate(held), None) if !held.is_enabled => {
                let why = "the current version of the certificate is disabled in the vault";
                link(held.thumbprint.as_ref(), held.expires, broken(why, "enable it, or make a new version"))
            }
            (Held::Certificate(held), None) => {
                let standing =
                    valid(held.expires, now, "renew it in the vault: make or import a new version");
                link(held.thumbprint.as_ref(), held.expires, standing)
            }
            (Held::Unseen(why), None) => link(None, None, Standing::Unknown(why.clone())),
            (Held::NotAsked, None) => link(None, None, Standing::Unknown("it was not asked".to_owned())),
        }
    }

    /// The thumbprint that App Service should have, if it is known.
    fn newest(&self) -> Option<&Thumbprint> {
        match (&self.order, &self.held) {
            (Seen::Here(order), _) => order.thumbprint.as_ref(),
            (_, Held::Certificate(held)) => held.thumbprint.as_ref(),
            _ => None,
        }
    }

    fn app_service(&self, now: Timestamp) -> Option<Link> {
        let certificate = match &self.certificate {
            Seen::Here(certificate) => certificate,
            Seen::NotAsked => return None,
            Seen::Absent => {
                let standing = if self.binding.is_some() {
                    broken(
                        "no certificate of the app's webspace has the thumbprint of the binding",
                        "bind one of those that are there (b)",
                    )
                } else {
                    broken("it was not imported into App Service", "do Step 3: Import (w)")
                };
                return Some(link(Place::AppService, "no certificate", None, None, standing));
            }
        };
        let status =
            certificate.vault.as_ref().map(|secret| &secret.status).filter(|status| status.is_trouble());
        let own = certificate.thumbprint.as_ref();
        let origin = match (&certificate.canonical_name, &certificate.vault) {
            (Some(_), _) => "managed",
            (None, Some(_)) => "from the vault",
            (None, None) => "uploaded",
        };
        let standing = match (self.newest(), status) {
            (_, Some(status)) => broken(status.words(), status.remedy()),
            (Some(newest), None) if Some(newest) != own => broken(
                format!("it is behind: the vault has {}", newest.short()),
                "Sync brings it now (y); App Service also looks by itself",
            ),
            _ => valid(certificate.expires, now, renewal(certificate)),
        };
        let name = format!("{} ({origin}), {}", certificate.id.name(), certificate.home.label());
        Some(link(Place::AppService, &name, own, certificate.expires, standing))
    }

    fn binding(&self) -> Option<Link> {
        let (binding, app) = self.binding.as_ref()?;
        let certificate = self.certificate.here();
        let standing = if binding.ssl == SslState::Disabled || binding.thumbprint.is_none() {
            broken("no certificate is bound to it", "bind one (b)")
        } else if certificate.is_some_and(|certificate| certificate.thumbprint != binding.thumbprint) {
            broken(
                "it is bound to another certificate, which its webspace no longer has",
                "bind it again (b)",
            )
        } else if certificate
            .is_some_and(|certificate| !certificate.hosts.iter().any(|name| name.covers(&binding.host)))
        {
            broken("the certificate is for other hostnames", "bind one that covers this hostname (b)")
        } else {
            Standing::Whole
        };
        let expires =
            certificate.filter(|one| one.thumbprint == binding.thumbprint).and_then(|one| one.expires);
        let name = format!("{} on {app}, {}", binding.host, binding.ssl.words());
        Some(link(Place::Binding, &name, binding.thumbprint.as_ref(), expires, standing))
    }

    fn served(&self, now: Timestamp) -> Option<Link> {
        let (binding, _) = self.binding.as_ref()?;
        let served = match &self.served {
            Seen::Here(served) => served,
            Seen::Absent => {
                let why = if binding.host.is_wildcard() {
                    "a wildcard cannot be connected to"
                } else {
                    "no TLS connection could be made from here"
                };
                return Some(link(
                    Place::Served,
                    binding.host.as_str(),
                    None,
                    None,
                    Standing::Unknown(why.to_owned()),
                ));
            }
            Seen::NotAsked => return None,
        };
        let host = &binding.host;
        let standing = if binding.thumbprint.as_ref().is_some_and(|bound| *bound != served.thumbprint) {
            broken(
                "visitors get another certificate than the one that is bound",
                "front ends follow soon; a CDN or proxy before the app has a certificate of its own, to be changed there",
            )
        } else if let Some(name) =
            served.names.first().filter(|_| !served.names.iter().any(|name| name.covers(host)))
        {
            // The front door of Azure presents its own where nothing is bound.
            let why = format!("visitors get a certificate for {name}, so browsers refuse it");
            broken(&why, "bind a certificate that covers this hostname (b)")
        } else {
            valid(served.expires, now, "see the first link that is broken")
        };
        Some(link(Place::Served, binding.host.as_str(), Some(&served.thumbprint), served.expires, standing))
    }
}

fn renewal(certificate: &PrivateCertificate) -> &'static str {
    match (&certificate.canonical_name, &certificate.vault) {
        (Some(_), _) => {
            "Azure renews it while its hostname leads to the app: see what is in the way (:managed)"
        }
        (None, Some(_)) => "put a renewed one into the vault, then Sync (y)",
        (None, None) => "upload the renewed file (r)",
    }
}

fn link(
    place: Place,
    name: &str,
    thumbprint: Option<&Thumbprint>,
    expires: Option<Timestamp>,
    standing: Standing,
) -> Link {
    Link { place, name: name.to_owned(), thumbprint: thumbprint.cloned(), expires, standing }
}

fn broken(why: impl Into<String>, remedy: impl Into<String>) -> Standing {
    Standing::Broken { why: why.into(), remedy: remedy.into() }
}

fn valid(expires: Option<Timestamp>, now: Timestamp, remedy: &str) -> Standing {
    match expires.map(|expires| Expiry::of(expires, now)) {
        Some(expiry) if expiry.is_past() => broken(expiry.words(), remedy),
        _ => Standing::Whole,
    }
}

impl Link {
    /// Whether this link is a reason for a wrong or invalid certificate.
    pub fn is_broken(&self) -> bool {
        matches!(self.standing, Standing::Broken { .. })
    }

    /// `9E9735C4…, in 120 d`.
    pub fn facts(&self, now: Timestamp) -> String {
        let thumbprint = self.thumbprint.as_ref().map(|thumbprint| thumbprint.short().to_owned());
        let expires = self.expires.map(|expires| Expiry::of(expires, now).words());
        thumbprint.into_iter().chain(expires).collect::<Vec<_>>().join(", ")
    }
}

impl Chain {
    /// Where the problem begins: later links only pass it on.
    pub fn first_broken(&self) -> Option<&Link> {
        self.links.iter().find(|link| link.is_broken())
    }

    /// The result in a few words: the first broken link, or else the first that waits.
    pub fn verdict(&self) -> String {
        let waits = self.links.iter().find(|link| matches!(link.standing, Standing::Waiting(_)));
        let unseen = self.links.iter().filter(|link| matches!(link.standing, Standing::Unknown(_))).count();
        match (self.first_broken(), waits, unseen) {
            (Some(link), ..) => format!("broken: {}", link.place.words()),
            (None, Some(link), _) => format!("waiting: {}", link.place.words()),
            (None, None, 0) => "OK".to_owned(),
            (None, None, _) => "nothing broken that can be seen from here".to_owned(),
        }
    }

    /// The hostname and the verdict, as a heading.
    pub fn title(&self) -> String {
        let whose = self.host.as_ref().map_or("no hostname is bound", Hostname::as_str);
        format!("{whose}: {}", self.verdict())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: &str = "2026-11-23T12:00:00Z";

    fn print(digit: &str) -> Thumbprint {
        Thumbprint::parse(&digit.repeat(40)).unwrap()
    }

    fn secret(status: SecretStatus) -> VaultSecret {
        let vault =
            ResourceId::parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv")
                .unwrap();
        VaultSecret { vault, secret: "contoso".into(), status }
    }

    fn held(digit: &str) -> Held {
        Held::Certificate(Box::new(VaultCertificate {
            name: "contoso".to_owned(),
            thumbprint: Some(print(digit)),
            is_enabled: true,
            starts: None,
            expires: Some("2027-03-01T00:00:00Z".parse().unwrap()),
            subject: String::new(),
            policy: None,
        }))
    }

    fn whole() -> Evidence {
        let group = ResourceId::parse("/subscriptions/s/resourceGroups/g").unwrap();
        let host = Hostname::parse("www.contoso.com").unwrap();
        let certificate = PrivateCertificate {
            id: group.resource("Microsoft.Web/certificates", "www"),
            location: "West Europe".into(),
            home: crate::Home::Webspace(crate::Webspace::named(&group, "g-WestEuropewebspace")),
            thumbprint: Some(print("A")),
            subject: crate::Text::default(),
            hosts: vec![host.clone()],
            issuer: crate::Text::default(),
            issued: None,
            expires: Some("2027-03-01T00:00:00Z".parse().unwrap()),
            vault: Some(secret(SecretStatus::Succeeded)),
            canonical_name: None,
            tags: crate::Tags::default(),
            own: crate::OwnSettings::default(),
        };
        let binding = Binding {
            app: group.resource("Microsoft.Web/sites", "shop"),
            host,
            ssl: SslState::Sni,
            thumbprint: Some(print("A")),
            virtual_ip: None,
        };
        Evidence {
            order: Seen::NotAsked,
            secret: Some(secret(SecretStatus::Succeeded)),
            held: held("A"),
            kept: None,
            certificate: Seen::Here(certificate),
            binding: Some((binding, "shop".to_owned())),
            served: Seen::Here(Served { thumbprint: print("A"), expires: None, names: Vec::new() }),
        }
    }

    fn broken_at(evidence: &Evidence) -> Option<Place> {
        evidence.chain(NOW.parse().unwrap()).first_broken().map(|link| link.place)
    }

    #[test]
    fn a_chain_in_which_all_have_the_same_is_whole() {
        let chain = whole().chain(NOW.parse().unwrap());
        assert_eq!(chain.title(), "www.contoso.com: OK");
        assert_eq!(chain.links.len(), 4, "there is no order: {chain:?}");
    }

    #[test]
    fn the_first_link_that_differs_is_named_and_not_those_that_follow() {
        let behind = Evidence { held: held("B"), ..whole() };
        assert_eq!(broken_at(&behind), Some(Place::AppService));
        let mut lagging = whole();
        lagging.served = Seen::Here(Served { thumbprint: print("C"), expires: None, names: Vec::new() });
        assert_eq!(broken_at(&lagging), Some(Place::Served));
        let mut unbound = whole();
        unbound.binding.as_mut().unwrap().0.ssl = SslState::Disabled;
        assert_eq!(broken_at(&unbound), Some(Place::Binding));
        assert_eq!(broken_at(&Evidence { certificate: Seen::Absent, ..whole() }), Some(Place::AppService));
        assert_eq!(broken_at(&Evidence { held: Held::NoVault, ..whole() }), Some(Place::Vault));
    }

    #[test]
    fn what_expired_is_broken_where_it_expired_first() {
        let mut expired = whole();
        if let Held::Certificate(held) = &mut expired.held {
            held.expires = Some("2026-11-22T00:00:00Z".parse().unwrap());
        }
        assert_eq!(broken_at(&expired), Some(Place::Vault));
    }

    #[test]
    fn the_service_s_own_word_about_the_vault_comes_with_its_remedy() {
        let mut refused = whole();
        if let Seen::Here(certificate) = &mut refused.certificate {
            certificate.vault = Some(secret(SecretStatus::AzureServiceUnauthorizedToAccessKeyVault));
        }
        let chain = refused.chain(NOW.parse().unwrap());
        let Standing::Broken { why, remedy } = &chain.first_broken().unwrap().standing else {
            unreachable!()
        };
        assert!(why.contains("no permission") && remedy.contains("sync"), "{why}: {remedy}");
    }

    /// A11 of the trial by hand: the certificate of Azure's front door was ticked for a hostname without a binding.
    #[test]
    fn a_certificate_for_another_name_is_no_good_service_although_nothing_is_bound() {
        let mut unbound = whole();
        if let Some((binding, _)) = &mut unbound.binding {
            (binding.thumbprint, binding.ssl) = (None, SslState::Disabled);
        }
        let served = |names: &[&str]| {
            let names = names.iter().map(|name| Hostname::parse(name).unwrap()).collect();
            let mut one = unbound.clone();
            one.served = Seen::Here(Served { thumbprint: print("D"), expires: None, names });
            let chain = one.chain(NOW.parse().unwrap());
            chain.links.into_iter().find(|link| link.place == Place::Served).unwrap()
        };
        let front_door = served(&["*.azurewebsites.net"]);
        assert!(front_door.is_broken() && front_door.words().unwrap().contains("*.azurewebsites.net"));
        assert!(!served(&["*.azurewebsites.net", "www.contoso.com"]).is_broken());
    }

    #[test]
    fn what_cannot_be_seen_is_not_called_whole() {
        let unseen =
            Evidence { held: Held::Unseen("no permission".to_owned()), served: Seen::Absent, ..whole() };
        assert_eq!(unseen.chain(NOW.parse().unwrap()).verdict(), "nothing broken that can be seen from here");
    }
}
