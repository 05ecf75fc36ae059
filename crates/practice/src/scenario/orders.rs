//! The certificate orders of a scenario, each with its past: bought, stored, verified, issued, imported,
//! rekeyed.

use super::{
    Import, ScenarioOrder,
    build::{NameResolver, moment},
};
use crate::{
    context::{CloudContext, text},
    provider::{
        certificate_registration::{
            names::Product,
            plant::{self, Past},
        },
        microsoft_web::{certificates, sources},
    },
    reply::Fault,
};

/// Creates one order and imports its certificate, if the scenario says so.
pub(super) fn make(
    ctx: &CloudContext<'_>,
    place: NameResolver<'_>,
    wanted: &ScenarioOrder,
) -> Result<(), Fault> {
    let group = place.group(&wanted.group)?;
    let id = group.under("Microsoft.CertificateRegistration", "certificateOrders", &wanted.name);
    // The portal names the secret after the order and appends a GUID (recorded traffic).
    let secret = format!("{}{}", wanted.name.to_lowercase(), uuid::Uuid::new_v4());
    let vault = wanted.vault.as_deref().map(|name| place.vault(name)).transpose()?;
    let stored = vault.map(|vault| (vault, secret));
    let issued: Result<Vec<_>, Fault> = wanted.issued.iter().map(|day| moment(ctx.now, day)).collect();
    let seed: usize = wanted.name.bytes().map(usize::from).sum();
    let key = |turn: usize| ctx.setting.pooled_key(seed + turn);
    let past = Past {
        id,
        common_name: wanted.common_name.clone(),
        product: if wanted.common_name.starts_with("*.") { Product::Wildcard } else { Product::Standard },
        auto_renew: wanted.auto_renew,
        bought: moment(ctx.now, &wanted.bought)?,
        method: wanted.method,
        issued: issued?,
        stored: stored.clone(),
        keys: (0..wanted.issued.len()).map(key).collect(),
    };
    let mut order = plant::plant(ctx, &past)?;
    if let (Some(import), Some((vault, secret))) = (&wanted.import, &stored) {
        let to = webspace(ctx, place, import)?;
        sources::import(ctx, &to, vault, secret)?;
    }
    if let Some(day) = &wanted.rekeyed {
        let key = key(wanted.issued.len());
        plant::reissue(ctx, &mut order, moment(ctx.now, day)?, wanted.method, Some(key))?;
        order.save(ctx)?;
    }
    Ok(())
}

fn webspace(
    ctx: &CloudContext<'_>,
    place: NameResolver<'_>,
    import: &Import,
) -> Result<certificates::Placement, Fault> {
    let id = place.plan(&import.plan)?;
    let plan = ctx.need(&id)?;
    Ok(certificates::Placement {
        id: id.parent().under("Microsoft.Web", "certificates", &import.name),
        region: text(&plan, "/location").to_owned(),
        webspace: text(&plan, "/properties/webSpace").to_owned(),
        own: serde_json::Value::Null,
        tags: serde_json::Value::Null,
    })
}
