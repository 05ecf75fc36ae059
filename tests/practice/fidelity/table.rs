//! Which request to the practice cloud is of the same kind as a recorded one, and which differences are
//! accepted.
//!
//! In paths and bodies `{sub}` stands for the first subscription, `{rg}` for the group rg-shop in it, `{web}`
//! for Microsoft.Web in that group, `{kv}` for the data plane of a vault made for the test, `{n}` for a
//! number that is new with every recording.

/// One request: method, path, body (empty: none).
pub(super) type Ask = (&'static str, &'static str, &'static str);

/// Recordings of a folder whose file name begins with this (`PUT_2`) and whose address contains that, and
/// what is asked here: first what has to be so before, last the request itself. Earlier rows win.
pub(super) struct Row(pub &'static str, pub &'static str, pub &'static str, pub &'static [Ask]);

const SECRET: Ask =
    ("PUT", "{kv}/secrets/s{n}", r#"{"value": "1", "contentType": "text/plain", "tags": {"a": "b"}}"#);
const CERTIFICATE: Ask = (
    "POST",
    "{kv}/certificates/c{n}/create",
    r#"{"policy": {"issuer": {"name": "Self"}, "key_props": {"kty": "EC", "exportable": true, "key_size": 256, "reuse_key": false, "crv": "P-256"}, "secret_props": {"contentType": "application/x-pem-file"},
        "x509_props": {"subject": "CN=a", "key_usage": ["digitalSignature"], "ekus": ["1.3.6.1.5.5.7.3.1"], "validity_months": 12, "basic_constraints": {"ca": false}, "sans": {"dns_names": ["a.b"]}},
        "lifetime_actions": [{"trigger": {"days_before_expiry": 30}, "action": {"action_type": "EmailContacts"}},
            {"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "AutoRenew"}}]},
        "tags": {"a": "b"}}"#,
);
const PENDING: Ask = (
    "POST",
    "{kv}/certificates/p{n}/create",
    r#"{"policy": {"issuer": {"name": "Unknown"}, "key_props": {"kty": "EC"}, "x509_props": {"subject": "CN=a"}}, "tags": {"a": "b"}}"#,
);
const ISSUER: Ask = (
    "PUT",
    "{kv}/certificates/issuers/i{n}",
    r#"{"provider": "Test", "credentials": {"account_id": "a"}, "attributes": {"enabled": true},
        "org_details": {"id": "o", "zip": 0, "admin_details": [{"first_name": "A", "last_name": "B", "email": "c@d", "phone": "1"}]}}"#,
);
const VAULT: Ask = (
    "PUT",
    "{rg}/providers/Microsoft.KeyVault/vaults/kv-like-{n}",
    r#"{"location": "westeurope", "tags": {"a": "b"}, "properties": {"tenantId": "22222222-2222-2222-2222-222222222222", "sku": {"family": "A", "name": "standard"}, "enablePurgeProtection": true,
        "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [{"value": "1.2.3.4/32"}], "virtualNetworkRules": [{"id": "v"}]},
        "accessPolicies": [{"tenantId": "22222222-2222-2222-2222-222222222222", "objectId": "00000000-0000-0000-0000-00000000000f", "permissions": {"keys": ["all"], "secrets": ["all"], "certificates": ["all"], "storage": ["all"]}}]}}"#,
);
const PLAIN_VAULT: Ask = (
    "PUT",
    "{rg}/providers/Microsoft.KeyVault/vaults/kv-gone-{n}",
    r#"{"location": "westeurope", "tags": {"a": "b"}, "properties": {"tenantId": "22222222-2222-2222-2222-222222222222", "sku": {"family": "A", "name": "standard"}}}"#,
);
const GONE: Ask = ("DELETE", "{rg}/providers/Microsoft.KeyVault/vaults/kv-gone-{n}", "");
const PURGE: Ask =
    ("POST", "{sub}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-gone-{n}/purge", "");
const LOCK: Ask = (
    "PUT",
    "{sub}/resourceGroups/rg-intranet/providers/Microsoft.Authorization/locks/l{n}",
    r#"{"properties": {"level": "CanNotDelete", "notes": "n"}}"#,
);
const PLAN: Ask =
    ("PUT", "{web}/serverfarms/plan-shop", r#"{"location": "West Europe", "tags": {"a": "b"}}"#);
const GROUP: Ask = ("PUT", "{sub}/resourcegroups/g{n}", r#"{"location": "westeurope", "tags": {"a": "b"}}"#);
/// What the request before named in its `Location`.
const FOLLOW: Ask = ("GET", "{location}", "");

pub(super) const ROWS: &[Row] = &[
    // Microsoft.Web
    Row("web-sites", "GET", "/slots/", &[("GET", "{web}/sites/contoso-shop/slots/staging", "")]),
    Row("web-sites", "GET", "/sites?", &[("GET", "{web}/sites", "")]),
    Row("web-sites", "GET_2", "", &[("GET", "{web}/sites/contoso-shop", "")]),
    Row(
        "web-sites",
        "PUT",
        "/slots/",
        &[(
            "PUT",
            "{web}/sites/contoso-shop/slots/staging",
            r#"{"location": "West Europe", "tags": {"a": "b"}}"#,
        )],
    ),
    Row(
        "web-sites",
        "PUT",
        "",
        &[("PUT", "{web}/sites/contoso-shop", r#"{"location": "West Europe", "tags": {"a": "b"}}"#)],
    ),
    Row("web-sites", "PATCH", "", &[("PATCH", "{web}/sites/contoso-shop", r#"{"properties": {}}"#)]),
    Row("web-config-web", "GET", "", &[("GET", "{web}/sites/contoso-shop/config/web", "")]),
    Row(
        "web-config-web",
        "P",
        "",
        &[("PATCH", "{web}/sites/contoso-shop/config/web", r#"{"properties": {}}"#)],
    ),
    Row("web-serverfarms", "GET_4", "", &[("GET", "{web}/serverfarms/nobody", "")]),
    Row("web-serverfarms", "GET", "/serverfarms?", &[PLAN, ("GET", "{web}/serverfarms", "")]),
    Row("web-serverfarms", "GET", "", &[PLAN, ("GET", "{web}/serverfarms/plan-shop", "")]),
    Row(
        "web-serverfarms",
        "PUT_2",
        "",
        &[("PUT", "{web}/serverfarms/plan-shop", r#"{"location": "West Europe", "tags": {"a": "b"}}"#)],
    ),
    Row(
        "web-certificates",
        "GET",
        "permissions",
        &[("GET", "{web}/certificates/shop-2026/providers/Microsoft.Authorization/permissions", "")],
    ),
    Row("web-certificates", "GET", "/certificates?", &[("GET", "{web}/certificates", "")]),
    Row("web-certificates", "GET", "", &[("GET", "{web}/certificates/shop-2026", "")]),
    Row(
        "web-certificates",
        "PUT",
        "/www.",
        &[(
            "PUT",
            "{sub}/resourceGroups/rg-intranet/providers/Microsoft.Web/certificates/wiki.contoso.com",
            r#"{"location": "North Europe", "properties": {"canonicalName": "wiki.contoso.com"}}"#,
        )],
    ),
    Row(
        "web-certificates",
        "PUT",
        "",
        &[("PUT", "{web}/certificates/kv-contoso-shop-api", r#"{"location": "West Europe"}"#)],
    ),
    Row("web-certificates", "DELETE_4", "", &[("DELETE", "{web}/certificates/shop-2026", "")]),
    Row("web-hostnamebindings", "GET", "", &[("GET", "{web}/sites/contoso-shop/hostNameBindings", "")]),
    Row(
        "web-hostnamebindings",
        "PUT_2",
        "",
        &[("PUT", "{web}/sites/contoso-shop/hostNameBindings/shop.contoso.com", r#"{"properties": {}}"#)],
    ),
    Row(
        "web-hostnamebindings",
        "PUT_4",
        "",
        &[("PUT", "{web}/sites/contoso-shop/hostNameBindings/nowhere.example", r#"{"properties": {}}"#)],
    ),
    // Orders and domains
    Row(
        "certificateregistration",
        "GET",
        "/certificateOrders?",
        &[("GET", "{rg}/providers/Microsoft.CertificateRegistration/certificateOrders", "")],
    ),
    Row(
        "certificateregistration",
        "GET",
        "",
        &[(
            "GET",
            "{sub}/resourceGroups/rg-intranet/providers/Microsoft.CertificateRegistration/certificateOrders/fabrikam",
            "",
        )],
    ),
    Row(
        "certificateregistration",
        "PUT_4",
        "",
        &[(
            "PUT",
            "{sub}/resourceGroups/nowhere/providers/Microsoft.CertificateRegistration/certificateOrders/one",
            "{}",
        )],
    ),
    Row(
        "domainregistration",
        "GET_4",
        "",
        &[("GET", "{sub}/resourceGroups/nowhere/providers/Microsoft.DomainRegistration/domains/one.com", "")],
    ),
    Row(
        "domainregistration",
        "GET_2",
        "",
        &[(
            "GET",
            "{sub}/resourceGroups/rg-platform/providers/Microsoft.DomainRegistration/domains/contoso.com",
            "",
        )],
    ),
    // Key Vault, management
    Row(
        "keyvault-vaults",
        "GET",
        "deletedVaults",
        &[PLAIN_VAULT, GONE, ("GET", "{sub}/providers/Microsoft.KeyVault/deletedVaults", "")],
    ),
    Row("keyvault-vaults", "GET", "operationResults", &[PLAIN_VAULT, GONE, PURGE, FOLLOW]),
    Row(
        "keyvault-vaults",
        "GET_4",
        "/pshtestvault31",
        &[("GET", "{sub}/resourceGroups/nowhere/providers/Microsoft.KeyVault/vaults/nobody", "")],
    ),
    Row("keyvault-vaults", "GET_4", "", &[("GET", "{rg}/providers/Microsoft.KeyVault/vaults/nobody", "")]),
    Row(
        "keyvault-vaults",
        "GET",
        "/vaults?",
        &[VAULT, ("GET", "{rg}/providers/Microsoft.KeyVault/vaults", "")],
    ),
    Row(
        "keyvault-vaults",
        "GET",
        "",
        &[VAULT, ("GET", "{rg}/providers/Microsoft.KeyVault/vaults/kv-like-{n}", "")],
    ),
    Row("keyvault-vaults", "PUT", "", &[VAULT]),
    Row(
        "keyvault-vaults",
        "PATCH",
        "",
        &[VAULT, ("PATCH", "{rg}/providers/Microsoft.KeyVault/vaults/kv-like-{n}", "{}")],
    ),
    Row(
        "keyvault-vaults",
        "POST",
        "checkNameAvailability",
        &[(
            "POST",
            "{sub}/providers/Microsoft.KeyVault/checkNameAvailability",
            r#"{"name": "kv-contoso-shop", "type": "Microsoft.KeyVault/vaults"}"#,
        )],
    ),
    // Key Vault, data
    Row("keyvault-secrets", "GET", "maxresults", &[SECRET, ("GET", "{kv}/secrets?maxresults=1", "")]),
    Row("keyvault-secrets", "GET", "/versions", &[SECRET, ("GET", "{kv}/secrets/s{n}/versions", "")]),
    Row("keyvault-secrets", "GET", "/secrets?", &[SECRET, ("GET", "{kv}/secrets", "")]),
    Row("keyvault-secrets", "GET", "", &[SECRET, ("GET", "{kv}/secrets/s{n}/", "")]),
    Row("keyvault-secrets", "PUT_4", "", &[("PUT", "{nobody}/secrets/s{n}", "{}")]),
    Row("keyvault-secrets", "PUT", "", &[SECRET]),
    Row(
        "keyvault-secrets",
        "PATCH",
        "",
        &[SECRET, ("PATCH", "{kv}/secrets/s{n}/", r#"{"attributes": {"enabled": true}}"#)],
    ),
    Row("keyvault-secrets", "POST", "/backup", &[SECRET, ("POST", "{kv}/secrets/s{n}/backup", "")]),
    Row(
        "keyvault-secrets",
        "POST",
        "/restore",
        &[
            SECRET,
            ("POST", "{kv}/secrets/s{n}/backup", ""),
            ("DELETE", "{kv}/secrets/s{n}", ""),
            ("DELETE", "{kv}/deletedsecrets/s{n}", ""),
            ("POST", "{kv}/secrets/restore", "{backup}"),
        ],
    ),
    Row("keyvault-secrets", "DELETE_200", "", &[SECRET, ("DELETE", "{kv}/secrets/s{n}", "")]),
    Row("keyvault-certificates", "PATCH_4", "", &[("PATCH", "{kv}/certificates/issuers/nobody", "{}")]),
    Row("keyvault-certificates", "GET", "/issuers?", &[ISSUER, ("GET", "{kv}/certificates/issuers", "")]),
    Row(
        "keyvault-certificates",
        "GET",
        "/issuers/",
        &[ISSUER, ("GET", "{kv}/certificates/issuers/i{n}", "")],
    ),
    Row(
        "keyvault-certificates",
        "PATCH",
        "/issuers/",
        &[ISSUER, ("PATCH", "{kv}/certificates/issuers/i{n}", "{}")],
    ),
    Row(
        "keyvault-certificates",
        "DELETE",
        "/issuers/",
        &[ISSUER, ("DELETE", "{kv}/certificates/issuers/i{n}", "")],
    ),
    Row("keyvault-certificates", "PUT_4", "", &[("PUT", "{nobody}/certificates/issuers/i{n}", "{}")]),
    Row("keyvault-certificates", "PUT", "/issuers/", &[ISSUER]),
    Row("keyvault-certificates", "GET_4", "/pending", &[("GET", "{kv}/certificates/nobody/pending", "")]),
    Row(
        "keyvault-certificates",
        "GET",
        "/pending",
        &[PENDING, ("GET", "{kv}/certificates/p{n}/pending", "")],
    ),
    Row(
        "keyvault-certificates",
        "DELETE",
        "/pending",
        &[PENDING, ("DELETE", "{kv}/certificates/p{n}/pending", "")],
    ),
    Row(
        "keyvault-certificates",
        "POST_4",
        "/merge",
        &[PENDING, ("POST", "{kv}/certificates/p{n}/pending/merge", r#"{"x5c": ["bm8="]}"#)],
    ),
    Row("keyvault-certificates", "POST_401", "", &[("POST", "{nobody}/certificates/c{n}/import", "{}")]),
    Row("keyvault-certificates", "POST", "/create", &[PENDING]),
    Row(
        "keyvault-certificates",
        "GET",
        "includePending",
        &[PENDING, ("GET", "{kv}/certificates?includePending=true", "")],
    ),
    Row("keyvault-certificates", "GET", "", &[CERTIFICATE, ("GET", "{kv}/certificates/c{n}/", "")]),
    // The answer to an import is the certificate, as that to a GET.
    Row("keyvault-certificates", "POST", "/import", &[CERTIFICATE, ("GET", "{kv}/certificates/c{n}/", "")]),
    Row("keyvault-certificates", "DELETE", "", &[CERTIFICATE, ("DELETE", "{kv}/certificates/c{n}", "")]),
    // Around them
    Row("locks", "GET_4", "", &[("GET", "{rg}/providers/Microsoft.Authorization/locks/nobody", "")]),
    Row("locks", "GET", "/locks?", &[("GET", "{sub}/providers/Microsoft.Authorization/locks", "")]),
    Row(
        "locks",
        "GET",
        "",
        &[LOCK, ("GET", "{sub}/resourceGroups/rg-intranet/providers/Microsoft.Authorization/locks/l{n}", "")],
    ),
    Row("locks", "PUT_201", "", &[LOCK]),
    Row("locks", "PUT", "", &[LOCK, LOCK]),
    Row("resource-groups", "DELETE_4", "", &[LOCK, ("DELETE", "{sub}/resourceGroups/rg-intranet", "")]),
    Row("resource-groups", "GET", "esourcegroups?", &[("GET", "{sub}/resourcegroups", "")]),
    Row("resource-groups", "GET", "", &[("GET", "{rg}", "")]),
    Row("resource-groups", "PUT", "", &[GROUP]),
    Row(
        "resource-groups",
        "PATCH",
        "",
        &[GROUP, ("PATCH", "{sub}/resourcegroups/g{n}", r#"{"tags": {"a": "b"}}"#)],
    ),
    Row("subscriptions", "GET", "/subscriptions?", &[("GET", "/subscriptions", "")]),
    Row("subscriptions", "GET", "", &[("GET", "{sub}", "")]),
    Row("arm-resources-list", "GET_4", "", &[("GET", "{sub}/resourceGroups/nowhere/resources", "")]),
    Row(
        "arm-resources-list",
        "GET",
        "",
        &[("GET", "{sub}/resources?$expand=createdTime,changedTime,provisioningState&$top=40", "")],
    ),
    Row(
        "directory",
        "GET_2",
        "servicePrincipals?",
        &[(
            "GET",
            "/v1.0/servicePrincipals?$filter=servicePrincipalNames/any(c:c eq 'Microsoft.Azure.WebSites')",
            "",
        )],
    ),
    Row(
        "directory",
        "GET_2",
        "v1.0/servicePrincipals/",
        &[("GET", "/v1.0/servicePrincipals/f8daea97-62e7-4026-becf-13c2ea98e8b4", "")],
    ),
    Row(
        "directory",
        "GET_404",
        "",
        &[("GET", "/v1.0/servicePrincipals/12416e4c-58d6-4b8e-b9c5-46574fd4a225", "")],
    ),
];

/// Recordings that nothing here is like: folder and beginning of the file name, a part of the address, and
/// why.
pub(super) const NOT_LIKE: &[(&str, &str, &str, &str)] = &[
    (
        "directory",
        "GET_2",
        "/me",
        "there is no user, only a service principal: Graph refuses /me, as it does for one",
    ),
    ("directory", "GET_4", "graph.windows.net", "Azure AD Graph was shut down; no client of today asks it"),
    ("other-errors", "", "", "Azure AD Graph was shut down; no client of today asks it"),
    ("domainregistration", "POST", "", "App Service domains cannot be bought here"),
    ("domainregistration", "PUT", "", "App Service domains cannot be bought here"),
    ("domainregistration", "GET", "operationresults", "App Service domains cannot be bought here"),
    (
        "web-serverfarms",
        "PUT_429",
        "",
        "the service is busy by accident, not by a request; faults on request are another test's subject",
    ),
];

/// Members that recorded answers have and ours do not: folder, path (`*` for the rest), and why.
pub(super) const ACCEPTED: &[(&str, &str, &str)] = &[
    ("web-sites", "identity*", "apps have no managed identity here: nothing runs that could use one"),
    ("web-sites", "properties.inFlightFeatures[]", "the list is empty: no feature is being rolled out"),
    (
        "web-sites",
        "properties.siteConfig.ipSecurityRestrictions[]*",
        "recorded in 2019; since 2023 it is null there, and the list is in config/web",
    ),
    (
        "web-sites",
        "properties.siteConfig.scmIpSecurityRestrictions[]*",
        "recorded in 2019; since 2023 it is null there, and the list is in config/web",
    ),
    ("web-config-web", "properties.cors.*", "null until somebody sets it, as recorded of other apps"),
    (
        "web-certificates",
        "properties.hostingEnvironmentProfile.*",
        "there is no App Service Environment here",
    ),
    ("web-hostnamebindings", "tags", "null in an answer of 2016, and in none since"),
    (
        "web-hostnamebindings",
        "Details[].ErrorEntity",
        "the registrar's refusal of a domain bought in Azure; there are none here",
    ),
    (
        "web-hostnamebindings",
        "Details[].ErrorEntity[]*",
        "the registrar's refusal of a domain bought in Azure; there are none here",
    ),
    (
        "certificateregistration",
        "properties.certificates.*",
        "the keys are names of stored certificates, ours are called otherwise; CERTIFICATES compares their values",
    ),
    (
        "domainregistration",
        "properties.managedHostNames[]*",
        "the hostnames of a domain are kept with their apps",
    ),
    ("arm-resources-list", "identity*", "apps have no managed identity here"),
    (
        "subscriptions",
        "managedByTenants[]*",
        "no other tenant manages the subscription, so the list is empty",
    ),
    (
        "directory",
        "*",
        "Graph is here to recognise service principals: id, appId, names and type; nobody reads the rest",
    ),
];
