//! Telephones that connect by TLS and by WebSocket, through real connections.

mod support;

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use minsheng::{
    config::{SipListen, Transport},
    http,
    switchboard::{self, Switchboard},
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    time_provider::TimeProvider,
};
use support::TestApp;

const PATIENCE: Duration = Duration::from_secs(20);

/// The hotline's time, not the machine's.
#[derive(Debug)]
struct At(UnixTime);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

/// `port` is the first of a hundred that are this test's alone.
async fn listening(port: u16) -> (TestApp, Switchboard) {
    let hotline = TestApp::start_with(move |config| {
        let kinds = [Transport::Udp, Transport::Tls, Transport::Ws];
        config.sip.listen = kinds
            .map(|transport| SipListen {
                transport,
                address: "127.0.0.1:0".parse().expect("address"),
            })
            .to_vec();
        config.sip.rtp_ports = (port + 2, port + 99);
        config.sip.browser_port = port;
    })
    .await;
    let certificate = http::certificate_for_phones(&hotline.app)
        .await
        .expect("a certificate");
    let switchboard = switchboard::start_with(&hotline.app, certificate)
        .await
        .expect("started");
    (hotline, switchboard)
}

fn options(transport: &str) -> String {
    format!(
        "OPTIONS sip:12345@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} df7jal23ls0d.invalid;branch=z9hG4bK{transport};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:probe@df7jal23ls0d.invalid>;tag=1\r\nTo: <sip:12345@127.0.0.1>\r\n\
         Call-ID: {transport}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

fn connected(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    stream
}

/// The head of what a stream says next.
fn head(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn is_answer(answer: &str, transport: &str) {
    assert!(answer.starts_with("SIP/2.0 "), "{answer}");
    assert!(
        answer.contains(&format!("Via: SIP/2.0/{transport} df7jal23ls0d.invalid")),
        "{answer}"
    );
    assert!(answer.contains("CSeq: 1 OPTIONS"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_telephone_talks_by_tls_with_the_hotlines_certificate() {
    let (hotline, switchboard) = listening(27_600).await;
    let addr = switchboard.addr(Transport::Tls).expect("listened on");
    let at = UnixTime::since_unix_epoch(Duration::from_secs(hotline.app.clock.now().timestamp() as u64));
    let folder = hotline.app.config.service.data_dir.join("tls");
    let talk = move || {
        // Who speaks in the clear is not answered, and is in nobody's way.
        let mut plain = connected(addr);
        plain.write_all(options("TLS").as_bytes()).expect("sent");
        let mut said = Vec::new();
        let _ = plain.read_to_end(&mut said);
        assert!(
            !said.windows(7).any(|part| part == b"SIP/2.0"),
            "no SIP in the clear"
        );

        let mut roots = RootCertStore::empty();
        for entry in std::fs::read_dir(folder).expect("made").flatten() {
            let path = entry.path();
            if let Ok(certificate) = CertificateDer::from_pem_file(&path) {
                let _ = roots.add(certificate);
            } else if let Ok(bytes) = std::fs::read(&path) {
                let _ = roots.add(CertificateDer::from(bytes));
            }
        }
        assert!(!roots.is_empty(), "the authority's certificate is there");
        let config = ClientConfig::builder_with_details(ring::default_provider().into(), Arc::new(At(at)))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").expect("name");
        let mut connection = ClientConnection::new(Arc::new(config), name).expect("client");
        let mut socket = connected(addr);
        let mut stream = rustls::Stream::new(&mut connection, &mut socket);
        stream.write_all(options("TLS").as_bytes()).expect("sent");
        is_answer(&head(&mut stream).expect("an answer"), "TLS");
    };
    tokio::task::spawn_blocking(talk).await.expect("no panic");
    switchboard.stop(&hotline.app).await;
}

/// A client's frame: text, one frame, masked (RFC 6455 section 5.2).
fn frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("short").to_be_bytes();
    let mask = [1, 2, 3, 4];
    let masked = text
        .bytes()
        .zip(mask.into_iter().cycle())
        .map(|(byte, mask)| byte ^ mask);
    let head = [0x81, 0x80 | 126, length[0], length[1]];
    head.into_iter().chain(mask).chain(masked).collect()
}

fn upgrade(protocol: &str) -> String {
    format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_telephone_talks_by_websocket_if_it_says_that_it_speaks_sip() {
    let (hotline, switchboard) = listening(27_700).await;
    let addr = switchboard.addr(Transport::Ws).expect("listened on");
    let talk = move || {
        let mut other = connected(addr);
        other.write_all(upgrade("chat").as_bytes()).expect("sent");
        assert!(head(&mut other).expect("an answer").starts_with("HTTP/1.1 400 "));

        let mut phone = connected(addr);
        phone.write_all(upgrade("chat, sip").as_bytes()).expect("sent");
        let agreed = head(&mut phone).expect("an answer").to_ascii_lowercase();
        assert!(agreed.starts_with("http/1.1 101 "), "{agreed}");
        assert!(agreed.contains("sec-websocket-protocol: sip"), "{agreed}");
        phone.write_all(&frame(&options("WS"))).expect("sent");
        let mut begin = [0; 4];
        phone.read_exact(&mut begin).expect("a frame");
        assert_eq!(begin[..2], [0x81, 126], "one text frame of more than 125 bytes");
        let mut answer = vec![0; usize::from(u16::from_be_bytes([begin[2], begin[3]]))];
        phone.read_exact(&mut answer).expect("its text");
        is_answer(&String::from_utf8_lossy(&answer), "WS");
    };
    tokio::task::spawn_blocking(talk).await.expect("no panic");
    switchboard.stop(&hotline.app).await;
}
