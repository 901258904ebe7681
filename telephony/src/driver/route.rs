//! Which of this host's addresses a peer will see.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

use crate::sip::SourceFor;

/// Distinct peers remembered before the table is begun anew: scanners must not grow it.
const REMEMBERED: usize = 4096;

/// A fixed address, or the kernel's choice of source for the peer. Asking the kernel sends nothing: it is a connect on UDP.
pub(super) fn source_for(advertise: Option<IpAddr>) -> SourceFor {
    if let Some(ip) = advertise {
        return Arc::new(move |_| ip);
    }
    let known: Mutex<HashMap<IpAddr, IpAddr>> = Mutex::new(HashMap::new());
    Arc::new(move |peer| {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ip) = known.get(&peer) {
            return *ip;
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let ip = route_to(peer).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        known.insert(peer, ip);
        ip
    })
}

fn route_to(peer: IpAddr) -> std::io::Result<IpAddr> {
    let any: SocketAddr = match peer {
        IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        IpAddr::V6(_) => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect((peer, 5060))?;
    socket.local_addr().map(|addr| addr.ip())
}
