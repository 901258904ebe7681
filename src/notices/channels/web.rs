//! One request to a web server and its answer.

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

/// A gateway says in a line how it went.
const LONGEST_ANSWER: usize = 64 << 10;

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

pub(super) async fn exchange(request: Request<Full<Bytes>>, within: Duration) -> Result<Answer, String> {
    let asked = ask(request);
    tokio::time::timeout(within, asked)
        .await
        .map_err(|_| format!("{} 秒内没有回应", within.as_secs()))?
}

async fn ask(mut request: Request<Full<Bytes>>) -> Result<Answer, String> {
    let uri = request.uri().clone();
    let is_tls = uri.scheme_str() == Some("https");
    let host = uri.host().ok_or("地址中没有主机名")?.to_owned();
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    address(&mut request, &uri)?;
    // An IPv6 address stands in brackets in a URL only.
    let name = host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((name, port))
        .await
        .map_err(|error| format!("无法连接 {host}:{port}：{error}"))?;
    if !is_tls {
        return speak(stream, request).await;
    }
    let server = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::new(trusting_the_system()?));
    let stream = connector
        .connect(server, stream)
        .await
        .map_err(|error| format!("无法建立加密连接：{error}"))?;
    speak(stream, request).await
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

async fn speak<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let answered = async {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        Ok::<_, hyper::Error>(Answer {
            status,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
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
