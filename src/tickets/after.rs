//! Who hears of what was done to a ticket, and what it does beyond the ticket.

use chrono::{DateTime, Utc};

use super::{
    ACCEPTED, Actor, Books, CALLBACK, CLASSIFIED, CLOSED, Command, Error, Event, Fact, JUDGING, REOPENED,
    SUPERVISED, State, Ticket, TicketSummary, UNHELD, What, act, rules, store, views,
};
use crate::{
    calls,
    db::{self, Tx},
    events as outbox,
    news::{Audience, News},
    notices,
};

pub(super) async fn publish(
    tx: &mut Tx,
    now: DateTime<Utc>,
    before: &Ticket,
    after: &Ticket,
) -> Result<(), db::Error> {
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

pub(super) fn tell(tx: &mut Tx, ticket: &Ticket, books: &Books) {
    let [office, masked] = views::told(ticket, books);
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
}

/// Units that have it no longer are told to look at their inboxes again, and nothing of the ticket.
pub(super) fn tell_left(tx: &mut Tx, before: &Ticket, after: &Ticket) {
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
pub(super) async fn follow(
    tx: &mut Tx,
    now: DateTime<Utc>,
    ticket: &Ticket,
    new: &[Event],
) -> Result<(), Error> {
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
            What::Reopened {
                repeat: Some(repeat), ..
            } => {
                let known = super::find(tx, repeat).await?;
                known.ok_or(Error::Unknown {
                    field: "repeat",
                    what: "重复诉求工单",
                })?;
            }
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
