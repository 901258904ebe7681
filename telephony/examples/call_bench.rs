//! Whole calls against a switch in a process of its own: how many at once, how many a second, how soon they hear something. The load and
//! the switch are measured apart: the switch's CPU is read from /proc by its process id.
//!
//! `call_bench [--calls N,N] [--rate N --seconds N] [--out FILE]`; `call_bench --hotline DIR` is the switch's side.

#![allow(clippy::disallowed_methods, unreachable_pub)] // a benchmark asks for the time

#[path = "call_bench/hotline.rs"]
mod hotline;
#[path = "call_bench/load.rs"]
mod load;

use std::path::PathBuf;
use std::time::Duration;

use load::Load;

struct Options {
    calls: Vec<usize>,
    rate: u32,
    seconds: u64,
    out: PathBuf,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        calls: vec![100, 200],
        rate: 60,
        seconds: 60,
        out: "target/bench/calls.json".into(),
    };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|e| format!("{name} {value}: {e}"));
        match name.as_str() {
            "--calls" => {
                let each = value
                    .split(',')
                    .map(|n| n.parse().map_err(|e| format!("{name} {n}: {e}")));
                options.calls = each.collect::<Result<_, String>>()?;
            }
            "--rate" => options.rate = number()? as u32,
            "--seconds" => options.seconds = number()?,
            "--out" => options.out = value.into(),
            _ => return Err(format!("unknown option {name}")),
        }
    }
    Ok(options)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(directory) = std::env::args().skip_while(|a| a != "--hotline").nth(1) {
        return hotline::run(directory.into());
    }
    let options = options()?;
    let most = options.calls.iter().copied().max().unwrap_or(0);
    let mut load = Load::start(most)?;
    let mut rows = Vec::new();
    let mut keep = |row: load::Row| {
        println!("{}", row.table());
        rows.push(row.json());
    };
    for &calls in &options.calls {
        keep(load.concurrent(calls, Duration::from_secs(20))?);
    }
    keep(load.rate(options.rate, Duration::from_secs(options.seconds))?);
    keep(load.answers(100)?);
    drop(load);
    if let Some(directory) = options.out.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(&options.out, serde_json::to_string_pretty(&rows)?)?;
    Ok(())
}
