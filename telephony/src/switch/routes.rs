//! Who hears whom in a call, worked out anew from its state after every change.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Mode, Switch};
use crate::call::{Call, Playing, Purpose, Stage, ThirdStage};
use crate::media::{MediaCommand, PlaybackId};
use crate::{CallId, LegId};

/// For each leg of a conversation the legs that it hears.
pub(crate) type Routes = BTreeMap<LegId, Vec<LegId>>;

impl Switch {
    /// Tells the media thread what has changed since the last time.
    pub(super) fn route(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if !matches!(call.stage, Stage::Talking { .. } | Stage::Connecting) {
            return;
        }
        let wanted = routes(call);
        let before = std::mem::replace(&mut call.routes, wanted.clone());
        self.tell_routes(id, &before, wanted);
        self.loop_for_citizen(id);
        self.ring_for_operator(id);
        self.loop_for_third(id);
    }

    fn tell_routes(&mut self, id: CallId, before: &Routes, mut wanted: Routes) {
        let Some(citizen) = self.calls.get(&id).map(|c| c.citizen) else {
            return;
        };
        // A leg that has no part any more hears nothing, rather than what it heard last.
        for leg in before.keys() {
            wanted.entry(*leg).or_default();
        }
        let changed: Vec<(LegId, Vec<LegId>)> = wanted
            .into_iter()
            .filter(|(leg, from)| before.get(leg) != Some(from))
            .collect();
        match changed.as_slice() {
            [(a, from_a), (b, from_b)] if from_a.as_slice() == [*b] && from_b.as_slice() == [*a] => {
                // The citizen first, if it is theirs.
                let (a, b) = if *b == citizen { (*b, *a) } else { (*a, *b) };
                self.media(MediaCommand::Bridge { a, b });
            }
            _ => {
                for (leg, from) in changed {
                    self.media(MediaCommand::Hear { leg, from });
                }
            }
        }
    }

    /// Music, or ringing, for a citizen whom nobody talks with.
    fn loop_for_citizen(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if call.stage == Stage::Connecting {
            return;
        }
        let wanted = loop_of(call);
        let (citizen, playing) = (call.citizen, call.playing);
        let before = std::mem::replace(&mut call.loops, wanted);
        match wanted {
            Some(prompt) if playing != Playing::Loop || before != wanted => {
                self.play(id, Playing::Loop, &[prompt.to_owned()]);
            }
            None if playing != Playing::Nothing => {
                call.next_playback(Playing::Nothing);
                self.media(MediaCommand::StopPlaying { leg: citizen });
            }
            _ => {}
        }
    }

    /// Ringback for an operator who waits for the far end.
    fn ring_for_operator(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let waits = match &call.third {
            Some(third) => third.stage == ThirdStage::Ringing && third.purpose == Purpose::Consult,
            None => call.stage == Stage::Connecting,
        };
        let wanted = call.desk.as_ref().filter(|_| waits).map(|d| d.leg);
        let before = std::mem::replace(&mut call.ringback, wanted);
        if before == wanted {
            return;
        }
        if let Some(leg) = before {
            self.media(MediaCommand::StopPlaying { leg });
        }
        if let Some(leg) = wanted {
            self.loop_on(leg, "ringback");
        }
    }
}

impl Switch {
    /// Music for a third party that answered and whom nobody talks with.
    fn loop_for_third(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let alone = |leg: &LegId| call.routes.get(leg).is_none_or(Vec::is_empty);
        let answered = call.third.as_ref().filter(|t| t.stage != ThirdStage::Ringing);
        let wanted = answered.map(|t| t.leg).filter(alone);
        let before = std::mem::replace(&mut call.third_waits, wanted);
        if before == wanted {
            return;
        }
        if let Some(leg) = before {
            self.media(MediaCommand::StopPlaying { leg });
        }
        if let Some(leg) = wanted {
            self.loop_on(leg, "hold-music");
        }
    }

    fn loop_on(&mut self, leg: LegId, prompt: &str) {
        self.media(MediaCommand::Play {
            leg,
            playback: PlaybackId(0),
            prompts: vec![Arc::from(prompt)],
            looped: true,
        });
    }
}

fn loop_of(call: &Call) -> Option<&'static str> {
    let alone = call.routes.get(&call.citizen).is_none_or(Vec::is_empty);
    let rings = |third: &crate::call::Third| matches!(third.purpose, Purpose::Blind | Purpose::Contact);
    let handed_on = call.third.as_ref().is_some_and(rings);
    match (alone, handed_on) {
        (false, _) => None,
        (true, true) => Some("ringback"),
        (true, false) => Some("hold-music"),
    }
}

fn routes(call: &Call) -> Routes {
    let mut routes = Routes::new();
    for leg in conversation(call) {
        let others = conversation(call).into_iter().filter(|other| *other != leg);
        routes.insert(leg, others.collect());
    }
    let together: Vec<LegId> = routes.keys().copied().collect();
    let operator = call.desk.as_ref().map(|d| d.leg);
    for monitor in &call.monitors {
        let heard = if together.is_empty() {
            vec![call.citizen]
        } else {
            together.clone()
        };
        routes.insert(monitor.leg, heard);
        for leg in &together {
            let hears = match monitor.mode {
                Mode::Listen => false,
                Mode::Whisper => Some(*leg) == operator,
                Mode::Barge => true,
            };
            if hears && let Some(from) = routes.get_mut(leg) {
                from.push(monitor.leg);
            }
        }
    }
    routes
}

/// Who talk with each other; nobody while the citizen waits alone.
fn conversation(call: &Call) -> Vec<LegId> {
    let citizen = call.citizen;
    let held = call.stage != Stage::Talking { held: false };
    let desk = call.desk.as_ref().filter(|d| d.lost.is_none()).map(|d| d.leg);
    let Some(third) = &call.third else {
        return match desk {
            Some(desk) if !held => vec![citizen, desk],
            _ => Vec::new(),
        };
    };
    match (third.stage, desk) {
        (ThirdStage::Ringing, Some(desk)) if third.purpose.is_emergency() => vec![citizen, desk],
        (ThirdStage::Ringing, _) => Vec::new(),
        (ThirdStage::Talking, Some(desk)) => vec![desk, third.leg],
        (ThirdStage::Waiting, Some(desk)) => vec![citizen, desk],
        // The operator has left for good, or is only lost.
        (ThirdStage::Talking, None) if call.desk.is_none() => vec![citizen, third.leg],
        (ThirdStage::Talking | ThirdStage::Waiting, None) => Vec::new(),
        (ThirdStage::ThreeWay, Some(desk)) => vec![citizen, desk, third.leg],
        (ThirdStage::ThreeWay, None) => vec![citizen, third.leg],
    }
}
