//! Reading what people write: every fault is collected with its file and key, so that one run names them all.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;
use toml::{Table, Value};

/// One fault in a file a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub file: String,
    /// `sip.rtp_ports`, `nodes.main.default`, `line 12, unit_code` …; '' = the whole file.
    pub key: String,
    /// What is wrong, and what is expected.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: {}", self.file, self.message),
            key => write!(f, "{}: {key}: {}", self.file, self.message),
        }
    }
}

/// All faults of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    pub fn add(&mut self, file: &str, key: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault {
            file: file.to_owned(),
            key: key.into(),
            message: message.into(),
        });
    }

    /// `value` when nothing was wrong.
    pub fn check<T>(self, value: T) -> Result<T, Faults> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            let line_break = if at == 0 { "" } else { "\n" };
            write!(f, "{line_break}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Parses a TOML text; a syntax error is a fault with its line.
pub fn parse(file: &str, text: &str, faults: &mut Faults) -> Option<Table> {
    match text.parse::<Table>() {
        Ok(table) => Some(table),
        Err(error) => {
            let line = error.span().map_or(1, |span| {
                1 + text[..span.start.min(text.len())].matches('\n').count()
            });
            faults.add(
                file,
                format!("line {line}"),
                format!("not TOML: {}", error.message()),
            );
            None
        }
    }
}

/// One table of a TOML file while it is read. Keys nobody asked for are faults when it is finished.
pub struct Section<'a> {
    file: &'a str,
    path: String,
    table: Table,
    known: BTreeSet<&'static str>,
    pub faults: &'a mut Faults,
}

impl<'a> Section<'a> {
    pub fn new(file: &'a str, path: impl Into<String>, table: Table, faults: &'a mut Faults) -> Self {
        Self {
            file,
            path: path.into(),
            table,
            known: BTreeSet::new(),
            faults,
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.insert(key);
        self.table.remove(key)
    }

    pub fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    pub fn fault(&mut self, key: &str, message: impl Into<String>) {
        let key = self.key(key);
        self.faults.add(self.file, key, message);
    }

    /// A sub-table; absent reads as empty, so that its own defaults and duties apply.
    pub fn section(&mut self, key: &'static str) -> Section<'_> {
        let table = match self.take(key) {
            Some(Value::Table(table)) => table,
            Some(_) => {
                self.fault(key, "expected a table");
                Table::new()
            }
            None => Table::new(),
        };
        let path = self.key(key);
        Section::new(self.file, path, table, self.faults)
    }

    /// An array of tables, with each one's path (`trunk[0]`).
    pub fn tables(&mut self, key: &'static str) -> Vec<(String, Table)> {
        match self.take(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => {
                let mut tables = Vec::new();
                for (at, item) in items.into_iter().enumerate() {
                    let path = format!("{}[{at}]", self.key(key));
                    match item {
                        Value::Table(table) => tables.push((path, table)),
                        _ => self.faults.add(self.file, path, "expected a table"),
                    }
                }
                tables
            }
            Some(_) => {
                self.fault(key, format!("expected [[{key}]] tables"));
                Vec::new()
            }
        }
    }

    /// A table whose keys are names, each holding a table.
    pub fn named_tables(&mut self, key: &'static str) -> Vec<(String, Table)> {
        let Some(Value::Table(table)) = self.take(key) else {
            self.fault(key, "expected a table of tables");
            return Vec::new();
        };
        let mut named = Vec::new();
        for (name, value) in table {
            match value {
                Value::Table(table) => named.push((name, table)),
                _ => self.fault(&format!("{key}.{name}"), "expected a table"),
            }
        }
        named
    }

    pub fn optional_text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(text),
            _ => {
                self.fault(key, "expected a text in quotes");
                None
            }
        }
    }

    pub fn text_or(&mut self, key: &'static str, default: &str) -> String {
        self.optional_text(key).unwrap_or_else(|| default.to_owned())
    }

    pub fn text(&mut self, key: &'static str, expected: &str) -> String {
        let before = self.faults.0.len();
        let text = self.optional_text(key);
        if text.is_none() && self.faults.0.len() == before {
            self.fault(key, format!("missing: expected {expected}"));
        }
        text.unwrap_or_default()
    }

    pub fn flag_or(&mut self, key: &'static str, default: bool) -> bool {
        match self.take(key) {
            None => default,
            Some(Value::Boolean(flag)) => flag,
            Some(_) => {
                self.fault(key, "expected true or false");
                default
            }
        }
    }

    pub fn number_or(
        &mut self,
        key: &'static str,
        default: i64,
        range: std::ops::RangeInclusive<i64>,
    ) -> i64 {
        match self.take(key) {
            None => default,
            Some(Value::Integer(number)) if range.contains(&number) => number,
            Some(_) => {
                self.fault(
                    key,
                    format!(
                        "expected a whole number from {} to {}",
                        range.start(),
                        range.end()
                    ),
                );
                default
            }
        }
    }

    pub fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        let value = self.take(key)?;
        let texts = value.as_array().map(|items| {
            items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect()
        });
        match texts {
            Some(Some(texts)) => Some(texts),
            _ => {
                self.fault(key, "expected a list of texts");
                None
            }
        }
    }

    /// A table of texts, as in `choices = { 1 = "hrss" }`.
    pub fn text_map(&mut self, key: &'static str) -> Vec<(String, String)> {
        let entries = match self.take(key) {
            None => return Vec::new(),
            Some(Value::Table(table)) => table,
            Some(_) => {
                self.fault(key, "expected a table such as { 1 = \"node\" }");
                return Vec::new();
            }
        };
        let mut map = Vec::new();
        for (name, value) in entries {
            match value {
                Value::String(text) => map.push((name, text)),
                _ => self.fault(&format!("{key}.{name}"), "expected a text"),
            }
        }
        map
    }

    /// Nothing was written here, or all of it was asked for.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Ends the section: what was not asked for is not known.
    pub fn finish(self) {
        let known = self.known.iter().copied().collect::<Vec<_>>().join(", ");
        for unknown in self.table.keys() {
            let key = self.key(unknown);
            self.faults
                .add(self.file, key, format!("unknown key; known here: {known}"));
        }
    }
}
