//! Knowledge over HTTP.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Article, Draft, Error, Hand, fitting, is_expired, rules::Said, store, write};
use crate::{
    accounts::Role,
    app::App,
    calendar,
    calls::{self, Call},
    clock::from_millis,
    db::{self, Tx},
    http::{Caller, FieldError, Json, Path, Problem, Query, page},
    tickets, transcripts,
};

/// Articles beside a running call: as many as are read at a glance.
const FITTING: usize = 6;
/// What was said this long ago counts less.
const LATELY_MS: i64 = 40_000;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change))
        .routes(routes!(versions))
        .routes(routes!(of_call))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Words of title, body or reply template
    q: Option<String>,
    /// A class or the beginning of its code
    class: Option<String>,
    unit: Option<String>,
    /// Only expired articles, or none of them
    expired: Option<bool>,
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct ArticlePage {
    items: Vec<ArticleView>,
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Article)]
struct ArticleView {
    id: i64,
    version: i64,
    title: String,
    body: String,
    class_code: Option<String>,
    /// The unit that keeps it true
    owner_unit: Option<String>,
    valid_from: Option<NaiveDate>,
    /// The last day it holds
    valid_until: Option<NaiveDate>,
    expired: bool,
    reply_template: String,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct FittingArticle {
    #[serde(flatten)]
    article: ArticleView,
    /// The words by which it was found, the weightiest first
    words: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
struct ArticleBody {
    title: String,
    body: String,
    class_code: Option<String>,
    owner_unit: Option<String>,
    valid_from: Option<NaiveDate>,
    /// The last day it holds
    valid_until: Option<NaiveDate>,
    #[serde(default)]
    reply_template: String,
}

#[derive(Deserialize, ToSchema)]
struct ChangeBody {
    /// The version that was shown; 409 when it is no longer the newest
    version: i64,
    #[serde(flatten)]
    article: ArticleBody,
}

impl From<ArticleBody> for Draft {
    fn from(body: ArticleBody) -> Self {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self {
            title: body.title.trim().to_owned(),
            body: body.body,
            class_code: filled(body.class_code),
            owner_unit: filled(body.owner_unit),
            valid_from: body.valid_from,
            valid_until: body.valid_until,
            reply_template: body.reply_template,
        }
    }
}

fn shown(article: Article, now: DateTime<Utc>) -> ArticleView {
    ArticleView {
        expired: is_expired(article.valid_until.0, now),
        id: article.id,
        version: article.version,
        title: article.title,
        body: article.body,
        class_code: article.class_code,
        owner_unit: article.owner_unit,
        valid_from: article.valid_from.0,
        valid_until: article.valid_until.0,
        reply_template: article.reply_template,
        updated_at: from_millis(article.updated_at),
        updated_by: article.updated_by,
    }
}

/// Articles, the newest first
#[utoipa::path(get, path = "/articles", tag = "knowledge", params(ListQuery), responses((status = 200, body = ArticlePage)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<ArticlePage>, Problem> {
    caller.require_office()?;
    let limit = page::limit(query.limit)?;
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let class = filled(query.class);
    if class
        .as_ref()
        .is_some_and(|class| !class.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        return Err(Problem::invalid(vec![FieldError::new("class", "应为分类代码")]));
    }
    let now = app.clock.now();
    let filter = store::Filter {
        q: filled(query.q),
        class,
        unit: filled(query.unit),
        expired: query.expired,
        today: calendar::local_date(now),
        before: page::decode(query.cursor.as_deref())?,
        limit: limit + 1,
    };
    let articles = store::page(&mut app.db.read().await?, &filter).await?;
    let (articles, next_cursor) = page::cut(articles, limit, |article| (article.updated_at, article.id));
    Ok(Json(ArticlePage {
        items: articles.into_iter().map(|article| shown(article, now)).collect(),
        next_cursor,
    }))
}

fn may_write(caller: &Caller) -> Result<(), Problem> {
    caller.require(&[Role::Supervisor, Role::Dispatcher, Role::Admin])
}

async fn save(
    app: &App,
    caller: &Caller,
    known: Option<(i64, i64)>,
    draft: &Draft,
) -> Result<Json<ArticleView>, Problem> {
    let now = app.clock.now();
    let hand = Hand {
        now,
        by: &caller.username,
    };
    let mut tx = app.db.begin().await?;
    let article = write(&mut tx, hand, known, draft).await?;
    tx.commit().await?;
    Ok(Json(shown(article, now)))
}

/// Write an article
#[utoipa::path(post, path = "/articles", tag = "knowledge", request_body = ArticleBody, responses((status = 201, body = ArticleView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<ArticleBody>,
) -> Result<(StatusCode, Json<ArticleView>), Problem> {
    may_write(&caller)?;
    Ok((
        StatusCode::CREATED,
        save(&app, &caller, None, &body.into()).await?,
    ))
}

/// One article
#[utoipa::path(get, path = "/articles/{id}", tag = "knowledge", params(("id" = i64, Path)), responses((status = 200, body = ArticleView)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<i64>,
) -> Result<Json<ArticleView>, Problem> {
    caller.require_office()?;
    let article = store::find(&mut app.db.read().await?, id).await?;
    let article = article.ok_or_else(Problem::not_found)?;
    Ok(Json(shown(article, app.clock.now())))
}

/// A new version of an article
#[utoipa::path(put, path = "/articles/{id}", tag = "knowledge", params(("id" = i64, Path)), request_body = ChangeBody,
    responses((status = 200, body = ArticleView)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<i64>,
    Json(body): Json<ChangeBody>,
) -> Result<Json<ArticleView>, Problem> {
    may_write(&caller)?;
    save(&app, &caller, Some((id, body.version)), &body.article.into()).await
}

/// All versions of an article, the newest first
#[utoipa::path(get, path = "/articles/{id}/versions", tag = "knowledge", params(("id" = i64, Path)),
    responses((status = 200, body = Vec<ArticleView>)))]
async fn versions(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<i64>,
) -> Result<Json<Vec<ArticleView>>, Problem> {
    caller.require_office()?;
    let now = app.clock.now();
    let versions = store::versions(&mut app.db.read().await?, id).await?;
    if versions.is_empty() {
        return Err(Problem::not_found());
    }
    Ok(Json(
        versions.into_iter().map(|article| shown(article, now)).collect(),
    ))
}

/// The articles that fit what is being said in a call; expired ones never
#[utoipa::path(get, path = "/calls/{id}/articles", tag = "knowledge", params(("id" = String, Path)),
    responses((status = 200, body = Vec<FittingArticle>)))]
async fn of_call(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<FittingArticle>>, Problem> {
    caller.require(&[Role::Operator, Role::Supervisor, Role::Admin])?;
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let call = calls::find(&mut tx, &id).await?.ok_or_else(Problem::not_found)?;
    let (said, class) = matter(&app, &mut tx, &call).await?;
    let found = fitting(&mut tx, now, &said, class.as_deref(), FITTING).await?;
    let view = |(article, words)| FittingArticle {
        article: shown(article, now),
        words,
    };
    Ok(Json(found.into_iter().map(view).collect()))
}

/// What a call is about: the ticket's text, and what was said, oldest first; and the ticket's class.
async fn matter(app: &App, tx: &mut Tx, call: &Call) -> Result<(Vec<Said>, Option<String>), db::Error> {
    let mut said = Vec::new();
    let mut class = None;
    if let Some(number) = &call.ticket_number
        && let Some(ticket) = tickets::find(tx, number).await?
    {
        let text = format!("{}\n{}", ticket.title, ticket.content);
        said.push(Said { text, weight: 1.0 });
        class = ticket.class_code;
    }
    let mut segments = transcripts::live::finished_sentences(app, &call.id);
    if segments.is_empty() {
        segments = transcripts::segments(tx, &call.id).await?;
    }
    let newest = segments
        .iter()
        .map(|segment| segment.end_ms)
        .max()
        .unwrap_or_default();
    said.extend(segments.into_iter().map(|segment| Said {
        weight: weight(&segment, newest),
        text: segment.text,
    }));
    Ok((said, class))
}

/// What the citizen asks counts, and what was asked just now counts most.
fn weight(segment: &transcripts::Segment, newest_ms: i64) -> f64 {
    let age = if newest_ms - segment.end_ms > LATELY_MS {
        0.5
    } else {
        1.0
    };
    match segment.side {
        transcripts::Side::Citizen => age,
        transcripts::Side::Office => age * 0.4,
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::not_found(),
            Error::Invalid(faults) => {
                let fault = |fault: super::Fault| FieldError::new(fault.field, fault.message);
                Self::invalid(faults.into_iter().map(fault).collect())
            }
            Error::Stale { version } => Self {
                errors: vec![FieldError::new("version", version.to_string())],
                ..Self::conflict("知识已被他人修改，请刷新后再试").coded("article-stale")
            },
            Error::Database(error) => error.into(),
        }
    }
}
