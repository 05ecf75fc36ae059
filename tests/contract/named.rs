//! What no description has and is right all the same, each with its source: `named.toml` beside this file.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::schema::Finding;
use super::traffic::Said;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    request: Vec<Request>,
    difference: Vec<Difference>,
}

/// A request of a service that has no description at all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub name: String,
    method: String,
    /// `*` stands for anything.
    path: String,
    pub source: String,
}

/// Something that a description lacks or has wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    /// `request` or `answer`.
    side: String,
    /// The resource types that the path names, in lower case; `*` stands for anything.
    of: Vec<String>,
    /// Members: `properties.webSpace`, also below `value[]`; `*` at the end stands for anything. Empty for
    /// the whole.
    at: Vec<String>,
    /// What is found there; the beginning will do.
    #[serde(default = "not_described")]
    what: String,
    source: String,
}

fn not_described() -> String {
    "is not described".to_owned()
}

/// Whether a text is like a pattern in which `*` stands for anything, in any casing.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern.eq_ignore_ascii_case(text),
        Some((before, after)) => {
            text.to_lowercase().strip_prefix(&before.to_lowercase()).is_some_and(|rest| {
                (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| fits(after, &rest[at..]))
            })
        }
    }
}

impl Named {
    pub(crate) fn load() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/named.toml");
        let named: Self = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert!(
            named.difference.iter().all(|one| one.source.len() > 10)
                && named.request.iter().all(|one| one.source.len() > 10)
        );
        named
    }

    pub(crate) fn request(&self, said: &Said) -> Option<&Request> {
        self.request.iter().find(|one| one.method == said.method && fits(&one.path, &said.path))
    }

    /// Whether a finding is named; notes which entry it was.
    pub(crate) fn excuses(
        &self,
        side: &str,
        said: &Said,
        finding: &Finding,
        used: &mut BTreeSet<String>,
    ) -> bool {
        let at = finding.at.strip_prefix("value[].").unwrap_or(&finding.at);
        let kind = said.kind();
        let met = self
            .difference
            .iter()
            .filter(|one| one.side == side && one.of.iter().any(|of| fits(of, &kind)))
            .find_map(|one| {
                let place = one.at.iter().find(|place| fits(place, at))?;
                finding.what.starts_with(&one.what).then(|| one.key(place))
            });
        met.is_some_and(|key| {
            used.insert(key);
            true
        })
    }

    /// Everything that is named, to see that each is met.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.difference.iter().flat_map(|one| one.at.iter().map(|place| one.key(place))).collect()
    }
}

impl Difference {
    fn key(&self, place: &str) -> String {
        format!("{} of {}: {place} {}", self.side, self.of.join(", "), self.what)
    }
}
