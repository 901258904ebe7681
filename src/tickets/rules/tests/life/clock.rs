//! More time, rest, and where the clock starts.

use super::*;

#[test]
fn an_extension_moves_the_due_date_and_is_granted_by_somebody_else() {
    let asked = handling().must(extend(Limit::WorkingDays(5)), &unit());
    assert_eq!(asked.refused(approve(), &dispatcher()), Refusal::Forbidden);
    let granted = asked.must(approve(), &supervisor()).is(State::Handling);
    let clock = timers::handling(&granted.ticket, &standard()).expect("running");
    assert_eq!(clock.extensions, [Limit::WorkingDays(5)]);
    assert!(
        matches!(
            granted.refused(extend(Limit::WorkingDays(1)), &unit()),
            Refusal::Guard(_)
        ),
        "once"
    );
    for too_long in [Limit::WorkingDays(11), Limit::Hours(241), Limit::Days(11)] {
        assert!(
            matches!(handling().refused(extend(too_long), &unit()), Refusal::Invalid(_)),
            "{too_long}"
        );
    }
    let mut late = handling();
    late.policy.handle_due = Some(start());
    assert!(matches!(
        late.refused(extend(Limit::WorkingDays(1)), &unit()),
        Refusal::Guard(_)
    ));
    let refused = handling().must(extend(Limit::WorkingDays(5)), &unit()).must(
        Command::Refuse {
            ground: ground("理由不足"),
        },
        &supervisor(),
    );
    assert!(refused.ticket.body.proposal.is_none() && refused.ticket.body.extensions.is_empty());
}

#[test]
fn a_suspended_ticket_has_the_same_time_left_when_it_goes_on() {
    let calendar = crate::calendar::Calendar::default();
    let due = |history: &History| {
        let running = timers::handling(&history.ticket, &standard()).expect("running");
        let task = crate::calendar::limits::Task {
            from: running.from,
            limit: running.limit,
            extensions: &running.extensions,
            pauses: &running.pauses,
        };
        count(&calendar, &standard().rule(None), &task).expect("counted")
    };
    let before = handling();
    let stopped = before
        .clone()
        .must(suspend(start() + Duration::days(14)), &unit())
        .must(approve(), &supervisor());
    assert_eq!((due(&stopped).due, due(&stopped).left), (None, 5));
    let early = stopped.refused(Command::Wake, &Actor::System);
    assert_eq!(early, Refusal::WrongState(State::Suspended));
    let on = stopped
        .later(Duration::days(14))
        .must(Command::Wake, &Actor::System);
    let moved = due(&on).due.expect("due") - due(&before).due.expect("due");
    assert_eq!(
        moved,
        Duration::days(11),
        "the ends of nine working days were missed: from the 9th to the 20th"
    );
}

#[test]
fn suspensions_together_are_no_longer_than_the_longest() {
    let longest = i64::from(standard().suspension.longest_days);
    let too_long = handling().refused(suspend(start() + Duration::days(longest + 1)), &unit());
    assert!(matches!(too_long, Refusal::Invalid(_)));
    let again = handling()
        .must(suspend(start() + Duration::days(longest - 10)), &unit())
        .must(approve(), &supervisor())
        .later(Duration::days(longest - 10))
        .must(Command::Wake, &Actor::System);
    let then = start() + Duration::days(longest - 10);
    let beyond = again.clone().refused(suspend(then + Duration::days(11)), &unit());
    assert!(matches!(beyond, Refusal::Invalid(_)));
    again.must(suspend(then + Duration::days(9)), &unit());
}

#[test]
fn rest_in_a_redo_does_not_begin_its_limit_anew() {
    let redo = judging().must(judge(Verdict::Redo), &supervisor());
    let begun = redo.now;
    let resume = Command::Resume { note: String::new() };
    let on = redo
        .must(suspend(begun + Duration::days(9)), &unit())
        .must(approve(), &supervisor())
        .must(resume, &unit())
        .is(State::Redo);
    let running = timers::handling(&on.ticket, &standard()).expect("running");
    assert_eq!((running.timer, running.from), (Timer::Redo, begun));
    assert_ne!(running.pauses, Pauses::none());

    // 再次办理 is done again as well.
    let again = judging()
        .must(judge(Verdict::Again), &supervisor())
        .is(State::Handling);
    let running = timers::handling(&again.ticket, &standard()).expect("running");
    assert_eq!((running.timer, running.from), (Timer::Redo, again.now));
}

#[test]
fn a_unit_that_gets_a_redone_ticket_handles_it_from_its_dispatch_and_may_return_it() {
    let redo = judging().must(judge(Verdict::Redo), &supervisor());
    let other = redo.must(dispatch("zhujian"), &dispatcher());
    let dispatched = other.now;
    let signed = other
        .later(Duration::hours(3))
        .must(Command::Sign, &other_unit())
        .is(State::Handling);
    let running = timers::handling(&signed.ticket, &standard()).expect("running");
    assert_eq!((running.timer, running.from), (Timer::Handle, dispatched));
    let away = Command::Return(Return {
        reason: "不归我管".into(),
        basis: "三定规定".into(),
        suggested: Some(name("gongshui")),
    });
    signed.must(away, &other_unit()).is(State::Returned);
}

#[test]
fn a_unit_whose_return_is_refused_has_the_whole_time_to_sign_again() {
    let refused = handling()
        .must(return_it(), &unit())
        .later(Duration::days(1))
        .must(reject_return(), &dispatcher());
    let running = timers::running(&refused.ticket, &standard());
    let sign = running
        .iter()
        .find(|clock| clock.timer == Timer::Sign)
        .expect("to sign");
    assert_eq!(sign.from, refused.now);
}

#[test]
fn the_clock_starts_at_dispatch_not_at_signing() {
    let history = dispatched()
        .later(Duration::hours(20))
        .must(Command::Sign, &unit());
    let running = timers::running(&history.ticket, &standard());
    let of = |timer| {
        running
            .iter()
            .find(|clock| clock.timer == timer)
            .map(|clock| clock.from)
    };
    assert_eq!(
        of(Timer::Handle),
        Some(history.ticket.body.assignments[0].dispatched_at)
    );
    assert_eq!(of(Timer::FirstContact), Some(history.now));
    assert_eq!(of(Timer::Sign), None);
}
