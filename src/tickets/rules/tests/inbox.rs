//! On which shelves a ticket lies along its way, and which clock counts there.

use super::*;
use crate::calendar::limits::{Timer, standard};
use crate::tickets::rules::inbox::{Shelf, Spot, clock, inboxes, spots};

fn shelves(history: &History, of: Option<&str>) -> Vec<Shelf> {
    let mine = |spot: &Spot| spot.unit.as_deref() == of;
    let all = spots(&history.ticket).into_iter();
    all.filter(mine).map(|spot| spot.shelf).collect()
}

#[test]
fn a_ticket_lies_where_its_next_step_is_taken() {
    let office = |history: &History| shelves(history, None);
    assert!(office(&History::opened()).is_empty(), "somebody is talking");
    assert_eq!(office(&accepted()), [Shelf::Open, Shelf::Dispatch]);
    let sent = dispatched();
    assert_eq!(office(&sent), [Shelf::Open]);
    assert_eq!(shelves(&sent, Some("gongshui")), [Shelf::Open, Shelf::Sign]);
    assert_eq!(
        shelves(&handling(), Some("gongshui")),
        [Shelf::Open, Shelf::Handling]
    );
    assert!(shelves(&handling(), Some("zhujian")).is_empty());
    let back = handling().must(return_it(), &unit());
    assert_eq!(office(&back), [Shelf::Open, Shelf::Returns]);
    assert!(shelves(&back, Some("gongshui")).is_empty());
    assert_eq!(office(&replied()), [Shelf::Open, Shelf::Review]);
    assert!(shelves(&replied(), Some("gongshui")).is_empty());
    // Who was not satisfied with what the machine asked about is called once more, by a person.
    assert_eq!(
        office(&judging()),
        [Shelf::Open, Shelf::Judge, Shelf::PersonCallback]
    );
}

#[test]
fn helpers_wait_beside_the_lead_and_a_redo_comes_back_as_one() {
    let sent = accepted().must(dispatch_with("gongshui", &["zhujian"]), &dispatcher());
    assert_eq!(shelves(&sent, Some("zhujian")), [Shelf::Open, Shelf::Sign]);
    let signed = sent.must(Command::Sign, &other_unit());
    assert_eq!(shelves(&signed, Some("zhujian")), [Shelf::Open, Shelf::Helping]);
    let failed = Command::Review {
        passed: false,
        checklist: [("on_topic".to_owned(), false)].into(),
        ground: ground("未说明原因"),
    };
    let again = replied().must(failed, &dispatcher()).is(State::Redo);
    assert_eq!(shelves(&again, Some("gongshui")), [Shelf::Open, Shelf::Redo]);
}

#[test]
fn each_shelf_has_its_own_clock_and_nothing_over_lies_anywhere() {
    let sent = dispatched();
    let running = timers::running(&sent.ticket, &standard());
    let timer = |shelf, unit: Option<&str>| {
        let spot = Spot {
            shelf,
            unit: unit.map(str::to_owned),
        };
        clock(&spot, &running).map(|found| found.timer)
    };
    assert_eq!(timer(Shelf::Sign, Some("gongshui")), Some(Timer::Sign));
    assert_eq!(timer(Shelf::Sign, Some("zhujian")), None);
    assert_eq!(timer(Shelf::Open, None), Some(Timer::Handle));
    let closed = replied()
        .must(close(""), &dispatcher())
        .must(survey_done(true), &Actor::System)
        .is(State::Closed);
    assert!(spots(&closed.ticket).is_empty());
}

#[test]
fn every_role_that_works_on_tickets_has_inboxes_and_no_name_twice() {
    for role in Role::ALL {
        let mut names: Vec<_> = inboxes(role).map(|inbox| inbox.name).collect();
        assert!(!names.is_empty(), "{role}");
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{role}");
    }
}
