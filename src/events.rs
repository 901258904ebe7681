//! News between slices: an event is a row written in the transaction of the change, a consumer a cursor moved in the transaction of
//! its effect. So every event takes effect exactly once, whenever the process dies. It does not reach the console: that is `news`.

mod consume;
mod store;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    app::App,
    clock::millis,
    db::{self, Tx},
};

pub use consume::{run, run_due};
pub use store::{Failure, failures};

/// One fact. `payload` is JSON text; read it with [`Event::read`].
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Event {
    pub seq: i64,
    pub at: i64,
    pub topic: String,
    pub key: String,
    pub payload: String,
}

impl Event {
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.payload)
    }
}

pub type Handler = for<'a> fn(&'a App, &'a mut Tx, &'a [Event]) -> BoxFuture<'a, anyhow::Result<()>>;

/// A slice that listens to slices on its left. `handle` does its effect in the transaction it is given, for a batch of at most 200
/// events in order, and neither commits nor waits for anything but the database.
#[derive(Clone)]
pub struct Consumer {
    pub name: &'static str,
    pub topics: &'static [&'static str],
    pub handle: Handler,
}

/// Writes one fact into the transaction of the change it tells of.
pub async fn publish<T: Serialize + ?Sized>(
    tx: &mut Tx,
    now: DateTime<Utc>,
    topic: &str,
    key: &str,
    payload: &T,
) -> Result<(), db::Error> {
    // Serialising our own types into memory fails only for maps without string keys, which no payload has.
    let payload = serde_json::to_string(payload)
        .map_err(|error| db::Error::Other(sqlx::Error::Encode(error.into())))?;
    store::insert(tx, millis(now), topic, key, &payload).await?;
    tx.mark_published();
    Ok(())
}

/// Keeps others from publishing until the end of the transaction: for who will publish and must be alone from its first read on. A second
/// lock beside this one would be taken before it by some and after it by others.
pub async fn hold(tx: &mut Tx) -> Result<(), db::Error> {
    store::hold(tx).await
}

/// Says whether any of these topics has had another event since: they become visible in their order.
pub async fn mark(tx: &mut Tx, topics: &[&str]) -> Result<i64, db::Error> {
    store::last(tx, topics).await
}

#[cfg(test)]
mod tests;
