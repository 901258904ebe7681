use super::*;
use crate::execute;

/// A database with rows of every type, also of a table that refers to another.
async fn source(dir: &Path) -> String {
    let db = crate::db::Db::open("sqlite:from.db", dir).await.expect("source");
    let mut tx = db.begin().await.expect("begin");
    let article = "INSERT INTO articles (id, version, title, body, reply_template, created_at, updated_at, updated_by) \
                   VALUES (7, 1, '停水', '', '', 1, 2, 'provisioning')";
    let version = "INSERT INTO article_versions (article_id, version, title, body, reply_template, at, by) \
                   VALUES (7, 1, '停水', 'O''Brien', '', 9223372036854775807, '')";
    let term = "INSERT INTO article_terms (term, article_id, in_title) VALUES ('停水', 7, TRUE)";
    let prompt = "INSERT INTO prompt_recordings (name, text, source, duration_ms, loudness, at, by) \
                  VALUES ('a', '', 'reset', 0, -19.25, 5, 'x')";
    for sql in [article, version, term, prompt] {
        execute!(tx, sql).expect("written");
    }
    for n in 0..1203 {
        execute!(
            tx,
            "INSERT INTO events (at, topic, key, payload) VALUES ($1, 't', '', '{}')",
            n
        )
        .expect("event");
    }
    execute!(tx, "DELETE FROM events WHERE at > 1200").expect("deleted");
    tx.commit().await.expect("commit");
    db.close().await;
    "sqlite:from.db".into()
}

fn rows(moved: &[Moved], table: &str) -> u64 {
    let found = moved.iter().find(|moved| moved.table == table);
    found.expect("the table").sum.rows
}

#[tokio::test]
async fn every_row_arrives_and_numbers_are_not_given_twice() {
    let dir = tempfile::tempdir().expect("directory");
    let from = source(dir.path()).await;
    let mut told = 0;
    let moved = transfer(&from, "sqlite:to.db", dir.path(), |_| told += 1)
        .await
        .expect("moved");
    assert_eq!(told, moved.len());
    assert_eq!(
        (rows(&moved, "events"), rows(&moved, "article_versions")),
        (1201, 1)
    );
    let db = crate::db::Db::open("sqlite:to.db", dir.path())
        .await
        .expect("target");
    let mut tx = db.begin().await.expect("begin");
    let sql = "INSERT INTO events (at, topic, key, payload) VALUES (1, 't', '', '{}') RETURNING seq";
    assert_eq!(crate::scalar!(tx, i64, sql).expect("number"), 1204);
    let real = crate::scalar!(tx, f64, "SELECT loudness FROM prompt_recordings").expect("real");
    assert_eq!(real, -19.25);
    let form = crate::scalar!(tx, i64, "SELECT form FROM ticket_search_form").expect("form");
    assert_eq!(form, 0, "the index of words is made anew");
}

#[tokio::test]
async fn a_target_that_holds_something_is_left_as_it_is() {
    let dir = tempfile::tempdir().expect("directory");
    let from = source(dir.path()).await;
    transfer(&from, "sqlite:to.db", dir.path(), |_| {})
        .await
        .expect("moved");
    let again = transfer(&from, "sqlite:to.db", dir.path(), |_| {}).await;
    assert!(matches!(again, Err(Error::NotEmpty(_))), "{again:?}");
}

#[tokio::test]
async fn a_source_of_another_schema_is_refused_untouched() {
    let dir = tempfile::tempdir().expect("directory");
    let nothing = transfer("sqlite:none.db", "sqlite:to.db", dir.path(), |_| {}).await;
    assert!(matches!(nothing, Err(Error::NotOurs(_))), "{nothing:?}");
    assert!(!dir.path().join("to.db").exists(), "nothing is made for nothing");
    let from = source(dir.path()).await;
    let db = crate::db::Db::open(&from, dir.path()).await.expect("source");
    let mut tx = db.begin().await.expect("begin");
    execute!(
        tx,
        "DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)"
    )
    .expect("older");
    tx.commit().await.expect("commit");
    db.close().await;
    let old = transfer(&from, "sqlite:to.db", dir.path(), |_| {}).await;
    assert!(matches!(old, Err(Error::Older(..))), "{old:?}");
}

#[tokio::test]
async fn a_sum_knows_rows_apart_and_minds_no_order() {
    let text = |text: &str| Cell::Text(Some(text.into()));
    let sum = |rows: &[Vec<Cell>]| {
        let mut sum = Sum::default();
        rows.iter().for_each(|row| sum.add(row));
        sum
    };
    let (a, b) = (vec![text("a"), text("bc")], vec![text("ab"), text("c")]);
    assert_ne!(sum(std::slice::from_ref(&a)), sum(std::slice::from_ref(&b)));
    assert_eq!(sum(&[a.clone(), b.clone()]), sum(&[b, a.clone()]));
    assert_ne!(
        sum(&[a.clone(), a.clone()]),
        sum(&[]),
        "twice the same is not nothing"
    );
    let (empty, none) = (vec![text("")], vec![Cell::Text(None)]);
    assert_ne!(sum(&[empty]), sum(&[none]));
}

/// With a server at hand: there and back again, and both ends hold the same.
#[tokio::test]
async fn a_hotline_goes_to_postgresql_and_comes_back() {
    let Ok(server) = std::env::var("MINSHENG_TEST_POSTGRES") else {
        use std::io::Write as _;
        // Not `eprintln!`, which a test that passes keeps to itself.
        let _ = writeln!(
            std::io::stderr(),
            "NOT RUN: transfer to PostgreSQL, MINSHENG_TEST_POSTGRES names no server"
        );
        return;
    };
    let dir = tempfile::tempdir().expect("directory");
    let from = source(dir.path()).await;
    let schema = format!("transfer_{}", std::process::id());
    let db = crate::db::Db::open_postgres_schema(&server, &schema)
        .await
        .expect("schema");
    db.close().await;
    let sign = if server.contains('?') { '&' } else { '?' };
    let there = format!("{server}{sign}options[search_path]={schema}");
    let went = transfer(&from, &there, dir.path(), |_| {}).await.expect("there");
    let came = transfer(&there, "sqlite:back.db", dir.path(), |_| {})
        .await
        .expect("back");
    let same = |moved: &Moved| moved.table != "ticket_search_form";
    let (went, came): (Vec<_>, Vec<_>) = (
        went.iter().filter(|m| same(m)).collect(),
        came.iter().filter(|m| same(m)).collect(),
    );
    assert_eq!(went, came);
    let again = transfer(&from, &there, dir.path(), |_| {}).await;
    assert!(matches!(again, Err(Error::NotEmpty(_))), "{again:?}");
    let file = dir.path().join("snapshot.db");
    snapshot(&there, dir.path(), &file).await.expect("a snapshot");
    assert_eq!(counts(&file).await.expect("counts")["events"], 1201);
}
