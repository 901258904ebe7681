//! Files to samples. The library decodes; what it would let pass in silence is refused here first.

use std::io::Cursor;

use symphonia::core::audio::SampleBuffer;
use symphonia::core::codecs::{Decoder, DecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::probe::Hint;

use super::{Fault, LONGEST_SECONDS, Sound};

/// Nobody records a prompt at more; the limit of length is counted in it.
const HIGHEST_RATE: u32 = 192_000;

pub(super) fn decode(bytes: &[u8]) -> Result<Sound, Fault> {
    if bytes.is_empty() {
        return Err(Fault::Empty);
    }
    refuse_lies(bytes)?;
    let unknown = |error: Error| Fault::Unknown(error.to_string());
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes.to_vec())), Default::default());
    let (format, metadata) = (FormatOptions::default(), MetadataOptions::default());
    let probed = symphonia::default::get_probe()
        .format(&Hint::new(), source, &format, &metadata)
        .map_err(unknown)?;
    let reader = probed.format;
    let track = reader
        .default_track()
        .ok_or_else(|| Fault::Unknown("没有音轨".into()))?;
    let decoder = symphonia::default::get_codecs()
        .make(&track.codec_params, &DecoderOptions::default())
        .map_err(unknown)?;
    read(reader, decoder)
}

fn read(mut reader: Box<dyn FormatReader>, mut decoder: Box<dyn Decoder>) -> Result<Sound, Fault> {
    let mut sound = Sound {
        samples: Vec::new(),
        rate: 0,
    };
    while let Ok(packet) = reader.next_packet() {
        let decoded = match decoder.decode(&packet) {
            Ok(decoded) => decoded,
            // A damaged frame in the midst of an MP3 costs that frame.
            Err(Error::DecodeError(_)) => continue,
            Err(error) => return Err(Fault::Unknown(error.to_string())),
        };
        let spec = *decoded.spec();
        if spec.rate == 0 || spec.rate > HIGHEST_RATE {
            return Err(Fault::Unknown(format!("采样率 {}", spec.rate)));
        }
        sound.rate = spec.rate;
        let mut buffer = SampleBuffer::<f32>::new(decoded.capacity() as u64, spec);
        buffer.copy_interleaved_ref(decoded);
        let channels = spec.channels.count().max(1);
        let mixed = buffer.samples().chunks_exact(channels);
        sound
            .samples
            .extend(mixed.map(|frame| frame.iter().sum::<f32>() / channels as f32));
        let seconds = u32::try_from(sound.samples.len() / spec.rate as usize).unwrap_or(u32::MAX);
        if seconds > LONGEST_SECONDS {
            return Err(Fault::TooLong { seconds });
        }
    }
    if sound.rate == 0 {
        return Err(Fault::Empty);
    }
    Ok(sound)
}

/// A WAV file says how long its sound is. One that was cut off plays to where it ends, which nobody notices until a citizen does.
fn refuse_lies(bytes: &[u8]) -> Result<(), Fault> {
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
        return Ok(());
    }
    let mut at = 12;
    while let (Some(name), Some(size)) = (bytes.get(at..at + 4), bytes.get(at + 4..at + 8)) {
        let size = size.try_into().map(u32::from_le_bytes).unwrap_or_default();
        let found = (bytes.len() - at - 8) as u64;
        if name == b"data" {
            return match u64::from(size) {
                0 => Err(Fault::Empty),
                declared if declared > found => Err(Fault::Lies { declared, found }),
                _ => Ok(()),
            };
        }
        // Chunks begin at even places.
        let next = u64::from(size) + u64::from(size % 2);
        if next > found {
            break;
        }
        at += 8 + usize::try_from(next).unwrap_or(usize::MAX / 2);
    }
    Err(Fault::Unknown("WAV 文件里没有声音数据".into()))
}
