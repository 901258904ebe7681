//! Masked contact (保密联络): a clerk's phone is called, then the citizen's, and both see the hotline's number only. And the way back: a
//! citizen who rings up soon after is put through to the same clerk.
//!
//! Not responsible for who may contact whom, nor for how long the way back stands open.

use super::{CallNews, Contact, Destination, EndedBy, Outcome, Side, Switch};
use crate::CallId;
use crate::LegId;
use crate::call::{Masked, Playing, Purpose, Stage};
use crate::media::MediaCommand;
use crate::sip::{Caller, Cause, NumberKind};

impl Switch {
    /// Calls the clerk. Whatever goes wrong, the call gets its record.
    pub(super) fn contact(&mut self, contact: Contact) {
        let (id, citizen) = (contact.call, contact.citizen);
        let caller = Caller {
            number: citizen.clone(),
            display: None,
            kind: NumberKind::of(&citizen),
            private: false,
        };
        let started = CallNews::Started {
            caller,
            called: citizen.clone(),
            trunk: None,
            flow: String::new(),
            diverted_from: None,
            outbound: true,
        };
        self.tell_call(id, started);
        let Ok((leg, local, origin)) = self.dial_anew(id, &contact.clerk, contact.ring_for) else {
            let failed = CallNews::Ended {
                outcome: Outcome::Failed,
                cause: Cause::Unavailable,
                by: EndedBy::System,
            };
            return self.tell_call(id, failed);
        };
        self.begin_call(id, leg, contact.clerk, None, local, origin);
        if let Some(call) = self.calls.get_mut(&id) {
            call.outbound = true;
            call.masked = Some(Masked {
                citizen,
                failed: None,
            });
        }
        self.show_as(leg, Side::Operator);
        let port = local.port();
        self.media(MediaCommand::Open { leg, port });
    }

    /// The clerk has picked up: now the citizen.
    pub(super) fn clerk_answered(&mut self, id: CallId) {
        let Some(masked) = self.calls.get(&id).and_then(|call| call.masked.clone()) else {
            return;
        };
        let to = Destination::Number(masked.citizen);
        match self.call_third(id, to, Purpose::Contact) {
            Ok(()) => self.play(id, Playing::Transferring, &["contact-connecting".to_owned()]),
            Err(_) => self.citizen_missing(id, Cause::Unavailable),
        }
        if let Some(third) = self.calls.get(&id).and_then(|call| call.third.as_ref()) {
            let leg = third.leg;
            self.show_as(leg, Side::Citizen);
        }
    }

    /// The citizen has picked up: both talk, and the recording has the citizen on its left like every other.
    pub(super) fn citizen_answered(&mut self, id: CallId, leg: LegId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.was_answered = true;
        }
        self.record(id, leg);
        self.route(id);
    }

    /// The clerk is told, then the call ends.
    pub(super) fn citizen_missing(&mut self, id: CallId, cause: Cause) {
        if let Some(masked) = self.calls.get_mut(&id).and_then(|call| call.masked.as_mut()) {
            masked.failed = Some(cause);
        }
        self.play(id, Playing::Farewell, &["contact-failed".to_owned()]);
    }

    /// A citizen who was contacted calls back: the clerk is rung in place of the queue. False when there is no such clerk.
    pub(super) fn ring_clerk(&mut self, id: CallId, queue: &str) -> bool {
        let number = self.caller_number(id);
        let Some(clerk) = self.returns.get(&number).cloned() else {
            return false;
        };
        let Some(call) = self
            .calls
            .get_mut(&id)
            .filter(|call| !call.outbound && !call.returned)
        else {
            return false;
        };
        // Once: if the clerk does not answer, the queue is next.
        call.returned = true;
        call.queue = Some(queue.to_owned());
        if self
            .call_third(id, Destination::Number(clerk), Purpose::Blind)
            .is_err()
        {
            return false;
        }
        self.route(id);
        true
    }

    fn show_as(&mut self, leg: LegId, side: Side) {
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.shown = side;
        }
    }
}

impl crate::call::Call {
    /// Why the citizen of a masked contact was not reached.
    pub(super) fn missing_citizen(&self) -> Option<Cause> {
        let masked = self
            .masked
            .as_ref()
            .filter(|_| !self.was_answered && self.stage != Stage::Connecting)?;
        Some(masked.failed.unwrap_or(Cause::Cancelled))
    }
}
