//! What a ticket may be about, read from the words of the call. Only suggests: a person decides, and says nothing of deadlines.
//!
//! Recognition at 8 kHz confuses words that sound alike, so every list is matched by its letters and by its sounds (pinyin).

mod classify;
mod cues;
pub mod demands;
mod number;
mod people;
mod place;
mod sound;
mod title;
mod when;

use std::collections::HashSet;

use chrono::NaiveDate;
use jieba_rs::Jieba;
use serde::{Deserialize, Serialize};

use sound::{Heard, PhraseIndex};

/// One class of the three-level tree and the words that point to it.
#[derive(Debug, Clone, Default)]
pub struct ClassEntry {
    pub code: String,
    pub level1: String,
    pub level2: String,
    pub level3: String,
    pub keywords: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub struct PlaceEntry {
    pub code: String,
    pub name: String,
    pub kind: String,
    pub parent_code: Option<String>,
    pub aliases: Vec<String>,
}

/// A word of risk or urgency and the band it asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrgencyWord {
    pub word: String,
    pub band: String,
}

#[derive(Debug, Clone, Default)]
pub struct KindCues {
    pub kind: String,
    pub words: Vec<String>,
}

/// A sentence of the call; the citizen's side only, in the order spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    pub start_ms: i64,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceRef {
    pub code: String,
    pub name: String,
}

/// The words a suggestion rests on, so that the console can point at them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceWord {
    pub field: String,
    pub text: String,
    pub start_ms: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Suggestion {
    pub title: String,
    pub content: String,
    pub kind: String,
    pub class_code: Option<String>,
    pub band: String,
    pub urgency_words: Vec<UrgencyWord>,
    pub place: Option<PlaceRef>,
    /// When it happened, or since when.
    pub happened: String,
    /// How many it concerns.
    pub affected: String,
    pub words: Vec<SourceWord>,
}

/// Longest content taken over from a transcript, in characters.
const CONTENT_LIMIT: usize = 2_000;

/// The county's reference data, indexed for matching. Built once and shared; building takes a moment, matching does not.
pub struct Lexicon {
    jieba: Jieba,
    /// Keywords and class names that name a thing, not an event.
    things: HashSet<String>,
    classes: Vec<ClassEntry>,
    places: Vec<PlaceEntry>,
    urgency: Vec<UrgencyWord>,
    kinds: Vec<KindCues>,
    class_index: PhraseIndex<classify::Keyword>,
    place_index: PhraseIndex<usize>,
    urgency_index: PhraseIndex<usize>,
    kind_index: PhraseIndex<usize>,
}

impl Lexicon {
    pub fn new(
        classes: Vec<ClassEntry>,
        places: Vec<PlaceEntry>,
        urgency: Vec<UrgencyWord>,
        kinds: Vec<KindCues>,
    ) -> Self {
        let mut jieba = Jieba::new();
        // Before the county's own words join the dictionary: they carry no part of speech.
        let things = title::things(&jieba, &classes);
        for word in classes
            .iter()
            .flat_map(|class| &class.keywords)
            .chain(places.iter().map(|p| &p.name))
        {
            if word.chars().count() > 1 && !jieba.has_word(word) {
                jieba.add_word(word, None, None);
            }
        }
        let class_index = classify::index(&classes, &jieba);
        let place_index = place::index(&places);
        let urgency_index = PhraseIndex::new(
            urgency
                .iter()
                .enumerate()
                .map(|(at, entry)| (entry.word.clone(), at)),
        );
        let kind_words = |(at, cues): (usize, &KindCues)| {
            cues.words
                .iter()
                .map(move |word| (word.clone(), at))
                .collect::<Vec<_>>()
        };
        let kind_index = PhraseIndex::new(kinds.iter().enumerate().flat_map(kind_words));
        Self {
            jieba,
            things,
            classes,
            places,
            urgency,
            kinds,
            class_index,
            place_index,
            urgency_index,
            kind_index,
        }
    }

    /// Nothing is suggested from nothing: a call without a word leaves every field empty. `today` is the day of the call: 昨天 is counted
    /// from it.
    pub fn suggest(&self, said: &[Utterance], today: NaiveDate) -> Suggestion {
        let heard = Heard::new(said);
        if heard.is_empty() {
            return Suggestion::default();
        }
        let class = classify::choose(self, &heard);
        let place = place::choose(&self.places, &self.place_index, &heard);
        let urgency = cues::urgency(self, &heard);
        let kind = cues::kind(self, &heard);
        let mut words = Vec::new();
        words.extend(class.iter().flat_map(|class| class.words.clone()));
        words.extend(urgency.iter().map(|found| found.source("band", &heard)));
        words.extend(kind.words.clone());
        words.extend(place.as_ref().map(|found| found.source.clone()));
        let happened = when::choose(&heard, today);
        let affected = people::choose(&heard);
        words.extend(
            happened
                .iter()
                .map(|found| heard.source("happened", found.from, found.to)),
        );
        words.extend(
            affected
                .iter()
                .map(|found| heard.source("affected", found.from, found.to)),
        );
        let title = title::compose(self, place.as_ref(), class.as_ref(), &kind.kind);
        words.extend(title::sources(place.as_ref(), class.as_ref()));
        Suggestion {
            title,
            content: content(said),
            band: cues::band(self, &urgency, &kind.kind),
            class_code: class.as_ref().map(|class| self.classes[class.entry].code.clone()),
            urgency_words: cues::distinct(self, &urgency),
            place: place.map(|found| found.place),
            kind: kind.kind,
            happened: happened.map(|found| found.text).unwrap_or_default(),
            affected: affected.map(|found| found.text).unwrap_or_default(),
            words,
        }
    }
}

fn content(said: &[Utterance]) -> String {
    let mut text = String::new();
    for utterance in said {
        text.push_str(utterance.text.trim());
        if text.ends_with(|letter: char| letter.is_alphanumeric()) {
            text.push('，');
        }
    }
    if let Some(rest) = text.strip_suffix('，') {
        text = format!("{rest}。");
    }
    text.chars().take(CONTENT_LIMIT).collect()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
