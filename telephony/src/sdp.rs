//! Offer/answer policy (RFC 3264) for one G.711 stream. The only module that names the SDP library.
//!
//! Not responsible for when an offer is made (see `switch`) nor for how it travels (see `sip`).
//! Tolerant in what it reads: carriers list AMR and EVS first, offer telephone-event at two rates, and add attributes for
//! preconditions that mean nothing here.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use sipx_sdp::session::{
    Attribute, Direction as Wire, MediaDescription, Origin as WireOrigin, SessionDescription,
};

use crate::media::{Codec, Stream};

/// Payload type that we offer for telephone-event/8000; answers echo the peer's number.
pub const OFFERED_DTMF: u8 = 101;

/// Seen from our side: `SendOnly` is how we put a peer on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    fn of(send: bool, receive: bool) -> Self {
        match (send, receive) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    fn wire(self) -> Wire {
        match self {
            Self::SendRecv => Wire::SendRecv,
            Self::SendOnly => Wire::SendOnly,
            Self::RecvOnly => Wire::RecvOnly,
            Self::Inactive => Wire::Inactive,
        }
    }
}

/// Our o= line: the id stays for the session, the version goes up by one with each description that differs (RFC 3264 section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub id: u64,
    pub version: u64,
}

impl Origin {
    /// The first description of a session; `id` must not repeat on this host (a leg's id will do).
    pub fn new(id: u64) -> Self {
        // RFC 8866 section 5.2: numeric strings; some peers read them as signed 64 bits.
        Self {
            id: id >> 1,
            version: 1,
        }
    }

    /// For the next description of the same session.
    pub fn next(self) -> Self {
        Self {
            version: self.version + 1,
            ..self
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    #[error("not a session description: {0}")]
    Malformed(String),
    #[error("no audio stream over plain RTP/AVP")]
    NoAudio,
    #[error("neither PCMA nor PCMU is offered")]
    NoCodec,
    #[error("no usable address to send to")]
    NoAddress,
}

impl SdpError {
    /// The SIP status that refuses such an offer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::NoAudio | Self::NoCodec | Self::NoAddress => 488,
        }
    }
}

/// Our offer: `codecs` in order of preference, telephone-event/8000, 20 ms packets.
pub fn offer(local: SocketAddr, codecs: &[Codec], origin: Origin, direction: Direction) -> Bytes {
    let mut session = describe(local, origin);
    session
        .media
        .push(audio(local.port(), codecs, Some(OFFERED_DTMF), direction));
    render(&session)
}

/// Our answer and what it agreed. `wanted` is what we are ready to do; the offer may allow less (hold).
pub fn answer(
    offer: &[u8],
    local: SocketAddr,
    origin: Origin,
    wanted: Direction,
) -> Result<(Bytes, Stream), SdpError> {
    let offered = parse(offer)?;
    let (chosen, mut stream) = choose(&offered, Preference::Ours)?;
    if stream.remote.is_ipv4() != local.is_ipv4() {
        return Err(SdpError::NoAddress);
    }
    let direction = agreed(&offered, chosen, wanted);
    stream.send &= direction.sends();
    stream.receive &= direction.receives();
    let mut session = describe(local, origin);
    for (index, theirs) in offered.media.iter().enumerate() {
        session.media.push(if index == chosen {
            audio(local.port(), &[stream.codec], stream.dtmf, direction)
        } else {
            refused(theirs)
        });
    }
    Ok((render(&session), stream))
}

/// What the answer to our offer agreed.
pub fn accept_answer(answer: &[u8]) -> Result<Stream, SdpError> {
    choose(&parse(answer)?, Preference::Theirs).map(|(_, stream)| stream)
}

/// Whose order of codecs counts: ours when we answer (PCMA first: China), the answerer's when we offered (RFC 3264 section 7).
#[derive(Clone, Copy)]
enum Preference {
    Ours,
    Theirs,
}

fn choose(session: &SessionDescription, preference: Preference) -> Result<(usize, Stream), SdpError> {
    let mut error = SdpError::NoAudio;
    for (index, media) in session.media.iter().enumerate() {
        if !is_plain_audio(media) {
            continue;
        }
        match stream_of(session, media, preference) {
            Ok(stream) => return Ok((index, stream)),
            Err(e) => error = e,
        }
    }
    Err(error)
}

fn is_plain_audio(media: &MediaDescription) -> bool {
    media.media.eq_ignore_ascii_case("audio")
        && media.protocol.eq_ignore_ascii_case("RTP/AVP")
        && !media.is_rejected()
}

fn stream_of(
    session: &SessionDescription,
    media: &MediaDescription,
    preference: Preference,
) -> Result<Stream, SdpError> {
    let codec = codec_of(media, preference).ok_or(SdpError::NoCodec)?;
    let address = session.address_for(media).ok_or(SdpError::NoAddress)?;
    // RTP to a group or to everybody would make us an amplifier.
    if address.is_multicast() || address == IpAddr::from([255, 255, 255, 255]) {
        return Err(SdpError::NoAddress);
    }
    let theirs = their_direction(session, media);
    // The hold of RFC 2543: nothing shall be sent to 0.0.0.0, and nothing can be expected from there.
    let silent = address.is_unspecified();
    Ok(Stream {
        remote: SocketAddr::new(address, media.port),
        codec,
        dtmf: dtmf_of(media),
        send: theirs.receives() && !silent,
        receive: theirs.sends() && !silent,
    })
}

fn their_direction(session: &SessionDescription, media: &MediaDescription) -> Wire {
    media.declared_direction().unwrap_or_else(|| session.direction())
}

/// Their direction mirrored, as far as we want it.
fn agreed(session: &SessionDescription, chosen: usize, wanted: Direction) -> Direction {
    let media = &session.media[chosen];
    let theirs = their_direction(session, media);
    let silent = session.address_for(media).is_some_and(|a| a.is_unspecified());
    Direction::of(
        theirs.receives() && !silent && wanted.sends(),
        theirs.sends() && wanted.receives(),
    )
}

fn codec_of(media: &MediaDescription, preference: Preference) -> Option<Codec> {
    let mut known = media
        .formats
        .iter()
        .filter_map(|format| static_codec(media, format));
    match preference {
        Preference::Theirs => known.next(),
        Preference::Ours => known.min_by_key(|codec| *codec != Codec::Alaw),
    }
}

/// Only the static numbers of RFC 3551; an rtpmap that says otherwise wins.
fn static_codec(media: &MediaDescription, format: &str) -> Option<Codec> {
    let (codec, name) = match format {
        "8" => (Codec::Alaw, "PCMA"),
        "0" => (Codec::Mulaw, "PCMU"),
        _ => return None,
    };
    rtpmap(media, format)
        .is_none_or(|map| is_format(map, name))
        .then_some(codec)
}

fn dtmf_of(media: &MediaDescription) -> Option<u8> {
    media.formats.iter().find_map(|format| {
        let number: u8 = format.parse().ok().filter(|number| (96..128).contains(number))?;
        rtpmap(media, format)
            .is_some_and(|map| is_format(map, "telephone-event"))
            .then_some(number)
    })
}

/// `NAME/8000`, whatever the case, with one channel or none named.
fn is_format(map: &str, name: &str) -> bool {
    let mut parts = map.trim().split('/');
    parts.next().is_some_and(|n| n.eq_ignore_ascii_case(name))
        && parts.next().is_some_and(|rate| rate.trim() == "8000")
        && parts.next().is_none_or(|channels| channels.trim() == "1")
}

/// Like the library's, but for any white space between number and name.
fn rtpmap<'a>(media: &'a MediaDescription, format: &str) -> Option<&'a str> {
    media
        .attributes
        .iter()
        .filter(|a| a.name.eq_ignore_ascii_case("rtpmap"))
        .find_map(|a| {
            let (number, map) = a.value.as_deref()?.trim().split_once(char::is_whitespace)?;
            (number == format).then_some(map)
        })
}

fn describe(local: SocketAddr, origin: Origin) -> SessionDescription {
    let mut session = SessionDescription::new(local.ip(), origin.id, origin.version);
    session.origin = WireOrigin::new(local.ip(), origin.id, origin.version);
    session
}

fn audio(port: u16, codecs: &[Codec], dtmf: Option<u8>, direction: Direction) -> MediaDescription {
    let mut formats = Vec::new();
    let mut maps = Vec::new();
    for codec in codecs {
        let (number, name) = match codec {
            Codec::Alaw => ("8", "8 PCMA/8000"),
            Codec::Mulaw => ("0", "0 PCMU/8000"),
        };
        formats.push(number.to_owned());
        maps.push(Attribute::valued("rtpmap", name));
    }
    if let Some(number) = dtmf {
        formats.push(number.to_string());
        maps.push(Attribute::valued(
            "rtpmap",
            format!("{number} telephone-event/8000"),
        ));
        maps.push(Attribute::valued("fmtp", format!("{number} 0-15")));
    }
    let mut media = MediaDescription::audio(port, formats);
    media.attributes = maps;
    media.attributes.push(Attribute::valued("ptime", "20"));
    media.set_direction(direction.wire());
    media
}

/// Port 0, in its place: the answer's streams match the offer's by position (RFC 3264 section 6).
fn refused(theirs: &MediaDescription) -> MediaDescription {
    MediaDescription {
        media: theirs.media.clone(),
        port: 0,
        protocol: theirs.protocol.clone(),
        formats: theirs.formats.clone(),
        connection: None,
        attributes: Vec::new(),
        other: Vec::new(),
    }
}

fn parse(body: &[u8]) -> Result<SessionDescription, SdpError> {
    sipx_sdp::parse(&readable(body)).map_err(|e| SdpError::Malformed(e.to_string()))
}

/// Leaves out what would make the parser refuse a description that has all we need: lines without `=`, and an o= whose numbers
/// do not fit 64 bits (it is never used here, only its presence is required).
fn readable(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut out = String::with_capacity(text.len() + 32);
    out.push_str("o=- 0 0 IN IP4 0.0.0.0\n");
    for line in text.lines().map(str::trim_end) {
        if line.as_bytes().get(1) == Some(&b'=') && !line.starts_with("o=") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn render(session: &SessionDescription) -> Bytes {
    Bytes::from(session.to_string_sdp())
}

#[cfg(test)]
#[path = "sdp_tests.rs"]
mod tests;
