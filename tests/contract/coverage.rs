//! Everything that the client can send has been seen: each place in `crates/azure/src` that makes a request
//! is listed here with what it looks like. A new place that is not listed fails the test, like one whose
//! request never came.

use std::path::Path;

use serde_json::Value;

use super::named::fits;
use super::traffic::Said;

/// File and function, method, path (`*` stands for anything), and a member that the body has, where others
/// are sent to the same place.
const SITES: &[(&str, &str, &str, &str)] = &[
    ("certificates.rs list", "GET", "/subscriptions/*/providers/Microsoft.Web/certificates", ""),
    ("certificates.rs of_app", "GET", "*/sites/*/certificates", ""),
    ("certificates.rs get", "GET", "*/providers/Microsoft.Web/certificates/*", ""),
    ("certificates.rs put", "PUT", "*/providers/Microsoft.Web/certificates/*", "/properties/keyVaultId"),
    (
        "certificates.rs put",
        "PUT",
        "*/providers/Microsoft.Web/certificates/*",
        "/properties/keyVaultSecretName",
    ),
    ("certificates.rs put", "PUT", "*/providers/Microsoft.Web/certificates/*", "/properties/pfxBlob"),
    ("certificates.rs put", "PUT", "*/providers/Microsoft.Web/certificates/*", "/properties/canonicalName"),
    ("certificates.rs put", "PUT", "*/sites/*/certificates/*", "/properties/pfxBlob"),
    ("certificates.rs delete", "DELETE", "*/providers/Microsoft.Web/certificates/*", ""),
    ("connect.rs describe", "GET", "/metadata/endpoints", ""),
    ("domains.rs find", "GET", "/subscriptions/*/providers/Microsoft.DomainRegistration/domains", ""),
    ("domains.rs claim", "PUT", "*/domains/*/domainOwnershipIdentifiers/*", "/properties/ownershipId"),
    ("domains.rs claim_token", "GET", "*/domains/*/domainOwnershipIdentifiers/*", ""),
    ("exposure.rs get", "GET", "*/sites/*/config/web", ""),
    ("graph.rs look_up", "GET", "/v1.0/servicePrincipals", ""),
    ("groups.rs list", "GET", "/subscriptions/*/resourcegroups", ""),
    ("groups.rs get", "GET", "/subscriptions/*/resourceGroups/*", ""),
    ("groups.rs create", "PUT", "/subscriptions/*/resourceGroups/*", "/location"),
    ("inventory/index.rs request", "POST", "/providers/Microsoft.ResourceGraph/resources", "/query"),
    ("custom_hostnames.rs analyze", "GET", "*/sites/*/analyzeCustomHostname", ""),
    ("custom_hostnames.rs add", "PUT", "*/hostNameBindings/*", "/properties/siteName"),
    ("inventory/kind.rs request", "GET", "/subscriptions/*/providers/Microsoft.Web/sites", ""),
    ("inventory/kind.rs request_for", "GET", "*/providers/Microsoft.Web/sites/*", ""),
    ("locks.rs list", "GET", "*/providers/Microsoft.Authorization/locks", ""),
    ("locks.rs remove", "DELETE", "*/providers/Microsoft.Authorization/locks/*", ""),
    (
        "orders.rs list",
        "GET",
        "/subscriptions/*/providers/Microsoft.CertificateRegistration/certificateOrders",
        "",
    ),
    ("orders.rs get", "GET", "*/certificateOrders/*", ""),
    ("orders.rs question", "POST", "*/certificateOrders/*/retrieveCertificateActions", ""),
    ("orders.rs create", "PUT", "*/certificateOrders/*", "/properties/productType"),
    ("orders.rs validate", "POST", "*/validateCertificateRegistrationInformation", "/properties/productType"),
    ("orders.rs store", "PUT", "*/certificateOrders/*/certificates/*", "/properties/keyVaultSecretName"),
    ("orders.rs tags_of_stored", "GET", "*/certificateOrders/*/certificates/*", ""),
    ("orders.rs verify", "POST", "*/certificateOrders/*/verifyDomainOwnership", ""),
    ("orders.rs renew", "POST", "*/certificateOrders/*/renew", ""),
    ("orders.rs rekey", "POST", "*/certificateOrders/*/reissue", ""),
    ("orders.rs set_auto_renew", "PATCH", "*/certificateOrders/*", "/properties/autoRenew"),
    ("orders.rs resend_mail", "POST", "*/certificateOrders/*/resendRequestEmails", "/name"),
    ("orders.rs delete", "DELETE", "*/certificateOrders/*", ""),
    ("permissions.rs of", "GET", "*/providers/Microsoft.Authorization/permissions", ""),
    ("plans.rs list", "GET", "/subscriptions/*/providers/Microsoft.Web/serverfarms", ""),
    ("plans.rs get", "GET", "*/providers/Microsoft.Web/serverfarms/*", ""),
    ("providers.rs missing", "GET", "/subscriptions/*/providers/Microsoft.Web", ""),
    ("public_certificates.rs list", "GET", "*/publicCertificates", ""),
    ("public_certificates.rs add", "PUT", "*/publicCertificates/*", "/properties/blob"),
    ("public_certificates.rs remove", "DELETE", "*/publicCertificates/*", ""),
    ("raw.rs read", "GET", "*/providers/Microsoft.KeyVault/vaults/*", ""),
    ("roles.rs list", "GET", "*/providers/Microsoft.Authorization/roleAssignments", ""),
    (
        "roles.rs assign",
        "PUT",
        "*/providers/Microsoft.Authorization/roleAssignments/*",
        "/properties/principalId",
    ),
    ("secrets.rs reading", "GET", "/secrets/*", ""),
    ("secrets.rs holder", "GET", "/secrets/*/versions", ""),
    ("secrets.rs holder", "GET", "/deletedsecrets/*", ""),
    ("settings.rs reading", "POST", "*/config/appsettings/list", ""),
    ("settings.rs set", "PUT", "*/config/appsettings", "/properties"),
    ("site_config.rs as_it_is", "GET", "*/config/web", ""),
    ("site_config.rs set_min_tls", "PATCH", "*/config/web", "/properties/minTlsVersion"),
    ("site_config.rs set_https_only", "PATCH", "*/sites/*", "/properties/httpsOnly"),
    ("sites.rs apps", "GET", "/subscriptions/*/providers/Microsoft.Web/sites", ""),
    ("resources.rs named", "GET", "/subscriptions/*/resources", ""),
    ("sites.rs slots", "GET", "*/sites/*/slots", ""),
    ("sites.rs sites_with_slots", "GET", "/subscriptions/*/resources", ""),
    ("sites.rs get", "GET", "*/providers/Microsoft.Web/sites/*", ""),
    ("sites.rs as_it_is", "GET", "*/providers/Microsoft.Web/sites/*", ""),
    ("sites.rs bindings", "GET", "*/hostNameBindings", ""),
    ("sites.rs mapped_by_a", "GET", "*/hostNameBindings", ""),
    ("sites.rs binding_as_it_is", "GET", "*/hostNameBindings/*", ""),
    ("sites.rs bind", "PUT", "*/hostNameBindings/*", "/properties/thumbprint"),
    ("sites.rs unbind", "PUT", "*/hostNameBindings/*", "/properties/sslState"),
    ("sites.rs claim", "PUT", "*/sites/*/domainOwnershipIdentifiers/*", "/properties/id"),
    ("sites.rs claim_token", "GET", "*/sites/*/domainOwnershipIdentifiers/*", ""),
    ("subscriptions.rs list", "GET", "/subscriptions", ""),
    ("subscriptions.rs tenant", "GET", "/subscriptions/*", ""),
    ("tenants.rs list", "GET", "/tenants", ""),
    ("upkeep.rs of_vault", "GET", "/certificates/*/pending", ""),
    ("vault_certificates.rs list", "GET", "/certificates", ""),
    ("vault_certificates.rs current", "GET", "/certificates/*", ""),
    ("vault_certificates.rs versions", "GET", "/certificates/*/versions", ""),
    ("vaults.rs list", "GET", "/subscriptions/*/providers/Microsoft.KeyVault/vaults", ""),
    ("vaults.rs get", "GET", "*/providers/Microsoft.KeyVault/vaults/*", ""),
    ("vaults.rs availability", "POST", "*/providers/Microsoft.KeyVault/checkNameAvailability", "/name"),
    ("vaults.rs create", "PUT", "*/providers/Microsoft.KeyVault/vaults/*", "/properties/sku"),
    ("vaults.rs grant", "PUT", "*/vaults/*/accessPolicies/add", "/properties/accessPolicies"),
];

/// What is listed and was not seen, what is made and not listed, and what is listed and made nowhere.
pub(crate) fn missing(all: &[Said]) -> Vec<String> {
    let made = made();
    let mut missing: Vec<String> = Vec::new();
    for (site, method, path, member) in SITES {
        let has = |said: &Said| {
            member.is_empty()
                || said
                    .body
                    .as_ref()
                    .is_some_and(|body| body.pointer(member).is_some_and(|one| *one != Value::Null))
        };
        // A whole path: no `*` stands for a place further down.
        let depth =
            |text: &str| text.rsplit_once("/providers/").map_or(text, |(_, end)| end).matches('/').count();
        let is_it = |said: &Said| {
            said.method == *method
                && fits(path, &said.path)
                && (!path.contains("/providers/") || depth(path) == depth(&said.path))
        };
        if !all.iter().any(|said| is_it(said) && has(said)) {
            missing.push(format!("{site}: no {method} {path} {member} was seen"));
        }
        if !made.iter().any(|one| one == site) {
            missing.push(format!("{site} makes no request any more"));
        }
    }
    missing.extend(
        made.into_iter()
            .filter(|one| !SITES.iter().any(|(site, ..)| site == one))
            .map(|one| format!("{one} is not listed")),
    );
    missing
}

/// The functions of the client that make requests.
fn made() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/azure/src");
    let mut all = Vec::new();
    for path in sources(&root) {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let file = path.strip_prefix(&root).unwrap().display().to_string();
        let mut function = "";
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            if let Some((_, after)) = line.split_once("fn ") {
                function = after.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap();
            }
            if ["get", "put", "patch", "post", "delete"]
                .iter()
                .any(|method| line.contains(&format!("Request::{method}(")))
            {
                all.push(format!("{file} {function}"));
            }
        }
    }
    all.sort();
    all.dedup();
    all
}

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.push(path);
        }
    }
    all
}
