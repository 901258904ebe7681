//! What the switch tells: the life of each call, operators, queues, trunks.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::settings::Party;
use crate::media::{Quality, Recorded, Sound};
use crate::queue::OperatorState;
use crate::sip::{Caller, Cause, Hop, Refusal, TrunkState};
use crate::{CallId, LineId};

#[derive(Debug, Clone)]
pub enum News {
    Call {
        call: CallId,
        at: Instant,
        what: CallNews,
    },
    /// What happens to who tries a flow out; no call of the hotline.
    Trial {
        person: String,
        call: CallId,
        what: CallNews,
    },
    Operator {
        name: String,
        state: OperatorState,
        since: Instant,
    },
    /// The whole queue, in order.
    Queue {
        name: String,
        waiting: Vec<WaitingNews>,
    },
    Trunk {
        name: String,
        state: TrunkState,
    },
    /// A browser's line came or went.
    Line {
        person: String,
        line: LineId,
        state: LineState,
    },
    /// What a person has in hand, whenever it changes.
    Desk {
        person: String,
        desk: DeskNews,
    },
    /// The call that rang at this person's desk was answered by a colleague.
    Taken {
        person: String,
        call: CallId,
        by: String,
    },
    /// Whom this person asked, or handed the citizen to, is gone: not by the person's own doing.
    PartyGone {
        person: String,
        call: CallId,
        party: String,
        kind: PartyKind,
        cause: Cause,
        /// They had talked.
        answered: bool,
        /// The person is with the citizen again; else the citizen has gone on without.
        back: bool,
    },
    /// A flow wants to know; answered by `Command::Answer`.
    Asked {
        call: CallId,
        /// Empty when withheld.
        caller: String,
        question: Question,
    },
    /// The answer to `Command::Wish`.
    Wish {
        tag: u64,
        result: Result<(), Denied>,
    },
    Refused {
        hop: Hop,
        method: String,
        why: Refusal,
    },
    Drained,
}

/// What only the daemon knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// What is known of the caller.
    Facts,
    /// The ticket with these digits, or the caller's newest open one.
    Ticket { digits: Option<String> },
    /// Which of these keys an answer to the question `key` stands for.
    Spoken {
        number: u32,
        key: String,
        digits: String,
        sound: Sound,
    },
    /// What a network says in place of whom we called, before anybody has answered.
    Announced { sound: Sound },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingNews {
    pub call: CallId,
    pub since: Instant,
    pub ringing: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    Connected,
    /// Nothing is heard of it; it may come back.
    Lost,
    /// Another browser of the same person has taken its place.
    Replaced,
    /// Given up: no sound of its microphone ever came.
    Silent,
    Closed,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeskNews {
    /// None: no browser; else whether it is heard.
    pub line: Option<bool>,
    pub call: Option<CallId>,
    pub held: bool,
    pub recording_paused: bool,
    pub consult: Option<ConsultNews>,
    pub monitoring: Option<(CallId, Mode)>,
    pub echo: bool,
    /// Why the operator will pause after the call.
    pub pause_after: Option<String>,
}

/// The third party of the call in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsultNews {
    pub party: String,
    pub kind: PartyKind,
    pub state: ConsultState,
    /// This person is the third party, and `party` is who asks.
    pub asked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsultState {
    Ringing,
    Talking,
    /// The third party is on music, the operator with the citizen.
    Waiting,
    ThreeWay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartyKind {
    Operator,
    Number,
}

/// How a supervisor takes part in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Hears both, is heard by nobody.
    Listen,
    /// Is heard by the operator alone.
    Whisper,
    /// Is heard by all.
    Barge,
}

/// Why a wish is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("nothing rings")]
    NothingRings,
    #[error("a colleague has answered")]
    Taken,
    #[error("the desk phone rings, not the browser")]
    OnPhone,
    #[error("there is no call in hand")]
    NoCall,
    #[error("the citizen is on hold already")]
    Held,
    #[error("the citizen is not on hold")]
    NotHeld,
    #[error("not a key of a telephone")]
    NotAKey,
    #[error("a third party is in the call already")]
    Consulting,
    #[error("no third party is in the call")]
    NoConsult,
    #[error("the third party has not answered")]
    NotAnswered,
    #[error("all three talk together")]
    ThreeWay,
    #[error("nobody can be transferred to themselves")]
    Yourself,
    #[error("the colleague is not free")]
    TargetBusy,
    #[error("nobody of the queue is free")]
    NobodyFree,
    #[error("there is no such operator, queue or number")]
    NoSuchTarget,
    #[error("no trunk or channel is free")]
    NoChannel,
    #[error("there is no connected browser")]
    NoLine,
    #[error("there is a call in hand already")]
    Busy,
    #[error("the recording is not in that state")]
    NotRecording,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Citizen,
    Operator,
    /// An outside number that was called in.
    Third,
    Supervisor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A person spoke with the citizen.
    Answered,
    /// The citizen left before anybody answered.
    Abandoned,
    /// The citizen left their place to be called back.
    Callback,
    /// The citizen left a spoken message.
    Message,
    /// The flow ran to its end, or a called citizen hung up in it.
    Completed,
    NoAnswer,
    Busy,
    Declined,
    /// The number does not exist or may not be called.
    BadNumber,
    /// No trunk, no channel, or the network failed.
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedBy {
    Citizen,
    Office,
    System,
}

#[derive(Debug, Clone)]
pub enum CallNews {
    Started {
        caller: Caller,
        called: String,
        trunk: Option<String>,
        flow: String,
        diverted_from: Option<String>,
        outbound: bool,
    },
    /// The trunk that took a call of ours.
    Carried {
        trunk: String,
    },
    Connected,
    MenuStep {
        node: String,
        title: Option<String>,
        key: Option<char>,
    },
    Queued {
        queue: String,
        position: u32,
    },
    Offered {
        operator: String,
    },
    OfferEnded {
        operator: String,
        cause: Cause,
    },
    Answered {
        operator: String,
    },
    Held,
    Resumed,
    /// The operator's browser is gone or reloads: the citizen hears music.
    DeskLost {
        operator: String,
    },
    DeskBack {
        operator: String,
    },
    /// A third party is called.
    Consulting {
        party: String,
        kind: PartyKind,
    },
    ConsultAnswered {
        party: String,
    },
    ConsultEnded {
        party: String,
        cause: Cause,
    },
    /// The operator has turned to the citizen, or back to the third party; the other waits on music.
    Swapped {
        party: String,
        to: Party,
    },
    /// Citizen, operator and third party hear each other.
    Conference {
        party: String,
    },
    Transferred {
        from: String,
        to: String,
    },
    Monitored {
        supervisor: String,
        mode: Mode,
    },
    MonitorEnded {
        supervisor: String,
    },
    TakenOver {
        from: String,
        by: String,
    },
    /// What is said from this offset of the recording on is not kept.
    RecordingPaused {
        at: Duration,
    },
    RecordingResumed {
        at: Duration,
    },
    Collected {
        key: String,
        value: String,
    },
    /// The answer kept under `key` was given in words, between two offsets of the recording.
    Spoken {
        key: String,
        value: String,
        from: Duration,
        to: Duration,
    },
    /// A spoken message between two offsets of the recording.
    Message {
        key: String,
        from: Duration,
        to: Duration,
    },
    LegEnded(Box<LegNews>),
    RecordingStarted {
        path: PathBuf,
    },
    Recorded(Recorded),
    RecordingFailed {
        reason: String,
    },
    Ended {
        outcome: Outcome,
        cause: Cause,
        by: EndedBy,
    },
}

/// One leg of a call, complete.
#[derive(Debug, Clone)]
pub struct LegNews {
    pub side: Side,
    /// Number or operator's name.
    pub party: String,
    pub started: Instant,
    pub answered: Option<Instant>,
    pub ended: Instant,
    pub cause: Cause,
    pub status: u16,
    pub quality: Quality,
}
