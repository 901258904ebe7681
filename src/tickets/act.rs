//! What is done to a ticket: the rules decide, and the events, the row, the clocks and the news are of one transaction.

use chrono::{DateTime, Utc};

use super::{
    Actor, CREATED, Command, Error, Event, Fact, Source, Ticket, What, after, agenda, books, citizen, clock,
    given,
    rules::{self, events::AttachedFile},
    store::{self, catalogue},
};
use crate::{
    attachments::{self, Attachment},
    calls::{self, Call},
    clock::Rng,
    db::{self, Tx},
    events as outbox,
};

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
        tx.note("id", number.as_str());
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
        let books = books(tx).await?;
        agenda::plan(tx, now, &ticket, &books).await?;
        after::tell(tx, &ticket, &books);
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
    act_with(tx, now, number, command, &[], actor, seen).await
}

/// The same, with what the actor uploaded for it: both stand or fall together.
pub async fn act_with(
    tx: &mut Tx,
    now: DateTime<Utc>,
    number: &str,
    mut command: Command,
    files: &[String],
    actor: &Actor,
    seen: Option<i64>,
) -> Result<Ticket, Error> {
    let before = store::lock(tx, number).await?.ok_or(Error::NotFound)?;
    let books = books(tx).await?;
    let policy = clock::policy_by(tx, &books, &before, actor).await?;
    if !rules::may_see(&before, actor, &policy) {
        return Err(Error::NotFound);
    }
    catalogue::check(tx, &books, &mut command).await?;
    let step = command.verb().unwrap_or_default();
    let mut whats = rules::decide(&before, command, actor, now, &policy)?;
    if seen.is_some_and(|seen| seen != before.version) {
        return Err(Error::Stale {
            version: before.version,
        });
    }
    whats.extend(send_files(tx, now, number, files, actor, step).await?);
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
    note_events(tx, number, &new);
    let mut after = before.clone();
    new.iter().for_each(|event| after.apply(event));
    store::save(tx, &before, &after, &new).await?;
    after::follow(tx, now, &after, &new).await?;
    agenda::plan(tx, now, &after, &books).await?;
    given::tell(tx, now, &before, &after, &books).await?;
    citizen::tell(tx, now, &after, &new, &books).await?;
    after::publish(tx, now, &before, &after).await?;
    after::tell(tx, &after, &books);
    after::tell_left(tx, &before, &after);
    Ok(after)
}

/// The ticket, if the rules would allow the command now. Changes nothing.
pub async fn ask(
    tx: &mut Tx,
    now: DateTime<Utc>,
    number: &str,
    command: Command,
    actor: &Actor,
) -> Result<Ticket, Error> {
    let ticket = store::lock(tx, number).await?.ok_or(Error::NotFound)?;
    let books = books(tx).await?;
    let policy = clock::policy_by(tx, &books, &ticket, actor).await?;
    if !rules::may_see(&ticket, actor, &policy) {
        return Err(Error::NotFound);
    }
    rules::decide(&ticket, command, actor, now, &policy)?;
    Ok(ticket)
}

async fn send_files(
    tx: &mut Tx,
    now: DateTime<Utc>,
    number: &str,
    ids: &[String],
    actor: &Actor,
    step: &str,
) -> Result<Option<What>, Error> {
    let Some(uploader) = actor.username().filter(|_| !ids.is_empty()) else {
        return Ok(None);
    };
    let sent = attachments::send(tx, now, number, uploader, ids, step).await?;
    let file = |file: Attachment| AttachedFile {
        id: file.id,
        name: file.name,
        mime: file.mime,
        bytes: file.bytes,
    };
    Ok(Some(What::Attached {
        step: step.to_owned(),
        files: sent.into_iter().map(file).collect(),
    }))
}

/// Which events a write made, and which fields it filled: for the audit log, which has no use for what is in them.
fn note_events(tx: &mut Tx, number: &str, new: &[Event]) {
    tx.note("id", number);
    let kinds = new.iter().filter_map(|event| event.what.to_parts().ok());
    let kinds: Vec<_> = kinds.map(|(kind, _)| kind).collect();
    tx.note("events", kinds);
    let filled = new.iter().find_map(|event| match &event.what {
        What::Filled(fill) => Some(fill),
        _ => None,
    });
    if let Some(fill) = filled {
        let fields = fill.texts().into_iter().filter(|(_, value)| value.is_some());
        let fields: Vec<_> = fields.map(|(field, _)| field.name()).collect();
        tx.note("fields", fields);
    }
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
