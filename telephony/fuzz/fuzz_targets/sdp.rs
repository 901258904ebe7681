//! Any bytes as an offer and as an answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telephony::sdp::{self, Direction, Origin};

fuzz_target!(|data: &[u8]| {
    let local = "192.0.2.1:20000".parse().unwrap();
    if let Ok((answer, _)) = sdp::answer(data, local, Origin::new(7), Direction::SendRecv) {
        // Whatever we answer, we can read ourselves.
        sdp::accept_answer(&answer).expect("our own answer is well-formed");
    }
    let _ = sdp::accept_answer(data);
});
