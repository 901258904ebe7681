//! Notices out of the house: an SMS gateway and a mail server on loopback that write down what they are told.

mod support;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use minsheng::{
    accounts::Role,
    config::{Config, Mail, MailSecurity, Sms, SmsStatus},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    TestApp,
    gateway::{GOOD, Heard, answer_one, gateway, sms},
    journey::provision,
    person,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

const BUSY: &str = "HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy";
const WRONG: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"code\":7}";
const REFUSED: &str = "HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno";

/// A mail server that takes every letter.
async fn mail_server() -> (SocketAddr, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    let heard = Heard::default();
    let kept = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let letter = take_letter(stream).await;
            kept.lock().expect("lock").push(letter);
        }
    });
    (address, heard)
}

async fn take_letter(stream: TcpStream) -> String {
    let mut stream = BufReader::new(stream);
    let (mut letter, mut in_data) = (String::new(), false);
    stream.write_all(b"220 test\r\n").await.expect("greeted");
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return letter;
        }
        letter.push_str(&line);
        let answer: &[u8] = match (in_data, line.trim_end()) {
            (true, ".") => {
                in_data = false;
                b"250 taken\r\n"
            }
            (true, _) => continue,
            (false, "DATA") => {
                in_data = true;
                b"354 go on\r\n"
            }
            (false, "QUIT") => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer).await.expect("answered");
    }
}

/// One that can be asked about a message.
fn sms_with_status(address: SocketAddr) -> Sms {
    let status = SmsStatus {
        url: format!("http://{address}/status?id={{{{id}}}}"),
        method: "GET".into(),
        body: String::new(),
        taken: "\"found\":1".into(),
        unknown: "\"found\":0".into(),
    };
    Sms {
        status: Some(status),
        ..sms(address)
    }
}

fn mail(address: SocketAddr) -> Mail {
    Mail {
        server: address.ip().to_string(),
        port: address.port(),
        security: MailSecurity::None,
        login: None,
        from: "12345热线 <12345@example.gov.cn>".into(),
        timeout: Duration::from_secs(5),
    }
}

async fn county(configure: impl FnOnce(&mut Config)) -> TestApp {
    let hotline = TestApp::start_with(configure).await;
    provision(&hotline).await;
    let mut user = person("water", Role::Unit);
    user.unit_code = Some("gongshui".into());
    hotline.add_person(&user).await;
    let people = json!({"contacts": [
        {"name": "王\"主任\"", "mobile": "13800000001", "sms": true, "duty": "周一;周二;周三;周四;周五"},
        {"name": "李科长", "email": "li@example.cn", "mail": true},
        {"name": "周末", "mobile": "13800000002", "sms": true, "duty": "周六;周日"},
    ]});
    let water = hotline.client_of("water").await;
    let (status, kept) = water
        .put("/api/v1/unit-directory/gongshui/contacts", &people)
        .await;
    assert_eq!(status, StatusCode::OK, "{kept}");
    hotline.settle().await;
    hotline
}

async fn dispatched(hotline: &TestApp, band: &str) -> String {
    let fields = json!({"title": "清河湾\"停水\"", "contact_phone": "13800000009", "band": band});
    let operator = hotline.client_of("operator").await;
    let (_, ticket) = operator.post("/api/v1/tickets", &fields).await;
    let number = ticket["number"].as_str().expect("number").to_owned();
    for (who, verb, body) in [
        ("operator", "accept", json!({})),
        ("dispatcher", "dispatch", json!({"unit_code": "gongshui"})),
    ] {
        let path = format!("/api/v1/tickets/{number}/{verb}");
        let (status, answer) = hotline.client_of(who).await.post(&path, &body).await;
        assert_eq!(status, StatusCode::OK, "{verb}: {answer}");
    }
    number
}

async fn deliveries(hotline: &TestApp) -> Vec<Value> {
    let (_, page) = hotline
        .client_of("supervisor")
        .await
        .get("/api/v1/notices/deliveries")
        .await;
    page["items"].as_array().expect("items").clone()
}

#[tokio::test]
async fn a_reminder_goes_to_who_is_on_duty_by_sms_and_mail_and_once() {
    let (sms_at, texts) = gateway(vec![GOOD]).await;
    let (mail_at, letters) = mail_server().await;
    let hotline = county(|config| {
        config.sms = Some(sms(sms_at));
        config.mail = Some(mail(mail_at));
    })
    .await;
    let number = dispatched(&hotline, "C").await;
    hotline.advance(TimeDelta::hours(30)).await;
    let all = deliveries(&hotline).await;
    assert!(all.iter().all(|row| row["state"] == "sent"), "{all:?}");
    let said = texts.lock().expect("lock").clone();
    assert_eq!(
        said.len(),
        all.iter().filter(|row| row["channel"] == "sms").count()
    );
    assert!(!said.is_empty());
    assert!(
        said[0].starts_with("POST /send?to=13800000001 HTTP/1.1"),
        "{}",
        said[0]
    );
    assert!(said[0].contains("authorization: Bearer secret"));
    let (_, body) = said[0].split_once("\r\n\r\n").expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON although a title has quotes");
    assert_eq!(body["phone"], "13800000001");
    assert!(
        body["text"]
            .as_str()
            .is_some_and(|text| text.contains(&number) && text.contains("\"停水\""))
    );
    let letter = letters.lock().expect("lock").first().cloned().expect("a letter");
    assert!(
        letter.contains("RCPT TO:<li@example.cn>") && letter.contains("Message-ID: <minsheng-"),
        "{letter}"
    );
    hotline.settle().await;
    assert_eq!(texts.lock().expect("lock").len(), said.len(), "told once");
}

#[tokio::test]
async fn a_gateway_that_is_busy_is_asked_again_with_the_same_id() {
    let (address, texts) = gateway(vec![BUSY, WRONG, GOOD]).await;
    let hotline = county(|config| config.sms = Some(sms(address))).await;
    dispatched(&hotline, "C").await;
    hotline.settle().await;
    let row = |rows: &[Value]| {
        let sms = rows.iter().rfind(|row| row["channel"] == "sms");
        sms.cloned().expect("an SMS")
    };
    let first = row(&deliveries(&hotline).await);
    assert_eq!(first["state"], "waiting", "{first}");
    assert!(first["error"].as_str().is_some_and(|error| error.contains("503")));
    for _ in 0..8 {
        hotline.advance(TimeDelta::minutes(1)).await;
    }
    assert_eq!(row(&deliveries(&hotline).await)["state"], "sent");
    let said = texts.lock().expect("lock").clone();
    let id = |text: &String| {
        let line = text.lines().find(|line| line.starts_with("idempotency-key:"));
        line.expect("an id").to_owned()
    };
    assert!(said.len() >= 3);
    assert!(
        said.iter().filter(|text| id(text) == id(&said[0])).count() >= 3,
        "one message, three attempts"
    );
}

#[tokio::test]
async fn a_refusal_is_final_and_a_channel_not_set_up_is_said() {
    let (address, texts) = gateway(vec![REFUSED]).await;
    let hotline = county(|config| config.sms = Some(sms(address))).await;
    dispatched(&hotline, "C").await;
    hotline.advance(TimeDelta::hours(24)).await;
    let all = deliveries(&hotline).await;
    let states = |channel: &str| -> Vec<&str> {
        let of = all.iter().filter(|row| row["channel"] == channel);
        of.map(|row| row["state"].as_str().expect("state")).collect()
    };
    assert!(!states("sms").is_empty() && states("sms").iter().all(|state| *state == "failed"));
    assert!(!states("mail").is_empty() && states("mail").iter().all(|state| *state == "off"));
    let supervisor = hotline.client_of("supervisor").await;
    let (_, failed) = supervisor.get("/api/v1/notices/deliveries?state=failed").await;
    let failed = failed["items"].as_array().expect("items").len();
    assert_eq!(failed, states("sms").len(), "found by what became of it");
    let (status, _) = supervisor.get("/api/v1/notices/deliveries?state=lost").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let asked = texts.lock().expect("lock").len();
    hotline.advance(TimeDelta::minutes(30)).await;
    assert_eq!(texts.lock().expect("lock").len(), asked, "not asked again");
}

#[tokio::test]
async fn the_night_is_quiet_but_not_for_what_is_urgent() {
    let (address, texts) = gateway(vec![GOOD]).await;
    let hotline = county(|config| {
        config.sms = Some(sms(address));
        config.notices.quiet = Some((22 * 60, 7 * 60));
    })
    .await;
    // Ten in the morning to eleven at night.
    hotline.advance(TimeDelta::hours(13)).await;
    dispatched(&hotline, "S").await;
    hotline.advance(TimeDelta::minutes(20)).await;
    let urgent = texts.lock().expect("lock").len();
    assert!(urgent > 0, "band S wakes");
    dispatched(&hotline, "B").await;
    let band_b = |rows: Vec<Value>| {
        rows.iter()
            .filter(|row| row["state"] == "waiting" && row["channel"] == "sms")
            .count()
    };
    hotline.advance(TimeDelta::minutes(130)).await;
    assert!(band_b(deliveries(&hotline).await) > 0, "waits for the morning");
    hotline.advance(TimeDelta::hours(6)).await;
    assert_eq!(band_b(deliveries(&hotline).await), 0);
    assert!(texts.lock().expect("lock").len() > urgent);
}

#[tokio::test]
async fn who_is_given_a_ticket_is_told_at_once_and_each_unit_by_itself() {
    let (address, texts) = gateway(vec![GOOD]).await;
    let hotline = county(|config| config.sms = Some(sms(address))).await;
    let number = dispatched(&hotline, "C").await;
    hotline.settle().await;
    let said = texts.lock().expect("lock").clone();
    assert_eq!(said.len(), 1, "{said:?}");
    for wanted in [&number, "已派给贵单位", "前签收"] {
        assert!(said[0].contains(wanted), "{wanted} in {}", said[0]);
    }
    let (_, notices) = hotline.client_of("water").await.get("/api/v1/notices").await;
    assert_eq!(notices["unread"], 1, "in the console as well");

    // Back and given again: a new notice, though the clock runs out at the same time.
    let path = |verb: &str| format!("/api/v1/tickets/{number}/{verb}");
    let back = json!({"reason": "红线内", "basis": "《物业管理条例》", "suggested_unit": "zhujian"});
    let water = hotline.client_of("water").await;
    assert_eq!(water.post(&path("return"), &back).await.0, StatusCode::OK);
    let dispatcher = hotline.client_of("dispatcher").await;
    let approved = dispatcher
        .post(&path("approve_return"), &json!({"ground": "属实"}))
        .await;
    assert_eq!(approved.0, StatusCode::OK);
    let to = json!({"unit_code": "zhujian", "co_units": ["gongshui"]});
    assert_eq!(dispatcher.post(&path("dispatch"), &to).await.0, StatusCode::OK);
    hotline.settle().await;
    let said = texts.lock().expect("lock").clone();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[1].contains("（协办）"), "{}", said[1]);
}

/// A gateway that takes a message and dies before it answers: as if the daemon had died before it noted the answer.
async fn forgetful_gateway() -> (SocketAddr, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    let heard = Heard::default();
    let kept = heard.clone();
    tokio::spawn(async move {
        let mut answers = ["", GOOD].into_iter();
        let mut answer = "";
        while let Ok((stream, _)) = listener.accept().await {
            answer = answers.next().unwrap_or(answer);
            let request = answer_one(stream, answer).await;
            kept.lock().expect("lock").push(request);
        }
    });
    (address, heard)
}

#[tokio::test]
async fn a_send_that_was_cut_off_in_the_middle_is_the_same_message_again() {
    let (address, texts) = forgetful_gateway().await;
    let hotline = county(|config| config.sms = Some(sms(address))).await;
    dispatched(&hotline, "C").await;
    hotline.settle().await;
    assert_eq!(texts.lock().expect("lock").len(), 1, "taken, and not known to be");
    // A daemon that starts anew takes the job up again, and a further start finds nothing to do.
    for _ in 0..3 {
        hotline.advance(TimeDelta::minutes(2)).await;
    }
    let said = texts.lock().expect("lock").clone();
    let ids: std::collections::BTreeSet<String> = said
        .iter()
        .map(|text| {
            let line = text.lines().find(|line| line.starts_with("idempotency-key:"));
            line.expect("an id").to_owned()
        })
        .collect();
    assert_eq!((said.len(), ids.len()), (2, 1), "one message, by one id");
    let sent = deliveries(&hotline).await;
    assert!(
        sent.iter()
            .filter(|row| row["channel"] == "sms")
            .all(|row| row["state"] == "sent"),
        "{sent:?}"
    );
}

const FOUND: &str = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"found\":1}";
const NOT_FOUND: &str = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"found\":0}";

/// The first lines of what a gateway was asked.
fn asked(heard: &Heard) -> Vec<String> {
    let heard = heard.lock().expect("lock");
    let verbs = heard
        .iter()
        .filter_map(|request| request.split(['?', ' ']).nth(1));
    verbs.map(str::to_owned).collect()
}

async fn state_of_sms(hotline: &TestApp) -> String {
    let all = deliveries(hotline).await;
    let row = all.iter().find(|row| row["channel"] == "sms").expect("an SMS");
    row["state"].as_str().expect("a state").to_owned()
}

#[tokio::test]
async fn a_daemon_killed_while_the_gateway_has_the_message_asks_before_it_sends_again() {
    for (answer, requests) in [
        (FOUND, vec!["/send", "/status"]),
        (NOT_FOUND, vec!["/send", "/status", "/send"]),
    ] {
        // The first is taken and never answered: the daemon dies meanwhile.
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let address = listener.local_addr().expect("address");
        let hotline = county(|config| config.sms = Some(sms_with_status(address))).await;
        dispatched(&hotline, "C").await;
        let app = hotline.app.clone();
        let daemon = tokio::spawn(async move { app.settle().await.expect("settled") });
        let (mut stream, _) = listener.accept().await.expect("asked");
        let mut first = vec![0; 4_096];
        let read = stream.read(&mut first).await.expect("read");
        daemon.abort();
        assert!(daemon.await.is_err_and(|error| error.is_cancelled()));
        drop(stream);

        assert_eq!(state_of_sms(&hotline).await, "sending");
        let heard = Heard::default();
        let first = String::from_utf8_lossy(&first[..read]).into_owned();
        heard.lock().expect("lock").push(first);
        let kept = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let reply = if kept.lock().expect("lock").len() == 1 {
                    answer
                } else {
                    GOOD
                };
                let request = answer_one(stream, reply).await;
                kept.lock().expect("lock").push(request);
            }
        });
        // The dead worker's lease runs out.
        hotline.advance(TimeDelta::minutes(2)).await;
        assert_eq!(asked(&heard), requests);
        assert_eq!(state_of_sms(&hotline).await, "sent");
        hotline.advance(TimeDelta::minutes(10)).await;
        assert_eq!(asked(&heard), requests, "and no more");
    }
}

#[tokio::test]
async fn who_cannot_be_asked_now_is_not_sent_the_message_again() {
    let (address, texts) = gateway(vec!["", BUSY, FOUND]).await;
    let hotline = county(|config| config.sms = Some(sms_with_status(address))).await;
    dispatched(&hotline, "C").await;
    hotline.settle().await;
    assert_eq!(state_of_sms(&hotline).await, "sending", "the line was cut");
    for _ in 0..3 {
        hotline.advance(TimeDelta::minutes(2)).await;
    }
    assert_eq!(asked(&texts), ["/send", "/status", "/status"]);
    assert_eq!(state_of_sms(&hotline).await, "sent");
}

/// The first SMS that is in this state, if any.
async fn sms_in(hotline: &TestApp, state: &str) -> Option<Value> {
    let all = deliveries(hotline).await;
    all.into_iter()
        .find(|row| row["channel"] == "sms" && row["state"] == state)
}

async fn send_again(hotline: &TestApp, who: &str, row: &Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/notices/deliveries/{}/send", row["id"]);
    let client = hotline.client_of(who).await;
    client.post(&path, &json!({})).await
}

/// The ids of the messages that were sent, in their order; a question about one is none.
fn keys(heard: &Heard) -> Vec<String> {
    let mut heard = heard.lock().expect("lock").clone();
    heard.retain(|text| text.starts_with("POST"));
    let key = |text: &String| {
        text.lines()
            .find_map(|line| line.strip_prefix("idempotency-key: ").map(str::to_owned))
    };
    heard.iter().filter_map(key).collect()
}

#[tokio::test]
async fn what_was_refused_is_sent_again_once_for_each_press_and_as_a_message_of_its_own() {
    let (address, texts) = gateway(vec![REFUSED, GOOD]).await;
    let hotline = county(|config| config.sms = Some(sms(address))).await;
    dispatched(&hotline, "C").await;
    hotline.settle().await;
    let failed = sms_in(&hotline, "failed").await.expect("a failed SMS");
    let before = texts.lock().expect("lock").len();
    let (status, _) = send_again(&hotline, "dispatcher", &failed).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a supervisor's to say");
    let (status, _) = send_again(&hotline, "supervisor", &json!({"id": 404_404})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, answer) = send_again(&hotline, "supervisor", &failed).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    let (status, answer) = send_again(&hotline, "supervisor", &failed).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::CONFLICT, &json!("delivery-under-way"))
    );
    hotline.settle().await;
    let (status, _) = send_again(&hotline, "supervisor", &failed).await;
    assert_eq!(status, StatusCode::CONFLICT, "it is there");
    hotline.advance(TimeDelta::minutes(10)).await;
    assert_eq!(texts.lock().expect("lock").len(), before + 1, "once");
    let sent = sms_in(&hotline, "sent").await.expect("sent");
    assert_eq!((&sent["id"], &sent["error"]), (&failed["id"], &Value::Null));
    let keys = keys(&texts);
    assert_eq!(
        keys[1],
        format!("{}-1", keys[0]),
        "the gateway may not take it for the one it refused"
    );
}

/// Takes every message without an answer; can be asked about one once it is awake.
async fn silent_gateway(awake: Arc<AtomicBool>) -> (SocketAddr, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    let heard = Heard::default();
    let kept = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut verb = [0; 3];
            let is_question = stream.peek(&mut verb).await.is_ok() && &verb == b"GET";
            let answer = match (is_question, awake.load(Ordering::Relaxed)) {
                (true, true) => FOUND,
                (true, false) => BUSY,
                (false, _) => "",
            };
            let request = answer_one(stream, answer).await;
            kept.lock().expect("lock").push(request);
        }
    });
    (address, heard)
}

#[tokio::test]
async fn what_may_have_been_taken_is_asked_for_before_it_is_sent_again() {
    let awake = Arc::new(AtomicBool::new(false));
    let (address, texts) = silent_gateway(awake.clone()).await;
    let hotline = county(|config| config.sms = Some(sms_with_status(address))).await;
    dispatched(&hotline, "C").await;
    for _ in 0..30 {
        hotline.advance(TimeDelta::minutes(10)).await;
        if sms_in(&hotline, "failed").await.is_some() {
            break;
        }
    }
    let failed = sms_in(&hotline, "failed").await.expect("given up");
    assert!(
        failed["error"]
            .as_str()
            .is_some_and(|error| error.contains("不能确定")),
        "{failed}"
    );
    let first = keys(&texts)[0].clone();
    awake.store(true, Ordering::Relaxed);
    let (status, _) = send_again(&hotline, "supervisor", &failed).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    hotline.settle().await;
    let after = deliveries(&hotline).await;
    let row = after
        .iter()
        .find(|row| row["id"] == failed["id"])
        .expect("the row");
    assert_eq!(row["state"], "sent");
    let sends = keys(&texts).into_iter().filter(|key| *key == first);
    assert_eq!(sends.count(), 1, "it was there, and is not sent twice");
}
