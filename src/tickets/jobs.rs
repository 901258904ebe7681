//! What calls and transcripts do to tickets.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::rules::extract::{Lexicon, Suggestion, Utterance, demands};
use super::{Actor, Command, Source, find, finding, lexicon, note, open};
use crate::{
    app::App,
    calendar::local_date,
    calls::{self, Call, Outcome, Purpose},
    clock::from_millis,
    db::{self, Tx},
    events::{Consumer, Event},
    jobs::{self, Finish, Job, Kind},
    transcripts,
};

pub const CONSUMER: Consumer = Consumer {
    name: "tickets",
    topics: &[
        calls::QUEUED,
        calls::ANSWERED,
        calls::ENDED,
        transcripts::HEARD,
        transcripts::DONE,
    ],
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

/// Reads the suggestions from a transcript. Two at a time: it is short work, and a second call must not wait for a first one's dictionary.
pub const SUGGEST: Kind = Kind {
    workers: 2,
    ..Kind::new("tickets.suggest", |app, job| Box::pin(suggest(app, job)))
};

#[derive(Serialize, Deserialize)]
struct SuggestPayload {
    call_id: String,
}

async fn on_events(app: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    let mut ids: Vec<&str> = events.iter().map(|event| event.key.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = calls::by_ids(tx, &ids).await?;
    let mut calls: HashMap<_, _> = found.into_iter().map(|call| (call.id.clone(), call)).collect();
    for event in events {
        let Some(call) = calls.get_mut(&event.key) else {
            continue;
        };
        if event.topic == transcripts::DONE {
            finding::heard(tx, call).await?;
        }
        // Survey calls are about tickets that exist; the surveys hear of them. Whom we call back in their turn has a matter to tell.
        if call.purpose == Purpose::Hotline || (call.purpose == Purpose::Callback && call.queue.is_some()) {
            on_event(app, tx, event, call).await?;
        }
    }
    Ok(())
}

async fn on_event(app: &App, tx: &mut Tx, event: &Event, call: &mut Call) -> Result<(), db::Error> {
    match event.topic.as_str() {
        calls::QUEUED => {
            draft(app, tx, event, call, Source::Call).await?;
        }
        calls::ANSWERED => taken(app, tx, event, call).await?,
        calls::ENDED => ended(app, tx, event, call).await?,
        _ => suggest_soon(tx, app.clock.now(), &call.id).await?,
    }
    Ok(())
}

/// The call's tickets are suggested anew what its words say.
pub async fn suggest_soon(tx: &mut Tx, now: DateTime<Utc>, call_id: &str) -> Result<(), db::Error> {
    let payload = SuggestPayload {
        call_id: call_id.to_owned(),
    };
    let key = format!("suggest:{call_id}");
    jobs::enqueue(tx, now, &SUGGEST, Some(&key), &payload, now).await?;
    Ok(())
}

/// The number of the call's ticket, opened now if there is none.
async fn draft(
    app: &App,
    tx: &mut Tx,
    event: &Event,
    call: &mut Call,
    source: Source,
) -> Result<String, db::Error> {
    if let Some(number) = &call.ticket_number {
        return Ok(number.clone());
    }
    let opened = open(
        tx,
        &app.rng,
        from_millis(event.at),
        source,
        Some(call),
        &Actor::System,
    )
    .await;
    let ticket = opened.map_err(|error| match error {
        super::Error::Database(error) => error,
        // No number was free: the event is tried again in another second.
        _ => db::Error::Busy,
    })?;
    call.ticket_number = Some(ticket.number.clone());
    Ok(ticket.number)
}

async fn taken(app: &App, tx: &mut Tx, event: &Event, call: &mut Call) -> Result<(), db::Error> {
    let number = draft(app, tx, event, call, Source::Call).await?;
    let Some(operator) = call.operator.clone() else {
        return Ok(());
    };
    let operator_name = call.operator_name.clone().unwrap_or_else(|| operator.clone());
    note(
        tx,
        from_millis(event.at),
        &number,
        Command::Take {
            operator,
            operator_name,
        },
    )
    .await?;
    Ok(())
}

/// A message left without a queue is a request all the same; who hung up in the menu asked nothing.
async fn ended(app: &App, tx: &mut Tx, event: &Event, call: &mut Call) -> Result<(), db::Error> {
    let outcome = event
        .read::<calls::Fact>()
        .ok()
        .and_then(|fact| fact.outcome)
        .or_else(|| call.outcome());
    if call.ticket_number.is_none() && outcome != Some(Outcome::Message) {
        return Ok(());
    }
    let number = draft(app, tx, event, call, Source::Message).await?;
    super::emergency::ended(tx, event.at, call, &number).await?;
    let outcome = outcome.map(Outcome::as_str).unwrap_or_default().to_owned();
    let mut numbers = calls::further_tickets(tx, &call.id).await?;
    numbers.insert(0, number);
    for number in numbers {
        let command = Command::EndCall {
            call_id: call.id.clone(),
            outcome: outcome.clone(),
        };
        note(tx, from_millis(event.at), &number, command).await?;
    }
    Ok(())
}

async fn suggest(app: &App, job: &Job) -> anyhow::Result<Finish> {
    let SuggestPayload { call_id } = job.read()?;
    let Heard {
        tickets,
        is_whole,
        day,
    } = heard(app, &call_id).await?;
    if tickets.is_empty() {
        return Ok(Finish::Done(app.db.begin().await?));
    }
    let lexicon = lexicon::current(app).await?;
    let suggestions: Vec<_> = tickets
        .into_iter()
        .map(|(number, said)| (number, suggestion(&lexicon, &said, is_whole, day)))
        .collect();
    let mut tx = app.db.begin().await?;
    for (number, suggestion) in suggestions {
        note_suggestion(app, &mut tx, &number, suggestion).await?;
    }
    Ok(Finish::Done(tx))
}

fn suggestion(lexicon: &Lexicon, said: &[Utterance], is_whole: bool, day: NaiveDate) -> Suggestion {
    let mut suggestion = lexicon.suggest(said, day);
    if !is_whole {
        // The content is the transcript itself: the operator sees it beside the ticket, and it is kept once, when it is whole.
        suggestion.content.clear();
    }
    suggestion
}

/// While a call runs most sentences say nothing new: the ticket's history shows only what did.
async fn note_suggestion(
    app: &App,
    tx: &mut Tx,
    number: &str,
    suggestion: Suggestion,
) -> Result<(), db::Error> {
    let known = find(tx, number).await?;
    if known.is_some_and(|ticket| ticket.body.suggestion == suggestion) {
        return Ok(());
    }
    let command = Command::Suggest(Box::new(suggestion));
    note(tx, app.clock.now(), number, command).await?;
    Ok(())
}

/// The call's tickets, each with the citizen's own sentences that are about it.
struct Heard {
    tickets: Vec<(String, Vec<Utterance>)>,
    /// The call is over and its transcript made.
    is_whole: bool,
    /// The day of the call.
    day: NaiveDate,
}

async fn heard(app: &App, call_id: &str) -> Result<Heard, db::Error> {
    let mut tx = app.db.read().await?;
    let call = calls::find(&mut tx, call_id).await?;
    let day = call
        .as_ref()
        .map_or(app.clock.now(), |call| from_millis(call.started_at));
    let said = spoken(transcripts::segments(&mut tx, call_id).await?);
    let is_whole = !said.is_empty();
    let said = match is_whole {
        true => said,
        false => spoken(transcripts::live::finished_sentences(app, call_id)),
    };
    let tickets = match call {
        Some(call) if !said.is_empty() => by_ticket(&mut tx, call, &said).await?,
        _ => Vec::new(),
    };
    Ok(Heard {
        tickets,
        is_whole,
        day: local_date(day),
    })
}

async fn by_ticket(
    tx: &mut Tx,
    call: Call,
    said: &[Utterance],
) -> Result<Vec<(String, Vec<Utterance>)>, db::Error> {
    let began = call.body.recording_started_at.unwrap_or(call.started_at);
    let mut further = calls::further(tx, &call.id).await?;
    // Of older ones it is not known when they were opened.
    further.retain(|one| one.opened_at > 0);
    let marks: Vec<i64> = further.iter().map(|one| one.opened_at - began).collect();
    let own = ticket_to_fill(tx, call).await?;
    let numbers = [own]
        .into_iter()
        .chain(further.into_iter().map(|one| Some(one.ticket_number)));
    let demands = demands::split(said, &marks);
    Ok(numbers
        .zip(demands)
        .filter_map(|(number, said)| Some((number?, said)))
        .collect())
}

/// The ticket that the call opened. One it was tied to later is another call's: asking how far it is does not change what it says.
async fn ticket_to_fill(tx: &mut Tx, call: Call) -> Result<Option<String>, db::Error> {
    let Some(number) = call.ticket_number else {
        return Ok(None);
    };
    let opener = calls::by_ticket(tx, &number).await?.into_iter().next();
    Ok(opener.filter(|opener| opener.id == call.id).map(|_| number))
}

fn spoken(segments: Vec<transcripts::Segment>) -> Vec<Utterance> {
    let citizen = segments
        .into_iter()
        .filter(|segment| segment.side == transcripts::Side::Citizen);
    citizen
        .map(|segment| Utterance {
            start_ms: segment.start_ms,
            text: segment.text,
        })
        .collect()
}
