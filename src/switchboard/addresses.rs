//! Where the trunks are, as name servers tell. One that is silent holds nobody up, and takes away no address that it told before.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use telephony::sip::{Hop, Transport};

use crate::config;

/// New settings wait no longer than this for a name server.
const PATIENCE: Duration = Duration::from_secs(2);

type Lookup = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync;

pub(super) struct Addresses {
    lookup: Box<Lookup>,
    patience: Duration,
    /// By host and port.
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Default)]
struct Known {
    found: Vec<SocketAddr>,
    is_silent: bool,
}

/// What is known of a trunk's peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) hops: Vec<Hop>,
}

impl Addresses {
    /// As the machine's own resolver finds them.
    pub(super) fn new() -> Self {
        let lookup =
            |name: String| async move { tokio::net::lookup_host(name).await.map(Iterator::collect) }.boxed();
        Self::asking(lookup, PATIENCE)
    }

    fn asking(
        lookup: impl Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync + 'static,
        patience: Duration,
    ) -> Self {
        Self {
            lookup: Box::new(lookup),
            patience,
            known: Mutex::default(),
        }
    }

    /// One after another in the order of the trunks, all asked for at once.
    pub(super) async fn of(&self, trunks: &[config::Trunk]) -> Vec<Place> {
        join_all(trunks.iter().map(|trunk| self.place(&trunk.peer))).await
    }

    async fn place(&self, peer: &str) -> Place {
        let peer = Peer::read(peer);
        let asked = (self.lookup)(peer.with_port.clone());
        let found = match tokio::time::timeout(self.patience, asked).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the name server does not answer".to_owned()),
        };
        let addresses = self.remember(&peer.with_port, found);
        let transport = peer.transport;
        Place {
            host: peer.host,
            hops: addresses
                .into_iter()
                .map(|addr| Hop { transport, addr })
                .collect(),
        }
    }

    /// A silence is told once, and so is its end.
    fn remember(&self, peer: &str, found: Result<Vec<SocketAddr>, String>) -> Vec<SocketAddr> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(peer.to_owned()).or_default();
        match found {
            Ok(found) if !found.is_empty() => {
                if known.is_silent {
                    tracing::info!(peer, "the trunk's address is resolved again");
                }
                *known = Known {
                    found,
                    is_silent: false,
                };
            }
            other => {
                let why = other.err().unwrap_or_else(|| "it has no address".to_owned());
                if !known.is_silent {
                    let kept = known.found.len();
                    tracing::error!(peer, why, kept, "the trunk's address cannot be resolved");
                }
                known.is_silent = true;
            }
        }
        known.found.clone()
    }
}

/// `sip:HOST[:PORT][;transport=tcp]`
struct Peer {
    host: String,
    with_port: String,
    transport: Transport,
}

impl Peer {
    fn read(peer: &str) -> Self {
        let rest = peer.trim_start_matches("sip:");
        let (address, parameters) = rest.split_once(';').unwrap_or((rest, ""));
        let is_tcp = parameters
            .split(';')
            .any(|parameter| parameter.eq_ignore_ascii_case("transport=tcp"));
        let transport = if is_tcp { Transport::Tcp } else { Transport::Udp };
        let port = address.rsplit_once(':').filter(|(host, port)| {
            port.parse::<u16>().is_ok() && !host.is_empty() && (!host.contains(':') || host.ends_with(']'))
        });
        Self {
            host: port.map_or(address, |(host, _)| host).to_owned(),
            with_port: match port {
                Some(_) => address.to_owned(),
                None => format!("{address}:5060"),
            },
            transport,
        }
    }
}

/// In an order of our own: name servers turn theirs round at every question.
pub(super) fn sorted<'a>(trunks: impl Iterator<Item = &'a Vec<Hop>>) -> Vec<Vec<SocketAddr>> {
    let of_one = |hops: &Vec<Hop>| {
        let mut addresses: Vec<_> = hops.iter().map(|hop| hop.addr).collect();
        addresses.sort_unstable();
        addresses
    };
    trunks.map(of_one).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::{pending, ready};

    use super::*;

    const CARRIER: &str = "sip:sbc.carrier.example;transport=tcp";

    fn at(last: u8) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, last], 5060))
    }

    fn addresses(place: &Place) -> Vec<SocketAddr> {
        place.hops.iter().map(|hop| hop.addr).collect()
    }

    #[tokio::test]
    async fn a_name_server_that_falls_silent_holds_nobody_up_and_takes_no_address_away() {
        let asked = Arc::new(AtomicUsize::new(0));
        let lookup = move |name: String| -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
            assert_eq!(name, "sbc.carrier.example:5060");
            match asked.fetch_add(1, Ordering::Relaxed) {
                0 => ready(Ok(vec![at(1)])).boxed(),
                1 => pending().boxed(),
                2 => ready(Err(io::ErrorKind::NotFound.into())).boxed(),
                3 => ready(Ok(vec![])).boxed(),
                _ => ready(Ok(vec![at(2)])).boxed(),
            }
        };
        // None of the waits is one for the clock: what is there is taken, what is not is given up.
        let trunks = Addresses::asking(lookup, Duration::ZERO);
        for answer in ["told", "never", "refused", "empty"] {
            let place = trunks.place(CARRIER).await;
            assert_eq!(addresses(&place), [at(1)], "{answer}");
            assert_eq!(
                (place.host.as_str(), place.hops[0].transport),
                ("sbc.carrier.example", Transport::Tcp)
            );
        }
        assert_eq!(addresses(&trunks.place(CARRIER).await), [at(2)], "it moved");
    }

    #[tokio::test]
    async fn a_trunk_that_was_never_resolved_is_nowhere_until_it_is() {
        let trunks = Addresses::asking(|_| pending().boxed(), Duration::ZERO);
        assert_eq!(trunks.place(CARRIER).await.hops, []);
    }

    #[test]
    fn peers_are_read_with_and_without_port() {
        for (peer, host, with_port) in [
            ("sip:10.0.0.1", "10.0.0.1", "10.0.0.1:5060"),
            ("sip:10.0.0.1:5080", "10.0.0.1", "10.0.0.1:5080"),
            ("sip:[fd00::1]:5080", "[fd00::1]", "[fd00::1]:5080"),
            ("sip:[fd00::1];transport=TCP", "[fd00::1]", "[fd00::1]:5060"),
        ] {
            let read = Peer::read(peer);
            assert_eq!(
                (read.host.as_str(), read.with_port.as_str()),
                (host, with_port),
                "{peer}"
            );
        }
    }

    #[test]
    fn a_name_servers_order_is_no_news() {
        let hop = |last| Hop {
            transport: Transport::Udp,
            addr: at(last),
        };
        let (one, other) = (vec![hop(1), hop(2)], vec![hop(2), hop(1)]);
        assert_eq!(sorted([&one].into_iter()), sorted([&other].into_iter()));
    }
}
