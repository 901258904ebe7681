//! The do-not-call list (勿扰名单): how numbers are compared, and lists of them that somebody made. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};

use crate::{
    calendar::CHINA,
    sheets::{Cells, Sheet},
};

pub(super) const LONGEST_REASON: usize = 200;
const MOST: usize = 20_000;
const COLUMNS: [&str; 3] = ["号码", "原因", "有效期至"];
pub(super) const BAD_NUMBER: &str = "应为 3 至 16 位数字的电话号码";
pub(super) const BAD_REASON: &str = "请写明原因，1 至 200 个字";

/// What somebody wants on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) number: String,
    pub(super) reason: String,
    /// The last day on which it holds; None: for ever.
    pub(super) until: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) row: u32,
    pub(super) column: &'static str,
    pub(super) message: String,
}

/// As it is dialled within the country: a citizen's number is the same one however it was written down. None: no number.
pub(super) fn plain(written: &str) -> Option<String> {
    let written = written.trim();
    let known = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')');
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let abroad = written.starts_with('+') || written.starts_with("00");
    let rest = digits.strip_prefix("00").filter(|_| abroad).unwrap_or(&digits);
    let is_mobile = |number: &str| number.len() == 11 && number.starts_with('1');
    let number = match rest.strip_prefix("86") {
        Some(home) if is_mobile(home) => home.to_owned(),
        Some(home) if abroad && !home.starts_with('0') => format!("0{home}"),
        _ => match digits.strip_prefix('0') {
            Some(mobile) if is_mobile(mobile) && !mobile.starts_with("10") => mobile.to_owned(),
            _ => digits.clone(),
        },
    };
    (written.chars().all(known) && (3..=16).contains(&number.len())).then_some(number)
}

pub(super) fn is_reason(reason: &str) -> bool {
    (1..=LONGEST_REASON).contains(&reason.chars().count())
}

/// Not over yet, and no further off than anybody plans.
pub(super) fn is_last_day(day: NaiveDate, today: NaiveDate) -> bool {
    day >= today && day.year() <= 2999
}

/// The end of a day in the county.
pub(super) fn end_of(day: NaiveDate) -> Option<DateTime<Utc>> {
    let next = day.succ_opt()?.and_time(NaiveTime::MIN);
    let at = next.and_local_timezone(CHINA).single()?;
    Some(at.with_timezone(&Utc))
}

/// The last day of an entry that ends at the instant.
pub(super) fn last_day(until: DateTime<Utc>) -> NaiveDate {
    let last = until - chrono::TimeDelta::milliseconds(1);
    last.with_timezone(&CHINA).date_naive()
}

/// A list that somebody made: all of it, with all that is wrong with it.
pub(super) fn read(cells: &[Cells], today: NaiveDate) -> (Vec<Wanted>, Vec<Fault>) {
    let (mut wanted, mut faults) = (Vec::new(), Vec::new());
    let Some(sheet) = cells.first() else {
        return (wanted, faults);
    };
    let mut rows = sheet.rows.iter();
    let (head, titles) = rows
        .next()
        .map_or((1, &[][..]), |(row, titles)| (*row, titles.as_slice()));
    let at = |name: &str| titles.iter().position(|title| title == name);
    let (Some(number), Some(reason)) = (at(COLUMNS[0]), at(COLUMNS[1])) else {
        let message = format!("第一行应为表头：{}", COLUMNS.join("、"));
        faults.push(Fault {
            row: head,
            column: COLUMNS[0],
            message,
        });
        return (wanted, faults);
    };
    let places = (number, reason, at(COLUMNS[2]));
    let mut seen = BTreeSet::new();
    for (row, cells) in rows {
        match entry(cells, places, today) {
            Ok(entry) if !seen.insert(entry.number.clone()) => {
                let message = format!("“{}”在文件中重复", entry.number);
                faults.push(Fault {
                    row: *row,
                    column: COLUMNS[0],
                    message,
                });
            }
            Ok(entry) => wanted.push(entry),
            Err(found) => faults.extend(found.into_iter().map(|(column, message)| Fault {
                row: *row,
                column,
                message: message.to_owned(),
            })),
        }
    }
    if wanted.len() > MOST {
        let message = format!("一次最多导入 {MOST} 个号码，请分批导入");
        faults.push(Fault {
            row: 0,
            column: COLUMNS[0],
            message,
        });
    }
    (wanted, faults)
}

type CellFault = (&'static str, &'static str);

fn entry(
    cells: &[String],
    (number, reason, until): (usize, usize, Option<usize>),
    today: NaiveDate,
) -> Result<Wanted, Vec<CellFault>> {
    let cell = |at: usize| cells.get(at).map_or("", |cell| cell.trim());
    let mut faults = Vec::new();
    let written = plain(cell(number));
    if written.is_none() {
        faults.push((COLUMNS[0], BAD_NUMBER));
    }
    if !is_reason(cell(reason)) {
        faults.push((COLUMNS[1], BAD_REASON));
    }
    let until = until.map_or("", cell);
    let day = NaiveDate::parse_from_str(until, "%Y-%m-%d").ok();
    if !until.is_empty() && !day.is_some_and(|day| is_last_day(day, today)) {
        faults.push((
            COLUMNS[2],
            "应为 2026-12-31 这样的日期，不早于今天；留空为长期有效",
        ));
    }
    match written {
        Some(number) if faults.is_empty() => Ok(Wanted {
            number,
            reason: cell(reason).to_owned(),
            until: day,
        }),
        _ => Err(faults),
    }
}

/// What a file would change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) added: Vec<Wanted>,
    pub(super) changed: Vec<Wanted>,
    pub(super) unchanged: usize,
}

pub(super) fn compare(known: &BTreeMap<String, Wanted>, wanted: Vec<Wanted>) -> Difference {
    let mut difference = Difference::default();
    for entry in wanted {
        match known.get(&entry.number) {
            None => difference.added.push(entry),
            Some(old) if *old == entry => difference.unchanged += 1,
            Some(_) => difference.changed.push(entry),
        }
    }
    difference
}

pub(super) fn sheet(entries: impl Iterator<Item = Wanted>) -> Sheet {
    let mut sheet = Sheet::new("勿扰名单", &COLUMNS);
    let day = |until: Option<NaiveDate>| until.map(|day| day.to_string()).unwrap_or_default();
    sheet.rows = entries
        .map(|entry| vec![entry.number, entry.reason, day(entry.until)])
        .collect();
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("date")
    }

    fn cells(text: &str) -> Vec<Cells> {
        crate::sheets::read(text.as_bytes(), false).expect("CSV")
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for written in [
            "13800000001",
            "+8613800000001",
            "008613800000001",
            "8613800000001",
            "013800000001",
            "138 0000-0001",
        ] {
            assert_eq!(plain(written).as_deref(), Some("13800000001"), "{written}");
        }
        for written in ["05348200001", "+86 534 8200001", "0534-8200001", "(0534)8200001"] {
            assert_eq!(plain(written).as_deref(), Some("05348200001"), "{written}");
        }
        // Beijing's area code is no mobile number with a zero before it.
        assert_eq!(plain("010123456789").as_deref(), Some("010123456789"));
        for bad in ["", "12", "1a", "12345678901234567", "tel:138"] {
            assert_eq!(plain(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_entry_holds_to_the_end_of_its_last_day() {
        let end = end_of(day("2026-12-31")).expect("end");
        assert_eq!(end.to_rfc3339(), "2026-12-31T16:00:00+00:00");
        assert_eq!(last_day(end), day("2026-12-31"));
    }

    #[test]
    fn a_file_is_read_with_all_that_is_wrong_with_it() {
        let text = "号码,原因,有效期至\r\n13800000001,本人要求,\r\n1a,,2020-01-01\r\n+8613800000001,又一次,2026-12-31\r\n05348200001,单位总机,2026-12-31\r\n";
        let (wanted, faults) = read(&cells(text), day("2026-03-02"));
        let numbers: Vec<_> = wanted.iter().map(|entry| entry.number.as_str()).collect();
        assert_eq!(numbers, ["13800000001", "05348200001"]);
        assert_eq!(wanted[1].until, Some(day("2026-12-31")));
        let places: Vec<_> = faults.iter().map(|fault| (fault.row, fault.column)).collect();
        assert_eq!(places, [(3, "号码"), (3, "原因"), (3, "有效期至"), (4, "号码")]);
    }

    #[test]
    fn a_file_without_its_header_is_refused_and_a_written_one_reads_back() {
        let (wanted, faults) = read(&cells("13800000001,本人要求\r\n"), day("2026-03-02"));
        assert_eq!((wanted.len(), faults.len()), (0, 1));
        let entry = Wanted {
            number: "13800000001".into(),
            reason: "=本人".into(),
            until: Some(day("2026-12-31")),
        };
        let bytes = crate::sheets::csv(&sheet(std::iter::once(entry.clone())));
        let cells = crate::sheets::read(&bytes, false).expect("CSV");
        assert_eq!(read(&cells, day("2026-03-02")), (vec![entry], vec![]));
    }

    #[test]
    fn only_what_differs_is_a_change() {
        let entry = |number: &str, reason: &str| Wanted {
            number: number.into(),
            reason: reason.into(),
            until: None,
        };
        let known = [entry("1001", "a"), entry("1002", "b")];
        let known = known
            .into_iter()
            .map(|entry| (entry.number.clone(), entry))
            .collect();
        let wanted = vec![entry("1001", "a"), entry("1002", "c"), entry("1003", "d")];
        let expected = Difference {
            added: vec![entry("1003", "d")],
            changed: vec![entry("1002", "c")],
            unchanged: 1,
        };
        assert_eq!(compare(&known, wanted), expected);
    }
}
