//! The ledger of supervisions (督办台账), the inspector's list of the day, checks at the site. Who may supervise what, and when a
//! supervision may be taken off, is the ticket's state machine's to say: the ledger follows what happened to tickets.

pub mod api;
mod audits;
mod daily;
pub mod jobs;
pub mod rules;
mod store;

pub use api::EntryView;
pub use store::Row;
