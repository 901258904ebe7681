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

/// A count of people or minutes, read as a quantity before its measure word: 2 is `liang` (两), 12 is 十二, 105 is 一百零五,
/// 2005 is 两千零五, 20000 is 两万. What exceeds 99,999,999 is read as that.
#[must_use]
pub fn count(n: u32) -> Vec<String> {
    if n == 2 {
        return vec!["digits/liang".to_owned()];
    }
    let n = n.min(99_999_999);
    let (myriads, rest) = (n / 10_000, n % 10_000);
    let mut clips = Vec::new();
    if myriads > 0 {
        match myriads {
            2 => clips.push("digits/liang".to_owned()),
            _ => clips.extend(below_myriad(myriads, false)),
        }
        clips.push("digits/10000".to_owned());
    }
    if rest > 0 || myriads == 0 {
        clips.extend(below_myriad(rest, myriads > 0));
    }
    clips
}

/// A day, as it is said: 二零二六年三月七日. The year goes digit by digit, month and day are numbers, and 1 is always 一.
#[must_use]
pub fn date(year: i32, month: u32, day: u32) -> Vec<String> {
    let year = year.unsigned_abs().to_string();
    let mut clips: Vec<String> = year.chars().map(|c| format!("digits/{c}")).collect();
    clips.push("dates/year".to_owned());
    for (number, unit) in [(month, "dates/month"), (day, "dates/day")] {
        clips.extend(below_myriad(number.min(9999), false));
        clips.push(unit.to_owned());
    }
    clips
}

/// What a caller is told of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketWords {
    /// The last digits of its number.
    pub tail: String,
    /// Year, month and day when it was opened.
    pub opened: (i32, u32, u32),
    /// The last part of the name of the clip that tells its state.
    pub state: String,
}

#[must_use]
pub fn ticket(ticket: &TicketWords) -> Vec<String> {
    let (year, month, day) = ticket.opened;
    let mut clips = vec!["ticket-opened-before".to_owned()];
    clips.extend(date(year, month, day));
    clips.push("ticket-opened-after".to_owned());
    clips.extend(digits(&ticket.tail));
    clips.push(format!("status-{}", ticket.state));
    clips
}

/// Zeros between digits are said once, those at the end not at all; after a larger unit a missing one is 零.
fn below_myriad(n: u32, after_larger: bool) -> Vec<String> {
    if n == 0 {
        return vec!["digits/0".to_owned()];
    }
    let (mut clips, mut gap) = (Vec::new(), after_larger && n < 1000);
    let leads = !after_larger;
    for unit in [1000, 100, 10, 1] {
        let digit = n / unit % 10;
        if digit == 0 {
            gap |= !clips.is_empty();
            continue;
        }
        if gap {
            clips.push("digits/0".to_owned());
            gap = false;
        }
        match (digit, unit) {
            // 十二, but 一百一十二.
            (1, 10) if clips.is_empty() && leads => {}
            (2, 1000) => clips.push("digits/liang".to_owned()),
            _ => clips.push(format!("digits/{digit}")),
        }
        if unit > 1 {
            clips.push(format!("digits/{unit}"));
        }
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
                "1000" => "千",
                "10000" => "万",
                "dates/year" => "年",
                "dates/month" => "月",
                "dates/day" => "日",
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
            (200, "二百"),
            (1001, "一千零一"),
            (1010, "一千零一十"),
            (2005, "两千零五"),
            (2012, "两千零一十二"),
            (10_000, "一万"),
            (20_000, "两万"),
            (20_002, "两万零二"),
            (100_500, "十万零五百"),
            (110_012, "十一万零一十二"),
            (u32::MAX, "九千九百九十九万九千九百九十九"),
        ] {
            assert_eq!(spoken(count(n)), text, "{n}");
        }
    }

    #[test]
    fn dates_are_read_as_people_read_them() {
        assert_eq!(spoken(date(2026, 3, 7)), "二零二六年三月七日");
        assert_eq!(spoken(date(2011, 12, 21)), "二零一一年十二月二十一日");
        assert_eq!(spoken(date(2030, 2, 10)), "二零三零年二月十日");
    }

    #[test]
    fn a_ticket_is_told_by_day_tail_and_state() {
        let words = TicketWords {
            tail: "000142".into(),
            opened: (2026, 3, 7),
            state: "handling".into(),
        };
        let clips = ticket(&words);
        assert_eq!(clips.first().map(String::as_str), Some("ticket-opened-before"));
        assert_eq!(clips.last().map(String::as_str), Some("status-handling"));
        assert!(clips.contains(&"digits/yao".to_owned()) && clips.contains(&"dates/year".to_owned()));
    }
}
