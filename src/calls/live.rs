//! What is going on now, as consoles see it: calls and queues. Reads `app.live`; the switchboard writes that and says through
//! [`tell_queue`] that it did.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::CallView;
use super::rules::Call;
use crate::{
    accounts::{self, Role, User, serving::LeftOut},
    app::App,
    db::{self, Tx},
    live,
    news::{Audience, News},
    settings::{self, Kind, Queue},
};

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QueueLive {
    pub name: String,
    pub title: String,
    pub waiting: Vec<WaitingCall>,
    pub operators: Vec<QueueOperator>,
    pub longest_wait_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WaitingCall {
    pub call_id: String,
    pub caller: String,
    pub since: DateTime<Utc>,
    pub position: u32,
    pub priority: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QueueOperator {
    pub username: String,
    pub display_name: String,
    /// offline, ready, ringing, talking, wrap_up, paused
    pub state: &'static str,
    pub since: Option<DateTime<Utc>>,
    pub call_id: Option<String>,
}

/// Who waits in a queue and who serves it; none for a queue that does not exist.
pub async fn queue(app: &App, name: &str) -> Result<Option<QueueLive>, db::Error> {
    let mut tx = app.db.read().await?;
    let Some(queue) = settings::current::<Queue>(&mut tx, Kind::Queue, name).await? else {
        return Ok(None);
    };
    let users = accounts::all(&mut tx).await?;
    let left_out = accounts::serving::left_out(&mut tx).await?;
    drop(tx);
    let (waiting, present) = {
        let state = app.live.state();
        (
            state.queues.get(name).cloned().unwrap_or_default(),
            state.operators.clone(),
        )
    };
    Ok(Some(compose(
        queue.body,
        waiting,
        (&users, &left_out),
        &present,
        app.clock.now(),
    )))
}

fn compose(
    queue: Queue,
    waiting: Vec<live::Waiting>,
    (users, left_out): (&[User], &LeftOut),
    present: &BTreeMap<String, live::Operator>,
    now: DateTime<Utc>,
) -> QueueLive {
    let serves =
        |user: &&User| user.role == Role::Operator && !user.disabled && user.serves(&queue.skill, left_out);
    let operator = |user: &User| {
        let live = present.get(&user.username);
        QueueOperator {
            username: user.username.clone(),
            display_name: user.display_name.clone(),
            state: live.map_or("offline", |operator| operator.state.as_str()),
            since: live.map(|operator| operator.since),
            call_id: live.and_then(|operator| operator.call_id.clone()),
        }
    };
    let oldest = waiting.iter().map(|caller| caller.since).min();
    let waiting_call = |caller: live::Waiting| WaitingCall {
        call_id: caller.call_id,
        caller: caller.caller,
        since: caller.since,
        position: caller.position,
        priority: i64::from(queue.priority),
    };
    QueueLive {
        operators: users.iter().filter(serves).map(operator).collect(),
        waiting: waiting.into_iter().map(waiting_call).collect(),
        longest_wait_ms: oldest.map_or(0, |since| (now - since).num_milliseconds().max(0)),
        name: queue.name,
        title: queue.title,
    }
}

/// Tells the consoles how a queue stands now.
pub async fn tell_queue(app: &App, name: &str) -> Result<(), db::Error> {
    if let Some(queue) = queue(app, name).await? {
        let data = serde_json::to_value(queue).unwrap_or_default();
        app.db.signals().tell(News {
            kind: "queue",
            data,
            audience: Audience::Office,
        });
    }
    Ok(())
}

/// Tells the consoles of a call, once the transaction is committed. Units hear of tickets, not of calls.
/// Of a confidential ticket's call everybody is told that it is, and nobody whose.
pub(super) fn tell_call(tx: &mut Tx, call: &Call, is_closed: bool) {
    let view = CallView::from(call);
    let view = if is_closed { view.closed() } else { view };
    let data = serde_json::to_value(view).unwrap_or_default();
    tx.tell(News {
        kind: "call",
        data,
        audience: Audience::Office,
    });
}
