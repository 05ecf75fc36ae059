//! Real answers of Azure are understood: every recorded resource decodes, and what it says is what was read.
//! The recordings lie outside of the repository; without them the test says that it was skipped.

use std::io::Write;
use std::path::{Path, PathBuf};

use certdeck::azure::{
    AzureError, Refusal, certificates, locks, orders, plans, public_certificates, sites, subscriptions,
    vaults,
};
use certdeck::model::printable;
use serde_json::Value;

/// A folder of what lies outside of the repository.
fn shared(folder: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("CERTDECK_SHARED").map_or_else(beside, PathBuf::from).join(folder);
    folder.is_dir().then_some(folder)
}

/// Past the harness, which would keep the words of a test that passes to itself.
fn say(words: &str) {
    std::io::stderr().write_all(format!("{words}\n").as_bytes()).unwrap();
}

fn skipped(why: &str) {
    say(&format!("skipped: {why}"));
}

/// The folder that `CERTDECK_RECORDINGS` names: other recordings in the same layout will do as well.
fn recordings() -> Option<PathBuf> {
    let named = std::env::var_os("CERTDECK_RECORDINGS").map(PathBuf::from).filter(|folder| folder.is_dir());
    named.or_else(|| shared("azure/recordings"))
}

/// Every recorded exchange with its file name.
fn exchanges() -> Vec<(String, Value)> {
    let Some(folder) = recordings() else {
        skipped("no recordings (set CERTDECK_SHARED to the folder that holds azure/recordings)");
        return Vec::new();
    };
    let folders =
        std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    let files =
        folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()));
    let json = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
    json.map(|path| {
        (path.display().to_string(), serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())
    })
    .collect()
}

/// The resources of an answer: itself, or the elements of its list.
fn resources(body: &Value) -> Vec<&Value> {
    let list = body.get("value").and_then(Value::as_array).or_else(|| body.as_array());
    list.map_or_else(|| vec![body], |list| list.iter().collect())
}

fn is_set(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).is_some_and(|part| !part.is_null() && part != "")
}

/// Whether the resource decodes to what it says; `None` where it is of no kind that is read here.
fn understood(resource: &Value) -> Option<bool> {
    let kind = resource.get("type")?.as_str()?.to_ascii_lowercase();
    let read = match kind.as_str() {
        "microsoft.web/certificates" => certificates::decode(resource).is_some_and(|certificate| {
            certificate.thumbprint.is_some() == is_set(resource, "/properties/thumbprint")
                && certificate.expires.is_some() == is_set(resource, "/properties/expirationDate")
                && certificate.issued.is_some() == is_set(resource, "/properties/issueDate")
                && certificate.vault.is_some() == is_set(resource, "/properties/keyVaultId")
        }),
        "microsoft.certificateregistration/certificateorders" => {
            orders::decode(resource).is_some_and(|order| {
                let certificate = is_set(resource, "/properties/signedCertificate/thumbprint");
                order.thumbprint.is_some() == certificate
                    && order.expires.is_some() == certificate
                    && order.term_ends.is_some() == is_set(resource, "/properties/expirationTime")
                    && order.names.is_empty() != is_set(resource, "/properties/signedCertificate/rawData")
                    && !order.domain.is_empty()
            })
        }
        "microsoft.web/sites" | "microsoft.web/sites/slots" if is_set(resource, "/properties/hostNames") => {
            let named = |name: &str| {
                resource.pointer(&format!("/properties/{name}")).and_then(Value::as_array).map_or(0, Vec::len)
            };
            sites::decode(resource).is_some_and(|site| {
                site.app.plan.is_some()
                    && site.app.webspace.is_known()
                    && site.app.hostnames.len() == named("hostNames")
            })
        }
        "microsoft.web/sites/hostnamebindings" => sites::decode_binding(resource).is_some_and(|binding| {
            binding.thumbprint.is_some() == is_set(resource, "/properties/thumbprint")
        }),
        "microsoft.web/sites/publiccertificates" => public_certificates::decode(resource).is_some(),
        "microsoft.web/serverfarms" if is_set(resource, "/sku") => {
            plans::decode(resource).is_some_and(|plan| !plan.tier.is_empty())
        }
        "microsoft.keyvault/vaults" if is_set(resource, "/properties/sku") => vaults::decode(resource)
            .is_some_and(|vault| {
                let policies = resource
                    .pointer("/properties/accessPolicies")
                    .and_then(Value::as_array)
                    .map_or(0, Vec::len);
                vault.policies.len() == policies && !vault.sku.is_empty() && !vault.tenant_id.is_empty()
            }),
        "microsoft.authorization/locks" => locks::decode(resource).is_some_and(|lock| !lock.level.is_empty()),
        _ => return None,
    };
    Some(read)
}

#[test]
fn every_recorded_resource_is_understood() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for (file, exchange) in exchanges() {
        if exchange["status"].as_u64().is_none_or(|status| status >= 400) {
            continue;
        }
        for resource in resources(&exchange["response_body"]) {
            if let Some(read) = understood(resource) {
                seen += 1;
                if !read {
                    wrong.push(format!("{file}: {}", resource["id"]));
                }
            }
        }
    }
    say(&format!("{} of {seen} recorded resources are understood", seen - wrong.len()));
    assert!(wrong.is_empty(), "{} of {seen} not understood:\n{}", wrong.len(), wrong.join("\n"));
    assert!(recordings().is_none() || seen > 100, "only {seen} resources were found");
}

#[test]
fn every_recorded_subscription_is_understood() {
    let of_subscriptions = exchanges().into_iter().filter(|(file, _)| file.contains("/subscriptions/"));
    for (file, exchange) in of_subscriptions {
        for subscription in resources(&exchange["response_body"]) {
            assert!(
                subscriptions::decode(subscription)
                    .is_some_and(|one| !one.name.is_empty() && !one.state.is_empty()),
                "{file}"
            );
        }
    }
}

#[test]
fn every_recorded_refusal_has_a_code_a_reason_and_a_remedy() {
    for (file, exchange) in exchanges() {
        let status = exchange["status"].as_u64().unwrap_or(0);
        let body = &exchange["response_body"];
        if status >= 400 && body.is_object() {
            let refusal = Refusal::read(u16::try_from(status).unwrap(), body);
            assert!(!refusal.code.is_empty() && !refusal.message.is_empty(), "{file}: {refusal:?}");
            let problem = AzureError::refused(refusal).problem("Do it");
            assert!(!problem.why.is_empty() && !problem.remedy.is_empty(), "{file} has no words: {problem}");
        }
    }
}

/// Whether a `Debug` form holds a character that is not for showing; it writes one as `\u{…}`, or shortly as
/// `\n`.
fn shows_hidden(debug: &str) -> bool {
    // A doubled backslash is the beginning of a visible mark, as it should be.
    let plain = debug.replace("\\\\", "");
    let hidden = |escape: &str| {
        let code = escape
            .split('}')
            .next()
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32);
        code.is_some_and(|c| printable(&c.to_string()) != c.to_string())
    };
    ["\\r", "\\n", "\\t", "\\0"].iter().any(|mark| plain.contains(mark))
        || plain.split("\\u{").skip(1).any(hidden)
}

#[test]
fn no_hostile_text_gets_through_a_decoder() {
    let Some(folder) = shared("certificates/hostile") else {
        skipped("no hostile files (set CERTDECK_SHARED to the folder that holds certificates/hostile)");
        return;
    };
    let mut decoded = 0;
    for path in std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
        let Ok(body) = serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()) else { continue };
        for mut resource in resources(&body).into_iter().cloned() {
            if let Some(fields) = resource.as_object_mut() {
                // Many of the files hold no id that parses; what else they say is to be read all the same.
                fields.insert(
                    "id".to_owned(),
                    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/x".into(),
                );
            }
            let shown = [
                format!("{:?}", certificates::decode(&resource)),
                format!("{:?}", orders::decode(&resource)),
                format!("{:?}", sites::decode(&resource)),
                format!("{:?}", vaults::decode(&resource)),
                format!("{:?}", plans::decode(&resource)),
                format!("{:?}", locks::decode(&resource)),
                format!("{:?}", public_certificates::decode(&resource)),
                format!("{:?}", Refusal::read(400, &resource)),
            ];
            for text in shown {
                decoded += 1;
                assert!(!shows_hidden(&text), "{}: {text}", path.display());
            }
        }
    }
    assert!(decoded > 500, "only {decoded}");
}
