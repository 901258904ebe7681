//! A ticket that is newly classed or placed gets a unit suggested.

use super::suggest;
use crate::{
    app::App,
    db::Tx,
    events::{Consumer, Event},
    tickets::{self, Command},
};

pub const CONSUMER: Consumer = Consumer {
    name: "dispatch",
    topics: &[tickets::CLASSIFIED],
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

async fn on_events(app: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    for event in events {
        let Some(ticket) = tickets::find(tx, &event.key).await? else {
            continue;
        };
        let Some(class_code) = &ticket.class_code else {
            continue;
        };
        let found = suggest(tx, class_code, ticket.place_code.as_deref()).await?;
        let Some(best) = found.into_iter().next() else {
            continue;
        };
        let known = ticket.body.unit_suggestion.as_ref();
        if known.is_some_and(|known| known.unit_code == best.unit_code && known.reason == best.reason) {
            continue;
        }
        let command = Command::SuggestUnit {
            unit_code: best.unit_code,
            unit_name: best.unit_name,
            reason: best.reason,
        };
        tickets::note(tx, app.clock.now(), &ticket.number, command).await?;
    }
    Ok(())
}
