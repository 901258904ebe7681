//! Operators in browsers, through the core's doors: what they wish, what is granted, and that no citizen is ever lost.

#![allow(clippy::unwrap_used)]

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use telephony::media::{MediaCommand, MediaEvent};
use telephony::phone::{PhoneCommand, PhoneNews};
use telephony::queue::OperatorState;
use telephony::sip::Cause;
use telephony::switch::{
    CallNews, Command, ConsultState, Denied, Destination, EndedBy, LineState, Mode, News, Outcome, Wish,
};
use telephony::{CallId, LegId, LineId};
use world::{World, queue, settings};

const MOBILE: &str = "13900000001";

struct Desks {
    world: World,
    tag: u64,
    lines: u64,
}

/// Three operators whose browsers are connected, and a supervisor's.
fn desks(seed: u64) -> Desks {
    let mut settings = settings(&["operator1", "operator2", "operator3"]);
    settings.queues.push(queue("hrss"));
    let mut desks = Desks {
        world: World::without_phones(settings, seed),
        tag: 0,
        lines: 0,
    };
    for person in ["operator1", "operator2", "operator3", "supervisor1"] {
        desks.line(person);
    }
    desks
}

impl Desks {
    fn line(&mut self, person: &str) -> LineId {
        self.lines += 1;
        let line = LineId(self.lines);
        self.world.command(Command::OpenLine {
            person: person.into(),
            line,
        });
        self.world.hotline_hears(MediaEvent::LineUp { line });
        line
    }

    fn wish(&mut self, person: &str, wish: Wish) -> Result<(), Denied> {
        self.tag += 1;
        let tag = self.tag;
        self.world.command(Command::Wish {
            tag,
            person: person.into(),
            wish,
        });
        let answer = self.world.news.iter().rev().find_map(|(_, n)| match n {
            News::Wish { tag: t, result } if *t == tag => Some(*result),
            _ => None,
        });
        answer.expect("every wish is answered")
    }

    fn offered(&self) -> Vec<String> {
        let name = |n: &CallNews| match n {
            CallNews::Offered { operator } => Some(operator.clone()),
            _ => None,
        };
        self.world.story().into_iter().filter_map(name).collect()
    }

    /// A citizen talks with an operator; the citizen's leg at the carrier, and who it is.
    fn talk(&mut self) -> (LegId, String) {
        let before = self.offered().len();
        let citizen = self.world.citizen_calls(MOBILE);
        let count = |w: &World| {
            let offers = w.story();
            offers
                .iter()
                .filter(|n| matches!(n, CallNews::Offered { .. }))
                .count()
        };
        self.world.until("offered", |w| count(w) > before);
        let operator = self.offered().pop().unwrap();
        assert_eq!(self.wish(&operator, Wish::Answer), Ok(()));
        (citizen, operator)
    }

    /// Two operators other than this one.
    fn others(&self, than: &str) -> [String; 2] {
        let all = ["operator1", "operator2", "operator3"];
        let others: Vec<String> = all
            .iter()
            .filter(|o| **o != than)
            .map(|o| (*o).to_owned())
            .collect();
        others.try_into().unwrap()
    }

    fn call(&self) -> CallId {
        *self.world.call_ids().last().unwrap()
    }

    /// What each leg that is open hears, as the media thread was told.
    fn hears(&self) -> BTreeMap<LegId, Vec<LegId>> {
        let mut hears: BTreeMap<LegId, Vec<LegId>> = BTreeMap::new();
        for command in &self.world.media {
            match command {
                MediaCommand::Bridge { a, b } => {
                    hears.insert(*a, vec![*b]);
                    hears.insert(*b, vec![*a]);
                }
                MediaCommand::Hear { leg, from } => {
                    hears.insert(*leg, from.clone());
                }
                MediaCommand::Close { leg } => {
                    hears.remove(leg);
                    hears.values_mut().for_each(|from| from.retain(|l| l != leg));
                }
                _ => {}
            }
        }
        hears
    }

    /// Legs whose media was never closed.
    fn open_legs(&self) -> Vec<LegId> {
        let mut open = Vec::new();
        for command in &self.world.media {
            match command {
                MediaCommand::Open { leg, .. } | MediaCommand::Attach { leg, .. } => open.push(*leg),
                MediaCommand::Close { leg } => open.retain(|l| l != leg),
                _ => {}
            }
        }
        open
    }

    fn citizen(&self) -> LegId {
        self.world.citizen_leg().unwrap()
    }

    fn citizen_hears(&self) -> Vec<LegId> {
        self.hears().get(&self.citizen()).cloned().unwrap_or_default()
    }

    /// The leg that was last attached to this person's line.
    fn leg_of(&self, person: &str) -> LegId {
        let mut lines = BTreeMap::new();
        let mut leg = None;
        for (_, news) in &self.world.news {
            if let News::Line {
                person: p,
                line,
                state: LineState::Connected,
            } = news
            {
                lines.insert(*line, p.clone());
            }
        }
        for command in &self.world.media {
            if let MediaCommand::Attach { leg: l, line } = command
                && lines.get(line).is_some_and(|p| p == person)
            {
                leg = Some(*l);
            }
        }
        leg.expect("a leg was attached")
    }

    /// The last loop for the citizen, unless it was stopped since.
    fn loop_of_citizen(&self) -> Option<String> {
        let citizen = self.citizen();
        let last = self.world.media.iter().rev().find_map(|m| match m {
            MediaCommand::Play {
                leg, prompts, looped, ..
            } if *leg == citizen => Some(looped.then(|| prompts[0].to_string())),
            MediaCommand::StopPlaying { leg } if *leg == citizen => Some(None),
            _ => None,
        });
        last.flatten()
    }

    fn ended(&self) -> Option<(Outcome, Cause, EndedBy)> {
        self.world.story().into_iter().find_map(|n| match n {
            CallNews::Ended { outcome, cause, by } => Some((*outcome, *cause, *by)),
            _ => None,
        })
    }

    fn told(&self, wanted: impl Fn(&CallNews) -> bool) -> bool {
        self.world.story().into_iter().any(wanted)
    }

    fn state_of(&self, operator: &str) -> OperatorState {
        let last = self.world.news.iter().rev().find_map(|(_, n)| match n {
            News::Operator { name, state, .. } if name == operator => Some(state.clone()),
            _ => None,
        });
        last.unwrap()
    }

    fn consult_state(&self, person: &str) -> Option<ConsultState> {
        let last = self.world.news.iter().rev().find_map(|(_, n)| match n {
            News::Desk { person: p, desk } if p == person => Some(desk.clone()),
            _ => None,
        });
        Some(last?.consult?.state)
    }

    /// The outside number's telephone, ringing at the carrier.
    fn outside(&mut self, number: &str) -> LegId {
        let incoming = |w: &World| {
            w.carrier_news.iter().rev().find_map(|n| match n {
                PhoneNews::Incoming { leg, called, .. } if called == number => Some(*leg),
                _ => None,
            })
        };
        self.world.until("it rings outside", |w| incoming(w).is_some());
        incoming(&self.world).unwrap()
    }

    /// The consulted number answers.
    fn outside_answers(&mut self, number: &str) -> LegId {
        let leg = self.outside(number);
        self.world.at_carrier(PhoneCommand::Answer { leg });
        self.world.until("answered", |w| {
            w.story()
                .iter()
                .any(|n| matches!(n, CallNews::ConsultAnswered { .. }))
        });
        leg
    }

    /// At the head of a queue, nobody lost.
    fn is_queued_again(&self) -> bool {
        self.ended().is_none() && self.told(|n| matches!(n, CallNews::Queued { position: 1, .. }))
    }
}

fn to_operator(name: &str) -> Destination {
    Destination::Operator(name.to_owned())
}

fn to_number() -> Destination {
    Destination::Number("05341110000".to_owned())
}

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
        (Wish::ResumeRecording, Denied::NotRecording),
        (Wish::Dtmf("12x".into()), Denied::NotAKey),
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
    assert_eq!(desks.wish(&operator, Wish::Dtmf("1#".into())), Ok(()));
    let citizen = desks.citizen();
    let keys = desks.world.media.iter().filter_map(|m| match m {
        MediaCommand::SendDigit { leg, digit } if *leg == citizen => Some(*digit),
        _ => None,
    });
    assert_eq!(keys.collect::<String>(), "1#");
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
fn a_blind_transfer_hands_the_citizen_over_at_once() {
    let mut desks = desks(8);
    let (_, operator) = desks.talk();
    let [colleague, _] = desks.others(&operator);
    let wish = Wish::Transfer {
        to: to_operator(&colleague),
        attended: false,
    };
    assert_eq!(desks.wish(&operator, wish), Ok(()));
    assert_eq!(desks.loop_of_citizen().as_deref(), Some("ringback"));
    assert_eq!(desks.state_of(&operator), OperatorState::WrapUp);
    assert_eq!(desks.wish(&colleague, Wish::Answer), Ok(()));
    assert_eq!(desks.citizen_hears(), [desks.leg_of(&colleague)]);
    assert!(
        desks.told(
            |n| matches!(n, CallNews::Transferred { from, to } if *from == operator && *to == colleague)
        )
    );
    assert_eq!(desks.wish(&colleague, Wish::Hangup), Ok(()));
    assert_eq!(desks.ended().unwrap().0, Outcome::Answered);
}

#[test]
fn a_blind_transfer_that_nobody_takes_goes_to_the_head_of_the_queue() {
    let mut desks = desks(9);
    let (_, operator) = desks.talk();
    let [colleague, _] = desks.others(&operator);
    let wish = Wish::Transfer {
        to: to_operator(&colleague),
        attended: false,
    };
    assert_eq!(desks.wish(&operator, wish), Ok(()));
    desks.world.run(Duration::from_secs(31));
    assert!(desks.told(|n| matches!(
        n,
        CallNews::ConsultEnded {
            cause: Cause::NoAnswer,
            ..
        }
    )));
    assert!(desks.is_queued_again());
    assert_eq!(desks.offered().len(), 2);
}

#[test]
fn a_colleague_who_is_not_free_leaves_the_citizen_where_they_are() {
    let mut desks = desks(10);
    let (_, operator) = desks.talk();
    let [colleague, _] = desks.others(&operator);
    desks.world.command(Command::Pause {
        operator: colleague.clone(),
        reason: "meal".into(),
    });
    let wish = Wish::Transfer {
        to: to_operator(&colleague),
        attended: false,
    };
    assert_eq!(desks.wish(&operator, wish), Err(Denied::TargetBusy));
    assert_eq!(desks.citizen_hears(), [desks.leg_of(&operator)]);
}

#[test]
fn an_attended_transfer_asks_first_then_hands_over() {
    let mut desks = desks(11);
    let (_, operator) = desks.talk();
    let [colleague, _] = desks.others(&operator);
    let wish = Wish::Transfer {
        to: to_operator(&colleague),
        attended: true,
    };
    assert_eq!(desks.wish(&operator, wish), Ok(()));
    assert_eq!(desks.consult_state(&operator), Some(ConsultState::Ringing));
    assert_eq!(desks.wish(&operator, Wish::Complete), Err(Denied::NotAnswered));
    assert_eq!(desks.loop_of_citizen().as_deref(), Some("hold-music"));
    assert_eq!(desks.wish(&colleague, Wish::Answer), Ok(()));
    assert_eq!(
        desks.hears()[&desks.leg_of(&operator)],
        [desks.leg_of(&colleague)]
    );
    assert!(desks.citizen_hears().is_empty());
    assert_eq!(desks.wish(&operator, Wish::Hangup), Err(Denied::Consulting));
    assert_eq!(desks.wish(&operator, Wish::Complete), Ok(()));
    assert_eq!(desks.citizen_hears(), [desks.leg_of(&colleague)]);
    assert_eq!(desks.loop_of_citizen(), None);
    assert_eq!(desks.state_of(&operator), OperatorState::WrapUp);
    assert_eq!(desks.state_of(&colleague), OperatorState::Talking(desks.call()));
}

#[test]
fn a_question_that_is_cancelled_refused_or_hung_up_leads_back_to_the_citizen() {
    for (seed, ends) in [(12, 0), (13, 1), (14, 2)] {
        let mut desks = desks(seed);
        let (_, operator) = desks.talk();
        let [colleague, _] = desks.others(&operator);
        let wish = Wish::Transfer {
            to: to_operator(&colleague),
            attended: true,
        };
        assert_eq!(desks.wish(&operator, wish), Ok(()));
        match ends {
            0 => assert_eq!(desks.wish(&operator, Wish::Cancel), Ok(())),
            1 => assert_eq!(desks.wish(&colleague, Wish::Decline), Ok(())),
            _ => {
                assert_eq!(desks.wish(&colleague, Wish::Answer), Ok(()));
                assert_eq!(desks.wish(&colleague, Wish::Hangup), Ok(()));
            }
        }
        assert_eq!(desks.citizen_hears(), [desks.leg_of(&operator)]);
        assert_eq!(desks.loop_of_citizen(), None);
        assert_eq!(desks.consult_state(&operator), None);
        assert_eq!(desks.state_of(&colleague), OperatorState::Ready);
    }
}

#[test]
fn three_talk_together_and_the_operator_may_leave() {
    let mut desks = desks(15);
    let (citizen, operator) = desks.talk();
    let wish = Wish::Transfer {
        to: to_number(),
        attended: true,
    };
    assert_eq!(desks.wish(&operator, wish), Ok(()));
    let unit = desks.outside_answers("05341110000");
    assert_eq!(desks.wish(&operator, Wish::Conference), Ok(()));
    assert_eq!(desks.citizen_hears().len(), 2);
    assert!(desks.hears().values().filter(|from| from.len() == 2).count() == 3);
    assert_eq!(desks.wish(&operator, Wish::Hangup), Ok(()));
    assert_eq!(desks.citizen_hears().len(), 1);
    assert_eq!(
        (desks.ended(), desks.state_of(&operator)),
        (None, OperatorState::WrapUp)
    );
    desks.world.at_carrier(PhoneCommand::Hangup { leg: citizen });
    desks.world.until("the unit's phone is free", |w| {
        w.carrier_news
            .iter()
            .any(|n| matches!(n, PhoneNews::Ended { leg, .. } if *leg == unit))
    });
    assert!(desks.ended().is_some());
    desks.world.run(Duration::from_secs(40));
    assert_eq!(desks.world.hotline.calls(), 0);
}

#[test]
fn an_outside_number_that_is_busy_leads_back_or_to_the_queue() {
    for (seed, attended) in [(16, true), (17, false)] {
        let mut desks = desks(seed);
        let (_, operator) = desks.talk();
        let wish = Wish::Transfer {
            to: to_number(),
            attended,
        };
        assert_eq!(desks.wish(&operator, wish), Ok(()));
        let leg = desks.outside("05341110000");
        desks.world.at_carrier(PhoneCommand::Reject { leg, status: 486 });
        desks.world.until("told", |w| {
            w.story().iter().any(|n| {
                matches!(
                    n,
                    CallNews::ConsultEnded {
                        cause: Cause::Busy,
                        ..
                    }
                )
            })
        });
        if attended {
            assert_eq!(desks.citizen_hears(), [desks.leg_of(&operator)]);
        } else {
            assert!(desks.is_queued_again());
        }
        assert_eq!(desks.ended(), None);
    }
}

#[test]
fn a_citizen_handed_to_a_number_stays_with_it_until_either_hangs_up() {
    let mut desks = desks(18);
    let (_, operator) = desks.talk();
    let wish = Wish::Transfer {
        to: to_number(),
        attended: false,
    };
    assert_eq!(desks.wish(&operator, wish), Ok(()));
    let unit = desks.outside_answers("05341110000");
    assert_eq!(desks.citizen_hears().len(), 1);
    assert_eq!(desks.loop_of_citizen(), None);
    desks.world.at_carrier(PhoneCommand::Hangup { leg: unit });
    desks.world.until("the call is over", |w| {
        w.story().iter().any(|n| matches!(n, CallNews::Ended { .. }))
    });
    assert_eq!(desks.ended().unwrap().2, EndedBy::Office);
}

#[test]
fn an_emergency_service_joins_without_the_citizen_being_left_alone() {
    let mut desks = desks(19);
    let (_, operator) = desks.talk();
    assert_eq!(desks.wish(&operator, Wish::Emergency("110".into())), Ok(()));
    assert_eq!(desks.citizen_hears(), [desks.leg_of(&operator)]);
    desks.outside_answers("110");
    assert_eq!(desks.citizen_hears().len(), 2);
    assert_eq!(desks.consult_state(&operator), Some(ConsultState::ThreeWay));
}

#[test]
fn a_citizen_who_hangs_up_in_the_midst_frees_everybody() {
    let mut desks = desks(20);
    let (citizen, operator) = desks.talk();
    let [colleague, _] = desks.others(&operator);
    let call = desks.call();
    assert_eq!(
        desks.wish(
            "supervisor1",
            Wish::Monitor {
                call,
                mode: Mode::Listen
            }
        ),
        Ok(())
    );
    let wish = Wish::Transfer {
        to: to_operator(&colleague),
        attended: true,
    };
    assert_eq!(desks.wish(&operator, wish), Ok(()));
    assert_eq!(desks.wish(&colleague, Wish::Answer), Ok(()));
    desks.world.at_carrier(PhoneCommand::Hangup { leg: citizen });
    desks.world.until("over", |w| {
        w.story().iter().any(|n| matches!(n, CallNews::Ended { .. }))
    });
    desks.world.run(Duration::from_secs(40));
    assert_eq!(desks.state_of(&operator), OperatorState::Ready);
    assert_eq!(desks.state_of(&colleague), OperatorState::Ready);
    assert!(desks.told(|n| matches!(n, CallNews::MonitorEnded { .. })));
    assert_eq!(desks.open_legs(), []);
}

#[test]
fn an_operator_lost_in_a_three_way_call_leaves_the_citizen_with_the_third() {
    let mut desks = desks(21);
    let (_, operator) = desks.talk();
    let wish = Wish::Transfer {
        to: to_number(),
        attended: true,
    };
    assert_eq!(desks.wish(&operator, wish), Ok(()));
    desks.outside_answers("05341110000");
    assert_eq!(desks.wish(&operator, Wish::Conference), Ok(()));
    desks.world.command(Command::CloseLine { person: operator });
    assert_eq!(desks.citizen_hears().len(), 1);
    desks.world.run(Duration::from_secs(11));
    assert_eq!(desks.citizen_hears().len(), 1);
    assert_eq!(desks.ended(), None);
}

#[test]
fn a_supervisor_listens_whispers_and_speaks_with_all() {
    let mut desks = desks(22);
    let (_, operator) = desks.talk();
    let call = desks.call();
    let monitor = |mode| Wish::Monitor { call, mode };
    assert_eq!(desks.wish("supervisor1", monitor(Mode::Listen)), Ok(()));
    let (at_desk, supervisor) = (desks.leg_of(&operator), desks.leg_of("supervisor1"));
    assert_eq!(desks.citizen_hears(), [at_desk]);
    assert_eq!(desks.hears()[&at_desk], [desks.citizen()]);
    assert_eq!(desks.hears()[&supervisor].len(), 2);
    assert_eq!(desks.wish("supervisor1", monitor(Mode::Whisper)), Ok(()));
    assert_eq!(
        desks.citizen_hears(),
        [at_desk],
        "the citizen never hears a whisper"
    );
    assert_eq!(desks.hears()[&at_desk], [desks.citizen(), supervisor]);
    assert_eq!(desks.wish("supervisor1", monitor(Mode::Barge)), Ok(()));
    assert_eq!(desks.citizen_hears(), [at_desk, supervisor]);
    assert_eq!(desks.wish("supervisor1", Wish::Unmonitor { call }), Ok(()));
    assert_eq!(desks.citizen_hears(), [at_desk]);
    assert_eq!(desks.ended(), None);
}

#[test]
fn a_supervisor_takes_the_call_over() {
    let mut desks = desks(23);
    let (_, operator) = desks.talk();
    let call = desks.call();
    assert_eq!(
        desks.wish(
            "supervisor1",
            Wish::Monitor {
                call,
                mode: Mode::Listen
            }
        ),
        Ok(())
    );
    assert_eq!(desks.wish("supervisor1", Wish::TakeOver { call }), Ok(()));
    assert_eq!(desks.citizen_hears(), [desks.leg_of("supervisor1")]);
    assert_eq!(desks.state_of(&operator), OperatorState::WrapUp);
    assert_eq!(desks.wish("supervisor1", Wish::Hold), Ok(()));
    assert_eq!(desks.wish("supervisor1", Wish::Hangup), Ok(()));
    assert_eq!(desks.ended().unwrap().0, Outcome::Answered);
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

#[test]
fn a_transfer_to_a_queue_goes_to_its_head() {
    let mut desks = desks(27);
    let (_, operator) = desks.talk();
    let wish = Wish::Transfer {
        to: Destination::Queue("hrss".into()),
        attended: false,
    };
    assert_eq!(desks.wish(&operator, wish), Ok(()));
    assert!(desks.told(|n| matches!(n, CallNews::Queued { queue, position: 1 } if queue == "hrss")));
    assert_eq!(desks.ended(), None);
    assert_eq!(desks.state_of(&operator), OperatorState::WrapUp);
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
fn no_citizen_is_lost_whatever_operators_do() {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    for seed in 200..230 {
        let mut desks = desks(seed);
        let mut rng = StdRng::seed_from_u64(seed);
        let citizen = desks.world.citizen_calls(MOBILE);
        desks.world.run(Duration::from_secs(5));
        for _ in 0..60 {
            let people = ["operator1", "operator2", "operator3", "supervisor1"];
            let person = people[rng.random_range(0..people.len())];
            let other = people[rng.random_range(0..3)];
            let call = desks.call();
            let wish = match rng.random_range(0..14) {
                0..=2 => Wish::Answer,
                3 => Wish::Decline,
                4 => Wish::Hold,
                5 => Wish::Resume,
                6 => Wish::Transfer {
                    to: to_operator(other),
                    attended: true,
                },
                7 => Wish::Transfer {
                    to: to_operator(other),
                    attended: false,
                },
                8 => Wish::Complete,
                9 => Wish::Cancel,
                10 => Wish::Conference,
                11 => Wish::Monitor {
                    call,
                    mode: Mode::Whisper,
                },
                12 => Wish::TakeOver { call },
                _ => {
                    desks.line(person);
                    continue;
                }
            };
            let _ = desks.wish(person, wish);
            desks
                .world
                .run(Duration::from_millis(rng.random_range(10..4_000)));
            if desks.ended().is_some() {
                break;
            }
        }
        if desks.ended().is_none() {
            desks.world.at_carrier(PhoneCommand::Hangup { leg: citizen });
        }
        desks.world.run(Duration::from_secs(90));
        let by = desks.ended().unwrap().2;
        assert_eq!(by, EndedBy::Citizen, "seed {seed}: {:#?}", desks.world.story());
        for operator in ["operator1", "operator2", "operator3"] {
            let state = desks.state_of(operator);
            assert!(
                matches!(state, OperatorState::Ready),
                "seed {seed}: {operator} is {state:?}"
            );
        }
        assert_eq!(desks.world.hotline.calls(), 0);
        assert_eq!(desks.open_legs(), [], "seed {seed}");
    }
}
