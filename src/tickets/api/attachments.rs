//! Uploading, showing and taking back attachments.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    Ticket,
    rules::{State as TicketState, privacy::Sight, privacy::sight},
    views::{AttachmentView, may_open},
};
use super::{actor, seen};
use crate::{
    accounts::Role,
    app::App,
    attachments::{self, Attachment, Error, Fault, Limits, Offer, by_mime},
    audit::{self, Entry, Often},
    http::{Caller, FieldError, Json, Path, Problem, Query, range},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(limits))
        .routes(routes!(upload))
        .routes(routes!(download, take_back))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UploadQuery {
    /// The file's name, to be shown
    #[serde(default)]
    name: String,
}

#[derive(Serialize, ToSchema)]
struct AttachmentLimits {
    max_file_bytes: u64,
    max_ticket_bytes: u64,
    max_files: u64,
}

impl From<Limits> for AttachmentLimits {
    fn from(limits: Limits) -> Self {
        Self {
            max_file_bytes: limits.file_bytes,
            max_ticket_bytes: limits.ticket_bytes,
            max_files: limits.files,
        }
    }
}

/// How large and how many attachments may be
#[utoipa::path(get, path = "/attachment-limits", tag = "tickets", responses((status = 200, body = AttachmentLimits)))]
async fn limits(State(app): State<App>, _caller: Caller) -> Json<AttachmentLimits> {
    Json(app.config.attachment_limits.into())
}

/// Upload a photo, a recording, a film or a PDF; it stays in hand until a step is sent with it
#[utoipa::path(post, path = "/tickets/{number}/attachments", tag = "tickets", params(("number" = String, Path), UploadQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = AttachmentView)))]
async fn upload(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Query(query): Query<UploadQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<AttachmentView>), Problem> {
    caller.require(&[Role::Operator, Role::Dispatcher, Role::Supervisor, Role::Unit])?;
    let ticket = seen(&mut app.db.read().await?, &number, &actor(&caller)).await?;
    if matches!(ticket.state, TicketState::Filed | TicketState::Void) {
        return Err(Problem::conflict("工单已归档或作废，不能再上传附件").coded("attachment-too-late"));
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let offer = Offer {
        number: ticket.number,
        name: query.name,
        declared: text(header::CONTENT_TYPE)
            .unwrap_or_default()
            .to_ascii_lowercase(),
        length: text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
        uploader: caller.username.clone(),
        unit_code: caller.unit_code.clone(),
        key: headers
            .get("idempotency-key")
            .and_then(|key| key.to_str().ok())
            .filter(|key| (1..=255).contains(&key.len()))
            .map(str::to_owned),
    };
    let made = attachments::receive(&app, offer, body.into_data_stream()).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// The file itself; films and recordings by Range
#[utoipa::path(get, path = "/tickets/{number}/attachments/{id}", tag = "tickets",
    params(("number" = String, Path), ("id" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>)))]
async fn download(
    State(app): State<App>,
    caller: Caller,
    Path((number, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (ticket, file) = known(&app, &caller, &number, &id).await?;
    if !may_open(&ticket, &file, &actor(&caller)) {
        return Err(closed(&ticket, &caller));
    }
    note_read(&app, &caller, &ticket, &file).await?;
    // What is kept was examined when it came.
    let kind = by_mime(&file.mime).ok_or_else(Problem::not_found)?;
    let mut response = range::file(&headers, &attachments::path(&app, &file), kind.mime).await?;
    let answer = response.headers_mut();
    answer.insert(
        header::CONTENT_DISPOSITION,
        disposition(&file.name, kind.extension),
    );
    // Whatever is in it, it is nothing but a picture, a sound or a document: it runs nothing and asks for nothing.
    answer.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'"),
    );
    Ok(response)
}

/// Take back what was not sent yet
#[utoipa::path(delete, path = "/tickets/{number}/attachments/{id}", tag = "tickets",
    params(("number" = String, Path), ("id" = String, Path)), responses((status = 204)))]
async fn take_back(
    State(app): State<App>,
    caller: Caller,
    Path((number, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (ticket, file) = known(&app, &caller, &number, &id).await?;
    if !may_open(&ticket, &file, &actor(&caller)) {
        return Err(closed(&ticket, &caller));
    }
    if file.step.is_some() {
        return Err(Error::Sent.into());
    }
    if file.uploader != caller.username {
        return Err(Problem::not_found());
    }
    attachments::discard(&app, &file).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn known(app: &App, caller: &Caller, number: &str, id: &str) -> Result<(Ticket, Attachment), Problem> {
    let mut tx = app.db.read().await?;
    let ticket = seen(&mut tx, number, &actor(caller)).await?;
    let file = attachments::find(&mut tx, number, id).await?;
    Ok((ticket, file.ok_or_else(Problem::not_found)?))
}

fn closed(ticket: &Ticket, caller: &Caller) -> Problem {
    if sight(ticket, &actor(caller)) != Sight::Hidden {
        return Problem::not_found();
    }
    Problem {
        detail: "本单为保密工单，只有指定人员可以查看附件".into(),
        ..Problem::forbidden().coded("ticket-confidential")
    }
}

async fn note_read(app: &App, caller: &Caller, ticket: &Ticket, file: &Attachment) -> Result<(), Problem> {
    let mut read = Entry::new(caller.who(), "attachment.read", "attachment", &file.id);
    read.detail = serde_json::json!({ "ticket": ticket.number });
    let is_confidential = ticket.body.confidential.is_some();
    // A film is asked for in many parts.
    let often = if is_confidential { Often::Each } else { Often::Look };
    Ok(audit::note_read(app, read, often).await?)
}

/// For saving, never for showing in place of our own pages; the extension is that of the content (RFC 6266, RFC 8187).
fn disposition(name: &str, extension: &str) -> HeaderValue {
    let has_one = name.rsplit_once('.').is_some_and(|(_, last)| last.len() <= 5);
    let name = if has_one {
        name.to_owned()
    } else {
        format!("{name}.{extension}")
    };
    let encoded: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let text = format!("attachment; filename=\"attachment.{extension}\"; filename*=UTF-8''{encoded}");
    // Letters, digits and per cent signs only.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        let field = |field: &str| Self {
            errors: vec![FieldError::new(field, detail.clone())],
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail.clone())
        };
        match error {
            Error::Refused(Fault::TooLarge(_)) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail).coded("attachment-too-large")
            }
            Error::Refused(Fault::TooMany(_) | Fault::TicketFull(_)) => {
                Self::conflict(detail).coded("attachments-full")
            }
            Error::Sent => Self::conflict(detail).coded("attachment-sent"),
            Error::Refused(Fault::Path(_)) => field("name").coded("attachment-name"),
            Error::Refused(_) => field("file").coded("attachment-unknown"),
            Error::Interrupted => Self::bad_request(detail).coded("attachment-interrupted"),
            Error::DiskFull => Self::unavailable(detail).coded("disk-full"),
            Error::NotInHand(_) => field("attachments").coded("attachment-not-in-hand"),
            Error::Storage(error) => Self::internal(error),
            Error::Database(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_header_stays_one_name() {
        let text = |name, extension| disposition(name, extension).to_str().expect("text").to_owned();
        assert_eq!(
            text("井盖 1.jpg", "jpg"),
            "attachment; filename=\"attachment.jpg\"; filename*=UTF-8''%E4%BA%95%E7%9B%96%201.jpg"
        );
        assert!(text("a\"; x=y", "pdf").ends_with("''a%22%3B%20x%3Dy.pdf"));
    }
}
