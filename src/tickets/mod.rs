//! Tickets (工单): what a citizen asked, and what became of it. Does not know who answers for what (dispatch) nor when the citizen is
//! called back (surveys): both hear of a ticket through its events and come back as commands.

pub mod agenda;
pub mod api;
mod citizen;
mod clock;
mod emergency;
mod finding;
mod given;
pub mod inbox;
pub mod jobs;
mod lens;
pub mod lexicon;
pub mod rules;
mod store;
mod views;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use rules::events::AttachedFile;
use store::catalogue;

use crate::{
    attachments::{self, Attachment},
    calls::{self, Call},
    clock::Rng,
    db::{self, Tx},
    events as outbox,
    news::{Audience, News},
    notices,
};

pub use catalogue::units as unit_names;
pub use clock::{Books, books, policy};
pub use finding::{REINDEX, note_calls, reindex, tidy};
pub use lens::Lenses;
pub use rules::facts::Citation;
pub use rules::{Actor, Command, Event, Policy, Refusal, Source, State, Ticket, What};
pub use store::daily::with_units;
pub use store::inbox::undispatched;
pub use store::list::{Filter, Listed, Sort, page};
pub use store::open::{has_like, in_callback, open_of_caller, urgency_words, urgent};
pub use store::{Today, events, find, history, lock as find_locked, rebuilt, today};
pub use views::{AttachmentView, CodeName, TicketSummary, TicketView, summaries, view};

pub const CREATED: &str = "ticket.created";
/// Class or place changed: who answers for it may have changed too.
pub const CLASSIFIED: &str = "ticket.classified";
/// What kept a 待派单 ticket from going out by the office's rule no longer does: a band lowered, a protection lifted, a kind chosen.
pub const UNHELD: &str = "ticket.unheld";
/// 待派单
pub const ACCEPTED: &str = "ticket.accepted";
pub const CALLBACK: &str = "ticket.callback";
pub const CLOSED: &str = "ticket.closed";
pub const REOPENED: &str = "ticket.reopened";
/// Something happened on a ticket that is, or was, supervised (督办).
pub const SUPERVISED: &str = "ticket.supervised";
/// 待评判: the citizen was not satisfied.
pub const JUDGING: &str = "ticket.judging";

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
    Attachment(#[from] attachments::Error),
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
        tell(tx, &ticket, &books).await?;
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
    catalogue::check(tx, &mut command).await?;
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
    follow(tx, now, &after, &new).await?;
    agenda::plan(tx, now, &after, &books).await?;
    given::tell(tx, now, &before, &after, &books).await?;
    citizen::tell(tx, now, &after, &new, &books).await?;
    publish(tx, now, &before, &after).await?;
    tell(tx, &after, &books).await?;
    tell_left(tx, &before, &after);
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

async fn publish(tx: &mut Tx, now: DateTime<Utc>, before: &Ticket, after: &Ticket) -> Result<(), db::Error> {
    let fact = Fact {
        number: after.number.clone(),
    };
    let moved = before.class_code != after.class_code || before.place_code != after.place_code;
    if moved && after.class_code.is_some() {
        outbox::publish(tx, now, CLASSIFIED, &after.number, &fact).await?;
    }
    if before.state == after.state && !before.may_go_by_rule() && after.may_go_by_rule() {
        outbox::publish(tx, now, UNHELD, &after.number, &fact).await?;
    }
    if after.body.supervision.is_some() {
        outbox::publish(tx, now, SUPERVISED, &after.number, &fact).await?;
    }
    let topic = match after.state {
        State::Accepted => ACCEPTED,
        State::Callback => CALLBACK,
        State::Closed => CLOSED,
        State::Judging => JUDGING,
        State::Redo => REOPENED,
        _ => return Ok(()),
    };
    if before.state != after.state {
        outbox::publish(tx, now, topic, &after.number, &fact).await?;
    }
    Ok(())
}

async fn tell(tx: &mut Tx, ticket: &Ticket, books: &Books) -> Result<(), db::Error> {
    let [office, masked] = views::told(tx, ticket).await?;
    let active = ticket
        .body
        .assignments
        .iter()
        .filter(|given| given.state.is_active());
    let units: Vec<String> = active.map(|given| given.unit_code.clone()).collect();
    tell_to(tx, office, Audience::Office);
    if !units.is_empty() {
        tell_to(tx, masked, Audience::Units(books.tree.with_superiors(units)));
    }
    Ok(())
}

/// Units that have it no longer are told to look at their inboxes again, and nothing of the ticket.
fn tell_left(tx: &mut Tx, before: &Ticket, after: &Ticket) {
    let (old, new) = (store::scope::units(before), store::scope::units(after));
    let left: Vec<String> = old.difference(&new).map(|code| (*code).to_owned()).collect();
    if !left.is_empty() {
        tx.tell(News {
            kind: "inbox",
            data: serde_json::json!({}),
            audience: Audience::OfficeAndUnits(left),
        });
    }
}

fn tell_to(tx: &mut Tx, summary: TicketSummary, audience: Audience) {
    let data = serde_json::to_value(summary).unwrap_or_default();
    tx.tell(News {
        kind: "ticket",
        data,
        audience,
    });
}

/// What some events do beyond their own ticket.
async fn follow(tx: &mut Tx, now: DateTime<Utc>, ticket: &Ticket, new: &[Event]) -> Result<(), Error> {
    for event in new {
        match &event.what {
            What::Decided(decision) => store::scope::keep_precedent(tx, now, ticket, decision).await?,
            What::Protected { named, .. } => {
                calls::set_readers(tx, &ticket.number, Some(named)).await?;
                // What was told before stays to be read.
                let scrub = rules::privacy::Scrubber::new(ticket, rules::privacy::Sight::Hidden);
                notices::rewrite(tx, &ticket.number, |text| scrub.text(text)).await?;
            }
            What::Unprotected { .. } => calls::set_readers(tx, &ticket.number, None).await?,
            What::Merged { parent, .. } => join(tx, now, ticket, parent).await?,
            _ => {}
        }
    }
    Ok(())
}

/// The parent of a merged ticket must be open, and is told.
async fn join(tx: &mut Tx, now: DateTime<Utc>, child: &Ticket, parent: &str) -> Result<(), Error> {
    let unknown = || Error::Unknown {
        field: "parent",
        what: "主单",
    };
    let command = Command::Join {
        child: child.number.clone(),
    };
    match Box::pin(act(tx, now, parent, command, &Actor::System, None)).await {
        Ok(_) => Ok(()),
        Err(Error::NotFound) => Err(unknown()),
        Err(error) => Err(error),
    }
}

/// The title for a wall or a notice: on a confidential ticket without the citizen.
pub fn shown_title(ticket: &Ticket) -> String {
    let sight = rules::privacy::sight_of_all(ticket, false);
    rules::privacy::Scrubber::new(ticket, sight).text(&ticket.title)
}

/// The units whose tickets a unit's people see: its own and all below it.
pub async fn scope(tx: &mut Tx, unit: Option<&str>) -> Result<Vec<String>, db::Error> {
    let Some(own) = unit else {
        return Ok(vec![]);
    };
    let tree = &books(tx).await?.tree;
    let below = tree.0.keys().filter(|code| tree.is_below(code, own)).cloned();
    Ok(below.chain([own.to_owned()]).collect())
}

/// At start-up: rows whose form is older than the daemon's are made anew from their events.
pub async fn upgrade(app: &crate::app::App) -> Result<(), db::Error> {
    loop {
        let mut tx = app.db.begin().await?;
        let books = books(&mut tx).await?;
        let some = store::rebuild_some(&mut tx, &books).await?;
        tx.commit().await?;
        if !some {
            return finding::renew(app).await;
        }
        tracing::info!("tickets were rebuilt from their events");
    }
}
