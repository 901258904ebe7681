//! Missed calls (漏接回拨): every call that nobody answered is owed a call back, one task a number, in order of their dues. Dials nothing:
//! an operator calls from the desk, and what became of that call is taken from its record.

pub mod api;
pub mod jobs;
mod rules;
mod store;

pub use rules::{LIMIT_MS, Settled};
