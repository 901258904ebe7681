//! Placing a call (RFC 3261 section 13.2): provisional and final responses, ACK, CANCEL, forks.
//!
//! Not responsible for where a call goes (see `outbound`).

use std::time::{Duration, Instant};

use bytes::Bytes;
use sipx_sip::headers::CSeq;
use sipx_sip::rel::Sequence;
use sipx_sip::session::DEFAULT_INTERVAL;
use sipx_sip::{HeaderName, Message, Method, Request, Response, Uri};

use super::super::agent::{Agent, LINGER, Timer};
use super::super::compose::{self, put};
use super::super::leg::{LegTimer, Phase, reason_header};
use super::super::outbound::Attempt;
use super::super::reason::cause_of_response;
use super::super::session_timer;
use super::super::transaction::{Key, Purpose, Silence};
use super::super::{Cause, Dial, Event, Hop};
use crate::LegId;

#[derive(Debug)]
pub(in crate::sip) struct Uac {
    pub(in crate::sip) dial: Dial,
    pub(in crate::sip) attempts: std::collections::VecDeque<Attempt>,
    /// The INVITE as last sent.
    pub(in crate::sip) request: Request,
    pub(in crate::sip) key: Option<Key>,
    /// Something was heard; only then may a CANCEL be sent (section 9.1).
    pub(in crate::sip) provisional: bool,
    /// Why the call is to be given up.
    pub(in crate::sip) cancel_wanted: Option<Cause>,
    pub(in crate::sip) cancel_sent: bool,
    pub(in crate::sip) interval: Duration,
    pub(in crate::sip) min_se: Option<Duration>,
    /// Reliable provisional responses seen, by the To tag of their early dialog.
    pub(in crate::sip) reliable: Vec<(Option<Bytes>, Sequence)>,
    /// Dialog keys of earlier attempts.
    pub(in crate::sip) earlier: Vec<(Bytes, Bytes)>,
}

impl Uac {
    pub(in crate::sip) fn new(dial: Dial, attempts: std::collections::VecDeque<Attempt>, uri: Uri) -> Uac {
        Uac {
            dial,
            attempts,
            request: Request::new(Method::Invite, uri),
            key: None,
            provisional: false,
            cancel_wanted: None,
            cancel_sent: false,
            interval: DEFAULT_INTERVAL,
            min_se: None,
            reliable: Vec::new(),
            earlier: Vec::new(),
        }
    }
}

impl Agent {
    pub(in crate::sip) fn handle_invite_response(
        &mut self,
        now: Instant,
        id: LegId,
        key: &Key,
        response: &Response,
    ) {
        let Some(leg) = self.legs.get(&id) else { return };
        let current = leg.uac.as_ref().is_some_and(|u| u.key.as_ref() == Some(key));
        let status = response.status.code();
        if !current {
            // An attempt that was given up before.
            if response.status.is_success() {
                self.disown(now, id, response);
            }
            return;
        }
        match status {
            100..=199 => self.invite_provisional(now, id, response),
            200..=299 => self.invite_accepted(now, id, response),
            _ => self.invite_refused(now, id, key, response),
        }
    }

    fn invite_provisional(&mut self, now: Instant, id: LegId, response: &Response) {
        self.timers.clear(&Timer::Leg(id, LegTimer::Attempt));
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(uac) = leg.uac.as_mut().filter(|_| leg.phase == Phase::Calling) else {
            return;
        };
        uac.provisional = true;
        if uac.cancel_wanted.is_some() {
            return self.send_cancel(now, id);
        }
        let status = response.status.code();
        // A 100 makes no dialog, whatever tag some networks put in it.
        if status == 100 || leg.over {
            return;
        }
        if !self.acknowledge_reliable(now, id, response) {
            return;
        }
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if compose::tag(&response.headers, &HeaderName::To).is_some() {
            leg.dialog.learn(response);
        }
        let sdp = compose::sdp_of(&response.headers, response.body()).unwrap_or(None);
        if let Some(sdp) = &sdp {
            leg.remote_sdp = sdp.clone();
        }
        self.event(Event::Progress { leg: id, status, sdp });
    }

    fn invite_accepted(&mut self, now: Instant, id: LegId, response: &Response) {
        self.timers.clear(&Timer::Leg(id, LegTimer::Attempt));
        self.timers.clear(&Timer::Leg(id, LegTimer::Ring));
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.phase != Phase::Calling {
            // Again: the ACK was lost. Or another branch of a fork answered as well (section 13.2.2.4).
            let remote = compose::tag(&response.headers, &HeaderName::To);
            if leg.dialog.is_remote(remote.as_ref()) {
                self.repeat_ack(id, response);
            } else {
                self.disown(now, id, response);
            }
            return;
        }
        leg.phase = Phase::Confirmed;
        leg.dialog.learn(response);
        leg.peer_updates = compose::lists(&response.headers, &HeaderName::Allow, "UPDATE");
        self.send_ack(id, response);
        if let Some(leg) = self.legs.get(&id).filter(|l| l.over) {
            // Our CANCEL and the answer crossed.
            let cause = leg.uac.as_ref().and_then(|u| u.cancel_wanted);
            return self.send_bye(now, id, cause.unwrap_or(Cause::Cancelled));
        }
        let sdp = compose::sdp_of(&response.headers, response.body()).unwrap_or(None);
        let trunk = self.legs.get(&id).and_then(|l| l.trunk().map(str::to_owned));
        if let (Some(leg), Some(sdp)) = (self.legs.get_mut(&id), &sdp) {
            leg.remote_sdp = sdp.clone();
        }
        if let Some(trunk) = &trunk {
            self.trunk_alive(now, trunk);
        }
        self.adopt_session(now, id, response);
        self.event(Event::Answered { leg: id, sdp, trunk });
        self.try_reoffer(now, id);
    }

    /// The ACK to a 2xx goes by the route set of the dialog and carries the INVITE's credentials.
    pub(in crate::sip) fn send_ack(&mut self, id: LegId, response: &Response) {
        let Some(Ok(cseq)) = response.headers.typed::<CSeq>() else {
            return;
        };
        let Some(leg) = self.legs.get(&id) else { return };
        let dialog = leg.dialog.clone();
        let credentials: Vec<_> = leg
            .uac
            .iter()
            .flat_map(|u| u.request.headers.iter())
            .filter(|h| {
                matches!(
                    h.name(),
                    HeaderName::Authorization | HeaderName::ProxyAuthorization
                )
            })
            .cloned()
            .collect();
        let mut ack = self.dialog_request(&dialog, Method::Ack, cseq.sequence);
        for header in credentials {
            ack.headers.push(header);
        }
        let bytes = Message::Request(ack).to_bytes();
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.ack = Some((cseq.sequence, bytes.clone()));
        }
        self.transmit(dialog.hop, bytes);
    }

    pub(in crate::sip) fn repeat_ack(&mut self, id: LegId, response: &Response) {
        let Some(Ok(cseq)) = response.headers.typed::<CSeq>() else {
            return;
        };
        let Some(leg) = self.legs.get(&id) else { return };
        let hop = leg.dialog.hop;
        if let Some((_, bytes)) = leg.ack.clone().filter(|(n, _)| *n == cseq.sequence) {
            self.transmit(hop, bytes);
        }
    }

    /// A 2xx that founds a dialog which nobody wants any more: ACK and BYE.
    fn disown(&mut self, now: Instant, id: LegId, response: &Response) {
        let Some(Ok(cseq)) = response.headers.typed::<CSeq>() else {
            return;
        };
        let Some(leg) = self.legs.get(&id) else { return };
        let mut dialog = leg.dialog.clone();
        dialog.call_id = compose::raw(&response.headers, &HeaderName::CallId);
        dialog.local = compose::raw(&response.headers, &HeaderName::From);
        dialog.learn(response);
        let ack = self.dialog_request(&dialog, Method::Ack, cseq.sequence);
        self.transmit(dialog.hop, Message::Request(ack).to_bytes());
        let bye = self.dialog_request(&dialog, Method::Bye, cseq.sequence + 1);
        self.send_request(now, dialog.hop, bye, Purpose::Disown);
    }

    /// A response that matches no transaction: a late 2xx, seldom anything else.
    pub(in crate::sip) fn handle_stray(&mut self, now: Instant, _source: Hop, response: &Response) {
        let Some(Ok(cseq)) = response.headers.typed::<CSeq>() else {
            return;
        };
        let call_id = compose::raw(&response.headers, &HeaderName::CallId);
        let Some(ours) = compose::tag(&response.headers, &HeaderName::From) else {
            return;
        };
        let Some(id) = self.dialogs.get(&(call_id.clone(), ours)).copied() else {
            return;
        };
        if cseq.method != Method::Invite || !response.status.is_success() {
            return;
        }
        let remote = compose::tag(&response.headers, &HeaderName::To);
        let known = self.legs.get(&id).is_some_and(|l| {
            l.dialog.call_id == call_id && l.dialog.is_remote(remote.as_ref()) && l.phase == Phase::Confirmed
        });
        if known {
            self.repeat_ack(id, response);
        } else {
            self.disown(now, id, response);
        }
    }

    fn invite_refused(&mut self, now: Instant, id: LegId, key: &Key, response: &Response) {
        self.timers.clear(&Timer::Leg(id, LegTimer::Attempt));
        let status = response.status.code();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.over {
            return;
        }
        if matches!(status, 401 | 407) && self.authorize(now, key, response) {
            return;
        }
        if status == 422 && self.retry_longer(now, id, response) {
            return;
        }
        self.attempt_failed(now, id, status, cause_of_response(response));
    }

    fn retry_longer(&mut self, now: Instant, id: LegId, response: &Response) -> bool {
        let Some(wanted) = session_timer::min_se(&response.headers) else {
            return false;
        };
        let Some(leg) = self.legs.get_mut(&id) else {
            return false;
        };
        let Some(uac) = leg.uac.as_mut().filter(|u| u.min_se.is_none_or(|m| m < wanted)) else {
            return false;
        };
        uac.min_se = Some(wanted);
        uac.interval = uac.interval.max(wanted);
        let mut request = uac.request.clone();
        session_timer::ask(&mut request.headers, uac.interval, uac.min_se);
        self.resend_invite(now, id, request);
        true
    }

    /// The same INVITE once more, as a new transaction.
    pub(in crate::sip) fn resend_invite(&mut self, now: Instant, id: LegId, mut request: Request) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.dialog.local_cseq += 1;
        let (cseq, hop) = (leg.dialog.local_cseq, leg.dialog.hop);
        let via = self.via(hop);
        compose::replace(&mut request.headers, &HeaderName::CSeq, format!("{cseq} INVITE"));
        request.headers.remove_all(&HeaderName::Via);
        if let Ok(header) = sipx_sip::Header::build(HeaderName::Via, via) {
            request.headers.push_front(header);
        }
        self.launch(now, id, hop, request);
    }

    pub(in crate::sip) fn launch(&mut self, now: Instant, id: LegId, hop: Hop, request: Request) {
        if let Some(uac) = self.legs.get_mut(&id).and_then(|l| l.uac.as_mut()) {
            uac.request = request.clone();
            uac.provisional = false;
        }
        let key = self.send_request(now, hop, request, Purpose::Invite(id));
        if let Some(uac) = self.legs.get_mut(&id).and_then(|l| l.uac.as_mut()) {
            uac.key = key;
        }
    }

    pub(in crate::sip) fn invite_unanswered(&mut self, now: Instant, id: LegId, key: &Key, silence: Silence) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let current = leg.uac.as_ref().is_some_and(|u| u.key.as_ref() == Some(key));
        if !current || leg.over || leg.phase != Phase::Calling {
            return;
        }
        if let (Some(trunk), false) = (
            leg.trunk().map(str::to_owned),
            leg.uac.as_ref().is_some_and(|u| u.provisional),
        ) {
            self.trunk_silent(now, &trunk);
        }
        let status = if silence == Silence::Timeout { 408 } else { 503 };
        self.attempt_failed(now, id, status, Cause::Unreachable);
    }

    /// Gives up a call that was not answered.
    pub(in crate::sip) fn cancel_call(&mut self, now: Instant, id: LegId, cause: Cause, status: u16) {
        let Some(leg) = self
            .legs
            .get_mut(&id)
            .filter(|l| l.phase == Phase::Calling && !l.over)
        else {
            return;
        };
        if let Some(uac) = leg.uac.as_mut() {
            uac.cancel_wanted = Some(cause);
            uac.attempts.clear();
        }
        self.end(now, id, cause, status, false);
        if self
            .legs
            .get(&id)
            .is_some_and(|l| l.uac.as_ref().is_some_and(|u| u.provisional))
        {
            self.send_cancel(now, id);
        }
    }

    /// Section 9.1: the CANCEL is the INVITE's own transaction by another name.
    fn send_cancel(&mut self, now: Instant, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let hop = leg.dialog.hop;
        let Some(uac) = leg.uac.as_mut().filter(|u| !u.cancel_sent) else {
            return;
        };
        uac.cancel_sent = true;
        let Some(hop) = uac
            .key
            .as_ref()
            .and_then(|k| self.transactions.clients.get(k))
            .map_or(Some(hop), |c| Some(c.hop))
        else {
            return;
        };
        let invite = &uac.request;
        let mut cancel = Request::new(Method::Cancel, invite.uri.clone());
        for name in [
            HeaderName::Via,
            HeaderName::Route,
            HeaderName::From,
            HeaderName::To,
            HeaderName::CallId,
        ] {
            for header in invite.headers.get_all(&name) {
                cancel.headers.push(header.clone());
            }
        }
        let sequence = invite
            .headers
            .typed::<CSeq>()
            .and_then(Result::ok)
            .map_or(1, |c| c.sequence);
        put(
            &mut cancel.headers,
            HeaderName::CSeq,
            format!("{sequence} CANCEL"),
        );
        put(&mut cancel.headers, HeaderName::MaxForwards, "70");
        if uac.cancel_wanted == Some(Cause::Elsewhere) {
            put(
                &mut cancel.headers,
                HeaderName::Reason,
                reason_header(Cause::Elsewhere),
            );
        }
        compose::finish_request(&mut cancel, Bytes::new());
        self.send_request(now, hop, cancel, Purpose::Cancel);
        // No 487 in this time: nothing more will come.
        self.timers.set(Timer::Leg(id, LegTimer::Forget), now + LINGER);
    }
}
