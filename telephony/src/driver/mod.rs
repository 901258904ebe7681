//! The thin shell around the core: sockets, threads and files. The only place that asks for the time.
//!
//! Not responsible for any decision about a call.

mod browser;
mod connections;
pub mod media;
pub mod recorder;
mod route;
mod signalling;
pub mod sockets;
pub mod wav;
mod wire;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use crate::core::{Core, Input};
use crate::sip::Transport;
use media::{MediaConfig, MediaHandle};
pub use wire::Certificate;

/// How long ago a moment told by a core was.
#[must_use]
pub fn age(at: std::time::Instant) -> std::time::Duration {
    at.elapsed()
}

pub struct Config<S> {
    pub listen: Vec<(Transport, SocketAddr)>,
    /// Address shown in Via, Contact and SDP; None: that of the route to the peer.
    pub advertise: Option<IpAddr>,
    pub media: MediaConfig,
    pub settings: S,
    pub seed: u64,
}

/// What reaches the signalling thread otherwise than by network.
enum Control<C> {
    Input(Input<C>),
    Stop,
}

/// A running core. Dropping it stops the threads; calls under way are cut off (drain first, and end them).
pub struct Driver<C: Core> {
    control: mpsc::UnboundedSender<Control<C::Command>>,
    media: MediaHandle,
    listens: Vec<(Transport, SocketAddr)>,
    source_for: crate::sip::SourceFor,
    thread: Option<JoinHandle<()>>,
}

impl<C: Core> Driver<C> {
    /// Binds the sockets and starts the threads. Fails when an address is taken.
    pub fn start(config: Config<C::Settings>, news: impl Fn(C::News) + Send + 'static) -> io::Result<Self> {
        Self::start_with(config, None, news)
    }

    /// The same with what TLS shows to whoever connects.
    pub fn start_with(
        config: Config<C::Settings>,
        certificate: Option<&Certificate>,
        news: impl Fn(C::News) + Send + 'static,
    ) -> io::Result<Self> {
        let listeners = signalling::Listeners::bind(&config.listen, certificate)?;
        let kinds = [Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Ws];
        let listens = kinds
            .into_iter()
            .filter_map(|kind| Some((kind, listeners.addr(kind)?)))
            .collect();
        let listening = signalling::listening(&listeners, config.advertise);
        let (control, queue) = mpsc::unbounded_channel();
        let events = control.clone();
        let media = media::start(config.media, move |event| {
            // The signalling thread outlives media: nothing told before its end is lost.
            let _ = events.send(Control::Input(Input::Media(event)));
        })?;
        let (settings, seed) = (config.settings, config.seed);
        let source_for = listening.source_for.clone();
        let runner = signalling::Runner::<C> {
            listeners,
            listening,
            media: media.clone(),
            settings,
            seed,
        };
        let thread = std::thread::Builder::new()
            .name("sip".to_owned())
            .spawn(move || runner.run(queue, Box::new(news)))?;
        Ok(Self {
            control,
            media,
            listens,
            source_for,
            thread: Some(thread),
        })
    }

    /// Hands a command to the core; false when the core has stopped.
    pub fn command(&self, command: C::Command) -> bool {
        self.control.send(Control::Input(Input::Command(command))).is_ok()
    }

    /// Accepts a browser's offer for `line`; the answer names an address of ours that `peer` can reach. The core has to be told of the
    /// line; `LineUp` follows when the browser has connected.
    pub fn open_line(
        &self,
        line: crate::LineId,
        offer: &str,
        peer: IpAddr,
    ) -> Result<String, media::OfferError> {
        let address = (self.source_for)(peer.to_canonical());
        self.media.open_line(line, offer, address)
    }

    #[must_use]
    pub fn media(&self) -> &MediaHandle {
        &self.media
    }

    /// First UDP address that is listened on.
    #[must_use]
    pub fn udp_addr(&self) -> Option<SocketAddr> {
        self.addr(Transport::Udp)
    }

    #[must_use]
    pub fn tcp_addr(&self) -> Option<SocketAddr> {
        self.addr(Transport::Tcp)
    }

    /// First address of a kind that is listened on.
    #[must_use]
    pub fn addr(&self, kind: Transport) -> Option<SocketAddr> {
        let found = self.listens.iter().find(|(transport, _)| *transport == kind);
        found.map(|(_, addr)| *addr)
    }
}

impl<C: Core> Drop for Driver<C> {
    fn drop(&mut self) {
        // Media first: the last recordings and figures still reach the core, which stops only then.
        self.media.shutdown();
        let _ = self.control.send(Control::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
