//! Histories nobody thought of.

use proptest::prelude::*;

use super::*;
use crate::calendar::{
    Calendar,
    limits::{Limit, Task, count, remaining, standard},
};
use crate::tickets::rules::facts::{Checklist, Decision, Meeting, Order, Proposed, Verdict};
use crate::tickets::rules::projection::Part;

const VERBS: [&str; 36] = [
    "fill",
    "accept",
    "ask",
    "supplement",
    "direct",
    "reject",
    "transfer",
    "merge",
    "dispatch",
    "hold",
    "sign",
    "contact",
    "progress",
    "subdispatch",
    "reply",
    "return",
    "extend",
    "suspend",
    "resume",
    "approve_return",
    "reject_return",
    "dispute",
    "meet",
    "decide",
    "review",
    "callback",
    "judge",
    "approve",
    "refuse",
    "supervise",
    "discharge",
    "close",
    "reopen",
    "void",
    "protect",
    "unprotect",
];

const JUDGING: [&str; 8] = [
    "review",
    "callback",
    "judge",
    "approve",
    "refuse",
    "close",
    "discharge",
    "decide",
];

fn people() -> Vec<Actor> {
    let mut people = vec![
        Actor::System,
        operator(),
        dispatcher(),
        supervisor(),
        second(),
        unit(),
        other_unit(),
        below(),
    ];
    // Somebody who changed sides, and somebody with a role but no unit.
    people.push(person("unit1", Role::Supervisor, None));
    people.push(person("unit2", Role::Dispatcher, None));
    people.push(person("lost", Role::Unit, None));
    people.push(person("admin", Role::Admin, None));
    people
}

/// A step as drawn: who, which of the offered verbs, a number to vary it, and how much later.
#[derive(Debug, Clone)]
struct Draw {
    who: usize,
    pick: usize,
    vary: usize,
    later: i64,
    offered: bool,
}

fn draws() -> impl Strategy<Value = Draw> {
    (
        0..12usize,
        0..10_000usize,
        0..10_000usize,
        0..3_000i64,
        prop::bool::weighted(0.85),
    )
        .prop_map(|(who, pick, vary, later, offered)| Draw {
            who,
            pick,
            vary,
            later,
            offered,
        })
}

fn unit_of(vary: usize) -> &'static str {
    ["gongshui", "zhujian", "gongshui-yi", "gongshui-er"][vary % 4]
}

fn text(vary: usize) -> String {
    ["已核实", "属实", "", "请按规定办理"][vary % 4].to_owned()
}

fn command(verb: &str, vary: usize, history: &History) -> Command {
    let now = history.now;
    let reason = text(vary / 4);
    match verb {
        "protect" => Command::Protect {
            reason,
            named: ["operator".to_owned()].into(),
        },
        "unprotect" => Command::Unprotect { reason },
        "fill" => Command::Fill(Fill {
            kind: Some(["求助", "举报"][vary % 2].into()),
            class_code: Some("010101".into()),
            ..Fill::default()
        }),
        "accept" => Command::Accept,
        "ask" => Command::Ask { missing: reason },
        "supplement" => Command::Supplement { note: reason },
        "direct" => Command::Direct { article: None },
        "reject" => Command::Propose(Proposed::Reject {
            reason: format!("N{}", vary % 9),
            channel: "法院".into(),
        }),
        "transfer" => Command::Transfer {
            to: ["119", "other", "12"][vary % 3].into(),
            note: "火情".into(),
        },
        "merge" => Command::Merge {
            parent: "260302100000000001".into(),
            ground: reason,
        },
        "dispatch" if vary.is_multiple_of(3) => dispatch_with(unit_of(vary), &[unit_of(vary / 7)]),
        "dispatch" => dispatch(unit_of(vary)),
        "hold" => Command::Hold { reason },
        "sign" => Command::Sign,
        "contact" => Command::Contact(contact(now)),
        "progress" => Command::Progress { text: reason },
        "subdispatch" => Command::SubDispatch {
            unit: name(unit_of(vary)),
            note: reason,
        },
        "reply" => reply_at(now),
        "return" => return_it(),
        "extend" => Command::Propose(Proposed::Extend {
            limit: [Limit::WorkingDays(3), Limit::Hours(24), Limit::WorkingDays(30)][vary % 3],
            reason,
        }),
        "suspend" => Command::Propose(Proposed::Suspend {
            cause: "legal".into(),
            reason,
            resume_at: now + Duration::days(vary as i64 % 40 - 3),
        }),
        "resume" => Command::Resume { note: reason },
        "approve_return" => Command::ApproveReturn {
            ground: reason,
            unit_code: None,
        },
        "reject_return" => Command::RejectReturn {
            ground: reason,
            unit_code: None,
        },
        "dispute" => Command::Dispute { reason },
        "meet" => Command::Meet(Meeting {
            at: now,
            participants: vec!["甲".into()],
            minutes: reason,
        }),
        "decide" => Command::Decide(Decision {
            unit: name(unit_of(vary)),
            basis: "三定".into(),
            decision: "主办".into(),
        }),
        _ => ending(verb, vary, reason),
    }
}

fn ending(verb: &str, vary: usize, reason: String) -> Command {
    match verb {
        "review" => Command::Review {
            passed: vary.is_multiple_of(2),
            checklist: Checklist::new(),
            ground: reason,
        },
        "callback" if vary.is_multiple_of(3) => Command::Callback(CallbackResult {
            contacted: None,
            reached: false,
            solved: None,
            satisfaction: None,
            note: reason,
        }),
        "callback" => called_back(vary % 3 == 1),
        "judge" => Command::Judge {
            verdict: [Verdict::Redo, Verdict::Again, Verdict::Close, Verdict::Supervise][vary % 4],
            ground: reason,
            exclude: None,
            level: None,
        },
        "approve" => Command::Approve { ground: reason },
        "refuse" => Command::Refuse { ground: reason },
        "supervise" => Command::Supervise {
            level: (vary % 7) as u8,
            instruction: reason,
            leader: "县长".into(),
            order: Order::default(),
        },
        "discharge" => Command::Discharge { ground: reason },
        "close" => close(&reason),
        "reopen" => Command::Reopen { reason, repeat: None },
        "void" => Command::Propose(Proposed::Void { reason }),
        _ => unreachable!("{verb} is not a verb"),
    }
}

fn by_machine(vary: usize, history: &History) -> Command {
    match vary % 11 {
        8 => Command::PlanDispatch {
            unit: name(unit_of(vary)),
            co_units: vec![],
            ground: "派单目录".into(),
            dispatch_at: history.now + Duration::minutes(vary as i64 % 30),
        },
        9 => Command::DispatchAsPlanned,
        10 => Command::DropPlan {
            reason: "派单目录有变".into(),
        },
        0 => survey_done(vary.is_multiple_of(3)),
        1 if vary.is_multiple_of(16) => Command::HandOverSurvey {
            reason: "市民要求人工回访".into(),
        },
        1 => Command::GiveUpSurvey,
        2 => Command::Wake,
        3 => Command::File,
        4 => Command::EndCall {
            call_id: "c".into(),
            outcome: "answered".into(),
        },
        5 => Command::ScheduleSurvey { next_at: history.now },
        6 => Command::DialSurvey,
        _ => Command::RecordAttempt {
            dialed_at: history.now,
            result: "no_answer".into(),
            call_id: None,
        },
    }
}

fn choose(draw: &Draw, actor: &Actor, history: &History) -> Command {
    if *actor == Actor::System {
        return by_machine(draw.vary, history);
    }
    let offered = actions(&history.ticket, actor, &history.policy);
    let verb = if draw.offered && !offered.is_empty() {
        offered[draw.pick % offered.len()]
    } else {
        VERBS[draw.pick % VERBS.len()]
    };
    command(verb, draw.vary, history)
}

fn check(before: &Ticket, command: &Command, actor: &Actor, history: &History) -> Result<(), TestCaseError> {
    let after = &history.ticket;
    let body = &after.body;
    prop_assert!(after.owner().is_some(), "{:?} has no owner", after.state);
    let leads = body
        .assignments
        .iter()
        .filter(|given| given.part == Part::Lead && given.state.is_active())
        .count();
    if after.state.is_open() {
        prop_assert_eq!(
            leads,
            usize::from(after.state.has_lead()),
            "leads in {:?}",
            after.state
        );
    } else {
        prop_assert!(
            body.result.as_ref().is_some_and(|result| !result.is_empty()),
            "{:?}: no result",
            after.state
        );
    }
    if let Some(verb) = command.verb() {
        let offered = actions(before, actor, &history.policy);
        prop_assert!(
            offered.contains(&verb),
            "{} was done but not offered in {:?}",
            verb,
            before.state
        );
        let own = actor
            .username()
            .is_some_and(|name| before.body.handlers.contains(name));
        prop_assert!(!(own && JUDGING.contains(&verb)), "{} on one's own work", verb);
        if verb == "approve" {
            let by = before.body.proposal.as_ref().map(|proposal| proposal.by.as_str());
            prop_assert_ne!(by, actor.username());
        }
    }
    check_clocks(history)
}

fn check_clocks(history: &History) -> Result<(), TestCaseError> {
    let ticket = &history.ticket;
    let pauses = &ticket.body.pauses;
    prop_assert!(
        pauses
            .windows(2)
            .all(|pair| pair[0].to.is_some_and(|to| to <= pair[1].from)),
        "{:?}",
        pauses
    );
    prop_assert!(
        pauses
            .iter()
            .all(|pause| pause.to.is_none_or(|to| pause.from < to)),
        "{:?}",
        pauses
    );
    let stopped = pauses.last().is_some_and(|pause| pause.to.is_none());
    let works = matches!(ticket.state, State::Dispatched | State::Handling | State::Redo);
    prop_assert!(
        !(works && stopped),
        "a clock that stands still in {:?}",
        ticket.state
    );
    let (profile, calendar) = (standard(), Calendar::default());
    let rule = profile.rule(None);
    for running in timers::running(ticket, &profile) {
        let task = Task {
            from: running.from,
            limit: running.limit,
            extensions: &running.extensions,
            pauses: &running.pauses,
        };
        let found = count(&calendar, &rule, &task).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let Some(due) = found.due else { continue };
        prop_assert!(due >= running.from);
        let left = remaining(
            &calendar,
            &rule,
            &running.pauses,
            running.limit,
            (history.now, due),
        );
        prop_assert!(left.minutes >= 0 && (!left.late || left.minutes == 0));
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_history_breaks_the_rules(steps in prop::collection::vec(draws(), 0..90)) {
        let people = people();
        let mut history = History::opened();
        for draw in steps {
            let actor = &people[draw.who % people.len()];
            history.now += Duration::minutes(draw.later);
            let before = history.ticket.clone();
            let command = choose(&draw, actor, &history);
            match history.try_do(command.clone(), actor) {
                Ok(()) => check(&before, &command, actor, &history)?,
                Err(_) => prop_assert_eq!(&before, &history.ticket, "a refusal changes nothing"),
            }
        }
        let rebuilt = rebuild(&history.ticket.number, &history.events);
        prop_assert_eq!(rebuilt.as_ref(), Some(&history.ticket));
        for event in &history.events {
            let (kind, detail) = event.what.to_parts().expect("to row");
            prop_assert_eq!(&What::from_parts(&kind, detail).expect("from row"), &event.what);
        }
        let body = serde_json::to_string(&history.ticket.body).expect("to JSON");
        prop_assert_eq!(projection::Body::try_from(body).expect("from JSON"), history.ticket.body);
    }
}
