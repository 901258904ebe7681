//! A ticket that is newly classed or placed gets a unit suggested, and may go there by itself; when the duty catalogue or the office's rule
//! changes, what waits is looked at anew.

use chrono::NaiveDate;

use super::{automatic, catalogue, suggest};
use crate::{
    app::App,
    calendar::local_date,
    db::{self, Tx},
    events::{Consumer, Event},
    jobs::{self, Finish, Job, Kind},
    settings,
    tickets::{self, Command, Ticket},
};

pub const CONSUMER: Consumer = Consumer {
    name: "dispatch",
    topics: &[
        tickets::CLASSIFIED,
        tickets::ACCEPTED,
        tickets::UNHELD,
        catalogue::CHANGED,
        "settings.changed",
    ],
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

/// The duty catalogue changed: what waits to be dispatched is looked at again.
pub const RENEW: Kind = Kind::new("dispatch.renew", |app, job| Box::pin(renew(app, job)));

/// Tickets looked at in one transaction: others want to write as well, and each asks for the past of its class.
const BATCH: i64 = 10;

async fn on_events(app: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    let now = app.clock.now();
    for event in events {
        if event.topic == catalogue::CHANGED || is_rule(event) {
            // A pass that is under way does not go back to the tickets it has seen: each change has one of its own.
            let key = format!("{}:{}", RENEW.name, event.seq);
            jobs::enqueue(tx, now, &RENEW, Some(&key), &(), now).await?;
        } else if event.topic != "settings.changed"
            && let Some(ticket) = tickets::find(tx, &event.key).await?
        {
            renew_one(app, tx, &ticket, local_date(now)).await?;
        }
    }
    Ok(())
}

/// The office said what goes out by itself.
fn is_rule(event: &Event) -> bool {
    event.topic == "settings.changed"
        && event
            .read::<serde_json::Value>()
            .is_ok_and(|fact| fact["kind"] == settings::Kind::Dispatch.as_str())
}

async fn renew(app: &App, _: &Job) -> anyhow::Result<Finish> {
    let mut after = String::new();
    loop {
        let mut tx = app.db.begin().await?;
        let numbers = tickets::undispatched(&mut tx, &after, BATCH).await?;
        let Some(last) = numbers.last().cloned() else {
            return Ok(Finish::Done(tx));
        };
        for number in &numbers {
            if let Some(ticket) = tickets::find(&mut tx, number).await? {
                renew_one(app, &mut tx, &ticket, local_date(app.clock.now())).await?;
            }
        }
        tx.commit().await?;
        after = last;
    }
}

async fn renew_one(app: &App, tx: &mut Tx, ticket: &Ticket, today: NaiveDate) -> Result<(), db::Error> {
    suggest_unit(app, tx, ticket, today).await?;
    automatic::consider(app, tx, &ticket.number).await
}

async fn suggest_unit(app: &App, tx: &mut Tx, ticket: &Ticket, today: NaiveDate) -> Result<(), db::Error> {
    let Some(class_code) = &ticket.class_code else {
        return Ok(());
    };
    let found = suggest(tx, class_code, ticket.place_code.as_deref(), today).await?;
    let Some(best) = found.into_iter().next() else {
        return Ok(());
    };
    let known = ticket.body.unit_suggestion.as_ref();
    if known.is_some_and(|known| known.unit_code == best.unit_code && known.reason == best.reason) {
        return Ok(());
    }
    let command = Command::SuggestUnit {
        unit_code: best.unit_code,
        unit_name: best.unit_name,
        reason: best.reason,
    };
    tickets::note(tx, app.clock.now(), &ticket.number, command).await?;
    Ok(())
}
