//! The durable job that calls back, and what an ended call does.
//!
//! Order against a crash: the attempt is stored, then the switchboard is asked to dial under the attempt's call id. A daemon that dies in
//! between finds the attempt without a call and asks again under the same id; one that dies later finds the call and its end.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::rules::{self, Next, Verdict};
use super::store::{self, Attempt};
use super::{MENU, SCHEDULE};
use crate::{
    app::App,
    calendar::{self, Calendar, Hours},
    calls::{self, Call, CallState, Outcome, Purpose},
    clock::from_millis,
    config::Survey,
    db::{self, Tx},
    events::{Consumer, Event},
    jobs::{self, Finish, Job, Kind},
    live::{Originate, Refused},
    tickets::{self, Command, State, Ticket},
    transcripts,
};

pub const CONSUMER: Consumer = Consumer {
    name: "surveys",
    topics: &[tickets::CALLBACK, calls::ENDED, transcripts::DONE],
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

pub const CALL_BACK: Kind = Kind {
    workers: 4,
    ..Kind::new("surveys.call_back", handle)
};

/// A line that is taken, or a switchboard that is not up, is asked again after this.
const NO_LINE: Duration = Duration::from_secs(30);
/// No hour is permitted at all: the settings are looked at again after this.
const NEVER: Duration = Duration::from_secs(3600);

#[derive(Serialize, Deserialize)]
struct Payload {
    number: String,
}

async fn on_events(app: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    for event in events {
        match event.topic.as_str() {
            tickets::CALLBACK => schedule_first(app, tx, &event.key).await?,
            calls::ENDED => {
                if event.read::<calls::Fact>()?.purpose == Purpose::Survey
                    && let Some(call) = calls::find(tx, &event.key).await?
                {
                    ended(app, tx, &call).await?;
                }
            }
            _ => remark(app, tx, &event.key).await?,
        }
    }
    Ok(())
}

/// The settings that decide about a time.
struct Rule {
    policy: Survey,
    calendar: Calendar,
    hours: Hours,
}

async fn rule(app: &App, tx: &mut Tx) -> Result<Rule, db::Error> {
    Ok(Rule {
        policy: app.config.survey.clone(),
        calendar: calendar::load(tx).await?,
        hours: calendar::hours(tx, SCHEDULE).await?,
    })
}

async fn schedule_first(app: &App, tx: &mut Tx, number: &str) -> Result<(), db::Error> {
    let now = app.clock.now();
    let rule = rule(app, tx).await?;
    let next = rules::first_attempt(&rule.policy, &rule.calendar, &rule.hours, now);
    follow(app, tx, number, next).await
}

/// Puts the next call where the rules say, or gives up.
async fn follow(app: &App, tx: &mut Tx, number: &str, next: Next) -> Result<(), db::Error> {
    let now = app.clock.now();
    match next {
        Next::At(at) => plan(app, tx, number, at).await,
        Next::NeverPermitted => {
            tracing::warn!(
                number,
                "no hour is permitted for survey calls: check the schedule"
            );
            plan(app, tx, number, now + NEVER).await
        }
        Next::Unreachable => {
            jobs::cancel(tx, &key(number)).await?;
            tickets::note(tx, now, number, Command::GiveUpSurvey).await?;
            Ok(())
        }
    }
}

async fn plan(app: &App, tx: &mut Tx, number: &str, at: DateTime<Utc>) -> Result<(), db::Error> {
    let now = app.clock.now();
    if tickets::note(tx, now, number, Command::ScheduleSurvey { next_at: at })
        .await?
        .is_none()
    {
        return Ok(());
    }
    jobs::cancel(tx, &key(number)).await?;
    jobs::enqueue(
        tx,
        now,
        &CALL_BACK,
        Some(&key(number)),
        &Payload {
            number: number.to_owned(),
        },
        at,
    )
    .await
}

fn key(number: &str) -> String {
    format!("survey:{number}")
}

/// Named with its type, because what it does enqueues the same kind of job again.
fn handle<'a>(app: &'a App, job: &'a Job) -> BoxFuture<'a, anyhow::Result<Finish>> {
    Box::pin(call_back(app, job))
}

/// At start-up, after the switchboard has told how the calls of the last run ended: attempts under way are looked at now.
pub async fn recover(app: &App) -> Result<(), db::Error> {
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    for attempt in store::all_open(&mut tx).await? {
        let number = attempt.ticket_number;
        jobs::cancel(&mut tx, &key(&number)).await?;
        let payload = Payload {
            number: number.clone(),
        };
        jobs::enqueue(&mut tx, now, &CALL_BACK, Some(&key(&number)), &payload, now).await?;
    }
    tx.commit().await
}

async fn call_back(app: &App, job: &Job) -> anyhow::Result<Finish> {
    let Payload { number } = job.read()?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let ticket = tickets::find(&mut tx, &number)
        .await?
        .filter(|ticket| ticket.state == State::Callback);
    // Closed or reopened meanwhile: nobody is owed a call any more.
    let Some(ticket) = ticket else {
        return Ok(Finish::Done(tx));
    };
    if let Some(attempt) = store::open(&mut tx, &number).await? {
        return resume(app, tx, &attempt, &ticket).await;
    }
    let rule = rule(app, &mut tx).await?;
    match rules::permitted(&rule.policy, &rule.calendar, &rule.hours, now) {
        Next::At(at) if at <= now => {}
        next => {
            let at = if let Next::At(at) = next { at } else { now + NEVER };
            tickets::note(&mut tx, now, &number, Command::ScheduleSurvey { next_at: at }).await?;
            return Ok(Finish::Again(tx, at));
        }
    }
    if ticket.contact_phone.is_empty() {
        tickets::note(&mut tx, now, &number, Command::GiveUpSurvey).await?;
        return Ok(Finish::Done(tx));
    }
    let call_id = app.rng.id();
    store::insert(&mut tx, &call_id, &number, now).await?;
    tickets::note(&mut tx, now, &number, Command::DialSurvey).await?;
    tx.commit().await?;
    dial(app, &call_id, &ticket).await
}

async fn dial(app: &App, call_id: &str, ticket: &Ticket) -> anyhow::Result<Finish> {
    let wish = Originate {
        call_id: call_id.to_owned(),
        number: ticket.contact_phone.clone(),
        menu: MENU.to_owned(),
        ticket_number: ticket.number.clone(),
    };
    let taken_on = app
        .live
        .switchboard()
        .and_then(|switchboard| switchboard.dial(wish));
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    match taken_on {
        Ok(()) => watch(app, tx, &ticket.number).await,
        Err(Refused::NumberNotAllowed) => {
            resolve(app, &mut tx, call_id, &ticket.number, "not_allowed").await?;
            watch(app, tx, &ticket.number).await
        }
        Err(refused) => {
            tracing::info!(number = ticket.number, %refused, "survey call put off");
            store::forget(&mut tx, call_id).await?;
            let next_at = now + NO_LINE;
            tickets::note(&mut tx, now, &ticket.number, Command::ScheduleSurvey { next_at }).await?;
            Ok(Finish::Again(tx, next_at))
        }
    }
}

/// The call's end plans what follows. The job stays as a watch for an end that never comes; if the end came already, it goes by its plan.
async fn watch(app: &App, mut tx: Tx, number: &str) -> anyhow::Result<Finish> {
    let now = app.clock.now();
    let lost_after = app.config.survey.lost_after;
    if store::open(&mut tx, number).await?.is_some() {
        return Ok(Finish::Again(tx, now + lost_after));
    }
    let ticket = tickets::find(&mut tx, number)
        .await?
        .filter(|ticket| ticket.state == State::Callback);
    let next_at = ticket
        .and_then(|ticket| ticket.body.survey)
        .and_then(|survey| survey.next_at);
    Ok(match next_at {
        Some(at) => Finish::Again(tx, at),
        None => Finish::Done(tx),
    })
}

/// An attempt is under way: after a restart, or when its end never came.
async fn resume(app: &App, mut tx: Tx, attempt: &Attempt, ticket: &Ticket) -> anyhow::Result<Finish> {
    let call = calls::find(&mut tx, &attempt.call_id).await?;
    let lost_after = app.config.survey.lost_after;
    let lost_at = from_millis(attempt.at) + lost_after;
    match call {
        Some(call) if call.state == CallState::Ended => ended(app, &mut tx, &call).await?,
        _ if app.clock.now() >= lost_at => {
            resolve(app, &mut tx, &attempt.call_id, &ticket.number, "lost").await?;
        }
        Some(_) => return Ok(Finish::Again(tx, lost_at)),
        // Stored, but never dialled: the same call again. The switchboard makes one call of a repeated wish.
        None => {
            drop(tx);
            return dial(app, &attempt.call_id, ticket).await;
        }
    }
    watch(app, tx, &ticket.number).await
}

/// What a finished survey call brought. Doing it twice does nothing.
async fn ended(app: &App, tx: &mut Tx, call: &Call) -> Result<(), db::Error> {
    let Some(attempt) = store::find(tx, &call.id).await? else {
        return Ok(());
    };
    let collected = call
        .body
        .collected
        .iter()
        .map(|answer| (answer.key.as_str(), answer.value.as_str()));
    let answers = rules::read_answers(collected);
    let satisfied = match rules::judge(answers) {
        Verdict::Satisfied => true,
        Verdict::Dissatisfied => false,
        Verdict::Inconclusive => {
            let result = without_answer(call);
            return resolve(app, tx, &call.id, &attempt.ticket_number, result).await;
        }
    };
    let result = if satisfied { "satisfied" } else { "dissatisfied" };
    if !store::resolve(tx, &call.id, result).await? {
        return Ok(());
    }
    let number = &attempt.ticket_number;
    jobs::cancel(tx, &key(number)).await?;
    note_attempt(app, tx, &attempt, result, true).await?;
    let remark = call.body.messages.iter().find(|message| message.key == "remark");
    let remark = remark.map(|message| tickets::rules::events::Remark {
        call_id: call.id.clone(),
        from_ms: message.from_ms,
        to_ms: message.to_ms,
        text: None,
    });
    let rules::Answers { solved, satisfaction } = answers;
    let command = Command::CompleteSurvey {
        solved,
        satisfaction,
        remark,
        satisfied,
    };
    tickets::note(tx, app.clock.now(), number, command).await?;
    Ok(())
}

/// Why a call brought no answer to close on.
fn without_answer(call: &Call) -> &'static str {
    match call.outcome() {
        // Reached, but no key was pressed, or not enough of them.
        Some(Outcome::Answered | Outcome::Completed | Outcome::Message | Outcome::Abandoned) => "no_input",
        Some(outcome) => outcome.as_str(),
        None => "lost",
    }
}

/// An attempt without an answer: the next one, or giving up.
async fn resolve(app: &App, tx: &mut Tx, call_id: &str, number: &str, result: &str) -> Result<(), db::Error> {
    if !store::resolve(tx, call_id, result).await? {
        return Ok(());
    }
    let Some(attempt) = store::find(tx, call_id).await? else {
        return Ok(());
    };
    let has_call = calls::find(tx, call_id).await?.is_some();
    note_attempt(app, tx, &attempt, result, has_call).await?;
    let Some(ticket) = tickets::find(tx, number).await? else {
        return Ok(());
    };
    let made = ticket
        .body
        .survey
        .map(|survey| survey.attempts)
        .unwrap_or_default();
    let times: Vec<_> = made.iter().map(|attempt| attempt.at).collect();
    let rule = rule(app, tx).await?;
    let now = app.clock.now();
    let next = rules::next_attempt(&rule.policy, &rule.calendar, &rule.hours, &times, now);
    follow(app, tx, number, next).await
}

async fn note_attempt(
    app: &App,
    tx: &mut Tx,
    attempt: &Attempt,
    result: &str,
    has_call: bool,
) -> Result<(), db::Error> {
    let command = Command::RecordAttempt {
        dialed_at: from_millis(attempt.at),
        result: result.to_owned(),
        call_id: has_call.then(|| attempt.call_id.clone()),
    };
    tickets::note(tx, app.clock.now(), &attempt.ticket_number, command).await?;
    Ok(())
}

/// The words of a remark, once the survey call is transcribed.
async fn remark(app: &App, tx: &mut Tx, call_id: &str) -> Result<(), db::Error> {
    let Some(attempt) = store::find(tx, call_id).await? else {
        return Ok(());
    };
    let Some(ticket) = tickets::find(tx, &attempt.ticket_number).await? else {
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
