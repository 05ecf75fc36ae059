//! The TLS front door: one loopback listener that presents, by SNI, the certificate bound to the hostname.
//!
//! `openssl s_client -servername HOST -connect FRONT_DOOR` shows what a visitor of the site would see.

use hyper::{
    Request, Response,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::LazyConfigAcceptor;

use super::{
    context::CloudContext,
    material::Material,
    reply::Fault,
    server::{self, AnswerBody, at_once},
    world::Handle,
};

/// Returns the certificate that is presented for a hostname, if there is one.
pub(crate) type Presented = fn(&CloudContext<'_>, &str) -> Result<Option<Material>, Fault>;

/// Serves until `stop` is set. `default` is presented for every name without a certificate of its own, as App
/// Service presents `*.azurewebsites.net`.
pub(crate) async fn listen(
    listener: TcpListener,
    world: Handle,
    presented: Presented,
    default: Material,
    stop: watch::Receiver<bool>,
) {
    server::accept(listener, stop.clone(), move |stream, _| {
        serve(stream, world.clone(), presented, default.clone(), stop.clone())
    })
    .await;
}

async fn serve(
    stream: TcpStream,
    world: Handle,
    presented: Presented,
    default: Material,
    stop: watch::Receiver<bool>,
) {
    let acceptor = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream);
    let Ok(hello) = acceptor.await else {
        return;
    };
    let host = hello.client_hello().server_name().map(str::to_lowercase);
    let bound = match host {
        Some(host) => {
            let answer = world.ask(move |world| world.run(|ctx| presented(ctx, &host))).await;
            answer.ok().and_then(Result::ok).flatten()
        }
        None => None,
    };
    let Ok(config) = bound.unwrap_or(default).server(&["h2", "http/1.1"]) else {
        return;
    };
    if let Ok(stream) = hello.into_stream(config).await {
        server::serve_http(stream, page, stop).await;
    }
}

async fn page(request: Request<Incoming>) -> Response<AnswerBody> {
    let host = match request.uri().authority() {
        Some(authority) => authority.host(),
        None => request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or("this site"),
    };
    // The name comes from the client: only hostname characters may go into the page.
    let host: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || "-.:".contains(*c)).collect();
    let page =
        format!("<!doctype html><title>{host}</title><p>{host} is served by the practice cloud.</p>\n");
    let mut response = Response::new(at_once(page));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
