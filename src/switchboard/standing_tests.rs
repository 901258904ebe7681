//! Spoiled rows in a whole county.

use super::*;
use crate::app::Registry;
use crate::clock::{MockClock, Rng};
use crate::config::Config;
use crate::provisioning;
use crate::switchboard::{addresses::Addresses, settings as switch_settings};

async fn county() -> (App, tempfile::TempDir) {
    let (db, dir) = db::fresh().await;
    let mut config = Config::local(dir.path());
    config.provisioning.dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("provisioning");
    let clock = MockClock::new("2026-03-02T02:00:00Z".parse().expect("time"));
    let app = App::new(db, clock.clock(), Rng::seeded(1), config, Registry::standard());
    provisioning::load(&app, &app.config.provisioning.dir)
        .await
        .expect("the shipped county");
    (app, dir)
}

async fn spoil(app: &App, kind: &str, name: &str, version: i64, body: &str) {
    let sql = "INSERT INTO settings (kind, name, version, body, at, by) VALUES ($1, $2, $3, $4, 0, 'disk')";
    let mut tx = app.db.begin().await.expect("transaction");
    crate::execute!(tx, sql, kind, name, version, body).expect("a row");
    tx.commit().await.expect("kept");
}

#[tokio::test]
async fn a_menu_that_cannot_be_read_falls_back_alone_and_is_told() {
    let (app, _dir) = county().await;
    let trunks = Addresses::new();
    let whole = switch_settings::read(&app, &trunks).await.expect("settings");
    assert_eq!(app.live.state().unreadable, []);
    spoil(&app, "menu", "default", 2, "{\"name\": \"default\", \"nodes").await;
    spoil(
        &app,
        "menu",
        "default",
        3,
        r#"{"name": "default", "start": "a", "nodes": {"a": {"type": "fly"}}}"#,
    )
    .await;
    spoil(&app, "queue", "general", 2, "[]").await;
    spoil(&app, "queue", "nobody-knows", 1, "").await;
    spoil(&app, "menu", "nobody-knows", 1, "null").await;
    spoil(&app, "lines", "lines", 2, r#"[{"number": "12345", "menu": 5}]"#).await;
    spoil(&app, "schedule", "service", 2, r#"{"name": 1}"#).await;
    spoil(&app, "limits", "nobody-knows", 1, "{}").await;
    let fallen = switch_settings::read(&app, &trunks).await.expect("settings");
    assert_eq!(fallen.schedules, whole.schedules);
    assert_eq!(fallen.flows, whole.flows);
    assert_eq!(fallen.queues, whole.queues);
    assert_eq!(fallen.lines, whole.lines);
    let told = app.live.state().unreadable.clone();
    let told: Vec<_> = told
        .iter()
        .map(|fault| (fault.kind, fault.name.as_str(), fault.version, fault.instead))
        .collect();
    assert_eq!(
        told,
        [
            ("menu", "default", 3, Some(1)),
            ("menu", "nobody-knows", 1, None),
            ("queue", "general", 2, Some(1)),
            ("queue", "nobody-knows", 1, None),
            ("schedule", "service", 2, Some(1)),
            ("lines", "lines", 2, Some(1)),
            ("limits", "nobody-knows", 1, None),
        ]
    );
}

#[tokio::test]
async fn a_menu_without_a_readable_version_is_the_shipped_one_and_a_line_to_none_is_answered_by_the_default()
{
    let (app, _dir) = county().await;
    let trunks = Addresses::new();
    let whole = switch_settings::read(&app, &trunks).await.expect("settings");
    let mut tx = app.db.begin().await.expect("transaction");
    let sql = "UPDATE settings SET body = '?' WHERE kind = 'menu' AND name = 'survey'";
    crate::execute!(tx, sql).expect("spoiled");
    tx.commit().await.expect("kept");
    spoil(&app, "menu", "../county", 1, "?").await;
    let lines = r#"[{"number": "12345", "menu": "../county"}]"#;
    spoil(&app, "lines", "lines", 2, lines).await;
    let fallen = switch_settings::read(&app, &trunks).await.expect("settings");
    assert_eq!(fallen.flows["survey"].nodes, whole.flows["survey"].nodes);
    let line = fallen.lines.first().expect("a line");
    assert_eq!(
        (line.numbers.as_slice(), line.flow.as_str()),
        (["12345".to_owned()].as_slice(), "default")
    );
    let told = app.live.state().unreadable.clone();
    let told: Vec<_> = told
        .iter()
        .map(|fault| (fault.name.as_str(), fault.is_shipped))
        .collect();
    assert_eq!(told, [("../county", false), ("survey", true)]);
}
