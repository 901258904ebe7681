//! Messages to people's telephones and mailboxes, each a durable job that was enqueued with its notice.
//!
//! A daemon that is killed after a gateway took a message and before it was noted sends it again: with the same id, by which the
//! gateway, or the mail server, knows it.

use serde::{Deserialize, Serialize};

use super::{
    Notice,
    channels::{self, Failure, Message},
    rules, store,
};
use crate::{
    app::App,
    clock::from_millis,
    db::{self, Tx},
    jobs::{self, Finish, Job, Kind},
    units,
};
use chrono::{DateTime, TimeDelta, Utc};

pub const SEND: Kind = Kind {
    workers: 4,
    max_attempts: 10,
    back_off: TimeDelta::seconds(15),
    ..Kind::new("notices.send", |app, job| Box::pin(send(app, job)))
};

#[derive(Serialize, Deserialize)]
struct Payload {
    delivery: i64,
    urgent: bool,
}

/// Enqueues what goes out for a notice, in its transaction.
pub(super) async fn spread(
    tx: &mut Tx,
    now: DateTime<Utc>,
    notice: &Notice,
    urgent: bool,
) -> Result<(), db::Error> {
    let Some(unit) = &notice.unit_code else {
        return Ok(());
    };
    let contacts = units::contacts(tx, unit).await?;
    for recipient in rules::recipients(&contacts, now) {
        let Some(delivery) = store::deliveries::insert(tx, now, notice.id, &recipient).await? else {
            continue;
        };
        let key = format!("notice:{delivery}");
        let payload = Payload { delivery, urgent };
        jobs::enqueue(tx, now, &SEND, Some(&key), &payload, now).await?;
    }
    Ok(())
}

async fn send(app: &App, job: &Job) -> anyhow::Result<Finish> {
    let Payload { delivery, urgent } = job.read()?;
    let now = app.clock.now();
    let at = rules::not_before(now, app.config.notices.quiet, urgent);
    if at > now {
        return Ok(Finish::Again(app.db.begin().await?, at));
    }
    let found = store::deliveries::find(&mut app.db.read().await?, delivery).await?;
    let Some(due) = found.filter(|due| due.state == "waiting") else {
        return Ok(Finish::Done(app.db.begin().await?));
    };
    let Some(channel) = channels::open(&app.config, &due.channel) else {
        return end(app, delivery, "off", None).await;
    };
    match channel.send(&message(&due)).await {
        Ok(()) => end(app, delivery, "sent", None).await,
        Err(Failure::Later(error)) if !job.is_last_attempt() => {
            // Noted apart: what the handler's own transaction held would be lost with the error.
            let mut tx = app.db.begin().await?;
            store::deliveries::note(&mut tx, delivery, "waiting", None, Some(&error)).await?;
            tx.commit().await?;
            Err(anyhow::anyhow!(error))
        }
        Err(Failure::Later(error) | Failure::Never(error)) => {
            tracing::warn!(delivery, channel = due.channel, error, "notice not delivered");
            end(app, delivery, "failed", Some(&error)).await
        }
    }
}

async fn end(app: &App, delivery: i64, state: &str, error: Option<&str>) -> anyhow::Result<Finish> {
    let sent_at = (state == "sent").then(|| app.clock.now());
    let mut tx = app.db.begin().await?;
    store::deliveries::note(&mut tx, delivery, state, sent_at, error).await?;
    Ok(Finish::Done(tx))
}

fn message(due: &store::deliveries::Due) -> Message {
    Message {
        id: format!("minsheng-{}-{}", due.notice_at, due.id),
        at: from_millis(due.notice_at),
        to: due.address.clone(),
        subject: format!("【12345热线】工单 {}", due.number),
        text: format!("【12345热线】{}（工单 {}）", due.text, due.number),
    }
}
