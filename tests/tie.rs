//! One call and its tickets, through the door: tied to one that exists, or bringing several.

mod support;

use chrono::TimeDelta;
use minsheng::{accounts::Role, calls::Outcome, transcripts::Side};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    Client, TestApp,
    journey::{FakeRecogniser, Journey, call_id, provision},
};

async fn talking(hotline: &TestApp, n: u64) -> Journey<'_> {
    let journey = Journey::inbound(hotline, n, "13800000001")
        .await
        .queued()
        .await
        .answered()
        .await;
    hotline.settle().await;
    journey
}

async fn ticket_of(client: &Client, n: u64) -> String {
    let (_, call) = client.get(&format!("/api/v1/calls/{}", call_id(n))).await;
    call["ticket_number"].as_str().expect("a ticket").to_owned()
}

async fn ticket(client: &Client, number: &str) -> Value {
    client.get(&format!("/api/v1/tickets/{number}")).await.1
}

/// A ticket of an earlier call, with a title.
async fn earlier(hotline: &TestApp, client: &Client) -> String {
    talking(hotline, 1).await.ended(Outcome::Answered).await;
    hotline.settle().await;
    let number = ticket_of(client, 1).await;
    let body =
        json!({"version": ticket(client, &number).await["version"], "title": "小区停水", "content": "停水"});
    let (status, filled) = client
        .post(&format!("/api/v1/tickets/{number}/fill"), &body)
        .await;
    assert_eq!(status, StatusCode::OK, "{filled}");
    hotline.advance(TimeDelta::hours(3)).await;
    number
}

fn tie(n: u64) -> String {
    format!("/api/v1/calls/{}/tie", call_id(n))
}

#[tokio::test]
async fn a_call_about_an_open_ticket_is_tied_to_it_and_its_own_draft_is_void() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let client = hotline.client(Role::Operator).await;
    let first = earlier(&hotline, &client).await;
    let call = talking(&hotline, 2).await;
    let draft = ticket_of(&client, 2).await;
    let body = json!({"ticket_number": first, "kind": "enquiry"});
    let (status, answer) = client.post(&tie(2), &body).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    assert_eq!(ticket_of(&client, 2).await, first);
    assert_eq!(ticket(&client, &draft).await["state"], "void");
    assert_eq!(
        ticket(&client, &first).await["calls"].as_array().map(Vec::len),
        Some(2)
    );
    let again = client.post(&tie(2), &body).await;
    assert_eq!(again.0, StatusCode::NO_CONTENT, "twice is once: {}", again.1);
    // What is said in the second call does not rewrite the first one's ticket.
    FakeRecogniser::connect(
        &hotline,
        vec![Ok(vec![(Side::Citizen, 8_000, "暖气不热怎么还没有人来")])],
    );
    call.ended(Outcome::Answered).await.recorded().await;
    hotline.settle().await;
    assert_eq!(ticket(&client, &first).await["suggestion"]["title"], "");
}

#[tokio::test]
async fn what_the_operator_has_written_is_not_thrown_away_by_a_click() {
    let hotline = TestApp::start().await;
    let client = hotline.client(Role::Operator).await;
    let first = earlier(&hotline, &client).await;
    let _call = talking(&hotline, 2).await;
    let draft = ticket_of(&client, 2).await;
    let body = json!({"version": ticket(&client, &draft).await["version"], "title": "另一件事"});
    assert_eq!(
        client
            .post(&format!("/api/v1/tickets/{draft}/fill"), &body)
            .await
            .0,
        StatusCode::OK
    );
    let (status, problem) = client
        .post(&tie(2), &json!({"ticket_number": first, "kind": "addition"}))
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        problem["detail"].as_str().expect("detail").contains("已填写"),
        "{problem}"
    );
    assert_eq!(ticket_of(&client, 2).await, draft);
}

#[tokio::test]
async fn a_tie_to_nothing_to_a_closed_ticket_or_of_anothers_call_is_refused() {
    let hotline = TestApp::start().await;
    let client = hotline.client(Role::Operator).await;
    let first = earlier(&hotline, &client).await;
    let _call = talking(&hotline, 2).await;
    let unknown = client
        .post(&tie(2), &json!({"ticket_number": "1", "kind": "enquiry"}))
        .await;
    assert_eq!(
        (unknown.0, &unknown.1["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("ticket_number"))
    );
    let strange = client
        .post(&tie(2), &json!({"ticket_number": first, "kind": "other"}))
        .await;
    assert_eq!(
        (strange.0, &strange.1["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("kind"))
    );
    let body = json!({"ticket_number": first, "kind": "enquiry"});
    hotline
        .add_person(&support::person("operator2", Role::Operator))
        .await;
    let other = hotline.client_of("operator2").await;
    assert_eq!(other.post(&tie(2), &body).await.0, StatusCode::FORBIDDEN);
    assert_eq!(
        hotline
            .client(Role::Dispatcher)
            .await
            .post(&tie(2), &body)
            .await
            .0,
        StatusCode::FORBIDDEN
    );
    let close = client
        .post(
            &format!("/api/v1/tickets/{first}/close"),
            &json!({"note": "已当场答复"}),
        )
        .await;
    assert_eq!(close.0, StatusCode::OK, "{}", close.1);
    assert_eq!(client.post(&tie(2), &body).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_further_demand_is_a_further_ticket_of_the_same_call() {
    let hotline = TestApp::start().await;
    let client = hotline.client(Role::Operator).await;
    let call = talking(&hotline, 1).await;
    let first = ticket_of(&client, 1).await;
    let path = format!("/api/v1/calls/{}/tickets", call_id(1));
    let (status, made) = client.post(&path, &json!({})).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let second = made["number"].as_str().expect("number");
    assert_ne!(second, first);
    assert_eq!(ticket_of(&client, 1).await, first, "the call keeps its first");
    let shown = ticket(&client, second).await;
    assert_eq!(
        (&shown["caller"], &shown["operator"]),
        (&json!("13800000001"), &json!("operator"))
    );
    assert_eq!(shown["calls"][0]["id"], json!(call_id(1)));
    let (_, desk) = client.get("/api/v1/desk").await;
    assert_eq!(desk["tickets"], json!([first, second]), "both are on the desk");
    call.ended(Outcome::Answered).await;
    hotline.settle().await;
    let states = (
        ticket(&client, &first).await["state"].clone(),
        ticket(&client, second).await["state"].clone(),
    );
    assert_eq!(states.0, states.1, "both wait to be accepted after the call");
    let stranger = hotline
        .client(Role::Supervisor)
        .await
        .post(&path, &json!({}))
        .await;
    assert_eq!(stranger.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn each_of_a_calls_tickets_is_suggested_what_was_said_of_its_own_demand() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let client = hotline.client(Role::Operator).await;
    let call = talking(&hotline, 1).await;
    let first = ticket_of(&client, 1).await;
    hotline.advance(TimeDelta::seconds(20)).await;
    let path = format!("/api/v1/calls/{}/tickets", call_id(1));
    let (_, made) = client.post(&path, &json!({})).await;
    let second = made["number"].as_str().expect("number");
    let said = vec![
        (Side::Citizen, 8_000, "你好我们清河湾小区停水三天了"),
        (Side::Citizen, 17_000, "另外小区门口的路灯也不亮"),
    ];
    FakeRecogniser::connect(&hotline, vec![Ok(said)]);
    call.ended(Outcome::Answered).await.recorded().await;
    hotline.settle().await;
    let (first, second) = (
        ticket(&client, &first).await["suggestion"].clone(),
        ticket(&client, second).await["suggestion"].clone(),
    );
    let has = |suggestion: &Value, word: &str| suggestion["title"].as_str().is_some_and(|t| t.contains(word));
    assert!(has(&first, "停水") && !has(&first, "路灯"), "{first}");
    assert!(has(&second, "路灯") && !has(&second, "停水"), "{second}");
    assert_ne!(first["class"]["code"], second["class"]["code"]);
    let of_second = second["words"].as_array().expect("words");
    assert!(!of_second.is_empty());
    assert!(
        of_second.iter().all(|word| word["start_ms"] == 17_000),
        "{second}"
    );
}

#[tokio::test]
async fn a_wrong_tie_is_undone_and_the_call_has_a_draft_of_its_own_again() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let client = hotline.client(Role::Operator).await;
    let first = earlier(&hotline, &client).await;
    let call = talking(&hotline, 2).await;
    let untied = client.delete(&tie(2)).await;
    assert_eq!(
        (untied.0, &untied.1["code"]),
        (StatusCode::CONFLICT, &json!("tie-none"))
    );
    let body = json!({"ticket_number": first, "kind": "enquiry"});
    assert_eq!(client.post(&tie(2), &body).await.0, StatusCode::NO_CONTENT);
    assert_eq!(client.get("/api/v1/desk").await.1["tied"], true);
    let (status, made) = client.delete(&tie(2)).await;
    assert_eq!(status, StatusCode::OK, "{made}");
    let own = made["number"].as_str().expect("number");
    assert_eq!(ticket_of(&client, 2).await, own);
    assert_eq!(
        ticket(&client, &first).await["calls"].as_array().map(Vec::len),
        Some(1),
        "the other ticket has its own call alone"
    );
    let (_, desk) = client.get("/api/v1/desk").await;
    assert_eq!(
        (&desk["tied"], &desk["ticket"]["number"]),
        (&json!(false), &json!(own))
    );
    let (_, shown) = client.get(&format!("/api/v1/calls/{}", call_id(2))).await;
    let deeds: Vec<_> = shown["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter(|event| event["kind"] == "tied" || event["kind"] == "untied")
        .map(|event| (event["kind"].clone(), event["detail"]["by"].clone()))
        .collect();
    assert_eq!(
        deeds,
        [
            (json!("tied"), json!("operator")),
            (json!("untied"), json!("operator"))
        ]
    );
    FakeRecogniser::connect(
        &hotline,
        vec![Ok(vec![(Side::Citizen, 8_000, "清河湾小区路灯不亮")])],
    );
    call.ended(Outcome::Answered).await.recorded().await;
    hotline.settle().await;
    let title = ticket(&client, own).await["suggestion"]["title"].clone();
    assert!(
        title.as_str().is_some_and(|title| title.contains("灯")),
        "{title}"
    );
}

#[tokio::test]
async fn a_ticket_opened_after_the_call_knows_that_the_call_is_over() {
    let hotline = TestApp::start().await;
    let client = hotline.client(Role::Operator).await;
    talking(&hotline, 1).await.ended(Outcome::Answered).await;
    hotline.settle().await;
    let first = ticket_of(&client, 1).await;
    let path = format!("/api/v1/calls/{}/tickets", call_id(1));
    let (_, made) = client.post(&path, &json!({})).await;
    let second = made["number"].as_str().expect("number");
    assert_eq!(
        ticket(&client, &first).await["state"],
        ticket(&client, second).await["state"]
    );
}
