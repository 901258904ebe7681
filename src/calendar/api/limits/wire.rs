//! A profile as it is sent: lengths of time are texts, so that every bad one is refused by its field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    calendar::limits::{
        AfterHours, Before, CountRule, Extension, FirstDay, Limit, Profile, Redo, Reminders, Reopening,
        Replies, Returns, Suspension, Timer, Timers,
    },
    http::{FieldError, Problem},
};

/// Limits by timer (dispatch, sign, first_contact, on_site, handle, progress, review, callback, redo, dispute, supervision)
type TimerTexts = BTreeMap<String, String>;

/// A length of time is `90min`, `24h`, `8wh` (hours of the working pattern), `7d` (plain days) or `5wd` (working days)
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitProfile {
    name: String,
    title: String,
    /// The document it follows
    #[serde(default)]
    basis: String,
    count: LimitCount,
    /// By band: S A B C D E F G, and X and T without any
    bands: BTreeMap<String, TimerTexts>,
    /// By kind of request; they go before those of the bands that are not urgent (S, A, B)
    #[serde(default)]
    kinds: BTreeMap<String, TimerTexts>,
    returns: LimitReturns,
    extension: LimitExtension,
    /// A suspension lasts so many days at most
    suspension_days: i64,
    /// After so many rounds the next redo is supervised
    redo_rounds: i64,
    /// A repeat within so many days opens a closed ticket again
    repeat_days: i64,
    /// After so many days without one it is filed
    file_after_days: i64,
    /// A reply names who was spoken to, when, from which number
    reply_needs_contact: bool,
    /// A reply names its policy basis
    reply_needs_basis: bool,
    /// A reply passes its review only with every item of the checklist
    #[serde(default)]
    reply_needs_checklist: bool,
    reminders: LimitReminders,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitCount {
    first_day: FirstDay,
    /// `24:00`, `17:30`
    due_at: String,
    after_hours: AfterHours,
    /// `08:30-12:00`; of units that have no hours of their own
    workdays: Vec<String>,
    #[serde(default)]
    holidays: Vec<String>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitReturns {
    within: String,
    /// So many returns of one ticket go to a coordination meeting
    dispute_after: i64,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitExtension {
    /// 0: none is granted
    times: i64,
    longest: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitReminders {
    /// `50%` of the time is left, `2wd`: working days are left
    before: Vec<String>,
    /// So long after the due date
    urge: Option<String>,
    supervise: Option<String>,
    report: Option<String>,
}

impl From<Profile> for LimitProfile {
    fn from(profile: Profile) -> Self {
        let text = |limit: Limit| limit.to_string();
        let timers = |timers: Timers| {
            let texts = timers.0.into_iter();
            texts
                .map(|(timer, limit)| (timer.as_str().to_owned(), text(limit)))
                .collect()
        };
        let by_name = |all: BTreeMap<String, Timers>| {
            let all = all.into_iter();
            all.map(|(name, limits)| (name, timers(limits))).collect()
        };
        Self {
            name: profile.name,
            title: profile.title,
            basis: profile.basis,
            count: LimitCount {
                first_day: profile.count.first_day,
                due_at: profile.count.due_at,
                after_hours: profile.count.after_hours,
                workdays: profile.count.workdays,
                holidays: profile.count.holidays,
            },
            bands: by_name(profile.bands),
            kinds: by_name(profile.kinds),
            returns: LimitReturns {
                within: text(profile.returns.within),
                dispute_after: profile.returns.dispute_after.into(),
            },
            extension: LimitExtension {
                times: profile.extension.times.into(),
                longest: text(profile.extension.longest),
            },
            suspension_days: profile.suspension.longest_days.into(),
            redo_rounds: profile.redo.rounds.into(),
            repeat_days: profile.reopening.repeat_days.into(),
            file_after_days: profile.reopening.file_after_days.into(),
            reply_needs_contact: profile.replies.contact,
            reply_needs_basis: profile.replies.basis,
            reply_needs_checklist: profile.replies.checklist,
            reminders: LimitReminders {
                before: profile.reminders.before.into_iter().map(String::from).collect(),
                urge: profile.reminders.urge.map(text),
                supervise: profile.reminders.supervise.map(text),
                report: profile.reminders.report.map(text),
            },
        }
    }
}

/// The fields of the domain's profile that are called otherwise here.
const RENAMED: [(&str, &str); 4] = [
    ("suspension.longest_days", "suspension_days"),
    ("redo.rounds", "redo_rounds"),
    ("reopening.repeat_days", "repeat_days"),
    ("reopening.file_after_days", "file_after_days"),
];

impl LimitProfile {
    /// Refused with everything that is wrong with it, each by its field below `at`.
    pub(super) fn read(self, at: &str) -> Result<Profile, Problem> {
        let mut reader = Reader::default();
        let profile = reader.profile(self);
        let mut faults = reader.faults;
        for (field, message) in profile.faults() {
            let renamed = RENAMED.iter().find(|(name, _)| *name == field);
            let field = renamed.map_or(field, |(_, name)| (*name).to_owned());
            // A text that could not be read stands for another here.
            if !faults.iter().any(|fault| fault.field == field) {
                faults.push(FieldError::new(field, message));
            }
        }
        if faults.is_empty() {
            return Ok(profile);
        }
        for fault in &mut faults {
            fault.field.insert_str(0, at);
        }
        Err(Problem::invalid(faults))
    }
}

#[derive(Default)]
struct Reader {
    faults: Vec<FieldError>,
}

impl Reader {
    fn profile(&mut self, wire: LimitProfile) -> Profile {
        Profile {
            name: wire.name,
            title: wire.title.trim().to_owned(),
            basis: wire.basis.trim().to_owned(),
            count: CountRule {
                first_day: wire.count.first_day,
                due_at: wire.count.due_at,
                after_hours: wire.count.after_hours,
                workdays: wire.count.workdays,
                holidays: wire.count.holidays,
            },
            bands: self.by_name("bands", wire.bands),
            kinds: self.by_name("kinds", wire.kinds),
            returns: Returns {
                within: self.wanted("returns.within", &wire.returns.within),
                dispute_after: number(wire.returns.dispute_after),
            },
            extension: Extension {
                times: number(wire.extension.times),
                longest: self.wanted("extension.longest", &wire.extension.longest),
            },
            suspension: Suspension {
                longest_days: number(wire.suspension_days),
            },
            redo: Redo {
                rounds: number(wire.redo_rounds),
            },
            reopening: Reopening {
                repeat_days: number(wire.repeat_days),
                file_after_days: number(wire.file_after_days),
            },
            replies: Replies {
                contact: wire.reply_needs_contact,
                basis: wire.reply_needs_basis,
                checklist: wire.reply_needs_checklist,
            },
            reminders: self.reminders(wire.reminders),
        }
    }

    fn by_name(&mut self, list: &str, all: BTreeMap<String, TimerTexts>) -> BTreeMap<String, Timers> {
        let mut read = BTreeMap::new();
        for (name, texts) in all {
            let mut timers = Timers::default();
            for (key, text) in texts {
                let field = format!("{list}.{name}.{key}");
                let Some(timer) = Timer::ALL.into_iter().find(|timer| timer.as_str() == key) else {
                    let known = Timer::ALL.map(Timer::as_str).join(" ");
                    self.faults
                        .push(FieldError::new(field, format!("应为 {known} 之一")));
                    continue;
                };
                timers
                    .0
                    .extend(self.limit(&field, &text).map(|limit| (timer, limit)));
            }
            read.insert(name, timers);
        }
        read
    }

    fn reminders(&mut self, wire: LimitReminders) -> Reminders {
        let before = wire.before.into_iter().enumerate();
        let before = before.filter_map(|(at, text)| {
            let read = Before::try_from(text);
            read.map_err(|message| {
                let field = format!("reminders.before[{at}]");
                self.faults.push(FieldError::new(field, message));
            })
            .ok()
        });
        Reminders {
            before: before.collect(),
            urge: self.optional("reminders.urge", wire.urge),
            supervise: self.optional("reminders.supervise", wire.supervise),
            report: self.optional("reminders.report", wire.report),
        }
    }

    fn limit(&mut self, field: &str, text: &str) -> Option<Limit> {
        let read = text.parse::<Limit>();
        read.map_err(|error| self.faults.push(FieldError::new(field, error.to_string())))
            .ok()
    }

    fn optional(&mut self, field: &str, text: Option<String>) -> Option<Limit> {
        self.limit(field, text.as_deref()?)
    }

    /// Any limit where there is none: the fault is noted and the profile goes nowhere.
    fn wanted(&mut self, field: &str, text: &str) -> Limit {
        if text.trim().is_empty() {
            self.faults.push(FieldError::new(field, "应填写时长"));
            return Limit::WorkingDays(1);
        }
        self.limit(field, text).unwrap_or(Limit::WorkingDays(1))
    }
}

/// What is no count at all is out of every bound.
fn number(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
