//! Finds in the cloud what the inputs of a run name, and puts whole ids in the place of names that leave
//! something open: in which subscription, in which group, app or slot. What flows can tell by themselves is
//! left to them.

use futures::stream::{self, StreamExt, TryStreamExt};

use super::named::{self, NameReading, Named};
use super::target::{ORDERS, SITES, VAULTS};
use super::usage::{certificate_named, some_of};
use super::{FlowName, Inputs, Key, certificate_file, upload};
use crate::azure::{AzureError, Client, certificates, resources, sites};
use crate::model::{PrivateCertificate, Problem, ResourceId, Subscription, typed as shown};

/// Subscriptions that are searched at the same time.
const AT_ONCE: usize = 8;

/// What came of looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    Ready(Inputs),
    /// What the flow would delete is nowhere: with what was looked for and where.
    Gone(String),
}

#[derive(Debug)]
pub enum Unresolved {
    /// The name means nothing, or several things.
    Name(Key, String),
    Cloud(Problem),
}

/// Makes the inputs definite. `known` are the subscriptions that the account sees.
pub async fn resolve(
    client: &Client,
    flow: FlowName,
    known: &[Subscription],
    inputs: Inputs,
) -> Result<Resolved, Unresolved> {
    if let Some((key, why)) = inputs.misplaced_key() {
        return Err(Unresolved::Name(key, why));
    }
    let mut search = Search { client, known, inputs };
    search.subscription()?;
    search.places();
    search.app().await?;
    search.vault(flow).await?;
    let gone = match search.order(flow).await? {
        None => search.certificate(flow).await?,
        gone => gone,
    };
    Ok(gone.map_or(Resolved::Ready(search.inputs), Resolved::Gone))
}

struct Search<'a> {
    client: &'a Client,
    known: &'a [Subscription],
    inputs: Inputs,
}

impl Search<'_> {
    /// By name, by id, or as the only one that there is.
    fn subscription(&mut self) -> Result<(), Unresolved> {
        let Some(typed) = self.inputs.get(Key::Subscription) else {
            if let [only] = self.known {
                self.inputs.set(Key::Subscription, only.id.subscription_id());
            }
            return Ok(());
        };
        let id =
            ResourceId::parse(typed).map_or_else(|_| typed.to_owned(), |id| id.subscription_id().to_owned());
        let is_meant = |one: &&Subscription| {
            one.name.eq_ignore_ascii_case(typed) || one.id.subscription_id().eq_ignore_ascii_case(&id)
        };
        let found: Vec<&Subscription> = self.known.iter().filter(is_meant).collect();
        let refuse = |why: String| Err(Unresolved::Name(Key::Subscription, why));
        match found.as_slice() {
            [only] => self.inputs.set(Key::Subscription, only.id.subscription_id()),
            // One that the list leaves out may still answer.
            [] if uuid::Uuid::parse_str(&id).is_ok() => self.inputs.set(Key::Subscription, id),
            [] => {
                let names: Vec<String> = self.known.iter().map(|one| one.name.clone()).collect();
                return refuse(format!(
                    "there is no subscription '{}'; this account sees {}",
                    shown(typed),
                    some_of(&names)
                ));
            }
            several => {
                let ids: Vec<String> =
                    several.iter().map(|one| one.id.subscription_id().to_owned()).collect();
                return refuse(format!(
                    "{} subscriptions are called '{}': give the id: {}",
                    ids.len(),
                    shown(typed),
                    some_of(&ids)
                ));
            }
        }
        Ok(())
    }

    /// Ids name more than the field that they stand in: a group its subscription, a binding its app.
    fn places(&mut self) {
        let id = |inputs: &Inputs, key| inputs.get(key).and_then(|typed| ResourceId::parse(typed).ok());
        if let Some(group) = id(&self.inputs, Key::ResourceGroup) {
            self.inputs.set(Key::ResourceGroup, group.resource_group());
            self.within(&group);
        }
        for key in [Key::Hostname, Key::Name] {
            if let Some(whole) = id(&self.inputs, key) {
                if let Some(app) = whole.site().filter(|_| self.inputs.get(Key::App).is_none()) {
                    self.inputs.set(Key::App, app.as_str());
                }
                self.inputs.set(key, whole.name());
            }
        }
        for key in [Key::App, Key::Order, Key::Certificate, Key::Vault] {
            if let Some(whole) = id(&self.inputs, key) {
                self.within(&whole);
            }
        }
    }

    fn within(&mut self, id: &ResourceId) {
        if self.inputs.get(Key::Subscription).is_none() {
            self.inputs.set(Key::Subscription, id.subscription_id());
        }
    }

    /// Where to look: the subscription that is given, or all.
    fn scopes(&self) -> Vec<ResourceId> {
        let given = self.inputs.get(Key::Subscription).map(ResourceId::subscription);
        given.map_or_else(|| self.known.iter().map(|one| one.id.clone()).collect(), |one| vec![one])
    }

    /// For a sentence: `the subscription Contoso Production`, or `the 3 subscriptions A, B, C`.
    fn place(&self) -> String {
        let scopes = self.scopes();
        let name = |id: &ResourceId| {
            let known = self.known.iter().find(|one| one.id == *id);
            known.map_or_else(|| id.subscription_id().to_owned(), |one| one.name.clone())
        };
        let names: Vec<String> = scopes.iter().map(name).collect();
        match names.as_slice() {
            [only] => format!("the subscription {only}"),
            all => format!("the {} subscriptions {}", all.len(), some_of(all)),
        }
    }

    async fn app(&mut self) -> Result<(), Unresolved> {
        let Some(typed) = self.inputs.get(Key::App).map(str::to_owned) else { return Ok(()) };
        let refuse = |why: String| Err(Unresolved::Name(Key::App, why));
        let named = match Named::site(&typed) {
            None => {
                return refuse(named::no_name_of_an_app(&typed));
            }
            Some(Named::Id(id)) => {
                self.inputs.set(Key::App, id.as_str());
                return Ok(());
            }
            Some(Named::Parts(readings)) => {
                Named::Parts(readings).within(self.inputs.get(Key::ResourceGroup))
            }
        };
        let Named::Parts(readings) = &named else { return Ok(()) };
        let (mut found, mut withheld) = (Vec::new(), None);
        for scope in self.scopes() {
            for reading in readings {
                match self.site(&scope, reading).await {
                    Ok(ids) => found.extend(ids.into_iter().filter(|id| named.is(id))),
                    Err(error) if error.is_withheld() => withheld = Some(error),
                    Err(error) => return Err(cloud("Find the app by its name", &error)),
                }
            }
        }
        found.sort();
        found.dedup();
        match found.as_slice() {
            [only] => {
                self.within(only);
                self.inputs.set(Key::App, only.as_str());
                Ok(())
            }
            [] => match withheld {
                Some(error) => Err(cloud("Find the app by its name", &error)),
                None => refuse(self.no_app(&typed, readings)),
            },
            several => refuse(named::several("app", &typed, &several.iter().collect::<Vec<_>>())),
        }
    }

    /// The app or slot as it is read, wherever in this subscription.
    async fn site(&self, scope: &ResourceId, reading: &NameReading) -> Result<Vec<ResourceId>, AzureError> {
        let named = Named::Parts(vec![reading.clone()]);
        let candidates = match named.ids(scope, SITES).as_slice() {
            [] => {
                let apps = resources::named(self.client, scope, SITES, &reading.name).await?;
                let slot = reading.slot.as_deref();
                apps.into_iter()
                    .map(|app| slot.map_or_else(|| app.clone(), |slot| app.child("slots", slot)))
                    .collect()
            }
            ids => ids.to_vec(),
        };
        let mut found = Vec::new();
        for id in candidates {
            // What the list told needs no second question.
            let is_told = reading.group.is_none() && reading.slot.is_none();
            if is_told {
                found.push(id);
            } else if let Some(site) = sites::get(self.client, &id).await? {
                found.push(site.app.id);
            }
        }
        Ok(found)
    }

    /// Every way in which the name was read, and where that was looked for.
    fn no_app(&self, typed: &str, readings: &[NameReading]) -> String {
        let place = self.place();
        let ways = readings.iter().map(|reading| {
            let group = reading
                .group
                .as_deref()
                .map(|group| format!(" in the resource group {group}"))
                .unwrap_or_default();
            match &reading.slot {
                Some(slot) => format!("no slot '{slot}' of an app '{}'{group}", reading.name),
                None => format!("no app '{}'{group}", reading.name),
            }
        });
        let ways: Vec<String> = ways.collect();
        let correct = "correct the name, or give the whole resource id (--set app=/subscriptions/…)";
        format!("'{}' was looked for in {place}: there is {}: {correct}", shown(typed), ways.join(", and "))
    }

    /// A vault's name is part of a hostname, so there is one at most; its group need not be known.
    async fn vault(&mut self, flow: FlowName) -> Result<(), Unresolved> {
        let Some(typed) = self.inputs.get(Key::Vault).map(str::to_owned) else { return Ok(()) };
        let name = vault_name(&typed).to_owned();
        if name != typed {
            self.inputs.set(Key::Vault, name.as_str());
        }
        let is_new = self.inputs.get(Key::VaultChoice) == Some("new") || flow == FlowName::Purchase;
        if is_new || name.contains('/') {
            return Ok(());
        }
        let given = self.inputs.get(Key::VaultSubscription).or_else(|| self.inputs.get(Key::Subscription));
        let scopes = given.map_or_else(|| self.scopes(), |id| vec![ResourceId::subscription(id)]);
        for scope in scopes {
            match resources::named(self.client, &scope, VAULTS, &name).await {
                Ok(found) => {
                    if let [only] = found.as_slice() {
                        self.inputs.set(Key::Vault, only.as_str());
                    }
                }
                // The flow looks in the group, which may be open where the subscription is not.
                Err(error) if error.is_withheld() => {}
                Err(error) => return Err(cloud("Find the vault by its name", &error)),
            }
        }
        Ok(())
    }

    async fn order(&mut self, flow: FlowName) -> Result<Option<String>, Unresolved> {
        let Some(typed) = self.inputs.get(Key::Order).map(str::to_owned) else { return Ok(None) };
        let refuse = |why: String| Err(Unresolved::Name(Key::Order, why));
        let named = match Named::resource(&typed) {
            None => {
                return refuse(format!(
                    "'{}' names no order: write NAME, GROUP/NAME or the whole id",
                    shown(&typed)
                ));
            }
            Some(named) => named.within(self.inputs.get(Key::ResourceGroup)),
        };
        let is_open = named.group().is_none() || self.inputs.get(Key::Subscription).is_none();
        if flow == FlowName::Purchase || matches!(named, Named::Id(_)) || !is_open {
            return Ok(None);
        }
        let name = typed.rsplit('/').next().unwrap_or_default();
        let mut found = Vec::new();
        for scope in self.scopes() {
            let orders = resources::named(self.client, &scope, ORDERS, name).await;
            found.extend(orders.map_err(|error| cloud("Find the order by its name", &error))?);
        }
        found.retain(|id| named.is(id));
        match found.as_slice() {
            [only] => {
                self.within(only);
                self.inputs.set(Key::Order, only.as_str());
                if self.inputs.get(Key::ResourceGroup).is_none() {
                    self.inputs.set(Key::ResourceGroup, only.resource_group());
                }
                Ok(None)
            }
            [] => {
                let words = named::unknown("order", name, named.group(), &self.place());
                if flow == FlowName::DeleteOrder { Ok(Some(words)) } else { refuse(words) }
            }
            several => refuse(named::several("order", &typed, &several.iter().collect::<Vec<_>>())),
        }
    }

    /// Within a subscription flows find it themselves; a binding finds it at its app.
    async fn certificate(&mut self, flow: FlowName) -> Result<Option<String>, Unresolved> {
        let is_open = self.inputs.get(Key::Subscription).is_none() && flow != FlowName::Bind;
        let Some((typed, named)) = certificate_named(&self.inputs).filter(|_| is_open) else {
            return Ok(None);
        };
        let typed = typed.to_owned();
        let client = self.client;
        let look = |scope: ResourceId| async move { all_of(client, &scope).await };
        let looks: Vec<_> = self.scopes().into_iter().map(look).collect();
        let all: Result<Vec<Vec<PrivateCertificate>>, AzureError> =
            stream::iter(looks).buffered(AT_ONCE).try_collect().await;
        let all = all.map_err(|error| cloud("Find the certificate", &error))?.concat();
        let found: Vec<&ResourceId> =
            all.iter().filter(|one| named.is_certificate(one)).map(|one| &one.id).collect();
        match found.as_slice() {
            [only] => {
                self.within(only);
                self.inputs.set(Key::Certificate, only.as_str());
                Ok(None)
            }
            [] => {
                let name = typed.rsplit('/').next().unwrap_or_default();
                let words = named::unknown("certificate", name, named.group(), &self.place());
                match flow {
                    FlowName::DeletePrivate => Ok(Some(words)),
                    FlowName::Replace if self.is_replaced(&all).await => Ok(None),
                    _ => Err(Unresolved::Name(Key::Certificate, words)),
                }
            }
            several => {
                Err(Unresolved::Name(Key::Certificate, named::several("certificate", &typed, several)))
            }
        }
    }

    /// Whether the file's own certificate is there already: then it says in which subscription the old one
    /// was.
    async fn is_replaced(&mut self, all: &[PrivateCertificate]) -> bool {
        let Some(Ok(file)) = certificate_file::look(&self.inputs).await else { return false };
        let Some(leaf) = upload::leaf_of(&file.contents) else { return false };
        let there = all.iter().find(|one| one.thumbprint.as_ref() == Some(&leaf.thumbprint));
        if let Some(one) = there {
            self.within(&one.id);
        }
        there.is_some()
    }
}

/// The certificates of a subscription, those of single apps included.
async fn all_of(client: &Client, subscription: &ResourceId) -> Result<Vec<PrivateCertificate>, AzureError> {
    let (mut all, sites) =
        futures::try_join!(certificates::list(client, subscription), sites::list(client, subscription))?;
    all.extend(certificates::of_apps(client, &sites).await?);
    Ok(all)
}

/// `kv-shop` of `https://kv-shop.vault.azure.net/`.
fn vault_name(typed: &str) -> &str {
    let Some((_, host)) = typed.split_once("://") else { return typed };
    host.split(['.', '/', ':']).next().unwrap_or_default()
}

fn cloud(what: &str, error: &AzureError) -> Unresolved {
    Unresolved::Cloud(error.problem(what))
}
