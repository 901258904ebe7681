//! Calling the citizen back (回访): who is owed a call, and what the answers do to the ticket. Places no call itself: the dialer says when,
//! the switchboard dials and plays the menu; the answers come back on the call.

pub mod jobs;
mod owner;
mod rules;
mod store;

pub use jobs::recover;
pub use owner::OWNER;
pub use rules::{Answers, Verdict, judge, meaning, read_answers};
pub use store::completed_today;

/// As the dialer knows us.
const PURPOSE: &str = "survey";
/// The menu that asks.
const MENU: &str = "survey";
/// The schedule of the permitted hours.
const SCHEDULE: &str = "survey";
