//! The table of timers.

use std::time::{Duration, Instant};

use telephony::timer::TimerTable;

#[test]
#[allow(clippy::disallowed_methods)] // any instant will do as the origin of the virtual clock
fn timers_fire_in_order_of_time_and_a_reset_moves_them() {
    let zero = Instant::now();
    let at = |s| zero + Duration::from_secs(s);
    let mut table = TimerTable::default();
    table.set("late", at(3));
    table.set("moved", at(1));
    table.set("early", at(2));
    table.set("moved", at(4));
    table.set("cleared", at(1));
    table.clear(&"cleared");
    assert_eq!(table.next(), Some(at(2)));
    assert_eq!(table.pop(at(1)), None);
    let fired: Vec<_> = std::iter::from_fn(|| table.pop(at(9))).collect();
    assert_eq!(fired, ["early", "late", "moved"]);
    assert!(table.is_empty());
}
