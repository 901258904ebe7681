//! What stands before every request: forged requests, odd bytes in the address, and the headers every answer carries.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{caller, problem::Problem};
use crate::app::App;

/// Styles may be inline because the component library sets them so; scripts never.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; manifest-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(header::HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        header::HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

pub(super) async fn add_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        // What is stricter with itself stays so.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if app.config.http.tls.is_some() || app.config.http.public_url.starts_with("https://") {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

/// Cross-site request forgery: a browser says where a request comes from (Sec-Fetch-Site, else Origin). A bearer token is not sent by
/// a browser on its own, so such requests pass; so do those of programs, which say nothing.
pub(super) async fn refuse_forgery(State(app): State<App>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    if !safe && caller::bearer(headers).is_none() && !is_same_origin(headers, &app.config.http.public_url) {
        return Problem::new(StatusCode::FORBIDDEN, "请求来自其他网站，已拒绝")
            .coded("other-site")
            .into_response();
    }
    next.run(request).await
}

fn is_same_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = text("origin") else { return true };
    let Some((_, origin_host)) = origin.split_once("://") else {
        return false;
    };
    origin == public_url || text("host") == Some(origin_host)
}

/// PostgreSQL stores no NUL character; an address with one names nothing.
pub(super) async fn refuse_nul(request: Request, next: Next) -> Response {
    let has_nul = |text: &str| text.contains("%00");
    if has_nul(request.uri().path()) || request.uri().query().is_some_and(has_nul) {
        return Problem::bad_request("地址中不能含空字符").into_response();
    }
    next.run(request).await
}

/// Answers of the framework itself (405, 413, …) become problem documents too.
pub(super) async fn as_problem(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/problem+json"));
    if !is_error || is_problem {
        return response;
    }
    let mut problem = Problem::new(status, describe(status)).into_response();
    for name in [header::ALLOW, header::CONTENT_RANGE] {
        if let Some(value) = response.headers().get(&name) {
            problem.headers_mut().insert(name, value.clone());
        }
    }
    problem
}

fn describe(status: StatusCode) -> &'static str {
    match status.as_u16() {
        404 => "没有这个地址",
        405 => "这个地址不支持此方法",
        413 => "提交的内容超过上限",
        416 => "请求的范围超出文件",
        _ => "请求无法处理",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn another_site_is_told_from_our_own() {
        let same = |pairs: &[_]| is_same_origin(&headers(pairs), "https://12345.example.gov.cn");
        assert!(same(&[]));
        assert!(same(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://evil.example")
        ]));
        assert!(!same(&[("sec-fetch-site", "cross-site")]));
        assert!(!same(&[("sec-fetch-site", "same-site")]));
        assert!(same(&[
            ("origin", "http://10.0.0.2:8345"),
            ("host", "10.0.0.2:8345")
        ]));
        assert!(same(&[
            ("origin", "https://12345.example.gov.cn"),
            ("host", "127.0.0.1:8345")
        ]));
        assert!(!same(&[
            ("origin", "https://evil.example"),
            ("host", "10.0.0.2:8345")
        ]));
        assert!(!same(&[("origin", "null"), ("host", "10.0.0.2:8345")]));
    }
}
