//! Anything that arrives as a datagram or on a stream, at an agent with a trunk, a phone account and calls under way in both
//! directions.
//!
//! The first byte says how; what follows are messages with 0x1E between them. A message that starts with `!` comes from a stranger.
//! `$B`, `$T`, `$C` and `$N` stand for the branch, tag, Call-ID and nonce that the agent used last, so that input can reach into its
//! dialogs, and `$R` for the phone's answer to that nonce in a REGISTER.
#![no_main]

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use md5::{Digest, Md5};
use telephony::LegId;
use telephony::sip::{Agent, AgentSettings, Cause, Dial, Event, Hop, Output, Target, Transport, Trunk, User};

const TCP: u8 = 1;
const CALLED: u8 = 2;
const PIECES: u8 = 4;
const CALLING: u8 = 8;
/// Calls ring and are not answered.
const RINGING: u8 = 64;

const SDP: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8\r\n";
const INVITE: &[u8] = b"INVITE sip:12345@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKfuzz\r\n\
Max-Forwards: 70\r\nFrom: <sip:13900000001@192.0.2.9>;tag=a\r\nTo: <sip:12345@192.0.2.1>\r\nCall-ID: fuzz@192.0.2.9\r\nCSeq: 1 INVITE\r\n\
Contact: <sip:192.0.2.9>\r\nContent-Length: 0\r\n\r\n";

/// HA1 of the phone account.
const NO_PASSWORD: &str = "00000000000000000000000000000000";

struct World {
    agent: Agent,
    answers: bool,
    now: Instant,
    legs: HashSet<LegId>,
    branch: Vec<u8>,
    tag: Vec<u8>,
    call: Vec<u8>,
    nonce: Vec<u8>,
    proof: Vec<u8>,
}

fn settings(peer: Hop) -> AgentSettings {
    let trunk = Trunk {
        name: "carrier".into(),
        hops: vec![peer],
        domain: "192.0.2.9".into(),
        register: None,
        numbers: vec!["12345".into()],
        caller_id: "12345".into(),
        max_calls: 10,
        priority: 1,
        options_every: Duration::ZERO,
        from_anywhere: false,
    };
    let user = User {
        name: "1001".into(),
        ha1_md5: NO_PASSWORD.into(),
        ha1_sha256: "0".repeat(64),
    };
    AgentSettings {
        udp_port: Some(5060),
        tcp_port: Some(5060),
        tls_port: None,
        ws_port: None,
        source_for: Arc::new(|_| IpAddr::from([192, 0, 2, 1])),
        realm: "minsheng".into(),
        trunks: vec![trunk],
        users: vec![user],
        stranger_rate: 50,
    }
}

fn md5(text: &str) -> String {
    Md5::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// RFC 7616 section 3.4.1, for the one account and the one address that it registers at.
fn proof(nonce: &[u8]) -> String {
    let nonce = String::from_utf8_lossy(nonce);
    let request = md5("REGISTER:sip:1001@192.0.2.1");
    md5(&format!("{NO_PASSWORD}:{nonce}:00000001:c:auth:{request}"))
}

/// What follows `mark`, up to the end of the word.
fn word<'a>(message: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let start = message.windows(mark.len()).position(|w| w == mark)? + mark.len();
    let rest = &message[start..];
    let end = rest
        .iter()
        .position(|b| b";\r\n>,\"".contains(b))
        .unwrap_or(rest.len());
    Some(&rest[..end])
}

impl World {
    fn new(peer: Hop, answers: bool) -> Self {
        let now = Instant::now();
        let agent = Agent::new(settings(peer), 1, now);
        Self {
            agent,
            answers,
            now,
            legs: HashSet::new(),
            branch: Vec::new(),
            tag: Vec::new(),
            call: Vec::new(),
            nonce: Vec::new(),
            proof: Vec::new(),
        }
    }

    fn dial(&mut self) {
        let to = Target::Number {
            number: "13900000002".into(),
            trunk: None,
        };
        let dial = Dial {
            to,
            from_number: String::new(),
            from_display: String::new(),
            sdp: Bytes::from_static(SDP),
            headers: Vec::new(),
            ring_for: Duration::from_secs(30),
        };
        self.legs.extend(self.agent.dial(self.now, dial));
        self.drain();
    }

    fn receive(&mut self, hop: Hop, bytes: &[u8]) {
        self.agent.handle_bytes(self.now, hop, None, bytes);
        self.drain();
    }

    /// Does what a switch would, and returns when the next timer is due.
    fn drain(&mut self) -> Instant {
        loop {
            match self.agent.poll_output() {
                Output::Event(event) => self.react(event),
                Output::Transmit { bytes, .. } => self.learn(&bytes),
                Output::Timeout(at) => return at,
                Output::Close { .. } | Output::Known { .. } => {}
            }
        }
    }

    fn react(&mut self, event: Event) {
        match event {
            Event::Incoming(call) => {
                assert!(self.legs.insert(call.leg), "a leg's id is its own");
                self.agent.ring(self.now, call.leg);
                if self.answers {
                    self.agent.answer(self.now, call.leg, Bytes::from_static(SDP));
                }
            }
            Event::Reoffer { leg, .. } => {
                self.agent
                    .answer_reoffer(self.now, leg, Ok(Bytes::from_static(SDP)))
            }
            Event::Ended { leg, .. } => assert!(self.legs.remove(&leg), "a leg ends once"),
            _ => {}
        }
    }

    fn learn(&mut self, sent: &[u8]) {
        self.learn_nonce(sent);
        let is_response = sent.starts_with(b"SIP/2.0");
        let ours = if is_response {
            &b"\r\nTo:"[..]
        } else {
            b"\r\nFrom:"
        };
        let line = sent
            .windows(ours.len())
            .position(|w| w == ours)
            .map(|at| &sent[at + 2..]);
        let line = line.and_then(|rest| rest.split(|b| *b == b'\n').next());
        if let Some(tag) = line.and_then(|line| word(line, b";tag=")) {
            self.tag = tag.to_vec();
        }
        if let Some(branch) = word(sent, b";branch=").filter(|_| !is_response) {
            self.branch = branch.to_vec();
        }
        if let Some(call) = word(sent, b"\r\nCall-ID: ") {
            self.call = call.to_vec();
        }
    }

    fn learn_nonce(&mut self, sent: &[u8]) {
        if let Some(nonce) = word(sent, b"nonce=\"") {
            self.nonce = nonce.to_vec();
            self.proof = proof(nonce).into_bytes();
        }
    }

    fn fill_in(&self, message: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(message.len() + 64);
        let mut rest = message;
        while let Some((&first, tail)) = rest.split_first() {
            let value = match (first, tail.first()) {
                (b'$', Some(b'B')) => Some(&self.branch),
                (b'$', Some(b'T')) => Some(&self.tag),
                (b'$', Some(b'C')) => Some(&self.call),
                (b'$', Some(b'N')) => Some(&self.nonce),
                (b'$', Some(b'R')) => Some(&self.proof),
                _ => None,
            };
            match value {
                Some(value) => out.extend_from_slice(value),
                None => out.push(first),
            }
            rest = if value.is_some() { &tail[1..] } else { tail };
        }
        out
    }

    /// Lets time pass; a timer that is always due again would never let it.
    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..10_000 {
            let due = self.drain();
            if due > end {
                self.now = end;
                return;
            }
            self.now = due.max(self.now);
            self.agent.handle_timeout(self.now);
        }
        panic!("timers without end");
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&mode, data)) = data.split_first() else {
        return;
    };
    let transport = if mode & TCP == 0 {
        Transport::Udp
    } else {
        Transport::Tcp
    };
    let peer = Hop {
        transport,
        addr: "192.0.2.9:5060".parse().unwrap(),
    };
    let stranger = Hop {
        transport,
        addr: "198.51.100.7:5060".parse().unwrap(),
    };
    let mut world = World::new(peer, mode & RINGING == 0);
    if mode & CALLED != 0 {
        world.receive(peer, INVITE);
    }
    if mode & CALLING != 0 {
        world.dial();
    }
    for message in data.split(|b| *b == 0x1e) {
        let (hop, message) = message
            .strip_prefix(b"!")
            .map_or((peer, message), |rest| (stranger, rest));
        let message = world.fill_in(message);
        let size = if mode & PIECES == 0 {
            message.len().max(1)
        } else {
            7
        };
        message.chunks(size).for_each(|piece| world.receive(hop, piece));
        world.wait(Duration::from_millis(300));
    }
    world.wait(Duration::from_secs(100));
    for leg in world.legs.clone() {
        world.agent.hangup(world.now, leg, Cause::Normal);
    }
    // Timer B or F for the last request, and once more for a BYE that waited for an ACK.
    world.wait(Duration::from_secs(70));
    assert!(world.legs.is_empty(), "every leg ends");
    assert_eq!(
        world.agent.transactions(),
        0,
        "no transaction outlives its timers"
    );
});
