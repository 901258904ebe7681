//! The loop of the media thread: wait, hand everything that has come to the engine, send what it wants sent.
#![allow(clippy::disallowed_methods)] // The driver is where time is asked for, and where packets are gathered.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError};
use std::time::{Duration, Instant, SystemTime};

use super::super::browser::Browsers;
use super::super::sockets::{self, Metronome, Pair, Poll, Ready, Waker};
use super::{MediaConfig, Message, OnEvent, Shared, micros};
use crate::LegId;
use crate::media::{MediaCommand, MediaEvent};
use crate::recording::{Backlog, Job};
use crate::rtp::{Engine, FRAME_TIME, NtpClock, PacketKind, Transmit};

const WAKE: u64 = u64::MAX;
const TICK: u64 = u64::MAX - 1;
const BROWSERS: u64 = u64::MAX - 2;
/// After a standstill (a suspended machine) only this much is caught up; the rest of the time is a pause.
const CATCH_UP: u64 = 5;
const TICKS_A_SECOND: u64 = 50;

pub(super) struct MediaThread {
    engine: Engine,
    poll: Poll,
    waker: Arc<Waker>,
    metronome: Metronome,
    receiver: sockets::Receiver,
    /// Place in this list times two, plus one for RTCP, is the token of a socket.
    sockets: Vec<Option<(LegId, Pair)>>,
    places: HashMap<LegId, usize>,
    browsers: Option<Browsers>,
    /// What browsers' lines told, until `flush`.
    line_events: Vec<MediaEvent>,
    backlog: Backlog,
    on_event: OnEvent,
    shared: Arc<Shared>,
    gather: Duration,
    ticks: u64,
}

impl MediaThread {
    pub(super) fn new(
        config: MediaConfig,
        poll: Poll,
        waker: Arc<Waker>,
        on_event: OnEvent,
        shared: Arc<Shared>,
        browsers: Option<Browsers>,
    ) -> io::Result<Self> {
        let metronome = Metronome::new(FRAME_TIME)?;
        poll.add(waker.as_raw_fd(), WAKE)?;
        poll.add(metronome.as_raw_fd(), TICK)?;
        if let Some(browsers) = &browsers {
            poll.add(browsers.raw_fd(), BROWSERS)?;
        }
        Ok(Self {
            engine: Engine::new(config.settings, config.seed, ntp_clock()),
            poll,
            waker,
            metronome,
            receiver: sockets::Receiver::default(),
            sockets: Vec::new(),
            places: HashMap::new(),
            browsers,
            line_events: Vec::new(),
            backlog: Backlog::default(),
            on_event,
            shared,
            gather: config.gather,
            ticks: 0,
        })
    }

    pub(super) fn run(
        mut self,
        inbox: &Receiver<Message>,
        jobs: SyncSender<Job>,
        written: &Receiver<Box<[i16]>>,
    ) {
        sockets::raise_priority();
        sockets::sleep_precisely();
        let mut ready = Ready::default();
        let mut tokens = Vec::new();
        loop {
            tokens.clear();
            match self.poll.wait(&mut ready) {
                Ok(found) => tokens.extend(found),
                // Nothing that can be waited for any more: a defect, and better said than spun on.
                Err(error) => return tracing::error!(%error, "media thread cannot wait"),
            }
            let began = Instant::now();
            if !self.handle_tokens(began, &tokens, inbox) {
                return self.finish(jobs);
            }
            self.flush(began);
            self.hand_over(&jobs, written);
            // Packets that come now wait a little for each other: one wake-up serves many.
            let rest = self.gather.saturating_sub(began.elapsed());
            if !rest.is_zero() {
                std::thread::sleep(rest);
            }
        }
    }

    /// False when the end was asked for.
    fn handle_tokens(&mut self, now: Instant, tokens: &[u64], inbox: &Receiver<Message>) -> bool {
        for token in tokens {
            match *token {
                WAKE => {
                    self.waker.drain();
                    for message in inbox.try_iter() {
                        if !self.handle_message(now, message) {
                            return false;
                        }
                    }
                }
                TICK => self.tick(now),
                BROWSERS => {
                    if let Some(browsers) = &mut self.browsers {
                        browsers.receive(now, &mut self.engine, &mut self.line_events);
                    }
                }
                token => self.receive(now, token),
            }
        }
        true
    }

    fn handle_message(&mut self, now: Instant, message: Message) -> bool {
        match message {
            Message::Shutdown => return false,
            Message::Prompts(prompts) => self.engine.set_prompts(prompts),
            Message::Open(leg, pair) => self.open(now, leg, pair),
            Message::Line(line, connection) => {
                if let Some(browsers) = &mut self.browsers {
                    browsers.add(line, *connection);
                }
            }
            Message::Command(MediaCommand::Attach { leg, line }) => {
                let deaf = match &mut self.browsers {
                    Some(browsers) => browsers.attach(now, leg, line, &mut self.engine),
                    None => Some(MediaEvent::TimedOut { leg }),
                };
                self.line_events.extend(deaf);
            }
            Message::Command(MediaCommand::CloseLine { line }) => {
                if let Some(browsers) = &mut self.browsers {
                    browsers.close(now, line);
                }
            }
            Message::Command(command) => {
                let closed = match &command {
                    MediaCommand::Close { leg } => Some(*leg),
                    _ => None,
                };
                self.engine.handle_command(now, command);
                if let Some(leg) = closed {
                    // The goodbye leaves before its socket does.
                    self.flush(now);
                    self.forget(leg);
                    if let Some(browsers) = &mut self.browsers {
                        browsers.detach(leg);
                    }
                }
            }
        }
        true
    }

    fn open(&mut self, now: Instant, leg: LegId, pair: Pair) {
        let place = self
            .sockets
            .iter()
            .position(Option::is_none)
            .unwrap_or(self.sockets.len());
        let token = place as u64 * 2;
        let added = self
            .poll
            .add(pair.rtp.as_raw_fd(), token)
            .and(self.poll.add(pair.rtcp.as_raw_fd(), token + 1));
        if let Err(error) = added {
            return (self.on_event)(MediaEvent::OpenFailed {
                leg,
                reason: error.to_string(),
            });
        }
        if place == self.sockets.len() {
            self.sockets.push(None);
        }
        self.forget(leg);
        self.sockets[place] = Some((leg, pair));
        self.places.insert(leg, place);
        self.engine
            .handle_command(now, MediaCommand::Open { leg, port: 0 });
    }

    fn forget(&mut self, leg: LegId) {
        if let Some(place) = self.places.remove(&leg) {
            self.sockets[place] = None;
        }
    }

    fn receive(&mut self, now: Instant, token: u64) {
        let Some(Some((leg, pair))) = self.sockets.get((token / 2) as usize) else {
            return;
        };
        let (socket, kind) = if token.is_multiple_of(2) {
            (&pair.rtp, PacketKind::Rtp)
        } else {
            (&pair.rtcp, PacketKind::Rtcp)
        };
        if let Some((from, bytes)) = self.receiver.receive(socket) {
            self.engine.handle_packet(now, *leg, kind, from, bytes);
        }
    }

    fn tick(&mut self, now: Instant) {
        for _ in 0..self.metronome.elapsed().min(CATCH_UP) {
            self.engine.tick(now);
            if let Some(browsers) = &mut self.browsers {
                browsers.tick(now, &mut self.engine, &mut self.line_events);
            }
            self.ticks += 1;
            if self.ticks.is_multiple_of(TICKS_A_SECOND) {
                self.publish();
            }
        }
    }

    fn publish(&self) {
        let (shared, counters) = (&self.shared, self.engine.counters());
        let unknown = self.browsers.as_ref().map_or(0, Browsers::unknown);
        for (place, value) in [
            (&shared.legs, self.engine.legs() as u64),
            (&shared.received, counters.received),
            (&shared.forwarded, counters.forwarded),
            (&shared.foreign, counters.foreign),
            (&shared.malformed, counters.malformed),
            (&shared.unknown_payload, counters.unknown_payload),
            (&shared.unknown_browser, unknown),
            (&shared.media_cpu_us, micros(sockets::thread_cpu_time())),
        ] {
            place.store(value, Ordering::Relaxed);
        }
    }

    /// Sends packets and tells events.
    fn flush(&mut self, now: Instant) {
        let transmits: Vec<Transmit<'_>> = self.engine.transmits().collect();
        for run in transmits.chunk_by(|a, b| a.leg == b.leg && a.kind == b.kind) {
            let place = self
                .places
                .get(&run[0].leg)
                .and_then(|place| self.sockets[*place].as_ref());
            if let Some((_, pair)) = place {
                let socket = if run[0].kind == PacketKind::Rtp {
                    &pair.rtp
                } else {
                    &pair.rtcp
                };
                if let [one] = run {
                    sockets::send(socket, pair.is_v6, one.to, one.bytes);
                } else {
                    let run = run.iter().map(|transmit| (transmit.to, transmit.bytes));
                    sockets::send_run(socket, pair.is_v6, run);
                }
            } else if let Some(browsers) = &mut self.browsers
                && browsers.has_leg(run[0].leg)
            {
                for transmit in run {
                    browsers.send(now, transmit.leg, transmit.kind, transmit.bytes);
                }
            }
        }
        drop(transmits);
        self.engine.clear_transmits();
        for event in self.engine.drain_events().chain(self.line_events.drain(..)) {
            (self.on_event)(event);
        }
    }

    /// To and from the recorder, without ever waiting for it.
    fn hand_over(&mut self, jobs: &SyncSender<Job>, written: &Receiver<Box<[i16]>>) {
        for block in written.try_iter() {
            self.engine.recycle(block);
        }
        let mut refused = Vec::new();
        for job in self.engine.drain_jobs() {
            refused.extend(self.backlog.push(job));
        }
        for block in refused {
            self.engine.recycle(block);
        }
        self.backlog.drain(|job| {
            jobs.try_send(job).map_err(|error| match error {
                TrySendError::Full(job) | TrySendError::Disconnected(job) => job,
            })
        });
    }

    /// At the end nobody waits for packets any more, so this may wait for the disk.
    fn finish(mut self, jobs: SyncSender<Job>) {
        let now = Instant::now();
        self.engine.close_all(now);
        self.flush(now);
        for job in self.engine.drain_jobs() {
            self.backlog.push(job);
        }
        self.backlog.drain(|job| jobs.send(job).map_err(|error| error.0));
    }
}

fn ntp_clock() -> NtpClock {
    // Between the epochs of NTP and Unix lie 70 years with 17 leap days.
    const EPOCHS: u64 = 2_208_988_800;
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    NtpClock {
        at: Instant::now(),
        ntp: (since.as_secs() + EPOCHS) << 32 | fraction,
    }
}
