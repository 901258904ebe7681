//! What the hotline does by itself: calls, suggestions, timers, and the automatic callback.

use chrono::TimeDelta;

use super::{Decided, Step, guard};
use crate::tickets::rules::command::Command;
use crate::tickets::rules::events::What;
use crate::tickets::rules::facts::Proposed;
use crate::tickets::rules::permit::Refusal;
use crate::tickets::rules::{State, Ticket};

impl Step<'_> {
    pub(super) fn by_system(&self, command: Command) -> Decided {
        match command {
            Command::Take {
                operator,
                operator_name,
            } => Ok(vec![What::Taken {
                operator,
                operator_name,
            }]),
            Command::EndCall { call_id, outcome } => Ok(vec![What::CallEnded { call_id, outcome }]),
            Command::LogEmergency { call_id, party, log } => {
                Ok(vec![What::EmergencyLogged { call_id, party, log }])
            }
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
            Command::PlanDispatch {
                unit,
                co_units,
                ground,
                dispatch_at,
            } => self.plan_dispatch(unit, co_units, ground, dispatch_at),
            Command::DropPlan { reason } => self.hold(reason),
            Command::DispatchAsPlanned => self.dispatch_as_planned(),
            Command::Join { child } => {
                guard(self.ticket.state.is_open(), "主单已办结，不能再并入")?;
                // The answer has gone out; nobody would tell it to the citizen who joins now.
                let is_told = matches!(self.ticket.state, State::Callback | State::Judging);
                guard(!is_told, "主单已答复市民，不能再并入，请单独办理")?;
                // What is answered at the desk, or about to end, answers nobody else.
                let proposed = self
                    .ticket
                    .body
                    .proposal
                    .as_ref()
                    .map(|proposal| &proposal.proposed);
                let ends = matches!(proposed, Some(Proposed::Void { .. }));
                guard(
                    !ends && self.ticket.state != State::Direct,
                    "主单正在直办或待作废，不能并入，请单独办理",
                )?;
                Ok(vec![What::Joined { child }])
            }
            Command::MoveDue { old_at, new_at } => Ok(vec![What::DueMoved { old_at, new_at }]),
            Command::Wake => self.wake(),
            Command::File => self.file(),
            // The remark's text comes long after the ticket was closed or reopened.
            Command::TranscribeRemark { text } => Ok(vec![What::RemarkTranscribed { text }]),
            command => survey(self.ticket, command),
        }
    }

    /// The day of resuming has come.
    fn wake(&self) -> Decided {
        let due = self
            .ticket
            .body
            .suspension
            .as_ref()
            .is_some_and(|stop| stop.resume_at <= self.now);
        if self.ticket.state == State::Suspended && due {
            Ok(vec![What::Resumed {
                note: "恢复日期已到".into(),
            }])
        } else {
            Err(Refusal::WrongState(self.ticket.state))
        }
    }

    fn file(&self) -> Decided {
        let closed = self
            .ticket
            .body
            .entered
            .get(&State::Closed)
            .filter(|_| self.ticket.state == State::Closed);
        let Some(closed) = closed else {
            return Err(Refusal::WrongState(self.ticket.state));
        };
        let open = self.ticket.body.supervised().is_some();
        guard(!open, "督办尚未销号，不能归档")?;
        let quiet = TimeDelta::days(self.policy.file_after_days.into());
        guard(self.now >= *closed + quiet, "尚未到归档时间")?;
        Ok(vec![What::Filed])
    }
}

/// Survey facts count only while the citizen is owed the call: a ticket closed or reopened meanwhile keeps its state.
fn survey(ticket: &Ticket, command: Command) -> Decided {
    if let Command::RecordAttempt {
        dialed_at,
        result,
        call_id,
    } = command
    {
        return Ok(vec![What::SurveyAttempted {
            dialed_at,
            result,
            call_id,
        }]);
    }
    if ticket.state != State::Callback {
        return Err(Refusal::WrongState(ticket.state));
    }
    match command {
        Command::ScheduleSurvey { next_at } => Ok(vec![What::SurveyScheduled { next_at }]),
        Command::DialSurvey => Ok(vec![What::SurveyDialed]),
        Command::CompleteSurvey {
            contacted,
            solved,
            satisfaction,
            remark,
            satisfied,
        } => {
            let ending = if satisfied {
                What::Closed {
                    note: "回访满意".into(),
                    excluded: None,
                }
            } else {
                What::Dissatisfied {
                    reason: "回访不满意或未解决".into(),
                }
            };
            Ok(vec![
                What::SurveyCompleted {
                    contacted,
                    solved,
                    satisfaction,
                    remark,
                },
                ending,
            ])
        }
        Command::HandOverSurvey { reason } => Ok(vec![What::SurveyHandedOver { reason }]),
        Command::GiveUpSurvey => Ok(vec![
            What::SurveyUnreachable,
            What::Closed {
                note: "多次回访未能联系到市民".into(),
                excluded: None,
            },
        ]),
        _ => Err(Refusal::Forbidden),
    }
}
