//! Rows and entries.

use super::*;

fn names() -> Names {
    let codes = |pairs: &[(&str, &str)]| {
        let pair = |(code, name): &(&str, &str)| ((*code).to_owned(), (*name).to_owned());
        Codes(pairs.iter().map(pair).collect())
    };
    Names {
        classes: codes(&[("010101", "自来水供应"), ("010901", "其他"), ("020901", "其他")]),
        areas: codes(&[("01", "城关街道")]),
        units: codes(&[
            ("gongshui", "县供水公司"),
            ("zhujian", "县住建局"),
            ("wushui", "污水厂"),
        ]),
    }
}

fn file(header: &[&str], rows: &[&[&str]]) -> Vec<Cells> {
    let row = |cells: &[&str]| -> Vec<String> { cells.iter().map(|cell| (*cell).to_owned()).collect() };
    let rows = std::iter::once(row(header)).chain(rows.iter().map(|cells| row(cells)));
    vec![Cells {
        title: String::new(),
        rows: (1..).zip(rows).collect(),
    }]
}

fn faults(rows: &[&[&str]]) -> Vec<(u32, String, String)> {
    let found = read(&file(&COLUMNS, rows), &names()).faults;
    found
        .into_iter()
        .map(|fault| (fault.row, fault.column, fault.message))
        .collect()
}

fn entry() -> Entry {
    Entry {
        class_code: "010101".into(),
        area: "01".into(),
        unit_code: "gongshui".into(),
        co_units: vec!["zhujian".into(), "wushui".into()],
        basis: "《城市供水条例》".into(),
        note: "".into(),
        valid_from: NaiveDate::from_ymd_opt(2026, 1, 1),
        valid_until: None,
    }
}

#[test]
fn codes_names_and_both_are_the_same_entry() {
    let rest: [&str; 3] = ["《城市供水条例》", "", "2026/1/1"];
    for who in [
        ["010101", "01", "gongshui", "zhujian;wushui"],
        ["自来水供应", "城关街道", "县供水公司", "县住建局；污水厂"],
        [
            "010101 自来水供应",
            "01 城关街道",
            "gongshui 县供水公司",
            "zhujian 县住建局; wushui 污水厂",
        ],
    ] {
        let row: Vec<&str> = who.into_iter().chain(rest).chain([""]).collect();
        let wanted = read(&file(&COLUMNS, &[&row]), &names());
        assert_eq!((wanted.faults, wanted.rows), (vec![], vec![(2, entry())]));
    }
}

#[test]
fn what_was_written_out_is_read_in_as_it_was() {
    let entry = entry();
    let sheet = sheet([&entry].into_iter(), &names());
    assert_eq!(sheet.rows[0][0], "010101 自来水供应");
    let wanted = read(&[sheet.cells()], &names());
    let kept = BTreeMap::from([(entry.key(), entry)]);
    let outcome = compare(&kept, &wanted, &names());
    assert_eq!(
        (outcome.changes, outcome.faults, outcome.unchanged),
        (vec![], vec![], 1)
    );
}

#[test]
fn a_provisioning_file_is_a_list_as_well() {
    let row = ["010101", "", "gongshui", "zhujian", "《城市供水条例》", ""];
    let wanted = read(&file(&PROVISIONED[..6], &[&row]), &names());
    assert_eq!(wanted.faults, []);
    assert_eq!(
        (wanted.rows[0].1.area.as_str(), wanted.rows[0].1.valid_from),
        ("", None)
    );
    let long: Vec<&str> = row.into_iter().chain(["2026-10-01", "2027-01-01"]).collect();
    let wanted = read(&file(&PROVISIONED, &[&long]), &names());
    assert_eq!(wanted.rows[0].1.valid_until, NaiveDate::from_ymd_opt(2027, 1, 1));
}

#[test]
fn each_fault_is_named_by_row_and_column_with_what_to_do() {
    let rows: [&[&str]; 5] = [
        &["10101", "02", "县供水公司", "", "", "", "", ""],
        &["其他", "", "gongshui 县住建局", "", "", "", "", ""],
        &["010101", "", "", "nobody", "", "", "", ""],
        &[
            "010101",
            "",
            "gongshui",
            "gongshui;zhujian;zhujian",
            "",
            "",
            "10月1日",
            "",
        ],
        &["010101", "", "gongshui", "", "", "", "2026-10-02", "2026-10-01"],
    ];
    let found = faults(&rows);
    let has = |row: u32, column: &str, part: &str| {
        found
            .iter()
            .any(|(at, of, message)| (*at, of.as_str()) == (row, column) && message.contains(part))
    };
    assert!(has(2, CLASS, "“010101”") && has(2, AREA, "没有“02”"), "{found:?}");
    assert!(
        has(3, CLASS, "有 2 个“其他”") && has(3, UNIT, "不符"),
        "{found:?}"
    );
    assert!(
        has(4, UNIT, "必填") && has(4, HELPERS, "没有“nobody”"),
        "{found:?}"
    );
    assert!(has(5, HELPERS, "重复") && has(5, HELPERS, "不能同时协办") && has(5, FROM, "2026-10-01"));
    assert!(has(6, UNTIL, "早于") && has(6, UNIT, "已出现"), "{found:?}");
    let header = read(&file(&["分类", "单位"], &[]), &names()).faults;
    assert!(header[0].message.contains("缺少：区域") && header[0].message.contains("不认识：单位"));
}
