//! A county's tickets at ten thousand and at a million: opening, listing, searching, dispatching, what is due. Every figure is taken through
//! the HTTP router, in process, on the database as the daemon opens it (SQLite: WAL, `synchronous=FULL`). Prints a table and writes it
//! as JSON.
//! `cargo run --release --example ticket_bench [-- --tickets 10000,1000000] [--database postgres://…] [--folder DIR] [--keep DIR]`

#![allow(clippy::disallowed_methods)] // what is measured is time

mod ticket_county;
mod ticket_stage;

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use clap::Parser;
use minsheng::db::Db;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use ticket_stage::{ROUNDS, Stage, Who};

#[derive(Parser)]
struct Arguments {
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000")]
    tickets: Vec<u64>,
    /// `postgres://…`; otherwise SQLite in a folder of its own
    #[arg(long)]
    database: Option<String>,
    /// Where the database may lie meanwhile: some five gigabytes for a million
    #[arg(long)]
    folder: Option<PathBuf>,
    /// SQLite: generated once, kept here and copied each time
    #[arg(long)]
    keep: Option<PathBuf>,
    #[arg(long, default_value = "provisioning")]
    provisioning: PathBuf,
    #[arg(long, default_value = "target/bench/tickets.json")]
    out: PathBuf,
}

/// What must be reached with a million tickets.
const GOALS: [(&str, f64); 8] = [
    ("open_ms_p99", 20.0),
    ("inbox_ms_p99", 50.0),
    ("inbox_of_unit_ms_p99", 50.0),
    ("inbox_counts_ms_p99", 50.0),
    ("unit_list_ms_p99", 50.0),
    ("search_ms_p99", 100.0),
    ("dispatch_per_s", 300.0),
    ("sweep_s", 1.0),
];
const SYNCS: u32 = 500;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut results = Vec::new();
    for count in &arguments.tickets {
        results.push(measure(&arguments, *count).await?);
    }
    report(&results);
    std::fs::create_dir_all(arguments.out.parent().context("a file in a folder")?)?;
    std::fs::write(&arguments.out, serde_json::to_string_pretty(&results)?)?;
    Ok(())
}

async fn measure(arguments: &Arguments, count: u64) -> anyhow::Result<Value> {
    let place = Place::new(arguments, count)?;
    let begin = Instant::now();
    place.fill(arguments, count).await?;
    let built = begin.elapsed().as_secs_f64();
    eprintln!("{count} tickets written in {built:.0} s");
    let mut result = json!({"tickets": count, "generated_s": built});
    let mut stage = Stage::new(place.folder.path(), place.open().await?).await?;
    stage.log_in(&arguments.provisioning).await?;
    let recount = stage.recount().await?;
    let syncs = syncs_per_s(place.folder.path())?;
    let figures = [
        ("open_ms_p99", stage.open().await?),
        (
            "inbox_ms_p99",
            stage.list(Who::Dispatcher, "inbox=dispatch").await?,
        ),
        (
            "inbox_of_unit_ms_p99",
            stage.list(Who::Unit, "inbox=handling").await?,
        ),
        (
            "inbox_counts_ms_p99",
            stage
                .times(Who::Supervisor, &vec!["/inboxes".to_owned(); ROUNDS])
                .await?,
        ),
        (
            "by_state_ms_p99",
            stage.list(Who::Dispatcher, "state=accepted&sort=due").await?,
        ),
        (
            "unit_list_ms_p99",
            stage
                .list(Who::Unit, "state=dispatched,handling,redo&sort=due")
                .await?,
        ),
        ("newest_ms_p99", stage.list(Who::Supervisor, "limit=50").await?),
        (
            "closed_of_class_ms_p99",
            stage
                .list(Who::Supervisor, "state=closed,filed&class=010101")
                .await?,
        ),
        ("search_ms_p99", stage.search(Who::Supervisor, "").await?),
        ("search_of_unit_ms_p99", stage.search(Who::Unit, "").await?),
        (
            "search_open_ms_p99",
            stage.search(Who::Supervisor, "&state=handling").await?,
        ),
        ("telephone_ms_p99", stage.telephones().await?),
        ("sweep_s", stage.sweep().await?),
        ("late_one_by_one_s", stage.late_one_by_one().await?),
        ("recount_s", recount),
        ("dispatch_per_s", stage.dispatch().await?),
        ("index_merged_after_s", stage.tidy().await?),
        ("disk_syncs_per_s", syncs),
    ];
    for (name, value) in figures {
        result[name] = json!((value * 100.0).round() / 100.0);
    }
    result["database_mb"] = json!(place.bytes().await? / 1_000_000);
    stage.app.db.close().await;
    place.leave().await?;
    Ok(result)
}

/// Where the tickets lie.
struct Place {
    folder: tempfile::TempDir,
    /// A server and a schema of its own.
    postgres: Option<(String, String)>,
}

impl Place {
    fn new(arguments: &Arguments, count: u64) -> anyhow::Result<Self> {
        let folder = match &arguments.folder {
            Some(folder) => tempfile::tempdir_in(folder)?,
            None => tempfile::tempdir()?,
        };
        let schema = format!("bench_{}_{count}", std::process::id());
        let postgres = arguments.database.clone().map(|url| (url, schema));
        Ok(Self { folder, postgres })
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("minsheng.db")
    }

    async fn open(&self) -> anyhow::Result<Db> {
        let url = match &self.postgres {
            Some((url, schema)) => {
                let mark = if url.contains('?') { '&' } else { '?' };
                format!("{url}{mark}options[search_path]={schema}")
            }
            None => "sqlite:minsheng.db".to_owned(),
        };
        Ok(Db::open(&url, self.folder.path()).await?)
    }

    /// Writes the tickets, or takes those that were kept.
    async fn fill(&self, arguments: &Arguments, count: u64) -> anyhow::Result<()> {
        let keep = arguments.keep.as_ref().filter(|_| self.postgres.is_none());
        let kept = keep.map(|folder| folder.join(format!("tickets-{count}.db")));
        if let Some(kept) = kept.as_ref().filter(|kept| kept.exists()) {
            std::fs::copy(kept, self.file())?;
            return Ok(());
        }
        if let Some((url, schema)) = &self.postgres {
            Db::open_postgres_schema(url, schema).await?.close().await;
        }
        let stage = Stage::new(self.folder.path(), self.open().await?).await?;
        stage.fill(&arguments.provisioning, count).await?;
        stage.app.db.checkpoint().await?;
        stage.app.db.close().await;
        // As the server does by itself at leisure.
        self.tell_postgres("VACUUM ANALYZE").await?;
        if let Some(kept) = &kept {
            std::fs::create_dir_all(kept.parent().unwrap_or(Path::new(".")))?;
            std::fs::copy(self.file(), kept)?;
        }
        Ok(())
    }

    async fn tell_postgres(&self, sql: &str) -> anyhow::Result<()> {
        if let Some((url, _)) = &self.postgres {
            let mut connection = PgConnection::connect(url).await?;
            sqlx::query(AssertSqlSafe(sql.to_owned()))
                .execute(&mut connection)
                .await?;
        }
        Ok(())
    }

    async fn bytes(&self) -> anyhow::Result<u64> {
        let Some((url, _)) = &self.postgres else {
            return Ok(std::fs::metadata(self.file())?.len());
        };
        let mut connection = PgConnection::connect(url).await?;
        let (bytes,): (i64,) = sqlx::query_as("SELECT pg_database_size(current_database())")
            .fetch_one(&mut connection)
            .await?;
        Ok(bytes.unsigned_abs())
    }

    /// Leaves nothing behind.
    async fn leave(self) -> anyhow::Result<()> {
        if let Some((_, schema)) = &self.postgres {
            self.tell_postgres(&format!("DROP SCHEMA {schema} CASCADE"))
                .await?;
        }
        Ok(self.folder.close()?)
    }
}

/// What the disk gives at most: how often a second a page is appended and synced, as every commit must.
fn syncs_per_s(folder: &std::path::Path) -> anyhow::Result<f64> {
    let mut file = std::fs::File::create(folder.join("syncs"))?;
    let begin = Instant::now();
    for _ in 0..SYNCS {
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
    }
    Ok(f64::from(SYNCS) / begin.elapsed().as_secs_f64())
}

/// One line a figure: at each size, how it grew, whether the goal is met.
fn report(results: &[Value]) {
    let (Some(first), Some(last)) = (results.first(), results.last()) else {
        return;
    };
    let tickets = |result: &Value| result["tickets"].as_u64().unwrap_or_default();
    println!(
        "{:<26}{:>12}{:>12}{:>9}  goal",
        "",
        tickets(first),
        tickets(last),
        "growth"
    );
    let names = first.as_object().into_iter().flatten().map(|(name, _)| name);
    for name in names.filter(|name| *name != "tickets") {
        let (small, large) = (
            first[name].as_f64().unwrap_or(0.0),
            last[name].as_f64().unwrap_or(0.0),
        );
        let goal = GOALS.iter().find(|(goal, _)| goal == name).map(|(_, goal)| *goal);
        let told = goal.map_or_else(String::new, |goal| {
            let is_met = if name.ends_with("per_s") {
                large >= goal
            } else {
                large <= goal
            };
            format!("{goal} {}", if is_met { "met" } else { "MISSED" })
        });
        println!(
            "{name:<26}{small:>12.2}{large:>12.2}{:>8.1}x  {told}",
            large / small.max(0.01)
        );
    }
    let per_sync = |result: &Value| {
        let figure = |name: &str| result[name].as_f64().unwrap_or_default();
        figure("dispatch_per_s") / figure("disk_syncs_per_s").max(0.01)
    };
    println!(
        "{:<26}{:>12.2}{:>12.2}",
        "dispatches_per_sync",
        per_sync(first),
        per_sync(last)
    );
}
