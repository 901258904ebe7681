//! Calling the citizen back (回访): when, how often, and what the answers do to the ticket. Places no call itself: the switchboard
//! dials and plays the menu; the answers come back on the call.

pub mod jobs;
mod rules;
mod store;

pub use jobs::recover;
pub use rules::{Answers, Verdict, judge, read_answers};
pub use store::completed_today;

/// The menu that asks.
const MENU: &str = "survey";
/// The schedule of the permitted hours.
const SCHEDULE: &str = "survey";
