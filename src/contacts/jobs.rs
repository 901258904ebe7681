//! Follows the calls of masked contacts: the ticket's contact log writes itself.

use serde_json::json;

use super::{
    rules::Ending,
    store::{self, Contact},
};
use crate::{
    accounts::Role,
    app::App,
    calls::{self, Call, Purpose},
    clock::from_millis,
    db::{self, Tx},
    events::{Consumer, Event},
    news::{Audience, News},
    tickets::{self, Actor, Command, rules::facts},
};

pub const CONSUMER: Consumer = Consumer {
    name: "contacts",
    topics: &[calls::ENDED],
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

async fn on_events(app: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    for event in events {
        let masked = event.read::<calls::Fact>()?.purpose == Purpose::Contact;
        if masked
            && let Some(contact) = store::open(tx, &event.key).await?
            && let Some(call) = calls::find(tx, &event.key).await?
        {
            ended(app, tx, &contact, &call).await?;
        }
    }
    Ok(())
}

async fn ended(app: &App, tx: &mut Tx, contact: &Contact, call: &Call) -> Result<(), db::Error> {
    let ending = Ending::of(call);
    store::end(tx, &call.id, ending.as_str(), ending.talked_ms()).await?;
    tell(tx);
    if !ending.is_contact() {
        return Ok(());
    }
    let log = Command::Contact(facts::Contact {
        at: from_millis(call.started_at),
        number: shown_number(app, call),
        result: ending.as_str().to_owned(),
        note: ending.note(),
    });
    let clerk = Actor::Person {
        username: contact.username.clone(),
        display_name: contact.display_name.clone(),
        role: Role::Unit,
        unit_code: Some(contact.unit_code.clone()),
    };
    let number = &contact.ticket_number;
    match tickets::act(tx, app.clock.now(), number, log, &clerk, None).await {
        Err(tickets::Error::Database(error)) => Err(error),
        // The ticket went elsewhere while they talked: the contact stays on the call and in our own books.
        Err(refusal) => {
            tracing::info!(number, %refusal, "a masked contact is not in the ticket's log");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// Whoever watches over the calls looks again.
pub(super) fn tell(tx: &mut Tx) {
    tx.tell(News {
        kind: "dialer",
        data: json!({}),
        audience: Audience::Supervisors,
    });
}

/// What both saw.
fn shown_number(app: &App, call: &Call) -> String {
    let trunks = &app.config.trunks;
    let carried = trunks
        .iter()
        .find(|trunk| Some(&trunk.name) == call.trunk.as_ref());
    let shown = carried.or(trunks.first()).map(|trunk| trunk.caller_id.clone());
    shown
        .filter(|number| !number.is_empty())
        .unwrap_or_else(|| "12345".to_owned())
}
