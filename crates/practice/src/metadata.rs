//! `/metadata/endpoints`: how a client that knows only ARM's address finds everything else.

use serde_json::{Value, json};

use super::{edge, reply::Reply, setting::Setting};

/// An object from 2022-09-01 on, a list before. `practiceCloud` is an extension that tells certdeck that it
/// is practising.
pub(crate) fn endpoints(setting: &Setting, api_version: &str) -> Reply {
    let origin = setting.origin();
    let cloud = json!({
        "name": "PracticeCloud",
        "portal": format!("{origin}/"),
        "authentication": {
            "loginEndpoint": format!("{origin}/"),
            "audiences": [format!("{origin}/")],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": format!("{origin}/"),
        "media": format!("{origin}/"),
        "graph": format!("{origin}/"),
        "graphAudience": format!("{origin}/"),
        "microsoftGraphResourceId": format!("{origin}/"),
        "gallery": format!("{origin}/"),
        "batch": format!("{origin}/"),
        "activeDirectoryDataLake": format!("{origin}/"),
        "sqlManagement": format!("{origin}/"),
        "vmImageAliasDoc": format!("{origin}/"),
        "suffixes": {
            "keyVaultDns": setting.vault_suffix().trim_start_matches('.'),
            "storage": "core.practice.localhost",
            "sqlServerHostname": "database.practice.localhost",
            "acrLoginServer": "azurecr.practice.localhost",
        },
        "practiceCloud": {
            "control": format!("{origin}/_emulator"),
            "dns": setting.dns.to_string(),
            "tlsFrontDoor": setting.front_door.to_string(),
            // Addresses of the zone that do not lead to App Service, with the sockets that they stand for.
            "otherDoors": {edge::ADDRESS: setting.edge.to_string()},
        },
    });
    if api_version >= "2022-09-01" { Reply::ok(cloud) } else { Reply::ok(Value::Array(vec![cloud])) }
}
