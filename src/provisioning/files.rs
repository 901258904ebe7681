//! The folder itself, county.toml and the prompts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::table::Table;
use crate::{
    faults::{self, Faults, Section},
    settings::flow::is_name,
};

pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// How a file is named in faults.
    pub(super) fn label(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub(super) fn text(&self, name: &str, faults: &mut Faults) -> Option<String> {
        match fs::read(self.path(name)).map(String::from_utf8) {
            Ok(Ok(text)) => return Some(text),
            Ok(Err(_)) => faults.add(&self.label(name), "", "expected UTF-8 text"),
            Err(error) => faults.add(&self.label(name), "", format!("cannot be read: {error}")),
        }
        None
    }

    /// The names of the files in a sub-folder that end in `.EXT`, in order.
    pub(super) fn names(&self, folder: &str, ext: &str, faults: &mut Faults) -> Vec<String> {
        let entries = match fs::read_dir(self.path(folder)) {
            Ok(entries) => entries,
            Err(error) => {
                faults.add(&self.label(folder), "", format!("expected a folder: {error}"));
                return Vec::new();
            }
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(&format!(".{ext}"))).collect();
        names.sort();
        names
    }
}

/// county.toml: its texts, the menu of its numbers and the calendar folder.
pub(super) fn county(folder: &Folder, faults: &mut Faults) -> (BTreeMap<String, String>, String, String) {
    let file = folder.label("county.toml");
    let text = folder.text("county.toml", faults).unwrap_or_default();
    let Some(table) = faults::parse(&file, &text, faults).filter(|_| !text.is_empty()) else {
        return (BTreeMap::new(), String::new(), "calendar".into());
    };
    let mut section = Section::new(&file, "", table, faults);
    let name = section.text("name", "the county's name");
    let area_code = digits(
        &mut section,
        "area_code",
        "the area code with its 0, such as \"0534\"",
    );
    let hotline = digits(&mut section, "hotline", "the short number, such as \"12345\"");
    let long_number = digits(
        &mut section,
        "long_number",
        "the number from elsewhere, such as \"05345012345\"",
    );
    let calendar = section.text_or("calendar", "calendar");
    let menu = section.text_or("menu", "default");
    let limits = section.text_or("limits", "");
    section.finish();
    let county = [
        ("name", name),
        ("area_code", area_code),
        ("hotline", hotline),
        ("long_number", long_number),
        ("limits", limits),
    ];
    (
        county.map(|(key, value)| (key.to_owned(), value)).into(),
        menu,
        calendar,
    )
}

fn digits(section: &mut Section<'_>, key: &'static str, expected: &str) -> String {
    let text = section.text(key, expected);
    if !text.is_empty() && (text.len() > 20 || !text.bytes().all(|byte| byte.is_ascii_digit())) {
        section.fault(key, format!("expected {expected}"));
    }
    text
}

/// A prompt: its text, and the file that speaks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    pub name: String,
    pub text: String,
    pub path: PathBuf,
}

pub(super) fn prompts(folder: &Folder, faults: &mut Faults) -> Vec<Prompt> {
    let mut table = Table::read(folder, "prompts/prompts.csv", &["name", "text"], faults);
    let mut seen = BTreeSet::new();
    table.map(|table, row| {
        let name = table.unique(row, "name", &mut seen);
        // Names are paths below prompts/: no way out of the folder.
        if !name.split('/').all(is_name) {
            table.fault(
                row,
                "name",
                "expected lower-case letters, digits, - and _, with / between folders",
            );
            return Prompt {
                name,
                text: String::new(),
                path: PathBuf::new(),
            };
        }
        let path = folder.path("prompts").join(format!("{name}.wav"));
        if let Err(message) = check_wav(&path) {
            table.fault(row, "name", message);
        }
        let path = path.canonicalize().unwrap_or(path);
        Prompt {
            text: row.text("text"),
            name,
            path,
        }
    })
}

/// 8 kHz mono 16-bit PCM, by its header.
fn check_wav(path: &Path) -> Result<(), String> {
    use std::io::Read;

    let mut header = [0; 36];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.map_err(|error| format!("expected the sound file {}: {error}", path.display()))?;
    // RIFF....WAVEfmt , size 16, format 1, channels 1, rate 8000, …, bits 16
    let is_riff = header.starts_with(b"RIFF") && &header[8..16] == b"WAVEfmt ";
    let fields = (&header[20..24], &header[24..28], &header[34..36]);
    if is_riff && fields == (&[1, 0, 1, 0][..], &8000_u32.to_le_bytes()[..], &[16, 0][..]) {
        return Ok(());
    }
    Err(format!(
        "{}: expected WAV, 8 kHz, mono, 16-bit PCM",
        path.display()
    ))
}
