//! 自动派单 (transition 7): where the catalogue names one unit, and by far the most tickets of that class there ended with it, the
//! machine sends the next one out by itself, after a time in which a person may take it out of its hands. Off until the office turns it on.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{
    Suggestion,
    rules::Duty,
    store,
    surety::{Group, Past, Rule, pasts},
};
use crate::{
    app::App,
    calendar::local_date,
    calls,
    clock::{from_millis, millis},
    db::{self, Tx},
    jobs::{self, Finish, Job, Kind},
    settings::{self, Versioned},
    tickets::{self, Command, Ticket, rules::facts::UnitName},
};

/// The one document of [`settings::Kind::Dispatch`].
pub(super) const NAME: &str = "automatic";

/// How far back the tickets are counted.
pub(super) const WINDOW_DAYS: i64 = 180;

/// When a ticket whose call still goes on is looked at again.
const WHILE_TALKING: TimeDelta = TimeDelta::minutes(1);

/// Of one ticket, when its time has come.
pub const SEND: Kind = Kind {
    workers: 2,
    ..Kind::new("dispatch.automatic", |app, job| Box::pin(send(app, job)))
};

pub(super) async fn rule(tx: &mut Tx) -> Result<Versioned<Rule>, db::Error> {
    let set = settings::current(tx, settings::Kind::Dispatch, NAME).await?;
    Ok(set.unwrap_or(Versioned {
        name: NAME.into(),
        version: 0,
        body: Rule::default(),
        updated_at: from_millis(0),
        updated_by: String::new(),
    }))
}

/// The past of every suggestion for a class, in their order.
pub(super) async fn pasts_of(
    tx: &mut Tx,
    class_code: &str,
    found: &[Suggestion],
    now: DateTime<Utc>,
) -> Result<Vec<Past>, db::Error> {
    let duties = store::duties(tx, class_code, local_date(now)).await?;
    let groups = store::groups(tx, Some(class_code), since(now)).await?;
    let places = store::places(tx).await?;
    let known = pasts(&duties, &groups, &places);
    let key = |one: &Suggestion| (one.area.clone(), one.unit_code.clone());
    Ok(found
        .iter()
        .map(|one| known.get(&key(one)).copied().unwrap_or_default())
        .collect())
}

pub(super) fn since(now: DateTime<Utc>) -> i64 {
    millis(now - TimeDelta::days(WINDOW_DAYS))
}

/// Where a ticket may go by itself, and why.
struct Sure {
    unit: UnitName,
    co_units: Vec<UnitName>,
    ground: String,
}

async fn sure(
    tx: &mut Tx,
    rule: &Rule,
    ticket: &Ticket,
    now: DateTime<Utc>,
) -> Result<Option<Sure>, db::Error> {
    let Some(class_code) = ticket
        .class_code
        .as_deref()
        .filter(|_| rule.on && ticket.may_go_by_rule())
    else {
        return Ok(None);
    };
    let found = super::suggest(tx, class_code, ticket.place_code.as_deref(), local_date(now)).await?;
    // Two units that are as near as each other: a person chooses.
    let Some((best, _)) = found
        .split_first()
        .filter(|(best, rest)| rest.iter().all(|next| next.area != best.area))
    else {
        return Ok(None);
    };
    let past = pasts_of(tx, class_code, &found[..1], now)
        .await?
        .into_iter()
        .next()
        .unwrap_or_default();
    // An open one of the same citizen and class may be the same matter, which a person would merge.
    if !rule.is_sure(past) || tickets::has_like(tx, ticket, since(now)).await? {
        return Ok(None);
    }
    let codes: Vec<&str> = best.co_units.iter().map(String::as_str).collect();
    let names = tickets::unit_names(tx, &codes).await?;
    let named = |code: &String| UnitName {
        code: code.clone(),
        name: names.get(code).cloned().unwrap_or_else(|| code.clone()),
    };
    Ok(Some(Sure {
        unit: UnitName {
            code: best.unit_code.clone(),
            name: best.unit_name.clone(),
        },
        co_units: best.co_units.iter().map(named).collect(),
        ground: format!(
            "自动派单：{}；近 {WINDOW_DAYS} 天同类 {} 件办结，其中 {} 件由该单位承办（门槛 {}%）",
            best.reason, past.cases, past.same, rule.percent
        ),
    }))
}

/// Plans the ticket's dispatch, or takes the plan back where it is not sure any more.
pub(super) async fn consider(app: &App, tx: &mut Tx, number: &str) -> Result<(), db::Error> {
    let now = app.clock.now();
    let rule = rule(tx).await?.body;
    let Some(ticket) = tickets::find(tx, number).await? else {
        return Ok(());
    };
    let planned = ticket.body.planned_dispatch.as_ref();
    let Some(sure) = sure(tx, &rule, &ticket, now).await? else {
        if planned.is_some() {
            drop_plan(tx, now, number).await?;
        }
        return Ok(());
    };
    if planned.is_some_and(|planned| planned.unit.code == sure.unit.code && planned.co_units == sure.co_units)
    {
        return Ok(());
    }
    let dispatch_at = now + TimeDelta::minutes(rule.wait_minutes.into());
    let command = Command::PlanDispatch {
        unit: sure.unit,
        co_units: sure.co_units,
        ground: sure.ground,
        dispatch_at,
    };
    if tickets::note(tx, now, number, command).await?.is_some() {
        let key = format!("{}:{number}", SEND.name);
        jobs::put(tx, now, &SEND, &key, number, dispatch_at).await?;
    }
    Ok(())
}

async fn drop_plan(tx: &mut Tx, now: DateTime<Utc>, number: &str) -> Result<(), db::Error> {
    let reason = "不再符合自动派单条件，请人工派单".into();
    tickets::note(tx, now, number, Command::DropPlan { reason }).await?;
    Ok(())
}

/// The plan was made some time ago: whatever speaks against it by now counts.
async fn send(app: &App, job: &Job) -> anyhow::Result<Finish> {
    let number: String = job.read()?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let ticket = tickets::find_locked(&mut tx, &number).await?;
    let Some((ticket, planned)) =
        ticket.and_then(|ticket| Some((ticket.clone(), ticket.body.planned_dispatch?)))
    else {
        return Ok(Finish::Done(tx));
    };
    if planned.dispatch_at > now {
        return Ok(Finish::Again(tx, planned.dispatch_at));
    }
    // What is still being said may change all of it.
    let calls = calls::by_ticket(&mut tx, &number).await?;
    if calls.iter().any(|call| call.ended_at.is_none()) {
        return Ok(Finish::Again(tx, now + WHILE_TALKING));
    }
    let rule = rule(&mut tx).await?.body;
    match sure(&mut tx, &rule, &ticket, now).await? {
        Some(sure) if sure.unit.code == planned.unit.code => {
            tickets::note(&mut tx, now, &number, Command::DispatchAsPlanned).await?;
        }
        _ => drop_plan(&mut tx, now, &number).await?,
    }
    Ok(Finish::Done(tx))
}

/// What the rule would do with each entry of the catalogue.
pub(super) struct Outlook {
    pub(super) class_code: String,
    /// None: the whole county.
    pub(super) area_name: Option<String>,
    pub(super) duty: Duty,
    pub(super) past: Past,
    pub(super) sure: bool,
}

/// Entries with a past, those with the most tickets first.
pub(super) async fn outlook(
    tx: &mut Tx,
    rule: &Rule,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Vec<Outlook>, db::Error> {
    let mut groups: HashMap<String, Vec<Group>> = HashMap::new();
    for group in store::groups(tx, None, since(now)).await? {
        groups.entry(group.class_code.clone()).or_default().push(group);
    }
    let places = store::places(tx).await?;
    let mut all = Vec::new();
    for (class_code, duties) in store::duties_by_class(tx, today).await? {
        let own = groups.remove(&class_code).unwrap_or_default();
        let known = pasts(&duties, &own, &places);
        for duty in &duties {
            let Some(past) = known.get(&(duty.area.clone(), duty.unit_code.clone())) else {
                continue;
            };
            let alone = duties.iter().filter(|other| other.area == duty.area).count() == 1;
            all.push(Outlook {
                class_code: class_code.clone(),
                area_name: places.name(&duty.area),
                duty: duty.clone(),
                past: *past,
                sure: alone && rule.is_sure(*past),
            });
        }
    }
    all.sort_by(|a, b| {
        b.past
            .cases
            .cmp(&a.past.cases)
            .then_with(|| a.class_code.cmp(&b.class_code))
    });
    Ok(all)
}
