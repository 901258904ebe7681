//! Missed calls (漏接回拨): every call that nobody answered is owed a call back, one task a number, in order of their dues. Dials nothing:
//! the dialer calls when an operator is free, or an operator does from the desk; what became of it is taken from the call's record.

pub mod api;
pub mod jobs;
mod owner;
mod rate;
mod rules;
mod store;

pub use owner::{KEPT, OWNER};
pub use rules::Settled;
