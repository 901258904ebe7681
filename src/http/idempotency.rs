//! `Idempotency-Key`: the same POST sent twice has one effect, and the second gets the first one's answer for a day.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, Response as HttpResponse, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use super::{
    BODY_LIMIT, caller,
    problem::Problem,
    store::{self, Answer, Claim},
};
use crate::{app::App, clock::millis, db};

const KEPT: TimeDelta = TimeDelta::hours(24);
/// A first request that has not answered after this long died with its process.
const ABANDONED: TimeDelta = TimeDelta::seconds(60);
const LONGEST_ANSWER: usize = 1 << 20;

pub(super) async fn replay(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(key) = request.headers().get("idempotency-key").cloned() else {
        return next.run(request).await;
    };
    // An upload is not read into memory to be compared: it keeps its key itself.
    let path = request.uri().path();
    let keeps_itself = path.ends_with("/session") || path.ends_with("/attachments");
    if request.method() != Method::POST || keeps_itself {
        return next.run(request).await;
    }
    match once(&app, &key, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn once(app: &App, key: &HeaderValue, request: Request, next: Next) -> Result<Response, Problem> {
    let key = key.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
    let key = key
        .ok_or_else(|| Problem::bad_request("Idempotency-Key 应为 1 至 255 个可见 ASCII 字符"))?
        .to_owned();
    let caller = caller::ask(app, request.headers(), request.extensions()).await?;
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT)
        .await
        .map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "提交的内容超过上限"))?;
    let claim = Claim {
        username: caller.username.clone(),
        path: parts.uri.path().to_owned(),
        key,
        request_hash: hex::encode(Sha256::digest(&body)),
    };
    if let Some(earlier) = take(app, &claim).await? {
        return earlier;
    }
    parts.extensions.insert(caller);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    settle(app, &claim, response).await
}

/// Claims the key, or gives the answer of the request that had it.
async fn take(app: &App, claim: &Claim) -> Result<Option<Result<Response, Problem>>, db::Error> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::sweep_answers(&mut tx, millis(now - KEPT), millis(now - ABANDONED)).await?;
    let claimed = store::claim_key(&mut tx, claim, millis(now)).await?;
    let earlier = if claimed {
        None
    } else {
        Some(store::answer(&mut tx, claim).await?)
    };
    tx.commit().await?;
    Ok(earlier.map(|row| row.map_or_else(|| Err(still_running()), |row| answer(row, &claim.request_hash))))
}

fn answer(row: Answer, request_hash: &str) -> Result<Response, Problem> {
    if row.request_hash != request_hash {
        let detail = "这个 Idempotency-Key 已用于内容不同的请求";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).coded("request-key-reused"));
    }
    let Some(status) = row.status.and_then(|status| u16::try_from(status).ok()) else {
        return Err(still_running());
    };
    HttpResponse::builder()
        .status(status)
        .header(
            header::CONTENT_TYPE,
            row.content_type.unwrap_or_else(|| "application/json".into()),
        )
        .header("idempotency-replayed", "true")
        .body(Body::from(row.body.unwrap_or_default()))
        .map_err(Problem::internal)
}

fn still_running() -> Problem {
    Problem::conflict("使用同一 Idempotency-Key 的请求仍在处理").coded("request-running")
}

/// Keeps the answer; an answer that is our own fault is not kept, so that the request may be tried again.
async fn settle(app: &App, claim: &Claim, response: Response) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let body: Bytes = to_bytes(body, LONGEST_ANSWER).await.map_err(Problem::internal)?;
    let kept = if parts.status.is_server_error() || parts.status == StatusCode::TOO_MANY_REQUESTS {
        forget(app, claim).await
    } else {
        let content_type = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        keep(app, claim, parts.status, content_type, &body).await
    };
    if let Err(error) = kept {
        tracing::warn!(%error, "answer to an idempotent request not kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

async fn keep(
    app: &App,
    claim: &Claim,
    status: StatusCode,
    kind: Option<&str>,
    body: &[u8],
) -> Result<(), db::Error> {
    let mut tx = app.db.begin().await?;
    let body = String::from_utf8_lossy(body).into_owned();
    store::keep_answer(&mut tx, claim, i64::from(status.as_u16()), kind, &body).await?;
    tx.commit().await
}

async fn forget(app: &App, claim: &Claim) -> Result<(), db::Error> {
    let mut tx = app.db.begin().await?;
    store::release_key(&mut tx, claim).await?;
    tx.commit().await
}
