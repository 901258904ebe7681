//! Reliable provisional responses and PRACK (RFC 3262), both ways.

use std::time::{Duration, Instant};

use bytes::Bytes;
use sipx_sip::headers::CSeq;
use sipx_sip::rel::{RAck, RSeq, Received, Sequence};
use sipx_sip::{HeaderName, Message, Method, Request, Response};

use super::agent::{Agent, LINGER, T1, Timer};
use super::compose::{self, put};
use super::leg::{LegTimer, Phase};
use super::transaction::{Key, Purpose};
use super::{Cause, Event, Hop};
use crate::LegId;

/// A reliable provisional response of ours that waits for its PRACK.
#[derive(Debug)]
pub(super) struct Outstanding {
    hop: Hop,
    bytes: Bytes,
    interval: Duration,
    deadline: Instant,
    /// It carries a session description.
    pub(super) described: bool,
}

impl Agent {
    /// Sends the next of the queue, if none is outstanding.
    pub(super) fn send_reliable(&mut self, now: Instant, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(uas) = leg
            .uas
            .as_mut()
            .filter(|u| u.outstanding.is_none() && !u.queue.is_empty())
        else {
            return;
        };
        let (status, sdp) = uas.queue.remove(0);
        let Some(rseq) = uas.numbering.allocate() else {
            return;
        };
        let key = uas.key.clone();
        let Some(leg) = self.legs.get(&id) else { return };
        let Some(mut response) = self.invite_response(leg, status, "", &sdp) else {
            return;
        };
        put(&mut response.headers, HeaderName::Require, "100rel");
        put(&mut response.headers, HeaderName::RSeq, rseq.to_string());
        let Some(hop) = self.transactions.servers.get(&key).map(|s| s.hop) else {
            return;
        };
        let bytes = Message::Response(response.clone()).to_bytes();
        if let Some(uas) = self.legs.get_mut(&id).and_then(|l| l.uas.as_mut()) {
            let (interval, deadline, described) = (T1, now + LINGER, !sdp.is_empty());
            uas.outstanding = Some(Outstanding {
                hop,
                bytes,
                interval,
                deadline,
                described,
            });
        }
        self.respond(now, &key, response);
        self.timers.set(Timer::Leg(id, LegTimer::Reliable), now + T1);
    }

    pub(super) fn retransmit_reliable(&mut self, now: Instant, id: LegId) {
        let Some(uas) = self.legs.get_mut(&id).and_then(|l| l.uas.as_mut()) else {
            return;
        };
        let Some(outstanding) = uas.outstanding.as_mut() else {
            return;
        };
        if now >= outstanding.deadline {
            return self.refuse_call(now, id, 504, "", Cause::Unreachable, false);
        }
        outstanding.interval *= 2;
        let next = (now + outstanding.interval).min(outstanding.deadline);
        let (hop, bytes) = (outstanding.hop, outstanding.bytes.clone());
        self.transmit(hop, bytes);
        self.timers.set(Timer::Leg(id, LegTimer::Reliable), next);
    }

    pub(super) fn handle_prack(&mut self, now: Instant, id: LegId, key: &Key, request: &Request) {
        let Some(Ok(rack)) = request.headers.typed::<RAck>() else {
            return self.respond_status(now, key, request, 400);
        };
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(uas) = leg.uas.as_mut() else {
            return self.respond_status(now, key, request, 481);
        };
        let cseq = uas
            .request
            .headers
            .typed::<CSeq>()
            .and_then(Result::ok)
            .map_or(0, |c| c.sequence);
        if !uas.numbering.acknowledge(&rack, cseq, b"INVITE") {
            return self.respond_status(now, key, request, 481);
        }
        let described = uas.outstanding.take().is_some_and(|o| o.described);
        uas.described |= described;
        let offered = uas.has_offer;
        let answer = uas.answer.take();
        self.timers.clear(&Timer::Leg(id, LegTimer::Reliable));
        let sdp = compose::sdp_of(&request.headers, request.body()).unwrap_or(None);
        // The PRACK of our offer carries the answer; a new offer in a PRACK is more than we do.
        let status = if sdp.is_some() && offered { 488 } else { 200 };
        self.respond_status(now, key, request, status);
        if let (Some(sdp), false) = (sdp, offered) {
            self.event(Event::Confirmed {
                leg: id,
                sdp: Some(sdp),
            });
        }
        match answer {
            Some(sdp) => self.send_answer(now, id, sdp),
            None => self.send_reliable(now, id),
        }
    }

    /// PRACKs a reliable provisional response. False: seen before or out of order, to be dropped.
    pub(super) fn acknowledge_reliable(&mut self, now: Instant, id: LegId, response: &Response) -> bool {
        let headers = &response.headers;
        let (Some(Ok(RSeq(rseq))), true) = (
            headers.typed::<RSeq>(),
            compose::lists(headers, &HeaderName::Require, "100rel"),
        ) else {
            return true;
        };
        let Some(Ok(cseq)) = headers.typed::<CSeq>() else {
            return false;
        };
        let tag = compose::tag(headers, &HeaderName::To);
        let Some(leg) = self.legs.get_mut(&id).filter(|l| l.phase == Phase::Calling) else {
            return false;
        };
        let Some(uac) = leg.uac.as_mut() else { return false };
        let at = uac
            .reliable
            .iter()
            .position(|(t, _)| *t == tag)
            .unwrap_or_else(|| {
                uac.reliable.push((tag, Sequence::default()));
                uac.reliable.len() - 1
            });
        if uac.reliable[at].1.accept(rseq) != Received::Acknowledge {
            return false;
        }
        leg.dialog.local_cseq += 1;
        let mut dialog = leg.dialog.clone();
        dialog.learn(response);
        let mut prack = self.dialog_request(&dialog, Method::Prack, dialog.local_cseq);
        put(
            &mut prack.headers,
            HeaderName::RAck,
            format!("{rseq} {} INVITE", cseq.sequence),
        );
        self.send_request(now, dialog.hop, prack, Purpose::Prack(id));
        true
    }
}
