//! Tables for other programs: CSV and XLSX, out and in. What is in them is their makers' business.

mod import;
mod read;
mod write;

pub use import::{Change, Fault, Outcome, Row, differences, table};
pub use read::{Cells, Unreadable, read};
pub use write::{Format, csv, file, xlsx};

/// A sheet: a title, a header and rows of text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    pub title: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    pub fn new(title: &str, columns: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            rows: vec![],
        }
    }
}

/// What spreadsheet programs take for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

#[cfg(test)]
mod tests;
