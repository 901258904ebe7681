//! Random and chosen histories of a ticket.

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;

use super::decide::{Command, Field, Fill, VERBS};
use super::extract::Suggestion;
use super::*;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_000).expect("time")
}

fn person(username: &str, role: Role, unit: Option<&str>) -> Actor {
    Actor::Person {
        username: username.into(),
        display_name: username.into(),
        role,
        unit_code: unit.map(str::to_owned),
    }
}

/// A ticket and the events it came from.
struct History {
    ticket: Ticket,
    events: Vec<Event>,
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
        let ticket = rebuild("260306120000123456", std::slice::from_ref(&event)).expect("opened");
        Self {
            ticket,
            events: vec![event],
        }
    }

    fn try_do(&mut self, command: Command, actor: &Actor) -> Result<(), Refusal> {
        for what in decide(&self.ticket, command, actor)? {
            let at = start() + Duration::seconds(self.events.len() as i64);
            let event = Event {
                at,
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
            .unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        self
    }
}

fn title(text: &str) -> Command {
    Command::Fill(Fill {
        title: Some(text.into()),
        ..Fill::default()
    })
}

fn dispatch(unit: &str) -> Command {
    Command::Dispatch {
        unit_code: unit.into(),
        unit_name: unit.into(),
        note: "请办理".into(),
    }
}

fn reply() -> Command {
    Command::Reply {
        outcome: "solved".into(),
        text: "已修复".into(),
        public_text: "已恢复供水".into(),
    }
}

fn close(note: &str) -> Command {
    Command::Close { note: note.into() }
}

fn operator() -> Actor {
    person("operator1", Role::Operator, None)
}

fn dispatcher() -> Actor {
    person("dispatcher1", Role::Dispatcher, None)
}

fn unit() -> Actor {
    person("unit1", Role::Unit, Some("gongshui"))
}

fn replied() -> History {
    History::opened()
        .must(title("停水"), &operator())
        .must(Command::Accept, &operator())
        .must(dispatch("gongshui"), &dispatcher())
        .must(reply(), &unit())
}

fn survey_done(satisfied: bool) -> Command {
    Command::CompleteSurvey {
        solved: Some(satisfied),
        satisfaction: Some(if satisfied { 5 } else { 1 }),
        remark: None,
        satisfied,
    }
}

#[test]
fn a_satisfied_citizen_closes_the_ticket() {
    let history = replied()
        .must(close(""), &dispatcher())
        .must(survey_done(true), &Actor::System);
    assert_eq!(history.ticket.state, State::Closed);
    assert_eq!(
        history.ticket.body.survey.map(|survey| survey.state),
        Some("completed".into())
    );
}

#[test]
fn a_dissatisfied_citizen_reopens_it_for_another_dispatch() {
    let history = replied()
        .must(close(""), &dispatcher())
        .must(survey_done(false), &Actor::System)
        .must(dispatch("zhujian"), &dispatcher());
    assert_eq!(history.ticket.state, State::Dispatched);
    assert_eq!(history.ticket.body.assignments.len(), 2);
    assert!(
        !may_see(&history.ticket, &unit()),
        "the first unit has nothing to do with it any more"
    );
}

#[test]
fn who_replied_cannot_close_whatever_the_role() {
    let mut history = replied();
    let turncoat = person("unit1", Role::Dispatcher, None);
    assert_eq!(history.try_do(close("好了"), &turncoat), Err(Refusal::OwnReply));
    assert!(!actions(&history.ticket, &turncoat).contains(&"close"));
    assert_eq!(history.try_do(close("好了"), &unit()), Err(Refusal::Forbidden));
}

#[test]
fn a_unit_answers_its_own_tickets_only() {
    let mut history = History::opened()
        .must(title("停水"), &operator())
        .must(Command::Accept, &operator())
        .must(dispatch("gongshui"), &dispatcher());
    let other = person("unit2", Role::Unit, Some("zhujian"));
    assert_eq!(history.try_do(reply(), &other), Err(Refusal::Forbidden));
    assert!(!may_see(&history.ticket, &other));
    assert!(may_see(&history.ticket, &unit()));
}

#[test]
fn an_answer_on_the_spot_closes_with_what_was_said() {
    let mut history = History::opened();
    assert_eq!(
        history.try_do(close(" "), &operator()),
        Err(Refusal::Missing(vec!["note"]))
    );
    let history = history.must(close("已告知办理流程"), &operator());
    assert_eq!(history.ticket.state, State::Closed);
    assert_eq!(history.ticket.body.survey, None);
}

#[test]
fn a_suggestion_leaves_typed_fields_alone_and_fills_the_rest() {
    let suggestion = Suggestion {
        title: "清河湾小区停水".into(),
        kind: "报修".into(),
        class_code: Some("010101".into()),
        band: "A".into(),
        ..Suggestion::default()
    };
    let history = History::opened()
        .must(title("三号楼没水"), &operator())
        .must(Command::Suggest(Box::new(suggestion)), &Actor::System);
    assert_eq!(history.ticket.title, "三号楼没水");
    assert_eq!(history.ticket.class_code.as_deref(), Some("010101"));
    assert_eq!(history.ticket.band, "A");
    assert_eq!(history.ticket.body.suggestion.title, "清河湾小区停水");
    assert_eq!(
        history.ticket.version, 1,
        "what the hotline adds makes nobody's version stale"
    );
}

#[test]
fn unknown_kinds_and_bands_and_endless_texts_are_refused_by_field() {
    let fill = Fill {
        kind: Some("吵架".into()),
        band: Some("Z".into()),
        title: Some("长".repeat(201)),
        ..Fill::default()
    };
    let refused = History::opened().try_do(Command::Fill(fill), &operator());
    let Err(Refusal::Invalid(faults)) = refused else {
        panic!("{refused:?}")
    };
    let fields: Vec<_> = faults.iter().map(|(field, _)| *field).collect();
    assert_eq!(fields, [Field::Title, Field::Kind, Field::Band]);
}

#[test]
fn events_survive_their_row() {
    let history = replied()
        .must(close(""), &dispatcher())
        .must(survey_done(true), &Actor::System);
    for event in &history.events {
        let (kind, detail) = event.what.to_parts().expect("to row");
        assert_eq!(What::from_parts(&kind, detail).expect("from row"), event.what);
    }
}

fn any_actor() -> impl Strategy<Value = Actor> {
    let people = (
        0..4usize,
        prop::sample::select(Role::ALL.to_vec()),
        prop::option::of(0..2usize),
    );
    prop_oneof![
        1 => Just(Actor::System),
        4 => people.prop_map(|(who, role, unit)| {
            person(&format!("p{who}"), role, unit.map(|unit| ["gongshui", "zhujian"][unit]))
        }),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        "[a-z停水]{0,8}".prop_map(|text| title(&text)),
        Just(Command::Accept),
        (0..2usize).prop_map(|unit| dispatch(["gongshui", "zhujian"][unit])),
        Just(reply()),
        "[a-z]{0,3}".prop_map(|note| close(&note)),
        "[a-z]{0,3}".prop_map(|reason| Command::Reopen { reason }),
        "[a-z]{1,8}".prop_map(|title| Command::Suggest(Box::new(Suggestion {
            title,
            ..Suggestion::default()
        }))),
        Just(Command::ScheduleSurvey { next_at: start() }),
        Just(Command::DialSurvey),
        Just(Command::RecordAttempt {
            dialed_at: start(),
            result: "no_answer".into(),
            call_id: None
        }),
        any::<bool>().prop_map(survey_done),
        Just(Command::GiveUpSurvey),
    ]
}

proptest! {
    #[test]
    fn no_history_breaks_the_rules(steps in prop::collection::vec((any_command(), any_actor()), 0..60)) {
        let mut history = History::opened();
        for (command, actor) in steps {
            let before = history.ticket.clone();
            let offered = actions(&before, &actor);
            let verb = verb_of(&command);
            let refused = history.try_do(command, &actor).is_err();
            let after = &history.ticket;
            if refused {
                prop_assert_eq!(&before, after, "a refusal changes nothing");
            } else if let Some(verb) = verb {
                prop_assert!(offered.contains(&verb), "{verb} was not offered but done");
            }
            prop_assert!(after.version >= before.version && after.events >= before.events);
            prop_assert!(legal(before.state, after.state), "{:?} -> {:?}", before.state, after.state);
            if actor == Actor::System && before.body.typed.contains(&Field::Title) {
                prop_assert_eq!(&before.title, &after.title);
            }
            if after.state != before.state && matches!(after.state, State::Closed | State::Callback) {
                let replier = before.body.assignments.iter().filter_map(|given| given.reply.as_ref());
                prop_assert!(!replier.into_iter().any(|reply| Some(reply.by.as_str()) == actor.username()));
            }
        }
        let rebuilt = rebuild(&history.ticket.number, &history.events);
        prop_assert_eq!(rebuilt, Some(history.ticket));
    }
}

fn verb_of(command: &Command) -> Option<&'static str> {
    let at = match command {
        Command::Fill(_) => 0,
        Command::Accept => 1,
        Command::Dispatch { .. } => 2,
        Command::Reply { .. } => 3,
        Command::Close { .. } => 4,
        Command::Reopen { .. } => 5,
        _ => return None,
    };
    Some(VERBS[at])
}

fn legal(from: State, to: State) -> bool {
    use State::{Accepted, Callback, Closed, Dispatched, Draft, Reopened, Replied};
    from == to
        || matches!(
            (from, to),
            (Draft, Accepted | Closed)
                | (Accepted, Dispatched | Closed)
                | (Dispatched, Replied)
                | (Replied, Callback | Reopened)
                | (Callback, Closed | Reopened)
                | (Closed, Reopened)
                | (Reopened, Dispatched | Closed)
        )
}
