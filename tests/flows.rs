//! Work on menu flows: drafts, checks, publishing, files out and in; and what the office knows of numbers that flows test.

mod support;

use std::path::Path;

use minsheng::{accounts::Role, provisioning};
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

async fn flow(client: &Client, name: &str) -> Value {
    let (status, menu) = client.get(&format!("/api/v1/menus/{name}")).await;
    assert_eq!(status, 200);
    menu["flow"].clone()
}

fn nodes_of(problem: &Value) -> Vec<&str> {
    let faults = problem["faults"].as_array().expect("faults");
    faults.iter().filter_map(|fault| fault["node"].as_str()).collect()
}

#[tokio::test]
async fn a_draft_is_kept_with_its_faults_and_no_call_hears_it_until_it_is_published() {
    let (hotline, admin) = county().await;
    let mut draft = flow(&admin, "default").await;
    draft["nodes"]["notice"]["next"] = json!("nowhere");
    let (status, kept) = admin
        .put("/api/v1/menus/default/draft", &json!({"flow": draft}))
        .await;
    assert_eq!(status, 200, "{kept}");
    assert!(nodes_of(&kept).contains(&"notice"), "{kept}");
    let (status, problem) = admin.post("/api/v1/menus/default/publish", &json!({})).await;
    assert_eq!(
        (status.as_u16(), &problem["errors"][0]["field"]),
        (422, &json!("flow.nodes.notice.next"))
    );
    draft["nodes"]["notice"]["next"] = json!("general");
    draft["title"] = json!("新的流程");
    let (_, kept) = admin
        .put("/api/v1/menus/default/draft", &json!({"flow": draft}))
        .await;
    assert_eq!((&kept["faults"], &kept["base_version"]), (&json!([]), &json!(1)));
    let (_, menu) = admin.get("/api/v1/menus/default").await;
    assert_eq!(menu["version"], 1, "a draft is not in force");
    let (status, published) = admin.post("/api/v1/menus/default/publish", &json!({})).await;
    assert_eq!(status, 200, "{published}");
    assert_eq!(
        (&published["version"], &published["title"]),
        (&json!(2), &json!("新的流程"))
    );
    assert_eq!(admin.get("/api/v1/menus/default/draft").await.0, 404);
    assert_eq!(
        admin.post("/api/v1/menus/default/publish", &json!({})).await.0,
        404,
        "there is nothing left to publish"
    );
    let (_, versions) = admin.get("/api/v1/menus/default/versions").await;
    assert_eq!(versions[0]["updated_by"], "admin");
    hotline.settle().await;
}

#[tokio::test]
async fn a_draft_begun_before_somebody_else_published_is_not_laid_over_it() {
    let (hotline, admin) = county().await;
    let draft = flow(&admin, "default").await;
    let change = json!({"flow": draft});
    assert_eq!(admin.put("/api/v1/menus/default/draft", &change).await.0, 200);
    assert_eq!(admin.put("/api/v1/menus/default", &change).await.0, 200);
    let (status, problem) = admin.post("/api/v1/menus/default/publish", &json!({})).await;
    assert_eq!(status, 409, "{problem}");
    // Who has looked at the newer version says so, and may go on.
    let seen = json!({"flow": draft, "base_version": 2});
    assert_eq!(admin.put("/api/v1/menus/default/draft", &seen).await.0, 200);
    assert_eq!(
        admin.post("/api/v1/menus/default/publish", &json!({})).await.0,
        200
    );
    hotline.settle().await;
}

#[tokio::test]
async fn a_check_names_every_fault_and_leaves_nothing_behind_it() {
    let (hotline, admin) = county().await;
    let rows = |audit: &Value| audit["items"].as_array().map_or(0, Vec::len);
    let before = rows(&admin.get("/api/v1/audit").await.1);
    let mut draft = flow(&admin, "specialist").await;
    draft["nodes"]["own_ticket"]["type"] = json!("dance");
    draft["nodes"]["general"]["queue"] = json!("nobody");
    let (status, checked) = admin
        .post("/api/v1/menus/specialist/check", &json!({"flow": draft}))
        .await;
    assert_eq!(status, 200);
    assert_eq!(nodes_of(&checked), ["own_ticket", "general"]);
    assert_eq!(admin.get("/api/v1/menus/specialist/draft").await.0, 404);
    assert_eq!(
        rows(&admin.get("/api/v1/audit").await.1),
        before,
        "keys that are typed are no deeds"
    );
    hotline.settle().await;
}

#[tokio::test]
async fn a_flow_goes_out_as_a_file_and_comes_in_as_a_draft() {
    let (hotline, admin) = county().await;
    for name in ["default", "one-level", "specialist", "survey"] {
        let request = admin.request(reqwest::Method::GET, &format!("/api/v1/menus/{name}/export"));
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        let file = response.text().await.expect("text");
        let copy = format!("{name}-copy");
        let (status, draft) = admin
            .post(&format!("/api/v1/menus/{copy}/import"), &json!({"toml": file}))
            .await;
        assert_eq!((status.as_u16(), &draft["faults"]), (200, &json!([])), "{file}");
        let mut wanted = flow(&admin, name).await;
        wanted["name"] = json!(copy);
        let (status, published) = admin
            .post(&format!("/api/v1/menus/{copy}/publish"), &json!({}))
            .await;
        assert_eq!((status.as_u16(), &published["flow"]), (200, &wanted));
    }
    let (_, drafts) = admin.get("/api/v1/menu-drafts").await;
    assert_eq!(drafts, json!([]));
    hotline.settle().await;
}

#[tokio::test]
async fn a_file_that_is_none_or_has_ten_thousand_nodes_is_refused_in_words() {
    let (_hotline, admin) = county().await;
    let import = async |toml: String| {
        let (status, problem) = admin
            .post("/api/v1/menus/big/import", &json!({ "toml": toml }))
            .await;
        assert_eq!(status, 422, "{problem}");
        problem["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let broken = import("start = \"a\"\n[nodes.a\n".to_owned()).await;
    assert!(broken.starts_with("第 2 行不是 TOML"), "{broken}");
    let mut file = String::from("start = \"n0\"\n");
    for n in 0..10_000 {
        file.push_str(&format!(
            "[nodes.n{n}]\ntype = \"callback\"\nnext = \"n{}\"\n",
            n + 1
        ));
    }
    assert_eq!(import(file).await, "有 10000 个节点；不能超过 1000 个");
    assert_eq!(import("start = \"a\"".to_owned()).await, "缺少节点表");
}

#[tokio::test]
async fn a_file_with_a_circle_and_a_missing_prompt_is_kept_with_both_named() {
    let (_hotline, admin) = county().await;
    let file = "start = \"a\"\n[nodes.a]\ntype = \"say\"\nprompts = [\"greeting\"]\nnext = \"b\"\n\
                [nodes.b]\ntype = \"say\"\nprompts = [\"greeting\"]\nnext = \"a\"\n";
    let import = async |toml: &str| {
        admin
            .post("/api/v1/menus/circle/import", &json!({ "toml": toml }))
            .await
            .1
    };
    let draft = import(file).await;
    let said = draft["faults"].to_string();
    assert!(
        said.contains("循环不止") && said.contains("没有通往人工坐席的路径"),
        "{said}"
    );
    let draft = import(&file.replace("greeting", "no-such-prompt")).await;
    assert_eq!(nodes_of(&draft), ["a", "b"]);
    assert!(draft["faults"].to_string().contains("没有提示音"), "{draft}");
}

#[tokio::test]
async fn only_administrators_work_on_flows() {
    let (hotline, admin) = county().await;
    let body = json!({"flow": flow(&admin, "default").await});
    for role in Role::ALL {
        let client = hotline.client(role).await;
        let expected = if role == Role::Admin { 200 } else { 403 };
        let path = "/api/v1/menus/default";
        assert_eq!(
            client.put(&format!("{path}/draft"), &body).await.0,
            expected,
            "{role}"
        );
        assert_eq!(client.get(&format!("{path}/draft")).await.0, expected, "{role}");
        assert_eq!(
            client.post(&format!("{path}/check"), &body).await.0,
            expected,
            "{role}"
        );
        assert_eq!(client.get("/api/v1/menu-drafts").await.0, expected, "{role}");
    }
    assert_eq!(admin.delete("/api/v1/menus/default/draft").await.0, 204);
    assert_eq!(admin.delete("/api/v1/menus/default/draft").await.0, 404);
    hotline.settle().await;
}

#[tokio::test]
async fn numbers_are_marked_with_a_reason_and_unmarked() {
    let (hotline, admin) = county().await;
    let path = "/api/v1/caller-marks/13900000001";
    let wanted = json!({"marks": ["elderly"], "note": "独居老人，社区登记"});
    let (status, marked) = admin.put(path, &wanted).await;
    assert_eq!((status.as_u16(), &marked["marks"]), (200, &json!(["elderly"])));
    let (_, list) = admin.get("/api/v1/caller-marks").await;
    let list = &list["items"];
    assert_eq!(
        (&list[0]["number"], &list[0]["updated_by"]),
        (&json!("13900000001"), &json!("admin"))
    );
    for bad in [
        json!({"marks": [], "note": "x"}),
        json!({"marks": ["tall"], "note": "x"}),
        json!({"marks": ["vip"], "note": " "}),
    ] {
        assert_eq!(admin.put(path, &bad).await.0, 422, "{bad}");
    }
    assert_eq!(admin.put("/api/v1/caller-marks/abc", &wanted).await.0, 422);
    let operator = hotline.client(Role::Operator).await;
    assert_eq!(operator.get("/api/v1/caller-marks").await.0, 403);
    assert_eq!(admin.delete(path).await.0, 204);
    assert_eq!(admin.delete(path).await.0, 404);
    hotline.settle().await;
}

#[tokio::test]
async fn where_nodes_were_put_is_part_of_the_draft_the_version_and_the_file() {
    let (hotline, admin) = county().await;
    let mut draft = flow(&admin, "default").await;
    let start = draft["start"].as_str().expect("start").to_owned();
    let layout = json!({start: {"x": 560, "y": 72}});
    draft["layout"] = layout.clone();
    let change = json!({"flow": draft});
    assert_eq!(admin.put("/api/v1/menus/default/draft", &change).await.0, 200);
    let (_, kept) = admin.get("/api/v1/menus/default/draft").await;
    assert_eq!((&kept["flow"]["layout"], &kept["faults"]), (&layout, &json!([])));
    assert_eq!(
        admin.post("/api/v1/menus/default/publish", &json!({})).await.0,
        200
    );
    assert_eq!(flow(&admin, "default").await["layout"], layout);
    let request = admin.request(reqwest::Method::GET, "/api/v1/menus/default/export");
    let file = request
        .send()
        .await
        .expect("an answer")
        .text()
        .await
        .expect("text");
    let (status, copy) = admin
        .post("/api/v1/menus/copy/import", &json!({"toml": file}))
        .await;
    assert_eq!(
        (status.as_u16(), &copy["flow"]["layout"]),
        (200, &layout),
        "{file}"
    );
    hotline.settle().await;
}
