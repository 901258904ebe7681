//! The words between call control and the media thread: what a leg shall do, and what was heard on it.
//!
//! Not responsible for packets (see `rtp`) nor for sockets (see `driver`).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{CallId, LegId, LineId};

/// G.711 is all that a Chinese carrier's trunk and our bridge need; the payload type is static (RFC 3551).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// PCMA, payload type 8: preferred in China.
    Alaw,
    /// PCMU, payload type 0.
    Mulaw,
}

/// What the last offer/answer agreed for one leg (RFC 3264).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Where the peer says it listens; symmetric RTP may move the port, never the address family or (unless `latch_any`) the address.
    pub remote: SocketAddr,
    pub codec: Codec,
    /// Payload type of telephone-event/8000 that the peer receives (RFC 4733), if any.
    pub dtmf: Option<u8>,
    /// We may send (peer is sendrecv or recvonly).
    pub send: bool,
    /// We expect to receive (peer is sendrecv or sendonly). A leg that is not expected to receive has no media time-out.
    pub receive: bool,
}

/// Names one playback so that its end can be told from that of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlaybackId(pub u64);

/// The name of a prompt, as in provisioning/prompts (`greeting`, `digits/3`).
pub type PromptName = Arc<str>;

/// What a leg shall do. Each is idempotent about legs that are gone.
#[derive(Debug, Clone)]
pub enum MediaCommand {
    /// Bind RTP on `port` and RTCP on `port + 1`.
    Open {
        leg: LegId,
        port: u16,
    },
    /// A leg whose packets come and go by a browser's line. What was attached to the line before is cut off from it.
    Attach {
        leg: LegId,
        line: LineId,
    },
    /// The browser's connection ends; legs that are attached to it stay, deaf.
    CloseLine {
        line: LineId,
    },
    /// Agreed or changed by offer/answer.
    Negotiate {
        leg: LegId,
        stream: Stream,
    },
    /// Play prompts one after the other, replacing what plays; `looped` starts over at the end (music) and never reports `Played`.
    /// While a bridged leg plays, it hears the playback and not its peer.
    Play {
        leg: LegId,
        playback: PlaybackId,
        prompts: Vec<PromptName>,
        looped: bool,
    },
    StopPlaying {
        leg: LegId,
    },
    /// Pass each leg's packets through to the other.
    Bridge {
        a: LegId,
        b: LegId,
    },
    Unbridge {
        leg: LegId,
    },
    /// The leg hears these: one is passed through, several are mixed, none is silence.
    Hear {
        leg: LegId,
        from: Vec<LegId>,
    },
    /// Record what is received on the leg (left) and sent to it (right) to a stereo WAV file.
    Record {
        leg: LegId,
        call: CallId,
        path: PathBuf,
    },
    StopRecording {
        leg: LegId,
    },
    /// While paused the timeline goes on with silence: what is said is nowhere.
    PauseRecording {
        leg: LegId,
        paused: bool,
    },
    /// The leg hears itself, a second later.
    Echo {
        leg: LegId,
    },
    /// Look for DTMF tones in the audio itself: for peers that agreed no telephone-event.
    DetectTones {
        leg: LegId,
        on: bool,
    },
    /// Report `Quiet` once when nobody has spoken on the leg for this long; `None` stops watching.
    WatchSilence {
        leg: LegId,
        after: Option<Duration>,
    },
    /// Take down what is said on the leg: `Speaking` when a voice begins, `Spoken` with the sound when it pauses. Once each; tones of the
    /// network are no voice. `None` stops it.
    Listen {
        leg: LegId,
        how: Option<Utterance>,
    },
    /// Report the `Progress` that the network's tones tell of: of a leg that has not answered yet.
    WatchProgress {
        leg: LegId,
        on: bool,
    },
    /// Report each `TalkSpurt`: to measure how soon something is heard.
    WatchTalkSpurts {
        leg: LegId,
    },
    /// Send a digit by RFC 4733, or as tones where no telephone-event was agreed.
    SendDigit {
        leg: LegId,
        digit: char,
    },
    Close {
        leg: LegId,
    },
}

/// When somebody who speaks has said what there is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Utterance {
    /// Silence after the last word.
    pub pause: Duration,
    /// Who never pauses is taken down until here.
    pub longest: Duration,
}

/// What the tones of a network say while a call is being set up (GF 002-9002: 450 Hz; ITU-T E.180).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProgressTone {
    /// 回铃音: one second, every five.
    Ringback,
    /// 忙音: 350 ms on and off.
    Busy,
    /// 拥塞音: 700 ms on and off.
    Congestion,
    /// 空号音: three short ones and a long one.
    Unobtainable,
    /// 950, 1400 and 1800 Hz one after the other: an announcement follows, or should.
    SpecialInformation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigitSource {
    /// RFC 4733 telephone-event.
    Event,
    /// Tones found in the audio.
    Tone,
    /// SIP INFO application/dtmf-relay (reported by the SIP side).
    Info,
}

/// RTCP's view of one leg at its end (RFC 3550 section 6.4).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quality {
    pub packets_received: u64,
    pub packets_sent: u64,
    pub packets_lost: u64,
    /// Interarrival jitter, milliseconds.
    pub jitter_ms: f64,
    /// Round trip from the peer's last report, milliseconds.
    pub round_trip_ms: Option<f64>,
    /// Loss that the peer reports of what we sent, 0..=1.
    pub remote_loss: Option<f64>,
}

#[derive(Debug, Clone)]
pub enum MediaEvent {
    OpenFailed {
        leg: LegId,
        reason: String,
    },
    Digit {
        leg: LegId,
        digit: char,
        source: DigitSource,
    },
    Played {
        leg: LegId,
        playback: PlaybackId,
    },
    Quiet {
        leg: LegId,
    },
    /// Somebody has begun to speak.
    Speaking {
        leg: LegId,
    },
    /// What was said, 8 kHz.
    Spoken {
        leg: LegId,
        sound: Sound,
    },
    /// Told whenever the tone changes.
    Progress {
        leg: LegId,
        tone: ProgressTone,
    },
    /// A packet with the marker bit: the far end began to speak, or changed what it plays (RFC 3551 section 4.1).
    TalkSpurt {
        leg: LegId,
        at: Instant,
    },
    /// No RTP and no RTCP for the media time-out; a leg on hold is given ten times as long.
    TimedOut {
        leg: LegId,
    },
    /// The browser is connected, or is heard again.
    LineUp {
        line: LineId,
    },
    /// Nothing is heard of the browser; it may come back.
    LineLost {
        line: LineId,
    },
    /// The browser has closed its connection, or it failed for good.
    LineEnded {
        line: LineId,
    },
    /// After `Close`.
    Closed {
        leg: LegId,
        quality: Quality,
    },
    /// The recording file is complete and synced.
    Recorded {
        call: CallId,
        recorded: Recorded,
    },
    /// The disk refused: the call goes on, the recording has a gap or an early end.
    RecordingFailed {
        call: CallId,
        reason: String,
    },
}

/// Samples at 8 kHz that somebody spoke. Its length is all that a log says of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sound(pub Arc<[i16]>);

impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sound({} samples)", self.0.len())
    }
}

/// A finished recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub path: PathBuf,
    pub duration: Duration,
    pub bytes: u64,
    /// Of the whole file, lower-case hex.
    pub sha256: String,
    /// Frames that found the writer's ring full and were written as silence.
    pub frames_lost: u64,
}
