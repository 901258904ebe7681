//! The ticket as its events leave it. The stored row is this, and can be rebuilt from the events at any time.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::decide::{Field, Fill};
use super::events::{Event, Remark, What};
use super::extract::Suggestion;
use super::{Source, State};

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
    /// Fields a person typed: no suggestion touches them.
    pub typed: BTreeSet<Field>,
    pub suggestion: Suggestion,
    pub unit_suggestion: Option<UnitSuggestion>,
    pub assignments: Vec<Assignment>,
    pub survey: Option<Survey>,
}

impl TryFrom<String> for Body {
    type Error = serde_json::Error;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitSuggestion {
    pub unit_code: String,
    pub unit_name: String,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub unit_code: String,
    pub unit_name: String,
    pub note: String,
    pub dispatched_at: DateTime<Utc>,
    pub dispatched_by: String,
    pub reply: Option<Reply>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub outcome: String,
    pub text: String,
    pub public_text: String,
    pub at: DateTime<Utc>,
    pub by: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// scheduled, dialing, completed, unreachable
    pub state: String,
    pub next_at: Option<DateTime<Utc>>,
    pub attempts: Vec<SurveyAttempt>,
    pub solved: Option<bool>,
    pub satisfaction: Option<u8>,
    pub remark: Option<Remark>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyAttempt {
    pub at: DateTime<Utc>,
    pub result: String,
    pub call_id: Option<String>,
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

impl Ticket {
    pub fn apply(&mut self, event: &Event) {
        self.events += 1;
        self.updated_at = event.at.timestamp_millis();
        if event.actor.is_some() && event.what.is_by_person() {
            self.version += 1;
        }
        let actor = event.actor.clone().unwrap_or_default();
        match &event.what {
            What::Opened { source, caller, .. } => self.open(*source, caller, event),
            What::Taken { operator, .. } => self.operator = Some(operator.clone()),
            What::CallEnded { outcome, .. } => {
                if outcome == "message" {
                    self.source = Source::Message;
                }
            }
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
            What::Accepted => {
                self.state = State::Accepted;
                // The operator who vouches for it is the ticket's operator when no call named one.
                if self.operator.is_none() {
                    self.operator = event.actor.clone();
                }
            }
            What::Dispatched {
                unit_code,
                unit_name,
                note,
            } => {
                self.assign(event.at, actor, unit_code, unit_name, note);
            }
            What::Replied {
                outcome,
                text,
                public_text,
                ..
            } => {
                self.state = State::Replied;
                if let Some(assignment) = self.body.assignments.last_mut() {
                    assignment.reply = Some(Reply {
                        outcome: outcome.clone(),
                        text: text.clone(),
                        public_text: public_text.clone(),
                        at: event.at,
                        by: actor,
                    });
                }
            }
            What::CallbackDue { .. } => {
                self.state = State::Callback;
                self.body.survey = Some(Survey {
                    state: "scheduled".into(),
                    ..Survey::default()
                });
            }
            What::Closed { .. } => self.state = State::Closed,
            What::Reopened { .. } => self.state = State::Reopened,
            _ => self.apply_survey(&event.what),
        }
    }

    fn open(&mut self, source: Source, caller: &str, event: &Event) {
        self.created_at = event.at.timestamp_millis();
        self.source = source;
        self.caller = caller.to_owned();
        self.contact_phone = caller.to_owned();
        self.band = "C".into();
        if source == Source::Manual {
            self.operator = event.actor.clone();
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

    fn assign(&mut self, at: DateTime<Utc>, by: String, unit_code: &str, unit_name: &str, note: &str) {
        self.state = State::Dispatched;
        self.unit_code = Some(unit_code.to_owned());
        self.body.assignments.push(Assignment {
            unit_code: unit_code.to_owned(),
            unit_name: unit_name.to_owned(),
            note: note.to_owned(),
            dispatched_at: at,
            dispatched_by: by,
            reply: None,
        });
    }

    fn apply_survey(&mut self, what: &What) {
        let survey = self.body.survey.get_or_insert_with(Survey::default);
        match what {
            What::SurveyScheduled { next_at } => {
                survey.state = "scheduled".into();
                survey.next_at = Some(*next_at);
            }
            What::SurveyDialed => {
                survey.state = "dialing".into();
                survey.next_at = None;
            }
            What::SurveyAttempted {
                dialed_at,
                result,
                call_id,
            } => survey.attempts.push(SurveyAttempt {
                at: *dialed_at,
                result: result.clone(),
                call_id: call_id.clone(),
            }),
            What::SurveyCompleted {
                solved,
                satisfaction,
                remark,
            } => {
                survey.state = "completed".into();
                survey.next_at = None;
                survey.solved = *solved;
                survey.satisfaction = *satisfaction;
                survey.remark = remark.clone();
            }
            What::SurveyUnreachable => {
                survey.state = "unreachable".into();
                survey.next_at = None;
            }
            What::RemarkTranscribed { text } => {
                if let Some(remark) = &mut survey.remark {
                    remark.text = Some(text.clone());
                }
            }
            _ => {}
        }
    }
}
