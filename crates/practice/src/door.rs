//! Which service a request is for, and the rules of each service: tokens, api-version, headers.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    arm,
    call::{Call, Caller, Method},
    context::{Context, View},
    control,
    delivery::Delivery,
    edge,
    entra::{self, Audience, TokenFault},
    faults::{self, Kind},
    graph,
    lag::{self, Stale},
    log::Exchange,
    metadata, outside,
    provider::key_vault,
    reply::{Body, Fault, Outcome, Reply},
    revocation,
    route::{self, Found, Route},
    scenario, switches,
    world::World,
};

/// A request as it came in.
#[derive(Debug, Clone, Default)]
pub struct Incoming {
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
pub enum Door {
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

impl Door {
    pub fn of(incoming: &Incoming) -> Self {
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
    pub fn is_gated(&self) -> bool {
        matches!(self, Self::Token | Self::Graph | Self::Vault(_) | Self::Arm)
    }
}

/// Serves one request from beginning to end.
pub fn serve(world: &mut World, incoming: &Incoming) -> Served {
    let door = Door::of(incoming);
    let admission = world.throttle.admit(&door, incoming, Instant::now());
    let (outcome, met) = match admission.refused {
        Some(fault) => (Err(fault), None),
        None => disturbed(world, &door, incoming),
    };
    let mut reply = with_manners(world, &door, incoming, outcome.unwrap_or_else(Reply::from));
    let skew = met
        .as_ref()
        .and_then(|kind| if let Kind::ClockSkew { by } = kind { control::duration(by).ok() } else { None });
    if let Some(date) = date(world, &door, skew.unwrap_or_default()) {
        reply = reply.header("date", date);
    }
    if reply.status != 401 {
        reply.headers.extend(admission.headers);
    }
    if door != Door::Control {
        let path = match incoming.query.as_str() {
            "" => incoming.path.clone(),
            query => format!("{}?{query}", incoming.path),
        };
        let now = world.now();
        let header = |is: &dyn Fn(&str) -> bool| {
            reply.headers.iter().find(|(name, _)| is(name)).map(|(_, value)| value.clone())
        };
        let exchange = Exchange {
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
    Served { reply, delivery: met.as_ref().map(Delivery::from).unwrap_or_default() }
}

/// The `Date` of the service: its resources live by the practice clock. Sign-in lives by the real clock,
/// which the HTTP server reports itself.
fn date(world: &World, door: &Door, skew: SignedDuration) -> Option<String> {
    let signs_in =
        matches!(door, Door::Token | Door::DeviceCode | Door::DeviceLogin | Door::Discovery | Door::Control);
    let now = if signs_in { Timestamp::now() } else { world.now() };
    let shown = (!signs_in || !skew.is_zero()).then(|| now.checked_add(skew).unwrap_or(now))?;
    Some(shown.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// A response and how it is delivered.
#[derive(Debug)]
pub struct Served {
    pub reply: Reply,
    pub delivery: Delivery,
}

/// The real response, or what a fault turns it into.
fn disturbed(world: &World, door: &Door, incoming: &Incoming) -> (Outcome, Option<Kind>) {
    let met = if *door == Door::Control { Ok(None) } else { world.run(|ctx| faults::meet(ctx, incoming)) };
    let kind = match met {
        Ok(Some(kind)) => kind,
        Ok(None) => return (answer(world, door, incoming, SignedDuration::ZERO, None), None),
        Err(fault) => return (Err(fault), None),
    };
    let skew = kind.skew().unwrap_or_default();
    // A request that a fault stops has no response of its own.
    let real = if kind.lets_through() {
        answer(world, door, incoming, skew, kind.stale())
    } else {
        Ok(Reply::empty(500))
    };
    (kind.answer(door).map_or(real, Err), Some(kind))
}

/// `skew` is the error of the clock that tokens are judged by. With `stale`, changes become visible late.
fn answer(
    world: &World,
    door: &Door,
    incoming: &Incoming,
    skew: SignedDuration,
    stale: Option<Stale>,
) -> Outcome {
    let mut call = read(incoming)?;
    let authority = &world.setting.authority;
    let header = incoming.authorization.as_deref();
    // The first segment of the sign-in service's paths is the tenant.
    let tenant = &call.segments.first().cloned().unwrap_or_default();
    let caller = |audience| authority.caller_at(header, audience, Timestamp::now() + skew);
    match door {
        Door::Control if !incoming.local => {
            Err(Fault::arm(403, "Forbidden", "The practice cloud is controlled from its own machine only."))
        }
        Door::Control if call.segments.get(1).is_some_and(|name| name == "requests") => {
            let since = call.query("since").and_then(|n| n.parse().ok()).unwrap_or(0);
            Ok(Reply::ok(world.log.show(since)))
        }
        Door::Control => {
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
        Door::Metadata => Ok(metadata::endpoints(&world.setting, call.api_version())),
        Door::Token => world.run(|ctx| entra::token(ctx, tenant, &form(incoming))),
        Door::DeviceCode => world.run(|ctx| entra::device_code(ctx, tenant, &form(incoming))),
        Door::Authorize if call.method == Method::Post => {
            world.run(|ctx| entra::authorize::agree(ctx, tenant, &form(incoming)))
        }
        Door::Authorize => entra::authorize::page(&call.query),
        Door::DeviceLogin => world.run(|ctx| entra::approve_by_hand(ctx, call.query("code"))),
        Door::Discovery if call.segments.last().is_some_and(|last| last == "instance") => {
            Ok(authority.instance_discovery())
        }
        Door::Discovery => Ok(authority.openid_configuration()),
        Door::RevocationList => world.run(|ctx| follow(ctx, &[revocation::ROUTES], &mut call)),
        Door::Graph => {
            call.caller = caller(Audience::Graph)
                .or_else(|_: TokenFault| caller(Audience::Arm))
                .map_err(|fault| entra::arm_refusal(&fault, authority))?;
            world.run(|ctx| graph::dispatch(ctx, &mut call))
        }
        Door::Vault(vault) => {
            call.caller = caller(Audience::Vault).map_err(|fault| key_vault::challenge(authority, &fault))?;
            world.run(|ctx| key_vault::data_plane(ctx, vault, &call))
        }
        Door::Arm => {
            call.caller = caller(Audience::Arm).map_err(|fault| entra::arm_refusal(&fault, authority))?;
            require_api_version(&call)?;
            world.run(|ctx| {
                let view = if call.method == Method::Get {
                    lag::view_of_a_read(ctx, &incoming.path)?
                } else {
                    View::Now
                };
                arm::dispatch(&Context { view, stale, ..*ctx }, &call)
            })
        }
    }
}

fn form(incoming: &Incoming) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&incoming.body).into_owned().collect()
}

/// Runs the operation that the tables have for a call.
fn follow(ctx: &Context<'_>, tables: &[&[Route]], call: &mut Call) -> Outcome {
    match route::find(tables, call.method, &call.segments) {
        Found::Operation(run, params) => {
            call.params = params;
            run(ctx, call)
        }
        Found::OtherMethod => Err(Fault::arm(405, "MethodNotAllowed", "Another method is needed here.")),
        Found::Nothing => Err(Fault::arm(404, "NotFound", "The requested path does not exist.")),
    }
}

/// Parses a request into a call: decoded segments, query and JSON body.
fn read(incoming: &Incoming) -> Result<Call, Fault> {
    let method = Method::parse(&incoming.method)
        .ok_or_else(|| Fault::arm(405, "MethodNotAllowed", "The HTTP method is not supported."))?;
    // Some clients escape the slashes of a whole scope; no name contains one.
    let path = percent_encoding::percent_decode_str(&incoming.path).decode_utf8_lossy();
    let segments = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let is_form = matches!(Door::of(incoming), Door::Token | Door::DeviceCode | Door::Authorize);
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
fn with_manners(world: &World, door: &Door, incoming: &Incoming, reply: Reply) -> Reply {
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
    match door {
        Door::Arm => {
            let correlation = incoming.correlation_id.clone().unwrap_or_else(|| id.clone());
            let stamp = world.now().strftime("%Y%m%dT%H%M%SZ").to_string();
            reply = reply
                .header("x-ms-correlation-request-id", correlation)
                .header("x-ms-routing-request-id", format!("PRACTICE:{stamp}:{id}"));
            if reply.status >= 400 {
                let by_provider = matches!(&reply.body, Body::Json(body) if body.get("Code").is_some());
                let cause = if by_provider { "service" } else { "gateway" };
                reply = reply.header("x-ms-failure-cause", cause);
            }
            reply
        }
        _ => reply,
    }
}
