//! The network under the agents: delays, loses, doubles and reorders datagrams by a seed; keeps streams in order.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use telephony::LegId;
use telephony::sip::{
    Agent, AgentSettings, Dial, Event, Hop, Incoming, Output, Registration, Target, Transport, Trunk, User,
    ha1,
};

pub const OFFER: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
pub const ANSWER: &[u8] =
    b"v=0\r\no=- 2 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n";
pub const HOLD: &[u8] = b"v=0\r\no=- 1 2 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=sendonly\r\n";

/// Longest that a test waits for anything, in virtual time.
const PATIENCE: Duration = Duration::from_secs(120);

struct Packet {
    from: SocketAddr,
    to: SocketAddr,
    transport: Transport,
    bytes: Bytes,
}

/// What went over the wire, delivered or not.
#[derive(Debug, Clone)]
pub struct Seen {
    pub at: Duration,
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub text: String,
}

struct Node {
    addr: SocketAddr,
    agent: Agent,
    events: VecDeque<Event>,
    ended: Vec<LegId>,
}

pub struct Net {
    pub now: Instant,
    start: Instant,
    nodes: Vec<Node>,
    wire: BTreeMap<(Instant, u64), Packet>,
    sequence: u64,
    rng: StdRng,
    pub seen: Vec<Seen>,
    /// Connections whose peer an agent has made out.
    pub known: Vec<Hop>,
    pub loss: f64,
    pub double: f64,
    /// Extra delay, up to; more than the gap between two packets reorders them.
    pub jitter: Duration,
    /// Drops what it names; to lose exactly one kind of message.
    pub drop_if: Option<fn(&str) -> bool>,
    unplugged: Vec<SocketAddr>,
    /// A stream arrives in pieces of this size.
    pub piece: usize,
    /// Streams: (who, whom it calls the other) to (other, whom that calls the one).
    streams: HashMap<(SocketAddr, SocketAddr), (SocketAddr, SocketAddr)>,
}

pub fn at(host: u8) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, host)), 5060)
}

pub fn udp(host: u8) -> Hop {
    Hop {
        transport: Transport::Udp,
        addr: at(host),
    }
}

pub fn tcp(host: u8) -> Hop {
    Hop {
        transport: Transport::Tcp,
        addr: at(host),
    }
}

pub fn trunk(name: &str, hop: Hop) -> Trunk {
    Trunk {
        name: name.into(),
        hops: vec![hop],
        domain: hop.addr.ip().to_string(),
        register: None,
        numbers: Vec::new(),
        caller_id: "12345".into(),
        max_calls: 60,
        priority: 1,
        options_every: Duration::ZERO,
        from_anywhere: false,
    }
}

pub fn account(name: &str, password: &str) -> Registration {
    Registration {
        username: name.into(),
        password: password.into(),
        realm: String::new(),
        expires: Duration::from_secs(600),
    }
}

pub fn user(name: &str, password: &str) -> User {
    let (ha1_md5, ha1_sha256) = ha1(name, "minsheng", password);
    User {
        name: name.into(),
        ha1_md5,
        ha1_sha256,
    }
}

pub fn to_number(number: &str) -> Dial {
    Dial {
        to: Target::Number {
            number: number.into(),
            trunk: None,
        },
        from_number: String::new(),
        from_display: String::new(),
        sdp: Bytes::from_static(OFFER),
        headers: Vec::new(),
        ring_for: Duration::from_secs(60),
    }
}

impl Net {
    #[allow(clippy::disallowed_methods)] // any instant will do as the origin of the virtual clock
    pub fn new(seed: u64) -> Net {
        let start = Instant::now();
        Net {
            now: start,
            start,
            nodes: Vec::new(),
            wire: BTreeMap::new(),
            sequence: 0,
            rng: StdRng::seed_from_u64(seed),
            seen: Vec::new(),
            known: Vec::new(),
            loss: 0.0,
            double: 0.0,
            jitter: Duration::ZERO,
            drop_if: None,
            unplugged: Vec::new(),
            piece: usize::MAX,
            streams: HashMap::new(),
        }
    }

    /// Two agents that are each other's trunk: 0 at 10.0.0.1, 1 at 10.0.0.2.
    pub fn pair(seed: u64) -> Net {
        let mut net = Net::new(seed);
        net.add(1, vec![trunk("far", udp(2))], Vec::new());
        net.add(2, vec![trunk("near", udp(1))], Vec::new());
        net
    }

    pub fn settings(host: u8, trunks: Vec<Trunk>, users: Vec<User>) -> AgentSettings {
        AgentSettings {
            udp_port: Some(5060),
            tcp_port: Some(5060),
            tls_port: None,
            ws_port: None,
            source_for: Arc::new(move |_| at(host).ip()),
            realm: "minsheng".into(),
            trunks,
            users,
            stranger_rate: 20,
        }
    }

    pub fn add(&mut self, host: u8, trunks: Vec<Trunk>, users: Vec<User>) -> usize {
        let agent = Agent::new(Net::settings(host, trunks, users), u64::from(host), self.now);
        self.nodes.push(Node {
            addr: at(host),
            agent,
            events: VecDeque::new(),
            ended: Vec::new(),
        });
        self.nodes.len() - 1
    }

    pub fn unplug(&mut self, host: u8) {
        self.unplugged.push(at(host));
    }

    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// Runs a method of an agent and takes up what it wants sent.
    pub fn tell<R>(&mut self, node: usize, act: impl FnOnce(&mut Agent, Instant) -> R) -> R {
        let result = act(&mut self.nodes[node].agent, self.now);
        self.drain(node);
        result
    }

    pub fn dial(&mut self, node: usize, number: &str) -> LegId {
        self.tell(node, |a, now| a.dial(now, to_number(number))).unwrap()
    }

    pub fn agent(&self, node: usize) -> &Agent {
        &self.nodes[node].agent
    }

    fn drain(&mut self, node: usize) {
        loop {
            match self.nodes[node].agent.poll_output() {
                Output::Transmit { hop, bytes } => self.transmit(self.nodes[node].addr, hop, bytes),
                Output::Known { hop } => self.known.push(hop),
                Output::Close { hop } => self.close(self.nodes[node].addr, hop.addr),
                Output::Event(event) => self.note(node, event),
                Output::Timeout(_) => return,
            }
        }
    }

    fn note(&mut self, node: usize, event: Event) {
        if let Event::Ended { leg, .. } = &event {
            assert!(!self.nodes[node].ended.contains(leg), "a leg ends once");
            self.nodes[node].ended.push(*leg);
        }
        self.nodes[node].events.push_back(event);
    }

    fn see(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.seen.push(Seen {
            at: self.elapsed(),
            from,
            to,
            text: text.clone(),
        });
        text
    }

    fn transmit(&mut self, from: SocketAddr, hop: Hop, bytes: Bytes) {
        let text = self.see(from, hop.addr, &bytes);
        if hop.transport == Transport::Tcp {
            return self.transmit_stream(from, hop.addr, &bytes);
        }
        if self.drop_if.is_some_and(|d| d(&text)) || self.rng.random::<f64>() < self.loss {
            return;
        }
        let copies = if self.rng.random::<f64>() < self.double {
            2
        } else {
            1
        };
        for _ in 0..copies {
            let extra = self.jitter.mul_f64(self.rng.random::<f64>());
            self.enqueue(
                extra,
                Packet {
                    from,
                    to: hop.addr,
                    transport: Transport::Udp,
                    bytes: bytes.clone(),
                },
            );
        }
    }

    fn transmit_stream(&mut self, from: SocketAddr, to: SocketAddr, bytes: &Bytes) {
        if !self.streams.contains_key(&(from, to)) {
            if self.unplugged.contains(&to) || !self.nodes.iter().any(|n| n.addr == to) {
                let node = self.nodes.iter().position(|n| n.addr == from).unwrap();
                let hop = Hop {
                    transport: Transport::Tcp,
                    addr: to,
                };
                let now = self.now;
                self.nodes[node].agent.handle_closed(now, hop);
                return;
            }
            let mine = SocketAddr::new(from.ip(), 40_000 + u16::try_from(self.streams.len()).unwrap());
            self.streams.insert((from, to), (to, mine));
            self.streams.insert((to, mine), (from, to));
        }
        let (other, name) = self.streams[&(from, to)];
        for piece in bytes.chunks(self.piece) {
            let bytes = Bytes::copy_from_slice(piece);
            self.enqueue(
                Duration::ZERO,
                Packet {
                    from: name,
                    to: other,
                    transport: Transport::Tcp,
                    bytes,
                },
            );
        }
    }

    /// Ends a stream for both sides.
    pub fn close(&mut self, one: SocketAddr, name: SocketAddr) {
        let Some((other, back)) = self.streams.remove(&(one, name)) else {
            return;
        };
        self.streams.remove(&(other, back));
        for (who, whom) in [(one, name), (other, back)] {
            if let Some(node) = self.nodes.iter().position(|n| n.addr == who) {
                let hop = Hop {
                    transport: Transport::Tcp,
                    addr: whom,
                };
                self.tell(node, |a, now| a.handle_closed(now, hop));
            }
        }
    }

    fn enqueue(&mut self, extra: Duration, packet: Packet) {
        self.sequence += 1;
        self.wire.insert(
            (self.now + Duration::from_millis(5) + extra, self.sequence),
            packet,
        );
    }

    /// A packet from a peer that is no agent.
    pub fn send(&mut self, from: SocketAddr, host: u8, text: &[u8]) {
        self.see(from, at(host), text);
        let bytes = Bytes::copy_from_slice(text);
        self.enqueue(
            Duration::ZERO,
            Packet {
                from,
                to: at(host),
                transport: Transport::Udp,
                bytes,
            },
        );
    }

    /// The next thing that happens anywhere, if it happens by `end`.
    fn step(&mut self, end: Instant) -> bool {
        let due = |n: &mut Node| match n.agent.poll_output() {
            Output::Timeout(at) => at,
            other => panic!("not drained: {other:?}"),
        };
        let timer = self.nodes.iter_mut().map(due).min();
        let packet = self.wire.first_key_value().map(|((at, _), _)| *at);
        let Some(next) = timer.into_iter().chain(packet).min().filter(|at| *at <= end) else {
            self.now = end;
            return false;
        };
        self.now = self.now.max(next);
        if packet.is_some_and(|at| at <= self.now) {
            let (_, packet) = self.wire.pop_first().unwrap();
            self.deliver(&packet);
        }
        for node in 0..self.nodes.len() {
            self.tell(node, |a, now| a.handle_timeout(now));
        }
        true
    }

    fn deliver(&mut self, packet: &Packet) {
        if self.unplugged.contains(&packet.to) || self.unplugged.iter().any(|u| u.ip() == packet.from.ip()) {
            return;
        }
        if let Some(node) = self.nodes.iter().position(|n| n.addr == packet.to) {
            let hop = Hop {
                transport: packet.transport,
                addr: packet.from,
            };
            self.tell(node, |a, now| a.handle_bytes(now, hop, None, &packet.bytes));
        }
    }

    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
    }

    /// Waits for an event and takes it out; what came before it stays for others to find.
    pub fn wait(&mut self, node: usize, wanted: impl Fn(&Event) -> bool) -> Event {
        let end = self.now + PATIENCE;
        loop {
            if let Some(event) = self.take(node, &wanted) {
                return event;
            }
            assert!(
                self.step(end),
                "never happened at {node}; events: {:?}\n{}",
                self.nodes[node].events,
                self.log()
            );
        }
    }

    pub fn take(&mut self, node: usize, wanted: impl Fn(&Event) -> bool) -> Option<Event> {
        let found = self.nodes[node].events.iter().position(wanted)?;
        self.nodes[node].events.remove(found)
    }

    pub fn incoming(&mut self, node: usize) -> Incoming {
        match self.wait(node, |e| matches!(e, Event::Incoming(_))) {
            Event::Incoming(incoming) => *incoming,
            other => panic!("{other:?}"),
        }
    }

    pub fn ended(&mut self, node: usize) -> (LegId, telephony::sip::Cause, u16, bool) {
        match self.wait(node, |e| matches!(e, Event::Ended { .. })) {
            Event::Ended {
                leg,
                cause,
                status,
                by_peer,
            } => (leg, cause, status, by_peer),
            other => panic!("{other:?}"),
        }
    }

    /// A call from 0 to 1 that both sides have confirmed.
    pub fn established(&mut self) -> (LegId, LegId) {
        let a = self.dial(0, "12345");
        let b = self.incoming(1).leg;
        self.tell(1, |agent, now| agent.answer(now, b, Bytes::from_static(ANSWER)));
        self.wait(0, |e| matches!(e, Event::Answered { .. }));
        self.wait(1, |e| matches!(e, Event::Confirmed { .. }));
        (a, b)
    }

    /// Long enough for every transaction to finish; then nothing may be left.
    pub fn settle(&mut self) {
        (self.loss, self.double, self.jitter, self.drop_if) = (0.0, 0.0, Duration::ZERO, None);
        self.run(Duration::from_secs(200));
        for node in &self.nodes {
            assert_eq!(
                node.agent.transactions(),
                0,
                "transactions left at {}\n{}",
                node.addr,
                self.log()
            );
        }
    }

    pub fn count(&self, start: &str) -> usize {
        self.seen.iter().filter(|s| s.text.starts_with(start)).count()
    }

    /// The last message that starts so.
    pub fn last(&self, start: &str) -> &str {
        let found = self.seen.iter().rev().find(|s| s.text.starts_with(start));
        &found.unwrap_or_else(|| panic!("no {start}\n{}", self.log())).text
    }

    /// Statuses that went to an address, in order.
    pub fn statuses(&self, to: SocketAddr) -> Vec<u16> {
        let to_it = self.seen.iter().filter(|s| s.to == to);
        to_it
            .filter_map(|s| s.text.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok())
            .collect()
    }

    pub fn log(&self) -> String {
        let line = |s: &Seen| {
            format!(
                "{:?} {} > {} {}\n",
                s.at,
                s.from,
                s.to,
                s.text.lines().next().unwrap_or("")
            )
        };
        self.seen
            .iter()
            .rev()
            .take(60)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .map(line)
            .collect()
    }
}

/// The value of a header of a message.
pub fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    message.lines().take_while(|l| !l.is_empty()).find_map(|line| {
        let (n, value) = line.split_once(':')?;
        n.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
