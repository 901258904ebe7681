//! UDP sockets of the media thread, and what the thread waits on.
//!
//! The only place of the project with `unsafe`: sendmmsg, epoll, timerfd and eventfd have no safe wrapper in what we depend on.
#![allow(unsafe_code)]

use std::io;
use std::mem::{MaybeUninit, zeroed};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

/// Longer than any datagram on an Ethernet; RTP of 20 ms is 172 bytes.
const DATAGRAM: usize = 2_048;
/// Datagrams of one call of sendmmsg.
const BATCH: usize = 8;
/// Half a second of packets that nobody fetched.
const RECEIVE_BUFFER: usize = 256 * 1024;
/// Expedited forwarding (RFC 3246) in the upper six bits.
const EXPEDITED: u32 = 0xB8;

/// RTP on `port` and RTCP on the next (RFC 3550 section 11).
#[derive(Debug)]
pub struct Pair {
    pub rtp: UdpSocket,
    pub rtcp: UdpSocket,
    /// Addresses of IPv4 peers have to be mapped.
    pub is_v6: bool,
}

impl Pair {
    pub fn bind(ip: IpAddr, port: u16) -> io::Result<Self> {
        let above = port.checked_add(1).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self {
            rtp: bind(ip, port, RECEIVE_BUFFER)?,
            rtcp: bind(ip, above, RECEIVE_BUFFER)?,
            is_v6: ip.is_ipv6(),
        })
    }
}

/// A non-blocking socket for packets in a hurry.
pub(super) fn bind(ip: IpAddr, port: u16, receive_buffer: usize) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address((ip, port).into()),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    socket.set_nonblocking(true)?;
    // Wishes: the call works, a little worse, without them.
    let _ = socket.set_recv_buffer_size(receive_buffer);
    if ip.is_ipv6() {
        let _ = socket.set_only_v6(!ip.is_unspecified());
        let _ = socket.set_tclass_v6(EXPEDITED);
    } else {
        let _ = socket.set_tos_v4(EXPEDITED);
    }
    socket.bind(&SocketAddr::new(ip, port).into())?;
    Ok(socket.into())
}

/// A buffer, used again and again.
///
/// Measured with 200 legs: recvmmsg needs more time than two plain calls, as hardly ever more than one packet waits on a socket.
pub struct Receiver {
    buffer: Box<[u8; DATAGRAM]>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self {
            buffer: Box::new([0; DATAGRAM]),
        }
    }
}

impl Receiver {
    /// The next datagram of a non-blocking socket that `Poll` called ready.
    ///
    /// Only one: `Poll` tells again where more is waiting, which is rare, while asking for a second one costs every packet a vain call
    /// (8 % of the thread's time). No socket can keep the thread from the others either.
    pub fn receive(&mut self, socket: &UdpSocket) -> Option<(SocketAddr, &[u8])> {
        // An error means that nothing is left, or is an ICMP complaint about a peer that is gone: the media time-out sees to that.
        let (length, from) = socket.recv_from(&mut self.buffer[..]).ok()?;
        Some((from, &self.buffer[..length]))
    }
}

/// What the kernel has no room for is lost, as on the network.
pub fn send(socket: &UdpSocket, is_v6: bool, to: SocketAddr, bytes: &[u8]) -> bool {
    socket.send_to(bytes, for_socket(to, is_v6)).is_ok()
}

/// The same for a run of datagrams from one socket; how many went.
pub fn send_run<'a>(
    socket: &UdpSocket,
    is_v6: bool,
    run: impl Iterator<Item = (SocketAddr, &'a [u8])>,
) -> usize {
    let mut sent = 0;
    let mut run = run
        .map(|(to, bytes)| (SockAddr::from(for_socket(to, is_v6)), bytes))
        .peekable();
    while run.peek().is_some() {
        let mut names: [MaybeUninit<SockAddr>; BATCH] = [const { MaybeUninit::uninit() }; BATCH];
        // SAFETY: all-zero is a valid iovec and a valid mmsghdr.
        let (mut slices, mut messages): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) = unsafe { zeroed() };
        let mut count = 0;
        for (name, bytes) in run.by_ref().take(BATCH) {
            slices[count] = libc::iovec {
                iov_base: bytes.as_ptr().cast_mut().cast(),
                iov_len: bytes.len(),
            };
            let name = names[count].write(name);
            let header = &mut messages[count].msg_hdr;
            header.msg_name = name.as_ptr().cast_mut().cast();
            header.msg_namelen = name.len();
            header.msg_iov = &mut slices[count];
            header.msg_iovlen = 1;
            count += 1;
        }
        // SAFETY: the first `count` messages point to names and bytes that outlive the call; the kernel only reads them. SockAddr needs no drop.
        let done = unsafe {
            libc::sendmmsg(
                socket.as_raw_fd(),
                messages.as_mut_ptr(),
                count as libc::c_uint,
                libc::MSG_DONTWAIT,
            )
        };
        sent += done.max(0) as usize;
    }
    sent
}

/// A dual-stack socket reaches IPv4 peers by their mapped addresses.
fn for_socket(to: SocketAddr, is_v6: bool) -> SocketAddr {
    match (to, is_v6) {
        (SocketAddr::V4(v4), true) => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        _ => to,
    }
}

fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn owned(result: libc::c_int) -> io::Result<OwnedFd> {
    // SAFETY: the kernel has just made this descriptor for us, and nobody else has it.
    checked(result).map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Waits for any of many descriptors.
#[derive(Debug)]
pub struct Poll {
    epoll: OwnedFd,
}

/// Tokens that are ready.
pub struct Ready {
    events: Vec<libc::epoll_event>,
}

impl Default for Ready {
    fn default() -> Self {
        Self {
            events: vec![libc::epoll_event { events: 0, u64: 0 }; 256],
        }
    }
}

impl Poll {
    pub fn new() -> io::Result<Self> {
        // SAFETY: takes no pointers.
        Ok(Self {
            epoll: owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?,
        })
    }

    /// Closing the descriptor ends this.
    pub fn add(&self, fd: RawFd, token: u64) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32,
            u64: token,
        };
        // SAFETY: `event` is alive; the kernel copies it.
        checked(unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), libc::EPOLL_CTL_ADD, fd, &mut event) })
            .map(drop)
    }

    pub fn wait<'a>(&self, ready: &'a mut Ready) -> io::Result<impl Iterator<Item = u64> + use<'a>> {
        let room = ready.events.len() as libc::c_int;
        // SAFETY: the kernel writes at most `room` events.
        let count =
            checked(unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), ready.events.as_mut_ptr(), room, -1) });
        let count = match count {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => 0,
            other => other?,
        };
        Ok(ready.events[..count as usize].iter().map(|event| event.u64))
    }
}

/// Wakes the thread from another one.
#[derive(Debug)]
pub struct Waker {
    fd: OwnedFd,
}

impl Waker {
    pub fn new() -> io::Result<Self> {
        // SAFETY: takes no pointers.
        Ok(Self {
            fd: owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?,
        })
    }

    pub fn wake(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: eight bytes that are alive. A full counter (EAGAIN) means that the thread is about to wake anyway.
        unsafe { libc::write(self.fd.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    pub fn drain(&self) {
        read_counter(&self.fd);
    }
}

impl AsRawFd for Waker {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

/// Ticks at a fixed pace that does not drift.
#[derive(Debug)]
pub struct Metronome {
    fd: OwnedFd,
}

impl Metronome {
    pub fn new(every: Duration) -> io::Result<Self> {
        // SAFETY: takes no pointers.
        let fd = owned(unsafe {
            libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC | libc::TFD_NONBLOCK)
        })?;
        let span = libc::timespec {
            tv_sec: every.as_secs() as libc::time_t,
            tv_nsec: libc::c_long::from(every.subsec_nanos() as i32),
        };
        let spec = libc::itimerspec {
            it_interval: span,
            it_value: span,
        };
        // SAFETY: `spec` is alive; no old value is asked for.
        checked(unsafe { libc::timerfd_settime(fd.as_raw_fd(), 0, &spec, std::ptr::null_mut()) })?;
        Ok(Self { fd })
    }

    /// Ticks since the last time.
    pub fn elapsed(&self) -> u64 {
        read_counter(&self.fd)
    }
}

impl AsRawFd for Metronome {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

fn read_counter(fd: &OwnedFd) -> u64 {
    let mut counter = [0u8; 8];
    // SAFETY: room for the eight bytes that these descriptors yield.
    let read = unsafe { libc::read(fd.as_raw_fd(), counter.as_mut_ptr().cast(), counter.len()) };
    if read == 8 { u64::from_ne_bytes(counter) } else { 0 }
}

/// Lets short sleeps of this thread end when they should: by default the kernel may add 50 us.
pub fn sleep_precisely() {
    // SAFETY: takes no pointers.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_000 as libc::c_ulong, 0, 0, 0) };
}

/// Puts this thread before others, as far as the system allows it: real time, or else a better nice value.
pub fn raise_priority() {
    let priority = libc::sched_param { sched_priority: 5 };
    let policy = libc::SCHED_RR | libc::SCHED_RESET_ON_FORK;
    // SAFETY: `priority` is alive; on Linux both calls concern the calling thread alone.
    unsafe {
        if libc::sched_setscheduler(0, policy, &priority) < 0 {
            libc::setpriority(libc::PRIO_PROCESS, 0, -15);
        }
    }
}

/// CPU time that this thread has used.
pub fn thread_cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is alive.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_datagrams_arrives_whole_and_in_order() {
        let here = bind(IpAddr::from([127, 0, 0, 1]), 0, RECEIVE_BUFFER).unwrap();
        let there = bind(IpAddr::from([127, 0, 0, 1]), 0, RECEIVE_BUFFER).unwrap();
        let sent: Vec<Vec<u8>> = (0..20u8).map(|n| vec![n; usize::from(n) + 1]).collect();
        let to = there.local_addr().unwrap();
        assert_eq!(
            send_run(&here, false, sent.iter().map(|bytes| (to, &bytes[..]))),
            20
        );
        let mut receiver = Receiver::default();
        let mut got = Vec::new();
        while got.len() < 20 {
            got.extend(
                receiver
                    .receive(&there)
                    .map(|(from, bytes)| (from, bytes.to_vec())),
            );
        }
        assert!(got.iter().all(|(from, _)| *from == here.local_addr().unwrap()));
        assert_eq!(got.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(), sent);
        assert!(receiver.receive(&there).is_none(), "nothing is left");
    }

    #[test]
    fn a_dual_stack_socket_reaches_ipv4() {
        let Ok(here) = bind(IpAddr::from([0u16; 8]), 0, RECEIVE_BUFFER) else {
            return;
        };
        let there = UdpSocket::bind("127.0.0.1:0").unwrap();
        send_run(
            &here,
            true,
            std::iter::once((there.local_addr().unwrap(), &b"hello"[..])),
        );
        let mut buffer = [0; 16];
        assert_eq!(there.recv(&mut buffer).unwrap(), 5);
    }

    #[test]
    fn a_port_in_use_is_an_error() {
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(Pair::bind(IpAddr::from([127, 0, 0, 1]), port).is_err());
        assert!(Pair::bind(IpAddr::from([127, 0, 0, 1]), u16::MAX).is_err());
    }

    #[test]
    fn waker_and_metronome_are_seen_by_poll() {
        let poll = Poll::new().unwrap();
        let (waker, metronome) = (
            Waker::new().unwrap(),
            Metronome::new(Duration::from_millis(1)).unwrap(),
        );
        poll.add(waker.as_raw_fd(), 5).unwrap();
        poll.add(metronome.as_raw_fd(), 6).unwrap();
        waker.wake();
        let mut ready = Ready::default();
        let mut seen = Vec::new();
        while !(seen.contains(&5) && seen.contains(&6)) {
            seen.extend(poll.wait(&mut ready).unwrap());
        }
        waker.drain();
        assert!(metronome.elapsed() >= 1);
    }
}
