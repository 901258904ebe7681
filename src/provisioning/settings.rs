//! Menus, queues and schedules from TOML.

use std::{collections::BTreeSet, path::Path};

use serde::de::DeserializeOwned;
use toml::Table;

use super::{
    documents::Document,
    files::{Folder, Prompt},
};
use crate::{
    faults::{self, Faults, Section},
    settings::{
        Flow, Line, Queue, Schedule,
        flow::{self, Known},
    },
};

pub(super) fn schedules(folder: &Folder, faults: &mut Faults) -> Vec<Document<Schedule>> {
    let schedules: Vec<(String, Document<Schedule>)> =
        documents(folder, "schedules.toml", "schedule", faults);
    let file = folder.label("schedules.toml");
    for (path, schedule) in &schedules {
        for (field, message) in schedule.body.faults() {
            faults.add(&file, format!("{path}.{field}"), message);
        }
    }
    once_each(&file, schedules, |schedule| &schedule.body.name, faults)
}

pub(super) fn queues(folder: &Folder, faults: &mut Faults) -> Vec<Document<Queue>> {
    let queues: Vec<(String, Document<Queue>)> = documents(folder, "queues.toml", "queue", faults);
    let file = folder.label("queues.toml");
    for (path, queue) in &queues {
        for (field, message) in queue.body.faults() {
            faults.add(&file, format!("{path}.{field}"), message);
        }
    }
    once_each(&file, queues, |queue| &queue.body.name, faults)
}

/// The `[[key]]` tables of a file, each with its path.
pub(super) fn documents<T: DeserializeOwned>(
    folder: &Folder,
    name: &str,
    key: &'static str,
    faults: &mut Faults,
) -> Vec<(String, Document<T>)> {
    let file = folder.label(name);
    let Some(text) = folder.text(name, faults) else {
        return Vec::new();
    };
    let Some(table) = faults::parse(&file, &text, faults) else {
        return Vec::new();
    };
    let mut section = Section::new(&file, "", table, faults);
    let tables = section.tables(key);
    if tables.is_empty() {
        section.fault(key, format!("missing: expected at least one [[{key}]]"));
    }
    section.finish();
    let mut documents = Vec::new();
    for (path, table) in tables {
        match Document::read(table) {
            Ok(document) => documents.push((path, document)),
            Err(error) => faults.add(&file, path, error.to_string().trim().replace('\n', " ")),
        }
    }
    documents
}

fn once_each<T>(
    file: &str,
    all: Vec<(String, T)>,
    name: impl Fn(&T) -> &String,
    faults: &mut Faults,
) -> Vec<T> {
    let mut seen = BTreeSet::new();
    for (path, document) in &all {
        if !seen.insert(name(document).clone()) {
            faults.add(
                file,
                format!("{path}.name"),
                format!("{:?} is there already; expected each once", name(document)),
            );
        }
    }
    all.into_iter().map(|(_, document)| document).collect()
}

pub(super) fn menus(
    folder: &Folder,
    queues: &[Document<Queue>],
    schedules: &[Document<Schedule>],
    prompts: &[Prompt],
    lines: &[Line],
    faults: &mut Faults,
) -> Vec<Document<Flow>> {
    let names = folder.names("menus", "toml", faults);
    let mut menus = Vec::new();
    for file_name in &names {
        let name = file_name.trim_end_matches(".toml");
        let known = Known {
            queues: Some(queues.iter().map(|queue| queue.body.name.clone()).collect()),
            schedules: Some(
                schedules
                    .iter()
                    .map(|schedule| schedule.body.name.clone())
                    .collect(),
            ),
            prompts: Some(prompts.iter().map(|prompt| prompt.name.clone()).collect()),
            is_inbound: lines.iter().any(|line| line.menu == name),
        };
        menus.extend(menu(folder, name, &known, faults));
    }
    let missing = lines
        .iter()
        .find(|line| !names.contains(&format!("{}.toml", line.menu)));
    if let Some(line) = missing {
        faults.add(
            &folder.label("county.toml"),
            "menu",
            format!("there is no menus/{}.toml", line.menu),
        );
    }
    menus
}

fn menu(folder: &Folder, name: &str, known: &Known, faults: &mut Faults) -> Option<Document<Flow>> {
    let file_name = format!("menus/{name}.toml");
    let file = folder.label(&file_name);
    let text = folder.text(&file_name, faults)?;
    let body = read_flow(&file, name, &text, known, faults)?;
    let table: Table = text.parse().unwrap_or_default();
    Some(Document::new(body, &table))
}

/// A flow from the text of its file; faults carry the file and the node.
pub(crate) fn read_flow(
    file: &str,
    name: &str,
    text: &str,
    known: &Known,
    faults: &mut Faults,
) -> Option<Flow> {
    let table = faults::parse(file, text, faults)?;
    // Only a date, which no flow has, fails to become JSON.
    let body = serde_json::to_value(table).unwrap_or_default();
    match flow::read(name, &body, known) {
        Ok(flow) => Some(flow),
        Err(found) => {
            for fault in found {
                faults.add(file, fault.key(), fault.message);
            }
            None
        }
    }
}

/// What a flow in `DIR/menus/` may refer to, as far as DIR says it. Faults of the other files are not the flow's.
pub(crate) fn known_beside(file: &Path) -> Known {
    let dir = file
        .canonicalize()
        .ok()
        .and_then(|file| Some(file.parent()?.parent()?.to_owned()));
    let Some(dir) = dir.filter(|dir| dir.join("queues.toml").is_file()) else {
        return Known::default();
    };
    let (folder, mut ignored) = (Folder::new(&dir), Faults::default());
    let queues = queues(&folder, &mut ignored)
        .into_iter()
        .map(|queue| queue.body.name)
        .collect();
    let schedules = schedules(&folder, &mut ignored)
        .into_iter()
        .map(|schedule| schedule.body.name)
        .collect();
    let prompts = super::files::prompts(&folder, &mut ignored)
        .into_iter()
        .map(|prompt| prompt.name)
        .collect();
    Known {
        queues: Some(queues),
        schedules: Some(schedules),
        prompts: Some(prompts),
        is_inbound: false,
    }
}
