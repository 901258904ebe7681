//! Numbers as people say them and recognisers write them: 三, 两百, 二十多, 好几, 50.

/// A number in speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) value: u32,
    /// 多, 几, 余, 来: no exact number.
    pub(super) about: bool,
    /// Where the text goes on.
    pub(super) to: usize,
}

/// 几 is taken for this many where sizes are compared.
const SEVERAL: u32 = 5;
const LARGEST: u32 = 1_000_000;

/// The number that begins at `from`.
pub(super) fn read(letters: &[char], from: usize) -> Option<Number> {
    let start = from + before(letters, from);
    let (value, to) = digits(letters, start).or_else(|| spoken(letters, start))?;
    let several = is_several(letters, start, to);
    let more = letters
        .get(to)
        .is_some_and(|letter| matches!(letter, '多' | '余' | '来' | '几'));
    // 十几 is one word; 三个多月 has its 多 behind the measure, which is the reader's of measures to see.
    Some(Number {
        value,
        about: start > from || several || more,
        to: if more { to + 1 } else { to },
    })
}

/// 上百, 近三十, 好几: a word before the number that makes it a rough one.
fn before(letters: &[char], from: usize) -> usize {
    match (letters.get(from), letters.get(from + 1)) {
        (Some('上'), Some('百' | '千' | '万')) => 1,
        (Some('近' | '约'), Some(next)) if is_number(*next) => 1,
        (Some('好'), Some('几')) => 1,
        _ => 0,
    }
}

fn is_several(letters: &[char], from: usize, to: usize) -> bool {
    letters[from..to].contains(&'几')
}

fn is_number(letter: char) -> bool {
    letter.is_ascii_digit() || letter == '万' || digit(letter).is_some() || unit(letter).is_some()
}

fn digits(letters: &[char], from: usize) -> Option<(u32, usize)> {
    let length = letters[from.min(letters.len())..]
        .iter()
        .take_while(|letter| letter.is_ascii_digit())
        .count();
    let text: String = letters.get(from..from + length)?.iter().collect();
    let value: u32 = text.parse().ok()?;
    (value <= LARGEST).then_some((value, from + length))
}

fn spoken(letters: &[char], from: usize) -> Option<(u32, usize)> {
    let (mut total, mut open, mut at) = (0_u32, None, from);
    while let Some(letter) = letters.get(at) {
        if let Some(value) = digit(*letter) {
            // 三五户: the larger one; 二〇二六 is a year, which is not read here.
            open = Some(value);
        } else if *letter == '万' {
            // 九千万: all that was said so far.
            total = total
                .saturating_add(open.take().unwrap_or(0))
                .max(1)
                .saturating_mul(10_000);
        } else if let Some(unit) = unit(*letter) {
            total = total.saturating_add(open.take().unwrap_or(1) * unit);
        } else if *letter == '几' {
            // 十几 ends here; 几十 goes on.
            if total == 0 {
                open = Some(SEVERAL);
            } else {
                at += 1;
                break;
            }
        } else if *letter != '零' {
            break;
        }
        at += 1;
    }
    let value = total.saturating_add(open.unwrap_or(0));
    (at > from && value > 0 && value <= LARGEST).then_some((value, at))
}

fn digit(letter: char) -> Option<u32> {
    let at = "一二三四五六七八九".chars().position(|one| one == letter);
    match (at, letter) {
        (Some(at), _) => Some(at as u32 + 1),
        (None, '两') => Some(2),
        _ => None,
    }
}

fn unit(letter: char) -> Option<u32> {
    Some(match letter {
        '十' => 10,
        '百' => 100,
        '千' => 1_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<(u32, bool, usize)> {
        let letters: Vec<char> = text.chars().collect();
        read(&letters, 0).map(|number| (number.value, number.about, number.to))
    }

    #[test]
    fn numbers_are_read_as_they_are_said() {
        assert_eq!(value("三户"), Some((3, false, 1)));
        assert_eq!(value("两百人"), Some((200, false, 2)));
        assert_eq!(value("二十多人"), Some((20, true, 3)));
        assert_eq!(value("十几个"), Some((10, true, 2)));
        assert_eq!(value("几十户"), Some((50, true, 2)));
        assert_eq!(value("好几户"), Some((5, true, 2)));
        assert_eq!(value("上百户"), Some((100, true, 2)));
        assert_eq!(value("一百零五户"), Some((105, false, 4)));
        assert_eq!(value("30来户"), Some((30, true, 3)));
    }

    #[test]
    fn what_is_no_number_is_none_and_nothing_overflows() {
        for text in [
            "户",
            "",
            "零",
            "上午",
            "近来",
            "99999999999999999999人",
            "九千万万万万人",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
