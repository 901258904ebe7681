use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

static SCHEMAS: AtomicU64 = AtomicU64::new(0);

/// A fresh database: PostgreSQL when `MINSHENG_TEST_POSTGRES` names a server, SQLite in a directory that lives as long as the guard.
pub(crate) async fn fresh() -> (Db, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("temporary directory");
    let db = match std::env::var("MINSHENG_TEST_POSTGRES") {
        Ok(url) => {
            let schema = format!(
                "unit_{}_{}",
                std::process::id(),
                SCHEMAS.fetch_add(1, Ordering::Relaxed)
            );
            Db::open_postgres_schema(&url, &schema).await.expect("PostgreSQL")
        }
        Err(_) => Db::open("sqlite:test.db", dir.path()).await.expect("SQLite"),
    };
    (db, dir)
}

async fn write_county(db: &Db, key: &str) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    execute!(tx, "INSERT INTO county (key, value) VALUES ($1, $2)", key, "v")?;
    tx.commit().await
}

async fn county_rows(db: &Db) -> i64 {
    let mut tx = db.read().await.expect("read");
    scalar!(tx, i64, "SELECT COUNT(*) FROM county").expect("count")
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing() {
    let (db, _dir) = fresh().await;
    let mut tx = db.begin().await.expect("begin");
    execute!(tx, "INSERT INTO county (key, value) VALUES ($1, $2)", "a", "b").expect("insert");
    drop(tx);
    assert_eq!(county_rows(&db).await, 0);
}

#[tokio::test]
async fn the_same_text_reads_and_writes_on_either_database() {
    let (db, _dir) = fresh().await;
    let mut tx = db.begin().await.expect("begin");
    let sql = "INSERT INTO events (at, topic, key, payload) VALUES ($1, $2, $3, $4) RETURNING seq, topic";
    let (seq, topic) = fetch_one!(tx, (i64, String), sql, 5_i64, "t", "k", "{}").expect("insert");
    assert!(seq > 0);
    assert_eq!(topic, "t");
    let none = fetch_optional!(tx, (i64,), "SELECT seq FROM events WHERE key = $1", "other").expect("select");
    assert!(none.is_none());
    tx.commit().await.expect("commit");
}

#[tokio::test]
async fn a_reader_may_not_write() {
    let (db, _dir) = fresh().await;
    let mut tx = db.read().await.expect("read");
    assert!(execute!(tx, "INSERT INTO county (key, value) VALUES ($1, $2)", "a", "b").is_err());
}

#[tokio::test]
async fn a_second_row_with_the_same_key_is_a_unique_violation() {
    let (db, _dir) = fresh().await;
    write_county(&db, "a").await.expect("first");
    let error = write_county(&db, "a").await.expect_err("second");
    assert!(error.is_unique_violation(), "{error:?}");
    assert!(!error.is_temporary());
}

#[tokio::test]
async fn news_is_told_after_the_commit_and_never_after_a_rollback() {
    let (db, _dir) = fresh().await;
    let mut ear = db.signals().listen();
    let item = News {
        kind: "call",
        data: serde_json::json!({}),
        audience: crate::news::Audience::Everyone,
    };
    let mut tx = db.begin().await.expect("begin");
    tx.tell(item.clone());
    assert!(ear.try_recv().is_err());
    tx.rollback().await.expect("rollback");
    assert!(ear.try_recv().is_err());
    let mut tx = db.begin().await.expect("begin");
    tx.tell(item);
    tx.commit().await.expect("commit");
    assert_eq!(ear.try_recv().expect("news").kind, "call");
}

#[tokio::test]
async fn a_full_disk_is_a_temporary_refusal_and_writing_goes_on_when_there_is_room() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let db = Db::open("sqlite:test.db", dir.path()).await.expect("SQLite");
    let mut tx = db.begin().await.expect("begin");
    // The database may not grow: to SQLite that is a full disk.
    let (pages,) = fetch_one!(tx, (i64,), "PRAGMA page_count").expect("pages");
    execute!(
        tx,
        sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"))
    )
    .expect("limit");
    tx.commit().await.expect("commit");
    let mut tx = db.begin().await.expect("begin");
    let big = "x".repeat(100_000);
    let error =
        execute!(tx, "INSERT INTO county (key, value) VALUES ($1, $2)", "big", &big).expect_err("full");
    assert!(error.is_temporary(), "{error:?}");
    drop(tx);
    let mut tx = db.begin().await.expect("begin");
    // Whether this is the old connection or a fresh one, there is room again.
    execute!(tx, "PRAGMA max_page_count = 1000000").expect("room");
    execute!(tx, "INSERT INTO county (key, value) VALUES ($1, $2)", "big", &big).expect("insert");
    tx.commit().await.expect("commit");
    assert_eq!(county_rows(&db).await, 1);
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let db = Db::open("sqlite:test.db", dir.path()).await.expect("SQLite");
    write_county(&db, "a").await.expect("write");
    db.checkpoint().await.expect("checkpoint");
    db.close().await;
    let db = Db::open("sqlite:test.db", dir.path())
        .await
        .expect("SQLite again");
    assert_eq!(county_rows(&db).await, 1);
}
