//! Messages to people's telephones and mailboxes, each a durable job that was enqueued with its notice.
//!
//! That a message is about to be handed over is on disk before it is. A daemon that is killed, or hears no answer, after the gateway took it
//! asks the gateway what became of it; where that cannot be asked it sends again with the same id, by which the gateway, or the mail
//! server, may know it. So a message is sent exactly once by a gateway that can be asked or heeds the id, and at least once by any other.

use serde::{Deserialize, Serialize};

use super::{
    CITIZEN, Notice,
    channels::{self, Channel, Failure, Message},
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

const WAITING: &str = "waiting";
/// It may be with the channel already.
const SENDING: &str = "sending";

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
        post(tx, now, notice, &recipient, urgent).await?;
    }
    Ok(())
}

/// To the citizen, who is not woken by anything.
pub(super) async fn write_to(
    tx: &mut Tx,
    now: DateTime<Utc>,
    notice: &Notice,
    mobile: String,
) -> Result<(), db::Error> {
    let citizen = rules::Recipient {
        channel: "sms",
        contact: "市民".to_owned(),
        address: mobile,
    };
    post(tx, now, notice, &citizen, false).await
}

async fn post(
    tx: &mut Tx,
    now: DateTime<Utc>,
    notice: &Notice,
    to: &rules::Recipient,
    urgent: bool,
) -> Result<(), db::Error> {
    match store::deliveries::insert(tx, now, notice.id, to, urgent).await? {
        Some(delivery) => enqueue(tx, now, Payload { delivery, urgent }).await,
        None => Ok(()),
    }
}

async fn enqueue(tx: &mut Tx, now: DateTime<Utc>, payload: Payload) -> Result<(), db::Error> {
    let key = format!("notice:{}", payload.delivery);
    jobs::enqueue(tx, now, &SEND, Some(&key), &payload, now).await
}

/// Sends one again that did not get there; false: it did, or is on its way.
pub(super) async fn send_again(tx: &mut Tx, now: DateTime<Utc>, delivery: i64) -> Result<bool, db::Error> {
    let Some(urgent) = store::deliveries::renew(tx, delivery).await? else {
        return Ok(false);
    };
    enqueue(tx, now, Payload { delivery, urgent }).await?;
    Ok(true)
}

async fn send(app: &App, job: &Job) -> anyhow::Result<Finish> {
    let Payload { delivery, urgent } = job.read()?;
    let now = app.clock.now();
    let at = rules::not_before(now, app.config.notices.quiet, urgent);
    if at > now {
        return Ok(Finish::Again(app.db.begin().await?, at));
    }
    let found = store::deliveries::find(&mut app.db.read().await?, delivery).await?;
    let Some(due) = found.filter(|due| matches!(due.state.as_str(), WAITING | SENDING)) else {
        return Ok(Finish::Done(app.db.begin().await?));
    };
    let is_wanted = due.timer != CITIZEN || app.config.notices.citizens;
    let channel = channels::open(&app.config, &due.channel).filter(|_| is_wanted);
    let Some(channel) = channel else {
        return end(app, delivery, "off").await;
    };
    match hand_over(app, channel.as_ref(), &due).await {
        Ok(()) => end(app, delivery, "sent").await,
        Err(Attempt::Database(error)) => Err(error.into()),
        Err(Attempt::Channel(failure)) => not_sent(app, job, &due, failure).await,
    }
}

#[derive(Debug, thiserror::Error)]
enum Attempt {
    #[error(transparent)]
    Channel(#[from] Failure),
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Ends well when the channel has the message, now or since an attempt whose end nobody saw.
async fn hand_over(app: &App, channel: &dyn Channel, due: &store::deliveries::Due) -> Result<(), Attempt> {
    let message = message(due);
    if due.state != SENDING {
        note(app, due.id, SENDING, None).await?;
    } else if channel.was_taken(&message).await? == Some(true) {
        return Ok(());
    }
    Ok(channel.send(&message).await?)
}

async fn not_sent(
    app: &App,
    job: &Job,
    due: &store::deliveries::Due,
    failure: Failure,
) -> anyhow::Result<Finish> {
    let (state, error) = match failure {
        Failure::Later(error) => (WAITING, error),
        Failure::Unsure(error) => (SENDING, error),
        Failure::Never(error) => ("failed", error),
    };
    if state != "failed" && !job.is_last_attempt() {
        // Noted apart: what the handler's own transaction held would be lost with the error.
        note(app, due.id, state, Some(&error)).await?;
        return Err(anyhow::anyhow!(error));
    }
    let is_unsure = state == SENDING;
    let error = match is_unsure {
        true => format!("{error}；不能确定对方是否已收到"),
        false => error,
    };
    tracing::warn!(
        delivery = due.id,
        channel = due.channel,
        error,
        "notice not delivered"
    );
    let mut tx = app.db.begin().await?;
    store::deliveries::fail(&mut tx, due.id, &error, is_unsure).await?;
    Ok(Finish::Done(tx))
}

async fn note(app: &App, delivery: i64, state: &str, error: Option<&str>) -> Result<(), db::Error> {
    let mut tx = app.db.begin().await?;
    store::deliveries::note(&mut tx, delivery, state, None, error).await?;
    tx.commit().await
}

async fn end(app: &App, delivery: i64, state: &str) -> anyhow::Result<Finish> {
    let sent_at = (state == "sent").then(|| app.clock.now());
    let mut tx = app.db.begin().await?;
    store::deliveries::note(&mut tx, delivery, state, sent_at, None).await?;
    Ok(Finish::Done(tx))
}

fn message(due: &store::deliveries::Due) -> Message {
    // Refused for good is an answer to that id for ever: sent again, it is another message.
    let round = match due.round {
        0 => String::new(),
        round => format!("-{round}"),
    };
    Message {
        id: format!("minsheng-{}-{}{round}", due.notice_at, due.id),
        at: from_millis(due.notice_at),
        to: due.address.clone(),
        subject: format!("【12345热线】工单 {}", due.number),
        text: format!("【12345热线】{}（工单 {}）", due.text, due.number),
    }
}
