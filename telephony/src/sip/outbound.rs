//! Where a call goes: the choice of trunk, and the next one when the first does not serve.
//!
//! Not responsible for the INVITE once it is under way (see `invite::uac`).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sipx_sip::{HeaderName, Method, Request, Uri};

use super::agent::{Agent, Timer};
use super::compose::{self, put};
use super::dialog::Dialog;
use super::invite::uac::Uac;
use super::leg::{Leg, LegTimer, Phase};
use super::session_timer;
use super::trunk::TrunkLine;
use super::{Cause, Dial, DialError, Hop, Source, Target, TrunkState};
use crate::LegId;

/// A peer that has said nothing for so long is passed over.
const PATIENCE: Duration = Duration::from_secs(3);

/// One way to reach the called party.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    peer: Source,
    hop: Hop,
    uri: Uri,
}

impl Agent {
    /// Places a call. The leg ends with `Event::Ended` whatever becomes of it.
    pub fn dial(&mut self, now: Instant, dial: Dial) -> Result<LegId, DialError> {
        let mut attempts = match &dial.to {
            Target::Number { number, trunk } => self.trunk_attempts(number, trunk.as_deref())?,
            Target::User(user) => self.phone_attempt(user)?,
        };
        let Some(first) = attempts.pop_front() else {
            return Err(DialError::NoTrunk);
        };
        let id = self.new_leg_id();
        let dialog = self.new_dialog(&dial, &first);
        let mut leg = Leg::new(dialog, first.peer.clone(), Phase::Calling);
        leg.local_sdp = dial.sdp.clone();
        self.timers
            .set(Timer::Leg(id, LegTimer::Ring), now + dial.ring_for);
        leg.uac = Some(Box::new(Uac::new(dial, attempts, first.uri.clone())));
        self.legs.insert(id, leg);
        self.start_attempt(now, id);
        Ok(id)
    }

    /// Where a call to the target would be sent first: the offer must name an address of ours that this peer can reach.
    pub fn hop_for(&self, target: &Target) -> Option<Hop> {
        let attempts = match target {
            Target::Number { number, trunk } => self.trunk_attempts(number, trunk.as_deref()),
            Target::User(user) => self.phone_attempt(user),
        };
        attempts.ok()?.front().map(|attempt| attempt.hop)
    }

    fn phone_attempt(&self, user: &str) -> Result<VecDeque<Attempt>, DialError> {
        let binding = self
            .registrar
            .latest(user)
            .ok_or_else(|| DialError::NotRegistered(user.to_owned()))?;
        let peer = Source::User(user.to_owned());
        Ok(VecDeque::from([Attempt {
            peer,
            hop: binding.hop,
            uri: binding.contact.clone(),
        }]))
    }

    fn trunk_attempts(&self, number: &str, pinned: Option<&str>) -> Result<VecDeque<Attempt>, DialError> {
        let bad = || DialError::BadNumber(number.to_owned());
        let digits = number.strip_prefix('+').unwrap_or(number);
        if digits.is_empty()
            || digits.len() > 32
            || !digits.chars().all(|c| c.is_ascii_digit() || "*#".contains(c))
        {
            return Err(bad());
        }
        let mut lines: Vec<&TrunkLine> = self
            .trunks
            .iter()
            .filter(|t| is_usable(t) && pinned.is_none_or(|p| t.settings.name == p))
            .collect();
        if lines.is_empty() {
            return Err(DialError::NoTrunk);
        }
        lines.retain(|t| self.has_channel(&t.settings.name));
        if lines.is_empty() {
            return Err(DialError::NoChannel);
        }
        lines.sort_by_key(|t| t.settings.priority);
        let mut attempts = VecDeque::new();
        for line in lines {
            let text = format!(
                "sip:{}@{};user=phone",
                compose::escape_user(number),
                line.settings.domain
            );
            let uri = Uri::parse(Bytes::from(text)).map_err(|_| bad())?;
            for hop in line.hops() {
                let peer = Source::Trunk(line.settings.name.clone());
                attempts.push_back(Attempt {
                    peer,
                    hop,
                    uri: uri.clone(),
                });
            }
        }
        Ok(attempts)
    }

    /// Calls in both directions count.
    pub(super) fn has_channel(&self, trunk: &str) -> bool {
        let used = self
            .legs
            .values()
            .filter(|l| !l.over && l.trunk() == Some(trunk))
            .count();
        let line = self.trunks.iter().find(|t| t.settings.name == trunk);
        line.is_some_and(|t| used < t.settings.max_calls)
    }

    fn new_dialog(&mut self, dial: &Dial, attempt: &Attempt) -> Dialog {
        let (call_id, tag) = (self.token(), self.token());
        let local = self.local(attempt.hop);
        let (user, domain) = self.identity(dial, attempt);
        let display = if dial.from_display.is_empty() {
            String::new()
        } else {
            format!("{} ", compose::quoted(&dial.from_display))
        };
        let host = compose::host(local.ip());
        Dialog {
            call_id: Bytes::from(format!("{call_id}@{host}")),
            local: Bytes::from(format!(
                "{display}<sip:{}@{domain}>;tag={tag}",
                compose::escape_user(&user)
            )),
            local_tag: Bytes::from(tag),
            remote_tag: None,
            remote: Bytes::from(format!("<{}>", attempt.uri)),
            local_cseq: 0,
            remote_cseq: None,
            route: Vec::new(),
            target: attempt.uri.clone(),
            hop: attempt.hop,
            contact_user: self.contact_user(&attempt.peer, &user),
            pinned: matches!(attempt.peer, Source::User(_)),
        }
    }

    /// User and host of our From.
    fn identity(&self, dial: &Dial, attempt: &Attempt) -> (String, String) {
        let own = |user: &str| {
            if user.is_empty() {
                "anonymous".to_owned()
            } else {
                user.to_owned()
            }
        };
        match &attempt.peer {
            Source::Trunk(name) => {
                let line = self.trunks.iter().find(|t| t.settings.name == *name);
                let (id, domain) = line.map_or(("", ""), |t| (&t.settings.caller_id, &t.settings.domain));
                let user = if dial.from_number.is_empty() {
                    id
                } else {
                    &dial.from_number
                };
                (own(user), format!("{domain};user=phone"))
            }
            Source::User(_) => (
                own(&dial.from_number),
                compose::host(self.local(attempt.hop).ip()),
            ),
        }
    }

    /// A registered trunk knows us by its account's name.
    pub(super) fn contact_user(&self, peer: &Source, number: &str) -> String {
        let account = match peer {
            Source::Trunk(name) => self.trunks.iter().find(|t| t.settings.name == *name),
            Source::User(_) => None,
        };
        match account.and_then(|t| t.settings.register.as_ref()) {
            Some(register) => register.username.clone(),
            None if number.is_empty() => "minsheng".to_owned(),
            None => number.to_owned(),
        }
    }

    /// Sends the INVITE of the dialog that the leg has now.
    fn start_attempt(&mut self, now: Instant, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.dialog.local_cseq += 1;
        let (dialog, peer) = (leg.dialog.clone(), leg.peer.clone());
        let Some(uac) = leg.uac.as_mut() else { return };
        uac.reliable.clear();
        let (dial, interval, min, more) = (
            uac.dial.clone(),
            uac.interval,
            uac.min_se,
            !uac.attempts.is_empty(),
        );
        self.dialogs
            .insert((dialog.call_id.clone(), dialog.local_tag.clone()), id);
        let mut request = self.dialog_request(&dialog, Method::Invite, dialog.local_cseq);
        self.dress_invite(&mut request, &dialog, &peer, &dial);
        session_timer::ask(&mut request.headers, interval, min);
        compose::set_sdp(&mut request.headers, &dial.sdp);
        compose::finish_request(&mut request, dial.sdp);
        if more {
            self.timers.set(Timer::Leg(id, LegTimer::Attempt), now + PATIENCE);
        }
        self.launch(now, id, dialog.hop, request);
    }

    fn dress_invite(&self, request: &mut Request, dialog: &Dialog, peer: &Source, dial: &Dial) {
        let headers = &mut request.headers;
        put(headers, HeaderName::Contact, self.contact_of(dialog));
        put(headers, HeaderName::Allow, compose::ALLOW);
        let line = match peer {
            Source::Trunk(name) => self.trunks.iter().find(|t| t.settings.name == *name),
            Source::User(_) => None,
        };
        if let Some(settings) = line.map(|t| &t.settings).filter(|s| !s.caller_id.is_empty()) {
            let id = compose::escape_user(&settings.caller_id);
            put(
                headers,
                HeaderName::PAssertedIdentity,
                format!("<sip:{id}@{};user=phone>", settings.domain),
            );
        }
        for (name, value) in &dial.headers {
            // What the protocol itself needs is not call control's to write.
            if name.len() > 2
                && (name.starts_with("X-") || name.starts_with("P-") || name.starts_with("Alert-"))
            {
                put(headers, compose::named(name), value.clone());
            }
        }
    }

    /// This attempt is lost: the next trunk, or the end.
    pub(super) fn attempt_failed(&mut self, now: Instant, id: LegId, status: u16, cause: Cause) {
        // The carrier may well map what the citizen's own network says to a 5xx: that is no reason to ring by another trunk.
        let of_citizen = matches!(
            cause,
            Cause::Busy | Cause::NoSuchNumber | Cause::SwitchedOff | Cause::Declined
        );
        let serves = of_citizen || !(status == 408 || (500..600).contains(&status));
        if !serves && self.next_attempt(now, id) {
            return;
        }
        self.end(now, id, cause, status, cause != Cause::Unreachable);
    }

    fn next_attempt(&mut self, now: Instant, id: LegId) -> bool {
        loop {
            let Some(leg) = self
                .legs
                .get_mut(&id)
                .filter(|l| !l.over && l.phase == Phase::Calling)
            else {
                return false;
            };
            let Some(uac) = leg.uac.as_mut() else { return false };
            let Some(next) = uac.attempts.pop_front() else {
                return false;
            };
            let dial = uac.dial.clone();
            let fits = match &next.peer {
                Source::Trunk(name) => leg.trunk() == Some(name) || self.has_channel(name),
                Source::User(_) => true,
            };
            if !fits {
                continue;
            }
            let dialog = self.new_dialog(&dial, &next);
            let Some(leg) = self.legs.get_mut(&id) else {
                return false;
            };
            let old = std::mem::replace(&mut leg.dialog, dialog);
            leg.peer = next.peer;
            if let Some(uac) = leg.uac.as_mut() {
                uac.earlier.push((old.call_id, old.local_tag));
            }
            self.start_attempt(now, id);
            return true;
        }
    }

    /// Not even a 100 in three seconds.
    pub(super) fn attempt_is_silent(&mut self, now: Instant, id: LegId) {
        let Some(leg) = self
            .legs
            .get(&id)
            .filter(|l| !l.over && l.phase == Phase::Calling)
        else {
            return;
        };
        let trunk = leg.trunk().map(str::to_owned);
        let key = leg.uac.as_ref().and_then(|u| u.key.clone());
        if self.next_attempt(now, id) {
            if let Some(key) = key {
                self.abandon_client(&key);
            }
            let still = self.legs.get(&id).and_then(|l| l.trunk().map(str::to_owned));
            if let Some(trunk) = trunk.filter(|t| still.as_ref() != Some(t)) {
                self.trunk_silent(now, &trunk);
            }
        }
    }
}

fn is_usable(line: &TrunkLine) -> bool {
    !line.settings.hops.is_empty() && matches!(line.state, TrunkState::Up | TrunkState::Unknown)
}
