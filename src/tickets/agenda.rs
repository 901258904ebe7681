//! What comes due on a ticket: reminders, the end of a suspension, filing. One durable job a ticket, put anew in the transaction of every
//! step; what was told is remembered, so that a step taken late loses nothing and a job run twice tells nothing twice.

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::rules::{State, Ticket, timers};
use super::{Books, Command, books, clock::CHANGES, find, inbox, note, store};
use crate::{
    app::App,
    calendar::{
        due_words,
        limits::{Step, Task, Timer, ladder},
    },
    clock::{from_millis, millis},
    db::{self, Tx},
    events::{Consumer, Event},
    jobs::{self, Finish, Job, Kind},
    notices, settings, units,
};

pub const AGENDA: Kind = Kind {
    workers: 2,
    ..Kind::new("tickets.agenda", handle)
};

/// The calendar or a profile changed: every open ticket is looked at again.
pub const RECOUNT: Kind = Kind::new("tickets.recount", |app, job| Box::pin(recount(app, job)));

pub const CONSUMER: Consumer = Consumer {
    name: "tickets.calendar",
    topics: CHANGES,
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

/// By which a list is sorted; of these, one runs at a time.
const CLOCKS: [Timer; 6] = [
    Timer::Redo,
    Timer::Handle,
    Timer::Dispatch,
    Timer::Review,
    Timer::Callback,
    Timer::Dispute,
];

#[derive(Serialize, Deserialize)]
struct Payload {
    number: String,
}

/// One thing that comes due.
#[derive(Debug, Clone, PartialEq)]
struct Item {
    at: DateTime<Utc>,
    what: What,
}

#[derive(Debug, Clone, PartialEq)]
enum What {
    Remind {
        running: Box<timers::Running>,
        step: Step,
        due: DateTime<Utc>,
    },
    Resume,
    File,
}

impl Books {
    fn agenda(&self, ticket: &Ticket) -> Vec<Item> {
        let mut items: Vec<Item> = timers::running(ticket, &self.profile)
            .into_iter()
            .flat_map(|running| self.reminders(ticket, running))
            .collect();
        if let Some(stop) = &ticket.body.suspension {
            items.push(Item {
                at: stop.resume_at,
                what: What::Resume,
            });
        }
        if let Some(at) = self.to_be_filed(ticket) {
            items.push(Item { at, what: What::File });
        }
        items.sort_by_key(|item| item.at);
        items
    }

    /// After the time in which it may be said again; while it is supervised, not before it is off the ledger.
    fn to_be_filed(&self, ticket: &Ticket) -> Option<DateTime<Utc>> {
        let closed = ticket.body.entered.get(&State::Closed);
        let quiet = TimeDelta::days(self.profile.reopening.file_after_days.into());
        let at = *closed.filter(|_| ticket.state == State::Closed)? + quiet;
        match &ticket.body.supervision {
            Some(open) => open.discharged.map(|off| at.max(off)),
            None => Some(at),
        }
    }

    /// When the clock that matters now runs out: the lead unit's, or that of whoever in the office has it.
    fn due_now(&self, ticket: &Ticket) -> Option<DateTime<Utc>> {
        let running = timers::running(ticket, &self.profile);
        let first = CLOCKS
            .iter()
            .find_map(|timer| running.iter().find(|one| one.timer == *timer));
        self.due(first?)?.due
    }

    /// That something is late is the office's to hear of the lead unit, which answers for all.
    fn reminders(&self, ticket: &Ticket, running: timers::Running) -> Vec<Item> {
        let Some(due) = self.due(&running).and_then(|count| count.due) else {
            return vec![];
        };
        let task = Task {
            from: running.from,
            limit: running.limit,
            extensions: &running.extensions,
            pauses: &running.pauses,
        };
        let rule = self.rule(running.counted_by.as_deref());
        let rungs = ladder(&self.calendar, &rule, &self.profile.reminders, &task, due);
        let item = |rung: crate::calendar::limits::Rung| Item {
            at: rung.at,
            what: What::Remind {
                running: Box::new(running.clone()),
                step: rung.step,
                due,
            },
        };
        let is_beside = matches!(running.timer, Timer::Handle | Timer::Redo)
            && is_beside(ticket, running.unit.as_deref());
        let rungs = rungs.into_iter();
        let told = rungs.filter(|rung| !is_beside || !matches!(rung.step, Step::Supervise | Step::Report));
        told.map(item).collect()
    }
}

fn key(number: &str) -> String {
    format!("agenda:{number}")
}

/// Puts the ticket's job where the next thing comes due. Part of every step.
pub(super) async fn plan(
    tx: &mut Tx,
    now: DateTime<Utc>,
    ticket: &Ticket,
    books: &Books,
) -> Result<(), db::Error> {
    let due = timers::handling(ticket, &books.profile).and_then(|running| books.due(&running)?.due);
    let told = store::agenda::save(tx, &ticket.number, before(ticket), due.map(millis)).await?;
    inbox::shelve(tx, ticket, books).await?;
    store::agenda::save_due(tx, &ticket.number, books.due_now(ticket).map(millis)).await?;
    let key = key(&ticket.number);
    let next = books
        .agenda(ticket)
        .into_iter()
        .find(|item| millis(item.at) > told);
    let Some(next) = next else {
        return jobs::cancel(tx, &key).await.map(drop);
    };
    let payload = Payload {
        number: ticket.number.clone(),
    };
    jobs::put(tx, now, &AGENDA, &key, &payload, next.at).await
}

async fn told_until(tx: &mut Tx, ticket: &Ticket) -> Result<i64, db::Error> {
    let known = store::agenda::find(tx, &ticket.number).await?;
    Ok(known.map_or(before(ticket), |known| known.told_until))
}

/// What came due at the very moment of opening is still to be told.
fn before(ticket: &Ticket) -> i64 {
    ticket.created_at - 1
}

/// Named with its type, because what it does enqueues the same kind of job again.
fn handle<'a>(app: &'a App, job: &'a Job) -> BoxFuture<'a, anyhow::Result<Finish>> {
    Box::pin(run(app, job))
}

async fn run(app: &App, job: &Job) -> anyhow::Result<Finish> {
    let Payload { number } = job.read()?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(ticket) = find(&mut tx, &number).await? else {
        return Ok(Finish::Done(tx));
    };
    let books = books(&mut tx).await?;
    let told = told_until(&mut tx, &ticket).await?;
    let agenda = books.agenda(&ticket);
    let due = agenda
        .iter()
        .filter(|item| millis(item.at) > told && item.at <= now);
    let due: Vec<Item> = due.cloned().collect();
    store::agenda::told(&mut tx, &number, millis(now)).await?;
    for item in due {
        tell(&mut tx, now, &ticket, &item).await?;
    }
    // A step taken here has planned already; this job's own row is in the way of a new one until it ends.
    let ticket = find(&mut tx, &number).await?.unwrap_or(ticket);
    let next = books.agenda(&ticket).into_iter().find(|item| item.at > now);
    Ok(match next {
        Some(next) => Finish::Again(tx, next.at),
        None => Finish::Done(tx),
    })
}

async fn tell(tx: &mut Tx, now: DateTime<Utc>, ticket: &Ticket, item: &Item) -> Result<(), db::Error> {
    match &item.what {
        What::Resume => drop(note(tx, now, &ticket.number, Command::Wake).await?),
        What::File => drop(note(tx, now, &ticket.number, Command::File).await?),
        What::Remind { running, step, due } => {
            // Several units may have the same limit, and each is told once.
            let step_key = match running.unit.as_deref() {
                Some(unit) if is_beside(ticket, Some(unit)) => format!("{}:{unit}", step.key()),
                _ => step.key(),
            };
            let draft = notices::Draft {
                number: ticket.number.clone(),
                unit_code: running.unit.clone(),
                timer: running.timer.as_str().to_owned(),
                step: step_key,
                due: *due,
                text: text(ticket, running, *step, *due),
                urgent: is_urgent(ticket),
            };
            notices::give(tx, now, &draft).await?;
        }
    }
    Ok(())
}

/// Whether it is the clock of a unit other than the lead.
fn is_beside(ticket: &Ticket, unit: Option<&str>) -> bool {
    let lead = ticket.body.lead().map(|lead| lead.unit_code.as_str());
    unit.is_some() && unit != lead
}

/// 特急 and 民生急修: at any hour.
pub(super) fn is_urgent(ticket: &Ticket) -> bool {
    matches!(ticket.band.as_str(), "S" | "A")
}

fn text(ticket: &Ticket, running: &timers::Running, step: Step, due: DateTime<Utc>) -> String {
    let timer = running.timer.title();
    let due = due_words(due);
    let said = match step {
        Step::PercentLeft(left) => format!("{timer}时限仅剩 {left}%，截止 {due}"),
        Step::DaysLeft(days) => format!("距{timer}截止还有 {days} 个工作日，截止 {due}"),
        Step::Due => format!("{timer}时限已到（{due}）"),
        Step::Urge => format!("{timer}已超期，请立即办理（催办）"),
        Step::Supervise => format!("{timer}严重超期，应启动一级督办"),
        Step::Report => format!("{timer}长期超期，应予通报"),
    };
    format!("《{}》{said}", super::shown_title(ticket))
}

/// Settings that move due dates.
const COUNTED_BY: [settings::Kind; 3] = [
    settings::Kind::Limits,
    settings::Kind::LimitsChoice,
    settings::Kind::Calendar,
];

async fn on_events(app: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    let matters = |event: &Event| {
        event.topic == "provisioning.loaded"
            || event.topic == units::CHANGED
            || event
                .read::<serde_json::Value>()
                .is_ok_and(|fact| COUNTED_BY.iter().any(|kind| fact["kind"] == kind.as_str()))
    };
    if let Some(last) = events.iter().rfind(|event| matters(event)) {
        let now = app.clock.now();
        // A pass that is under way does not go back to the tickets it has seen: each change has one of its own.
        let key = format!("{}:{}", RECOUNT.name, last.seq);
        jobs::enqueue(tx, now, &RECOUNT, Some(&key), &(), now).await?;
    }
    Ok(())
}

/// Tickets looked at in one transaction.
const BATCH: i64 = 100;

async fn recount(app: &App, _: &Job) -> anyhow::Result<Finish> {
    let mut after = String::new();
    loop {
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        let books = books(&mut tx).await?;
        let numbers = store::agenda::after(&mut tx, &after, BATCH).await?;
        let Some(last) = numbers.last().cloned() else {
            return Ok(Finish::Done(tx));
        };
        for number in &numbers {
            recount_one(&mut tx, now, number, &books).await?;
        }
        tx.commit().await?;
        after = last;
    }
}

/// The old due date stays on the ticket when the new calendar moves it.
async fn recount_one(tx: &mut Tx, now: DateTime<Utc>, number: &str, books: &Books) -> Result<(), db::Error> {
    let Some(ticket) = find(tx, number).await? else {
        return Ok(());
    };
    let before = store::agenda::find(tx, number).await?.and_then(|known| known.due);
    let due = timers::handling(&ticket, &books.profile).and_then(|running| books.due(&running)?.due);
    if let (Some(before), Some(due)) = (before, due)
        && before != millis(due)
    {
        let command = Command::MoveDue {
            old_at: from_millis(before),
            new_at: due,
        };
        note(tx, now, number, command).await?;
    }
    let ticket = find(tx, number).await?.unwrap_or(ticket);
    plan(tx, now, &ticket, books).await
}
