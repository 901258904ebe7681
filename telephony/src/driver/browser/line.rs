//! One browser's connection: SRTP on its side, the plain RTP of an engine's leg on ours.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Event, IceConnectionState, Input, Output};

use super::renumber::Renumber;
use super::{Connection, SILENT};
use crate::LegId;
use crate::media::Stream;

/// What the engine takes for the browser's address: packets reach it through this module only.
pub(super) const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);
const HEADER: usize = 12;
/// 20 ms of G.711 are 160 bytes; 60 ms the most that a browser is known to send.
const LARGEST: usize = HEADER + 480;

type Send<'a> = &'a mut dyn FnMut(SocketAddr, &[u8]);

/// What a line has to say.
pub(super) enum Said {
    /// RTP for the attached leg.
    Packet {
        leg: LegId,
        length: usize,
        bytes: Box<[u8; LARGEST]>,
    },
    Up,
    Lost,
    Ended,
}

pub(super) struct Line {
    connection: Connection,
    attached: Option<LegId>,
    row: Renumber,
    said: Vec<Said>,
    due: Option<Instant>,
    connected: bool,
    up: bool,
    ended: bool,
    /// The last RTP packet; None before the first.
    heard: Option<Instant>,
}

impl Line {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            attached: None,
            row: Renumber::default(),
            said: Vec::new(),
            due: None,
            connected: false,
            up: false,
            ended: false,
            heard: None,
        }
    }

    /// The leg that was attached before.
    pub(super) fn attach(&mut self, leg: LegId) -> Option<LegId> {
        self.row.restart();
        self.attached.replace(leg)
    }

    pub(super) fn detach(&mut self, leg: LegId) {
        self.attached.take_if(|attached| *attached == leg);
    }

    pub(super) fn stream(&self) -> Stream {
        Stream {
            remote: PEER,
            codec: self.connection.codec,
            dtmf: self.connection.dtmf,
            send: true,
            receive: true,
        }
    }

    pub(super) fn drain_said(&mut self, take: impl FnMut(Said)) {
        self.said.drain(..).for_each(take);
    }

    /// False when the packet is not this browser's.
    pub(super) fn receive(&mut self, now: Instant, from: SocketAddr, bytes: &[u8], send: Send<'_>) -> bool {
        let Ok(received) = Receive::new(Protocol::Udp, from, self.connection.local, bytes) else {
            return false;
        };
        let input = Input::Receive(now, received);
        if self.ended || !self.connection.rtc.accepts(&input) {
            return false;
        }
        self.drive(now, send, |connection, _| connection.rtc.handle_input(input));
        true
    }

    /// A packet of the attached leg.
    pub(super) fn send(&mut self, now: Instant, bytes: &[u8], send: Send<'_>) {
        let Some((header, payload)) = bytes.split_first_chunk::<HEADER>() else {
            return;
        };
        if !self.connected || self.ended {
            return;
        }
        let sequence = u16::from_be_bytes([header[2], header[3]]);
        let timestamp = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let Some((number, timestamp)) = self.row.next(now, sequence, timestamp) else {
            return;
        };
        let (marker, payload_type) = (header[1] & 0x80 != 0, header[1] & 0x7F);
        self.drive(now, send, |connection, now| {
            let mid = connection.mid;
            if let Some(stream) = connection.rtc.direct_api().stream_tx_by_mid(mid, None) {
                let packet = RtpWrite::new(payload_type.into(), number.into(), timestamp, now, payload);
                stream.write_rtp(packet.marker(marker));
            }
            // A packet leaves when time moves, even by nothing.
            connection.rtc.handle_input(Input::Timeout(now))
        });
    }

    pub(super) fn tick(&mut self, now: Instant, send: Send<'_>) {
        if self.ended {
            return;
        }
        if self.due.is_none_or(|due| due <= now) {
            self.drive(now, send, |connection, now| {
                connection.rtc.handle_input(Input::Timeout(now))
            });
        }
        let silent = |heard: Instant| now.saturating_duration_since(heard) >= SILENT;
        if self.up && self.heard.is_some_and(silent) {
            self.lost();
        }
    }

    /// Tells the browser that it is over.
    pub(super) fn close(&mut self, now: Instant, send: Send<'_>) {
        if !self.ended {
            self.drive(now, send, |connection, _| connection.rtc.close());
        }
    }

    /// Changes the connection and does all that it wants then. A defect of the library costs one line, not all calls.
    fn drive(
        &mut self,
        now: Instant,
        send: Send<'_>,
        change: impl FnOnce(&mut Connection, Instant) -> Result<(), str0m::RtcError>,
    ) {
        let done = catch_unwind(AssertUnwindSafe(|| {
            change(&mut self.connection, now)?;
            self.drain(now, send)
        }));
        match done {
            Ok(Ok(())) if self.connection.rtc.is_alive() => {}
            Ok(Ok(())) => self.end(),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a browser's line failed");
                self.end();
            }
            Err(_) => {
                tracing::error!("the WebRTC library panicked; the browser has to connect again");
                self.end();
            }
        }
    }

    fn drain(&mut self, now: Instant, send: Send<'_>) -> Result<(), str0m::RtcError> {
        loop {
            match self.connection.rtc.poll_output()? {
                Output::Transmit(transmit) => send(transmit.destination, &transmit.contents),
                Output::Event(event) => self.handle_event(now, event),
                Output::Timeout(due) => {
                    self.due = Some(due);
                    return Ok(());
                }
            }
        }
    }

    fn handle_event(&mut self, now: Instant, event: Event) {
        match event {
            // Not up yet: a browser that only listens would leave the citizen alone with an operator who cannot speak.
            Event::Connected => self.connected = true,
            Event::RtpPacket(packet) => {
                self.heard = Some(now);
                if self.connected {
                    self.back();
                }
                self.pass_on(&packet);
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => self.lost(),
            Event::Closed => self.end(),
            _ => {}
        }
    }

    fn pass_on(&mut self, packet: &RtpPacket) {
        let (Some(leg), length) = (self.attached, HEADER + packet.payload.len()) else {
            return;
        };
        if length > LARGEST {
            return;
        }
        let mut bytes = Box::new([0; LARGEST]);
        let header = &packet.header;
        bytes[0] = 0x80;
        bytes[1] = u8::from(header.marker) << 7 | *header.payload_type;
        bytes[2..4].copy_from_slice(&header.sequence_number.to_be_bytes());
        bytes[4..8].copy_from_slice(&header.timestamp.to_be_bytes());
        bytes[8..12].copy_from_slice(&(*header.ssrc).to_be_bytes());
        bytes[HEADER..length].copy_from_slice(&packet.payload);
        self.said.push(Said::Packet { leg, length, bytes });
    }

    fn back(&mut self) {
        if !std::mem::replace(&mut self.up, true) {
            self.said.push(Said::Up);
        }
    }

    fn lost(&mut self) {
        if std::mem::replace(&mut self.up, false) {
            self.said.push(Said::Lost);
        }
    }

    fn end(&mut self) {
        self.up = false;
        if !std::mem::replace(&mut self.ended, true) {
            self.said.push(Said::Ended);
        }
    }
}
