//! The HTTPS listener: TLS, HTTP/1.1 and HTTP/2, one task per connection; the world does the work.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited, combinators::UnsyncBoxBody};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Body as _, Bytes, Incoming},
    header::{self, HeaderName, HeaderValue},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use super::{
    delivery::{ConnectionBreaker, Line},
    gate::{Gate, Side},
    recorder::Recorder,
    reply::{Reply, ReplyBody},
    service::{self, CloudService, IncomingRequest, ServedReply},
    world::Handle,
};

/// Larger bodies are refused; the largest real one is a PFX of some ten kilobytes.
const BODY_LIMIT: usize = 4 << 20;
/// How long connections may finish their current request at shutdown.
const GRACE: Duration = Duration::from_millis(500);

/// The first byte of every TLS connection.
const HANDSHAKE: u8 = 0x16;

/// The body of an answer: all of it at once, or piece by piece.
pub(crate) type AnswerBody = UnsyncBoxBody<Bytes, io::Error>;

/// What every request handler needs.
#[derive(Debug, Clone)]
pub(crate) struct Front {
    pub world: Handle,
    pub gate: Option<Gate>,
    pub recorder: Option<Recorder>,
    pub latency: Duration,
}

/// Accepts TLS connections until `stop` is set, then lets the open ones finish.
pub(crate) async fn listen(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    front: Front,
    stop: watch::Receiver<bool>,
) {
    let acceptor = TlsAcceptor::from(tls);
    accept(listener, stop.clone(), move |stream, peer| {
        let is_local = peer.ip().is_loopback();
        let cut = ConnectionBreaker::default();
        let (acceptor, front, stop) = (acceptor.clone(), front.clone(), stop.clone());
        async move {
            let mut first = [0];
            if matches!(stream.peek(&mut first).await, Ok(1)) && first[0] != HANDSHAKE {
                let answer = move |request| without_tls(front.clone(), request);
                return serve_http(stream, answer, stop).await;
            }
            // A client that does not trust the CA closes the connection here; that is no error of the server.
            if let Ok(stream) = acceptor.accept(Line::new(stream, cut.clone())).await {
                let breaker = cut.clone();
                let answer = move |request| handle(front.clone(), breaker.clone(), is_local, request);
                tokio::select! {
                    () = serve_http(stream, answer, stop) => {}
                    () = cut.asked() => {}
                }
            }
        }
    })
    .await;
}

/// Runs `serve` for every connection, each in a task of its own.
pub(crate) async fn accept<F>(
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
    serve: impl Fn(TcpStream, SocketAddr) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            (stream, peer) = next(&listener) => {
                // Small responses must not wait for the client's acknowledgement.
                let _ = stream.set_nodelay(true);
                connections.spawn(serve(stream, peer));
            }
            Some(_) = connections.join_next() => {}
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    // Connections still open after that (a request that a gate holds) are closed when the set is dropped.
    let _ = tokio::time::timeout(GRACE, finish).await;
}

/// The next connection. An error (most likely that no file descriptor is free) may be temporary, so it tries
/// again.
async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(connection) => return connection,
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Serves HTTP on one connection until it ends or the server stops.
pub(crate) async fn serve_http<S, A>(
    stream: S,
    answer: impl Fn(Request<Incoming>) -> A + Send + Sync + 'static,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Future<Output = Response<AnswerBody>> + Send + 'static,
{
    let service = service_fn(move |request| {
        let is_head = request.method() == Method::HEAD;
        let answered = answer(request);
        async move {
            let response = answered.await;
            Ok::<_, Infallible>(if is_head { without_body(response) } else { response })
        }
    });
    let builder = Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        _ = connection.as_mut() => true,
        _ = stop.wait_for(|stop| *stop) => false,
    };
    if !ended {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// The answer to HEAD: all but the body, whose length is told. In HTTP/2 a body would break the stream.
fn without_body(mut response: Response<AnswerBody>) -> Response<AnswerBody> {
    if let Some(length @ 1..) = response.body().size_hint().exact() {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    response.map(|_| at_once(Bytes::new()))
}

async fn handle(
    front: Front,
    cut: ConnectionBreaker,
    is_local: bool,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    if !front.latency.is_zero() {
        tokio::time::sleep(front.latency).await;
    }
    let Some(incoming) = read(request, is_local).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let gate = front.gate.as_ref().filter(|_| CloudService::of(&incoming).is_gated());
    let number = gate.map_or(0, Gate::arrive);
    if let Some(gate) = gate {
        gate.pass(number, Side::Before).await;
    }
    let asked = front.recorder.is_some().then(|| incoming.clone());
    let answered = front.world.ask(move |world| service::serve(world, &incoming)).await;
    if let (Some(recorder), Some(incoming), Ok(served)) = (&front.recorder, asked, &answered) {
        recorder.add(incoming, &served.reply);
    }
    if let Some(gate) = gate {
        gate.pass(number, Side::After).await;
    }
    match answered {
        Ok(ServedReply { reply, delivery }) => {
            let (bytes, head) = write(reply);
            delivery.deliver(bytes, head, &cut).await
        }
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// Revocation lists are fetched over plain HTTP everywhere, because a client needs one to check a
/// certificate. Nothing else is served without TLS.
async fn without_tls(front: Front, request: Request<Incoming>) -> Response<AnswerBody> {
    match read(request, false).await {
        Some(incoming) if CloudService::of(&incoming) == CloudService::RevocationList => {
            let answered = front.world.ask(move |world| service::serve(world, &incoming)).await;
            answered.map_or_else(|_| plain(StatusCode::SERVICE_UNAVAILABLE), |served| whole(served.reply))
        }
        _ => whole(Reply::new(
            400,
            ReplyBody::Text("text/plain", "The practice cloud speaks HTTPS here.\n".to_owned()),
        )),
    }
}

/// The request with its whole body, unless that is too large; `is_local`: from this machine.
async fn read(request: Request<Incoming>, is_local: bool) -> Option<IncomingRequest> {
    let (parts, body) = request.into_parts();
    let text = |headers: &HeaderMap, name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    // HTTP/2 has the authority in the URI, HTTP/1.1 in a header.
    let host = match parts.uri.authority() {
        Some(authority) => authority.to_string(),
        None => text(&parts.headers, "host").unwrap_or_default(),
    };
    Some(IncomingRequest {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        host,
        authorization: text(&parts.headers, "authorization"),
        if_match: text(&parts.headers, "if-match"),
        client_request_id: text(&parts.headers, "x-ms-client-request-id"),
        correlation_id: text(&parts.headers, "x-ms-correlation-request-id"),
        local: is_local,
        body: Limited::new(body, BODY_LIMIT).collect().await.ok()?.to_bytes().to_vec(),
    })
}

/// A response that no fault changes.
fn whole(reply: Reply) -> Response<AnswerBody> {
    let (bytes, head) = write(reply);
    head.map(|()| at_once(bytes))
}

/// A body that is there as a whole.
pub(crate) fn at_once(bytes: impl Into<Bytes>) -> AnswerBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A response as HTTP: the bytes of its body, and all the rest.
fn write(reply: Reply) -> (Vec<u8>, Response<()>) {
    let (bytes, kind) = match reply.body {
        ReplyBody::Empty => (Vec::new(), None),
        ReplyBody::Json(value) => {
            (serde_json::to_vec(&value).unwrap_or_default(), Some("application/json; charset=utf-8"))
        }
        ReplyBody::Text(kind, text) => (text.into_bytes(), Some(kind)),
        ReplyBody::Bytes(kind, bytes) => (bytes, Some(kind)),
    };
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(kind) = kind {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    (bytes, response)
}

fn plain(status: StatusCode) -> Response<AnswerBody> {
    let mut response = Response::new(at_once(Bytes::new()));
    *response.status_mut() = status;
    response
}
