//! The permissions that `docs/flows.md` names are those that the flows need: every request of a run of each
//! flow, as the action that Azure asks of whoever sends it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cloud::Cloud;
use crate::{files, runs};

/// Named by flows and sent in none of the runs, with the reason.
const OTHER_WAYS: &[(&[&str], &str, &str)] = &[
    (ALL, "microsoft.authorization/roleassignments/write", "the vaults of the runs have access policies"),
    (ALL, "microsoft.keyvault/vaults/deploy/action", "Azure asks for it inside an import, without a request"),
    (
        VAULTS,
        "microsoft.keyvault/vaults/accesspolicies/write",
        "a new vault is made with its grants; others were granted before",
    ),
    (ALL, "microsoft.web/sites/certificates/write", "no app of the runs has certificates of its own"),
    (ALL, "microsoft.web/sites/certificates/delete", "no app of the runs has certificates of its own"),
    (&["store"], "data:secrets/list", "the vault is new, so nothing in it can hold the name"),
    (&["store"], "data:secrets/get", "the vault is new, so nothing in it can hold the name"),
    (ALL, "graph:application.read.all", "asked of Graph, not of Azure Resource Manager"),
    (&["purchase"], "microsoft.resources/subscriptions/resourcegroups/write", "the group is there"),
    (&["replace"], "microsoft.web/sites/config/write", "no code names the certificate that is replaced"),
    (
        PROOFS,
        "microsoft.certificateregistration/certificateorders/resendrequestemails/action",
        "the domain is proved by an app",
    ),
    (
        PROOFS,
        "microsoft.domainregistration/domains/domainownershipidentifiers/write",
        "the domain is proved by an app",
    ),
    (
        &["rekey"],
        "microsoft.certificateregistration/certificateorders/verifydomainownership/action",
        "the proof is fresh",
    ),
    (&["rekey"], "microsoft.web/sites/domainownershipidentifiers/write", "the proof is fresh"),
];
const ALL: &[&str] = &[];
/// Flows that mend what a vault grants where it does not.
const VAULTS: &[&str] = &["store", "import-order", "sync"];
/// Flows that ask for a proof of the domain, or may have to.
const PROOFS: &[&str] = &["verify", "renew", "rekey"];

#[test]
fn a_plan_of_every_flow_reads_only_and_its_run_needs_the_permissions_that_it_names_and_no_other() {
    let (cloud, files) = (Cloud::start(), files::make());
    let (mut lacking, mut needed, mut flows) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut last = 0;
    for run in runs::all(&cloud, files.path()) {
        flows.insert(run.flow);
        let planned = run.certdeck(&cloud, &["--plan"]);
        assert!(planned.status.success(), "{}: {}", run.flow, String::from_utf8_lossy(&planned.stderr));
        let log = cloud.control(&format!("requests?since={last}"));
        let changed = log["value"]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["method"] != "GET" && entry["method"] != "POST");
        assert!(changed.is_none(), "a plan of {} changes nothing: {changed:?}", run.flow);
        last = log["last"].as_u64().unwrap();
        let output = run.certdeck(&cloud, &["--yes"]);
        assert!(output.status.success(), "{}: {}", run.flow, String::from_utf8_lossy(&output.stderr));
        let log = cloud.control(&format!("requests?since={last}"));
        last = log["last"].as_u64().unwrap();
        let named = named(run.flow);
        for action in log["value"].as_array().unwrap().iter().filter_map(action) {
            if !named.contains(&action) {
                lacking.push(format!("{}: {action}", run.flow));
            }
            needed.insert((run.flow, action));
        }
    }
    lacking.sort();
    lacking.dedup();
    assert_eq!(lacking, Vec::<String>::new(), "sent without being named");
    let in_vain: Vec<String> = flows
        .iter()
        .flat_map(|flow| named(flow).into_iter().map(move |action| (*flow, action)))
        .filter(|(flow, action)| !needed.contains(&(flow, action.clone())))
        .filter(|(flow, action)| {
            !action.ends_with("/read")
                && !OTHER_WAYS
                    .iter()
                    .any(|(of, other, _)| other == action && (of.is_empty() || of.contains(flow)))
        })
        .map(|(flow, action)| format!("{flow}: {action}"))
        .collect();
    assert_eq!(in_vain, Vec::<String>::new(), "named and never needed");
}

/// The permissions of a flow, in lower case.
fn named(flow: &str) -> BTreeSet<String> {
    let definition = certdeck::flow::FlowName::parse(flow).unwrap().definition();
    definition.permissions.iter().map(|one| one.to_ascii_lowercase()).collect()
}

/// What Azure has to allow for a request; nothing for reads in ARM (`*/read`), sign-in and questions that
/// everybody may ask.
fn action(request: &Value) -> Option<String> {
    let text = |name: &str| request[name].as_str().unwrap().to_ascii_lowercase();
    let (method, path) = (text("method"), text("path"));
    let path = path.split('?').next()?;
    if text("host").contains(".vault.localhost") {
        let mut parts = path.trim_start_matches('/').split('/');
        let (kind, name) = (parts.next()?, parts.next());
        // Whoever asks without a token learns where to get one.
        return (request["status"] != 401)
            .then(|| format!("data:{kind}/{}", if name.is_some() { "get" } else { "list" }));
    }
    if method == "get" || !path.starts_with("/subscriptions/") || path.ends_with("/checknameavailability") {
        return None;
    }
    let Some((_, after)) = path.rsplit_once("/providers/") else {
        return Some("microsoft.resources/subscriptions/resourcegroups/write".to_owned());
    };
    let (provider, rest) = after.split_once('/')?;
    let parts: Vec<&str> = rest.split('/').collect();
    // Types and names take turns; an action stands where a type would.
    // What is named of an app holds for a slot, too; the page says so.
    let types = |parts: &[&str]| {
        parts.iter().step_by(2).copied().collect::<Vec<_>>().join("/").replace("sites/slots", "sites")
    };
    Some(match method.as_str() {
        "delete" => format!("{provider}/{}/delete", types(&parts)),
        "post" if parts.len() == 1 => format!("{provider}/{rest}/action"),
        "post" => format!("{provider}/{}/{}/action", types(&parts[..parts.len() - 1]), parts.last()?),
        _ => format!("{provider}/{}/write", types(&parts)),
    })
}
