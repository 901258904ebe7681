//! Missed calls through the doors: what is owed, to whom, until when, and what settles it.

mod support;

use chrono::TimeDelta;
use minsheng::{
    accounts::Role,
    calls::{self, Change, Direction, Outcome, Purpose, What},
    live::{self, OperatorState},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    TestApp,
    journey::{FakeSwitchboard, Journey, call_id},
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

/// An operator at a desk, with the state told.
fn operator(hotline: &TestApp, state: OperatorState) {
    let operator = live::Operator {
        state,
        reason: None,
        since: hotline.app.clock.now(),
        call_id: None,
    };
    hotline
        .app
        .live
        .state()
        .operators
        .insert("operator".into(), operator);
}

#[tokio::test]
async fn a_missed_call_is_dialled_to_the_queue_as_soon_as_an_operator_is_free() {
    let hotline = TestApp::start().await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    operator(&hotline, OperatorState::Talking);
    abandoned(&hotline, 1).await;
    hotline.advance(TimeDelta::minutes(5)).await;
    assert!(
        switchboard.take_dialled().is_empty(),
        "nobody is free for the citizen"
    );
    operator(&hotline, OperatorState::Ready);
    hotline.advance(TimeDelta::seconds(10)).await;
    let dialled = switchboard.take_dialled();
    let [wish] = dialled.as_slice() else {
        panic!("{dialled:?}");
    };
    assert_eq!((wish.number.as_str(), wish.menu.as_str()), (CITIZEN, "callback"));
    assert_eq!(wish.purpose, Purpose::Callback);
    let call = Journey::called_back(&hotline, wish)
        .await
        .queued()
        .await
        .answered()
        .await;
    call.ended(Outcome::Answered).await;
    hotline.settle().await;
    let settled = list(&hotline, true).await;
    assert_eq!(settled["items"][0]["settled_as"], "reached");
    assert_eq!(
        (&settled["open"], &settled["today_in_time"]),
        (&json!(0), &json!(1))
    );
    hotline.advance(TimeDelta::hours(5)).await;
    assert!(switchboard.take_dialled().is_empty());
}

#[tokio::test]
async fn one_free_operator_gets_one_citizen_the_longest_missed_first() {
    let hotline = TestApp::start().await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    for n in 1..4 {
        let number = format!("1380000000{n}");
        let call = Journey::inbound(&hotline, n, &number).await.queued().await;
        call.ended(Outcome::Abandoned).await;
        hotline.advance(TimeDelta::seconds(1)).await;
    }
    operator(&hotline, OperatorState::Ready);
    hotline.advance(TimeDelta::minutes(2)).await;
    let first: Vec<_> = switchboard
        .take_dialled()
        .into_iter()
        .map(|wish| wish.number)
        .collect();
    assert_eq!(first, ["13800000001"]);
    hotline.advance(TimeDelta::seconds(30)).await;
    assert!(
        switchboard.take_dialled().is_empty(),
        "the operator is spoken for"
    );
}

#[tokio::test]
async fn whoever_calls_again_and_is_answered_before_their_turn_is_not_dialled() {
    let hotline = TestApp::start().await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    abandoned(&hotline, 1).await;
    let call = Journey::inbound(&hotline, 2, CITIZEN).await.queued().await;
    call.answered().await.ended(Outcome::Answered).await;
    hotline.settle().await;
    operator(&hotline, OperatorState::Ready);
    hotline.advance(TimeDelta::minutes(5)).await;
    assert!(switchboard.take_dialled().is_empty());
}

#[tokio::test]
async fn a_number_that_does_not_want_to_be_called_is_left_to_people() {
    let hotline = TestApp::start().await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    let supervisor = hotline.client(Role::Supervisor).await;
    let (status, problem) = supervisor
        .post("/api/v1/do-not-call", &json!({"number": "1a", "reason": ""}))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let entry = json!({"number": CITIZEN, "reason": "本人要求"});
    assert_eq!(
        supervisor.post("/api/v1/do-not-call", &entry).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        supervisor.get("/api/v1/do-not-call").await.1[0]["number"],
        CITIZEN
    );
    abandoned(&hotline, 1).await;
    operator(&hotline, OperatorState::Ready);
    hotline.advance(TimeDelta::minutes(5)).await;
    assert!(switchboard.take_dialled().is_empty());
    assert_eq!(
        list(&hotline, true).await["items"][0]["settled_as"],
        "unreachable"
    );
    let path = format!("/api/v1/do-not-call/{CITIZEN}");
    assert_eq!(supervisor.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_eq!(supervisor.delete(&path).await.0, StatusCode::NOT_FOUND);
}
