//! Lists that come as files: the upload, and what taking it in comes to.

use axum::{body::Bytes, extract::rejection::BytesRejection};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{FieldError, Problem};
use crate::sheets::{self, Cells, Change, Fault, Outcome};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// false: only say what would change
    #[serde(default)]
    pub apply: bool,
    /// The file's name: an ending .xlsx says what it ought to be
    #[serde(default)]
    pub name: String,
}

#[derive(Serialize, ToSchema)]
pub struct ImportOutcome {
    /// Whether it was done; never when there is a fault
    applied: bool,
    changes: Vec<ImportChange>,
    unchanged: usize,
    faults: Vec<ImportFault>,
}

#[derive(Serialize, ToSchema)]
pub struct ImportChange {
    /// unit, contact, duty
    of: &'static str,
    /// added, changed, removed
    what: &'static str,
    name: String,
    fields: Vec<ImportField>,
}

#[derive(Serialize, ToSchema)]
struct ImportField {
    column: String,
    old: String,
    new: String,
}

#[derive(Serialize, ToSchema)]
struct ImportFault {
    sheet: String,
    /// As the spreadsheet program counts; 0: the file as a whole
    row: u32,
    column: String,
    message: String,
}

impl ImportOutcome {
    pub fn of(outcome: Outcome, applied: bool) -> Self {
        Self {
            applied,
            changes: outcome.changes.into_iter().map(ImportChange::from).collect(),
            unchanged: outcome.unchanged,
            faults: outcome.faults.into_iter().map(ImportFault::from).collect(),
        }
    }
}

impl From<Change> for ImportChange {
    fn from(change: Change) -> Self {
        let field = |(column, old, new)| ImportField { column, old, new };
        Self {
            of: change.of,
            what: change.what,
            name: change.name,
            fields: change.fields.into_iter().map(field).collect(),
        }
    }
}

impl From<Fault> for ImportFault {
    fn from(fault: Fault) -> Self {
        Self {
            sheet: fault.sheet,
            row: fault.row,
            column: fault.column,
            message: fault.message,
        }
    }
}

/// The sheets of an upload, or what is wrong with it and what to do.
pub async fn cells(body: Result<Bytes, BytesRejection>, name: &str) -> Result<Vec<Cells>, Problem> {
    let bytes = body.map_err(|rejection| {
        let message = "文件超过 2 MB，已拒绝。请删除图片和空行，或分批导入";
        Problem::new(rejection.status(), message)
    })?;
    let is_workbook = name.to_lowercase().ends_with(".xlsx");
    // Unpacking a workbook is work: not on a thread that serves others.
    let read = tokio::task::spawn_blocking(move || sheets::read(&bytes, is_workbook));
    let cells = read.await.map_err(Problem::internal)?;
    cells.map_err(|error| Problem::invalid(vec![FieldError::new("file", error.to_string())]))
}
