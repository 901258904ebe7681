//! The switch's news, taken in on its own thread: calls go to the ledger, the rest into the live state that consoles see.

use telephony::queue::OperatorState;
use telephony::sip::TrunkState;
use telephony::switch::{CallNews, News, WaitingNews};
use tokio::sync::mpsc;

use super::answers;
use super::desks::{self, Asked};
use super::ledger::{Entry, Translator, word};
use super::refusals::Refusals;
use super::trials;
use crate::app::App;
use crate::desks::Change;
use crate::live;

pub(super) struct Board {
    app: App,
    translator: Translator,
    changes: mpsc::UnboundedSender<Entry>,
    refusals: Refusals,
    asked: Asked,
    questions: mpsc::UnboundedSender<answers::Asked>,
    callers: std::sync::Mutex<std::collections::HashMap<telephony::CallId, String>>,
}

impl Board {
    pub(super) fn new(
        app: App,
        translator: Translator,
        changes: mpsc::UnboundedSender<Entry>,
        asked: Asked,
        questions: mpsc::UnboundedSender<answers::Asked>,
    ) -> Self {
        let refusals = Refusals::register(&app.metrics);
        Self {
            app,
            translator,
            changes,
            refusals,
            asked,
            questions,
            callers: std::sync::Mutex::default(),
        }
    }

    pub(super) fn take(&self, news: News) {
        match news {
            News::Call { call, at, what } => self.call(call, at, what),
            News::Operator { name, state, since } => {
                let since = self.translator.wall(since);
                let (state, call_id, reason) = operator_state(state);
                self.keep(Entry::Desk(Change::State {
                    username: name.clone(),
                    state: state.as_str(),
                    reason: reason.clone(),
                    at: since,
                }));
                let operator = live::Operator {
                    state,
                    reason,
                    since,
                    call_id,
                };
                if state == live::OperatorState::Offline {
                    self.app.live.state().operators.remove(&name);
                } else {
                    self.app.live.state().operators.insert(name.clone(), operator);
                }
                self.app.live.changed(live::Changed::Operator(name));
            }
            News::Queue { name, waiting } => {
                let waiting = self.waiting(waiting);
                self.app.live.state().queues.insert(name.clone(), waiting);
                self.app.live.changed(live::Changed::Queue(name));
            }
            News::Trunk { name, state } => self.trunk(name, state),
            News::Refused { hop, method, why } => self.refusals.take(hop.addr, &method, why),
            News::Line { person, line, state } => {
                desks::line_changed(&self.app.live, person, line, state);
            }
            News::Desk { person, desk } => desks::desk_changed(&self.app.live, person, desk),
            News::Taken { person, call, by } => {
                self.app.live.changed(live::Changed::Taken(live::desks::Taken {
                    username: person,
                    call_id: call.to_string(),
                    by,
                }));
            }
            News::PartyGone {
                person,
                call,
                party,
                kind,
                cause,
                answered,
                back,
            } => self
                .app
                .live
                .changed(live::Changed::PartyGone(live::desks::PartyGone {
                    username: person,
                    call_id: call.to_string(),
                    party,
                    kind: desks::party_kind(kind),
                    outcome: word(cause),
                    answered,
                    back,
                })),
            News::Wish { tag, result } => self.asked.answer(tag, result),
            News::Asked {
                call,
                caller,
                question,
            } => {
                // Nobody answers after the switch has stopped; the call is over by then.
                let _ = self.questions.send((call, caller, question));
            }
            News::Trial { person, call, what } => {
                if let Some(news) = trials::told(person, call, what) {
                    self.app.live.changed(live::Changed::Trial(news));
                }
            }
            News::Drained => {}
        }
    }

    fn call(&self, call: telephony::CallId, at: std::time::Instant, what: CallNews) {
        let mut callers = self
            .callers
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match &what {
            CallNews::Started { caller, .. } => {
                callers.insert(call, caller.number.clone());
            }
            CallNews::Ended { .. } => {
                callers.remove(&call);
            }
            _ => {}
        }
        drop(callers);
        if let Some(change) = monitoring(call, self.translator.wall(at), &what) {
            self.keep(Entry::Desk(change));
        }
        self.keep(Entry::Call(self.translator.change(call, at, what)));
    }

    fn keep(&self, entry: Entry) {
        // The ledger lives until the driver is gone; an entry after that would be a bug worth a line.
        if self.changes.send(entry).is_err() {
            tracing::error!("a change came after the ledger was closed");
        }
    }

    fn waiting(&self, waiting: Vec<WaitingNews>) -> Vec<live::Waiting> {
        let callers = self
            .callers
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let view = |(position, w): (u32, WaitingNews)| live::Waiting {
            call_id: w.call.to_string(),
            caller: callers.get(&w.call).cloned().unwrap_or_default(),
            since: self.translator.wall(w.since),
            position,
        };
        (1..).zip(waiting).map(view).collect()
    }

    fn trunk(&self, name: String, state: TrunkState) {
        let word = match state {
            TrunkState::Unknown => "unknown",
            TrunkState::Up => "up",
            TrunkState::Down => "down",
            TrunkState::Rejected => "rejected",
        };
        tracing::info!(trunk = name, state = word, "a trunk changed");
        let mut live = self.app.live.state();
        match live.trunks.iter_mut().find(|t| t.name == name) {
            Some(trunk) => trunk.state = word.to_owned(),
            None => live.trunks.push(live::Trunk {
                name: name.clone(),
                state: word.to_owned(),
            }),
        }
        drop(live);
        self.app.live.changed(live::Changed::Trunk(name));
    }
}

/// A trunk of which nothing was heard yet.
pub(super) fn unknown(trunk: &crate::config::Trunk) -> live::Trunk {
    live::Trunk {
        name: trunk.name.clone(),
        state: "unknown".to_owned(),
    }
}

/// Supervisors in a call are on record apart from the call's own events.
fn monitoring(call: telephony::CallId, at: chrono::DateTime<chrono::Utc>, what: &CallNews) -> Option<Change> {
    let call_id = call.to_string();
    match what {
        CallNews::Monitored { supervisor, mode } => Some(Change::Monitoring {
            username: supervisor.clone(),
            call_id,
            mode: desks::mode(*mode),
            at,
        }),
        CallNews::TakenOver { by, .. } => Some(Change::Monitoring {
            username: by.clone(),
            call_id,
            mode: "takeover",
            at,
        }),
        CallNews::MonitorEnded { supervisor } => Some(Change::MonitoringEnded {
            username: Some(supervisor.clone()),
            call_id,
            at,
        }),
        CallNews::Ended { .. } => Some(Change::MonitoringEnded {
            username: None,
            call_id,
            at,
        }),
        _ => None,
    }
}

fn operator_state(state: OperatorState) -> (live::OperatorState, Option<String>, Option<String>) {
    match state {
        OperatorState::Offline => (live::OperatorState::Offline, None, None),
        OperatorState::Ready => (live::OperatorState::Ready, None, None),
        OperatorState::Ringing(call) => (live::OperatorState::Ringing, Some(call.to_string()), None),
        OperatorState::Talking(call) => (live::OperatorState::Talking, Some(call.to_string()), None),
        OperatorState::WrapUp => (live::OperatorState::WrapUp, None, None),
        OperatorState::Paused(reason) => (live::OperatorState::Paused, None, Some(reason)),
    }
}
