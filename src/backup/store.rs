//! What the copied database says belongs to it, and its paths put right in another place. Reads and changes copies only.

use std::path::Path;

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::db;

#[derive(Debug, Default)]
pub(super) struct Belongings {
    pub(super) recordings: Vec<Recording>,
    pub(super) attachments: Vec<Attachment>,
    /// The county's own prompts, below the data directory.
    pub(super) prompts: Vec<String>,
    pub(super) shipped: Vec<Shipped>,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct Recording {
    pub(super) path: String,
    pub(super) growing: bool,
    pub(super) sha256: Option<String>,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct Attachment {
    pub(super) id: String,
    pub(super) hash: String,
}

/// A prompt of a provisioning folder.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Shipped {
    pub(super) name: String,
    pub(super) path: String,
}

pub(super) async fn belongings(copy: &Path) -> Result<Belongings, db::Error> {
    let mut connection = open(copy).await?;
    let recordings = "SELECT recording_path AS path, recording_state = 'recording' AS growing, recording_sha256 AS sha256 \
                      FROM calls WHERE recording_path IS NOT NULL ORDER BY started_at, id";
    // The same bytes lie in one place, however often they were sent.
    let attachments = "SELECT MIN(id) AS id, hash FROM attachments GROUP BY hash ORDER BY hash";
    let prompts = "SELECT file FROM prompt_recordings WHERE file IS NOT NULL ORDER BY id";
    let shipped = "SELECT name, path FROM prompts WHERE path <> '' ORDER BY name";
    let found = Belongings {
        recordings: sqlx::query_as(recordings).fetch_all(&mut connection).await?,
        attachments: sqlx::query_as(attachments).fetch_all(&mut connection).await?,
        prompts: sqlx::query_scalar(prompts).fetch_all(&mut connection).await?,
        shipped: sqlx::query_as(shipped).fetch_all(&mut connection).await?,
    };
    connection.close().await?;
    Ok(found)
}

/// The prompts of the provisioning folder lie elsewhere now; `place` says where, if it has them.
pub(super) async fn move_prompts(
    copy: &Path,
    place: impl Fn(&str) -> Option<String>,
) -> Result<(), db::Error> {
    let mut connection = open(copy).await?;
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM prompts WHERE path <> ''")
        .fetch_all(&mut connection)
        .await?;
    for name in names {
        let Some(path) = place(&name) else { continue };
        sqlx::query("UPDATE prompts SET path = $1 WHERE name = $2")
            .bind(path)
            .bind(&name)
            .execute(&mut connection)
            .await?;
    }
    connection.close().await?;
    Ok(())
}

async fn open(copy: &Path) -> Result<SqliteConnection, db::Error> {
    let options = SqliteConnectOptions::new().filename(copy);
    Ok(SqliteConnection::connect_with(&options).await?)
}
