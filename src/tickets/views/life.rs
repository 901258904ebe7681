//! What became of a ticket: contacts, progress, more time, reviews, supervision.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    CodeName,
    dispute::{DisputeView, ReturnView},
};
use crate::tickets::rules::{
    Ticket, check,
    facts::{Citation, Contact, Proposed},
    projection,
};

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LifeView {
    /// Where the machine sends it, and when, unless a person decides before (自动派单)
    pub planned_dispatch: Option<PlannedDispatchView>,
    /// What waits for a second person
    pub proposal: Option<ProposalView>,
    pub contacts: Vec<ContactView>,
    pub progress: Vec<NoteView>,
    pub returns: Vec<ReturnView>,
    pub dispute: Option<DisputeView>,
    pub extensions: Vec<ExtensionView>,
    /// When an interrupted ticket goes on
    pub resume_at: Option<DateTime<Utc>>,
    pub review: Option<ReviewView>,
    /// What the machine noticed about the reply
    pub reply_check: Vec<FindingView>,
    /// How often it was sent back to be done again
    pub rounds: u32,
    pub supervision: Option<SupervisionView>,
    pub merged_into: Option<String>,
    /// Tickets merged into this one
    pub merged: Vec<String>,
    /// Why it does not count for the score
    pub excluded: Option<String>,
    /// The article it was answered from
    pub article: Option<CitationView>,
    pub result: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PlannedDispatch)]
pub struct PlannedDispatchView {
    pub unit: CodeName,
    pub co_units: Vec<CodeName>,
    /// The entry of the catalogue, and how its tickets ended
    pub ground: String,
    pub dispatch_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Citation)]
pub struct CitationView {
    pub id: i64,
    /// As it read then
    pub title: String,
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Proposal)]
pub struct ProposalView {
    /// reject, close, void, extend, suspend
    pub what: &'static str,
    pub reason: String,
    /// An extension's limit, a rejection's channel, a suspension's end
    pub detail: String,
    pub at: DateTime<Utc>,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Contact)]
pub struct ContactView {
    pub at: DateTime<Utc>,
    pub number: String,
    pub result: String,
    pub note: String,
    pub unit_code: String,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProgressNote)]
pub struct NoteView {
    pub at: DateTime<Utc>,
    pub text: String,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Extension)]
pub struct ExtensionView {
    pub limit: String,
    pub reason: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Review)]
pub struct ReviewView {
    pub passed: bool,
    pub checklist: BTreeMap<String, bool>,
    pub ground: String,
    pub at: DateTime<Utc>,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Finding)]
pub struct FindingView {
    /// contact, process, basis, on_topic, original
    pub item: &'static str,
    pub ok: bool,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Supervision)]
pub struct SupervisionView {
    pub level: u8,
    pub instruction: String,
    pub leader: String,
    /// card 督办卡, sheet 督办单
    pub form: String,
    pub reason: String,
    pub instructed_at: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
    pub by: String,
    pub discharged_at: Option<DateTime<Utc>>,
}

impl From<&Ticket> for LifeView {
    fn from(ticket: &Ticket) -> Self {
        let body = &ticket.body;
        let finding = |finding: check::Finding| FindingView {
            item: finding.item,
            ok: finding.ok,
            note: finding.note,
        };
        Self {
            planned_dispatch: body.planned_dispatch.as_ref().map(PlannedDispatchView::from),
            proposal: body.proposal.as_ref().map(ProposalView::from),
            contacts: body.contacts.iter().map(ContactView::from).collect(),
            progress: body.progress.iter().map(NoteView::from).collect(),
            returns: body.returns.iter().map(ReturnView::from).collect(),
            dispute: body.dispute.as_ref().map(DisputeView::from),
            extensions: body.extensions.iter().map(ExtensionView::from).collect(),
            resume_at: body.suspension.as_ref().map(|stop| stop.resume_at),
            review: body.review.as_ref().map(ReviewView::from),
            reply_check: check::findings(ticket).into_iter().map(finding).collect(),
            rounds: body.rounds,
            supervision: body.supervision.as_ref().map(SupervisionView::from),
            merged_into: body.merged_into.clone(),
            merged: body.children.clone(),
            excluded: body.excluded.clone(),
            article: body.article.as_ref().map(CitationView::from),
            result: body.result.clone(),
        }
    }
}

impl From<&projection::PlannedDispatch> for PlannedDispatchView {
    fn from(planned: &projection::PlannedDispatch) -> Self {
        Self {
            unit: CodeName::from(&planned.unit),
            co_units: planned.co_units.iter().map(CodeName::from).collect(),
            ground: planned.ground.clone(),
            dispatch_at: planned.dispatch_at,
        }
    }
}

impl From<&Citation> for CitationView {
    fn from(cited: &Citation) -> Self {
        let Citation { id, title, version } = cited.clone();
        Self { id, title, version }
    }
}

impl From<&projection::Proposal> for ProposalView {
    fn from(proposal: &projection::Proposal) -> Self {
        let (what, reason, detail) = match proposal.proposed.clone() {
            Proposed::Reject { reason, channel } => ("reject", reason, channel),
            Proposed::Close { ground, exclude } => ("close", ground, exclude.unwrap_or_default()),
            Proposed::Void { reason } => ("void", reason, String::new()),
            Proposed::Extend { limit, reason } => ("extend", reason, limit.to_string()),
            Proposed::Suspend {
                reason, resume_at, ..
            } => ("suspend", reason, resume_at.to_rfc3339()),
        };
        Self {
            what,
            reason,
            detail,
            at: proposal.at,
            by: proposal.by.clone(),
        }
    }
}

impl From<&projection::ContactEntry> for ContactView {
    fn from(entry: &projection::ContactEntry) -> Self {
        let Contact {
            at,
            number,
            result,
            note,
        } = entry.contact.clone();
        Self {
            at,
            number,
            result,
            note,
            unit_code: entry.unit_code.clone(),
            by: entry.by.clone(),
        }
    }
}

impl From<&projection::ProgressNote> for NoteView {
    fn from(note: &projection::ProgressNote) -> Self {
        Self {
            at: note.at,
            text: note.text.clone(),
            by: note.by.clone(),
        }
    }
}

impl From<&projection::Granted> for ExtensionView {
    fn from(granted: &projection::Granted) -> Self {
        Self {
            limit: granted.limit.to_string(),
            reason: granted.reason.clone(),
            at: granted.at,
        }
    }
}

impl From<&projection::Review> for ReviewView {
    fn from(review: &projection::Review) -> Self {
        Self {
            passed: review.passed,
            checklist: review.checklist.clone(),
            ground: review.ground.clone(),
            at: review.at,
            by: review.by.clone(),
        }
    }
}

impl From<&projection::Supervision> for SupervisionView {
    fn from(open: &projection::Supervision) -> Self {
        Self {
            level: open.level,
            instruction: open.instruction.clone(),
            leader: open.leader.clone(),
            form: open.order.form(open.level).to_owned(),
            reason: open.order.reason.clone(),
            instructed_at: open.order.instructed_at,
            at: open.at,
            by: open.by.clone(),
            discharged_at: open.discharged,
        }
    }
}
