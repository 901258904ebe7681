//! Whether the catalogue's unit is so sure that no person needs to look: by what became of the tickets before.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::{Duty, Gazetteer, nearest};

/// What the office set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AutomaticDispatchRule)]
pub struct Rule {
    pub on: bool,
    /// Of the finished tickets of the class there, how many percent ended with the unit: 80 to 100
    pub percent: u32,
    /// How many there must have been at least: 10 to 1000
    pub cases: u32,
    /// Minutes in which a person may still decide: 0 to 240
    pub wait_minutes: u32,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            on: false,
            percent: 95,
            cases: 20,
            wait_minutes: 10,
        }
    }
}

impl Rule {
    /// Fields out of range, each with what is wanted.
    pub(super) fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let checks = [
            ((80..=100).contains(&self.percent), "percent", "应为 80 至 100"),
            ((10..=1000).contains(&self.cases), "cases", "应为 10 至 1000"),
            (self.wait_minutes <= 240, "wait_minutes", "应为 0 至 240"),
        ];
        let wrong = checks.into_iter().filter(|(holds, ..)| !holds);
        wrong.map(|(_, field, wanted)| (field, wanted)).collect()
    }

    pub(super) fn is_sure(&self, past: Past) -> bool {
        past.cases >= self.cases
            && u64::from(past.same) * 100 >= u64::from(past.cases) * u64::from(self.percent)
    }
}

/// What became of the finished tickets that an entry of the catalogue is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DispatchPast)]
pub struct Past {
    /// Finished in the last 180 days
    pub cases: u32,
    /// Of these, by this unit
    pub same: u32,
}

/// Finished tickets of one class at one place by one unit.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Group {
    pub(super) class_code: String,
    pub(super) place_code: Option<String>,
    pub(super) unit_code: String,
    pub(super) cases: i64,
}

/// What became of the tickets of one class, by the entry that is the nearest to each: area and unit.
pub(super) fn pasts(
    duties: &[Duty],
    groups: &[Group],
    places: &Gazetteer,
) -> HashMap<(String, String), Past> {
    let mut pasts: HashMap<(String, String), Past> = HashMap::new();
    for group in groups {
        let areas = places.areas(group.place_code.as_deref());
        for duty in nearest(duties, &areas) {
            let past = pasts
                .entry((duty.area.clone(), duty.unit_code.clone()))
                .or_default();
            let cases = u32::try_from(group.cases).unwrap_or(u32::MAX);
            past.cases = past.cases.saturating_add(cases);
            if group.unit_code == duty.unit_code {
                past.same = past.same.saturating_add(cases);
            }
        }
    }
    pasts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duty(area: &str, unit: &str) -> Duty {
        Duty {
            area: area.into(),
            unit_code: unit.into(),
            ..Duty::default()
        }
    }

    fn group(place: Option<&str>, unit: &str, cases: i64) -> Group {
        Group {
            class_code: "w".into(),
            place_code: place.map(str::to_owned),
            unit_code: unit.into(),
            cases,
        }
    }

    fn places() -> Gazetteer {
        let rows = [
            ("01", "东关街道", None),
            ("0101", "东关社区", Some("01")),
            ("02", "西关街道", None),
        ];
        Gazetteer::new(rows.map(|(code, name, parent)| (code.into(), name.into(), parent.map(str::to_owned))))
    }

    #[test]
    fn a_past_ticket_counts_for_the_entry_that_is_nearest_to_it() {
        let duties = [duty("", "county"), duty("01", "street")];
        let groups = [
            group(Some("0101"), "street", 30),
            group(Some("01"), "county", 2),
            group(Some("02"), "county", 40),
            group(None, "other", 1),
        ];
        let pasts = pasts(&duties, &groups, &places());
        let of = |area: &str, unit: &str| pasts[&(area.to_owned(), unit.to_owned())];
        assert_eq!(of("01", "street"), Past { cases: 32, same: 30 });
        assert_eq!(of("", "county"), Past { cases: 41, same: 40 });
    }

    #[test]
    fn sure_is_who_has_enough_cases_and_a_share_that_reaches_the_mark() {
        let rule = Rule::default();
        assert!(rule.is_sure(Past { cases: 20, same: 19 }));
        assert!(!rule.is_sure(Past { cases: 20, same: 18 }));
        assert!(!rule.is_sure(Past { cases: 19, same: 19 }));
        assert!(!rule.is_sure(Past::default()));
        let all = Rule { percent: 100, ..rule };
        assert!(!all.is_sure(Past {
            cases: 10_000,
            same: 9_999
        }));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        assert!(Rule::default().faults().is_empty());
        let wild = Rule {
            on: true,
            percent: 79,
            cases: 9,
            wait_minutes: 241,
        };
        let fields: Vec<_> = wild.faults().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["percent", "cases", "wait_minutes"]);
    }
}
