//! Operators rung for a caller out of a queue: one, or several together. The first to answer has the call.
//!
//! Not responsible for who is rung (see `queue`), nor for colleagues whom an operator asks (see `third`).

use std::time::{Duration, Instant};

use super::{CallNews, Denied, EndedBy, News, Side, Switch};
use crate::call::{Call, Desk, Playing, Stage};
use crate::queue::Offer;
use crate::sip::{Cause, DialError};
use crate::{CallId, LegId};

/// Who reaches for a call that a colleague was quicker to take is told so for this long.
const OUTRUN: Duration = Duration::from_secs(5);

impl Switch {
    pub(super) fn ring(&mut self, offer: &Offer) {
        let (id, operator) = (offer.call, offer.operator.clone());
        let line = self.attach(id, Side::Operator, &operator);
        let rung = match line {
            Some(leg) => Ok(leg),
            None => self.ring_phone(offer),
        };
        match rung {
            Ok(leg) => self.rings_at_desk(offer, leg, line.is_some()),
            Err(error) => {
                if matches!(error, DialError::NotRegistered(_))
                    && let Some(state) = self.queues.operator_mut(&operator)
                {
                    state.phone_present(false, self.now);
                }
                self.queues.offer_failed(id, &operator, self.now);
            }
        }
    }

    fn rings_at_desk(&mut self, offer: &Offer, leg: LegId, on_line: bool) {
        let (id, operator) = (offer.call, offer.operator.clone());
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let is_first = call.rings.is_empty();
        call.rings.push(Desk {
            leg,
            operator: operator.clone(),
            on_line,
            ring_until: on_line.then(|| self.now + offer.ring),
            lost: None,
        });
        self.tell_call(id, CallNews::Offered { operator });
        if is_first {
            self.play(id, Playing::Transferring, &["transferring".to_owned()]);
        }
    }

    /// The first who answers has the call; with the others it stops ringing.
    pub(super) fn bridge(&mut self, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Some(at) = call.rings.iter().position(|d| d.leg == leg) else {
            return;
        };
        let mut desk = call.rings.remove(at);
        let outrun = std::mem::take(&mut call.rings);
        desk.ring_until = None;
        let operator = desk.operator.clone();
        call.stage = Stage::Talking { held: false };
        call.was_answered = true;
        call.desk = Some(desk);
        self.queues.answered(id, &operator, self.now);
        let caller = self.caller_number(id);
        self.queues.remember(&caller, &operator, self.now);
        self.route(id);
        let by = operator.clone();
        self.tell_call(id, CallNews::Answered { operator });
        for desk in outrun {
            self.outrun(id, desk, by.clone());
        }
    }

    fn outrun(&mut self, call: CallId, desk: Desk, by: String) {
        let person = desk.operator;
        self.outrun.insert(person.clone(), self.now);
        let (operator, cause) = (person.clone(), Cause::Elsewhere);
        self.tell_call(call, CallNews::OfferEnded { operator, cause });
        self.tell(News::Taken { person, call, by });
        self.drop_leg(desk.leg, cause, EndedBy::System);
    }

    /// Who has just lost the call to a colleague did nothing wrong.
    pub(super) fn why_nothing_rings(&self, person: &str) -> Denied {
        let lately = |at: &Instant| self.now.saturating_duration_since(*at) <= OUTRUN;
        match self.outrun.get(person).is_some_and(lately) {
            true => Denied::Taken,
            false => Denied::NothingRings,
        }
    }

    /// A phone rang out, was busy, refused or lost: the others go on ringing. False when the leg rings for nobody.
    pub(super) fn ring_left(&mut self, id: CallId, leg: LegId, cause: Cause) -> bool {
        let Some(call) = self.calls.get_mut(&id) else {
            return false;
        };
        let Some(at) = call.rings.iter().position(|d| d.leg == leg) else {
            return false;
        };
        let operator = call.rings.remove(at).operator;
        let rings_on = !call.rings.is_empty();
        self.queues.offer_failed(id, &operator, self.now);
        self.tell_call(id, CallNews::OfferEnded { operator, cause });
        if !rings_on {
            self.play(id, Playing::Loop, &["hold-music".to_owned()]);
        }
        true
    }

    /// The citizen is gone: the phone stops ringing.
    pub(super) fn withdraw(&mut self, id: CallId, desk: Desk) {
        let (operator, cause) = (desk.operator, Cause::Cancelled);
        self.queues.offer_withdrawn(&operator, self.now);
        self.tell_call(id, CallNews::OfferEnded { operator, cause });
        self.drop_leg(desk.leg, Cause::Normal, EndedBy::System);
    }

    /// Lines that have rung long enough.
    pub(super) fn time_out_rings(&mut self) {
        let now = self.now;
        let rings = self.calls.values().flat_map(rings);
        let late: Vec<LegId> = rings
            .filter(|(_, until)| *until <= now)
            .map(|(leg, _)| leg)
            .collect();
        for leg in late {
            self.drop_leg(leg, Cause::NoAnswer, EndedBy::System);
        }
    }

    pub(super) fn rings_deadline(&self) -> Option<Instant> {
        self.calls.values().flat_map(rings).map(|(_, until)| until).min()
    }
}

/// Lines that ring, and until when.
fn rings(call: &Call) -> impl Iterator<Item = (LegId, Instant)> {
    let desks = call.rings.iter().filter_map(|d| Some((d.leg, d.ring_until?)));
    let third = call.third.as_ref().and_then(|t| Some((t.leg, t.ring_until?)));
    desks.chain(third)
}
