//! Menus, queues, lines and schedules: versions, checks, who may change them.

mod support;

use std::path::Path;

use minsheng::{accounts::Role, execute, provisioning};
use serde_json::{Value, json};
use support::{Client, TestApp};

async fn county() -> (TestApp, Client) {
    let hotline = TestApp::start().await;
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("provisioning");
    provisioning::load(&hotline.app, &dir)
        .await
        .expect("the shipped county");
    let admin = hotline.client(Role::Admin).await;
    (hotline, admin)
}

async fn flow(client: &Client) -> (Value, Value) {
    let (status, menu) = client.get("/api/v1/menus/default").await;
    assert_eq!(status, 200);
    (menu["flow"].clone(), menu["version"].clone())
}

#[tokio::test]
async fn the_office_reads_settings_and_only_administrators_change_them() {
    let (hotline, _) = county().await;
    for role in Role::ALL {
        let client = hotline.client(role).await;
        for path in [
            "menus",
            "menus/default",
            "menus/default/versions",
            "queues",
            "queues/general",
            "lines",
            "schedules",
        ] {
            let expected = if role == Role::Unit { 403 } else { 200 };
            assert_eq!(
                client.get(&format!("/api/v1/{path}")).await.0,
                expected,
                "{role} {path}"
            );
        }
        let (status, _) = client
            .post("/api/v1/queues/general/rollback", &json!({"version": 1}))
            .await;
        assert_eq!(status, if role == Role::Admin { 200 } else { 403 }, "{role}");
    }
}

#[tokio::test]
async fn a_queue_is_shown_as_the_console_expects_it() {
    let (_hotline, admin) = county().await;
    let (_, queue) = admin.get("/api/v1/queues/general").await;
    insta::assert_json_snapshot!("queue", queue);
    assert_eq!(admin.get("/api/v1/queues/nowhere").await.0, 404);
}

#[tokio::test]
async fn an_edit_is_a_new_version_and_can_be_rolled_back() {
    let (hotline, admin) = county().await;
    let (_, queue) = admin.get("/api/v1/queues/general").await;
    let mut settings = queue["settings"].clone();
    settings["ring_seconds"] = json!(45);
    let (status, saved) = admin
        .put(
            "/api/v1/queues/general",
            &json!({"settings": settings, "version": 1}),
        )
        .await;
    assert_eq!(status, 200, "{saved}");
    assert_eq!(
        (&saved["version"], &saved["updated_by"]),
        (&json!(2), &json!("admin"))
    );
    let (status, back) = admin
        .post("/api/v1/queues/general/rollback", &json!({"version": 1}))
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        (&back["version"], &back["settings"]),
        (&json!(3), &queue["settings"])
    );
    let (_, versions) = admin.get("/api/v1/queues/general/versions").await;
    let numbers: Vec<i64> = versions
        .as_array()
        .expect("list")
        .iter()
        .filter_map(|v| v["version"].as_i64())
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(
        admin
            .post("/api/v1/queues/general/rollback", &json!({"version": 9}))
            .await
            .0,
        404
    );
    hotline.settle().await;
}

#[tokio::test]
async fn who_edits_an_old_version_is_told() {
    let (_hotline, admin) = county().await;
    let (flow, version) = flow(&admin).await;
    let change = json!({"flow": flow, "version": version});
    assert_eq!(admin.put("/api/v1/menus/default", &change).await.0, 200);
    let (status, problem) = admin.put("/api/v1/menus/default", &change).await;
    assert_eq!(status, 409, "{problem}");
}

#[tokio::test]
async fn every_fault_of_a_flow_is_named_with_its_node_and_nothing_is_saved() {
    let (_hotline, admin) = county().await;
    let (mut flow, version) = flow(&admin).await;
    flow["nodes"]["notice"]["next"] = json!("nowhere");
    flow["nodes"]["general"]["queue"] = json!("nobody");
    flow["nodes"]["saved"]["prompts"] = json!(["song"]);
    let (status, problem) = admin.put("/api/v1/menus/default", &json!({"flow": flow})).await;
    assert_eq!(status, 422);
    insta::assert_json_snapshot!("flow_faults", problem["errors"]);
    let (_, menu) = admin.get("/api/v1/menus/default").await;
    assert_eq!(menu["version"], version);
}

#[tokio::test]
async fn a_line_leads_to_a_menu_with_a_way_to_a_person() {
    let (_hotline, admin) = county().await;
    let (_, lines) = admin.get("/api/v1/lines").await;
    assert_eq!(lines["items"][0], json!({"number": "12345", "menu": "default"}));
    let lines = |menu: &str| json!({"items": [{"number": "12345", "menu": menu}]});
    assert_eq!(admin.put("/api/v1/lines", &lines("one-level")).await.0, 200);
    only_asks(&admin).await;
    for bad in [
        lines("survey"),
        lines("nowhere"),
        json!({"items": [{"number": "x", "menu": "default"}]}),
    ] {
        assert_eq!(admin.put("/api/v1/lines", &bad).await.0, 422, "{bad}");
    }
    let (_, now) = admin.get("/api/v1/lines").await;
    assert_eq!(now["items"][0]["menu"], "one-level");
}

/// Takes the way to a person out of the survey, which may ask without one as long as nobody rings it.
async fn only_asks(admin: &Client) {
    let (_, menu) = admin.get("/api/v1/menus/survey").await;
    let mut flow = menu["flow"].clone();
    let nodes = flow["nodes"].as_object_mut().expect("nodes");
    let choices = nodes
        .values_mut()
        .filter_map(|node| node.get_mut("choices")?.as_object_mut());
    for to in choices
        .flat_map(|choices| choices.values_mut())
        .filter(|to| *to == "person")
    {
        *to = json!("bye");
    }
    for way in ["person", "general"] {
        nodes.remove(way).expect("a node");
    }
    let (status, problem) = admin.put("/api/v1/menus/survey", &json!({"flow": flow})).await;
    assert_eq!(status, 200, "{problem}");
}

#[tokio::test]
async fn bad_queues_and_schedules_are_refused_by_field() {
    let (_hotline, admin) = county().await;
    let (_, queue) = admin.get("/api/v1/queues/general").await;
    let mut settings = queue["settings"].clone();
    settings["ring_seconds"] = json!(0);
    let (status, problem) = admin
        .put("/api/v1/queues/general", &json!({"settings": settings}))
        .await;
    assert_eq!(
        (status.as_u16(), &problem["errors"][0]["field"]),
        (422, &json!("settings.ring_seconds"))
    );
    let schedule = json!({"name": "survey", "title": "t", "workdays": ["9-12"]});
    let (status, problem) = admin.put("/api/v1/schedules/survey", &schedule).await;
    assert_eq!(
        (status.as_u16(), &problem["errors"][0]["field"]),
        (422, &json!("workdays[0]"))
    );
}

/// A row that a failing disk spoiled.
async fn spoil(hotline: &TestApp, kind: &str, name: &str, version: i64) {
    let sql =
        "INSERT INTO settings (kind, name, version, body, at, by) VALUES ($1, $2, $3, '{\"na', 0, 'disk')";
    let mut tx = hotline.app.db.begin().await.expect("transaction");
    execute!(tx, sql, kind, name, version).expect("a row");
    tx.commit().await.expect("kept");
}

#[tokio::test]
async fn a_version_that_cannot_be_read_is_stepped_over_and_mended_in_the_console() {
    let (hotline, admin) = county().await;
    let (whole, _) = flow(&admin).await;
    spoil(&hotline, "menu", "default", 2).await;
    spoil(&hotline, "queue", "general", 2).await;
    for path in ["menus", "queues", "menus/default/draft", "menu-drafts"] {
        let (status, answer) = admin.get(&format!("/api/v1/{path}")).await;
        assert_ne!(status, 500, "{path}: {answer}");
    }
    let (_, menu) = admin.get("/api/v1/menus/default").await;
    assert_eq!((&menu["flow"], &menu["version"]), (&whole, &json!(2)));
    let (_, versions) = admin.get("/api/v1/menus/default/versions").await;
    assert_eq!(versions.as_array().map(Vec::len), Some(2), "{versions}");
    let back = |version: i64| json!({ "version": version });
    let (status, problem) = admin.post("/api/v1/menus/default/rollback", &back(2)).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (409, &json!("settings-unreadable"))
    );
    let change = json!({"flow": whole, "version": menu["version"]});
    let (status, saved) = admin.put("/api/v1/menus/default", &change).await;
    assert_eq!((status.as_u16(), &saved["version"]), (200, &json!(3)), "{saved}");
    let (status, queue) = admin.post("/api/v1/queues/general/rollback", &back(1)).await;
    assert_eq!((status.as_u16(), &queue["version"]), (200, &json!(3)), "{queue}");
}
