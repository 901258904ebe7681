//! Where one side speaks. Scores come from a small neural network, 16 ms a score; the rest is pure.

use super::audio::{RATE, Span};
use earshot::Detector;

const FRAME: usize = 256;
pub(super) const FRAME_MS: i64 = FRAME as i64 * 1000 / RATE as i64;
const START: f32 = 0.5;
/// Lower than `START`, so that the soft end of a syllable does not end the speech; at 0.3 line noise 10 dB under
/// the voice never ends it.
const STAY: f32 = 0.45;
/// Speech ends after so much silence.
const HANGOVER_MS: i64 = 400;
/// A ringing or busy tone is predicted from two samples this well; voices stay ten decibels under it.
const TONE_DB: f32 = 32.0;
/// A gap between two syllables.
const QUIET_FRAMES: usize = 8;
/// A click or a cough scores high for less than this.
const SHORTEST_MS: i64 = 96;

pub(super) struct Vad {
    detector: Box<Detector>,
    scores: Vec<f32>,
    /// Of each frame how much of it two past samples foretell, in dB.
    predictable: Vec<f32>,
}

impl Vad {
    pub(super) fn new() -> Self {
        Self {
            detector: Detector::default_boxed(),
            scores: Vec::new(),
            predictable: Vec::new(),
        }
    }

    /// Feeds the next samples of the channel; all but the last call bring whole frames.
    pub(super) fn feed(&mut self, samples: &[f32]) {
        for frame in samples.chunks(FRAME) {
            let mut whole = [0.0; FRAME];
            whole[..frame.len()].copy_from_slice(frame);
            self.scores.push(self.detector.predict_f32(&whole));
            self.predictable.push(prediction_gain(&whole));
        }
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        let mut found = spans(&self.scores);
        found.retain(|span| !self.is_tone(*span));
        found
    }

    /// The middle of the stretch of a span in which least was said.
    pub(super) fn quietest(&self, span: Span) -> i64 {
        let frame = |ms: i64| (ms.max(0) / FRAME_MS) as usize;
        let end = frame(span.end_ms).min(self.scores.len());
        let start = frame(span.start_ms).min(end);
        let sum = |at: &usize| self.scores[*at..at + QUIET_FRAMES].iter().sum::<f32>();
        let quietest = (start..end.saturating_sub(QUIET_FRAMES)).min_by(|a, b| sum(a).total_cmp(&sum(b)));
        quietest.map_or(span.end_ms, |at| (at + QUIET_FRAMES / 2) as i64 * FRAME_MS)
    }

    fn is_tone(&self, span: Span) -> bool {
        let frame = |ms: i64| (ms / FRAME_MS) as usize;
        let mut gains = self.predictable[frame(span.start_ms)..frame(span.end_ms)].to_vec();
        gains.sort_by(f32::total_cmp);
        gains.get(gains.len() / 2).is_some_and(|median| *median > TONE_DB)
    }
}

/// The least squares fit of x[n] = a x[n-1] + b x[n-2], which a pure sinusoid satisfies.
fn prediction_gain(frame: &[f32]) -> f32 {
    let product = |p: usize, q: usize| -> f64 {
        frame
            .windows(3)
            .map(|x| f64::from(x[2 - p]) * f64::from(x[2 - q]))
            .sum()
    };
    let (xx, near, far) = (product(0, 0), product(1, 1), product(2, 2));
    let (cross, to_near, to_far) = (product(1, 2), product(0, 1), product(0, 2));
    let determinant = near * far - cross * cross;
    if xx < 1e-6 || determinant <= 0.0 {
        return 0.0;
    }
    let a = (to_near * far - to_far * cross) / determinant;
    let b = (to_far * near - to_near * cross) / determinant;
    let rest = (xx - a * to_near - b * to_far).max(xx * 1e-9);
    (10.0 * (xx / rest).log10()) as f32
}

#[derive(Default)]
struct Run {
    start: usize,
    last_voiced: usize,
    loud: usize,
}

fn spans(scores: &[f32]) -> Vec<Span> {
    let mut found = Vec::new();
    let mut run: Option<Run> = None;
    for (frame, &score) in scores.iter().enumerate() {
        match &mut run {
            None if score >= START => {
                run = Some(Run {
                    start: frame,
                    last_voiced: frame,
                    loud: 1,
                })
            }
            None => {}
            Some(open) if score >= STAY => {
                open.last_voiced = frame;
                open.loud += usize::from(score >= START);
            }
            Some(open) if (frame - open.last_voiced) as i64 * FRAME_MS >= HANGOVER_MS => {
                found.extend(open.span());
                run = None;
            }
            Some(_) => {}
        }
    }
    found.extend(run.and_then(|open| open.span()));
    found
}

impl Run {
    fn span(&self) -> Option<Span> {
        let span = Span::new(
            self.start as i64 * FRAME_MS,
            (self.last_voiced as i64 + 1) * FRAME_MS,
        );
        (self.loud as i64 * FRAME_MS >= SHORTEST_MS).then_some(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(runs: &[(f32, usize)]) -> Vec<f32> {
        runs.iter()
            .flat_map(|&(score, count)| std::iter::repeat_n(score, count))
            .collect()
    }

    #[test]
    fn silence_and_clicks_give_nothing() {
        assert_eq!(spans(&[]), []);
        assert_eq!(spans(&scores(&[(0.1, 100), (0.9, 5), (0.1, 100)])), []);
    }

    #[test]
    fn a_short_pause_stays_within_and_a_long_one_parts() {
        let frames = scores(&[(0.0, 10), (0.9, 50), (0.0, 20), (0.9, 50), (0.0, 60), (0.9, 20)]);
        assert_eq!(spans(&frames), [Span::new(160, 2080), Span::new(3040, 3360)]);
    }

    #[test]
    fn the_quietest_place_is_the_gap_between_words() {
        let mut vad = Vad::new();
        vad.scores = scores(&[(0.9, 100), (0.5, 12), (0.9, 50)]);
        let cut = vad.quietest(Span::new(800, 2_500));
        assert!((1_600..1_800).contains(&cut), "{cut}");
        assert_eq!(
            vad.quietest(Span::new(9_000, 9_500)),
            9_500,
            "beyond what was heard"
        );
    }

    #[test]
    fn the_soft_end_of_a_word_belongs_to_it() {
        let frames = scores(&[(0.9, 20), (0.47, 10), (0.0, 40)]);
        assert_eq!(spans(&frames), [Span::new(0, 480)]);
    }

    #[test]
    fn a_silent_line_and_its_hiss_are_not_speech() {
        let mut vad = Vad::new();
        vad.feed(&vec![0.0; 32_000]);
        let mut seed = 1u32;
        let hiss: Vec<f32> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / 16_777_216.0 * 0.004 - 0.002
        })
        .take(64_000)
        .collect();
        vad.feed(&hiss);
        assert_eq!(vad.spans(), []);
    }
    #[test]
    fn a_ringing_tone_coarsely_sampled_is_not_speech() {
        let mut vad = Vad::new();
        let tone = |n: usize| {
            (0.3 * (n as f32 * 450.0 / 16_000.0 * std::f32::consts::TAU).sin() * 512.0).round() / 512.0
        };
        vad.feed(&(0..64_000).map(tone).collect::<Vec<f32>>());
        assert_ne!(spans(&vad.scores), [], "the network alone takes it for a voice");
        assert_eq!(vad.spans(), []);
    }
}
