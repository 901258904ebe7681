//! Two engines that speak with each other over a bad network, on a virtual clock.

use super::*;
use crate::media::{Codec, DigitSource, MediaCommand, MediaEvent, PlaybackId, PromptName, Stream};
use crate::recording::{GAP, Job};
use crate::testing::any_instant;
use crate::{CallId, LegId};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

const LEG: LegId = LegId(1);

/// A datagram under way: to which end, of which kind, from which port, what.
type Flying = (usize, PacketKind, SocketAddr, Vec<u8>);

struct Link {
    ends: [Engine; 2],
    now: Instant,
    rng: SmallRng,
    loss: f64,
    jitter_ms: u64,
    /// By time of arrival; the second number keeps what arrives together apart.
    flying: BTreeMap<(Instant, u64), Flying>,
    count: u64,
    events: [Vec<MediaEvent>; 2],
    jobs: Vec<Job>,
}

fn address(end: usize, kind: PacketKind) -> SocketAddr {
    SocketAddr::from((
        [192, 0, 2, end as u8 + 1],
        if kind == PacketKind::Rtp { 4_000 } else { 4_001 },
    ))
}

impl Link {
    fn new(seed: u64, loss: f64, jitter_ms: u64) -> Self {
        let now = any_instant();
        let clock = NtpClock {
            at: now,
            ntp: 0xE000_0000_0000_0000,
        };
        let ends = [0, 1].map(|end| {
            let mut engine = Engine::new(Settings::default(), seed * 2 + end, clock);
            engine.handle_command(now, MediaCommand::Open { leg: LEG, port: 0 });
            let remote = address(1 - end as usize, PacketKind::Rtp);
            let stream = Stream {
                remote,
                codec: Codec::Alaw,
                dtmf: Some(101),
                send: true,
                receive: true,
            };
            engine.handle_command(now, MediaCommand::Negotiate { leg: LEG, stream });
            engine
        });
        let rng = SmallRng::seed_from_u64(seed);
        let (flying, events) = (BTreeMap::new(), [Vec::new(), Vec::new()]);
        Self {
            ends,
            now,
            rng,
            loss,
            jitter_ms,
            flying,
            count: 0,
            events,
            jobs: Vec::new(),
        }
    }

    fn command(&mut self, end: usize, command: MediaCommand) {
        self.ends[end].handle_command(self.now, command);
    }

    fn run(&mut self, ticks: u32) {
        for _ in 0..ticks {
            let until = self.now + FRAME_TIME;
            while let Some(entry) = self.flying.first_entry().filter(|entry| entry.key().0 <= until) {
                let at = entry.key().0;
                let (end, kind, from, bytes) = entry.remove();
                self.ends[end].handle_packet(at, LEG, kind, from, &bytes);
            }
            self.now = until;
            for end in [0, 1] {
                self.ends[end].tick(self.now);
                self.collect(end);
            }
        }
    }

    fn collect(&mut self, end: usize) {
        for transmit in self.ends[end].transmits() {
            assert_eq!(transmit.to, address(1 - end, transmit.kind));
            if self.rng.random_bool(self.loss) {
                continue;
            }
            let delay = Duration::from_millis(30 + self.rng.random_range(0..=self.jitter_ms));
            let flying = (
                1 - end,
                transmit.kind,
                address(end, transmit.kind),
                transmit.bytes.to_vec(),
            );
            self.flying.insert((self.now + delay, self.count), flying);
            self.count += 1;
        }
        self.ends[end].clear_transmits();
        self.events[end].extend(self.ends[end].drain_events());
        self.jobs.extend(self.ends[end].drain_jobs());
    }
}

#[test]
fn keys_recording_and_reports_survive_a_fifth_of_loss_and_reordering() {
    for seed in 0..10 {
        let mut link = Link::new(seed, 0.2, 60);
        let music: Arc<[i16]> = (0..8_000)
            .map(|n| if n % 2 == 0 { 2_000 } else { -2_000 })
            .collect();
        link.ends[0].set_prompts(Prompts::encode(&HashMap::from([(
            PromptName::from("music"),
            music,
        )])));
        link.command(
            1,
            MediaCommand::Record {
                leg: LEG,
                call: CallId(1),
                path: "x".into(),
            },
        );
        let prompts = vec!["music".into()];
        link.command(
            0,
            MediaCommand::Play {
                leg: LEG,
                playback: PlaybackId(1),
                prompts,
                looped: true,
            },
        );
        link.run(50);
        for digit in "12#455".chars() {
            link.command(0, MediaCommand::SendDigit { leg: LEG, digit });
            link.run(40);
        }
        link.run(1_500 - 50 - 240);
        link.command(1, MediaCommand::Close { leg: LEG });
        link.collect(1);

        let keys: String = link.events[1]
            .iter()
            .filter_map(|event| match event {
                MediaEvent::Digit {
                    digit,
                    source: DigitSource::Event,
                    ..
                } => Some(*digit),
                _ => None,
            })
            .collect();
        assert_eq!(keys, "12#455", "seed {seed}");
        let Some(MediaEvent::Closed { quality, .. }) = link.events[1].last() else {
            panic!()
        };
        let lost = quality.packets_lost as f64 / (quality.packets_lost + quality.packets_received) as f64;
        assert!((0.15..0.25).contains(&lost), "seed {seed}: {quality:?}");
        assert!(
            (0.1..0.3).contains(&quality.remote_loss.unwrap()),
            "seed {seed}: {quality:?}"
        );
        assert!(
            (60.0..=200.0).contains(&quality.round_trip_ms.unwrap()),
            "seed {seed}: {quality:?}"
        );
        assert!(
            (2.0..40.0).contains(&quality.jitter_ms),
            "seed {seed}: {quality:?}"
        );
        assert_recording(&link.jobs, seed);
    }
}

/// As long as the call; and of the music, what was not lost is there.
fn assert_recording(jobs: &[Job], seed: u64) {
    let Some(Job::Finish { samples: length, .. }) = jobs.last() else {
        panic!()
    };
    assert_eq!(*length, 1_500 * FRAME as u64, "seed {seed}");
    let (mut heard, mut all) = (0, 0);
    for job in jobs {
        if let Job::Block { samples, .. } = job {
            heard += samples.iter().step_by(2).filter(|sample| **sample != GAP).count();
            all += samples.len() / 2;
        }
    }
    assert!(
        (0.70..0.85).contains(&(heard as f64 / all as f64)),
        "seed {seed}: {heard} of {all}"
    );
}

#[test]
fn a_clean_link_loses_nothing() {
    let mut link = Link::new(1, 0.0, 0);
    link.run(1_000);
    for end in [0, 1] {
        link.command(end, MediaCommand::Close { leg: LEG });
        link.collect(end);
        let Some(MediaEvent::Closed { quality, .. }) = link.events[end].last() else {
            panic!()
        };
        assert_eq!((quality.packets_lost, quality.remote_loss), (0, Some(0.0)));
        assert!(
            quality.jitter_ms < 1.0 && quality.packets_received >= 998,
            "{quality:?}"
        );
    }
}
