//! The console's files, embedded at build. Unknown paths give the console's own page, which does its routing.

use axum::{extract::Request, response::Response};

#[cfg(console)]
pub(super) async fn serve(request: Request) -> Response {
    use std::sync::LazyLock;

    use axum::{Router, http::StatusCode};
    use tower::ServiceExt;

    static CONSOLE: LazyLock<Router> = LazyLock::new(|| {
        memory_serve::load!()
            .index_file(Some("/index.html"))
            .fallback(Some("/index.html"))
            .fallback_status(StatusCode::OK)
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
