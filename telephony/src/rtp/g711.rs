//! G.711 by table (ITU-T G.711): A-law and mu-law to and from 16-bit linear PCM, and each to the other.
//!
//! The tables are computed at compile time from the definition of the code, so there is no list of numbers to get wrong.

use crate::media::Codec;

/// A-law code of the smallest positive step: what silence is sent as.
const ALAW_SILENCE: u8 = 0xD5;
const MULAW_SILENCE: u8 = 0xFF;

static ALAW_TO_LINEAR: [i16; 256] = decoding_table(true);
static MULAW_TO_LINEAR: [i16; 256] = decoding_table(false);
static ALAW_TO_MULAW: [u8; 256] = translation_table(true);
static MULAW_TO_ALAW: [u8; 256] = translation_table(false);

impl Codec {
    /// Static payload type (RFC 3551 table 4).
    pub fn payload_type(self) -> u8 {
        match self {
            Self::Alaw => 8,
            Self::Mulaw => 0,
        }
    }

    pub fn from_payload_type(number: u8) -> Option<Self> {
        match number {
            8 => Some(Self::Alaw),
            0 => Some(Self::Mulaw),
            _ => None,
        }
    }

    pub fn silence(self) -> u8 {
        match self {
            Self::Alaw => ALAW_SILENCE,
            Self::Mulaw => MULAW_SILENCE,
        }
    }

    /// Linear value of each of the 256 codes.
    pub fn linear(self) -> &'static [i16; 256] {
        match self {
            Self::Alaw => &ALAW_TO_LINEAR,
            Self::Mulaw => &MULAW_TO_LINEAR,
        }
    }

    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Alaw => alaw(sample),
            Self::Mulaw => mulaw(sample),
        }
    }

    /// The table that turns this code into `other`; None when they are the same.
    pub fn translation(self, other: Self) -> Option<&'static [u8; 256]> {
        match (self, other) {
            (Self::Alaw, Self::Mulaw) => Some(&ALAW_TO_MULAW),
            (Self::Mulaw, Self::Alaw) => Some(&MULAW_TO_ALAW),
            _ => None,
        }
    }
}

const fn decode_alaw(code: u8) -> i16 {
    let code = code ^ 0x55;
    let mantissa = ((code & 0x0F) as i16) << 4;
    let segment = (code & 0x70) >> 4;
    // Each value lies in the middle of its step; the first two segments have the same step.
    let magnitude = match segment {
        0 => mantissa + 8,
        _ => (mantissa + 0x108) << (segment - 1),
    };
    if code & 0x80 != 0 { magnitude } else { -magnitude }
}

const fn decode_mulaw(code: u8) -> i16 {
    let code = !code;
    let biased = ((((code & 0x0F) as i32) << 3) + 0x84) << ((code & 0x70) >> 4);
    let magnitude = (biased - 0x84) as i16;
    if code & 0x80 != 0 { -magnitude } else { magnitude }
}

const fn alaw(sample: i16) -> u8 {
    // Negative values are coded by their one's complement: there are two codes around zero.
    let (sign, magnitude) = if sample >= 0 {
        (0x80, sample as u16)
    } else {
        (0, !sample as u16)
    };
    let top = magnitude >> 8;
    let code = if top == 0 {
        (magnitude >> 4) as u8
    } else {
        let segment = 16 - top.leading_zeros();
        ((segment as u8) << 4) | ((magnitude >> (segment + 3)) & 0x0F) as u8
    };
    (sign | code) ^ 0x55
}

const fn mulaw(sample: i16) -> u8 {
    let (sign, magnitude) = if sample < 0 {
        (0x80, -(sample as i32))
    } else {
        (0, sample as i32)
    };
    let clipped = if magnitude > 32_635 { 32_635 } else { magnitude };
    let biased = (clipped + 0x84) as u32;
    let segment = 24 - biased.leading_zeros();
    let code = ((segment as u8) << 4) | ((biased >> (segment + 3)) & 0x0F) as u8;
    !(sign | code)
}

const fn decoding_table(is_alaw: bool) -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = if is_alaw {
            decode_alaw(code as u8)
        } else {
            decode_mulaw(code as u8)
        };
        code += 1;
    }
    table
}

const fn translation_table(from_alaw: bool) -> [u8; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = if from_alaw {
            mulaw(decode_alaw(code as u8))
        } else {
            alaw(decode_mulaw(code as u8))
        };
        code += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Codec; 2] = [Codec::Alaw, Codec::Mulaw];

    #[test]
    fn known_codes_have_the_values_of_the_recommendation() {
        // G.711 tables 1a and 2a, scaled to 16 bits (A-law x 8, mu-law x 4).
        for (code, value) in [
            (0xD5, 8),
            (0x55, -8),
            (0xAA, 32_256),
            (0x2A, -32_256),
            (0x80, 5_504),
        ] {
            assert_eq!(decode_alaw(code), value, "A {code:#x}");
        }
        for (code, value) in [(0xFF, 0), (0x7F, 0), (0x80, 32_124), (0x00, -32_124), (0xF0, 120)] {
            assert_eq!(decode_mulaw(code), value, "mu {code:#x}");
        }
    }

    #[test]
    fn every_code_survives_decoding_and_encoding() {
        for codec in BOTH {
            for code in 0..=255u8 {
                let value = codec.linear()[usize::from(code)];
                assert_eq!(
                    codec.linear()[usize::from(codec.encode(value))],
                    value,
                    "{codec:?} {code:#x}"
                );
            }
        }
    }

    /// Decision values lie at the ends of a step, so no sample is further from its code's value than half that step; louder samples
    /// never have fainter codes.
    #[test]
    fn every_sample_becomes_the_code_of_its_step() {
        for codec in BOTH {
            let mut before = i16::MIN;
            for sample in i16::MIN..=i16::MAX {
                let value = codec.linear()[usize::from(codec.encode(sample))];
                assert!(value >= before, "{codec:?} {sample}: {value} after {before}");
                before = value;
                let error = (i32::from(value) - i32::from(sample)).abs();
                let clipped = (i32::from(sample).abs() - 32_124).max(0);
                assert!(
                    error <= half_step(codec, value) + clipped,
                    "{codec:?} {sample}: {value}"
                );
            }
        }
    }

    /// From the table of segments: A-law doubles its step from the third on, mu-law from the second.
    fn half_step(codec: Codec, value: i16) -> i32 {
        let magnitude = i32::from(value).abs();
        match codec {
            Codec::Alaw => (1..8)
                .rev()
                .find(|s| magnitude >= 128 << s)
                .map_or(8, |s| 4 << s)
                .max(8),
            Codec::Mulaw => (1..8)
                .rev()
                .find(|s| magnitude + 132 >= 128 << s)
                .map_or(4, |s| 4 << s),
        }
    }

    #[test]
    fn one_law_becomes_the_other_within_a_step() {
        for from in BOTH {
            let to = if from == Codec::Alaw {
                Codec::Mulaw
            } else {
                Codec::Alaw
            };
            let table = from.translation(to).unwrap();
            for code in 0..=255u8 {
                let before = i32::from(from.linear()[usize::from(code)]);
                let after = i32::from(to.linear()[usize::from(table[usize::from(code)])]);
                assert!(
                    (before - after).abs() <= 8 + before.abs() / 30,
                    "{from:?} {code:#x}: {before} {after}"
                );
            }
            assert!(from.translation(from).is_none());
        }
    }

    #[test]
    fn silence_is_the_code_nearest_to_nothing() {
        for codec in BOTH {
            assert!(codec.linear()[usize::from(codec.silence())].abs() <= 8);
            assert_eq!(codec.encode(0), codec.silence());
        }
    }
}
