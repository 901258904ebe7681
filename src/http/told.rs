//! Changes of the live state as news for the open consoles: the switchboard's thread only names what changed, the views are made here.

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::live::operator_view;
use crate::app::App;
use crate::calendar::local_date;
use crate::live::{Changed, desks::PartyGone};
use crate::news::{Audience, News};
use crate::{accounts, calls, units};

/// Tells until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    let mut changes = app.live.changes();
    loop {
        let change = tokio::select! {
            () = stop.cancelled() => return,
            change = changes.recv() => change,
        };
        match change {
            Ok(change) => {
                if let Err(error) = tell(&app, change).await {
                    tracing::warn!(%error, "consoles could not be told of a change");
                }
            }
            // Consoles that miss a change see the next one; the state itself is never behind.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn tell(app: &App, change: Changed) -> anyhow::Result<()> {
    let (kind, data) = match change {
        Changed::Operator(name) => {
            let Some(user) = accounts::by_username(&mut app.db.read().await?, &name).await? else {
                return Ok(());
            };
            let live = app.live.state().operators.get(&name).cloned();
            tell_person(app, name, "desk", serde_json::json!({}));
            (
                "operator",
                serde_json::to_value(operator_view(user, live.as_ref()))?,
            )
        }
        Changed::Queue(name) => return Ok(calls::live::tell_queue(app, &name).await?),
        Changed::Desk(name) => {
            tell_person(app, name, "desk", serde_json::json!({}));
            return Ok(());
        }
        Changed::Line(line) => {
            let data = serde_json::json!({ "state": line.state, "line": line.line });
            tell_person(app, line.username, "desk.line", data);
            return Ok(());
        }
        Changed::Trial(trial) => {
            let data = serde_json::json!({
                "call_id": trial.call_id, "what": trial.what, "name": trial.name, "value": trial.value,
            });
            tell_person(app, trial.username, "desk.trial", data);
            return Ok(());
        }
        Changed::Taken(taken) => {
            let by = accounts::by_username(&mut app.db.read().await?, &taken.by).await?;
            let name = by.map_or_else(|| taken.by.clone(), |user| user.display_name);
            let data = serde_json::json!({ "call_id": taken.call_id, "by": taken.by, "by_name": name });
            tell_person(app, taken.username, "desk.taken", data);
            return Ok(());
        }
        Changed::PartyGone(gone) => {
            let name = party_name(app, &gone).await?;
            let data = serde_json::json!({
                "call_id": gone.call_id, "party": gone.party, "name": name, "outcome": gone.outcome,
                "answered": gone.answered, "back": gone.back,
            });
            tell_person(app, gone.username, "desk.party", data);
            return Ok(());
        }
        Changed::Trunk(name) => {
            let state = app
                .live
                .state()
                .trunks
                .iter()
                .find(|t| t.name == name)
                .map(|t| t.state.clone());
            ("trunk", serde_json::json!({ "name": name, "state": state }))
        }
    };
    app.db.signals().tell(News {
        kind,
        data,
        audience: Audience::Office,
    });
    Ok(())
}

/// As the operator knows them: a colleague's name, whose telephone it is, or the number.
async fn party_name(app: &App, gone: &PartyGone) -> anyhow::Result<String> {
    let mut tx = app.db.read().await?;
    let name = match gone.kind {
        "operator" => {
            let user = accounts::by_username(&mut tx, &gone.party).await?;
            user.map(|user| user.display_name)
        }
        _ => units::whose_phone(&mut tx, &gone.party, local_date(app.clock.now())).await?,
    };
    Ok(name.unwrap_or_else(|| gone.party.clone()))
}

fn tell_person(app: &App, username: String, kind: &'static str, data: serde_json::Value) {
    app.db.signals().tell(News {
        kind,
        data,
        audience: Audience::Person(username),
    });
}
