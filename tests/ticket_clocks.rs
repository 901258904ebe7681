//! Clocks through the doors: reminders that are told once, suspensions that end, filing, a calendar that comes late.

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use minsheng::{accounts::Role, news::Audience};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{TestApp, journey::provision, person};

async fn county() -> TestApp {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    for (name, unit) in [("water", "gongshui"), ("heat", "reli")] {
        let mut user = person(name, Role::Unit);
        user.unit_code = Some(unit.into());
        hotline.add_person(&user).await;
    }
    hotline.settle().await;
    hotline
}

async fn act(hotline: &TestApp, who: &str, number: &str, verb: &str, body: Value) -> Value {
    let path = format!("/api/v1/tickets/{number}/{verb}");
    let (status, ticket) = hotline.client_of(who).await.post(&path, &body).await;
    assert_eq!(status, StatusCode::OK, "{who} {verb}: {ticket}");
    ticket
}

fn stopped_water() -> Value {
    json!({"title": "清河湾停水", "contact_phone": "13800000001"})
}

/// Taken down by an operator; its number.
async fn opened(hotline: &TestApp, fields: Value) -> String {
    let (_, ticket) = hotline
        .client_of("operator")
        .await
        .post("/api/v1/tickets", &fields)
        .await;
    ticket["number"].as_str().expect("number").to_owned()
}

async fn dispatched(hotline: &TestApp) -> String {
    let number = opened(hotline, stopped_water()).await;
    act(hotline, "operator", &number, "accept", json!({})).await;
    act(
        hotline,
        "dispatcher",
        &number,
        "dispatch",
        json!({"unit_code": "gongshui"}),
    )
    .await;
    number
}

async fn steps(hotline: &TestApp, who: &str, timer: &str) -> Vec<String> {
    let (_, notices) = hotline.client_of(who).await.get("/api/v1/notices").await;
    let items = notices["items"].as_array().expect("items").iter().rev();
    let of = items.filter(|notice| notice["timer"] == timer);
    of.map(|notice| notice["step"].as_str().expect("step").to_owned())
        .collect()
}

async fn go_to(hotline: &TestApp, at: &str) {
    let at: DateTime<Utc> = at.parse().expect("time");
    hotline.advance(at - hotline.app.clock.now()).await;
}

#[tokio::test]
async fn reminders_climb_the_ladder_and_each_is_given_once() {
    let hotline = county().await;
    let number = dispatched(&hotline).await;
    act(&hotline, "water", &number, "sign", json!({})).await;
    let mut news = hotline.app.db.signals().listen();
    go_to(&hotline, "2026-03-05T10:00:00Z").await;
    assert_eq!(steps(&hotline, "water", "handle").await, ["left50%"]);
    let mut audience = None;
    while let Ok(item) = news.try_recv() {
        audience = (item.kind == "notice").then_some(item.audience).or(audience);
    }
    assert_eq!(audience, Some(Audience::OfficeAndUnits(vec!["gongshui".into()])));
    hotline.settle().await;
    assert_eq!(steps(&hotline, "water", "handle").await, ["left50%"]);
    go_to(&hotline, "2026-03-09T16:00:00Z").await;
    assert_eq!(
        steps(&hotline, "dispatcher", "handle").await,
        ["left50%", "left20%", "due"]
    );
    go_to(&hotline, "2026-03-17T16:00:00Z").await;
    let all = ["left50%", "left20%", "due", "urge", "supervise", "report"];
    assert_eq!(steps(&hotline, "supervisor", "handle").await, all);
    assert_eq!(steps(&hotline, "heat", "handle").await, [""; 0], "another unit's");
}

#[tokio::test]
async fn an_extension_moves_the_reminders_and_a_reply_ends_them() {
    let hotline = county().await;
    let number = dispatched(&hotline).await;
    act(&hotline, "water", &number, "sign", json!({})).await;
    act(
        &hotline,
        "water",
        &number,
        "extend",
        json!({"limit": "5wd", "reason": "待配件"}),
    )
    .await;
    act(&hotline, "supervisor", &number, "approve", json!({})).await;
    go_to(&hotline, "2026-03-09T16:00:00Z").await;
    assert_eq!(
        steps(&hotline, "water", "handle").await,
        ["left50%"],
        "not due before the 16th"
    );
    let reply = json!({
        "outcome": "solved", "text": "已更换阀门并当面确认供水", "public_text": "停水已修复", "basis": "《城市供水条例》",
        "contact": {"at": hotline.app.clock.now(), "number": "0534-8200001", "result": "reached"},
    });
    act(&hotline, "water", &number, "reply", reply).await;
    go_to(&hotline, "2026-03-20T16:00:00Z").await;
    assert_eq!(steps(&hotline, "water", "handle").await, ["left50%"]);
    assert!(
        steps(&hotline, "dispatcher", "review")
            .await
            .contains(&"due".to_owned())
    );
}

#[tokio::test]
async fn a_suspension_ends_by_itself_and_a_closed_ticket_is_filed() {
    let hotline = county().await;
    let number = dispatched(&hotline).await;
    act(&hotline, "water", &number, "sign", json!({})).await;
    let resume_at = hotline.app.clock.now() + TimeDelta::days(10);
    let rest = json!({"cause": "season", "reason": "冻土期", "resume_at": resume_at});
    act(&hotline, "water", &number, "suspend", rest).await;
    act(&hotline, "supervisor", &number, "approve", json!({})).await;
    hotline.advance(TimeDelta::days(10)).await;
    let path = format!("/api/v1/tickets/{number}");
    let state = async || hotline.client_of("supervisor").await.get(&path).await.1["state"].clone();
    assert_eq!(state().await, "handling");
    assert_eq!(
        steps(&hotline, "water", "handle").await,
        [""; 0],
        "it stood still"
    );
    let other = opened(&hotline, json!({"title": "咨询办证"})).await;
    act(&hotline, "operator", &other, "close", json!({"note": "已解答"})).await;
    hotline.advance(TimeDelta::days(61)).await;
    let (_, filed) = hotline
        .client_of("supervisor")
        .await
        .get(&format!("/api/v1/tickets/{other}"))
        .await;
    assert_eq!(filed["state"], "filed");
}

#[tokio::test]
async fn a_supervised_ticket_is_filed_once_it_is_off_the_ledger() {
    let hotline = county().await;
    let number = opened(&hotline, json!({"title": "咨询办证"})).await;
    let order = json!({"level": 1, "instruction": "限期答复"});
    act(&hotline, "supervisor", &number, "supervise", order).await;
    act(&hotline, "operator", &number, "close", json!({"note": "已解答"})).await;
    hotline.advance(TimeDelta::days(70)).await;
    let path = format!("/api/v1/tickets/{number}");
    let state = async || hotline.client_of("supervisor").await.get(&path).await.1["state"].clone();
    assert_eq!(state().await, "closed", "it is still on the ledger");
    act(
        &hotline,
        "supervisor",
        &number,
        "discharge",
        json!({"ground": "已答复"}),
    )
    .await;
    hotline.advance(TimeDelta::minutes(1)).await;
    assert_eq!(state().await, "filed");
}

#[tokio::test]
async fn every_unit_that_has_not_signed_is_reminded() {
    let hotline = county().await;
    let number = opened(&hotline, stopped_water()).await;
    act(&hotline, "operator", &number, "accept", json!({})).await;
    let both = json!({"unit_code": "gongshui", "co_units": ["reli"]});
    act(&hotline, "dispatcher", &number, "dispatch", both).await;
    hotline.advance(TimeDelta::days(4)).await;
    let due = async |who: &str| {
        let steps = steps(&hotline, who, "sign").await;
        steps.iter().filter(|step| step.starts_with("due")).count()
    };
    assert_eq!((due("water").await, due("heat").await), (1, 1));
    assert_eq!(due("dispatcher").await, 2);
}

/// Transition 14.
#[tokio::test]
async fn whoever_helps_is_due_with_the_lead_whatever_their_own_hours() {
    let hotline = county().await;
    let admin = hotline.client_of("admin").await;
    let put = async |path: &str, body: &Value| {
        let (status, answer) = admin.put(path, body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    };
    let limits = "/api/v1/limits/profiles/shandong";
    let mut settings = admin.get(limits).await.1["settings"].clone();
    settings["count"]["after_hours"] = json!("as_next_morning");
    put(&format!("{limits}?version=1"), &settings).await;
    // It is ten: what comes after nine comes tomorrow.
    let early = json!({"name": "县热力公司", "kind": "公共企业", "workdays": "07:00-09:00", "phone": ""});
    put("/api/v1/unit-directory/reli", &early).await;
    hotline.settle().await;
    let number = opened(&hotline, stopped_water()).await;
    act(&hotline, "operator", &number, "accept", json!({})).await;
    let both = json!({"unit_code": "gongshui", "co_units": ["reli"]});
    let ticket = act(&hotline, "dispatcher", &number, "dispatch", both).await;
    let due = |timer: &str, unit: &str| {
        let mut limits = ticket["limits"].as_array().expect("limits").iter();
        let own = limits.find(|limit| limit["timer"] == timer && limit["unit"]["code"] == unit);
        own.expect("limit")["due"].clone()
    };
    assert_ne!(due("sign", "reli"), due("sign", "gongshui"), "its own clock");
    assert_eq!(due("handle", "reli"), due("handle", "gongshui"));
}

#[tokio::test]
async fn a_calendar_that_comes_late_moves_the_due_date_and_the_old_one_is_kept() {
    let hotline = county().await;
    go_to(&hotline, "2026-12-30T02:00:00Z").await;
    let number = dispatched(&hotline).await;
    let path = format!("/api/v1/tickets/{number}");
    let handle = async || {
        let (_, ticket) = hotline.client_of("supervisor").await.get(&path).await;
        let limits = ticket["limits"].as_array().expect("limits").clone();
        let found = limits
            .into_iter()
            .find(|limit| limit["timer"] == "handle")
            .expect("handle");
        (found, ticket)
    };
    let (before, _) = handle().await;
    assert_eq!(before["due"], "2027-01-06T15:59:59Z");
    assert!(
        before["warnings"][0]
            .as_str()
            .is_some_and(|text| text.contains("2027"))
    );
    let dir = tempfile::tempdir().expect("directory");
    copy(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("provisioning"),
        dir.path(),
    );
    let notice = r#"{"year": 2027, "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": true}]}"#;
    std::fs::write(dir.path().join("calendar/2027.json"), notice).expect("write");
    minsheng::provisioning::load(&hotline.app, dir.path())
        .await
        .expect("loaded");
    hotline.settle().await;
    let (after, ticket) = handle().await;
    assert_eq!(
        (&after["due"], &after["warnings"]),
        (&json!("2027-01-07T15:59:59Z"), &json!([]))
    );
    let timeline = ticket["timeline"].as_array().expect("timeline");
    let moved = timeline
        .iter()
        .find(|entry| entry["kind"] == "due_moved")
        .expect("on the timeline");
    assert_eq!(
        moved["detail"],
        json!({"old_at": "2027-01-06T15:59:59Z", "new_at": "2027-01-07T15:59:59Z"})
    );
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("folder");
    for entry in std::fs::read_dir(from).expect("folder") {
        let entry = entry.expect("entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copy");
        }
    }
}

#[tokio::test]
async fn a_person_marks_notices_as_read() {
    let hotline = county().await;
    dispatched(&hotline).await;
    hotline.advance(TimeDelta::days(3)).await;
    let client = hotline.client_of("water").await;
    let (_, notices) = client.get("/api/v1/notices").await;
    let newest = notices["items"][0]["id"].as_i64().expect("a notice");
    assert!(notices["unread"].as_u64() > Some(0));
    let (status, _) = client.post("/api/v1/notices/read", &json!({"id": newest})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(client.get("/api/v1/notices").await.1["unread"], 0);
}
