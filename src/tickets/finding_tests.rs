use super::*;
use crate::{
    fetch_one,
    tickets::rules::{Source, Ticket},
};

const PIECES: &str = "SELECT COUNT(DISTINCT segid) FROM ticket_search_idx";

#[tokio::test]
async fn pieces_of_the_index_grow_together_and_nothing_is_lost() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let db = db::Db::open("sqlite:test.db", dir.path()).await.expect("SQLite");
    let config = crate::config::Config::local(dir.path());
    let app = App::with_system_clock(db, config);
    for n in 0..14 {
        let ticket = Ticket {
            number: format!("260302100000{n:06}"),
            title: format!("停水第{n}天"),
            source: Source::Manual,
            ..Ticket::default()
        };
        let mut tx = app.db.begin().await.expect("begin");
        store::search::write(&mut tx, &ticket).await.expect("written");
        tx.commit().await.expect("commit");
    }
    let pieces = async || {
        let mut tx = app.db.read().await.expect("read");
        fetch_one!(tx, (i64,), PIECES).expect("count").0
    };
    assert_eq!(pieces().await, 14, "a step merges nothing");
    tidy(&app, async || {}).await.expect("tidied");
    assert_eq!(pieces().await, 1);
    let mut tx = app.db.read().await.expect("read");
    let found = "SELECT COUNT(*) FROM ticket_search WHERE ticket_search MATCH '\"停水\"'";
    assert_eq!(fetch_one!(tx, (i64,), found).expect("search").0, 14);
}
