//! Attachments on the wire, and who may open them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    attachments::{self, Attachment},
    clock::from_millis,
    db::{self, Tx},
    tickets::{
        rules::{
            Actor, Ticket,
            privacy::{Sight, sight},
        },
        store,
    },
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Attachment)]
pub struct AttachmentView {
    pub id: String,
    pub name: String,
    /// By its content: image/…, audio/…, video/…, application/pdf
    pub mime: String,
    pub bytes: i64,
    /// The person's name
    pub uploader: String,
    pub unit_code: Option<String>,
    pub at: DateTime<Utc>,
    /// The step it came with; null: still in the caller's hand, may be taken back
    pub step: Option<String>,
}

impl From<Attachment> for AttachmentView {
    fn from(file: Attachment) -> Self {
        Self {
            id: file.id,
            name: file.name,
            mime: file.mime,
            bytes: file.bytes,
            uploader: file.uploader,
            unit_code: file.unit_code,
            at: from_millis(file.at),
            step: file.step,
        }
    }
}

/// What is in hand is its uploader's alone. A picture tells who and where: of a confidential ticket only the named see it, and
/// whoever took it.
pub fn may_open(ticket: &Ticket, file: &Attachment, actor: &Actor) -> bool {
    let is_own = actor.username() == Some(file.uploader.as_str());
    is_own || (file.step.is_some() && sight(ticket, actor) != Sight::Hidden)
}

pub(super) async fn shown(
    tx: &mut Tx,
    ticket: &Ticket,
    actor: &Actor,
) -> Result<Vec<AttachmentView>, db::Error> {
    let mut files = attachments::of(tx, &ticket.number).await?;
    files.retain(|file| may_open(ticket, file, actor));
    let uploaders: Vec<&str> = files.iter().map(|file| file.uploader.as_str()).collect();
    let names = store::names(tx, &uploaders).await?;
    let view = |file: Attachment| {
        let view = AttachmentView::from(file);
        AttachmentView {
            uploader: names.get(&view.uploader).cloned().unwrap_or(view.uploader),
            ..view
        }
    };
    Ok(files.into_iter().map(view).collect())
}
