//! What somebody at a desk wants of the call in hand. Each wish is done or denied, and the answer says which.

use super::{CallNews, Denied, EndedBy, News, Switch, Wish};
use crate::call::{Call, Stage};
use crate::media::MediaCommand;
use crate::sip::Cause;
use crate::{CallId, LegId};

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
            Wish::Dtmf(digits) => self.press(person, &digits),
        }
    }

    /// The call this person is rung for or talks in.
    pub(super) fn call_in_hand(&self, person: &str) -> Option<CallId> {
        let has = |call: &&Call| call.desk.as_ref().is_some_and(|d| d.operator == person);
        self.calls.values().find(has).map(|c| c.id)
    }

    /// The call this person talks in, with the leg at the desk.
    pub(super) fn talking(&mut self, person: &str) -> Result<&mut Call, Denied> {
        let id = self.call_in_hand(person).ok_or(Denied::NoCall)?;
        let call = self.calls.get_mut(&id).ok_or(Denied::NoCall)?;
        match call.stage {
            Stage::Talking { .. } => Ok(call),
            _ => Err(Denied::NoCall),
        }
    }

    /// The call that rings at this person's line.
    fn ringing(&self, person: &str) -> Result<(CallId, LegId), Denied> {
        let id = self.call_in_hand(person).ok_or(Denied::NothingRings)?;
        let call = self.calls.get(&id).ok_or(Denied::NothingRings)?;
        let desk = call.desk.as_ref().ok_or(Denied::NothingRings)?;
        match call.stage {
            Stage::Talking { .. } => Err(Denied::NothingRings),
            _ if !desk.on_line => Err(Denied::OnPhone),
            _ => Ok((id, desk.leg)),
        }
    }

    fn answer(&mut self, person: &str) -> Result<(), Denied> {
        let (id, leg) = self.ringing(person)?;
        if let Some(state) = self.legs.get_mut(&leg) {
            state.answered = Some(self.now);
        }
        self.bridge(id, leg);
        Ok(())
    }

    fn decline(&mut self, person: &str) -> Result<(), Denied> {
        let (_, leg) = match self.ringing(person) {
            Err(Denied::OnPhone) => {
                let id = self.call_in_hand(person).ok_or(Denied::NothingRings)?;
                let desk = self.calls.get(&id).and_then(|c| c.desk.as_ref());
                (id, desk.ok_or(Denied::NothingRings)?.leg)
            }
            other => other?,
        };
        self.drop_leg(leg, Cause::Declined, EndedBy::Office);
        Ok(())
    }

    fn hold(&mut self, person: &str, hold: bool) -> Result<(), Denied> {
        let call = self.talking(person)?;
        let Stage::Talking { held } = call.stage else {
            return Err(Denied::NoCall);
        };
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
        let id = self.talking(person)?.id;
        self.end_call(id, Cause::Normal, EndedBy::Office);
        Ok(())
    }

    /// Keys for the citizen's side: an answering machine or a menu that was called.
    fn press(&mut self, person: &str, digits: &str) -> Result<(), Denied> {
        let leg = self.talking(person)?.citizen;
        if digits.is_empty() || !digits.chars().all(|c| matches!(c, '0'..='9' | '*' | '#')) {
            return Err(Denied::NotAKey);
        }
        for digit in digits.chars() {
            self.media(MediaCommand::SendDigit { leg, digit });
        }
        Ok(())
    }
}
