//! Text cut into lines. Pure.

/// What may not begin a line (GB/T 15834).
const NOT_FIRST: &str = "，。、；：？！）》〉」』】”’％…,.;:?!)]}%";
/// What may not end one.
const NOT_LAST: &str = "（《〈「『【“‘([{";

/// Cuts where the width is used up; a word or a number of Latin letters stays whole where it can.
pub(super) fn cut(text: &str, width: f32, letter_width: impl Fn(char) -> f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let letters: Vec<char> = paragraph.chars().filter(|letter| !letter.is_control()).collect();
        let mut rest = &letters[..];
        loop {
            let length = fitting(rest, width, &letter_width);
            if length == rest.len() {
                lines.push(rest.iter().collect());
                break;
            }
            let length = better(rest, length);
            lines.push(rest[..length].iter().collect());
            rest = &rest[length..];
        }
    }
    lines
}

/// How many letters fit; at least one, however narrow it is.
fn fitting(letters: &[char], width: f32, letter_width: &impl Fn(char) -> f32) -> usize {
    let mut used = 0.0;
    let fit = letters.iter().take_while(|letter| {
        used += letter_width(**letter);
        used <= width
    });
    fit.count().max(1).min(letters.len())
}

/// A place to cut at or before `length` that leaves both sides as they should be.
fn better(letters: &[char], length: usize) -> usize {
    let is_word = |letter: char| letter.is_ascii_alphanumeric();
    let good = |at: &usize| {
        let (before, after) = (letters[at - 1], letters[*at]);
        !(NOT_FIRST.contains(after) || NOT_LAST.contains(before) || is_word(before) && is_word(after))
    };
    // Not at any price: no line is left next to empty.
    (length.div_ceil(5)..=length).rev().find(good).unwrap_or(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str, width: usize) -> Vec<String> {
        cut(
            text,
            width as f32,
            |letter| if letter.is_ascii() { 0.5 } else { 1.0 },
        )
    }

    #[test]
    fn no_line_begins_with_a_comma_or_ends_with_an_opening() {
        assert_eq!(lines("清河湾小区停水，请修", 7), ["清河湾小区停", "水，请修"]);
        assert_eq!(
            lines("依据《城市供水条例》办理", 3),
            ["依据", "《城市", "供水条", "例》办", "理"]
        );
    }

    #[test]
    fn numbers_stay_whole_and_paragraphs_apart() {
        assert_eq!(lines("电话05341234567转", 6), ["电话", "05341234567", "转"]);
        assert_eq!(lines("一\n\n二", 5), ["一", "", "二"]);
        assert_eq!(lines("1234567890123456", 2).concat(), "1234567890123456");
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[一-龥a-z0-9，。《》（ ]{0,60}", width in 1..20usize) {
            prop_assert_eq!(lines(&text, width).concat(), text);
        }
    }
}
