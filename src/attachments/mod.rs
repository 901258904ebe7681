//! Attachments (附件): photos, recordings, films and documents that come with a step on a ticket. Does not know what a ticket is nor who
//! may see it: that is asked by those who hand them out.

mod files;
pub mod jobs;
mod location;
mod rules;
mod store;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use tokio::{io::AsyncWriteExt, sync::Mutex};

pub use rules::{Fault, Limits, MEGABYTE, by_mime};

use crate::{
    app::App,
    clock::millis,
    db::{self, Tx},
};
use files::Files;
use rules::{Family, HEAD, LARGEST_IMAGE, clean_name};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Attachment {
    pub id: String,
    pub number: String,
    pub hash: String,
    pub mime: String,
    pub name: String,
    pub bytes: i64,
    pub uploader: String,
    pub unit_code: Option<String>,
    pub at: i64,
    /// What it was sent with; none: still in the uploader's hand.
    pub step: Option<String>,
    pub sent_at: Option<i64>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Refused(#[from] Fault),
    #[error("上传中断，附件没有保存，请重新上传")]
    Interrupted,
    #[error("服务器磁盘空间不足，附件没有保存；请联系管理员清理后重试")]
    DiskFull,
    #[error("附件已随步骤提交，不能移除")]
    Sent,
    #[error("附件“{0}”不存在、不是您上传的或已随其他步骤提交，请重新选择")]
    NotInHand(String),
    #[error(transparent)]
    Storage(std::io::Error),
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::DiskFull,
            _ => Self::Storage(error),
        }
    }
}

/// What is said of a file before it comes.
#[derive(Debug, Clone)]
pub struct Offer {
    pub number: String,
    pub name: String,
    /// Content-Type, as the sender has it.
    pub declared: String,
    /// Content-Length, where it is known.
    pub length: Option<u64>,
    pub uploader: String,
    pub unit_code: Option<String>,
    /// The same upload sent twice is one.
    pub key: Option<String>,
}

/// A row and its file change together: nobody else's row may come to name a file that is just being taken away.
static PLACING: Mutex<()> = Mutex::const_new(());

fn files(app: &App) -> Files {
    Files::at(app.config.attachments())
}

/// Where the bytes are.
pub fn path(app: &App, attachment: &Attachment) -> PathBuf {
    files(app).place(&attachment.hash)
}

/// Where the bytes of a row may lie: in their place, or not yet there.
pub fn places(root: &Path, id: &str, hash: &str) -> [PathBuf; 2] {
    let files = Files::at(root.to_owned());
    [files.place(hash), files.part(id)]
}

/// Takes a file in as it comes: nothing of it is left when it is refused, breaks off or finds the disk full.
pub async fn receive<S, B, E>(app: &App, offer: Offer, body: S) -> Result<Attachment, Error>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: AsRef<[u8]>,
{
    let name = clean_name(&offer.name)?;
    let limits = app.config.attachment_limits;
    let mut tx = app.db.read().await?;
    if let Some(key) = &offer.key
        && let Some(known) = store::by_key(&mut tx, &offer.uploader, &offer.number, key).await?
    {
        return Ok(known);
    }
    admit(&mut tx, &limits, &offer.number, offer.length.unwrap_or(0)).await?;
    drop(tx);
    let part = Part::begin(app)?;
    let (head, bytes) = part.write(body, &limits).await?;
    let kind = rules::examine(&head, &name, &offer.declared)?;
    if kind.family == Family::Image && bytes > LARGEST_IMAGE {
        return Err(Fault::TooLarge(LARGEST_IMAGE / MEGABYTE).into());
    }
    let path = part.files.part(&part.id);
    let sealed = tokio::task::spawn_blocking(move || files::seal(&path, kind)).await;
    let hash = sealed.map_err(|error| Error::Storage(std::io::Error::other(error)))??;
    let attachment = Attachment {
        id: part.id.clone(),
        number: offer.number,
        hash,
        mime: kind.mime.to_owned(),
        name,
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        uploader: offer.uploader,
        unit_code: offer.unit_code,
        at: millis(app.clock.now()),
        step: None,
        sent_at: None,
    };
    enter(app, part, &attachment, offer.key.as_deref(), &limits).await?;
    Ok(attachment)
}

async fn admit(tx: &mut Tx, limits: &Limits, number: &str, bytes: u64) -> Result<(), Error> {
    let (count, used) = store::usage(tx, number).await?;
    limits.admit(bytes, count.unsigned_abs(), used.unsigned_abs())?;
    Ok(())
}

/// The row first, then the place: between the two the daemon may die, and finds at its start what is to be moved.
async fn enter(
    app: &App,
    part: Part,
    attachment: &Attachment,
    key: Option<&str>,
    limits: &Limits,
) -> Result<(), Error> {
    let _placing = PLACING.lock().await;
    let mut tx = app.db.begin().await?;
    admit(
        &mut tx,
        limits,
        &attachment.number,
        attachment.bytes.unsigned_abs(),
    )
    .await?;
    store::insert(&mut tx, attachment, key).await?;
    jobs::expire_later(&mut tx, app.clock.now(), attachment).await?;
    tx.note("id", attachment.number.as_str());
    tx.note("attachment", attachment.id.as_str());
    tx.commit().await?;
    let (files, id) = part.keep();
    files.keep(&id, &attachment.hash)?;
    Ok(())
}

/// A file on its way; dropped before it is kept, it is gone.
struct Part {
    files: Files,
    id: String,
    kept: bool,
}

impl Part {
    fn begin(app: &App) -> Result<Self, Error> {
        let (files, id) = (files(app), app.rng.id());
        files.begin(&id)?;
        Ok(Self {
            files,
            id,
            kept: false,
        })
    }

    /// The first bytes, and how many there were.
    async fn write<S, B, E>(&self, mut body: S, limits: &Limits) -> Result<(Vec<u8>, u64), Error>
    where
        S: Stream<Item = Result<B, E>> + Unpin,
        B: AsRef<[u8]>,
    {
        let path = self.files.part(&self.id);
        let mut file = tokio::fs::OpenOptions::new().append(true).open(path).await?;
        let (mut head, mut bytes) = (Vec::new(), 0);
        while let Some(block) = body.next().await {
            let block = block.map_err(|_| Error::Interrupted)?;
            let block = block.as_ref();
            bytes += block.len() as u64;
            limits.admit(bytes, 0, 0)?;
            head.extend(block.iter().take(HEAD - head.len()));
            file.write_all(block).await?;
        }
        file.flush().await?;
        Ok((head, bytes))
    }

    fn keep(mut self) -> (Files, String) {
        self.kept = true;
        (self.files.clone(), self.id.clone())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            self.files.forget(&self.id);
        }
    }
}

pub async fn find(tx: &mut Tx, number: &str, id: &str) -> Result<Option<Attachment>, db::Error> {
    store::find(tx, number, id).await
}

/// All of a ticket, those still in somebody's hand among them.
pub async fn of(tx: &mut Tx, number: &str) -> Result<Vec<Attachment>, db::Error> {
    store::of(tx, number).await
}

pub async fn of_steps(tx: &mut Tx, steps: &[String]) -> Result<Vec<Attachment>, db::Error> {
    store::of_steps(tx, steps).await
}

/// Sends what somebody has in hand with a step, in its transaction. From here on nobody takes it back.
pub async fn send(
    tx: &mut Tx,
    now: DateTime<Utc>,
    number: &str,
    uploader: &str,
    ids: &[String],
    step: &str,
) -> Result<Vec<Attachment>, Error> {
    let mut sent = Vec::new();
    for id in ids {
        let not_in_hand = || Error::NotInHand(id.chars().take(40).collect());
        if !store::send(tx, id, number, uploader, step, now).await? {
            return Err(not_in_hand());
        }
        crate::jobs::cancel(tx, &jobs::key(id)).await?;
        sent.push(store::find(tx, number, id).await?.ok_or_else(not_in_hand)?);
    }
    Ok(sent)
}

/// Takes back what was not sent.
pub async fn discard(app: &App, attachment: &Attachment) -> Result<(), Error> {
    let _placing = PLACING.lock().await;
    let mut tx = app.db.begin().await?;
    if !store::delete(&mut tx, &attachment.id).await? {
        return Err(Error::Sent);
    }
    crate::jobs::cancel(&mut tx, &jobs::key(&attachment.id)).await?;
    let files = files(app);
    if !store::is_used(&mut tx, &attachment.hash).await? {
        files.take_out(&attachment.id, &attachment.hash)?;
    }
    tx.note("attachment", attachment.id.as_str());
    if let Err(error) = tx.commit().await {
        files.put_back(&attachment.id, &attachment.hash);
        return Err(error.into());
    }
    files.forget(&attachment.id);
    Ok(())
}

/// At start-up: an upload with a row goes to its place, one without is removed.
pub async fn recover(app: &App) -> Result<(), Error> {
    let files = files(app);
    for id in files.left_over()? {
        match store::hash_of(&mut app.db.read().await?, &id).await? {
            Some(hash) => files.keep(&id, &hash)?,
            None => files.forget(&id),
        }
    }
    Ok(())
}
