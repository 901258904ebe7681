//! A CSV file with known columns: every bad row is a fault with its line and column.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::files::Folder;
use crate::faults::Faults;

/// One row and where it stands.
pub(super) struct Row {
    pub(super) line: u64,
    cells: BTreeMap<&'static str, String>,
}

/// A file being read: hands out rows and takes faults.
pub(super) struct Table<'a> {
    pub(super) file: String,
    pub(super) rows: Vec<Row>,
    pub(super) faults: &'a mut Faults,
}

impl<'a> Table<'a> {
    pub(super) fn read(
        folder: &Folder,
        name: &str,
        columns: &[&'static str],
        faults: &'a mut Faults,
    ) -> Self {
        Self::read_with(folder, name, columns, &[], faults)
    }

    /// `more`: columns that a file may have at its end, all or none.
    pub(super) fn read_with(
        folder: &Folder,
        name: &str,
        columns: &[&'static str],
        more: &[&'static str],
        faults: &'a mut Faults,
    ) -> Self {
        let mut table = Self {
            file: folder.label(name),
            rows: Vec::new(),
            faults,
        };
        if let Some(text) = folder.text(name, table.faults) {
            table.parse(&text, columns, &[columns, more].concat());
        }
        table
    }

    fn parse(&mut self, text: &str, columns: &[&'static str], all: &[&'static str]) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(text.as_bytes());
        let header: Vec<String> = match reader.headers() {
            Ok(header) => header.iter().map(|name| name.trim().to_owned()).collect(),
            Err(error) => return self.faults.add(&self.file, "line 1", format!("not CSV: {error}")),
        };
        let columns = if header == all { all } else { columns };
        if header != columns {
            let expected = all.join(",");
            return self
                .faults
                .add(&self.file, "line 1", format!("expected the columns {expected}"));
        }
        for record in reader.records() {
            match record {
                Ok(record) => self.row(&record, columns),
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    self.faults
                        .add(&self.file, format!("line {line}"), format!("not CSV: {error}"));
                }
            }
        }
    }

    fn row(&mut self, record: &csv::StringRecord, columns: &[&'static str]) {
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != columns.len() {
            let (found, expected) = (record.len(), columns.len());
            return self.faults.add(
                &self.file,
                format!("line {line}"),
                format!("expected {expected} cells, found {found}"),
            );
        }
        let cells = columns
            .iter()
            .copied()
            .zip(record.iter().map(|cell| cell.trim().to_owned()))
            .collect();
        self.rows.push(Row { line, cells });
    }

    pub(super) fn fault(&mut self, row: &Row, column: &str, message: impl Into<String>) {
        self.faults
            .add(&self.file, format!("line {}, {column}", row.line), message);
    }

    /// Each row in turn.
    pub(super) fn map<T>(&mut self, mut read: impl FnMut(&mut Self, &Row) -> T) -> Vec<T> {
        let rows = std::mem::take(&mut self.rows);
        rows.iter().map(|row| read(self, row)).collect()
    }

    /// A cell that may not be empty.
    pub(super) fn filled(&mut self, row: &Row, column: &'static str) -> String {
        let cell = row.text(column);
        if cell.is_empty() {
            self.fault(row, column, "expected a text, found nothing");
        }
        cell
    }

    /// A cell that may not be empty and names the row.
    pub(super) fn unique(&mut self, row: &Row, column: &'static str, seen: &mut BTreeSet<String>) -> String {
        let cell = self.filled(row, column);
        if !cell.is_empty() && !seen.insert(cell.clone()) {
            self.fault(
                row,
                column,
                format!("{cell:?} is there already; expected each once"),
            );
        }
        cell
    }

    /// A day, or nothing.
    pub(super) fn day(&mut self, row: &Row, column: &'static str) -> Option<NaiveDate> {
        let cell = row.optional(column)?;
        let day = cell.parse().ok();
        if day.is_none() {
            self.fault(
                row,
                column,
                format!("{cell:?}; expected a day as 2026-12-31, or nothing"),
            );
        }
        day
    }

    /// A cell that is one of a few words.
    pub(super) fn one_of(&mut self, row: &Row, column: &'static str, words: &[&str]) -> String {
        let cell = row.text(column);
        if !words.contains(&cell.as_str()) {
            self.fault(
                row,
                column,
                format!("{cell:?}; expected one of {}", words.join(" ")),
            );
        }
        cell
    }
}

impl Row {
    pub(super) fn text(&self, column: &str) -> String {
        self.cells.get(column).cloned().unwrap_or_default()
    }

    pub(super) fn optional(&self, column: &str) -> Option<String> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// The parts of a cell, without empty ones.
    pub(super) fn list(&self, column: &str, separator: impl Fn(char) -> bool) -> Vec<String> {
        let cell = self.text(column);
        cell.split(separator)
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

/// Lists in cells are separated by semicolons.
pub(super) fn semicolon(c: char) -> bool {
    c == ';' || c == '；'
}
