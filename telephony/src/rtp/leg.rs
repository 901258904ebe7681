//! One leg's media: what is received, what is sent, and what is noticed on the way.
//!
//! Not responsible for which legs hear each other (see `engine`).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::digits::{Dialling, Keys, Step};
use super::ear::{Ear, Noticed};
use super::latch::{Latch, canonical};
use super::line::Line;
use super::mixing::{Echo, Frame, Voice};
use super::outbox::Outbox;
use super::packet::Packet;
use super::playback::Playback;
use super::progress::Progress;
use super::reports::Reports;
use super::silence::{Floor, SilenceWatch};
use super::tones::{self, Tones};
use super::{Counters, FRAME};
use crate::LegId;
use crate::media::{Codec, DigitSource, MediaEvent, Stream, Utterance};
use crate::recording::Recording;
use crate::sdp::OFFERED_DTMF;

/// Comfort noise (RFC 3389): the peer is there and has nothing to say.
const COMFORT_NOISE: u8 = 13;
/// A peer on hold may rightly be silent; one that is gone must not keep a call for ever.
const HOLD_PATIENCE: u32 = 10;

#[derive(Debug)]
pub(super) struct Leg {
    pub(super) id: LegId,
    pub(super) stream: Option<Stream>,
    /// Whom the leg hears: one is passed through as it comes, several are mixed.
    pub(super) sources: Vec<LegId>,
    /// Who hears the leg.
    pub(super) listeners: Vec<LegId>,
    /// What the leg says, while it is mixed with others.
    pub(super) voice: Option<Voice>,
    /// What a leg with several sources hears in this tick.
    pub(super) mixed: Frame,
    pub(super) echo: Option<Echo>,
    pub(super) recording_paused: bool,
    pub(super) playback: Option<Playback>,
    pub(super) dialling: Dialling,
    pub(super) tones: Option<Tones>,
    pub(super) silence: Option<SilenceWatch>,
    pub(super) progress: Option<Progress>,
    ear: Option<Ear>,
    /// What was learned of the line's noise.
    floor: Floor,
    pub(super) tells_spurts: bool,
    pub(super) recording: Option<Recording>,
    pub(super) line: Line,
    pub(super) reports: Reports,
    latch: Option<Latch>,
    rtcp_from: Option<SocketAddr>,
    keys: Keys,
    /// Samples of the tone that is being sent.
    tone_at: u32,
    heard: Instant,
    timed_out: bool,
    next_report: Instant,
}

/// What a received packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried {
    Audio(Codec),
    Event,
}

impl Leg {
    pub(super) fn new(id: LegId, now: Instant, line: Line, reports: Reports) -> Self {
        Self {
            id,
            stream: None,
            sources: Vec::new(),
            listeners: Vec::new(),
            voice: None,
            mixed: [0; FRAME],
            echo: None,
            recording_paused: false,
            playback: None,
            dialling: Dialling::default(),
            tones: None,
            silence: None,
            progress: None,
            ear: None,
            floor: Floor::default(),
            tells_spurts: false,
            recording: None,
            line,
            reports,
            latch: None,
            rtcp_from: None,
            keys: Keys::default(),
            tone_at: 0,
            heard: now,
            timed_out: false,
            next_report: now + Duration::from_millis(2_500),
        }
    }

    pub(super) fn negotiate(&mut self, now: Instant, stream: Stream) {
        match &mut self.latch {
            Some(latch) => latch.renegotiate(stream.remote),
            None => self.latch = Some(Latch::new(stream.remote)),
        }
        if self.rtcp_from.is_some_and(|from| !self.is_peer(from)) {
            self.rtcp_from = None;
        }
        // Whoever was on hold gets the full time to speak up again.
        self.heard = now;
        self.stream = Some(stream);
    }

    pub(super) fn listen(&mut self, how: Option<Utterance>) {
        if let Some(ear) = self.ear.take() {
            self.floor = ear.floor();
        }
        self.ear = how.map(|how| Ear::new(how, self.floor));
    }

    pub(super) fn is_mixing(&self) -> bool {
        self.sources.len() > 1
    }

    /// What a code is in the recording: itself, or silence while that is paused.
    fn recorded(&self, codec: Codec) -> &'static [i16; 256] {
        static SILENCE: [i16; 256] = [0; 256];
        if self.recording_paused {
            &SILENCE
        } else {
            codec.linear()
        }
    }

    fn is_peer(&self, from: SocketAddr) -> bool {
        self.latch.as_ref().is_some_and(|latch| latch.is_peer(from.ip()))
    }

    /// A packet from the network: noted, heard and recorded. What it carries if it is good to be passed on.
    pub(super) fn handle_rtp(
        &mut self,
        now: Instant,
        from: SocketAddr,
        packet: &Packet<'_>,
        counters: &mut Counters,
        events: &mut Vec<MediaEvent>,
    ) -> Option<Carried> {
        let stream = self.stream.as_ref()?;
        if !self.latch.as_mut()?.accept(now, from, packet.ssrc) {
            counters.foreign += 1;
            return None;
        }
        let receive = stream.receive;
        let carried = carried(stream, packet.payload_type);
        self.heard = now;
        if self
            .reports
            .handle_rtp(now, packet, carried != Some(Carried::Event))
        {
            self.keys.reset();
        }
        match carried {
            Some(Carried::Audio(codec)) if receive => self.hear(now, packet, codec, events),
            Some(Carried::Event) => {
                let digit = self.keys.handle_event(now, packet);
                events.extend(digit.map(|digit| self.digit(digit, DigitSource::Event)));
            }
            None if packet.payload_type != COMFORT_NOISE => counters.unknown_payload += 1,
            _ => {}
        }
        carried.filter(|_| receive)
    }

    fn hear(&mut self, now: Instant, packet: &Packet<'_>, codec: Codec, events: &mut Vec<MediaEvent>) {
        self.keys.handle_audio(packet);
        if packet.marker && self.tells_spurts {
            events.push(MediaEvent::TalkSpurt {
                leg: self.id,
                at: now,
            });
        }
        let linear = codec.linear();
        if let Some(watch) = &mut self.silence {
            watch.handle_frame(now, packet.payload, linear);
        }
        let mut is_tone = false;
        if let Some(progress) = &mut self.progress {
            let samples = packet.payload.iter().map(|code| linear[usize::from(*code)]);
            let leg = self.id;
            events.extend(
                progress
                    .handle_samples(samples)
                    .map(|tone| MediaEvent::Progress { leg, tone }),
            );
            is_tone = progress.is_tone();
        }
        if let Some(ear) = &mut self.ear {
            ear.handle_frame(now, packet.payload, linear, is_tone);
        }
        if let Some(voice) = &mut self.voice {
            voice.hear(now, packet, linear);
        }
        if let Some(echo) = &mut self.echo {
            echo.hear(packet.payload);
        }
        let recorded = self.recorded(codec);
        if let Some(recording) = &mut self.recording {
            recording
                .timeline
                .received(now, packet.ssrc, packet.timestamp, packet.payload, recorded);
        }
        let no_events = self.stream.as_ref().is_some_and(|stream| stream.dtmf.is_none());
        if let Some(tones) = self.tones.as_mut().filter(|_| no_events) {
            let samples = packet.payload.iter().map(|code| linear[usize::from(*code)]);
            let digit = tones.handle_samples(samples);
            events.extend(digit.map(|digit| self.digit(digit, DigitSource::Tone)));
        }
    }

    fn digit(&self, digit: char, source: DigitSource) -> MediaEvent {
        MediaEvent::Digit {
            leg: self.id,
            digit,
            source,
        }
    }

    pub(super) fn handle_rtcp(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &[u8],
        counters: &mut Counters,
    ) {
        if !self.is_peer(from) {
            counters.foreign += 1;
        } else if self.reports.handle_rtcp(now, bytes, self.line.ssrc()) {
            self.heard = now;
            self.rtcp_from = Some(canonical(from));
        } else {
            counters.malformed += 1;
        }
    }

    /// A packet of the only leg that this one hears. Dropped while the leg hears something else.
    pub(super) fn forward(&mut self, now: Instant, packet: &Packet<'_>, carried: Carried, out: &mut Outbox) {
        let (Some(stream), Some(latch)) = (&self.stream, &self.latch) else {
            return;
        };
        if !stream.send || self.playback.is_some() || !self.dialling.is_idle() {
            return;
        }
        let payload_type = match carried {
            Carried::Audio(_) => stream.codec.payload_type(),
            Carried::Event => match stream.dtmf {
                Some(number) => number,
                None => return,
            },
        };
        let Some(header) = self.line.through(now, packet) else {
            return;
        };
        let codes = packet.payload.iter().copied();
        match carried {
            Carried::Audio(codec) => {
                match codec.translation(stream.codec) {
                    None => out.push_rtp(self.id, latch.remote(), &header, payload_type, codes),
                    Some(table) => {
                        let codes = codes.map(|code| table[usize::from(code)]);
                        out.push_rtp(self.id, latch.remote(), &header, payload_type, codes);
                    }
                }
                let recorded = self.recorded(codec);
                if let Some(recording) = &mut self.recording {
                    recording
                        .timeline
                        .sent(now, header.timestamp, packet.payload, recorded);
                }
            }
            Carried::Event => out.push_rtp(self.id, latch.remote(), &header, payload_type, codes),
        }
        self.line.count(packet.payload.len());
    }

    pub(super) fn tick(
        &mut self,
        now: Instant,
        media_timeout: Duration,
        out: &mut Outbox,
        events: &mut Vec<MediaEvent>,
    ) {
        self.keys.tick(now);
        if self.stream.is_some() {
            self.send_frame(now, out, events);
            self.send_report(now, out);
        }
        if self.silence.as_mut().is_some_and(|watch| watch.tick(now)) {
            events.push(MediaEvent::Quiet { leg: self.id });
        }
        let leg = self.id;
        events.extend(
            self.ear
                .as_mut()
                .and_then(|ear| ear.tick(now))
                .map(|what| match what {
                    Noticed::Began => MediaEvent::Speaking { leg },
                    Noticed::Said(sound) => MediaEvent::Spoken { leg, sound },
                }),
        );
        if self.is_lost(now, media_timeout) {
            self.timed_out = true;
            events.push(MediaEvent::TimedOut { leg: self.id });
        }
    }

    fn is_lost(&self, now: Instant, media_timeout: Duration) -> bool {
        let Some(stream) = &self.stream else { return false };
        let patience = if stream.send && stream.receive {
            media_timeout
        } else {
            media_timeout * HOLD_PATIENCE
        };
        !self.timed_out && now.saturating_duration_since(self.heard) >= patience
    }

    /// Our own frame of this tick: a key, a prompt, or silence where no peer speaks.
    fn send_frame(&mut self, now: Instant, out: &mut Outbox, events: &mut Vec<MediaEvent>) {
        if let Some(step) = self.dialling.next() {
            return self.send_step(now, step, out);
        }
        let Some(codec) = self.stream.as_ref().map(|stream| stream.codec) else {
            return;
        };
        let mut frame = [codec.silence(); FRAME];
        if let Some(playback) = &mut self.playback {
            if playback.fill(codec, &mut frame) {
                return self.send_audio(now, &frame, out);
            }
            events.push(MediaEvent::Played {
                leg: self.id,
                playback: playback.id,
            });
            self.playback = None;
        }
        match self.sources.len() {
            0 => {
                let echo = self.echo.as_mut().and_then(Echo::next);
                self.send_audio(now, &echo.unwrap_or(frame), out);
            }
            1 => {}
            _ => {
                let frame = self.mixed.map(|sample| codec.encode(sample));
                self.send_audio(now, &frame, out);
            }
        }
    }

    fn send_audio(&mut self, now: Instant, frame: &[u8; FRAME], out: &mut Outbox) {
        let (Some(stream), Some(latch)) = (&self.stream, &self.latch) else {
            return;
        };
        if !stream.send {
            return;
        }
        let header = self.line.local(now);
        out.push_rtp(
            self.id,
            latch.remote(),
            &header,
            stream.codec.payload_type(),
            frame.iter().copied(),
        );
        let recorded = self.recorded(stream.codec);
        if let Some(recording) = &mut self.recording {
            recording.timeline.sent(now, header.timestamp, frame, recorded);
        }
        self.line.count(FRAME);
    }

    fn send_step(&mut self, now: Instant, step: Step, out: &mut Outbox) {
        let (Some(stream), Some(latch)) = (&self.stream, &self.latch) else {
            return;
        };
        match (step, stream.dtmf.filter(|_| stream.send)) {
            (Step::Down { payload, .. } | Step::End { payload }, Some(number)) => {
                let header = self.line.event(now, self.dialling.began);
                self.dialling.began = Some(header.timestamp);
                out.push_rtp(self.id, latch.remote(), &header, number, payload);
                self.line.count(payload.len());
            }
            (Step::Down { digit, .. }, None) => {
                let codec = stream.codec;
                let at = self.tone_at;
                self.tone_at += FRAME as u32;
                let frame = std::array::from_fn(|n| codec.encode(tones::sample(digit, at + n as u32)));
                self.send_audio(now, &frame, out);
            }
            (Step::End { .. } | Step::Pause, _) => {
                self.tone_at = 0;
                let frame = [stream.codec.silence(); FRAME];
                self.send_audio(now, &frame, out);
            }
        }
    }

    fn send_report(&mut self, now: Instant, out: &mut Outbox) {
        if now < self.next_report {
            return;
        }
        // RFC 3550 section 6.2: five seconds, spread so that the legs of a busy hour do not report in step.
        let spread = (u64::from(self.line.ssrc()) ^ self.line.packets()) % 3_000;
        self.next_report = now + Duration::from_millis(3_500 + spread);
        if let Some(to) = self.rtcp_remote() {
            out.push_rtcp(self.id, to, &self.reports.report(now, &self.line));
        }
    }

    pub(super) fn send_goodbye(&mut self, now: Instant, out: &mut Outbox) {
        if let Some(to) = self.rtcp_remote() {
            out.push_rtcp(self.id, to, &self.reports.goodbye(now, &self.line));
        }
    }

    fn rtcp_remote(&self) -> Option<SocketAddr> {
        let remote = self.latch.as_ref()?.remote();
        let guess = || Some(SocketAddr::new(remote.ip(), remote.port().checked_add(1)?));
        self.rtcp_from
            .or_else(guess)
            .filter(|to| !to.ip().is_unspecified())
    }
}

fn carried(stream: &Stream, payload_type: u8) -> Option<Carried> {
    if let Some(codec) = Codec::from_payload_type(payload_type) {
        return Some(Carried::Audio(codec));
    }
    // The peer may send with its own number or with the one that we offered: both mean the same here.
    let dtmf = stream.dtmf?;
    (payload_type == dtmf || payload_type == OFFERED_DTMF).then_some(Carried::Event)
}
