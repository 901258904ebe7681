//! Packets to be sent, in one buffer that is used again and again: sending allocates nothing.

use std::net::SocketAddr;
use std::ops::Range;

use super::PacketKind;
use super::packet::Header;
use crate::LegId;

/// One datagram to send from the leg's RTP or RTCP socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transmit<'a> {
    pub leg: LegId,
    pub kind: PacketKind,
    pub to: SocketAddr,
    pub bytes: &'a [u8],
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    list: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    leg: LegId,
    kind: PacketKind,
    to: SocketAddr,
    range: Range<usize>,
}

impl Outbox {
    pub(super) fn push_rtp(
        &mut self,
        leg: LegId,
        to: SocketAddr,
        header: &Header,
        payload_type: u8,
        payload: impl IntoIterator<Item = u8>,
    ) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&header.bytes(payload_type));
        self.bytes.extend(payload);
        self.list.push(Entry {
            leg,
            kind: PacketKind::Rtp,
            to,
            range: start..self.bytes.len(),
        });
    }

    pub(super) fn push_rtcp(&mut self, leg: LegId, to: SocketAddr, packet: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(packet);
        self.list.push(Entry {
            leg,
            kind: PacketKind::Rtcp,
            to,
            range: start..self.bytes.len(),
        });
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Transmit<'_>> {
        self.list.iter().map(|entry| Transmit {
            leg: entry.leg,
            kind: entry.kind,
            to: entry.to,
            bytes: &self.bytes[entry.range.clone()],
        })
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.list.clear();
    }
}
