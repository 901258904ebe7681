#![allow(clippy::unwrap_used)]
use super::*;
use crate::testing::any_instant;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// One queue with operators "a", "b", … of these levels, all signed in.
pub(super) struct Hall {
    pub(super) queues: Queues,
    pub(super) now: Instant,
    calls: u64,
}

impl Hall {
    pub(super) fn new(settings: QueueSettings, levels: &[u8]) -> Self {
        let now = any_instant();
        let names = ["a", "b", "c", "d"];
        let operator = |(name, &level): (&&str, &u8)| OperatorSettings {
            name: (*name).into(),
            skills: vec![Skill {
                name: "general".into(),
                level,
            }],
        };
        let settings = QueueSettings {
            name: "general".into(),
            skill: "general".into(),
            ..settings
        };
        let other = QueueSettings {
            name: "hrss".into(),
            priority: settings.priority.saturating_sub(3),
            ..settings.clone()
        };
        let mut queues = Queues::default();
        let operators: Vec<_> = names.iter().zip(levels).map(operator).collect();
        queues.configure(vec![settings, other], operators, now);
        for name in names.iter().take(levels.len()) {
            queues.operator_mut(name).unwrap().phone_present(true, now);
        }
        Self {
            queues,
            now,
            calls: 0,
        }
    }

    fn of(strategy: Strategy, levels: &[u8]) -> Self {
        let settings = QueueSettings {
            strategy,
            ..QueueSettings::default()
        };
        Self::new(settings, levels)
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.queues.handle_timeout(self.now);
    }

    fn call_from(&mut self, caller: &str, queue: &str) -> CallId {
        self.calls += 1;
        let call = CallId(self.calls);
        self.queues.enqueue(call, queue, caller, self.now).unwrap();
        call
    }

    pub(super) fn call(&mut self) -> CallId {
        self.call_from("", "general")
    }

    pub(super) fn offer(&mut self) -> Option<(CallId, String)> {
        let offer = self.queues.poll_offer(self.now)?;
        Some((offer.call, offer.operator))
    }

    /// A call comes, is offered, and is talked for so long. Who took it?
    fn conversation(&mut self, length: Duration) -> String {
        self.call();
        let (call, operator) = self.offer().unwrap();
        self.queues.answered(call, &operator, self.now);
        self.pass(length);
        self.queues.finished(&operator, "general", self.now);
        operator
    }
}

#[test]
fn in_turn_means_one_after_the_other_however_long_their_calls_were() {
    let mut hall = Hall::of(Strategy::RoundRobin, &[1, 1, 1]);
    let takers: Vec<String> = [60, 1, 300, 5, 5, 5]
        .map(|s| hall.conversation(SECOND * s))
        .into();
    assert_eq!(takers, ["a", "b", "c", "a", "b", "c"]);
}

#[test]
fn whoever_talked_least_of_the_shift_is_rung_and_a_newcomer_is_not_flooded() {
    let mut hall = Hall::of(Strategy::LeastTalk, &[1, 1]);
    assert_eq!(hall.conversation(MINUTE * 10), "a");
    assert_eq!(hall.conversation(MINUTE), "b");
    assert_eq!(hall.conversation(MINUTE), "b", "ten minutes against one");
    // b leaves and comes back: with an empty record, but one short call makes it the larger share of a short time.
    hall.queues
        .operator_mut("b")
        .unwrap()
        .phone_present(false, hall.now);
    hall.queues
        .operator_mut("b")
        .unwrap()
        .phone_present(true, hall.now);
    assert_eq!(hall.conversation(MINUTE), "b");
    assert_eq!(hall.conversation(MINUTE), "a");
}

#[test]
fn the_best_level_among_the_free_is_rung_at_once() {
    let mut hall = Hall::of(Strategy::SkillLevel, &[3, 2, 2]);
    hall.call();
    hall.call();
    hall.call();
    let takers: Vec<String> = std::iter::from_fn(|| hall.offer())
        .map(|(_, name)| name)
        .collect();
    assert_eq!(takers, ["b", "c", "a"]);
}

#[test]
fn a_further_tier_joins_only_after_its_step_of_waiting() {
    let mut hall = Hall::of(Strategy::Tiers { step: SECOND * 15 }, &[1, 2, 4]);
    let calls = [hall.call(), hall.call(), hall.call()];
    assert_eq!(hall.offer(), Some((calls[0], "a".into())));
    assert_eq!(hall.offer(), None, "the second tier is kept back");
    assert_eq!(hall.queues.deadline(hall.now), Some(hall.now + SECOND * 15));
    hall.pass(SECOND * 15);
    assert_eq!(hall.offer(), Some((calls[1], "b".into())));
    hall.pass(SECOND * 29);
    assert_eq!(hall.offer(), None, "nobody is in the third tier");
    hall.pass(SECOND);
    assert_eq!(hall.offer(), Some((calls[2], "c".into())));
}

#[test]
fn a_tier_that_nobody_is_in_is_not_waited_for() {
    let mut hall = Hall::of(Strategy::Tiers { step: SECOND * 15 }, &[3]);
    let call = hall.call();
    assert_eq!(hall.offer(), Some((call, "a".into())));
}

#[test]
fn who_waits_long_in_the_lesser_queue_is_served_before_the_newest_of_the_better_one() {
    let settings = QueueSettings {
        ageing: SECOND * 30,
        ..QueueSettings::default()
    };
    let mut hall = Hall::new(settings, &[]);
    let old = hall.call();
    hall.pass(SECOND * 89);
    let preferred = hall.call_from("", "hrss");
    let order = |hall: &mut Hall| {
        let now = hall.now;
        let mut queues: Vec<(u32, CallId)> = (0..2)
            .map(|at| (hall.queues.priority_of(at, now), hall.queues.waiting[at].call))
            .collect();
        queues.sort_by_key(|(priority, _)| *priority);
        queues.into_iter().map(|(_, call)| call).collect::<Vec<_>>()
    };
    assert_eq!(order(&mut hall), [preferred, old]);
    hall.pass(SECOND);
    assert_eq!(order(&mut hall), [old, preferred], "three steps, and came first");
}

#[test]
fn a_stream_of_better_callers_does_not_starve_the_one_in_the_lesser_queue() {
    let settings = QueueSettings {
        ageing: SECOND * 30,
        ..QueueSettings::default()
    };
    let mut hall = Hall::new(settings, &[1]);
    hall.call_from("", "hrss");
    let patient = hall.call();
    // Another better one for each that is served: without ageing the patient one would wait for ever.
    let served: Vec<CallId> = (0..10)
        .map(|_| {
            hall.call_from("", "hrss");
            let (call, operator) = hall.offer().unwrap();
            hall.queues.answered(call, &operator, hall.now);
            hall.pass(MINUTE);
            hall.queues.finished(&operator, "general", hall.now);
            call
        })
        .collect();
    assert!(served[..4].contains(&patient), "{served:?}");
}

#[test]
fn a_caller_put_back_to_the_head_is_not_passed_by_age() {
    let settings = QueueSettings {
        ageing: SECOND * 10,
        ..QueueSettings::default()
    };
    let mut hall = Hall::new(settings, &[1]);
    hall.queues
        .operator_mut("a")
        .unwrap()
        .pause("rest".into(), hall.now);
    hall.call();
    hall.pass(SECOND * 40);
    hall.queues
        .enqueue_first(CallId(99), "general", hall.now)
        .unwrap();
    hall.queues.operator_mut("a").unwrap().set_ready(hall.now);
    assert_eq!(hall.offer(), Some((CallId(99), "a".into())));
}

#[test]
fn who_calls_again_comes_to_the_operator_who_knows_the_matter_if_free() {
    let settings = QueueSettings {
        sticky: MINUTE * 30,
        ..QueueSettings::default()
    };
    let mut hall = Hall::new(settings, &[1, 1]);
    hall.queues.remember("13800000001", "b", hall.now);
    let again = hall.call_from("13800000001", "general");
    assert_eq!(hall.offer(), Some((again, "b".into())), "though a is as idle");
    let busy = hall.call_from("13800000001", "general");
    assert_eq!(
        hall.offer(),
        Some((busy, "a".into())),
        "b rings: nobody waits for b"
    );
    hall.queues.remove(again);
    hall.queues.remove(busy);
    hall.queues.offer_withdrawn("a", hall.now);
    hall.pass(SECOND);
    hall.queues.offer_withdrawn("b", hall.now);
    hall.pass(MINUTE * 30);
    let late = hall.call_from("13800000001", "general");
    assert_eq!(hall.offer(), Some((late, "a".into())), "it is too long ago");
}

#[test]
fn after_a_restart_it_is_known_again_who_knows_whom_and_how_long_calls_take() {
    let settings = QueueSettings {
        sticky: MINUTE * 30,
        wrap_up: SECOND * 10,
        ..QueueSettings::default()
    };
    let mut hall = Hall::new(settings, &[1, 1]);
    let past = |caller: &str, operator: &str, minutes: u32| Past {
        caller: caller.into(),
        operator: operator.into(),
        queue: "general".into(),
        talked: SECOND * 50,
        ago: MINUTE * minutes,
    };
    // One who called since the restart is known from that call.
    hall.queues.remember("13800000003", "a", hall.now);
    let talks = [
        past("13800000002", "b", 31),
        past("13800000001", "a", 20),
        past("13800000001", "b", 10),
        past("13800000003", "b", 5),
    ];
    hall.queues.recollect(talks.to_vec(), hall.now);
    assert_eq!(
        hall.queues.expected_wait("general", 2),
        Some(MINUTE),
        "no longer the typical length"
    );
    let known = hall.call_from("13800000001", "general");
    assert_eq!(
        hall.offer(),
        Some((known, "b".into())),
        "the last one knows the matter"
    );
    hall.queues.remove(known);
    hall.queues.offer_withdrawn("b", hall.now);
    let since = hall.call_from("13800000003", "general");
    assert_eq!(hall.offer(), Some((since, "a".into())));
    hall.queues.remove(since);
    hall.pass(SECOND);
    hall.queues.offer_withdrawn("a", hall.now);
    // b has been idle for longer, and yet is not asked as one who knows: that was too long ago.
    assert_eq!(
        hall.queues.memory.recall("13800000002", MINUTE * 30, hall.now),
        None
    );
}

#[test]
fn the_oldest_callers_are_forgotten_first() {
    let mut memory = memory::Memory::default();
    let (start, day) = (any_instant(), MINUTE * 60 * 24);
    for n in 0..10_001u32 {
        memory.remember(&format!("{n}"), "a", day, start + SECOND * n);
    }
    let now = start + SECOND * 10_001;
    assert_eq!(memory.recall("0", day, now), None);
    assert_eq!(memory.recall("1", day, now).as_deref(), Some("a"));
    assert_eq!(memory.recall("10000", day, now).as_deref(), Some("a"));
}

#[test]
fn a_queue_that_is_full_gives_the_newcomer_back_at_once() {
    let settings = QueueSettings {
        max_waiting: 2,
        ..QueueSettings::default()
    };
    let mut hall = Hall::new(settings, &[]);
    hall.call();
    hall.call();
    assert_eq!(hall.queues.poll_overflow(hall.now), None);
    let third = hall.call();
    assert_eq!(hall.queues.poll_overflow(hall.now), Some(third));
    hall.queues.stay(third);
    assert_eq!(hall.queues.poll_overflow(hall.now), None);
}

#[test]
fn calls_in_a_row_that_are_not_taken_pause_the_operator() {
    let settings = QueueSettings {
        pause_after_missed: 2,
        ..QueueSettings::default()
    };
    let mut hall = Hall::new(settings, &[1]);
    let miss = |hall: &mut Hall| {
        let call = hall.call();
        let (_, operator) = hall.offer().unwrap();
        hall.queues.offer_failed(call, &operator, hall.now);
        hall.queues.remove(call);
    };
    miss(&mut hall);
    hall.conversation(SECOND);
    miss(&mut hall);
    assert_eq!(
        hall.queues.operator("a").unwrap().state,
        OperatorState::Ready,
        "one was taken between"
    );
    miss(&mut hall);
    let paused = OperatorState::Paused(MISSED.to_owned());
    assert_eq!(hall.queues.operator("a").unwrap().state, paused);
    hall.queues.operator_mut("a").unwrap().set_ready(hall.now);
    miss(&mut hall);
    assert_eq!(hall.queues.operator("a").unwrap().state, OperatorState::Ready);
}

#[test]
fn the_expected_wait_follows_the_length_of_calls_and_the_number_of_operators() {
    let mut hall = Hall::of(Strategy::LongestIdle, &[1, 1]);
    assert_eq!(
        hall.queues.expected_wait("general", 2),
        Some(SECOND * 180),
        "as is typical"
    );
    for _ in 0..60 {
        hall.conversation(SECOND * 60);
    }
    let wait = hall.queues.expected_wait("general", 2).unwrap();
    assert!(wait.abs_diff(SECOND * 60) < SECOND, "{wait:?}");
    hall.queues
        .operator_mut("b")
        .unwrap()
        .pause("rest".into(), hall.now);
    let wait = hall.queues.expected_wait("general", 2).unwrap();
    assert!(wait.abs_diff(SECOND * 120) < SECOND, "{wait:?}");
    hall.queues
        .operator_mut("a")
        .unwrap()
        .phone_present(false, hall.now);
    assert_eq!(hall.queues.expected_wait("general", 2), None, "nobody is there");
}
