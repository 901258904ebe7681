//! Going back and forth between the citizen and whom the operator asks; and to whom keys go.

use std::time::Duration;

use telephony::LegId;
use telephony::phone::PhoneCommand;
use telephony::queue::OperatorState;
use telephony::switch::{CallNews, Command, ConsultState, Denied, Mode, Party, Wish};

use crate::floor::{Desks, desks, keys, to_number, to_operator};

const MUSIC: Option<&str> = Some("hold-music");

/// An operator asks a colleague, who has answered: both.
fn asking(desks: &mut Desks) -> (String, String) {
    let (_, operator) = desks.talk();
    let [colleague, _] = desks.others(&operator);
    let ask = Wish::Transfer {
        to: to_operator(&colleague),
        attended: true,
    };
    assert_eq!(desks.wish(&operator, ask), Ok(()));
    assert_eq!(desks.wish(&operator, Wish::Swap), Err(Denied::NotAnswered));
    assert_eq!(desks.wish(&colleague, Wish::Answer), Ok(()));
    (operator, colleague)
}

/// An operator asks a number, which has answered: the operator, the telephone at the carrier, and its leg here.
fn asking_outside(desks: &mut Desks) -> (String, LegId, LegId) {
    let (_, operator) = desks.talk();
    let ask = Wish::Transfer {
        to: to_number(),
        attended: true,
    };
    assert_eq!(desks.wish(&operator, ask), Ok(()));
    let here = desks.last_opened();
    let phone = desks.outside_answers("05341110000");
    (operator, phone, here)
}

#[test]
fn the_operator_goes_back_and_forth_and_who_is_not_talked_with_hears_music() {
    let mut desks = desks(60);
    let (operator, colleague) = asking(&mut desks);
    let (at_desk, asked) = (desks.leg_of(&operator), desks.leg_of(&colleague));
    for _ in 0..2 {
        assert_eq!(desks.wish(&operator, Wish::Swap), Ok(()));
        assert_eq!(desks.consult_state(&operator), Some(ConsultState::Waiting));
        assert_eq!(desks.consult_state(&colleague), Some(ConsultState::Waiting));
        assert_eq!(desks.citizen_hears(), [at_desk]);
        assert_eq!(desks.hears()[&at_desk], [desks.citizen()]);
        assert!(desks.hears()[&asked].is_empty());
        assert_eq!(
            (desks.loop_of_citizen(), desks.loop_of(asked).as_deref()),
            (None, MUSIC)
        );

        assert_eq!(desks.wish(&operator, Wish::Swap), Ok(()));
        assert_eq!(desks.consult_state(&operator), Some(ConsultState::Talking));
        assert!(desks.citizen_hears().is_empty());
        assert_eq!(desks.hears()[&at_desk], [asked]);
        assert_eq!(
            (desks.loop_of_citizen().as_deref(), desks.loop_of(asked)),
            (MUSIC, None)
        );
    }
    let told: Vec<Party> = desks
        .world
        .story()
        .into_iter()
        .filter_map(|n| match n {
            CallNews::Swapped { party, to } if *party == colleague => Some(*to),
            _ => None,
        })
        .collect();
    assert_eq!(told, [Party::Citizen, Party::Third, Party::Citizen, Party::Third]);
}

#[test]
fn only_who_asked_goes_back_and_forth_and_nobody_in_a_three_way_call() {
    let mut desks = desks(61);
    let (operator, colleague) = asking(&mut desks);
    assert_eq!(desks.wish(&colleague, Wish::Swap), Err(Denied::NoCall));
    assert_eq!(desks.wish(&operator, Wish::Conference), Ok(()));
    assert_eq!(desks.wish(&operator, Wish::Swap), Err(Denied::ThreeWay));
    assert_eq!(desks.wish(&operator, Wish::Conference), Err(Denied::ThreeWay));
}

#[test]
fn from_the_citizen_the_call_is_handed_over_joined_or_kept_as_well() {
    for (seed, wish) in [(62, Wish::Complete), (63, Wish::Conference), (64, Wish::Cancel)] {
        let mut desks = desks(seed);
        let (operator, colleague) = asking(&mut desks);
        let (at_desk, asked) = (desks.leg_of(&operator), desks.leg_of(&colleague));
        assert_eq!(desks.wish(&operator, Wish::Swap), Ok(()));
        assert_eq!(desks.wish(&operator, Wish::Hangup), Err(Denied::Consulting));
        assert_eq!(desks.wish(&operator, wish.clone()), Ok(()));
        assert_eq!(desks.loop_of(asked), None, "{wish:?}");
        match wish {
            Wish::Complete => assert_eq!(desks.citizen_hears(), [asked]),
            Wish::Conference => assert_eq!(desks.citizen_hears(), [at_desk, asked]),
            _ => {
                assert_eq!(desks.citizen_hears(), [at_desk]);
                assert_eq!(desks.state_of(&colleague), OperatorState::Ready);
            }
        }
        assert_eq!(desks.loop_of_citizen(), None);
        assert_eq!(desks.ended(), None);
    }
}

#[test]
fn whoever_waits_may_hang_up_and_the_others_talk_on() {
    let mut desks = desks(65);
    let (operator, phone, _) = asking_outside(&mut desks);
    assert_eq!(desks.wish(&operator, Wish::Swap), Ok(()));
    desks.world.at_carrier(PhoneCommand::Hangup { leg: phone });
    desks.world.until("the operator is told", |w| {
        w.story()
            .iter()
            .any(|n| matches!(n, CallNews::ConsultEnded { .. }))
    });
    assert_eq!(desks.consult_state(&operator), None);
    assert_eq!(desks.citizen_hears(), [desks.leg_of(&operator)]);
    assert_eq!(desks.wish(&operator, Wish::Swap), Err(Denied::NoConsult));
}

#[test]
fn an_operator_lost_meanwhile_leaves_music_for_both_and_comes_back_to_the_citizen() {
    let mut desks = desks(66);
    let (operator, _, here) = asking_outside(&mut desks);
    assert_eq!(desks.wish(&operator, Wish::Swap), Ok(()));
    let person = operator.clone();
    desks.world.command(Command::CloseLine { person });
    assert_eq!(desks.loop_of_citizen().as_deref(), MUSIC);
    assert_eq!(desks.loop_of(here).as_deref(), MUSIC);
    desks.line(&operator);
    assert_eq!(desks.citizen_hears(), [desks.leg_of(&operator)]);
    assert_eq!(
        (desks.loop_of_citizen(), desks.loop_of(here).as_deref()),
        (None, MUSIC)
    );
    assert_eq!(desks.wish(&operator, Wish::Swap), Ok(()));
    assert_eq!(desks.loop_of(here), None);
    desks.world.command(Command::CloseLine { person: operator });
    desks.world.run(Duration::from_secs(11));
    assert!(
        desks.is_queued_again(),
        "the citizen is not left to whom only the operator knew"
    );
}

#[test]
fn a_supervisor_hears_whom_the_operator_talks_with() {
    let mut desks = desks(67);
    let (operator, colleague) = asking(&mut desks);
    let listen = Wish::Monitor {
        call: desks.call(),
        mode: Mode::Listen,
    };
    assert_eq!(desks.wish("supervisor1", listen), Ok(()));
    let listens = desks.leg_of("supervisor1");
    let (at_desk, asked) = (desks.leg_of(&operator), desks.leg_of(&colleague));
    assert!(desks.hears()[&listens].contains(&asked));
    assert_eq!(desks.wish(&operator, Wish::Swap), Ok(()));
    assert_eq!(desks.hears()[&listens], [desks.citizen(), at_desk]);
}

#[test]
fn keys_go_to_whom_the_operator_talks_with_and_of_both_to_the_menu_or_to_whom_she_says() {
    let mut desks = desks(68);
    let (operator, _, unit) = asking_outside(&mut desks);
    let citizen = desks.citizen();
    let to = |party| Wish::Dtmf {
        digits: "5".into(),
        to: Some(party),
    };
    assert_eq!(desks.wish(&operator, keys("1")), Ok(()));
    assert_eq!(desks.wish(&operator, Wish::Swap), Ok(()));
    assert_eq!(desks.wish(&operator, keys("2")), Ok(()));
    assert_eq!(desks.wish(&operator, Wish::Conference), Ok(()));
    assert_eq!(desks.wish(&operator, keys("3")), Ok(()));
    assert_eq!(
        (desks.keys_of(unit).as_str(), desks.keys_of(citizen).as_str()),
        ("13", "2")
    );
    assert_eq!(desks.wish(&operator, to(Party::Citizen)), Ok(()));
    assert_eq!(desks.wish(&operator, to(Party::Third)), Ok(()));
    assert_eq!(
        (desks.keys_of(unit).as_str(), desks.keys_of(citizen).as_str()),
        ("135", "25")
    );
}

#[test]
fn keys_for_a_party_that_has_not_answered_or_a_colleague_are_told_apart() {
    let mut desks = desks(69);
    let (_, operator) = desks.talk();
    let [colleague, _] = desks.others(&operator);
    let ask = Wish::Transfer {
        to: to_operator(&colleague),
        attended: true,
    };
    assert_eq!(desks.wish(&operator, ask), Ok(()));
    let to_third = Wish::Dtmf {
        digits: "5".into(),
        to: Some(Party::Third),
    };
    assert_eq!(desks.wish(&operator, to_third), Err(Denied::NotAnswered));
    assert_eq!(desks.wish(&colleague, Wish::Answer), Ok(()));
    assert_eq!(desks.wish(&operator, Wish::Conference), Ok(()));
    // A colleague has no menu.
    assert_eq!(desks.wish(&operator, keys("7")), Ok(()));
    assert_eq!(desks.keys_of(desks.citizen()), "7");
}
