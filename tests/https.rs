//! HTTPS with a certificate of the hotline's own, through real connections.

mod support;

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use minsheng::accounts::Role;
use reqwest::{StatusCode, redirect::Policy};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    crypto::ring,
    pki_types::{ServerName, UnixTime},
    time_provider::TimeProvider,
};
use support::TestApp;

/// The hotline's time, not the machine's.
#[derive(Debug)]
struct At(UnixTime);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

/// A hotline that listens on every address of the machine.
async fn open_hotline() -> TestApp {
    TestApp::start_with(|config| config.http.listen = "0.0.0.0:0".parse().expect("address")).await
}

fn port(hotline: &TestApp) -> u16 {
    let (_, port) = hotline.url.rsplit_once(':').expect("a port");
    port.parse().expect("a port")
}

async fn plain(hotline: &TestApp, method: &str, path: &str) -> reqwest::Response {
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .expect("a client");
    let url = format!("http://127.0.0.1:{}{path}", port(hotline));
    let request = client.request(method.parse().expect("method"), url);
    request.send().await.expect("an answer")
}

/// The whole answer to a request over TLS; an error where the certificate is not trusted.
async fn encrypted(
    hotline: &TestApp,
    name: &'static str,
    authority: Option<Vec<u8>>,
    request: String,
) -> io::Result<String> {
    let at = UnixTime::since_unix_epoch(Duration::from_secs(hotline.app.clock.now().timestamp() as u64));
    let port = port(hotline);
    let talk = move || {
        let mut roots = RootCertStore::empty();
        if let Some(authority) = authority {
            roots.add(authority.into()).map_err(io::Error::other)?;
        }
        let config = ClientConfig::builder_with_details(ring::default_provider().into(), Arc::new(At(at)))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        let mut socket = TcpStream::connect(("127.0.0.1", port))?;
        let mut stream = rustls::Stream::new(&mut connection, &mut socket);
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    tokio::task::spawn_blocking(talk).await.expect("no panic")
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
}

async fn authority(hotline: &TestApp) -> Vec<u8> {
    let answer = plain(hotline, "GET", "/trust/ca.crt").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/x-x509-ca-cert");
    answer.bytes().await.expect("a body").to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_trusts_the_authority_trusts_the_hotline_by_name_and_by_address() {
    let hotline = open_hotline().await;
    let authority = authority(&hotline).await;
    for name in ["localhost", "127.0.0.1"] {
        let answer = encrypted(&hotline, name, Some(authority.clone()), get("/api/v1/health"))
            .await
            .expect("trusted");
        assert!(
            answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"status\":\"ok\""),
            "{answer}"
        );
    }
    let stranger = encrypted(&hotline, "localhost", None, get("/api/v1/health")).await;
    assert!(stranger.is_err(), "nobody else trusts it");
    let misnamed = encrypted(&hotline, "example.com", Some(authority), get("/api/v1/health")).await;
    assert!(misnamed.is_err(), "it is nobody else's certificate");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_requests_are_shown_the_way_and_get_nothing_else() {
    let hotline = open_hotline().await;
    let page = plain(&hotline, "GET", "/trust").await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.expect("text");
    assert!(page.contains("受信任的根证书颁发机构") && page.contains("<svg") && !page.contains("{{"));
    let elsewhere = plain(&hotline, "GET", "/desk?a=1").await;
    assert_eq!(elsewhere.status(), StatusCode::TEMPORARY_REDIRECT);
    let target = format!("https://127.0.0.1:{}/desk?a=1", port(&hotline));
    assert_eq!(elsewhere.headers()["location"], target.as_str());
    for (method, path) in [
        ("GET", "/api/v1/calls"),
        ("POST", "/api/v1/session"),
        ("GET", "/api/v1/health"),
    ] {
        let refused = plain(&hotline, method, path).await;
        assert_eq!(refused.status(), StatusCode::UPGRADE_REQUIRED, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_an_encrypted_hotline_is_never_sent_in_the_clear() {
    let hotline = open_hotline().await;
    let authority = authority(&hotline).await;
    let body = format!(
        "{{\"username\":\"operator\",\"password\":\"{}\"}}",
        support::PASSWORD
    );
    let request = format!(
        "POST /api/v1/session HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = encrypted(&hotline, "localhost", Some(authority), request)
        .await
        .expect("trusted");
    let cookie = answer
        .lines()
        .find(|line| line.starts_with("set-cookie"))
        .expect("a session");
    assert!(cookie.contains("; Secure"), "{cookie}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authority_is_the_same_after_a_restart() {
    let hotline = open_hotline().await;
    let before = authority(&hotline).await;
    let again = minsheng::http::start(hotline.app.clone())
        .await
        .expect("a second server");
    let url = format!("http://127.0.0.1:{}/trust/ca.crt", again.address.port());
    let after = reqwest::get(url)
        .await
        .expect("an answer")
        .bytes()
        .await
        .expect("a body");
    assert_eq!(after.to_vec(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_connects_and_says_nothing_keeps_nobody_waiting() {
    let hotline = open_hotline().await;
    let silent: Vec<_> = (0..20)
        .map(|_| TcpStream::connect(("127.0.0.1", port(&hotline))))
        .collect();
    assert!(silent.iter().all(Result::is_ok));
    assert_eq!(plain(&hotline, "GET", "/trust").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn on_loopback_everything_stays_plain() {
    let hotline = TestApp::start().await;
    assert_eq!(
        plain(&hotline, "GET", "/trust").await.status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        plain(&hotline, "GET", "/api/v1/health").await.status(),
        StatusCode::OK
    );
    let (status, _) = hotline.client(Role::Operator).await.get("/api/v1/session").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!hotline.app.config.service.data_dir.join("tls").exists());
}
