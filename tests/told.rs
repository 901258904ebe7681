//! 告知市民: what citizens are told of their own matter, by whom it is read, and when not.

mod support;

use chrono::TimeDelta;
use minsheng::{accounts::Role, config::Config};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    TestApp,
    gateway::{GOOD, Heard, gateway, sms},
    journey::provision,
    person,
};

const CITIZEN: &str = "13800000009";
const NEIGHBOUR: &str = "13800000010";

async fn county(configure: impl FnOnce(&mut Config)) -> (TestApp, Heard) {
    let (address, texts) = gateway(vec![GOOD]).await;
    let hotline = TestApp::start_with(|config| {
        config.sms = Some(sms(address));
        configure(config);
    })
    .await;
    provision(&hotline).await;
    let mut user = person("water", Role::Unit);
    user.unit_code = Some("gongshui".into());
    hotline.add_person(&user).await;
    (hotline, texts)
}

async fn opened(hotline: &TestApp, title: &str, phone: &str) -> String {
    let fields = json!({"title": title, "contact_phone": phone, "band": "C"});
    let operator = hotline.client(Role::Operator).await;
    let (_, ticket) = operator.post("/api/v1/tickets", &fields).await;
    ticket["number"].as_str().expect("number").to_owned()
}

async fn step(hotline: &TestApp, number: &str, who: &str, verb: &str, body: Value) {
    let path = format!("/api/v1/tickets/{number}/{verb}");
    let (status, answer) = hotline.client_of(who).await.post(&path, &body).await;
    assert_eq!(status, StatusCode::OK, "{who} {verb}: {answer}");
}

async fn dispatched(hotline: &TestApp, phone: &str) -> String {
    let number = opened(hotline, "清河湾停水", phone).await;
    step(hotline, &number, "operator", "accept", json!({})).await;
    let to = json!({"unit_code": "gongshui"});
    step(hotline, &number, "dispatcher", "dispatch", to).await;
    step(hotline, &number, "water", "sign", json!({})).await;
    number
}

/// What went to a number, the earliest first.
fn heard(texts: &Heard, phone: &str) -> Vec<String> {
    let texts = texts.lock().expect("lock");
    let to = format!("to={phone} ");
    let bodies = texts.iter().filter(|request| request.contains(&to));
    let text = |request: &String| {
        let (_, body) = request.split_once("\r\n\r\n").expect("a body");
        let body: Value = serde_json::from_str(body).expect("JSON");
        body["text"].as_str().expect("a text").to_owned()
    };
    bodies.map(text).collect()
}

async fn page(hotline: &TestApp, who: &str, number: &str) -> Value {
    let path = format!("/api/v1/tickets/{number}");
    hotline.client_of(who).await.get(&path).await.1
}

fn states(page: &Value) -> Vec<&str> {
    let told = page["told"].as_array().expect("told");
    told.iter()
        .map(|one| one["state"].as_str().expect("state"))
        .collect()
}

#[tokio::test]
async fn the_citizen_hears_of_progress_of_more_time_and_of_the_reply_that_passed() {
    let (hotline, texts) = county(|_| {}).await;
    let number = dispatched(&hotline, CITIZEN).await;
    let twin = opened(&hotline, "三天没水", NEIGHBOUR).await;
    let into = json!({"parent": number, "ground": "同一处停水"});
    step(&hotline, &twin, "operator", "merge", into).await;
    step(
        &hotline,
        &number,
        "water",
        "progress",
        json!({"text": "管道已开挖"}),
    )
    .await;
    let more = json!({"limit": "3wd", "reason": "人手不够"});
    step(&hotline, &number, "water", "extend", more).await;
    hotline.settle().await;
    assert_eq!(heard(&texts, CITIZEN).len(), 1, "nothing is granted yet");
    step(&hotline, &number, "supervisor", "approve", json!({})).await;
    let reply = json!({
        "outcome": "solved", "text": "内部：原施工单位返工", "public_text": "停水已修复", "basis": "《城市供水条例》",
        "contact": {"at": hotline.app.clock.now(), "number": "0534-8200001", "result": "reached"},
    });
    step(&hotline, &number, "water", "reply", reply).await;
    hotline.settle().await;
    assert_eq!(
        heard(&texts, CITIZEN).len(),
        2,
        "a reply is not passed on before it passed"
    );
    step(&hotline, &number, "dispatcher", "review", json!({"passed": true})).await;
    hotline.settle().await;

    let own = heard(&texts, CITIZEN);
    for (said, wanted) in own
        .iter()
        .zip(["办理进展：管道已开挖", "预计2026年", "办理结果：停水已修复"])
    {
        assert!(
            said.contains("您反映的《清河湾停水》") && said.contains(wanted) && said.contains(&number),
            "{said}"
        );
    }
    assert_eq!(own.len(), 3, "{own:?}");
    assert!(
        !own.concat().contains("人手不够") && !own.concat().contains("内部"),
        "{own:?}"
    );

    let twins = heard(&texts, NEIGHBOUR);
    assert_eq!(twins.len(), 4, "{twins:?}");
    assert!(
        twins[0].contains("合并办理") && twins[3].contains("停水已修复"),
        "{twins:?}"
    );
    assert!(
        twins
            .iter()
            .all(|said| said.contains("《三天没水》") && !said.contains(&number)),
        "{twins:?}"
    );
    assert_eq!(states(&page(&hotline, "operator", &twin).await), ["sent"; 4]);
    assert_eq!(
        states(&page(&hotline, "water", &number).await),
        ["sent"; 3],
        "the unit sees it too"
    );
}

#[tokio::test]
async fn who_is_turned_away_is_told_where_to_go() {
    let (hotline, texts) = county(|_| {}).await;
    let number = opened(&hotline, "判决不服", CITIZEN).await;
    let no = json!({"reason": "N2", "channel": "向县人民法院申诉"});
    step(&hotline, &number, "operator", "reject", no).await;
    step(&hotline, &number, "supervisor", "approve", json!({})).await;
    hotline.settle().await;
    let said = heard(&texts, CITIZEN);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("不予受理（应通过诉讼") && said[0].contains("向县人民法院申诉"),
        "{said:?}"
    );
}

#[tokio::test]
async fn nobody_is_told_at_night_at_a_landline_or_where_the_county_does_not_want_it() {
    let (hotline, texts) = county(|config| config.notices.quiet = Some((22 * 60, 7 * 60))).await;
    let number = dispatched(&hotline, CITIZEN).await;
    let fixed = dispatched(&hotline, "0534-8200009").await;
    // Ten in the morning to eleven at night.
    hotline.advance(TimeDelta::hours(13)).await;
    for number in [&number, &fixed] {
        step(&hotline, number, "water", "progress", json!({"text": "已到现场"})).await;
    }
    hotline.settle().await;
    assert!(heard(&texts, CITIZEN).is_empty(), "it waits for the morning");
    assert_eq!(states(&page(&hotline, "operator", &number).await), ["waiting"]);
    hotline.advance(TimeDelta::hours(9)).await;
    assert_eq!(heard(&texts, CITIZEN).len(), 1);
    assert!(states(&page(&hotline, "operator", &fixed).await).is_empty());

    let (hotline, texts) = county(|config| config.notices.citizens = false).await;
    let number = dispatched(&hotline, CITIZEN).await;
    step(
        &hotline,
        &number,
        "water",
        "progress",
        json!({"text": "已到现场"}),
    )
    .await;
    hotline.settle().await;
    assert!(heard(&texts, CITIZEN).is_empty());
    assert_eq!(states(&page(&hotline, "operator", &number).await), ["off"]);
}

#[tokio::test]
async fn what_citizens_are_told_is_no_notice_of_the_office_and_shows_no_number() {
    let (hotline, texts) = county(|_| {}).await;
    let number = dispatched(&hotline, CITIZEN).await;
    let keep = json!({"reason": "举报人要求保密", "named": ["operator"]});
    step(&hotline, &number, "supervisor", "protect", keep).await;
    step(
        &hotline,
        &number,
        "water",
        "progress",
        json!({"text": "已约谈负责人"}),
    )
    .await;
    hotline.settle().await;
    let said = heard(&texts, CITIZEN);
    assert_eq!(said.len(), 1);
    assert!(
        !said[0].contains("清河湾") && !said[0].contains("约谈"),
        "{said:?}"
    );
    let supervisor = hotline.client_of("supervisor").await;
    let (_, notices) = supervisor.get("/api/v1/notices").await;
    assert!(!notices.to_string().contains("新的办理情况"), "{notices}");
    let (_, sent) = supervisor.get("/api/v1/notices/deliveries").await;
    let row = sent["items"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["contact"] == "市民"));
    let row = row.expect("the message to the citizen");
    assert_eq!((&row["state"], &row["address"]), (&json!("sent"), &json!("")));
}
