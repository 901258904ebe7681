//! Everything that can be wrong with a profile though it reads, in words that stand beside the field.

use std::ops::RangeInclusive;

use super::super::rules::Hours;
use super::limit::MOST_DAYS;
use super::profile::{BANDS, KINDS, Profile, Timer, Timers};

/// `(field, what is expected)`
type Fault = (String, String);

const LONGEST_TITLE: usize = 50;
const LONGEST_BASIS: usize = 200;
const MOST_REMINDERS: usize = 10;

impl Profile {
    /// Of everything that reading alone does not refuse.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = self.name_faults();
        faults.extend(self.count_faults());
        faults.extend(self.band_faults());
        faults.extend(self.limit_faults());
        faults.extend(self.number_faults());
        if self.reopening.file_after_days < self.reopening.repeat_days {
            let expected = "归档不应早于重复来电的期限";
            faults.push(("reopening.file_after_days".into(), expected.into()));
        }
        if self.reminders.before.len() > MOST_REMINDERS {
            let expected = format!("到期前的提醒不超过 {MOST_REMINDERS} 次");
            faults.push(("reminders.before".into(), expected));
        }
        faults
    }

    fn name_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !crate::settings::flow::is_name(&self.name) {
            let expected = "应为 1 至 40 个小写字母、数字、横线或下划线";
            faults.push(("name".into(), expected.into()));
        }
        if !(1..=LONGEST_TITLE).contains(&self.title.trim().chars().count()) {
            faults.push(("title".into(), format!("应写明名称，1 至 {LONGEST_TITLE} 个字")));
        }
        if self.basis.chars().count() > LONGEST_BASIS {
            faults.push(("basis".into(), format!("依据不超过 {LONGEST_BASIS} 个字")));
        }
        faults
    }

    fn count_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.due_minute().is_none() {
            faults.push(("count.due_at".into(), "截止时刻应写作 24:00 或 17:30".into()));
        }
        for (field, texts) in [
            ("workdays", &self.count.workdays),
            ("holidays", &self.count.holidays),
        ] {
            for (at, text) in texts.iter().enumerate() {
                if let Err(error) = Hours::parse(std::slice::from_ref(text), &[]) {
                    faults.push((format!("count.{field}[{at}]"), error.to_string()));
                }
            }
        }
        if self.count.workdays.is_empty() {
            let expected = "工作日应至少有一个时段，否则工作时长无从计算";
            faults.push(("count.workdays".into(), expected.into()));
        }
        faults
    }

    fn band_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for band in BANDS.iter().filter(|band| !self.bands.contains_key(**band)) {
            faults.push((format!("bands.{band}"), "缺少；没有时限也应写出空表".into()));
        }
        for band in self.bands.keys().filter(|band| !BANDS.contains(&band.as_str())) {
            faults.push((format!("bands.{band}"), format!("应为 {} 之一", BANDS.join(" "))));
        }
        for kind in self.kinds.keys().filter(|kind| !KINDS.contains(&kind.as_str())) {
            faults.push((format!("kinds.{kind}"), format!("应为 {} 之一", KINDS.join(" "))));
        }
        faults
    }

    fn limit_faults(&self) -> Vec<Fault> {
        let mut limits = vec![("extension.longest".to_owned(), self.extension.longest)];
        for (table, rows) in [("bands", &self.bands), ("kinds", &self.kinds)] {
            for (row, Timers(timers)) in rows {
                let path = |timer: Timer| format!("{table}.{row}.{}", timer.as_str());
                limits.extend(timers.iter().map(|(timer, limit)| (path(*timer), *limit)));
            }
        }
        limits.retain(|(_, limit)| limit.is_too_long());
        let expected = format!("以天计的时限不超过 {MOST_DAYS} 天");
        limits
            .into_iter()
            .map(|(field, _)| (field, expected.clone()))
            .collect()
    }

    /// What is too large for any county would leave the days that a date can tell.
    fn number_faults(&self) -> Vec<Fault> {
        let bounds: [(&str, u32, RangeInclusive<u32>); 6] = [
            ("returns.dispute_after", self.returns.dispute_after, 1..=20),
            ("extension.times", self.extension.times, 0..=20),
            ("suspension.longest_days", self.suspension.longest_days, 1..=3650),
            ("redo.rounds", self.redo.rounds, 0..=20),
            ("reopening.repeat_days", self.reopening.repeat_days, 0..=3650),
            (
                "reopening.file_after_days",
                self.reopening.file_after_days,
                1..=3650,
            ),
        ];
        let wrong = bounds
            .into_iter()
            .filter(|(_, number, bounds)| !bounds.contains(number));
        let fault = |(field, _, bounds): (&str, u32, RangeInclusive<u32>)| {
            (
                field.to_owned(),
                format!("应为 {} 至 {}", bounds.start(), bounds.end()),
            )
        };
        wrong.map(fault).collect()
    }
}
