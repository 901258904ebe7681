use std::io::{Cursor, Write};

use super::*;

fn sheet() -> Sheet {
    let mut sheet = Sheet::new("单位", &["代码", "名称"]);
    sheet.rows = vec![
        vec!["a".into(), "=1+1".into()],
        vec!["b".into(), "自来水,\"公司\"".into()],
        vec!["c".into(), "+8613800000001".into()],
    ];
    sheet
}

fn rows(cells: &Cells) -> Vec<Vec<String>> {
    cells.rows.iter().map(|(_, row)| row.clone()).collect()
}

#[test]
fn what_is_written_is_read_again_from_both_forms() {
    let sheet = sheet();
    let written: Vec<Vec<String>> = std::iter::once(&sheet.columns)
        .chain(&sheet.rows)
        .cloned()
        .collect();
    let from_csv = read(&csv(&sheet), false).expect("CSV");
    assert_eq!(rows(&from_csv[0]), written);
    let book = xlsx(&[sheet.clone(), Sheet::new("联系人", &["姓名"])]).expect("workbook");
    let from_book = read(&book, true).expect("XLSX");
    assert_eq!(rows(&from_book[0]), written);
    assert_eq!(from_book[0].title, "单位");
    assert_eq!(from_book[1].rows[0], (1, vec!["姓名".to_owned()]));
}

#[test]
fn rows_are_numbered_as_an_editor_numbers_lines() {
    for end in ["\n", "\r\n"] {
        let text = ["a", "\"b", "c\"", "", "d"].join(end);
        let cells = read(text.as_bytes(), false).expect("CSV");
        let numbers: Vec<u32> = cells[0].rows.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2, 5], "{end:?}");
    }
}

#[test]
fn a_formula_is_text_in_the_file() {
    let text = String::from_utf8(csv(&sheet())).expect("UTF-8");
    assert!(text.starts_with("\u{feff}代码,名称\r\n"));
    assert!(text.contains("a,'=1+1\r\n"), "{text}");
}

#[test]
fn a_file_that_cannot_be_read_says_what_to_do() {
    let gbk = b"\xb4\xfa\xc2\xeb,\xc3\xfb\xb3\xc6\n";
    assert_eq!(read(gbk, false), Err(Unreadable::Encoding));
    assert_eq!(read(b"", false), Err(Unreadable::Empty));
    assert_eq!(
        read("\u{feff}\r\n ,\r\n".as_bytes(), false),
        Err(Unreadable::Empty)
    );
    assert_eq!(read("代码,名称".as_bytes(), true), Err(Unreadable::NoWorkbook));
    assert_eq!(read(b"PK\x03\x04 not a zip", true), Err(Unreadable::NoWorkbook));
    assert_eq!(read(&OLD, true), Err(Unreadable::OldOffice));
    assert!(Unreadable::Encoding.to_string().contains("CSV UTF-8"));
}

const OLD: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused() {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let packed =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    archive.start_file("xl/workbook.xml", packed).expect("entry");
    let zeros = vec![0; 1 << 20];
    for _ in 0..65 {
        archive.write_all(&zeros).expect("written");
    }
    let bytes = archive.finish().expect("archive").into_inner();
    assert!(bytes.len() < 1 << 20, "it is small as it comes");
    assert_eq!(read(&bytes, true), Err(Unreadable::TooLarge));
    assert_eq!(
        read(&claimed(bytes), true),
        Err(Unreadable::TooLarge),
        "two gigabytes, says the directory"
    );
}

/// The same archive, whose directory says 2 GB.
fn claimed(mut bytes: Vec<u8>) -> Vec<u8> {
    let directory = bytes
        .windows(4)
        .rposition(|window| window == b"PK\x01\x02")
        .expect("directory");
    bytes[directory + 24..directory + 28].copy_from_slice(&(2_u32 << 30).wrapping_sub(1).to_le_bytes());
    bytes
}
