//! A browser as far as audio goes: a WebRTC peer that speaks a tone and keeps what it hears. For tests and benchmarks.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

use std::f64::consts::TAU;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc};
use telephony::media::Codec;

const FRAME: Duration = Duration::from_millis(20);

/// A browser that has made its offer and waits for the answer.
pub struct Offering {
    pub offer: String,
    rtc: Rtc,
    pending: SdpPendingOffer,
    mid: Mid,
    socket: UdpSocket,
    pub shared: Arc<Shared>,
}

/// What browser and test share.
#[derive(Default)]
pub struct Shared {
    /// Hertz; 0 is silence.
    pub tone: AtomicU32,
    /// Says nothing at all, not even silence.
    pub mute: AtomicBool,
    /// Neither sends nor receives: the network is gone.
    pub unplugged: AtomicBool,
    pub connected: AtomicBool,
    stop: AtomicBool,
    pub heard: Mutex<Vec<i16>>,
    /// When a loud packet was first heard after `take_heard`.
    pub first_loud: Mutex<Option<Instant>>,
    /// When the first frame of the tone of now was sent.
    said: Mutex<Option<Instant>>,
    /// Hertz to listen for; 0 is none.
    wanted: AtomicU32,
    /// When they were first heard.
    found: Mutex<Option<Instant>>,
}

pub struct Browser {
    pub shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

pub fn offering() -> Offering {
    offering_from(LOCALHOST)
}

pub fn offering_from(address: IpAddr) -> Offering {
    let socket = UdpSocket::bind((address, 0)).unwrap();
    let mut rtc = Rtc::builder()
        .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
        .clear_codecs()
        .enable_pcmu(true, false)
        .enable_pcma(true, false)
        .set_rtp_mode(true)
        .build(Instant::now());
    let candidate = Candidate::host(socket.local_addr().unwrap(), "udp").unwrap();
    rtc.add_local_candidate(candidate);
    let mut change = rtc.sdp_api();
    let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
    let (offer, pending) = change.apply().unwrap();
    Offering {
        offer: offer.to_sdp_string(),
        rtc,
        pending,
        mid,
        socket,
        shared: Arc::default(),
    }
}

impl Offering {
    pub fn answered(mut self, answer: &str) -> Browser {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending, answer).unwrap();
        let shared = self.shared;
        let peer = Peer {
            rtc: self.rtc,
            mid: self.mid,
            local: self.socket.local_addr().unwrap(),
            socket: self.socket,
            shared: shared.clone(),
            frames: 0,
            spoken: 0,
        };
        let thread = std::thread::spawn(move || peer.run());
        Browser {
            shared,
            thread: Some(thread),
        }
    }
}

impl Browser {
    pub fn speak(&self, hertz: u32) {
        *self.shared.said.lock().unwrap() = None;
        self.shared.tone.store(hertz, Ordering::Relaxed);
    }

    /// When the tone that was last asked for was first sent.
    pub fn said(&self) -> Option<Instant> {
        *self.shared.said.lock().unwrap()
    }

    /// Looks out for a tone among all others.
    pub fn listen_for(&self, hertz: u32) {
        *self.shared.found.lock().unwrap() = None;
        self.shared.wanted.store(hertz, Ordering::Relaxed);
    }

    pub fn found(&self) -> Option<Instant> {
        *self.shared.found.lock().unwrap()
    }

    /// What was heard so far; what comes later starts anew.
    pub fn take_heard(&self) -> Vec<i16> {
        *self.shared.first_loud.lock().unwrap() = None;
        std::mem::take(&mut *self.shared.heard.lock().unwrap())
    }

    pub fn is_connected(&self) -> bool {
        self.shared.connected.load(Ordering::Relaxed)
    }
}

impl Drop for Browser {
    /// As a tab that is closed: nothing is said any more.
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Peer {
    rtc: Rtc,
    mid: Mid,
    local: SocketAddr,
    socket: UdpSocket,
    shared: Arc<Shared>,
    frames: u64,
    /// The tone of the last frame.
    spoken: u32,
}

impl Peer {
    fn run(mut self) {
        let mut buffer = [0; 2048];
        let mut next_frame = Instant::now();
        while !self.shared.stop.load(Ordering::Relaxed) {
            let due = self.drain().min(next_frame);
            let wait = due.saturating_duration_since(Instant::now());
            self.socket
                .set_read_timeout(Some(wait.max(Duration::from_micros(100))))
                .unwrap();
            let received = self.socket.recv_from(&mut buffer);
            let now = Instant::now();
            let unplugged = self.shared.unplugged.load(Ordering::Relaxed);
            if let Ok((length, from)) = received
                && !unplugged
                && let Ok(data) = Receive::new(Protocol::Udp, from, self.local, &buffer[..length])
            {
                self.rtc.handle_input(Input::Receive(now, data)).unwrap();
                self.drain();
            }
            self.rtc.handle_input(Input::Timeout(now)).unwrap();
            if now >= next_frame {
                next_frame += FRAME;
                self.speak(now);
            }
        }
    }

    fn speak(&mut self, now: Instant) {
        if !self.rtc.is_connected() || self.shared.mute.load(Ordering::Relaxed) {
            return;
        }
        self.drain();
        let tone = self.shared.tone.load(Ordering::Relaxed);
        let is_new = std::mem::replace(&mut self.spoken, tone) != tone;
        let hertz = f64::from(tone);
        let sample = |n: u64| {
            let at = (self.frames * 160 + n) as f64 / 8000.0;
            Codec::Alaw.encode(((TAU * hertz * at).sin() * 8000.0) as i16)
        };
        let payload: Vec<u8> = (0..160).map(sample).collect();
        self.frames += 1;
        let packet = RtpWrite::new(
            8.into(),
            self.frames.into(),
            (self.frames * 160) as u32,
            now,
            payload,
        );
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.mid, None).unwrap();
        stream.write_rtp(packet.marker(is_new));
        if is_new {
            *self.shared.said.lock().unwrap() = Some(now);
        }
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
    }

    fn drain(&mut self) -> Instant {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(due) => return due,
                Output::Transmit(transmit) => {
                    if !self.shared.unplugged.load(Ordering::Relaxed) {
                        let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                    }
                }
                Output::Event(Event::Connected) => self.shared.connected.store(true, Ordering::Relaxed),
                Output::Event(Event::RtpPacket(packet)) => self.hear(&packet.payload),
                Output::Event(_) => {}
            }
        }
    }

    fn hear(&self, codes: &[u8]) {
        let linear = Codec::Alaw.linear();
        let samples: Vec<i16> = codes.iter().map(|code| linear[usize::from(*code)]).collect();
        if samples.iter().any(|s| s.unsigned_abs() > 2_000) {
            self.shared
                .first_loud
                .lock()
                .unwrap()
                .get_or_insert_with(Instant::now);
        }
        let wanted = self.shared.wanted.load(Ordering::Relaxed);
        if wanted != 0 && power(&samples, f64::from(wanted)) > AUDIBLE {
            self.shared.found.lock().unwrap().get_or_insert_with(Instant::now);
        }
        self.shared.heard.lock().unwrap().extend(samples);
    }
}

/// Of a tone that fills a quarter of a frame.
const AUDIBLE: f64 = 1_000_000.0;

/// Power of one frequency in a stretch of samples (Goertzel), relative to its length.
pub fn power(samples: &[i16], hertz: f64) -> f64 {
    let coefficient = 2.0 * (TAU * hertz / 8000.0).cos();
    let (mut a, mut b) = (0.0, 0.0);
    for &sample in samples {
        (a, b) = (f64::from(sample) + coefficient * a - b, a);
    }
    (a * a + b * b - coefficient * a * b) / samples.len() as f64 / samples.len() as f64
}

/// Seconds in which a frequency is loud.
pub fn seconds(samples: &[i16], hertz: f64) -> f64 {
    samples
        .chunks(800)
        .filter(|c| power(c, hertz) > 500_000.0)
        .count() as f64
        / 10.0
}

pub const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
