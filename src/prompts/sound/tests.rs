use super::*;

/// A WAV of one tone; `level` is its peak.
fn wav(rate: u32, channels: u16, seconds: f32, level: f32) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("a writer");
    for n in 0..(rate as f32 * seconds) as u32 {
        let at = f64::from(n) / f64::from(rate);
        let sample = (at * 440.0 * std::f64::consts::TAU).sin() as f32 * level;
        for _ in 0..channels {
            writer.write_sample((sample * 32767.0) as i16).expect("a sample");
        }
    }
    writer.finalize().expect("a file");
    bytes.into_inner()
}

#[test]
fn any_rate_and_any_loudness_becomes_the_telephones() {
    for (rate, channels, level) in [
        (8000, 1, 0.9),
        (16_000, 1, 0.02),
        (44_100, 2, 0.3),
        (48_000, 1, 0.05),
        (96_000, 2, 1.0),
    ] {
        let prepared = prepare(&wav(rate, channels, 2.0, level)).expect("a prompt");
        let length = duration_ms(&prepared.samples);
        assert!((1900..=2100).contains(&length), "{rate}: {length} ms");
        let after: Vec<f32> = prepared.samples.iter().map(|s| f32::from(*s) / 32768.0).collect();
        let loud = level::loudness(&after).expect("measured");
        assert!((loud + 19.0).abs() < 1.0, "{rate} at {level}: {loud} LUFS");
    }
}

#[test]
fn a_tone_is_the_same_tone_after_it_was_made_narrow() {
    let samples = prepare(&wav(44_100, 2, 1.0, 0.5)).expect("a prompt").samples;
    let middle = &samples[2000..6000];
    let rises = middle.windows(2).filter(|w| w[0] < 0 && w[1] >= 0).count();
    // 440 Hz over half a second.
    assert!((218..=222).contains(&rises), "{rises}");
}

#[test]
fn nothing_is_louder_than_the_telephone_can_carry() {
    // Mostly silence with a burst: raising it as a whole would cut the burst off.
    let mut bytes = wav(8000, 1, 3.0, 0.004);
    let burst = wav(8000, 1, 0.2, 1.0);
    let from = bytes.len() - 3200;
    bytes[from..].copy_from_slice(&burst[burst.len() - 3200..]);
    let prepared = prepare(&bytes).expect("a prompt");
    let highest = prepared.samples.iter().map(|s| s.unsigned_abs()).max();
    assert!(highest.is_some_and(|h| h <= 27_600), "{highest:?}");
}

#[test]
fn what_is_no_prompt_is_refused_by_what_is_wrong_with_it() {
    let whole = wav(8000, 1, 1.0, 0.5);
    let cut = &whole[..whole.len() - 4000];
    let lies = Fault::Lies {
        declared: 16_000,
        found: 12_000,
    };
    assert_eq!(prepare(cut), Err(lies));
    assert_eq!(prepare(&[]), Err(Fault::Empty));
    assert_eq!(prepare(&wav(8000, 1, 0.0, 0.5)), Err(Fault::Empty));
    assert_eq!(prepare(&wav(8000, 1, 0.05, 0.5)), Err(Fault::TooShort));
    assert_eq!(prepare(&wav(8000, 1, 2.0, 0.0)), Err(Fault::Silent));
    let long = prepare(&wav(8000, 1, 190.0, 0.5));
    assert!(
        matches!(long, Err(Fault::TooLong { seconds }) if seconds > 180),
        "{long:?}"
    );
    for bad in [
        &b"RIFF"[..],
        b"RIFF\x00\x00\x00\x00WAVE",
        b"<html>no sound</html>",
        &[0; 4000],
    ] {
        assert!(matches!(prepare(bad), Err(Fault::Unknown(_))), "{bad:?}");
    }
}

#[test]
fn a_header_of_random_bytes_does_not_panic() {
    let mut bytes = wav(8000, 1, 0.5, 0.5);
    for at in 0..44 {
        for value in [0, 1, 0x7f, 0xff] {
            let before = std::mem::replace(&mut bytes[at], value);
            let _ = prepare(&bytes);
            bytes[at] = before;
        }
    }
}

#[test]
fn the_picture_has_its_peaks_where_the_sound_has() {
    let mut samples = vec![0_i16; 12_000];
    samples[6000] = i16::MIN;
    let bars = picture(&samples);
    assert_eq!((bars.len(), bars[60], bars[59]), (120, 100, 0));
    assert!(picture(&[]).is_empty());
}
