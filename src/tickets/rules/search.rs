//! Chinese search by character pairs: the same terms on every database, no dictionary, and two characters (停水) are found.

use std::collections::BTreeSet;

/// All pairs of neighbouring letters, and the single letters, so that a query of one character works too.
pub fn terms(text: &str) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    for run in runs(text) {
        terms.extend(run.iter().map(char::to_string));
        terms.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
    }
    terms
}

/// The terms a text must have to contain the query: its pairs, or a lone letter.
pub fn query_terms(query: &str) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    for run in runs(query) {
        if let [only] = run.as_slice() {
            terms.insert(only.to_string());
        }
        terms.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
    }
    terms
}

fn runs(text: &str) -> Vec<Vec<char>> {
    let lower = text.to_lowercase();
    lower
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|run| !run.is_empty())
        .map(|run| run.chars().collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_characters_are_found_inside_a_sentence_and_not_across_a_stop() {
        let text = terms("清河湾小区停水，已经一天。");
        assert!(query_terms("停水").is_subset(&text));
        assert!(query_terms("小区停水").is_subset(&text));
        assert!(query_terms("水").is_subset(&text));
        assert!(!query_terms("水已").is_subset(&text));
        assert!(!query_terms("停电").is_subset(&text));
    }

    #[test]
    fn letters_are_found_whatever_their_case() {
        assert!(query_terms("wifi").is_subset(&terms("公园WiFi连不上")));
    }
}
