//! `minsheng demo`: a whole county on loopback.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::serve::start_log;
use crate::config::port_range;
use crate::demo::{self, Options};

/// The demo's own arguments.
#[derive(clap::Args)]
pub(super) struct Demo {
    /// Keep the data here; without it they are thrown away at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address of the console
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8345")]
    http: SocketAddr,
    /// Address of SIP, over UDP and TCP
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5060")]
    sip: SocketAddr,
    /// RTP ports of the hotline
    #[arg(long, value_name = "FROM-TO", default_value = "20000-23999", value_parser = ports)]
    rtp: (u16, u16),
    /// Speech model in ggml format
    #[arg(long, value_name = "FILE")]
    speech_model: Option<PathBuf>,
    /// Simulated operators who answer; the other accounts are free for your own softphone
    #[arg(long, value_name = "N", default_value_t = 6)]
    operators: usize,
    /// Citizens on the phone at the same time
    #[arg(long, value_name = "N", default_value_t = 4)]
    citizens: usize,
    /// Place so many calls and then no more
    #[arg(long, value_name = "N")]
    calls: Option<usize>,
    /// With --calls: exit when every journey has ended; 0 only if none was lost
    #[arg(long, requires = "calls")]
    exit_when_done: bool,
    /// Provisioning folder with its demo/
    #[arg(long, value_name = "DIR")]
    provisioning: Option<PathBuf>,
}

fn ports(text: &str) -> Result<(u16, u16), String> {
    port_range(text).ok_or_else(|| "expected FROM-TO, for example 20000-23999".to_owned())
}

pub(super) async fn run(demo: Demo) -> anyhow::Result<ExitCode> {
    start_log();
    if demo.calls == Some(0) {
        bail!("--calls 0: nothing to do");
    }
    let options = Options {
        provisioning: provisioning(demo.provisioning)?,
        data: demo.data,
        http: demo.http,
        sip: demo.sip,
        rtp: demo.rtp,
        speech_model: demo.speech_model,
        operators: demo.operators,
        citizens: demo.citizens.max(1),
        calls: demo.calls,
        exit_when_done: demo.exit_when_done,
    };
    let complete = demo::run(options).await?;
    Ok(if complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// As given; else beside a checkout (the working directory or above the program), else where the package puts it.
fn provisioning(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(given) = given {
        return Ok(given);
    }
    let program = std::env::current_exe().unwrap_or_default();
    let above = program.ancestors().map(|d| d.join("provisioning"));
    let places = [PathBuf::from("provisioning")]
        .into_iter()
        .chain(above)
        .chain([PathBuf::from("/usr/share/minsheng/provisioning")]);
    let is_there = |d: &PathBuf| Path::is_file(&d.join("demo/citizens.toml"));
    places
        .into_iter()
        .find(is_there)
        .context("no provisioning folder with a demo/ found: name one with --provisioning")
}
