//! What the dialer asks and tells us of calls back: the citizen is called when an operator is free, and comes to the head of the queue.

use std::time::Duration;

use futures::future::BoxFuture;

use super::{
    jobs, rules,
    rules::Settled,
    store::{self, Missed},
};
use crate::{
    app::App,
    calls::{self, Call, CallState, Outcome, Purpose},
    clock::{from_millis, millis},
    db::{self, Tx},
    dialer::{self, Attempt, Fate, NewOrder, Order, Owner, Policy, Told},
    live::OperatorState,
};

/// As the dialer knows calls that were missed.
const MISSED: &str = "missed";
/// As it knows citizens who chose to be called back: they keep their place among those who wait.
const KEPT_PLACE: &str = "kept";
/// Says who is calling and goes to the queue.
const MENU: &str = "callback";
/// The schedule of the permitted hours.
const SCHEDULE: &str = "callback";
/// Who hung up often calls again at once, and is then not called.
const FIRST_AFTER: Duration = Duration::from_secs(60);
const RETRY_AFTER: [Duration; 2] = [Duration::from_secs(15 * 60), Duration::from_secs(30 * 60)];
const MAX_FAILURES: usize = 12;
const LOST_AFTER: Duration = Duration::from_secs(3600);

pub struct CallsBack {
    purpose: &'static str,
}

pub static OWNER: CallsBack = CallsBack { purpose: MISSED };
pub static KEPT: CallsBack = CallsBack { purpose: KEPT_PLACE };

/// The engine calls by itself from now on, until the task is settled.
pub(super) async fn order(app: &App, tx: &mut Tx, missed: &Missed) -> Result<(), db::Error> {
    let subject = missed.id.to_string();
    let (purpose, from) = match missed.kept_from {
        Some(since) => (KEPT_PLACE, from_millis(since)),
        None => (MISSED, app.clock.now() + FIRST_AFTER),
    };
    if purpose == KEPT_PLACE {
        dialer::withdraw(app, tx, MISSED, &subject).await?;
    }
    let order = NewOrder {
        purpose,
        subject: &subject,
        number: &missed.number,
        menu: MENU,
        ticket_number: None,
        from,
    };
    dialer::place(app, tx, order).await
}

async fn task(tx: &mut Tx, order: &Order) -> Result<Option<Missed>, db::Error> {
    let Ok(id) = order.subject.parse() else {
        return Ok(None);
    };
    let found = store::find(tx, id).await?;
    Ok(found.filter(|missed| missed.settled_at.is_none()))
}

/// Operators who are free, less the callers who wait for them already.
fn free_hands(app: &App) -> usize {
    let live = app.live.state();
    let ready = live
        .operators
        .values()
        .filter(|operator| operator.state == OperatorState::Ready);
    let waiting: usize = live.queues.values().map(Vec::len).sum();
    ready.count().saturating_sub(waiting)
}

/// Whether nobody who waits came before the next kept place, and somebody is at work who will be free sooner or later. `dialled` such
/// citizens are being called.
async fn is_next_in_line(app: &App, tx: &mut Tx, dialled: usize) -> Result<bool, db::Error> {
    let Some(since) = store::next_kept(tx, dialled).await? else {
        return Ok(false);
    };
    let live = app.live.state();
    let is_at_work = |state| !matches!(state, OperatorState::Offline | OperatorState::Paused);
    let is_staffed = live.operators.values().any(|operator| is_at_work(operator.state));
    let mut waiting = live.queues.values().flatten();
    Ok(is_staffed && waiting.all(|caller| millis(caller.since) > since))
}

impl Owner for CallsBack {
    fn purpose(&self) -> &'static str {
        self.purpose
    }

    fn call_purpose(&self) -> Purpose {
        Purpose::Callback
    }

    fn policy(&self, _: &App) -> Policy {
        Policy {
            schedule: Some(SCHEDULE),
            retry_after: RETRY_AFTER.to_vec(),
            min_attempts: usize::try_from(rules::ATTEMPTS).unwrap_or(usize::MAX),
            min_days: 1,
            max_failures: MAX_FAILURES,
            lost_after: LOST_AFTER,
        }
    }

    fn hands<'a>(
        &'a self,
        app: &'a App,
        tx: &'a mut Tx,
        under_way: &'a [Attempt],
    ) -> BoxFuture<'a, Result<usize, db::Error>> {
        Box::pin(async move {
            let ids: Vec<&str> = under_way.iter().map(|attempt| attempt.call_id.as_str()).collect();
            let calls = calls::by_ids(tx, &ids).await?;
            // Those in a queue are counted there, and those who talk have their operator.
            let on_the_way = ids.len() - calls.iter().filter(|call| has_arrived(call)).count();
            let free = free_hands(app).saturating_sub(on_the_way);
            if free > 0 || self.purpose != KEPT_PLACE {
                return Ok(free);
            }
            // One citizen ahead of the operators: the call takes as long as the next conversation needs to end.
            let talking = calls.iter().filter(|call| is_talking(call)).count();
            let dialled = under_way
                .iter()
                .filter(|attempt| attempt.purpose == KEPT_PLACE)
                .count();
            let may_wait = talking == ids.len() && is_next_in_line(app, tx, dialled).await?;
            Ok(usize::from(may_wait))
        })
    }

    fn owed<'a>(
        &'a self,
        _: &'a App,
        tx: &'a mut Tx,
        order: &'a Order,
    ) -> BoxFuture<'a, Result<Option<String>, db::Error>> {
        Box::pin(async move { Ok(task(tx, order).await?.map(|missed| missed.number)) })
    }

    fn told<'a>(
        &'a self,
        app: &'a App,
        tx: &'a mut Tx,
        order: &'a Order,
        told: Told<'a>,
    ) -> BoxFuture<'a, Result<(), db::Error>> {
        Box::pin(async move {
            let Told::GivenUp(_) = told else {
                jobs::tell(tx);
                return Ok(());
            };
            if let Some(missed) = task(tx, order).await? {
                let (call, at) = (missed.last_call_id.as_str(), millis(app.clock.now()));
                store::settle(tx, &missed.number, Settled::Unreachable, None, call, at).await?;
                jobs::tell(tx);
            }
            Ok(())
        })
    }

    /// Picked up and gone before an operator was there: nobody spoke with anybody.
    fn judge<'a>(
        &'a self,
        _: &'a App,
        _: &'a mut Tx,
        _: &'a Order,
        call: &'a Call,
    ) -> BoxFuture<'a, Result<Option<Fate>, db::Error>> {
        Box::pin(async move { Ok((call.outcome() != Some(Outcome::Answered)).then_some(Fate::NoAnswer)) })
    }
}

fn has_arrived(call: &Call) -> bool {
    !matches!(call.state, CallState::Dialing | CallState::Menu)
}

fn is_talking(call: &Call) -> bool {
    matches!(call.state, CallState::Talking | CallState::Held)
}
