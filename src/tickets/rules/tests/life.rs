//! Chosen histories, transition by transition (domain model 4.2).

mod clock;
mod ending;
mod helping;
mod unit;

use std::collections::BTreeSet;

use super::*;
use crate::calendar::limits::{Limit, Pauses, Timer, count, standard};
use crate::tickets::rules::facts::{Checklist, Decision, Meeting, Order, Proposed, Verdict};
use crate::tickets::rules::inbox::{self, Shelf};
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
        unit_code: None,
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
