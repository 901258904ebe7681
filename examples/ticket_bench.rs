//! A county's tickets at ten thousand and at a million: opening, listing, searching, dispatching, what is due. Every figure is taken through
//! the HTTP router, in process, on SQLite as it ships (WAL, `synchronous=FULL`). Prints a table, writes `target/bench/tickets.json`.
//! `cargo run --release --example ticket_bench [-- --tickets 10000,1000000] [--folder DIR]`

#![allow(clippy::disallowed_methods)] // what is measured is time

mod ticket_county;

use std::{io::Write, path::PathBuf, sync::Arc, time::Instant};

use anyhow::{Context, ensure};
use axum::{Router, body::Body, http::Request};
use clap::Parser;
use minsheng::{
    accounts::{self, Role, Secrets, User},
    app::{App, Registry},
    clock::{MockClock, Rng},
    config::Config,
    db::Db,
    http, jobs, provisioning, tickets,
};
use serde_json::{Value, json};
use ticket_county::{County, Dice};
use tower::ServiceExt;

#[derive(Parser)]
struct Arguments {
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000")]
    tickets: Vec<u64>,
    /// Where the database may lie meanwhile: some four gigabytes for a million
    #[arg(long)]
    folder: Option<PathBuf>,
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
const ROUNDS: usize = 300;
const DISPATCHES: usize = 1_000;
const DESKS: usize = 8;
const SYNCS: u32 = 500;

struct Stage {
    app: App,
    router: Router,
    tokens: [String; 3],
    dice: Dice,
}

/// Whose token.
#[derive(Clone, Copy)]
enum Who {
    Dispatcher,
    Supervisor,
    Unit,
}

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
    let folder = match &arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let begin = Instant::now();
    let mut stage = Stage::build(arguments, count, folder.path()).await?;
    let built = begin.elapsed().as_secs_f64();
    eprintln!("{count} tickets written in {built:.0} s");
    let mut result = json!({"tickets": count, "generated_s": built});
    let recount = stage.recount().await?;
    let syncs = syncs_per_s(folder.path())?;
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
        ("disk_syncs_per_s", syncs),
    ];
    for (name, value) in figures {
        result[name] = json!((value * 100.0).round() / 100.0);
    }
    let file = folder.path().join("minsheng.db");
    result["database_mb"] = json!(std::fs::metadata(file)?.len() / 1_000_000);
    stage.app.db.close().await;
    Ok(result)
}

impl Stage {
    async fn build(arguments: &Arguments, count: u64, folder: &std::path::Path) -> anyhow::Result<Self> {
        let now = "2026-11-20T02:00:00Z".parse()?;
        let config = Config::local(folder);
        // Only what the figures are about: the county's reminders are not.
        let registry = Registry {
            consumers: vec![],
            jobs: vec![tickets::agenda::RECOUNT],
            dialers: Vec::new(),
        };
        let clock = MockClock::new(now).clock();
        let db = Db::open(&config.database.url, folder).await?;
        let app = App::new(db, clock, Rng::seeded(7), config, registry);
        let loaded = provisioning::load(&app, &arguments.provisioning).await;
        let loaded = loaded.map_err(|error| anyhow::anyhow!("{error}"))?;
        let county = County {
            now,
            tickets: count,
            units: loaded.units.iter().map(|unit| unit.code.clone()).collect(),
            classes: loaded.classes.iter().map(|class| class.code.clone()).collect(),
            places: loaded
                .places
                .iter()
                .map(|place| (place.code.clone(), place.name.clone()))
                .collect(),
        };
        let unit = county.units[0].clone();
        Arc::new(county).write(&folder.join("minsheng.db")).await?;
        tickets::upgrade(&app).await?;
        let mut tokens = Vec::new();
        for role in [Role::Dispatcher, Role::Supervisor, Role::Unit] {
            tokens.push(log_in(&app, role, &unit).await?);
        }
        let tokens = tokens.try_into().map_err(|_| anyhow::anyhow!("three tokens"))?;
        let router = http::router(app.clone());
        Ok(Self {
            app,
            router,
            tokens,
            dice: Dice(1),
        })
    }

    async fn ask(&self, who: Who, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let (status, answer) = send(&self.router, &self.tokens[who as usize], path, body).await?;
        ensure!(status == 200, "{path}: {status} {answer}");
        Ok(answer)
    }

    /// p99 of the answers to these paths, in milliseconds.
    async fn times(&self, who: Who, paths: &[String]) -> anyhow::Result<f64> {
        let mut times = Vec::new();
        for path in paths {
            let begin = Instant::now();
            self.ask(who, path, None).await?;
            times.push(begin.elapsed().as_secs_f64() * 1_000.0);
        }
        times.sort_by(f64::total_cmp);
        Ok(times[(times.len() * 99).div_ceil(100) - 1])
    }

    /// Tickets from all over the three years.
    async fn open(&mut self) -> anyhow::Result<f64> {
        let mut paths = Vec::new();
        while paths.len() < ROUNDS {
            let day = 1 + self.dice.below(1_090) as i64;
            let at = self.app.clock.now() - chrono::TimeDelta::days(day);
            let before = at.format("%Y-%m-%dT%H:%M:%SZ");
            let found = self
                .ask(Who::Supervisor, &format!("/tickets?limit=5&to={before}"), None)
                .await?;
            let items = found["items"].as_array().context("items")?;
            let numbers = items.iter().filter_map(|item| item["number"].as_str());
            paths.extend(numbers.map(|number| format!("/tickets/{number}")));
        }
        self.times(Who::Supervisor, &paths).await
    }

    async fn list(&self, who: Who, query: &str) -> anyhow::Result<f64> {
        let path = format!("/tickets?{query}");
        let first = self.ask(who, &path, None).await?;
        ensure!(
            !first["items"].as_array().context("items")?.is_empty(),
            "{query} finds nothing"
        );
        // Every second time a later page.
        let later = match first["next_cursor"].as_str() {
            Some(cursor) => format!("{path}&cursor={cursor}"),
            None => path.clone(),
        };
        let paths: Vec<_> = [path, later].into_iter().cycle().take(ROUNDS).collect();
        self.times(who, &paths).await
    }

    async fn search(&self, who: Who, more: &str) -> anyhow::Result<f64> {
        let phrases = ticket_county::phrases();
        let paths: Vec<_> = phrases
            .iter()
            .map(|phrase| format!("/tickets?q={}{more}", escaped(phrase)))
            .collect();
        self.times(who, &paths).await
    }

    async fn telephones(&mut self) -> anyhow::Result<f64> {
        let part = |dice: &mut Dice| format!("/tickets?q={:06}", dice.below(1_000_000));
        let paths: Vec<_> = (0..100).map(|_| part(&mut self.dice)).collect();
        self.times(Who::Supervisor, &paths).await
    }

    /// What of all that is open is late or due soon: how many, and the most pressing, for the office and for a unit.
    async fn sweep(&self) -> anyhow::Result<f64> {
        let begin = Instant::now();
        for (who, late) in [
            (Who::Supervisor, "overdue"),
            (Who::Unit, "overdue"),
            (Who::Unit, "due_soon"),
        ] {
            let counts = self.ask(who, "/inboxes", None).await?;
            let path = format!("/tickets?inbox={late}&limit=200");
            let first = self.ask(who, &path, None).await?;
            let listed = first["items"].as_array().context("items")?.len();
            let count = counts.as_array().into_iter().flatten();
            let count = count.filter(|inbox| inbox["name"] == late);
            let count = count
                .map(|inbox| inbox["count"].as_u64().unwrap_or_default())
                .sum::<u64>();
            ensure!(listed as u64 == count.min(200), "{late}: {listed} of {count}");
        }
        Ok(begin.elapsed().as_secs_f64())
    }

    /// Everything that is late or will be within a day, page by page.
    async fn late_one_by_one(&self) -> anyhow::Result<f64> {
        let begin = Instant::now();
        let mut seen = 0;
        for due in ["overdue", "24h"] {
            let mut cursor = String::new();
            loop {
                let path = format!("/tickets?due={due}&sort=due&limit=200&cursor={cursor}");
                let page = self.ask(Who::Supervisor, &path, None).await?;
                seen += page["items"].as_array().context("items")?.len();
                match page["next_cursor"].as_str() {
                    Some(next) => next.clone_into(&mut cursor),
                    None => break,
                }
            }
        }
        let took = begin.elapsed().as_secs_f64();
        eprintln!("{seen} tickets late or due within a day");
        Ok(took)
    }

    /// A calendar has come late: every open ticket is counted anew, its reminders are put where they belong.
    async fn recount(&self) -> anyhow::Result<f64> {
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        jobs::enqueue(&mut tx, now, &tickets::agenda::RECOUNT, None, &(), now).await?;
        tx.commit().await?;
        let begin = Instant::now();
        jobs::run_due(&self.app).await?;
        Ok(begin.elapsed().as_secs_f64())
    }

    /// Some dispatchers at once, each ticket by its own request.
    async fn dispatch(&self) -> anyhow::Result<f64> {
        let mut numbers = Vec::new();
        let mut cursor = String::new();
        while numbers.len() < DISPATCHES {
            let path = format!("/tickets?state=accepted&limit=200&cursor={cursor}");
            let page = self.ask(Who::Dispatcher, &path, None).await?;
            let items = page["items"].as_array().context("items")?;
            numbers.extend(
                items
                    .iter()
                    .filter_map(|item| item["number"].as_str())
                    .map(str::to_owned),
            );
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            next.clone_into(&mut cursor);
        }
        numbers.truncate(DISPATCHES);
        let done = numbers.len();
        let begin = Instant::now();
        let mut desks = tokio::task::JoinSet::new();
        for share in numbers.chunks(done.div_ceil(DESKS)) {
            let (router, token, share) = (self.router.clone(), self.tokens[0].clone(), share.to_vec());
            desks.spawn(async move {
                for number in share {
                    let body = json!({"unit_code": "gongshui", "note": "请依规办理", "basis": "派单目录"});
                    let (status, answer) = send(
                        &router,
                        &token,
                        &format!("/tickets/{number}/dispatch"),
                        Some(body),
                    )
                    .await?;
                    ensure!(status == 200, "{number}: {answer}");
                }
                Ok(())
            });
        }
        while let Some(desk) = desks.join_next().await {
            desk??;
        }
        Ok(done as f64 / begin.elapsed().as_secs_f64())
    }
}

async fn send(router: &Router, token: &str, path: &str, body: Option<Value>) -> anyhow::Result<(u16, Value)> {
    let method = if body.is_some() { "POST" } else { "GET" };
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))?;
    let answer = router.clone().oneshot(request).await?;
    let status = answer.status().as_u16();
    let bytes = axum::body::to_bytes(answer.into_body(), 64 << 20).await?;
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}

async fn log_in(app: &App, role: Role, unit: &str) -> anyhow::Result<String> {
    let user = User {
        username: role.as_str().into(),
        display_name: role.as_str().into(),
        role,
        extension: None,
        unit_code: (role == Role::Unit).then(|| unit.to_owned()),
        skills: vec![],
        disabled: false,
        outsourced: false,
    };
    let secrets = Secrets::derive(&app.rng, &user.username, "a long password").await;
    let secrets = secrets.map_err(|faults| anyhow::anyhow!("{faults:?}"))?;
    let mut tx = app.db.begin().await?;
    accounts::create(&mut tx, app.clock.now(), &user, &secrets).await?;
    let token = accounts::create_session(&mut tx, app, &user.username, None).await?;
    tx.commit().await?;
    Ok(token)
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

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
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
