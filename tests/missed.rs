//! Missed calls through the doors: what is owed, to whom, until when, and what settles it.

mod support;

use chrono::TimeDelta;
use minsheng::{
    accounts::Role,
    calls::{self, Change, Direction, Outcome, Purpose, What},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    TestApp,
    journey::{Journey, call_id},
};

const CITIZEN: &str = "13800000001";

async fn abandoned(hotline: &TestApp, n: u64) {
    let call = Journey::inbound(hotline, n, CITIZEN).await.queued().await;
    call.ended(Outcome::Abandoned).await;
    hotline.settle().await;
}

/// An operator calls the citizen.
async fn called_back(hotline: &TestApp, n: u64, outcome: Outcome) {
    let what = What::Started {
        direction: Direction::Outbound,
        purpose: Purpose::Callback,
        caller: "12345".into(),
        caller_kind: "short".into(),
        caller_private: false,
        caller_display: None,
        called: CITIZEN.into(),
        trunk: Some("carrier".into()),
        menu: String::new(),
        diverted_from: None,
        ticket_number: None,
    };
    let ended = What::Ended {
        outcome,
        cause: "bye".into(),
        by: "citizen".into(),
    };
    let start = hotline.app.clock.now();
    let change = |seconds, what| Change {
        call_id: call_id(n),
        at: start + TimeDelta::seconds(seconds),
        what,
    };
    let mut tx = hotline.app.db.begin().await.expect("begin");
    calls::apply(&mut tx, &[change(0, what), change(30, ended)])
        .await
        .expect("apply");
    tx.commit().await.expect("commit");
    hotline.settle().await;
}

async fn list(hotline: &TestApp, settled: bool) -> Value {
    let address = format!("/api/v1/missed-calls?settled={settled}");
    let (status, list) = hotline.client(Role::Operator).await.get(&address).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    list
}

#[tokio::test]
async fn calls_of_one_number_are_one_task_due_two_hours_after_the_first() {
    let hotline = TestApp::start().await;
    abandoned(&hotline, 1).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    abandoned(&hotline, 2).await;
    let list = list(&hotline, false).await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    let task = &list["items"][0];
    assert_eq!((&task["number"], &task["calls"]), (&json!(CITIZEN), &json!(2)));
    assert_eq!(task["last_call_id"], call_id(2));
    let first: chrono::DateTime<chrono::Utc> =
        task["first_at"].as_str().expect("time").parse().expect("time");
    let due: chrono::DateTime<chrono::Utc> = task["due_at"].as_str().expect("time").parse().expect("time");
    let span = due - first;
    assert!(
        span >= TimeDelta::hours(2) && span < TimeDelta::minutes(121),
        "{span}"
    );
    assert_eq!(
        (&list["open"], &list["today"], &list["overdue"]),
        (&json!(1), &json!(1), &json!(0))
    );
}

#[tokio::test]
async fn a_call_back_that_is_answered_settles_it_and_counts_as_in_time() {
    let hotline = TestApp::start().await;
    abandoned(&hotline, 1).await;
    called_back(&hotline, 2, Outcome::NoAnswer).await;
    let open = list(&hotline, false).await;
    assert_eq!(open["items"][0]["attempts"], 1);
    assert_eq!(open["items"][0]["last_outcome"], "no_answer");
    called_back(&hotline, 3, Outcome::Answered).await;
    let open = list(&hotline, false).await;
    assert_eq!((&open["items"], &open["today_in_time"]), (&json!([]), &json!(1)));
    let settled = list(&hotline, true).await;
    assert_eq!(settled["items"][0]["settled_as"], "reached");
    assert_eq!(settled["items"][0]["settled_call_id"], call_id(3));
}

#[tokio::test]
async fn whoever_cannot_be_reached_three_times_is_settled_as_that_and_not_counted_as_reached() {
    let hotline = TestApp::start().await;
    abandoned(&hotline, 1).await;
    for n in 2..5 {
        called_back(&hotline, n, Outcome::Busy).await;
    }
    let settled = list(&hotline, true).await;
    assert_eq!(settled["items"][0]["settled_as"], "unreachable");
    assert_eq!(
        (&settled["open"], &settled["today_in_time"]),
        (&json!(0), &json!(0))
    );
    // The next missed call is a task of its own.
    abandoned(&hotline, 9).await;
    assert_eq!(list(&hotline, false).await["items"][0]["calls"], 1);
}

#[tokio::test]
async fn the_citizen_who_calls_again_and_is_answered_is_owed_nothing() {
    let hotline = TestApp::start().await;
    abandoned(&hotline, 1).await;
    hotline.advance(TimeDelta::hours(3)).await;
    assert_eq!(list(&hotline, false).await["overdue"], 1);
    let call = Journey::inbound(&hotline, 2, CITIZEN).await.queued().await;
    call.answered().await.ended(Outcome::Answered).await;
    hotline.settle().await;
    let settled = list(&hotline, true).await;
    assert_eq!(settled["items"][0]["settled_as"], "called_again");
    assert_eq!(settled["items"][0]["is_overdue"], true);
    assert_eq!(settled["today_in_time"], 0, "it was too late");
}

#[tokio::test]
async fn a_person_settles_it_once_with_a_reason() {
    let hotline = TestApp::start().await;
    abandoned(&hotline, 1).await;
    let id = list(&hotline, false).await["items"][0]["id"].clone();
    let path = format!("/api/v1/missed-calls/{id}/settle");
    let operator = hotline.client(Role::Operator).await;
    let (status, problem) = operator.post(&path, &json!({"note": " "})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let body = json!({"note": "骚扰电话"});
    let unit = hotline.client(Role::Unit).await;
    assert_eq!(unit.post(&path, &body).await.0, StatusCode::FORBIDDEN);
    assert_eq!(unit.get("/api/v1/missed-calls").await.0, StatusCode::FORBIDDEN);
    assert_eq!(operator.post(&path, &body).await.0, StatusCode::NO_CONTENT);
    assert_eq!(operator.post(&path, &body).await.0, StatusCode::CONFLICT);
    let nowhere = operator.post("/api/v1/missed-calls/999/settle", &body).await;
    assert_eq!(nowhere.0, StatusCode::NOT_FOUND);
    let settled = list(&hotline, true).await;
    assert_eq!(
        (&settled["items"][0]["settled_by"], &settled["items"][0]["note"]),
        (&json!("operator"), &json!("骚扰电话"))
    );
}
