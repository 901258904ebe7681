//! What every door has in common: problem documents, forged requests, idempotency, headers, OpenAPI.

mod support;

use minsheng::accounts::Role;
use reqwest::{Method, StatusCode, header, redirect::Policy};
use serde_json::{Value, json};
use support::{PASSWORD, TestApp, answer};

fn new_user(name: &str) -> Value {
    json!({"username": name, "password": PASSWORD, "display_name": "周宁", "role": "operator"})
}

#[tokio::test]
async fn every_refusal_is_a_problem_document() {
    let hotline = TestApp::start().await;
    let admin = hotline.client(Role::Admin).await;
    let users = |method| admin.request(method, "/api/v1/users");
    let json_type = ("content-type", "application/json");
    let requests = [
        (admin.request(Method::GET, "/api/v1/nothing"), 404),
        (admin.request(Method::GET, "/api/nothing"), 404),
        (users(Method::DELETE), 405),
        (
            users(Method::POST).header(json_type.0, json_type.1).body("{"),
            400,
        ),
        (users(Method::POST).body("{}"), 415),
        (users(Method::POST).json(&json!({"username": 5})), 422),
        (users(Method::POST).json(&json!([])), 422),
        (
            users(Method::POST)
                .header(json_type.0, json_type.1)
                .body("x".repeat(3 << 20)),
            413,
        ),
        (users(Method::POST).json(&json!({"username": "a\u{0}b"})), 422),
        (admin.request(Method::GET, "/api/v1/users%00"), 400),
        (
            admin
                .request(Method::PUT, "/api/v1/users/%FF")
                .json(&new_user("a")),
            404,
        ),
        (hotline.stranger().request(Method::GET, "/api/v1/users"), 401),
    ];
    for (request, expected) in requests {
        let response = request.send().await.expect("answer");
        let url = response.url().to_string();
        assert_eq!(response.status().as_u16(), expected, "{url}");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json",
            "{url} {expected}"
        );
        let problem: Value = response.json().await.expect("JSON");
        assert_eq!(problem["status"], expected);
        for key in ["type", "title", "detail", "errors"] {
            assert!(problem.get(key).is_some(), "{key} in {problem}");
        }
    }
}

#[tokio::test]
async fn a_wrong_type_is_named_with_its_field() {
    let hotline = TestApp::start().await;
    let (status, problem) = hotline
        .stranger()
        .post("/api/v1/session", &json!({"username": 5, "password": "x"}))
        .await;
    assert_eq!(status, 422);
    assert_eq!(problem["errors"][0]["field"], "username", "{problem}");
}

#[tokio::test]
async fn a_request_from_another_site_is_refused() {
    let hotline = TestApp::start().await;
    let request = |name: &'static str, value: &'static str| {
        let credentials = json!({"username": "admin", "password": PASSWORD});
        hotline
            .stranger()
            .request(Method::POST, "/api/v1/session")
            .json(&credentials)
            .header(name, value)
    };
    assert_eq!(answer(request("sec-fetch-site", "cross-site")).await.0, 403);
    assert_eq!(answer(request("origin", "https://evil.example")).await.0, 403);
    assert_eq!(answer(request("sec-fetch-site", "same-origin")).await.0, 200);
}

#[tokio::test]
async fn the_same_post_sent_twice_has_one_effect_and_one_answer() {
    let hotline = TestApp::start().await;
    let admin = hotline.client(Role::Admin).await;
    let add = |body: &Value| {
        admin
            .request(Method::POST, "/api/v1/users")
            .header("idempotency-key", "k1")
            .json(body)
    };
    let first = answer(add(&new_user("operator7"))).await;
    let second = answer(add(&new_user("operator7"))).await;
    assert_eq!(first.0, 201);
    assert_eq!(first, second);
    let (status, _) = answer(add(&new_user("operator8"))).await;
    assert_eq!(status, 422, "another request with the same key");
    let (status, _) = answer(add(&new_user("operator7")).header("idempotency-key", "")).await;
    assert!(status.is_client_error() || status.is_success());
    hotline.clock.advance(chrono::TimeDelta::hours(9));
    let (_, users) = hotline.client(Role::Admin).await.get("/api/v1/users").await;
    assert_eq!(users["items"].as_array().map(Vec::len), Some(6));
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_one_person() {
    let hotline = TestApp::start().await;
    let send = |client: support::Client| async move {
        answer(
            client
                .request(Method::POST, "/api/v1/users")
                .header("idempotency-key", "k")
                .json(&new_user("operator7")),
        )
        .await
        .0
    };
    assert_eq!(send(hotline.client(Role::Admin).await).await, 201);
    assert_eq!(send(hotline.client(Role::Operator).await).await, 403);
    assert_eq!(send(hotline.stranger()).await, 401);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let hotline = TestApp::start().await;
    for path in ["/", "/api/v1/health", "/api/v1/users", "/api/docs/"] {
        let response = hotline
            .stranger()
            .request(Method::GET, path)
            .send()
            .await
            .expect("answer");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text");
        assert!(
            policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(
            response.headers()[header::X_CONTENT_TYPE_OPTIONS],
            "nosniff",
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_address_of_the_console_without_its_hash_leads_to_the_page() {
    let hotline = TestApp::start().await;
    let stays = reqwest::Client::builder().redirect(Policy::none()).build();
    let (stays, base) = (stays.expect("a client"), &hotline.url);
    let ask = async |path: &str| {
        let answer = stays.get(format!("{base}{path}")).send().await.expect("answer");
        let place = answer.headers().get(header::LOCATION);
        (
            answer.status(),
            place.map(|place| place.to_str().expect("text").to_owned()),
        )
    };
    let page = "/tickets/261124013340519145?print=1";
    assert_eq!(
        ask(page).await,
        (StatusCode::SEE_OTHER, Some(format!("/#{page}")))
    );
    assert_eq!(
        ask("//elsewhere.example/tickets").await.1.as_deref(),
        Some("/#//elsewhere.example/tickets")
    );
    assert_eq!(ask("/assets/gone.js").await, (StatusCode::NOT_FOUND, None));
    assert_eq!(ask("/api/v1/nothing").await, (StatusCode::NOT_FOUND, None));
}

#[tokio::test]
async fn health_needs_no_log_in_and_tells_no_secret() {
    let hotline = TestApp::start().await;
    let (status, health) = hotline.stranger().get("/api/v1/health").await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!("health", health, { ".version" => "[version]" });
}

#[tokio::test]
async fn metrics_are_shown_on_loopback() {
    let hotline = TestApp::start().await;
    let trunk = minsheng::live::Trunk {
        name: "carrier".into(),
        state: "up".into(),
    };
    hotline.app.live.state().trunks.push(trunk);
    let (status, text) = hotline.stranger().get("/metrics").await;
    assert_eq!(status, 200);
    assert!(
        text.as_str()
            .expect("text")
            .contains("minsheng_trunk_state{trunk=\"carrier\",state=\"up\"} 1"),
        "{text}"
    );
}

#[tokio::test]
async fn the_openapi_document_and_its_page_are_served_offline() {
    let hotline = TestApp::start().await;
    let (status, document) = hotline.stranger().get("/api/openapi.json").await;
    assert_eq!(status, 200);
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/api/v1/session"]["post"].is_object());
    assert!(document["paths"]["/api/v1/users"]["get"]["responses"]["default"].is_object());
    let (status, page) = hotline.stranger().get("/api/docs/").await;
    assert_eq!(status, 200);
    let page = page.as_str().expect("HTML");
    assert!(!page.contains("http://") && !page.contains("https://"), "{page}");
}

#[tokio::test]
async fn the_stream_tells_each_person_only_what_they_may_see() {
    use minsheng::news::{Audience, News};

    let hotline = TestApp::start().await;
    let client = hotline.client(Role::Unit).await;
    let mut stream = client
        .request(Method::GET, "/api/v1/events")
        .send()
        .await
        .expect("stream");
    assert_eq!(stream.headers()[header::CONTENT_TYPE], "text/event-stream");
    let tell = |kind, audience| {
        hotline.app.db.signals().tell(News {
            kind,
            data: json!({"n": 1}),
            audience,
        })
    };
    let mut heard = String::new();
    // The first comment says that the stream listens.
    while !heard.contains("connected") {
        heard.push_str(&String::from_utf8_lossy(
            &stream.chunk().await.expect("chunk").expect("open"),
        ));
    }
    tell("call", Audience::Office);
    tell("ticket", Audience::OfficeAndUnits(vec!["U02".into()]));
    tell("ticket", Audience::OfficeAndUnits(vec!["U01".into()]));
    while !heard.contains("data:") {
        heard.push_str(&String::from_utf8_lossy(
            &stream.chunk().await.expect("chunk").expect("open"),
        ));
    }
    assert!(!heard.contains("event: call"), "{heard}");
    assert_eq!(heard.matches("event: ticket").count(), 1, "{heard}");
}

#[tokio::test]
async fn the_interface_is_what_the_snapshot_says() {
    let document = serde_json::to_value(minsheng::http::openapi()).expect("JSON");
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let answers: Vec<&String> = operation["responses"]
                .as_object()
                .expect("responses")
                .keys()
                .collect();
            operations.push(format!("{} {path} {answers:?}", method.to_uppercase()));
        }
    }
    operations.sort();
    insta::assert_snapshot!("operations", operations.join("\n"));
}

/// Every operation of the interface, with `name` for what the path asks.
fn operations(name: &str) -> Vec<(Method, String)> {
    let document = serde_json::to_value(minsheng::http::openapi()).expect("JSON");
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let path = path
            .split('/')
            .map(|part| if part.starts_with('{') { name } else { part })
            .collect::<Vec<_>>()
            .join("/");
        for method in item.as_object().expect("methods").keys() {
            operations.push((method.to_uppercase().parse().expect("method"), path.clone()));
        }
    }
    operations
}

#[tokio::test]
async fn no_door_but_health_and_the_session_opens_without_a_log_in() {
    let hotline = TestApp::start().await;
    for (method, path) in operations("general") {
        if path.ends_with("/health") || path.ends_with("/session") {
            continue;
        }
        let (status, _) = answer(hotline.stranger().request(method.clone(), &path).json(&json!({}))).await;
        assert_eq!(status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn no_odd_input_is_our_fault() {
    let hotline = TestApp::start().await;
    let admin = hotline.client(Role::Admin).await;
    let bodies = [
        json!({}),
        json!([]),
        json!(null),
        json!("x"),
        json!({"version": -1, "items": {}, "flow": 5, "settings": []}),
    ];
    for name in [
        "x",
        "%E4%BD%A0%F0%9F%98%80",
        "a%2Fb",
        "%27%20OR%201=1",
        "%FF%FE",
        "9999999999999999999999",
    ] {
        for (method, path) in operations(name) {
            // The stream does not end by itself.
            if path.ends_with("/events") || (method == Method::DELETE && path.ends_with("/session")) {
                continue;
            }
            for body in &bodies {
                let odd = format!("{path}?limit=x&cursor=zz&from=never&to=%00&state=%C3%28&q=%25_%27");
                for path in [&path, &odd] {
                    let (status, _) = answer(admin.request(method.clone(), path).json(body)).await;
                    // 503: the test has no switchboard.
                    assert!(
                        !status.is_server_error() || status == 503,
                        "{status} {method} {path} {body}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn health_says_when_the_database_takes_no_writes() {
    let hotline = TestApp::start().await;
    assert!(hotline.app.self_check().await);
    hotline.app.db.close().await;
    assert!(!hotline.app.self_check().await);
    let (status, health) = hotline.stranger().get("/api/v1/health").await;
    assert_eq!(
        (status.as_u16(), &health["status"], &health["database"]),
        (200, &json!("degraded"), &json!("unavailable"))
    );
}

#[tokio::test]
async fn text_is_compressed_for_who_asks() {
    let hotline = TestApp::start().await;
    let request = hotline
        .stranger()
        .request(Method::GET, "/api/openapi.json")
        .header(header::ACCEPT_ENCODING, "gzip");
    let response = request.send().await.expect("answer");
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
}

#[tokio::test]
async fn bodies_with_names_that_look_like_code_are_kept_as_they_are() {
    let hotline = TestApp::start().await;
    let admin = hotline.client(Role::Admin).await;
    for (n, name) in [
        "'; DROP TABLE users; --",
        "<script>alert(1)</script>",
        "=1+1",
        "${jndi:ldap://x}",
        "😀 张三",
    ]
    .iter()
    .enumerate()
    {
        let user = json!({"username": format!("u{n}"), "password": PASSWORD, "display_name": name, "role": "operator"});
        let (status, created) = admin.post("/api/v1/users", &user).await;
        assert_eq!(
            (status.as_u16(), created["display_name"].as_str()),
            (201, Some(*name))
        );
    }
}
