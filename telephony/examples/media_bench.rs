//! Measures the media side: N bridged and recorded calls over real sockets on this machine.
//!
//! `media_bench --calls 100 --seconds 20 --out target/bench/media.json`
//!
//! Load and daemon share a process but not their threads: CPU time is taken of the daemon's threads (`media`, `recorder`) alone. Each packet
//! carries the time at which it was sent; the kernel stamps its arrival, so that the load's own waiting does not count as added delay.
//!
//! A bare loop is measured in the same run: it receives and sends as many packets on as many sockets and does nothing else. What the daemon
//! needs beside it is the figure that can be compared between machines.
#![allow(unsafe_code, clippy::disallowed_methods)]

use std::io;
use std::mem::zeroed;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use telephony::driver::media::{MediaConfig, MediaHandle, start};
use telephony::driver::sockets::{Pair, Poll, Ready, Receiver, send as send_datagram, sleep_precisely};
use telephony::media::{Codec, MediaCommand, MediaEvent, Stream};
use telephony::{CallId, LegId};

const FRAME: Duration = Duration::from_millis(20);
const PACKET: usize = 172;
const WARM_UP: Duration = Duration::from_secs(2);

struct Options {
    calls: u64,
    seconds: u64,
    base_port: u16,
    out: Option<PathBuf>,
    gather: Option<Duration>,
}

impl Options {
    fn parse() -> Result<Self, String> {
        let mut options = Self {
            calls: 100,
            seconds: 20,
            base_port: 30_000,
            out: None,
            gather: None,
        };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
            let number = || value.parse::<u64>().map_err(|e| format!("{name} {value}: {e}"));
            match name.as_str() {
                "--calls" => options.calls = number()?,
                "--seconds" => options.seconds = number()?,
                "--base-port" => options.base_port = number()? as u16,
                "--gather-us" => options.gather = Some(Duration::from_micros(number()?)),
                "--out" => options.out = Some(value.into()),
                _ => return Err(format!("unknown option {name}")),
            }
        }
        Ok(options)
    }
}

/// One simulated peer.
struct Peer {
    socket: UdpSocket,
    hotline: (&'static str, u16),
}

#[derive(Default)]
struct Tally {
    sent: AtomicU64,
    received: AtomicU64,
    measuring: AtomicBool,
    done: AtomicBool,
    delays_us: Mutex<Vec<u32>>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse()?;
    let folder = std::env::temp_dir().join(format!("media-bench-{}", std::process::id()));
    let recorded = Arc::new(AtomicU64::new(0));
    let frames_lost = Arc::new(AtomicU64::new(0));
    let mut config = MediaConfig::new("127.0.0.1".parse()?, 1);
    config.gather = options.gather.unwrap_or(config.gather);
    let handle = {
        let (recorded, frames_lost) = (recorded.clone(), frames_lost.clone());
        start(config, move |event| match event {
            MediaEvent::Recorded { recorded: done, .. } => {
                recorded.fetch_add(1, Ordering::Relaxed);
                frames_lost.fetch_add(done.frames_lost, Ordering::Relaxed);
            }
            MediaEvent::OpenFailed { reason, .. } | MediaEvent::RecordingFailed { reason, .. } => {
                eprintln!("{reason}")
            }
            _ => {}
        })?
    };
    let peers = Arc::new(set_up(&handle, &options, &folder)?);
    let mut result = run(&options, peers)?;
    handle.shutdown();
    result.bare_percent = measure_bare(&options)?;
    std::fs::remove_dir_all(&folder)?;
    result.print(&options);
    println!(
        "recordings completed         {:>10}",
        recorded.load(Ordering::Relaxed)
    );
    println!(
        "recording frames lost        {:>10}",
        frames_lost.load(Ordering::Relaxed)
    );
    if let Some(out) = &options.out {
        if let Some(parent) = out.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(
            out,
            result.json(
                &options,
                recorded.load(Ordering::Relaxed),
                frames_lost.load(Ordering::Relaxed),
            ),
        )?;
    }
    Ok(())
}

fn set_up(handle: &MediaHandle, options: &Options, folder: &std::path::Path) -> io::Result<Vec<Peer>> {
    let mut peers = Vec::new();
    for call in 0..options.calls {
        let legs = [LegId(2 * call), LegId(2 * call + 1)];
        for leg in legs {
            let port = options.base_port + 2 * leg.0 as u16;
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            let remote = socket.local_addr()?;
            stamp_arrivals(&socket)?;
            socket.set_nonblocking(true)?;
            handle.send(MediaCommand::Open { leg, port });
            let stream = Stream {
                remote,
                codec: Codec::Alaw,
                dtmf: Some(101),
                send: true,
                receive: true,
            };
            handle.send(MediaCommand::Negotiate { leg, stream });
            peers.push(Peer {
                socket,
                hotline: ("127.0.0.1", port),
            });
        }
        let path = folder.join(format!("{call}.wav"));
        handle.send(MediaCommand::Bridge {
            a: legs[0],
            b: legs[1],
        });
        handle.send(MediaCommand::Record {
            leg: legs[0],
            call: CallId(call),
            path,
        });
    }
    Ok(peers)
}

/// The bare loop with the same load: percent of a core.
fn measure_bare(options: &Options) -> Result<f64, Box<dyn std::error::Error>> {
    let mut legs = Vec::new();
    let mut peers = Vec::new();
    for leg in 0..options.calls * 2 {
        let port = options.base_port + 2 * leg as u16;
        legs.push(Pair::bind("127.0.0.1".parse()?, port)?);
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        peers.push(Peer {
            socket,
            hotline: ("127.0.0.1", port),
        });
    }
    let remotes = peers
        .iter()
        .map(|peer| peer.socket.local_addr())
        .collect::<io::Result<Vec<_>>>()?;
    let done = Arc::new(AtomicBool::new(false));
    let bare = {
        let (done, gather) = (
            done.clone(),
            options
                .gather
                .unwrap_or(MediaConfig::new("127.0.0.1".parse()?, 1).gather),
        );
        std::thread::Builder::new()
            .name("bare".into())
            .spawn(move || run_bare(&legs, &remotes, gather, &done))?
    };
    let result = run(options, Arc::new(peers))?;
    done.store(true, Ordering::Relaxed);
    // A last packet, so that it sees this.
    UdpSocket::bind("127.0.0.1:0")?.send_to(&[0], ("127.0.0.1", options.base_port))?;
    bare.join().map_err(|_| "the bare loop panicked")??;
    Ok(result.percent(result.bare_cpu))
}

/// Each packet goes out on the socket beside the one it came in on.
fn run_bare(legs: &[Pair], remotes: &[SocketAddr], gather: Duration, done: &AtomicBool) -> io::Result<()> {
    sleep_precisely();
    let poll = Poll::new()?;
    for (n, pair) in legs.iter().enumerate() {
        poll.add(pair.rtp.as_raw_fd(), n as u64)?;
    }
    let (mut ready, mut receiver) = (Ready::default(), Receiver::default());
    while !done.load(Ordering::Relaxed) {
        for n in poll.wait(&mut ready)? {
            if let Some((_, bytes)) = receiver.receive(&legs[n as usize].rtp) {
                let other = n as usize ^ 1;
                send_datagram(&legs[other].rtp, false, remotes[other], bytes);
            }
        }
        std::thread::sleep(gather);
    }
    Ok(())
}

struct Outcome {
    sent: u64,
    received: u64,
    seconds: f64,
    media_cpu: Duration,
    recorder_cpu: Duration,
    load_cpu: Duration,
    bare_cpu: Duration,
    bare_percent: f64,
    delays_us: Vec<u32>,
    resident_kb: u64,
}

fn run(options: &Options, peers: Arc<Vec<Peer>>) -> Result<Outcome, Box<dyn std::error::Error>> {
    let tally = Arc::new(Tally::default());
    let spawn = |name: &str, run: fn(&[Peer], &Tally) -> io::Result<()>| {
        let (peers, tally) = (peers.clone(), tally.clone());
        std::thread::Builder::new()
            .name(name.into())
            .spawn(move || run(&peers, &tally))
    };
    let receiver = spawn("load-receive", receive)?;
    let sender = spawn("load-send", send)?;
    std::thread::sleep(WARM_UP);
    let before = cpu_times()?;
    let began = Instant::now();
    tally.measuring.store(true, Ordering::Relaxed);
    std::thread::sleep(Duration::from_secs(options.seconds));
    tally.measuring.store(false, Ordering::Relaxed);
    let after = cpu_times()?;
    let seconds = began.elapsed().as_secs_f64();
    let resident_kb = resident_kb()?;
    tally.done.store(true, Ordering::Relaxed);
    sender.join().map_err(|_| "sender panicked")??;
    // What is still on its way.
    std::thread::sleep(Duration::from_millis(300));
    send_last(&peers)?;
    receiver.join().map_err(|_| "receiver panicked")??;
    let spent = |name: &str| time_of(&after, name).saturating_sub(time_of(&before, name));
    let mut delays_us = std::mem::take(&mut *tally.delays_us.lock().map_err(|_| "poisoned")?);
    delays_us.sort_unstable();
    Ok(Outcome {
        sent: tally.sent.load(Ordering::Relaxed),
        received: tally.received.load(Ordering::Relaxed),
        seconds,
        media_cpu: spent("media"),
        recorder_cpu: spent("recorder"),
        load_cpu: spent("load-send") + spent("load-receive"),
        bare_cpu: spent("bare"),
        bare_percent: 0.0,
        delays_us,
        resident_kb,
    })
}

/// Fifty packets a second from each peer, each peer at its own phase.
fn send(peers: &[Peer], tally: &Tally) -> io::Result<()> {
    let began = Instant::now();
    let mut next: Vec<(Duration, u16)> = (0..peers.len())
        .map(|n| (FRAME * n as u32 / peers.len() as u32, 0))
        .collect();
    while !tally.done.load(Ordering::Relaxed) {
        let now = began.elapsed();
        for (n, (due, sequence)) in next.iter_mut().enumerate() {
            if *due <= now {
                let packet = packet(n as u32, *sequence);
                peers[n].socket.send_to(&packet, peers[n].hotline)?;
                tally.sent.fetch_add(1, Ordering::Relaxed);
                *due += FRAME;
                *sequence = sequence.wrapping_add(1);
            }
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    Ok(())
}

/// Recognised by its length: tells the receiver that nothing more comes.
fn send_last(peers: &[Peer]) -> io::Result<()> {
    let to = peers[0].socket.local_addr()?;
    peers[0].socket.send_to(&[0], to).map(drop)
}

fn packet(source: u32, sequence: u16) -> [u8; PACKET] {
    let mut packet = [0x55; PACKET];
    packet[..2].copy_from_slice(&[0x80, 8]);
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    packet[4..8].copy_from_slice(&(u32::from(sequence) * 160).to_be_bytes());
    packet[8..12].copy_from_slice(&(source + 1).to_be_bytes());
    packet[12..20].copy_from_slice(&wall_clock().to_le_bytes());
    packet
}

fn wall_clock() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos() as u64
}

fn receive(peers: &[Peer], tally: &Tally) -> io::Result<()> {
    let poll = Poll::new()?;
    for (n, peer) in peers.iter().enumerate() {
        poll.add(peer.socket.as_raw_fd(), n as u64)?;
    }
    let mut ready = Ready::default();
    let mut delays = Vec::new();
    'all: loop {
        // Waking up for each packet would be paid by the daemon's thread, which delivers it on loopback.
        std::thread::sleep(Duration::from_millis(2));
        for n in poll.wait(&mut ready)? {
            while let Some((bytes, length, arrived)) = receive_stamped(&peers[n as usize].socket) {
                if length == 1 {
                    break 'all;
                }
                if length != PACKET {
                    continue;
                }
                tally.received.fetch_add(1, Ordering::Relaxed);
                let mut stamp = [0; 8];
                stamp.copy_from_slice(&bytes[12..20]);
                if tally.measuring.load(Ordering::Relaxed) {
                    delays.push((arrived.saturating_sub(u64::from_le_bytes(stamp)) / 1_000) as u32);
                }
            }
        }
    }
    if let Ok(mut all) = tally.delays_us.lock() {
        *all = delays;
    }
    Ok(())
}

fn stamp_arrivals(socket: &UdpSocket) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: an option of the size of an int, read during the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_TIMESTAMPNS,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// A datagram, its length, and when the kernel got it.
fn receive_stamped(socket: &UdpSocket) -> Option<([u8; 256], usize, u64)> {
    let mut bytes = [0u8; 256];
    let mut control = [0u64; 8];
    let mut slice = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    };
    // SAFETY: all-zero is a valid msghdr; it points to buffers that outlive the call; the control message is read as the kernel wrote it.
    unsafe {
        let mut message: libc::msghdr = zeroed();
        message.msg_iov = &mut slice;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = size_of_val(&control);
        let length = libc::recvmsg(socket.as_raw_fd(), &mut message, libc::MSG_DONTWAIT);
        if length < 0 {
            return None;
        }
        let header = libc::CMSG_FIRSTHDR(&message);
        let mut arrived = wall_clock();
        if !header.is_null() && (*header).cmsg_type == libc::SCM_TIMESTAMPNS {
            let stamp = libc::CMSG_DATA(header).cast::<libc::timespec>().read_unaligned();
            arrived = stamp.tv_sec as u64 * 1_000_000_000 + stamp.tv_nsec as u64;
        }
        Some((bytes, length as usize, arrived))
    }
}

/// Name and CPU time of every thread of this process.
fn cpu_times() -> io::Result<Vec<(String, Duration)>> {
    let mut times = Vec::new();
    for task in std::fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        let name = std::fs::read_to_string(path.join("comm"))?.trim().to_owned();
        let stat = std::fs::read_to_string(path.join("schedstat"))?;
        let ns = stat
            .split_whitespace()
            .next()
            .and_then(|ns| ns.parse().ok())
            .unwrap_or(0);
        times.push((name, Duration::from_nanos(ns)));
    }
    Ok(times)
}

fn time_of(times: &[(String, Duration)], name: &str) -> Duration {
    times
        .iter()
        .find(|(n, _)| n == name)
        .map_or(Duration::ZERO, |(_, time)| *time)
}

fn resident_kb() -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line
        .and_then(|l| l.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or(0))
}

impl Outcome {
    fn percentile_ms(&self, share: f64) -> f64 {
        let at = ((self.delays_us.len() as f64 * share) as usize).min(self.delays_us.len().saturating_sub(1));
        self.delays_us
            .get(at)
            .map_or(f64::NAN, |us| f64::from(*us) / 1_000.0)
    }

    fn percent(&self, cpu: Duration) -> f64 {
        100.0 * cpu.as_secs_f64() / self.seconds
    }

    fn daemon_percent(&self) -> f64 {
        self.percent(self.media_cpu + self.recorder_cpu)
    }

    fn lost(&self) -> u64 {
        self.sent.saturating_sub(self.received)
    }

    fn print(&self, options: &Options) {
        println!("bridged, recorded calls      {:>10}", options.calls);
        println!("packets sent                 {:>10}", self.sent);
        println!("packets lost                 {:>10}", self.lost());
        println!(
            "media thread, % of a core    {:>10.2}",
            self.percent(self.media_cpu)
        );
        println!(
            "recorder thread, % of a core {:>10.2}",
            self.percent(self.recorder_cpu)
        );
        println!("both, % of a core            {:>10.2}", self.daemon_percent());
        println!("bare loop, % of a core       {:>10.2}", self.bare_percent);
        println!(
            "daemon / bare loop           {:>10.2}",
            self.daemon_percent() / self.bare_percent
        );
        println!(
            "load, % of a core            {:>10.2}",
            self.percent(self.load_cpu)
        );
        println!("added delay, median, ms      {:>10.3}", self.percentile_ms(0.5));
        println!("added delay, p99, ms         {:>10.3}", self.percentile_ms(0.99));
        println!("added delay, largest, ms     {:>10.3}", self.percentile_ms(1.0));
        println!(
            "resident memory, MB          {:>10.1}",
            self.resident_kb as f64 / 1_024.0
        );
    }

    fn json(&self, options: &Options, recorded: u64, frames_lost: u64) -> String {
        format!(
            "{{\"calls\":{},\"seconds\":{:.1},\"packets_sent\":{},\"packets_lost\":{},\"media_cpu_percent\":{:.2},\
             \"recorder_cpu_percent\":{:.2},\"daemon_cpu_percent\":{:.2},\"bare_cpu_percent\":{:.2},\"load_cpu_percent\":{:.2},\"added_ms_median\":{:.3},\
             \"added_ms_p99\":{:.3},\"added_ms_max\":{:.3},\"resident_mb\":{:.1},\"recordings\":{recorded},\
             \"recording_frames_lost\":{frames_lost}}}\n",
            options.calls,
            self.seconds,
            self.sent,
            self.lost(),
            self.percent(self.media_cpu),
            self.percent(self.recorder_cpu),
            self.daemon_percent(),
            self.bare_percent,
            self.percent(self.load_cpu),
            self.percentile_ms(0.5),
            self.percentile_ms(0.99),
            self.percentile_ms(1.0),
            self.resident_kb as f64 / 1_024.0,
        )
    }
}
