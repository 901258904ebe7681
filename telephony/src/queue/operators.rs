//! An operator's state as the queues see it.

use std::time::{Duration, Instant};

use super::Candidate;
use crate::CallId;

/// The reason of a pause after calls that were not taken (多次未接).
pub const MISSED: &str = "missed";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSettings {
    /// User name, which is also the phone's account.
    pub name: String,
    pub skills: Vec<Skill>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    pub name: String,
    /// 1 is best.
    pub level: u8,
}

impl From<&str> for Skill {
    /// At the best level.
    fn from(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            level: 1,
        }
    }
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
    pub(super) last_turn: u64,
    /// What it was before the offer under way.
    turn_before: u64,
    /// Talked since `present_since`.
    talked: Duration,
    present_since: Instant,
    /// Offers in a row that were not taken.
    missed: u32,
    phone: bool,
    /// Asked for while in a call or wrap-up; taken when that ends.
    pause_wish: Option<String>,
    wrap_up_until: Option<Instant>,
    /// Busy with the headset: present, but not to be rung.
    pub(super) aside: bool,
}

impl Operator {
    pub(super) fn new(settings: OperatorSettings, now: Instant) -> Self {
        let state = OperatorState::Offline;
        Self {
            settings,
            state,
            since: now,
            idle_since: now,
            last_turn: 0,
            turn_before: 0,
            talked: Duration::ZERO,
            present_since: now,
            missed: 0,
            phone: false,
            pause_wish: None,
            wrap_up_until: None,
            aside: false,
        }
    }

    pub(super) fn with_settings(self, settings: OperatorSettings) -> Self {
        Self { settings, ..self }
    }

    #[must_use]
    pub fn has_skill(&self, skill: &str) -> bool {
        self.level(skill).is_some()
    }

    /// None without the skill.
    #[must_use]
    pub fn level(&self, skill: &str) -> Option<u8> {
        let skills = self.settings.skills.iter();
        skills.filter(|s| s.name == skill).map(|s| s.level).min()
    }

    /// As a strategy sees one who is free.
    pub(super) fn candidate(&self, skill: &str, now: Instant) -> Option<Candidate<'_>> {
        let present = now
            .saturating_duration_since(self.present_since)
            .as_millis()
            .max(1);
        let share = self.talked.as_millis() * 1_000_000 / present;
        Some(Candidate {
            name: &self.settings.name,
            idle_since: self.idle_since,
            talk_share: u64::try_from(share).unwrap_or(u64::MAX),
            last_turn: self.last_turn,
            level: self.level(skill)?,
        })
    }

    /// The call the operator is rung for or talks in.
    #[must_use]
    pub fn call(&self) -> Option<CallId> {
        match self.state {
            OperatorState::Ringing(call) | OperatorState::Talking(call) => Some(call),
            _ => None,
        }
    }

    /// Why the operator will pause when the call under way, and the work after it, is over.
    #[must_use]
    pub fn pause_after(&self) -> Option<&str> {
        let at_work = self.call().is_some() || self.state == OperatorState::WrapUp;
        self.pause_wish.as_deref().filter(|_| at_work)
    }

    pub(super) fn is_free(&self) -> bool {
        self.state == OperatorState::Ready && !self.aside
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
                self.present_since = now;
                self.talked = Duration::ZERO;
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
        self.missed = 0;
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
        self.turn_before = self.last_turn;
        self.enter(OperatorState::Ringing(call), now);
    }

    /// An offer was not taken. So many in a row are a person who is not there: the next rest is a pause.
    pub(super) fn missed(&mut self, limit: u32) {
        self.missed += 1;
        if limit > 0 && self.missed >= limit {
            self.missed = 0;
            self.pause_wish.get_or_insert_with(|| MISSED.to_owned());
        }
    }

    pub(super) fn talk(&mut self, call: CallId, now: Instant) {
        self.missed = 0;
        self.enter(OperatorState::Talking(call), now);
    }

    pub(super) fn offer_ended(&mut self, now: Instant) {
        if matches!(self.state, OperatorState::Ringing(_)) {
            self.idle_since = now;
            self.rest(now);
        }
    }

    /// Somebody else of those rung was quicker: no call and no fault, so that the place in every strategy's order is as before.
    pub(super) fn offer_lost(&mut self, now: Instant) {
        if matches!(self.state, OperatorState::Ringing(_)) {
            self.last_turn = self.turn_before;
            self.rest(now);
        }
    }

    pub(super) fn finished(&mut self, wrap_up: Duration, now: Instant) {
        if matches!(self.state, OperatorState::Talking(_)) {
            self.talked += now.saturating_duration_since(self.since);
        }
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
