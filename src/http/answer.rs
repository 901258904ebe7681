//! Answering in the hotline, from an article of the knowledge base. Joins tickets and knowledge; whether a ticket may be answered here is
//! the tickets' matter, whether an article may be cited the knowledge's.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, FieldError, Json, Path, Problem};
use crate::{
    app::App,
    db::Tx,
    knowledge,
    tickets::{self, Citation, Command, TicketView},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(direct))
        .routes(routes!(close))
}

#[derive(Default, Deserialize, ToSchema)]
struct DirectBody {
    /// The article of the knowledge base that answers it; one that is in force today
    article_id: Option<i64>,
    version: Option<i64>,
}

#[derive(Default, Deserialize, ToSchema)]
struct CloseBody {
    /// What the citizen was told
    #[serde(default)]
    note: String,
    /// The article it was told from; one that is in force today
    article_id: Option<i64>,
    version: Option<i64>,
}

/// Answer it in the hotline (直办)
#[utoipa::path(post, path = "/tickets/{number}/direct", tag = "tickets", params(("number" = String, Path)), request_body = DirectBody,
    responses((status = 200, body = TicketView)))]
async fn direct(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Json(body): Json<DirectBody>,
) -> Result<Json<TicketView>, Problem> {
    let step = Step {
        app: &app,
        caller: &caller,
        number: &number,
        version: body.version,
    };
    let command = |article| Command::Direct { article };
    step.take(body.article_id, command).await
}

/// Close: answered on the spot (办结), or for a reply: passed, to the callback
#[utoipa::path(post, path = "/tickets/{number}/close", tag = "tickets", params(("number" = String, Path)), request_body = CloseBody,
    responses((status = 200, body = TicketView)))]
async fn close(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Json(body): Json<CloseBody>,
) -> Result<Json<TicketView>, Problem> {
    let step = Step {
        app: &app,
        caller: &caller,
        number: &number,
        version: body.version,
    };
    let CloseBody { note, article_id, .. } = body;
    step.take(article_id, |article| Command::Close { note, article })
        .await
}

struct Step<'a> {
    app: &'a App,
    caller: &'a Caller,
    number: &'a str,
    version: Option<i64>,
}

impl Step<'_> {
    async fn take(
        self,
        article_id: Option<i64>,
        command: impl FnOnce(Option<Citation>) -> Command,
    ) -> Result<Json<TicketView>, Problem> {
        let now = self.app.clock.now();
        let actor = tickets::api::actor(self.caller);
        let mut tx = self.app.db.begin().await?;
        let article = match article_id {
            Some(id) => Some(citation(&mut tx, now, id).await?),
            None => None,
        };
        let ticket = tickets::act(&mut tx, now, self.number, command(article), &actor, self.version).await?;
        let body = tickets::view(&mut tx, &ticket, &actor, now).await?;
        tx.commit().await?;
        Ok(Json(body))
    }
}

async fn citation(tx: &mut Tx, now: DateTime<Utc>, id: i64) -> Result<Citation, Problem> {
    let refused = |message: String| Problem::invalid(vec![FieldError::new("article_id", message)]);
    match knowledge::citable(tx, now, id).await? {
        Ok(article) => Ok(Citation {
            id: article.id,
            title: article.title,
            version: article.version,
        }),
        Err(why) => Err(refused(why.to_string())),
    }
}
