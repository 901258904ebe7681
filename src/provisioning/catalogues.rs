//! Units, classes, duties, places, cue words and the calendar, with what they may refer to.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{
    files::Folder,
    table::{Table, semicolon},
};
use crate::{
    calendar::{Year, YearDay, limits::KINDS},
    dispatch::Entry,
    faults::Faults,
};

#[derive(Debug, Clone, Serialize)]
pub struct Unit {
    pub code: String,
    pub name: String,
    pub kind: String,
    pub parent: Option<String>,
    pub phone: String,
}

#[derive(Debug, Clone)]
pub struct Class {
    pub code: String,
    pub levels: [String; 3],
    pub keywords: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Place {
    pub code: String,
    pub name: String,
    pub kind: String,
    pub parent: Option<String>,
    pub aliases: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct UrgencyWord {
    pub word: String,
    pub band: String,
    pub note: String,
}

#[derive(Debug, Clone)]
pub struct KindWords {
    pub kind: String,
    pub words: Vec<String>,
}

/// What the files of the years say, in their order.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    pub years: Vec<(i32, Year)>,
}

impl Calendar {
    pub fn days(&self) -> impl Iterator<Item = &YearDay> {
        self.years.iter().flat_map(|(_, year)| &year.days)
    }

    /// A file without a day is a year whose notice has not come: it says nothing.
    pub fn years_with_days(&self) -> Vec<i32> {
        let named = |year: &i32| self.days().any(|day| day.date.year() == *year);
        self.years.iter().map(|(year, _)| *year).filter(named).collect()
    }
}

pub(super) fn units(folder: &Folder, faults: &mut Faults) -> Vec<Unit> {
    let columns = ["code", "name", "kind", "parent", "phone"];
    let mut table = Table::read(folder, "units.csv", &columns, faults);
    let codes: BTreeSet<String> = table.rows.iter().map(|row| row.text("code")).collect();
    let mut seen = BTreeSet::new();
    table.map(|table, row| {
        let code = table.unique(row, "code", &mut seen);
        let parent = row.optional("parent");
        if let Some(parent) = parent
            .as_ref()
            .filter(|parent| !codes.contains(*parent) || **parent == code)
        {
            table.fault(
                row,
                "parent",
                format!("{parent:?}; expected the code of another unit"),
            );
        }
        let kinds = ["部门", "乡镇", "公共企业", "垂管", "外部"];
        Unit {
            code,
            name: table.filled(row, "name"),
            kind: table.one_of(row, "kind", &kinds),
            parent,
            phone: row.text("phone"),
        }
    })
}

pub(super) fn classes(folder: &Folder, faults: &mut Faults) -> Vec<Class> {
    let columns = ["code", "level1", "level2", "level3", "keywords"];
    let mut table = Table::read(folder, "classes.csv", &columns, faults);
    let mut seen = BTreeSet::new();
    table.map(|table, row| Class {
        code: table.unique(row, "code", &mut seen),
        levels: ["level1", "level2", "level3"].map(|level| table.filled(row, level)),
        keywords: row.list("keywords", char::is_whitespace),
    })
}

pub(super) fn places(folder: &Folder, faults: &mut Faults) -> Vec<Place> {
    let columns = ["code", "name", "kind", "parent_code", "aliases"];
    let mut table = Table::read(folder, "places.csv", &columns, faults);
    let codes: BTreeSet<String> = table.rows.iter().map(|row| row.text("code")).collect();
    let mut seen = BTreeSet::new();
    table.map(|table, row| {
        let code = table.unique(row, "code", &mut seen);
        let parent = row.optional("parent_code");
        if let Some(parent) = parent
            .as_ref()
            .filter(|parent| !codes.contains(*parent) || **parent == code)
        {
            table.fault(
                row,
                "parent_code",
                format!("{parent:?}; expected the code of another place"),
            );
        }
        let (name, kind) = (table.filled(row, "name"), table.filled(row, "kind"));
        Place {
            code,
            name,
            kind,
            parent,
            aliases: row.list("aliases", semicolon),
        }
    })
}

pub(super) fn duties(
    folder: &Folder,
    classes: &[Class],
    places: &[Place],
    units: &[Unit],
    faults: &mut Faults,
) -> Vec<Entry> {
    let columns = ["class_code", "area", "unit_code", "co_units", "basis", "note"];
    let classes: BTreeSet<&str> = classes.iter().map(|class| class.code.as_str()).collect();
    let places: BTreeSet<&str> = places.iter().map(|place| place.code.as_str()).collect();
    let units: BTreeSet<&str> = units.iter().map(|unit| unit.code.as_str()).collect();
    let validity = ["valid_from", "valid_until"];
    let mut table = Table::read_with(folder, "duties.csv", &columns, &validity, faults);
    let mut seen = BTreeSet::new();
    table.map(|table, row| {
        let (class_code, area, unit_code) = (row.text("class_code"), row.text("area"), row.text("unit_code"));
        let co_units = row.list("co_units", semicolon);
        if !classes.contains(class_code.as_str()) {
            table.fault(
                row,
                "class_code",
                format!("{class_code:?}; expected a code of classes.csv"),
            );
        }
        if !area.is_empty() && !places.contains(area.as_str()) {
            table.fault(
                row,
                "area",
                format!("{area:?}; expected a code of places.csv, or nothing for the whole county"),
            );
        }
        for (column, unit) in [("unit_code", &unit_code)]
            .into_iter()
            .chain(co_units.iter().map(|unit| ("co_units", unit)))
        {
            if !units.contains(unit.as_str()) {
                table.fault(row, column, format!("{unit:?}; expected a code of units.csv"));
            }
        }
        if !seen.insert((class_code.clone(), area.clone(), unit_code.clone())) {
            table.fault(
                row,
                "unit_code",
                "this class, area and unit are there already; expected each once",
            );
        }
        let [valid_from, valid_until] = validity.map(|column| table.day(row, column));
        if valid_from
            .zip(valid_until)
            .is_some_and(|(from, until)| until < from)
        {
            table.fault(row, "valid_until", "before valid_from; expected a later day");
        }
        Entry {
            class_code,
            area,
            unit_code,
            co_units,
            basis: row.text("basis"),
            note: row.text("note"),
            valid_from,
            valid_until,
        }
    })
}

pub(super) fn urgency(folder: &Folder, faults: &mut Faults) -> Vec<UrgencyWord> {
    let mut table = Table::read(folder, "urgency.csv", &["word", "band", "note"], faults);
    let mut seen = BTreeSet::new();
    table.map(|table, row| UrgencyWord {
        word: table.unique(row, "word", &mut seen),
        band: table.one_of(row, "band", &["S", "A", "B"]),
        note: row.text("note"),
    })
}

pub(super) fn kinds(folder: &Folder, faults: &mut Faults) -> Vec<KindWords> {
    let mut table = Table::read(folder, "kinds.csv", &["kind", "words"], faults);
    let mut seen = BTreeSet::new();
    table.map(|table, row| {
        table.unique(row, "kind", &mut seen);
        KindWords {
            kind: table.one_of(row, "kind", &KINDS),
            words: row.list("words", semicolon),
        }
    })
}

#[derive(Deserialize)]
struct YearFile {
    year: i32,
    days: Vec<FileDay>,
}

#[derive(Deserialize)]
struct FileDay {
    name: String,
    date: NaiveDate,
    #[serde(rename = "isOffDay")]
    is_off_day: bool,
}

/// One JSON file a year, in the form of NateScarlet/holiday-cn.
pub(super) fn calendar(folder: &Folder, name: &str, faults: &mut Faults) -> Calendar {
    let mut calendar = Calendar::default();
    for file in folder.names(name, "json", faults) {
        let path = format!("{name}/{file}");
        let Some(text) = folder.text(&path, faults) else {
            continue;
        };
        match serde_json::from_str::<YearFile>(&text) {
            Ok(year) => {
                let day = |day: FileDay| YearDay {
                    date: day.date,
                    off: day.is_off_day,
                    name: day.name,
                };
                let days = year.days.into_iter().map(day).collect();
                calendar.years.push((year.year, Year { days }));
            }
            Err(error) => {
                let key = format!("line {}", error.line());
                faults.add(
                    &folder.label(&path),
                    key,
                    format!("expected {{year, days: [{{name, date, isOffDay}}]}}: {error}"),
                );
            }
        }
    }
    calendar
}
