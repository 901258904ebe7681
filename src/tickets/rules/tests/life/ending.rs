//! Review, judgement, rounds, supervision and the ends of a ticket.

use super::*;
use crate::tickets::rules::facts::CHECKLIST;

fn missed() -> Command {
    Command::Callback(CallbackResult {
        contacted: None,
        reached: false,
        solved: None,
        satisfaction: None,
        note: "无人接听".into(),
    })
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
fn what_a_person_was_told_takes_the_place_of_the_call_that_was_due() {
    let history = replied()
        .must(close(""), &dispatcher())
        .must(called_back(false), &operator())
        .is(State::Judging);
    let survey = history.ticket.body.survey.clone().expect("a survey");
    assert_eq!(survey.state, "by_person");
    assert_eq!(survey.next_at, None);
    assert_eq!((survey.solved, survey.satisfaction), (Some(false), Some(1)));

    // What the machine heard is not written over.
    let heard = judging().must(called_back(true), &operator());
    let survey = heard.ticket.body.survey.expect("a survey");
    assert_eq!(survey.state, "completed");
    assert_ne!(survey.satisfaction, Some(5));
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

/// S0-45, where the county says so.
#[test]
fn a_reply_passes_only_with_every_item_of_the_checklist() {
    let pass = |items: &[&str]| Command::Review {
        passed: true,
        checklist: items.iter().map(|item| ((*item).to_owned(), true)).collect(),
        ground: String::new(),
    };
    let mut strict = replied();
    strict.policy.reply_needs_checklist = true;
    let missing = Refusal::Invalid(vec![("checklist", "请逐项核对后再通过")]);
    assert_eq!(strict.refused(pass(&[]), &dispatcher()), missing);
    assert_eq!(strict.refused(pass(&CHECKLIST[1..]), &dispatcher()), missing);
    assert!(matches!(
        strict.refused(close("好的"), &dispatcher()),
        Refusal::Guard(_)
    ));
    assert!(!actions(&strict.ticket, &dispatcher(), &strict.policy).contains(&"close"));
    strict.must(pass(&CHECKLIST), &dispatcher()).is(State::Callback);
    replied().must(pass(&[]), &dispatcher()).is(State::Callback);
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
fn calls_about_an_earlier_answer_do_not_count_for_this_one() {
    let second_round = replied()
        .must(close(""), &dispatcher())
        .must(missed(), &operator())
        .later(Duration::days(1))
        .must(missed(), &operator())
        .must(called_back(false), &operator())
        .must(judge(Verdict::Redo), &supervisor())
        .must(reply(), &unit())
        .must(close(""), &dispatcher());
    second_round.must(missed(), &operator()).is(State::Callback);
}

#[test]
fn a_contractor_reviews_by_no_other_name() {
    let mut lent = replied();
    lent.policy.outsourced = true;
    let back = Command::Reopen {
        reason: "答非所问".into(),
        repeat: None,
    };
    assert_eq!(lent.refused(close(""), &dispatcher()), Refusal::Outsourced);
    assert_eq!(lent.refused(back.clone(), &dispatcher()), Refusal::Outsourced);
    let offered = actions(&lent.ticket, &dispatcher(), &lent.policy);
    assert!(
        !offered.contains(&"close") && !offered.contains(&"reopen"),
        "{offered:?}"
    );
    // Nor does whoever did the work, under another role.
    let turncoat = person("unit1", Role::Supervisor, None);
    assert_eq!(replied().refused(back, &turncoat), Refusal::OwnWork);
}

#[test]
fn who_asked_for_more_time_as_the_unit_does_not_review_it_later() {
    let asked = person("unit9", Role::Unit, Some("gongshui"));
    let history = handling()
        .must(extend(Limit::WorkingDays(5)), &asked)
        .must(approve(), &supervisor())
        .must(reply(), &unit());
    let turncoat = person("unit9", Role::Supervisor, None);
    assert_eq!(history.refused(close(""), &turncoat), Refusal::OwnWork);
}

#[test]
fn what_others_were_merged_into_is_not_voided_nor_joined_after_its_answer() {
    let join = || Command::Join {
        child: "260302100000000009".into(),
    };
    let void = Command::Propose(Proposed::Void {
        reason: "误建".into(),
    });
    let parent = accepted().must(join(), &Actor::System);
    assert!(matches!(parent.refused(void, &supervisor()), Refusal::Guard(_)));
    let told = replied().must(close(""), &dispatcher());
    assert!(matches!(told.refused(join(), &Actor::System), Refusal::Guard(_)));
}

#[test]
fn nothing_slips_away_under_another_ticket_or_a_second_answer_at_the_desk() {
    let order = Command::Supervise {
        level: 3,
        instruction: "限期办结".into(),
        leader: "县长".into(),
        order: Order::default(),
    };
    let merge = Command::Merge {
        parent: "260302100000000001".into(),
        ground: "同一事项".into(),
    };
    let supervised = accepted().must(order, &supervisor());
    assert!(matches!(
        supervised.refused(merge, &operator()),
        Refusal::Guard(_)
    ));
    let join = Command::Join {
        child: "260302100000000009".into(),
    };
    let parent = accepted().must(join, &Actor::System);
    assert!(matches!(
        parent.refused(close("已解答"), &operator()),
        Refusal::Guard(_)
    ));
    let reopen = Command::Reopen {
        reason: "没有解决".into(),
        repeat: None,
    };
    let again = accepted()
        .must(close("已解答"), &operator())
        .must(reopen, &dispatcher());
    assert!(matches!(
        again.refused(close("已解答"), &operator()),
        Refusal::Guard(_)
    ));
}

#[test]
fn whoever_answers_at_a_wrong_number_is_not_the_citizen() {
    let wrong = Contact {
        result: "wrong_number".into(),
        ..contact(start())
    };
    let bare = |contact| match reply() {
        Command::Reply { reply, .. } => Command::Reply { reply, contact },
        other => other,
    };
    let mut history = handling();
    history.ticket.contact_phone = "13800000001".into();
    let history = history.must(Command::Contact(wrong.clone()), &unit());
    assert_eq!(
        history.ticket.body.lead().and_then(|lead| lead.contacted_at),
        None
    );
    for given in [None, Some(wrong)] {
        assert_eq!(
            history.refused(bare(given), &unit()),
            Refusal::Missing(vec!["contact"])
        );
    }
    history.must(bare(Some(contact(start()))), &unit());
}

#[test]
fn a_plan_is_for_a_day_to_come() {
    let planned = |day: &str| Command::Reply {
        reply: ReplyText {
            outcome: "planned".into(),
            text: "已列入明年改造计划".into(),
            public_text: "已列入改造计划".into(),
            basis: "《城市供水条例》".into(),
            planned_for: Some(day.parse().expect("a day")),
        },
        contact: Some(contact(start() + Duration::minutes(1))),
    };
    assert!(matches!(
        handling().refused(planned("2025-12-31"), &unit()),
        Refusal::Invalid(_)
    ));
    handling().must(planned("2027-03-01"), &unit()).is(State::Replied);
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
