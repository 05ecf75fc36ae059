//! The metadata service of a virtual machine, as far as managed identities need it. In Azure it listens at a
//! link-local address over plain HTTP; here it has a loopback port of its own.

use hyper::{Request, Response, StatusCode, body::Incoming, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

use super::{SignInSubject, claims::Carries};
use crate::{
    log::LoggedExchange,
    server::{self, AnswerBody, at_once},
    world::{Handle, PracticeWorld},
};

const PATH: &str = "/metadata/identity/oauth2/token";

/// Answers until `stop` says so.
pub(crate) async fn listen(listener: TcpListener, world: Handle, stop: watch::Receiver<bool>) {
    server::accept(listener, stop.clone(), move |stream, _| {
        let world = world.clone();
        server::serve_http(stream, move |request| handle(world.clone(), request), stop.clone())
    })
    .await;
}

async fn handle(world: Handle, request: Request<Incoming>) -> Response<AnswerBody> {
    let uri = request.uri().clone();
    // A request without this header may have been forwarded for another party.
    let meant = request.headers().get("metadata").is_some_and(|value| value == "true");
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let path = uri.path().to_owned();
    let answer = world.ask(move |world| {
        let (status, body) = answer(world, &path, &query, meant);
        let now = world.now();
        let exchange = LoggedExchange {
            method: "GET".to_owned(),
            host: "imds".to_owned(),
            path,
            status,
            ..LoggedExchange::default()
        };
        world.log.add(now, exchange);
        (status, body)
    });
    let (status, body) = answer.await.unwrap_or((503, Value::Null));
    let mut response = Response::new(at_once(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

fn answer(world: &PracticeWorld, path: &str, query: &[(String, String)], meant: bool) -> (u16, Value) {
    let refused =
        |status, error: &str, text: &str| (status, json!({"error": error, "error_description": text}));
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if path != PATH {
        return refused(404, "not_found", "There is no such metadata here");
    }
    if !meant {
        return refused(400, "invalid_request", "Required metadata header not specified");
    }
    let (Some(resource), Some(_)) = (value("resource"), value("api-version")) else {
        return refused(
            400,
            "invalid_request",
            "Required query variables 'resource' and 'api-version' are missing",
        );
    };
    let me = SignInSubject::ManagedIdentity.principal().app_id;
    if value("client_id").is_some_and(|id| !id.eq_ignore_ascii_case(me)) {
        return refused(400, "invalid_request", "Identity not found");
    }
    let audience = resource.trim_end_matches('/');
    let (token, lifetime) =
        world.setting.authority.access(SignInSubject::ManagedIdentity, audience, Carries::default());
    let now = Timestamp::now().as_second();
    let body = json!({
        "access_token": token,
        "client_id": me,
        "expires_in": lifetime.to_string(),
        "expires_on": (now + lifetime).to_string(),
        "ext_expires_in": lifetime.to_string(),
        "not_before": now.to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    (200, body)
}
