//! The ledger of supervisions, the inspector's list of the day, checks at the site.

mod support;

use chrono::TimeDelta;
use minsheng::{accounts::Role, sheets};
use reqwest::{Method, StatusCode};
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
    hotline.settle().await;
    ticket
}

async fn dispatched(hotline: &TestApp, title: &str) -> String {
    let fields = json!({"title": title, "contact_phone": "13800000001"});
    let operator = hotline.client_of("operator").await;
    let (_, ticket) = operator.post("/api/v1/tickets", &fields).await;
    let number = ticket["number"].as_str().expect("number").to_owned();
    act(hotline, "operator", &number, "accept", json!({})).await;
    let to = json!({"unit_code": "gongshui"});
    act(hotline, "dispatcher", &number, "dispatch", to).await;
    number
}

async fn get(hotline: &TestApp, who: &str, path: &str) -> Value {
    let (status, body) = hotline.client_of(who).await.get(&format!("/api/v1{path}")).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

async fn close(hotline: &TestApp, number: &str) {
    let reply = json!({
        "outcome": "solved", "text": "已更换阀门并当面确认供水", "public_text": "停水已修复", "basis": "《城市供水条例》",
        "contact": {"at": hotline.app.clock.now(), "number": "0534-8200001", "result": "reached"},
    });
    act(hotline, "water", number, "reply", reply).await;
    let passed = json!({"passed": true, "ground": "核对无误",
        "checklist": {"contact": true, "process": true, "basis": true, "on_topic": true, "original": true}});
    act(hotline, "dispatcher", number, "review", passed).await;
    let happy = json!({"reached": true, "solved": true, "satisfaction": 5});
    act(hotline, "operator", number, "callback", happy).await;
}

#[tokio::test]
async fn a_supervision_goes_through_the_ledger_from_opening_to_discharge() {
    let hotline = county().await;
    let number = dispatched(&hotline, "清河湾停水").await;
    act(&hotline, "water", &number, "sign", json!({})).await;
    let order = json!({"level": 1, "instruction": "三日内办结", "reason": "多次反映"});
    act(&hotline, "supervisor", &number, "supervise", order).await;
    let ledger = get(&hotline, "supervisor", "/supervisions").await;
    let entry = &ledger["items"][0];
    assert_eq!(entry["number"], "督办〔2026〕1号");
    assert_eq!(entry["opened_by"], "supervisor 某");
    assert_eq!(
        (&entry["form"], &entry["state"], &entry["unit_code"]),
        (&json!("card"), &json!("open"), &json!("gongshui"))
    );
    assert_eq!(entry["due"], "2026-03-05T15:59:59Z", "three working days");

    act(
        &hotline,
        "water",
        &number,
        "progress",
        json!({"text": "已到场开挖"}),
    )
    .await;
    let answered = get(&hotline, "supervisor", "/supervisions/2026-1").await;
    assert_eq!(answered["state"], "answered");
    assert_eq!(answered["feedback"][0]["text"], "已到场开挖");

    let order = json!({"level": 3, "instruction": "请尽快解决", "leader": "县长", "instructed_at": "2026-03-02T01:00:00Z"});
    act(&hotline, "supervisor", &number, "supervise", order).await;
    let raised = get(&hotline, "supervisor", "/supervisions/2026-1").await;
    assert_eq!(
        (&raised["level"], &raised["form"], &raised["state"]),
        (&json!(3), &json!("sheet"), &json!("open"))
    );
    assert_eq!(raised["instructions"][1]["leader"], "县长");
    assert_eq!(raised["reason"], "多次反映");

    close(&hotline, &number).await;
    act(
        &hotline,
        "supervisor",
        &number,
        "discharge",
        json!({"ground": "已办结并回访满意"}),
    )
    .await;
    let done = get(&hotline, "supervisor", "/supervisions/2026-1").await;
    assert_eq!(done["state"], "discharged");
    assert_eq!(done["discharge"]["by"], "supervisor 某");
    assert_eq!(
        get(&hotline, "supervisor", "/supervisions?state=open").await["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_supervision_leaves_the_ledger_only_when_its_ticket_is_closed() {
    let hotline = county().await;
    let number = dispatched(&hotline, "停水").await;
    let order = json!({"level": 2, "instruction": "限期办结"});
    act(&hotline, "supervisor", &number, "supervise", order).await;
    let path = format!("/api/v1/tickets/{number}/discharge");
    let chief = hotline.client_of("supervisor").await;
    let (status, problem) = chief.post(&path, &json!({"ground": "算了"})).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    assert_eq!(
        get(&hotline, "supervisor", "/supervisions/2026-1").await["state"],
        "open"
    );
}

#[tokio::test]
async fn the_ledger_is_filtered_paged_and_shown_to_its_unit_alone() {
    let hotline = county().await;
    for title in ["甲", "乙", "丙"] {
        let number = dispatched(&hotline, title).await;
        let order = json!({"level": 1, "instruction": "限期办结"});
        act(&hotline, "supervisor", &number, "supervise", order).await;
        hotline.advance(TimeDelta::minutes(1)).await;
    }
    let first = get(&hotline, "admin", "/supervisions?limit=2").await;
    let numbers = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().expect("items").iter();
        items
            .map(|entry| entry["id"].as_str().expect("id").to_owned())
            .collect()
    };
    assert_eq!(numbers(&first), ["2026-3", "2026-2"]);
    let cursor = first["next_cursor"].as_str().expect("more");
    let rest = get(
        &hotline,
        "admin",
        &format!("/supervisions?limit=2&cursor={cursor}"),
    )
    .await;
    assert_eq!(numbers(&rest), ["2026-1"]);
    assert_eq!(numbers(&get(&hotline, "water", "/supervisions").await).len(), 3);
    assert_eq!(numbers(&get(&hotline, "heat", "/supervisions").await).len(), 0);
    let heat = hotline.client_of("heat").await;
    assert_eq!(
        heat.get("/api/v1/supervisions/2026-1").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        numbers(&get(&hotline, "admin", "/supervisions?overdue=true").await).len(),
        0
    );
    hotline.advance(TimeDelta::days(7)).await;
    assert_eq!(
        numbers(&get(&hotline, "admin", "/supervisions?overdue=true").await).len(),
        3
    );
    let admin = hotline.client_of("admin").await;
    for wrong in ["state=lost", "level=9", "cursor=zz", "format=pdf"] {
        let (status, _) = admin.get(&format!("/api/v1/supervisions?{wrong}")).await;
        assert!(status.is_client_error(), "{wrong}: {status}");
    }
}

async fn download(hotline: &TestApp, path: &str) -> Vec<u8> {
    let client = hotline.client_of("supervisor").await;
    let answer = client
        .request(Method::GET, &format!("/api/v1{path}"))
        .send()
        .await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers().contains_key("content-disposition"));
    answer.bytes().await.expect("a file").to_vec()
}

#[tokio::test]
async fn the_ledger_is_a_spreadsheet_in_both_forms() {
    let hotline = county().await;
    let number = dispatched(&hotline, "=HYPERLINK(\"http://x\")").await;
    let order = json!({"level": 4, "instruction": "请办理", "leader": "县人大"});
    act(&hotline, "supervisor", &number, "supervise", order).await;
    let csv = download(&hotline, "/supervisions/export?format=csv").await;
    assert!(
        String::from_utf8_lossy(&csv).contains("\"'=HYPERLINK"),
        "no formula leaves the house"
    );
    let book = download(&hotline, "/supervisions/export?format=xlsx").await;
    for file in [csv, book] {
        let cells = sheets::read(&file, false).expect("readable");
        let row = &cells[0].rows[1].1;
        assert_eq!(
            (row[0].as_str(), row[2].as_str(), row[8].as_str()),
            ("督办〔2026〕1号", "人大政协督办", "县人大")
        );
    }
}

#[tokio::test]
async fn the_list_of_the_day_names_what_is_unsigned_due_and_late() {
    let hotline = county().await;
    let late = dispatched(&hotline, "迟").await;
    act(&hotline, "water", &late, "sign", json!({})).await;
    hotline.advance(TimeDelta::days(1)).await;
    let due = dispatched(&hotline, "到期").await;
    act(&hotline, "water", &due, "sign", json!({})).await;
    hotline.advance(TimeDelta::days(6)).await;
    hotline.advance(TimeDelta::days(1)).await;
    let unsigned = dispatched(&hotline, "未签").await;
    let list = get(&hotline, "supervisor", "/supervisions/daily").await;
    let seen: Vec<(&str, &str)> = list["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|line| {
            let text = |key: &str| line[key].as_str().expect("text");
            (text("ticket_number"), text("concern"))
        })
        .collect();
    assert_eq!(
        seen,
        [
            (late.as_str(), "overdue"),
            (due.as_str(), "due_today"),
            (unsigned.as_str(), "unsigned")
        ]
    );
    let cells = sheets::read(
        &download(&hotline, "/supervisions/daily/export?format=xlsx").await,
        true,
    );
    assert_eq!(cells.expect("workbook")[0].rows.len(), 4);
    let (status, _) = hotline
        .client_of("water")
        .await
        .get("/api/v1/supervisions/daily")
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_check_at_the_site_is_drawn_planned_and_its_finding_kept() {
    let hotline = county().await;
    for title in ["甲", "乙", "丙"] {
        let number = dispatched(&hotline, title).await;
        act(&hotline, "water", &number, "sign", json!({})).await;
        close(&hotline, &number).await;
    }
    let chief = hotline.client_of("supervisor").await;
    let lot = json!({"count": 2, "from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z",
        "planned_on": "2026-03-03", "auditor": "督查一组"});
    let (status, drawn) = chief.post("/api/v1/field-audits/draw", &lot).await;
    assert_eq!(status, StatusCode::CREATED, "{drawn}");
    assert_eq!(
        (&drawn["candidates"], drawn["items"].as_array().map(Vec::len)),
        (&json!(3), Some(2))
    );
    let id = drawn["items"][0]["id"].as_i64().expect("id");
    let path = format!("/api/v1/field-audits/{id}/result");
    let seen = json!({"checked_on": "2026-03-02", "result": "partly", "finding": "阀门已换，路面未恢复"});
    assert_eq!(chief.post(&path, &seen).await.0, StatusCode::OK);
    let (status, _) = chief
        .post(
            &path,
            &json!({"checked_on": "2026-03-02", "result": "true", "finding": "好"}),
        )
        .await;
    assert_eq!(status, StatusCode::CONFLICT, "what was found is not written over");
    let open = get(&hotline, "supervisor", "/field-audits?open=true").await;
    assert_eq!(open["items"].as_array().map(Vec::len), Some(1));
    let (status, problem) = chief
        .post(
            &path,
            &json!({"checked_on": "2026-05-02", "result": "maybe", "finding": " "}),
        )
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(3));
    let plan = json!({"ticket_number": "0", "planned_on": "2026-03-03", "auditor": "督查一组"});
    assert_eq!(
        chief.post("/api/v1/field-audits", &plan).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let (status, _) = hotline
        .client_of("dispatcher")
        .await
        .post("/api/v1/field-audits/draw", &lot)
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

/// Who is on a confidential ticket, and where it is, stands in no list but for those who are named.
#[tokio::test]
async fn ledger_checks_exports_and_precedents_keep_a_confidential_citizen_to_themselves() {
    let hotline = county().await;
    let (name, place, phone) = ("欧阳明月", "清河湾小区3号楼", "13800001111");
    let fields = json!({"title": format!("{name}反映{place}停水"), "contact_phone": phone, "caller_name": name,
        "place": place, "place_code": "010101", "class_code": "010101"});
    let operator = hotline.client_of("operator").await;
    let (_, ticket) = operator.post("/api/v1/tickets", &fields).await;
    let number = ticket["number"].as_str().expect("number").to_owned();
    act(&hotline, "operator", &number, "accept", json!({})).await;
    act(
        &hotline,
        "dispatcher",
        &number,
        "dispatch",
        json!({"unit_code": "gongshui"}),
    )
    .await;
    for _ in 0..2 {
        let back = json!({"reason": "红线内", "basis": "《物业管理条例》", "suggested_unit": "zhujian"});
        act(&hotline, "water", &number, "return", back).await;
        act(
            &hotline,
            "dispatcher",
            &number,
            "reject_return",
            json!({"ground": "属供水"}),
        )
        .await;
    }
    let meeting =
        json!({"at": hotline.app.clock.now(), "participants": ["县住建局"], "minutes": "由供水公司主办"});
    act(&hotline, "dispatcher", &number, "meet", meeting).await;
    let decision =
        json!({"unit_code": "gongshui", "basis": "属地优先", "decision": format!("{place}由供水公司主办")});
    act(&hotline, "supervisor", &number, "decide", decision).await;
    let order = json!({"level": 2, "instruction": format!("请联系{name}（{phone}）"), "reason": format!("{place}多次反映")});
    act(&hotline, "supervisor", &number, "supervise", order).await;
    let plan = json!({"ticket_number": number, "planned_on": "2026-03-03", "auditor": "王督查"});
    let (status, planned) = hotline
        .client_of("supervisor")
        .await
        .post("/api/v1/field-audits", &plan)
        .await;
    assert_eq!((status, &planned["place"]), (StatusCode::CREATED, &json!(place)));
    act(
        &hotline,
        "supervisor",
        &number,
        "protect",
        json!({"reason": "举报", "named": ["operator"]}),
    )
    .await;

    hotline.advance(TimeDelta::days(2)).await;
    let lists = [
        "/supervisions",
        "/supervisions/2026-1",
        "/supervisions/export",
        "/field-audits",
        "/notices",
        "/supervisions/daily",
        "/supervisions/daily/export",
        "/dispatch/precedents?class_code=010101",
        "/wallboard",
    ];
    for path in lists {
        let shown = get(&hotline, "dispatcher", path).await.to_string();
        assert!(shown.len() > 40, "{path}: {shown}");
        for secret in [name, place, phone] {
            assert!(!shown.contains(secret), "{secret} in {path}: {shown}");
        }
    }
    let hidden = get(&hotline, "dispatcher", "/dispatch/precedents?class_code=010101").await;
    let named = get(&hotline, "operator", "/dispatch/precedents?class_code=010101").await;
    assert_eq!(
        (&hidden[0]["place"], &named[0]["place"]["code"]),
        (&Value::Null, &json!("010101"))
    );
    // The named see it as it is; a unit sees the place that it has to find, and no number.
    for path in [
        "/supervisions",
        "/field-audits",
        "/dispatch/precedents?class_code=010101",
    ] {
        let shown = get(&hotline, "operator", path).await.to_string();
        assert!(shown.contains(place), "{path}: {shown}");
    }
}
