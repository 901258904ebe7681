//! Handing on: a third party beside citizen and operator, be it for a question, a transfer, a conference or an emergency.
//!
//! Whatever becomes of the third party, the citizen is either with somebody, or at the head of a queue.

use std::time::Duration;

use super::{CallNews, Denied, Destination, EndedBy, News, Party, PartyKind, Side, Switch};
use crate::call::{AskedQueue, Call, Desk, Purpose, Stage, Third, ThirdStage};
use crate::media::MediaCommand;
use crate::queue::Offer;
use crate::sip::{Cause, DialError};
use crate::{CallId, LegId};

/// How long a colleague or an outside number is rung.
const RING: Duration = Duration::from_secs(30);

impl Switch {
    pub(super) fn transfer(&mut self, person: &str, to: Destination, attended: bool) -> Result<(), Denied> {
        let id = self.alone_with_citizen(person)?;
        match to {
            Destination::Queue(queue) if attended => {
                let rung = Vec::new();
                self.ask_queue(id, AskedQueue { queue, rung })?;
                self.route(id);
                Ok(())
            }
            Destination::Queue(queue) => self.transfer_to_queue(id, &queue),
            Destination::Operator(name) if name == person => Err(Denied::Yourself),
            to => {
                let purpose = if attended {
                    Purpose::Consult
                } else {
                    Purpose::Blind
                };
                self.call_third(id, to, purpose)?;
                if !attended {
                    self.leave(id, Cause::Normal);
                }
                self.route(id);
                Ok(())
            }
        }
    }

    /// One key: the citizen and the operator go on talking until the service answers, then all three (三方通话), or the citizen and the
    /// service alone (一键转接). A service that does not answer leaves the citizen with the operator.
    pub(super) fn emergency(&mut self, person: &str, number: String, leave: bool) -> Result<(), Denied> {
        let id = self.alone_with_citizen(person)?;
        let purpose = match leave {
            true => Purpose::HandOver,
            false => Purpose::Emergency,
        };
        self.call_third(id, Destination::Number(number), purpose)?;
        self.route(id);
        Ok(())
    }

    pub(super) fn complete(&mut self, person: &str) -> Result<(), Denied> {
        let call = self.talking(person)?;
        call.third_that_answered()?;
        let id = call.id;
        self.leave(id, Cause::Normal);
        self.promote(id);
        Ok(())
    }

    pub(super) fn cancel(&mut self, person: &str) -> Result<(), Denied> {
        let call = self.talking(person)?;
        let leg = call.third.as_ref().ok_or(Denied::NoConsult)?.leg;
        self.drop_leg(leg, Cause::Cancelled, EndedBy::Office);
        Ok(())
    }

    pub(super) fn conference(&mut self, person: &str) -> Result<(), Denied> {
        let call = self.talking(person)?;
        let id = call.id;
        let third = call.third_that_answered()?;
        if third.stage == ThirdStage::ThreeWay {
            return Err(Denied::ThreeWay);
        }
        third.stage = ThirdStage::ThreeWay;
        let party = third.party.clone();
        self.tell_call(id, CallNews::Conference { party });
        self.route(id);
        Ok(())
    }

    /// From the third party to the citizen, or back.
    pub(super) fn swap(&mut self, person: &str) -> Result<(), Denied> {
        let call = self.talking(person)?;
        let id = call.id;
        let third = call.third_that_answered()?;
        let (stage, to) = match third.stage {
            ThirdStage::Talking => (ThirdStage::Waiting, Party::Citizen),
            ThirdStage::Waiting => (ThirdStage::Talking, Party::Third),
            ThirdStage::Ringing | ThirdStage::ThreeWay => return Err(Denied::ThreeWay),
        };
        third.stage = stage;
        let party = third.party.clone();
        self.tell_call(id, CallNews::Swapped { party, to });
        self.route(id);
        Ok(())
    }

    /// The operator's call, if no third party is in it.
    fn alone_with_citizen(&mut self, person: &str) -> Result<CallId, Denied> {
        let call = self.talking(person)?;
        match &call.third {
            Some(_) => Err(Denied::Consulting),
            None => Ok(call.id),
        }
    }

    fn transfer_to_queue(&mut self, id: CallId, queue: &str) -> Result<(), Denied> {
        if self.queues.settings(queue).is_none() {
            return Err(Denied::NoSuchTarget);
        }
        let from = self.leave(id, Cause::Normal);
        let to = queue.to_owned();
        self.tell_call(id, CallNews::Transferred { from, to });
        self.route(id);
        // Whoever has been heard once does not wait behind everybody again.
        self.requeue(id, queue);
        Ok(())
    }

    /// Rings whom the queue gives, for the operator to talk with first.
    fn ask_queue(&mut self, id: CallId, asked: AskedQueue) -> Result<(), Denied> {
        let AskedQueue { queue, mut rung } = asked;
        if self.queues.settings(&queue).is_none() {
            return Err(Denied::NoSuchTarget);
        }
        let name = self
            .queues
            .pick(&queue, &rung, self.now)
            .ok_or(Denied::NobodyFree)?;
        rung.push(name.clone());
        self.call_third(id, Destination::Operator(name), Purpose::Consult)?;
        if let Some(third) = self.calls.get_mut(&id).and_then(|c| c.third.as_mut()) {
            third.asked = Some(AskedQueue { queue, rung });
        }
        Ok(())
    }

    pub(super) fn call_third(&mut self, id: CallId, to: Destination, purpose: Purpose) -> Result<(), Denied> {
        let now = self.now;
        let (party, kind) = match &to {
            Destination::Number(number) => (number.clone(), PartyKind::Number),
            Destination::Operator(name) | Destination::Queue(name) => (name.clone(), PartyKind::Operator),
        };
        let (leg, on_line) = match kind {
            PartyKind::Number => (self.dial_party(id, &party).map_err(dial_denied)?, false),
            PartyKind::Operator => self.ring_colleague(id, &party)?,
        };
        let third = Third {
            leg,
            party: party.clone(),
            kind,
            stage: ThirdStage::Ringing,
            purpose,
            on_line,
            ring_until: on_line.then(|| now + RING),
            asked: None,
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.third = Some(third);
            call.stage = Stage::Talking { held: false };
        }
        self.tell_call(id, CallNews::Consulting { party, kind });
        Ok(())
    }

    fn ring_colleague(&mut self, id: CallId, name: &str) -> Result<(LegId, bool), Denied> {
        let now = self.now;
        if !self.queues.reserve(name, id, now) {
            return Err(match self.queues.operator(name) {
                Some(_) => Denied::TargetBusy,
                None => Denied::NoSuchTarget,
            });
        }
        if let Some(leg) = self.attach(id, Side::Operator, name) {
            return Ok((leg, true));
        }
        let offer = Offer {
            call: id,
            operator: name.to_owned(),
            ring: RING,
        };
        self.ring_phone(&offer).map(|leg| (leg, false)).map_err(|_| {
            self.queues.offer_withdrawn(name, now);
            Denied::TargetBusy
        })
    }

    fn dial_party(&mut self, id: CallId, number: &str) -> Result<LegId, DialError> {
        let (leg, local, origin) = self.dial_number(id, number, RING)?;
        self.add_leg(leg, id, Side::Third, number.to_owned(), local, origin);
        let port = local.port();
        self.media(MediaCommand::Open { leg, port });
        Ok(leg)
    }

    /// The third party picked up.
    pub(super) fn third_answered(&mut self, id: CallId, leg: LegId) {
        let now = self.now;
        self.answered_after_all(id, leg);
        let Some(third) = self
            .calls
            .get_mut(&id)
            .and_then(|c| c.third.as_mut())
            .filter(|t| t.leg == leg)
        else {
            return;
        };
        third.ring_until = None;
        third.stage = match third.purpose {
            Purpose::Emergency => ThirdStage::ThreeWay,
            Purpose::Consult | Purpose::Blind | Purpose::Contact | Purpose::HandOver => ThirdStage::Talking,
        };
        let (party, kind, purpose) = (third.party.clone(), third.kind, third.purpose);
        if kind == PartyKind::Operator {
            self.queues.talk(&party, id, now);
        }
        self.tell_call(id, CallNews::ConsultAnswered { party: party.clone() });
        match purpose {
            Purpose::Emergency => self.tell_call(id, CallNews::Conference { party }),
            Purpose::Blind => return self.promote(id),
            Purpose::HandOver => {
                self.leave(id, Cause::Normal);
                return self.promote(id);
            }
            Purpose::Contact => return self.citizen_answered(id, leg),
            Purpose::Consult => {}
        }
        self.route(id);
    }

    /// The third party is gone, or was never reached.
    pub(super) fn third_left(&mut self, id: CallId, leg: LegId, cause: Cause, by: EndedBy) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Some(third) = call.third.take_if(|t| t.leg == leg) else {
            return;
        };
        let (with_operator, queue) = (call.desk.is_some(), call.queue.clone());
        let masked = call.masked.is_some();
        self.release_third(&third);
        let party = third.party.clone();
        self.tell_call(id, CallNews::ConsultEnded { party, cause });
        // The queue gives another, while the operator waits for one.
        let goes_on = with_operator && third.stage == ThirdStage::Ringing && cause != Cause::Cancelled;
        let asked = third.asked.clone();
        let queue = asked.as_ref().map(|asked| asked.queue.clone()).or(queue);
        // With nobody left the operator is back with the citizen.
        let another = goes_on && asked.is_some_and(|asked| self.ask_queue(id, asked).is_ok());
        if !another && cause != Cause::Cancelled {
            self.tell_party_gone(id, &third, cause);
        }
        self.route(id);
        if masked && third.stage == ThirdStage::Ringing {
            return self.citizen_missing(id, cause);
        }
        if with_operator {
            return;
        }
        if masked {
            return self.end_call(id, cause, by);
        }
        let lost = matches!(cause, Cause::MediaTimeout | Cause::Unreachable);
        if third.stage == ThirdStage::Ringing && self.back_to_flow(id) {
            return;
        }
        if third.stage == ThirdStage::Ringing || lost {
            self.requeue(id, &queue.unwrap_or_default());
        } else {
            self.end_call(id, Cause::Normal, by);
        }
    }

    /// Who asked is with the citizen again, and must know it before saying a word; who handed on hears that it came to nothing.
    fn tell_party_gone(&mut self, call: CallId, third: &Third, cause: Cause) {
        let Some(state) = self.calls.get(&call) else {
            return;
        };
        let desk = state.desk.as_ref();
        let Some(person) = desk.map(|d| &d.operator).or(state.left_by.as_ref()) else {
            return;
        };
        let (person, back) = (person.clone(), desk.is_some());
        self.tell(News::PartyGone {
            person,
            call,
            party: third.party.clone(),
            kind: third.kind,
            cause,
            answered: third.stage != ThirdStage::Ringing,
            back,
        });
    }

    /// A colleague who was asked is free again.
    pub(super) fn release_third(&mut self, third: &Third) {
        if third.kind == PartyKind::Operator {
            match third.stage {
                ThirdStage::Ringing => self.queues.offer_withdrawn(&third.party, self.now),
                _ => self.queues.finished(&third.party, "", self.now),
            }
        }
    }

    /// The operator leaves the call to the others; their name.
    fn leave(&mut self, id: CallId, cause: Cause) -> String {
        let now = self.now;
        self.resume_recording(id);
        let Some(call) = self.calls.get_mut(&id) else {
            return String::new();
        };
        let queue = call.queue.clone().unwrap_or_default();
        let Some(desk) = call.desk.take() else {
            return String::new();
        };
        call.left_by = Some(desk.operator.clone());
        self.queues.finished(&desk.operator, &queue, now);
        self.drop_leg(desk.leg, cause, EndedBy::Office);
        desk.operator
    }

    /// The third party takes the operator's place: a colleague becomes the operator, an outside party is left with the citizen.
    pub(super) fn promote(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let from = call.left_by.take().unwrap_or_default();
        let Some(third) = call.third.as_mut() else {
            return;
        };
        let to = third.party.clone();
        call.was_answered = true;
        call.stage = Stage::Talking { held: false };
        let colleague = third.kind == PartyKind::Operator;
        if colleague {
            call.desk = Some(Desk {
                leg: third.leg,
                operator: to.clone(),
                on_line: third.on_line,
                ring_until: None,
                lost: None,
            });
            call.third = None;
        } else {
            third.stage = ThirdStage::Talking;
        }
        let operator = to.clone();
        self.tell_call(id, CallNews::Transferred { from, to });
        if colleague {
            self.tell_call(id, CallNews::Answered { operator });
        }
        self.route(id);
    }

    /// The operator is gone while a third party is in the call. True when the call goes on with that one.
    pub(super) fn third_goes_on(&mut self, id: CallId, operator: &str, lost: bool) -> bool {
        let Some(call) = self.calls.get_mut(&id) else {
            return false;
        };
        call.left_by = Some(operator.to_owned());
        let Some(third) = call.third.as_mut() else {
            return false;
        };
        match (third.stage, lost) {
            (ThirdStage::Ringing, false) => {
                third.purpose = Purpose::Blind;
                self.route(id);
                true
            }
            (ThirdStage::ThreeWay, _) | (ThirdStage::Talking | ThirdStage::Waiting, false) => {
                self.promote(id);
                true
            }
            _ => {
                // Only the lost operator knew what the two were to talk about.
                if let Some(third) = call.third.take() {
                    self.release_third(&third);
                    self.drop_leg(third.leg, Cause::Normal, EndedBy::System);
                }
                false
            }
        }
    }
}

impl Purpose {
    /// The citizen is not left alone while it rings.
    pub(super) fn is_emergency(self) -> bool {
        matches!(self, Self::Emergency | Self::HandOver)
    }
}

impl Call {
    /// The colleague who is asked or rung as third party.
    pub(crate) fn colleague(&self) -> Option<&Third> {
        self.third.as_ref().filter(|t| t.kind == PartyKind::Operator)
    }

    /// The third party, with whom one can talk by now.
    pub(super) fn third_that_answered(&mut self) -> Result<&mut Third, Denied> {
        match &mut self.third {
            None => Err(Denied::NoConsult),
            Some(third) if third.stage == ThirdStage::Ringing => Err(Denied::NotAnswered),
            Some(third) => Ok(third),
        }
    }
}

pub(super) fn dial_denied(error: DialError) -> Denied {
    match error {
        DialError::BadNumber(_) => Denied::NoSuchTarget,
        DialError::NoTrunk | DialError::NoChannel | DialError::NotRegistered(_) => Denied::NoChannel,
    }
}
