//! Tones of the network while a call is being set up (GF 002-9002, ITU-T E.180), told apart by their rhythm.
//!
//! For carriers that never say by SIP how a call fares: a 183 and then only sound. Not responsible for announcements.

use super::tones::power;
use crate::media::ProgressTone;

/// 20 ms, every 10 ms: short enough for the 100 ms of the number-unobtainable tone, long enough to tell 450 Hz from a voice.
const BLOCK: usize = 160;
const HOP: usize = 80;
const HOP_MS: u32 = 10;
/// The standard's 450 Hz with its tolerance of 25.
const CALL_TONES: [f32; 3] = [430.0, 450.0, 470.0];
const SPECIAL: [f32; 3] = [950.0, 1_400.0, 1_800.0];
/// About -43 dBm0.
const MIN_POWER: f32 = 60.0 * 60.0;
/// Share of a block's energy in its one frequency. Where a tone begins or ends within the block less of it is pure.
const PURITY: f32 = 0.75;
/// Rhythms are read from so many last stretches of sound and silence.
const KEPT: usize = 8;
/// So much may a stretch be longer or shorter: edges fall within blocks, packets get lost.
const SLACK_MS: u32 = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Silence,
    CallTone,
    Special(u8),
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    heard: Heard,
    ms: u32,
}

const NOTHING: Stretch = Stretch {
    heard: Heard::Other,
    ms: 0,
};

#[derive(Debug)]
pub(super) struct Progress {
    block: [f32; BLOCK],
    filled: usize,
    /// The newest last.
    stretches: [Stretch; KEPT],
    told: Option<ProgressTone>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            block: [0.0; BLOCK],
            filled: 0,
            stretches: [NOTHING; KEPT],
            told: None,
        }
    }
}

impl Progress {
    /// Some more audio; the tone, when it has become known or another.
    pub(super) fn handle_samples(&mut self, samples: impl Iterator<Item = i16>) -> Option<ProgressTone> {
        let mut changed = None;
        for sample in samples {
            self.block[self.filled] = f32::from(sample);
            self.filled += 1;
            if self.filled == BLOCK {
                self.take(heard(&self.block));
                self.block.copy_within(HOP.., 0);
                self.filled = BLOCK - HOP;
                changed = self.changed().or(changed);
            }
        }
        changed
    }

    /// What was just heard is a tone of the network's, not a voice.
    pub(super) fn is_tone(&self) -> bool {
        let last = self.stretches[KEPT - 1].heard;
        matches!(last, Heard::CallTone | Heard::Special(_))
    }

    fn take(&mut self, heard: Heard) {
        let last = self.stretches[KEPT - 1];
        if last.heard == heard {
            self.stretches[KEPT - 1].ms = last.ms.saturating_add(HOP_MS);
            return;
        }
        let is_edge = last.ms <= 2 * HOP_MS && last.heard == Heard::Other;
        if !is_edge {
            return self.push(Stretch { heard, ms: HOP_MS });
        }
        // Where a tone begins or ends a block is neither tone nor silence: it belongs to what comes next.
        self.pop();
        if self.stretches[KEPT - 1].heard == heard {
            self.stretches[KEPT - 1].ms += last.ms + HOP_MS;
        } else {
            let ms = last.ms + HOP_MS;
            self.push(Stretch { heard, ms });
        }
    }

    fn push(&mut self, stretch: Stretch) {
        self.stretches.copy_within(1.., 0);
        self.stretches[KEPT - 1] = stretch;
    }

    fn pop(&mut self) {
        self.stretches.copy_within(..KEPT - 1, 1);
        self.stretches[0] = NOTHING;
    }

    fn changed(&mut self) -> Option<ProgressTone> {
        let tone = self.rhythm()?;
        (self.told.replace(tone) != Some(tone)).then_some(tone)
    }

    fn rhythm(&self) -> Option<ProgressTone> {
        if self.ends_in(&SIT) {
            return Some(ProgressTone::SpecialInformation);
        }
        if self.ends_in(&UNOBTAINABLE) {
            return Some(ProgressTone::Unobtainable);
        }
        if self.ends_in(&[tone(350), silence(350), tone(350), silence(350), tone(350)]) {
            return Some(ProgressTone::Busy);
        }
        if self.ends_in(&[tone(700), silence(700), tone(700)]) {
            return Some(ProgressTone::Congestion);
        }
        self.is_ringing().then_some(ProgressTone::Ringback)
    }

    /// The last stretch may still go on: it counts once it is followed by another, or has lasted.
    fn ends_in(&self, pattern: &[(Heard, u32)]) -> bool {
        let finished = &self.stretches[..KEPT - 1];
        let Some(from) = finished.len().checked_sub(pattern.len()) else {
            return false;
        };
        let fits = |(stretch, (heard, ms)): (&Stretch, &(Heard, u32))| {
            stretch.heard == *heard && stretch.ms.abs_diff(*ms) <= SLACK_MS
        };
        finished[from..].iter().zip(pattern).all(fits)
    }

    /// One second, then silence that is longer than any other tone's.
    fn is_ringing(&self) -> bool {
        let [.., on, off] = &self.stretches;
        let is_one = on.heard == Heard::CallTone && on.ms.abs_diff(1_000) <= 4 * SLACK_MS;
        is_one && off.heard == Heard::Silence && off.ms >= 2_000
    }
}

const SIT: [(Heard, u32); 3] = [
    (Heard::Special(0), 330),
    (Heard::Special(1), 330),
    (Heard::Special(2), 330),
];
const UNOBTAINABLE: [(Heard, u32); 7] = [
    tone(100),
    silence(100),
    tone(100),
    silence(100),
    tone(100),
    silence(100),
    tone(400),
];

const fn tone(ms: u32) -> (Heard, u32) {
    (Heard::CallTone, ms)
}

const fn silence(ms: u32) -> (Heard, u32) {
    (Heard::Silence, ms)
}

fn heard(block: &[f32; BLOCK]) -> Heard {
    let mean = block.iter().map(|sample| sample * sample).sum::<f32>() / BLOCK as f32;
    if mean < MIN_POWER {
        return Heard::Silence;
    }
    let is_pure = |frequency: &f32| power(block, *frequency) > PURITY * mean;
    if CALL_TONES.iter().any(is_pure) {
        return Heard::CallTone;
    }
    match SPECIAL.iter().position(is_pure) {
        Some(at) => Heard::Special(at as u8),
        None => Heard::Other,
    }
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
