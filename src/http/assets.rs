//! The console's files, embedded at build. It has one page, which finds its way by what follows `#`: an address without one leads there.

use axum::{
    extract::Request,
    http::{Method, StatusCode},
    response::{IntoResponse, Redirect, Response},
};

pub(super) async fn serve(request: Request) -> Response {
    let page = page(&request);
    let found = file(request).await;
    match page {
        Some(page) if found.status() == StatusCode::NOT_FOUND => Redirect::to(&page).into_response(),
        _ => found,
    }
}

/// Where the console shows what was asked for. A file that is not there is not found: only pages have no dot at their end.
fn page(request: &Request) -> Option<String> {
    let last = request.uri().path().rsplit('/').next().unwrap_or_default();
    let is_page = *request.method() == Method::GET && !last.contains('.');
    let whole = request.uri().path_and_query().map_or("/", |whole| whole.as_str());
    is_page.then(|| format!("/#{whole}"))
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
async fn file(request: Request) -> Response {
    if request.uri().path() != "/" {
        return StatusCode::NOT_FOUND.into_response();
    }
    axum::response::Html(include_str!("no_console.html")).into_response()
}
