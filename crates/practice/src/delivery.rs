//! How an answer reaches its client: whole, late, broken off, or not at all.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::stream::{self, Stream, StreamExt as _};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::{
    Response,
    body::{Bytes, Frame},
    header::{self, HeaderValue},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::watch,
};

use super::{
    faults::FaultKind,
    server::{AnswerBody, at_once},
};

/// How long to wait before breaking the connection, so that what was written before has been sent.
const UNDER_WAY: Duration = Duration::from_millis(30);

/// What happens to a finished response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Delivery {
    #[default]
    Whole,
    Late(Duration),
    /// The first half is sent, then the connection breaks.
    Torn,
    /// One byte at a time, with this pause between bytes.
    Trickling(Duration),
    /// Nothing is sent; the connection breaks.
    Never,
}

impl From<&FaultKind> for Delivery {
    fn from(kind: &FaultKind) -> Self {
        match kind {
            FaultKind::Delay { ms } => Self::Late(Duration::from_millis(*ms)),
            FaultKind::Truncated => Self::Torn,
            FaultKind::Trickle { ms } => Self::Trickling(Duration::from_millis(*ms)),
            FaultKind::Reset { .. } => Self::Never,
            FaultKind::Status { .. }
            | FaultKind::ExpiredToken
            | FaultKind::ClaimsChallenge { .. }
            | FaultKind::StaleReads { .. }
            | FaultKind::ClockSkew { .. } => Self::Whole,
        }
    }
}

impl Delivery {
    /// Hands the answer to the HTTP server, or breaks the connection.
    pub(crate) async fn deliver(
        self,
        bytes: Vec<u8>,
        mut response: Response<()>,
        cut: &ConnectionBreaker,
    ) -> Response<AnswerBody> {
        match self {
            Self::Whole => {}
            Self::Late(by) => tokio::time::sleep(by).await,
            Self::Torn if bytes.is_empty() => cut.now().await,
            Self::Torn => {
                response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
                let half = Bytes::copy_from_slice(&bytes[..bytes.len() / 2]);
                let broken = stream::once(async {
                    tokio::time::sleep(UNDER_WAY).await;
                    Err(io::Error::from(io::ErrorKind::ConnectionReset))
                });
                return response.map(|()| in_pieces(stream::iter([Ok(half)]).chain(broken)));
            }
            Self::Trickling(apart) => {
                response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
                let bytes = stream::iter(bytes).then(move |byte| async move {
                    tokio::time::sleep(apart).await;
                    Ok(Bytes::copy_from_slice(&[byte]))
                });
                return response.map(|()| in_pieces(bytes));
            }
            Self::Never => cut.now().await,
        }
        response.map(|()| at_once(bytes))
    }
}

/// A body that comes piece by piece.
fn in_pieces(pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> AnswerBody {
    StreamBody::new(pieces.map(|piece| piece.map(Frame::data))).boxed_unsync()
}

/// Breaks one connection.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionBreaker(Arc<watch::Sender<bool>>);

impl Default for ConnectionBreaker {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl ConnectionBreaker {
    /// Breaks the connection. Does not return: the calling task ends with the connection.
    async fn now<T>(&self) -> T {
        self.0.send_replace(true);
        std::future::pending().await
    }

    /// Returns when the connection is to be broken.
    pub(crate) async fn asked(&self) {
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = self.0.subscribe().wait_for(|cut| *cut).await;
    }
}

/// A TCP connection that ends with a reset, not a regular close, when it is broken.
#[derive(Debug)]
pub(crate) struct Line {
    tcp: TcpStream,
    cut: ConnectionBreaker,
}

impl Line {
    pub(crate) fn new(tcp: TcpStream, cut: ConnectionBreaker) -> Self {
        Self { tcp, cut }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if *self.cut.0.borrow() {
            let _ = self.tcp.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
