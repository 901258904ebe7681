//! What became of an attempt, told apart by what the network said. Pure.

use crate::calls::{Call, Outcome};

macro_rules! fates {
    ($($(#[$note:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Fate { $($(#[$note])* $variant),+ }

        impl Fate {
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// A word that is none of ours (of a later version) counts as a call that failed.
            pub fn of_word(word: &str) -> Self {
                match word { $($word => Self::$variant,)+ _ => Self::Failed }
            }
        }
    };
}

fates! {
    Reached = "reached",
    /// Picked up, but not enough was said.
    NoInput = "no_input",
    NoAnswer = "no_answer",
    Busy = "busy",
    Declined = "declined",
    /// A machine took the call, as its transcript says.
    Voicemail = "voicemail",
    /// 关机 or out of the network's reach.
    SwitchedOff = "switched_off",
    /// 空号
    BadNumber = "bad_number",
    /// Not a number that may be dialled at all.
    NotAllowed = "not_allowed",
    DoNotCall = "do_not_call",
    /// The network or our own lines, not the citizen.
    Failed = "failed",
    /// Its end never came.
    Lost = "lost",
    /// Claimed when the daemon died: perhaps it rang.
    Interrupted = "interrupted",
}

/// How the next attempt is put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// As the policy's waits say.
    Policy,
    /// Somebody is there and talks: soon.
    Soon,
    /// The longest of the policy's waits.
    Long,
    NextDay,
    /// The line's fault: minutes, doubled each time.
    Repair,
    Never,
}

impl Fate {
    /// Whether it counts as an attempt to reach the citizen.
    pub fn counts(self) -> bool {
        !matches!(self, Self::Failed | Self::Lost | Self::Interrupted)
    }

    pub fn wait(self) -> Wait {
        match self {
            Self::NoInput | Self::NoAnswer => Wait::Policy,
            Self::Busy => Wait::Soon,
            Self::Voicemail | Self::SwitchedOff => Wait::Long,
            Self::Declined | Self::BadNumber => Wait::NextDay,
            Self::Failed | Self::Lost | Self::Interrupted => Wait::Repair,
            Self::Reached | Self::NotAllowed | Self::DoNotCall => Wait::Never,
        }
    }

    /// Of a call that is over. The cause is finer than the outcome.
    pub fn of(call: &Call) -> Self {
        match (call.outcome(), call.cause.as_deref().unwrap_or_default()) {
            (Some(Outcome::Answered | Outcome::Completed | Outcome::Message | Outcome::Callback), _) => {
                Self::Reached
            }
            // Before anybody picked up, the network's word tells more than that nobody did.
            (_, "switched_off") => Self::SwitchedOff,
            (_, "no_such_number") => Self::BadNumber,
            (Some(Outcome::NoAnswer | Outcome::Abandoned), _) => Self::NoAnswer,
            (Some(Outcome::Busy), _) => Self::Busy,
            (Some(Outcome::Declined), _) => Self::Declined,
            (Some(Outcome::Unavailable | Outcome::Failed) | None, _) => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Fate; 13] = [
        Fate::Reached,
        Fate::NoInput,
        Fate::NoAnswer,
        Fate::Busy,
        Fate::Declined,
        Fate::Voicemail,
        Fate::SwitchedOff,
        Fate::BadNumber,
        Fate::NotAllowed,
        Fate::DoNotCall,
        Fate::Failed,
        Fate::Lost,
        Fate::Interrupted,
    ];

    #[test]
    fn a_fate_is_read_back_as_it_was_written() {
        for fate in ALL {
            assert_eq!(Fate::of_word(fate.as_str()), fate);
        }
        assert_eq!(Fate::of_word("of a later version"), Fate::Failed);
    }

    #[test]
    fn what_is_not_the_citizens_doing_is_no_attempt_to_reach_them() {
        for fate in ALL {
            assert_eq!(fate.counts(), fate.wait() != Wait::Repair, "{fate:?}");
        }
    }
}
