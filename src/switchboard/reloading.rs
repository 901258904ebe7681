//! New settings, told to the switch one after another: of two changes the later is told last. What could not be read is tried again.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use telephony::driver::Driver;
use telephony::switch::{Command, Settings, Switch};

use super::addresses::{self, Addresses};
use super::settings;
use crate::app::App;

pub(super) struct Reloading {
    app: App,
    driver: Arc<Driver<Switch>>,
    trunks: Addresses,
    /// The addresses of each trunk as the switch was told them.
    told: Mutex<Vec<Vec<SocketAddr>>>,
    turn: tokio::sync::Mutex<()>,
    is_behind: AtomicBool,
}

impl Reloading {
    /// `first`: what the switch started with.
    pub(super) fn new(
        app: App,
        driver: Arc<Driver<Switch>>,
        trunks: Addresses,
        first: Vec<Vec<SocketAddr>>,
    ) -> Self {
        Self {
            app,
            driver,
            trunks,
            told: Mutex::new(first),
            turn: tokio::sync::Mutex::default(),
            is_behind: AtomicBool::default(),
        }
    }

    pub(super) async fn reload(&self) {
        let _turn = self.turn.lock().await;
        let prompts = self.prompts().await;
        let settings = self.settings().await;
        self.is_behind.store(!(prompts && settings), Ordering::Relaxed);
    }

    /// Reads again what could not be read, and what name servers tell anew.
    pub(super) async fn catch_up(&self) {
        let places = self.trunks.of(&self.app.config.trunks).await;
        let found = addresses::sorted(places.iter().map(|place| &place.hops));
        let has_moved = found != *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if has_moved {
            tracing::info!("a trunk has a new address");
        }
        if has_moved || self.is_behind.load(Ordering::Relaxed) {
            self.reload().await;
        }
    }

    async fn prompts(&self) -> bool {
        match super::clips(&self.app).await {
            Ok(clips) => self.driver.media().set_prompts(&clips),
            Err(error) => {
                tracing::error!(%error, "new prompts cannot be read; the old ones stay for now");
                return false;
            }
        }
        true
    }

    async fn settings(&self) -> bool {
        match settings::read(&self.app, &self.trunks).await {
            Ok(settings) => {
                *self.told.lock().unwrap_or_else(PoisonError::into_inner) = told(&settings);
                self.driver.command(Command::Configure(Box::new(settings)));
            }
            Err(error) => {
                tracing::error!(%error, "new settings cannot be read; the old ones stay for now");
                return false;
            }
        }
        true
    }
}

/// The trunks' addresses in settings.
pub(super) fn told(settings: &Settings) -> Vec<Vec<SocketAddr>> {
    addresses::sorted(settings.agent.trunks.iter().map(|trunk| &trunk.hops))
}
