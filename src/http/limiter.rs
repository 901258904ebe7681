//! Slows down the guessing of passwords: failures per source, and per source and user. It counts only failures, so people who know
//! their password are not held up by themselves.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};

const WINDOW: TimeDelta = TimeDelta::minutes(15);
const PER_USER: u32 = 5;
const PER_SOURCE: u32 = 20;
/// More sources than this at once is an attack from many; the oldest windows are forgotten first.
const REMEMBERED: usize = 20_000;

#[derive(Clone, Default)]
pub struct Limiter(Arc<Mutex<HashMap<Key, Window>>>);

#[derive(PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    username: Option<String>,
}

struct Window {
    since: DateTime<Utc>,
    failures: u32,
}

impl Limiter {
    /// Whether this source may try this user now.
    pub fn allows(&self, now: DateTime<Utc>, source: IpAddr, username: &str) -> bool {
        let windows = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        keys(source, username).iter().all(|(key, limit)| {
            windows
                .get(key)
                .is_none_or(|window| now - window.since >= WINDOW || window.failures < *limit)
        })
    }

    pub fn note_failure(&self, now: DateTime<Utc>, source: IpAddr, username: &str) {
        let mut windows = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if windows.len() >= REMEMBERED {
            windows.retain(|_, window| now - window.since < WINDOW);
        }
        if windows.len() >= REMEMBERED {
            windows.clear();
        }
        for (key, _) in keys(source, username) {
            let window = windows.entry(key).or_insert(Window {
                since: now,
                failures: 0,
            });
            if now - window.since >= WINDOW {
                *window = Window {
                    since: now,
                    failures: 0,
                };
            }
            window.failures += 1;
        }
    }
}

fn keys(source: IpAddr, username: &str) -> [(Key, u32); 2] {
    // An IPv6 customer has a whole /64 to come from.
    let source = match source.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((u128::from(v6) >> 64 << 64).to_be_bytes()),
        v4 => v4,
    };
    let username = username.chars().take(64).collect();
    [
        (
            Key {
                source,
                username: Some(username),
            },
            PER_USER,
        ),
        (
            Key {
                source,
                username: None,
            },
            PER_SOURCE,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_millis;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    #[test]
    fn the_sixth_try_at_one_user_is_refused_until_the_window_is_over() {
        let (limiter, now) = (Limiter::default(), from_millis(0));
        for _ in 0..5 {
            assert!(limiter.allows(now, HERE, "admin"));
            limiter.note_failure(now, HERE, "admin");
        }
        assert!(!limiter.allows(now, HERE, "admin"));
        assert!(limiter.allows(now, HERE, "operator1"));
        assert!(limiter.allows(now, IpAddr::from([10, 0, 0, 2]), "admin"));
        assert!(limiter.allows(now + WINDOW, HERE, "admin"));
    }

    #[test]
    fn a_source_that_tries_many_users_is_refused_altogether() {
        let (limiter, now) = (Limiter::default(), from_millis(0));
        for n in 0..20 {
            limiter.note_failure(now, HERE, &format!("user{n}"));
        }
        assert!(!limiter.allows(now, HERE, "operator1"));
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_source() {
        let (limiter, now) = (Limiter::default(), from_millis(0));
        for n in 0..20 {
            let source: IpAddr = format!("2001:db8::{n:x}").parse().expect("address");
            limiter.note_failure(now, source, "admin");
        }
        assert!(!limiter.allows(now, "2001:db8::ffff".parse().expect("address"), "x"));
        assert!(limiter.allows(now, "2001:db8:0:1::1".parse().expect("address"), "x"));
    }
}
