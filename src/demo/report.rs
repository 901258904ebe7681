//! What the demo measured of itself: counted from the hotline's own records, by its own routes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use super::client::Client;
use crate::app::App;
use crate::news::News;

/// The last line of `minsheng demo --calls N --exit-when-done`.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub calls: usize,
    pub answered: usize,
    pub abandoned: usize,
    pub recordings: usize,
    pub transcripts: usize,
    pub tickets: usize,
    pub surveys_completed: usize,
    /// Journeys that did not come to their end: calls without a complete recording, a transcript (where a model is there), a ticket
    /// that was closed and a survey.
    pub lost: usize,
    /// From the queue to the operator's voice.
    pub p95_answer_ms: i64,
    /// From hang-up to the ticket with all that the call left.
    pub p95_ticket_ms: i64,
}

pub struct Journeys {
    pub report: Report,
    /// Every placed call has come to its end.
    pub done: bool,
}

/// Looks at every inbound call and its ticket.
pub async fn look(admin: &Client, placed: usize, with_transcripts: bool) -> anyhow::Result<Journeys> {
    let calls = all(admin, "/api/v1/calls?direction=inbound&limit=100").await?;
    let mut report = Report {
        calls: placed,
        ..Report::default()
    };
    let (mut waits, mut complete) = (Vec::new(), 0);
    for call in &calls {
        let recorded = call["recording"]["state"] == "complete";
        let heard = call["transcript_state"] == "done";
        report.answered += usize::from(call["outcome"] == "answered");
        report.abandoned += usize::from(call["outcome"] == "abandoned");
        report.recordings += usize::from(recorded);
        report.transcripts += usize::from(heard);
        if call["outcome"] == "answered" {
            waits.extend(call["wait_ms"].as_i64());
        }
        let Some(number) = call["ticket_number"].as_str() else {
            continue;
        };
        report.tickets += 1;
        let ticket = admin.get(&format!("/api/v1/tickets/{number}")).await?;
        let surveyed = ticket["survey"]["state"] == "completed";
        report.surveys_completed += usize::from(surveyed);
        let closed = ticket["state"] == "closed" && (surveyed || ticket["survey"]["state"] == "unreachable");
        complete += usize::from(recorded && closed && (heard || !with_transcripts));
    }
    report.lost = placed.saturating_sub(complete);
    report.p95_answer_ms = percentile_95(waits);
    Ok(Journeys {
        // Whoever calls the demo from outside counts as well.
        done: complete >= placed,
        report,
    })
}

/// Takes the time from each hang-up to the moment when consoles are told of the ticket that it completed.
#[derive(Clone, Default)]
pub struct Stopwatch(Arc<Mutex<Times>>);

#[derive(Default)]
struct Times {
    ended: HashMap<String, DateTime<Utc>>,
    taken: Vec<i64>,
}

impl Stopwatch {
    /// Listens to what consoles are told, until the daemon ends.
    pub async fn run(self, app: App) {
        let mut news = app.db.signals().listen();
        loop {
            match news.recv().await {
                Ok(item) => self.take(&item, app.clock.now()),
                // A few times are missing from the figure, none is wrong.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn take(&self, item: &News, now: DateTime<Utc>) {
        let text = |key: &str| item.data[key].as_str();
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match item.kind {
            "call" if text("state") == Some("ended") && text("purpose") == Some("hotline") => {
                let ended = text("ended_at").and_then(|at| DateTime::parse_from_rfc3339(at).ok());
                if let (Some(number), Some(ended)) = (text("ticket_number"), ended) {
                    // The recording's end is told later, as another change of the same call.
                    times
                        .ended
                        .entry(number.to_owned())
                        .or_insert_with(|| ended.to_utc());
                }
            }
            "ticket" => {
                if let Some(ended) = text("number").and_then(|number| times.ended.get_mut(number)) {
                    let taken = (now - *ended).num_milliseconds().max(0);
                    let first = *ended != DateTime::<Utc>::MAX_UTC;
                    *ended = DateTime::<Utc>::MAX_UTC;
                    if first {
                        times.taken.push(taken);
                    }
                }
            }
            _ => {}
        }
    }

    pub fn p95_ms(&self) -> i64 {
        percentile_95(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .taken
                .clone(),
        )
    }
}

async fn all(client: &Client, path: &str) -> anyhow::Result<Vec<Value>> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{path}{cursor}")).await?;
        items.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(items),
        }
    }
}

fn percentile_95(mut values: Vec<i64>) -> i64 {
    values.sort_unstable();
    let at = (values.len() * 95).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::percentile_95;

    #[test]
    fn the_95th_of_a_hundred_is_the_95th() {
        assert_eq!(percentile_95((1..=100).collect()), 95);
        assert_eq!(percentile_95(vec![7]), 7);
        assert_eq!(percentile_95(Vec::new()), 0);
    }
}
