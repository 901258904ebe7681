//! Short words between the people of the hall: a supervisor to one or to all, and an operator's cry for help. Not responsible for
//! anything a citizen reads.

pub mod api;
mod rules;
mod store;

use chrono::{DateTime, Utc};

pub use rules::{Draft, Fault};
pub use store::Message;

use crate::{
    db::{self, Tx},
    news::{Audience, News},
};

/// Keeps what was said and tells whom it concerns.
async fn send(tx: &mut Tx, now: DateTime<Utc>, sender: &str, draft: &Draft) -> Result<(), db::Error> {
    let message = store::insert(tx, now, sender, draft).await?;
    let audience = match (&draft.to, draft.is_help) {
        (_, true) => Audience::Supervisors,
        (Some(to), _) => Audience::Person(to.clone()),
        (None, _) => Audience::Office,
    };
    let (kind, data) = api::event(&message);
    tx.tell(News { kind, data, audience });
    Ok(())
}
