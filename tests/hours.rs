//! Schedules and holidays through the doors: what the console edits, by whom, and what goes by it at once.

mod support;

use chrono::{DateTime, Utc};
use minsheng::accounts::Role;
use serde_json::{Value, json};
use support::{Client, TestApp, journey::provision, person};

async fn county() -> (TestApp, Client) {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let admin = hotline.client(Role::Admin).await;
    (hotline, admin)
}

async fn get(client: &Client, path: &str) -> Value {
    let (status, body) = client.get(&format!("/api/v1/{path}")).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

#[tokio::test]
async fn a_schedule_says_whether_it_is_open_until_when_and_who_asks_for_it() {
    let (_hotline, admin) = county().await;
    // Monday, ten in the morning.
    let seats = get(&admin, "schedules/seats").await;
    assert_eq!(
        (&seats["is_open"], &seats["changes_at"]),
        (&json!(true), &json!("2026-03-02T04:00:00Z"))
    );
    assert_eq!(seats["menus"], json!(["专席流程：分类专席、进度查询与回电"]));
    let service = get(&admin, "schedules/service").await;
    assert_eq!(
        (&service["is_open"], &service["changes_at"]),
        (&json!(true), &json!(null))
    );
    assert_eq!(service["menus"].as_array().map(Vec::len), Some(3), "{service}");
    assert_eq!(admin.get("/api/v1/schedules/nowhere").await.0, 404);
}

#[tokio::test]
async fn an_edit_of_a_schedule_is_a_version_and_can_be_rolled_back() {
    let (_hotline, admin) = county().await;
    let before = get(&admin, "schedules/seats").await;
    let mut wanted = before["settings"].clone();
    wanted["workdays"] = json!(["11:00-12:00"]);
    let (status, saved) = admin.put("/api/v1/schedules/seats?version=1", &wanted).await;
    assert_eq!(
        (status.as_u16(), &saved["version"], &saved["is_open"]),
        (200, &json!(2), &json!(false))
    );
    assert_eq!(saved["changes_at"], "2026-03-02T03:00:00Z");
    // Somebody else had the first version before them.
    let (status, problem) = admin.put("/api/v1/schedules/seats?version=1", &wanted).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (409, &json!("settings-stale"))
    );
    let (status, back) = admin
        .post("/api/v1/schedules/seats/rollback", &json!({"version": 1}))
        .await;
    assert_eq!((status.as_u16(), &back["settings"]), (200, &before["settings"]));
    let versions = get(&admin, "schedules/seats/versions").await;
    assert_eq!(versions.as_array().map(Vec::len), Some(3), "{versions}");
}

#[tokio::test]
async fn a_new_schedule_is_there_for_flows() {
    let (_hotline, admin) = county().await;
    let market = json!({"name": "market", "title": "赶集日热线", "workdays": ["06:00-20:00"], "holidays": ["06:00-12:00"]});
    let (status, saved) = admin.put("/api/v1/schedules/market?version=0", &market).await;
    assert_eq!((status.as_u16(), &saved["version"]), (200, &json!(1)), "{saved}");
    let flow = json!({"title": "赶集", "start": "a", "nodes": {
        "a": {"type": "schedule", "schedule": "market", "open": "b", "closed": "b"}, "b": {"type": "queue", "queue": "general"}}});
    let (status, problem) = admin.put("/api/v1/menus/market", &json!({"flow": flow})).await;
    assert_eq!(status, 200, "{problem}");
    assert_eq!(get(&admin, "schedules/market").await["menus"], json!(["赶集"]));
}

fn notice() -> Value {
    json!([
        {"date": "2027-01-01", "name": "元旦", "off": true},
        {"date": "2026-12-31", "name": "元旦", "off": true},
        {"date": "2027-01-09", "name": "元旦", "off": false},
    ])
}

#[tokio::test]
async fn next_years_notice_is_entered_in_its_order_and_earlier_versions_come_back() {
    let (_hotline, admin) = county().await;
    let years = get(&admin, "calendar").await;
    let of = |year: i64| {
        years
            .as_array()
            .expect("years")
            .iter()
            .find(|one| one["year"] == year)
            .cloned()
    };
    let (this, next) = (of(2026).expect("this year"), of(2027).expect("the next"));
    assert_eq!(
        (&this["is_known"], &this["workdays"]),
        (&json!(true), &json!(248))
    );
    assert_eq!(
        (&next["is_known"], &next["workdays"]),
        (&json!(false), &json!(261))
    );
    let shipped = get(&admin, "calendar/2026").await;
    assert_eq!(
        (&shipped["version"], &shipped["updated_by"]),
        (&json!(0), &json!(null))
    );
    assert!(shipped["days"].as_array().is_some_and(|days| days.len() > 30));

    let change = json!({"days": notice(), "version": 0});
    let (status, saved) = admin.put("/api/v1/calendar/2027", &change).await;
    assert_eq!(
        (status.as_u16(), &saved["version"], &saved["is_known"]),
        (200, &json!(1), &json!(true))
    );
    // A day off more, a Saturday worked instead; the year before has its own day off.
    assert_eq!(
        (&saved["workdays"], &saved["days"][0]["date"]),
        (&json!(261), &json!("2026-12-31"))
    );
    assert_eq!(get(&admin, "calendar/2026").await["workdays"], 247);
    assert_eq!(
        admin.put("/api/v1/calendar/2027", &change).await.0,
        409,
        "of an old version"
    );
    let fewer = json!({"days": [{"date": "2027-01-01", "name": "元旦", "off": true}], "version": 1});
    assert_eq!(
        admin.put("/api/v1/calendar/2027", &fewer).await.1["workdays"],
        260
    );
    let (_, back) = admin
        .post("/api/v1/calendar/2027/rollback", &json!({"version": 1}))
        .await;
    assert_eq!((&back["version"], &back["workdays"]), (&json!(3), &json!(261)));
}

#[tokio::test]
async fn a_notice_that_cannot_be_one_is_refused_by_its_day() {
    let (_hotline, admin) = county().await;
    for (days, field) in [
        (json!([]), "days"),
        (
            json!([{"date": "2028-06-01", "name": "节", "off": true}]),
            "days[0].date",
        ),
        (
            json!([{"date": "2027-06-01", "name": "", "off": true}]),
            "days[0].name",
        ),
    ] {
        let (status, problem) = admin.put("/api/v1/calendar/2027", &json!({"days": days})).await;
        assert_eq!(
            (status.as_u16(), &problem["errors"][0]["field"]),
            (422, &json!(field)),
            "{problem}"
        );
    }
    let days = json!({"days": [{"date": "2027-13-01", "name": "节", "off": true}]});
    assert_eq!(admin.put("/api/v1/calendar/2027", &days).await.0, 422);
    assert_eq!(admin.get("/api/v1/calendar/20270").await.0, 404);
    assert_eq!(admin.get("/api/v1/calendar/2027/versions").await.0, 404);
}

#[tokio::test]
async fn the_office_reads_hours_and_only_administrators_change_them() {
    let (hotline, _) = county().await;
    for role in Role::ALL {
        let client = hotline.client(role).await;
        let read = if role == Role::Unit { 403 } else { 200 };
        for path in ["schedules", "schedules/seats", "calendar", "calendar/2026"] {
            assert_eq!(
                client.get(&format!("/api/v1/{path}")).await.0,
                read,
                "{role} {path}"
            );
        }
        let write = if role == Role::Admin { 200 } else { 403 };
        let wanted = json!({"name": "seats", "title": "专席服务时间", "workdays": ["09:00-12:00"]});
        assert_eq!(
            client.put("/api/v1/schedules/seats", &wanted).await.0,
            write,
            "{role}"
        );
        let days = json!({"days": notice()});
        assert_eq!(
            client.put("/api/v1/calendar/2027", &days).await.0,
            write,
            "{role}"
        );
        let back = json!({"version": 1});
        assert_eq!(
            client.post("/api/v1/schedules/seats/rollback", &back).await.0,
            write,
            "{role}"
        );
        assert_eq!(
            client.post("/api/v1/calendar/2027/rollback", &back).await.0,
            if role == Role::Admin { 200 } else { 403 }
        );
        // The next role begins with what this one left.
        hotline.settle().await;
    }
}

#[tokio::test]
async fn due_dates_of_open_tickets_are_counted_anew_by_what_was_entered() {
    let (hotline, _) = county().await;
    let mut user = person("water", Role::Unit);
    user.unit_code = Some("gongshui".into());
    hotline.add_person(&user).await;
    let start: DateTime<Utc> = "2026-12-30T02:00:00Z".parse().expect("time");
    hotline.advance(start - hotline.app.clock.now()).await;
    // Sessions of the spring are over.
    let admin = hotline.client(Role::Admin).await;
    let operator = hotline.client(Role::Operator).await;
    let (_, ticket) = operator
        .post(
            "/api/v1/tickets",
            &json!({"title": "清河湾停水", "contact_phone": "13800000001"}),
        )
        .await;
    let number = ticket["number"].as_str().expect("number").to_owned();
    let path = format!("/api/v1/tickets/{number}");
    assert_eq!(operator.post(&format!("{path}/accept"), &json!({})).await.0, 200);
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let unit = json!({"unit_code": "gongshui"});
    assert_eq!(dispatcher.post(&format!("{path}/dispatch"), &unit).await.0, 200);
    let due = async || {
        let ticket = get(&dispatcher, path.trim_start_matches("/api/v1/")).await;
        let limits = ticket["limits"].as_array().expect("limits").clone();
        let handle = limits.into_iter().find(|limit| limit["timer"] == "handle");
        handle.expect("a limit")["due"].clone()
    };
    assert_eq!(due().await, "2027-01-06T15:59:59Z");
    let change = json!({"days": [{"date": "2027-01-01", "name": "元旦", "off": true}], "version": 0});
    assert_eq!(admin.put("/api/v1/calendar/2027", &change).await.0, 200);
    hotline.settle().await;
    assert_eq!(due().await, "2027-01-07T15:59:59Z");
    let ticket = get(&dispatcher, path.trim_start_matches("/api/v1/")).await;
    let timeline = ticket["timeline"].as_array().expect("timeline");
    let moved = timeline.iter().find(|entry| entry["kind"] == "due_moved");
    assert_eq!(
        moved.expect("the old date is kept")["detail"]["old_at"],
        "2027-01-06T15:59:59Z"
    );
}
