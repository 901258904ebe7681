//! What RFC 3261 section 18 asks of the layer above the sockets: framing, Via, where a response goes.
//!
//! Not responsible for the sockets themselves (see `driver`).

use std::net::{IpAddr, SocketAddr};

use bytes::{Bytes, BytesMut};
use sipx_sip::headers::{Via, first_hop_end};
use sipx_sip::message::Header;
use sipx_sip::{HeaderName, Request};

use super::{Hop, Transport};

/// A head that does not end within this is no SIP.
const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 256 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A whole message, well-formed or not.
    Message(Bytes),
    /// CRLFCRLF, to be answered by CRLF (RFC 5626 section 3.5.1).
    Ping,
    /// Where the next message starts can't be told: answer this one and close.
    Lost(Bytes),
}

/// Cuts a TCP stream into messages by Content-Length (section 18.3), whatever else is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Framer {
    buffer: BytesMut,
    scanned: usize,
}

impl Framer {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    pub(super) fn next(&mut self) -> Option<Frame> {
        while self.buffer.starts_with(b"\r\n") {
            if self.buffer.starts_with(b"\r\n\r\n") {
                self.skip(4);
                return Some(Frame::Ping);
            }
            if self.buffer.len() < 4 && b"\r\n\r\n".starts_with(&self.buffer) {
                return None;
            }
            self.skip(2);
        }
        let Some(head) = self.head_end() else {
            return (self.buffer.len() > MAX_HEAD).then(|| self.lose());
        };
        let Some(body) = content_length(&self.buffer[..head]).filter(|n| *n <= MAX_BODY) else {
            return Some(self.lose());
        };
        if self.buffer.len() < head + body {
            return None;
        }
        self.scanned = 0;
        Some(Frame::Message(self.buffer.split_to(head + body).freeze()))
    }

    fn skip(&mut self, n: usize) {
        let _ = self.buffer.split_to(n);
        self.scanned = 0;
    }

    fn lose(&mut self) -> Frame {
        self.scanned = 0;
        Frame::Lost(std::mem::take(&mut self.buffer).freeze())
    }

    fn head_end(&mut self) -> Option<usize> {
        let found = self.buffer[self.scanned..]
            .windows(4)
            .position(|w| w == b"\r\n\r\n");
        let end = found.map(|i| self.scanned + i + 4);
        self.scanned = self.buffer.len().saturating_sub(3);
        if end.is_some() {
            self.scanned = 0;
        }
        end
    }
}

/// The one agreed length; none at all, or two that differ, leaves the stream without framing.
fn content_length(head: &[u8]) -> Option<usize> {
    let mut found: Option<usize> = None;
    for line in head.split(|b| *b == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|b| *b == b':') else {
            continue;
        };
        let name = String::from_utf8_lossy(&line[..colon])
            .trim()
            .to_ascii_lowercase();
        if name != "content-length" && name != "l" {
            continue;
        }
        let value = String::from_utf8_lossy(&line[colon + 1..])
            .trim()
            .parse::<usize>()
            .ok()?;
        if found.is_some_and(|before| before != value) {
            return None;
        }
        found = Some(value);
    }
    found
}

/// Section 18.2.1 and RFC 3581: writes `received` and `rport` into the top Via of a request.
pub(super) fn stamp_via(request: &mut Request, source: SocketAddr) {
    let Some(header) = request.headers.remove_first(&HeaderName::Via) else {
        return;
    };
    let value = header.value().into_owned();
    let end = first_hop_end(&value);
    let (hop, rest) = value.split_at(end.min(value.len()));
    let mut stamped = Vec::with_capacity(value.len() + 40);
    for (i, part) in hop.split(|b| *b == b';').enumerate() {
        let name = String::from_utf8_lossy(part).trim().to_ascii_lowercase();
        if i > 0 && (name.starts_with("received") || name.split('=').next().map(str::trim) == Some("rport")) {
            continue;
        }
        if i > 0 {
            stamped.push(b';');
        }
        stamped.extend_from_slice(part);
    }
    let via = Via::parse_one(hop).ok();
    if via.as_ref().is_some_and(|v| v.rport().is_some()) {
        stamped.extend_from_slice(format!(";rport={}", source.port()).as_bytes());
    }
    stamped.extend_from_slice(format!(";received={}", plain(source.ip())).as_bytes());
    stamped.extend_from_slice(rest);
    match Header::build(HeaderName::Via, stamped) {
        Ok(new) => request.headers.push_front(new),
        Err(_) => request.headers.push_front(header),
    }
}

/// An IPv4 peer of a dual-stack socket shows as `::ffff:a.b.c.d`.
fn plain(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

/// Section 18.2.2 and RFC 3581: over TCP the connection, over UDP the source address; its port only with `rport`.
pub(super) fn response_hop(via: &Via, source: Hop) -> Hop {
    if source.transport.is_stream() || via.rport().is_some() {
        return source;
    }
    Hop {
        transport: Transport::Udp,
        addr: SocketAddr::new(source.addr.ip(), via.port.unwrap_or(5060)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_is_cut_by_content_length_however_it_arrives() {
        let stream = b"\r\n\r\nOPTIONS a\r\nl: 3\r\n\r\nabcBYE b\r\nContent-Length: 0\r\n\r\n";
        let mut framer = Framer::default();
        let mut frames = Vec::new();
        for byte in stream {
            framer.push(&[*byte]);
            frames.extend(std::iter::from_fn(|| framer.next()));
        }
        let first = Bytes::from_static(b"OPTIONS a\r\nl: 3\r\n\r\nabc");
        let second = Bytes::from_static(b"BYE b\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(
            frames,
            [Frame::Ping, Frame::Message(first), Frame::Message(second)]
        );
    }

    #[test]
    fn contradicting_lengths_lose_the_stream() {
        let mut framer = Framer::default();
        framer.push(b"OPTIONS a\r\nl: 3\r\nl: 4\r\n\r\nabc");
        assert!(matches!(framer.next(), Some(Frame::Lost(_))));
        assert_eq!(framer.next(), None);
    }
}
