//! Follows ended calls.

use std::time::Duration;

use serde_json::json;

use super::{
    owner,
    rules::{self, Settled, Step},
    store,
};
use crate::{
    app::App,
    calls::{self, Call, ENDED, Outcome},
    db::{self, Tx},
    events::{Consumer, Event},
    news::{Audience, News},
};

pub const CONSUMER: Consumer = Consumer {
    name: "missed",
    topics: &[ENDED],
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

async fn on_events(app: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    let ids: Vec<&str> = events.iter().map(|event| event.key.as_str()).collect();
    let calls = calls::by_ids(tx, &ids).await?;
    // In the order in which they ended: a call back must not be taken for one that came before the missed call.
    for event in events {
        if let Some(call) = calls.iter().find(|call| call.id == event.key) {
            follow(app, tx, call, event.at).await?;
        }
    }
    Ok(())
}

async fn follow(app: &App, tx: &mut Tx, call: &Call, at: i64) -> Result<(), db::Error> {
    let Some((number, step)) = rules::meaning(call) else {
        return Ok(());
    };
    let changed = match step {
        Step::Owe => owe(app, tx, number, call, at).await?,
        Step::Attempt => attempt(tx, number, call, at).await?,
        Step::Settle(settled) => {
            store::settle(tx, number, settled, call.operator.as_deref(), &call.id, at).await? > 0
        }
    };
    // A settled task is not called about: the dialer asks before each call.
    if changed {
        tell(tx);
    }
    Ok(())
}

async fn owe(app: &App, tx: &mut Tx, number: &str, call: &Call, at: i64) -> Result<bool, db::Error> {
    let due = at + millis_of(app.config.callback.within);
    store::owe(tx, number, &call.id, call.started_at, due).await?;
    if call.outcome() == Some(Outcome::Callback) {
        let since = call.queued_at.unwrap_or(call.started_at);
        store::keep_place(tx, number, since).await?;
    }
    if app.config.callback.automatic
        && let Some(missed) = store::open_of(tx, number).await?
    {
        owner::order(app, tx, &missed).await?;
    }
    Ok(true)
}

async fn attempt(tx: &mut Tx, number: &str, call: &Call, at: i64) -> Result<bool, db::Error> {
    let outcome = call.outcome.as_deref().unwrap_or_default();
    let Some(attempts) = store::attempt(tx, number, outcome, at).await? else {
        return Ok(false);
    };
    if attempts >= rules::ATTEMPTS {
        store::settle(
            tx,
            number,
            Settled::Unreachable,
            call.operator.as_deref(),
            &call.id,
            at,
        )
        .await?;
    }
    Ok(true)
}

fn millis_of(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 2)
}

/// The list is short and its order depends on all of it: consoles read it anew.
pub(super) fn tell(tx: &mut Tx) {
    tx.tell(News {
        kind: "missed",
        data: json!({}),
        audience: Audience::Office,
    });
}
