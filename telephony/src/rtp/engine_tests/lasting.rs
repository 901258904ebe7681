//! How long a leg is believed in, and what the peers report of it.

use super::*;

#[test]
fn media_that_stops_is_reported_once_after_the_time_out() {
    let mut bench = Bench::alaw();
    bench.tick(1_000);
    bench.receive(A, &rtp(8, 0, &[1; 160]));
    bench.tick(499);
    assert!(bench.events.is_empty());
    bench.tick(1);
    assert!(matches!(bench.events[..], [MediaEvent::TimedOut { leg: B }]));
    bench.tick(3_000);
    assert!(matches!(
        bench.events[..],
        [MediaEvent::TimedOut { leg: B }, MediaEvent::TimedOut { leg: A }]
    ));
}

#[test]
fn rtcp_alone_keeps_a_leg_alive_and_a_held_leg_is_given_more_time() {
    let mut bench = Bench::alaw();
    let held = Stream {
        send: false,
        ..stream(B, Codec::Alaw, None)
    };
    bench.command(MediaCommand::Negotiate { leg: B, stream: held });
    let report = [0x80, 201, 0, 1, 0, 0, 0, 9];
    for _ in 0..4 {
        bench.tick(1_000);
        let from = SocketAddr::new(address(A).ip(), 4_001);
        bench
            .engine
            .handle_packet(bench.now, A, PacketKind::Rtcp, from, &report);
    }
    assert!(bench.events.is_empty(), "{:?}", bench.events);
}

#[test]
fn a_peer_that_leaves_while_on_hold_is_given_up_in_the_end() {
    // sendonly, inactive and recvonly of the peer.
    for (send, receive) in [(false, true), (false, false), (true, false)] {
        let mut bench = Bench::with_legs(
            stream(A, Codec::Alaw, None),
            Stream {
                send,
                receive,
                ..stream(B, Codec::Alaw, None)
            },
        );
        let gone = |bench: &Bench| {
            let left = |e: &MediaEvent| matches!(e, MediaEvent::TimedOut { leg: B });
            bench.events.iter().filter(|e| left(e)).count()
        };
        bench.tick(14_999);
        assert_eq!(gone(&bench), 0);
        bench.tick(1);
        assert_eq!(gone(&bench), 1);
        bench.tick(1_000);
        assert_eq!(gone(&bench), 1, "told once");
    }
}

#[test]
fn reports_are_sent_and_the_last_one_says_goodbye() {
    let mut bench = Bench::alaw();
    bench.tick(1_000);
    let reports = bench.heard.iter().filter(|(leg, kind, to, _)| {
        *leg == A && *kind == PacketKind::Rtcp && *to == SocketAddr::new(address(A).ip(), 4_001)
    });
    assert!((3..=6).contains(&reports.count()));
    bench.command(MediaCommand::Close { leg: A });
    let (.., last) = bench.heard.last().unwrap();
    assert_eq!(last[last.len() - 8..][..4], [0x81, 203, 0, 1]);
    let Some(MediaEvent::Closed { leg: A, quality }) = bench.events.last() else {
        panic!()
    };
    assert_eq!(quality.packets_sent, 1_000);
    assert_eq!(bench.engine.legs(), 1);
}
