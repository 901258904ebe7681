//! One request to a web server and its answer. Who is asked what is the callers' matter.

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderValue, Request, Uri, header, uri::PathAndQuery};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

pub struct Answer {
    pub status: u16,
    /// Empty where it was longer than asked for.
    pub body: Bytes,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer. For who set the address up.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The server has heard nothing.
    #[error("{0}")]
    NotAsked(String),
    /// It may have heard everything.
    #[error("{0}")]
    NotAnswered(String),
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// `longest`: of the answer, in bytes.
pub async fn exchange(
    mut request: Request<Full<Bytes>>,
    within: Duration,
    longest: usize,
) -> Result<Answer, Fault> {
    let late = || format!("{} 秒内没有回应", within.as_secs());
    let alarm = tokio::time::sleep(within);
    tokio::pin!(alarm);
    let wire = tokio::select! {
        wire = connect(&mut request) => wire.map_err(Fault::NotAsked)?,
        () = &mut alarm => return Err(Fault::NotAsked(late())),
    };
    tokio::select! {
        answer = speak(wire, request, longest) => answer.map_err(Fault::NotAnswered),
        () = &mut alarm => Err(Fault::NotAnswered(late())),
    }
}

async fn connect(request: &mut Request<Full<Bytes>>) -> Result<Box<dyn Wire>, String> {
    let uri = request.uri().clone();
    let is_tls = uri.scheme_str() == Some("https");
    let host = uri.host().ok_or("地址中没有主机名")?.to_owned();
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    address(request, &uri)?;
    // An IPv6 address stands in brackets in a URL only.
    let name = host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((name, port))
        .await
        .map_err(|error| format!("无法连接 {host}:{port}：{error}"))?;
    if !is_tls {
        return Ok(Box::new(stream));
    }
    let server = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::new(trusting_the_system()?));
    let stream = connector
        .connect(server, stream)
        .await
        .map_err(|error| format!("无法建立加密连接：{error}"))?;
    Ok(Box::new(stream))
}

/// Path and host, as a server is asked directly (RFC 9112 section 3.2.1).
fn address(request: &mut Request<Full<Bytes>>, uri: &Uri) -> Result<(), String> {
    let authority = uri
        .authority()
        .map(|authority| authority.as_str())
        .unwrap_or_default();
    // What stands before an @ is for us, not for the header.
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = HeaderValue::try_from(host).map_err(|error| error.to_string())?;
    request.headers_mut().insert(header::HOST, host);
    let path = uri
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
    Ok(())
}

fn trusting_the_system() -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    let (known, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if known == 0 {
        return Err("系统中没有根证书，请安装 ca-certificates".into());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

async fn speak(wire: Box<dyn Wire>, request: Request<Full<Bytes>>, longest: usize) -> Result<Answer, String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(wire))
        .await
        .map_err(|error| error.to_string())?;
    let answered = async {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), longest).collect().await;
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        Ok::<_, hyper::Error>(Answer { status, body })
    };
    tokio::pin!(answered, connection);
    let mut is_open = true;
    loop {
        tokio::select! {
            answer = &mut answered => return answer.map_err(|error| error.to_string()),
            // A server may hang up as soon as it has answered: what it said is still there to be read.
            _ = &mut connection, if is_open => is_open = false,
        }
    }
}
