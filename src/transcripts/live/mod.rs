//! Follows the calls that go on: one step of recognition after the other, the words to whoever may see them. Under load it falls behind or
//! leaves calls out; nothing waits for it.

pub mod board;
pub mod talking;

use std::{path::PathBuf, time::Duration};

use serde_json::json;
use tokio_util::sync::CancellationToken;

pub use board::{Board, LiveSegment, LiveState, LiveTranscript};

use super::{HEARD, RecogniserError, Segment, Side, api::LiveSegmentView};
use crate::{
    app::App,
    calls::{self, Call},
    db, events,
    news::{Audience, News},
};

/// The recorder writes twice a second: looking much more often finds nothing new.
const IDLE: Duration = Duration::from_millis(150);

/// What one step of a recogniser heard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Followed {
    pub segments: Vec<LiveSegment>,
    pub is_behind: bool,
    /// There is more to recognise already.
    pub has_more: bool,
}

/// Follows until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    loop {
        let round = tokio::select! {
            () = stop.cancelled() => return,
            round = follow_all(&app) => round,
        };
        let is_busy = round.unwrap_or_else(|error| {
            tracing::warn!(%error, "running calls could not be followed");
            false
        });
        if is_busy {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(IDLE) => {}
        }
    }
}

/// What was said in full so far, of a call that still goes on or ended lately.
pub fn finished_sentences(app: &App, call_id: &str) -> Vec<Segment> {
    let board = app.speech.board();
    let segments = board.find(call_id).map(|transcript| transcript.segments.clone());
    let segments = segments
        .unwrap_or_default()
        .into_iter()
        .filter(|segment| segment.is_final);
    let segment = |segment: LiveSegment| Segment {
        side: segment.side,
        start_ms: segment.start_ms,
        end_ms: segment.end_ms,
        text: segment.text,
    };
    segments.map(segment).collect()
}

/// A call in which a person is talking now.
struct Talk {
    call: Call,
    recording: PathBuf,
    /// In the recording: nothing before it is this conversation's.
    from_ms: i64,
}

/// One step of every call that is listened to. Says whether there is more to do at once.
pub async fn follow_all(app: &App) -> Result<bool, db::Error> {
    let room = app.config.speech.live_calls as usize;
    if room == 0 {
        return Ok(false);
    }
    let open = calls::conversations(&mut app.db.read().await?).await?;
    let chosen = choose(app, &open, room);
    let mut has_more = false;
    for call in open.into_iter().filter(|call| chosen.contains(&call.id)) {
        if let Some(talk) = talk(app, call).await? {
            has_more |= follow(app, &talk).await?;
        }
    }
    Ok(has_more)
}

fn choose(app: &App, open: &[Call], room: usize) -> Vec<String> {
    let ids: Vec<&str> = open.iter().map(|call| call.id.as_str()).collect();
    let mut board = app.speech.board();
    for ended in board.end_others(&ids) {
        app.speech.engine().forget(&ended);
    }
    let chosen = board::choose(&ids, |call| board.is_followed(call), room);
    for left_out in ids.iter().filter(|call| !chosen.contains(*call)) {
        board.set_state(left_out, LiveState::Waiting);
    }
    chosen.into_iter().map(str::to_owned).collect()
}

/// None while nobody talks: on hold, or nothing is recorded yet.
async fn talk(app: &App, call: Call) -> Result<Option<Talk>, db::Error> {
    let events = calls::events(&mut app.db.read().await?, &call.id).await?;
    let recording = calls::api::recording_file(app, &call);
    let from_ms = talking::since(&call, &events);
    Ok(recording.zip(from_ms).map(|(recording, from_ms)| Talk {
        call,
        recording,
        from_ms,
    }))
}

async fn follow(app: &App, talk: &Talk) -> Result<bool, db::Error> {
    let id = &talk.call.id;
    let heard = app
        .speech
        .engine()
        .follow(id, &talk.recording, talk.from_ms)
        .await;
    let followed = match heard {
        Ok(followed) => followed,
        Err(RecogniserError::NoModel(_)) => return Ok(false),
        Err(error) => {
            // The recording may not be there yet; the transcript after the call does not depend on this.
            tracing::debug!(call = id, %error, "not followed");
            return Ok(false);
        }
    };
    note(app, &talk.call, &followed);
    let citizen_said =
        |segment: &LiveSegment| segment.is_final && segment.side == Side::Citizen && !segment.text.is_empty();
    if followed.segments.iter().any(citizen_said) {
        tell_slices(app, id).await?;
    }
    Ok(followed.has_more)
}

fn note(app: &App, call: &Call, followed: &Followed) {
    let state = if followed.is_behind {
        LiveState::Behind
    } else {
        LiveState::Live
    };
    let mut board = app.speech.board();
    // Once something was left out the transcript stays one with a gap.
    if board.find(&call.id).map(|transcript| transcript.state) != Some(LiveState::Behind) {
        board.set_state(&call.id, state);
    }
    for segment in &followed.segments {
        board.take(&call.id, segment.clone());
        app.db.signals().tell(News {
            kind: "transcript.live",
            data: json!({"call_id": call.id, "segment": LiveSegmentView::from(segment)}),
            audience: Audience::PersonAndSupervisors(call.operator.clone().unwrap_or_default()),
        });
    }
}

/// A ticket may learn from it: news to the right.
async fn tell_slices(app: &App, call_id: &str) -> Result<(), db::Error> {
    let mut tx = app.db.begin().await?;
    events::publish(
        &mut tx,
        app.clock.now(),
        HEARD,
        call_id,
        &json!({"call_id": call_id}),
    )
    .await?;
    tx.commit().await
}
