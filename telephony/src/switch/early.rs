//! What is heard before whom we called has answered: a carrier may answer 183 for ever and tell by tones or words alone how a call fares.
//!
//! Not responsible for telling tones apart (see `rtp::progress`), nor for words: those are understood outside.

use std::time::Duration;

use super::{EndedBy, Switch};
use crate::call::{Purpose, Stage, Third, ThirdStage};
use crate::media::{MediaCommand, ProgressTone, Utterance};
use crate::sip::Cause;
use crate::{CallId, LegId};

/// A sentence of the network's. It says each several times over; a tune in place of the ringing tone goes on for ever.
const SENTENCES: Utterance = Utterance {
    pause: Duration::from_millis(700),
    longest: Duration::from_secs(7),
};
const MOST_SENTENCES: u32 = 4;

impl Switch {
    /// The carrier sends sound already.
    pub(super) fn heard_early(&mut self, leg: LegId) {
        let Some(call) = self.awaited(leg).and_then(|id| self.calls.get_mut(&id)) else {
            return;
        };
        if call.early.is_some_and(|(known, _)| known == leg) {
            return;
        }
        call.early = Some((leg, 1));
        self.media(MediaCommand::WatchProgress { leg, on: true });
        let how = Some(SENTENCES);
        self.media(MediaCommand::Listen { leg, how });
    }

    /// Somebody picked up.
    pub(super) fn answered_after_all(&mut self, id: CallId, leg: LegId) {
        let early = self.calls.get_mut(&id).and_then(|call| call.early.take());
        if early.is_some() {
            self.media(MediaCommand::WatchProgress { leg, on: false });
            self.media(MediaCommand::Listen { leg, how: None });
        }
    }

    pub(super) fn progress(&mut self, leg: LegId, tone: ProgressTone) {
        let cause = match tone {
            ProgressTone::Busy => Cause::Busy,
            ProgressTone::Congestion => Cause::Unavailable,
            ProgressTone::Unobtainable => Cause::NoSuchNumber,
            // Says that an announcement follows; what became of the call is in its words.
            ProgressTone::Ringback | ProgressTone::SpecialInformation => return,
        };
        if self.awaited(leg).is_some() {
            self.drop_leg(leg, cause, EndedBy::System);
        }
    }

    /// What the network said has been looked at. Without a cause in it the next sentence may have one.
    pub(super) fn announced(&mut self, id: CallId, cause: Option<Cause>) {
        let early = self.calls.get(&id).and_then(|call| call.early);
        let Some((leg, sentences)) = early.filter(|(leg, _)| self.awaited(*leg) == Some(id)) else {
            return;
        };
        if let Some(cause) = cause {
            return self.drop_leg(leg, cause, EndedBy::System);
        }
        if sentences < MOST_SENTENCES {
            if let Some(call) = self.calls.get_mut(&id) {
                call.early = Some((leg, sentences + 1));
            }
            let how = Some(SENTENCES);
            self.media(MediaCommand::Listen { leg, how });
        }
    }

    /// The call in which this leg is awaited with nobody on the line who would hear why it does not answer: of a flow of ours, a transfer,
    /// the citizen of a masked contact. A person who dials hears for themselves.
    pub(super) fn awaited(&self, leg: LegId) -> Option<CallId> {
        let id = self.legs.get(&leg)?.call;
        let call = self.calls.get(&id)?;
        let is_ours =
            call.citizen == leg && call.outbound && call.stage == Stage::Connecting && call.menu.is_some();
        let is_handed_to = |third: &Third| {
            third.leg == leg
                && third.stage == ThirdStage::Ringing
                && matches!(third.purpose, Purpose::Blind | Purpose::Contact)
        };
        (is_ours || call.third.as_ref().is_some_and(is_handed_to)).then_some(id)
    }
}
