//! 告知市民: whoever asked is told how their matter stands, by a message in the transaction of the step that changed it. What is said
//! about whom is [`letters`](super::rules::letters)'; how it gets there is the notices'.

use chrono::{DateTime, Utc};

use super::rules::{Event, Ticket, letters, timers};
use super::{Books, store};
use crate::{
    db::{self, Tx},
    notices::{self, Letter},
};

pub(super) async fn tell(
    tx: &mut Tx,
    now: DateTime<Utc>,
    ticket: &Ticket,
    new: &[Event],
    books: &Books,
) -> Result<(), db::Error> {
    let due = timers::handling(ticket, &books.profile).and_then(|running| books.due(&running)?.due);
    for event in new {
        let Some(told) = letters::told(ticket, &event.what, due) else {
            continue;
        };
        write(tx, now, ticket, ticket, &told).await?;
        if !told.for_all {
            continue;
        }
        // Who said the same is told the same (并单).
        for number in &ticket.body.children {
            if let Some(child) = store::find(tx, number).await? {
                write(tx, now, ticket, &child, &told).await?;
            }
        }
    }
    Ok(())
}

/// To the citizen of `of`, about what happened on `ticket`.
async fn write(
    tx: &mut Tx,
    now: DateTime<Utc>,
    ticket: &Ticket,
    of: &Ticket,
    told: &letters::Told,
) -> Result<(), db::Error> {
    let Some(mobile) = letters::mobile(of) else {
        return Ok(());
    };
    let letter = Letter {
        number: of.number.clone(),
        mobile,
        // The same may happen again, and is then told again.
        step: format!("{}:{}:{}", told.step, ticket.number, ticket.version),
        text: letters::text(ticket, of, told),
    };
    notices::tell_citizen(tx, now, letter).await
}
