//! What the dialer asks and tells us of survey calls.

use std::time::Duration;

use futures::future::BoxFuture;

use super::rules::{self, Answers, Verdict};
use super::{PURPOSE, SCHEDULE, store};
use crate::{
    app::App,
    calls::{Call, Purpose},
    clock::from_millis,
    db::{self, Tx},
    dialer::{Fate, Order, Owner, Policy, Told},
    tickets::{self, Command, State, rules::events::Remark},
};

/// Failures of the network's after which the ticket is not kept waiting any longer.
const MAX_FAILURES: usize = 12;

pub struct Surveys;

pub static OWNER: Surveys = Surveys;

impl Owner for Surveys {
    fn purpose(&self) -> &'static str {
        PURPOSE
    }

    fn call_purpose(&self) -> Purpose {
        Purpose::Survey
    }

    fn policy(&self, app: &App) -> Policy {
        let survey = &app.config.survey;
        Policy {
            schedule: survey.permitted_hours.then_some(SCHEDULE),
            retry_after: survey.retry_after.clone(),
            min_attempts: usize::try_from(survey.min_attempts).unwrap_or(usize::MAX),
            min_days: survey.min_days.into(),
            max_failures: MAX_FAILURES,
            lost_after: survey.lost_after.max(Duration::from_secs(60)),
        }
    }

    fn owed<'a>(
        &'a self,
        _: &'a App,
        tx: &'a mut Tx,
        order: &'a Order,
    ) -> BoxFuture<'a, Result<Option<String>, db::Error>> {
        Box::pin(async move {
            let ticket = tickets::find(tx, &order.subject).await?;
            let waits = ticket.filter(|ticket| ticket.state == State::Callback);
            Ok(waits.map(|ticket| ticket.contact_phone))
        })
    }

    fn told<'a>(
        &'a self,
        app: &'a App,
        tx: &'a mut Tx,
        order: &'a Order,
        told: Told<'a>,
    ) -> BoxFuture<'a, Result<(), db::Error>> {
        Box::pin(async move {
            let command = match told {
                Told::Scheduled(next_at) => Command::ScheduleSurvey { next_at },
                Told::Dialling => Command::DialSurvey,
                Told::GivenUp(fate) => given_up(fate),
                Told::Cancelled(reason) => hand_over(&format!("自动回访已取消：{reason}")),
                Told::Failed {
                    attempt,
                    fate,
                    has_call,
                } => Command::RecordAttempt {
                    dialed_at: from_millis(attempt.at),
                    result: fate.as_str().to_owned(),
                    call_id: has_call.then(|| attempt.call_id.clone()),
                },
            };
            tickets::note(tx, app.clock.now(), &order.subject, command).await?;
            Ok(())
        })
    }

    fn judge<'a>(
        &'a self,
        app: &'a App,
        tx: &'a mut Tx,
        order: &'a Order,
        call: &'a Call,
    ) -> BoxFuture<'a, Result<Option<Fate>, db::Error>> {
        Box::pin(judge(app, tx, order, call))
    }
}

/// What a finished survey call brought.
async fn judge(app: &App, tx: &mut Tx, order: &Order, call: &Call) -> Result<Option<Fate>, db::Error> {
    let collected = call.body.collected.iter();
    let answers = rules::read_answers(collected.map(|answer| (answer.key.as_str(), answer.value.as_str())));
    let satisfied = match rules::judge(answers) {
        Verdict::Satisfied => true,
        Verdict::Dissatisfied => false,
        Verdict::Inconclusive => return inconclusive(app, tx, order, call).await,
    };
    let result = if satisfied { "satisfied" } else { "dissatisfied" };
    let (now, number) = (app.clock.now(), &order.subject);
    store::insert(tx, &call.id, number, call.started_at, result).await?;
    let attempt = Command::RecordAttempt {
        dialed_at: from_millis(call.started_at),
        result: result.to_owned(),
        call_id: Some(call.id.clone()),
    };
    tickets::note(tx, now, number, attempt).await?;
    let Answers {
        contacted,
        solved,
        satisfaction,
    } = answers;
    let completed = Command::CompleteSurvey {
        contacted,
        solved,
        satisfaction,
        remark: remark(call),
        satisfied,
    };
    tickets::note(tx, now, number, completed).await?;
    Ok(None)
}

/// Reached, but without an answer to go by: the machine tries once more. Who asked for a person has one; who said nothing twice gets one.
async fn inconclusive(app: &App, tx: &mut Tx, order: &Order, call: &Call) -> Result<Option<Fate>, db::Error> {
    let (now, number) = (app.clock.now(), &order.subject);
    let ticket = tickets::find(tx, number).await?;
    let attempts = ticket
        .and_then(|ticket| ticket.body.survey)
        .map(|survey| survey.attempts);
    let no_input = Fate::NoInput.as_str();
    let again = attempts
        .unwrap_or_default()
        .iter()
        .any(|attempt| attempt.result == no_input);
    let wished = call.queue.is_some();
    if !wished && !again {
        return Ok(Some(Fate::NoInput));
    }
    let attempt = Command::RecordAttempt {
        dialed_at: from_millis(call.started_at),
        result: if wished { "person" } else { no_input }.to_owned(),
        call_id: Some(call.id.clone()),
    };
    tickets::note(tx, now, number, attempt).await?;
    let reason = if wished {
        "市民要求人工回访"
    } else {
        "市民两次接通均未作答"
    };
    tickets::note(tx, now, number, hand_over(reason)).await?;
    Ok(None)
}

/// Unreachable is only who was tried as often as is owed; all else is a person's to find out.
fn given_up(fate: Fate) -> Command {
    match fate {
        Fate::DoNotCall => hand_over("号码在勿扰名单中"),
        Fate::NotAllowed => hand_over("联系电话无法拨打，请核实"),
        Fate::BadNumber => hand_over("号码为空号，请核实"),
        Fate::Failed | Fate::Lost | Fate::Interrupted => hand_over("线路多次异常，未能接通"),
        _ => Command::GiveUpSurvey,
    }
}

fn hand_over(reason: &str) -> Command {
    Command::HandOverSurvey {
        reason: reason.to_owned(),
    }
}

/// Everything that the citizen said to the machine: from the first answer in words to the end of the remark.
fn remark(call: &Call) -> Option<Remark> {
    let remarks = call
        .body
        .messages
        .iter()
        .filter(|message| message.key == "remark");
    let remarks = remarks.map(|message| (message.from_ms, message.to_ms));
    let answers = call.body.spoken.iter().map(|said| (said.from_ms, said.to_ms));
    let said: Vec<(i64, i64)> = remarks.chain(answers).collect();
    Some(Remark {
        call_id: call.id.clone(),
        from_ms: said.iter().map(|(from, _)| *from).min()?,
        to_ms: said.iter().map(|(_, to)| *to).max()?,
        text: None,
    })
}
