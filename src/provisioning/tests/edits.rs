//! What was edited in the console, and what a folder says later.

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

use super::*;
use crate::{
    calendar::{Year, limits::Profile},
    settings::{self, Edit, Kind, LIMITS_CHOICE, Versioned},
};

const ADMIN: &str = "admin1";

async fn newest<T: DeserializeOwned>(app: &App, kind: Kind, name: &str) -> Versioned<T> {
    let mut tx = app.db.read().await.expect("read");
    let found = settings::current(&mut tx, kind, name).await.expect("settings");
    found.expect("a document")
}

async fn edit<T: Serialize + DeserializeOwned>(
    app: &App,
    kind: Kind,
    name: &str,
    change: impl FnOnce(&mut T),
) {
    let mut body = newest::<T>(app, kind, name).await.body;
    change(&mut body);
    enter(app, kind, name, &body).await;
}

async fn enter<T: Serialize>(app: &App, kind: Kind, name: &str, body: &T) {
    let mut tx = app.db.begin().await.expect("begin");
    let now: DateTime<Utc> = app.clock.now();
    let edit = Edit {
        kind,
        name,
        now,
        by: ADMIN,
    };
    settings::save(&mut tx, edit, body, None).await.expect("saved");
    tx.commit().await.expect("commit");
}

fn chosen(profile: &str) -> Chosen {
    Chosen {
        profile: profile.to_owned(),
    }
}

/// One of each kind, as an administrator would have it.
async fn edit_all(app: &App) {
    edit::<Flow>(app, Kind::Menu, "default", |flow| flow.title = "本县流程".into()).await;
    edit::<Queue>(app, Kind::Queue, "general", |queue| queue.ring_seconds = 33).await;
    edit::<Schedule>(app, Kind::Schedule, "seats", |seats| {
        seats.workdays = vec!["08:00-12:00".into()];
    })
    .await;
    edit::<Profile>(app, Kind::Limits, "shandong", |profile| {
        profile.extension.times = 3
    })
    .await;
    enter(app, Kind::LimitsChoice, LIMITS_CHOICE, &chosen("weihai")).await;
    let day = calendar_day("2026-12-31");
    enter(app, Kind::Calendar, "2026", &Year { days: vec![day] }).await;
}

fn calendar_day(date: &str) -> crate::calendar::YearDay {
    crate::calendar::YearDay {
        date: date.parse().expect("date"),
        name: "本县节".into(),
        off: true,
    }
}

const EDITED: [(Kind, &str); 6] = [
    (Kind::Schedule, "seats"),
    (Kind::Limits, "shandong"),
    (Kind::LimitsChoice, LIMITS_CHOICE),
    (Kind::Queue, "general"),
    (Kind::Menu, "default"),
    (Kind::Calendar, "2026"),
];

fn names(items: &[Item]) -> Vec<(Kind, &str)> {
    items.iter().map(|item| (item.kind, item.name.as_str())).collect()
}

async fn forget(app: &App, key: &str) {
    let mut tx = app.db.begin().await.expect("begin");
    crate::execute!(tx, "DELETE FROM provisioning WHERE key = $1", key).expect("forgotten");
    tx.commit().await.expect("commit");
}

#[tokio::test]
async fn edits_stay_while_the_folder_says_the_same_and_are_told() {
    let (app, _dir) = start().await;
    load(&app, &shipped()).await.expect("first");
    edit_all(&app).await;
    for _ in 0..2 {
        let changes = load(&app, &shipped()).await.expect("again").changes;
        assert_eq!(names(&changes.kept), EDITED);
        assert_eq!(changes.replaced, []);
        assert_eq!(changes.kept[0].before.version, 2);
        assert_eq!(changes.kept[0].before.by, ADMIN);
    }
    for (kind, name) in EDITED {
        let found = newest::<serde_json::Value>(&app, kind, name).await;
        assert_eq!(found.updated_by, ADMIN, "{name}");
    }
    let queue = newest::<Queue>(&app, Kind::Queue, "general").await.body;
    assert_eq!(queue.ring_seconds, 33);
}

#[tokio::test]
async fn a_folder_with_news_wins_by_a_new_version_and_the_edit_can_be_brought_back() {
    let (app, _dir) = start().await;
    load(&app, &shipped()).await.expect("first");
    edit_all(&app).await;
    let county = copy();
    let dir = county.path();
    spoil(dir, "menus/default.toml", "title = \"", "title = \"新");
    spoil(dir, "queues.toml", "ring_seconds = 20", "ring_seconds = 25");
    spoil(dir, "schedules.toml", "08:30-12:00", "08:45-12:00");
    spoil(dir, "limits/shandong.toml", "times = 1", "times = 2");
    spoil(dir, "county.toml", "\"shandong\"", "\"linyi\"");
    spoil(dir, "calendar/2026.json", "元旦", "新年");
    let changes = load(&app, dir).await.expect("again").changes;
    assert_eq!(changes.kept, []);
    assert_eq!(names(&changes.replaced), EDITED);
    assert!(changes.replaced.iter().all(|item| item.before.edited));
    let profile = newest::<Profile>(&app, Kind::Limits, "shandong").await;
    assert_eq!((profile.version, profile.body.extension.times), (3, 2));
    assert_eq!(profile.updated_by, "provisioning");
    let mut tx = app.db.read().await.expect("read");
    assert_eq!(
        crate::calendar::profile(&mut tx).await.expect("profile").name,
        "linyi"
    );
    let edited = settings::earlier(&mut tx, Kind::Limits, "shandong", 2)
        .await
        .expect("kept");
    assert_eq!(edited["extension"]["times"], 3);
    let again = load(&app, dir).await.expect("once more").changes;
    assert_eq!(again, Changes::default(), "it is in force");
}

#[tokio::test]
async fn what_nobody_edited_follows_the_folder_each_for_itself() {
    let (app, _dir) = start().await;
    load(&app, &shipped()).await.expect("first");
    edit::<Queue>(&app, Kind::Queue, "hrss", |queue| queue.ring_seconds = 33).await;
    let county = copy();
    spoil(
        county.path(),
        "queues.toml",
        "ring_seconds = 20",
        "ring_seconds = 25",
    );
    let changes = load(&app, county.path()).await.expect("again").changes;
    assert_eq!(names(&changes.replaced), [(Kind::Queue, "general")]);
    assert!(!changes.replaced[0].before.edited);
    assert_eq!(names(&changes.kept), [(Kind::Queue, "hrss")]);
}

#[tokio::test]
async fn a_comment_in_the_folder_is_no_news() {
    let (app, _dir) = start().await;
    load(&app, &shipped()).await.expect("first");
    edit_all(&app).await;
    let county = copy();
    spoil(
        county.path(),
        "limits/shandong.toml",
        "[count]",
        "# 本县\n[count]",
    );
    spoil(
        county.path(),
        "queues.toml",
        "ring_seconds = 20",
        "ring_seconds  =  20 # 秒",
    );
    let changes = load(&app, county.path()).await.expect("again").changes;
    assert_eq!(changes.replaced, []);
}

#[tokio::test]
async fn a_database_of_before_knows_edits_by_their_author() {
    let (app, _dir) = start().await;
    load(&app, &shipped()).await.expect("first");
    edit::<Queue>(&app, Kind::Queue, "general", |queue| queue.ring_seconds = 33).await;
    enter(
        &app,
        Kind::Calendar,
        "2026",
        &Year {
            days: vec![calendar_day("2026-12-31")],
        },
    )
    .await;
    // Earlier releases noted nothing of single documents.
    for key in ["queue/general", "limits/shandong", "calendar/2026"] {
        forget(&app, key).await;
    }
    let county = copy();
    spoil(
        county.path(),
        "queues.toml",
        "ring_seconds = 20",
        "ring_seconds = 25",
    );
    spoil(county.path(), "limits/shandong.toml", "times = 1", "times = 2");
    let changes = load(&app, county.path()).await.expect("again").changes;
    assert_eq!(names(&changes.replaced), [(Kind::Limits, "shandong")]);
    assert_eq!(
        names(&changes.kept),
        [(Kind::Queue, "general"), (Kind::Calendar, "2026")]
    );
    // From now on it is known what the folder said.
    spoil(
        county.path(),
        "queues.toml",
        "ring_seconds = 25",
        "ring_seconds = 26",
    );
    let changes = load(&app, county.path()).await.expect("once more").changes;
    assert_eq!(names(&changes.replaced), [(Kind::Queue, "general")]);
}

#[tokio::test]
async fn loading_again_mends_what_cannot_be_read_without_losing_an_edit() {
    let (app, _dir) = start().await;
    load(&app, &shipped()).await.expect("first");
    edit::<Queue>(&app, Kind::Queue, "general", |queue| queue.ring_seconds = 33).await;
    for name in ["general", "hrss"] {
        enter(&app, Kind::Queue, name, &"spoiled").await;
    }
    load(&app, &shipped()).await.expect("again");
    let mut tx = app.db.read().await.expect("read");
    let queues = settings::standing(&mut tx, Kind::Queue, |body| serde_json::from_str::<Queue>(body))
        .await
        .expect("queues");
    assert_eq!(queues.unreadable, []);
    let general = queues.documents.iter().find(|queue| queue.name == "general");
    assert_eq!(general.map(|queue| queue.body.ring_seconds), Some(33));
}

#[tokio::test]
async fn an_entered_year_is_no_document_of_the_folder_before_somebody_enters_it() {
    let (app, _dir) = start().await;
    load(&app, &shipped()).await.expect("first");
    let versions = "SELECT COUNT(*) FROM settings WHERE kind = 'calendar'";
    assert_eq!(count(&app.db, versions).await, 0);
}
