//! `minsheng demo`: a whole county on loopback. A simulated carrier whose citizens speak recorded Mandarin over real SIP and RTP,
//! operators who answer, an office that works, around the same daemon that serves a county.
//!
//! Not part of production: nothing outside this folder knows it.

mod cast;
mod client;
mod interview;
mod office;
mod play;
mod report;
mod stage;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use telephony::LegId;
use telephony::phone::PhoneNews;
use tokio::sync::mpsc;

use crate::app::App;
use crate::audio;
use crate::config::{self, Config};
use crate::daemon::Daemon;
use crate::live;
use cast::Cast;
use client::Client;
use office::Office;
use play::Play;
use stage::{Bank, Places, Stage};

/// All log-ins of the demo, which listens on loopback only unless told otherwise.
pub const PASSWORD: &str = "minsheng-demo";

#[derive(Debug, Clone)]
pub struct Options {
    /// None: a directory of its own that is removed at the end.
    pub data: Option<PathBuf>,
    pub http: SocketAddr,
    pub sip: SocketAddr,
    pub rtp: (u16, u16),
    pub speech_model: Option<PathBuf>,
    pub provisioning: PathBuf,
    /// Simulated operators who answer.
    pub operators: usize,
    /// Citizens on the phone at the same time.
    pub citizens: usize,
    /// Stop calling after so many.
    pub calls: Option<usize>,
    pub exit_when_done: bool,
}

/// What moves the play on.
pub enum Cue {
    Phone(Bank, PhoneNews),
    PickUp(Bank, LegId),
    Press(LegId, char),
    /// The next line of the conversation on this desk.
    Speak(LegId),
    LosePatience(LegId),
    Leave(Bank, LegId),
}

/// A new citizen dials this often while there is room.
const ENTER_EVERY: Duration = Duration::from_millis(1500);
const COUNT_EVERY: Duration = Duration::from_secs(2);
/// A journey that has not ended by then is lost.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Runs until interrupted, or with `exit_when_done` until every journey has ended. True when nothing was lost.
pub async fn run(options: Options) -> anyhow::Result<bool> {
    let (data, temporary) = match &options.data {
        Some(data) => (data.clone(), false),
        None => (
            std::env::temp_dir().join(format!("minsheng-demo-{}", std::process::id())),
            true,
        ),
    };
    std::fs::create_dir_all(&data).with_context(|| data.display().to_string())?;
    let result = play_in(&options, &data).await;
    if temporary {
        // What is left over is in the system's temporary directory, which is cleaned by the system.
        let _ = std::fs::remove_dir_all(&data);
    }
    result
}

async fn play_in(options: &Options, data: &Path) -> anyhow::Result<bool> {
    let demo = options.provisioning.join("demo");
    let mut cast = Cast::read(&demo)?;
    let (clips, faults) = audio::read_tree(&demo);
    anyhow::ensure!(
        faults.is_empty(),
        "demo clips: {}",
        faults
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    );
    let places = places(options)?;
    let app = App::open(config(options, data, &places)).await?;
    crate::provisioning::load_demo(&app, PASSWORD).await?;
    let operators: Vec<String> = cast.of_role("operator").map(|p| p.username.clone()).collect();
    let daemon = Daemon::start(&app).await?;
    let router = crate::http::router(app.clone());
    let first = operators.first().context("the demo has no operator")?.clone();
    let clerks: HashMap<String, String> = cast
        .of_role("unit")
        .map(|p| (p.unit_code.clone(), p.username.clone()))
        .collect();
    let office = Office::open(app.clone(), router.clone(), PASSWORD, &first, clerks).await?;
    let admin = Client::log_in(router, "admin", PASSWORD).await?;
    welcome(options, daemon.http_addr());

    let (cues, mut queue) = mpsc::unbounded_channel();
    let at_desks: Vec<String> = operators.into_iter().take(options.operators).collect();
    let stage = Stage::set(&places, &at_desks, PASSWORD, &clips, app.rng.u64(), &cues)?;
    cast.citizens
        .retain(|c| options.calls.is_none() || c.survey.is_some());
    let county = ("12345".to_owned(), "05345012345".to_owned());
    let mut play = Play::new(stage, cast, cues, app.rng.clone(), county);
    let with_transcripts = app.live.state().speech != live::Speech::NoModel;
    let (mut enter, mut count) = (
        tokio::time::interval(ENTER_EVERY),
        tokio::time::interval(COUNT_EVERY),
    );
    let office = tokio::spawn(office.open_all_day());
    let stopwatch = report::Stopwatch::default();
    tokio::spawn(stopwatch.clone().run(app.clone()));
    let end = tokio::time::sleep(LONGEST);
    // A task of its own: it writes to the database, and must go on while this one waits for the database too.
    let watched = app.clone();
    let mut told_to_stop = tokio::spawn(async move { crate::lifecycle::until_told_to_stop(&watched).await });
    tokio::pin!(end);
    let mut report = loop {
        tokio::select! {
            Some(cue) = queue.recv() => play.handle(cue),
            _ = enter.tick() => {
                let more = options.calls.is_none_or(|most| play.placed < most);
                if more && play.on_the_phone() < options.citizens {
                    play.enter(options.calls.is_some());
                }
            }
            _ = count.tick() => {
                if let Some(calls) = options.calls.filter(|_| options.exit_when_done)
                    && play.placed >= calls
                {
                    let journeys = report::look(&admin, calls, with_transcripts).await?;
                    if journeys.done {
                        break journeys.report;
                    }
                }
            }
            () = &mut end, if options.exit_when_done => {
                break report::look(&admin, play.placed, with_transcripts).await?.report;
            }
            _ = &mut told_to_stop => {
                break report::look(&admin, play.placed, with_transcripts).await?.report;
            }
        }
    };
    report.p95_ticket_ms = stopwatch.p95_ms();
    office.abort();
    drop(play);
    daemon.stop(Duration::from_secs(5)).await;
    if options.exit_when_done {
        println!("{}", serde_json::to_string(&report)?);
    }
    Ok(!options.exit_when_done || report.lost == 0)
}

/// The carrier's port is any free one; its telephones use the RTP ports above the hotline's.
fn places(options: &Options) -> anyhow::Result<Places> {
    let free = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let (from, to) = options.rtp;
    let size = to - from + 1;
    let after = |n: u16| {
        Some((
            to.checked_add(size.checked_mul(n)?)?.checked_add(1)?,
            to.checked_add(size.checked_mul(n + 1)?)?,
        ))
    };
    let before = |n: u16| {
        (
            from - size.saturating_mul(n + 1).min(from),
            from - size.saturating_mul(n).min(from) - 1,
        )
    };
    let rtp = [0, 1].map(|n| after(n).unwrap_or_else(|| before(n)));
    Ok(Places {
        hotline: options.sip,
        carrier: free,
        rtp,
    })
}

fn config(options: &Options, data: &Path, places: &Places) -> Config {
    let mut config = Config::local(data);
    config.http.listen = options.http;
    for listen in &mut config.sip.listen {
        listen.address = options.sip;
    }
    config.sip.rtp_ports = options.rtp;
    config.sip.browser_port = options.rtp.0;
    config.speech.model.clone_from(&options.speech_model);
    config.provisioning.dir.clone_from(&options.provisioning);
    // A county in a hurry: it calls back at any hour, and tries again within a minute.
    config.survey = config::Survey {
        permitted_hours: false,
        first_after: Duration::from_secs(1),
        retry_after: vec![Duration::from_secs(20)],
        min_attempts: 3,
        min_days: 1,
        ..config.survey
    };
    // Whoever hangs up in the play has no telephone that waits to be called.
    config.callback.automatic = false;
    config.trunks = vec![config::Trunk {
        name: "carrier".to_owned(),
        peer: format!("sip:{}", places.carrier),
        registration: None,
        numbers: vec!["12345".to_owned(), "05345012345".to_owned()],
        caller_id: "12345".to_owned(),
        max_calls: 400,
        priority: 1,
        // Any softphone is to reach it, from another machine too.
        from_anywhere: true,
    }];
    config
}

fn welcome(options: &Options, http: SocketAddr) {
    println!("民声 12345 演示已启动 / minsheng demo is running");
    println!("  管理页面 console   http://{http}");
    println!("  拨打热线 call      sip:12345@{}", options.sip);
    println!(
        "  用户 log-ins       admin operator1 dispatcher1 supervisor1 unit1   密码 password: {PASSWORD}"
    );
    println!("  Ctrl-C 结束 to stop");
}
