//! The citizen's side of a call: from INVITE to the complete record.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use rand::Rng;

use super::{CallNews, EndedBy, LegNews, Outbound, Outcome, Side, Switch};
use crate::call::{Call, Leg, Playing, Stage};
use crate::media::{Codec, MediaCommand, PlaybackId, Quality};
use crate::menu::Menu;
use crate::reading;
use crate::sdp::{self, Direction, Origin};
use crate::sip::{Caller, Cause, Dial, DialError, Incoming, NumberKind, Source, Target};
use crate::{CallId, LegId};

pub(super) const CODECS: [Codec; 2] = [Codec::Alaw, Codec::Mulaw];

impl Switch {
    pub(super) fn incoming(&mut self, incoming: Incoming) {
        let (leg, now) = (incoming.leg, self.now);
        let Some(menu) = self.menu_for(&incoming.called) else {
            return self.agent.reject(now, leg, 404, "Not Found");
        };
        let Some(port) = self.ports.take() else {
            return self.agent.reject(now, leg, 503, "Service Unavailable");
        };
        let local = self.local(incoming.hop.addr.ip(), port);
        let origin = Origin::new(leg.0);
        let answer = match &incoming.sdp {
            Some(offer) => {
                sdp::answer(offer, local, origin, Direction::SendRecv).map(|(sdp, s)| (sdp, Some(s)))
            }
            None => Ok((sdp::offer(local, &CODECS, origin, Direction::SendRecv), None)),
        };
        let (body, stream) = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.ports.give_back(port);
                return self.agent.reject(now, leg, error.status(), "Not Acceptable Here");
            }
        };
        let id = CallId(self.rng.random::<u64>() >> 1);
        let flow = menu.name().to_owned();
        self.begin_call(id, leg, incoming.caller.number.clone(), Some(menu), local, origin);
        let trunk = match incoming.source {
            Source::Trunk(name) => Some(name),
            Source::User(_) => None,
        };
        let (caller, called, diverted_from) = (incoming.caller, incoming.called, incoming.diverted_from);
        let started = CallNews::Started {
            caller,
            called,
            trunk,
            flow,
            diverted_from,
            outbound: false,
        };
        self.tell_call(id, started);
        self.media(MediaCommand::Open { leg, port });
        self.agent.answer(now, leg, body);
        // A late offer is answered in the ACK: the greeting waits for it.
        if let Some(stream) = stream {
            self.set_stream(leg, stream);
            self.connected(id);
        }
    }

    /// Places a call of ours. Whatever goes wrong, the call gets its record.
    pub(super) fn dial(&mut self, outbound: Outbound) {
        let id = outbound.call;
        let caller = Caller {
            number: outbound.number.clone(),
            display: None,
            kind: NumberKind::of(&outbound.number),
            private: false,
        };
        let called = outbound.number.clone();
        let (flow, diverted_from) = (outbound.flow.clone(), None);
        self.tell_call(
            id,
            CallNews::Started {
                caller,
                called,
                trunk: None,
                flow,
                diverted_from,
                outbound: true,
            },
        );
        let failed = CallNews::Ended {
            outcome: Outcome::Failed,
            cause: Cause::Unavailable,
            by: EndedBy::System,
        };
        let Some(menu) = self.start_menu(&outbound.flow) else {
            return self.tell_call(id, failed);
        };
        let Ok((leg, local, origin)) = self.dial_anew(id, &outbound.number, outbound.ring_for) else {
            return self.tell_call(id, failed);
        };
        self.begin_call(id, leg, outbound.number, Some(menu), local, origin);
        if let Some(call) = self.calls.get_mut(&id) {
            call.outbound = true;
            call.variables = outbound
                .variables
                .iter()
                .map(|(name, value)| (name.clone(), reading::digits(value)))
                .collect();
        }
        let port = local.port();
        self.media(MediaCommand::Open { leg, port });
    }

    /// The first leg of a call of ours: who drains begins none.
    pub(super) fn dial_anew(
        &mut self,
        id: CallId,
        number: &str,
        ring_for: std::time::Duration,
    ) -> Result<(LegId, SocketAddr, Origin), DialError> {
        if self.draining {
            return Err(DialError::NoChannel);
        }
        self.dial_number(id, number, ring_for)
    }

    /// Calls an outside number; the leg still has to be entered and its media opened.
    pub(super) fn dial_number(
        &mut self,
        id: CallId,
        number: &str,
        ring_for: std::time::Duration,
    ) -> Result<(LegId, SocketAddr, Origin), DialError> {
        let to = Target::Number {
            number: number.to_owned(),
            trunk: None,
        };
        let hop = self.agent.hop_for(&to);
        let peer = hop.map_or(IpAddr::from([127, 0, 0, 1]), |hop| hop.addr.ip());
        let port = self.ports.take().ok_or(DialError::NoChannel)?;
        let local = self.local(peer, port);
        let origin = Origin::new(id.0 ^ (u64::from(port) << 40));
        let dial = Dial {
            to,
            from_number: String::new(),
            from_display: String::new(),
            sdp: sdp::offer(local, &CODECS, origin, Direction::SendRecv),
            headers: Vec::new(),
            ring_for,
        };
        let dialled = self.agent.dial(self.now, dial);
        let leg = dialled.inspect_err(|_| self.ports.give_back(port))?;
        Ok((leg, local, origin))
    }

    pub(super) fn begin_call(
        &mut self,
        id: CallId,
        citizen: LegId,
        party: String,
        menu: Option<Menu>,
        local: SocketAddr,
        origin: Origin,
    ) {
        let call = Call {
            id,
            citizen,
            outbound: false,
            stage: Stage::Connecting,
            menu,
            variables: HashMap::new(),
            playing: Playing::Nothing,
            playback: PlaybackId(0),
            queue: None,
            rings: Vec::new(),
            desk: None,
            recording_since: None,
            message: None,
            left_message: false,
            wants_callback: false,
            was_answered: false,
            third: None,
            left_by: None,
            monitors: Vec::new(),
            recording_paused: false,
            routes: Default::default(),
            loops: None,
            ringback: None,
            third_waits: None,
            masked: None,
            last_key: None,
            said: None,
            said_at: None,
            understood: false,
            early: None,
            returned: false,
        };
        self.calls.insert(id, call);
        self.add_leg(citizen, id, Side::Citizen, party, local, origin);
    }

    pub(super) fn add_leg(
        &mut self,
        leg: LegId,
        call: CallId,
        side: Side,
        party: String,
        local: SocketAddr,
        origin: Origin,
    ) {
        let started = self.now;
        let leg_state = Leg {
            call,
            side,
            shown: side,
            party,
            local,
            origin,
            stream: None,
            started,
            answered: None,
            ended: None,
        };
        self.legs.insert(leg, leg_state);
    }

    /// The citizen and we hear each other: the recording begins, then the flow.
    pub(super) fn connected(&mut self, id: CallId) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&id).filter(|c| c.stage == Stage::Connecting) else {
            return;
        };
        call.stage = Stage::Menu;
        let (leg, outbound) = (call.citizen, call.outbound);
        self.answered_after_all(id, leg);
        if let Some(state) = self.legs.get_mut(&leg) {
            state.answered = Some(now);
            let on = state.stream.as_ref().is_some_and(|s| s.dtmf.is_none());
            self.media(MediaCommand::DetectTones { leg, on });
        }
        // Only now is it known: a trunk that failed was passed over.
        if let Some(trunk) = self.agent.trunk_of(leg).filter(|_| outbound) {
            self.tell_call(id, CallNews::Carried { trunk });
        }
        self.tell_call(id, CallNews::Connected);
        if self.calls.get(&id).is_some_and(|call| call.masked.is_some()) {
            return self.clerk_answered(id);
        }
        self.record(id, leg);
        self.run_steps(id);
        self.called_back(id);
    }

    pub(super) fn record(&mut self, id: CallId, leg: LegId) {
        let now = self.now;
        let Some(directory) = &self.settings.recordings else {
            return;
        };
        // Two hexadecimal digits a directory: a year of calls stays a listing that tools can read.
        let name = id.to_string();
        let path = directory
            .join(name.get(..2).unwrap_or("00"))
            .join(format!("{name}.wav"));
        if let Some(call) = self.calls.get_mut(&id) {
            call.recording_since = Some(now);
        }
        self.media(MediaCommand::Record {
            leg,
            call: id,
            path: path.clone(),
        });
        self.tell_call(id, CallNews::RecordingStarted { path });
    }

    pub(super) fn local(&self, peer: IpAddr, port: u16) -> SocketAddr {
        SocketAddr::new((self.settings.agent.source_for)(peer), port)
    }

    fn menu_for(&self, called: &str) -> Option<Menu> {
        let matches = |numbers: &[String]| numbers.is_empty() || numbers.iter().any(|n| n == called);
        let line = self.settings.lines.iter().find(|l| matches(&l.numbers))?;
        self.start_menu(&line.flow)
    }

    fn start_menu(&self, flow: &str) -> Option<Menu> {
        let flow = self.settings.flows.get(flow)?.clone();
        Some(Menu::start(flow, &self.settings.schedules, self.now))
    }

    /// Ends a call by our own decision.
    pub(super) fn end_call(&mut self, id: CallId, cause: Cause, by: EndedBy) {
        if let Some(citizen) = self.calls.get(&id).map(|c| c.citizen) {
            self.drop_leg(citizen, cause, by);
        }
    }

    /// Hangs up a leg and treats it as gone: its record does not wait for the peer's answer to BYE.
    pub(super) fn drop_leg(&mut self, leg: LegId, cause: Cause, by: EndedBy) {
        self.agent.hangup(self.now, leg, cause);
        self.leg_gone(leg, cause, 0, by);
    }

    pub(super) fn leg_ended(&mut self, leg: LegId, cause: Cause, status: u16, by_peer: bool) {
        let by = match (by_peer, self.legs.get(&leg).map(|l| l.side)) {
            (true, Some(Side::Citizen)) => EndedBy::Citizen,
            (true, Some(_)) => EndedBy::Office,
            _ => EndedBy::System,
        };
        self.leg_gone(leg, cause, status, by);
    }

    fn leg_gone(&mut self, leg: LegId, cause: Cause, status: u16, by: EndedBy) {
        let now = self.now;
        let Some(state) = self.legs.get_mut(&leg).filter(|l| l.ended.is_none()) else {
            return;
        };
        state.ended = Some((now, cause, status));
        let (call, side) = (state.call, state.side);
        self.media(MediaCommand::Close { leg });
        match side {
            Side::Citizen => self.finish(call, cause, by),
            _ => self.party_left(call, leg, cause, by),
        }
    }

    /// The citizen is gone: everything that hangs on the call is wound up and the record closed.
    fn finish(&mut self, id: CallId, cause: Cause, by: EndedBy) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if let Some(menu) = &mut call.menu {
            menu.handle_gone();
        }
        self.run_steps(id);
        self.queues.remove(id);
        let Some(mut call) = self.calls.remove(&id) else {
            return;
        };
        let cause = call.missing_citizen().unwrap_or(cause);
        let outcome = outcome(&call, cause, by);
        for desk in std::mem::take(&mut call.rings) {
            self.withdraw(id, desk);
        }
        if let Some(desk) = call.desk.take() {
            self.release_desk(&call, desk);
        }
        if let Some(third) = call.third.take() {
            self.release_third(&third);
            self.drop_leg(third.leg, Cause::Normal, EndedBy::System);
        }
        for monitor in std::mem::take(&mut call.monitors) {
            self.drop_leg(monitor.leg, Cause::Normal, EndedBy::System);
            let supervisor = monitor.supervisor;
            self.tell_call(id, CallNews::MonitorEnded { supervisor });
        }
        self.tell_call(id, CallNews::Ended { outcome, cause, by });
    }

    /// The media thread has let go of the leg: its ports are free and its figures known.
    pub(super) fn leg_closed(&mut self, leg: LegId, quality: Quality) {
        let Some(state) = self.legs.remove(&leg) else {
            return;
        };
        self.attached.remove(&leg);
        self.ports.give_back(state.local.port());
        let (ended, cause, status) = state.ended.unwrap_or((self.now, Cause::Failed, 0));
        let (side, party, started, answered) = (state.shown, state.party, state.started, state.answered);
        let news = LegNews {
            side,
            party,
            started,
            answered,
            ended,
            cause,
            status,
            quality,
        };
        self.tell_call(state.call, CallNews::LegEnded(Box::new(news)));
        self.trials.remove(&state.call);
    }

    /// Takes over what an answer agreed; false when it is unusable.
    pub(super) fn negotiated(&mut self, leg: LegId, answer: &Bytes) -> bool {
        let Ok(stream) = sdp::accept_answer(answer) else {
            return false;
        };
        self.set_stream(leg, stream);
        true
    }

    pub(super) fn set_stream(&mut self, leg: LegId, stream: crate::media::Stream) {
        let Some(state) = self.legs.get_mut(&leg) else {
            return;
        };
        let heard = state.side == Side::Citizen && state.answered.is_some();
        let before = state.stream.replace(stream.clone());
        let (was, on) = (before.map(|s| s.dtmf.is_none()), stream.dtmf.is_none());
        self.media(MediaCommand::Negotiate { leg, stream });
        // The far end may be another than it was: its keys come as events or as tones from now on.
        if heard && was != Some(on) {
            self.media(MediaCommand::DetectTones { leg, on });
        }
    }
}

fn outcome(call: &Call, cause: Cause, by: EndedBy) -> Outcome {
    match (call.outbound, &call.stage) {
        (true, _) if call.missing_citizen().is_some() => unanswered(cause, by),
        (true, Stage::Connecting) => unanswered(cause, by),
        (true, _) if call.was_answered => Outcome::Answered,
        (true, _) => Outcome::Completed,
        (false, _) if call.was_answered => Outcome::Answered,
        (false, _) if call.left_message => Outcome::Message,
        (false, _) if call.wants_callback => Outcome::Callback,
        (false, _) if by == EndedBy::System && cause == Cause::Normal => Outcome::Completed,
        (false, _) if cause == Cause::Failed => Outcome::Failed,
        (false, _) => Outcome::Abandoned,
    }
}

fn unanswered(cause: Cause, by: EndedBy) -> Outcome {
    match cause {
        Cause::NoAnswer | Cause::Unreachable | Cause::SwitchedOff => Outcome::NoAnswer,
        Cause::Busy => Outcome::Busy,
        // The operator gave up before the citizen answered.
        Cause::Cancelled if by == EndedBy::Office => Outcome::NoAnswer,
        Cause::Declined | Cause::Cancelled => Outcome::Declined,
        Cause::NoSuchNumber | Cause::Forbidden => Outcome::BadNumber,
        _ => Outcome::Failed,
    }
}
