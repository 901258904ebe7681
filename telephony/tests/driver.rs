//! Real sockets, real RTP, a real recording: a citizen's and an operator's telephone call through the hotline on loopback.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::f64::consts::TAU;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use telephony::driver::media::MediaConfig;
use telephony::driver::{Config, Driver};
use telephony::media::PromptName;
use telephony::phone::{PhoneCommand, PhoneNews, PhoneSettings, Phones};
use telephony::queue::{OperatorSettings, QueueSettings};
use telephony::sip::{AgentSettings, Hop, Registration, Transport, Trunk, User};
use telephony::switch::{CallNews, Command, Line, News, Settings, Switch};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PATIENCE: Duration = Duration::from_secs(20);

/// A second of a tone: the citizen speaks at 440 Hz, the operator at 1000, the greeting at 700.
fn tone(hertz: f64) -> Arc<[i16]> {
    (0..8000)
        .map(|n| ((TAU * hertz * f64::from(n) / 8000.0).sin() * 8000.0) as i16)
        .collect()
}

fn prompts(tones: &[(&str, f64)]) -> HashMap<PromptName, Arc<[i16]>> {
    tones
        .iter()
        .map(|(name, hertz)| (PromptName::from(*name), tone(*hertz)))
        .collect()
}

/// Power of one frequency in a stretch of samples (Goertzel), relative to its length.
fn power(samples: &[i16], hertz: f64) -> f64 {
    let coefficient = 2.0 * (TAU * hertz / 8000.0).cos();
    let (mut a, mut b) = (0.0, 0.0);
    for &sample in samples {
        (a, b) = (f64::from(sample) + coefficient * a - b, a);
    }
    (a * a + b * b - coefficient * a * b) / samples.len() as f64 / samples.len() as f64
}

/// Seconds in which a frequency is loud.
fn seconds(samples: &[i16], hertz: f64) -> f64 {
    samples
        .chunks(800)
        .filter(|c| power(c, hertz) > 500_000.0)
        .count() as f64
        / 10.0
}

fn agent(trunks: Vec<Trunk>, users: Vec<User>) -> AgentSettings {
    AgentSettings {
        udp_port: None,
        tcp_port: None,
        tls_port: None,
        ws_port: None,
        source_for: Arc::new(|_| LOCALHOST),
        realm: "minsheng".into(),
        trunks,
        users,
        stranger_rate: 100,
    }
}

fn trunk(name: &str, addr: SocketAddr, register: Option<Registration>) -> Trunk {
    Trunk {
        name: name.into(),
        hops: vec![Hop {
            transport: Transport::Udp,
            addr,
        }],
        domain: "127.0.0.1".into(),
        register,
        numbers: Vec::new(),
        caller_id: String::new(),
        max_calls: 10,
        priority: 1,
        options_every: Duration::ZERO,
        from_anywhere: false,
    }
}

fn start<C: telephony::core::Core>(settings: C::Settings, seed: u64) -> (Driver<C>, Receiver<C::News>) {
    let (sender, news) = channel();
    let config = Config {
        listen: [Transport::Udp, Transport::Tcp]
            .map(|transport| (transport, SocketAddr::new(LOCALHOST, 0)))
            .to_vec(),
        advertise: None,
        media: MediaConfig::new(LOCALHOST, seed),
        settings,
        seed,
    };
    let driver = Driver::start(config, move |item| {
        let _ = sender.send(item);
    });
    (driver.unwrap(), news)
}

fn wait<T, R>(news: &Receiver<T>, mut wanted: impl FnMut(T) -> Option<R>) -> R {
    loop {
        if let Some(found) = wanted(
            news.recv_timeout(PATIENCE)
                .expect("it happens within the patience of the test"),
        ) {
            return found;
        }
    }
}

fn hotline(recordings: &Path) -> Settings {
    use md5::Digest;
    let a1 = "operator1:minsheng:secret";
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let flow = r#"{"name":"default","start":"notice","nodes":{
        "notice":{"type":"say","prompts":["greeting"],"next":"general"},"general":{"type":"queue","queue":"general"}}}"#;
    let user = User {
        name: "operator1".into(),
        ha1_md5: hex(&md5::Md5::digest(a1)),
        ha1_sha256: hex(&sha2::Sha256::digest(a1)),
    };
    Settings {
        agent: agent(
            vec![trunk("carrier", SocketAddr::new(LOCALHOST, 9), None)],
            vec![user],
        ),
        rtp_ports: 29_900..=29_999,
        flows: HashMap::from([("default".into(), Arc::new(serde_json::from_str(flow).unwrap()))]),
        lines: vec![Line {
            numbers: vec!["12345".into()],
            flow: "default".into(),
        }],
        schedules: HashMap::new(),
        queues: vec![QueueSettings {
            name: "general".into(),
            title: "general".into(),
            skill: "general".into(),
            priority: 1,
            ring: Duration::from_secs(20),
            wrap_up: Duration::from_secs(1),
            announce: Duration::from_secs(20),
            max_wait: Duration::from_secs(300),
            overflow_when_unstaffed: false,
            ..QueueSettings::default()
        }],
        operators: vec![OperatorSettings {
            name: "operator1".into(),
            skills: vec!["general".into()],
        }],
        recordings: Some(recordings.to_owned()),
    }
}

#[test]
fn a_real_call_is_bridged_and_recorded_on_both_sides() {
    let directory = tempfile::tempdir().unwrap();
    let (switch, news) = start::<Switch>(hotline(directory.path()), 1);
    switch.media().set_prompts(&prompts(&[("greeting", 700.0)]));
    let server = switch.udp_addr().unwrap();
    let register = Registration {
        username: "operator1".into(),
        password: "secret".into(),
        realm: String::new(),
        expires: Duration::from_secs(300),
    };
    let desk = PhoneSettings {
        agent: agent(vec![trunk("operator1", server, Some(register))], vec![]),
        rtp_ports: 21100..=21199,
        tells_spurts: false,
    };
    let (desk, desk_news) = start::<Phones>(desk, 2);
    desk.media().set_prompts(&prompts(&[("operator", 1000.0)]));
    let carrier = PhoneSettings {
        agent: agent(vec![trunk("hotline", server, None)], vec![]),
        rtp_ports: 21200..=21299,
        tells_spurts: false,
    };
    let (carrier, carrier_news) = start::<Phones>(carrier, 3);
    carrier.media().set_prompts(&prompts(&[("citizen", 440.0)]));

    wait(&news, |n| {
        matches!(n, News::Operator { name, state: telephony::queue::OperatorState::Ready, .. } if name == "operator1").then_some(())
    });
    carrier.command(PhoneCommand::Dial {
        tag: 1,
        account: "hotline".into(),
        number: "12345".into(),
        from: "13900000001".into(),
        ring_for: PATIENCE,
    });
    let citizen = wait(&carrier_news, |n| match n {
        PhoneNews::Dialled { leg, .. } => Some(leg),
        _ => None,
    });
    let ringing = wait(&desk_news, |n| match n {
        PhoneNews::Incoming { leg, caller, .. } => Some((leg, caller.number)),
        _ => None,
    });
    assert_eq!(ringing.1, "13900000001");
    desk.command(PhoneCommand::Answer { leg: ringing.0 });
    wait(&news, |n| {
        matches!(
            n,
            News::Call {
                what: CallNews::Answered { .. },
                ..
            }
        )
        .then_some(())
    });
    carrier.command(PhoneCommand::Play {
        leg: citizen,
        prompts: vec!["citizen".into()],
    });
    wait(&carrier_news, |n| {
        matches!(n, PhoneNews::Played { .. }).then_some(())
    });
    desk.command(PhoneCommand::Play {
        leg: ringing.0,
        prompts: vec!["operator".into()],
    });
    wait(&desk_news, |n| {
        matches!(n, PhoneNews::Played { .. }).then_some(())
    });
    carrier.command(PhoneCommand::Hangup { leg: citizen });

    let recorded = wait(&news, |n| match n {
        News::Call {
            what: CallNews::Recorded(recorded),
            ..
        } => Some(recorded),
        _ => None,
    });
    let mut reader = hound::WavReader::open(&recorded.path).unwrap();
    assert_eq!(
        (
            reader.spec().channels,
            reader.spec().sample_rate,
            reader.spec().bits_per_sample
        ),
        (2, 8000, 16)
    );
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let left: Vec<i16> = samples.iter().step_by(2).copied().collect();
    let right: Vec<i16> = samples.iter().skip(1).step_by(2).copied().collect();
    assert!((recorded.duration.as_secs_f64() - left.len() as f64 / 8000.0).abs() < 0.03);
    let heard = [
        seconds(&left, 440.0),
        seconds(&right, 700.0),
        seconds(&right, 1000.0),
    ];
    assert!(
        heard.iter().all(|s| (0.8..=1.3).contains(s)),
        "citizen left, greeting and operator right: {heard:?}"
    );
    assert!(
        seconds(&left, 1000.0) == 0.0 && seconds(&right, 440.0) == 0.0,
        "nobody is on the other's side"
    );
}

#[test]
fn a_call_that_still_runs_at_the_end_is_hung_up_on_recorded_and_told() {
    for (number, transport) in [(0, Transport::Udp), (1, Transport::Tcp)] {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = hotline(directory.path());
        settings.rtp_ports = 29_700 + number * 50..=29_749 + number * 50;
        let (switch, news) = start::<Switch>(settings, 10);
        switch.media().set_prompts(&prompts(&[("greeting", 700.0)]));
        let addr = switch.addr(transport).unwrap();
        let mut line = trunk("hotline", addr, None);
        line.hops = vec![Hop { transport, addr }];
        let carrier = PhoneSettings {
            agent: agent(vec![line], vec![]),
            rtp_ports: 21_400 + number * 50..=21_449 + number * 50,
            tells_spurts: false,
        };
        let (carrier, carrier_news) = start::<Phones>(carrier, 11);
        carrier.command(PhoneCommand::Dial {
            tag: 1,
            account: "hotline".into(),
            number: "12345".into(),
            from: "13900000001".into(),
            ring_for: PATIENCE,
        });
        wait(&carrier_news, |n| {
            matches!(n, PhoneNews::Answered { .. }).then_some(())
        });
        wait(&news, |n| {
            matches!(
                n,
                News::Call {
                    what: CallNews::RecordingStarted { .. },
                    ..
                }
            )
            .then_some(())
        });
        switch.command(Command::EndAll);
        drop(switch);
        let told: Vec<CallNews> = news
            .try_iter()
            .filter_map(|n| match n {
                News::Call { what, .. } => Some(what),
                _ => None,
            })
            .collect();
        let count = |wanted: fn(&CallNews) -> bool| told.iter().filter(|n| wanted(n)).count();
        assert_eq!(count(|n| matches!(n, CallNews::Ended { .. })), 1);
        assert_eq!(count(|n| matches!(n, CallNews::Recorded(_))), 1);
        assert_eq!(count(|n| matches!(n, CallNews::LegEnded(_))), 1);
        wait(&carrier_news, |n| {
            matches!(n, PhoneNews::Ended { .. }).then_some(())
        });
    }
}

#[test]
fn an_address_in_use_is_told_with_its_name() {
    let taken = std::net::UdpSocket::bind((LOCALHOST, 0)).unwrap();
    let config = Config {
        listen: vec![(Transport::Udp, taken.local_addr().unwrap())],
        advertise: None,
        media: MediaConfig::new(LOCALHOST, 1),
        settings: PhoneSettings {
            agent: agent(vec![], vec![]),
            rtp_ports: 21300..=21301,
            tells_spurts: false,
        },
        seed: 1,
    };
    let error = Driver::<Phones>::start(config, |_| {}).err().unwrap();
    assert!(
        error
            .to_string()
            .contains(&taken.local_addr().unwrap().to_string()),
        "{error}"
    );
}
