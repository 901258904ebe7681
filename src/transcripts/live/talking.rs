//! Since when an operator and a citizen talk without interruption. Pure.

use crate::{
    calls::{Call, EventRow},
    transcripts::{Side, office_skips},
};

/// In milliseconds of the recording; none while a machine plays to the citizen: in the menu, in the queue, on hold.
pub fn since(call: &Call, events: &[EventRow]) -> Option<i64> {
    let machine = office_skips(call, events);
    let last = machine.iter().rev().find(|skip| skip.side == Side::Office);
    match last {
        None => Some(0),
        Some(skip) if skip.to_ms == i64::MAX => None,
        Some(skip) => Some(skip.to_ms),
    }
}
