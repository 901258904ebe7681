//! Symmetric RTP (RFC 4961) with a short leash: the peer's port may differ from what its SDP says, its address may not.
//!
//! Whoever can send from the negotiated address may speak on the leg; nobody else can take it over or be sent its audio.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// A peer that moves to a new port of its address stays quiet on the old one for at least this long.
const MOVED: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(super) struct Latch {
    negotiated: SocketAddr,
    latched: Option<Latched>,
}

#[derive(Debug)]
struct Latched {
    from: SocketAddr,
    ssrc: u32,
    heard: Instant,
}

impl Latch {
    pub(super) fn new(negotiated: SocketAddr) -> Self {
        Self {
            negotiated: canonical(negotiated),
            latched: None,
        }
    }

    /// A later offer/answer: a new address starts over, the same one keeps what was learned.
    pub(super) fn renegotiate(&mut self, negotiated: SocketAddr) {
        if self.negotiated != canonical(negotiated) {
            *self = Self::new(negotiated);
        }
    }

    /// Where to send.
    pub(super) fn remote(&self) -> SocketAddr {
        self.latched
            .as_ref()
            .map_or(self.negotiated, |latched| latched.from)
    }

    pub(super) fn is_peer(&self, from: IpAddr) -> bool {
        from.to_canonical() == self.negotiated.ip()
    }

    /// Whether an RTP packet is the peer's; learns its port.
    pub(super) fn accept(&mut self, now: Instant, from: SocketAddr, ssrc: u32) -> bool {
        let from = canonical(from);
        if from.ip() != self.negotiated.ip() {
            return false;
        }
        match &mut self.latched {
            Some(latched) if latched.from == from => {
                latched.heard = now;
                latched.ssrc = ssrc;
                true
            }
            Some(latched) if latched.ssrc != ssrc || now.duration_since(latched.heard) < MOVED => false,
            _ => {
                self.latched = Some(Latched {
                    from,
                    ssrc,
                    heard: now,
                });
                true
            }
        }
    }
}

/// A dual-stack socket sees IPv4 peers as mapped IPv6 addresses; they are compared as what they are.
pub(super) fn canonical(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_packet_from_the_negotiated_address_sets_the_port() {
        let now = crate::testing::any_instant();
        let mut latch = Latch::new(addr("192.0.2.7:4000"));
        assert_eq!(latch.remote(), addr("192.0.2.7:4000"));
        assert!(latch.accept(now, addr("[::ffff:192.0.2.7]:5000"), 1));
        assert_eq!(latch.remote(), addr("192.0.2.7:5000"));
    }

    #[test]
    fn a_foreign_address_is_never_followed() {
        let now = crate::testing::any_instant();
        let mut latch = Latch::new(addr("192.0.2.7:4000"));
        assert!(!latch.accept(now, addr("192.0.2.8:4000"), 1));
        assert!(!latch.accept(now + Duration::from_secs(60), addr("192.0.2.8:4000"), 1));
        assert_eq!(latch.remote(), addr("192.0.2.7:4000"));
        assert!(!latch.is_peer("192.0.2.8".parse().unwrap()));
    }

    #[test]
    fn a_moved_port_is_followed_after_silence_of_the_old_one_by_the_same_source() {
        let now = crate::testing::any_instant();
        let mut latch = Latch::new(addr("192.0.2.7:4000"));
        assert!(latch.accept(now, addr("192.0.2.7:4000"), 1));
        let soon = now + Duration::from_millis(100);
        let later = now + Duration::from_millis(250);
        assert!(
            !latch.accept(soon, addr("192.0.2.7:6000"), 1),
            "the old port still speaks"
        );
        assert!(!latch.accept(later, addr("192.0.2.7:6000"), 2), "another source");
        assert!(latch.accept(later, addr("192.0.2.7:6000"), 1));
        assert_eq!(latch.remote(), addr("192.0.2.7:6000"));
    }

    #[test]
    fn a_new_negotiated_address_starts_over_and_the_same_one_does_not() {
        let now = crate::testing::any_instant();
        let mut latch = Latch::new(addr("192.0.2.7:4000"));
        assert!(latch.accept(now, addr("192.0.2.7:5000"), 1));
        latch.renegotiate(addr("192.0.2.7:4000"));
        assert_eq!(latch.remote(), addr("192.0.2.7:5000"));
        latch.renegotiate(addr("192.0.2.9:4000"));
        assert_eq!(latch.remote(), addr("192.0.2.9:4000"));
        assert!(!latch.accept(now, addr("192.0.2.7:5000"), 1));
    }
}
