//! One ticket through many hands, over HTTP: return, dispute, extension, suspension, redo, supervision, and what each refuses.

mod support;

use chrono::TimeDelta;
use minsheng::{accounts::Role, tickets};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{TestApp, journey::provision, person};

struct Office {
    hotline: TestApp,
    number: String,
}

async fn county() -> TestApp {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    for (name, unit) in [
        ("water", "gongshui"),
        ("building", "zhujian"),
        ("office", "gov"),
        ("centre", "rexian"),
    ] {
        let mut user = person(name, Role::Unit);
        user.unit_code = Some(unit.into());
        hotline.add_person(&user).await;
    }
    hotline.add_person(&person("chief", Role::Supervisor)).await;
    hotline
}

impl Office {
    async fn open() -> Self {
        Self::open_with(
            json!({"title": "清河湾停水", "class_code": "010101", "contact_phone": "13800000001"}),
        )
        .await
    }

    async fn open_with(fields: Value) -> Self {
        let hotline = county().await;
        let (status, ticket) = hotline
            .client_of("operator")
            .await
            .post("/api/v1/tickets", &fields)
            .await;
        assert_eq!(status, StatusCode::CREATED, "{ticket}");
        let number = ticket["number"].as_str().expect("number").to_owned();
        Self { hotline, number }
    }

    async fn dispatched(unit: &str) -> Self {
        let office = Self::open().await;
        office.ok("operator", "accept", json!({})).await;
        office
            .ok(
                "dispatcher",
                "dispatch",
                json!({"unit_code": unit, "note": "请办理"}),
            )
            .await;
        office
    }

    async fn try_it(&self, who: &str, verb: &str, body: Value) -> (StatusCode, Value) {
        let path = format!("/api/v1/tickets/{}/{verb}", self.number);
        self.hotline.client_of(who).await.post(&path, &body).await
    }

    async fn ok(&self, who: &str, verb: &str, body: Value) -> Value {
        let (status, ticket) = self.try_it(who, verb, body).await;
        assert_eq!(status, StatusCode::OK, "{who} {verb}: {ticket}");
        ticket
    }

    async fn refused(&self, who: &str, verb: &str, body: Value) -> (u16, String) {
        let (status, problem) = self.try_it(who, verb, body).await;
        (
            status.as_u16(),
            problem["detail"].as_str().unwrap_or_default().to_owned(),
        )
    }

    async fn show(&self, who: &str) -> Value {
        let path = format!("/api/v1/tickets/{}", self.number);
        let (status, ticket) = self.hotline.client_of(who).await.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{ticket}");
        ticket
    }

    async fn limit(&self, timer: &str) -> Value {
        let ticket = self.show("supervisor").await;
        let limits = ticket["limits"].as_array().expect("limits");
        let found = limits.iter().find(|limit| limit["timer"] == timer);
        found
            .unwrap_or_else(|| panic!("no {timer} in {limits:?}"))
            .clone()
    }

    fn contact(&self) -> Value {
        json!({"at": self.hotline.app.clock.now(), "number": "0534-8200001", "result": "reached", "note": "已说明"})
    }

    fn reply(&self) -> Value {
        json!({
            "outcome": "solved", "text": "已更换阀门并当面确认供水", "public_text": "清河湾停水已修复",
            "basis": "《城市供水条例》",
        })
    }
}

fn return_to(unit: &str) -> Value {
    json!({"reason": "不属本单位职责", "basis": "三定规定", "suggested_unit": unit})
}

#[tokio::test]
async fn one_ticket_goes_through_return_dispute_extension_suspension_redo_and_supervision() {
    let office = Office::dispatched("gongshui").await;
    for _ in 0..2 {
        office.ok("water", "return", return_to("zhujian")).await;
        office
            .ok("dispatcher", "reject_return", json!({"ground": "属供水职责"}))
            .await;
    }
    assert_eq!(office.show("dispatcher").await["state"], "disputed");
    let minutes = json!({
        "at": office.hotline.app.clock.now(), "participants": ["县供水公司", "县住建局"], "minutes": "管网归供水公司",
    });
    office.ok("dispatcher", "meet", minutes).await;
    let decision =
        json!({"unit_code": "gongshui", "basis": "属地优先、首接负责", "decision": "由供水公司主办"});
    let decided = office.ok("supervisor", "decide", decision).await;
    assert_eq!(
        (&decided["state"], &decided["assignments"][1]["binding"]),
        (&json!("dispatched"), &json!(true))
    );
    let again = office.refused("water", "return", return_to("zhujian")).await;
    assert_eq!(again, (409, "争议已有决定，不得再次退回".into()));

    office.ok("water", "sign", json!({})).await;
    office.ok("water", "contact", office.contact()).await;
    let before = office.limit("handle").await;
    assert_eq!(
        (&before["limit"], &before["due"]),
        (&json!("5wd"), &json!("2026-03-09T15:59:59Z"))
    );
    office
        .ok("water", "extend", json!({"limit": "3wd", "reason": "配件到货晚"}))
        .await;
    assert_eq!(office.refused("water", "approve", json!({})).await.0, 403);
    office
        .ok("supervisor", "approve", json!({"ground": "同意"}))
        .await;
    let after = office.limit("handle").await;
    assert_eq!(
        (&after["due"], &after["original_due"]),
        (&json!("2026-03-12T15:59:59Z"), &before["due"])
    );
    let resume_at = office.hotline.app.clock.now() + TimeDelta::days(7);
    let rest = json!({"cause": "season", "reason": "冻土期不能开挖", "resume_at": resume_at});
    office.ok("water", "suspend", rest).await;
    office.ok("supervisor", "approve", json!({})).await;
    assert_eq!(office.limit("handle").await["due"], Value::Null);
    office.hotline.clock.advance(TimeDelta::days(7));
    office.ok("water", "resume", json!({})).await;
    assert_eq!(
        office.limit("handle").await["due"],
        "2026-03-18T15:59:59Z",
        "four working days were missed"
    );

    office.ok("water", "reply", office.reply()).await;
    let failed = json!({"passed": false, "checklist": {"on_topic": false}, "ground": "未说明原因"});
    office.ok("dispatcher", "review", failed).await;
    assert_eq!(office.limit("redo").await["limit"], "3wd");
    office.ok("water", "reply", office.reply()).await;
    office
        .ok(
            "dispatcher",
            "review",
            json!({"passed": true, "checklist": {"contact": true, "basis": true}}),
        )
        .await;
    office
        .ok(
            "operator",
            "callback",
            json!({"reached": true, "solved": false, "satisfaction": 1}),
        )
        .await;
    let judged = json!({"verdict": "supervise", "ground": "问题未解决", "level": 2});
    let judged = office.ok("supervisor", "judge", judged).await;
    assert_eq!(
        (&judged["state"], &judged["supervision"]["level"]),
        (&json!("redo"), &json!(2))
    );
    office.ok("water", "reply", office.reply()).await;
    office.ok("supervisor", "close", json!({"note": "通过"})).await;
    let closed = office
        .ok(
            "operator",
            "callback",
            json!({"reached": true, "solved": true, "satisfaction": 5}),
        )
        .await;
    assert_eq!(closed["state"], "closed");
    let discharged = office
        .ok("supervisor", "discharge", json!({"ground": "已办结"}))
        .await;
    assert!(discharged["supervision"]["discharged_at"].is_string());

    let mut tx = office.hotline.app.db.read().await.expect("read");
    let stored = tickets::find(&mut tx, &office.number).await.expect("find");
    assert_eq!(
        stored,
        tickets::rebuilt(&mut tx, &office.number).await.expect("rebuilt")
    );
}

#[tokio::test]
async fn due_dates_are_explained_day_by_day() {
    let office = Office::dispatched("gongshui").await;
    let handle = office.limit("handle").await;
    let days = handle["days"].as_array().expect("days");
    let counted: Vec<_> = days
        .iter()
        .filter(|day| day["counted"] == true)
        .map(|day| day["date"].clone())
        .collect();
    assert_eq!(
        counted,
        [
            "2026-03-03",
            "2026-03-04",
            "2026-03-05",
            "2026-03-06",
            "2026-03-09"
        ]
    );
    assert_eq!(
        days[0],
        json!({"date": "2026-03-02", "counted": false, "why": "start"})
    );
    assert_eq!(
        (&handle["remaining_days"], &handle["late"]),
        (&json!(5), &json!(false))
    );
    office.hotline.clock.advance(TimeDelta::days(8));
    let late = office.limit("handle").await;
    assert_eq!(
        (&late["late"], &late["remaining_minutes"]),
        (&json!(true), &json!(0))
    );
    assert_eq!(
        office.refused("water", "return", return_to("zhujian")).await.0,
        409,
        "two working days are over"
    );
    assert_eq!(
        office
            .refused("water", "extend", json!({"limit": "1wd", "reason": "忙"}))
            .await
            .0,
        409
    );
}

#[tokio::test]
async fn helpers_and_those_below_see_the_ticket_and_the_lead_waits_for_them() {
    let office = Office::open().await;
    office.ok("operator", "accept", json!({})).await;
    let order = json!({"unit_code": "gov", "co_units": ["zhujian"], "note": "请牵头"});
    office.ok("dispatcher", "dispatch", order).await;
    office.ok("office", "sign", json!({})).await;
    let path = format!("/api/v1/tickets/{}", office.number);
    let seen = async |who: &str| office.hotline.client_of(who).await.get(&path).await.0;
    assert_eq!(
        (seen("building").await, seen("centre").await, seen("water").await),
        (StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    assert_eq!(
        office
            .refused("office", "subdispatch", json!({"unit_code": "zhujian"}))
            .await
            .0,
        409
    );
    office
        .ok(
            "office",
            "subdispatch",
            json!({"unit_code": "rexian", "note": "请核实"}),
        )
        .await;
    assert_eq!(seen("centre").await, StatusCode::OK);
    let (_, list) = office
        .hotline
        .client_of("centre")
        .await
        .get("/api/v1/tickets")
        .await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    let mut reply = office.reply();
    reply["contact"] = office.contact();
    let early = office.refused("office", "reply", reply.clone()).await;
    assert_eq!(
        early,
        (409, "协办单位或下级单位尚未全部答复，请先催其答复".into())
    );
    for helper in ["building", "centre"] {
        office
            .ok(
                helper,
                "reply",
                json!({"outcome": "solved", "text": "已配合核实"}),
            )
            .await;
    }
    assert_eq!(office.ok("office", "reply", reply).await["state"], "replied");
}

#[tokio::test]
async fn a_units_people_see_what_the_units_below_have() {
    let office = Office::dispatched("rexian").await;
    let (_, list) = office
        .hotline
        .client_of("office")
        .await
        .get("/api/v1/tickets")
        .await;
    assert_eq!(list["items"][0]["number"], office.number, "gov is above rexian");
    assert_eq!(
        office.refused("office", "sign", json!({})).await.0,
        403,
        "seen, but not its own to sign"
    );
}

#[tokio::test]
async fn what_a_person_proposes_another_decides() {
    let office = Office::open().await;
    let reject = json!({"reason": "N2", "channel": "请向人民法院起诉"});
    office.ok("operator", "reject", reject.clone()).await;
    assert_eq!(
        office.refused("dispatcher", "reject", reject).await.0,
        409,
        "one at a time"
    );
    assert_eq!(office.refused("operator", "approve", json!({})).await.0, 403);
    office
        .ok("supervisor", "refuse", json!({"ground": "应当受理"}))
        .await;
    assert_eq!(office.show("supervisor").await["proposal"], Value::Null);
    office
        .ok("supervisor", "void", json!({"reason": "测试工单"}))
        .await;
    assert_eq!(
        office.refused("supervisor", "approve", json!({})).await,
        (403, "提出的人不得自己批准，请另一人处理".into())
    );
    assert_eq!(office.ok("chief", "approve", json!({})).await["state"], "void");
}

#[tokio::test]
async fn a_repeat_is_merged_into_the_open_ticket_and_the_parent_knows() {
    let office = Office::dispatched("gongshui").await;
    let operator = office.hotline.client_of("operator").await;
    let (_, second) = operator
        .post("/api/v1/tickets", &json!({"title": "清河湾又停水"}))
        .await;
    let child = second["number"].as_str().expect("number");
    let path = format!("/api/v1/tickets/{child}/merge");
    let into = |parent: &str| json!({"parent": parent, "ground": "同一小区同一事项"});
    assert_eq!(
        operator.post(&path, &into("000000000000000000")).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(operator.post(&path, &into(child)).await.0, StatusCode::CONFLICT);
    let (status, merged) = operator.post(&path, &into(&office.number)).await;
    assert_eq!(
        (status, &merged["state"]),
        (StatusCode::OK, &json!("void")),
        "{merged}"
    );
    assert_eq!(merged["merged_into"], office.number);
    assert_eq!(office.show("operator").await["merged"], json!([child]));
}

#[tokio::test]
async fn bad_bodies_are_named_by_field_and_change_nothing() {
    let office = Office::dispatched("gongshui").await;
    for (who, verb, body, field) in [
        (
            "water",
            "return",
            json!({"reason": "x", "basis": "y", "suggested_unit": "nowhere"}),
            "suggested_unit",
        ),
        (
            "water",
            "reply",
            json!({"outcome": "solved", "text": "已修"}),
            "public_text",
        ),
        (
            "water",
            "reply",
            json!({"outcome": "magic", "text": "已修"}),
            "outcome",
        ),
        (
            "water",
            "contact",
            json!({"at": "2030-01-01T00:00:00Z", "number": "1", "result": "reached"}),
            "contact.at",
        ),
        (
            "water",
            "contact",
            json!({"at": "2026-03-02T02:00:00Z", "number": "abc", "result": "reached"}),
            "contact.number",
        ),
        (
            "supervisor",
            "supervise",
            json!({"level": 9, "instruction": "x"}),
            "level",
        ),
    ] {
        let (status, problem) = office.try_it(who, verb, body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{verb}: {problem}");
        assert_eq!(problem["errors"][0]["field"], field, "{verb}: {problem}");
    }
    office.ok("water", "sign", json!({})).await;
    let (status, problem) = office
        .try_it("water", "extend", json!({"limit": "5", "reason": "忙"}))
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("limit"))
    );
    assert_eq!(office.show("supervisor").await["state"], "handling");
    let stale = office
        .try_it("dispatcher", "void", json!({"reason": "x", "version": 1}))
        .await
        .0;
    assert_eq!(stale, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_step_out_of_turn_is_refused_by_the_name_of_the_state_and_changes_nothing() {
    let office = Office::dispatched("gongshui").await;
    let before = office.show("supervisor").await;
    for (who, verb, body) in [
        ("operator", "accept", json!({})),
        ("dispatcher", "dispatch", json!({"unit_code": "zhujian"})),
        (
            "dispatcher",
            "review",
            json!({"passed": true, "checklist": {}, "ground": "x"}),
        ),
        ("dispatcher", "approve_return", json!({"ground": "x"})),
        ("operator", "callback", json!({"reached": false})),
        ("supervisor", "judge", json!({"verdict": "redo", "ground": "x"})),
        ("supervisor", "discharge", json!({"ground": "x"})),
        ("water", "resume", json!({})),
    ] {
        let (status, detail) = office.refused(who, verb, body).await;
        assert_eq!(status, 409, "{who} {verb}: {detail}");
        assert!(detail.contains("待签收"), "{who} {verb}: {detail}");
    }
    let after = office.show("supervisor").await;
    assert_eq!(
        (&before["version"], &before["timeline"]),
        (&after["version"], &after["timeline"])
    );
}

#[tokio::test]
async fn of_two_who_act_at_once_one_acts_and_the_other_is_told() {
    let office = Office::open().await;
    let ticket = office.ok("operator", "accept", json!({})).await;
    let to = |unit: &str| json!({"unit_code": unit, "version": ticket["version"]});
    office
        .hotline
        .add_person(&person("dispatcher2", Role::Dispatcher))
        .await;
    let (one, other) = tokio::join!(
        office.try_it("dispatcher", "dispatch", to("gongshui")),
        office.try_it("dispatcher2", "dispatch", to("zhujian")),
    );
    let statuses = [one.0, other.0];
    assert!(
        statuses.contains(&StatusCode::OK) && statuses.contains(&StatusCode::CONFLICT),
        "{one:?} {other:?}"
    );
    let told = if one.0 == StatusCode::OK { other.1 } else { one.1 };
    assert!(
        told["detail"].as_str().is_some_and(|text| !text.is_empty()),
        "{told}"
    );
    let timeline = office.show("supervisor").await["timeline"].clone();
    let sent = timeline.as_array().expect("timeline").iter();
    assert_eq!(sent.filter(|entry| entry["kind"] == "dispatched").count(), 1);
}
