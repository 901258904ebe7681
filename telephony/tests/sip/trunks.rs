//! Which trunk a call takes, and what becomes of it when that fails.

use std::time::Duration;

use bytes::Bytes;
use telephony::sip::{Cause, DialError, Event, Refusal, Target, Trunk, TrunkState};

use crate::net::{ANSWER, Net, tcp, to_number, trunk, udp};

/// 0 dials; 1 at 10.0.0.2 is its first choice, 2 at 10.0.0.3 its second.
fn two_trunks(change: impl Fn(&mut Vec<Trunk>)) -> Net {
    let mut net = Net::new(1);
    let second = Trunk {
        priority: 2,
        ..trunk("second", udp(3))
    };
    let mut trunks = vec![second, trunk("first", udp(2))];
    change(&mut trunks);
    net.add(1, trunks, Vec::new());
    net.add(2, vec![trunk("back", udp(1))], Vec::new());
    net.add(3, vec![trunk("back", udp(1))], Vec::new());
    net
}

fn answered_by(net: &mut Net, node: usize) -> Option<String> {
    let leg = net.incoming(node).leg;
    net.tell(node, |agent, now| {
        agent.answer(now, leg, Bytes::from_static(ANSWER))
    });
    match net.wait(0, |e| matches!(e, Event::Answered { .. })) {
        Event::Answered { trunk, .. } => trunk,
        other => panic!("{other:?}"),
    }
}

#[test]
fn smaller_priority_goes_first() {
    let mut net = two_trunks(|_| {});
    net.dial(0, "12345");
    assert_eq!(answered_by(&mut net, 1).as_deref(), Some("first"));
}

#[test]
fn silent_trunk_is_passed_over_after_three_seconds() {
    let mut net = two_trunks(|_| {});
    net.unplug(2);
    net.dial(0, "12345");
    assert_eq!(answered_by(&mut net, 2).as_deref(), Some("second"));
    assert_eq!(net.elapsed().as_secs(), 3);
    assert_eq!(
        net.agent(0).trunk_states(),
        [
            ("second".into(), TrunkState::Up),
            ("first".into(), TrunkState::Down)
        ]
    );
    // The next call does not wait for it again, and after a while it gets another chance.
    net.dial(0, "12345");
    assert_eq!(answered_by(&mut net, 2).as_deref(), Some("second"));
    assert_eq!(net.elapsed().as_secs(), 3);
    net.wait(0, |e| {
        matches!(
            e,
            Event::TrunkChanged {
                state: TrunkState::Unknown,
                ..
            }
        )
    });
}

#[test]
fn overloaded_trunk_is_passed_over_at_once() {
    let mut net = two_trunks(|_| {});
    net.dial(0, "12345");
    let first = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.reject(now, first, 503, ""));
    assert_eq!(answered_by(&mut net, 2).as_deref(), Some("second"));
    assert!(net.elapsed() < Duration::from_secs(1));
}

#[test]
fn busy_citizen_is_busy_on_every_trunk() {
    let mut net = two_trunks(|_| {});
    net.dial(0, "12345");
    let first = net.incoming(1).leg;
    net.tell(1, |agent, now| agent.reject(now, first, 486, ""));
    assert_eq!(net.ended(0).1, Cause::Busy);
    assert!(net.take(2, |e| matches!(e, Event::Incoming(_))).is_none());
}

#[test]
fn refused_connection_is_passed_over_at_once() {
    let mut net = two_trunks(|trunks| trunks[1].hops = vec![tcp(66)]);
    net.dial(0, "12345");
    assert_eq!(answered_by(&mut net, 2).as_deref(), Some("second"));
    assert!(net.elapsed() < Duration::from_secs(1));
}

#[test]
fn second_address_of_a_trunk_is_tried_before_the_next_trunk() {
    let mut net = two_trunks(|trunks| trunks[1].hops = vec![udp(66), udp(2)]);
    net.dial(0, "12345");
    assert_eq!(answered_by(&mut net, 1).as_deref(), Some("first"));
}

#[test]
fn full_trunk_overflows_and_full_trunks_refuse() {
    let mut net = two_trunks(|trunks| trunks.iter_mut().for_each(|t| t.max_calls = 1));
    net.dial(0, "12345");
    assert_eq!(answered_by(&mut net, 1).as_deref(), Some("first"));
    let second = net.dial(0, "12345");
    assert_eq!(answered_by(&mut net, 2).as_deref(), Some("second"));
    let third = net.tell(0, |agent, now| agent.dial(now, to_number("12345")));
    assert_eq!(third, Err(DialError::NoChannel));
    net.tell(0, |agent, now| agent.hangup(now, second, Cause::Normal));
    net.dial(0, "12345");
    assert_eq!(answered_by(&mut net, 2).as_deref(), Some("second"));
}

#[test]
fn incoming_calls_beyond_the_channels_are_refused() {
    let mut net = Net::new(2);
    net.add(1, vec![trunk("far", udp(2))], Vec::new());
    net.add(
        2,
        vec![Trunk {
            max_calls: 1,
            ..trunk("near", udp(1))
        }],
        Vec::new(),
    );
    net.established();
    net.dial(0, "12345");
    assert_eq!(net.ended(0).2, 503);
    assert!(
        net.take(1, |e| matches!(
            e,
            Event::Refused {
                why: Refusal::NoChannel,
                ..
            }
        ))
        .is_some()
    );
}

#[test]
fn pinned_trunk_is_not_left_and_bad_numbers_go_nowhere() {
    let mut net = two_trunks(|_| {});
    let mut pinned = to_number("12345");
    pinned.to = Target::Number {
        number: "12345".into(),
        trunk: Some("second".into()),
    };
    net.tell(0, |agent, now| agent.dial(now, pinned)).unwrap();
    assert_eq!(answered_by(&mut net, 2).as_deref(), Some("second"));
    for bad in ["", "12345@evil", "1 2", "sip:1"] {
        let result = net.tell(0, |agent, now| agent.dial(now, to_number(bad)));
        assert_eq!(result, Err(DialError::BadNumber(bad.into())));
    }
}

#[test]
fn options_find_a_dead_trunk_and_its_return() {
    let every = Duration::from_secs(10);
    let mut net = two_trunks(|trunks| trunks.iter_mut().for_each(|t| t.options_every = every));
    for _ in 0..2 {
        net.wait(0, |e| {
            matches!(
                e,
                Event::TrunkChanged {
                    state: TrunkState::Up,
                    ..
                }
            )
        });
    }
    net.drop_if = Some(|_| true);
    for _ in 0..2 {
        net.wait(0, |e| {
            matches!(
                e,
                Event::TrunkChanged {
                    state: TrunkState::Down,
                    ..
                }
            )
        });
    }
    assert!(net.elapsed() < Duration::from_secs(20));
    assert_eq!(
        net.tell(0, |agent, now| agent.dial(now, to_number("12345"))),
        Err(DialError::NoTrunk)
    );
    net.drop_if = None;
    net.wait(0, |e| {
        matches!(
            e,
            Event::TrunkChanged {
                state: TrunkState::Up,
                ..
            }
        )
    });
}

#[test]
fn changed_settings_leave_calls_alone() {
    let mut net = Net::pair(3);
    let (a, _) = net.established();
    let settings = Net::settings(1, vec![trunk("other", udp(3))], Vec::new());
    net.tell(0, |agent, now| agent.configure(now, settings));
    assert_eq!(
        net.agent(0).trunk_states(),
        [("other".into(), TrunkState::Unknown)]
    );
    net.tell(0, |agent, now| agent.hangup(now, a, Cause::Normal));
    assert_eq!(net.ended(1).1, Cause::Normal);
}
