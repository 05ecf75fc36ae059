//! Writes a generated estate into an empty cloud.

use fastrand::Rng;
use serde_json::{Value, json};

use super::{
    Fleet,
    layout::{self, CertificateSource, FleetCertificate, FleetUnit},
    names,
    stamp::{self, Stamped},
};
use crate::{
    arm::{
        authorization::{self, BuiltInRole},
        groups, locks, subscriptions,
    },
    ca::{CaError, facts::CertificateFacts},
    calendar::days,
    context::{CloudContext, text},
    dns::{self, DnsRecord, DnsRecordKind},
    id::ArmId,
    material::{PoolLeaf, StoredMaterial},
    principals::{CERTDECK, CERTIFICATE_REGISTRATION, PLAIN, WEB_SITES},
    provider::{
        certificate_registration::{
            names::{Product, VerificationMethod},
            plant::Past,
        },
        key_vault::{self, VaultRecord},
        microsoft_web::{bindings, certificates, managed, plans, public_certificates, site, sources},
    },
    reply::Fault,
    scenario::Start,
};

/// One unit in this many has a public certificate, a lock, an order.
const PUBLIC_EVERY: usize = 3;
const LOCK_EVERY: usize = 40;
const ORDER_EVERY: usize = 8;

impl std::convert::From<CaError> for Fault {
    fn from(error: CaError) -> Self {
        Self::arm(500, "InternalServerError", error.to_string())
    }
}

/// Makes the whole estate and returns where a newcomer begins.
pub(crate) fn plant(ctx: &CloudContext<'_>, fleet: &Fleet) -> Result<Start, Fault> {
    let mut start = Start::default();
    let mut vaults = Vec::new();
    for number in 0..fleet.subscriptions {
        let id = layout::subscription_id(fleet, number);
        vaults.push(subscription(ctx, fleet, number, &id)?);
        start.subscription_ids.push(id);
    }
    stamp::all(ctx.setting, fleet, ctx.now, |stamped| {
        let vault = &vaults[stamped.unit.subscription];
        let hosts = unit(ctx, &start.subscription_ids[stamped.unit.subscription], vault, &stamped)?;
        if stamped.number == 0 {
            start.resource_group.clone_from(&stamped.unit.group);
            start.app = stamped.unit.apps.first().map(|(name, _)| name.clone()).unwrap_or_default();
            start.hostnames = hosts;
        }
        Ok::<(), Fault>(())
    })?;
    sources::schedule_sync(ctx)?;
    Ok(start)
}

/// A subscription with the vault that its certificates come from.
fn subscription(
    ctx: &CloudContext<'_>,
    fleet: &Fleet,
    number: usize,
    id: &str,
) -> Result<VaultRecord, Fault> {
    let random = &mut Rng::with_seed(fleet.seed.wrapping_add(number as u64));
    let scope = subscriptions::create(ctx, id, &names::subscription(random, number + 1))?;
    authorization::grant(ctx, &scope, CERTDECK.object_id, BuiltInRole::Owner)?;
    let group = ArmId::parse(&format!("{scope}/resourceGroups/rg-vaults"));
    groups::create(ctx, &group, "West Europe", &json!({"team": "platform"}))?;
    let vault =
        group.under("Microsoft.KeyVault", "vaults", &format!("kv-{:x}-{number}", fleet.seed & 0xffff));
    let policy = |principal: &str, secrets: &[&str], certificates: &[&str]| {
        json!({
            "tenantId": ctx.setting.tenant_id,
            "objectId": principal,
            "permissions": {"keys": [], "secrets": secrets, "certificates": certificates, "storage": []},
        })
    };
    let properties = json!({"accessPolicies": [
        policy(CERTDECK.object_id, &["all"], &["all"]),
        policy(PLAIN.object_id, &["all"], &["all"]),
        policy(WEB_SITES.object_id, &["get"], &["get"]),
        policy(CERTIFICATE_REGISTRATION.object_id, &["get", "list", "set", "delete"], &["get", "list"]),
    ]});
    key_vault::create_vault(ctx, &vault, "West Europe", None, &properties)?;
    key_vault::registered(ctx, vault.name())?;
    VaultRecord::at(ctx, &vault)?.ok_or_else(|| Fault::not_found(&vault))
}

/// A resource group with everything in it; returns the custom hostnames of its first app.
fn unit(
    ctx: &CloudContext<'_>,
    subscription: &str,
    vault: &VaultRecord,
    stamped: &Stamped,
) -> Result<Vec<String>, Fault> {
    let unit = &stamped.unit;
    let group = ArmId::parse(&format!("/subscriptions/{subscription}/resourceGroups/{}", unit.group));
    groups::create(ctx, &group, unit.region, &json!({"team": unit.group.split('-').nth(1)}))?;
    let plan_id = group.under("Microsoft.Web", "serverfarms", &unit.plan);
    let plan = plans::save(ctx, &plan_id, unit.region, unit.sku, unit.linux)?;
    let mut sites = Vec::new();
    for (name, https_only) in &unit.apps {
        let id = group.under("Microsoft.Web", "sites", name);
        let site = site::plant(ctx, &id, &plan, *https_only)?;
        sites.push((id, site));
    }
    for (wanted, (shared, facts)) in unit.certificates.iter().zip(&stamped.certificates) {
        certificate(ctx, &group, &plan, vault, wanted, shared, facts)?;
        if let Some((app, host)) = &wanted.bound {
            let (id, owner) = &sites[*app];
            bindings::plant(ctx, id, owner, host, &facts.thumbprint)?;
            let record = DnsRecord::new(host, DnsRecordKind::Cname, &site::default_host(id))
                .map_err(|error| Fault::invalid(error.to_string()))?;
            dns::add(ctx.tx, &record)?;
        }
    }
    extras(ctx, &group, vault, stamped)?;
    let first = unit.certificates.iter().filter_map(|one| one.bound.as_ref()).filter(|(app, _)| *app == 0);
    Ok(first.map(|(_, host)| host.clone()).collect())
}

fn certificate(
    ctx: &CloudContext<'_>,
    group: &ArmId,
    plan: &Value,
    vault: &VaultRecord,
    wanted: &FleetCertificate,
    shared: &PoolLeaf,
    facts: &CertificateFacts,
) -> Result<(), Fault> {
    let place = certificates::Placement {
        id: group.under("Microsoft.Web", "certificates", &wanted.name),
        region: text(plan, "/location").to_owned(),
        webspace: text(plan, "/properties/webSpace").to_owned(),
        own: Value::Null,
        tags: Value::Null,
    };
    let origin = match wanted.from {
        CertificateSource::Upload => {
            certificates::CertificateOrigin::Upload { friendly_name: wanted.name.clone() }
        }
        CertificateSource::Vault => {
            let version = key_vault::certificate::plant(ctx, vault, &wanted.name, facts, shared)?;
            sources::taken(ctx, &place.id, &version)?;
            certificates::CertificateOrigin::Vault { vault: vault.id.clone(), secret: wanted.name.clone() }
        }
        CertificateSource::Managed => {
            managed::schedule_renewal(ctx, &place.id, facts.not_before, facts.not_after)?;
            certificates::CertificateOrigin::Managed { host: wanted.hosts[0].clone(), method: None }
        }
    };
    ctx.save(&place.id, &certificates::document(&place, facts, &origin))?;
    ctx.save_private(&place.id, &StoredMaterial::Shared(shared.clone()))
}

/// Resources that only some units have.
fn extras(
    ctx: &CloudContext<'_>,
    group: &ArmId,
    vault: &VaultRecord,
    Stamped { number, unit, certificates }: &Stamped,
) -> Result<(), Fault> {
    if number % PUBLIC_EVERY == 0
        && let (Some((app, _)), Some((shared, _))) = (unit.apps.first(), certificates.first())
    {
        let id = group.under("Microsoft.Web", "sites", app).child("publicCertificates", "partner-api");
        public_certificates::add(ctx, &id, &shared.leaf.0, "CurrentUserMy")?;
    }
    if number % LOCK_EVERY == 1 {
        locks::create(
            ctx,
            group,
            "keep",
            locks::LockLevel::CanNotDelete,
            "Ask the team before you delete anything here.",
        )?;
    }
    if number % ORDER_EVERY == 0 {
        order(ctx, group, vault, *number, unit)?;
    }
    Ok(())
}

/// An order, either issued or still unverified.
fn order(
    ctx: &CloudContext<'_>,
    group: &ArmId,
    vault: &VaultRecord,
    number: usize,
    unit: &FleetUnit,
) -> Result<(), Fault> {
    let name = format!("order-{number:04}");
    let domain = names::domain(&mut Rng::with_seed(number as u64));
    let days_ago = i64::try_from(number * 7 % 330).unwrap_or_default();
    let bought = ctx.now - days(days_ago);
    let waits = number.is_multiple_of(5 * ORDER_EVERY);
    let past = Past {
        id: group.under("Microsoft.CertificateRegistration", "certificateOrders", &name),
        common_name: format!("{}.{domain}", unit.plan.trim_start_matches("plan-")),
        product: Product::Standard,
        auto_renew: !number.is_multiple_of(3),
        bought: if waits { ctx.now - days(days_ago % 12) } else { bought },
        method: VerificationMethod::Txt,
        issued: if waits { Vec::new() } else { vec![bought] },
        stored: Some((vault.id.clone(), name)),
        keys: vec![ctx.setting.pooled_key(number)],
    };
    crate::provider::certificate_registration::plant::plant(ctx, &past)?;
    Ok(())
}
