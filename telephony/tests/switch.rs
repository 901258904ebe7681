//! The core through its doors: what citizens and operators do, and what the hotline then says of it.

#![allow(clippy::unwrap_used)]

mod world;

use std::collections::HashMap;
use std::time::Duration;

use telephony::media::{DigitSource, MediaCommand, MediaEvent};
use telephony::phone::{PhoneCommand, PhoneNews};
use telephony::queue::OperatorState;
use telephony::sip::{Cause, NumberKind};
use telephony::switch::{CallNews, Command, Contact, EndedBy, News, Outbound, Outcome};
use telephony::{CallId, LegId};
use world::{World, settings};

const MOBILE: &str = "13900000001";

fn staffed(seed: u64) -> World {
    let mut world = World::new(settings(&["operator1", "operator2"]), seed);
    world.until("both phones are registered", |w| ready(w) == 2);
    world
}

fn ready(world: &World) -> usize {
    let mut states = HashMap::new();
    for (_, news) in &world.news {
        if let News::Operator { name, state, .. } = news {
            states.insert(name.clone(), state.clone());
        }
    }
    states.values().filter(|s| **s == OperatorState::Ready).count()
}

fn state_of(world: &World, operator: &str) -> OperatorState {
    let last = world.news.iter().rev().find_map(|(_, n)| match n {
        News::Operator { name, state, .. } if name == operator => Some(state.clone()),
        _ => None,
    });
    last.unwrap()
}

fn ended(world: &World) -> Option<(Outcome, Cause, EndedBy)> {
    world.story().into_iter().find_map(|n| match n {
        CallNews::Ended { outcome, cause, by } => Some((*outcome, *cause, *by)),
        _ => None,
    })
}

fn offered(world: &World) -> Vec<String> {
    let name = |n: &&CallNews| match n {
        CallNews::Offered { operator } => Some(operator.clone()),
        _ => None,
    };
    world.story().iter().filter_map(name).collect()
}

fn talk(world: &mut World) -> (LegId, LegId) {
    let citizen = world.citizen_calls(MOBILE);
    world.until("a desk rings", |w| w.ringing_desk().is_some());
    let desk = world.ringing_desk().unwrap();
    world.at_desk(PhoneCommand::Answer { leg: desk });
    world.until("they talk", |w| {
        w.story().iter().any(|n| matches!(n, CallNews::Answered { .. }))
    });
    (citizen, desk)
}

#[test]
fn a_citizen_is_greeted_queued_answered_and_recorded() {
    let mut world = staffed(1);
    let (citizen, _) = talk(&mut world);
    world.at_carrier(PhoneCommand::Hangup { leg: citizen });
    world.until("the call is over", |w| ended(w).is_some());
    assert_eq!(
        ended(&world),
        Some((Outcome::Answered, Cause::Normal, EndedBy::Citizen))
    );
    let story = world.story();
    let at = |wanted: fn(&CallNews) -> bool| story.iter().position(|n| wanted(n)).unwrap();
    let order = [
        at(
            |n| matches!(n, CallNews::Started { caller, called, .. } if caller.number == MOBILE && called == "12345"),
        ),
        at(|n| matches!(n, CallNews::Connected)),
        at(|n| matches!(n, CallNews::RecordingStarted { .. })),
        at(|n| matches!(n, CallNews::Queued { queue, position: 1 } if queue == "general")),
        at(|n| matches!(n, CallNews::Offered { .. })),
        at(|n| matches!(n, CallNews::Answered { .. })),
        at(|n| matches!(n, CallNews::Ended { .. })),
    ];
    assert!(order.is_sorted(), "{story:#?}");
    assert!(
        world
            .media
            .iter()
            .any(|m| matches!(m, MediaCommand::Bridge { .. }))
    );
}

#[test]
fn both_legs_and_all_ports_are_given_back() {
    let mut world = staffed(2);
    for _ in 0..3 {
        let (citizen, _) = talk(&mut world);
        world.at_carrier(PhoneCommand::Hangup { leg: citizen });
        world.run(Duration::from_secs(40));
        world.desk_news.clear();
        world.news.retain(|(_, n)| !matches!(n, News::Call { .. }));
    }
    assert_eq!(world.hotline.calls(), 0);
    world.command(Command::Drain);
    assert!(world.news.iter().any(|(_, n)| matches!(n, News::Drained)));
}

#[test]
fn an_operator_who_hangs_up_ends_the_call_and_wraps_up() {
    let mut world = staffed(3);
    let (_, desk) = talk(&mut world);
    world.at_desk(PhoneCommand::Hangup { leg: desk });
    world.until("the call is over", |w| ended(w).is_some());
    assert_eq!(ended(&world).unwrap().2, EndedBy::Office);
    world.run(Duration::from_secs(1));
    assert_eq!(ready(&world), 1);
    world.run(Duration::from_secs(31));
    assert_eq!(ready(&world), 2, "wrap-up ends by itself");
}

#[test]
fn a_citizen_who_gives_up_stops_the_phone_ringing() {
    let mut world = staffed(4);
    let citizen = world.citizen_calls(MOBILE);
    world.until("a desk rings", |w| w.ringing_desk().is_some());
    world.at_carrier(PhoneCommand::Hangup { leg: citizen });
    world.until("the desk is quiet", |w| w.ringing_desk().is_none());
    assert_eq!(
        ended(&world),
        Some((Outcome::Abandoned, Cause::Normal, EndedBy::Citizen))
    );
    world.run(Duration::from_secs(1));
    assert_eq!(ready(&world), 2);
}

#[test]
fn two_desk_phones_ring_together_and_of_two_answers_that_cross_one_has_the_call() {
    let mut settings = settings(&["operator1", "operator2"]);
    settings.queues[0].ring_at_once = 2;
    let mut world = World::new(settings, 40);
    world.until("both phones are registered", |w| ready(w) == 2);
    world.citizen_calls(MOBILE);
    let incoming = |w: &World| -> Vec<LegId> {
        let leg = |n: &PhoneNews| match n {
            PhoneNews::Incoming { leg, .. } => Some(*leg),
            _ => None,
        };
        w.desk_news.iter().filter_map(leg).collect()
    };
    world.until("both phones ring", |w| incoming(w).len() == 2);
    // Both answers are on their way before either has arrived.
    for leg in incoming(&world) {
        world.at_desk(PhoneCommand::Answer { leg });
    }
    world.run(Duration::from_secs(2));
    let answered: Vec<String> = world
        .story()
        .into_iter()
        .filter_map(|n| match n {
            CallNews::Answered { operator } => Some(operator.clone()),
            _ => None,
        })
        .collect();
    let [winner] = answered.try_into().expect("one has the call");
    let outrun = if winner == "operator1" {
        "operator2"
    } else {
        "operator1"
    };
    assert!(matches!(state_of(&world, &winner), OperatorState::Talking(_)));
    assert_eq!(state_of(&world, outrun), OperatorState::Ready);
    let over = |n: &&PhoneNews| matches!(n, PhoneNews::Ended { .. });
    assert_eq!(
        world.desk_news.iter().filter(over).count(),
        1,
        "the other phone is quiet"
    );
}

#[test]
fn a_phone_that_rings_out_or_is_busy_passes_the_caller_to_the_next_desk() {
    let mut world = staffed(5);
    world.citizen_calls(MOBILE);
    world.until("a desk rings", |w| w.ringing_desk().is_some());
    let first = world.ringing_desk().unwrap();
    world.run(Duration::from_secs(21));
    assert_eq!(offered(&world).len(), 2, "{:#?}", world.story());
    assert_ne!(offered(&world)[0], offered(&world)[1]);
    world.until("the second desk rings", |w| {
        w.ringing_desk().is_some_and(|l| l != first)
    });
    let second = world.ringing_desk().unwrap();
    world.at_desk(PhoneCommand::Reject {
        leg: second,
        status: 486,
    });
    world.run(Duration::from_secs(12));
    assert!(world.story().iter().any(|n| matches!(
        n,
        CallNews::OfferEnded {
            cause: Cause::Busy,
            ..
        }
    )));
    assert_eq!(offered(&world).len(), 3, "the first desk has rested");
}

#[test]
fn hold_plays_music_to_the_citizen_until_the_operator_is_back() {
    let mut world = staffed(6);
    let (_, desk) = talk(&mut world);
    world.at_desk(PhoneCommand::Hold {
        leg: desk,
        hold: true,
    });
    world.until("held", |w| w.story().iter().any(|n| matches!(n, CallNews::Held)));
    let music = |m: &MediaCommand| matches!(m, MediaCommand::Play { prompts, looped: true, .. } if &*prompts[0] == "hold-music");
    assert!(world.media.iter().any(music));
    world.at_desk(PhoneCommand::Hold {
        leg: desk,
        hold: false,
    });
    world.until("resumed", |w| {
        w.story().iter().any(|n| matches!(n, CallNews::Resumed))
    });
    assert!(matches!(
        world.media.last(),
        Some(MediaCommand::StopPlaying { .. })
    ));
}

#[test]
fn a_lost_operator_puts_the_citizen_at_the_head_of_the_queue() {
    let mut world = staffed(7);
    talk(&mut world);
    let busy = offered(&world).pop().unwrap();
    let leg = world.media.iter().rev().find_map(|m| match m {
        MediaCommand::Bridge { b, .. } => Some(*b),
        _ => None,
    });
    world.hotline_hears(MediaEvent::TimedOut { leg: leg.unwrap() });
    world.until("the other desk is rung", |w| offered(w).len() == 2);
    assert_ne!(offered(&world)[1], busy);
    assert_eq!(ended(&world), None);
}

#[test]
fn a_citizen_whose_line_went_dead_is_a_complete_record() {
    let mut world = staffed(8);
    talk(&mut world);
    let leg = world.citizen_leg().unwrap();
    world.hotline_hears(MediaEvent::TimedOut { leg });
    assert_eq!(
        ended(&world),
        Some((Outcome::Answered, Cause::MediaTimeout, EndedBy::System))
    );
    world.run(Duration::from_secs(1));
    let legs = world
        .story()
        .iter()
        .filter(|n| matches!(n, CallNews::LegEnded(_)))
        .count();
    assert_eq!(legs, 2);
}

#[test]
fn a_port_that_another_program_holds_costs_one_call_only() {
    let mut settings = settings(&[]);
    settings.rtp_ports = 20000..=20003;
    let mut world = World::new(settings, 12);
    let opened = |world: &World| -> Vec<(LegId, u16)> {
        let open = |command: &MediaCommand| match command {
            MediaCommand::Open { leg, port } => Some((*leg, *port)),
            _ => None,
        };
        world.media.iter().filter_map(open).collect()
    };
    world.citizen_calls(MOBILE);
    world.until("a port is taken", |w| opened(w).len() == 1);
    let (leg, held) = opened(&world)[0];
    let reason = "in use".to_owned();
    world.hotline_hears(MediaEvent::OpenFailed { leg, reason });
    world.until("the call is over", |w| ended(w).is_some());
    assert_eq!(ended(&world).unwrap().1, Cause::Failed);
    for calls in 2..=4 {
        let citizen = world.citizen_calls(MOBILE);
        world.until("a port is taken", |w| opened(w).len() == calls);
        assert_ne!(opened(&world)[calls - 1].1, held);
        world.at_carrier(PhoneCommand::Hangup { leg: citizen });
        world.run(Duration::from_secs(2));
    }
}

#[test]
fn nobody_free_means_announcements_then_a_message() {
    let mut world = World::new(settings(&[]), 9);
    let citizen = world.citizen_calls(MOBILE);
    world.until("an announcement", |w| {
        w.media
            .iter()
            .any(|m| matches!(m, MediaCommand::Play { prompts, .. } if &*prompts[0] == "queue-wait"))
    });
    world.run(Duration::from_secs(130));
    assert!(
        world
            .story()
            .iter()
            .any(|n| matches!(n, CallNews::MenuStep { node, .. } if node == "note"))
    );
    world.run(Duration::from_secs(3));
    world.at_carrier(PhoneCommand::Hangup { leg: citizen });
    world.until("the call is over", |w| ended(w).is_some());
    assert_eq!(ended(&world).unwrap().0, Outcome::Message);
    let message = world.story().into_iter().find_map(|n| match n {
        CallNews::Message { key, from, to } => Some((key.clone(), *from, *to)),
        _ => None,
    });
    let (key, from, to) = message.unwrap();
    assert!(key == "message" && to > from);
}

#[test]
fn a_called_citizen_answers_the_survey_by_key() {
    let mut world = staffed(10);
    let outbound = Outbound {
        call: CallId(77),
        number: MOBILE.into(),
        flow: "survey".into(),
        variables: HashMap::from([("ticket".to_owned(), "123456".to_owned())]),
        ring_for: Duration::from_secs(30),
    };
    world.command(Command::Dial(Box::new(outbound)));
    let incoming = |w: &World| {
        w.carrier_news.iter().find_map(|n| match n {
            PhoneNews::Incoming { leg, called, .. } if called == MOBILE => Some(*leg),
            _ => None,
        })
    };
    world.until("the citizen's phone rings", |w| incoming(w).is_some());
    let leg = incoming(&world).unwrap();
    world.at_carrier(PhoneCommand::Answer { leg });
    world.until("asked", |w| {
        w.story()
            .iter()
            .any(|n| matches!(n, CallNews::MenuStep { node, .. } if node == "solved"))
    });
    let spelled = world.media.iter().any(|m| {
        matches!(m, MediaCommand::Play { prompts, .. } if prompts.len() == 7 && &*prompts[1] == "digits/yao")
    });
    assert!(spelled, "the ticket's tail is read digit by digit");
    let ours = world.citizen_leg().unwrap();
    world.hotline_hears(MediaEvent::Digit {
        leg: ours,
        digit: '1',
        source: DigitSource::Event,
    });
    world.until("the call is over", |w| ended(w).is_some());
    assert!(
        world
            .story()
            .iter()
            .any(|n| matches!(n, CallNews::Collected { key, value } if key == "solved" && value == "1"))
    );
    let started =
        |n: &&CallNews| matches!(n, CallNews::Started { caller, .. } if caller.kind == NumberKind::Mobile);
    assert!(world.story().iter().any(started));
    let carried = |n: &&CallNews| matches!(n, CallNews::Carried { trunk } if trunk == "carrier");
    assert!(world.story().iter().any(carried));
    assert_eq!(
        ended(&world),
        Some((Outcome::Completed, Cause::Normal, EndedBy::System))
    );
}

#[test]
fn an_unanswered_survey_call_is_told_as_no_answer() {
    let mut world = staffed(11);
    let outbound = Outbound {
        call: CallId(78),
        number: MOBILE.into(),
        flow: "survey".into(),
        variables: HashMap::new(),
        ring_for: Duration::from_secs(25),
    };
    world.command(Command::Dial(Box::new(outbound)));
    world.run(Duration::from_secs(40));
    assert_eq!(ended(&world).unwrap().0, Outcome::NoAnswer);
}

#[test]
fn every_refusal_that_a_carrier_may_give_ends_a_call_of_ours_with_an_outcome() {
    for status in 400..700 {
        let mut world = staffed(1000 + u64::from(status));
        let outbound = Outbound {
            call: CallId(79),
            number: MOBILE.into(),
            flow: "survey".into(),
            variables: HashMap::new(),
            ring_for: Duration::from_secs(30),
        };
        world.command(Command::Dial(Box::new(outbound)));
        let incoming = |w: &World| {
            w.carrier_news.iter().find_map(|n| match n {
                PhoneNews::Incoming { leg, .. } => Some(*leg),
                _ => None,
            })
        };
        world.until("the citizen's phone rings", |w| incoming(w).is_some());
        let leg = incoming(&world).unwrap();
        world.at_carrier(PhoneCommand::Reject { leg, status });
        world.until("the call is over", |w| ended(w).is_some());
        let outcome = ended(&world).unwrap().0;
        let told = [
            Outcome::Busy,
            Outcome::Declined,
            Outcome::NoAnswer,
            Outcome::BadNumber,
            Outcome::Failed,
        ];
        assert!(told.contains(&outcome), "{status}: {outcome:?}");
        world.run(Duration::from_secs(40));
        assert_eq!(world.hotline.calls(), 0, "{status}");
    }
}

#[test]
fn calls_complete_on_a_network_that_loses_a_fifth_of_all_packets() {
    for seed in 100..110 {
        let mut world = staffed(seed);
        world.loss = 0.2;
        let (citizen, _) = talk(&mut world);
        world.at_carrier(PhoneCommand::Hangup { leg: citizen });
        world.until("the call is over", |w| ended(w).is_some());
        world.loss = 0.0;
        world.run(Duration::from_secs(60));
        assert_eq!(world.hotline.calls(), 0, "seed {seed}");
    }
}

#[test]
fn a_paused_operator_is_not_rung() {
    let mut world = staffed(12);
    world.command(Command::Pause {
        operator: "operator1".into(),
        reason: "rest".into(),
    });
    world.citizen_calls(MOBILE);
    world.until("a desk rings", |w| w.ringing_desk().is_some());
    assert_eq!(offered(&world), ["operator2"]);
    assert_eq!(
        state_of(&world, "operator1"),
        OperatorState::Paused("rest".into())
    );
    world.command(Command::Ready {
        operator: "operator1".into(),
    });
    assert_eq!(state_of(&world, "operator1"), OperatorState::Ready);
}

#[test]
fn who_waits_while_somebody_is_at_work_hears_how_long_it_will_take() {
    let mut settings = settings(&["operator1"]);
    settings.queues[0].announce_wait = true;
    let mut world = World::new(settings, 21);
    world.until("the phone is registered", |w| ready(w) == 1);
    talk(&mut world);
    world.citizen_calls("13900000002");
    world.until("an announcement", |w| {
        w.media.iter().any(|m| {
            let MediaCommand::Play { prompts, .. } = m else {
                return false;
            };
            let words: Vec<&str> = prompts.iter().map(AsRef::as_ref).collect();
            words.ends_with(&[
                "queue-next",
                "queue-minutes-before",
                "digits/3",
                "queue-minutes-after",
            ])
        })
    });
}

#[test]
fn a_desk_where_nobody_takes_calls_is_paused_and_the_caller_goes_on() {
    let mut settings = settings(&["operator1", "operator2"]);
    settings.queues[0].pause_after_missed = 1;
    let mut world = World::new(settings, 22);
    world.until("both phones are registered", |w| ready(w) == 2);
    world.citizen_calls(MOBILE);
    world.run(Duration::from_secs(25));
    let [first, second] = offered(&world).try_into().expect("two desks were rung");
    assert_ne!(first, second);
    let paused = OperatorState::Paused(telephony::queue::MISSED.into());
    assert_eq!(state_of(&world, &first), paused);
    world.command(Command::Ready {
        operator: first.clone(),
    });
    assert_eq!(state_of(&world, &first), OperatorState::Ready);
}

#[test]
fn a_draining_switch_refuses_new_calls_and_ends_with_the_last() {
    let mut world = staffed(13);
    let (citizen, _) = talk(&mut world);
    world.command(Command::Drain);
    let refused = world.citizen_calls("13900000002");
    world.until("refused", |w| {
        w.carrier_news
            .iter()
            .any(|n| matches!(n, PhoneNews::Ended { leg, status: 503, .. } if *leg == refused))
    });
    assert!(!world.news.iter().any(|(_, n)| matches!(n, News::Drained)));
    world.at_carrier(PhoneCommand::Hangup { leg: citizen });
    world.until("drained", |w| {
        w.news.iter().any(|(_, n)| matches!(n, News::Drained))
    });
}

/// A citizen whose messages are typed by hand: to offer late, to change media in ways that our own telephones never do.
struct Typed {
    to: String,
    cseq: u32,
}

fn audio(formats: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 30000 RTP/AVP {formats}\r\n"
    )
}

impl Typed {
    fn say(&mut self, world: &mut World, method: &str, sdp: &str) {
        let (to, cseq, length) = (&self.to, self.cseq, sdp.len());
        let kind = if sdp.is_empty() {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        world.carrier_types(&format!(
            "{method} sip:12345@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK{method}{cseq};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{MOBILE}@10.0.0.2>;tag=typed\r\nTo: {to}\r\nCall-ID: typed\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:typed@10.0.0.2>\r\n{kind}Content-Length: {length}\r\n\r\n{sdp}"
        ));
    }

    /// An INVITE and its 200, without the ACK.
    fn invites(&mut self, world: &mut World, sdp: &str) -> String {
        self.cseq += 1;
        self.say(world, "INVITE", sdp);
        let is_ok = |m: &&String| m.starts_with("SIP/2.0 200") && m.contains("INVITE");
        let ok = world.told_carrier.iter().rev().find(is_ok);
        let ok = ok.expect("the hotline answers").clone();
        let to = ok.lines().find_map(|line| line.strip_prefix("To: "));
        self.to = to.unwrap().to_owned();
        ok
    }

    fn calls(world: &mut World, sdp: &str) -> (Self, String) {
        let to = "<sip:12345@10.0.0.1>".to_owned();
        let mut typed = Self { to, cseq: 0 };
        let ok = typed.invites(world, sdp);
        (typed, ok)
    }
}

fn connected(world: &World) -> bool {
    world.story().iter().any(|n| matches!(n, CallNews::Connected))
}

fn byes(world: &World) -> usize {
    let byes = world.told_carrier.iter().filter(|m| m.starts_with("BYE "));
    byes.count()
}

#[test]
fn a_citizen_who_offers_late_is_greeted_with_the_acknowledgement() {
    let mut world = staffed(14);
    let (mut typed, ok) = Typed::calls(&mut world, "");
    assert!(ok.contains("m=audio"), "the offer is ours: {ok}");
    assert!(!connected(&world));
    typed.say(
        &mut world,
        "ACK",
        &audio("8 101\r\na=rtpmap:101 telephone-event/8000"),
    );
    assert!(connected(&world));
    let greeted =
        |m: &MediaCommand| matches!(m, MediaCommand::Play { prompts, .. } if &*prompts[0] == "greeting");
    assert!(world.media.iter().any(greeted));
}

#[test]
fn a_late_offer_that_is_never_answered_ends_the_call() {
    let mut world = staffed(15);
    let (mut typed, _) = Typed::calls(&mut world, "");
    typed.say(&mut world, "ACK", "");
    assert!(!connected(&world));
    assert_eq!(ended(&world).unwrap().1, Cause::NotAcceptable);
    assert_eq!(byes(&world), 1);
    world.run(Duration::from_secs(1));
    assert_eq!(world.hotline.calls(), 0);
}

#[test]
fn keys_are_heard_as_tones_once_the_far_end_no_longer_sends_events() {
    let mut world = staffed(16);
    let events = audio("8 101\r\na=rtpmap:101 telephone-event/8000");
    let (mut typed, _) = Typed::calls(&mut world, &events);
    typed.say(&mut world, "ACK", "");
    let told = |w: &World| {
        let tones = w.media.iter().filter_map(|m| match m {
            MediaCommand::DetectTones { on, .. } => Some(*on),
            _ => None,
        });
        tones.collect::<Vec<_>>()
    };
    assert_eq!(told(&world), [false]);
    for sdp in [audio("8"), audio("8"), events] {
        typed.invites(&mut world, &sdp);
        typed.say(&mut world, "ACK", "");
    }
    assert_eq!(
        told(&world),
        [false, true, false],
        "told when it changes, no oftener"
    );
}

#[test]
fn a_draining_switch_calls_nobody() {
    let mut world = staffed(17);
    world.command(Command::Drain);
    let outbound = Outbound {
        call: CallId(79),
        number: MOBILE.into(),
        flow: "survey".into(),
        variables: HashMap::new(),
        ring_for: Duration::from_secs(30),
    };
    let contact = Contact {
        call: CallId(80),
        clerk: "13900000009".into(),
        citizen: MOBILE.into(),
        ring_for: Duration::from_secs(30),
    };
    world.command(Command::Dial(Box::new(outbound)));
    world.command(Command::Contact(Box::new(contact)));
    let failed = |n: &&CallNews| {
        let (outcome, cause) = (Outcome::Failed, Cause::Unavailable);
        matches!(n, CallNews::Ended { outcome: o, cause: c, .. } if (*o, *c) == (outcome, cause))
    };
    assert_eq!(world.story().into_iter().filter(failed).count(), 2);
    assert!(!world.told_carrier.iter().any(|m| m.starts_with("INVITE")));
}

#[test]
fn what_still_runs_at_the_end_is_hung_up_on_and_told_as_ended() {
    let mut world = staffed(18);
    let (citizen, desk) = talk(&mut world);
    world.citizen_calls("13900000002");
    let queued = |w: &World| {
        w.story()
            .iter()
            .filter(|n| matches!(n, CallNews::Queued { .. }))
            .count()
    };
    world.until("another waits", |w| queued(w) == 2);
    world.command(Command::EndAll);
    let outcomes: Vec<_> = world
        .story()
        .into_iter()
        .filter_map(|n| match n {
            CallNews::Ended { outcome, by, .. } => Some((*outcome, *by)),
            _ => None,
        })
        .collect();
    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.contains(&(Outcome::Answered, EndedBy::System)));
    assert!(outcomes.contains(&(Outcome::Failed, EndedBy::System)));
    assert_eq!(world.hotline.calls(), 0);
    world.run(Duration::from_secs(1));
    assert_eq!(byes(&world), 2);
    let over = |news: &[PhoneNews], leg: LegId| {
        news.iter()
            .any(|n| matches!(n, PhoneNews::Ended { leg: l, .. } if *l == leg))
    };
    assert!(over(&world.carrier_news, citizen) && over(&world.desk_news, desk));
}
