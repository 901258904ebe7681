//! What a supervisor sees and decides of the calls that are owed, and the numbers that the machine does not call.

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use minsheng::{accounts::Role, calls::Outcome, live::Originate};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{
    Client, TestApp,
    journey::{FakeSwitchboard, Journey, owed_a_survey},
};

const PHONE: &str = "13800000001";

async fn start() -> (TestApp, FakeSwitchboard, Client) {
    let hotline = TestApp::start_with(|config| config.survey.permitted_hours = true).await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    let supervisor = hotline.client(Role::Supervisor).await;
    (hotline, switchboard, supervisor)
}

async fn kind(client: &Client, purpose: &str) -> Value {
    let (status, dialer) = client.get("/api/v1/dialer").await;
    assert_eq!(status, StatusCode::OK, "{dialer}");
    let kinds = dialer["kinds"].as_array().cloned().unwrap_or_default();
    let found = kinds.into_iter().find(|kind| kind["purpose"] == purpose);
    found.unwrap_or_else(|| panic!("no {purpose} in {dialer}"))
}

async fn orders(client: &Client, state: &str) -> Vec<Value> {
    let (status, page) = client.get(&format!("/api/v1/dialer/orders?state={state}")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["items"].as_array().cloned().unwrap_or_default()
}

async fn only(client: &Client, state: &str) -> Value {
    let found = orders(client, state).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

async fn act(client: &Client, order: &Value, verb: &str) -> (StatusCode, Value) {
    let path = format!("/api/v1/dialer/orders/{}/{verb}", order["id"]);
    client.post(&path, &json!({"reason": "市民来电称不必再打"})).await
}

async fn unanswered(hotline: &TestApp, wish: &Originate) {
    Journey::survey(hotline, wish)
        .await
        .ended(Outcome::NoAnswer)
        .await;
    hotline.settle().await;
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("time")
}

#[tokio::test]
async fn a_kind_that_is_held_is_not_dialled_until_it_is_let_go_and_the_page_says_why() {
    let (hotline, switchboard, supervisor) = start().await;
    owed_a_survey(&hotline, PHONE).await;
    assert_eq!(only(&supervisor, "waiting").await["why"], "later");
    let hold = "/api/v1/dialer/kinds/survey/pause";
    let (status, _) = supervisor.post(hold, &json!({"reason": " "})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _) = supervisor.post(hold, &json!({"reason": "线路检修"})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    hotline.advance(TimeDelta::minutes(30)).await;
    assert!(switchboard.take_dialled().is_empty());
    let order = only(&supervisor, "waiting").await;
    assert_eq!(
        (&order["why"], &order["number"]),
        (&json!("paused"), &json!(PHONE))
    );
    let survey = kind(&supervisor, "survey").await;
    assert_eq!(
        (&survey["paused"]["reason"], &survey["due"]),
        (&json!("线路检修"), &json!(1))
    );
    assert_eq!(survey["paused"]["by"], "supervisor");
    assert!(
        survey["hours"].as_array().is_some_and(|hours| !hours.is_empty()),
        "{survey}"
    );
    let (status, problem) = act(&supervisor, &order, "retry").await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    let let_go = "/api/v1/dialer/kinds/survey/resume";
    assert_eq!(
        supervisor.post(let_go, &json!({})).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(supervisor.post(let_go, &json!({})).await.0, StatusCode::NOT_FOUND);
    hotline.settle().await;
    assert_eq!(switchboard.take_dialled().len(), 1);
    let order = only(&supervisor, "dialling").await;
    assert_eq!(order["attempts"][0]["fate"], Value::Null);
    let unknown = "/api/v1/dialer/kinds/nothing/pause";
    assert_eq!(
        supervisor.post(unknown, &json!({"reason": "x"})).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_cancelled_survey_goes_to_a_person_and_is_not_dialled_again() {
    let (hotline, switchboard, supervisor) = start().await;
    let number = owed_a_survey(&hotline, PHONE).await;
    let order = only(&supervisor, "waiting").await;
    assert_eq!(act(&supervisor, &order, "cancel").await.0, StatusCode::NO_CONTENT);
    hotline.advance(TimeDelta::hours(8)).await;
    assert!(switchboard.take_dialled().is_empty());
    let done = only(&supervisor, "done").await;
    assert_eq!(
        (&done["result"], &done["note"]),
        (&json!("cancelled"), &json!("市民来电称不必再打"))
    );
    let (_, ticket) = supervisor.get(&format!("/api/v1/tickets/{number}")).await;
    assert_eq!(
        (&ticket["state"], &ticket["survey"]["state"]),
        (&json!("callback"), &json!("person"))
    );
    let (status, problem) = act(&supervisor, &order, "cancel").await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    let nobody = json!({"id": 0});
    assert_eq!(act(&supervisor, &nobody, "cancel").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_call_is_tried_again_at_once_but_not_at_lunch() {
    let (hotline, switchboard, supervisor) = start().await;
    owed_a_survey(&hotline, PHONE).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    let first = switchboard.take_dialled().remove(0);
    let under_way = only(&supervisor, "dialling").await;
    assert_eq!(
        act(&supervisor, &under_way, "retry").await.0,
        StatusCode::CONFLICT
    );
    unanswered(&hotline, &first).await;
    let order = only(&supervisor, "waiting").await;
    let attempt = &order["attempts"][0];
    assert_eq!(
        (&attempt["fate"], &attempt["cause"]),
        (&json!("no_answer"), &json!("bye"))
    );
    assert_eq!(attempt["call_id"], first.call_id);
    assert_eq!(order["next_at"], "2026-03-02T06:30:00Z", "after lunch");
    assert_eq!(act(&supervisor, &order, "retry").await.0, StatusCode::NO_CONTENT);
    hotline.settle().await;
    unanswered(&hotline, &switchboard.take_dialled().remove(0)).await;
    hotline.clock.set(at("2026-03-02T04:30:00Z"));
    let order = only(&supervisor, "waiting").await;
    assert_eq!(order["why"], "quiet_hours");
    let (status, problem) = act(&supervisor, &order, "retry").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("14:30")),
        "{problem}"
    );
    assert_eq!(
        kind(&supervisor, "survey").await["opens_at"],
        "2026-03-02T06:30:00Z"
    );
}

#[tokio::test]
async fn only_those_who_watch_over_the_hall_see_the_dialer_and_a_confidential_number_is_hidden() {
    let (hotline, _, supervisor) = start().await;
    let number = owed_a_survey(&hotline, PHONE).await;
    for role in [Role::Operator, Role::Dispatcher, Role::Unit] {
        let client = hotline.client(role).await;
        for path in ["dialer", "dialer/orders", "do-not-call", "masked-contacts"] {
            let (status, _) = client.get(&format!("/api/v1/{path}")).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{role:?} {path}");
        }
    }
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let path = format!("/api/v1/tickets/{number}/protect");
    let (status, answer) = dispatcher
        .post(
            &path,
            &json!({"reason": "举报人要求保密", "named": ["dispatcher"]}),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let order = only(&supervisor, "waiting").await;
    assert_eq!(
        (&order["number"], &order["ticket_number"]),
        (&Value::Null, &json!(number))
    );
}

#[tokio::test]
async fn lists_go_on_where_the_page_before_ended() {
    let (hotline, _, supervisor) = start().await;
    for n in 0..3 {
        let entry = json!({"number": format!("1380000010{n}"), "reason": "本人要求"});
        assert_eq!(
            supervisor.post("/api/v1/do-not-call", &entry).await.0,
            StatusCode::NO_CONTENT
        );
        hotline.clock.advance(TimeDelta::seconds(1));
    }
    let (_, first) = supervisor.get("/api/v1/do-not-call?limit=2").await;
    let cursor = first["next_cursor"].as_str().expect("cursor");
    let (_, second) = supervisor
        .get(&format!("/api/v1/do-not-call?limit=2&cursor={cursor}"))
        .await;
    let numbers =
        [&first["items"][0], &first["items"][1], &second["items"][0]].map(|entry| entry["number"].clone());
    assert_eq!(
        numbers,
        [json!("13800000102"), json!("13800000101"), json!("13800000100")]
    );
    assert_eq!(second["next_cursor"], Value::Null);
    let (_, found) = supervisor.get("/api/v1/do-not-call?q=13800000101").await;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn whoever_is_put_on_the_list_while_an_order_waits_is_not_called() {
    let (hotline, switchboard, supervisor) = start().await;
    let number = owed_a_survey(&hotline, PHONE).await;
    let operator = hotline.client(Role::Operator).await;
    let entry = json!({"number": "+86 138 0000 0001", "reason": "本人要求", "until": "2026-03-02"});
    assert_eq!(
        operator.post("/api/v1/do-not-call", &entry).await.0,
        StatusCode::NO_CONTENT
    );
    hotline.advance(TimeDelta::minutes(10)).await;
    assert!(switchboard.take_dialled().is_empty());
    assert_eq!(only(&supervisor, "done").await["result"], "do_not_call");
    let (_, ticket) = supervisor.get(&format!("/api/v1/tickets/{number}")).await;
    assert_eq!(ticket["survey"]["state"], "person");
    hotline.clock.set(at("2026-03-02T16:00:00Z"));
    // The next day, with the next log-in.
    let supervisor = hotline.client(Role::Supervisor).await;
    let operator = hotline.client(Role::Operator).await;
    let listed = supervisor.get("/api/v1/do-not-call").await.1["items"][0].clone();
    assert_eq!(
        (&listed["until"], &listed["holds"]),
        (&json!("2026-03-02"), &json!(false))
    );
    let past = json!({"number": PHONE, "reason": "本人要求", "until": "2026-03-02"});
    assert_eq!(
        operator.post("/api/v1/do-not-call", &past).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn an_entry_that_is_over_keeps_nobody_from_being_called() {
    let (hotline, switchboard, supervisor) = start().await;
    let entry = json!({"number": PHONE, "reason": "本人要求", "until": "2026-03-02"});
    assert_eq!(
        supervisor.post("/api/v1/do-not-call", &entry).await.0,
        StatusCode::NO_CONTENT
    );
    hotline.clock.set(at("2026-03-03T02:00:00Z"));
    owed_a_survey(&hotline, PHONE).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    assert_eq!(switchboard.take_dialled().len(), 1);
}

async fn import(client: &Client, text: &str, apply: bool) -> (StatusCode, Value) {
    let path = format!("/api/v1/do-not-call/import?apply={apply}&name=list.csv");
    let answer = client
        .request(Method::POST, &path)
        .body(text.to_owned())
        .send()
        .await
        .expect("answer");
    let status = answer.status();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn a_file_of_numbers_says_first_what_it_would_change_and_is_taken_whole_or_not_at_all() {
    let (_hotline, _, supervisor) = start().await;
    let entry = json!({"number": PHONE, "reason": "本人要求"});
    assert_eq!(
        supervisor.post("/api/v1/do-not-call", &entry).await.0,
        StatusCode::NO_CONTENT
    );
    let count = || async {
        supervisor.get("/api/v1/do-not-call").await.1["items"]
            .as_array()
            .map(Vec::len)
    };
    let bad = "号码,原因,有效期至\n1a,本人要求,\n13800000002,本人要求,\n";
    let (_, outcome) = import(&supervisor, bad, true).await;
    assert_eq!(
        (&outcome["applied"], &outcome["faults"][0]["row"]),
        (&json!(false), &json!(2)),
        "{outcome}"
    );
    assert_eq!(count().await, Some(1));
    let good = "号码,原因,有效期至\n+8613800000001,本人要求,2026-12-31\n13800000002,本人要求,\n";
    let (_, dry) = import(&supervisor, good, false).await;
    assert_eq!(
        (&dry["added"], &dry["changed"], &dry["applied"]),
        (&json!(1), &json!(1), &json!(false)),
        "{dry}"
    );
    assert_eq!(count().await, Some(1));
    let (_, done) = import(&supervisor, good, true).await;
    assert_eq!(done["applied"], true, "{done}");
    assert_eq!(count().await, Some(2));
    let (_, again) = import(&supervisor, good, true).await;
    assert_eq!(
        (&again["unchanged"], &again["added"]),
        (&json!(2), &json!(0)),
        "{again}"
    );
    let path = "/api/v1/do-not-call/export";
    let file = supervisor.request(Method::GET, path).send().await.expect("file");
    let text = file.text().await.expect("text");
    assert!(text.contains("13800000001,本人要求,2026-12-31"), "{text}");
    // The log names the entry, never the citizen's number.
    let (_, log) = supervisor.get("/api/v1/audit?limit=50").await;
    let text = log.to_string();
    assert!(
        text.contains("do-not-call.import") && !text.contains(PHONE),
        "{text}"
    );
}
