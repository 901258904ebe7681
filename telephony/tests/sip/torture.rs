//! The torture messages of RFC 4475, and messages of Chinese networks: each gets the answer that the RFC names.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use telephony::sip::{Event, Hop, Transport};

use crate::net::{Net, at, header, trunk, udp};

/// Beside a checkout; a release tarball comes without.
fn corpus(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data/sip")
        .join(name);
    if !path.is_dir() {
        // Not `eprintln!`, which a test that passes keeps to itself.
        let _ = writeln!(
            std::io::stderr(),
            "NOT RUN: the messages of {name}, no {}",
            path.display()
        );
        return None;
    }
    Some(path)
}

/// What became of one message from the trunk: statuses sent back, and whether it became a call.
pub(crate) fn feed(message: &[u8], transport: Transport) -> (Vec<u16>, bool, String) {
    let mut net = Net::new(1);
    let node = net.add(2, vec![trunk("near", udp(1))], Vec::new());
    let hop = Hop {
        transport,
        addr: at(1),
    };
    net.tell(node, |agent, now| agent.handle_bytes(now, hop, None, message));
    net.run(Duration::from_millis(100));
    let statuses = net
        .seen
        .iter()
        .filter_map(|s| s.text.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok())
        .collect();
    let call = net.take(node, |e| matches!(e, Event::Incoming(_))).is_some();
    let last = net.seen.last().map(|s| s.text.clone()).unwrap_or_default();
    net.run(Duration::from_secs(300));
    (statuses, call, last)
}

pub(crate) enum Expect {
    Call,
    Status(u16),
    /// A response, or nothing that anyone could be told about.
    Silence,
}

impl Expect {
    pub(crate) fn fits(&self, statuses: &[u16], call: bool) -> bool {
        match self {
            Self::Call => call && statuses.is_empty(),
            Self::Status(status) => !call && statuses == [*status],
            Self::Silence => !call && statuses.is_empty(),
        }
    }
}

#[test]
fn torture_messages_get_the_answer_that_the_rfc_names() {
    use Expect::{Call, Silence, Status};
    let Some(dir) = corpus("rfc4475") else {
        return;
    };
    let cases = [
        // Valid (section 3.1.1). wsinv bears a To tag, so it means a dialog that we don't have.
        ("wsinv", Status(481)),
        ("intmeth", Status(405)),
        ("esc01", Call),
        ("escnull", Status(401)),
        ("esc02", Status(405)),
        ("lwsdisp", Status(200)),
        ("longreq", Call),
        ("dblreq", Status(401)),
        ("semiuri", Status(200)),
        ("transports", Status(200)),
        ("mpart01", Status(405)),
        ("unreason", Silence),
        ("noreason", Silence),
        // Invalid (section 3.1.2).
        ("badinv01", Status(400)),
        ("clerr", Status(400)),
        ("ncl", Status(400)),
        ("scalar02", Status(400)),
        ("scalarlg", Silence),
        ("quotbal", Status(400)),
        ("ltgtruri", Status(400)),
        ("lwsruri", Status(400)),
        ("lwsstart", Status(400)),
        ("trws", Status(400)),
        ("escruri", Status(400)),
        ("baddate", Status(400)),
        ("regbadct", Status(400)),
        ("badaspec", Status(400)),
        ("baddn", Status(400)),
        ("badvers", Status(505)),
        ("mismatch01", Status(400)),
        ("mismatch02", Status(400)),
        ("bigcode", Silence),
        // Transaction and application layer (sections 3.2 and 3.3).
        ("badbranch", Status(200)),
        ("insuf", Status(400)),
        ("unkscm", Status(416)),
        ("novelsc", Status(416)),
        ("unksm2", Status(401)),
        ("bext01", Status(420)),
        ("invut", Status(415)),
        ("regaut01", Status(401)),
        ("multi01", Status(400)),
        ("mcl01", Status(400)),
        ("bcast", Silence),
        ("zeromf", Status(200)),
        ("cparam01", Status(401)),
        ("cparam02", Status(401)),
        ("regescrt", Status(401)),
        ("sdp01", Status(406)),
        // RFC 2543 knew INVITEs without Contact; a dialog that can't be spoken to is no use to a hotline.
        ("inv2543", Status(400)),
    ];
    let mut wrong = Vec::new();
    for (name, expect) in cases {
        let message = std::fs::read(dir.join(format!("{name}.dat"))).unwrap();
        let (statuses, call, _) = feed(&message, Transport::Udp);
        if !expect.fits(&statuses, call) {
            wrong.push(format!("{name}: {statuses:?}, call {call}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_message_of_the_corpora_survives_every_transport() {
    for name in ["rfc4475", "rfc5118", "cn-ims"] {
        let Some(dir) = corpus(name) else { continue };
        for entry in std::fs::read_dir(dir).unwrap() {
            let message = std::fs::read(entry.unwrap().path()).unwrap();
            for transport in [Transport::Udp, Transport::Tcp] {
                let (statuses, call, _) = feed(&message, transport);
                assert!(statuses.len() <= 1 || !call, "answered once");
            }
        }
    }
}

#[test]
fn extensions_that_chinese_networks_require_are_refused_by_name() {
    let Some(dir) = corpus("cn-ims") else {
        return;
    };
    let read = |name: &str| {
        let text = String::from_utf8(std::fs::read(dir.join(name)).unwrap()).unwrap();
        text.replace("\r\n", "\n").replace('\n', "\r\n")
    };
    let (statuses, call, last) = feed(read("lab-ims-01-invite.sip").as_bytes(), Transport::Udp);
    assert_eq!((statuses, call), (vec![420], false));
    assert_eq!(header(&last, "Unsupported"), Some("sec-agree"));
    let known = read("lab-ims-01-invite.sip").replace("\r\nRequire: sec-agree\r\n", "\r\n");
    let (_, call, _) = feed(known.as_bytes(), Transport::Udp);
    assert!(call, "without the requirement it is a call like any other");
    assert_eq!(
        feed(read("lab-ims-11-bye.sip").as_bytes(), Transport::Udp).0,
        [481]
    );
    assert_eq!(
        feed(read("cmcc-rcs-message-cpim.sip").as_bytes(), Transport::Udp).0,
        [405]
    );
}
