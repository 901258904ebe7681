//! `minsheng migrate-database --from URL --to URL`.

use std::process::ExitCode;

use crate::db::transfer;

#[derive(clap::Args)]
pub(super) struct MigrateDatabase {
    /// sqlite:FILE or postgres://user:pass@host/db; a relative FILE is below the working directory. Stop the daemon first
    #[arg(long, value_name = "URL")]
    from: String,
    /// An empty database of the other or of the same kind; the tables are made
    #[arg(long, value_name = "URL")]
    to: String,
}

pub(super) async fn run(command: MigrateDatabase) -> anyhow::Result<ExitCode> {
    let here = std::env::current_dir()?;
    let moved = transfer::transfer(&command.from, &command.to, &here, |table| {
        println!("{} {}", table.table, table.sum);
    });
    let moved = moved.await?;
    let rows: u64 = moved.iter().map(|table| table.sum.rows).sum();
    println!("{} 张表 {rows} 行，逐表的行数与校验值在两边一致", moved.len());
    println!("全文索引在守护进程下次启动后重建。请把配置中的 [database] url 改为新库，再启动");
    Ok(ExitCode::SUCCESS)
}
