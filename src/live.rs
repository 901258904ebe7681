//! What is going on now and is gone after a restart: trunks, queues, operators, and what may be asked of the switchboard. The
//! switchboard writes it; HTTP and the slices read it. It decides nothing.

pub mod desks;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;

use chrono::{DateTime, Utc};

use crate::calls::Purpose;

#[derive(Clone, Default)]
pub struct Live(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    switchboard: Mutex<Option<Arc<dyn Switchboard>>>,
    desks: Mutex<Option<Arc<dyn desks::Desks>>>,
    changes: broadcast::Sender<Changed>,
}

impl Default for Inner {
    fn default() -> Self {
        // Whoever falls further behind looks at the whole state again.
        Self {
            state: Mutex::default(),
            switchboard: Mutex::default(),
            desks: Mutex::default(),
            changes: broadcast::channel(1024).0,
        }
    }
}

/// What changed in the state, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    Operator(String),
    Queue(String),
    Trunk(String),
    Desk(String),
    Line(desks::LineNews),
    Trial(desks::TrialNews),
    Taken(desks::Taken),
    PartyGone(desks::PartyGone),
}

#[derive(Debug, Clone, Default)]
pub struct State {
    pub trunks: Vec<Trunk>,
    pub queues: BTreeMap<String, Vec<Waiting>>,
    /// Only those who are not offline.
    pub operators: BTreeMap<String, Operator>,
    /// Only of people with a browser or a call.
    pub desks: BTreeMap<String, desks::Desk>,
    pub speech: Speech,
    /// As of the last time that settings were read.
    pub unreadable: Vec<Unreadable>,
}

/// A setting whose newest version cannot be read, and what is in force instead: an earlier version, the shipped one, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub kind: &'static str,
    pub name: String,
    pub version: i64,
    pub instead: Option<i64>,
    pub is_shipped: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trunk {
    pub name: String,
    /// `up`, `down`, `registering`, … as the switchboard says it.
    pub state: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub call_id: String,
    pub caller: String,
    pub since: DateTime<Utc>,
    pub position: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorState {
    Offline,
    Ready,
    Ringing,
    Talking,
    WrapUp,
    Paused,
}

impl OperatorState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Ready => "ready",
            Self::Ringing => "ringing",
            Self::Talking => "talking",
            Self::WrapUp => "wrap_up",
            Self::Paused => "paused",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    pub state: OperatorState,
    /// Why paused.
    pub reason: Option<String>,
    pub since: DateTime<Utc>,
    pub call_id: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Speech {
    Ready,
    Busy,
    #[default]
    NoModel,
}

impl Speech {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Busy => "busy",
            Self::NoModel => "no_model",
        }
    }
}

/// An outbound call to a citizen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Originate {
    /// Given by the caller of this, so that a repeated wish makes one call.
    pub call_id: String,
    /// As its record has it.
    pub purpose: Purpose,
    pub number: String,
    pub menu: String,
    pub ticket_number: Option<String>,
}

/// A clerk who wants to talk with a citizen, neither of whom is to see the other's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub call_id: String,
    /// Rung first.
    pub clerk: String,
    pub citizen: String,
    pub ticket_number: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the switchboard is not running")]
    NotRunning,
    #[error("no such call")]
    NoSuchCall,
    #[error("the operator has no phone registered")]
    Offline,
    #[error("all lines are in use")]
    NoLine,
    #[error("the number may not be called")]
    NumberNotAllowed,
}

/// What may be asked of the switchboard. The answer is whether it is taken on; what becomes of it comes back as changes of calls.
pub trait Switchboard: Send + Sync {
    fn hang_up(&self, call_id: &str) -> Result<(), Refused>;
    fn dial(&self, call: Originate) -> Result<(), Refused>;
    fn contact(&self, contact: Contact) -> Result<(), Refused>;
    /// `ready` or paused with a reason.
    fn set_paused(&self, username: &str, paused: Option<String>) -> Result<(), Refused>;
    /// Menus, queues, lines, schedules or people changed: read them again.
    fn reload(&self);
}

impl Live {
    /// The state under its lock: copy what you need, await nothing.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The state was changed: said after the lock is given back.
    pub fn changed(&self, what: Changed) {
        // Nobody listening is the normal case in tests.
        let _ = self.0.changes.send(what);
    }

    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.0.changes.subscribe()
    }

    /// When the switchboard has started; a later one takes the place of an earlier.
    pub fn connect(&self, switchboard: Arc<dyn Switchboard>) {
        *self.slot() = Some(switchboard);
    }

    /// When the switchboard stops: from now on wishes are refused.
    pub fn disconnect(&self) {
        *self.slot() = None;
        *self.desk_slot() = None;
    }

    /// Browsers' desks are another door of the same switchboard.
    pub fn connect_desks(&self, desks: Arc<dyn desks::Desks>) {
        *self.desk_slot() = Some(desks);
    }

    pub fn desks(&self) -> Result<Arc<dyn desks::Desks>, Refused> {
        self.desk_slot().clone().ok_or(Refused::NotRunning)
    }

    fn desk_slot(&self) -> MutexGuard<'_, Option<Arc<dyn desks::Desks>>> {
        self.0.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn switchboard(&self) -> Result<Arc<dyn Switchboard>, Refused> {
        self.slot().clone().ok_or(Refused::NotRunning)
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<dyn Switchboard>>> {
        self.0.switchboard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
