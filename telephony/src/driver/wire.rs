//! What a SIP connection is made of: a stream of bytes, bare or encrypted, or a WebSocket whose every message is one of SIP's (RFC 7118).
//! Not responsible for who the peer is.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        Error, Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderValue, StatusCode, header::SEC_WEBSOCKET_PROTOCOL},
        protocol::WebSocketConfig,
    },
};

use crate::sip::Transport;

/// What is shown to whoever connects; asked anew each time, for a certificate is renewed while the daemon runs.
pub type Certificate = Arc<dyn Fn() -> Arc<ServerConfig> + Send + Sync>;

/// No SIP message is longer than what fits a datagram (RFC 3261 section 18.1.1), with room for what carriers add.
const LONGEST_MESSAGE: usize = 128 * 1024;

/// How a listener takes its connections.
#[derive(Clone)]
pub(super) enum Accept {
    Tcp,
    Tls(Certificate),
    Ws,
}

impl Accept {
    pub(super) fn transport(&self) -> Transport {
        match self {
            Self::Tcp => Transport::Tcp,
            Self::Tls(_) => Transport::Tls,
            Self::Ws => Transport::Ws,
        }
    }
}

pub(super) enum Wire {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
    Messages(Box<WebSocketStream<TcpStream>>),
}

impl Wire {
    /// With the peer's part of the handshake, which may never come: whoever calls sets a time for it.
    pub(super) async fn accept(stream: TcpStream, how: &Accept) -> io::Result<Self> {
        Ok(match how {
            Accept::Tcp => Self::Plain(stream),
            Accept::Tls(certificate) => {
                let acceptor = TlsAcceptor::from(certificate());
                Self::Encrypted(Box::new(acceptor.accept(stream).await?))
            }
            Accept::Ws => {
                let limits = WebSocketConfig::default()
                    .max_message_size(Some(LONGEST_MESSAGE))
                    .max_frame_size(Some(LONGEST_MESSAGE));
                let socket = accept_hdr_async_with_config(stream, speaks_sip, Some(limits));
                Self::Messages(Box::new(socket.await.map_err(io::Error::other)?))
            }
        })
    }

    /// The next bytes, or the next message; none at the end. Nothing is lost when it is dropped before it is done.
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<Bytes>> {
        let length = match self {
            Self::Plain(stream) => stream.read(buffer).await?,
            Self::Encrypted(stream) => stream.read(buffer).await?,
            Self::Messages(socket) => return next_message(socket).await,
        };
        let bytes = buffer.get(..length).filter(|bytes| !bytes.is_empty());
        Ok(bytes.map(Bytes::copy_from_slice))
    }

    pub(super) async fn write(&mut self, message: &Bytes) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(message).await,
            Self::Encrypted(stream) => {
                stream.write_all(message).await?;
                stream.flush().await
            }
            Self::Messages(socket) => {
                // Carriers' GBK names go through as they are.
                let message = match std::str::from_utf8(message) {
                    Ok(text) => Message::text(text),
                    Err(_) => Message::binary(message.clone()),
                };
                socket.send(message).await.map_err(io::Error::other)
            }
        }
    }
}

async fn next_message(socket: &mut WebSocketStream<TcpStream>) -> io::Result<Option<Bytes>> {
    loop {
        return match socket.next().await {
            Some(Ok(Message::Text(text))) => Ok(Some(text.into())),
            Some(Ok(Message::Binary(bytes))) => Ok(Some(bytes)),
            // The library answers a ping by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            None | Some(Ok(Message::Close(_)) | Err(Error::ConnectionClosed | Error::AlreadyClosed)) => {
                Ok(None)
            }
            Some(Err(error)) => Err(io::Error::other(error)),
        };
    }
}

/// RFC 7118 section 4: both say that they speak SIP, or there is no connection.
#[allow(clippy::result_large_err)] // The library's signature.
fn speaks_sip(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL);
    let offers_sip = offered
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|protocol| protocol.trim().eq_ignore_ascii_case("sip"));
    if !offers_sip {
        let mut refusal =
            ErrorResponse::new(Some("expected Sec-WebSocket-Protocol: sip (RFC 7118)".to_owned()));
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        return Err(refusal);
    }
    let sip = HeaderValue::from_static("sip");
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, sip);
    Ok(response)
}
