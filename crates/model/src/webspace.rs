//! Where private key certificates live, and so which apps can be bound to them: usually a webspace (A9), for
//! some apps the app itself (C34).

use std::fmt;

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::ids::Caseless;
use super::{App, ResourceId, Text};

const LINUX: &str = "-Linux";

/// The apps of one subscription that share certificates: those of the same resource group, region and
/// operating system.
///
/// Its name is made of these three, and many subscriptions have groups of the same name, so two webspaces are
/// the same only if subscription and name are. No published description of the API contains the name; if an
/// answer lacks it, it is derived. A webspace without a name equals no other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webspace {
    subscription: Text,
    name: Text,
    /// A derived name may not tell whether its apps run on Linux.
    system_is_unknown: bool,
}

/// The key for looking webspaces up. Those with the same key may still differ in their operating system.
pub(super) type WebspaceKey<'a> = (Caseless<'a>, Caseless<'a>);

/// The key for counting and comparing homes, operating system included.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum HomeKey<'a> {
    Webspace(Caseless<'a>, Caseless<'a>),
    App(&'a ResourceId),
}

impl Webspace {
    /// The webspace that the service names in an answer about `of`.
    pub fn named(of: &ResourceId, name: impl Into<Text>) -> Self {
        Self { subscription: of.subscription_id().into(), name: name.into(), system_is_unknown: false }
    }

    /// The name that the service gives to the webspace of a plan in this group; empty if the region is
    /// unknown.
    pub fn derived(group: &ResourceId, region: &str, is_linux: Option<bool>) -> Self {
        let (group_name, region) = (group.resource_group(), region.replace(' ', ""));
        if group_name.is_empty() || region.is_empty() {
            return Self::default();
        }
        let system = if is_linux == Some(true) { LINUX } else { "" };
        let name = format!("{group_name}-{region}webspace{system}");
        Self { system_is_unknown: is_linux.is_none(), ..Self::named(group, name) }
    }

    /// Empty if it is not known.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Whether the webspace has a name.
    pub fn is_known(&self) -> bool {
        !self.name.is_empty()
    }

    /// Whether both are the same webspace; names differ in casing between answers.
    pub fn is(&self, other: &Self) -> bool {
        self.is_known()
            && self.key() == other.key()
            && (self.system_is_unknown || other.system_is_unknown || self.is_linux() == other.is_linux())
    }

    pub(super) fn key(&self) -> WebspaceKey<'_> {
        let name =
            if self.is_linux() { &self.name[..self.name.len() - LINUX.len()] } else { self.name.as_str() };
        (Caseless(&self.subscription), Caseless(name))
    }

    fn is_linux(&self) -> bool {
        let start = self.name.len().saturating_sub(LINUX.len());
        self.name.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(LINUX))
    }

    /// Shares the memory of equal texts that are known.
    pub(super) fn share(&mut self, known: &mut HashSet<Text>) {
        self.subscription.share(known);
        self.name.share(known);
    }
}

impl fmt::Display for Webspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The certificates to which an app can be bound. It is chosen when the app is created and does not change;
/// apps on a Flex Consumption plan have no choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// The certificates of its webspace.
    #[default]
    Webspace,
    /// Only its own certificates.
    App,
}

/// Where a private key certificate lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Home {
    /// All apps of the webspace whose scope is the webspace.
    Webspace(Webspace),
    /// One app, or one slot.
    App(ResourceId),
}

impl Home {
    /// Whether the app can be bound to a certificate that lives here.
    pub fn serves(&self, app: &App) -> bool {
        match self {
            Self::Webspace(space) => app.scope == Scope::Webspace && space.is(&app.webspace),
            Self::App(own) => *own == app.id,
        }
    }

    /// Whether an app of which only the id is known may be bound to a certificate that lives here.
    pub(super) fn may_serve(&self, app: &ResourceId) -> bool {
        match self {
            Self::Webspace(space) => space.subscription.eq_ignore_ascii_case(app.subscription_id()),
            Self::App(own) => own == app,
        }
    }

    /// Whether certificates of both can be bound to the same apps.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Webspace(one), Self::Webspace(other)) => one.is(other),
            (Self::App(one), Self::App(other)) => one == other,
            (Self::Webspace(_), Self::App(_)) | (Self::App(_), Self::Webspace(_)) => false,
        }
    }

    /// `None` of a webspace that is unknown.
    pub(super) fn key(&self) -> Option<HomeKey<'_>> {
        match self {
            Self::Webspace(space) if !space.is_known() => None,
            Self::Webspace(space) => {
                Some(HomeKey::Webspace(Caseless(&space.subscription), Caseless(&space.name)))
            }
            Self::App(app) => Some(HomeKey::App(app)),
        }
    }

    /// The webspace; `None` if the certificate belongs to one app.
    pub fn webspace(&self) -> Option<&Webspace> {
        match self {
            Self::Webspace(space) => Some(space),
            Self::App(_) => None,
        }
    }

    /// For a column: the webspace's name, or `app shop`.
    pub fn label(&self) -> String {
        match self {
            Self::Webspace(space) => space.to_string(),
            Self::App(app) => format!("app {}", app.site_label()),
        }
    }

    /// For a sentence: `the webspace web-WestEuropewebspace`, or `the app shop alone`.
    pub fn words(&self) -> String {
        match self {
            Self::Webspace(space) if space.is_known() => format!("the webspace {space}"),
            Self::Webspace(_) => "a webspace that Azure does not name".to_owned(),
            Self::App(app) => format!("the app {} alone", app.site_label()),
        }
    }

    /// Shares the memory of equal texts that are known.
    pub(super) fn share(&mut self, known: &mut HashSet<Text>) {
        match self {
            Self::Webspace(space) => space.share(known),
            Self::App(app) => app.share(known),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn group(subscription: &str) -> ResourceId {
        ResourceId::parse(&format!("/subscriptions/{subscription}/resourceGroups/web")).unwrap()
    }

    fn named(subscription: &str, name: &str) -> Webspace {
        Webspace::named(&group(subscription), name)
    }

    #[test]
    fn groups_of_the_same_name_in_two_subscriptions_have_two_webspaces() {
        let one = named("a", "web-WestEuropewebspace");
        assert!(one.is(&named("A", "WEB-westeuropewebspace")));
        assert!(
            !one.is(&named("b", "web-WestEuropewebspace"))
                && !one.is(&named("a", "web-WestEuropewebspace-Linux"))
        );
    }

    #[test]
    fn what_has_no_name_is_not_the_same_as_anything() {
        assert!(!named("a", "").is(&named("a", "")) && !Webspace::default().is(&Webspace::default()));
        assert_eq!(Webspace::derived(&group("a"), "", Some(true)), Webspace::default());
    }

    #[test]
    fn a_name_that_is_derived_is_the_service_s_own_and_fits_either_system_where_it_is_not_known() {
        let (windows, linux) =
            (named("a", "web-WestEuropewebspace"), named("a", "web-WestEuropewebspace-Linux"));
        let derived = |system| Webspace::derived(&group("a"), "west europe", system);
        assert!(derived(Some(false)).is(&windows) && !derived(Some(false)).is(&linux));
        assert!(derived(Some(true)).is(&linux) && !derived(Some(true)).is(&windows));
        assert!(derived(None).is(&linux) && windows.is(&derived(None)));
    }
}
