//! Reading sheets that people made, and saying in their words what is wrong with a file. What the cells mean is not said here.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};

use super::FORMULA;

/// A compressed workbook of this size unpacked is no list of units.
const LARGEST: u64 = 64 << 20;
/// Every old Office document begins so.
const OLD_OFFICE: [u8; 4] = [0xd0, 0xcf, 0x11, 0xe0];

/// The rows of one sheet, the header first, each with its number in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells {
    /// Empty for CSV.
    pub title: String,
    pub rows: Vec<(u32, Vec<String>)>,
}

/// Why a file cannot be read, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("文件是空的，请先导出模板，填写后再导入")]
    Empty,
    #[error(
        "文件不是 UTF-8 编码（可能是 GBK）。请在 Excel 或 WPS 中另存为“CSV UTF-8（逗号分隔）”，或直接导入 .xlsx"
    )]
    Encoding,
    #[error("这是旧版 .xls 文件，请在 Excel 或 WPS 中另存为 .xlsx 后再导入")]
    OldOffice,
    #[error(
        "文件不是有效的 .xlsx 工作簿（已损坏，或只是改了扩展名）。请在 Excel 或 WPS 中打开后重新另存为 .xlsx"
    )]
    NoWorkbook,
    #[error("工作簿解压后超过 64 MB，已拒绝读取。请删除多余的工作表、图片和空行后再导入")]
    TooLarge,
    #[error("第 {0} 行不是有效的 CSV（多半是引号不成对），请修改后再导入")]
    Csv(u64),
}

/// Reads CSV or XLSX, told apart by what is in the file; a name ending can lie. `is_workbook`: it was said to be one.
pub fn read(bytes: &[u8], is_workbook: bool) -> Result<Vec<Cells>, Unreadable> {
    if bytes.is_empty() {
        return Err(Unreadable::Empty);
    }
    if bytes.starts_with(&OLD_OFFICE) {
        return Err(Unreadable::OldOffice);
    }
    if bytes.starts_with(b"PK") {
        return workbook(bytes);
    }
    if is_workbook {
        return Err(Unreadable::NoWorkbook);
    }
    Ok(vec![csv(bytes)?])
}

fn csv(bytes: &[u8]) -> Result<Cells, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|_| Unreadable::Encoding)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Err(Unreadable::Encoding);
    }
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut cells = Cells::default();
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        let record =
            record.map_err(|error| Unreadable::Csv(error.position().map_or(1, csv::Position::line)))?;
        let start = record.position().map_or(0, csv::Position::byte);
        let start = begin(text, usize::try_from(start).unwrap_or_default());
        line += text[counted..start].matches('\n').count();
        counted = start;
        let row = record.iter().map(cleaned).collect();
        cells.rows.push((u32::try_from(line).unwrap_or(u32::MAX), row));
    }
    finish(cells)
}

/// The reader places a record before the line feed that ends the one before it: its own count of lines lags behind in a CRLF file.
fn begin(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at + rest
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count()
}

/// A header alone is a file; nothing at all is not.
fn finish(mut cells: Cells) -> Result<Cells, Unreadable> {
    cells
        .rows
        .retain(|(_, row)| row.iter().any(|cell| !cell.is_empty()));
    if cells.rows.is_empty() {
        return Err(Unreadable::Empty);
    }
    Ok(cells)
}

/// Without the mark that keeps spreadsheet programs from calculating.
fn cleaned(cell: &str) -> String {
    let cell = cell.trim();
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA) => rest.to_owned(),
        _ => cell.to_owned(),
    }
}

fn workbook(bytes: &[u8]) -> Result<Vec<Cells>, Unreadable> {
    weigh(bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| Unreadable::NoWorkbook)?;
    let mut sheets = Vec::new();
    for title in book.sheet_names() {
        let range = book.worksheet_range(&title).map_err(|_| Unreadable::NoWorkbook)?;
        let first = range.start().map_or(0, |(row, _)| row);
        let rows = (first + 1..).zip(range.rows());
        let rows = rows.map(|(number, row)| (number, row.iter().map(text).collect()));
        let cells = Cells {
            title,
            rows: rows.collect(),
        };
        // Sheets that came with an empty workbook say nothing.
        if let Ok(cells) = finish(cells) {
            sheets.push(cells);
        }
    }
    if sheets.is_empty() {
        return Err(Unreadable::Empty);
    }
    Ok(sheets)
}

/// Unpacks everything into nothing, up to a limit: sizes that the file claims can lie either way.
fn weigh(bytes: &[u8]) -> Result<(), Unreadable> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unreadable::NoWorkbook)?;
    let mut total = 0;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|_| Unreadable::NoWorkbook)?;
        if entry.size() > LARGEST {
            return Err(Unreadable::TooLarge);
        }
        let mut limited = entry.take(LARGEST + 1 - total);
        total += std::io::copy(&mut limited, &mut std::io::sink()).map_err(|_| Unreadable::NoWorkbook)?;
        if total > LARGEST {
            return Err(Unreadable::TooLarge);
        }
    }
    Ok(())
}

fn text(cell: &Data) -> String {
    match cell {
        // Telephone numbers and codes that a program took for numbers.
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        // A day that a program made a date of; it would come as the number of days since 1900.
        Data::DateTime(at) if at.is_datetime() => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        other => cleaned(&other.to_string()),
    }
}
