//! `minsheng provision DIR`.

use std::{path::PathBuf, process::ExitCode};

use super::{ConfigFile, app_beside, report};
use crate::provisioning::{self, Error};

#[derive(clap::Args)]
pub(super) struct Provision {
    dir: PathBuf,
    #[command(flatten)]
    file: ConfigFile,
}

pub(super) async fn run(command: Provision) -> anyhow::Result<ExitCode> {
    // Faults of the folder are told before a database is touched.
    if let Err(faults) = provisioning::read(&command.dir) {
        return Ok(report(&faults));
    }
    let app = app_beside(&command.file).await?;
    let loaded = provisioning::load(&app, &command.dir).await;
    app.db.close().await;
    match loaded {
        Ok(all) => {
            let (menus, queues, units) = (all.menus.len(), all.queues.len(), all.units.len());
            let (classes, duties, places) = (all.classes.len(), all.duties.len(), all.places.len());
            println!(
                "loaded: {menus} menus, {queues} queues, {units} units, {classes} classes, {duties} duties, {places} places"
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(Error::Faults(faults)) => Ok(report(&faults)),
        Err(error) => Err(error.into()),
    }
}
