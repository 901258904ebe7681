//! One port for both: who speaks TLS is served, who speaks plain HTTP is told where to go. The first byte tells them apart.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Extension, middleware::AddExtension};
use axum_server::{
    accept::Accept,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use futures::future::BoxFuture;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tower::Layer;

/// The content type of a TLS handshake record (RFC 8446, 5.1); no method of HTTP begins with it.
const HANDSHAKE: u8 = 22;
/// Who connects and says nothing holds a place no longer than this.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Encrypted(pub bool);

#[derive(Clone)]
pub(in crate::http) struct Door(RustlsAcceptor);

impl Door {
    pub(in crate::http) fn new(config: RustlsConfig) -> Self {
        Self(RustlsAcceptor::new(config))
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for Door {
    type Stream = Line<<RustlsAcceptor as Accept<TcpStream, S>>::Stream>;
    type Service = AddExtension<S, Encrypted>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let tls = self.0.clone();
        Box::pin(async move {
            let mut first = [0];
            tokio::time::timeout(PATIENCE, stream.peek(&mut first)).await??;
            let is_encrypted = first[0] == HANDSHAKE;
            let mark = Extension(Encrypted(is_encrypted));
            if is_encrypted {
                let (stream, service) = tls.accept(stream, service).await?;
                return Ok((Line::Encrypted(Box::new(stream)), mark.layer(service)));
            }
            Ok((Line::Plain(stream), mark.layer(service)))
        })
    }
}

pub(in crate::http) enum Line<T> {
    Plain(TcpStream),
    Encrypted(Box<T>),
}

impl<T: AsyncRead + Unpin> AsyncRead for Line<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Encrypted(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Line<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Encrypted(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Encrypted(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Encrypted(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
