//! Certificates of a single app or slot: the only ones that apps on a Flex Consumption plan accept (C34), and
//! that other apps can choose at their creation. They share the operations of all certificates
//! (`certificates`); this file has the differences.

use serde_json::Value;

use super::{plans, site};
use crate::{
    call::Call,
    context::{CloudContext, text},
    id::ArmId,
    reply::Fault,
};

pub(crate) const KINDS: [&str; 2] =
    ["microsoft.web/sites/certificates", "microsoft.web/sites/slots/certificates"];

/// The first api-version that has them.
const FIRST_VERSION: &str = "2024-11-01";

/// The maximum of private key certificates of an app on a Flex Consumption plan, by its article of 2026.
const MOST_ON_FLEX: usize = 3;

pub(crate) fn is_of_site(id: &ArmId) -> bool {
    KINDS.contains(&id.kind().as_str())
}

/// The fault for a binding of an app that accepts only its own certificates and has none with this
/// thumbprint, in the words that Terraform's users saw.
pub(crate) fn missing(thumbprint: &str) -> Fault {
    Fault::web_coded(404, "51004", "Cannot find {0} with name {1}.", &["SiteCertificate", thumbprint])
}

/// Refuses the fourth certificate of an app on a Flex Consumption plan. The message is the practice cloud's
/// own.
pub(crate) fn require_room(ctx: &CloudContext<'_>, certificate: &ArmId) -> Result<(), Fault> {
    if !is_of_site(certificate) {
        return Ok(());
    }
    let app = certificate.parent();
    let site = ctx.need(&app)?;
    let plan = plans::named(ctx, text(&site, "/properties/serverFarmId"))?;
    let kind = KINDS[usize::from(app.kind() == site::SLOT)];
    if plans::is_flex(&plan) && ctx.list(kind, &app)?.len() >= MOST_ON_FLEX {
        let message = format!(
            "The app '{}' has {MOST_ON_FLEX} private certificates already, and can have no more.",
            app.name()
        );
        return Err(Fault::web(409, message));
    }
    Ok(())
}

/// Refuses api-versions that do not have them.
pub(crate) fn require_version(call: &Call, id: &ArmId) -> Result<(), Fault> {
    let kind = id.kind();
    let asks = kind.starts_with("microsoft.web/sites/") && kind.ends_with("/certificates")
        || call.segments.iter().any(|one| one.eq_ignore_ascii_case("sites"))
            && call.segments.last().is_some_and(|last| last.eq_ignore_ascii_case("certificates"));
    if !asks || call.api_version().get(..10).is_some_and(|date| date >= FIRST_VERSION) {
        return Ok(());
    }
    let message = format!(
        "The resource type 'sites/certificates' could not be found in the namespace 'Microsoft.Web' for api version '{}'. The \
         supported api-versions are '2024-11-01,2025-03-01,2025-05-01'.",
        call.api_version()
    );
    Err(Fault::arm(404, "InvalidResourceType", message))
}

/// The properties that only a single app's certificates have: the identity that reads the vault, and whether
/// code may load the certificate. A PUT without them removes them, like all writable members.
pub(crate) fn own(properties: &Value) -> Value {
    let names = ["enableKeyVaultAccessUsingMSI", "loadCertificateToWebsitesSettings"];
    let given = names.into_iter().filter_map(|name| Some((name.to_owned(), properties.get(name)?.clone())));
    Value::Object(given.collect())
}

/// Whether a new site accepts only its own certificates.
pub(crate) fn are_wanted(plan: &Value, call: &Call) -> bool {
    let asked = call.body.pointer("/properties/siteScopedCertificatesEnabled").and_then(Value::as_bool);
    plans::is_flex(plan) || asked == Some(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::{
        ca::{CommercialCa, Issued, LeafProfile, facts::thumbprint, pfx},
        call::HttpMethod::{Delete, Get, Put},
        dns::{self, DnsRecord, DnsRecordKind},
        fixture::{Fixture, GROUP, json_of},
        reply::Reply,
    };

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn web(rest: &str) -> String {
        format!("{GROUP}/providers/Microsoft.Web/{rest}")
    }

    /// A plan and an app `api` with the hostname `api.contoso.com`.
    fn cloud(sku: &str, properties: &Value) -> Fixture {
        let cloud = Fixture::new("2026-11-23T00:00:00Z");
        cloud.with(|ctx| {
            plans::save(ctx, &ArmId::parse(&web("serverfarms/plan")), "westeurope", sku, true).unwrap();
            dns::add(
                ctx.tx,
                &DnsRecord::new("api.contoso.com", DnsRecordKind::Cname, "api.azurewebsites.net").unwrap(),
            )
            .unwrap();
        });
        let mut site = json!({"location": "West Europe", "kind": "functionapp", "properties": properties});
        site["properties"]["serverFarmId"] = web("serverfarms/plan").into();
        assert_eq!(cloud.arm(Put, &web("sites/api"), &site).status, 200);
        let host = json!({"properties": {"siteName": "api"}});
        assert_eq!(cloud.arm(Put, &web("sites/api/hostNameBindings/api.contoso.com"), &host).status, 200);
        cloud
    }

    fn issue(cloud: &Fixture, days: i32) -> Issued {
        let profile = LeafProfile {
            common_name: "api.contoso.com".to_owned(),
            names: vec!["api.contoso.com".to_owned()],
            key: cloud.setting.pooled_key(0),
            not_before: cloud.now - DAY * 30,
            not_after: cloud.now + DAY * days,
            issuer: CommercialCa::GoDaddy,
            particulars: None,
        };
        cloud.setting.ca.issue(&profile).unwrap()
    }

    fn upload(cloud: &Fixture, path: &str, issued: &Issued) -> Reply {
        let file = BASE64.encode(pfx::write_with_password(issued, "api", "right").unwrap());
        let properties =
            json!({"pfxBlob": file, "password": "right", "serverFarmId": web("serverfarms/plan")});
        cloud.arm(Put, &web(path), &json!({"location": "West Europe", "properties": properties}))
    }

    fn bind(cloud: &Fixture, ssl: &str, issued: &Issued) -> Reply {
        let body = json!({"properties": {"sslState": ssl, "thumbprint": thumbprint(&issued.leaf)}});
        cloud.arm(Put, &web("sites/api/hostNameBindings/api.contoso.com"), &body)
    }

    fn message(reply: Reply) -> String {
        let body = json_of(reply);
        text(&body, "/Message").to_owned()
    }

    #[test]
    fn an_app_on_flex_consumption_is_bound_to_its_own_certificates_and_no_other() {
        let cloud = cloud("FC1", &json!({}));
        let shared = issue(&cloud, 100);
        assert_eq!(
            upload(&cloud, "certificates/shared", &shared).status,
            200,
            "it can be made, and is of no use"
        );
        let refused = bind(&cloud, "SniEnabled", &shared);
        assert_eq!(refused.status, 404);
        assert_eq!(
            message(refused),
            format!("Cannot find SiteCertificate with name {}.", thumbprint(&shared.leaf))
        );
        assert_eq!(upload(&cloud, "sites/api/certificates/own", &shared).status, 200);
        assert_eq!(bind(&cloud, "SniEnabled", &shared).status, 200);
        assert_eq!(
            bind(&cloud, "IpBasedEnabled", &shared).status,
            409,
            "there are no addresses of one's own on Flex Consumption"
        );
        assert_eq!(
            cloud.arm(Delete, &web("certificates/shared"), &json!({})).status,
            200,
            "nothing presents that one"
        );
        assert_eq!(cloud.arm(Delete, &web("sites/api/certificates/own"), &json!({})).status, 409);
    }

    #[test]
    fn a_renewal_in_place_moves_the_bindings_of_its_own_app_alone() {
        let cloud = cloud("S1", &json!({"siteScopedCertificatesEnabled": true}));
        let (old, new) = (issue(&cloud, 10), issue(&cloud, 100));
        upload(&cloud, "sites/api/certificates/own", &old);
        upload(&cloud, "certificates/shared", &old);
        bind(&cloud, "SniEnabled", &old);
        let presented = || {
            let shown = cloud.get(&web("sites/api/hostNameBindings/api.contoso.com"));
            text(&shown, "/properties/thumbprint").to_owned()
        };
        upload(&cloud, "certificates/shared", &new);
        assert_eq!(presented(), thumbprint(&old.leaf), "what the webspace shares does not concern it");
        upload(&cloud, "sites/api/certificates/own", &new);
        assert_eq!(presented(), thumbprint(&new.leaf));
    }

    #[test]
    fn there_are_three_of_them_on_flex_consumption_and_none_for_old_api_versions() {
        let cloud = cloud("FC1", &json!({}));
        for number in 0..3 {
            let made =
                upload(&cloud, &format!("sites/api/certificates/c{number}"), &issue(&cloud, 100 + number));
            assert_eq!(made.status, 200, "{number}");
        }
        assert_eq!(upload(&cloud, "sites/api/certificates/c3", &issue(&cloud, 200)).status, 409);
        assert_eq!(
            upload(&cloud, "sites/api/certificates/c0", &issue(&cloud, 200)).status,
            200,
            "one that is there is renewed"
        );
        assert_eq!(cloud.get(&web("sites/api/certificates"))["value"].as_array().unwrap().len(), 3);
        let old = cloud.arm(Get, &web("sites/api/certificates?api-version=2023-12-01"), &Value::Null);
        assert_eq!((old.status, json_of(old)["error"]["code"].clone()), (404, "InvalidResourceType".into()));
    }
}
