//! A sheet that somebody made, as a list to be taken in: what is wrong with it, in words, and what it would change. What its columns mean
//! is their makers' business.

use super::{Cells, Sheet};

/// More rows than any county has units, people or duties.
const MOST: usize = 20_000;
const LONGEST: usize = 200;

/// One fault of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub sheet: String,
    /// As the spreadsheet program counts; 0: the file as a whole.
    pub row: u32,
    pub column: String,
    pub message: String,
}

/// One thing that a file would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// unit, contact, duty
    pub of: &'static str,
    /// added, changed, removed
    pub what: &'static str,
    pub name: String,
    /// The columns that differ, with the old and the new value.
    pub fields: Vec<(String, String, String)>,
}

/// What a file comes to against what is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    pub changes: Vec<Change>,
    pub faults: Vec<Fault>,
    pub unchanged: usize,
}

impl Outcome {
    /// Compares the cells of a thing before, if it was there, with those that it is to have.
    pub fn add(
        &mut self,
        of: &'static str,
        name: String,
        columns: &[&str],
        (before, after): (Option<Vec<String>>, Vec<String>),
    ) {
        let Some(before) = before else {
            return self.changes.push(Change {
                of,
                what: "added",
                name,
                fields: vec![],
            });
        };
        let fields = differences(columns, before, after);
        if fields.is_empty() {
            self.unchanged += 1;
            return;
        }
        self.changes.push(Change {
            of,
            what: "changed",
            name,
            fields,
        });
    }
}

/// The columns in which two rows differ, with the old and the new value.
pub fn differences(
    columns: &[&str],
    before: Vec<String>,
    after: Vec<String>,
) -> Vec<(String, String, String)> {
    let pairs = columns.iter().zip(before).zip(after);
    pairs
        .filter(|((_, old), new)| old != new)
        .map(|((column, old), new)| ((*column).to_owned(), old, new))
        .collect()
}

impl Cells {
    /// The sheet as faults call it.
    pub fn name(&self) -> &str {
        if self.title.is_empty() {
            "文件"
        } else {
            &self.title
        }
    }

    /// Whether this is the name of its first column.
    pub fn begins_with(&self, column: &str) -> bool {
        let header = self.rows.first();
        header.is_some_and(|(_, header)| header.first().is_some_and(|first| first == column))
    }
}

impl Sheet {
    /// What was typed into a form, as the sheet it would be in a file: both are judged alike.
    pub fn cells(&self) -> Cells {
        let trimmed =
            |row: &Vec<String>| -> Vec<String> { row.iter().map(|cell| cell.trim().to_owned()).collect() };
        let rows = std::iter::once(&self.columns).chain(&self.rows);
        Cells {
            title: self.title.clone(),
            rows: (1..).zip(rows.map(trimmed)).collect(),
        }
    }
}

/// The rows below a header that has exactly these columns; none where it has not, which is a fault.
pub fn table<'c>(
    cells: &'c Cells,
    columns: &[&str],
    faults: &mut Vec<Fault>,
) -> Option<&'c [(u32, Vec<String>)]> {
    let ((number, header), rows) = cells.rows.split_first()?;
    let mut fault = |row: u32, column: &str, message: String| {
        faults.push(Fault {
            sheet: cells.name().to_owned(),
            row,
            column: column.to_owned(),
            message,
        });
    };
    if let Err(message) = check_header(header, columns) {
        fault(*number, "表头", message);
        return None;
    }
    if rows.len() > MOST {
        let message = format!("共 {} 行，超过上限 {MOST} 行，请分批导入", rows.len());
        fault(0, "", message);
        return None;
    }
    Some(rows)
}

fn check_header(header: &[String], columns: &[&str]) -> Result<(), String> {
    let header: Vec<&str> = header
        .iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect();
    if header == columns {
        return Ok(());
    }
    let without = |all: &[&str], known: &[&str]| -> Vec<String> {
        let rest = all.iter().filter(|name| !known.contains(name));
        rest.map(|name| (*name).to_owned()).collect()
    };
    let (found, missing) = (without(&header, columns), without(columns, &header));
    let mut message = format!("列名应依次为：{}。", columns.join("、"));
    if !missing.is_empty() {
        message.push_str(&format!("缺少：{}。", missing.join("、")));
    }
    if !found.is_empty() {
        message.push_str(&format!("不认识：{}。", found.join("、")));
    }
    message.push_str("请先导出当前列表，在其中修改后再导入。");
    Err(message)
}

/// One row that is being read.
pub struct Row<'a> {
    sheet: &'a str,
    number: u32,
    columns: &'a [&'a str],
    cells: &'a [String],
    faults: &'a mut Vec<Fault>,
}

impl<'a> Row<'a> {
    pub fn new(
        sheet: &'a Cells,
        number: u32,
        columns: &'a [&'a str],
        cells: &'a [String],
        faults: &'a mut Vec<Fault>,
    ) -> Self {
        let mut row = Self {
            sheet: sheet.name(),
            number,
            columns,
            cells,
            faults,
        };
        row.check_width();
        row
    }

    pub fn fault(&mut self, column: &str, message: impl Into<String>) {
        self.faults.push(Fault {
            sheet: self.sheet.to_owned(),
            row: self.number,
            column: column.to_owned(),
            message: message.into(),
        });
    }

    fn check_width(&mut self) {
        let extra = self.cells.iter().skip(self.columns.len());
        if extra.into_iter().any(|cell| !cell.is_empty()) {
            let message = format!(
                "这一行超出 {} 列，多半是单元格里有未加引号的逗号",
                self.columns.len()
            );
            self.fault("", message);
        }
    }

    pub fn text(&mut self, column: &str) -> String {
        self.text_up_to(column, LONGEST)
    }

    pub fn text_up_to(&mut self, column: &str, longest: usize) -> String {
        let at = self.columns.iter().position(|known| *known == column);
        let cell = at.and_then(|at| self.cells.get(at)).cloned().unwrap_or_default();
        if cell.chars().count() > longest {
            self.fault(column, format!("超过 {longest} 个字"));
        }
        if cell.chars().any(char::is_control) {
            self.fault(column, "含有换行或控制字符，请删除");
        }
        cell
    }

    pub fn filled(&mut self, column: &str) -> String {
        let cell = self.text(column);
        if cell.is_empty() {
            self.fault(column, "必填");
        }
        cell
    }
}
