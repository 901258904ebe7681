//! The engine: one durable job that claims what may be dialled now, dials it, and sleeps until something is due again.
//!
//! Order against a crash: an attempt is committed before the switchboard hears of it, and its call id is never dialled again. So a daemon
//! that dies at any step has placed each attempt at most once; what became of it is on the call's record. An attempt without a record may
//! have rung or not: it counts for nothing, and another follows after a while.

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde_json::json;

use super::fate::Fate;
use super::rules::Next;
use super::store::{self, Attempt, Order};
use super::{Owner, Told, orders, pace, unwanted};
use crate::{
    app::App,
    calls::{self, CallState},
    db::{self, Tx},
    events::{Consumer, Event},
    jobs::{self, Finish, Job, Kind},
    live::{Originate, Refused},
    news::{Audience, News},
    transcripts,
};

pub const CONSUMER: Consumer = Consumer {
    name: "dialer",
    topics: &[calls::ENDED, transcripts::DONE],
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

pub const RUN: Kind = Kind::new("dialer.run", handle);

const KEY: &str = "dialer";
/// Lines that are taken, or a switchboard that is not up, are asked again after this.
const NO_LINE: TimeDelta = TimeDelta::seconds(30);
/// Something is due, but nobody is free for it: looked at again after this, or when a call ends.
const NO_ROOM: TimeDelta = TimeDelta::seconds(5);
/// Claims in one transaction: others want to write, too.
const BATCH: usize = 50;
/// Orders put off in one transaction when the permitted hours are over.
const POSTPONED: usize = 200;

async fn on_events(app: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    for event in events {
        if event.topic == transcripts::DONE {
            orders::heard(app, tx, &event.key).await?;
            continue;
        }
        let ours = event.read::<calls::Fact>()?.purpose != calls::Purpose::Hotline;
        if ours && let Some(call) = calls::find(tx, &event.key).await? {
            orders::ended(app, tx, &call).await?;
        }
    }
    // Whoever hung up, a line is free.
    wake(app, tx).await?;
    Ok(())
}

/// Sees to it that the engine runs when the next order is due. Cheap enough to be called after every change.
pub(super) async fn wake(app: &App, tx: &mut Tx) -> Result<(), db::Error> {
    let now = app.clock.now();
    tell(tx);
    if let Some(at) = next_run(app, tx, now).await? {
        jobs::put(tx, now, &RUN, KEY, &(), at).await?;
    }
    Ok(())
}

/// Whoever watches over the calls that are owed looks again.
pub(super) fn tell(tx: &mut Tx) {
    tx.tell(News {
        kind: "dialer",
        data: json!({}),
        audience: Audience::Supervisors,
    });
}

/// At start-up, after the switchboard has told how the calls of the last run ended and before anything is dialled.
pub async fn recover(app: &App) -> Result<(), db::Error> {
    let mut tx = app.db.begin().await?;
    for attempt in store::under_way(&mut tx).await? {
        match calls::find(&mut tx, &attempt.call_id).await? {
            Some(call) if call.state == CallState::Ended => orders::ended(app, &mut tx, &call).await?,
            Some(_) => {}
            None => orders::over(app, &mut tx, &attempt.call_id, Fate::Interrupted, false).await?,
        }
    }
    wake(app, &mut tx).await?;
    tx.commit().await
}

/// Named with its type, because what it does enqueues the same kind of job again.
fn handle<'a>(app: &'a App, _: &'a Job) -> BoxFuture<'a, anyhow::Result<Finish>> {
    Box::pin(run(app))
}

async fn run(app: &App) -> anyhow::Result<Finish> {
    let claims = claim(app).await?;
    let mut refused = Vec::new();
    for claim in &claims {
        if let Err(why) = dial(app, claim) {
            refused.push((claim, why));
        }
    }
    let mut tx = app.db.begin().await?;
    for (claim, why) in refused {
        refuse(app, &mut tx, claim, why).await?;
    }
    let now = app.clock.now();
    Ok(match next_run(app, &mut tx, now).await? {
        Some(at) if at > now || !claims.is_empty() => Finish::Again(tx, at),
        // Due, and yet nothing could be claimed.
        Some(_) => Finish::Again(tx, now + NO_ROOM),
        None => Finish::Done(tx),
    })
}

/// An attempt that is ours to place.
struct Claim {
    call_id: String,
    order: Order,
    owner: &'static dyn Owner,
}

impl Claim {
    /// As the owners of further claims see it.
    fn attempt(&self) -> Attempt {
        Attempt {
            call_id: self.call_id.clone(),
            order_id: self.order.id,
            n: 0,
            at: 0,
            fate: None,
            purpose: self.order.purpose.clone(),
        }
    }
}

async fn claim(app: &App) -> anyhow::Result<Vec<Claim>> {
    let mut tx = app.db.begin().await?;
    give_up_lost(app, &mut tx).await?;
    let mut under_way = store::under_way(&mut tx).await?;
    let mut room = pace::room(app, &mut tx, &under_way).await?.min(BATCH);
    let mut claims = Vec::new();
    for owner in app.registry.dialers.iter().copied() {
        let claimed = claim_of(app, &mut tx, owner, &under_way, room).await?;
        room = room.saturating_sub(claimed.len());
        under_way.extend(claimed.iter().map(Claim::attempt));
        claims.extend(claimed);
    }
    if !claims.is_empty() {
        tell(&mut tx);
    }
    tx.commit().await?;
    Ok(claims)
}

/// Up to `room` orders of one owner. Those that need no call after all take no room.
async fn claim_of(
    app: &App,
    tx: &mut Tx,
    owner: &'static dyn Owner,
    under_way: &[Attempt],
    room: usize,
) -> anyhow::Result<Vec<Claim>> {
    if store::office::pause_of(tx, owner.purpose()).await?.is_some() {
        return Ok(Vec::new());
    }
    let now = app.clock.now();
    let window = orders::window(tx, &owner.policy(app)).await?;
    match window.permitted(now) {
        Next::At(at) if at <= now => {}
        next => {
            let at = orders::time_of(next, now, owner.purpose());
            for order in store::due(tx, owner.purpose(), now, POSTPONED).await? {
                orders::put_off(app, tx, owner, &order, at).await?;
            }
            return Ok(Vec::new());
        }
    }
    let mut claims = Vec::new();
    let theirs = pace::of_a_kind(app, owner, under_way);
    let room = room.min(owner.hands(app, tx, &theirs).await?);
    for order in store::due(tx, owner.purpose(), now, room).await? {
        if let Some(claim) = claim_one(app, tx, owner, order, now).await? {
            claims.push(claim);
        }
    }
    Ok(claims)
}

async fn claim_one(
    app: &App,
    tx: &mut Tx,
    owner: &'static dyn Owner,
    mut order: Order,
    now: DateTime<Utc>,
) -> Result<Option<Claim>, db::Error> {
    let Some(number) = owner.owed(app, tx, &order).await? else {
        store::finish(tx, order.id, "withdrawn", now).await?;
        return Ok(None);
    };
    order.number = number;
    let hopeless = if order.number.is_empty() {
        Some(Fate::NotAllowed)
    } else if is_unwanted(tx, &order.number, now).await? {
        Some(Fate::DoNotCall)
    } else {
        None
    };
    if let Some(fate) = hopeless {
        orders::give_up(app, tx, owner, &order, fate).await?;
        return Ok(None);
    }
    let call_id = app.rng.id();
    store::claim(tx, order.id, &call_id, now).await?;
    owner.told(app, tx, &order, Told::Dialling).await?;
    Ok(Some(Claim {
        call_id,
        order,
        owner,
    }))
}

/// Asked at the last moment: whoever is put on the list while an order waits is not called.
async fn is_unwanted(tx: &mut Tx, number: &str, now: DateTime<Utc>) -> Result<bool, db::Error> {
    let number = unwanted::plain(number).unwrap_or_else(|| number.to_owned());
    store::unwanted::is_unwanted(tx, &number, now).await
}

fn dial(app: &App, claim: &Claim) -> Result<(), Refused> {
    let Claim {
        call_id,
        order,
        owner,
    } = claim;
    let wish = Originate {
        call_id: call_id.clone(),
        purpose: owner.call_purpose(),
        number: order.number.clone(),
        menu: order.menu.clone(),
        ticket_number: order.ticket_number.clone(),
    };
    app.live.switchboard()?.dial(wish)
}

/// Nobody was rung: the attempt is as if it had not been, unless the number itself is at fault.
async fn refuse(app: &App, tx: &mut Tx, claim: &Claim, why: Refused) -> Result<(), db::Error> {
    let Claim {
        call_id,
        order,
        owner,
    } = claim;
    if why == Refused::NumberNotAllowed {
        return orders::over(app, tx, call_id, Fate::NotAllowed, false).await;
    }
    tracing::info!(order.subject, %why, "a call is put off");
    tell(tx);
    if store::unclaim(tx, call_id).await? {
        orders::put_off(app, tx, *owner, order, app.clock.now() + NO_LINE).await?;
    }
    Ok(())
}

/// Attempts whose end never came.
async fn give_up_lost(app: &App, tx: &mut Tx) -> Result<(), db::Error> {
    let now = app.clock.now();
    for attempt in store::under_way(tx).await? {
        if lost_at(app, tx, &attempt).await?.is_none_or(|at| at > now) {
            continue;
        }
        match calls::find(tx, &attempt.call_id).await? {
            Some(call) if call.state == CallState::Ended => orders::ended(app, tx, &call).await?,
            call => orders::over(app, tx, &attempt.call_id, Fate::Lost, call.is_some()).await?,
        }
    }
    Ok(())
}

async fn lost_at(app: &App, tx: &mut Tx, attempt: &Attempt) -> Result<Option<DateTime<Utc>>, db::Error> {
    let order = store::find(tx, attempt.order_id).await?;
    let owner = order.and_then(|order| orders::owner(app, &order.purpose));
    Ok(owner.map(|owner| orders::lost_at(attempt, &owner.policy(app))))
}

/// The earliest of what is due next: an order, or an attempt that must have been lost.
async fn next_run(app: &App, tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, db::Error> {
    let mut next: Option<DateTime<Utc>> = None;
    for owner in &app.registry.dialers {
        // What is held is due when it is let go.
        if store::office::pause_of(tx, owner.purpose()).await?.is_some() {
            continue;
        }
        if let Some(at) = store::next_due(tx, owner.purpose()).await? {
            next = Some(next.map_or(at, |next| next.min(at)));
        }
    }
    if let Some(oldest) = store::under_way(tx).await?.first()
        && let Some(at) = lost_at(app, tx, oldest).await?
    {
        next = Some(next.map_or(at, |next| next.min(at)));
    }
    Ok(next.map(|at| at.max(now)))
}
