//! 自动派单 (transition 7): sent out by the county's rule, with a time in which a person may take it out of the machine's hands.

use chrono::{DateTime, Utc};

use super::{Decided, Step, guard};
use crate::tickets::rules::events::What;
use crate::tickets::rules::facts::UnitName;
use crate::tickets::rules::fill::Field;

/// Whom it concerns may be the very unit that it would go to.
const REPORT: &str = "举报";
/// 特急: whoever sends it out rings the unit up.
const GRAVEST: &str = "S";

impl Step<'_> {
    pub(super) fn plan_dispatch(
        &self,
        unit: UnitName,
        co_units: Vec<UnitName>,
        ground: String,
        dispatch_at: DateTime<Utc>,
    ) -> Decided {
        guard(self.ticket.may_go_by_rule(), "该工单由人工派单")?;
        Ok(vec![What::DispatchPlanned {
            unit_code: unit.code,
            unit_name: unit.name,
            co_units,
            ground,
            dispatch_at,
        }])
    }

    pub(super) fn hold(&self, reason: String) -> Decided {
        guard(
            self.ticket.body.planned_dispatch.is_some(),
            "该工单没有待执行的自动派单",
        )?;
        Ok(vec![What::DispatchHeld { reason }])
    }

    pub(super) fn dispatch_as_planned(&self) -> Decided {
        let planned = self.ticket.body.planned_dispatch.as_ref();
        let due = planned.filter(|planned| planned.dispatch_at <= self.now && self.ticket.may_go_by_rule());
        guard(due.is_some(), "没有到期的自动派单")?;
        Ok(due
            .map(|planned| What::Dispatched {
                unit_code: planned.unit.code.clone(),
                unit_name: planned.unit.name.clone(),
                note: String::new(),
                co_units: planned.co_units.clone(),
                ground: planned.ground.clone(),
            })
            .into_iter()
            .collect())
    }
}

impl crate::tickets::Ticket {
    /// Whether the machine may send it out at all. What a person has doubts about, or what needs discretion, is a person's.
    pub fn may_go_by_rule(&self) -> bool {
        let body = &self.body;
        self.state == crate::tickets::State::Accepted
            // What the machine guessed from speech is no ground for what it does.
            && body.typed.contains(&Field::ClassCode)
            && self.band != GRAVEST
            && !self.kind.is_empty()
            && self.kind != REPORT
            && !body.held
            && body.confidential.is_none()
            && body.proposal.is_none()
            && body.supervision.is_none()
            && body.returns.is_empty()
            && body.rounds == 0
    }
}
