//! Tickets on the wire.

mod assignment;
mod dispute;
mod files;
mod life;
mod limits;
mod privacy;
mod suggestion;
mod summary;
mod survey;
mod timeline;
mod told;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::rules::privacy::{Sight, sight, without_citizen};
use super::rules::{self, Actor, Owner, Ticket};
use super::{Books, clock, store};
use crate::{
    accounts::Role,
    calls::{
        self,
        api::{CallView, MenuStepView},
    },
    clock::{from_millis, millis},
    db::{self, Tx},
    notices,
};
pub use assignment::AssignmentView;
pub use files::AttachmentView;
pub(super) use files::may_open;
pub use life::LifeView;
pub use limits::{ClockView, LimitView};
pub use privacy::ConfidentialView;
pub use suggestion::SuggestionView;
pub(super) use summary::told;
pub use summary::{ClassRef, CodeName, TicketSummary, summaries};
pub use survey::SurveyView;
pub use timeline::TimelineEntry;
pub use told::ToldView;

/// How much of a caller's past is shown.
const HISTORY: i64 = 10;
/// How far apart two tickets may be and still be one matter.
const RELATED: TimeDelta = TimeDelta::days(30);

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
    fn new(ticket: &Ticket, books: &Books) -> Self {
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
            Some(Owner::Unit(code)) => Some(CodeName::of_unit(code, books)),
            _ => None,
        };
        Self { who, unit }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = History)]
pub struct HistoryView {
    pub calls: Vec<CallView>,
    pub tickets: Vec<TicketSummary>,
}

/// The whole ticket as `actor` may see it.
pub async fn view(
    tx: &mut Tx,
    ticket: &Ticket,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<TicketView, db::Error> {
    let books = super::books(tx).await?;
    let policy = clock::policy_by(tx, &books, ticket, actor).await?;
    let sight = sight(ticket, actor);
    let seen = without_citizen(ticket, sight);
    let seen = seen.as_ref();
    let calls = calls::by_ticket(tx, &ticket.number).await?;
    let history = history(tx, ticket, &calls, actor).await?;
    let related = related(tx, ticket, actor).await?;
    let summary = summaries(tx, std::slice::from_ref(ticket), actor).await?;
    let suggestion = suggestion::suggestion(seen, &books);
    let timeline = timeline::timeline(tx, &ticket.number, actor).await?;
    let attachments = files::shown(tx, ticket, actor).await?;
    let told = notices::told(tx, &ticket.number).await?;
    let menu_path = calls
        .first()
        .map(|call| call.body.menu_path.iter().map(MenuStepView::from).collect());
    let kept = seen.body.confidential.as_ref().filter(|_| actor.unit().is_none());
    let whole = TicketView {
        // One ticket in, one summary out.
        summary: summary.into_iter().next().ok_or(db::Error::NotFound)?,
        content: seen.content.clone(),
        contact_phone: ticket.contact_phone.clone(),
        place_code: ticket.place_code.clone(),
        happened: seen.body.happened.clone(),
        affected: seen.body.affected.clone(),
        suggestion,
        menu_path: menu_path.unwrap_or_default(),
        calls: calls.iter().map(CallView::from).collect(),
        history,
        assignments: seen.body.assignments.iter().map(AssignmentView::from).collect(),
        owner: OwnerView::new(ticket, &books),
        related,
        life: LifeView::from(seen),
        limits: limits::view(ticket, &books, now),
        survey: seen.body.survey.as_ref().map(SurveyView::from),
        timeline,
        told: told.into_iter().map(ToldView::from).collect(),
        attachments,
        confidentiality: kept.map(ConfidentialView::from),
        actions: rules::actions(ticket, actor, &policy),
    };
    Ok(privacy::page(whole, ticket, sight))
}

async fn related(tx: &mut Tx, ticket: &Ticket, actor: &Actor) -> Result<Vec<TicketSummary>, db::Error> {
    if actor.is(Role::Unit) {
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
    if actor.is(Role::Unit) {
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
