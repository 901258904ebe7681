//! Prompts over HTTP: what is heard, what is said in it, and how it looks; administrators bring in their own.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Error, New, Prompt, sound,
    synthesis::{self, Refused},
};
use crate::{
    accounts::Role,
    app::App,
    audio,
    clock::from_millis,
    http::{Caller, FieldError, Json, Path, Problem, Query, range},
    settings::{self, flow::is_name},
};

/// Three minutes of stereo at the rate of a studio.
const LARGEST: usize = 40 << 20;
const LONGEST_TEXT: usize = 500;

pub fn routes() -> OpenApiRouter<App> {
    let files = OpenApiRouter::new()
        .routes(routes!(put_prompt, delete_prompt))
        .layer(DefaultBodyLimit::max(LARGEST));
    OpenApiRouter::new()
        .routes(routes!(list_prompts))
        .routes(routes!(prompt_audio))
        .routes(routes!(spoken_prompt))
        .merge(files)
}

#[derive(Serialize, ToSchema)]
struct PromptView {
    name: String,
    /// What is said
    text: String,
    /// shipped, uploaded, recorded, synthesised
    source: String,
    duration_ms: i64,
    /// Peaks of equal parts, 0 to 100, to draw it by
    bars: Vec<u8>,
    /// LUFS as it was brought in; all are played at -19
    loudness: Option<f64>,
    updated_at: Option<DateTime<Utc>>,
    updated_by: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct About {
    /// What is said; without it the text stays as it was
    text: Option<String>,
    /// true: it was spoken into the browser
    #[serde(default)]
    recorded: bool,
    /// true: it was spoken from the text by the county's speech endpoint
    #[serde(default)]
    synthesised: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ToSpeak {
    /// What shall be said
    text: String,
}

/// Prompts by name, each with its picture
#[utoipa::path(get, path = "/prompts", tag = "settings", responses((status = 200, body = Vec<PromptView>)))]
async fn list_prompts(State(app): State<App>, caller: Caller) -> Result<Json<Vec<PromptView>>, Problem> {
    caller.require_office()?;
    let prompts = super::all(&mut app.db.read().await?).await?;
    let data_dir = app.config.service.data_dir.clone();
    let views = tokio::task::spawn_blocking(move || {
        let view = |prompt: Prompt| view(prompt, &data_dir);
        prompts.into_iter().map(view).collect()
    });
    Ok(Json(views.await.map_err(Problem::internal)?))
}

fn view(prompt: Prompt, data_dir: &std::path::Path) -> PromptView {
    // One that cannot be read has no length and no picture; the switchboard says so in the log.
    let samples = prompt.path(data_dir).and_then(|path| audio::read(&path).ok());
    let samples = samples.as_deref().unwrap_or_default();
    PromptView {
        duration_ms: sound::duration_ms(samples),
        bars: sound::picture(samples),
        name: prompt.name,
        text: prompt.text,
        source: prompt.source,
        loudness: prompt.loudness,
        updated_at: prompt.at.map(from_millis),
        updated_by: prompt.by,
    }
}

/// What a prompt sounds like on the telephone
#[utoipa::path(get, path = "/prompts/{name}/audio", tag = "settings",
    params(("name" = String, Path),
        ("of" = Option<String>, Query, description = "Anything: tells a browser that keeps sounds this one from the one before it")),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>), (status = 206, content_type = "audio/wav", body = Vec<u8>)))]
async fn prompt_audio(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.require_office()?;
    let prompt = find(&app, &name).await?.ok_or_else(Problem::not_found)?;
    let path = prompt
        .path(&app.config.service.data_dir)
        .ok_or_else(Problem::not_found)?;
    range::file(&headers, &path, "audio/wav").await
}

/// A text as the county's speech endpoint says it, made fit for the telephone; to be listened to before it is kept
#[utoipa::path(get, path = "/speech", tag = "settings", params(ToSpeak),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>)))]
async fn spoken_prompt(
    State(app): State<App>,
    caller: Caller,
    Query(what): Query<ToSpeak>,
) -> Result<Response, Problem> {
    caller.require(&[Role::Admin])?;
    refuse_text(&what.text).map_or(Ok(()), |fault| Err(Problem::invalid(vec![fault])))?;
    let endpoint = app.config.speech.synthesis.as_ref();
    let sound = synthesis::speak(endpoint, what.text.trim()).await?;
    let wav = audio::to_wav(sound::RATE, &sound.samples).map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, "audio/wav")], wav).into_response())
}

async fn find(app: &App, name: &str) -> Result<Option<Prompt>, Problem> {
    let prompts = super::all(&mut app.db.read().await?).await?;
    Ok(prompts.into_iter().find(|prompt| prompt.name == name))
}

/// Bring in a WAV or MP3 of any rate; it is made fit for the telephone and heard from the next call on
#[utoipa::path(put, path = "/prompts/{name}", tag = "settings", params(("name" = String, Path), About),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = PromptView)))]
async fn put_prompt(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Query(about): Query<About>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<PromptView>, Problem> {
    caller.require(&[Role::Admin])?;
    let bytes = body.map_err(|rejection| {
        Problem::new(rejection.status(), "文件超过 40 MB；提示音最长 180 秒，请先剪短")
    })?;
    let before = find(&app, &name).await?;
    let text = about
        .text
        .or(before.map(|prompt| prompt.text))
        .unwrap_or_default();
    refuse_unnamed(&name, &text)?;
    let prepared = tokio::task::spawn_blocking(move || sound::prepare(&bytes));
    let prepared = prepared
        .await
        .map_err(Problem::internal)?
        .map_err(|fault| Problem::invalid(vec![FieldError::new("file", fault.to_string())]))?;
    let new = New {
        name: &name,
        text: text.trim(),
        source: match (about.recorded, about.synthesised) {
            (true, _) => "recorded",
            (_, true) => "synthesised",
            _ => "uploaded",
        },
        now: app.clock.now(),
        by: &caller.username,
    };
    let mut tx = app.db.begin().await?;
    super::keep(&app, &mut tx, new, &prepared).await?;
    tx.commit().await?;
    let kept = find(&app, &name).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(view(kept, &app.config.service.data_dir)))
}

fn refuse_unnamed(name: &str, text: &str) -> Result<(), Problem> {
    let mut faults = Vec::new();
    if !name.split('/').all(is_name) || name.len() > 80 {
        let message = "应为小写字母、数字、横线或下划线，目录之间用 /";
        faults.push(FieldError::new("name", message));
    }
    faults.extend(refuse_text(text));
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(faults))
    }
}

fn refuse_text(text: &str) -> Option<FieldError> {
    let fits = (1..=LONGEST_TEXT).contains(&text.trim().chars().count());
    (!fits).then(|| FieldError::new("text", "应写明说的是什么，1 至 500 个字"))
}

/// Back to the shipped prompt; one that the county added is taken away if no flow says it
#[utoipa::path(delete, path = "/prompts/{name}", tag = "settings", params(("name" = String, Path)), responses((status = 204)))]
async fn delete_prompt(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Admin])?;
    let found = find(&app, &name).await?.filter(|prompt| prompt.file.is_some());
    let prompt = found.ok_or_else(Problem::not_found)?;
    let mut tx = app.db.begin().await?;
    if prompt.shipped.is_empty()
        && let Some(menu) = settings::menu_that_says(&mut tx, &name).await?
    {
        let detail = format!("流程 {menu:?} 在使用这段提示音，请先在流程中换掉");
        return Err(Problem::conflict(detail).coded("prompt-in-use"));
    }
    super::reset(&mut tx, &name, app.clock.now(), &caller.username).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotConfigured => Self::conflict(refused.to_string()),
            _ => Self::unavailable(refused.to_string()),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(error) => error.into(),
            Error::File(error) => Self::internal(error),
        }
    }
}
