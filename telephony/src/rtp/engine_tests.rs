use super::*;
use crate::CallId;
use crate::media::{Codec, DigitSource, PlaybackId, PromptName, Stream};
use crate::rtp::FRAME;
use crate::testing::any_instant;
use std::collections::HashMap;
use std::sync::Arc;

#[path = "engine_tests/lasting.rs"]
mod lasting;
#[path = "engine_tests/taken.rs"]
mod taken;

const A: LegId = LegId(1);
const B: LegId = LegId(2);
const TICK: Duration = Duration::from_millis(20);

/// An engine on a virtual clock, and what its peers have heard.
struct Bench {
    engine: Engine,
    now: Instant,
    heard: Vec<(LegId, PacketKind, SocketAddr, Vec<u8>)>,
    events: Vec<MediaEvent>,
    jobs: Vec<Job>,
}

fn address(leg: LegId) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, leg.0 as u8], 4_000))
}

fn stream(leg: LegId, codec: Codec, dtmf: Option<u8>) -> Stream {
    Stream {
        remote: address(leg),
        codec,
        dtmf,
        send: true,
        receive: true,
    }
}

impl Bench {
    fn new() -> Self {
        let now = any_instant();
        let engine = Engine::new(
            Settings::default(),
            7,
            NtpClock {
                at: now,
                ntp: 0xE000_0000_0000_0000,
            },
        );
        Self {
            engine,
            now,
            heard: Vec::new(),
            events: Vec::new(),
            jobs: Vec::new(),
        }
    }

    fn with_legs(a: Stream, b: Stream) -> Self {
        let mut bench = Self::new();
        for (leg, stream) in [(A, a), (B, b)] {
            bench.command(MediaCommand::Open { leg, port: 0 });
            bench.command(MediaCommand::Negotiate { leg, stream });
        }
        bench
    }

    fn alaw() -> Self {
        Self::with_legs(
            stream(A, Codec::Alaw, Some(101)),
            stream(B, Codec::Alaw, Some(101)),
        )
    }

    fn command(&mut self, command: MediaCommand) {
        self.engine.handle_command(self.now, command);
        self.collect();
    }

    fn receive(&mut self, leg: LegId, packet: &[u8]) {
        self.receive_from(leg, address(leg), packet);
    }

    fn receive_from(&mut self, leg: LegId, from: SocketAddr, packet: &[u8]) {
        self.engine
            .handle_packet(self.now, leg, PacketKind::Rtp, from, packet);
        self.collect();
    }

    fn tick(&mut self, times: usize) {
        for _ in 0..times {
            self.now += TICK;
            self.engine.tick(self.now);
            self.collect();
        }
    }

    fn collect(&mut self) {
        self.heard.extend(
            self.engine
                .transmits()
                .map(|t| (t.leg, t.kind, t.to, t.bytes.to_vec())),
        );
        self.engine.clear_transmits();
        self.events.extend(self.engine.drain_events());
        self.jobs.extend(self.engine.drain_jobs());
    }

    fn rtp_to(&self, leg: LegId) -> Vec<Heard> {
        let packets = self
            .heard
            .iter()
            .filter(|(to, kind, ..)| *to == leg && *kind == PacketKind::Rtp);
        packets.map(|(_, _, _, bytes)| Heard::new(bytes)).collect()
    }

    fn digits(&self) -> Vec<(LegId, char, DigitSource)> {
        let digit = |event: &MediaEvent| match event {
            MediaEvent::Digit { leg, digit, source } => Some((*leg, *digit, *source)),
            _ => None,
        };
        self.events.iter().filter_map(digit).collect()
    }
}

#[derive(Debug, PartialEq)]
struct Heard {
    marker: bool,
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    payload: Vec<u8>,
}

impl Heard {
    fn new(bytes: &[u8]) -> Self {
        let p = Packet::parse(bytes).unwrap();
        Self {
            marker: p.marker,
            payload_type: p.payload_type,
            sequence: p.sequence,
            timestamp: p.timestamp,
            ssrc: p.ssrc,
            payload: p.payload.to_vec(),
        }
    }
}

fn rtp(payload_type: u8, n: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80, payload_type];
    bytes.extend((1_000 + n).to_be_bytes());
    bytes.extend((u32::from(n) * 160).to_be_bytes());
    bytes.extend(0xAABB_CCDDu32.to_be_bytes());
    bytes.extend(payload);
    bytes
}

fn prompts(list: &[(&str, usize)]) -> Prompts {
    let pcm: HashMap<PromptName, Arc<[i16]>> = list
        .iter()
        .map(|(name, length)| (PromptName::from(*name), vec![3_000; *length].into()))
        .collect();
    Prompts::encode(&pcm)
}

fn play(leg: LegId, id: u64, name: &str, looped: bool) -> MediaCommand {
    MediaCommand::Play {
        leg,
        playback: PlaybackId(id),
        prompts: vec![name.into()],
        looped,
    }
}

#[test]
fn a_bridged_packet_leaves_at_once_with_our_numbers_and_its_payload() {
    let mut bench = Bench::alaw();
    bench.command(MediaCommand::Bridge { a: A, b: B });
    for n in 0..3 {
        bench.receive(A, &rtp(8, n, &[n as u8; 160]));
    }
    let heard = bench.rtp_to(B);
    assert_eq!(heard.len(), 3);
    assert_ne!(heard[0].ssrc, 0xAABB_CCDD);
    assert_eq!(
        heard.iter().map(|h| h.marker).collect::<Vec<_>>(),
        [true, false, false]
    );
    assert_eq!(heard[2].payload, vec![2; 160]);
    assert_eq!(heard[2].timestamp.wrapping_sub(heard[0].timestamp), 320);
    assert_eq!(heard[2].sequence.wrapping_sub(heard[0].sequence), 2);
    assert!(bench.rtp_to(A).is_empty());
}

#[test]
fn codes_and_event_numbers_are_translated_between_unlike_legs() {
    let mut bench = Bench::with_legs(
        stream(A, Codec::Alaw, Some(101)),
        stream(B, Codec::Mulaw, Some(96)),
    );
    bench.command(MediaCommand::Bridge { a: A, b: B });
    let loud = Codec::Alaw.encode(10_000);
    bench.receive(A, &rtp(8, 0, &[loud; 160]));
    bench.receive(A, &rtp(101, 1, &[5, 10, 0, 160]));
    let heard = bench.rtp_to(B);
    assert_eq!((heard[0].payload_type, heard[1].payload_type), (0, 96));
    let value = Codec::Mulaw.linear()[usize::from(heard[0].payload[0])];
    assert!((i32::from(value) - 10_000).abs() < 400, "{value}");
    assert_eq!(heard[1].payload, [5, 10, 0, 160]);
    assert_eq!(bench.digits(), [(A, '5', DigitSource::Event)]);
}

#[test]
fn a_prompt_is_played_to_its_end_and_says_so() {
    let mut bench = Bench::alaw();
    bench.engine.set_prompts(prompts(&[("greeting", 160 * 10)]));
    bench.command(play(A, 5, "greeting", false));
    bench.tick(10);
    assert!(bench.events.is_empty());
    bench.tick(1);
    assert!(matches!(
        bench.events[..],
        [MediaEvent::Played {
            leg: A,
            playback: PlaybackId(5)
        }]
    ));
    let heard = bench.rtp_to(A);
    assert_eq!(
        heard.len(),
        11,
        "silence follows: the peer is never left without packets"
    );
    assert!(
        heard[..10]
            .iter()
            .all(|h| h.payload[0] == Codec::Alaw.encode(3_000))
    );
    for pair in heard.windows(2) {
        assert_eq!(pair[1].sequence.wrapping_sub(pair[0].sequence), 1);
        assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), 160);
        assert!(!pair[1].marker);
    }
    assert!(heard[0].marker);
}

#[test]
fn a_playback_that_is_replaced_or_stopped_reports_nothing() {
    let mut bench = Bench::alaw();
    bench.engine.set_prompts(prompts(&[("one", 1_600), ("two", 320)]));
    bench.command(play(A, 1, "one", false));
    bench.tick(2);
    bench.command(play(A, 2, "two", false));
    bench.tick(3);
    assert!(matches!(
        bench.events[..],
        [MediaEvent::Played {
            playback: PlaybackId(2),
            ..
        }]
    ));
    bench.command(play(A, 3, "one", true));
    bench.tick(30);
    bench.command(MediaCommand::StopPlaying { leg: A });
    bench.tick(30);
    assert_eq!(bench.events.len(), 1);
}

#[test]
fn a_bridged_leg_that_plays_does_not_hear_its_peer_and_then_does_again() {
    let mut bench = Bench::alaw();
    bench.engine.set_prompts(prompts(&[("notice", 320)]));
    bench.command(MediaCommand::Bridge { a: A, b: B });
    bench.receive(A, &rtp(8, 0, &[1; 160]));
    bench.command(play(B, 1, "notice", false));
    bench.tick(1);
    bench.receive(A, &rtp(8, 1, &[2; 160]));
    bench.tick(2);
    bench.receive(A, &rtp(8, 3, &[4; 160]));
    let heard = bench.rtp_to(B);
    let what: Vec<u8> = heard.iter().map(|h| h.payload[0]).collect();
    let prompt = Codec::Alaw.encode(3_000);
    assert_eq!(what, [1, prompt, prompt, 4]);
    assert_eq!(
        heard.iter().map(|h| h.marker).collect::<Vec<_>>(),
        [true, true, false, true]
    );
    for pair in heard.windows(2) {
        assert_eq!(pair[1].sequence.wrapping_sub(pair[0].sequence), 1);
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!((160..=320).contains(&step), "{step}");
    }
}

#[test]
fn foreign_and_broken_packets_are_counted_and_go_nowhere() {
    let mut bench = Bench::alaw();
    bench.command(MediaCommand::Bridge { a: A, b: B });
    bench.receive_from(A, "203.0.113.1:4000".parse().unwrap(), &rtp(8, 0, &[1; 160]));
    bench.receive(A, &[0x80, 8, 0]);
    bench.receive(A, &rtp(97, 0, &[1; 20]));
    bench.receive(A, &rtp(13, 1, &[60]));
    assert!(bench.rtp_to(B).is_empty());
    let counters = bench.engine.counters();
    assert_eq!(
        (counters.foreign, counters.malformed, counters.unknown_payload),
        (1, 1, 1)
    );
}

#[test]
fn packets_go_where_the_peer_really_sends_from() {
    let mut bench = Bench::alaw();
    let natted: SocketAddr = "192.0.2.1:61000".parse().unwrap();
    bench.receive_from(A, natted, &rtp(8, 0, &[1; 160]));
    bench.tick(1);
    let (_, _, to, _) = bench.heard.iter().find(|(leg, ..)| *leg == A).unwrap();
    assert_eq!(*to, natted);
}

#[test]
fn a_leg_on_hold_is_sent_nothing_and_what_it_sends_is_kept_back() {
    let mut bench = Bench::alaw();
    bench.command(MediaCommand::Bridge { a: A, b: B });
    let held = Stream {
        send: false,
        receive: false,
        ..stream(B, Codec::Alaw, None)
    };
    bench.command(MediaCommand::Negotiate { leg: B, stream: held });
    bench.receive(A, &rtp(8, 0, &[1; 160]));
    bench.receive(B, &rtp(8, 0, &[1; 160]));
    bench.tick(3);
    assert!(bench.rtp_to(B).is_empty() && bench.rtp_to(A).is_empty());
}

#[test]
fn keys_are_sent_as_events_and_as_tones() {
    let mut bench = Bench::with_legs(stream(A, Codec::Alaw, Some(101)), stream(B, Codec::Mulaw, None));
    for leg in [A, B] {
        for digit in ['4', '2'] {
            bench.command(MediaCommand::SendDigit { leg, digit });
        }
    }
    bench.tick(30);
    let mut other = Bench::with_legs(stream(A, Codec::Alaw, Some(101)), stream(B, Codec::Mulaw, None));
    other.command(MediaCommand::DetectTones { leg: B, on: true });
    let packets: Vec<_> = bench
        .heard
        .iter()
        .filter(|(_, kind, ..)| *kind == PacketKind::Rtp)
        .cloned()
        .collect();
    for (leg, _, _, bytes) in packets {
        other.receive(leg, &bytes);
    }
    let digits: Vec<_> = other.digits().into_iter().filter(|(leg, ..)| *leg == A).collect();
    assert_eq!(
        digits,
        [(A, '4', DigitSource::Event), (A, '2', DigitSource::Event)]
    );
    let digits: Vec<_> = other.digits().into_iter().filter(|(leg, ..)| *leg == B).collect();
    assert_eq!(digits, [(B, '4', DigitSource::Tone), (B, '2', DigitSource::Tone)]);
}

#[test]
fn tones_are_not_looked_for_where_events_were_agreed() {
    let mut bench = Bench::alaw();
    bench.command(MediaCommand::DetectTones { leg: A, on: true });
    for n in 0..10u16 {
        let frame: Vec<u8> = (0..160)
            .map(|i| Codec::Alaw.encode(super::super::tones::sample('7', u32::from(n) * 160 + i)))
            .collect();
        bench.receive(A, &rtp(8, n, &frame));
    }
    assert!(bench.digits().is_empty());
}

#[test]
fn silence_is_noticed() {
    let mut bench = Bench::alaw();
    bench.command(MediaCommand::WatchSilence {
        leg: A,
        after: Some(Duration::from_secs(2)),
    });
    bench.tick(99);
    assert!(bench.events.is_empty());
    bench.tick(1);
    assert!(matches!(bench.events[..], [MediaEvent::Quiet { leg: A }]));
}

#[test]
fn commands_for_legs_that_are_gone_do_nothing() {
    let mut bench = Bench::new();
    bench.command(play(A, 1, "greeting", false));
    bench.command(MediaCommand::Bridge { a: A, b: B });
    bench.command(MediaCommand::Unbridge { leg: A });
    bench.command(MediaCommand::StopRecording { leg: A });
    bench.command(MediaCommand::Close { leg: A });
    bench.receive(A, &rtp(8, 0, &[0; 160]));
    bench.tick(1);
    assert!(bench.events.is_empty() && bench.heard.is_empty());
}

#[test]
fn closing_one_leg_frees_the_other() {
    let mut bench = Bench::alaw();
    bench.command(MediaCommand::Bridge { a: A, b: B });
    bench.command(MediaCommand::Close { leg: A });
    bench.tick(2);
    assert_eq!(bench.rtp_to(B).len(), 2, "our own silence again");
}

proptest::proptest! {
    #[test]
    fn no_packet_makes_it_panic(packets in proptest::collection::vec(
        (proptest::prelude::any::<bool>(), proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)), 0..40)) {
        let mut bench = Bench::with_legs(stream(A, Codec::Alaw, None), stream(B, Codec::Mulaw, Some(96)));
        bench.command(MediaCommand::Bridge { a: A, b: B });
        bench.command(MediaCommand::DetectTones { leg: A, on: true });
        bench.command(MediaCommand::Record { leg: A, call: CallId(1), path: "x".into() });
        for (is_rtp, mut bytes) in packets {
            if let Some(first) = bytes.first_mut() { *first = *first & 0x3F | 0x80; }
            if let Some(second) = bytes.get_mut(1) { *second %= 14; }
            let kind = if is_rtp { PacketKind::Rtp } else { PacketKind::Rtcp };
            bench.engine.handle_packet(bench.now, A, kind, address(A), &bytes);
            bench.tick(1);
        }
    }
}
