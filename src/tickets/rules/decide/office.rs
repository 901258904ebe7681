//! Sending out, returns, disputes, approvals and supervision.

use super::{Decided, Step, guard, known, require};
use crate::tickets::rules::events::What;
use crate::tickets::rules::facts::{Decision, FORMS, LED_FROM, LEVELS, Meeting, Order, Proposed, UnitName};
use crate::tickets::rules::permit::{Refusal, judge, may_approve};
use crate::tickets::rules::state::State;

impl Step<'_> {
    pub(super) fn dispatch(
        &self,
        unit: UnitName,
        co_units: Vec<UnitName>,
        note: String,
        ground: Option<String>,
    ) -> Decided {
        require(&[("unit_code", &unit.code)])?;
        let mut codes: Vec<&str> = co_units.iter().map(|unit| unit.code.as_str()).collect();
        codes.sort_unstable();
        if codes.contains(&unit.code.as_str()) || codes.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Refusal::Invalid(vec![(
                "co_units",
                "协办单位不能重复，也不能是主办单位",
            )]));
        }
        let ground = ground
            .filter(|ground| !ground.trim().is_empty())
            .or_else(|| self.rule_for(&unit.code));
        // Without a rule it is the dispatcher's own judgement, and is on record as that.
        let ground = ground.unwrap_or_else(|| match note.trim() {
            "" => "人工研判".to_owned(),
            note => format!("人工研判：{note}"),
        });
        Ok(vec![What::Dispatched {
            unit_code: unit.code,
            unit_name: unit.name,
            note,
            co_units,
            ground,
        }])
    }

    /// The catalogue's reason, when the dispatcher follows it.
    fn rule_for(&self, unit: &str) -> Option<String> {
        let suggested = self.ticket.body.unit_suggestion.as_ref()?;
        (suggested.unit_code == unit).then(|| suggested.reason.clone())
    }

    /// Whose return is decided on: the lead's, which stops everything, or that of one who helps.
    fn returning(&self, unit: Option<&str>) -> Result<Option<String>, Refusal> {
        if self.ticket.state == State::Returned && self.actor.unit().is_none() {
            return Ok(None);
        }
        let leaving = self.ticket.body.leaving(judge(self.actor));
        let mut meant = leaving.filter(|own| unit.is_none_or(|unit| own.unit_code == unit));
        let own = meant.next().ok_or(Refusal::WrongState(self.ticket.state))?;
        if meant.next().is_some() {
            return Err(Refusal::Missing(vec!["unit_code"]));
        }
        Ok(Some(own.unit_code.clone()))
    }

    pub(super) fn approve_return(&self, ground: String, unit: Option<&str>) -> Decided {
        require(&[("ground", &ground)])?;
        let unit_code = self.returning(unit)?;
        Ok(vec![What::ReturnApproved { ground, unit_code }])
    }

    pub(super) fn reject_return(&self, ground: String, unit: Option<&str>) -> Decided {
        require(&[("ground", &ground)])?;
        let unit_code = self.returning(unit)?;
        let is_lead = unit_code.is_none();
        let mut events = vec![What::ReturnRejected {
            ground: ground.clone(),
            unit_code,
        }];
        if is_lead && self.ticket.body.lead_returns() >= self.policy.returns_to_dispute {
            events.push(What::Disputed {
                reason: format!("多次退回：{ground}"),
            });
        }
        Ok(events)
    }

    pub(super) fn dispute(&self, reason: String) -> Decided {
        require(&[("reason", &reason)])?;
        guard(
            self.ticket.body.lead_returns() >= self.policy.returns_to_dispute,
            "退回次数未达到进入争议协调的条件",
        )?;
        let approved = (self.ticket.state == State::Returned).then(|| What::ReturnApproved {
            ground: reason.clone(),
            unit_code: None,
        });
        Ok(approved.into_iter().chain([What::Disputed { reason }]).collect())
    }

    pub(super) fn meet(&self, meeting: Meeting) -> Decided {
        require(&[("minutes", &meeting.minutes)])?;
        if meeting.participants.iter().all(|name| name.trim().is_empty()) {
            return Err(Refusal::Missing(vec!["participants"]));
        }
        Ok(vec![What::MeetingHeld(meeting)])
    }

    pub(super) fn decide_dispute(&self, decision: Decision) -> Decided {
        require(&[
            ("unit_code", &decision.unit.code),
            ("basis", &decision.basis),
            ("decision", &decision.decision),
        ])?;
        let dispute = self.ticket.body.dispute.as_ref();
        guard(
            dispute.is_some_and(|dispute| !dispute.meetings.is_empty()),
            "请先登记协调会，再作决定",
        )?;
        Ok(vec![What::Decided(decision)])
    }

    pub(super) fn approve(&self, ground: String) -> Decided {
        let proposed = self.proposal()?.clone();
        let effect = match proposed {
            Proposed::Reject { reason, channel } => What::Rejected { reason, channel },
            Proposed::Close { ground, exclude } => What::Closed {
                note: ground,
                excluded: exclude,
            },
            Proposed::Void { reason } => {
                self.may_be_voided()?;
                What::Voided { reason }
            }
            Proposed::Extend { limit, reason } => What::Extended { limit, reason },
            Proposed::Suspend {
                cause,
                reason,
                resume_at,
            } => {
                guard(resume_at > self.now, "恢复日期已过，请驳回后重新申请")?;
                What::Suspended {
                    cause,
                    reason,
                    resume_at,
                }
            }
        };
        Ok(vec![What::Approved { ground }, effect])
    }

    pub(super) fn refuse(&self, ground: String) -> Decided {
        self.proposal()?;
        require(&[("ground", &ground)])?;
        Ok(vec![What::Refused { ground }])
    }

    /// What is proposed, when this person may decide about it.
    fn proposal(&self) -> Result<&Proposed, Refusal> {
        let Some(proposal) = &self.ticket.body.proposal else {
            return Err(Refusal::Guard("没有待批准的申请"));
        };
        if Some(proposal.by.as_str()) == self.actor.username() {
            return Err(Refusal::OwnProposal);
        }
        if !may_approve(&proposal.proposed, self.actor) {
            return Err(Refusal::Forbidden);
        }
        Ok(&proposal.proposed)
    }

    pub(super) fn supervise(&self, level: u8, instruction: String, leader: String, order: Order) -> Decided {
        if !(1..=LEVELS).contains(&level) {
            return Err(Refusal::Invalid(vec![("level", "应为 1 至 5")]));
        }
        require(&[("instruction", &instruction)])?;
        if !order.form.is_empty() {
            known("form", &order.form, &FORMS)?;
        }
        if level >= LED_FROM {
            require(&[("leader", &leader)])?;
        }
        let open = self.ticket.body.supervised();
        guard(open.is_none_or(|open| open.level < level), "督办级别只能提高")?;
        Ok(vec![What::Supervised {
            level,
            instruction,
            leader,
            order,
        }])
    }

    pub(super) fn discharge(&self, ground: String) -> Decided {
        require(&[("ground", &ground)])?;
        let open = self.ticket.body.supervised().is_some();
        guard(open, "没有待销号的督办")?;
        Ok(vec![What::Discharged { ground }])
    }
}
