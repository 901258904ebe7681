//! Who hears whom in a call, worked out anew from its state after every change.

use std::collections::BTreeMap;

use super::Switch;
use crate::call::{Call, Playing, Stage};
use crate::media::MediaCommand;
use crate::{CallId, LegId};

/// For each leg of a conversation the legs that it hears.
pub(crate) type Routes = BTreeMap<LegId, Vec<LegId>>;

impl Switch {
    /// Tells the media thread what has changed since the last time.
    pub(super) fn route(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if !matches!(call.stage, Stage::Talking { .. }) {
            return;
        }
        let citizen = call.citizen;
        let mut wanted = routes(call);
        let before = std::mem::take(&mut call.routes);
        // A leg that has no part any more hears nothing, rather than what it heard last.
        for leg in before.keys() {
            wanted.entry(*leg).or_default();
        }
        let alone = wanted.get(&citizen).is_none_or(Vec::is_empty);
        let playing = call.playing;
        call.routes.clone_from(&wanted);
        let changed: Vec<(LegId, Vec<LegId>)> = wanted
            .into_iter()
            .filter(|(leg, from)| before.get(leg) != Some(from))
            .collect();
        match changed.as_slice() {
            [(a, from_a), (b, from_b)] if from_a.as_slice() == [*b] && from_b.as_slice() == [*a] => {
                let b = if *a == citizen { *b } else { *a };
                self.media(MediaCommand::Bridge { a: citizen, b });
            }
            _ => {
                for (leg, from) in changed {
                    self.media(MediaCommand::Hear { leg, from });
                }
            }
        }
        if alone && playing != Playing::Loop {
            self.play(id, Playing::Loop, &["hold-music".to_owned()]);
        } else if !alone && playing != Playing::Nothing {
            if let Some(call) = self.calls.get_mut(&id) {
                call.next_playback(Playing::Nothing);
            }
            self.media(MediaCommand::StopPlaying { leg: citizen });
        }
    }
}

fn routes(call: &Call) -> Routes {
    let mut routes = Routes::new();
    let held = matches!(call.stage, Stage::Talking { held: true });
    let desk = call.desk.as_ref().filter(|d| d.lost.is_none()).map(|d| d.leg);
    let mut talk = |legs: &[LegId]| {
        for leg in legs {
            let others = legs.iter().copied().filter(|other| other != leg);
            routes.insert(*leg, others.collect());
        }
    };
    match desk {
        Some(desk) if !held => talk(&[call.citizen, desk]),
        _ => {}
    }
    routes
}
