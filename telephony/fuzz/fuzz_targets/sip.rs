//! Anything that arrives as a datagram or on a stream, at an agent with a trunk, a phone account and a call under way.
#![no_main]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use telephony::sip::{Agent, AgentSettings, Event, Hop, Output, Transport, Trunk};

const INVITE: &str = "INVITE sip:12345@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKfuzz\r\n\
Max-Forwards: 70\r\nFrom: <sip:13900000001@192.0.2.9>;tag=a\r\nTo: <sip:12345@192.0.2.1>\r\nCall-ID: fuzz@192.0.2.9\r\nCSeq: 1 INVITE\r\n\
Contact: <sip:192.0.2.9>\r\nContent-Length: 0\r\n\r\n";

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
    };
    AgentSettings {
        udp_port: Some(5060),
        tcp_port: Some(5060),
        source_for: Arc::new(|_| IpAddr::from([192, 0, 2, 1])),
        realm: "minsheng".into(),
        trunks: vec![trunk],
        users: Vec::new(),
        stranger_rate: 50,
    }
}

fn drain(agent: &mut Agent, now: Instant) -> Instant {
    loop {
        match agent.poll_output() {
            Output::Event(Event::Incoming(call)) => agent.answer(now, call.leg, bytes::Bytes::from_static(b"v=0\r\n")),
            Output::Timeout(at) => return at,
            _ => {}
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&mode, data)) = data.split_first() else { return };
    let mut now = Instant::now();
    let transport = if mode & 1 == 0 { Transport::Udp } else { Transport::Tcp };
    let peer = Hop { transport, addr: "192.0.2.9:5060".parse().unwrap() };
    let mut agent = Agent::new(settings(peer), 1, now);
    if mode & 2 == 0 {
        agent.handle_bytes(now, peer, None, INVITE.as_bytes());
        drain(&mut agent, now);
    }
    let pieces = if mode & 4 == 0 { data.len().max(1) } else { 7 };
    for piece in data.chunks(pieces) {
        agent.handle_bytes(now, peer, None, piece);
        drain(&mut agent, now);
    }
    for _ in 0..50 {
        now = drain(&mut agent, now).max(now + Duration::from_millis(100));
        agent.handle_timeout(now);
    }
});
