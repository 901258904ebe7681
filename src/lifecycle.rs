//! Between the daemon and who started it: readiness and watchdog for systemd, and the signals that end it. What is stopped in which
//! order is the daemon's matter.

use std::{future::Future, time::Duration};

use anyhow::Context;
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::App;

/// An alarm must not be later than ten seconds.
const LOOK_EVERY: Duration = Duration::from_secs(4);

/// Says that the daemon is ready, feeds the watchdog, and returns when the daemon is told to stop.
pub async fn until_told_to_stop(app: &App) -> anyhow::Result<()> {
    let (mut terminate, mut interrupt) = signals()?;
    notify(&[NotifyState::Ready]);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = watch(app) => {}
    }
    notify(&[NotifyState::Stopping]);
    app.stopping.cancel();
    Ok(())
}

/// Lets the orderly end take its time, unless a second signal asks for it at once.
pub async fn unless_told_again(end: impl Future<Output = ()>) {
    let Ok((mut terminate, mut interrupt)) = signals() else {
        return end.await;
    };
    let mut end = std::pin::pin!(end);
    let mut pings = tokio::time::interval(watchdog_interval().unwrap_or(Duration::from_secs(3600)));
    loop {
        tokio::select! {
            () = &mut end => return,
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            // Draining is no hang: the watchdog must not cut running calls off.
            _ = pings.tick() => notify(&[NotifyState::Watchdog]),
        }
    }
    tracing::warn!("stopping at once: told a second time");
}

fn signals() -> anyhow::Result<(Signal, Signal)> {
    let terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be handled")?;
    let interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be handled")?;
    Ok((terminate, interrupt))
}

/// Looks every few seconds whether facts can be stored, says so when that changes, and pings systemd after each look. A database that
/// cannot write (a full disk) is no reason for a restart, which would end calls and mend nothing; a process that no longer gets round
/// to looking is one.
async fn watch(app: &App) {
    let mut looks = tokio::time::interval(watchdog_interval().unwrap_or(LOOK_EVERY).min(LOOK_EVERY));
    let mut was_writable = true;
    loop {
        looks.tick().await;
        let writable = app.self_check().await;
        if writable != was_writable {
            was_writable = writable;
            match writable {
                true => tracing::info!("the database takes writes again"),
                false => tracing::error!("ALARM: the database takes no writes; calls go on, facts wait"),
            }
        }
        notify(&[NotifyState::Watchdog]);
    }
}

/// Half of what systemd allows.
fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled()
        .map(|limit| limit / 2)
        .filter(|interval| !interval.is_zero())
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}
