use super::*;
use crate::app::Registry;
use crate::clock::{MockClock, Rng};
use crate::config::Config;
use crate::db::Db;
use crate::{execute, fetch_one};

async fn app() -> (App, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("temporary directory");
    let config = Config::local(dir.path());
    let db = Db::open(&config.database.url, dir.path())
        .await
        .expect("database");
    let clock = MockClock::new("2026-03-02T02:00:00Z".parse().expect("time"));
    let app = App::new(db, clock.clock(), Rng::seeded(1), config, Registry::standard());
    (app, dir)
}

fn started(app: &App, id: u64) -> Entry {
    Entry::Call(Change {
        call_id: format!("{id:016x}"),
        at: app.clock.now(),
        what: What::Started {
            direction: Direction::Inbound,
            purpose: Purpose::Hotline,
            caller: "13800000001".into(),
            caller_kind: "mobile".into(),
            caller_private: false,
            caller_display: None,
            called: "12345".into(),
            trunk: Some("carrier".into()),
            menu: "default".into(),
            diverted_from: None,
            ticket_number: None,
        },
    })
}

#[tokio::test]
async fn what_the_database_refuses_for_good_holds_up_no_other_call() {
    let (app, _dir) = app().await;
    let mut tx = app.db.begin().await.expect("begin");
    let poison = "CREATE TRIGGER poison BEFORE INSERT ON calls WHEN NEW.id = '0000000000000002' \
                  BEGIN SELECT RAISE(ABORT, 'poison'); END";
    execute!(tx, poison).expect("trigger");
    tx.commit().await.expect("commit");
    let (changes, queue) = mpsc::unbounded_channel();
    for id in 1..=3 {
        assert!(changes.send(started(&app, id)).is_ok());
    }
    drop(changes);
    keep(app.clone(), queue).await;
    let mut tx = app.db.read().await.expect("read");
    let kept = fetch_one!(tx, (i64,), "SELECT COUNT(*) FROM calls").expect("count");
    assert_eq!(kept.0, 2);
}
