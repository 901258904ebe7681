//! Keys as tones in the audio (ITU-T Q.23, Q.24): a Goertzel detector and a generator.
//!
//! Used only where no telephone-event was agreed. Speech must not press keys: besides level, twist and duration, nearly all energy of a
//! block has to lie in one pair of frequencies.

use std::f32::consts::TAU;

/// 12.75 ms: long enough to tell 697 from 770 Hz apart.
const BLOCK: usize = 102;
/// Blocks overlap by half, so that where a key begins within one matters little.
const HOP: usize = BLOCK / 2;
/// Blocks in a row with the same key: 32 ms, between the 40 that must and the 20 that must not be a key.
const PRESSED: u8 = 4;
const RATE: f32 = 8_000.0;
const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
const KEYS: [[char; 4]; 4] = [
    ['1', '2', '3', 'A'],
    ['4', '5', '6', 'B'],
    ['7', '8', '9', 'C'],
    ['*', '0', '#', 'D'],
];

/// About -34 dBm0 for each tone: some dB below what Q.24 asks to accept.
const MIN_POWER: f32 = 160.0 * 160.0;
/// The low group may be 8 dB weaker, or 4 dB stronger, than the high group, in power.
const TWIST: f32 = 6.31;
const REVERSE_TWIST: f32 = 2.51;
/// The best frequency of a group stands out from its neighbours by 8 dB.
const MARGIN: f32 = 6.31;
/// Share of the block's energy in the pair; pure tones that are 1.5 % off keep about 0.8.
const PURITY: f32 = 0.75;
/// A key is as loud at its end as at its beginning; a syllable swells and fades.
const STEADY: f32 = 1.8;
/// Blocks without the key before it is up: some bad ones within a key are noise or a lost packet.
const RELEASE: u8 = 4;

#[derive(Debug)]
pub(super) struct Tones {
    block: [f32; BLOCK],
    filled: usize,
    candidate: Option<Candidate>,
    down: Option<char>,
    missed: u8,
}

/// A key that was heard in the last blocks, and not yet long enough.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    key: char,
    blocks: u8,
    faintest: f32,
    loudest: f32,
}

impl Default for Tones {
    fn default() -> Self {
        Self {
            block: [0.0; BLOCK],
            filled: 0,
            candidate: None,
            down: None,
            missed: 0,
        }
    }
}

impl Tones {
    /// Some more audio; the key that went down in it, if any.
    pub(super) fn handle_samples(&mut self, samples: impl Iterator<Item = i16>) -> Option<char> {
        let mut pressed = None;
        for sample in samples {
            self.block[self.filled] = f32::from(sample);
            self.filled += 1;
            if self.filled == BLOCK {
                let heard = key_of(&self.block);
                self.block.copy_within(HOP.., 0);
                self.filled = BLOCK - HOP;
                pressed = self.advance(heard).or(pressed);
            }
        }
        pressed
    }

    fn advance(&mut self, heard: Option<(char, f32)>) -> Option<char> {
        self.candidate = heard.map(|(key, energy)| match self.candidate {
            Some(candidate) if candidate.key == key => candidate.and(energy),
            _ => Candidate {
                key,
                blocks: 1,
                faintest: energy,
                loudest: energy,
            },
        });
        if self.down.is_some() && heard.map(|(key, _)| key) == self.down {
            self.missed = 0;
            return None;
        }
        self.missed = self.missed.saturating_add(1);
        if self.missed >= RELEASE {
            self.down = None;
        }
        let pressed = self.candidate.filter(Candidate::is_key)?.key;
        self.down = Some(pressed);
        self.missed = 0;
        Some(pressed)
    }
}

impl Candidate {
    fn and(self, energy: f32) -> Self {
        Self {
            blocks: self.blocks.saturating_add(1),
            faintest: self.faintest.min(energy),
            loudest: self.loudest.max(energy),
            ..self
        }
    }

    fn is_key(&self) -> bool {
        self.blocks >= PRESSED && self.loudest < self.faintest * STEADY
    }
}

/// The key whose pair of tones the block is, and the block's energy.
fn key_of(block: &[f32; BLOCK]) -> Option<(char, f32)> {
    let energy: f32 = block.iter().map(|sample| sample * sample).sum();
    if energy < MIN_POWER * BLOCK as f32 {
        return None;
    }
    let (row, low) = strongest(&ROWS.map(|frequency| power(block, frequency)))?;
    let (column, high) = strongest(&COLUMNS.map(|frequency| power(block, frequency)))?;
    let pure = low + high > PURITY * energy / BLOCK as f32;
    let level = low > MIN_POWER / 2.0 && high > MIN_POWER / 2.0;
    let balanced = high < low * TWIST && low < high * REVERSE_TWIST;
    (pure && level && balanced).then_some((KEYS[row][column], energy))
}

/// Mean power of one frequency in the block (Goertzel's recurrence).
pub(super) fn power(block: &[f32], frequency: f32) -> f32 {
    let coefficient = 2.0 * (TAU * frequency / RATE).cos();
    let (mut last, mut before) = (0.0f32, 0.0f32);
    for sample in block {
        let next = sample + coefficient * last - before;
        before = last;
        last = next;
    }
    let squared = last * last + before * before - coefficient * last * before;
    2.0 * squared / (block.len() * block.len()) as f32
}

fn strongest(powers: &[f32; 4]) -> Option<(usize, f32)> {
    let (best, power) = powers
        .iter()
        .copied()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let clear = powers
        .iter()
        .enumerate()
        .all(|(i, other)| i == best || other * MARGIN < power);
    clear.then_some((best, power))
}

/// One sample of a key's tone, `at` samples after it began; -9 dBm0 a frequency.
pub(super) fn sample(key: char, at: u32) -> i16 {
    let Some((row, column)) = position(key) else {
        return 0;
    };
    let wave = |frequency: f32| (TAU * frequency * at as f32 / RATE).sin();
    ((wave(ROWS[row]) + wave(COLUMNS[column])) * 8_000.0) as i16
}

fn position(key: char) -> Option<(usize, usize)> {
    KEYS.iter()
        .enumerate()
        .find_map(|(row, keys)| Some((row, keys.iter().position(|k| *k == key)?)))
}

#[cfg(test)]
#[path = "tones_tests.rs"]
mod tests;
