//! Tickets on the wire.

mod files;
mod life;
mod limits;
mod privacy;
mod told;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::catalogue::{self, ClassRow};
use super::rules::events::What;
use super::rules::privacy::{Sight, sight, sight_of_all};
use super::rules::projection::Survey;
use super::rules::{self, Actor, Owner, Ticket};
use super::store;
use crate::{
    calls::{
        self,
        api::{CallView, MenuStepView},
    },
    clock::{from_millis, millis},
    db::{self, Tx},
    notices,
};
pub use files::AttachmentView;
pub(super) use files::may_open;
pub use life::{AssignmentView, LifeView};
pub use limits::{ClockView, LimitView};
pub use privacy::ConfidentialView;
pub use told::ToldView;

/// How much of a caller's past is shown.
const HISTORY: i64 = 10;
/// How far apart two tickets may be and still be one matter.
const RELATED: TimeDelta = TimeDelta::days(30);

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TicketSummary {
    /// YYMMDDhhmmss and six digits
    pub number: String,
    /// draft, pending, supplement, accepted, direct, dispatched, handling, returned, disputed, replied, callback, judging, redo,
    /// suspended, closed, filed, rejected, transferred, void
    pub state: &'static str,
    pub title: String,
    pub kind: String,
    pub class: Option<ClassRef>,
    pub band: String,
    pub caller: String,
    pub caller_name: String,
    pub place: String,
    pub unit: Option<CodeName>,
    pub operator: Option<String>,
    /// call, message, manual
    pub source: &'static str,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
    /// In an inbox: the clock that matters there, when one runs
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockView>,
    /// 自动派单: when the machine sends it out
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatch_at: Option<DateTime<Utc>>,
    /// 保密
    pub confidential: bool,
    /// full; masked: numbers and the name; hidden: all of the citizen
    pub sight: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClassRef {
    pub code: String,
    pub level1: String,
    pub level2: String,
    pub level3: String,
}

impl From<&ClassRow> for ClassRef {
    fn from(row: &ClassRow) -> Self {
        let ClassRow {
            code,
            level1,
            level2,
            level3,
        } = row.clone();
        Self {
            code,
            level1,
            level2,
            level3,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeName {
    pub code: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub struct TicketView {
    #[serde(flatten)]
    pub summary: TicketSummary,
    pub content: String,
    pub contact_phone: String,
    pub place_code: Option<String>,
    /// When it happened, or since when
    pub happened: String,
    /// How many it concerns
    pub affected: String,
    pub suggestion: SuggestionView,
    pub menu_path: Vec<MenuStepView>,
    pub calls: Vec<CallView>,
    pub history: HistoryView,
    pub assignments: Vec<AssignmentView>,
    pub survey: Option<SurveyView>,
    pub owner: OwnerView,
    /// Others of the same matter at the same place within thirty days; only the office is told
    pub related: Vec<TicketSummary>,
    #[serde(flatten)]
    pub life: LifeView,
    /// Every clock that runs on it
    pub limits: Vec<LimitView>,
    pub timeline: Vec<TimelineEntry>,
    /// What the citizen was told by SMS (告知市民)
    pub told: Vec<ToldView>,
    /// What came with its steps, and what the caller has in hand
    pub attachments: Vec<AttachmentView>,
    /// Why it is confidential and who may see the citizen; for the office
    pub confidentiality: Option<ConfidentialView>,
    /// What the caller may do now: verbs of the endpoints below the ticket
    pub actions: Vec<&'static str>,
}

/// Who has the next step
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Owner)]
pub struct OwnerView {
    /// desk, dispatchers, reviewers (dispatchers and supervisors), supervisors, citizen, unit, archive
    pub who: &'static str,
    pub unit: Option<CodeName>,
}

impl OwnerView {
    fn new(ticket: &Ticket, units: &HashMap<String, String>) -> Self {
        let who = match ticket.owner() {
            Some(Owner::Desk) => "desk",
            Some(Owner::Reviewers) => "reviewers",
            Some(Owner::Supervisors) => "supervisors",
            Some(Owner::Citizen) => "citizen",
            Some(Owner::Unit(_)) => "unit",
            Some(Owner::Archive) => "archive",
            // Without an owner it must not be lost: whoever sends out has it.
            Some(Owner::Dispatchers) | None => "dispatchers",
        };
        let unit = match ticket.owner() {
            Some(Owner::Unit(code)) => Some(CodeName {
                name: units.get(&code).cloned().unwrap_or_else(|| code.clone()),
                code,
            }),
            _ => None,
        };
        Self { who, unit }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Suggestion)]
pub struct SuggestionView {
    pub title: String,
    pub kind: String,
    pub class: Option<ClassRef>,
    pub band: String,
    pub urgency_words: Vec<UrgencyWordView>,
    pub place: Option<CodeName>,
    pub happened: String,
    pub affected: String,
    pub unit: Option<CodeName>,
    pub unit_reason: Option<String>,
    pub words: Vec<SourceWordView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = UrgencyWord)]
pub struct UrgencyWordView {
    pub word: String,
    pub band: String,
}

/// The words a suggestion rests on and when they were said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SourceWord)]
pub struct SourceWordView {
    pub field: String,
    pub text: String,
    pub start_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = History)]
pub struct HistoryView {
    pub calls: Vec<CallView>,
    pub tickets: Vec<TicketSummary>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Survey)]
pub struct SurveyView {
    /// scheduled, dialing, completed, unreachable, person
    pub state: String,
    pub next_at: Option<DateTime<Utc>>,
    pub attempts: Vec<AttemptView>,
    pub solved: Option<bool>,
    /// Whether the unit had contacted the citizen, as they say
    pub contacted: Option<bool>,
    /// 1 to 5, as pressed
    pub satisfaction: Option<u8>,
    pub remark: Option<RemarkView>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SurveyAttempt)]
pub struct AttemptView {
    pub at: DateTime<Utc>,
    pub result: String,
    pub call_id: Option<String>,
}

/// Where in the survey call's recording the citizen's own words are.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Remark)]
pub struct RemarkView {
    pub call_id: String,
    pub from_ms: i64,
    pub to_ms: i64,
    pub text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TimelineEntry {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub kind: String,
    /// The person's name; 系统 for the hotline itself
    pub actor: String,
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
}

/// Tickets in a list, as `viewer` may see them.
pub async fn summaries(
    tx: &mut Tx,
    tickets: &[Ticket],
    viewer: &Actor,
) -> Result<Vec<TicketSummary>, db::Error> {
    let whole = whole_summaries(tx, tickets).await?;
    let shown = |(summary, ticket): (TicketSummary, &Ticket)| {
        privacy::summary(summary, ticket, sight(ticket, viewer))
    };
    Ok(whole.into_iter().zip(tickets).map(shown).collect())
}

/// A ticket as all who hear of its change may see it: the office, and the units.
pub(super) async fn told(tx: &mut Tx, ticket: &Ticket) -> Result<[TicketSummary; 2], db::Error> {
    let whole = whole_summaries(tx, std::slice::from_ref(ticket)).await?;
    // One ticket in, one summary out.
    let whole = whole.into_iter().next().ok_or(db::Error::NotFound)?;
    let seen = |units| privacy::summary(whole.clone(), ticket, sight_of_all(ticket, units));
    Ok([seen(false), seen(true)])
}

/// Lists need names for codes: read once for the whole list.
async fn whole_summaries(tx: &mut Tx, tickets: &[Ticket]) -> Result<Vec<TicketSummary>, db::Error> {
    let mut classes: Vec<&str> = tickets
        .iter()
        .filter_map(|ticket| ticket.class_code.as_deref())
        .collect();
    let mut units: Vec<&str> = tickets
        .iter()
        .filter_map(|ticket| ticket.unit_code.as_deref())
        .collect();
    classes.sort_unstable();
    classes.dedup();
    units.sort_unstable();
    units.dedup();
    let classes = catalogue::classes(tx, &classes).await?;
    let units = catalogue::units(tx, &units).await?;
    Ok(tickets
        .iter()
        .map(|ticket| summary(ticket, &classes, &units))
        .collect())
}

fn summary(
    ticket: &Ticket,
    classes: &HashMap<String, ClassRow>,
    units: &HashMap<String, String>,
) -> TicketSummary {
    let unit = ticket.unit_code.clone().map(|code| CodeName {
        name: units.get(&code).cloned().unwrap_or_else(|| code.clone()),
        code,
    });
    TicketSummary {
        number: ticket.number.clone(),
        state: ticket.state.as_str(),
        title: ticket.title.clone(),
        kind: ticket.kind.clone(),
        class: ticket
            .class_code
            .as_ref()
            .and_then(|code| classes.get(code))
            .map(ClassRef::from),
        band: ticket.band.clone(),
        caller: ticket.caller.clone(),
        caller_name: ticket.caller_name.clone(),
        place: ticket.place.clone(),
        unit,
        operator: ticket.operator.clone(),
        source: ticket.source.as_str(),
        created_at: from_millis(ticket.created_at),
        updated_at: from_millis(ticket.updated_at),
        version: ticket.version,
        clock: None,
        dispatch_at: ticket
            .body
            .planned_dispatch
            .as_ref()
            .map(|planned| planned.dispatch_at),
        confidential: ticket.body.confidential.is_some(),
        sight: Sight::Full.as_str(),
    }
}

/// The whole ticket as `actor` may see it.
pub async fn view(
    tx: &mut Tx,
    ticket: &Ticket,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<TicketView, db::Error> {
    let policy = super::policy(tx, ticket, actor).await?;
    let books = super::books(tx).await?;
    let unit_names = unit_names(tx, ticket).await?;
    let calls = calls::by_ticket(tx, &ticket.number).await?;
    let history = history(tx, ticket, &calls, actor).await?;
    let related = related(tx, ticket, actor).await?;
    let summary = summaries(tx, std::slice::from_ref(ticket), actor).await?;
    let suggestion = suggestion(tx, ticket).await?;
    let timeline = timeline(tx, &ticket.number, actor).await?;
    let attachments = files::shown(tx, ticket, actor).await?;
    let told = notices::told(tx, &ticket.number).await?;
    let menu_path = calls
        .first()
        .map(|call| call.body.menu_path.iter().map(MenuStepView::from).collect());
    let kept = ticket
        .body
        .confidential
        .as_ref()
        .filter(|_| actor.unit().is_none());
    let whole = TicketView {
        // One ticket in, one summary out.
        summary: summary.into_iter().next().ok_or(db::Error::NotFound)?,
        content: ticket.content.clone(),
        contact_phone: ticket.contact_phone.clone(),
        place_code: ticket.place_code.clone(),
        happened: ticket.body.happened.clone(),
        affected: ticket.body.affected.clone(),
        suggestion,
        menu_path: menu_path.unwrap_or_default(),
        calls: calls.iter().map(CallView::from).collect(),
        history,
        assignments: ticket.body.assignments.iter().map(AssignmentView::from).collect(),
        owner: OwnerView::new(ticket, &unit_names),
        related,
        life: LifeView::from(ticket),
        limits: limits::view(ticket, &books, &unit_names, now),
        survey: ticket.body.survey.as_ref().map(SurveyView::from),
        timeline,
        told: told.into_iter().map(ToldView::from).collect(),
        attachments,
        confidentiality: kept.map(ConfidentialView::from),
        actions: rules::actions(ticket, actor, &policy),
    };
    Ok(privacy::page(whole, ticket, sight(ticket, actor)))
}

async fn unit_names(tx: &mut Tx, ticket: &Ticket) -> Result<HashMap<String, String>, db::Error> {
    let codes: Vec<&str> = ticket
        .body
        .assignments
        .iter()
        .map(|given| given.unit_code.as_str())
        .collect();
    catalogue::units(tx, &codes).await
}

fn is_unit(actor: &Actor) -> bool {
    matches!(
        actor,
        Actor::Person {
            role: crate::accounts::Role::Unit,
            ..
        }
    )
}

async fn related(tx: &mut Tx, ticket: &Ticket, actor: &Actor) -> Result<Vec<TicketSummary>, db::Error> {
    if is_unit(actor) {
        return Ok(vec![]);
    }
    let since = from_millis(ticket.created_at) - RELATED;
    let mut found = store::related(tx, ticket, millis(since), HISTORY).await?;
    // They share a place, which a confidential one keeps to itself.
    found.retain(|other| sight(other, actor) == Sight::Full);
    summaries(tx, &found, actor).await
}

/// A unit is given its ticket, not the citizen's past.
async fn history(
    tx: &mut Tx,
    ticket: &Ticket,
    calls: &[calls::Call],
    actor: &Actor,
) -> Result<HistoryView, db::Error> {
    if is_unit(actor) {
        return Ok(HistoryView {
            calls: vec![],
            tickets: vec![],
        });
    }
    let before = calls.first().map_or(ticket.created_at, |call| call.started_at);
    let earlier = calls::history(tx, &ticket.caller, before, HISTORY).await?;
    let mut others = store::history(tx, &ticket.caller, &ticket.number, HISTORY).await?;
    // That this citizen has a confidential ticket is itself confidential.
    others.retain(|other| sight(other, actor) == Sight::Full);
    let tickets = summaries(tx, &others, actor).await?;
    let ids: Vec<&str> = earlier.iter().map(|call| call.id.as_str()).collect();
    let closed = calls::closed(tx, &ids, actor.username().unwrap_or_default()).await?;
    let open = earlier.iter().filter(|call| !closed.contains(&call.id));
    Ok(HistoryView {
        calls: open.map(CallView::from).collect(),
        tickets,
    })
}

async fn suggestion(tx: &mut Tx, ticket: &Ticket) -> Result<SuggestionView, db::Error> {
    let found = &ticket.body.suggestion;
    let codes: Vec<&str> = found.class_code.as_deref().into_iter().collect();
    let classes = catalogue::classes(tx, &codes).await?;
    let unit = ticket.body.unit_suggestion.clone();
    let word = |word: &rules::extract::UrgencyWord| UrgencyWordView {
        word: word.word.clone(),
        band: word.band.clone(),
    };
    let source = |word: &rules::extract::SourceWord| SourceWordView {
        field: word.field.clone(),
        text: word.text.clone(),
        start_ms: word.start_ms,
    };
    Ok(SuggestionView {
        title: found.title.clone(),
        kind: found.kind.clone(),
        class: found
            .class_code
            .as_ref()
            .and_then(|code| classes.get(code))
            .map(ClassRef::from),
        band: found.band.clone(),
        happened: found.happened.clone(),
        affected: found.affected.clone(),
        urgency_words: found.urgency_words.iter().map(word).collect(),
        place: found.place.clone().map(|place| CodeName {
            code: place.code,
            name: place.name,
        }),
        unit_reason: unit.as_ref().map(|unit| unit.reason.clone()),
        unit: unit.map(|unit| CodeName {
            code: unit.unit_code,
            name: unit.unit_name,
        }),
        words: found.words.iter().map(source).collect(),
    })
}

/// Units do not read what the office weighed before it gave them the ticket.
async fn timeline(tx: &mut Tx, number: &str, actor: &Actor) -> Result<Vec<TimelineEntry>, db::Error> {
    let events = store::events(tx, number).await?;
    let actors: Vec<&str> = events.iter().filter_map(|event| event.actor.as_deref()).collect();
    let names = store::names(tx, &actors).await?;
    let entry = |(seq, event): (i64, &rules::Event)| {
        let (kind, detail) = event.what.to_parts().unwrap_or_default();
        let actor = match &event.actor {
            Some(username) => names.get(username).cloned().unwrap_or_else(|| username.clone()),
            None => "系统".to_owned(),
        };
        // The whole suggestion is shown once, not again for every time it was made.
        let detail = if matches!(event.what, What::Suggested(_)) {
            serde_json::Value::Null
        } else {
            detail
        };
        TimelineEntry {
            seq,
            at: event.at,
            kind,
            actor,
            detail,
        }
    };
    let shown = (1..)
        .zip(&events)
        .filter(|(_, event)| !is_unit(actor) || !event.what.is_of_the_office());
    Ok(shown.map(entry).collect())
}

impl From<&Survey> for SurveyView {
    fn from(survey: &Survey) -> Self {
        let attempt = |attempt: &rules::SurveyAttempt| AttemptView {
            at: attempt.at,
            result: attempt.result.clone(),
            call_id: attempt.call_id.clone(),
        };
        let remark = survey.remark.as_ref().map(|remark| RemarkView {
            call_id: remark.call_id.clone(),
            from_ms: remark.from_ms,
            to_ms: remark.to_ms,
            text: remark.text.clone(),
        });
        Self {
            state: survey.state.clone(),
            next_at: survey.next_at,
            attempts: survey.attempts.iter().map(attempt).collect(),
            solved: survey.solved,
            contacted: survey.contacted,
            satisfaction: survey.satisfaction,
            remark,
        }
    }
}
