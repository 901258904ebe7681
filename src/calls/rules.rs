//! A call as its changes leave it. Pure: the switchboard's word is taken, late or repeated words do no harm.

use serde::{Deserialize, Serialize};

use super::{
    ANSWERED, CallState, Change, Direction, ENDED, Outcome, Purpose, QUEUED, RECORDED, RecordingState,
    STARTED, TranscriptState, What,
};

/// Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Call {
    pub id: String,
    #[sqlx(try_from = "String")]
    pub direction: Direction,
    #[sqlx(try_from = "String")]
    pub purpose: Purpose,
    #[sqlx(try_from = "String")]
    pub state: CallState,
    pub caller: String,
    pub caller_kind: String,
    pub caller_private: bool,
    pub caller_display: Option<String>,
    pub called: String,
    pub trunk: Option<String>,
    pub diverted_from: Option<String>,
    pub menu: String,
    pub queue: Option<String>,
    pub operator: Option<String>,
    pub operator_name: Option<String>,
    pub ticket_number: Option<String>,
    pub started_at: i64,
    pub connected_at: Option<i64>,
    pub queued_at: Option<i64>,
    pub answered_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub outcome: Option<String>,
    pub cause: Option<String>,
    pub ended_by: Option<String>,
    #[sqlx(try_from = "String")]
    pub recording_state: RecordingState,
    pub recording_path: Option<String>,
    pub recording_ms: Option<i64>,
    pub recording_bytes: Option<i64>,
    pub recording_sha256: Option<String>,
    pub frames_lost: Option<i64>,
    #[sqlx(try_from = "String")]
    pub transcript_state: TranscriptState,
    pub events: i64,
    #[sqlx(try_from = "String")]
    pub body: Body,
}

/// The part of a call that no list filters by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    pub menu_path: Vec<MenuStep>,
    pub legs: Vec<Leg>,
    pub collected: Vec<Collected>,
    pub messages: Vec<Message>,
    /// Answers that were given in words.
    pub spoken: Vec<Message>,
    /// When each prompt-free stretch cannot be told, the whole recording is heard.
    pub recording_started_at: Option<i64>,
    /// Of a masked contact: when the citizen picked up, after the clerk.
    pub reached_at: Option<i64>,
    /// Operators whose phones ring now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rung: Vec<String>,
}

impl TryFrom<String> for Body {
    type Error = serde_json::Error;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuStep {
    pub at: i64,
    pub node: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub key: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    pub side: super::Side,
    pub party: String,
    pub started_at: i64,
    pub answered_at: Option<i64>,
    pub ended_at: i64,
    pub cause: String,
    pub status: u16,
    pub quality: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    pub key: String,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub key: String,
    pub from_ms: i64,
    pub to_ms: i64,
}

impl Call {
    /// None unless the change starts a call.
    pub fn start(change: &Change) -> Option<Self> {
        let What::Started {
            direction,
            purpose,
            caller,
            caller_kind,
            caller_private,
            caller_display,
            called,
            trunk,
            menu,
            diverted_from,
            ticket_number,
        } = change.what.clone()
        else {
            return None;
        };
        let state = match direction {
            Direction::Inbound => CallState::Menu,
            Direction::Outbound => CallState::Dialing,
        };
        Some(Self {
            id: change.call_id.clone(),
            direction,
            purpose,
            state,
            caller,
            caller_kind,
            caller_private,
            caller_display,
            called,
            trunk,
            diverted_from,
            menu,
            queue: None,
            operator: None,
            operator_name: None,
            ticket_number,
            started_at: change.at.timestamp_millis(),
            connected_at: None,
            queued_at: None,
            answered_at: None,
            ended_at: None,
            outcome: None,
            cause: None,
            ended_by: None,
            recording_state: RecordingState::None,
            recording_path: None,
            recording_ms: None,
            recording_bytes: None,
            recording_sha256: None,
            frames_lost: None,
            transcript_state: TranscriptState::None,
            events: 0,
            body: Body::default(),
        })
    }

    pub fn apply(&mut self, change: &Change) {
        let at = change.at.timestamp_millis();
        self.events += 1;
        match &change.what {
            What::Started { .. } => {}
            What::Carried { trunk } => self.trunk = Some(trunk.clone()),
            What::Connected => self.connect(at),
            What::MenuStep { node, title, key } => {
                self.move_to(CallState::Menu);
                self.body.menu_path.push(MenuStep {
                    at,
                    node: node.clone(),
                    title: title.clone(),
                    key: key.clone(),
                });
            }
            What::Queued { queue, .. } => {
                self.move_to(CallState::Queued);
                self.queue = Some(queue.clone());
                // A caller who overflows to another queue has waited since the first.
                self.queued_at.get_or_insert(at);
            }
            What::Offered { operator } => {
                self.move_to(CallState::Ringing);
                self.body.rung.push(operator.clone());
            }
            What::OfferEnded { operator, .. } => {
                self.body.rung.retain(|name| name != operator);
                if self.state == CallState::Ringing && self.body.rung.is_empty() {
                    self.state = CallState::Queued;
                }
            }
            What::Answered { operator } => {
                self.move_to(CallState::Talking);
                self.body.rung.retain(|name| name != operator);
                self.operator = Some(operator.clone());
                self.answered_at.get_or_insert(at);
            }
            What::Held | What::DeskLost { .. } => self.move_to(CallState::Held),
            What::Resumed | What::DeskBack { .. } => self.move_to(CallState::Talking),
            What::Collected { key, value } => {
                self.body.collected.push(Collected {
                    key: key.clone(),
                    value: value.clone(),
                });
            }
            What::Message { key, from_ms, to_ms } => {
                self.body.messages.push(Message {
                    key: key.clone(),
                    from_ms: *from_ms,
                    to_ms: *to_ms,
                });
            }
            What::Spoken {
                key, from_ms, to_ms, ..
            } => {
                self.body.spoken.push(Message {
                    key: key.clone(),
                    from_ms: *from_ms,
                    to_ms: *to_ms,
                });
            }
            What::Ended { outcome, cause, by } => self.end(at, *outcome, cause, by),
            what => self.keep(at, what),
        }
    }

    fn keep(&mut self, at: i64, what: &What) {
        match what {
            What::LegEnded {
                side,
                party,
                started_at,
                answered_at,
                cause,
                status,
                quality,
            } => {
                self.body.legs.push(Leg {
                    side: *side,
                    party: party.clone(),
                    started_at: started_at.timestamp_millis(),
                    answered_at: answered_at.map(|at| at.timestamp_millis()),
                    ended_at: at,
                    cause: cause.clone(),
                    status: *status,
                    quality: quality.clone(),
                });
            }
            What::RecordingStarted { path } => {
                self.recording_state = RecordingState::Recording;
                self.recording_path = Some(path.clone());
                self.body.recording_started_at = Some(at);
            }
            What::Recorded {
                path,
                duration_ms,
                bytes,
                sha256,
                frames_lost,
            } => {
                self.recording_state = RecordingState::Complete;
                self.recording_path = Some(path.clone());
                self.recording_ms = Some(*duration_ms);
                self.recording_bytes = Some(*bytes);
                self.recording_sha256 = Some(sha256.clone());
                self.frames_lost = Some(*frames_lost);
                if self.transcript_state == TranscriptState::None {
                    self.transcript_state = TranscriptState::Pending;
                }
            }
            What::RecordingFailed { .. } => self.recording_state = RecordingState::Failed,
            What::RecordingDeleted => {
                self.recording_state = RecordingState::Deleted;
                self.recording_path = None;
            }
            What::ConsultAnswered { .. } if self.purpose == Purpose::Contact => {
                self.body.reached_at.get_or_insert(at);
            }
            _ => {}
        }
    }

    fn connect(&mut self, at: i64) {
        self.connected_at.get_or_insert(at);
        if self.state == CallState::Dialing {
            self.state = CallState::Menu;
            self.answered_at.get_or_insert(at);
        }
    }

    /// Nothing brings an ended call back: a late word of a leg changes the record, not the state.
    fn move_to(&mut self, state: CallState) {
        if self.state != CallState::Ended {
            self.state = state;
        }
    }

    fn end(&mut self, at: i64, outcome: Outcome, cause: &str, by: &str) {
        if self.state == CallState::Ended {
            return;
        }
        self.state = CallState::Ended;
        self.ended_at = Some(at);
        self.outcome = Some(outcome.as_str().to_owned());
        self.cause = Some(cause.to_owned());
        self.ended_by = Some(by.to_owned());
    }

    /// From the first queue to the operator, or to the end for who was not answered.
    pub fn wait_ms(&self) -> Option<i64> {
        let until = if self.operator.is_some() {
            self.answered_at
        } else {
            self.ended_at
        };
        Some((until? - self.queued_at?).max(0))
    }

    pub fn talk_ms(&self) -> Option<i64> {
        Some((self.ended_at? - self.answered_at?).max(0))
    }

    pub fn outcome(&self) -> Option<Outcome> {
        Outcome::try_from(self.outcome.clone()?).ok()
    }
}

/// The topic under which the other slices hear of a change.
pub fn topic(what: &What) -> Option<&'static str> {
    match what {
        What::Started { .. } => Some(STARTED),
        What::Queued { .. } => Some(QUEUED),
        What::Answered { .. } => Some(ANSWERED),
        What::Ended { .. } => Some(ENDED),
        What::Recorded { .. } => Some(RECORDED),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
