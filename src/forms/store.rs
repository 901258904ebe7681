//! What a form says of the county.

use crate::{
    db::{self, Tx},
    fetch_optional,
};

/// The county's name, for the title; empty where none is loaded.
pub(super) async fn county(tx: &mut Tx) -> Result<String, db::Error> {
    let found = fetch_optional!(tx, (String,), "SELECT value FROM county WHERE key = 'name'")?;
    Ok(found.map(|(name,)| name).unwrap_or_default())
}
