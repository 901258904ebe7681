//! Words of urgency and the kind of request.

use std::collections::BTreeMap;

use super::sound::{Found, Heard};
use super::{Lexicon, SourceWord, UrgencyWord};

/// Said right before a word, these take its urgency away.
const DENIALS: [&str; 5] = ["没有", "没", "不是", "未", "别"];
const MOST_URGENT_FIRST: [&str; 3] = ["S", "A", "B"];

pub(super) fn urgency<'a>(lexicon: &'a Lexicon, heard: &Heard) -> Vec<Found<'a, usize>> {
    let mut found = lexicon.urgency_index.find(heard);
    // A life must not be sent out on a homophone of two syllables.
    found.retain(|found| (found.exact || found.len() >= 3) && !denied(heard, found.from));
    found
}

fn denied(heard: &Heard, from: usize) -> bool {
    DENIALS.iter().any(|denial| {
        let length = denial.chars().count();
        from >= length && heard.text(from - length, from) == *denial
    })
}

pub(super) fn distinct(lexicon: &Lexicon, found: &[Found<'_, usize>]) -> Vec<UrgencyWord> {
    let mut words: Vec<UrgencyWord> = Vec::new();
    for entry in found.iter().map(|found| &lexicon.urgency[*found.value]) {
        if !words.contains(entry) {
            words.push(entry.clone());
        }
    }
    words
}

/// The most urgent word decides; without one the kind does.
pub(super) fn band(lexicon: &Lexicon, found: &[Found<'_, usize>], kind: &str) -> String {
    let said = |band: &&str| {
        found
            .iter()
            .any(|found| lexicon.urgency[*found.value].band == *band)
    };
    let by_word = MOST_URGENT_FIRST.iter().find(|band| said(band));
    let by_kind = match kind {
        "咨询" => "E",
        "建议" => "F",
        "表扬" => "G",
        _ => "C",
    };
    by_word.copied().unwrap_or(by_kind).to_owned()
}

#[derive(Default)]
pub(super) struct KindFound {
    pub(super) kind: String,
    pub(super) words: Vec<SourceWord>,
}

pub(super) fn kind(lexicon: &Lexicon, heard: &Heard) -> KindFound {
    let mut scores: BTreeMap<usize, (usize, Vec<SourceWord>)> = BTreeMap::new();
    for found in lexicon
        .kind_index
        .find(heard)
        .into_iter()
        .filter(|found| found.exact || found.len() >= 4)
    {
        let entry = scores.entry(*found.value).or_default();
        entry.0 += found.len();
        entry.1.push(found.source("kind", heard));
    }
    // Among equals the kind listed first wins; who says nothing of the sort wants help.
    let best = scores
        .into_iter()
        .max_by_key(|(at, (score, _))| (*score, usize::MAX - at));
    match best {
        Some((at, (_, words))) => KindFound {
            kind: lexicon.kinds[at].kind.clone(),
            words,
        },
        None => KindFound {
            kind: "求助".into(),
            words: vec![],
        },
    }
}
