//! What people call a resource: every form that certdeck prints and Azure knows, and which resource each of
//! them can mean. The one reader of names; `resolve` asks the cloud about them.

use super::usage::some_of;
use crate::model::{PrivateCertificate, ResourceId, Thumbprint, may_be_key, typed as shown};

/// A resource as it was typed: a whole id, or the ways in which its parts can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Id(ResourceId),
    Parts(Vec<NameReading>),
}

/// One way to read a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameReading {
    pub group: Option<String>,
    pub name: String,
    pub slot: Option<String>,
}

impl NameReading {
    fn new(group: Option<&str>, name: &str, slot: Option<&str>) -> Self {
        Self { group: group.map(str::to_owned), name: name.to_owned(), slot: slot.map(str::to_owned) }
    }

    /// Whether the resource is called so; where no group is named it may be in any.
    fn is(&self, id: &ResourceId) -> bool {
        let same = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(found))
        };
        let site = id.site().filter(|site| site == id);
        let (name, slot) = match &site {
            Some(site) => (site.segment("sites").unwrap_or_default(), site.segment("slots")),
            None => (id.name(), None),
        };
        same(&self.group, id.resource_group())
            && self.name.eq_ignore_ascii_case(name)
            && self.slot.as_deref().map(str::to_ascii_lowercase) == slot.map(str::to_ascii_lowercase)
    }

    /// The id, where the group is known.
    fn id(&self, subscription: &ResourceId, provider: &str) -> Option<ResourceId> {
        let group = self.group.as_deref()?;
        let group = ResourceId::parse(&format!("{subscription}/resourceGroups/{group}")).ok()?;
        let id = group.resource(provider, &self.name);
        Some(self.slot.as_deref().map_or_else(|| id.clone(), |slot| id.child("slots", slot)))
    }
}

impl Named {
    /// An app or slot: `APP`, `GROUP/APP` or `APP/SLOT`, `GROUP/APP/SLOT`, with `slots` between or without,
    /// or an id.
    pub fn site(typed: &str) -> Option<Self> {
        if let Some(id) = whole(typed) {
            return Some(Self::Id(id.site().unwrap_or(id)));
        }
        let read = |group, name, slot| NameReading::new(group, name, slot);
        Some(Self::Parts(match parts(typed)?.as_slice() {
            [app] => vec![read(None, app, None)],
            [first, second] => vec![read(Some(first), second, None), read(None, first, Some(second))],
            [app, slots, slot] if slots.eq_ignore_ascii_case("slots") => vec![read(None, app, Some(slot))],
            [group, app, slot] => vec![read(Some(group), app, Some(slot))],
            [group, app, slots, slot] if slots.eq_ignore_ascii_case("slots") => {
                vec![read(Some(group), app, Some(slot))]
            }
            _ => return None,
        }))
    }

    /// Anything else: `NAME`, `GROUP/NAME`, or an id. A certificate has its thumbprint for a name, too.
    pub fn resource(typed: &str) -> Option<Self> {
        if let Some(id) = whole(typed) {
            return Some(Self::Id(id));
        }
        match parts(typed)?.as_slice() {
            [name] => Some(Self::Parts(vec![NameReading::new(None, name, None)])),
            [group, name] => Some(Self::Parts(vec![NameReading::new(Some(group), name, None)])),
            _ => None,
        }
    }

    /// The same, in this group where it names none.
    #[must_use]
    pub fn within(mut self, group: Option<&str>) -> Self {
        if let (Self::Parts(readings), Some(group)) = (&mut self, group) {
            for reading in readings.iter_mut().filter(|reading| reading.group.is_none()) {
                reading.group = Some(group.to_owned());
            }
        }
        self
    }

    pub fn group(&self) -> Option<&str> {
        match self {
            Self::Id(id) => Some(id.resource_group()).filter(|group| !group.is_empty()),
            Self::Parts(readings) => readings.first()?.group.as_deref(),
        }
    }

    /// The id, where nothing has to be asked: of several ways to read it the first.
    pub fn id(&self, subscription: Option<&ResourceId>, provider: &str) -> Option<ResourceId> {
        match self {
            Self::Id(id) => Some(id.clone()),
            Self::Parts(readings) => readings.first()?.id(subscription?, provider),
        }
    }

    /// Every id that it can be in this subscription, of the ways to read it that name a group.
    pub fn ids(&self, subscription: &ResourceId, provider: &str) -> Vec<ResourceId> {
        match self {
            Self::Id(id) => vec![id.clone()],
            Self::Parts(readings) => {
                readings.iter().filter_map(|reading| reading.id(subscription, provider)).collect()
            }
        }
    }

    pub fn is(&self, id: &ResourceId) -> bool {
        match self {
            Self::Id(own) => own == id,
            Self::Parts(readings) => readings.iter().any(|reading| reading.is(id)),
        }
    }

    pub fn is_certificate(&self, one: &PrivateCertificate) -> bool {
        let has_thumbprint = |reading: &NameReading| {
            let group = reading.group.as_deref();
            group.is_none_or(|group| group.eq_ignore_ascii_case(one.id.resource_group()))
                && Thumbprint::parse(&reading.name).is_ok_and(|print| one.thumbprint.as_ref() == Some(&print))
        };
        self.is(&one.id) || matches!(self, Self::Parts(readings) if readings.iter().any(has_thumbprint))
    }
}

fn whole(typed: &str) -> Option<ResourceId> {
    let typed = typed.trim();
    let rooted = if typed.starts_with('/') { typed.to_owned() } else { format!("/{typed}") };
    ResourceId::parse(&rooted).ok().filter(|id| id.as_str().matches('/').count() > 2)
}

fn parts(typed: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = typed.trim().trim_matches('/').split('/').map(str::trim).collect();
    // Its parts are shown one by one, so that a key must not be taken for a name.
    (parts.iter().all(|part| !part.is_empty()) && !may_be_key(typed)).then_some(parts)
}

/// Which of several resources a name can mean, shortest form first that tells them apart: a few of them, to
/// choose from.
pub(super) fn several(what: &str, typed: &str, found: &[&ResourceId]) -> String {
    let subscription = found.first().map(|id| id.subscription_id()).unwrap_or_default();
    let short = |id: &&ResourceId| {
        let name = id
            .site()
            .filter(|site| site == *id)
            .map_or_else(|| id.name().to_owned(), |site| site.site_label());
        format!("{}/{name}", id.resource_group())
    };
    let shorts: Vec<String> = found.iter().map(short).collect();
    let are_told_apart = found.iter().all(|id| id.subscription_id().eq_ignore_ascii_case(subscription))
        && shorts
            .iter()
            .enumerate()
            .all(|(at, one)| shorts[..at].iter().all(|other| !other.eq_ignore_ascii_case(one)));
    let forms = if are_told_apart { shorts } else { found.iter().map(ToString::to_string).collect() };
    let typed = shown(typed);
    format!("'{typed}' can mean {} {what}s: give the one that is meant: {}", found.len(), some_of(&forms))
}

/// Of a text that can be no app's name.
pub(super) fn no_name_of_an_app(typed: &str) -> String {
    format!("'{}' names no app: write APP, GROUP/APP, APP/SLOT, GROUP/APP/SLOT or the whole id", shown(typed))
}

/// What was looked for and where, of a name that nothing has: `there is no app 'shop' in the resource group
/// web of the subscription S`.
pub(super) fn unknown(what: &str, typed: &str, group: Option<&str>, place: &str) -> String {
    let group = group.map(|group| format!("the resource group {group} of ")).unwrap_or_default();
    format!("there is no {what} '{}' in {group}{place}", shown(typed))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::imported;
    use super::*;

    fn id(text: &str) -> ResourceId {
        ResourceId::parse(&format!("/subscriptions/s/resourceGroups/{text}")).unwrap()
    }

    #[test]
    fn an_app_and_a_slot_go_by_every_form_that_azure_and_certdeck_have_for_them() {
        let app = id("web/providers/Microsoft.Web/sites/shop");
        let slot = app.child("slots", "next");
        for typed in [
            "shop",
            "SHOP",
            "web/shop",
            "WEB/Shop",
            app.as_str(),
            &app.as_str().to_uppercase(),
            &app.as_str()[1..],
        ] {
            let named = Named::site(typed).unwrap();
            assert!(named.is(&app) && !named.is(&slot), "{typed}");
        }
        let forms = ["shop/next", "shop/slots/next", "web/shop/next", "Web/Shop/Slots/Next", slot.as_str()];
        for typed in forms {
            let named = Named::site(typed).unwrap();
            assert!(named.is(&slot) && !named.is(&app), "{typed}");
        }
        assert!(
            Named::site(&format!("{app}/hostNameBindings/a.b")).unwrap().is(&app),
            "what is below an app names it"
        );
        for typed in ["", "/", "a//b", "a/b/c/d", "a/b/c/d/e"] {
            assert_eq!(Named::site(typed), None, "{typed}");
        }
    }

    #[test]
    fn two_parts_are_a_group_and_an_app_or_an_app_and_a_slot_whichever_there_is() {
        let named = Named::site("web/shop").unwrap();
        let (app, slot) = (
            id("web/providers/Microsoft.Web/sites/shop"),
            id("g/providers/Microsoft.Web/sites/web/slots/shop"),
        );
        assert!(named.is(&app) && named.is(&slot));
        let both = named.within(Some("g")).ids(&ResourceId::subscription("s"), "Microsoft.Web/sites");
        assert_eq!(both, [app, slot]);
    }

    #[test]
    fn a_certificate_goes_by_name_id_and_thumbprint_with_its_group_or_without() {
        let one = imported();
        let print = one.thumbprint.clone().unwrap();
        let spaced = print
            .as_str()
            .as_bytes()
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).unwrap())
            .collect::<Vec<_>>();
        let name = one.id.name();
        let forms = [
            name.to_uppercase(),
            format!("WEB/{name}"),
            one.id.as_str().to_lowercase(),
            print.to_string(),
            spaced.join(":").to_lowercase(),
            format!("\u{200e}{}", spaced.join(" ")),
            format!("web/{print}"),
        ];
        for typed in forms {
            assert!(Named::resource(&typed).unwrap().is_certificate(&one), "{typed}");
        }
        for typed in [format!("other/{name}"), format!("other/{print}"), "A".repeat(40)] {
            assert!(!Named::resource(&typed).unwrap().is_certificate(&one), "{typed}");
        }
    }

    #[test]
    fn a_key_that_was_given_in_place_of_a_name_is_not_shown_and_names_are() {
        let key = "MIIEvgIBADANBgkqhkiG9w0BAQEF".repeat(40);
        assert!(!unknown("certificate", &key, None, "the subscription s").contains(&key[..17]));
        let name = "kv-contoso-rbac-login-rg-test-WestUS2webspace";
        for name in [name, "0123456789ABCDEF0123456789ABCDEF01234567"] {
            assert!(unknown("certificate", name, None, "the subscription s").contains(name));
        }
    }

    #[test]
    fn what_is_ambiguous_lists_a_few_of_what_it_can_be_in_a_form_that_is_taken() {
        let ids: Vec<ResourceId> =
            (1..=7).map(|n| id(&format!("g{n}/providers/Microsoft.Web/sites/shop"))).collect();
        let words = several("app", "shop", &ids.iter().collect::<Vec<_>>());
        assert_eq!(
            words,
            "'shop' can mean 7 apps: give the one that is meant: g1/shop, g2/shop, g3/shop, g4/shop, g5/shop and 2 more"
        );
        let other =
            ResourceId::parse("/subscriptions/t/resourceGroups/g1/providers/Microsoft.Web/sites/shop")
                .unwrap();
        let words = several("app", "shop", &[&ids[0], &other]);
        assert!(words.contains(ids[0].as_str()) && words.contains(other.as_str()), "{words}");
    }
}
