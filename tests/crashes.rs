//! The daemon dies between any two steps of what comes due, and starts again: nothing is lost and nothing is told twice.

mod support;

use std::{
    future::{Future, poll_fn},
    path::Path,
    pin::pin,
    task::Poll,
};

use chrono::{DateTime, TimeDelta, Utc};
use minsheng::{
    accounts::Role,
    app::{App, Registry},
    clock::{MockClock, Rng},
    config::Config,
    db::Db,
    fetch_all,
};
use serde_json::{Value, json};
use support::{TestApp, journey::provision, person};

const BEFORE: &str = "2026-03-02T02:00:00Z";
/// When the whole ladder of an unanswered ticket is behind.
const AFTER: &str = "2026-03-17T16:00:00Z";

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("time")
}

/// A county on SQLite with one ticket at a unit and one that is suspended, everything done that is due.
async fn county() -> TestApp {
    let hotline = TestApp::start_on_sqlite().await;
    provision(&hotline).await;
    let mut user = person("water", Role::Unit);
    user.unit_code = Some("gongshui".into());
    hotline.add_person(&user).await;
    for suspended in [false, true] {
        let number = dispatched(&hotline).await;
        if suspended {
            let resume_at = time(BEFORE) + TimeDelta::days(7);
            let rest = json!({"cause": "season", "reason": "冻土期", "resume_at": resume_at});
            act(&hotline, "water", &number, "sign", json!({})).await;
            act(&hotline, "water", &number, "suspend", rest).await;
            act(&hotline, "supervisor", &number, "approve", json!({})).await;
        }
    }
    hotline.settle().await;
    hotline.app.db.checkpoint().await.expect("all in one file");
    hotline
}

async fn act(hotline: &TestApp, who: &str, number: &str, verb: &str, body: Value) {
    let path = format!("/api/v1/tickets/{number}/{verb}");
    let (status, ticket) = hotline.client_of(who).await.post(&path, &body).await;
    assert_eq!(status, 200, "{who} {verb}: {ticket}");
}

async fn dispatched(hotline: &TestApp) -> String {
    let operator = hotline.client(Role::Operator).await;
    let (_, ticket) = operator
        .post("/api/v1/tickets", &json!({"title": "清河湾停水"}))
        .await;
    let number = ticket["number"].as_str().expect("number").to_owned();
    act(hotline, "operator", &number, "accept", json!({})).await;
    let unit = json!({"unit_code": "gongshui"});
    act(hotline, "dispatcher", &number, "dispatch", unit).await;
    number
}

/// A daemon on the data in `dir`, started at that time.
async fn start(dir: &Path, at: DateTime<Utc>) -> App {
    let config = Config::local(dir);
    let db = Db::open(&config.database.url, dir).await.expect("SQLite");
    App::new(
        db,
        MockClock::new(at).clock(),
        Rng::from_os(),
        config,
        Registry::standard(),
    )
}

/// Lets `work` go so many steps, from one wait for the database to the next, and then kills it. Says whether it had ended by then.
async fn killed_after(steps: usize, work: impl Future) -> bool {
    let mut work = pin!(work);
    let mut left = steps;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        work.as_mut().poll(context).map(|_| true)
    })
    .await
}

type Row = (String, String, String, i64);

/// What people were told, what happened on the tickets, what is still to come.
async fn outcome(app: &App) -> Vec<Row> {
    let mut tx = app.db.read().await.expect("read");
    let mut all = Vec::new();
    for sql in [
        "SELECT timer, step, COALESCE(unit_code, ''), COUNT(*) FROM notices GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        "SELECT 'event', number, kind, COUNT(*) FROM ticket_events GROUP BY 2, 3 ORDER BY 2, 3",
        "SELECT 'job', kind, state, COUNT(*) FROM jobs GROUP BY 2, 3 ORDER BY 2, 3",
        "SELECT 'ticket', number, state, version FROM tickets ORDER BY 2",
    ] {
        all.extend(fetch_all!(tx, Row, sql).expect("rows"));
    }
    all
}

#[tokio::test]
async fn wherever_the_daemon_dies_each_reminder_is_given_once() {
    let hotline = county().await;
    let file = hotline.dir.path().join("minsheng.db");
    let copy = || {
        let dir = tempfile::tempdir().expect("directory");
        std::fs::copy(&file, dir.path().join("minsheng.db")).expect("copied");
        dir
    };
    // Past the lease of what a dead worker held.
    let restart = time(AFTER) + TimeDelta::minutes(2);
    let dir = copy();
    let undisturbed = start(dir.path(), time(AFTER)).await;
    undisturbed.settle().await.expect("settled");
    let expected = outcome(&undisturbed).await;
    let told = expected.iter().filter(|(timer, ..)| timer == "handle").count();
    assert!(told >= 6, "a whole ladder: {expected:?}");
    let mut steps = 0;
    loop {
        steps += 1;
        let dir = copy();
        let app = start(dir.path(), time(AFTER)).await;
        let ended = killed_after(steps, app.settle()).await;
        app.db.close().await;
        let again = start(dir.path(), restart).await;
        again.settle().await.expect("settled");
        assert_eq!(outcome(&again).await, expected, "killed after {steps} steps");
        again.db.close().await;
        if ended {
            break;
        }
    }
    assert!(steps > 20, "only {steps} steps");
}
