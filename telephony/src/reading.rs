//! How numbers are read aloud in Mandarin, as names of joined clips.
//!
//! Not responsible for audio. Clip names are those of provisioning/prompts/digits.

/// Digit by digit, as ticket and telephone numbers are read: 1 is `yao` (幺).
#[must_use]
pub fn digits(number: &str) -> Vec<String> {
    number
        .chars()
        .filter(char::is_ascii_digit)
        .map(|c| {
            if c == '1' {
                "digits/yao".to_owned()
            } else {
                format!("digits/{c}")
            }
        })
        .collect()
}

/// A count of people from 1 to 199, read as a quantity: 2 alone is `liang` (两), 12 is 十二, 105 is 一百零五.
/// Larger counts are read as 199: by then the exact figure comforts nobody.
#[must_use]
pub fn count(n: u32) -> Vec<String> {
    let n = n.min(199);
    if n == 2 {
        return vec!["digits/liang".to_owned()];
    }
    let mut clips = Vec::new();
    let rest = if n >= 100 {
        clips.extend(["digits/1".to_owned(), "digits/100".to_owned()]);
        n - 100
    } else {
        n
    };
    let (tens, units) = (rest / 10, rest % 10);
    match tens {
        0 if n > 100 && units > 0 => clips.push("digits/0".to_owned()),
        0 => {}
        1 if n < 20 => clips.push("digits/10".to_owned()),
        _ => clips.extend([format!("digits/{tens}"), "digits/10".to_owned()]),
    }
    if units > 0 || n == 0 {
        clips.push(format!("digits/{units}"));
    }
    clips
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(clips: Vec<String>) -> String {
        clips
            .iter()
            .map(|c| match c.trim_start_matches("digits/") {
                "yao" => "幺",
                "liang" => "两",
                "10" => "十",
                "100" => "百",
                d => ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"]
                    [d.parse::<usize>().unwrap_or(0)],
            })
            .collect()
    }

    #[test]
    fn numbers_are_read_as_people_read_them() {
        assert_eq!(spoken(digits("102-7")), "幺零二七");
        for (n, text) in [
            (0, "零"),
            (1, "一"),
            (2, "两"),
            (10, "十"),
            (12, "十二"),
            (20, "二十"),
            (35, "三十五"),
            (100, "一百"),
            (105, "一百零五"),
            (110, "一百一十"),
            (119, "一百一十九"),
            (5000, "一百九十九"),
        ] {
            assert_eq!(spoken(count(n)), text, "{n}");
        }
    }
}
