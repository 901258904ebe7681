//! The day at a glance.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, Json, Problem};
use crate::{
    accounts,
    app::App,
    calendar, calls,
    clock::millis,
    live::{self, OperatorState},
    surveys, tickets,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(overview))
}

#[derive(Serialize, ToSchema)]
struct Overview {
    today: Today,
    trunks: Vec<TrunkState>,
    speech: SpeechState,
    operators: OperatorCounts,
    /// Settings that cannot be read
    unreadable: Vec<UnreadableSetting>,
}

#[derive(Serialize, ToSchema)]
struct UnreadableSetting {
    /// menu, queue, schedule, lines, limits
    kind: &'static str,
    name: String,
    version: i64,
    /// The earlier version that is in force in its place
    instead: Option<i64>,
    /// Calls meet the shipped one: there is no earlier version
    shipped: bool,
}

/// Since midnight in China
#[derive(Serialize, ToSchema)]
struct Today {
    calls: i64,
    answered: i64,
    abandoned: i64,
    in_queue: usize,
    talking: usize,
    tickets_created: i64,
    tickets_closed: i64,
    surveys_completed: i64,
    /// Of the answered calls; null when there is none
    average_wait_ms: Option<i64>,
    /// Answered of those put to a queue, 0 to 1; null when there is none
    answer_rate: Option<f64>,
}

#[derive(Serialize, ToSchema)]
struct TrunkState {
    name: String,
    state: String,
}

#[derive(Serialize, ToSchema)]
struct SpeechState {
    /// ready, no_model, busy
    state: &'static str,
    /// Recordings not transcribed yet
    pending: i64,
}

#[derive(Default, Serialize, ToSchema)]
pub(super) struct OperatorCounts {
    ready: usize,
    ringing: usize,
    talking: usize,
    wrap_up: usize,
    paused: usize,
    offline: usize,
}

/// The day at a glance
#[utoipa::path(get, path = "/overview", tag = "live", responses((status = 200, body = Overview)))]
async fn overview(State(app): State<App>, caller: Caller) -> Result<Json<Overview>, Problem> {
    caller.require_office()?;
    let start = calendar::day_start(app.clock.now());
    let state = app.live.state().clone();
    let mut tx = app.db.read().await?;
    let calls = calls::today(&mut tx, millis(start)).await?;
    let tickets = tickets::today(&mut tx, start).await?;
    let operators = accounts::operator_count(&mut tx).await?;
    let pending = calls::pending_transcripts(&mut tx).await?;
    let operators = OperatorCounts::of(&state, operators);
    let today = Today {
        calls: calls.calls,
        answered: calls.answered,
        abandoned: calls.abandoned,
        in_queue: state.queues.values().map(Vec::len).sum(),
        talking: operators.talking,
        tickets_created: tickets.created,
        tickets_closed: tickets.closed,
        surveys_completed: surveys::completed_today(&mut tx, start).await?,
        average_wait_ms: (calls.answered > 0).then(|| calls.wait_ms / calls.answered),
        answer_rate: (calls.offered > 0).then(|| calls.answered as f64 / calls.offered as f64),
    };
    let trunk = |trunk: &live::Trunk| TrunkState {
        name: trunk.name.clone(),
        state: trunk.state.clone(),
    };
    let unreadable = |fault: live::Unreadable| UnreadableSetting {
        kind: fault.kind,
        name: fault.name,
        version: fault.version,
        instead: fault.instead,
        shipped: fault.is_shipped,
    };
    Ok(Json(Overview {
        today,
        trunks: state.trunks.iter().map(trunk).collect(),
        speech: SpeechState {
            state: state.speech.as_str(),
            pending,
        },
        operators,
        unreadable: state.unreadable.into_iter().map(unreadable).collect(),
    }))
}

impl OperatorCounts {
    /// `all`: everybody who could serve; who is nowhere to be seen is offline.
    pub(super) fn of(state: &live::State, all: usize) -> Self {
        let mut counts = Self::default();
        for operator in state.operators.values() {
            match operator.state {
                OperatorState::Ready => counts.ready += 1,
                OperatorState::Ringing => counts.ringing += 1,
                OperatorState::Talking => counts.talking += 1,
                OperatorState::WrapUp => counts.wrap_up += 1,
                OperatorState::Paused => counts.paused += 1,
                OperatorState::Offline => {}
            }
        }
        let present = counts.ready + counts.ringing + counts.talking + counts.wrap_up + counts.paused;
        counts.offline = all.saturating_sub(present);
        counts
    }
}
