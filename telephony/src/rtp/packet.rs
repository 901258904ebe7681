//! RTP packets (RFC 3550 section 5.1) as views of the datagram: nothing is copied or allocated on the way through.
//!
//! Not responsible for what a payload means.

pub(super) const HEADER: usize = 12;

/// What a packet says, borrowed from the bytes that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) marker: bool,
    pub(super) payload_type: u8,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
    pub(super) payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// None for whatever is not RTP version 2 or claims more than came.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, _) = bytes.split_first_chunk::<HEADER>()?;
        if header[0] >> 6 != 2 {
            return None;
        }
        Some(Self {
            marker: header[1] & 0x80 != 0,
            payload_type: header[1] & 0x7F,
            sequence: u16::from_be_bytes([header[2], header[3]]),
            timestamp: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
            ssrc: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
            payload: bytes.get(payload_start(bytes)?..payload_end(bytes)?)?,
        })
    }
}

/// After the contributing sources and the header extension.
fn payload_start(bytes: &[u8]) -> Option<usize> {
    let sources = HEADER + usize::from(bytes[0] & 0x0F) * 4;
    if bytes[0] & 0x10 == 0 {
        return Some(sources);
    }
    let words = u16::from_be_bytes([*bytes.get(sources + 2)?, *bytes.get(sources + 3)?]);
    Some(sources + 4 + usize::from(words) * 4)
}

/// Before the padding, whose last byte counts itself.
fn payload_end(bytes: &[u8]) -> Option<usize> {
    if bytes[0] & 0x20 == 0 {
        return Some(bytes.len());
    }
    let padding = usize::from(*bytes.last()?);
    if padding == 0 {
        None
    } else {
        bytes.len().checked_sub(padding)
    }
}

/// The twelve bytes before a payload of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) marker: bool,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
}

impl Header {
    pub(super) fn bytes(&self, payload_type: u8) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[0] = 0x80;
        out[1] = u8::from(self.marker) << 7 | payload_type & 0x7F;
        out[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        out[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        out
    }
}

/// `a` comes after `b` on the circle of 65,536.
pub(super) fn is_newer(a: u16, b: u16) -> bool {
    a != b && a.wrapping_sub(b) < 0x8000
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;

    proptest! {
        /// Two readers of one format, written apart, must agree on every input.
        #[test]
        fn any_bytes_are_read_as_the_reference_reads_them(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..64),
            version in any::<bool>(),
        ) {
            if let (true, Some(first)) = (version, bytes.first_mut()) {
                *first = *first & 0x3F | 0x80;
            }
            let ours = Packet::parse(&bytes);
            let reference = sipx_rtp::Packet::decode(&Bytes::from(bytes.clone())).ok();
            prop_assert_eq!(ours.is_some(), reference.is_some());
            if let (Some(ours), Some(reference)) = (ours, reference) {
                prop_assert_eq!(ours.payload, &reference.payload[..]);
                prop_assert_eq!(
                    (ours.marker, ours.payload_type, ours.sequence, ours.timestamp, ours.ssrc),
                    (reference.marker, reference.payload_type, reference.sequence, reference.timestamp, reference.ssrc)
                );
            }
        }
    }

    #[test]
    fn a_header_that_we_write_is_read_back() {
        let header = Header {
            marker: true,
            sequence: 65_535,
            timestamp: 7,
            ssrc: 9,
        };
        let mut bytes = header.bytes(101).to_vec();
        bytes.extend([1, 2, 3]);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(
            (packet.marker, packet.payload_type, packet.sequence),
            (true, 101, 65_535)
        );
        assert_eq!(
            (packet.timestamp, packet.ssrc, packet.payload),
            (7, 9, &[1, 2, 3][..])
        );
    }

    #[test]
    fn order_goes_round_the_circle() {
        assert!(is_newer(1, 0) && is_newer(0, 65_535) && !is_newer(65_535, 0) && !is_newer(5, 5));
    }
}
