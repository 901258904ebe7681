//! Phrases found in speech by their letters or, where recognition misheard, by their sounds.

use std::collections::HashMap;

use pinyin::ToPinyin;

use super::{SourceWord, Utterance};

/// The longest phrase looked for, in characters.
const LONGEST: usize = 12;

/// A sound without tone, with the pairs folded that southern and northern speakers (and recognisers) mix: zh-z, ch-c, sh-s, -ng/-n, n-l.
type Syllable = String;

/// The text of a call as letters, sounds and the time of the sentence each belongs to.
pub(super) struct Heard {
    pub(super) letters: Vec<char>,
    folded: Vec<Syllable>,
    toned: Vec<Syllable>,
    starts: Vec<i64>,
}

impl Heard {
    pub(super) fn new(said: &[Utterance]) -> Self {
        let mut heard = Self {
            letters: vec![],
            folded: vec![],
            toned: vec![],
            starts: vec![],
        };
        for utterance in said {
            for letter in utterance.text.chars().chain(['。']) {
                heard.letters.push(letter);
                heard.folded.push(folded(letter));
                heard.toned.push(toned(letter));
                heard.starts.push(utterance.start_ms);
            }
        }
        heard
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.letters.iter().any(|letter| letter.is_alphanumeric())
    }

    pub(super) fn text(&self, from: usize, to: usize) -> String {
        self.letters[from..to].iter().collect()
    }

    pub(super) fn all(&self) -> String {
        self.letters.iter().collect()
    }

    pub(super) fn source(&self, field: &str, from: usize, to: usize) -> SourceWord {
        SourceWord {
            field: field.to_owned(),
            text: self.text(from, to),
            start_ms: self.starts[from],
        }
    }
}

/// One phrase found: `exact` by its letters, else by sound only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found<'a, T> {
    pub(super) phrase: &'a str,
    pub(super) value: &'a T,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) exact: bool,
}

impl<T> Found<'_, T> {
    pub(super) fn len(&self) -> usize {
        self.to - self.from
    }

    pub(super) fn source(&self, field: &str, heard: &Heard) -> SourceWord {
        heard.source(field, self.from, self.to)
    }
}

struct Phrase<T> {
    text: String,
    toned: Vec<Syllable>,
    value: T,
}

pub(super) struct PhraseIndex<T> {
    phrases: Vec<Phrase<T>>,
    by_sound: HashMap<Vec<Syllable>, Vec<usize>>,
    longest: usize,
}

impl<T> PhraseIndex<T> {
    pub(super) fn new(phrases: impl IntoIterator<Item = (String, T)>) -> Self {
        let mut index = Self {
            phrases: vec![],
            by_sound: HashMap::new(),
            longest: 0,
        };
        for (text, value) in phrases {
            let sounds: Vec<_> = text.chars().map(folded).collect();
            if sounds.is_empty() || sounds.len() > LONGEST {
                continue;
            }
            index.longest = index.longest.max(sounds.len());
            index
                .by_sound
                .entry(sounds)
                .or_default()
                .push(index.phrases.len());
            let toned = text.chars().map(toned).collect();
            index.phrases.push(Phrase { text, toned, value });
        }
        index
    }

    /// Every occurrence, in the order spoken; by sound only where the same letters do not stand there.
    pub(super) fn find<'a>(&'a self, heard: &Heard) -> Vec<Found<'a, T>> {
        let mut found = Vec::new();
        for from in 0..heard.letters.len() {
            for length in 1..=self.longest.min(heard.letters.len() - from) {
                let Some(ids) = self.by_sound.get(&heard.folded[from..from + length]) else {
                    continue;
                };
                found.extend(
                    ids.iter()
                        .filter_map(|id| self.accept(*id, heard, from, from + length)),
                );
            }
        }
        found
    }

    fn accept(&self, id: usize, heard: &Heard, from: usize, to: usize) -> Option<Found<'_, T>> {
        let phrase = &self.phrases[id];
        let exact = phrase.text.chars().eq(heard.letters[from..to].iter().copied());
        // Two syllables have too many homophones to forgive the tone as well; one syllable forgives nothing.
        let sounds_alike = match to - from {
            1 => false,
            2 => phrase.toned == heard.toned[from..to],
            _ => true,
        };
        let Phrase { text, value, .. } = phrase;
        (exact || sounds_alike).then_some(Found {
            phrase: text,
            value,
            from,
            to,
            exact,
        })
    }
}

fn toned(letter: char) -> Syllable {
    match letter.to_pinyin() {
        Some(sound) => sound.with_tone().to_owned(),
        None => letter.to_lowercase().collect(),
    }
}

fn folded(letter: char) -> Syllable {
    let Some(sound) = letter.to_pinyin() else {
        return letter.to_lowercase().collect();
    };
    let plain = sound.plain();
    let plain = plain
        .strip_suffix('g')
        .filter(|rest| rest.ends_with('n'))
        .unwrap_or(plain);
    let mut letters = plain.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first @ ('z' | 'c' | 's')), Some('h')) => format!("{first}{}", &plain[2..]),
        (Some('n'), Some(second)) if second != 'g' => format!("l{}", &plain[1..]),
        _ => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrases: &[&str], text: &str) -> Vec<(String, bool)> {
        let index = PhraseIndex::new(phrases.iter().map(|phrase| ((*phrase).to_owned(), ())));
        let heard = Heard::new(&[Utterance {
            start_ms: 0,
            text: text.into(),
        }]);
        index
            .find(&heard)
            .iter()
            .map(|found| (found.phrase.to_owned(), found.exact))
            .collect()
    }

    #[test]
    fn misheard_letters_are_found_by_sound() {
        assert_eq!(
            found(&["清河湾"], "我住青河弯三号楼"),
            [("清河湾".to_owned(), false)]
        );
        assert_eq!(
            found(&["石门村"], "四门村那条路"),
            [("石门村".to_owned(), false)],
            "sh and s, shi and si"
        );
    }

    #[test]
    fn two_syllables_must_agree_in_tone() {
        assert_eq!(found(&["物业"], "五业不管"), [], "wǔ is not wù");
        assert_eq!(found(&["物业"], "误业不管"), [("物业".to_owned(), false)]);
    }

    #[test]
    fn one_syllable_is_found_by_its_letter_only() {
        assert_eq!(found(&["坑"], "大坑"), [("坑".to_owned(), true)]);
        assert_eq!(found(&["坑"], "吭声"), []);
    }
}
