//! Session timers.

use std::time::Duration;

use bytes::Bytes;
use telephony::sip::{Cause, Event};

use crate::calls::{ack, invite};
use crate::net::{ANSWER, Net, OFFER, at, header, trunk, udp};

#[test]
fn session_is_refreshed_for_hours() {
    let mut net = Net::pair(1);
    let (a, _) = net.established();
    net.run(Duration::from_secs(3 * 3600));
    let refreshes = net.count("UPDATE");
    assert!((10..=13).contains(&refreshes), "every 15 minutes: {refreshes}");
    assert!(net.take(0, |e| matches!(e, Event::Ended { .. })).is_none());
    net.tell(0, |agent, now| agent.hangup(now, a, Cause::Normal));
    assert_eq!(net.ended(1).1, Cause::Normal);
    net.settle();
}

#[test]
fn peer_that_vanished_is_found_out_by_both_roles() {
    let mut net = Net::pair(2);
    net.established();
    net.drop_if = Some(|_| true);
    net.run(Duration::from_secs(1800));
    assert_eq!(net.ended(0).1, Cause::Unreachable);
    assert_eq!(net.ended(1).1, Cause::Unreachable);
    net.settle();
}

fn hand() -> Net {
    let mut net = Net::new(3);
    net.add(9, Vec::new(), Vec::new());
    net.add(2, vec![trunk("near", udp(1))], Vec::new());
    net
}

fn asking(interval: &str) -> String {
    let more = format!("Supported: timer\r\nSession-Expires: {interval}\r\nMax-Forwards");
    invite("timed", std::str::from_utf8(OFFER).unwrap()).replace("Max-Forwards", &more)
}

#[test]
fn interval_below_the_minimum_is_refused_with_ours() {
    let mut net = hand();
    net.send(at(1), 2, asking("30").as_bytes());
    net.run(Duration::from_millis(20));
    assert_eq!(header(net.last("SIP/2.0 422"), "Min-SE"), Some("90"));
    assert!(net.take(1, |e| matches!(e, Event::Incoming(_))).is_none());
}

#[test]
fn refresher_that_stays_silent_loses_the_call() {
    let mut net = hand();
    net.send(at(1), 2, asking("100;refresher=uac").as_bytes());
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.answer(now, b, Bytes::from_static(ANSWER)));
    net.run(Duration::from_millis(20));
    let ok = net.last("SIP/2.0 200").to_owned();
    assert_eq!(header(&ok, "Session-Expires"), Some("100;refresher=uac"));
    assert_eq!(header(&ok, "Require"), Some("timer"));
    net.send(at(1), 2, ack("timed", header(&ok, "To").unwrap(), "").as_bytes());
    assert_eq!(net.ended(1), (b, Cause::Unreachable, 408, false));
    assert!((60..100).contains(&net.elapsed().as_secs()));
    assert!(header(net.last("BYE"), "Reason").is_some());
}

#[test]
fn peer_without_update_is_refreshed_by_reinvite_and_control_hears_nothing() {
    let mut net = hand();
    net.send(at(1), 2, asking("200;refresher=uas").as_bytes());
    let b = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.answer(now, b, Bytes::from_static(ANSWER)));
    net.run(Duration::from_millis(20));
    let to = header(net.last("SIP/2.0 200"), "To").unwrap().to_owned();
    net.send(at(1), 2, ack("timed", &to, "").as_bytes());
    net.run(Duration::from_secs(101));
    let refresh = net.last("INVITE sip:caller@").to_owned();
    assert_eq!(header(&refresh, "Session-Expires"), Some("200;refresher=uac"));
    assert!(
        refresh.ends_with(std::str::from_utf8(ANSWER).unwrap()),
        "what we said last, unchanged"
    );
    let mut ok = "SIP/2.0 200 OK\r\n".to_owned();
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        ok += &format!("{name}: {}\r\n", header(&refresh, name).unwrap());
    }
    ok += "Contact: <sip:caller@10.0.0.1:5060>\r\nContent-Type: application/sdp\r\nSession-Expires: 200;refresher=uac\r\n";
    let sdp = std::str::from_utf8(OFFER).unwrap();
    net.send(
        at(1),
        2,
        format!("{ok}Content-Length: {}\r\n\r\n{sdp}", sdp.len()).as_bytes(),
    );
    net.run(Duration::from_secs(2));
    assert_eq!(net.count("ACK sip:caller@"), 1);
    assert!(
        net.take(1, |e| matches!(e, Event::Reanswer { .. } | Event::Ended { .. }))
            .is_none()
    );
}
