//! Masked contact: a clerk is called, then the citizen, and the ticket's contact log writes itself.

mod support;

use chrono::TimeDelta;
use minsheng::{
    accounts::Role,
    calls::{self, Change, Direction, Outcome, Purpose, What},
    live::{Contact, Refused},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    TestApp,
    journey::{FakeSwitchboard, provision},
    person,
};

const CITIZEN: &str = "13800000001";
const CLERK: &str = "0534-8200001";

/// A ticket that the water company has signed.
async fn signed(hotline: &TestApp) -> String {
    provision(hotline).await;
    for (name, unit) in [("water", "gongshui"), ("housing", "zhujian")] {
        let mut clerk = person(name, Role::Unit);
        clerk.unit_code = Some(unit.into());
        hotline.add_person(&clerk).await;
    }
    let fields = json!({"title": "停水", "class_code": "010101", "contact_phone": CITIZEN});
    let operator = hotline.client(Role::Operator).await;
    let (_, ticket) = operator.post("/api/v1/tickets", &fields).await;
    let number = ticket["number"].as_str().expect("number").to_owned();
    for (who, verb, body) in [
        ("operator", "accept", json!({})),
        ("dispatcher", "dispatch", json!({"unit_code": "gongshui"})),
        ("water", "sign", json!({})),
    ] {
        let path = format!("/api/v1/tickets/{number}/{verb}");
        let (status, answer) = hotline.client_of(who).await.post(&path, &body).await;
        assert_eq!(status, StatusCode::OK, "{verb}: {answer}");
    }
    hotline.settle().await;
    number
}

async fn press(hotline: &TestApp, who: &str, number: &str, body: &Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/tickets/{number}/call_citizen");
    hotline.client_of(who).await.post(&path, body).await
}

/// The switchboard tells the call: seconds from now, and what.
async fn told(hotline: &TestApp, wish: &Contact, steps: Vec<(i64, What)>) {
    let started = What::Started {
        direction: Direction::Outbound,
        purpose: Purpose::Contact,
        caller: wish.citizen.clone(),
        caller_kind: "mobile".into(),
        caller_private: false,
        caller_display: None,
        called: wish.citizen.clone(),
        trunk: None,
        menu: String::new(),
        diverted_from: None,
        ticket_number: Some(wish.ticket_number.clone()),
    };
    let start = hotline.app.clock.now();
    let change = |(seconds, what): (i64, What)| Change {
        call_id: wish.call_id.clone(),
        at: start + TimeDelta::seconds(seconds),
        what,
    };
    let steps = std::iter::once((0, started)).chain(steps);
    let changes: Vec<Change> = steps.map(change).collect();
    let mut tx = hotline.app.db.begin().await.expect("begin");
    calls::apply(&mut tx, &changes).await.expect("apply");
    tx.commit().await.expect("commit");
    hotline.advance(TimeDelta::seconds(300)).await;
}

fn ended(outcome: Outcome) -> What {
    What::Ended {
        outcome,
        cause: "normal".into(),
        by: "office".into(),
    }
}

fn talked() -> Vec<(i64, What)> {
    let answered = What::ConsultAnswered {
        party: CITIZEN.into(),
    };
    vec![
        (5, What::Connected),
        (12, answered),
        (92, ended(Outcome::Answered)),
    ]
}

async fn contacts(hotline: &TestApp, number: &str) -> Value {
    let path = format!("/api/v1/tickets/{number}");
    hotline.client(Role::Supervisor).await.get(&path).await.1["contacts"].clone()
}

#[tokio::test]
async fn the_log_says_when_by_which_number_with_what_result_and_for_how_long() {
    let hotline = TestApp::start().await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    let number = signed(&hotline).await;
    let at = hotline.app.clock.now();
    let (status, answer) = press(&hotline, "water", &number, &json!({"phone": CLERK})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let wish = switchboard.contacts.lock().expect("lock").remove(0);
    assert_eq!(
        (wish.clerk.as_str(), wish.citizen.as_str()),
        ("05348200001", CITIZEN)
    );
    assert_eq!(answer["call_id"], wish.call_id);
    told(&hotline, &wish, talked()).await;
    let log = contacts(&hotline, &number).await;
    assert_eq!(log.as_array().map(Vec::len), Some(1), "{log}");
    let text = log[0].to_string();
    for part in ["12345", "reached", "1 分 20 秒", "gongshui"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let found = log[0]["at"]
        .as_str()
        .or(log[0]["contact"]["at"].as_str())
        .expect("time");
    assert_eq!(found.parse::<chrono::DateTime<chrono::Utc>>().expect("time"), at);
    // The phone is remembered, and the citizen who rings back is put through to it.
    let (_, own) = hotline
        .client_of("water")
        .await
        .get("/api/v1/contact-phone")
        .await;
    assert_eq!(own["phone"], CLERK);
    let mut tx = hotline.app.db.read().await.expect("read");
    let returns = minsheng::contacts::returns(&mut tx, 0).await.expect("returns");
    assert_eq!(returns.get(CITIZEN).map(String::as_str), Some("05348200001"));
}

#[tokio::test]
async fn a_citizen_not_reached_is_logged_and_a_clerk_not_reached_is_not() {
    let hotline = TestApp::start().await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    let number = signed(&hotline).await;
    press(&hotline, "water", &number, &json!({"phone": CLERK})).await;
    let wish = switchboard.contacts.lock().expect("lock").remove(0);
    told(&hotline, &wish, vec![(20, ended(Outcome::NoAnswer))]).await;
    assert_eq!(contacts(&hotline, &number).await, json!([]));
    // Without a number the one of last time is rung.
    press(&hotline, "water", &number, &json!({})).await;
    let wish = switchboard.contacts.lock().expect("lock").remove(0);
    assert_eq!(wish.clerk, "05348200001");
    told(
        &hotline,
        &wish,
        vec![(5, What::Connected), (50, ended(Outcome::NoAnswer))],
    )
    .await;
    assert!(
        contacts(&hotline, &number)
            .await
            .to_string()
            .contains("no_answer")
    );
}

#[tokio::test]
async fn only_the_units_own_clerk_may_and_is_told_what_is_missing() {
    let hotline = TestApp::start().await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    let number = signed(&hotline).await;
    let body = json!({"phone": CLERK});
    assert_eq!(
        press(&hotline, "housing", &number, &body).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        press(&hotline, "operator", &number, &body).await.0,
        StatusCode::FORBIDDEN
    );
    for bad in [json!({"phone": "110"}), json!({"phone": "tel:1"})] {
        let (status, problem) = press(&hotline, "water", &number, &bad).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    }
    switchboard.refuse(Some(Refused::NumberNotAllowed));
    assert_eq!(
        press(&hotline, "water", &number, &body).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    switchboard.refuse(Some(Refused::NoLine));
    assert_eq!(
        press(&hotline, "water", &number, &body).await.0,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert!(switchboard.contacts.lock().expect("lock").is_empty());
    assert_eq!(contacts(&hotline, &number).await, json!([]));
}
