//! The daemon as a value: what every part is handed. One constructor for production and for tests; they differ in the clock, the
//! randomness and the database they bring.

use std::sync::Arc;

use crate::{
    clock::{Clock, Rng},
    config::Config,
    db::Db,
    events::{self, Consumer},
    jobs::{self, Kind},
    live::Live,
};

#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub clock: Clock,
    pub rng: Rng,
    pub config: Arc<Config>,
    /// What is going on now and is not worth a row: phones, queues, trunks; and the way to the switchboard.
    pub live: Live,
    pub registry: Arc<Registry>,
}

/// Who listens to events and who does which jobs.
#[derive(Clone, Default)]
pub struct Registry {
    pub consumers: Vec<Consumer>,
    pub jobs: Vec<Kind>,
}

impl Registry {
    /// The slices' consumers and jobs. A slice adds its lines here.
    pub fn standard() -> Self {
        Self {
            consumers: vec![],
            jobs: vec![],
        }
    }
}

impl App {
    pub fn new(db: Db, clock: Clock, rng: Rng, config: Config, registry: Registry) -> Self {
        Self {
            db,
            clock,
            rng,
            config: Arc::new(config),
            live: Live::default(),
            registry: Arc::new(registry),
        }
    }

    /// Runs every consumer and every job that is due now, and what follows from them, until nothing is left to do.
    pub async fn settle(&self) -> anyhow::Result<()> {
        while events::run_due(self).await? | jobs::run_due(self).await? {}
        Ok(())
    }
}
