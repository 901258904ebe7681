//! Changing a call in progress: re-INVITE both ways and the glare between them (RFC 3261 section 14).
//!
//! Not responsible for what the descriptions say (see `sdp`).

use std::time::{Duration, Instant};

use bytes::Bytes;
use sipx_sip::{HeaderName, Method, Request, Response};

use super::super::Event;
use super::super::agent::{Agent, Timer};
use super::super::compose::{self, put};
use super::super::leg::{LegTimer, Ours, Phase, Theirs};
use super::super::session_timer;
use super::super::transaction::{Key, Purpose};
use crate::LegId;

impl Agent {
    /// Sends a new offer; waits for its turn while the dialog is busy with another one.
    pub fn reoffer(&mut self, now: Instant, leg: LegId, sdp: Bytes) {
        let Some(it) = self.legs.get_mut(&leg).filter(|l| !l.over) else {
            return;
        };
        it.wanted = Some(sdp);
        self.try_reoffer(now, leg);
    }

    pub(in crate::sip) fn try_reoffer(&mut self, now: Instant, id: LegId) {
        let waits = self.timers.is_set(&Timer::Leg(id, LegTimer::Reoffer));
        let Some(leg) = self.legs.get_mut(&id).filter(|l| !l.over && !waits) else {
            return;
        };
        let free =
            leg.phase == Phase::Confirmed && leg.ours.is_none() && leg.theirs.is_none() && leg.ok.is_none();
        if !free {
            return;
        }
        if let Some(sdp) = leg.wanted.take() {
            self.send_reinvite(now, id, sdp, false);
        }
    }

    pub(in crate::sip) fn send_reinvite(&mut self, now: Instant, id: LegId, sdp: Bytes, refresh: bool) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.dialog.local_cseq += 1;
        leg.ours = Some(Ours {
            sdp: sdp.clone(),
            refresh,
        });
        let (dialog, session) = (leg.dialog.clone(), leg.session);
        let mut request = self.dialog_request(&dialog, Method::Invite, dialog.local_cseq);
        put(
            &mut request.headers,
            HeaderName::Contact,
            self.contact_of(&dialog),
        );
        put(&mut request.headers, HeaderName::Allow, compose::ALLOW);
        session_timer::ask_again(&mut request.headers, session);
        compose::set_sdp(&mut request.headers, &sdp);
        compose::finish_request(&mut request, sdp);
        self.send_request(now, dialog.hop, request, Purpose::Reinvite(id));
    }

    pub(in crate::sip) fn handle_reinvite_response(
        &mut self,
        now: Instant,
        id: LegId,
        key: &Key,
        response: &Response,
    ) {
        let status = response.status.code();
        if status < 200 {
            return;
        }
        if response.status.is_success() {
            return self.reinvite_accepted(now, id, response);
        }
        if matches!(status, 401 | 407) && self.authorize(now, key, response) {
            return;
        }
        let Some(leg) = self.legs.get_mut(&id).filter(|l| !l.over) else {
            return;
        };
        let Some(ours) = leg.ours.take() else { return };
        // Section 14.2: 500 with Retry-After means that our last offer was not settled there yet: its ACK was overtaken.
        let unsettled = status == 500 && response.headers.get(&HeaderName::RetryAfter).is_some();
        match status {
            491 => self.retry_after_glare(now, id, ours),
            500 if unsettled => self.retry_after_glare(now, id, ours),
            408 | 481 => self.peer_vanished(now, id),
            _ => {
                if !ours.refresh {
                    self.event(Event::Reanswer {
                        leg: id,
                        result: Err(status),
                    });
                }
                self.try_reoffer(now, id);
            }
        }
    }

    fn reinvite_accepted(&mut self, now: Instant, id: LegId, response: &Response) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(ours) = leg.ours.take() else {
            return self.repeat_ack(id, response);
        };
        let hop = leg.dialog.hop;
        leg.dialog.refresh(&response.headers, hop);
        self.send_ack(id, response);
        let Some(leg) = self.legs.get_mut(&id).filter(|l| !l.over) else {
            return;
        };
        leg.local_sdp = ours.sdp;
        let sdp = compose::sdp_of(&response.headers, response.body()).unwrap_or(None);
        let changed = sdp.as_ref().is_some_and(|s| *s != leg.remote_sdp);
        if let Some(sdp) = &sdp {
            leg.remote_sdp = sdp.clone();
        }
        self.adopt_session(now, id, response);
        // A refresh is our own affair, unless the peer took the occasion to move.
        if !ours.refresh || changed {
            let result = sdp.ok_or(488);
            self.event(Event::Reanswer { leg: id, result });
        }
        self.try_reoffer(now, id);
    }

    /// Section 14.1: who made the Call-ID waits longer, so that both don't meet again.
    fn retry_after_glare(&mut self, now: Instant, id: LegId, ours: super::super::leg::Ours) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.wanted.is_none() && !ours.refresh {
            leg.wanted = Some(ours.sdp);
        }
        let owner = leg.uac.is_some();
        let steps = if owner {
            self.random(210..=400)
        } else {
            self.random(0..=200)
        };
        self.timers.set(
            Timer::Leg(id, LegTimer::Reoffer),
            now + Duration::from_millis(steps * 10),
        );
        if ours.refresh {
            self.timers.set(
                Timer::Leg(id, LegTimer::Session),
                now + Duration::from_millis(steps * 10),
            );
        }
    }

    pub(in crate::sip) fn handle_reinvite(&mut self, now: Instant, id: LegId, key: &Key, request: &Request) {
        let Some(leg) = self.legs.get(&id) else { return };
        if let Some(status) = busy(leg) {
            return self.respond_status(now, key, request, status);
        }
        if leg.ok.is_some() || matches!(leg.phase, Phase::Ringing | Phase::Accepted) {
            // Section 14.2: the one before is not finished.
            return self.respond_status(now, key, request, 500);
        }
        let Ok(sdp) = compose::sdp_of(&request.headers, request.body()) else {
            return self.respond_status(now, key, request, 415);
        };
        if let Some(response) = session_timer::too_brief(request, None) {
            return self.respond(now, key, response);
        }
        self.take_reoffer(id, key, request, sdp);
    }

    /// Hands an offer inside the dialog (or, without SDP, the wish for ours) to call control.
    pub(in crate::sip) fn take_reoffer(
        &mut self,
        id: LegId,
        key: &Key,
        request: &Request,
        sdp: Option<Bytes>,
    ) {
        let source = self.transactions.servers.get(key).map(|s| s.source);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if let Some(source) = source {
            leg.dialog.refresh(&request.headers, source);
        }
        if let Some(sdp) = &sdp {
            leg.remote_sdp = sdp.clone();
        }
        leg.theirs = Some(Theirs {
            key: key.clone(),
            request: request.clone(),
        });
        self.event(Event::Reoffer { leg: id, sdp });
    }

    /// Answers a `Reoffer`.
    pub fn answer_reoffer(&mut self, now: Instant, leg: LegId, result: Result<Bytes, u16>) {
        let Some(theirs) = self.legs.get_mut(&leg).and_then(|l| l.theirs.take()) else {
            return;
        };
        match result {
            Ok(sdp) => self.accept_reoffer(now, leg, &theirs, sdp),
            Err(status) => self.respond_status(now, &theirs.key, &theirs.request, status.clamp(300, 699)),
        }
        self.try_reoffer(now, leg);
    }

    fn accept_reoffer(&mut self, now: Instant, id: LegId, theirs: &Theirs, sdp: Bytes) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.local_sdp = sdp.clone();
        let dialog = leg.dialog.clone();
        let mut response = compose::response_to(&theirs.request, 200, "", None);
        put(
            &mut response.headers,
            HeaderName::Contact,
            self.contact_of(&dialog),
        );
        put(&mut response.headers, HeaderName::Allow, compose::ALLOW);
        put(&mut response.headers, HeaderName::Supported, compose::SUPPORTED);
        compose::set_sdp(&mut response.headers, &sdp);
        compose::finish_response(&mut response, sdp);
        let session = session_timer::granted(&theirs.request);
        self.grant_session(now, id, session, &mut response.headers);
        match theirs.request.method {
            Method::Invite => self.send_ok(now, id, &theirs.key, response),
            _ => self.respond(now, &theirs.key, response),
        }
    }

    /// CANCEL of a re-INVITE that is not answered yet: the call goes on as it was.
    pub(in crate::sip) fn cancel_reinvite(&mut self, now: Instant, invite: &Key) {
        let found = self
            .legs
            .iter()
            .find(|(_, l)| l.theirs.as_ref().is_some_and(|t| t.key == *invite));
        let Some(id) = found.map(|(id, _)| *id) else {
            return;
        };
        if let Some(theirs) = self.legs.get_mut(&id).and_then(|l| l.theirs.take()) {
            self.respond_status(now, &theirs.key, &theirs.request, 487);
        }
    }
}

/// 491 when an offer of ours is on its way, 500 when one of theirs is unanswered.
pub(in crate::sip) fn busy(leg: &super::super::leg::Leg) -> Option<u16> {
    if leg.ours.is_some() {
        Some(491)
    } else if leg.theirs.is_some() {
        Some(500)
    } else {
        None
    }
}
