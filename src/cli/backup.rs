//! `minsheng backup FILE` and `minsheng restore FILE`.

use std::{path::PathBuf, process::ExitCode};

use super::{ConfigFile, app_beside, report};
use crate::{
    backup::{self, Manifest},
    config,
};

/// Remarks that are printed one by one; the manifest has them all.
const SHOWN: usize = 50;

#[derive(clap::Args)]
pub(super) struct Backup {
    /// The file to write; one of that name is replaced when the new one is complete
    output: PathBuf,
    #[command(flatten)]
    file: ConfigFile,
}

#[derive(clap::Args)]
pub(super) struct Restore {
    /// A file that `minsheng backup` wrote
    input: PathBuf,
    #[command(flatten)]
    file: ConfigFile,
}

pub(super) async fn backup(command: Backup) -> anyhow::Result<ExitCode> {
    let app = app_beside(&command.file).await?;
    let made = backup::create(&app, &command.output).await;
    app.db.close().await;
    let made = made?;
    println!("备份完成：{}，{} 字节", command.output.display(), made.bytes);
    println!("SHA-256 {}", made.sha256);
    tell(&made.manifest);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn restore(command: Restore) -> anyhow::Result<ExitCode> {
    let config = match config::load(&command.file.config) {
        Ok(config) => config,
        Err(faults) => return Ok(report(&faults)),
    };
    let data = config.service.data_dir.clone();
    let done = backup::restore(config, &command.input).await?;
    let at = done.manifest.made_at.with_timezone(&crate::calendar::CHINA);
    println!(
        "恢复完成：{}，备份于 {}",
        data.display(),
        at.format("%Y-%m-%d %H:%M:%S")
    );
    println!("全部文件的校验值与各表行数均与清单一致");
    tell(&done.manifest);
    if done.manifest.count("provisioning/") > 0 {
        println!("初始资料在 {}", done.provisioning.display());
    }
    println!("可用 minsheng audit verify 核对操作记录与录音");
    Ok(ExitCode::SUCCESS)
}

fn tell(manifest: &Manifest) {
    println!("数据库 {} 张表 {} 行", manifest.tables.len(), manifest.rows());
    let files = [
        ("录音", "recordings/"),
        ("附件", "attachments/"),
        ("自制提示音", "prompts/"),
        ("初始资料", "provisioning/"),
    ];
    for (name, folder) in files {
        println!("{name} {} 个文件", manifest.count(folder));
    }
    for remark in manifest.remarks.iter().take(SHOWN) {
        println!("注意 {}：{}", remark.file, remark.what);
    }
    if let Some(more) = manifest.remarks.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        println!("还有 {more} 处，见备份中的 manifest.json");
    }
}
