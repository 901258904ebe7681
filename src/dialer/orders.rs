//! What owners ask of the engine, and what an attempt's fate does to its order. Every function here runs in somebody's transaction.

use chrono::{DateTime, Utc};

use super::announcement::announced;
use super::fate::Fate;
use super::rules::{self, Next, Policy, Window};
use super::store::{self, Attempt, Order};
use super::{Owner, Told, jobs};
use crate::{
    app::App,
    calendar::{self, Hours},
    calls::Call,
    clock::from_millis,
    db::{self, Tx},
    transcripts::{self, Side},
};

/// No hour is permitted at all: the settings are looked at again after this.
const NEVER: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// A call that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewOrder<'a> {
    pub purpose: &'a str,
    /// One open order each.
    pub subject: &'a str,
    pub number: &'a str,
    pub menu: &'a str,
    pub ticket_number: Option<&'a str>,
    /// Not before.
    pub from: DateTime<Utc>,
}

pub(super) fn owner(app: &App, purpose: &str) -> Option<&'static dyn Owner> {
    let mut owners = app.registry.dialers.iter().copied();
    owners.find(|owner| owner.purpose() == purpose)
}

/// Puts in an order, unless the subject has one.
pub async fn place(app: &App, tx: &mut Tx, order: NewOrder<'_>) -> Result<(), db::Error> {
    let Some(owner) = owner(app, order.purpose) else {
        return Ok(());
    };
    let window = window(tx, &owner.policy(app)).await?;
    let at = time_of(window.permitted(order.from), app.clock.now(), order.subject);
    if store::insert(tx, &order, at, app.clock.now()).await?
        && let Some(order) = store::open_of(tx, order.purpose, order.subject).await?
    {
        owner.told(app, tx, &order, Told::Scheduled(at)).await?;
        jobs::wake(app, tx).await?;
    }
    Ok(())
}

/// The matter is settled otherwise. A call under way goes on; its end leads to nothing.
pub async fn withdraw(app: &App, tx: &mut Tx, purpose: &str, subject: &str) -> Result<(), db::Error> {
    match store::open_of(tx, purpose, subject).await? {
        Some(order) => store::finish(tx, order.id, "withdrawn", app.clock.now()).await,
        None => Ok(()),
    }
}

pub(super) async fn window(tx: &mut Tx, policy: &Policy) -> Result<Window, db::Error> {
    let hours = match policy.schedule {
        Some(schedule) => Some(calendar::hours(tx, schedule).await?.unwrap_or_else(civil_hours)),
        None => None,
    };
    Ok(Window {
        calendar: calendar::load(tx).await?,
        hours,
    })
}

/// Where the county has no such schedule: nobody is rung out of bed.
fn civil_hours() -> Hours {
    let day = ["08:00-21:00".to_owned()];
    Hours::parse(&day, &day).unwrap_or_default()
}

/// A next time even where no hour is permitted: the settings may be mended by then.
pub(super) fn time_of(next: Next, now: DateTime<Utc>, subject: &str) -> DateTime<Utc> {
    match next {
        Next::At(at) => at,
        Next::NeverPermitted | Next::GiveUp => {
            tracing::warn!(subject, "no hour is permitted for calling: check the schedule");
            now + NEVER
        }
    }
}

/// A call of ours is over. Doing it twice does nothing.
pub(super) async fn ended(app: &App, tx: &mut Tx, call: &Call) -> Result<(), db::Error> {
    let Some((attempt, order, owner)) = open_attempt(app, tx, &call.id).await? else {
        return Ok(());
    };
    let fate = match Fate::of(call) {
        Fate::Reached => match owner.judge(app, tx, &order, call).await? {
            Some(fate) => fate,
            None => {
                store::resolve(tx, &call.id, Fate::Reached).await?;
                let now = app.clock.now();
                return store::finish(tx, order.id, Fate::Reached.as_str(), now).await;
            }
        },
        fate => fate,
    };
    fell_through(app, tx, owner, &order, &attempt, fate, true).await
}

/// An attempt that will not report its end any more, or never became a call.
pub(super) async fn over(
    app: &App,
    tx: &mut Tx,
    call_id: &str,
    fate: Fate,
    has_call: bool,
) -> Result<(), db::Error> {
    match open_attempt(app, tx, call_id).await? {
        Some((attempt, order, owner)) => fell_through(app, tx, owner, &order, &attempt, fate, has_call).await,
        None => Ok(()),
    }
}

async fn open_attempt(
    app: &App,
    tx: &mut Tx,
    call_id: &str,
) -> Result<Option<(Attempt, Order, &'static dyn Owner)>, db::Error> {
    let Some(attempt) = store::attempt(tx, call_id).await?.filter(|a| a.fate.is_none()) else {
        return Ok(None);
    };
    let order = store::find(tx, attempt.order_id).await?;
    Ok(order.and_then(|order| owner(app, &order.purpose).map(|owner| (attempt, order, owner))))
}

/// An attempt that brought nothing: the next one, or giving up.
async fn fell_through(
    app: &App,
    tx: &mut Tx,
    owner: &'static dyn Owner,
    order: &Order,
    attempt: &Attempt,
    fate: Fate,
    has_call: bool,
) -> Result<(), db::Error> {
    if !store::resolve(tx, &attempt.call_id, fate).await? {
        return Ok(());
    }
    let told = Told::Failed {
        attempt,
        fate,
        has_call,
    };
    owner.told(app, tx, order, told).await?;
    if owner.owed(app, tx, order).await?.is_none() {
        return store::finish(tx, order.id, "withdrawn", app.clock.now()).await;
    }
    plan(app, tx, owner, order, fate).await
}

/// The transcript of an attempt that brought no answer is there: perhaps a machine had picked up.
pub(super) async fn heard(app: &App, tx: &mut Tx, call_id: &str) -> Result<(), db::Error> {
    let Some(attempt) = store::attempt(tx, call_id).await? else {
        return Ok(());
    };
    let segments = transcripts::segments(tx, call_id).await?;
    let theirs = segments.iter().filter(|segment| segment.side == Side::Citizen);
    let Some(fate) = announced(theirs.map(|segment| segment.text.as_str())) else {
        return Ok(());
    };
    let order = store::find(tx, attempt.order_id).await?;
    if let Some(order) = order
        && store::relabel(tx, call_id, Fate::NoInput, fate).await?
        && store::is_waiting(tx, order.id).await?
        && let Some(owner) = owner(app, &order.purpose)
    {
        plan(app, tx, owner, &order, fate).await?;
    }
    Ok(())
}

/// The next attempt, or giving up.
async fn plan(
    app: &App,
    tx: &mut Tx,
    owner: &'static dyn Owner,
    order: &Order,
    fate: Fate,
) -> Result<(), db::Error> {
    let now = app.clock.now();
    let policy = owner.policy(app);
    let past = store::past(tx, order.id).await?;
    let window = window(tx, &policy).await?;
    match rules::next_attempt(&policy, &window, &past, now) {
        Next::GiveUp => give_up(app, tx, owner, order, fate).await,
        next => put_off(app, tx, owner, order, time_of(next, now, &order.subject)).await,
    }
}

pub(super) async fn give_up(
    app: &App,
    tx: &mut Tx,
    owner: &'static dyn Owner,
    order: &Order,
    fate: Fate,
) -> Result<(), db::Error> {
    store::finish(tx, order.id, fate.as_str(), app.clock.now()).await?;
    owner.told(app, tx, order, Told::GivenUp(fate)).await
}

pub(super) async fn put_off(
    app: &App,
    tx: &mut Tx,
    owner: &'static dyn Owner,
    order: &Order,
    at: DateTime<Utc>,
) -> Result<(), db::Error> {
    store::wait_until(tx, order.id, at).await?;
    owner.told(app, tx, order, Told::Scheduled(at)).await
}

/// When an attempt under way is given up.
pub(super) fn lost_at(attempt: &Attempt, policy: &Policy) -> DateTime<Utc> {
    from_millis(attempt.at) + policy.lost_after
}
