//! Calls with an emergency service (110, 119, 120, 122): the ticket's log of who heard whom when, and the ticket that is theirs now.

use super::{Actor, Command, Error, act, note};
use crate::{
    accounts::Role,
    calls::{self, Call},
    clock::from_millis,
    db::{self, Tx},
};

/// After the call: what was logged stays with the ticket; who left the citizen with the service has transferred the matter.
pub(super) async fn ended(tx: &mut Tx, at: i64, call: &Call, number: &str) -> Result<(), db::Error> {
    let events = calls::events(tx, &call.id).await?;
    let Some(found) = calls::emergency(&events) else {
        return Ok(());
    };
    let at = from_millis(at);
    let log = found.log.join("；");
    let joined = Command::LogEmergency {
        call_id: call.id.clone(),
        party: found.party.clone(),
        log: log.clone(),
    };
    note(tx, at, number, joined).await?;
    let Some(operator) = call.operator.clone().filter(|_| found.handed_over) else {
        return Ok(());
    };
    let transfer = Command::Transfer {
        to: found.party,
        note: format!("一键转接：{log}"),
    };
    let operator = Actor::Person {
        display_name: call.operator_name.clone().unwrap_or_else(|| operator.clone()),
        username: operator,
        role: Role::Operator,
        unit_code: None,
    };
    match act(tx, at, number, transfer, &operator, None).await {
        Err(Error::Database(error)) => Err(error),
        // Somebody has taken the matter further already: it stays with this hotline.
        Err(refusal) => {
            tracing::info!(number, %refusal, "the ticket stays here");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}
