//! Tickets through the doors: from the call to the reply, who may do what, search, stale versions.

mod support;

use chrono::TimeDelta;
use minsheng::{
    accounts::Role,
    calls::{Outcome, What},
    live::{Operator, OperatorState},
    news::Audience,
    tickets,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    Client, TestApp,
    journey::{FakeRecogniser, Journey, call_id, provision},
    person,
};

async fn county() -> TestApp {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    for (name, unit) in [("water", "gongshui"), ("heat", "reli")] {
        let mut user = person(name, Role::Unit);
        user.unit_code = Some(unit.into());
        hotline.add_person(&user).await;
    }
    hotline
}

async fn first_number(client: &Client) -> String {
    let (_, list) = client.get("/api/v1/tickets").await;
    list["items"][0]["number"].as_str().expect("a ticket").to_owned()
}

async fn show(client: &Client, number: &str) -> Value {
    let (status, ticket) = client.get(&format!("/api/v1/tickets/{number}")).await;
    assert_eq!(status, StatusCode::OK);
    ticket
}

async fn act(client: &Client, number: &str, verb: &str, body: Value) -> (StatusCode, Value) {
    client
        .post(&format!("/api/v1/tickets/{number}/{verb}"), &body)
        .await
}

async fn manual(hotline: &TestApp, fields: Value) -> String {
    let (status, ticket) = hotline
        .client(Role::Operator)
        .await
        .post("/api/v1/tickets", &fields)
        .await;
    assert_eq!(status, StatusCode::CREATED, "{ticket}");
    ticket["number"].as_str().expect("number").to_owned()
}

/// A ticket that the water company has answered.
async fn replied(hotline: &TestApp) -> String {
    let number = manual(
        hotline,
        json!({"title": "停水", "class_code": "010101", "contact_phone": "13800000001"}),
    )
    .await;
    let (operator, dispatcher) = (
        hotline.client(Role::Operator).await,
        hotline.client(Role::Dispatcher).await,
    );
    assert_eq!(
        act(&operator, &number, "accept", json!({})).await.0,
        StatusCode::OK
    );
    let order = json!({"unit_code": "gongshui", "note": "请今天处理"});
    assert_eq!(
        act(&dispatcher, &number, "dispatch", order).await.0,
        StatusCode::OK
    );
    let contact = json!({"at": hotline.app.clock.now(), "number": "0534-8200001", "result": "reached"});
    let reply = json!({
        "outcome": "solved", "text": "已抢修管道并当面确认", "public_text": "已恢复供水",
        "basis": "《城市供水条例》", "contact": contact,
    });
    assert_eq!(
        act(&hotline.client_of("water").await, &number, "reply", reply)
            .await
            .0,
        StatusCode::OK
    );
    number
}

#[tokio::test]
async fn a_draft_is_there_as_soon_as_the_caller_waits() {
    let hotline = TestApp::start().await;
    let mut news = hotline.app.db.signals().listen();
    Journey::inbound(&hotline, 1, "13800000001").await.queued().await;
    hotline.settle().await;
    let client = hotline.client(Role::Operator).await;
    let ticket = show(&client, &first_number(&client).await).await;
    assert_eq!(
        (ticket["state"].as_str(), ticket["caller"].as_str()),
        (Some("draft"), Some("13800000001"))
    );
    assert!(
        ticket["number"]
            .as_str()
            .expect("number")
            .starts_with("260302100004"),
        "ten o'clock in China"
    );
    assert_eq!(ticket["calls"][0]["id"], call_id(1));
    assert_eq!(ticket["menu_path"][0]["node"], "notice");
    assert_eq!(
        ticket["actions"],
        json!([
            "fill", "accept", "ask", "direct", "reject", "transfer", "merge", "close", "protect"
        ])
    );
    let mut kinds = Vec::new();
    while let Ok(item) = news.try_recv() {
        assert_eq!(item.audience, Audience::Office);
        kinds.push(item.kind);
    }
    assert!(kinds.contains(&"call") && kinds.contains(&"ticket"), "{kinds:?}");
}

#[tokio::test]
async fn the_desk_shows_the_ringing_call_with_its_ticket_and_the_callers_past() {
    let hotline = TestApp::start().await;
    Journey::inbound(&hotline, 1, "13800000001")
        .await
        .queued()
        .await
        .ended(Outcome::Abandoned)
        .await;
    hotline.settle().await;
    hotline.clock.advance(TimeDelta::minutes(10));
    let offered = What::Offered {
        operator: "operator".into(),
    };
    Journey::inbound(&hotline, 2, "13800000001")
        .await
        .queued()
        .await
        .then(10, offered)
        .await;
    hotline.settle().await;
    let now = hotline.app.clock.now();
    let ringing = Operator {
        state: OperatorState::Ringing,
        reason: None,
        since: now,
        call_id: Some(call_id(2)),
    };
    hotline
        .app
        .live
        .state()
        .operators
        .insert("operator".into(), ringing);
    let (status, desk) = hotline.client(Role::Operator).await.get("/api/v1/desk").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (desk["state"].as_str(), desk["call"]["state"].as_str()),
        (Some("ringing"), Some("ringing"))
    );
    assert_eq!(desk["ticket"]["number"], desk["call"]["ticket_number"]);
    assert_eq!(desk["ticket"]["history"]["calls"][0]["id"], call_id(1));
    assert_eq!(
        desk["ticket"]["history"]["tickets"].as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn the_call_that_just_ended_stays_on_the_desk_while_it_is_written_up() {
    let hotline = TestApp::start().await;
    Journey::inbound(&hotline, 1, "13800000001")
        .await
        .queued()
        .await
        .answered()
        .await
        .ended(Outcome::Answered)
        .await;
    hotline.settle().await;
    let desk_in = async |state| {
        let operator = Operator {
            state,
            reason: None,
            since: hotline.app.clock.now(),
            call_id: None,
        };
        let username = "operator".to_owned();
        hotline.app.live.state().operators.insert(username, operator);
        hotline.client(Role::Operator).await.get("/api/v1/desk").await.1
    };
    let wrapping_up = desk_in(OperatorState::WrapUp).await;
    assert_eq!(wrapping_up["call"]["id"], call_id(1));
    assert_eq!(
        wrapping_up["ticket"]["number"],
        wrapping_up["call"]["ticket_number"]
    );
    assert!(desk_in(OperatorState::Ready).await["call"].is_null());
}

#[tokio::test]
async fn a_message_without_a_queue_is_a_ticket_and_a_menu_hang_up_is_none() {
    let hotline = TestApp::start().await;
    let message = What::Message {
        key: "message".into(),
        from_ms: 3_000,
        to_ms: 9_000,
    };
    Journey::inbound(&hotline, 1, "13800000001")
        .await
        .then(9_000, message)
        .await
        .ended(Outcome::Message)
        .await;
    Journey::inbound(&hotline, 2, "13800000002")
        .await
        .ended(Outcome::Abandoned)
        .await;
    hotline.settle().await;
    let (_, list) = hotline.client(Role::Operator).await.get("/api/v1/tickets").await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (
            list["items"][0]["source"].as_str(),
            list["items"][0]["caller"].as_str()
        ),
        (Some("message"), Some("13800000001"))
    );
}

#[tokio::test]
async fn from_acceptance_to_reply_every_step_is_on_the_ticket() {
    let hotline = county().await;
    let number = replied(&hotline).await;
    hotline.settle().await;
    let ticket = show(&hotline.client(Role::Dispatcher).await, &number).await;
    assert_eq!(ticket["state"], "replied");
    assert_eq!(ticket["unit"], json!({"code": "gongshui", "name": "县供水公司"}));
    assert_eq!(ticket["assignments"][0]["reply"]["public_text"], "已恢复供水");
    assert_eq!(
        ticket["actions"],
        json!(["review", "close", "reopen", "void", "protect"])
    );
    let kinds: Vec<_> = ticket["timeline"]
        .as_array()
        .expect("timeline")
        .iter()
        .map(|entry| entry["kind"].as_str())
        .collect();
    let steps = [
        "opened",
        "filled",
        "accepted",
        "dispatched",
        "signed",
        "contacted",
        "replied",
    ]
    .map(Some);
    assert!(steps.iter().all(|step| kinds.contains(step)), "{kinds:?}");
    assert_eq!(
        ticket["suggestion"]["unit"]["code"], "gongshui",
        "from the duty catalogue"
    );
}

#[tokio::test]
async fn the_stored_row_is_what_its_events_amount_to() {
    let hotline = county().await;
    let number = replied(&hotline).await;
    act(
        &hotline.client(Role::Dispatcher).await,
        &number,
        "close",
        json!({}),
    )
    .await;
    hotline.settle().await;
    let mut tx = hotline.app.db.read().await.expect("read");
    let stored = tickets::find(&mut tx, &number).await.expect("find");
    let rebuilt = tickets::rebuilt(&mut tx, &number).await.expect("rebuilt");
    assert!(stored.is_some());
    assert_eq!(stored, rebuilt);
}

#[tokio::test]
async fn roles_may_do_their_own_part_only() {
    let hotline = county().await;
    let number = replied(&hotline).await;
    for (role, verb, body) in [
        (Role::Operator, "dispatch", json!({"unit_code": "reli"})),
        (Role::Operator, "close", json!({"note": "好"})),
        (Role::Unit, "close", json!({})),
        (Role::Admin, "close", json!({"note": "好"})),
        (Role::Supervisor, "dispatch", json!({"unit_code": "reli"})),
    ] {
        let (status, problem) = act(&hotline.client(role).await, &number, verb, body).await;
        let refused = [StatusCode::FORBIDDEN, StatusCode::CONFLICT, StatusCode::NOT_FOUND];
        assert!(refused.contains(&status), "{role} {verb}: {status} {problem}");
    }
    let after = show(&hotline.client(Role::Admin).await, &number).await;
    assert_eq!(after["state"], "replied");
    assert_eq!(after["actions"], json!([]));
}

#[tokio::test]
async fn a_unit_sees_its_own_tickets_only() {
    let hotline = county().await;
    let number = replied(&hotline).await;
    let draft = manual(&hotline, json!({"title": "没派的"})).await;
    let (water, heat) = (hotline.client_of("water").await, hotline.client_of("heat").await);
    let (_, own) = water.get("/api/v1/tickets?unit=reli").await;
    assert_eq!(
        own["items"].as_array().map(Vec::len),
        Some(1),
        "asking for another unit gives the own one"
    );
    assert_eq!(show(&water, &number).await["contact_phone"], "138****0001");
    assert_eq!(heat.get("/api/v1/tickets").await.1["items"], json!([]));
    for hidden in [&number, &draft] {
        assert_eq!(
            heat.get(&format!("/api/v1/tickets/{hidden}")).await.0,
            StatusCode::NOT_FOUND
        );
    }
    let reply = json!({"outcome": "solved", "text": "不归我管"});
    assert_eq!(act(&heat, &number, "reply", reply).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_replied_cannot_close_in_another_role() {
    let hotline = county().await;
    let number = replied(&hotline).await;
    let mut tx = hotline.app.db.begin().await.expect("begin");
    let promoted = minsheng::accounts::User {
        unit_code: None,
        ..person("water", Role::Dispatcher)
    };
    minsheng::accounts::update(&mut tx, hotline.app.clock.now(), &promoted)
        .await
        .expect("update");
    tx.commit().await.expect("commit");
    let (status, problem) = act(&hotline.client_of("water").await, &number, "close", json!({})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(
        problem["detail"],
        "办理过本工单的人不得审核、回访、评判或办结同一工单"
    );
}

#[tokio::test]
async fn a_stale_version_is_refused_and_changes_nothing() {
    let hotline = county().await;
    let number = manual(&hotline, json!({"title": "停水"})).await;
    let client = hotline.client(Role::Operator).await;
    let version = show(&client, &number).await["version"].clone();
    let (status, after) = act(
        &client,
        &number,
        "fill",
        json!({"version": version, "title": "小区停水"}),
    )
    .await;
    assert_eq!(
        (status, after["title"].as_str()),
        (StatusCode::OK, Some("小区停水"))
    );
    let (status, problem) = act(
        &client,
        &number,
        "fill",
        json!({"version": version, "title": "别的"}),
    )
    .await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    assert_eq!(show(&client, &number).await["title"], "小区停水");
}

#[tokio::test]
async fn bad_fields_are_named_all_at_once() {
    let hotline = county().await;
    let client = hotline.client(Role::Operator).await;
    let (status, problem) = client
        .post("/api/v1/tickets", &json!({"kind": "吵架", "band": "Z"}))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| error["field"].clone())
        .collect();
    assert_eq!(fields, ["kind", "band"]);
    let (status, _) = client
        .post("/api/v1/tickets", &json!({"class_code": "999999"}))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        client.get("/api/v1/tickets").await.1["items"],
        json!([]),
        "a refused ticket leaves nothing"
    );
    let number = manual(&hotline, json!({})).await;
    assert_eq!(
        act(&client, &number, "accept", json!({})).await.0,
        StatusCode::UNPROCESSABLE_ENTITY,
        "no title"
    );
    assert_eq!(
        act(&client, &number, "explode", json!({})).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn what_a_person_typed_survives_the_transcript() {
    let hotline = county().await;
    let said = vec![(
        minsheng::transcripts::Side::Citizen,
        0,
        "我住清河湾小区从昨晚就停水了",
    )];
    FakeRecogniser::connect(&hotline, vec![Ok(said)]);
    let journey = Journey::inbound(&hotline, 1, "13800000001")
        .await
        .queued()
        .await
        .answered()
        .await;
    hotline.settle().await;
    let client = hotline.client(Role::Operator).await;
    let number = first_number(&client).await;
    let version = show(&client, &number).await["version"].clone();
    act(
        &client,
        &number,
        "fill",
        json!({"version": version, "title": "三号楼没水", "band": "B"}),
    )
    .await;
    journey.ended(Outcome::Answered).await.recorded().await;
    hotline.settle().await;
    let ticket = show(&client, &number).await;
    assert_eq!(
        (ticket["title"].as_str(), ticket["band"].as_str()),
        (Some("三号楼没水"), Some("B"))
    );
    assert_eq!(ticket["suggestion"]["title"], "清河湾小区停水");
    assert_eq!(ticket["class"]["code"], "010101");
    assert_eq!(ticket["operator"], "operator");
    let fresh = act(
        &client,
        &number,
        "fill",
        json!({"version": 1, "content": "已记录"}),
    )
    .await
    .0;
    assert_eq!(
        fresh,
        StatusCode::OK,
        "what the hotline added made nobody's version stale"
    );
}

#[tokio::test]
async fn two_characters_of_chinese_find_the_ticket() {
    let hotline = county().await;
    let water = manual(
        &hotline,
        json!({"title": "清河湾小区停水", "content": "三号楼没有水", "contact_phone": "13911112222"}),
    )
    .await;
    manual(&hotline, json!({"title": "路灯不亮", "content": "水务所门口"})).await;
    let client = hotline.client(Role::Supervisor).await;
    let found = async |query: &str| {
        let (status, list) = client.get(&format!("/api/v1/tickets?q={query}")).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        let numbers = list["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|ticket| ticket["number"].clone());
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(found("停水").await, [json!(water)]);
    assert_eq!(found("小区停水").await, [json!(water)]);
    assert_eq!(found("水").await.len(), 2);
    assert_eq!(found("停电").await.len(), 0);
    assert_eq!(
        found("区清").await.len(),
        0,
        "both characters are there, but not so"
    );
    assert_eq!(found("1391111").await, [json!(water)]);
    assert_eq!(
        found(&water[..12]).await.len(),
        2,
        "both were opened in the same second"
    );
    assert_eq!(
        found("%25").await.len(),
        0,
        "a wildcard is a letter like any other"
    );
    let version = json!({"version": 1, "title": "已改名", "content": ""});
    act(&hotline.client(Role::Operator).await, &water, "fill", version).await;
    assert_eq!(found("停水").await.len(), 0, "the index follows the text");
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let hotline = county().await;
    for n in 0..5 {
        manual(
            &hotline,
            json!({"title": format!("第{n}件"), "class_code": if n < 2 { "010101" } else { "020105" }}),
        )
        .await;
    }
    let client = hotline.client(Role::Supervisor).await;
    let (_, first) = client.get("/api/v1/tickets?limit=3").await;
    let cursor = first["next_cursor"].as_str().expect("more");
    let (_, second) = client
        .get(&format!("/api/v1/tickets?limit=3&cursor={cursor}"))
        .await;
    assert_eq!(
        (
            first["items"].as_array().map(Vec::len),
            second["items"].as_array().map(Vec::len)
        ),
        (Some(3), Some(2))
    );
    assert_eq!(second["next_cursor"], Value::Null);
    let (_, branch) = client.get("/api/v1/tickets?class=01").await;
    assert_eq!(branch["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        client.get("/api/v1/tickets?state=closed").await.1["items"],
        json!([])
    );
    assert_eq!(
        client.get("/api/v1/tickets?class=%25").await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        client.get("/api/v1/tickets?cursor=zz").await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn the_duty_catalogue_answers_for_class_and_place() {
    let hotline = county().await;
    let client = hotline.client(Role::Dispatcher).await;
    let (status, found) = client
        .get("/api/v1/dispatch/suggestions?class_code=010104&place_code=010101")
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(found[0]["unit"]["code"], "zhujian");
    assert_eq!(
        found[0]["co_units"],
        json!([{"code": "wushui", "name": "县污水处理公司"}, {"code": "chengguanjd", "name": "城关街道"}])
    );
    assert!(
        found[0]["reason"].as_str().expect("reason").contains("城关街道"),
        "{found}"
    );
}

#[tokio::test]
async fn the_catalogues_are_lists_for_the_fields() {
    let hotline = county().await;
    let client = hotline.client(Role::Operator).await;
    let (_, classes) = client.get("/api/v1/classes").await;
    assert_eq!(classes[0]["children"][0]["children"][0]["code"], "010101");
    let (_, places) = client.get("/api/v1/places?q=清河湾").await;
    assert_eq!(places[0], json!({"code": "0101", "name": "清河湾社区"}));
    let (_, alias) = client.get("/api/v1/places?q=城关办事处").await;
    assert_eq!(
        alias,
        json!([{"code": "01", "name": "城关街道"}]),
        "found by its other name"
    );
    assert_eq!(client.get("/api/v1/places?q=%25").await.1, json!([]));
    let (_, units) = client.get("/api/v1/units").await;
    assert!(units.as_array().expect("units").contains(
        &json!({"code": "gongshui", "name": "县供水公司", "kind": "公共企业", "phone": "0534-8220001"})
    ));
}
