//! At the unit: signing, replying, returning, disputing.

use super::*;

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
                unit_code: None,
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
