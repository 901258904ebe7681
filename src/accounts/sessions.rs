//! Log-in sessions: a secret token, kept hashed, that ends after idleness and in any case after a day.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::{User, password, store};
use crate::{
    app::App,
    clock::{from_millis, millis},
    db::{self, Tx},
};

/// A shift, and the breaks in it.
const IDLE: TimeDelta = TimeDelta::hours(9);
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// Use is written down at most this often: reading must not cost a write each time.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(5);

/// Checks the password and opens a session. `None`: user unknown, disabled or password wrong, in the same time.
pub async fn open_session(
    app: &App,
    username: &str,
    password: &str,
) -> Result<Option<(String, User)>, db::Error> {
    let hash = store::password_hash(&mut app.db.read().await?, username).await?;
    if !password::verify(hash, password).await {
        return Ok(None);
    }
    let mut tx = app.db.begin().await?;
    let Some(user) = store::by_username(&mut tx, username).await? else {
        return Ok(None);
    };
    let token = create(&mut tx, app, username).await?;
    tx.commit().await?;
    Ok(Some((token, user)))
}

/// Opens a session for a person whose identity is certain.
pub async fn create(tx: &mut Tx, app: &App, username: &str) -> Result<String, db::Error> {
    let (now, token) = (app.clock.now(), app.rng.token());
    let (oldest, idle) = (millis(now - LONGEST), millis(now - IDLE));
    store::insert_session(tx, &digest(&token), username, millis(now), oldest, idle).await?;
    Ok(token)
}

/// Who the token belongs to, if it is still good.
pub async fn authenticate(app: &App, token: &str) -> Result<Option<User>, db::Error> {
    let (now, hash) = (app.clock.now(), digest(token));
    let mut tx = app.db.read().await?;
    let Some(session) = store::session(&mut tx, &hash).await? else {
        return Ok(None);
    };
    let seen_at = from_millis(session.seen_at);
    if now - from_millis(session.created_at) > LONGEST || now - seen_at > IDLE {
        return Ok(None);
    }
    let user = store::by_username(&mut tx, &session.username)
        .await?
        .filter(|user| !user.disabled);
    drop(tx);
    if now - seen_at >= NOTED_EVERY {
        note_use(app, &hash, now).await;
    }
    Ok(user)
}

/// A database that cannot write now is no reason to lock people out.
async fn note_use(app: &App, hash: &str, now: DateTime<Utc>) {
    let noted = async {
        let mut tx = app.db.begin().await?;
        store::touch_session(&mut tx, hash, millis(now)).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, "use of a session not noted");
    }
}

pub async fn close_session(tx: &mut Tx, token: &str) -> Result<(), db::Error> {
    store::delete_session(tx, &digest(token)).await
}

pub(super) async fn close_all(tx: &mut Tx, username: &str) -> Result<(), db::Error> {
    store::delete_sessions_of(tx, username).await
}

fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}
