//! A browser as a telephone: it rings, is declined, lost, reloaded, tested.

use std::time::Duration;

use telephony::LineId;
use telephony::media::{MediaCommand, MediaEvent};
use telephony::queue::OperatorState;
use telephony::sip::Cause;
use telephony::switch::{CallNews, Command, Denied, EndedBy, LineState, News, Outcome, Wish};

use crate::floor::{MOBILE, desks};

#[test]
fn a_call_rings_in_the_browser_and_the_answer_is_a_bridge() {
    let mut desks = desks(1);
    let (_, operator) = desks.talk();
    let leg = desks.leg_of(&operator);
    assert_eq!(desks.citizen_hears(), [leg]);
    assert_eq!(desks.loop_of_citizen(), None);
    assert_eq!(desks.wish(&operator, Wish::Hangup), Ok(()));
    assert_eq!(
        desks.ended(),
        Some((Outcome::Answered, Cause::Normal, EndedBy::Office))
    );
    desks.world.run(Duration::from_secs(1));
    assert_eq!(desks.state_of(&operator), OperatorState::WrapUp);
    assert_eq!(desks.world.hotline.calls(), 0);
}

#[test]
fn a_browser_that_nobody_answers_or_declines_passes_the_caller_on() {
    let mut desks = desks(2);
    desks.world.citizen_calls(MOBILE);
    desks.world.run(Duration::from_secs(25));
    let offered = desks.offered();
    assert_eq!(offered.len(), 2, "{offered:?}");
    assert_eq!(desks.wish(&offered[1], Wish::Decline), Ok(()));
    desks.world.run(Duration::from_secs(1));
    assert_eq!(desks.offered().len(), 3);
    assert!(desks.told(|n| matches!(
        n,
        CallNews::OfferEnded {
            cause: Cause::NoAnswer,
            ..
        }
    )));
    assert!(desks.told(|n| matches!(
        n,
        CallNews::OfferEnded {
            cause: Cause::Declined,
            ..
        }
    )));
}

#[test]
fn a_reloaded_browser_takes_its_call_over_and_the_citizen_hears_music_meanwhile() {
    let mut desks = desks(5);
    let (_, operator) = desks.talk();
    let before = desks.leg_of(&operator);
    desks.lines += 1;
    let line = LineId(desks.lines);
    desks.world.command(Command::OpenLine {
        person: operator.clone(),
        line,
    });
    assert_eq!(desks.loop_of_citizen().as_deref(), Some("hold-music"));
    desks.world.run(Duration::from_secs(4));
    desks.world.hotline_hears(MediaEvent::LineUp { line });
    let after = desks.leg_of(&operator);
    assert!(after != before && desks.citizen_hears() == [after]);
    assert!(desks.world.news.iter().any(|(_, n)| matches!(
        n,
        News::Line {
            state: LineState::Replaced,
            ..
        }
    )));
    desks.world.run(Duration::from_secs(20));
    assert_eq!(desks.ended(), None);
    assert_eq!(desks.state_of(&operator), OperatorState::Talking(desks.call()));
}

#[test]
fn a_browser_lost_for_good_sends_the_citizen_to_the_head_of_the_queue() {
    let mut desks = desks(6);
    let (_, operator) = desks.talk();
    let line = desks.world.news.iter().find_map(|(_, n)| match n {
        News::Line { person, line, .. } if *person == operator => Some(*line),
        _ => None,
    });
    desks
        .world
        .hotline_hears(MediaEvent::LineLost { line: line.unwrap() });
    desks.world.run(Duration::from_secs(9));
    assert!(desks.told(|n| matches!(n, CallNews::DeskLost { .. })));
    assert_eq!(desks.offered().len(), 1);
    desks.world.run(Duration::from_secs(2));
    assert!(desks.is_queued_again());
    assert_eq!(desks.offered().len(), 2);
    assert_ne!(desks.offered()[1], operator);
    assert_eq!(desks.state_of(&operator), OperatorState::Offline);
}

#[test]
fn a_browser_that_never_sends_audio_is_taken_out_of_service() {
    let mut desks = desks(7);
    let (_, operator) = desks.talk();
    let leg = desks.leg_of(&operator);
    desks.world.hotline_hears(MediaEvent::TimedOut { leg });
    desks.world.run(Duration::from_secs(1));
    assert!(desks.is_queued_again());
    assert_eq!(desks.state_of(&operator), OperatorState::Offline);
}

#[test]
fn a_browser_that_is_never_heard_gets_no_calls_and_is_told_why() {
    let mut desks = desks(29);
    desks.lines += 1;
    let line = LineId(desks.lines);
    desks.world.command(Command::OpenLine {
        person: "operator1".into(),
        line,
    });
    assert_eq!(desks.state_of("operator1"), OperatorState::Ready);
    desks.world.run(Duration::from_secs(11));
    assert_eq!(desks.state_of("operator1"), OperatorState::Offline);
    let told = desks.world.news.iter().filter_map(|(_, n)| match n {
        News::Line { line: l, state, .. } if *l == line => Some(*state),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [LineState::Silent]);
}

#[test]
fn the_echo_test_is_for_who_has_no_call() {
    let mut desks = desks(28);
    assert_eq!(desks.wish("operator1", Wish::Echo(true)), Ok(()));
    assert!(matches!(
        desks.world.media.last(),
        Some(MediaCommand::Echo { .. })
    ));
    assert_eq!(desks.wish("operator1", Wish::Echo(false)), Ok(()));
    assert!(matches!(
        desks.world.media.last(),
        Some(MediaCommand::Close { .. })
    ));
    assert_eq!(desks.wish("nobody", Wish::Echo(true)), Err(Denied::NoLine));
}

#[test]
fn nobody_is_rung_during_the_echo_test() {
    let mut desks = desks(29);
    for operator in ["operator1", "operator2"] {
        desks.world.command(Command::Pause {
            operator: operator.into(),
            reason: "meal".into(),
        });
    }
    assert_eq!(desks.wish("operator3", Wish::Echo(true)), Ok(()));
    desks.world.citizen_calls(crate::floor::MOBILE);
    desks.world.run(Duration::from_secs(10));
    assert!(desks.offered().is_empty(), "a headset under test is not rung");
    assert_eq!(desks.wish("operator3", Wish::Echo(false)), Ok(()));
    assert_eq!(desks.offered(), ["operator3"]);
}

#[test]
fn a_pause_chosen_in_a_call_is_told_until_it_begins_or_is_withdrawn() {
    let mut desks = desks(30);
    let (_, operator) = desks.talk();
    let pending = |desks: &crate::floor::Desks| {
        let last = desks.world.news.iter().rev().find_map(|(_, n)| match n {
            News::Desk { person, desk } if *person == operator => Some(desk.pause_after.clone()),
            _ => None,
        });
        last.flatten()
    };
    let pause = || Command::Pause {
        operator: operator.clone(),
        reason: "meal".into(),
    };
    desks.world.command(pause());
    assert_eq!(pending(&desks).as_deref(), Some("meal"));
    desks.world.command(Command::Ready {
        operator: operator.clone(),
    });
    assert_eq!(pending(&desks), None);
    desks.world.command(pause());
    assert_eq!(desks.wish(&operator, Wish::Hangup), Ok(()));
    assert_eq!(pending(&desks).as_deref(), Some("meal"), "after wrap-up");
    desks.world.run(Duration::from_secs(31));
    assert_eq!(pending(&desks), None, "it is no wish any more");
    assert_eq!(desks.state_of(&operator), OperatorState::Paused("meal".into()));
}
