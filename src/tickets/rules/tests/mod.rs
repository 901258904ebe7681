//! Random and chosen histories of a ticket.

mod inbox;
mod life;
mod random;
mod words;

use chrono::{DateTime, Duration, TimeZone, Utc};

use super::facts::{CallbackResult, Contact, ReplyText, Return, UnitName};
use super::*;
use crate::calendar::CHINA;

/// Monday 2026-03-02, ten in the morning.
fn start() -> DateTime<Utc> {
    CHINA
        .with_ymd_and_hms(2026, 3, 2, 10, 0, 0)
        .single()
        .expect("time")
        .to_utc()
}

fn person(username: &str, role: Role, unit: Option<&str>) -> Actor {
    Actor::Person {
        username: username.into(),
        display_name: username.into(),
        role,
        unit_code: unit.map(str::to_owned),
    }
}

fn policy() -> Policy {
    let tree = [("gongshui-yi", "gongshui"), ("gongshui-er", "gongshui")];
    Policy {
        tree: UnitTree(tree.map(|(child, parent)| (child.into(), parent.into())).into()),
        ..Policy::default()
    }
}

/// A ticket, the events it came from, and the hour.
#[derive(Clone)]
struct History {
    ticket: Ticket,
    events: Vec<Event>,
    now: DateTime<Utc>,
    policy: Policy,
}

impl History {
    fn opened() -> Self {
        let opened = What::Opened {
            source: Source::Call,
            caller: "13800000001".into(),
            call_id: None,
        };
        let event = Event {
            at: start(),
            actor: None,
            what: opened,
        };
        let ticket = rebuild("260302100000123456", std::slice::from_ref(&event)).expect("opened");
        Self {
            ticket,
            events: vec![event],
            now: start(),
            policy: policy(),
        }
    }

    fn try_do(&mut self, command: Command, actor: &Actor) -> Result<(), Refusal> {
        self.now += Duration::minutes(1);
        for what in decide(&self.ticket, command, actor, self.now, &self.policy)? {
            let event = Event {
                at: self.now,
                actor: actor.username().map(str::to_owned),
                what,
            };
            self.ticket.apply(&event);
            self.events.push(event);
        }
        Ok(())
    }

    fn must(mut self, command: Command, actor: &Actor) -> Self {
        self.try_do(command.clone(), actor)
            .unwrap_or_else(|refusal| panic!("{command:?} in {:?}: {refusal:?}", self.ticket.state));
        self
    }

    fn refused(&self, command: Command, actor: &Actor) -> Refusal {
        let mut copy = self.clone();
        copy.try_do(command, actor).expect_err("refused")
    }

    fn later(mut self, by: Duration) -> Self {
        self.now += by;
        self
    }

    fn is(self, state: State) -> Self {
        assert_eq!(self.ticket.state, state);
        self
    }
}

fn name(code: &str) -> UnitName {
    UnitName {
        code: code.into(),
        name: code.into(),
    }
}

fn title(text: &str) -> Command {
    Command::Fill(Fill {
        title: Some(text.into()),
        ..Fill::default()
    })
}

fn dispatch(unit: &str) -> Command {
    dispatch_with(unit, &[])
}

fn dispatch_with(unit: &str, co: &[&str]) -> Command {
    Command::Dispatch {
        unit: name(unit),
        co_units: co.iter().map(|code| name(code)).collect(),
        note: "请办理".into(),
        ground: None,
    }
}

fn contact(at: DateTime<Utc>) -> Contact {
    Contact {
        at,
        number: "0534-8200001".into(),
        result: "reached".into(),
        note: String::new(),
    }
}

fn reply() -> Command {
    reply_at(start() + Duration::minutes(1))
}

fn reply_at(at: DateTime<Utc>) -> Command {
    Command::Reply {
        reply: ReplyText {
            outcome: "solved".into(),
            text: "已派人修复管道并当面确认".into(),
            public_text: "停水问题已修复".into(),
            basis: "《城市供水条例》".into(),
            planned_for: None,
        },
        contact: Some(contact(at)),
    }
}

fn return_it() -> Command {
    Command::Return(Return {
        reason: "不属于供水范围".into(),
        basis: "三定规定".into(),
        suggested: Some(name("zhujian")),
    })
}

fn close(note: &str) -> Command {
    Command::Close {
        note: note.into(),
        article: None,
    }
}

fn called_back(solved: bool) -> Command {
    Command::Callback(CallbackResult {
        contacted: None,
        reached: true,
        solved: Some(solved),
        satisfaction: Some(if solved { 5 } else { 1 }),
        note: String::new(),
    })
}

fn survey_done(satisfied: bool) -> Command {
    Command::CompleteSurvey {
        contacted: None,
        solved: Some(satisfied),
        satisfaction: Some(if satisfied { 5 } else { 1 }),
        remark: None,
        satisfied,
    }
}

fn ground(text: &str) -> String {
    text.to_owned()
}

fn operator() -> Actor {
    person("operator1", Role::Operator, None)
}

fn dispatcher() -> Actor {
    person("dispatcher1", Role::Dispatcher, None)
}

fn supervisor() -> Actor {
    person("supervisor1", Role::Supervisor, None)
}

fn second() -> Actor {
    person("supervisor2", Role::Supervisor, None)
}

fn unit() -> Actor {
    person("unit1", Role::Unit, Some("gongshui"))
}

fn other_unit() -> Actor {
    person("unit2", Role::Unit, Some("zhujian"))
}

fn below() -> Actor {
    person("unit3", Role::Unit, Some("gongshui-yi"))
}

fn accepted() -> History {
    History::opened()
        .must(title("停水"), &operator())
        .must(Command::Accept, &operator())
}

fn dispatched() -> History {
    accepted().must(dispatch("gongshui"), &dispatcher())
}

fn handling() -> History {
    dispatched().must(Command::Sign, &unit())
}

fn replied() -> History {
    handling().must(reply(), &unit())
}

fn judging() -> History {
    replied()
        .must(close(""), &dispatcher())
        .must(survey_done(false), &Actor::System)
}
