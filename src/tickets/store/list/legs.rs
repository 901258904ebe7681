//! What leads a list: each leg is a walk along one index that meets the wanted tickets in the order of the list.

use super::{Filter, Led, Sort, branch};
use crate::db::{self, Tx, sql::Value};
use crate::tickets::rules::State;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leg {
    /// The index of words.
    Hits,
    /// Tickets whose number begins so.
    NumberBegins(String),
    /// What a unit has.
    Unit(String),
    Column(&'static str, Value),
    /// All there are, in the order of the list.
    All,
}

/// More walks than this cost more than one walk past what is not wanted.
const MOST: usize = 60;
/// A branch of so many classes is not a choice of few any more.
const MOST_CLASSES: usize = 12;

pub(super) async fn legs(tx: &mut Tx, filter: &Filter) -> Result<Vec<Leg>, db::Error> {
    if let Some(query) = &filter.query {
        let begins = query
            .only_digits()
            .map(|digits| Leg::NumberBegins(digits.to_owned()));
        return Ok([Leg::Hits].into_iter().chain(begins).collect());
    }
    if let Some(one) = narrow(filter) {
        return Ok(one);
    }
    if let (Some(code), Sort::Created) = (&filter.class, filter.sort) {
        let codes = branch(tx, code).await?;
        if (1..=MOST_CLASSES).contains(&codes.len()) {
            return Ok(columns("class_code", codes));
        }
    }
    let states = !filter.states.is_empty() && filter.sort == Sort::Created;
    Ok(if states { by_state(filter) } else { vec![Leg::All] })
}

/// What picks few for certain.
fn narrow(filter: &Filter) -> Option<Vec<Leg>> {
    let one = |column, value: &Option<String>| Some(columns(column, [value.clone()?]));
    let scope = || {
        let units = filter
            .scope
            .as_ref()
            .filter(|units| (1..=MOST).contains(&units.len()))?;
        Some(units.iter().cloned().map(Leg::Unit).collect())
    };
    let due = || {
        let unit = one("unit_code", &filter.unit);
        filter
            .asks_for_due()
            .then(|| unit.unwrap_or_else(|| vec![Leg::All]))
    };
    let waiting = !filter.states.is_empty() && filter.states.iter().copied().all(State::is_open);
    one("caller", &filter.caller)
        // What a clock runs on is few, whoever has it.
        .or_else(due)
        .or_else(scope)
        .or_else(|| waiting.then(|| by_state(filter)))
        .or_else(|| one("operator", &filter.operator))
        .or_else(|| one("unit_code", &filter.unit))
}

fn by_state(filter: &Filter) -> Vec<Leg> {
    columns(
        "state",
        filter.states.iter().map(|state| state.as_str().to_owned()),
    )
}

fn columns(column: &'static str, values: impl IntoIterator<Item = String>) -> Vec<Leg> {
    let led = values.into_iter().map(|value| -> Led { (column, value.into()) });
    led.map(|(column, value)| Leg::Column(column, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(filter: &Filter) -> Option<Vec<Leg>> {
        narrow(filter)
    }

    #[test]
    fn what_picks_few_leads() {
        let unit = Filter {
            unit: Some("zhujian".into()),
            states: vec![State::Closed],
            ..Filter::default()
        };
        assert_eq!(of(&unit), Some(vec![Leg::Column("unit_code", "zhujian".into())]));
        let waiting = Filter {
            states: vec![State::Accepted, State::Redo],
            ..unit.clone()
        };
        assert_eq!(of(&waiting).map(|legs| legs.len()), Some(2), "one walk a state");
        let own = Filter {
            scope: Some(vec!["zhujian".into()]),
            ..waiting
        };
        assert_eq!(of(&own), Some(vec![Leg::Unit("zhujian".into())]));
        assert_eq!(of(&Filter::default()), None);
    }

    #[test]
    fn a_unit_above_hundreds_is_not_walked_unit_by_unit() {
        let all = Filter {
            scope: Some((0..MOST + 1).map(|n| n.to_string()).collect()),
            ..Filter::default()
        };
        assert_eq!(of(&all), None);
    }
}
