//! The examples that Azure publishes with its API descriptions: what they answer is understood by the client,
//! and what they ask is taken by the practice cloud. They lie outside of the repository; without them the
//! tests say that they were skipped.

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::{Path, PathBuf},
};

use certdeck::azure::{certificates, locks, orders, plans, sites, vaults};
use certdeck::practice::{Connection, Emulator, Options, Pace};
use reqwest::{Client, Method};
use serde_json::Value;

const VAULT: &str = "kv-contoso-shop.vault.localhost";

/// What the practice cloud does not have, by the beginning of the operation's id, and why.
const NOT_SUPPORTED: &[(&str, &str)] = &[
    ("ManagedHsm", "there are no managed HSMs"),
    ("Keys_", "keys of a vault are there only as a part of certificates"),
    ("PrivateEndpointConnections", "there are no private endpoints"),
    ("MHSM", "there are no managed HSMs"),
    ("Deployment", "templates are not deployed"),
    ("ResourceGroups_ExportTemplate", "templates are not made"),
    ("PrivateLink", "there are no private links"),
    ("ResourceManagementPrivateLink", "there are no private links"),
    ("GraphQuery", "queries are answered, not kept"),
    ("TopLevelDomains", "App Service domains cannot be bought here"),
    ("Domains_CheckAvailability", "App Service domains cannot be bought here"),
    ("Domains_CreateOrUpdate", "App Service domains cannot be bought here"),
    ("Domains_Delete", "App Service domains cannot be deleted here"),
    ("Domains_Get", "the control center of the registrar is not here"),
    ("Domains_ListRecommendations", "App Service domains cannot be bought here"),
    ("Domains_Update", "App Service domains are only proofs of ownership here"),
    ("Domains_Renew", "App Service domains cannot be bought here"),
    ("Domains_TransferOut", "App Service domains cannot be bought here"),
    ("WebApps_Backup", "apps have no contents to back up"),
    ("WebApps_GetBackup", "apps have no contents to back up"),
    ("WebApps_ListBackup", "apps have no contents to back up"),
    ("ListCustomHostNameSites", "the hostnames of a subscription are read with its apps"),
    ("Global_GetDeletedWebApp", "deleted apps are gone"),
    ("Providers_ProviderPermissions", "roles of providers' own services are not listed"),
    ("ProviderResourceTypes", "they are listed with their provider"),
    ("Providers_GetAtTenantScope", "providers are listed by subscription"),
    ("Subscriptions_CheckZonePeers", "there are no availability zones"),
    ("checkResourceName", "words that nobody may use are not known here"),
    ("Operations_List", "that of Resource Graph is not listed"),
];
/// Operations of the beginnings above that are there all the same.
const SUPPORTED: &[&str] = &[
    "Domains_CreateOrUpdateOwnershipIdentifier",
    "Domains_DeleteOwnershipIdentifier",
    "Domains_GetOwnershipIdentifier",
    "Domains_UpdateOwnershipIdentifier",
];

/// One operation with one of its examples.
struct Example {
    operation: String,
    method: String,
    path: String,
    /// The name of the parameter that is the body.
    body: Option<String>,
    content: Value,
    data_plane: bool,
}

fn json_of(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "examples" {
            files(&path, into);
        } else if path.extension().is_some_and(|end| end == "json") {
            into.push(path);
        }
    }
}

fn examples() -> Vec<Example> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("CERTDECK_SHARED").map_or_else(beside, PathBuf::from).join("azure/specs");
    let mut descriptions = Vec::new();
    files(&root, &mut descriptions);
    let mut all = Vec::new();
    for file in descriptions {
        let Some(description) = json_of(&file) else { continue };
        for (path, methods) in description["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let body =
                    operation["parameters"].as_array().into_iter().flatten().find(|one| one["in"] == "body");
                for example in
                    operation["x-ms-examples"].as_object().into_iter().flatten().map(|(_, one)| one)
                {
                    let place = file.parent().unwrap().join(example["$ref"].as_str().unwrap_or_default());
                    let Some(content) = json_of(&place) else { continue };
                    all.push(Example {
                        operation: operation["operationId"].as_str().unwrap().to_owned(),
                        method: method.to_uppercase(),
                        path: path.clone(),
                        body: body.and_then(|one| one["name"].as_str()).map(str::to_owned),
                        content,
                        data_plane: file.to_string_lossy().contains("/data-plane/"),
                    });
                }
            }
        }
    }
    if all.is_empty() {
        // Past the harness, which would keep the words of a test that passes to itself.
        std::io::stderr()
            .write_all(b"skipped: no examples (set CERTDECK_SHARED to the folder that holds azure/specs)\n")
            .unwrap();
    }
    all
}

/// Whether a published resource decodes; `None` where it is of no kind that the client reads.
fn understood(resource: &Value) -> Option<bool> {
    let kind = resource.get("type")?.as_str()?.to_ascii_lowercase();
    Some(match kind.as_str() {
        "microsoft.web/certificates" => certificates::decode(resource).is_some(),
        "microsoft.certificateregistration/certificateorders" => orders::decode(resource).is_some(),
        "microsoft.web/sites" => sites::decode(resource).is_some(),
        "microsoft.web/serverfarms" => plans::decode(resource).is_some(),
        "microsoft.keyvault/vaults" => vaults::decode(resource).is_some(),
        "microsoft.authorization/locks" => locks::decode(resource).is_some(),
        _ => return None,
    })
}

#[test]
fn every_published_answer_is_understood_by_the_client() {
    let (mut seen, mut wrong) = (0, BTreeSet::new());
    let all = examples();
    for example in &all {
        for answer in
            example.content["responses"].as_object().into_iter().flatten().map(|(_, one)| &one["body"])
        {
            let list = answer
                .get("value")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_else(|| vec![answer.clone()]);
            for resource in list {
                if let Some(read) = understood(&resource) {
                    seen += 1;
                    if !read {
                        wrong.insert(format!("{}: {resource}", example.operation));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {seen}: {wrong:#?}", wrong.len());
    assert!(all.is_empty() || seen > 30, "only {seen} resources were found");
}

/// The name of something in the practice cloud's estate for a parameter of a path, or the example's own.
fn name(example: &Example, connection: &Connection, parameter: &str) -> String {
    let own = example.content["parameters"][parameter].as_str().unwrap_or("name").trim_matches('/');
    let looks = matches!(example.method.as_str(), "GET" | "PATCH" | "POST");
    match (parameter, example.operation.split('_').next().unwrap_or_default()) {
        ("subscriptionId", _) => &connection.subscription_ids[0],
        ("resourceGroupName", "Domains") => "rg-platform",
        ("resourceGroupName", "ResourceGroups") if example.method == "DELETE" => "nobody",
        ("resourceGroupName", _) => &connection.resource_group,
        ("resourceProviderNamespace", _) => "Microsoft.Web",
        ("parentResourcePath", _) => "sites/contoso-blog",
        ("resourceType", "ManagementLocks") => "slots",
        ("resourceName", "ManagementLocks") => "none",
        ("scope", _) => {
            return format!(
                "subscriptions/{}/resourceGroups/{}",
                connection.subscription_ids[0], connection.resource_group
            );
        }
        ("certificateOrderName", _) | ("name", "AppServiceCertificateOrders") if looks => "apifabrikam",
        ("domainName", _) => "contoso.com",
        ("vaultName", _) if looks => "kv-contoso-shop",
        ("name", "WebApps") => "contoso-test",
        ("name", "AppServicePlans") if looks => "plan-shop",
        ("name", "Certificates") if looks => "shop-2026",
        _ => own,
    }
    .to_owned()
}

async fn token(http: &Client, connection: &Connection, scope: &str) -> String {
    let url = format!("{}/{}/oauth2/v2.0/token", connection.authority, connection.tenant_id);
    let (id, secret) = (connection.client_id.as_str(), connection.client_secret.as_str());
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
        ("scope", scope),
    ];
    let answer: Value = http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// The path with its parameters filled in.
fn filled(example: &Example, connection: &Connection) -> String {
    let mut path = String::new();
    let mut rest = example.path.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let (parameter, tail) = after.split_once('}').unwrap();
        path += before;
        path += &name(example, connection, parameter);
        rest = tail;
    }
    path + rest
}

#[tokio::test]
async fn every_published_request_is_one_that_the_practice_cloud_takes() {
    let all = examples();
    if all.is_empty() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let emulator =
        Emulator::start(Options { pace: Pace::Instant, ..Options::new(dir.path()) }).await.unwrap();
    let connection = emulator.connection().clone();
    let pem = std::fs::read(&connection.ca_pem).unwrap();
    let address = connection.arm.trim_start_matches("https://").parse::<std::net::SocketAddr>().unwrap();
    let http = Client::builder()
        .add_root_certificate(reqwest::Certificate::from_pem(&pem).unwrap())
        .no_proxy()
        .resolve(VAULT, address)
        .build()
        .unwrap();
    let arm = token(&http, &connection, "https://management.azure.com/.default").await;
    let vault = token(&http, &connection, "https://vault.azure.net/.default").await;
    let (mut done, mut taken, mut refused) = (0, 0, Vec::new());
    for example in &all {
        let known = |list: &[(&str, &str)]| {
            list.iter().any(|(beginning, _)| example.operation.starts_with(beginning))
        };
        if known(NOT_SUPPORTED) && !SUPPORTED.contains(&example.operation.as_str()) {
            continue;
        }
        let path = filled(example, &connection);
        let (base, bearer) = if example.data_plane {
            (format!("https://{VAULT}:{}", address.port()), &vault)
        } else {
            (connection.arm.clone(), &arm)
        };
        let version = if example.data_plane { "7.5" } else { "2026-02-01" };
        let url = format!("{base}{path}?api-version={version}&hostName=shop.contoso.com");
        let mut request =
            http.request(Method::from_bytes(example.method.as_bytes()).unwrap(), &url).bearer_auth(bearer);
        if let Some(body) = example
            .body
            .as_ref()
            .map(|name| &example.content["parameters"][name])
            .filter(|body| !body.is_null())
        {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let answer = response.text().await.unwrap();
        // A refusal for what the estate does not hold is an answer; one that says "no such operation" is
        // none.
        let unknown = [
            "InvalidResourceType",
            "requested path does not exist",
            "does not support this http method",
            "could not be deserialized",
        ];
        let misunderstood =
            status >= 500 || status == 405 || unknown.iter().any(|words| answer.contains(words));
        taken += 1;
        done += usize::from(status < 300);
        if misunderstood {
            refused.push(format!("{} {} {path}: {status} {answer}", example.operation, example.method));
        }
    }
    emulator.shutdown().await;
    std::io::stderr()
        .write_all(format!("{taken} published requests taken, {done} of them done\n").as_bytes())
        .unwrap();
    assert!(refused.is_empty(), "{} of {taken}:\n{}", refused.len(), refused.join("\n"));
    assert!(taken > 100 && done > 60, "{taken} taken, {done} done");
}
