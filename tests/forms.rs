//! Printable forms through the doors: what stands on them, who gets them, that it is on record. Their text is read back by poppler.

mod support;

use std::process::Command;

use minsheng::accounts::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{TestApp, journey::provision, person};

async fn county() -> TestApp {
    county_with(|_| {}).await
}

async fn county_with(configure: impl FnOnce(&mut minsheng::config::Config)) -> TestApp {
    let hotline = TestApp::start_with(configure).await;
    provision(&hotline).await;
    for (name, unit) in [("water", "gongshui"), ("heat", "reli")] {
        let mut user = person(name, Role::Unit);
        user.unit_code = Some(unit.into());
        hotline.add_person(&user).await;
    }
    hotline
}

async fn act(hotline: &TestApp, who: &str, number: &str, verb: &str, body: Value) {
    let path = format!("/api/v1/tickets/{number}/{verb}");
    let (status, answer) = hotline.client_of(who).await.post(&path, &body).await;
    assert_eq!(status, StatusCode::OK, "{who} {verb}: {answer}");
    hotline.settle().await;
}

async fn accepted(hotline: &TestApp) -> String {
    let fields = json!({"title": "居民楼停水三天", "content": "3号楼自前天起没有自来水，物业与供水公司互相推诿。",
        "contact_phone": "13800000001", "caller_name": "欧阳明月", "place": "清河湾小区3号楼", "band": "B"});
    let operator = hotline.client_of("operator").await;
    let (_, ticket) = operator.post("/api/v1/tickets", &fields).await;
    let number = ticket["number"].as_str().expect("number").to_owned();
    act(hotline, "operator", &number, "accept", json!({})).await;
    number
}

async fn dispatched(hotline: &TestApp) -> String {
    let number = accepted(hotline).await;
    let to = json!({"unit_code": "gongshui", "co_units": ["zhujian"], "basis": "派单目录第12条", "note": "请尽快恢复供水"});
    act(hotline, "dispatcher", &number, "dispatch", to).await;
    number
}

/// The text of a form, without what only lays it out.
async fn printed(hotline: &TestApp, who: &str, path: &str) -> String {
    let client = hotline.client_of(who).await;
    let request = client.request(Method::GET, &format!("/api/v1{path}"));
    let response = request.send().await.expect("answer");
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    assert_eq!(response.headers()["content-type"], "application/pdf");
    let bytes = response.bytes().await.expect("bytes");
    let file = hotline.dir.path().join("form.pdf");
    std::fs::write(&file, &bytes).expect("written");
    let read = Command::new("pdftotext")
        .arg("-layout")
        .arg(&file)
        .arg("-")
        .output();
    let read = read.expect("poppler-utils, which scripts/install-deps test installs");
    assert!(read.status.success() && read.stderr.is_empty(), "{read:?}");
    let text = String::from_utf8(read.stdout).expect("text");
    text.split_whitespace().collect()
}

fn says(text: &str, all: &[&str]) {
    for wanted in all {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
}

#[tokio::test]
async fn a_dispatch_form_says_what_whose_and_until_when() {
    let hotline = county().await;
    let number = dispatched(&hotline).await;
    let path = format!("/tickets/{number}/forms/dispatch.pdf");
    let text = printed(&hotline, "dispatcher", &path).await;
    says(
        &text,
        &[
            "青禾县12345热线交办单",
            &number,
            "居民楼停水三天",
            "互相推诿",
            "派单目录第12条",
            "请尽快恢复供水",
            "13800000001",
            "签收：",
            "小时",
            "领导批示",
            "县住建局",
        ],
    );
    // A unit's paper masks what its page masks.
    let text = printed(&hotline, "water", &path).await;
    says(&text, &["138****0001", "欧***"]);
    let heat = hotline.client_of("heat").await;
    assert_eq!(
        heat.get(&format!("/api/v1{path}")).await.0,
        StatusCode::NOT_FOUND,
        "another unit"
    );
    let supervisor = hotline.client(Role::Supervisor).await;
    let (_, log) = supervisor
        .get(&format!("/api/v1/audit?action=form.read&object_id={number}"))
        .await;
    assert_eq!(log["items"].as_array().map(Vec::len), Some(2), "{log}");

    let kept = json!({"reason": "举报人要求保密", "named": []});
    act(&hotline, "supervisor", &number, "protect", kept).await;
    let text = printed(&hotline, "dispatcher", &path).await;
    assert!(
        !["13800000001", "欧阳", "清河湾小区3号楼"]
            .iter()
            .any(|secret| text.contains(secret)),
        "{text}"
    );
    says(&text, &["保密"]);
}

#[tokio::test]
async fn a_return_form_follows_the_return() {
    let hotline = county().await;
    let number = dispatched(&hotline).await;
    let path = format!("/tickets/{number}/forms/return.pdf");
    let water = hotline.client_of("water").await;
    let (status, problem) = water.get(&format!("/api/v1{path}")).await;
    assert_eq!(status, StatusCode::CONFLICT, "nothing was returned");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("退回单")),
        "{problem}"
    );
    let back = json!({"reason": "红线内由物业维护", "basis": "《物业管理条例》第五十一条", "suggested_unit": "zhujian"});
    act(&hotline, "water", &number, "return", back).await;
    act(
        &hotline,
        "dispatcher",
        &number,
        "reject_return",
        json!({"ground": "阀门在红线外"}),
    )
    .await;
    let text = printed(&hotline, "dispatcher", &path).await;
    says(
        &text,
        &[
            "退回单",
            "红线内由物业维护",
            "《物业管理条例》第五十一条",
            "县住建局",
            "不当退回",
            "阀门在红线外",
        ],
    );
}

#[tokio::test]
async fn a_callback_form_says_what_the_citizen_said_and_is_the_offices() {
    let hotline = county().await;
    let number = accepted(&hotline).await;
    let to = json!({"unit_code": "gongshui"});
    act(&hotline, "dispatcher", &number, "dispatch", to).await;
    act(&hotline, "water", &number, "sign", json!({})).await;
    let reply = json!({
        "outcome": "solved", "text": "已更换阀门并当面确认供水", "public_text": "停水已修复", "basis": "《城市供水条例》",
        "contact": {"at": hotline.app.clock.now(), "number": "0534-8200001", "result": "reached"},
    });
    act(&hotline, "water", &number, "reply", reply).await;
    let passed = json!({"passed": true, "ground": "核对无误",
        "checklist": {"contact": true, "process": true, "basis": true, "on_topic": true, "original": true}});
    act(&hotline, "dispatcher", &number, "review", passed).await;
    let unhappy = json!({"reached": true, "solved": false, "satisfaction": 2, "note": "楼上仍无水"});
    act(&hotline, "operator", &number, "callback", unhappy).await;
    let path = format!("/tickets/{number}/forms/callback.pdf");
    let text = printed(&hotline, "supervisor", &path).await;
    says(
        &text,
        &[
            "回访单",
            "停水已修复",
            "未解决；不满意",
            "楼上仍无水",
            "operator某",
        ],
    );
    let water = hotline.client_of("water").await;
    assert_eq!(
        water.get(&format!("/api/v1{path}")).await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_supervision_form_carries_the_leaders_words_with_name_and_day() {
    let hotline = county().await;
    let number = dispatched(&hotline).await;
    let order = json!({"level": 3, "instruction": "请供水公司三日内彻底解决，并举一反三。", "leader": "张县长", "form": "sheet",
        "instructed_at": "2026-03-01T01:00:00Z", "reason": "群众多次反映"});
    act(&hotline, "supervisor", &number, "supervise", order).await;
    let text = printed(&hotline, "supervisor", "/supervisions/2026-1/form.pdf").await;
    says(
        &text,
        &[
            "12345热线督办单",
            "督办〔2026〕1号",
            "政务督办",
            "群众多次反映",
            "举一反三",
            "批示人：张县长2026年3月1日",
            "反馈情况",
            "销号人",
        ],
    );
    let heat = hotline.client_of("heat").await;
    let (status, _) = heat.get("/api/v1/supervisions/2026-1/form.pdf").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let text = printed(&hotline, "water", "/supervisions/2026-1/form.pdf").await;
    says(&text, &["张县长"]);
}

#[tokio::test]
async fn without_a_font_it_is_said_what_to_do() {
    let hotline = county_with(|config| config.form_font = Some("/nowhere/font.ttf".into())).await;
    let number = dispatched(&hotline).await;
    let client = hotline.client(Role::Dispatcher).await;
    let (status, problem) = client
        .get(&format!("/api/v1/tickets/{number}/forms/dispatch.pdf"))
        .await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("[forms] font")),
        "{problem}"
    );
    for unknown in ["forms/secret.pdf", "forms/dispatch", "forms/.pdf"] {
        let (status, _) = client.get(&format!("/api/v1/tickets/{number}/{unknown}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{unknown}");
    }
}
