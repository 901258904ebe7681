//! Session timers (RFC 4028), as either side: a peer that vanished without BYE is found out.

use std::time::{Duration, Instant};

use bytes::Bytes;
use sipx_sip::message::Headers;
use sipx_sip::session::{self, Accepted, Answer, MinSe, Refresher, Session, SessionExpires};
use sipx_sip::{HeaderName, Method, Request, Response};

use super::agent::{Agent, Timer};
use super::compose::{self, lists, put, replace};
use super::leg::{LegTimer, Phase};
use super::transaction::Purpose;
use crate::LegId;

pub(super) fn min_se(headers: &Headers) -> Option<Duration> {
    headers.typed::<MinSe>()?.ok().map(|m| m.0)
}

/// What an INVITE of ours asks for.
pub(super) fn ask(headers: &mut Headers, interval: Duration, min: Option<Duration>) {
    let min = min.unwrap_or(session::ABSOLUTE_MIN_INTERVAL);
    replace(headers, &HeaderName::Supported, compose::SUPPORTED);
    replace(
        headers,
        &HeaderName::SessionExpires,
        interval.as_secs().to_string(),
    );
    replace(headers, &HeaderName::MinSe, min.as_secs().to_string());
}

/// A refresh keeps the agreed interval and who refreshes (section 7.4).
pub(super) fn ask_again(headers: &mut Headers, session: Option<Session>) {
    put(headers, HeaderName::Supported, compose::SUPPORTED);
    if let Some(session) = session {
        let refresher = if session.we_refresh {
            Refresher::Uac
        } else {
            Refresher::Uas
        };
        let value = SessionExpires {
            interval: session.interval,
            refresher: Some(refresher),
        };
        put(headers, HeaderName::SessionExpires, value.to_string());
    }
}

fn answer_to(request: &Request) -> Answer {
    let headers = &request.headers;
    let requested = headers.typed::<SessionExpires>().and_then(Result::ok);
    let supports = lists(headers, &HeaderName::Supported, session::OPTION_TAG);
    session::answer(
        supports,
        requested,
        min_se(headers),
        session::ABSOLUTE_MIN_INTERVAL,
    )
}

/// 422 when the peer asks for an interval below our minimum.
pub(super) fn too_brief(request: &Request, local_tag: Option<&str>) -> Option<Response> {
    let Answer::TooBrief(floor) = answer_to(request) else {
        return None;
    };
    let mut response = compose::response_to(request, 422, "", local_tag);
    put(
        &mut response.headers,
        HeaderName::MinSe,
        floor.as_secs().to_string(),
    );
    Some(response)
}

pub(super) fn granted(request: &Request) -> Option<Accepted> {
    match answer_to(request) {
        Answer::Accept(accepted) => Some(accepted),
        _ => None,
    }
}

impl Agent {
    /// Writes what we grant into our 2xx and starts the clock.
    pub(super) fn grant_session(
        &mut self,
        now: Instant,
        id: LegId,
        accepted: Option<Accepted>,
        headers: &mut Headers,
    ) {
        let Some(accepted) = accepted else { return };
        let value = SessionExpires {
            interval: accepted.interval,
            refresher: Some(accepted.refresher),
        };
        put(headers, HeaderName::SessionExpires, value.to_string());
        if accepted.require {
            put(headers, HeaderName::Require, session::OPTION_TAG);
        }
        let we_refresh = accepted.refresher == Refresher::Uas;
        self.start_session(
            now,
            id,
            Session {
                interval: accepted.interval,
                we_refresh,
            },
        );
    }

    /// Takes over what the peer's 2xx says.
    pub(super) fn adopt_session(&mut self, now: Instant, id: LegId, response: &Response) {
        let agreed = response.headers.typed::<SessionExpires>().and_then(Result::ok);
        let asked = self.legs.get(&id).and_then(|l| match (&l.session, &l.uac) {
            (Some(session), _) => Some(session.interval),
            (None, Some(uac)) => Some(uac.interval),
            (None, None) => None,
        });
        if let Some(session) = session::adopt(agreed, asked) {
            self.start_session(now, id, session);
        }
    }

    fn start_session(&mut self, now: Instant, id: LegId, session: Session) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.session = Some(session);
        self.timers
            .set(Timer::Leg(id, LegTimer::Session), now + session.act_after());
    }

    /// Refresh is due, or the peer has missed its own.
    pub(super) fn session_due(&mut self, now: Instant, id: LegId) {
        let Some(leg) = self.legs.get(&id).filter(|l| !l.over) else {
            return;
        };
        let Some(session) = leg.session else { return };
        if !session.we_refresh {
            return self.peer_vanished(now, id);
        }
        let free =
            leg.phase == Phase::Confirmed && leg.ours.is_none() && leg.theirs.is_none() && leg.ok.is_none();
        self.timers
            .set(Timer::Leg(id, LegTimer::Session), now + Duration::from_secs(5));
        if !free {
            return;
        }
        let sdp = leg.local_sdp.clone();
        if leg.peer_updates {
            self.timers.clear(&Timer::Leg(id, LegTimer::Session));
            self.send_refresh(now, id, session);
        } else if !sdp.is_empty() {
            self.timers.clear(&Timer::Leg(id, LegTimer::Session));
            self.send_reinvite(now, id, sdp, true);
        }
    }

    /// An UPDATE without SDP refreshes and changes nothing.
    fn send_refresh(&mut self, now: Instant, id: LegId, session: Session) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.dialog.local_cseq += 1;
        let dialog = leg.dialog.clone();
        let mut request = self.dialog_request(&dialog, Method::Update, dialog.local_cseq);
        put(
            &mut request.headers,
            HeaderName::Contact,
            self.contact_of(&dialog),
        );
        ask_again(&mut request.headers, Some(session));
        compose::finish_request(&mut request, Bytes::new());
        self.send_request(now, dialog.hop, request, Purpose::Update(id));
    }
}
