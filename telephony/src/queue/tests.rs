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

#[test]
fn new_settings_hold_for_those_who_wait_already() {
    let now = any_instant();
    let silent = QueueSettings {
        announce: Duration::ZERO,
        ..queue("general", 5)
    };
    let mut queues = Queues::default();
    queues.configure(vec![silent.clone()], vec![], now);
    queues.enqueue(CallId(1), "general", "", now).unwrap();
    let later = now + Duration::from_secs(60);
    assert_eq!(
        (queues.poll_announcement(later), queues.poll_overflow(later)),
        (None, None)
    );
    let changed = QueueSettings {
        announce: Duration::from_secs(20),
        max_wait: Duration::from_secs(30),
        ..silent
    };
    queues.configure(vec![changed], vec![], later);
    assert_eq!(queues.poll_announcement(later), Some((CallId(1), 1)));
    assert_eq!(queues.poll_overflow(later), Some(CallId(1)));
}

#[test]
fn who_waits_for_operators_who_are_all_paused_goes_on_where_the_queue_says_so() {
    let now = any_instant();
    let mut queues = desk(&[("a", &["general"]), ("b", &["hrss"])], now);
    sign_in(&mut queues, "a", now);
    sign_in(&mut queues, "b", now);
    queues.operator_mut("a").unwrap().pause("lunch".into(), now);
    queues.enqueue(CallId(1), "general", "", now).unwrap();
    assert_eq!(queues.poll_overflow(now), None);
    let settings = QueueSettings {
        overflow_when_paused: true,
        ..queue("general", 5)
    };
    let operators: Vec<_> = queues.operators().map(|o| o.settings.clone()).collect();
    queues.configure(vec![settings, queue("hrss", 1)], operators, now);
    assert_eq!(queues.poll_overflow(now), Some(CallId(1)));
    queues.operator_mut("a").unwrap().set_ready(now);
    assert_eq!(queues.poll_overflow(now), None);
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
    (strategy, seconds(), seconds(), 0..4u32, 0..4u32, 0..4u32).prop_map(
        move |(strategy, ageing, sticky, max_waiting, pause_after_missed, ring_at_once)| QueueSettings {
            strategy,
            ageing,
            sticky,
            max_waiting,
            pause_after_missed,
            ring_at_once,
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
        let (mut calls, mut answered) = (0, Vec::new());
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
                    let before: Vec<_> = names.map(|name| queues.operator(name).unwrap().idle_since).into();
                    let rung = queues.answered(call, names[i], now).unwrap().rung;
                    answered.push(call);
                    // Who was outrun is free at once, in the old place of the idle line, and nobody else talks in the call.
                    for (name, idle_since) in names.iter().zip(before).filter(|(name, _)| rung.iter().any(|r| r == *name)) {
                        let operator = queues.operator(name).unwrap();
                        prop_assert_eq!(operator.state == OperatorState::Talking(call), *name == names[i]);
                        prop_assert!(!matches!(operator.state, OperatorState::Ringing(_)));
                        prop_assert_eq!(operator.idle_since, idle_since);
                    }
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
                    for operator in queues.remove(call).map(|left| left.rung).unwrap_or_default() {
                        queues.offer_withdrawn(&operator, now);
                    }
                }
                Act::Pass(s) => { now += Duration::from_secs(s); queues.handle_timeout(now); }
            }
            while let Some(offer) = queues.poll_offer(now) {
                prop_assert!(!answered.contains(&offer.call), "a call that was taken rings nowhere");
                let queue = queues.waiting.iter().find(|w| w.call == offer.call).unwrap().queue.clone();
                let earlier = queues.waiting(&queue).take_while(|w| w.call != offer.call);
                // Someone earlier in the same queue may only be passed over for an operator who just refused them.
                for w in earlier {
                    prop_assert!(!w.rung.is_empty() || w.rests(&offer.operator, now));
                }
            }
            for w in &queues.waiting {
                let at_once = queues.settings(&w.queue).unwrap().ring_at_once.max(1);
                prop_assert!(w.rung.len() <= at_once as usize);
            }
            let mut ringing: Vec<_> = queues.waiting.iter().flat_map(|w| w.rung.clone()).collect();
            let count = ringing.len();
            ringing.sort();
            ringing.dedup();
            prop_assert_eq!(ringing.len(), count, "an operator rings for one caller");
            for name in names {
                let o = queues.operator(name).unwrap();
                if let OperatorState::Ringing(call) = o.state {
                    prop_assert!(queues.waiting.iter().any(|w| w.call == call && w.rung.iter().any(|r| r == name)));
                }
            }
        }
    }

    #[test]
    fn nobody_starves_behind_a_better_queue_that_never_empties(
        better in settings(1), lesser in settings(5), ageing in 5..90u64, before in 0..6u64, talks in prop::collection::vec(10..200u64, 400)
    ) {
        let mut now = any_instant();
        let mut queues = desk(&[("a", &["general", "hrss"])], now);
        let aged = |name: &str, settings: QueueSettings| QueueSettings {
            name: name.into(), skill: name.into(), ageing: Duration::from_secs(ageing), wrap_up: Duration::ZERO, ..settings
        };
        let operators: Vec<_> = queues.operators().map(|o| o.settings.clone()).collect();
        queues.configure(vec![aged("general", lesser), aged("hrss", better)], operators, now);
        sign_in(&mut queues, "a", now);
        let mut calls = 0;
        let mut call = |queues: &mut Queues, queue: &str, now| {
            calls += 1;
            queues.enqueue(CallId(calls), queue, "", now).unwrap();
            CallId(calls)
        };
        for _ in 0..before {
            call(&mut queues, "hrss", now);
        }
        let (patient, since) = (call(&mut queues, "general", now), now);
        // Once five spans of waiting have gone by, nobody is better who came later: what came before is all there is to wait for.
        let (mut late, mut served) = (0, false);
        for talk in talks {
            call(&mut queues, "hrss", now);
            late += u64::from(now >= since + Duration::from_secs(5 * ageing));
            let offer = queues.poll_offer(now).unwrap();
            queues.answered(offer.call, &offer.operator, now).unwrap();
            served |= offer.call == patient;
            if served { break; }
            prop_assert!(late <= before + 1, "passed over {} times", late);
            now += Duration::from_secs(talk);
            queues.finished("a", "hrss", now);
        }
        prop_assert!(served);
    }

    #[test]
    fn a_strategy_names_one_of_the_free_and_after_long_enough_everybody_may_be_named(
        settings in settings(5), levels in prop::collection::vec((1..6u8, 0..500u64, 0..1_000_000u64, 0..50u64), 1..6), waited in 0..1000u64
    ) {
        let (now, strategy) = (any_instant() + Duration::from_secs(1000), settings.strategy);
        let names = ["a", "b", "c", "d", "e"];
        let free: Vec<Candidate<'static>> = names.into_iter().zip(&levels).map(|(name, &(level, idle, talk_share, last_turn))| Candidate {
            name, idle_since: now - Duration::from_secs(idle), talk_share, last_turn, level,
        }).collect();
        let best = free.iter().map(|c| c.level).min().unwrap();
        let choose = |waited: Duration, among: &[Candidate<'static>]| {
            let chosen = strategy.choose(among.iter().copied(), best, waited, None);
            among.iter().find(|c| Some(c.name) == chosen).copied()
        };
        let waited = Duration::from_secs(waited);
        let chosen = choose(waited, &free).unwrap();
        let of_all = |worth: fn(&Candidate<'static>) -> u64| free.iter().map(worth).min().unwrap() == worth(&chosen);
        let is_right = match strategy {
            Strategy::LongestIdle => free.iter().all(|c| chosen.idle_since <= c.idle_since),
            Strategy::LeastTalk => of_all(|c| c.talk_share),
            Strategy::RoundRobin => of_all(|c| c.last_turn),
            Strategy::Tiers { .. } | Strategy::SkillLevel => of_all(|c| u64::from(c.level)),
        };
        prop_assert!(is_right);
        // Alone, each is named in the end.
        for one in &free {
            prop_assert_eq!(choose(Duration::MAX, &[*one]).map(|c| c.name), Some(one.name));
        }
        prop_assert!(strategy.choose(std::iter::empty(), best, waited, None).is_none());
    }
}
