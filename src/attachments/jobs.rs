//! What was uploaded and never sent does not stay.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Attachment, Error, discard, find};
use crate::{
    app::App,
    db::{self, Tx},
    jobs::{self, Finish, Job, Kind},
};

pub const EXPIRE: Kind = Kind::new("attachments.expire", |app, job| Box::pin(expire(app, job)));

/// A photo taken at the site may be sent with the report of the day after.
const IN_HAND: TimeDelta = TimeDelta::hours(48);

#[derive(Serialize, Deserialize)]
struct Payload {
    number: String,
    id: String,
}

pub(super) fn key(id: &str) -> String {
    format!("attachment:{id}")
}

pub(super) async fn expire_later(tx: &mut Tx, now: DateTime<Utc>, new: &Attachment) -> Result<(), db::Error> {
    let payload = Payload {
        number: new.number.clone(),
        id: new.id.clone(),
    };
    jobs::enqueue(tx, now, &EXPIRE, Some(&key(&new.id)), &payload, now + IN_HAND).await
}

async fn expire(app: &App, job: &Job) -> anyhow::Result<Finish> {
    let Payload { number, id } = job.read()?;
    let found = find(&mut app.db.read().await?, &number, &id).await?;
    if let Some(attachment) = found.filter(|found| found.step.is_none()) {
        match discard(app, &attachment).await {
            Ok(()) | Err(Error::Sent) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Finish::Done(app.db.begin().await?))
}
