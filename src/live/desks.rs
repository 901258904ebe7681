//! What operators have in hand in their browsers, and what they may wish of it. Words only: the switchboard knows what they mean.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use super::Refused;

/// The reason of the pause with which a shift begins.
pub const SIGN_IN: &str = "sign_in";

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
    /// Why the person pauses when the call in hand is over.
    pub pause_after: Option<String>,
}

/// The third party of the call in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consult {
    pub party: String,
    /// operator, number
    pub kind: &'static str,
    /// ringing, talking, waiting, three_way
    pub state: &'static str,
    /// This person is the third party, and `party` is who asks.
    pub asked: bool,
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

/// The call that rang at this person's desk was answered by a colleague.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub username: String,
    pub call_id: String,
    pub by: String,
}

/// Whom this person asked, or handed the citizen to, is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyGone {
    pub username: String,
    pub call_id: String,
    pub party: String,
    /// operator, number
    pub kind: &'static str,
    /// busy, no_answer, declined, normal, …
    pub outcome: &'static str,
    pub answered: bool,
    /// The person is with the citizen again.
    pub back: bool,
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
    Dtmf {
        digits: String,
        /// None: whom she talks with; in a three-way call an outside number, for it may have a menu.
        to: Option<Party>,
    },
    Transfer {
        to: Destination,
        attended: bool,
    },
    Complete,
    Cancel,
    Swap,
    Conference,
    Emergency {
        number: String,
        leave: bool,
    },
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

/// Of the two beside an operator who asks somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    Citizen,
    Third,
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
    /// A colleague has answered.
    Taken,
    OnPhone,
    NoCall,
    Held,
    NotHeld,
    NotAKey,
    Consulting,
    NoConsult,
    NotAnswered,
    ThreeWay,
    Yourself,
    TargetBusy,
    /// Of a queue.
    NobodyFree,
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
    /// The person comes to work: paused until ready, so that the headset can be tried in peace.
    fn begin_shift(&self, username: &str) -> Result<(), DeskError>;
    fn close_line(&self, username: &str) -> Result<(), DeskError>;
    fn wish(&self, username: &str, wish: Wish) -> Granted;
}
