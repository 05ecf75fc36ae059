//! What a flow takes from the row under the cursor: whether it fits, and the first values of its form. Pure,
//! and as far as the inventory knows; the flow itself looks again before anything is sent.

use super::usage::some_of;
use super::{Inputs, Key, Subject};
use crate::model::{App, Basis, Binding, Hostname, PrivateCertificate, ResourceId, Row, Source, SslState};

type Fits = Result<(), String>;

impl Subject {
    /// Whether a flow about such a thing is about the order of this row, rather than about the row.
    pub fn takes_order(self, row: Row<'_>) -> bool {
        self == Self::Order || (self == Self::Renewable && matches!(row, Row::Order(_)))
    }

    /// What a flow is about by the values of its form: `www.contoso.com`. `None` while nothing names it.
    pub fn name(self, inputs: &Inputs) -> Option<String> {
        let last = |key| Some(inputs.get(key)?.rsplit('/').next()?.to_owned());
        match self {
            Self::Nothing => None,
            Self::Order => last(Key::Order),
            Self::Certificate | Self::Renewable => last(Key::Certificate).or_else(|| last(Key::Order)),
            Self::PublicCertificate => last(Key::Name),
            Self::Binding | Self::Hostname => last(Key::Hostname),
            Self::App => last(Key::App),
        }
    }
}

/// The form asks for what the row does not tell.
#[expect(clippy::unnecessary_wraps, reason = "it stands in a definition in the place of those below")]
pub(super) fn any(_: &Basis<'_>, _: Option<Row<'_>>) -> Fits {
    Ok(())
}

/// An order, or a certificate that comes from one.
pub(super) fn of_an_order(basis: &Basis<'_>, row: Option<Row<'_>>) -> Fits {
    order_of(basis, row).map(|_| ())
}

/// The order that a row is about, or why there is none.
pub fn order_of(basis: &Basis<'_>, row: Option<Row<'_>>) -> Result<ResourceId, String> {
    let row = row.ok_or("the list is empty")?;
    row.order(basis.estate).ok_or_else(|| match row {
        Row::Private(_) => "this certificate does not come from an order".to_owned(),
        Row::Public(_) | Row::Binding(_) | Row::Order(_) => {
            "the wizard continues an order: choose one in Orders (3)".to_owned()
        }
    })
}

/// A certificate that comes from a vault, or an order.
pub(super) fn with_a_vault(basis: &Basis<'_>, row: Option<Row<'_>>) -> Fits {
    let row = row.ok_or("choose a certificate that comes from a vault, or an order")?;
    if let Row::Order(order) = row {
        let is_pending = order.thumbprint.is_none() && !order.status.is_over();
        return if is_pending { Err("the order has no certificate yet: press w".to_owned()) } else { Ok(()) };
    }
    let Some(certificate) = row.certificate(basis.estate) else {
        return Err("choose a certificate that comes from a vault, or an order".to_owned());
    };
    match basis.estate.source(certificate) {
        Source::Order(_) | Source::KeyVault => Ok(()),
        Source::Managed => Err("Azure keeps this managed certificate in step by itself".to_owned()),
        Source::Uploaded => {
            Err("it was uploaded: there is no vault to sync it with; press r to replace it".to_owned())
        }
    }
}

/// A certificate that secures no hostname.
pub(super) fn unused(basis: &Basis<'_>, row: Option<Row<'_>>) -> Fits {
    let Some(Row::Private(certificate)) = row else { return Ok(()) };
    let estate = basis.estate;
    let label = |id: &ResourceId| estate.app(id).map_or_else(|| id.name().to_owned(), App::label);
    let bound = estate.bindings_of(certificate);
    let hosts: Vec<String> =
        bound.map(|binding| format!("{} ({})", binding.host, label(&binding.app))).collect();
    if hosts.is_empty() {
        return Ok(());
    }
    Err(format!("in use by {}: bind them to another certificate first", some_of(&hosts)))
}

/// A certificate that a person uploaded.
pub(super) fn uploaded(basis: &Basis<'_>, row: Option<Row<'_>>) -> Fits {
    let Some(Row::Private(certificate)) = row else { return Ok(()) };
    match basis.estate.source(certificate) {
        Source::Uploaded => Ok(()),
        other => Err(format!(
            "only an uploaded certificate is replaced; this one is of the kind '{}'",
            other.words()
        )),
    }
}

/// A hostname that has a certificate.
pub(super) fn bound(_: &Basis<'_>, row: Option<Row<'_>>) -> Fits {
    match row {
        Some(Row::Binding(binding)) if binding.ssl == SslState::Disabled => {
            Err(format!("{} is bound to no certificate", binding.host))
        }
        _ => Ok(()),
    }
}

impl Subject {
    /// What a flow about such a thing is opened on, and the first values that the row gives to its form; none
    /// where the row is of another kind, so that the form asks.
    pub fn inputs(self, basis: &Basis<'_>, row: Option<Row<'_>>) -> (Option<ResourceId>, Inputs) {
        let mut inputs = Inputs::default();
        let about = match (row, self) {
            (Some(Row::Private(certificate)), Self::Certificate | Self::Binding | Self::Renewable) => {
                self.fill_from_certificate(basis, certificate, &mut inputs);
                certificate.id.clone()
            }
            (Some(Row::Binding(binding)), Self::Certificate | Self::Binding | Self::Renewable) => {
                self.fill_from_binding(basis, binding, &mut inputs);
                binding.id()
            }
            (Some(Row::Binding(binding)), Self::Hostname) => {
                inputs.set(Key::App, binding.app.as_str());
                let app = basis.estate.app(&binding.app);
                if app.is_none_or(|app| app.custom_hostnames().any(|host| *host == binding.host)) {
                    inputs.set(Key::Hostname, binding.host.as_str());
                }
                binding.id()
            }
            (Some(Row::Private(certificate)), Self::Hostname) => {
                // A managed certificate is that of one hostname of one app.
                let host = certificate.canonical_name.as_deref().and_then(|name| Hostname::parse(name).ok());
                let Some(host) = host else { return (None, inputs) };
                let mut apps = basis.estate.apps_at(&certificate.home);
                let app = apps.find(|app| app.custom_hostnames().any(|one| *one == host));
                if let Some(app) = app {
                    inputs.set(Key::App, app.id.as_str());
                }
                inputs.set(Key::Hostname, host.as_str());
                certificate.id.clone()
            }
            (Some(row @ (Row::Binding(_) | Row::Public(_))), Self::App) => {
                let id = row.id();
                let app = id.site();
                inputs.set(Key::App, app.as_ref().unwrap_or(&id).as_str());
                app.unwrap_or(id)
            }
            (Some(Row::Public(certificate)), Self::PublicCertificate) => {
                inputs.set(Key::App, certificate.app.as_str());
                inputs.set(Key::Name, certificate.id.name());
                certificate.id.clone()
            }
            _ => return (None, inputs),
        };
        let place = inputs.get(Key::Certificate).or_else(|| inputs.get(Key::App));
        if let Some(place) = place.and_then(|place| ResourceId::parse(place).ok()) {
            inputs.set(Key::Subscription, place.subscription_id());
            inputs.set(Key::ResourceGroup, place.resource_group());
        }
        (Some(about), inputs)
    }

    fn fill_from_certificate(self, basis: &Basis<'_>, one: &PrivateCertificate, inputs: &mut Inputs) {
        inputs.set(Key::Certificate, one.id.as_str());
        let covered = |app: &'_ App| {
            let mut hosts = app.custom_hostnames();
            hosts.find(|host| one.hosts.iter().any(|name| name.covers(host))).cloned()
        };
        let mut apps = basis.estate.apps_at(&one.home);
        let fits = apps.find_map(|app| Some((app, covered(app)?)));
        if let Some((app, host)) = fits.filter(|_| self == Self::Binding) {
            inputs.set(Key::App, app.id.as_str());
            inputs.set(Key::Hostname, host.as_str());
        }
    }

    fn fill_from_binding(self, basis: &Basis<'_>, binding: &Binding, inputs: &mut Inputs) {
        inputs.set(Key::App, binding.app.as_str());
        inputs.set(Key::Hostname, binding.host.as_str());
        // What has expired is not bound once more.
        let is_over = |end| self == Self::Binding && end <= basis.now;
        let certificate = basis.estate.certificate_of(binding);
        if let Some(certificate) = certificate.filter(|one| !one.expires.is_some_and(is_over)) {
            inputs.set(Key::Certificate, certificate.id.as_str());
        }
    }
}
