//! The ledger follows the tickets.

use std::collections::BTreeSet;

use chrono::Datelike;

use super::{rules, store};
use crate::{
    app::App,
    calendar::{
        self,
        limits::{Pauses, Timer},
    },
    clock::millis,
    db::{self, Tx},
    events::{Consumer, Event},
    tickets::{self, Books, Ticket, rules::timers::Running},
};

pub const CONSUMER: Consumer = Consumer {
    name: "supervision",
    topics: &[tickets::SUPERVISED, "provisioning.loaded", "settings.changed"],
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

async fn on_events(_: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    let mut numbers = BTreeSet::new();
    for event in events {
        match event.topic.as_str() {
            tickets::SUPERVISED => drop(numbers.insert(event.read::<tickets::Fact>()?.number)),
            // The calendar or the limits may have changed, and with them the days of feedback.
            _ => numbers.extend(store::unanswered(tx).await?),
        }
    }
    if numbers.is_empty() {
        return Ok(());
    }
    let books = tickets::books(tx).await?;
    for number in numbers {
        follow(tx, &books, &number).await?;
    }
    Ok(())
}

/// Makes the ticket's entries what its events say. The number of an entry is given once.
async fn follow(tx: &mut Tx, books: &Books, number: &str) -> Result<(), db::Error> {
    let Some(ticket) = tickets::find(tx, number).await? else {
        return Ok(());
    };
    let events = tickets::events(tx, number).await?;
    for entry in rules::entries(&events) {
        let Some(opened) = entry.instructions.first().map(|first| first.at) else {
            continue;
        };
        let row = store::Entered {
            ticket_number: number,
            standing: entry.standing(ticket.state),
            unit_code: ticket.body.lead().map(|lead| lead.unit_code.as_str()),
            opened_at: millis(opened),
            year: i64::from(calendar::local_date(opened).year()),
            due: due(&ticket, books, &entry).map(millis),
            entry: &entry,
        };
        store::enter(tx, &row).await?;
    }
    Ok(())
}

/// 反馈时限: from the last instruction.
fn due(ticket: &Ticket, books: &Books, entry: &rules::Entry) -> Option<chrono::DateTime<chrono::Utc>> {
    let limit = books
        .profile
        .limit(&ticket.band, &ticket.kind, Timer::Supervision)?;
    let unit = ticket.body.lead().map(|lead| lead.unit_code.clone());
    let running = Running {
        timer: Timer::Supervision,
        counted_by: unit.clone(),
        unit,
        from: entry.last()?.at,
        limit,
        extensions: vec![],
        pauses: Pauses::default(),
    };
    books.due(&running)?.due
}
