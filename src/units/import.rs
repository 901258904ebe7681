//! A list of units and people that somebody made: what it would change, and all or nothing of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    rules,
    store::{self, Contact, Unit},
    table::Wanted,
};
use crate::{
    db::{self, Tx},
    sheets::{Change, Fault, Outcome},
};

/// The units and people that there are.
pub(super) struct Known {
    pub(super) units: Vec<Unit>,
    pub(super) contacts: Vec<Contact>,
}

pub(super) async fn known(tx: &mut Tx) -> Result<Known, db::Error> {
    Ok(Known {
        units: store::all(tx).await?,
        contacts: store::all_contacts(tx).await?,
    })
}

/// Compares; changes nothing.
pub(super) fn compare(known: &Known, wanted: &Wanted) -> Outcome {
    let mut outcome = Outcome {
        faults: wanted.faults.clone(),
        ..Outcome::default()
    };
    check_tree(&mut outcome, known, wanted);
    compare_units(&mut outcome, known, wanted);
    compare_contacts(&mut outcome, known, wanted);
    outcome
}

/// The tree as it would be; a unit already there may be the superior of one in the file, and the other way round.
fn check_tree(outcome: &mut Outcome, known: &Known, wanted: &Wanted) {
    let old = known.units.iter();
    let new = wanted.units.iter().map(|(_, unit)| unit);
    let parents: HashMap<&str, Option<&str>> = old
        .chain(new)
        .map(|unit| (unit.code.as_str(), unit.parent.as_deref()))
        .collect();
    let rows: HashMap<&str, u32> = wanted
        .units
        .iter()
        .map(|(row, unit)| (unit.code.as_str(), *row))
        .collect();
    let mut codes: Vec<&str> = parents.keys().copied().collect();
    codes.sort_unstable_by_key(|code| (rows.get(code).copied().unwrap_or(u32::MAX), *code));
    for code in codes {
        let Err(misplaced) = rules::place(code, |code| parents.get(code).copied()) else {
            continue;
        };
        // One that is not in the file was put wrong by one that is.
        let row = rows.get(code).copied().unwrap_or_default();
        let message = match row {
            0 => format!("按此导入，单位“{code}”将出错：{}", misplaced.message()),
            _ => misplaced.message().to_owned(),
        };
        outcome.faults.push(Fault {
            sheet: "单位".into(),
            row,
            column: "上级代码".into(),
            message,
        });
    }
    for (row, contact) in &wanted.contacts {
        if !contact.unit_code.is_empty() && !parents.contains_key(contact.unit_code.as_str()) {
            outcome.faults.push(Fault {
                sheet: "联系人".into(),
                row: *row,
                column: "单位代码".into(),
                message: format!("没有代码为“{}”的单位", contact.unit_code),
            });
        }
    }
}

fn compare_units(outcome: &mut Outcome, known: &Known, wanted: &Wanted) {
    let old: HashMap<&str, &Unit> = known
        .units
        .iter()
        .map(|unit| (unit.code.as_str(), unit))
        .collect();
    for (_, unit) in &wanted.units {
        let before = old.get(unit.code.as_str()).copied();
        let cells = (before.map(unit_cells), unit_cells(unit));
        outcome.add("unit", unit.name.clone(), &super::table::UNITS, cells);
    }
}

/// The people a file names at a unit are the unit's people: others there go.
fn compare_contacts(outcome: &mut Outcome, known: &Known, wanted: &Wanted) {
    let key = |contact: &Contact| (contact.unit_code.clone(), contact.name.clone());
    let old: BTreeMap<_, &Contact> = known
        .contacts
        .iter()
        .map(|contact| (key(contact), contact))
        .collect();
    let new: BTreeSet<_> = wanted.contacts.iter().map(|(_, contact)| key(contact)).collect();
    let units: BTreeSet<&String> = new.iter().map(|(unit, _)| unit).collect();
    for (_, contact) in &wanted.contacts {
        let before = old.get(&key(contact)).copied();
        let cells = (before.map(contact_cells), contact_cells(contact));
        let name = format!("{} {}", contact.unit_code, contact.name);
        outcome.add("contact", name, &super::table::CONTACTS, cells);
    }
    for (unit, name) in old.keys() {
        if units.contains(unit) && !new.contains(&(unit.clone(), name.clone())) {
            outcome.changes.push(Change {
                of: "contact",
                what: "removed",
                name: format!("{unit} {name}"),
                fields: vec![],
            });
        }
    }
}

fn unit_cells(unit: &Unit) -> Vec<String> {
    let sheet = super::table::unit_sheet(std::slice::from_ref(unit));
    sheet.rows.into_iter().flatten().collect()
}

fn contact_cells(contact: &Contact) -> Vec<String> {
    let sheet = super::table::contact_sheet(std::slice::from_ref(contact));
    sheet.rows.into_iter().flatten().collect()
}

/// Does what was compared. Called only when there was no fault.
pub(super) async fn apply(tx: &mut Tx, wanted: &Wanted) -> Result<(), db::Error> {
    for (_, unit) in &wanted.units {
        store::put(tx, unit).await?;
    }
    let mut of_unit: BTreeMap<&str, Vec<&Contact>> = BTreeMap::new();
    for (_, contact) in &wanted.contacts {
        of_unit.entry(&contact.unit_code).or_default().push(contact);
    }
    for (unit, contacts) in of_unit {
        store::replace_contacts(tx, unit, &contacts).await?;
    }
    Ok(())
}
