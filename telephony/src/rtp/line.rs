//! The one line of packets towards a leg: one SSRC, one row of sequence numbers and timestamps, whatever the source of the audio.
//!
//! A source that comes in starts with the marker bit and a timestamp by the clock, so the far end's buffer sees a pause, never a jump
//! (RFC 3550 section 5.1).

use std::time::{Duration, Instant};

use super::packet::{Header, Packet, is_newer};
use super::{FRAME, samples};

/// Beyond this many lost packets the peer has started its count anew.
const MAX_DROPOUT: u16 = 1_000;
/// A generator that paused longer than this goes on by the clock.
const MAX_PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Line {
    ssrc: u32,
    next_sequence: u16,
    /// Of the newest packet, and when it went.
    timestamp: u32,
    at: Option<Instant>,
    source: Source,
    packets: u64,
    octets: u64,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    None,
    Local,
    Through(Through),
}

/// A peer's packets passing through: what to add to their numbers.
#[derive(Debug, Clone, Copy)]
struct Through {
    ssrc: u32,
    newest: u16,
    first: u16,
    add_sequence: u16,
    add_timestamp: u32,
}

impl Line {
    pub(super) fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Self {
        Self {
            ssrc,
            next_sequence: sequence,
            timestamp,
            at: None,
            source: Source::None,
            packets: 0,
            octets: 0,
        }
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    pub(super) fn packets(&self) -> u64 {
        self.packets
    }

    pub(super) fn octets(&self) -> u64 {
        self.octets
    }

    /// The timestamp that a packet sent now would have (for sender reports).
    pub(super) fn timestamp_at(&self, now: Instant) -> u32 {
        self.at.map_or(self.timestamp, |at| {
            self.timestamp
                .wrapping_add(samples(now.saturating_duration_since(at)))
        })
    }

    /// What comes next is something new: a talk spurt of its own, with the marker bit (RFC 3551 section 4.1).
    pub(super) fn begin_spurt(&mut self) {
        self.source = Source::None;
    }

    /// For the next frame of our own.
    pub(super) fn local(&mut self, now: Instant) -> Header {
        let paused = self
            .at
            .is_none_or(|at| now.saturating_duration_since(at) > MAX_PAUSE);
        let marker = paused || !matches!(self.source, Source::Local);
        let timestamp = if marker {
            self.resume(now)
        } else {
            self.timestamp.wrapping_add(FRAME as u32)
        };
        self.source = Source::Local;
        self.sent(now, timestamp);
        self.header(marker, timestamp)
    }

    /// For a packet of a telephone-event: all carry the timestamp of its start while time goes on (RFC 4733 section 2.5.1.2).
    pub(super) fn event(&mut self, now: Instant, began: Option<u32>) -> Header {
        let header = self.local(now);
        match began {
            None => Header {
                marker: true,
                ..header
            },
            Some(timestamp) => Header {
                marker: false,
                timestamp,
                ..header
            },
        }
    }

    /// For a packet of the bridged peer. None: it is from before the peer's audio came in.
    pub(super) fn through(&mut self, now: Instant, packet: &Packet<'_>) -> Option<Header> {
        let (through, is_new) = match self.source {
            Source::Through(through) if through.continues(packet) => (through, false),
            _ => (self.switch_to(now, packet), true),
        };
        if !is_newer(packet.sequence, through.first.wrapping_sub(1)) {
            return None;
        }
        let sequence = packet.sequence.wrapping_add(through.add_sequence);
        let timestamp = packet.timestamp.wrapping_add(through.add_timestamp);
        if is_new || is_newer(packet.sequence, through.newest) {
            // `first` only guards the beginning: it follows, or it would be "newer" again after half a circle.
            let first = if packet.sequence.wrapping_sub(through.first) > 0x4000 {
                packet.sequence.wrapping_sub(0x2000)
            } else {
                through.first
            };
            self.source = Source::Through(Through {
                newest: packet.sequence,
                first,
                ..through
            });
            self.next_sequence = sequence.wrapping_add(1);
            self.sent(now, timestamp);
        }
        Some(Header {
            marker: packet.marker || is_new,
            sequence,
            timestamp,
            ssrc: self.ssrc,
        })
    }

    /// Counts what was really sent.
    pub(super) fn count(&mut self, octets: usize) {
        self.packets += 1;
        self.octets += octets as u64;
    }

    fn switch_to(&mut self, now: Instant, packet: &Packet<'_>) -> Through {
        Through {
            ssrc: packet.ssrc,
            newest: packet.sequence,
            first: packet.sequence,
            add_sequence: self.next_sequence.wrapping_sub(packet.sequence),
            add_timestamp: self.resume(now).wrapping_sub(packet.timestamp),
        }
    }

    /// The timestamp by the clock, at least a frame after the last.
    fn resume(&self, now: Instant) -> u32 {
        match self.at {
            None => self.timestamp,
            Some(at) => {
                let elapsed = samples(now.saturating_duration_since(at)).max(FRAME as u32);
                self.timestamp.wrapping_add(elapsed)
            }
        }
    }

    fn header(&mut self, marker: bool, timestamp: u32) -> Header {
        let sequence = self.next_sequence;
        self.next_sequence = sequence.wrapping_add(1);
        Header {
            marker,
            sequence,
            timestamp,
            ssrc: self.ssrc,
        }
    }

    fn sent(&mut self, now: Instant, timestamp: u32) {
        self.timestamp = timestamp;
        self.at = Some(now);
    }
}

impl Through {
    fn continues(&self, packet: &Packet<'_>) -> bool {
        let ahead = packet.sequence.wrapping_sub(self.newest);
        packet.ssrc == self.ssrc && !(MAX_DROPOUT..=u16::MAX - MAX_DROPOUT).contains(&ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(ssrc: u32, sequence: u16, timestamp: u32) -> Packet<'static> {
        Packet {
            marker: false,
            payload_type: 8,
            sequence,
            timestamp,
            ssrc,
            payload: &[],
        }
    }

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn sources_take_turns_on_one_row_of_numbers() {
        let start = crate::testing::any_instant();
        let mut line = Line::new(1, 65_534, u32::MAX);
        let first = line.local(start);
        let second = line.local(start + ms(20));
        assert!(first.marker && !second.marker);
        assert_eq!(second.timestamp, 159);
        let third = line.through(start + ms(45), &packet(9, 500, 70_000)).unwrap();
        assert_eq!(
            (third.marker, third.sequence, third.timestamp, third.ssrc),
            (true, 0, 159 + 200, 1)
        );
        let fourth = line.through(start + ms(60), &packet(9, 501, 70_160)).unwrap();
        assert_eq!(
            (fourth.marker, fourth.sequence, fourth.timestamp),
            (false, 1, 359 + 160)
        );
        let fifth = line.local(start + ms(80));
        assert_eq!(
            (fifth.marker, fifth.sequence, fifth.timestamp),
            (true, 2, 519 + 160)
        );
    }

    #[test]
    fn loss_and_reordering_of_the_peer_stay_visible() {
        let start = crate::testing::any_instant();
        let mut line = Line::new(1, 10, 0);
        let numbers: Vec<u16> = [100, 101, 104, 103, 105]
            .into_iter()
            .map(|sequence| {
                line.through(start, &packet(9, sequence, u32::from(sequence) * 160))
                    .unwrap()
                    .sequence
            })
            .collect();
        assert_eq!(numbers, [10, 11, 14, 13, 15]);
    }

    #[test]
    fn what_is_older_than_the_switch_is_dropped() {
        let start = crate::testing::any_instant();
        let mut line = Line::new(1, 10, 0);
        line.local(start);
        assert!(line.through(start, &packet(9, 100, 0)).is_some());
        assert!(line.through(start, &packet(9, 99, 0)).is_none());
    }

    #[test]
    fn a_long_call_passes_through_after_the_count_went_round() {
        let start = crate::testing::any_instant();
        let mut line = Line::new(1, 0, 0);
        for n in 0..200_000u32 {
            let header = line.through(start, &packet(9, n as u16, n * 160)).unwrap();
            assert_eq!((header.sequence, header.marker), (n as u16, n == 0));
        }
    }

    #[test]
    fn a_peer_that_starts_anew_continues_our_row() {
        let start = crate::testing::any_instant();
        let mut line = Line::new(1, 10, 0);
        line.through(start, &packet(9, 100, 0)).unwrap();
        let other = line.through(start + ms(20), &packet(8, 30_000, 5)).unwrap();
        assert_eq!((other.marker, other.sequence, other.timestamp), (true, 11, 160));
        let jumped = line.through(start + ms(40), &packet(8, 9, 5)).unwrap();
        assert_eq!((jumped.marker, jumped.sequence), (true, 12));
    }

    #[test]
    fn a_pause_moves_the_timestamp_by_the_clock() {
        let start = crate::testing::any_instant();
        let mut line = Line::new(1, 0, 0);
        line.local(start);
        let late = line.local(start + ms(500));
        assert!(late.marker);
        assert_eq!((late.sequence, late.timestamp), (1, 4_000));
    }
}
