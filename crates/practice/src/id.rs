//! ARM resource ids as the service reads them: any casing, doubled slashes, a trailing slash.
//!
//! The practice cloud has its own parser, so that a mistake in the client's cannot hide on both sides.

use std::fmt;

/// An id such as `/subscriptions/S/resourceGroups/G/providers/Microsoft.Web/sites/A/slots/B`, or any scope: a
/// subscription, a resource group, the tenant (no segments). Keeps the casing in which it was written, except
/// that fixed words are spelled as the service spells them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArmId {
    segments: Vec<String>,
}

impl ArmId {
    /// From path segments that were already percent-decoded.
    pub(crate) fn from_segments<S: AsRef<str>>(segments: &[S]) -> Self {
        let mut after_providers = false;
        let segments = segments
            .iter()
            .map(AsRef::as_ref)
            .enumerate()
            .map(|(at, segment)| {
                // Words and names alternate; a name may read like a word.
                if at % 2 == 1 {
                    return segment.to_owned();
                }
                if segment.eq_ignore_ascii_case("providers") {
                    after_providers = true;
                    return "providers".to_owned();
                }
                if !after_providers {
                    for word in ["subscriptions", "resourceGroups"] {
                        if segment.eq_ignore_ascii_case(word) {
                            return word.to_owned();
                        }
                    }
                }
                segment.to_owned()
            })
            .collect();
        Self { segments }
    }

    /// From text; empty segments are dropped, nothing is decoded.
    pub(crate) fn parse(text: &str) -> Self {
        let segments: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        Self::from_segments(&segments)
    }

    /// The key that identifies it regardless of casing.
    pub(crate) fn key(&self) -> String {
        self.to_string().to_lowercase()
    }

    pub(crate) fn segments(&self) -> &[String] {
        &self.segments
    }

    pub(crate) fn subscription(&self) -> Option<&str> {
        self.word_after("subscriptions", 0)
    }

    pub(crate) fn group(&self) -> Option<&str> {
        self.word_after("resourceGroups", 2)
    }

    fn word_after(&self, word: &str, at: usize) -> Option<&str> {
        let here = self.segments.get(at)?;
        here.eq_ignore_ascii_case(word).then(|| self.segments.get(at + 1).map(String::as_str))?
    }

    /// The position of the last `providers`.
    fn provider(&self) -> Option<usize> {
        let mut words = self.segments.iter().enumerate().rev().filter(|(at, _)| at % 2 == 0);
        words.find(|(_, segment)| *segment == "providers").map(|(at, _)| at)
    }

    /// The namespace and types without names, lower-cased: `microsoft.web/sites/slots`.
    /// A subscription is `microsoft.resources/subscriptions`, a group `…/resourcegroups`.
    pub(crate) fn kind(&self) -> String {
        self.kind_as_written().to_lowercase()
    }

    /// The same in the casing of the id: `Microsoft.Web/sites/slots`.
    pub(crate) fn kind_as_written(&self) -> String {
        let Some(at) = self.provider() else {
            let words = self.segments.iter().step_by(2).map(String::as_str);
            let words: Vec<&str> = words.collect();
            return format!("Microsoft.Resources/{}", words.join("/"));
        };
        let mut kind = self.segments.get(at + 1).cloned().unwrap_or_default();
        for part in self.segments[at + 1..].iter().skip(1).step_by(2) {
            kind.push('/');
            kind.push_str(part);
        }
        kind
    }

    /// The last segment.
    pub(crate) fn name(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }

    /// A child resource: `site.child("hostNameBindings", "www.contoso.com")`.
    #[must_use]
    pub(crate) fn child(&self, kind: &str, name: &str) -> Self {
        let mut segments = self.segments.clone();
        segments.extend([kind.to_owned(), name.to_owned()]);
        Self { segments }
    }

    /// A resource under this scope: `group.provider_child("Microsoft.Web", "sites", "shop")`.
    #[must_use]
    pub(crate) fn under(&self, namespace: &str, kind: &str, name: &str) -> Self {
        let mut segments = self.segments.clone();
        segments.extend(["providers", namespace, kind, name].map(str::to_owned));
        Self { segments }
    }

    /// What the resource belongs to: a child's parent, or a resource's group or subscription.
    #[must_use]
    pub(crate) fn parent(&self) -> Self {
        let keep = match self.provider() {
            // `…/providers/NS/TYPE/NAME`: drop all four.
            Some(at) if self.segments.len() <= at + 4 => at,
            _ => self.segments.len().saturating_sub(2),
        };
        Self { segments: self.segments[..keep].to_vec() }
    }

    /// This scope and every one above it, nearest first; the tenant is left out.
    pub(crate) fn lineage(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut here = self.clone();
        while !here.segments.is_empty() {
            let above = here.parent();
            all.push(here);
            here = above;
        }
        all
    }

    /// The part of a path that names a resource, when the path ends in a collection or an action: without an
    /// unpaired last segment.
    #[must_use]
    pub(crate) fn whole(&self) -> Self {
        let keep = match self.provider() {
            Some(at) => {
                let after = self.segments.len().saturating_sub(at + 2);
                match after {
                    0 | 1 => at,
                    odd if odd % 2 == 1 => self.segments.len() - 1,
                    _ => self.segments.len(),
                }
            }
            None => self.segments.len() - self.segments.len() % 2,
        };
        Self { segments: self.segments[..keep.min(self.segments.len())].to_vec() }
    }

    /// The id of its resource group, if it lies in one.
    pub(crate) fn group_id(&self) -> Option<Self> {
        self.group()?;
        Some(Self { segments: self.segments[..4].to_vec() })
    }

    /// The id of its subscription, if it lies in one.
    pub(crate) fn subscription_id(&self) -> Option<Self> {
        self.subscription()?;
        Some(Self { segments: self.segments[..2].to_vec() })
    }

    /// Whether `scope` is this id or one above it.
    pub(crate) fn is_under(&self, scope: &Self) -> bool {
        scope.segments.len() <= self.segments.len()
            && scope.segments.iter().zip(&self.segments).all(|(a, b)| a.eq_ignore_ascii_case(b))
    }
}

impl fmt::Display for ArmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            write!(f, "/{segment}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "/SUBSCRIPTIONS/s//resourcegroups/Shop/Providers/microsoft.web/Sites/a/slots/b/";

    #[test]
    fn casing_and_doubled_slashes_do_not_change_what_an_id_names() {
        let id = ArmId::parse(SITE);
        assert_eq!(
            id.to_string(),
            "/subscriptions/s/resourceGroups/Shop/providers/microsoft.web/Sites/a/slots/b"
        );
        assert_eq!(id.kind(), "microsoft.web/sites/slots");
        assert_eq!(id.group(), Some("Shop"));
    }

    #[test]
    fn a_lineage_ends_at_the_subscription_and_skips_no_scope() {
        let id = ArmId::parse(SITE).under("Microsoft.Authorization", "locks", "l");
        let kinds: Vec<String> = id.lineage().iter().map(ArmId::kind).collect();
        assert_eq!(
            kinds,
            [
                "microsoft.authorization/locks",
                "microsoft.web/sites/slots",
                "microsoft.web/sites",
                "microsoft.resources/subscriptions/resourcegroups",
                "microsoft.resources/subscriptions",
            ]
        );
    }

    #[test]
    fn a_name_that_reads_like_a_word_of_the_path_is_a_name() {
        let group = ArmId::parse("/subscriptions/s/resourceGroups/Providers");
        assert_eq!((group.whole().to_string(), group.group()), (group.to_string(), Some("Providers")));
        let lock =
            group.under("N.N", "sites", "providers").under("Microsoft.Authorization", "locks", "PROVIDERS");
        assert_eq!(lock.kind(), "microsoft.authorization/locks");
        assert_eq!(lock.parent().name(), "providers");
        assert_eq!(ArmId::parse("/subscriptions/s/providers").whole().to_string(), "/subscriptions/s");
    }

    #[test]
    fn a_collection_or_an_action_names_the_resource_it_hangs_on() {
        let whole = |text: &str| ArmId::parse(text).whole().to_string();
        assert_eq!(whole("/subscriptions/s/providers/N.N/sites"), "/subscriptions/s");
        assert_eq!(
            whole("/subscriptions/s/providers/N.N/sites/a/restart"),
            "/subscriptions/s/providers/N.N/sites/a"
        );
        assert_eq!(whole("/subscriptions/s/resourceGroups"), "/subscriptions/s");
        assert_eq!(whole("/subscriptions/s/providers/N.N/sites/a"), "/subscriptions/s/providers/N.N/sites/a");
    }
}
