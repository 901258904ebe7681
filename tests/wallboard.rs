//! The hall's big screen through the door.

mod support;

use chrono::TimeDelta;
use minsheng::{
    accounts::Role,
    calls::{Outcome, What},
    live::{Operator, OperatorState, Waiting},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    TestApp,
    journey::{Journey, call_id, provision},
};

async fn wallboard(hotline: &TestApp) -> Value {
    let client = hotline.client(Role::Supervisor).await;
    let (status, body) = client.get("/api/v1/wallboard").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

async fn answered_after(hotline: &TestApp, n: u64, wait_ms: i64) {
    let operator = "operator".to_owned();
    let journey = Journey::inbound(hotline, n, "13800000001").await.queued().await;
    journey
        .then(wait_ms, What::Answered { operator })
        .await
        .ended(Outcome::Answered)
        .await;
}

#[tokio::test]
async fn rates_are_absent_until_somebody_was_offered() {
    let hotline = TestApp::start().await;
    let empty = wallboard(&hotline).await;
    assert_eq!(
        (&empty["answered_15s_rate"], &empty["answered_20s_rate"]),
        (&Value::Null, &Value::Null)
    );
    Journey::inbound(&hotline, 1, "13800000001").await.queued().await;
    let waiting = wallboard(&hotline).await;
    assert_eq!(
        (&waiting["offered"], &waiting["answered_15s_rate"]),
        (&json!(0), &Value::Null)
    );
}

#[tokio::test]
async fn waits_of_fifteen_and_twenty_seconds_are_told_apart() {
    let hotline = TestApp::start().await;
    for (n, wait_ms) in [(1, 15_000), (2, 15_001), (3, 20_000), (4, 20_001)] {
        answered_after(&hotline, n, wait_ms).await;
    }
    let journey = Journey::inbound(&hotline, 5, "13800000001").await.queued().await;
    journey.ended(Outcome::Abandoned).await;
    let board = wallboard(&hotline).await;
    assert_eq!(board["answered_15s_rate"], json!(0.2));
    assert_eq!(board["answered_20s_rate"], json!(0.6));
    let counts = (&board["offered"], &board["answered"], &board["abandoned"]);
    assert_eq!(counts, (&json!(5), &json!(4), &json!(1)));
    // It is ten o'clock in China: hours 0 to 10.
    assert_eq!(board["hours"].as_array().map(Vec::len), Some(11));
    assert_eq!(
        board["hours"][10],
        json!({"hour": 10, "offered": 5, "answered": 4})
    );
}

#[tokio::test]
async fn the_day_begins_at_midnight_in_china_and_survives_a_restart() {
    let hotline = TestApp::start().await;
    answered_after(&hotline, 1, 1_000).await;
    hotline.clock.advance(TimeDelta::hours(13));
    assert_eq!(wallboard(&hotline).await["offered"], 1, "23:00 of the same day");
    // All that a restart loses.
    *hotline.app.live.state() = minsheng::live::State::default();
    assert_eq!(wallboard(&hotline).await["hours"][10]["answered"], 1);
    hotline.clock.advance(TimeDelta::hours(2));
    let next_day = wallboard(&hotline).await;
    assert_eq!(
        (&next_day["offered"], &next_day["answered_15s_rate"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(next_day["hours"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn who_waits_and_who_serves_is_what_it_is_now() {
    let hotline = TestApp::start().await;
    let now = hotline.app.clock.now();
    {
        let mut live = hotline.app.live.state();
        let waiting = |n, seconds| Waiting {
            call_id: call_id(n),
            caller: "13800000001".into(),
            since: now - TimeDelta::seconds(seconds),
            position: 1,
        };
        live.queues.insert("general".into(), vec![waiting(1, 12)]);
        live.queues.insert("other".into(), vec![waiting(2, 40)]);
        let operator = Operator {
            state: OperatorState::Talking,
            reason: None,
            since: now,
            call_id: None,
        };
        live.operators.insert("operator".into(), operator);
    }
    let board = wallboard(&hotline).await;
    assert_eq!(
        (&board["waiting"], &board["longest_wait_ms"]),
        (&json!(2), &json!(40_000))
    );
    assert_eq!(
        (&board["operators"]["talking"], &board["operators"]["offline"]),
        (&json!(1), &json!(0))
    );
}

#[tokio::test]
async fn urgent_tickets_are_listed_gravest_first_until_they_are_closed() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let client = hotline.client(Role::Operator).await;
    let mut numbers = Vec::new();
    for (title, band) in [("停水", "A"), ("路灯不亮", "C"), ("燃气泄漏", "S")] {
        let body = json!({"title": title, "band": band, "content": "无"});
        let (status, ticket) = client.post("/api/v1/tickets", &body).await;
        assert_eq!(status, StatusCode::CREATED, "{ticket}");
        numbers.push(ticket["number"].as_str().expect("number").to_owned());
    }
    let titles = |board: &Value| -> Vec<String> {
        let urgent = board["urgent"].as_array().expect("urgent");
        urgent
            .iter()
            .filter_map(|ticket| ticket["title"].as_str().map(str::to_owned))
            .collect()
    };
    assert_eq!(titles(&wallboard(&hotline).await), ["燃气泄漏", "停水"]);
    let close = format!("/api/v1/tickets/{}/close", numbers[2]);
    let (status, body) = client
        .post(&close, &json!({"note": "已转119，市民确认安全"}))
        .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(titles(&wallboard(&hotline).await), ["停水"]);
}

#[tokio::test]
async fn the_wallboard_is_for_the_office() {
    let hotline = TestApp::start().await;
    let unit = hotline.client(Role::Unit).await.get("/api/v1/wallboard").await;
    assert_eq!(unit.0, StatusCode::FORBIDDEN);
    assert_eq!(
        hotline.stranger().get("/api/v1/wallboard").await.0,
        StatusCode::UNAUTHORIZED
    );
}

/// The screen's own address of the interface, with its token.
async fn on_screen(hotline: &TestApp, token: &str, path: &str) -> StatusCode {
    let request = hotline.stranger().request(reqwest::Method::GET, path);
    let (status, _) = support::answer(request.bearer_auth(token)).await;
    status
}

#[tokio::test]
async fn a_screen_shows_the_wallboard_for_weeks_and_nothing_else_until_it_is_taken_back() {
    let hotline = TestApp::start().await;
    let supervisor = hotline.client(Role::Supervisor).await;
    let screens = "/api/v1/wallboard/screens";
    let (status, opened) = supervisor.post(screens, &json!({"name": "大厅东侧"})).await;
    assert_eq!(status, StatusCode::CREATED, "{opened}");
    let token = opened["token"].as_str().expect("token");
    for days in [1, 20] {
        hotline.advance(TimeDelta::days(days)).await;
        assert_eq!(
            on_screen(&hotline, token, "/api/v1/wallboard").await,
            StatusCode::OK
        );
    }
    for path in ["/api/v1/tickets", "/api/v1/events", "/api/v1/session", screens] {
        let status = on_screen(&hotline, token, path).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let supervisor = hotline.client(Role::Supervisor).await;
    let (_, listed) = supervisor.get(screens).await;
    assert_eq!(listed[0]["name"], "大厅东侧");
    assert!(listed[0]["seen_at"].is_string(), "{listed}");
    assert!(!listed.to_string().contains(token), "told once");
    let one = format!("{screens}/{}", opened["id"].as_str().expect("id"));
    assert_eq!(supervisor.delete(&one).await.0, StatusCode::NO_CONTENT);
    assert_eq!(
        on_screen(&hotline, token, "/api/v1/wallboard").await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(supervisor.delete(&one).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn screens_are_opened_by_supervisors_and_have_a_name() {
    let hotline = TestApp::start().await;
    let screens = "/api/v1/wallboard/screens";
    let named = json!({"name": "大厅"});
    for role in [Role::Operator, Role::Dispatcher, Role::Unit] {
        let client = hotline.client(role).await;
        assert_eq!(
            client.post(screens, &named).await.0,
            StatusCode::FORBIDDEN,
            "{role}"
        );
        assert_eq!(client.get(screens).await.0, StatusCode::FORBIDDEN, "{role}");
    }
    let admin = hotline.client(Role::Admin).await;
    let (status, problem) = admin.post(screens, &json!({"name": "  "})).await;
    assert_eq!(
        (status, &problem["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("name"))
    );
}
