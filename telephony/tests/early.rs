//! A carrier that never answers a call of ours, and tells by sound alone how it fares.

#![allow(clippy::unwrap_used)]

mod world;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use telephony::media::{MediaCommand, MediaEvent, ProgressTone, Sound};
use telephony::phone::{PhoneCommand, PhoneNews};
use telephony::sip::Cause;
use telephony::switch::{Answer, CallNews, Command, EndedBy, News, Outbound, Outcome, Question};
use telephony::{CallId, LegId};
use world::{World, settings};

const CALL: CallId = CallId(7);
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8 101\r\n\
                   a=rtpmap:101 telephone-event/8000\r\n";

/// A call of ours that rings, and the leg that is to answer it.
fn dialled(seed: u64) -> (World, LegId) {
    let mut settings = settings(&[]);
    let flow = r#"{"name":"survey","start":"a","nodes":{"a":{"type":"hangup","prompts":["goodbye"]}}}"#;
    settings
        .flows
        .insert("survey".into(), Arc::new(serde_json::from_str(flow).unwrap()));
    let mut world = World::new(settings, seed);
    world.command(Command::Dial(Box::new(Outbound {
        call: CALL,
        number: "13900000001".into(),
        flow: "survey".into(),
        variables: HashMap::new(),
        ring_for: Duration::from_secs(45),
    })));
    world.until("it rings at the carrier", |w| incoming(w).is_some());
    let leg = world.media.iter().find_map(|m| match m {
        MediaCommand::Open { leg, .. } => Some(*leg),
        _ => None,
    });
    (world, leg.unwrap())
}

fn incoming(world: &World) -> Option<LegId> {
    world.carrier_news.iter().find_map(|n| match n {
        PhoneNews::Incoming { leg, .. } => Some(*leg),
        _ => None,
    })
}

/// The carrier answers 183 with sound, and nothing else any more.
fn sounds(world: &mut World) {
    let invite = world
        .told_carrier
        .iter()
        .find(|m| m.starts_with("INVITE"))
        .unwrap();
    let header = |name: &str| invite.lines().find(|l| l.starts_with(name)).unwrap().to_owned();
    let [via, from, to, call, cseq] = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].map(header);
    let answer = format!(
        "SIP/2.0 183 Session Progress\r\n{via}\r\n{from}\r\n{to};tag=early\r\n{call}\r\n{cseq}\r\n\
         Contact: <sip:carrier@10.0.0.2>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
        SDP.len()
    );
    world.carrier_types(&answer);
    world.run(Duration::from_millis(50));
}

fn outcome(world: &World) -> Option<(Outcome, Cause, EndedBy)> {
    world.story().into_iter().find_map(|n| match n {
        CallNews::Ended { outcome, cause, by } => Some((*outcome, *cause, *by)),
        _ => None,
    })
}

fn listens(world: &World) -> usize {
    let listening = |m: &&MediaCommand| matches!(m, MediaCommand::Listen { how: Some(_), .. });
    world.media.iter().filter(listening).count()
}

fn says(world: &mut World, leg: LegId) {
    let sound = Sound(Arc::from(vec![0; 8_000]));
    world.hotline_hears(MediaEvent::Spoken { leg, sound });
}

fn asked(world: &World) -> usize {
    let question = |(_, n): &&(Duration, News)| {
        matches!(
            n,
            News::Asked {
                question: Question::Announced { .. },
                ..
            }
        )
    };
    world.news.iter().filter(question).count()
}

#[test]
fn tones_are_taken_for_what_the_carrier_does_not_say() {
    let tones = [
        (ProgressTone::Busy, Outcome::Busy, Cause::Busy),
        (ProgressTone::Congestion, Outcome::Failed, Cause::Unavailable),
        (
            ProgressTone::Unobtainable,
            Outcome::BadNumber,
            Cause::NoSuchNumber,
        ),
    ];
    for (tone, expected, cause) in tones {
        let (mut world, leg) = dialled(11);
        sounds(&mut world);
        let watched =
            |m: &MediaCommand| matches!(m, MediaCommand::WatchProgress { leg: l, on: true } if *l == leg);
        assert!(world.media.iter().any(watched), "{tone:?}");
        let ringback = ProgressTone::Ringback;
        world.hotline_hears(MediaEvent::Progress { leg, tone: ringback });
        assert_eq!(outcome(&world), None);
        world.hotline_hears(MediaEvent::Progress { leg, tone });
        assert_eq!(outcome(&world), Some((expected, cause, EndedBy::System)));
        world.until("the carrier is told", |w| {
            w.told_carrier.iter().any(|m| m.starts_with("CANCEL"))
        });
    }
}

#[test]
fn an_announcement_is_taken_for_what_the_carrier_does_not_say() {
    let (mut world, leg) = dialled(12);
    sounds(&mut world);
    says(&mut world, leg);
    assert_eq!((asked(&world), listens(&world)), (1, 1));
    let unclear = Answer::Announced(None);
    world.command(Command::Answer {
        call: CALL,
        answer: unclear,
    });
    assert_eq!((outcome(&world), listens(&world)), (None, 2));
    says(&mut world, leg);
    let answer = Answer::Announced(Some(Cause::SwitchedOff));
    world.command(Command::Answer { call: CALL, answer });
    let expected = (Outcome::NoAnswer, Cause::SwitchedOff, EndedBy::System);
    assert_eq!(outcome(&world), Some(expected));
}

#[test]
fn a_tune_in_place_of_the_ringing_tone_is_not_listened_to_for_ever() {
    let (mut world, leg) = dialled(13);
    sounds(&mut world);
    for _ in 0..20 {
        says(&mut world, leg);
        let answer = Answer::Announced(None);
        world.command(Command::Answer { call: CALL, answer });
    }
    assert_eq!(listens(&world), 4);
    world.until("it has rung long enough", |w| outcome(w).is_some());
    assert_eq!(
        outcome(&world).map(|(outcome, ..)| outcome),
        Some(Outcome::NoAnswer)
    );
}

#[test]
fn who_answers_after_all_is_talked_to_whatever_was_heard_before() {
    let (mut world, leg) = dialled(14);
    sounds(&mut world);
    says(&mut world, leg);
    let citizen = incoming(&world).unwrap();
    world.at_carrier(PhoneCommand::Answer { leg: citizen });
    let connected = |w: &World| w.story().iter().any(|n| matches!(n, CallNews::Connected));
    world.until("they are connected", connected);
    let stopped = |m: &MediaCommand| matches!(m, MediaCommand::WatchProgress { on: false, .. });
    assert!(world.media.iter().any(stopped));
    let answer = Answer::Announced(Some(Cause::SwitchedOff));
    world.command(Command::Answer { call: CALL, answer });
    let tone = ProgressTone::Busy;
    world.hotline_hears(MediaEvent::Progress { leg, tone });
    world.until("the flow has run", |w| outcome(w).is_some());
    assert_eq!(
        outcome(&world).map(|(outcome, ..)| outcome),
        Some(Outcome::Completed)
    );
}
