//! What a ticket would get that is dispatched now: by limits that may not be saved yet.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::wire::LimitProfile;
use crate::{
    app::App,
    calendar::{
        self, Calendar,
        limits::{BANDS, KINDS, Limit, Pauses, Profile, Rung, Step, Task, Timer, count, ladder},
    },
    http::{Caller, FieldError, Json, Problem},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(preview))
}

#[derive(Deserialize, ToSchema)]
struct WantedPreview {
    settings: LimitProfile,
    band: String,
    /// Empty: of a kind without limits of its own
    #[serde(default)]
    kind: String,
}

#[derive(Serialize, ToSchema)]
struct LimitPreview {
    from: DateTime<Utc>,
    /// Each as if it began now; dispatch, sign, on_site and handle begin with the dispatch, the others with their step
    clocks: Vec<PreviewClock>,
    /// How long the unit may return it
    return_until: Option<DateTime<Utc>>,
    warnings: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct PreviewClock {
    /// dispatch, sign, first_contact, on_site, handle, progress, review, callback, redo, dispute, supervision
    timer: &'static str,
    limit: String,
    due: Option<DateTime<Utc>>,
    reminders: Vec<PreviewReminder>,
}

#[derive(Serialize, ToSchema)]
struct PreviewReminder {
    /// left50%, left2wd, due, urge, supervise, report
    step: String,
    at: DateTime<Utc>,
}

/// What a ticket would get that is dispatched now, by limits that need not be saved; nothing is kept
#[utoipa::path(post, path = "/limits/preview", tag = "settings", request_body = WantedPreview, responses((status = 200, body = LimitPreview)))]
async fn preview(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<WantedPreview>,
) -> Result<Json<LimitPreview>, Problem> {
    caller.require_office()?;
    let mut faults = Vec::new();
    if !BANDS.contains(&wanted.band.as_str()) {
        faults.push(FieldError::new("band", format!("应为 {} 之一", BANDS.join(" "))));
    }
    if !wanted.kind.is_empty() && !KINDS.contains(&wanted.kind.as_str()) {
        faults.push(FieldError::new("kind", format!("应为 {} 之一", KINDS.join(" "))));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let profile = wanted.settings.read("settings.")?;
    let calendar = calendar::load(&mut app.db.read().await?).await?;
    let trial = Trial {
        calendar: &calendar,
        profile: &profile,
        now: app.clock.now(),
    };
    Ok(Json(trial.view(&wanted.band, &wanted.kind)))
}

struct Trial<'a> {
    calendar: &'a Calendar,
    profile: &'a Profile,
    now: DateTime<Utc>,
}

impl Trial<'_> {
    fn view(&self, band: &str, kind: &str) -> LimitPreview {
        let mut warnings = Vec::new();
        let limits = Timer::ALL.into_iter();
        let limits = limits.filter_map(|timer| Some((timer, self.profile.limit(band, kind, timer)?)));
        let clocks = limits.map(|(timer, limit)| self.clock(timer, limit, &mut warnings));
        LimitPreview {
            clocks: clocks.collect(),
            from: self.now,
            return_until: self.due(self.profile.returns.within, &mut warnings),
            warnings,
        }
    }

    fn clock(&self, timer: Timer, limit: Limit, warnings: &mut Vec<String>) -> PreviewClock {
        let due = self.due(limit, warnings);
        let view = |rung: Rung| PreviewReminder {
            step: rung.step.key(),
            at: rung.at,
        };
        let rungs = due.map(|due| {
            let (rule, task) = (self.profile.rule(None), self.task(limit));
            ladder(self.calendar, &rule, &self.profile.reminders, &task, due)
        });
        let rungs = rungs.into_iter().flatten();
        PreviewClock {
            timer: timer.as_str(),
            limit: limit.to_string(),
            due,
            reminders: rungs.filter(|rung| rung.step != Step::Due).map(view).collect(),
        }
    }

    fn due(&self, limit: Limit, warnings: &mut Vec<String>) -> Option<DateTime<Utc>> {
        let found = count(self.calendar, &self.profile.rule(None), &self.task(limit)).ok()?;
        for warning in found.warnings {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        found.due
    }

    fn task(&self, limit: Limit) -> Task<'static> {
        // Nothing is granted and nothing stands still before it began.
        static NO_PAUSES: Pauses = Pauses::none();
        Task {
            from: self.now,
            limit,
            extensions: &[],
            pauses: &NO_PAUSES,
        }
    }
}
