//! The switch's side: a process that serves until its input ends, and then says what its media saw.

use std::collections::HashMap;
use std::f64::consts::TAU;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use md5::Digest;
use telephony::driver::media::MediaConfig;
use telephony::driver::{Config, Driver};
use telephony::queue::{OperatorSettings, QueueSettings};
use telephony::sip::{AgentSettings, Hop, Transport, Trunk, User};
use telephony::switch::{CallNews, Line, News, Settings, Switch};

pub const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub const OPERATORS: usize = 210;

/// A tone of some seconds.
pub fn tone(hertz: f64, seconds: u32) -> Arc<[i16]> {
    (0..8000 * seconds)
        .map(|n| ((TAU * hertz * f64::from(n) / 8000.0).sin() * 8000.0) as i16)
        .collect()
}

pub fn run(directory: PathBuf) -> Result<(), Box<dyn std::error::Error>> {
    let any = SocketAddr::new(LOCALHOST, 0);
    let config = Config {
        listen: vec![(Transport::Udp, any)],
        advertise: None,
        media: MediaConfig::new(LOCALHOST, 1),
        settings: settings(directory),
        seed: 1,
    };
    let driver = Driver::<Switch>::start(config, |news| {
        // One line a fact that the load counts.
        if let News::Call { what, .. } = news {
            match what {
                CallNews::LegEnded(leg) => println!(
                    "leg {} {}",
                    leg.quality.packets_received, leg.quality.packets_lost
                ),
                CallNews::Recorded(recorded) => println!("recorded {}", recorded.frames_lost),
                CallNews::RecordingFailed { .. } => println!("recorded -1"),
                CallNews::Ended { outcome, .. } => println!("ended {outcome:?}"),
                _ => {}
            }
        }
    })?;
    let prompts = [
        ("greeting", tone(700.0, 1)),
        ("question", tone(600.0, 3)),
        ("goodbye", tone(500.0, 1)),
    ];
    let music = [
        "hold-music",
        "ringback",
        "transferring",
        "queue-wait",
        "queue-next",
    ]
    .map(|name| (name, tone(440.0, 5)));
    driver.media().set_prompts(
        &prompts
            .into_iter()
            .chain(music)
            .map(|(n, t)| (n.into(), t))
            .collect(),
    );
    println!("listening {}", driver.udp_addr().ok_or("no address")?);
    // The load closes our input when it is done.
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn user(name: String) -> User {
    let a1 = format!("{name}:minsheng:secret");
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    User {
        name,
        ha1_md5: hex(&md5::Md5::digest(&a1)),
        ha1_sha256: hex(&sha2::Sha256::digest(&a1)),
    }
}

fn settings(recordings: PathBuf) -> Settings {
    let flow = |text: &str| Arc::new(serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}")));
    let desks = r#"{"name":"desks","start":"hello","nodes":{
        "hello":{"type":"say","prompts":["greeting"],"next":"q"},"q":{"type":"queue","queue":"staffed"}}}"#;
    let keys = r#"{"name":"keys","start":"ask","nodes":{
        "ask":{"type":"menu","prompts":["question"],"timeout_seconds":20,"tries":1,"choices":{"1":"again"},"default":"again"},
        "again":{"type":"menu","prompts":["question"],"timeout_seconds":20,"tries":1,"choices":{"1":"ask"},"default":"ask"}}}"#;
    let waiting = r#"{"name":"waiting","start":"hello","nodes":{
        "hello":{"type":"menu","prompts":["greeting"],"timeout_seconds":1,"tries":1,"choices":{},"default":"q"},
        "q":{"type":"queue","queue":"empty"}}}"#;
    let line = |number: &str, flow: &str| Line {
        numbers: vec![number.into()],
        flow: flow.into(),
    };
    let queue = |name: &str| QueueSettings {
        name: name.into(),
        title: name.into(),
        skill: name.into(),
        priority: 1,
        ring: Duration::from_secs(20),
        wrap_up: Duration::ZERO,
        announce: Duration::from_secs(20),
        max_wait: Duration::from_secs(3000),
        overflow_when_unstaffed: false,
        ..QueueSettings::default()
    };
    let name = |n: usize| format!("operator{n}");
    let carrier = Trunk {
        name: "carrier".into(),
        hops: vec![Hop {
            transport: Transport::Udp,
            addr: SocketAddr::new(LOCALHOST, 9),
        }],
        domain: "127.0.0.1".into(),
        register: None,
        numbers: Vec::new(),
        caller_id: String::new(),
        max_calls: 5000,
        priority: 1,
        options_every: Duration::ZERO,
        from_anywhere: false,
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
            users: (0..OPERATORS).map(name).map(user).collect(),
            stranger_rate: 1000,
        },
        rtp_ports: 12000..=15999,
        flows: HashMap::from([
            ("desks".into(), flow(desks)),
            ("keys".into(), flow(keys)),
            ("waiting".into(), flow(waiting)),
        ]),
        lines: vec![line("1", "desks"), line("2", "keys"), line("3", "waiting")],
        schedules: HashMap::new(),
        queues: vec![queue("staffed"), queue("empty")],
        operators: (0..OPERATORS)
            .map(|n| OperatorSettings {
                name: name(n),
                skills: vec!["staffed".into()],
            })
            .collect(),
        recordings: Some(recordings),
    }
}
