//! Who is owed a survey call, and what was said in it once it is transcribed.

use chrono::{DateTime, Utc};

use super::{MENU, PURPOSE, store};
use crate::{
    app::App,
    db::{self, Tx},
    dialer::{self, NewOrder},
    events::{Consumer, Event},
    tickets::{self, Command},
    transcripts,
};

pub const CONSUMER: Consumer = Consumer {
    name: "surveys",
    topics: &[tickets::CALLBACK, transcripts::DONE],
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

async fn on_events(app: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    for event in events {
        match event.topic.as_str() {
            tickets::CALLBACK => {
                // A ticket that was handled again owes its citizen a new series of calls.
                dialer::withdraw(app, tx, PURPOSE, &event.key).await?;
                let from = app.clock.now() + app.config.survey.first_after;
                order(app, tx, &event.key, from).await?;
            }
            _ => remark(app, tx, &event.key).await?,
        }
    }
    Ok(())
}

async fn order(app: &App, tx: &mut Tx, number: &str, from: DateTime<Utc>) -> Result<(), db::Error> {
    let Some(ticket) = tickets::find(tx, number).await? else {
        return Ok(());
    };
    let order = NewOrder {
        purpose: PURPOSE,
        subject: number,
        number: &ticket.contact_phone,
        menu: MENU,
        ticket_number: Some(number),
        from,
    };
    dialer::place(app, tx, order).await
}

/// At start-up: whoever waits for a call is in the dialer's books, whatever version of the daemon put them there.
pub async fn recover(app: &App) -> Result<(), db::Error> {
    let mut tx = app.db.begin().await?;
    for number in tickets::in_callback(&mut tx).await? {
        let ticket = tickets::find(&mut tx, &number).await?;
        let survey = ticket.and_then(|ticket| ticket.body.survey);
        // What was handed to a person stays with that person.
        if survey.is_none_or(|survey| survey.state != "person") {
            order(app, &mut tx, &number, app.clock.now()).await?;
        }
    }
    tx.commit().await
}

/// The words of a remark, once the survey call is transcribed.
async fn remark(app: &App, tx: &mut Tx, call_id: &str) -> Result<(), db::Error> {
    let Some(number) = store::ticket_of(tx, call_id).await? else {
        return Ok(());
    };
    let Some(ticket) = tickets::find(tx, &number).await? else {
        return Ok(());
    };
    let remark = ticket.body.survey.and_then(|survey| survey.remark);
    let Some(remark) = remark.filter(|remark| remark.call_id == call_id) else {
        return Ok(());
    };
    let said = transcripts::segments(tx, call_id)
        .await?
        .into_iter()
        .filter(|segment| {
            segment.side == transcripts::Side::Citizen
                && segment.start_ms < remark.to_ms
                && segment.end_ms > remark.from_ms
        });
    let text: Vec<_> = said.map(|segment| segment.text).collect();
    if !text.is_empty() {
        let command = Command::TranscribeRemark {
            text: text.join("，"),
        };
        tickets::note(tx, app.clock.now(), &ticket.number, command).await?;
    }
    Ok(())
}
