//! What a supervisor decides of the calls that are owed: holds a kind, cancels one, has one tried again now.

use chrono::{DateTime, Utc};

use super::rules::Next;
use super::standing::Standing;
use super::store::{self, office::Pause};
use super::{CONTACTS, Owner, Told, jobs, orders, pace, rules};
use crate::{
    app::App,
    clock::millis,
    db::{self, Tx},
};

/// Why a decision does not hold.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("there is no such order or kind")]
    NotFound,
    #[error("the order is done")]
    Over,
    #[error("the order is being dialled")]
    UnderWay,
    #[error("its kind is held")]
    Paused,
    #[error("not at this hour; permitted from {0:?}")]
    QuietHours(Option<DateTime<Utc>>),
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Every kind there is, in the order of their right of way.
pub(super) fn kinds(app: &App) -> Vec<&'static str> {
    let owners = app.registry.dialers.iter().map(|owner| owner.purpose());
    owners.chain([CONTACTS]).collect()
}

pub(super) async fn pause(
    app: &App,
    tx: &mut Tx,
    purpose: &str,
    (reason, by): (&str, &str),
) -> Result<(), Refusal> {
    if !kinds(app).contains(&purpose) {
        return Err(Refusal::NotFound);
    }
    let pause = Pause {
        purpose: purpose.to_owned(),
        reason: reason.to_owned(),
        by: by.to_owned(),
        at: millis(app.clock.now()),
    };
    store::office::pause(tx, &pause).await?;
    jobs::tell(tx);
    Ok(())
}

pub(super) async fn resume(app: &App, tx: &mut Tx, purpose: &str) -> Result<(), Refusal> {
    if !store::office::resume(tx, purpose).await? {
        return Err(Refusal::NotFound);
    }
    jobs::wake(app, tx).await?;
    Ok(())
}

/// A waiting order and its owner.
async fn waiting(app: &App, tx: &mut Tx, id: i64) -> Result<(store::Order, &'static dyn Owner), Refusal> {
    match store::office::state_of(tx, id).await?.as_deref() {
        None => return Err(Refusal::NotFound),
        Some("waiting") => {}
        Some("dialling") => return Err(Refusal::UnderWay),
        Some(_) => return Err(Refusal::Over),
    }
    let order = store::find(tx, id).await?.ok_or(Refusal::NotFound)?;
    let owner = orders::owner(app, &order.purpose).ok_or(Refusal::NotFound)?;
    Ok((order, owner))
}

/// The machine calls no more; whom it was for is told, so that a person may.
pub(super) async fn cancel(app: &App, tx: &mut Tx, id: i64, reason: &str) -> Result<(), Refusal> {
    let (order, owner) = waiting(app, tx, id).await?;
    store::finish(tx, id, "cancelled", app.clock.now()).await?;
    store::office::note(tx, id, reason).await?;
    owner.told(app, tx, &order, Told::Cancelled(reason)).await?;
    jobs::wake(app, tx).await?;
    Ok(())
}

/// Its turn is now, if this is an hour at which anybody is called.
pub(super) async fn retry(app: &App, tx: &mut Tx, id: i64) -> Result<(), Refusal> {
    let (order, owner) = waiting(app, tx, id).await?;
    if store::office::pause_of(tx, owner.purpose()).await?.is_some() {
        return Err(Refusal::Paused);
    }
    let now = app.clock.now();
    let window = orders::window(tx, &owner.policy(app)).await?;
    match window.permitted(now) {
        Next::At(at) if at <= now => {}
        Next::At(at) => return Err(Refusal::QuietHours(Some(at))),
        Next::GiveUp | Next::NeverPermitted => return Err(Refusal::QuietHours(None)),
    }
    orders::put_off(app, tx, owner, &order, now).await?;
    jobs::wake(app, tx).await?;
    Ok(())
}

/// How things stand for each kind that the engine dials.
pub(super) async fn standings(
    app: &App,
    tx: &mut Tx,
) -> Result<Vec<(&'static dyn Owner, rules::Window, Standing)>, db::Error> {
    let now = app.clock.now();
    let under_way = store::under_way(tx).await?;
    let (lines, pace) = (pace::lines(app, tx, &under_way).await?, pace::pace(app));
    let pauses = store::office::pauses(tx).await?;
    let mut all = Vec::new();
    for owner in app.registry.dialers.iter().copied() {
        let window = orders::window(tx, &owner.policy(app)).await?;
        let theirs = pace::of_a_kind(app, owner, &under_way);
        let standing = Standing {
            is_paused: pauses.iter().any(|pause| pause.purpose == owner.purpose()),
            is_permitted: matches!(window.permitted(now), Next::At(at) if at <= now),
            is_running: app.live.switchboard().is_ok(),
            lines,
            pace,
            hands: owner.hands(app, tx, &theirs).await?,
        };
        all.push((owner, window, standing));
    }
    Ok(all)
}
