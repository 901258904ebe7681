//! What is being said while a call runs, through the door. The recogniser is told what it hears; see `speech.rs` for the real one.

mod support;

use minsheng::{
    accounts::Role,
    calls::{Outcome, What},
    news::Audience,
    transcripts::{
        Side,
        live::{Followed, LiveSegment, follow_all},
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    TestApp,
    journey::{FakeRecogniser, Journey, call_id, provision},
};

fn said(side: Side, start_ms: i64, text: &str, is_final: bool) -> Followed {
    let segment = LiveSegment {
        side,
        start_ms,
        end_ms: start_ms + 2_000,
        text: text.into(),
        is_final,
    };
    Followed {
        segments: vec![segment],
        ..Followed::default()
    }
}

async fn recogniser(hotline: &TestApp, steps: Vec<Followed>) -> FakeRecogniser {
    let recogniser = FakeRecogniser::connect(hotline, vec![Ok(vec![])]);
    *recogniser.steps.lock().expect("lock") = steps;
    recogniser
}

/// Connected to the operator 7,010 ms after the recording began.
async fn talking(hotline: &TestApp, n: u64) -> Journey<'_> {
    Journey::inbound(hotline, n, "13800000001")
        .await
        .queued()
        .await
        .answered()
        .await
}

async fn step(hotline: &TestApp) {
    follow_all(&hotline.app).await.expect("a step");
}

async fn live(hotline: &TestApp, role: Role) -> Value {
    let path = format!("/api/v1/calls/{}/live-transcript", call_id(1));
    let (status, body) = hotline.client(role).await.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

#[tokio::test]
async fn words_are_shown_as_they_are_said_and_put_right_when_the_sentence_is_over() {
    let hotline = TestApp::start().await;
    let steps = vec![
        said(Side::Citizen, 8_000, "我家停", false),
        said(Side::Citizen, 8_000, "我家停水了", true),
        said(Side::Office, 11_000, "请问在哪里", true),
    ];
    recogniser(&hotline, steps).await;
    let _call = talking(&hotline, 1).await;
    let mut ear = hotline.app.db.signals().listen();
    assert_eq!(
        live(&hotline, Role::Operator).await,
        json!({"state": "none", "segments": []})
    );
    step(&hotline).await;
    let first = live(&hotline, Role::Operator).await;
    assert_eq!(first["state"], "live");
    let growing =
        json!({"side": "citizen", "start_ms": 8_000, "end_ms": 10_000, "text": "我家停", "final": false});
    assert_eq!(first["segments"], json!([growing]));
    let news = ear.try_recv().expect("news");
    assert_eq!(
        (news.kind, &news.data),
        (
            "transcript.live",
            &json!({"call_id": call_id(1), "segment": growing})
        )
    );
    assert_eq!(news.audience, Audience::PersonAndSupervisors("operator".into()));
    step(&hotline).await;
    step(&hotline).await;
    let segments = live(&hotline, Role::Supervisor).await["segments"].clone();
    let texts: Vec<_> = segments
        .as_array()
        .expect("list")
        .iter()
        .map(|one| one["text"].clone())
        .collect();
    assert_eq!(texts, ["我家停水了", "请问在哪里"]);
}

#[tokio::test]
async fn only_people_are_listened_to_and_after_a_hold_from_its_end_on() {
    let hotline = TestApp::start().await;
    let recogniser = recogniser(&hotline, vec![]).await;
    let journey = Journey::inbound(&hotline, 1, "13800000001").await.queued().await;
    step(&hotline).await;
    let journey = journey.answered().await;
    step(&hotline).await;
    let journey = journey.then(10_000, What::Held).await;
    step(&hotline).await;
    let journey = journey.then(5_000, What::Resumed).await;
    step(&hotline).await;
    let followed = recogniser.followed.lock().expect("lock").clone();
    // The recording began 30 ms into the call, the answer came 7,040 ms into it, the resumption 15 s later.
    assert_eq!(followed, [(call_id(1), 7_010), (call_id(1), 22_010)]);
    journey.ended(Outcome::Answered).await;
    step(&hotline).await;
    assert_eq!(*recogniser.forgotten.lock().expect("lock"), [call_id(1)]);
    assert_eq!(live(&hotline, Role::Operator).await["state"], "ended");
}

#[tokio::test]
async fn more_calls_than_there_is_room_for_wait_and_those_followed_go_on() {
    let hotline = TestApp::start_with(|config| config.speech.live_calls = 1).await;
    let recogniser = recogniser(&hotline, vec![]).await;
    let first = talking(&hotline, 1).await;
    step(&hotline).await;
    talking(&hotline, 2).await;
    step(&hotline).await;
    let states = |hotline: &TestApp| {
        let board = hotline.app.speech.board();
        [1, 2].map(|n| {
            board
                .find(&call_id(n))
                .map(|transcript| transcript.state.as_str())
        })
    };
    assert_eq!(states(&hotline), [Some("live"), Some("waiting")]);
    first.ended(Outcome::Answered).await;
    step(&hotline).await;
    assert_eq!(states(&hotline), [Some("ended"), Some("live")]);
    let followed = recogniser.followed.lock().expect("lock").clone();
    assert_eq!(
        followed.iter().map(|(call, _)| call.clone()).collect::<Vec<_>>(),
        [call_id(1), call_id(1), call_id(2)]
    );
}

#[tokio::test]
async fn without_room_or_model_calls_go_on_and_nothing_is_shown() {
    let hotline = TestApp::start().await;
    let _call = talking(&hotline, 1).await;
    step(&hotline).await;
    assert_eq!(live(&hotline, Role::Operator).await["state"], "none");
    let off = TestApp::start_with(|config| config.speech.live_calls = 0).await;
    let recogniser = recogniser(&off, vec![]).await;
    let _call = talking(&off, 1).await;
    step(&off).await;
    assert_eq!(recogniser.followed.lock().expect("lock").len(), 0);
}

#[tokio::test]
async fn a_gap_stays_known_to_be_one() {
    let hotline = TestApp::start().await;
    let behind = Followed {
        is_behind: true,
        ..Followed::default()
    };
    recogniser(&hotline, vec![behind, Followed::default()]).await;
    let _call = talking(&hotline, 1).await;
    step(&hotline).await;
    step(&hotline).await;
    assert_eq!(live(&hotline, Role::Operator).await["state"], "behind");
}

#[tokio::test]
async fn the_draft_learns_while_the_citizen_speaks_and_what_was_typed_stays() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let steps = vec![
        said(Side::Citizen, 8_000, "我住清河湾小区", true),
        said(Side::Citizen, 11_000, "从昨晚就停水了", true),
        said(Side::Citizen, 14_000, "嗯，是的", true),
    ];
    recogniser(&hotline, steps).await;
    let _call = talking(&hotline, 1).await;
    hotline.settle().await;
    let client = hotline.client(Role::Operator).await;
    let (_, list) = client.get("/api/v1/tickets").await;
    let number = list["items"][0]["number"].as_str().expect("ticket").to_owned();
    let path = format!("/api/v1/tickets/{number}");
    step(&hotline).await;
    hotline.settle().await;
    let (_, ticket) = client.get(&path).await;
    assert_eq!(ticket["suggestion"]["place"]["name"], "清河湾小区");
    let typed = json!({"version": ticket["version"], "title": "市民来电反映水的问题"});
    assert_eq!(
        client.post(&format!("{path}/fill"), &typed).await.0,
        StatusCode::OK
    );
    step(&hotline).await;
    hotline.settle().await;
    let (_, ticket) = client.get(&path).await;
    assert_eq!(ticket["title"], "市民来电反映水的问题");
    assert_eq!(ticket["suggestion"]["title"], "清河湾小区停水");
    assert_eq!(ticket["class"]["level3"], "自来水供应");
    let word = json!({"field": "place", "text": "清河湾小区", "start_ms": 8_000});
    assert!(
        ticket["suggestion"]["words"]
            .as_array()
            .expect("words")
            .contains(&word)
    );
    let history = ticket["timeline"].as_array().map(Vec::len);
    step(&hotline).await;
    hotline.settle().await;
    let (_, ticket) = client.get(&path).await;
    assert_eq!(
        ticket["timeline"].as_array().map(Vec::len),
        history,
        "a yes teaches the ticket nothing"
    );
}

#[tokio::test]
async fn what_is_said_in_anothers_call_is_not_an_operators_business() {
    let hotline = TestApp::start().await;
    hotline
        .add_person(&support::person("operator2", Role::Operator))
        .await;
    let _call = talking(&hotline, 1).await;
    let path = format!("/api/v1/calls/{}/live-transcript", call_id(1));
    let other = hotline.client_of("operator2").await;
    assert_eq!(other.get(&path).await.0, StatusCode::FORBIDDEN);
    assert_eq!(
        hotline.client(Role::Unit).await.get(&path).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        hotline.client(Role::Operator).await.get(&path).await.0,
        StatusCode::OK
    );
    let nobody = hotline
        .client(Role::Operator)
        .await
        .get("/api/v1/calls/ffffffffffffffff/live-transcript")
        .await;
    assert_eq!(nobody.0, StatusCode::NOT_FOUND);
}
