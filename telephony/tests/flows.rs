//! Flows that ask the daemon, hand callers on, or let them be called back: through the core's doors.

#![allow(clippy::unwrap_used)]

mod world;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use telephony::LegId;
use telephony::media::{DigitSource, MediaCommand, MediaEvent, ProgressTone, Sound};
use telephony::menu::{Fact, Heard};
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

/// Each node is where the one before overflows to.
const WAYS_ON: &str = r#"{
    "a":{"type":"queue","queue":"general","overflow":"b"},
    "b":{"type":"queue","queue":"hrss","overflow":"c"},
    "c":{"type":"transfer","number":"05341234567","failed":"d"},
    "d":{"type":"callback","next":"bye"},
    "bye":{"type":"hangup","prompts":["callback-saved"]}}"#;

fn two_queues() -> telephony::switch::Settings {
    let mut settings = settings(&[]);
    let flow = format!(r#"{{"name":"default","start":"a","nodes":{WAYS_ON}}}"#);
    let flow = Arc::new(serde_json::from_str(&flow).unwrap());
    settings.flows.insert("default".into(), flow);
    let mut general = world::queue("general");
    general.max_wait = Duration::from_secs(10);
    let mut other = world::queue("hrss");
    other.overflow_when_unstaffed = true;
    settings.queues = vec![general, other];
    settings
}

#[test]
fn who_waits_too_long_goes_to_another_queue_then_to_the_units_telephone_then_is_called_back() {
    let mut world = World::new(two_queues(), 11);
    world.citizen_calls(MOBILE);
    world.until("the first queue", |w| entered(w, "a"));
    world.run(Duration::from_secs(5));
    assert!(!entered(&world, "b"), "not before its time");
    // Nobody is signed in for the second one.
    let unit = outside(&mut world, "05341234567");
    assert!(entered(&world, "b") && entered(&world, "c"));
    world.at_carrier(PhoneCommand::Reject {
        leg: unit,
        status: 486,
    });
    world.until("it is over", |w| outcome(w).is_some());
    assert_eq!(outcome(&world), Some((Outcome::Callback, EndedBy::System)));
}

#[test]
fn a_shorter_limit_holds_at_once_for_who_waits_already() {
    let mut settings = two_queues();
    settings.queues[0].max_wait = Duration::from_secs(600);
    let mut world = World::new(settings.clone(), 12);
    world.citizen_calls(MOBILE);
    world.until("the queue", |w| entered(w, "a"));
    world.run(Duration::from_secs(30));
    assert!(!entered(&world, "b"));
    settings.queues[0].max_wait = Duration::from_secs(20);
    world.command(Command::Configure(Box::new(settings)));
    world.run(Duration::from_millis(100));
    assert!(entered(&world, "b"), "the next event is the edit itself");
}

#[test]
fn a_telephone_outside_that_sounds_busy_gives_the_caller_back_at_once() {
    let mut world = hotline(TRANSFER, 12);
    world.citizen_calls(MOBILE);
    outside(&mut world, "05341234567");
    let opened = world.media.iter().rev().find_map(|m| match m {
        MediaCommand::Open { leg, .. } => Some(*leg),
        _ => None,
    });
    let leg = opened.unwrap();
    let tone = ProgressTone::Busy;
    world.hotline_hears(MediaEvent::Progress { leg, tone });
    assert!(entered(&world, "sorry"));
    assert_eq!(outcome(&world), None);
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

/// What was played to anybody last.
fn last_said(world: &World) -> Vec<String> {
    let said = world.media.iter().rev().find_map(|m| match m {
        MediaCommand::Play { prompts, .. } => Some(prompts.clone()),
        _ => None,
    });
    said.unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn what_was_keyed_in_is_read_back() {
    let nodes = r##"{
        "a":{"type":"digits","key":"meter","prompts":["meter-ask"],"min":3,"max":3,"timeout_seconds":5,"next":"b","none":"q"},
        "b":{"type":"say","prompts":["meter-is","$meter"],"next":"q"},
        "q":{"type":"queue","queue":"general"}}"##;
    let mut world = hotline(nodes, 41);
    world.citizen_calls(MOBILE);
    world.until("asked", |w| entered(w, "a"));
    world.run(Duration::from_millis(500));
    press(&mut world, "102");
    assert!(entered(&world, "b"));
    assert_eq!(
        last_said(&world),
        ["meter-is", "digits/yao", "digits/0", "digits/2"]
    );
}

#[test]
fn who_leaves_a_queue_may_be_told_how_many_were_before_them() {
    let mut settings = settings(&[]);
    let flow = r#"{"name":"default","start":"a","nodes":{
        "a":{"type":"queue","queue":"general","overflow":"b"},
        "b":{"type":"menu","prompts":["before","$position","after","$minutes"],"timeout_seconds":5,"choices":{"1":"a"},"default":"c"},
        "c":{"type":"hangup"}}}"#;
    let flow = Arc::new(serde_json::from_str(flow).unwrap());
    settings.flows.insert("default".into(), flow);
    let mut general = world::queue("general");
    general.max_waiting = 1;
    settings.queues = vec![general];
    let mut world = World::new(settings, 42);
    world.citizen_calls(MOBILE);
    world.until("the first waits", |w| entered(w, "a"));
    assert!(!entered(&world, "b"));
    world.citizen_calls("13900000002");
    world.until("the second is given back", |w| entered(w, "b"));
    assert_eq!(last_said(&world), ["before", "digits/1", "after", "digits/1"]);
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

const SPOKEN: &str = r#"{
    "a":{"type":"ask","key":"solved","prompts":["survey-solved"],"digits":"012","timeout_seconds":6,"tries":2,"spoken":true,
        "choices":{"0":"q","1":"bye","2":"sorry"},"none":"bye"},
    "q":{"type":"queue","queue":"general"},
    "sorry":{"type":"hangup","prompts":["survey-sorry"]},"bye":{"type":"hangup","prompts":["goodbye"]}}"#;

/// The citizen says something; the number of the question that goes out.
fn says(world: &mut World) -> u32 {
    let leg = world.citizen_leg().unwrap();
    world.hotline_hears(MediaEvent::Speaking { leg });
    world.run(Duration::from_secs(1));
    let sound = Sound(Arc::from(vec![0; 8_000]));
    world.hotline_hears(MediaEvent::Spoken { leg, sound });
    match question(world) {
        Some((_, Question::Spoken { number, key, .. })) => {
            assert_eq!(key, "solved");
            number
        }
        other => panic!("{other:?}"),
    }
}

fn listening(world: &World) -> bool {
    let last = world.media.iter().rev().find_map(|m| match m {
        MediaCommand::Listen { how, .. } => Some(how.is_some()),
        _ => None,
    });
    last.unwrap_or_default()
}

#[test]
fn an_answer_in_words_is_understood_outside_and_its_place_in_the_recording_kept() {
    let mut world = hotline(SPOKEN, 9);
    world.citizen_calls(MOBILE);
    world.until("the question is asked", listening);
    let number = says(&mut world);
    assert!(!listening(&world));
    answer(
        &mut world,
        Answer::Heard {
            number,
            heard: Heard::Key('2'),
        },
    );
    assert!(entered(&world, "sorry"));
    let spoken = world.story().into_iter().find_map(|n| match n {
        CallNews::Spoken { key, value, from, to } => Some((key.clone(), value.clone(), *to - *from)),
        _ => None,
    });
    let expected = ("solved".to_owned(), "2".to_owned(), Duration::from_secs(1));
    assert_eq!(spoken, Some(expected));
    world.until("it is over", |w| outcome(w).is_some());
}

#[test]
fn who_cannot_be_understood_is_asked_again_and_then_answers_by_key() {
    let mut world = hotline(SPOKEN, 10);
    world.citizen_calls(MOBILE);
    for prompt in ["survey-again", "survey-keys"] {
        world.until("it listens", listening);
        let number = says(&mut world);
        let heard = Heard::Unclear;
        answer(&mut world, Answer::Heard { number, heard });
        let said =
            |m: &MediaCommand| matches!(m, MediaCommand::Play { prompts, .. } if &*prompts[0] == prompt);
        assert!(world.media.iter().any(said), "{prompt}");
    }
    press(&mut world, "0");
    assert!(entered(&world, "q"));
    let spoken = |n: &&CallNews| matches!(n, CallNews::Spoken { .. });
    assert!(!world.story().iter().any(spoken), "a key is no word");
}
