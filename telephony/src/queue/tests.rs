#![allow(clippy::unwrap_used)]
use proptest::prelude::{Just, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy as Generator;

use super::*;
use crate::testing::any_instant;

fn queue(name: &str, priority: u32) -> QueueSettings {
    QueueSettings {
        name: name.into(),
        title: name.into(),
        skill: name.into(),
        priority,
        ring: Duration::from_secs(20),
        wrap_up: Duration::from_secs(30),
        announce: Duration::from_secs(20),
        max_wait: Duration::from_secs(300),
        ..QueueSettings::default()
    }
}

fn desk(operators: &[(&str, &[&str])], now: Instant) -> Queues {
    let mut queues = Queues::default();
    let operators = operators
        .iter()
        .map(|(name, skills)| OperatorSettings {
            name: (*name).into(),
            skills: skills.iter().map(|s| (*s).into()).collect(),
        })
        .collect();
    queues.configure(vec![queue("general", 5), queue("hrss", 1)], operators, now);
    queues
}

fn sign_in(queues: &mut Queues, name: &str, at: Instant) {
    queues.operator_mut(name).unwrap().phone_present(true, at);
}

#[test]
fn the_longest_idle_operator_with_the_skill_is_rung() {
    let now = any_instant();
    let mut queues = desk(&[("a", &["general"]), ("b", &["general"]), ("c", &["hrss"])], now);
    sign_in(&mut queues, "c", now);
    sign_in(&mut queues, "b", now + Duration::from_secs(1));
    sign_in(&mut queues, "a", now + Duration::from_secs(2));
    queues.enqueue(CallId(1), "general", "", now).unwrap();
    let offer = queues.poll_offer(now).unwrap();
    assert_eq!((offer.operator.as_str(), offer.call), ("b", CallId(1)));
    assert_eq!(queues.poll_offer(now), None, "a caller is offered once");
}

#[test]
fn the_first_priority_is_served_before_the_longer_wait() {
    let now = any_instant();
    let mut queues = desk(&[("a", &["general", "hrss"])], now);
    queues.enqueue(CallId(1), "general", "", now).unwrap();
    queues
        .enqueue(CallId(2), "hrss", "", now + Duration::from_secs(60))
        .unwrap();
    sign_in(&mut queues, "a", now + Duration::from_secs(61));
    assert_eq!(
        queues.poll_offer(now + Duration::from_secs(61)).unwrap().call,
        CallId(2)
    );
}

#[test]
fn a_caller_keeps_the_place_when_a_phone_rings_out_and_tries_the_next_operator() {
    let now = any_instant();
    let mut queues = desk(&[("a", &["general"]), ("b", &["general"])], now);
    sign_in(&mut queues, "a", now);
    queues.enqueue(CallId(1), "general", "", now).unwrap();
    queues.enqueue(CallId(2), "general", "", now).unwrap();
    assert_eq!(queues.poll_offer(now).unwrap().operator, "a");
    let later = now + Duration::from_secs(20);
    queues.offer_failed(CallId(1), "a", later);
    assert_eq!(queues.position(CallId(1)), Some(1));
    sign_in(&mut queues, "b", later);
    let offer = queues.poll_offer(later).unwrap();
    assert_eq!((offer.call, offer.operator.as_str()), (CallId(1), "b"));
    assert_eq!(
        queues.poll_offer(later).unwrap().call,
        CallId(2),
        "a is free for another caller"
    );
}

#[test]
fn wrap_up_ends_by_itself_and_a_pause_waits_for_the_end_of_the_call() {
    let now = any_instant();
    let mut queues = desk(&[("a", &["general"])], now);
    sign_in(&mut queues, "a", now);
    queues.enqueue(CallId(1), "general", "", now).unwrap();
    queues.poll_offer(now).unwrap();
    queues.answered(CallId(1), "a", now);
    queues.finished("a", "general", now);
    assert_eq!(queues.operator("a").unwrap().state, OperatorState::WrapUp);
    let end = queues.deadline(now).unwrap();
    assert_eq!(end, now + Duration::from_secs(30));
    queues.handle_timeout(end);
    assert_eq!(queues.operator("a").unwrap().state, OperatorState::Ready);

    queues.enqueue(CallId(2), "general", "", end).unwrap();
    queues.poll_offer(end).unwrap();
    queues.answered(CallId(2), "a", end);
    queues.operator_mut("a").unwrap().pause("rest".into(), end);
    assert_eq!(
        queues.operator("a").unwrap().state,
        OperatorState::Talking(CallId(2))
    );
    queues.finished("a", "general", end);
    queues.handle_timeout(end + Duration::from_secs(30));
    assert_eq!(
        queues.operator("a").unwrap().state,
        OperatorState::Paused("rest".into())
    );
}

#[test]
fn a_long_wait_overflows_and_an_unstaffed_queue_at_once() {
    let now = any_instant();
    let mut queues = desk(&[("a", &["general"])], now);
    queues.enqueue(CallId(1), "general", "", now).unwrap();
    assert_eq!(queues.poll_overflow(now + Duration::from_secs(299)), None);
    assert_eq!(
        queues.poll_overflow(now + Duration::from_secs(300)),
        Some(CallId(1))
    );
    queues.stay(CallId(1));
    assert_eq!(queues.poll_overflow(now + Duration::from_secs(999)), None);
    let mut unstaffed = queue("general", 5);
    unstaffed.overflow_when_unstaffed = true;
    queues.configure(vec![unstaffed], vec![], now);
    queues.enqueue(CallId(2), "general", "", now).unwrap();
    assert_eq!(queues.poll_overflow(now), Some(CallId(2)));
}

#[derive(Debug, Clone)]
enum Act {
    Enqueue(bool),
    SignIn(usize),
    SignOut(usize),
    Answer(usize),
    Refuse(usize),
    Finish(usize),
    Pause(usize),
    Ready(usize),
    Leave(usize),
    Pass(u64),
}

fn acts() -> impl Generator<Value = Vec<Act>> {
    let op = 0..3usize;
    prop::collection::vec(
        prop_oneof![
            any::<bool>().prop_map(Act::Enqueue),
            op.clone().prop_map(Act::SignIn),
            op.clone().prop_map(Act::SignOut),
            op.clone().prop_map(Act::Answer),
            op.clone().prop_map(Act::Refuse),
            op.clone().prop_map(Act::Finish),
            op.clone().prop_map(Act::Pause),
            op.prop_map(Act::Ready),
            (0..20usize).prop_map(Act::Leave),
            (1..40u64).prop_map(Act::Pass),
        ],
        1..120,
    )
}

fn settings(priority: u32) -> impl Generator<Value = QueueSettings> {
    let strategy = prop_oneof![
        Just(Strategy::LongestIdle),
        Just(Strategy::LeastTalk),
        Just(Strategy::RoundRobin),
        Just(Strategy::SkillLevel),
        (1..60u64).prop_map(|s| Strategy::Tiers {
            step: Duration::from_secs(s)
        }),
    ];
    let seconds = || prop_oneof![Just(0), 1..100u64].prop_map(Duration::from_secs);
    (strategy, seconds(), seconds(), 0..4u32, 0..4u32).prop_map(
        move |(strategy, ageing, sticky, max_waiting, pause_after_missed)| QueueSettings {
            strategy,
            ageing,
            sticky,
            max_waiting,
            pause_after_missed,
            ..queue("", priority)
        },
    )
}

proptest! {
    #[test]
    fn nobody_is_offered_twice_and_nobody_is_overtaken_in_the_same_queue(acts in acts(), general in settings(5), hrss in settings(1)) {
        let names = ["a", "b", "c"];
        let mut now = any_instant();
        let mut queues = desk(&[("a", &["general"]), ("b", &["general", "hrss"]), ("c", &["hrss"])], now);
        let levels = |name: &str, skills: &[(&str, u8)]| OperatorSettings {
            name: name.into(),
            skills: skills.iter().map(|(name, level)| Skill { name: (*name).into(), level: *level }).collect(),
        };
        let operators = vec![
            levels("a", &[("general", 1)]), levels("b", &[("general", 2), ("hrss", 3)]), levels("c", &[("hrss", 1)]),
        ];
        let [general, hrss] = [("general", general), ("hrss", hrss)]
            .map(|(name, settings)| QueueSettings { name: name.into(), skill: name.into(), ..settings });
        queues.configure(vec![general, hrss], operators, now);
        let mut calls = 0;
        for act in acts {
            match act {
                Act::Enqueue(hrss) => {
                    calls += 1;
                    let caller = format!("1380000000{}", calls % 4);
                    queues.enqueue(CallId(calls), if hrss { "hrss" } else { "general" }, &caller, now).unwrap();
                    queues.remember(&caller, names[(calls % 3) as usize], now);
                }
                Act::SignIn(i) => sign_in(&mut queues, names[i], now),
                Act::SignOut(i) => queues.operator_mut(names[i]).unwrap().phone_present(false, now),
                Act::Answer(i) => if let OperatorState::Ringing(call) = queues.operator(names[i]).unwrap().state {
                    queues.answered(call, names[i], now);
                },
                Act::Refuse(i) => if let OperatorState::Ringing(call) = queues.operator(names[i]).unwrap().state {
                    queues.offer_failed(call, names[i], now);
                },
                Act::Finish(i) => if matches!(queues.operator(names[i]).unwrap().state, OperatorState::Talking(_)) {
                    queues.finished(names[i], "general", now);
                },
                Act::Pause(i) => queues.operator_mut(names[i]).unwrap().pause("rest".into(), now),
                Act::Ready(i) => queues.operator_mut(names[i]).unwrap().set_ready(now),
                Act::Leave(i) => {
                    let call = CallId(i as u64);
                    if let Some(left) = queues.remove(call)
                        && let Some(operator) = left.offered_to { queues.offer_withdrawn(&operator, now); }
                }
                Act::Pass(s) => { now += Duration::from_secs(s); queues.handle_timeout(now); }
            }
            while let Some(offer) = queues.poll_offer(now) {
                let queue = queues.waiting.iter().find(|w| w.call == offer.call).unwrap().queue.clone();
                let earlier = queues.waiting(&queue).take_while(|w| w.call != offer.call);
                // Someone earlier in the same queue may only be passed over for an operator who just refused them.
                for w in earlier {
                    prop_assert!(w.offered_to.is_some() || w.rests(&offer.operator, now));
                }
            }
            let mut ringing: Vec<_> = queues.waiting.iter().filter_map(|w| w.offered_to.clone()).collect();
            let count = ringing.len();
            ringing.sort();
            ringing.dedup();
            prop_assert_eq!(ringing.len(), count, "an operator rings for one caller");
            for name in names {
                let o = queues.operator(name).unwrap();
                if let OperatorState::Ringing(call) = o.state {
                    prop_assert!(queues.waiting.iter().any(|w| w.call == call && w.offered_to.as_deref() == Some(name)));
                }
            }
        }
    }
}
