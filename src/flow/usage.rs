//! What uses a private key certificate: hostnames of every app and slot that can be bound to it, and code
//! that loads it (A10, B3-8).

use futures::future::{join_all, try_join};
use futures::stream::{self, StreamExt, TryStreamExt};

use super::load::Load;
use super::named::{self, Named};
use super::{Inputs, Key, Seen};
use crate::azure::settings::AppSettings;
use crate::azure::sites::Site;
use crate::azure::{AsItIs, AzureError, Client, certificates, settings, sites};
use crate::model::{App, Binding, Home, Hostname, PrivateCertificate, ResourceId, SslState, Thumbprint};

/// Bindings and settings that are read at the same time.
const AT_ONCE: usize = 8;

/// The certificates of a subscription with all that could use them. A webspace never spans subscriptions.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    pub certificates: Vec<PrivateCertificate>,
    /// Apps and slots.
    pub sites: Vec<Site>,
    /// The settings of each app of the webspace that was asked about, for what its code loads; absent where
    /// they may not be read.
    pub settings: Vec<(ResourceId, Seen<AppSettings>)>,
    /// The service's own answers about the bindings that are to be changed.
    pub answers: Vec<(ResourceId, AsItIs)>,
    /// Why only the resource group of the certificate was looked at.
    pub left_out: Option<AzureError>,
}

/// A hostname with the app or slot that answers for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostUse<'a> {
    pub app: &'a App,
    pub binding: &'a Binding,
}

impl HostUse<'_> {
    /// The address that the app answers at for this hostname.
    pub fn address(&self) -> Option<&str> {
        self.binding.virtual_ip.as_deref().or(self.app.inbound_ip.as_deref())
    }

    /// The hostname with that address, to be looked at from outside.
    pub fn place(&self) -> (Hostname, Option<String>) {
        (self.binding.host.clone(), self.address().map(str::to_owned))
    }

    /// `shop.contoso.com (contoso-shop)`
    pub fn words(&self) -> String {
        format!("{} ({})", self.binding.host, self.app.label())
    }
}

impl Usage {
    /// Reads the certificates, apps and slots of the subscription that the inputs name.
    pub async fn observe(client: &Client, inputs: &Inputs) -> Result<Option<Self>, AzureError> {
        let Some(subscription) = subscription(inputs) else { return Ok(None) };
        let group = || {
            ResourceId::parse(&format!("{subscription}/resourceGroups/{}", inputs.get(Key::ResourceGroup)?))
                .ok()
        };
        let near = whole_id(inputs).or_else(group).unwrap_or(subscription);
        let (listed, sites) =
            try_join(certificates::around(client, &near), sites::around(client, &near)).await?;
        let left_out = listed.left_out.or(sites.left_out);
        let mut certificates = listed.all;
        certificates.extend(match whole_id(inputs) {
            // A whole id says whose it is; by a name alone it may be any app's.
            Some(id) => match id.site() {
                Some(app) => certificates::of_app(client, &app).await?,
                None => Vec::new(),
            },
            None => certificates::of_apps(client, &sites.all).await?,
        });
        Ok(Some(Self { certificates, sites: sites.all, left_out, ..Self::default() }))
    }

    /// Reads the settings of the apps that what lives there serves. A person who may not read settings learns
    /// the rest all the same.
    pub async fn read_settings(&mut self, client: &Client, home: &Home) {
        let apps: Vec<ResourceId> = self.sites_at(home).map(|site| site.app.id.clone()).collect();
        for some in apps.chunks(AT_ONCE) {
            let answers = join_all(some.iter().map(|app| settings::list(client, app))).await;
            self.settings
                .extend(some.iter().cloned().zip(answers.into_iter().map(|answer| Seen::from(answer.ok()))));
        }
    }

    /// Reads the bindings that are to be changed one by one: their own answers are fresher than the app's,
    /// and are given back with the change.
    pub async fn read_answers(
        &mut self,
        client: &Client,
        bindings: Vec<ResourceId>,
    ) -> Result<(), AzureError> {
        let read = |id: ResourceId| async move {
            Ok::<_, AzureError>((sites::binding_as_it_is(client, &id).await?, id))
        };
        let asked: Vec<_> = bindings.into_iter().map(read).collect();
        let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
        for (answer, id) in answers {
            let Some(answer) = answer else { continue };
            let fresh = sites::decode_binding(&answer.body);
            let all = self.sites.iter_mut().flat_map(|site| &mut site.bindings);
            if let (Some(fresh), Some(own)) = (fresh, all.into_iter().find(|own| own.id() == id)) {
                *own = fresh;
            }
            self.answers.push((id, answer));
        }
        Ok(())
    }

    pub fn answer(&self, binding: &Binding) -> Option<&AsItIs> {
        let id = binding.id();
        self.answers.iter().find(|(own, _)| *own == id).map(|(_, answer)| answer)
    }

    /// The certificate that the inputs mean, in whichever form; words where that is more than one.
    pub fn named(&self, inputs: &Inputs) -> Result<Option<&PrivateCertificate>, String> {
        let Some((typed, named)) = certificate_named(inputs) else { return Ok(None) };
        let found: Vec<_> = self.certificates.iter().filter(|one| named.is_certificate(one)).collect();
        match found.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(only)),
            several => Err(named::several(
                "certificate",
                typed,
                &several.iter().map(|one| &one.id).collect::<Vec<_>>(),
            )),
        }
    }

    /// The apps and slots that can be bound to what lives there.
    pub fn sites_at<'a>(&'a self, home: &'a Home) -> impl Iterator<Item = &'a Site> {
        self.sites.iter().filter(move |site| home.serves(&site.app))
    }

    /// The hostnames of those apps that have a binding, with who answers for each.
    pub fn bound<'a>(&'a self, home: &'a Home) -> impl Iterator<Item = HostUse<'a>> {
        let uses = self
            .sites_at(home)
            .flat_map(|site| site.bindings.iter().map(|binding| HostUse { app: &site.app, binding }));
        uses.filter(|one| one.binding.ssl != SslState::Disabled)
    }

    /// The hostnames that present the certificate: the same thumbprint, of an app that it can serve.
    pub fn uses<'a>(&'a self, certificate: &'a PrivateCertificate) -> impl Iterator<Item = HostUse<'a>> {
        self.bound(&certificate.home).filter(|one| {
            certificate.thumbprint.is_some() && one.binding.thumbprint == certificate.thumbprint
        })
    }

    /// The same certificate under another name in the same place: bindings go on with that one.
    pub fn twin(&self, certificate: &PrivateCertificate) -> Option<&PrivateCertificate> {
        self.certificates.iter().find(|one| {
            one.id != certificate.id
                && one.thumbprint.is_some()
                && one.thumbprint == certificate.thumbprint
                && one.home.is(&certificate.home)
        })
    }

    pub fn settings_of(&self, app: &App) -> Option<&AppSettings> {
        self.settings.iter().find(|(id, _)| *id == app.id)?.1.here()
    }

    /// The apps whose code loads the certificate by its thumbprint.
    pub fn loaders<'a>(&'a self, thumbprint: &'a Thumbprint) -> impl Iterator<Item = &'a App> {
        let loads =
            |app: &App| self.settings_of(app).is_some_and(|settings| Load::of(settings).names(thumbprint));
        self.sites.iter().map(|site| &site.app).filter(move |app| loads(app))
    }

    /// Why the certificate cannot be deleted, if something uses it: what it is, and how (E10).
    pub fn in_use(&self, certificate: &PrivateCertificate) -> Option<String> {
        if self.twin(certificate).is_some() {
            return None;
        }
        let hosts: Vec<String> = self.uses(certificate).map(|one| one.words()).collect();
        let loaders = certificate.thumbprint.iter().flat_map(|thumbprint| self.loaders(thumbprint));
        let loaders: Vec<String> = loaders.map(App::label).collect();
        let secures = (!hosts.is_empty()).then(|| format!("it secures {}", some_of(&hosts)));
        let loaded = (!loaders.is_empty())
            .then(|| format!("the code of {} loads it by its thumbprint", some_of(&loaders)));
        let words: Vec<String> = secures.into_iter().chain(loaded).collect();
        (!words.is_empty()).then(|| words.join(", and "))
    }
}

/// The certificate as it was typed: in the resource group of the inputs where it names none itself.
pub fn certificate_named(inputs: &Inputs) -> Option<(&str, Named)> {
    let typed = inputs.get(Key::Certificate)?;
    Some((typed, Named::resource(typed)?.within(inputs.get(Key::ResourceGroup))))
}

/// What is missing to know which certificate is meant; whether there is one, each flow judges by itself.
pub fn certificate_refusal(usage: Option<&Usage>, inputs: &Inputs) -> Option<(Key, String)> {
    match usage.map(|usage| usage.named(inputs)) {
        _ if inputs.get(Key::Certificate).is_none() => {
            Some((Key::Certificate, "choose the certificate".to_owned()))
        }
        _ if certificate_named(inputs).is_none() => Some((Key::Certificate, no_certificate(inputs))),
        _ if subscription(inputs).is_none() => {
            Some((Key::Subscription, "say in which subscription the certificate is".to_owned()))
        }
        Some(Err(why)) => Some((Key::Certificate, why)),
        Some(Ok(_)) | None => None,
    }
}

/// Says what was looked for, and where, of a certificate that is not there.
pub fn no_certificate(inputs: &Inputs) -> String {
    let Some((typed, named)) = certificate_named(inputs) else {
        return "a certificate goes by NAME, GROUP/NAME, its thumbprint or its whole id".to_owned();
    };
    let place = subscription(inputs)
        .map(|id| format!("the subscription {}", id.subscription_id()))
        .unwrap_or_default();
    match named {
        Named::Id(id) => named::unknown("certificate", id.name(), Some(id.resource_group()), &place),
        named @ Named::Parts(_) => {
            let name = typed.rsplit('/').next().unwrap_or_default();
            named::unknown("certificate", name, named.group(), &place)
        }
    }
}

fn whole_id(inputs: &Inputs) -> Option<ResourceId> {
    match certificate_named(inputs)? {
        (_, Named::Id(id)) => Some(id),
        (_, Named::Parts(_)) => None,
    }
}

fn subscription(inputs: &Inputs) -> Option<ResourceId> {
    let whole = whole_id(inputs);
    let id = whole.as_ref().map(ResourceId::subscription_id).or_else(|| inputs.get(Key::Subscription))?;
    Some(ResourceId::subscription(id))
}

/// The first few of many.
pub fn some_of(all: &[String]) -> String {
    const SHOWN: usize = 5;
    match all.len().checked_sub(SHOWN) {
        None | Some(0) => all.join(", "),
        Some(more) => format!("{} and {more} more", all[..SHOWN].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::load::SETTING;
    use super::super::sample::{LEAF, app, bound, imported, usage};
    use super::*;
    use crate::model::Webspace;

    fn named(usage: &Usage, typed: &str) -> Result<Option<String>, String> {
        let inputs = Inputs::default().with(Key::ResourceGroup, "web").with(Key::Certificate, typed);
        Ok(usage.named(&inputs)?.map(|one| one.id.name().to_owned()))
    }

    #[test]
    fn a_certificate_goes_by_its_name_its_id_or_its_thumbprint_and_never_by_chance() {
        let usage = usage();
        let name = imported().id.name().to_owned();
        for typed in [name.as_str(), imported().id.as_str(), LEAF, &format!("web/{name}")] {
            assert_eq!(named(&usage, typed), Ok(Some(name.clone())), "{typed}");
        }
        assert_eq!(named(&usage, &format!("other/{name}")), Ok(None));
        let mut twice = usage;
        twice.certificates.push(PrivateCertificate {
            id: imported().id.sibling("Microsoft.Web/certificates", "twin"),
            ..imported()
        });
        assert!(named(&twice, LEAF).unwrap_err().contains("can mean 2 certificates"));
        assert_eq!(twice.in_use(&imported()), None, "the bindings go on with the twin");
    }

    #[test]
    fn what_is_bound_in_a_slot_counts_and_what_is_in_another_webspace_does_not_b3_8() {
        let mut usage = usage();
        let slot = App { id: app(&[]).id.child("slots", "next"), ..app(&["next.contoso.com"]) };
        let binding = Binding { app: slot.id.clone(), ..bound("next.contoso.com", SslState::Sni, LEAF) };
        usage.sites.push(Site { app: slot.clone(), bindings: vec![binding.clone()] });
        let elsewhere = App { webspace: Webspace::named(&slot.id, "web-NorthEuropewebspace"), ..slot };
        usage.sites.push(Site { app: elsewhere, bindings: vec![binding] });
        let hosts: Vec<String> = usage.uses(&imported()).map(|one| one.words()).collect();
        assert_eq!(hosts, ["contoso.com (shop)", "next.contoso.com (shop/next)"]);
        assert_eq!(
            usage.in_use(&imported()).unwrap(),
            "it secures contoso.com (shop), next.contoso.com (shop/next)"
        );
    }

    #[test]
    fn code_that_loads_it_by_its_thumbprint_uses_it_and_code_that_loads_all_does_not_count() {
        let mut usage = usage();
        usage.sites[0].bindings.clear();
        for (setting, expected) in [("*", false), (LEAF, true), ("", false)] {
            usage.settings =
                vec![(app(&[]).id, Seen::Here([(SETTING.to_owned(), setting.into())].into_iter().collect()))];
            assert_eq!(usage.in_use(&imported()).is_some(), expected, "{setting}");
        }
    }

    #[test]
    fn many_are_said_in_few_words() {
        let all: Vec<String> = (1..=7).map(|n| n.to_string()).collect();
        assert_eq!(some_of(&all), "1, 2, 3, 4, 5 and 2 more");
        assert_eq!(some_of(&all[..5]), "1, 2, 3, 4, 5");
    }
}
