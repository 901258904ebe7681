use super::*;
use crate::recording::GAP;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;

/// A folder of its own for each test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let unique = format!(
            "recorder-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const CALL: CallId = CallId(1);

fn record(jobs: Vec<Job>) -> Vec<MediaEvent> {
    let events = Mutex::new(Vec::new());
    let (free, _blocks) = sync_channel(4);
    let (sender, receiver) = sync_channel(jobs.len());
    for job in jobs {
        sender.send(job).unwrap();
    }
    drop(sender);
    Recorder::new(|event| events.lock().unwrap().push(event), free).run(&receiver, |_| {});
    events.into_inner().unwrap()
}

fn block(index: u64, left: i16, right: i16) -> Job {
    Job::Block {
        call: CALL,
        index,
        samples: [left, right].repeat(BLOCK).into(),
    }
}

fn read(path: &Path) -> (hound::WavSpec, Vec<i16>) {
    let mut reader = hound::WavReader::open(path).unwrap();
    (
        reader.spec(),
        reader.samples::<i16>().map(Result::unwrap).collect(),
    )
}

fn recorded(events: &[MediaEvent]) -> &Recorded {
    match events {
        [.., MediaEvent::Recorded { recorded, .. }] => recorded,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_recording_is_a_stereo_wav_of_the_calls_length_with_its_sum() {
    let folder = Folder::new();
    let path = folder.0.join("2026/01/call.wav");
    let events = record(vec![
        Job::Start {
            call: CALL,
            path: path.clone(),
        },
        block(0, 100, -100),
        block(1, 200, -200),
        Job::Finish {
            call: CALL,
            samples: 6_000,
        },
    ]);
    let recorded = recorded(&events);
    assert_eq!(
        (recorded.duration, recorded.frames_lost),
        (Duration::from_millis(750), 0)
    );
    let (spec, samples) = read(&path);
    assert_eq!(
        (spec.channels, spec.sample_rate, spec.bits_per_sample),
        (2, 8_000, 16)
    );
    assert_eq!(samples.len(), 12_000);
    assert_eq!(
        (samples[0], samples[1], samples[8_000], samples[8_001]),
        (100, -100, 200, -200)
    );
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(recorded.bytes, bytes.len() as u64);
    let sum: String = Sha256::digest(&bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(recorded.sha256, sum);
}

#[test]
fn a_block_that_never_came_is_silence_in_its_place_and_counted() {
    let folder = Folder::new();
    let path = folder.0.join("call.wav");
    let events = record(vec![
        Job::Start {
            call: CALL,
            path: path.clone(),
        },
        block(0, 100, 100),
        block(3, 300, 300),
        Job::Finish {
            call: CALL,
            samples: 18_000,
        },
    ]);
    assert_eq!(recorded(&events).frames_lost, 3 * BLOCK_FRAMES);
    let (_, samples) = read(&path);
    assert_eq!(samples.len(), 36_000);
    assert_eq!(
        (samples[7_999], samples[8_000], samples[23_999], samples[24_000]),
        (100, 0, 0, 300)
    );
    assert_eq!(samples[32_000..], [0; 4_000]);
}

#[test]
fn gaps_are_concealed() {
    let folder = Folder::new();
    let path = folder.0.join("call.wav");
    record(vec![
        Job::Start {
            call: CALL,
            path: path.clone(),
        },
        block(0, 1_000, GAP),
        block(1, GAP, GAP),
        Job::Finish {
            call: CALL,
            samples: 8_000,
        },
    ]);
    let (_, samples) = read(&path);
    assert!(samples[8_000] > 900 && samples[8_000 + 2 * 200] > 300 && samples[8_000 + 2 * 500] == 0);
    assert!(samples.iter().skip(1).step_by(2).all(|s| *s == 0));
}

/// What the process leaves behind when it dies between any two jobs.
#[test]
fn the_file_is_valid_after_every_block() {
    let folder = Folder::new();
    let path = folder.0.join("call.wav");
    let (free, _blocks) = sync_channel(4);
    let mut recorder = Recorder::new(|_| {}, free);
    let now = crate::testing::any_instant();
    recorder.handle(
        now,
        Job::Start {
            call: CALL,
            path: path.clone(),
        },
    );
    assert_eq!(read(&path).1.len(), 0);
    for index in 0..4 {
        recorder.handle(now, block(index, 1, 2));
        assert_eq!(read(&path).1.len() as u64, (index + 1) * 2 * BLOCK as u64);
    }
}

#[test]
fn a_disk_that_refuses_is_reported_once_and_tried_again() {
    let folder = Folder::new();
    let way = folder.0.join("blocked");
    let path = way.join("call.wav");
    std::fs::write(&way, "a file where a folder should be").unwrap();
    let events = Mutex::new(Vec::new());
    let (free, _blocks) = sync_channel(4);
    let mut recorder = Recorder::new(|event| events.lock().unwrap().push(event), free);
    let now = crate::testing::any_instant();
    recorder.handle(
        now,
        Job::Start {
            call: CALL,
            path: path.clone(),
        },
    );
    recorder.handle(now, block(0, 1, 1));
    recorder.handle(now, block(1, 1, 1));
    std::fs::remove_file(&way).unwrap();
    recorder.handle(now, block(2, 7, 7));
    recorder.handle(
        now,
        Job::Finish {
            call: CALL,
            samples: 12_000,
        },
    );
    let events = events.into_inner().unwrap();
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(matches!(
        events[0],
        MediaEvent::RecordingFailed { call: CALL, .. }
    ));
    assert_eq!(recorded(&events).frames_lost, 2 * BLOCK_FRAMES);
    let (_, samples) = read(&path);
    assert_eq!((samples.len(), samples[0], samples[16_000]), (24_000, 0, 7));
}

#[test]
fn a_recording_is_never_written_over() {
    let folder = Folder::new();
    let path = folder.0.join("call.wav");
    std::fs::write(&path, "precious").unwrap();
    let events = record(vec![
        Job::Start {
            call: CALL,
            path: path.clone(),
        },
        block(0, 1, 1),
        Job::Finish {
            call: CALL,
            samples: 4_000,
        },
    ]);
    assert!(
        matches!(events[..], [MediaEvent::RecordingFailed { .. }]),
        "{events:?}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
}

/// The disk may have kept any part of the file.
#[test]
fn a_file_cut_at_any_byte_is_repaired_to_whole_samples() {
    let folder = Folder::new();
    let whole = folder.0.join("whole.wav");
    record(vec![
        Job::Start {
            call: CALL,
            path: whole.clone(),
        },
        block(0, 5, 6),
        Job::Finish {
            call: CALL,
            samples: 100,
        },
    ]);
    let bytes = std::fs::read(&whole).unwrap();
    assert_eq!(bytes.len(), 444);
    let cut = folder.0.join("cut.wav");
    for length in 0..=bytes.len() {
        std::fs::write(&cut, &bytes[..length]).unwrap();
        let samples = (length as u64).saturating_sub(HEADER) / SAMPLE;
        match repair(&cut).unwrap() {
            None => assert_eq!(samples, 0, "{length}"),
            Some(recorded) => {
                assert_eq!(
                    recorded.duration,
                    Duration::from_micros(samples * 125),
                    "{length}"
                );
                assert_eq!(read(&cut).1, [5, 6].repeat(samples as usize));
                assert_eq!(recorded.sha256, sum(&cut).unwrap());
            }
        }
    }
}

#[test]
fn a_lost_header_is_written_anew_and_foreign_files_are_left_alone() {
    let folder = Folder::new();
    let path = folder.0.join("call.wav");
    std::fs::write(&path, [0; 84]).unwrap();
    assert_eq!(
        repair(&path).unwrap().unwrap().duration,
        Duration::from_micros(10 * 125)
    );
    assert_eq!(read(&path).1, [0; 20]);
    let foreign = vec![b'x'; 500];
    std::fs::write(&path, &foreign).unwrap();
    assert!(repair(&path).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), foreign);
}

#[test]
fn a_header_that_lags_behind_the_data_is_brought_up_to_it() {
    let folder = Folder::new();
    let path = folder.0.join("call.wav");
    let mut bytes = header(10).to_vec();
    bytes.extend([1, 0, 2, 0].repeat(25));
    std::fs::write(&path, bytes).unwrap();
    repair(&path).unwrap().unwrap();
    assert_eq!(read(&path).1, [1, 2].repeat(25));
}
