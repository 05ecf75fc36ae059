//! What Microsoft.Web does in the practice cloud: webspaces, bindings, imports, managed certificates.

#![allow(clippy::unwrap_used, clippy::panic)]

mod dated;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::plans;
use crate::{
    ca::{CommercialCa, Issued, LeafProfile, facts::thumbprint, pfx},
    call::HttpMethod::{Delete, Get, Post, Put},
    dns::{self, DnsRecord, DnsRecordKind},
    fixture::{Fixture, GROUP, SUBSCRIPTION, json_of},
    id::ArmId,
    principals::{CERTDECK, WEB_SITES},
    provider::key_vault::{self, VaultRecord, certificate::Draft},
    reply::Reply,
};

const NOW: &str = "2026-11-23T00:00:00Z";
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn web(rest: &str) -> String {
    format!("{GROUP}/providers/Microsoft.Web/{rest}")
}

/// A plan and an app `shop` with the hostname `www.contoso.com`.
fn cloud(sku: &str) -> Fixture {
    let cloud = Fixture::new(NOW);
    cloud.with(|ctx| {
        let plan = ArmId::parse(&web("serverfarms/plan"));
        plans::save(ctx, &plan, "westeurope", sku, false).unwrap();
        let record =
            DnsRecord::new("www.contoso.com", DnsRecordKind::Cname, "shop.azurewebsites.net").unwrap();
        dns::add(ctx.tx, &record).unwrap();
    });
    let site = json!({"location": "West Europe", "properties": {"serverFarmId": web("serverfarms/plan")}});
    let made = cloud.arm(Put, &web("sites/shop"), &site);
    assert_eq!(made.status, 200, "{:?}", made.body);
    let mapped = cloud.arm(Put, &host("www.contoso.com"), &json!({"properties": {"siteName": "shop"}}));
    assert_eq!(mapped.status, 200, "{:?}", mapped.body);
    cloud
}

fn host(name: &str) -> String {
    web(&format!("sites/shop/hostNameBindings/{name}"))
}

fn issue(cloud: &Fixture, names: &[&str], days: i32) -> Issued {
    let profile = LeafProfile {
        common_name: names[0].to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        key: cloud.setting.pooled_key(0),
        not_before: cloud.now - DAY * 30,
        not_after: cloud.now + DAY * days,
        issuer: CommercialCa::GoDaddy,
        particulars: None,
    };
    cloud.setting.ca.issue(&profile).unwrap()
}

fn upload(cloud: &Fixture, name: &str, issued: &Issued, password: &str) -> Reply {
    let file = pfx::write_with_password(issued, "shop", "right").unwrap();
    let body = json!({"location": "West Europe", "properties": {
        "pfxBlob": BASE64.encode(file), "password": password, "serverFarmId": web("serverfarms/plan"),
    }});
    cloud.arm(Put, &web(&format!("certificates/{name}")), &body)
}

fn bind(cloud: &Fixture, name: &str, state: &str, thumbprint: &str) -> Reply {
    let body = json!({"properties": {"sslState": state, "thumbprint": thumbprint}});
    cloud.arm(Put, &host(name), &body)
}

/// The extended code of a Web fault, or its message.
fn why(reply: Reply) -> String {
    let body = json_of(reply);
    let code = &body["Details"][2]["ErrorEntity"]["ExtendedCode"];
    code.as_str().or(body["Message"].as_str()).unwrap().to_owned()
}

#[test]
fn an_upload_shows_its_facts_and_never_its_file_or_password() {
    let cloud = cloud("S1");
    let issued = issue(&cloud, &["www.contoso.com", "contoso.com"], 100);
    let reply = upload(&cloud, "shop", &issued, "right");
    assert_eq!((reply.status, reply.headers.len()), (200, 0));
    let shown = cloud.get(&web("certificates/shop"));
    let properties = &shown["properties"];
    assert_eq!(properties["thumbprint"], thumbprint(&issued.leaf));
    assert_eq!(properties["subjectName"], "www.contoso.com,contoso.com");
    assert_eq!(properties["webSpace"], "shop-WestEuropewebspace");
    assert_eq!(properties["friendlyName"], "shop");
    assert_eq!((&properties["pfxBlob"], &properties["password"]), (&Value::Null, &Value::Null));
}

#[test]
fn an_expired_upload_is_taken_with_a_warning_and_a_wrong_password_is_refused() {
    let cloud = cloud("S1");
    let issued = issue(&cloud, &["www.contoso.com"], -1);
    let reply = upload(&cloud, "shop", &issued, "right");
    assert!(reply.headers.iter().any(|(name, text)| *name == "warning" && text.contains("expired")));
    assert_eq!(
        why(upload(&cloud, "other", &issued, "wrong")),
        "The password for the certificate is incorrect."
    );
}

#[test]
fn an_upload_needs_a_password_and_a_pfx_a18() {
    let cloud = cloud("S1");
    let issued = issue(&cloud, &["www.contoso.com"], 100);
    assert_eq!(why(upload(&cloud, "shop", &issued, "")), "Parameter password is null or empty.");
    let body = json!({"location": "West Europe", "properties": {
        "pfxBlob": BASE64.encode(&issued.leaf), "password": "right", "serverFarmId": web("serverfarms/plan"),
    }});
    let reply = cloud.arm(Put, &web("certificates/shop"), &body);
    assert_eq!((reply.status, why(reply)), (400, "The parameter pfxBlob has an invalid value.".to_owned()));
}

#[test]
fn a_webspace_is_group_region_and_operating_system() {
    assert_eq!(plans::webspace("rg", "West Europe", true), "rg-WestEuropewebspace-Linux");
}

#[test]
fn a_site_is_bound_by_its_ssl_states_too_and_other_hosts_stay() {
    let cloud = cloud("S1");
    let issued = issue(&cloud, &["*.contoso.com"], 100);
    upload(&cloud, "wild", &issued, "right");
    let body = json!({"location": "West Europe", "tags": {"a": "b"}, "properties": {"hostNameSslStates": [
        {"name": "www.contoso.com", "sslState": "SniEnabled", "thumbprint": thumbprint(&issued.leaf), "toUpdate": true},
        {"name": "shop.azurewebsites.net", "sslState": "SniEnabled", "thumbprint": "ignored"},
    ]}});
    let site = json_of(cloud.arm(Put, &web("sites/shop"), &body));
    let states = site["properties"]["hostNameSslStates"].as_array().unwrap();
    let of = |name: &str| states.iter().find(|state| state["name"] == name).unwrap();
    assert_eq!(of("www.contoso.com")["sslState"], "SniEnabled");
    assert_eq!(of("shop.azurewebsites.net")["sslState"], "Disabled");
    assert_eq!(of("shop.scm.azurewebsites.net")["hostType"], "Repository");
    assert_eq!(site["tags"]["a"], "b");
}

#[test]
fn a_shared_plan_binds_nothing_and_a_basic_one_only_by_sni() {
    for (sku, state) in [("D1", "SniEnabled"), ("B1", "IpBasedEnabled")] {
        let cloud = cloud(sku);
        let issued = issue(&cloud, &["www.contoso.com"], 100);
        upload(&cloud, "shop", &issued, "right");
        let reply = bind(&cloud, "www.contoso.com", state, &thumbprint(&issued.leaf));
        assert_eq!(reply.status, 409, "{sku}");
    }
}

#[test]
fn an_ip_based_binding_gives_the_app_an_address_of_its_own_until_it_goes() {
    let cloud = cloud("S1");
    let issued = issue(&cloud, &["www.contoso.com"], 100);
    upload(&cloud, "shop", &issued, "right");
    let address = || cloud.get(&web("sites/shop"))["properties"]["inboundIpAddress"].clone();
    let shared = address();
    let bound = json_of(bind(&cloud, "www.contoso.com", "IpBasedEnabled", &thumbprint(&issued.leaf)));
    assert_eq!(bound["properties"]["virtualIP"], address());
    assert_ne!(address(), shared);
    bind(&cloud, "www.contoso.com", "Disabled", "");
    assert_eq!(address(), shared);
    assert_eq!(cloud.get(&host("www.contoso.com"))["properties"].get("thumbprint"), None);
}

#[test]
fn a_hostname_needs_dns_that_points_at_the_app() {
    let cloud = cloud("S1");
    let add = |name: &str| cloud.arm(Put, &host(name), &json!({"properties": {}}));
    assert_eq!(why(add("nowhere.contoso.com")), "04006");
    cloud.with(|ctx| {
        let id = super::site::verification_id(&ArmId::parse(SUBSCRIPTION));
        dns::add(ctx.tx, &DnsRecord::new("asuid.contoso.com", DnsRecordKind::Txt, &id).unwrap()).unwrap();
    });
    let mapped = json_of(add("contoso.com"));
    assert_eq!(mapped["properties"]["customHostNameDnsRecordType"], "A");
    let look = cloud.get(&format!("{}?hostName=www.contoso.com", web("sites/shop/analyzeCustomHostname")));
    assert_eq!(look["properties"]["isHostnameAlreadyVerified"], true);
}

#[test]
fn a_public_certificate_is_never_overwritten() {
    let cloud = cloud("S1");
    let der = BASE64.encode(issue(&cloud, &["partner.example"], 100).leaf);
    let put = || {
        let body = json!({"properties": {"blob": der, "publicCertificateLocation": "CurrentUserMy"}});
        cloud.arm(Put, &web("sites/shop/publicCertificates/partner"), &body)
    };
    assert_eq!(put().status, 200);
    assert_eq!(why(put()), "The parameter location,thumbprint has an invalid value.");
    let gone = cloud.arm(Delete, &web("sites/shop/publicCertificates/partner"), &Value::Null);
    assert_eq!((gone.status, put().status), (200, 200));
}

#[test]
fn app_settings_are_shown_by_post_only() {
    let cloud = cloud("S1");
    let all = json!({"properties": {"WEBSITE_LOAD_CERTIFICATES": "*"}});
    assert_eq!(cloud.arm(Put, &web("sites/shop/config/appsettings"), &all).status, 200);
    let shown = json_of(cloud.arm(Post, &web("sites/shop/config/appsettings/list"), &Value::Null));
    assert_eq!(shown["properties"]["WEBSITE_LOAD_CERTIFICATES"], "*");
    assert_eq!(cloud.arm(Get, &web("sites/shop/config/appsettings"), &Value::Null).status, 405);
}

/// A vault `kv-shop` with a certificate `www`, and whether App Service may read it.
fn vault(cloud: &Fixture, allowed: bool) -> String {
    let id = format!("{GROUP}/providers/Microsoft.KeyVault/vaults/kv-shop");
    let policy = |principal: &str| json!({"tenantId": "22222222-2222-2222-2222-222222222222", "objectId": principal, "permissions": {"secrets": ["Get"]}});
    let reader = if allowed { WEB_SITES.object_id } else { CERTDECK.object_id };
    cloud.with(|ctx| {
        let properties = json!({"accessPolicies": [policy(reader)]});
        key_vault::create_vault(ctx, &ArmId::parse(&id), "westeurope", None, &properties).unwrap();
    });
    new_version(cloud, &id, 100);
    id
}

fn new_version(cloud: &Fixture, vault: &str, days: i32) {
    let issued = issue(cloud, &["www.contoso.com"], days);
    cloud.with(|ctx| {
        let vault = VaultRecord::at(ctx, &ArmId::parse(vault)).unwrap().unwrap();
        key_vault::certificate::add_version(ctx, &vault, &Draft::named("www"), &issued).unwrap();
    });
}

fn import(cloud: &Fixture, vault: &str) -> Reply {
    let body = json!({"location": "West Europe", "properties": {
        "password": "", "keyVaultId": vault, "keyVaultSecretName": "www", "serverFarmId": web("serverfarms/plan"),
    }});
    cloud.arm(Put, &web("certificates/from-vault"), &body)
}

#[test]
fn the_same_import_again_is_sync_and_takes_every_binding_along() {
    let cloud = cloud("S1");
    let vault = vault(&cloud, true);
    let before = json_of(import(&cloud, &vault));
    assert_eq!(before["properties"]["keyVaultId"], vault.to_lowercase());
    let old = before["properties"]["thumbprint"].as_str().unwrap();
    assert_eq!(bind(&cloud, "www.contoso.com", "SniEnabled", old).status, 200);
    new_version(&cloud, &vault, 200);
    let after = json_of(import(&cloud, &vault));
    assert_ne!(after["properties"]["thumbprint"], old);
    let binding = cloud.get(&host("www.contoso.com"));
    assert_eq!(binding["properties"]["thumbprint"], after["properties"]["thumbprint"]);
}

#[test]
fn a_vault_that_does_not_know_app_service_is_named_in_the_refusal() {
    let cloud = cloud("S1");
    let vault = vault(&cloud, false);
    assert!(why(import(&cloud, &vault)).starts_with("The service does not have access to"));
    assert_eq!(why(import(&cloud, &vault.replace("kv-shop", "kv-none"))), super::sources::INVALID_SECRET);
}

#[test]
fn a_key_that_may_not_leave_its_vault_cannot_be_imported() {
    let cloud = cloud("S1");
    let vault = vault(&cloud, true);
    let issued = issue(&cloud, &["www.contoso.com"], 200);
    cloud.with(|ctx| {
        let draft = Draft { policy: json!({"key_props": {"exportable": false}}), ..Draft::named("www") };
        let vault = VaultRecord::at(ctx, &ArmId::parse(&vault)).unwrap().unwrap();
        key_vault::certificate::add_version(ctx, &vault, &draft, &issued).unwrap();
    });
    assert!(why(import(&cloud, &vault)).contains("no private key"));
}

fn managed(cloud: &Fixture, name: &str, extra: &Value) -> Reply {
    let mut body = json!({"location": "West Europe", "properties": {
        "password": "", "canonicalName": name, "serverFarmId": web("serverfarms/plan"),
    }});
    crate::context::merge(&mut body["properties"], extra);
    cloud.arm(Put, &web(&format!("certificates/{name}")), &body)
}

#[test]
fn a_managed_certificate_is_missing_until_it_is_issued_and_is_renewed_by_itself() {
    let mut cloud = cloud("S1");
    assert_eq!(managed(&cloud, "www.contoso.com", &json!({})).status, 202);
    let path = web("certificates/www.contoso.com");
    assert_eq!(cloud.arm(Get, &path, &Value::Null).status, 404);
    cloud.settle();
    let first = cloud.get(&path)["properties"]["thumbprint"].clone();
    assert_eq!(bind(&cloud, "www.contoso.com", "SniEnabled", first.as_str().unwrap()).status, 200);
    cloud.now += DAY * 136;
    cloud.settle();
    let renewed = cloud.get(&path)["properties"]["thumbprint"].clone();
    assert_ne!(renewed, first);
    assert_eq!(cloud.get(&host("www.contoso.com"))["properties"]["thumbprint"], renewed);
}

#[test]
fn a_managed_certificate_is_refused_for_wildcards_foreign_names_and_where_caa_forbids_it() {
    let cloud = cloud("S1");
    assert_eq!(why(managed(&cloud, "*.contoso.com", &json!({}))), "51021");
    assert_eq!(why(managed(&cloud, "other.contoso.com", &json!({}))), "51021");
    cloud.with(|ctx| {
        let record = DnsRecord::new("contoso.com", DnsRecordKind::Caa, "0 issue letsencrypt.org").unwrap();
        dns::add(ctx.tx, &record).unwrap();
    });
    let refused = why(managed(&cloud, "www.contoso.com", &json!({})));
    assert_eq!(refused, "Certificate creation failed unexpectedly for canonical name www.contoso.com");
}

#[test]
fn a_swap_moves_settings_and_leaves_what_stays() {
    let cloud = cloud("S1");
    let slot = json!({"location": "West Europe", "properties": {}});
    assert_eq!(cloud.arm(Put, &web("sites/shop/slots/staging"), &slot).status, 200);
    let set = |site: &str, settings: Value| {
        let done =
            cloud.arm(Put, &web(&format!("{site}/config/appsettings")), &json!({"properties": settings}));
        assert_eq!(done.status, 200, "{:?}", done.body);
    };
    set("sites/shop", json!({"COLOUR": "blue", "NAME": "production"}));
    set("sites/shop/slots/staging", json!({"COLOUR": "green", "NAME": "staging"}));
    let sticky = json!({"properties": {"appSettingNames": ["NAME"]}});
    assert_eq!(cloud.arm(Put, &web("sites/shop/config/slotConfigNames"), &sticky).status, 200);

    let swapped =
        cloud.arm(Post, &web("sites/shop/slots/staging/slotsswap"), &json!({"targetSlot": "production"}));

    assert_eq!(swapped.status, 202, "{:?}", swapped.body);
    let settings = |site: &str| {
        let shown = cloud.arm(Post, &web(&format!("{site}/config/appsettings/list")), &json!({}));
        json_of(shown)["properties"].clone()
    };
    assert_eq!(settings("sites/shop"), json!({"COLOUR": "green", "NAME": "production"}));
    assert_eq!(settings("sites/shop/slots/staging"), json!({"COLOUR": "blue", "NAME": "staging"}));
    let hosts = json_of(cloud.arm(Get, &web("sites/shop/hostNameBindings"), &json!({})));
    assert_eq!(hosts["value"].as_array().map(Vec::len), Some(2), "hostnames do not move");
}

#[test]
fn a_site_made_again_has_none_of_the_old_settings() {
    let cloud = cloud("S1");
    cloud.arm(Put, &web("sites/shop/config/appsettings"), &json!({"properties": {"SECRET": "1"}}));
    assert_eq!(cloud.arm(Delete, &web("sites/shop?deleteEmptyServerFarm=false"), &json!({})).status, 200);
    let site = json!({"location": "West Europe", "properties": {"serverFarmId": web("serverfarms/plan")}});
    cloud.arm(Put, &web("sites/shop"), &site);
    let shown = cloud.arm(Post, &web("sites/shop/config/appsettings/list"), &json!({}));
    assert_eq!(json_of(shown)["properties"], json!({}));
}

/// A second group with an app on the first group's plan, in the same webspace.
fn neighbour(cloud: &Fixture) -> String {
    cloud.arm(Put, &GROUP.replace("shop", "next"), &json!({"location": "westeurope"}));
    let app = web("sites/near").replace("resourceGroups/shop", "resourceGroups/next");
    let body = json!({"location": "West Europe", "properties": {"serverFarmId": web("serverfarms/plan")}});
    assert_eq!(cloud.arm(Put, &app, &body).status, 200);
    app
}

#[test]
fn a_group_whose_certificate_an_app_elsewhere_presents_is_not_deleted_whole() {
    let mut cloud = cloud("S1");
    let app = neighbour(&cloud);
    let certificate = issue(&cloud, &["near.contoso.com"], 100);
    assert_eq!(upload(&cloud, "near", &certificate, "right").status, 200);
    assert_eq!(upload(&cloud, "spare", &issue(&cloud, &["www.contoso.com"], 90), "right").status, 200);
    cloud.with(|ctx| {
        let record =
            DnsRecord::new("near.contoso.com", DnsRecordKind::Cname, "near.azurewebsites.net").unwrap();
        dns::add(ctx.tx, &record).unwrap();
    });
    let body = json!({"properties": {"sslState": "SniEnabled", "thumbprint": thumbprint(&certificate.leaf)}});
    let bound = cloud.arm(Put, &format!("{app}/hostNameBindings/near.contoso.com"), &body);
    assert_eq!(bound.status, 200, "{:?}", bound.body);

    let accepted = cloud.arm(Delete, GROUP, &Value::Null);
    assert_eq!(accepted.status, 202);
    cloud.settle();
    let link =
        accepted.headers.iter().find(|(name, _)| *name == "location").map(|(_, link)| link.clone()).unwrap();
    let path = link[link.find("/subscriptions").unwrap()..].split('?').next().unwrap().to_owned();
    let refused = cloud.arm(Get, &path, &Value::Null);
    assert_eq!(refused.status, 409);
    let error = json_of(refused);
    assert_eq!(error["error"]["code"], "ResourceGroupDeletionBlocked");
    assert!(error["error"]["message"].as_str().unwrap().contains("Microsoft.Web/certificates/near"));
    let there = |path: &str| cloud.arm(Get, path, &Value::Null).status;
    let needed = [GROUP.to_owned(), web("serverfarms/plan"), web("certificates/near"), app.clone()];
    assert_eq!(needed.each_ref().map(|path| there(path)), [200; 4]);
    assert_eq!((there(&web("certificates/spare")), there(&web("sites/shop"))), (404, 404));

    // The certificate can be deleted once the app is gone.
    assert_eq!(cloud.arm(Delete, &app, &Value::Null).status, 200);
    assert_eq!(cloud.arm(Delete, GROUP, &Value::Null).status, 202);
    assert_eq!(cloud.arm(Get, GROUP, &Value::Null).status, 404);
}

#[test]
fn apps_are_found_by_a_hostname_and_what_they_never_have_is_an_empty_list() {
    let cloud = cloud("S1");
    let assigned = |host: &str| {
        let path = format!("{SUBSCRIPTION}/providers/Microsoft.Web/listSitesAssignedToHostName");
        json_of(cloud.arm(Post, &path, &json!({"name": host})))["value"].as_array().unwrap().len()
    };
    assert_eq!((assigned("www.contoso.com"), assigned("other.contoso.com")), (1, 0));
    for path in ["sites/shop/deployments", "sites/shop/backups", "sites/shop/slots"] {
        assert_eq!(cloud.get(&web(path))["value"], json!([]), "{path}");
    }
    let regions = cloud.get(&format!("{SUBSCRIPTION}/providers/Microsoft.Web/geoRegions"));
    assert_eq!(regions["value"][0]["properties"]["displayName"], "West Europe");
    let settings = cloud.arm(Post, &web("sites/shop/config/metadata/list"), &json!({}));
    assert_eq!(json_of(settings)["name"], "metadata");
}

#[test]
fn a_plan_has_room_for_what_its_apps_have() {
    let cloud = cloud("S1");
    let issued = issue(&cloud, &["www.contoso.com"], 100);
    assert_eq!(upload(&cloud, "shop", &issued, "right").status, 200);
    assert_eq!(bind(&cloud, "www.contoso.com", "IpBasedEnabled", &thumbprint(&issued.leaf)).status, 200);
    let scale = |sku: &str| {
        let body = json!({"location": "West Europe", "sku": {"name": sku}, "properties": {}});
        cloud.arm(Put, &web("serverfarms/plan"), &body).status
    };
    assert_eq!((scale("B1"), scale("P1v3")), (409, 200));
    assert_eq!(bind(&cloud, "www.contoso.com", "Disabled", "").status, 200);
    assert_eq!(scale("F1"), 409, "the hostname is there still");
    assert_eq!(cloud.arm(Delete, &host("www.contoso.com"), &Value::Null).status, 200);
    let slot = json!({"location": "West Europe", "properties": {}});
    assert_eq!(cloud.arm(Put, &web("sites/shop/slots/staging"), &slot).status, 200);
    assert_eq!(scale("B1"), 409, "there is a slot");
    assert_eq!(cloud.arm(Delete, &web("sites/shop/slots/staging"), &Value::Null).status, 200);
    assert_eq!(scale("F1"), 200);
    assert_eq!(cloud.arm(Put, &web("sites/shop/slots/staging"), &slot).status, 409);
    assert_eq!(cloud.arm(Put, &host("www.contoso.com"), &json!({"properties": {}})).status, 409);
}

#[test]
fn the_last_app_takes_its_plan_along_unless_that_is_to_stay_or_is_locked() {
    let plan = web("serverfarms/plan");
    let left = |cloud: &Fixture, query: &str| {
        assert_eq!(cloud.arm(Delete, &web(&format!("sites/shop{query}")), &Value::Null).status, 200);
        cloud.arm(Get, &plan, &Value::Null).status
    };
    assert_eq!(left(&cloud("S1"), ""), 404);
    assert_eq!(left(&cloud("S1"), "?deleteEmptyServerFarm=false"), 200);
    let locked = cloud("S1");
    let lock = format!("{plan}/providers/Microsoft.Authorization/locks/keep");
    assert_eq!(locked.arm(Put, &lock, &json!({"properties": {"level": "CanNotDelete"}})).status, 201);
    assert_eq!(left(&locked, ""), 200);
}
