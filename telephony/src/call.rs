//! One call: the citizen's leg, the operator's, and what stage they are in.
//!
//! Not responsible for deciding what happens next: that is the switch.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

use crate::media::{DigitSource, PlaybackId, Sound, Stream};
use crate::menu::Menu;
use crate::sdp::Origin;
use crate::sip::Cause;
use crate::switch::routes::Routes;
use crate::switch::{Mode, PartyKind, Side};
use crate::{CallId, LegId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Outbound and not yet answered, or inbound with a late offer.
    Connecting,
    Menu,
    Queued,
    Talking {
        held: bool,
    },
}

/// What the citizen hears from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Playing {
    Nothing,
    Menu,
    /// An announcement that music follows.
    Announcement,
    /// "One moment please", followed by ringing.
    Transferring,
    /// The last words before we hang up.
    Farewell,
    Loop,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) citizen: LegId,
    pub(crate) outbound: bool,
    pub(crate) stage: Stage,
    /// None for a call that an operator places.
    pub(crate) menu: Option<Menu>,
    /// Variables of the flow's prompts, already as clip names.
    pub(crate) variables: HashMap<String, Vec<String>>,
    pub(crate) playing: Playing,
    pub(crate) playback: PlaybackId,
    pub(crate) queue: Option<String>,
    /// The operators being rung; the first to answer becomes `desk`.
    pub(crate) rings: Vec<Desk>,
    /// The operator talked to.
    pub(crate) desk: Option<Desk>,
    pub(crate) recording_since: Option<Instant>,
    pub(crate) message: Option<(String, Instant)>,
    pub(crate) left_message: bool,
    /// The caller asked to be called back.
    pub(crate) wants_callback: bool,
    pub(crate) was_answered: bool,
    /// Somebody beside the citizen and the operator.
    pub(crate) third: Option<Third>,
    /// Who handed the call on, until it is taken.
    pub(crate) left_by: Option<String>,
    pub(crate) monitors: Vec<Monitor>,
    pub(crate) recording_paused: bool,
    /// As the media thread was last told.
    pub(crate) routes: Routes,
    /// What loops for the citizen while nobody talks with them.
    pub(crate) loops: Option<&'static str>,
    /// The operator's leg that hears it ring at the far end.
    pub(crate) ringback: Option<LegId>,
    /// The third party's leg, while it waits on music.
    pub(crate) third_waits: Option<LegId>,
    /// A clerk contacts a citizen: `citizen` above is the clerk's leg, the third party the citizen.
    pub(crate) masked: Option<Masked>,
    /// The last key of the citizen's, and when.
    pub(crate) last_key: Option<(char, DigitSource, Instant)>,
    /// What the citizen said last, until it is handed on to be understood; and from when to when.
    pub(crate) said: Option<Sound>,
    pub(crate) said_at: Option<(Instant, Instant)>,
    /// The flow is being told what that meant.
    pub(crate) understood: bool,
    /// The leg that is listened to before it answers, and how many sentences of the network's so far.
    pub(crate) early: Option<(LegId, u32)>,
    /// The clerk who had contacted this citizen was rung.
    pub(crate) returned: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Masked {
    pub(crate) citizen: String,
    /// Why the citizen was not reached.
    pub(crate) failed: Option<Cause>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Third {
    pub(crate) leg: LegId,
    /// A colleague's name, or the number.
    pub(crate) party: String,
    pub(crate) kind: PartyKind,
    pub(crate) stage: ThirdStage,
    pub(crate) purpose: Purpose,
    pub(crate) on_line: bool,
    pub(crate) ring_until: Option<Instant>,
    /// Whoever a queue gave.
    pub(crate) asked: Option<AskedQueue>,
}

/// A queue that is asked for a colleague, and who of it was rung so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskedQueue {
    pub(crate) queue: String,
    pub(crate) rung: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ThirdStage {
    Ringing,
    /// With the operator alone; or with the citizen, when the operator has left.
    Talking,
    /// On music, while the operator is with the citizen again.
    Waiting,
    ThreeWay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Consult,
    /// The operator has left already.
    Blind,
    /// All three talk as soon as it answers.
    Emergency,
    /// The operator leaves as soon as it answers.
    HandOver,
    /// The citizen whom a clerk contacts.
    Contact,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Monitor {
    pub(crate) leg: LegId,
    pub(crate) supervisor: String,
    pub(crate) mode: Mode,
}

#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) leg: LegId,
    pub(crate) operator: String,
    /// A browser's line; else a SIP phone.
    pub(crate) on_line: bool,
    /// A line is rung until then; a phone's time is kept by the SIP side.
    pub(crate) ring_until: Option<Instant>,
    /// The line was lost during the call, and may come back.
    pub(crate) lost: Option<Instant>,
}

/// A leg with its media, until the media thread has reported its last figures.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) call: CallId,
    pub(crate) side: Side,
    /// As the record names it.
    pub(crate) shown: Side,
    pub(crate) party: String,
    pub(crate) local: SocketAddr,
    pub(crate) origin: Origin,
    pub(crate) stream: Option<Stream>,
    pub(crate) started: Instant,
    pub(crate) answered: Option<Instant>,
    pub(crate) ended: Option<(Instant, Cause, u16)>,
}

impl Call {
    pub(crate) fn menu_deadline(&self) -> Option<Instant> {
        // A flow waits for nobody before the call is answered.
        let menu = self.menu.as_ref().filter(|_| self.stage == Stage::Menu)?;
        menu.deadline()
    }

    /// A new playback, so that the end of an older one is not taken for its own.
    pub(crate) fn next_playback(&mut self, playing: Playing) -> PlaybackId {
        self.playing = playing;
        self.playback = PlaybackId(self.playback.0 + 1);
        self.playback
    }

    /// Prompt names with `$name` replaced by the clips of the variable; an unknown variable is left out.
    pub(crate) fn spelled(&self, prompts: &[String]) -> Vec<String> {
        let clips = |p: &String| match p.strip_prefix('$') {
            Some(name) => self.variables.get(name).cloned().unwrap_or_default(),
            None => vec![p.clone()],
        };
        prompts.iter().flat_map(clips).collect()
    }
}
