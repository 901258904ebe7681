//! Phones at our registrar, and our trunks at others'.

use std::time::Duration;

use bytes::Bytes;
use telephony::LegId;
use telephony::sip::{Cause, Dial, DialError, Event, Refusal, Source, Target, TrunkState};

use crate::net::{ANSWER, Net, account, at, header, tcp, to_number, trunk, udp, user};

fn registering(password: &str) -> Net {
    let mut net = Net::new(1);
    let line = telephony::sip::Trunk {
        register: Some(account("8001", password)),
        ..trunk("desk", udp(2))
    };
    net.add(1, vec![line], Vec::new());
    net.add(2, Vec::new(), vec![user("8001", "secret")]);
    net
}

fn call_to(name: &str) -> Dial {
    Dial {
        to: Target::User(name.into()),
        from_number: "13912345678".into(),
        ..to_number("0")
    }
}

fn dial_user(net: &mut Net, name: &str) -> Result<LegId, DialError> {
    net.tell(1, |agent, now| agent.dial(now, call_to(name)))
}

#[test]
fn phone_registers_with_the_stronger_digest_and_is_called() {
    let mut net = registering("secret");
    net.wait(0, |e| {
        matches!(
            e,
            Event::TrunkChanged {
                state: TrunkState::Up,
                ..
            }
        )
    });
    assert!(
        net.take(1, |e| matches!(e, Event::Registered { present: true, .. }))
            .is_some()
    );
    assert!(
        header(net.last("REGISTER"), "Authorization")
            .unwrap()
            .contains("algorithm=SHA-256")
    );
    assert_eq!(net.agent(1).registered(), ["8001"]);
    dial_user(&mut net, "8001").unwrap();
    let incoming = net.incoming(0);
    assert_eq!(incoming.source, Source::Trunk("desk".into()));
    assert_eq!(incoming.caller.number, "13912345678");
    net.tell(0, |agent, now| {
        agent.answer(now, incoming.leg, Bytes::from_static(ANSWER))
    });
    net.wait(1, |e| matches!(e, Event::Answered { trunk: None, .. }));
    net.tell(0, |agent, now| agent.hangup(now, incoming.leg, Cause::Normal));
    assert_eq!(net.ended(1).1, Cause::Normal);
}

#[test]
fn registration_is_refreshed_before_it_runs_out_and_ends_when_it_is_not() {
    let mut net = registering("secret");
    net.run(Duration::from_secs(3600));
    assert!(
        net.take(1, |e| matches!(e, Event::Registered { present: true, .. }))
            .is_some()
    );
    assert!(
        net.take(1, |e| matches!(e, Event::Registered { .. })).is_none(),
        "it never went"
    );
    let logins = net.count("REGISTER") / 2;
    assert!((6..=8).contains(&logins), "every nine minutes: {logins}");
    net.unplug(1);
    net.run(Duration::from_secs(540));
    net.wait(1, |e| matches!(e, Event::Registered { present: false, .. }));
    assert!(matches!(
        dial_user(&mut net, "8001"),
        Err(DialError::NotRegistered(_))
    ));
}

#[test]
fn wrong_password_is_refused_and_reported_on_both_sides() {
    let mut net = registering("guess");
    net.wait(0, |e| {
        matches!(
            e,
            Event::TrunkChanged {
                state: TrunkState::Rejected,
                ..
            }
        )
    });
    assert!(
        net.take(1, |e| matches!(
            e,
            Event::Refused {
                why: Refusal::WrongPassword,
                ..
            }
        ))
        .is_some()
    );
    assert!(net.agent(1).registered().is_empty());
    let refused = net.tell(0, |agent, now| agent.dial(now, to_number("12345")));
    assert_eq!(refused, Err(DialError::NoTrunk));
}

#[test]
fn registration_survives_loss() {
    for seed in 0..20 {
        let mut net = registering("secret");
        net.run(Duration::ZERO);
        (net.loss, net.jitter) = (0.3, Duration::from_millis(50 + seed));
        net.wait(0, |e| {
            matches!(
                e,
                Event::TrunkChanged {
                    state: TrunkState::Up,
                    ..
                }
            )
        });
    }
}

fn register(branch: &str, cseq: u32, more: &str) -> String {
    format!(
        "REGISTER sip:10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.7:5060;branch=z9hG4bK{branch};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:8001@10.0.0.2>;tag=t\r\nTo: <sip:8001@10.0.0.2>\r\nCall-ID: c\r\n\
         CSeq: {cseq} REGISTER\r\n{more}Content-Length: 0\r\n\r\n"
    )
}

/// Digest with MD5, computed here by hand from RFC 7616.
fn credentials(challenge: &str, password: &str, nc: u32) -> String {
    use md5::Digest;
    let md5 = |text: String| {
        md5::Md5::digest(text)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<String>()
    };
    let nonce = challenge
        .split("nonce=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let (ha1, ha2) = (
        md5(format!("8001:minsheng:{password}")),
        md5("REGISTER:sip:10.0.0.2".into()),
    );
    let response = md5(format!("{ha1}:{nonce}:{nc:08x}:abc:auth:{ha2}"));
    format!(
        "Authorization: Digest username=\"8001\", realm=\"minsheng\", nonce=\"{nonce}\", uri=\"sip:10.0.0.2\", \
         response=\"{response}\", qop=auth, nc={nc:08x}, cnonce=\"abc\"\r\n"
    )
}

const CONTACT: &str = "Contact: <sip:8001@192.168.1.7:5060>\r\n";

/// A registrar at 10.0.0.2 (node 0) and a phone behind NAT at 10.0.0.7:61000.
fn behind_nat() -> (Net, std::net::SocketAddr) {
    let mut net = Net::new(3);
    net.add(2, Vec::new(), vec![user("8001", "secret")]);
    (net, std::net::SocketAddr::new(at(7).ip(), 61000))
}

fn challenged(net: &mut Net, phone: std::net::SocketAddr) -> String {
    net.send(phone, 2, register("a", 1, CONTACT).as_bytes());
    net.run(Duration::from_millis(20));
    let response = net.last("SIP/2.0 401").to_owned();
    assert!(
        header(&response, "Via")
            .unwrap()
            .contains(";rport=61000;received=10.0.0.7")
    );
    header(&response, "WWW-Authenticate").unwrap().to_owned()
}

#[test]
fn phone_that_stops_at_an_unknown_algorithm_is_offered_md5_alone() {
    for (agent, offered) in [("baresip v1.0.0 (x86_64/linux)", 1), ("Linphone/5.2", 2)] {
        let (mut net, phone) = behind_nat();
        let headers = format!("User-Agent: {agent}\r\n{CONTACT}");
        net.send(phone, 2, register("a", 1, &headers).as_bytes());
        net.run(Duration::from_millis(20));
        let response = net.last("SIP/2.0 401");
        assert_eq!(
            response.matches("WWW-Authenticate").count(),
            offered,
            "{response}"
        );
    }
}

#[test]
fn phone_behind_nat_registers_by_md5_and_is_called_where_it_sends_from() {
    let (mut net, phone) = behind_nat();
    let challenge = challenged(&mut net, phone);
    assert!(challenge.contains("algorithm=MD5"));
    net.send(
        phone,
        2,
        register(
            "b",
            2,
            &(CONTACT.to_owned() + &credentials(&challenge, "secret", 1)),
        )
        .as_bytes(),
    );
    net.run(Duration::from_millis(20));
    assert_eq!(net.statuses(phone), [401, 200]);
    net.tell(0, |agent, now| agent.dial(now, call_to("8001")))
        .unwrap();
    let sent = net.seen.last().unwrap();
    assert_eq!(sent.to, phone);
    assert!(sent.text.starts_with("INVITE sip:8001@192.168.1.7:5060 SIP/2.0"));
}

#[test]
fn replayed_credentials_are_asked_for_again() {
    let (mut net, phone) = behind_nat();
    let challenge = challenged(&mut net, phone);
    let given = credentials(&challenge, "secret", 1);
    net.send(
        phone,
        2,
        register("b", 2, &(CONTACT.to_owned() + &given)).as_bytes(),
    );
    net.send(
        phone,
        2,
        register("c", 3, &(CONTACT.to_owned() + &given)).as_bytes(),
    );
    net.run(Duration::from_millis(20));
    assert_eq!(net.statuses(phone), [401, 200, 401]);
    assert!(
        header(net.last("SIP/2.0 401"), "WWW-Authenticate")
            .unwrap()
            .contains("stale=true")
    );
    // The next count is good again.
    net.send(
        phone,
        2,
        register(
            "d",
            4,
            &(CONTACT.to_owned() + &credentials(&challenge, "secret", 2)),
        )
        .as_bytes(),
    );
    net.run(Duration::from_secs(301));
    net.send(
        phone,
        2,
        register(
            "e",
            5,
            &(CONTACT.to_owned() + &credentials(&challenge, "secret", 3)),
        )
        .as_bytes(),
    );
    net.run(Duration::from_millis(20));
    assert_eq!(
        net.statuses(phone),
        [401, 200, 401, 200, 401],
        "and too old after five minutes"
    );
}

#[test]
fn forged_nonce_is_worth_nothing() {
    let (mut net, phone) = behind_nat();
    let given = credentials(
        "nonce=\"0-0123456789abcdef-000000000000000000000000\"",
        "secret",
        1,
    );
    net.send(
        phone,
        2,
        register("b", 2, &(CONTACT.to_owned() + &given)).as_bytes(),
    );
    net.run(Duration::from_millis(20));
    assert_eq!(net.statuses(phone), [401]);
}

#[test]
fn contacts_are_listed_shortened_refused_and_removed() {
    let (mut net, phone) = behind_nat();
    let challenge = challenged(&mut net, phone);
    let mut cseq = 1;
    let mut ask = |net: &mut Net, more: &str| {
        cseq += 1;
        let text = register(
            &format!("x{cseq}"),
            cseq,
            &(more.to_owned() + &credentials(&challenge, "secret", cseq)),
        );
        net.send(phone, 2, text.as_bytes());
        net.run(Duration::from_millis(20));
        net.seen.last().unwrap().text.clone()
    };
    let listed = ask(
        &mut net,
        "Contact: <sip:8001@192.168.1.7>;expires=7200, <sip:8001@192.168.1.8>\r\nExpires: 60\r\n",
    );
    assert!(listed.contains("Contact: <sip:8001@192.168.1.7>;expires=3600"));
    assert!(listed.contains("Contact: <sip:8001@192.168.1.8>;expires=60"));
    let brief = ask(&mut net, "Contact: <sip:8001@192.168.1.7>;expires=5\r\n");
    assert!(brief.starts_with("SIP/2.0 423") && header(&brief, "Min-Expires") == Some("30"));
    let query = ask(&mut net, "");
    assert_eq!(query.matches("Contact:").count(), 2);
    let removed = ask(&mut net, "Contact: *\r\nExpires: 0\r\n");
    assert!(removed.starts_with("SIP/2.0 200") && !removed.contains("Contact:"));
    assert!(
        net.take(0, |e| matches!(e, Event::Registered { present: false, .. }))
            .is_some()
    );
}

#[test]
fn trunk_asks_for_longer_when_the_registrar_wants_it() {
    let mut net = Net::new(4);
    let short = telephony::sip::Registration {
        expires: Duration::from_secs(10),
        ..account("8001", "secret")
    };
    let line = telephony::sip::Trunk {
        register: Some(short),
        ..trunk("desk", udp(2))
    };
    net.add(1, vec![line], Vec::new());
    net.add(2, Vec::new(), vec![user("8001", "secret")]);
    net.wait(0, |e| {
        matches!(
            e,
            Event::TrunkChanged {
                state: TrunkState::Up,
                ..
            }
        )
    });
    assert_eq!(header(net.last("REGISTER"), "Expires"), Some("30"));
}

#[test]
fn unreachable_registrar_is_tried_again_and_found_when_it_is_back() {
    let mut net = registering("secret");
    net.drop_if = Some(|_| true);
    net.wait(0, |e| {
        matches!(
            e,
            Event::TrunkChanged {
                state: TrunkState::Down,
                ..
            }
        )
    });
    net.drop_if = None;
    net.wait(0, |e| {
        matches!(
            e,
            Event::TrunkChanged {
                state: TrunkState::Up,
                ..
            }
        )
    });
}

#[test]
fn phone_on_a_closed_connection_is_gone() {
    let mut net = Net::new(5);
    let line = telephony::sip::Trunk {
        register: Some(account("8001", "secret")),
        ..trunk("desk", tcp(2))
    };
    net.add(1, vec![line], Vec::new());
    net.add(2, Vec::new(), vec![user("8001", "secret")]);
    net.wait(1, |e| matches!(e, Event::Registered { present: true, .. }));
    dial_user(&mut net, "8001").unwrap();
    net.incoming(0);
    assert!(net.last("INVITE").contains("Via: SIP/2.0/TCP 10.0.0.2:5060"));
    net.close(at(1), at(2));
    net.wait(1, |e| matches!(e, Event::Registered { present: false, .. }));
}
