//! `minsheng check`: everything wrong with configuration and provisioning, in one run.

use std::{path::PathBuf, process::ExitCode};

use super::{ConfigFile, report};
use crate::{config, faults::Faults, provisioning};

pub(super) fn run(file: &ConfigFile) -> ExitCode {
    let (mut faults, provisioning_dir) = match config::load(&file.config) {
        Ok(config) => (Faults::default(), Some(config.provisioning.dir)),
        // A faulty configuration must not hide the faults of the provisioning.
        Err(faults) => (faults, written_provisioning_dir(file)),
    };
    if let Some(dir) = provisioning_dir
        && let Err(more) = provisioning::read(&dir)
    {
        faults.0.extend(more.0);
    }
    if !faults.0.is_empty() {
        return report(&faults);
    }
    println!("{}: no fault", file.config.display());
    ExitCode::SUCCESS
}

fn written_provisioning_dir(file: &ConfigFile) -> Option<PathBuf> {
    let table: toml::Table = std::fs::read_to_string(&file.config).ok()?.parse().ok()?;
    let written = table.get("provisioning").and_then(|section| section.get("dir"));
    let dir = written.map_or(Some(config::PROVISIONING_DIR), |dir| dir.as_str())?;
    Some(dir.into())
}
