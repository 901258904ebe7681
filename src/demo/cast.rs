//! Who plays in the demo: citizens with their requests, operators with their phrases, the office with its accounts.
//! Read from provisioning/demo.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

/// A citizen who calls once and is called back. Unknown keys are notes for whoever makes the clips.
#[derive(Debug, Clone, Deserialize)]
pub struct Citizen {
    /// As the carrier shows it.
    pub number: String,
    /// Pressed during the menu.
    #[serde(default)]
    pub menu_keys: String,
    /// Hangs up when nobody has answered after so long.
    pub patience_seconds: Option<u64>,
    /// Clips, one a turn.
    pub lines: Vec<String>,
    pub survey: Option<Survey>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Survey {
    pub solved: String,
    pub satisfaction: String,
    pub remark: Option<String>,
    /// Clips of who answers in words, by the question; the others press keys.
    #[serde(default)]
    pub said: HashMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Voice {
    pub lines: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct File {
    citizen: Vec<Citizen>,
    operator: Vec<Voice>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Person {
    pub username: String,
    pub role: String,
    #[serde(default)]
    pub unit_code: String,
}

#[derive(Debug)]
pub struct Cast {
    pub citizens: Vec<Citizen>,
    pub voices: Vec<Voice>,
    pub people: Vec<Person>,
}

impl Cast {
    /// Reads provisioning/demo.
    pub fn read(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join("citizens.toml");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let file: File = toml::from_str(&text).with_context(|| path.display().to_string())?;
        anyhow::ensure!(
            !file.citizen.is_empty() && !file.operator.is_empty(),
            "{}: nobody in it",
            path.display()
        );
        let path = directory.join("people.csv");
        let mut reader = csv::Reader::from_path(&path).with_context(|| path.display().to_string())?;
        let people = reader
            .deserialize()
            .collect::<Result<_, _>>()
            .with_context(|| path.display().to_string())?;
        Ok(Self {
            citizens: file.citizen,
            voices: file.operator,
            people,
        })
    }

    /// User names of one role, in order.
    pub fn of_role<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a Person> {
        self.people.iter().filter(move |p| p.role == role)
    }
}

/// The name of a clip for the media thread: its path without the ending.
pub fn clip(line: &str) -> std::sync::Arc<str> {
    line.trim_end_matches(".wav").into()
}
