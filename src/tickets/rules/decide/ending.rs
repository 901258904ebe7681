//! Review, callback, judgement, closing, opening again.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{Decided, Step, guard, require};
use crate::calendar::local_date;
use crate::tickets::rules::State;
use crate::tickets::rules::events::What;
use crate::tickets::rules::facts::{
    CHECKLIST, CallbackResult, Checklist, Citation, LED_FROM, Order, Proposed, Verdict,
};
use crate::tickets::rules::permit::Refusal;

/// 基本满意 and better.
const SATISFIED: u8 = 3;

impl Step<'_> {
    pub(super) fn review(&self, passed: bool, checklist: Checklist, ground: String) -> Decided {
        if let Some(unknown) = checklist.keys().find(|key| !CHECKLIST.contains(&key.as_str())) {
            tracing::debug!(unknown, "not on the checklist");
            return Err(Refusal::Invalid(vec![("checklist", "清单项不在可选范围内")]));
        }
        if !passed {
            require(&[("ground", &ground)])?;
            return Ok(vec![What::ReviewFailed { checklist, ground }]);
        }
        guard(
            checklist.values().all(|passed| *passed),
            "清单有不合格项，不能通过，请退回重办",
        )?;
        if self.policy.reply_needs_checklist && checklist.len() < CHECKLIST.len() {
            return Err(Refusal::Invalid(vec![("checklist", "请逐项核对后再通过")]));
        }
        Ok(vec![What::CallbackDue {
            note: ground,
            checklist,
        }])
    }

    pub(super) fn callback(&self, result: CallbackResult) -> Decided {
        if result
            .satisfaction
            .is_some_and(|satisfaction| !(1..=5).contains(&satisfaction))
        {
            return Err(Refusal::Invalid(vec![("satisfaction", "应为 1 至 5")]));
        }
        if !result.reached {
            return Ok(self.not_reached(result));
        }
        if result.solved.is_none() || result.satisfaction.is_none() {
            let fields = [
                ("solved", result.solved.is_none()),
                ("satisfaction", result.satisfaction.is_none()),
            ];
            return Err(Refusal::Missing(
                fields
                    .into_iter()
                    .filter(|(_, missing)| *missing)
                    .map(|(field, _)| field)
                    .collect(),
            ));
        }
        // What is being judged stays with the judge, who hears what the citizen told a person.
        if self.ticket.state == State::Judging {
            return Ok(vec![What::CalledBack(result)]);
        }
        let satisfied =
            result.solved == Some(true) && result.satisfaction.is_some_and(|given| given >= SATISFIED);
        let then = if satisfied {
            What::Closed {
                note: "回访满意".into(),
                excluded: None,
            }
        } else {
            What::Dissatisfied {
                reason: "回访不满意或未解决".into(),
            }
        };
        Ok(vec![What::CalledBack(result), then])
    }

    /// Given up only after enough calls on enough days (21).
    fn not_reached(&self, result: CallbackResult) -> Vec<What> {
        let body = &self.ticket.body;
        // Of an earlier answer nobody was rung about this one.
        let since = body.entered.get(&State::Callback).copied().unwrap_or_default();
        let by_hand = body
            .callbacks
            .iter()
            .filter(|entry| !entry.result.reached && entry.at >= since)
            .map(|entry| entry.at);
        let by_machine = body
            .survey
            .iter()
            .flat_map(|survey| &survey.attempts)
            .map(|attempt| attempt.at);
        let times: Vec<_> = by_hand.chain(by_machine).chain([self.now]).collect();
        let days: BTreeSet<_> = times.iter().map(|at| local_date(*at)).collect();
        let (calls, over) = self.policy.unreachable;
        let mut events = vec![What::CalledBack(result)];
        let is_owed = self.ticket.state == State::Callback;
        if is_owed && times.len() >= calls as usize && days.len() >= over as usize {
            events.push(What::Closed {
                note: "多次回访未能联系到市民".into(),
                excluded: None,
            });
        }
        events
    }

    pub(super) fn judge(
        &self,
        verdict: Verdict,
        ground: String,
        exclude: Option<String>,
        level: Option<u8>,
    ) -> Decided {
        require(&[("ground", &ground)])?;
        let worn_out = self.ticket.body.rounds >= self.policy.redo_rounds;
        match verdict {
            Verdict::Close => self.propose(Proposed::Close {
                ground,
                exclude: exclude.filter(|why| !why.is_empty()),
            }),
            Verdict::Redo | Verdict::Again => {
                guard(!worn_out, "重办已达上限，请选择重办并督办，或由第二人批准办结")?;
                Ok(vec![What::Judged { verdict, ground }])
            }
            Verdict::Supervise => {
                let level = level.unwrap_or(if worn_out { 2 } else { 1 });
                guard(
                    level < LED_FROM,
                    "三级及以上督办须写明批示领导，请先重办，再单独发起督办",
                )?;
                let open = self.ticket.body.supervised();
                // Already supervised that high: it is done again under the same card.
                let supervised = match open {
                    Some(open) if open.level >= level => vec![],
                    _ => self.supervise(level, ground.clone(), "热线办".into(), Order::default())?,
                };
                Ok([What::Judged { verdict, ground }]
                    .into_iter()
                    .chain(supervised)
                    .collect())
            }
        }
    }

    pub(super) fn close(&self, note: String, article: Option<Citation>) -> Decided {
        if self.ticket.state == State::Replied {
            let own_words = "该工单由承办单位答复，不能按知识当场办结";
            guard(article.is_none(), own_words)?;
            let by_review = "答复须按审核清单逐项核对，请使用“审核”";
            guard(!self.policy.reply_needs_checklist, by_review)?;
            return self.review(true, Checklist::new(), note);
        }
        // Answered on the spot: what was said must be on record.
        require(&[("note", &note)])?;
        self.may_answer()?;
        // Sent to be answered here before, and answered from an article now: the citation must not be lost.
        let already = self.ticket.state == State::Direct && article.is_none();
        let directed = (!already).then_some(What::Directed { article });
        Ok(directed
            .into_iter()
            .chain([What::Closed { note, excluded: None }])
            .collect())
    }

    pub(super) fn reopen(&self, reason: String, repeat: Option<String>) -> Decided {
        require(&[("reason", &reason)])?;
        guard(
            repeat.as_ref() != Some(&self.ticket.number),
            "重复诉求应是另一件工单",
        )?;
        let closed = self
            .ticket
            .body
            .entered
            .get(&State::Closed)
            .filter(|_| self.ticket.state == State::Closed);
        if repeat.is_some()
            && let Some(closed) = closed
        {
            let until = *closed + TimeDelta::days(self.policy.repeat_days.into());
            guard(self.now <= until, "办结已超过重复诉求期限，请作为新工单办理")?;
        }
        Ok(vec![What::Reopened { reason, repeat }])
    }
}
