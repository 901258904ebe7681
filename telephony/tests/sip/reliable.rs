//! Reliable provisional responses.

use std::time::Duration;

use bytes::Bytes;
use telephony::sip::{Cause, Event};

use crate::calls::invite;
use crate::net::{ANSWER, HOLD, Net, OFFER, at, header, to_number, trunk, udp};

fn required(sdp: &[u8]) -> String {
    invite("rel", std::str::from_utf8(sdp).unwrap())
        .replace("Max-Forwards", "Require: 100rel\r\nMax-Forwards")
}

fn prack(response: &str, rack: &str, cseq: u32) -> String {
    format!(
        "PRACK sip:12345@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKprack{cseq};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:13912345678@10.0.0.1>;tag=rel\r\nTo: {}\r\nCall-ID: rel\r\n\
         CSeq: {cseq} PRACK\r\nRAck: {rack}\r\nContent-Length: 0\r\n\r\n",
        header(response, "To").unwrap()
    )
}

/// 1 is the agent at 10.0.0.2, called by hand from 10.0.0.1.
fn hand() -> Net {
    let mut net = Net::new(5);
    net.add(9, Vec::new(), Vec::new());
    net.add(2, vec![trunk("near", udp(1))], Vec::new());
    net
}

#[test]
fn early_media_is_sent_reliably_where_the_peer_requires_it() {
    let mut net = hand();
    net.send(at(1), 2, required(OFFER).as_bytes());
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.progress(now, b, Bytes::from_static(ANSWER)));
    net.run(Duration::from_secs(4));
    assert_eq!(
        net.count("SIP/2.0 183"),
        4,
        "sent at 0, 0.5, 1.5 and 3.5 s until its PRACK comes"
    );
    // RFC 3262 section 3: the answer waits for the PRACK.
    net.tell(1, |agent, now| agent.answer(now, b, Bytes::from_static(ANSWER)));
    assert_eq!(net.count("SIP/2.0 200"), 0);
    let early = net.last("SIP/2.0 183").to_owned();
    assert_eq!(header(&early, "Require"), Some("100rel"));
    let rseq = header(&early, "RSeq").unwrap();
    net.send(at(1), 2, prack(&early, "99 1 INVITE", 2).as_bytes());
    net.send(at(1), 2, prack(&early, &format!("{rseq} 1 INVITE"), 3).as_bytes());
    net.run(Duration::from_millis(20));
    assert_eq!(net.count("SIP/2.0 481"), 1, "a PRACK of nothing");
    let ok = net.last("SIP/2.0 200");
    assert_eq!(header(ok, "CSeq"), Some("1 INVITE"));
    assert_eq!(
        header(ok, "Content-Length"),
        Some("0"),
        "the 183 carried the answer"
    );
}

#[test]
fn unacknowledged_reliable_response_ends_the_call() {
    let mut net = hand();
    net.send(at(1), 2, required(OFFER).as_bytes());
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.progress(now, b, Bytes::from_static(ANSWER)));
    assert_eq!(net.ended(1), (b, Cause::Unreachable, 504, false));
}

#[test]
fn peer_that_only_supports_it_gets_plain_provisional_responses() {
    let mut net = Net::pair(1);
    net.dial(0, "12345");
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.progress(now, b, Bytes::from_static(ANSWER)));
    net.wait(0, |e| {
        matches!(
            e,
            Event::Progress {
                status: 183,
                sdp: Some(_),
                ..
            }
        )
    });
    assert_eq!(header(net.last("SIP/2.0 183"), "RSeq"), None);
    assert_eq!(net.count("PRACK"), 0);
}

#[test]
fn reliable_early_media_of_a_carrier_is_acknowledged_once() {
    let mut net = Net::new(2);
    net.add(1, vec![trunk("far", udp(2))], Vec::new());
    net.tell(0, |agent, now| agent.dial(now, to_number("13912345678")))
        .unwrap();
    let invite = net.last("INVITE").to_owned();
    let reply = |status: &str, more: &str, sdp: &[u8]| {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            text += &format!("{name}: {}\r\n", header(&invite, name).unwrap());
        }
        text += &format!("To: {};tag=carrier\r\n", header(&invite, "To").unwrap());
        text += &format!(
            "Contact: <sip:gw@10.0.0.2:5070>\r\n{more}Content-Length: {}\r\n\r\n",
            sdp.len()
        );
        text + std::str::from_utf8(sdp).unwrap()
    };
    // Some networks put a tag into the 100 already.
    net.send(at(2), 1, reply("100 Trying", "", b"").as_bytes());
    let early = reply(
        "183 Session Progress",
        "Require: 100rel\r\nRSeq: 7\r\nContent-Type: application/sdp\r\n",
        ANSWER,
    );
    net.send(at(2), 1, early.as_bytes());
    net.send(at(2), 1, early.as_bytes());
    net.run(Duration::from_millis(100));
    let prack = net.last("PRACK sip:gw@10.0.0.2:5070 SIP/2.0");
    assert_eq!(header(prack, "RAck"), Some("7 1 INVITE"));
    assert!(
        net.take(0, |e| matches!(e, Event::Progress { sdp: Some(_), .. }))
            .is_some()
    );
    assert!(
        net.take(0, |e| matches!(e, Event::Progress { .. })).is_none(),
        "the repetition is dropped"
    );
    assert_eq!(net.count("PRACK"), 1);
    net.send(at(2), 1, reply("200 OK", "", b"").as_bytes());
    assert!(matches!(
        net.wait(0, |e| matches!(e, Event::Answered { .. })),
        Event::Answered { sdp: None, .. }
    ));
    assert_eq!(header(net.last("ACK"), "CSeq"), Some("1 ACK"));
}

#[test]
fn offer_before_the_answer_is_taken_once_the_first_is_settled() {
    let mut net = hand();
    net.send(at(1), 2, required(OFFER).as_bytes());
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.progress(now, b, Bytes::from_static(ANSWER)));
    net.run(Duration::from_millis(20));
    let early = net.last("SIP/2.0 183").to_owned();
    let rseq = header(&early, "RSeq").unwrap();
    net.send(at(1), 2, prack(&early, &format!("{rseq} 1 INVITE"), 2).as_bytes());
    let update = invite("rel", std::str::from_utf8(HOLD).unwrap())
        .replace("INVITE", "UPDATE")
        .replace("z9hG4bKrel", "z9hG4bKupdate")
        .replace("CSeq: 1 ", "CSeq: 3 ")
        .replace(
            "To: <sip:12345@10.0.0.2>",
            &format!("To: {}", header(&early, "To").unwrap()),
        );
    net.send(at(1), 2, update.as_bytes());
    match net.wait(1, |e| matches!(e, Event::Reoffer { .. })) {
        Event::Reoffer { leg, sdp } => assert_eq!((leg, sdp.as_deref()), (b, Some(HOLD))),
        other => panic!("{other:?}"),
    }
    net.tell(1, |agent, now| {
        agent.answer_reoffer(now, b, Ok(Bytes::from_static(ANSWER)))
    });
    assert_eq!(header(net.last("SIP/2.0 200"), "CSeq"), Some("3 UPDATE"));
    net.tell(1, |agent, now| agent.answer(now, b, Bytes::from_static(ANSWER)));
    assert_eq!(header(net.last("SIP/2.0 200"), "CSeq"), Some("1 INVITE"));
}

#[test]
fn carrier_may_change_early_media_by_update() {
    let mut net = Net::new(6);
    net.add(1, vec![trunk("far", udp(2))], Vec::new());
    let leg = net
        .tell(0, |agent, now| agent.dial(now, to_number("13912345678")))
        .unwrap();
    let ours = net.last("INVITE").to_owned();
    let field = |name: &str| header(&ours, name).unwrap().to_owned();
    let sdp = std::str::from_utf8(ANSWER).unwrap();
    let early = format!(
        "SIP/2.0 183 Early\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=c\r\nCall-ID: {}\r\nCSeq: 1 INVITE\r\n\
         Require: 100rel\r\nRSeq: 1\r\nContact: <sip:gw@10.0.0.2>\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{sdp}",
        field("Via"),
        field("From"),
        field("To"),
        field("Call-ID"),
        sdp.len()
    );
    let update = format!(
        "UPDATE sip:12345@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKup\r\nMax-Forwards: 70\r\n\
         From: {};tag=c\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 UPDATE\r\nContact: <sip:gw@10.0.0.2>\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        field("To"),
        field("From"),
        field("Call-ID"),
        sdp.len()
    );
    net.send(at(2), 1, early.as_bytes());
    net.send(at(2), 1, update.as_bytes());
    net.wait(0, |e| matches!(e, Event::Progress { status: 183, .. }));
    net.wait(0, |e| matches!(e, Event::Reoffer { .. }));
    net.tell(0, |agent, now| {
        agent.answer_reoffer(now, leg, Ok(Bytes::from_static(OFFER)))
    });
    let ok = net.last("SIP/2.0 200");
    assert_eq!(header(ok, "CSeq"), Some("1 UPDATE"));
    assert!(ok.ends_with(std::str::from_utf8(OFFER).unwrap()));
}
