//! Several browsers that ring together for one caller (同振).

use std::time::Duration;

use telephony::CallId;
use telephony::media::{MediaCommand, MediaEvent};
use telephony::phone::PhoneCommand;
use telephony::queue::OperatorState;
use telephony::sip::Cause;
use telephony::switch::{CallNews, Denied, EndedBy, News, Outcome, Wish};

use crate::floor::{Desks, MOBILE, desks_rung};

/// Two of three browsers ring; who.
fn two_ring(desks: &mut Desks) -> [String; 2] {
    desks.world.citizen_calls(MOBILE);
    desks.world.run(Duration::from_secs(10));
    let call = desks.call();
    let rung: [String; 2] = desks.offered().try_into().expect("two are rung at once");
    for operator in &rung {
        assert_eq!(desks.state_of(operator), OperatorState::Ringing(call));
        assert_eq!(in_hand(desks, operator), Some(call), "both see who calls");
    }
    rung
}

fn in_hand(desks: &Desks, person: &str) -> Option<CallId> {
    let last = desks.world.news.iter().rev().find_map(|(_, n)| match n {
        News::Desk { person: p, desk } if p == person => Some(desk.clone()),
        _ => None,
    });
    last.unwrap_or_default().call
}

/// Why offers ended, in order.
fn ends(desks: &Desks) -> Vec<(String, Cause)> {
    let end = |n: &CallNews| match n {
        CallNews::OfferEnded { operator, cause } => Some((operator.clone(), *cause)),
        _ => None,
    };
    desks.world.story().into_iter().filter_map(end).collect()
}

#[test]
fn the_first_to_answer_has_the_call_and_the_other_is_told_who_and_is_ready() {
    let mut desks = desks_rung(300, 2);
    let [slow, quick] = two_ring(&mut desks);
    assert_eq!(desks.wish(&quick, Wish::Answer), Ok(()));
    let call = desks.call();
    assert_eq!(desks.state_of(&quick), OperatorState::Talking(call));
    assert_eq!(desks.state_of(&slow), OperatorState::Ready);
    assert_eq!(in_hand(&desks, &slow), None, "the call is gone from that desk");
    assert!(desks.world.news.iter().any(
        |(_, n)| matches!(n, News::Taken { person, call: c, by } if *person == slow && *c == call && *by == quick)
    ));
    assert_eq!(ends(&desks), [(slow.clone(), Cause::Elsewhere)]);
    let leg = desks.leg_of(&quick);
    assert_eq!(desks.citizen_hears(), [leg]);
    assert_eq!(desks.open_legs(), [desks.citizen(), leg]);
}

#[test]
fn of_two_who_answer_at_the_same_instant_one_has_the_call_and_the_other_is_told() {
    let mut desks = desks_rung(301, 2);
    let [first, second] = two_ring(&mut desks);
    assert_eq!(desks.wish(&first, Wish::Answer), Ok(()));
    for late in [Wish::Answer, Wish::Decline] {
        assert_eq!(desks.wish(&second, late), Err(Denied::Taken));
    }
    assert_eq!(desks.state_of(&second), OperatorState::Ready);
    let bridges = |m: &&MediaCommand| matches!(m, MediaCommand::Bridge { .. });
    assert_eq!(desks.world.media.iter().filter(bridges).count(), 1);
    desks.world.run(Duration::from_secs(6));
    assert_eq!(desks.wish(&second, Wish::Answer), Err(Denied::NothingRings));
}

#[test]
fn one_who_declines_makes_way_for_the_next_while_the_other_rings_on() {
    let mut desks = desks_rung(302, 2);
    let [first, second] = two_ring(&mut desks);
    assert_eq!(desks.wish(&first, Wish::Decline), Ok(()));
    let third = desks.offered().pop().unwrap();
    assert!(third != first && third != second);
    assert_eq!(ends(&desks), [(first, Cause::Declined)]);
    let call = desks.call();
    for operator in [&second, &third] {
        assert_eq!(desks.state_of(operator), OperatorState::Ringing(call));
    }
    assert_ne!(
        desks.loop_of_citizen().as_deref(),
        Some("hold-music"),
        "it still rings for the citizen"
    );
    assert_eq!(desks.wish(&third, Wish::Answer), Ok(()));
    assert_eq!(desks.state_of(&second), OperatorState::Ready);
}

#[test]
fn a_browser_lost_while_it_rings_leaves_the_other_ringing() {
    let mut desks = desks_rung(303, 2);
    let [first, second] = two_ring(&mut desks);
    let line = desks.world.news.iter().rev().find_map(|(_, n)| match n {
        News::Line { person, line, .. } if *person == first => Some(*line),
        _ => None,
    });
    desks
        .world
        .hotline_hears(MediaEvent::LineLost { line: line.unwrap() });
    assert_eq!(desks.state_of(&first), OperatorState::Offline);
    assert_eq!(desks.wish(&second, Wish::Answer), Ok(()));
}

#[test]
fn a_citizen_who_gives_up_stops_all_of_them() {
    let mut desks = desks_rung(304, 3);
    let citizen = desks.world.citizen_calls(MOBILE);
    desks.world.run(Duration::from_secs(10));
    assert_eq!(desks.offered().len(), 3);
    desks.world.at_carrier(PhoneCommand::Hangup { leg: citizen });
    desks.world.run(Duration::from_secs(1));
    let ended = (Outcome::Abandoned, Cause::Normal, EndedBy::Citizen);
    assert_eq!(desks.ended(), Some(ended));
    for operator in desks.offered() {
        assert_eq!(desks.state_of(&operator), OperatorState::Ready);
        assert_eq!(desks.wish(&operator, Wish::Answer), Err(Denied::NothingRings));
    }
    assert_eq!(desks.open_legs(), []);
}
