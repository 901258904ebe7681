//! A person at a browser, without the browser: requests to the daemon's own routes, with a session of their own.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, bail};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use tower::ServiceExt;

#[derive(Clone)]
pub struct Client {
    router: Router,
    cookie: String,
}

impl Client {
    /// Logs in.
    pub async fn log_in(router: Router, username: &str, password: &str) -> anyhow::Result<Self> {
        let client = Self {
            router,
            cookie: String::new(),
        };
        let body = json!({ "username": username, "password": password });
        let response = client.send(Method::POST, "/api/v1/session", Some(&body)).await?;
        let cookie = response
            .headers()
            .get(header::SET_COOKIE)
            .context("no session cookie")?
            .to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { cookie, ..client })
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        read(self.send(Method::GET, path, None).await?).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        read(self.send(Method::POST, path, Some(body)).await?).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<axum::response::Response> {
        let mut request = Request::builder()
            .method(&method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, &self.cookie)
            .header("sec-fetch-site", "same-origin");
        if let Some(extensions) = request.extensions_mut() {
            extensions.insert(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))));
        }
        let request = request.body(body.map_or_else(Body::empty, |b| Body::from(b.to_string())))?;
        let response = self.router.clone().oneshot(request).await?;
        if !response.status().is_success() {
            let status = response.status();
            let text = read(response).await.unwrap_or_default();
            bail!("{method} {path}: {status} {text}");
        }
        Ok(response)
    }
}

async fn read(response: axum::response::Response) -> anyhow::Result<Value> {
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await?;
    if bytes.is_empty() {
        Ok(Value::Null)
    } else {
        Ok(serde_json::from_slice(&bytes)?)
    }
}
