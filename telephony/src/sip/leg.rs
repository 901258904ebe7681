//! One INVITE session: its state, its end and its timers.
//!
//! Not responsible for how it starts (see `invite`) and how it changes (see `invite::reinvite`, `update`).

use std::time::{Duration, Instant};

use bytes::Bytes;
use sipx_sip::session::Session;
use sipx_sip::{HeaderName, Method, Request};

use super::agent::{Agent, LINGER, Timer};
use super::compose;
use super::dialog::Dialog;
use super::invite::uac::Uac;
use super::invite::uas::Uas;
use super::transaction::{Key, Purpose};
use super::{Cause, Event, Hop, Source};
use crate::LegId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LegTimer {
    /// Our 2xx is sent again until its ACK comes.
    Ok,
    /// A reliable provisional response is sent again until its PRACK comes.
    Reliable,
    /// Nobody answered in `ring_for`.
    Ring,
    /// The peer of this attempt said nothing at all.
    Attempt,
    /// Session timer: refresh, or give up.
    Session,
    /// A re-INVITE that met 491 or another one is tried again.
    Reoffer,
    Forget,
}

impl LegTimer {
    const ALL: [LegTimer; 7] = [
        LegTimer::Ok,
        LegTimer::Reliable,
        LegTimer::Ring,
        LegTimer::Attempt,
        LegTimer::Session,
        LegTimer::Reoffer,
        LegTimer::Forget,
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// We called and have no answer.
    Calling,
    /// We are called and have not answered.
    Ringing,
    /// Answered by us, ACK still to come.
    Accepted,
    Confirmed,
}

/// A 2xx of ours on its way (RFC 3261 section 13.3.1.4: over any transport).
#[derive(Debug)]
pub(super) struct PendingOk {
    pub(super) cseq: u32,
    pub(super) hop: Hop,
    pub(super) bytes: Bytes,
    pub(super) interval: Duration,
    pub(super) deadline: Instant,
}

/// A re-INVITE or UPDATE of the peer that call control has not answered yet.
#[derive(Debug)]
pub(super) struct Theirs {
    pub(super) key: Key,
    pub(super) request: Request,
}

/// A re-INVITE of ours under way.
#[derive(Debug)]
pub(super) struct Ours {
    pub(super) sdp: Bytes,
    /// Sent for the session timer's sake; call control has not asked for it.
    pub(super) refresh: bool,
}

#[derive(Debug)]
pub(super) struct Leg {
    pub(super) dialog: Dialog,
    pub(super) peer: Source,
    pub(super) phase: Phase,
    /// `Ended` was reported; what remains only finishes the protocol's business.
    pub(super) over: bool,
    pub(super) uac: Option<Box<Uac>>,
    pub(super) uas: Option<Box<Uas>>,
    pub(super) ok: Option<PendingOk>,
    /// Our last ACK to a 2xx, sent again when the 2xx is.
    pub(super) ack: Option<(u32, Bytes)>,
    pub(super) ours: Option<Ours>,
    /// A change that waits until the dialog is free for it.
    pub(super) wanted: Option<Bytes>,
    pub(super) theirs: Option<Theirs>,
    pub(super) session: Option<Session>,
    pub(super) peer_updates: bool,
    pub(super) local_sdp: Bytes,
    pub(super) remote_sdp: Bytes,
    /// BYE as soon as the ACK is in (section 15: not before).
    pub(super) bye_after_ack: Option<Cause>,
}

impl Leg {
    pub(super) fn new(dialog: Dialog, peer: Source, phase: Phase) -> Leg {
        Leg {
            dialog,
            peer,
            phase,
            over: false,
            uac: None,
            uas: None,
            ok: None,
            ack: None,
            ours: None,
            wanted: None,
            theirs: None,
            session: None,
            peer_updates: false,
            local_sdp: Bytes::new(),
            remote_sdp: Bytes::new(),
            bye_after_ack: None,
        }
    }

    pub(super) fn trunk(&self) -> Option<&str> {
        match &self.peer {
            Source::Trunk(name) => Some(name),
            Source::User(_) => None,
        }
    }
}

/// RFC 3326: both protocols' view of the end.
pub(super) fn reason_header(cause: Cause) -> String {
    // By which a phone knows that this is no missed call (section 3).
    if cause == Cause::Elsewhere {
        return "SIP;cause=200;text=\"Call completed elsewhere\"".to_owned();
    }
    let (q850, words) = match cause {
        Cause::Normal | Cause::Cancelled | Cause::Elsewhere => (16, "Normal call clearing"),
        Cause::Busy => (17, "User busy"),
        Cause::NoAnswer => (19, "No answer from user"),
        Cause::Declined | Cause::Forbidden => (21, "Call rejected"),
        Cause::NoSuchNumber => (1, "Unallocated number"),
        Cause::NotAcceptable => (88, "Incompatible destination"),
        Cause::Unavailable => (34, "No circuit available"),
        Cause::Unreachable => (102, "Recovery on timer expiry"),
        Cause::MediaTimeout => (27, "Media timeout"),
        Cause::SwitchedOff => (20, "Subscriber absent"),
        Cause::Failed => (41, "Temporary failure"),
    };
    format!("Q.850;cause={q850};text=\"{words}\"")
}

/// The plain outcome of a final response to our INVITE.
pub(super) fn cause_of(status: u16) -> Cause {
    match status {
        486 | 600 => Cause::Busy,
        408 | 480 | 487 => Cause::NoAnswer,
        603 | 607 | 608 => Cause::Declined,
        404 | 410 | 484 | 485 | 604 => Cause::NoSuchNumber,
        401 | 403 | 407 | 433 => Cause::Forbidden,
        406 | 415 | 488 | 606 => Cause::NotAcceptable,
        500..=599 => Cause::Unavailable,
        // 3xx too: a call never goes where the far end redirects it.
        _ => Cause::Failed,
    }
}

fn status_for(cause: Cause) -> u16 {
    match cause {
        Cause::Busy => 486,
        Cause::Declined => 603,
        Cause::NoSuchNumber => 404,
        Cause::Forbidden => 403,
        Cause::NotAcceptable => 488,
        Cause::Unavailable => 503,
        Cause::Failed => 500,
        _ => 480,
    }
}

impl Agent {
    /// The trunk over which the leg goes; none for a phone of ours.
    pub fn trunk_of(&self, id: LegId) -> Option<String> {
        match &self.legs.get(&id)?.peer {
            Source::Trunk(name) => Some(name.clone()),
            Source::User(_) => None,
        }
    }

    /// Ends the leg by BYE, CANCEL or a final response, whichever its state asks for.
    pub fn hangup(&mut self, now: Instant, id: LegId, cause: Cause) {
        let Some(leg) = self.legs.get(&id).filter(|l| !l.over) else {
            return;
        };
        match leg.phase {
            Phase::Calling => self.cancel_call(now, id, cause, 487),
            Phase::Ringing => self.refuse_call(now, id, status_for(cause), "", cause, false),
            Phase::Accepted => {
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.bye_after_ack = Some(cause);
                }
                self.end(now, id, cause, 200, false);
            }
            Phase::Confirmed => {
                self.send_bye(now, id, cause);
                self.end(now, id, cause, 200, false);
            }
        }
    }

    pub(super) fn send_bye(&mut self, now: Instant, id: LegId, cause: Cause) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.dialog.local_cseq += 1;
        let dialog = leg.dialog.clone();
        let mut request = self.dialog_request(&dialog, Method::Bye, dialog.local_cseq);
        compose::put(&mut request.headers, HeaderName::Reason, reason_header(cause));
        self.send_request(now, dialog.hop, request, Purpose::Bye(id));
    }

    /// Reports the end, once. The dialog stays a while to answer what is still on its way.
    pub(super) fn end(&mut self, now: Instant, id: LegId, cause: Cause, status: u16, by_peer: bool) {
        let Some(leg) = self.legs.get_mut(&id).filter(|l| !l.over) else {
            return;
        };
        leg.over = true;
        leg.wanted = None;
        leg.local_sdp = Bytes::new();
        leg.remote_sdp = Bytes::new();
        let theirs = leg.theirs.take();
        for timer in LegTimer::ALL {
            // Until its ACK comes, a 2xx goes on being sent.
            if timer != LegTimer::Ok {
                self.timers.clear(&Timer::Leg(id, timer));
            }
        }
        if let Some(theirs) = theirs {
            self.respond_status(now, &theirs.key, &theirs.request, 487);
        }
        self.timers
            .set(Timer::Leg(id, LegTimer::Forget), now + LINGER + LINGER);
        self.event(Event::Ended {
            leg: id,
            cause,
            status,
            by_peer,
        });
    }

    pub(super) fn forget_leg(&mut self, id: LegId) {
        for timer in LegTimer::ALL {
            self.timers.clear(&Timer::Leg(id, timer));
        }
        if let Some(leg) = self.legs.remove(&id) {
            if let Some(key) = leg.uac.as_ref().and_then(|u| u.key.clone()) {
                self.abandon_client(&key);
            }
            self.dialogs
                .remove(&(leg.dialog.call_id.clone(), leg.dialog.local_tag.clone()));
            for dialog in leg.uac.into_iter().flat_map(|u| u.earlier) {
                self.dialogs.remove(&dialog);
            }
        }
    }

    pub(super) fn leg_timer(&mut self, now: Instant, id: LegId, timer: LegTimer) {
        match timer {
            LegTimer::Ok => self.retransmit_ok(now, id),
            LegTimer::Reliable => self.retransmit_reliable(now, id),
            LegTimer::Ring => self.cancel_call(now, id, Cause::NoAnswer, 408),
            LegTimer::Attempt => self.attempt_is_silent(now, id),
            LegTimer::Session => self.session_due(now, id),
            LegTimer::Reoffer => self.try_reoffer(now, id),
            LegTimer::Forget => self.forget_leg(id),
        }
    }
}
