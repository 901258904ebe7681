//! How many calls may be placed right now, from what is going on.

use std::collections::HashSet;

use super::rules::{self, Lines, Pace};
use super::store::Attempt;
use crate::{
    app::App,
    calls,
    db::{self, Tx},
};

pub(super) async fn room(app: &App, tx: &mut Tx, under_way: &[Attempt]) -> Result<usize, db::Error> {
    let going_on = calls::open_ids(tx).await?;
    let ours = under_way.iter().map(|attempt| &attempt.call_id);
    // A call that was just claimed has a line already, though nobody has reported it yet.
    let busy: HashSet<&String> = going_on.iter().chain(ours).collect();
    let lines = Lines {
        channels: channels(app),
        busy: busy.len(),
        ours: under_way.len(),
    };
    let dialer = &app.config.dialer;
    let pace = Pace {
        at_once: usize::try_from(dialer.at_once).unwrap_or(usize::MAX),
        reserved_percent: usize::try_from(dialer.reserved_percent).unwrap_or(100),
    };
    Ok(rules::room(pace, lines))
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
