//! The call in hand.

use minsheng::accounts::Role;
use reqwest::StatusCode;
use serde_json::json;
use telephony::phone::{PhoneCommand, PhoneNews};

use crate::hall::{Hall, denied, done, ended, until};
use crate::webrtc::seconds;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_works_a_call_by_the_browser_alone() {
    let hall = Hall::open(0).await;
    let operator = hall.hotline.client(Role::Operator).await;
    let browser = hall.browser(&operator).await;
    until(&operator, "ready, with a shift on record", |desk| {
        desk["state"] == "ready" && !desk["shift_since"].is_null()
    })
    .await;
    // The hotline's clock stands still otherwise, and the shift would have no length.
    hall.hotline.clock.advance(chrono::TimeDelta::minutes(1));
    let (citizen, call) = hall.talk(&operator).await;
    browser.take_heard();
    hall.carrier.command(PhoneCommand::Play {
        leg: citizen,
        prompts: vec!["citizen".into()],
    });
    hall.at_carrier(|n| matches!(n, PhoneNews::Played { .. }).then_some(()));
    assert!(
        seconds(&browser.take_heard(), 440.0) >= 0.8,
        "the citizen is heard"
    );

    done(&operator, "/api/v1/desk/hold", json!({})).await;
    until(&operator, "held", |desk| desk["held"] == true).await;
    assert_eq!(
        denied(&operator, "/api/v1/desk/hold", json!({})).await,
        "市民已在保持中"
    );
    done(&operator, "/api/v1/desk/resume", json!({})).await;
    done(&operator, "/api/v1/desk/dtmf", json!({ "digits": "1#" })).await;
    done(&operator, "/api/v1/desk/recording/pause", json!({})).await;
    until(&operator, "paused", |desk| desk["recording_paused"] == true).await;
    done(&operator, "/api/v1/desk/recording/resume", json!({})).await;

    let unit = json!({ "name": "县市场监管局", "kind": "部门", "parent": null, "phone": "12315" });
    let admin = hall.hotline.client(Role::Admin).await;
    let (status, put) = admin.put("/api/v1/unit-directory/shijian", &unit).await;
    assert_eq!(status, StatusCode::OK, "{put}");
    let to = json!({ "to": { "number": "12315" }, "attended": true });
    done(&operator, "/api/v1/desk/transfer", to.clone()).await;
    let unit = hall.rings("12315");
    let desk = until(&operator, "asked", |desk| desk["consult"]["state"] == "ringing").await;
    assert_eq!(
        (&desk["consult"]["party"], &desk["consult"]["kind"]),
        (&json!("12315"), &json!("number"))
    );
    assert_eq!(desk["consult"]["name"], "县市场监管局");
    assert_eq!(
        denied(&operator, "/api/v1/desk/transfer/complete", json!({})).await,
        "对方尚未接听"
    );
    hall.carrier.command(PhoneCommand::Answer { leg: unit });
    until(&operator, "they talk", |desk| {
        desk["consult"]["state"] == "talking"
    })
    .await;
    done(&operator, "/api/v1/desk/conference", json!({})).await;
    done(&operator, "/api/v1/desk/transfer/cancel", json!({})).await;
    until(&operator, "back", |desk| desk["consult"].is_null()).await;
    done(&operator, "/api/v1/desk/hangup", json!({})).await;
    until(&operator, "free, with a call in the shift's total", |desk| {
        desk["state"] == "ready" && desk["totals"]["calls"] == 1
    })
    .await;

    let record = ended(&operator, &call).await;
    assert_eq!(
        (&record["purpose"], &record["outcome"]),
        (&json!("callback"), &json!("answered"))
    );
    let kinds: Vec<&str> = record["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|e| e["kind"].as_str())
        .collect();
    for kind in [
        "held",
        "resumed",
        "recording_paused",
        "recording_resumed",
        "consulting",
        "conference",
        "consult_ended",
    ] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_whispers_takes_over_and_is_on_record() {
    let hall = Hall::open(1).await;
    let operator = hall.hotline.client(Role::Operator).await;
    let supervisor = hall.hotline.client(Role::Supervisor).await;
    let _at_desk = hall.browser(&operator).await;
    let (_, call) = hall.talk(&operator).await;
    let path = format!("/api/v1/calls/{call}/monitor");
    let whisper = json!({ "mode": "whisper" });
    assert_eq!(
        denied(&supervisor, &path, whisper.clone()).await,
        "软电话未接通，请先接通软电话"
    );
    let (status, _) = operator.post(&path, &whisper).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let _listening = hall.browser(&supervisor).await;
    done(&supervisor, &path, whisper).await;
    until(&supervisor, "listening", |desk| {
        desk["monitoring"]["mode"] == "whisper"
    })
    .await;
    done(&supervisor, &format!("/api/v1/calls/{call}/takeover"), json!({})).await;
    until(&supervisor, "taken over", |desk| {
        desk["call"]["operator"]["username"] == "supervisor"
    })
    .await;
    until(&operator, "released", |desk| desk["state"] == "ready").await;
    done(&supervisor, "/api/v1/desk/hangup", json!({})).await;
    ended(&supervisor, &call).await;
    let (_, monitorings) = supervisor.get("/api/v1/monitorings").await;
    let monitorings = &monitorings["items"];
    let modes: Vec<&str> = monitorings
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|m| m["mode"].as_str())
        .collect();
    assert!(
        modes.contains(&"whisper") && modes.contains(&"takeover"),
        "{monitorings:#}"
    );
    assert!(
        monitorings
            .as_array()
            .unwrap()
            .iter()
            .all(|m| m["until"].is_string())
    );
    hall.close().await;
}
