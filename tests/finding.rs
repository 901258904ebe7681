//! Finding tickets through the doors: phrases, telephones, transcripts, filters, orders, saved searches, many at once.

mod support;

use chrono::TimeDelta;
use minsheng::{accounts::Role, calls::Outcome, tickets, transcripts::Side};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    Client, TestApp,
    journey::{FakeRecogniser, Journey, provision},
    person,
};

async fn county() -> TestApp {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    for (name, unit) in [("water", "gongshui"), ("building", "zhujian")] {
        let mut user = person(name, Role::Unit);
        user.unit_code = Some(unit.into());
        hotline.add_person(&user).await;
    }
    hotline
}

async fn write(hotline: &TestApp, fields: Value) -> String {
    let operator = hotline.client(Role::Operator).await;
    let (status, ticket) = operator.post("/api/v1/tickets", &fields).await;
    assert_eq!(status, StatusCode::CREATED, "{ticket}");
    ticket["number"].as_str().expect("number").to_owned()
}

async fn act(client: &Client, number: &str, verb: &str, body: Value) -> Value {
    let (status, ticket) = client
        .post(&format!("/api/v1/tickets/{number}/{verb}"), &body)
        .await;
    assert_eq!(status, StatusCode::OK, "{verb}: {ticket}");
    ticket
}

async fn list(client: &Client, query: &str) -> Vec<Value> {
    let (status, page) = client.get(&format!("/api/v1/tickets?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{query}: {page}");
    page["items"].as_array().expect("items").clone()
}

async fn numbers(client: &Client, query: &str) -> Vec<String> {
    let items = list(client, query).await;
    let number = |item: &Value| item["number"].as_str().expect("number").to_owned();
    items.iter().map(number).collect()
}

/// Accepted and sent to the unit with that note.
async fn dispatch(hotline: &TestApp, number: &str, unit: &str, note: &str) {
    let operator = hotline.client(Role::Operator).await;
    act(&operator, number, "accept", json!({})).await;
    let dispatcher = hotline.client(Role::Dispatcher).await;
    act(
        &dispatcher,
        number,
        "dispatch",
        json!({"unit_code": unit, "note": note}),
    )
    .await;
}

#[tokio::test]
async fn a_phrase_is_found_wherever_it_was_written_and_shown_there() {
    let hotline = county().await;
    let number = write(
        &hotline,
        json!({"title": "清河湾停水", "content": "昨天晚上起没有水，三号楼都这样", "class_code": "010101", "caller_name": "王芳"}),
    )
    .await;
    dispatch(&hotline, &number, "gongshui", "请于当日到场抢修").await;
    let unit = hotline.client_of("water").await;
    act(&unit, &number, "sign", json!({})).await;
    let now = hotline.app.clock.now();
    act(
        &unit,
        &number,
        "contact",
        json!({"at": now, "number": "0534-8200001", "result": "reached", "note": "已说明阀门故障"}),
    )
    .await;
    act(
        &unit,
        &number,
        "reply",
        json!({"outcome": "solved", "text": "更换减压阀", "public_text": "现已恢复供水", "basis": "《城市供水条例》"}),
    )
    .await;
    let office = hotline.client(Role::Supervisor).await;
    for (query, field) in [
        ("停水", "title"),
        ("天晚上起", "content"),
        ("到场抢修", "note"),
        ("阀门故障", "note"),
        ("减压阀", "reply"),
        ("恢复供水", "reply"),
        ("王芳", "caller_name"),
        ("抢修 减压", "note"),
    ] {
        let found = list(&office, &format!("q={query}")).await;
        assert_eq!(found.len(), 1, "{query}");
        assert_eq!(found[0]["hit"]["field"], field, "{query}");
    }
    let found = list(&office, "q=天晚上起").await;
    assert_eq!(
        found[0]["hit"],
        json!({"field": "content", "before": "昨", "hit": "天晚上起", "after": "没有水，三号楼都这样"})
    );
    for absent in ["晚上停", "水三号", "停电", "抢修 停电"] {
        assert_eq!(
            list(&office, &format!("q={absent}")).await,
            Vec::<Value>::new(),
            "{absent}"
        );
    }
}

#[tokio::test]
async fn what_was_said_in_a_call_is_found_when_the_transcript_arrives() {
    let hotline = county().await;
    FakeRecogniser::connect(
        &hotline,
        vec![Ok(vec![
            (Side::Citizen, 1_000, "楼道里的感应灯坏了"),
            (Side::Office, 5_000, "请问是哪个单元呢"),
        ])],
    );
    let call = Journey::inbound(&hotline, 1, "13800000001").await.queued().await;
    hotline.settle().await;
    let office = hotline.client(Role::Supervisor).await;
    assert_eq!(list(&office, "q=感应灯").await.len(), 0);
    assert_eq!(
        list(&office, "q=00000001").await.len(),
        1,
        "a draft is found by its caller"
    );
    call.answered()
        .await
        .ended(Outcome::Completed)
        .await
        .recorded()
        .await;
    hotline.settle().await;
    assert_eq!(list(&office, "q=感应灯").await.len(), 1);
    let said = list(&office, "q=哪个单元").await;
    assert_eq!(
        said[0]["hit"]["field"], "transcript",
        "the operator's words are found as well"
    );
    assert_eq!(said[0]["hit"]["hit"], "哪个单元");
}

#[tokio::test]
async fn a_number_is_found_by_its_parts() {
    let hotline = county().await;
    let number = write(
        &hotline,
        json!({"title": "路灯", "contact_phone": "0534-8200777"}),
    )
    .await;
    write(&hotline, json!({"title": "树枝", "contact_phone": "13911112222"})).await;
    let office = hotline.client(Role::Operator).await;
    let serial = &number[12..];
    for part in ["0777", "8200777", "05348200", "34820", serial, number.as_str()] {
        assert_eq!(
            numbers(&office, &format!("q={part}")).await,
            [number.as_str()],
            "{part}"
        );
    }
    assert_eq!(
        numbers(&office, &format!("q={}", &number[..8])).await.len(),
        2,
        "the same day"
    );
    assert_eq!(numbers(&office, "q=82007770").await.len(), 0);
}

#[tokio::test]
async fn a_unit_finds_its_own_matters_and_not_the_citizens() {
    let hotline = county().await;
    let own = write(
        &hotline,
        json!({"title": "阀门漏水", "class_code": "010101", "contact_phone": "13911112222", "caller_name": "李建国"}),
    )
    .await;
    let other = write(&hotline, json!({"title": "井盖漏水", "class_code": "010101"})).await;
    dispatch(&hotline, &own, "gongshui", "请办").await;
    dispatch(&hotline, &other, "zhujian", "请办").await;
    let unit = hotline.client_of("water").await;
    assert_eq!(numbers(&unit, "q=漏水").await, [own.as_str()]);
    assert_eq!(numbers(&unit, "state=dispatched").await, [own.as_str()]);
    assert_eq!(
        numbers(&unit, "unit=zhujian").await,
        [own.as_str()],
        "another's name opens nothing"
    );
    for personal in ["q=13911112222", "q=2222", "q=李建国"] {
        assert_eq!(numbers(&unit, personal).await.len(), 0, "{personal}");
    }
    let office = hotline.client(Role::Dispatcher).await;
    assert_eq!(numbers(&office, "q=漏水").await.len(), 2);
    assert_eq!(numbers(&office, "q=李建国").await, [own.as_str()]);
}

#[tokio::test]
async fn filters_take_several_values_and_go_together() {
    let hotline = county().await;
    let urgent = json!({"title": "一", "kind": "投诉", "band": "B", "class_code": "010101"});
    let first = write(&hotline, urgent).await;
    hotline.clock.advance(TimeDelta::minutes(1));
    let second = write(
        &hotline,
        json!({"title": "二", "kind": "求助", "class_code": "020105"}),
    )
    .await;
    hotline.clock.advance(TimeDelta::minutes(1));
    let third = write(
        &hotline,
        json!({"title": "三", "kind": "投诉", "class_code": "010101"}),
    )
    .await;
    hotline.clock.advance(TimeDelta::minutes(1));
    dispatch(&hotline, &first, "gongshui", "请办").await;
    let office = hotline.client(Role::Supervisor).await;
    let both = [third.as_str(), second.as_str()];
    assert_eq!(numbers(&office, "state=pending").await, both);
    assert_eq!(
        numbers(&office, "state=pending,dispatched").await,
        [third.as_str(), second.as_str(), first.as_str()]
    );
    assert_eq!(numbers(&office, "kind=投诉,求助&state=pending").await, both);
    assert_eq!(numbers(&office, "band=B,A").await, [first.as_str()]);
    assert_eq!(
        numbers(&office, "class=01&kind=投诉").await,
        [third.as_str(), first.as_str()]
    );
    assert_eq!(
        numbers(&office, "unit=gongshui&state=dispatched").await,
        [first.as_str()]
    );
    assert_eq!(numbers(&office, "operator=operator&source=manual").await.len(), 3);
    assert_eq!(numbers(&office, "source=call,message").await.len(), 0);
    assert_eq!(
        numbers(&office, "sort=updated").await[0],
        first,
        "it was changed last"
    );
    let (_, page) = office
        .get("/api/v1/tickets?state=pending,dispatched&limit=2")
        .await;
    let cursor = page["next_cursor"].as_str().expect("more");
    let rest = format!("state=pending,dispatched&limit=2&cursor={cursor}");
    assert_eq!(numbers(&office, &rest).await, [first.as_str()]);
}

#[tokio::test]
async fn what_is_due_comes_first_and_leaves_when_it_is_over() {
    let hotline = county().await;
    let slow = write(
        &hotline,
        json!({"title": "慢", "band": "C", "kind": "投诉", "class_code": "010101"}),
    )
    .await;
    let fast = write(
        &hotline,
        json!({"title": "快", "band": "B", "kind": "投诉", "class_code": "010101"}),
    )
    .await;
    dispatch(&hotline, &slow, "gongshui", "请办").await;
    dispatch(&hotline, &fast, "gongshui", "请办").await;
    let office = hotline.client(Role::Supervisor).await;
    assert_eq!(numbers(&office, "sort=due").await, [fast.as_str(), slow.as_str()]);
    assert_eq!(numbers(&office, "due=overdue").await.len(), 0);
    let due = list(&office, "sort=due&limit=1").await[0]["due"].clone();
    let due: chrono::DateTime<chrono::Utc> = serde_json::from_value(due).expect("due");
    let (_, shown) = office.get(&format!("/api/v1/tickets/{fast}")).await;
    let limits = shown["limits"].as_array().expect("limits").clone();
    let handle = limits
        .iter()
        .find(|limit| limit["timer"] == "handle")
        .expect("handle");
    assert_eq!(
        handle["due"],
        json!(due),
        "what the list says is what the page says"
    );
    hotline
        .clock
        .advance(due - hotline.app.clock.now() + TimeDelta::minutes(1));
    // Days have passed: everybody logs in again.
    let office = hotline.client(Role::Supervisor).await;
    assert_eq!(numbers(&office, "due=overdue").await, [fast.as_str()]);
    assert_eq!(
        numbers(&office, "due=overdue&unit=gongshui&sort=due").await,
        [fast.as_str()]
    );
    assert_eq!(numbers(&office, "due=overdue&state=pending").await.len(), 0);
    let void = json!({"reason": "测试单"});
    act(&hotline.client(Role::Dispatcher).await, &fast, "void", void).await;
    act(&office, &fast, "approve", json!({"ground": "属实"})).await;
    assert_eq!(
        numbers(&office, "due=overdue").await.len(),
        0,
        "nothing runs on it any more"
    );
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_named() {
    let hotline = county().await;
    let office = hotline.client(Role::Supervisor).await;
    for (query, field) in [
        ("state=opened", "state"),
        ("state=closed,nonsense", "state"),
        ("class=%25", "class"),
        ("source=fax", "source"),
        ("due=soon", "due"),
        ("due=0d", "due"),
        ("sort=title", "sort"),
        ("from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "to"),
        ("limit=0", "limit"),
        ("cursor=zz", "cursor"),
    ] {
        let (status, problem) = office.get(&format!("/api/v1/tickets?{query}")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
    let (status, _) = office.get("/api/v1/tickets?from=yesterday").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = office.get("/api/v1/tickets?caller=1%00").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "what no database keeps");
    assert_eq!(
        numbers(&office, "q=%25_%22*").await.len(),
        0,
        "signs are no words"
    );
}

#[tokio::test]
async fn an_index_of_an_older_form_is_made_anew_from_the_tickets() {
    let hotline = county().await;
    let number = write(&hotline, json!({"title": "清河湾停水"})).await;
    tickets::reindex(&hotline.app, 1).await.expect("made anew");
    let office = hotline.client(Role::Supervisor).await;
    assert_eq!(numbers(&office, "q=湾停水").await, [number.as_str()]);
    let operator = hotline.client(Role::Operator).await;
    act(
        &operator,
        &number,
        "fill",
        json!({"version": 1, "title": "路灯不亮"}),
    )
    .await;
    assert_eq!(numbers(&office, "q=停水").await.len(), 0);
    assert_eq!(numbers(&office, "q=路灯").await, [number.as_str()]);
}

#[tokio::test]
async fn many_tickets_go_to_one_unit_and_each_tells_its_own_result() {
    let hotline = county().await;
    let operator = hotline.client(Role::Operator).await;
    let mut sent = Vec::new();
    for n in 0..3 {
        let number = write(
            &hotline,
            json!({"title": format!("第{n}件"), "class_code": "010101"}),
        )
        .await;
        if n > 0 {
            act(&operator, &number, "accept", json!({})).await;
        }
        sent.push(number);
    }
    let order = json!({"numbers": [sent[0], sent[1], sent[2], sent[1], "999"], "unit_code": "gongshui", "note": "一并办理"});
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let (status, answer) = dispatcher.post("/api/v1/tickets/bulk/dispatch", &order).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let outcomes = |answer: &Value| -> Vec<String> {
        let results = answer["results"].as_array().expect("results").iter();
        results
            .map(|one| one["outcome"].as_str().expect("outcome").to_owned())
            .collect()
    };
    assert_eq!(
        outcomes(&answer),
        ["refused", "dispatched", "dispatched", "refused"]
    );
    let detail = answer["results"][0]["detail"].as_str().expect("why");
    assert!(detail.contains("待受理"), "{detail}");
    let (_, again) = dispatcher.post("/api/v1/tickets/bulk/dispatch", &order).await;
    assert_eq!(outcomes(&again), ["refused", "unchanged", "unchanged", "refused"]);
    let (_, shown) = dispatcher.get(&format!("/api/v1/tickets/{}", sent[1])).await;
    assert_eq!(
        shown["assignments"].as_array().map(Vec::len),
        Some(1),
        "given once"
    );
    let unit = hotline.client_of("water").await;
    assert_eq!(numbers(&unit, "q=一并办理").await.len(), 2);
}

#[tokio::test]
async fn an_order_for_many_is_refused_whole_where_it_is_wrong_for_all() {
    let hotline = county().await;
    let number = write(&hotline, json!({"title": "一"})).await;
    act(
        &hotline.client(Role::Operator).await,
        &number,
        "accept",
        json!({}),
    )
    .await;
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let path = "/api/v1/tickets/bulk/dispatch";
    let order = json!({"numbers": [number], "unit_code": "nobody", "note": "x"});
    let (status, problem) = dispatcher.post(path, &order).await;
    assert_eq!(
        (status, &problem["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("unit_code"))
    );
    let (status, _) = dispatcher
        .post(path, &json!({"numbers": [], "unit_code": "gongshui"}))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let operator = hotline.client(Role::Operator).await;
    assert_eq!(operator.post(path, &order).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn searches_are_kept_for_oneself_and_shared_with_a_role_by_supervisors() {
    let hotline = county().await;
    let chief = hotline.client(Role::Supervisor).await;
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let own = json!({"name": "我的停水单", "query": {"q": "停水", "state": "pending,accepted"}});
    let (status, kept) = dispatcher.post("/api/v1/views", &own).await;
    assert_eq!(
        (status, &kept["own"]),
        (StatusCode::CREATED, &json!(true)),
        "{kept}"
    );
    let shared = json!({"name": "今日到期", "query": {"due": "today", "sort": "due"}, "role": "dispatcher"});
    assert_eq!(
        dispatcher.post("/api/v1/views", &shared).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(chief.post("/api/v1/views", &shared).await.0, StatusCode::CREATED);
    let (_, seen) = dispatcher.get("/api/v1/views").await;
    let names: Vec<_> = seen
        .as_array()
        .expect("list")
        .iter()
        .map(|view| view["name"].clone())
        .collect();
    assert_eq!(names, ["我的停水单", "今日到期"]);
    let (_, none) = hotline.client(Role::Operator).await.get("/api/v1/views").await;
    assert_eq!(none, json!([]));

    let path = format!("/api/v1/views/{}", seen[1]["id"]);
    assert_eq!(
        dispatcher.delete(&path).await.0,
        StatusCode::NOT_FOUND,
        "another's"
    );
    let (status, changed) = chief
        .put(&path, &json!({"name": "超期", "query": {"due": "overdue"}}))
        .await;
    assert_eq!(
        (status, &changed["role"]),
        (StatusCode::OK, &Value::Null),
        "{changed}"
    );
    let (_, seen) = dispatcher.get("/api/v1/views").await;
    assert_eq!(seen.as_array().map(Vec::len), Some(1), "no longer shared");
    let (status, problem) = dispatcher.post("/api/v1/views", &own).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    let bad = json!({"name": " ", "query": {"order": "x"}, "role": "king"});
    let (status, problem) = chief.post("/api/v1/views", &bad).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(3), "{problem}");
    assert_eq!(chief.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_eq!(chief.delete(&path).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_search_in_a_stretch_of_time_or_among_what_is_open_finds_all_there_is_of_it() {
    let hotline = county().await;
    let fields = json!({"title": "清河湾停水", "content": "三天了"});
    let old = write(&hotline, fields.clone()).await;
    hotline.advance(TimeDelta::days(3)).await;
    let now = hotline.app.clock.now();
    let new = write(&hotline, fields).await;
    dispatch(&hotline, &new, "gongshui", "请到场").await;
    let office = hotline.client(Role::Supervisor).await;
    let time = |milliseconds| {
        let at = now + TimeDelta::milliseconds(milliseconds);
        at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    };
    let [opened, after] = [time(0), time(1)];
    for (query, found) in [
        ("q=停水".to_owned(), vec![&new, &old]),
        (format!("q=停水&from={opened}"), vec![&new]),
        (format!("q=停水&from={after}"), vec![]),
        (format!("q=停水&to={opened}"), vec![&old]),
        (format!("q=停水&to={after}"), vec![&new, &old]),
        (
            "q=停水&from=1999-01-01T00:00:00Z&to=2100-01-01T00:00:00Z".to_owned(),
            vec![&new, &old],
        ),
        ("q=停水&state=dispatched".to_owned(), vec![&new]),
        (
            "q=停水&state=dispatched,handling,pending,accepted,draft".to_owned(),
            vec![&new, &old],
        ),
        ("q=停水&state=redo".to_owned(), vec![]),
        ("q=停电&state=dispatched".to_owned(), vec![]),
    ] {
        assert_eq!(
            numbers(&office, &query).await.iter().collect::<Vec<_>>(),
            found,
            "{query}"
        );
    }
}

#[tokio::test]
async fn hits_come_newest_first_over_years_on_pages_of_any_size() {
    let hotline = county().await;
    let mut written = Vec::new();
    for (title, days) in [
        ("清河湾停水", 0),
        ("停水没有通知", 9),
        ("路灯不亮", 1),
        ("又停水了", 40),
        ("北关停水", 400),
        ("南关停水", 1500),
        ("停水两天", 0),
    ] {
        hotline.advance(TimeDelta::days(days)).await;
        let number = write(&hotline, json!({"title": title})).await;
        if title.contains("停水") {
            written.insert(0, number);
        }
    }
    let office = hotline.client(Role::Supervisor).await;
    for size in 1..=4 {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/tickets?q=停水&limit={size}{cursor}");
            let (status, page) = office.get(&path).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            let items = page["items"].as_array().expect("items");
            found.extend(
                items
                    .iter()
                    .map(|item| item["number"].as_str().expect("number").to_owned()),
            );
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        // Two of one second are in the order of their other digits.
        let mut sorted = written.clone();
        sorted.sort_by(|a, b| b.cmp(a));
        assert_eq!(found, sorted, "pages of {size}");
    }
}
