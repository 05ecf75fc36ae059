//! Every decoder of answers on one value, for the fuzzer and for `tests/client/answers.rs`. Whatever an
//! answer says, it is read or left out, and nothing that could move a cursor comes out of it.

use std::fmt::Debug;
use std::sync::LazyLock;

use certdeck::azure::{
    AzureError, Cloud, Refusal, certificates, exposure, groups, locks, orders, permissions, plans,
    public_certificates, roles, settings, sites, subscriptions, vault_certificates, vaults,
};
use certdeck::model::printable;
use serde_json::Value;
use url::Url;

static ARM: LazyLock<Url> = LazyLock::new(|| Url::parse("https://127.0.0.1:4443/").expect("a URL"));

/// Texts are in quotes in the form for debugging, with what is hidden escaped as `\u{1b}` or shortly as `\n`;
/// a doubled backslash begins a visible mark. Ids stand there as they are.
fn check(decoded: &impl Debug) {
    let shown = format!("{decoded:?}");
    let is_hidden = |c: char| printable(&c.to_string()) != c.to_string();
    let (mut rest, mut quoted) = (shown.as_str(), false);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        assert!(!is_hidden(c), "{shown}");
        quoted ^= c == '"';
        if !(quoted && c == '\\') {
            continue;
        }
        let escape = rest.chars().next().unwrap_or_default();
        rest = &rest[escape.len_utf8().min(rest.len())..];
        assert!(!matches!(escape, 'r' | 'n' | 't' | '0'), "{shown}");
        let code = rest.strip_prefix('{').filter(|_| escape == 'u').and_then(|rest| rest.split('}').next());
        let escaped = code.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        assert!(!escaped.is_some_and(is_hidden), "{shown}");
    }
}

/// Decodes it as whatever it may be.
pub(crate) fn decode(value: &Value) {
    check(&sites::decode(value));
    check(&sites::decode_binding(value));
    check(&certificates::decode(value));
    check(&public_certificates::decode(value));
    check(&orders::decode(value));
    check(&vaults::decode(value));
    check(&vault_certificates::decode(value));
    check(&vault_certificates::decode_policy(value));
    check(&plans::decode(value));
    check(&groups::decode(value));
    check(&subscriptions::decode(value));
    check(&locks::decode(value));
    check(&roles::decode(value));
    check(&exposure::decode(value));
    check(&Cloud::decode(&ARM, value));
    for status in [400, 403, 404, 409, 429, 503] {
        let problem = AzureError::refused(Refusal::read(status, value)).problem("Do it");
        check(&problem);
        assert!(!problem.why.is_empty() && !problem.remedy.is_empty());
    }
    // Patterns and secrets: never shown.
    let held = permissions::decode(value);
    let _ = permissions::allow(&[held], "Microsoft.Web/certificates/write");
    let _ = settings::decode(value);
}
