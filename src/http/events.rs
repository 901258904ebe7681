//! Server-sent events: the console's live view. Nothing is kept for who is not connected: a console that was away reads the lists anew.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::Stream;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, Problem, caller::identify};
use crate::{app::App, news::News};

/// A session that ended elsewhere loses its stream within this time.
const RECHECK: Duration = Duration::from_secs(30);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(stream))
}

/// Events as they happen: `call`, `queue`, `operator`, `ticket`, `trunk`, and to the person alone `desk`, `desk.line`, `desk.taken`, `desk.party`,
/// `message`; `reset` = too much was missed, read the lists anew
#[utoipa::path(get, path = "/events", tag = "live",
    responses((status = 200, description = "server-sent events", content_type = "text/event-stream", body = String)))]
async fn stream(State(app): State<App>, caller: Caller, headers: HeaderMap) -> Response {
    let ear = app.db.signals().listen();
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    let mut response = Sse::new(tell(app, caller, headers, ear))
        .keep_alive(keep_alive)
        .into_response();
    // A proxy that buffers would hold the events back.
    response
        .headers_mut()
        .insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    response
}

fn tell(
    app: App,
    caller: Caller,
    headers: HeaderMap,
    mut ear: Receiver<News>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    async_stream::stream! {
        yield Ok(Event::default().comment("connected"));
        let mut recheck = tokio::time::interval(RECHECK);
        recheck.tick().await;
        loop {
            tokio::select! {
                () = app.ending.cancelled() => break,
                _ = recheck.tick() => if is_gone(identify(&app, &headers, None).await) { break },
                news = ear.recv() => match news {
                    Ok(news) => if let Some(event) = shown(&news, &caller) { yield Ok(event) },
                    Err(RecvError::Lagged(_)) => yield Ok(Event::default().event("reset").data("{}")),
                    Err(RecvError::Closed) => break,
                },
            }
        }
    }
}

/// A database that is busy is no reason to end the stream.
fn is_gone(identified: Result<Caller, Problem>) -> bool {
    identified.is_err_and(|problem| problem.status == 401)
}

fn shown(news: &News, caller: &Caller) -> Option<Event> {
    let may_see = news
        .audience
        .includes(&caller.username, caller.role, caller.unit_code.as_deref());
    may_see.then(|| Event::default().event(news.kind).data(news.data.to_string()))
}
