//! Renames a resource in every text that mentions it.

/// `text` with the id `to` in place of the id `from`, in any casing; `None` if `text` does not contain it. A
/// text that is all in lower case, as keys are, stays so.
pub(crate) fn in_text(text: &str, from: &str, to: &str) -> Option<String> {
    let (lower, from) = (text.to_ascii_lowercase(), from.to_ascii_lowercase());
    let mut renamed = String::new();
    let mut end = 0;
    for (at, _) in lower.match_indices(&from) {
        let rest = &text[at + from.len()..];
        // `/sites/shop` is not part of `/sites/shop-2`.
        if rest.starts_with(|next: char| next.is_alphanumeric() || "-_.()".contains(next)) {
            continue;
        }
        let found = &text[at..at + from.len()];
        renamed.push_str(&text[end..at]);
        renamed.push_str(&if found == from { to.to_ascii_lowercase() } else { to.to_owned() });
        end = at + from.len();
    }
    (end > 0).then(|| renamed + &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_id_is_renamed_and_keys_stay_in_lower_case() {
        let new = |text: &str| in_text(text, "/g/A/sites/shop", "/g/B/sites/shop");
        assert_eq!(new("site|/g/a/sites/shop/x").as_deref(), Some("site|/g/b/sites/shop/x"));
        assert_eq!(new(r#"{"id": "/g/A/sites/Shop"}"#).as_deref(), Some(r#"{"id": "/g/B/sites/shop"}"#));
        assert_eq!(new("/g/A/sites/shop-2, /g/A/sites/shop.x"), None);
    }
}
