//! Settings as calls meet them. What cannot be read is told and leaves the rest as it is: a menu falls back to its version before,
//! or to the shipped one.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use telephony::menu::Flow;

use super::trials;
use crate::app::App;
use crate::calendar::{Chosen, limits::Profile};
use crate::db::{self, Tx};
use crate::dispatch;
use crate::live;
use crate::settings::{self, Kind, Line, Queue, Schedule, Unreadable};

pub(super) struct Standing {
    pub(super) flows: HashMap<String, Arc<Flow>>,
    pub(super) queues: Vec<Queue>,
}

impl Standing {
    pub(super) async fn read(app: &App, tx: &mut Tx) -> Result<Self, db::Error> {
        let menus = settings::standing(tx, Kind::Menu, walkable).await?;
        let queues = settings::standing(tx, Kind::Queue, |body| serde_json::from_str::<Queue>(body)).await?;
        let mut flows: HashMap<_, _> = menus
            .documents
            .into_iter()
            .map(|menu| (menu.name, menu.body))
            .collect();
        let mut told = Vec::new();
        for fault in menus.unreadable {
            let shipped = match fault.instead {
                None => shipped(&app.config.provisioning.dir, &fault.name),
                Some(_) => None,
            };
            told.push(tell(&fault, shipped.is_some()));
            flows.extend(shipped.map(|flow| (fault.name, flow)));
        }
        let others = [
            queues.unreadable,
            unreadable::<Schedule>(tx, Kind::Schedule).await?,
            unreadable::<Vec<Line>>(tx, Kind::Lines).await?,
            unreadable::<Profile>(tx, Kind::Limits).await?,
            unreadable::<Chosen>(tx, Kind::LimitsChoice).await?,
            unreadable::<dispatch::Rule>(tx, Kind::Dispatch).await?,
        ];
        told.extend(others.iter().flatten().map(|fault| tell(fault, false)));
        app.live.state().unreadable = told;
        Ok(Self {
            flows,
            queues: queues.documents.into_iter().map(|queue| queue.body).collect(),
        })
    }
}

/// Of what others read by themselves, each in the version that is in force.
async fn unreadable<T: DeserializeOwned>(tx: &mut Tx, kind: Kind) -> Result<Vec<Unreadable>, db::Error> {
    let standing = settings::standing(tx, kind, |body| serde_json::from_str::<T>(body)).await?;
    Ok(standing.unreadable)
}

/// A stored menu as the switch walks it; neither description of flows may refuse it.
fn walkable(body: &str) -> Result<Arc<Flow>, serde_json::Error> {
    let flow: settings::Flow = serde_json::from_str(body)?;
    trials::flow(serde_json::to_value(flow)?)
}

fn shipped(provisioning: &Path, menu: &str) -> Option<Arc<Flow>> {
    // The name is as little to be trusted as the rest of the row.
    if !settings::flow::is_name(menu) {
        return None;
    }
    let file = provisioning.join("menus").join(format!("{menu}.toml"));
    let table: toml::Table = std::fs::read_to_string(file).ok()?.parse().ok()?;
    trials::flow(serde_json::to_value(table).ok()?).ok()
}

/// In the log, and for the console.
fn tell(fault: &Unreadable, has_shipped: bool) -> live::Unreadable {
    let kind = fault.kind.as_str();
    let Unreadable {
        name,
        version,
        instead,
        why,
        ..
    } = fault;
    tracing::error!(
        kind,
        name,
        version,
        instead,
        has_shipped,
        why,
        "a setting cannot be read; what was before is in force"
    );
    live::Unreadable {
        kind,
        name: name.clone(),
        version: *version,
        instead: *instead,
        is_shipped: has_shipped,
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
