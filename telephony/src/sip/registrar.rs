//! Our registrar (RFC 3261 section 10.3): which phone is reached where, and until when.
//!
//! Not responsible for passwords (see `digest`).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sipx_sip::headers::{Address, CSeq, ContactValue, Expires, To};
use sipx_sip::{HeaderName, Request, Uri};

use super::agent::{Agent, Timer};
use super::compose::{self, put};
use super::digest::Verified;
use super::request::user_of;
use super::transaction::Key;
use super::{Event, Hop};

const SHORTEST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(3600);
const CONTACTS: usize = 10;

#[derive(Debug, Clone)]
pub(super) struct Binding {
    /// As the phone wrote it: the Request-URI of our requests.
    pub(super) contact: Uri,
    /// Where it sent the REGISTER from: the only address that works through NAT.
    pub(super) hop: Hop,
    pub(super) expires: Instant,
    call_id: Bytes,
    cseq: u32,
}

#[derive(Default)]
pub(super) struct Registrar {
    /// By user; the latest registration last.
    bindings: BTreeMap<String, Vec<Binding>>,
}

impl Registrar {
    pub(super) fn users(&self) -> Vec<String> {
        self.bindings.keys().cloned().collect()
    }

    pub(super) fn latest(&self, user: &str) -> Option<&Binding> {
        self.bindings.get(user)?.last()
    }

    pub(super) fn user_at(&self, hop: Hop) -> Option<&str> {
        let found = self
            .bindings
            .iter()
            .find(|(_, all)| all.iter().any(|b| b.hop == hop));
        found.map(|(user, _)| user.as_str())
    }

    pub(super) fn is_known(&self, ip: std::net::IpAddr) -> bool {
        self.bindings.values().flatten().any(|b| b.hop.addr.ip() == ip)
    }

    fn next_expiry(&self) -> Option<Instant> {
        self.bindings.values().flatten().map(|b| b.expires).min()
    }

    /// Keeps what `keep` wants; returns the users that have no phone left.
    fn retain(&mut self, keep: impl Fn(&str, &Binding) -> bool) -> Vec<String> {
        for (user, all) in &mut self.bindings {
            all.retain(|b| keep(user, b));
        }
        let gone: Vec<String> = self
            .bindings
            .iter()
            .filter(|(_, all)| all.is_empty())
            .map(|(u, _)| u.clone())
            .collect();
        self.bindings.retain(|_, all| !all.is_empty());
        gone
    }
}

/// What a REGISTER asks for.
enum Wish {
    Query,
    RemoveAll,
    Change(Vec<(Address, Duration)>),
}

impl Agent {
    pub(super) fn handle_register(&mut self, now: Instant, key: &Key, request: &Request) {
        let Some(source) = self.transactions.servers.get(key).map(|s| s.source) else {
            return;
        };
        let user = match self.verify(now, request) {
            Verified::User(user) => user,
            Verified::Missing => return self.challenge(now, key, request, false),
            Verified::Stale => return self.challenge(now, key, request, true),
            Verified::Wrong(user) => {
                self.bad_password(now, source, &user, "REGISTER");
                return self.respond_status(now, key, request, 403);
            }
        };
        let to = request
            .headers
            .typed::<To>()
            .and_then(Result::ok)
            .map(|t| user_of(&t.0));
        if to.as_deref() != Some(user.as_str()) {
            return self.respond_status(now, key, request, 403);
        }
        if self.is_barred(now, source, &user) {
            return self.respond_status(now, key, request, 403);
        }
        self.good_password(source, &user);
        match wish_of(request) {
            Err(status) => self.respond_status(now, key, request, status),
            Ok(wish) => self.change_bindings(now, key, request, &user, source, wish),
        }
    }

    fn change_bindings(
        &mut self,
        now: Instant,
        key: &Key,
        request: &Request,
        user: &str,
        source: Hop,
        wish: Wish,
    ) {
        let call_id = compose::raw(&request.headers, &HeaderName::CallId);
        let cseq = request
            .headers
            .typed::<CSeq>()
            .and_then(Result::ok)
            .map_or(0, |c| c.sequence);
        let mut all = self.registrar.bindings.get(user).cloned().unwrap_or_default();
        // Section 10.3 step 7: a request that was overtaken by a later one changes nothing.
        if all.iter().any(|b| b.call_id == call_id && b.cseq >= cseq) && !matches!(wish, Wish::Query) {
            return self.respond_status(now, key, request, 500);
        }
        match wish {
            Wish::Query => {}
            Wish::RemoveAll => all.clear(),
            Wish::Change(contacts) => {
                if contacts.iter().any(|(_, d)| !d.is_zero() && *d < SHORTEST) {
                    return self.too_brief_registration(now, key, request);
                }
                for (address, duration) in contacts {
                    all.retain(|b| !b.contact.equivalent(&address.uri));
                    if !duration.is_zero() {
                        let expires = now + duration.min(LONGEST);
                        all.push(Binding {
                            contact: address.uri,
                            hop: source,
                            expires,
                            call_id: call_id.clone(),
                            cseq,
                        });
                    }
                }
                let excess = all.len().saturating_sub(CONTACTS);
                all.drain(..excess);
            }
        }
        self.store_bindings(user, all);
        self.watch_bindings();
        self.confirm_bindings(now, key, request, user);
    }

    fn too_brief_registration(&mut self, now: Instant, key: &Key, request: &Request) {
        let mut response = compose::response_to(request, 423, "", Some(&self.token()));
        put(
            &mut response.headers,
            HeaderName::MinExpires,
            SHORTEST.as_secs().to_string(),
        );
        self.respond(now, key, response);
    }

    fn store_bindings(&mut self, user: &str, all: Vec<Binding>) {
        let before = self.registrar.bindings.contains_key(user);
        let present = !all.is_empty();
        if present {
            self.registrar.bindings.insert(user.to_owned(), all);
        } else {
            self.registrar.bindings.remove(user);
        }
        if before != present {
            self.event(Event::Registered {
                user: user.to_owned(),
                present,
            });
        }
    }

    fn confirm_bindings(&mut self, now: Instant, key: &Key, request: &Request, user: &str) {
        let mut response = compose::response_to(request, 200, "", Some(&self.token()));
        for binding in self.registrar.bindings.get(user).into_iter().flatten() {
            let left = binding.expires.saturating_duration_since(now).as_secs();
            let value = format!("<{}>;expires={left}", binding.contact);
            put(&mut response.headers, HeaderName::Contact, value);
        }
        self.respond(now, key, response);
    }

    fn watch_bindings(&mut self) {
        match self.registrar.next_expiry() {
            Some(at) => self.timers.set(Timer::Bindings, at),
            None => self.timers.clear(&Timer::Bindings),
        }
    }

    pub(super) fn expire_bindings(&mut self, now: Instant) {
        self.drop_bindings(|_, b| b.expires > now);
    }

    /// A phone behind a closed connection can't be reached until it registers again.
    pub(super) fn drop_bindings_of(&mut self, _now: Instant, hop: Hop) {
        self.drop_bindings(|_, b| b.hop != hop);
    }

    pub(super) fn drop_unknown_users(&mut self) {
        let names: std::collections::HashSet<String> =
            self.settings.users.iter().map(|u| u.name.clone()).collect();
        self.drop_bindings(|user, _| names.contains(user));
    }

    fn drop_bindings(&mut self, keep: impl Fn(&str, &Binding) -> bool) {
        for user in self.registrar.retain(keep) {
            self.event(Event::Registered { user, present: false });
        }
        self.watch_bindings();
    }
}

fn wish_of(request: &Request) -> Result<Wish, u16> {
    let headers = &request.headers;
    // Section 20.19: a malformed Expires counts as 3600.
    let default = match headers.typed::<Expires>() {
        Some(Ok(Expires(seconds))) => Duration::from_secs(u64::from(seconds)),
        _ => LONGEST,
    };
    let mut changes = Vec::new();
    let mut all = false;
    for contact in headers.typed_all::<ContactValue>() {
        match contact.map_err(|_| 400u16)? {
            ContactValue::Wildcard => all = true,
            ContactValue::Address(address) => {
                let own = address
                    .param("expires")
                    .map(|e| std::str::from_utf8(e).ok().and_then(|e| e.parse().ok()));
                let duration = own.map_or(default, |e| Duration::from_secs(e.unwrap_or(3600u32).into()));
                changes.push((address, duration));
            }
        }
    }
    match (all, changes.is_empty()) {
        (true, true) if default.is_zero() => Ok(Wish::RemoveAll),
        (true, _) => Err(400),
        (false, true) => Ok(Wish::Query),
        (false, false) => Ok(Wish::Change(changes)),
    }
}
