//! Names as real estates have them: groups with dots and brackets, certificates called as the portal calls
//! them, plans in another group than their apps, vaults whose name is still held by one that was deleted.

use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certdeck::model::PrivateCertificate;
use certdeck::pki;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::replace::pfx;
use crate::runs::Run;
use crate::state;

const HOST: &str = "mixed.contoso.com";
const GROUP: &str = "RG.Shop_(Prod)";
const PLANS: &str = "RG-Plans.(EU)_1";
const PASSWORD: &str = "hunter2 and more";

/// An app in one group on a plan in another.
fn add_app(cloud: &Cloud) -> String {
    let subscription = format!("/subscriptions/{}", cloud.connection().subscription_ids[0]);
    let put = |path: &str, body: Value| {
        let made = cloud.arm("PUT", &format!("{subscription}/{path}"), &body);
        assert!(made["id"].is_string(), "{made}");
    };
    for group in [GROUP, PLANS] {
        put(&format!("resourceGroups/{group}"), json!({"location": "westeurope"}));
    }
    let plan = format!("resourceGroups/{PLANS}/providers/Microsoft.Web/serverfarms/plan-mixed");
    put(&plan, json!({"location": "westeurope", "sku": {"name": "S1"}}));
    let site = format!("resourceGroups/{GROUP}/providers/Microsoft.Web/sites/Contoso-Mixed");
    let plan = format!("{subscription}/{plan}");
    put(
        &site,
        json!({"location": "westeurope", "properties": {"serverFarmId": plan.to_uppercase().replace("/SUBSCRIPTIONS", "/subscriptions")}}),
    );
    cloud.tell(
        "dns",
        &json!({"add": {"name": HOST, "type": "CNAME", "value": "contoso-mixed.azurewebsites.net"}}),
    );
    put(&format!("{site}/hostNameBindings/{HOST}"), json!({"properties": {"siteName": "Contoso-Mixed"}}));
    subscription
}

/// A PFX for the host, its password in a file beside it.
fn file() -> (tempfile::TempDir, PathBuf) {
    let (dir, path) = pfx(&[HOST]);
    std::fs::write(dir.path().join("password"), PASSWORD).unwrap();
    (dir, path.into())
}

/// Runs a flow that has to end with this code; its words.
fn ends(cloud: &Cloud, run: &Run, more: &str, code: i32) -> String {
    let done = run.certdeck(cloud, &[more]);
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(code), "{} {more}: {said}", run.flow);
    said
}

/// The thumbprint that the hostname is bound to.
fn bound(cloud: &Cloud) -> String {
    let bindings = state::estate(cloud).into_rows().bindings;
    let binding = bindings.iter().find(|one| one.host.as_str() == HOST).unwrap();
    binding.thumbprint.as_ref().unwrap().to_string()
}

fn certificates(cloud: &Cloud) -> Vec<PrivateCertificate> {
    let covers = |one: &PrivateCertificate| one.hosts.iter().any(|host| host.as_str() == HOST);
    state::estate(cloud).into_rows().certificates.into_iter().filter(covers).collect()
}

#[test]
fn a_certificate_goes_where_the_plan_is_whatever_the_groups_are_called_and_however_they_are_typed() {
    let cloud = Cloud::start();
    add_app(&cloud);
    let (_kept, first) = file();
    ends(&cloud, &Run::new("upload", &["app=rg.shop_(PROD)/contoso-mixed"]).uploading(&first), "--yes", 0);
    let [uploaded] = certificates(&cloud).try_into().unwrap();
    assert_eq!(uploaded.id.resource_group(), PLANS, "the certificates of a plan's webspace are in its group");
    let certificate = format!("certificate=rg-plans.(eu)_1/{}", uploaded.id.name());
    let host = format!("hostname={HOST}");
    let bind = Run::new("bind", &["app=RG.SHOP_(prod)/CONTOSO-mixed", &host, &certificate, "ssl-type=sni"]);
    for (kind, shell) in [("curl", "bash"), ("az", "bash"), ("rest", "bash")] {
        let script = bind.certdeck(&cloud, &["--script", kind]);
        let text = String::from_utf8(script.stdout).unwrap();
        assert!(text.contains("(Prod)"), "{text}");
        let checked = Command::new(shell).args(["-n", "-c", &text]).status().unwrap();
        assert!(checked.success(), "{kind}: brackets are quoted: {text}");
    }
    ends(&cloud, &bind, "--yes", 0);
    assert_eq!(bound(&cloud), uploaded.thumbprint.unwrap().as_str());
    let (_kept, second) = file();
    ends(&cloud, &Run::new("replace", &[&certificate]).uploading(&second), "--yes", 0);
    let [replaced] = certificates(&cloud).try_into().unwrap();
    assert_eq!(
        (replaced.id.resource_group(), bound(&cloud).as_str()),
        (PLANS, replaced.thumbprint.as_ref().unwrap().as_str())
    );
}

/// `THUMBPRINT##REGION#ISSUER`, as the portal calls what it uploads: the name ends a URL early where it is
/// not escaped.
#[test]
fn a_certificate_that_is_called_as_the_portal_calls_it_is_bound_kept_replaced_and_deleted() {
    let cloud = Cloud::start();
    let subscription = add_app(&cloud);
    let (_kept, path) = file();
    let octets = std::fs::read(&path).unwrap();
    let contents = pki::read(&octets, Some(&PASSWORD.into())).unwrap();
    let print = contents.certificates[pki::leaf(&contents).unwrap().place].thumbprint.to_string();
    let name = format!("{print}##West Europe#");
    let escaped = name.replace('#', "%23").replace(' ', "%20");
    let plan =
        format!("{subscription}/resourceGroups/{PLANS}/providers/Microsoft.Web/serverfarms/plan-mixed");
    let body = json!({"location": "West Europe", "properties": {"serverFarmId": plan, "password": PASSWORD, "pfxBlob": STANDARD.encode(&octets)}});
    let made = cloud.arm(
        "PUT",
        &format!("{subscription}/resourceGroups/{PLANS}/providers/Microsoft.Web/certificates/{escaped}"),
        &body,
    );
    assert_eq!(made["name"], name.as_str(), "{made}");
    let host = format!("hostname={HOST}");
    let colons = print
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap())
        .collect::<Vec<_>>()
        .join(":");
    let id = made["id"].as_str().unwrap();
    for form in [print.as_str(), &colons.to_lowercase(), id, &name] {
        let certificate = format!("certificate={form}");
        let bind = Run::new("bind", &["app=contoso-mixed", &host, &certificate, "ssl-type=sni"]);
        let done = bind.certdeck(&cloud, &["--plan"]);
        assert_eq!(done.status.code(), Some(0), "{form}: {}", String::from_utf8_lossy(&done.stderr));
    }
    let certificate = format!("certificate={name}");
    ends(&cloud, &Run::new("bind", &["app=contoso-mixed", &host, &certificate, "ssl-type=sni"]), "--yes", 0);
    assert_eq!(bound(&cloud), print);
    let refused = ends(&cloud, &Run::new("delete-private", &[&certificate]), "--yes", 1);
    assert!(refused.contains(HOST), "{refused}");
    let (_kept, second) = file();
    for _ in ["first", "again"] {
        ends(&cloud, &Run::new("replace", &[&certificate]).uploading(&second), "--yes", 0);
    }
    let [replaced] = certificates(&cloud).try_into().unwrap();
    assert_ne!(replaced.id.name(), name, "the old one is deleted by its name");
    assert_eq!(bound(&cloud), replaced.thumbprint.unwrap().as_str());
}

/// A deleted vault holds its name until it is purged.
#[test]
fn the_name_of_a_deleted_vault_is_refused_before_anything_is_sent_with_the_ways_on() {
    let cloud = Cloud::start();
    let subscription = format!("/subscriptions/{}", cloud.connection().subscription_ids[0]);
    let vault =
        format!("{subscription}/resourceGroups/rg-shop/providers/Microsoft.KeyVault/vaults/kv-bugs-gone");
    let tenant = &cloud.connection().tenant_id;
    let body = json!({"location": "westeurope", "properties": {"tenantId": tenant, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}});
    cloud.arm("PUT", &vault, &body);
    cloud.arm("DELETE", &vault, &Value::Null);
    let bought = ["order=contosowww", "resource-group=rg-shop"];
    ends(
        &cloud,
        &Run::new(
            "purchase",
            &[&bought[..], &["domain=contoso.com", "product=standard", "auto-renew=yes"]].concat(),
        ),
        "--yes",
        0,
    );
    let store = ["vault-choice=new", "vault=kv-bugs-gone", "vault-location=westeurope"];
    let done = Run::new("store", &[&bought[..], &store].concat()).certdeck(&cloud, &["--yes"]);
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(
        (done.status.code(), said.matches("is already in use").count()),
        (Some(2), 1),
        "said once: {said}"
    );
    assert!(said.contains("az keyvault recover") && said.contains("az keyvault purge"), "{said}");
}
