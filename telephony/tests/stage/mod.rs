//! A hotline on real sockets with a carrier's citizens; operators sit in browsers.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::f64::consts::TAU;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use telephony::driver::media::MediaConfig;
use telephony::driver::{Config, Driver};
use telephony::media::PromptName;
use telephony::phone::{PhoneCommand, PhoneNews, PhoneSettings, Phones};
use telephony::queue::{OperatorSettings, QueueSettings};
use telephony::sip::{AgentSettings, Hop, Transport, Trunk};
use telephony::switch::{CallNews, Command, Denied, Line, LineState, News, Settings, Switch, Wish};
use telephony::{LegId, LineId};

use crate::webrtc::{Browser, LOCALHOST, offering};

pub const PATIENCE: Duration = Duration::from_secs(30);

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

pub fn agent(trunks: Vec<Trunk>) -> AgentSettings {
    AgentSettings {
        udp_port: None,
        tcp_port: None,
        tls_port: None,
        ws_port: None,
        source_for: Arc::new(|_| LOCALHOST),
        realm: "minsheng".into(),
        trunks,
        users: Vec::new(),
        stranger_rate: 100,
    }
}

pub fn trunk(name: &str, addr: SocketAddr) -> Trunk {
    Trunk {
        name: name.into(),
        hops: vec![Hop {
            transport: Transport::Udp,
            addr,
        }],
        domain: "127.0.0.1".into(),
        register: None,
        numbers: Vec::new(),
        caller_id: String::new(),
        max_calls: 200,
        priority: 1,
        options_every: Duration::ZERO,
        from_anywhere: false,
    }
}

pub fn start<C: telephony::core::Core>(
    settings: C::Settings,
    seed: u64,
    browsers: bool,
    bind: SocketAddr,
) -> (Driver<C>, Receiver<C::News>) {
    let (sender, news) = channel();
    let mut media = MediaConfig::new(LOCALHOST, seed);
    media.browser_port = browsers.then_some(0);
    let config = Config {
        listen: vec![(Transport::Udp, bind)],
        advertise: None,
        media,
        settings,
        seed,
    };
    let driver = Driver::start(config, move |item| {
        let _ = sender.send(item);
    });
    (driver.unwrap(), news)
}

/// Free at the moment it is asked: the two sides must know each other's address before they start.
fn free_address() -> SocketAddr {
    let socket = std::net::UdpSocket::bind((LOCALHOST, 0)).unwrap();
    socket.local_addr().unwrap()
}

pub fn settings(recordings: &Path, rtp: u16, carrier: SocketAddr, operators: &[String]) -> Settings {
    let flow =
        r#"{"name":"default","start":"general","nodes":{"general":{"type":"queue","queue":"general"}}}"#;
    let operator = |name: &String| OperatorSettings {
        name: name.clone(),
        skills: vec!["general".into()],
    };
    Settings {
        agent: agent(vec![trunk("carrier", carrier)]),
        rtp_ports: rtp..=rtp + 399,
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
        operators: operators.iter().map(operator).collect(),
        recordings: Some(recordings.to_owned()),
    }
}

pub struct Stage {
    pub switch: Driver<Switch>,
    news: Receiver<News>,
    pub carrier: Driver<Phones>,
    pub carrier_news: Receiver<PhoneNews>,
    seen: RefCell<Vec<News>>,
    directory: tempfile::TempDir,
}

impl Stage {
    /// Each test has ports of its own, by its number.
    pub fn start(number: u16) -> Self {
        Self::with_operators(number, 3)
    }

    pub fn with_operators(number: u16, operators: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (here, carrier) = (free_address(), free_address());
        let operators: Vec<String> = (1..=operators).map(|n| format!("operator{n}")).collect();
        // Below the ports that the kernel gives to sockets which ask for any: a browser's would sit on one of ours now and then.
        let rtp = 10_000 + number * 800;
        let settings = settings(directory.path(), rtp, carrier, &operators);
        let (switch, news) = start::<Switch>(settings, u64::from(number), true, here);
        switch
            .media()
            .set_prompts(&prompts(&[("hold-music", 600.0), ("ringback", 900.0)]));
        let phones = PhoneSettings {
            agent: agent(vec![trunk("hotline", here)]),
            rtp_ports: rtp + 400..=rtp + 799,
            tells_spurts: true,
        };
        let (carrier, carrier_news) = start::<Phones>(phones, 99, false, carrier);
        carrier
            .media()
            .set_prompts(&prompts(&[("citizen", 440.0), ("third", 2000.0)]));
        Self {
            switch,
            news,
            carrier,
            carrier_news,
            seen: RefCell::default(),
            directory,
        }
    }

    /// A connected browser of this person.
    pub fn browser(&self, person: &str) -> Browser {
        static LINES: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let line = LineId(LINES.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let offering = offering();
        self.switch.command(Command::OpenLine {
            person: person.to_owned(),
            line,
        });
        let answer = self.switch.media().open_line(line, &offering.offer, LOCALHOST);
        let browser = offering.answered(&answer.unwrap());
        self.wait("the browser is connected", |n| {
            matches!(n, News::Line { line: l, state: LineState::Connected, .. } if *l == line).then_some(())
        });
        browser
    }

    /// The first news from now on that the function makes something of.
    pub fn wait<R>(&self, what: &str, mut wanted: impl FnMut(&News) -> Option<R>) -> R {
        loop {
            let news = self.news.recv_timeout(PATIENCE);
            let news = news.unwrap_or_else(|_| panic!("never happened: {what}\n{:#?}", self.seen.borrow()));
            let found = wanted(&news);
            self.seen.borrow_mut().push(news);
            if let Some(found) = found {
                return found;
            }
        }
    }

    pub fn wait_call(&self, what: &str, wanted: impl Fn(&CallNews) -> bool) {
        self.wait(what, |n| match n {
            News::Call { what, .. } if wanted(what) => Some(()),
            _ => None,
        });
    }

    /// All news so far.
    pub fn replay(&self, mut look: impl FnMut(&News)) {
        self.seen.borrow().iter().for_each(&mut look);
    }

    pub fn wish(&self, person: &str, wish: Wish) -> Result<(), Denied> {
        let tag = self.seen.borrow().len() as u64;
        self.switch.command(Command::Wish {
            tag,
            person: person.to_owned(),
            wish,
        });
        self.wait("the wish is answered", |n| match n {
            News::Wish { tag: t, result } if *t == tag => Some(*result),
            _ => None,
        })
    }

    pub fn citizen_calls(&self) -> LegId {
        self.carrier.command(PhoneCommand::Dial {
            tag: 1,
            account: "hotline".into(),
            number: "12345".into(),
            from: "13900000001".into(),
            ring_for: PATIENCE,
        });
        self.at_carrier(|n| match n {
            PhoneNews::Answered { leg } => Some(leg),
            _ => None,
        })
    }

    /// The citizen says a prompt of a second; returns when it is said.
    pub fn citizen_says(&self, leg: LegId, what: &str) {
        self.carrier.command(PhoneCommand::Play {
            leg,
            prompts: vec![what.into()],
        });
        self.at_carrier(|n| matches!(n, PhoneNews::Played { leg: l } if l == leg).then_some(()));
    }

    pub fn at_carrier<R>(&self, mut wanted: impl FnMut(PhoneNews) -> Option<R>) -> R {
        // Talk spurts go on being told, so what counts is the time since the beginning.
        let until = Instant::now() + PATIENCE;
        loop {
            let rest = until.saturating_duration_since(Instant::now());
            let news = self.carrier_news.recv_timeout(rest);
            if let Some(found) = wanted(news.expect("the carrier says so in time")) {
                return found;
            }
        }
    }

    /// When the next talk spurt begins at a citizen's telephone.
    pub fn spurt(&self, leg: LegId) -> Instant {
        self.at_carrier(|n| match n {
            PhoneNews::TalkSpurt { leg: l, at } if l == leg => Some(at),
            _ => None,
        })
    }

    /// The next recording that is complete: left and right.
    pub fn recording(&self) -> (Vec<i16>, Vec<i16>) {
        let recorded = self.wait("recorded", |n| match n {
            News::Call {
                what: CallNews::Recorded(recorded),
                ..
            } => Some(recorded.clone()),
            _ => None,
        });
        let mut reader = hound::WavReader::open(&recorded.path).unwrap();
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        (
            samples.iter().step_by(2).copied().collect(),
            samples.iter().skip(1).step_by(2).copied().collect(),
        )
    }

    /// Lets this much time pass.
    pub fn poll_for(&self, time: Duration) {
        let until = Instant::now() + time;
        while let Some(rest) = until.checked_duration_since(Instant::now()) {
            if let Ok(news) = self.news.recv_timeout(rest) {
                self.seen.borrow_mut().push(news);
            }
        }
    }

    /// Waits for a moment that is noted elsewhere.
    pub fn moment(&self, what: &str, mut noted: impl FnMut() -> Option<Instant>) -> Instant {
        let mut found = None;
        self.poll(what, || {
            found = noted();
            found.is_some()
        });
        found.unwrap()
    }

    /// Waits, without sleeping, for what nobody tells.
    pub fn poll(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < PATIENCE, "never happened: {what}");
            if let Ok(news) = self.news.recv_timeout(Duration::from_millis(20)) {
                self.seen.borrow_mut().push(news);
            }
        }
    }
}
