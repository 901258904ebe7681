//! A flow tried out (试拨): it rings in its author's own browser, over the line of the desk, and is no call of the hotline.
//!
//! What it would do to others it does not do: nobody is queued, nobody is rung outside, nothing is recorded. `*` goes on as if nobody
//! had answered there.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use super::{CallNews, Denied, EndedBy, PartyKind, Side, Switch};
use crate::CallId;
use crate::call::{Playing, Stage};
use crate::menu::{Fact, Flow, Menu};
use crate::sdp::Origin;
use crate::sip::Cause;

impl Switch {
    pub(super) fn try_flow(
        &mut self,
        person: &str,
        id: CallId,
        flow: Arc<Flow>,
        facts: BTreeSet<Fact>,
    ) -> Result<(), Denied> {
        if !self.is_up(person) {
            return Err(Denied::NoLine);
        }
        if self.call_in_hand(person).is_some() || self.draining {
            return Err(Denied::Busy);
        }
        self.stop_monitoring(person);
        let leg = self.attach(id, Side::Citizen, person).ok_or(Denied::NoLine)?;
        self.trials.insert(id, person.to_owned());
        let mut menu = Menu::start(flow, &self.settings.schedules, self.now);
        menu.handle_facts(facts, &self.settings.schedules, self.now);
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        self.begin_call(
            id,
            leg,
            person.to_owned(),
            Some(menu),
            nowhere,
            Origin::new(leg.0),
        );
        self.answered_now(leg);
        if let Some(call) = self.calls.get_mut(&id) {
            call.stage = Stage::Menu;
        }
        self.tell_call(id, CallNews::Connected);
        self.run_steps(id);
        Ok(())
    }

    /// The flow that this person tries out.
    pub(super) fn trial_of(&self, person: &str) -> Option<CallId> {
        let running = |(id, who): &(&CallId, &String)| *who == person && self.calls.contains_key(id);
        self.trials.iter().find(running).map(|(id, _)| *id)
    }

    pub(super) fn end_trial(&mut self, person: &str) {
        if let Some(id) = self.trial_of(person) {
            self.end_call(id, Cause::Normal, EndedBy::Office);
        }
    }

    pub(super) fn end_trials(&mut self) {
        let running: Vec<CallId> = self.trials.keys().copied().collect();
        for id in running {
            self.end_call(id, Cause::Normal, EndedBy::System);
        }
    }

    /// Where a caller would wait.
    pub(super) fn try_queue(&mut self, id: CallId, queue: String) {
        self.tell_call(id, CallNews::Queued { queue, position: 1 });
        self.play(id, Playing::Loop, &["hold-music".to_owned()]);
    }

    /// Where a telephone outside would ring.
    pub(super) fn try_transfer(&mut self, id: CallId, number: String) {
        let (party, kind) = (number, PartyKind::Number);
        self.tell_call(id, CallNews::Consulting { party, kind });
        self.play(id, Playing::Loop, &["ringback".to_owned()]);
    }

    pub(super) fn press_in_trial(&mut self, id: CallId, digits: &str) -> Result<(), Denied> {
        if digits.is_empty() || !digits.chars().all(|c| matches!(c, '0'..='9' | '*' | '#')) {
            return Err(Denied::NotAKey);
        }
        for digit in digits.chars() {
            self.with_menu(id, |menu, open, now| {
                if digit == '*' && menu.is_elsewhere() {
                    if !menu.handle_overflow(open, now) {
                        menu.handle_refused(open, now);
                    }
                } else {
                    menu.handle_digit(digit, open, now);
                }
            });
        }
        Ok(())
    }
}
