//! Two tracks on one timeline: left what was received on a leg, right what was sent to it.
//!
//! The timeline runs by the local clock from the moment recording starts, so its length is that of the call whatever is lost. A packet is put
//! where its timestamp says; since nobody listens meanwhile, the jitter buffer is simply a delay before a block is let go. What never came
//! stays a gap, which the recorder conceals.
//!
//! Not responsible for files (see `driver::recorder`).

mod backlog;
mod concealment;
mod track;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use backlog::Backlog;
pub use concealment::Concealer;
pub(crate) use concealment::Concealment;
use track::Track;

use crate::CallId;
use crate::rtp::FRAME;

/// Stereo samples of a block. With `LAG` less than a second: after a crash all but the last second must be in the file.
pub const BLOCK: usize = 4_000;
/// 20 ms frames of a block.
pub const BLOCK_FRAMES: u64 = 25;
pub const RATE: u32 = 8_000;
/// How late a packet may come.
const LAG: Duration = Duration::from_millis(300);
/// Marks samples that never came: no G.711 code has this value.
pub const GAP: i16 = i16::MIN;

/// For the recorder.
#[derive(Debug)]
pub enum Job {
    Start {
        call: CallId,
        path: PathBuf,
    },
    /// Left and right interleaved; `index` counts blocks from the start, so that a lost one leaves its place.
    Block {
        call: CallId,
        index: u64,
        samples: Box<[i16]>,
    },
    /// The recording is this many stereo samples long.
    Finish {
        call: CallId,
        samples: u64,
    },
}

/// Blocks to be used again.
#[derive(Debug, Default)]
pub struct Pool {
    free: Vec<Box<[i16]>>,
}

/// Enough for the blocks of some hundred calls in flight.
const MOST_FREE: usize = 512;

impl Pool {
    fn take(&mut self) -> Box<[i16]> {
        match self.free.pop() {
            Some(mut block) => {
                block.fill(GAP);
                block
            }
            None => new_block(),
        }
    }

    pub fn put(&mut self, block: Box<[i16]>) {
        if block.len() == 2 * BLOCK && self.free.len() < MOST_FREE {
            self.free.push(block);
        }
    }
}

fn new_block() -> Box<[i16]> {
    vec![GAP; 2 * BLOCK].into_boxed_slice()
}

/// A call's recording, as long as it runs.
#[derive(Debug)]
pub struct Recording {
    call: CallId,
    pub(crate) timeline: Timeline,
}

impl Recording {
    pub fn new(now: Instant, call: CallId) -> Self {
        Self {
            call,
            timeline: Timeline::new(now),
        }
    }

    /// Lets go of the blocks that no packet in time can reach any more.
    pub fn advance(&mut self, now: Instant, pool: &mut Pool, jobs: &mut Vec<Job>) {
        let call = self.call;
        let until = now
            .checked_sub(LAG)
            .map_or(0, |then| self.timeline.position(then));
        while let Some((index, samples)) = self.timeline.take_block(until, pool) {
            jobs.push(Job::Block { call, index, samples });
        }
        self.timeline.open_until(now, pool);
    }

    pub fn finish(mut self, now: Instant, pool: &mut Pool, jobs: &mut Vec<Job>) {
        let call = self.call;
        let length = self.timeline.position(now);
        while let Some((index, samples)) = self.timeline.take_block(length + BLOCK as i64 - 1, pool) {
            jobs.push(Job::Block { call, index, samples });
        }
        jobs.push(Job::Finish {
            call,
            samples: length as u64,
        });
    }
}

#[derive(Debug)]
pub struct Timeline {
    began: Instant,
    /// Index of the first block that is still open.
    first: u64,
    open: VecDeque<Box<[i16]>>,
    left: Track,
    right: Track,
}

impl Timeline {
    fn new(now: Instant) -> Self {
        Self {
            began: now,
            first: 0,
            open: VecDeque::new(),
            left: Track::default(),
            right: Track::default(),
        }
    }

    fn position(&self, now: Instant) -> i64 {
        (now.saturating_duration_since(self.began).as_micros() * u128::from(RATE) / 1_000_000) as i64
    }

    /// A packet that came from the peer: spoken until now.
    pub(crate) fn received(
        &mut self,
        now: Instant,
        source: u32,
        timestamp: u32,
        codes: &[u8],
        linear: &[i16; 256],
    ) {
        let arrived = self.position(now) - codes.len() as i64;
        if let Some(position) = self.left.place(source, timestamp, arrived, self.oldest()) {
            self.write(0, position, codes, linear);
        }
    }

    /// A packet that went to the peer: heard from now on.
    pub(crate) fn sent(&mut self, now: Instant, timestamp: u32, codes: &[u8], linear: &[i16; 256]) {
        let now = self.position(now);
        if let Some(position) = self.right.place(0, timestamp, now, self.oldest()) {
            self.write(1, position, codes, linear);
        }
    }

    /// Has the blocks ready that packets of the next tick can reach, so that they come from the pool.
    fn open_until(&mut self, now: Instant, pool: &mut Pool) {
        let reach = self.position(now) + track::AHEAD + 2 * FRAME as i64;
        while self.oldest() + ((self.open.len() * BLOCK) as i64) < reach {
            self.open.push_back(pool.take());
        }
    }

    fn oldest(&self) -> i64 {
        (self.first * BLOCK as u64) as i64
    }

    fn write(&mut self, side: usize, position: i64, codes: &[u8], linear: &[i16; 256]) {
        // What was spoken before the recording began is not part of it.
        let skipped = (self.oldest() - position).clamp(0, codes.len() as i64) as usize;
        let mut codes = &codes[skipped..];
        let mut offset = (position + skipped as i64 - self.oldest()) as usize;
        while !codes.is_empty() {
            let (block, within) = (offset / BLOCK, offset % BLOCK);
            let (now, later) = codes.split_at(codes.len().min(BLOCK - within));
            while self.open.len() <= block {
                self.open.push_back(new_block());
            }
            for (pair, code) in self.open[block][2 * within..].chunks_exact_mut(2).zip(now) {
                pair[side] = linear[usize::from(*code)];
            }
            offset += now.len();
            codes = later;
        }
    }

    /// The next block if it ends by `until`.
    fn take_block(&mut self, until: i64, pool: &mut Pool) -> Option<(u64, Box<[i16]>)> {
        let end = self.oldest() + BLOCK as i64;
        if end > until {
            return None;
        }
        let index = self.first;
        self.first += 1;
        let block = self.open.pop_front().unwrap_or_else(|| pool.take());
        Some((index, block))
    }
}

#[cfg(test)]
#[path = "recording_tests.rs"]
mod tests;
