//! What an article has to be, and which articles fit what is being said. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use crate::tickets::rules::search;

const LONGEST_TITLE: usize = 100;
const LONGEST_BODY: usize = 20_000;
const LONGEST_TEMPLATE: usize = 2_000;
/// A word in the title says what the article is about; one in the body may stand there by the way.
const TITLE_WEIGHT: f64 = 3.0;
/// The ticket's class is known: an article of the same class outranks a chance word, not a fitting title.
const SAME_CLASS: f64 = 4.0;
const SAME_BRANCH: f64 = 2.0;
/// Below this an article only shares everyday words with what is said.
const LEAST: f64 = 4.0;
/// Only the newest words count: a call moves on, and the question stays short.
const MOST_TERMS: usize = 400;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    pub title: String,
    pub body: String,
    pub class_code: Option<String>,
    pub owner_unit: Option<String>,
    pub valid_from: Option<NaiveDate>,
    /// The last day it holds.
    pub valid_until: Option<NaiveDate>,
    pub reply_template: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub field: &'static str,
    pub message: String,
}

impl Fault {
    pub(super) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            message: message.into(),
        }
    }
}

impl Draft {
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (field, text, longest) in [
            ("title", &self.title, LONGEST_TITLE),
            ("body", &self.body, LONGEST_BODY),
            ("reply_template", &self.reply_template, LONGEST_TEMPLATE),
        ] {
            if text.trim().is_empty() && field != "reply_template" {
                faults.push(Fault::new(field, "必填"));
            }
            if text.chars().count() > longest {
                faults.push(Fault::new(field, format!("太长，最多{longest}字")));
            }
        }
        if matches!((self.valid_from, self.valid_until), (Some(from), Some(until)) if until < from) {
            faults.push(Fault::new("valid_until", "失效日期早于生效日期"));
        }
        faults
    }

    /// What the article is found by; true: in the title.
    pub fn terms(&self) -> BTreeMap<String, bool> {
        let body = format!("{}\n{}", self.body, self.reply_template);
        let mut terms: BTreeMap<_, _> = search::terms(&body)
            .into_iter()
            .map(|term| (term, false))
            .collect();
        terms.extend(search::terms(&self.title).into_iter().map(|term| (term, true)));
        terms
    }
}

/// Words and how much they count: what the citizen said lately more than what the operator said earlier.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub text: String,
    pub weight: f64,
}

/// An article that has a word in it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Hit {
    pub article_id: i64,
    pub term: String,
    pub in_title: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    pub article_id: i64,
    pub score: f64,
    /// The words that decided, the heaviest first.
    pub words: Vec<String>,
}

/// The pairs of characters to look for, with their weights; `said` oldest first.
pub fn wanted(said: &[Said]) -> BTreeMap<String, f64> {
    let mut wanted = BTreeMap::new();
    for said in said.iter().rev() {
        let pairs = search::query_terms(&said.text).into_iter();
        for term in pairs.filter(|term| term.chars().count() > 1) {
            if wanted.len() >= MOST_TERMS && !wanted.contains_key(&term) {
                return wanted;
            }
            let weight: &mut f64 = wanted.entry(term).or_default();
            *weight = weight.max(said.weight);
        }
    }
    wanted
}

/// `valid`: every article that may be answered from, with its class. The rarer a word among them, the more it says.
pub fn rank(
    wanted: &BTreeMap<String, f64>,
    hits: &[Hit],
    valid: &[(i64, Option<String>)],
    class_code: Option<&str>,
) -> Vec<Ranked> {
    let mut holders: HashMap<&str, BTreeSet<i64>> = HashMap::new();
    for hit in hits {
        holders.entry(&hit.term).or_default().insert(hit.article_id);
    }
    let rarity = |term: &str| {
        let held = holders.get(term).map_or(1, BTreeSet::len) as f64;
        ((valid.len() as f64 + 1.0) / held).ln()
    };
    let mut ranked: Vec<_> = valid
        .iter()
        .map(|(article_id, class)| {
            let words = hits
                .iter()
                .filter(|hit| hit.article_id == *article_id)
                .map(|hit| {
                    let place = if hit.in_title { TITLE_WEIGHT } else { 1.0 };
                    let weight = wanted.get(&hit.term).copied().unwrap_or_default();
                    (weight * place * rarity(&hit.term), hit.term.clone())
                });
            of_article(
                *article_id,
                words.collect(),
                kinship(class.as_deref(), class_code),
            )
        })
        .filter(|ranked| ranked.score >= LEAST)
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.article_id.cmp(&b.article_id)));
    ranked
}

fn of_article(article_id: i64, mut words: Vec<(f64, String)>, kinship: f64) -> Ranked {
    words.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    Ranked {
        article_id,
        score: kinship + words.iter().map(|(score, _)| score).sum::<f64>(),
        words: words.into_iter().take(5).map(|(_, word)| word).collect(),
    }
}

/// Class codes have two digits a level.
fn kinship(article: Option<&str>, ticket: Option<&str>) -> f64 {
    match (article, ticket) {
        (Some(article), Some(ticket)) if article == ticket => SAME_CLASS,
        (Some(article), Some(ticket)) if branch(article) == branch(ticket) => SAME_BRANCH,
        _ => 0.0,
    }
}

fn branch(code: &str) -> &str {
    code.get(..4).unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<Said> {
        vec![Said {
            text: text.into(),
            weight: 1.0,
        }]
    }

    fn article(title: &str, body: &str) -> Draft {
        Draft {
            title: title.into(),
            body: body.into(),
            ..Draft::default()
        }
    }

    /// Ranks articles as the store would find them.
    fn ranked(articles: &[(Draft, Option<&str>)], text: &str, class: Option<&str>) -> Vec<i64> {
        let wanted = wanted(&said(text));
        let numbered = || (1_i64..).zip(articles);
        let hits: Vec<Hit> = numbered()
            .flat_map(|(article_id, (draft, _))| {
                let hit = move |(term, in_title)| Hit {
                    article_id,
                    term,
                    in_title,
                };
                draft.terms().into_iter().map(hit)
            })
            .filter(|hit| wanted.contains_key(&hit.term))
            .collect();
        let valid: Vec<_> = numbered()
            .map(|(id, (_, class))| (id, class.map(str::to_owned)))
            .collect();
        rank(&wanted, &hits, &valid, class)
            .into_iter()
            .map(|ranked| ranked.article_id)
            .collect()
    }

    fn county() -> Vec<(Draft, Option<&'static str>)> {
        vec![
            (
                article("自来水停水怎么办", "停水可拨打供水热线，计划停水提前公告。"),
                Some("010101"),
            ),
            (
                article("居民医保缴费标准", "城乡居民医保每年缴费，缴费时间以公告为准。"),
                Some("020201"),
            ),
            (
                article("暖气不热如何报修", "供暖期室温不达标可申请测温，停暖提前公告。"),
                Some("010102"),
            ),
        ]
    }

    #[test]
    fn the_article_about_what_is_said_comes_first() {
        assert_eq!(ranked(&county(), "我家从昨天开始停水了什么时候来水", None), [1]);
        assert_eq!(ranked(&county(), "想问一下医保缴费到哪一天", None), [2]);
    }

    #[test]
    fn everyday_words_bring_nothing_up() {
        assert_eq!(
            ranked(&county(), "你好请问一下我想问个事情", None),
            Vec::<i64>::new()
        );
        assert_eq!(ranked(&county(), "", None), Vec::<i64>::new());
    }

    #[test]
    fn the_tickets_class_helps_where_words_are_few() {
        assert_eq!(ranked(&county(), "家里一直不热", Some("010102")), [3]);
        assert_eq!(ranked(&county(), "嗯好的", Some("020201")), [2]);
        let both = ranked(&county(), "停水了", Some("010102"));
        assert_eq!(both.first(), Some(&1), "a fitting title outranks the class");
    }

    #[test]
    fn a_rare_word_says_more_than_one_that_all_articles_have() {
        let articles: Vec<_> = (0..6)
            .map(|n| {
                (
                    article(
                        &format!("办理事项{n}"),
                        if n == 4 { "公积金提取" } else { "材料" },
                    ),
                    None,
                )
            })
            .collect();
        assert_eq!(
            ranked(&articles, "办理公积金提取要什么材料", None).first(),
            Some(&5)
        );
    }

    #[test]
    fn the_newest_words_are_looked_for_when_there_are_too_many() {
        let long: String = (0..1_000)
            .filter_map(|n| char::from_u32(0x4e00 + n * 7))
            .collect();
        let mut said = said(&long);
        said.push(Said {
            text: "停水".into(),
            weight: 2.0,
        });
        let wanted = wanted(&said);
        assert_eq!((wanted.len(), wanted.get("停水")), (MOST_TERMS, Some(&2.0)));
    }

    #[test]
    fn an_article_needs_a_title_a_body_and_an_end_after_its_beginning() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day);
        let fields = |draft: &Draft| {
            draft
                .faults()
                .into_iter()
                .map(|fault| fault.field)
                .collect::<Vec<_>>()
        };
        assert_eq!(fields(&article("停水", "拨打供水热线")), Vec::<&str>::new());
        assert_eq!(fields(&article(" ", "")), ["title", "body"]);
        assert_eq!(fields(&article(&"水".repeat(101), "水")), ["title"]);
        let backwards = Draft {
            valid_from: day(2),
            valid_until: day(1),
            ..article("停水", "拨打供水热线")
        };
        assert_eq!(fields(&backwards), ["valid_until"]);
        let one_day = Draft {
            valid_until: day(2),
            ..backwards
        };
        assert_eq!(fields(&one_day), Vec::<&str>::new());
    }
}
