//! All legs of one media thread.
//!
//! A bridged packet goes out as it came in, renumbered; everything else goes by the 20 ms tick. Nothing here waits, locks or allocates
//! per packet.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::PacketKind;
use super::leg::{Carried, Leg};
use super::line::Line;
use super::mixing::{self, Frame};
use super::outbox::{Outbox, Transmit};
use super::packet::Packet;
use super::playback::{Playback, Prompts};
use super::progress::Progress;
use super::reports::{NtpClock, Reports};
use super::silence::SilenceWatch;
use super::tones::Tones;
use crate::LegId;
use crate::media::{MediaCommand, MediaEvent};
use crate::recording::{Job, Pool, Recording};

#[derive(Debug, Clone)]
pub struct Settings {
    /// Without RTP and RTCP for this long the leg is given up.
    pub media_timeout: Duration,
    /// Names this host in RTCP.
    pub cname: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            media_timeout: Duration::from_secs(30),
            cname: "hotline".to_owned(),
        }
    }
}

/// What was thrown away, and how much passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    pub received: u64,
    pub forwarded: u64,
    /// From an address that was not negotiated.
    pub foreign: u64,
    pub malformed: u64,
    pub unknown_payload: u64,
}

#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    clock: NtpClock,
    rng: SmallRng,
    prompts: Prompts,
    legs: BTreeMap<LegId, Box<Leg>>,
    out: Outbox,
    events: Vec<MediaEvent>,
    jobs: Vec<Job>,
    pool: Pool,
    counters: Counters,
}

impl Engine {
    pub fn new(settings: Settings, seed: u64, clock: NtpClock) -> Self {
        Self {
            settings,
            clock,
            rng: SmallRng::seed_from_u64(seed),
            prompts: Prompts::default(),
            legs: BTreeMap::new(),
            out: Outbox::default(),
            events: Vec::new(),
            jobs: Vec::new(),
            pool: Pool::default(),
            counters: Counters::default(),
        }
    }

    /// What plays goes on with the prompts that it began with.
    pub fn set_prompts(&mut self, prompts: Prompts) {
        self.prompts = prompts;
    }

    pub fn handle_command(&mut self, now: Instant, command: MediaCommand) {
        match command {
            MediaCommand::Open { leg, .. } | MediaCommand::Attach { leg, .. } => self.open(now, leg),
            MediaCommand::CloseLine { .. } => {}
            MediaCommand::Bridge { a, b } => self.bridge(a, b),
            MediaCommand::Unbridge { leg } => self.unbridge(leg),
            MediaCommand::Hear { leg, from } => self.hear(leg, &from),
            MediaCommand::Close { leg } => self.close(now, leg),
            MediaCommand::Negotiate { leg, stream } => self.with(leg, |leg, _| leg.negotiate(now, stream)),
            MediaCommand::Play {
                leg,
                playback,
                prompts,
                looped,
            } => self.with(leg, |leg, engine| {
                leg.playback = Some(Playback::new(playback, &prompts, looped, &engine.prompts));
                leg.line.begin_spurt();
            }),
            MediaCommand::StopPlaying { leg } => self.with(leg, |leg, _| leg.playback = None),
            MediaCommand::Record { leg, call, path } => self.with(leg, |leg, engine| {
                engine.finish_recording(now, leg);
                leg.recording = Some(Recording::new(now, call));
                engine.jobs.push(Job::Start { call, path });
            }),
            MediaCommand::StopRecording { leg } => {
                self.with(leg, |leg, engine| engine.finish_recording(now, leg))
            }
            MediaCommand::PauseRecording { leg, paused } => {
                self.with(leg, |leg, _| leg.recording_paused = paused)
            }
            MediaCommand::Echo { leg } => self.with(leg, |leg, _| leg.echo = Some(Default::default())),
            MediaCommand::DetectTones { leg, on } => {
                self.with(leg, |leg, _| leg.tones = on.then(Tones::default))
            }
            MediaCommand::WatchSilence { leg, after } => self.with(leg, |leg, _| {
                leg.silence = after.map(|after| SilenceWatch::new(now, after));
            }),
            MediaCommand::Listen { leg, how } => self.with(leg, |leg, _| leg.listen(how)),
            MediaCommand::WatchProgress { leg, on } => {
                self.with(leg, |leg, _| leg.progress = on.then(Progress::default))
            }
            MediaCommand::WatchTalkSpurts { leg } => self.with(leg, |leg, _| leg.tells_spurts = true),
            MediaCommand::SendDigit { leg, digit } => self.with(leg, |leg, _| leg.dialling.push(digit)),
        }
    }

    /// Takes the leg out of the map for the while, so that both can be changed.
    fn with(&mut self, id: LegId, change: impl FnOnce(&mut Leg, &mut Self)) {
        if let Some(mut leg) = self.legs.remove(&id) {
            change(&mut leg, self);
            self.legs.insert(id, leg);
        }
    }

    fn open(&mut self, now: Instant, id: LegId) {
        let line = Line::new(self.rng.random(), self.rng.random(), self.rng.random());
        let cname = format!("{:08x}@{}", self.rng.random::<u32>(), self.settings.cname);
        let leg = Leg::new(id, now, line, Reports::new(now, self.clock, cname));
        self.legs.insert(id, Box::new(leg));
    }

    fn bridge(&mut self, a: LegId, b: LegId) {
        if a == b || !self.legs.contains_key(&a) || !self.legs.contains_key(&b) {
            return;
        }
        self.unbridge(a);
        self.unbridge(b);
        self.hear(a, &[b]);
        self.hear(b, &[a]);
    }

    /// Nobody hears the leg any more, and it hears nobody.
    fn unbridge(&mut self, id: LegId) {
        self.hear(id, &[]);
        let listeners = self
            .legs
            .get_mut(&id)
            .map(|leg| std::mem::take(&mut leg.listeners));
        for listener in listeners.into_iter().flatten() {
            if let Some(leg) = self.legs.get_mut(&listener) {
                leg.sources.retain(|source| *source != id);
            }
        }
        self.mark_mixed();
    }

    fn hear(&mut self, id: LegId, from: &[LegId]) {
        let known = |source: &LegId| *source != id && self.legs.contains_key(source);
        let sources: Vec<LegId> = from.iter().copied().filter(known).collect();
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let before = std::mem::replace(&mut leg.sources, sources.clone());
        for source in before {
            if let Some(source) = self.legs.get_mut(&source) {
                source.listeners.retain(|listener| *listener != id);
            }
        }
        for source in sources {
            if let Some(source) = self.legs.get_mut(&source) {
                source.listeners.push(id);
            }
        }
        self.mark_mixed();
    }

    /// Whoever is heard together with others has a voice on the clock.
    fn mark_mixed(&mut self) {
        let mixes = self.legs.values().filter(|leg| leg.is_mixing());
        let mixed: Vec<LegId> = mixes.flat_map(|leg| leg.sources.iter().copied()).collect();
        for leg in self.legs.values_mut() {
            if mixed.contains(&leg.id) {
                leg.voice.get_or_insert_default();
            } else {
                leg.voice = None;
            }
        }
    }

    fn close(&mut self, now: Instant, id: LegId) {
        self.unbridge(id);
        let Some(mut leg) = self.legs.remove(&id) else {
            return;
        };
        self.finish_recording(now, &mut leg);
        leg.send_goodbye(now, &mut self.out);
        let quality = leg.reports.quality(&leg.line);
        self.events.push(MediaEvent::Closed { leg: id, quality });
    }

    /// All legs, for the end of the process: recordings are finished, peers told.
    pub fn close_all(&mut self, now: Instant) {
        while let Some(id) = self.legs.keys().next().copied() {
            self.close(now, id);
        }
    }

    fn finish_recording(&mut self, now: Instant, leg: &mut Leg) {
        if let Some(recording) = leg.recording.take() {
            recording.finish(now, &mut self.pool, &mut self.jobs);
        }
    }

    pub fn handle_packet(
        &mut self,
        now: Instant,
        leg: LegId,
        kind: PacketKind,
        from: SocketAddr,
        bytes: &[u8],
    ) {
        let Some(receiver) = self.legs.get_mut(&leg) else {
            return;
        };
        if kind == PacketKind::Rtcp {
            return receiver.handle_rtcp(now, from, bytes, &mut self.counters);
        }
        let Some(packet) = Packet::parse(bytes) else {
            self.counters.malformed += 1;
            return;
        };
        self.counters.received += 1;
        let carried = receiver.handle_rtp(now, from, &packet, &mut self.counters, &mut self.events);
        let Some(carried) = carried else { return };
        // One listener is the rule: a bridged packet costs two look-ups and no more.
        if let [listener] = receiver.listeners[..] {
            return self.forward(now, listener, &packet, carried);
        }
        // Taken out for the while, so that the listeners can be changed.
        let listeners = std::mem::take(&mut receiver.listeners);
        for listener in &listeners {
            self.forward(now, *listener, &packet, carried);
        }
        if let Some(receiver) = self.legs.get_mut(&leg) {
            receiver.listeners = listeners;
        }
    }

    /// To a leg that hears nobody else; one that hears several waits for the tick.
    fn forward(&mut self, now: Instant, listener: LegId, packet: &Packet<'_>, carried: Carried) {
        if let Some(listener) = self.legs.get_mut(&listener).filter(|leg| !leg.is_mixing()) {
            self.counters.forwarded += 1;
            listener.forward(now, packet, carried, &mut self.out);
        }
    }

    /// Every 20 ms.
    pub fn tick(&mut self, now: Instant) {
        let voices: Vec<(LegId, Frame)> = self
            .legs
            .values_mut()
            .filter_map(|leg| Some((leg.id, leg.voice.as_mut()?.next(now)?)))
            .collect();
        for leg in self.legs.values_mut() {
            if leg.is_mixing() {
                let heard = voices.iter().filter(|(from, _)| leg.sources.contains(from));
                leg.mixed = mixing::sum(heard.map(|(_, frame)| frame));
            }
            leg.tick(now, self.settings.media_timeout, &mut self.out, &mut self.events);
            if let Some(recording) = &mut leg.recording {
                recording.advance(now, &mut self.pool, &mut self.jobs);
            }
        }
    }

    /// Packets to be sent; `clear_transmits` when they are.
    pub fn transmits(&self) -> impl Iterator<Item = Transmit<'_>> {
        self.out.iter()
    }

    pub fn clear_transmits(&mut self) {
        self.out.clear();
    }

    pub fn drain_events(&mut self) -> std::vec::Drain<'_, MediaEvent> {
        self.events.drain(..)
    }

    pub fn drain_jobs(&mut self) -> std::vec::Drain<'_, Job> {
        self.jobs.drain(..)
    }

    /// Gives a block back that the recorder has written.
    pub fn recycle(&mut self, block: Box<[i16]>) {
        self.pool.put(block);
    }

    pub fn legs(&self) -> usize {
        self.legs.len()
    }

    pub fn counters(&self) -> Counters {
        self.counters
    }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
