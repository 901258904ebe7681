//! `minsheng provision DIR`.

use std::{path::PathBuf, process::ExitCode};

use super::{ConfigFile, app_beside, report};
use crate::provisioning::{self, Changes, Error, Item, Loaded};
use crate::settings::Kind;

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
        Ok(Loaded { county: all, changes }) => {
            let (menus, queues, units) = (all.menus.len(), all.queues.len(), all.units.len());
            let (classes, duties, places) = (all.classes.len(), all.duties.len(), all.places.len());
            println!(
                "loaded: {menus} menus, {queues} queues, {units} units, {classes} classes, {duties} duties, {places} places"
            );
            tell(&changes);
            Ok(ExitCode::SUCCESS)
        }
        Err(Error::Faults(faults)) => Ok(report(&faults)),
        Err(error) => Err(error.into()),
    }
}

/// A line each, so that nobody finds out later whose words are in force.
fn tell(changes: &Changes) {
    for item in &changes.replaced {
        let Item { before, .. } = item;
        let was = match before.edited {
            true => format!(
                "控制台中由 {} 修改的第 {} 版可在控制台恢复",
                before.by, before.version
            ),
            false => format!("原第 {} 版可在控制台恢复", before.version),
        };
        println!("已按资料夹更新：{}（{was}）", title(item));
    }
    for item in &changes.kept {
        let Item { before, .. } = item;
        println!(
            "保留控制台中的修改：{}（第 {} 版，{}）；资料夹中的这一项自上次载入后没有变化",
            title(item),
            before.version,
            before.by
        );
    }
}

fn title(item: &Item) -> String {
    let kind = match item.kind {
        Kind::Menu => "语音流程",
        Kind::Queue => "队列",
        Kind::Lines => "号码",
        Kind::Schedule => "时间表",
        Kind::Limits => "办理时限方案",
        Kind::LimitsChoice => return "启用的办理时限方案".to_owned(),
        Kind::Dispatch => "自动派单",
        Kind::Calendar => "节假日",
    };
    format!("{kind} {}", item.name)
}
