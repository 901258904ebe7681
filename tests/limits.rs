//! Time limits through the doors: profiles, the one in force, what a ticket would get, what becomes of open ones.

mod support;

use minsheng::accounts::Role;
use serde_json::{Value, json};
use support::{Client, TestApp, journey::provision};

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

async fn shandong(client: &Client) -> Value {
    get(client, "limits/profiles/shandong").await["settings"].clone()
}

async fn put(client: &Client, query: &str, settings: &Value) -> (u16, Value) {
    let path = format!("/api/v1/limits/profiles/shandong{query}");
    let (status, body) = client.put(&path, settings).await;
    (status.as_u16(), body)
}

async fn preview(client: &Client, settings: &Value, band: &str, kind: &str) -> (u16, Value) {
    let wanted = json!({"settings": settings, "band": band, "kind": kind});
    let (status, body) = client.post("/api/v1/limits/preview", &wanted).await;
    (status.as_u16(), body)
}

fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().expect("errors").iter();
    errors.filter_map(|error| error["field"].as_str()).collect()
}

#[tokio::test]
async fn the_profiles_of_the_folder_are_offered_and_the_countys_is_in_force() {
    let (_hotline, admin) = county().await;
    let choice = get(&admin, "limits").await;
    assert_eq!(
        (&choice["profile"], &choice["version"]),
        (&json!("shandong"), &json!(1))
    );
    let offered = choice["profiles"].as_array().expect("profiles").iter();
    let names: Vec<_> = offered.filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "beijing",
            "kaijiang",
            "linyi",
            "shandong",
            "weihai",
            "within-a-day"
        ]
    );
    let one = get(&admin, "limits/profiles/shandong").await;
    assert_eq!((&one["in_force"], &one["version"]), (&json!(true), &json!(1)));
    assert_eq!(one["settings"]["bands"]["C"]["handle"], "5wd");
    assert_eq!(get(&admin, "limits/profiles/linyi").await["in_force"], false);
    assert_eq!(admin.get("/api/v1/limits/profiles/nowhere").await.0, 404);
}

#[tokio::test]
async fn an_edit_is_a_version_and_can_be_rolled_back() {
    let (_hotline, admin) = county().await;
    let before = shandong(&admin).await;
    let mut wanted = before.clone();
    wanted["bands"]["C"]["handle"] = json!("3wd");
    wanted["kinds"] = json!({"投诉": {"handle": "48h"}});
    wanted["reminders"]["before"] = json!(["2wd"]);
    wanted["extension"]["times"] = json!(0);
    let (status, saved) = put(&admin, "?version=1", &wanted).await;
    assert_eq!(
        (status, &saved["version"], &saved["settings"]),
        (200, &json!(2), &wanted),
        "{saved}"
    );
    let (status, problem) = put(&admin, "?version=1", &wanted).await;
    assert_eq!((status, &problem["code"]), (409, &json!("settings-stale")));
    let (status, back) = admin
        .post(
            "/api/v1/limits/profiles/shandong/rollback",
            &json!({"version": 1}),
        )
        .await;
    assert_eq!((status.as_u16(), &back["settings"]), (200, &before));
    let versions = get(&admin, "limits/profiles/shandong/versions").await;
    assert_eq!(versions.as_array().map(Vec::len), Some(3), "{versions}");
    assert_eq!(versions[0]["updated_by"], "admin");
}

#[tokio::test]
async fn everything_wrong_with_a_profile_is_named_by_its_field_at_once() {
    let (_hotline, admin) = county().await;
    let mut bad = shandong(&admin).await;
    bad["title"] = json!(" ");
    bad["bands"]["C"]["handle"] = json!("five days");
    bad["bands"]["C"]["sing"] = json!("1wd");
    bad["bands"].as_object_mut().expect("bands").remove("G");
    bad["kinds"]["闲聊"] = json!({"handle": "1wd"});
    bad["count"]["due_at"] = json!("5 pm");
    bad["count"]["workdays"] = json!(["08:30-12:00", "18:00-13:30"]);
    bad["returns"]["within"] = json!("");
    bad["extension"]["times"] = json!(-1);
    bad["suspension_days"] = json!(100_000);
    bad["reminders"]["before"] = json!(["50%", "120%"]);
    bad["reminders"]["urge"] = json!("1");
    let (status, problem) = put(&admin, "", &bad).await;
    let wanted = [
        "bands.C.handle",
        "bands.C.sing",
        "returns.within",
        "reminders.before[1]",
        "reminders.urge",
        "title",
        "count.due_at",
        "count.workdays[1]",
        "bands.G",
        "kinds.闲聊",
        "extension.times",
        "suspension_days",
    ];
    assert_eq!((status, fields(&problem)), (422, wanted.to_vec()), "{problem}");
    let mut other = shandong(&admin).await;
    other["name"] = json!("linyi");
    let (status, problem) = put(&admin, "", &other).await;
    assert_eq!((status, fields(&problem)), (422, vec!["name"]));
    other["colour"] = json!("red");
    assert_eq!(put(&admin, "", &other).await.0, 422);
}

#[tokio::test]
async fn a_preview_counts_by_what_is_not_saved_yet() {
    let (_hotline, admin) = county().await;
    // Monday, ten in the morning.
    let mut settings = shandong(&admin).await;
    settings["kinds"] = json!({"投诉": {"handle": "2wd"}});
    let due = |preview: &Value, timer: &str| {
        let clocks = preview["clocks"].as_array().expect("clocks").clone();
        let clock = clocks.into_iter().find(|clock| clock["timer"] == timer);
        clock.map_or(Value::Null, |clock| clock["due"].clone())
    };
    let (status, common) = preview(&admin, &settings, "C", "").await;
    assert_eq!(
        (status, due(&common, "handle")),
        (200, json!("2026-03-09T15:59:59Z"))
    );
    assert_eq!(common["return_until"], "2026-03-04T15:59:59Z");
    let (_, complaint) = preview(&admin, &settings, "C", "投诉").await;
    assert_eq!(due(&complaint, "handle"), "2026-03-04T15:59:59Z");
    let (_, urgent) = preview(&admin, &settings, "A", "投诉").await;
    assert_eq!(due(&urgent, "handle"), "2026-03-03T02:00:00Z");
    assert_eq!(due(&urgent, "progress"), Value::Null, "it has none");
    let (_, none) = preview(&admin, &settings, "X", "").await;
    assert_eq!(none["clocks"], json!([]));
    let handle = common["clocks"].as_array().expect("clocks").iter();
    let handle = handle
        .clone()
        .find(|clock| clock["timer"] == "handle")
        .expect("handle");
    let steps: Vec<_> = handle["reminders"]
        .as_array()
        .expect("reminders")
        .iter()
        .collect();
    assert_eq!(steps[0]["step"], "left50%");
    assert_eq!(steps.last().map(|step| &step["step"]), Some(&json!("report")));

    settings["bands"]["C"]["handle"] = json!("soon");
    let (status, problem) = preview(&admin, &settings, "C", "").await;
    assert_eq!((status, fields(&problem)), (422, vec!["settings.bands.C.handle"]));
    let (status, problem) = preview(&admin, &settings, "Q", "闲聊").await;
    assert_eq!((status, fields(&problem)), (422, vec!["band", "kind"]));
    let profile = get(&admin, "limits/profiles/shandong").await;
    assert_eq!(profile["version"], 1, "nothing was kept");
}

#[tokio::test]
async fn the_office_reads_limits_and_only_administrators_change_them() {
    let (hotline, admin) = county().await;
    let settings = shandong(&admin).await;
    for role in Role::ALL {
        let client = hotline.client(role).await;
        let read = if role == Role::Unit { 403 } else { 200 };
        for path in [
            "limits",
            "limits/versions",
            "limits/profiles/shandong",
            "limits/profiles/shandong/versions",
        ] {
            assert_eq!(
                client.get(&format!("/api/v1/{path}")).await.0,
                read,
                "{role} {path}"
            );
        }
        assert_eq!(preview(&client, &settings, "C", "").await.0, read, "{role}");
        let write = if role == Role::Admin { 200 } else { 403 };
        assert_eq!(put(&client, "", &settings).await.0, write, "{role}");
        let choice = json!({"profile": "shandong"});
        assert_eq!(client.put("/api/v1/limits", &choice).await.0, write, "{role}");
        for path in ["limits/rollback", "limits/profiles/shandong/rollback"] {
            let back = client
                .post(&format!("/api/v1/{path}"), &json!({"version": 1}))
                .await;
            assert_eq!(back.0, write, "{role} {path}");
        }
        // The next role begins with what this one left.
        hotline.settle().await;
    }
}

/// An ordinary ticket with a unit; asks when it is due, and how often that moved.
async fn dispatched(hotline: &TestApp) -> String {
    let operator = hotline.client(Role::Operator).await;
    let fields = json!({"title": "清河湾停水", "contact_phone": "13800000001"});
    let (_, ticket) = operator.post("/api/v1/tickets", &fields).await;
    let path = format!("/api/v1/tickets/{}", ticket["number"].as_str().expect("number"));
    assert_eq!(operator.post(&format!("{path}/accept"), &json!({})).await.0, 200);
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let unit = json!({"unit_code": "gongshui"});
    assert_eq!(dispatcher.post(&format!("{path}/dispatch"), &unit).await.0, 200);
    path
}

async fn due_and_moves(client: &Client, path: &str) -> (Value, Vec<Value>) {
    let ticket = get(client, path.trim_start_matches("/api/v1/")).await;
    let limits = ticket["limits"].as_array().expect("limits").clone();
    let handle = limits.into_iter().find(|limit| limit["timer"] == "handle");
    let timeline = ticket["timeline"].as_array().expect("timeline").iter();
    let moves = timeline.filter(|entry| entry["kind"] == "due_moved");
    let old = moves.map(|entry| entry["detail"]["old_at"].clone()).collect();
    (handle.expect("a limit")["due"].clone(), old)
}

#[tokio::test]
async fn open_tickets_are_counted_anew_by_what_is_in_force_and_keep_their_old_date() {
    let (hotline, admin) = county().await;
    let path = dispatched(&hotline).await;
    let of_shandong = json!("2026-03-09T15:59:59Z");
    assert_eq!(due_and_moves(&admin, &path).await, (of_shandong.clone(), vec![]));

    // Of a profile that is not in force no ticket knows.
    let mut linyi = get(&admin, "limits/profiles/linyi").await["settings"].clone();
    linyi["bands"]["C"]["handle"] = json!("2d");
    assert_eq!(admin.put("/api/v1/limits/profiles/linyi", &linyi).await.0, 200);
    hotline.settle().await;
    assert_eq!(due_and_moves(&admin, &path).await, (of_shandong.clone(), vec![]));

    let (status, choice) = admin
        .put("/api/v1/limits", &json!({"profile": "linyi", "version": 1}))
        .await;
    assert_eq!(
        (status.as_u16(), &choice["profile"]),
        (200, &json!("linyi")),
        "{choice}"
    );
    hotline.settle().await;
    let of_linyi = json!("2026-03-04T15:59:59Z");
    assert_eq!(
        due_and_moves(&admin, &path).await,
        (of_linyi.clone(), vec![of_shandong.clone()])
    );

    let stale = json!({"profile": "weihai", "version": 1});
    assert_eq!(admin.put("/api/v1/limits", &stale).await.0, 409);
    let (status, problem) = admin.put("/api/v1/limits", &json!({"profile": "nowhere"})).await;
    assert_eq!((status.as_u16(), fields(&problem)), (422, vec!["profile"]));

    let back = admin
        .post("/api/v1/limits/rollback", &json!({"version": 1}))
        .await;
    assert_eq!(back.0, 200);
    hotline.settle().await;
    assert_eq!(
        due_and_moves(&admin, &path).await,
        (of_shandong.clone(), vec![of_shandong, of_linyi])
    );
    let versions = get(&admin, "limits/versions").await;
    let chosen = versions.as_array().expect("versions").iter();
    let chosen: Vec<_> = chosen.map(|one| (&one["version"], &one["profile"])).collect();
    assert_eq!(
        chosen,
        [
            (&json!(3), &json!("shandong")),
            (&json!(2), &json!("linyi")),
            (&json!(1), &json!("shandong"))
        ]
    );
}

#[tokio::test]
async fn changes_are_on_record_and_previews_are_not() {
    let (_hotline, admin) = county().await;
    let settings = shandong(&admin).await;
    assert_eq!(preview(&admin, &settings, "C", "").await.0, 200);
    assert_eq!(put(&admin, "", &settings).await.0, 200);
    assert_eq!(
        admin.put("/api/v1/limits", &json!({"profile": "weihai"})).await.0,
        200
    );
    let page = get(&admin, "audit?limit=20").await;
    let actions = page["items"].as_array().expect("items").iter();
    let actions: Vec<_> = actions
        .filter_map(|entry| entry["action"].as_str())
        .filter(|action| action.starts_with("limit"))
        .collect();
    assert_eq!(actions, ["limit.update", "limit.profiles.update"]);
}
