//! The call in hand: what may be wished of it, hold, recording, calling a citizen back.

use telephony::CallId;
use telephony::media::MediaCommand;
use telephony::phone::PhoneCommand;
use telephony::queue::OperatorState;
use telephony::switch::{CallNews, Denied, Destination, Mode, Outcome, Party, Wish};

use crate::floor::{MOBILE, desks, keys, to_operator};

#[test]
fn wishes_without_their_call_are_denied() {
    let mut desks = desks(3);
    for (wish, denied) in [
        (Wish::Answer, Denied::NothingRings),
        (Wish::Decline, Denied::NothingRings),
        (Wish::Hold, Denied::NoCall),
        (Wish::Hangup, Denied::NoCall),
        (Wish::Complete, Denied::NoCall),
        (Wish::PauseRecording, Denied::NoCall),
        (
            Wish::Monitor {
                call: CallId(1),
                mode: Mode::Listen,
            },
            Denied::NoCall,
        ),
    ] {
        assert_eq!(desks.wish("operator1", wish), Err(denied));
    }
    let (_, operator) = desks.talk();
    for (wish, denied) in [
        (Wish::Answer, Denied::NothingRings),
        (Wish::Resume, Denied::NotHeld),
        (Wish::Complete, Denied::NoConsult),
        (Wish::Conference, Denied::NoConsult),
        (Wish::Swap, Denied::NoConsult),
        (
            Wish::Dtmf {
                digits: "1".into(),
                to: Some(Party::Third),
            },
            Denied::NoConsult,
        ),
        (Wish::ResumeRecording, Denied::NotRecording),
        (keys("12x"), Denied::NotAKey),
        (Wish::Echo(true), Denied::Busy),
        (
            Wish::Call {
                call: CallId(5),
                number: MOBILE.into(),
            },
            Denied::Busy,
        ),
        (
            Wish::Transfer {
                to: to_operator("nobody"),
                attended: true,
            },
            Denied::NoSuchTarget,
        ),
        (
            Wish::Transfer {
                to: Destination::Queue("no".into()),
                attended: false,
            },
            Denied::NoSuchTarget,
        ),
        (
            Wish::Transfer {
                to: to_operator(&operator),
                attended: false,
            },
            Denied::Yourself,
        ),
    ] {
        assert_eq!(desks.wish(&operator, wish), Err(denied));
    }
    assert_eq!(desks.ended(), None);
}

#[test]
fn hold_is_music_for_the_citizen_and_silence_for_the_operator() {
    let mut desks = desks(4);
    let (_, operator) = desks.talk();
    let leg = desks.leg_of(&operator);
    assert_eq!(desks.wish(&operator, Wish::Hold), Ok(()));
    assert_eq!(desks.loop_of_citizen().as_deref(), Some("hold-music"));
    assert!(desks.citizen_hears().is_empty() && desks.hears()[&leg].is_empty());
    assert_eq!(desks.wish(&operator, Wish::Hold), Err(Denied::Held));
    assert_eq!(desks.wish(&operator, Wish::Resume), Ok(()));
    assert_eq!(desks.citizen_hears(), [leg]);
    assert_eq!(desks.loop_of_citizen(), None);
    assert_eq!(desks.wish(&operator, keys("1#")), Ok(()));
    let citizen = desks.citizen();
    assert_eq!(desks.keys_of(citizen), "1#");
}

#[test]
fn the_recording_pauses_and_is_on_again_for_the_next_operator() {
    let mut desks = desks(24);
    let (_, operator) = desks.talk();
    let [colleague, _] = desks.others(&operator);
    assert_eq!(desks.wish(&operator, Wish::PauseRecording), Ok(()));
    assert_eq!(
        desks.wish(&operator, Wish::PauseRecording),
        Err(Denied::NotRecording)
    );
    assert!(matches!(
        desks.world.media.last(),
        Some(MediaCommand::PauseRecording { paused: true, .. })
    ));
    let wish = Wish::Transfer {
        to: to_operator(&colleague),
        attended: false,
    };
    assert_eq!(desks.wish(&operator, wish), Ok(()));
    assert!(desks.told(|n| matches!(n, CallNews::RecordingResumed { .. })));
}

#[test]
fn an_operator_calls_a_citizen_back() {
    let mut desks = desks(25);
    let call = CallId(77);
    let wish = Wish::Call {
        call,
        number: MOBILE.into(),
    };
    assert_eq!(desks.wish("operator1", wish.clone()), Ok(()));
    assert_eq!(desks.wish("operator1", wish), Err(Denied::Busy));
    let leg = desks.outside(MOBILE);
    desks.world.at_carrier(PhoneCommand::Answer { leg });
    desks.world.until("answered", |w| {
        w.story().iter().any(|n| matches!(n, CallNews::Answered { .. }))
    });
    assert_eq!(desks.citizen_hears(), [desks.leg_of("operator1")]);
    desks.world.at_carrier(PhoneCommand::Hangup { leg });
    desks.world.until("over", |w| {
        w.story().iter().any(|n| matches!(n, CallNews::Ended { .. }))
    });
    assert_eq!(desks.ended().unwrap().0, Outcome::Answered);
    assert_eq!(
        desks.state_of("operator1"),
        OperatorState::WrapUp,
        "what was said is to be written down"
    );
}

#[test]
fn a_citizen_called_back_who_is_busy_leaves_a_record_and_a_free_operator() {
    let mut desks = desks(26);
    let wish = Wish::Call {
        call: CallId(78),
        number: MOBILE.into(),
    };
    assert_eq!(desks.wish("operator1", wish), Ok(()));
    let leg = desks.outside(MOBILE);
    desks.world.at_carrier(PhoneCommand::Reject { leg, status: 486 });
    desks.world.until("over", |w| {
        w.story().iter().any(|n| matches!(n, CallNews::Ended { .. }))
    });
    assert_eq!(desks.ended().unwrap().0, Outcome::Busy);
    assert_eq!(desks.state_of("operator1"), OperatorState::Ready);
}
