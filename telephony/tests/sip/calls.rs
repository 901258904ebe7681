//! Set-up and end of a call.

use std::time::Duration;

use bytes::Bytes;
use telephony::sip::{Cause, Event, Source};

use crate::net::{ANSWER, Net, OFFER, at, header, to_number, trunk, udp};

#[test]
fn call_is_set_up_and_ended_by_the_caller() {
    let mut net = Net::pair(1);
    let a = net.dial(0, "12345");
    let incoming = net.incoming(1);
    assert_eq!(incoming.source, Source::Trunk("near".into()));
    assert_eq!(
        (incoming.called.as_str(), incoming.caller.number.as_str()),
        ("12345", "12345")
    );
    assert_eq!(incoming.sdp.as_deref(), Some(OFFER));
    net.tell(1, |agent, now| agent.ring(now, incoming.leg));
    let progress = net.wait(0, |e| matches!(e, Event::Progress { .. }));
    assert!(matches!(
        progress,
        Event::Progress {
            status: 180,
            sdp: None,
            ..
        }
    ));
    net.tell(1, |agent, now| {
        agent.answer(now, incoming.leg, Bytes::from_static(ANSWER))
    });
    match net.wait(0, |e| matches!(e, Event::Answered { .. })) {
        Event::Answered { leg, sdp, trunk } => {
            assert_eq!(
                (leg, sdp.as_deref(), trunk.as_deref()),
                (a, Some(ANSWER), Some("far"))
            );
        }
        other => panic!("{other:?}"),
    }
    net.wait(1, |e| matches!(e, Event::Confirmed { sdp: None, .. }));
    net.tell(0, |agent, now| agent.hangup(now, a, Cause::Normal));
    assert_eq!(net.ended(0), (a, Cause::Normal, 200, false));
    assert_eq!(net.ended(1), (incoming.leg, Cause::Normal, 200, true));
    assert!(
        header(net.last("BYE"), "Reason")
            .unwrap()
            .starts_with("Q.850;cause=16")
    );
    net.settle();
}

#[test]
fn call_is_ended_by_the_called() {
    let mut net = Net::pair(2);
    let (a, b) = net.established();
    net.tell(1, |agent, now| agent.hangup(now, b, Cause::Normal));
    assert_eq!(net.ended(0), (a, Cause::Normal, 200, true));
    net.settle();
}

#[test]
fn lossy_reordering_network_still_sets_up_and_tears_down() {
    for seed in 0..40 {
        let mut net = Net::pair(seed);
        (net.loss, net.double, net.jitter) = (0.3, 0.1, Duration::from_millis(80));
        let (a, b) = net.established();
        let (node, leg) = if seed % 2 == 0 { (0, a) } else { (1, b) };
        net.tell(node, |agent, now| agent.hangup(now, leg, Cause::Normal));
        assert_eq!(net.ended(0).1, Cause::Normal);
        assert_eq!(net.ended(1).1, Cause::Normal);
        net.settle();
    }
}

#[test]
fn cancel_ends_a_ringing_call_on_both_sides() {
    let mut net = Net::pair(3);
    let a = net.dial(0, "12345");
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.ring(now, b));
    net.wait(0, |e| matches!(e, Event::Progress { .. }));
    net.tell(0, |agent, now| agent.hangup(now, a, Cause::Cancelled));
    assert_eq!(net.ended(0).1, Cause::Cancelled);
    assert_eq!(net.ended(1), (b, Cause::Cancelled, 487, true));
    net.settle();
    assert_eq!(
        (net.count("CANCEL"), net.count("ACK"), net.count("BYE")),
        (1, 1, 0)
    );
}

#[test]
fn cancel_waits_for_a_sign_of_life() {
    let mut net = Net::pair(4);
    net.drop_if = Some(|m| m.starts_with("SIP/2.0 1"));
    let a = net.dial(0, "12345");
    net.tell(0, |agent, now| agent.hangup(now, a, Cause::Cancelled));
    net.run(Duration::from_millis(400));
    assert_eq!(net.count("CANCEL"), 0);
    net.drop_if = None;
    net.incoming(1);
    assert_eq!(net.ended(1).1, Cause::Cancelled);
    net.settle();
}

#[test]
fn answer_that_crosses_the_cancel_is_acknowledged_and_ended() {
    let mut net = Net::pair(5);
    let a = net.dial(0, "12345");
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.ring(now, b));
    net.wait(0, |e| matches!(e, Event::Progress { .. }));
    net.tell(0, |agent, now| agent.hangup(now, a, Cause::Cancelled));
    net.tell(1, |agent, now| agent.answer(now, b, Bytes::from_static(ANSWER)));
    assert_eq!(net.ended(0).1, Cause::Cancelled);
    assert_eq!(net.ended(1).1, Cause::Normal);
    net.settle();
    assert_eq!(net.count("BYE"), 1);
}

#[test]
fn nobody_answers_in_the_time_to_ring() {
    let mut net = Net::pair(6);
    let mut dial = to_number("12345");
    dial.ring_for = Duration::from_secs(20);
    net.tell(0, |agent, now| agent.dial(now, dial)).unwrap();
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.ring(now, b));
    assert_eq!(net.ended(0).1, Cause::NoAnswer);
    assert_eq!(net.elapsed().as_secs(), 20);
    assert_eq!(net.ended(1).1, Cause::Cancelled);
    net.settle();
}

#[test]
fn refusals_become_plain_outcomes() {
    let cases = [
        (486, Cause::Busy),
        (603, Cause::Declined),
        (404, Cause::NoSuchNumber),
        (480, Cause::NoAnswer),
        (403, Cause::Forbidden),
        (488, Cause::NotAcceptable),
        (503, Cause::Unavailable),
        (302, Cause::Failed),
    ];
    for (status, cause) in cases {
        let mut net = Net::pair(7);
        let a = net.dial(0, "12345");
        let b = net.incoming(1).leg;
        net.tell(1, |agent, now| agent.reject(now, b, status, ""));
        assert_eq!(net.ended(0), (a, cause, status, true));
        assert_eq!(net.ended(1).2, status);
        net.settle();
        assert_eq!(net.count("INVITE"), 1, "a redirect is never followed");
    }
}

#[test]
fn late_offer_goes_into_the_answer_and_its_answer_into_the_ack() {
    let mut net = Net::pair(8);
    net.send(at(1), 2, invite("late", "").as_bytes());
    let incoming = net.incoming(1);
    assert!(incoming.sdp.is_none());
    net.tell(1, |agent, now| {
        agent.answer(now, incoming.leg, Bytes::from_static(ANSWER))
    });
    net.run(Duration::from_millis(100));
    let ok = net.last("SIP/2.0 200").to_owned();
    assert!(ok.ends_with(std::str::from_utf8(ANSWER).unwrap()));
    net.send(
        at(1),
        2,
        ack(
            "late",
            header(&ok, "To").unwrap(),
            std::str::from_utf8(OFFER).unwrap(),
        )
        .as_bytes(),
    );
    match net.wait(1, |e| matches!(e, Event::Confirmed { .. })) {
        Event::Confirmed { sdp, .. } => assert_eq!(sdp.as_deref(), Some(OFFER)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn lost_bye_is_sent_again() {
    let mut net = Net::pair(9);
    let (a, _) = net.established();
    net.drop_if = Some(|m| m.starts_with("BYE"));
    net.tell(0, |agent, now| agent.hangup(now, a, Cause::Normal));
    net.run(Duration::from_secs(2));
    net.drop_if = None;
    assert_eq!(net.ended(1).1, Cause::Normal);
    assert!(net.count("BYE") > 2);
    net.settle();
}

#[test]
fn answer_that_is_never_acknowledged_ends_with_bye() {
    let mut net = Net::pair(10);
    net.dial(0, "12345");
    let b = net.incoming(1).leg;
    net.drop_if = Some(|m| m.starts_with("ACK"));
    net.tell(1, |agent, now| agent.answer(now, b, Bytes::from_static(ANSWER)));
    assert_eq!(net.ended(1), (b, Cause::Unreachable, 408, false));
    assert_eq!(net.elapsed().as_secs(), 32);
    assert!(net.count("ACK") > 5, "each repeated 200 gets its ACK");
    assert_eq!(net.ended(0).1, Cause::Normal);
    net.settle();
}

#[test]
fn hang_up_before_the_ack_waits_for_it() {
    let mut net = Net::pair(11);
    net.dial(0, "12345");
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.answer(now, b, Bytes::from_static(ANSWER)));
    net.tell(1, |agent, now| agent.hangup(now, b, Cause::Normal));
    assert_eq!(net.ended(1).1, Cause::Normal);
    assert_eq!(net.count("BYE"), 0, "RFC 3261 section 15: not before the ACK");
    assert_eq!(net.ended(0).1, Cause::Normal);
    net.settle();
}

#[test]
fn second_answer_of_a_fork_is_acknowledged_and_ended() {
    let mut net = Net::pair(12);
    let (_, _) = net.established();
    let ok = net.last("SIP/2.0 200").to_owned();
    let to = header(&ok, "To").unwrap().to_owned();
    let fork = ok.replace(&to, "<sip:12345@10.0.0.2;user=phone>;tag=other");
    let (acks, byes) = (net.count("ACK"), net.count("BYE"));
    net.send(at(2), 1, fork.as_bytes());
    net.run(Duration::from_millis(100));
    assert_eq!((net.count("ACK") - acks, net.count("BYE") - byes), (1, 1));
    assert!(net.last("BYE").contains("tag=other"));
    assert!(
        net.take(0, |e| matches!(e, Event::Ended { .. })).is_none(),
        "the first answer's call goes on"
    );
}

#[test]
fn unreachable_peer_is_given_up() {
    let mut net = Net::pair(13);
    net.unplug(2);
    net.dial(0, "12345");
    let (_, cause, _, by_peer) = net.ended(0);
    assert_eq!((cause, by_peer), (Cause::Unreachable, false));
    net.settle();
}

#[test]
fn request_that_came_on_two_paths_is_merged() {
    let mut net = Net::pair(14);
    net.send(at(1), 2, invite("merged", "").as_bytes());
    net.send(
        at(1),
        2,
        invite("merged", "")
            .replace("z9hG4bKmerged", "z9hG4bKother")
            .as_bytes(),
    );
    net.run(Duration::from_millis(100));
    assert!(net.take(1, |e| matches!(e, Event::Incoming(_))).is_some());
    assert!(net.take(1, |e| matches!(e, Event::Incoming(_))).is_none());
    assert_eq!(net.statuses(at(1)), [482]);
}

#[test]
fn record_route_becomes_the_route_of_the_bye() {
    let mut net = Net::pair(15);
    let routes = "Record-Route: <sip:10.0.0.1;lr>, <sip:10.0.0.9;lr>\r\n";
    net.send(
        at(1),
        2,
        invite("routed", "")
            .replace("Max-Forwards", &format!("{routes}Max-Forwards"))
            .as_bytes(),
    );
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.answer(now, b, Bytes::from_static(ANSWER)));
    net.run(Duration::from_millis(50));
    let ok = net.last("SIP/2.0 200").to_owned();
    assert!(ok.contains("Record-Route: <sip:10.0.0.1;lr>, <sip:10.0.0.9;lr>"));
    net.send(at(1), 2, ack("routed", header(&ok, "To").unwrap(), "").as_bytes());
    net.wait(1, |e| matches!(e, Event::Confirmed { .. }));
    net.tell(1, |agent, now| agent.hangup(now, b, Cause::Normal));
    let bye = net.last("BYE sip:caller@10.0.0.1:5060 ");
    let routes: Vec<&str> = bye.lines().filter(|l| l.starts_with("Route:")).collect();
    assert_eq!(routes, ["Route: <sip:10.0.0.1;lr>", "Route: <sip:10.0.0.9;lr>"]);
}

#[test]
fn record_route_of_the_answer_is_followed_backwards() {
    let mut net = Net::new(19);
    net.add(1, vec![trunk("far", udp(2))], Vec::new());
    let leg = net.dial(0, "13912345678");
    let ours = net.last("INVITE").to_owned();
    let mut ok = "SIP/2.0 200 OK\r\n".to_owned();
    for name in ["Via", "From", "Call-ID", "CSeq"] {
        ok += &format!("{name}: {}\r\n", header(&ours, name).unwrap());
    }
    ok += &format!("To: {};tag=c\r\n", header(&ours, "To").unwrap());
    ok += "Record-Route: <sip:10.0.0.8;lr>\r\nRecord-Route: <sip:10.0.0.2;lr>\r\nContact: <sip:gw@10.0.0.9>\r\n";
    net.send(at(2), 1, format!("{ok}Content-Length: 0\r\n\r\n").as_bytes());
    net.wait(0, |e| matches!(e, Event::Answered { .. }));
    net.tell(0, |agent, now| agent.hangup(now, leg, Cause::Normal));
    for start in ["ACK sip:gw@10.0.0.9 SIP/2.0", "BYE sip:gw@10.0.0.9 SIP/2.0"] {
        let request = net.last(start);
        let routes: Vec<&str> = request.lines().filter(|l| l.starts_with("Route:")).collect();
        assert_eq!(routes, ["Route: <sip:10.0.0.2;lr>", "Route: <sip:10.0.0.8;lr>"]);
        assert!(
            net.seen
                .iter()
                .any(|s| s.to == at(2) && s.text.starts_with(start))
        );
    }
}

#[test]
fn draining_agent_takes_no_new_call_and_keeps_the_old() {
    let mut net = Net::pair(16);
    let (a, _) = net.established();
    net.tell(1, |agent, _| agent.begin_drain());
    let second = net.dial(0, "12345");
    assert_eq!(net.ended(0), (second, Cause::Unavailable, 503, true));
    assert!(header(net.last("SIP/2.0 503"), "Retry-After").is_some());
    net.tell(0, |agent, now| agent.hangup(now, a, Cause::Normal));
    assert_eq!(net.ended(1).1, Cause::Normal);
}

#[test]
fn info_digits_are_reported() {
    let mut net = Net::pair(17);
    let (_, b) = net.established();
    let invite = net.last("INVITE").to_owned();
    let to = header(net.last("SIP/2.0 200"), "To").unwrap().to_owned();
    let bodies = [
        ("application/dtmf-relay", "Signal= 5\r\nDuration=160\r\n", '5'),
        ("application/dtmf", "11", '#'),
    ];
    for (i, (kind, body, expected)) in bodies.into_iter().enumerate() {
        let info = format!(
            "INFO sip:12345@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKinfo{i};rport\r\n\
             Max-Forwards: 70\r\nFrom: {}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {} INFO\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            header(&invite, "From").unwrap(),
            header(&invite, "Call-ID").unwrap(),
            10 + i,
            body.len()
        );
        net.send(at(1), 2, info.as_bytes());
        match net.wait(1, |e| matches!(e, Event::Digit { .. })) {
            Event::Digit { leg, digit } => assert_eq!((leg, digit), (b, expected)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn outbound_call_shows_our_number_and_plain_headers_only() {
    let mut net = Net::new(18);
    net.add(1, vec![trunk("far", udp(2))], Vec::new());
    let mut dial = to_number("13912345678");
    dial.from_display = "民生\"热线".into();
    dial.headers = vec![
        ("X-Minsheng-Call".into(), "1f".into()),
        ("X-Bad".into(), "a\r\nEvil: 1".into()),
    ];
    net.tell(0, |agent, now| agent.dial(now, dial)).unwrap();
    let invite = net.last("INVITE sip:13912345678@10.0.0.2;user=phone SIP/2.0");
    assert!(
        header(invite, "From")
            .unwrap()
            .starts_with("\"民生\\\"热线\" <sip:12345@10.0.0.2;user=phone>;tag=")
    );
    assert_eq!(
        header(invite, "P-Asserted-Identity"),
        Some("<sip:12345@10.0.0.2;user=phone>")
    );
    assert_eq!(header(invite, "X-Minsheng-Call"), Some("1f"));
    assert_eq!(header(invite, "Evil"), None);
}

/// An INVITE typed by hand, from 10.0.0.1 to 12345 at 10.0.0.2.
#[test]
fn who_accepts_no_session_description_is_told_which_answer_there_would_be() {
    for (accept, taken) in [
        ("text/plain", false),
        ("", false),
        ("text/plain, application/sdp;level=1", true),
        ("Application/SDP", true),
        ("application/*;q=0.5", true),
        ("*/*", true),
    ] {
        let mut net = Net::pair(30);
        let text = invite("picky", "").replace("Max-Forwards", &format!("Accept: {accept}\r\nMax-Forwards"));
        net.send(at(1), 2, text.as_bytes());
        net.run(Duration::from_millis(20));
        let called = net.take(1, |e| matches!(e, Event::Incoming(_))).is_some();
        assert_eq!(called, taken, "{accept:?}");
        if !taken {
            let refusal = net.last("SIP/2.0 406");
            assert_eq!(header(refusal, "Accept"), Some("application/sdp"));
        }
    }
}

pub fn invite(id: &str, sdp: &str) -> String {
    let kind = if sdp.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "INVITE sip:12345@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK{id};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:13912345678@10.0.0.1>;tag={id}\r\nTo: <sip:12345@10.0.0.2>\r\n\
         Call-ID: {id}\r\nCSeq: 1 INVITE\r\nContact: <sip:caller@10.0.0.1:5060>\r\n{kind}Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

pub fn ack(id: &str, to: &str, sdp: &str) -> String {
    let kind = if sdp.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "ACK sip:12345@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK{id}ack;rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:13912345678@10.0.0.1>;tag={id}\r\nTo: {to}\r\n\
         Call-ID: {id}\r\nCSeq: 1 ACK\r\n{kind}Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}
