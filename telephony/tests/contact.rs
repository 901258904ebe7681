//! Masked contacts: a clerk and a citizen who see the hotline's number only, and the way back.

#![allow(clippy::unwrap_used)]

mod world;

use std::collections::HashMap;
use std::time::Duration;

use telephony::media::MediaCommand;
use telephony::phone::{PhoneCommand, PhoneNews};
use telephony::sip::Cause;
use telephony::switch::{CallNews, Command, Contact, Outcome, Side};
use telephony::{CallId, LegId};
use world::{World, settings};

const CLERK: &str = "05348200001";
const CITIZEN: &str = "13900000001";

fn contact(seed: u64) -> World {
    let mut world = World::new(settings(&["operator1"]), seed);
    let contact = Contact {
        call: CallId(77),
        clerk: CLERK.into(),
        citizen: CITIZEN.into(),
        ring_for: Duration::from_secs(20),
    };
    world.command(Command::Contact(Box::new(contact)));
    world
}

/// The leg of a phone outside that was rung, with who seems to call.
fn rung(world: &World, number: &str) -> Option<(LegId, String)> {
    world.carrier_news.iter().rev().find_map(|news| match news {
        PhoneNews::Incoming {
            leg, called, caller, ..
        } if called == number => Some((*leg, caller.number.clone())),
        _ => None,
    })
}

fn answer(world: &mut World, number: &str) -> LegId {
    world.until("the phone rings", |w| rung(w, number).is_some());
    let (leg, _) = rung(world, number).unwrap();
    world.at_carrier(PhoneCommand::Answer { leg });
    leg
}

fn ended(world: &World) -> Option<(Outcome, Cause)> {
    world.story().into_iter().find_map(|news| match news {
        CallNews::Ended { outcome, cause, .. } => Some((*outcome, *cause)),
        _ => None,
    })
}

fn has(world: &World, wanted: impl Fn(&CallNews) -> bool) -> bool {
    world.story().into_iter().any(wanted)
}

#[test]
fn the_clerk_is_rung_first_then_the_citizen_and_both_see_the_hotline() {
    let mut world = contact(1);
    world.until("the clerk's phone rings", |w| rung(w, CLERK).is_some());
    assert!(
        rung(&world, CITIZEN).is_none(),
        "nobody is called for a clerk who is not there"
    );
    let clerk = answer(&mut world, CLERK);
    answer(&mut world, CITIZEN);
    world.until("they talk", |w| {
        has(w, |n| matches!(n, CallNews::ConsultAnswered { .. }))
    });
    for (number, other) in [(CLERK, CITIZEN), (CITIZEN, CLERK)] {
        assert_ne!(rung(&world, number).unwrap().1, other);
    }
    world.run(Duration::from_secs(1));
    let recorded: Vec<LegId> = world
        .media
        .iter()
        .filter_map(|m| match m {
            MediaCommand::Record { leg, .. } => Some(*leg),
            _ => None,
        })
        .collect();
    let bridged = world.media.iter().find_map(|m| match m {
        MediaCommand::Bridge { a, b } => Some((*a, *b)),
        _ => None,
    });
    let (a, b) = bridged.expect("they hear each other");
    assert_eq!(recorded.len(), 1, "one recording, of the citizen's side");
    assert!(a == recorded[0] || b == recorded[0]);
    world.at_carrier(PhoneCommand::Hangup { leg: clerk });
    world.until("the call is over", |w| ended(w).is_some());
    assert_eq!(ended(&world).unwrap().0, Outcome::Answered);
    world.run(Duration::from_secs(2));
    let side = |number: &str| {
        world.story().into_iter().find_map(|n| match n {
            CallNews::LegEnded(leg) if leg.party == number => Some(leg.side),
            _ => None,
        })
    };
    assert_eq!(side(CITIZEN), Some(Side::Citizen));
    assert_eq!(side(CLERK), Some(Side::Operator));
}

#[test]
fn a_citizen_who_is_busy_leaves_a_record_that_says_so() {
    let mut world = contact(2);
    answer(&mut world, CLERK);
    world.until("the citizen's phone rings", |w| rung(w, CITIZEN).is_some());
    let (leg, _) = rung(&world, CITIZEN).unwrap();
    world.at_carrier(PhoneCommand::Reject { leg, status: 486 });
    world.run(Duration::from_secs(30));
    assert_eq!(ended(&world), Some((Outcome::Busy, Cause::Busy)));
    assert!(has(&world, |n| matches!(n, CallNews::Connected)));
}

#[test]
fn a_clerk_who_does_not_answer_costs_the_citizen_nothing() {
    let mut world = contact(3);
    world.run(Duration::from_secs(40));
    assert_eq!(ended(&world).unwrap().0, Outcome::NoAnswer);
    assert!(rung(&world, CITIZEN).is_none());
    assert!(!has(&world, |n| matches!(n, CallNews::Connected)));
}

#[test]
fn a_citizen_who_hangs_up_ends_it_for_the_clerk() {
    let mut world = contact(4);
    answer(&mut world, CLERK);
    let citizen = answer(&mut world, CITIZEN);
    world.until("they talk", |w| {
        has(w, |n| matches!(n, CallNews::ConsultAnswered { .. }))
    });
    world.at_carrier(PhoneCommand::Hangup { leg: citizen });
    world.until("the call is over", |w| ended(w).is_some());
    assert_eq!(ended(&world).unwrap().0, Outcome::Answered);
}

#[test]
fn who_rings_back_reaches_the_clerk_and_else_the_queue() {
    let mut world = World::new(settings(&["operator1"]), 5);
    world.command(Command::Returns(HashMap::from([(
        CITIZEN.to_owned(),
        CLERK.to_owned(),
    )])));
    let citizen = world.citizen_calls(CITIZEN);
    answer(&mut world, CLERK);
    world.until("they talk", |w| {
        has(w, |n| matches!(n, CallNews::ConsultAnswered { .. }))
    });
    assert!(world.ringing_desk().is_none(), "no operator is troubled");
    world.at_carrier(PhoneCommand::Hangup { leg: citizen });
    world.until("the call is over", |w| ended(w).is_some());
    assert_eq!(ended(&world).unwrap().0, Outcome::Answered);

    let mut world = World::new(settings(&["operator1"]), 6);
    world.command(Command::Returns(HashMap::from([(
        CITIZEN.to_owned(),
        CLERK.to_owned(),
    )])));
    world.citizen_calls(CITIZEN);
    world.until("the clerk's phone rings", |w| rung(w, CLERK).is_some());
    let (leg, _) = rung(&world, CLERK).unwrap();
    world.at_carrier(PhoneCommand::Reject { leg, status: 480 });
    world.until("an operator is rung", |w| w.ringing_desk().is_some());
}
