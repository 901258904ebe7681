//! Calls through the doors: lists, details, the recording, hanging up, the live page.

mod support;

use std::path::Path;

use minsheng::{
    accounts::Role,
    calls::{Outcome, What},
    live::{Operator, OperatorState, Trunk, Waiting},
};
use reqwest::{Method, StatusCode, header};
use serde_json::json;
use support::{
    TestApp,
    journey::{FakeSwitchboard, Journey, call_id, provision},
};

fn write_recording(hotline: &TestApp, name: &str, bytes: &[u8]) {
    let dir = hotline.app.config.recordings();
    std::fs::create_dir_all(&dir).expect("directory");
    std::fs::write(dir.join(name), bytes).expect("recording");
}

#[tokio::test]
async fn a_finished_call_is_listed_and_shown_with_its_legs_and_events() {
    let hotline = TestApp::start().await;
    let leg = What::LegEnded {
        side: minsheng::calls::Side::Operator,
        party: "operator".into(),
        started_at: hotline.app.clock.now(),
        answered_at: None,
        cause: "bye".into(),
        status: 200,
        quality: json!({"lost": 0}),
    };
    let journey = Journey::inbound(&hotline, 1, "13800000001")
        .await
        .queued()
        .await
        .answered()
        .await;
    journey
        .ended(Outcome::Answered)
        .await
        .then(5, leg)
        .await
        .recorded()
        .await;
    hotline.settle().await;
    let client = hotline.client(Role::Operator).await;
    let (status, list) = client.get("/api/v1/calls?caller=13800000001").await;
    assert_eq!(status, StatusCode::OK);
    let call = &list["items"][0];
    assert_eq!(call["state"], "ended");
    assert_eq!(
        call["operator"],
        json!({"username": "operator", "display_name": "operator 某"})
    );
    assert_eq!(
        (call["wait_ms"].as_i64(), call["talk_ms"].as_i64()),
        (Some(3_000), Some(30_000))
    );
    assert_eq!(call["menu_path"][0]["node"], "notice");
    assert_eq!(call["recording"]["state"], "complete");
    assert_eq!(call["recording"]["missing_ms"], 0);
    assert_eq!(call["ticket_number"].as_str().map(str::len), Some(18));
    let (_, detail) = client.get(&format!("/api/v1/calls/{}", call_id(1))).await;
    assert_eq!(detail["legs"][0]["quality"]["lost"], 0);
    let kinds: Vec<_> = detail["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| event["kind"].clone())
        .collect();
    assert_eq!(kinds[0], "started");
    assert!(kinds.contains(&json!("recorded")), "{kinds:?}");
}

#[tokio::test]
async fn lists_page_by_cursor_without_loss_or_repetition() {
    let hotline = TestApp::start().await;
    for n in 1..=5 {
        Journey::inbound(&hotline, n, "13800000001").await;
    }
    let client = hotline.client(Role::Supervisor).await;
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let (status, page) = client
            .get(&format!("/api/v1/calls?limit=2&cursor={cursor}"))
            .await;
        assert_eq!(status, StatusCode::OK);
        seen.extend(
            page["items"]
                .as_array()
                .expect("items")
                .iter()
                .map(|call| call["id"].clone()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, (1..=5).rev().map(|n| json!(call_id(n))).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_recording_is_served_in_parts_also_while_it_grows() {
    let hotline = TestApp::start().await;
    Journey::inbound(&hotline, 1, "13800000001").await;
    write_recording(&hotline, &format!("{}.wav", call_id(1)), b"RIFF0123456789");
    let client = hotline.client(Role::Dispatcher).await;
    let path = format!("/api/v1/calls/{}/recording", call_id(1));
    let part = client
        .request(Method::GET, &path)
        .header(header::RANGE, "bytes=4-7")
        .send()
        .await
        .expect("answer");
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[header::CONTENT_TYPE], "audio/wav");
    assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 4-7/14");
    assert_eq!(part.text().await.expect("body"), "0123");
    write_recording(&hotline, &format!("{}.wav", call_id(1)), b"RIFF0123456789abcdef");
    let whole = client.request(Method::GET, &path).send().await.expect("answer");
    assert_eq!(whole.bytes().await.expect("body").len(), 20);
}

#[tokio::test]
async fn a_path_out_of_the_recordings_is_never_followed() {
    let hotline = TestApp::start().await;
    std::fs::write(
        Path::new(&hotline.app.config.service.data_dir).join("secret"),
        b"secret",
    )
    .expect("file");
    let client = hotline.client(Role::Admin).await;
    for (n, path) in [
        (1, "../secret"),
        (2, "/etc/passwd"),
        (3, "a/../../secret"),
        (4, ""),
        (5, "missing.wav"),
    ] {
        let journey = Journey::inbound(&hotline, n, "13800000001").await;
        journey
            .then(1, What::RecordingStarted { path: path.into() })
            .await;
        let (status, _) = client
            .get(&format!("/api/v1/calls/{}/recording", call_id(n)))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn units_and_strangers_have_no_business_with_calls() {
    let hotline = TestApp::start().await;
    Journey::inbound(&hotline, 1, "13800000001").await;
    let unit = hotline.client(Role::Unit).await;
    for path in [
        "",
        &format!("/{}", call_id(1)),
        &format!("/{}/recording", call_id(1)),
        &format!("/{}/transcript", call_id(1)),
    ] {
        let path = format!("/api/v1/calls{path}");
        assert_eq!(unit.get(&path).await.0, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(
            hotline.stranger().get(&path).await.0,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
    let nobody = hotline
        .client(Role::Operator)
        .await
        .get("/api/v1/calls/ffffffffffffffff")
        .await;
    assert_eq!(nobody.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_operator_hangs_up_the_own_call_only() {
    let hotline = TestApp::start().await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    Journey::inbound(&hotline, 1, "13800000001")
        .await
        .queued()
        .await
        .answered()
        .await;
    Journey::inbound(&hotline, 2, "13800000002").await.queued().await;
    let client = hotline.client(Role::Operator).await;
    let hang_up = |n| format!("/api/v1/calls/{}/hangup", call_id(n));
    assert_eq!(client.post(&hang_up(1), &json!({})).await.0, StatusCode::ACCEPTED);
    assert_eq!(
        client.post(&hang_up(2), &json!({})).await.0,
        StatusCode::FORBIDDEN
    );
    let supervisor = hotline.client(Role::Supervisor).await;
    assert_eq!(
        supervisor.post(&hang_up(2), &json!({})).await.0,
        StatusCode::ACCEPTED
    );
    assert_eq!(
        *switchboard.hung_up.lock().expect("lock"),
        [call_id(1), call_id(2)]
    );
}

#[tokio::test]
async fn the_live_page_shows_who_waits_and_who_serves() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let now = hotline.app.clock.now();
    {
        let mut live = hotline.app.live.state();
        live.trunks = vec![Trunk {
            name: "carrier".into(),
            state: "up".into(),
        }];
        let waiting = Waiting {
            call_id: call_id(1),
            caller: "13800000001".into(),
            since: now,
            position: 1,
        };
        live.queues.insert("general".into(), vec![waiting]);
        let operator = Operator {
            state: OperatorState::Paused,
            reason: Some("会议".into()),
            since: now,
            call_id: None,
        };
        live.operators.insert("operator".into(), operator);
    }
    hotline.clock.advance(chrono::TimeDelta::seconds(7));
    let client = hotline.client(Role::Operator).await;
    let (status, queue) = client.get("/api/v1/queues/general/live").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(queue["longest_wait_ms"], 7_000);
    assert_eq!(queue["waiting"][0]["position"], 1);
    assert_eq!(queue["waiting"][0]["priority"], 5, "the queue's");
    assert_eq!(queue["operators"][0]["state"], "paused");
    assert_eq!(
        client.get("/api/v1/queues/none/live").await.0,
        StatusCode::NOT_FOUND
    );
    let (_, overview) = client.get("/api/v1/overview").await;
    assert_eq!(overview["today"]["in_queue"], 1);
    assert_eq!(
        overview["today"]["answer_rate"],
        json!(null),
        "nothing was offered, so there is no rate"
    );
    assert_eq!(overview["operators"]["paused"], 1);
    assert_eq!(overview["trunks"][0]["state"], "up");
}

#[tokio::test]
async fn the_overview_counts_the_day_in_china() {
    let hotline = TestApp::start().await;
    Journey::inbound(&hotline, 1, "13800000001")
        .await
        .queued()
        .await
        .answered()
        .await
        .ended(Outcome::Answered)
        .await;
    Journey::inbound(&hotline, 2, "13800000002")
        .await
        .queued()
        .await
        .ended(Outcome::Abandoned)
        .await;
    hotline.settle().await;
    let client = hotline.client(Role::Supervisor).await;
    let (_, overview) = client.get("/api/v1/overview").await;
    let today = &overview["today"];
    assert_eq!(
        (
            today["calls"].as_i64(),
            today["answered"].as_i64(),
            today["abandoned"].as_i64()
        ),
        (Some(2), Some(1), Some(1))
    );
    assert_eq!(
        (today["average_wait_ms"].as_i64(), today["answer_rate"].as_f64()),
        (Some(3_000), Some(0.5))
    );
    assert_eq!(today["tickets_created"], 2);
    hotline.clock.advance(chrono::TimeDelta::hours(15));
    let (_, overview) = hotline
        .client(Role::Supervisor)
        .await
        .get("/api/v1/overview")
        .await;
    assert_eq!(overview["today"]["calls"], 0, "01:00 of the next day in China");
}
