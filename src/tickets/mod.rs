//! Tickets (工单): what a citizen asked, and what became of it. Does not know who answers for what (dispatch) nor when the citizen is
//! called back (surveys): both hear of a ticket through its events and come back as commands.

pub mod api;
pub mod jobs;
pub mod lexicon;
pub mod rules;
mod store;
mod views;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use store::catalogue;

use crate::{
    calls::{self, Call},
    clock::Rng,
    db::{self, Tx},
    events as outbox,
    news::{Audience, News},
};

pub use catalogue::units as unit_names;
pub use rules::{Actor, Command, Event, Refusal, Source, State, Ticket, What};
pub use store::open::{open_of_caller, urgency_words, urgent};
pub use store::{Filter, Today, events, find, history, page, rebuilt, today};
pub use views::{CodeName, TicketSummary, TicketView, summaries, view};

pub const CREATED: &str = "ticket.created";
/// Class or place changed: who answers for it may have changed too.
pub const CLASSIFIED: &str = "ticket.classified";
pub const CALLBACK: &str = "ticket.callback";
pub const CLOSED: &str = "ticket.closed";
pub const REOPENED: &str = "ticket.reopened";

/// What the slices to the right are told; the rest is on the ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub number: String,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("没有这个工单")]
    NotFound,
    /// Somebody else changed it meanwhile.
    #[error("工单已被他人修改，请刷新后再试")]
    Stale { version: i64 },
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("没有这个{what}")]
    Unknown { field: &'static str, what: &'static str },
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Attempts to find a free number: each is one in a million within a second.
const DRAWS: usize = 20;

/// Opens a ticket: by a call, or by a person without one.
pub async fn open(
    tx: &mut Tx,
    rng: &Rng,
    now: DateTime<Utc>,
    source: Source,
    call: Option<&Call>,
    actor: &Actor,
) -> Result<Ticket, Error> {
    let caller = call.map(|call| call.caller.clone()).unwrap_or_default();
    let what = What::Opened {
        source,
        caller,
        call_id: call.map(|call| call.id.clone()),
    };
    let event = Event {
        at: now,
        actor: actor.username().map(str::to_owned),
        what,
    };
    for _ in 0..DRAWS {
        // The remainder is below a million.
        let number = rules::number::ticket_number(now, (rng.u64() % 1_000_000) as u32);
        let Some(ticket) = rules::rebuild(&number, std::slice::from_ref(&event)) else {
            continue;
        };
        if !store::insert(tx, &ticket, &event).await? {
            continue;
        }
        if let Some(call) = call {
            calls::link_ticket(tx, &call.id, &number).await?;
        }
        outbox::publish(
            tx,
            now,
            CREATED,
            &number,
            &Fact {
                number: number.clone(),
            },
        )
        .await?;
        tell(tx, &ticket).await?;
        return Ok(ticket);
    }
    Err(db::Error::Busy.into())
}

/// Carries a command out, if the rules allow it. `seen` is the version the actor saw, where that matters.
pub async fn act(
    tx: &mut Tx,
    now: DateTime<Utc>,
    number: &str,
    command: Command,
    actor: &Actor,
    seen: Option<i64>,
) -> Result<Ticket, Error> {
    let before = store::lock(tx, number).await?.ok_or(Error::NotFound)?;
    if !rules::may_see(&before, actor) {
        return Err(Error::NotFound);
    }
    catalogue::check(tx, &command).await?;
    let whats = rules::decide(&before, command, actor)?;
    if seen.is_some_and(|seen| seen != before.version) {
        return Err(Error::Stale {
            version: before.version,
        });
    }
    if whats.is_empty() {
        return Ok(before);
    }
    let actor = actor.username().map(str::to_owned);
    let new: Vec<_> = whats
        .into_iter()
        .map(|what| Event {
            at: now,
            actor: actor.clone(),
            what,
        })
        .collect();
    let mut after = before.clone();
    new.iter().for_each(|event| after.apply(event));
    store::save(tx, &before, &after, &new).await?;
    publish(tx, now, &before, &after).await?;
    tell(tx, &after).await?;
    Ok(after)
}

/// A command of the hotline itself. What the ticket has outgrown is no error: the fact came too late.
pub async fn note(
    tx: &mut Tx,
    now: DateTime<Utc>,
    number: &str,
    command: Command,
) -> Result<Option<Ticket>, db::Error> {
    match act(tx, now, number, command, &Actor::System, None).await {
        Ok(ticket) => Ok(Some(ticket)),
        Err(Error::Database(error)) => Err(error),
        Err(refusal) => {
            tracing::debug!(number, %refusal, "not taken over");
            Ok(None)
        }
    }
}

async fn publish(tx: &mut Tx, now: DateTime<Utc>, before: &Ticket, after: &Ticket) -> Result<(), db::Error> {
    let fact = Fact {
        number: after.number.clone(),
    };
    let moved = before.class_code != after.class_code || before.place_code != after.place_code;
    if moved && after.class_code.is_some() {
        outbox::publish(tx, now, CLASSIFIED, &after.number, &fact).await?;
    }
    let topic = match after.state {
        State::Callback => CALLBACK,
        State::Closed => CLOSED,
        State::Reopened => REOPENED,
        _ => return Ok(()),
    };
    if before.state != after.state {
        outbox::publish(tx, now, topic, &after.number, &fact).await?;
    }
    Ok(())
}

async fn tell(tx: &mut Tx, ticket: &Ticket) -> Result<(), db::Error> {
    let summaries = summaries(tx, std::slice::from_ref(ticket)).await?;
    let audience = match &ticket.unit_code {
        Some(unit) => Audience::OfficeAndUnit(unit.clone()),
        None => Audience::Office,
    };
    for summary in summaries {
        let data = serde_json::to_value(summary).unwrap_or_default();
        tx.tell(News {
            kind: "ticket",
            data,
            audience: audience.clone(),
        });
    }
    Ok(())
}
