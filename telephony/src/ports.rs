//! RTP ports: handed out in turn, so that a port rests longest before a late packet of its last call could meet the next.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

#[derive(Debug)]
pub(crate) struct Ports {
    free: VecDeque<u16>,
    range: RangeInclusive<u16>,
}

impl Ports {
    pub(crate) fn new(range: RangeInclusive<u16>) -> Self {
        Self {
            free: even(&range).collect(),
            range,
        }
    }

    pub(crate) fn take(&mut self) -> Option<u16> {
        self.free.pop_front()
    }

    pub(crate) fn give_back(&mut self, port: u16) {
        if self.range.contains(&port) && !self.free.contains(&port) {
            self.free.push_back(port);
        }
    }
}

/// Even ports whose odd neighbour is in the range too.
fn even(range: &RangeInclusive<u16>) -> impl Iterator<Item = u16> + use<> {
    let last = *range.end();
    range.clone().filter(move |p| p % 2 == 0 && *p < last)
}
