//! Where telephone numbers are at home: area codes, and mobile segments where the county has a table of them. Both files are optional.

use std::collections::BTreeSet;

use super::{files::Folder, table::Table};
use crate::faults::Faults;

#[derive(Debug, Clone)]
pub struct NumberArea {
    /// `0534`, or a mobile segment such as `1380534`.
    pub prefix: String,
    pub area: String,
}

struct Directory {
    file: &'static str,
    expected: &'static str,
    fits: fn(&str) -> bool,
}

const DIRECTORIES: [Directory; 2] = [
    Directory {
        file: "area-codes.csv",
        expected: "expected an area code with its 0, three or four digits",
        fits: |prefix| prefix.starts_with('0') && matches!(prefix.len(), 3 | 4),
    },
    Directory {
        file: "mobile-segments.csv",
        expected: "expected the first three to eight digits of a mobile number",
        fits: |prefix| prefix.starts_with('1') && (3..=8).contains(&prefix.len()),
    },
];

pub(super) fn areas(folder: &Folder, faults: &mut Faults) -> Vec<NumberArea> {
    let mut areas = Vec::new();
    for Directory { file, expected, fits } in DIRECTORIES {
        if !folder.path(file).exists() {
            continue;
        }
        let mut table = Table::read(folder, file, &["prefix", "area"], faults);
        let mut seen = BTreeSet::new();
        areas.extend(table.map(|table, row| {
            let prefix = table.unique(row, "prefix", &mut seen);
            if !fits(&prefix) || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
                table.fault(row, "prefix", format!("{prefix:?}; {expected}"));
            }
            NumberArea {
                prefix,
                area: table.filled(row, "area"),
            }
        }));
    }
    areas
}
