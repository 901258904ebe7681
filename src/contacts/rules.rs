//! What a masked contact came to, and which phone of the clerk's is called. Pure.

use crate::calls::{Call, Outcome};

/// What became of a call that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The clerk did not pick up: the citizen was not rung.
    ClerkMissing,
    /// The network's or our fault: the citizen was not rung, either.
    Failed,
    NoAnswer,
    Refused,
    WrongNumber,
    Reached {
        talked_ms: i64,
    },
}

impl Ending {
    pub(super) fn of(call: &Call) -> Self {
        if let (Some(reached), Some(ended)) = (call.body.reached_at, call.ended_at) {
            let talked_ms = (ended - reached).max(0);
            return Self::Reached { talked_ms };
        }
        match (call.connected_at, call.outcome()) {
            (_, Some(Outcome::Failed) | None) => Self::Failed,
            (None, _) => Self::ClerkMissing,
            (_, Some(Outcome::Declined)) => Self::Refused,
            (_, Some(Outcome::Unavailable)) => Self::WrongNumber,
            _ => Self::NoAnswer,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ClerkMissing => "clerk_missing",
            Self::Failed => "failed",
            Self::NoAnswer => "no_answer",
            Self::Refused => "refused",
            Self::WrongNumber => "wrong_number",
            Self::Reached { .. } => "reached",
        }
    }

    pub(super) fn talked_ms(self) -> Option<i64> {
        match self {
            Self::Reached { talked_ms } => Some(talked_ms),
            _ => None,
        }
    }

    /// The citizen's phone rang: that is a contact, for better or worse.
    pub(super) fn is_contact(self) -> bool {
        !matches!(self, Self::ClerkMissing | Self::Failed)
    }

    /// For the ticket's contact log.
    pub(super) fn note(self) -> String {
        match self.talked_ms() {
            Some(ms) => {
                let seconds = ms / 1000;
                format!(
                    "保密联络，系统自动记录，通话 {} 分 {} 秒",
                    seconds / 60,
                    seconds % 60
                )
            }
            None => "保密联络，系统自动记录".to_owned(),
        }
    }
}

/// Digits only, so that 0534-8200001 can be called.
pub(super) fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

pub(super) fn is_phone(phone: &str) -> bool {
    let known = |c: char| c.is_ascii_digit() || matches!(c, '-' | ' ');
    phone.chars().all(known) && (7..=12).contains(&digits(phone).len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::{Change, Direction, Purpose, What};

    fn call(steps: &[(i64, What)]) -> Call {
        let change = |ms: i64, what: What| Change {
            call_id: "a".into(),
            at: chrono::DateTime::from_timestamp_millis(ms).expect("time"),
            what,
        };
        let started = What::Started {
            direction: Direction::Outbound,
            purpose: Purpose::Contact,
            caller: "13800000001".into(),
            caller_kind: "mobile".into(),
            caller_private: false,
            caller_display: None,
            called: "13800000001".into(),
            trunk: None,
            menu: String::new(),
            diverted_from: None,
            ticket_number: None,
        };
        let mut call = Call::start(&change(0, started)).expect("a call");
        for (ms, what) in steps {
            call.apply(&change(*ms, what.clone()));
        }
        call
    }

    fn ended(outcome: Outcome) -> What {
        What::Ended {
            outcome,
            cause: "normal".into(),
            by: "citizen".into(),
        }
    }

    fn answered() -> What {
        What::ConsultAnswered {
            party: "13800000001".into(),
        }
    }

    #[test]
    fn what_the_two_phones_did_is_told_apart() {
        let cases = [
            (vec![(9, ended(Outcome::NoAnswer))], Ending::ClerkMissing),
            (vec![(9, ended(Outcome::Failed))], Ending::Failed),
            (
                vec![(3, What::Connected), (9, ended(Outcome::Busy))],
                Ending::NoAnswer,
            ),
            (
                vec![(3, What::Connected), (9, ended(Outcome::Declined))],
                Ending::Refused,
            ),
            (
                vec![(3, What::Connected), (9, ended(Outcome::Unavailable))],
                Ending::WrongNumber,
            ),
            (
                vec![
                    (3, What::Connected),
                    (9, answered()),
                    (80_009, ended(Outcome::Answered)),
                ],
                Ending::Reached { talked_ms: 80_000 },
            ),
            // Cut off by a crash: they had talked all the same.
            (
                vec![
                    (3, What::Connected),
                    (9, answered()),
                    (1_009, ended(Outcome::Failed)),
                ],
                Ending::Reached { talked_ms: 1_000 },
            ),
        ];
        for (steps, expected) in cases {
            assert_eq!(Ending::of(&call(&steps)), expected, "{steps:?}");
        }
        let reached = Ending::Reached { talked_ms: 80_000 };
        assert_eq!(reached.note(), "保密联络，系统自动记录，通话 1 分 20 秒");
    }

    #[test]
    fn a_phone_is_written_as_people_write_it() {
        assert!(is_phone("0534-8200001") && is_phone("139 0000 0001"));
        assert_eq!(digits("0534-8200001"), "05348200001");
        for bad in ["", "110", "1390000000100", "tel:139", "+8613900000001"] {
            assert!(!is_phone(bad), "{bad}");
        }
    }
}
