//! Notices (提醒) to the people of a unit and of the centre: in the console, and by SMS and e-mail to who is on duty; and messages to
//! citizens about their own matter. What they are about is their writers' business.

pub mod api;
mod channels;
pub mod jobs;
mod rules;
mod store;

use chrono::{DateTime, Utc};

pub use store::{Notice, deliveries::Told};

use crate::{
    db::{self, Tx},
    news::{Audience, News},
};

/// What is to be told, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub number: String,
    pub unit_code: Option<String>,
    pub timer: String,
    pub step: String,
    pub due: DateTime<Utc>,
    pub text: String,
    /// Bands S and A: no hour is quiet.
    pub urgent: bool,
}

/// Writes the notices of a ticket anew, those that are still to go out among them.
pub async fn rewrite(tx: &mut Tx, number: &str, shown: impl Fn(&str) -> String) -> Result<(), db::Error> {
    for (id, text) in store::texts(tx, number).await? {
        store::set_text(tx, id, &shown(&text)).await?;
    }
    Ok(())
}

/// Keeps a notice, tells the open consoles and enqueues what goes out of the house. A notice that was given before is not given again.
pub async fn give(tx: &mut Tx, now: DateTime<Utc>, draft: &Draft) -> Result<(), db::Error> {
    let Some(notice) = store::insert(tx, now, draft).await? else {
        return Ok(());
    };
    let audience = match &notice.unit_code {
        Some(unit) => Audience::OfficeAndUnits(vec![unit.clone()]),
        None => Audience::Office,
    };
    let data = api::event(&notice);
    tx.tell(News {
        kind: "notice",
        data,
        audience,
    });
    jobs::spread(tx, now, &notice, draft.urgent).await
}

/// In place of a timer: what is told to a citizen is no notice of the office.
const CITIZEN: &str = "citizen";

/// What a citizen is told of their own matter, once a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub number: String,
    pub mobile: String,
    pub step: String,
    pub text: String,
}

pub async fn tell_citizen(tx: &mut Tx, now: DateTime<Utc>, letter: Letter) -> Result<(), db::Error> {
    let Letter {
        number,
        mobile,
        step,
        text,
    } = letter;
    let draft = Draft {
        number,
        unit_code: None,
        timer: CITIZEN.to_owned(),
        step,
        due: now,
        text,
        urgent: false,
    };
    match store::insert(tx, now, &draft).await? {
        Some(notice) => jobs::write_to(tx, now, &notice, mobile).await,
        None => Ok(()),
    }
}

/// What the citizen of a ticket was told, the earliest first, and whether it got there.
pub async fn told(tx: &mut Tx, number: &str) -> Result<Vec<Told>, db::Error> {
    store::deliveries::told(tx, number).await
}
