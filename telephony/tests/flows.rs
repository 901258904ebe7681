//! Flows that ask the daemon, hand callers on, or let them be called back: through the core's doors.

#![allow(clippy::unwrap_used)]

mod world;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use telephony::LegId;
use telephony::media::{DigitSource, MediaCommand, MediaEvent};
use telephony::menu::Fact;
use telephony::phone::{PhoneCommand, PhoneNews};
use telephony::reading::TicketWords;
use telephony::switch::{Answer, CallNews, Command, EndedBy, News, Outcome, Question};
use world::{World, settings};

const MOBILE: &str = "13900000001";

/// A hotline without operators that answers with this flow.
fn hotline(nodes: &str, seed: u64) -> World {
    let mut settings = settings(&[]);
    let flow = format!(r#"{{"name":"default","start":"a","nodes":{nodes}}}"#);
    let flow = Arc::new(serde_json::from_str(&flow).unwrap());
    settings.flows.insert("default".into(), flow);
    World::new(settings, seed)
}

fn entered(world: &World, wanted: &str) -> bool {
    let is = |n: &&CallNews| matches!(n, CallNews::MenuStep { node, .. } if node == wanted);
    world.story().iter().any(is)
}

fn outcome(world: &World) -> Option<(Outcome, EndedBy)> {
    world.story().into_iter().find_map(|n| match n {
        CallNews::Ended { outcome, by, .. } => Some((*outcome, *by)),
        _ => None,
    })
}

fn question(world: &World) -> Option<(String, Question)> {
    world.news.iter().rev().find_map(|(_, n)| match n {
        News::Asked { caller, question, .. } => Some((caller.clone(), question.clone())),
        _ => None,
    })
}

fn answer(world: &mut World, answer: Answer) {
    let call = world.call_ids()[0];
    world.command(Command::Answer { call, answer });
}

/// As quickly as a telephone dials what it has stored, by a carrier that says each key once more by INFO.
fn press(world: &mut World, digits: &str) {
    let leg = world.citizen_leg().unwrap();
    for digit in digits.chars() {
        for source in [DigitSource::Event, DigitSource::Info] {
            world.hotline_hears(MediaEvent::Digit { leg, digit, source });
            world.run(Duration::from_millis(50));
        }
    }
}

fn outside(world: &mut World, number: &str) -> LegId {
    let incoming = |w: &World| {
        w.carrier_news.iter().rev().find_map(|n| match n {
            PhoneNews::Incoming { leg, called, .. } if called == number => Some(*leg),
            _ => None,
        })
    };
    world.until("it rings outside", |w| incoming(w).is_some());
    incoming(world).unwrap()
}

const TRANSFER: &str = r#"{
    "a":{"type":"transfer","number":"05341234567","failed":"sorry"},
    "sorry":{"type":"queue","queue":"general","overflow":"note"},
    "note":{"type":"hangup","prompts":["goodbye"]}}"#;

#[test]
fn a_caller_is_handed_to_the_units_telephone_and_stays_with_it() {
    let mut world = hotline(TRANSFER, 1);
    let citizen = world.citizen_calls(MOBILE);
    let unit = outside(&mut world, "05341234567");
    let ringback = |m: &MediaCommand| matches!(m, MediaCommand::Play { prompts, looped: true, .. } if &*prompts[0] == "ringback");
    assert!(world.media.iter().any(ringback), "the caller hears it ring");
    world.at_carrier(PhoneCommand::Answer { leg: unit });
    let bridged = |m: &MediaCommand| matches!(m, MediaCommand::Bridge { .. });
    world.until("they talk", |w| w.media.iter().any(bridged));
    world.at_carrier(PhoneCommand::Hangup { leg: citizen });
    world.until("it is over", |w| outcome(w).is_some());
    assert_eq!(outcome(&world), Some((Outcome::Answered, EndedBy::Citizen)));
    world.run(Duration::from_secs(1));
    assert_eq!(world.hotline.calls(), 0);
}

#[test]
fn a_telephone_outside_that_does_not_answer_gives_the_caller_back_to_the_flow() {
    for status in [486, 404, 480, 503, 603] {
        let mut world = hotline(TRANSFER, 2 + u64::from(status));
        world.citizen_calls(MOBILE);
        let unit = outside(&mut world, "05341234567");
        world.at_carrier(PhoneCommand::Reject { leg: unit, status });
        world.until("the flow goes on", |w| entered(w, "sorry"));
        assert_eq!(outcome(&world), None, "{status}");
    }
    // 183 for ever, or ringing for ever.
    let mut world = hotline(TRANSFER, 3);
    world.citizen_calls(MOBILE);
    outside(&mut world, "05341234567");
    world.until("the flow goes on", |w| entered(w, "sorry"));
}

#[test]
fn who_wants_to_be_called_back_leaves_their_place_and_that_is_no_answered_call() {
    let nodes = r#"{
        "a":{"type":"menu","prompts":["callback-offer"],"timeout_seconds":4,"choices":{"1":"keep"},"default":"q"},
        "keep":{"type":"callback","next":"bye"},
        "bye":{"type":"hangup","prompts":["callback-saved"]},
        "q":{"type":"queue","queue":"general"}}"#;
    let mut world = hotline(nodes, 4);
    world.citizen_calls(MOBILE);
    world.until("asked", |w| entered(w, "a"));
    world.run(Duration::from_millis(500));
    press(&mut world, "1");
    world.until("it is over", |w| outcome(w).is_some());
    assert_eq!(outcome(&world), Some((Outcome::Callback, EndedBy::System)));
}

#[test]
fn the_daemon_tells_who_calls_and_the_flow_chooses_by_it() {
    let nodes = r#"{
        "a":{"type":"caller","tests":{"elderly":"e"},"otherwise":"q"},
        "e":{"type":"queue","queue":"general"},
        "q":{"type":"say","prompts":["menu"],"next":"e"}}"#;
    for (facts, first) in [(BTreeSet::from([Fact::Elderly]), "e"), (BTreeSet::new(), "q")] {
        let mut world = hotline(nodes, 5);
        world.citizen_calls(MOBILE);
        world.until("the daemon is asked", |w| question(w).is_some());
        assert_eq!(question(&world), Some((MOBILE.to_owned(), Question::Facts)));
        answer(&mut world, Answer::Facts(facts));
        world.until("the flow goes on", |w| entered(w, first));
    }
}

#[test]
fn a_daemon_that_never_answers_keeps_no_caller() {
    let nodes = r#"{
        "a":{"type":"caller","tests":{"elderly":"q"},"otherwise":"t"},
        "t":{"type":"ticket_status","next":"q","none":"q"},
        "q":{"type":"queue","queue":"general"}}"#;
    let mut world = hotline(nodes, 6);
    world.citizen_calls(MOBILE);
    world.until("the caller is in the queue all the same", |w| entered(w, "q"));
    answer(&mut world, Answer::Ticket(None));
    assert_eq!(
        outcome(&world),
        None,
        "an answer that comes too late does no harm"
    );
}

#[test]
fn a_keyed_ticket_is_read_out_in_joined_clips() {
    let nodes = r##"{
        "a":{"type":"digits","key":"ticket","prompts":["ticket-ask"],"min":6,"max":18,"timeout_seconds":5,"next":"t","none":"q"},
        "t":{"type":"ticket_status","digits":"ticket","next":"q","none":"q"},
        "q":{"type":"queue","queue":"general"}}"##;
    let mut world = hotline(nodes, 7);
    world.citizen_calls(MOBILE);
    world.until("asked", |w| entered(w, "a"));
    world.run(Duration::from_millis(500));
    press(&mut world, "000142#");
    let digits = Some("000142".to_owned());
    assert_eq!(
        question(&world),
        Some((MOBILE.to_owned(), Question::Ticket { digits }))
    );
    let words = TicketWords {
        tail: "000142".into(),
        opened: (2026, 3, 7),
        state: "handling".into(),
    };
    answer(&mut world, Answer::Ticket(Some(words)));
    let said = world.media.iter().rev().find_map(|m| match m {
        MediaCommand::Play { prompts, .. } => Some(prompts.clone()),
        _ => None,
    });
    let said = said.unwrap();
    assert_eq!(
        (&*said[0], &**said.last().unwrap()),
        ("ticket-opened-before", "status-handling")
    );
    assert_eq!(said.iter().filter(|clip| &***clip == "digits/yao").count(), 1);
    world.until("it goes on when all is said", |w| entered(w, "q"));
}

#[test]
fn a_call_keeps_the_flow_that_it_began_with() {
    let mut world = hotline(TRANSFER, 8);
    world.citizen_calls(MOBILE);
    let unit = outside(&mut world, "05341234567");
    let mut next = settings(&[]);
    let flow = r#"{"name":"default","start":"a","nodes":{"a":{"type":"queue","queue":"general"}}}"#;
    next.flows
        .insert("default".into(), Arc::new(serde_json::from_str(flow).unwrap()));
    world.command(Command::Configure(Box::new(next)));
    world.at_carrier(PhoneCommand::Reject {
        leg: unit,
        status: 486,
    });
    world.until("the old flow goes on", |w| entered(w, "sorry"));
    world.news.clear();
    world.citizen_calls("13900000002");
    world.until("the next call has the new one", |w| entered(w, "a"));
    assert!(world.story().iter().any(|n| matches!(n, CallNews::Queued { .. })));
}
