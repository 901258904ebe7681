//! UPDATE (RFC 3311): an offer before or after the answer, or a mere session refresh.

use std::time::Instant;

use sipx_sip::{HeaderName, Request, Response};

use super::agent::{Agent, Timer};
use super::compose::{self, put};
use super::invite::reinvite::busy;
use super::leg::{LegTimer, Phase};
use super::session_timer;
use super::transaction::Key;
use crate::LegId;

impl Agent {
    pub(super) fn handle_update(&mut self, now: Instant, id: LegId, key: &Key, request: &Request) {
        let Ok(sdp) = compose::sdp_of(&request.headers, request.body()) else {
            return self.respond_status(now, key, request, 415);
        };
        if let Some(response) = session_timer::too_brief(request, None) {
            return self.respond(now, key, response);
        }
        let Some(leg) = self.legs.get(&id) else { return };
        if sdp.is_none() {
            return self.accept_refresh(now, id, key, request);
        }
        // Section 5.2: 491 while an offer of ours is open, 500 while one of theirs is.
        let early = match leg.phase {
            Phase::Calling if leg.remote_sdp.is_empty() => Some(491),
            Phase::Ringing if !leg.uas.as_ref().is_some_and(|u| u.described) => Some(500),
            _ => None,
        };
        match early.or(busy(leg)) {
            Some(status) => self.respond_status(now, key, request, status),
            None => self.take_reoffer(id, key, request, sdp),
        }
    }

    fn accept_refresh(&mut self, now: Instant, id: LegId, key: &Key, request: &Request) {
        let source = self.transactions.servers.get(key).map(|s| s.source);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if let Some(source) = source {
            leg.dialog.refresh(&request.headers, source);
        }
        let confirmed = leg.phase == Phase::Confirmed;
        let dialog = leg.dialog.clone();
        let mut response = compose::response_to(request, 200, "", None);
        put(
            &mut response.headers,
            HeaderName::Contact,
            self.contact_of(&dialog),
        );
        put(&mut response.headers, HeaderName::Allow, compose::ALLOW);
        put(&mut response.headers, HeaderName::Supported, compose::SUPPORTED);
        if confirmed {
            let session = session_timer::granted(request);
            self.grant_session(now, id, session, &mut response.headers);
        }
        self.respond(now, key, response);
    }

    /// The response to our session refresh.
    pub(super) fn handle_update_response(&mut self, now: Instant, id: LegId, key: &Key, response: &Response) {
        let status = response.status.code();
        match status {
            100..=199 => {}
            200..=299 => self.adopt_session(now, id, response),
            401 | 407 if self.authorize(now, key, response) => {}
            408 | 481 => self.peer_vanished(now, id),
            _ => {
                // It doesn't like UPDATE: from now on by re-INVITE, soon.
                if let Some(leg) = self.legs.get_mut(&id).filter(|l| !l.over) {
                    leg.peer_updates = false;
                    let soon = now + std::time::Duration::from_secs(2);
                    self.timers.set(Timer::Leg(id, LegTimer::Session), soon);
                }
            }
        }
    }
}
