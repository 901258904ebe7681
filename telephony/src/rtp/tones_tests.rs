use super::*;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

struct Signal {
    samples: Vec<i16>,
}

impl Signal {
    fn new() -> Self {
        Self { samples: Vec::new() }
    }

    fn silence(mut self, ms: usize) -> Self {
        self.samples.extend(std::iter::repeat_n(0, ms * 8));
        self
    }

    /// Levels as amplitudes; frequencies may be off by a factor.
    fn tone(mut self, key: char, ms: f32, low: f32, high: f32, off: f32) -> Self {
        let (row, column) = position(key).unwrap();
        for at in 0..(ms * 8.0) as usize {
            let t = TAU * off * at as f32 / RATE;
            self.samples
                .push(((t * ROWS[row]).sin() * low + (t * COLUMNS[column]).sin() * high) as i16);
        }
        self
    }

    fn noise(mut self, seed: u64, level: f32) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        for sample in &mut self.samples {
            *sample = sample.saturating_add((rng.random_range(-1.0..1.0f32) * level) as i16);
        }
        self
    }

    fn heard(&self) -> String {
        let mut tones = Tones::default();
        self.samples
            .chunks(160)
            .filter_map(|frame| tones.handle_samples(frame.iter().copied()))
            .collect()
    }
}

const ALL: &str = "123A456B789C*0#D";

#[test]
fn every_key_is_heard_once_at_any_phase_with_noise() {
    for lead in [20, 23, 27, 31] {
        let mut signal = Signal::new().silence(lead);
        for key in ALL.chars() {
            signal = signal.tone(key, 60.0, 4_000.0, 4_000.0, 1.0).silence(60);
        }
        assert_eq!(signal.noise(lead as u64, 150.0).heard(), ALL);
    }
}

#[test]
fn the_shortest_key_and_the_shortest_pause_of_q24_are_heard() {
    let mut signal = Signal::new().silence(13);
    for key in "1144".chars() {
        signal = signal.tone(key, 41.0, 6_000.0, 6_000.0, 1.0).silence(41);
    }
    assert_eq!(signal.heard(), "1144");
}

#[test]
fn tones_shorter_than_20_ms_are_no_keys() {
    for lead in 0..13 {
        let signal = Signal::new()
            .silence(20 + lead)
            .tone('5', 20.0, 6_000.0, 6_000.0, 1.0)
            .silence(50);
        assert_eq!(signal.heard(), "", "{lead}");
    }
}

#[test]
fn frequencies_one_and_a_half_per_cent_off_pass_and_three_and_a_half_do_not() {
    for key in ALL.chars() {
        for off in [0.985, 1.015] {
            let signal = Signal::new()
                .silence(20)
                .tone(key, 80.0, 5_000.0, 5_000.0, off)
                .silence(50);
            assert_eq!(signal.heard(), key.to_string(), "{key} {off}");
        }
        for off in [0.965, 1.035] {
            let signal = Signal::new()
                .silence(20)
                .tone(key, 80.0, 5_000.0, 5_000.0, off)
                .silence(50);
            assert_eq!(signal.heard(), "", "{key} {off}");
        }
    }
}

#[test]
fn twist_is_accepted_within_limits_only() {
    let with = |low: f32, high: f32| {
        Signal::new()
            .silence(20)
            .tone('8', 80.0, low, high, 1.0)
            .silence(40)
            .heard()
    };
    assert_eq!(with(3_000.0, 3_000.0 * 2.2), "8");
    assert_eq!(with(3_000.0 * 1.4, 3_000.0), "8");
    assert_eq!(with(2_000.0, 2_000.0 * 4.0), "");
    assert_eq!(with(2_000.0 * 3.0, 2_000.0), "");
}

#[test]
fn a_key_held_over_a_lost_packet_is_one_key() {
    let signal = Signal::new()
        .silence(20)
        .tone('3', 200.0, 5_000.0, 5_000.0, 1.0)
        .silence(60);
    let mut tones = Tones::default();
    let frames = signal.samples.chunks(160).enumerate().filter(|(n, _)| *n != 5);
    let heard: String = frames
        .filter_map(|(_, frame)| tones.handle_samples(frame.iter().copied()))
        .collect();
    assert_eq!(heard, "3");
}

/// Voiced sounds: harmonics of a gliding pitch under moving formants, with breath noise and pauses. Three minutes press no key.
#[test]
fn speech_like_sound_presses_no_key() {
    let mut rng = SmallRng::seed_from_u64(7);
    let mut tones = Tones::default();
    let mut phase = 0.0f32;
    let mut heard = String::new();
    for _ in 0..900 {
        let (pitch, glide) = (rng.random_range(80.0..400.0f32), rng.random_range(-0.5..0.5f32));
        let formants = [
            rng.random_range(250.0..900.0f32),
            rng.random_range(900.0..2_400.0f32),
            rng.random_range(2_400.0..3_200.0f32),
        ];
        let breath = rng.random_range(0.0..600.0f32);
        let syllable: Vec<i16> = (0..1_600)
            .map(|n| {
                // No voice holds a pitch like a machine: it trembles by about a per cent.
                let tremble = (n as f32 * 0.005 * (1.0 + pitch / 400.0)).sin() * 0.012;
                let now = pitch * (1.0 + tremble + glide * n as f32 / 1_600.0);
                phase += now / RATE;
                let voice: f32 = (1..12)
                    .map(|k| {
                        let near: f32 = formants
                            .iter()
                            .map(|f| (-((k as f32 * now - f) / 150.0).powi(2)).exp())
                            .sum();
                        (TAU * phase * k as f32).sin() * (0.1 + near)
                    })
                    .sum();
                let envelope = (n as f32 / 1_600.0 * TAU / 2.0).sin();
                ((voice * 4_000.0 + rng.random_range(-1.0..1.0f32) * breath) * envelope) as i16
            })
            .collect();
        heard.extend(tones.handle_samples(syllable.into_iter()));
    }
    assert_eq!(heard, "");
}

#[test]
fn noise_and_single_tones_press_no_key() {
    assert_eq!(Signal::new().silence(20_000).noise(3, 8_000.0).heard(), "");
    assert_eq!(Signal::new().tone('1', 500.0, 8_000.0, 0.0, 1.0).heard(), "");
    assert_eq!(Signal::new().tone('1', 500.0, 0.0, 8_000.0, 1.0).heard(), "");
}

#[test]
fn our_own_tones_are_heard() {
    for key in ALL.chars() {
        let mut tones = Tones::default();
        let heard = tones.handle_samples((0..800).map(|at| sample(key, at)));
        assert_eq!(heard, Some(key));
    }
    assert_eq!(sample('x', 10), 0);
}
