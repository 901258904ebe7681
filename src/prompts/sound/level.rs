//! As loud as every other prompt: a caller must not jump when the announcer changes.

use ebur128::{EbuR128, Mode};

use super::RATE;

/// Of speech on the telephone.
const TARGET_LUFS: f64 = -19.0;
/// A-law has no room above; what would exceed it is rounded off rather than cut.
const CEILING: f32 = 0.84;
const KNEE: f32 = 0.6;
/// Quieter than this is no speech: raising it would raise the noise.
const SILENCE_LUFS: f64 = -60.0;
/// Nothing is raised by more: what remains is noise.
const MOST_GAIN_DB: f64 = 30.0;

/// LUFS; None where there is less than one block of 400 ms, or nothing but silence.
pub(super) fn loudness(samples: &[f32]) -> Option<f64> {
    let mut meter = EbuR128::new(1, RATE, Mode::I).ok()?;
    meter.add_frames_f32(samples).ok()?;
    let measured = meter.loudness_global().ok()?;
    measured.is_finite().then_some(measured)
}

/// None: there is nothing to hear.
pub(super) fn levelled(samples: &[f32], loudness: Option<f64>) -> Option<Vec<f32>> {
    // A single syllable is shorter than a block; its own power is near enough.
    let measured = loudness
        .or_else(|| power(samples))
        .filter(|l| *l > SILENCE_LUFS)?;
    let gain = 10_f64.powf((TARGET_LUFS - measured).min(MOST_GAIN_DB) / 20.0) as f32;
    Some(samples.iter().map(|s| rounded(s * gain)).collect())
}

fn power(samples: &[f32]) -> Option<f64> {
    let sum: f64 = samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
    let mean = sum / samples.len().max(1) as f64;
    (mean > 0.0).then(|| 10.0 * mean.log10())
}

fn rounded(sample: f32) -> f32 {
    let size = sample.abs();
    if size <= KNEE {
        return sample;
    }
    let over = ((size - KNEE) / (CEILING - KNEE)).tanh();
    (KNEE + (CEILING - KNEE) * over).copysign(sample)
}
