//! What the events of a ticket amount to in the ledger. Pure.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    calendar::limits::Timer,
    tickets::rules::{Event, State, What, timers::Running},
};

/// 批示, or the hotline's own demand: the first opens a supervision, each further one raises it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    pub level: u8,
    pub text: String,
    pub leader: String,
    pub instructed_at: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
    pub by: String,
}

/// 反馈: what the unit told while it was supervised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    pub at: DateTime<Utc>,
    pub unit_code: String,
    pub by: String,
    pub text: String,
    /// A reply, not only a step on the way.
    pub is_reply: bool,
}

/// 销号
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discharge {
    pub at: DateTime<Utc>,
    pub by: String,
    pub ground: String,
}

/// One entry of the ledger, without its number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The event that opened it.
    pub opened_seq: i64,
    pub form: String,
    pub reason: String,
    pub instructions: Vec<Instruction>,
    pub feedback: Vec<Feedback>,
    /// The first word after the last instruction.
    pub answered_at: Option<DateTime<Utc>>,
    pub discharge: Option<Discharge>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The unit has yet to say how far it is.
    Open,
    /// 已反馈
    Answered,
    /// 已销号
    Discharged,
    /// The ticket ended without being closed: voided, merged, not for us.
    Ended,
}

impl Standing {
    pub const ALL: [Self; 4] = [Self::Open, Self::Answered, Self::Discharged, Self::Ended];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Discharged => "discharged",
            Self::Ended => "ended",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Open => "待反馈",
            Self::Answered => "已反馈",
            Self::Discharged => "已销号",
            Self::Ended => "工单已终止",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

impl Entry {
    pub fn last(&self) -> Option<&Instruction> {
        self.instructions.last()
    }

    pub fn level(&self) -> u8 {
        self.last().map_or(0, |last| last.level)
    }

    pub fn standing(&self, ticket: State) -> Standing {
        let is_over = !ticket.is_open() && !matches!(ticket, State::Closed | State::Filed);
        match (&self.discharge, self.answered_at) {
            (Some(_), _) => Standing::Discharged,
            _ if is_over => Standing::Ended,
            (_, Some(_)) => Standing::Answered,
            _ => Standing::Open,
        }
    }

    fn hear(&mut self, told: Feedback) {
        self.answered_at = self.answered_at.or(Some(told.at));
        self.feedback.push(told);
    }

    fn take(&mut self, event: &Event) {
        let by = event.actor.clone().unwrap_or_default();
        let told = |unit_code: &str, text: &str, is_reply| Feedback {
            at: event.at,
            unit_code: unit_code.to_owned(),
            by: by.clone(),
            text: text.to_owned(),
            is_reply,
        };
        match &event.what {
            What::Progressed { unit_code, text } => self.hear(told(unit_code, text, false)),
            What::Replied { unit_code, reply } => self.hear(told(unit_code, &reply.text, true)),
            What::Discharged { ground } => {
                self.discharge = Some(Discharge {
                    at: event.at,
                    by,
                    ground: ground.clone(),
                });
            }
            _ => {}
        }
    }
}

/// The supervisions of a ticket, in the order they were opened. What comes after a 销号 opens a new one.
pub fn entries(events: &[Event]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (seq, event) in (1..).zip(events) {
        let open = entries.last_mut().filter(|entry| entry.discharge.is_none());
        match (&event.what, open) {
            (What::Supervised { order, level, .. }, None) => entries.push(Entry {
                opened_seq: seq,
                form: order.form(*level).to_owned(),
                reason: order.reason.clone(),
                instructions: instruction(event).into_iter().collect(),
                ..Entry::default()
            }),
            (What::Supervised { order, level, .. }, Some(open)) => {
                // A card that rises to a leader's desk becomes a sheet; a reason once given stays.
                order.form(*level).clone_into(&mut open.form);
                if !order.reason.is_empty() {
                    open.reason.clone_from(&order.reason);
                }
                open.instructions.extend(instruction(event));
                open.answered_at = None;
            }
            (_, Some(open)) => open.take(event),
            (_, None) => {}
        }
    }
    entries
}

fn instruction(event: &Event) -> Option<Instruction> {
    let What::Supervised {
        level,
        instruction,
        leader,
        order,
    } = &event.what
    else {
        return None;
    };
    Some(Instruction {
        level: *level,
        text: instruction.clone(),
        leader: leader.clone(),
        instructed_at: order.instructed_at,
        at: event.at,
        by: event.actor.clone().unwrap_or_default(),
    })
}

/// 督办〔2026〕3号
pub fn title(year: i64, no: i64) -> String {
    format!("督办〔{year}〕{no}号")
}

/// Why a ticket is on the inspector's list of a day (S1-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// 超期
    Overdue,
    /// 今日到期
    DueToday,
    /// 未签收
    Unsigned,
}

impl Concern {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::DueToday => "due_today",
            Self::Unsigned => "unsigned",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Overdue => "已超期",
            Self::DueToday => "今日到期",
            Self::Unsigned => "未签收",
        }
    }
}

/// What a running clock means for the list of the day that ends at `until`.
pub fn concern(
    running: &Running,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Option<Concern> {
    match running.timer {
        Timer::Sign => Some(Concern::Unsigned),
        Timer::Handle | Timer::Redo if due < now => Some(Concern::Overdue),
        Timer::Handle | Timer::Redo if due < until => Some(Concern::DueToday),
        _ => None,
    }
}

/// 属实, 部分属实, 不属实: whether the unit's answer is what is seen at the site.
pub const RESULTS: [(&str, &str); 3] = [("true", "属实"), ("partly", "部分属实"), ("false", "不属实")];

/// `count` of `from`, each as likely as any other; the draws are whole random numbers.
pub fn draw<T>(mut from: Vec<T>, count: usize, mut random: impl FnMut() -> u64) -> Vec<T> {
    let mut drawn = Vec::new();
    while drawn.len() < count && !from.is_empty() {
        // A list is far shorter than the range of the number: the remainder prefers none.
        let at = (random() % from.len() as u64) as usize;
        drawn.push(from.swap_remove(at));
    }
    drawn
}

/// A check is planned for today or later, within a year.
pub fn may_be_planned(day: NaiveDate, today: NaiveDate) -> bool {
    day >= today && (day - today).num_days() <= 366
}

#[cfg(test)]
mod tests;
