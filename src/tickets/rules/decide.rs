//! Which command is allowed in which state to whom, and the events it makes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::events::{Remark, What};
use super::extract::Suggestion;
use super::projection::Ticket;
use super::{Actor, State};
use crate::accounts::Role;

pub const KINDS: [&str; 7] = ["咨询", "求助", "投诉", "举报", "建议", "表扬", "报修"];
/// Bands a person may choose; the time limits behind them are another slice's.
pub const BANDS: [&str; 8] = ["S", "A", "B", "C", "D", "E", "F", "G"];
pub const OUTCOMES: [&str; 5] = ["solved", "explained", "planned", "untrue", "beyond"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Title,
    Content,
    Kind,
    ClassCode,
    Band,
    Place,
    PlaceCode,
    CallerName,
    ContactPhone,
}

impl Field {
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Content => "content",
            Self::Kind => "kind",
            Self::ClassCode => "class_code",
            Self::Band => "band",
            Self::Place => "place",
            Self::PlaceCode => "place_code",
            Self::CallerName => "caller_name",
            Self::ContactPhone => "contact_phone",
        }
    }

    /// In characters; generous for people, small enough for a row.
    fn longest(self) -> usize {
        match self {
            Self::Content => 10_000,
            Self::Title | Self::Place => 200,
            _ => 64,
        }
    }
}

/// What a person typed; a field that is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fill {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_phone: Option<String>,
}

impl Fill {
    pub fn texts(&self) -> [(Field, &Option<String>); 9] {
        [
            (Field::Title, &self.title),
            (Field::Content, &self.content),
            (Field::Kind, &self.kind),
            (Field::ClassCode, &self.class_code),
            (Field::Band, &self.band),
            (Field::Place, &self.place),
            (Field::PlaceCode, &self.place_code),
            (Field::CallerName, &self.caller_name),
            (Field::ContactPhone, &self.contact_phone),
        ]
    }

    fn check(&self) -> Result<(), Refusal> {
        let faults: Vec<_> = self
            .texts()
            .into_iter()
            .filter_map(|(field, value)| Some((field, fault(field, value.as_ref()?)?)))
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Invalid(faults))
        }
    }
}

fn fault(field: Field, value: &str) -> Option<&'static str> {
    let known = match field {
        Field::Kind => KINDS.contains(&value),
        Field::Band => BANDS.contains(&value),
        _ => true,
    };
    if !known {
        Some("不在可选范围内")
    } else if value.chars().count() > field.longest() {
        Some("太长")
    } else {
        None
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Fill(Fill),
    Accept,
    Dispatch {
        unit_code: String,
        unit_name: String,
        note: String,
    },
    Reply {
        outcome: String,
        text: String,
        public_text: String,
    },
    Close {
        note: String,
    },
    Reopen {
        reason: String,
    },
    /// From here on only the hotline itself.
    Take {
        operator: String,
        operator_name: String,
    },
    EndCall {
        call_id: String,
        outcome: String,
    },
    Suggest(Box<Suggestion>),
    SuggestUnit {
        unit_code: String,
        unit_name: String,
        reason: String,
    },
    ScheduleSurvey {
        next_at: DateTime<Utc>,
    },
    DialSurvey,
    RecordAttempt {
        dialed_at: DateTime<Utc>,
        result: String,
        call_id: Option<String>,
    },
    CompleteSurvey {
        solved: Option<bool>,
        satisfaction: Option<u8>,
        remark: Option<Remark>,
        satisfied: bool,
    },
    GiveUpSurvey,
    TranscribeRemark {
        text: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("您的角色不能执行此操作")]
    Forbidden,
    #[error("工单当前为“{}”，不能执行此操作", .0.title())]
    WrongState(State),
    #[error("答复人不得办结同一工单")]
    OwnReply,
    #[error("缺少必填内容")]
    Missing(Vec<&'static str>),
    #[error("内容不符合要求")]
    Invalid(Vec<(Field, &'static str)>),
}

/// The verbs of people, in the order a console shows them.
pub const VERBS: [&str; 6] = ["fill", "accept", "dispatch", "reply", "close", "reopen"];

/// A unit sees its own tickets only; everyone else reads all.
pub fn may_see(ticket: &Ticket, actor: &Actor) -> bool {
    match actor {
        Actor::Person {
            role: Role::Unit,
            unit_code,
            ..
        } => unit_code.is_some() && unit_code == &ticket.unit_code && ticket.state != State::Draft,
        _ => true,
    }
}

pub fn actions(ticket: &Ticket, actor: &Actor) -> Vec<&'static str> {
    VERBS
        .into_iter()
        .filter(|verb| permit(ticket, actor, verb).is_ok())
        .collect()
}

fn permit(ticket: &Ticket, actor: &Actor, verb: &str) -> Result<(), Refusal> {
    let Actor::Person { role, unit_code, .. } = actor else {
        return Err(Refusal::Forbidden);
    };
    let states: &[State] = match (verb, role) {
        ("fill", Role::Operator | Role::Dispatcher) => &[State::Draft, State::Accepted, State::Reopened],
        ("accept", Role::Operator | Role::Dispatcher) => &[State::Draft],
        ("dispatch", Role::Dispatcher) => &[State::Accepted, State::Reopened],
        ("reply", Role::Unit) => &[State::Dispatched],
        ("close", Role::Operator) => &[State::Draft, State::Accepted],
        ("close", Role::Dispatcher) => &[State::Draft, State::Accepted, State::Replied],
        // The second person who ends what the citizen would not (explained, lawful, out of reach).
        ("close", Role::Supervisor) => &[State::Replied, State::Callback, State::Reopened],
        ("reopen", Role::Dispatcher | Role::Supervisor) => &[State::Replied, State::Callback, State::Closed],
        _ => return Err(Refusal::Forbidden),
    };
    if verb == "reply" && (unit_code.is_none() || unit_code != &ticket.unit_code) {
        return Err(Refusal::Forbidden);
    }
    if !states.contains(&ticket.state) {
        return Err(Refusal::WrongState(ticket.state));
    }
    if verb == "close" && replied_by(ticket, actor) {
        return Err(Refusal::OwnReply);
    }
    Ok(())
}

/// Separation of duty: whoever answered for a unit, in whatever role, does not judge the answer.
fn replied_by(ticket: &Ticket, actor: &Actor) -> bool {
    let replies = ticket
        .body
        .assignments
        .iter()
        .filter_map(|assignment| assignment.reply.as_ref());
    replies
        .into_iter()
        .any(|reply| Some(reply.by.as_str()) == actor.username())
}

pub fn decide(ticket: &Ticket, command: Command, actor: &Actor) -> Result<Vec<What>, Refusal> {
    match command {
        Command::Fill(fill) => {
            permit(ticket, actor, "fill")?;
            fill.check()?;
            Ok(if fill == Fill::default() {
                vec![]
            } else {
                vec![What::Filled(fill)]
            })
        }
        Command::Accept => {
            permit(ticket, actor, "accept")?;
            require(&[("title", &ticket.title)])?;
            Ok(vec![What::Accepted])
        }
        Command::Dispatch {
            unit_code,
            unit_name,
            note,
        } => {
            permit(ticket, actor, "dispatch")?;
            require(&[("unit_code", &unit_code)])?;
            Ok(vec![What::Dispatched {
                unit_code,
                unit_name,
                note,
            }])
        }
        Command::Reply {
            outcome,
            text,
            public_text,
        } => {
            permit(ticket, actor, "reply")?;
            require(&[("outcome", &outcome), ("text", &text)])?;
            let known = OUTCOMES.contains(&outcome.as_str());
            let unit_code = ticket.unit_code.clone().unwrap_or_default();
            if known {
                Ok(vec![What::Replied {
                    unit_code,
                    outcome,
                    text,
                    public_text,
                }])
            } else {
                Err(Refusal::Missing(vec!["outcome"]))
            }
        }
        Command::Close { note } => close(ticket, note, actor),
        Command::Reopen { reason } => {
            permit(ticket, actor, "reopen")?;
            require(&[("reason", &reason)])?;
            Ok(vec![What::Reopened { reason }])
        }
        command => by_system(ticket, command, actor),
    }
}

fn close(ticket: &Ticket, note: String, actor: &Actor) -> Result<Vec<What>, Refusal> {
    permit(ticket, actor, "close")?;
    let supervisor = matches!(
        actor,
        Actor::Person {
            role: Role::Supervisor,
            ..
        }
    );
    if ticket.state == State::Replied {
        return Ok(vec![What::CallbackDue { note }]);
    }
    // Answered on the spot, or ended by a second person: what was said or found must be on record.
    require(&[("note", &note)])?;
    debug_assert!(supervisor || matches!(ticket.state, State::Draft | State::Accepted));
    Ok(vec![What::Closed { note }])
}

fn require(fields: &[(&'static str, &String)]) -> Result<(), Refusal> {
    let missing: Vec<_> = fields
        .iter()
        .filter(|(_, value)| value.trim().is_empty())
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Missing(missing))
    }
}

fn by_system(ticket: &Ticket, command: Command, actor: &Actor) -> Result<Vec<What>, Refusal> {
    if *actor != Actor::System {
        return Err(Refusal::Forbidden);
    }
    match command {
        Command::Take {
            operator,
            operator_name,
        } => Ok(vec![What::Taken {
            operator,
            operator_name,
        }]),
        Command::EndCall { call_id, outcome } => Ok(vec![What::CallEnded { call_id, outcome }]),
        Command::Suggest(suggestion) => Ok(vec![What::Suggested(suggestion)]),
        Command::SuggestUnit {
            unit_code,
            unit_name,
            reason,
        } => Ok(vec![What::UnitSuggested {
            unit_code,
            unit_name,
            reason,
        }]),
        // The remark's text comes long after the ticket was closed or reopened.
        Command::TranscribeRemark { text } => Ok(vec![What::RemarkTranscribed { text }]),
        command => survey(ticket, command),
    }
}

/// Survey facts count only while the citizen is owed the call: a ticket closed or reopened meanwhile keeps its state.
fn survey(ticket: &Ticket, command: Command) -> Result<Vec<What>, Refusal> {
    if ticket.state != State::Callback {
        return match command {
            Command::RecordAttempt {
                dialed_at,
                result,
                call_id,
            } => Ok(vec![What::SurveyAttempted {
                dialed_at,
                result,
                call_id,
            }]),
            _ => Err(Refusal::WrongState(ticket.state)),
        };
    }
    match command {
        Command::ScheduleSurvey { next_at } => Ok(vec![What::SurveyScheduled { next_at }]),
        Command::DialSurvey => Ok(vec![What::SurveyDialed]),
        Command::RecordAttempt {
            dialed_at,
            result,
            call_id,
        } => Ok(vec![What::SurveyAttempted {
            dialed_at,
            result,
            call_id,
        }]),
        Command::CompleteSurvey {
            solved,
            satisfaction,
            remark,
            satisfied,
        } => {
            let ending = if satisfied {
                What::Closed {
                    note: "回访满意".into(),
                }
            } else {
                What::Reopened {
                    reason: "回访不满意或未解决".into(),
                }
            };
            Ok(vec![
                What::SurveyCompleted {
                    solved,
                    satisfaction,
                    remark,
                },
                ending,
            ])
        }
        Command::GiveUpSurvey => Ok(vec![
            What::SurveyUnreachable,
            What::Closed {
                note: "多次回访未能联系到市民".into(),
            },
        ]),
        _ => Err(Refusal::Forbidden),
    }
}
