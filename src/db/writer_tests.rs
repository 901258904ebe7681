use futures::poll;

use super::super::{Db, Error, Tx};
use crate::{
    execute, fetch_one,
    news::{Audience, News},
    scalar,
};

async fn open() -> (Db, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("temporary directory");
    let db = Db::open("sqlite:test.db", dir.path()).await.expect("SQLite");
    (db, dir)
}

async fn write(tx: &mut Tx, key: &'static str) {
    execute!(tx, "INSERT INTO county (key, value) VALUES ($1, 'v')", key).expect("insert");
    tx.tell(News {
        kind: key,
        data: serde_json::Value::Null,
        audience: Audience::Everyone,
    });
}

async fn stored(db: &Db) -> i64 {
    let mut tx = db.read().await.expect("read");
    scalar!(tx, i64, "SELECT COUNT(*) FROM county").expect("count")
}

/// Two turns: the first is done and waits for the commit, the second runs.
macro_rules! one_behind_the_other {
    ($db:ident, $first:ident, $second:ident) => {
        let mut first = $db.begin().await.expect("begin");
        let mut waiting = std::pin::pin!($db.begin());
        assert!(poll!(waiting.as_mut()).is_pending());
        write(&mut first, "first").await;
        let mut $first = Box::pin(first.commit());
        assert!(poll!($first.as_mut()).is_pending());
        let $second = waiting.await.expect("the second's turn");
    };
}

#[tokio::test]
async fn who_waits_for_the_writer_is_in_the_same_commit() {
    let (db, _dir) = open().await;
    let mut ear = db.signals().listen();
    one_behind_the_other!(db, first, second);
    let mut second = second;
    write(&mut second, "second").await;
    assert!(
        poll!(first.as_mut()).is_pending(),
        "nothing is promised before the commit"
    );
    assert_eq!(stored(&db).await, 0);
    let second = second.commit();
    let (first, second) = futures::join!(first, second);
    first.expect("committed");
    second.expect("committed");
    assert_eq!(stored(&db).await, 2);
    let told = [
        ear.recv().await.expect("news").kind,
        ear.recv().await.expect("news").kind,
    ];
    assert_eq!(told, ["first", "second"], "news in the order of the turns");
}

#[tokio::test]
async fn a_turn_that_is_dropped_undoes_only_itself() {
    let (db, _dir) = open().await;
    one_behind_the_other!(db, first, second);
    let mut second = second;
    write(&mut second, "second").await;
    drop(second);
    first.await.expect("committed");
    assert_eq!(stored(&db).await, 1);
    let mut next = db.begin().await.expect("begin");
    write(&mut next, "second").await;
    next.commit().await.expect("commit");
    assert_eq!(stored(&db).await, 2);
}

#[tokio::test]
async fn a_commit_nobody_waits_for_any_more_is_one_all_the_same() {
    let (db, _dir) = open().await;
    one_behind_the_other!(db, first, second);
    drop(first);
    second.rollback().await.expect("rolled back");
    db.checkpoint().await.expect("after all turns");
    assert_eq!(stored(&db).await, 1);
}

#[tokio::test]
async fn when_the_disk_is_full_nobody_in_the_commit_is_told_of_success() {
    let (db, _dir) = open().await;
    let mut tx = db.begin().await.expect("begin");
    let (pages,) = fetch_one!(tx, (i64,), "PRAGMA page_count").expect("pages");
    let limit = format!("PRAGMA max_page_count = {}", pages + 1);
    execute!(tx, sqlx::AssertSqlSafe(limit.clone())).expect("limit");
    tx.commit().await.expect("commit");
    one_behind_the_other!(db, first, second);
    let mut second = second;
    let big = "x".repeat(100_000);
    execute!(second, "INSERT INTO county (key, value) VALUES ('big', $1)", &big).expect_err("full");
    let second = second.commit().await;
    let first = first.await;
    // SQLite may undo the one statement or everything; either way what is told is what is stored.
    let told = i64::from(first.is_ok());
    assert_eq!(stored(&db).await, told, "{first:?} {second:?}");
    let mut next = db.begin().await.expect("the writer works on");
    execute!(next, "PRAGMA max_page_count = 1000000").expect("room");
    write(&mut next, "next").await;
    next.commit().await.expect("commit");
    assert_eq!(stored(&db).await, told + 1);
}

#[tokio::test]
async fn a_fault_that_shows_at_the_commit_is_told_to_whoever_is_alone_in_it() {
    let (db, _dir) = open().await;
    let orphan = "INSERT INTO duties (class_code, area, unit_code, co_units, basis, note, position) \
                  VALUES ('no class', '', 'no unit', '', '', '', 0)";
    let mut tx = db.begin().await.expect("begin");
    execute!(tx, orphan).expect("checked at the end");
    let error = tx.commit().await.expect_err("refused");
    assert!(matches!(error, Error::Constraint { .. }), "{error:?}");
    one_behind_the_other!(db, first, second);
    let mut second = second;
    execute!(second, orphan).expect("checked at the end");
    let second = second.commit().await.expect_err("refused");
    let first = first.await.expect_err("refused with it");
    assert!(
        first.is_temporary() && second.is_temporary(),
        "{first:?} {second:?}"
    );
    assert_eq!(stored(&db).await, 0);
    let mut again = db.begin().await.expect("begin");
    write(&mut again, "first").await;
    again.commit().await.expect("alone it is stored");
}

#[tokio::test]
async fn who_stops_waiting_for_the_writer_is_not_waited_for() {
    let (db, _dir) = open().await;
    let tx = db.begin().await.expect("begin");
    let mut waiting = Box::pin(db.begin());
    assert!(poll!(waiting.as_mut()).is_pending());
    drop(waiting);
    tx.commit().await.expect("commit");
    db.begin().await.expect("the writer is free");
}

#[tokio::test]
async fn the_log_is_folded_back_while_transactions_follow_each_other() {
    let (db, dir) = open().await;
    let big = "x".repeat(40_000);
    let (mut largest, mut written) = (0, 0);
    for n in 0..640 {
        let mut tx = db.begin().await.expect("begin");
        let sql = "INSERT INTO county (key, value) VALUES ($1, $2)";
        execute!(tx, sql, format!("key {n}"), &big).expect("insert");
        tx.commit().await.expect("commit");
        written += big.len() as u64;
        let log = std::fs::metadata(dir.path().join("test.db-wal")).expect("a log");
        largest = largest.max(log.len());
    }
    assert!(largest < written / 2, "{largest} of {written} bytes");
    assert_eq!(stored(&db).await, 640);
    db.close().await;
}
