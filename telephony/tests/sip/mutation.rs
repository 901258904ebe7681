//! Messages broken at random: nothing panics, no leg ends twice, and the agent serves the next caller.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use telephony::sip::{Event, Hop, Transport};

use crate::calls::{ack, invite};
use crate::net::{ANSWER, Net, OFFER, at, header, trunk, udp, user};

#[derive(Debug, Clone)]
enum Break {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Truncate(prop::sample::Index),
    Insert(prop::sample::Index, &'static [u8]),
}

fn breaks() -> impl Strategy<Value = Break> {
    let at = any::<prop::sample::Index>;
    let pieces: Vec<&'static [u8]> = vec![
        b"\r\n",
        b"\r\n\r\n",
        b":",
        b";",
        b"\"",
        b"<",
        b">",
        b",",
        b"=",
        b"%",
        b"%00",
        b"\0",
        b"\xff\xfe",
        b"4294967296",
        b"-1",
        b"Require: 100rel\r\n",
        b"Content-Length: 99999\r\n",
        b";tag=",
        b"sip:",
        b"tel:+86",
        b"z9hG4bK",
        b"Route: <sip:a>\r\n",
        b"Session-Expires: 0\r\n",
        b"RAck: 1 1 INVITE\r\n",
        b"*",
        b"[::",
        b"(",
    ];
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(i, b)| Break::Flip(i, b)),
        (at(), 1..40usize).prop_map(|(i, n)| Break::Cut(i, n)),
        (at(), 1..60usize).prop_map(|(i, n)| Break::Repeat(i, n)),
        at().prop_map(Break::Truncate),
        (at(), prop::sample::select(pieces)).prop_map(|(i, p)| Break::Insert(i, p)),
    ]
}

fn apply(message: &mut Vec<u8>, change: &Break) {
    if message.is_empty() {
        return;
    }
    let len = message.len();
    match change {
        Break::Flip(i, b) => message[i.index(len)] = *b,
        Break::Cut(i, n) => drop(message.drain(i.index(len)..(i.index(len) + n).min(len))),
        Break::Repeat(i, n) => {
            let part = message[i.index(len)..(i.index(len) + n).min(len)].to_vec();
            message.splice(i.index(len)..i.index(len), part);
        }
        Break::Truncate(i) => message.truncate(i.index(len)),
        Break::Insert(i, piece) => drop(message.splice(i.index(len)..i.index(len), piece.iter().copied())),
    }
}

/// One of everything that a peer may send while a call of its own (tag known) and one of ours are under way.
fn messages(net: &Net, to: &str) -> Vec<String> {
    let sdp = std::str::from_utf8(OFFER).unwrap();
    let inside = |method: &str, n: u32, sdp: &str| {
        let text = invite("call", sdp)
            .replace("INVITE", method)
            .replace("To: <sip:12345@10.0.0.2>", &format!("To: {to}"));
        text.replace("CSeq: 1 ", &format!("CSeq: {n} "))
            .replace("z9hG4bKcall", &format!("z9hG4bK{n}"))
    };
    let ours = net.last("INVITE sip:13900000000").to_owned();
    let reply = |status: &str, more: &str| {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            text += &format!("{name}: {}\r\n", header(&ours, name).unwrap());
        }
        let to = header(&ours, "To").unwrap();
        text + &format!("To: {to};tag=z\r\nContact: <sip:z@10.0.0.1>\r\n{more}Content-Length: 0\r\n\r\n")
    };
    vec![
        invite("new", sdp),
        ack("call", to, sdp),
        inside("INVITE", 2, sdp),
        inside("UPDATE", 3, sdp),
        inside("INFO", 4, "Signal=1"),
        inside("PRACK", 5, "").replace("Max-Forwards", "RAck: 1 1 INVITE\r\nMax-Forwards"),
        inside("BYE", 6, ""),
        invite("call", "").replace("INVITE", "CANCEL"),
        invite("reg", "").replace("INVITE", "REGISTER").replace(
            "Max-Forwards",
            "Authorization: Digest username=\"8001\", realm=\"minsheng\", nonce=\"1-2-3\", uri=\"sip:a\", response=\"0\", nc=1, qop=auth\r\nExpires: 60\r\nMax-Forwards",
        ),
        reply("183 Early", "Require: 100rel\r\nRSeq: 1\r\nRecord-Route: <sip:10.0.0.1;lr>\r\n"),
        reply("407 Who", "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth,auth-int\", algorithm=SHA-256\r\n"),
        reply("422 Brief", "Min-SE: 4000\r\n"),
        reply("200 OK", "Session-Expires: 100;refresher=uas\r\n"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn broken_messages_harm_nobody(
        which in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(breaks(), 0..4)), 1..6),
        stream in any::<bool>(),
    ) {
        let mut net = Net::new(1);
        let line = telephony::sip::Trunk {
            register: Some(crate::net::account("acc", "pw")),
            ..trunk("near", udp(1))
        };
        let node = net.add(2, vec![line], vec![user("8001", "secret")]);
        net.send(at(1), 2, invite("call", std::str::from_utf8(OFFER).unwrap()).as_bytes());
        let leg = net.incoming(node).leg;
        net.tell(node, |a, now| a.answer(now, leg, Bytes::from_static(ANSWER)));
        net.dial(node, "13900000000");
        let to = header(net.last("SIP/2.0 200"), "To").unwrap().to_owned();
        let all = messages(&net, &to);
        let transport = if stream { Transport::Tcp } else { Transport::Udp };
        for (choice, changes) in &which {
            let mut message = choice.get(&all).clone().into_bytes();
            changes.iter().for_each(|c| apply(&mut message, c));
            net.tell(node, |a, now| a.handle_bytes(now, Hop { transport, addr: at(1) }, None, &message));
            net.run(Duration::from_millis(300));
        }
        net.run(Duration::from_secs(40));
        net.send(at(1), 2, invite("after", std::str::from_utf8(OFFER).unwrap()).as_bytes());
        net.wait(node, |e| matches!(e, Event::Incoming(i) if i.called == "12345"));
    }
}
