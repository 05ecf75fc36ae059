//! The runtimes that an app can use, as far as `az webapp create` needs them: nothing runs here.

use serde_json::{Value, json};

use crate::{
    call::{Call, HttpMethod},
    context::CloudContext,
    reply::{Reply, ReplyResult},
    route::Route,
};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "providers/Microsoft.Web/webAppStacks", web),
    Route::new(HttpMethod::Get, "providers/Microsoft.Web/functionAppStacks", none),
];

/// The family, the displayed version, and the names for Linux and for Windows.
const RUNTIMES: &[(&str, &str, &str, &str)] = &[
    ("node", "Node 22 LTS", "NODE|22-lts", "~22"),
    ("node", "Node 24 LTS", "NODE|24-lts", "~24"),
    ("dotnet", ".NET 8 (LTS)", "DOTNETCORE|8.0", "v8.0"),
    ("python", "Python 3.13", "PYTHON|3.13", ""),
];

fn web(_: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let asked = call.query("stackOsType").unwrap_or("All").to_lowercase();
    let value: Vec<Value> = RUNTIMES.iter().map(|row| show(row, &asked)).collect();
    Ok(Reply::ok(json!({"value": value, "nextLink": null, "id": null})))
}

fn show((family, text, linux, windows): &(&str, &str, &str, &str), asked: &str) -> Value {
    let settings = |version: &str| {
        json!({
            "runtimeVersion": version,
            "isDefault": false,
            "isPreview": false,
            "isDeprecated": false,
            "isHidden": false,
            "remoteDebuggingSupported": false,
            "appInsightsSettings": {"isSupported": true},
            "gitHubActionSettings": {"isSupported": true, "supportedVersion": version},
        })
    };
    let mut stack = json!({});
    if asked != "windows" {
        stack["linuxRuntimeSettings"] = settings(linux);
    }
    if asked != "linux" && !windows.is_empty() {
        stack["windowsRuntimeSettings"] = settings(windows);
    }
    json!({
        "id": null,
        "name": family,
        "type": "Microsoft.Web/webAppStacks",
        "properties": {
            "displayText": family,
            "value": family,
            "preferredOs": "linux",
            "majorVersions": [{
                "displayText": text,
                "value": text,
                "minorVersions": [{"displayText": text, "value": text, "stackSettings": stack}],
            }],
        },
    })
}

fn none(_: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!({"value": [], "nextLink": null, "id": null})))
}
