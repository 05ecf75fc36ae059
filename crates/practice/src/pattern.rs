//! Patterns in which `*` matches anything: actions of roles, and the requests that a fault applies to.

/// Whether the text matches the pattern, regardless of casing.
pub(crate) fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn a_star_stands_for_anything_and_nothing_else_does() {
        for (pattern, text) in
            [("*", ""), ("*", "/x"), ("/a*", "/A"), ("*/sites/*", "/g/Sites/shop"), ("/a*b*c", "/axbxbc")]
        {
            assert!(is_like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "/x"), ("/a", "/ab"), ("*/sites/*", "/sites"), ("/a*b*c", "/acb"), ("a*a", "a")]
        {
            assert!(!is_like(pattern, text), "{pattern} {text}");
        }
    }
}
