//! The scope: which subscription, resource group, region, tag or app the panes show. Unlike a filter, which is typed and looks into what a
//! pane draws, a scope is chosen, holds for all four panes, and follows what belongs together: an app brings
//! its certificates with it (A9).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::App;
use super::dialog::{Act, Choose, Dialog, Item};
use crate::model::counted;
use crate::model::{self, Estate, PrivateCertificate, ResourceId, Tags};
use crate::tables::{PaneName, Tone};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    Everything,
    Subscription(ResourceId),
    Group(ResourceId),
    Region(String),
    /// Name and value; a tag of a resource group counts for what is in it.
    Tag(String, String),
    /// An app or slot.
    App(ResourceId),
}

/// Where a resource is: what a scope that names a place asks for.
struct Placed<'a> {
    id: &'a ResourceId,
    region: &'a str,
    tags: Option<&'a Tags>,
}

impl Scope {
    /// The name of what is shown; none where it is everything.
    pub fn words(&self, estate: &Estate) -> Option<String> {
        match self {
            Self::Everything => None,
            Self::Subscription(id) => Some(estate.subscription_name(id).to_owned()),
            Self::Group(id) => Some(id.resource_group().to_owned()),
            Self::Region(region) => Some(region.clone()),
            Self::Tag(name, value) => Some(model::printable(&format!("{name}={value}")).into_owned()),
            Self::App(id) => Some(crate::tables::app_label(estate, id)),
        }
    }

    /// Whether each row of a pane belongs to it, in the order of the estate; none where all do.
    pub fn admits(&self, name: PaneName, estate: &Estate) -> Option<Vec<bool>> {
        match self {
            Self::Everything => None,
            Self::App(id) => Some(near_app(id, name, estate)),
            Self::Subscription(_) | Self::Group(_) | Self::Region(_) | Self::Tag(..) => {
                let inside = self.inside(estate);
                let of_app = |id: &ResourceId| estate.app(id).is_some_and(|app| inside(&placed_app(app)));
                let certificate = |one: &PrivateCertificate| {
                    inside(&Placed { id: &one.id, region: &one.location, tags: Some(&one.tags) })
                };
                Some(match name {
                    PaneName::Private => estate.certificates.iter().map(certificate).collect(),
                    PaneName::Public => {
                        estate.public_certificates.iter().map(|one| of_app(&one.app)).collect()
                    }
                    // An order is in no region; its imports are.
                    PaneName::Orders if matches!(self, Self::Region(_)) => {
                        estate.orders.iter().map(|order| estate.imports_of(order).any(certificate)).collect()
                    }
                    PaneName::Orders => {
                        let placed = |one: &model::Order| {
                            inside(&Placed { id: &one.id, region: "", tags: Some(&one.tags) })
                        };
                        estate.orders.iter().map(placed).collect()
                    }
                    PaneName::Bindings => estate.bindings.iter().map(|one| of_app(&one.app)).collect(),
                })
            }
        }
    }

    /// Whether an app belongs to it.
    pub(super) fn admits_app(&self, estate: &Estate) -> impl Fn(&model::App) -> bool {
        let inside = self.inside(estate);
        move |app| inside(&placed_app(app))
    }

    fn inside(&self, estate: &Estate) -> impl Fn(&Placed<'_>) -> bool {
        let tagged: HashSet<ResourceId> = match self {
            Self::Tag(name, value) => {
                let has = |group: &&model::ResourceGroup| group.tags.value(name) == Some(value.as_str());
                estate.groups.iter().filter(has).map(|group| group.id.clone()).collect()
            }
            Self::Everything | Self::Subscription(_) | Self::Group(_) | Self::Region(_) | Self::App(_) => {
                HashSet::new()
            }
        };
        move |one| match self {
            Self::Everything => true,
            Self::Subscription(id) => one.id.subscription_id().eq_ignore_ascii_case(id.subscription_id()),
            Self::Group(id) => one.id.group() == *id,
            Self::Region(region) => one.region.eq_ignore_ascii_case(region),
            Self::Tag(name, value) => {
                let own = one.tags.and_then(|tags| tags.value(name));
                own == Some(value.as_str()) || tagged.contains(&one.id.group())
            }
            Self::App(id) => one.id == id,
        }
    }
}

fn placed_app(app: &model::App) -> Placed<'_> {
    Placed { id: &app.id, region: &app.location, tags: None }
}

/// What belongs to an app: its bindings, and the certificates that they can name.
fn near_app(id: &ResourceId, name: PaneName, estate: &Estate) -> Vec<bool> {
    let app = estate.app(id);
    let near = |one: &PrivateCertificate| app.is_some_and(|app| one.home.serves(app));
    match name {
        PaneName::Private => estate.certificates.iter().map(near).collect(),
        PaneName::Public => estate.public_certificates.iter().map(|one| one.app == *id).collect(),
        PaneName::Orders => estate.orders.iter().map(|order| estate.imports_of(order).any(near)).collect(),
        PaneName::Bindings => estate.bindings.iter().map(|one| one.app == *id).collect(),
    }
}

/// Everything that can be chosen, the larger before the smaller, each kind by name: label, note and scope.
fn choices(estate: &Estate) -> Vec<(String, String, Scope)> {
    let all = format!(
        "{}, {}",
        counted(estate.subscriptions.len(), "subscription"),
        counted(estate.apps.len(), "app")
    );
    let mut found = vec![("Everything".to_owned(), all, Scope::Everything)];
    found.extend(estate.subscriptions.iter().map(|one| {
        let note = format!("subscription {}", one.id.subscription_id());
        (one.name.clone(), note, Scope::Subscription(one.id.clone()))
    }));
    let homes = estate.apps.iter().map(|app| app.id.group());
    let groups: BTreeMap<(String, String), ResourceId> = homes
        .chain(estate.orders.iter().map(|one| one.id.group()))
        .map(|id| ((id.resource_group().to_lowercase(), id.subscription_id().to_lowercase()), id))
        .collect();
    found.extend(groups.into_values().map(|id| {
        let note = format!("resource group in {}", estate.subscription_name(&id));
        (id.resource_group().to_owned(), note, Scope::Group(id))
    }));
    let regions: BTreeSet<&str> = estate.apps.iter().map(|app| app.location.as_str()).collect();
    found.extend(
        regions.into_iter().map(|one| (one.to_owned(), "region".to_owned(), Scope::Region(one.to_owned()))),
    );
    let tags = estate.certificates.iter().flat_map(|one| one.tags.iter());
    let tags = tags.chain(estate.orders.iter().flat_map(|one| one.tags.iter()));
    let tags: BTreeSet<_> = tags.chain(estate.groups.iter().flat_map(|one| one.tags.iter())).collect();
    found.extend(tags.into_iter().map(|(name, value)| {
        let label = model::printable(&format!("{name}={value}")).into_owned();
        (label, "tag".to_owned(), Scope::Tag(name.to_owned(), value.to_owned()))
    }));
    let mut apps: Vec<_> = estate
        .apps
        .iter()
        .map(|app| {
            let note = format!("app in {}, {}", app.id.resource_group(), estate.subscription_name(&app.id));
            (app.label(), note, Scope::App(app.id.clone()))
        })
        .collect();
    apps.sort_by(|a, b| a.0.cmp(&b.0));
    found.extend(apps);
    found
}

impl App {
    pub(super) fn open_scopes(&mut self) {
        let choices = choices(&self.inventory.estate);
        let items = choices.into_iter().map(|(label, note, scope)| Item {
            label,
            note,
            then: Ok(Act::Narrow(scope)),
        });
        // It begins at everything, which is what a person who is in a scope asks for most.
        let choose = Choose::new("Scope", items.collect())
            .intro("What the four panes show. An app brings the certificates that it can be bound to.");
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
