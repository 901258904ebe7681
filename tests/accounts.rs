//! People, log-in and roles.

mod support;

use std::net::{IpAddr, Ipv4Addr};

use chrono::TimeDelta;
use minsheng::accounts::Role;
use reqwest::{Method, StatusCode, header};
use serde_json::json;
use support::{PASSWORD, TestApp, answer};

fn credentials(username: &str, password: &str) -> serde_json::Value {
    json!({"username": username, "password": password})
}

#[tokio::test]
async fn a_person_logs_in_is_known_and_logs_out() {
    let hotline = TestApp::start().await;
    let stranger = hotline.stranger();
    let request = stranger
        .request(Method::POST, "/api/v1/session")
        .json(&credentials("operator", PASSWORD));
    let response = request.send().await.expect("answer");
    assert_eq!(response.status(), 200);
    let cookie = response.headers()[header::SET_COOKIE]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        cookie.starts_with("minsheng_session=")
            && cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().expect("cookie").to_owned();
    let with_cookie = |method| {
        stranger
            .request(method, "/api/v1/session")
            .header(header::COOKIE, &cookie)
    };
    let (status, body) = answer(with_cookie(Method::GET)).await;
    assert_eq!(status, 200);
    assert_eq!(body["user"]["role"], "operator");
    let (status, _) = answer(with_cookie(Method::DELETE)).await;
    assert_eq!(status, 204);
    let (status, _) = answer(with_cookie(Method::GET)).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_bearer_token_is_given_to_programs_and_kept_from_browsers() {
    let hotline = TestApp::start().await;
    let stranger = hotline.stranger();
    let log_in = || {
        stranger
            .request(Method::POST, "/api/v1/session")
            .json(&credentials("admin", PASSWORD))
    };
    let (_, program) = answer(log_in()).await;
    let token = program["token"].as_str().expect("token").to_owned();
    let (status, _) = answer(
        stranger
            .request(Method::GET, "/api/v1/session")
            .bearer_auth(token),
    )
    .await;
    assert_eq!(status, 200);
    let (status, browser) = answer(log_in().header("sec-fetch-site", "same-origin")).await;
    assert_eq!(status, 200);
    assert!(browser.get("token").is_none(), "{browser}");
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_get_the_same_answer() {
    let hotline = TestApp::start().await;
    let unknown = hotline
        .stranger()
        .post("/api/v1/session", &credentials("nobody", PASSWORD))
        .await;
    let wrong = hotline
        .stranger()
        .post("/api/v1/session", &credentials("admin", "wrong-password"))
        .await;
    assert_eq!(unknown.0, 401);
    assert_eq!(unknown, wrong);
}

#[tokio::test]
async fn guessing_is_stopped_and_forgiven_after_a_quarter_of_an_hour() {
    let hotline = TestApp::start().await;
    for _ in 0..5 {
        let (status, _) = hotline
            .stranger()
            .post("/api/v1/session", &credentials("admin", "wrong-password"))
            .await;
        assert_eq!(status, 401);
    }
    let (status, _) = hotline
        .stranger()
        .post("/api/v1/session", &credentials("admin", PASSWORD))
        .await;
    assert_eq!(status, 429);
    hotline.clock.advance(TimeDelta::minutes(15));
    let (status, _) = hotline
        .stranger()
        .post("/api/v1/session", &credentials("admin", PASSWORD))
        .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_session_ends_after_idleness_and_in_any_case_after_a_day() {
    let hotline = TestApp::start().await;
    let idle = hotline.client(Role::Operator).await;
    let busy = hotline.client(Role::Operator).await;
    for _ in 0..4 {
        hotline.clock.advance(TimeDelta::hours(5));
        assert_eq!(busy.get("/api/v1/session").await.0, 200);
    }
    assert_eq!(idle.get("/api/v1/session").await.0, 401);
    hotline.clock.advance(TimeDelta::hours(5));
    assert_eq!(busy.get("/api/v1/session").await.0, 401);
}

#[tokio::test]
async fn only_administrators_see_and_change_people() {
    let hotline = TestApp::start().await;
    for role in Role::ALL {
        let expected = if role == Role::Admin { 200 } else { 403 };
        assert_eq!(
            hotline.client(role).await.get("/api/v1/users").await.0,
            expected,
            "{role}"
        );
    }
    assert_eq!(hotline.stranger().get("/api/v1/users").await.0, 401);
}

#[tokio::test]
async fn the_office_knows_everybody_by_name_and_units_nobody() {
    let hotline = TestApp::start().await;
    for role in Role::ALL {
        let (status, people) = hotline.client(role).await.get("/api/v1/people").await;
        assert_eq!(status, if role == Role::Unit { 403 } else { 200 }, "{role}");
        if status == 200 {
            let people = people["items"].as_array().expect("people").clone();
            let dispatcher = people.iter().find(|one| one["username"] == "dispatcher");
            let known = dispatcher.and_then(|one| one.as_object()).expect("dispatcher");
            let fields: Vec<_> = known.keys().map(String::as_str).collect();
            assert_eq!(
                fields,
                ["disabled", "display_name", "role", "unit_code", "username"]
            );
        }
    }
}

#[tokio::test]
async fn an_administrator_adds_changes_and_disables_a_person() {
    let hotline = TestApp::start().await;
    let admin = hotline.client(Role::Admin).await;
    let new = json!({"username": "operator7", "password": PASSWORD, "display_name": "周宁", "role": "operator",
        "extension": "8007", "skills": ["general"]});
    let (status, created) = admin.post("/api/v1/users", &new).await;
    assert_eq!(status, 201, "{created}");
    insta::assert_json_snapshot!("created_user", created);
    assert_eq!(admin.post("/api/v1/users", &new).await.0, 409);
    let (status, _) = hotline
        .stranger()
        .post("/api/v1/session", &credentials("operator7", PASSWORD))
        .await;
    assert_eq!(status, 200);
    let theirs = hotline.client_of("operator7").await;
    let disabled = json!({"display_name": "周宁", "role": "operator", "disabled": true});
    assert_eq!(admin.put("/api/v1/users/operator7", &disabled).await.0, 200);
    assert_eq!(theirs.get("/api/v1/session").await.0, 401);
    let (status, _) = hotline
        .stranger()
        .post("/api/v1/session", &credentials("operator7", PASSWORD))
        .await;
    assert_eq!(status, 401);
    assert_eq!(admin.put("/api/v1/users/nobody", &disabled).await.0, 404);
}

#[tokio::test]
async fn a_new_password_logs_the_person_out_and_replaces_the_old_one() {
    let hotline = TestApp::start().await;
    let theirs = hotline.client(Role::Operator).await;
    let change = json!({"display_name": "某", "role": "operator", "password": "another-password"});
    let admin = hotline.client(Role::Admin).await;
    assert_eq!(admin.put("/api/v1/users/operator", &change).await.0, 200);
    assert_eq!(theirs.get("/api/v1/session").await.0, 401);
    let old = hotline
        .stranger()
        .post("/api/v1/session", &credentials("operator", PASSWORD))
        .await;
    let new = hotline
        .stranger()
        .post("/api/v1/session", &credentials("operator", "another-password"))
        .await;
    assert_eq!((old.0.as_u16(), new.0.as_u16()), (401, 200));
}

#[tokio::test]
async fn every_bad_field_of_a_person_is_named() {
    let hotline = TestApp::start().await;
    let bad = json!({"username": "Bad Name", "password": "minsheng-demo", "display_name": "", "role": "operator", "extension": "x"});
    let (status, problem) = hotline
        .client(Role::Admin)
        .await
        .post("/api/v1/users", &bad)
        .await;
    assert_eq!(status, 422);
    insta::assert_json_snapshot!("bad_user", problem);
}

#[tokio::test]
async fn an_administrator_cannot_lock_themselves_out() {
    let hotline = TestApp::start().await;
    let admin = hotline.client(Role::Admin).await;
    for change in [
        json!({"display_name": "某", "role": "operator"}),
        json!({"display_name": "某", "role": "admin", "disabled": true}),
    ] {
        assert_eq!(admin.put("/api/v1/users/admin", &change).await.0, 409);
    }
}

fn loopback(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))
}

/// What a thief of a cookie would like to read.
const PERSONAL: [&str; 6] = [
    "/api/v1/session",
    "/api/v1/events",
    "/api/v1/tickets",
    "/api/v1/calls/0000000000000001/recording",
    "/api/v1/calls/0000000000000001/transcript",
    "/api/v1/calls/0000000000000001/context",
];

#[tokio::test]
async fn a_stolen_cookie_opens_nothing_at_another_address() {
    let hotline = TestApp::start().await;
    let own = hotline.client_at("operator", loopback(1)).await;
    let stolen = own.moved_to(loopback(2));
    for path in PERSONAL {
        let (status, problem) = stolen.get(path).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}: {problem}");
        assert_eq!(problem["code"], "session-elsewhere", "{path}");
        assert_eq!(problem["detail"], "本次登录来自另一个网络地址，请在本机重新登录");
    }
    let line = stolen.post("/api/v1/desk/line", &json!({"sdp": "v=0"})).await;
    assert_eq!(
        (line.0, &line.1["code"]),
        (StatusCode::UNAUTHORIZED, &json!("session-elsewhere"))
    );
    assert_eq!(
        own.get("/api/v1/session").await.0,
        StatusCode::OK,
        "her own goes on"
    );
    let admin = hotline.client(Role::Admin).await;
    let (_, log) = admin.get("/api/v1/audit?action=session.elsewhere").await;
    let entries = log["items"].as_array().expect("entries");
    assert_eq!(entries.len(), 1, "a flood does not grow the log: {log}");
    let entry = &entries[0];
    assert_eq!(
        (&entry["actor"], &entry["address"], &entry["outcome"]),
        (&json!("operator"), &json!("127.0.0.2"), &json!("refused"))
    );
}

#[tokio::test]
async fn a_units_clerk_on_the_road_reads_on_but_is_shown_nothing_that_is_masked() {
    let hotline = TestApp::start().await;
    let moved = hotline.client_at("unit", loopback(1)).await.moved_to(loopback(3));
    assert_eq!(moved.get("/api/v1/tickets").await.0, StatusCode::OK);
    let body = json!({"field": "caller", "reason": "核对"});
    let (status, problem) = moved.post("/api/v1/tickets/1/reveal", &body).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNAUTHORIZED, &json!("session-elsewhere"))
    );
}

#[tokio::test]
async fn where_addresses_change_on_the_way_the_check_can_be_switched_off() {
    let hotline = TestApp::start_with(|config| config.http.line_from_login_address = false).await;
    let moved = hotline
        .client_at("operator", loopback(1))
        .await
        .moved_to(loopback(2));
    assert_eq!(moved.get("/api/v1/tickets").await.0, StatusCode::OK);
}
