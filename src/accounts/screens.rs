//! The hall's screens: each has a token that shows the wallboard, for weeks, and nothing else; whoever gave it takes it back.

use chrono::{DateTime, TimeDelta, Utc};

use super::{sessions::digest, store::screens as store};
use crate::{
    app::App,
    clock::{from_millis, millis},
    db::{self, Tx},
};

/// A screen asks every second; that it lives is written down at most this often.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Screen {
    pub id: String,
    pub name: String,
    pub created_by: String,
    pub created_at: i64,
    pub seen_at: Option<i64>,
}

pub async fn all(tx: &mut Tx) -> Result<Vec<Screen>, db::Error> {
    store::all(tx).await
}

/// A new screen, and its token, which is told this once.
pub async fn create(tx: &mut Tx, app: &App, name: &str, by: &str) -> Result<(Screen, String), db::Error> {
    let token = app.rng.token();
    let screen = Screen {
        id: app.rng.id(),
        name: name.to_owned(),
        created_by: by.to_owned(),
        created_at: millis(app.clock.now()),
        seen_at: None,
    };
    store::insert(tx, &screen, &digest(&token)).await?;
    Ok((screen, token))
}

/// False: there is none.
pub async fn revoke(tx: &mut Tx, id: &str) -> Result<bool, db::Error> {
    store::delete(tx, id).await
}

/// Whether the token is that of a screen.
pub async fn admits(app: &App, token: &str) -> Result<bool, db::Error> {
    let found = store::by_token(&mut app.db.read().await?, &digest(token)).await?;
    let Some(screen) = found else { return Ok(false) };
    let now = app.clock.now();
    if is_due(screen.seen_at, now) {
        // A database that cannot write now is no reason for a dark screen.
        let noted = async {
            let mut tx = app.db.begin().await?;
            store::touch(&mut tx, &screen.id, millis(now)).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, "use of a screen not noted");
        }
    }
    Ok(true)
}

fn is_due(seen_at: Option<i64>, now: DateTime<Utc>) -> bool {
    seen_at.is_none_or(|seen| now - from_millis(seen) >= NOTED_EVERY)
}
