//! Which service a request is for, and the rules of each service: tokens, api-version, headers.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    arm,
    call::{Call, Caller, HttpMethod},
    context::{CloudContext, View},
    control,
    delivery::Delivery,
    edge,
    entra::{self, Audience, TokenFault},
    faults::{self, FaultKind},
    graph,
    lag::{self, Stale},
    log::LoggedExchange,
    metadata, outside,
    provider::key_vault,
    reply::{Fault, Reply, ReplyBody, ReplyResult},
    revocation,
    route::{self, Route, RouteMatch},
    scenario, switches,
    world::PracticeWorld,
};

/// A request as it came in.
#[derive(Debug, Clone, Default)]
pub(crate) struct IncomingRequest {
    pub method: String,
    /// Still percent-encoded.
    pub path: String,
    pub query: String,
    /// Host and port.
    pub host: String,
    pub authorization: Option<String>,
    pub if_match: Option<String>,
    pub client_request_id: Option<String>,
    pub correlation_id: Option<String>,
    /// Whether it came from this machine.
    pub local: bool,
    pub body: Vec<u8>,
}

/// The services behind the one listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CloudService {
    Control,
    Metadata,
    Token,
    DeviceCode,
    /// Where a person signs in by browser.
    Authorize,
    /// Where a person types a device code.
    DeviceLogin,
    Discovery,
    Graph,
    RevocationList,
    /// The vault's name.
    Vault(String),
    Arm,
}

impl CloudService {
    pub(crate) fn of(incoming: &IncomingRequest) -> Self {
        let host = incoming.host.split(':').next().unwrap_or_default().to_lowercase();
        if let Some(vault) = host.strip_suffix(".vault.localhost") {
            return Self::Vault(vault.to_owned());
        }
        let path = incoming.path.to_lowercase();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            ["_emulator", ..] => Self::Control,
            ["metadata", "endpoints"] => Self::Metadata,
            [_, "oauth2", "token"] | [_, "oauth2", "v2.0", "token"] => Self::Token,
            [_, "oauth2", "v2.0", "devicecode"] => Self::DeviceCode,
            [_, "oauth2", "v2.0", "authorize"] => Self::Authorize,
            ["devicelogin"] => Self::DeviceLogin,
            ["common", "discovery", "instance"] | [.., "openid-configuration"] => Self::Discovery,
            ["v1.0", ..] => Self::Graph,
            ["crl", _] => Self::RevocationList,
            _ => Self::Arm,
        }
    }

    /// Whether a `Gate` counts the request: those that certdeck's own client sends to the cloud.
    pub(crate) fn is_gated(&self) -> bool {
        matches!(self, Self::Token | Self::Graph | Self::Vault(_) | Self::Arm)
    }
}

/// Serves one request from beginning to end.
pub(crate) fn serve(world: &mut PracticeWorld, incoming: &IncomingRequest) -> ServedReply {
    let service = CloudService::of(incoming);
    let admission = world.throttle.admit(&service, incoming, Instant::now());
    let (outcome, met) = match admission.refused {
        Some(fault) => (Err(fault), None),
        None => disturbed(world, &service, incoming),
    };
    let mut reply = with_manners(world, &service, incoming, outcome.unwrap_or_else(Reply::from));
    let skew = met.as_ref().and_then(|kind| {
        if let FaultKind::ClockSkew { by } = kind { control::duration(by).ok() } else { None }
    });
    if let Some(date) = date(world, &service, skew.unwrap_or_default()) {
        reply = reply.header("date", date);
    }
    if reply.status != 401 {
        reply.headers.extend(admission.headers);
    }
    if service != CloudService::Control {
        let path = match incoming.query.as_str() {
            "" => incoming.path.clone(),
            query => format!("{}?{query}", incoming.path),
        };
        let now = world.now();
        let header = |is: &dyn Fn(&str) -> bool| {
            reply.headers.iter().find(|(name, _)| is(name)).map(|(_, value)| value.clone())
        };
        let exchange = LoggedExchange {
            method: incoming.method.clone(),
            path,
            host: incoming.host.clone(),
            status: reply.status,
            request: incoming.client_request_id.clone(),
            left: header(&|name| {
                name.starts_with("x-ms-ratelimit-remaining-") || name == "x-ms-user-quota-remaining"
            }),
            retry_after: header(&|name| name == "retry-after"),
        };
        world.log.add(now, exchange);
    }
    ServedReply { reply, delivery: met.as_ref().map(Delivery::from).unwrap_or_default() }
}

/// The `Date` of the service: its resources live by the practice clock. Sign-in lives by the real clock,
/// which the HTTP server reports itself.
fn date(world: &PracticeWorld, service: &CloudService, skew: SignedDuration) -> Option<String> {
    let signs_in = matches!(
        service,
        CloudService::Token
            | CloudService::DeviceCode
            | CloudService::DeviceLogin
            | CloudService::Discovery
            | CloudService::Control
    );
    let now = if signs_in { Timestamp::now() } else { world.now() };
    let shown = (!signs_in || !skew.is_zero()).then(|| now.checked_add(skew).unwrap_or(now))?;
    Some(shown.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// A response and how it is delivered.
#[derive(Debug)]
pub(crate) struct ServedReply {
    pub reply: Reply,
    pub delivery: Delivery,
}

/// The real response, or what a fault turns it into.
fn disturbed(
    world: &PracticeWorld,
    service: &CloudService,
    incoming: &IncomingRequest,
) -> (ReplyResult, Option<FaultKind>) {
    let met = if *service == CloudService::Control {
        Ok(None)
    } else {
        world.run(|ctx| faults::meet(ctx, incoming))
    };
    let kind = match met {
        Ok(Some(kind)) => kind,
        Ok(None) => return (answer(world, service, incoming, SignedDuration::ZERO, None), None),
        Err(fault) => return (Err(fault), None),
    };
    let skew = kind.skew().unwrap_or_default();
    // A request that a fault stops has no response of its own.
    let real = if kind.lets_through() {
        answer(world, service, incoming, skew, kind.stale())
    } else {
        Ok(Reply::empty(500))
    };
    (kind.answer(service).map_or(real, Err), Some(kind))
}

/// `skew` is the error of the clock that tokens are judged by. With `stale`, changes become visible late.
fn answer(
    world: &PracticeWorld,
    service: &CloudService,
    incoming: &IncomingRequest,
    skew: SignedDuration,
    stale: Option<Stale>,
) -> ReplyResult {
    let mut call = read(incoming)?;
    let authority = &world.setting.authority;
    let header = incoming.authorization.as_deref();
    // The first segment of the sign-in service's paths is the tenant.
    let tenant = &call.segments.first().cloned().unwrap_or_default();
    let caller = |audience| authority.caller_at(header, audience, Timestamp::now() + skew);
    match service {
        CloudService::Control if !incoming.local => {
            Err(Fault::arm(403, "Forbidden", "The practice cloud is controlled from its own machine only."))
        }
        CloudService::Control if call.segments.get(1).is_some_and(|name| name == "requests") => {
            let since = call.query("since").and_then(|n| n.parse().ok()).unwrap_or(0);
            Ok(Reply::ok(world.log.show(since)))
        }
        CloudService::Control => {
            let tables = [
                control::ROUTES,
                faults::ROUTES,
                arm::propagation::ROUTES,
                outside::ROUTES,
                switches::ROUTES,
                edge::ROUTES,
                entra::control::ROUTES,
                scenario::ROUTES,
                arm::policy::CONTROL,
            ];
            world.run(|ctx| follow(ctx, &tables, &mut call))
        }
        CloudService::Metadata => Ok(metadata::endpoints(&world.setting, call.api_version())),
        CloudService::Token => world.run(|ctx| entra::token(ctx, tenant, &form(incoming))),
        CloudService::DeviceCode => world.run(|ctx| entra::device_code(ctx, tenant, &form(incoming))),
        CloudService::Authorize if call.method == HttpMethod::Post => {
            world.run(|ctx| entra::authorize::agree(ctx, tenant, &form(incoming)))
        }
        CloudService::Authorize => entra::authorize::page(&call.query),
        CloudService::DeviceLogin => world.run(|ctx| entra::approve_by_hand(ctx, call.query("code"))),
        CloudService::Discovery if call.segments.last().is_some_and(|last| last == "instance") => {
            Ok(authority.instance_discovery())
        }
        CloudService::Discovery => Ok(authority.openid_configuration()),
        CloudService::RevocationList => world.run(|ctx| follow(ctx, &[revocation::ROUTES], &mut call)),
        CloudService::Graph => {
            call.caller = caller(Audience::Graph)
                .or_else(|_: TokenFault| caller(Audience::Arm))
                .map_err(|fault| entra::arm_refusal(&fault, authority))?;
            world.run(|ctx| graph::dispatch(ctx, &mut call))
        }
        CloudService::Vault(vault) => {
            call.caller = caller(Audience::Vault).map_err(|fault| key_vault::challenge(authority, &fault))?;
            world.run(|ctx| key_vault::data_plane(ctx, vault, &call))
        }
        CloudService::Arm => {
            call.caller = caller(Audience::Arm).map_err(|fault| entra::arm_refusal(&fault, authority))?;
            require_api_version(&call)?;
            world.run(|ctx| {
                let view = if call.method == HttpMethod::Get {
                    lag::view_of_a_read(ctx, &incoming.path)?
                } else {
                    View::Now
                };
                arm::dispatch(&CloudContext { view, stale, ..*ctx }, &call)
            })
        }
    }
}

fn form(incoming: &IncomingRequest) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&incoming.body).into_owned().collect()
}

/// Runs the operation that the tables have for a call.
fn follow(ctx: &CloudContext<'_>, tables: &[&[Route]], call: &mut Call) -> ReplyResult {
    match route::find(tables, call.method, &call.segments) {
        RouteMatch::Operation(run, params) => {
            call.params = params;
            run(ctx, call)
        }
        RouteMatch::OtherMethod => Err(Fault::arm(405, "MethodNotAllowed", "Another method is needed here.")),
        RouteMatch::Nothing => Err(Fault::arm(404, "NotFound", "The requested path does not exist.")),
    }
}

/// Parses a request into a call: decoded segments, query and JSON body.
fn read(incoming: &IncomingRequest) -> Result<Call, Fault> {
    let method = HttpMethod::parse(&incoming.method)
        .ok_or_else(|| Fault::arm(405, "MethodNotAllowed", "The HTTP method is not supported."))?;
    // Some clients escape the slashes of a whole scope; no name contains one.
    let path = percent_encoding::percent_decode_str(&incoming.path).decode_utf8_lossy();
    let segments = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let is_form = matches!(
        CloudService::of(incoming),
        CloudService::Token | CloudService::DeviceCode | CloudService::Authorize
    );
    let body = if incoming.body.is_empty() || is_form {
        Value::Null
    } else {
        serde_json::from_slice(&incoming.body).map_err(|error| {
            Fault::invalid(format!(
                "The request content was invalid and could not be deserialized: '{error}'."
            ))
        })?
    };
    Ok(Call {
        method,
        segments,
        query: url::form_urlencoded::parse(incoming.query.as_bytes()).into_owned().collect(),
        body,
        caller: Caller::default(),
        if_match: incoming.if_match.clone(),
        origin: format!("https://{}", incoming.host),
        params: Vec::new(),
    })
}

/// Accepts every well-formed version (`2023-12-01`, `2023-12-01-preview`); a request without one is refused.
fn require_api_version(call: &Call) -> Result<(), Fault> {
    let version = call.api_version();
    if version.is_empty() {
        return Err(Fault::arm(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        ));
    }
    let date = version.get(..10).unwrap_or_default();
    let rest = version.get(10..).unwrap_or_default();
    if date.parse::<jiff::civil::Date>().is_err() || !(rest.is_empty() || rest.starts_with('-')) {
        return Err(Fault::arm(
            400,
            "InvalidApiVersionParameter",
            format!("The api-version '{version}' is invalid."),
        ));
    }
    Ok(())
}

/// The headers that every response of the service carries.
fn with_manners(
    world: &PracticeWorld,
    service: &CloudService,
    incoming: &IncomingRequest,
    reply: Reply,
) -> Reply {
    let id = uuid::Uuid::new_v4().to_string();
    let mut reply = reply
        .header("cache-control", "no-cache")
        .header("pragma", "no-cache")
        .header("expires", "-1")
        .header("strict-transport-security", "max-age=31536000; includeSubDomains")
        .header("x-content-type-options", "nosniff")
        .header("x-ms-request-id", id.clone());
    if let Some(own) = &incoming.client_request_id {
        reply = reply.header("x-ms-client-request-id", own.clone());
    }
    match service {
        CloudService::Arm => {
            let correlation = incoming.correlation_id.clone().unwrap_or_else(|| id.clone());
            let stamp = world.now().strftime("%Y%m%dT%H%M%SZ").to_string();
            reply = reply
                .header("x-ms-correlation-request-id", correlation)
                .header("x-ms-routing-request-id", format!("PRACTICE:{stamp}:{id}"));
            if reply.status >= 400 {
                let by_provider = matches!(&reply.body, ReplyBody::Json(body) if body.get("Code").is_some());
                let cause = if by_provider { "service" } else { "gateway" };
                reply = reply.header("x-ms-failure-cause", cause);
            }
            reply
        }
        _ => reply,
    }
}
