//! `/_emulator/switches`: behaviour of the real cloud that is uncertain, so that a rehearsal can try it both
//! ways. The switches are part of the stored state and survive a restart.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    call::{Call, HttpMethod},
    context::{CloudContext, merge},
    reply::{Fault, Reply, ReplyResult},
    route::Route,
    store::Collection,
};

const KEPT: Collection<Switches> = Collection::new("switches");

pub(crate) const ROUTES: &[Route] = &[
    Route::new(HttpMethod::Get, "_emulator/switches", show),
    Route::new(HttpMethod::Post, "_emulator/switches", turn),
];

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Switches {
    /// App Service accepts a write regardless of `If-Match`. No description of it has that header, so either
    /// may be true.
    pub if_match_ignored: bool,
    /// The CA requires a new proof of the domain for each renewal and rekey, however recent the last one is.
    pub proof_always_wanted: bool,
    /// Apps do not report that they accept only their own certificates: no description of them has
    /// `siteScopedCertificatesEnabled`.
    pub site_scope_unsaid: bool,
}

impl Switches {
    pub(crate) fn of(ctx: &CloudContext<'_>) -> Result<Self, Fault> {
        Ok(ctx.tx.get(&KEPT, "")?.unwrap_or_default())
    }
}

fn show(ctx: &CloudContext<'_>, _: &Call) -> ReplyResult {
    Ok(Reply::ok(json!(Switches::of(ctx)?)))
}

/// `{"if_match_ignored": true}`; omitted switches stay.
fn turn(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let mut all = json!(Switches::of(ctx)?);
    merge(&mut all, &call.body);
    let all: Switches =
        serde_json::from_value(all).map_err(|error| Fault::invalid(format!("A switch: {error}.")))?;
    ctx.tx.put(&KEPT, "", &all)?;
    Ok(Reply::ok(json!(all)))
}
