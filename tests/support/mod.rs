//! The daemon through its doors: a fresh database, a clock that stands still, a real HTTP server on a free port.
#![allow(dead_code, unreachable_pub)] // each test file uses its own part

pub mod gateway;
pub mod journey;

use std::{
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use minsheng::{
    accounts::{self, Role, Secrets, User},
    app::{App, Registry},
    clock::{MockClock, Rng},
    config::Config,
    db::Db,
    http,
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::sync::OnceCell;

pub const PASSWORD: &str = "minsheng-demo";

static SCHEMAS: AtomicU64 = AtomicU64::new(0);

pub struct TestApp {
    pub app: App,
    pub clock: MockClock,
    pub url: String,
    pub dir: tempfile::TempDir,
    server: http::Server,
}

/// A client that is logged in.
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

impl TestApp {
    /// An empty hotline, on Monday 2026-03-02 at ten in the morning (Beijing), with one person a role, named like the role.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut config = Config::local(dir.path());
        config.http.listen = "127.0.0.1:0".parse().expect("address");
        configure(&mut config);
        let db = database(&config).await;
        Self::begin(dir, config, db).await
    }

    /// The same on SQLite whatever the tests run on: for what is about its file.
    pub async fn start_on_sqlite() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut config = Config::local(dir.path());
        config.http.listen = "127.0.0.1:0".parse().expect("address");
        let db = Db::open(&config.database.url, dir.path()).await.expect("SQLite");
        Self::begin(dir, config, db).await
    }

    async fn begin(dir: tempfile::TempDir, config: Config, db: Db) -> Self {
        let clock = MockClock::new("2026-03-02T02:00:00Z".parse::<DateTime<Utc>>().expect("time"));
        let app = App::new(db, clock.clock(), Rng::seeded(1), config, Registry::standard());
        seed_people(&app).await;
        let server = http::start(app.clone()).await.expect("server");
        let url = format!("http://{}", server.address);
        Self {
            app,
            clock,
            url,
            dir,
            server,
        }
    }

    /// A client logged in as the person named like the role.
    pub async fn client(&self, role: Role) -> Client {
        self.client_of(role.as_str()).await
    }

    pub async fn client_of(&self, username: &str) -> Client {
        let mut tx = self.app.db.begin().await.expect("begin");
        let token = accounts::create_session(&mut tx, &self.app, username, None)
            .await
            .expect("session");
        tx.commit().await.expect("commit");
        Client {
            token: Some(token),
            ..self.stranger()
        }
    }

    /// Logged in at an address of this machine, and bound to it.
    pub async fn client_at(&self, username: &str, address: IpAddr) -> Client {
        let mut tx = self.app.db.begin().await.expect("begin");
        let token = accounts::create_session(&mut tx, &self.app, username, Some(address))
            .await
            .expect("session");
        tx.commit().await.expect("commit");
        let client = Client {
            token: Some(token),
            ..self.stranger()
        };
        client.moved_to(address)
    }

    /// A client that is not logged in.
    pub fn stranger(&self) -> Client {
        Client {
            http: reqwest::Client::new(),
            url: self.url.clone(),
            token: None,
        }
    }

    /// Adds a person.
    pub async fn add_person(&self, user: &User) {
        let mut tx = self.app.db.begin().await.expect("begin");
        accounts::create(&mut tx, self.app.clock.now(), user, &secrets().await)
            .await
            .expect("person");
        tx.commit().await.expect("commit");
    }

    pub async fn settle(&self) {
        self.app.settle().await.expect("settled");
    }

    pub async fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
        self.settle().await;
    }
}

impl Client {
    /// The same session from another address of this machine.
    pub fn moved_to(&self, address: IpAddr) -> Self {
        let http = reqwest::Client::builder().local_address(address);
        Self {
            http: http.build().expect("a client"),
            url: self.url.clone(),
            token: self.token.clone(),
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::DELETE, path)).await
    }
}

/// Sends and reads JSON; an empty body reads as null.
pub async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let text = response.text().await.expect("a body");
    let body = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    };
    (status, body)
}

async fn database(config: &Config) -> Db {
    match std::env::var("MINSHENG_TEST_POSTGRES") {
        Ok(url) => {
            let schema = format!(
                "door_{}_{}",
                std::process::id(),
                SCHEMAS.fetch_add(1, Ordering::Relaxed)
            );
            Db::open_postgres_schema(&url, &schema).await.expect("PostgreSQL")
        }
        Err(_) => Db::open(&config.database.url, &config.service.data_dir)
            .await
            .expect("SQLite"),
    }
}

async fn seed_people(app: &App) {
    let mut tx = app.db.begin().await.expect("begin");
    for role in Role::ALL {
        let user = person(role.as_str(), role);
        accounts::create(&mut tx, app.clock.now(), &user, &secrets().await)
            .await
            .expect("person");
    }
    tx.commit().await.expect("commit");
}

pub fn person(username: &str, role: Role) -> User {
    User {
        username: username.into(),
        display_name: format!("{username} 某"),
        role,
        extension: None,
        unit_code: (role == Role::Unit).then(|| "U01".into()),
        skills: if role == Role::Operator {
            vec!["general".into()]
        } else {
            vec![]
        },
        disabled: false,
        outsourced: false,
    }
}

/// Derived once: argon2 is slow by design. The phone's hashes are those of a user named `shared`.
async fn secrets() -> Secrets {
    static SECRETS: OnceCell<Secrets> = OnceCell::const_new();
    let derive = || async {
        Secrets::derive(&Rng::seeded(1), "shared", PASSWORD)
            .await
            .expect("secrets")
    };
    SECRETS.get_or_init(derive).await.clone()
}
