//! `minsheng serve`: the daemon, from reading the configuration to an orderly end.

use std::{io::IsTerminal, process::ExitCode};

use tracing_subscriber::EnvFilter;

use super::{ConfigFile, report};
use crate::{app::App, config, daemon::Daemon, lifecycle};

pub(super) async fn run(file: &ConfigFile) -> anyhow::Result<ExitCode> {
    start_log();
    let config = match config::load(&file.config) {
        Ok(config) => config,
        Err(faults) => return Ok(report(&faults)),
    };
    let drain = config.service.drain;
    let app = App::open(config).await?;
    let daemon = Daemon::start(&app).await?;
    tracing::info!(address = %daemon.http_addr(), version = env!("CARGO_PKG_VERSION"), "minsheng is running");
    lifecycle::until_told_to_stop(&app).await?;
    tracing::info!(
        seconds = drain.as_secs(),
        "stopping: no new calls, running calls may end"
    );
    lifecycle::unless_told_again(daemon.stop(drain)).await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Logs to standard output; the journal stamps the time itself. `RUST_LOG` chooses what is said.
pub(crate) fn start_log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stdout().is_terminal());
    let in_journal = std::env::var_os("JOURNAL_STREAM").is_some();
    // A second start of the log is that of a test that started one.
    let _ = if in_journal {
        log.without_time().try_init()
    } else {
        log.try_init()
    };
}
