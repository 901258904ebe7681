//! The only bridge between the hotline's slices and the telephony crate: its news become changes of calls and live state, the
//! slices' wishes its commands.
//!
//! Not responsible for call control (telephony) nor for what a call leads to (the slices).

mod addresses;
mod answers;
mod board;
mod desks;
mod ledger;
mod memory;
mod outbound;
mod recovery;
mod refusals;
mod reloading;
mod settings;
mod spoken;
mod standing;
mod trials;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use prometheus_client::metrics::gauge::Gauge;
use telephony::driver::media::MediaConfig;
use telephony::driver::{Certificate, Config as DriverConfig, Driver};
use telephony::sip::Transport;
use telephony::switch::{Command, News, Switch};
use tokio::sync::{Notify, mpsc};

use crate::app::App;
use crate::audio;
use crate::config;
use crate::events::Consumer;
use crate::prompts;
use board::Board;
use ledger::Translator;
use reloading::Reloading;

/// How often the opening hours are compared with the clock, and trunk names resolved anew.
const LOOK_AROUND: Duration = Duration::from_secs(15);

/// New settings and accounts reach the switch without a restart.
pub const CONSUMER: Consumer = Consumer {
    name: "switchboard",
    topics: &["settings.changed", "account.changed", prompts::CHANGED],
    handle: |app, _, _| Box::pin(async move { reload(app) }),
};

fn reload(app: &App) -> anyhow::Result<()> {
    // Without a switchboard (in tests) there is nobody to tell: the next start reads everything.
    if let Ok(switchboard) = app.live.switchboard() {
        switchboard.reload();
    }
    Ok(())
}

/// A running switchboard.
pub struct Switchboard {
    driver: Arc<Driver<Switch>>,
    drained: Arc<Notify>,
    keeper: tokio::task::JoinHandle<()>,
    hours: tokio::task::JoinHandle<()>,
    answers: tokio::task::JoinHandle<()>,
}

/// Starts the switch with what the database says, and connects it to `app.live`. Calls that a crash cut off are closed first.
pub async fn start(app: &App) -> anyhow::Result<Switchboard> {
    start_with(app, None).await
}

/// The same with what telephones are shown that connect by TLS.
pub async fn start_with(app: &App, certificate: Option<Certificate>) -> anyhow::Result<Switchboard> {
    let recordings = app.config.recordings();
    std::fs::create_dir_all(&recordings)?;
    recovery::close_unfinished(app, &recordings).await?;
    recovery::close_shifts(app).await?;
    let trunks = addresses::Addresses::new();
    let settings = settings::read(app, &trunks).await?;
    let told = reloading::told(&settings);
    // A trunk that never answers is one that is not known to be up, not one that is not there.
    app.live.state().trunks = app.config.trunks.iter().map(board::unknown).collect();
    let (changes, queue) = mpsc::unbounded_channel();
    let keeper = tokio::spawn(ledger::keep(app.clone(), queue));
    let placed = ledger::Placed::default();
    let drained = Arc::new(Notify::new());
    let translator = Translator {
        app: app.clone(),
        recordings,
        placed: placed.clone(),
    };
    let asked = desks::Asked::default();
    let (questions, to_answer) = mpsc::unbounded_channel();
    let board = Arc::new(Board::new(
        app.clone(),
        translator,
        changes,
        asked.clone(),
        questions,
    ));
    let listener = {
        let (board, drained) = (board.clone(), drained.clone());
        move |news: News| match news {
            News::Drained => drained.notify_one(),
            other => board.take(other),
        }
    };
    let config = DriverConfig {
        listen: app
            .config
            .sip
            .listen
            .iter()
            .map(|l| (transport(l.transport), l.address))
            .collect(),
        advertise: app.config.sip.advertise,
        media: MediaConfig {
            browser_port: Some(app.config.sip.browser_port),
            ..MediaConfig::new(media_address(app), app.rng.u64())
        },
        settings,
        seed: app.rng.u64(),
    };
    let driver = Driver::<Switch>::start_with(config, certificate.as_ref(), listener);
    let driver = driver.with_context(|| opening(app))?;
    let driver = Arc::new(driver);
    let answers = tokio::spawn(answers::answer(app.clone(), driver.clone(), to_answer));
    driver.media().set_prompts(&clips(app).await?);
    driver.command(Command::Recollect(memory::past(app).await?));
    let reloading = Reloading::new(app.clone(), driver.clone(), trunks, told);
    let reloading = Arc::new(reloading);
    let wishes = Arc::new(outbound::Wishes {
        app: app.clone(),
        driver: driver.clone(),
        placed,
        asked,
        reloading: reloading.clone(),
    });
    app.live.connect(wishes.clone());
    app.live.connect_desks(wishes);
    let strangers = Gauge::<i64>::default();
    let kept = strangers.clone();
    app.metrics.register(|registry| {
        let help = "Packets on the browsers' port that belong to no line";
        registry.register("browser_packets_unknown", help, kept);
    });
    let hours = tokio::spawn(look_around(app.clone(), driver.clone(), strangers, reloading));
    Ok(Switchboard {
        driver,
        drained,
        keeper,
        hours,
        answers,
    })
}

fn transport(transport: config::Transport) -> Transport {
    match transport {
        config::Transport::Udp => Transport::Udp,
        config::Transport::Tcp => Transport::Tcp,
        config::Transport::Tls => Transport::Tls,
        config::Transport::Ws => Transport::Ws,
    }
}

/// RTP is received where SIP is.
/// The system says "address already in use", but not which.
fn opening(app: &App) -> String {
    let sip = &app.config.sip;
    let listen: Vec<_> = sip.listen.iter().map(|l| l.address.to_string()).collect();
    format!(
        "SIP ({}) or the browsers' audio (UDP port {}) cannot be opened",
        listen.join(", "),
        sip.browser_port
    )
}

fn media_address(app: &App) -> IpAddr {
    app.config
        .sip
        .listen
        .first()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |l| l.address.ip())
}

/// The prompts of the provisioning directory, and over them the county's own. One that cannot be read is said and left out: calls go on
/// without it, or with the shipped one.
async fn clips(app: &App) -> anyhow::Result<audio::Clips> {
    let directory: PathBuf = app.config.provisioning.dir.join("prompts");
    let own = prompts::all(&mut app.db.read().await?).await?;
    let data_dir = app.config.service.data_dir.clone();
    let read = move || {
        let (mut clips, mut faults) = audio::read_tree(&directory);
        for prompt in own.iter().filter(|prompt| prompt.file.is_some()) {
            let Some(path) = prompt.path(&data_dir) else {
                continue;
            };
            match audio::read(&path) {
                Ok(samples) => drop(clips.insert(Arc::from(prompt.name.as_str()), samples)),
                Err(fault) => faults.push(fault),
            }
        }
        for fault in faults {
            tracing::error!(%fault, "a prompt cannot be played");
        }
        clips
    };
    Ok(tokio::task::spawn_blocking(read).await?)
}

/// Opens and closes by the calendar, keeps the ways back to clerks, and publishes who knocks at the browsers' port.
async fn look_around(app: App, driver: Arc<Driver<Switch>>, strangers: Gauge, reloading: Arc<Reloading>) {
    let (mut told, mut told_returns) = (HashMap::new(), HashMap::new());
    loop {
        tokio::time::sleep(LOOK_AROUND).await;
        reloading.catch_up().await;
        let unknown = driver.media().load().unknown_browser;
        strangers.set(i64::try_from(unknown).unwrap_or(i64::MAX));
        match settings::schedules(&app).await {
            Ok(schedules) if schedules != told => {
                told.clone_from(&schedules);
                driver.command(Command::Schedules(schedules));
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "opening hours cannot be read; the last known stay"),
        }
        match settings::returns(&app).await {
            Ok(returns) if returns != told_returns => {
                told_returns.clone_from(&returns);
                driver.command(Command::Returns(returns));
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "who may ring back to a clerk cannot be read; the last known stay")
            }
        }
    }
}

impl Switchboard {
    /// Where SIP is listened on by UDP.
    #[must_use]
    pub fn udp_addr(&self) -> Option<std::net::SocketAddr> {
        self.driver.udp_addr()
    }

    /// The first address of a kind that is listened on.
    #[must_use]
    pub fn addr(&self, kind: config::Transport) -> Option<SocketAddr> {
        self.driver.addr(transport(kind))
    }

    /// No new calls from now on; returns when the last call is over or the time is up.
    pub async fn drain(&self, at_most: Duration) {
        self.driver.command(Command::Drain);
        if tokio::time::timeout(at_most, self.drained.notified())
            .await
            .is_err()
        {
            tracing::warn!("calls are still running at the end of the drain time and are ended");
        }
    }

    /// Stops the threads; every change already told is written before this returns.
    pub async fn stop(self, app: &App) {
        for task in [self.hours, self.answers] {
            task.abort();
            let _ = task.await;
        }
        app.live.disconnect();
        let driver = self.driver;
        // Who still speaks is hung up on, and has a record of it.
        driver.command(Command::EndAll);
        // The driver's threads are joined here, which must not hold up the others.
        let _ = tokio::task::spawn_blocking(move || drop(driver)).await;
        let _ = self.keeper.await;
    }
}
