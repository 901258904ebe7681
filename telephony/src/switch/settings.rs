//! What the switch is told: settings, and commands in the course of the day.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Mode;
use crate::menu::{Fact, Flow, Heard};
use crate::queue::{OperatorSettings, Past, QueueSettings};
use crate::reading::TicketWords;
use crate::sip::{AgentSettings, Cause};
use crate::{CallId, LineId};

#[derive(Clone)]
pub struct Settings {
    pub agent: AgentSettings,
    /// Even ports carry RTP, the odd one above RTCP (RFC 3550 section 11).
    pub rtp_ports: RangeInclusive<u16>,
    pub flows: HashMap<String, Arc<Flow>>,
    pub lines: Vec<Line>,
    /// Whether each schedule is open now; kept true by `Command::Schedules`.
    pub schedules: HashMap<String, bool>,
    pub queues: Vec<QueueSettings>,
    pub operators: Vec<OperatorSettings>,
    /// Directory of the recordings; None records nothing.
    pub recordings: Option<PathBuf>,
}

/// Called numbers and the flow that answers them; the first line that matches counts, one without numbers matches all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub numbers: Vec<String>,
    pub flow: String,
}

/// A call that the hotline places, for example the satisfaction survey.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// Chosen by the daemon, so that the attempt is on record before the phone rings.
    pub call: CallId,
    pub number: String,
    pub flow: String,
    /// What `$name` in a prompt list is read from, digit by digit.
    pub variables: HashMap<String, String>,
    pub ring_for: Duration,
}

pub enum Command {
    Configure(Box<Settings>),
    Schedules(HashMap<String, bool>),
    Ready {
        operator: String,
    },
    Pause {
        operator: String,
        reason: String,
    },
    Dial(Box<Outbound>),
    Hangup {
        call: CallId,
    },
    /// To `News::Asked`.
    Answer {
        call: CallId,
        answer: Answer,
    },
    /// A browser of this person was accepted; `MediaEvent::LineUp` follows when it is connected.
    OpenLine {
        person: String,
        line: LineId,
    },
    CloseLine {
        person: String,
    },
    /// Answered by `News::Wish` with the same tag.
    Wish {
        tag: u64,
        person: String,
        wish: Wish,
    },
    /// Calls a clerk, then a citizen.
    Contact(Box<Contact>),
    /// Clerks' numbers by the citizens' who may ring back.
    Returns(HashMap<String, String>),
    /// Conversations before this run, the oldest first: who knows whom, and how long they take.
    Recollect(Vec<Past>),
    /// No new calls; `News::Drained` when the last one is over.
    Drain,
    /// Ends every call now: peers are told, and every call is told as ended.
    EndAll,
}

/// A masked contact to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub call: CallId,
    pub clerk: String,
    pub citizen: String,
    /// How long each phone rings.
    pub ring_for: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Facts(BTreeSet<Fact>),
    /// None: there is no ticket to tell of.
    Ticket(Option<TicketWords>),
    /// To `Question::Spoken` with this number.
    Heard {
        number: u32,
        heard: Heard,
    },
    /// To `Question::Announced`: why whom we called will not answer; None when the network did not say.
    Announced(Option<Cause>),
}

/// What somebody at a desk wants of the call in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Answer,
    Decline,
    Hold,
    Resume,
    Hangup,
    /// Keys; to nobody in particular: towards whom the operator talks with.
    Dtmf {
        digits: String,
        to: Option<Party>,
    },
    /// Attended: the citizen waits on music while the operator asks the target; else they are handed over at once.
    Transfer {
        to: Destination,
        attended: bool,
    },
    /// Hands the citizen to the third party.
    Complete,
    /// Back to the citizen, without the third party.
    Cancel,
    /// From the third party to the citizen or back; the other waits on music.
    Swap,
    /// All three.
    Conference,
    /// Calls a service; citizen and operator talk on until it answers. Then all three talk, or the operator leaves.
    Emergency {
        number: String,
        leave: bool,
    },
    PauseRecording,
    ResumeRecording,
    Monitor {
        call: CallId,
        mode: Mode,
    },
    Unmonitor {
        call: CallId,
    },
    TakeOver {
        call: CallId,
    },
    /// Calls a citizen; the call's id is chosen by the daemon.
    Call {
        call: CallId,
        number: String,
    },
    /// Tries a flow out over the person's line, as a caller of whom these facts are known.
    Try {
        call: CallId,
        flow: Arc<Flow>,
        facts: BTreeSet<Fact>,
    },
    /// The line hears itself.
    Echo(bool),
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
