//! Before anything is sent to a unit.

use std::collections::BTreeSet;

use super::{Decided, Step, guard, known, require};
use crate::accounts::Role;
use crate::tickets::rules::events::What;
use crate::tickets::rules::facts::{Citation, EMERGENCIES, Proposed};
use crate::tickets::rules::fill::Fill;
use crate::tickets::rules::permit::{Refusal, may_name_readers};
use crate::tickets::rules::privacy::{Sight, sight};

/// Something must be done about these; telling the citizen is not enough.
const TO_BE_HANDLED: [&str; 3] = ["投诉", "举报", "报修"];

impl Step<'_> {
    pub(super) fn fill(&self, fill: Fill) -> Decided {
        fill.check()?;
        // They decide how long the unit has.
        let moves_due = [
            (
                "band",
                fill.band.as_ref().is_some_and(|band| *band != self.ticket.band),
            ),
            (
                "kind",
                fill.kind.as_ref().is_some_and(|kind| *kind != self.ticket.kind),
            ),
        ];
        if self.ticket.body.is_sent_out() && self.actor.is(Role::Operator) {
            let moved = moves_due.into_iter().filter(|(_, moved)| *moved);
            let faults: Vec<_> = moved
                .map(|(field, _)| (field, "派单后由派单员更改，因为它决定办理时限"))
                .collect();
            if !faults.is_empty() {
                return Err(Refusal::Invalid(faults));
            }
        }
        let is_personal = [
            &fill.caller_name,
            &fill.contact_phone,
            &fill.place,
            &fill.place_code,
        ]
        .into_iter()
        .any(Option::is_some);
        guard(
            !is_personal || sight(self.ticket, self.actor) != Sight::Hidden,
            "本单为保密工单，只有指定人员可以填写诉求人信息",
        )?;
        Ok(if fill == Fill::default() {
            vec![]
        } else {
            vec![What::Filled(fill)]
        })
    }

    /// Whoever makes it confidential knows who it is, and stays one of the named.
    pub(super) fn protect(&self, reason: String, mut named: BTreeSet<String>) -> Decided {
        require(&[("reason", &reason)])?;
        guard(
            may_name_readers(self.ticket, self.actor),
            "只有已指定的人员或督办员可以更改保密设置",
        )?;
        named.extend(self.actor.username().map(str::to_owned));
        Ok(vec![What::Protected { reason, named }])
    }

    pub(super) fn unprotect(&self, reason: String) -> Decided {
        require(&[("reason", &reason)])?;
        guard(self.ticket.body.confidential.is_some(), "本单不是保密工单")?;
        guard(
            may_name_readers(self.ticket, self.actor),
            "只有已指定的人员或督办员可以更改保密设置",
        )?;
        Ok(vec![What::Unprotected { reason }])
    }

    pub(super) fn accept(&self) -> Decided {
        require(&[("title", &self.ticket.title)])?;
        Ok(vec![What::Accepted])
    }

    pub(super) fn direct(&self, article: Option<Citation>) -> Decided {
        self.may_answer()?;
        Ok(vec![What::Directed { article }])
    }

    /// 直办 is for what can be answered; what must be looked at goes to a unit.
    pub(super) fn may_answer(&self) -> Result<(), Refusal> {
        let must_be_handled = TO_BE_HANDLED.contains(&self.ticket.kind.as_str());
        guard(!must_be_handled, "投诉、举报、报修类诉求须派单处置，不能当场办结")?;
        guard(
            self.ticket.body.may_be_answered(self.ticket.state),
            "重新办理或有他单并入的工单须派单处置，不能当场办结",
        )
    }

    pub(super) fn transfer(&self, to: String, note: String) -> Decided {
        known("to", &to, &EMERGENCIES)?;
        require(&[("note", &note)])?;
        Ok(vec![What::Transferred { to, note }])
    }

    pub(super) fn merge(&self, parent: String, ground: String) -> Decided {
        require(&[("parent", &parent), ("ground", &ground)])?;
        guard(parent != self.ticket.number, "不能并入自身")?;
        let body = &self.ticket.body;
        guard(body.children.is_empty(), "已有工单并入本单，请把本单作为主单")?;
        // It leaves the ledger by being done, not by being put under another.
        let supervised = body.supervised().is_some();
        guard(!supervised, "督办中的工单不能并入他单，请把本单作为主单")?;
        Ok(vec![What::Merged { parent, ground }])
    }

    pub(super) fn propose(&self, proposed: Proposed) -> Decided {
        guard(
            self.ticket.body.proposal.is_none(),
            "已有一项待批准的申请，请先处理",
        )?;
        match &proposed {
            Proposed::Reject { reason, channel } => self.check_rejection(reason, channel)?,
            Proposed::Close { ground, .. } => require(&[("ground", ground)])?,
            Proposed::Void { reason } => {
                require(&[("reason", reason)])?;
                self.may_be_voided()?;
            }
            Proposed::Extend { limit, reason } => self.check_extension(*limit, reason)?,
            Proposed::Suspend {
                cause,
                reason,
                resume_at,
            } => self.check_suspension(cause, reason, *resume_at)?,
        }
        Ok(vec![What::Proposed(proposed)])
    }

    /// The citizens of what was merged into it wait for the answer to this one.
    pub(super) fn may_be_voided(&self) -> Result<(), Refusal> {
        guard(
            self.ticket.body.children.is_empty(),
            "已有工单并入本单，不能作废，请答复后办结",
        )
    }

    fn check_rejection(&self, reason: &str, channel: &str) -> Result<(), Refusal> {
        let codes = crate::tickets::rules::facts::REJECTIONS.map(|(code, _)| code);
        known("reason", reason, &codes)?;
        // The citizen is told where to go instead (official frame 2.1).
        require(&[("channel", channel)])
    }
}
