//! What the answers of a survey call mean. Pure.

mod words;

pub use words::meaning;

use serde::{Deserialize, Serialize};

/// What the citizen pressed, kept as pressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// Whether the unit had contacted the citizen.
    pub contacted: Option<bool>,
    pub solved: Option<bool>,
    /// 1 very dissatisfied to 5 very satisfied.
    pub satisfaction: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Satisfied,
    Dissatisfied,
    /// Reached, but not enough was said to close on: called again once, then by a person.
    Inconclusive,
}

/// Other keys and silence are no answer: only what the citizen pressed counts.
pub fn read_answers<'a>(collected: impl IntoIterator<Item = (&'a str, &'a str)>) -> Answers {
    let mut answers = Answers::default();
    for (key, value) in collected {
        match (key, value) {
            ("contacted", "1") => answers.contacted = Some(true),
            ("contacted", "2") => answers.contacted = Some(false),
            ("solved", "1") => answers.solved = Some(true),
            ("solved", "2") => answers.solved = Some(false),
            ("satisfaction", value) => {
                answers.satisfaction = value.parse().ok().filter(|mark| (1..=5).contains(mark));
            }
            _ => {}
        }
    }
    answers
}

/// Closed only on solved and at least 3 (基本满意); unsolved or 1-2 goes back, whatever the other answer says.
pub fn judge(answers: Answers) -> Verdict {
    match (answers.solved, answers.satisfaction) {
        (Some(false), _) | (_, Some(1 | 2)) => Verdict::Dissatisfied,
        (Some(true), Some(_)) => Verdict::Satisfied,
        _ => Verdict::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_decide_between_closing_and_handling_again() {
        let cases = [
            (vec![("solved", "1"), ("satisfaction", "5")], Verdict::Satisfied),
            (vec![("solved", "1"), ("satisfaction", "3")], Verdict::Satisfied),
            (
                vec![("solved", "1"), ("satisfaction", "2")],
                Verdict::Dissatisfied,
            ),
            (
                vec![("solved", "2"), ("satisfaction", "5")],
                Verdict::Dissatisfied,
            ),
            (vec![("solved", "2")], Verdict::Dissatisfied),
            (vec![("solved", "1")], Verdict::Inconclusive),
            (
                vec![("solved", "9"), ("satisfaction", "0")],
                Verdict::Inconclusive,
            ),
            (vec![], Verdict::Inconclusive),
        ];
        for (collected, expected) in cases {
            assert_eq!(judge(read_answers(collected.clone())), expected, "{collected:?}");
        }
    }
}
