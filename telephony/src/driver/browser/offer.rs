//! A browser's offer to a connection that can be handed to the media thread, and the answer for the browser.
//!
//! Everything in an offer is a stranger's word: what is not a plain microphone line is refused with its reason.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use str0m::change::SdpOffer;
use str0m::crypto::{CryptoProvider, from_feature_flags};
use str0m::format::{Codec as Format, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid};
use str0m::rtp::{Extension, ExtensionMap};
use str0m::{Candidate, Output, Rtc, RtcConfig};

use crate::media::Codec;
use crate::sdp::OFFERED_DTMF;

/// A browser's offer of one audio line has two to six kilobytes.
const LARGEST_OFFER: usize = 32 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    #[error("the offer is longer than any browser's")]
    TooLong,
    #[error("not an offer of a browser: {0}")]
    Malformed(String),
    #[error("the offer must have exactly one audio line and nothing else")]
    NotOneAudioLine,
    #[error("the offer has no microphone: the line must be sendrecv")]
    NoMicrophone,
    #[error("neither PCMA nor PCMU is offered")]
    NoCodec,
    #[error("this server takes no browsers: it has no port for them")]
    NoPort,
}

/// An accepted offer: the answer, and the connection for the media thread.
pub(crate) struct Accepted {
    pub(crate) answer: String,
    pub(crate) connection: Connection,
}

/// What the media thread needs to know of a connection.
pub(crate) struct Connection {
    pub(crate) rtc: Rtc,
    pub(crate) mid: Mid,
    pub(crate) codec: Codec,
    /// The payload type of telephone-event that the browser chose.
    pub(crate) dtmf: Option<u8>,
    /// Where the browser was told to send.
    pub(crate) local: SocketAddr,
    /// Names this connection in STUN.
    pub(crate) ufrag: String,
}

pub(crate) fn accept(now: Instant, offer: &str, local: SocketAddr) -> Result<Accepted, OfferError> {
    if offer.len() > LARGEST_OFFER {
        return Err(OfferError::TooLong);
    }
    let codec = codec_of(offer)?;
    let malformed = |error: &dyn std::fmt::Display| OfferError::Malformed(error.to_string());
    let parsed = SdpOffer::from_sdp_string(offer).map_err(|e| malformed(&e))?;
    let mut rtc = configuration(codec).build(now);
    let candidate = Candidate::host(local, "udp").map_err(|e| malformed(&e))?;
    rtc.add_local_candidate(candidate);
    let answer = rtc.sdp_api().accept_offer(parsed).map_err(|e| malformed(&e))?;
    let mid = microphone(&mut rtc, offer)?;
    let format = |wanted: Format| {
        let found = rtc.codec_config().find(|p| p.spec().codec == wanted);
        found.map(|p| *p.pt())
    };
    let remote = rtc
        .media(mid)
        .map(|m| m.remote_pts().iter().map(|pt| **pt).collect::<Vec<u8>>());
    let agreed = |pt: &u8| remote.as_ref().is_some_and(|remote| remote.contains(pt));
    if !agreed(&codec.payload_type()) {
        return Err(OfferError::NoCodec);
    }
    let dtmf = format(Format::Tele).filter(agreed);
    let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
    Ok(Accepted {
        answer: answer.to_sdp_string(),
        connection: Connection {
            rtc,
            mid,
            codec,
            dtmf,
            local,
            ufrag,
        },
    })
}

/// PCMA where there is the choice: it is what the citizen's side speaks in China, and nothing is translated then.
fn codec_of(offer: &str) -> Result<Codec, OfferError> {
    let mut lines = offer.lines().filter(|line| line.starts_with("m="));
    let audio = lines.next().filter(|line| line.starts_with("m=audio "));
    let (Some(audio), None) = (audio, lines.next()) else {
        return Err(OfferError::NotOneAudioLine);
    };
    let formats: Vec<&str> = audio.split_whitespace().skip(3).collect();
    match (formats.contains(&"8"), formats.contains(&"0")) {
        (true, _) => Ok(Codec::Alaw),
        (false, true) => Ok(Codec::Mulaw),
        _ => Err(OfferError::NoCodec),
    }
}

fn configuration(codec: Codec) -> RtcConfig {
    static CRYPTO: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    let crypto = CRYPTO.get_or_init(|| Arc::new(from_feature_flags())).clone();
    let mut extensions = ExtensionMap::empty();
    extensions.set(4, Extension::RtpMid);
    let mut configuration = RtcConfig::new()
        .set_crypto_provider(crypto)
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .set_extension_map(extensions)
        .clear_codecs()
        .enable_pcma(codec == Codec::Alaw, false)
        .enable_pcmu(codec == Codec::Mulaw, false);
    configuration.codec_config().add_config(
        OFFERED_DTMF.into(),
        None,
        Format::Tele,
        Frequency::EIGHT_KHZ,
        None,
        FormatParams::parse_line("0-15"),
    );
    configuration
}

/// The one audio line, if the browser both sends and receives on it.
fn microphone(rtc: &mut Rtc, offer: &str) -> Result<Mid, OfferError> {
    // Nothing is sent before the browser's first packet: this side is ICE lite.
    while !matches!(rtc.poll_output(), Ok(Output::Timeout(_)) | Err(_)) {}
    let name = offer.lines().find_map(|line| line.strip_prefix("a=mid:"));
    let mid = Mid::from(name.ok_or(OfferError::NotOneAudioLine)?.trim());
    let media = rtc.media(mid).ok_or(OfferError::NotOneAudioLine)?;
    if media.kind() == MediaKind::Audio && media.direction() == Direction::SendRecv {
        Ok(mid)
    } else {
        Err(OfferError::NoMicrophone)
    }
}
