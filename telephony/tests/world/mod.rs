//! A hotline, a carrier with citizens, and operators' phones: real cores on one virtual clock and a seeded network.
//! Audio is stood in for (it has tests of its own with real packets): a playback ends when its time has passed, a leg closes when told.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use telephony::core::{Core, Input, Listening, Output};
use telephony::media::{MediaCommand, MediaEvent, Quality};
use telephony::phone::{PhoneCommand, PhoneNews, PhoneSettings, Phones};
use telephony::queue::{OperatorSettings, QueueSettings};
use telephony::sip::{AgentSettings, Hop, Registration, Transport, Trunk, User};
use telephony::switch::{CallNews, Command, Line, News, Settings, Switch};
use telephony::{CallId, LegId};

pub const HOTLINE: u8 = 1;
pub const CARRIER: u8 = 2;
pub const DESKS: u8 = 3;
/// How long every prompt lasts here.
pub const PROMPT: Duration = Duration::from_secs(2);

pub fn ip(host: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, host))
}

pub fn hop(host: u8) -> Hop {
    Hop {
        transport: Transport::Udp,
        addr: SocketAddr::new(ip(host), 5060),
    }
}

enum Parcel {
    Packet { from: u8, to: u8, bytes: Bytes },
    Media { to: u8, event: MediaEvent },
}

struct Due {
    at: Instant,
    order: u64,
    parcel: Parcel,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Due {}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

pub struct World {
    pub now: Instant,
    pub start: Instant,
    pub hotline: Switch,
    pub carrier: Phones,
    pub desks: Phones,
    pub news: Vec<(Duration, News)>,
    pub carrier_news: Vec<PhoneNews>,
    pub desk_news: Vec<PhoneNews>,
    pub media: Vec<MediaCommand>,
    /// What the hotline sent to the carrier.
    pub told_carrier: Vec<String>,
    due: BinaryHeap<Reverse<Due>>,
    timeouts: HashMap<u8, Instant>,
    order: u64,
    rng: StdRng,
    /// Share of packets lost, 0..1.
    pub loss: f64,
    /// A host that has been unplugged.
    pub unplugged: Option<u8>,
}

fn listening(host: u8) -> Listening {
    Listening {
        udp_port: Some(5060),
        tcp_port: None,
        tls_port: None,
        ws_port: None,
        source_for: Arc::new(move |_| ip(host)),
    }
}

pub fn agent(trunks: Vec<Trunk>, users: Vec<User>) -> AgentSettings {
    AgentSettings {
        udp_port: None,
        tcp_port: None,
        tls_port: None,
        ws_port: None,
        source_for: Arc::new(|peer| peer),
        realm: "minsheng".into(),
        trunks,
        users,
        stranger_rate: 50,
    }
}

pub fn trunk(name: &str, host: u8, register: Option<Registration>) -> Trunk {
    Trunk {
        name: name.into(),
        hops: vec![hop(host)],
        domain: ip(host).to_string(),
        register,
        numbers: Vec::new(),
        caller_id: "12345".into(),
        max_calls: 60,
        priority: 1,
        options_every: Duration::ZERO,
        from_anywhere: false,
    }
}

fn account(name: &str) -> Trunk {
    let registration = Registration {
        username: name.into(),
        password: "secret".into(),
        realm: String::new(),
        expires: Duration::from_secs(600),
    };
    Trunk {
        caller_id: String::new(),
        ..trunk(name, HOTLINE, Some(registration))
    }
}

fn user(name: &str) -> User {
    use md5::Digest;
    let a1 = format!("{name}:minsheng:secret");
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    User {
        name: name.into(),
        ha1_md5: hex(&md5::Md5::digest(&a1)),
        ha1_sha256: hex(&sha2::Sha256::digest(&a1)),
    }
}

pub fn queue(name: &str) -> QueueSettings {
    QueueSettings {
        name: name.into(),
        title: name.into(),
        skill: name.into(),
        priority: 5,
        ring: Duration::from_secs(20),
        wrap_up: Duration::from_secs(30),
        announce: Duration::from_secs(20),
        max_wait: Duration::from_secs(120),
        overflow_when_unstaffed: false,
        ..QueueSettings::default()
    }
}

pub fn settings(operators: &[&str]) -> Settings {
    let flow = |text: &str| Arc::new(serde_json::from_str(text).unwrap());
    Settings {
        agent: agent(
            vec![trunk("carrier", CARRIER, None)],
            operators.iter().map(|o| user(o)).collect(),
        ),
        rtp_ports: 20000..=20999,
        flows: HashMap::from([
            (
                "default".into(),
                flow(
                    r#"{"name":"default","start":"notice","nodes":{
                "notice":{"type":"say","prompts":["greeting"],"next":"general"},
                "general":{"type":"queue","queue":"general","overflow":"note"},
                "note":{"type":"message","key":"message","prompts":["beep"],"max_seconds":60,"silence_seconds":5,"next":"bye"},
                "bye":{"type":"hangup","prompts":["goodbye"]}}}"#,
                ),
            ),
            (
                "survey".into(),
                flow(
                    r#"{"name":"survey","start":"hello","nodes":{
                "hello":{"type":"say","prompts":["survey-greeting","$ticket"],"next":"solved"},
                "solved":{"type":"ask","key":"solved","prompts":["survey-solved"],"digits":"12","timeout_seconds":6,"tries":2,"next":"bye","none":"bye"},
                "bye":{"type":"hangup","prompts":["goodbye"]}}}"#,
                ),
            ),
        ]),
        lines: vec![Line {
            numbers: vec!["12345".into()],
            flow: "default".into(),
        }],
        schedules: HashMap::new(),
        queues: vec![queue("general")],
        operators: operators
            .iter()
            .map(|o| OperatorSettings {
                name: (*o).into(),
                skills: vec!["general".into()],
            })
            .collect(),
        recordings: Some("recordings".into()),
    }
}

impl World {
    /// Every operator has a desk phone.
    pub fn new(settings: Settings, seed: u64) -> Self {
        let phones = settings.operators.iter().map(|o| account(&o.name)).collect();
        Self::with_phones(settings, phones, seed)
    }

    /// Operators have what the test gives them.
    pub fn without_phones(settings: Settings, seed: u64) -> Self {
        Self::with_phones(settings, Vec::new(), seed)
    }

    fn with_phones(settings: Settings, operators: Vec<Trunk>, seed: u64) -> Self {
        let now = Instant::now();
        // A carrier asserts the citizen's number, not one of its own.
        let line = Trunk {
            caller_id: String::new(),
            ..trunk("hotline", HOTLINE, None)
        };
        let carrier = PhoneSettings {
            agent: agent(vec![line], vec![]),
            rtp_ports: 30000..=30999,
            tells_spurts: false,
        };
        let desks = PhoneSettings {
            agent: agent(operators, vec![]),
            rtp_ports: 40000..=40999,
            tells_spurts: false,
        };
        let mut world = Self {
            now,
            start: now,
            hotline: Switch::start(settings, listening(HOTLINE), seed, now),
            carrier: Phones::start(carrier, listening(CARRIER), seed + 1, now),
            desks: Phones::start(desks, listening(DESKS), seed + 2, now),
            news: Vec::new(),
            carrier_news: Vec::new(),
            desk_news: Vec::new(),
            media: Vec::new(),
            told_carrier: Vec::new(),
            due: BinaryHeap::new(),
            timeouts: HashMap::new(),
            order: 0,
            rng: StdRng::seed_from_u64(seed),
            loss: 0.0,
            unplugged: None,
        };
        world.drain();
        world
    }

    /// Lets virtual time pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let timer = self.timeouts.iter().map(|(&host, &at)| (at, host)).min();
            let packet = self.due.peek().map(|Reverse(due)| due.at);
            match (packet, timer) {
                (Some(at), timer) if at <= end && timer.is_none_or(|(t, _)| at <= t) => {
                    self.now = self.now.max(at);
                    let Reverse(due) = self.due.pop().unwrap();
                    self.deliver(due.parcel);
                }
                (_, Some((at, host))) if at <= end => {
                    self.now = self.now.max(at);
                    self.timeout(host);
                }
                _ => break,
            }
            self.drain();
        }
        self.now = end;
    }

    /// Runs until the condition holds; panics after a virtual minute.
    pub fn until(&mut self, what: &str, mut condition: impl FnMut(&Self) -> bool) {
        for _ in 0..6000 {
            if condition(self) {
                return;
            }
            self.run(Duration::from_millis(10));
        }
        panic!("never happened: {what}\nnews: {:#?}", self.news);
    }

    fn timeout(&mut self, host: u8) {
        let now = self.now;
        match host {
            HOTLINE => self.hotline.handle_timeout(now),
            CARRIER => self.carrier.handle_timeout(now),
            _ => self.desks.handle_timeout(now),
        }
    }

    fn deliver(&mut self, parcel: Parcel) {
        let now = self.now;
        match parcel {
            Parcel::Packet { from, to, bytes } => {
                let hop = hop(from);
                match to {
                    HOTLINE => self.hotline.handle_input(
                        now,
                        Input::Bytes {
                            hop,
                            local: None,
                            bytes,
                        },
                    ),
                    CARRIER => self.carrier.handle_input(
                        now,
                        Input::Bytes {
                            hop,
                            local: None,
                            bytes,
                        },
                    ),
                    _ => self.desks.handle_input(
                        now,
                        Input::Bytes {
                            hop,
                            local: None,
                            bytes,
                        },
                    ),
                }
            }
            Parcel::Media { to, event } => match to {
                HOTLINE => self.hotline.handle_input(now, Input::Media(event)),
                CARRIER => self.carrier.handle_input(now, Input::Media(event)),
                _ => self.desks.handle_input(now, Input::Media(event)),
            },
        }
    }

    fn drain(&mut self) {
        self.drain_hotline();
        while let Some(news) = self.drain_phones(CARRIER) {
            self.carrier_news.push(news);
        }
        while let Some(news) = self.drain_phones(DESKS) {
            self.desk_news.push(news);
        }
    }

    fn drain_hotline(&mut self) {
        loop {
            match self.hotline.poll_output() {
                Output::Transmit { hop, bytes } => {
                    if hop.addr.ip() == ip(CARRIER) {
                        self.told_carrier
                            .push(String::from_utf8_lossy(&bytes).into_owned());
                    }
                    self.send(HOTLINE, hop, bytes);
                }
                Output::Media(command) => {
                    self.media.push(command.clone());
                    self.act(HOTLINE, command);
                }
                Output::News(news) => self.news.push((self.now - self.start, news)),
                Output::Close { .. } | Output::Known { .. } => {}
                Output::Timeout(at) => {
                    self.timeouts.insert(HOTLINE, at.max(self.now));
                    return;
                }
            }
        }
    }

    fn drain_phones(&mut self, host: u8) -> Option<PhoneNews> {
        loop {
            let phones = if host == CARRIER {
                &mut self.carrier
            } else {
                &mut self.desks
            };
            match phones.poll_output() {
                Output::Transmit { hop, bytes } => self.send(host, hop, bytes),
                Output::Media(command) => self.act(host, command),
                Output::News(news) => return Some(news),
                Output::Close { .. } | Output::Known { .. } => {}
                Output::Timeout(at) => {
                    self.timeouts.insert(host, at.max(self.now));
                    return None;
                }
            }
        }
    }

    fn send(&mut self, from: u8, to: Hop, bytes: Bytes) {
        let IpAddr::V4(addr) = to.addr.ip() else { return };
        let to = addr.octets()[3];
        if self.rng.random::<f64>() < self.loss || self.unplugged == Some(from) || self.unplugged == Some(to)
        {
            return;
        }
        // 5 to 25 ms: packets overtake each other.
        let delay = Duration::from_millis(5 + self.rng.random_range(0..20));
        self.post(delay, Parcel::Packet { from, to, bytes });
    }

    fn post(&mut self, after: Duration, parcel: Parcel) {
        self.order += 1;
        self.due.push(Reverse(Due {
            at: self.now + after,
            order: self.order,
            parcel,
        }));
    }

    /// The media thread's part.
    fn act(&mut self, to: u8, command: MediaCommand) {
        match command {
            MediaCommand::Play {
                leg,
                playback,
                looped: false,
                prompts,
            } => {
                let time = PROMPT * u32::try_from(prompts.len()).unwrap();
                self.post(
                    time,
                    Parcel::Media {
                        to,
                        event: MediaEvent::Played { leg, playback },
                    },
                );
            }
            MediaCommand::Close { leg } => {
                let event = MediaEvent::Closed {
                    leg,
                    quality: Quality::default(),
                };
                self.post(Duration::from_millis(1), Parcel::Media { to, event });
            }
            _ => {}
        }
    }

    pub fn command(&mut self, command: Command) {
        self.hotline.handle_input(self.now, Input::Command(command));
        self.drain();
    }

    pub fn at_carrier(&mut self, command: PhoneCommand) {
        self.carrier.handle_input(self.now, Input::Command(command));
        self.drain();
    }

    /// A message typed by hand, from the carrier's address.
    pub fn carrier_types(&mut self, text: &str) {
        let (from, to, bytes) = (CARRIER, HOTLINE, Bytes::copy_from_slice(text.as_bytes()));
        self.deliver(Parcel::Packet { from, to, bytes });
        self.drain();
    }

    pub fn at_desk(&mut self, command: PhoneCommand) {
        self.desks.handle_input(self.now, Input::Command(command));
        self.drain();
    }

    pub fn hotline_hears(&mut self, event: MediaEvent) {
        self.hotline.handle_input(self.now, Input::Media(event));
        self.drain();
    }

    /// A citizen dials 12345; returns their leg at the carrier.
    pub fn citizen_calls(&mut self, from: &str) -> LegId {
        let tag = self.rng.random();
        let (account, number, from) = ("hotline".to_owned(), "12345".to_owned(), from.to_owned());
        self.at_carrier(PhoneCommand::Dial {
            tag,
            account,
            number,
            from,
            ring_for: Duration::from_secs(60),
        });
        self.carrier_news
            .iter()
            .find_map(|n| match n {
                PhoneNews::Dialled { tag: t, leg } if *t == tag => Some(*leg),
                _ => None,
            })
            .expect("the carrier's call was placed")
    }

    /// The latest call that reached a desk and has not ended.
    pub fn ringing_desk(&self) -> Option<LegId> {
        let over: Vec<LegId> = self
            .desk_news
            .iter()
            .filter_map(|n| match n {
                PhoneNews::Ended { leg, .. } => Some(*leg),
                _ => None,
            })
            .collect();
        self.desk_news.iter().rev().find_map(|n| match n {
            PhoneNews::Incoming { leg, .. } if !over.contains(leg) => Some(*leg),
            _ => None,
        })
    }

    /// What happened to calls, in order.
    pub fn story(&self) -> Vec<&CallNews> {
        self.news
            .iter()
            .filter_map(|(_, n)| match n {
                News::Call { what, .. } => Some(what),
                _ => None,
            })
            .collect()
    }

    pub fn call_ids(&self) -> Vec<CallId> {
        let mut ids: Vec<CallId> = self
            .news
            .iter()
            .filter_map(|(_, n)| match n {
                News::Call {
                    call,
                    what: CallNews::Started { .. },
                    ..
                } => Some(*call),
                _ => None,
            })
            .collect();
        ids.dedup();
        ids
    }

    pub fn citizen_leg(&self) -> Option<LegId> {
        self.media.iter().find_map(|m| match m {
            MediaCommand::Record { leg, .. } => Some(*leg),
            _ => None,
        })
    }
}
