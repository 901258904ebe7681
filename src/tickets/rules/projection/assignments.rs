//! Who has the ticket: the lead unit, those that help it, and those below it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::parts::{ContactEntry, Dispute, Granted, Pause, ProgressNote, Reply, ReturnRecord, Suspension};
use super::{Event, Ticket};
use crate::tickets::rules::events::What;
use crate::tickets::rules::facts::{ReplyText, Return, UnitName};
use crate::tickets::rules::state::State;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 主办
    #[default]
    Lead,
    /// 协办
    Co,
    /// 下级承办, given by a unit to one of its own.
    Sub,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentState {
    /// 待签收
    #[default]
    Waiting,
    Handling,
    /// One that helps asked to be let go, which somebody looks at.
    Leaving,
    Replied,
    Returned,
    /// Given to another unit instead.
    Withdrawn,
}

impl AssignmentState {
    pub fn is_active(self) -> bool {
        matches!(
            self,
            Self::Waiting | Self::Handling | Self::Leaving | Self::Replied
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub unit_code: String,
    pub unit_name: String,
    pub note: String,
    pub dispatched_at: DateTime<Utc>,
    pub dispatched_by: String,
    pub reply: Option<Reply>,
    #[serde(default)]
    pub part: Part,
    #[serde(default)]
    pub state: AssignmentState,
    /// The unit that gave it, when it was not the hotline.
    #[serde(default)]
    pub parent: Option<String>,
    /// The rule or precedent it rests on.
    #[serde(default)]
    pub ground: String,
    /// Decided by a meeting: it cannot be returned.
    #[serde(default)]
    pub binding: bool,
    #[serde(default)]
    pub signed_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub contacted_at: Option<DateTime<Utc>>,
    /// When its return was refused: from here it is to sign again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_at: Option<DateTime<Utc>>,
}

/// Who decides on a unit's return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge<'a> {
    Office,
    /// The unit that gave it away within its own tree.
    Unit(&'a str),
}

impl Assignment {
    pub fn returns_to(&self) -> Judge<'_> {
        match (self.part, &self.parent) {
            (Part::Sub, Some(parent)) => Judge::Unit(parent),
            _ => Judge::Office,
        }
    }
}

impl Ticket {
    /// Everything units do, and what is done to them.
    pub(super) fn change_at_unit(&mut self, event: &Event) -> bool {
        let by = || event.actor.clone().unwrap_or_default();
        match &event.what {
            What::Dispatched {
                unit_code,
                unit_name,
                note,
                co_units,
                ground,
            } => {
                let unit = UnitName {
                    code: unit_code.clone(),
                    name: unit_name.clone(),
                };
                self.assign(event, &unit, note, ground);
                for unit in co_units {
                    let helper = assignment(event, unit, note, Part::Co);
                    self.body.assignments.push(helper);
                }
            }
            What::Signed { unit_code } => self.sign(unit_code, event),
            What::Contacted { unit_code, contact } => {
                if contact.is_of_the_citizen() {
                    self.with(unit_code, |own| {
                        own.contacted_at = own.contacted_at.or(Some(contact.at))
                    });
                }
                self.body.contacts.push(ContactEntry {
                    contact: contact.clone(),
                    unit_code: unit_code.clone(),
                    by: by(),
                });
                self.body.handlers.insert(by());
            }
            What::Progressed { unit_code, text } => {
                self.body.progress.push(ProgressNote {
                    at: event.at,
                    unit_code: unit_code.clone(),
                    text: text.clone(),
                    by: by(),
                });
                self.body.handlers.insert(by());
            }
            What::SubDispatched {
                parent_code,
                unit_code,
                unit_name,
                note,
            } => {
                let unit = UnitName {
                    code: unit_code.clone(),
                    name: unit_name.clone(),
                };
                let mut given = assignment(event, &unit, note, Part::Sub);
                given.parent = Some(parent_code.clone());
                self.body.assignments.push(given);
                self.body.handlers.insert(by());
            }
            What::Replied { unit_code, reply } => self.reply(unit_code, reply, event),
            _ => return self.change_of_plan(event),
        }
        true
    }

    /// Returns, disputes, extensions and standing still.
    fn change_of_plan(&mut self, event: &Event) -> bool {
        match &event.what {
            What::Returned {
                unit_code,
                request,
                reviewed,
            } => self.give_back(unit_code, request, *reviewed, event),
            What::ReturnApproved { ground, unit_code } => {
                self.judge_return(unit_code.as_deref(), true, ground);
                match unit_code {
                    Some(code) => self.let_go(code, AssignmentState::Returned),
                    None => {
                        self.withdraw(AssignmentState::Returned);
                        self.state = State::Accepted;
                    }
                }
            }
            What::ReturnRejected { ground, unit_code } => {
                self.judge_return(unit_code.as_deref(), false, ground);
                let stays = |own: &mut Assignment| {
                    own.state = AssignmentState::Waiting;
                    own.signed_at = None;
                    own.back_at = Some(event.at);
                };
                match unit_code {
                    Some(code) => self.with(code, stays),
                    None => {
                        self.state = State::Dispatched;
                        self.with_lead(stays);
                    }
                }
            }
            What::Disputed { reason } => {
                // Whoever has it, has it no longer: the meeting decides.
                self.withdraw(AssignmentState::Withdrawn);
                self.state = State::Disputed;
                self.body.dispute = Some(Dispute {
                    reason: reason.clone(),
                    at: event.at,
                    meetings: vec![],
                    decision: None,
                });
            }
            What::MeetingHeld(meeting) => {
                if let Some(dispute) = &mut self.body.dispute {
                    dispute.meetings.push(meeting.clone());
                }
            }
            What::Decided(decision) => {
                self.assign(event, &decision.unit, &decision.decision, &decision.basis);
                self.with_lead(|lead| lead.binding = true);
                if let Some(dispute) = &mut self.body.dispute {
                    dispute.decision = Some(decision.clone());
                }
            }
            What::Extended { limit, reason } => {
                self.body.extensions.push(Granted {
                    limit: *limit,
                    reason: reason.clone(),
                    at: event.at,
                });
            }
            What::Suspended {
                cause,
                reason,
                resume_at,
            } => {
                self.state = State::Suspended;
                self.body.pauses.push(Pause {
                    from: event.at,
                    to: None,
                    suspended: true,
                });
                self.body.suspension = Some(Suspension {
                    cause: cause.clone(),
                    reason: reason.clone(),
                    resume_at: *resume_at,
                });
            }
            What::Resumed { .. } => {
                self.go_on(event.at);
                self.state = self.at_work();
            }
            _ => return false,
        }
        true
    }

    /// The clock runs again.
    pub(super) fn go_on(&mut self, at: DateTime<Utc>) {
        if let Some(pause) = self.body.pauses.last_mut().filter(|pause| pause.to.is_none()) {
            if pause.from < at {
                pause.to = Some(at);
            } else {
                // It stood still for no time at all.
                self.body.pauses.pop();
            }
        }
        self.body.suspension = None;
    }

    fn assign(&mut self, event: &Event, unit: &UnitName, note: &str, ground: &str) {
        self.withdraw(AssignmentState::Withdrawn);
        self.go_on(event.at);
        self.state = State::Dispatched;
        self.unit_code = Some(unit.code.clone());
        let mut lead = assignment(event, unit, note, Part::Lead);
        ground.clone_into(&mut lead.ground);
        self.body.assignments.push(lead);
    }

    /// Nobody has it any more.
    fn withdraw(&mut self, state: AssignmentState) {
        for given in self
            .body
            .assignments
            .iter_mut()
            .filter(|given| given.state.is_active())
        {
            given.state = if given.part == Part::Lead {
                state
            } else {
                AssignmentState::Withdrawn
            };
        }
    }

    fn with(&mut self, unit: &str, change: impl FnOnce(&mut Assignment)) {
        let own = self
            .body
            .assignments
            .iter_mut()
            .find(|own| own.unit_code == unit && own.state.is_active());
        if let Some(own) = own {
            change(own);
        }
    }

    fn with_lead(&mut self, change: impl FnOnce(&mut Assignment)) {
        if let Some(code) = self.body.lead().map(|lead| lead.unit_code.clone()) {
            self.with(&code, change);
        }
    }

    fn sign(&mut self, unit: &str, event: &Event) {
        self.with(unit, |own| {
            own.state = AssignmentState::Handling;
            own.signed_at = Some(event.at);
        });
        self.body.handlers.extend(event.actor.clone());
        let is_lead = self.body.lead().is_some_and(|lead| lead.unit_code == unit);
        if is_lead && self.state == State::Dispatched {
            self.state = self.at_work();
        }
    }

    /// 重办 is of what the unit did before; one that never had it handles it.
    fn at_work(&self) -> State {
        match self.body.redone_since() {
            Some(_) => State::Redo,
            None => State::Handling,
        }
    }

    fn give_back(&mut self, unit: &str, request: &Return, reviewed: bool, event: &Event) {
        let by = event.actor.clone().unwrap_or_default();
        let part = self.body.active(unit).map_or(Part::Lead, |own| own.part);
        self.body.returns.push(ReturnRecord {
            request: request.clone(),
            unit_code: unit.to_owned(),
            part,
            at: event.at,
            by: by.clone(),
            approved: None,
            ground: String::new(),
        });
        self.body.handlers.insert(by);
        if part == Part::Lead {
            self.state = State::Returned;
        } else {
            let state = if reviewed {
                AssignmentState::Leaving
            } else {
                AssignmentState::Returned
            };
            self.with(unit, |own| own.state = state);
        }
    }

    /// A unit has it no longer, nor has anybody to whom it gave it.
    fn let_go(&mut self, unit: &str, state: AssignmentState) {
        self.with(unit, |own| own.state = state);
        let given = |one: &&Assignment| one.state.is_active() && one.parent.as_deref() == Some(unit);
        let below: Vec<String> = self
            .body
            .assignments
            .iter()
            .filter(given)
            .map(|one| one.unit_code.clone())
            .collect();
        for code in below {
            self.let_go(&code, AssignmentState::Withdrawn);
        }
    }

    fn reply(&mut self, unit: &str, reply: &ReplyText, event: &Event) {
        let by = event.actor.clone().unwrap_or_default();
        let answer = Reply {
            reply: reply.clone(),
            at: event.at,
            by: by.clone(),
        };
        self.with(unit, |own| {
            own.reply = Some(answer);
            own.state = AssignmentState::Replied;
        });
        self.body.handlers.insert(by);
        if self.body.lead().is_some_and(|lead| lead.unit_code == unit) {
            self.state = State::Replied;
            // Provisionally: what fails the review goes on where it stopped.
            self.body.pauses.push(Pause {
                from: event.at,
                to: None,
                suspended: false,
            });
        }
    }

    /// Without a unit it is the lead's.
    fn judge_return(&mut self, unit: Option<&str>, approved: bool, ground: &str) {
        let is_meant = |record: &ReturnRecord| match unit {
            Some(unit) => record.unit_code == unit,
            None => record.part == Part::Lead,
        };
        if let Some(last) = self
            .body
            .returns
            .iter_mut()
            .rev()
            .find(|record| record.approved.is_none() && is_meant(record))
        {
            last.approved = Some(approved);
            ground.clone_into(&mut last.ground);
        }
    }
}

fn assignment(event: &Event, unit: &UnitName, note: &str, part: Part) -> Assignment {
    Assignment {
        unit_code: unit.code.clone(),
        unit_name: unit.name.clone(),
        note: note.to_owned(),
        dispatched_at: event.at,
        dispatched_by: event.actor.clone().unwrap_or_default(),
        reply: None,
        part,
        state: AssignmentState::Waiting,
        parent: None,
        ground: String::new(),
        binding: false,
        signed_at: None,
        contacted_at: None,
        back_at: None,
    }
}
