//! `minsheng menu check FILE`: a menu flow, checked as the console checks it.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::report;
use crate::{faults::Faults, provisioning};

#[derive(clap::Args)]
pub(super) struct MenuCheck {
    /// A flow in TOML. In a provisioning folder its queues, schedules and prompts are checked too.
    file: PathBuf,
}

pub(super) fn run(command: &MenuCheck) -> ExitCode {
    let label = command.file.display().to_string();
    let mut faults = Faults::default();
    match std::fs::read_to_string(&command.file) {
        Ok(text) => check(&command.file, &label, &text, &mut faults),
        Err(error) => faults.add(&label, "", format!("cannot be read: {error}")),
    }
    if !faults.0.is_empty() {
        return report(&faults);
    }
    println!("{label}: no fault");
    ExitCode::SUCCESS
}

fn check(file: &Path, label: &str, text: &str, faults: &mut Faults) {
    let known = provisioning::known_beside(file);
    // The flow's own name: a file under test may be named otherwise.
    let table = text.parse::<toml::Table>().ok();
    let name = table
        .as_ref()
        .and_then(|table| table.get("name")?.as_str())
        .map(str::to_owned);
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = name.or(stem).unwrap_or_default();
    provisioning::read_flow(label, &name, text, &known, faults);
}
