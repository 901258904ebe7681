//! Whom of the units' people one can call, and who of them is on duty. Pure.

use std::iter::successors;

use chrono::NaiveDate;

use super::{Contact, Unit, phones::digits, rules::LEVELS};

/// A telephone of somebody of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reachable {
    pub unit_code: String,
    /// With its superiors: 县人社局 › 县人社局(劳动监察)
    pub unit: String,
    pub name: String,
    pub office: String,
    pub telephone: Telephone,
    /// As the directory has it: with an extension, which is keyed in after the answer.
    pub shown: String,
    /// As it is dialled.
    pub number: String,
    pub on_duty: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telephone {
    Office,
    Mobile,
}

/// Every telephone of everybody, those of who is on duty today first; else in the order of the directory.
pub(super) fn reachable(units: &[Unit], contacts: &[Contact], today: NaiveDate) -> Vec<Reachable> {
    let mut found: Vec<Reachable> = units
        .iter()
        .flat_map(|unit| {
            let path = path(unit, units);
            let people = contacts.iter().filter(|person| person.unit_code == unit.code);
            people.flat_map(move |person| telephones(person, &path, today))
        })
        .collect();
    found.sort_by_key(|one| !one.on_duty);
    found
}

fn telephones(person: &Contact, unit: &str, today: NaiveDate) -> Vec<Reachable> {
    let telephone = |telephone, shown: &str| {
        let number = digits(shown);
        (!number.is_empty()).then(|| Reachable {
            unit_code: person.unit_code.clone(),
            unit: unit.to_owned(),
            name: person.name.clone(),
            office: person.office.clone(),
            telephone,
            shown: shown.to_owned(),
            number,
            on_duty: person.duty.holds(today),
        })
    };
    [
        telephone(Telephone::Office, &person.phone),
        telephone(Telephone::Mobile, &person.mobile),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn path(unit: &Unit, units: &[Unit]) -> String {
    let superior = |of: &&Unit| {
        let code = of.parent.as_deref()?;
        units.iter().find(|above| above.code == code)
    };
    let mut names: Vec<&str> = successors(Some(unit), superior)
        .take(LEVELS)
        .map(|one| one.name.as_str())
        .collect();
    names.reverse();
    names.join(" › ")
}

#[cfg(test)]
mod tests {
    use super::super::Duty;
    use super::*;

    fn unit(code: &str, name: &str, parent: Option<&str>) -> Unit {
        Unit {
            code: code.into(),
            name: name.into(),
            parent: parent.map(str::to_owned),
            ..Unit::default()
        }
    }

    fn person(unit: &str, name: &str, phone: &str, mobile: &str, duty: &str) -> Contact {
        Contact {
            unit_code: unit.into(),
            name: name.into(),
            office: "值班员".into(),
            phone: phone.into(),
            mobile: mobile.into(),
            duty: Duty::parse(duty).expect("days"),
            ..Contact::default()
        }
    }

    #[test]
    fn who_is_on_duty_comes_first_with_every_telephone_and_the_whole_way_to_the_unit() {
        let units = [
            unit("renshe", "县人社局", None),
            unit("jiancha", "劳动监察", Some("renshe")),
        ];
        let contacts = [
            person("renshe", "张某", "", "13900000001", "周二"),
            person("renshe", "无号", "", "", ""),
            person("jiancha", "李某", "0534-8200023转2", "13900000002", "周一"),
        ];
        let monday = "2026-03-02".parse().expect("date");
        let found = reachable(&units, &contacts, monday);
        let shown: Vec<_> = found
            .iter()
            .map(|one| {
                (
                    one.name.as_str(),
                    one.unit.as_str(),
                    one.number.as_str(),
                    one.on_duty,
                )
            })
            .collect();
        let way = "县人社局 › 劳动监察";
        assert_eq!(
            shown,
            [
                ("李某", way, "05348200023", true),
                ("李某", way, "13900000002", true),
                ("张某", "县人社局", "13900000001", false),
            ]
        );
        assert_eq!(
            (found[0].shown.as_str(), found[0].telephone),
            ("0534-8200023转2", Telephone::Office)
        );
    }
}
