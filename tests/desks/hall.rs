//! A hotline with a real switchboard, a carrier that answers, and operators at browsers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use minsheng::config::{SipListen, Transport, Trunk};
use minsheng::switchboard::{self, Switchboard};
use reqwest::StatusCode;
use serde_json::{Value, json};
use telephony::driver::media::MediaConfig;
use telephony::driver::{Config, Driver};
use telephony::phone::{PhoneCommand, PhoneNews, PhoneSettings, Phones};
use telephony::sip;

use crate::support::{Client, TestApp};
use crate::webrtc::{Browser, LOCALHOST, offering};

const PATIENCE: Duration = Duration::from_secs(30);

pub struct Hall {
    pub hotline: TestApp,
    switchboard: Switchboard,
    pub carrier: Driver<Phones>,
    carrier_news: Receiver<PhoneNews>,
}

impl Hall {
    /// Each test has ports of its own, by its number.
    pub async fn open(number: u16) -> Self {
        let free = || {
            std::net::UdpSocket::bind((LOCALHOST, 0))
                .unwrap()
                .local_addr()
                .unwrap()
        };
        let (here, there, rtp) = (free(), free(), 27_000 + number * 200);
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
    pub async fn browser(&self, client: &Client) -> Browser {
        let offering = offering();
        let (status, answer) = client
            .post("/api/v1/desk/line", &json!({ "sdp": offering.offer }))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let browser = offering.answered(answer["sdp"].as_str().unwrap());
        let desk = until(client, "the line is connected", |desk| {
            desk["line"] == "connected"
        })
        .await;
        if desk["reason"] == "sign_in" {
            done(client, "/api/v1/desk/ready", json!({})).await;
        }
        browser
    }

    pub fn at_carrier<R>(&self, mut wanted: impl FnMut(PhoneNews) -> Option<R>) -> R {
        loop {
            let news = self.carrier_news.recv_timeout(PATIENCE);
            if let Some(found) = wanted(news.expect("the carrier says so in time")) {
                return found;
            }
        }
    }

    /// A telephone of this number rings at the carrier.
    pub fn rings(&self, number: &str) -> telephony::LegId {
        self.at_carrier(|n| match n {
            PhoneNews::Incoming { leg, called, .. } if called == number => Some(leg),
            _ => None,
        })
    }

    /// The operator has called a citizen, who answered; the citizen's leg and the call.
    pub async fn talk(&self, operator: &Client) -> (telephony::LegId, String) {
        let wanted = json!({ "number": "13900000001" });
        let (status, placed) = operator.post("/api/v1/desk/call", &wanted).await;
        assert_eq!(status, StatusCode::OK, "{placed}");
        let leg = self.rings("13900000001");
        self.carrier.command(PhoneCommand::Answer { leg });
        until(operator, "they talk", |desk| desk["call"]["state"] == "talking").await;
        (leg, placed["call_id"].as_str().unwrap().to_owned())
    }

    pub async fn close(self) {
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
        tls_port: None,
        ws_port: None,
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
pub async fn until(client: &Client, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
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

pub async fn done(client: &Client, path: &str, body: Value) {
    let (status, answer) = client.post(path, &body).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{path}: {answer}");
}

pub async fn denied(client: &Client, path: &str, body: Value) -> String {
    let (status, problem) = client.post(path, &body).await;
    assert_eq!(status, StatusCode::CONFLICT, "{path}: {problem}");
    problem["detail"].as_str().unwrap().to_owned()
}

/// The call's record, once it has ended.
pub async fn ended(client: &Client, call: &str) -> Value {
    let began = Instant::now();
    loop {
        let (_, record) = client.get(&format!("/api/v1/calls/{call}")).await;
        if record["state"] == "ended" {
            return record;
        }
        assert!(began.elapsed() < PATIENCE, "{record:#}");
    }
}
