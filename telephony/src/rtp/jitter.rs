//! A jitter buffer for audio that is mixed: packets are put where their timestamps say and taken 20 ms at a time, by the local clock.
//!
//! How long a packet waits is a target between 40 and 100 ms, which grows at once with the jitter that is measured, and shrinks slowly. The fastest packets of the last seconds show the offset of the two clocks (what jitter adds is only
//! ever more), so drift and a network that changes are followed: by a frame that is repeated, or by one that is left out where it is quiet.
//!
//! Not responsible for filling gaps (see `recording::Concealment`).

use std::time::Instant;

use super::FRAME;
use super::packet::Packet;
use crate::recording::GAP;

/// Samples that are kept: half a second.
const ROOM: usize = 4_096;
/// Of a packet: more than any that is used.
const LONGEST: usize = 2_048;
const LEAST: i64 = 320;
const MOST: i64 = 800;
/// Packets for which the target shrinks by a sample: 1.5 ms a second.
const SHRINK: u32 = 4;
/// Packets (5 s) over which the fastest one is looked for.
const WINDOW: u32 = 250;
/// Packets in a row that come too late, before the source is placed anew.
const LATE: u32 = 5;
/// Played too early by this much, a frame is repeated.
const EARLY: i64 = 80;
/// Played too late by this much, a frame is left out when it is quiet, or by that much more in any case.
const BEHIND: i64 = 160;
const FAR_BEHIND: i64 = 480;
const STALLED: i64 = 1_600;
/// A source that was silent for this long is placed anew.
const FORGET: i64 = 16_000;
/// Nobody misses a frame that is not louder: about -45 dBm0.
const QUIET: u16 = 200;

#[derive(Debug, Default)]
pub(super) struct JitterBuffer {
    source: Option<Box<Source>>,
}

#[derive(Debug)]
struct Source {
    ssrc: u32,
    seen: Seen,
    /// Local time runs from here, in samples.
    began: Instant,
    /// Of the last packet: its timestamp, and its place without wrap-around.
    timestamp: u32,
    position: i64,
    /// By place; gaps outside of `at..at + ROOM`.
    ring: [i16; ROOM],
    /// What is taken next, and where the newest sample ends.
    at: i64,
    end: i64,
    transit: Transit,
    target: i64,
    packets: u32,
    late: u32,
}

impl JitterBuffer {
    pub(super) fn put(&mut self, now: Instant, packet: &Packet<'_>, linear: &[i16; 256]) {
        let source = self
            .source
            .get_or_insert_with(|| Box::new(Source::new(now, packet, LEAST)));
        if source.ssrc != packet.ssrc || matches!(source.put(now, packet, linear), Placed::Astray) {
            **source = Source::new(now, packet, source.target);
            source.put(now, packet, linear);
        }
    }

    /// The next 20 ms, gaps marked; None without a source.
    pub(super) fn take(&mut self, now: Instant) -> Option<[i16; FRAME]> {
        let source = self.source.as_mut()?;
        if source.at > source.end + FORGET {
            self.source = None;
            return None;
        }
        Some(source.take(now))
    }

    #[cfg(test)]
    fn target(&self) -> i64 {
        self.source.as_ref().map_or(LEAST, |source| source.target)
    }
}

enum Placed {
    /// Kept, or of no use any more.
    Done,
    /// Its timestamp has nothing to do with those before.
    Astray,
}

impl Source {
    fn new(now: Instant, packet: &Packet<'_>, target: i64) -> Self {
        Self {
            ssrc: packet.ssrc,
            seen: Seen::new(packet.sequence),
            began: now,
            timestamp: packet.timestamp,
            position: 0,
            ring: [GAP; ROOM],
            at: -target,
            end: 0,
            transit: Transit::default(),
            target,
            packets: 0,
            late: 0,
        }
    }

    fn put(&mut self, now: Instant, packet: &Packet<'_>, linear: &[i16; 256]) -> Placed {
        let step = i64::from(packet.timestamp.wrapping_sub(self.timestamp).cast_signed());
        let payload = &packet.payload[..packet.payload.len().min(LONGEST)];
        let (position, length) = (self.position + step, payload.len() as i64);
        if position + length > self.at + ROOM as i64 || position < self.at - FORGET {
            return Placed::Astray;
        }
        if !self.seen.is_new(packet.sequence) {
            return Placed::Done;
        }
        (self.timestamp, self.position) = (packet.timestamp, position);
        self.adapt(self.clock(now) - position);
        if position + length <= self.at {
            // Many in a row say that the way has become longer.
            self.late += 1;
            return if self.late < LATE {
                Placed::Done
            } else {
                Placed::Astray
            };
        }
        self.late = 0;
        self.end = self.end.max(position + length);
        for (place, code) in (position..).zip(payload) {
            if place >= self.at {
                self.ring[slot(place)] = linear[usize::from(*code)];
            }
        }
        Placed::Done
    }

    fn adapt(&mut self, transit: i64) {
        self.transit.observe(transit);
        self.packets = self.packets.wrapping_add(1);
        // Three times the mean deviation covers nearly all packets, the spread the bursts of the last seconds; a frame is needed whole.
        let spread = self.transit.spread().max(3 * self.transit.jitter());
        let wanted = (FRAME as i64 + spread).clamp(LEAST, MOST);
        if wanted > self.target {
            self.target = wanted;
        } else if wanted < self.target && self.packets.is_multiple_of(SHRINK) {
            self.target -= 1;
        }
    }

    fn clock(&self, now: Instant) -> i64 {
        (now.saturating_duration_since(self.began).as_micros() * 8 / 1_000) as i64
    }

    fn take(&mut self, now: Instant) -> [i16; FRAME] {
        let wanted = self.clock(now) - self.transit.least() - self.target;
        // After a stall, of the network or of this thread, nobody wants to hear what was said meanwhile.
        while wanted - self.at >= STALLED {
            self.next();
        }
        let behind = wanted - self.at;
        if behind <= -EARLY {
            return [GAP; FRAME];
        }
        if behind >= FAR_BEHIND || behind >= BEHIND && self.is_quiet() {
            self.next();
        }
        self.next()
    }

    fn next(&mut self) -> [i16; FRAME] {
        let mut frame = [GAP; FRAME];
        for (sample, place) in frame.iter_mut().zip(self.at..) {
            *sample = std::mem::replace(&mut self.ring[slot(place)], GAP);
        }
        self.at += FRAME as i64;
        frame
    }

    fn is_quiet(&self) -> bool {
        (self.at..self.at + FRAME as i64)
            .map(|place| self.ring[slot(place)])
            .all(|sample| sample == GAP || sample.unsigned_abs() <= QUIET)
    }
}

fn slot(place: i64) -> usize {
    place.rem_euclid(ROOM as i64) as usize
}

/// How long packets are under way, against the first one.
#[derive(Debug, Default)]
struct Transit {
    last: Option<i64>,
    /// Mean deviation in sixteenths of a sample (RFC 3550 appendix A.8).
    jitter: i64,
    packets: u32,
    /// The fastest and the slowest packet of this window, and of the one before.
    window: Option<(i64, i64)>,
    before: Option<(i64, i64)>,
}

impl Transit {
    fn observe(&mut self, transit: i64) {
        if self.packets >= WINDOW {
            (self.before, self.window, self.packets) = (self.window, None, 0);
        }
        self.packets += 1;
        let (least, most) = self.window.unwrap_or((transit, transit));
        self.window = Some((least.min(transit), most.max(transit)));
        if let Some(last) = self.last.replace(transit) {
            // A single jump says nothing beyond the largest target.
            let deviation = (transit - last).abs().min(2 * MOST);
            self.jitter += deviation - ((self.jitter + 8) >> 4);
        }
    }

    fn jitter(&self) -> i64 {
        self.jitter >> 4
    }

    fn windows(&self) -> impl Iterator<Item = (i64, i64)> {
        self.window.into_iter().chain(self.before)
    }

    fn least(&self) -> i64 {
        self.windows().map(|(least, _)| least).min().unwrap_or(0)
    }

    fn spread(&self) -> i64 {
        let most = self.windows().map(|(_, most)| most).max();
        most.unwrap_or(0) - self.least()
    }
}

/// Which of the last 64 numbers were there.
#[derive(Debug)]
struct Seen {
    newest: u16,
    mask: u64,
}

impl Seen {
    fn new(sequence: u16) -> Self {
        Self {
            newest: sequence.wrapping_sub(1),
            mask: 0,
        }
    }

    /// What is older than all of them counts as new: its timestamp decides.
    fn is_new(&mut self, sequence: u16) -> bool {
        let ahead = sequence.wrapping_sub(self.newest).cast_signed();
        if ahead > 0 {
            self.mask = self
                .mask
                .checked_shl(u32::from(ahead.unsigned_abs()))
                .unwrap_or(0)
                | 1;
            self.newest = sequence;
            return true;
        }
        let bit = 1u64.checked_shl(u32::from(ahead.unsigned_abs())).unwrap_or(0);
        let is_new = self.mask & bit == 0;
        self.mask |= bit;
        is_new
    }
}

#[cfg(test)]
#[path = "jitter_tests.rs"]
mod tests;
