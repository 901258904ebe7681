//! Everything that happened to a ticket, in its order.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    accounts::Role,
    db::{self, Tx},
    tickets::{
        Actor,
        rules::{self, events::What},
        store,
    },
};

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TimelineEntry {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub kind: String,
    /// The person's name; 系统 for the hotline itself
    pub actor: String,
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
}

/// Units do not read what the office weighed before it gave them the ticket.
pub(super) async fn timeline(
    tx: &mut Tx,
    number: &str,
    actor: &Actor,
) -> Result<Vec<TimelineEntry>, db::Error> {
    let events = store::events(tx, number).await?;
    let actors: Vec<&str> = events.iter().filter_map(|event| event.actor.as_deref()).collect();
    let names = store::names(tx, &actors).await?;
    let entry = |(seq, event): (i64, &rules::Event)| {
        let (kind, detail) = event.what.to_parts().unwrap_or_default();
        let actor = match &event.actor {
            Some(username) => names.get(username).cloned().unwrap_or_else(|| username.clone()),
            None => "系统".to_owned(),
        };
        // The whole suggestion is shown once, not again for every time it was made.
        let detail = if matches!(event.what, What::Suggested(_)) {
            serde_json::Value::Null
        } else {
            detail
        };
        TimelineEntry {
            seq,
            at: event.at,
            kind,
            actor,
            detail,
        }
    };
    let shown = (1..)
        .zip(&events)
        .filter(|(_, event)| !actor.is(Role::Unit) || !event.what.is_of_the_office());
    Ok(shown.map(entry).collect())
}
