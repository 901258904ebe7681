//! SIP agents speak to each other, and to peers typed by hand, on a virtual clock over a network that loses packets.

#![allow(unreachable_pub, clippy::unwrap_used)]

mod calls;
mod changes;
mod guarding;
mod mutation;
mod net;
mod registration;
mod reliable;
mod sessions;
mod streams;
mod torture;
mod trunks;
mod written;
