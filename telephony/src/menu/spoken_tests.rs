#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::menu::Flow;
use crate::testing::any_instant;

const ASK: &str = r#"{"name":"t","start":"a","nodes":{
    "a":{"type":"ask","key":"solved","prompts":["q"],"digits":"012","timeout_seconds":6,"tries":2,"spoken":true,
        "choices":{"0":"p","1":"y","2":"n"},"none":"bye"},
    "p":{"type":"queue","queue":"general"},"y":{"type":"ask","key":"mark","prompts":["m"],"digits":"12345",
        "timeout_seconds":6,"spoken":true,"next":"n","none":"n"},
    "n":{"type":"hangup","prompts":["n"]},"bye":{"type":"hangup","prompts":["bye"]}}}"#;

/// One call in the flow above, on a clock of its own.
struct Call {
    menu: Menu,
    now: Instant,
    steps: Vec<Step>,
}

impl Call {
    fn asked() -> Self {
        let flow: Arc<Flow> = Arc::new(serde_json::from_str(ASK).unwrap());
        let now = any_instant();
        let menu = Menu::start(flow, &HashMap::new(), now);
        let mut call = Self {
            menu,
            now,
            steps: Vec::new(),
        };
        call.played();
        call
    }

    /// Of what happens now only the steps are looked at that follow it.
    fn does(&mut self, act: impl FnOnce(&mut Menu, &HashMap<String, bool>, Instant)) {
        act(&mut self.menu, &HashMap::new(), self.now);
        self.steps = std::iter::from_fn(|| self.menu.poll_step()).collect();
    }

    fn played(&mut self) {
        self.does(|menu, open, now| menu.handle_played(open, now));
    }

    fn waits(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.does(|menu, open, now| menu.handle_timeout(open, now));
    }

    /// Speaks; the number of what is to be understood.
    fn says(&mut self) -> u32 {
        self.does(|menu, _, now| {
            menu.handle_speaking(now);
            menu.handle_spoken(now);
        });
        let number = self.steps.iter().find_map(|step| match step {
            Step::Understand { number, .. } => Some(*number),
            _ => None,
        });
        number.unwrap_or_default()
    }

    fn heard(&mut self, number: u32, heard: Heard) {
        self.does(|menu, open, now| menu.handle_heard(number, heard, open, now));
    }

    fn collected(&self) -> Vec<(&str, &str)> {
        let steps = self.steps.iter();
        steps
            .filter_map(|step| match step {
                Step::Collected { key, value } => Some((key.as_str(), value.as_str())),
                _ => None,
            })
            .collect()
    }

    fn entered(&self) -> Option<&str> {
        self.steps.iter().rev().find_map(|step| match step {
            Step::Entered { node, .. } => Some(node.as_str()),
            _ => None,
        })
    }

    fn plays(&self) -> Option<&str> {
        self.steps.iter().rev().find_map(|step| match step {
            Step::Play(prompts) => prompts.first().map(String::as_str),
            _ => None,
        })
    }

    fn listens(&self) -> bool {
        self.steps.contains(&Step::Listen(true))
    }
}

#[test]
fn an_answer_in_words_is_taken_for_the_key_that_it_stands_for() {
    let mut call = Call::asked();
    assert!(call.listens());
    let number = call.says();
    let expected = Step::Understand {
        number,
        key: "solved".into(),
        digits: "012".into(),
    };
    assert_eq!(call.steps, [Step::Listen(false), expected]);
    call.heard(number, Heard::Key('2'));
    assert_eq!(call.collected(), [("solved", "2")]);
    assert_eq!(call.entered(), Some("n"));
}

#[test]
fn a_wish_for_a_person_leads_to_one() {
    let mut call = Call::asked();
    let number = call.says();
    call.heard(number, Heard::Key('0'));
    let queue = Step::Enqueue {
        queue: "general".into(),
    };
    assert_eq!(call.steps.last(), Some(&queue));
}

#[test]
fn the_caller_is_asked_again_once_and_then_for_keys() {
    let mut call = Call::asked();
    for (prompt, listens) in [("survey-again", true), ("survey-keys", false)] {
        let number = call.says();
        call.heard(number, Heard::Unclear);
        assert_eq!(call.plays(), Some(prompt));
        call.played();
        assert_eq!(call.listens(), listens, "{prompt}");
    }
    assert_eq!(call.says(), 0, "words count no more");
    call.does(|menu, open, now| menu.handle_digit('1', open, now));
    assert_eq!(call.collected(), [("solved", "1")]);
    call.played();
    assert!(call.listens(), "the next question may be understood");
}

#[test]
fn who_presses_nothing_after_that_has_given_no_answer() {
    let mut call = Call::asked();
    for _ in 0..2 {
        let number = call.says();
        call.heard(number, Heard::Key('9'));
        call.played();
    }
    call.waits(6);
    assert_eq!(call.entered(), Some("bye"));
}

#[test]
fn a_recogniser_that_is_busy_or_absent_keeps_nobody_waiting() {
    for is_absent in [true, false] {
        let mut call = Call::asked();
        let number = call.says();
        match is_absent {
            true => call.heard(number, Heard::Deaf),
            false => call.waits(5),
        }
        assert_eq!(call.plays(), Some("survey-keys"));
        call.played();
        assert!(!call.listens());
        call.does(|menu, open, now| menu.handle_digit('1', open, now));
        call.played();
        assert!(!call.listens(), "for the rest of the call");
        call.heard(number, Heard::Key('5'));
        assert_eq!(
            call.collected(),
            [],
            "an answer that comes late is none to another question"
        );
    }
}

#[test]
fn a_key_is_taken_while_words_are_being_understood() {
    let mut call = Call::asked();
    let number = call.says();
    call.does(|menu, open, now| menu.handle_digit('1', open, now));
    assert_eq!(call.collected(), [("solved", "1")]);
    call.heard(number, Heard::Key('2'));
    assert_eq!(call.collected(), []);
}

#[test]
fn noise_is_no_answer_and_takes_no_time_from_the_caller() {
    let mut call = Call::asked();
    call.now += Duration::from_secs(2);
    let number = call.says();
    call.heard(number, Heard::Nothing);
    assert_eq!(call.steps, [Step::Listen(true)]);
    call.waits(3);
    assert_eq!(call.steps, []);
    call.waits(1);
    assert_eq!(call.plays(), Some("q"), "asked again as after silence");
}

#[test]
fn who_begins_to_speak_late_is_heard_out() {
    let mut call = Call::asked();
    call.now += Duration::from_secs(5);
    call.does(|menu, _, now| menu.handle_speaking(now));
    call.waits(4);
    assert_eq!(call.steps, []);
    call.does(|menu, _, now| menu.handle_spoken(now));
    call.heard(1, Heard::Key('1'));
    assert_eq!(call.collected(), [("solved", "1")]);
}

#[test]
fn a_question_without_the_option_does_not_listen() {
    let flow = ASK.replace(r#","spoken":true"#, "");
    let flow: Arc<Flow> = Arc::new(serde_json::from_str(&flow).unwrap());
    let mut menu = Menu::start(flow, &HashMap::new(), any_instant());
    menu.handle_played(&HashMap::new(), any_instant());
    let steps: Vec<_> = std::iter::from_fn(|| menu.poll_step()).collect();
    assert!(!steps.contains(&Step::Listen(true)));
}
