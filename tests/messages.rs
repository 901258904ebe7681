//! Messages in the hall and the cry for help, through the door.

mod support;

use minsheng::{
    accounts::Role,
    live::{Operator, OperatorState},
    news::{Audience, News},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{TestApp, journey::call_id};
use tokio::sync::broadcast::Receiver;

const MESSAGES: &str = "/api/v1/messages";

fn heard(ear: &mut Receiver<News>) -> Vec<News> {
    std::iter::from_fn(|| ear.try_recv().ok())
        .filter(|news| matches!(news.kind, "message" | "help"))
        .collect()
}

async fn texts(hotline: &TestApp, role: Role) -> Vec<String> {
    let (status, list) = hotline.client(role).await.get(MESSAGES).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    let text = |message: &Value| message["text"].as_str().expect("text").to_owned();
    list["items"].as_array().expect("list").iter().map(text).collect()
}

#[tokio::test]
async fn a_message_to_one_reaches_that_one_only() {
    let hotline = TestApp::start().await;
    let mut ear = hotline.app.db.signals().listen();
    let supervisor = hotline.client(Role::Supervisor).await;
    let body = json!({"to": "operator", "text": "请先安抚来电人"});
    assert_eq!(supervisor.post(MESSAGES, &body).await.0, StatusCode::NO_CONTENT);
    let news = heard(&mut ear);
    assert_eq!(news.len(), 1);
    assert_eq!(news[0].audience, Audience::Person("operator".into()));
    assert_eq!(
        (&news[0].data["from"], &news[0].data["text"]),
        (&json!("supervisor"), &json!("请先安抚来电人"))
    );
    assert_eq!(texts(&hotline, Role::Operator).await, ["请先安抚来电人"]);
    assert_eq!(
        texts(&hotline, Role::Supervisor).await,
        ["请先安抚来电人"],
        "what one said oneself"
    );
    assert_eq!(texts(&hotline, Role::Dispatcher).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_message_to_all_reaches_the_office_newest_first_and_fifty_at_most() {
    let hotline = TestApp::start().await;
    let mut ear = hotline.app.db.signals().listen();
    let supervisor = hotline.client(Role::Supervisor).await;
    for n in 1..=51 {
        let body = json!({"to": null, "text": format!("通知{n}")});
        assert_eq!(supervisor.post(MESSAGES, &body).await.0, StatusCode::NO_CONTENT);
    }
    assert!(
        heard(&mut ear)
            .iter()
            .all(|news| news.audience == Audience::Office)
    );
    let list = texts(&hotline, Role::Operator).await;
    assert_eq!(
        (list.len(), list[0].as_str(), list[49].as_str()),
        (50, "通知51", "通知2")
    );
    let unit = hotline.client(Role::Unit).await;
    assert_eq!(unit.get(MESSAGES).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_message_to_nobody_or_of_nothing_is_refused_with_the_field() {
    let hotline = TestApp::start().await;
    let supervisor = hotline.client(Role::Supervisor).await;
    for (body, field) in [
        (json!({"to": "nobody", "text": "喂"}), "to"),
        (json!({"to": "unit", "text": "喂"}), "to"),
        (json!({"to": null, "text": "  "}), "text"),
        (json!({"to": null, "text": "水".repeat(501)}), "text"),
    ] {
        let (status, problem) = supervisor.post(MESSAGES, &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let operator = hotline.client(Role::Operator).await;
    let (status, _) = operator.post(MESSAGES, &json!({"to": null, "text": "喂"})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(texts(&hotline, Role::Operator).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_cry_for_help_names_the_call_and_is_heard_by_supervisors_only() {
    let hotline = TestApp::start().await;
    let talking = Operator {
        state: OperatorState::Talking,
        reason: None,
        since: hotline.app.clock.now(),
        call_id: Some(call_id(7)),
    };
    hotline
        .app
        .live
        .state()
        .operators
        .insert("operator".into(), talking);
    let mut ear = hotline.app.db.signals().listen();
    let operator = hotline.client(Role::Operator).await;
    assert_eq!(
        operator.post("/api/v1/desk/help", &json!({})).await.0,
        StatusCode::NO_CONTENT
    );
    let news = heard(&mut ear);
    assert_eq!(
        (news.len(), news[0].kind, &news[0].audience),
        (1, "help", &Audience::Supervisors)
    );
    assert_eq!(
        (&news[0].data["operator"], &news[0].data["call_id"]),
        (&json!("operator"), &json!(call_id(7)))
    );
    assert_eq!(
        texts(&hotline, Role::Supervisor).await,
        ["请求协助"],
        "kept for who opens the page later"
    );
    assert_eq!(texts(&hotline, Role::Dispatcher).await, Vec::<String>::new());
    let supervisor = hotline.client(Role::Supervisor).await;
    assert_eq!(
        supervisor.post("/api/v1/desk/help", &json!({})).await.0,
        StatusCode::FORBIDDEN
    );
}
