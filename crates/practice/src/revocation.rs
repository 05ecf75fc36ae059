//! Revoked certificates, and the list (CRL) in which their CA publishes them.
//!
//! Only the CA of orders revokes: the certificates of a deleted order, and the previous one after a rekey.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ca::{CommercialCa, facts::CertificateFacts},
    call::{Call, HttpMethod},
    context::CloudContext,
    reply::{Fault, Reply, ReplyBody, ReplyResult},
    route::Route,
    store::Collection,
};

const REVOKED: Collection<Revoked> = Collection::new("revoked");
/// The validity of a list; every response contains a new one.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Every leaf names it as its CRL distribution point, and it needs neither a token nor TLS.
pub(crate) const ROUTES: &[Route] = &[Route::new(HttpMethod::Get, "crl/{name}", list)];

/// One entry of the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Revoked {
    /// The octets of the serial number, in hex.
    pub serial: String,
    /// May be in the future: a rekey can leave the old certificate in force for some hours.
    pub at: Timestamp,
    pub reason: CrlReason,
    /// The common name of the CA that issued it.
    issuer: String,
    /// When the certificate expires, which removes it from the list.
    expires: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CrlReason {
    /// A rekey made another certificate.
    Superseded,
    /// Its order was deleted.
    CessationOfOperation,
}

/// Revokes a certificate (DER) of an order at a moment, or earlier if that was agreed before.
pub(crate) fn revoke(
    ctx: &CloudContext<'_>,
    leaf: &[u8],
    at: Timestamp,
    reason: CrlReason,
) -> Result<(), Fault> {
    let facts = CertificateFacts::read(leaf).map_err(|error| Fault::web(500, error.to_string()))?;
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
fn list(ctx: &CloudContext<'_>, call: &Call) -> ReplyResult {
    let role = [CommercialCa::GoDaddy, CommercialCa::DigiCert, CommercialCa::Hybrid]
        .into_iter()
        .find(|role| role.crl_name() == call.param("name"));
    let role = role.ok_or_else(|| Fault::arm(404, "NotFound", "There is no such list."))?;
    let in_force =
        |one: &Revoked| one.issuer == role.common_name() && one.at <= ctx.now && one.expires > ctx.now;
    let lines: Vec<Revoked> =
        ctx.tx.scan(&REVOKED, "")?.into_iter().map(|(_, one)| one).filter(in_force).collect();
    let der = ctx.setting.ca.revocation_list(role, &lines, [ctx.now, ctx.now + LIFE]);
    let der = der.map_err(|error| Fault::arm(500, "InternalServerError", error.to_string()))?;
    Ok(Reply::new(200, ReplyBody::Bytes("application/pkix-crl", der)))
}
