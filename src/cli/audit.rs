//! `minsheng audit verify`: whether the audit log and the recordings are what was written.

use std::process::ExitCode;

use super::{ConfigFile, app_beside};
use crate::audit::{
    Link,
    verify::{Report, verify},
};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Walk the chains of entries and recordings; exit 0, or 1 with the first break
    Verify(Verify),
}

#[derive(clap::Args)]
pub(super) struct Verify {
    /// An end of the chain as an earlier run printed it: it must still be in the chain
    #[arg(long, value_name = "SEQ:HASH")]
    noted: Option<Link>,
    #[command(flatten)]
    file: ConfigFile,
}

pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let Command::Verify(command) = command;
    let app = app_beside(&command.file).await?;
    let report = verify(&app, command.noted).await;
    app.db.close().await;
    Ok(tell(&report?))
}

fn tell(report: &Report) -> ExitCode {
    println!("操作记录 {} 条，录音 {} 段", report.entries, report.recordings);
    println!("链头 {}", report.head);
    if let Some(found) = &report.first_break {
        println!("断在第 {} 条：{}", found.seq, found.reason);
    }
    for found in &report.broken_recordings {
        println!("第 {} 条登记的{}", found.seq, found.reason);
    }
    if report.is_whole() {
        println!("完整，未发现改动");
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    }
}
