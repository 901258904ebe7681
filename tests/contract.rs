//! What holds for the whole interface, held against each route of the OpenAPI document.

mod support;

use minsheng::accounts::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::TestApp;

/// A log-in has nobody yet to whom a key could belong; an upload keeps its key with its row (tests/attachments.rs).
const KEYS_OF_THEIR_OWN: [&str; 2] = ["/api/v1/session", "/api/v1/tickets/{number}/attachments"];

/// What a county has a handful or a bookful of, edited or worked through as a whole. A list that grows with use is none of these.
const WHOLE: [&str; 28] = [
    "/api/v1/articles/{id}/versions",
    "/api/v1/calendar",
    "/api/v1/calendar/{year}/versions",
    "/api/v1/calls/{id}/articles",
    "/api/v1/classes",
    "/api/v1/desk/directory",
    "/api/v1/dispatch/automatic/versions",
    "/api/v1/dispatch/duties",
    "/api/v1/dispatch/precedents",
    "/api/v1/dispatch/suggestions",
    "/api/v1/inboxes",
    "/api/v1/limits/profiles/{name}/versions",
    "/api/v1/limits/versions",
    "/api/v1/lines",
    "/api/v1/menu-drafts",
    "/api/v1/menus",
    "/api/v1/menus/{name}/versions",
    "/api/v1/places",
    "/api/v1/prompts",
    "/api/v1/queues",
    "/api/v1/queues/{name}/versions",
    "/api/v1/schedules",
    "/api/v1/schedules/{name}/versions",
    "/api/v1/supervisions/daily",
    "/api/v1/unit-directory",
    "/api/v1/units",
    "/api/v1/views",
    "/api/v1/wallboard/screens",
];

fn document() -> Value {
    serde_json::to_value(minsheng::http::openapi()).expect("JSON")
}

/// The operations of one method, each with its path.
fn operations(document: &Value, method: &str) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .filter_map(|(path, item)| Some((path.clone(), item.get(method)?.clone())))
        .collect()
}

/// `{number}` and the like filled with something that does not exist.
fn filled(path: &str) -> String {
    let mut parts = path.split('/').map(|part| match part.starts_with('{') {
        true => part.replace(part, "404404"),
        false => part.to_owned(),
    });
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |path, part| format!("{path}/{part}"))
}

#[tokio::test]
async fn every_post_takes_an_idempotency_key() {
    let hotline = TestApp::start().await;
    let admin = hotline.client(Role::Admin).await;
    let posts = operations(&document(), "post");
    assert!(posts.len() > 80, "the document is there: {}", posts.len());
    for (path, _) in posts {
        if KEYS_OF_THEIR_OWN.contains(&path.as_str()) {
            continue;
        }
        let path = filled(&path);
        let send = |key: &str, body: Value| {
            let request = admin.request(Method::POST, &path).json(&body);
            request.header("idempotency-key", key).send()
        };
        let bad = send(&"x".repeat(256), json!({})).await.expect("an answer");
        assert_eq!(bad.status(), StatusCode::BAD_REQUEST, "{path} looks at the key");
        let first = send("one", json!({})).await.expect("an answer");
        let second = send("one", json!({})).await.expect("an answer");
        assert_eq!(first.status(), second.status(), "{path}");
        // An answer that was our own fault is not kept: the request may be tried again.
        if !first.status().is_server_error() {
            assert_eq!(second.headers()["idempotency-replayed"], "true", "{path}");
            let other = send("one", json!({"other": 1})).await.expect("an answer");
            assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        }
    }
}

/// The schema behind a reference.
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => document
            .pointer(reference.trim_start_matches('#'))
            .expect("what is referred to"),
        None => schema,
    }
}

#[test]
fn every_list_that_grows_pages_by_a_cursor() {
    let document = document();
    let mut whole = Vec::new();
    for (path, operation) in operations(&document, "get") {
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let schema = resolved(&document, schema);
        let is_list = schema["type"] == "array" || schema["properties"]["items"]["type"] == "array";
        if !is_list {
            continue;
        }
        let names: Vec<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let pages = schema["properties"]["next_cursor"].is_object()
            && names.contains(&"cursor")
            && names.contains(&"limit");
        if !pages && !WHOLE.contains(&path.as_str()) {
            whole.push(path);
        }
    }
    assert!(whole.is_empty(), "lists that cannot be read in parts: {whole:?}");
}

#[tokio::test]
async fn a_list_of_people_comes_in_parts_that_make_the_whole() {
    let hotline = TestApp::start().await;
    let admin = hotline.client(Role::Admin).await;
    let (mut names, mut cursor, mut parts) = (Vec::new(), String::new(), 0);
    loop {
        let (status, page) = admin.get(&format!("/api/v1/users?limit=2&cursor={cursor}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let items = page["items"].as_array().expect("items");
        names.extend(items.iter().map(|user| user["username"].clone()));
        parts += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(names, ["admin", "dispatcher", "operator", "supervisor", "unit"]);
    assert_eq!(parts, 3);
    let (status, _) = admin.get("/api/v1/users?cursor=zz").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}
