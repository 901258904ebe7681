//! The page that tells a clerk how to trust the hotline's certificate, and the certificate itself. No log-in: whoever needs it cannot have
//! one yet. The only pages that are also served without encryption; everything else is sent to the encrypted address.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};

use super::{
    Problem,
    tls::{self, Encrypted},
};
use crate::app::App;

const PAGE: &str = include_str!("trust/page.html");

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/trust", get(page))
        .route("/trust/ca.crt", get(certificate))
}

async fn read_certificate(app: &App) -> Result<Vec<u8>, Problem> {
    let file = tls::authority_file(app).ok_or_else(Problem::not_found)?;
    tokio::fs::read(file).await.map_err(Problem::internal)
}

async fn page(State(app): State<App>) -> Result<Html<String>, Problem> {
    let certificate = read_certificate(&app).await?;
    Ok(Html(
        PAGE.replace("{{fingerprint}}", &tls::fingerprint(&certificate)),
    ))
}

async fn certificate(State(app): State<App>) -> Result<Response, Problem> {
    let headers = [
        (header::CONTENT_TYPE, "application/x-x509-ca-cert"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"minsheng-ca.crt\"",
        ),
    ];
    Ok((headers, read_certificate(&app).await?).into_response())
}

/// Where the hotline is encrypted, plain requests get no further than this. Without the mark the door knows plain HTTP only.
pub(super) async fn insist(request: Request, next: Next) -> Response {
    let mark = request.extensions().get::<Encrypted>();
    let is_plain = mark.is_some_and(|Encrypted(encrypted)| !encrypted);
    let path = request.uri().path();
    if !is_plain || path == "/trust" || path == "/trust/ca.crt" {
        return next.run(request).await;
    }
    // A program that sends its token in the clear must notice, not be led on with it.
    if path.starts_with("/api/") {
        return Problem::new(StatusCode::UPGRADE_REQUIRED, "请使用 https 地址访问").into_response();
    }
    match request.headers().get(header::HOST).map(HeaderValue::to_str) {
        Some(Ok(host)) => Redirect::temporary(&format!("https://{host}{}", request.uri())).into_response(),
        _ => Problem::bad_request("请使用 https 地址访问").into_response(),
    }
}
