//! The SIP side: messages in, dialogs and registrations out. The only module that names the SIP library.
//!
//! Not responsible for what a call means (see `switch`), nor for media (SDP bodies pass through as bytes, see `sdp`).

mod agent;
mod caller;
mod compose;
mod dialog;
mod digest;
mod guard;
mod invite;
mod leg;
mod outbound;
mod reason;
mod registrar;
mod reliable;
mod request;
mod salvage;
mod session_timer;
mod transaction;
mod transport;
mod trunk;
mod update;

pub use agent::Agent;
pub use digest::ha1;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::LegId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    Udp,
    Tcp,
    Tls,
    /// A WebSocket (RFC 7118): each of its messages is one of SIP's.
    Ws,
}

impl Transport {
    /// What a connection carries, in order and without loss.
    #[must_use]
    pub fn is_stream(self) -> bool {
        self != Self::Udp
    }

    /// As Via has it (RFC 3261 section 20.42, RFC 7118 section 5.2.2).
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
        }
    }
}

/// A peer's transport address. A TCP connection is named by the peer's address, whoever opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hop {
    pub transport: Transport,
    pub addr: SocketAddr,
}

/// Which local address a peer shall see in Via, Contact and SDP.
pub type SourceFor = Arc<dyn Fn(IpAddr) -> IpAddr + Send + Sync>;

#[derive(Clone)]
pub struct AgentSettings {
    /// Local port of each transport we listen on.
    pub udp_port: Option<u16>,
    pub tcp_port: Option<u16>,
    pub tls_port: Option<u16>,
    pub ws_port: Option<u16>,
    pub source_for: SourceFor,
    /// Digest realm of our registrar.
    pub realm: String,
    pub trunks: Vec<Trunk>,
    pub users: Vec<User>,
    /// Requests a second from one source that is neither a trunk nor a registered phone, before it is ignored for a while.
    pub stranger_rate: u32,
}

/// A carrier, or any other SIP peer that calls come from and go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trunk {
    pub name: String,
    /// Resolved addresses of the peer, in order of preference.
    pub hops: Vec<Hop>,
    /// Host part of the URIs that we send to it.
    pub domain: String,
    pub register: Option<Registration>,
    /// Called numbers that are ours; empty accepts any.
    pub numbers: Vec<String>,
    pub caller_id: String,
    pub max_calls: usize,
    /// Smaller is tried first.
    pub priority: u32,
    /// How often the peer is asked by OPTIONS whether it is alive; zero: never.
    pub options_every: Duration,
    /// Calls from any address that is not a phone of ours are this trunk's. For demonstrations alone: whoever reaches the port can call.
    pub from_anywhere: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub username: String,
    pub password: String,
    /// Expected realm; empty answers any.
    pub realm: String,
    pub expires: Duration,
}

/// A phone account of our own registrar. HA1 = H(name:realm:password) (RFC 7616 section 3.4.2), lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub ha1_md5: String,
    pub ha1_sha256: String,
}

/// A call to place.
#[derive(Debug, Clone)]
pub struct Dial {
    pub to: Target,
    /// Number or name shown to the called party; empty: the trunk's caller id.
    pub from_number: String,
    pub from_display: String,
    pub sdp: Bytes,
    /// Extra headers, for example `X-Minsheng-Call`.
    pub headers: Vec<(String, String)>,
    /// No final answer in this time: CANCEL, `Cause::NoAnswer`.
    pub ring_for: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// By the trunks in order of priority, failing over; `trunk` pins one.
    Number { number: String, trunk: Option<String> },
    /// To the phone that registered last for this user.
    User(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    #[error("no trunk is up")]
    NoTrunk,
    #[error("all channels of all trunks are in use")]
    NoChannel,
    #[error("no phone is registered for {0}")]
    NotRegistered(String),
    #[error("{0:?} is not a number that can be dialled")]
    BadNumber(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberKind {
    Mobile,
    Landline,
    Short,
    International,
    Anonymous,
    Other,
}

/// Who calls, from P-Asserted-Identity, From and tel: URIs, written as it is dialled inside China.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// `13912345678`, `05341234567`, `12345`; empty when anonymous.
    pub number: String,
    pub display: Option<String>,
    pub kind: NumberKind,
    /// Privacy: id was asked for; the number is known to us but must not be shown on.
    pub private: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Trunk(String),
    User(String),
}

#[derive(Debug, Clone)]
pub struct Incoming {
    pub leg: LegId,
    pub source: Source,
    pub hop: Hop,
    pub caller: Caller,
    /// Number called, normalised like the caller's.
    pub called: String,
    /// First Diversion / History-Info entry.
    pub diverted_from: Option<String>,
    /// None: a late offer, ours goes into the answer.
    pub sdp: Option<Bytes>,
    pub headers: Vec<(String, String)>,
}

/// Why a leg ended, in the words of the call record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// BYE after an answer.
    Normal,
    /// CANCEL before an answer.
    Cancelled,
    Busy,
    /// Rang out, 480 or 408 from the far end.
    NoAnswer,
    Declined,
    /// Another of several phones that rang together was answered.
    Elsewhere,
    /// The phone is off or out of reach of the network (Q.850 20, 27).
    SwitchedOff,
    /// 404, 484, 604: the number does not exist.
    NoSuchNumber,
    Forbidden,
    /// 488 or no codec in common.
    NotAcceptable,
    /// 5xx, 503.
    Unavailable,
    /// Nothing was heard of the peer: transaction or session timer.
    Unreachable,
    /// RTP stopped.
    MediaTimeout,
    Failed,
}

#[derive(Debug, Clone)]
pub enum Event {
    Incoming(Box<Incoming>),
    /// 18x to our INVITE.
    Progress {
        leg: LegId,
        status: u16,
        sdp: Option<Bytes>,
    },
    /// 2xx to our INVITE; ACK has been sent. `sdp` is None when a reliable 183 already carried the answer.
    Answered {
        leg: LegId,
        sdp: Option<Bytes>,
        trunk: Option<String>,
    },
    /// ACK to our 2xx; with the answer if our 2xx carried the offer.
    Confirmed {
        leg: LegId,
        sdp: Option<Bytes>,
    },
    /// re-INVITE or UPDATE from the peer: answer with `answer_reoffer`; None asks us to offer.
    Reoffer {
        leg: LegId,
        sdp: Option<Bytes>,
    },
    /// The answer to our `reoffer`, or the status that refused it.
    Reanswer {
        leg: LegId,
        result: Result<Bytes, u16>,
    },
    /// INFO application/dtmf-relay or application/dtmf.
    Digit {
        leg: LegId,
        digit: char,
    },
    /// The leg is gone and its id free. Comes exactly once a leg, also after `hangup` and `reject`.
    Ended {
        leg: LegId,
        cause: Cause,
        status: u16,
        by_peer: bool,
    },
    /// A phone of ours came (true) or went.
    Registered {
        user: String,
        present: bool,
    },
    TrunkChanged {
        name: String,
        state: TrunkState,
    },
    /// A request that was refused, for counters and the security log.
    Refused {
        hop: Hop,
        method: String,
        why: Refusal,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrunkState {
    /// Not yet asked.
    Unknown,
    Up,
    /// No answer to OPTIONS or to INVITEs.
    Down,
    /// REGISTER was refused.
    Rejected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Not from a trunk's address and not authenticated.
    Stranger,
    WrongPassword,
    /// A called number that is not ours.
    NotOurNumber,
    Malformed,
    RateLimited,
    NoChannel,
}

#[derive(Debug, Clone)]
pub enum Output {
    Transmit {
        hop: Hop,
        bytes: Bytes,
    },
    /// Close the TCP connection to this peer.
    Close {
        hop: Hop,
    },
    /// The peer of this TCP connection is a trunk, or a user that logged in.
    Known {
        hop: Hop,
    },
    Event(Event),
    /// Drained: call `handle_timeout` at this time if nothing comes before.
    Timeout(Instant),
}
