//! Torture in our own words: a message for each way to be right in spite of looks, or wrong, that RFC 4475 names by its section. The RFC's
//! own messages are fed by `torture` where they lie beside the checkout.

use telephony::sip::Transport;

use crate::torture::{Expect, feed};

const BODY: &str =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 8\r\n";

/// A request with every header that it must have; `changes` replaces lines by their beginning, or adds them; `|` stands between two.
fn request(start: &str, changes: &[(&str, &str)], body: &str) -> Vec<u8> {
    let method = start.split(' ').next().unwrap_or_default();
    let mut lines = vec![
        "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKwritten;rport".to_owned(),
        "Max-Forwards: 70".into(),
        "From: <sip:caller@example.org>;tag=77".into(),
        "To: <sip:12345@example.net>".into(),
        "Call-ID: written@192.0.2.1".into(),
        format!("CSeq: 9 {method}"),
        "Contact: <sip:caller@192.0.2.1>".into(),
        format!("Content-Length: {}", body.len()),
    ];
    if !body.is_empty() {
        lines.push("Content-Type: application/sdp".into());
    }
    for (beginning, line) in changes {
        lines.retain(|old| !old.starts_with(beginning));
        lines.extend(line.split('|').filter(|line| !line.is_empty()).map(str::to_owned));
    }
    format!("{start}\r\n{}\r\n\r\n{body}", lines.join("\r\n")).into_bytes()
}

const INVITE: &str = "INVITE sip:12345@example.net SIP/2.0";
const OPTIONS: &str = "OPTIONS sip:12345@example.net SIP/2.0";

/// Section of RFC 4475, message, what becomes of it.
fn cases() -> Vec<(&'static str, Vec<u8>, Expect)> {
    use Expect::{Call, Silence, Status};
    let invite = |changes: &[(&str, &str)]| request(INVITE, changes, BODY);
    let options = |changes: &[(&str, &str)]| request(OPTIONS, changes, "");
    vec![
        (
            "3.1.1.1 short names, folded lines, odd case",
            invite(&[
                ("Via", "v:  SIP  / 2.0  / UDP\r\n  192.0.2.1 ;\r\n\tbranch =z9hG4bKwritten;rport"),
                ("From", "f : Caller\r\n <sip:caller@example.org>  ;\r\n  tag = 77"),
                ("To", "tO :\r\n <sip:12345@example.net>"),
                ("Call-ID", "I: written@192.0.2.1"),
                ("Contact", "m:\"Quoted \\\"\\\"\" <sip:caller@192.0.2.1>; newparam = newvalue"),
                ("Content-Length", &format!("l:\r\n   {}", BODY.len())),
                ("Content-Type", "C: application/sdp"),
            ]),
            Call,
        ),
        (
            "3.1.1.2 every letter that a method may have",
            request("!do-It_0*+`.%'~ sip:12345@example.net SIP/2.0", &[], ""),
            Status(405),
        ),
        (
            "3.1.1.3 escaped letters in the user",
            request("INVITE sip:%31%32345@example.net SIP/2.0", &[], BODY),
            Call,
        ),
        (
            "3.1.1.6 no space before the bracket",
            options(&[("From", "From: caller<sip:caller@example.org>;tag=77")]),
            Status(200),
        ),
        (
            "3.1.1.13 a reason of nothing but letters of China",
            "SIP/2.0 200 办好了\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKnobody\r\nFrom: <sip:a@b.cn>;tag=1\r\n\
             To: <sip:c@b.cn>;tag=2\r\nCall-ID: nobody\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                .as_bytes()
                .to_vec(),
            Silence,
        ),
        (
            "3.1.2.1 separators with nothing between them",
            invite(&[("Contact", "Contact: \"caller\" <sip:caller@192.0.2.1>;;,;,,")]),
            Status(400),
        ),
        (
            "3.1.2.2 longer than the datagram",
            invite(&[("Content-Length", "Content-Length: 9999")]),
            Status(400),
        ),
        (
            "3.1.2.3 a length below nothing",
            invite(&[("Content-Length", "Content-Length: -999")]),
            Status(400),
        ),
        (
            "3.1.2.4 a number beyond 32 bits",
            options(&[("CSeq", "CSeq: 36893488147419103232 OPTIONS")]),
            Status(400),
        ),
        (
            "3.1.2.6 a quote that does not end",
            options(&[("To", "To: \"Mr. J. Citizen <sip:12345@example.net>")]),
            Status(400),
        ),
        (
            "3.1.2.7 brackets around the address asked for",
            request("INVITE <sip:12345@example.net> SIP/2.0", &[], BODY),
            Status(400),
        ),
        (
            "3.1.2.8 a space within the address asked for",
            request("INVITE sip:12345@example.net; lr SIP/2.0", &[], BODY),
            Status(400),
        ),
        (
            "3.1.2.9 two spaces in the first line",
            request("INVITE  sip:12345@example.net  SIP/2.0", &[("CSeq", "CSeq: 9 INVITE")], BODY),
            Status(400),
        ),
        (
            "3.1.2.12 a date of another zone",
            invite(&[("Date", "Date: Sun, 22 Nov 2026 16:00:00 EST")]),
            Status(400),
        ),
        (
            "3.1.2.16 a version that is not ours",
            request("OPTIONS sip:12345@example.net SIP/7.0", &[], ""),
            Status(505),
        ),
        (
            "3.1.2.17 two methods in one request",
            options(&[("CSeq", "CSeq: 9 INVITE")]),
            Status(400),
        ),
        (
            "3.1.2.19 a status that is none",
            b"SIP/2.0 4294967301 better not break the receiver\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKnobody\r\n\
              From: <sip:a@b.cn>;tag=1\r\nTo: <sip:c@b.cn>;tag=2\r\nCall-ID: nobody\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                .to_vec(),
            Silence,
        ),
        (
            "3.3.1 what every request must have is not there",
            options(&[("From", ""), ("To", ""), ("Call-ID", "")]),
            Status(400),
        ),
        (
            "3.3.2 a scheme that nobody knows",
            request("OPTIONS nobodyknows:totally.strange SIP/2.0", &[], ""),
            Status(416),
        ),
        (
            "3.3.6 an extension that nobody knows",
            options(&[("Require", "Require: nothing-we-have, another-one")]),
            Status(420),
        ),
        (
            "3.3.7 a body that is no offer",
            invite(&[("Content-Type", "Content-Type: application/unknown")]),
            Status(415),
        ),
        (
            "3.3.9 what there is one of, twice",
            options(&[("CSeq", "CSeq: 9 OPTIONS|CSeq: 8 OPTIONS")]),
            Status(400),
        ),
        (
            "3.3.10 two lengths that contradict each other",
            options(&[("Content-Length", "Content-Length: 0|Content-Length: 8")]),
            Status(400),
        ),
        (
            "3.3.12 no further hop, but none is needed",
            options(&[("Max-Forwards", "Max-Forwards: 0")]),
            Status(200),
        ),
        (
            "3.3.16 no answer with SDP is wanted",
            invite(&[("Accept", "Accept: text/nothing")]),
            Status(406),
        ),
    ]
}

#[test]
fn a_message_gets_the_answer_that_its_fault_deserves() {
    let mut wrong = Vec::new();
    for (name, message, expect) in cases() {
        let (statuses, call, _) = feed(&message, Transport::Udp);
        if !expect.fits(&statuses, call) {
            wrong.push(format!("{name}: {statuses:?}, call {call}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_message_that_is_cut_off_anywhere_does_no_harm() {
    for (name, message, _) in cases() {
        for length in (0..message.len()).step_by(7) {
            for transport in [Transport::Udp, Transport::Tcp] {
                let (statuses, call, _) = feed(&message[..length], transport);
                assert!(
                    statuses.len() <= 1 || !call,
                    "{name}, {length} bytes: answered once"
                );
            }
        }
    }
}
