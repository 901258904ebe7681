//! Answers 400 to a request that the parser refuses but whose top Via still says where the answer goes.
//!
//! Not responsible for what the parser accepts.

use bytes::{BufMut, Bytes, BytesMut};
use sipx_sip::headers::{Via, first_hop_end};

/// Header fields in the order of the message, folded lines joined.
struct Lines {
    first: Vec<u8>,
    fields: Vec<(String, Vec<u8>)>,
}

fn lines(message: &[u8]) -> Lines {
    let head = message
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .map_or(message, |i| &message[..i]);
    let mut first = Vec::new();
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for (i, line) in head.split(|b| *b == b'\n').take(256).enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if i == 0 {
            first = line.to_vec();
        } else if line.starts_with(b" ") || line.starts_with(b"\t") {
            if let Some((_, value)) = fields.last_mut() {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
        } else if let Some(colon) = line.iter().position(|b| *b == b':') {
            let name = String::from_utf8_lossy(&line[..colon])
                .trim()
                .to_ascii_lowercase();
            fields.push((name, line[colon + 1..].trim_ascii().to_vec()));
        }
    }
    Lines { first, fields }
}

pub(super) struct Salvaged {
    pub(super) method: String,
    pub(super) via: Via,
    pub(super) response: Bytes,
}

/// None for responses, for ACK (which is never answered) and for what has no usable Via.
pub(super) fn bad_request(message: &[u8]) -> Option<Salvaged> {
    let Lines { first, fields } = lines(message);
    let start = String::from_utf8_lossy(&first).into_owned();
    let method = start.split_whitespace().next()?.to_owned();
    let is_request =
        start.to_ascii_uppercase().contains("SIP/") && !method.to_ascii_uppercase().starts_with("SIP/");
    if !is_request || method == "ACK" {
        return None;
    }
    let all = |long: &str, short: &str| -> Vec<&Vec<u8>> {
        fields
            .iter()
            .filter(|(n, _)| n == long || n == short)
            .map(|(_, v)| v)
            .collect()
    };
    let vias = all("via", "v");
    let top = vias.first()?;
    let via = readable(&top[..first_hop_end(top).min(top.len())])?;
    let mut out = BytesMut::from(&b"SIP/2.0 400 Bad Request\r\n"[..]);
    for value in &vias {
        put(&mut out, "Via", value);
    }
    for (canonical, short) in [("From", "f"), ("To", "t"), ("Call-ID", "i"), ("CSeq", "")] {
        if let Some(value) = all(&canonical.to_ascii_lowercase(), short).first() {
            put(&mut out, canonical, value);
        }
    }
    out.put_slice(b"Content-Length: 0\r\n\r\n");
    Some(Salvaged {
        method,
        via,
        response: out.freeze(),
    })
}

/// With parameters beyond reading, who sent it still says where the answer goes.
fn readable(hop: &[u8]) -> Option<Via> {
    let bare = hop.split(|b| *b == b';').next().unwrap_or(hop);
    Via::parse_one(hop).or_else(|_| Via::parse_one(bare)).ok()
}

fn put(out: &mut BytesMut, name: &str, value: &[u8]) {
    out.put_slice(name.as_bytes());
    out.put_slice(b": ");
    out.extend(value.iter().filter(|b| !matches!(b, b'\r' | b'\n' | 0)));
    out.put_slice(b"\r\n");
}
