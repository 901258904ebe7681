//! Choosing from the duty catalogue: the entry of the nearest area wins over that of the whole county.

use std::collections::HashMap;

use chrono::NaiveDate;

/// One entry of the duty catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Duty {
    pub class_name: String,
    /// Empty: the whole county.
    pub area: String,
    pub unit_code: String,
    pub unit_name: String,
    pub co_units: Vec<String>,
    pub basis: String,
    pub note: String,
    /// The last day on which it holds.
    pub valid_until: Option<NaiveDate>,
}

/// A place or one of those it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Area {
    pub code: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub unit_code: String,
    pub unit_name: String,
    pub co_units: Vec<String>,
    pub reason: String,
    pub basis: String,
    /// The area of the entry it rests on; empty: the whole county.
    pub area: String,
}

/// Places by code, with what they lie in.
#[derive(Debug, Default)]
pub(super) struct Gazetteer(HashMap<String, (String, Option<String>)>);

/// Deeper than any county; one that loops must not hang the daemon.
const DEPTH: usize = 8;

impl Gazetteer {
    /// Of codes, names and the codes of what they lie in.
    pub(super) fn new(places: impl IntoIterator<Item = (String, String, Option<String>)>) -> Self {
        let places = places.into_iter();
        Self(
            places
                .map(|(code, name, parent)| (code, (name, parent)))
                .collect(),
        )
    }

    pub(super) fn name(&self, code: &str) -> Option<String> {
        self.0.get(code).map(|(name, _)| name.clone())
    }

    /// The place and what it lies in, outwards.
    pub(super) fn areas(&self, place_code: Option<&str>) -> Vec<Area> {
        let known = |code: &str| self.0.get_key_value(code);
        std::iter::successors(place_code.and_then(known), |(_, (_, parent))| {
            known(parent.as_deref()?)
        })
        .take(DEPTH)
        .map(|(code, (name, _))| Area {
            code: code.clone(),
            name: name.clone(),
        })
        .collect()
    }
}

/// How far an entry is from a place: its own area first, the whole county last; none where it does not lie in its area.
fn distance(duty: &Duty, areas: &[Area]) -> Option<usize> {
    if duty.area.is_empty() {
        return Some(areas.len());
    }
    areas.iter().position(|area| area.code == duty.area)
}

/// The entries that fit a place best; several where the catalogue names several units for one area.
pub(super) fn nearest<'a>(duties: &'a [Duty], areas: &[Area]) -> Vec<&'a Duty> {
    let far = duties.iter().filter_map(|duty| distance(duty, areas)).min();
    let fits = |duty: &&Duty| far.is_some() && distance(duty, areas) == far;
    duties.iter().filter(fits).collect()
}

/// `areas` from the place itself outwards. Entries of areas the place does not lie in are left out.
pub(super) fn choose(duties: Vec<Duty>, areas: &[Area]) -> Vec<Suggestion> {
    let mut fitting: Vec<_> = duties
        .iter()
        .filter_map(|duty| distance(duty, areas).map(|far| (far, duty)))
        .collect();
    // The catalogue's own order decides among equals.
    fitting.sort_by_key(|(far, _)| *far);
    let mut suggestions: Vec<Suggestion> = Vec::new();
    for (far, duty) in fitting {
        if suggestions.iter().all(|known| known.unit_code != duty.unit_code) {
            suggestions.push(suggestion(duty, areas.get(far)));
        }
    }
    suggestions
}

/// Whether a place is one of those, the nearest of which is the ticket's own.
pub(super) fn is_there(place: Option<&str>, areas: &[Area]) -> bool {
    place.is_some_and(|place| areas.iter().any(|area| area.code == place))
}

fn suggestion(duty: &Duty, area: Option<&Area>) -> Suggestion {
    let area = area.map_or_else(|| "全县".to_owned(), |area| area.name.clone());
    let mut reason = format!("派单目录：{}（{area}）由{}主办", duty.class_name, duty.unit_name);
    let until = duty
        .valid_until
        .map(|day| format!("有效期至{day}"))
        .unwrap_or_default();
    for detail in [&duty.basis, &duty.note, &until]
        .into_iter()
        .filter(|detail| !detail.is_empty())
    {
        reason.push('；');
        reason.push_str(detail);
    }
    Suggestion {
        unit_code: duty.unit_code.clone(),
        unit_name: duty.unit_name.clone(),
        co_units: duty.co_units.clone(),
        reason,
        basis: duty.basis.clone(),
        area: duty.area.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duty(area: &str, unit: &str) -> Duty {
        Duty {
            class_name: "自来水供应".into(),
            area: area.into(),
            unit_code: unit.into(),
            unit_name: unit.into(),
            basis: "《城市供水条例》".into(),
            ..Duty::default()
        }
    }

    fn area(code: &str) -> Area {
        Area {
            code: code.into(),
            name: format!("{code}区"),
        }
    }

    fn units(duties: Vec<Duty>, areas: &[Area]) -> Vec<String> {
        choose(duties, areas)
            .into_iter()
            .map(|suggestion| suggestion.unit_code)
            .collect()
    }

    #[test]
    fn the_nearest_area_comes_first_and_the_county_last() {
        let duties = || {
            vec![
                duty("", "county"),
                duty("01", "street"),
                duty("0101", "community"),
            ]
        };
        let inside = [area("010101"), area("0101"), area("01")];
        assert_eq!(units(duties(), &inside), ["community", "street", "county"]);
        assert_eq!(units(duties(), &[area("02")]), ["county"]);
        assert_eq!(units(duties(), &[]), ["county"]);
    }

    #[test]
    fn a_precedent_of_an_enclosing_place_is_of_here() {
        let areas = [area("0101"), area("01")];
        assert!(is_there(Some("01"), &areas));
        assert!(!is_there(Some("02"), &areas) && !is_there(None, &areas));
    }

    #[test]
    fn a_unit_is_named_once_with_its_reason() {
        let found = choose(vec![duty("", "water"), duty("01", "water")], &[area("01")]);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].reason,
            "派单目录：自来水供应（01区）由water主办；《城市供水条例》"
        );
    }
}
