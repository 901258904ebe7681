//! Full-text search over Chinese without a dictionary. A text is written down as its pairs of neighbouring letters in their order, and a
//! phrase is found where its own pairs stand one after the other: exactly where the phrase itself stands. How a database keeps the pairs
//! is not said here.

/// Text beyond this is not searched: nobody writes that much, and an index has limits of its own.
const MOST: usize = 12_000;
/// Shorter ends of numbers belong to too many tickets to find one by.
const SHORTEST_END: usize = 4;
const MOST_PHRASES: usize = 8;
const LONGEST_PHRASE: usize = 40;

/// A letter as it is compared: small, and of normal width (３ is 3).
pub fn plain(letter: char) -> char {
    let narrow = match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        other => other,
    };
    narrow.to_lowercase().next().unwrap_or(narrow)
}

/// The pairs of a text in their order. Each unbroken run ends with its last letter alone: that parts it from the next run, and makes
/// every letter the beginning of some word, so that a single one is found too.
pub fn pairs(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for run in runs(text) {
        words.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
        words.extend(run.last().map(char::to_string));
        if words.len() >= MOST {
            words.truncate(MOST);
            break;
        }
    }
    words
}

/// The ends of a number: whoever knows a part of it finds it, for each part is the beginning of an end.
pub fn ends(number: &str) -> Vec<String> {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let last = digits.len().saturating_sub(SHORTEST_END - 1);
    (0..last).map(|from| digits[from..].iter().collect()).collect()
}

/// What must stand in a text, each somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// These pairs one after the other.
    Phrase(Vec<String>),
    /// A word that begins so.
    Beginning(String),
    /// Digits: as a phrase of the text, or as a part of a telephone or of a ticket's number.
    Digits { phrase: Vec<String>, digits: String },
}

/// What somebody typed into the search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub wanted: Vec<Wanted>,
    /// The runs of letters, for showing where they stand.
    pub runs: Vec<Vec<char>>,
}

impl Query {
    /// None: there is no letter in it that could be found.
    pub fn read(text: &str) -> Option<Self> {
        let runs: Vec<Vec<char>> = runs(text)
            .into_iter()
            .take(MOST_PHRASES)
            .map(|run| run.into_iter().take(LONGEST_PHRASE).collect())
            .collect();
        let wanted = runs.iter().map(|run| wanted(run)).collect();
        (!runs.is_empty()).then_some(Self { wanted, runs })
    }

    /// Nothing but digits: it may be the beginning of a ticket's number.
    pub fn only_digits(&self) -> Option<&str> {
        match self.wanted.as_slice() {
            [Wanted::Digits { digits, .. }] if digits.len() <= 18 => Some(digits),
            _ => None,
        }
    }
}

fn wanted(run: &[char]) -> Wanted {
    let phrase: Vec<String> = run.windows(2).map(|pair| pair.iter().collect()).collect();
    let whole: String = run.iter().collect();
    if run.len() == 1 {
        Wanted::Beginning(whole)
    } else if run.len() >= SHORTEST_END && run.iter().all(char::is_ascii_digit) {
        Wanted::Digits {
            phrase,
            digits: whole,
        }
    } else {
        Wanted::Phrase(phrase)
    }
}

fn runs(text: &str) -> Vec<Vec<char>> {
    let plain: Vec<char> = text.chars().map(plain).collect();
    plain
        .split(|letter| !letter.is_alphanumeric())
        .filter(|run| !run.is_empty())
        .map(<[char]>::to_vec)
        .collect()
}

/// A place in a text, with a little of what stands around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub before: String,
    pub hit: String,
    pub after: String,
}

/// Letters shown before and after.
const BEFORE: usize = 12;
const AFTER: usize = 28;

/// Where a run of the query first stands.
pub fn excerpt(text: &str, runs: &[Vec<char>]) -> Option<Excerpt> {
    let letters: Vec<char> = text.chars().collect();
    let compared: Vec<char> = letters.iter().copied().map(plain).collect();
    let (at, run) = runs.iter().find_map(|run| {
        let found = compared.windows(run.len()).position(|window| window == run);
        found.map(|at| (at, run))
    })?;
    let end = at + run.len();
    let from = at.saturating_sub(BEFORE);
    let until = letters.len().min(end + AFTER);
    let cut = |left: bool| if left { "…" } else { "" };
    let shown = |part: &[char]| part.iter().collect::<String>().replace('\n', " ");
    Some(Excerpt {
        before: format!("{}{}", cut(from > 0), shown(&letters[from..at])),
        hit: shown(&letters[at..end]),
        after: format!("{}{}", shown(&letters[end..until]), cut(until < letters.len())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an index does with the words: a phrase stands where its pairs follow each other.
    fn found(text: &str, query: &str) -> bool {
        let words = pairs(text);
        let stands = |phrase: &[String]| words.windows(phrase.len()).any(|window| window == phrase);
        let query = Query::read(query).expect("letters");
        query.wanted.iter().all(|wanted| match wanted {
            Wanted::Phrase(phrase) | Wanted::Digits { phrase, .. } => stands(phrase),
            Wanted::Beginning(start) => words.iter().any(|word| word.starts_with(start)),
        })
    }

    #[test]
    fn a_phrase_is_found_exactly_where_it_stands() {
        let text = "清河湾小区停水，已经一天。水压低";
        for query in ["停水", "小区停水", "水", "天", "河湾小", "低", "停水 水压"] {
            assert!(found(text, query), "{query}");
        }
        // The second: both pairs are there, but not one after the other. The third: across a stop.
        for query in ["停电", "区停小", "水已", "天水", "停水 停电"] {
            assert!(!found(text, query), "{query}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_index_finds_what_a_search_letter_by_letter_finds(text in "[水电停路，]{0,24}", query in "[水电停路]{2,4}") {
            let stands = text.contains(&query);
            proptest::prop_assert_eq!(found(&text, &query), stands);
        }
    }

    #[test]
    fn width_and_case_make_no_difference() {
        assert!(found("公园ＷiFi在３号楼", "wifi"));
        assert!(found("公园WiFi在3号楼", "３号楼"));
    }

    #[test]
    fn each_part_of_a_number_begins_one_of_its_ends() {
        let ends = ends("0534-8200001");
        assert_eq!(ends.first().map(String::as_str), Some("05348200001"));
        assert_eq!(ends.last().map(String::as_str), Some("0001"));
        assert!(ends.iter().any(|end| end.starts_with("8200")));
        assert!(super::ends("110").is_empty());
    }

    #[test]
    fn what_has_no_letter_is_no_query() {
        assert_eq!(Query::read(" %_， "), None);
    }

    #[test]
    fn digits_alone_may_be_a_number() {
        let digits = |text: &str| Query::read(text).and_then(|query| query.only_digits().map(str::to_owned));
        assert_eq!(digits("260302"), Some("260302".into()));
        assert_eq!(digits("260302 停水"), None);
        assert_eq!(digits("110"), None);
    }

    #[test]
    fn an_excerpt_shows_the_hit_in_its_sentence() {
        let query = Query::read("停水").expect("query");
        let text = "您好我是清河湾小区三号楼的住户，我们这里从昨天晚上开始停水了";
        let found = excerpt(text, &query.runs).expect("found");
        assert_eq!(found.hit, "停水");
        assert_eq!(found.before, "…，我们这里从昨天晚上开始");
        assert_eq!(found.after, "了");
        assert_eq!(excerpt("路灯", &query.runs), None);
    }
}
