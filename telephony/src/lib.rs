//! Call control, menus, queues and media of a citizen hotline.
//!
//! Everything outside [`driver`] is sans-IO: a machine takes `handle_*(now, ..)` calls and is then drained
//! with `poll_output()` until it returns `Timeout(instant)`. No machine reads a clock, a socket or a file, and all randomness
//! comes from a seed. This crate knows no ticket, no SQL and no HTTP.

mod call;
pub mod core;
#[cfg(feature = "driver")]
pub mod driver;
pub mod media;
pub mod menu;
pub mod phone;
mod ports;
pub mod queue;
pub mod reading;
pub mod recording;
pub mod rtp;
pub mod sdp;
pub mod sip;
pub mod switch;
#[cfg(test)]
mod testing;
pub mod timer;

pub use media::{MediaCommand, MediaEvent};

/// One INVITE session with one peer: the citizen's, or an operator's phone (RFC 3261 "dialog", seen from outside).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u64);

/// A browser's audio connection, which stays up between calls: legs are attached to it and detached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineId(pub u64);

/// One call as the hotline counts it: a citizen, and all that happens to them until they are gone. Unique for ever (63 random bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

impl std::fmt::Display for CallId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
