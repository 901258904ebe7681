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
    let entry = supervisor.get("/api/v1/do-not-call").await.1["items"][0].clone();
    assert_eq!(entry["number"], CITIZEN);
    abandoned(&hotline, 1).await;
    operator(&hotline, OperatorState::Ready);
    hotline.advance(TimeDelta::minutes(5)).await;
    assert!(switchboard.take_dialled().is_empty());
    assert_eq!(
        list(&hotline, true).await["items"][0]["settled_as"],
        "unreachable"
    );
    let path = format!("/api/v1/do-not-call/{}", entry["id"]);
    assert_eq!(supervisor.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_eq!(supervisor.delete(&path).await.0, StatusCode::NOT_FOUND);
}

/// Somebody waits in the queue since then.
fn waits(hotline: &TestApp, since: chrono::DateTime<chrono::Utc>) {
    let caller = live::Waiting {
        call_id: call_id(77),
        caller: "13800000077".into(),
        since,
        position: 1,
    };
    let mut live = hotline.app.live.state();
    live.queues.insert("general".into(), vec![caller]);
}

#[tokio::test]
async fn who_keeps_the_place_is_called_when_those_before_them_are_served_though_every_operator_talks() {
    let hotline = TestApp::start().await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    operator(&hotline, OperatorState::Talking);
    let before = hotline.app.clock.now();
    abandoned(&hotline, 1).await;
    waits(&hotline, before);
    hotline.clock.advance(TimeDelta::seconds(60));
    let keeper = "13800000002";
    let call = Journey::inbound(&hotline, 2, keeper).await.queued().await;
    call.ended(Outcome::Callback).await;
    hotline.advance(TimeDelta::minutes(3)).await;
    assert!(
        switchboard.take_dialled().is_empty(),
        "somebody waits who came before"
    );
    // That caller is served; those who wait now came later, and who hung up has no place.
    waits(&hotline, hotline.app.clock.now());
    hotline.advance(TimeDelta::seconds(10)).await;
    let dialled = switchboard.take_dialled();
    let [wish] = dialled.as_slice() else {
        panic!("{dialled:?}");
    };
    assert_eq!((wish.number.as_str(), wish.purpose), (keeper, Purpose::Callback));
    // A second one who keeps a place has to wait until the first has an operator.
    let call = Journey::inbound(&hotline, 3, "13800000003").await.queued().await;
    call.ended(Outcome::Callback).await;
    waits(&hotline, hotline.app.clock.now() + TimeDelta::minutes(1));
    hotline.advance(TimeDelta::seconds(10)).await;
    assert!(switchboard.take_dialled().is_empty(), "one ahead is enough");
    let items = list(&hotline, false).await["items"].clone();
    let kept = |number: &str| {
        let items = items.as_array().into_iter().flatten();
        items
            .clone()
            .any(|item| item["number"] == number && !item["kept_from"].is_null())
    };
    assert!(kept(keeper) && !kept(CITIZEN), "{items}");
    let first = Journey::called_back(&hotline, wish)
        .await
        .queued()
        .await
        .answered()
        .await;
    hotline.settle().await;
    hotline.advance(TimeDelta::seconds(10)).await;
    assert_eq!(switchboard.take_dialled().len(), 1, "now the second is called");
    first.ended(Outcome::Answered).await;
    hotline.settle().await;
    assert_eq!(list(&hotline, true).await["items"][0]["settled_as"], "reached");
}

#[tokio::test]
async fn nobody_keeps_a_place_where_nobody_works() {
    let hotline = TestApp::start().await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    operator(&hotline, OperatorState::Paused);
    let call = Journey::inbound(&hotline, 2, CITIZEN).await.queued().await;
    call.ended(Outcome::Callback).await;
    hotline.advance(TimeDelta::minutes(3)).await;
    assert!(switchboard.take_dialled().is_empty());
    operator(&hotline, OperatorState::WrapUp);
    hotline.advance(TimeDelta::seconds(10)).await;
    assert_eq!(switchboard.take_dialled().len(), 1);
}

#[tokio::test]
async fn the_time_to_call_back_is_the_countys_and_the_rate_is_measured_by_it() {
    let hotline = TestApp::start_with(|config| {
        config.callback.automatic = false;
        config.callback.within = std::time::Duration::from_secs(30 * 60);
    })
    .await;
    abandoned(&hotline, 1).await;
    let open = list(&hotline, false).await;
    assert_eq!(open["limit_seconds"], 1800);
    let due: chrono::DateTime<chrono::Utc> = open["items"][0]["due_at"]
        .as_str()
        .expect("time")
        .parse()
        .expect("time");
    assert!(due - hotline.app.clock.now() <= TimeDelta::minutes(31), "{due}");
    // In time, though nobody picked up; the second try is late and reaches them.
    hotline.advance(TimeDelta::minutes(10)).await;
    called_back(&hotline, 2, Outcome::NoAnswer).await;
    hotline.advance(TimeDelta::minutes(50)).await;
    called_back(&hotline, 3, Outcome::Answered).await;
    // The next day's is called back too late.
    hotline.advance(TimeDelta::days(1)).await;
    abandoned(&hotline, 4).await;
    hotline.advance(TimeDelta::hours(1)).await;
    called_back(&hotline, 5, Outcome::Answered).await;

    let client = hotline.client(Role::Supervisor).await;
    let (status, rate) = client.get("/api/v1/missed-calls/rate").await;
    assert_eq!(status, StatusCode::OK, "{rate}");
    let all = &rate["all"];
    assert_eq!(
        (
            &all["missed"],
            &all["in_time"],
            &all["late"],
            &all["reached"],
            &all["open"]
        ),
        (&json!(2), &json!(1), &json!(1), &json!(2), &json!(0))
    );
    assert!(
        all["median_wait_seconds"]
            .as_i64()
            .is_some_and(|seconds| (600..700).contains(&seconds)),
        "{all}"
    );
    let days: Vec<_> = rate["days"]
        .as_array()
        .expect("days")
        .iter()
        .map(|day| (&day["day"], &day["in_time"]))
        .collect();
    assert_eq!(
        days,
        [
            (&json!("2026-03-03"), &json!(0)),
            (&json!("2026-03-02"), &json!(1))
        ]
    );
    let path = "/api/v1/missed-calls/rate?from=2026-03-03T00:00:00%2B08:00&to=2026-03-03T23:59:59%2B08:00";
    assert_eq!(client.get(path).await.1["all"]["missed"], 1);
    for (bad, expected) in [
        ("from=2026-03-09T00:00:00Z", StatusCode::UNPROCESSABLE_ENTITY),
        ("from=2025-01-01T00:00:00Z", StatusCode::UNPROCESSABLE_ENTITY),
        ("to=9999-12-31T23:59:59Z", StatusCode::UNPROCESSABLE_ENTITY),
        ("from=yesterday", StatusCode::BAD_REQUEST),
    ] {
        let (status, _) = client.get(&format!("/api/v1/missed-calls/rate?{bad}")).await;
        assert_eq!(status, expected, "{bad}");
    }
    assert_eq!(
        hotline
            .client(Role::Unit)
            .await
            .get("/api/v1/missed-calls/rate")
            .await
            .0,
        403
    );
}
