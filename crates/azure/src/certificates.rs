//! Private key certificates of App Service: those of a webspace (`Microsoft.Web/certificates`) and those of
//! one app (`sites/{app}/certificates`). The requests are the same, with another path and another
//! api-version.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::Around;
use super::client::Client;
use super::error::AzureError;
use super::request::{Body, Repeat, Request};
use super::sites::Site;
use super::{json, several, version};
use certdeck_model::{
    Home, Hostname, OwnSettings, PrivateCertificate, ResourceId, Scope, SecretStatus, Tags, VaultSecret,
    Webspace,
};

/// Apps whose own certificates are requested at the same time.
const APPS_AT_ONCE: usize = 8;

/// The certificates of all webspaces of a subscription or of a resource group. Certificates of single apps
/// are only in each app's own list (`of_app`).
pub async fn list(client: &Client, subscription: &ResourceId) -> Result<Vec<PrivateCertificate>, AzureError> {
    let path = format!("{subscription}/providers/Microsoft.Web/certificates");
    let request = Request::get("List the private key certificates", path, version::WEB);
    client.list_as(&request, decode).await
}

/// The certificates of the subscription that a resource is in, as far as the caller's roles reach.
pub async fn around(client: &Client, id: &ResourceId) -> Result<Around<PrivateCertificate>, AzureError> {
    super::around(id, |scope| async move { list(client, &scope).await }).await
}

/// The certificates of a single app or slot; none if the app does not exist.
pub async fn of_app(client: &Client, app: &ResourceId) -> Result<Vec<PrivateCertificate>, AzureError> {
    let what = format!("List the private key certificates of the app {}", app.site_label());
    let request = Request::get(what, format!("{app}/certificates"), version::SITE_CERTIFICATES);
    match client.list_as(&request, decode).await {
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 404) => Ok(Vec::new()),
        answer => answer,
    }
}

/// The certificates of those of these apps that have their own. Apps that may not be read are left out: a
/// caller who may not read their certificates may not change them either.
pub async fn of_apps(client: &Client, sites: &[Site]) -> Result<Vec<PrivateCertificate>, AzureError> {
    let scoped = sites.iter().filter(|site| site.app.scope == Scope::App);
    let read = |app: ResourceId| async move {
        match of_app(client, &app).await {
            Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 403) => Ok(Vec::new()),
            answer => answer,
        }
    };
    let asked = scoped.map(|site| read(site.app.id.clone()));
    Ok(several::try_all(APPS_AT_ONCE, asked).await?.into_iter().flatten().collect())
}

/// Reads one certificate of a webspace or of an app; `None` if it does not exist.
pub async fn get(client: &Client, id: &ResourceId) -> Result<Option<PrivateCertificate>, AzureError> {
    let request = Request::get(format!("Read the certificate {}", id.name()), id.as_str(), version::of(id));
    client.read_as(&request, decode).await
}

/// The certificate that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewCertificate<'a> {
    /// The id that the certificate gets; its type decides whether it belongs to a webspace or to one app.
    pub id: &'a ResourceId,
    /// The region of the webspace or of the app.
    pub location: &'a str,
    /// The plan that determines the webspace; for an app's own certificate the plan of the app.
    pub plan: Option<&'a ResourceId>,
    /// All tags that the certificate has afterwards.
    pub tags: &'a Tags,
    /// The settings that only the certificate of one app has.
    pub own: OwnSettings,
}

impl NewCertificate<'_> {
    /// Keeps the settings that a certificate of this id already has.
    #[must_use]
    pub fn keeping(self, existing: Option<&PrivateCertificate>) -> Self {
        Self { own: existing.map(|existing| existing.own).unwrap_or_default(), ..self }
    }

    fn put(self, what: String, mut properties: Value) -> Request {
        if let Some(plan) = self.plan {
            properties["serverFarmId"] = plan.as_str().into();
        }
        if let Some(by_identity) = self.own.by_identity {
            properties["enableKeyVaultAccessUsingMSI"] = by_identity.into();
        }
        if let Some(for_code) = self.own.for_code {
            properties["loadCertificateToWebsitesSettings"] = json!({ "loadToWebsite": for_code });
        }
        let body = json::tagged(json!({ "location": self.location, "properties": properties }), self.tags);
        Request::put(what, self.id, version::of(self.id), body)
    }
}

/// Imports a certificate from a vault secret. The same request again is a Sync (`sync`).
pub fn import(to: NewCertificate<'_>, vault: &ResourceId, secret: &str) -> Request {
    let what = format!("Import the certificate {} from the vault {}", to.id.name(), vault.name());
    to.put(what, json!({ "keyVaultId": vault.as_str(), "keyVaultSecretName": secret, "password": "" }))
}

/// Sync: repeats the request of the import unchanged. The service reads the secret again, takes the
/// certificate that it now holds, and moves every binding of the webspace. No answer contains the plan; when
/// it is unknown it is omitted, as the newest az CLI does.
pub fn sync(certificate: &PrivateCertificate, secret: &VaultSecret, plan: Option<&ResourceId>) -> Request {
    let what =
        format!("Sync the certificate {} with the vault {}", certificate.id.name(), secret.vault.name());
    let to = NewCertificate {
        id: &certificate.id,
        location: &certificate.location,
        plan,
        tags: &certificate.tags,
        own: certificate.own,
    };
    to.put(
        what,
        json!({ "keyVaultId": secret.vault.as_str(), "keyVaultSecretName": secret.secret, "password": "" }),
    )
}

/// Uploads a PFX; both the file (in Base64) and its password are secrets.
pub fn upload(to: NewCertificate<'_>, pfx: SecretString, password: SecretString) -> Request {
    let mut request = to.put(
        format!("Upload the certificate {}", to.id.name()),
        json!({ "password": null, "pfxBlob": null }),
    );
    let sealed =
        |body: Body| body.secret("/properties/password", password).secret("/properties/pfxBlob", pfx);
    request.body = request.body.map(sealed);
    request
}

/// Deletes the certificate. The service refuses while a binding uses it.
pub fn delete(id: &ResourceId) -> Request {
    Request::delete(format!("Delete the certificate {}", id.name()), id, version::of(id))
}

/// Creates a free managed certificate for a hostname. A name with an A record is proved by a token over HTTP
/// (`domainValidationMethod`), one with a CNAME record by that record. Azure takes minutes, and repeating the
/// request does not help.
pub fn manage(to: NewCertificate<'_>, host: &Hostname, by_http_token: bool) -> Request {
    let mut properties = json!({ "canonicalName": host.as_str(), "password": "" });
    if by_http_token {
        properties["domainValidationMethod"] = "http-token".into();
    }
    to.put(format!("Create a managed certificate for {host}"), properties).repeat(Repeat::LookFirst)
}

/// The members of `properties` that `decode` reads: the projection of the index asks for these.
pub(crate) const MEMBERS: &[&str] = &[
    "webSpace",
    "serverFarmId",
    "thumbprint",
    "subjectName",
    "hostNames",
    "issuer",
    "issueDate",
    "expirationDate",
    "keyVaultId",
    "keyVaultSecretName",
    "keyVaultSecretStatus",
    "canonicalName",
];

/// Decodes a certificate of a webspace or of an app; `None` if it has no valid id.
pub fn decode(value: &Value) -> Option<PrivateCertificate> {
    let id = json::id(value, "/id")?;
    let vault = json::id(value, "/properties/keyVaultId").map(|vault| VaultSecret {
        vault,
        secret: json::text_or_empty(value, "/properties/keyVaultSecretName"),
        status: json::text(value, "/properties/keyVaultSecretStatus")
            .map_or(SecretStatus::Unknown, |text| SecretStatus::parse(&text)),
    });
    Some(PrivateCertificate {
        location: json::text_or_empty(value, "/location"),
        home: home(value, &id),
        thumbprint: json::thumbprint(value, "/properties/thumbprint"),
        subject: json::text_or_empty(value, "/properties/subjectName"),
        hosts: hosts(value),
        issuer: json::text_or_empty(value, "/properties/issuer"),
        issued: json::time(value, "/properties/issueDate"),
        expires: json::time(value, "/properties/expirationDate"),
        vault,
        canonical_name: json::text(value, "/properties/canonicalName").map(Into::into),
        tags: json::tags(value),
        own: OwnSettings {
            by_identity: value.pointer("/properties/enableKeyVaultAccessUsingMSI").and_then(Value::as_bool),
            for_code: value
                .pointer("/properties/loadCertificateToWebsitesSettings/loadToWebsite")
                .and_then(Value::as_bool),
        },
        id,
    })
}

/// Where the certificate lives: its id, and the webspace in the answer. Without one in the answer, the
/// webspace is derived from the certificate's plan, or from its own group: certificates are made in the group
/// of their plan.
fn home(value: &Value, id: &ResourceId) -> Home {
    if let Some(app) = id.site() {
        return Home::App(app);
    }
    let named = json::text(value, "/properties/webSpace").map(|name| Webspace::named(id, name));
    Home::Webspace(named.unwrap_or_else(|| {
        let region: String = json::text_or_empty(value, "/location");
        let plan = json::id(value, "/properties/serverFarmId");
        Webspace::derived(plan.as_ref().unwrap_or(id), &region, None)
    }))
}

/// Answers about an app's own certificates may omit the hostnames; the subject contains at least one.
fn hosts(value: &Value) -> Vec<Hostname> {
    let hosts = json::hosts(value, "/properties/hostNames");
    if !hosts.is_empty() {
        return hosts;
    }
    let subject = json::text(value, "/properties/canonicalName")
        .or_else(|| json::text(value, "/properties/subjectName"));
    let names = subject.iter().flat_map(|names| names.split(','));
    names.filter_map(|name| Hostname::parse(name.trim().trim_start_matches("CN=")).ok()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn certificate(properties: &Value) -> PrivateCertificate {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/certificates/shop";
        decode(&json!({"id": id, "location": "West Europe", "properties": properties})).unwrap()
    }

    #[test]
    fn an_uploaded_certificate_has_no_vault_whatever_its_secret_status_says() {
        let uploaded = certificate(
            &json!({"keyVaultId": "", "keyVaultSecretName": "", "keyVaultSecretStatus": "Initialized", "canonicalName": null,
            "hostNames": ["a.com", "not a host"], "expirationDate": "2017-03-11T16:50:39-08:00"}),
        );
        assert_eq!((uploaded.vault, uploaded.canonical_name, uploaded.hosts.len()), (None, None, 1));
        assert_eq!(uploaded.expires.unwrap().to_string(), "2017-03-12T00:50:39Z");
    }

    #[test]
    fn what_an_app_s_own_certificate_was_created_with_goes_back_with_every_write() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/api/certificates/api";
        let own = decode(&json!({"id": id, "location": "West Europe", "tags": {"env": "prod"}, "properties": {
            "hostNames": null, "subjectName": "api.contoso.com", "keyVaultId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv",
            "keyVaultSecretName": "api", "enableKeyVaultAccessUsingMSI": true, "loadCertificateToWebsitesSettings": {"loadToWebsite": false}}}))
        .unwrap();
        assert_eq!((own.home.label().as_str(), own.hosts[0].as_str()), ("app api", "api.contoso.com"));
        let again = sync(&own, own.vault.as_ref().unwrap(), None);
        assert_eq!(again.api_version, "2024-11-01");
        let sent = again.body.unwrap().shown();
        assert_eq!(sent["tags"], json!({"env": "prod"}));
        assert_eq!(sent["properties"]["enableKeyVaultAccessUsingMSI"], true);
        assert_eq!(sent["properties"]["loadCertificateToWebsitesSettings"]["loadToWebsite"], false);
    }

    #[test]
    fn an_answer_that_names_no_webspace_has_that_of_its_plan_or_group() {
        let derived = certificate(
            &json!({"serverFarmId": "/subscriptions/s/resourceGroups/plans/providers/Microsoft.Web/serverfarms/p"}),
        );
        assert_eq!(derived.home.label(), "plans-WestEuropewebspace");
        assert_eq!(certificate(&json!({"webSpace": ""})).home.label(), "g-WestEuropewebspace");
    }

    #[test]
    fn a_managed_certificate_that_is_being_issued_has_no_thumbprint_yet() {
        let managed = certificate(&json!({"thumbprint": "", "canonicalName": "www.contoso.com"}));
        assert_eq!((managed.thumbprint, managed.canonical_name.as_deref()), (None, Some("www.contoso.com")));
    }
}
