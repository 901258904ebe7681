//! Who is let in, and how much a stranger can do.

use std::net::SocketAddr;
use std::time::Duration;

use telephony::sip::{Event, NumberKind, Refusal, Source, Trunk};

use crate::calls::invite;
use crate::net::{Net, account, at, header, to_number, trunk, udp, user};

/// Node 0 at 10.0.0.2 takes calls to 12345 from its trunk at 10.0.0.1 and has a phone account.
fn hotline() -> Net {
    let mut net = Net::new(1);
    let line = Trunk {
        numbers: vec!["12345".into(), "05345012345".into()],
        ..trunk("near", udp(1))
    };
    net.add(
        2,
        vec![line],
        vec![user("8001", "secret"), user("8002", "secret")],
    );
    net
}

fn refusal(net: &mut Net) -> Option<Refusal> {
    match net.take(0, |e| matches!(e, Event::Refused { .. }))? {
        Event::Refused { why, .. } => Some(why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn stranger_is_refused_and_counted() {
    let mut net = hotline();
    net.send(
        at(66),
        2,
        invite("x", "").replace("10.0.0.1", "10.0.0.66").as_bytes(),
    );
    net.run(Duration::from_millis(20));
    assert_eq!(net.statuses(at(66)), [403]);
    assert_eq!(refusal(&mut net), Some(Refusal::Stranger));
    assert!(net.take(0, |e| matches!(e, Event::Incoming(_))).is_none());
}

#[test]
fn a_demonstration_takes_calls_of_anyone_to_its_number_alone() {
    let mut net = Net::new(1);
    let line = Trunk {
        numbers: vec!["12345".into()],
        from_anywhere: true,
        ..trunk("near", udp(1))
    };
    net.add(2, vec![line], vec![user("8001", "secret")]);
    let from_elsewhere = |call: &str| invite(call, "").replace("10.0.0.1", "10.0.0.66");
    net.send(at(66), 2, from_elsewhere("x").as_bytes());
    net.run(Duration::from_millis(20));
    assert!(net.take(0, |e| matches!(e, Event::Incoming(_))).is_some());
    let other = from_elsewhere("y").replace("INVITE sip:12345@", "INVITE sip:110@");
    net.send(at(66), 2, other.as_bytes());
    net.run(Duration::from_millis(20));
    assert_eq!(refusal(&mut net), Some(Refusal::NotOurNumber));
}

#[test]
fn number_that_is_not_ours_is_refused() {
    let mut net = hotline();
    net.send(
        at(1),
        2,
        invite("x", "")
            .replace("INVITE sip:12345@", "INVITE sip:0019005551234@")
            .as_bytes(),
    );
    net.run(Duration::from_millis(20));
    assert_eq!(net.statuses(at(1)), [403]);
    assert_eq!(refusal(&mut net), Some(Refusal::NotOurNumber));
}

#[test]
fn our_number_is_known_in_every_spelling() {
    let spellings = [
        "sip:12345@10.0.0.2",
        "tel:12345",
        "sip:+8653412345@10.0.0.2",
        "tel:+86-534-5012345",
    ];
    for (i, uri) in spellings.into_iter().enumerate() {
        let mut net = hotline();
        let text =
            invite(&format!("s{i}"), "").replace("INVITE sip:12345@10.0.0.2", &format!("INVITE {uri}"));
        net.send(at(1), 2, text.as_bytes());
        net.run(Duration::from_millis(20));
        let accepted = net.take(0, |e| matches!(e, Event::Incoming(_))).is_some();
        assert!(accepted, "{uri}: {:?}", net.statuses(at(1)));
    }
}

#[test]
fn caller_is_read_from_what_the_carrier_asserts() {
    let mut net = hotline();
    let more = "P-Asserted-Identity: <sip:+8613987654321@ims.cn>, <tel:+8613987654321>\r\nPrivacy: id\r\n\
                Diversion: <sip:+865341234567@10.0.0.1>;reason=unconditional\r\nX-Minsheng-Call: 2a\r\nMax-Forwards";
    let text = invite("x", "")
        .replace("Max-Forwards", more)
        .replace("13912345678", "anonymous");
    net.send(at(1), 2, text.as_bytes());
    let incoming = net.incoming(0);
    assert_eq!(
        (incoming.caller.number.as_str(), incoming.caller.kind),
        ("13987654321", NumberKind::Mobile)
    );
    assert!(incoming.caller.private);
    assert_eq!(incoming.diverted_from.as_deref(), Some("05341234567"));
    assert_eq!(
        incoming.headers,
        [("X-Minsheng-Call".to_owned(), "2a".to_owned())]
    );
}

#[test]
fn flood_of_a_stranger_is_ignored_for_a_while() {
    let mut net = hotline();
    for i in 0..200 {
        net.send(
            at(66),
            2,
            invite(&format!("f{i}"), "")
                .replace("10.0.0.1", "10.0.0.66")
                .as_bytes(),
        );
    }
    net.run(Duration::from_millis(100));
    let answered = net.statuses(at(66)).len();
    assert!((20..=25).contains(&answered), "{answered}");
    assert!(std::iter::from_fn(|| refusal(&mut net)).any(|r| r == Refusal::RateLimited));
    // The trunk is not disturbed, and the stranger may speak again later.
    net.send(at(1), 2, invite("calm", "").as_bytes());
    net.incoming(0);
    net.run(Duration::from_secs(11));
    net.send(
        at(66),
        2,
        invite("later", "").replace("10.0.0.1", "10.0.0.66").as_bytes(),
    );
    net.run(Duration::from_millis(20));
    assert!(net.statuses(at(66)).len() > answered);
}

fn guess(name: &str, i: u32) -> String {
    format!(
        "REGISTER sip:10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.66:5060;branch=z9hG4bKg{i};rport\r\nMax-Forwards: 70\r\n\
         From: <sip:{name}@10.0.0.2>;tag=t\r\nTo: <sip:{name}@10.0.0.2>\r\nCall-ID: g{i}\r\nCSeq: 1 REGISTER\r\n\
         Contact: <sip:{name}@10.0.0.66>\r\nAuthorization: Digest username=\"{name}\", realm=\"minsheng\", nonce=\"n\", \
         uri=\"sip:10.0.0.2\", response=\"00\"\r\nContent-Length: 0\r\n\r\n"
    )
}

#[test]
fn password_guesser_is_blocked_while_phones_beside_it_register() {
    let mut net = hotline();
    let thief = SocketAddr::new(at(66).ip(), 7000);
    for i in 0..60 {
        net.send(thief, 2, guess("8001", i).as_bytes());
        net.run(Duration::from_secs(1));
    }
    let answered = net.statuses(thief).len();
    assert!((1..=20).contains(&answered), "{answered} guesses were answered");
    // From the same address, as behind one NAT, but another user.
    let desk = Trunk {
        register: Some(account("8002", "secret")),
        ..trunk("desk", udp(2))
    };
    net.add(66, vec![desk], Vec::new());
    net.wait(0, |e| matches!(e, Event::Registered { present: true, .. }));
    assert_eq!(net.agent(0).registered(), ["8002"]);
}

#[test]
fn guesser_that_changes_ports_is_barred_even_with_the_right_password() {
    let mut net = hotline();
    for i in 0..25 {
        let thief = SocketAddr::new(at(66).ip(), 7000 + u16::try_from(i).unwrap());
        net.send(thief, 2, guess("8001", i).as_bytes());
        net.run(Duration::from_secs(1));
    }
    let desk = Trunk {
        register: Some(account("8001", "secret")),
        ..trunk("desk", udp(2))
    };
    let node = net.add(66, vec![desk], Vec::new());
    net.wait(node, |e| matches!(e, Event::TrunkChanged { .. }));
    assert!(net.agent(0).registered().is_empty());
    // Elsewhere the same user is not bothered.
    let desk = Trunk {
        register: Some(account("8001", "secret")),
        ..trunk("desk", udp(2))
    };
    net.add(7, vec![desk], Vec::new());
    net.wait(0, |e| matches!(e, Event::Registered { present: true, .. }));
}

#[test]
fn phone_of_ours_may_dial_after_digest() {
    let mut net = hotline();
    let desk = Trunk {
        register: Some(account("8001", "secret")),
        caller_id: "8001".into(),
        ..trunk("desk", udp(2))
    };
    let phone = net.add(7, vec![desk], Vec::new());
    net.wait(phone, |e| matches!(e, Event::TrunkChanged { .. }));
    let leg = net
        .tell(phone, |agent, now| agent.dial(now, to_number("13912345678")))
        .unwrap();
    let incoming = net.incoming(0);
    assert_eq!(incoming.source, Source::User("8001".into()));
    assert_eq!(
        (incoming.called.as_str(), incoming.caller.number.as_str()),
        ("13912345678", "8001")
    );
    net.tell(0, |agent, now| agent.reject(now, incoming.leg, 486, ""));
    assert_eq!(net.ended(phone).0, leg);
    assert!(header(net.last("INVITE"), "Authorization").is_some());
}

#[test]
fn anyone_may_ask_whether_we_live() {
    let mut net = hotline();
    net.send(
        at(66),
        2,
        invite("o", "")
            .replace("INVITE", "OPTIONS")
            .replace("10.0.0.1", "10.0.0.66")
            .as_bytes(),
    );
    net.run(Duration::from_millis(20));
    let ok = net.last("SIP/2.0 200");
    assert!(header(ok, "Allow").unwrap().contains("PRACK"));
    assert!(header(ok, "To").unwrap().contains(";tag="));
}

#[test]
fn methods_that_we_do_not_serve_are_named() {
    let mut net = hotline();
    for (i, method) in ["MESSAGE", "SUBSCRIBE", "REFER", "PUBLISH", "NOTIFY", "NEWMETHOD"]
        .into_iter()
        .enumerate()
    {
        net.send(
            at(1),
            2,
            invite(&format!("m{i}"), "").replace("INVITE", method).as_bytes(),
        );
    }
    net.run(Duration::from_millis(20));
    assert_eq!(net.statuses(at(1)), [405; 6]);
}
