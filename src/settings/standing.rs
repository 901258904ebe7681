//! Documents as they are in force: each in its newest version that can be read. One row that a failing disk or another program spoiled
//! takes no other document with it, nor its own while there is an earlier version: a hotline does not go dark for it.

use super::{Kind, Versioned, store, versioned};
use crate::db::{self, Tx};

/// A document whose newest version cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub kind: Kind,
    pub name: String,
    pub version: i64,
    /// The version that is in force in its place; None: it has no other.
    pub instead: Option<i64>,
    pub why: String,
}

/// All documents of a kind that can be read, and those that cannot, or only in an earlier version.
#[derive(Debug)]
pub struct Standing<T> {
    pub documents: Vec<Versioned<T>>,
    pub unreadable: Vec<Unreadable>,
}

/// `read` makes of a body what the asker needs of it.
pub async fn standing<T, E: ToString>(
    tx: &mut Tx,
    kind: Kind,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<Standing<T>, db::Error> {
    let mut standing = Standing {
        documents: Vec::new(),
        unreadable: Vec::new(),
    };
    for row in store::all(tx, kind.as_str()).await? {
        let (document, unreadable) = newest(tx, kind, row, &read).await?;
        standing.documents.extend(document);
        standing.unreadable.extend(unreadable);
    }
    Ok(standing)
}

/// The newest version of `row`'s document that can be read.
pub(super) async fn newest<T, E: ToString>(
    tx: &mut Tx,
    kind: Kind,
    row: store::Row,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<(Option<Versioned<T>>, Option<Unreadable>), db::Error> {
    let why = match read(&row.body) {
        Ok(body) => return Ok((Some(versioned(row, body)), None)),
        Err(error) => error.to_string(),
    };
    let mut unreadable = Unreadable {
        kind,
        name: row.name,
        version: row.version,
        instead: None,
        why,
    };
    for earlier in store::versions(tx, kind.as_str(), &unreadable.name).await? {
        let Ok(body) = read(&earlier.body) else {
            continue;
        };
        unreadable.instead = Some(earlier.version);
        // Whoever edits it goes on from the newest version, readable or not.
        let version = unreadable.version;
        let document = Versioned {
            version,
            ..versioned(earlier, body)
        };
        return Ok((Some(document), Some(unreadable)));
    }
    Ok((None, Some(unreadable)))
}
