//! How far the live transcript lags behind speech: one call made of the shipped recordings, growing as the recorder writes it.
//! Prints and writes `target/bench/live_transcript.json`. `cargo run --release --example live_bench [-- --model FILE] [--seconds N]`

#[path = "bench_call/mod.rs"]
mod bench_call;

use anyhow::{Context, ensure};
use bench_call::{RATE, Turn};
use clap::Parser;
use minsheng::transcriber::{LiveSegment, ModelPlaces, Side, Transcriber, TranscriberSettings, find_model};
use std::path::{Path, PathBuf};

/// As the recorder writes.
const BLOCK_MS: i64 = 500;
/// As the daemon waits when there is nothing to do.
const IDLE_MS: i64 = 150;
/// For the last words.
const LINGER_MS: i64 = 5_000;
/// Voice detection ends a word up to this much before the sound does.
const EDGE_MS: i64 = 300;

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    model: Option<PathBuf>,
    #[arg(long, default_value_t = 120)]
    seconds: usize,
    #[arg(long, default_value = "provisioning")]
    provisioning: PathBuf,
}

/// A segment and when it was there, in milliseconds of the call.
struct Shown {
    at_ms: i64,
    segment: LiveSegment,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (call, turns) = bench_call::make(&arguments.provisioning, arguments.seconds)?;
    let model = find_model(&ModelPlaces::new(arguments.model)).map_err(anyhow::Error::msg)?;
    let settings = TranscriberSettings {
        threads: 1,
        ..TranscriberSettings::default()
    };
    let engine = model.display().to_string();
    let transcriber = tokio::task::spawn_blocking(move || Transcriber::load(&model, settings)).await??;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("call.wav");
    let cpu_before = bench_call::cpu_seconds()?;
    let shown = follow(&transcriber, &path, &call).await?;
    let cpu = bench_call::cpu_seconds()? - cpu_before;
    report(&engine, arguments.seconds, &turns, &shown, cpu)
}

/// The call goes on by as much as recognition has computed, so that what else runs on the machine lengthens nothing: the lag is that of a
/// daemon whose speech thread has a core when it wants one.
async fn follow(transcriber: &Transcriber, path: &Path, call: &[u8]) -> anyhow::Result<Vec<Shown>> {
    let (mut shown, mut now_ms, data) = (Vec::new(), 0_i64, &call[44..]);
    let end_ms = (data.len() / 4 * 1000 / RATE) as i64 + LINGER_MS;
    while now_ms < end_ms {
        let written = (now_ms / BLOCK_MS * BLOCK_MS) as usize * RATE / 1000 * 4;
        let written = written.min(data.len());
        let mut file = bench_call::header(written);
        file.extend(&data[..written]);
        std::fs::write(path, file)?;
        let before = bench_call::cpu_seconds()?;
        let step = transcriber.follow("call", path, 0).await?;
        now_ms += ((bench_call::cpu_seconds()? - before) * 1000.0) as i64;
        let at_ms = now_ms;
        shown.extend(step.segments.into_iter().map(|segment| Shown { at_ms, segment }));
        if !step.has_more {
            now_ms += IDLE_MS;
        }
    }
    Ok(shown)
}

/// For every half second of speech: how long after it was said it stood in a segment.
fn lags(turns: &[Turn], shown: &[Shown]) -> (Vec<i64>, usize) {
    let (mut lags, mut missed) = (Vec::new(), 0);
    for turn in turns {
        for ms in (turn.start_ms + 500..=turn.end_ms - EDGE_MS).step_by(500) {
            let covers = |shown: &&Shown| {
                let segment = &shown.segment;
                segment.side == turn.side
                    && segment.start_ms <= ms
                    && ms <= segment.end_ms
                    && !segment.text.is_empty()
            };
            match shown.iter().find(covers) {
                Some(first) => lags.push(first.at_ms - ms),
                None => missed += 1,
            }
        }
    }
    lags.sort_unstable();
    (lags, missed)
}

fn report(engine: &str, seconds: usize, turns: &[Turn], shown: &[Shown], cpu: f64) -> anyhow::Result<()> {
    let (lags, missed) = lags(turns, shown);
    let total = lags.len() + missed;
    let percentile = |part: usize| {
        lags.get((lags.len() * part / 100).min(lags.len().saturating_sub(1)))
            .copied()
    };
    let finals: Vec<&LiveSegment> = shown
        .iter()
        .map(|shown| &shown.segment)
        .filter(|segment| segment.is_final)
        .collect();
    for segment in &finals {
        println!("{:>6} {:?} {}", segment.start_ms, segment.side, segment.text);
    }
    let report = serde_json::json!({
        "model": engine,
        "call_seconds": seconds,
        "moments": total,
        "moments_not_shown": missed,
        "lag_ms": {"p50": percentile(50), "p95": percentile(95), "max": lags.last()},
        "sentences": finals.len(),
        "cpu_per_call_second": cpu / seconds as f64,
    });
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    std::fs::create_dir_all(target.join("bench"))?;
    std::fs::write(
        target.join("bench/live_transcript.json"),
        serde_json::to_vec_pretty(&report)?,
    )?;
    println!("{report:#}");
    ensure!(
        missed * 10 <= total,
        "{missed} of {total} moments of speech were never shown"
    );
    let p95 = percentile(95).context("nothing was recognised")?;
    ensure!(
        p95 <= 3_000,
        "the live transcript lags {p95} ms behind speech, more than 3 s"
    );
    ensure!(
        turns.iter().any(|turn| turn.side == Side::Citizen),
        "nobody spoke"
    );
    Ok(())
}
