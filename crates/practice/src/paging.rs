//! `nextLink`: the same request again, with a `$skiptoken` that says where to continue.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::call::Call;

/// Characters that a path or a query value must escape.
const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'=');

/// The link to the page after the resource with the key `last`.
pub(crate) fn next_link(call: &Call, last: &str) -> String {
    let mut next = call.clone();
    next.query.retain(|(name, _)| !name.eq_ignore_ascii_case("$skiptoken"));
    next.query.push(("$skiptoken".to_owned(), URL_SAFE_NO_PAD.encode(last)));
    same_link(&next)
}

/// The absolute link to this request itself.
pub(crate) fn same_link(call: &Call) -> String {
    let mut link = call.origin.clone();
    for segment in &call.segments {
        link.push('/');
        link.extend(utf8_percent_encode(segment, UNSAFE));
    }
    for (at, (name, value)) in call.query.iter().enumerate() {
        link.push(if at == 0 { '?' } else { '&' });
        link.push_str(name);
        link.push('=');
        link.extend(utf8_percent_encode(value, UNSAFE));
    }
    link
}

/// The key in a `$skiptoken`.
pub(crate) fn decode(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}
