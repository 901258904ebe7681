//! A daemon around a database full of tickets, asked through its HTTP router in process, and how long each answer took.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::{Context, ensure};
use axum::{Router, body::Body, http::Request};
use minsheng::{
    accounts::{self, Role, Secrets, User},
    app::{App, Registry},
    clock::{MockClock, Rng},
    config::Config,
    db::Db,
    http, jobs, provisioning, tickets,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::ticket_county::{self, County, Dice};

const NOW: &str = "2026-11-20T02:00:00Z";
pub const ROUNDS: usize = 300;
const DISPATCHES: usize = 1_000;
const DESKS: usize = 8;

pub struct Stage {
    pub app: App,
    router: Router,
    tokens: [String; 3],
    dice: Dice,
}

/// Whose token.
#[derive(Clone, Copy)]
pub enum Who {
    Dispatcher,
    Supervisor,
    Unit,
}

impl Stage {
    pub async fn new(folder: &Path, db: Db) -> anyhow::Result<Self> {
        // Only what the figures are about: the county's reminders are not.
        let registry = Registry {
            consumers: vec![],
            jobs: vec![tickets::agenda::RECOUNT],
            dialers: Vec::new(),
        };
        let clock = MockClock::new(NOW.parse()?).clock();
        let app = App::new(db, clock, Rng::seeded(7), Config::local(folder), registry);
        Ok(Self {
            router: http::router(app.clone()),
            app,
            tokens: Default::default(),
            dice: Dice(1),
        })
    }

    /// The county's settings and its tickets.
    pub async fn fill(&self, settings: &Path, count: u64) -> anyhow::Result<()> {
        let loaded = provisioning::load(&self.app, settings).await;
        let loaded = loaded.map_err(|error| anyhow::anyhow!("{error}"))?.county;
        let county = County {
            now: self.app.clock.now(),
            tickets: count,
            units: loaded.units.iter().map(|unit| unit.code.clone()).collect(),
            classes: loaded.classes.iter().map(|class| class.code.clone()).collect(),
            places: loaded
                .places
                .iter()
                .map(|place| (place.code.clone(), place.name.clone()))
                .collect(),
        };
        Arc::new(county).write(&self.app.db).await?;
        tickets::upgrade(&self.app).await?;
        self.tidy().await.map(drop)
    }

    /// One person a role; the unit's is the first unit's.
    pub async fn log_in(&mut self, settings: &Path) -> anyhow::Result<()> {
        let settings = provisioning::read(settings).map_err(|faults| anyhow::anyhow!("{faults}"))?;
        let unit = &settings.units.first().context("a county has units")?.code;
        for (at, role) in [Role::Dispatcher, Role::Supervisor, Role::Unit]
            .into_iter()
            .enumerate()
        {
            self.tokens[at] = log_in(&self.app, role, unit).await?;
        }
        Ok(())
    }

    async fn ask(&self, who: Who, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let (status, answer) = send(&self.router, &self.tokens[who as usize], path, body).await?;
        ensure!(status == 200, "{path}: {status} {answer}");
        Ok(answer)
    }

    /// p99 of the answers to these paths, in milliseconds.
    pub async fn times(&self, who: Who, paths: &[String]) -> anyhow::Result<f64> {
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
    pub async fn open(&mut self) -> anyhow::Result<f64> {
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

    pub async fn list(&self, who: Who, query: &str) -> anyhow::Result<f64> {
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

    pub async fn search(&self, who: Who, more: &str) -> anyhow::Result<f64> {
        let phrases = ticket_county::phrases();
        let paths: Vec<_> = phrases
            .iter()
            .map(|phrase| format!("/tickets?q={}{more}", escaped(phrase)))
            .collect();
        self.times(who, &paths).await
    }

    pub async fn telephones(&mut self) -> anyhow::Result<f64> {
        let part = |dice: &mut Dice| format!("/tickets?q={:06}", dice.below(1_000_000));
        let paths: Vec<_> = (0..100).map(|_| part(&mut self.dice)).collect();
        self.times(Who::Supervisor, &paths).await
    }

    /// What of all that is open is late or due soon: how many, and the most pressing, for the office and for a unit.
    pub async fn sweep(&self) -> anyhow::Result<f64> {
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
    pub async fn late_one_by_one(&self) -> anyhow::Result<f64> {
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
    pub async fn recount(&self) -> anyhow::Result<f64> {
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        jobs::enqueue(&mut tx, now, &tickets::agenda::RECOUNT, None, &(), now).await?;
        tx.commit().await?;
        let begin = Instant::now();
        jobs::run_due(&self.app).await?;
        Ok(begin.elapsed().as_secs_f64())
    }

    /// What the steps left to quiet moments.
    pub async fn tidy(&self) -> anyhow::Result<f64> {
        let begin = Instant::now();
        tickets::tidy(&self.app, || std::future::ready(())).await?;
        Ok(begin.elapsed().as_secs_f64())
    }

    /// Some dispatchers at once, each ticket by its own request.
    pub async fn dispatch(&self) -> anyhow::Result<f64> {
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
        ensure!(done > 0, "nothing to dispatch");
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

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
