//! The media of all legs as one machine without sockets or clock: commands, packets and 20 ms ticks in; packets, events and blocks for
//! the recorder out. The only module that names the RTP library.
//!
//! Not responsible for what a call means (see `switch`), for sockets and threads (see `driver`), nor for files (see `recording`).

mod digits;
mod ear;
mod engine;
mod g711;
mod jitter;
mod latch;
mod leg;
mod line;
mod mixing;
mod outbox;
mod packet;
mod playback;
mod progress;
mod reports;
mod silence;
mod tones;

use std::time::Duration;

pub use engine::{Counters, Engine, Settings};
pub use outbox::Transmit;
pub use playback::Prompts;
pub use reports::NtpClock;

/// Samples of a 20 ms frame at 8 kHz.
pub const FRAME: usize = 160;
pub const FRAME_TIME: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PacketKind {
    Rtp,
    Rtcp,
}

/// A time span on the 8 kHz clock; wraps like timestamps do.
fn samples(span: Duration) -> u32 {
    (span.as_micros() * 8 / 1_000) as u32
}

#[cfg(test)]
mod link_tests;
