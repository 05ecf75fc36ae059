//! The scope: which subscription or app the panes show. Unlike a filter, which is typed and looks into what a
//! pane draws, a scope is chosen, holds for all four panes, and follows what belongs together: an app brings
//! its certificates with it (A9).

use super::App;
use super::dialog::{Act, Choose, Dialog, Item};
use crate::model::counted;
use crate::model::{Estate, PrivateCertificate, ResourceId};
use crate::tables::{PaneName, Tone};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    Everything,
    Subscription(ResourceId),
    /// An app or slot.
    App(ResourceId),
}

impl Scope {
    /// The name of what is shown; none where it is everything.
    pub fn words(&self, estate: &Estate) -> Option<String> {
        match self {
            Self::Everything => None,
            Self::Subscription(id) => Some(estate.subscription_name(id).to_owned()),
            Self::App(id) => Some(crate::tables::app_label(estate, id)),
        }
    }

    /// Whether each row of a pane belongs to it, in the order of the estate; none where all do.
    pub fn admits(&self, name: PaneName, estate: &Estate) -> Option<Vec<bool>> {
        match self {
            Self::Everything => None,
            Self::Subscription(id) => {
                let inside =
                    |one: &ResourceId| one.subscription_id().eq_ignore_ascii_case(id.subscription_id());
                Some(match name {
                    PaneName::Private => estate.certificates.iter().map(|one| inside(&one.id)).collect(),
                    PaneName::Public => {
                        estate.public_certificates.iter().map(|one| inside(&one.id)).collect()
                    }
                    PaneName::Orders => estate.orders.iter().map(|one| inside(&one.id)).collect(),
                    PaneName::Bindings => estate.bindings.iter().map(|one| inside(&one.app)).collect(),
                })
            }
            Self::App(id) => {
                let app = estate.app(id);
                let near = |one: &PrivateCertificate| app.is_some_and(|app| one.home.serves(app));
                Some(match name {
                    PaneName::Private => estate.certificates.iter().map(near).collect(),
                    PaneName::Public => estate.public_certificates.iter().map(|one| one.app == *id).collect(),
                    PaneName::Orders => {
                        estate.orders.iter().map(|order| estate.imports_of(order).any(near)).collect()
                    }
                    PaneName::Bindings => estate.bindings.iter().map(|one| one.app == *id).collect(),
                })
            }
        }
    }
}

impl App {
    /// Subscriptions first, then apps by name; typing narrows.
    pub(super) fn open_scopes(&mut self) {
        let item = |label: String, note: String, scope| Item { label, note, then: Ok(Act::Narrow(scope)) };
        let estate = &self.inventory.estate;
        let all = format!(
            "{}, {}",
            counted(estate.subscriptions.len(), "subscription"),
            counted(estate.apps.len(), "app")
        );
        let mut items = vec![item("Everything".to_owned(), all, Scope::Everything)];
        for one in &estate.subscriptions {
            let note = format!("subscription {}", one.id.subscription_id());
            items.push(item(one.name.clone(), note, Scope::Subscription(one.id.clone())));
        }
        let mut apps: Vec<Item> = estate
            .apps
            .iter()
            .map(|app| {
                let note =
                    format!("app in {}, {}", app.id.resource_group(), estate.subscription_name(&app.id));
                item(app.label(), note, Scope::App(app.id.clone()))
            })
            .collect();
        apps.sort_by(|a, b| a.label.cmp(&b.label));
        items.extend(apps);
        let chosen =
            |item: &Item| matches!(&item.then, Ok(Act::Narrow(scope)) if *scope == self.pane().scope);
        let here = items.iter().position(chosen).unwrap_or(0);
        let choose = Choose::new("Scope", items)
            .intro("What the four panes show. An app brings the certificates that it can be bound to.")
            .at(here);
        self.layers.push(Dialog::Choose(choose));
    }

    pub(super) fn narrow(&mut self, scope: &Scope) {
        match scope.words(&self.inventory.estate) {
            Some(words) => {
                self.say(
                    format!("only what belongs to {words}; o, then Enter, shows everything"),
                    Tone::Good,
                );
            }
            None => self.say("everything is shown", Tone::Good),
        }
        self.browser.narrow(scope, &self.inventory.estate);
        self.fill_pane();
        self.want_public();
    }
}
