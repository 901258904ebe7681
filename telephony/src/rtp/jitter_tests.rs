use super::*;
use crate::testing::any_instant;
use proptest::prelude::{any, prop_assert, prop_assert_eq};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;

/// Packets on their way: when each arrives, in microseconds, and which it is.
type Trace = Vec<(u64, u32)>;

const TICK: u64 = 20_000;
/// Packets whose codes can be told apart.
const ROUND: u32 = 200;

/// Loud, and different for each code.
fn linear() -> [i16; 256] {
    std::array::from_fn(|code| 1_000 + 64 * code as i16)
}

/// `count` packets of 20 ms from a clock that is off by `ppm`, each delayed by what `delay` says (None: lost).
fn trace(count: u32, ppm: i64, mut delay: impl FnMut(u32) -> Option<u64>) -> Trace {
    let mut trace: Trace = (0..count)
        .filter_map(|n| {
            let sent = u64::from(n) * TICK;
            let drift = sent as i64 * ppm / 1_000_000;
            Some((30_000 + sent.saturating_add_signed(drift) + delay(n)?, n))
        })
        .collect();
    trace.sort_by_key(|(at, _)| *at);
    trace
}

/// What is taken every 20 ms, sample by sample, as the numbers of packets; None is a gap.
struct Played {
    samples: Vec<Option<u32>>,
    /// The tick of each frame.
    ticks: Vec<u64>,
    targets: Vec<i64>,
}

fn play(trace: &Trace, phase: u64, first: u16) -> Played {
    let (start, linear) = (any_instant(), linear());
    let mut buffer = JitterBuffer::default();
    let (mut samples, mut ticks, mut targets) = (Vec::new(), Vec::new(), Vec::new());
    let mut arriving = trace.iter().peekable();
    let mut newest = 0;
    let last = trace.last().map_or(0, |(at, _)| *at);
    for tick in 0..=(last / TICK + 10) {
        let until = tick * TICK + phase;
        while let Some((at, n)) = arriving.next_if(|(at, _)| *at <= until) {
            let payload = [(n % ROUND) as u8; FRAME];
            let packet = Packet {
                marker: false,
                payload_type: 8,
                sequence: first.wrapping_add(*n as u16),
                timestamp: (u32::from(first) * 65_536).wrapping_add(65_000 + n * FRAME as u32),
                ssrc: 7,
                payload: &payload,
            };
            newest = newest.max(*n);
            buffer.put(start + Duration::from_micros(*at), &packet, &linear);
        }
        if let Some(frame) = buffer.take(start + Duration::from_micros(until)) {
            ticks.push(tick);
            samples.extend(frame.iter().map(|sample| number(*sample, newest)));
        }
        targets.push(buffer.target());
    }
    Played {
        samples,
        ticks,
        targets,
    }
}

/// The packet not newer than `newest` whose code this is.
fn number(sample: i16, newest: u32) -> Option<u32> {
    let code = (sample != GAP).then(|| (sample - 1_000) / 64)?;
    let back = (newest % ROUND + ROUND - code as u32) % ROUND;
    newest.checked_sub(back)
}

impl Played {
    /// Samples heard of each packet. Panics when anything is heard twice or in the wrong order.
    fn heard(&self) -> Vec<usize> {
        let played = || self.samples.iter().flatten().map(|n| *n as usize);
        assert!(played().is_sorted(), "in the order of speech");
        let mut heard = vec![0; played().max().map_or(0, |n| n + 1)];
        played().for_each(|n| heard[n] += 1);
        assert!(
            heard.iter().all(|samples| *samples <= FRAME),
            "said once, heard once"
        );
        heard
    }

    /// The share of these packets that is heard whole.
    fn whole(&self, packets: std::ops::Range<usize>) -> f64 {
        let (heard, length) = (self.heard(), packets.len());
        let whole = packets.filter(|n| heard.get(*n) == Some(&FRAME)).count();
        whole as f64 / length as f64
    }

    /// From the arrival of a packet to its first sample, in ticks.
    fn delay(&self, n: u32, trace: &Trace) -> u64 {
        let sample = self
            .samples
            .iter()
            .position(|s| *s == Some(n))
            .expect("it is heard");
        let arrival = trace.iter().find(|(_, m)| *m == n).map_or(0, |(at, _)| *at);
        self.ticks[sample / FRAME] - arrival / TICK
    }
}

proptest::proptest! {
    #[test]
    fn a_clean_network_costs_40_to_60_ms_and_loses_nothing_wherever_numbers_begin(
        phase in 0..TICK, first in any::<u16>(),
    ) {
        let trace = trace(500, 0, |_| Some(0));
        let played = play(&trace, phase, first);
        prop_assert_eq!(played.whole(0..500), 1.0);
        prop_assert!((2..=3).contains(&played.delay(400, &trace)));
        prop_assert!(played.targets.iter().all(|target| *target == LEAST));
    }

    #[test]
    fn loss_doubles_and_reordering_leave_gaps_only_where_packets_are_lost(
        seed in any::<u64>(), phase in 0..TICK, first in any::<u16>(), loss in 0.0..0.2f64, jitter in 0..40_000u64,
    ) {
        let mut rng = SmallRng::seed_from_u64(seed);
        let mut lost = 0;
        let mut trace = trace(1_000, 0, |n| {
            let delay = rng.random_range(0..=jitter);
            let keep = !rng.random_bool(loss);
            lost += u32::from(!keep && n >= 100);
            keep.then_some(delay)
        });
        let doubles: Trace = trace.iter().filter(|(_, n)| n % 9 == 0).map(|(at, n)| (at + 15_000, *n)).collect();
        trace.extend(doubles);
        trace.sort_by_key(|(at, _)| *at);
        let played = play(&trace, phase, first);
        let arrived = f64::from(900 - lost) / 900.0;
        let whole = played.whole(100..1_000);
        prop_assert!(whole >= arrived - 0.05, "{} of {}", whole, arrived);
        prop_assert!(played.targets.iter().all(|target| (LEAST..=MOST).contains(target)));
    }

    #[test]
    fn no_packets_make_it_panic_or_wait_for_ever(
        packets in proptest::collection::vec((any::<u16>(), any::<u32>(), 0..3u32, 0..3_000usize, 0..400u64), 0..60),
    ) {
        let (mut now, linear, payload) = (any_instant(), linear(), [0; 3_000]);
        let mut buffer = JitterBuffer::default();
        for (sequence, timestamp, ssrc, length, pause) in packets {
            let payload = &payload[..length];
            let packet = Packet { marker: false, payload_type: 8, sequence, timestamp, ssrc, payload };
            buffer.put(now, &packet, &linear);
            now += Duration::from_millis(pause);
            buffer.take(now);
            prop_assert!((LEAST..=MOST).contains(&buffer.target()));
        }
    }
}

#[test]
fn bursts_make_the_target_grow_until_nothing_is_lost_and_it_shrinks_when_they_are_over() {
    // Once a second the network stands still for 70 ms; after 20 s it no longer does.
    let still = |n: u32| match n % 50 {
        _ if n >= 1_000 => 0,
        turn @ 0..=3 => 70_000 - u64::from(turn) * TICK,
        _ => 0,
    };
    let trace = trace(4_000, 0, |n| Some(still(n)));
    let played = play(&trace, 3_000, 9);
    assert!(played.whole(500..1_000) > 0.98, "{}", played.whole(500..1_000));
    assert!(played.targets[1_000] >= 560, "{}", played.targets[1_000]);
    assert!(played.targets[1_100] >= 540, "it shrinks slowly");
    assert_eq!(*played.targets.last().unwrap(), LEAST);
    assert!(
        played.delay(3_990, &trace) <= 6,
        "{}",
        played.delay(3_990, &trace)
    );
}

#[test]
fn a_clock_that_is_off_is_followed() {
    for ppm in [-200, 200] {
        let mut rng = SmallRng::seed_from_u64(5);
        let trace = trace(30_000, ppm, |_| Some(rng.random_range(0..10_000)));
        let played = play(&trace, 11_000, 65_000);
        assert!(played.whole(0..30_000) > 0.995, "{}", played.whole(0..30_000));
        for n in [10_000, 20_000, 29_500] {
            let n = (n..).find(|n| played.samples.contains(&Some(*n))).unwrap();
            assert!((2..=6).contains(&played.delay(n, &trace)), "{ppm} {n}");
        }
    }
}

#[test]
fn a_way_that_becomes_longer_or_shorter_is_followed_within_half_a_second() {
    for (before, after) in [(0, 300_000), (300_000, 0)] {
        let trace = trace(500, 0, |n| Some(if n < 250 { before } else { after }));
        let played = play(&trace, 0, 1);
        assert!(played.whole(0..225) > 0.95 && played.whole(275..500) > 0.98);
    }
}

#[test]
fn who_falls_silent_is_placed_anew() {
    let trace: Trace = trace(1_000, 0, |n| (!(100..500).contains(&n)).then_some(0));
    let played = play(&trace, 0, 1);
    assert!(played.whole(500..1_000) > 0.99 && played.whole(0..100) == 1.0);
}

#[test]
fn doubles_that_come_long_after_say_nothing_about_the_network() {
    let mut trace = trace(500, 0, |_| Some(0));
    let doubles: Trace = trace.iter().map(|(at, n)| (at + 200_000, *n)).collect();
    trace.extend(doubles);
    trace.sort_unstable();
    let played = play(&trace, 0, 1);
    assert_eq!(played.whole(0..500), 1.0);
    assert!(played.targets.iter().all(|target| *target == LEAST));
}

#[test]
fn jitter_is_the_mean_deviation_of_transit_times() {
    let mut transit = Transit::default();
    for n in 0..400 {
        transit.observe(1_000 + n % 2 * 200);
    }
    assert!((190..=200).contains(&transit.jitter()), "{}", transit.jitter());
    assert_eq!((transit.least(), transit.spread()), (1_000, 200));
    for _ in 0..200 {
        transit.observe(1_000);
    }
    assert!(transit.jitter() <= 1, "{}", transit.jitter());
}
