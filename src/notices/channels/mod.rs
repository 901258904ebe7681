//! Ways out of the house: every channel takes the same message and says how it went. Who is told, and when, is not said here.

mod mail;
mod sms;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

use crate::config::Config;

/// One message to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The same however often it is tried: a gateway that knows it does not send twice.
    pub(super) id: String,
    pub(super) at: DateTime<Utc>,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Worth another attempt.
    #[error("{0}")]
    Later(String),
    /// It may have been taken: the answer never came.
    #[error("{0}")]
    Unsure(String),
    /// Refused for good.
    #[error("{0}")]
    Never(String),
}

pub(super) trait Channel: Send + Sync {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), Failure>>;

    /// Whether a message that may have been sent was taken; none where nobody can be asked.
    fn was_taken<'a>(&'a self, _: &'a Message) -> BoxFuture<'a, Result<Option<bool>, Failure>> {
        Box::pin(async { Ok(None) })
    }
}

/// None: the county has not set it up.
pub(super) fn open(config: &Config, name: &str) -> Option<Box<dyn Channel>> {
    match name {
        "sms" => Some(Box::new(sms::Gateway(config.sms.clone()?))),
        "mail" => Some(Box::new(mail::Post(config.mail.clone()?))),
        _ => None,
    }
}
