//! Operators and supervisors in browsers, by HTTP, with a real switchboard, real WebRTC peers and a carrier that answers.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;
#[path = "../telephony/tests/webrtc/mod.rs"]
mod webrtc;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use minsheng::accounts::Role;
use minsheng::config::{SipListen, Transport, Trunk};
use minsheng::switchboard::{self, Switchboard};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{Client, TestApp};
use telephony::driver::media::MediaConfig;
use telephony::driver::{Config, Driver};
use telephony::phone::{PhoneCommand, PhoneNews, PhoneSettings, Phones};
use telephony::sip;
use webrtc::{Browser, LOCALHOST, offering, seconds};

const PATIENCE: Duration = Duration::from_secs(30);

struct Hall {
    hotline: TestApp,
    switchboard: Switchboard,
    carrier: Driver<Phones>,
    carrier_news: Receiver<PhoneNews>,
}

impl Hall {
    /// Each test has ports of its own, by its number.
    async fn open(number: u16) -> Self {
        let free = || {
            std::net::UdpSocket::bind((LOCALHOST, 0))
                .unwrap()
                .local_addr()
                .unwrap()
        };
        let (here, there, rtp) = (free(), free(), 45_000 + number * 200);
        let hotline = TestApp::start_with(|config| {
            config.sip.listen = vec![SipListen {
                transport: Transport::Udp,
                address: here,
            }];
            config.sip.rtp_ports = (rtp, rtp + 99);
            config.sip.browser_port = rtp;
            config.trunks = vec![Trunk {
                name: "carrier".into(),
                peer: format!("sip:{there}"),
                registration: None,
                numbers: vec!["12345".into()],
                caller_id: "12345".into(),
                max_calls: 10,
                from_anywhere: false,
                priority: 1,
            }];
        })
        .await;
        let switchboard = switchboard::start(&hotline.app).await.unwrap();
        let (carrier, carrier_news) = carrier(here, there, rtp + 100);
        Self {
            hotline,
            switchboard,
            carrier,
            carrier_news,
        }
    }

    /// A browser whose line is connected.
    async fn browser(&self, client: &Client) -> Browser {
        let offering = offering();
        let (status, answer) = client
            .post("/api/v1/desk/line", &json!({ "sdp": offering.offer }))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let browser = offering.answered(answer["sdp"].as_str().unwrap());
        until(client, "the line is connected", |desk| {
            desk["line"] == "connected"
        })
        .await;
        browser
    }

    fn at_carrier<R>(&self, mut wanted: impl FnMut(PhoneNews) -> Option<R>) -> R {
        loop {
            let news = self.carrier_news.recv_timeout(PATIENCE);
            if let Some(found) = wanted(news.expect("the carrier says so in time")) {
                return found;
            }
        }
    }

    /// A telephone of this number rings at the carrier.
    fn rings(&self, number: &str) -> telephony::LegId {
        self.at_carrier(|n| match n {
            PhoneNews::Incoming { leg, called, .. } if called == number => Some(leg),
            _ => None,
        })
    }

    /// The operator has called a citizen, who answered; the citizen's leg and the call.
    async fn talk(&self, operator: &Client) -> (telephony::LegId, String) {
        let wanted = json!({ "number": "13900000001" });
        let (status, placed) = operator.post("/api/v1/desk/call", &wanted).await;
        assert_eq!(status, StatusCode::OK, "{placed}");
        let leg = self.rings("13900000001");
        self.carrier.command(PhoneCommand::Answer { leg });
        until(operator, "they talk", |desk| desk["call"]["state"] == "talking").await;
        (leg, placed["call_id"].as_str().unwrap().to_owned())
    }

    async fn close(self) {
        drop(self.carrier);
        self.switchboard.stop(&self.hotline.app).await;
    }
}

fn carrier(hotline: SocketAddr, here: SocketAddr, rtp: u16) -> (Driver<Phones>, Receiver<PhoneNews>) {
    let line = sip::Trunk {
        name: "hotline".into(),
        hops: vec![sip::Hop {
            transport: sip::Transport::Udp,
            addr: hotline,
        }],
        domain: "127.0.0.1".into(),
        register: None,
        numbers: Vec::new(),
        caller_id: String::new(),
        max_calls: 10,
        priority: 1,
        options_every: Duration::ZERO,
        from_anywhere: false,
    };
    let agent = sip::AgentSettings {
        udp_port: None,
        tcp_port: None,
        source_for: Arc::new(|_| LOCALHOST),
        realm: "minsheng".into(),
        trunks: vec![line],
        users: Vec::new(),
        stranger_rate: 100,
    };
    let (sender, news) = channel();
    let config = Config {
        listen: vec![(sip::Transport::Udp, here)],
        advertise: None,
        media: MediaConfig::new(LOCALHOST, 7),
        settings: PhoneSettings {
            agent,
            rtp_ports: rtp..=rtp + 99,
            tells_spurts: false,
        },
        seed: 7,
    };
    let driver = Driver::start(config, move |item| {
        let _ = sender.send(item);
    });
    let tone = (0..8000).map(|n| ((f64::from(n) * 0.345_575).sin() * 8000.0) as i16);
    let driver = driver.unwrap();
    driver
        .media()
        .set_prompts(&[("citizen".into(), tone.collect::<Arc<[i16]>>())].into());
    (driver, news)
}

/// Asks for the desk until it is so.
async fn until(client: &Client, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let (status, desk) = client.get("/api/v1/desk").await;
        assert_eq!(status, StatusCode::OK, "{desk}");
        if condition(&desk) {
            return desk;
        }
        assert!(began.elapsed() < PATIENCE, "never happened: {what}\n{desk:#}");
    }
}

async fn done(client: &Client, path: &str, body: Value) {
    let (status, answer) = client.post(path, &body).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{path}: {answer}");
}

async fn denied(client: &Client, path: &str, body: Value) -> String {
    let (status, problem) = client.post(path, &body).await;
    assert_eq!(status, StatusCode::CONFLICT, "{path}: {problem}");
    problem["detail"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_works_a_call_by_the_browser_alone() {
    let hall = Hall::open(0).await;
    let operator = hall.hotline.client(Role::Operator).await;
    let browser = hall.browser(&operator).await;
    until(&operator, "ready", |desk| desk["state"] == "ready").await;
    let (citizen, call) = hall.talk(&operator).await;
    browser.take_heard();
    hall.carrier.command(PhoneCommand::Play {
        leg: citizen,
        prompts: vec!["citizen".into()],
    });
    hall.at_carrier(|n| matches!(n, PhoneNews::Played { .. }).then_some(()));
    assert!(
        seconds(&browser.take_heard(), 440.0) >= 0.8,
        "the citizen is heard"
    );

    done(&operator, "/api/v1/desk/hold", json!({})).await;
    until(&operator, "held", |desk| desk["held"] == true).await;
    assert_eq!(
        denied(&operator, "/api/v1/desk/hold", json!({})).await,
        "市民已在保持中"
    );
    done(&operator, "/api/v1/desk/resume", json!({})).await;
    done(&operator, "/api/v1/desk/dtmf", json!({ "digits": "1#" })).await;
    done(&operator, "/api/v1/desk/recording/pause", json!({})).await;
    until(&operator, "paused", |desk| desk["recording_paused"] == true).await;
    done(&operator, "/api/v1/desk/recording/resume", json!({})).await;

    let to = json!({ "to": { "number": "12315" }, "attended": true });
    done(&operator, "/api/v1/desk/transfer", to.clone()).await;
    let unit = hall.rings("12315");
    let desk = until(&operator, "asked", |desk| desk["consult"]["state"] == "ringing").await;
    assert_eq!(
        (&desk["consult"]["party"], &desk["consult"]["kind"]),
        (&json!("12315"), &json!("number"))
    );
    assert_eq!(
        denied(&operator, "/api/v1/desk/transfer/complete", json!({})).await,
        "对方尚未接听"
    );
    hall.carrier.command(PhoneCommand::Answer { leg: unit });
    until(&operator, "they talk", |desk| {
        desk["consult"]["state"] == "talking"
    })
    .await;
    done(&operator, "/api/v1/desk/conference", json!({})).await;
    done(&operator, "/api/v1/desk/transfer/cancel", json!({})).await;
    until(&operator, "back", |desk| desk["consult"].is_null()).await;
    done(&operator, "/api/v1/desk/hangup", json!({})).await;
    until(&operator, "free, with a call in the shift's total", |desk| {
        desk["state"] == "ready" && desk["totals"]["calls"] == 1
    })
    .await;

    let record = ended(&operator, &call).await;
    assert_eq!(
        (&record["purpose"], &record["outcome"]),
        (&json!("callback"), &json!("answered"))
    );
    let kinds: Vec<&str> = record["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|e| e["kind"].as_str())
        .collect();
    for kind in [
        "held",
        "resumed",
        "recording_paused",
        "recording_resumed",
        "consulting",
        "conference",
        "consult_ended",
    ] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    hall.close().await;
}

/// The call's record, once it has ended.
async fn ended(client: &Client, call: &str) -> Value {
    let began = Instant::now();
    loop {
        let (_, record) = client.get(&format!("/api/v1/calls/{call}")).await;
        if record["state"] == "ended" {
            return record;
        }
        assert!(began.elapsed() < PATIENCE, "{record:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_whispers_takes_over_and_is_on_record() {
    let hall = Hall::open(1).await;
    let operator = hall.hotline.client(Role::Operator).await;
    let supervisor = hall.hotline.client(Role::Supervisor).await;
    let _at_desk = hall.browser(&operator).await;
    let (_, call) = hall.talk(&operator).await;
    let path = format!("/api/v1/calls/{call}/monitor");
    let whisper = json!({ "mode": "whisper" });
    assert_eq!(
        denied(&supervisor, &path, whisper.clone()).await,
        "浏览器音频未连接，请先登录软电话"
    );
    let (status, _) = operator.post(&path, &whisper).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let _listening = hall.browser(&supervisor).await;
    done(&supervisor, &path, whisper).await;
    until(&supervisor, "listening", |desk| {
        desk["monitoring"]["mode"] == "whisper"
    })
    .await;
    done(&supervisor, &format!("/api/v1/calls/{call}/takeover"), json!({})).await;
    until(&supervisor, "taken over", |desk| {
        desk["call"]["operator"]["username"] == "supervisor"
    })
    .await;
    until(&operator, "released", |desk| desk["state"] == "ready").await;
    done(&supervisor, "/api/v1/desk/hangup", json!({})).await;
    ended(&supervisor, &call).await;
    let (_, monitorings) = supervisor.get("/api/v1/monitorings").await;
    let modes: Vec<&str> = monitorings
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|m| m["mode"].as_str())
        .collect();
    assert!(
        modes.contains(&"whisper") && modes.contains(&"takeover"),
        "{monitorings:#}"
    );
    assert!(
        monitorings
            .as_array()
            .unwrap()
            .iter()
            .all(|m| m["until"].is_string())
    );
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_and_wishes_without_a_call_are_refused_in_words() {
    let hall = Hall::open(2).await;
    let operator = hall.hotline.client(Role::Operator).await;
    for (sdp, why) in [
        ("v=0\r\nm=video 9 X 1\r\n".to_owned(), "音频协商只能有一路音频"),
        (
            "m=audio 9 RTP/AVP 8\r\nnonsense".to_owned(),
            "音频协商内容无法识别，请刷新页面后重试",
        ),
        (
            offering().offer.replace("sendrecv", "recvonly"),
            "没有话筒：请允许浏览器使用话筒后重试",
        ),
        ("a".repeat(40_000), "音频协商内容过长"),
    ] {
        let (status, problem) = operator.post("/api/v1/desk/line", &json!({ "sdp": sdp })).await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::BAD_REQUEST, &json!(why))
        );
    }
    let cancelled = denied(&operator, "/api/v1/desk/answer", json!({})).await;
    assert_eq!(cancelled, "没有正在振铃的来电，可能已被取消");
    denied(&operator, "/api/v1/desk/call", json!({ "number": "13900000001" })).await;
    denied(
        &operator,
        "/api/v1/desk/call",
        json!({ "number": "0085212345678" }),
    )
    .await;
    let (status, _) = operator
        .post("/api/v1/desk/emergency", &json!({ "service": "10086" }))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let unit = hall.hotline.client(Role::Unit).await;
    let (status, _) = unit.post("/api/v1/desk/answer", &json!({})).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    hall.close().await;
}

/// A browser with this cookie, at an address of this machine.
struct Cookie<'a> {
    hall: &'a Hall,
    token: String,
    at: [u8; 4],
}

impl Cookie<'_> {
    async fn send(&self, method: reqwest::Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let http = reqwest::Client::builder().local_address(std::net::IpAddr::from(self.at));
        let url = format!("{}{path}", self.hall.hotline.url);
        let request = http.build().unwrap().request(method, url).json(body);
        let request = request.header("cookie", format!("minsheng_session={}", self.token));
        support::answer(request.header("sec-fetch-site", "same-origin")).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_cookie_reads_but_hears_nobody() {
    let hall = Hall::open(4).await;
    let credentials = json!({ "username": "operator", "password": support::PASSWORD });
    let stranger = hall.hotline.stranger();
    let (status, session) = stranger.post("/api/v1/session", &credentials).await;
    assert_eq!(status, StatusCode::OK, "{session}");
    let token = session["token"].as_str().unwrap().to_owned();
    let offer = json!({ "sdp": offering().offer });
    let mut cookie = Cookie {
        hall: &hall,
        token,
        at: [127, 0, 0, 2],
    };
    // A telephone that changed networks is not locked out.
    let (status, _) = cookie
        .send(reqwest::Method::GET, "/api/v1/desk", &Value::Null)
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, problem) = cookie
        .send(reqwest::Method::POST, "/api/v1/desk/line", &offer)
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");
    assert!(
        problem["detail"].as_str().unwrap().contains("重新登录"),
        "{problem}"
    );
    cookie.at = [127, 0, 0, 1];
    let (status, answer) = cookie
        .send(reqwest::Method::POST, "/api/v1/desk/line", &offer)
        .await;
    assert_eq!(status, StatusCode::OK, "where it was opened: {answer}");
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_browser_of_a_person_takes_the_place_of_the_first() {
    let hall = Hall::open(3).await;
    let operator = hall.hotline.client(Role::Operator).await;
    let _first = hall.browser(&operator).await;
    let offer = offering();
    let (status, answer) = operator
        .post("/api/v1/desk/line", &json!({ "sdp": offer.offer }))
        .await;
    assert_eq!((status, &answer["replaced"]), (StatusCode::OK, &json!(true)));
    let _second = offer.answered(answer["sdp"].as_str().unwrap());
    until(&operator, "connected", |desk| desk["line"] == "connected").await;
    let (status, _) = operator.delete("/api/v1/desk/line").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    until(&operator, "logged out", |desk| {
        desk["line"] == "none" && desk["state"] == "offline"
    })
    .await;
    hall.close().await;
}
