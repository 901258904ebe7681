//! What the demo measured of itself: counted from the hotline's own records, by its own routes.

use serde::Serialize;
use serde_json::Value;

use super::client::Client;

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
    let (mut waits, mut delays, mut complete) = (Vec::new(), Vec::new(), 0);
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
        delays.extend(completed_after(call, &ticket));
        let closed = ticket["state"] == "closed" && (surveyed || ticket["survey"]["state"] == "unreachable");
        complete += usize::from(recorded && closed && (heard || !with_transcripts));
    }
    report.lost = placed.saturating_sub(complete);
    report.p95_answer_ms = percentile_95(waits);
    report.p95_ticket_ms = percentile_95(delays);
    Ok(Journeys {
        done: placed == complete,
        report,
    })
}

/// From the end of the call to the ticket's own entry of it.
fn completed_after(call: &Value, ticket: &Value) -> Option<i64> {
    let time = |v: &Value| chrono::DateTime::parse_from_rfc3339(v.as_str()?).ok();
    let ended = time(&call["ended_at"])?;
    let entry = ticket["timeline"]
        .as_array()?
        .iter()
        .find(|e| e["kind"] == "call_ended")?;
    Some((time(&entry["at"])? - ended).num_milliseconds().max(0))
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
