//! SIP over TCP: one task a connection, named by the peer's address, whoever opened it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::core::Input;
use crate::sip::{Hop, Transport};

/// Connections beyond this are closed at once: a scanner must not use up our descriptors.
const MOST: usize = 1024;
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// A connection on which nothing was received for this long is closed; trunks and phones send keep-alives far more often.
const IDLE: Duration = Duration::from_secs(3700);
/// Messages waiting for a peer that does not read.
const BACKLOG: usize = 256;

type Table = Rc<RefCell<HashMap<SocketAddr, mpsc::Sender<Bytes>>>>;

pub(super) struct Connections<C> {
    table: Table,
    inputs: mpsc::Sender<Input<C>>,
}

impl<C> Clone for Connections<C> {
    fn clone(&self) -> Self {
        Self {
            table: self.table.clone(),
            inputs: self.inputs.clone(),
        }
    }
}

impl<C: 'static> Connections<C> {
    pub(super) fn new(inputs: mpsc::Sender<Input<C>>) -> Self {
        Self {
            table: Table::default(),
            inputs,
        }
    }

    /// Accepts until the listener fails for good.
    pub(super) async fn accept(self, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.adopt(stream, peer),
                Err(error) => {
                    // Out of descriptors: those in use must first be given back.
                    tracing::warn!(%error, "cannot accept a SIP connection");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }

    fn adopt(&self, stream: TcpStream, peer: SocketAddr) {
        if self.table.borrow().len() >= MOST {
            return tracing::warn!(%peer, "too many SIP connections");
        }
        let (sender, queue) = mpsc::channel(BACKLOG);
        self.table.borrow_mut().insert(peer, sender);
        tokio::task::spawn_local(self.clone().serve(stream, peer, queue));
    }

    /// Sends over the connection to the peer, opening one if there is none.
    pub(super) fn send(&self, peer: SocketAddr, bytes: Bytes) {
        let sender = self.table.borrow().get(&peer).cloned();
        let sender = sender.unwrap_or_else(|| self.open(peer));
        if sender.try_send(bytes).is_err() {
            self.close(peer);
        }
    }

    pub(super) fn close(&self, peer: SocketAddr) {
        // The serving task sees its queue end.
        self.table.borrow_mut().remove(&peer);
    }

    fn open(&self, peer: SocketAddr) -> mpsc::Sender<Bytes> {
        let (sender, queue) = mpsc::channel(BACKLOG);
        self.table.borrow_mut().insert(peer, sender.clone());
        let connections = self.clone();
        tokio::task::spawn_local(async move {
            match tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect(peer)).await {
                Ok(Ok(stream)) => connections.serve(stream, peer, queue).await,
                _ => connections.gone(peer).await,
            }
        });
        sender
    }

    async fn serve(self, mut stream: TcpStream, peer: SocketAddr, mut queue: mpsc::Receiver<Bytes>) {
        let _ = stream.set_nodelay(true);
        let local = stream.local_addr().ok();
        let mut buffer = vec![0; 16 * 1024];
        loop {
            tokio::select! {
                read = tokio::time::timeout(IDLE, stream.read(&mut buffer)) => {
                    let Ok(Ok(1..)) = read else { break };
                    let Ok(Ok(length)) = read else { break };
                    let bytes = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
                    let hop = Hop { transport: Transport::Tcp, addr: peer };
                    if self.inputs.send(Input::Bytes { hop, local, bytes }).await.is_err() {
                        break;
                    }
                }
                message = queue.recv() => {
                    let Some(message) = message else { break };
                    if stream.write_all(&message).await.is_err() {
                        break;
                    }
                }
            }
        }
        self.gone(peer).await;
    }

    async fn gone(&self, peer: SocketAddr) {
        self.table.borrow_mut().remove(&peer);
        let hop = Hop {
            transport: Transport::Tcp,
            addr: peer,
        };
        let _ = self.inputs.send(Input::Closed { hop }).await;
    }
}
