//! The audit log through the doors: what is written down, and that no tampering goes unseen.

mod support;

use chrono::TimeDelta;
use minsheng::{
    accounts::Role,
    audit::{
        Link,
        verify::{Report, verify},
    },
    calls::{self, Outcome, What},
    db::{Db, Tx},
    execute,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{Client, PASSWORD, TestApp, journey::Journey};

async fn entries(client: &Client, query: &str) -> Vec<Value> {
    let (status, page) = client.get(&format!("/api/v1/audit?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["items"].as_array().expect("items").clone()
}

async fn ticket(client: &Client) -> String {
    let fields = json!({"title": "路灯不亮", "content": "东街路灯不亮", "contact_phone": "13800001111"});
    let (status, made) = client.post("/api/v1/tickets", &fields).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made["number"].as_str().expect("number").to_owned()
}

async fn checked(hotline: &TestApp) -> Report {
    verify(&hotline.app, None).await.expect("verified")
}

fn reason(report: &Report) -> String {
    report.first_break.clone().expect("a break").reason
}

/// Like somebody who owns the database: the triggers stop everybody else.
async fn tamper(hotline: &TestApp, sql: &'static str) {
    let mut tx = hotline.app.db.begin().await.expect("begin");
    drop_triggers(&mut tx).await;
    assert!(execute!(tx, sql).expect("tampered") > 0, "{sql}");
    tx.commit().await.expect("commit");
}

async fn drop_triggers(tx: &mut Tx) {
    let (update, delete) = if tx.is_postgres() {
        (
            "DROP TRIGGER audit_log_no_update ON audit_log",
            "DROP TRIGGER audit_log_no_delete ON audit_log",
        )
    } else {
        (
            "DROP TRIGGER audit_log_no_update",
            "DROP TRIGGER audit_log_no_delete",
        )
    };
    execute!(tx, update).expect("dropped");
    execute!(tx, delete).expect("dropped");
}

#[tokio::test]
async fn every_write_is_on_record_with_who_what_and_how_it_ended() {
    let hotline = TestApp::start().await;
    let operator = hotline.client(Role::Operator).await;
    let admin = hotline.client(Role::Admin).await;
    let number = ticket(&operator).await;
    let (status, _) = operator
        .post(
            &format!("/api/v1/tickets/{number}/judge"),
            &json!({"verdict": "close", "ground": "x"}),
        )
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);

    let made = entries(&admin, "action=ticket.create").await;
    assert_eq!(made.len(), 1);
    let expected = json!({"actor": "operator", "role": "operator", "address": "127.0.0.1", "object_kind": "ticket",
        "object_id": number, "outcome": "done"});
    for (name, value) in expected.as_object().expect("object") {
        assert_eq!(&made[0][name], value, "{name}");
    }
    assert_eq!(
        made[0]["detail"]["fields"],
        json!(["title", "content", "contact_phone"])
    );
    let refused = entries(
        &admin,
        &format!("object_kind=ticket&object_id={number}&action=ticket.judge"),
    )
    .await;
    assert_eq!(refused[0]["outcome"], "refused");
    assert_eq!(refused[0]["detail"]["status"], 403);
    let everything = entries(&admin, "").await;
    assert!(
        !json!(everything).to_string().contains("13800001111"),
        "no citizen's data in the log"
    );
}

#[tokio::test]
async fn log_ins_are_on_record_also_those_that_fail() {
    let hotline = TestApp::start().await;
    let stranger = hotline.stranger();
    for password in ["wrong-password", PASSWORD] {
        let given = json!({"username": "operator", "password": password});
        stranger.post("/api/v1/session", &given).await;
    }
    let admin = hotline.client(Role::Admin).await;
    let found = entries(&admin, "action=session.create&actor=operator").await;
    let outcomes: Vec<_> = found.iter().map(|entry| entry["outcome"].clone()).collect();
    assert_eq!(outcomes, ["done", "refused"]);
    assert!(!json!(found).to_string().contains("wrong-password"));
}

#[tokio::test]
async fn a_look_at_a_ticket_is_on_record_once_for_as_long_as_the_page_is_open() {
    let hotline = TestApp::start().await;
    let operator = hotline.client(Role::Operator).await;
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let admin = hotline.client(Role::Admin).await;
    let number = ticket(&operator).await;
    for _ in 0..3 {
        dispatcher.get(&format!("/api/v1/tickets/{number}")).await;
    }
    let query = format!("object_kind=ticket&object_id={number}&action=ticket.read");
    assert_eq!(entries(&admin, &query).await.len(), 1);
    hotline.advance(chrono::TimeDelta::minutes(11)).await;
    dispatcher.get(&format!("/api/v1/tickets/{number}")).await;
    assert_eq!(entries(&admin, &query).await.len(), 2);
}

#[tokio::test]
async fn only_those_who_watch_over_others_read_the_log() {
    let hotline = TestApp::start().await;
    for role in Role::ALL {
        let may = matches!(role, Role::Admin | Role::Supervisor);
        let expected = if may {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        };
        let client = hotline.client(role).await;
        assert_eq!(client.get("/api/v1/audit").await.0, expected, "{role}");
        let verified = client.post("/api/v1/audit/verify", &json!({})).await;
        assert_eq!(verified.0, expected, "{role}");
        if may {
            assert_eq!(verified.1["first_break"], Value::Null);
        }
    }
}

#[tokio::test]
async fn a_log_left_alone_is_whole_and_pages_to_its_beginning() {
    let hotline = TestApp::start().await;
    assert!(checked(&hotline).await.is_whole(), "an empty log");
    let operator = hotline.client(Role::Operator).await;
    let admin = hotline.client(Role::Admin).await;
    for _ in 0..3 {
        ticket(&operator).await;
    }
    let report = checked(&hotline).await;
    assert!(report.is_whole(), "{report:?}");
    assert_eq!(report.entries, 3);
    let (_, first) = admin.get("/api/v1/audit?limit=2").await;
    let cursor = first["next_cursor"].as_str().expect("a further page");
    let rest = entries(&admin, &format!("limit=2&cursor={cursor}")).await;
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["seq"], 1);
}

#[tokio::test]
async fn the_database_refuses_to_change_or_remove_a_row() {
    let hotline = TestApp::start().await;
    ticket(&hotline.client(Role::Operator).await).await;
    for sql in ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log"] {
        let mut tx = hotline.app.db.begin().await.expect("begin");
        assert!(execute!(tx, sql).is_err(), "{sql}");
    }
    assert!(checked(&hotline).await.is_whole());
}

#[tokio::test]
async fn a_changed_row_is_named() {
    let hotline = five_rows().await;
    tamper(&hotline, "UPDATE audit_log SET actor = 'somebody' WHERE seq = 3").await;
    let report = checked(&hotline).await;
    assert_eq!(report.first_break.as_ref().map(|found| found.seq), Some(3));
    assert!(reason(&report).contains("被改动"), "{report:?}");
}

#[tokio::test]
async fn a_row_removed_in_the_middle_is_named() {
    let hotline = five_rows().await;
    tamper(&hotline, "DELETE FROM audit_log WHERE seq = 2").await;
    assert_eq!(reason(&checked(&hotline).await), "第 2 条记录缺失（被删除）");
}

#[tokio::test]
async fn the_last_rows_cannot_be_cut_off_unseen() {
    let hotline = five_rows().await;
    let noted: Link = checked(&hotline).await.head.parse().expect("a head");
    tamper(&hotline, "DELETE FROM audit_log WHERE seq > 3").await;
    assert!(reason(&checked(&hotline).await).contains("末尾的记录被删除"));
    // Whoever also moves the head has no key to seal it with.
    let mut tx = hotline.app.db.begin().await.expect("begin");
    let sql = "UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit_log WHERE seq = 3)";
    execute!(tx, sql).expect("moved");
    tx.commit().await.expect("commit");
    assert!(reason(&checked(&hotline).await).contains("封印不符"));
    let report = verify(&hotline.app, Some(noted)).await.expect("verified");
    assert!(reason(&report).contains("末尾的记录被删除"));
}

#[tokio::test]
async fn a_log_that_was_emptied_is_not_taken_for_a_new_one() {
    let hotline = five_rows().await;
    tamper(&hotline, "DELETE FROM audit_log").await;
    let mut tx = hotline.app.db.begin().await.expect("begin");
    let sql = "UPDATE audit_head SET seq = 0, hash = '', seal = ''";
    execute!(tx, sql).expect("moved");
    tx.commit().await.expect("commit");
    assert!(reason(&checked(&hotline).await).contains("全部记录被清除"));
}

#[tokio::test]
async fn what_happened_to_tickets_is_append_only_in_the_database_itself() {
    let hotline = TestApp::start().await;
    ticket(&hotline.client(Role::Operator).await).await;
    for sql in [
        "UPDATE ticket_events SET actor = 'x'",
        "DELETE FROM ticket_events",
    ] {
        let mut tx = hotline.app.db.begin().await.expect("begin");
        assert!(execute!(tx, sql).is_err(), "{sql}");
    }
}

#[tokio::test]
async fn a_chain_without_its_key_proves_nothing_and_gets_no_new_one() {
    let hotline = five_rows().await;
    let file = hotline.dir.path().join("audit.key");
    std::fs::remove_file(&file).expect("removed");
    let again = minsheng::audit::Seal::beside(hotline.dir.path());
    let mut app = hotline.app.clone();
    app.seal = again;
    let report = verify(&app, None).await.expect("verified");
    assert!(reason(&report).contains("密钥"), "{report:?}");
    assert!(!file.exists());
}

async fn five_rows() -> TestApp {
    let hotline = TestApp::start().await;
    let operator = hotline.client(Role::Operator).await;
    for _ in 0..5 {
        ticket(&operator).await;
    }
    assert_eq!(checked(&hotline).await.entries, 5);
    hotline
}

#[tokio::test]
async fn a_recording_enters_the_chain_and_is_missed_when_it_changes_or_goes() {
    let hotline = TestApp::start().await;
    let file = hotline.app.config.recordings().join("ab/ab01.wav");
    std::fs::create_dir_all(file.parent().expect("parent")).expect("directory");
    std::fs::write(&file, b"what was said").expect("written");
    let sum = sha256_of(b"what was said");
    let recorded = What::Recorded {
        path: "ab/ab01.wav".into(),
        duration_ms: 20,
        bytes: 13,
        sha256: sum.clone(),
        frames_lost: 0,
    };
    Journey::inbound(&hotline, 1, "13800001111")
        .await
        .then(1000, recorded)
        .await;
    hotline.settle().await;
    let report = checked(&hotline).await;
    assert_eq!(report.recordings, 1);
    assert!(report.is_whole(), "{report:?}");

    let supervisor = hotline.client(Role::Supervisor).await;
    let path = format!("/api/v1/calls/{}/recording", support::journey::call_id(1));
    for _ in 0..2 {
        assert_eq!(supervisor.get(&path).await.0, StatusCode::OK);
    }
    let played = entries(&supervisor, "action=recording.read").await;
    assert_eq!(played.len(), 1, "many parts of one file are one look");

    std::fs::write(&file, b"what was not said").expect("altered");
    let report = checked(&hotline).await;
    assert_eq!(report.first_break, None);
    assert!(report.broken_recordings[0].reason.contains("被改动"));
    std::fs::remove_file(&file).expect("removed");
    assert!(
        checked(&hotline).await.broken_recordings[0]
            .reason
            .contains("缺失")
    );
}

#[tokio::test]
async fn a_recording_that_was_kept_its_time_goes_and_the_log_says_so() {
    let hotline = TestApp::start().await;
    let file = hotline.app.config.recordings().join("ab/ab01.wav");
    std::fs::create_dir_all(file.parent().expect("parent")).expect("directory");
    std::fs::write(&file, b"what was said").expect("written");
    let recorded = What::Recorded {
        path: "ab/ab01.wav".into(),
        duration_ms: 20,
        bytes: 13,
        sha256: sha256_of(b"what was said"),
        frames_lost: 0,
    };
    let journey = Journey::inbound(&hotline, 1, "13800001111").await;
    journey.then(1000, recorded).await.ended(Outcome::Answered).await;
    calls::retention::begin(&hotline.app).await.expect("begun");
    hotline.advance(TimeDelta::days(1095)).await;
    assert!(file.exists(), "kept for as long as it has to be");
    hotline.advance(TimeDelta::days(1)).await;
    assert!(!file.exists());
    let report = checked(&hotline).await;
    assert!(report.is_whole(), "{report:?}");
    assert_eq!(report.recordings, 0);
    let supervisor = hotline.client(Role::Supervisor).await;
    let deleted = entries(&supervisor, "action=recording.delete").await;
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0]["detail"]["keep_days"], 1095);
    let path = format!("/api/v1/calls/{}", support::journey::call_id(1));
    assert_eq!(supervisor.get(&path).await.1["recording"]["state"], "deleted");
    let gone = supervisor.get(&format!("{path}/recording")).await;
    assert_eq!(gone.0, StatusCode::NOT_FOUND);
}

fn sha256_of(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

#[tokio::test]
async fn writers_at_once_make_one_chain() {
    let hotline = TestApp::start().await;
    let operator = hotline.client(Role::Operator).await;
    let admin = hotline.client(Role::Admin).await;
    let many = (0..12).map(|_| ticket(&operator));
    futures::future::join_all(many).await;
    let report = checked(&hotline).await;
    assert_eq!((report.entries, report.is_whole()), (12, true), "{report:?}");
    assert_eq!(entries(&admin, "action=ticket.create").await.len(), 12);
}

#[tokio::test]
async fn the_command_tells_by_its_exit_code() {
    let dir = tempfile::tempdir().expect("directory");
    let file = dir.path().join("minsheng.toml");
    let config = format!("[service]\ndata_dir = {:?}\n", dir.path());
    std::fs::write(&file, config).expect("written");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_minsheng"));
        command.args(arguments).arg("--config").arg(&file);
        let output = command.output().expect("the binary runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    for name in ["wang", "li"] {
        assert_eq!(run(&["user", "add", name, "--role", "operator"]).0, Some(0));
    }
    let (code, said) = run(&["audit", "verify"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("操作记录 2 条"), "{said}");
    let head = said
        .lines()
        .nth(1)
        .and_then(|line| line.split_once(' '))
        .expect("a head")
        .1;
    assert_eq!(run(&["audit", "verify", "--noted", head]).0, Some(0));

    let db = Db::open("sqlite:minsheng.db", dir.path()).await.expect("SQLite");
    let mut tx = db.begin().await.expect("begin");
    drop_triggers(&mut tx).await;
    execute!(tx, "UPDATE audit_log SET object_id = 'zhao' WHERE seq = 1").expect("tampered");
    tx.commit().await.expect("commit");
    db.close().await;
    let (code, said) = run(&["audit", "verify"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("断在第 1 条：第 1 条记录的内容被改动"), "{said}");
}
