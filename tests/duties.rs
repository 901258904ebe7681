//! The duty catalogue as the office keeps it: entries, versions, lists in and out, and what follows at the next dispatch.

mod support;

use std::path::Path;

use minsheng::{accounts::Role, provisioning};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{TestApp, answer, journey::provision};

const PATH: &str = "/api/v1/duty-catalogue";
const HEAD: &str = "分类,区域,主办单位,协办单位,法律依据,备注,生效日期,失效日期\r\n";

async fn county() -> TestApp {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    hotline.settle().await;
    hotline
}

async fn get(hotline: &TestApp, who: Role, path: &str) -> (StatusCode, Value) {
    hotline.client(who).await.get(path).await
}

async fn entries(hotline: &TestApp, query: &str) -> Vec<Value> {
    let path = format!("{PATH}?{query}");
    let (status, page) = get(hotline, Role::Dispatcher, &path).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["items"].as_array().expect("items").clone()
}

async fn import(hotline: &TestApp, file: impl Into<Vec<u8>>, query: &str) -> (StatusCode, Value) {
    let client = hotline.client(Role::Dispatcher).await;
    let path = format!("{PATH}/import?{query}");
    answer(client.request(Method::POST, &path).body(file.into())).await
}

/// The units suggested for 自来水供应, the first one first.
async fn suggested(hotline: &TestApp) -> Vec<String> {
    let path = "/api/v1/dispatch/suggestions?class_code=010101";
    let (_, found) = get(hotline, Role::Dispatcher, path).await;
    let units = found.as_array().expect("suggestions").iter();
    units
        .map(|one| one["unit"]["code"].as_str().expect("a code").to_owned())
        .collect()
}

fn body(entry: &Value, changes: Value) -> Value {
    let mut body = json!({
        "version": entry["version"], "basis": entry["basis"], "note": entry["note"],
        "co_units": entry["co_units"].as_array().expect("units").iter().map(|unit| unit["code"].clone()).collect::<Vec<_>>(),
        "valid_from": entry["valid_from"], "valid_until": entry["valid_until"],
    });
    let all = body.as_object_mut().expect("an object");
    all.extend(changes.as_object().expect("an object").clone());
    body
}

#[tokio::test]
async fn what_is_changed_is_in_force_at_the_next_dispatch_and_on_record() {
    let hotline = county().await;
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let fields = json!({"title": "停水", "class_code": "010101", "contact_phone": "13800000001"});
    let operator = hotline.client(Role::Operator).await;
    let (_, ticket) = operator.post("/api/v1/tickets", &fields).await;
    let number = ticket["number"].as_str().expect("a number").to_owned();
    let path = format!("/api/v1/tickets/{number}");
    operator.post(&format!("{path}/accept"), &json!({})).await;
    hotline.settle().await;
    assert_eq!(suggested(&hotline).await, ["gongshui"]);

    let water = entries(&hotline, "class=010101&unit=gongshui").await;
    assert_eq!(water.len(), 1, "{water:?}");
    let yesterday = (hotline.app.clock.now() - chrono::TimeDelta::days(1)).date_naive();
    let one = format!("{PATH}/{}", water[0]["id"]);
    let ended = body(&water[0], json!({"valid_until": yesterday}));
    let (status, after) = dispatcher.put(&one, &ended).await;
    assert_eq!(
        (status, &after["state"]),
        (StatusCode::OK, &json!("ended")),
        "{after}"
    );
    let added = json!({"class_code": "010101", "unit_code": "zhujian", "co_units": ["gongshui"], "basis": "《城市供水条例》第七条"});
    let (status, new) = dispatcher.post(PATH, &added).await;
    assert_eq!(status, StatusCode::CREATED, "{new}");
    assert_eq!((&new["state"], &new["area"]), (&json!("in_force"), &Value::Null));
    assert_eq!(suggested(&hotline).await, ["zhujian"]);

    // What waits to be dispatched is suggested anew, and says so as its ground.
    hotline.settle().await;
    let (status, told) = dispatcher
        .post(&format!("{path}/dispatch"), &json!({"unit_code": "zhujian"}))
        .await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let given = told["timeline"].to_string();
    assert!(given.contains("《城市供水条例》第七条"), "{given}");

    let (_, log) = get(&hotline, Role::Admin, "/api/v1/audit?limit=200").await;
    let deeds: Vec<&str> = log["items"]
        .as_array()
        .expect("entries")
        .iter()
        .filter_map(|deed| deed["action"].as_str())
        .collect();
    assert!(
        deeds.contains(&"duty-catalogue.create") && deeds.contains(&"duty-catalogue.update"),
        "{deeds:?}"
    );
    let (_, versions) = get(&hotline, Role::Dispatcher, &format!("{PATH}/versions")).await;
    let whats: Vec<&Value> = versions["items"]
        .as_array()
        .expect("versions")
        .iter()
        .map(|one| &one["what"])
        .collect();
    assert_eq!(whats, ["added", "changed", "loaded"]);
    let (_, detail) = get(&hotline, Role::Dispatcher, &format!("{PATH}/versions/2")).await;
    assert_eq!(detail["changes"][0]["fields"][0]["column"], "失效日期");
}

#[tokio::test]
async fn an_earlier_version_of_the_whole_catalogue_comes_back_as_a_new_one() {
    let hotline = county().await;
    let before = entries(&hotline, "class=0101&limit=200").await;
    let file = format!(
        "{HEAD}010101,,gongshui,,《城市供水条例》,改为独立办理,,\r\n自来水供应,,县住建局,,《城市供水条例》,,,\r\n"
    );
    let (_, done) = import(&hotline, file, "apply=true").await;
    assert_eq!(done["applied"], true, "{done}");
    assert_ne!(
        entries(&hotline, "class=0101&limit=200").await.len(),
        before.len()
    );
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let back = |version: i64| json!({ "version": version });
    let path = format!("{PATH}/rollback");
    let (status, _) = dispatcher.post(&path, &back(9)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, answer) = dispatcher.post(&path, &back(1)).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    let said = |entries: &[Value]| -> Vec<Value> {
        let plain = |entry: &Value| {
            json!([
                entry["class"],
                entry["area"],
                entry["unit"],
                entry["co_units"],
                entry["note"]
            ])
        };
        entries.iter().map(plain).collect()
    };
    assert_eq!(
        said(&entries(&hotline, "class=0101&limit=200").await),
        said(&before)
    );
    let (_, versions) = get(&hotline, Role::Supervisor, &format!("{PATH}/versions")).await;
    assert_eq!(versions["items"][0]["what"], "rolled_back");
    assert_eq!(versions["items"][0]["entries"], 2);
}

#[tokio::test]
async fn of_two_who_change_an_entry_the_second_is_told_and_bad_entries_are_named_by_field() {
    let hotline = county().await;
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let water = entries(&hotline, "class=010101").await.remove(0);
    let one = format!("{PATH}/{}", water["id"]);
    let (status, _) = dispatcher.put(&one, &body(&water, json!({"note": "甲改"}))).await;
    assert_eq!(status, StatusCode::OK);
    let (status, stale) = dispatcher.put(&one, &body(&water, json!({"note": "乙改"}))).await;
    assert_eq!(
        (status, &stale["code"]),
        (StatusCode::CONFLICT, &json!("duty-stale"))
    );
    let (status, _) = dispatcher
        .put(&format!("{PATH}/404404"), &body(&water, json!({})))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let faults = |answer: &Value| -> Vec<String> {
        let errors = answer["errors"].as_array().expect("errors").iter();
        errors
            .map(|error| error["field"].as_str().expect("a field").to_owned())
            .collect()
    };
    for (bad, fields) in [
        (
            json!({"class_code": "010101", "unit_code": "gongshui"}),
            vec!["unit_code"],
        ),
        (
            json!({"class_code": "9", "area": "nowhere", "unit_code": "nobody"}),
            vec!["class_code", "area", "unit_code"],
        ),
        (
            json!({"class_code": "010101", "unit_code": "zhujian", "co_units": ["zhujian"],
                "valid_from": "2026-02-01", "valid_until": "2026-01-01"}),
            vec!["co_units", "valid_until"],
        ),
    ] {
        let (status, answer) = dispatcher.post(PATH, &bad).await;
        assert_eq!(
            (status, faults(&answer)),
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                fields.iter().map(|field| (*field).to_owned()).collect()
            )
        );
    }
    assert_eq!(
        entries(&hotline, "class=010101").await.len(),
        1,
        "nothing half-written"
    );
    for who in [Role::Operator, Role::Supervisor, Role::Unit] {
        let added = json!({"class_code": "010101", "unit_code": "zhujian"});
        let (status, _) = hotline.client(who).await.post(PATH, &added).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{who:?}");
    }
    let (status, _) = get(&hotline, Role::Unit, PATH).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_list_is_searched_filtered_and_read_in_parts() {
    let hotline = county().await;
    let found = entries(&hotline, "q=%E4%BE%9B%E6%B0%B4%20%E8%87%AA%E6%9D%A5").await;
    assert!(
        !found.is_empty() && found.iter().all(|entry| entry.to_string().contains("供水")),
        "{found:?}"
    );
    assert!(
        entries(&hotline, "q=%25").await.is_empty(),
        "a percent sign is a letter"
    );
    assert!(entries(&hotline, "state=ended").await.is_empty());
    let (status, _) = get(&hotline, Role::Admin, &format!("{PATH}?state=lost")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (mut seen, mut cursor) = (std::collections::BTreeSet::new(), String::new());
    let mut count = 0;
    loop {
        let (_, page) = get(
            &hotline,
            Role::Admin,
            &format!("{PATH}?limit=200&cursor={cursor}"),
        )
        .await;
        for entry in page["items"].as_array().expect("items") {
            seen.insert(entry["id"].to_string());
            count += 1;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("provisioning");
    let folder = provisioning::read(&dir).expect("the shipped county");
    assert_eq!((count, seen.len()), (folder.duties.len(), folder.duties.len()));
}

#[tokio::test]
async fn a_file_is_tried_first_then_taken_whole_or_not_at_all() {
    let hotline = county().await;
    let before = entries(&hotline, "class=0101&limit=200").await;
    let good = "自来水供应,,县住建局,县供水公司,《城市供水条例》,,2026-10-01,\r\n";
    let (_, dry) = import(&hotline, format!("{HEAD}{good}"), "apply=false").await;
    assert_eq!(
        (&dry["applied"], &dry["faults"]),
        (&json!(false), &json!([])),
        "{dry}"
    );
    assert_eq!(dry["changes"][0]["what"], "added");
    assert_eq!(entries(&hotline, "class=0101&limit=200").await, before);
    let (_, bad) = import(
        &hotline,
        format!("{HEAD}{good}010101,,没有的单位,,,,,\r\n"),
        "apply=true",
    )
    .await;
    assert_eq!(
        (&bad["applied"], &bad["faults"][0]["row"]),
        (&json!(false), &json!(3)),
        "{bad}"
    );
    assert_eq!(
        entries(&hotline, "class=0101&limit=200").await,
        before,
        "not even the good row"
    );
    let (_, bad) = import(&hotline, "分类,单位\r\n010101,gongshui\r\n", "apply=true").await;
    assert_eq!(bad["faults"][0]["column"], "表头");
    let (status, _) = import(&hotline, vec![0xd6, 0xd0, 0xff], "apply=true").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);

    // What is exported is imported again without a change, in both forms.
    let admin = hotline.client(Role::Admin).await;
    for format in ["csv", "xlsx"] {
        let path = format!("{PATH}/export?format={format}");
        let file = admin.request(Method::GET, &path).send().await.expect("an answer");
        let file = file.bytes().await.expect("a file").to_vec();
        let (_, again) = import(&hotline, file, &format!("apply=true&name=duties.{format}")).await;
        assert_eq!(
            (&again["changes"], &again["faults"]),
            (&json!([]), &json!([])),
            "{format}"
        );
    }
}

/// The shipped folder with one file changed.
fn folder(file: &str, change: impl Fn(String) -> String) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("provisioning"),
        dir.path(),
    );
    let path = dir.path().join(file);
    let text = std::fs::read_to_string(&path).expect("a file");
    std::fs::write(&path, change(text)).expect("written");
    dir
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[tokio::test]
async fn a_folder_that_says_of_duties_and_units_what_it_said_before_leaves_the_consoles_edits() {
    let hotline = county().await;
    let admin = hotline.client(Role::Admin).await;
    let unit = json!({"name": "城东水站", "kind": "公共企业", "parent": "gongshui"});
    let (status, _) = admin.put("/api/v1/unit-directory/shuizhan", &unit).await;
    assert_eq!(status, StatusCode::OK);
    let added = json!({"class_code": "010101", "unit_code": "shuizhan", "note": "城东片区"});
    let (status, _) = admin.post(PATH, &added).await;
    assert_eq!(status, StatusCode::CREATED);

    let later = folder("urgency.csv", |text| format!("{text}墙体开裂,A,\n"));
    provisioning::load(&hotline.app, later.path())
        .await
        .expect("loaded");
    assert_eq!(suggested(&hotline).await, ["gongshui", "shuizhan"], "still there");

    // A list that is another now is taken, as a version that can be undone.
    let other = folder("duties.csv", |text| {
        text.replacen("010101,,gongshui,zhujian", "010101,,gongshui,", 1)
    });
    provisioning::load(&hotline.app, other.path())
        .await
        .expect("loaded");
    assert_eq!(suggested(&hotline).await, ["gongshui"]);
    let (status, answer) = admin
        .post(&format!("{PATH}/rollback"), &json!({"version": 2}))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    assert_eq!(suggested(&hotline).await, ["gongshui", "shuizhan"]);
}
