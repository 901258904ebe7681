//! A survey campaign of 10,000 citizens against a virtual carrier and clock, on a real database, with the daemon killed fifty times between
//! any two statements. Prints and writes `target/bench/campaign.json`; fails when a mark is missed.
//! `cargo run --release --example campaign_bench [-- --citizens N --kills N --seed N]`

#[path = "../tests/support/campaign.rs"]
mod campaign;

use std::path::PathBuf;

use clap::Parser;
use minsheng::clock::Clock;

const MARK_SECONDS: f64 = 60.0;

#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 10_000)]
    citizens: usize,
    #[arg(long, default_value_t = 50)]
    kills: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value = "provisioning")]
    provisioning: PathBuf,
}

// One thing happens after another here: more threads would only hand each other the work.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let clock = Clock::system();
    let begin = clock.now();
    let Arguments {
        citizens,
        kills,
        seed,
        provisioning,
    } = arguments;
    let report = campaign::run(citizens, kills, seed, &provisioning).await?;
    let seconds = (clock.now() - begin).as_seconds_f64();
    let faults: usize = report.faults.values().sum();
    println!(
        "{citizens} citizens, {} kills, {} calls in {} days, {} cut off by a kill, at most {} at once: {seconds:.1} s",
        report.kills, report.calls, report.days, report.cut, report.most_at_once
    );
    for (fault, count) in &report.faults {
        println!("{count:>6} {fault}");
    }
    let json = serde_json::json!({
        "citizens": report.citizens, "kills": report.kills, "calls": report.calls, "cut": report.cut, "days": report.days,
        "most_at_once": report.most_at_once, "seconds": seconds, "faults": report.faults,
    });
    std::fs::create_dir_all("target/bench")?;
    std::fs::write("target/bench/campaign.json", serde_json::to_string_pretty(&json)?)?;
    anyhow::ensure!(faults == 0, "{faults} faults");
    anyhow::ensure!(report.kills == kills, "only {} kills", report.kills);
    anyhow::ensure!(
        seconds < MARK_SECONDS,
        "{seconds:.1} s, the mark is {MARK_SECONDS} s"
    );
    Ok(())
}
