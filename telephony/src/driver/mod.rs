//! Sockets, threads and files around the sans-IO core. The only place of this crate that asks for the time.

pub mod media;
pub mod recorder;
pub mod sockets;
pub mod wav;
