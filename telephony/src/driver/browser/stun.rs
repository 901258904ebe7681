//! The name that a STUN binding request calls (RFC 8445 section 7.2.2), read without trusting anything: it only says whom to ask.

const MAGIC: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const HEADER: usize = 20;
const USERNAME: u16 = 0x0006;

/// Our half of `ours:theirs`.
pub(super) fn called(packet: &[u8]) -> Option<&str> {
    // Binding request: the two topmost bits are zero, class request, method binding (RFC 8489 section 5).
    if packet.get(..2)? != [0, 1] || packet.get(4..8)? != MAGIC {
        return None;
    }
    let mut rest = packet.get(HEADER..)?;
    while let Some((header, body)) = rest.split_first_chunk::<4>() {
        let kind = u16::from_be_bytes([header[0], header[1]]);
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if kind == USERNAME {
            return std::str::from_utf8(body.get(..length)?).ok()?.split(':').next();
        }
        rest = body.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut packet = vec![0, 1, 0, 0];
        packet.extend(MAGIC);
        packet.extend([7; 12]);
        for (kind, value) in attributes {
            packet.extend(kind.to_be_bytes());
            packet.extend((value.len() as u16).to_be_bytes());
            packet.extend(*value);
            packet.resize(packet.len().next_multiple_of(4), 0);
        }
        packet
    }

    #[test]
    fn the_first_half_of_the_username_is_whom_it_calls() {
        assert_eq!(
            called(&request(&[(0x0024, &[0; 5]), (USERNAME, b"ours:them")])),
            Some("ours")
        );
        assert_eq!(called(&request(&[(0x0024, &[0; 4])])), None);
    }

    #[test]
    fn an_attribute_that_claims_more_than_came_is_nobody() {
        let mut packet = request(&[(USERNAME, b"ours:them")]);
        packet[23] = 200;
        assert_eq!(called(&packet), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut packet = request(&[]);
            packet.extend(&bytes);
            let _ = (called(&packet), called(&bytes));
        }
    }
}
