//! An operator's state as the queues see it.

use std::time::{Duration, Instant};

use crate::CallId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSettings {
    /// User name, which is also the phone's account.
    pub name: String,
    pub skills: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorState {
    /// No phone is registered.
    Offline,
    Ready,
    Ringing(CallId),
    Talking(CallId),
    /// After-call work (话后处理).
    WrapUp,
    Paused(String),
}

#[derive(Debug, Clone)]
pub struct Operator {
    pub settings: OperatorSettings,
    pub state: OperatorState,
    /// When the state began.
    pub since: Instant,
    /// When the last call of this operator ended, or the phone came: the longest idle is first.
    pub idle_since: Instant,
    phone: bool,
    /// Asked for while in a call or wrap-up; taken when that ends.
    pause_wish: Option<String>,
    wrap_up_until: Option<Instant>,
}

impl Operator {
    pub(super) fn new(settings: OperatorSettings, now: Instant) -> Self {
        let state = OperatorState::Offline;
        Self {
            settings,
            state,
            since: now,
            idle_since: now,
            phone: false,
            pause_wish: None,
            wrap_up_until: None,
        }
    }

    pub(super) fn with_settings(self, settings: OperatorSettings) -> Self {
        Self { settings, ..self }
    }

    #[must_use]
    pub fn has_skill(&self, skill: &str) -> bool {
        self.settings.skills.iter().any(|s| s == skill)
    }

    /// The call the operator is rung for or talks in.
    #[must_use]
    pub fn call(&self) -> Option<CallId> {
        match self.state {
            OperatorState::Ringing(call) | OperatorState::Talking(call) => Some(call),
            _ => None,
        }
    }

    fn enter(&mut self, state: OperatorState, now: Instant) {
        if self.state != state {
            self.state = state;
            self.since = now;
        }
    }

    /// The phone registered or its registration ended. A call in progress is not touched: it has its own signalling.
    pub fn phone_present(&mut self, present: bool, now: Instant) {
        self.phone = present;
        match (&self.state, present) {
            (OperatorState::Offline, true) => {
                self.idle_since = now;
                self.rest(now);
            }
            (OperatorState::Ready | OperatorState::WrapUp | OperatorState::Paused(_), false) => {
                if let OperatorState::Paused(reason) = &self.state {
                    self.pause_wish = Some(reason.clone());
                }
                self.enter(OperatorState::Offline, now);
            }
            _ => {}
        }
    }

    /// The operator is ready; ends wrap-up and pause early.
    pub fn set_ready(&mut self, now: Instant) {
        self.pause_wish = None;
        if matches!(self.state, OperatorState::WrapUp | OperatorState::Paused(_)) {
            self.wrap_up_until = None;
            self.rest(now);
        }
    }

    /// Pauses now, or after the call under way.
    pub fn pause(&mut self, reason: String, now: Instant) {
        self.pause_wish = Some(reason);
        if matches!(
            self.state,
            OperatorState::Ready | OperatorState::WrapUp | OperatorState::Paused(_)
        ) {
            self.wrap_up_until = None;
            self.rest(now);
        }
    }

    pub(super) fn offer(&mut self, call: CallId, now: Instant) {
        self.enter(OperatorState::Ringing(call), now);
    }

    pub(super) fn talk(&mut self, call: CallId, now: Instant) {
        self.enter(OperatorState::Talking(call), now);
    }

    pub(super) fn offer_ended(&mut self, now: Instant) {
        if matches!(self.state, OperatorState::Ringing(_)) {
            self.idle_since = now;
            self.rest(now);
        }
    }

    pub(super) fn finished(&mut self, wrap_up: Duration, now: Instant) {
        self.idle_since = now;
        if wrap_up.is_zero() || !self.phone {
            return self.rest(now);
        }
        self.wrap_up_until = Some(now + wrap_up);
        self.enter(OperatorState::WrapUp, now);
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.wrap_up_until.is_some_and(|until| until <= now) {
            self.wrap_up_until = None;
            if self.state == OperatorState::WrapUp {
                self.rest(now);
            }
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.wrap_up_until
    }

    /// Where an operator without a call belongs.
    fn rest(&mut self, now: Instant) {
        let state = match (&self.pause_wish, self.phone) {
            (_, false) => OperatorState::Offline,
            (Some(reason), true) => OperatorState::Paused(reason.clone()),
            (None, true) => OperatorState::Ready,
        };
        self.enter(state, now);
    }
}
