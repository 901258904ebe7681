//! The daemon as a value: what every part is handed. One constructor for production and for tests; they differ in the clock, the
//! randomness and the database they bring.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::{
    attachments,
    audit::Seal,
    backup, calls,
    clock::{Clock, Rng},
    config::Config,
    contacts,
    db::{self, Db},
    dialer::{self, Owner},
    dispatch,
    events::{self, Consumer},
    http::{Limiter, Pace},
    jobs::{self, Kind},
    live::Live,
    metrics::Metrics,
    missed, notices, provisioning, supervision, surveys, switchboard, tickets, transcripts,
};

#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub clock: Clock,
    pub rng: Rng,
    pub config: Arc<Config>,
    /// What is going on now and is not worth a row: phones, queues, trunks; and the way to the switchboard.
    pub live: Live,
    /// Speech to text, once its model is loaded.
    pub speech: transcripts::Speech,
    pub registry: Arc<Registry>,
    pub metrics: Metrics,
    pub limiter: Limiter,
    /// How often a person may ask something of the telephone, and connect anew.
    pub wishes: Pace,
    pub lines: Pace,
    /// Seals the audit log's head.
    pub seal: Seal,
    writable: Arc<AtomicBool>,
    /// Cancelled when the daemon begins to end: open streams close.
    pub stopping: CancellationToken,
    /// The calls are over and their records are written: whoever listens may go.
    pub ending: CancellationToken,
}

/// Who listens to events and who does which jobs.
#[derive(Clone, Default)]
pub struct Registry {
    pub consumers: Vec<Consumer>,
    pub jobs: Vec<Kind>,
    /// Who wants citizens called, in the order of their right of way.
    pub dialers: Vec<&'static dyn Owner>,
}

impl Registry {
    /// The slices' consumers and jobs. A slice adds its lines here.
    pub fn standard() -> Self {
        Self {
            consumers: vec![
                calls::chain::CONSUMER,
                missed::jobs::CONSUMER,
                transcripts::jobs::CONSUMER,
                dialer::jobs::CONSUMER,
                tickets::jobs::CONSUMER,
                tickets::agenda::CONSUMER,
                contacts::jobs::CONSUMER,
                dispatch::jobs::CONSUMER,
                surveys::jobs::CONSUMER,
                supervision::jobs::CONSUMER,
                switchboard::CONSUMER,
            ],
            jobs: vec![
                calls::retention::EXPIRE,
                transcripts::jobs::TRANSCRIBE,
                attachments::jobs::EXPIRE,
                tickets::jobs::SUGGEST,
                tickets::agenda::AGENDA,
                tickets::agenda::RECOUNT,
                tickets::REINDEX,
                dispatch::jobs::RENEW,
                dispatch::automatic::SEND,
                notices::jobs::SEND,
                dialer::jobs::RUN,
            ],
            dialers: vec![&missed::KEPT, &missed::OWNER, &surveys::OWNER],
        }
    }
}

impl App {
    pub fn new(db: Db, clock: Clock, rng: Rng, config: Config, registry: Registry) -> Self {
        Self {
            db,
            clock,
            rng,
            seal: Seal::beside(&config.service.data_dir),
            config: Arc::new(config),
            live: Live::default(),
            speech: transcripts::Speech::default(),
            registry: Arc::new(registry),
            metrics: Metrics::default(),
            limiter: Limiter::default(),
            wishes: Pace::of_wishes(),
            lines: Pace::of_lines(),
            writable: Arc::new(AtomicBool::new(true)),
            stopping: CancellationToken::new(),
            ending: CancellationToken::new(),
        }
    }

    /// The production form: the machine's time and randomness, the slices' consumers and jobs.
    pub fn with_system_clock(db: Db, config: Config) -> Self {
        Self::new(db, Clock::system(), Rng::from_os(), config, Registry::standard())
    }

    /// Opens the configured database and, at its first start, loads the configured provisioning folder.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        let data_dir = &config.service.data_dir;
        std::fs::create_dir_all(data_dir)
            .with_context(|| format!("{} (service.data_dir)", data_dir.display()))?;
        backup::refuse_unfinished(&config)?;
        let db = Db::open(&config.database.url, data_dir)
            .await
            .context("the database cannot be opened (database.url)")?;
        let app = Self::with_system_clock(db, config);
        tickets::upgrade(&app)
            .await
            .context("tickets of an older version cannot be rebuilt")?;
        attachments::recover(&app)
            .await
            .context("uploads that were broken off cannot be tidied up (attachments.dir)")?;
        if provisioning::load_at_first_start(&app).await? {
            tracing::info!(dir = %app.config.provisioning.dir.display(), "provisioning loaded");
        }
        Ok(app)
    }

    /// Writes to the database, truly to disk, and remembers whether that worked: what health and the alarm go by.
    pub async fn self_check(&self) -> bool {
        let checked = async {
            let mut tx = self.db.begin().await?;
            db::note_self_check(&mut tx, self.clock.now()).await?;
            tx.commit().await
        };
        let writable = checked.await.is_ok();
        self.writable.store(writable, Ordering::Relaxed);
        writable
    }

    /// What the last self-check found.
    pub fn is_writable(&self) -> bool {
        self.writable.load(Ordering::Relaxed)
    }

    /// Runs every consumer and every job that is due now, and what follows from them, until nothing is left to do.
    pub async fn settle(&self) -> anyhow::Result<()> {
        while events::run_due(self).await? | jobs::run_due(self).await? {}
        Ok(())
    }
}
