//! The switch's news as changes of calls, written in batches: what a crowd of calls does in one moment is one transaction.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use telephony::media::Quality;
use telephony::sip::{Cause, NumberKind};
use telephony::switch::{CallNews, EndedBy, LegNews, Outcome, Party, Side};
use telephony::{CallId, driver};
use tokio::sync::mpsc;

use crate::app::App;
use crate::calls::{self, Change, Direction, Purpose, What};
use crate::{db, desks};

/// Most changes in one transaction.
const BATCH: usize = 400;
/// How long to wait before a refused write is tried again: the disk is full or the database locked, and calls go on.
const RETRY: Duration = Duration::from_millis(500);
/// How often it is tried once nothing more can come.
const LAST_TRIES: u32 = 20;

/// Ticket numbers of calls that we placed, until their record begins.
pub(super) type Placed = Arc<Mutex<HashMap<CallId, Reason>>>;

/// Why a call was placed, and for which ticket.
pub(super) type Reason = (Purpose, Option<String>);

/// What is to be written.
pub(super) enum Entry {
    Call(Change),
    Desk(desks::Change),
}

impl Entry {
    /// For the log, which is no place for citizens' numbers.
    fn of(&self) -> &str {
        match self {
            Self::Call(change) => &change.call_id,
            Self::Desk(_) => "a desk",
        }
    }
}

pub(super) struct Translator {
    pub(super) app: App,
    pub(super) recordings: PathBuf,
    pub(super) placed: Placed,
}

impl Translator {
    pub(super) fn change(&self, call: CallId, at: Instant, news: CallNews) -> Change {
        Change {
            call_id: call.to_string(),
            at: self.wall(at),
            what: self.what(call, news),
        }
    }

    /// The wall time of a moment of the monotonic clock, so that a clock that jumps does not stretch a call.
    pub(super) fn wall(&self, at: Instant) -> DateTime<Utc> {
        let age = TimeDelta::from_std(driver::age(at)).unwrap_or_default();
        self.app.clock.now() - age
    }

    fn what(&self, call: CallId, news: CallNews) -> What {
        match news {
            CallNews::Started {
                caller,
                called,
                trunk,
                flow,
                diverted_from,
                outbound,
            } => {
                let mut placed = self.placed.lock().unwrap_or_else(PoisonError::into_inner);
                let (purpose, ticket_number) = placed.remove(&call).unwrap_or((Purpose::Hotline, None));
                drop(placed);
                let direction = if outbound {
                    Direction::Outbound
                } else {
                    Direction::Inbound
                };
                What::Started {
                    direction,
                    purpose,
                    caller: caller.number,
                    caller_kind: kind(caller.kind).to_owned(),
                    caller_private: caller.private,
                    caller_display: caller.display,
                    called,
                    trunk,
                    menu: flow,
                    diverted_from,
                    ticket_number,
                }
            }
            CallNews::Carried { trunk } => What::Carried { trunk },
            CallNews::Connected => What::Connected,
            CallNews::MenuStep { node, title, key } => What::MenuStep {
                node,
                title,
                key: key.map(String::from),
            },
            CallNews::Queued { queue, position } => What::Queued { queue, position },
            CallNews::Offered { operator } => What::Offered { operator },
            CallNews::OfferEnded { operator, cause } => What::OfferEnded {
                operator,
                outcome: word(cause).to_owned(),
            },
            CallNews::Answered { operator } => What::Answered { operator },
            CallNews::Held => What::Held,
            CallNews::Resumed => What::Resumed,
            CallNews::DeskLost { operator } => What::DeskLost { operator },
            CallNews::DeskBack { operator } => What::DeskBack { operator },
            CallNews::Consulting { party, kind } => What::Consulting {
                party,
                party_kind: super::desks::party_kind(kind).to_owned(),
            },
            CallNews::ConsultAnswered { party } => What::ConsultAnswered { party },
            CallNews::ConsultEnded { party, cause } => What::ConsultEnded {
                party,
                outcome: word(cause).to_owned(),
            },
            CallNews::Swapped { party, to } => What::Swapped {
                party,
                side: match to {
                    Party::Citizen => "citizen",
                    Party::Third => "third",
                }
                .to_owned(),
            },
            CallNews::Conference { party } => What::Conference { party },
            CallNews::Transferred { from, to } => What::Transferred { from, to },
            CallNews::Monitored { supervisor, mode } => What::Monitored {
                supervisor,
                mode: super::desks::mode(mode).to_owned(),
            },
            CallNews::MonitorEnded { supervisor } => What::MonitorEnded { supervisor },
            CallNews::TakenOver { from, by } => What::TakenOver { from, by },
            CallNews::RecordingPaused { at } => What::RecordingPaused { at_ms: ms(at) },
            CallNews::RecordingResumed { at } => What::RecordingResumed { at_ms: ms(at) },
            CallNews::Collected { key, value } => What::Collected { key, value },
            CallNews::Spoken { key, value, from, to } => What::Spoken {
                key,
                value,
                from_ms: ms(from),
                to_ms: ms(to),
            },
            CallNews::Message { key, from, to } => What::Message {
                key,
                from_ms: ms(from),
                to_ms: ms(to),
            },
            CallNews::LegEnded(leg) => self.leg(*leg),
            CallNews::RecordingStarted { path } => What::RecordingStarted {
                path: self.relative(&path),
            },
            CallNews::Recorded(recorded) => What::Recorded {
                path: self.relative(&recorded.path),
                duration_ms: ms(recorded.duration),
                bytes: i64::try_from(recorded.bytes).unwrap_or(i64::MAX),
                sha256: recorded.sha256,
                frames_lost: i64::try_from(recorded.frames_lost).unwrap_or(i64::MAX),
            },
            CallNews::RecordingFailed { reason } => What::RecordingFailed { reason },
            CallNews::Ended { outcome, cause, by } => What::Ended {
                outcome: outcome_of(outcome),
                cause: word(cause).to_owned(),
                by: match by {
                    EndedBy::Citizen => "citizen",
                    EndedBy::Office => "office",
                    EndedBy::System => "system",
                }
                .to_owned(),
            },
        }
    }

    fn leg(&self, leg: LegNews) -> What {
        What::LegEnded {
            side: match leg.side {
                Side::Citizen => calls::Side::Citizen,
                Side::Operator => calls::Side::Operator,
                Side::Third => calls::Side::Third,
                Side::Supervisor => calls::Side::Supervisor,
            },
            party: leg.party,
            started_at: self.wall(leg.started),
            answered_at: leg.answered.map(|at| self.wall(at)),
            cause: word(leg.cause).to_owned(),
            status: leg.status,
            quality: quality(&leg.quality),
        }
    }

    /// Recordings are named relative to their directory, so that it can be moved.
    pub(super) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.recordings)
            .unwrap_or(path)
            .to_string_lossy()
            .into_owned()
    }
}

/// Writes changes until the switch has stopped and all are written. A change is let go only when it is committed.
pub(super) async fn keep(app: App, mut changes: mpsc::UnboundedReceiver<Entry>) {
    let mut batch = Vec::with_capacity(BATCH);
    while changes.recv_many(&mut batch, BATCH).await > 0 {
        let mut tries_at_the_end = 0;
        while let Err(error) = write(&app, &batch).await {
            tracing::error!(%error, changes = batch.len(), "calls cannot be written");
            if !db::is_temporary(&error) {
                one_by_one(&app, &batch).await;
                break;
            }
            // The next start closes what is left open; until then the service could not be stopped.
            tries_at_the_end += u32::from(changes.is_closed());
            if tries_at_the_end > LAST_TRIES {
                let of: Vec<_> = batch.iter().map(Entry::of).collect();
                tracing::error!(
                    ?of,
                    "ALARM: the database takes no writes at the stop; changes are lost"
                );
                return;
            }
            tokio::time::sleep(RETRY).await;
        }
        batch.clear();
    }
}

/// One change that the database refuses for good must not hold up those of all other calls.
async fn one_by_one(app: &App, batch: &[Entry]) {
    for entry in batch {
        while let Err(error) = write(app, std::slice::from_ref(entry)).await {
            if !db::is_temporary(&error) {
                tracing::error!(%error, of = entry.of(), "ALARM: a change is left out: the database refuses it");
                break;
            }
            tokio::time::sleep(RETRY).await;
        }
    }
}

async fn write(app: &App, batch: &[Entry]) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let (mut of_calls, mut of_desks) = (Vec::new(), Vec::new());
    for entry in batch {
        match entry {
            Entry::Call(change) => of_calls.push(change.clone()),
            Entry::Desk(change) => of_desks.push(change),
        }
    }
    calls::apply(&mut tx, &of_calls).await?;
    for change in of_desks {
        desks::apply(&mut tx, change).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn kind(kind: NumberKind) -> &'static str {
    match kind {
        NumberKind::Mobile => "mobile",
        NumberKind::Landline => "landline",
        NumberKind::Short => "short",
        NumberKind::International => "international",
        NumberKind::Anonymous => "anonymous",
        NumberKind::Other => "other",
    }
}

pub(super) fn word(cause: Cause) -> &'static str {
    match cause {
        Cause::Normal => "normal",
        Cause::Cancelled => "cancelled",
        Cause::Busy => "busy",
        Cause::NoAnswer => "no_answer",
        Cause::Declined => "declined",
        Cause::Elsewhere => "answered_elsewhere",
        Cause::SwitchedOff => "switched_off",
        Cause::NoSuchNumber => "no_such_number",
        Cause::Forbidden => "forbidden",
        Cause::NotAcceptable => "not_acceptable",
        Cause::Unavailable => "unavailable",
        Cause::Unreachable => "unreachable",
        Cause::MediaTimeout => "media_timeout",
        Cause::Failed => "failed",
    }
}

fn outcome_of(outcome: Outcome) -> calls::Outcome {
    match outcome {
        Outcome::Answered => calls::Outcome::Answered,
        Outcome::Abandoned => calls::Outcome::Abandoned,
        Outcome::Callback => calls::Outcome::Callback,
        Outcome::Message => calls::Outcome::Message,
        Outcome::Completed => calls::Outcome::Completed,
        Outcome::NoAnswer => calls::Outcome::NoAnswer,
        Outcome::Busy => calls::Outcome::Busy,
        Outcome::Declined => calls::Outcome::Declined,
        Outcome::BadNumber => calls::Outcome::Unavailable,
        Outcome::Failed => calls::Outcome::Failed,
    }
}

fn quality(quality: &Quality) -> serde_json::Value {
    json!({
        "packets_received": quality.packets_received,
        "packets_sent": quality.packets_sent,
        "packets_lost": quality.packets_lost,
        "jitter_ms": quality.jitter_ms,
        "round_trip_ms": quality.round_trip_ms,
        "remote_loss": quality.remote_loss,
    })
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
