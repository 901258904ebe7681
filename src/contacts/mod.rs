//! Masked contact (保密联络): a clerk of a unit talks with a citizen, both see the hotline's number, and the ticket's contact log writes
//! itself. Places no call: the switchboard does; whether a clerk may contact a citizen is the ticket's rules' to say.

pub mod api;
pub mod jobs;
mod rules;
mod store;

pub use store::returns;
