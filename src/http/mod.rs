//! The doors for people and programs: router, sessions, problem documents, OpenAPI, server-sent events, the console's files. What a
//! request means is the slices' matter: each brings its own `api.rs`.

mod answer;
mod assets;
mod caller;
mod context;
mod desk;
pub mod events;
pub mod extract;
mod guard;
mod health;
mod idempotency;
pub mod imports;
mod limiter;
pub mod live;
mod metrics;
mod overview;
mod pace;
pub mod page;
pub mod problem;
pub mod range;
mod screens;
mod serve;
mod session;
mod store;
mod tie;
mod tls;
pub mod told;
mod trust;
mod wallboard;
mod witness;
mod wording;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    // Sound and film are not compressed: the player jumps about in them by Range.
    compression::{CompressionLayer, DefaultPredicate, Predicate, predicate::NotForContentType},
};
use utoipa::{
    OpenApi,
    openapi::{Content, Ref, RefOr, ResponseBuilder},
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config as SwaggerConfig, SwaggerUi};

pub use caller::Caller;
pub use extract::{Json, Path, Query};
pub use limiter::Limiter;
pub use pace::Pace;
pub use problem::{FieldError, Problem};
pub use serve::{Server, start};
pub use tls::for_phones as certificate_for_phones;

use crate::{
    accounts, app::App, audit, calendar, calls, contacts, dialer, dispatch, forms, knowledge, messages,
    missed, notices, prompts, settings, supervision, tickets, transcripts, units,
};

/// The largest request body: settings and tickets are text.
pub const BODY_LIMIT: usize = 2 << 20;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "minsheng 民声",
        description = "The citizen hotline's interface. Errors are RFC 9457 problem documents; times are \
        RFC 3339; lists page by an opaque cursor; every POST takes an Idempotency-Key.",
        license(name = "Apache-2.0")
    ),
    components(schemas(Problem, FieldError))
)]
struct Document;

/// Every route of the interface, below `/api/v1`. A slice adds one line here.
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(session::routes())
        .merge(health::routes())
        .merge(events::routes())
        .merge(live::routes())
        .merge(accounts::api::routes())
        .merge(audit::api::routes())
        .merge(messages::api::routes())
        .merge(settings::api::routes())
        .merge(prompts::api::routes())
        .merge(calendar::api::routes())
        .merge(calls::api::routes())
        .merge(dialer::api::routes())
        .merge(missed::api::routes())
        .merge(transcripts::api::routes())
        .merge(notices::api::routes())
        .merge(tickets::api::routes())
        .merge(contacts::api::routes())
        .merge(dispatch::api::routes())
        .merge(knowledge::api::routes())
        .merge(supervision::api::routes())
        .merge(forms::api::routes())
        .merge(units::api::routes())
        .merge(overview::routes())
        .merge(desk::routes())
        .merge(wallboard::routes())
        .merge(screens::routes())
        .merge(context::routes())
        .merge(tie::routes())
        .merge(answer::routes())
}

/// The OpenAPI document, for the console's types and the snapshot test.
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented(
        OpenApiRouter::with_openapi(Document::openapi())
            .nest("/api/v1", routes())
            .into_openapi(),
    )
}

/// The whole web side of the daemon.
pub fn router(app: App) -> Router {
    let (api, _) = OpenApiRouter::<App>::new()
        .nest("/api/v1", routes())
        .split_for_parts();
    let api = api
        .layer(from_fn_with_state(app.clone(), witness::attend))
        .layer(from_fn_with_state(app.clone(), idempotency::replay))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .merge(metrics::routes())
        .merge(trust::routes())
        .merge(Router::from(
            SwaggerUi::new("/api/docs")
                .url("/api/openapi.json", openapi())
                .config(SwaggerConfig::default().validator_url("none")),
        ))
        .fallback(elsewhere)
        .method_not_allowed_fallback(|| async { axum::http::StatusCode::METHOD_NOT_ALLOWED })
        .layer(from_fn_with_state(app.clone(), guard::refuse_forgery))
        .layer(from_fn(guard::refuse_nul))
        .layer(from_fn(trust::insist))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(guard::as_problem))
        .layer(
            CompressionLayer::new().compress_when(
                DefaultPredicate::new()
                    .and(NotForContentType::const_new("audio/"))
                    .and(NotForContentType::const_new("video/"))
                    .and(NotForContentType::const_new("application/pdf")),
            ),
        )
        .layer(from_fn_with_state(app.clone(), guard::add_headers));
    api.with_state(app)
}

/// Not the interface: the console; below `/api` nothing.
async fn elsewhere(request: Request) -> Response {
    if request.uri().path().starts_with("/api") {
        return Problem::new(axum::http::StatusCode::NOT_FOUND, "没有这个地址").into_response();
    }
    assets::serve(request).await
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(text.unwrap_or("a handler panicked")).into_response()
}

/// Every operation may answer with a problem document: said once here, not in every slice.
fn documented(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
            let problem = ResponseBuilder::new()
                .description("问题说明（RFC 9457）")
                .content("application/problem+json", Content::new(Some(schema)))
                .build();
            operation
                .responses
                .responses
                .insert("default".into(), RefOr::T(problem));
        }
    }
    document
}
