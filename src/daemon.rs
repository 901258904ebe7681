//! Everything that runs around an [`App`]: event consumers, job workers, the switchboard and the web server, started in the order in which they need
//! each other and stopped in the reverse. Not responsible for signals and readiness (see `lifecycle`).

use std::{net::SocketAddr, time::Duration};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    calls, dialer, events, http, jobs, surveys,
    switchboard::{self, Switchboard},
    tickets, transcriber, transcripts,
};

/// SQLite's log is written back into the database this often.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);
const TIDY_EVERY: Duration = Duration::from_secs(2);
/// Left to others after each piece that was merged, which takes some milliseconds.
const TIDY_PAUSE: Duration = Duration::from_millis(50);

pub struct Daemon {
    app: App,
    stop: CancellationToken,
    workers: JoinSet<()>,
    switchboard: Switchboard,
    server: http::Server,
}

impl Daemon {
    /// Fails when an address is taken; nothing is left running then.
    pub async fn start(app: &App) -> anyhow::Result<Self> {
        transcriber::connect(app).await;
        let certificate = http::certificate_for_phones(app).await?;
        let switchboard = switchboard::start_with(app, certificate).await?;
        // The calls that a crash cut off are closed by now: those that we placed are tried again.
        dialer::recover(app).await?;
        surveys::recover(app).await?;
        calls::retention::begin(app).await?;
        let server = http::start(app.clone()).await?;
        let (stop, mut workers) = (CancellationToken::new(), JoinSet::new());
        for consumer in app.registry.consumers.clone() {
            workers.spawn(events::run(app.clone(), consumer, stop.clone()));
        }
        for kind in app.registry.jobs.clone() {
            workers.spawn(jobs::run(app.clone(), kind, stop.clone()));
        }
        workers.spawn(http::told::run(app.clone(), stop.clone()));
        workers.spawn(transcripts::live::run(app.clone(), stop.clone()));
        workers.spawn(checkpoint(app.clone(), stop.clone()));
        workers.spawn(tidy(app.clone(), stop.clone()));
        Ok(Self {
            app: app.clone(),
            stop,
            workers,
            switchboard,
            server,
        })
    }

    pub fn http_addr(&self) -> SocketAddr {
        self.server.address
    }

    /// Where SIP is listened on by UDP.
    pub fn sip_addr(&self) -> Option<SocketAddr> {
        self.switchboard.udp_addr()
    }

    /// No new calls; calls and jobs under way may go on for `drain` each. The records are written last.
    pub async fn stop(self, drain: Duration) {
        self.switchboard.drain(drain).await;
        self.switchboard.stop(&self.app).await;
        self.app.stopping.cancel();
        self.app.ending.cancel();
        self.stop.cancel();
        let mut workers = self.workers;
        let ended = async { while workers.join_next().await.is_some() {} };
        if tokio::time::timeout(drain, ended).await.is_err() {
            tracing::warn!("jobs were cut off; they are taken up again at the next start");
        }
        self.server.stop(Duration::from_secs(2)).await;
        self.app.db.close().await;
    }
}

async fn checkpoint(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(CHECKPOINT_EVERY) => {}
        }
        if let Err(error) = app.db.checkpoint().await {
            tracing::warn!(%error, "the database's log could not be written back");
        }
    }
}

/// What steps wrote into the index of words grows together in between.
async fn tidy(app: App, stop: CancellationToken) {
    loop {
        let tidied = async {
            tokio::time::sleep(TIDY_EVERY).await;
            tickets::tidy(&app, || tokio::time::sleep(TIDY_PAUSE)).await
        };
        tokio::select! {
            () = stop.cancelled() => return,
            tidied = tidied => if let Err(error) = tidied {
                tracing::warn!(%error, "the index of words could not be merged");
            }
        }
    }
}
