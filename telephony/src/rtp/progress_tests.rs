use std::f32::consts::TAU;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::ProgressTone::*;
use super::*;
use crate::media::Codec;

/// What a network plays, as it comes out of G.711.
struct Signal(Vec<f32>);

impl Signal {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn tone(mut self, hertz: f32, ms: usize, level: f32) -> Self {
        let wave = |at: usize| (TAU * hertz * at as f32 / 8_000.0).sin() * level;
        self.0.extend((0..ms * 8).map(wave));
        self
    }

    fn silence(mut self, ms: usize) -> Self {
        self.0.extend(std::iter::repeat_n(0.0, ms * 8));
        self
    }

    /// On and off so often.
    fn cadence(self, hertz: f32, level: f32, times: usize, pattern: &[(usize, usize)]) -> Self {
        let one = |signal: Self| {
            pattern.iter().fold(signal, |signal, (on, off)| {
                signal.tone(hertz, *on, level).silence(*off)
            })
        };
        (0..times).fold(self, |signal, _| one(signal))
    }

    fn heard(&self, noise: f32, codec: Codec) -> Vec<ProgressTone> {
        let mut rng = SmallRng::seed_from_u64(7);
        let mut progress = Progress::default();
        let mut told = Vec::new();
        for frame in self.0.chunks(160) {
            let samples: Vec<i16> = frame
                .iter()
                .map(|s| (s + rng.random_range(-1.0..1.0f32) * noise) as i16)
                .map(|s| codec.linear()[usize::from(codec.encode(s))])
                .collect();
            told.extend(progress.handle_samples(samples.into_iter()));
        }
        told
    }
}

const RINGBACK: [(usize, usize); 1] = [(1_000, 4_000)];
const BUSY: [(usize, usize); 1] = [(350, 350)];
const CONGESTION: [(usize, usize); 1] = [(700, 700)];
const VACANT: [(usize, usize); 4] = [(100, 100), (100, 100), (100, 100), (400, 400)];

#[test]
fn each_tone_is_told_once_at_any_level_phase_and_tolerance() {
    let tones: [(&[(usize, usize)], ProgressTone); 4] = [
        (&RINGBACK, Ringback),
        (&BUSY, Busy),
        (&CONGESTION, Congestion),
        (&VACANT, Unobtainable),
    ];
    for (pattern, tone) in tones {
        for hertz in [430.0, 450.0, 470.0] {
            for (lead, level) in [(0, 400.0), (13, 3_000.0), (57, 12_000.0)] {
                for codec in [Codec::Alaw, Codec::Mulaw] {
                    let signal = Signal::new().silence(lead).cadence(hertz, level, 6, pattern);
                    assert_eq!(
                        signal.heard(20.0, codec),
                        [tone],
                        "{tone:?} {hertz} {lead} {level}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_rhythm_may_be_a_tenth_off() {
    for scale in [90, 110] {
        let scaled = |ms: usize| ms * scale / 100;
        for (pattern, tone) in [(BUSY, Busy), (RINGBACK, Ringback)] {
            let pattern = pattern.map(|(on, off)| (scaled(on), scaled(off)));
            assert_eq!(
                Signal::new()
                    .cadence(450.0, 4_000.0, 6, &pattern)
                    .heard(30.0, Codec::Alaw),
                [tone],
                "{scale}"
            );
        }
    }
}

#[test]
fn the_special_information_tone_is_three_tones_in_their_order() {
    let sit = Signal::new()
        .silence(200)
        .tone(950.0, 330, 4_000.0)
        .tone(1_400.0, 330, 4_000.0)
        .tone(1_800.0, 330, 4_000.0)
        .silence(1_000);
    assert_eq!(sit.heard(20.0, Codec::Alaw), [SpecialInformation]);
    let backwards = Signal::new()
        .tone(1_800.0, 330, 4_000.0)
        .tone(1_400.0, 330, 4_000.0)
        .tone(950.0, 330, 4_000.0)
        .silence(1_000);
    assert_eq!(backwards.heard(20.0, Codec::Alaw), []);
}

#[test]
fn ringing_that_turns_busy_is_told_as_both() {
    let signal = Signal::new()
        .cadence(450.0, 3_000.0, 2, &RINGBACK)
        .cadence(450.0, 3_000.0, 4, &BUSY);
    assert_eq!(signal.heard(20.0, Codec::Alaw), [Ringback, Busy]);
}

#[test]
fn other_rhythms_dial_tone_and_noise_say_nothing() {
    let dial = Signal::new().tone(450.0, 8_000, 4_000.0);
    let waiting = Signal::new().cadence(450.0, 4_000.0, 6, &[(400, 1_500)]);
    let fax = Signal::new().cadence(2_100.0, 4_000.0, 6, &BUSY);
    for signal in [dial, waiting, fax, Signal::new().silence(8_000)] {
        assert_eq!(signal.heard(200.0, Codec::Alaw), []);
    }
}

/// A shipped clip.
macro_rules! clip {
    ($name:literal) => {
        clip(
            $name,
            include_bytes!(concat!("../../../provisioning/prompts/", $name, ".wav")),
        )
    };
}

fn clip(name: &'static str, bytes: &[u8]) -> (&'static str, Vec<f32>) {
    let sample = |pair: &[u8]| f32::from(i16::from_le_bytes([pair[0], pair[1]]));
    (name, bytes[44..].chunks_exact(2).map(sample).collect())
}

#[test]
fn nobody_who_speaks_or_plays_sounds_like_a_tone() {
    let clips = [
        clip!("greeting"),
        clip!("recording-notice"),
        clip!("menu-main"),
        clip!("after-hours"),
        clip!("survey-contacted"),
        clip!("survey-satisfaction"),
        clip!("technical-fault"),
        clip!("hold-music"),
        clip!("beep"),
    ];
    for (name, samples) in clips {
        assert_eq!(Signal(samples).heard(0.0, Codec::Alaw), [], "{name}");
    }
}

#[test]
fn the_shipped_tones_are_the_networks() {
    for ((name, samples), tone) in [(clip!("busy"), Busy), (clip!("ringback"), Ringback)] {
        let twice = Signal([samples.clone(), samples].concat());
        assert_eq!(twice.heard(10.0, Codec::Alaw), [tone], "{name}");
    }
}
