//! Any file as a recording that a crash left behind.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use telephony::driver::recorder::repair;

const HEADER: usize = 44;
const FRAME: usize = 4;

/// `TMPDIR` should be in memory: a repair waits for the disk.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("minsheng-fuzz-wav-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the recording");
    folder
});

fuzz_target!(|data: &[u8]| {
    let path = FOLDER.join("call.wav");
    fs::write(&path, data).expect("room for the recording");
    let repaired = repair(&path);
    let after = fs::read(&path).expect("a repair removes nothing");
    let recorded = match repaired {
        Ok(Some(recorded)) => recorded,
        Ok(None) => {
            assert!(data.len() < HEADER + FRAME, "there was audio");
            return;
        }
        Err(_) => {
            assert_eq!(after, data, "a file that is not ours is left alone");
            return;
        }
    };
    let frames = (data.len() - HEADER) / FRAME;
    assert_eq!(after.len(), HEADER + frames * FRAME, "whole frames and no more");
    assert_eq!(
        after[HEADER..],
        data[HEADER..after.len()],
        "the audio is what it was"
    );
    assert_eq!(recorded.bytes, after.len() as u64);
    assert_eq!(recorded.duration, Duration::from_micros(frames as u64 * 125));
    let reader = hound::WavReader::new(after.as_slice()).expect("a WAV");
    let spec = reader.spec();
    assert_eq!(
        (spec.channels, spec.sample_rate, spec.bits_per_sample),
        (2, 8000, 16)
    );
    assert_eq!(reader.duration() as usize, frames);
    assert!(
        reader.into_samples::<i16>().all(|sample| sample.is_ok()),
        "every sample can be read"
    );
    // Repairing twice is repairing once.
    let again = repair(&path).expect("still ours").expect("still audio");
    assert_eq!((again.bytes, again.sha256), (recorded.bytes, recorded.sha256));
});
