//! 自动派单: what goes out by itself, what is left to a person, and what the office sees of either.

mod support;

use chrono::TimeDelta;
use minsheng::accounts::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{TestApp, journey::provision, person};

const RULE: &str = "/api/v1/dispatch/automatic";

/// A county in which ten tickets about water ended with the waterworks.
async fn county() -> TestApp {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    for (name, unit) in [("water", "gongshui"), ("building", "zhujian")] {
        let mut clerk = person(name, Role::Unit);
        clerk.unit_code = Some(unit.into());
        hotline.add_person(&clerk).await;
    }
    for n in 0..10 {
        finished(&hotline, &format!("1390000{n:04}"), "gongshui", "water").await;
    }
    hotline.settle().await;
    hotline
}

async fn step(hotline: &TestApp, who: &str, number: &str, verb: &str, body: Value) -> Value {
    let path = format!("/api/v1/tickets/{number}/{verb}");
    let (status, answer) = hotline.client_of(who).await.post(&path, &body).await;
    assert_eq!(status, StatusCode::OK, "{verb}: {answer}");
    answer
}

async fn opened(hotline: &TestApp, fields: Value) -> String {
    let mut all = json!({"title": "停水", "kind": "求助", "class_code": "010101"});
    let map = all.as_object_mut().expect("an object");
    map.extend(fields.as_object().expect("an object").clone());
    let operator = hotline.client(Role::Operator).await;
    let (_, ticket) = operator.post("/api/v1/tickets", &all).await;
    ticket["number"].as_str().expect("a number").to_owned()
}

/// A ticket that waits to be dispatched.
async fn waiting(hotline: &TestApp, fields: Value) -> String {
    let number = opened(hotline, fields).await;
    step(hotline, "operator", &number, "accept", json!({})).await;
    hotline.settle().await;
    number
}

async fn finished(hotline: &TestApp, phone: &str, unit: &str, clerk: &str) {
    let number = opened(hotline, json!({"contact_phone": phone})).await;
    let contact = json!({"at": hotline.app.clock.now(), "number": "0534-8200001", "result": "reached"});
    let reply = json!({"outcome": "solved", "text": "已抢修管道并当面确认", "public_text": "停水已修复",
        "basis": "《城市供水条例》", "contact": contact});
    let called = json!({"reached": true, "contacted": true, "solved": true, "satisfaction": 5});
    for (who, verb, body) in [
        ("operator", "accept", json!({})),
        ("dispatcher", "dispatch", json!({"unit_code": unit})),
        (clerk, "reply", reply),
        ("dispatcher", "review", json!({"passed": true})),
        ("operator", "callback", called),
    ] {
        step(hotline, who, &number, verb, body).await;
    }
}

async fn ticket(hotline: &TestApp, number: &str) -> Value {
    let (status, ticket) = hotline
        .client(Role::Dispatcher)
        .await
        .get(&format!("/api/v1/tickets/{number}"))
        .await;
    assert_eq!(status, StatusCode::OK, "{ticket}");
    ticket
}

async fn set(hotline: &TestApp, rule: Value) -> (StatusCode, Value) {
    hotline.client(Role::Supervisor).await.put(RULE, &rule).await
}

fn on() -> Value {
    json!({"on": true, "percent": 90, "cases": 10, "wait_minutes": 10})
}

async fn turned_on(hotline: &TestApp) {
    let (status, rule) = set(hotline, on()).await;
    assert_eq!(status, StatusCode::OK, "{rule}");
    hotline.settle().await;
}

#[tokio::test]
async fn a_sure_ticket_goes_out_by_itself_after_the_time_for_a_person() {
    let hotline = county().await;
    let number = waiting(&hotline, json!({"contact_phone": "13700000001"})).await;
    assert_eq!(
        ticket(&hotline, &number).await["planned_dispatch"],
        Value::Null,
        "off unless turned on"
    );

    // What waits when the rule is turned on goes by it as well.
    turned_on(&hotline).await;
    let planned = ticket(&hotline, &number).await;
    assert_eq!(
        planned["planned_dispatch"]["unit"]["code"], "gongshui",
        "{planned}"
    );
    assert_eq!(planned["dispatch_at"], planned["planned_dispatch"]["dispatch_at"]);
    assert!(
        planned["actions"].to_string().contains("\"hold\""),
        "{}",
        planned["actions"]
    );

    hotline.advance(TimeDelta::minutes(9)).await;
    assert_eq!(ticket(&hotline, &number).await["state"], "accepted");
    hotline.advance(TimeDelta::minutes(1)).await;
    let sent = ticket(&hotline, &number).await;
    assert_eq!(sent["state"], "dispatched", "{sent}");
    let given = &sent["assignments"][0];
    assert_eq!(
        (&given["unit"]["code"], &given["dispatched_by"]),
        (&json!("gongshui"), &json!(""))
    );
    let ground = given["basis"].as_str().expect("a ground");
    assert!(
        ground.starts_with("自动派单：派单目录：") && ground.contains("10 件办结，其中 10 件"),
        "{ground}"
    );
    assert_eq!(sent["planned_dispatch"], Value::Null);

    // The unit answers for it like for any other.
    step(&hotline, "water", &number, "sign", json!({})).await;
}

#[tokio::test]
async fn who_holds_a_ticket_back_dispatches_it() {
    let hotline = county().await;
    turned_on(&hotline).await;
    let number = waiting(&hotline, json!({"contact_phone": "13700000002"})).await;
    step(
        &hotline,
        "dispatcher",
        &number,
        "hold",
        json!({"reason": "先核实是否二次供水"}),
    )
    .await;
    let fill = json!({"content": "二次供水泵房故障", "place": "东关街道", "version": ticket(&hotline, &number).await["version"]});
    step(&hotline, "operator", &number, "fill", fill).await;
    hotline.advance(TimeDelta::hours(2)).await;
    let held = ticket(&hotline, &number).await;
    assert_eq!(
        (&held["state"], &held["planned_dispatch"]),
        (&json!("accepted"), &Value::Null),
        "{held}"
    );
    assert!(held["timeline"].to_string().contains("先核实是否二次供水"));
    step(
        &hotline,
        "dispatcher",
        &number,
        "dispatch",
        json!({"unit_code": "zhujian"}),
    )
    .await;

    // Who answers for it now is not told what the office had in mind.
    let path = format!("/api/v1/tickets/{number}");
    let (status, given) = hotline.client_of("building").await.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{given}");
    let timeline = given["timeline"].to_string();
    assert!(timeline.contains("\"dispatched\""), "{timeline}");
    assert!(!timeline.contains("dispatch_planned"), "{timeline}");
    assert!(!timeline.contains("先核实是否二次供水"), "{timeline}");
}

#[tokio::test]
async fn what_needs_a_person_is_left_to_one() {
    let hotline = county().await;
    turned_on(&hotline).await;
    let left = [
        json!({"contact_phone": "13700000003", "kind": "举报"}),
        json!({"contact_phone": "13700000004", "band": "S"}),
        // The same citizen has an open one of the class: the first of these.
        json!({"contact_phone": "13700000003"}),
        // Of a class that nobody has finished anything of.
        json!({"contact_phone": "13700000005", "class_code": "010102"}),
    ];
    for fields in left {
        let number = waiting(&hotline, fields.clone()).await;
        hotline.advance(TimeDelta::hours(1)).await;
        let found = ticket(&hotline, &number).await;
        assert_eq!(
            (&found["state"], &found["planned_dispatch"]),
            (&json!("accepted"), &Value::Null),
            "{fields}"
        );
    }
}

#[tokio::test]
async fn a_plan_that_holds_no_longer_is_taken_back() {
    let hotline = county().await;
    turned_on(&hotline).await;
    let confidential = waiting(&hotline, json!({"contact_phone": "13700000006"})).await;
    step(
        &hotline,
        "dispatcher",
        &confidential,
        "protect",
        json!({"reason": "市民要求保密"}),
    )
    .await;
    let unsure = waiting(&hotline, json!({"contact_phone": "13700000007"})).await;
    assert_eq!(
        ticket(&hotline, &unsure).await["planned_dispatch"]["unit"]["code"],
        "gongshui"
    );
    // Two of twelve ended elsewhere: below nine in ten.
    for phone in ["13700000008", "13700000009"] {
        finished(&hotline, phone, "zhujian", "building").await;
    }
    hotline.advance(TimeDelta::minutes(10)).await;
    let protected = ticket(&hotline, &confidential).await;
    assert_eq!(protected["dispatch_at"], Value::Null, "{protected}");
    for number in [&confidential, &unsure] {
        let found = ticket(&hotline, number).await;
        assert_eq!(
            (&found["state"], &found["planned_dispatch"]),
            (&json!("accepted"), &Value::Null),
            "{found}"
        );
    }
    let timeline = ticket(&hotline, &unsure).await["timeline"].to_string();
    assert!(timeline.contains("请人工派单"), "{timeline}");
}

#[tokio::test]
async fn what_kept_a_ticket_from_the_rule_and_does_no_longer_is_no_ground() {
    let hotline = county().await;
    turned_on(&hotline).await;
    let grave = waiting(&hotline, json!({"contact_phone": "13700000010", "band": "S"})).await;
    let version = ticket(&hotline, &grave).await["version"].clone();
    let fill = json!({"band": "C", "version": version});
    step(&hotline, "dispatcher", &grave, "fill", fill).await;
    let open = waiting(&hotline, json!({"contact_phone": "13700000011"})).await;
    step(
        &hotline,
        "dispatcher",
        &open,
        "protect",
        json!({"reason": "市民要求保密"}),
    )
    .await;
    hotline.settle().await;
    assert_eq!(ticket(&hotline, &open).await["planned_dispatch"], Value::Null);
    step(
        &hotline,
        "dispatcher",
        &open,
        "unprotect",
        json!({"reason": "市民同意公开"}),
    )
    .await;
    hotline.settle().await;
    for number in [&grave, &open] {
        let found = ticket(&hotline, number).await;
        let planned = &found["planned_dispatch"]["unit"]["code"];
        assert_eq!(planned, "gongshui", "{found}");
    }
}

#[tokio::test]
async fn two_units_for_one_area_are_a_persons_to_choose() {
    let hotline = county().await;
    turned_on(&hotline).await;
    let second = json!({"class_code": "010101", "unit_code": "zhujian", "basis": "《城市供水条例》第七条"});
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let (status, entry) = dispatcher.post("/api/v1/duty-catalogue", &second).await;
    assert_eq!(status, StatusCode::CREATED, "{entry}");
    let number = waiting(&hotline, json!({"contact_phone": "13700000010"})).await;
    let found = ticket(&hotline, &number).await;
    assert_eq!(
        (&found["state"], &found["planned_dispatch"]),
        (&json!("accepted"), &Value::Null)
    );
}

#[tokio::test]
async fn what_nobody_chose_is_no_ground() {
    let hotline = county().await;
    turned_on(&hotline).await;
    let number = waiting(&hotline, json!({"contact_phone": "13700000011", "kind": null})).await;
    let found = ticket(&hotline, &number).await;
    assert_eq!(
        (&found["state"], &found["planned_dispatch"]),
        (&json!("accepted"), &Value::Null)
    );
}

#[tokio::test]
async fn the_rule_is_checked_shown_with_what_it_means_and_gone_back_to() {
    let hotline = county().await;
    let (status, problem) = set(
        &hotline,
        json!({"on": true, "percent": 50, "cases": 1, "wait_minutes": 999}),
    )
    .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let named: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|one| &one["field"])
        .collect();
    assert_eq!(named, ["percent", "cases", "wait_minutes"]);
    let dispatcher = hotline.client(Role::Dispatcher).await;
    assert_eq!(dispatcher.put(RULE, &on()).await.0, StatusCode::FORBIDDEN);

    let (_, before) = dispatcher.get(RULE).await;
    assert_eq!(
        (&before["version"], &before["settings"]["on"]),
        (&json!(0), &json!(false))
    );
    turned_on(&hotline).await;
    let (_, after) = dispatcher.get(RULE).await;
    let water = after["entries"].as_array().expect("entries");
    assert_eq!(water.len(), 1, "{after}");
    assert_eq!(water[0]["past"], json!({"cases": 10, "same": 10}));
    assert_eq!(
        (&water[0]["unit"]["code"], &water[0]["sure"]),
        (&json!("gongshui"), &json!(true))
    );

    let mut off = on();
    off["on"] = json!(false);
    let stale = format!("{RULE}?version=0");
    let (status, _) = hotline.client(Role::Supervisor).await.put(&stale, &off).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(set(&hotline, off).await.0, StatusCode::OK);
    let back = format!("{RULE}/rollback");
    let (status, rule) = hotline
        .client(Role::Supervisor)
        .await
        .post(&back, &json!({"version": 1}))
        .await;
    assert_eq!((status, &rule["settings"]), (StatusCode::OK, &on()), "{rule}");
    let (_, versions) = dispatcher.get(&format!("{RULE}/versions")).await;
    assert_eq!(versions.as_array().map(Vec::len), Some(3), "{versions}");

    let (_, suggested) = dispatcher
        .get("/api/v1/dispatch/suggestions?class_code=010101")
        .await;
    assert_eq!(
        suggested[0]["past"],
        json!({"cases": 10, "same": 10}),
        "{suggested}"
    );
}
