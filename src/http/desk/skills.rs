//! What the operator serves in this shift, within what an administrator gave.

use std::collections::BTreeSet;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, Json, Problem};
use crate::{
    accounts::{
        self, Role,
        serving::{self, Error},
    },
    app::App,
    db::{self, Tx},
    settings,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(serve))
}

#[derive(Serialize, ToSchema)]
#[schema(as = DeskSkill)]
pub(super) struct SkillView {
    skill: String,
    /// Titles of the queues whose callers it takes
    queues: Vec<String>,
    serves: bool,
}

/// Nothing for who is no operator: supervisors take calls over, they are not rung.
pub(super) async fn of(tx: &mut Tx, caller: &Caller) -> Result<Vec<SkillView>, db::Error> {
    let user = match caller.role {
        Role::Operator => accounts::by_username(tx, &caller.username).await?,
        _ => None,
    };
    let Some(user) = user else { return Ok(vec![]) };
    let left_out = serving::left_out(tx).await?;
    let queues = settings::queues(tx).await?;
    let titles = |skill: &str| {
        let of_skill = queues.iter().filter(|queue| queue.body.skill == skill);
        of_skill.map(|queue| queue.body.title.clone()).collect()
    };
    let view = |skill: &str| SkillView {
        skill: skill.to_owned(),
        queues: titles(skill),
        serves: user.serves(skill, &left_out),
    };
    Ok(user.skill_names().into_iter().map(view).collect())
}

#[derive(Deserialize, ToSchema)]
struct Wanted {
    skills: BTreeSet<String>,
}

/// Serves these of one's skills from now on
#[utoipa::path(put, path = "/desk/skills", tag = "desk", request_body = Wanted, responses((status = 204)))]
async fn serve(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<Wanted>,
) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Operator])?;
    let mut tx = app.db.begin().await?;
    let user = accounts::by_username(&mut tx, &caller.username)
        .await?
        .ok_or_else(Problem::unauthorized)?;
    serving::serve(&mut tx, app.clock.now(), &user, &wanted.skills).await?;
    tx.note(
        "skills",
        wanted.skills.iter().cloned().collect::<Vec<_>>().join(","),
    );
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Nothing => Self::conflict(error.to_string()).coded("skills-none"),
            Error::NotGiven(_) => Self::conflict(error.to_string()).coded("skills-not-hers"),
            Error::Database(error) => error.into(),
        }
    }
}
