//! Answers of services: any JSON into every decoder. Whatever an answer says, it is read or left out, and nothing that
//! could move a cursor comes out of it.
#![no_main]

use std::fmt::Debug;
use std::sync::LazyLock;

use certdeck::azure::{
    AzureError, Cloud, Refusal, certificates, exposure, groups, locks, orders, permissions, plans, public_certificates, roles,
    settings, sites, subscriptions, vault_certificates, vaults,
};
use certdeck::model::printable;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use url::Url;

static ARM: LazyLock<Url> = LazyLock::new(|| Url::parse("https://127.0.0.1:4443/").expect("a URL"));

/// The form for debugging escapes what is hidden, as `\u{1b}` or shortly as `\n`; a doubled backslash begins a visible mark.
fn check(decoded: &impl Debug) {
    let shown = format!("{decoded:?}").replace("\\\\", "");
    assert!(!["\\r", "\\n", "\\t", "\\0"].iter().any(|mark| shown.contains(mark)), "{shown}");
    for escape in shown.split("\\u{").skip(1) {
        let code = escape.split('}').next().and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        assert!(code.is_none_or(|c| printable(&c.to_string()) == c.to_string()), "{shown}");
    }
}

fn decode(value: &Value) {
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

fuzz_target!(|octets: &[u8]| {
    let Ok(answer) = serde_json::from_slice::<Value>(octets) else { return };
    decode(&answer);
    for element in answer.get("value").and_then(Value::as_array).into_iter().flatten().take(20) {
        decode(element);
    }
});
