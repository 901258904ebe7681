//! What became of a ticket: units, contacts, returns, disputes, reviews, callbacks, supervision.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::CodeName;
use crate::tickets::rules::{
    Ticket, check,
    facts::{Citation, Contact, Decision, Meeting, Proposed, UnitName},
    projection::{self, Assignment, AssignmentState, Part},
};

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Assignment)]
pub struct AssignmentView {
    pub unit: CodeName,
    /// lead, co, sub
    pub part: &'static str,
    /// waiting, handling, replied, returned, withdrawn
    pub state: &'static str,
    /// The unit that gave it, when it was not the hotline
    pub parent: Option<String>,
    pub note: String,
    /// The rule or precedent it rests on
    pub basis: String,
    /// Decided by a meeting: it cannot be returned
    pub binding: bool,
    pub dispatched_at: DateTime<Utc>,
    pub dispatched_by: String,
    pub signed_at: Option<DateTime<Utc>>,
    pub contacted_at: Option<DateTime<Utc>>,
    pub reply: Option<ReplyView>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Reply)]
pub struct ReplyView {
    /// solved, explained, planned, untrue, beyond
    pub outcome: String,
    pub text: String,
    pub public_text: String,
    pub basis: String,
    pub planned_for: Option<NaiveDate>,
    pub at: DateTime<Utc>,
    pub by: String,
}

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
#[schema(as = Return)]
pub struct ReturnView {
    pub unit_code: String,
    pub reason: String,
    pub basis: String,
    pub suggested: Option<CodeName>,
    pub at: DateTime<Utc>,
    pub by: String,
    /// null while it is looked at
    pub approved: Option<bool>,
    pub ground: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Dispute)]
pub struct DisputeView {
    pub reason: String,
    pub at: DateTime<Utc>,
    pub meetings: Vec<MeetingView>,
    pub decision: Option<DecisionView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Meeting)]
pub struct MeetingView {
    pub at: DateTime<Utc>,
    pub participants: Vec<String>,
    pub minutes: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Decision)]
pub struct DecisionView {
    pub unit: CodeName,
    pub basis: String,
    pub decision: String,
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

fn named(unit: &UnitName) -> CodeName {
    CodeName {
        code: unit.code.clone(),
        name: unit.name.clone(),
    }
}

impl From<&Assignment> for AssignmentView {
    fn from(given: &Assignment) -> Self {
        Self {
            unit: CodeName {
                code: given.unit_code.clone(),
                name: given.unit_name.clone(),
            },
            part: match given.part {
                Part::Lead => "lead",
                Part::Co => "co",
                Part::Sub => "sub",
            },
            state: match given.state {
                AssignmentState::Waiting => "waiting",
                AssignmentState::Handling => "handling",
                AssignmentState::Replied => "replied",
                AssignmentState::Returned => "returned",
                AssignmentState::Withdrawn => "withdrawn",
            },
            parent: given.parent.clone(),
            note: given.note.clone(),
            basis: given.ground.clone(),
            binding: given.binding,
            dispatched_at: given.dispatched_at,
            dispatched_by: given.dispatched_by.clone(),
            signed_at: given.signed_at,
            contacted_at: given.contacted_at,
            reply: given.reply.as_ref().map(ReplyView::from),
        }
    }
}

impl From<&projection::Reply> for ReplyView {
    fn from(given: &projection::Reply) -> Self {
        let reply = given.reply.clone();
        Self {
            outcome: reply.outcome,
            text: reply.text,
            public_text: reply.public_text,
            basis: reply.basis,
            planned_for: reply.planned_for,
            at: given.at,
            by: given.by.clone(),
        }
    }
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
        let named = |unit: &UnitName| CodeName {
            code: unit.code.clone(),
            name: unit.name.clone(),
        };
        Self {
            unit: named(&planned.unit),
            co_units: planned.co_units.iter().map(named).collect(),
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

impl From<&projection::ReturnRecord> for ReturnView {
    fn from(record: &projection::ReturnRecord) -> Self {
        Self {
            unit_code: record.unit_code.clone(),
            reason: record.request.reason.clone(),
            basis: record.request.basis.clone(),
            suggested: record.request.suggested.as_ref().map(named),
            at: record.at,
            by: record.by.clone(),
            approved: record.approved,
            ground: record.ground.clone(),
        }
    }
}

impl From<&projection::Dispute> for DisputeView {
    fn from(dispute: &projection::Dispute) -> Self {
        let meeting = |meeting: &Meeting| MeetingView {
            at: meeting.at,
            participants: meeting.participants.clone(),
            minutes: meeting.minutes.clone(),
        };
        let decision = |decision: &Decision| DecisionView {
            unit: named(&decision.unit),
            basis: decision.basis.clone(),
            decision: decision.decision.clone(),
        };
        Self {
            reason: dispute.reason.clone(),
            at: dispute.at,
            meetings: dispute.meetings.iter().map(meeting).collect(),
            decision: dispute.decision.as_ref().map(decision),
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
