//! How a shift begins, and what an operator serves in it.

use minsheng::accounts::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::hall::{Hall, done, until};
use crate::support::{self, TestApp};
use crate::webrtc::offering;

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_begins_with_a_pause_and_a_reload_does_not_begin_another() {
    let hall = Hall::open(9).await;
    let operator = hall.hotline.client(Role::Operator).await;
    let offer = offering();
    let wanted = json!({ "sdp": offer.offer });
    let (_, answer) = operator.post("/api/v1/desk/line", &wanted).await;
    let _browser = offer.answered(answer["sdp"].as_str().unwrap());
    let desk = until(&operator, "there", |desk| desk["state"] == "paused").await;
    assert_eq!(desk["reason"], "sign_in", "not rung before she says so");
    done(&operator, "/api/v1/desk/echo", json!({})).await;
    until(&operator, "tested", |desk| desk["echo"] == true).await;
    done(&operator, "/api/v1/desk/ready", json!({})).await;
    let desk = until(&operator, "the shift is on record", |desk| {
        desk["state"] == "ready" && desk["shift_since"].is_string()
    })
    .await;
    assert_eq!(desk["reason"], Value::Null);
    let (status, _) = operator.delete("/api/v1/desk/line").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    until(&operator, "away", |desk| desk["state"] == "offline").await;
    let again = offering();
    let wanted = json!({ "sdp": again.offer });
    let (_, answer) = operator.post("/api/v1/desk/line", &wanted).await;
    let _browser = again.answered(answer["sdp"].as_str().unwrap());
    until(&operator, "back in the same shift", |desk| {
        desk["state"] == "ready"
    })
    .await;
    hall.close().await;
}

#[tokio::test]
async fn an_operator_serves_what_she_chose_of_what_she_was_given() {
    let hotline = TestApp::start().await;
    support::journey::provision(&hotline).await;
    let mut person = support::person("liwen", Role::Operator);
    person.skills = vec!["general".into(), "hrss:2".into()];
    hotline.add_person(&person).await;
    let client = hotline.client_of("liwen").await;
    let serves = |desk: &Value| {
        let skills = desk["skills"].as_array().unwrap().iter();
        let of = skills.map(|one| (one["skill"].as_str().unwrap().to_owned(), one["serves"] == true));
        of.collect::<Vec<_>>()
    };
    let (_, desk) = client.get("/api/v1/desk").await;
    let both = |general, hrss| vec![("general".to_owned(), general), ("hrss".to_owned(), hrss)];
    assert_eq!(serves(&desk), both(true, true));
    assert_eq!(desk["skills"][0]["queues"], json!(["综合受理"]));
    let path = "/api/v1/desk/skills";
    let (status, _) = client.put(path, &json!({ "skills": ["general"] })).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (_, desk) = client.get("/api/v1/desk").await;
    assert_eq!(serves(&desk), both(true, false));
    let (_, queue) = client.get("/api/v1/queues/hrss/live").await;
    assert_eq!(queue["operators"], json!([]), "the queue knows it too");
    for (skills, code) in [(json!(["tax"]), "skills-not-hers"), (json!([]), "skills-none")] {
        let (status, problem) = client.put(path, &json!({ "skills": skills })).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!(code)));
    }
    let (status, _) = client.put(path, &json!({ "skills": ["general", "hrss"] })).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (_, desk) = client.get("/api/v1/desk").await;
    assert_eq!(serves(&desk), both(true, true));
}
