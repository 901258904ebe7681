//! Choosing from the duty catalogue: the entry of the nearest area wins over that of the whole county.

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
}

/// `areas` from the place itself outwards. Entries of areas the place does not lie in are left out.
pub(super) fn choose(duties: Vec<Duty>, areas: &[Area]) -> Vec<Suggestion> {
    let distance = |duty: &Duty| {
        if duty.area.is_empty() {
            return Some((areas.len(), None));
        }
        let at = areas.iter().position(|area| area.code == duty.area)?;
        Some((at, areas.get(at)))
    };
    let mut fitting: Vec<_> = duties
        .iter()
        .filter_map(|duty| distance(duty).map(|(far, area)| (far, area, duty)))
        .collect();
    // The catalogue's own order decides among equals.
    fitting.sort_by_key(|(far, ..)| *far);
    let mut suggestions: Vec<Suggestion> = Vec::new();
    for (_, area, duty) in fitting {
        if suggestions.iter().all(|known| known.unit_code != duty.unit_code) {
            suggestions.push(suggestion(duty, area));
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
