//! What waits for whom: inboxes with counts and rows by due date, over HTTP; and what a dispatcher is shown to decide by.

mod support;

use chrono::TimeDelta;
use minsheng::accounts::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{TestApp, journey::provision, person};

struct Office(TestApp);

impl Office {
    async fn open() -> Self {
        let hotline = TestApp::start().await;
        provision(&hotline).await;
        for (name, unit) in [("water", "gongshui"), ("building", "zhujian"), ("office", "gov")] {
            let mut user = person(name, Role::Unit);
            user.unit_code = Some(unit.into());
            hotline.add_person(&user).await;
        }
        Self(hotline)
    }

    async fn get(&self, who: &str, path: &str) -> Value {
        let (status, body) = self.0.client_of(who).await.get(&format!("/api/v1/{path}")).await;
        assert_eq!(status, StatusCode::OK, "{who} {path}: {body}");
        body
    }

    async fn act(&self, who: &str, number: &str, verb: &str, body: Value) -> Value {
        let path = format!("/api/v1/tickets/{number}/{verb}");
        let (status, ticket) = self.0.client_of(who).await.post(&path, &body).await;
        assert_eq!(status, StatusCode::OK, "{who} {verb}: {ticket}");
        ticket
    }

    async fn ticket(&self, title: &str, band: &str) -> String {
        let fields =
            json!({"title": title, "class_code": "010101", "band": band, "contact_phone": "13800000001"});
        let client = self.0.client_of("operator").await;
        let (status, ticket) = client.post("/api/v1/tickets", &fields).await;
        assert_eq!(status, StatusCode::CREATED, "{ticket}");
        let number = ticket["number"].as_str().expect("number").to_owned();
        self.act("operator", &number, "accept", json!({})).await;
        number
    }

    /// Count and how many are late, of an inbox.
    async fn fill(&self, who: &str, name: &str) -> (i64, i64) {
        let all = self.get(who, "inboxes").await;
        let all = all.as_array().expect("inboxes");
        let found = all
            .iter()
            .find(|inbox| inbox["name"] == name)
            .unwrap_or_else(|| panic!("{who} has no {name}"));
        (
            found["count"].as_i64().expect("count"),
            found["late"].as_i64().expect("late"),
        )
    }

    async fn numbers(&self, who: &str, name: &str) -> Vec<String> {
        let page = self.get(who, &format!("tickets?inbox={name}")).await;
        let items = page["items"].as_array().expect("items");
        let number = |item: &Value| item["number"].as_str().expect("number").to_owned();
        items.iter().map(number).collect()
    }
}

#[tokio::test]
async fn a_ticket_moves_from_inbox_to_inbox_and_the_most_pressing_comes_first() {
    let office = Office::open().await;
    let plain = office.ticket("路灯不亮", "C").await;
    let urgent = office.ticket("燃气泄漏", "S").await;
    assert_eq!(office.fill("dispatcher", "dispatch").await, (2, 0));
    assert_eq!(
        office.numbers("dispatcher", "dispatch").await,
        [urgent.clone(), plain.clone()]
    );
    let send = json!({"unit_code": "gongshui", "note": "请办理"});
    for number in [&plain, &urgent] {
        office.act("dispatcher", number, "dispatch", send.clone()).await;
    }
    assert_eq!(office.fill("dispatcher", "dispatch").await, (0, 0));
    assert_eq!(office.fill("water", "sign").await, (2, 0));
    assert_eq!(
        office.fill("building", "sign").await,
        (0, 0),
        "another unit's are not its own"
    );
    let rows = office.get("water", "tickets?inbox=sign").await;
    let clock = &rows["items"][0]["clock"];
    assert_eq!(
        (&rows["items"][0]["number"], &clock["timer"]),
        (&json!(urgent), &json!("sign"))
    );
    assert!(clock["remaining_minutes"].as_i64() > Some(0), "{clock}");
    assert!(
        clock["total_minutes"].as_i64() >= clock["remaining_minutes"].as_i64(),
        "{clock}"
    );

    office.act("water", &plain, "sign", json!({})).await;
    assert_eq!(office.fill("water", "sign").await, (1, 0));
    assert_eq!(office.numbers("water", "handling").await, vec![plain.clone()]);
    let back = json!({"reason": "不属本单位职责", "basis": "三定规定", "suggested_unit": "zhujian"});
    office.act("water", &plain, "return", back).await;
    assert_eq!(office.numbers("dispatcher", "returns").await, [plain]);
    assert_eq!(office.fill("water", "handling").await, (0, 0));
}

#[tokio::test]
async fn what_becomes_late_is_in_the_late_inboxes_without_anybody_touching_it() {
    let office = Office::open().await;
    let number = office.ticket("路灯不亮", "C").await;
    let send = json!({"unit_code": "gongshui", "note": ""});
    office.act("dispatcher", &number, "dispatch", send).await;
    office.act("water", &number, "sign", json!({})).await;
    assert_eq!(office.fill("water", "due_soon").await, (0, 0));
    office.0.advance(TimeDelta::days(6)).await;
    assert_eq!(office.fill("water", "due_soon").await, (1, 0));
    assert_eq!(office.fill("water", "overdue").await, (0, 0));
    office.0.advance(TimeDelta::days(2)).await;
    assert_eq!(office.fill("water", "due_soon").await, (0, 0));
    assert_eq!(office.fill("water", "overdue").await, (1, 1));
    assert_eq!(office.fill("supervisor", "overdue").await, (1, 1));
    let rows = office.get("supervisor", "tickets?inbox=overdue").await;
    assert_eq!(rows["items"][0]["clock"]["late"], true, "{rows}");
}

#[tokio::test]
async fn what_was_not_signed_in_time_is_late_for_its_unit() {
    let office = Office::open().await;
    let number = office.ticket("路灯不亮", "C").await;
    let send = json!({"unit_code": "gongshui", "note": ""});
    office.act("dispatcher", &number, "dispatch", send).await;
    office.0.advance(TimeDelta::days(2)).await;
    assert_eq!(office.fill("water", "sign").await, (1, 1));
    assert_eq!(
        office.fill("water", "overdue").await,
        (1, 1),
        "once, though it lies on two shelves"
    );
    let rows = office.get("water", "tickets?inbox=overdue").await;
    assert_eq!(
        (
            &rows["items"][0]["clock"]["timer"],
            &rows["items"][0]["clock"]["late"]
        ),
        (&json!("sign"), &json!(true)),
        "{rows}"
    );
}

#[tokio::test]
async fn proposals_lie_with_whoever_may_decide_on_them_and_pages_follow_one_another() {
    let office = Office::open().await;
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let number = office.ticket("路灯不亮", "C").await;
        let send = json!({"unit_code": "gongshui", "note": ""});
        office.act("dispatcher", &number, "dispatch", send).await;
        office.act("water", &number, "sign", json!({})).await;
        let extend = json!({"limit": "3wd", "reason": "配件到货晚"});
        office.act("water", &number, "extend", extend).await;
        numbers.push(number);
    }
    assert_eq!(office.fill("supervisor", "approvals").await, (3, 0));
    assert_eq!(office.fill("dispatcher", "approvals").await, (0, 0));
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = office
            .get(
                "supervisor",
                &format!("tickets?inbox=approvals&limit=1&cursor={cursor}"),
            )
            .await;
        seen.push(page["items"][0]["number"].as_str().expect("number").to_owned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    seen.sort_unstable();
    numbers.sort_unstable();
    assert_eq!(seen, numbers);
}

#[tokio::test]
async fn an_inbox_of_another_role_is_refused_in_plain_words() {
    let office = Office::open().await;
    let client = office.0.client_of("water").await;
    let (status, problem) = client.get("/api/v1/tickets?inbox=dispatch").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"][0]["field"], "inbox");
    let (status, _) = client.get("/api/v1/dispatch/duties?q=供水").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_decision_is_the_next_dispatchers_precedent_and_duties_are_found_by_words() {
    let office = Office::open().await;
    let number = office.ticket("路灯不亮", "C").await;
    let send = json!({"unit_code": "gongshui", "note": ""});
    office.act("dispatcher", &number, "dispatch", send).await;
    for _ in 0..2 {
        let back = json!({"reason": "不属职责", "basis": "三定规定", "suggested_unit": "zhujian"});
        office.act("water", &number, "return", back).await;
        office
            .act(
                "dispatcher",
                &number,
                "reject_return",
                json!({"ground": "属供水职责"}),
            )
            .await;
    }
    assert_eq!(
        office.numbers("supervisor", "disputes").await,
        vec![number.clone()]
    );
    let minutes = json!({"at": office.0.app.clock.now(), "participants": ["住建局"], "minutes": "归住建"});
    office.act("dispatcher", &number, "meet", minutes).await;
    let decision = json!({"unit_code": "zhujian", "basis": "属地优先", "decision": "由住建局主办"});
    office.act("supervisor", &number, "decide", decision).await;
    let known = office
        .get("dispatcher", "dispatch/precedents?class_code=010101")
        .await;
    assert_eq!(
        (&known[0]["number"], &known[0]["unit"]["code"], &known[0]["basis"]),
        (&json!(number), &json!("zhujian"), &json!("属地优先"))
    );
    let duties = office.get("dispatcher", "dispatch/duties?q=供水").await;
    let duties = duties.as_array().expect("duties");
    assert!(!duties.is_empty() && duties.len() <= 20);
    assert!(
        duties.iter().all(|duty| duty.to_string().contains("供水")),
        "{duties:?}"
    );
    let page = office.get("dispatcher", &format!("tickets/{number}")).await;
    assert_eq!(
        (&page["owner"]["who"], &page["owner"]["unit"]["code"]),
        (&json!("unit"), &json!("zhujian"))
    );
}
