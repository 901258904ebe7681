//! Whose telephone a number is. Pure.

use chrono::NaiveDate;

use super::{Contact, Unit};

/// A number without its area code has at least so many digits; shorter ones are the same only when they are equal.
const LOCAL: usize = 7;

/// The unit with this number, or the unit and the person: of several people at one telephone, who is on duty today.
pub(super) fn whose(number: &str, units: &[Unit], contacts: &[Contact], today: NaiveDate) -> Option<String> {
    let name_of = |code: &str| units.iter().find(|unit| unit.code == code);
    let at = |phone: &str| is_same(phone, number);
    if let Some(unit) = units.iter().find(|unit| at(&unit.phone)) {
        return Some(unit.name.clone());
    }
    let people = || {
        contacts
            .iter()
            .filter(|person| at(&person.phone) || at(&person.mobile))
    };
    let person = people()
        .find(|person| person.duty.holds(today))
        .or_else(|| people().next())?;
    let unit = name_of(&person.unit_code)?;
    let words = [unit.name.as_str(), &person.office, &person.name];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    Some(words.join(" "))
}

/// As a directory has it and as it is dialled: with dashes or without, with the area code or without.
fn is_same(kept: &str, dialled: &str) -> bool {
    let (kept, dialled) = (digits(kept), digits(dialled));
    let (long, short) = if kept.len() > dialled.len() {
        (&kept, &dialled)
    } else {
        (&dialled, &kept)
    };
    if short.len() < LOCAL {
        return !short.is_empty() && long == short;
    }
    long.strip_suffix(short.as_str())
        .is_some_and(|area| area.is_empty() || ((3..=4).contains(&area.len()) && area.starts_with('0')))
}

/// What follows an extension or a second number is not dialled.
pub(super) fn digits(phone: &str) -> String {
    let first = phone.split(['转', ',', '、']).next().unwrap_or_default();
    first.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Duty;
    use super::*;

    fn unit(code: &str, phone: &str) -> Unit {
        Unit {
            code: code.into(),
            name: format!("县{code}局"),
            phone: phone.into(),
            ..Unit::default()
        }
    }

    fn person(name: &str, phone: &str, mobile: &str, duty: &str) -> Contact {
        Contact {
            unit_code: "水务".into(),
            name: name.into(),
            office: "值班室".into(),
            phone: phone.into(),
            mobile: mobile.into(),
            duty: Duty::parse(duty).expect("days"),
            ..Contact::default()
        }
    }

    #[test]
    fn a_unit_is_known_by_its_number_however_it_is_written() {
        let units = [
            unit("水务", "0534-8200030"),
            unit("市监", "12315"),
            unit("镇", ""),
        ];
        // A Monday.
        let today = "2026-03-02".parse().expect("date");
        let whose = |number: &str| whose(number, &units, &[], today);
        for number in ["05348200030", "8200030", "0534 8200030"] {
            assert_eq!(whose(number).as_deref(), Some("县水务局"), "{number}");
        }
        assert_eq!(whose("12315").as_deref(), Some("县市监局"));
        for number in ["2315", "053412315", "18200030", "105348200030", "", "110"] {
            assert_eq!(whose(number), None, "{number}");
        }
    }

    #[test]
    fn of_those_at_one_telephone_the_one_on_duty_is_named() {
        let units = [unit("水务", "0534-8200030")];
        let contacts = [
            person("周一值班", "0534-8200031转2", "", "周一"),
            person("周二值班", "8200031", "13800000000", "周二"),
        ];
        let whose = |number: &str, day: &str| whose(number, &units, &contacts, day.parse().expect("date"));
        let monday = whose("05348200031", "2026-03-02");
        assert_eq!(monday.as_deref(), Some("县水务局 值班室 周一值班"));
        let tuesday = whose("05348200031", "2026-03-03");
        assert_eq!(tuesday.as_deref(), Some("县水务局 值班室 周二值班"));
        let mobile = whose("13800000000", "2026-03-02");
        assert_eq!(
            mobile.as_deref(),
            Some("县水务局 值班室 周二值班"),
            "nobody else has it"
        );
    }
}
