//! Keys as telephone-events (RFC 4733): each reported once, at its first packet that arrives, however many are lost or doubled.
//!
//! Not responsible for keys that are heard as tones (see `tones`).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use sipx_rtp::dtmf::{Digit, Event, Receiver};

use super::packet::Packet;

/// RFC 4733 section 2.5.2.2: without a report for three packet intervals, and some jitter, the key is up.
const LOST_END: Duration = Duration::from_millis(150);

/// Hears keys.
#[derive(Debug, Default)]
pub(super) struct Keys {
    receiver: Receiver,
    last_report: Option<Instant>,
}

impl Keys {
    /// A telephone-event packet; the key if this is the first that was heard of it.
    pub(super) fn handle_event(&mut self, now: Instant, packet: &Packet<'_>) -> Option<char> {
        let event = Event::decode(packet.payload)?;
        let was_down = self.receiver.in_progress().is_some();
        let ended = self
            .receiver
            .push(packet.sequence, packet.timestamp, packet.marker, &event);
        self.last_report = Some(now);
        // The receiver speaks of ends; a menu shall answer when the key goes down. A press began when one is down now or ended
        // within this packet, apart from the one that was down before.
        let ends = ended.iter().flatten().count();
        let began = usize::from(self.receiver.in_progress().is_some()) + ends > usize::from(was_down);
        began.then(|| event.digit.as_char())
    }

    /// Audio shares the row of sequence numbers.
    pub(super) fn handle_audio(&mut self, packet: &Packet<'_>) {
        self.receiver.observe_non_event(packet.sequence);
    }

    /// Another source speaks: its numbers have nothing to do with the old ones.
    pub(super) fn reset(&mut self) {
        self.receiver.reset();
    }

    pub(super) fn tick(&mut self, now: Instant) {
        if self
            .last_report
            .is_some_and(|at| now.saturating_duration_since(at) >= LOST_END)
        {
            self.receiver.timeout();
            self.last_report = None;
        }
    }
}

/// Frames that a key of ours is held, and the pause after it.
const HELD: u16 = 5;
const ENDS: u16 = sipx_rtp::dtmf::END_RETRANSMISSIONS as u16;
const PAUSE: u16 = 4;

/// Keys to be sent, one after the other, a frame at a time.
#[derive(Debug, Default)]
pub(super) struct Dialling {
    queue: VecDeque<Digit>,
    frame: u16,
    pub(super) began: Option<u32>,
}

/// What one frame of a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Key down: the event payload, or a tone of this key.
    Down {
        digit: char,
        payload: [u8; 4],
    },
    /// The end is said three times; as a tone this is silence already.
    End {
        payload: [u8; 4],
    },
    Pause,
}

impl Dialling {
    pub(super) fn push(&mut self, digit: char) {
        self.queue.extend(Digit::from_char(digit));
    }

    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// The next frame; None when nothing is left to send.
    pub(super) fn next(&mut self) -> Option<Step> {
        let digit = *self.queue.front()?;
        let frame = self.frame;
        self.frame += 1;
        Some(if frame < HELD {
            Step::Down {
                digit: digit.as_char(),
                payload: payload(digit, frame + 1, false),
            }
        } else if frame < HELD + ENDS {
            Step::End {
                payload: payload(digit, HELD, true),
            }
        } else {
            if frame + 1 >= HELD + ENDS + PAUSE {
                self.queue.pop_front();
                self.frame = 0;
            }
            self.began = None;
            Step::Pause
        })
    }
}

fn payload(digit: Digit, frames: u16, end: bool) -> [u8; 4] {
    let mut event = Event::new(digit, frames * super::FRAME as u16);
    event.end = end;
    let mut out = [0; 4];
    out.copy_from_slice(&event.encode());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    fn press(digit: char, sequence: &mut u16, timestamp: u32) -> Vec<(u16, u32, bool, [u8; 4])> {
        let mut dialling = Dialling::default();
        dialling.push(digit);
        let mut out = Vec::new();
        while let Some(step) = dialling.next() {
            if let Step::Down { payload, .. } | Step::End { payload } = step {
                out.push((*sequence, timestamp, out.is_empty(), payload));
                *sequence = sequence.wrapping_add(1);
            }
        }
        out
    }

    fn feed(keys: &mut Keys, now: Instant, packet: &(u16, u32, bool, [u8; 4])) -> Option<char> {
        let (sequence, timestamp, marker, payload) = packet;
        let view = Packet {
            marker: *marker,
            payload_type: 101,
            sequence: *sequence,
            timestamp: *timestamp,
            ssrc: 1,
            payload,
        };
        keys.handle_event(now, &view)
    }

    #[test]
    fn a_key_is_reported_once_when_it_goes_down() {
        let now = crate::testing::any_instant();
        let mut keys = Keys::default();
        let mut sequence = 65_530;
        let packets = press('5', &mut sequence, 1_000);
        let heard: Vec<_> = packets.iter().map(|p| feed(&mut keys, now, p)).collect();
        assert_eq!(heard[0], Some('5'));
        assert!(heard[1..].iter().all(Option::is_none));
    }

    #[test]
    fn doubled_and_late_packets_report_nothing_more() {
        let now = crate::testing::any_instant();
        let mut keys = Keys::default();
        let packets = press('#', &mut 10, 1_000);
        let heard = packets
            .iter()
            .chain(packets.iter().rev())
            .filter_map(|p| feed(&mut keys, now, p))
            .count();
        assert_eq!(heard, 1);
    }

    /// With a fifth of the packets gone, each key of eight packets still comes once and in order.
    #[test]
    fn keys_come_once_each_under_loss() {
        let mut lost_keys = 0;
        for seed in 0..200 {
            let mut rng = SmallRng::seed_from_u64(seed);
            let mut keys = Keys::default();
            let (mut now, mut sequence) = (crate::testing::any_instant(), 0u16);
            let dialled = "12344000556*#9";
            let mut heard = String::new();
            for (n, digit) in dialled.chars().enumerate() {
                for packet in press(digit, &mut sequence, n as u32 * 3_000) {
                    if rng.random_bool(0.8) {
                        heard.extend(feed(&mut keys, now, &packet));
                    }
                    now += Duration::from_millis(20);
                    keys.tick(now);
                }
                for _ in 0..10 {
                    now += Duration::from_millis(20);
                    keys.tick(now);
                }
            }
            lost_keys += usize::from(heard != dialled);
        }
        assert_eq!(lost_keys, 0);
    }

    #[test]
    fn signals_that_are_no_keys_are_ignored() {
        let mut keys = Keys::default();
        assert_eq!(
            feed(
                &mut keys,
                crate::testing::any_instant(),
                &(1, 1, true, [16, 0, 0, 160])
            ),
            None
        );
        let short = Packet {
            marker: true,
            payload_type: 101,
            sequence: 2,
            timestamp: 1,
            ssrc: 1,
            payload: &[1, 2],
        };
        assert_eq!(keys.handle_event(crate::testing::any_instant(), &short), None);
    }

    #[test]
    fn dialling_holds_ends_and_pauses_each_key() {
        let mut dialling = Dialling::default();
        dialling.push('1');
        dialling.push('x');
        dialling.push('2');
        let steps: Vec<Step> = std::iter::from_fn(|| dialling.next()).collect();
        assert_eq!(steps.len(), 2 * usize::from(HELD + ENDS + PAUSE));
        assert_eq!(
            steps[4],
            Step::Down {
                digit: '1',
                payload: [1, 10, 3, 32]
            }
        );
        assert_eq!(
            steps[5],
            Step::End {
                payload: [1, 138, 3, 32]
            }
        );
        assert!(dialling.is_idle());
    }
}
