use chrono::DateTime;

use super::*;

fn change(second: i64, what: What) -> Change {
    let at = DateTime::from_timestamp_millis(1_800_000_000_000 + second * 1000).expect("time");
    Change {
        call_id: "00000000000000aa".into(),
        at,
        what,
    }
}

fn started(direction: Direction) -> What {
    What::Started {
        direction,
        purpose: Purpose::Hotline,
        caller: "13800000001".into(),
        caller_kind: "mobile".into(),
        caller_private: false,
        caller_display: None,
        called: "12345".into(),
        trunk: None,
        menu: "default".into(),
        diverted_from: None,
        ticket_number: None,
    }
}

fn call(direction: Direction, whats: Vec<What>) -> Call {
    let mut call = Call::start(&change(0, started(direction))).expect("starts");
    for (second, what) in whats.into_iter().enumerate() {
        call.apply(&change(second as i64 + 1, what));
    }
    call
}

fn queued(queue: &str) -> What {
    What::Queued {
        queue: queue.into(),
        position: 1,
    }
}

fn ended(outcome: Outcome) -> What {
    What::Ended {
        outcome,
        cause: "bye".into(),
        by: "citizen".into(),
    }
}

#[test]
fn waiting_and_talking_are_measured_from_queue_to_operator_to_end() {
    let call = call(
        Direction::Inbound,
        vec![
            What::Connected,
            queued("hrss"),
            queued("general"),
            What::Offered {
                operator: "operator1".into(),
            },
            What::OfferEnded {
                operator: "operator1".into(),
                outcome: "no_answer".into(),
            },
            What::Offered {
                operator: "operator2".into(),
            },
            What::Answered {
                operator: "operator2".into(),
            },
            ended(Outcome::Answered),
        ],
    );
    assert_eq!((call.wait_ms(), call.talk_ms()), (Some(5_000), Some(1_000)));
    assert_eq!(call.operator.as_deref(), Some("operator2"));
    assert_eq!(call.queue.as_deref(), Some("general"));
}

#[test]
fn a_call_rings_until_the_last_of_several_phones_is_quiet() {
    let offered = |name: &str| What::Offered {
        operator: name.into(),
    };
    let over = |name: &str, outcome: &str| What::OfferEnded {
        operator: name.into(),
        outcome: outcome.into(),
    };
    let mut story = vec![
        What::Connected,
        queued("general"),
        offered("operator1"),
        offered("operator2"),
        over("operator1", "declined"),
    ];
    let state = |story: &[What]| call(Direction::Inbound, story.to_vec()).state;
    assert_eq!(state(&story), CallState::Ringing);
    story.push(over("operator2", "no_answer"));
    assert_eq!(state(&story), CallState::Queued);
    story.extend([offered("operator1"), offered("operator2")]);
    story.push(What::Answered {
        operator: "operator1".into(),
    });
    story.push(over("operator2", "answered_elsewhere"));
    let call = call(Direction::Inbound, story);
    assert_eq!(call.state, CallState::Talking);
    assert_eq!(call.operator.as_deref(), Some("operator1"));
    assert_eq!(call.body.rung, [""; 0]);
}

#[test]
fn who_gives_up_has_waited_and_not_talked() {
    let call = call(
        Direction::Inbound,
        vec![queued("general"), ended(Outcome::Abandoned)],
    );
    assert_eq!((call.wait_ms(), call.talk_ms()), (Some(1_000), None));
}

#[test]
fn an_ended_call_stays_ended_but_takes_its_recording() {
    let recorded = What::Recorded {
        path: "a.wav".into(),
        duration_ms: 2_000,
        bytes: 64_044,
        sha256: "00".into(),
        frames_lost: 0,
    };
    let call = call(
        Direction::Inbound,
        vec![
            What::RecordingStarted { path: "a.wav".into() },
            ended(Outcome::Answered),
            What::Resumed,
            ended(Outcome::Failed),
            recorded,
        ],
    );
    assert_eq!(call.state, CallState::Ended);
    assert_eq!(call.outcome(), Some(Outcome::Answered));
    assert_eq!(call.recording_state, RecordingState::Complete);
    assert_eq!(call.transcript_state, TranscriptState::Pending);
}

#[test]
fn an_outbound_call_is_answered_by_the_citizen() {
    let ringing = call(Direction::Outbound, vec![]);
    assert_eq!(ringing.state, CallState::Dialing);
    let answered = call(
        Direction::Outbound,
        vec![What::Connected, ended(Outcome::Completed)],
    );
    assert_eq!(answered.talk_ms(), Some(1_000));
}

#[test]
fn only_a_start_makes_a_call() {
    assert!(Call::start(&change(0, What::Connected)).is_none());
}
