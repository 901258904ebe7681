//! The class of a request by the keywords of the tree.

use std::collections::{BTreeMap, HashMap, HashSet};

use jieba_rs::{Jieba, TokenizeMode};

use super::sound::{Found, Heard, PhraseIndex};
use super::{ClassEntry, Lexicon, SourceWord};

/// One word and the classes it speaks for.
pub(super) struct Keyword {
    classes: Vec<usize>,
    weight: f64,
    /// Named by the county for this class, not taken from the class's title.
    pub(super) listed: bool,
}

pub(super) struct FoundClass {
    pub(super) entry: usize,
    pub(super) words: Vec<SourceWord>,
    /// The listed keyword that counted most, as it is spelt in the tree.
    pub(super) leading: Option<String>,
}

/// A word from a class's title says less than one the county listed.
const TITLE_WEIGHT: f64 = 0.5;
const SOUND_WEIGHT: f64 = 0.6;
/// Letters that belong to two different words of the sentence: 下水 in 地下水管.
const ACROSS_WEIGHT: f64 = 0.6;
/// How much the rest of its branch speaks for a class.
const BRANCH_WEIGHT: f64 = 0.15;

pub(super) fn index(classes: &[ClassEntry], jieba: &Jieba) -> PhraseIndex<Keyword> {
    let mut listed: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut titles: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, class) in classes.iter().enumerate() {
        for word in class.keywords.iter().chain([&class.level3]) {
            note(&mut listed, word, at);
        }
        for word in title_words(jieba, class) {
            note(&mut titles, &word, at);
        }
    }
    titles.retain(|word, _| !listed.contains_key(word));
    let keyword = |(word, classes): (String, Vec<usize>), listed: bool| {
        let share = if listed { 1.0 } else { TITLE_WEIGHT };
        let weight = share * length_weight(&word) / (classes.len() as f64).sqrt();
        (
            word,
            Keyword {
                classes,
                weight,
                listed,
            },
        )
    };
    let listed = listed.into_iter().map(|entry| keyword(entry, true));
    PhraseIndex::new(
        listed
            .chain(titles.into_iter().map(|entry| keyword(entry, false)))
            .collect::<Vec<_>>(),
    )
}

fn note(words: &mut BTreeMap<String, Vec<usize>>, word: &str, class: usize) {
    let classes = words.entry(word.to_owned()).or_default();
    if !classes.contains(&class) {
        classes.push(class);
    }
}

fn title_words(jieba: &Jieba, class: &ClassEntry) -> Vec<String> {
    let words = [&class.level2, &class.level3]
        .into_iter()
        .flat_map(|title| jieba.cut(title, false));
    let words = words
        .map(|token| token.word)
        .filter(|word| word.chars().count() >= 2);
    words
        .filter(|word| !matches!(*word, "管理" | "问题" | "其他" | "服务" | "建设" | "保障"))
        .map(str::to_owned)
        .collect()
}

fn length_weight(word: &str) -> f64 {
    match word.chars().count() {
        0 | 1 => 0.4,
        2 => 1.0,
        3 => 1.6,
        _ => 2.2,
    }
}

pub(super) fn choose(lexicon: &Lexicon, heard: &Heard) -> Option<FoundClass> {
    let found = longest_only(lexicon.class_index.find(heard));
    let bounds = word_bounds(&lexicon.jieba, heard);
    let mut said: HashSet<&str> = HashSet::new();
    let mut scores: HashMap<usize, f64> = HashMap::new();
    let mut branches: HashMap<&str, f64> = HashMap::new();
    for hit in found.iter().filter(|hit| said.insert(hit.phrase)) {
        let weight = weight(hit, &bounds);
        let mut level1: Vec<&str> = Vec::new();
        for class in &hit.value.classes {
            *scores.entry(*class).or_default() += weight;
            level1.push(&lexicon.classes[*class].level1);
        }
        level1.dedup();
        for branch in level1 {
            *branches.entry(branch).or_default() += weight;
        }
    }
    let total = |class: usize, score: f64| {
        score
            + BRANCH_WEIGHT
                * branches
                    .get(lexicon.classes[class].level1.as_str())
                    .copied()
                    .unwrap_or(0.0)
    };
    let best = scores
        .into_iter()
        .map(|(class, score)| (class, total(class, score)));
    // Among equals the class listed first wins, so that the same words always give the same class.
    let (entry, _) = best.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)))?;
    Some(explain(entry, &found, &bounds, heard))
}

fn explain(entry: usize, found: &[Found<'_, Keyword>], bounds: &HashSet<usize>, heard: &Heard) -> FoundClass {
    let mine: Vec<_> = found
        .iter()
        .filter(|hit| hit.value.classes.contains(&entry))
        .collect();
    let listed = mine.iter().filter(|hit| hit.value.listed);
    let leading = listed.max_by(|one, other| {
        weight(one, bounds)
            .total_cmp(&weight(other, bounds))
            .then(other.from.cmp(&one.from))
    });
    FoundClass {
        entry,
        leading: leading.map(|hit| hit.phrase.to_owned()),
        words: mine.iter().map(|hit| hit.source("class", heard)).collect(),
    }
}

fn weight(hit: &Found<'_, Keyword>, bounds: &HashSet<usize>) -> f64 {
    let spelt = if hit.exact { 1.0 } else { SOUND_WEIGHT };
    let whole = bounds.contains(&hit.from) && bounds.contains(&hit.to);
    let standing = if whole || hit.len() >= 3 {
        1.0
    } else {
        ACROSS_WEIGHT
    };
    hit.value.weight * spelt * standing
}

/// 小区停水 said is not 停水 said again; a phrase by letters silences what only sounds alike inside it.
fn longest_only(found: Vec<Found<'_, Keyword>>) -> Vec<Found<'_, Keyword>> {
    let covered = |hit: &Found<'_, Keyword>| {
        found.iter().any(|other| {
            let covers = other.from <= hit.from && hit.to <= other.to && other.len() > hit.len();
            let beats = other.exact && !hit.exact && other.from < hit.to && hit.from < other.to;
            (covers && other.exact >= hit.exact && shares(other, hit)) || beats
        })
    };
    let kept: Vec<_> = found.iter().map(|hit| !covered(hit)).collect();
    found
        .into_iter()
        .zip(kept)
        .filter_map(|(hit, keep)| keep.then_some(hit))
        .collect()
}

fn shares(one: &Found<'_, Keyword>, other: &Found<'_, Keyword>) -> bool {
    other
        .value
        .classes
        .iter()
        .any(|class| one.value.classes.contains(class))
}

fn word_bounds(jieba: &Jieba, heard: &Heard) -> HashSet<usize> {
    let text = heard.all();
    let tokens = jieba.tokenize(&text, TokenizeMode::Default, false);
    tokens.iter().flat_map(|token| [token.start, token.end]).collect()
}
