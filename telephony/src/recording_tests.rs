use super::*;
use crate::media::Codec;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

fn collect(jobs: Vec<Job>) -> (Vec<i16>, u64) {
    let mut samples = Vec::new();
    let mut length = 0;
    for job in jobs {
        match job {
            Job::Block {
                index,
                samples: block,
                ..
            } => {
                assert_eq!(index as usize * 2 * BLOCK, samples.len());
                samples.extend_from_slice(&block);
            }
            Job::Finish { samples, .. } => length = samples,
            Job::Start { .. } => {}
        }
    }
    samples.truncate(2 * length as usize);
    (samples, length)
}

/// A call over a bad network: each second begins with a loud frame; where do these frames end up?
struct Network {
    loss: f64,
    jitter_ms: u64,
    drift_ppm: i64,
}

impl Network {
    fn record(&self, seconds: u64, seed: u64) -> (Vec<i16>, u64) {
        let mut rng = SmallRng::seed_from_u64(seed);
        let start = crate::testing::any_instant();
        let mut arrivals = Vec::new();
        for n in 0..seconds * 50 {
            if rng.random_bool(self.loss) && n % 50 != 0 {
                continue;
            }
            let sent_us = n as i64 * 20_000 * (1_000_000 + self.drift_ppm) / 1_000_000;
            arrivals.push((
                sent_us as u64 + 20_000 + rng.random_range(0..=self.jitter_ms) * 1_000,
                n,
            ));
        }
        arrivals.sort_unstable();
        let (mut recording, mut pool, mut jobs) =
            (Recording::new(start, CallId(1)), Pool::default(), Vec::new());
        let mut arrivals = arrivals.into_iter().peekable();
        for tick in 1..=seconds * 50 {
            let now = start + Duration::from_millis(20 * tick);
            while let Some((at, n)) = arrivals.next_if(|(at, _)| *at <= tick * 20_000) {
                let code = Codec::Alaw.encode(if n % 50 == 0 { 8_000 } else { 100 });
                let then = start + Duration::from_micros(at);
                recording
                    .timeline
                    .received(then, 5, (n * 160) as u32, &[code; 160], Codec::Alaw.linear());
            }
            recording.advance(now, &mut pool, &mut jobs);
        }
        recording.finish(start + Duration::from_secs(seconds), &mut pool, &mut jobs);
        collect(jobs)
    }
}

fn loud_starts(samples: &[i16]) -> Vec<usize> {
    let left: Vec<bool> = samples
        .iter()
        .step_by(2)
        .map(|s| *s != GAP && *s > 4_000)
        .collect();
    (0..left.len())
        .filter(|n| left[*n] && (*n == 0 || !left[n - 1]))
        .collect()
}

#[test]
fn the_recording_is_as_long_as_the_call_whatever_the_network_does() {
    for network in [
        Network {
            loss: 0.0,
            jitter_ms: 0,
            drift_ppm: 0,
        },
        Network {
            loss: 0.2,
            jitter_ms: 80,
            drift_ppm: 0,
        },
        Network {
            loss: 0.2,
            jitter_ms: 80,
            drift_ppm: 150,
        },
        Network {
            loss: 0.2,
            jitter_ms: 80,
            drift_ppm: -150,
        },
    ] {
        let (samples, length) = network.record(120, 3);
        assert_eq!(length, 120 * 8_000);
        assert_eq!(samples.len(), 2 * 120 * 8_000);
        let starts = loud_starts(&samples);
        assert!((118..=120).contains(&starts.len()), "{}", starts.len());
        for (second, start) in starts.iter().enumerate() {
            let offset = start % 8_000;
            let near = offset.min(8_000 - offset);
            assert!(near <= 160 * 6, "second {second} begins {near} samples off");
        }
    }
}

#[test]
fn without_jitter_every_sample_is_where_it_was_spoken() {
    let (samples, _) = Network {
        loss: 0.0,
        jitter_ms: 0,
        drift_ppm: 0,
    }
    .record(10, 1);
    assert_eq!(
        loud_starts(&samples),
        (0..10).map(|s| s * 8_000).collect::<Vec<_>>()
    );
    assert!(samples.iter().step_by(2).all(|s| *s != GAP));
}

#[test]
fn both_sides_share_the_timeline() {
    let start = crate::testing::any_instant();
    let (mut recording, mut pool, mut jobs) = (Recording::new(start, CallId(1)), Pool::default(), Vec::new());
    let at = start + Duration::from_millis(620);
    let loud = [Codec::Mulaw.encode(9_000); 160];
    recording.timeline.received(
        at + Duration::from_millis(20),
        1,
        77,
        &loud,
        Codec::Mulaw.linear(),
    );
    recording.timeline.sent(at, 99, &loud, Codec::Mulaw.linear());
    recording.advance(start + Duration::from_secs(2), &mut pool, &mut jobs);
    recording.finish(start + Duration::from_millis(2_300), &mut pool, &mut jobs);
    let (samples, length) = collect(jobs);
    assert_eq!(length, 18_400);
    let first = |side: usize| samples.iter().skip(side).step_by(2).position(|s| *s > 8_000);
    assert_eq!((first(0), first(1)), (Some(4_960), Some(4_960)));
}

#[test]
fn speech_from_before_the_recording_is_cut_off() {
    let start = crate::testing::any_instant();
    let (mut recording, mut pool, mut jobs) = (Recording::new(start, CallId(1)), Pool::default(), Vec::new());
    recording.timeline.received(
        start + Duration::from_millis(5),
        1,
        0,
        &[0; 160],
        Codec::Alaw.linear(),
    );
    recording.finish(start + Duration::from_millis(20), &mut pool, &mut jobs);
    let (samples, length) = collect(jobs);
    assert_eq!(length, 160);
    assert_eq!(samples.iter().step_by(2).filter(|s| **s != GAP).count(), 40);
}

#[test]
fn blocks_are_let_go_less_than_a_second_after_they_were_spoken() {
    let start = crate::testing::any_instant();
    let (mut recording, mut pool, mut jobs) = (Recording::new(start, CallId(1)), Pool::default(), Vec::new());
    for tick in 0..500u64 {
        let now = start + Duration::from_millis(20 * tick);
        recording.advance(now, &mut pool, &mut jobs);
        let written = jobs.len() as u64 * 500;
        assert!(written + 1_000 > 20 * tick, "{tick}");
        assert!(written + 300 <= 20 * tick || written == 0, "{tick}");
    }
}

#[test]
fn blocks_are_used_again() {
    let mut pool = Pool::default();
    let mut block = pool.take();
    block.fill(5);
    let address = block.as_ptr();
    pool.put(block);
    let again = pool.take();
    assert_eq!(again.as_ptr(), address);
    assert!(again.iter().all(|s| *s == GAP));
}
