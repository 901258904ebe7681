//! What unit tests share.

/// Some instant to count from: tests only ever look at differences.
#[allow(clippy::disallowed_methods)]
pub(crate) fn any_instant() -> std::time::Instant {
    std::time::Instant::now()
}
