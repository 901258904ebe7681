#![allow(clippy::unwrap_used)]

use super::*;
use crate::testing::any_instant;

fn flow(nodes: &str) -> Arc<Flow> {
    Arc::new(serde_json::from_str(&format!(r#"{{"name":"t","start":"a","nodes":{nodes}}}"#)).unwrap())
}

fn drain(menu: &mut Menu) -> Vec<Step> {
    std::iter::from_fn(|| menu.poll_step()).collect()
}

fn entered(node: &str, key: Option<char>) -> Step {
    Step::Entered {
        node: node.into(),
        key,
    }
}

const ONE_LEVEL: &str = r#"{
    "a":{"type":"menu","prompts":["menu"],"timeout_seconds":4,"choices":{"1":"hr"},"default":"general"},
    "hr":{"type":"queue","queue":"hrss","overflow":"note"},
    "general":{"type":"queue","queue":"general"},
    "note":{"type":"message","key":"message","prompts":["beep"],"max_seconds":60,"silence_seconds":5,"next":"bye"},
    "bye":{"type":"hangup","prompts":["goodbye"]}}"#;

#[test]
fn a_key_chooses_before_the_prompt_has_ended() {
    let now = any_instant();
    let mut menu = Menu::start(flow(ONE_LEVEL), &HashMap::new(), now);
    assert_eq!(
        drain(&mut menu),
        [entered("a", None), Step::Play(vec!["menu".into()])]
    );
    menu.handle_digit('1', &HashMap::new(), now);
    assert_eq!(
        drain(&mut menu),
        [
            Step::StopPlaying,
            entered("hr", Some('1')),
            Step::Enqueue { queue: "hrss".into() }
        ]
    );
}

#[test]
fn silence_and_a_wrong_key_lead_to_the_default() {
    let now = any_instant();
    for digit in [None, Some('9')] {
        let mut menu = Menu::start(flow(ONE_LEVEL), &HashMap::new(), now);
        menu.handle_played(&HashMap::new(), now);
        assert_eq!(menu.deadline(), Some(now + Duration::from_secs(4)));
        match digit {
            Some(d) => menu.handle_digit(d, &HashMap::new(), now),
            None => menu.handle_timeout(&HashMap::new(), now + Duration::from_secs(4)),
        }
        assert_eq!(
            drain(&mut menu).last(),
            Some(&Step::Enqueue {
                queue: "general".into()
            })
        );
    }
}

#[test]
fn overflow_takes_a_message_that_hash_ends() {
    let now = any_instant();
    let mut menu = Menu::start(flow(ONE_LEVEL), &HashMap::new(), now);
    menu.handle_digit('1', &HashMap::new(), now);
    assert!(menu.handle_overflow(&HashMap::new(), now));
    menu.handle_played(&HashMap::new(), now);
    drain(&mut menu);
    menu.handle_digit('#', &HashMap::new(), now);
    let steps = drain(&mut menu);
    assert_eq!(
        steps[0],
        Step::MessageEnded {
            key: "message".into()
        }
    );
    assert_eq!(steps.last(), Some(&Step::Play(vec!["goodbye".into()])));
    menu.handle_played(&HashMap::new(), now);
    assert_eq!(drain(&mut menu), [Step::Hangup]);
}

#[test]
fn a_question_is_asked_again_and_then_given_up() {
    let now = any_instant();
    let flow = flow(
        r#"{"a":{"type":"ask","key":"solved","prompts":["q"],"digits":"12","timeout_seconds":6,"tries":2,
            "next":"z","none":"z"},"z":{"type":"hangup"}}"#,
    );
    let mut menu = Menu::start(flow.clone(), &HashMap::new(), now);
    drain(&mut menu);
    menu.handle_digit('7', &HashMap::new(), now);
    assert_eq!(
        drain(&mut menu),
        [Step::Play(vec!["invalid-key".into(), "q".into()])]
    );
    menu.handle_digit('8', &HashMap::new(), now);
    assert_eq!(
        drain(&mut menu),
        [Step::StopPlaying, entered("z", Some('8')), Step::Hangup]
    );
    let mut menu = Menu::start(flow, &HashMap::new(), now);
    drain(&mut menu);
    menu.handle_digit('2', &HashMap::new(), now);
    assert_eq!(
        drain(&mut menu)[0],
        Step::Collected {
            key: "solved".into(),
            value: "2".into()
        }
    );
}

#[test]
fn a_closed_schedule_and_a_circle_both_end_in_words() {
    let now = any_instant();
    let hours = flow(
        r#"{"a":{"type":"schedule","schedule":"s","open":"a","closed":"z"},"z":{"type":"hangup","prompts":["g"]}}"#,
    );
    let mut menu = Menu::start(hours.clone(), &HashMap::from([("s".to_owned(), false)]), now);
    assert_eq!(drain(&mut menu).last(), Some(&Step::Play(vec!["g".into()])));
    let mut menu = Menu::start(hours, &HashMap::new(), now);
    assert_eq!(
        drain(&mut menu).last(),
        Some(&Step::Play(vec!["technical-fault".into()]))
    );
    menu.handle_played(&HashMap::new(), now);
    assert_eq!(drain(&mut menu), [Step::Hangup]);
}
