//! What operators have in hand in their browsers, and what they may wish of it. Words only: the switchboard knows what they mean.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use super::Refused;

/// What one person has in hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desk {
    pub line: Line,
    pub call_id: Option<String>,
    pub held: bool,
    pub recording_paused: bool,
    pub consult: Option<Consult>,
    /// Whose call is listened to, and how: listen, whisper, barge.
    pub monitoring: Option<(String, &'static str)>,
    pub echo: bool,
}

/// The third party of the call in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consult {
    pub party: String,
    /// operator, number
    pub kind: &'static str,
    /// ringing, talking, three_way
    pub state: &'static str,
}

/// The browser's audio connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Line {
    #[default]
    None,
    Connected,
    Lost,
}

impl Line {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Connected => "connected",
            Self::Lost => "lost",
        }
    }
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineNews {
    pub username: String,
    /// As in the answer to the offer.
    pub line: String,
    /// connected, lost, replaced, closed
    pub state: &'static str,
}

/// An accepted offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub sdp: String,
    pub line: String,
    pub replaced: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Answer,
    Decline,
    Hold,
    Resume,
    Hangup,
    Dtmf(String),
    Transfer {
        to: Destination,
        attended: bool,
    },
    Complete,
    Cancel,
    Conference,
    Emergency(String),
    PauseRecording,
    ResumeRecording,
    Monitor {
        call_id: String,
        mode: Mode,
    },
    Unmonitor {
        call_id: String,
    },
    TakeOver {
        call_id: String,
    },
    /// A new call to a citizen, for a ticket perhaps.
    Call {
        call_id: String,
        number: String,
        ticket_number: Option<String>,
    },
    /// Rings a flow (as JSON) in the person's own browser, as a caller of whom these facts are known.
    Try {
        call_id: String,
        flow: serde_json::Value,
        facts: Vec<String>,
    },
    Echo(bool),
}

/// What happens while a flow is tried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialNews {
    pub username: String,
    pub call_id: String,
    /// started, node, queue, collected, message, transfer, ended
    pub what: &'static str,
    /// The node's, queue's or answer's name, or the number.
    pub name: String,
    /// The key that led there, or what was keyed in.
    pub value: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Operator(String),
    Queue(String),
    Number(String),
}

/// How a supervisor takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Listen,
    Whisper,
    Barge,
}

/// Why the call in hand does not allow a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    NothingRings,
    OnPhone,
    NoCall,
    Held,
    NotHeld,
    NotAKey,
    Consulting,
    NoConsult,
    NotAnswered,
    Yourself,
    TargetBusy,
    NoSuchTarget,
    NoChannel,
    NoLine,
    Busy,
    NotRecording,
    NoFlow,
}

/// What is wrong with a browser's offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferFault {
    TooLong,
    Malformed,
    NotOneAudioLine,
    NoMicrophone,
    NoCodec,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskError {
    Refused(Refused),
    Denied(Denied),
    Offer(OfferFault),
}

impl From<Refused> for DeskError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

pub type Granted = Pin<Box<dyn Future<Output = Result<(), DeskError>> + Send>>;

/// The part of the switchboard that browsers' desks ask.
pub trait Desks: Send + Sync {
    /// `peer` is whence the browser asks: it is told an address that it can reach.
    fn open_line(&self, username: &str, offer: &str, peer: IpAddr) -> Result<Opened, DeskError>;
    fn close_line(&self, username: &str) -> Result<(), DeskError>;
    fn wish(&self, username: &str, wish: Wish) -> Granted;
}
