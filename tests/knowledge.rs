//! Knowledge through the door: writing, searching, validity, versions, and what fits a running call.

mod support;

use chrono::TimeDelta;
use minsheng::{
    accounts::Role,
    transcripts::{
        Side,
        live::{Followed, LiveSegment, follow_all},
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    Client, TestApp,
    journey::{FakeRecogniser, Journey, call_id, provision},
};

const ARTICLES: &str = "/api/v1/articles";

async fn write(hotline: &TestApp, body: &Value) -> Value {
    let supervisor = hotline.client(Role::Supervisor).await;
    let (status, article) = supervisor.post(ARTICLES, body).await;
    assert_eq!(status, StatusCode::CREATED, "{article}");
    article
}

async fn titles(hotline: &TestApp, query: &str) -> Vec<String> {
    let client = hotline.client(Role::Operator).await;
    let (status, page) = client.get(&format!("{ARTICLES}?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    names(&page["items"])
}

fn names(list: &Value) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|article| article["title"].as_str().expect("title").to_owned())
        .collect()
}

#[tokio::test]
async fn two_characters_are_found_and_a_phrase_only_as_it_stands() {
    let hotline = TestApp::start().await;
    write(
        &hotline,
        &json!({"title": "小区停水怎么办", "body": "拨打供水热线", "reply_template": "马上转供水公司"}),
    )
    .await;
    write(
        &hotline,
        &json!({"title": "居民医保缴费", "body": "停保后水平待遇不变"}),
    )
    .await;
    assert_eq!(titles(&hotline, "q=停水").await, ["小区停水怎么办"]);
    assert_eq!(
        titles(&hotline, "q=供水公司").await,
        ["小区停水怎么办"],
        "in the reply template"
    );
    assert_eq!(titles(&hotline, "q=医保 缴费").await, ["居民医保缴费"]);
    assert_eq!(titles(&hotline, "q=停电").await, Vec::<String>::new());
    assert_eq!(titles(&hotline, "q=%25").await, Vec::<String>::new());
    assert_eq!(titles(&hotline, "").await, ["居民医保缴费", "小区停水怎么办"]);
}

#[tokio::test]
async fn a_change_is_a_new_version_and_the_old_words_are_no_longer_found() {
    let hotline = TestApp::start().await;
    let article = write(&hotline, &json!({"title": "停水", "body": "周一恢复"})).await;
    let path = format!("{ARTICLES}/{}", article["id"]);
    let supervisor = hotline.client(Role::Supervisor).await;
    let change = json!({"version": 1, "title": "停水", "body": "周二恢复"});
    let (status, changed) = supervisor.put(&path, &change).await;
    assert_eq!(
        (status, &changed["version"]),
        (StatusCode::OK, &json!(2)),
        "{changed}"
    );
    let (status, stale) = supervisor.put(&path, &change).await;
    assert_eq!(
        (status, &stale["errors"][0]["message"]),
        (StatusCode::CONFLICT, &json!("2")),
        "{stale}"
    );
    let (_, versions) = supervisor.get(&format!("{path}/versions")).await;
    let bodies: Vec<_> = versions
        .as_array()
        .expect("list")
        .iter()
        .map(|version| version["body"].clone())
        .collect();
    assert_eq!(bodies, ["周二恢复", "周一恢复"]);
    assert_eq!(titles(&hotline, "q=周一").await, Vec::<String>::new());
    assert_eq!(
        supervisor.get(&format!("{ARTICLES}/999/versions")).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        supervisor.put(&format!("{ARTICLES}/999"), &change).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn what_cannot_be_accepted_is_named_field_by_field() {
    let hotline = TestApp::start().await;
    let supervisor = hotline.client(Role::Supervisor).await;
    let body = json!({"title": " ", "body": "", "class_code": "000000", "owner_unit": "nobody",
        "valid_from": "2026-03-02", "valid_until": "2026-03-01"});
    let (status, problem) = supervisor.post(ARTICLES, &body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| error["field"].clone())
        .collect();
    assert_eq!(
        fields,
        ["title", "body", "valid_until", "class_code", "owner_unit"]
    );
    let (status, _) = supervisor
        .post(
            ARTICLES,
            &json!({"title": "a", "body": "b", "valid_until": "2026-02-30"}),
        )
        .await;
    assert!(status.is_client_error(), "{status}");
    assert_eq!(titles(&hotline, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn operators_read_and_units_do_not() {
    let hotline = TestApp::start().await;
    let body = json!({"title": "停水", "body": "拨打"});
    assert_eq!(
        hotline.client(Role::Operator).await.post(ARTICLES, &body).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        hotline.client(Role::Unit).await.get(ARTICLES).await.0,
        StatusCode::FORBIDDEN
    );
}

async fn talk(hotline: &TestApp, text: &str) {
    let recogniser = FakeRecogniser::connect(hotline, vec![Ok(vec![])]);
    let segment = LiveSegment {
        side: Side::Citizen,
        start_ms: 8_000,
        end_ms: 11_000,
        text: text.into(),
        is_final: true,
    };
    *recogniser.steps.lock().expect("lock") = vec![Followed {
        segments: vec![segment],
        ..Followed::default()
    }];
    Journey::inbound(hotline, 1, "13800000001")
        .await
        .queued()
        .await
        .answered()
        .await;
    follow_all(&hotline.app).await.expect("a step");
    hotline.settle().await;
}

async fn fitting(hotline: &TestApp) -> Value {
    let client = hotline.client(Role::Operator).await;
    let (status, list) = client
        .get(&format!("/api/v1/calls/{}/articles", call_id(1)))
        .await;
    assert_eq!(status, StatusCode::OK, "{list}");
    list
}

#[tokio::test]
async fn what_is_being_said_brings_the_fitting_article_up_first() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    talk(&hotline, "你好我想问一下我母亲的养老金资格认证要怎么办").await;
    let list = fitting(&hotline).await;
    assert_eq!(list[0]["title"], "养老金资格认证怎么办");
    assert!(
        list[0]["words"]
            .as_array()
            .expect("words")
            .contains(&json!("认证")),
        "{list}"
    );
    assert!(!list[0]["reply_template"].as_str().expect("template").is_empty());
}

#[tokio::test]
async fn an_expired_article_is_marked_and_leaves_the_ranking() {
    let hotline = TestApp::start().await;
    let until = json!({"title": "春节停水通知", "body": "停水到初七", "valid_until": "2026-03-02"});
    let early = json!({"title": "四月停水通知", "body": "停水", "valid_from": "2026-04-01"});
    write(&hotline, &until).await;
    write(&hotline, &early).await;
    write(&hotline, &json!({"title": "物业费怎么交", "body": "物业"})).await;
    talk(&hotline, "怎么又是停水通知").await;
    assert_eq!(
        names(&fitting(&hotline).await),
        ["春节停水通知"],
        "its last day; the other is not in force yet"
    );
    hotline.clock.advance(TimeDelta::hours(14));
    assert_eq!(fitting(&hotline).await, json!([]), "midnight in China has passed");
    assert_eq!(titles(&hotline, "expired=true").await, ["春节停水通知"]);
    assert_eq!(titles(&hotline, "expired=false").await.len(), 2);
    let (_, page) = hotline
        .client(Role::Operator)
        .await
        .get(&format!("{ARTICLES}?q=春节"))
        .await;
    assert_eq!(page["items"][0]["expired"], true);
}

#[tokio::test]
async fn a_call_without_words_has_no_articles() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    Journey::inbound(&hotline, 1, "13800000001").await.queued().await;
    assert_eq!(fitting(&hotline).await, json!([]));
    let client = hotline.client(Role::Operator).await;
    assert_eq!(
        client.get("/api/v1/calls/ffffffffffffffff/articles").await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn provisioning_brings_an_article_once_and_leaves_the_consoles_edits() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let shipped = titles(&hotline, "limit=100").await.len();
    assert!(shipped >= 20);
    let (_, page) = hotline
        .client(Role::Operator)
        .await
        .get(&format!("{ARTICLES}?class=010101"))
        .await;
    let article = &page["items"][0];
    let change = json!({"version": 1, "title": "停水请拨打供水热线", "body": "本县供水热线二十四小时有人"});
    let supervisor = hotline.client(Role::Supervisor).await;
    let path = format!("{ARTICLES}/{}", article["id"]);
    assert_eq!(supervisor.put(&path, &change).await.0, StatusCode::OK);
    provision(&hotline).await;
    assert_eq!(titles(&hotline, "limit=100").await.len(), shipped);
    assert_eq!(supervisor.get(&path).await.1["title"], "停水请拨打供水热线");
}

#[tokio::test]
async fn pages_of_articles_follow_each_other() {
    let hotline = TestApp::start().await;
    for n in 1..=5 {
        write(&hotline, &json!({"title": format!("知识{n}"), "body": "内容"})).await;
    }
    let client = hotline.client(Role::Operator).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let (_, page) = client.get(&format!("{ARTICLES}?limit=2&cursor={cursor}")).await;
        seen.extend(names(&page["items"]));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ["知识5", "知识4", "知识3", "知识2", "知识1"]);
}

/// A ticket that asks something, and may be answered at once.
async fn question(client: &Client) -> String {
    let body = json!({"title": "医保缴费", "content": "几月截止", "kind": "咨询"});
    let (status, ticket) = client.post("/api/v1/tickets", &body).await;
    assert_eq!(status, StatusCode::CREATED, "{ticket}");
    ticket["number"].as_str().expect("number").to_owned()
}

#[tokio::test]
async fn answered_on_the_spot_names_the_article_as_it_read_then() {
    let hotline = TestApp::start().await;
    let article = write(
        &hotline,
        &json!({"title": "医保几月缴费", "body": "十二月底截止"}),
    )
    .await;
    let operator = hotline.client(Role::Operator).await;
    let (first, second) = (question(&operator).await, question(&operator).await);
    let close = format!("/api/v1/tickets/{first}/close");
    let answer = json!({"note": "十二月底截止", "article_id": article["id"]});
    let (status, ticket) = operator.post(&close, &answer).await;
    assert_eq!(
        (status, &ticket["state"]),
        (StatusCode::OK, &json!("closed")),
        "{ticket}"
    );
    let cited = json!({"id": article["id"], "title": "医保几月缴费", "version": 1});
    assert_eq!(ticket["article"], cited);
    let path = format!("{ARTICLES}/{}", article["id"]);
    let change = json!({"version": 1, "title": "医保缴费期限", "body": "十一月底截止"});
    assert_eq!(
        hotline.client(Role::Supervisor).await.put(&path, &change).await.0,
        StatusCode::OK
    );
    let (_, later) = operator.get(&format!("/api/v1/tickets/{first}")).await;
    assert_eq!(later["article"], cited, "what was said then stays");
    // First kept to be answered here, later answered: the article is on record all the same.
    let (status, direct) = operator
        .post(&format!("/api/v1/tickets/{second}/direct"), &json!({}))
        .await;
    assert_eq!(
        (status, &direct["article"]),
        (StatusCode::OK, &Value::Null),
        "{direct}"
    );
    let (status, ticket) = operator
        .post(&format!("/api/v1/tickets/{second}/close"), &answer)
        .await;
    assert_eq!(
        (status, &ticket["article"]["version"]),
        (StatusCode::OK, &json!(2)),
        "{ticket}"
    );
}

#[tokio::test]
async fn an_article_that_is_not_in_force_cannot_be_cited() {
    let hotline = TestApp::start().await;
    let old = write(
        &hotline,
        &json!({"title": "去年通知", "body": "停水", "valid_until": "2026-03-01"}),
    )
    .await;
    let early = write(
        &hotline,
        &json!({"title": "四月通知", "body": "停水", "valid_from": "2026-04-01"}),
    )
    .await;
    let operator = hotline.client(Role::Operator).await;
    let number = question(&operator).await;
    let refused = [
        (&old["id"], "这篇知识已过期，不能引用"),
        (&early["id"], "这篇知识尚未生效，不能引用"),
        (&json!(987_654), "没有这篇知识"),
    ];
    for (id, why) in refused {
        for verb in ["close", "direct"] {
            let path = format!("/api/v1/tickets/{number}/{verb}");
            let (status, problem) = operator
                .post(&path, &json!({"note": "已告知", "article_id": id}))
                .await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{verb} {problem}");
            assert_eq!(
                problem["errors"],
                json!([{"field": "article_id", "message": why}])
            );
        }
    }
    let (_, ticket) = operator.get(&format!("/api/v1/tickets/{number}")).await;
    assert_eq!(
        (&ticket["state"], &ticket["article"]),
        (&json!("pending"), &Value::Null)
    );
}
