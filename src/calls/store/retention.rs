//! Which recordings are older than they are to become.

use crate::{
    calls::rules::Call,
    db::{self, Tx},
    fetch_all,
};

/// Recordings of calls that ended before `before`, oldest first.
pub async fn outlived(tx: &mut Tx, before: i64, limit: i64) -> Result<Vec<Call>, db::Error> {
    let sql = format!(
        "SELECT {} FROM calls WHERE recording_path IS NOT NULL AND ended_at < $1 AND recording_state <> 'recording' \
         ORDER BY ended_at LIMIT $2",
        super::COLUMNS
    );
    fetch_all!(tx, Call, sqlx::AssertSqlSafe(sql.clone()), before, limit)
}
