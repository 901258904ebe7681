//! Which parts of a recording the machine played itself: recognising its own prompts and music would only cost time.

use super::Side;
use crate::calls::{Call, EventRow, Purpose};

/// A stretch of one side that is not to be recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skip {
    pub side: Side,
    pub from_ms: i64,
    pub to_ms: i64,
}

const FOR_EVER: i64 = i64::MAX;

/// The office side is a person only while an operator talks: not before the answer, not on hold, never in a survey call.
pub fn office_skips(call: &Call, events: &[EventRow]) -> Vec<Skip> {
    let start = call
        .body
        .recording_started_at
        .or(call.connected_at)
        .unwrap_or(call.started_at);
    let mut skips = Vec::new();
    let mut machine_since = Some(0);
    for event in events {
        let at = (event.at - start).max(0);
        match event.kind.as_str() {
            // A masked contact is recorded from the moment at which both are there.
            "consult_answered" if call.purpose != Purpose::Contact => {}
            "answered" | "resumed" | "consult_answered" => {
                if let Some(from_ms) = machine_since.take() {
                    skips.push(Skip {
                        side: Side::Office,
                        from_ms,
                        to_ms: at,
                    });
                }
            }
            "held" | "menu_step" | "queued" => machine_since = machine_since.or(Some(at)),
            _ => {}
        }
    }
    skips.extend(machine_since.map(|from_ms| Skip {
        side: Side::Office,
        from_ms,
        to_ms: FOR_EVER,
    }));
    skips.retain(|skip| skip.from_ms < skip.to_ms);
    skips
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::calls::{Change, Direction, What};

    fn call() -> Call {
        let what = What::Started {
            direction: Direction::Inbound,
            purpose: Purpose::Hotline,
            caller: String::new(),
            caller_kind: String::new(),
            caller_private: true,
            caller_display: None,
            called: "12345".into(),
            trunk: None,
            menu: "default".into(),
            diverted_from: None,
            ticket_number: None,
        };
        let at = DateTime::from_timestamp_millis(1_000_000).expect("time");
        let change = |what| Change {
            call_id: "00000000000000aa".into(),
            at,
            what,
        };
        let mut call = Call::start(&change(what)).expect("starts");
        call.apply(&change(What::RecordingStarted { path: "a.wav".into() }));
        call
    }

    fn events(kinds: &[(&str, i64)]) -> Vec<EventRow> {
        let row = |(n, (kind, ms)): (usize, &(&str, i64))| EventRow {
            n: n as i64,
            at: 1_000_000 + ms,
            kind: (*kind).to_owned(),
            detail: "null".into(),
        };
        kinds.iter().enumerate().map(row).collect()
    }

    fn office(from_ms: i64, to_ms: i64) -> Skip {
        Skip {
            side: Side::Office,
            from_ms,
            to_ms,
        }
    }

    #[test]
    fn prompts_before_the_answer_and_music_on_hold_are_skipped() {
        let heard = events(&[
            ("menu_step", 0),
            ("queued", 5_000),
            ("answered", 9_000),
            ("held", 20_000),
            ("resumed", 30_000),
        ]);
        assert_eq!(
            office_skips(&call(), &heard),
            [office(0, 9_000), office(20_000, 30_000)]
        );
    }

    #[test]
    fn a_call_without_an_operator_is_the_citizens_only() {
        assert_eq!(
            office_skips(&call(), &events(&[("menu_step", 0)])),
            [office(0, FOR_EVER)]
        );
    }

    #[test]
    fn a_call_that_ends_on_hold_is_skipped_to_its_end() {
        let heard = events(&[("answered", 0), ("held", 4_000)]);
        assert_eq!(office_skips(&call(), &heard), [office(4_000, FOR_EVER)]);
    }
}
