//! Operators and supervisors in browsers, by HTTP, with a real switchboard, real WebRTC peers and a carrier that answers.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../support/mod.rs"]
mod support;
#[path = "../../telephony/tests/webrtc/mod.rs"]
mod webrtc;

mod asking;
mod calls;
mod guarding;
mod hall;
mod shifts;
