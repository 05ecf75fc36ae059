//! Where domains are registered: the practice cloud's own table and its own reading of it. A CA asks who
//! registered the domain that a name belongs to, so names that an owner lets to others, such as those below
//! `azurewebsites.net`, do not count.

use std::{collections::HashMap, sync::LazyLock};

/// One line for each top-level domain that is divided.
const TABLE: &str = include_str!("../../../../../assets/practice/registries.txt");

/// The divisions of each top-level domain.
static DIVISIONS: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| TABLE.lines().filter_map(|line| line.split_once(' ')).collect());

/// The domain that its owner registered: where TXT records go, also for subdomains (C23).
pub fn root_of(name: &str) -> &str {
    let name = name.trim_start_matches("*.");
    let labels: Vec<&str> = name.split('.').collect();
    let start = labels.len().saturating_sub(registry_labels(&labels) + 1);
    let skipped: usize = labels[..start].iter().map(|label| label.len() + 1).sum();
    &name[skipped..]
}

/// How many labels at the end belong to the registry.
fn registry_labels(labels: &[&str]) -> usize {
    let Some((top, below)) = labels.split_last() else { return 0 };
    let Some(divisions) = DIVISIONS.get(top) else { return 1 };
    let length = |rule: &str| rule.split('.').count();
    let fits = |rule: &str| {
        let wanted = rule.rsplit('.');
        length(rule) <= below.len()
            && wanted.zip(below.iter().rev()).all(|(rule, label)| rule == "*" || rule == *label)
    };
    let exception = divisions.split(' ').filter_map(|rule| rule.strip_prefix('!')).find(|rule| fits(rule));
    if let Some(exception) = exception {
        return length(exception);
    }
    1 + divisions.split(' ').filter(|rule| fits(rule)).map(length).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::root_of;

    #[test]
    fn the_root_is_what_was_registered() {
        for (name, root) in [
            ("*.a.b.contoso.com", "contoso.com"),
            ("www.contoso.co.uk", "contoso.co.uk"),
            ("www.contoso.ac.uk", "contoso.ac.uk"),
            ("www.example.or.jp", "example.or.jp"),
            ("*.salud.gob.mx", "salud.gob.mx"),
            ("www.example.foo.kawasaki.jp", "example.foo.kawasaki.jp"),
            ("www.city.kawasaki.jp", "city.kawasaki.jp"),
            ("shop.www.ck", "www.ck"),
            ("www.example.xn--55qx5d.cn", "example.xn--55qx5d.cn"),
            ("shop.azurewebsites.net", "azurewebsites.net"),
            ("www.example.corp", "example.corp"),
            ("co.uk", "co.uk"),
            ("uk", "uk"),
        ] {
            assert_eq!(root_of(name), root, "{name}");
        }
    }
}
