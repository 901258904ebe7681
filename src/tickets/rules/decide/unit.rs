//! At the unit.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Decided, Step, guard, known, require};
use crate::calendar::{limits::Limit, local_date};
use crate::tickets::rules::events::What;
use crate::tickets::rules::facts::{
    CONTACT_RESULTS, Contact, OUTCOMES, ReplyText, Return, SUSPENSION_CAUSES, UnitName,
};
use crate::tickets::rules::permit::Refusal;
use crate::tickets::rules::projection::{Assignment, AssignmentState, Part};

/// A clock that runs a little fast is no lie.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);
/// In milliseconds.
const MINUTE: i64 = 60_000;

impl Step<'_> {
    /// What the actor's unit has to do with it. The table lets no other unit come this far.
    fn own(&self) -> Result<&Assignment, Refusal> {
        let unit = self.actor.unit().ok_or(Refusal::Forbidden)?;
        self.ticket.body.active(unit).ok_or(Refusal::Forbidden)
    }

    /// Whoever asked to be let go waits for the answer.
    fn stays(&self) -> Result<&Assignment, Refusal> {
        let own = self.own()?;
        guard(
            own.state != AssignmentState::Leaving,
            "本单位的退回正在审核，请等待结果",
        )?;
        Ok(own)
    }

    fn lead_only(&self) -> Result<&Assignment, Refusal> {
        let own = self.own()?;
        guard(own.part == Part::Lead, "只有主办单位可以执行此操作")?;
        Ok(own)
    }

    pub(super) fn sign(&self) -> Decided {
        let own = self.own()?;
        guard(own.state == AssignmentState::Waiting, "本单位已签收")?;
        Ok(vec![What::Signed {
            unit_code: own.unit_code.clone(),
        }])
    }

    pub(super) fn contact(&self, contact: Contact) -> Decided {
        let unit_code = self.own()?.unit_code.clone();
        self.check_contact(&contact)?;
        Ok(vec![What::Contacted { unit_code, contact }])
    }

    fn check_contact(&self, contact: &Contact) -> Result<(), Refusal> {
        require(&[("contact.number", &contact.number)])?;
        known("contact.result", &contact.result, &CONTACT_RESULTS)?;
        let digits = contact
            .number
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'+');
        if !digits || contact.number.len() > 20 {
            return Err(Refusal::Invalid(vec![("contact.number", "应为所用的电话号码")]));
        }
        // A form tells the minute: a contact in the minute of the acceptance must not look earlier than it.
        let earliest = self.ticket.created_at.div_euclid(MINUTE) * MINUTE;
        if contact.at > self.now + CLOCK_SKEW || contact.at.timestamp_millis() < earliest {
            return Err(Refusal::Invalid(vec![("contact.at", "应在受理之后、现在之前")]));
        }
        Ok(())
    }

    pub(super) fn progress(&self, text: String) -> Decided {
        let unit_code = self.own()?.unit_code.clone();
        require(&[("text", &text)])?;
        Ok(vec![What::Progressed { unit_code, text }])
    }

    pub(super) fn sub_dispatch(&self, unit: UnitName, note: String) -> Decided {
        let parent_code = self.stays()?.unit_code.clone();
        require(&[("unit_code", &unit.code)])?;
        guard(
            self.policy.tree.is_below(&unit.code, &parent_code),
            "只能派给本单位的下级",
        )?;
        guard(
            self.ticket.body.active(&unit.code).is_none(),
            "该单位已在办理本单",
        )?;
        Ok(vec![What::SubDispatched {
            parent_code,
            unit_code: unit.code,
            unit_name: unit.name,
            note,
        }])
    }

    /// Whoever acts on it has taken it.
    fn signed_first(&self) -> Option<What> {
        let own = self
            .own()
            .ok()
            .filter(|own| own.state == AssignmentState::Waiting)?;
        Some(What::Signed {
            unit_code: own.unit_code.clone(),
        })
    }

    pub(super) fn return_it(&self, request: Return) -> Decided {
        let own = self.stays()?;
        require(&[("reason", &request.reason), ("basis", &request.basis)])?;
        let suggested = request.suggested.as_ref().map_or("", |unit| unit.code.as_str());
        require(&[("suggested_unit", suggested)])?;
        guard(suggested != own.unit_code, "建议单位不能是本单位")?;
        guard(!own.binding, "争议已有决定，不得再次退回")?;
        let in_time = self.policy.return_until.is_none_or(|until| self.now <= until);
        guard(in_time, "已超过退回时限，请继续办理；确有争议请联系热线办协调")?;
        Ok(vec![What::Returned {
            unit_code: own.unit_code.clone(),
            request,
            reviewed: own.part != Part::Lead,
        }])
    }

    pub(super) fn check_extension(&self, limit: Limit, reason: &str) -> Result<(), Refusal> {
        self.lead_only()?;
        require(&[("reason", reason)])?;
        let granted = u32::try_from(self.ticket.body.extensions.len()).unwrap_or(u32::MAX);
        guard(granted < self.policy.extensions, "已达延期次数上限，不能再延期")?;
        let in_time = self.policy.handle_due.is_none_or(|due| self.now <= due);
        guard(in_time, "已超过办结时限，不能再申请延期")?;
        if is_longer(limit, self.policy.longest_extension) {
            return Err(Refusal::Invalid(vec![("limit", "超过允许的最长延期")]));
        }
        Ok(())
    }

    pub(super) fn check_suspension(
        &self,
        cause: &str,
        reason: &str,
        resume_at: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        self.lead_only()?;
        known("cause", cause, &SUSPENSION_CAUSES)?;
        require(&[("reason", reason)])?;
        let longest = TimeDelta::days(self.policy.longest_suspension_days.into());
        if resume_at <= self.now || resume_at - self.now > longest - self.stood_still() {
            return Err(Refusal::Invalid(vec![(
                "resume_at",
                "应晚于现在，且历次挂起合计不超过允许的最长挂起",
            )]));
        }
        Ok(())
    }

    /// How long it was suspended before.
    fn stood_still(&self) -> TimeDelta {
        let pauses = self.ticket.body.pauses.iter().filter(|pause| pause.suspended);
        pauses.filter_map(|pause| Some(pause.to? - pause.from)).sum()
    }

    pub(super) fn resume(&self, note: String) -> Decided {
        if self.actor.unit().is_some() {
            self.lead_only()?;
        }
        Ok(vec![What::Resumed { note }])
    }

    pub(super) fn reply(&self, reply: ReplyText, contact: Option<Contact>) -> Decided {
        let own = self.stays()?;
        require(&[("outcome", &reply.outcome), ("text", &reply.text)])?;
        known("outcome", &reply.outcome, &OUTCOMES)?;
        if let Some(contact) = &contact {
            self.check_contact(contact)?;
        }
        let today = local_date(self.now);
        if reply.planned_for.is_some_and(|day| day < today) {
            return Err(Refusal::Invalid(vec![(
                "planned_for",
                "计划完成的日期不能早于今天",
            )]));
        }
        if own.part == Part::Lead {
            let given = contact.as_ref().is_some_and(Contact::is_of_the_citizen);
            self.check_lead_reply(&reply, given)?;
        }
        let unit_code = own.unit_code.clone();
        let contacted = contact.map(|contact| What::Contacted {
            unit_code: unit_code.clone(),
            contact,
        });
        let replied = What::Replied {
            unit_code: unit_code.clone(),
            reply,
        };
        Ok(self
            .signed_first()
            .into_iter()
            .chain(contacted)
            .chain([replied])
            .collect())
    }

    fn check_lead_reply(&self, reply: &ReplyText, contact_given: bool) -> Result<(), Refusal> {
        let body = &self.ticket.body;
        let mut missing = Vec::new();
        let mut need = |holds: bool, field| {
            if !holds {
                missing.push(field);
            }
        };
        need(!reply.public_text.trim().is_empty(), "public_text");
        need(
            !self.policy.reply_needs_basis || !reply.basis.trim().is_empty(),
            "basis",
        );
        need(
            reply.outcome != "planned" || reply.planned_for.is_some(),
            "planned_for",
        );
        // A citizen who left no number cannot be rung.
        let rung = body
            .contacts
            .iter()
            .any(|entry| entry.contact.is_of_the_citizen());
        let rung = contact_given || rung || self.ticket.contact_phone.is_empty();
        need(!self.policy.reply_needs_contact || rung, "contact");
        if !missing.is_empty() {
            return Err(Refusal::Missing(missing));
        }
        let waiting = body.assignments.iter().any(|given| {
            given.part != Part::Lead && given.state.is_active() && given.state != AssignmentState::Replied
        });
        guard(!waiting, "协办单位或下级单位尚未全部答复，请先催其答复")
    }
}

/// Hours round the clock are at most as many days.
fn is_longer(limit: Limit, longest: Limit) -> bool {
    match (limit, longest) {
        (Limit::Minutes(n), longest) => is_longer(Limit::Hours(n.div_ceil(60)), longest),
        (Limit::Hours(n), Limit::WorkingDays(most) | Limit::Days(most)) => n > most * 24,
        (Limit::WorkingHours(n), Limit::WorkingDays(most) | Limit::Days(most)) => n > most * 8,
        (Limit::Days(n) | Limit::WorkingDays(n), Limit::Hours(most)) => n * 24 > most,
        (limit, longest) => limit.amount() > longest.amount(),
    }
}
