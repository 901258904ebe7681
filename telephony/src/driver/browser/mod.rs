//! Browsers' audio lines: WebRTC on one UDP port, inside the media thread. The only place that names the WebRTC library.
//!
//! A line is a connection that stays up; the engine's legs are attached to it and detached. Not responsible for which leg that is.

mod line;
mod offer;
mod renumber;
mod stun;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

pub use offer::OfferError;
pub(crate) use offer::{Connection, accept};

use super::sockets;
use crate::media::{MediaCommand, MediaEvent};
use crate::rtp::{Engine, PacketKind};
use crate::{LegId, LineId};
use line::{Line, Said};

/// All browsers send here: half a second of thirty of them is far below this, and a flood needs a while to fill it.
const RECEIVE_BUFFER: usize = 4 << 20;
/// Datagrams taken in one go, so that a flood leaves time for everything else.
const MOST_AT_ONCE: usize = 256;
const DATAGRAM: usize = 2_048;

pub(super) struct Browsers {
    socket: UdpSocket,
    is_v6: bool,
    lines: HashMap<LineId, Line>,
    /// Whom packets of this address are for, once a line has accepted it.
    by_address: HashMap<SocketAddr, LineId>,
    by_name: HashMap<String, LineId>,
    legs: HashMap<LegId, LineId>,
    said: Vec<(LineId, Said)>,
    /// Packets that belong to no line.
    unknown: u64,
    buffer: Box<[u8; DATAGRAM]>,
}

impl Browsers {
    /// All addresses are those of IPv6 as well: a page that came by IPv6 has its audio there, whatever the carrier speaks.
    pub(super) fn bind(ip: IpAddr, port: u16) -> io::Result<Self> {
        let all = Some(IpAddr::V6(Ipv6Addr::UNSPECIFIED)).filter(|_| ip.is_unspecified());
        let dual = all.and_then(|all| sockets::bind(all, port, RECEIVE_BUFFER).ok());
        let is_v6 = dual.is_some() || ip.is_ipv6();
        let socket = dual.map_or_else(|| sockets::bind(ip, port, RECEIVE_BUFFER), Ok)?;
        Ok(Self {
            socket,
            is_v6,
            lines: HashMap::new(),
            by_address: HashMap::new(),
            by_name: HashMap::new(),
            legs: HashMap::new(),
            said: Vec::new(),
            unknown: 0,
            buffer: Box::new([0; DATAGRAM]),
        })
    }

    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    pub(super) fn raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    pub(super) fn unknown(&self) -> u64 {
        self.unknown
    }

    pub(super) fn has_leg(&self, leg: LegId) -> bool {
        self.legs.contains_key(&leg)
    }

    pub(super) fn add(&mut self, id: LineId, connection: Connection) {
        self.by_name.insert(connection.ufrag.clone(), id);
        self.lines.insert(id, Line::new(connection));
    }

    /// Attaches a new leg of the engine; without its line the leg is reported as deaf at once.
    pub(super) fn attach(
        &mut self,
        now: Instant,
        leg: LegId,
        id: LineId,
        engine: &mut Engine,
    ) -> Option<MediaEvent> {
        engine.handle_command(now, MediaCommand::Attach { leg, line: id });
        let Some(line) = self.lines.get_mut(&id) else {
            return Some(MediaEvent::TimedOut { leg });
        };
        if let Some(before) = line.attach(leg) {
            self.legs.remove(&before);
        }
        self.legs.insert(leg, id);
        let stream = line.stream();
        engine.handle_command(now, MediaCommand::Negotiate { leg, stream });
        None
    }

    pub(super) fn detach(&mut self, leg: LegId) {
        if let Some(line) = self.legs.remove(&leg).and_then(|id| self.lines.get_mut(&id)) {
            line.detach(leg);
        }
    }

    pub(super) fn close(&mut self, now: Instant, id: LineId) {
        let Some(mut line) = self.lines.remove(&id) else {
            return;
        };
        line.close(now, &mut |to, bytes| {
            sockets::send(&self.socket, self.is_v6, to, bytes);
        });
        self.by_address.retain(|_, of| *of != id);
        self.by_name.retain(|_, of| *of != id);
        self.legs.retain(|_, of| *of != id);
    }

    /// Takes in what has come, for the engine and for `events`.
    pub(super) fn receive(&mut self, now: Instant, engine: &mut Engine, events: &mut Vec<MediaEvent>) {
        for _ in 0..MOST_AT_ONCE {
            let Ok((length, from)) = self.socket.recv_from(&mut self.buffer[..]) else {
                break;
            };
            let from = SocketAddr::new(from.ip().to_canonical(), from.port());
            self.handle_datagram(now, from, length);
            self.deliver(now, engine, events);
        }
    }

    fn handle_datagram(&mut self, now: Instant, from: SocketAddr, length: usize) {
        let bytes = &self.buffer[..length];
        let known = self.by_address.get(&from).copied();
        let id = known.or_else(|| self.by_name.get(stun::called(bytes)?).copied());
        let Some((id, line)) = id.and_then(|id| Some((id, self.lines.get_mut(&id)?))) else {
            self.unknown += 1;
            return;
        };
        let (socket, is_v6, said) = (&self.socket, self.is_v6, &mut self.said);
        let taken = line.receive(now, from, bytes, &mut |to, bytes| {
            sockets::send(socket, is_v6, to, bytes);
        });
        line.drain_said(|what| said.push((id, what)));
        match (taken, known) {
            (true, None) => {
                self.by_address.insert(from, id);
            }
            (true, Some(_)) => {}
            (false, _) => self.unknown += 1,
        }
    }

    /// A packet of the engine for an attached leg.
    pub(super) fn send(&mut self, now: Instant, leg: LegId, kind: PacketKind, bytes: &[u8]) {
        // RTCP of a line is made where its numbers are.
        if kind == PacketKind::Rtcp {
            return;
        }
        let Some((id, line)) = self
            .legs
            .get(&leg)
            .and_then(|id| Some((*id, self.lines.get_mut(id)?)))
        else {
            return;
        };
        let (socket, is_v6, said) = (&self.socket, self.is_v6, &mut self.said);
        line.send(now, bytes, &mut |to, bytes| {
            sockets::send(socket, is_v6, to, bytes);
        });
        line.drain_said(|what| said.push((id, what)));
    }

    /// Every 20 ms: timers, and who has fallen silent.
    pub(super) fn tick(&mut self, now: Instant, engine: &mut Engine, events: &mut Vec<MediaEvent>) {
        let (socket, is_v6, said) = (&self.socket, self.is_v6, &mut self.said);
        for (id, line) in &mut self.lines {
            line.tick(now, &mut |to, bytes| {
                sockets::send(socket, is_v6, to, bytes);
            });
            line.drain_said(|what| said.push((*id, what)));
        }
        self.deliver(now, engine, events);
    }

    fn deliver(&mut self, now: Instant, engine: &mut Engine, events: &mut Vec<MediaEvent>) {
        for (line, said) in self.said.drain(..) {
            match said {
                Said::Packet { leg, length, bytes } => {
                    engine.handle_packet(now, leg, PacketKind::Rtp, line::PEER, &bytes[..length])
                }
                Said::Up => events.push(MediaEvent::LineUp { line }),
                Said::Lost => events.push(MediaEvent::LineLost { line }),
                Said::Ended => events.push(MediaEvent::LineEnded { line }),
            }
        }
    }
}

/// Nothing was heard of a browser for this long: the citizen shall hear music, not silence.
const SILENT: Duration = Duration::from_millis(1_000);
