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

fn keys(menu: &mut Menu, digits: &str, now: Instant) {
    for digit in digits.chars() {
        menu.handle_digit(digit, &HashMap::new(), now);
    }
}

const NUMBER: &str = r##"{
    "a":{"type":"digits","key":"ticket","prompts":["ask"],"min":3,"max":5,"timeout_seconds":8,"tries":2,"next":"told","none":"q"},
    "told":{"type":"ticket_status","digits":"ticket","next":"q","none":"none"},
    "none":{"type":"say","prompts":["ticket-none"],"next":"q"},
    "q":{"type":"queue","queue":"general"}}"##;

fn asked(digits: &str) -> Step {
    Step::AskTicket {
        digits: Some(digits.into()),
    }
}

#[test]
fn a_number_ends_by_hash_by_length_or_by_silence() {
    let now = any_instant();
    for (typed, kept) in [
        ("1234#", "1234"),
        ("12345", "12345"),
        ("9*678#", "678"),
        ("321", "321"),
    ] {
        let mut menu = Menu::start(flow(NUMBER), &HashMap::new(), now);
        drain(&mut menu);
        keys(&mut menu, typed, now);
        menu.handle_timeout(&HashMap::new(), now + Duration::from_secs(8));
        let steps = drain(&mut menu);
        assert_eq!(steps[0], Step::StopPlaying, "the first key stops the prompt");
        assert!(steps.contains(&asked(kept)), "{typed}: {steps:?}");
    }
}

#[test]
fn too_few_digits_are_asked_for_again_and_then_given_up() {
    let now = any_instant();
    let mut menu = Menu::start(flow(NUMBER), &HashMap::new(), now);
    keys(&mut menu, "12#", now);
    assert_eq!(
        drain(&mut menu).last(),
        Some(&Step::Play(vec!["invalid-key".into(), "ask".into()]))
    );
    menu.handle_played(&HashMap::new(), now);
    menu.handle_timeout(&HashMap::new(), now + Duration::from_secs(8));
    assert_eq!(
        drain(&mut menu).last(),
        Some(&Step::Enqueue {
            queue: "general".into()
        })
    );
}

#[test]
fn a_ticket_that_is_found_is_told_and_one_that_is_not_leads_on() {
    let now = any_instant();
    for words in [Some(vec!["status-closed".to_owned()]), None] {
        let mut menu = Menu::start(flow(NUMBER), &HashMap::new(), now);
        keys(&mut menu, "12345", now);
        drain(&mut menu);
        menu.handle_ticket(words.clone(), &HashMap::new(), now);
        let said = words.unwrap_or_else(|| vec!["ticket-none".to_owned()]);
        assert_eq!(drain(&mut menu).last(), Some(&Step::Play(said)));
        menu.handle_played(&HashMap::new(), now);
        assert_eq!(
            drain(&mut menu).last(),
            Some(&Step::Enqueue {
                queue: "general".into()
            })
        );
    }
}

const WHO: &str = r#"{
    "a":{"type":"caller","tests":{"vip":"v","blacklist":"b"},"otherwise":"q"},
    "v":{"type":"queue","queue":"vip"},
    "b":{"type":"hangup","prompts":["goodbye"]},
    "q":{"type":"queue","queue":"general"}}"#;

#[test]
fn what_is_known_of_a_caller_chooses_and_nobody_waits_for_it_long() {
    let now = any_instant();
    let queue = |name: &str| Some(Step::Enqueue { queue: name.into() });
    let cases = [
        (Some(BTreeSet::from([Fact::Vip])), queue("vip")),
        (Some(BTreeSet::from([Fact::Repeat])), queue("general")),
        (
            Some(BTreeSet::from([Fact::Vip, Fact::Blacklist])),
            Some(Step::Play(vec!["goodbye".into()])),
        ),
        (None, queue("general")),
    ];
    for (facts, wanted) in cases {
        let mut menu = Menu::start(flow(WHO), &HashMap::new(), now);
        assert_eq!(drain(&mut menu), [entered("a", None), Step::AskFacts]);
        match facts {
            Some(facts) => menu.handle_facts(facts, &HashMap::new(), now),
            None => menu.handle_timeout(&HashMap::new(), now + Duration::from_secs(2)),
        }
        assert_eq!(drain(&mut menu).last().cloned(), wanted);
    }
}

#[test]
fn facts_that_come_too_late_move_nobody() {
    let now = any_instant();
    let mut menu = Menu::start(flow(WHO), &HashMap::new(), now);
    menu.handle_timeout(&HashMap::new(), now + Duration::from_secs(2));
    drain(&mut menu);
    menu.handle_facts(BTreeSet::from([Fact::Vip]), &HashMap::new(), now);
    assert_eq!(drain(&mut menu), []);
}

#[test]
fn a_greeting_is_heard_whole_and_a_mark_is_kept() {
    let now = any_instant();
    let flow = flow(
        r#"{"a":{"type":"greet","prompts":["notice"],"next":"m"},
            "m":{"type":"survey","key":"mark","prompts":["mark"],"timeout_seconds":5,"next":"z"},"z":{"type":"hangup"}}"#,
    );
    let mut menu = Menu::start(flow, &HashMap::new(), now);
    drain(&mut menu);
    menu.handle_digit('1', &HashMap::new(), now);
    assert_eq!(drain(&mut menu), []);
    menu.handle_played(&HashMap::new(), now);
    drain(&mut menu);
    menu.handle_digit('4', &HashMap::new(), now);
    let mark = Step::Collected {
        key: "mark".into(),
        value: "4".into(),
    };
    assert_eq!(
        drain(&mut menu),
        [mark, Step::StopPlaying, entered("z", Some('4')), Step::Hangup]
    );
}
