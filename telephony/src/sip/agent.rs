//! The agent: what comes in from sockets and call control, what goes out, and which timer means what.
//!
//! Not responsible for clocks and sockets (see `driver`), nor for the rules of a method (see the other files).

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sipx_sip::headers::{ContactValue, Date, Via};
use sipx_sip::validate::Finding;
use sipx_sip::{Limits, Message, Method, parse_datagram, validate_request, validate_response};

use super::compose;
use super::digest::Nonces;
use super::guard::Guard;
use super::leg::{Leg, LegTimer};
use super::registrar::Registrar;
use super::salvage;
use super::transaction::{Key, Transactions};
use super::transport::{self, Frame, Framer};
use super::trunk::{TrunkLine, TrunkTimer};
use super::{AgentSettings, Event, Hop, Output, Refusal, Transport, TrunkState};
use crate::LegId;
use crate::timer::TimerTable;

/// How long what is over must still answer for itself: 64*T1 (RFC 3261 section 17).
pub(super) const LINGER: Duration = Duration::from_secs(32);
/// With no timer running there is nothing to wake up for.
const IDLE: Duration = Duration::from_secs(3600);
pub(super) const T1: Duration = Duration::from_millis(500);
pub(super) const T2: Duration = Duration::from_secs(4);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Timer {
    Transaction(Key, sipx_sip::Timer),
    Leg(LegId, LegTimer),
    Trunk(String, TrunkTimer),
    /// The next registration that runs out.
    Bindings,
}

pub struct Agent {
    pub(super) settings: AgentSettings,
    pub(super) rng: StdRng,
    pub(super) out: VecDeque<Output>,
    pub(super) timers: TimerTable<Timer>,
    pub(super) transactions: Transactions,
    streams: HashMap<SocketAddr, Framer>,
    /// Peers of TCP connections that the driver has been told to know.
    known: HashSet<SocketAddr>,
    pub(super) legs: HashMap<LegId, Leg>,
    /// By Call-ID and our tag; a leg that tried several trunks has several entries.
    pub(super) dialogs: HashMap<(Bytes, Bytes), LegId>,
    pub(super) registrar: Registrar,
    pub(super) trunks: Vec<TrunkLine>,
    pub(super) guard: Guard,
    pub(super) nonces: Nonces,
    pub(super) merged_tag: String,
    next_leg: u64,
    pub(super) draining: bool,
    /// The latest time that we were told.
    seen: Instant,
}

impl Agent {
    pub fn new(settings: AgentSettings, seed: u64, now: Instant) -> Agent {
        let mut rng = StdRng::seed_from_u64(seed);
        // Below 2^40, so that ids stay readable, and never zero.
        let next_leg = u64::from(rng.random::<u32>()) << 8 | 1;
        let mut agent = Agent {
            nonces: Nonces::new(now, rng.random()),
            merged_tag: format!("{:016x}", rng.random::<u64>()),
            rng,
            out: VecDeque::new(),
            timers: TimerTable::default(),
            transactions: Transactions::new(),
            streams: HashMap::new(),
            known: HashSet::new(),
            legs: HashMap::new(),
            dialogs: HashMap::new(),
            registrar: Registrar::default(),
            trunks: Vec::new(),
            guard: Guard::default(),
            next_leg,
            draining: false,
            seen: now,
            settings: AgentSettings {
                trunks: Vec::new(),
                ..settings.clone()
            },
        };
        agent.configure(now, settings);
        agent
    }

    /// Takes over changed settings; calls and registrations in progress go on.
    pub fn configure(&mut self, now: Instant, settings: AgentSettings) {
        self.configure_trunks(now, &settings.trunks);
        self.settings = settings;
        self.drop_unknown_users();
    }

    /// One UDP datagram, or any piece of a TCP stream. `local` is the address that it arrived at, where known.
    pub fn handle_bytes(&mut self, now: Instant, hop: Hop, _local: Option<SocketAddr>, bytes: &[u8]) {
        self.seen = now;
        match hop.transport {
            Transport::Udp => self.handle_datagram(now, hop, Bytes::copy_from_slice(bytes)),
            Transport::Tcp | Transport::Tls => self.handle_stream(now, hop, bytes),
            Transport::Ws => {
                if self.is_trunk_address(hop.addr.ip()) {
                    self.know(hop);
                }
                self.handle_datagram(now, hop, Bytes::copy_from_slice(bytes));
            }
        }
    }

    fn handle_stream(&mut self, now: Instant, hop: Hop, bytes: &[u8]) {
        let mut framer = self.streams.remove(&hop.addr).unwrap_or_default();
        framer.push(bytes);
        while let Some(frame) = framer.next() {
            match frame {
                Frame::Ping => self.transmit(hop, Bytes::from_static(b"\r\n")),
                Frame::Message(message) => {
                    if self.is_trunk_address(hop.addr.ip()) {
                        self.know(hop);
                    }
                    self.handle_datagram(now, hop, message);
                }
                Frame::Lost(rest) => {
                    self.refuse_malformed(now, hop, &rest);
                    self.out.push_back(Output::Close { hop });
                    return;
                }
            }
        }
        self.streams.insert(hop.addr, framer);
    }

    /// The peer has shown who it is: its connection may stay.
    pub(super) fn know(&mut self, hop: Hop) {
        if hop.transport.is_stream() && self.known.insert(hop.addr) {
            self.out.push_back(Output::Known { hop });
        }
    }

    fn handle_datagram(&mut self, now: Instant, hop: Hop, bytes: Bytes) {
        // Keep-alives: CRLF, or the zeros that some phones send.
        if bytes.iter().all(|b| matches!(b, b'\r' | b'\n' | 0 | b' ')) || !self.admit(now, hop, &bytes) {
            return;
        }
        match parse_datagram(bytes.clone(), &Limits::datagram()) {
            Ok(Message::Request(mut request)) => {
                transport::stamp_via(&mut request, hop.addr);
                self.receive_request(now, hop, request, &bytes);
            }
            Ok(Message::Response(response)) => {
                // A response with several top-level faults is dropped: nobody is there to tell (section 18.1.2).
                let one_via = response.headers.typed_all::<Via>().count() == 1;
                if validate_response(&response).is_empty() && one_via {
                    self.dispatch(now, hop, hop, Message::Response(response));
                }
            }
            Err(_) => self.refuse_malformed(now, hop, &bytes),
        }
    }

    fn receive_request(&mut self, now: Instant, hop: Hop, request: sipx_sip::Request, bytes: &[u8]) {
        let Some(Ok(via)) = request.headers.typed::<Via>() else {
            self.refuse_malformed(now, hop, bytes);
            return;
        };
        let reply = transport::response_hop(&via, hop);
        let fault = fault_of(&request);
        match fault {
            Some(_) if request.method == Method::Ack => {}
            Some(status) => {
                let response = compose::response_to(&request, status, "", Some(&self.merged_tag.clone()));
                self.transmit(reply, Message::Response(response).to_bytes());
                self.refused(hop, &request.method.to_string(), Refusal::Malformed);
            }
            None => self.dispatch(now, hop, reply, Message::Request(request)),
        }
    }

    fn refuse_malformed(&mut self, _now: Instant, hop: Hop, bytes: &[u8]) {
        if let Some(salvaged) = salvage::bad_request(bytes) {
            self.transmit(transport::response_hop(&salvaged.via, hop), salvaged.response);
            self.refused(hop, &salvaged.method, Refusal::Malformed);
        }
    }

    pub(super) fn refused(&mut self, hop: Hop, method: &str, why: Refusal) {
        let method = method.chars().take(20).collect();
        self.event(Event::Refused { hop, method, why });
    }

    /// The TCP connection ended, or sending to the peer failed.
    pub fn handle_closed(&mut self, now: Instant, hop: Hop) {
        if hop.transport.is_stream() {
            self.streams.remove(&hop.addr);
            self.known.remove(&hop.addr);
            self.drop_bindings_of(now, hop);
        }
        self.fail_clients(now, hop);
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        self.seen = now;
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::Transaction(key, timer) => self.transaction_timer(now, &key, timer),
                Timer::Leg(leg, timer) => self.leg_timer(now, leg, timer),
                Timer::Trunk(name, timer) => self.trunk_timer(now, &name, timer),
                Timer::Bindings => self.expire_bindings(now),
            }
        }
    }

    /// Call until it returns `Timeout`.
    pub fn poll_output(&mut self) -> Output {
        match self.out.pop_front() {
            Some(output) => output,
            None => Output::Timeout(self.timers.next().unwrap_or(self.seen + IDLE)),
        }
    }

    /// From now on new calls are refused with 503; those in progress go on.
    pub fn begin_drain(&mut self) {
        self.draining = true;
    }

    pub fn trunk_states(&self) -> Vec<(String, TrunkState)> {
        self.trunks
            .iter()
            .map(|t| (t.settings.name.clone(), t.state))
            .collect()
    }

    /// The users that have a phone registered.
    pub fn registered(&self) -> Vec<String> {
        self.registrar.users()
    }

    /// SIP transactions in flight, for gauges and leak checks.
    pub fn transactions(&self) -> usize {
        self.transactions.len()
    }

    pub(super) fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    pub(super) fn new_leg_id(&mut self) -> LegId {
        self.next_leg += 1;
        LegId(self.next_leg)
    }

    /// 64 random bits: a tag, the unique part of a branch or a Call-ID.
    pub(super) fn token(&mut self) -> String {
        format!("{:016x}", self.rng.random::<u64>())
    }

    pub(super) fn random(&mut self, range: RangeInclusive<u64>) -> u64 {
        self.rng.random_range(range)
    }

    /// The address that the peer at `hop` knows us by.
    pub(super) fn local(&self, hop: Hop) -> SocketAddr {
        let port = match hop.transport {
            Transport::Udp => self.settings.udp_port,
            Transport::Tcp => self.settings.tcp_port,
            Transport::Tls => self.settings.tls_port,
            Transport::Ws => self.settings.ws_port,
        };
        SocketAddr::new((self.settings.source_for)(hop.addr.ip()), port.unwrap_or(5060))
    }

    pub(super) fn via(&mut self, hop: Hop) -> String {
        let local = self.local(hop);
        let name = hop.transport.name();
        let branch = self.token();
        format!(
            "SIP/2.0/{name} {}:{};branch=z9hG4bK{branch};rport",
            compose::host(local.ip()),
            local.port()
        )
    }
}

/// What makes a request malformed: what RFC 3261 section 8.1.1 asks of every request, and a Contact or Date that can't be read.
fn fault_of(request: &sipx_sip::Request) -> Option<u16> {
    let unreadable = request.headers.typed_all::<ContactValue>().any(|c| c.is_err())
        || matches!(request.headers.typed::<Date>(), Some(Err(_)));
    let findings = validate_request(request);
    let worst = findings
        .iter()
        .filter(|f| !f.is_repairable())
        .map(Finding::status)
        .max();
    worst.or(unreadable.then_some(400))
}
