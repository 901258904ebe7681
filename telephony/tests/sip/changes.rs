//! What changes a call in progress: re-INVITE, glare, UPDATE.

use std::time::Duration;

use bytes::Bytes;
use telephony::sip::{Cause, Event};

use crate::calls::{ack, invite};
use crate::net::{ANSWER, HOLD, Net, OFFER, at, header};

fn reanswer(event: Event) -> Result<Bytes, u16> {
    match event {
        Event::Reanswer { result, .. } => result,
        other => panic!("{other:?}"),
    }
}

#[test]
fn hold_is_offered_answered_and_acknowledged() {
    let mut net = Net::pair(1);
    let (a, b) = net.established();
    net.tell(0, |agent, now| agent.reoffer(now, a, Bytes::from_static(HOLD)));
    match net.wait(1, |e| matches!(e, Event::Reoffer { .. })) {
        Event::Reoffer { leg, sdp } => assert_eq!((leg, sdp.as_deref()), (b, Some(HOLD))),
        other => panic!("{other:?}"),
    }
    net.tell(1, |agent, now| {
        agent.answer_reoffer(now, b, Ok(Bytes::from_static(ANSWER)))
    });
    let answer = net.wait(0, |e| matches!(e, Event::Reanswer { .. }));
    assert_eq!(reanswer(answer).unwrap(), ANSWER);
    net.wait(1, |e| matches!(e, Event::Confirmed { .. }));
    net.tell(0, |agent, now| agent.hangup(now, a, Cause::Normal));
    assert_eq!(net.ended(1).1, Cause::Normal);
    net.settle();
}

#[test]
fn refused_change_leaves_the_call_as_it_was() {
    let mut net = Net::pair(2);
    let (a, b) = net.established();
    net.tell(0, |agent, now| agent.reoffer(now, a, Bytes::from_static(HOLD)));
    net.wait(1, |e| matches!(e, Event::Reoffer { .. }));
    net.tell(1, |agent, now| agent.answer_reoffer(now, b, Err(488)));
    let answer = net.wait(0, |e| matches!(e, Event::Reanswer { .. }));
    assert_eq!(reanswer(answer), Err(488));
    net.tell(1, |agent, now| agent.hangup(now, b, Cause::Normal));
    assert_eq!(net.ended(0).1, Cause::Normal);
    net.settle();
}

#[test]
fn both_offer_at_once_and_both_get_their_turn() {
    for seed in 0..10 {
        let mut net = Net::pair(seed);
        net.loss = if seed % 2 == 0 { 0.0 } else { 0.2 };
        let (a, b) = net.established();
        net.tell(0, |agent, now| agent.reoffer(now, a, Bytes::from_static(HOLD)));
        net.tell(1, |agent, now| agent.reoffer(now, b, Bytes::from_static(OFFER)));
        let mut settled = [false, false];
        while settled != [true, true] {
            assert!(net.elapsed() < Duration::from_secs(120), "{}", net.log());
            for (node, leg) in [(0, a), (1, b)] {
                if net.take(node, |e| matches!(e, Event::Reoffer { .. })).is_some() {
                    net.tell(node, |agent, now| {
                        agent.answer_reoffer(now, leg, Ok(Bytes::from_static(ANSWER)))
                    });
                }
                if let Some(answer) = net.take(node, |e| matches!(e, Event::Reanswer { .. })) {
                    assert_eq!(reanswer(answer).unwrap(), ANSWER);
                    settled[node] = true;
                }
            }
            net.run(Duration::from_millis(20));
        }
        if net.loss == 0.0 {
            assert_eq!(net.count("SIP/2.0 491"), 2);
        }
        net.tell(0, |agent, now| agent.hangup(now, a, Cause::Normal));
        assert_eq!(net.ended(1).1, Cause::Normal);
        net.settle();
    }
}

#[test]
fn second_offer_waits_for_the_first() {
    let mut net = Net::pair(4);
    let (a, b) = net.established();
    net.tell(0, |agent, now| agent.reoffer(now, a, Bytes::from_static(HOLD)));
    net.tell(0, |agent, now| agent.reoffer(now, a, Bytes::from_static(OFFER)));
    for expected in [HOLD, OFFER] {
        match net.wait(1, |e| matches!(e, Event::Reoffer { .. })) {
            Event::Reoffer { sdp, .. } => assert_eq!(sdp.as_deref(), Some(expected)),
            other => panic!("{other:?}"),
        }
        net.tell(1, |agent, now| {
            agent.answer_reoffer(now, b, Ok(Bytes::from_static(ANSWER)))
        });
        net.wait(0, |e| matches!(e, Event::Reanswer { .. }));
    }
}

/// A confirmed call that the test's own hand plays the caller of; returns To with our tag.
fn by_hand(net: &mut Net) -> (telephony::LegId, String) {
    net.send(
        at(1),
        2,
        invite("hand", std::str::from_utf8(OFFER).unwrap()).as_bytes(),
    );
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.answer(now, b, Bytes::from_static(ANSWER)));
    net.run(Duration::from_millis(20));
    let to = header(net.last("SIP/2.0 200"), "To").unwrap().to_owned();
    net.send(at(1), 2, ack("hand", &to, "").as_bytes());
    net.wait(1, |e| matches!(e, Event::Confirmed { .. }));
    (b, to)
}

fn inside(method: &str, to: &str, cseq: u32, more: &str, sdp: &str) -> String {
    invite("hand", sdp)
        .replace("INVITE", method)
        .replace("CSeq: 1 ", &format!("CSeq: {cseq} "))
        .replace("z9hG4bKhand", &format!("z9hG4bKhand{cseq}{method}"))
        .replace("To: <sip:12345@10.0.0.2>", &format!("To: {to}"))
        .replace("Max-Forwards", &format!("{more}Max-Forwards"))
}

fn hand() -> Net {
    let mut net = Net::new(7);
    net.add(9, Vec::new(), Vec::new());
    net.add(2, vec![crate::net::trunk("near", crate::net::udp(1))], Vec::new());
    net
}

#[test]
fn update_with_an_offer_is_answered_in_its_response() {
    let mut net = hand();
    let (b, to) = by_hand(&mut net);
    net.send(
        at(1),
        2,
        inside("UPDATE", &to, 2, "", std::str::from_utf8(HOLD).unwrap()).as_bytes(),
    );
    match net.wait(1, |e| matches!(e, Event::Reoffer { .. })) {
        Event::Reoffer { leg, sdp } => assert_eq!((leg, sdp.as_deref()), (b, Some(HOLD))),
        other => panic!("{other:?}"),
    }
    net.tell(1, |agent, now| {
        agent.answer_reoffer(now, b, Ok(Bytes::from_static(ANSWER)))
    });
    let ok = net.last("SIP/2.0 200");
    assert_eq!(header(ok, "CSeq"), Some("2 UPDATE"));
    assert!(ok.ends_with(std::str::from_utf8(ANSWER).unwrap()));
}

#[test]
fn update_before_the_answer_is_refused_while_the_first_offer_is_open() {
    let mut net = hand();
    net.send(
        at(1),
        2,
        invite("hand", std::str::from_utf8(OFFER).unwrap()).as_bytes(),
    );
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.ring(now, b));
    net.run(Duration::from_millis(20));
    let to = header(net.last("SIP/2.0 180"), "To").unwrap().to_owned();
    net.send(
        at(1),
        2,
        inside("UPDATE", &to, 2, "", std::str::from_utf8(HOLD).unwrap()).as_bytes(),
    );
    net.run(Duration::from_millis(20));
    let refusal = net.last("SIP/2.0 500");
    assert!(header(refusal, "Retry-After").is_some());
}

#[test]
fn offerless_reinvite_asks_for_our_offer() {
    let mut net = hand();
    let (b, to) = by_hand(&mut net);
    net.send(at(1), 2, inside("INVITE", &to, 2, "", "").as_bytes());
    net.wait(1, |e| matches!(e, Event::Reoffer { sdp: None, .. }));
    net.tell(1, |agent, now| {
        agent.answer_reoffer(now, b, Ok(Bytes::from_static(OFFER)))
    });
    let answer = ack("hand", &to, std::str::from_utf8(ANSWER).unwrap()).replace("CSeq: 1", "CSeq: 2");
    net.send(at(1), 2, answer.as_bytes());
    match net.wait(1, |e| matches!(e, Event::Confirmed { .. })) {
        Event::Confirmed { sdp, .. } => assert_eq!(sdp.as_deref(), Some(ANSWER)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn cancelled_reinvite_leaves_the_call_up() {
    let mut net = hand();
    let (_, to) = by_hand(&mut net);
    let reinvite = inside("INVITE", &to, 2, "", std::str::from_utf8(HOLD).unwrap());
    net.send(at(1), 2, reinvite.as_bytes());
    net.wait(1, |e| matches!(e, Event::Reoffer { .. }));
    let cancel = inside("CANCEL", &to, 2, "", "").replace("z9hG4bKhand2CANCEL", "z9hG4bKhand2INVITE");
    net.send(at(1), 2, cancel.as_bytes());
    net.run(Duration::from_millis(20));
    assert_eq!(header(net.last("SIP/2.0 487"), "CSeq"), Some("2 INVITE"));
    assert_eq!(header(net.last("SIP/2.0 200"), "CSeq"), Some("2 CANCEL"));
    assert!(net.take(1, |e| matches!(e, Event::Ended { .. })).is_none());
}

#[test]
fn old_sequence_numbers_and_unknown_dialogs_are_refused() {
    let mut net = hand();
    let (_, to) = by_hand(&mut net);
    net.send(at(1), 2, inside("OPTIONS", &to, 5, "", "").as_bytes());
    net.send(at(1), 2, inside("INFO", &to, 4, "", "").as_bytes());
    net.send(
        at(1),
        2,
        inside("BYE", "<sip:12345@10.0.0.2>;tag=nobody", 6, "", "").as_bytes(),
    );
    net.run(Duration::from_millis(50));
    let statuses = net.statuses(at(1));
    assert_eq!(statuses[statuses.len() - 3..], [200, 500, 481]);
}

#[test]
fn extension_that_we_do_not_know_is_named_in_the_refusal() {
    let mut net = hand();
    let (b, to) = by_hand(&mut net);
    net.send(
        at(1),
        2,
        inside("INFO", &to, 2, "Require: sec-agree, timer\r\n", "").as_bytes(),
    );
    net.run(Duration::from_millis(20));
    assert_eq!(header(net.last("SIP/2.0 420"), "Unsupported"), Some("sec-agree"));
    // A BYE is taken whatever it requires: to refuse it would only keep a call that nobody is in.
    net.send(
        at(1),
        2,
        inside("BYE", &to, 3, "Require: sec-agree\r\n", "").as_bytes(),
    );
    assert_eq!(net.ended(1), (b, Cause::Normal, 200, true));
}

#[test]
fn call_is_never_sent_elsewhere_by_the_peer() {
    let mut net = hand();
    let (_, to) = by_hand(&mut net);
    net.send(
        at(1),
        2,
        inside("REFER", &to, 2, "Refer-To: <sip:00190012345@10.0.0.66>\r\n", "").as_bytes(),
    );
    net.run(Duration::from_secs(1));
    assert!(header(net.last("SIP/2.0 405"), "Allow").is_some_and(|a| !a.contains("REFER")));
    assert!(net.seen.iter().all(|s| s.to != at(66)));
}
