//! What a desk refuses: lies, wishes without a call, somebody else's cookie, a second browser.

use minsheng::accounts::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::hall::{Hall, denied, done, until};
use crate::support;
use crate::webrtc::offering;

#[tokio::test(flavor = "multi_thread")]
async fn lies_and_wishes_without_a_call_are_refused_in_words() {
    let hall = Hall::open(2).await;
    let operator = hall.hotline.client(Role::Operator).await;
    for (sdp, why) in [
        (
            "v=0\r\nm=video 9 X 1\r\n".to_owned(),
            "软电话未能接通：只能有一路声音，请刷新页面后重试",
        ),
        (
            "m=audio 9 RTP/AVP 8\r\nnonsense".to_owned(),
            "软电话未能接通：浏览器发来的信息无法识别，请刷新页面后重试",
        ),
        (
            offering().offer.replace("sendrecv", "recvonly"),
            "没有麦克风：请允许浏览器使用麦克风，再接通软电话",
        ),
        (
            "a".repeat(40_000),
            "软电话未能接通：浏览器发来的信息过长，请刷新页面后重试",
        ),
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
    denied(
        &operator,
        "/api/v1/desk/emergency",
        json!({ "service": "110", "transfer": true }),
    )
    .await;
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
async fn a_stolen_cookie_reads_and_hears_nobody() {
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
    let (status, _) = cookie
        .send(reqwest::Method::GET, "/api/v1/desk", &Value::Null)
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, problem) = cookie
        .send(reqwest::Method::POST, "/api/v1/desk/line", &offer)
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{problem}");
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
async fn who_floods_the_desk_is_told_so_and_neither_the_call_nor_a_colleague_is_disturbed() {
    let hall = Hall::open(6).await;
    let operator = hall.hotline.client(Role::Operator).await;
    let supervisor = hall.hotline.client(Role::Supervisor).await;
    let _browser = hall.browser(&operator).await;
    hall.talk(&operator).await;
    let mut answers = Vec::new();
    for _ in 0..60 {
        answers.push(operator.post("/api/v1/desk/resume", &json!({})).await);
    }
    let held_up = answers
        .iter()
        .filter(|(status, _)| *status == StatusCode::TOO_MANY_REQUESTS);
    let details: Vec<_> = held_up.map(|(_, problem)| problem["detail"].clone()).collect();
    assert!((20..40).contains(&details.len()), "{}", details.len());
    assert!(details.iter().all(|detail| detail == "操作过于频繁，请稍候再试"));
    let offer = json!({ "sdp": offering().offer });
    let mut refused = None;
    for _ in 0..20 {
        let (status, problem) = supervisor.post("/api/v1/desk/line", &offer).await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(problem["detail"].clone());
        }
    }
    assert_eq!(refused, Some(json!("软电话连接过于频繁，请稍候再试")));
    let (_, desk) = operator.get("/api/v1/desk").await;
    assert_eq!(desk["call"]["state"], "talking");
    hall.hotline.clock.advance(chrono::TimeDelta::seconds(1));
    done(&operator, "/api/v1/desk/hold", json!({})).await;
    until(&operator, "held", |desk| desk["held"] == true).await;
    done(&operator, "/api/v1/desk/hangup", json!({})).await;
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
