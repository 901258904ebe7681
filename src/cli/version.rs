//! `minsheng version`.

use std::process::ExitCode;

use crate::db;

pub(super) fn run() -> ExitCode {
    println!("minsheng {}", env!("CARGO_PKG_VERSION"));
    println!("commit {}", env!("MINSHENG_COMMIT"));
    println!("schema {}", db::schema_version());
    ExitCode::SUCCESS
}
