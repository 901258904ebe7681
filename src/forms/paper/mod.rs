//! Papers as PDF: a title, a table of labels and texts, places to sign. Knows letters and lines, and nothing of what is written.

mod font;
mod lines;
mod write;

pub use font::{Error, Font};

/// A table row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Up to two labels with short texts, side by side.
    Pair([(String, String); 2]),
    /// A label with a text over the whole width.
    Wide(String, String),
    /// A label with room to write by hand.
    Room(String, u16),
}

pub fn pair(first: (&str, String), second: (&str, String)) -> Row {
    Row::Pair([(first.0.into(), first.1), (second.0.into(), second.1)])
}

pub fn wide(label: &str, text: impl Into<String>) -> Row {
    Row::Wide(label.into(), text.into())
}

pub fn room(label: &str, points: u16) -> Row {
    Row::Room(label.into(), points)
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paper {
    pub title: String,
    /// Below the title, left and right.
    pub head: (String, String),
    pub rows: Vec<Row>,
    pub foot: String,
}

impl Paper {
    pub fn print(&self, font: &Font) -> Result<Vec<u8>, Error> {
        write::print(self, font)
    }
}

#[cfg(test)]
mod tests;
