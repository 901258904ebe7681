//! Calling citizens (外呼): one engine for all calls that the hotline owes somebody. It decides when and whether to dial, and what an
//! attempt that brought nothing leads to; what a call is for and what was said in it is its owner's matter. The switchboard dials.

mod announcement;
pub mod api;
mod fate;
pub mod jobs;
mod office;
mod orders;
mod pace;
mod rules;
mod standing;
mod store;
mod unwanted;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

pub use announcement::announced;
pub use fate::Fate;
pub use jobs::recover;
pub use orders::{NewOrder, place, withdraw};
pub use rules::Policy;
pub use store::{
    Attempt, Order,
    office::{Pause, pause_of},
    open_orders,
};

use crate::{
    app::App,
    calls::{Call, Purpose},
    db::{self, Tx},
};

/// What an owner is told of its order, in the transaction in which it becomes so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Told<'a> {
    Scheduled(DateTime<Utc>),
    Dialling,
    /// An attempt that brought nothing; what follows is told next.
    Failed {
        attempt: &'a Attempt,
        fate: Fate,
        has_call: bool,
    },
    GivenUp(Fate),
    /// By a person, with the reason.
    Cancelled(&'a str),
}

/// Masked contacts as the dialer knows them: placed at once by a clerk, and held like every other kind.
pub const CONTACTS: &str = "contact";

/// A slice that wants citizens called. Registered in `app.rs`, the first has the right of way.
pub trait Owner: Send + Sync {
    fn purpose(&self) -> &'static str;

    /// As the call's record has it.
    fn call_purpose(&self) -> Purpose;

    fn policy(&self, app: &App) -> Policy;

    /// How many more of its calls there is somebody for right now; `under_way` are its own, and those of others for the same people.
    fn hands<'a>(
        &'a self,
        _app: &'a App,
        _tx: &'a mut Tx,
        _under_way: &'a [Attempt],
    ) -> BoxFuture<'a, Result<usize, db::Error>> {
        Box::pin(async { Ok(usize::MAX) })
    }

    /// The number to call now; None when the matter is settled meanwhile. Asked in the transaction that claims the call.
    fn owed<'a>(
        &'a self,
        app: &'a App,
        tx: &'a mut Tx,
        order: &'a Order,
    ) -> BoxFuture<'a, Result<Option<String>, db::Error>>;

    fn told<'a>(
        &'a self,
        app: &'a App,
        tx: &'a mut Tx,
        order: &'a Order,
        told: Told<'a>,
    ) -> BoxFuture<'a, Result<(), db::Error>>;

    /// The citizen picked up: None when that settles it, else the fate by which the attempt counts.
    fn judge<'a>(
        &'a self,
        app: &'a App,
        tx: &'a mut Tx,
        order: &'a Order,
        call: &'a Call,
    ) -> BoxFuture<'a, Result<Option<Fate>, db::Error>>;
}
