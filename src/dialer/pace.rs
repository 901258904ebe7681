//! How many calls may be placed right now, from what is going on.

use std::collections::HashSet;

use super::Owner;
use super::orders;
use super::rules::{self, Lines, Pace};
use super::store::Attempt;
use crate::{
    app::App,
    calls,
    db::{self, Tx},
};

pub(super) async fn room(app: &App, tx: &mut Tx, under_way: &[Attempt]) -> Result<usize, db::Error> {
    Ok(rules::room(pace(app), lines(app, tx, under_way).await?))
}

pub(super) async fn lines(app: &App, tx: &mut Tx, under_way: &[Attempt]) -> Result<Lines, db::Error> {
    let going_on = calls::open_ids(tx).await?;
    let ours = under_way.iter().map(|attempt| &attempt.call_id);
    // A call that was just claimed has a line already, though nobody has reported it yet.
    let busy: HashSet<&String> = going_on.iter().chain(ours).collect();
    Ok(Lines {
        channels: channels(app),
        busy: busy.len(),
        ours: under_way.len(),
    })
}

pub(super) fn pace(app: &App) -> Pace {
    let dialer = &app.config.dialer;
    Pace {
        at_once: usize::try_from(dialer.at_once).unwrap_or(usize::MAX),
        reserved_percent: usize::try_from(dialer.reserved_percent).unwrap_or(100),
    }
}

/// Of these attempts, those that want the same people as the owner's.
pub(super) fn of_a_kind(app: &App, owner: &dyn Owner, under_way: &[Attempt]) -> Vec<Attempt> {
    let is_kin = |attempt: &&Attempt| {
        orders::owner(app, &attempt.purpose).is_some_and(|other| other.call_purpose() == owner.call_purpose())
    };
    under_way.iter().filter(is_kin).cloned().collect()
}

/// Of the trunks that are not known to be down.
fn channels(app: &App) -> Option<usize> {
    let trunks = &app.config.trunks;
    if trunks.is_empty() {
        return None;
    }
    let live = app.live.state();
    let is_down = |name: &str| {
        let state = live.trunks.iter().find(|trunk| trunk.name == name);
        state.is_some_and(|trunk| trunk.state == "down" || trunk.state == "rejected")
    };
    let up = trunks.iter().filter(|trunk| !is_down(&trunk.name));
    let channels = up.map(|trunk| usize::try_from(trunk.max_calls).unwrap_or(usize::MAX));
    Some(channels.fold(0, usize::saturating_add))
}
