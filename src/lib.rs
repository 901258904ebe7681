//! 民声 minsheng: a county's whole citizen hotline in one daemon. A library so that tests build the same [`app::App`] as `main`.

pub mod accounts;
pub mod app;
pub mod audio;
pub mod calendar;
pub mod calls;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod db;
pub mod dispatch;
pub mod events;
pub mod faults;
pub mod http;
pub mod jobs;
pub mod lifecycle;
pub mod live;
pub mod metrics;
pub mod news;
pub mod provisioning;
pub mod settings;
pub mod surveys;
pub mod switchboard;
pub mod tickets;
pub mod transcriber;
pub mod transcripts;
