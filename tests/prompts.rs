//! Prompts that the county brings in: made fit for the telephone, heard, taken back; and what is refused.

mod support;

use std::path::Path;

use minsheng::{accounts::Role, provisioning};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Client, TestApp, answer};

async fn county() -> (TestApp, Client) {
    let hotline = TestApp::start().await;
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("provisioning");
    provisioning::load(&hotline.app, &dir)
        .await
        .expect("the shipped county");
    let admin = hotline.client(Role::Admin).await;
    (hotline, admin)
}

/// A tone as somebody's recorder writes it.
fn wav(rate: u32, seconds: u32) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("a writer");
    for n in 0..rate * seconds {
        let sample = (f64::from(n) / f64::from(rate) * 2765.0).sin() * 3000.0;
        writer.write_sample(sample as i16).expect("a sample");
        writer.write_sample(0_i16).expect("a sample");
    }
    writer.finalize().expect("a file");
    bytes.into_inner()
}

async fn bring(client: &Client, path: &str, bytes: Vec<u8>) -> (StatusCode, Value) {
    answer(
        client
            .request(Method::PUT, &format!("/api/v1/prompts/{path}"))
            .body(bytes),
    )
    .await
}

async fn named(client: &Client, name: &str) -> Value {
    let (_, prompts) = client.get("/api/v1/prompts").await;
    let prompts = prompts.as_array().expect("a list");
    let found = prompts.iter().find(|prompt| prompt["name"] == name);
    found.cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_shipped_prompt_is_shown_replaced_and_brought_back() {
    let (hotline, admin) = county().await;
    let shipped = named(&admin, "greeting").await;
    assert_eq!(shipped["source"], "shipped");
    assert!(shipped["duration_ms"].as_i64() > Some(1000), "{shipped}");
    let loudest = |prompt: &Value| {
        let bars = prompt["bars"].as_array().expect("bars");
        bars.iter().filter_map(Value::as_u64).max()
    };
    assert!(loudest(&shipped) > Some(10));
    let (status, brought) = bring(&admin, "greeting", wav(44_100, 3)).await;
    assert_eq!(status, 200, "{brought}");
    assert_eq!(
        (&brought["source"], &brought["text"]),
        (&json!("uploaded"), &shipped["text"])
    );
    assert_eq!(brought["duration_ms"], 3000);
    assert!(
        loudest(&brought) > Some(10),
        "quiet as it was brought, it is as loud as the rest"
    );
    let heard = admin.request(Method::GET, "/api/v1/prompts/greeting/audio");
    let heard = heard
        .send()
        .await
        .expect("an answer")
        .bytes()
        .await
        .expect("sound");
    let reader = hound::WavReader::new(std::io::Cursor::new(heard)).expect("a WAV");
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (8000, 1));
    assert_eq!(admin.delete("/api/v1/prompts/greeting").await.0, 204);
    assert_eq!(named(&admin, "greeting").await, shipped);
    assert_eq!(
        admin.delete("/api/v1/prompts/greeting").await.0,
        404,
        "there is nothing of ours left"
    );
    hotline.settle().await;
}

#[tokio::test]
async fn a_new_prompt_can_be_said_by_a_flow_and_then_not_be_taken_away() {
    let (hotline, admin) = county().await;
    let path = "flood-notice?recorded=true&text=%E6%B1%9B%E6%9C%9F";
    let (status, new) = bring(&admin, path, wav(16_000, 2)).await;
    assert_eq!(
        (status.as_u16(), &new["source"], &new["text"]),
        (200, &json!("recorded"), &json!("汛期"))
    );
    let (_, menu) = admin.get("/api/v1/menus/default").await;
    let mut flow = menu["flow"].clone();
    flow["nodes"]["notice"]["prompts"] = json!(["flood-notice"]);
    let (status, saved) = admin.put("/api/v1/menus/default", &json!({ "flow": flow })).await;
    assert_eq!(status, 200, "{saved}");
    let (status, problem) = admin.delete("/api/v1/prompts/flood-notice").await;
    assert_eq!(status, 409, "{problem}");
    let back = admin
        .post("/api/v1/menus/default/rollback", &json!({"version": 1}))
        .await;
    assert_eq!(back.0, 200);
    assert_eq!(admin.delete("/api/v1/prompts/flood-notice").await.0, 204);
    assert_eq!(named(&admin, "flood-notice").await, Value::Null);
    hotline.settle().await;
}

#[tokio::test]
async fn what_is_no_prompt_is_refused_in_words() {
    let (_hotline, admin) = county().await;
    let refused = async |path: &str, bytes: Vec<u8>| {
        let (status, problem) = bring(&admin, path, bytes).await;
        assert_eq!(status, 422, "{problem}");
        problem["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let mut lies = wav(8000, 2);
    lies.truncate(20_000);
    let said = refused("greeting", lies).await;
    assert!(
        said.contains("文件头写明有 64000 字节声音，实际只有 19956 字节"),
        "{said}"
    );
    assert_eq!(refused("greeting", vec![]).await, "文件是空的");
    assert!(refused("greeting", wav(8000, 181)).await.contains("超过 180 秒"));
    assert!(
        refused("greeting", b"no sound".to_vec())
            .await
            .starts_with("不是可识别的")
    );
    assert!(
        refused("Greeting?text=x", wav(8000, 1))
            .await
            .starts_with("应为小写字母")
    );
    assert!(
        refused("new-one", wav(8000, 1))
            .await
            .starts_with("应写明说的是什么")
    );
    assert_eq!(named(&admin, "greeting").await["source"], "shipped");
}

#[tokio::test]
async fn everybody_in_the_office_listens_and_administrators_change() {
    let (hotline, _) = county().await;
    for role in Role::ALL {
        let client = hotline.client(role).await;
        let listens = if role == Role::Unit { 403 } else { 200 };
        assert_eq!(client.get("/api/v1/prompts").await.0, listens, "{role}");
        let (status, _) = bring(&client, "beep", wav(8000, 1)).await;
        let changes = if role == Role::Admin { 422 } else { 403 };
        // The beep has no text yet: an administrator is asked for one.
        assert_eq!(status, changes, "{role}");
    }
}
