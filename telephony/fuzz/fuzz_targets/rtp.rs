//! Two bridged and recorded legs that receive anything as RTP and RTCP.
#![no_main]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use telephony::media::{Codec, MediaCommand, Stream};
use telephony::rtp::{Engine, FRAME_TIME, NtpClock, PacketKind, Settings};
use telephony::{CallId, LegId};

fuzz_target!(|data: &[u8]| {
    let mut now = Instant::now();
    let mut engine = Engine::new(Settings::default(), 1, NtpClock { at: now, ntp: 0 });
    let remote = |leg: u64| SocketAddr::from(([192, 0, 2, 1], 30000 + leg as u16 * 2));
    for leg in [1, 2] {
        engine.handle_command(
            now,
            MediaCommand::Open {
                leg: LegId(leg),
                port: 20000 + leg as u16 * 2,
            },
        );
        let stream = Stream {
            remote: remote(leg),
            codec: Codec::Alaw,
            dtmf: Some(101),
            send: true,
            receive: true,
        };
        engine.handle_command(
            now,
            MediaCommand::Negotiate {
                leg: LegId(leg),
                stream,
            },
        );
    }
    engine.handle_command(
        now,
        MediaCommand::Bridge {
            a: LegId(1),
            b: LegId(2),
        },
    );
    engine.handle_command(
        now,
        MediaCommand::Record {
            leg: LegId(1),
            call: CallId(1),
            path: "x.wav".into(),
        },
    );
    // A byte says how long the next packet is, up to a whole frame of audio, and where it goes.
    let mut rest = data;
    while let Some((&head, tail)) = rest.split_first() {
        let length = (usize::from(head >> 2) * 4).min(tail.len());
        let (packet, after) = tail.split_at(length);
        let leg = 1 + u64::from(head & 1);
        let kind = if head & 2 == 0 {
            PacketKind::Rtp
        } else {
            PacketKind::Rtcp
        };
        engine.handle_packet(now, LegId(leg), kind, remote(leg), packet);
        now += FRAME_TIME;
        engine.tick(now);
        engine.clear_transmits();
        engine.drain_events();
        engine.drain_jobs();
        rest = after;
    }
    engine.close_all(now + Duration::from_secs(1));
});
