//! The shipped answers in words and announcements of networks (provisioning/demo/answers), through G.711, by the recogniser and the matchers
//! of survey and dialer: how many are taken for what they mean, and how soon. Writes `target/bench/answers.json`.
//! `cargo run --release --example answers_bench [-- --model FILE] [--threads N]`
#![expect(clippy::disallowed_methods, reason = "a benchmark asks for the time")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Parser;
use minsheng::transcriber::{ModelPlaces, Short, Transcriber, TranscriberSettings, find_model};
use minsheng::{audio, dialer, surveys};
use serde::{Deserialize, Serialize};
use telephony::media::Codec;

/// A question that no caller is asked: what networks say in place of whom we call.
const ANNOUNCEMENT: &str = "announcement";
/// Right answers of a hundred.
const MARK: f64 = 95.0;

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    model: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    #[arg(long, default_value = "provisioning")]
    provisioning: PathBuf,
}

#[derive(Deserialize)]
struct Answer {
    file: String,
    question: String,
    /// The key that it stands for, or what an announcement says of the number; empty: neither.
    meaning: String,
    text: String,
}

#[derive(Serialize)]
struct Wrong {
    file: String,
    said: String,
    heard: String,
    taken_for: String,
}

#[derive(Serialize)]
struct Report {
    right: usize,
    total: usize,
    percent: f64,
    mark_percent: f64,
    /// From the last word's pause to the meaning.
    ms_p50: f64,
    ms_p95: f64,
    wrong: Vec<Wrong>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let model = find_model(&ModelPlaces::new(arguments.model)).map_err(anyhow::Error::msg)?;
    let settings = TranscriberSettings {
        threads: arguments.threads,
        ..TranscriberSettings::default()
    };
    let transcriber = Transcriber::load(&model, settings)?;
    let report = measure(&transcriber, &arguments.provisioning.join("demo/answers")).await?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    std::fs::create_dir_all(target.join("bench"))?;
    std::fs::write(
        target.join("bench/answers.json"),
        serde_json::to_vec_pretty(&report)?,
    )?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    ensure!(
        report.percent >= MARK,
        "{} of {} are right",
        report.right,
        report.total
    );
    Ok(())
}

async fn measure(transcriber: &Transcriber, folder: &Path) -> anyhow::Result<Report> {
    let index = folder.join("answers.csv");
    let mut reader = csv::Reader::from_path(&index).with_context(|| index.display().to_string())?;
    let (mut total, mut wrong, mut times) = (0, Vec::new(), Vec::new());
    for answer in reader.deserialize() {
        let answer: Answer = answer?;
        let sound = narrowed(&audio::read(&folder.join(&answer.file))?);
        let began = Instant::now();
        let what = if answer.question == ANNOUNCEMENT {
            Short::Announcement
        } else {
            Short::Answer
        };
        let heard = transcriber.hear(&sound, what).await?.unwrap_or_default();
        let meant = match what {
            Short::Answer => surveys::meaning(&answer.question, "012345", &heard).map(String::from),
            Short::Announcement => dialer::announced([heard.as_str()]).map(|fate| fate.as_str().to_owned()),
        };
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        total += 1;
        let meant = meant.unwrap_or_default();
        if meant != answer.meaning {
            wrong.push(Wrong {
                file: answer.file,
                said: answer.text,
                heard,
                taken_for: meant,
            });
        }
    }
    ensure!(total > 0, "there are no answers in {}", folder.display());
    times.sort_by(f64::total_cmp);
    let right = total - wrong.len();
    Ok(Report {
        right,
        total,
        percent: right as f64 * 100.0 / total as f64,
        mark_percent: MARK,
        ms_p50: times[times.len() / 2],
        ms_p95: times[times.len() * 95 / 100],
        wrong,
    })
}

/// As a trunk carries it.
fn narrowed(sound: &[i16]) -> Vec<i16> {
    let codec = Codec::Alaw;
    let carried = |sample: &i16| codec.linear()[usize::from(codec.encode(*sample))];
    sound.iter().map(carried).collect()
}
