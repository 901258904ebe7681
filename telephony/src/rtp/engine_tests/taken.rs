//! What is taken down of a call: recordings, and words for who understands them.

use super::*;

/// What the citizen says is left; prompt, then the operator, are right.
#[test]
fn a_recording_holds_both_sides_of_the_call() {
    let mut bench = Bench::alaw();
    bench.engine.set_prompts(prompts(&[("greeting", 8_000)]));
    bench.command(MediaCommand::Record {
        leg: A,
        call: CallId(3),
        path: "x.wav".into(),
    });
    bench.command(play(A, 1, "greeting", false));
    let citizen = [Codec::Alaw.encode(-2_000); 160];
    let operator = [Codec::Alaw.encode(1_000); 160];
    for n in 0..100u16 {
        if n == 50 {
            bench.command(MediaCommand::Bridge { a: A, b: B });
        }
        bench.tick(1);
        bench.receive(A, &rtp(8, n, &citizen));
        bench.receive(B, &rtp(8, n, &operator));
    }
    bench.command(MediaCommand::Close { leg: A });
    assert!(matches!(bench.jobs[0], Job::Start { call: CallId(3), .. }));
    let Some(Job::Finish { samples: length, .. }) = bench.jobs.last() else {
        panic!()
    };
    assert_eq!(*length, 16_000);
    let all: Vec<i16> = bench
        .jobs
        .iter()
        .flat_map(|job| match job {
            Job::Block { samples, .. } => samples.to_vec(),
            _ => Vec::new(),
        })
        .collect();
    let near = |side: usize, at: usize, value: i32| (i32::from(all[2 * at + side]) - value).abs() < 70;
    assert!((0..15_900).all(|at| near(0, at, -2_000)));
    assert!((FRAME..8_100).all(|at| near(1, at, 3_000)));
    assert!((8_400..15_900).all(|at| near(1, at, 1_000)));
}

#[test]
fn a_whisper_is_mixed_for_the_operator_and_passes_the_citizen_by() {
    let supervisor = LegId(3);
    let mut bench = Bench::alaw();
    bench.command(MediaCommand::Open {
        leg: supervisor,
        port: 0,
    });
    bench.command(MediaCommand::Negotiate {
        leg: supervisor,
        stream: stream(supervisor, Codec::Alaw, None),
    });
    for (leg, from) in [(A, vec![B]), (B, vec![A, supervisor]), (supervisor, vec![A, B])] {
        bench.command(MediaCommand::Hear { leg, from });
    }
    for n in 0..20 {
        for (leg, level) in [(A, 1_000), (B, 2_000), (supervisor, 4_000)] {
            bench.receive(leg, &rtp(8, n, &[Codec::Alaw.encode(level); FRAME]));
        }
        bench.tick(1);
    }
    let level = |leg: LegId| {
        let heard = bench.rtp_to(leg);
        let code = heard.last().map_or(0, |packet| packet.payload[0]);
        i32::from(Codec::Alaw.linear()[usize::from(code)])
    };
    for (leg, wanted) in [(A, 2_000), (B, 5_000), (supervisor, 3_000)] {
        assert!((level(leg) - wanted).abs() < 200, "{leg:?} hears {}", level(leg));
    }
    assert_eq!(bench.rtp_to(A).len(), 20, "passed through as they come");
}

#[test]
fn what_somebody_says_is_taken_down_and_the_networks_tones_are_not() {
    let mut bench = Bench::alaw();
    let how = Some(crate::media::Utterance {
        pause: Duration::from_millis(600),
        longest: Duration::from_secs(5),
    });
    bench.command(MediaCommand::WatchProgress { leg: A, on: true });
    bench.command(MediaCommand::Listen { leg: A, how });
    let (mut sequence, mut at) = (0u16, 0u32);
    let mut send = |bench: &mut Bench, hertz: f32, ms: u32, level: f32| {
        for _ in 0..ms / 20 {
            let wave = |n: u32| (std::f32::consts::TAU * hertz * (at + n) as f32 / 8_000.0).sin() * level;
            // A voice is no pure tone.
            let voice = |n: u32| {
                if hertz == 450.0 {
                    wave(n)
                } else {
                    wave(n) + wave(n * 3) / 2.0
                }
            };
            let codes: Vec<u8> = (0..160).map(|n| Codec::Alaw.encode(voice(n) as i16)).collect();
            bench.receive(A, &rtp(8, sequence, &codes));
            bench.tick(1);
            sequence += 1;
            at += 160;
        }
    };
    for _ in 0..4 {
        send(&mut bench, 450.0, 340, 4_000.0);
        send(&mut bench, 450.0, 360, 0.0);
    }
    let tone = crate::media::ProgressTone::Busy;
    assert!(
        matches!(bench.events[..], [MediaEvent::Progress { leg: A, tone: t }] if t == tone),
        "{:?}",
        bench.events
    );
    bench.events.clear();
    send(&mut bench, 300.0, 500, 4_000.0);
    send(&mut bench, 300.0, 1_000, 0.0);
    let [
        MediaEvent::Speaking { leg: A },
        MediaEvent::Spoken { leg: A, sound },
    ] = &bench.events[..]
    else {
        panic!("{:?}", bench.events);
    };
    assert!((8 * 1_100..8 * 1_900).contains(&sound.0.len()), "{sound:?}");
}
