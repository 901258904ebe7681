//! The ticket as its events leave it. The stored row is this, and can be rebuilt from the events at any time.

mod assignments;
mod parts;
mod survey;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use assignments::{Assignment, AssignmentState, Judge, Part};
pub use parts::{
    CallbackEntry, ContactEntry, Dispute, Granted, Pause, PlannedDispatch, ProgressNote, Proposal, Reply,
    ReturnRecord, Review, Supervision, Suspension, UnitSuggestion,
};
pub use survey::{Survey, SurveyAttempt};

use super::Source;
use super::events::{Event, What};
use super::extract::Suggestion;
use super::facts::{Citation, Proposed, UnitName, Verdict};
use super::fill::{Field, Fill};
use super::privacy::Confidential;
use super::state::{Owner, State};

/// Counts the forms this projection has had. Rows of an older one are rebuilt when the daemon starts.
pub const PROJECTION: i64 = 7;

/// Times are milliseconds since the epoch.
#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub struct Ticket {
    pub number: String,
    #[sqlx(try_from = "String")]
    pub state: State,
    #[sqlx(try_from = "String")]
    pub source: Source,
    pub title: String,
    pub content: String,
    pub kind: String,
    pub class_code: Option<String>,
    pub band: String,
    pub caller: String,
    pub caller_name: String,
    pub contact_phone: String,
    pub place: String,
    pub place_code: Option<String>,
    /// The lead unit, or the last one.
    pub unit_code: Option<String>,
    pub operator: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
    /// Counts what persons did; a writer names the version it saw.
    pub version: i64,
    /// Counts all events: the next one's place in the timeline.
    pub events: i64,
    #[sqlx(try_from = "String")]
    pub body: Body,
}

/// The part of a ticket no list filters by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    /// When it happened, or since when.
    pub happened: String,
    /// How many it concerns.
    pub affected: String,
    /// Fields a person typed: no suggestion touches them.
    pub typed: BTreeSet<Field>,
    pub suggestion: Suggestion,
    pub unit_suggestion: Option<UnitSuggestion>,
    /// Where the machine sends it, and when (自动派单).
    pub planned_dispatch: Option<PlannedDispatch>,
    /// A person took it out of the machine's hands.
    pub held: bool,
    pub assignments: Vec<Assignment>,
    pub survey: Option<Survey>,
    /// Whoever acted for a unit (separation of duty).
    pub handlers: BTreeSet<String>,
    pub proposal: Option<Proposal>,
    /// Only these may see the citizen.
    pub confidential: Option<Confidential>,
    /// What the citizen was asked for.
    pub asked: Option<String>,
    /// When it was with the citizen for an answer.
    pub questions: Vec<Pause>,
    /// Why it needs no further work: what a closed ticket must have.
    pub result: Option<String>,
    /// The article that answered it.
    pub article: Option<Citation>,
    pub contacts: Vec<ContactEntry>,
    pub progress: Vec<ProgressNote>,
    pub returns: Vec<ReturnRecord>,
    pub dispute: Option<Dispute>,
    pub extensions: Vec<Granted>,
    pub suspension: Option<Suspension>,
    /// When the unit's clock stood still.
    pub pauses: Vec<Pause>,
    pub review: Option<Review>,
    pub callbacks: Vec<CallbackEntry>,
    /// How often it was sent back to be done again.
    pub rounds: u32,
    /// When the last of these began.
    pub again_at: Option<DateTime<Utc>>,
    pub supervision: Option<Supervision>,
    pub merged_into: Option<String>,
    pub children: Vec<String>,
    pub excluded: Option<String>,
    /// When each of the last steps was taken, by the state it led to.
    pub entered: BTreeMap<State, DateTime<Utc>>,
    /// When the call, or the writing of it, was over: from here it waits to be sent out.
    pub ready_at: Option<DateTime<Utc>>,
}

impl TryFrom<String> for Body {
    type Error = serde_json::Error;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&text)
    }
}

/// The row that the events amount to; none without an opening event.
pub fn rebuild(number: &str, events: &[Event]) -> Option<Ticket> {
    let first = events.first()?;
    let mut ticket = Ticket {
        number: number.to_owned(),
        ..Ticket::default()
    };
    ticket.created_at = first.at.timestamp_millis();
    for event in events {
        ticket.apply(event);
    }
    Some(ticket)
}

impl Body {
    /// The unit that answers for the whole.
    pub fn lead(&self) -> Option<&Assignment> {
        self.assignments
            .iter()
            .find(|given| given.part == Part::Lead && given.state.is_active())
    }

    /// What a unit has to do with the ticket now.
    pub fn active(&self, unit: &str) -> Option<&Assignment> {
        self.assignments
            .iter()
            .find(|given| given.unit_code == unit && given.state.is_active())
    }

    /// When its own work was sent back to the lead unit; none for one that was given the ticket afterwards.
    pub fn redone_since(&self) -> Option<DateTime<Utc>> {
        let lead = self.lead()?;
        self.again_at.filter(|at| *at >= lead.dispatched_at)
    }

    /// A return of one that helps, which the office or the unit above it looks at while the others go on.
    pub fn leaving(&self, judge: Judge<'_>) -> impl Iterator<Item = &Assignment> {
        self.assignments
            .iter()
            .filter(move |given| given.state == AssignmentState::Leaving && judge == given.returns_to())
    }

    /// A unit has it, or had it.
    pub fn is_sent_out(&self) -> bool {
        !self.assignments.is_empty()
    }

    /// 督办 that is on the ledger still.
    pub fn supervised(&self) -> Option<&Supervision> {
        self.supervision.as_ref().filter(|open| open.discharged.is_none())
    }

    /// Whether an answer at the desk may end it: not a second time, and not for others who wait for it.
    pub fn may_be_answered(&self, state: State) -> bool {
        self.rounds == 0 && (self.children.is_empty() || state == State::Direct)
    }

    /// How often a lead unit gave it back.
    pub fn lead_returns(&self) -> u32 {
        let of_lead = self.returns.iter().filter(|record| record.part == Part::Lead);
        u32::try_from(of_lead.count()).unwrap_or(u32::MAX)
    }

    /// A unit said how far it is, or that it is done.
    pub fn is_answered_since(&self, at: DateTime<Utc>) -> bool {
        let told = self.progress.last().is_some_and(|note| note.at >= at);
        let replies = self.assignments.iter().filter_map(|given| given.reply.as_ref());
        told || replies.into_iter().any(|reply| reply.at >= at)
    }

    /// The last answer of the lead unit.
    pub fn reply(&self) -> Option<&Reply> {
        self.assignments
            .iter()
            .rev()
            .filter(|given| given.part == Part::Lead)
            .find_map(|given| given.reply.as_ref())
    }
}

impl Ticket {
    /// Who has the next step.
    pub fn owner(&self) -> Option<Owner> {
        let unit = || Some(Owner::Unit(self.body.lead()?.unit_code.clone()));
        Some(match self.state {
            State::Draft | State::Pending | State::Direct => Owner::Desk,
            State::Supplement | State::Callback => Owner::Citizen,
            State::Accepted | State::Returned => Owner::Dispatchers,
            State::Replied => Owner::Reviewers,
            State::Disputed | State::Judging => Owner::Supervisors,
            State::Dispatched | State::Handling | State::Redo | State::Suspended => return unit(),
            State::Closed | State::Filed | State::Rejected | State::Transferred | State::Void => {
                Owner::Archive
            }
        })
    }

    pub fn apply(&mut self, event: &Event) {
        self.events += 1;
        self.updated_at = event.at.timestamp_millis();
        if event.actor.is_some() && event.what.is_by_person() {
            self.version += 1;
        }
        let before = self.state;
        self.change(event);
        if !self.may_go_by_rule() {
            self.body.planned_dispatch = None;
        }
        if before != self.state {
            self.body.entered.insert(self.state, event.at);
            // A proposal is about the state it was made in.
            self.body.proposal = None;
            self.body.held = false;
        }
    }

    fn change(&mut self, event: &Event) {
        match &event.what {
            What::Opened { source, caller, .. } => self.open(*source, caller, event),
            What::Taken { operator, .. } => self.operator = Some(operator.clone()),
            What::CallEnded { outcome, .. } => self.end_call(outcome, event),
            What::Filled(fill) => self.fill(fill),
            What::Suggested(suggestion) => self.suggest(suggestion),
            What::UnitSuggested {
                unit_code,
                unit_name,
                reason,
            } => {
                self.body.unit_suggestion = Some(UnitSuggestion {
                    unit_code: unit_code.clone(),
                    unit_name: unit_name.clone(),
                    reason: reason.clone(),
                });
            }
            What::DispatchPlanned {
                unit_code,
                unit_name,
                co_units,
                ground,
                dispatch_at,
            } => {
                self.body.planned_dispatch = Some(PlannedDispatch {
                    unit: UnitName {
                        code: unit_code.clone(),
                        name: unit_name.clone(),
                    },
                    co_units: co_units.clone(),
                    ground: ground.clone(),
                    dispatch_at: *dispatch_at,
                });
            }
            What::DispatchHeld { .. } => {
                self.body.planned_dispatch = None;
                self.body.held |= event.actor.is_some();
            }
            What::Accepted => {
                self.state = State::Accepted;
                self.body.ready_at = self.body.ready_at.or(Some(event.at));
                // The operator who vouches for it is the ticket's operator when no call named one.
                if self.operator.is_none() {
                    self.operator = event.actor.clone();
                }
            }
            What::Asked { missing } => {
                self.state = State::Supplement;
                self.body.asked = Some(missing.clone());
                self.body.questions.push(Pause {
                    from: event.at,
                    to: None,
                    suspended: false,
                });
            }
            What::Supplemented { .. } => {
                self.state = State::Pending;
                self.body.asked = None;
                if let Some(asked) = self.body.questions.last_mut() {
                    // A pause must have a length.
                    asked.to = Some(event.at.max(asked.from + chrono::TimeDelta::milliseconds(1)));
                }
            }
            What::Directed { article } => {
                self.state = State::Direct;
                self.body.article.clone_from(article);
            }
            What::Merged { parent, ground } => {
                self.body.merged_into = Some(parent.clone());
                self.end(State::Void, ground);
            }
            // Due dates are counted anew whenever they are looked at.
            What::DueMoved { .. } | What::Attached { .. } => {}
            What::Joined { child } => self.body.children.push(child.clone()),
            _ if self.change_at_unit(event) || self.change_in_office(event) => {}
            what => self.apply_survey(what),
        }
    }

    fn end(&mut self, state: State, result: &str) {
        self.state = state;
        self.body.result = Some(result.to_owned());
    }

    /// Everything the office decides about.
    fn change_in_office(&mut self, event: &Event) -> bool {
        match &event.what {
            What::Proposed(proposed) => self.propose(proposed, event),
            What::Approved { .. } | What::Refused { .. } => self.body.proposal = None,
            What::Rejected { reason, .. } => self.end(State::Rejected, reason),
            What::Transferred { to, .. } => self.end(State::Transferred, to),
            What::Voided { reason } => self.end(State::Void, reason),
            What::CallbackDue { checklist, note } => {
                self.state = State::Callback;
                self.body.review = Some(Review::new(true, checklist, note, event));
                self.body.survey = Some(Survey::scheduled());
            }
            What::ReviewFailed { checklist, ground } => {
                self.body.review = Some(Review::new(false, checklist, ground, event));
                self.again(event.at);
            }
            What::CalledBack(result) => {
                self.body.callbacks.push(CallbackEntry::new(result, event));
                if let Some(survey) = &mut self.body.survey {
                    survey.answer_to_a_person(result);
                }
            }
            What::Dissatisfied { .. } => self.state = State::Judging,
            What::Judged {
                verdict: Verdict::Again,
                ..
            } => {
                self.again(event.at);
                self.state = State::Handling;
            }
            What::Judged {
                verdict: Verdict::Close,
                ..
            } => {}
            What::Judged { .. } => self.again(event.at),
            What::Supervised {
                level,
                instruction,
                leader,
                order,
            } => {
                self.body.supervision = Some(Supervision {
                    level: *level,
                    instruction: instruction.clone(),
                    leader: leader.clone(),
                    order: order.clone(),
                    at: event.at,
                    by: event.actor.clone().unwrap_or_default(),
                    discharged: None,
                });
            }
            What::Discharged { .. } => {
                if let Some(open) = &mut self.body.supervision {
                    open.discharged = Some(event.at);
                }
            }
            What::Closed { note, excluded } => {
                self.end(State::Closed, note);
                self.body.excluded.clone_from(excluded);
                self.go_on(event.at);
            }
            What::Reopened { .. } => self.again(event.at),
            What::Filed => self.state = State::Filed,
            What::Protected { reason, named } => {
                self.body.confidential = Some(Confidential {
                    reason: reason.clone(),
                    named: named.clone(),
                    at: event.at,
                    by: event.actor.clone().unwrap_or_default(),
                });
            }
            What::Unprotected { .. } => self.body.confidential = None,
            _ => return false,
        }
        true
    }

    fn propose(&mut self, proposed: &Proposed, event: &Event) {
        self.body.proposal = Some(Proposal::new(proposed, event));
        // Of the unit's work; whoever asked for it does not judge it later on.
        if matches!(proposed, Proposed::Extend { .. } | Proposed::Suspend { .. }) {
            self.body.handlers.extend(event.actor.clone());
        }
    }

    /// To be done again: by its unit, or by whoever is given it when it never had one.
    fn again(&mut self, at: DateTime<Utc>) {
        self.go_on(at);
        self.body.result = None;
        self.body.rounds += 1;
        self.body.again_at = Some(at);
        let lead = self
            .body
            .assignments
            .iter_mut()
            .rev()
            .find(|given| given.part == Part::Lead && given.state.is_active());
        self.state = match lead {
            Some(lead) => {
                lead.state = AssignmentState::Handling;
                State::Redo
            }
            None => State::Accepted,
        };
    }

    fn open(&mut self, source: Source, caller: &str, event: &Event) {
        self.created_at = event.at.timestamp_millis();
        self.source = source;
        self.caller = caller.to_owned();
        self.contact_phone = caller.to_owned();
        self.band = "C".into();
        if source == Source::Manual {
            self.operator = event.actor.clone();
            self.state = State::Pending;
            self.body.ready_at = Some(event.at);
        }
    }

    /// What the call left waits for somebody to vouch for it.
    fn end_call(&mut self, outcome: &str, event: &Event) {
        if outcome == "message" {
            self.source = Source::Message;
        }
        self.body.ready_at = self.body.ready_at.or(Some(event.at));
        if self.state == State::Draft {
            self.state = State::Pending;
        }
    }

    fn fill(&mut self, fill: &Fill) {
        let typed = &mut self.body.typed;
        for (field, value) in fill.texts() {
            let Some(value) = value else { continue };
            typed.insert(field);
            match field {
                Field::Title => self.title = value.clone(),
                Field::Content => self.content = value.clone(),
                Field::Kind => self.kind = value.clone(),
                Field::ClassCode => self.class_code = (!value.is_empty()).then(|| value.clone()),
                Field::Band => self.band = value.clone(),
                Field::Place => self.place = value.clone(),
                Field::PlaceCode => self.place_code = (!value.is_empty()).then(|| value.clone()),
                Field::Happened => self.body.happened = value.clone(),
                Field::Affected => self.body.affected = value.clone(),
                Field::CallerName => self.caller_name = value.clone(),
                Field::ContactPhone => self.contact_phone = value.clone(),
            }
        }
    }

    fn suggest(&mut self, suggestion: &Suggestion) {
        let typed = &self.body.typed;
        let free = |field| !typed.contains(&field);
        if free(Field::Title) && !suggestion.title.is_empty() {
            self.title = suggestion.title.clone();
        }
        if free(Field::Content) && !suggestion.content.is_empty() {
            self.content = suggestion.content.clone();
        }
        if free(Field::Kind) && !suggestion.kind.is_empty() {
            self.kind = suggestion.kind.clone();
        }
        if free(Field::ClassCode) && suggestion.class_code.is_some() {
            self.class_code = suggestion.class_code.clone();
        }
        if free(Field::Band) && !suggestion.band.is_empty() {
            self.band = suggestion.band.clone();
        }
        if free(Field::Happened) && !suggestion.happened.is_empty() {
            self.body.happened = suggestion.happened.clone();
        }
        if free(Field::Affected) && !suggestion.affected.is_empty() {
            self.body.affected = suggestion.affected.clone();
        }
        // Name and code of a place belong together: whoever typed one of them owns both.
        if free(Field::Place)
            && free(Field::PlaceCode)
            && let Some(place) = &suggestion.place
        {
            self.place = place.name.clone();
            self.place_code = Some(place.code.clone());
        }
        self.body.suggestion = suggestion.clone();
    }
}
