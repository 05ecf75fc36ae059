//! The certificates of a scenario: really issued, with keys from the pool, at the time that the scenario
//! states.

use jiff::{SignedDuration, Timestamp};

use super::{
    KeptCertificate, KeptForm, ScenarioCertificate, ScenarioIssuer, ScenarioPublicCertificate,
    build::{NameResolver, moment, unknown},
};
use crate::{
    ca::{CommercialCa, Issued, KeyCurve, KeySource, LeafProfile},
    calendar::{ORDER_LEAF_DAYS, days},
    context::{CloudContext, text},
    material::Material,
    provider::{
        key_vault,
        microsoft_web::{
            certificates::{self, CertificateOrigin},
            managed, public_certificates, sources,
        },
    },
    reply::Fault,
};

/// Makes one private key certificate in the webspace of its plan.
pub(super) fn make(
    ctx: &CloudContext<'_>,
    place: NameResolver<'_>,
    wanted: &ScenarioCertificate,
) -> Result<(), Fault> {
    let role = if wanted.from == "managed" || wanted.ca == ScenarioIssuer::DigiCert {
        CommercialCa::DigiCert
    } else {
        CommercialCa::GoDaddy
    };
    let (mut issued, mut expires) = (moment(ctx.now, &wanted.issued)?, moment(ctx.now, &wanted.expires)?);
    if wanted.from != "managed" {
        (issued, expires) = as_allowed(ctx.now, issued, expires);
    }
    let then = CloudContext { now: issued, ..*ctx };
    let made = issue(ctx, pooled(ctx, &wanted.name), &wanted.hosts, (issued, expires), role)?;
    let plan_id = place.plan(&wanted.plan)?;
    let plan = ctx.need(&plan_id)?;
    let to = certificates::Placement {
        id: plan_id.parent().under("Microsoft.Web", "certificates", &wanted.name),
        region: text(&plan, "/location").to_owned(),
        webspace: text(&plan, "/properties/webSpace").to_owned(),
        own: serde_json::Value::Null,
        tags: serde_json::Value::Null,
    };
    let material =
        |issued: Issued| Material::try_from(issued).map_err(|error| Fault::invalid(error.to_string()));
    match wanted.from.as_str() {
        "upload" => {
            let origin = CertificateOrigin::Upload { friendly_name: wanted.name.clone() };
            certificates::save(&then, &to, &material(made)?, &origin)?;
        }
        "managed" => {
            let origin = CertificateOrigin::Managed {
                host: wanted.hosts.first().cloned().unwrap_or_default(),
                method: None,
            };
            certificates::save(&then, &to, &material(made)?, &origin)?;
            managed::schedule_renewal(ctx, &to.id, issued, expires)?;
        }
        vault => {
            let vault = place.vault(vault)?;
            let secret = wanted.secret.as_deref().unwrap_or(&wanted.name);
            let found =
                key_vault::VaultRecord::at(ctx, &vault)?.ok_or_else(|| unknown("vault", vault.name()))?;
            key_vault::certificate::add_version(
                &then,
                &found,
                &key_vault::certificate::Draft::named(secret),
                &made,
            )?;
            sources::import(&then, &to, &vault, secret)?;
        }
    }
    Ok(())
}

/// Puts a certificate into a vault only.
pub(super) fn keep(
    ctx: &CloudContext<'_>,
    place: NameResolver<'_>,
    wanted: &KeptCertificate,
) -> Result<(), Fault> {
    let id = place.vault(&wanted.vault)?;
    let vault = key_vault::VaultRecord::at(ctx, &id)?.ok_or_else(|| unknown("vault", id.name()))?;
    let life = as_allowed(ctx.now, moment(ctx.now, &wanted.issued)?, moment(ctx.now, &wanted.expires)?);
    let then = CloudContext { now: life.0, ..*ctx };
    let key = if wanted.form == KeptForm::EllipticCurve {
        KeySource::NewEc(KeyCurve::P256)
    } else {
        pooled(ctx, &wanted.name)
    };
    let made = issue(ctx, key, &wanted.hosts, life, CommercialCa::GoDaddy)?;
    key_vault::certificate::add_version(
        &then,
        &vault,
        &key_vault::certificate::Draft::named(&wanted.name),
        &made,
    )?;
    if wanted.form == KeptForm::Pem {
        key_vault::certificate::keep_as_pem(ctx, &vault, &wanted.name)?;
    }
    Ok(())
}

/// Makes one public certificate of an app.
pub(super) fn make_public(
    ctx: &CloudContext<'_>,
    place: NameResolver<'_>,
    wanted: &ScenarioPublicCertificate,
) -> Result<(), Fault> {
    let hosts = [wanted.host.clone()];
    let life = (moment(ctx.now, &wanted.issued)?, moment(ctx.now, &wanted.expires)?);
    let made = issue(ctx, pooled(ctx, &wanted.name), &hosts, life, CommercialCa::GoDaddy)?;
    let id = place.app(&wanted.app)?.child("publicCertificates", &wanted.name);
    public_certificates::add(ctx, &id, &made.leaf, "CurrentUserMy")?;
    Ok(())
}

/// The validity that the calendar of the CAs allows: with the same end, or with the same part of it elapsed.
fn as_allowed(now: Timestamp, issued: Timestamp, expires: Timestamp) -> (Timestamp, Timestamp) {
    // The scenario's days are rounded.
    let longest = days(ORDER_LEAF_DAYS.at(issued) + 1);
    if expires.duration_since(issued) <= longest {
        return (issued, expires);
    }
    let longest = days(ORDER_LEAF_DAYS.at(expires - longest));
    if expires - longest < now {
        return (expires - longest, expires);
    }
    let over = now.duration_since(issued).as_secs_f64() / expires.duration_since(issued).as_secs_f64();
    let issued = now - SignedDuration::from_secs_f64(longest.as_secs_f64() * over);
    (issued, issued + longest)
}

/// Different names get different keys of the pool, and each name always the same one.
fn pooled(ctx: &CloudContext<'_>, name: &str) -> KeySource {
    ctx.setting.pooled_key(name.bytes().map(usize::from).sum())
}

fn issue(
    ctx: &CloudContext<'_>,
    key: KeySource,
    hosts: &[String],
    (issued, expires): (Timestamp, Timestamp),
    role: CommercialCa,
) -> Result<Issued, Fault> {
    let profile = LeafProfile {
        common_name: hosts.first().cloned().unwrap_or_default(),
        names: hosts.to_vec(),
        key,
        not_before: issued,
        not_after: expires,
        issuer: role,
        particulars: None,
    };
    ctx.setting.ca.certify(&profile).map_err(|error| Fault::invalid(format!("{}: {error}", hosts.join(", "))))
}
