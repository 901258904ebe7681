//! Glue between the transaction machines of the SIP library, our timer table and the rest of the agent.
//!
//! Not responsible for what a request means.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use sipx_sip::transaction::Dispatch;
use sipx_sip::{
    HeaderName, Message, Reliability, Request, Response, Timers, TransactionKey, TransactionLayer, TuEvent,
};

use super::agent::{Agent, Timer};
use super::compose;
use super::{Hop, Output};
use crate::LegId;

pub(super) type Key = Arc<TransactionKey>;

/// What identifies a request that reached us on two paths (RFC 3261 section 8.2.2.2).
type Merge = (Bytes, Bytes, Bytes);

/// Who waits for the response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    Invite(LegId),
    Reinvite(LegId),
    Update(LegId),
    Prack(LegId),
    /// The leg is over already; only a challenge is of interest.
    Bye(LegId),
    Cancel,
    /// BYE of a dialog that we never wanted.
    Disown,
    Register(String),
    Options(String),
}

#[derive(Debug)]
pub(super) struct Server {
    /// Where responses go.
    pub(super) hop: Hop,
    /// Where the request came from.
    pub(super) source: Hop,
    merge: Option<Merge>,
}

#[derive(Debug)]
pub(super) struct Client {
    pub(super) hop: Hop,
    pub(super) purpose: Purpose,
}

pub(super) struct Transactions {
    pub(super) layer: TransactionLayer,
    pub(super) servers: HashMap<Key, Server>,
    pub(super) clients: HashMap<Key, Client>,
    merged: HashMap<Merge, Key>,
}

impl Transactions {
    pub(super) fn new() -> Transactions {
        Transactions {
            layer: TransactionLayer::new(Timers::default()),
            servers: HashMap::new(),
            clients: HashMap::new(),
            merged: HashMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        let (clients, servers) = self.layer.len();
        clients + servers
    }
}

/// Which of the two ways a request went unanswered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    Timeout,
    Transport,
}

fn reliability(hop: Hop) -> Reliability {
    match hop.transport.is_stream() {
        false => Reliability::Unreliable,
        true => Reliability::Reliable,
    }
}

fn merge_key(request: &Request) -> Option<Merge> {
    let headers = &request.headers;
    if compose::tag(headers, &HeaderName::To).is_some() {
        return None;
    }
    let from = compose::tag(headers, &HeaderName::From).unwrap_or_default();
    Some((
        compose::raw(headers, &HeaderName::CallId),
        from,
        compose::raw(headers, &HeaderName::CSeq),
    ))
}

impl Agent {
    pub(super) fn transmit(&mut self, hop: Hop, bytes: Bytes) {
        self.out.push_back(Output::Transmit { hop, bytes });
    }

    /// Routes a message that passed the first checks.
    pub(super) fn dispatch(&mut self, now: Instant, source: Hop, reply: Hop, message: Message) {
        let merge = message.as_request().and_then(merge_key);
        match self.transactions.layer.receive(message, reliability(source)) {
            Dispatch::Matched { key, outputs } => {
                let hop = self.hop_of(&key).unwrap_or(reply);
                self.apply(now, &Arc::new(key), hop, outputs);
            }
            Dispatch::Created { key, outputs } => {
                let key = Arc::new(key);
                let is_merged = merge
                    .as_ref()
                    .is_some_and(|m| self.transactions.merged.contains_key(m));
                if let Some(merge) = merge.clone().filter(|_| !is_merged) {
                    self.transactions.merged.insert(merge, key.clone());
                }
                let merge = if is_merged { None } else { merge };
                self.transactions.servers.insert(
                    key.clone(),
                    Server {
                        hop: reply,
                        source,
                        merge,
                    },
                );
                if is_merged {
                    self.refuse_merged(now, &key);
                } else {
                    self.apply(now, &key, reply, outputs);
                }
            }
            Dispatch::Unmatched(message) => match *message {
                Message::Request(request) => self.handle_ack(now, &request),
                Message::Response(response) => self.handle_stray(now, source, &response),
            },
        }
    }

    fn refuse_merged(&mut self, now: Instant, key: &Key) {
        if let Some(request) = self.transactions.layer.server_request(key) {
            let tag = self.merged_tag.clone();
            let response = compose::response_to(request, 482, "", Some(&tag));
            self.respond(now, key, response);
        }
    }

    fn hop_of(&self, key: &TransactionKey) -> Option<Hop> {
        let server = self.transactions.servers.get(key).map(|s| s.hop);
        server.or_else(|| self.transactions.clients.get(key).map(|c| c.hop))
    }

    /// Starts a client transaction; `None` only for a request without a Via of ours.
    pub(super) fn send_request(
        &mut self,
        now: Instant,
        hop: Hop,
        request: Request,
        purpose: Purpose,
    ) -> Option<Key> {
        let (key, outputs) = self.transactions.layer.send_request(request, reliability(hop))?;
        let key = Arc::new(key);
        self.transactions
            .clients
            .insert(key.clone(), Client { hop, purpose });
        self.apply(now, &key, hop, outputs);
        Some(key)
    }

    pub(super) fn respond(&mut self, now: Instant, key: &Key, response: Response) {
        let Some(hop) = self.transactions.servers.get(key).map(|s| s.hop) else {
            return;
        };
        let outputs = self.transactions.layer.send_response(key, response);
        self.apply(now, key, hop, outputs);
    }

    /// Answers with nothing but a status.
    pub(super) fn respond_status(&mut self, now: Instant, key: &Key, request: &Request, status: u16) {
        let tag = self.token();
        let mut response = compose::response_to(request, status, "", Some(&tag));
        if matches!(status, 405 | 200) {
            compose::put(&mut response.headers, HeaderName::Allow, compose::ALLOW);
        }
        if status == 503 || status == 500 {
            let wait = self.random(1..=10).to_string();
            compose::put(&mut response.headers, HeaderName::RetryAfter, wait);
        }
        self.respond(now, key, response);
    }

    fn apply(&mut self, now: Instant, key: &Key, hop: Hop, outputs: Vec<sipx_sip::Output>) {
        use sipx_sip::Output as Step;
        for step in outputs {
            match step {
                Step::Send(message) => self.transmit(hop, message.to_bytes()),
                Step::SetTimer { timer, after } => {
                    self.timers
                        .set(Timer::Transaction(key.clone(), timer), now + after);
                }
                Step::ClearTimer(timer) => self.timers.clear(&Timer::Transaction(key.clone(), timer)),
                Step::ToTu(event) => self.handle_tu(now, key, *event),
                Step::Terminated(_) => self.forget_transaction(key),
                _ => {}
            }
        }
    }

    fn handle_tu(&mut self, now: Instant, key: &Key, event: TuEvent) {
        match event {
            TuEvent::Request(request) => self.handle_request(now, key, &request),
            TuEvent::Response(response) => self.handle_response(now, key, &response),
            TuEvent::Ack(request) => self.handle_ack(now, &request),
            TuEvent::Timeout => self.handle_silence(now, key, Silence::Timeout),
            TuEvent::TransportError => self.handle_silence(now, key, Silence::Transport),
            _ => {}
        }
    }

    pub(super) fn transaction_timer(&mut self, now: Instant, key: &Key, timer: sipx_sip::Timer) {
        let Some(hop) = self.hop_of(key) else { return };
        let outputs = self.transactions.layer.on_timer(key, timer);
        self.apply(now, key, hop, outputs);
    }

    fn forget_transaction(&mut self, key: &Key) {
        for timer in sipx_sip::Timer::ALL {
            self.timers.clear(&Timer::Transaction(key.clone(), timer));
        }
        self.transactions.clients.remove(key);
        if let Some(merge) = self.transactions.servers.remove(key).and_then(|s| s.merge) {
            self.transactions.merged.remove(&merge);
        }
    }

    /// Drops a client transaction without a word to anyone.
    pub(super) fn abandon_client(&mut self, key: &Key) {
        self.transactions.layer.on_transport_error(key);
        self.forget_transaction(key);
    }

    /// A connection is gone: what still waited for an answer on it never gets one.
    pub(super) fn fail_clients(&mut self, now: Instant, hop: Hop) {
        use sipx_sip::transaction::ClientState::{Calling, Proceeding, Trying};
        let mut waiting: Vec<(String, Key)> = Vec::new();
        for (key, client) in &self.transactions.clients {
            let state = self.transactions.layer.client_state(key);
            if client.hop == hop && matches!(state, Some(Calling | Trying | Proceeding)) {
                waiting.push((format!("{key:?}"), key.clone()));
            }
        }
        // Hash order would make a replay differ from the run.
        waiting.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, key) in waiting {
            let outputs = self.transactions.layer.on_transport_error(&key);
            self.apply(now, &key, hop, outputs);
        }
    }
}
