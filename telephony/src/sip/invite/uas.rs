//! Taking a call (RFC 3261 section 13.3): ringing, answering, refusing, and the 2xx until its ACK.
//!
//! Not responsible for who may call (see `guard`).

use std::time::Instant;

use bytes::Bytes;
use sipx_sip::headers::{CSeq, Contact, MaxForwards};
use sipx_sip::rel::Numbering;
use sipx_sip::{HeaderName, Message, Request, Response};

use super::super::agent::{Agent, LINGER, T1, T2, Timer};
use super::super::compose::{self, put};
use super::super::dialog::Dialog;
use super::super::guard::Verdict;
use super::super::leg::{Leg, LegTimer, PendingOk, Phase};
use super::super::reliable::Outstanding;
use super::super::transaction::Key;
use super::super::{Cause, Event, Incoming, Refusal, Source, caller, session_timer};
use crate::LegId;

#[derive(Debug)]
pub(in crate::sip) struct Uas {
    pub(in crate::sip) key: Key,
    pub(in crate::sip) request: Request,
    pub(in crate::sip) has_offer: bool,
    /// The peer asked for reliable provisional responses in Require.
    pub(in crate::sip) reliable: bool,
    pub(in crate::sip) numbering: Numbering,
    pub(in crate::sip) outstanding: Option<Outstanding>,
    /// Provisional responses that wait for the PRACK of the one before.
    pub(in crate::sip) queue: Vec<(u16, Bytes)>,
    /// An answer that waits for the PRACK of a reliable 183 with SDP (RFC 3262 section 3).
    pub(in crate::sip) answer: Option<Bytes>,
    /// The session description went out in a reliable 183 already.
    pub(in crate::sip) described: bool,
}

impl Agent {
    pub(in crate::sip) fn handle_invite(&mut self, now: Instant, key: &Key, request: &Request) {
        let Some(source) = self.transactions.servers.get(key).map(|s| s.source) else {
            return;
        };
        let (peer, called) = match self.judge(now, key, request, source) {
            Verdict::Accept(peer, called) => (peer, called),
            Verdict::Answered => return,
        };
        if !compose::accepts_sdp(&request.headers) {
            return self.refuse_invite(now, key, request, 406);
        }
        if let Some(status) = unfit(request) {
            return self.refuse_invite(now, key, request, status);
        }
        let Ok(sdp) = compose::sdp_of(&request.headers, request.body()) else {
            return self.refuse_invite(now, key, request, 415);
        };
        let tag = self.token();
        if let Some(response) = session_timer::too_brief(request, Some(&tag)) {
            return self.respond(now, key, response);
        }
        if self.draining {
            return self.refuse_invite(now, key, request, 503);
        }
        if let Source::Trunk(name) = &peer
            && !self.has_channel(name)
        {
            self.refused(source, "INVITE", Refusal::NoChannel);
            return self.refuse_invite(now, key, request, 503);
        }
        self.take_call(key, request, peer, called, sdp);
    }

    fn refuse_invite(&mut self, now: Instant, key: &Key, request: &Request, status: u16) {
        let mut response = compose::response_to(request, status, "", Some(&self.token()));
        match status {
            406 | 415 => put(&mut response.headers, HeaderName::Accept, "application/sdp"),
            503 => put(&mut response.headers, HeaderName::RetryAfter, "10"),
            _ => {}
        }
        self.respond(now, key, response);
    }

    fn take_call(&mut self, key: &Key, request: &Request, peer: Source, called: String, sdp: Option<Bytes>) {
        let Some(source) = self.transactions.servers.get(key).map(|s| s.source) else {
            return;
        };
        let tag = self.token();
        let pinned = matches!(peer, Source::User(_));
        let Some(mut dialog) = Dialog::of_request(request, &tag, source, pinned) else {
            return;
        };
        dialog.contact_user = self.contact_user(&peer, &called);
        let id = self.new_leg_id();
        self.dialogs
            .insert((dialog.call_id.clone(), dialog.local_tag.clone()), id);
        let mut leg = Leg::new(dialog, peer.clone(), Phase::Ringing);
        leg.remote_sdp = sdp.clone().unwrap_or_default();
        leg.peer_updates = compose::lists(&request.headers, &HeaderName::Allow, "UPDATE");
        let first = u32::try_from(self.random(1..=100_000)).unwrap_or(1);
        leg.uas = Some(Box::new(Uas {
            key: key.clone(),
            request: request.clone(),
            has_offer: sdp.is_some(),
            reliable: compose::lists(&request.headers, &HeaderName::Require, "100rel"),
            numbering: Numbering::starting_at(first),
            outstanding: None,
            queue: Vec::new(),
            answer: None,
            described: false,
        }));
        self.legs.insert(id, leg);
        let trusted = matches!(peer, Source::Trunk(_));
        let caller = match &peer {
            Source::Trunk(_) => caller::of_request(&request.headers),
            Source::User(name) => caller::of_user(name, &request.headers),
        };
        let diverted_from = if trusted {
            caller::diverted_from(&request.headers)
        } else {
            None
        };
        let headers = extra_headers(request);
        let incoming = Incoming {
            leg: id,
            source: peer,
            hop: source,
            caller,
            called,
            diverted_from,
            sdp,
            headers,
        };
        self.event(Event::Incoming(Box::new(incoming)));
    }

    /// A response to the initial INVITE, inside its dialog.
    pub(in crate::sip) fn invite_response(
        &self,
        leg: &Leg,
        status: u16,
        reason: &str,
        sdp: &Bytes,
    ) -> Option<Response> {
        let uas = leg.uas.as_ref()?;
        let tag = String::from_utf8_lossy(&leg.dialog.local_tag).into_owned();
        let mut response = compose::response_to(&uas.request, status, reason, Some(&tag));
        if status < 300 {
            for route in uas.request.headers.get_all(&HeaderName::RecordRoute) {
                response.headers.push(route.clone());
            }
            put(
                &mut response.headers,
                HeaderName::Contact,
                self.contact_of(&leg.dialog),
            );
            put(&mut response.headers, HeaderName::Allow, compose::ALLOW);
            if status >= 200 {
                put(&mut response.headers, HeaderName::Supported, compose::SUPPORTED);
            }
            compose::set_sdp(&mut response.headers, sdp);
            compose::finish_response(&mut response, sdp.clone());
        }
        Some(response)
    }

    /// 180.
    pub fn ring(&mut self, now: Instant, leg: LegId) {
        self.provisional(now, leg, 180, Bytes::new());
    }

    /// 183 with early media; reliable where the peer requires it.
    pub fn progress(&mut self, now: Instant, leg: LegId, sdp: Bytes) {
        self.provisional(now, leg, 183, sdp);
    }

    fn provisional(&mut self, now: Instant, id: LegId, status: u16, sdp: Bytes) {
        let Some(leg) = self
            .legs
            .get_mut(&id)
            .filter(|l| l.phase == Phase::Ringing && !l.over)
        else {
            return;
        };
        let Some(uas) = leg.uas.as_mut() else { return };
        if uas.reliable {
            uas.queue.push((status, sdp));
            return self.send_reliable(now, id);
        }
        let key = uas.key.clone();
        let Some(leg) = self.legs.get(&id) else { return };
        if let Some(response) = self.invite_response(leg, status, "", &sdp) {
            self.respond(now, &key, response);
        }
    }

    /// 200 with the answer, or with our offer when the INVITE had none.
    pub fn answer(&mut self, now: Instant, leg: LegId, sdp: Bytes) {
        let Some(it) = self
            .legs
            .get_mut(&leg)
            .filter(|l| l.phase == Phase::Ringing && !l.over)
        else {
            return;
        };
        let Some(uas) = it.uas.as_mut() else { return };
        uas.queue.clear();
        if uas.outstanding.as_ref().is_some_and(|o| o.described) {
            uas.answer = Some(sdp);
            return;
        }
        self.send_answer(now, leg, sdp);
    }

    pub(in crate::sip) fn send_answer(&mut self, now: Instant, id: LegId, sdp: Bytes) {
        self.timers.clear(&Timer::Leg(id, LegTimer::Reliable));
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(uas) = leg.uas.as_mut() else { return };
        uas.outstanding = None;
        leg.local_sdp = sdp.clone();
        leg.phase = Phase::Accepted;
        let body = if uas.described { Bytes::new() } else { sdp };
        let key = uas.key.clone();
        let session = session_timer::granted(&uas.request);
        let Some(leg) = self.legs.get(&id) else { return };
        let Some(mut response) = self.invite_response(leg, 200, "", &body) else {
            return;
        };
        self.grant_session(now, id, session, &mut response.headers);
        self.send_ok(now, id, &key, response);
    }

    /// A 2xx to an INVITE is sent until the ACK comes, by us and not by the transaction (section 13.3.1.4).
    pub(in crate::sip) fn send_ok(&mut self, now: Instant, id: LegId, key: &Key, response: Response) {
        let Some(hop) = self.transactions.servers.get(key).map(|s| s.hop) else {
            return;
        };
        let cseq = response
            .headers
            .typed::<CSeq>()
            .and_then(Result::ok)
            .map_or(0, |c| c.sequence);
        let bytes = Message::Response(response.clone()).to_bytes();
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.ok = Some(PendingOk {
                cseq,
                hop,
                bytes,
                interval: T1,
                deadline: now + LINGER,
            });
        }
        self.respond(now, key, response);
        self.timers.set(Timer::Leg(id, LegTimer::Ok), now + T1);
    }

    pub(in crate::sip) fn retransmit_ok(&mut self, now: Instant, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(ok) = leg.ok.as_mut() else { return };
        if now >= ok.deadline {
            leg.ok = None;
            leg.phase = Phase::Confirmed;
            return self.never_acknowledged(now, id);
        }
        ok.interval = (ok.interval * 2).min(T2);
        let (hop, bytes, next) = (ok.hop, ok.bytes.clone(), (now + ok.interval).min(ok.deadline));
        self.transmit(hop, bytes);
        self.timers.set(Timer::Leg(id, LegTimer::Ok), next);
    }

    fn never_acknowledged(&mut self, now: Instant, id: LegId) {
        let over = self.legs.get(&id).is_some_and(|l| l.over);
        self.send_bye(now, id, Cause::Unreachable);
        if !over {
            self.end(now, id, Cause::Unreachable, 408, false);
        }
    }

    /// ACK to one of our 2xx.
    pub(in crate::sip) fn handle_ack(&mut self, now: Instant, request: &Request) {
        let Some(Ok(cseq)) = request.headers.typed::<CSeq>() else {
            return;
        };
        let call_id = compose::raw(&request.headers, &HeaderName::CallId);
        let Some(tag) = compose::tag(&request.headers, &HeaderName::To) else {
            return;
        };
        let Some(id) = self.dialogs.get(&(call_id, tag)).copied() else {
            return;
        };
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.ok.as_ref().is_none_or(|ok| ok.cseq != cseq.sequence) {
            return;
        }
        leg.ok = None;
        leg.phase = Phase::Confirmed;
        let bye = leg.bye_after_ack.take();
        let over = leg.over;
        let sdp = compose::sdp_of(&request.headers, request.body()).unwrap_or(None);
        if let Some(sdp) = &sdp {
            leg.remote_sdp = sdp.clone();
        }
        self.timers.clear(&Timer::Leg(id, LegTimer::Ok));
        if let Some(cause) = bye {
            return self.send_bye(now, id, cause);
        }
        if !over {
            self.event(Event::Confirmed { leg: id, sdp });
            self.try_reoffer(now, id);
        }
    }

    /// A final refusal of a call that rings.
    pub fn reject(&mut self, now: Instant, leg: LegId, status: u16, reason: &str) {
        let ringing = self
            .legs
            .get(&leg)
            .is_some_and(|l| l.phase == Phase::Ringing && !l.over);
        if ringing && (300..700).contains(&status) {
            self.refuse_call(
                now,
                leg,
                status,
                reason,
                super::super::leg::cause_of(status),
                false,
            );
        }
    }

    pub(in crate::sip) fn refuse_call(
        &mut self,
        now: Instant,
        id: LegId,
        status: u16,
        reason: &str,
        cause: Cause,
        by_peer: bool,
    ) {
        let Some(leg) = self.legs.get(&id) else { return };
        let Some(key) = leg.uas.as_ref().map(|u| u.key.clone()) else {
            return;
        };
        if let Some(mut response) = self.invite_response(leg, status, reason, &Bytes::new()) {
            match status {
                415 | 488 => put(&mut response.headers, HeaderName::Accept, "application/sdp"),
                503 => put(&mut response.headers, HeaderName::RetryAfter, "10"),
                _ => {}
            }
            self.respond(now, &key, response);
        }
        self.end(now, id, cause, status, by_peer);
    }
}

/// What keeps an INVITE from being a call at all.
fn unfit(request: &Request) -> Option<u16> {
    let headers = &request.headers;
    // We pass calls on to phones: a call that ran out of hops here would loop.
    if matches!(headers.typed::<MaxForwards>(), Some(Ok(MaxForwards(0)))) {
        return Some(483);
    }
    match headers.typed::<Contact>() {
        Some(Ok(_)) => None,
        _ => Some(400),
    }
}

fn extra_headers(request: &Request) -> Vec<(String, String)> {
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let wanted = |n: &str| n.len() > 2 && n[..2].eq_ignore_ascii_case("x-") || n == "User-Agent";
    request
        .headers
        .iter()
        .map(|h| (text(h.name().canonical()), text(&h.value())))
        .filter(|(name, _)| name.is_char_boundary(2) && wanted(name))
        .collect()
}
