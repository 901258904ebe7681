//! Prompts that the county brings in: made fit for the telephone, heard, taken back; and what is refused.

mod support;

use std::{path::Path, time::Duration};

use minsheng::{accounts::Role, config::Synthesis, provisioning};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Client, TestApp, answer};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

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

/// A speech endpoint that writes down what it is asked.
async fn endpoint(status: &'static str, sound: Vec<u8>) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let url = format!(
        "http://{}/v1/audio/speech",
        listener.local_addr().expect("address")
    );
    let asked = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a request");
        let mut stream = BufReader::new(stream);
        let (mut request, mut length) = (String::new(), 0);
        while !request.ends_with("\r\n\r\n") {
            let from = request.len();
            stream.read_line(&mut request).await.expect("a line");
            if let Some(count) = request[from..].to_lowercase().strip_prefix("content-length:") {
                length = count.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.expect("a body");
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", sound.len());
        stream.write_all(head.as_bytes()).await.expect("answered");
        stream.write_all(&sound).await.expect("answered");
        request + &String::from_utf8_lossy(&body)
    });
    (url, asked)
}

async fn county_with_voice(url: String) -> (TestApp, Client) {
    let hotline = TestApp::start_with(|config| {
        config.speech.synthesis = Some(Synthesis {
            url,
            key: Some("secret".into()),
            model: "cosyvoice".into(),
            voice: "xiaoxiao".into(),
            timeout: Duration::from_secs(10),
        });
    })
    .await;
    let admin = hotline.client(Role::Admin).await;
    (hotline, admin)
}

const SPEAK: &str = "/api/v1/speech?text=%E6%B1%9B%E6%9C%9F%E6%8F%90%E7%A4%BA";

#[tokio::test]
async fn a_text_is_spoken_heard_and_kept() {
    let (url, asked) = endpoint("200 OK", wav(24_000, 2)).await;
    let (hotline, admin) = county_with_voice(url).await;
    let spoken = admin.request(Method::GET, SPEAK).send().await.expect("an answer");
    assert_eq!(spoken.status(), 200);
    assert_eq!(spoken.headers()["content-type"], "audio/wav");
    let sound = spoken.bytes().await.expect("sound");
    let reader = hound::WavReader::new(std::io::Cursor::new(&sound)).expect("a WAV");
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (8000, 1));
    assert_eq!(reader.duration(), 16_000);
    let asked = asked.await.expect("asked");
    assert!(asked.starts_with("POST /v1/audio/speech HTTP/1.1"), "{asked}");
    assert!(
        asked.to_lowercase().contains("authorization: bearer secret"),
        "{asked}"
    );
    let body: Value = serde_json::from_str(asked.split("\r\n\r\n").nth(1).expect("a body")).expect("JSON");
    let expected =
        json!({"model": "cosyvoice", "voice": "xiaoxiao", "input": "汛期提示", "response_format": "wav"});
    assert_eq!(body, expected);
    let path = "flood?synthesised=true&text=%E6%B1%9B%E6%9C%9F%E6%8F%90%E7%A4%BA";
    let (status, kept) = bring(&admin, path, sound.to_vec()).await;
    assert_eq!(
        (status.as_u16(), &kept["source"]),
        (200, &json!("synthesised")),
        "{kept}"
    );
    hotline.settle().await;
}

#[tokio::test]
async fn without_an_endpoint_or_with_one_that_fails_it_is_said_why() {
    let (_hotline, admin) = county().await;
    let (status, problem) = admin.get(SPEAK).await;
    assert_eq!(status, 409);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap_or_default()
            .contains("synthesis_url"),
        "{problem}"
    );
    let cases = [
        ("401 Unauthorized", b"bad key".to_vec(), "返回 401：bad key"),
        ("200 OK", b"{}".to_vec(), "不是可用的声音"),
        ("200 OK", Vec::new(), "文件是空的"),
    ];
    for (answer, sound, said) in cases {
        let (url, _asked) = endpoint(answer, sound).await;
        let (_hotline, admin) = county_with_voice(url).await;
        let (status, problem) = admin.get(SPEAK).await;
        assert_eq!(status, 503, "{problem}");
        assert!(
            problem["detail"].as_str().unwrap_or_default().contains(said),
            "{problem}"
        );
    }
    let (_hotline, admin) = county_with_voice("http://127.0.0.1:9/v1".into()).await;
    assert_eq!(admin.get(SPEAK).await.0, 503);
    assert_eq!(admin.get("/api/v1/speech?text=").await.0, 422);
}

#[tokio::test]
async fn only_administrators_have_texts_spoken() {
    let (hotline, _) = county().await;
    for role in Role::ALL {
        let expected = if role == Role::Admin { 409 } else { 403 };
        assert_eq!(hotline.client(role).await.get(SPEAK).await.0, expected, "{role}");
    }
}

/// Two seconds of 440 Hz in stereo at 44.1 kHz, 48 kbit/s, with a title in UTF-16: encoded by LAME.
const MP3: &[u8] = include_bytes!("data/tone.mp3");

async fn sound(client: &Client, name: &str) -> Vec<i16> {
    let heard = client.request(Method::GET, &format!("/api/v1/prompts/{name}/audio"));
    let bytes = heard
        .send()
        .await
        .expect("an answer")
        .bytes()
        .await
        .expect("sound");
    let mut reader = hound::WavReader::new(std::io::Cursor::new(bytes)).expect("a WAV");
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (8000, 1));
    reader
        .samples::<i16>()
        .map(|sample| sample.expect("a sample"))
        .collect()
}

#[tokio::test]
async fn an_mp3_is_made_fit_for_the_telephone_at_its_own_length_and_pitch() {
    let (_hotline, admin) = county().await;
    let (status, brought) = bring(&admin, "tone?text=x", MP3.to_vec()).await;
    assert_eq!(status, 200, "{brought}");
    let ms = brought["duration_ms"].as_i64().expect("a length");
    // The encoder pads its frames.
    assert!((1990..2150).contains(&ms), "{ms}");
    let heard = sound(&admin, "tone").await;
    let middle = heard.get(4000..12_000).expect("a second");
    let rises = middle
        .windows(2)
        .filter(|pair| pair[0] < 0 && pair[1] >= 0)
        .count();
    assert!((438..=442).contains(&rises), "{rises} Hz");
    let loudest = middle.iter().map(|sample| i32::from(*sample).abs()).max();
    assert!(loudest > Some(2000), "{loudest:?}");
}

#[tokio::test]
async fn an_mp3_that_was_cut_off_is_as_long_as_what_is_there() {
    let (_hotline, admin) = county().await;
    let (status, brought) = bring(&admin, "tone?text=x", MP3[..MP3.len() / 2].to_vec()).await;
    assert_eq!(status, 200, "{brought}");
    let ms = brought["duration_ms"].as_i64().expect("a length");
    assert!((800..1200).contains(&ms), "{ms}");
}
