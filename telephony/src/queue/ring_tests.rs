//! Several phones at once for one caller (同振).
#![allow(clippy::unwrap_used)]
use super::strategy_tests::Hall;
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn together(ring_at_once: u32, strategy: Strategy, levels: &[u8]) -> Hall {
    let settings = QueueSettings {
        ring_at_once,
        strategy,
        ..QueueSettings::default()
    };
    Hall::new(settings, levels)
}

fn rung(hall: &mut Hall) -> Vec<String> {
    std::iter::from_fn(|| hall.offer())
        .map(|(_, name)| name)
        .collect()
}

fn state(hall: &Hall, name: &str) -> OperatorState {
    hall.queues.operator(name).unwrap().state.clone()
}

#[test]
fn the_first_of_the_strategys_order_ring_together() {
    let mut hall = together(2, Strategy::SkillLevel, &[3, 1, 2]);
    hall.call();
    assert_eq!(rung(&mut hall), ["b", "c"]);
}

#[test]
fn the_first_to_answer_has_the_call_and_the_others_are_ready_as_before() {
    let mut hall = together(3, Strategy::RoundRobin, &[1, 1, 1]);
    let call = hall.call();
    assert_eq!(rung(&mut hall), ["a", "b", "c"]);
    hall.pass(SECOND);
    let waiting = hall.queues.answered(call, "b", hall.now).unwrap();
    assert_eq!(waiting.rung, ["a", "b", "c"]);
    assert_eq!(state(&hall, "b"), OperatorState::Talking(call));
    for other in ["a", "c"] {
        assert_eq!(state(&hall, other), OperatorState::Ready);
    }
    assert_eq!(hall.queues.waiting("general").count(), 0);
    hall.queues.finished("b", "general", hall.now);
    hall.call();
    assert_eq!(rung(&mut hall), ["a", "c", "b"], "b alone has had a turn");
}

#[test]
fn who_is_outrun_has_missed_nothing() {
    let settings = QueueSettings {
        ring_at_once: 2,
        pause_after_missed: 2,
        ..QueueSettings::default()
    };
    let mut hall = Hall::new(settings, &[1, 1]);
    for _ in 0..3 {
        let call = hall.call();
        assert_eq!(rung(&mut hall).len(), 2);
        hall.queues.answered(call, "a", hall.now);
        hall.queues.finished("a", "general", hall.now);
    }
    assert_eq!(state(&hall, "b"), OperatorState::Ready);
}

#[test]
fn one_who_declines_leaves_the_others_ringing_and_the_next_takes_the_place() {
    let mut hall = together(2, Strategy::LongestIdle, &[1, 1, 1]);
    let call = hall.call();
    assert_eq!(rung(&mut hall), ["a", "b"]);
    hall.queues.offer_failed(call, "a", hall.now);
    assert_eq!(rung(&mut hall), ["c"]);
    assert_eq!(state(&hall, "b"), OperatorState::Ringing(call));
    hall.queues.offer_failed(call, "c", hall.now);
    assert_eq!(rung(&mut hall), [""; 0], "nobody is left to ask so soon");
    assert_eq!(
        hall.queues.deadline(hall.now),
        Some(hall.now + REST_AFTER_REFUSAL)
    );
    hall.pass(REST_AFTER_REFUSAL);
    assert_eq!(rung(&mut hall), ["a"]);
}

#[test]
fn everybody_who_waits_has_one_phone_before_anybody_has_two() {
    let mut hall = together(2, Strategy::LongestIdle, &[1, 1, 1]);
    let calls = [hall.call(), hall.call()];
    let offers: Vec<_> = std::iter::from_fn(|| hall.offer()).collect();
    let expected = [(calls[0], "a"), (calls[1], "b"), (calls[0], "c")];
    assert_eq!(offers, expected.map(|(call, name)| (call, name.to_owned())));
}

#[test]
fn a_further_tier_joins_those_who_ring() {
    let step = SECOND * 5;
    let mut hall = together(2, Strategy::Tiers { step }, &[1, 2]);
    hall.call();
    assert_eq!(rung(&mut hall), ["a"]);
    assert_eq!(hall.queues.deadline(hall.now), Some(hall.now + step));
    hall.pass(step);
    assert_eq!(rung(&mut hall), ["b"]);
}

#[test]
fn fresh_phones_do_not_keep_a_caller_from_the_overflow() {
    let mut hall = together(2, Strategy::LongestIdle, &[1, 1, 1]);
    let call = hall.call();
    rung(&mut hall);
    hall.pass(SECOND * 300);
    hall.queues.offer_failed(call, "a", hall.now);
    assert_eq!(rung(&mut hall), [""; 0]);
    assert_eq!(hall.queues.poll_overflow(hall.now), None, "b may still answer");
    hall.queues.offer_failed(call, "b", hall.now);
    assert_eq!(hall.queues.poll_overflow(hall.now), Some(call));
}
