//! Why a call that is owed is not being placed (为什么还没拨). Pure.

use chrono::{DateTime, Utc};

use super::rules::{self, Lines, Pace};

/// What holds an order; the first that holds is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// A person holds its kind.
    Paused,
    /// Nobody is called at this hour.
    QuietHours,
    /// Its time has not come.
    Later,
    /// The telephone system is not up.
    NotRunning,
    /// No trunk is up.
    NoTrunk,
    /// As many calls of ours as are permitted.
    AtPace,
    /// What is free is kept for citizens who call in.
    LinesKept,
    /// Nobody is free to talk with the citizen.
    NoOperator,
    /// Nothing: it is among the next.
    Next,
}

impl Why {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::QuietHours => "quiet_hours",
            Self::Later => "later",
            Self::NotRunning => "not_running",
            Self::NoTrunk => "no_trunk",
            Self::AtPace => "at_pace",
            Self::LinesKept => "lines_kept",
            Self::NoOperator => "no_operator",
            Self::Next => "next",
        }
    }
}

/// How things stand for one kind of calls now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) is_paused: bool,
    pub(super) is_permitted: bool,
    pub(super) is_running: bool,
    pub(super) lines: Lines,
    pub(super) pace: Pace,
    /// People free for such calls.
    pub(super) hands: usize,
}

impl Standing {
    pub(super) fn why(&self, next_at: DateTime<Utc>, now: DateTime<Utc>) -> Why {
        let has_room = rules::room(self.pace, self.lines) > 0;
        match self {
            _ if self.is_paused => Why::Paused,
            _ if !self.is_permitted => Why::QuietHours,
            _ if next_at > now => Why::Later,
            _ if !self.is_running => Why::NotRunning,
            _ if self.lines.channels == Some(0) => Why::NoTrunk,
            _ if self.lines.ours >= self.pace.at_once => Why::AtPace,
            _ if !has_room => Why::LinesKept,
            _ if self.hands == 0 => Why::NoOperator,
            _ => Why::Next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free() -> Standing {
        let lines = Lines {
            channels: Some(10),
            busy: 1,
            ours: 1,
        };
        let pace = Pace {
            at_once: 5,
            reserved_percent: 30,
        };
        Standing {
            is_paused: false,
            is_permitted: true,
            is_running: true,
            lines,
            pace,
            hands: 1,
        }
    }

    #[test]
    fn the_first_thing_that_holds_a_call_is_said() {
        let now = DateTime::UNIX_EPOCH;
        let lines = |channels, busy, ours| Lines { channels, busy, ours };
        let cases = [
            (free(), Why::Next),
            (Standing { hands: 0, ..free() }, Why::NoOperator),
            (
                Standing {
                    lines: lines(Some(10), 7, 1),
                    ..free()
                },
                Why::LinesKept,
            ),
            (
                Standing {
                    lines: lines(Some(10), 5, 5),
                    ..free()
                },
                Why::AtPace,
            ),
            (
                Standing {
                    lines: lines(Some(0), 0, 0),
                    ..free()
                },
                Why::NoTrunk,
            ),
            (
                Standing {
                    lines: lines(None, 3, 3),
                    ..free()
                },
                Why::Next,
            ),
            (
                Standing {
                    is_running: false,
                    hands: 0,
                    ..free()
                },
                Why::NotRunning,
            ),
            (
                Standing {
                    is_permitted: false,
                    is_running: false,
                    ..free()
                },
                Why::QuietHours,
            ),
            (
                Standing {
                    is_paused: true,
                    is_permitted: false,
                    ..free()
                },
                Why::Paused,
            ),
        ];
        for (standing, expected) in cases {
            assert_eq!(standing.why(now, now), expected, "{standing:?}");
        }
        let later = now + chrono::TimeDelta::seconds(1);
        assert_eq!(Standing { hands: 0, ..free() }.why(later, now), Why::Later);
        assert_eq!(
            Standing {
                is_permitted: false,
                ..free()
            }
            .why(later, now),
            Why::QuietHours
        );
    }
}
