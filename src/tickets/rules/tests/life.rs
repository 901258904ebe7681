//! Chosen histories, transition by transition (domain model 4.2).

use std::collections::BTreeSet;

use super::*;
use crate::calendar::limits::{Limit, Timer, count, standard};
use crate::tickets::rules::facts::{Checklist, Decision, Meeting, Order, Proposed, Verdict};
use crate::tickets::rules::projection::{AssignmentState, Part};

fn approve() -> Command {
    Command::Approve {
        ground: ground("同意"),
    }
}

fn extend(limit: Limit) -> Command {
    Command::Propose(Proposed::Extend {
        limit,
        reason: "需购置配件".into(),
    })
}

fn suspend(resume_at: chrono::DateTime<Utc>) -> Command {
    Command::Propose(Proposed::Suspend {
        cause: "season".into(),
        reason: "冻土期不能开挖".into(),
        resume_at,
    })
}

fn reject_return() -> Command {
    Command::RejectReturn {
        ground: ground("属供水职责"),
    }
}

fn meet() -> Command {
    Command::Meet(Meeting {
        at: start(),
        participants: vec!["县供水公司".into(), "县住建局".into()],
        minutes: "管道归供水公司，路面归住建局".into(),
    })
}

fn decision(unit: &str) -> Command {
    Command::Decide(Decision {
        unit: name(unit),
        basis: "属地优先、首接负责".into(),
        decision: "由该单位主办".into(),
    })
}

fn judge(verdict: Verdict) -> Command {
    Command::Judge {
        verdict,
        ground: ground("答复未解决实际问题"),
        exclude: None,
        level: None,
    }
}

fn disputed() -> History {
    dispatched()
        .must(return_it(), &unit())
        .must(reject_return(), &dispatcher())
        .must(return_it(), &unit())
        .must(reject_return(), &dispatcher())
        .is(State::Disputed)
}

/// From the call to the shelf, through everything that can go wrong on the way.
pub(super) fn whole_life() -> History {
    disputed()
        .must(meet(), &dispatcher())
        .must(decision("gongshui"), &supervisor())
        .is(State::Dispatched)
        .must(Command::Sign, &unit())
        .must(Command::Contact(contact(start() + Duration::minutes(5))), &unit())
        .must(extend(Limit::WorkingDays(3)), &unit())
        .must(approve(), &supervisor())
        .must(suspend(start() + Duration::days(20)), &unit())
        .must(approve(), &supervisor())
        .is(State::Suspended)
        .later(Duration::days(20))
        .must(Command::Wake, &Actor::System)
        .is(State::Handling)
        .must(
            Command::Progress {
                text: "正在施工".into(),
            },
            &unit(),
        )
        .must(reply(), &unit())
        .must(
            Command::Review {
                passed: true,
                checklist: Checklist::from([("contact".into(), true)]),
                ground: String::new(),
            },
            &dispatcher(),
        )
        .must(called_back(false), &operator())
        .is(State::Judging)
        .must(judge(Verdict::Supervise), &supervisor())
        .is(State::Redo)
        .must(reply(), &unit())
        .must(close("通过"), &supervisor())
        .must(called_back(true), &operator())
        .is(State::Closed)
        .must(
            Command::Discharge {
                ground: ground("已办结"),
            },
            &supervisor(),
        )
        .later(Duration::days(61))
        .must(Command::File, &Actor::System)
        .is(State::Filed)
}

#[test]
fn every_state_is_reached() {
    let asked = History::opened().must(
        Command::Ask {
            missing: "地点".into(),
        },
        &operator(),
    );
    let reject = Command::Propose(Proposed::Reject {
        reason: "N2".into(),
        channel: "请向人民法院起诉".into(),
    });
    let transfer = Command::Transfer {
        to: "119".into(),
        note: "火情".into(),
    };
    let merge = Command::Merge {
        parent: "260302100000000001".into(),
        ground: ground("同一小区停水"),
    };
    let mut reached: BTreeSet<State> = [
        asked
            .must(
                Command::Supplement {
                    note: "清河湾".into(),
                },
                &operator(),
            )
            .is(State::Pending),
        History::opened()
            .must(Command::Direct { article: None }, &operator())
            .must(close("已解答"), &operator()),
        accepted()
            .must(reject, &operator())
            .must(approve(), &supervisor())
            .is(State::Rejected),
        History::opened()
            .must(transfer, &operator())
            .is(State::Transferred),
        accepted().must(merge, &dispatcher()).is(State::Void),
        whole_life(),
    ]
    .iter()
    .flat_map(|history| states_of(&history.events))
    .collect();
    reached.insert(State::Draft);
    assert_eq!(reached, State::ALL.into_iter().collect());
}

fn states_of(events: &[Event]) -> Vec<State> {
    (1..=events.len())
        .filter_map(|to| Some(rebuild("n", &events[..to])?.state))
        .collect()
}

#[test]
fn a_satisfied_citizen_closes_the_ticket() {
    let history = replied()
        .must(close(""), &dispatcher())
        .must(survey_done(true), &Actor::System)
        .is(State::Closed);
    assert_eq!(
        history.ticket.body.survey.map(|survey| survey.state),
        Some("completed".into())
    );
    assert_eq!(history.ticket.body.result.as_deref(), Some("回访满意"));
}

#[test]
fn a_dissatisfied_citizen_is_judged_and_another_unit_may_be_given_it() {
    let history = judging().is(State::Judging);
    let again = history.must(judge(Verdict::Redo), &supervisor()).is(State::Redo);
    let history = again
        .must(dispatch("zhujian"), &dispatcher())
        .is(State::Dispatched);
    assert!(
        !may_see(&history.ticket, &unit(), &policy()),
        "the first unit has nothing to do with it any more"
    );
    assert!(may_see(&history.ticket, &other_unit(), &policy()));
}

#[test]
fn who_handled_it_cannot_judge_it_whatever_the_role() {
    let history = replied();
    for role in [Role::Dispatcher, Role::Supervisor] {
        let turncoat = person("unit1", role, None);
        assert_eq!(history.refused(close("好了"), &turncoat), Refusal::OwnWork);
        assert!(!actions(&history.ticket, &turncoat, &policy()).contains(&"close"));
    }
    assert_eq!(history.refused(close("好了"), &unit()), Refusal::Forbidden);
    let turncoat = person("unit1", Role::Supervisor, None);
    assert_eq!(
        judging().refused(judge(Verdict::Redo), &turncoat),
        Refusal::OwnWork
    );
    let owed = replied().must(close(""), &dispatcher());
    assert_eq!(owed.refused(called_back(true), &turncoat), Refusal::OwnWork);
}

#[test]
fn an_operator_cannot_act_for_a_unit() {
    let lent = person("operator1", Role::Operator, Some("gongshui"));
    for command in [Command::Sign, reply(), return_it(), extend(Limit::WorkingDays(1))] {
        assert_eq!(handling().refused(command, &lent), Refusal::Forbidden);
    }
}

#[test]
fn a_unit_answers_its_own_tickets_only() {
    let history = dispatched();
    assert_eq!(history.refused(reply(), &other_unit()), Refusal::Forbidden);
    assert!(!may_see(&history.ticket, &other_unit(), &policy()));
    assert!(may_see(&history.ticket, &unit(), &policy()));
    assert!(
        !may_see(&history.ticket, &below(), &policy()),
        "what is above is not seen from below"
    );
}

#[test]
fn an_answer_on_the_spot_closes_with_what_was_said() {
    let history = History::opened();
    assert_eq!(
        history.refused(close(" "), &operator()),
        Refusal::Missing(vec!["note"])
    );
    let history = history
        .must(close("已告知办理流程"), &operator())
        .is(State::Closed);
    assert_eq!(history.ticket.body.survey, None);
    let fault = Command::Fill(Fill {
        kind: Some("报修".into()),
        ..Fill::default()
    });
    let to_be_handled = History::opened().must(fault, &operator());
    assert!(matches!(
        to_be_handled.refused(close("好的"), &operator()),
        Refusal::Guard(_)
    ));
}

#[test]
fn a_reply_needs_contact_basis_a_public_text_and_the_date_of_a_plan() {
    let bare = |outcome: &str| Command::Reply {
        reply: ReplyText {
            outcome: outcome.into(),
            text: "已列入计划".into(),
            ..ReplyText::default()
        },
        contact: None,
    };
    let fields = vec!["public_text", "basis", "planned_for", "contact"];
    assert_eq!(
        handling().refused(bare("planned"), &unit()),
        Refusal::Missing(fields)
    );
    let mut lenient = handling();
    lenient.policy.reply_needs_contact = false;
    lenient.policy.reply_needs_basis = false;
    assert_eq!(
        lenient.refused(bare("solved"), &unit()),
        Refusal::Missing(vec!["public_text"])
    );
    let tomorrow = contact(start() + Duration::days(1));
    assert!(matches!(
        handling().refused(Command::Contact(tomorrow), &unit()),
        Refusal::Invalid(_)
    ));
}

#[test]
fn a_contact_told_to_the_minute_is_not_before_the_acceptance() {
    let mut ticket = handling();
    ticket.ticket.created_at += 42_000;
    let too_early = contact(start() - Duration::seconds(1));
    assert!(matches!(
        ticket.refused(Command::Contact(too_early), &unit()),
        Refusal::Invalid(_)
    ));
    ticket.must(Command::Contact(contact(start())), &unit());
}

#[test]
fn replying_signs_what_was_not_signed() {
    let history = dispatched().must(reply(), &unit()).is(State::Replied);
    let lead = history.ticket.body.lead().expect("lead");
    assert!(lead.signed_at.is_some() && lead.contacted_at.is_some());
}

#[test]
fn the_lead_waits_for_its_helpers_and_those_below_it() {
    let history = accepted().must(dispatch_with("gongshui", &["zhujian"]), &dispatcher());
    let sub = Command::SubDispatch {
        unit: name("gongshui-yi"),
        note: "请现场查看".into(),
    };
    let history = history.must(Command::Sign, &unit()).must(sub.clone(), &unit());
    assert!(
        matches!(history.refused(sub, &unit()), Refusal::Guard(_)),
        "once is enough"
    );
    let stranger = Command::SubDispatch {
        unit: name("zhujian"),
        note: String::new(),
    };
    assert!(
        matches!(history.refused(stranger, &unit()), Refusal::Guard(_)),
        "not one of its own"
    );
    assert!(matches!(history.refused(reply(), &unit()), Refusal::Guard(_)));
    let bare = Command::Reply {
        reply: ReplyText {
            outcome: "solved".into(),
            text: "已查看".into(),
            ..ReplyText::default()
        },
        contact: None,
    };
    let history = history
        .must(bare.clone(), &below())
        .must(bare, &other_unit())
        .is(State::Handling);
    let history = history.must(reply(), &unit()).is(State::Replied);
    let parts: Vec<_> = history
        .ticket
        .body
        .assignments
        .iter()
        .map(|given| (given.part, given.state))
        .collect();
    let replied = AssignmentState::Replied;
    assert_eq!(
        parts,
        [(Part::Lead, replied), (Part::Co, replied), (Part::Sub, replied)]
    );
    let mixed = dispatch_with("gongshui", &["gongshui"]);
    assert!(
        matches!(accepted().refused(mixed, &dispatcher()), Refusal::Invalid(_)),
        "exactly one lead"
    );
}

#[test]
fn a_return_needs_reason_basis_and_a_unit_and_comes_in_time() {
    let empty = Command::Return(Return {
        reason: String::new(),
        basis: String::new(),
        suggested: None,
    });
    assert_eq!(
        handling().refused(empty, &unit()),
        Refusal::Missing(vec!["reason", "basis"])
    );
    let mut late = handling();
    late.policy.return_until = Some(start());
    assert!(matches!(late.refused(return_it(), &unit()), Refusal::Guard(_)));
    let approved = handling()
        .must(return_it(), &unit())
        .must(
            Command::ApproveReturn {
                ground: ground("情况属实"),
            },
            &dispatcher(),
        )
        .is(State::Accepted);
    assert!(approved.ticket.body.lead().is_none());
    assert!(!may_see(&approved.ticket, &unit(), &policy()));
}

#[test]
fn the_second_return_goes_to_a_meeting_whose_decision_binds() {
    let once = dispatched().must(return_it(), &unit());
    let early = Command::Dispute {
        reason: "争议".into(),
    };
    assert!(matches!(once.refused(early, &dispatcher()), Refusal::Guard(_)));
    let bound = disputed()
        .must(meet(), &dispatcher())
        .must(decision("zhujian"), &supervisor())
        .is(State::Dispatched);
    assert!(
        bound
            .ticket
            .body
            .lead()
            .is_some_and(|lead| lead.binding && lead.unit_code == "zhujian")
    );
    let again = Command::Return(Return {
        reason: "不归我管".into(),
        basis: "三定规定".into(),
        suggested: Some(name("gongshui")),
    });
    assert!(matches!(bound.refused(again, &other_unit()), Refusal::Guard(_)));
    let turncoat = person("unit1", Role::Supervisor, None);
    assert_eq!(
        disputed().refused(decision("zhujian"), &turncoat),
        Refusal::OwnWork
    );
}

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
fn what_fails_the_review_is_done_again_within_the_redo_limit() {
    let fail = |passed, ground: &str| Command::Review {
        passed,
        checklist: Checklist::from([("on_topic".into(), false)]),
        ground: ground.into(),
    };
    assert!(matches!(
        replied().refused(fail(true, ""), &dispatcher()),
        Refusal::Guard(_)
    ));
    assert_eq!(
        replied().refused(fail(false, ""), &dispatcher()),
        Refusal::Missing(vec!["ground"])
    );
    assert_eq!(replied().ticket.owner(), Some(Owner::Reviewers));
    let history = replied()
        .must(fail(false, "答非所问"), &dispatcher())
        .is(State::Redo);
    let running = timers::handling(&history.ticket, &standard()).expect("running");
    assert_eq!(
        (running.timer, running.limit),
        (Timer::Redo, Limit::WorkingDays(3))
    );
    assert_eq!(running.from, history.now);
}

#[test]
fn rounds_end_in_supervision_or_a_second_persons_close() {
    let round = |history: History| {
        history
            .must(judge(Verdict::Redo), &supervisor())
            .must(reply(), &unit())
            .must(close(""), &dispatcher())
            .must(survey_done(false), &Actor::System)
    };
    let worn_out = round(round(judging()));
    assert!(matches!(
        worn_out.refused(judge(Verdict::Again), &supervisor()),
        Refusal::Guard(_)
    ));
    let supervised = worn_out.clone().must(judge(Verdict::Supervise), &supervisor());
    assert_eq!(supervised.ticket.body.supervision.map(|open| open.level), Some(2));
    let exclude = Command::Judge {
        verdict: Verdict::Close,
        ground: ground("诉求不合理，已充分解释"),
        exclude: Some("不合理诉求".into()),
        level: None,
    };
    let proposed = worn_out.must(exclude, &supervisor()).is(State::Judging);
    assert_eq!(proposed.refused(approve(), &supervisor()), Refusal::OwnProposal);
    let handler = person("unit1", Role::Supervisor, None);
    assert_eq!(proposed.refused(approve(), &handler), Refusal::OwnWork);
    let closed = proposed.must(approve(), &second()).is(State::Closed);
    assert_eq!(closed.ticket.body.excluded.as_deref(), Some("不合理诉求"));
}

#[test]
fn supervision_rises_and_leaves_the_ledger_only_when_it_is_closed() {
    let level = |level, leader: &str| Command::Supervise {
        level,
        instruction: "限期办结".into(),
        leader: leader.into(),
        order: Order::default(),
    };
    let history = handling().must(level(2, ""), &supervisor());
    assert!(matches!(
        history.refused(level(1, ""), &supervisor()),
        Refusal::Guard(_)
    ));
    assert_eq!(
        history.refused(level(3, ""), &supervisor()),
        Refusal::Missing(vec!["leader"])
    );
    assert!(matches!(
        history.refused(level(6, "县长"), &supervisor()),
        Refusal::Invalid(_)
    ));
    let history = history.must(level(4, "县人大"), &supervisor());
    let discharge = Command::Discharge {
        ground: ground("已解决"),
    };
    assert!(matches!(
        history.refused(discharge.clone(), &supervisor()),
        Refusal::WrongState(_)
    ));
    let closed = history
        .must(reply(), &unit())
        .must(close(""), &dispatcher())
        .must(called_back(true), &operator());
    let later = closed.clone().later(Duration::days(90));
    assert!(
        matches!(later.refused(Command::File, &Actor::System), Refusal::Guard(_)),
        "still on the ledger"
    );
    closed.must(discharge, &supervisor());
}

#[test]
fn a_citizen_who_cannot_be_reached_is_given_up_after_enough_calls_on_enough_days() {
    let missed = || {
        Command::Callback(CallbackResult {
            contacted: None,
            reached: false,
            solved: None,
            satisfaction: None,
            note: "无人接听".into(),
        })
    };
    let owed = replied().must(close(""), &dispatcher());
    let thrice = owed
        .must(missed(), &operator())
        .must(missed(), &operator())
        .must(missed(), &operator());
    let thrice = thrice.is(State::Callback);
    thrice
        .later(Duration::days(1))
        .must(missed(), &operator())
        .is(State::Closed);
}

#[test]
fn a_repeat_opens_a_closed_ticket_within_the_month() {
    let repeat = Command::Reopen {
        reason: "又停水".into(),
        repeat: Some("260320100000000001".into()),
    };
    let closed = replied()
        .must(close(""), &dispatcher())
        .must(called_back(true), &operator());
    let soon = closed
        .clone()
        .later(Duration::days(29))
        .must(repeat.clone(), &dispatcher())
        .is(State::Redo);
    assert_eq!(soon.ticket.body.rounds, 1);
    assert!(matches!(
        closed.later(Duration::days(31)).refused(repeat, &dispatcher()),
        Refusal::Guard(_)
    ));
    let answered = History::opened().must(close("已解答"), &operator());
    let reopen = Command::Reopen {
        reason: "还想派单".into(),
        repeat: None,
    };
    answered.must(reopen, &dispatcher()).is(State::Accepted);
}

#[test]
fn to_void_takes_two() {
    let void = Command::Propose(Proposed::Void {
        reason: "误建".into(),
    });
    let proposed = accepted().must(void, &supervisor());
    assert_eq!(proposed.refused(approve(), &supervisor()), Refusal::OwnProposal);
    assert_eq!(proposed.refused(approve(), &dispatcher()), Refusal::Forbidden);
    proposed.must(approve(), &second()).is(State::Void);
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
