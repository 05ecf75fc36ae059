//! The service's own diagnostics of an order: tables, as the portal shows them.

use serde_json::{Value, json};

use super::order::{OrderRecord, Status};
use crate::{
    ca::facts::without_zone,
    call::Call,
    context::CloudContext,
    reply::{Fault, Reply, ReplyResult},
};

/// Name, description, columns, and the rows of an order.
type Detector = (&'static str, &'static str, &'static [&'static str], fn(&OrderRecord) -> Vec<Vec<String>>);

const DETECTORS: &[Detector] = &[
    (
        "AutoRenewStatus",
        "Whether and when the certificate is renewed by itself",
        &["Setting", "Value"],
        auto_renewal,
    ),
    (
        "DomainVerificationStatus",
        "Whether the CA has seen who owns the domain",
        &["Setting", "Value"],
        verification,
    ),
    ("KeyVaultStatus", "Where the certificate is stored", &["Vault", "Secret", "State"], storage),
];

fn auto_renewal(order: &OrderRecord) -> Vec<Vec<String>> {
    let end = order.term_end.map(without_zone).unwrap_or_default();
    vec![
        vec!["autoRenew".to_owned(), order.auto_renew.to_string()],
        vec!["status".to_owned(), format!("{:?}", order.status)],
        vec!["expirationTime".to_owned(), end],
    ]
}

fn verification(order: &OrderRecord) -> Vec<Vec<String>> {
    let waits = order.status == Status::Pendingissuance;
    vec![
        vec!["domainVerificationToken".to_owned(), order.token.clone()],
        vec!["verificationRequired".to_owned(), waits.to_string()],
    ]
}

fn storage(order: &OrderRecord) -> Vec<Vec<String>> {
    order.stored.iter().map(|one| vec![one.vault.clone(), one.secret.clone(), one.state.clone()]).collect()
}

pub(super) fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target())?;
    let all: Vec<Value> = DETECTORS.iter().map(|detector| show(&order, detector)).collect();
    Ok(Reply::ok(json!({"value": all, "nextLink": null})))
}

pub(super) fn get(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let order = OrderRecord::need(ctx, &call.target().parent())?;
    let name = call.param("detector");
    let found = DETECTORS.iter().find(|(own, ..)| own.eq_ignore_ascii_case(name));
    let missing = || Fault::web(404, format!("The detector '{name}' was not found."));
    Ok(Reply::ok(show(&order, found.ok_or_else(missing)?)))
}

fn show(order: &OrderRecord, (name, description, columns, rows): &Detector) -> Value {
    let columns: Vec<Value> = columns
        .iter()
        .map(|column| json!({"columnName": column, "dataType": "String", "columnType": null}))
        .collect();
    json!({
        "id": format!("{}/detectors/{name}", order.id),
        "name": name,
        "type": "Microsoft.CertificateRegistration/certificateOrders/detectors",
        "location": "global",
        "properties": {
            "metadata": {
                "id": name,
                "name": name,
                "description": description,
                "author": "",
                "category": "Certificates",
                "supportTopicList": [],
                "analysisType": null,
                "type": "Detector",
                "score": 0,
            },
            "dataset": [{
                "table": {"tableName": name, "columns": columns, "rows": rows(order)},
                "renderingProperties": {"type": "Table", "title": description, "description": null, "isVisible": true},
            }],
            "status": {"message": null, "statusId": "Info"},
            "dataProvidersMetadata": [],
            "suggestedUtterances": null,
        },
    })
}
