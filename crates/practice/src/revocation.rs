//! Certificates that are no longer to be trusted, and the list (CRL) in which their CA says so.
//!
//! Only the CA of orders takes anything back: the certificates of a deleted order, and the one before a
//! rekey.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ca::{Role, facts::Facts},
    call::{Call, Method},
    context::Context,
    reply::{Body, Fault, Outcome, Reply},
    route::Route,
    store::Collection,
};

const REVOKED: Collection<Revoked> = Collection::new("revoked");
/// How long a list holds; a new one is made with every answer.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Found in every leaf as its CRL distribution point, and asked for without a token or TLS.
pub const ROUTES: &[Route] = &[Route::new(Method::Get, "crl/{name}", list)];

/// One line of the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Revoked {
    /// The octets of the serial number, in hex.
    pub serial: String,
    /// May lie ahead: a rekey can leave the old certificate some hours.
    pub at: Timestamp,
    pub reason: Reason,
    /// The common name of the CA that issued it.
    issuer: String,
    /// When nobody would trust it any longer anyway.
    expires: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// A rekey made another one.
    Superseded,
    /// Its order was deleted.
    CessationOfOperation,
}

/// Takes a certificate (DER) of an order back at a moment, or earlier if that was agreed before.
pub fn revoke(ctx: &Context<'_>, leaf: &[u8], at: Timestamp, reason: Reason) -> Result<(), Fault> {
    let facts = Facts::read(leaf).map_err(|error| Fault::web(500, error.to_string()))?;
    if let Some(before) = ctx.tx.get(&REVOKED, &facts.serial_hex)?
        && before.at <= at
    {
        return Ok(());
    }
    let serial = facts.serial_hex;
    let line = Revoked {
        serial: serial.clone(),
        at,
        reason,
        issuer: facts.issuer_common_name,
        expires: facts.not_after,
    };
    Ok(ctx.tx.put(&REVOKED, &serial, &line)?)
}

/// `/crl/go-daddy.crl`, `/crl/digicert.crl`: DER, signed by the intermediate that issued the certificates.
fn list(ctx: &Context<'_>, call: &Call) -> Outcome {
    let role = [Role::GoDaddy, Role::DigiCert, Role::Hybrid]
        .into_iter()
        .find(|role| role.crl_name() == call.param("name"));
    let role = role.ok_or_else(|| Fault::arm(404, "NotFound", "There is no such list."))?;
    let in_force =
        |one: &Revoked| one.issuer == role.common_name() && one.at <= ctx.now && one.expires > ctx.now;
    let lines: Vec<Revoked> =
        ctx.tx.scan(&REVOKED, "")?.into_iter().map(|(_, one)| one).filter(in_force).collect();
    let der = ctx.setting.ca.revocation_list(role, &lines, [ctx.now, ctx.now + LIFE]);
    let der = der.map_err(|error| Fault::arm(500, "InternalServerError", error.to_string()))?;
    Ok(Reply::new(200, Body::Octets("application/pkix-crl", der)))
}
