//! SIP over TCP, TLS and WebSockets: one task a connection, named by the peer's address, whoever opened it.
//!
//! Not responsible for who is a stranger: the core tells.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::wire::{Accept, Wire};
use crate::core::Input;
use crate::sip::{Hop, Transport};

const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// For the peer's part of TLS or of a WebSocket's beginning.
const AGREE_WITHIN: Duration = Duration::from_secs(10);
/// A connection on which nothing was received for this long is closed; trunks and phones send keep-alives far more often.
const IDLE: Duration = Duration::from_secs(3700);
/// A peer that takes nothing for this long is gone.
const STALLED: Duration = Duration::from_secs(32);
/// What is queued when the driver stops has this long to leave.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Messages waiting for a peer that does not read.
const BACKLOG: usize = 256;

/// What connections may cost us: a scanner must use up neither our descriptors nor the places of phones and trunks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connections beyond this are closed at once.
    pub(super) most: usize,
    /// Of them, those of peers that the core does not know yet: in all, and from one address. An office behind one address may start
    /// all its phones at once.
    pub(super) strangers: usize,
    pub(super) strangers_an_address: usize,
    /// A stranger's connection is closed after this: the length of a transaction (RFC 3261 section 17, 64*T1) is enough to log in.
    pub(super) prove_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            most: 1024,
            strangers: 512,
            strangers_an_address: 32,
            prove_within: Duration::from_secs(32),
        }
    }
}

struct Peer {
    sender: mpsc::Sender<Bytes>,
    /// A trunk, a user that logged in, or whom we called upon.
    known: Rc<Cell<bool>>,
}

/// The other end of a `Peer`, in its task.
struct Served {
    hop: Hop,
    queue: mpsc::Receiver<Bytes>,
    known: Rc<Cell<bool>>,
    /// Held as long as the task runs.
    _running: watch::Receiver<()>,
}

type Table = Rc<RefCell<HashMap<SocketAddr, Peer>>>;

pub(super) struct Connections<C> {
    table: Table,
    inputs: mpsc::Sender<Input<C>>,
    limits: Limits,
    running: Rc<watch::Sender<()>>,
}

impl<C> Clone for Connections<C> {
    fn clone(&self) -> Self {
        Self {
            table: self.table.clone(),
            inputs: self.inputs.clone(),
            limits: self.limits,
            running: self.running.clone(),
        }
    }
}

impl<C: 'static> Connections<C> {
    pub(super) fn new(inputs: mpsc::Sender<Input<C>>, limits: Limits) -> Self {
        Self {
            table: Table::default(),
            inputs,
            limits,
            running: Rc::new(watch::Sender::new(())),
        }
    }

    /// Accepts until the listener fails for good.
    pub(super) async fn accept(self, listener: TcpListener, how: Accept) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.adopt(stream, peer, &how),
                Err(error) => {
                    // Out of descriptors: those in use must first be given back.
                    tracing::warn!(%error, "cannot accept a SIP connection");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }

    fn adopt(&self, stream: TcpStream, peer: SocketAddr, how: &Accept) {
        if !self.has_room(peer.ip()) {
            return tracing::warn!(%peer, "too many SIP connections");
        }
        let hop = Hop {
            transport: how.transport(),
            addr: peer,
        };
        let (_, served) = self.enter(hop, false);
        tokio::task::spawn_local(self.clone().agree(stream, how.clone(), served));
    }

    /// A stranger that does not get as far as to say anything holds its place no longer than one that does.
    async fn agree(self, stream: TcpStream, how: Accept, served: Served) {
        let _ = stream.set_nodelay(true);
        let local = stream.local_addr().ok();
        match timeout(AGREE_WITHIN, Wire::accept(stream, &how)).await {
            Ok(Ok(wire)) => self.serve(wire, local, served).await,
            Ok(Err(error)) => {
                tracing::debug!(peer = %served.hop.addr, %error, "a SIP connection that did not come about");
                self.gone(served.hop).await;
            }
            Err(_) => self.gone(served.hop).await,
        }
    }

    fn has_room(&self, ip: IpAddr) -> bool {
        let table = self.table.borrow();
        let strangers = || table.iter().filter(|(_, peer)| !peer.known.get());
        let alike = strangers().filter(|(addr, _)| addr.ip() == ip);
        table.len() < self.limits.most
            && strangers().count() < self.limits.strangers
            && alike.count() < self.limits.strangers_an_address
    }

    fn enter(&self, hop: Hop, known: bool) -> (mpsc::Sender<Bytes>, Served) {
        let (sender, queue) = mpsc::channel(BACKLOG);
        let known = Rc::new(Cell::new(known));
        let peer = Peer {
            sender: sender.clone(),
            known: known.clone(),
        };
        self.table.borrow_mut().insert(hop.addr, peer);
        let served = Served {
            hop,
            queue,
            known,
            _running: self.running.subscribe(),
        };
        (sender, served)
    }

    /// The core has made out who this is.
    pub(super) fn know(&self, peer: SocketAddr) {
        if let Some(peer) = self.table.borrow().get(&peer) {
            peer.known.set(true);
        }
    }

    /// Sends over the connection to the peer, opening one if there is none. Only the peer opens those that are agreed upon first.
    pub(super) fn send(&self, hop: Hop, bytes: Bytes) {
        let sender = self.table.borrow().get(&hop.addr).map(|p| p.sender.clone());
        let sender = match sender {
            Some(sender) => sender,
            None if hop.transport == Transport::Tcp => self.open(hop),
            None => {
                let connections = self.clone();
                tokio::task::spawn_local(async move { connections.gone(hop).await });
                return;
            }
        };
        if sender.try_send(bytes).is_err() {
            self.close(hop.addr);
        }
    }

    pub(super) fn close(&self, peer: SocketAddr) {
        // The serving task sees its queue end.
        self.table.borrow_mut().remove(&peer);
    }

    /// Closes all, after what is queued has left.
    pub(super) async fn finish(&self) {
        self.table.borrow_mut().clear();
        if timeout(LAST_WORDS, self.running.closed()).await.is_err() {
            tracing::debug!("some SIP connections did not take what was last said");
        }
    }

    fn open(&self, hop: Hop) -> mpsc::Sender<Bytes> {
        let (sender, served) = self.enter(hop, true);
        let connections = self.clone();
        tokio::task::spawn_local(async move {
            match timeout(CONNECT_WITHIN, TcpStream::connect(hop.addr)).await {
                Ok(Ok(stream)) => connections.agree(stream, Accept::Tcp, served).await,
                _ => connections.gone(hop).await,
            }
        });
        sender
    }

    async fn serve(self, mut wire: Wire, local: Option<SocketAddr>, mut served: Served) {
        let hop = served.hop;
        let mut buffer = vec![0; 16 * 1024];
        let proof = tokio::time::sleep(self.limits.prove_within);
        tokio::pin!(proof);
        loop {
            tokio::select! {
                read = timeout(IDLE, wire.read(&mut buffer)) => {
                    let Ok(Ok(Some(bytes))) = read else { break };
                    if self.inputs.send(Input::Bytes { hop, local, bytes }).await.is_err() {
                        break;
                    }
                }
                message = served.queue.recv() => {
                    let Some(message) = message else { break };
                    if !matches!(timeout(STALLED, wire.write(&message)).await, Ok(Ok(()))) {
                        break;
                    }
                }
                () = &mut proof, if !proof.is_elapsed() => {
                    if !served.known.get() {
                        break;
                    }
                }
            }
        }
        self.gone(hop).await;
    }

    async fn gone(&self, hop: Hop) {
        self.table.borrow_mut().remove(&hop.addr);
        let _ = self.inputs.send(Input::Closed { hop }).await;
    }
}

#[cfg(test)]
#[path = "connections_tests.rs"]
mod tests;
