//! A switch on real sockets with one operator, and sipp to call it.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use md5::Digest;
use telephony::driver::media::MediaConfig;
use telephony::driver::{Config, Driver};
use telephony::queue::{OperatorSettings, QueueSettings};
use telephony::sip::{AgentSettings, Hop, Transport, Trunk, User};
use telephony::switch::{Line, News, Settings, Switch};

pub const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PATIENCE: Duration = Duration::from_secs(40);

pub struct Hotline {
    pub driver: Driver<Switch>,
    pub directory: tempfile::TempDir,
    news: Receiver<News>,
}

impl Hotline {
    /// Each test has ports of its own, by its number.
    pub fn start(number: u16) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (sender, news) = channel();
        let mut media = MediaConfig::new(LOCALHOST, u64::from(number));
        // sipp sends no RTP: calls here are shorter than this, but for the one whose citizen vanishes.
        media.settings.media_timeout = Duration::from_secs(8);
        let rtp = 24_000 + number * 100;
        let any = SocketAddr::new(LOCALHOST, 0);
        let config = Config {
            listen: vec![(Transport::Udp, any), (Transport::Tcp, any)],
            advertise: None,
            media,
            settings: settings(directory.path().to_owned(), rtp),
            seed: u64::from(number),
        };
        let driver = Driver::start(config, move |item| {
            let _ = sender.send(item);
        });
        let driver = driver.unwrap();
        let second = std::iter::repeat_n(0i16, 8000).collect::<Arc<[i16]>>();
        driver
            .media()
            .set_prompts(&HashMap::from([("greeting".into(), second)]));
        Self {
            driver,
            directory,
            news,
        }
    }

    pub fn free_port(&self) -> u16 {
        UdpSocket::bind((LOCALHOST, 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
    }

    /// The first news that the function makes something of.
    pub fn wait<R>(&self, what: &str, mut wanted: impl FnMut(News) -> Option<R>) -> R {
        loop {
            let news = self
                .news
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("never happened: {what}"));
            if let Some(found) = wanted(news) {
                return found;
            }
        }
    }
}

fn user(name: &str) -> User {
    let a1 = format!("{name}:minsheng:secret");
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    User {
        name: name.into(),
        ha1_md5: hex(&md5::Md5::digest(&a1)),
        ha1_sha256: hex(&sha2::Sha256::digest(&a1)),
    }
}

fn settings(recordings: PathBuf, rtp: u16) -> Settings {
    let flow = r#"{"name":"default","start":"notice","nodes":{
        "notice":{"type":"say","prompts":["greeting"],"next":"general"},"general":{"type":"queue","queue":"general"}}}"#;
    let carrier = Trunk {
        name: "carrier".into(),
        hops: vec![Hop {
            transport: Transport::Udp,
            addr: SocketAddr::new(LOCALHOST, 9),
        }],
        domain: "127.0.0.1".into(),
        register: None,
        numbers: vec!["12345".into()],
        caller_id: "12345".into(),
        max_calls: 60,
        priority: 1,
        options_every: Duration::ZERO,
        from_anywhere: false,
    };
    let queue = QueueSettings {
        name: "general".into(),
        title: "general".into(),
        skill: "general".into(),
        priority: 1,
        ring: Duration::from_secs(2),
        wrap_up: Duration::from_secs(1),
        announce: Duration::from_secs(20),
        max_wait: Duration::from_secs(300),
        overflow_when_unstaffed: false,
        ..QueueSettings::default()
    };
    Settings {
        agent: AgentSettings {
            udp_port: None,
            tcp_port: None,
            tls_port: None,
            ws_port: None,
            source_for: Arc::new(|_| LOCALHOST),
            realm: "minsheng".into(),
            trunks: vec![carrier],
            users: vec![user("operator1")],
            stranger_rate: 100,
        },
        rtp_ports: rtp..=rtp + 99,
        flows: HashMap::from([("default".into(), Arc::new(serde_json::from_str(flow).unwrap()))]),
        lines: vec![Line {
            numbers: vec!["12345".into()],
            flow: "default".into(),
        }],
        schedules: HashMap::new(),
        queues: vec![queue],
        operators: vec![OperatorSettings {
            name: "operator1".into(),
            skills: vec!["general".into()],
        }],
        recordings: Some(recordings),
    }
}

/// A running sipp; ends with the test whatever happens.
pub struct Sipp {
    scenario: String,
    process: Child,
    log: PathBuf,
}

/// Starts a scenario of tests/scenarios from `port` towards the hotline, once unless `-m` says otherwise.
pub fn sipp(scenario: &str, hotline: &Hotline, port: u16, arguments: &[&str]) -> Sipp {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let log = hotline.directory.path().join(format!("{scenario}-{port}.log"));
    let tcp = arguments.contains(&"t1");
    let server = if tcp {
        hotline.driver.tcp_addr()
    } else {
        hotline.driver.udp_addr()
    }
    .unwrap();
    let mut command = Command::new("sipp");
    command
        .arg(server.to_string())
        .arg("-sf")
        .arg(root.join(format!("{scenario}.xml")));
    command.args([
        "-i",
        "127.0.0.1",
        "-mi",
        "127.0.0.1",
        "-p",
        &port.to_string(),
        "-mp",
        &(port ^ 1).to_string(),
    ]);
    command
        .args(["-nostdin", "-trace_err", "-error_file"])
        .arg(&log)
        .args(["-timeout", "60", "-timeout_error"]);
    if !arguments.contains(&"-m") {
        command.args(["-m", "1"]);
    }
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    let process = command.spawn().expect("sipp is installed (Debian: sip-tester)");
    Sipp {
        scenario: scenario.into(),
        process,
        log,
    }
}

impl Sipp {
    /// Waits for the end of the scenario; every step of it happened as it says.
    pub fn succeeds(mut self) {
        let status = self.process.wait().unwrap();
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        assert!(
            status.success(),
            "sipp {} ended with {status}\n{log}",
            self.scenario
        );
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
