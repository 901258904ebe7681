//! Log-in sessions: a secret token, kept hashed, that ends after idleness and in any case after a day.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
    from: IpAddr,
) -> Result<Option<(String, User)>, db::Error> {
    let hash = store::password_hash(&mut app.db.read().await?, username).await?;
    if !password::verify(hash, password).await {
        return Ok(None);
    }
    let mut tx = app.db.begin().await?;
    let Some(user) = store::by_username(&mut tx, username).await? else {
        return Ok(None);
    };
    let token = create(&mut tx, app, username, Some(from)).await?;
    tx.commit().await?;
    Ok(Some((token, user)))
}

/// Opens a session for a person whose identity is certain. Without an address it may be used from everywhere.
pub async fn create(
    tx: &mut Tx,
    app: &App,
    username: &str,
    from: Option<IpAddr>,
) -> Result<String, db::Error> {
    let (now, token) = (app.clock.now(), app.rng.token());
    let (oldest, idle) = (millis(now - LONGEST), millis(now - IDLE));
    store::insert_session(tx, &digest(&token), (username, from), millis(now), oldest, idle).await?;
    Ok(token)
}

/// A session that is good, and whether it is used where it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub user: User,
    /// Used from another address than the one it was opened from: a telephone that changed networks, or a stolen cookie. A session without
    /// an address belongs nowhere.
    pub is_elsewhere: bool,
    /// Nothing was said of that lately: it is to be written down.
    pub is_news: bool,
}

/// Who the token belongs to, if it is still good.
pub async fn authenticate(
    app: &App,
    token: &str,
    from: Option<IpAddr>,
) -> Result<Option<Session>, db::Error> {
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
    let is_elsewhere = session
        .address
        .zip(from)
        .is_some_and(|(home, from)| !is_same(home, from));
    let is_news = is_elsewhere && now - from_millis(session.elsewhere_at) >= NOTED_EVERY;
    if is_news {
        tracing::warn!(username = session.username, home = ?session.address, ?from, "a session is used from another address");
        note_elsewhere(app, &hash, now).await;
    }
    Ok(user.map(|user| Session {
        user,
        is_elsewhere,
        is_news,
    }))
}

/// A browser on this machine comes by either loopback address, as it likes.
fn is_same(one: IpAddr, other: IpAddr) -> bool {
    let plain = |address: IpAddr| match address.to_canonical() {
        IpAddr::V6(Ipv6Addr::LOCALHOST) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        address => address,
    };
    plain(one) == plain(other)
}

async fn note_elsewhere(app: &App, hash: &str, now: DateTime<Utc>) {
    let noted = async {
        let mut tx = app.db.begin().await?;
        store::note_elsewhere(&mut tx, hash, millis(now)).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, "use of a session from elsewhere not noted");
    }
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

pub(super) fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}
