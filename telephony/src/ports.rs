//! RTP ports: handed out in turn, so that a port rests longest before a late packet of its last call could meet the next. One that another
//! program was found to hold is tried again only when no other is left.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

#[derive(Debug)]
pub(crate) struct Ports {
    free: VecDeque<u16>,
    /// Held by another program when a call was to have them.
    held: VecDeque<u16>,
    range: RangeInclusive<u16>,
}

impl Ports {
    pub(crate) fn new(range: RangeInclusive<u16>) -> Self {
        Self {
            free: even(&range).collect(),
            held: VecDeque::new(),
            range,
        }
    }

    pub(crate) fn take(&mut self) -> Option<u16> {
        self.free.pop_front().or_else(|| self.held.pop_front())
    }

    /// Given back by a call that could not have it.
    pub(crate) fn set_aside(&mut self, port: u16) {
        if self.range.contains(&port) && !self.held.contains(&port) {
            self.held.push_back(port);
        }
    }

    pub(crate) fn give_back(&mut self, port: u16) {
        if self.range.contains(&port) && !self.free.contains(&port) && !self.held.contains(&port) {
            self.free.push_back(port);
        }
    }
}

/// Even ports whose odd neighbour is in the range too.
fn even(range: &RangeInclusive<u16>) -> impl Iterator<Item = u16> + use<> {
    let last = *range.end();
    range.clone().filter(move |p| p % 2 == 0 && *p < last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_another_program_holds_is_the_last_to_be_tried_again() {
        let mut ports = Ports::new(20_000..=20_005);
        let held = ports.take().expect("the first");
        ports.set_aside(held);
        ports.give_back(held);
        assert_eq!((ports.take(), ports.take()), (Some(20_002), Some(20_004)));
        ports.give_back(20_004);
        assert_eq!(
            ports.take(),
            Some(20_004),
            "free again, so before the one that is held"
        );
        assert_eq!((ports.take(), ports.take()), (Some(held), None));
        ports.give_back(held);
        assert_eq!(ports.take(), Some(held), "it was not held this time");
    }
}
