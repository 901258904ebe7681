//! The media thread from outside: commands go in from any thread, events come out by a callback.
//!
//! Not responsible for what the thread does (see `thread`) nor for choosing ports.

mod thread;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::browser::{self, Browsers, Connection};
use super::recorder::Recorder;
use super::sockets::{Pair, Poll, Waker};
use crate::media::{MediaCommand, MediaEvent, PromptName};
use crate::rtp::{Counters, Prompts, Settings};
use crate::{LegId, LineId};
pub use browser::OfferError;
use thread::MediaThread;

/// Blocks on their way to the recorder, and back.
const IN_FLIGHT: usize = 1_024;

#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// Where RTP is received; `::` takes IPv4 and IPv6.
    pub bind: IpAddr,
    pub settings: Settings,
    /// For SSRCs and first sequence numbers.
    pub seed: u64,
    /// The thread gathers packets for this long before it looks again: half of it is what a bridged packet waits on average when there
    /// are many.
    pub gather: Duration,
    /// UDP port of all browsers' lines; 0 takes a free one, None takes no browsers.
    pub browser_port: Option<u16>,
}

impl MediaConfig {
    pub fn new(bind: IpAddr, seed: u64) -> Self {
        Self {
            bind,
            settings: Settings::default(),
            seed,
            gather: Duration::from_micros(1_200),
            browser_port: None,
        }
    }
}

enum Message {
    Command(MediaCommand),
    Open(LegId, Pair),
    Line(LineId, Box<Connection>),
    Prompts(Prompts),
    Shutdown,
}

type OnEvent = Arc<dyn Fn(MediaEvent) + Send + Sync>;

/// Cheap to clone; the threads end with `shutdown` or the last clone.
#[derive(Clone)]
pub struct MediaHandle {
    inner: Arc<Inner>,
}

struct Inner {
    bind: IpAddr,
    messages: Sender<Message>,
    waker: Arc<Waker>,
    on_event: OnEvent,
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    browsers: Option<SocketAddr>,
}

/// What the media thread tells about itself once a second.
#[derive(Debug, Default)]
struct Shared {
    legs: AtomicU64,
    received: AtomicU64,
    forwarded: AtomicU64,
    foreign: AtomicU64,
    malformed: AtomicU64,
    unknown_payload: AtomicU64,
    unknown_browser: AtomicU64,
    media_cpu_us: AtomicU64,
    recorder_cpu_us: AtomicU64,
}

/// Load of the media side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MediaLoad {
    pub legs: u64,
    pub counters: Counters,
    /// Packets on the browsers' port that belong to no line.
    pub unknown_browser: u64,
    /// CPU time used by the media thread and by the recorder thread so far.
    pub media_cpu: Duration,
    pub recorder_cpu: Duration,
}

/// Starts the media thread and the recorder thread. `on_event` is called on them and must not block: send to an unbounded channel.
pub fn start(
    config: MediaConfig,
    on_event: impl Fn(MediaEvent) + Send + Sync + 'static,
) -> io::Result<MediaHandle> {
    let on_event: OnEvent = Arc::new(on_event);
    let (messages, inbox) = channel();
    let (jobs, to_write) = sync_channel(IN_FLIGHT);
    let (free, written) = sync_channel(IN_FLIGHT);
    let waker = Arc::new(Waker::new()?);
    let shared = Arc::new(Shared::default());
    let bind = config.bind;
    let browsers = config.browser_port.map(|port| Browsers::bind(bind, port));
    let browsers = browsers.transpose()?;
    let browser_addr = browsers.as_ref().map(Browsers::local_addr).transpose()?;
    let media = MediaThread::new(
        config,
        Poll::new()?,
        waker.clone(),
        on_event.clone(),
        shared.clone(),
        browsers,
    )?;
    let recorder = {
        let (on_event, shared) = (on_event.clone(), shared.clone());
        spawn("recorder", move || {
            let recorder = Recorder::new(move |event| on_event(event), free);
            recorder.run(&to_write, |cpu| {
                shared.recorder_cpu_us.store(micros(cpu), Ordering::Relaxed)
            });
        })?
    };
    let media = spawn("media", move || media.run(&inbox, jobs, &written))?;
    let threads = Mutex::new(vec![media, recorder]);
    Ok(MediaHandle {
        inner: Arc::new(Inner {
            bind,
            messages,
            waker,
            on_event,
            shared,
            threads,
            browsers: browser_addr,
        }),
    })
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)
}

fn micros(span: Duration) -> u64 {
    span.as_micros() as u64
}

impl MediaHandle {
    /// `Open` binds its sockets before this returns, so that an offer never names a port that is not ours; if it cannot, the answer is
    /// `OpenFailed`.
    pub fn send(&self, command: MediaCommand) {
        let message = match command {
            MediaCommand::Open { leg, port } => match Pair::bind(self.inner.bind, port) {
                Ok(pair) => Message::Open(leg, pair),
                Err(error) => {
                    let reason = format!("port {port}: {error}");
                    tracing::warn!(%reason, "no audio for a call: is another program using this port?");
                    return (self.inner.on_event)(MediaEvent::OpenFailed { leg, reason });
                }
            },
            other => Message::Command(other),
        };
        self.inner.post(message);
    }

    /// Where browsers send their audio.
    #[must_use]
    pub fn browser_addr(&self) -> Option<SocketAddr> {
        self.inner.browsers
    }

    /// Accepts a browser's offer for `line`; the answer names `address` and the browsers' port. `LineUp` follows when it has connected.
    #[allow(clippy::disallowed_methods)] // The driver is where time is asked for.
    pub fn open_line(&self, line: LineId, offer: &str, address: IpAddr) -> Result<String, OfferError> {
        let port = self.inner.browsers.ok_or(OfferError::NoPort)?.port();
        let accepted = browser::accept(
            std::time::Instant::now(),
            offer,
            SocketAddr::new(address.to_canonical(), port),
        )?;
        self.inner
            .post(Message::Line(line, Box::new(accepted.connection)));
        Ok(accepted.answer)
    }

    /// Encodes on the calling thread; what plays goes on undisturbed.
    pub fn set_prompts(&self, prompts: &HashMap<PromptName, Arc<[i16]>>) {
        self.inner.post(Message::Prompts(Prompts::encode(prompts)));
    }

    pub fn load(&self) -> MediaLoad {
        let shared = &self.inner.shared;
        let read = |value: &AtomicU64| value.load(Ordering::Relaxed);
        MediaLoad {
            legs: read(&shared.legs),
            counters: Counters {
                received: read(&shared.received),
                forwarded: read(&shared.forwarded),
                foreign: read(&shared.foreign),
                malformed: read(&shared.malformed),
                unknown_payload: read(&shared.unknown_payload),
            },
            unknown_browser: read(&shared.unknown_browser),
            media_cpu: Duration::from_micros(read(&shared.media_cpu_us)),
            recorder_cpu: Duration::from_micros(read(&shared.recorder_cpu_us)),
        }
    }

    /// Closes all legs, tells the peers, completes the recordings; returns when everything is on the disk.
    pub fn shutdown(&self) {
        self.inner.shutdown();
    }
}

impl Inner {
    fn post(&self, message: Message) {
        // After the end there is nobody to obey.
        if self.messages.send(message).is_ok() {
            self.waker.wake();
        }
    }

    fn shutdown(&self) {
        self.post(Message::Shutdown);
        let threads = match self.threads.lock() {
            Ok(mut threads) => std::mem::take(&mut *threads),
            Err(_) => return,
        };
        for thread in threads {
            // The last clone may be dropped within an event of that very thread.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shutdown();
    }
}

#[cfg(test)]
#[path = "media_tests.rs"]
mod tests;
