//! SIP over TCP.

use std::time::Duration;

use bytes::Bytes;
use telephony::sip::{Cause, Event, Hop, Output, Transport};

use crate::calls::invite;
use crate::net::{Net, at, header, tcp, trunk, udp};

fn over_tcp(piece: usize) -> Net {
    let mut net = Net::new(1);
    net.piece = piece;
    net.add(1, vec![trunk("far", tcp(2))], Vec::new());
    net.add(2, vec![trunk("near", udp(1))], Vec::new());
    net
}

#[test]
fn stream_that_arrives_byte_by_byte_carries_a_call() {
    for piece in [1, 7, usize::MAX] {
        let mut net = over_tcp(piece);
        let (_, b) = net.established();
        assert!(
            header(net.last("INVITE"), "Contact")
                .unwrap()
                .ends_with(";transport=tcp>")
        );
        net.tell(1, |agent, now| agent.hangup(now, b, Cause::Normal));
        // The BYE takes the connection that the call came on: to the caller's port there, not to its Contact.
        let bye = net.seen.iter().find(|s| s.text.starts_with("BYE")).unwrap();
        assert_eq!(bye.to.port(), 40_000);
        assert_eq!(net.ended(0).1, Cause::Normal);
        net.settle();
    }
}

#[test]
fn call_whose_connection_breaks_before_the_answer_fails() {
    let mut net = over_tcp(usize::MAX);
    net.dial(0, "12345");
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.ring(now, b));
    net.wait(0, |e| matches!(e, Event::Progress { .. }));
    net.close(at(1), at(2));
    assert_eq!(net.ended(0).1, Cause::Unreachable);
}

#[test]
fn established_call_outlives_its_connection() {
    let mut net = over_tcp(usize::MAX);
    let (a, _) = net.established();
    net.close(at(1), at(2));
    assert!(net.take(0, |e| matches!(e, Event::Ended { .. })).is_none());
    net.tell(0, |agent, now| agent.hangup(now, a, Cause::Normal));
    assert_eq!(net.ended(1).1, Cause::Normal);
}

fn outputs(net: &mut Net, bytes: &[u8]) -> Vec<Output> {
    outputs_from(net, 1, bytes)
}

fn outputs_from(net: &mut Net, host: u8, bytes: &[u8]) -> Vec<Output> {
    let hop = Hop {
        transport: Transport::Tcp,
        addr: at(host),
    };
    let now = net.now;
    let mut agent =
        telephony::sip::Agent::new(Net::settings(2, vec![trunk("near", udp(1))], Vec::new()), 1, now);
    agent.handle_bytes(now, hop, None, bytes);
    let next = || Some(agent.poll_output()).filter(|o| !matches!(o, Output::Timeout(_)));
    std::iter::from_fn(next).collect()
}

#[test]
fn ping_is_answered_with_a_pong() {
    let out = outputs(&mut Net::new(2), b"\r\n\r\n");
    assert!(
        matches!(&out[..], [Output::Transmit { bytes, .. }] if bytes == &Bytes::from_static(b"\r\n")),
        "{out:?}"
    );
}

#[test]
fn stream_without_framing_is_answered_and_closed() {
    let text = invite("x", "").replace("Content-Length: 0", "Content-Length: -1");
    let out = outputs(&mut Net::new(3), text.as_bytes());
    assert!(matches!(&out[0], Output::Transmit { bytes, .. } if bytes.starts_with(b"SIP/2.0 400")));
    assert!(matches!(out.last(), Some(Output::Close { .. })));
}

#[test]
fn bad_message_on_a_stream_does_not_spoil_the_next() {
    let bad = invite("x", "").replace("INVITE sip:12345@10.0.0.2 ", "INVITE  <sip:12345@10.0.0.2> ");
    let good = invite("y", "").replace("INVITE", "OPTIONS");
    let out = outputs(&mut Net::new(4), format!("{bad}{good}").as_bytes());
    let statuses: Vec<&[u8]> = out
        .iter()
        .filter_map(|o| match o {
            Output::Transmit { bytes, .. } => bytes.get(8..11),
            _ => None,
        })
        .collect();
    assert_eq!(statuses, [b"400", b"200"]);
}

#[test]
fn connection_of_a_trunk_may_stay_and_that_of_a_stranger_is_not_vouched_for() {
    let mut net = over_tcp(usize::MAX);
    net.established();
    assert_eq!(net.known.len(), 2, "once at each end, however much is said");
    let known = |out: &[Output]| out.iter().any(|o| matches!(o, Output::Known { .. }));
    let text = invite("x", "").replace("INVITE", "OPTIONS");
    let (mut of_trunk, mut of_stranger) = (Net::new(6), Net::new(7));
    assert!(known(&outputs(&mut of_trunk, text.as_bytes())));
    assert!(!known(&outputs_from(&mut of_stranger, 9, text.as_bytes())));
}

#[test]
fn big_invite_over_udp_is_taken() {
    let mut net = Net::pair(5);
    let padding = format!("X-Padding: {}\r\n", "a".repeat(7000)).repeat(4);
    net.send(
        at(1),
        2,
        invite("big", "")
            .replace("Max-Forwards", &format!("{padding}Max-Forwards"))
            .as_bytes(),
    );
    net.run(Duration::from_millis(20));
    net.incoming(1);
}
