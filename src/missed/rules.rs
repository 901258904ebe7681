//! What a call that ended means for the calls back that are owed. Pure.

use crate::calls::{Call, Direction, Outcome, Purpose};

/// After so many calls back that reached nobody the task is settled as unreachable.
pub const ATTEMPTS: i64 = 3;

/// How a task was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// A call back was answered
    Reached,
    /// The citizen called again and was answered
    CalledAgain,
    /// The citizen called again and left a message, which is a ticket
    Message,
    /// Nobody answered the calls back
    Unreachable,
    /// A person says that it is settled otherwise
    Handled,
}

impl Settled {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::CalledAgain => "called_again",
            Self::Message => "message",
            Self::Unreachable => "unreachable",
            Self::Handled => "handled",
        }
    }
}

/// What is to be done with the open task of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A call is owed: a new task, or one call more on the open one.
    Owe,
    /// A call back reached nobody.
    Attempt,
    Settle(Settled),
}

/// The citizen's number and what the ended call means for it. None for calls that mean nothing here and numbers that cannot be called.
pub fn meaning(call: &Call) -> Option<(&str, Step)> {
    let outcome = call
        .outcome
        .clone()
        .and_then(|word| Outcome::try_from(word).ok())?;
    let (number, step) = match (call.direction, call.purpose) {
        (Direction::Inbound, Purpose::Hotline) => (&call.caller, inbound(outcome)?),
        (Direction::Outbound, Purpose::Callback) => (&call.called, outbound(outcome)?),
        _ => return None,
    };
    let is_number = number.len() >= 3 && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+');
    let withheld = call.direction == Direction::Inbound && call.caller_private;
    (is_number && !withheld).then_some((number, step))
}

fn inbound(outcome: Outcome) -> Option<Step> {
    match outcome {
        Outcome::Answered | Outcome::Completed => Some(Step::Settle(Settled::CalledAgain)),
        Outcome::Message => Some(Step::Settle(Settled::Message)),
        Outcome::Callback | Outcome::Abandoned | Outcome::Failed | Outcome::Unavailable => Some(Step::Owe),
        Outcome::NoAnswer | Outcome::Busy | Outcome::Declined => None,
    }
}

/// Completed: the citizen picked up and went before an operator was there. What the network failed at is no attempt to reach anybody.
fn outbound(outcome: Outcome) -> Option<Step> {
    match outcome {
        Outcome::Answered => Some(Step::Settle(Settled::Reached)),
        Outcome::Failed => None,
        _ => Some(Step::Attempt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::{Change, What};

    fn call(direction: Direction, purpose: Purpose, caller: &str, called: &str, outcome: Outcome) -> Call {
        let what = What::Started {
            direction,
            purpose,
            caller: caller.into(),
            caller_kind: "mobile".into(),
            caller_private: false,
            caller_display: None,
            called: called.into(),
            trunk: None,
            menu: "default".into(),
            diverted_from: None,
            ticket_number: None,
        };
        let at = chrono::DateTime::from_timestamp_millis(0).expect("time");
        let change = Change {
            call_id: "a".into(),
            at,
            what,
        };
        let mut call = Call::start(&change).expect("a call");
        call.outcome = Some(outcome.as_str().to_owned());
        call
    }

    fn inbound_call(caller: &str, outcome: Outcome) -> Call {
        call(Direction::Inbound, Purpose::Hotline, caller, "12345", outcome)
    }

    #[test]
    fn who_gave_up_or_was_cut_off_is_owed_a_call() {
        for outcome in [
            Outcome::Callback,
            Outcome::Abandoned,
            Outcome::Failed,
            Outcome::Unavailable,
        ] {
            let call = inbound_call("13800000001", outcome);
            assert_eq!(meaning(&call), Some(("13800000001", Step::Owe)));
        }
    }

    #[test]
    fn who_came_through_or_left_a_message_is_owed_nothing() {
        let answered = inbound_call("13800000001", Outcome::Answered);
        assert_eq!(
            meaning(&answered).map(|(_, step)| step),
            Some(Step::Settle(Settled::CalledAgain))
        );
        let message = inbound_call("13800000001", Outcome::Message);
        assert_eq!(
            meaning(&message).map(|(_, step)| step),
            Some(Step::Settle(Settled::Message))
        );
    }

    #[test]
    fn a_number_that_is_withheld_or_none_cannot_be_called() {
        let mut withheld = inbound_call("13800000001", Outcome::Abandoned);
        withheld.caller_private = true;
        assert_eq!(meaning(&withheld), None);
        for caller in ["", "anonymous", "12"] {
            assert_eq!(meaning(&inbound_call(caller, Outcome::Abandoned)), None);
        }
    }

    #[test]
    fn a_call_back_counts_for_the_number_it_was_made_to_and_a_survey_for_none() {
        let back = |outcome| {
            call(
                Direction::Outbound,
                Purpose::Callback,
                "12345",
                "13800000001",
                outcome,
            )
        };
        assert_eq!(
            meaning(&back(Outcome::Answered)),
            Some(("13800000001", Step::Settle(Settled::Reached)))
        );
        for outcome in [
            Outcome::NoAnswer,
            Outcome::Busy,
            Outcome::Declined,
            Outcome::Completed,
        ] {
            assert_eq!(meaning(&back(outcome)), Some(("13800000001", Step::Attempt)));
        }
        assert_eq!(meaning(&back(Outcome::Failed)), None);
        let survey = call(
            Direction::Outbound,
            Purpose::Survey,
            "12345",
            "13800000001",
            Outcome::NoAnswer,
        );
        assert_eq!(meaning(&survey), None);
    }
}
