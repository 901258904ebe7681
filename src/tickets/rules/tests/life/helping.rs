//! Units that help the lead, and those below it: how they leave.

use super::*;

fn with_helpers() -> History {
    let sub = |unit: &str| Command::SubDispatch {
        unit: name(unit),
        note: "请现场查看".into(),
    };
    accepted()
        .must(dispatch_with("zhujian", &["gongshui"]), &dispatcher())
        .must(Command::Sign, &other_unit())
        .must(Command::Sign, &unit())
        .must(sub("gongshui-yi"), &unit())
}

fn state_of(history: &History, unit: &str) -> AssignmentState {
    let given = history
        .ticket
        .body
        .assignments
        .iter()
        .find(|given| given.unit_code == unit);
    given.expect("had it").state
}

fn offered(history: &History, actor: &Actor) -> bool {
    actions(&history.ticket, actor, &history.policy).contains(&"approve_return")
}

fn approve_return() -> Command {
    Command::ApproveReturn {
        ground: ground("情况属实"),
        unit_code: None,
    }
}

fn shelves_of(history: &History, unit: Option<&str>) -> Vec<Shelf> {
    let spots = inbox::spots(&history.ticket).into_iter();
    spots
        .filter(|spot| spot.unit.as_deref() == unit)
        .map(|spot| spot.shelf)
        .collect()
}

#[test]
fn a_helper_leaves_when_the_office_agrees_and_those_below_it_with_it() {
    let asked = with_helpers().must(return_it(), &unit()).is(State::Handling);
    assert_eq!(state_of(&asked, "gongshui"), AssignmentState::Leaving);
    assert!(offered(&asked, &dispatcher()) && !offered(&asked, &other_unit()));
    assert!(shelves_of(&asked, None).contains(&Shelf::Returns));
    for meanwhile in [reply(), return_it()] {
        assert!(matches!(asked.refused(meanwhile, &unit()), Refusal::Guard(_)));
    }
    assert!(
        matches!(asked.refused(reply(), &other_unit()), Refusal::Guard(_)),
        "it is not gone yet"
    );

    let gone = asked.must(approve_return(), &dispatcher()).is(State::Handling);
    assert_eq!(state_of(&gone, "gongshui"), AssignmentState::Returned);
    assert_eq!(state_of(&gone, "gongshui-yi"), AssignmentState::Withdrawn);
    assert_eq!(gone.ticket.body.returns[0].approved, Some(true));
    assert!(!offered(&gone, &dispatcher()));
    gone.must(reply(), &other_unit()).is(State::Replied);
}

#[test]
fn a_helper_that_must_stay_signs_again_and_does_not_bring_the_lead_into_a_dispute() {
    let stays = with_helpers()
        .must(return_it(), &unit())
        .must(reject_return(), &dispatcher())
        .is(State::Handling);
    assert_eq!(state_of(&stays, "gongshui"), AssignmentState::Waiting);
    let lead = Command::Return(Return {
        reason: "不归我管".into(),
        basis: "三定规定".into(),
        suggested: Some(name("gongshui")),
    });
    stays
        .must(lead, &other_unit())
        .must(reject_return(), &dispatcher())
        .is(State::Dispatched);
}

#[test]
fn what_a_unit_gave_on_is_returned_to_it() {
    let asked = with_helpers().must(return_it(), &below());
    assert!(offered(&asked, &unit()) && !offered(&asked, &dispatcher()));
    assert!(shelves_of(&asked, Some("gongshui")).contains(&Shelf::Returns));
    assert!(!shelves_of(&asked, None).contains(&Shelf::Returns));
    assert!(matches!(
        asked.refused(approve_return(), &dispatcher()),
        Refusal::WrongState(_)
    ));
    let gone = asked.must(approve_return(), &unit());
    assert_eq!(state_of(&gone, "gongshui-yi"), AssignmentState::Returned);
}

#[test]
fn of_two_that_ask_the_one_that_is_named_is_let_go() {
    let yi = person("unit3", Role::Unit, Some("gongshui-yi"));
    let both = accepted()
        .must(
            dispatch_with("zhujian", &["gongshui", "gongshui-yi"]),
            &dispatcher(),
        )
        .must(return_it(), &unit())
        .must(return_it(), &yi);
    let unnamed = both.refused(approve_return(), &dispatcher());
    assert_eq!(unnamed, Refusal::Missing(vec!["unit_code"]));
    let named = Command::ApproveReturn {
        ground: ground("情况属实"),
        unit_code: Some("gongshui-yi".into()),
    };
    let gone = both.must(named.clone(), &dispatcher());
    assert_eq!(state_of(&gone, "gongshui-yi"), AssignmentState::Returned);
    assert_eq!(state_of(&gone, "gongshui"), AssignmentState::Leaving);
    // A second person who pressed the same lets nobody else go.
    assert!(matches!(
        gone.refused(named, &dispatcher()),
        Refusal::WrongState(_)
    ));
}

#[test]
fn a_helper_that_left_before_returns_were_reviewed_stays_away() {
    let mut asked = with_helpers().must(return_it(), &unit());
    for event in &mut asked.events {
        if let What::Returned { reviewed, .. } = &mut event.what {
            *reviewed = false;
        }
    }
    let ticket = rebuild(&asked.ticket.number, &asked.events).expect("opened");
    assert!(ticket.body.active("gongshui").is_none());
}
