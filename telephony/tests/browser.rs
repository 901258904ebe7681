//! An operator in a browser, real sockets, real SRTP: tones cross both ways, and a browser that reloads finds its call again.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod stage;
mod webrtc;

use std::time::{Duration, Instant};

use stage::Stage;
use telephony::phone::PhoneCommand;
use telephony::switch::{CallNews, LineState, News, Wish};
use webrtc::seconds;

#[test]
fn tones_cross_both_ways_and_the_recording_has_both() {
    let stage = Stage::start(1);
    let browser = stage.browser("operator1");
    browser.speak(1000);
    let citizen = stage.citizen_calls();
    stage.wait_call("offered", |n| matches!(n, CallNews::Offered { .. }));
    assert_eq!(stage.wish("operator1", Wish::Answer), Ok(()));
    browser.take_heard();
    stage.citizen_says(citizen, "citizen");
    let heard = browser.take_heard();
    assert!(
        seconds(&heard, 440.0) >= 0.8,
        "the browser hears the citizen: {} s of {} samples",
        seconds(&heard, 440.0),
        heard.len()
    );
    stage.carrier.command(PhoneCommand::Hangup { leg: citizen });
    let (left, right) = stage.recording();
    assert!(
        (0.8..=1.3).contains(&seconds(&left, 440.0)),
        "citizen on the left"
    );
    assert!(
        seconds(&right, 1000.0) >= 0.8,
        "operator on the right: {}",
        seconds(&right, 1000.0)
    );
    assert!(seconds(&left, 1000.0) == 0.0 && seconds(&right, 440.0) == 0.0);
}

#[test]
fn a_browser_that_reloads_in_mid_call_finds_its_call_again() {
    let stage = Stage::start(2);
    let first = stage.browser("operator1");
    let citizen = stage.citizen_calls();
    stage.wait_call("offered", |n| matches!(n, CallNews::Offered { .. }));
    assert_eq!(stage.wish("operator1", Wish::Answer), Ok(()));
    first.speak(1000);
    stage.citizen_says(citizen, "citizen");
    drop(first);
    stage.wait_call("lost", |n| matches!(n, CallNews::DeskLost { .. }));
    stage.citizen_says(citizen, "citizen");
    let second = stage.browser("operator1");
    stage.wait_call("back", |n| matches!(n, CallNews::DeskBack { .. }));
    second.speak(1500);
    second.take_heard();
    stage.citizen_says(citizen, "citizen");
    assert!(seconds(&second.take_heard(), 440.0) >= 0.8);
    stage.carrier.command(PhoneCommand::Hangup { leg: citizen });
    let (_, right) = stage.recording();
    assert!(seconds(&right, 1000.0) >= 0.8 && seconds(&right, 1500.0) >= 0.8);
    assert!(
        seconds(&right, 600.0) >= 0.8,
        "music in between: {}",
        seconds(&right, 600.0)
    );
}

#[test]
fn a_second_browser_of_the_same_person_replaces_the_first() {
    let stage = Stage::start(3);
    let _first = stage.browser("operator1");
    let _second = stage.browser("operator1");
    let mut replaced = false;
    stage.replay(|n| {
        replaced |= matches!(
            n,
            News::Line {
                state: LineState::Replaced,
                ..
            }
        );
    });
    assert!(replaced);
}

#[test]
fn a_flood_from_strangers_is_counted_and_calls_go_on() {
    let stage = Stage::start(4);
    let browser = stage.browser("operator1");
    let citizen = stage.citizen_calls();
    stage.wait_call("offered", |n| matches!(n, CallNews::Offered { .. }));
    assert_eq!(stage.wish("operator1", Wish::Answer), Ok(()));
    let to = stage.switch.media().browser_addr().unwrap();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    for n in 0..20_000u32 {
        let mut packet = [0u8; 60];
        packet[..4].copy_from_slice(&n.to_be_bytes());
        packet[0] = [0x80, 0x00, 0x16, 0xFF][n as usize % 4];
        let _ = socket.send_to(&packet, to);
    }
    browser.take_heard();
    stage.citizen_says(citizen, "citizen");
    assert!(seconds(&browser.take_heard(), 440.0) >= 0.8);
    let counted = || stage.switch.media().load().unknown_browser;
    stage.poll("the flood is counted", || counted() > 1_000);
}

#[test]
fn offers_that_lie_are_refused_with_their_reason() {
    use telephony::LineId;
    use telephony::driver::media::OfferError;
    let stage = Stage::start(5);
    let open = |offer: &str| {
        let media = stage.switch.media();
        media.open_line(LineId(9), offer, webrtc::LOCALHOST)
    };
    let good = webrtc::offering().offer;
    assert!(open(&good).is_ok());
    assert!(matches!(open("v=0"), Err(OfferError::NotOneAudioLine)));
    assert!(matches!(open(&"m=audio".repeat(9_000)), Err(OfferError::TooLong)));
    let two = format!("{good}{}", &good[good.find("m=audio").unwrap()..]);
    assert!(matches!(open(&two), Err(OfferError::NotOneAudioLine)));
    let deaf = good.replace("a=sendrecv", "a=recvonly");
    assert!(
        matches!(open(&deaf), Err(OfferError::NoMicrophone)),
        "{:?}",
        open(&deaf)
    );
    let opus = good
        .replace(" 0 8", " 111")
        .replace(" 8 0", " 111")
        .replace("PCMA", "opus")
        .replace("PCMU", "opus");
    assert!(
        matches!(open(&opus), Err(OfferError::NoCodec)),
        "{:?}",
        open(&opus)
    );
    let no_key: String = good
        .lines()
        .filter(|l| !l.starts_with("a=fingerprint"))
        .map(|l| format!("{l}\r\n"))
        .collect();
    assert!(
        matches!(open(&no_key), Err(OfferError::Malformed(_))),
        "{:?}",
        open(&no_key)
    );
    for cut in (0..good.len()).step_by(7) {
        let _ = open(&good[..cut]);
    }
}

#[test]
fn a_browser_that_is_gone_for_good_costs_the_operator_not_the_citizen() {
    let stage = Stage::start(6);
    let browser = stage.browser("operator1");
    let _citizen = stage.citizen_calls();
    stage.wait_call("offered", |n| matches!(n, CallNews::Offered { .. }));
    assert_eq!(stage.wish("operator1", Wish::Answer), Ok(()));
    browser
        .shared
        .unplugged
        .store(true, std::sync::atomic::Ordering::Relaxed);
    stage.wait_call("lost", |n| matches!(n, CallNews::DeskLost { .. }));
    let began = Instant::now();
    stage.wait_call("queued again", |n| {
        matches!(n, CallNews::Queued { position: 1, .. })
    });
    assert!(began.elapsed() > Duration::from_secs(8));
}

#[test]
fn a_call_that_was_just_cancelled_cannot_be_answered() {
    let stage = Stage::start(7);
    let _browser = stage.browser("operator1");
    let citizen = stage.citizen_calls();
    stage.wait_call("offered", |n| matches!(n, CallNews::Offered { .. }));
    stage.carrier.command(PhoneCommand::Hangup { leg: citizen });
    stage.wait_call("ended", |n| matches!(n, CallNews::Ended { .. }));
    let denied = telephony::switch::Denied::NothingRings;
    assert_eq!(stage.wish("operator1", Wish::Answer), Err(denied));
}
