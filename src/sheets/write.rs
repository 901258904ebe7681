//! Writing sheets.

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use rust_xlsxwriter::{Format as Style, Workbook, XlsxError};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{FORMULA, Sheet};
use crate::http::Problem;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Csv,
    Xlsx,
}

/// UTF-8 with a byte-order mark: without one Excel takes it for GBK. What would be a formula is made text: titles come from citizens.
pub fn csv(sheet: &Sheet) -> Vec<u8> {
    let mut text = String::from("\u{feff}");
    for row in std::iter::once(&sheet.columns).chain(&sheet.rows) {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

fn quoted(cell: &str) -> String {
    let harmless = if cell.starts_with(FORMULA) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if harmless.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", harmless.replace('"', "\"\""))
    } else {
        harmless
    }
}

/// A workbook; cells are text, so nothing in it is calculated.
pub fn xlsx(sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Style::new().set_bold();
    for sheet in sheets {
        let page = book.add_worksheet();
        page.set_name(&sheet.title)?;
        for (column, name) in (0_u16..).zip(&sheet.columns) {
            page.write_string_with_format(0, column, name, &bold)?;
        }
        for (row, cells) in (1_u32..).zip(&sheet.rows) {
            for (column, cell) in (0_u16..).zip(cells) {
                page.write_string(row, column, cell)?;
            }
        }
        page.set_freeze_panes(1, 0)?;
        page.autofit();
    }
    book.save_to_buffer()
}

/// A download; CSV holds the first sheet only.
pub fn file(name: &str, format: Format, sheets: &[Sheet]) -> Result<Response, Problem> {
    let (kind, extension, bytes) = match format {
        Format::Csv => (
            "text/csv; charset=utf-8",
            "csv",
            sheets.first().map(csv).unwrap_or_default(),
        ),
        Format::Xlsx => (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "xlsx",
            xlsx(sheets).map_err(Problem::internal)?,
        ),
    };
    let disposition = format!("attachment; filename=\"{name}.{extension}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, Body::from(bytes)).into_response())
}
