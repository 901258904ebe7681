//! Operators in browsers, through the core's doors: what they wish, what is granted, and that no citizen is ever lost.

#![allow(unreachable_pub, clippy::unwrap_used)]

mod calls;
mod chaos;
mod conferences;
mod floor;
mod lines;
mod swaps;
mod together;
mod transfers;
mod trials;
#[path = "../world/mod.rs"]
mod world;
