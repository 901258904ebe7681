//! Ticket numbers: YYMMDDhhmmss of China and six random digits, so that neither count nor order can be guessed from one.

use chrono::{DateTime, Utc};

use crate::calendar::CHINA;

/// `random` is any number; its last six digits are used.
pub fn ticket_number(now: DateTime<Utc>, random: u32) -> String {
    format!(
        "{}{:06}",
        now.with_timezone(&CHINA).format("%y%m%d%H%M%S"),
        random % 1_000_000
    )
}

pub fn is_ticket_number(text: &str) -> bool {
    text.len() == 18 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_is_the_time_in_china_and_six_digits() {
        let now = DateTime::parse_from_rfc3339("2026-03-06T16:05:09Z")
            .expect("time")
            .with_timezone(&Utc);
        let number = ticket_number(now, 7_000_042);
        assert_eq!(number, "260307000509000042");
        assert!(is_ticket_number(&number));
        assert!(!is_ticket_number("26030700050900004"));
        assert!(!is_ticket_number("26030700050900004x"));
    }
}
