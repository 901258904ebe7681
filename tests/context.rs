//! The screen pop through the door: who is calling, while it still rings.

mod support;

use chrono::TimeDelta;
use minsheng::{
    accounts::Role,
    calls::{Change, Direction, Outcome, Purpose, What},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    TestApp,
    journey::{Journey, call_id, provision},
};

async fn context(hotline: &TestApp, n: u64) -> Value {
    let client = hotline.client(Role::Operator).await;
    let (status, body) = client.get(&format!("/api/v1/calls/{}/context", call_id(n))).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

async fn ringing(hotline: &TestApp, n: u64, caller: &str) {
    let operator = "operator".to_owned();
    let journey = Journey::inbound(hotline, n, caller).await.queued().await;
    journey.then(1_000, What::Offered { operator }).await;
    hotline.settle().await;
}

/// A call from a number of another kind than a mobile's.
async fn from(hotline: &TestApp, n: u64, caller: &str, kind: &str) {
    let what = What::Started {
        direction: Direction::Inbound,
        purpose: Purpose::Hotline,
        caller: caller.into(),
        caller_kind: kind.into(),
        caller_private: caller.is_empty(),
        caller_display: None,
        called: "12345".into(),
        trunk: Some("carrier".into()),
        menu: "default".into(),
        diverted_from: None,
        ticket_number: None,
    };
    let change = Change {
        call_id: call_id(n),
        at: hotline.app.clock.now(),
        what,
    };
    let mut tx = hotline.app.db.begin().await.expect("begin");
    minsheng::calls::apply(&mut tx, &[change]).await.expect("apply");
    tx.commit().await.expect("commit");
}

/// An earlier call that became a ticket of this title.
async fn earlier(hotline: &TestApp, n: u64, caller: &str, fields: &Value) -> String {
    let journey = Journey::inbound(hotline, n, caller).await.queued().await;
    journey.answered().await.ended(Outcome::Answered).await;
    hotline.settle().await;
    let client = hotline.client(Role::Operator).await;
    let (_, call) = client.get(&format!("/api/v1/calls/{}", call_id(n))).await;
    let number = call["ticket_number"].as_str().expect("ticket").to_owned();
    let (_, ticket) = client.get(&format!("/api/v1/tickets/{number}")).await;
    let mut body = fields.clone();
    body["version"] = ticket["version"].clone();
    let (status, filled) = client
        .post(&format!("/api/v1/tickets/{number}/fill"), &body)
        .await;
    assert_eq!(status, StatusCode::OK, "{filled}");
    hotline.advance(TimeDelta::minutes(10)).await;
    number
}

#[tokio::test]
async fn a_known_caller_is_known_while_it_rings() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let fields = json!({"title": "厨房有煤气味", "caller_name": "王芳", "place": "清河湾小区3号楼"});
    let number = earlier(&hotline, 1, "13800000001", &fields).await;
    ringing(&hotline, 2, "13800000001").await;
    hotline.clock.advance(TimeDelta::seconds(9));
    let found = context(&hotline, 2).await;
    assert_eq!(
        (&found["name"], &found["address"]),
        (&json!("王芳"), &json!("清河湾小区3号楼"))
    );
    assert_eq!(found["sensitive"], json!(["煤气味"]));
    assert_eq!(
        (&found["number_kind"], &found["home_area"]),
        (&json!("mobile"), &Value::Null)
    );
    assert_eq!(
        (&found["calls_30d"], &found["repeat_caller"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(found["menu_path"][0]["node"], "notice");
    assert_eq!(found["menu_path"][0]["title"], "问候与录音告知");
    assert_eq!(found["recent_calls"][0]["id"], json!(call_id(1)));
    let open = found["open_tickets"].as_array().expect("open");
    assert_eq!(open.len(), 1, "the call's own draft is not among them: {open:?}");
    assert_eq!(
        (&open[0]["number"], &open[0]["title"]),
        (&json!(number), &json!("厨房有煤气味"))
    );
}

#[tokio::test]
async fn the_wait_is_that_in_the_queue() {
    let hotline = TestApp::start().await;
    ringing(&hotline, 1, "13800000001").await;
    // The journey was told 4,030 ms ahead of the clock; the queue began there.
    hotline.clock.advance(TimeDelta::milliseconds(4_040 + 7_500));
    assert_eq!(context(&hotline, 1).await["waited_ms"], 7_500);
}

#[tokio::test]
async fn a_closed_ticket_is_recent_and_not_open() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let number = earlier(&hotline, 1, "13800000001", &json!({"title": "咨询医保"})).await;
    let client = hotline.client(Role::Operator).await;
    let close = client
        .post(
            &format!("/api/v1/tickets/{number}/close"),
            &json!({"note": "已答复"}),
        )
        .await;
    assert_eq!(close.0, StatusCode::OK, "{}", close.1);
    ringing(&hotline, 2, "13800000001").await;
    let found = context(&hotline, 2).await;
    assert_eq!(found["open_tickets"], json!([]));
    assert_eq!(found["recent_tickets"][0]["number"], json!(number));
}

#[tokio::test]
async fn the_fourth_call_in_thirty_days_is_a_repeat_callers() {
    let hotline = TestApp::start().await;
    for n in 1..=3 {
        let journey = Journey::inbound(&hotline, n, "13800000001").await.queued().await;
        journey.ended(Outcome::Abandoned).await;
        hotline.clock.advance(TimeDelta::days(8));
    }
    ringing(&hotline, 4, "13800000001").await;
    let found = context(&hotline, 4).await;
    assert_eq!(
        (&found["calls_30d"], &found["repeat_caller"]),
        (&json!(3), &json!(true))
    );
    hotline.clock.advance(TimeDelta::days(10));
    ringing(&hotline, 5, "13800000001").await;
    assert_eq!(
        context(&hotline, 5).await["calls_30d"],
        3,
        "the first is longer ago than thirty days"
    );
}

#[tokio::test]
async fn withheld_callers_do_not_share_a_past() {
    let hotline = TestApp::start().await;
    from(&hotline, 1, "", "anonymous").await;
    from(&hotline, 2, "", "anonymous").await;
    let found = context(&hotline, 2).await;
    assert_eq!(
        (&found["number_kind"], &found["calls_30d"]),
        (&json!("hidden"), &json!(0))
    );
    assert_eq!(
        (&found["recent_calls"], &found["recent_tickets"]),
        (&json!([]), &json!([]))
    );
}

#[tokio::test]
async fn a_landline_is_placed_by_its_area_code_and_a_unit_by_its_telephone() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    from(&hotline, 1, "01066668888", "landline").await;
    from(&hotline, 2, "05348200001", "landline").await;
    from(&hotline, 3, "8200001", "landline").await;
    from(&hotline, 4, "09998200001", "landline").await;
    let beijing = context(&hotline, 1).await;
    assert_eq!(
        (&beijing["number_kind"], &beijing["home_area"]),
        (&json!("landline"), &json!("北京"))
    );
    for n in [2, 3] {
        let unit = context(&hotline, n).await;
        assert_eq!(
            (&unit["number_kind"], &unit["display"]),
            (&json!("government"), &json!("县政府办公室"))
        );
        assert_eq!(unit["home_area"], "山东德州");
    }
    assert_eq!(
        context(&hotline, 4).await["home_area"],
        Value::Null,
        "not in the directory"
    );
}

#[tokio::test]
async fn who_calls_is_not_everybodys_business() {
    let hotline = TestApp::start().await;
    ringing(&hotline, 1, "13800000001").await;
    let path = format!("/api/v1/calls/{}/context", call_id(1));
    for role in [Role::Unit, Role::Dispatcher] {
        assert_eq!(
            hotline.client(role).await.get(&path).await.0,
            StatusCode::FORBIDDEN
        );
    }
    let operator = hotline.client(Role::Operator).await;
    let nobody = operator.get("/api/v1/calls/ffffffffffffffff/context").await;
    assert_eq!(nobody.0, StatusCode::NOT_FOUND);
}
