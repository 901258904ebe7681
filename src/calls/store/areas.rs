//! The directories by which a caller's number is placed: areas, and the county's own units.

use crate::{
    calls::numbers,
    db::{
        self, Tx,
        rows::{fetch_listed, placeholders},
    },
    fetch_one, fetch_optional,
};

/// `heard` is the switchboard's word for how the number is written.
pub async fn home_area(tx: &mut Tx, number: &str, heard: &str) -> Result<Option<String>, db::Error> {
    let prefixes = numbers::prefixes(number, heard, &own_area(tx).await?);
    if prefixes.is_empty() {
        return Ok(None);
    }
    let sql = format!(
        "SELECT prefix, area FROM number_areas WHERE prefix IN {}",
        placeholders(1, prefixes.len())
    );
    let found = fetch_listed!(tx, (String, String), sql.clone(), &prefixes)?;
    let longest = found.into_iter().max_by_key(|(prefix, _)| prefix.len());
    Ok(longest.map(|(_, area)| area))
}

/// The unit that has this telephone.
pub async fn unit_of_number(tx: &mut Tx, number: &str) -> Result<Option<String>, db::Error> {
    if number.is_empty() {
        return Ok(None);
    }
    let full = numbers::in_full(number, &own_area(tx).await?);
    let sql = "SELECT name FROM units WHERE phone <> '' AND REPLACE(REPLACE(phone, '-', ''), ' ', '') IN ($1, $2) \
               ORDER BY position LIMIT 1";
    Ok(fetch_optional!(tx, (String,), sql, number, full.clone())?.map(|(name,)| name))
}

async fn own_area(tx: &mut Tx) -> Result<String, db::Error> {
    let sql = "SELECT value FROM county WHERE key = 'area_code'";
    Ok(fetch_optional!(tx, (String,), sql)?
        .map(|(code,)| code)
        .unwrap_or_default())
}

/// How often a number rang the hotline at or after `from` and before `to`.
pub async fn count_of(tx: &mut Tx, caller: &str, from: i64, to: i64) -> Result<i64, db::Error> {
    let sql = "SELECT COUNT(*) FROM calls WHERE caller = $1 AND started_at >= $2 AND started_at < $3 AND direction = 'inbound'";
    Ok(fetch_one!(tx, (i64,), sql, caller, from, to)?.0)
}
