//! The ETag of a site, which everything below the site shares: it changes with every write to any of them,
//! even if the write changes nothing. A slot is a site of its own.

use sha2::{Digest as _, Sha256};

use super::site;
use crate::{
    ca::facts::hex_upper,
    call::Call,
    context::{CloudContext, View},
    id::ArmId,
    reply::Fault,
    store::Collection,
    switches::Switches,
};

/// How often a site was written, by its key.
const WRITES: Collection<u64> = Collection::new("site-writes");

/// The site or slot that a resource is or belongs to.
fn site_of(id: &ArmId) -> Option<ArmId> {
    let sites = [site::KIND, site::SLOT];
    id.lineage().into_iter().find(|one| sites.contains(&one.kind().as_str()))
}

/// Counts a write.
pub(crate) fn count(ctx: &CloudContext<'_>, id: &ArmId) -> Result<(), Fault> {
    // Generated estates begin without any writes.
    let Some(site) = site_of(id).filter(|_| ctx.view != View::Planted) else { return Ok(()) };
    let writes = ctx.tx.get(&WRITES, &site.key())?.unwrap_or(0);
    Ok(ctx.tx.put(&WRITES, &site.key(), &(writes + 1))?)
}

/// The ETag of a site, a slot or something below one.
pub(crate) fn etag(ctx: &CloudContext<'_>, id: &ArmId) -> Result<String, Fault> {
    let Some(site) = site_of(id) else { return Ok(String::new()) };
    let writes = ctx.tx.get(&WRITES, &site.key())?.unwrap_or(0);
    let hash = hex_upper(&Sha256::digest(format!("{}|{writes}", site.key())));
    Ok(format!("\"{}\"", hash.get(..15).unwrap_or_default()))
}

/// 412 when the caller saw another state than this one.
pub(crate) fn require_match(ctx: &CloudContext<'_>, call: &Call, id: &ArmId) -> Result<(), Fault> {
    match call.if_match.as_deref() {
        Some(wanted) if wanted != "*" && wanted != etag(ctx, id)? && !Switches::of(ctx)?.if_match_ignored => {
            Err(Fault::web(412, "The resource was changed since it was read. Read it again."))
        }
        _ => Ok(()),
    }
}
