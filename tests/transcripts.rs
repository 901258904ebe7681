//! Transcripts through the doors.

mod support;

use chrono::TimeDelta;
use minsheng::{
    accounts::Role,
    calls::Outcome,
    transcripts::{Side, Skip},
};
use serde_json::{Value, json};
use support::{
    TestApp,
    journey::{FakeRecogniser, Journey, call_id, provision},
};

async fn talk(hotline: &TestApp) {
    let journey = Journey::inbound(hotline, 1, "13800000001")
        .await
        .queued()
        .await
        .answered()
        .await;
    journey.ended(Outcome::Answered).await.recorded().await;
    hotline.settle().await;
}

async fn transcript(hotline: &TestApp) -> Value {
    let path = format!("/api/v1/calls/{}/transcript", call_id(1));
    hotline.client(Role::Operator).await.get(&path).await.1
}

#[tokio::test]
async fn a_finished_recording_is_transcribed_without_the_prompts() {
    let hotline = TestApp::start().await;
    let said = vec![
        (Side::Citizen, 8_000, "我家停水了"),
        (Side::Office, 11_000, "请问您在哪里"),
    ];
    let recogniser = FakeRecogniser::connect(&hotline, vec![Ok(said)]);
    talk(&hotline).await;
    let found = transcript(&hotline).await;
    assert_eq!(found["state"], "done");
    assert_eq!(found["engine"], "fake");
    let second = json!({"side": "office", "start_ms": 11_000, "end_ms": 13_000, "text": "请问您在哪里"});
    assert_eq!(found["segments"][1], second);
    let prompts = Skip {
        side: Side::Office,
        from_ms: 0,
        to_ms: 7_010,
    };
    assert_eq!(*recogniser.skipped.lock().expect("lock"), [prompts]);
}

#[tokio::test]
async fn without_a_model_the_call_says_so_and_nothing_is_retried() {
    let hotline = TestApp::start().await;
    talk(&hotline).await;
    let found = transcript(&hotline).await;
    assert_eq!(
        (
            found["state"].as_str(),
            found["segments"].as_array().map(Vec::len)
        ),
        (Some("no_model"), Some(0))
    );
    let (_, call) = hotline
        .client(Role::Operator)
        .await
        .get(&format!("/api/v1/calls/{}", call_id(1)))
        .await;
    assert_eq!(call["transcript_state"], "no_model");
}

#[tokio::test]
async fn a_recogniser_that_was_interrupted_is_asked_again() {
    let hotline = TestApp::start().await;
    FakeRecogniser::connect(
        &hotline,
        vec![Err("cancelled"), Ok(vec![(Side::Citizen, 0, "你好")])],
    );
    talk(&hotline).await;
    assert_eq!(transcript(&hotline).await["state"], "pending");
    hotline.advance(TimeDelta::seconds(5)).await;
    assert_eq!(transcript(&hotline).await["state"], "done");
}

#[tokio::test]
async fn a_daemon_that_is_stopped_over_and_over_uses_up_no_attempt() {
    let hotline = TestApp::start().await;
    let mut answers = vec![Err("stopping"); 30];
    answers.push(Ok(vec![(Side::Citizen, 0, "你好")]));
    FakeRecogniser::connect(&hotline, answers);
    talk(&hotline).await;
    for _ in 0..30 {
        assert_eq!(transcript(&hotline).await["state"], "pending");
        hotline.advance(TimeDelta::seconds(31)).await;
    }
    assert_eq!(transcript(&hotline).await["state"], "done");
}

#[tokio::test]
async fn a_recording_that_cannot_be_read_is_given_up_with_its_reason() {
    let hotline = TestApp::start().await;
    FakeRecogniser::connect(&hotline, vec![Err("bad")]);
    talk(&hotline).await;
    let found = transcript(&hotline).await;
    assert_eq!(
        (found["state"].as_str(), found["error"].as_str()),
        (Some("failed"), Some("bad"))
    );
}

#[tokio::test]
async fn the_transcript_fills_the_ticket_and_names_its_words() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let said = vec![
        (Side::Citizen, 8_000, "我住清河湾小区从昨晚就停水了"),
        (Side::Office, 11_000, "是漏水吗"),
    ];
    FakeRecogniser::connect(&hotline, vec![Ok(said)]);
    talk(&hotline).await;
    let client = hotline.client(Role::Operator).await;
    let (_, list) = client.get("/api/v1/tickets").await;
    let number = list["items"][0]["number"].as_str().expect("ticket").to_owned();
    let (_, ticket) = client.get(&format!("/api/v1/tickets/{number}")).await;
    assert_eq!(ticket["title"], "清河湾小区停水");
    assert_eq!(ticket["class"]["level3"], "自来水供应");
    assert_eq!(
        (ticket["band"].as_str(), ticket["kind"].as_str()),
        (Some("A"), Some("报修"))
    );
    assert_eq!(ticket["suggestion"]["place"]["name"], "清河湾小区");
    assert_eq!(ticket["suggestion"]["unit"]["name"], "县供水公司");
    assert!(
        ticket["suggestion"]["unit_reason"]
            .as_str()
            .expect("reason")
            .contains("城市供水条例")
    );
    let word = json!({"field": "place", "text": "清河湾小区", "start_ms": 8_000});
    assert!(
        ticket["suggestion"]["words"]
            .as_array()
            .expect("words")
            .contains(&word)
    );
}
