//! Keeps the index of words true: to what is said in calls as well, and to the form this daemon wants it in.

use futures::future::BoxFuture;

use super::agenda::RECOUNT;
use super::{find, store};
use crate::{
    app::App,
    calls::{self, Call},
    db::{self, Tx},
    jobs::{self, Finish, Job, Kind},
};

/// Makes an index of an older form anew, while the hotline works on.
pub const REINDEX: Kind = Kind::new("tickets.reindex", reindex_job);

/// Tickets written in one transaction: calls must not wait long for the writer.
const BATCH: i64 = 100;

/// Merges what was written into the index piece by piece, as long as there is something; `between` is awaited after each piece, so that
/// nobody waits long for the writer.
pub async fn tidy<F: Future<Output = ()>>(app: &App, between: impl Fn() -> F) -> Result<(), db::Error> {
    loop {
        let mut tx = app.db.begin().await?;
        let more = store::search::merge_some(&mut tx).await?;
        tx.commit().await?;
        if !more {
            return Ok(());
        }
        between().await;
    }
}

/// A call's words belong to its tickets.
pub(super) async fn heard(tx: &mut Tx, call: &Call) -> Result<(), db::Error> {
    let mut numbers = calls::further_tickets(tx, &call.id).await?;
    numbers.extend(call.ticket_number.clone());
    for number in numbers {
        note_calls(tx, &number).await?;
    }
    Ok(())
}

/// The ticket has another call than before, or its calls another text.
pub async fn note_calls(tx: &mut Tx, number: &str) -> Result<(), db::Error> {
    match find(tx, number).await? {
        Some(ticket) => store::search::write(tx, &ticket).await,
        None => Ok(()),
    }
}

/// At start-up: an index of an older form is made anew in the background, and due dates are put on the tickets with it.
pub(super) async fn renew(app: &App) -> Result<(), db::Error> {
    let mut tx = app.db.begin().await?;
    if !store::search::is_old(&mut tx).await? {
        return Ok(());
    }
    let now = app.clock.now();
    jobs::enqueue(&mut tx, now, &REINDEX, Some("tickets.reindex"), &(), now).await?;
    jobs::enqueue(&mut tx, now, &RECOUNT, Some("tickets.recount"), &(), now).await?;
    tx.commit().await
}

fn reindex_job<'a>(app: &'a App, _: &'a Job) -> BoxFuture<'a, anyhow::Result<Finish>> {
    Box::pin(async move {
        reindex(app, BATCH).await?;
        Ok(Finish::Done(app.db.begin().await?))
    })
}

/// How far it came is kept with each batch: after a restart it goes on there.
pub async fn reindex(app: &App, batch: i64) -> Result<(), db::Error> {
    loop {
        let mut tx = app.db.begin().await?;
        let written = store::search::write_some(&mut tx, batch).await?;
        tx.commit().await?;
        if written == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
#[path = "finding_tests.rs"]
mod tests;
