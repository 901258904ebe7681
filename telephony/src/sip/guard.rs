//! Who may send us what: trunks by their address, our users by digest, strangers hardly anything.
//!
//! Not responsible for the digest itself (see `digest`).

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use sipx_sip::headers::From;
use sipx_sip::{HeaderName, Request};

use super::agent::Agent;
use super::caller;
use super::compose;
use super::digest::Verified;
use super::request::{user_of, user_of_uri};
use super::transaction::Key;
use super::{Hop, Refusal, Source, Trunk};

/// How long a source that exceeded its rate is ignored.
const MUTED: Duration = Duration::from_secs(10);
/// How long a source of bad passwords is ignored, and how far back they count.
const BARRED: Duration = Duration::from_secs(300);
/// Bad passwords from one address and port.
const PER_SOCKET: u32 = 10;
/// Bad passwords for one user from one address, whatever port.
const PER_USER: u32 = 20;
/// Bad passwords from one address in all: many phones may sit behind one NAT.
const PER_ADDRESS: u32 = 100;
const MAX_SOURCES: usize = 50_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Offender {
    Socket(Hop),
    User(IpAddr, String),
    Address(IpAddr),
}

struct Bucket {
    tokens: f64,
    filled: Instant,
    muted_until: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Guard {
    buckets: HashMap<IpAddr, Bucket>,
    /// Bad passwords: how many, and when the last one came.
    bad: HashMap<Offender, (u32, Instant)>,
    /// Users that have shown the right password from an address.
    proven: HashSet<(IpAddr, String)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Rate {
    Within,
    /// Just now exceeded: worth a report.
    Exceeded,
    Muted,
}

impl Guard {
    fn take(&mut self, now: Instant, ip: IpAddr, rate: u32) -> Rate {
        if self.buckets.len() > MAX_SOURCES {
            self.buckets
                .retain(|_, b| now.saturating_duration_since(b.filled) < MUTED);
        }
        let full = f64::from(rate.max(1));
        let bucket = self.buckets.entry(ip).or_insert(Bucket {
            tokens: full,
            filled: now,
            muted_until: None,
        });
        if bucket.muted_until.is_some_and(|until| until > now) {
            return Rate::Muted;
        }
        bucket.muted_until = None;
        let gained = now.saturating_duration_since(bucket.filled).as_secs_f64() * full;
        bucket.tokens = (bucket.tokens + gained).min(full);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            bucket.muted_until = Some(now + MUTED);
            return Rate::Exceeded;
        }
        bucket.tokens -= 1.0;
        Rate::Within
    }

    fn is_over(&self, now: Instant, offender: &Offender, limit: u32) -> bool {
        let count = self
            .bad
            .get(offender)
            .filter(|(_, last)| now.saturating_duration_since(*last) < BARRED);
        count.is_some_and(|(n, _)| *n >= limit)
    }

    fn blame(&mut self, now: Instant, offender: Offender) {
        if self.bad.len() > MAX_SOURCES {
            self.bad
                .retain(|_, (_, last)| now.saturating_duration_since(*last) < BARRED);
        }
        let entry = self.bad.entry(offender).or_insert((0, now));
        if now.saturating_duration_since(entry.1) >= BARRED {
            entry.0 = 0;
        }
        *entry = (entry.0 + 1, now);
    }
}

pub(super) enum Verdict {
    /// Who calls, and the number called.
    Accept(Source, String),
    /// Refused, or challenged; the response is sent.
    Answered,
}

impl Agent {
    /// The first look at anything that comes in. Responses and known peers always pass.
    pub(super) fn admit(&mut self, now: Instant, hop: Hop, bytes: &[u8]) -> bool {
        let ip = hop.addr.ip();
        let is_phone = self.registrar.user_at(hop).is_some();
        if self.guard.is_over(now, &Offender::Socket(hop), PER_SOCKET) && !is_phone {
            return false;
        }
        if bytes.starts_with(b"SIP/2.0") || self.is_trunk_address(ip) || self.registrar.is_known(ip) {
            return true;
        }
        match self.guard.take(now, ip, self.settings.stranger_rate) {
            Rate::Within => true,
            Rate::Muted => false,
            Rate::Exceeded => {
                let method =
                    String::from_utf8_lossy(bytes.split(|b| *b == b' ').next().unwrap_or(b"")).into_owned();
                self.refused(hop, &method, Refusal::RateLimited);
                false
            }
        }
    }

    pub(super) fn is_trunk_address(&self, ip: IpAddr) -> bool {
        self.settings.trunks.iter().any(|t| is_at(t, ip))
    }

    pub(super) fn bad_password(&mut self, now: Instant, hop: Hop, user: &str, method: &str) {
        let ip = hop.addr.ip();
        for offender in [
            Offender::Socket(hop),
            Offender::User(ip, user.to_owned()),
            Offender::Address(ip),
        ] {
            self.guard.blame(now, offender);
        }
        self.refused(hop, method, Refusal::WrongPassword);
    }

    pub(super) fn good_password(&mut self, hop: Hop, user: &str) {
        self.know(hop);
        if self.guard.proven.len() < MAX_SOURCES {
            self.guard.proven.insert((hop.addr.ip(), user.to_owned()));
        }
    }

    /// Too many bad passwords bar even the right one, or guessing would pay; a phone that proved itself before stays.
    pub(super) fn is_barred(&self, now: Instant, hop: Hop, user: &str) -> bool {
        let ip = hop.addr.ip();
        let proven = self.guard.proven.contains(&(ip, user.to_owned()));
        let over = self
            .guard
            .is_over(now, &Offender::User(ip, user.to_owned()), PER_USER)
            || self.guard.is_over(now, &Offender::Address(ip), PER_ADDRESS);
        over && !proven
    }

    /// May this INVITE come in, and from whom is it?
    pub(super) fn judge(&mut self, now: Instant, key: &Key, request: &Request, source: Hop) -> Verdict {
        let dialled = user_of_uri(&request.uri);
        let ip = source.addr.ip();
        let serving: Vec<&Trunk> = self.settings.trunks.iter().filter(|t| serves(t, ip)).collect();
        let exact = serving
            .iter()
            .any(|t| t.hops.iter().any(|h| h.addr == source.addr));
        let is_phone = self.registrar.user_at(source).is_some();
        if !serving.is_empty() && (exact || !is_phone) {
            return match choose(&serving, request, &dialled, source) {
                Some((name, called)) => Verdict::Accept(Source::Trunk(name), called),
                None => self.forbid(now, key, request, source, Refusal::NotOurNumber),
            };
        }
        let claimed = request
            .headers
            .typed::<From>()
            .and_then(Result::ok)
            .map(|f| user_of(&f.0));
        let is_user = claimed.is_some_and(|c| self.settings.users.iter().any(|u| u.name == c));
        if !is_phone && !is_user {
            return self.forbid(now, key, request, source, Refusal::Stranger);
        }
        match self.verify(now, request) {
            Verified::User(user) if !self.is_barred(now, source, &user) => {
                self.know(source);
                return Verdict::Accept(Source::User(user), caller::number(&dialled).0);
            }
            Verified::Missing => self.challenge(now, key, request, false),
            Verified::Stale => self.challenge(now, key, request, true),
            Verified::User(_) => return self.forbid(now, key, request, source, Refusal::WrongPassword),
            Verified::Wrong(user) => {
                self.bad_password(now, source, &user, "INVITE");
                self.respond_status(now, key, request, 403);
            }
        }
        Verdict::Answered
    }

    fn forbid(&mut self, now: Instant, key: &Key, request: &Request, hop: Hop, why: Refusal) -> Verdict {
        self.refused(hop, &request.method.to_string(), why);
        self.respond_status(now, key, request, 403);
        Verdict::Answered
    }
}

fn serves(trunk: &Trunk, ip: IpAddr) -> bool {
    trunk.from_anywhere || is_at(trunk, ip)
}

fn is_at(trunk: &Trunk, ip: IpAddr) -> bool {
    trunk
        .hops
        .iter()
        .any(|h| h.addr.ip().to_canonical() == ip.to_canonical())
}

/// The trunk that a call from a serving address belongs to: the one whose registered contact is called, else the
/// one whose number is; the exact port decides between several.
fn choose(serving: &[&Trunk], request: &Request, dialled: &str, source: Hop) -> Option<(String, String)> {
    let registered = |t: &&&Trunk| t.register.as_ref().is_some_and(|r| r.username == dialled);
    if let Some(trunk) = serving.iter().find(registered) {
        let called = called_behind(trunk, request).unwrap_or_else(|| caller::number(dialled).0);
        return Some((trunk.name.clone(), called));
    }
    let called = caller::number(dialled).0;
    let mut fitting: Vec<&&Trunk> = serving.iter().filter(|t| is_ours(t, &called, dialled)).collect();
    fitting.sort_by_key(|t| (!t.hops.iter().any(|h| h.addr == source.addr), t.priority));
    fitting.first().map(|t| (t.name.clone(), called))
}

/// Networks that call the registered contact tell the number elsewhere (RFC 7315 section 4.2).
fn called_behind(trunk: &Trunk, request: &Request) -> Option<String> {
    let names = [compose::named("P-Called-Party-ID"), HeaderName::To];
    names.iter().find_map(|name| {
        let value = request.headers.value(name)?;
        let address = sipx_sip::headers::Address::parse(&value, "called").ok()?;
        let called = caller::number(&user_of(&address)).0;
        (!trunk.numbers.is_empty() && is_ours(trunk, &called, &called)).then_some(called)
    })
}

fn is_ours(trunk: &Trunk, called: &str, dialled: &str) -> bool {
    trunk.numbers.is_empty()
        || trunk
            .numbers
            .iter()
            .any(|n| n == dialled || caller::is_same_number(&caller::number(n).0, called))
}
