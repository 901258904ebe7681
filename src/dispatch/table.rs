//! The duty catalogue as rows of a sheet, and rows as entries: every fault with its row and column, in words. A class, a place or a unit is
//! written as its code, its name or both, for people know names and files need codes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::catalogue::{Entry, Key};
use crate::sheets::{self, Cells, Fault, Outcome, Row, Sheet};

const CLASS: &str = "分类";
const AREA: &str = "区域";
pub(super) const UNIT: &str = "主办单位";
const HELPERS: &str = "协办单位";
const BASIS: &str = "法律依据";
const NOTE: &str = "备注";
const FROM: &str = "生效日期";
const UNTIL: &str = "失效日期";

pub(super) const COLUMNS: [&str; 8] = [CLASS, AREA, UNIT, HELPERS, BASIS, NOTE, FROM, UNTIL];
/// As a provisioning folder names them, in the same order; the last two may be missing there.
const PROVISIONED: [&str; 8] = [
    "class_code",
    "area",
    "unit_code",
    "co_units",
    "basis",
    "note",
    "valid_from",
    "valid_until",
];
/// A law and its articles.
const LONGEST: usize = 500;

/// The field of a form for the column of a file.
pub(super) fn field(column: &str) -> &str {
    match column {
        CLASS => "class_code",
        AREA => "area",
        UNIT => "unit_code",
        HELPERS => "co_units",
        BASIS => "basis",
        NOTE => "note",
        FROM => "valid_from",
        UNTIL => "valid_until",
        other => other,
    }
}

/// Codes with their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Codes(pub(super) BTreeMap<String, String>);

impl Codes {
    fn shown(&self, code: &str) -> String {
        match self.0.get(code) {
            Some(name) => format!("{code} {name}"),
            None => code.to_owned(),
        }
    }

    fn name<'n>(&'n self, code: &'n str) -> &'n str {
        self.0.get(code).map_or(code, String::as_str)
    }

    /// The code that was meant.
    fn find(&self, said: &str) -> Result<String, String> {
        if self.0.contains_key(said) {
            return Ok(said.to_owned());
        }
        let (first, rest) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
        if let Some(name) = self.0.get(first) {
            let meant = rest.trim();
            return match name == meant {
                true => Ok(first.to_owned()),
                false => Err(format!(
                    "代码“{first}”是“{name}”，与所写的“{meant}”不符，请改正其一"
                )),
            };
        }
        let mut named = self.0.iter().filter(|(_, name)| *name == said);
        match (named.next(), named.count()) {
            (Some((code, _)), 0) => Ok(code.clone()),
            (Some(_), more) => Err(format!("有 {} 个“{said}”，请写代码", more + 1)),
            (None, _) if self.0.contains_key(&format!("0{first}")) => Err(format!(
                "没有“{said}”：代码开头的 0 多半被表格软件去掉了，应为“0{first}”"
            )),
            (None, _) => Err(format!("没有“{said}”，请写已有的代码或名称")),
        }
    }
}

/// Everything that an entry may name.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) classes: Codes,
    pub(super) areas: Codes,
    pub(super) units: Codes,
}

impl Names {
    /// What an entry names and is not there.
    pub(super) fn unknown(&self, entry: &Entry) -> Option<String> {
        let area = Some(&entry.area).filter(|area| !area.is_empty());
        let units = std::iter::once(&entry.unit_code).chain(&entry.co_units);
        let classes = std::iter::once((&self.classes, &entry.class_code));
        classes
            .chain(area.map(|area| (&self.areas, area)))
            .chain(units.map(|unit| (&self.units, unit)))
            .find(|(codes, code)| !codes.0.contains_key(*code))
            .map(|(_, code)| code.clone())
    }

    /// An entry in a few words.
    pub(super) fn title(&self, entry: &Entry) -> String {
        let area = match entry.area.as_str() {
            "" => "全县",
            code => self.areas.name(code),
        };
        let (class, unit) = (
            self.classes.name(&entry.class_code),
            self.units.name(&entry.unit_code),
        );
        format!("{class} · {area} · {unit}")
    }
}

/// What was typed in a form.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    pub(super) class_code: String,
    pub(super) area: String,
    pub(super) unit_code: String,
    pub(super) co_units: Vec<String>,
    pub(super) basis: String,
    pub(super) note: String,
    pub(super) valid_from: String,
    pub(super) valid_until: String,
}

impl Form {
    /// What an entry is about does not change: another unit's duty is another entry.
    pub(super) fn of(self, entry: &Entry) -> Self {
        let (class_code, area, unit_code) = entry.key();
        Self {
            class_code,
            area,
            unit_code,
            ..self
        }
    }

    pub(super) fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::new("派单目录", &COLUMNS);
        sheet.rows = vec![vec![
            self.class_code.clone(),
            self.area.clone(),
            self.unit_code.clone(),
            self.co_units.join(";"),
            self.basis.clone(),
            self.note.clone(),
            self.valid_from.clone(),
            self.valid_until.clone(),
        ]];
        sheet
    }
}

pub(super) fn sheet<'e>(entries: impl Iterator<Item = &'e Entry>, names: &Names) -> Sheet {
    let mut sheet = Sheet::new("派单目录", &COLUMNS);
    sheet.rows = entries.map(|entry| cells(entry, names)).collect();
    sheet
}

fn cells(entry: &Entry, names: &Names) -> Vec<String> {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let helpers: Vec<String> = entry
        .co_units
        .iter()
        .map(|code| names.units.shown(code))
        .collect();
    let area = match entry.area.as_str() {
        "" => String::new(),
        code => names.areas.shown(code),
    };
    vec![
        names.classes.shown(&entry.class_code),
        area,
        names.units.shown(&entry.unit_code),
        helpers.join(";"),
        entry.basis.clone(),
        entry.note.clone(),
        day(entry.valid_from),
        day(entry.valid_until),
    ]
}

/// What a file says.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub(super) rows: Vec<(u32, Entry)>,
    pub(super) faults: Vec<Fault>,
}

pub(super) fn read(sheets: &[Cells], names: &Names) -> Wanted {
    let mut wanted = Wanted::default();
    let mut seen = BTreeSet::new();
    for cells in sheets {
        wanted.sheet(cells, names, &mut seen);
    }
    wanted
}

impl Wanted {
    fn sheet(&mut self, cells: &Cells, names: &Names, seen: &mut BTreeSet<Key>) {
        let header = cells.rows.first().map_or(&[][..], |(_, header)| header);
        let is_short = cells.begins_with(PROVISIONED[0]) && !header.iter().any(|name| name == PROVISIONED[6]);
        let columns: &[&str] = match (cells.begins_with(PROVISIONED[0]), is_short) {
            (true, true) => &PROVISIONED[..6],
            (true, false) => &PROVISIONED,
            (false, _) => &COLUMNS,
        };
        let Some(rows) = sheets::table(cells, columns, &mut self.faults) else {
            return;
        };
        for (number, row) in rows {
            let mut row = Row::new(cells, *number, &COLUMNS, row, &mut self.faults);
            let entry = row.entry(names);
            if !seen.insert(entry.key()) {
                row.fault(UNIT, "同一分类、区域和单位在前面的行中已出现");
            }
            self.rows.push((*number, entry));
        }
    }
}

impl Row<'_> {
    fn entry(&mut self, names: &Names) -> Entry {
        let entry = Entry {
            class_code: self.code(CLASS, &names.classes, true),
            area: self.code(AREA, &names.areas, false),
            unit_code: self.code(UNIT, &names.units, true),
            co_units: self.helpers(&names.units),
            basis: self.text_up_to(BASIS, LONGEST),
            note: self.text_up_to(NOTE, LONGEST),
            valid_from: self.day(FROM),
            valid_until: self.day(UNTIL),
        };
        if entry.co_units.contains(&entry.unit_code) && !entry.unit_code.is_empty() {
            self.fault(HELPERS, "主办单位不能同时协办");
        }
        let days = entry.valid_from.zip(entry.valid_until);
        if days.is_some_and(|(from, until)| until < from) {
            self.fault(UNTIL, "早于生效日期");
        }
        entry
    }

    fn code(&mut self, column: &str, codes: &Codes, is_needed: bool) -> String {
        let cell = if is_needed {
            self.filled(column)
        } else {
            self.text(column)
        };
        if cell.is_empty() {
            return cell;
        }
        codes.find(&cell).unwrap_or_else(|message| {
            self.fault(column, message);
            cell
        })
    }

    fn helpers(&mut self, units: &Codes) -> Vec<String> {
        let cell = self.text_up_to(HELPERS, LONGEST);
        let mut helpers = Vec::new();
        for said in cell
            .split([';', '；'])
            .map(str::trim)
            .filter(|said| !said.is_empty())
        {
            match units.find(said) {
                Ok(code) if helpers.contains(&code) => self.fault(HELPERS, format!("“{said}”重复")),
                Ok(code) => helpers.push(code),
                Err(message) => self.fault(HELPERS, message),
            }
        }
        helpers
    }

    fn day(&mut self, column: &str) -> Option<NaiveDate> {
        let cell = self.text(column);
        if cell.is_empty() {
            return None;
        }
        let forms = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"];
        let day = forms
            .iter()
            .find_map(|form| NaiveDate::parse_from_str(&cell, form).ok());
        if day.is_none() {
            self.fault(column, format!("“{cell}”不是日期，应写作 2026-10-01"));
        }
        day
    }
}

/// What the rows would change of the catalogue.
pub(super) fn compare(kept: &BTreeMap<Key, Entry>, wanted: &Wanted, names: &Names) -> Outcome {
    let mut outcome = Outcome {
        faults: wanted.faults.clone(),
        ..Outcome::default()
    };
    for (_, entry) in &wanted.rows {
        let before = kept.get(&entry.key()).map(|entry| cells(entry, names));
        let after = cells(entry, names);
        outcome.add("duty", names.title(entry), &COLUMNS, (before, after));
    }
    outcome
}

/// What an edit did, in the words of the columns.
pub(super) fn told(before: Option<&Entry>, after: Option<&Entry>, names: &Names) -> sheets::Change {
    let entry = after.or(before);
    let fields = match (before, after) {
        (Some(before), Some(after)) => {
            sheets::differences(&COLUMNS, cells(before, names), cells(after, names))
        }
        _ => vec![],
    };
    sheets::Change {
        of: "duty",
        what: match (before, after) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        },
        name: entry.map(|entry| names.title(entry)).unwrap_or_default(),
        fields,
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
