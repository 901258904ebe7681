//! An operator in a browser, real sockets, real SRTP: tones cross both ways, and a browser that reloads finds its call again.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod stage;
mod webrtc;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use stage::Stage;
use telephony::LineId;
use telephony::media::MediaEvent;
use telephony::phone::PhoneCommand;
use telephony::switch::{CallNews, Command, Destination, LineState, Mode, News, Wish};
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
fn browsers_of_both_families_connect_where_all_addresses_are_listened_on() {
    use telephony::driver::media;
    let (up, lines) = std::sync::mpsc::channel();
    let config = media::MediaConfig {
        browser_port: Some(0),
        ..media::MediaConfig::new(std::net::Ipv4Addr::UNSPECIFIED.into(), 6)
    };
    let handle = media::start(config, move |event| {
        let _ = up.send(event);
    })
    .unwrap();
    let families: [std::net::IpAddr; 2] = [webrtc::LOCALHOST, std::net::Ipv6Addr::LOCALHOST.into()];
    for (id, address) in (1..).map(LineId).zip(families) {
        let offering = webrtc::offering_from(address);
        let answer = handle.open_line(id, &offering.offer, address).unwrap();
        let _browser = offering.answered(&answer);
        let event = lines.recv_timeout(stage::PATIENCE);
        let is_up = matches!(event, Ok(MediaEvent::LineUp { line }) if line == id);
        assert!(is_up, "{address}: {event:?}");
    }
    handle.shutdown();
}

#[test]
fn a_browser_is_up_when_its_microphone_is_heard_and_not_before() {
    let stage = Stage::start(13);
    let line = LineId(77);
    let offering = webrtc::offering();
    let shared = offering.shared.clone();
    shared.mute.store(true, Ordering::Relaxed);
    stage.switch.command(Command::OpenLine {
        person: "operator1".into(),
        line,
    });
    let answer = stage
        .switch
        .media()
        .open_line(line, &offering.offer, webrtc::LOCALHOST);
    let browser = offering.answered(&answer.unwrap());
    stage.poll("the browser is connected", || browser.is_connected());
    // Whatever the other end says of the connection is said within this time.
    stage.poll_for(Duration::from_millis(300));
    let mut told = Vec::new();
    stage.replay(|n| told.extend(matches!(n, News::Line { .. }).then(|| n.clone())));
    assert!(told.is_empty(), "nobody heard it: {told:?}");
    shared.mute.store(false, Ordering::Relaxed);
    stage.wait("it is up", |n| {
        matches!(n, News::Line { line: l, state: LineState::Connected, .. } if *l == line).then_some(())
    });
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

/// The call that is on: operator1 answered it.
fn talk(stage: &Stage) -> (telephony::LegId, telephony::CallId) {
    let citizen = stage.citizen_calls();
    let call = stage.wait("offered", |n| match n {
        News::Call {
            call,
            what: CallNews::Offered { .. },
            ..
        } => Some(*call),
        _ => None,
    });
    assert_eq!(stage.wish("operator1", Wish::Answer), Ok(()));
    (citizen, call)
}

#[test]
fn a_whisper_reaches_the_operator_and_neither_the_citizen_nor_the_recording() {
    let stage = Stage::start(8);
    let operator = stage.browser("operator1");
    operator.speak(1000);
    let (citizen, call) = talk(&stage);
    let supervisor = stage.browser("supervisor1");
    supervisor.speak(1800);
    let mode = Mode::Whisper;
    assert_eq!(stage.wish("supervisor1", Wish::Monitor { call, mode }), Ok(()));
    operator.take_heard();
    supervisor.take_heard();
    stage.citizen_says(citizen, "citizen");
    let (at_desk, listening) = (operator.take_heard(), supervisor.take_heard());
    assert!(
        seconds(&at_desk, 1800.0) >= 0.6,
        "the whisper: {}",
        seconds(&at_desk, 1800.0)
    );
    assert!(
        seconds(&at_desk, 440.0) >= 0.6,
        "and the citizen: {}",
        seconds(&at_desk, 440.0)
    );
    assert!(seconds(&listening, 440.0) >= 0.6 && seconds(&listening, 1000.0) >= 0.6);
    stage.carrier.command(PhoneCommand::Hangup { leg: citizen });
    let (_, right) = stage.recording();
    assert!(seconds(&right, 1000.0) >= 0.8);
    assert!(
        seconds(&right, 1800.0) == 0.0,
        "the citizen's side: {}",
        seconds(&right, 1800.0)
    );
}

#[test]
fn what_three_say_is_heard_by_each_and_recorded_as_the_citizen_hears_it() {
    let stage = Stage::start(9);
    let (first, second) = (stage.browser("operator1"), stage.browser("operator2"));
    first.speak(1000);
    second.speak(1800);
    let citizen = stage.citizen_calls();
    let operator = stage.wait("offered", |n| match n {
        News::Call {
            what: CallNews::Offered { operator },
            ..
        } => Some(operator.clone()),
        _ => None,
    });
    let (asker, asked) = if operator == "operator1" {
        (&first, "operator2")
    } else {
        (&second, "operator1")
    };
    assert_eq!(stage.wish(&operator, Wish::Answer), Ok(()));
    let to = Destination::Operator(asked.to_owned());
    assert_eq!(
        stage.wish(&operator, Wish::Transfer { to, attended: true }),
        Ok(())
    );
    assert_eq!(stage.wish(asked, Wish::Answer), Ok(()));
    assert_eq!(stage.wish(&operator, Wish::Conference), Ok(()));
    asker.take_heard();
    stage.citizen_says(citizen, "citizen");
    let heard = asker.take_heard();
    let other = if asked == "operator2" { 1800.0 } else { 1000.0 };
    assert!(seconds(&heard, 440.0) >= 0.6 && seconds(&heard, other) >= 0.6);
    stage.carrier.command(PhoneCommand::Hangup { leg: citizen });
    let (_, right) = stage.recording();
    assert!(seconds(&right, 1000.0) >= 0.6 && seconds(&right, 1800.0) >= 0.6);
}

#[test]
fn a_paused_recording_is_silent_on_both_sides() {
    let stage = Stage::start(10);
    let operator = stage.browser("operator1");
    let (citizen, _) = talk(&stage);
    assert_eq!(stage.wish("operator1", Wish::PauseRecording), Ok(()));
    operator.speak(1000);
    operator.take_heard();
    stage.citizen_says(citizen, "citizen");
    assert!(
        seconds(&operator.take_heard(), 440.0) >= 0.8,
        "they still hear each other"
    );
    operator.speak(0);
    assert_eq!(stage.wish("operator1", Wish::ResumeRecording), Ok(()));
    stage.citizen_says(citizen, "third");
    stage.carrier.command(PhoneCommand::Hangup { leg: citizen });
    let (left, right) = stage.recording();
    // What was on its way at the moment of the switch may be heard for a tenth of a second.
    assert!(seconds(&left, 440.0) <= 0.1 && seconds(&right, 1000.0) <= 0.2);
    assert!(
        seconds(&left, 2000.0) >= 0.8,
        "and it goes on: {}",
        seconds(&left, 2000.0)
    );
    assert!(left.len() as f64 / 8000.0 >= 2.0, "the timeline is whole");
}

#[test]
fn the_echo_test_brings_the_own_voice_back() {
    let stage = Stage::start(11);
    let browser = stage.browser("operator1");
    browser.speak(1300);
    assert_eq!(stage.wish("operator1", Wish::Echo(true)), Ok(()));
    stage.poll("the echo", || {
        let heard = browser.shared.heard.lock().unwrap();
        seconds(&heard, 1300.0) >= 0.5
    });
    assert_eq!(stage.wish("operator1", Wish::Echo(false)), Ok(()));
}

/// As Chromium writes it: many codecs, and an address that only mDNS knows.
const CHROMIUM: &str = "v=0\r
o=- 4611731400430051336 2 IN IP4 127.0.0.1\r
s=-\r
t=0 0\r
a=group:BUNDLE 0\r
a=extmap-allow-mixed\r
a=msid-semantic: WMS 7b0ec1a5-5c0c-4c49-9f0e-0f9d6f0f1a11\r
m=audio 50123 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r
c=IN IP4 0.0.0.0\r
a=rtcp:9 IN IP4 0.0.0.0\r
a=candidate:3348148302 1 udp 2113937151 1f4bd7d3-0e4e-4a8c-a1b3-2b0f6a1b5a77.local 50123 typ host generation 0 network-cost 999\r
a=ice-ufrag:Xn8b\r
a=ice-pwd:YmS6Hqf7T5iGxkQbzWgO1u2N\r
a=ice-options:trickle\r
a=fingerprint:sha-256 3F:5B:12:8A:7D:44:0C:9E:61:B7:23:F0:58:AA:19:CE:84:D1:36:7B:02:EF:95:48:6C:DA:31:B9:0F:57:E2:8C\r
a=setup:actpass\r
a=mid:0\r
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r
a=sendrecv\r
a=msid:7b0ec1a5-5c0c-4c49-9f0e-0f9d6f0f1a11 2c9ab6f5-5d6c-4c3f-8a0e-8a6f0d1c2b3a\r
a=rtcp-mux\r
a=rtcp-rsize\r
a=rtpmap:111 opus/48000/2\r
a=rtcp-fb:111 transport-cc\r
a=fmtp:111 minptime=10;useinbandfec=1\r
a=rtpmap:63 red/48000/2\r
a=fmtp:63 111/111\r
a=rtpmap:9 G722/8000\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:8 PCMA/8000\r
a=rtpmap:13 CN/8000\r
a=rtpmap:110 telephone-event/48000\r
a=rtpmap:126 telephone-event/8000\r
a=ssrc:2231627014 cname:4TOk42mSjXCkVIa6\r
a=ssrc:2231627014 msid:7b0ec1a5-5c0c-4c49-9f0e-0f9d6f0f1a11 2c9ab6f5-5d6c-4c3f-8a0e-8a6f0d1c2b3a\r
";

#[test]
fn a_chromium_offer_is_answered_with_g711_and_keys_alone() {
    let stage = Stage::start(12);
    let media = stage.switch.media();
    let answer = media.open_line(LineId(7), CHROMIUM, webrtc::LOCALHOST).unwrap();
    let formats = answer.lines().find_map(|line| line.strip_prefix("m=audio "));
    assert!(formats.is_some_and(|m| m.ends_with(" 8 126")), "{answer}");
    for wanted in [
        "a=ice-lite",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:126 telephone-event/8000",
        "a=sendrecv",
    ] {
        assert!(answer.contains(wanted), "{wanted} in\n{answer}");
    }
    let port = media.browser_addr().unwrap().port();
    assert!(answer.contains(&format!("127.0.0.1 {port} typ host")), "{answer}");
}
