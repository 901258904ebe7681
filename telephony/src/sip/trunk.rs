//! A trunk's life beside calls: registration (RFC 3261 section 10.2), keep-alive by OPTIONS, and its state.
//!
//! Not responsible for which trunk a call takes (see `outbound`).

use std::time::{Duration, Instant};

use bytes::Bytes;
use sipx_sip::headers::{ContactValue, Expires};
use sipx_sip::{HeaderName, Method, Request, Response, Uri};

use super::agent::{Agent, Timer};
use super::compose::{self, put};
use super::transaction::{Key, Purpose};
use super::{Event, Hop, Registration, Trunk, TrunkState};

/// A peer that leaves OPTIONS unanswered for so long is down.
const ALIVE: Duration = Duration::from_secs(5);
/// A trunk that failed a call, and that nobody asks by OPTIONS, gets another chance after this.
const RECOVER: Duration = Duration::from_secs(30);
const MAX_BACKOFF: u64 = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum TrunkTimer {
    Register,
    Options,
    Alive,
    Recover,
}

pub(super) struct TrunkLine {
    pub(super) settings: Trunk,
    pub(super) state: TrunkState,
    /// Which of the hops serves now.
    hop: usize,
    /// One Call-ID for all registrations (section 10.2).
    call_id: String,
    tag: String,
    cseq: u32,
    failures: u32,
    /// Asked for by 423.
    min_expires: Duration,
    nonce: (String, u32),
}

impl TrunkLine {
    /// The hops to try, beginning with the one that serves.
    pub(super) fn hops(&self) -> Vec<Hop> {
        let mut hops = self.settings.hops.clone();
        if !hops.is_empty() {
            let middle = self.hop % hops.len();
            hops.rotate_left(middle);
        }
        hops
    }
}

impl Agent {
    fn line(&mut self, name: &str) -> Option<&mut TrunkLine> {
        self.trunks.iter_mut().find(|t| t.settings.name == name)
    }

    pub(super) fn configure_trunks(&mut self, now: Instant, wanted: &[Trunk]) {
        let gone: Vec<String> = self
            .trunks
            .iter()
            .map(|t| t.settings.name.clone())
            .filter(|name| !wanted.iter().any(|w| w.name == *name))
            .collect();
        for name in gone {
            self.trunks.retain(|t| t.settings.name != name);
            self.clear_trunk_timers(&name);
        }
        for settings in wanted {
            if self.trunks.iter().any(|t| t.settings == *settings) {
                continue;
            }
            self.trunks.retain(|t| t.settings.name != settings.name);
            self.clear_trunk_timers(&settings.name);
            self.add_trunk(now, settings.clone());
        }
    }

    fn clear_trunk_timers(&mut self, name: &str) {
        for timer in [
            TrunkTimer::Register,
            TrunkTimer::Options,
            TrunkTimer::Alive,
            TrunkTimer::Recover,
        ] {
            self.timers.clear(&Timer::Trunk(name.to_owned(), timer));
        }
    }

    fn add_trunk(&mut self, now: Instant, settings: Trunk) {
        let name = settings.name.clone();
        let reachable = !settings.hops.is_empty();
        if settings.register.is_some() && reachable {
            self.timers
                .set(Timer::Trunk(name.clone(), TrunkTimer::Register), now);
        }
        if !settings.options_every.is_zero() && reachable {
            self.timers.set(Timer::Trunk(name, TrunkTimer::Options), now);
        }
        let (call_id, tag) = (self.token(), self.token());
        self.trunks.push(TrunkLine {
            settings,
            state: TrunkState::Unknown,
            hop: 0,
            call_id,
            tag,
            cseq: 0,
            failures: 0,
            min_expires: Duration::ZERO,
            nonce: (String::new(), 0),
        });
    }

    pub(super) fn trunk_timer(&mut self, now: Instant, name: &str, timer: TrunkTimer) {
        match timer {
            TrunkTimer::Register => self.send_register(now, name),
            TrunkTimer::Options => self.send_options(now, name),
            TrunkTimer::Alive => self.trunk_silent(now, name),
            TrunkTimer::Recover => self.set_trunk(name, TrunkState::Unknown),
        }
    }

    fn set_trunk(&mut self, name: &str, state: TrunkState) {
        let Some(line) = self.line(name).filter(|l| l.state != state) else {
            return;
        };
        line.state = state;
        self.event(Event::TrunkChanged {
            name: name.to_owned(),
            state,
        });
    }

    /// The peer has shown itself alive.
    pub(super) fn trunk_alive(&mut self, _now: Instant, name: &str) {
        self.timers
            .clear(&Timer::Trunk(name.to_owned(), TrunkTimer::Alive));
        let Some(line) = self.line(name) else { return };
        // An account that was refused, or is not let in just now, is no better for the peer being alive.
        let locked_out = line.settings.register.is_some() && line.failures > 0;
        if line.state != TrunkState::Rejected && !locked_out {
            self.timers
                .clear(&Timer::Trunk(name.to_owned(), TrunkTimer::Recover));
            self.set_trunk(name, TrunkState::Up);
        }
    }

    pub(super) fn trunk_silent(&mut self, now: Instant, name: &str) {
        let Some(line) = self.line(name) else { return };
        line.hop = (line.hop + 1) % line.settings.hops.len().max(1);
        let watched = !line.settings.options_every.is_zero();
        let rejected = line.state == TrunkState::Rejected;
        if !rejected {
            self.set_trunk(name, TrunkState::Down);
        }
        if !watched {
            self.timers
                .set(Timer::Trunk(name.to_owned(), TrunkTimer::Recover), now + RECOVER);
        }
    }

    fn trunk_request(&mut self, name: &str, method: Method, uri: &str, user: &str) -> Option<(Hop, Request)> {
        let uri = Uri::parse(Bytes::copy_from_slice(uri.as_bytes())).ok()?;
        let cseq = self.next_trunk_cseq(name)?;
        let line = self.line(name)?;
        let hop = line.hops().into_iter().next()?;
        let (call_id, tag, domain) = (
            line.call_id.clone(),
            line.tag.clone(),
            line.settings.domain.clone(),
        );
        let local = self.local(hop);
        let via = self.via(hop);
        let address = format!("<sip:{}@{domain}>", compose::escape_user(user));
        let mut request = Request::new(method.clone(), uri);
        let headers = &mut request.headers;
        put(headers, HeaderName::Via, via);
        put(headers, HeaderName::MaxForwards, "70");
        put(headers, HeaderName::From, format!("{address};tag={tag}"));
        let to = if method == Method::Register {
            address
        } else {
            format!("<sip:{domain}>")
        };
        put(headers, HeaderName::To, to);
        // REGISTER and OPTIONS must not share a Call-ID: a registrar keeps sequence numbers by it.
        put(
            headers,
            HeaderName::CallId,
            format!("{call_id}-{method}@{}", compose::host(local.ip())),
        );
        put(headers, HeaderName::CSeq, format!("{cseq} {method}"));
        put(
            headers,
            HeaderName::Contact,
            compose::contact(user, local, hop.transport),
        );
        put(headers, HeaderName::UserAgent, compose::USER_AGENT);
        compose::finish_request(&mut request, Bytes::new());
        Some((hop, request))
    }

    pub(super) fn next_trunk_cseq(&mut self, name: &str) -> Option<u32> {
        let line = self.line(name)?;
        line.cseq += 1;
        Some(line.cseq)
    }

    pub(super) fn next_nonce_count(&mut self, name: &str, nonce: &str) -> u32 {
        let Some(line) = self.line(name) else { return 1 };
        if line.nonce.0 != nonce {
            line.nonce = (nonce.to_owned(), 0);
        }
        line.nonce.1 += 1;
        line.nonce.1
    }

    fn send_register(&mut self, now: Instant, name: &str) {
        let Some(line) = self.line(name) else { return };
        let Some(Registration {
            username, expires, ..
        }) = line.settings.register.clone()
        else {
            return;
        };
        let (domain, expires) = (line.settings.domain.clone(), expires.max(line.min_expires));
        let Some((hop, mut request)) =
            self.trunk_request(name, Method::Register, &format!("sip:{domain}"), &username)
        else {
            return;
        };
        put(
            &mut request.headers,
            HeaderName::Expires,
            expires.as_secs().to_string(),
        );
        self.send_request(now, hop, request, Purpose::Register(name.to_owned()));
    }

    pub(super) fn handle_register_response(
        &mut self,
        now: Instant,
        name: &str,
        key: &Key,
        response: &Response,
    ) {
        match response.status.code() {
            100..=199 => {}
            200..=299 => self.registered_at(now, name, response),
            401 | 407 if self.authorize(now, key, response) => {}
            423 if self.register_longer(now, name, response) => {}
            408 | 500..=599 => self.register_unanswered(now, name),
            _ => {
                self.back_off(now, name, 60);
                self.set_trunk(name, TrunkState::Rejected);
            }
        }
    }

    fn registered_at(&mut self, now: Instant, name: &str, response: &Response) {
        let Some(line) = self.line(name) else { return };
        line.failures = 0;
        let Some(register) = line.settings.register.clone() else {
            return;
        };
        let granted = granted(response, &register)
            .unwrap_or(register.expires)
            .max(Duration::from_secs(10));
        // Early enough that a lost REGISTER is repeated before the binding ends.
        let margin = (granted / 4).min(Duration::from_secs(60));
        self.timers.set(
            Timer::Trunk(name.to_owned(), TrunkTimer::Register),
            now + granted - margin,
        );
        self.timers
            .clear(&Timer::Trunk(name.to_owned(), TrunkTimer::Recover));
        self.set_trunk(name, TrunkState::Up);
    }

    fn register_longer(&mut self, now: Instant, name: &str, response: &Response) -> bool {
        let seconds =
            compose::text(&response.headers, &HeaderName::MinExpires).and_then(|m| m.trim().parse().ok());
        let Some(wanted) = seconds.map(Duration::from_secs) else {
            return false;
        };
        let Some(line) = self.line(name).filter(|l| l.min_expires < wanted) else {
            return false;
        };
        line.min_expires = wanted;
        self.send_register(now, name);
        true
    }

    pub(super) fn register_unanswered(&mut self, now: Instant, name: &str) {
        self.back_off(now, name, 2);
        self.trunk_silent(now, name);
        // The next try brings it back, not the clock.
        self.timers
            .clear(&Timer::Trunk(name.to_owned(), TrunkTimer::Recover));
    }

    /// Doubling, with a random part so that many lines don't come back at once (RFC 5626 section 4.5).
    fn back_off(&mut self, now: Instant, name: &str, first: u64) {
        let Some(line) = self.line(name) else { return };
        line.failures = line.failures.saturating_add(1);
        let most = (first << line.failures.min(8).saturating_sub(1)).clamp(1, MAX_BACKOFF) * 1000;
        let wait = Duration::from_millis(self.random(most / 2..=most));
        self.timers
            .set(Timer::Trunk(name.to_owned(), TrunkTimer::Register), now + wait);
    }

    fn send_options(&mut self, now: Instant, name: &str) {
        let Some(line) = self.line(name) else { return };
        let (domain, user, every) = (
            line.settings.domain.clone(),
            line.settings.caller_id.clone(),
            line.settings.options_every,
        );
        self.timers
            .set(Timer::Trunk(name.to_owned(), TrunkTimer::Options), now + every);
        let user = if user.is_empty() {
            "minsheng".to_owned()
        } else {
            user
        };
        let Some((hop, request)) = self.trunk_request(name, Method::Options, &format!("sip:{domain}"), &user)
        else {
            return;
        };
        let alive = Timer::Trunk(name.to_owned(), TrunkTimer::Alive);
        if !self.timers.is_set(&alive) {
            self.timers.set(alive, now + ALIVE);
        }
        self.send_request(now, hop, request, Purpose::Options(name.to_owned()));
    }

    pub(super) fn handle_options_response(&mut self, now: Instant, name: &str, response: &Response) {
        // Any answer shows life, except that it can't serve.
        match response.status.code() {
            100..=199 => {}
            408 | 503 => {
                self.timers
                    .clear(&Timer::Trunk(name.to_owned(), TrunkTimer::Alive));
                self.trunk_silent(now, name);
            }
            _ => self.trunk_alive(now, name),
        }
    }
}

/// What the registrar granted our contact, which may differ from what we asked.
fn granted(response: &Response, register: &Registration) -> Option<Duration> {
    let ours = response
        .headers
        .typed_all::<ContactValue>()
        .filter_map(Result::ok)
        .find_map(|c| match c {
            ContactValue::Address(a)
                if a.uri.user() == Some(compose::escape_user(&register.username).as_bytes()) =>
            {
                a.param("expires")
                    .and_then(|e| std::str::from_utf8(e).ok()?.parse::<u64>().ok())
            }
            _ => None,
        });
    let general = || {
        response
            .headers
            .typed::<Expires>()
            .and_then(Result::ok)
            .map(|e| u64::from(e.0))
    };
    ours.or_else(general).map(Duration::from_secs)
}
