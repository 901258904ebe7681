//! A citizen who is called back and asked about the ticket: what they press and what they say. Pure.

use std::sync::Arc;
use std::time::Duration;

use telephony::media::Utterance;

use super::cast::{Survey, clip};

/// How a citizen listens to what the machine says to an answer in words.
const REPLY: Utterance = Utterance {
    pause: Duration::from_millis(900),
    longest: Duration::from_secs(30),
};
/// Questions are long; "sorry, say that again" and "please press a key" are short, pauses and all.
const NOT_UNDERSTOOD: usize = 8_000 * 58 / 10;

enum Answer {
    Key(char),
    /// With the key that it stands for.
    Say(Arc<str>, char),
    Remark(Arc<str>),
}

/// What a citizen does next.
pub enum Turn {
    Press(char),
    Speak(Arc<str>),
    Listen(Utterance),
    /// Of a remark.
    End,
}

pub struct Interview {
    /// The next one last.
    answers: Vec<Answer>,
    /// The key for what was just said.
    meant: Option<char>,
    /// Was not understood once.
    prefers_keys: bool,
}

impl Interview {
    pub fn new(survey: &Survey) -> Self {
        // First of all whether the unit had contacted them: in the demo it always had.
        let questions = [
            ("contacted", "1"),
            ("solved", &survey.solved),
            ("satisfaction", &survey.satisfaction),
        ];
        let answer = |(question, keys): (&str, &str)| {
            let key = keys.chars().next()?;
            let said = survey.said.get(question);
            Some(said.map_or(Answer::Key(key), |said| Answer::Say(clip(said), key)))
        };
        let remark = survey.remark.iter().map(|remark| Answer::Remark(clip(remark)));
        let mut answers: Vec<Answer> = questions.into_iter().filter_map(answer).chain(remark).collect();
        answers.reverse();
        Self {
            answers,
            meant: None,
            prefers_keys: false,
        }
    }

    /// The machine has asked something and is silent.
    pub fn asked(&mut self) -> Option<Turn> {
        Some(match self.answers.pop()? {
            Answer::Key(key) => Turn::Press(key),
            Answer::Say(_, key) if self.prefers_keys => Turn::Press(key),
            Answer::Say(clip, key) => {
                self.meant = Some(key);
                Turn::Speak(clip)
            }
            Answer::Remark(clip) => Turn::Speak(clip),
        })
    }

    /// What was to be said is said.
    pub fn said(&mut self) -> Turn {
        match self.meant {
            Some(_) => Turn::Listen(REPLY),
            None => Turn::End,
        }
    }

    /// The machine has said something of this length, in samples.
    pub fn replied(&mut self, samples: usize) -> Option<Turn> {
        let key = self.meant.take()?;
        if samples < NOT_UNDERSTOOD {
            self.prefers_keys = true;
            return Some(Turn::Press(key));
        }
        self.asked()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn interview() -> Interview {
        let said = [("contacted", "answers/a.wav"), ("solved", "answers/b.wav")];
        Interview::new(&Survey {
            solved: "2".into(),
            satisfaction: "1".into(),
            remark: Some("clips/r.wav".into()),
            said: HashMap::from(said.map(|(question, clip)| (question.to_owned(), clip.to_owned()))),
        })
    }

    fn shown(turn: Option<Turn>) -> String {
        match turn {
            Some(Turn::Press(key)) => key.to_string(),
            Some(Turn::Speak(clip)) => clip.to_string(),
            Some(Turn::Listen(_)) => "listens".into(),
            Some(Turn::End) => "#".into(),
            None => "nothing".into(),
        }
    }

    #[test]
    fn who_is_understood_goes_on_in_words() {
        let mut citizen = interview();
        let question = NOT_UNDERSTOOD + 1;
        assert_eq!(shown(citizen.asked()), "answers/a");
        assert_eq!(shown(Some(citizen.said())), "listens");
        assert_eq!(shown(citizen.replied(question)), "answers/b");
        assert_eq!(shown(citizen.replied(question)), "1");
        assert_eq!(shown(citizen.asked()), "clips/r");
        assert_eq!(shown(Some(citizen.said())), "#");
        assert_eq!(shown(citizen.asked()), "nothing");
    }

    #[test]
    fn who_is_not_understood_presses_keys_from_then_on() {
        let mut citizen = interview();
        citizen.asked();
        assert_eq!(shown(citizen.replied(NOT_UNDERSTOOD - 1)), "1");
        assert_eq!(shown(citizen.asked()), "2");
        assert_eq!(shown(citizen.asked()), "1");
    }

    #[test]
    fn the_shipped_prompts_can_be_told_apart_by_their_length() {
        let samples = |name: &str| {
            let file = std::fs::metadata(format!("provisioning/prompts/{name}.wav")).expect("a prompt");
            usize::try_from(file.len()).expect("a length") / 2
        };
        // With the lead of 300 to 600 ms and the pause that belong to what is heard; each clip ends in 100 ms of silence.
        let (least, most) = (8 * (300 + 900 - 200), 8 * (600 + 900));
        for name in ["survey-again", "survey-keys"] {
            assert!(samples(name) + most < NOT_UNDERSTOOD, "{name}");
        }
        for name in ["survey-solved", "survey-satisfaction", "survey-remark"] {
            assert!(samples(name) + least > NOT_UNDERSTOOD, "{name}");
        }
    }
}
