//! A short title from the place and the matter: 清河湾小区停水.

use std::collections::HashSet;

use jieba_rs::Jieba;

use super::classify::FoundClass;
use super::place::FoundPlace;
use super::{ClassEntry, Lexicon, SourceWord};

/// The keywords and class names that are nouns throughout: 电梯 becomes 电梯问题, while 停水 is a matter already.
pub(super) fn things(jieba: &Jieba, classes: &[ClassEntry]) -> HashSet<String> {
    let words = classes
        .iter()
        .flat_map(|class| class.keywords.iter().chain([&class.level2, &class.level3]));
    words.filter(|word| is_thing(jieba, word)).cloned().collect()
}

fn is_thing(jieba: &Jieba, word: &str) -> bool {
    let tags = jieba.tag(word, true);
    let event = tags
        .iter()
        .any(|tag| tag.tag.starts_with(['v', 'a', 'd']) || tag.word == "不");
    let noun = tags
        .last()
        .is_some_and(|last| last.tag.starts_with('n') && last.word != "问题");
    noun && !event
}

pub(super) fn compose(
    lexicon: &Lexicon,
    place: Option<&FoundPlace>,
    class: Option<&FoundClass>,
    kind: &str,
) -> String {
    let place = place.map(|found| found.place.name.as_str());
    let class = class.map(|class| (class, class_name(&lexicon.classes[class.entry])));
    let text = match (place, class) {
        (None, None) => return String::new(),
        (Some(place), None) => format!("{place}来电事项"),
        (Some(place), Some((class, name))) => {
            join(place, &trouble(lexicon, said(class, name).unwrap_or(name), kind))
        }
        (None, Some((class, name))) => match said(class, name) {
            // Without a place the word alone (不达标) would not say what it is about.
            Some(word) => format!("{name}：{}", trouble(lexicon, word, kind)),
            None => trouble(lexicon, name, kind),
        },
    };
    if matches!(kind, "表扬" | "举报") {
        format!("{kind}{text}")
    } else {
        text
    }
}

/// What a composed title rests on: the place, and the word for the matter; where no one word leads, all that pointed to the class.
pub(super) fn sources(place: Option<&FoundPlace>, class: Option<&FoundClass>) -> Vec<SourceWord> {
    let of_place = place.map(|found| found.source.clone());
    let of_class = class.into_iter().flat_map(|class| {
        let leads = |word: &&SourceWord| {
            class
                .leading
                .as_deref()
                .is_none_or(|leading| word.text == leading)
        };
        let mut words: Vec<_> = class.words.iter().filter(leads).cloned().collect();
        // Misheard, the word stands in the sentence in other letters.
        if words.is_empty() {
            words.clone_from(&class.words);
        }
        words
    });
    of_place
        .into_iter()
        .chain(of_class)
        .map(|word| SourceWord {
            field: "title".to_owned(),
            ..word
        })
        .collect()
}

fn class_name(class: &ClassEntry) -> &str {
    if class.level3 == "其他" {
        &class.level2
    } else {
        &class.level3
    }
}

/// What the citizen called it, unless that is only a letter or part of the class's own name.
fn said<'a>(class: &'a FoundClass, name: &str) -> Option<&'a str> {
    class
        .leading
        .as_deref()
        .filter(|word| word.chars().count() > 1 && !name.contains(*word))
}

fn trouble(lexicon: &Lexicon, matter: &str, kind: &str) -> String {
    match kind {
        "咨询" | "建议" => format!("{matter}{kind}"),
        _ if lexicon.things.contains(matter) => format!("{matter}问题"),
        _ => matter.to_owned(),
    }
}

/// 清河湾小区 and 小区停水 share 小区: it is said once.
fn join(place: &str, matter: &str) -> String {
    let shared = matter
        .char_indices()
        .map(|(at, _)| at)
        .filter(|at| place.ends_with(&matter[..*at]))
        .max();
    format!("{place}{}", &matter[shared.unwrap_or(0)..])
}
