//! telephone-event payloads of any shape and order, and any audio to the tone detector.
#![no_main]

use std::net::SocketAddr;
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use telephony::LegId;
use telephony::media::{Codec, MediaCommand, MediaEvent, Stream};
use telephony::rtp::{Engine, FRAME_TIME, NtpClock, PacketKind, Settings};

fuzz_target!(|data: &[u8]| {
    let Some((&mode, data)) = data.split_first() else { return };
    let mut now = Instant::now();
    let mut engine = Engine::new(Settings::default(), 1, NtpClock { at: now, ntp: 0 });
    let (leg, remote) = (LegId(1), SocketAddr::from(([192, 0, 2, 1], 30000)));
    let events = mode & 1 == 0;
    engine.handle_command(now, MediaCommand::Open { leg, port: 20000 });
    let dtmf = events.then_some(101);
    let stream = Stream { remote, codec: Codec::Alaw, dtmf, send: true, receive: true };
    engine.handle_command(now, MediaCommand::Negotiate { leg, stream });
    engine.handle_command(now, MediaCommand::DetectTones { leg, on: !events });
    let size = if events { 6 } else { 160 };
    let mut digits = 0;
    let chunks: Vec<&[u8]> = data.chunks(size).collect();
    for (n, chunk) in chunks.iter().enumerate() {
        let step = if events { u16::from(chunk[0] >> 4) } else { 1 };
        let sequence = (n as u16).wrapping_mul(step.max(1)).to_be_bytes();
        let timestamp = (n as u32 * 160).to_be_bytes();
        let mut packet = vec![0x80, if events { 101 } else { 8 }];
        packet.extend(sequence);
        packet.extend(timestamp);
        packet.extend([0, 0, 0, 9]);
        packet.extend(*chunk);
        engine.handle_packet(now, leg, PacketKind::Rtp, remote, &packet);
        now += FRAME_TIME;
        engine.tick(now);
        engine.clear_transmits();
        digits += engine.drain_events().filter(|e| matches!(e, MediaEvent::Digit { .. })).count();
    }
    assert!(digits <= chunks.len(), "no packet makes two digits");
});
