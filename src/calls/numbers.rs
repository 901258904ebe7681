//! What a caller's number says of the caller before a word is spoken. Pure: the directories are the store's. A mobile number's home is
//! known only where the county has loaded a table of number segments: it cannot be computed, and the full table is licensed.

/// Callers who rang this often in thirty days are shown as repeat callers.
const REPEATED: i64 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberKind {
    Mobile,
    Landline,
    /// A unit of our own county is calling.
    Government,
    Hidden,
    Unknown,
}

impl NumberKind {
    /// `heard` is the switchboard's word for how the number is written.
    pub fn of(number: &str, heard: &str, is_unit: bool) -> Self {
        match heard {
            _ if number.is_empty() => Self::Hidden,
            _ if is_unit => Self::Government,
            "mobile" => Self::Mobile,
            "landline" => Self::Landline,
            _ => Self::Unknown,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Landline => "landline",
            Self::Government => "government",
            Self::Hidden => "hidden",
            Self::Unknown => "unknown",
        }
    }
}

/// The beginnings by which a number may stand in the directory of areas, the longest first. Area codes have three or four digits with
/// their 0, mobile segments up to eight; a number without an area code is the county's own.
pub fn prefixes(number: &str, heard: &str, own_area: &str) -> Vec<String> {
    let upto = |lengths: std::ops::RangeInclusive<usize>| {
        let found = lengths.rev().filter_map(|length| number.get(..length));
        found.map(str::to_owned).collect()
    };
    match heard {
        "mobile" => upto(3..=8),
        "landline" if number.starts_with('0') => upto(3..=4),
        "landline" if is_local(number) && !own_area.is_empty() => vec![own_area.to_owned()],
        _ => Vec::new(),
    }
}

/// Seven or eight digits; 400 and 800 numbers are longer and at home nowhere.
fn is_local(number: &str) -> bool {
    matches!(number.len(), 7 | 8) && !number.starts_with('0')
}

/// The number as it may stand in the list of units: with the area code, or as it is.
pub fn in_full(number: &str, own_area: &str) -> String {
    if is_local(number) {
        format!("{own_area}{number}")
    } else {
        number.to_owned()
    }
}

pub fn is_repeated(calls_30d: i64) -> bool {
    calls_30d >= REPEATED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_the_government_however_its_number_is_written() {
        assert_eq!(
            NumberKind::of("05348200001", "landline", true),
            NumberKind::Government
        );
        assert_eq!(
            NumberKind::of("05348200001", "landline", false),
            NumberKind::Landline
        );
        assert_eq!(in_full("8200001", "0534"), "05348200001");
        assert_eq!(in_full("13800000001", "0534"), "13800000001");
    }

    #[test]
    fn a_withheld_number_is_hidden_and_a_foreign_one_unknown() {
        assert_eq!(NumberKind::of("", "anonymous", false), NumberKind::Hidden);
        assert_eq!(
            NumberKind::of("0081312345678", "international", false),
            NumberKind::Unknown
        );
        assert_eq!(NumberKind::of("10086", "short", false), NumberKind::Unknown);
    }

    #[test]
    fn a_mobile_number_is_looked_for_by_its_longest_segment_first() {
        let found = prefixes("13805341234", "mobile", "0534");
        assert_eq!(found.first().map(String::as_str), Some("13805341"));
        assert!(found.contains(&"1380534".to_owned()));
    }

    #[test]
    fn a_landline_is_looked_for_by_its_area_code_only() {
        assert_eq!(prefixes("05348200001", "landline", "0531"), ["0534", "053"]);
        assert_eq!(prefixes("01012345678", "landline", "0531"), ["0101", "010"]);
        assert_eq!(prefixes("8200001", "landline", "0534"), ["0534"]);
        assert_eq!(prefixes("4001234567", "landline", "0534"), Vec::<String>::new());
        assert_eq!(prefixes("8200001", "landline", ""), Vec::<String>::new());
    }

    #[test]
    fn numbers_that_are_no_digits_break_nothing() {
        assert_eq!(prefixes("李雷", "mobile", "0534"), ["李雷", "李"]);
        assert_eq!(prefixes("12345", "short", "0534"), Vec::<String>::new());
    }

    #[test]
    fn three_calls_in_thirty_days_make_a_repeat_caller() {
        assert_eq!([2, 3].map(is_repeated), [false, true]);
    }
}
