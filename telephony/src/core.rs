//! What every sans-IO core of this crate looks like to the driver: bytes, media events and commands in; bytes, media commands
//! and news out, until `Timeout`.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;

use crate::media::{MediaCommand, MediaEvent};
use crate::sip::{Hop, SourceFor};

pub enum Input<C> {
    /// A datagram, or a piece of a TCP stream.
    Bytes {
        hop: Hop,
        local: Option<SocketAddr>,
        bytes: Bytes,
    },
    /// The connection ended, or could not be made.
    Closed {
        hop: Hop,
    },
    Media(MediaEvent),
    Command(C),
}

pub enum Output<N> {
    Transmit {
        hop: Hop,
        bytes: Bytes,
    },
    Close {
        hop: Hop,
    },
    /// The connection is that of a peer who may stay.
    Known {
        hop: Hop,
    },
    Media(MediaCommand),
    News(N),
    /// Drained: call `handle_timeout` then.
    Timeout(Instant),
}

/// Where the driver listens, which a core must know to write its Via and Contact.
#[derive(Clone)]
pub struct Listening {
    pub udp_port: Option<u16>,
    pub tcp_port: Option<u16>,
    pub tls_port: Option<u16>,
    pub ws_port: Option<u16>,
    pub source_for: SourceFor,
}

/// The switch of the hotline, and the telephones that test and demonstrate it, run in the same driver.
pub trait Core: 'static {
    type Settings: Send + 'static;
    type Command: Send + 'static;
    type News: Send + 'static;

    fn start(settings: Self::Settings, listening: Listening, seed: u64, now: Instant) -> Self;
    fn handle_input(&mut self, now: Instant, input: Input<Self::Command>);
    fn handle_timeout(&mut self, now: Instant);
    fn poll_output(&mut self) -> Output<Self::News>;
}
