//! What is going on now and is gone after a restart: trunks, queues, operators, and what may be asked of the switchboard. The
//! switchboard writes it; HTTP and the slices read it. It decides nothing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};

use chrono::{DateTime, Utc};

#[derive(Clone, Default)]
pub struct Live(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    switchboard: OnceLock<Box<dyn Switchboard>>,
}

#[derive(Debug, Clone, Default)]
pub struct State {
    pub trunks: Vec<Trunk>,
    pub queues: BTreeMap<String, Vec<Waiting>>,
    /// Only those who are not offline.
    pub operators: BTreeMap<String, Operator>,
    pub speech: Speech,
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
    pub priority: i64,
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
    pub number: String,
    pub menu: String,
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

    /// Called once, when the switchboard has started.
    pub fn connect(&self, switchboard: Box<dyn Switchboard>) {
        if self.0.switchboard.set(switchboard).is_err() {
            tracing::error!("a second switchboard was connected and is ignored");
        }
    }

    pub fn switchboard(&self) -> Result<&dyn Switchboard, Refused> {
        self.0
            .switchboard
            .get()
            .map(|switchboard| &**switchboard)
            .ok_or(Refused::NotRunning)
    }
}
