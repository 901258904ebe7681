//! Who sees the citizen: masked numbers, confidential tickets, the tree of units, outsourced people.

mod support;

use futures::StreamExt as _;
use minsheng::{
    accounts::{Role, User},
    calls::Outcome,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{
    Client, TestApp,
    journey::{Journey, call_id, provision},
    person,
};

const PHONE: &str = "13800001111";
const NAME: &str = "欧阳明月";
const PLACE: &str = "清河湾小区3号楼";

struct Hall {
    hotline: TestApp,
    operator: Client,
    dispatcher: Client,
    supervisor: Client,
    /// Of 供水.
    unit: Client,
}

/// A unit of the sample county with one below it.
const UNIT: &str = "gongshui";

async fn hall() -> Hall {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let clerk = |name: &str, unit: &str| User {
        unit_code: Some(unit.into()),
        ..person(name, Role::Unit)
    };
    hotline.add_person(&clerk("clerk", UNIT)).await;
    hotline.add_person(&person("dispatcher2", Role::Dispatcher)).await;
    Hall {
        operator: hotline.client(Role::Operator).await,
        dispatcher: hotline.client(Role::Dispatcher).await,
        supervisor: hotline.client(Role::Supervisor).await,
        unit: hotline.client_of("clerk").await,
        hotline,
    }
}

impl Hall {
    /// A call that was recorded, with its ticket filled in and sent to the unit.
    async fn dispatched(&self) -> String {
        let number = self.called().await;
        self.act(&self.operator, &number, "accept", json!({})).await;
        let to = json!({"unit_code": UNIT, "note": "请办理"});
        self.act(&self.dispatcher, &number, "dispatch", to).await;
        number
    }

    async fn called(&self) -> String {
        let journey = Journey::inbound(&self.hotline, 1, PHONE).await.queued().await;
        let journey = journey.answered().await.ended(Outcome::Answered).await;
        self.hotline.settle().await;
        journey.recorded().await;
        self.hotline.settle().await;
        let (_, page) = self.supervisor.get("/api/v1/tickets").await;
        let shown = &page["items"][0];
        let number = shown["number"].as_str().expect("a ticket").to_owned();
        let content = format!("{NAME}说{PLACE}停水，请回电{PHONE}，单号{number}");
        let fields = json!({"title": format!("{PLACE}停水"), "content": content, "caller_name": NAME, "place": PLACE,
            "class_code": "010101", "version": shown["version"]});
        self.act(&self.operator, &number, "fill", fields).await;
        number
    }

    async fn act(&self, client: &Client, number: &str, verb: &str, body: Value) -> Value {
        let (status, answer) = client
            .post(&format!("/api/v1/tickets/{number}/{verb}"), &body)
            .await;
        assert_eq!(status, StatusCode::OK, "{verb}: {answer}");
        answer
    }

    async fn protected(&self, named: &[&str]) -> String {
        let number = self.dispatched().await;
        let body = json!({"reason": "举报人要求保密", "named": named});
        self.act(&self.supervisor, &number, "protect", body).await;
        number
    }
}

async fn show(client: &Client, number: &str) -> Value {
    let (status, ticket) = client.get(&format!("/api/v1/tickets/{number}")).await;
    assert_eq!(status, StatusCode::OK, "{ticket}");
    ticket
}

fn names_nobody(what: &Value) {
    let text = what.to_string();
    for secret in [PHONE, NAME, PLACE] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn a_unit_sees_masked_numbers_until_it_says_why_it_must_see_them() {
    let hall = hall().await;
    let number = hall.dispatched().await;
    let shown = show(&hall.unit, &number).await;
    assert_eq!(shown["sight"], "masked");
    assert_eq!(shown["caller"], "138****1111");
    assert_eq!(shown["contact_phone"], "138****1111");
    assert_eq!(shown["caller_name"], "欧***");
    assert_eq!(shown["place"], PLACE, "the unit must find the place");
    let text = shown.to_string();
    assert!(!text.contains(PHONE) && !text.contains(NAME), "{text}");
    assert!(text.contains(&format!("单号{number}")), "a number of ours stays");
    let (_, list) = hall.unit.get("/api/v1/tickets").await;
    assert_eq!(list["items"][0]["caller"], "138****1111");

    let path = format!("/api/v1/tickets/{number}/reveal");
    for (body, field) in [
        (json!({"field": "caller", "reason": " "}), "reason"),
        (json!({"field": "place", "reason": "联系"}), "field"),
    ] {
        let (status, problem) = hall.unit.post(&path, &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let wish = json!({"field": "contact_phone", "reason": "首次联系诉求人"});
    let (status, revealed) = hall.unit.post(&path, &wish).await;
    assert_eq!((status, &revealed["value"]), (StatusCode::OK, &json!(PHONE)));
    let query = format!("/api/v1/audit?action=ticket.reveal&object_id={number}&actor=clerk");
    let (_, log) = hall.supervisor.get(&query).await;
    let kept: Vec<_> = log["items"].as_array().expect("items").iter().collect();
    assert_eq!(kept.len(), 3, "refused ones as well: {log}");
    assert_eq!(kept[0]["outcome"], "done");
    assert_eq!(
        kept[0]["detail"],
        json!({"field": "contact_phone", "reason": "首次联系诉求人"})
    );
    assert_eq!(kept[1]["outcome"], "refused");
}

#[tokio::test]
async fn a_unit_reads_no_name_and_no_number_whatever_step_it_was_written_in() {
    let hall = hall().await;
    let number = hall.called().await;
    let who = format!("{NAME} {PHONE}");
    let shown = show(&hall.operator, &number).await;
    let fields = json!({"title": format!("{who}家停水"), "happened": who, "affected": who, "version": shown["version"]});
    hall.act(&hall.operator, &number, "fill", fields).await;
    hall.act(&hall.operator, &number, "accept", json!({})).await;
    let to = json!({"unit_code": UNIT, "note": who, "basis": format!("人工研判：{who}")});
    hall.act(&hall.dispatcher, &number, "dispatch", to).await;
    let order = json!({"level": 3, "instruction": who, "leader": "县长", "reason": who});
    hall.act(&hall.supervisor, &number, "supervise", order).await;
    let away = json!({"reason": who, "basis": who, "suggested_unit": "zhujian"});
    hall.act(&hall.unit, &number, "return", away).await;
    hall.act(&hall.dispatcher, &number, "reject_return", json!({"ground": who}))
        .await;
    hall.act(&hall.unit, &number, "sign", json!({})).await;
    let rest = json!({"limit": "5wd", "reason": who});
    hall.act(&hall.unit, &number, "extend", rest).await;
    let asked = show(&hall.unit, &number).await;
    assert!(
        asked["proposal"]["reason"]
            .as_str()
            .is_some_and(|why| why.contains('*')),
        "{asked}"
    );
    hall.act(&hall.supervisor, &number, "approve", json!({"ground": who}))
        .await;
    let reply = json!({"outcome": "solved", "text": who, "public_text": who, "basis": who,
        "contact": {"at": hall.hotline.app.clock.now(), "number": PHONE, "result": "reached", "note": who}});
    hall.act(&hall.unit, &number, "reply", reply).await;
    let failed = json!({"passed": false, "ground": who});
    hall.act(&hall.dispatcher, &number, "review", failed).await;

    let (_, list) = hall.unit.get("/api/v1/tickets").await;
    let (_, notices) = hall.unit.get("/api/v1/notices").await;
    for said in [show(&hall.unit, &number).await, list, notices] {
        let text = said.to_string();
        assert!(!text.contains(PHONE) && !text.contains(NAME), "{text}");
    }
    // Nor does a search tell that it is there.
    for (word, hits) in [(NAME, 0), (PHONE, 0), ("停水", 1)] {
        let (_, found) = hall.unit.get(&format!("/api/v1/tickets?q={word}")).await;
        assert_eq!(
            found["items"].as_array().map(Vec::len),
            Some(hits),
            "{word}: {found}"
        );
        let (_, found) = hall.dispatcher.get(&format!("/api/v1/tickets?q={word}")).await;
        assert_eq!(
            found["items"].as_array().map(Vec::len),
            Some(1),
            "{word}: {found}"
        );
    }
}

#[tokio::test]
async fn the_office_sees_the_caller_of_an_ordinary_ticket_in_full() {
    let hall = hall().await;
    let number = hall.dispatched().await;
    for client in [&hall.operator, &hall.dispatcher, &hall.supervisor] {
        let shown = show(client, &number).await;
        assert_eq!(
            (&shown["sight"], &shown["caller"]),
            (&json!("full"), &json!(PHONE))
        );
    }
}

#[tokio::test]
async fn a_confidential_ticket_hides_the_citizen_from_all_but_the_named() {
    let hall = hall().await;
    let number = hall.protected(&["operator"]).await;
    for client in [&hall.operator, &hall.supervisor] {
        let shown = show(client, &number).await;
        assert_eq!(
            (&shown["sight"], &shown["caller"]),
            (&json!("full"), &json!(PHONE))
        );
    }
    let admin = hall.hotline.client(Role::Admin).await;
    for client in [&hall.dispatcher, &hall.unit, &admin] {
        let shown = show(client, &number).await;
        assert_eq!(shown["sight"], "hidden");
        assert_eq!(shown["calls"], json!([]));
        names_nobody(&shown);
        let (_, list) = client.get("/api/v1/tickets").await;
        names_nobody(&list);
        let wish = json!({"field": "caller", "reason": "看看"});
        let (status, problem) = client
            .post(&format!("/api/v1/tickets/{number}/reveal"), &wish)
            .await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(problem["detail"].as_str().expect("detail").contains("保密"));
    }
    let admin_sees = show(&admin, &number).await;
    assert_eq!(
        admin_sees["confidentiality"]["named"],
        json!(["operator", "supervisor"])
    );
    assert_eq!(show(&hall.unit, &number).await["confidentiality"], Value::Null);
}

#[tokio::test]
async fn calls_recordings_and_transcripts_of_a_confidential_ticket_are_closed() {
    let hall = hall().await;
    hall.protected(&["operator"]).await;
    let id = call_id(1);
    for path in ["", "/recording", "/transcript"] {
        let path = format!("/api/v1/calls/{id}{path}");
        let (status, problem) = hall.dispatcher.get(&path).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        assert!(
            problem["detail"].as_str().expect("detail").contains("保密工单"),
            "{problem}"
        );
        assert_ne!(hall.operator.get(&path).await.0, StatusCode::FORBIDDEN, "{path}");
    }
    let (_, calls) = hall.dispatcher.get("/api/v1/calls").await;
    assert_eq!(calls["items"][0]["id"], id);
    names_nobody(&calls);
    let (_, calls) = hall
        .dispatcher
        .get(&format!("/api/v1/calls?caller={PHONE}"))
        .await;
    assert_eq!(calls["items"], json!([]), "nor is it found by the number");
    let (_, calls) = hall.operator.get(&format!("/api/v1/calls?caller={PHONE}")).await;
    assert_eq!(calls["items"][0]["caller"], PHONE);
}

#[tokio::test]
async fn a_search_finds_a_confidential_ticket_only_for_the_named() {
    let hall = hall().await;
    let number = hall.protected(&["operator"]).await;
    for wish in [
        format!("q={PHONE}"),
        format!("q={NAME}"),
        format!("caller={PHONE}"),
        "q=清河湾".to_owned(),
    ] {
        let path = format!("/api/v1/tickets?{wish}");
        assert_eq!(hall.dispatcher.get(&path).await.1["items"], json!([]), "{wish}");
        assert_eq!(
            hall.operator.get(&path).await.1["items"][0]["number"],
            number,
            "{wish}"
        );
    }
    let (_, list) = hall.dispatcher.get("/api/v1/tickets").await;
    assert_eq!(list["items"][0]["number"], number, "its work goes on");
}

#[tokio::test]
async fn the_past_of_a_number_leaves_its_confidential_tickets_out() {
    let hall = hall().await;
    let kept = hall.protected(&[]).await;
    Journey::inbound(&hall.hotline, 2, PHONE)
        .await
        .queued()
        .await
        .answered()
        .await;
    hall.hotline.settle().await;
    let (_, context) = hall
        .operator
        .get(&format!("/api/v1/calls/{}/context", call_id(2)))
        .await;
    assert!(!context.to_string().contains(&kept), "{context}");
    assert_eq!(
        (&context["name"], &context["recent_calls"]),
        (&json!(""), &json!([]))
    );
    let (_, list) = hall.operator.get("/api/v1/tickets").await;
    let second = list["items"][0]["number"].as_str().expect("number");
    let shown = show(&hall.operator, second).await;
    assert_eq!(shown["history"], json!({"calls": [], "tickets": []}));
}

#[tokio::test]
async fn every_look_at_a_confidential_ticket_is_on_record() {
    let hall = hall().await;
    let number = hall.protected(&[]).await;
    for _ in 0..2 {
        show(&hall.dispatcher, &number).await;
    }
    let query = format!("/api/v1/audit?action=ticket.read&object_id={number}&actor=dispatcher");
    let (_, log) = hall.supervisor.get(&query).await;
    assert_eq!(log["items"].as_array().expect("items").len(), 2);
    assert_eq!(
        log["items"][0]["detail"],
        json!({"confidential": true, "sight": "hidden"})
    );
}

#[tokio::test]
async fn nobody_names_themselves_a_reader() {
    let hall = hall().await;
    let number = hall.protected(&["dispatcher2"]).await;
    let path = |verb: &str| format!("/api/v1/tickets/{number}/{verb}");
    let wish = json!({"reason": "需要", "named": ["dispatcher"]});
    assert_eq!(
        hall.dispatcher.post(&path("protect"), &wish).await.0,
        StatusCode::CONFLICT
    );
    let wish = json!({"reason": "需要"});
    assert_eq!(
        hall.dispatcher.post(&path("unprotect"), &wish).await.0,
        StatusCode::CONFLICT
    );
    let actions = show(&hall.dispatcher, &number).await["actions"].to_string();
    assert!(!actions.contains("protect"), "{actions}");
    let nobody = json!({"reason": "需要", "named": ["nobody"]});
    let (status, problem) = hall.supervisor.post(&path("protect"), &nobody).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"][0]["field"], "named");

    let named = hall.hotline.client_of("dispatcher2").await;
    let open = hall
        .act(&named, &number, "unprotect", json!({"reason": "诉求人同意公开"}))
        .await;
    assert_eq!(
        (&open["confidential"], &open["sight"]),
        (&json!(false), &json!("full"))
    );
    let kinds: Vec<_> = open["timeline"]
        .as_array()
        .expect("timeline")
        .iter()
        .map(|entry| &entry["kind"])
        .collect();
    assert!(kinds.contains(&&json!("protected")) && kinds.contains(&&json!("unprotected")));
    assert_eq!(show(&hall.dispatcher, &number).await["caller"], PHONE);
}

#[tokio::test]
async fn who_may_not_see_the_citizen_does_not_write_over_them() {
    let hall = hall().await;
    let number = hall.called().await;
    hall.act(&hall.operator, &number, "protect", json!({"reason": "举报"}))
        .await;
    let version = show(&hall.dispatcher, &number).await["version"].clone();
    let path = format!("/api/v1/tickets/{number}/fill");
    let name = json!({"caller_name": "", "version": version});
    assert_eq!(hall.dispatcher.post(&path, &name).await.0, StatusCode::CONFLICT);
    let band = json!({"band": "B", "version": version});
    assert_eq!(hall.dispatcher.post(&path, &band).await.0, StatusCode::OK);
    assert_eq!(show(&hall.operator, &number).await["caller_name"], NAME);
}

/// What a client hears over server-sent events, up to and with the first that contains `until`.
async fn heard(client: &Client, until: &str, what: impl Future<Output = ()>) -> String {
    let request = client.request(Method::GET, "/api/v1/events");
    let mut stream = request.send().await.expect("events").bytes_stream();
    let mut text = String::new();
    // The greeting says that the ear is open.
    let greeting = stream.next().await.expect("a greeting").expect("bytes");
    text.push_str(&String::from_utf8_lossy(&greeting));
    what.await;
    while !text.contains(until) {
        let chunk = stream.next().await.expect("more").expect("bytes");
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    text
}

#[tokio::test]
async fn events_tell_a_unit_no_number_and_nobody_a_confidential_one() {
    let hall = hall().await;
    let number = hall.dispatched().await;
    let sign = async {
        hall.act(&hall.unit, &number, "sign", json!({})).await;
    };
    let told = heard(&hall.unit, "handling", sign).await;
    assert!(told.contains("138****1111") && !told.contains(PHONE), "{told}");
    let protect = async {
        hall.act(&hall.supervisor, &number, "protect", json!({"reason": "保密"}))
            .await;
    };
    let told = heard(&hall.dispatcher, "\"confidential\":true", protect).await;
    assert!(!told.contains(PHONE) && !told.contains(NAME), "{told}");
}

#[tokio::test]
async fn a_unit_sees_what_it_and_the_units_below_it_own_and_no_call() {
    let hall = hall().await;
    let clerk = |name: &str, unit: &str| User {
        unit_code: Some(unit.into()),
        ..person(name, Role::Unit)
    };
    // 县政府办公室, and 热线办 below it.
    hall.hotline.add_person(&clerk("above", "gov")).await;
    hall.hotline.add_person(&clerk("below", "rexian")).await;
    let (above, below) = (
        hall.hotline.client_of("above").await,
        hall.hotline.client_of("below").await,
    );
    let number = hall.called().await;
    hall.act(&hall.operator, &number, "accept", json!({})).await;
    let to = json!({"unit_code": "rexian", "note": "请办理"});
    let dispatch = async {
        hall.act(&hall.dispatcher, &number, "dispatch", to).await;
    };
    let told = heard(&above, "dispatched", dispatch).await;
    assert!(told.contains(&number) && !told.contains(PHONE), "{told}");
    for client in [&above, &below] {
        assert_eq!(
            client.get("/api/v1/tickets").await.1["items"][0]["number"],
            number
        );
        assert_eq!(show(client, &number).await["sight"], "masked");
    }
    assert_eq!(hall.unit.get("/api/v1/tickets").await.1["items"], json!([]));
    let page = format!("/api/v1/tickets/{number}");
    assert_eq!(hall.unit.get(&page).await.0, StatusCode::NOT_FOUND);
    let wish = json!({"field": "caller", "reason": "看看"});
    let revealed = hall.unit.post(&format!("{page}/reveal"), &wish).await;
    assert_eq!(revealed.0, StatusCode::NOT_FOUND);
    for path in ["", "/recording", "/transcript"] {
        let path = format!("/api/v1/calls/{}{path}", call_id(1));
        assert_eq!(below.get(&path).await.0, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn an_outsourced_person_does_nothing_for_a_unit() {
    let hall = hall().await;
    let admin = hall.hotline.client(Role::Admin).await;
    let clerk = json!({"display_name": "某", "role": "unit", "unit_code": UNIT, "outsourced": true});
    let (status, problem) = admin.put("/api/v1/users/clerk", &clerk).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"][0]["field"], "outsourced");

    let number = hall.dispatched().await;
    hall.act(&hall.unit, &number, "sign", json!({})).await;
    let contact = json!({"at": hall.hotline.app.clock.now(), "number": PHONE, "result": "reached"});
    hall.act(&hall.unit, &number, "contact", contact).await;
    let reply = json!({"outcome": "solved", "text": "已抢修供水管道，恢复供水", "public_text": "已恢复供水",
        "basis": "供水条例第十条"});
    hall.act(&hall.unit, &number, "reply", reply).await;

    let outsourced = json!({"display_name": "某", "role": "dispatcher", "outsourced": true});
    let (status, changed) = admin.put("/api/v1/users/dispatcher2", &outsourced).await;
    assert_eq!((status, &changed["outsourced"]), (StatusCode::OK, &json!(true)));
    let contractor = hall.hotline.client_of("dispatcher2").await;
    let actions = show(&contractor, &number).await["actions"].to_string();
    assert!(!actions.contains("review"), "{actions}");
    let review = json!({"passed": true, "ground": "", "checklist": {}});
    let path = format!("/api/v1/tickets/{number}/review");
    let (status, problem) = contractor.post(&path, &review).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        problem["detail"].as_str().expect("detail").contains("外包"),
        "{problem}"
    );
    let actions = show(&hall.dispatcher, &number).await["actions"].to_string();
    assert!(actions.contains("review"), "{actions}");
}
