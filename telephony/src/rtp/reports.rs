//! RTCP of one leg (RFC 3550 section 6): what we tell the peer about its packets, and what it tells about ours.
//!
//! Not responsible for where reports go (see `leg`).

use std::time::{Duration, Instant};

use bytes::Bytes;
use sipx_rtp::quality::{middle_32, round_trip};
use sipx_rtp::rtcp::{GOODBYE, ReceiverReport, ReportBlock, Rtcp, Sdes, SenderReport, StreamStats};

use super::line::Line;
use super::packet::{Packet, is_newer};
use super::samples;
use crate::media::Quality;

/// Beyond this a sequence number is a new beginning, not a gap (RFC 3550 appendix A.1).
const MAX_DROPOUT: u16 = 3_000;

/// The wall clock for sender reports: told once, counted on by the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct NtpClock {
    pub at: Instant,
    /// 64-bit NTP timestamp of that instant.
    pub ntp: u64,
}

impl NtpClock {
    fn now(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.at);
        let fraction = (u64::from(elapsed.subsec_nanos()) << 32) / 1_000_000_000;
        self.ntp
            .wrapping_add(elapsed.as_secs() << 32)
            .wrapping_add(fraction)
    }
}

/// What came from the peer, and what it last said.
#[derive(Debug)]
pub(super) struct Reports {
    clock: NtpClock,
    cname: String,
    began: Instant,
    source: Option<Source>,
    /// Of sources before the present one.
    received: u64,
    lost: i64,
    jitter: u32,
    peer_report: Option<(u32, Instant)>,
    round_trip: Option<Duration>,
    remote_lost: Option<i32>,
    sent_at_report: u64,
}

#[derive(Debug)]
struct Source {
    ssrc: u32,
    newest: u16,
    stats: StreamStats,
    received: u64,
}

impl Reports {
    pub(super) fn new(now: Instant, clock: NtpClock, cname: String) -> Self {
        Self {
            clock,
            cname,
            began: now,
            source: None,
            received: 0,
            lost: 0,
            jitter: 0,
            peer_report: None,
            round_trip: None,
            remote_lost: None,
            sent_at_report: 0,
        }
    }

    /// Counts a packet; true when it is the first of a source, or of one that counts anew.
    pub(super) fn handle_rtp(&mut self, now: Instant, packet: &Packet<'_>, timed: bool) -> bool {
        let is_new = self
            .source
            .as_ref()
            .is_none_or(|source| !source.continues(packet));
        if is_new {
            self.close_source();
        }
        let source = self.source.get_or_insert_with(|| Source {
            ssrc: packet.ssrc,
            newest: packet.sequence,
            stats: StreamStats::new(packet.ssrc),
            received: 0,
        });
        source.received += 1;
        if is_newer(packet.sequence, source.newest) {
            source.newest = packet.sequence;
        }
        if timed {
            let arrival = samples(now.saturating_duration_since(self.began));
            source.stats.on_packet(packet.sequence, packet.timestamp, arrival);
        } else {
            source.stats.on_untimed_packet(packet.sequence);
        }
        is_new
    }

    fn close_source(&mut self) {
        if let Some(source) = self.source.take() {
            self.received += source.received;
            self.lost += source.stats.cumulative_lost();
            self.jitter = source.stats.jitter();
        }
    }

    /// A compound packet from the peer; false when it is none.
    pub(super) fn handle_rtcp(&mut self, now: Instant, bytes: &[u8], ours: u32) -> bool {
        let Ok(packets) = Rtcp::decode_compound(&Bytes::copy_from_slice(bytes)) else {
            return false;
        };
        for packet in packets {
            match packet {
                Rtcp::Sender(report) => {
                    self.peer_report = Some((middle_32(report.ntp_timestamp), now));
                    self.handle_blocks(now, &report.reports, ours);
                }
                Rtcp::Receiver(report) => self.handle_blocks(now, &report.reports, ours),
                _ => {}
            }
        }
        true
    }

    fn handle_blocks(&mut self, now: Instant, blocks: &[ReportBlock], ours: u32) {
        let Some(block) = blocks.iter().find(|block| block.ssrc == ours) else {
            return;
        };
        self.remote_lost = Some(block.cumulative_lost);
        let now = middle_32(self.clock.now(now));
        let trip = round_trip(
            now,
            block.last_sender_report,
            block.delay_since_last_sender_report,
        );
        self.round_trip = trip.or(self.round_trip);
    }

    /// SR when we sent since the last one, else RR; with SDES (RFC 3550 section 6.1).
    pub(super) fn report(&mut self, now: Instant, line: &Line) -> Bytes {
        let first = self.first_packet(now, line);
        Rtcp::encode_compound(&[first, Rtcp::Sdes(Sdes::cname(line.ssrc(), &self.cname))])
    }

    /// The last report, with BYE.
    pub(super) fn goodbye(&mut self, now: Instant, line: &Line) -> Bytes {
        let payload = Bytes::copy_from_slice(&line.ssrc().to_be_bytes());
        let bye = Rtcp::Other {
            packet_type: GOODBYE,
            count: 1,
            padding: false,
            payload,
        };
        let first = self.first_packet(now, line);
        Rtcp::encode_compound(&[first, Rtcp::Sdes(Sdes::cname(line.ssrc(), &self.cname)), bye])
    }

    fn first_packet(&mut self, now: Instant, line: &Line) -> Rtcp {
        let blocks = self.block(now).into_iter().collect();
        if line.packets() == self.sent_at_report {
            let mut report = ReceiverReport::new(line.ssrc());
            report.reports = blocks;
            return Rtcp::Receiver(report);
        }
        self.sent_at_report = line.packets();
        let mut report = SenderReport::new(
            line.ssrc(),
            self.clock.now(now),
            line.timestamp_at(now),
            line.packets() as u32,
            line.octets() as u32,
        );
        report.reports = blocks;
        Rtcp::Sender(report)
    }

    fn block(&mut self, now: Instant) -> Option<ReportBlock> {
        let mut block = self.source.as_mut()?.stats.report_block();
        if let Some((middle, at)) = self.peer_report {
            block.last_sender_report = middle;
            let delay = now.saturating_duration_since(at);
            block.delay_since_last_sender_report = (delay.as_nanos() * 65_536 / 1_000_000_000) as u32;
        }
        Some(block)
    }

    pub(super) fn quality(&self, line: &Line) -> Quality {
        let stats = self.source.as_ref().map(|source| &source.stats);
        let lost = self.lost + stats.map_or(0, StreamStats::cumulative_lost);
        Quality {
            packets_received: self.received + self.source.as_ref().map_or(0, |source| source.received),
            packets_sent: line.packets(),
            packets_lost: lost.max(0) as u64,
            jitter_ms: f64::from(stats.map_or(self.jitter, StreamStats::jitter)) / 8.0,
            round_trip_ms: self.round_trip.map(|trip| trip.as_secs_f64() * 1_000.0),
            remote_loss: self
                .remote_lost
                .filter(|_| line.packets() > 0)
                .map(|lost| (f64::from(lost.max(0)) / line.packets() as f64).clamp(0.0, 1.0)),
        }
    }
}

impl Source {
    fn continues(&self, packet: &Packet<'_>) -> bool {
        let ahead = packet.sequence.wrapping_sub(self.newest);
        packet.ssrc == self.ssrc && !(MAX_DROPOUT..=u16::MAX - MAX_DROPOUT).contains(&ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports(now: Instant) -> Reports {
        Reports::new(
            now,
            NtpClock {
                at: now,
                ntp: 0xE000_0000_0000_0000,
            },
            "test@host".to_owned(),
        )
    }

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

    #[test]
    fn two_ends_learn_loss_and_round_trip_of_each_other() {
        let start = crate::testing::any_instant();
        let (mut here, mut there) = (reports(start), reports(start));
        let mut line = Line::new(77, 0, 0);
        for n in 0..100u16 {
            let now = start + Duration::from_millis(20) * u32::from(n);
            let header = line.local(now);
            line.count(160);
            if n % 10 != 3 {
                there.handle_rtp(now, &packet(77, header.sequence, header.timestamp), true);
            }
        }
        let mute = Line::new(5, 0, 0);
        let sent = start + Duration::from_secs(2);
        assert!(there.handle_rtcp(sent + Duration::from_millis(30), &here.report(sent, &line), 5));
        let replied = sent + Duration::from_millis(1_030);
        assert!(here.handle_rtcp(
            replied + Duration::from_millis(30),
            &there.report(replied, &mute),
            77
        ));
        let quality = here.quality(&line);
        assert!((quality.round_trip_ms.unwrap() - 60.0).abs() < 1.0, "{quality:?}");
        assert!((quality.remote_loss.unwrap() - 0.1).abs() < 0.001, "{quality:?}");
        let heard = there.quality(&mute);
        assert_eq!((heard.packets_received, heard.packets_lost), (90, 10));
        assert!(heard.jitter_ms < 0.5, "{heard:?}");
    }

    #[test]
    fn a_new_source_starts_a_new_count_and_keeps_the_old() {
        let now = crate::testing::any_instant();
        let mut reports = reports(now);
        assert!(reports.handle_rtp(now, &packet(1, 10, 0), true));
        assert!(!reports.handle_rtp(now, &packet(1, 13, 480), true));
        assert!(reports.handle_rtp(now, &packet(2, 60_000, 5), true));
        assert!(reports.handle_rtp(now, &packet(2, 20_000, 5), true));
        let quality = reports.quality(&Line::new(9, 0, 0));
        assert_eq!((quality.packets_received, quality.packets_lost), (4, 2));
    }

    #[test]
    fn the_last_report_says_goodbye() {
        let now = crate::testing::any_instant();
        let bytes = reports(now).goodbye(now, &Line::new(0x0102_0304, 0, 0));
        let packets = Rtcp::decode_compound(&bytes).unwrap();
        assert!(matches!(packets[0], Rtcp::Receiver(_)));
        assert!(matches!(packets[1], Rtcp::Sdes(_)));
        let Rtcp::Other {
            packet_type,
            count,
            payload,
            ..
        } = &packets[2]
        else {
            panic!("{packets:?}")
        };
        assert_eq!(
            (*packet_type, *count, &payload[..]),
            (GOODBYE, 1, &[1, 2, 3, 4][..])
        );
    }

    proptest::proptest! {
        #[test]
        fn no_rtcp_makes_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let now = crate::testing::any_instant();
            reports(now).handle_rtcp(now, &bytes, 1);
        }
    }
}
