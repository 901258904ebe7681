//! The signalling thread: SIP sockets, timers and commands around the core.

#![allow(clippy::disallowed_methods)] // The driver is where time is asked for.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;

use super::Control;
use super::connections::{Connections, Limits};
use super::media::MediaHandle;
use super::route;
use super::wire::{Accept, Certificate};
use crate::core::{Core, Input, Listening, Output};
use crate::sip::{Hop, Transport};

/// Datagrams waiting for the core; beyond this the kernel's buffer fills and UDP does what UDP does.
const NETWORK_BACKLOG: usize = 4096;
/// The largest datagram there is: carriers send INVITEs of several kilobytes and expect fragments to be accepted.
const LARGEST_DATAGRAM: usize = 65_535;
/// A burst of calls must fit while the thread is elsewhere.
const RECEIVE_BUFFER: usize = 4 << 20;
/// Inputs taken in one go before the timers are looked at again.
const BATCH: usize = 64;

/// What the core has to know of the sockets.
pub(super) fn listening(listeners: &Listeners, advertise: Option<IpAddr>) -> Listening {
    let port = |transport| listeners.addr(transport).map(|addr| addr.port());
    Listening {
        udp_port: port(Transport::Udp),
        tcp_port: port(Transport::Tcp),
        tls_port: port(Transport::Tls),
        ws_port: port(Transport::Ws),
        source_for: route::source_for(advertise),
    }
}

pub(super) struct Listeners {
    udp: Vec<std::net::UdpSocket>,
    streams: Vec<(std::net::TcpListener, Accept)>,
}

impl Listeners {
    pub(super) fn bind(
        listen: &[(Transport, SocketAddr)],
        certificate: Option<&Certificate>,
    ) -> io::Result<Self> {
        let mut listeners = Self {
            udp: Vec::new(),
            streams: Vec::new(),
        };
        for &(transport, addr) in listen {
            let named =
                |error: io::Error| io::Error::new(error.kind(), format!("{transport:?} {addr}: {error}"));
            let accept = match (transport, certificate) {
                (Transport::Udp, _) => {
                    listeners.udp.push(udp_socket(addr).map_err(named)?);
                    continue;
                }
                (Transport::Tcp, _) => Accept::Tcp,
                (Transport::Ws, _) => Accept::Ws,
                (Transport::Tls, Some(certificate)) => Accept::Tls(certificate.clone()),
                (Transport::Tls, None) => return Err(named(io::Error::other("no certificate"))),
            };
            let listener = std::net::TcpListener::bind(addr).map_err(named)?;
            listener.set_nonblocking(true)?;
            listeners.streams.push((listener, accept));
        }
        Ok(listeners)
    }

    /// The first address of a kind.
    pub(super) fn addr(&self, transport: Transport) -> Option<SocketAddr> {
        if transport == Transport::Udp {
            return self.udp.first()?.local_addr().ok();
        }
        let found = self.streams.iter().find(|(_, how)| how.transport() == transport);
        found?.0.local_addr().ok()
    }
}

fn udp_socket(addr: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    Ok(socket.into())
}

pub(super) struct Runner<C: Core> {
    pub(super) listeners: Listeners,
    pub(super) listening: Listening,
    pub(super) media: MediaHandle,
    pub(super) settings: C::Settings,
    pub(super) seed: u64,
}

impl<C: Core> Runner<C> {
    /// Runs until told to stop.
    pub(super) fn run(
        self,
        control: mpsc::UnboundedReceiver<Control<C::Command>>,
        news: Box<dyn Fn(C::News)>,
    ) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!(%error, "the signalling thread cannot start"),
        };
        let local = tokio::task::LocalSet::new();
        if let Err(error) = local.block_on(&runtime, self.serve(control, news)) {
            tracing::error!(%error, "the signalling thread ended");
        }
    }

    async fn serve(
        self,
        mut control: mpsc::UnboundedReceiver<Control<C::Command>>,
        news: Box<dyn Fn(C::News)>,
    ) -> io::Result<()> {
        let (inputs, mut network) = mpsc::channel(NETWORK_BACKLOG);
        let connections = Connections::new(inputs.clone(), Limits::default());
        let mut udp = Vec::new();
        for socket in self.listeners.udp {
            let socket = Rc::new(UdpSocket::from_std(socket)?);
            tokio::task::spawn_local(read_datagrams(socket.clone(), inputs.clone()));
            udp.push(socket);
        }
        for (listener, how) in self.listeners.streams {
            let listener = TcpListener::from_std(listener)?;
            tokio::task::spawn_local(connections.clone().accept(listener, how));
        }
        let core = C::start(self.settings, self.listening, self.seed, Instant::now());
        let mut shell = Shell {
            core,
            udp,
            connections,
            media: self.media,
            news,
        };
        loop {
            let due = shell.perform();
            tokio::select! {
                biased;
                message = control.recv() => match message {
                    Some(Control::Input(input)) => shell.take(input),
                    Some(Control::Stop) | None => {
                        shell.perform();
                        shell.connections.finish().await;
                        return Ok(());
                    }
                },
                () = tokio::time::sleep_until(due.into()) => shell.core.handle_timeout(Instant::now()),
                Some(input) = network.recv() => {
                    shell.take(input);
                    for _ in 0..BATCH {
                        let Ok(input) = network.try_recv() else { break };
                        shell.take(input);
                    }
                }
            }
        }
    }
}

struct Shell<C: Core> {
    core: C,
    udp: Vec<Rc<UdpSocket>>,
    connections: Connections<C::Command>,
    media: MediaHandle,
    news: Box<dyn Fn(C::News)>,
}

impl<C: Core> Shell<C> {
    fn take(&mut self, input: Input<C::Command>) {
        self.core.handle_input(Instant::now(), input);
    }

    /// Does all that the core asks for; returns when it wants to be woken.
    fn perform(&mut self) -> Instant {
        loop {
            match self.core.poll_output() {
                Output::Transmit { hop, bytes } => self.transmit(hop, bytes),
                Output::Close { hop } => self.connections.close(hop.addr),
                Output::Known { hop } => self.connections.know(hop.addr),
                Output::Media(command) => self.media.send(command),
                Output::News(news) => (self.news)(news),
                Output::Timeout(due) => return due,
            }
        }
    }

    fn transmit(&self, hop: Hop, bytes: Bytes) {
        if hop.transport.is_stream() {
            return self.connections.send(hop, bytes);
        }
        let fits = |s: &&Rc<UdpSocket>| s.local_addr().is_ok_and(|a| a.is_ipv4() == hop.addr.is_ipv4());
        let Some(socket) = self.udp.iter().find(fits) else {
            return;
        };
        if let Err(error) = socket.try_send_to(&bytes, hop.addr) {
            // SIP over UDP sends again by timer; a peer that is not there shows as a time-out.
            tracing::debug!(peer = %hop.addr, %error, "a datagram was not sent");
        }
    }
}

async fn read_datagrams<C>(socket: Rc<UdpSocket>, inputs: mpsc::Sender<Input<C>>) {
    let local = socket.local_addr().ok();
    let mut buffer = vec![0; LARGEST_DATAGRAM];
    loop {
        // An error here is an ICMP message about an earlier datagram, not the end of the socket.
        let Ok((length, addr)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        let bytes = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
        let hop = Hop {
            transport: Transport::Udp,
            addr,
        };
        if inputs.send(Input::Bytes { hop, local, bytes }).await.is_err() {
            return;
        }
    }
}
