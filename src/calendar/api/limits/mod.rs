//! Time-limit profiles: which there are, which is in force, what each says. What is open is counted anew by `tickets` when they change.

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

mod choice;
mod preview;
mod profiles;
mod wire;

pub(super) fn routes() -> OpenApiRouter<App> {
    choice::routes()
        .merge(profiles::routes())
        .merge(preview::routes())
}
