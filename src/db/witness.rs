//! Who answers for a write. A transaction begun on somebody's behalf is attested by a witness before it commits, so that no operation
//! can forget to; what the witness writes down stands or falls with the write. What that is, is not said here.

use std::{future::Future, sync::Arc};

use futures::future::BoxFuture;
use serde_json::{Map, Value};

use super::{Error, Tx};

/// What the operations said about their own write, by name.
pub type Notes = Map<String, Value>;

pub trait Witness: Send + Sync {
    fn attest<'a>(&'a self, tx: &'a mut Tx, notes: Notes) -> BoxFuture<'a, Result<(), Error>>;
}

tokio::task_local! {
    static PRESENT: Arc<dyn Witness>;
}

/// Every transaction that `work` begins for writing is attested by `witness`. Tasks that it spawns are on their own.
pub async fn witnessed<F: Future>(witness: Arc<dyn Witness>, work: F) -> F::Output {
    PRESENT.scope(witness, work).await
}

pub(super) fn present() -> Option<Arc<dyn Witness>> {
    PRESENT.try_with(Arc::clone).ok()
}
