//! The WAV header of a recording.
//!
//! Recordings are written at their place (see `recorder`), which a streaming writer cannot do after a failed write.

use crate::recording::RATE;

pub(super) const HEADER: u64 = 44;
/// Bytes of a stereo sample of 16 bits.
pub(super) const SAMPLE: u64 = 4;

/// The header of a recording with this many stereo samples.
pub(super) fn header(samples: u64) -> [u8; HEADER as usize] {
    // 32-bit lengths end after 37 hours of talk.
    let data = u32::try_from(samples * SAMPLE).unwrap_or(u32::MAX - 36);
    let mut out = [0; HEADER as usize];
    let fields: [&[u8]; 13] = [
        b"RIFF",
        &(data + 36).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16u32.to_le_bytes(),
        &1u16.to_le_bytes(),
        &2u16.to_le_bytes(),
        &RATE.to_le_bytes(),
        &(RATE * SAMPLE as u32).to_le_bytes(),
        &(SAMPLE as u16).to_le_bytes(),
        &16u16.to_le_bytes(),
        b"data",
        &data.to_le_bytes(),
    ];
    let mut at = 0;
    for field in fields {
        out[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    }
    out
}
