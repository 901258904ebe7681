//! Keys as telephone-events of any shape and order, and any audio or tones to the tone detector.
#![no_main]

use std::f64::consts::TAU;
use std::net::SocketAddr;
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use telephony::LegId;
use telephony::media::{Codec, MediaCommand, MediaEvent, Stream};
use telephony::rtp::{Engine, FRAME, FRAME_TIME, NtpClock, PacketKind, Settings};

const LEG: LegId = LegId(1);
const AUDIO: u8 = 8;
const EVENT: u8 = 101;

struct Line {
    engine: Engine,
    remote: SocketAddr,
    now: Instant,
    sequence: u16,
    timestamp: u32,
}

impl Line {
    fn new(events: bool) -> Self {
        let now = Instant::now();
        let mut engine = Engine::new(Settings::default(), 1, NtpClock { at: now, ntp: 0 });
        let remote = SocketAddr::from(([192, 0, 2, 1], 30000));
        engine.handle_command(
            now,
            MediaCommand::Open {
                leg: LEG,
                port: 20000,
            },
        );
        let dtmf = events.then_some(EVENT);
        let stream = Stream {
            remote,
            codec: Codec::Alaw,
            dtmf,
            send: true,
            receive: true,
        };
        engine.handle_command(now, MediaCommand::Negotiate { leg: LEG, stream });
        engine.handle_command(
            now,
            MediaCommand::DetectTones {
                leg: LEG,
                on: !events,
            },
        );
        Self {
            engine,
            remote,
            now,
            sequence: 0,
            timestamp: 0,
        }
    }

    /// How many keys the packet made.
    fn packet(&mut self, marker_and_type: u8, payload: &[u8]) -> usize {
        let mut packet = vec![0x80, marker_and_type];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.timestamp.to_be_bytes());
        packet.extend([0, 0, 0, 9]);
        packet.extend(payload);
        self.engine
            .handle_packet(self.now, LEG, PacketKind::Rtp, self.remote, &packet);
        self.now += FRAME_TIME;
        self.engine.tick(self.now);
        self.engine.clear_transmits();
        let events = self.engine.drain_events();
        events
            .filter(|event| matches!(event, MediaEvent::Digit { .. }))
            .count()
    }

    fn audio(&mut self, payload: &[u8]) -> usize {
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        self.packet(AUDIO, payload)
    }
}

/// Two bytes move sequence number, timestamp and marker; four are the event.
fn events(data: &[u8]) {
    let mut line = Line::new(true);
    for chunk in data.chunks(6) {
        let step = chunk[0] as i8;
        let jump = chunk.get(1).copied().unwrap_or(0);
        line.sequence = line.sequence.wrapping_add_signed(i16::from(step));
        line.timestamp = line.timestamp.wrapping_add(u32::from(jump >> 1) * FRAME as u32);
        let digits = line.packet(EVENT | jump << 7, chunk.get(2..).unwrap_or(&[]));
        assert!(digits <= 1, "no packet makes two keys");
    }
}

/// Four bytes a frame: two pitches, how loud, and how many frames.
fn tones(data: &[u8]) {
    let mut line = Line::new(false);
    let (mut digits, mut frames, mut at) = (0, 0, 0_u32);
    // More than three seconds of sound only make the run slow.
    for chunk in data.chunks_exact(4).take(20) {
        let (low, high) = (f64::from(chunk[0]) * 8.0, f64::from(chunk[1]) * 8.0);
        let loud = f64::from(chunk[2]) * 60.0;
        for _ in 0..=chunk[3] % 8 {
            let sound = |n: u32| {
                let time = f64::from(n) / 8000.0;
                let wave = (TAU * low * time).sin() + (TAU * high * time).sin();
                Codec::Alaw.encode((loud * wave) as i16)
            };
            let payload: Vec<u8> = (at..at + FRAME as u32).map(sound).collect();
            digits += line.audio(&payload);
            frames += 1;
            at += FRAME as u32;
        }
    }
    // A key lasts 40 ms at least.
    assert!(digits <= frames / 2 + 1, "{digits} keys in {frames} frames");
}

fn noise(data: &[u8]) {
    let mut line = Line::new(false);
    let digits: usize = data.chunks(FRAME).map(|chunk| line.audio(chunk)).sum();
    assert!(
        digits <= data.len() / (2 * FRAME) + 1,
        "a key lasts 40 ms at least"
    );
}

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((mode, data)) if mode % 3 == 0 => events(data),
        Some((mode, data)) if mode % 3 == 1 => tones(data),
        Some((_, data)) => noise(data),
        None => {}
    }
});
