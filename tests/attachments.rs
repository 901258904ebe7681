//! Attachments through the doors: what is taken, what is refused, who sees it, and that nothing half-written stays.

mod support;

use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use minsheng::{
    accounts::{Role, User},
    attachments::{self, Limits, MEGABYTE, Offer},
    tickets,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Client, TestApp, answer, journey::provision, person};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR of a photo";
const FILM: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom a film";
const PDF: &[u8] = b"%PDF-1.7 a document";

async fn county() -> TestApp {
    county_with(Limits::default()).await
}

async fn county_with(limits: Limits) -> TestApp {
    let hotline = TestApp::start_with(|config| config.attachment_limits = limits).await;
    provision(&hotline).await;
    for (name, unit) in [("water", "gongshui"), ("heat", "reli")] {
        let clerk = User {
            unit_code: Some(unit.into()),
            ..person(name, Role::Unit)
        };
        hotline.add_person(&clerk).await;
    }
    hotline
}

async fn act(hotline: &TestApp, who: &str, number: &str, verb: &str, body: Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/tickets/{number}/{verb}");
    hotline.client_of(who).await.post(&path, &body).await
}

async fn done(hotline: &TestApp, who: &str, number: &str, verb: &str, body: Value) -> Value {
    let (status, answer) = act(hotline, who, number, verb, body).await;
    assert_eq!(status, StatusCode::OK, "{who} {verb}: {answer}");
    answer
}

/// A ticket that the water company handles.
async fn handled(hotline: &TestApp) -> String {
    let fields = json!({"title": "清河湾停水", "contact_phone": "13800000001"});
    let (_, ticket) = hotline
        .client(Role::Operator)
        .await
        .post("/api/v1/tickets", &fields)
        .await;
    let number = ticket["number"].as_str().expect("number").to_owned();
    done(hotline, "operator", &number, "accept", json!({})).await;
    let to = json!({"unit_code": "gongshui"});
    done(hotline, "dispatcher", &number, "dispatch", to).await;
    done(hotline, "water", &number, "sign", json!({})).await;
    number
}

async fn upload(client: &Client, number: &str, name: &str, bytes: &[u8]) -> (StatusCode, Value) {
    let request = client
        .request(Method::POST, &format!("/api/v1/tickets/{number}/attachments"))
        .query(&[("name", name)])
        .body(bytes.to_vec());
    answer(request).await
}

async fn uploaded(hotline: &TestApp, who: &str, number: &str, name: &str, bytes: &[u8]) -> String {
    let client = hotline.client_of(who).await;
    let (status, made) = upload(&client, number, name, bytes).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made["id"].as_str().expect("id").to_owned()
}

async fn shown(hotline: &TestApp, who: &str, number: &str) -> Vec<Value> {
    let client = hotline.client_of(who).await;
    let (_, ticket) = client.get(&format!("/api/v1/tickets/{number}")).await;
    ticket["attachments"].as_array().expect("attachments").clone()
}

/// Every file below the folder of attachments.
fn files(hotline: &TestApp) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => walk(&path, found),
                path => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    walk(&hotline.app.config.attachments(), &mut found);
    found
}

#[tokio::test]
async fn a_photo_goes_with_the_step_and_stays() {
    let hotline = county().await;
    let number = handled(&hotline).await;
    let id = uploaded(&hotline, "water", &number, "现场.png", PNG).await;
    assert_eq!(shown(&hotline, "water", &number).await[0]["step"], Value::Null);
    assert!(
        shown(&hotline, "dispatcher", &number).await.is_empty(),
        "still in hand"
    );

    let body = json!({"text": "已到场开挖", "attachments": [id]});
    let ticket = done(&hotline, "water", &number, "progress", body.clone()).await;
    let last = ticket["timeline"]
        .as_array()
        .expect("timeline")
        .last()
        .expect("event")
        .clone();
    assert_eq!(last["kind"], "attached");
    assert_eq!(last["detail"]["files"][0]["name"], "现场.png");
    let seen = &shown(&hotline, "dispatcher", &number).await[0];
    assert_eq!(
        (&seen["step"], &seen["mime"]),
        (&json!("progress"), &json!("image/png"))
    );
    assert_eq!(seen["uploader"], "water 某");
    let (status, problem) = act(&hotline, "water", &number, "progress", body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "sent once");
    assert_eq!(problem["errors"][0]["field"], "attachments");

    let path = format!("/api/v1/tickets/{number}/attachments/{id}");
    let office = hotline.client(Role::Dispatcher).await;
    let response = office.request(Method::GET, &path).send().await.expect("answer");
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "sandbox; default-src 'none'");
    assert!(
        header("content-disposition").starts_with("attachment; "),
        "{response:?}"
    );
    assert_eq!(response.bytes().await.expect("bytes"), PNG);
    let (status, problem) = office.delete(&path).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        problem["detail"]
            .as_str()
            .expect("detail")
            .contains("已随步骤提交")
    );
    let supervisor = hotline.client(Role::Supervisor).await;
    let (_, log) = supervisor
        .get(&format!("/api/v1/audit?action=attachment.read&object_id={id}"))
        .await;
    assert_eq!(log["items"][0]["actor"], "dispatcher", "{log}");

    let mut tx = hotline.app.db.read().await.expect("read");
    let kept = tickets::find(&mut tx, &number).await.expect("found");
    assert_eq!(kept, tickets::rebuilt(&mut tx, &number).await.expect("rebuilt"));
}

#[tokio::test]
async fn a_refused_step_sends_nothing() {
    let hotline = county().await;
    let number = handled(&hotline).await;
    let id = uploaded(&hotline, "water", &number, "a.png", PNG).await;
    let empty = json!({"text": " ", "attachments": [id]});
    let (status, _) = act(&hotline, "water", &number, "progress", empty).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(shown(&hotline, "water", &number).await[0]["step"], Value::Null);
    // Nor does anybody send what another has in hand.
    let fill = json!({"version": 0, "attachments": [id]});
    let (status, _) = act(&hotline, "operator", &number, "fill", fill).await;
    assert!(status.is_client_error());
    assert_eq!(shown(&hotline, "water", &number).await[0]["step"], Value::Null);
}

#[tokio::test]
async fn intake_takes_the_citizens_photos_along() {
    let hotline = county().await;
    let operator = hotline.client(Role::Operator).await;
    let (_, ticket) = operator.post("/api/v1/tickets", &json!({"title": "井盖"})).await;
    let number = ticket["number"].as_str().expect("number").to_owned();
    let id = uploaded(&hotline, "operator", &number, "井盖.png", PNG).await;
    let body = json!({"version": ticket["version"], "attachments": [id]});
    let ticket = done(&hotline, "operator", &number, "fill", body).await;
    assert_eq!(ticket["attachments"][0]["step"], "fill");
}

#[tokio::test]
async fn a_film_is_sent_by_parts() {
    let hotline = county().await;
    let number = handled(&hotline).await;
    let id = uploaded(&hotline, "water", &number, "现场.mp4", FILM).await;
    let path = format!("/api/v1/tickets/{number}/attachments/{id}");
    let water = hotline.client_of("water").await;
    let request = water.request(Method::GET, &path).header("range", "bytes=4-7");
    let response = request.send().await.expect("answer");
    assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(response.headers()["content-type"], "video/mp4");
    assert_eq!(response.text().await.expect("text"), "ftyp");
}

#[tokio::test]
async fn what_is_no_attachment_is_refused_and_leaves_nothing() {
    let hotline = county_with(Limits {
        file_bytes: MEGABYTE,
        ticket_bytes: MEGABYTE + 16,
        files: 2,
    })
    .await;
    let number = handled(&hotline).await;
    let water = hotline.client_of("water").await;
    let big = [PNG, &vec![0; 1 << 20]].concat();
    for (name, bytes, status, says) in [
        ("井盖.jpg", PDF, 422, "内容却是PDF"),
        ("井盖.exe", PNG, 422, "“.exe”文件"),
        ("空.jpg", b"", 422, "文件是空的"),
        ("x.docx", b"PK\x03\x04 a document", 422, "只接受照片"),
        ("../../x", PNG, 422, "含有路径"),
        ("大.png", &big, 413, "不能超过 1 MB"),
    ] {
        let (answered, problem) = upload(&water, &number, name, bytes).await;
        assert_eq!(answered.as_u16(), status, "{name}: {problem}");
        assert!(
            problem["detail"].as_str().expect("detail").contains(says),
            "{problem}"
        );
    }
    // Larger than it said, as far as it said anything.
    let blocks = futures::stream::iter(vec![Ok::<_, std::io::Error>(PNG.to_vec()), Ok(vec![0; 1 << 20])]);
    let request = water
        .request(
            Method::POST,
            &format!("/api/v1/tickets/{number}/attachments?name=a.png"),
        )
        .body(reqwest::Body::wrap_stream(blocks));
    let (status, _) = answer(request).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(files(&hotline), Vec::<PathBuf>::new());
    assert!(shown(&hotline, "water", &number).await.is_empty());

    uploaded(&hotline, "water", &number, "a.png", PNG).await;
    let (status, problem) = upload(&water, &number, "b.png", &big[..1 << 20]).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    uploaded(&hotline, "water", &number, "b.pdf", PDF).await;
    let (status, problem) = upload(&water, &number, "c.png", PNG).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        problem["detail"].as_str().expect("detail").contains("已达 2 个"),
        "{problem}"
    );
}

#[tokio::test]
async fn two_gigabytes_are_refused_before_they_come() {
    let hotline = county().await;
    let number = handled(&hotline).await;
    let water = hotline.client_of("water").await;
    let request = water
        .request(
            Method::POST,
            &format!("/api/v1/tickets/{number}/attachments?name=a.mp4"),
        )
        .build()
        .expect("request");
    let token = request.headers()["authorization"].to_str().expect("token");
    let host = hotline.url.strip_prefix("http://").expect("address");
    let mut connection = tokio::net::TcpStream::connect(host).await.expect("connected");
    let head = format!(
        "POST {}?name=a.mp4 HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\nContent-Type: video/mp4\r\nContent-Length: 2147483648\r\n\r\n",
        request.url().path()
    );
    connection.write_all(head.as_bytes()).await.expect("sent");
    let mut told = [0; 12];
    connection
        .read_exact(&mut told)
        .await
        .expect("an answer without a body");
    assert_eq!(&told, b"HTTP/1.1 413");
    assert!(files(&hotline).is_empty());
}

fn offer(number: &str) -> Offer {
    Offer {
        number: number.into(),
        name: "a.png".into(),
        declared: String::new(),
        length: None,
        uploader: "water".into(),
        unit_code: None,
        key: None,
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let hotline = county().await;
    let number = handled(&hotline).await;
    let half = futures::stream::iter([Ok(PNG), Err("gone")]);
    let refused = attachments::receive(&hotline.app, offer(&number), half).await;
    assert!(
        matches!(refused, Err(attachments::Error::Interrupted)),
        "{refused:?}"
    );
    assert!(files(&hotline).is_empty() && shown(&hotline, "water", &number).await.is_empty());
}

#[tokio::test]
async fn a_daemon_that_dies_between_row_and_place_puts_it_right_at_its_next_start() {
    let hotline = county().await;
    let number = handled(&hotline).await;
    let id = uploaded(&hotline, "water", &number, "a.png", PNG).await;
    let place = files(&hotline).remove(0);
    let incoming = hotline.app.config.attachments().join("incoming");
    std::fs::rename(&place, incoming.join(&id)).expect("as it was before the move");
    std::fs::write(incoming.join("0123456789abcdef"), PNG).expect("a part without a row");
    attachments::recover(&hotline.app).await.expect("recovered");
    assert_eq!(files(&hotline), [place]);
    let water = hotline.client_of("water").await;
    let path = format!("/api/v1/tickets/{number}/attachments/{id}");
    assert_eq!(water.get(&path).await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_was_not_sent_is_taken_back_or_goes_by_itself() {
    let hotline = county().await;
    let number = handled(&hotline).await;
    let first = uploaded(&hotline, "water", &number, "a.png", PNG).await;
    let second = uploaded(&hotline, "water", &number, "b.png", PNG).await;
    assert_eq!(files(&hotline).len(), 1, "the same photo lies there once");
    let path = format!("/api/v1/tickets/{number}/attachments/{first}");
    let dispatcher = hotline.client(Role::Dispatcher).await;
    assert_eq!(
        dispatcher.delete(&path).await.0,
        StatusCode::NOT_FOUND,
        "another's"
    );
    let water = hotline.client_of("water").await;
    assert_eq!(water.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert_eq!(files(&hotline).len(), 1, "the other row has it still");
    hotline.advance(TimeDelta::hours(47)).await;
    assert_eq!(shown(&hotline, "water", &number).await[0]["id"], second.as_str());
    hotline.advance(TimeDelta::hours(2)).await;
    assert!(shown(&hotline, "water", &number).await.is_empty());
    assert!(files(&hotline).is_empty());
}

#[tokio::test]
async fn an_upload_sent_again_with_its_key_is_one() {
    let hotline = county().await;
    let number = handled(&hotline).await;
    let water = hotline.client_of("water").await;
    let send = || {
        let path = format!("/api/v1/tickets/{number}/attachments?name=a.png");
        let request = water.request(Method::POST, &path).header("idempotency-key", "k1");
        answer(request.body(PNG.to_vec()))
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(first, second);
    assert_eq!(shown(&hotline, "water", &number).await.len(), 1);
}

#[tokio::test]
async fn attachments_are_as_private_as_their_ticket() {
    let hotline = county().await;
    let number = handled(&hotline).await;
    let sent = uploaded(&hotline, "water", &number, "报告.pdf", PDF).await;
    let body = json!({"text": "已到场", "attachments": [sent]});
    done(&hotline, "water", &number, "progress", body).await;
    let path = format!("/api/v1/tickets/{number}/attachments/{sent}");
    let heat = hotline.client_of("heat").await;
    assert_eq!(heat.get(&path).await.0, StatusCode::NOT_FOUND, "another unit");
    assert_eq!(
        upload(&heat, &number, "a.png", PNG).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(hotline.stranger().get(&path).await.0, StatusCode::UNAUTHORIZED);

    let kept = json!({"reason": "举报人要求保密", "named": ["operator"]});
    done(&hotline, "supervisor", &number, "protect", kept).await;
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let (status, problem) = dispatcher.get(&path).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        problem["detail"].as_str().expect("detail").contains("保密"),
        "{problem}"
    );
    assert!(shown(&hotline, "dispatcher", &number).await.is_empty());
    assert_eq!(shown(&hotline, "operator", &number).await.len(), 1, "the named");
    assert_eq!(shown(&hotline, "water", &number).await.len(), 1, "who took it");
    let elsewhere = handled(&hotline).await;
    let wrong = format!("/api/v1/tickets/{elsewhere}/attachments/{sent}");
    let operator = hotline.client(Role::Operator).await;
    assert_eq!(
        operator.get(&wrong).await.0,
        StatusCode::NOT_FOUND,
        "by another ticket's name"
    );
}

#[tokio::test]
async fn a_check_at_the_site_keeps_its_photos_from_those_who_must_not_see_the_place() {
    let hotline = county().await;
    let number = handled(&hotline).await;
    let supervisor = hotline.client(Role::Supervisor).await;
    let plan = json!({"ticket_number": number, "planned_on": "2026-03-02", "auditor": "王督查"});
    let (status, audit) = supervisor.post("/api/v1/field-audits", &plan).await;
    assert_eq!(status, StatusCode::CREATED, "{audit}");
    let id = uploaded(&hotline, "supervisor", &number, "现场.png", PNG).await;
    let finding =
        json!({"checked_on": "2026-03-02", "result": "true", "finding": "已修复", "attachments": [id]});
    let path = format!("/api/v1/field-audits/{}/result", audit["id"]);
    let (status, noted) = supervisor.post(&path, &finding).await;
    assert_eq!(status, StatusCode::OK, "{noted}");
    assert_eq!(noted["attachments"][0]["name"], "现场.png");
    let kept = json!({"reason": "举报人要求保密", "named": ["operator"]});
    done(&hotline, "dispatcher", &number, "protect", kept).await;
    for (who, count) in [
        ("dispatcher", 1),
        ("operator", 1),
        ("supervisor", 1),
        ("admin", 0),
    ] {
        let (_, list) = hotline.client_of(who).await.get("/api/v1/field-audits").await;
        let files = list["items"][0]["attachments"].as_array().expect("files").len();
        assert_eq!(files, count, "{who}: {list}");
    }
}
