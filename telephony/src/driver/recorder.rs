//! The recorder thread: blocks of all calls into their files. The only place where audio meets the disk.
//!
//! Each block is written at its place and the header after it, so a file is a valid WAV after every block, a write that failed can simply be
//! followed by the next one, and a block that never came is silence.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::sockets::thread_cpu_time;
use super::wav::{HEADER, SAMPLE, header};
use crate::CallId;
use crate::media::{MediaEvent, Recorded};
use crate::recording::{BLOCK, BLOCK_FRAMES, Concealer, Job, RATE};

/// A power cut may cost this much of a recording, a crash of the process less than a second.
const SYNC_EVERY: Duration = Duration::from_secs(5);

pub(super) struct Recorder<E> {
    calls: HashMap<CallId, Writing>,
    events: E,
    /// Where written blocks go back to.
    free: SyncSender<Box<[i16]>>,
    bytes: Vec<u8>,
}

struct Writing {
    path: PathBuf,
    file: Option<File>,
    concealer: Concealer,
    /// The block that should come next.
    next: u64,
    frames_lost: u64,
    failed: bool,
    synced: Instant,
}

impl<E: Fn(MediaEvent)> Recorder<E> {
    pub(super) fn new(events: E, free: SyncSender<Box<[i16]>>) -> Self {
        Self {
            calls: HashMap::new(),
            events,
            free,
            bytes: Vec::new(),
        }
    }

    /// Until all senders are gone. Tells once a second how much CPU time it has used.
    #[allow(clippy::disallowed_methods)] // The driver is where time is asked for.
    pub(super) fn run(mut self, jobs: &Receiver<Job>, on_cpu: impl Fn(Duration)) {
        let mut told = Instant::now();
        while let Ok(job) = jobs.recv() {
            let now = Instant::now();
            self.handle(now, job);
            if now.duration_since(told) >= Duration::from_secs(1) {
                told = now;
                on_cpu(thread_cpu_time());
            }
        }
    }

    fn handle(&mut self, now: Instant, job: Job) {
        match job {
            Job::Start { call, path } => {
                let mut writing = Writing::new(now, path);
                if let Err(error) = writing.open() {
                    self.report(call, &mut writing, &error);
                }
                self.calls.insert(call, writing);
            }
            Job::Block { call, index, samples } => self.write(now, call, index, samples),
            Job::Finish { call, samples } => self.finish(call, samples),
        }
    }

    fn write(&mut self, now: Instant, call: CallId, index: u64, mut samples: Box<[i16]>) {
        if let Some(mut writing) = self.calls.remove(&call) {
            writing.frames_lost += index.saturating_sub(writing.next) * BLOCK_FRAMES;
            writing.next = index + 1;
            writing.concealer.fill(&mut samples);
            self.bytes.clear();
            self.bytes
                .extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
            if let Err(error) = writing.write(now, index, &self.bytes) {
                writing.frames_lost += BLOCK_FRAMES;
                self.report(call, &mut writing, &error);
            }
            self.calls.insert(call, writing);
        }
        // A full channel means that there are blocks enough.
        let _ = self.free.try_send(samples);
    }

    fn finish(&mut self, call: CallId, samples: u64) {
        let Some(mut writing) = self.calls.remove(&call) else {
            return;
        };
        let written = writing.next * BLOCK as u64;
        writing.frames_lost += samples.saturating_sub(written).div_ceil(BLOCK as u64) * BLOCK_FRAMES;
        let done = writing
            .open()
            .and_then(|()| complete(writing.file()?, &writing.path, samples));
        match done {
            Ok(recorded) => {
                let recorded = Recorded {
                    frames_lost: writing.frames_lost,
                    ..recorded
                };
                (self.events)(MediaEvent::Recorded { call, recorded });
            }
            Err(error) => self.report(call, &mut writing, &error),
        }
    }

    /// Once a recording: the disk stays full for more than one block.
    fn report(&self, call: CallId, writing: &mut Writing, error: &io::Error) {
        if !writing.failed {
            writing.failed = true;
            let reason = format!("{}: {error}", writing.path.display());
            (self.events)(MediaEvent::RecordingFailed { call, reason });
        }
    }
}

impl Writing {
    fn new(now: Instant, path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            concealer: Concealer::default(),
            next: 0,
            frames_lost: 0,
            failed: false,
            synced: now,
        }
    }

    /// Makes the file if it could not be made before. A recording is never written over.
    fn open(&mut self) -> io::Result<()> {
        if self.file.is_some() {
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&self.path)?;
        // Even if the disk has no room for a header the file is ours by now: the next block tries again.
        self.file.insert(file).write_all_at(&header(0), 0)
    }

    fn file(&self) -> io::Result<&File> {
        self.file.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn write(&mut self, now: Instant, index: u64, bytes: &[u8]) -> io::Result<()> {
        self.open()?;
        let file = self.file()?;
        let start = index * BLOCK as u64;
        file.write_all_at(bytes, HEADER + start * SAMPLE)?;
        file.write_all_at(&header(start + BLOCK as u64), 0)?;
        if now.saturating_duration_since(self.synced) >= SYNC_EVERY {
            file.sync_data()?;
            self.synced = now;
        }
        Ok(())
    }
}

/// Right length, right header, on the disk, and its sum.
fn complete(file: &File, path: &Path, samples: u64) -> io::Result<Recorded> {
    file.set_len(HEADER + samples * SAMPLE)?;
    file.write_all_at(&header(samples), 0)?;
    file.sync_all()?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(Recorded {
        path: path.to_owned(),
        duration: Duration::from_micros(samples * 1_000_000 / u64::from(RATE)),
        bytes: HEADER + samples * SAMPLE,
        sha256: sum(path)?,
        frames_lost: 0,
    })
}

fn sum(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// After a crash: makes the header say how much there really is. None when nothing was recorded. A file that is not one of our
/// recordings is an error, and left alone.
pub fn repair(path: &Path) -> io::Result<Option<Recorded>> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    if length < HEADER + SAMPLE {
        return Ok(None);
    }
    let mut found = [0; HEADER as usize];
    file.read_exact_at(&mut found, 0)?;
    // A power cut may leave a file whose header never reached the disk.
    let lost = found.iter().all(|byte| *byte == 0);
    let ours = header(0);
    let is_ours = found[..4] == ours[..4] && found[8..40] == ours[8..40];
    if !lost && !is_ours {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "not a recording of 16 bits, 8 kHz, stereo",
        ));
    }
    complete(&file, path, (length - HEADER) / SAMPLE).map(Some)
}

#[cfg(test)]
#[path = "recorder_tests.rs"]
mod tests;
