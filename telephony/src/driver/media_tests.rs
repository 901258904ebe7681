//! With real sockets and threads; waits only for what must come.

use super::*;
use crate::CallId;
use crate::media::{Codec, PlaybackId, Stream};
use std::net::UdpSocket;
use std::sync::mpsc::Receiver;

struct Peer {
    socket: UdpSocket,
    leg: LegId,
    hotline: u16,
}

/// Two neighbouring ports that are free now.
fn free_port() -> u16 {
    for _ in 0..100 {
        let probe = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = probe.local_addr().unwrap().port();
        if port < u16::MAX && UdpSocket::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
    panic!("no two free ports");
}

fn begin() -> (MediaHandle, Receiver<MediaEvent>) {
    let (events, inbox) = channel();
    let events = Mutex::new(events);
    let config = MediaConfig::new("127.0.0.1".parse().unwrap(), 1);
    let handle = start(config, move |event| {
        let _ = events.lock().unwrap().send(event);
    });
    (handle.unwrap(), inbox)
}

fn peer(handle: &MediaHandle, leg: u64) -> Peer {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let (leg, hotline) = (LegId(leg), free_port());
    handle.send(MediaCommand::Open { leg, port: hotline });
    let remote = socket.local_addr().unwrap();
    let stream = Stream {
        remote,
        codec: Codec::Alaw,
        dtmf: Some(101),
        send: true,
        receive: true,
    };
    handle.send(MediaCommand::Negotiate { leg, stream });
    Peer { socket, leg, hotline }
}

impl Peer {
    fn send(&self, sequence: u8, payload: u8) {
        let mut packet = vec![0x80, 8, 0, sequence, 0, 0, 0, 0, 1, 2, 3, 4];
        packet.extend([payload; 160]);
        self.socket.send_to(&packet, ("127.0.0.1", self.hotline)).unwrap();
    }

    /// The next packet with this first byte of payload.
    fn hear(&self, payload: u8) -> Vec<u8> {
        let mut buffer = [0; 500];
        loop {
            let length = self.socket.recv(&mut buffer).unwrap();
            if buffer[12] == payload {
                return buffer[..length].to_vec();
            }
        }
    }
}

#[test]
fn two_peers_hear_each_other_and_the_call_is_on_disk_at_the_end() {
    let folder = std::env::temp_dir().join(format!("media-{}", std::process::id()));
    let path = folder.join("call.wav");
    let (handle, events) = begin();
    let (citizen, operator) = (peer(&handle, 1), peer(&handle, 2));
    handle.send(MediaCommand::Record {
        leg: citizen.leg,
        call: CallId(9),
        path: path.clone(),
    });
    handle.send(MediaCommand::Bridge {
        a: citizen.leg,
        b: operator.leg,
    });
    for n in 0..20 {
        citizen.send(n, 0x33);
        operator.hear(0x33);
        operator.send(n, 0x44);
        citizen.hear(0x44);
    }
    handle.shutdown();
    let events: Vec<MediaEvent> = events.try_iter().collect();
    let received: Vec<u64> = events
        .iter()
        .filter_map(|event| match event {
            MediaEvent::Closed { quality, .. } => Some(quality.packets_received),
            _ => None,
        })
        .collect();
    assert_eq!(received, [20, 20]);
    let recorded = events.iter().find_map(|event| match event {
        MediaEvent::Recorded { recorded, .. } => Some(recorded),
        _ => None,
    });
    assert_eq!(recorded.unwrap().path, path);
    assert!(hound::WavReader::open(&path).is_ok());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_prompt_reaches_the_peer_and_its_end_is_told() {
    let (handle, events) = begin();
    handle.set_prompts(&HashMap::from([(
        PromptName::from("hello"),
        vec![9_000; 800].into(),
    )]));
    let citizen = peer(&handle, 1);
    handle.send(MediaCommand::Play {
        leg: citizen.leg,
        playback: PlaybackId(4),
        prompts: vec!["hello".into()],
        looped: false,
    });
    citizen.hear(Codec::Alaw.encode(9_000));
    let told = events.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(
        matches!(
            told,
            MediaEvent::Played {
                playback: PlaybackId(4),
                ..
            }
        ),
        "{told:?}"
    );
}

#[test]
fn a_port_that_is_taken_is_told_at_once() {
    let (handle, events) = begin();
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    handle.send(MediaCommand::Open {
        leg: LegId(1),
        port: taken.local_addr().unwrap().port(),
    });
    assert!(matches!(
        events.try_recv(),
        Ok(MediaEvent::OpenFailed { leg: LegId(1), .. })
    ));
}

#[test]
fn a_closed_leg_gives_its_port_back() {
    let (handle, events) = begin();
    let citizen = peer(&handle, 1);
    handle.send(MediaCommand::Close { leg: citizen.leg });
    let told = events.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(matches!(told, MediaEvent::Closed { .. }));
    handle.shutdown();
    assert!(UdpSocket::bind(("127.0.0.1", citizen.hotline)).is_ok());
}
