//! The pickers of the wizard: what a field that names something existing can be filled with, from the estate: what
//! fits first, each by name, since parts of an estate come in any order.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Around, Wizard};
use crate::app::dialog::{Act, Choose, Dialog, Item};
use crate::app::inventory::Reading;
use crate::flow::{self, FieldKind, Inputs, Key, Pick};
use crate::model::counted;
use crate::model::{App, Estate, Hostname, PrivateCertificate, ResourceId};
use crate::rules::Rules;
use crate::tables::Basis;
use crate::tables::PaneName;

const STILL_READING: &str = "The inventory is still being read; what it finds appears here.";

impl Wizard {
    /// Shows what a field can be filled with, narrowed by what was typed first.
    pub(super) fn open_picker(&self, field: &flow::Field, first: Option<char>, around: &mut Around<'_>) {
        let now = self.inputs.typed(field.key).to_owned();
        let Some((items, empty)) = self.picker_items(field, around) else { return };
        let chosen = items.iter().position(|(value, _)| value.eq_ignore_ascii_case(&now));
        let at = chosen.or_else(|| items.iter().position(|(_, item)| item.then.is_ok())).unwrap_or(0);
        let mut choose = Choose::new(field.label, items.into_iter().map(|(_, item)| item).collect())
            .intro(field.help)
            .empty(empty)
            .at(at);
        choose.fills = Some(field.key);
        choose.takes_other = matches!(field.kind, FieldKind::Pick { or_new: true, .. });
        if let Some(first) = first {
            choose.paste(&first.to_string());
        }
        around.layers.push(Dialog::Choose(choose));
    }

    /// What a field can be filled with, each with its value, and what to say where there is nothing.
    fn picker_items(
        &self,
        field: &flow::Field,
        around: &Around<'_>,
    ) -> Option<(Vec<(String, Item)>, &'static str)> {
        let (estate, rules) = (&around.inventory.estate, &around.settings.rules);
        let fill = |value: &str| Ok(Act::Fill(field.key, value.to_owned()));
        match &field.kind {
            FieldKind::Choice(choices) => {
                let item = |(value, label, note): &(&str, &str, &str)| {
                    (
                        (*value).to_owned(),
                        Item { label: field.labelled(value, label), note: (*note).into(), then: fill(value) },
                    )
                };
                Some((choices.iter().map(item).collect(), ""))
            }
            FieldKind::Pick { of, .. } => {
                let options = options(*of, &self.inputs, estate, rules, around.clock.now);
                let item = |option: Choice| {
                    let then = option.misfit.map_or_else(|| fill(&option.value), Err);
                    (option.value, Item { label: option.label, note: option.note, then })
                };
                let is_reading = matches!(around.inventory.reading, Reading::Asked { .. });
                let none = if is_reading { STILL_READING } else { none_words(*of) };
                Some((options.into_iter().map(item).collect(), none))
            }
            FieldKind::Offer(None) => Some((Vec::new(), "certdeck is looking; what it finds appears here")),
            FieldKind::Offer(Some(offers)) => {
                let item = |offer: &flow::Offer| {
                    let refused = self.would_refuse(field.key, &offer.value, rules, around.clock.now);
                    let then = refused.map_or_else(|| fill(&offer.value), Err);
                    (offer.value.clone(), Item { label: offer.label.clone(), note: offer.note.clone(), then })
                };
                Some((offers.iter().map(item).collect(), "there is nothing of this kind here"))
            }
            FieldKind::Text | FieldKind::Secret | FieldKind::File(_) | FieldKind::Toggle => None,
        }
    }

    /// A picker that was opened before everything was read gets what is found.
    pub(super) fn refill_picker(&self, around: &mut Around<'_>) {
        let Some(Dialog::Choose(choose)) = around.layers.top() else { return };
        let field = self.form.fields.iter().find(|field| choose.fills == Some(field.key));
        let Some((items, empty)) = field.and_then(|field| self.picker_items(field, around)) else { return };
        if let Some(Dialog::Choose(choose)) = around.layers.top_mut() {
            choose.refill(items.into_iter().map(|(_, item)| item).collect());
            choose.empty = empty.into();
        }
    }
}

/// One value of a picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// What the field is filled with.
    pub value: String,
    pub label: String,
    pub note: String,
    /// Why it is not to be chosen, if it is not.
    pub misfit: Option<String>,
}

fn choice(value: impl Into<String>, label: impl Into<String>, note: impl Into<String>) -> Choice {
    Choice { value: value.into(), label: label.into(), note: note.into(), misfit: None }
}

pub(super) fn options(
    of: Pick,
    inputs: &Inputs,
    estate: &Estate,
    rules: &Rules,
    now: Timestamp,
) -> Vec<Choice> {
    let basis = Basis { estate, rules, now };
    let own = inputs.get(Key::Subscription);
    let is_own = |id: &ResourceId| own.is_none_or(|own| id.subscription_id().eq_ignore_ascii_case(own));
    let place = |id: &ResourceId| format!("{} in {}", id.resource_group(), estate.subscription_name(id));
    match of {
        Pick::Subscription => estate
            .subscriptions
            .iter()
            .map(|one| choice(one.id.subscription_id(), &*one.name, one.id.subscription_id()))
            .collect(),
        Pick::ResourceGroup => {
            let groups = estate.groups.iter().filter(|group| is_own(&group.id));
            groups.map(|group| choice(group.id.name(), group.id.name(), &*group.location)).collect()
        }
        Pick::Location => {
            let known: BTreeSet<&str> = estate
                .apps
                .iter()
                .map(|app| app.location.as_str())
                .chain(estate.groups.iter().map(|group| group.location.as_str()))
                .collect();
            let note = |location: &str| {
                let apps = estate.apps.iter().filter(|app| app.location == location).count();
                format!("{} here", counted(apps, "app"))
            };
            known.into_iter().map(|location| choice(location, location, note(location))).collect()
        }
        Pick::Order => {
            let mut orders: Vec<_> = estate.orders.iter().filter(|order| is_own(&order.id)).collect();
            orders.sort_by_key(|order| order.id.name());
            orders
                .into_iter()
                .map(|order| {
                    choice(order.id.name(), order.id.name(), format!("{}, {}", order.domain, order.status))
                })
                .collect()
        }
        Pick::Vault => {
            // An import takes a vault of any subscription: those of the one that is named come first.
            let named = inputs.get(Key::VaultSubscription);
            let is_near = |id: &ResourceId| {
                named.or(own).is_none_or(|near| id.subscription_id().eq_ignore_ascii_case(near))
            };
            let offered = estate.vaults.iter().filter(|vault| named.is_some() || is_near(&vault.id));
            let mut vaults: Vec<_> = offered.collect();
            vaults.sort_by_cached_key(|vault| (!is_near(&vault.id), vault.id.name()));
            vaults
                .into_iter()
                .map(|vault| {
                    choice(
                        vault.id.as_str(),
                        vault.id.name(),
                        format!("{}, {}", vault.location, place(&vault.id)),
                    )
                })
                .collect()
        }
        Pick::App => {
            let wanted = inputs.get(Key::Domain).and_then(|domain| Hostname::parse(domain).ok());
            let is_mapped = |app: &App| {
                wanted.as_ref().is_some_and(|domain| app.hostnames.iter().any(|host| domain.covers(host)))
            };
            let note = |app: &App| {
                let hosts: Vec<&str> = app.custom_hostnames().map(Hostname::as_str).collect();
                format!(
                    "{}: {}",
                    app.id.resource_group(),
                    if hosts.is_empty() { "no custom hostname".into() } else { hosts.join(", ") }
                )
            };
            // The apps that the certificate could secure come first.
            let mut apps: Vec<&App> = estate.apps.iter().collect();
            apps.sort_by_cached_key(|app| (!is_mapped(app), app.label()));
            apps.into_iter().map(|app| choice(app.id.as_str(), app.label(), note(app))).collect()
        }
        Pick::Hostname => {
            let chosen = inputs
                .get(Key::App)
                .and_then(|app| estate.apps.iter().find(|one| names(&one.id, app, &one.label())));
            let bound = |host: &Hostname| {
                estate
                    .bindings
                    .iter()
                    .find(|binding| binding.host == *host)
                    .map_or("not bound", |binding| binding.ssl.words())
            };
            let hosts = chosen.into_iter().flat_map(crate::model::App::custom_hostnames);
            hosts.map(|host| choice(host.as_str(), host.as_str(), bound(host))).collect()
        }
        Pick::Certificate | Pick::CoveringCertificate => {
            // Public certificates are in another list altogether, so they can never be offered here (A7).
            let chosen = inputs
                .get(Key::App)
                .and_then(|app| estate.apps.iter().find(|one| names(&one.id, app, &one.label())));
            let near = estate
                .certificates
                .iter()
                .enumerate()
                .filter(|(_, certificate)| chosen.is_none_or(|app| certificate.home.serves(app)));
            // What can secure the hostname comes first, the rest says why it cannot.
            let host = inputs.get(Key::Hostname).and_then(|host| Hostname::parse(host).ok());
            let misfit = |one: &PrivateCertificate| {
                let host = host.as_ref().filter(|_| of == Pick::CoveringCertificate)?;
                flow::misfits(one, Some(host), now).next()
            };
            let mut certificates: Vec<_> = near.map(|(at, one)| (misfit(one), one.id.name(), at)).collect();
            certificates.sort_by_key(|(misfit, name, _)| (misfit.is_some(), *name));
            certificates
                .into_iter()
                .map(|(misfit, name, at)| {
                    let cell = |key| PaneName::Private.table().cell(&basis, at, key).text;
                    let note = format!("{}, {}, {}", cell("hosts"), cell("source"), cell("expires"));
                    Choice { misfit, ..choice(estate.certificates[at].id.as_str(), name, note) }
                })
                .collect()
        }
    }
}

fn names(id: &ResourceId, typed: &str, label: &str) -> bool {
    id.as_str().eq_ignore_ascii_case(typed) || label.eq_ignore_ascii_case(typed)
}

/// How a value is shown in the form: names instead of ids.
pub(super) fn label(of: Pick, value: &str, estate: &Estate) -> String {
    match of {
        Pick::Subscription => {
            let found =
                estate.subscriptions.iter().find(|one| one.id.subscription_id().eq_ignore_ascii_case(value));
            found.map_or_else(|| value.to_owned(), |one| one.name.clone())
        }
        Pick::App => {
            let app = ResourceId::parse(value).ok().and_then(|id| estate.app(&id));
            app.map_or_else(|| value.to_owned(), crate::model::App::label)
        }
        Pick::Vault | Pick::Certificate | Pick::CoveringCertificate | Pick::Order => {
            value.rsplit('/').next().unwrap_or_default().to_owned()
        }
        Pick::ResourceGroup | Pick::Location | Pick::Hostname => value.to_owned(),
    }
}

/// What to say when there is nothing to choose from.
pub(super) fn none_words(of: Pick) -> &'static str {
    match of {
        Pick::Subscription => "No subscription could be read. C-r in a pane reads again.",
        Pick::ResourceGroup => {
            "This subscription has no resource group; type the name of a new one in the field."
        }
        Pick::Location => "No region is known; type one in the field, such as westeurope.",
        Pick::Order => "There is no certificate order in this subscription.",
        Pick::Vault => "There is no key vault in this subscription: choose to create a new one.",
        Pick::App => "There is no app in the subscriptions that were read.",
        Pick::Hostname => "This app has no custom hostname mapped. Add the domain to the app first.",
        Pick::Certificate | Pick::CoveringCertificate => {
            "There is no private key certificate that the app can be bound to: import or buy one first."
        }
    }
}
