//! Which request is taken, and by whom (RFC 3261 section 8.2).
//!
//! Not responsible for transactions: what arrives here is no retransmission.

use std::time::Instant;

use bytes::Bytes;
use sipx_sip::headers::{Address, CSeq};
use sipx_sip::{HeaderName, Method, Request, Response, Scheme, TransactionKey};

use super::agent::{Agent, Timer};
use super::compose::{self, put, tag, tokens};
use super::leg::{LegTimer, Phase};
use super::transaction::{Key, Purpose, Silence};
use super::{Cause, Event};
use crate::LegId;

/// Option tags that we understand in Require.
const UNDERSTOOD: [&str; 2] = ["100rel", "timer"];

impl Agent {
    pub(super) fn handle_request(&mut self, now: Instant, key: &Key, request: &Request) {
        if request.method == Method::Cancel {
            return self.handle_cancel(now, key, request);
        }
        if let Some(response) = self.unsupported(request) {
            return self.respond(now, key, response);
        }
        match tag(&request.headers, &HeaderName::To) {
            Some(local_tag) => self.handle_inside(now, key, request, local_tag),
            None => self.handle_outside(now, key, request),
        }
    }

    fn handle_outside(&mut self, now: Instant, key: &Key, request: &Request) {
        if !matches!(request.uri.scheme(), Scheme::Sip | Scheme::Sips | Scheme::Tel) {
            return self.respond_status(now, key, request, 416);
        }
        match request.method {
            Method::Invite => self.handle_invite(now, key, request),
            Method::Register => self.handle_register(now, key, request),
            Method::Options => self.handle_options(now, key, request),
            Method::Bye | Method::Info | Method::Prack | Method::Update => {
                self.respond_status(now, key, request, 481);
            }
            _ => self.respond_status(now, key, request, 405),
        }
    }

    /// Section 8.2.2.3. BYE is let through: to refuse it would only keep a call that nobody is in.
    fn unsupported(&mut self, request: &Request) -> Option<Response> {
        if request.method == Method::Bye {
            return None;
        }
        let unknown: Vec<String> = tokens(&request.headers, &HeaderName::Require)
            .into_iter()
            .filter(|t| !UNDERSTOOD.iter().any(|u| u.eq_ignore_ascii_case(t)))
            .collect();
        if unknown.is_empty() {
            return None;
        }
        let mut response = compose::response_to(request, 420, "", Some(&self.token()));
        put(&mut response.headers, HeaderName::Unsupported, unknown.join(", "));
        Some(response)
    }

    fn handle_options(&mut self, now: Instant, key: &Key, request: &Request) {
        let mut response = compose::response_to(request, 200, "", Some(&self.token()));
        put(&mut response.headers, HeaderName::Allow, compose::ALLOW);
        put(&mut response.headers, HeaderName::Accept, "application/sdp");
        put(&mut response.headers, HeaderName::Supported, compose::SUPPORTED);
        self.respond(now, key, response);
    }

    fn handle_inside(&mut self, now: Instant, key: &Key, request: &Request, local_tag: Bytes) {
        let call_id = compose::raw(&request.headers, &HeaderName::CallId);
        let from = tag(&request.headers, &HeaderName::From);
        let known = self.dialogs.get(&(call_id, local_tag)).copied();
        let Some(id) = known.filter(|id| {
            self.legs
                .get(id)
                .is_some_and(|l| l.dialog.is_remote(from.as_ref()))
        }) else {
            return self.respond_status(now, key, request, 481);
        };
        if !self.in_sequence(id, request) {
            return self.respond_status(now, key, request, 500);
        }
        if self.legs.get(&id).is_some_and(|l| l.over) && request.method != Method::Bye {
            return self.respond_status(now, key, request, 481);
        }
        match request.method {
            Method::Bye => self.handle_bye(now, id, key, request),
            Method::Invite => self.handle_reinvite(now, id, key, request),
            Method::Update => self.handle_update(now, id, key, request),
            Method::Prack => self.handle_prack(now, id, key, request),
            Method::Info => self.handle_info(now, id, key, request),
            Method::Options => self.handle_options(now, key, request),
            _ => self.respond_status(now, key, request, 405),
        }
    }

    /// Section 12.2.2: the sequence number only grows.
    fn in_sequence(&mut self, id: LegId, request: &Request) -> bool {
        let Some(Ok(cseq)) = request.headers.typed::<CSeq>() else {
            return false;
        };
        let Some(leg) = self.legs.get_mut(&id) else {
            return false;
        };
        // RFC 3262: PRACK and UPDATE share the space; a PRACK that was overtaken still counts.
        let old = leg.dialog.remote_cseq.is_some_and(|last| cseq.sequence <= last);
        if old {
            return matches!(request.method, Method::Prack | Method::Bye);
        }
        leg.dialog.remote_cseq = Some(cseq.sequence);
        true
    }

    fn handle_bye(&mut self, now: Instant, id: LegId, key: &Key, request: &Request) {
        self.respond_status(now, key, request, 200);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.ok = None;
        leg.bye_after_ack = None;
        let phase = leg.phase;
        self.timers.clear(&Timer::Leg(id, LegTimer::Ok));
        match phase {
            Phase::Ringing => self.refuse_call(now, id, 487, "", Cause::Cancelled, true),
            _ => self.end(now, id, Cause::Normal, 200, true),
        }
    }

    fn handle_cancel(&mut self, now: Instant, key: &Key, request: &Request) {
        let invite = TransactionKey::for_cancelled_invite(request);
        let found = invite.and_then(|k| {
            self.transactions
                .servers
                .get_key_value(&k)
                .map(|(k, _)| k.clone())
        });
        let Some(invite) = found else {
            return self.respond_status(now, key, request, 481);
        };
        self.respond_status(now, key, request, 200);
        let leg = self
            .legs
            .iter()
            .find(|(_, l)| l.uas.as_ref().is_some_and(|u| u.key == invite));
        let initial = leg
            .filter(|(_, l)| l.phase == Phase::Ringing && !l.over)
            .map(|(id, _)| *id);
        match initial {
            Some(id) => self.refuse_call(now, id, 487, "", Cause::Cancelled, true),
            None => self.cancel_reinvite(now, &invite),
        }
    }

    fn handle_info(&mut self, now: Instant, id: LegId, key: &Key, request: &Request) {
        let kind = compose::text(&request.headers, &HeaderName::ContentType).unwrap_or_default();
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let digit = match kind
            .split(';')
            .next()
            .unwrap_or("")
            .trim()
            .to_ascii_lowercase()
            .as_str()
        {
            "application/dtmf-relay" => relay_digit(&body),
            "application/dtmf" => one_digit(body.trim()),
            "" if body.is_empty() => None,
            _ => return self.respond_status(now, key, request, 415),
        };
        self.respond_status(now, key, request, 200);
        if let Some(digit) = digit {
            self.event(Event::Digit { leg: id, digit });
        }
    }

    /// A response to one of our requests.
    pub(super) fn handle_response(&mut self, now: Instant, key: &Key, response: &Response) {
        let Some(purpose) = self.transactions.clients.get(key).map(|c| c.purpose.clone()) else {
            return;
        };
        match purpose {
            Purpose::Invite(id) => self.handle_invite_response(now, id, key, response),
            Purpose::Reinvite(id) => self.handle_reinvite_response(now, id, key, response),
            Purpose::Update(id) => self.handle_update_response(now, id, key, response),
            Purpose::Bye(_) => {
                self.authorize(now, key, response);
            }
            Purpose::Register(trunk) => self.handle_register_response(now, &trunk, key, response),
            Purpose::Options(trunk) => self.handle_options_response(now, &trunk, response),
            Purpose::Prack(_) | Purpose::Cancel | Purpose::Disown => {}
        }
    }

    /// One of our requests got no answer.
    pub(super) fn handle_silence(&mut self, now: Instant, key: &Key, silence: Silence) {
        let Some(purpose) = self.transactions.clients.get(key).map(|c| c.purpose.clone()) else {
            return;
        };
        match purpose {
            Purpose::Invite(id) => self.invite_unanswered(now, id, key, silence),
            Purpose::Reinvite(id) | Purpose::Update(id) => self.peer_vanished(now, id),
            Purpose::Register(trunk) => self.register_unanswered(now, &trunk),
            Purpose::Options(trunk) => self.trunk_silent(now, &trunk),
            Purpose::Bye(_) | Purpose::Prack(_) | Purpose::Cancel | Purpose::Disown => {}
        }
    }

    /// A request inside the dialog got no answer, or 481: the dialog is dead (section 12.2.1.2).
    pub(super) fn peer_vanished(&mut self, now: Instant, id: LegId) {
        if self.legs.get(&id).is_some_and(|l| !l.over) {
            self.send_bye(now, id, Cause::Unreachable);
            self.end(now, id, Cause::Unreachable, 408, false);
        }
    }
}

/// `Signal=5` (`Signal= 5` from some phones); `10` and `11` mean `*` and `#`.
fn relay_digit(body: &str) -> Option<char> {
    let signal = body.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
    })?;
    one_digit(signal)
}

fn one_digit(signal: &str) -> Option<char> {
    match signal {
        "10" => return Some('*'),
        "11" => return Some('#'),
        _ => {}
    }
    let mut chars = signal.chars();
    let digit = chars.next()?.to_ascii_uppercase();
    (chars.next().is_none() && "0123456789*#ABCD".contains(digit)).then_some(digit)
}

/// The user part of an address, with `%` escapes undone; of a tel: URI the number.
pub(super) fn user_of(address: &Address) -> String {
    user_of_uri(&address.uri)
}

pub(super) fn user_of_uri(uri: &sipx_sip::Uri) -> String {
    match uri.tel_parts() {
        Some(tel) => String::from_utf8_lossy(tel.subscriber()).into_owned(),
        None => uri
            .decoded_user()
            .map(|u| String::from_utf8_lossy(&u).into_owned())
            .unwrap_or_default(),
    }
}
