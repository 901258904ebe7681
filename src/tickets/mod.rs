//! Tickets (工单): what a citizen asked, and what became of it. Does not know who answers for what (dispatch) nor when the citizen is
//! called back (surveys): both hear of a ticket through its events and come back as commands.

mod act;
mod after;
pub mod agenda;
pub mod api;
mod citizen;
mod clock;
mod emergency;
mod finding;
mod given;
pub mod inbox;
pub mod jobs;
mod lens;
pub mod lexicon;
pub mod rules;
mod store;
mod views;

use serde::{Deserialize, Serialize};

use store::catalogue;

use crate::{
    attachments,
    db::{self, Tx},
};

pub use act::{act, act_with, ask, note, open};
pub use catalogue::units as unit_names;
pub use clock::{Books, books, policy};
pub use finding::{REINDEX, note_calls, reindex, tidy};
pub use lens::Lenses;
pub use rules::facts::Citation;
pub use rules::{Actor, Command, Event, Policy, Refusal, Source, State, Ticket, What};
pub use store::daily::with_units;
pub use store::inbox::undispatched;
pub use store::list::{Filter, Listed, Sort, page};
pub use store::open::{has_like, in_callback, open_of_caller, urgency_words, urgent};
pub use store::{Today, events, find, history, lock as find_locked, rebuilt, today};
pub use views::{AttachmentView, CodeName, TicketSummary, TicketView, summaries, view};

pub const CREATED: &str = "ticket.created";
/// Class or place changed: who answers for it may have changed too.
pub const CLASSIFIED: &str = "ticket.classified";
/// What kept a 待派单 ticket from going out by the office's rule no longer does: a band lowered, a protection lifted, a kind chosen.
pub const UNHELD: &str = "ticket.unheld";
/// 待派单
pub const ACCEPTED: &str = "ticket.accepted";
pub const CALLBACK: &str = "ticket.callback";
pub const CLOSED: &str = "ticket.closed";
pub const REOPENED: &str = "ticket.reopened";
/// Something happened on a ticket that is, or was, supervised (督办).
pub const SUPERVISED: &str = "ticket.supervised";
/// 待评判: the citizen was not satisfied.
pub const JUDGING: &str = "ticket.judging";

/// What the slices to the right are told; the rest is on the ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub number: String,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("没有这个工单")]
    NotFound,
    /// Somebody else changed it meanwhile.
    #[error("工单已被他人修改，请刷新后再试")]
    Stale { version: i64 },
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("没有这个{what}")]
    Unknown { field: &'static str, what: &'static str },
    #[error(transparent)]
    Attachment(#[from] attachments::Error),
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// The title for a wall or a notice, which units and passers-by read: without the citizen.
pub fn shown_title(ticket: &Ticket) -> String {
    let sight = rules::privacy::sight_of_all(ticket, true);
    rules::privacy::Scrubber::new(ticket, sight).text(&ticket.title)
}

/// The units whose tickets a unit's people see: its own and all below it.
pub async fn scope(tx: &mut Tx, unit: Option<&str>) -> Result<Vec<String>, db::Error> {
    let Some(own) = unit else {
        return Ok(vec![]);
    };
    let tree = &books(tx).await?.tree;
    let below = tree.0.keys().filter(|code| tree.is_below(code, own)).cloned();
    Ok(below.chain([own.to_owned()]).collect())
}

/// At start-up: rows whose form is older than the daemon's are made anew from their events.
pub async fn upgrade(app: &crate::app::App) -> Result<(), db::Error> {
    loop {
        let mut tx = app.db.begin().await?;
        let books = books(&mut tx).await?;
        let some = store::rebuild_some(&mut tx, &books).await?;
        tx.commit().await?;
        if !some {
            return finding::renew(app).await;
        }
        tracing::info!("tickets were rebuilt from their events");
    }
}
