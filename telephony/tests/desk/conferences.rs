//! Three in a call: an emergency service, a colleague, a supervisor.

use std::time::Duration;

use telephony::phone::{PhoneCommand, PhoneNews};
use telephony::queue::OperatorState;
use telephony::switch::{CallNews, Command, ConsultState, Denied, Mode, Outcome, Wish};

use crate::floor::{desks, to_number, to_operator};

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

fn police(leave: bool) -> Wish {
    let number = "110".to_owned();
    Wish::Emergency { number, leave }
}

#[test]
fn a_citizen_handed_to_the_police_by_one_key_is_with_the_operator_until_they_answer() {
    let mut desks = desks(23);
    let (_, operator) = desks.talk();
    assert_eq!(desks.wish(&operator, police(true)), Ok(()));
    assert_eq!(desks.citizen_hears(), [desks.leg_of(&operator)]);
    assert_eq!(desks.wish(&operator, Wish::Hangup), Err(Denied::Consulting));
    desks.outside_answers("110");
    assert_eq!(desks.citizen_hears().len(), 1);
    assert_eq!(
        (desks.ended(), desks.state_of(&operator)),
        (None, OperatorState::WrapUp)
    );
    let handed =
        |n: &CallNews| matches!(n, CallNews::Transferred { from, to } if *from == operator && to == "110");
    assert!(desks.told(handed));
    assert!(!desks.told(|n| matches!(n, CallNews::Conference { .. })));
}

#[test]
fn police_who_do_not_answer_leave_the_citizen_with_the_operator() {
    let mut desks = desks(24);
    let (_, operator) = desks.talk();
    assert_eq!(desks.wish(&operator, police(true)), Ok(()));
    let leg = desks.outside("110");
    desks.world.at_carrier(PhoneCommand::Reject { leg, status: 486 });
    desks.world.run(Duration::from_secs(1));
    assert_eq!(desks.citizen_hears(), [desks.leg_of(&operator)]);
    assert_eq!((desks.ended(), desks.consult_state(&operator)), (None, None));
    assert_eq!(desks.wish(&operator, Wish::Hangup), Ok(()));
    desks.world.until("over", |w| {
        w.story().iter().any(|n| matches!(n, CallNews::Ended { .. }))
    });
}

#[test]
fn an_emergency_service_joins_without_the_citizen_being_left_alone() {
    let mut desks = desks(19);
    let (_, operator) = desks.talk();
    assert_eq!(desks.wish(&operator, police(false)), Ok(()));
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
