//! The operators' side: a phone's legs, hold, and what is left when either hangs up.
//!
//! Not responsible for who of several rings and answers first: that is `rings`.

use bytes::Bytes;

use super::citizen::CODECS;
use super::{CallNews, EndedBy, Side, Switch};
use crate::call::{Call, Desk, Playing, Stage};
use crate::media::MediaCommand;
use crate::queue::Offer;
use crate::sdp::{self, Direction, Origin};
use crate::sip::{Cause, Dial, DialError, Target};
use crate::{CallId, LegId};

impl Switch {
    /// Lets the queues act. True when anything moved, so that the agent is asked again.
    pub(super) fn serve_queues(&mut self) -> bool {
        let mut moved = false;
        while let Some(call) = self.queues.poll_overflow(self.now) {
            self.overflow(call);
            moved = true;
        }
        while let Some(offer) = self.queues.poll_offer(self.now) {
            self.ring(&offer);
            moved = true;
        }
        while let Some((call, position)) = self.queues.poll_announcement(self.now) {
            self.announce(call, position);
            moved = true;
        }
        moved
    }

    pub(super) fn ring_phone(&mut self, offer: &Offer) -> Result<LegId, DialError> {
        let (now, operator) = (self.now, offer.operator.clone());
        let to = Target::User(operator.clone());
        let hop = self
            .agent
            .hop_for(&to)
            .ok_or_else(|| DialError::NotRegistered(operator.clone()))?;
        let port = self.ports.take().ok_or(DialError::NoChannel)?;
        let local = self.local(hop.addr.ip(), port);
        // The leg's id is not known before the INVITE is built; the caller's and the port make a name as unique.
        let origin = Origin::new(offer.call.0 ^ (u64::from(port) << 40));
        let citizen = self
            .calls
            .get(&offer.call)
            .and_then(|c| self.legs.get(&c.citizen));
        let dial = Dial {
            to,
            from_number: citizen.map(|l| l.party.clone()).unwrap_or_default(),
            from_display: String::new(),
            sdp: sdp::offer(local, &CODECS, origin, Direction::SendRecv),
            headers: vec![("X-Minsheng-Call".to_owned(), offer.call.to_string())],
            ring_for: offer.ring,
        };
        let leg = self
            .agent
            .dial(now, dial)
            .inspect_err(|_| self.ports.give_back(port))?;
        self.add_leg(leg, offer.call, Side::Operator, operator, local, origin);
        self.media(MediaCommand::Open { leg, port });
        Ok(leg)
    }

    /// 2xx to an INVITE of ours: the operator picked up, or a citizen whom we called.
    pub(super) fn leg_answered(&mut self, leg: LegId, sdp: Option<Bytes>) {
        let agreed = match &sdp {
            Some(sdp) => self.negotiated(leg, sdp),
            None => self.legs.get(&leg).is_some_and(|l| l.stream.is_some()),
        };
        let Some(state) = self.legs.get_mut(&leg) else {
            return;
        };
        let (call, side) = (state.call, state.side);
        if !agreed {
            return self.drop_leg(leg, Cause::NotAcceptable, EndedBy::System);
        }
        state.answered = Some(self.now);
        match side {
            Side::Citizen => self.connected(call),
            _ => {
                self.bridge(call, leg);
                self.third_answered(call, leg);
            }
        }
    }

    /// ACK to a 2xx of ours, with the answer when the offer was ours.
    pub(super) fn leg_confirmed(&mut self, leg: LegId, sdp: Option<Bytes>) {
        let agreed = match &sdp {
            Some(sdp) => self.negotiated(leg, sdp),
            // RFC 3264: our offer wants its answer; without one nobody would ever hear anything.
            None => self.legs.get(&leg).is_none_or(|l| l.stream.is_some()),
        };
        if !agreed {
            return self.drop_leg(leg, Cause::NotAcceptable, EndedBy::System);
        }
        if sdp.is_none() {
            return;
        }
        self.follow_hold(leg);
        if let Some(call) = self.citizen_call(leg) {
            self.connected(call);
        }
    }

    /// The peer changes its media: hold, resume, another address. Without a description it asks for ours.
    pub(super) fn leg_reoffered(&mut self, leg: LegId, sdp: Option<Bytes>) {
        let now = self.now;
        let Some(state) = self.legs.get_mut(&leg) else {
            return self.agent.answer_reoffer(now, leg, Err(481));
        };
        state.origin = state.origin.next();
        let (local, origin) = (state.local, state.origin);
        let Some(offer) = sdp else {
            let ours = sdp::offer(local, &CODECS, origin, Direction::SendRecv);
            return self.agent.answer_reoffer(now, leg, Ok(ours));
        };
        match sdp::answer(&offer, local, origin, Direction::SendRecv) {
            Ok((answer, stream)) => {
                self.agent.answer_reoffer(now, leg, Ok(answer));
                self.set_stream(leg, stream);
                self.follow_hold(leg);
            }
            Err(error) => self.agent.answer_reoffer(now, leg, Err(error.status())),
        }
    }

    /// An operator who no longer wants to hear the citizen has put them on hold: music.
    fn follow_hold(&mut self, leg: LegId) {
        let Some(state) = self.legs.get(&leg).filter(|l| l.side == Side::Operator) else {
            return;
        };
        let hold = state.stream.as_ref().is_some_and(|s| !s.send);
        let id = state.call;
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Stage::Talking { held } = call.stage else {
            return;
        };
        if held == hold {
            return;
        }
        self.set_held(id, hold);
    }

    /// Somebody other than the citizen is gone.
    pub(super) fn party_left(&mut self, id: CallId, leg: LegId, cause: Cause, by: EndedBy) {
        self.desk_left(id, leg, cause, by);
        self.third_left(id, leg, cause, by);
        self.monitor_left(id, leg);
    }

    /// The operator's leg is gone while the citizen is still there.
    fn desk_left(&mut self, id: CallId, leg: LegId, cause: Cause, by: EndedBy) {
        if self.ring_left(id, leg, cause) {
            return;
        }
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Some(desk) = call.desk.take_if(|d| d.leg == leg) else {
            return;
        };
        let (stage, queue) = (call.stage.clone(), call.queue.clone().unwrap_or_default());
        match stage {
            Stage::Talking { .. } => {
                self.queues.finished(&desk.operator, &queue, self.now);
                self.resume_recording(id);
                let lost = matches!(cause, Cause::MediaTimeout | Cause::Unreachable);
                if self.third_goes_on(id, &desk.operator, lost) {
                    return;
                }
                self.route(id);
                if lost {
                    self.requeue(id, &queue);
                } else {
                    self.end_call(id, Cause::Normal, by);
                }
            }
            Stage::Connecting => {
                self.queues.finished(&desk.operator, "", self.now);
                self.end_call(id, Cause::Cancelled, EndedBy::Office);
            }
            Stage::Menu | Stage::Queued => {}
        }
    }

    /// The operator was lost, not done: the citizen goes to the head of the queue.
    pub(super) fn requeue(&mut self, id: CallId, queue: &str) {
        let queue = if self.queues.settings(queue).is_some() {
            queue.to_owned()
        } else {
            // A call that an operator placed comes from no queue: the first one takes it.
            let first = self.queues.queues().min_by_key(|q| q.priority);
            first.map(|q| q.name.clone()).unwrap_or_default()
        };
        let queue = queue.as_str();
        if self.queues.enqueue_first(id, queue, self.now).is_err() {
            return self.end_call(id, Cause::Failed, EndedBy::System);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.stage = Stage::Queued;
            call.queue = Some(queue.to_owned());
            call.playing = Playing::Nothing;
            call.loops = None;
        }
        self.tell_call(
            id,
            CallNews::Queued {
                queue: queue.to_owned(),
                position: 1,
            },
        );
    }

    /// The citizen is gone: the operator goes into wrap-up.
    pub(super) fn release_desk(&mut self, call: &Call, desk: Desk) {
        let now = self.now;
        match &call.queue {
            _ if call.stage == Stage::Connecting => self.queues.finished(&desk.operator, "", now),
            Some(queue) => self.queues.finished(&desk.operator, queue, now),
            None => self.queues.finished_own(&desk.operator, now),
        }
        self.drop_leg(desk.leg, Cause::Normal, EndedBy::System);
    }
}
