//! Each app alone lists its own public certificates. So the apps are asked once a person looks at the pane,
//! all of them where they are few, and otherwise those that the scope and the filter leave; `L` asks the
//! rest.

use std::collections::HashSet;
use std::sync::Arc;

use super::App;
use super::effect::Effect;
use super::message::AskId;
use crate::model::counted;
use crate::model::{self, Estate, EstateRows, ResourceId};
use crate::tables::PaneName;
use crate::tables::filter::Filter;
use crate::tables::{SEPARATOR, Searched};

/// So many apps are asked without being told to.
pub const UNTOLD: usize = 300;

/// Which apps were asked, and which are being asked.
#[derive(Debug, Default)]
pub struct PublicRead {
    known: HashSet<ResourceId>,
    /// Known from before the last refresh.
    due: HashSet<ResourceId>,
    /// Changed by a flow: asked again however many others there are.
    changed: HashSet<ResourceId>,
    asking: Option<Asking>,
}

/// Apps that are being asked, and how many have answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    ask: AskId,
    pub apps: usize,
    pub answered: usize,
}

impl PublicRead {
    /// How many apps were asked.
    pub(super) fn asked(&self) -> usize {
        self.known.len()
    }

    pub fn asking(&self) -> Option<Asking> {
        self.asking
    }

    /// After a refresh the rows of these apps stay, and are asked for again when they are looked at.
    pub(super) fn forget_all_but(&mut self, estate: &Estate) {
        self.known.retain(|app| estate.app(app).is_some());
        self.due = self.known.clone();
    }

    fn needs(&self, app: &ResourceId) -> bool {
        !self.known.contains(app) || self.due.contains(app)
    }
}

impl App {
    /// How many apps have told their public certificates, while that is not all of them.
    pub fn public_standing(&self) -> Option<String> {
        let (unasked, all) = (self.inventory.apps_unasked(), self.inventory.estate.apps.len());
        match self.inventory.public.asking {
            Some(Asking { apps, answered, .. }) => Some(format!("{answered} of {apps} apps answered")),
            None if !self.inventory.is_whole || unasked == 0 => None,
            None => Some(format!("{} of {} asked, L asks all", all - unasked, counted(all, "app"))),
        }
    }

    /// What to say where there is no row although not every app was asked.
    pub fn why_no_public(&self) -> String {
        if self.inventory.public.asking.is_some() {
            return "Each app is asked for its public certificates.".to_owned();
        }
        let unasked = counted(self.inventory.apps_unasked(), "app");
        format!(
            "Each app lists its public certificates itself, and {unasked} were not asked. To ask some, filter by app:NAME, \
             group:NAME or subscription:NAME (/ and Enter), or choose a scope (o). L asks them all."
        )
    }

    /// Asks whom it takes to show the pane, if it is looked at and the apps are known.
    pub(super) fn want_public(&mut self) {
        if self.browser.pane != PaneName::Public
            || !self.inventory.is_whole
            || self.inventory.public.asking.is_some()
        {
            return;
        }
        let are_few = |is_meant: &dyn Fn(&model::App) -> bool| {
            self.unasked().filter(|app| is_meant(app)).take(UNTOLD + 1).count() <= UNTOLD
        };
        let columns = self.browser.pane.table().searched();
        let filter = Filter::parse(self.pane().filter.text(), &columns);
        let passes = |app: &model::App| filter.holds(&app_text(&columns, &self.inventory.estate, app));
        let wanted = if are_few(&|_| true) {
            self.apps_to_ask(|_| true)
        } else if !filter.is_empty() && are_few(&passes) {
            self.apps_to_ask(passes)
        } else {
            self.apps_to_ask(|app| self.inventory.public.changed.contains(&app.id))
        };
        self.ask_apps(wanted);
    }

    /// Asks all apps of the scope.
    pub(super) fn load_public(&mut self) {
        let rest = self.apps_to_ask(|_| true);
        self.ask_apps(rest);
    }

    /// Why there is nothing to load, where that is so.
    pub fn may_load_public(&self) -> Result<(), String> {
        if self.browser.pane != PaneName::Public {
            return Err("it reads public certificates: go to Public Certificates (2) first".to_owned());
        }
        if !self.inventory.is_whole {
            return Err("the inventory is still being read".to_owned());
        }
        match self.inventory.public.asking {
            Some(_) => Err("the apps are being asked".to_owned()),
            None if self.unasked().next().is_none() => Err("every app was asked".to_owned()),
            None => Ok(()),
        }
    }

    fn apps_to_ask(&self, is_meant: impl Fn(&model::App) -> bool) -> Vec<ResourceId> {
        self.unasked().filter(|app| is_meant(app)).map(|app| app.id.clone()).collect()
    }

    /// The apps of the scope that were not asked.
    fn unasked(&self) -> impl Iterator<Item = &model::App> {
        let inside = self.pane().scope.admits_app(&self.inventory.estate);
        self.inventory
            .estate
            .apps
            .iter()
            .filter(move |app| self.inventory.public.needs(&app.id) && inside(app))
    }

    fn ask_apps(&mut self, apps: Vec<ResourceId>) {
        if apps.is_empty() || self.inventory.public.asking.is_some() {
            return;
        }
        let ask = self.ask();
        self.inventory.public.asking = Some(Asking { ask, apps: apps.len(), answered: 0 });
        self.emit(Effect::ReadPublic { ask, apps });
    }

    /// What some of the apps answered.
    pub(super) fn take_public(&mut self, ask: AskId, apps: Vec<ResourceId>, part: EstateRows) {
        let Some(asking) = self.inventory.public.asking.as_mut().filter(|asking| asking.ask == ask) else {
            return;
        };
        asking.answered += apps.len();
        let is_over = asking.answered >= asking.apps;
        let moved = Arc::make_mut(&mut self.inventory.estate).renew_public(&apps, part);
        for app in apps {
            self.inventory.public.due.remove(&app);
            self.inventory.public.changed.remove(&app);
            self.inventory.public.known.insert(app);
        }
        if is_over {
            self.inventory.public.asking = None;
        }
        if is_over {
            self.find();
        }
        self.see_rows_of(PaneName::Public, moved || is_over);
        if is_over {
            // The filter or the scope may be another one by now.
            self.want_public();
        }
    }

    /// A flow changed what this app has.
    pub(super) fn public_changed(&mut self, app: ResourceId) {
        self.inventory.public.due.insert(app.clone());
        self.inventory.public.changed.insert(app);
    }
}

/// What a filter of the pane finds of an app, each in the place of its column; nothing is known of its
/// certificates.
fn app_text(columns: &[Searched], estate: &Estate, app: &model::App) -> String {
    let cell = |column: &Searched| match column.key {
        "app" => app.label(),
        "resource_group" => app.id.resource_group().to_owned(),
        "subscription" => estate.subscription_name(&app.id).to_owned(),
        _ => String::new(),
    };
    columns.iter().map(cell).collect::<Vec<_>>().join(&SEPARATOR.to_string()).to_lowercase()
}
