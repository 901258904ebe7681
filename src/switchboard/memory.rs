//! What the queues had learnt before a restart, read off the record of calls. What they make of it is theirs.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use telephony::queue::Past;

use crate::app::App;
use crate::calls::{self, Talk};
use crate::clock::{from_millis, millis};

/// Longer than any queue may remember who knows whom.
const BACK: TimeDelta = TimeDelta::days(1);
/// As many callers as the queues remember.
const MOST: i64 = 10_000;

pub(super) async fn past(app: &App) -> anyhow::Result<Vec<Past>> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let talks = calls::talks(&mut tx, millis(now - BACK), MOST).await?;
    Ok(talks.into_iter().map(|talk| conversation(talk, now)).collect())
}

fn conversation(talk: Talk, now: DateTime<Utc>) -> Past {
    let span = |from: DateTime<Utc>, to: DateTime<Utc>| (to - from).to_std().unwrap_or(Duration::ZERO);
    let answered = from_millis(talk.answered_at);
    Past {
        caller: talk.caller,
        operator: talk.operator,
        queue: talk.queue,
        talked: span(answered, from_millis(talk.ended_at)),
        ago: span(answered, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_as_long_and_as_long_ago_as_the_record_says() {
        let talk = Talk {
            caller: "13800000001".into(),
            operator: "operator1".into(),
            queue: "general".into(),
            answered_at: 10_000,
            ended_at: 70_000,
        };
        let past = conversation(talk.clone(), from_millis(3_610_000));
        assert_eq!(
            (past.talked, past.ago),
            (Duration::from_secs(60), Duration::from_secs(3600))
        );
        // A clock that was set back makes nothing longer than it was.
        assert_eq!(conversation(talk, from_millis(0)).ago, Duration::ZERO);
    }
}
