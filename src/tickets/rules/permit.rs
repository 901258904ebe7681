//! Who may do what, and in which state: one table. What else a step needs is decided where its events are made.

use super::Actor;
use super::facts::Proposed;
use super::fill::Field;
use super::policy::Policy;
use super::projection::{Assignment, AssignmentState, Judge, Ticket};
use super::state::State;
use crate::accounts::Role;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("您的角色不能执行此操作")]
    Forbidden,
    #[error("工单当前为“{}”，不能执行此操作", .0.title())]
    WrongState(State),
    /// Separation of duty.
    #[error("办理过本工单的人不得审核、回访、评判或办结同一工单")]
    OwnWork,
    #[error("提出的人不得自己批准，请另一人处理")]
    OwnProposal,
    /// 66号: what is a unit's to do is not a contractor's.
    #[error("外包人员不得代表承办单位办理，也不得审核或批准单位的事项")]
    Outsourced,
    #[error("缺少必填内容")]
    Missing(Vec<&'static str>),
    #[error("内容不符合要求")]
    Invalid(Vec<(&'static str, &'static str)>),
    /// Not now, and what to do instead.
    #[error("{0}")]
    Guard(&'static str),
}

impl Refusal {
    pub(super) fn fields(faults: Vec<(Field, &'static str)>) -> Self {
        Self::Invalid(
            faults
                .into_iter()
                .map(|(field, message)| (field.name(), message))
                .collect(),
        )
    }
}

use State::{
    Accepted, Callback, Closed, Direct, Dispatched, Disputed, Draft, Handling, Judging, Pending, Redo,
    Replied, Returned, Supplement, Suspended,
};

const DESK: &[Role] = &[Role::Operator, Role::Dispatcher];
const CENTRE: &[Role] = &[Role::Operator, Role::Dispatcher, Role::Supervisor];
const OFFICE: &[Role] = &[Role::Dispatcher, Role::Supervisor];
const CHIEF: &[Role] = &[Role::Supervisor];
const UNIT: &[Role] = &[Role::Unit];
/// Whoever gives a ticket to a unit.
const LENDING: &[Role] = &[Role::Dispatcher, Role::Unit];

/// Before anything was sent out.
const INTAKE: &[State] = &[Draft, Pending, Accepted];
/// 受理: it is still with the desk.
const TAKING_DOWN: &[State] = &[Draft, Pending, Supplement, Accepted, Direct];
/// A unit works on it.
const AT_UNIT: &[State] = &[Handling, Redo];
const WITH_UNITS: &[State] = &[Dispatched, Handling, Redo, Suspended];
const OPEN: &[State] = &[
    Draft, Pending, Supplement, Accepted, Direct, Dispatched, Handling, Returned, Disputed, Replied,
    Callback, Judging, Redo, Suspended,
];

type Row = (&'static str, &'static [State], &'static [Role]);

/// The verbs of people, in the order a console shows them. A verb may have several rows.
const TABLE: &[Row] = &[
    (
        "fill",
        &[
            Draft, Pending, Supplement, Accepted, Direct, Returned, Disputed, Redo,
        ],
        DESK,
    ),
    ("accept", &[Draft, Pending], DESK),
    ("ask", &[Draft, Pending], DESK),
    ("supplement", &[Supplement], DESK),
    ("direct", &[Draft, Pending], &[Role::Operator]),
    ("reject", &[Draft, Pending, Accepted], DESK),
    ("transfer", &[Draft, Pending], &[Role::Operator]),
    ("merge", INTAKE, DESK),
    ("dispatch", &[Accepted, Redo], &[Role::Dispatcher]),
    ("hold", &[Accepted], OFFICE),
    ("sign", WITH_UNITS, UNIT),
    ("contact", WITH_UNITS, UNIT),
    ("progress", &[Handling, Redo, Suspended], UNIT),
    ("subdispatch", &[Handling, Redo], UNIT),
    ("reply", &[Dispatched, Handling, Redo], UNIT),
    ("return", &[Dispatched, Handling], UNIT),
    ("extend", AT_UNIT, UNIT),
    ("suspend", AT_UNIT, UNIT),
    ("resume", &[Suspended], &[Role::Unit, Role::Supervisor]),
    // Of the lead unit; else of one that helps it, while the others go on, by the office or by the unit that gave it on.
    ("approve_return", &[Returned], &[Role::Dispatcher]),
    ("approve_return", WITH_UNITS, LENDING),
    ("reject_return", &[Returned], &[Role::Dispatcher]),
    ("reject_return", WITH_UNITS, LENDING),
    ("dispute", &[Returned, Accepted], &[Role::Dispatcher]),
    ("meet", &[Disputed], OFFICE),
    ("decide", &[Disputed], CHIEF),
    ("review", &[Replied], OFFICE),
    // Of one who was not satisfied, to learn why before it is judged.
    ("callback", &[Callback, Judging], CENTRE),
    ("judge", &[Judging], CHIEF),
    ("approve", OPEN, OFFICE),
    ("refuse", OPEN, OFFICE),
    ("supervise", OPEN, CHIEF),
    ("discharge", &[Closed], CHIEF),
    // Answered on the spot; or, when it was replied to, what is now called a review.
    ("close", &[Draft, Pending, Accepted, Direct], DESK),
    ("close", &[Replied], OFFICE),
    ("reopen", &[Replied, Callback, Closed], OFFICE),
    ("void", OPEN, OFFICE),
    ("protect", OPEN, OFFICE),
    ("protect", &[Closed], OFFICE),
    ("protect", TAKING_DOWN, &[Role::Operator]),
    ("unprotect", OPEN, OFFICE),
    ("unprotect", &[Closed], OFFICE),
    ("unprotect", TAKING_DOWN, &[Role::Operator]),
];

/// Steps that judge what was done.
const JUDGING: [&str; 8] = [
    "review",
    "callback",
    "judge",
    "approve",
    "refuse",
    "close",
    "discharge",
    "decide",
];

/// Steps of a unit, and those that judge what a unit did (transitions 8, 9 and 14 to 19).
const UNIT_WORK: [&str; 10] = [
    "sign",
    "contact",
    "progress",
    "subdispatch",
    "reply",
    "return",
    "extend",
    "suspend",
    "resume",
    "review",
];

/// An outsourced operator takes calls; what a unit does is done by those who answer for it.
pub(super) fn bars_outsourced(ticket: &Ticket, verb: &str, policy: &Policy) -> bool {
    let decides_for_unit = matches!(verb, "approve" | "refuse")
        && ticket.body.proposal.as_ref().is_some_and(|proposal| {
            matches!(
                proposal.proposed,
                Proposed::Extend { .. } | Proposed::Suspend { .. }
            )
        });
    // To close what was replied to, or to send it back, is a review by another name.
    let reviews = matches!(verb, "close" | "reopen") && matches!(ticket.state, Replied | Callback);
    policy.outsourced && (UNIT_WORK.contains(&verb) || decides_for_unit || reviews)
}

/// Who may change who sees the citizen: the named, and whoever watches over the hotline. Else anybody could name themselves.
pub(super) fn may_name_readers(ticket: &Ticket, actor: &Actor) -> bool {
    let Actor::Person { username, role, .. } = actor else {
        return false;
    };
    let kept = ticket.body.confidential.as_ref();
    kept.is_none_or(|kept| kept.named.contains(username)) || *role == Role::Supervisor
}

/// The steps that `actor` may take now.
pub fn actions(ticket: &Ticket, actor: &Actor, policy: &Policy) -> Vec<&'static str> {
    let mut verbs: Vec<&'static str> = TABLE.iter().map(|(verb, ..)| *verb).collect();
    verbs.dedup();
    verbs.retain(|verb| permit(ticket, actor, verb).is_ok() && is_offered(ticket, actor, verb, policy));
    verbs
}

/// What the table allows but would be refused at once is not shown.
fn is_offered(ticket: &Ticket, actor: &Actor, verb: &str, policy: &Policy) -> bool {
    if bars_outsourced(ticket, verb, policy) {
        return false;
    }
    let body = &ticket.body;
    let own = actor.unit().and_then(|unit| body.active(unit));
    match verb {
        "approve" | "refuse" => body.proposal.as_ref().is_some_and(|proposal| {
            proposal.by != actor.username().unwrap_or_default() && may_approve(&proposal.proposed, actor)
        }),
        "close" if ticket.state == Replied => !policy.reply_needs_checklist,
        "close" | "direct" => ticket.state == Replied || body.may_be_answered(ticket.state),
        "merge" => body.children.is_empty() && body.supervised().is_none(),
        "decide" => body
            .dispute
            .as_ref()
            .is_some_and(|dispute| !dispute.meetings.is_empty()),
        "hold" => body.planned_dispatch.is_some(),
        "approve_return" | "reject_return" => {
            (ticket.state == Returned && actor.unit().is_none())
                || body.leaving(judge(actor)).next().is_some()
        }
        "sign" => own.is_some_and(|own| own.state == AssignmentState::Waiting),
        "return" => own.is_some_and(|own| !own.binding && !leaving(own)),
        "reply" | "subdispatch" => own.is_some_and(|own| !leaving(own)),
        "extend" => {
            (body.extensions.len() as u32) < policy.extensions
                && body.proposal.is_none()
                && is_lead(ticket, actor)
        }
        "suspend" => body.proposal.is_none() && is_lead(ticket, actor),
        "reject" => body.proposal.is_none(),
        "void" => body.proposal.is_none() && body.children.is_empty(),
        "protect" => may_name_readers(ticket, actor),
        "unprotect" => body.confidential.is_some() && may_name_readers(ticket, actor),
        "dispute" => body.lead_returns() >= policy.returns_to_dispute,
        "discharge" => body.supervised().is_some(),
        _ => true,
    }
}

fn leaving(own: &Assignment) -> bool {
    own.state == AssignmentState::Leaving
}

/// In whose name this person decides on a return.
pub(super) fn judge(actor: &Actor) -> Judge<'_> {
    actor.unit().map_or(Judge::Office, Judge::Unit)
}

fn is_lead(ticket: &Ticket, actor: &Actor) -> bool {
    actor.unit().is_some() && actor.unit() == ticket.body.lead().map(|lead| lead.unit_code.as_str())
}

pub(super) fn permit(ticket: &Ticket, actor: &Actor, verb: &str) -> Result<(), Refusal> {
    let Actor::Person { role, .. } = actor else {
        return Err(Refusal::Forbidden);
    };
    let mut rows = TABLE
        .iter()
        .filter(|(known, _, roles)| *known == verb && roles.contains(role))
        .peekable();
    if rows.peek().is_none() {
        return Err(Refusal::Forbidden);
    }
    if *role == Role::Unit && actor.unit().is_none_or(|unit| ticket.body.active(unit).is_none()) {
        return Err(Refusal::Forbidden);
    }
    if !rows.any(|(_, states, _)| states.contains(&ticket.state)) {
        return Err(Refusal::WrongState(ticket.state));
    }
    let sends_back = verb == "reopen" && ticket.state == Replied;
    if (JUDGING.contains(&verb) || sends_back) && has_handled(ticket, actor) {
        return Err(Refusal::OwnWork);
    }
    Ok(())
}

/// Separation of duty (S0-44, S3-21): whoever acted for a unit, in whatever role, does not judge what was done.
pub(super) fn has_handled(ticket: &Ticket, actor: &Actor) -> bool {
    actor
        .username()
        .is_some_and(|username| ticket.body.handlers.contains(username))
}

/// Who may decide on a proposal.
pub(super) fn may_approve(proposed: &Proposed, actor: &Actor) -> bool {
    let Actor::Person { role, .. } = actor else {
        return false;
    };
    match proposed {
        // 班长 and 热线办 in one: whoever is not at the desk.
        Proposed::Reject { .. } | Proposed::Close { .. } => OFFICE.contains(role),
        Proposed::Void { .. } | Proposed::Extend { .. } | Proposed::Suspend { .. } => CHIEF.contains(role),
    }
}

/// A unit sees what it, or a unit below it, works on; everyone else reads all.
pub fn may_see(ticket: &Ticket, actor: &Actor, policy: &Policy) -> bool {
    match actor {
        Actor::Person {
            role: Role::Unit,
            unit_code,
            ..
        } => unit_code.as_deref().is_some_and(|own| {
            let sees = |code: &str| policy.tree.is_within(code, own);
            ticket
                .body
                .assignments
                .iter()
                .any(|given| given.state.is_active() && sees(&given.unit_code))
        }),
        _ => true,
    }
}
