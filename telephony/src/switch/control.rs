//! What somebody at a desk wants of the call in hand. Each wish is done or denied, and the answer says which.

use std::time::Duration;

use super::third::dial_denied;
use super::{CallNews, Denied, EndedBy, News, Party, PartyKind, Side, Switch, Wish};
use crate::call::{Call, Desk, Stage, ThirdStage};
use crate::media::MediaCommand;
use crate::sip::{Caller, Cause, NumberKind};
use crate::{CallId, LegId};

/// How long a citizen's phone rings when an operator calls.
const RING: Duration = Duration::from_secs(45);

impl Switch {
    pub(super) fn wish(&mut self, tag: u64, person: &str, wish: Wish) {
        let result = self.grant(person, wish);
        self.tell(News::Wish { tag, result });
    }

    fn grant(&mut self, person: &str, wish: Wish) -> Result<(), Denied> {
        match wish {
            Wish::Answer => self.answer(person),
            Wish::Decline => self.decline(person),
            Wish::Hold => self.hold(person, true),
            Wish::Resume => self.hold(person, false),
            Wish::Hangup => self.hang_up_desk(person),
            Wish::Dtmf { digits, to } => self.press(person, &digits, to),
            Wish::Transfer { to, attended } => self.transfer(person, to, attended),
            Wish::Complete => self.complete(person),
            Wish::Cancel => self.cancel(person),
            Wish::Swap => self.swap(person),
            Wish::Conference => self.conference(person),
            Wish::Emergency { number, leave } => self.emergency(person, number, leave),
            Wish::PauseRecording => self.pause_recording(person, true),
            Wish::ResumeRecording => self.pause_recording(person, false),
            Wish::Monitor { call, mode } => self.monitor(person, call, mode),
            Wish::Unmonitor { call } => self.unmonitor(person, call),
            Wish::TakeOver { call } => self.take_over(person, call),
            Wish::Call { call, number } => self.call_citizen(person, call, number),
            Wish::Try { call, flow, facts } => {
                self.end_trial(person);
                self.try_flow(person, call, flow, facts)
            }
            Wish::Echo(on) => self.echo(person, on),
        }
    }

    /// The call this person is rung for or talks in.
    pub(super) fn call_in_hand(&self, person: &str) -> Option<CallId> {
        let has = |call: &&Call| {
            call.desk.as_ref().is_some_and(|d| d.operator == person)
                || call.ring_of(person).is_some()
                || call.colleague().is_some_and(|t| t.party == person)
        };
        self.calls.values().find(has).map(|c| c.id)
    }

    /// The call this person talks in, with the leg at the desk.
    pub(super) fn talking(&mut self, person: &str) -> Result<&mut Call, Denied> {
        let id = self.call_in_hand(person).ok_or(Denied::NoCall)?;
        let call = self.calls.get_mut(&id).ok_or(Denied::NoCall)?;
        let at_desk = call.desk.as_ref().is_some_and(|d| d.operator == person);
        match call.stage {
            Stage::Talking { .. } if at_desk => Ok(call),
            _ => Err(Denied::NoCall),
        }
    }

    /// The call that rings at this person's line.
    fn ringing(&self, person: &str) -> Result<(CallId, LegId), Denied> {
        let nothing = || self.why_nothing_rings(person);
        let id = self.call_in_hand(person).ok_or_else(nothing)?;
        let call = self.calls.get(&id).ok_or_else(nothing)?;
        let (leg, on_line) = call.rings_at(person).ok_or_else(nothing)?;
        if on_line {
            Ok((id, leg))
        } else {
            Err(Denied::OnPhone)
        }
    }

    fn answer(&mut self, person: &str) -> Result<(), Denied> {
        let (id, leg) = self.ringing(person)?;
        self.answered_now(leg);
        self.bridge(id, leg);
        self.third_answered(id, leg);
        Ok(())
    }

    fn decline(&mut self, person: &str) -> Result<(), Denied> {
        let nothing = || self.why_nothing_rings(person);
        let id = self.call_in_hand(person).ok_or_else(nothing)?;
        let call = self.calls.get(&id).ok_or_else(nothing)?;
        let (leg, _) = call.rings_at(person).ok_or_else(nothing)?;
        self.drop_leg(leg, Cause::Declined, EndedBy::Office);
        Ok(())
    }

    fn hold(&mut self, person: &str, hold: bool) -> Result<(), Denied> {
        let call = self.talking(person)?;
        let Stage::Talking { held } = call.stage else {
            return Err(Denied::NoCall);
        };
        if call.third.is_some() {
            return Err(Denied::Consulting);
        }
        if held == hold {
            return Err(if hold { Denied::Held } else { Denied::NotHeld });
        }
        let id = call.id;
        self.set_held(id, hold);
        Ok(())
    }

    pub(super) fn set_held(&mut self, id: CallId, held: bool) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.stage = Stage::Talking { held };
        }
        self.tell_call(id, if held { CallNews::Held } else { CallNews::Resumed });
        self.route(id);
    }

    fn hang_up_desk(&mut self, person: &str) -> Result<(), Denied> {
        if let Some(id) = self.trial_of(person) {
            self.end_call(id, Cause::Normal, EndedBy::Office);
            return Ok(());
        }
        let id = self.call_in_hand(person).ok_or(Denied::NoCall)?;
        let call = self.calls.get(&id).ok_or(Denied::NoCall)?;
        if let Some(third) = call.colleague().filter(|t| t.party == person) {
            let leg = third.leg;
            self.drop_leg(leg, Cause::Normal, EndedBy::Office);
            return Ok(());
        }
        let desk = call.desk.as_ref().ok_or(Denied::NoCall)?.leg;
        match (&call.stage, call.third.as_ref().map(|t| t.stage)) {
            (Stage::Connecting, _) => self.end_call(id, Cause::Cancelled, EndedBy::Office),
            (Stage::Talking { .. }, None) => self.end_call(id, Cause::Normal, EndedBy::Office),
            // The citizen stays with the third party.
            (Stage::Talking { .. }, Some(ThirdStage::ThreeWay)) => {
                self.drop_leg(desk, Cause::Normal, EndedBy::Office);
            }
            (Stage::Talking { .. }, Some(_)) => return Err(Denied::Consulting),
            _ => return Err(Denied::NoCall),
        }
        Ok(())
    }

    /// Calls a citizen back: the operator hears it ring.
    fn call_citizen(&mut self, person: &str, id: CallId, number: String) -> Result<(), Denied> {
        let now = self.now;
        if !self.is_up(person) {
            return Err(Denied::NoLine);
        }
        if self.call_in_hand(person).is_some() || self.draining {
            return Err(Denied::Busy);
        }
        self.stop_monitoring(person);
        let dialled = self.dial_number(id, &number, RING);
        let (citizen, local, origin) = dialled.map_err(dial_denied)?;
        let caller = Caller {
            number: number.clone(),
            display: None,
            kind: NumberKind::Other,
            private: false,
        };
        let started = CallNews::Started {
            caller,
            called: number.clone(),
            trunk: None,
            flow: String::new(),
            diverted_from: None,
            outbound: true,
        };
        self.tell_call(id, started);
        self.begin_call(id, citizen, number, None, local, origin);
        let port = local.port();
        self.media(MediaCommand::Open { leg: citizen, port });
        let leg = self.attach(id, Side::Operator, person).ok_or(Denied::NoLine)?;
        self.answered_now(leg);
        if let Some(call) = self.calls.get_mut(&id) {
            call.outbound = true;
            call.desk = Some(Desk {
                leg,
                operator: person.to_owned(),
                on_line: true,
                ring_until: None,
                lost: None,
            });
        }
        self.queues.talk(person, id, now);
        self.route(id);
        Ok(())
    }

    /// The citizen whom an operator called has answered.
    pub(super) fn called_back(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id).filter(|c| c.menu.is_none()) else {
            return;
        };
        let Some(desk) = &call.desk else { return };
        let operator = desk.operator.clone();
        call.stage = Stage::Talking { held: false };
        call.was_answered = true;
        self.tell_call(id, CallNews::Answered { operator });
        self.route(id);
    }

    /// Keys for an answering machine or a menu that was called.
    fn press(&mut self, person: &str, digits: &str, to: Option<Party>) -> Result<(), Denied> {
        if let Some(id) = self.trial_of(person) {
            return self.press_in_trial(id, digits);
        }
        let call = self.talking(person)?;
        let leg = match to.unwrap_or_else(|| call.keys_go_to()) {
            Party::Citizen => call.citizen,
            Party::Third => call.third_that_answered()?.leg,
        };
        if digits.is_empty() || !digits.chars().all(|c| matches!(c, '0'..='9' | '*' | '#')) {
            return Err(Denied::NotAKey);
        }
        for digit in digits.chars() {
            self.media(MediaCommand::SendDigit { leg, digit });
        }
        Ok(())
    }
}

impl Call {
    /// The leg that rings at this person's desk, and whether that is a browser.
    fn rings_at(&self, person: &str) -> Option<(LegId, bool)> {
        let third = self.colleague().filter(|t| t.party == person);
        if let Some(third) = third.filter(|t| t.stage == ThirdStage::Ringing) {
            return Some((third.leg, third.on_line));
        }
        self.ring_of(person).map(|desk| (desk.leg, desk.on_line))
    }

    /// Who gets keys that are for nobody in particular: whom the operator talks with; of both, an outside number, for it may have a menu.
    fn keys_go_to(&self) -> Party {
        match &self.third {
            Some(third) if third.stage == ThirdStage::Talking => Party::Third,
            Some(third) if third.stage == ThirdStage::ThreeWay && third.kind == PartyKind::Number => {
                Party::Third
            }
            _ => Party::Citizen,
        }
    }

    /// The desk of this person, if it is rung for the call out of a queue.
    pub(super) fn ring_of(&self, person: &str) -> Option<&Desk> {
        self.rings.iter().find(|d| d.operator == person)
    }
}
