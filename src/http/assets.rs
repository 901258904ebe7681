//! The console's files, embedded at build. Unknown paths give the console's own page, which does its routing.

use axum::{extract::Request, response::Response};

#[cfg(console)]
pub(super) async fn serve(request: Request) -> Response {
    use axum::http::{Method, StatusCode, Uri};

    let path = request.uri().path();
    // A file that is not there is not found; only an address of the console itself has no dot at its end.
    let is_page =
        *request.method() == Method::GET && !path.rsplit('/').next().unwrap_or_default().contains('.');
    let headers = request.headers().clone();
    let found = file(request).await;
    if found.status() != StatusCode::NOT_FOUND || !is_page {
        return found;
    }
    let mut index = Request::new(axum::body::Body::empty());
    *index.uri_mut() = Uri::from_static("/");
    *index.headers_mut() = headers;
    file(index).await
}

#[cfg(console)]
async fn file(request: Request) -> Response {
    use std::sync::LazyLock;

    use axum::Router;
    use memory_serve::CacheControl;
    use tower::ServiceExt;

    // The page must not outlive an update.
    static CONSOLE: LazyLock<Router> = LazyLock::new(|| {
        memory_serve::load!()
            .index_file(Some("/index.html"))
            .html_cache_control(CacheControl::NoCache)
            .cache_control(CacheControl::Medium)
            .into_router()
    });
    match CONSOLE.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

#[cfg(not(console))]
pub(super) async fn serve(request: Request) -> Response {
    use axum::{
        http::StatusCode,
        response::{Html, IntoResponse},
    };

    if request.uri().path() != "/" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let page = include_str!("no_console.html");
    (StatusCode::OK, Html(page)).into_response()
}
