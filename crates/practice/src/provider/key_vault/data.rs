//! The data plane of a vault, as reached at `NAME.vault.localhost`: routing, permissions, and the 401 that
//! says where to get a token.

use serde_json::{Value, json};

use super::{
    VaultRecord,
    access::{AccessDecision, VaultPermission, check},
    backup, certificates, issuers, keys, pending,
    secret::Deleted,
    secrets,
};
use crate::{
    calendar,
    call::Call,
    context::CloudContext,
    entra::{self, TokenFault, TokenIssuer},
    reply::{Fault, Reply, ReplyResult},
    route::{self, Route, RouteMatch},
};

/// Fixed words come before names: `certificates/contacts` is no certificate.
const ROUTES: &[&[Route]] =
    &[issuers::ROUTES, backup::ROUTES, pending::ROUTES, secrets::ROUTES, certificates::ROUTES, keys::ROUTES];

/// The maximum length of one page of a list.
const PAGE: usize = 25;

/// The key of the vault's name in `Call::params`, besides the route's own parameters.
const VAULT: &str = "vault";

/// Answers one request to the vault `name`; its token is valid, its permissions are checked here.
pub(crate) fn data_plane(ctx: &CloudContext<'_>, name: &str, call: &Call) -> ReplyResult {
    if call.api_version().is_empty() {
        return Err(Fault::vault(400, "BadParameter", "AKV10001: api-version must be specified", None));
    }
    let served = calendar::VAULT_DATA_VERSIONS.at(ctx.now);
    // Previews between the listed versions come and go.
    if !served.contains(&call.api_version()) && !call.api_version().contains("-preview") {
        let (asked, newest) = (call.api_version(), served.last().copied().unwrap_or_default());
        let message = format!(
            "The specified version ({asked}) is not recognized. Consider using the latest supported version ({newest})."
        );
        return Err(Fault::vault(400, "BadParameter", message, None));
    }
    let (run, mut params) = match route::find(ROUTES, call.method, &call.segments) {
        RouteMatch::Operation(run, params) => (run, params),
        RouteMatch::OtherMethod => {
            return Err(Fault::vault(
                405,
                "MethodNotAllowed",
                "The HTTP method is not allowed for this resource.",
                None,
            ));
        }
        RouteMatch::Nothing => {
            return Err(Fault::vault(404, "NotFound", "The requested resource does not exist.", None));
        }
    };
    params.push((VAULT, name.to_owned()));
    if let Some(size) = call.query("maxresults")
        && !size.parse::<usize>().is_ok_and(|size| (1..=PAGE).contains(&size))
    {
        let message = format!(
            "The parameter maxresults has an invalid value: '{size}'. It has to be from 1 to {PAGE}."
        );
        return Err(Fault::vault(400, "BadParameter", message, None));
    }
    let mut call = call.clone();
    call.params = params;
    let reply = run(ctx, &call)?;
    Ok(reply
        .header("x-ms-keyvault-region", "westeurope")
        .header("x-ms-keyvault-service-version", "1.9.2048.1")
        .header("x-ms-keyvault-network-info", "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;"))
}

/// The 401 that tells a client where to ask for a token, and for which resource. Azure's clients require that
/// the resource is the domain of the vault, so that no other server can lure a token out of them.
pub(crate) fn challenge(authority: &TokenIssuer, fault: &TokenFault) -> Fault {
    let port = authority.origin.rsplit(':').next().unwrap_or_default();
    let resource = format!("https://vault.localhost:{port}");
    let message = match fault {
        TokenFault::Missing => "AKV10000: Request is missing a Bearer or PoP token.".to_owned(),
        TokenFault::Invalid => "AKV10032: Invalid issuer or signature of the token.".to_owned(),
        TokenFault::Expired(at) => format!("AKV10015: The token expired at {at}."),
        TokenFault::NotYet(at) => format!("AKV10022: The token is not valid before {at}."),
        TokenFault::Revoked => {
            let message = "AKV10032: The sign-in of the token was revoked.";
            return Fault::vault(401, "Unauthorized", message, None)
                .header("www-authenticate", entra::revoked(authority));
        }
        TokenFault::WrongAudience(audience) => {
            format!("AKV10022: Invalid audience. Expected {resource}, found: {audience}.")
        }
    };
    Fault::vault(401, "Unauthorized", message, None).header(
        "www-authenticate",
        format!(
            "Bearer authorization=\"{}/{}\", resource=\"{resource}\"",
            authority.origin, authority.tenant_id
        ),
    )
}

/// The vault of the request, once its permissions admit the caller.
pub(super) fn enter(
    ctx: &CloudContext<'_>,
    call: &Call,
    permission: VaultPermission,
) -> Result<VaultRecord, Fault> {
    let name = call.param(VAULT);
    let vault = VaultRecord::named(ctx, name)?.ok_or_else(|| {
        // In Azure the name would not even resolve.
        let message = format!("The vault '{name}' does not exist.");
        Fault::vault(404, "VaultNotFound", message, None)
    })?;
    let VaultPermission(contents, verb) = permission;
    match check(ctx, &vault, &call.caller.object_id, permission)? {
        AccessDecision::Granted => Ok(vault),
        AccessDecision::Firewall => Err(Fault::vault(
            403,
            "Forbidden",
            format!(
                "Client address is not authorized and caller is not a trusted service.\r\nClient address: 127.0.0.1\r\n\
                 Caller: appid={};oid={}\r\nVault: {};location={}",
                call.caller.app_id,
                call.caller.object_id,
                vault.name(),
                vault.location()
            ),
            Some("ForbiddenByFirewall"),
        )),
        AccessDecision::Lacking | AccessDecision::Unknown if vault.flag("enableRbacAuthorization") => {
            Err(Fault::vault(
                403,
                "Forbidden",
                format!(
                    "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments \
                     or role definitions were changed recently, please observe propagation time.\r\nCaller: appid={};\
                     oid={}\r\nAction: 'Microsoft.KeyVault/vaults/{}'\r\nResource: '{}'\r\nAssignment: (not found)\r\n\
                     DenyAssignmentId: null\r\nDecisionReason: null \r\nVault: {};location={}",
                    call.caller.app_id,
                    call.caller.object_id,
                    permission.action(),
                    vault.id,
                    vault.name(),
                    vault.location()
                ),
                Some("ForbiddenByRbac"),
            ))
        }
        AccessDecision::Lacking | AccessDecision::Unknown => Err(Fault::vault(
            403,
            "Forbidden",
            format!(
                "The user, group or application 'appid={};oid={}' does not have {} {verb} permission on key vault \
                 '{};location={}'. For help resolving this issue, please see \
                 https://go.microsoft.com/fwlink/?linkid=2125287",
                call.caller.app_id,
                call.caller.object_id,
                contents.word(),
                vault.name(),
                vault.location()
            ),
            Some("AccessDenied"),
        )),
    }
}

/// A page of a list of `items`, at most `maxresults` of them, from `$skiptoken` on.
pub(super) fn page(vault: &VaultRecord, call: &Call, items: Vec<Value>) -> Reply {
    let number =
        |name, otherwise| call.query(name).and_then(|text| text.parse::<usize>().ok()).unwrap_or(otherwise);
    let size = number("maxresults", PAGE);
    let from = number("$skiptoken", 0);
    let more = items.len() > from.saturating_add(size);
    let next = more.then(|| {
        format!(
            "{}{}?api-version={}&$skiptoken={}&maxresults={size}",
            vault.uri(),
            call.segments.join("/"),
            call.api_version(),
            from + size
        )
    });
    let value: Vec<Value> = items.into_iter().skip(from).take(size).collect();
    Reply::ok(json!({"value": value, "nextLink": next}))
}

/// Adds `recoveryId`, `deletedDate` and `scheduledPurgeDate` of a deleted object.
pub(super) fn mark_deleted(shown: &mut Value, vault: &VaultRecord, path: &str, deleted: Deleted) {
    shown["recoveryId"] = format!("{}{path}", vault.uri()).into();
    shown["deletedDate"] = deleted.at.as_second().into();
    shown["scheduledPurgeDate"] = deleted.purge_at.as_second().into();
}

/// The `attributes` that secrets and certificates share.
pub(super) fn attributes(
    vault: &VaultRecord,
    enabled: bool,
    [not_before, expires]: [Option<jiff::Timestamp>; 2],
    [created, updated]: [jiff::Timestamp; 2],
) -> Value {
    let mut attributes = json!({"enabled": enabled});
    if let Some(time) = not_before {
        attributes["nbf"] = time.as_second().into();
    }
    if let Some(time) = expires {
        attributes["exp"] = time.as_second().into();
    }
    attributes["created"] = created.as_second().into();
    attributes["updated"] = updated.as_second().into();
    attributes["recoveryLevel"] = if vault.flag("enablePurgeProtection") {
        "CustomizedRecoverable".into()
    } else {
        "CustomizedRecoverable+Purgeable".into()
    };
    attributes["recoverableDays"] = vault.retention_days().into();
    attributes
}

/// Refuses to purge while the vault has purge protection.
pub(super) fn refuse_purge(vault: &VaultRecord) -> Result<(), Fault> {
    if vault.flag("enablePurgeProtection") {
        return Err(Fault::vault(
            403,
            "Forbidden",
            "Operation \"purge\" is not allowed because purge protection is enabled for this vault.",
            Some("PurgeProtectionEnabled"),
        ));
    }
    Ok(())
}
