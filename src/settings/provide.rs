//! Documents as a loader brings them again and again: what somebody edited stays until the loader has something new to say.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Edit, Error, save, standing, store};
use crate::db::{self, Tx};

/// What the loader says of a document, beside what it said the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Same,
    New,
    /// Nobody noted what it said: by its author alone is known whether a version was edited.
    First,
}

/// What became of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provided {
    /// Added, or as the loader says already.
    AsSaid,
    /// The loader's is the newest version now.
    Replaced(Before),
    /// Somebody's edit stays.
    Kept(Before),
}

/// The version that the loader met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    pub version: i64,
    pub by: String,
    /// Made by somebody else than the loader.
    pub edited: bool,
}

pub async fn provide<T: Serialize + DeserializeOwned>(
    tx: &mut Tx,
    edit: Edit<'_>,
    body: &T,
    said: Said,
) -> Result<Provided, Error> {
    let Some(row) = store::current(tx, edit.kind.as_str(), edit.name).await? else {
        save(tx, edit, body, None).await?;
        return Ok(Provided::AsSaid);
    };
    let before = Before {
        version: row.version,
        by: row.by.clone(),
        edited: row.by != edit.by,
    };
    let (standing, unreadable) =
        standing::newest(tx, edit.kind, row, |text| serde_json::from_str::<T>(text)).await?;
    let wanted = value(body)?;
    let standing = standing.map(|document| value(&document.body)).transpose()?;
    if unreadable.is_none() && standing.as_ref() == Some(&wanted) {
        return Ok(Provided::AsSaid);
    }
    let stays = match said {
        Said::Same => true,
        Said::New => false,
        Said::First => before.edited,
    };
    let Some(standing) = standing.filter(|standing| stays && *standing != wanted) else {
        save(tx, edit, &wanted, None).await?;
        return Ok(Provided::Replaced(before));
    };
    if unreadable.is_some() {
        // Loading again mends what a disk spoiled: what was in force in its place becomes the newest version.
        save(tx, edit, &standing, None).await?;
    }
    Ok(match before.edited {
        true => Provided::Kept(before),
        false => Provided::AsSaid,
    })
}

fn value<T: Serialize>(body: &T) -> Result<Value, db::Error> {
    serde_json::to_value(body).map_err(|error| db::Error::Other(sqlx::Error::Encode(error.into())))
}
