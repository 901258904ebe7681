//! SIP requests that were refused: counted for `/metrics`, and told in the log, but not a line a packet of a flood.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use telephony::sip::Refusal;

use crate::metrics::Metrics;

/// After so many lines only every so manieth refusal is a line.
const LOUD: u64 = 100;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Why {
    why: &'static str,
}

pub(super) struct Refusals {
    counts: Family<Why, Counter>,
    all: AtomicU64,
}

impl Refusals {
    pub(super) fn register(metrics: &Metrics) -> Self {
        let counts = Family::<Why, Counter>::default();
        let kept = counts.clone();
        metrics
            .register(|registry| registry.register("sip_refused", "SIP requests refused, by reason", kept));
        Self {
            counts,
            all: AtomicU64::new(0),
        }
    }

    pub(super) fn take(&self, source: SocketAddr, method: &str, why: Refusal) {
        let why = word(why);
        self.counts.get_or_create(&Why { why }).inc();
        let all = self.all.fetch_add(1, Ordering::Relaxed) + 1;
        if all <= LOUD || all.is_multiple_of(LOUD) {
            tracing::warn!(%source, method, why, all, "a SIP request was refused");
        }
    }
}

fn word(why: Refusal) -> &'static str {
    match why {
        Refusal::Stranger => "stranger",
        Refusal::WrongPassword => "wrong_password",
        Refusal::NotOurNumber => "not_our_number",
        Refusal::Malformed => "malformed",
        Refusal::RateLimited => "rate_limited",
        Refusal::NoChannel => "no_channel",
    }
}
