//! Handing the citizen on: to a colleague, a queue, an outside number.

use std::time::Duration;

use telephony::phone::PhoneCommand;
use telephony::queue::OperatorState;
use telephony::sip::Cause;
use telephony::switch::{CallNews, Command, ConsultState, Denied, Destination, EndedBy, Outcome, Wish};

use crate::floor::{desks, to_number, to_operator};

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
    let asked = desks.consult(&colleague).unwrap();
    assert!(
        asked.asked && asked.party == operator,
        "the colleague sees who asks"
    );
    assert!(!desks.consult(&operator).unwrap().asked);
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
        let told = match ends {
            // She knows what she did herself.
            0 => None,
            1 => Some((Cause::Declined, false, true)),
            _ => Some((Cause::Normal, true, true)),
        };
        assert_eq!(desks.party_gone(&operator), told);
    }
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
        assert_eq!(desks.party_gone(&operator), Some((Cause::Busy, false, attended)));
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
fn a_queue_gives_somebody_to_ask_before_the_citizen_is_handed_over() {
    let mut desks = desks(41);
    let (_, operator) = desks.talk();
    let ask = || Wish::Transfer {
        to: Destination::Queue("general".into()),
        attended: true,
    };
    let unknown = Wish::Transfer {
        to: Destination::Queue("nowhere".into()),
        attended: true,
    };
    assert_eq!(desks.wish(&operator, unknown), Err(Denied::NoSuchTarget));
    assert_eq!(desks.wish(&operator, ask()), Ok(()));
    let rung = |desks: &crate::floor::Desks| {
        let others = desks.others(&operator);
        others
            .into_iter()
            .find(|o| matches!(desks.state_of(o), OperatorState::Ringing(_)))
    };
    let first = rung(&desks).expect("one of the queue is rung");
    assert_eq!(desks.wish(&first, Wish::Decline), Ok(()));
    let second = rung(&desks).expect("the queue gives another");
    assert_ne!(first, second);
    assert_eq!(desks.wish(&second, Wish::Answer), Ok(()));
    assert_eq!(desks.consult_state(&operator), Some(ConsultState::Talking));
    assert_eq!(desks.wish(&operator, Wish::Complete), Ok(()));
    assert_eq!(desks.citizen_hears(), [desks.leg_of(&second)]);
}

#[test]
fn a_queue_with_nobody_left_leaves_the_citizen_with_the_operator() {
    let mut desks = desks(42);
    let (_, operator) = desks.talk();
    let ask = || Wish::Transfer {
        to: Destination::Queue("general".into()),
        attended: true,
    };
    assert_eq!(desks.wish(&operator, ask()), Ok(()));
    for _ in 0..2 {
        let others = desks.others(&operator);
        let rung = others
            .into_iter()
            .find(|o| matches!(desks.state_of(o), OperatorState::Ringing(_)));
        assert_eq!(
            desks.party_gone(&operator),
            None,
            "not before the last has declined"
        );
        assert_eq!(desks.wish(&rung.expect("rung"), Wish::Decline), Ok(()));
    }
    assert_eq!(desks.party_gone(&operator), Some((Cause::Declined, false, true)));
    assert_eq!(desks.consult_state(&operator), None);
    assert_eq!(desks.citizen_hears(), [desks.leg_of(&operator)]);
    for colleague in desks.others(&operator) {
        desks.world.command(Command::Pause {
            operator: colleague,
            reason: "meal".into(),
        });
    }
    assert_eq!(desks.wish(&operator, ask()), Err(Denied::NobodyFree));
}
